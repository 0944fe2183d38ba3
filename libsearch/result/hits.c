/* hits.c — owns a search from its options to the results a caller holds: limits checked, the plan made, matches
 * counted and the best of them kept, ids copied. Where neither order nor facets need every match, the best come from
 * a quicker engine and the total from a pass that only counts. It does not know operators. */
#include "libsearch/result/hits.h"
#include "libsearch/codec/bits.h"
#include "libsearch/query/ops.h"
#include "libsearch/util/alloc.h"
#include <math.h>

#define HITS_MAX   10000u
#define TIMEOUT_MS 1000
#define SHORT_ID   16u /* bytes that are copied whatever an id's length: so many may be read behind it */

void lsi_results_free(ls_results *res)
{
    if (!res) return;
    lsi_arena arena = res->arena;
    lsi_arena_clear(&arena);
}

static int read_numbers(lsi_search *s, lsi_plan_options *po, ls_error *err)
{
    ls_search_options *o = &s->o;
    s->limit = o->count_only ? 0 : o->limit ? o->limit : 10;
    s->offset = o->count_only ? 0 : o->offset;
    if (s->limit > HITS_MAX || s->offset > HITS_MAX - s->limit)
        return lsi_fail(err, LS_INVALID, "limit + offset is %zu + %zu: at most %u are given, go on with the cursor",
                        s->limit, s->offset, HITS_MAX);
    if (!isfinite(o->k1) || o->k1 < 0 || o->k1 > 1000) return lsi_fail(err, LS_INVALID, "k1: 0 to 1000 is expected");
    if (!isfinite(o->b) || o->b > 1) return lsi_fail(err, LS_INVALID, "b: at most 1 is expected, below 0 for none");
    if ((o->filter_count && !o->filters) || (o->facet_count && !o->facets))
        return lsi_fail(err, LS_INVALID, "a count without its array");
    if (o->fold < LS_FOLD_NONE || o->fold > LS_FOLD_STORY) return lsi_fail(err, LS_INVALID, "fold: none of LS_FOLD_…");
    if (o->lead < LS_LEAD_MATCH || o->lead > LS_LEAD_LONGEST)
        return lsi_fail(err, LS_INVALID, "lead: none of LS_LEAD_…");
    if (o->facet_count > 64) return lsi_fail(err, LS_LIMIT, "%zu facets: at most 64", o->facet_count);
    if (o->filter_count > 256) return lsi_fail(err, LS_LIMIT, "%zu filters: at most 256", o->filter_count);
    po->k1 = o->k1 > 0 ? o->k1 : s->snap->schema->k1;
    po->b = o->b > 0 ? o->b : o->b < 0 ? 0 : s->snap->schema->b;
    po->filters = o->filters;
    po->filter_count = o->filter_count;
    po->want_undated = o->total == LS_TOTAL_EXACT;
    po->cancel = o->cancel;
    po->cancel_ctx = o->cancel_ctx;
    int timeout = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS;
    if (timeout > 0) po->deadline_us = lsi_io_monotonic_us() + (uint64_t)timeout * 1000;
    return LS_OK;
}

/* Whether every match must be seen, not only the best and how many there are. */
static bool wants_every_match(const lsi_search *s)
{
    return s->facets || s->histogram;
}

static int tally(lsi_search *s, size_t seg, lsi_doc lo, const uint64_t *bits, ls_error *err)
{
    s->total += lsi_window_count(bits);
    int rc = s->facets ? lsi_facets_window(s, seg, lo, bits, err) : LS_OK;
    if (!rc && s->histogram) rc = lsi_histogram_window(s, seg, lo, bits, err);
    return rc;
}

static int on_segment(void *ctx, size_t seg, ls_error *err)
{
    return lsi_facets_segment(ctx, seg, err);
}

/* Counts, facets, and where the order is not found by top.c the best. */
static int on_window(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                     ls_error *err)
{
    lsi_search *s = ctx;
    int rc = tally(s, seg, lo, bits, err);
    if (!rc && s->heap.cap) rc = lsi_order_window(s, seg, lo, hi, bits, scores, err);
    return rc;
}

static int on_count(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                    ls_error *err)
{
    (void)hi, (void)scores;
    return tally(ctx, seg, lo, bits, err);
}

static int on_best(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                   ls_error *err)
{
    return lsi_order_window(ctx, seg, lo, hi, bits, scores, err);
}

