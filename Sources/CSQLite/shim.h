// SQLite, and what of it Swift cannot name by itself: variadic calls and a constant that is a cast.
#ifndef KINTSUGI_CSQLITE_H
#define KINTSUGI_CSQLITE_H
#include <sqlite3.h>

// The bytes are copied by SQLite before the call returns.
static inline int sqlite_bind_text_copied(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int sqlite_bind_blob_copied(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

static inline int sqlite_configure(sqlite3 *database, int option, int value) {
    int now = 0;
    return sqlite3_db_config(database, option, value, &now);
}
#endif
