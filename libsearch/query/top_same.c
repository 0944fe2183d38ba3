/* top_same.c — owns the best k where every match scores the same: words of an expansion (prefix, wildcard, fuzzy),
 * alone or beside conditions. Then the first k documents are the best, so that the windows of the plain engine are asked
 * in order until the heap is full, and without scores.
 * Invariant: candidates come best first and go to the end of the heap's array, which so is in its final order. Nothing
 * may be pushed to it afterwards. Ignorant of: how a match is found. */
#include "libsearch/query/top.h"

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

int lsi_top_same(lsi_top_run *r, size_t seg, ls_error *err)
{
    lsi_plan *p = r->plan;
    same_run s = {r, lsi_bm25_round(r->core->w, p->magic)};
    const lsi_exec_sink sink = {.ctx = &s, .window = take_window};
    lsi_doc doc_count = p->seg->seg->doc_count, doc = 0;
    int rc = LS_OK;
    while (!rc && doc < doc_count && r->heap->count < r->heap->cap) {
        rc = lsi_op_next(p, p->root, doc, &doc, err);
        if (rc || doc >= doc_count) break;
        lsi_doc lo = doc & ~(LSI_WINDOW_DOCS - 1), hi = LSI_MIN(doc_count - lo, LSI_WINDOW_DOCS) + lo;
        rc = lsi_exec_window(p, &sink, seg, lo, hi, NULL, err);
        doc = hi;
        if (!rc) rc = lsi_op_poll(p, err);
    }
    return rc;
}