static int on_docs(void *ctx, size_t seg, const lsi_doc *docs, uint32_t n, ls_error *err)
{
    return lsi_order_docs(ctx, seg, docs, n, err);
}

/* How the best are found: all at once with the rest, or before it in a way that does not look at every match. */
typedef enum way { WITH_ALL, BY_SCORE, BY_COLUMN } way;

static way choose(const lsi_search *s)
{
    const ls_search_options *o = &s->o;
    bool counts = wants_every_match(s) || o->total == LS_TOTAL_EXACT, column = o->sort != LS_BY_RELEVANCE;
    if (!s->heap.cap || o->exhaustive || s->order.text || (!column && s->order.half_life_ms > 0)) return WITH_ALL;
    if (!column && !lsi_exec_can_top(&s->plan)) return WITH_ALL;
    if (counts && lsi_exec_reads_positions(&s->plan)) { /* reading them twice costs more */
        bool both = !column && !wants_every_match(s) && lsi_exec_can_count(&s->plan);
        return both ? BY_SCORE : WITH_ALL;
    }
    return column ? BY_COLUMN : BY_SCORE;
}

/* total (may be NULL): where to count, on the way. */
static int run_best(lsi_search *s, way *w, uint64_t *total, ls_error *err)
{
    const lsi_top *after = s->has_after ? &s->after : NULL;
    if (*w == BY_COLUMN) {
        lsi_exec_column c = {s->order.field, s->order.falling, &s->heap, after};
        lsi_exec_sink sink = {.ctx = s, .window = on_best, .docs = on_docs};
        return lsi_exec_by_column(&s->plan, &c, &sink, err);
    }
    lsi_exec_top t = {&s->heap, after, total};
    bool done = true;
    int rc = lsi_exec_run_top(&s->plan, &t, &done, err);
    if (!done) *w = WITH_ALL;
    return rc;
}

/* Runs the plan: *exact tells whether total is all there are. */
static int run(lsi_search *s, uint64_t *undated, bool *exact, ls_error *err)
{
    const ls_search_options *o = &s->o;
    way w = choose(s);
    bool known = false;
    bool sets = !s->heap.cap || o->total != LS_TOTAL_NONE;
    int rc =
        wants_every_match(s) || o->exhaustive ? LS_OK : lsi_exec_known_count(&s->plan, sets, &known, &s->total, err);
    *exact = true;
    if (!rc && w != WITH_ALL) {
        bool count = !known && w == BY_SCORE && o->total == LS_TOTAL_EXACT && !wants_every_match(s);
        count = count && lsi_exec_counts_best(&s->plan);
        if (count) s->total = 0;
        rc = run_best(s, &w, count ? &s->total : NULL, err);
        if (rc) *exact = known;
        if (!rc && (known || count) && w != WITH_ALL) return LS_OK;
        if (!rc && w != WITH_ALL && o->total == LS_TOTAL_NONE && !wants_every_match(s)) {
            *exact = s->heap.count < s->heap.cap && !s->has_after;
            s->total = s->heap.count;
            return LS_OK;
        }
    } else if (!rc && known && !s->heap.cap) {
        return LS_OK;
    }
    if (rc) return rc;
    if (!wants_every_match(s) && !o->exhaustive && (w != WITH_ALL || !s->heap.cap) && lsi_exec_can_count(&s->plan))
        return lsi_exec_count(&s->plan, &s->total, err);
    lsi_exec_sink sink = {.ctx = s,
                          .scores = w == WITH_ALL && s->heap.cap && o->sort == LS_BY_RELEVANCE,
                          .segment = s->facets ? on_segment : NULL,
                          .window = w == WITH_ALL ? on_window : on_count};
    s->total = 0;
    return lsi_exec_all(&s->plan, &sink, undated, err);
}

/* The hit, its id where the segment has it. */
static int find_hit(const lsi_search *s, const lsi_top *t, ls_hit *hit, ls_error *err)
{
    size_t seg = 0, len;
    lsi_doc doc = (lsi_doc)t->doc;
    const uint8_t *id;
    int rc = s->snap->count == 1 ? LS_OK : lsi_snapshot_locate(s->snap, t->doc, &seg, &doc, err);
    if (!rc) rc = lsi_ids_get(&s->snap->segments[seg].seg->ids, doc, &id, &len, err);
    if (rc) return rc;
    *hit = (ls_hit){.doc = t->doc, .score = t->score, .id = (const char *)id, .id_len = len};
    if (s->order.field != LSI_FIELD_NONE && !s->order.text && t->has) {
        hit->has_sort_value = 1;
        hit->sort_value = (int64_t)((s->order.falling ? t->key : ~t->key) - (1ull << 63));
    }
    return LS_OK;
}

