#ifndef KINTSUGI_CYAML_H
#define KINTSUGI_CYAML_H
#include <yaml.h>
#endif
