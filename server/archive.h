/* archive.h — the index as the server holds it: one writer on one thread, snapshots for everybody. */
#ifndef SD_ARCHIVE_H
#define SD_ARCHIVE_H
#include "json/json.h"

typedef struct sd_archive sd_archive;
typedef struct sd_snapshot sd_snapshot;

typedef enum sd_write_kind {
    SD_WRITE_PUT,
    SD_WRITE_LINES,
    SD_WRITE_DELETE,
    SD_WRITE_KILL,
    SD_WRITE_COMMIT,
    SD_WRITE_MERGE,
    SD_WRITE_PURGE
} sd_write_kind;

/* Something to be written. Filled by the asker, who owns it; between submit and done it is the archive's. */
typedef struct sd_write {
    struct sd_write *next;
    sd_write_kind kind;
    const char *text; /* PUT: an article as JSON. LINES: NDJSON, whole lines */
    size_t len;
    const char *id; /* PUT: the id it must have, or NULL. DELETE, KILL */
    size_t id_len;
    bool revive;        /* PUT, LINES: tombstones are lifted */
    const char *reason; /* KILL; NULL: none */
    size_t reason_len;
    int64_t version;                         /* KILL; 0: not known */
    uint64_t first_line;                     /* LINES: number of the first */
    size_t segments;                         /* MERGE */
    bool (*may)(void *ctx, const ls_doc *d); /* NULL: all; whether the asker may touch this document */
    /* NULL: whatever is there; PUT, DELETE, KILL: whether it may be done to the article as it is now, told as its
     * JSON (NULL: there is none), hidden or not. Such a write begins a commit of its own. */
    bool (*holds)(void *ctx, const js_text *article);
    void *ctx;
    void (*done)(struct sd_write *w); /* on the archive's thread, after the commit */
    /* results */
    int rc;
    ls_error err;
    ls_added added;
    bool canceled; /* PUT: its status was what killed it */
    bool unmet;    /* rc is for `holds`, which said no */
    uint64_t generation, lines;
    js_text out; /* LINES: the answer, line by line */
    size_t from; /* private */
} sd_write;

typedef struct sd_archive_options {
    const char *path;
    size_t queue; /* writes that may wait */
    size_t memory_bytes;
    bool no_sync, no_mmap;
} sd_archive_options;

/* Opens the index, making it where there is none (*created). */
int sd_archive_open(sd_archive **out, const sd_archive_options *o, bool *created, ls_error *err);
/* The writer, before the first submit only: to fill a new index. The commit and the refresh are the archive's. */
ls_writer *sd_archive_writer(sd_archive *a);
bool sd_archive_empty(const sd_archive *a); /* nothing was ever committed that is still there; before begin only */
int sd_archive_begin(sd_archive *a, ls_error *err); /* commits, opens the first snapshot, starts the thread */
/* False where too many wait (unless `must`: the next part of something begun) or the archive is closing: nothing was
 * taken. */
bool sd_archive_submit(sd_archive *a, sd_write *w, bool must);
size_t sd_archive_waiting(sd_archive *a);
/* The present snapshot, held; NULL before begin. Give it back with drop. */
sd_snapshot *sd_archive_hold(sd_archive *a);
/* The earlier snapshot that gave a cursor of this generation, held, as long as it is kept: two minutes after a page was last
 * made of it, sixteen at most; NULL where there is none. *gone: ids of documents in it that have since been replaced or
 * taken away, for the asker to look up in the present one; valid until the snapshot is dropped, as far as *gone_count. */
sd_snapshot *sd_archive_hold_earlier(sd_archive *a, uint64_t generation, bool hidden, const char *const **gone,
                                     size_t *gone_count);
#define SD_EARLIER_GONE 256             /* ids at most */
void sd_snapshot_paged(sd_snapshot *s); /* an answer of it has a cursor: it is to be kept */
void sd_snapshot_drop(sd_snapshot *s);
const ls_reader *sd_snapshot_reader(const sd_snapshot *s);
const ls_reader *sd_snapshot_hidden(const sd_snapshot *s); /* sees embargoed and withheld documents too */
uint64_t sd_snapshot_generation(const sd_snapshot *s);     /* the public one, which hidden documents do not advance */
uint64_t sd_snapshot_commit(const sd_snapshot *s);         /* the last commit's, whatever it changed */
uint64_t sd_snapshot_documents(const sd_snapshot *s);
const char *sd_archive_path(const sd_archive *a);
bool sd_archive_healthy(sd_archive *a); /* the last commit worked */
/* Finishes what waits, closes the writer. */
void sd_archive_close(sd_archive *a);
#endif
