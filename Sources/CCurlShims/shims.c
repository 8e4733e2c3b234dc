#include "CutoverCCurlShims.h"

const size_t cutover_curl_pause_body = CURL_WRITEFUNC_PAUSE;
const size_t cutover_curl_pause_read = CURL_READFUNC_PAUSE;
const size_t cutover_curl_abort_read = CURL_READFUNC_ABORT;
const long cutover_curl_auth_basic = (long)CURLAUTH_BASIC;
const long cutover_curl_header_separate = CURLHEADER_SEPARATE;

CURLcode cutover_curl_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }

CURLcode cutover_curl_set_size(CURL *easy, CURLoption option, int64_t value) {
    return curl_easy_setopt(easy, option, (curl_off_t)value);
}

CURLcode cutover_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode cutover_curl_set_bytes(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode cutover_curl_set_headers(CURL *easy, const struct curl_slist *headers) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}

CURLcode cutover_curl_set_callbacks(CURL *easy, const cutover_curl_callbacks *callbacks) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callbacks->head);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callbacks->body);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, callbacks->read);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callbacks->ready);
    return code;
}

CURLcode cutover_curl_set_context(CURL *easy, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_READDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PRIVATE, context);
    return code;
}

void *cutover_curl_context(CURL *easy) {
    char *context = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
    return context;
}

long cutover_curl_info_long(CURL *easy, CURLINFO info) {
    long value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

int64_t cutover_curl_info_size(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

CURLMcode cutover_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

CURL *cutover_curl_multi_next_ended(CURLM *multi, CURLcode *result) {
    int remaining = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &remaining)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

CURLcode cutover_curl_resume(CURL *easy) { return curl_easy_pause(easy, CURLPAUSE_CONT); }

CURLcode cutover_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

unsigned int cutover_curl_version(void) { return curl_version_info(CURLVERSION_NOW)->version_num; }
