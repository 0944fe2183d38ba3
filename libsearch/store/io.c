/* io.c — owns every system call of the library; no other file includes <fcntl.h>, <unistd.h>, <sys/mman.h> or
 * <sys/stat.h>. Invariants: an interrupted call is made again, a short read or write is finished, fsync and close are
 * called once and their failure is told; every call passes `refused`, so that a test can make each of them fail.
 * Descriptors are close-on-exec. Ignorant of what the files hold.
 *
 * The writer's lock. A POSIX record lock (fcntl) dies with its process, but has two traps: it does not exclude a second
 * writer of the same process, and it is lost when the process closes ANY descriptor of the file. Hence the table of
 * held locks, keyed by (device, inode), under a mutex that is held from the look-up to the insertion:
 *   1. Writer A of this process holds LOCK. Writer B of this process comes and finds its inode by fstatat, which opens
 *      nothing.
 *   2. The table has the inode: B answers LOCKED without having opened the file. Had it opened and closed it, A's lock
 *      would be gone while A goes on writing, and another process could write as well.
 *   3. Where the table does not have it, B opens and locks it and enters it before the mutex is released: a third
 *      writer cannot pass 1 in between.
 * Nothing but this file opens LOCK, and nothing of the library unlinks or replaces it, so that its inode is the index's
 * for good. Where somebody else has, believing that a lock was left behind, a second writer can begin: the first one
 * finds out before its next commit (lsi_lock_check) and makes none. */
#define _GNU_SOURCE
#include "libsearch/store/io.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME        "LOCK"
#define LARGEST_TRANSFER ((size_t)1 << 30) /* Linux moves at most 2 GB at once */

struct lsi_dir {
    char *path;
    int fd;
    atomic_int refs;
};

/* ---- fault points ---- */

static atomic_uint_fast64_t made;
static atomic_uint_fast64_t fail_at;
static atomic_int fail_errno;
static atomic_bool fail_forever;

uint64_t lsi_io_fail_at(uint64_t n, int errno_value, bool forever)
{
    uint64_t was = atomic_exchange(&made, 0);
    atomic_store(&fail_errno, errno_value);
    atomic_store(&fail_forever, forever && errno_value && errno_value != EINTR);
    atomic_store(&fail_at, n);
    return was;
}

/* One system call is about to be made: true where it is to fail, errno set. *n, if given, is cut to 1 for a short
 * transfer. */
static bool refused(size_t *n)
{
    uint64_t now = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed) + 1;
    uint64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (LSI_LIKELY(!at) || now < at || (now > at && !atomic_load(&fail_forever))) return false;
    int e = atomic_load(&fail_errno);
    if (!e) {
        if (n && *n) *n = 1;
        return false;
    }
    errno = e;
    return true;
}

/* Makes a call that gives a negative number on failure, again where it was interrupted. */
#define RETRY(result, call)                                                                                            \
    do (result) = refused(NULL) ? -1 : (call);                                                                         \
    while ((result) < 0 && errno == EINTR)

/* What is written to must not be one of the three descriptors that programs print to: where they were started without
 * them, the next file opened would be one, and a message would end up in it. The same file under a higher number; -1 and
 * errno where there is none. */
static int above_standard(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO) return fd;
    int higher, e;
    RETRY(higher, fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    e = errno;
    close(fd);
    errno = e;
    return higher;
}

/* ---- clocks ---- */

