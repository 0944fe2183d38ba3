/* io.h — every system call of the library: directories, files, locks, clocks; EINTR retried, short writes finished,
 * each call a numbered point at which a test can make it fail. */
#ifndef LSI_IO_H
#define LSI_IO_H
#include "libsearch/util/base.h"
#include "libsearch/util/buf.h"
#include "libsearch/util/err.h"

typedef struct lsi_dir lsi_dir; /* an open directory: its path (for messages) and descriptor; names are relative */
int lsi_dir_open(lsi_dir **out, const char *path, ls_error *err);
int lsi_dir_create(lsi_dir **out, const char *path, ls_error *err); /* mkdir and fsync of the parent; EXISTS is fine */
/* As create, but LS_EXISTS where the name is taken. */
int lsi_dir_create_new(lsi_dir **out, const char *path, ls_error *err);
int lsi_dir_remove(const char *path, ls_error *err); /* rmdir */
/* Gives a directory another name beside its own, durably. LS_EXISTS where that is taken; LS_COMMIT_UNKNOWN:
 * it has it, but may lose it in a crash. */
int lsi_dir_move(const char *from, const char *to, ls_error *err);
void lsi_dir_retain(lsi_dir *d); /* one more owner, who closes it once */
void lsi_dir_close(lsi_dir *d);  /* takes NULL */
const char *lsi_dir_path(const lsi_dir *d);

int64_t lsi_io_now_ms(void); /* wall clock, UTC */
uint64_t lsi_io_monotonic_us(void);
/* A number that is the same until the system starts anew; 0 where it cannot be told. `pretend` (a test's) overrules it
 * where not 0. */
uint64_t lsi_io_boot(void);
void lsi_io_pretend_boot(uint64_t pretend);
int lsi_io_random(void *p, size_t n, ls_error *err); /* n ≤ 256 bytes from the kernel */

/* What tells one version of a file from another while a descriptor of it is held open. */
typedef struct lsi_file_id {
    uint64_t device, inode, bytes;
    int64_t mtime_ns;
} lsi_file_id;

/* ---- directories ---- */
int lsi_dir_sync(lsi_dir *d, ls_error *err); /* fsync: names made, renamed and unlinked so far survive a crash */
int lsi_dir_rename(lsi_dir *d, const char *from, const char *to, ls_error *err);
/* A second name for a file; LS_EXISTS where it is taken. */
int lsi_dir_link(lsi_dir *d, const char *from, const char *to, ls_error *err);
int lsi_dir_unlink(lsi_dir *d, const char *name, ls_error *err);                 /* LS_NOTFOUND where it is not there */
int lsi_dir_stat(lsi_dir *d, const char *name, lsi_file_id *out, ls_error *err); /* one fstatat */
/* Tells every name but "." and ".."; fn returns not LS_OK to stop, which is then the result. */
int lsi_dir_list(lsi_dir *d, int (*fn)(void *ctx, const char *name), void *ctx, ls_error *err);
/* LS_UNSUPPORTED on network file systems, whose locks and caches are not to be trusted. */
int lsi_dir_check_local(lsi_dir *d, ls_error *err);

/* ---- files ---- */
typedef struct lsi_file {
    int fd;                         /* -1: not open */
    char path[LS_ERROR_FILE_BYTES]; /* for messages; cut where too long */
} lsi_file;
void lsi_file_init(lsi_file *f);
int lsi_file_create(lsi_file *f, lsi_dir *d, const char *name, ls_error *err); /* O_EXCL; to write and read back */
int lsi_file_open(lsi_file *f, lsi_dir *d, const char *name, ls_error *err);   /* to read */
int lsi_file_id_of(const lsi_file *f, lsi_file_id *out, ls_error *err);
/* Exactly n bytes at off; LS_CORRUPT where the file ends before. */
int lsi_file_read(const lsi_file *f, uint64_t off, void *p, size_t n, ls_error *err);
int lsi_file_write(lsi_file *f, const void *p, size_t n, ls_error *err); /* all n, behind what was written */
int lsi_file_sync(lsi_file *f, ls_error *err);  /* never retried: after a failure nothing is known of the pages */
int lsi_file_close(lsi_file *f, ls_error *err); /* never retried; fd is -1 in every case */
int lsi_file_map(const lsi_file *f, uint64_t bytes, const uint8_t **out, ls_error *err);
void lsi_file_unmap(const uint8_t *p, uint64_t bytes);

/* A whole file by its path, at most max_bytes (LS_LIMIT). Appends to out. */
int lsi_io_read_file(const char *path, size_t max_bytes, lsi_buf *out, ls_error *err);

/* ---- the writer's lock ---- */
typedef struct lsi_lock lsi_lock;
/* LS_LOCKED at once where another process, or another writer of this one, holds it. */
int lsi_lock_take(lsi_lock **out, lsi_dir *d, ls_error *err);
void lsi_lock_release(lsi_lock *l);       /* takes NULL; in a forked child it only forgets */
bool lsi_lock_is_ours(const lsi_lock *l); /* false in a child made by fork */
/* LS_LOCKED where LOCK is no longer the file that was locked: somebody has removed or replaced it. */
int lsi_lock_check(const lsi_lock *l, lsi_dir *d, ls_error *err);

/* Fault injection of the tests: the nth system call from now (n = 1 the next) fails with errno_value, all later ones
 * too where `forever`; n = 0 switches it off. errno_value 0: that call moves one byte only, where it reads or writes.
 * Returns how many calls were made since the last call of this function. */
uint64_t lsi_io_fail_at(uint64_t n, int errno_value, bool forever);
#endif
