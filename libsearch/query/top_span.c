/* top_span.c — owns the best k of what is matched by positions.
 *
 * A group of plain words: candidates.c finds some thousand documents that hold all of them, with the most that the tf
 * can be there (of a phrase the count of its rarest word, of a near or slop the count of its first). That gives each a
 * bound; the positions of the highest are read first, and of those that cannot enter never. As they do not come in
 * order, equal scores are decided by document in the heap (lsi_top_cut).
 * Where the matches are to be counted, all are read, as documents come.
 * Anything else goes document by document: of a word with a choice of forms the tf is at most its count times the
 * largest weight of a field; other spans are read without a bound. It does not know trees. */
#include "libsearch/query/candidates.h"
#include "libsearch/query/top.h"

#define BUCKETS 256u
#define MANY    20u  /* candidates for each hit that is wanted: fewer are read as they come, which is quicker */
#define BATCH   512u /* candidates at first; then twice as many each time, the heap's threshold being known */

/* Candidates in falling order of their bounds, as near as a bucket is wide. r->tf has their places. */
static void sort_by_bound(lsi_top_run *r, uint32_t n)
{
    uint32_t start[BUCKETS + 1] = {0};
    uint8_t *bucket = (uint8_t *)r->add;
    float most = 0;
    for (uint32_t i = 0; i < n; i++) most = LSI_MAX(most, r->scores[i]);
    float scale = most > 0 ? (float)(BUCKETS - 1) / most : 0;
    for (uint32_t i = 0; i < n; i++) {
        bucket[i] = (uint8_t)(BUCKETS - 1 - (uint32_t)(r->scores[i] * scale));
        start[bucket[i] + 1]++;
    }
    for (uint32_t b = 1; b <= BUCKETS; b++) start[b] += start[b - 1];
    for (uint32_t i = 0; i < n; i++) r->tf[start[bucket[i]]++] = i;
}

/* Bounds of candidates from `from` on; r->tf has the places of those to be read, in the order of reading: the first
 * batch by falling bound, to fill the heap with good ones, later ones as documents come: streams are quicker read so. */
static uint32_t choose(lsi_top_run *r, bool first_batch, uint32_t from, uint32_t n)
{
    const lsi_op *op = r->core;
    const lsi_candidates *c = op->span->candidates;
    float cut = lsi_top_cut(r);
    uint32_t chosen = 0;
    r->batch->scores(r->scores, c->most + from, c->docs + from, n, op->norms, op->k, op->w, r->plan->magic);
    if (first_batch) {
        sort_by_bound(r, n);
        lsi_candidates_expect(op->span, from, from + n, 0);
        return n;
    }
    for (uint32_t i = 0; i < n; i++) {
        r->tf[chosen] = i;
        chosen += r->scores[i] > cut ? 1 : 0;
    }
    lsi_candidates_expect(op->span, from, from + n, chosen);
    return chosen;
}

static int read_best(lsi_top_run *r, bool first_batch, uint32_t from, uint32_t n, ls_error *err)
{
    lsi_plan *p = r->plan;
    lsi_op *op = r->core;
    lsi_span *s = op->span;
    const lsi_candidates *c = s->candidates;
    uint32_t chosen = choose(r, first_batch, from, n);
    for (uint32_t j = 0; j < chosen; j++) {
        uint32_t i = r->tf[j];
        float score = 0;
        bool yes = false;
        if (r->scores[i] <= lsi_top_cut(r)) continue; /* those of the bucket may be better */
        int rc = lsi_candidates_read(p, s, from + i, err);
        if (!rc) rc = lsi_span_settle(p, op, c->docs[from + i], true, &score, &yes, err);
        if (!rc && (j & 255) == 255) rc = lsi_op_poll(p, err);
        if (rc) return rc;
        if (yes) lsi_top_offer(r, c->docs[from + i], score);
    }
    return LS_OK;
}

