// libcurl sets and asks by variadic calls, which Swift cannot make.
#ifndef KINTSUGI_CCURL_H
#define KINTSUGI_CCURL_H
#include <curl/curl.h>
#endif
