// What the kernel offers and Swift cannot name by itself: variadic calls, macros, and the two symbols that
// the linker puts around a section.
#ifndef KINTSUGI_CHOST_H
#define KINTSUGI_CHOST_H
// Without _GNU_SOURCE: the toolchain's Glibc module was built without it, and two views of one struct clash.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

// Orphans of this process's descendants become its children.
static inline int host_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

// The C library has them without _GNU_SOURCE too, it only does not say so.
extern int pipe2(int ends[2], int flags);
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
extern int memfd_create(const char *name, unsigned flags);
extern int renameat2(int from, const char *old, int to, const char *new_path, unsigned flags);
// A file without a name, gone with its last descriptor; MFD_CLOEXEC is 1.
static inline int host_nameless_file(const char *name) { return memfd_create(name, 1); }
// Two names change places in one step; RENAME_EXCHANGE is 2.
static inline int host_exchange(const char *one, const char *other) {
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, 2);
}
static inline int host_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }
static inline int host_accept(int socket) { return accept4(socket, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK); }
static inline void host_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// The C library gives every thread an arena of its own, which keeps what it once had. A few bound the memory; too few,
// and threads wait for each other's: with two, the shop's slowest answers took ten times as long as with eight.
static inline void host_share_arenas(int most) { mallopt(M_ARENA_MAX, most); }

// open(2) and fcntl(2) are variadic.
static inline int host_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }
static inline int host_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

// The fields of siginfo_t are macros over a union. 1 with `how` (CLD_...) and `status` of the child behind the pidfd,
// which is gone after that; 0 while it lives; -1 with errno.
static inline int host_reap(int pidfd, int *how, int *status) {
    siginfo_t info;
    info.si_pid = 0;
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0) return -1;
    if (info.si_pid == 0) return 0;
    *how = info.si_code;
    *status = info.si_status;
    return 1;
}
static inline int host_how_exited(void) { return CLD_EXITED; }
static inline int host_how_dumped(void) { return CLD_DUMPED; }

// All descriptors from the given one upwards are closed in the child.
static inline int host_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

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

extern char **environ;
static inline char **host_environment(void) { return environ; }

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

// What the kernel keeps from everybody until it is taken off again: 1 immutable, 2 append only, 0 neither. ioctl(2) is
// variadic, and the header that names these flags clashes with the C library's view of some structures.
#include <sys/ioctl.h>
#define HOST_FS_IOC_GETFLAGS _IOR('f', 1, long)
#define HOST_FS_IOC_SETFLAGS _IOW('f', 2, long)
#define HOST_FS_APPEND 0x20
#define HOST_FS_IMMUTABLE 0x10
static inline int host_protect(int fd, int how) {
    int flags = 0;
    if (ioctl(fd, HOST_FS_IOC_GETFLAGS, &flags) != 0) return -1;
    flags &= ~(HOST_FS_APPEND | HOST_FS_IMMUTABLE);
    if (how == 1) flags |= HOST_FS_IMMUTABLE;
    if (how == 2) flags |= HOST_FS_APPEND;
    return ioctl(fd, HOST_FS_IOC_SETFLAGS, &flags);
}
#endif
