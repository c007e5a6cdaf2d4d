// libcurl sets and asks by variadic calls, which Swift cannot make; each sort of argument has one here.
#ifndef KINTSUGI_CCURL_H
#define KINTSUGI_CCURL_H
#include <curl/curl.h>
#include <fcntl.h>

typedef size_t (*curl_taker)(char *bytes, size_t size, size_t count, void *context);

static inline int web_curl_begin(void) { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }
static inline CURLcode curl_set_number(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
// Constants whose Swift names depend on how the library says them.
static inline long curl_http_1_1(void) { return CURL_HTTP_VERSION_1_1; }
static inline long curl_whole_ssl(void) { return CURLUSESSL_ALL; }
static inline long curl_tls_1_2(void) { return CURL_SSLVERSION_TLSv1_2; }
// The library keeps a copy.
static inline CURLcode curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
// The library keeps the pointer.
static inline CURLcode curl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode curl_set_taker(CURL *easy, CURLoption option, curl_taker taker) {
    return curl_easy_setopt(easy, option, taker);
}
// The library leaves its sockets open in children.
static int curl_close_on_exec(void *context, curl_socket_t socket, curlsocktype purpose) {
    (void)context;
    (void)purpose;
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    return CURL_SOCKOPT_OK;
}
static inline CURLcode curl_guard_sockets(CURL *easy) {
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, curl_close_on_exec);
}
static inline CURLcode curl_set_body(CURL *easy, const void *bytes, size_t count) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes);
}
static inline CURLMcode curl_limit(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline long curl_status(CURL *easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}
static inline void *curl_private(CURL *easy) {
    char *context = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
    return context;
}
// The next transfer that is over; null when there is none.
static inline CURL *curl_next_done(CURLM *multi, CURLcode *code) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        *code = message->data.result;
        return message->easy_handle;
    }
    return 0;
}
#endif
