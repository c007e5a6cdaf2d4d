// libmicrohttpd starts a daemon by a variadic call, which Swift cannot make.
#ifndef KINTSUGI_CMICROHTTPD_H
#define KINTSUGI_CMICROHTTPD_H
#include <microhttpd.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// The C library has it without _GNU_SOURCE too, it only does not say so.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

struct web_plan {
    unsigned connections;
    size_t connection_memory;
    // Both null: no TLS.
    const char *certificate;
    const char *key;
    void *context;
    MHD_AccessHandlerCallback handler;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connected;
    void *(*target)(void *context, const char *uri, struct MHD_Connection *connection);
};

// Percent signs stay: what a path and a query mean is decided where they are matched.
static size_t web_unescape(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

// A daemon that the caller's thread runs, on connections that the caller accepts.
static inline struct MHD_Daemon *web_start(const struct web_plan *plan) {
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)plan->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)plan->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, 0},
    };
    if (plan->certificate) flags |= MHD_USE_TLS;
    else options[0].option = MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, 0, 0, plan->handler, plan->context,
        MHD_OPTION_CONNECTION_LIMIT, plan->connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, plan->connection_memory,
        MHD_OPTION_NOTIFY_COMPLETED, plan->completed, plan->context,
        MHD_OPTION_NOTIFY_CONNECTION, plan->connected, plan->context,
        MHD_OPTION_URI_LOG_CALLBACK, plan->target, plan->context,
        MHD_OPTION_UNESCAPE_CALLBACK, web_unescape, (void *)0,
        MHD_OPTION_ARRAY, options,
        MHD_OPTION_END);
}

// A set of one's own, that a thread waits on.
static inline int web_set(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int web_epoll(const struct MHD_Daemon *daemon) {
    return MHD_get_daemon_info((struct MHD_Daemon *)daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}
// Both are variadic.
static inline int web_socket(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}
static inline void *web_socket_context(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

// Calls back with every header of a request.
static inline void web_headers(struct MHD_Connection *connection, MHD_KeyValueIteratorN each, void *context) {
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, each, context);
}
static inline int web_is_new(enum MHD_ConnectionNotificationCode code) { return code == MHD_CONNECTION_NOTIFY_STARTED; }

// Takes one waiting connection into the daemon: 1, or 0 when none waits, or -1 with errno.
static inline int web_accept(struct MHD_Daemon *daemon, int listener) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int socket = accept4(listener, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) {
        // What waited may be gone, or another replica was quicker.
        return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? 0 : -1;
    }
    return MHD_add_connection(daemon, socket, (struct sockaddr *)&address, length) == MHD_YES ? 1 : -1;
}

// Bytes that a connection has received in its life. The kernel's structure only ever grows at its end, and the C
// library's is too old to have the field: eight bytes at 128.
static inline unsigned long long web_received(int socket) {
    unsigned char info[136];
    socklen_t length = sizeof info;
    unsigned long long received = 0;
    if (getsockopt(socket, IPPROTO_TCP, 11 /* TCP_INFO */, info, &length) == 0 && length >= sizeof info)
        memcpy(&received, info + 128, sizeof received);
    return received;
}

// One source of an epoll set, known by a number. `exclusive`: of all sets that have it, few are woken.
static inline int web_watch(int set, int descriptor, unsigned number, int exclusive, int edges) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN | (exclusive ? 1u << 28 /* EPOLLEXCLUSIVE */ : 0) | (edges ? 1u << 31 /* EPOLLET */ : 0);
    event.data.u32 = number;
    return epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event);
}
static inline int web_forget(int set, int descriptor) { return epoll_ctl(set, EPOLL_CTL_DEL, descriptor, 0); }

// Waits; the numbers that are ready, as bits.
static inline unsigned web_wait(int set, int milliseconds) {
    struct epoll_event events[8];
    unsigned ready = 0;
    int count = epoll_wait(set, events, 8, milliseconds);
    for (int index = 0; index < count; index++) ready |= 1u << events[index].data.u32;
    return ready;
}

// Constants that are macros of themselves.
static inline enum MHD_Result web_no(void) { return MHD_NO; }
static inline enum MHD_Result web_yes(void) { return MHD_YES; }

// A response with bytes of its own.
static inline struct MHD_Response *web_response(const void *bytes, size_t count) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}
static inline struct MHD_Response *web_stream(
    MHD_ContentReaderCallback reader, void *context, MHD_ContentReaderFreeCallback release) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, reader, context, release);
}
static inline ssize_t web_stream_end(void) { return MHD_CONTENT_READER_END_OF_STREAM; }
#endif