int64_t lsi_io_now_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t lsi_io_monotonic_us(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static atomic_uint_fast64_t pretended_boot;
static atomic_uint_fast64_t known_boot; /* read once: it cannot change while this process runs */

void lsi_io_pretend_boot(uint64_t pretend)
{
    atomic_store(&pretended_boot, pretend);
}

uint64_t lsi_io_boot(void)
{
    uint64_t pretended = atomic_load(&pretended_boot);
    uint64_t known = atomic_load(&known_boot);
    if (pretended || known) return pretended ? pretended : known;
    uint8_t id[36]; /* a UUID as text; such files tell no size, so that it is read as far as it goes */
    size_t n = 0;
    int fd;
    RETRY(fd, open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    if (fd < 0) return 0;
    while (n < sizeof id) {
        size_t want = sizeof id - n;
        ssize_t got = refused(&want) ? -1 : read(fd, id + n, want);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        n += (size_t)got;
    }
    close(fd);
    if (n < sizeof id) return 0;
    known = lsi_hash64(id, n);
    atomic_store(&known_boot, known);
    return known;
}

int lsi_io_random(void *p, size_t n, ls_error *err)
{
    ssize_t got;
    RETRY(got, getrandom(p, n, 0));
    return got == (ssize_t)n ? LS_OK : lsi_fail_errno(err, got < 0 ? errno : EIO, "getrandom", "read");
}

/* ---- directories ---- */

static void path_join(char out[LS_ERROR_FILE_BYTES], const lsi_dir *d, const char *name)
{
    snprintf(out, LS_ERROR_FILE_BYTES, "%s/%s", d->path, name);
}

static int dir_fail(const lsi_dir *d, const char *name, const char *did, ls_error *err)
{
    int e = errno;
    char path[LS_ERROR_FILE_BYTES];
    path_join(path, d, name);
    return lsi_fail_errno(err, e, path, did);
}

/* What cannot be made because the directory is gone is no answer to "is there such a document". */
static int not_made(int rc, ls_error *err)
{
    if (rc != LS_NOTFOUND) return rc;
    if (err) err->code = LS_IO;
    return LS_IO;
}

int lsi_dir_open(lsi_dir **out, const char *path, ls_error *err)
{
    *out = NULL;
    int fd;
    RETRY(fd, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0) return lsi_fail_errno(err, errno, path, "open the directory");
    lsi_dir *d = lsi_malloc(sizeof *d);
    char *copy = lsi_strndup(path, strlen(path));
    if (!d || !copy) {
        close(fd);
        lsi_free(d);
        lsi_free(copy);
        return lsi_fail_nomem(err);
    }
    d->path = copy;
    d->fd = fd;
    atomic_init(&d->refs, 1);
    *out = d;
    return LS_OK;
}

void lsi_dir_retain(lsi_dir *d)
{
    atomic_fetch_add(&d->refs, 1);
}

void lsi_dir_close(lsi_dir *d)
{
    if (!d || atomic_fetch_sub(&d->refs, 1) > 1) return;
    close(d->fd);
    lsi_free(d->path);
    lsi_free(d);
}

const char *lsi_dir_path(const lsi_dir *d)
{
    return d->path;
}

/* The directory that holds path: "a/b/" -> "a", "b" -> ".", "/b" -> "/". NULL: no memory. */
static char *parent_of(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    while (n && path[n - 1] != '/') n--;
    while (n > 1 && path[n - 1] == '/') n--;
    return n ? lsi_strndup(path, n) : lsi_strndup(".", 1);
}

/* fsyncs the directory that holds path: the name itself must survive. */
static int sync_parent(const char *path, ls_error *err)
{
    lsi_dir *up = NULL;
    char *parent = parent_of(path);
    if (!parent) return lsi_fail_nomem(err);
    int rc = lsi_dir_open(&up, parent, err);
    lsi_free(parent);
    if (!rc) rc = lsi_dir_sync(up, err);
    lsi_dir_close(up);
    return rc;
}

static int make_dir(lsi_dir **out, const char *path, bool exclusive, ls_error *err)
{
    *out = NULL;
    int rc;
    RETRY(rc, mkdir(path, 0777));
    bool existed = rc < 0 && errno == EEXIST;
    if (existed && exclusive) return lsi_fail(err, LS_EXISTS, "%s: is there already", path);
    if (rc < 0 && !existed) return lsi_fail_errno(err, errno, path, "make the directory");
    ls_error why;
    rc = sync_parent(path, &why);
    if (rc && existed && (why.sys_errno == EACCES || why.sys_errno == EPERM)) rc = LS_OK; /* its maker could sync it */
    if (!rc) rc = lsi_dir_open(out, path, &why);
    if (!rc) return LS_OK;
    if (!existed) lsi_dir_remove(path, NULL); /* else it would stand in the way of another try */
    if (err) *err = why;
    return rc;
}

int lsi_dir_create(lsi_dir **out, const char *path, ls_error *err)
{
    return make_dir(out, path, false, err);
}

int lsi_dir_create_new(lsi_dir **out, const char *path, ls_error *err)
{
    return make_dir(out, path, true, err);
}

int lsi_dir_remove(const char *path, ls_error *err)
{
    int rc;
    RETRY(rc, rmdir(path));
    return rc < 0 ? lsi_fail_errno(err, errno, path, "remove the directory") : LS_OK;
}

int lsi_dir_move(const char *from, const char *to, ls_error *err)
{
    int rc;
    RETRY(rc, renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE));
    if (rc < 0 && errno == EINVAL) { /* a file system without that flag: an empty directory may be replaced then */
        RETRY(rc, rename(from, to));
    }
    if (rc < 0 && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR))
        return lsi_fail(err, LS_EXISTS, "%s: is there already", to);
    if (rc < 0) return lsi_fail_errno(err, errno, to, "rename over it");
    ls_error why;
    if (!sync_parent(to, &why)) return LS_OK;
    rc = lsi_fail(err, LS_COMMIT_UNKNOWN, "%s: is in place, but may not survive a crash: %.300s", to, why.message);
    if (err) err->sys_errno = why.sys_errno;
    return rc;
}

