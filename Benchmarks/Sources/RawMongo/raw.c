#include "RawMongo.h"

#include <mongoc/mongoc.h>
#include <stdlib.h>
#include <string.h>

struct raw_mongo {
    mongoc_client_t *client;
    mongoc_client_session_t *session;
    char database[64];
};

static int64_t failed(char *text, const char *reason) {
    bson_strncpy(text, reason, 256);
    return -1;
}

raw_mongo *raw_mongo_open(const char *uri, const char *database) {
    mongoc_init();
    mongoc_client_t *client = mongoc_client_new(uri);
    if (!client) return NULL;
    mongoc_write_concern_t *write = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(write, 60000);
    mongoc_write_concern_set_journal(write, true);
    mongoc_client_set_write_concern(client, write);
    mongoc_write_concern_destroy(write);
    mongoc_read_concern_t *read = mongoc_read_concern_new();
    mongoc_read_concern_set_level(read, MONGOC_READ_CONCERN_LEVEL_MAJORITY);
    mongoc_client_set_read_concern(client, read);
    mongoc_read_concern_destroy(read);
    raw_mongo *raw = bson_malloc0(sizeof *raw);
    raw->client = client;
    bson_strncpy(raw->database, database, sizeof raw->database);
    return raw;
}

void raw_mongo_close(raw_mongo *raw) {
    if (raw->session) mongoc_client_session_destroy(raw->session);
    mongoc_client_destroy(raw->client);
    bson_free(raw);
}

static mongoc_collection_t *named(raw_mongo *raw, const char *collection) {
    return mongoc_client_get_collection(raw->client, raw->database, collection);
}

bool raw_mongo_drop(raw_mongo *raw, const char *collection, char *text) {
    mongoc_collection_t *place = named(raw, collection);
    bson_error_t error;
    // 26: there is none.
    bool done = mongoc_collection_drop(place, &error) || error.code == 26;
    mongoc_collection_destroy(place);
    if (!done) failed(text, error.message);
    return done;
}

/// Inserts a batch, in a transaction if there is a session.
static bool insert(
    mongoc_collection_t *target, const bson_t **batch, size_t count, mongoc_client_session_t *session, bson_error_t *error) {
    bson_t options = BSON_INITIALIZER;
    BSON_APPEND_BOOL(&options, "ordered", false);
    bool done = true;
    if (session) {
        done = mongoc_client_session_start_transaction(session, NULL, error)
            && mongoc_client_session_append(session, &options, error);
    }
    done = done && mongoc_collection_insert_many(target, batch, count, &options, NULL, error);
    if (session && done) done = mongoc_client_session_commit_transaction(session, NULL, error);
    bson_destroy(&options);
    return done;
}

int64_t raw_mongo_insert(
    raw_mongo *raw, const char *collection, const uint8_t *bytes, size_t count, int32_t batch, char *text) {
    mongoc_collection_t *target = named(raw, collection);
    // The type is aligned to more than malloc gives.
    bson_t *views = aligned_alloc(_Alignof(bson_t), sizeof(bson_t) * (size_t)batch);
    const bson_t **documents = bson_malloc(sizeof(bson_t *) * (size_t)batch);
    bson_error_t error = {0};
    int64_t inserted = 0;
    bool done = true;
    for (size_t offset = 0; offset < count && done;) {
        int32_t size = 0;
        for (; size < batch && offset < count && done; size++) {
            uint32_t length;
            memcpy(&length, bytes + offset, sizeof length);
            length = BSON_UINT32_FROM_LE(length);
            done = bson_init_static(&views[size], bytes + offset, length);
            documents[size] = &views[size];
            offset += length;
        }
        done = done && insert(target, documents, (size_t)size, NULL, &error);
        inserted += size;
    }
    free(views);
    bson_free(documents);
    mongoc_collection_destroy(target);
    return done ? inserted : failed(text, error.message);
}

int64_t raw_mongo_scan(raw_mongo *raw, const char *collection, int32_t batch, char *text) {
    mongoc_collection_t *source = named(raw, collection);
    bson_t filter = BSON_INITIALIZER;
    bson_t *options = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}", "batchSize", BCON_INT32(batch));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(source, &filter, options, NULL);
    const bson_t *found;
    int64_t seen = 0;
    while (mongoc_cursor_next(cursor, &found)) {
        bson_destroy(bson_copy(found));
        seen++;
    }
    bson_error_t error;
    bool broken = mongoc_cursor_error(cursor, &error);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(source);
    return broken ? failed(text, error.message) : seen;
}

/// Adds the id at which a part begins to the options of a find, as a bound of the index.
static void bound(mongoc_collection_t *source, const char *name, int32_t part, int32_t parts, bson_t *options) {
    if (part <= 0 || part >= parts) return;
    bson_t filter = BSON_INITIALIZER;
    int64_t count = mongoc_collection_estimated_document_count(source, NULL, NULL, NULL, NULL);
    bson_t *first = BCON_NEW(
        "sort", "{", "_id", BCON_INT32(1), "}", "projection", "{", "_id", BCON_INT32(1), "}", "skip",
        BCON_INT64(count * part / parts), "limit", BCON_INT64(1));
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(source, &filter, first, NULL);
    const bson_t *found;
    if (mongoc_cursor_next(cursor, &found)) BSON_APPEND_DOCUMENT(options, name, found);
    mongoc_cursor_destroy(cursor);
    bson_destroy(first);
}

int64_t raw_mongo_copy(
    raw_mongo *raw,
    const char *from,
    const char *database,
    const char *to,
    int32_t batch,
    int32_t part,
    int32_t parts,
    bool transactions,
    char *text) {
    mongoc_collection_t *source = named(raw, from);
    mongoc_collection_t *target = mongoc_client_get_collection(raw->client, database, to);
    bson_error_t error = {0};
    if (transactions && !raw->session) raw->session = mongoc_client_start_session(raw->client, NULL, &error);
    bson_t filter = BSON_INITIALIZER;
    bson_t *options = BCON_NEW(
        "sort", "{", "_id", BCON_INT32(1), "}", "hint", "{", "_id", BCON_INT32(1), "}", "batchSize", BCON_INT32(batch));
    bound(source, "min", part, parts, options);
    bound(source, "max", part + 1, parts, options);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(source, &filter, options, NULL);
    bson_t **documents = bson_malloc(sizeof(bson_t *) * (size_t)batch);
    const bson_t *found;
    int64_t copied = 0;
    bool done = !transactions || raw->session;
    for (bool more = true; more && done;) {
        int32_t size = 0;
        while (size < batch && (more = mongoc_cursor_next(cursor, &found))) documents[size++] = bson_copy(found);
        done = !mongoc_cursor_error(cursor, &error);
        if (done && size > 0) {
            mongoc_client_session_t *session = transactions ? raw->session : NULL;
            done = insert(target, (const bson_t **)documents, (size_t)size, session, &error);
        }
        for (int32_t index = 0; index < size; index++) bson_destroy(documents[index]);
        copied += size;
    }
    bson_free(documents);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(source);
    mongoc_collection_destroy(target);
    return done ? copied : failed(text, error.message);
}
