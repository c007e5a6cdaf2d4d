// The console's pages, as bytes within the program that serves them: there is no folder to lose, and none to find.
#ifndef KINTSUGI_CONSOLEFILES_H
#define KINTSUGI_CONSOLEFILES_H
#include <stddef.h>

/// One file of the console. All of it lives as long as the process.
typedef struct {
    /// Its path below the root, such as `index.html` or `pages/now.js`.
    const char *_Nonnull name;
    /// Its media type, as a header says it.
    const char *_Nonnull type;
    const unsigned char *_Nonnull bytes;
    size_t length;
} console_file;

/// How many files there are.
size_t console_file_count(void);

/// A file by its place, from 0; null behind the last one.
const console_file *_Nullable console_file_at(size_t place);

/// A file by its whole name; null for every other name.
const console_file *_Nullable console_file_named(const char *_Nonnull name);

#endif