int lsi_dir_sync(lsi_dir *d, ls_error *err)
{
    int rc = refused(NULL) ? -1 : fsync(d->fd);
    return rc < 0 ? dir_fail(d, "", "fsync the directory", err) : LS_OK;
}

int lsi_dir_rename(lsi_dir *d, const char *from, const char *to, ls_error *err)
{
    int rc;
    RETRY(rc, renameat(d->fd, from, d->fd, to));
    return rc < 0 ? not_made(dir_fail(d, to, "rename over it", err), err) : LS_OK;
}

int lsi_dir_link(lsi_dir *d, const char *from, const char *to, ls_error *err)
{
    int rc;
    RETRY(rc, linkat(d->fd, from, d->fd, to, 0));
    if (rc < 0 && errno == EEXIST) return lsi_fail(err, LS_EXISTS, "%s/%s: is there already", d->path, to);
    return rc < 0 ? dir_fail(d, to, "link", err) : LS_OK;
}

int lsi_dir_unlink(lsi_dir *d, const char *name, ls_error *err)
{
    int rc;
    RETRY(rc, unlinkat(d->fd, name, 0));
    return rc < 0 ? dir_fail(d, name, "unlink", err) : LS_OK;
}

static void id_from(lsi_file_id *out, const struct stat *st)
{
    *out = (lsi_file_id){(uint64_t)st->st_dev, (uint64_t)st->st_ino, (uint64_t)st->st_size,
                         (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec};
}

int lsi_dir_stat(lsi_dir *d, const char *name, lsi_file_id *out, ls_error *err)
{
    struct stat st;
    int rc;
    RETRY(rc, fstatat(d->fd, name, &st, 0));
    if (rc < 0) return dir_fail(d, name, "stat", err);
    id_from(out, &st);
    return LS_OK;
}

int lsi_dir_list(lsi_dir *d, int (*fn)(void *ctx, const char *name), void *ctx, ls_error *err)
{
    int fd, rc = LS_OK;
    RETRY(fd, openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); /* a position of its own */
    if (fd < 0) return dir_fail(d, "", "open the directory", err);
    DIR *list = fdopendir(fd);
    if (!list) {
        rc = dir_fail(d, "", "list the directory", err);
        close(fd);
        return rc;
    }
    while (!rc) {
        errno = 0;
        struct dirent *e = refused(NULL) ? NULL : readdir(list);
        if (!e && errno == EINTR) continue;
        if (!e && errno) rc = dir_fail(d, "", "list the directory", err);
        if (!e) break;
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) rc = fn(ctx, e->d_name);
    }
    closedir(list);
    return rc;
}

int lsi_dir_check_local(lsi_dir *d, ls_error *err)
{
    static const struct {
        uint32_t magic;
        const char *name;
    } remote[] = {{0x6969, "NFS"},     {0xff534d42, "CIFS"}, {0xfe534d42, "SMB 2"}, {0x517b, "SMB"},
                  {0x5346414f, "AFS"}, {0x73757245, "Coda"}, {0x564c, "NCP"}};
    struct statfs st;
    int rc;
    RETRY(rc, fstatfs(d->fd, &st));
    if (rc < 0) return dir_fail(d, "", "look at the file system", err);
    for (size_t i = 0; i < LSI_COUNTOF(remote); i++)
        if ((uint32_t)st.f_type == remote[i].magic)
            return lsi_fail(err, LS_UNSUPPORTED,
                            "%s: lies on a network file system (%s), whose locks are not to be trusted", d->path,
                            remote[i].name);
    return LS_OK;
}

