/* top_many.c — owns, for the engines of the best k, words that have several lists in a segment: stemmed in several
 * languages, or a CJK character with its bigrams. Such a word scores as one: its tf is the sum of its lists'. As
 * x / (x + K) is subadditive, the sum of its lists' bounds bounds it. It does not know the engines. */
#include "libsearch/query/top.h"

float lsi_lane_many_stretch(const lsi_lane *l, lsi_doc lo, lsi_doc hi)
{
    float sum = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        lsi_lane one = *l;
        one.c = &l->c[i];
        one.n = 1;
        sum += lsi_lane_stretch(&one, lo, hi);
    }
    return LSI_MIN(sum, l->most);
}

int lsi_lane_many_add(lsi_top_run *r, const lsi_lane *l, lsi_doc lo, lsi_doc hi, ls_error *err)
{
    uint64_t bits[LSI_WINDOW_WORDS];
    int rc = lsi_term_window(r->plan, l->op, lo, hi, NULL, bits, r->wide, err);
    for (uint32_t w = 0; !rc && w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = bits[w]; x; x &= x - 1) {
            uint32_t i = w * 64 + lsi_ctz64(x);
            r->acc[i] += r->wide[i];
        }
    }
    return rc;
}

int lsi_lane_many_collect(lsi_top_run *r, const lsi_lane *l, lsi_doc lo, lsi_doc hi, uint32_t *found, ls_error *err)
{
    uint64_t bits[LSI_WINDOW_WORDS];
    uint32_t n = 0;
    int rc = lsi_term_window(r->plan, l->op, lo, hi, NULL, bits, r->wide, err);
    for (uint32_t w = 0; !rc && w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = bits[w]; x; x &= x - 1) {
            uint32_t i = w * 64 + lsi_ctz64(x);
            r->docs[n] = lo + i;
            r->scores[n++] = r->wide[i];
        }
    }
    *found = n;
    return rc;
}

int lsi_lane_many_probe(lsi_top_run *r, const lsi_lane *l, lsi_doc doc, bool *yes, float *score, ls_error *err)
{
    uint32_t tf = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        lsi_cursor *c = &l->c[i];
        lsi_doc d;
        int rc = lsi_cursor_seek(c, doc, &d, err);
        if (!rc && d == doc) rc = lsi_postings_tf(&c->p, err);
        if (rc) return rc;
        if (d == doc) tf += c->p.tf[c->at];
    }
    *yes = tf > 0;
    if (tf) *score = lsi_bm25_score(l->op->w, tf, l->op->k[l->op->norms[doc]], r->plan->magic);
    return LS_OK;
}
