#ifndef CUTOVER_C_MONGO_SHIMS_H
#define CUTOVER_C_MONGO_SHIMS_H

#include <mongoc/mongoc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * libmongoc with fixed signatures and documents as plain bytes. bson_t is aligned to 128 bytes and is never seen by Swift; it
 * lives in an outcome, which one lane uses for all its calls.
 */

/* A document as the caller holds it; valid for the time of the call. */
typedef struct {
    const uint8_t *bytes;
    size_t count;
} cutover_mongo_bytes;

/* How the last call ended: the reply, or the error with its labels. */
typedef struct cutover_mongo_outcome cutover_mongo_outcome;

cutover_mongo_outcome *cutover_mongo_outcome_new(void);
void cutover_mongo_outcome_free(cutover_mongo_outcome *outcome);
/* The reply of the last call. Borrowed until the next one. */
cutover_mongo_bytes cutover_mongo_outcome_reply(const cutover_mongo_outcome *outcome);
uint32_t cutover_mongo_outcome_domain(const cutover_mongo_outcome *outcome);
uint32_t cutover_mongo_outcome_code(const cutover_mongo_outcome *outcome);
const char *cutover_mongo_outcome_message(const cutover_mongo_outcome *outcome);
bool cutover_mongo_outcome_has_label(const cutover_mongo_outcome *outcome, const char *label);

/* A reply that begins or goes on with a cursor, taken out of its outcome; any thread may read and free it. */
typedef struct cutover_mongo_reply cutover_mongo_reply;

/* Takes the reply of the last call. NULL when it holds no batch of a cursor. */
cutover_mongo_reply *cutover_mongo_outcome_take_reply(cutover_mongo_outcome *outcome);
void cutover_mongo_reply_free(cutover_mongo_reply *reply);
/* 0 when the server has ended the cursor. */
int64_t cutover_mongo_reply_cursor(const cutover_mongo_reply *reply);
/* The array of documents, as it came. Borrowed from the reply. */
cutover_mongo_bytes cutover_mongo_reply_batch(const cutover_mongo_reply *reply);

/* What the retry rules of libmongoc need to know about a command. */
typedef enum {
    CUTOVER_MONGO_PLAIN = 0,
    CUTOVER_MONGO_READ = 1,
    CUTOVER_MONGO_WRITE = 2,
} cutover_mongo_command_kind;

/* Parses and pools. NULL, with the error in the outcome, for a URI that libmongoc refuses. */
mongoc_uri_t *cutover_mongo_uri_new(cutover_mongo_outcome *outcome, const char *text);
mongoc_client_pool_t *cutover_mongo_pool_new(
    cutover_mongo_outcome *outcome, const mongoc_uri_t *uri, uint32_t maximum_count, const char *application);
/* The options of a URI as a document: libmongoc's own reading of them. Borrowed from the URI. */
cutover_mongo_bytes cutover_mongo_uri_options(const mongoc_uri_t *uri);

/* Runs a command. The session may be NULL. `options` holds what libmongoc adds: readConcern and writeConcern. */
bool cutover_mongo_command(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, mongoc_client_session_t *session, const char *database,
    cutover_mongo_bytes command, cutover_mongo_bytes options, cutover_mongo_command_kind kind);

/* Ends a cursor on the server, unless none is known at this moment: it does not wait for one. Errors are not told. */
void cutover_mongo_kill_cursor(
    mongoc_client_t *client, mongoc_client_session_t *session, const char *database, const char *collection,
    int64_t cursor);

/* Begins a find. NULL only when the arguments are refused. */
mongoc_cursor_t *cutover_mongo_find(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, mongoc_client_session_t *session, const char *database,
    const char *collection, cutover_mongo_bytes filter, cutover_mongo_bytes options);
mongoc_cursor_t *cutover_mongo_aggregate(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, mongoc_client_session_t *session, const char *database,
    const char *collection, cutover_mongo_bytes pipeline, cutover_mongo_bytes options);
/* 1: a document, borrowed until the next call. 0: none. -1: an error. */
int cutover_mongo_cursor_next(cutover_mongo_outcome *outcome, mongoc_cursor_t *cursor, cutover_mongo_bytes *document);

/* Opens a change stream of a collection. Its first error shows in the first call of next. */
mongoc_change_stream_t *cutover_mongo_watch(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, const char *database, const char *collection,
    cutover_mongo_bytes pipeline, cutover_mongo_bytes options);
int cutover_mongo_change_stream_next(
    cutover_mongo_outcome *outcome, mongoc_change_stream_t *stream, cutover_mongo_bytes *document);
/* Where the stream stands. Borrowed from the stream; no bytes when it has not begun. */
cutover_mongo_bytes cutover_mongo_change_stream_token(mongoc_change_stream_t *stream);

/* A causally consistent session: its reads come after the operation time that it has seen or was told. */
mongoc_client_session_t *cutover_mongo_session_new(cutover_mongo_outcome *outcome, mongoc_client_t *client);

/* A time of the server: seconds since 1970 and a counter within them. */
typedef struct {
    uint32_t seconds;
    uint32_t counter;
} cutover_mongo_time;

/* The operation time that a session has seen; zeros before it has seen any. */
cutover_mongo_time cutover_mongo_session_time(const mongoc_client_session_t *session);
/* Tells a session an operation time; an earlier one than its own changes nothing. */
void cutover_mongo_session_advance(mongoc_client_session_t *session, uint32_t seconds, uint32_t counter);
/* Snapshot reads, majority and journalled writes, and a bound for the commit. */
bool cutover_mongo_transaction_start(
    cutover_mongo_outcome *outcome, mongoc_client_session_t *session, int64_t maximum_commit_milliseconds);
bool cutover_mongo_transaction_commit(cutover_mongo_outcome *outcome, mongoc_client_session_t *session);
void cutover_mongo_transaction_abort(mongoc_client_session_t *session);

#endif