int lsi_search_hit(const lsi_search *s, ls_results *res, const lsi_top *t, ls_hit *hit, ls_error *err)
{
    int rc = find_hit(s, t, hit, err);
    if (rc) return rc;
    hit->id = lsi_arena_dup(&res->arena, hit->id, hit->id_len);
    return hit->id ? LS_OK : lsi_fail_nomem(err);
}

/* Ids of the hits become the results' own. */
static int copy_ids(ls_results *res, size_t n, size_t bytes, ls_error *err)
{
    char *at = lsi_arena_alloc(&res->arena, bytes + n + SHORT_ID);
    if (!at) return lsi_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        size_t len = res->hits[i].id_len;
        if (len <= SHORT_ID) memcpy(at, res->hits[i].id, SHORT_ID); /* what is too much is written over */
        else memcpy(at, res->hits[i].id, len);
        at[len] = 0;
        res->hits[i].id = at;
        at += len + 1;
    }
    return LS_OK;
}

static int copy_hits(lsi_search *s, ls_results *res, ls_error *err)
{
    lsi_heap *h = &s->heap;
    uint64_t *spare = lsi_arena_alloc(&s->scratch->arena, (2 * h->cap + 1) * sizeof *spare);
    if (!spare) return lsi_fail_nomem(err);
    lsi_heap_sort(h, spare);
    size_t from = LSI_MIN(s->offset, h->count), n = LSI_MIN(h->count - from, s->limit);
    res->hits = lsi_arena_alloc(&res->arena, (n + 1) * sizeof *res->hits);
    if (!res->hits) return lsi_fail_nomem(err);
    size_t bytes = 0;
    int rc = LS_OK;
    for (size_t i = 0; s->snap->count == 1 && i < n; i++) {
        const lsi_ids *ids = &s->snap->segments[0].seg->ids;
        lsi_offsets_ask(ids->bytes, ids->offsets_at, h->at[from + i].doc);
    }
    for (size_t i = 0; !rc && i < n; i++) {
        rc = find_hit(s, &h->at[from + i], &res->hits[i], err);
        bytes += rc ? 0 : res->hits[i].id_len;
    }
    if (!rc) rc = copy_ids(res, n, bytes, err);
    if (rc) return rc;
    res->info.count = n;
    if (n && h->count > from + n) { /* there is more behind */
        res->cursor = lsi_cursor_write(s, &h->at[from + n - 1], &res->arena);
        if (!res->cursor) return lsi_fail_nomem(err);
    }
    return LS_OK;
}

static int copy_words(const lsi_plan *p, ls_results *res, ls_error *err)
{
    lsi_arena *a = &res->arena;
    res->unmatched = lsi_arena_alloc(a, (p->unmatched_count + 1) * sizeof *res->unmatched);
    res->warnings = lsi_arena_alloc(a, (p->warning_count + 1) * sizeof *res->warnings);
    if (!res->unmatched || !res->warnings) return lsi_fail_nomem(err);
    for (size_t i = 0; i < p->unmatched_count; i++) {
        res->unmatched[i] = lsi_arena_dup(a, p->unmatched[i], strlen(p->unmatched[i]));
        if (!res->unmatched[i]) return lsi_fail_nomem(err);
        res->unmatched_count++;
    }
    for (size_t i = 0; i < p->warning_count; i++) {
        res->warnings[i] = p->warnings[i]; /* codes are static */
        res->warnings[i].message = lsi_arena_dup(a, p->warnings[i].message, strlen(p->warnings[i].message));
        if (!res->warnings[i].message) return lsi_fail_nomem(err);
        res->warning_count++;
    }
    return LS_OK;
}

/* The heap for the best `want`. */
static int open_heap(lsi_search *s, size_t want, ls_error *err)
{
    want = (size_t)LSI_MIN((uint64_t)want, s->snap->documents);
    lsi_top *memory = lsi_arena_alloc(&s->scratch->arena, (lsi_heap_room(want) + 1) * sizeof *memory);
    if (!memory) return lsi_fail_nomem(err);
    lsi_heap_init(&s->heap, memory, want, s->order.text, s->order.falling);
    return LS_OK;
}

