// libmicrohttpd starts a daemon by a variadic call, which Swift cannot make.
#ifndef KINTSUGI_CMICROHTTPD_H
#define KINTSUGI_CMICROHTTPD_H
#include <microhttpd.h>

// A daemon on a socket that is bound already, with one polling thread of its own.
static inline struct MHD_Daemon *web_start(
    int socket, unsigned connections, unsigned timeout_seconds, MHD_AccessHandlerCallback handler, void *context) {
    return MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, 0, 0, handler, context,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)socket,
        MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds,
        MHD_OPTION_END);
}

// Constants that are macros of themselves.
static inline enum MHD_Result web_yes(void) { return MHD_YES; }
static inline enum MHD_Result web_no(void) { return MHD_NO; }

// A response with bytes of its own.
static inline struct MHD_Response *web_response(const void *bytes, size_t count) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}
#endif
