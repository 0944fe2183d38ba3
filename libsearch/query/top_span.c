/* top_span.c — owns the best k of a phrase or near: documents that hold all the words in turn, but positions are only
 * read where the rarest word occurs often enough for the document to enter. Documents come in rising order. */
#include "libsearch/query/spans.h"
#include "libsearch/query/top.h"

int lsi_top_span(lsi_top_run *r, ls_error *err)
{
    lsi_plan *p = r->plan;
    lsi_op *op = r->core;
    lsi_span *s = op->span;
    uint32_t steps = 0;
    for (lsi_doc doc = 0;; doc++) {
        bool full = r->heap->count == r->heap->cap, yes = false; /* a span may score 0: its heap is asked */
        float score = 0;
        int rc = lsi_span_next(p, s, doc, &doc, err);
        if (rc || doc == LSI_DOC_END) return rc;
        if ((++steps & 255) == 0 && (rc = lsi_op_poll(p, err)) != LS_OK) return rc;
        if (full && s->quick) {
            uint32_t most;
            rc = lsi_phrase_most(s, &most, err);
            if (rc) return rc;
            if (lsi_bm25_score(op->w, most, op->k[op->norms[doc]], p->magic) <= r->threshold) continue;
        }
        rc = lsi_span_score(p, op, doc, true, &score, &yes, err);
        if (rc) return rc;
        if (yes && (!full || score > r->threshold)) lsi_top_offer(r, doc, score);
    }
}
