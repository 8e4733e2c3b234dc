#ifndef CUTOVER_SQLITE_H
#define CUTOVER_SQLITE_H

#include <sqlite3.h>

/* Swift sees neither variadic functions nor casts to function pointers: these wrap the few that are needed. */

/* Binds bytes that SQLite copies before it returns. */
static inline int cutover_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

static inline int cutover_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* Binds bytes that stay where they are until the statement is reset and its bindings are cleared. */
static inline int cutover_sqlite3_bind_blob_borrowed(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_STATIC);
}

static inline int cutover_sqlite3_bind_text_borrowed(sqlite3_stmt *statement, int index, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, bytes, count, SQLITE_STATIC, SQLITE_UTF8);
}

/* A damaged schema must not run code, and triggers of this package must run. */
static inline int cutover_sqlite3_harden(sqlite3 *database) {
    int result = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    if (result != SQLITE_OK) return result;
    return sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
}

/* Whether the last connection that closes copies the write-ahead log into the file and removes it. */
static inline int cutover_sqlite3_set_checkpoint_on_close(sqlite3 *database, int does) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !does, (int *)0);
}

/* Waits until what was written to the file is on the disk, through the connection's own descriptor: closing another one would drop
   the locks that this process holds on the file. */
static inline int cutover_sqlite3_sync_file(sqlite3 *database) {
    sqlite3_file *file = (sqlite3_file *)0;
    int result = sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (result != SQLITE_OK || !file || !file->pMethods) return result;
    return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

#endif
