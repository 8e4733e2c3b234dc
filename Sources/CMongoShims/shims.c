#include "CutoverCMongoShims.h"

#include <string.h>

struct cutover_mongo_outcome {
    bson_t reply;
    bson_error_t error;
    bool has_reply;
};

static const uint8_t empty_document[5] = {5, 0, 0, 0, 0};

cutover_mongo_outcome *cutover_mongo_outcome_new(void) {
    /* bson_t asks for its own alignment. */
    cutover_mongo_outcome *outcome = bson_aligned_alloc0(_Alignof(cutover_mongo_outcome), sizeof *outcome);
    bson_init(&outcome->reply);
    outcome->has_reply = true;
    return outcome;
}

void cutover_mongo_outcome_free(cutover_mongo_outcome *outcome) {
    if (outcome->has_reply) bson_destroy(&outcome->reply);
    bson_free(outcome);
}

/* Makes room for a reply that libmongoc initialises. */
static bson_t *fresh_reply(cutover_mongo_outcome *outcome) {
    if (outcome->has_reply) bson_destroy(&outcome->reply);
    memset(&outcome->error, 0, sizeof outcome->error);
    outcome->has_reply = true;
    return &outcome->reply;
}

/* The same for calls without a reply. */
static void clear(cutover_mongo_outcome *outcome) { bson_init(fresh_reply(outcome)); }

/* Fills the outcome with the error document of a cursor or stream, which holds the labels. */
static int failed(cutover_mongo_outcome *outcome, const bson_t *document, const bson_error_t *error) {
    bson_t *reply = fresh_reply(outcome);
    if (document != NULL) {
        bson_copy_to(document, reply);
    } else {
        bson_init(reply);
    }
    outcome->error = *error;
    return -1;
}

/* A view of the caller's bytes; nothing is copied and nothing is to be destroyed. */
static bool view(bson_t *document, cutover_mongo_bytes bytes) {
    if (bytes.count == 0) return bson_init_static(document, empty_document, sizeof empty_document);
    return bson_init_static(document, bytes.bytes, bytes.count);
}

cutover_mongo_bytes cutover_mongo_outcome_reply(const cutover_mongo_outcome *outcome) {
    cutover_mongo_bytes bytes = {bson_get_data(&outcome->reply), outcome->reply.len};
    return bytes;
}

uint32_t cutover_mongo_outcome_domain(const cutover_mongo_outcome *outcome) { return outcome->error.domain; }
uint32_t cutover_mongo_outcome_code(const cutover_mongo_outcome *outcome) { return outcome->error.code; }
const char *cutover_mongo_outcome_message(const cutover_mongo_outcome *outcome) { return outcome->error.message; }

bool cutover_mongo_outcome_has_label(const cutover_mongo_outcome *outcome, const char *label) {
    return mongoc_error_has_label(&outcome->reply, label);
}

struct cutover_mongo_reply {
    bson_t document;
    cutover_mongo_bytes batch;
    int64_t cursor;
};

cutover_mongo_reply *cutover_mongo_outcome_take_reply(cutover_mongo_outcome *outcome) {
    cutover_mongo_reply *reply = bson_aligned_alloc0(_Alignof(cutover_mongo_reply), sizeof *reply);
    if (!bson_steal(&reply->document, &outcome->reply)) {
        bson_copy_to(&outcome->reply, &reply->document);
        bson_destroy(&outcome->reply);
    }
    bson_init(&outcome->reply);
    bson_iter_t top, field;
    if (bson_iter_init_find(&top, &reply->document, "cursor") && BSON_ITER_HOLDS_DOCUMENT(&top) &&
        bson_iter_recurse(&top, &field)) {
        while (bson_iter_next(&field)) {
            const char *name = bson_iter_key(&field);
            if (strcmp(name, "id") == 0 && BSON_ITER_HOLDS_INT64(&field)) {
                reply->cursor = bson_iter_int64(&field);
            } else if (
                (strcmp(name, "firstBatch") == 0 || strcmp(name, "nextBatch") == 0) && BSON_ITER_HOLDS_ARRAY(&field)) {
                uint32_t count = 0;
                bson_iter_array(&field, &count, &reply->batch.bytes);
                reply->batch.count = count;
            }
        }
    }
    if (reply->batch.bytes != NULL) return reply;
    cutover_mongo_reply_free(reply);
    return NULL;
}

void cutover_mongo_reply_free(cutover_mongo_reply *reply) {
    bson_destroy(&reply->document);
    bson_free(reply);
}

int64_t cutover_mongo_reply_cursor(const cutover_mongo_reply *reply) { return reply->cursor; }
cutover_mongo_bytes cutover_mongo_reply_batch(const cutover_mongo_reply *reply) { return reply->batch; }

mongoc_uri_t *cutover_mongo_uri_new(cutover_mongo_outcome *outcome, const char *text) {
    clear(outcome);
    return mongoc_uri_new_with_error(text, &outcome->error);
}

