/* top_and.c — owns the best k of all of several words.
 *
 * The rarest list leads, block by block: scored, then for each other list in rising order of frequency filtered by
 * what the lists still to come can add at most (over the block's stretch, and where there are range maxima for the 64
 * documents around), and probed. A block whose bounds together do not reach the threshold is not decoded.
 * Behind the lists that must hold a document come those that must not, and last those that only add to its score, the
 * most frequent last: as in an OR they are asked only while they may bring a candidate in.
 * Where the matches are to be counted too, no bound keeps a document from the lists that decide whether it is one. A
 * candidate that can no longer enter is out of the running then: it goes on with a score of minus infinity, is found in
 * the other lists as bits are where they are kept so, and its counts are not read.
 * It does not know trees or pages. */
#include "libsearch/query/top.h"
#include <math.h>

#define FEW    8u  /* one in so many candidates is in the running: most blocks have none of them */
#define SPARSE 32u /* a lane of one in so many documents: ranges without any are common */

static uint64_t df_of(const lsi_lane *l)
{
    uint64_t df = 0;
    for (uint32_t i = 0; i < l->n; i++) df += l->c[i].p.list.df;
    return df;
}

static bool later_than(const lsi_lane *a, const lsi_lane *b)
{
    return a->role != b->role ? a->role > b->role : df_of(a) > df_of(b);
}

static void sort_lanes(lsi_top_run *r)
{
    for (uint32_t i = 1; i < r->count; i++) {
        lsi_lane x = r->lanes[i];
        uint32_t j = i;
        for (; j && later_than(&r->lanes[j - 1], &x); j--) r->lanes[j] = r->lanes[j - 1];
        r->lanes[j] = x;
    }
}

static int probe_many(lsi_top_run *r, const lsi_lane *l, uint32_t *n, ls_error *err)
{
    uint32_t kept = 0;
    for (uint32_t j = 0; j < *n; j++) {
        bool yes;
        float add = 0;
        int rc = lsi_lane_many_probe(r, l, r->docs[j], &yes, &add, err);
        if (rc) return rc;
        r->docs[kept] = r->docs[j];
        r->scores[kept] = r->scores[j] + add;
        kept += yes ? 1 : 0;
    }
    *n = kept;
    return LS_OK;
}

/* Whether one of those found is in the running. */
static bool any_running(const lsi_top_run *r, const lsi_probe *b)
{
    bool any = false;
    for (uint32_t k = 0; k < b->n; k++) any |= r->scores[b->which[k]] >= 0;
    return any;
}

/* Those of many candidates that the lane holds, and how often, block by block; with `few` in the running, where one of
 * those is among them. */
static int find_many(lsi_top_run *r, const lsi_lane *l, bool few, uint32_t *n, ls_error *err)
{
    lsi_postings *p = &l->c->p;
    lsi_probe *b = lsi_top_probe(r);
    uint32_t kept = 0;
    if (!b) return lsi_fail_nomem(err);
    for (uint32_t j = 0, next; j < *n; j = next) {
        int rc = (few ? lsi_probe_block : lsi_probe_decoded)(b, l->c, r->docs, j, *n, &next, err);
        bool running = !rc && b->n && (!few || any_running(r, b));
        if (running && b->as_bits) rc = lsi_probe_decoded(b, l->c, r->docs, j, *n, &next, err);
        if (!rc && running) rc = lsi_postings_tf(p, err);
        if (rc) return rc;
        for (uint32_t k = 0; k < b->n; k++) {
            r->docs[kept] = r->docs[b->which[k]];
            r->scores[kept] = r->scores[b->which[k]];
            r->tf[kept++] = running ? p->tf[b->where[k]] : 1;
        }
    }
    *n = kept;
    return LS_OK;
}

/* The same of few, one by one. */
static int find_few(lsi_top_run *r, const lsi_lane *l, uint32_t *n, ls_error *err)
{
    lsi_postings *p = &l->c->p;
    uint32_t kept = 0;
    for (uint32_t j = 0; j < *n; j++) {
        lsi_doc d, want = r->docs[j];
        bool running = r->scores[j] >= 0;
        int rc = lsi_cursor_seek(l->c, want, &d, err);
        if (!rc && d == want && running) rc = lsi_postings_tf(p, err);
        if (rc) return rc;
        if (d == LSI_DOC_END) break;
        if (d != want) continue;
        r->docs[kept] = d;
        r->scores[kept] = r->scores[j];
        r->tf[kept++] = running ? p->tf[l->c->at] : 1;
    }
    *n = kept;
    return LS_OK;
}

