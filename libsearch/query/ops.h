/* ops.h — operators at work in one segment, a window of 4,096 documents at a time. */
#ifndef LSI_OPS_H
#define LSI_OPS_H
#include "libsearch/query/plan.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Opens the lists of a segment; op->empty tells where nothing can match. */
int lsi_op_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err);
/* First document ≥ doc that may match (none before it does); LSI_DOC_END. */
int lsi_op_next(lsi_plan *p, lsi_op *op, lsi_doc doc, lsi_doc *out, ls_error *err);
/* Documents of [lo, hi) within a window (lo a multiple of LSI_WINDOW_DOCS) that match, among those of `within`
 * (NULL: all): bits of LSI_WINDOW_WORDS words; scores (may be NULL) are set where a bit is, and nowhere else defined.
 * Windows come in rising order; lsi_op_rewind begins again. */
void lsi_op_rewind(lsi_op *op);
int lsi_op_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                  float *scores, ls_error *err);
/* LS_TIMEOUT, LS_CANCELED. */
int lsi_op_poll(lsi_plan *p, ls_error *err);

/* Lengths of the operator's field in the present segment; empty where it has none. */
int lsi_op_norms(lsi_plan *p, lsi_op *op, ls_error *err);

/* The kinds, each in its file. */
int lsi_term_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err);
/* A word that is one list in each segment, and all of it. */
LSI_INLINE bool lsi_op_is_word(const lsi_op *op)
{
    return op->type == LSI_OP_TERM && op->cursor_cap == 1 && !op->main;
}
int lsi_term_next(lsi_op *op, lsi_doc doc, lsi_doc *out);
int lsi_term_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                    float *scores, ls_error *err);
/* The documents of a word of one list, without scores: blocks that are kept as bits are not decoded. [lo, hi) may be
 * many windows; of one alone some are left in p->map until lsi_window_fold adds them to the bits, once for any number
 * of words. */
int lsi_term_gather(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, ls_error *err);
void lsi_window_fold(lsi_plan *p, uint64_t *bits);
int lsi_set_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err);
/* The first document ≥ doc in a block of the column whose values meet the range. */
int lsi_range_next(lsi_plan *p, const lsi_op *op, lsi_doc doc, lsi_doc *out, ls_error *err);
/* Matches, and (missing not NULL) documents without a value. */
int lsi_range_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, uint64_t *missing, ls_error *err);

/* ops_lead.c: whether an AND is better asked by its rarest word's documents, and its windows so: without what is
 * excluded, and without scores. */
bool lsi_lead_can(const lsi_plan *p, const lsi_op *op);
int lsi_lead_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                    ls_error *err);

/* Set bits of a window. */
uint32_t lsi_window_count(const uint64_t *bits);

/* ---- cursors ---- */
/* Moves to the first document ≥ doc: *out, LSI_DOC_END behind the last. Never moves back. */
int lsi_cursor_open(lsi_cursor *c, const lsi_segment *seg, const lsi_list *list, ls_error *err);
int lsi_cursor_seek_slow(lsi_cursor *c, lsi_doc doc, lsi_doc *out, ls_error *err);
void lsi_cursor_rewind(lsi_cursor *c); /* back to before its first document */
/* How many of the 8 rising numbers at v are below doc. */
#if defined(__SSE2__)
LSI_INLINE uint32_t lsi_below8(const uint32_t *v, lsi_doc doc)
{
    const __m128i sign = _mm_set1_epi32(INT32_MIN), x = _mm_xor_si128(_mm_set1_epi32((int32_t)doc), sign);
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)v);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(v + 4));
    a = _mm_cmplt_epi32(_mm_xor_si128(a, sign), x);
    b = _mm_cmplt_epi32(_mm_xor_si128(b, sign), x);
    uint32_t m = (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(a, b), _mm_setzero_si128()));
    return lsi_ctz64(~(uint64_t)m);
}
#else
LSI_INLINE uint32_t lsi_below8(const uint32_t *v, lsi_doc doc)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < 8; i++) n += v[i] < doc ? 1u : 0u;
    return n;
}
#endif
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
