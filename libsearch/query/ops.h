/* ops.h — operators at work in one segment, a window of 4,096 documents at a time. */
#ifndef LSI_OPS_H
#define LSI_OPS_H
#include "libsearch/query/plan.h"

/* Opens the lists of a segment; op->empty tells where nothing can match. */
int lsi_op_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err);
/* First document ≥ doc that may match (none before it does); LSI_DOC_END. */
int lsi_op_next(lsi_plan *p, lsi_op *op, lsi_doc doc, lsi_doc *out, ls_error *err);
/* Documents of [lo, hi) within a window (lo a multiple of LSI_WINDOW_DOCS) that match, among those of `within`
 * (NULL: all): bits of LSI_WINDOW_WORDS words; scores (may be NULL) are set where a bit is, and nowhere else defined.
 * Windows come in rising order. */
int lsi_op_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                  float *scores, ls_error *err);
/* LS_TIMEOUT, LS_CANCELED. */
int lsi_op_poll(lsi_plan *p, ls_error *err);

/* Lengths of the operator's field in the present segment; empty where it has none. */
int lsi_op_norms(lsi_plan *p, lsi_op *op, ls_error *err);

/* The kinds, each in its file. */
int lsi_term_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err);
int lsi_term_next(lsi_op *op, lsi_doc doc, lsi_doc *out, ls_error *err);
int lsi_term_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                    float *scores, ls_error *err);
int lsi_set_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err);
/* Matches, and (missing not NULL) documents without a value. */
int lsi_range_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, uint64_t *missing, ls_error *err);

/* ---- cursors ---- */
/* Moves to the first document ≥ doc: *out, LSI_DOC_END behind the last. Never moves back. */
int lsi_cursor_open(lsi_cursor *c, const lsi_segment *seg, const lsi_list *list, ls_error *err);
int lsi_cursor_seek_slow(lsi_cursor *c, lsi_doc doc, lsi_doc *out, ls_error *err);
/* Back to before the first document. */
LSI_INLINE void lsi_cursor_rewind(lsi_cursor *c)
{
    c->p.block = UINT32_MAX;
    c->p.n = 0;
    c->at = 0;
}
/* How many of the 8 numbers at v are below doc. */
LSI_INLINE uint32_t lsi_below8(const uint32_t *v, lsi_doc doc)
{
    typedef uint32_t quad __attribute__((vector_size(16), aligned(4)));
    typedef int32_t mask __attribute__((vector_size(16), aligned(4)));
    quad a, b;
    const quad x = {doc, doc, doc, doc};
    memcpy(&a, v, sizeof a);
    memcpy(&b, v + 4, sizeof b);
    mask m = (mask)(a < x) + (mask)(b < x); /* -1 for each that is */
    return (uint32_t) - (m[0] + m[1] + m[2] + m[3]);
}
LSI_INLINE int lsi_cursor_seek(lsi_cursor *c, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    const lsi_postings *p = &c->p;
    uint32_t i = c->at;
    if (LSI_LIKELY(i < p->n && p->docs[p->n - 1] >= doc)) { /* in the decoded block: near, as a rule */
        if (p->docs[i] < doc) {
            for (unsigned steps = 0; p->docs[i + 7] < doc; i += 8) { /* END stands behind the last */
                if (++steps == 4) {
                    i = lsi_postings_lower(p, i, doc);
                    break;
                }
            }
            i += lsi_below8(p->docs + i, doc);
        }
        c->at = i;
        *out = p->docs[i];
        return LS_OK;
    }
    return lsi_cursor_seek_slow(c, doc, out, err);
}
#endif
