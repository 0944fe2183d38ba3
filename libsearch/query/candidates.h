/* candidates.h — documents that hold all the words of a group (a phrase, a slop, a near of plain words), some hundreds
 * at a time, with where each word's entries begin in its streams: so that positions may be read in any order, or not
 * at all. */
#ifndef LSI_CANDIDATES_H
#define LSI_CANDIDATES_H
#include "libsearch/query/batch.h"
#include "libsearch/query/filter.h"
#include "libsearch/query/probe.h"
#include "libsearch/query/spans.h"

/* The counts of a common word's block, for those candidates alone whose rarer words stand side by side. */
typedef struct lsi_late {
    uint32_t block, at, before; /* entries of the stream before the at-th document of the block */
    uint32_t less[LSI_BLOCK_DOCS + LSI_BATCH_SLACK];
} lsi_late;

typedef struct lsi_candidates {
    uint32_t n, cap;
    uint32_t settled;   /* columns first and count are of the first so many kids of order, the others' made when read */
    uint32_t read, met; /* candidates of which late kids might have been asked, and were */
    lsi_late *late;     /* of each kid in turn of order; NULL where nothing comes late */
    uint32_t *docs;     /* rising */
    uint32_t *most;     /* the group's tf there is at most this */
    uint32_t *first, *count; /* of kid k in candidate i: [k · cap + i] */
    uint32_t *order;         /* of kids, the rarest of the segment first */
    uint32_t *one;           /* first and count of each kid in one document: phrase.c */
    uint8_t *where;          /* of candidate i in kid k's block: [k · cap + i]; only where that is not kept as bits */
    /* while a block is asked */
    lsi_probe *probe;
    uint32_t kept[LSI_BLOCK_DOCS + 1]; /* which of them are left */
    uint8_t places[LSI_BLOCK_DOCS];    /* 0 1 2 … */
    uint32_t less[LSI_BLOCK_DOCS + LSI_BATCH_SLACK];
    uint32_t sums[LSI_BLOCK_DOCS + LSI_BATCH_SLACK];
    float scores[LSI_BLOCK_DOCS + LSI_BATCH_SLACK];
} lsi_candidates;

typedef struct lsi_bar { /* what a candidate must be worth */
    const lsi_batch *batch;
    const lsi_op *op; /* whose span the group is */
    float magic;
    float cut;          /* a score must be above it; not above 0: any will do */
    uint32_t want;      /* so many candidates are enough for once */
    lsi_filter *filter; /* NULL: none */
} lsi_bar;

/* Whether a group can be asked so in the present segment; it must be open. */
bool lsi_candidates_can(const lsi_span *s);
/* Made at the first call for a span, ready for the present segment at every call. */
int lsi_candidates_open(lsi_plan *p, lsi_span *s, ls_error *err);
/* s->candidates are those of [lo, hi) that fit and pass the bar (NULL: all), *next where to go on: hi or beyond when
 * there are no more. Calls come in rising order of documents. */
int lsi_candidates_fill(lsi_span *s, lsi_doc lo, lsi_doc hi, const lsi_bar *bar, lsi_doc *next, ls_error *err);
/* s->candidates are those among documents asked for, bits of the window that begins at lo, from bit *from on: as many as
 * a block has, *from where to go on, LSI_WINDOW_DOCS when there are no more. Windows come in rising order. */
int lsi_candidates_among(lsi_span *s, lsi_doc lo, const uint64_t *within, uint32_t *from, ls_error *err);
/* n of the candidates from `from` to before `to` will be read next, as they come. */
void lsi_candidates_expect(lsi_span *s, uint32_t from, uint32_t to, uint32_t n);
/* The places of candidate i, into s->found. */
int lsi_candidates_read(lsi_plan *p, lsi_span *s, uint32_t i, ls_error *err);
#endif
