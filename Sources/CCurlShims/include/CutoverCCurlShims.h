#ifndef CUTOVER_C_CURL_SHIMS_H
#define CUTOVER_C_CURL_SHIMS_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed: its headers are older."
#endif

/* libcurl's variadic calls with fixed signatures, and its macros as values. */

CURLcode cutover_curl_set_long(CURL *easy, CURLoption option, long value);
CURLcode cutover_curl_set_size(CURL *easy, CURLoption option, int64_t value);
/* libcurl copies the text; NULL takes the option back. */
CURLcode cutover_curl_set_text(CURL *easy, CURLoption option, const char *value);
/* libcurl keeps the pointer: the bytes must live as long as the transfer. */
CURLcode cutover_curl_set_bytes(CURL *easy, CURLoption option, const void *value);
CURLcode cutover_curl_set_headers(CURL *easy, const struct curl_slist *headers);

/* What a transfer calls, always on the thread that drives the multi handle. */
typedef struct {
    size_t (*head)(char *bytes, size_t size, size_t count, void *context);
    size_t (*body)(char *bytes, size_t size, size_t count, void *context);
    size_t (*read)(char *bytes, size_t size, size_t count, void *context);
    /* A connection stands and the request is about to be written. Anything but 0 ends the transfer. */
    int (*ready)(void *context, char *remote, char *local, int remote_port, int local_port);
} cutover_curl_callbacks;

CURLcode cutover_curl_set_callbacks(CURL *easy, const cutover_curl_callbacks *callbacks);
/* The context that each call gets. */
CURLcode cutover_curl_set_context(CURL *easy, void *context);
void *cutover_curl_context(CURL *easy);

long cutover_curl_info_long(CURL *easy, CURLINFO info);
int64_t cutover_curl_info_size(CURL *easy, CURLINFO info);

CURLMcode cutover_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
/* Takes the next transfer that has ended, or NULL. */
CURL *cutover_curl_multi_next_ended(CURLM *multi, CURLcode *result);

/* Resumes both directions of a paused transfer; callbacks may run inside. */
CURLcode cutover_curl_resume(CURL *easy);
CURLcode cutover_curl_global_init(void);
/* The version of the library that runs: 0x080400 is 8.4.0. */
unsigned int cutover_curl_version(void);

extern const size_t cutover_curl_pause_body;
extern const size_t cutover_curl_pause_read;
extern const size_t cutover_curl_abort_read;
extern const long cutover_curl_auth_basic;
extern const long cutover_curl_header_separate;

#endif
