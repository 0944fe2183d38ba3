/* top_same.c — owns the best k where every match scores the same: words of an expansion (prefix, wildcard, fuzzy),
 * alone or beside conditions. Then the first k documents are the best, so that the windows of the plain engine are asked
 * in order until the heap is full, and without scores. Of an expansion that has many times as many documents as are
 * wanted the set is made for the first ones alone, and for all where these do not suffice.
 * Invariant: candidates come best first and go to the end of the heap's array, which so is in its final order. Nothing
 * may be pushed to it afterwards. Ignorant of: how a match is found. */
#include "libsearch/query/top.h"

#define MORE 4u /* times as many places as are wanted are looked for in the first documents */

typedef struct same_run {
    lsi_top_run *run;
    float score;
} same_run;

static int take_window(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                       ls_error *err)
{
    const same_run *s = ctx;
    lsi_heap *h = s->run->heap;
    lsi_top t = {.key = lsi_heap_key(s->score), .score = s->score, .has = true};
    (void)seg, (void)hi, (void)scores, (void)err;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = bits[w]; x; x &= x - 1) {
            if (h->count == h->cap) return LS_OK;
            t.doc = s->run->plan->seg->base + lo + w * 64 + lsi_ctz64(x);
            if (s->run->after && lsi_heap_order(h, s->run->after, &t) >= 0) continue;
            h->at[h->count++] = t;
        }
    }
    return LS_OK;
}

void lsi_top_same_some(const lsi_top_run *r, size_t seg)
{
    lsi_op *op = r->core;
    const lsi_doc doc_count = r->plan->snap->segments[seg].seg->doc_count;
    const lsi_picks *picks = &op->word.segs[seg];
    uint64_t sum = 0, until = LSI_WINDOW_DOCS;
    op->set_until = 0;
    if (op != r->plan->root || op->set_kind != LSI_SET_FORMS) return;
    for (uint32_t i = 0; i < picks->count; i++) sum += picks->at[i].list.df;
    while (until < doc_count && sum * until / doc_count < MORE * r->heap->cap) until *= 2;
    if (until * 2 <= doc_count) op->set_until = (lsi_doc)until;
}

static int take_windows(lsi_top_run *r, const lsi_exec_sink *sink, size_t seg, lsi_doc from, lsi_doc end, ls_error *err)
{
    lsi_plan *p = r->plan;
    lsi_doc doc = from;
    int rc = LS_OK;
    while (!rc && doc < end && r->heap->count < r->heap->cap) {
        rc = lsi_op_next(p, p->root, doc, &doc, err);
        if (rc || doc >= end) break;
        lsi_doc lo = doc & ~(LSI_WINDOW_DOCS - 1), hi = LSI_MIN(end - lo, LSI_WINDOW_DOCS) + lo;
        rc = lsi_exec_window(p, sink, seg, lo, hi, NULL, err);
        doc = hi;
        if (!rc) rc = lsi_op_poll(p, err);
    }
    return rc;
}

int lsi_top_same(lsi_top_run *r, size_t seg, ls_error *err)
{
    same_run s = {r, lsi_bm25_round(r->core->w, r->plan->magic)};
    const lsi_exec_sink sink = {.ctx = &s, .window = take_window};
    const lsi_doc doc_count = r->plan->seg->seg->doc_count, some = r->core->set_until;
    int rc = take_windows(r, &sink, seg, 0, some ? some : doc_count, err);
    r->core->set_until = 0;
    if (rc || !some || r->heap->count == r->heap->cap) return rc;
    rc = lsi_set_open(r->plan, r->core, seg, err);
    return rc ? rc : take_windows(r, &sink, seg, some, doc_count, err);
}
