/* record.c — a library to preload: writes down, in their order, the system calls by which a program changes files
 * below the directory $CRASH_ROOT, and what it tells its users, to the end of the file $CRASH_LOG. tests/crash/disk.py
 * reads it. With $CRASH_KILL_AT=N the process is killed just before its Nth change, with $CRASH_KILL_AT=R before the
 * first one behind a rename; with $CRASH_NO_BOOT it cannot read the system's boot_id.
 *
 * Invariant: the mutex is held over the call and its record, so that the order of records is the order of calls in a
 * process of many threads. Processes write one behind the other (O_APPEND).
 *
 * A record, little-endian:
 *   1 byte what · 4 process · 8 handle · 8 offset · 4 bytes of a · 4 bytes of b · a · b
 *   D directory opened (a: path below the root)   N file made   O file opened   W written (b: bytes, at offset)
 *   S fsync   T cut to offset   C closed   R renamed a to b   U unlinked a   L a linked to b   M mkdir a   X rmdir a
 *   A told to a user (handle: the descriptor, b: the text)
 * A handle stands for one open descriptor of the log. Example: fsync of handle 7 by process 300:
 *   53  2c 01 00 00  07 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  00 00 00 00  00 00 00 00 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define DESCRIPTORS 4096
#define PATH_BYTES  256
#define TOLD_BYTES  4096

typedef struct tracked {
    uint64_t handle; /* 0: not of the root */
    char path[PATH_BYTES];
} tracked;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static tracked table[DESCRIPTORS];
static uint64_t handles, changes, kill_at;
static bool no_boot, kill_renamed, renamed;
static int log_fd = -1;
static char root[PATH_BYTES];
static char told[TOLD_BYTES]; /* printed, not flushed */
static size_t told_bytes;

#define REAL(type, name, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    do {                                                                                                               \
        if (!real) *(void **)&real = dlsym(RTLD_NEXT, name);                                                           \
    } while (0)

/* ---- records ---- */

static void put(uint8_t *to, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] = (uint8_t)(v >> (8 * i));
}

static void record(char what, uint64_t handle, uint64_t offset, const char *a, const void *b, size_t n)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    uint8_t head[29];
    size_t a_bytes = a ? strlen(a) : 0;
    int e = errno;
    if (log_fd < 0) return;
    if (what == 'R') renamed = true;
    head[0] = (uint8_t)what;
    put(head + 1, (uint64_t)getpid(), 4);
    put(head + 5, handle, 8);
    put(head + 13, offset, 8);
    put(head + 21, a_bytes, 4);
    put(head + 25, n, 4);
    struct iovec v[3] = {{head, sizeof head}, {(void *)(uintptr_t)a, a_bytes}, {(void *)(uintptr_t)b, n}};
    if (real(log_fd, v, 3) != (ssize_t)(sizeof head + a_bytes + n)) {
        fputs("record: the log cannot be written\n", stderr);
        abort();
    }
    errno = e;
}

__attribute__((constructor)) static void begin(void)
{
    REAL(int, "open", const char *, int, ...);
    const char *r = getenv("CRASH_ROOT"), *l = getenv("CRASH_LOG"), *k = getenv("CRASH_KILL_AT");
    if (!r || !l) return;
    snprintf(root, sizeof root, "%s", r);
    no_boot = getenv("CRASH_NO_BOOT") != NULL;
    kill_renamed = k && !strcmp(k, "R");
    kill_at = k ? strtoull(k, NULL, 10) : 0;
    log_fd = real(l, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log_fd >= 0 && log_fd < 512) { /* out of the way of the program's own */
        int high = fcntl(log_fd, F_DUPFD_CLOEXEC, 512);
        if (high >= 0) {
            close(log_fd);
            log_fd = high;
        }
    }
}

static void change(void)
{
    if (++changes == kill_at || (kill_renamed && renamed)) kill(getpid(), SIGKILL);
}

/* The path below the root that (dir, name) stands for; "" is the root itself. */
static bool below(char out[PATH_BYTES], int dir, const char *name)
{
    size_t n = strlen(root);
    if (log_fd < 0) return false;
    if (name[0] == '/') {
        if (strncmp(name, root, n) || (name[n] && name[n] != '/')) return false;
        name += n;
        while (*name == '/') name++;
        snprintf(out, PATH_BYTES, "%s", name);
    } else {
        if (dir < 0 || dir >= DESCRIPTORS || !table[dir].handle) return false;
        const char *at = table[dir].path;
        if (!strcmp(name, ".")) snprintf(out, PATH_BYTES, "%s", at);
        else if ((size_t)snprintf(out, PATH_BYTES, "%s%s%s", at, *at ? "/" : "", name) >= PATH_BYTES) abort();
    }
    n = strlen(out);
    while (n && out[n - 1] == '/') out[--n] = 0;
    return true;
}

static bool is_tracked(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS && table[fd].handle;
}

