/* top_span.c — owns the best k of what is matched by positions: documents that hold all the words in turn, but
 * positions are only read where the words occur often enough for the document to enter: the tf of a phrase is at most
 * the count of its rarest word, of a near or slop the count of its first, of a word with a choice of forms its count
 * times the largest weight of a field. Documents come in rising order. */
#include "libsearch/query/spans.h"
#include "libsearch/query/top.h"

/* The most that the tf of the document at the cursors can be; 0: not known without reading positions. */
static int most_tf(const lsi_plan *p, lsi_span *s, uint32_t *most, ls_error *err)
{
    *most = 0;
    if (s->quick) return lsi_phrase_most(s, most, err);
    bool word = s->type == LSI_SPAN_WORD && s->source_count == 1;
    if (!word && !(s->direct && (s->type == LSI_SPAN_NEAR || s->type == LSI_SPAN_SLOP))) return LS_OK;
    lsi_cursor *c = word ? &s->sources[0].c : &s->kids[0]->sources[0].c; /* tf counts places of the first operand */
    uint32_t weight = 1;
    for (size_t i = 0; word && s->list == LSI_LIST_COMBINED && i < p->snap->schema->count; i++)
        weight = LSI_MAX(weight, (uint32_t)LSI_MAX(p->snap->schema->fields[i].pub.weight, 0));
    int rc = lsi_postings_counts(&c->p, err);
    if (!rc && c->p.counts[c->at] < INT32_MAX / 256) *most = weight * c->p.counts[c->at];
    return rc;
}

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
        if (full) {
            uint32_t most;
            rc = most_tf(p, s, &most, err);
            if (rc) return rc;
            if (most && lsi_bm25_score(op->w, most, op->k[op->norms[doc]], p->magic) <= r->threshold) continue;
        }
        rc = lsi_span_score(p, op, doc, true, &score, &yes, err);
        if (rc) return rc;
        if (yes && (!full || score > r->threshold)) lsi_top_offer(r, doc, score);
    }
}
