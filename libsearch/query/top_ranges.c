/* top_ranges.c — owns the best k of an OR of few words by range maxima: for each 64 documents the sum of the words'
 * bounds, over the whole segment at once.
 *
 *   1. The ranges with the largest sums are evaluated first: their scores raise the threshold to about its last value.
 *   2. Where few ranges are left whose sum is above it, these are evaluated, neighbours together, and that is all.
 *   3. Where many are, MaxScore by windows is quicker (top_or.c): the heap is put back, for it will see those documents
 *      again, and the threshold stays, a little lower, so that they enter again.
 * A word without range maxima is rare: its documents are looked at, and mark their ranges with their blocks' impacts.
 * It does not know trees or pages. */
#include "libsearch/query/top.h"

#define LANES_MAX 6u
#define BUCKETS   256u

static int mark_rare(lsi_top_run *r, const lsi_lane *l, float *sums, ls_error *err)
{
    lsi_postings *p = &l->c->p;
    for (uint32_t b = 0; b < p->block_count; b++) {
        float bound = lsi_lane_bound(l, p->impact[b]);
        int rc = lsi_postings_block(p, b, err);
        if (!rc && (b & 63) == 63) rc = lsi_op_poll(r->plan, err);
        if (rc) return rc;
        uint32_t last = UINT32_MAX;
        for (uint32_t i = 0; i < p->n; i++) {
            uint32_t range = p->docs[i] >> LSI_RANGE_SHIFT;
            if (range != last) sums[range] += bound; /* twice at most, where two blocks meet: still a bound */
            last = range;
        }
    }
    return LS_OK;
}

static int sum_bounds(lsi_top_run *r, float *sums, uint32_t n, ls_error *err)
{
    memset(sums, 0, n * sizeof *sums);
    for (uint32_t i = 0; i < r->count; i++) {
        const lsi_lane *l = &r->lanes[i];
        const uint8_t *ranges = l->c->p.ranges;
        for (uint32_t j = 0; ranges && j < n; j++) sums[j] += LSI_MIN((float)ranges[j] * l->scale, l->most);
        int rc = ranges ? LS_OK : mark_rare(r, l, sums, err);
        if (rc) return rc;
    }
    for (uint32_t j = 0; j < n; j++) sums[j] *= 1 + 1.0f / 65536;
    return LS_OK;
}

/* Every document of ranges [from, to) that some lane holds. Ranges may come in any order. */
static int evaluate(lsi_top_run *r, uint32_t from, uint32_t to, ls_error *err)
{
    lsi_doc lo = from * LSI_RANGE_DOCS, hi = LSI_MIN(to * LSI_RANGE_DOCS, r->plan->seg->seg->doc_count);
    for (uint32_t i = 0; i < r->count; i++) {
        lsi_cursor *c = r->lanes[i].c;
        const uint8_t *ranges = c->p.ranges;
        uint32_t any = ranges ? 0 : 1;
        for (uint32_t j = from; !any && j < to; j++) any = ranges[j];
        if (!any) continue;
        /* Back to the first block where the list stands behind lo; seeking finds the way from there. */
        bool behind = c->p.block != UINT32_MAX && c->p.block && lsi_postings_last(&c->p, c->p.block - 1) >= lo;
        if (behind) lsi_cursor_rewind(c);
        if (!behind) c->at = 0;
        int rc = lsi_top_add_up(r, &r->lanes[i], lo, hi, err);
        if (rc) return rc;
    }
    uint32_t found = lsi_top_drain(r, lo, hi - lo, lsi_top_cut(r));
    for (uint32_t j = 0; j < found; j++) {
        if (r->scores[j] > lsi_top_cut(r)) lsi_top_offer(r, r->docs[j], r->scores[j]);
    }
    return LS_OK;
}

/* A sum that about `want` ranges reach. */
static float high_sum(const float *sums, uint32_t n, float most, uint32_t want)
{
    uint32_t counts[BUCKETS] = {0}, have = 0;
    float scale = (BUCKETS - 1) / most;
    for (uint32_t j = 0; j < n; j++) counts[(uint32_t)(sums[j] * scale)]++;
    for (uint32_t b = BUCKETS - 1; b > 0; b--) {
        have += counts[b];
        if (have >= want) return (float)b / scale;
    }
    return 0;
}

int lsi_top_ranges(lsi_top_run *r, bool *done, ls_error *err)
{
    uint32_t n = (r->plan->seg->seg->doc_count + LSI_RANGE_DOCS - 1) / LSI_RANGE_DOCS, seeds = 0, live = 0;
    *done = false;
    if (r->count > LANES_MAX || r->heap->cap > 128 || n < 32) return LS_OK;
    float *sums = lsi_arena_alloc(&r->plan->scratch->arena, n * sizeof *sums), most = 0;
    if (!sums) return lsi_fail_nomem(err);
    int rc = sum_bounds(r, sums, n, err);
    if (rc) return rc;
    for (uint32_t j = 0; j < n; j++) most = LSI_MAX(most, sums[j]);
    if (!(most > 0) || most <= r->threshold) {
        *done = true;
        return LS_OK;
    }
    uint32_t want = 4 + (uint32_t)r->heap->cap / 4;
    float high = high_sum(sums, n, most, want), before = r->threshold;
    size_t held = r->heap->count;
    lsi_top *kept = lsi_arena_alloc(&r->plan->scratch->arena, (held + 1) * sizeof *kept);
    if (!kept) return lsi_fail_nomem(err);
    memcpy(kept, r->heap->at, held * sizeof *kept);
    r->loose = true;
    for (uint32_t j = 0; j < n && seeds < 2 * want; j++) {
        if (sums[j] < high || sums[j] <= lsi_top_cut(r)) continue;
        rc = evaluate(r, j, j + 1, err);
        if (rc) return rc;
        sums[j] = 0;
        seeds++;
    }
    float cut = lsi_top_cut(r);
    for (uint32_t j = 0; j < n; j++) live += sums[j] > cut ? 1 : 0;
    if (live * r->count * 10 > n * 3) { /* MaxScore is to do it all */
        for (uint32_t i = 0; i < r->count; i++) lsi_cursor_rewind(r->lanes[i].c);
        r->threshold = r->heap->count == r->heap->cap ? cut : before;
        memcpy(r->heap->at, kept, held * sizeof *kept);
        r->heap->count = held;
        r->loose = false;
        return LS_OK;
    }
    for (uint32_t j = 0, to; j < n && !rc; j = to) {
        to = j + 1;
        if (sums[j] <= lsi_top_cut(r)) continue;
        while (to < n && to - j < LSI_WINDOW_DOCS / LSI_RANGE_DOCS && sums[to] > lsi_top_cut(r)) to++;
        rc = evaluate(r, j, to, err);
        if (!rc) rc = lsi_op_poll(r->plan, err);
    }
    r->loose = false;
    *done = true;
    return rc;
}