/* ---- files ---- */

void lsi_file_init(lsi_file *f)
{
    f->fd = -1;
    f->path[0] = 0;
}

static int file_fail(const lsi_file *f, const char *did, ls_error *err)
{
    return lsi_fail_errno(err, errno, f->path, did);
}

int lsi_file_create(lsi_file *f, lsi_dir *d, const char *name, ls_error *err)
{
    path_join(f->path, d, name);
    RETRY(f->fd, openat(d->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    f->fd = above_standard(f->fd);
    return f->fd < 0 ? not_made(file_fail(f, "create", err), err) : LS_OK;
}

int lsi_file_open(lsi_file *f, lsi_dir *d, const char *name, ls_error *err)
{
    path_join(f->path, d, name);
    RETRY(f->fd,
          openat(d->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)); /* a pipe in its place: no wait */
    return f->fd < 0 ? file_fail(f, "open", err) : LS_OK;
}

int lsi_file_id_of(const lsi_file *f, lsi_file_id *out, ls_error *err)
{
    struct stat st;
    int rc;
    RETRY(rc, fstat(f->fd, &st));
    if (rc < 0) return file_fail(f, "stat", err);
    id_from(out, &st);
    return LS_OK;
}

int lsi_file_read(const lsi_file *f, uint64_t off, void *p, size_t n, ls_error *err)
{
    uint8_t *at = p;
    while (n) {
        size_t want = LSI_MIN(n, LARGEST_TRANSFER);
        ssize_t got = refused(&want) ? -1 : pread(f->fd, at, want, (off_t)off);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return file_fail(f, "read", err);
        if (!got) return lsi_fail_at(err, LS_CORRUPT, f->path, off, "the file ends here, %zu more bytes expected", n);
        at += got;
        n -= (size_t)got;
        off += (uint64_t)got;
    }
    return LS_OK;
}

int lsi_file_write(lsi_file *f, const void *p, size_t n, ls_error *err)
{
    const uint8_t *at = p;
    while (n) {
        size_t want = LSI_MIN(n, LARGEST_TRANSFER);
        ssize_t put = refused(&want) ? -1 : write(f->fd, at, want);
        if (put < 0 && errno == EINTR) continue;
        if (put == 0) errno = ENOSPC; /* a device that takes nothing */
        if (put <= 0) return file_fail(f, "write", err);
        at += put;
        n -= (size_t)put;
    }
    return LS_OK;
}

int lsi_file_sync(lsi_file *f, ls_error *err)
{
    int rc = refused(NULL) ? -1 : fsync(f->fd);
    return rc < 0 ? file_fail(f, "fsync", err) : LS_OK;
}

int lsi_file_close(lsi_file *f, ls_error *err)
{
    if (f->fd < 0) return LS_OK;
    bool fail = refused(NULL);
    int e = errno, rc = close(f->fd); /* the descriptor is gone whatever close says */
    f->fd = -1;
    if (fail) errno = e;
    return fail || rc < 0 ? file_fail(f, "close", err) : LS_OK;
}

int lsi_file_map(const lsi_file *f, uint64_t bytes, const uint8_t **out, ls_error *err)
{
    *out = NULL;
    if (bytes > SIZE_MAX / 2) return lsi_fail(err, LS_LIMIT, "%s: too large to be mapped here", f->path);
    void *p = refused(NULL) ? MAP_FAILED : mmap(NULL, (size_t)bytes, PROT_READ, MAP_SHARED, f->fd, 0);
    if (p == MAP_FAILED) return file_fail(f, "map", err);
    *out = p;
    return LS_OK;
}

void lsi_file_unmap(const uint8_t *p, uint64_t bytes)
{
    if (p) munmap((void *)(uintptr_t)p, (size_t)bytes);
}

int lsi_io_read_file(const char *path, size_t max_bytes, lsi_buf *out, ls_error *err)
{
    lsi_file f;
    struct stat st;
    int rc = LS_OK;
    lsi_file_init(&f);
    snprintf(f.path, sizeof f.path, "%s", path);
    RETRY(f.fd, open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (f.fd < 0) return file_fail(&f, "open", err);
    RETRY(rc, fstat(f.fd, &st));
    if (rc < 0) rc = file_fail(&f, "stat", err);
    else if (!S_ISREG(st.st_mode)) rc = lsi_fail(err, LS_IO, "%s: is not a regular file", path);
    else if ((uint64_t)st.st_size > max_bytes)
        rc = lsi_fail(err, LS_LIMIT, "%s: has %llu bytes, at most %zu expected", path, (unsigned long long)st.st_size,
                      max_bytes);
    uint8_t *p = rc ? NULL : lsi_buf_grow(out, (size_t)st.st_size);
    if (!rc && !p) rc = lsi_fail_nomem(err);
    if (!rc) rc = lsi_file_read(&f, 0, p, (size_t)st.st_size, err);
    close(f.fd);
    return rc;
}

/* ---- the writer's lock ---- */

struct lsi_lock {
    lsi_lock *next;
    uint64_t device, inode;
    pid_t pid;
    int fd;
};
static pthread_mutex_t held_mutex = PTHREAD_MUTEX_INITIALIZER;
static lsi_lock *held; /* under held_mutex */

static bool is_held(const lsi_file_id *id)
{
    for (const lsi_lock *l = held; l; l = l->next) /* a parent's entries are not this process's */
        if (l->device == id->device && l->inode == id->inode && l->pid == getpid()) return true;
    return false;
}

static int locked(const lsi_dir *d, ls_error *err)
{
    return lsi_fail(err, LS_LOCKED, "%s: another writer holds this index", d->path);
}

/* Opens and locks LOCK and fills l; under held_mutex, step 3 of the head comment. */
static int lock_file(lsi_lock *l, lsi_dir *d, ls_error *err)
{
    struct stat st;
    int rc;
    RETRY(l->fd, openat(d->fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    l->fd = above_standard(l->fd); /* before it is locked: closing the first one would undo that */
    if (l->fd < 0) return dir_fail(d, LOCK_NAME, "open the lock", err);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    RETRY(rc, fcntl(l->fd, F_SETLK, &whole));
    if (rc < 0) rc = errno == EACCES || errno == EAGAIN ? locked(d, err) : dir_fail(d, LOCK_NAME, "lock", err);
    if (!rc) {
        RETRY(rc, fstat(l->fd, &st));
        if (rc < 0) rc = dir_fail(d, LOCK_NAME, "stat the lock", err);
    }
    if (rc) {
        close(l->fd);
        return rc;
    }
    l->device = (uint64_t)st.st_dev;
    l->inode = (uint64_t)st.st_ino;
    l->pid = getpid();
    return LS_OK;
}

int lsi_lock_take(lsi_lock **out, lsi_dir *d, ls_error *err)
{
    *out = NULL;
    lsi_file_id id;
    lsi_lock *l = lsi_calloc(1, sizeof *l);
    if (!l) return lsi_fail_nomem(err);
    pthread_mutex_lock(&held_mutex);
    int rc = lsi_dir_stat(d, LOCK_NAME, &id, err);
    if (!rc && is_held(&id)) rc = locked(d, err);
    else if (!rc || rc == LS_NOTFOUND) rc = lock_file(l, d, err);
    if (!rc) {
        l->next = held;
        held = l;
        *out = l;
    }
    pthread_mutex_unlock(&held_mutex);
    if (rc) lsi_free(l);
    return rc;
}

void lsi_lock_release(lsi_lock *l)
{
    if (!l) return;
    pthread_mutex_lock(&held_mutex);
    for (lsi_lock **at = &held; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            break;
        }
    close(l->fd); /* in the process that took it this is what unlocks; in a child it unlocks nothing */
    pthread_mutex_unlock(&held_mutex);
    lsi_free(l);
}

int lsi_lock_check(const lsi_lock *l, lsi_dir *d, ls_error *err)
{
    lsi_file_id id;
    ls_error why;
    int rc = lsi_dir_stat(d, LOCK_NAME, &id, &why);
    if (!rc && id.device == l->device && id.inode == l->inode) return LS_OK;
    if (!rc || rc == LS_NOTFOUND)
        return lsi_fail(err, LS_LOCKED, "%s/%s was removed or replaced: another writer may have begun", d->path,
                        LOCK_NAME);
    if (err) *err = why;
    return rc;
}

bool lsi_lock_is_ours(const lsi_lock *l)
{
    return l->pid == getpid();
}
