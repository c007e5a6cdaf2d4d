#ifndef KINTSUGI_CSODIUM_H
#define KINTSUGI_CSODIUM_H
#include <sodium.h>
#endif