/* All candidates, where the matches are counted: as documents come. */
static int read_all(lsi_top_run *r, ls_error *err)
{
    lsi_plan *p = r->plan;
    lsi_span *s = r->core->span;
    const lsi_candidates *c = s->candidates;
    lsi_candidates_expect(s, 0, c->n, c->n);
    for (uint32_t i = 0; i < c->n; i++) {
        float score = 0;
        bool yes = false;
        int rc = lsi_candidates_read(p, s, i, err);
        if (!rc) rc = lsi_span_settle(p, r->core, c->docs[i], true, &score, &yes, err);
        if (!rc && (i & 255) == 255) rc = lsi_op_poll(p, err);
        if (rc) return rc;
        if (!yes) continue;
        *r->total += lsi_live_is_deleted(p->seg->live, c->docs[i]) ? 0 : 1;
        lsi_top_offer(r, c->docs[i], score);
    }
    return LS_OK;
}

static int count_candidates(lsi_top_run *r, ls_error *err)
{
    lsi_span *s = r->core->span;
    lsi_doc end = r->plan->seg->seg->doc_count;
    int rc = LS_OK;
    for (lsi_doc at = 0; !rc && at < end;) {
        rc = lsi_op_poll(r->plan, err);
        if (!rc) rc = lsi_candidates_fill(s, at, end, NULL, &at, err);
        if (!rc) rc = read_all(r, err);
    }
    return rc;
}

static int by_candidates(lsi_top_run *r, ls_error *err)
{
    lsi_plan *p = r->plan;
    lsi_span *s = r->core->span;
    lsi_doc end = p->seg->seg->doc_count;
    lsi_bar bar = {r->batch, r->core, p->magic, 0, BATCH, r->filter.on ? &r->filter : NULL};
    bool first_batch = true;
    int rc = LS_OK;
    r->loose = true;
    for (lsi_doc at = 0; !rc && at < end;) {
        bar.cut = lsi_top_cut(r);
        rc = lsi_op_poll(p, err);
        if (!rc) rc = lsi_candidates_fill(s, at, end, &bar, &at, err);
        for (uint32_t i = 0; !rc && i < s->candidates->n; i += LSI_WINDOW_DOCS)
            rc = read_best(r, first_batch && s->candidates->n > MANY * r->heap->cap, i,
                           LSI_MIN(s->candidates->n - i, LSI_WINDOW_DOCS), err);
        first_batch = false;
        bar.want = LSI_MIN(bar.want * 2, LSI_WINDOW_DOCS);
    }
    r->loose = false;
    return rc;
}

/* The most that the tf of the document at the cursors can be; 0: not known without reading positions. */
static int most_tf(const lsi_plan *p, lsi_span *s, uint32_t *most, ls_error *err)
{
    *most = 0;
    if (s->type != LSI_SPAN_WORD || s->source_count != 1) return LS_OK;
    lsi_cursor *c = &s->sources[0].c;
    uint32_t weight = 1;
    for (size_t i = 0; s->list == LSI_LIST_COMBINED && i < p->snap->schema->count; i++)
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
    if (lsi_candidates_can(s)) return r->total ? count_candidates(r, err) : by_candidates(r, err);
    for (lsi_doc doc = 0;; doc++) {
        bool full = lsi_top_full(r) && !r->total, yes = false; /* a span may score 0: its heap is asked */
        float score = 0;
        int rc = lsi_span_next(p, s, doc, &doc, err);
        if (rc || doc == LSI_DOC_END) return rc;
        if ((++steps & 255) == 0 && (rc = lsi_op_poll(p, err)) != LS_OK) return rc;
        rc = lsi_filter_has(&r->filter, doc, &yes, err);
        if (rc) return rc;
        if (!yes) continue;
        if (full) {
            uint32_t most;
            rc = most_tf(p, s, &most, err);
            if (rc) return rc;
            if (most && lsi_bm25_score(op->w, most, op->k[op->norms[doc]], p->magic) <= r->threshold) continue;
        }
        rc = lsi_span_score(p, op, doc, true, &score, &yes, err);
        if (rc) return rc;
        if (yes && r->total) *r->total += lsi_live_is_deleted(p->seg->live, doc) ? 0 : 1;
        if (yes && (!full || score > r->threshold)) lsi_top_offer(r, doc, score);
    }
}
