#ifndef KINTSUGI_CZEROMQ_H
#define KINTSUGI_CZEROMQ_H
#include <zmq.h>
#endif
