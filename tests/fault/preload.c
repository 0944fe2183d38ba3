/* preload.c — a library to preload: the nth call of a program, among the kinds chosen, fails. The orders stand in a
 * file of 64 bytes that both sides map ($FAULT_CONTROL), so that a server is told when to begin and when to stop:
 *
 *    0  8  calls of the kinds chosen since this was last 0      8  8  fail_at: 0: none; n: the nth call
 *   16  4  the error; 0: the call moves one byte only          20  4  1: all later calls fail as well
 *   24  4  kinds, bits as below                                28  4  calls that failed
 *
 * Only calls on files and directories fail, not those on sockets, pipes and eventfds, and only what the programs and
 * their libraries call by name: what the C library calls within itself (fread, getaddrinfo) is left alone. A close that
 * fails has closed, an fsync that fails has not been made. Allocations of libstemmer never fail: version 2.2 writes
 * through NULL then, and libsearch/text/stem.c makes sure of its memory beforehand. glibc alone. Read by tests/fault/fault.py. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    OPEN = 1,
    CREATE = 2,
    READ = 4,
    WRITE = 8,
    SYNC = 16,
    CLOSE = 32,
    RENAME = 64, /* and a second name */
    UNLINK = 128,
    MKDIR = 256,
    STAT = 512,
    MAP = 1024,
    MEMORY = 2048,
    THREAD = 4096
};

typedef struct control {
    _Atomic uint64_t calls, fail_at;
    _Atomic int32_t error;
    _Atomic uint32_t forever, kinds, hits;
} control;

static control *orders;
static uintptr_t spared, spared_end; /* the code of libstemmer */

static int find_spared(struct dl_phdr_info *info, size_t bytes, void *ctx)
{
    (void)bytes, (void)ctx;
    for (int i = 0; strstr(info->dlpi_name, "libstemmer") && i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            spared = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            spared_end = spared + info->dlpi_phdr[i].p_memsz;
        }
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_CONTROL");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    dl_iterate_phdr(find_spared, NULL);
    void *p = mmap(NULL, 64, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (p != MAP_FAILED) orders = p;
}

static bool fails(uint32_t kind)
{
    if (!orders || !(orders->kinds & kind)) return false;
    uint64_t n = atomic_fetch_add(&orders->calls, 1) + 1, at = orders->fail_at;
    if (!at || (orders->forever ? n < at : n != at)) return false;
    atomic_fetch_add(&orders->hits, 1);
    errno = orders->error;
    return true;
}

static bool is_file(int fd)
{
    struct stat st;
    int e = errno;
    bool yes = !syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
    errno = e;
    return yes;
}

#define REAL(type, name, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

/* ---- files ---- */

int open(const char *path, int flags, ...)
{
    REAL(int, open, const char *, int, ...);
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails(flags & O_CREAT ? CREATE : OPEN) ? -1 : real(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
    REAL(int, openat, int, const char *, int, ...);
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails(flags & O_CREAT ? CREATE : OPEN) ? -1 : real(dir, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    REAL(FILE *, fopen, const char *, const char *);
    return fails(*mode == 'r' ? OPEN : CREATE) ? NULL : real(path, mode);
}

DIR *opendir(const char *path)
{
    REAL(DIR *, opendir, const char *);
    return fails(OPEN) ? NULL : real(path);
}

/* What is read or written by a call that was to fail: one byte where the error is 0. */
#define MOVE(kind, ...)                                                                                                \
    if (n && is_file(fd) && fails(kind)) {                                                                             \
        if (orders->error) return -1;                                                                                  \
        n = 1;                                                                                                         \
    }                                                                                                                  \
    return real(__VA_ARGS__)

ssize_t read(int fd, void *p, size_t n)
{
    REAL(ssize_t, read, int, void *, size_t);
    MOVE(READ, fd, p, n);
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
    REAL(ssize_t, pread, int, void *, size_t, off_t);
    MOVE(READ, fd, p, n, at);
}

ssize_t write(int fd, const void *p, size_t n)
{
    REAL(ssize_t, write, int, const void *, size_t);
    MOVE(WRITE, fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    MOVE(WRITE, fd, p, n, at);
}

int fsync(int fd)
{
    REAL(int, fsync, int);
    return fails(SYNC) ? -1 : real(fd);
}

int close(int fd)
{
    REAL(int, close, int);
    if (!is_file(fd) || !fails(CLOSE)) return real(fd);
    int e = errno;
    real(fd);
    errno = e;
    return -1;
}

void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t from)
{
    REAL(void *, mmap, void *, size_t, int, int, int, off_t);
    return fd >= 0 && fails(MAP) ? MAP_FAILED : real(at, n, protection, flags, fd, from);
}

/* ---- names ---- */

int rename(const char *from, const char *to)
{
    REAL(int, rename, const char *, const char *);
    return fails(RENAME) ? -1 : real(from, to);
}

int renameat(int a, const char *from, int b, const char *to)
{
    REAL(int, renameat, int, const char *, int, const char *);
    return fails(RENAME) ? -1 : real(a, from, b, to);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    return fails(RENAME) ? -1 : real(a, from, b, to, flags);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
    REAL(int, linkat, int, const char *, int, const char *, int);
    return fails(RENAME) ? -1 : real(a, from, b, to, flags);
}

int unlinkat(int dir, const char *path, int flags)
{
    REAL(int, unlinkat, int, const char *, int);
    return fails(UNLINK) ? -1 : real(dir, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(int, mkdir, const char *, mode_t);
    return fails(MKDIR) ? -1 : real(path, mode);
}

int fstat(int fd, struct stat *out)
{
    return fails(STAT) ? -1 : (int)syscall(SYS_newfstatat, fd, "", out, AT_EMPTY_PATH);
}

int fstatat(int dir, const char *path, struct stat *out, int flags)
{
    return fails(STAT) ? -1 : (int)syscall(SYS_newfstatat, dir, path, out, flags);
}

/* ---- memory and threads ---- */

#define CALLER ((uintptr_t)__builtin_return_address(0))
static bool no_memory(uintptr_t caller)
{
    return (caller < spared || caller >= spared_end) && fails(MEMORY);
}

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
    return no_memory(CALLER) ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
    return no_memory(CALLER) ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
    return no_memory(CALLER) ? NULL : __libc_realloc(p, n);
}

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *ctx)
{
    REAL(int, pthread_create, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    return fails(THREAD) ? orders->error : real(t, a, run, ctx);
}