/* Keeps the candidates that the lane holds, its contribution added. */
static int probe(lsi_top_run *r, const lsi_lane *l, bool few, uint32_t *n, ls_error *err)
{
    if (l->n > 1) return probe_many(r, l, n, err);
    int rc = *n < LSI_PROBE_MANY ? find_few(r, l, n, err) : find_many(r, l, few, n, err);
    if (rc) return rc;
    for (uint32_t j = 0; few && j < *n; j++) {
        if (r->scores[j] >= 0)
            r->scores[j] += lsi_bm25_score(l->op->w, r->tf[j], l->op->k[l->op->norms[r->docs[j]]], r->plan->magic);
    }
    if (few) return LS_OK;
    r->batch->scores(r->add, r->tf, r->docs, *n, l->op->norms, l->op->k, l->op->w, r->plan->magic);
    for (uint32_t j = 0; j < *n; j++) r->scores[j] += r->add[j];
    return LS_OK;
}

/* Leaves the candidates that the lane does not hold. */
static int exclude(lsi_top_run *r, const lsi_lane *l, uint32_t *n, ls_error *err)
{
    const lsi_postings *p = &l->c->p;
    uint32_t kept = 0;
    for (uint32_t j = 0; j < *n; j++) {
        lsi_doc d = LSI_DOC_END, want = r->docs[j];
        int rc = LS_OK;
        if (!p->ranges || p->ranges[want >> LSI_RANGE_SHIFT]) rc = lsi_cursor_seek(l->c, want, &d, err);
        if (rc) return rc;
        r->docs[kept] = want;
        r->scores[kept] = r->scores[j];
        kept += d != want ? 1 : 0;
    }
    *n = kept;
    return LS_OK;
}

/* Adds the lane's contribution to the candidates that it holds. */
static int add(lsi_top_run *r, const lsi_lane *l, uint32_t n, ls_error *err)
{
    lsi_postings *p = &l->c->p;
    for (uint32_t j = 0; j < n && l->bound > 0; j++) {
        lsi_doc d = LSI_DOC_END, want = r->docs[j];
        bool yes;
        float more = 0;
        int rc = LS_OK;
        if (l->n > 1) rc = lsi_lane_many_probe(r, l, want, &yes, &more, err);
        else if (!p->ranges || p->ranges[want >> LSI_RANGE_SHIFT]) rc = lsi_cursor_seek(l->c, want, &d, err);
        if (!rc && d == want) rc = lsi_postings_tf(p, err);
        if (rc) return rc;
        if (d == want) more = lsi_bm25_score(l->op->w, p->tf[l->c->at], l->op->k[l->op->norms[d]], r->plan->magic);
        r->scores[j] += more;
    }
    return LS_OK;
}

/* Bounds of the lanes behind the leading one over [lo, hi), and their sum; false where one that is required has nothing
 * there. */
static bool bound_others(lsi_top_run *r, lsi_doc lo, lsi_doc hi, float *sum)
{
    *sum = 0;
    for (uint32_t i = 1; i < r->count; i++) {
        lsi_lane *l = &r->lanes[i];
        l->bound = l->role == LSI_LANE_EXCLUDED ? 0 : lsi_lane_stretch(l, lo, hi);
        if (l->role == LSI_LANE_REQUIRED && l->bound <= 0) return false;
        *sum += l->bound;
    }
    return true;
}

/* The first n candidates are matches: counts them, and leaves those that are in the running. */
static uint32_t count_matches(lsi_top_run *r, uint32_t n)
{
    for (uint32_t j = 0; j < n; j++) *r->total += lsi_live_is_deleted(r->plan->seg->live, r->docs[j]) ? 0 : 1;
    return r->batch->keep(r->docs, r->scores, n, 0);
}

/* Leaves the candidates around which the lane has something. */
static uint32_t keep_near(lsi_top_run *r, const uint8_t *ranges, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t j = 0; j < n; j++) {
        r->docs[kept] = r->docs[j];
        r->scores[kept] = r->scores[j];
        kept += ranges[r->docs[j] >> LSI_RANGE_SHIFT] ? 1 : 0;
    }
    return kept;
}

/* As lsi_top_filter, where every match is counted: a candidate leaves where a required lane has nothing around it; one
 * that cannot enter any more is out of the running. *few: hardly one is in it. */
static uint32_t sift(lsi_top_run *r, const lsi_lane *l, uint32_t n, float later, bool *few)
{
    const uint8_t *ranges = lsi_lane_ranges(l);
    const float slack = 1 + 1.0f / 65536, cut = lsi_top_cut(r);
    if (ranges && (uint64_t)l->c->p.list.df * SPARSE < r->plan->seg->seg->doc_count) n = keep_near(r, ranges, n);
    if (!(cut > 0)) return n;
    uint32_t running = r->batch->sink(r->scores, n, cut - (l->bound + later) * slack * slack);
    for (uint32_t j = 0; ranges && running * 2 < n && j < n; j += 64) { /* by the bound of the 64 documents around */
        uint64_t tail = n - j < 64 ? ~(~0ull << (n - j)) : ~0ull;
        for (uint64_t m = r->batch->above(r->scores + j, 0) & tail; m; m &= m - 1) {
            uint32_t i = j + lsi_ctz64(m);
            float most = lsi_lane_bound(l, ranges[r->docs[i] >> LSI_RANGE_SHIFT]);
            if (r->scores[i] + (most + later) * slack > cut) continue;
            r->scores[i] = -INFINITY;
            running--;
        }
    }
    *few = running * FEW < n;
    return n;
}