/* ---- descriptors ---- */

static int opened(int dir, const char *name, int flags, mode_t mode)
{
    REAL(int, "openat", int, const char *, int, ...);
    char path[PATH_BYTES];
    if (no_boot && !strcmp(name, "/proc/sys/kernel/random/boot_id")) {
        errno = ENOENT;
        return -1;
    }
    pthread_mutex_lock(&mutex);
    bool ours = below(path, dir, name);
    bool makes = ours && flags & O_CREAT && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    if (makes) change();
    int fd = real(dir, name, flags, mode);
    if (fd >= 0 && fd < DESCRIPTORS) table[fd].handle = 0;
    if (fd >= DESCRIPTORS && ours) abort();
    if (fd >= 0 && ours) {
        struct stat st;
        bool is_dir = !fstat(fd, &st) && S_ISDIR(st.st_mode);
        table[fd].handle = ++handles;
        snprintf(table[fd].path, PATH_BYTES, "%s", path);
        record(is_dir ? 'D' : makes ? 'N' : 'O', handles, 0, path, NULL, 0);
        if (!is_dir && flags & O_TRUNC) record('T', handles, 0, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&mutex);
    return fd;
}

#define MODE_OF(flags, mode)                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if ((flags)&O_CREAT) {                                                                                             \
        va_list ap;                                                                                                    \
        va_start(ap, flags);                                                                                           \
        mode = va_arg(ap, mode_t);                                                                                     \
        va_end(ap);                                                                                                    \
    }

int open(const char *name, int flags, ...)
{
    MODE_OF(flags, mode)
    return opened(AT_FDCWD, name, flags, mode);
}
int open64(const char *name, int flags, ...)
{
    MODE_OF(flags, mode)
    return opened(AT_FDCWD, name, flags, mode);
}
int openat(int dir, const char *name, int flags, ...)
{
    MODE_OF(flags, mode)
    return opened(dir, name, flags, mode);
}
int openat64(int dir, const char *name, int flags, ...)
{
    MODE_OF(flags, mode)
    return opened(dir, name, flags, mode);
}

int close(int fd)
{
    REAL(int, "close", int);
    pthread_mutex_lock(&mutex);
    if (is_tracked(fd)) {
        record('C', table[fd].handle, 0, NULL, NULL, 0);
        table[fd].handle = 0;
    }
    int rc = real(fd);
    pthread_mutex_unlock(&mutex);
    return rc;
}

int closedir(DIR *d)
{
    REAL(int, "closedir", DIR *);
    pthread_mutex_lock(&mutex);
    int fd = dirfd(d);
    if (is_tracked(fd)) {
        record('C', table[fd].handle, 0, NULL, NULL, 0);
        table[fd].handle = 0;
    }
    int rc = real(d);
    pthread_mutex_unlock(&mutex);
    return rc;
}

/* ---- data ---- */

ssize_t write(int fd, const void *p, size_t n)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    if (!is_tracked(fd)) return real(fd, p, n);
    pthread_mutex_lock(&mutex);
    change();
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t put_bytes = real(fd, p, n);
    if (put_bytes > 0) record('W', table[fd].handle, (uint64_t)at, NULL, p, (size_t)put_bytes);
    pthread_mutex_unlock(&mutex);
    return put_bytes;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    if (!is_tracked(fd)) return real(fd, p, n, at);
    pthread_mutex_lock(&mutex);
    change();
    ssize_t put_bytes = real(fd, p, n, at);
    if (put_bytes > 0) record('W', table[fd].handle, (uint64_t)at, NULL, p, (size_t)put_bytes);
    pthread_mutex_unlock(&mutex);
    return put_bytes;
}

int ftruncate(int fd, off_t n)
{
    REAL(int, "ftruncate", int, off_t);
    if (!is_tracked(fd)) return real(fd, n);
    pthread_mutex_lock(&mutex);
    change();
    int rc = real(fd, n);
    if (!rc) record('T', table[fd].handle, (uint64_t)n, NULL, NULL, 0);
    pthread_mutex_unlock(&mutex);
    return rc;
}

static int synced(int fd, int (*real)(int))
{
    if (!is_tracked(fd)) return real(fd);
    pthread_mutex_lock(&mutex);
    change();
    int rc = real(fd);
    if (!rc) record('S', table[fd].handle, 0, NULL, NULL, 0);
    pthread_mutex_unlock(&mutex);
    return rc;
}
int fsync(int fd)
{
    REAL(int, "fsync", int);
    return synced(fd, real);
}
int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    return synced(fd, real);
}

/* ---- names ---- */

#define TWO_NAMES(what, call, dir_a, a, dir_b, b)                                                                      \
    char path_a[PATH_BYTES], path_b[PATH_BYTES];                                                                       \
    pthread_mutex_lock(&mutex);                                                                                        \
    bool ours = below(path_a, dir_a, a) && below(path_b, dir_b, b);                                                    \
    if (ours) change();                                                                                                \
    int rc = call;                                                                                                     \
    if (ours && !rc) record(what, 0, 0, path_a, path_b, strlen(path_b));                                               \
    pthread_mutex_unlock(&mutex);                                                                                      \
    return rc