mongoc_client_pool_t *cutover_mongo_pool_new(
    cutover_mongo_outcome *outcome, const mongoc_uri_t *uri, uint32_t maximum_count, const char *application) {
    clear(outcome);
    mongoc_client_pool_t *pool = mongoc_client_pool_new_with_error(uri, &outcome->error);
    if (pool == NULL) return NULL;
    mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
    mongoc_client_pool_max_size(pool, maximum_count);
    if (application != NULL && mongoc_uri_get_appname(uri) == NULL) mongoc_client_pool_set_appname(pool, application);
    return pool;
}

cutover_mongo_bytes cutover_mongo_uri_options(const mongoc_uri_t *uri) {
    const bson_t *options = mongoc_uri_get_options(uri);
    cutover_mongo_bytes bytes = {bson_get_data(options), options->len};
    return bytes;
}

bool cutover_mongo_command(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, mongoc_client_session_t *session, const char *database,
    cutover_mongo_bytes command, cutover_mongo_bytes options, cutover_mongo_command_kind kind) {
    bson_t body, given, all;
    if (!view(&body, command) || !view(&given, options)) {
        clear(outcome);
        bson_set_error(&outcome->error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "not a document");
        return false;
    }
    bson_init(&all);
    bson_concat(&all, &given);
    if (session != NULL && !mongoc_client_session_append(session, &all, &outcome->error)) {
        bson_error_t error = outcome->error;
        bson_destroy(&all);
        failed(outcome, NULL, &error);
        return false;
    }
    bson_t *reply = fresh_reply(outcome);
    bool done;
    switch (kind) {
    case CUTOVER_MONGO_READ:
        done = mongoc_client_read_command_with_opts(client, database, &body, NULL, &all, reply, &outcome->error);
        break;
    case CUTOVER_MONGO_WRITE:
        done = mongoc_client_write_command_with_opts(client, database, &body, &all, reply, &outcome->error);
        break;
    case CUTOVER_MONGO_PLAIN:
    default:
        done = mongoc_client_command_with_opts(client, database, &body, NULL, &all, reply, &outcome->error);
        break;
    }
    bson_destroy(&all);
    return done;
}

static bool knows_primary(mongoc_client_t *client) {
    size_t count = 0;
    mongoc_server_description_t **servers = mongoc_client_get_server_descriptions(client, &count);
    bool known = false;
    for (size_t i = 0; i < count; i++) {
        const char *type = mongoc_server_description_type(servers[i]);
        known = known || strcmp(type, "RSPrimary") == 0 || strcmp(type, "Standalone") == 0 || strcmp(type, "Mongos") == 0 ||
            strcmp(type, "LoadBalancer") == 0;
    }
    mongoc_server_descriptions_destroy_all(servers, count);
    return known;
}

void cutover_mongo_kill_cursor(
    mongoc_client_t *client, mongoc_client_session_t *session, const char *database, const char *collection,
    int64_t cursor) {
    bson_error_t error;
    bson_t options = BSON_INITIALIZER;
    if (knows_primary(client) && mongoc_client_session_append(session, &options, &error)) {
        bson_t *kill = BCON_NEW("killCursors", BCON_UTF8(collection), "cursors", "[", BCON_INT64(cursor), "]");
        mongoc_client_command_with_opts(client, database, kill, NULL, &options, NULL, &error);
        bson_destroy(kill);
    }
    bson_destroy(&options);
}

typedef mongoc_cursor_t *(*cursor_maker)(mongoc_collection_t *, const bson_t *, const bson_t *);

static mongoc_cursor_t *find(mongoc_collection_t *collection, const bson_t *filter, const bson_t *options) {
    return mongoc_collection_find_with_opts(collection, filter, options, NULL);
}

static mongoc_cursor_t *aggregate(mongoc_collection_t *collection, const bson_t *pipeline, const bson_t *options) {
    return mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, pipeline, options, NULL);
}

static mongoc_cursor_t *make_cursor(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, mongoc_client_session_t *session, const char *database,
    const char *collection, cutover_mongo_bytes argument, cutover_mongo_bytes options, cursor_maker make) {
    bson_t first, given, all;
    clear(outcome);
    if (!view(&first, argument) || !view(&given, options)) {
        bson_set_error(&outcome->error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "not a document");
        return NULL;
    }
    bson_init(&all);
    bson_concat(&all, &given);
    mongoc_cursor_t *cursor = NULL;
    if (session == NULL || mongoc_client_session_append(session, &all, &outcome->error)) {
        mongoc_collection_t *handle = mongoc_client_get_collection(client, database, collection);
        cursor = make(handle, &first, &all);
        mongoc_collection_destroy(handle);
    }
    bson_destroy(&all);
    return cursor;
}

mongoc_cursor_t *cutover_mongo_find(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, mongoc_client_session_t *session, const char *database,
    const char *collection, cutover_mongo_bytes filter, cutover_mongo_bytes options) {
    return make_cursor(outcome, client, session, database, collection, filter, options, find);
}

