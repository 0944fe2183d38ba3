/* snapshot.h — a commit as the server holds it, and the earlier ones that cursors go on with. Between archive.c, which
 * calls this under its lock but where another thing is said, and snapshot.c. */
#ifndef SD_SNAPSHOT_H
#define SD_SNAPSHOT_H
#include "server/archive.h"

#include <stdatomic.h>

enum { SD_KEPT_MAX = 16, SD_TOUCHED_MAX = SD_EARLIER_GONE, SD_KEPT_MS = 120000 };

struct sd_snapshot {
    ls_reader *reader, *hidden; /* what everybody sees; the same commit with what only some may */
    atomic_int refs, paged;     /* paged: an answer of it has a cursor */
    uint64_t generation, commit, documents;
    int64_t until; /* while it is kept: monotonic milliseconds */
    char **
        touched; /* ids of its documents that were written since: the writing thread appends, others read those before */
    size_t touched_count, known; /* what others may read; what the writing thread has */
    bool lost;                   /* too many were written to be told apart */
};

/* What a group of writes has replaced or taken away, by its names. */
typedef struct sd_touched {
    char *names[2 * SD_TOUCHED_MAX]; /* ids and guids in turn; a guid may be NULL */
    size_t count;
    bool many; /* more than are told apart */
} sd_touched;

typedef struct sd_kept {
    sd_snapshot *at[SD_KEPT_MAX]; /* changed by the writing thread alone, under the lock: it may read without */
    size_t count;
} sd_kept;

sd_snapshot *sd_snapshot_new(ls_reader *r); /* takes the reader; NULL: no memory, and the reader is the caller's */
void sd_touched_add(sd_touched *t, const char *id, size_t id_len, const char *guid, size_t guid_len);
void sd_touched_clear(sd_touched *t);
/* Before a commit is shown, by the writing thread, without the lock: looks up in a snapshot what was written. */
void sd_snapshot_touch(sd_snapshot *s, const sd_touched *t);
void sd_kept_touch(sd_kept *k, const sd_touched *t);
void sd_kept_add(sd_kept *k, sd_snapshot *s, int64_t now); /* takes the reference */
void sd_kept_settle(sd_kept *k, int64_t now); /* shows what was looked up, leaves what is lost or too old */
sd_snapshot *sd_kept_find(sd_kept *k, uint64_t generation, bool hidden, int64_t now); /* not held; NULL: none */
void sd_kept_clear(sd_kept *k);
#endif
