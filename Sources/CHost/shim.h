// What the kernel offers and Swift cannot name by itself: variadic calls, macros, and the two symbols that
// the linker puts around a section.
#ifndef KINTSUGI_CHOST_H
#define KINTSUGI_CHOST_H
// Without _GNU_SOURCE: the toolchain's Glibc module was built without it, and two views of one struct clash.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

// Orphans of this process's descendants become its children.
static inline int host_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

static inline void host_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// open(2) and fcntl(2) are variadic.
static inline int host_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }
static inline int host_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

static inline int host_exited(int status) { return WIFEXITED(status); }
static inline int host_exit_code(int status) { return WEXITSTATUS(status); }
static inline int host_signalled(int status) { return WIFSIGNALED(status); }
static inline int host_signal(int status) { return WTERMSIG(status); }
static inline int host_dumped_core(int status) { return WCOREDUMP(status); }

// The compiler lists every distributed function in this section; the linker marks its ends.
extern const char __start_swift5_accessible_functions[] __attribute__((weak));
extern const char __stop_swift5_accessible_functions[] __attribute__((weak));
static inline const void *host_distributed_begin(void) { return __start_swift5_accessible_functions; }
static inline const void *host_distributed_end(void) { return __stop_swift5_accessible_functions; }

// The runtime's own reader of mangled names; the result is the caller's to free.
extern char *swift_demangle(const char *name, size_t length, char *buffer, size_t *size, uint32_t flags);
static inline char *host_demangle(const char *name) { return swift_demangle(name, __builtin_strlen(name), 0, 0, 0); }

// A hint to the core that this is a spin loop.
static inline void host_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
#endif
