#include "RawCurl.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// One handle with the request that it has under way.
typedef struct {
    CURL *easy;
    struct curl_slist *headers;
    /// What is sent, and how much of it was.
    const char *bytes;
    size_t size;
    size_t sent;
    /// Where the answer goes, and how much of it is there.
    char *room;
    size_t capacity;
    size_t received;
    double begun;
} slot;

/// What all requests of a loop have in common.
typedef struct {
    const char *url;
    const char *query;
    const char *bytes;
    size_t size;
    const char *checksum;
} plan;

typedef bool (*preparation)(slot *, int64_t number, const plan *);

static bool failed(char *error, const char *reason) {
    snprintf(error, 256, "%s", reason);
    return false;
}

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    slot *own = context;
    size_t length = size * count;
    if (own->received + length > own->capacity) return 0;
    memcpy(own->room + own->received, bytes, length);
    own->received += length;
    return length;
}

static size_t give(char *bytes, size_t size, size_t count, void *context) {
    slot *own = context;
    size_t length = size * count;
    if (length > own->size - own->sent) length = own->size - own->sent;
    memcpy(bytes, own->bytes + own->sent, length);
    own->sent += length;
    return length;
}

static int by_size(const void *first, const void *second) {
    double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

static bool begin(CURLM *multi, slot *own, int64_t number, preparation prepare, const plan *plan) {
    own->received = 0;
    own->sent = 0;
    own->begun = seconds(CLOCK_MONOTONIC);
    return prepare(own, number, plan) && curl_multi_add_handle(multi, own->easy) == CURLM_OK;
}

/// Takes all requests that have ended, and begins a new one in the place of each while there are any left.
static bool follow(
    CURLM *multi,
    int64_t count,
    int64_t *next,
    int64_t *ended,
    double *latencies,
    preparation prepare,
    const plan *plan,
    char *error) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        slot *own;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&own);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        latencies[(*ended)++] = seconds(CLOCK_MONOTONIC) - own->begun;
        curl_multi_remove_handle(multi, easy);
        if (code != CURLE_OK) return failed(error, curl_easy_strerror(code));
        if (status < 200 || status >= 300) {
            snprintf(error, 256, "the server answers %ld: %.200s", status, own->received > 0 ? own->room : "");
            return false;
        }
        if (*next < count && !begin(multi, own, (*next)++, prepare, plan)) return failed(error, "a request was refused");
    }
    return true;
}

static bool run(
    CURLM *multi,
    slot *slots,
    int32_t together,
    int64_t count,
    preparation prepare,
    const plan *plan,
    raw_curl_times *times,
    char *error) {
    double *latencies = calloc((size_t)count, sizeof(double));
    double begun = seconds(CLOCK_MONOTONIC), used = seconds(CLOCK_THREAD_CPUTIME_ID);
    int64_t next = 0, ended = 0;
    bool done = true;
    for (int32_t index = 0; index < together && next < count && done; index++) {
        done = begin(multi, &slots[index], next++, prepare, plan) || failed(error, "a request was refused");
    }
    while (done && ended < count) {
        int running;
        curl_multi_perform(multi, &running);
        int64_t before = ended;
        done = follow(multi, count, &next, &ended, latencies, prepare, plan, error);
        if (done && ended == before) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    times->seconds = seconds(CLOCK_MONOTONIC) - begun;
    times->processor_seconds = seconds(CLOCK_THREAD_CPUTIME_ID) - used;
    qsort(latencies, (size_t)ended, sizeof(double), by_size);
    times->latency = ended > 0 ? latencies[ended / 2] : 0;
    free(latencies);
    return done;
}

static slot *open_slots(int32_t together, size_t capacity, char *const *fields, size_t field_count, bool sends) {
    slot *slots = calloc((size_t)together, sizeof(slot));
    for (int32_t index = 0; index < together; index++) {
        slot *own = &slots[index];
        own->easy = curl_easy_init();
        own->room = malloc(capacity);
        own->capacity = capacity;
        for (size_t field = 0; field < field_count; field++) own->headers = curl_slist_append(own->headers, fields[field]);
        curl_easy_setopt(own->easy, CURLOPT_PRIVATE, own);
        curl_easy_setopt(own->easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(own->easy, CURLOPT_PROXY, "");
        curl_easy_setopt(own->easy, CURLOPT_WRITEFUNCTION, take);
        curl_easy_setopt(own->easy, CURLOPT_WRITEDATA, own);
        curl_easy_setopt(own->easy, CURLOPT_READFUNCTION, give);
        curl_easy_setopt(own->easy, CURLOPT_READDATA, own);
        curl_easy_setopt(own->easy, CURLOPT_HTTPHEADER, own->headers);
        if (sends) curl_easy_setopt(own->easy, CURLOPT_UPLOAD, 1L);
    }
    return slots;
}

static void close_slots(slot *slots, int32_t together) {
    for (int32_t index = 0; index < together; index++) {
        curl_easy_cleanup(slots[index].easy);
        curl_slist_free_all(slots[index].headers);
        free(slots[index].room);
    }
    free(slots);
}

// GETs.

static bool prepare_get(slot *own, int64_t number, const plan *plan) {
    (void)number;
    return curl_easy_setopt(own->easy, CURLOPT_URL, plan->url) == CURLE_OK;
}

bool raw_curl_gets(const char *url, int64_t count, int32_t together, raw_curl_times *times, char *error) {
    plan plan = {.url = url};
    CURLM *multi = curl_multi_init();
    slot *slots = open_slots(together, 64 << 10, NULL, 0, false);
    bool done = run(multi, slots, together, (int64_t)together * 4, prepare_get, &plan, times, error)
        && run(multi, slots, together, count, prepare_get, &plan, times, error);
    close_slots(slots, together);
    curl_multi_cleanup(multi);
    return done;
}

// Blobs.

/// The id of a block: Base64 of eight bytes that is text as it is, since the numbers have letters and digits only.
static void block_id(int64_t number, char *text) { snprintf(text, 32, "block%07lldAAAA", (long long)number); }

static bool prepare_block(slot *own, int64_t number, const plan *plan) {
    char url[2048], id[32];
    block_id(number, id);
    int length = snprintf(url, sizeof url, "%s?comp=block&blockid=%s&%s", plan->url, id, plan->query);
    own->bytes = plan->bytes;
    own->size = plan->size;
    return length < (int)sizeof url && curl_easy_setopt(own->easy, CURLOPT_URL, url) == CURLE_OK
        && curl_easy_setopt(own->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)plan->size) == CURLE_OK;
}

static bool prepare_list(slot *own, int64_t number, const plan *plan) {
    (void)number;
    char url[2048];
    int length = snprintf(url, sizeof url, "%s?comp=blocklist&%s", plan->url, plan->query);
    own->bytes = plan->bytes;
    own->size = plan->size;
    return length < (int)sizeof url && curl_easy_setopt(own->easy, CURLOPT_URL, url) == CURLE_OK
        && curl_easy_setopt(own->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)plan->size) == CURLE_OK;
}

