/* snapshot.h — one commit, opened: its segments with their deletions, its schema, its statistics. Immutable, counted
 * by references, used by any number of threads. */
#ifndef LSI_SNAPSHOT_H
#define LSI_SNAPSHOT_H
#include "libsearch/index/tombs.h"
#include "libsearch/segment/live.h"

struct lsi_manifest_watch;

typedef struct lsi_snapshot_segment {
    lsi_segment *seg;
    lsi_live *live; /* NULL: nothing deleted */
    uint64_t base;  /* number of its document 0 in the snapshot; below it may be numbers that nobody has */
    bool hidden;    /* its documents' releases tell what may be seen */
} lsi_snapshot_segment;

typedef struct lsi_snapshot {
    uint64_t generation;        /* in a view: the public one */
    uint64_t public_generation; /* of the last commit that changed something for who sees no hidden documents */
    int64_t created;
    uint64_t uuid[2];
    ls_schema *schema; /* owned */
    bool stale_analyzer;
    lsi_snapshot_segment *segments; /* in order of arrival, hidden ones behind the others */
    size_t count;
    uint64_t doc_limit;                           /* numbers run below it, deleted ones among them */
    uint64_t documents, deleted;                  /* live, deleted */
    uint64_t length_sum[LSI_LISTS_MAX], word_sum; /* over live documents */
    uint32_t language_docs[64];
    int refs;
    lsi_tombs *tombs;                 /* NULL: none */
    struct lsi_shared_schema *shared; /* private: owns `schema`, with the snapshots that share segments */
} lsi_snapshot;
void lsi_snapshot_retain(lsi_snapshot *s);
void lsi_snapshot_release(lsi_snapshot *s);
/* The segment of a document number, and its number there. LS_NOTFOUND beyond the end or deleted. */
int lsi_snapshot_locate(const lsi_snapshot *s, uint64_t doc, size_t *segment, lsi_doc *local, ls_error *err);
/* Live document frequency of a term in a list over all segments. */
int lsi_snapshot_df(const lsi_snapshot *s, const uint8_t *term, size_t len, uint32_t list, uint64_t *df, ls_error *err);
/* The live document of an id. LS_NOTFOUND. */
int lsi_snapshot_find(const lsi_snapshot *s, const uint8_t *id, size_t len, size_t *segment, lsi_doc *local,
                      ls_error *err);

/* The same of a guid. */
int lsi_snapshot_find_guid(const lsi_snapshot *s, const char *guid, size_t len, size_t *segment, lsi_doc *local,
                           ls_error *err);

/* Reads MANIFEST and opens all its files at once; what `old` (may be NULL) has open already is shared with it.
 * watch (may be NULL): the manifest file, held open. */
int lsi_snapshot_open(lsi_snapshot **out, struct lsi_manifest_watch **watch, lsi_dir *dir, lsi_snapshot *old,
                      bool use_mmap, ls_error *err);
/* Of segments that are open already; retains them. Facts of the commit come from m, whose segments are not looked at.
 */
struct lsi_manifest;
int lsi_snapshot_of(lsi_snapshot **out, const struct lsi_manifest *m, const lsi_snapshot_segment *segments,
                    size_t count, ls_error *err);
/* The part that may be seen at a time without the scope: the public segments, and of the hidden ones what is released.
 * It shares what is open, and numbers documents as s does. It holds for times from *from on, before *until; where both
 * are open (INT64_MIN, INT64_MAX) it will always. */
int lsi_snapshot_view(lsi_snapshot **out, const lsi_snapshot *s, int64_t now, int64_t *from, int64_t *until,
                      ls_error *err);
/* Loads the rules of the schema's time zone into schema->zone. LS_INVALID where there is no such zone,
 * LS_IO where that is not known. */
int lsi_index_load_zone(ls_schema *s, ls_error *err);
int lsi_index_load_zone_or_utc(ls_schema *s, ls_error *err); /* where there is none: a warning; LS_NOMEM, LS_IO */

/* The reader behind the public handle: a directory, a commit, and what may be seen of it. */
struct ls_reader {
    lsi_dir *dir;
    lsi_snapshot *all;  /* the whole commit */
    lsi_snapshot *snap; /* what is seen; where embargoes may end, at the beginning of time: see lsi_reader_enter */
    bool use_mmap;
    bool sees_hidden;
    bool moves; /* what may be seen of it changes with the time */
    int64_t (*clock)(void *ctx);
    void *clock_ctx;
    void *scratch; /* query/scratch.c's pool; freed by it */
    void (*scratch_free)(void *);
    struct lsi_manifest_watch *watch; /* the open manifest file: what a refresh compares with */
    struct lsi_reader_now *now;       /* where it moves: the present part, and its lock */
    int refs;                         /* atomic; of the present part: who works with it */
};
typedef struct lsi_reader_how {
    bool use_mmap, sees_hidden;
    int64_t (*clock)(void *ctx); /* NULL: the system's */
    void *clock_ctx;
} lsi_reader_how;
int lsi_reader_open(ls_reader **out, const char *path, const lsi_reader_how *how, ls_error *err);
int lsi_reader_refresh(ls_reader **newer, const ls_reader *r, ls_error *err);
/* The same commit, seen otherwise; directory, files and clock are shared. */
int lsi_reader_view(ls_reader **out, const ls_reader *r, bool sees_hidden, ls_error *err);
/* Every use of a reader's `snap` stands between these two: *in shows what may be seen at this moment, and goes on showing
 * it until it is left. Mostly it is r itself; otherwise a reader that is kept until an embargo ends. */
int lsi_reader_enter(const ls_reader **in, const ls_reader *r, ls_error *err);
void lsi_reader_leave(const ls_reader *in, const ls_reader *r);
/* The last release by now and the next; INT64_MIN and INT64_MAX: none. */
void lsi_reader_epoch(const ls_reader *r, int64_t *last, int64_t *next);
void lsi_reader_close(ls_reader *r);                                                   /* takes NULL */
int lsi_reader_stats(const ls_reader *r, bool postings, ls_stats *out, ls_error *err); /* postings: counted too */
#endif