int lsi_search_again(lsi_search *s, size_t want, bool *whole, ls_error *err)
{
    struct lsi_facet_run *facets = s->facets;
    int counted = s->o.total;
    uint64_t total = s->total, ignored = 0;
    bool exact;
    int rc = open_heap(s, want, err);
    s->facets = NULL;
    s->o.total = LS_TOTAL_NONE;
    if (!rc) rc = run(s, &ignored, &exact, err);
    s->facets = facets;
    s->o.total = counted;
    s->total = total;
    *whole = s->heap.count < s->heap.cap || s->heap.cap == s->snap->documents;
    return rc;
}

static bool folds(const ls_search_options *o)
{
    return o->fold != LS_FOLD_NONE || o->latest;
}

static int prepare(lsi_search *s, ls_error *err)
{
    lsi_plan_options po = {0};
    bool moved = false;
    int rc = read_numbers(s, &po, err);
    if (!rc && !s->o.now && s->o.half_life_days > 0) s->o.now = lsi_io_now_ms();
    if (!rc) rc = lsi_order_read(&s->order, s->snap->schema, &s->o, err);
    if (!rc && s->o.cursor) rc = lsi_cursor_read(s, s->o.cursor, &moved, err);
    if (!rc) rc = lsi_facets_open(s, err);
    if (!rc) rc = lsi_histogram_open(s, err);
    if (!rc) rc = lsi_order_open(s, err);
    if (rc) return rc;
    /* One more than asked for tells whether there is a next page. */
    size_t want = s->limit ? s->limit + s->offset + 1 : 0;
    if (want && folds(&s->o)) want += want / 4 + 8; /* some of them will be copies */
    rc = open_heap(s, want, err);
    if (!rc) rc = lsi_plan_make(&s->plan, s->query, s->snap, s->scratch, &po, err);
    if (!rc && moved)
        rc = lsi_plan_warn(&s->plan, "cursor_moved", 0, 0, err,
                           "the index changed since the page before: this one goes on behind its last hit");
    return rc;
}

int lsi_results_search(ls_results **out, const ls_reader *r, const ls_query *q, const ls_search_options *o,
                       ls_error *err)
{
    uint64_t begin = lsi_io_monotonic_us(), undated = 0;
    lsi_search s;
    bool exact = false, timed_out = false;
    memset(&s, 0, offsetof(lsi_search, plan)); /* the plan is made, not cleared */
    s.reader = r;
    s.snap = r->snap;
    s.query = q;
    *out = NULL;
    int rc = lsi_search_options_read(&s.o, o, err);
    if (rc) return rc;
    lsi_arena arena; /* the results are the first thing in it */
    lsi_arena_init(&arena);
    ls_results *res = lsi_arena_zalloc(&arena, sizeof *res);
    if (!res) return lsi_fail_nomem(err);
    res->arena = arena;
    rc = lsi_scratch_take(&s.scratch, r, err);
    if (!rc) rc = prepare(&s, err);
    if (!rc) rc = run(&s, &undated, &exact, err);
    if (rc == LS_TIMEOUT && !s.o.require_complete) {
        timed_out = true;
        exact = false;
        rc = LS_OK;
        lsi_error_clear(err);
    }
    bool whole = s.heap.count < s.heap.cap || s.heap.cap == s.snap->documents;
    if (!rc) rc = folds(&s.o) && s.limit ? lsi_fold_page(&s, res, whole && !timed_out, err) : copy_hits(&s, res, err);
    if (!rc) rc = lsi_facets_finish(&s, res, err);
    if (!rc) rc = lsi_histogram_finish(&s, res, err);
    if (!rc) rc = copy_words(&s.plan, res, err);
    if (!rc) {
        res->info.total = LSI_MAX(s.total, res->info.count);
        res->info.total_is_exact = exact;
        if (!folds(&s.o)) {
            res->info.total_leads = res->info.total;
            res->info.total_leads_is_exact = exact;
        } else if (!s.limit) {
            res->info.total_leads = res->info.total > 0;
            res->info.total_leads_is_exact = exact && !res->info.total;
        }
        res->info.undated_excluded = undated;
        res->info.timed_out = timed_out;
        res->info.generation = s.snap->generation;
        res->info.took_ms = (double)(lsi_io_monotonic_us() - begin) / 1000.0;
    }
    lsi_facets_close(&s);
    lsi_histogram_close(&s);
    lsi_scratch_give(s.scratch, r);
    if (rc) {
        lsi_results_free(res);
        return rc;
    }
    *out = res;
    return LS_OK;
}
