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

/* The kinds, each in its file. */
int lsi_term_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err);
int lsi_term_next(lsi_op *op, lsi_doc doc, lsi_doc *out, ls_error *err);
int lsi_term_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                    float *scores, ls_error *err);
int lsi_set_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err);
/* Matches, and (missing not NULL) documents without a value. */
int lsi_range_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, uint64_t *missing,
                     ls_error *err);

/* ---- cursors ---- */
/* Moves to the first document ≥ doc: *out, LSI_DOC_END behind the last. Never moves back. */
int lsi_cursor_open(lsi_cursor *c, const lsi_segment *seg, const lsi_list *list, ls_error *err);
int lsi_cursor_seek_slow(lsi_cursor *c, lsi_doc doc, lsi_doc *out, ls_error *err);
LSI_INLINE int lsi_cursor_seek(lsi_cursor *c, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    if (c->p.block < c->p.block_count && c->at < c->p.n && c->p.docs[c->at] >= doc) {
        *out = c->p.docs[c->at];
        return LS_OK;
    }
    return lsi_cursor_seek_slow(c, doc, out, err);
}
#endif
