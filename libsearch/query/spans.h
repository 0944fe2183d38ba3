/* spans.h — matching by positions: words with a choice of forms, phrases, words near each other. */
#ifndef LSI_SPANS_H
#define LSI_SPANS_H
#include "libsearch/query/ops.h"

#define LSI_HLEAD_WORDS 60u /* of the main field, beside the title */

typedef enum lsi_span_type {
    LSI_SPAN_WORD = 0,
    LSI_SPAN_OR,
    LSI_SPAN_PHRASE, /* kids at their offsets */
    LSI_SPAN_SLOP,   /* kids (words) in any order, within kid_count + distance positions */
    LSI_SPAN_NEAR    /* kids folded from the left: each within distance of what was found before */
} lsi_span_type;

typedef struct lsi_source { /* one posting list with its streams */
    lsi_cursor c;
    lsi_stream positions, forms;
    const uint64_t *allowed; /* form numbers below form_count; NULL: all */
    uint32_t form_count;
    uint32_t sum_block, sum_at, sum; /* of the counts before sum_at in a block: see lsi_source_first */
} lsi_source;

typedef struct lsi_places { /* matches in a document, by rising start */
    uint32_t *start, *end;  /* end: the last position, inclusive */
    uint32_t count, cap;
} lsi_places;

typedef struct lsi_span lsi_span;
struct lsi_span {
    lsi_span_type type;
    uint32_t list; /* whose positions: 0, or a weight-0 field's own */
    int region;    /* of list 0 that alone counts; -1: any */
    lsi_word word;
    uint32_t offset; /* in a phrase */
    uint32_t group;  /* in a slop: number of the first kid that is the same word */
    lsi_span **kids;
    uint32_t *order; /* of kids, the rarest first */
    uint32_t kid_count;
    uint64_t df; /* estimate, for order */
    uint32_t distance;
    uint8_t scope;
    bool ordered;
    bool hulls;      /* a near within a near: all pairs are found, from the first end to the last */
    lsi_span *edges; /* of w/s, w/p: the hidden term */
    /* ---- in the present segment ---- */
    lsi_source *sources;
    uint32_t source_count, source_cap;
    lsi_places found;
    lsi_cursor **direct; /* of a group whose kids are words of one list each: their cursors, the rarest first */
    lsi_cursor **direct_room;
    bool quick;                        /* a phrase to be read by phrase.c */
    struct lsi_candidates *candidates; /* candidates.c */
};

int lsi_span_open(lsi_plan *p, lsi_span *s, size_t seg, bool *empty, ls_error *err);
void lsi_span_rewind(lsi_span *s); /* documents may come from the first again */
/* First document ≥ doc that holds the words, wherever they stand. */
int lsi_span_next(lsi_plan *p, lsi_span *s, lsi_doc doc, lsi_doc *out, ls_error *err);
/* The same, but found at less cost and too early at times. */
int lsi_span_may(lsi_plan *p, lsi_span *s, lsi_doc doc, lsi_doc *out, ls_error *err);
/* Matches in a document that next gave, into s->found. */
int lsi_span_read(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err);
int lsi_span_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                    float *scores, ls_error *err);
/* One source alone (sets.c): does the document at its cursor hold an allowed form in the region? */
int lsi_source_open(const lsi_plan *p, lsi_source *s, const lsi_pick *pick, ls_error *err);
/* Number in the streams of the first entry of the document that the cursor stands at; its counts are there. */
uint32_t lsi_source_first(lsi_source *s);
/* phrase.c: the places of a phrase of plain words, in a document or where kid k's entries are count[k · step] from
 * first[k · step] of its streams. */
int lsi_phrase_read(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err);
int lsi_phrase_join(lsi_plan *p, lsi_span *s, const uint32_t *first, const uint32_t *count, size_t step, uint32_t from,
                    uint32_t to, ls_error *err);
int lsi_phrase_end(lsi_plan *p, lsi_span *s, const uint32_t *first, const uint32_t *count, size_t step, ls_error *err);
/* A word's places from so many entries of its one source. */
int lsi_span_read_at(lsi_plan *p, lsi_span *s, lsi_doc doc, uint32_t first, uint32_t count, ls_error *err);
/* A group's places, those of its kids known. */
int lsi_span_join(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err);
/* What the places found make of the document: whether it matches, and its score. */
int lsi_span_settle(lsi_plan *p, lsi_op *op, lsi_doc doc, bool scored, float *score, bool *yes, ls_error *err);
/* Whether a document that next gave matches, and its score. */
int lsi_span_score(lsi_plan *p, lsi_op *op, lsi_doc doc, bool scored, float *score, bool *yes, ls_error *err);
int lsi_span_holds(lsi_plan *p, lsi_span *s, lsi_doc doc, bool *yes, ls_error *err);
int lsi_plan_regions(lsi_plan *p, lsi_doc doc, ls_error *err); /* fills p->regions */
int lsi_plan_region_of(const lsi_plan *p, uint32_t position);
#endif