#define ONE_NAME(what, call, dir, a)                                                                                   \
    char path[PATH_BYTES];                                                                                             \
    pthread_mutex_lock(&mutex);                                                                                        \
    bool ours = below(path, dir, a);                                                                                   \
    if (ours) change();                                                                                                \
    int rc = call;                                                                                                     \
    if (ours && !rc) record(what, 0, 0, path, NULL, 0);                                                                \
    pthread_mutex_unlock(&mutex);                                                                                      \
    return rc

int renameat(int da, const char *a, int db, const char *b)
{
    REAL(int, "renameat", int, const char *, int, const char *);
    TWO_NAMES('R', real(da, a, db, b), da, a, db, b);
}
int rename(const char *a, const char *b)
{
    REAL(int, "rename", const char *, const char *);
    TWO_NAMES('R', real(a, b), AT_FDCWD, a, AT_FDCWD, b);
}
int linkat(int da, const char *a, int db, const char *b, int flags)
{
    REAL(int, "linkat", int, const char *, int, const char *, int);
    TWO_NAMES('L', real(da, a, db, b, flags), da, a, db, b);
}
int link(const char *a, const char *b)
{
    REAL(int, "link", const char *, const char *);
    TWO_NAMES('L', real(a, b), AT_FDCWD, a, AT_FDCWD, b);
}
int unlinkat(int d, const char *a, int flags)
{
    REAL(int, "unlinkat", int, const char *, int);
    ONE_NAME(flags & AT_REMOVEDIR ? 'X' : 'U', real(d, a, flags), d, a);
}
int unlink(const char *a)
{
    REAL(int, "unlink", const char *);
    ONE_NAME('U', real(a), AT_FDCWD, a);
}
int mkdir(const char *a, mode_t mode)
{
    REAL(int, "mkdir", const char *, mode_t);
    ONE_NAME('M', real(a, mode), AT_FDCWD, a);
}
int rmdir(const char *a)
{
    REAL(int, "rmdir", const char *);
    ONE_NAME('X', real(a), AT_FDCWD, a);
}

/* ---- what users are told: lines of the command line, answers of the server ---- */

static int printed(FILE *f, const char *format, va_list ap)
{
    REAL(int, "vfprintf", FILE *, const char *, va_list);
    va_list again;
    if (f == stdout) {
        pthread_mutex_lock(&mutex);
        va_copy(again, ap);
        int n = vsnprintf(told + told_bytes, sizeof told - told_bytes, format, again);
        va_end(again);
        if (n > 0 && (size_t)n < sizeof told - told_bytes) told_bytes += (size_t)n; /* too long is no line of ours */
        pthread_mutex_unlock(&mutex);
    }
    return real(f, format, ap);
}
int vprintf(const char *format, va_list ap)
{
    return printed(stdout, format, ap);
}
int vfprintf(FILE *f, const char *format, va_list ap) /* which vprintf may be compiled to */
{
    return printed(f, format, ap);
}

int fflush(FILE *f)
{
    REAL(int, "fflush", FILE *);
    pthread_mutex_lock(&mutex);
    if (f == stdout && told_bytes) {
        record('A', 1, 0, NULL, told, told_bytes);
        told_bytes = 0;
    }
    int rc = real(f);
    pthread_mutex_unlock(&mutex);
    return rc;
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
    REAL(ssize_t, "send", int, const void *, size_t, int);
    pthread_mutex_lock(&mutex);
    ssize_t sent = real(fd, p, n, flags | MSG_DONTWAIT); /* never to wait under the mutex */
    if (sent > 0) record('A', (uint64_t)fd, 0, NULL, p, (size_t)sent);
    pthread_mutex_unlock(&mutex);
    return sent;
}

static void record_pieces(int fd, const struct iovec *v, size_t n, size_t sent)
{
    for (size_t i = 0; i < n && sent; i++) {
        size_t part = v[i].iov_len < sent ? v[i].iov_len : sent;
        record('A', (uint64_t)fd, 0, NULL, v[i].iov_base, part);
        sent -= part;
    }
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
    pthread_mutex_lock(&mutex);
    ssize_t sent = real(fd, m, flags | MSG_DONTWAIT);
    if (sent > 0) record_pieces(fd, m->msg_iov, m->msg_iovlen, (size_t)sent);
    pthread_mutex_unlock(&mutex);
    return sent;
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    pthread_mutex_lock(&mutex);
    ssize_t sent = real(fd, v, n);
    if (sent > 0 && fd > 2) record_pieces(fd, v, (size_t)n, (size_t)sent);
    pthread_mutex_unlock(&mutex);
    return sent;
}
