#ifndef CUTOVER_BENCHMARKS_RAW_MONGO_H
#define CUTOVER_BENCHMARKS_RAW_MONGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Loops over the C API of libmongoc as a program has them that uses it directly: the reference of all MongoDB measures. Writes
// are acknowledged by a majority with its journals and reads are of the majority, as the adapter's are. Functions that count
// return -1 and leave a text in `error`, of 256 bytes, when something failed.

typedef struct raw_mongo raw_mongo;

/// A client of one database; null for a connection string that is none.
raw_mongo *raw_mongo_open(const char *uri, const char *database);
void raw_mongo_close(raw_mongo *raw);

bool raw_mongo_drop(raw_mongo *raw, const char *collection, char *error);

/// Inserts documents that lie one behind the other, `batch` with one command.
int64_t raw_mongo_insert(
    raw_mongo *raw, const char *collection, const uint8_t *bytes, size_t count, int32_t batch, char *error);

/// Reads a collection in the order of its ids and copies each document.
int64_t raw_mongo_scan(raw_mongo *raw, const char *collection, int32_t batch, char *error);

/// Copies one of `parts` ranges of ids into a collection of a database, `batch` documents with one command, each in a transaction of
/// its own if so wished.
int64_t raw_mongo_copy(
    raw_mongo *raw,
    const char *source,
    const char *database,
    const char *target,
    int32_t batch,
    int32_t part,
    int32_t parts,
    bool transactions,
    char *error);

#endif
