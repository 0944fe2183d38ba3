/* hits.h — what a search gave: hits, totals, facets, the cursor of the next page; and the search itself. */
#ifndef LSI_HITS_H
#define LSI_HITS_H
#include "libsearch/query/exec.h"

typedef struct lsi_facet {
    ls_facet_value *values; /* by falling count, then by folded value */
    size_t count;
} lsi_facet;

struct ls_results {
    lsi_arena arena; /* everything, the results themselves first */
    ls_results_info info;
    ls_hit *hits;
    char *cursor;
    const char **unmatched;
    size_t unmatched_count;
    ls_warning *warnings;
    size_t warning_count;
    ls_fold *folds; /* of the hits; NULL where nothing was to be folded */
    lsi_facet *facets;
    size_t facet_count;
    ls_bucket *buckets; /* in order of time */
    size_t bucket_count;
    uint64_t undated;
    int histogram_unit; /* LS_HISTOGRAM_…; AUTO: none was asked for */
};

int lsi_results_search(ls_results **out, const ls_reader *r, const ls_query *q, const ls_search_options *o,
                       ls_error *err);
void lsi_results_free(ls_results *res);

/* ---- between the files of the room ---- */
typedef struct lsi_order { /* how hits are ordered (sort.c) */
    ls_sort sort;
    int field; /* of BY_FIELD */
    bool text, falling;
    double half_life_ms; /* 0: scores do not fade */
    int recency_field;
    int64_t now;
} lsi_order;

typedef struct lsi_search { /* one search under way */
    const ls_reader *reader;
    const lsi_snapshot *snap;
    const ls_query *query;
    ls_search_options o; /* of this library's size, defaults filled in */
    lsi_order order;
    lsi_scratch *scratch;
    lsi_heap heap;
    lsi_top after;
    bool has_after;
    size_t limit, offset;
    uint64_t total;
    struct lsi_facet_run *facets;        /* o.facet_count of them */
    struct lsi_histogram_run *histogram; /* NULL: none is wanted */
    int64_t *keys;                       /* sort values of one window */
    uint64_t *has_keys;
    int64_t *ages; /* values of the recency field of one window */
    uint64_t *has_ages;
    uint32_t *ords; /* keyword ordinals of one document */
    uint32_t ord_cap;
    lsi_plan plan; /* last: see lsi_results_search */
} lsi_search;

/* Options as this library knows them: unknown tails of newer callers are refused, missing ones are zero. */
int lsi_search_options_read(ls_search_options *out, const ls_search_options *o, ls_error *err);
int lsi_order_read(lsi_order *out, const ls_schema *s, const ls_search_options *o, ls_error *err);
int lsi_order_open(lsi_search *s, ls_error *err); /* memory for windows */
/* Pushes the matches of a window. */
int lsi_order_window(lsi_search *s, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                     ls_error *err);
/* The same for some of a segment; by a number only. */
int lsi_order_docs(lsi_search *s, size_t seg, const lsi_doc *docs, uint32_t n, ls_error *err);
/* The score after fading by age. */
float lsi_order_fade(const lsi_order *o, float score, bool has, int64_t value);

/* Runs the plan for the best `want` hits behind the cursor into s->heap; *whole: these are all. Counts nothing. */
int lsi_search_again(lsi_search *s, size_t want, bool *whole, ls_error *err);
/* The hit of an entry of the heap. */
int lsi_search_hit(const lsi_search *s, ls_results *res, const lsi_top *t, ls_hit *hit, ls_error *err);
/* Hits, folds and cursor of the page where copies fold or only the latest of a chain are asked for (fold.c). `whole`:
 * the heap, sorted by nobody yet, holds all there is. */
int lsi_fold_page(lsi_search *s, ls_results *res, bool whole, ls_error *err);

int lsi_facets_open(lsi_search *s, ls_error *err);
int lsi_facets_segment(lsi_search *s, size_t seg, ls_error *err);
int lsi_facets_window(lsi_search *s, size_t seg, lsi_doc lo, const uint64_t *bits, ls_error *err);
int lsi_facets_finish(lsi_search *s, ls_results *res, ls_error *err);
void lsi_facets_close(lsi_search *s);

/* histogram.c; window and finish as of facets, where s->histogram is set */
int lsi_histogram_open(lsi_search *s, ls_error *err);
int lsi_histogram_window(lsi_search *s, size_t seg, lsi_doc lo, const uint64_t *bits, ls_error *err);
int lsi_histogram_finish(lsi_search *s, ls_results *res, ls_error *err);
void lsi_histogram_close(lsi_search *s); /* also where open failed */

/* Sets now and after from a cursor's text; *moved: it is of another generation. LS_INVALID. */
int lsi_cursor_generation(uint64_t *generation, const char *text, ls_error *err);
int lsi_cursor_read(lsi_search *s, const char *text, bool *moved, ls_error *err);
char *lsi_cursor_write(const lsi_search *s, const lsi_top *last, lsi_arena *a); /* NULL: no memory */
#endif
