// zlib begins a stream by a macro, which Swift cannot call.
#ifndef KINTSUGI_CZLIB_H
#define KINTSUGI_CZLIB_H
#include <zlib.h>

// Begins gzip (16 more than the largest window) at a level.
static inline int zlib_begin_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
static inline int zlib_begin_gunzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
#endif
