/* top.h — between the files that find the best k by score without looking at every match. */
#ifndef LSI_TOP_H
#define LSI_TOP_H
#include "libsearch/query/batch.h"
#include "libsearch/query/exec.h"
#include "libsearch/query/filter.h"
#include "libsearch/query/ops.h"
#include "libsearch/query/probe.h"
#include "libsearch/util/best.h"

#define LSI_TOP_WIDE (4 * LSI_WINDOW_DOCS) /* a window of an OR whose words are rare */

/* A word's list in the present segment, with what bounds its contributions. */
typedef enum lsi_lane_role { /* in an AND; the order in which its lanes are asked */
                             LSI_LANE_REQUIRED = 0,
                             LSI_LANE_EXCLUDED,
                             LSI_LANE_OPTIONAL
} lsi_lane_role;

typedef struct lsi_lane {
    lsi_op *op;
    lsi_cursor *c;
    lsi_lane_role role;
    uint32_t n;  /* cursors: several where the word has several lists */
    float scale; /* of an impact byte */
    float most;  /* no contribution is larger */
    float bound; /* in the present stretch of documents */
} lsi_lane;

typedef struct lsi_top_run {
    lsi_plan *plan;
    lsi_op *core;      /* the operator whose lists are run: the root, or what scores in it */
    lsi_filter filter; /* lsi_top_offer asks it of every document; engines may do so before they score */
    int rc;            /* of a condition that could not be read */
    ls_error *err;
    lsi_best best;  /* scores and documents as numbers; cap 0: documents are too many, and the heap is used */
    lsi_heap *heap; /* gets the best at the end */
    bool open;      /* no document of the present segment is refused */
    const lsi_top *after;
    uint64_t *total; /* of an AND of words or a span, whose every match is counted: nothing is passed over; or NULL */
    float threshold; /* a document must have more to enter; 0 while the heap is not full: scores are above 0 */
    bool loose;      /* documents do not come in order: one with as much may enter too, for its number */
    float quantum;
    lsi_lane *lanes;
    uint32_t count;
    const lsi_batch *batch;
    lsi_probe *probe; /* lsi_top_probe */
    /* batches of candidates */
    uint32_t docs[LSI_WINDOW_DOCS + 16], tf[LSI_WINDOW_DOCS + 16];
    float scores[LSI_WINDOW_DOCS + 16], add[LSI_WINDOW_DOCS + 16], wide[LSI_WINDOW_DOCS];
    float *acc;     /* of an OR: one of sums, zero between windows */
    float *sums[2]; /* made when needed: of a window, of a wide one */
    /* where few are expected: what acc has, and in which words; zero as well */
    uint64_t held[LSI_TOP_WIDE / 64], held_words[LSI_TOP_WIDE / 64 / 64];
} lsi_top_run;

/* What a candidate's score or bound must be above. */
LSI_INLINE float lsi_top_below(float cut) /* the next smaller float; 0 stays */
{
    uint32_t bits;
    if (!(cut > 0)) return cut;
    memcpy(&bits, &cut, sizeof bits);
    bits--;
    memcpy(&cut, &bits, sizeof bits);
    return cut;
}
LSI_INLINE float lsi_top_cut(const lsi_top_run *r)
{
    return r->loose ? lsi_top_below(r->threshold) : r->threshold;
}
/* r->probe, made at the first call; NULL without memory. */
LSI_INLINE lsi_probe *lsi_top_probe(lsi_top_run *r)
{
    if (!r->probe) r->probe = lsi_arena_zalloc(&r->plan->scratch->arena, sizeof *r->probe);
    return r->probe;
}
void lsi_top_offer(lsi_top_run *r, lsi_doc doc, float score);
/* n of them at once; scores are readable to the next multiple of 64. */
void lsi_top_offer_all(lsi_top_run *r, const lsi_doc *docs, const float *scores, uint32_t n);
/* As many were found as are wanted: from now on there is something to be better than. */
LSI_INLINE bool lsi_top_full(const lsi_top_run *r)
{
    return r->best.cap ? r->best.bar != 0 : r->heap->count == r->heap->cap;
}
LSI_INLINE float lsi_lane_bound(const lsi_lane *l, uint32_t impact)
{
    float b = (float)impact * l->scale;
    return b < l->most ? b : l->most;
}
/* Leaves those of the first n candidates that may still enter if lane l adds what its range allows and the lanes behind
 * it `later`; required: and that lie in a range where l has documents. Gives how many are left. */
uint32_t lsi_top_filter(lsi_top_run *r, const lsi_lane *l, uint32_t n, float later, bool required);
/* Bound of a lane over documents [lo, hi); 0 where it has none there. */
float lsi_lane_stretch(const lsi_lane *l, lsi_doc lo, lsi_doc hi);

/* top_many.c: the same for a word with several lists. */
float lsi_lane_many_stretch(const lsi_lane *l, lsi_doc lo, lsi_doc hi);
int lsi_lane_many_add(lsi_top_run *r, const lsi_lane *l, lsi_doc lo, lsi_doc hi, ls_error *err); /* to acc */
int lsi_lane_many_collect(lsi_top_run *r, const lsi_lane *l, lsi_doc lo, lsi_doc hi, uint32_t *found, ls_error *err);
int lsi_lane_many_probe(lsi_top_run *r, const lsi_lane *l, lsi_doc doc, bool *yes, float *score, ls_error *err);
/* Range maxima of a lane of one list; NULL where there are none. */
LSI_INLINE const uint8_t *lsi_lane_ranges(const lsi_lane *l)
{
    return l->n == 1 ? l->c->p.ranges : NULL;
}

int lsi_top_term(lsi_top_run *r, ls_error *err); /* top_or.c: one lane */
int lsi_top_or(lsi_top_run *r, ls_error *err);
int lsi_top_and(lsi_top_run *r, ls_error *err);              /* top_and.c */
int lsi_top_span(lsi_top_run *r, ls_error *err);             /* top_span.c: the root itself */
int lsi_top_same(lsi_top_run *r, size_t seg, ls_error *err); /* top_same.c: every match scores the same */
void lsi_top_same_some(const lsi_top_run *r, size_t seg); /* before the segment is opened: are its first ones enough? */
#endif