/* The first n candidates are the leading lane's: asks the others, and offers what is left. */
static int ask_others(lsi_top_run *r, uint32_t n, ls_error *err)
{
    bool counting = r->total != NULL;
    for (uint32_t i = 1; i < r->count && n; i++) {
        const lsi_lane *l = &r->lanes[i];
        float later = 0;
        bool few = false;
        int rc = LS_OK;
        if (counting && l->role == LSI_LANE_OPTIONAL) {
            n = count_matches(r, n);
            counting = false;
        }
        for (uint32_t j = i + 1; j < r->count; j++) later += r->lanes[j].bound;
        if (l->role == LSI_LANE_EXCLUDED) {
            rc = exclude(r, l, &n, err);
        } else {
            bool required = l->role == LSI_LANE_REQUIRED;
            n = counting ? sift(r, l, n, later, &few) : lsi_top_filter(r, l, n, later, required);
            rc = required ? probe(r, l, few, &n, err) : add(r, l, n, err);
        }
        if (rc) return rc;
    }
    if (counting) n = count_matches(r, n);
    lsi_top_offer_all(r, r->docs, r->scores, n);
    return LS_OK;
}

/* The first n candidates are the leading lane's, and none can enter: those that the others hold are counted. */
static int count_rest(lsi_top_run *r, uint32_t n, ls_error *err)
{
    lsi_probe *probe = lsi_top_probe(r);
    if (!probe) return lsi_fail_nomem(err);
    for (uint32_t i = 1; i < r->count && n && r->lanes[i].role != LSI_LANE_OPTIONAL; i++) {
        const lsi_lane *l = &r->lanes[i];
        int rc = lsi_probe_keep(probe, l->c, r->docs, &n, l->role == LSI_LANE_EXCLUDED, err);
        if (rc) return rc;
    }
    for (uint32_t j = 0; j < n; j++) *r->total += lsi_live_is_deleted(r->plan->seg->live, r->docs[j]) ? 0 : 1;
    return LS_OK;
}

static int block_and(lsi_top_run *r, uint32_t b, ls_error *err)
{
    lsi_lane *lead = &r->lanes[0];
    lsi_postings *p = &lead->c->p;
    lsi_doc lo = b ? lsi_postings_last(p, b - 1) + 1 : 0, hi = lsi_postings_last(p, b) + 1;
    float others;
    if (!bound_others(r, lo, hi, &others)) return LS_OK;
    lead->bound = lsi_lane_bound(lead, p->impact[b]);
    bool running = (lead->bound + others) * (1 + 1.0f / 65536) > r->threshold;
    if (!r->total && !running) return LS_OK;
    int rc = lsi_postings_block(p, b, err);
    if (!rc && running) rc = lsi_postings_tf(p, err);
    if (rc) return rc;
    uint32_t n = p->n;
    memcpy(r->docs, p->docs, n * sizeof *r->docs);
    if (!running) return count_rest(r, n, err);
    memcpy(r->tf, p->tf, n * sizeof *r->tf);
    rc = lsi_filter_keep(&r->filter, r->docs, r->tf, &n, err);
    if (rc || !n) return rc;
    r->batch->scores(r->scores, r->tf, r->docs, n, lead->op->norms, lead->op->k, lead->op->w, r->plan->magic);
    return ask_others(r, n, err);
}

/* The leading word has several lists: its documents come window by window. */
static int windows_and(lsi_top_run *r, ls_error *err)
{
    lsi_doc doc_count = r->plan->seg->seg->doc_count;
    for (lsi_doc lo = 0; lo < doc_count; lo += LSI_WINDOW_DOCS) {
        lsi_doc hi = LSI_MIN(lo + LSI_WINDOW_DOCS, doc_count);
        float others, lead = lsi_lane_stretch(&r->lanes[0], lo, hi);
        uint32_t found;
        int rc = lsi_op_poll(r->plan, err);
        if (rc) return rc;
        if (lead <= 0 || !bound_others(r, lo, hi, &others)) continue;
        if (!r->total && (lead + others) * (1 + 1.0f / 65536) <= r->threshold) continue;
        rc = lsi_lane_many_collect(r, &r->lanes[0], lo, hi, &found, err);
        if (!rc) rc = ask_others(r, found, err);
        if (rc) return rc;
    }
    return LS_OK;
}

int lsi_top_and(lsi_top_run *r, ls_error *err)
{
    sort_lanes(r);
    if (r->lanes[0].n > 1) return windows_and(r, err);
    uint32_t blocks = r->lanes[0].c->p.block_count;
    for (uint32_t b = 0; b < blocks; b++) {
        int rc = block_and(r, b, err);
        if (!rc && (b & 15) == 15) rc = lsi_op_poll(r->plan, err);
        if (rc) return rc;
    }
    return LS_OK;
}
