#ifndef CUTOVER_BENCHMARKS_RAW_CURL_H
#define CUTOVER_BENCHMARKS_RAW_CURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Loops over libcurl's multi interface as a program has them that uses it directly, on one thread, with one handle for each request
// under way that is set up once and used again: the reference of the measures of Azure. Functions return false and leave a text in
// `error`, of 256 bytes, when something failed.

/// What a loop took.
typedef struct {
    double seconds;
    /// Of the thread that ran the loop, which is all that it uses.
    double processor_seconds;
    /// The median of the seconds of one request.
    double latency;
} raw_curl_times;

/// Sends the same GET `count` times, so many together; each of the first few opens a connection and is not counted.
bool raw_curl_gets(const char *url, int64_t count, int32_t together, raw_curl_times *times, char *error);

/// Uploads a blob of `count` blocks with the same bytes, so many together, and commits the list of them.
///
/// `query` is a shared access signature, `checksum` the MD5 of a block in Base64: the requests are those of the adapter.
bool raw_curl_upload(
    const char *url,
    const char *query,
    const void *block,
    size_t size,
    const char *checksum,
    int64_t count,
    int32_t together,
    raw_curl_times *times,
    char *error);

/// Downloads `count` ranges of `size` bytes, so many together, each into a buffer of its own, with their checksums unchecked.
bool raw_curl_download(
    const char *url,
    const char *query,
    size_t size,
    int64_t count,
    int32_t together,
    raw_curl_times *times,
    char *error);

/// One request, for what is set up around a measure. The answer is cut at the size of its buffer and ends with a zero.
bool raw_curl_request(
    const char *method, const char *url, const char *body, long *status, char *answer, size_t size, char *error);

/// A server in a process of its own that gives each GET the same small answer; it ends with the process that started it.
typedef struct {
    int32_t process;
    int32_t port;
    int32_t lifeline;
} raw_responder;

bool raw_responder_start(raw_responder *responder, char *error);
void raw_responder_end(raw_responder *responder);

#endif