mongoc_cursor_t *cutover_mongo_aggregate(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, mongoc_client_session_t *session, const char *database,
    const char *collection, cutover_mongo_bytes pipeline, cutover_mongo_bytes options) {
    return make_cursor(outcome, client, session, database, collection, pipeline, options, aggregate);
}

int cutover_mongo_cursor_next(cutover_mongo_outcome *outcome, mongoc_cursor_t *cursor, cutover_mongo_bytes *document) {
    const bson_t *next = NULL;
    if (mongoc_cursor_next(cursor, &next)) {
        document->bytes = bson_get_data(next);
        document->count = next->len;
        return 1;
    }
    bson_error_t error;
    const bson_t *details = NULL;
    if (!mongoc_cursor_error_document(cursor, &error, &details)) return 0;
    return failed(outcome, details, &error);
}

mongoc_change_stream_t *cutover_mongo_watch(
    cutover_mongo_outcome *outcome, mongoc_client_t *client, const char *database, const char *collection,
    cutover_mongo_bytes pipeline, cutover_mongo_bytes options) {
    bson_t stages, given;
    clear(outcome);
    if (!view(&stages, pipeline) || !view(&given, options)) {
        bson_set_error(&outcome->error, MONGOC_ERROR_BSON, MONGOC_ERROR_BSON_INVALID, "not a document");
        return NULL;
    }
    mongoc_collection_t *handle = mongoc_client_get_collection(client, database, collection);
    mongoc_change_stream_t *stream = mongoc_collection_watch(handle, &stages, &given);
    mongoc_collection_destroy(handle);
    return stream;
}

int cutover_mongo_change_stream_next(
    cutover_mongo_outcome *outcome, mongoc_change_stream_t *stream, cutover_mongo_bytes *document) {
    const bson_t *next = NULL;
    if (mongoc_change_stream_next(stream, &next)) {
        document->bytes = bson_get_data(next);
        document->count = next->len;
        return 1;
    }
    bson_error_t error;
    const bson_t *details = NULL;
    if (!mongoc_change_stream_error_document(stream, &error, &details)) return 0;
    return failed(outcome, details, &error);
}

cutover_mongo_bytes cutover_mongo_change_stream_token(mongoc_change_stream_t *stream) {
    const bson_t *token = mongoc_change_stream_get_resume_token(stream);
    cutover_mongo_bytes bytes = {NULL, 0};
    if (token != NULL) {
        bytes.bytes = bson_get_data(token);
        bytes.count = token->len;
    }
    return bytes;
}

mongoc_client_session_t *cutover_mongo_session_new(cutover_mongo_outcome *outcome, mongoc_client_t *client) {
    clear(outcome);
    mongoc_session_opt_t *options = mongoc_session_opts_new();
    mongoc_session_opts_set_causal_consistency(options, true);
    mongoc_client_session_t *session = mongoc_client_start_session(client, options, &outcome->error);
    mongoc_session_opts_destroy(options);
    return session;
}

cutover_mongo_time cutover_mongo_session_time(const mongoc_client_session_t *session) {
    cutover_mongo_time time = {0, 0};
    mongoc_client_session_get_operation_time(session, &time.seconds, &time.counter);
    return time;
}

void cutover_mongo_session_advance(mongoc_client_session_t *session, uint32_t seconds, uint32_t counter) {
    mongoc_client_session_advance_operation_time(session, seconds, counter);
}

bool cutover_mongo_transaction_start(
    cutover_mongo_outcome *outcome, mongoc_client_session_t *session, int64_t maximum_commit_milliseconds) {
    clear(outcome);
    mongoc_transaction_opt_t *options = mongoc_transaction_opts_new();
    mongoc_read_concern_t *read = mongoc_read_concern_new();
    mongoc_read_concern_set_level(read, MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
    mongoc_write_concern_t *write = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(write, -1);
    mongoc_write_concern_set_journal(write, true);
    mongoc_read_prefs_t *preference = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    mongoc_transaction_opts_set_read_concern(options, read);
    mongoc_transaction_opts_set_write_concern(options, write);
    mongoc_transaction_opts_set_read_prefs(options, preference);
    mongoc_transaction_opts_set_max_commit_time_ms(options, maximum_commit_milliseconds);
    bool done = mongoc_client_session_start_transaction(session, options, &outcome->error);
    mongoc_read_prefs_destroy(preference);
    mongoc_write_concern_destroy(write);
    mongoc_read_concern_destroy(read);
    mongoc_transaction_opts_destroy(options);
    return done;
}

bool cutover_mongo_transaction_commit(cutover_mongo_outcome *outcome, mongoc_client_session_t *session) {
    bson_t *reply = fresh_reply(outcome);
    return mongoc_client_session_commit_transaction(session, reply, &outcome->error);
}

void cutover_mongo_transaction_abort(mongoc_client_session_t *session) {
    mongoc_client_session_abort_transaction(session, NULL);
}
