/* exec.h — running a plan over the segments of its snapshot. */
#ifndef LSI_EXEC_H
#define LSI_EXEC_H
#include "libsearch/query/plan.h"
#include "libsearch/util/heap.h"

/* Where matches go. Windows come in rising order of documents; bits are live matches; scores are NULL where the sink
 * wants none. */
typedef struct lsi_exec_sink {
    void *ctx;
    bool scores;                                          /* wanted */
    int (*segment)(void *ctx, size_t seg, ls_error *err); /* before its first window; may be NULL */
    int (*window)(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                  ls_error *err);
    /* May be NULL. Where no scores are wanted, some may come by themselves, live and rising, in place of windows. */
    int (*docs)(void *ctx, size_t seg, const lsi_doc *docs, uint32_t n, ls_error *err);
} lsi_exec_sink;

/* The plain engine: every match of every tree, window by window. *undated (may be NULL): what only missing dates of
 * p->ranges left out. LS_TIMEOUT and LS_CANCELED where the resolver's deadline and cancel function say so. */
int lsi_exec_all(lsi_plan *p, const lsi_exec_sink *sink, uint64_t *undated, ls_error *err);

/* One segment made ready, all windows of it, and one: what the engines are made of. */
int lsi_exec_open(lsi_plan *p, size_t seg, ls_error *err);
int lsi_exec_segment(lsi_plan *p, const lsi_exec_sink *sink, size_t seg, uint64_t *undated, ls_error *err);
int lsi_exec_window(lsi_plan *p, const lsi_exec_sink *sink, size_t seg, lsi_doc lo, lsi_doc hi, uint64_t *undated,
                    ls_error *err);

/* The first by a number column (exec_column.c): windows come in any order, and only those that may hold a document
 * that enters the heap, which the sink fills with keys of lsi_exec_column_key. */
typedef struct lsi_exec_column {
    int field;
    bool falling;
    const lsi_heap *heap;
    const lsi_top *after; /* NULL: the first page */
} lsi_exec_column;
int lsi_exec_by_column(lsi_plan *p, const lsi_exec_column *c, const lsi_exec_sink *sink, ls_error *err);
LSI_INLINE uint64_t lsi_exec_column_key(int64_t v, bool falling)
{
    uint64_t k = (uint64_t)v + (1ull << 63);
    return falling ? k : ~k;
}
/* The matches among some documents of the snapshot, in rising order; the same windows, only that all else is absent. */
int lsi_exec_docs(lsi_plan *p, const uint64_t *docs, size_t count, const lsi_exec_sink *sink, ls_error *err);

/* The best by score alone. after (NULL: the first page): only what comes behind it. */
typedef struct lsi_exec_top {
    lsi_heap *heap;
    const lsi_top *after;
    uint64_t *total; /* where lsi_exec_counts_best says so: counted on the way; NULL: nothing is */
} lsi_exec_top;
/* Whether a tree has a quicker way to its best than all of its matches, and that way (top.c). */
bool lsi_exec_can_top(const lsi_plan *p);
/* Whether a plan reads positions: then one pass over all matches costs less than the best and a count. */
bool lsi_exec_reads_positions(const lsi_plan *p);
/* *done false: matches that score nothing count too, and the heap is empty again. */
int lsi_exec_run_top(lsi_plan *p, const lsi_exec_top *t, bool *done, ls_error *err);
/* What the plan would be run by, in words, for explain. */
const char *lsi_exec_name(const lsi_plan *p);
/* Number of live matches where the dictionaries alone know it; sets: or the set of a word's expansion. */
int lsi_exec_known_count(lsi_plan *p, bool sets, bool *known, uint64_t *count, ls_error *err);
/* Words that must and must not be held, and nothing else: counted without windows (count.c). */
bool lsi_exec_can_count(const lsi_plan *p);
/* Whether lsi_exec_run_top can count on the way: then no second pass is needed. */
bool lsi_exec_counts_best(const lsi_plan *p);
int lsi_exec_count(lsi_plan *p, uint64_t *total, ls_error *err);
/* Whether the blocks of a word, or of the rarest of such words, lead through the open segment (exec.c). */
bool lsi_exec_leads(const lsi_plan *p);
#endif
