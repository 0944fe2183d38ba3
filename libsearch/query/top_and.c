/* top_and.c — owns the best k of all of several words.
 *
 * The rarest list leads, block by block: scored, then for each other list in rising order of frequency filtered by
 * what the lists still to come can add at most (over the block's stretch, and where there are range maxima for the 64
 * documents around), and probed. A block whose bounds together do not reach the threshold is not decoded.
 * It does not know trees or pages. */
#include "libsearch/query/top.h"

static void sort_by_df(lsi_top_run *r)
{
    for (uint32_t i = 1; i < r->count; i++) {
        lsi_lane x = r->lanes[i];
        uint32_t j = i;
        for (; j && r->lanes[j - 1].c->p.list.df > x.c->p.list.df; j--) r->lanes[j] = r->lanes[j - 1];
        r->lanes[j] = x;
    }
}

/* Keeps the candidates that the lane holds, its contribution added. */
static int probe(lsi_top_run *r, const lsi_lane *l, uint32_t *n, ls_error *err)
{
    lsi_postings *p = &l->c->p;
    uint32_t kept = 0;
    for (uint32_t j = 0; j < *n; j++) {
        lsi_doc d, want = r->docs[j];
        int rc = lsi_cursor_seek(l->c, want, &d, err);
        if (!rc && d == want) rc = lsi_postings_tf(p, err);
        if (rc) return rc;
        if (d == LSI_DOC_END) break;
        if (d != want) continue;
        r->docs[kept] = d;
        r->scores[kept] = r->scores[j];
        r->tf[kept++] = p->tf[l->c->at];
    }
    lsi_bm25_scores(r->add, r->tf, r->docs, kept, l->op->norms, l->op->k, l->op->w, r->plan->magic);
    for (uint32_t j = 0; j < kept; j++) r->scores[j] += r->add[j];
    *n = kept;
    return LS_OK;
}

static int block_and(lsi_top_run *r, uint32_t b, ls_error *err)
{
    lsi_lane *lead = &r->lanes[0];
    lsi_postings *p = &lead->c->p;
    bool full = r->threshold > 0;
    lsi_doc lo = b ? lsi_postings_last(p, b - 1) + 1 : 0, hi = lsi_postings_last(p, b) + 1;
    float later = 0;
    for (uint32_t i = 1; i < r->count; i++) {
        r->lanes[i].bound = lsi_lane_stretch(&r->lanes[i], lo, hi);
        if (r->lanes[i].bound <= 0) return LS_OK;
        later += r->lanes[i].bound;
    }
    lead->bound = lsi_lane_bound(lead, p->impact[b]);
    if (full && (lead->bound + later) * (1 + 1.0f / 65536) <= r->threshold) return LS_OK;
    int rc = lsi_postings_block(p, b, err);
    if (!rc) rc = lsi_postings_tf(p, err);
    if (rc) return rc;
    uint32_t n = p->n;
    lsi_bm25_scores(r->scores, p->tf, p->docs, n, lead->op->norms, lead->op->k, lead->op->w, r->plan->magic);
    memcpy(r->docs, p->docs, n * sizeof *r->docs);
    for (uint32_t i = 1; i < r->count && n && !rc; i++) {
        later = 0;
        for (uint32_t j = i + 1; j < r->count; j++) later += r->lanes[j].bound;
        n = lsi_top_filter(r, &r->lanes[i], n, later, true);
        rc = probe(r, &r->lanes[i], &n, err);
    }
    for (uint32_t j = 0; j < n && !rc; j++) {
        if (r->scores[j] > r->threshold) lsi_top_offer(r, r->docs[j], r->scores[j]);
    }
    return rc;
}

int lsi_top_and(lsi_top_run *r, ls_error *err)
{
    sort_by_df(r);
    uint32_t blocks = r->lanes[0].c->p.block_count;
    for (uint32_t b = 0; b < blocks; b++) {
        int rc = block_and(r, b, err);
        if (!rc && (b & 15) == 15) rc = lsi_op_poll(r->plan, err);
        if (rc) return rc;
    }
    return LS_OK;
}