static char *block_list(int64_t count) {
    char *list = malloc((size_t)count * 64 + 256), *end = list;
    end += sprintf(end, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for (int64_t number = 0; number < count; number++) {
        char id[32];
        block_id(number, id);
        end += sprintf(end, "<Uncommitted>%s</Uncommitted>", id);
    }
    sprintf(end, "</BlockList>");
    return list;
}

bool raw_curl_upload(
    const char *url,
    const char *query,
    const void *block,
    size_t size,
    const char *checksum,
    int64_t count,
    int32_t together,
    raw_curl_times *times,
    char *error) {
    char field[64];
    snprintf(field, sizeof field, "Content-MD5: %s", checksum);
    char *fields[] = {"Expect:", "Content-Type: application/octet-stream", "x-ms-version: 2021-12-02", field};
    plan blocks = {.url = url, .query = query, .bytes = block, .size = size};
    CURLM *multi = curl_multi_init();
    slot *slots = open_slots(together, 64 << 10, fields, 4, true);
    bool done = run(multi, slots, together, count, prepare_block, &blocks, times, error);
    close_slots(slots, together);
    if (done) {
        char *list = block_list(count);
        plan commit = {.url = url, .query = query, .bytes = list, .size = strlen(list)};
        raw_curl_times last;
        slots = open_slots(1, 64 << 10, fields, 3, true);
        done = run(multi, slots, 1, 1, prepare_list, &commit, &last, error);
        times->seconds += last.seconds;
        times->processor_seconds += last.processor_seconds;
        close_slots(slots, 1);
        free(list);
    }
    curl_multi_cleanup(multi);
    return done;
}

static bool prepare_range(slot *own, int64_t number, const plan *plan) {
    char url[2048], range[96];
    int length = snprintf(url, sizeof url, "%s?%s", plan->url, plan->query);
    long long start = (long long)number * (long long)plan->size;
    snprintf(range, sizeof range, "x-ms-range: bytes=%lld-%lld", start, start + (long long)plan->size - 1);
    curl_slist_free_all(own->headers);
    own->headers = curl_slist_append(NULL, range);
    own->headers = curl_slist_append(own->headers, "x-ms-range-get-content-md5: true");
    own->headers = curl_slist_append(own->headers, "x-ms-version: 2021-12-02");
    return length < (int)sizeof url && curl_easy_setopt(own->easy, CURLOPT_URL, url) == CURLE_OK
        && curl_easy_setopt(own->easy, CURLOPT_HTTPHEADER, own->headers) == CURLE_OK;
}

bool raw_curl_download(
    const char *url,
    const char *query,
    size_t size,
    int64_t count,
    int32_t together,
    raw_curl_times *times,
    char *error) {
    plan plan = {.url = url, .query = query, .size = size};
    CURLM *multi = curl_multi_init();
    slot *slots = open_slots(together, size, NULL, 0, false);
    bool done = run(multi, slots, together, count, prepare_range, &plan, times, error);
    for (int32_t index = 0; index < together && done; index++) {
        if (index < count && slots[index].received != size) done = failed(error, "a range is not whole");
    }
    close_slots(slots, together);
    curl_multi_cleanup(multi);
    return done;
}

// Single requests.

bool raw_curl_request(
    const char *method, const char *url, const char *body, long *status, char *answer, size_t size, char *error) {
    slot own = {.easy = curl_easy_init(), .room = answer, .capacity = size - 1};
    own.headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(own.easy, CURLOPT_URL, url);
    curl_easy_setopt(own.easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(own.easy, CURLOPT_PROXY, "");
    curl_easy_setopt(own.easy, CURLOPT_HTTPHEADER, own.headers);
    curl_easy_setopt(own.easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(own.easy, CURLOPT_WRITEDATA, &own);
    if (body) curl_easy_setopt(own.easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(own.easy, CURLOPT_CUSTOMREQUEST, method);
    CURLcode code = curl_easy_perform(own.easy);
    curl_easy_getinfo(own.easy, CURLINFO_RESPONSE_CODE, status);
    answer[own.received] = 0;
    curl_slist_free_all(own.headers);
    curl_easy_cleanup(own.easy);
    return code == CURLE_OK || failed(error, curl_easy_strerror(code));
}
