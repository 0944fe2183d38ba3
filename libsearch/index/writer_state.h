/* writer_state.h — the writer's inside, shared by the files that implement it: writer.c (life), edits.c (adding and
 * deleting), commit.c (commit and rollback), merger.c (merging). No other room includes it. */
#ifndef LSI_WRITER_STATE_H
#define LSI_WRITER_STATE_H
#include "libsearch/index/crew.h"
#include "libsearch/index/manifest.h"
#include "libsearch/index/tombs.h"
#include "libsearch/index/writer.h"
#include "libsearch/segment/memseg.h"
#include "libsearch/segment/merge.h"
#include "libsearch/util/map.h"
#include <pthread.h>

/* A segment of the writer. `info` and `live` are the newest written; `committed` what the manifest says of it. */
typedef struct lsi_wseg {
    lsi_segment *seg;
    lsi_segment_info info;
    lsi_live *live;             /* of info; NULL: nothing deleted */
    lsi_segment_info committed; /* generation 0: not committed yet */
    lsi_live *committed_live;
    uint64_t *bits;   /* deletions so far, those of live among them; NULL: those of live */
    uint32_t deleted; /* of them */
    bool dirty;       /* bits has more than live */
} lsi_wseg;

typedef enum lsi_writer_health {
    LSI_WRITER_WELL = 0,
    LSI_WRITER_POISONED /* a write failed and what is on the disk is not known */
} lsi_writer_health;

struct ls_writer {
    lsi_dir *dir;
    lsi_lock *lock;
    unsigned flags;
    size_t budget;

    /* `mutex` guards all that follows against the merge thread. It is held for work in memory only, so that adding
     * never waits for a merge; but for a flush of the adding thread itself. */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* busy, merging, stop or want_merge changed */
    bool busy;              /* somebody makes a manifest: commit, rollback or a merge's end; one at a time */
    lsi_writer_health health;
    ls_error why;           /* it is not well */
    lsi_manifest *manifest; /* the last commit; its segments list is the commit's */
    lsi_manifest *durable;  /* with NO_SYNC, once committed: what MANIFEST.durable says, else NULL */
    ls_schema **schemas;    /* all that this writer has had: open segments and its user borrow them */
    size_t schema_count, schema_cap;
    ls_schema *schema;           /* of the next commit */
    ls_schema *committed_schema; /* of the last one */
    lsi_wseg *segs;              /* in order of arrival: committed ones first, then flushed ones */
    size_t count, cap;
    uint64_t next_generation; /* above every number in any file name */

    /* Documents in memory, and tombstones; the adding thread's alone. */
    lsi_crew crew;
    lsi_doc_value *values; /* scratch of adding */
    size_t values_cap;
    lsi_doc_version history[LSI_HISTORY_MAX];
    ls_doc *old, *other; /* what is replaced or killed, read back */
    lsi_tomb_set tombs;
    int64_t compared_until;      /* stories released by then were looked at by lsi_writer_compare_anew */
    int64_t (*clock)(void *ctx); /* NULL: the system's */
    void *clock_ctx;

    /* The merge thread. */
    pthread_t thread;
    bool has_thread, stop;
    bool merging;     /* a merge runs, of the thread or of lsi_writer_merge */
    bool want_merge;  /* look whether something is worth merging */
    int cancel_merge; /* atomic: give up the one that runs */
};

/* writer.c */
int lsi_writer_check(ls_writer *w, ls_error *err);                               /* ours, and well */
int lsi_writer_failed(ls_writer *w, int rc, const ls_error *why, ls_error *err); /* poisons where it must; gives rc */
uint64_t lsi_writer_number(ls_writer *w);                                        /* the next generation */
bool lsi_writer_syncs(const ls_writer *w);
int lsi_writer_own_schema(ls_writer *w, ls_schema *s, ls_error *err); /* into schemas; frees it on failure */
void lsi_wseg_clear(lsi_wseg *s);
bool lsi_wseg_is_deleted(const lsi_wseg *s, lsi_doc doc);
int lsi_wseg_delete(lsi_wseg *s, lsi_doc doc, ls_error *err); /* a live one */
int lsi_wseg_make_bits(lsi_wseg *s, ls_error *err);           /* so that delete cannot fail */
int64_t lsi_writer_now(const ls_writer *w);
/* Whether those without the scope see anything of it now; true where that cannot be told. */
bool lsi_wseg_shows(const ls_writer *w, const lsi_wseg *s);
/* edits.c */
int lsi_writer_release(ls_writer *w, ls_error *err); /* documents whose embargo has ended come among the public ones */
/* Of released ones that do not yet: those that may share text with what is new. *placed: some are in memory now. */
int lsi_writer_compare_anew(ls_writer *w, bool *placed, ls_error *err);
/* existing.c: what is there by a name, with the mutex held: a merge may replace segments at any other time. */
typedef struct lsi_existing {
    bool found, in_memory;
    lsi_heap *heap; /* in memory: where, and the number of the pending */
    uint32_t number;
    lsi_wseg *seg; /* else; valid while the mutex is held */
    lsi_doc doc;
    uint64_t hash;
    int64_t version;
} lsi_existing;
int lsi_existing_by_id(ls_writer *w, const uint8_t *id, size_t len, lsi_existing *x, ls_error *err);
int lsi_existing_by_guid(ls_writer *w, const char *guid, size_t len, lsi_existing *x, ls_error *err);
bool lsi_existing_same(const lsi_existing *a, const lsi_existing *b);
int lsi_existing_read(const lsi_existing *x, ls_doc **scratch, ls_error *err); /* made when NULL */
int lsi_existing_id(const lsi_existing *x, const uint8_t **id, size_t *len, ls_error *err);
int lsi_existing_prepare(const lsi_existing *x, ls_error *err); /* so that delete cannot fail; not found: nothing */
void lsi_existing_delete(const lsi_existing *x);
/* kill.c */
int lsi_writer_bury(ls_writer *w, const lsi_tomb *t, ls_killed *out, ls_error *err); /* the mutex is held */
/* commit.c; the mutex is held on entry and on return, and let go where they wait or write */
void lsi_writer_begin(ls_writer *w); /* waits for busy and takes it */
void lsi_writer_end(ls_writer *w);
int lsi_writer_write_lives(ls_writer *w, ls_error *err);
typedef struct lsi_next_tombs {
    uint64_t generation, bytes, sum;
} lsi_next_tombs;
typedef struct lsi_next { /* what a commit is to say */
    const lsi_segment_info *segments;
    size_t count;
    const ls_schema *schema;
    const lsi_next_tombs *tombs; /* NULL: as they are */
    bool is_public;              /* something changes for those who see no hidden documents */
} lsi_next;
/* Makes it the next commit, and unlinks what that leaves behind. Takes over nothing. */
int lsi_writer_publish(ls_writer *w, const lsi_next *next, ls_error *err);
void lsi_writer_unlink(ls_writer *w, int kind, uint64_t generation);
/* merger.c */
int lsi_merger_start(ls_writer *w, ls_error *err);
void lsi_merger_stop(ls_writer *w);
void lsi_merger_wake(ls_writer *w);                       /* the mutex is held */
int lsi_writer_make_durable(ls_writer *w, ls_error *err); /* of closing: see manifest.c; no merge thread any more */
/* recover.c: makes the last commit durable, removes what no manifest names, tells the first free generation. */
int lsi_recover(lsi_dir *dir, lsi_manifest *m, uint64_t *next_generation, ls_error *err);
int lsi_recover_sync_files(lsi_dir *dir, const lsi_manifest *m, ls_error *err);
#endif
