/* exec.c — owns the plain engine: segments in order, windows of 4,096 documents, deletions applied, deadline and
 * cancel asked at every window. A segment or window in which nothing can match is leapt over. It does not know what
 * becomes of the matches. */
#include "libsearch/query/exec.h"
#include "libsearch/query/candidates.h"
#include "libsearch/query/ops.h"
#include "libsearch/query/probe.h"

#define DENSE 16u /* a word in one of so many documents, and windows of bits are quicker than its blocks */

static void drop_deleted(const lsi_plan *p, lsi_doc lo, lsi_doc hi, uint64_t *bits)
{
    const lsi_live *live = p->seg->live;
    for (uint32_t w = 0; live && w < (hi - lo + 63) / 64; w++) bits[w] &= ~live->deleted[lo / 64 + w];
    uint64_t out = p->query->exclude_doc;
    if (out >= p->seg->base + lo && out < p->seg->base + hi) {
        uint32_t i = (uint32_t)(out - p->seg->base - lo);
        bits[i >> 6] &= ~(1ull << (i & 63));
    }
}

/* The documents of a window that date ranges leave: in, and those which only lack a date. *within: what the root need
 * be asked for, NULL for all. */
typedef struct in_range {
    uint64_t in[LSI_WINDOW_WORDS], maybe[LSI_WINDOW_WORDS];
    const uint64_t *within;
    bool none;
} in_range;

static int ask_ranges(lsi_plan *p, lsi_doc lo, lsi_doc hi, in_range *r, ls_error *err)
{
    uint64_t in[LSI_WINDOW_WORDS], missing[LSI_WINDOW_WORDS];
    r->within = NULL;
    r->none = false;
    if (!p->range_count) return LS_OK; /* nothing is looked at then */
    memset(r->in, 0xFF, sizeof r->in);
    memset(r->maybe, 0xFF, sizeof r->maybe);
    for (uint32_t i = 0; i < p->range_count; i++) {
        int rc = lsi_range_window(p, p->ranges[i], lo, hi, in, missing, err);
        if (rc) return rc;
        for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
            r->in[w] &= in[w];
            r->maybe[w] &= in[w] | missing[w];
        }
    }
    uint32_t count = lsi_window_count(r->maybe);
    r->none = count == 0;
    if (count < LSI_WINDOW_DOCS / 4) r->within = r->maybe;
    return LS_OK;
}

int lsi_exec_open(lsi_plan *p, size_t seg, ls_error *err)
{
    int rc = lsi_op_poll(p, err);
    if (!rc) rc = lsi_op_open(p, p->root, seg, err);
    for (uint32_t i = 0; !rc && i < p->range_count; i++) rc = lsi_op_open(p, p->ranges[i], seg, err);
    return rc;
}

static int room_for_scores(lsi_plan *p, ls_error *err)
{
    /* zero: a root that scores nothing leaves them so */
    if (!p->window_scores)
        p->window_scores = lsi_arena_zalloc(&p->scratch->arena, LSI_WINDOW_DOCS * sizeof *p->window_scores);
    return p->window_scores ? LS_OK : lsi_fail_nomem(err);
}

int lsi_exec_window(lsi_plan *p, const lsi_exec_sink *sink, size_t seg, lsi_doc lo, lsi_doc hi, uint64_t *undated,
                    ls_error *err)
{
    uint64_t bits[LSI_WINDOW_WORDS];
    in_range range;
    int rc = ask_ranges(p, lo, hi, &range, err);
    if (rc || range.none) return rc;
    if (sink->scores && (rc = room_for_scores(p, err))) return rc;
    float *scores = sink->scores ? p->window_scores : NULL;
    rc = lsi_op_window(p, p->root, lo, hi, range.within, bits, p->root->scores ? scores : NULL, err);
    if (rc) return rc;
    drop_deleted(p, lo, hi, bits);
    for (uint32_t w = 0; p->range_count && w < LSI_WINDOW_WORDS; w++) {
        if (undated) *undated += lsi_popcount64(bits[w] & range.maybe[w] & ~range.in[w]);
        bits[w] &= range.in[w];
    }
    uint64_t any = 0;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) any |= bits[w];
    if (!any) return LS_OK;
    return sink->window(sink->ctx, seg, lo, hi, bits, scores, err);
}

/* Matches that are found one after the other, whatever windows they lie in, and shown window by window. */
typedef struct shown {
    const lsi_exec_sink *sink;
    size_t seg;
    lsi_doc lo;
    uint64_t bits[LSI_WINDOW_WORDS];
    float *scores;
} shown;

static int show_window(lsi_plan *p, shown *g, ls_error *err)
{
    uint64_t any = 0;
    lsi_doc hi = LSI_MIN(p->seg->seg->doc_count - g->lo, LSI_WINDOW_DOCS) + g->lo;
    drop_deleted(p, g->lo, hi, g->bits);
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) any |= g->bits[w];
    int rc = any ? g->sink->window(g->sink->ctx, g->seg, g->lo, hi, g->bits, g->scores, err) : LS_OK;
    memset(g->bits, 0, sizeof g->bits);
    return rc;
}

static int show(lsi_plan *p, shown *g, lsi_doc doc, ls_error *err)
{
    int rc = LS_OK;
    if (doc - g->lo >= LSI_WINDOW_DOCS) {
        rc = show_window(p, g, err);
        g->lo = doc & ~(LSI_WINDOW_DOCS - 1);
    }
    g->bits[(doc - g->lo) >> 6] |= 1ull << (doc & 63);
    return rc;
}

/* The places of candidate i were read: is it a match? */
static int take_candidate(lsi_plan *p, shown *g, lsi_doc doc, ls_error *err)
{
    float score = 0;
    bool yes;
    int rc = lsi_span_settle(p, p->root, doc, g->scores && p->root->scores, &score, &yes, err);
    if (!rc && yes) rc = show(p, g, doc, err);
    if (!rc && yes && g->scores) g->scores[doc - g->lo] = score;
    return rc;
}

/* A group of plain words, alone. */
static int run_group(lsi_plan *p, const lsi_exec_sink *sink, size_t seg, ls_error *err)
{
    shown g = {.sink = sink, .seg = seg};
    lsi_span *s = p->root->span;
    lsi_doc end = p->seg->seg->doc_count;
    int rc = sink->scores ? room_for_scores(p, err) : LS_OK;
    g.scores = sink->scores ? p->window_scores : NULL;
    for (lsi_doc at = 0; !rc && at < end;) {
        rc = lsi_candidates_fill(s, at, end, NULL, &at, err);
        const lsi_candidates *c = s->candidates;
        if (!rc) lsi_candidates_expect(s, 0, c->n, c->n);
        for (uint32_t i = 0; !rc && i < c->n; i++) {
            rc = lsi_candidates_read(p, s, i, err);
            if (!rc) rc = take_candidate(p, &g, c->docs[i], err);
        }
        if (!rc) rc = lsi_op_poll(p, err);
    }
    return rc ? rc : show_window(p, &g, err);
}

/* The word, or the rarest of the snapshot: see sort_kids. */
static lsi_postings *lead_of(const lsi_plan *p)
{
    lsi_op *root = p->root;
    return &(root->type == LSI_OP_AND ? root->kids[0] : root)->cursors[0].p;
}

bool lsi_exec_leads(const lsi_plan *p)
{
    const lsi_op *root = p->root;
    bool one = lsi_op_is_word(root) && !p->range_count && p->query->exclude_doc == UINT64_MAX;
    if (!one && (root->type != LSI_OP_AND || !lsi_exec_can_count(p))) return false;
    return (uint64_t)lead_of(p)->list.df * DENSE <= p->seg->seg->doc_count;
}

/* The live documents of its block b that all of the tree leaves: *n of docs, room for LSI_BLOCK_DOCS. Blocks are asked for
 * in rising order; each document is met with the other lists in rising order of frequency, then with those excluded. */
static int lead_block(lsi_plan *p, uint32_t b, lsi_doc *docs, uint32_t *n, ls_error *err)
{
    const lsi_op *root = p->root;
    lsi_postings *l = lead_of(p);
    int rc = lsi_postings_block(l, b, err);
    if (rc) return rc;
    uint32_t kept = 0;
    *n = l->n;
    memcpy(docs, l->docs, *n * sizeof *docs);
    const uint32_t all = root->type == LSI_OP_AND ? root->kid_count + root->not_count : 0;
    for (uint32_t i = 1; !rc && *n && i < all; i++) {
        lsi_op *op = root->kids[i];
        if (!op->optional && !op->empty) rc = lsi_probe_keep(p->probe, op->cursors, docs, n, i >= root->kid_count, err);
    }
    for (uint32_t i = 0; p->seg->live && i < *n; i++) {
        docs[kept] = docs[i];
        kept += lsi_live_is_deleted(p->seg->live, docs[i]) ? 0 : 1;
    }
    if (p->seg->live) *n = kept;
    return rc;
}

/* Plain words of which one is rare, where no scores are asked for. */
static int run_lead(lsi_plan *p, const lsi_exec_sink *sink, size_t seg, ls_error *err)
{
    shown g = {.sink = sink, .seg = seg};
    int rc = LS_OK;
    const bool asks = p->root->type == LSI_OP_AND;
    if (asks && !p->probe) p->probe = lsi_arena_zalloc(&p->scratch->arena, sizeof *p->probe);
    if (asks && !p->probe) return lsi_fail_nomem(err);
    for (uint32_t b = 0; !rc && b < lead_of(p)->block_count; b++) {
        lsi_doc docs[LSI_BLOCK_DOCS];
        uint32_t n = 0;
        rc = lead_block(p, b, docs, &n, err);
        if (!rc && n && sink->docs) rc = sink->docs(sink->ctx, seg, docs, n, err);
        for (uint32_t i = 0; !rc && !sink->docs && i < n; i++) rc = show(p, &g, docs[i], err);
        if (!rc && (b & 15) == 15) rc = lsi_op_poll(p, err);
    }
    return rc || sink->docs ? rc : show_window(p, &g, err);
}

int lsi_exec_segment(lsi_plan *p, const lsi_exec_sink *sink, size_t seg, uint64_t *undated, ls_error *err)
{
    lsi_doc doc_count = p->snap->segments[seg].seg->doc_count, doc = 0;
    int rc = LS_OK;
    if (p->root->type == LSI_OP_SPAN && !p->root->empty && !p->range_count && lsi_candidates_can(p->root->span))
        return run_group(p, sink, seg, err);
    if (!p->root->empty && !sink->scores && lsi_exec_leads(p)) return run_lead(p, sink, seg, err);
    while (!rc && doc < doc_count) {
        rc = lsi_op_next(p, p->root, doc, &doc, err);
        if (rc || doc >= doc_count) break;
        lsi_doc lo = doc & ~(LSI_WINDOW_DOCS - 1), hi = LSI_MIN(doc_count - lo, LSI_WINDOW_DOCS) + lo;
        rc = lsi_exec_window(p, sink, seg, lo, hi, undated, err);
        doc = hi;
        if (!rc) rc = lsi_op_poll(p, err);
    }
    return rc;
}

int lsi_exec_all(lsi_plan *p, const lsi_exec_sink *sink, uint64_t *undated, ls_error *err)
{
    for (size_t seg = 0; seg < p->snap->count; seg++) {
        int rc = lsi_exec_open(p, seg, err);
        if (!rc && sink->segment) rc = sink->segment(sink->ctx, seg, err);
        if (!rc) rc = lsi_exec_segment(p, sink, seg, undated, err);
        if (rc) return rc;
    }
    return LS_OK;
}

/* One window with those of docs[0..count) that lie in it; *taken: how many they are. */
static int some_of_window(lsi_plan *p, const uint64_t *docs, size_t count, size_t *taken, const lsi_exec_sink *sink,
                          size_t seg, ls_error *err)
{
    uint64_t within[LSI_WINDOW_WORDS] = {0}, bits[LSI_WINDOW_WORDS], any = 0, base = p->seg->base;
    lsi_doc doc_count = p->seg->seg->doc_count, next;
    lsi_doc lo = (lsi_doc)(docs[0] - base) & ~(LSI_WINDOW_DOCS - 1), hi = LSI_MIN(doc_count - lo, LSI_WINDOW_DOCS) + lo;
    in_range range;
    for (*taken = 0; *taken < count && docs[*taken] - base < hi; ++*taken) {
        uint32_t i = (uint32_t)(docs[*taken] - base - lo);
        within[i >> 6] |= 1ull << (i & 63);
    }
    int rc = lsi_op_next(p, p->root, lo, &next, err);
    if (rc || next >= hi) return rc;
    if ((rc = ask_ranges(p, lo, hi, &range, err)) || range.none) return rc;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) any |= within[w] &= p->range_count ? range.in[w] : ~0ull;
    if (!any) return LS_OK;
    if (sink->scores && (rc = room_for_scores(p, err))) return rc;
    float *scores = sink->scores ? p->window_scores : NULL;
    rc = lsi_op_window(p, p->root, lo, hi, within, bits, p->root->scores ? scores : NULL, err);
    if (rc) return rc;
    drop_deleted(p, lo, hi, bits);
    any = 0;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) any |= bits[w] &= within[w];
    return any ? sink->window(sink->ctx, seg, lo, hi, bits, scores, err) : LS_OK;
}

int lsi_exec_docs(lsi_plan *p, const uint64_t *docs, size_t count, const lsi_exec_sink *sink, ls_error *err)
{
    size_t at = 0, taken;
    for (size_t seg = 0; seg < p->snap->count && at < count; seg++) {
        uint64_t end = p->snap->segments[seg].base + p->snap->segments[seg].seg->doc_count;
        if (docs[at] >= end) continue;
        int rc = lsi_exec_open(p, seg, err);
        size_t n = at;
        while (n < count && docs[n] < end) n++;
        for (; !rc && at < n; at += taken) rc = some_of_window(p, docs + at, n - at, &taken, sink, seg, err);
        if (rc) return rc;
    }
    return LS_OK;
}

/* Documents of a word that has one list in every segment. */
static int count_word(const lsi_plan *p, const lsi_op *op, uint64_t *count, ls_error *err)
{
    for (size_t s = 0; s < p->snap->count; s++) {
        const lsi_picks *picks = &op->word.segs[s];
        uint32_t gone = 0;
        if (!picks->count) continue;
        const lsi_pick *pick = &picks->at[0];
        uint32_t list = op->list; /* norms and documents have one number, but in the main field */
        int rc = lsi_live_term(p->snap->segments[s].live, list, pick->ord, &gone, err);
        if (rc) return rc;
        *count += pick->list.df - LSI_MIN(gone, pick->list.df);
    }
    return LS_OK;
}

static int count_set(lsi_plan *p, lsi_op *op, uint64_t *count, ls_error *err)
{
    for (size_t seg = 0; seg < p->snap->count; seg++) {
        int rc = lsi_exec_open(p, seg, err);
        if (rc) return rc;
        for (size_t w = 0; !op->empty && w < op->set_words; w += LSI_WINDOW_WORDS) {
            uint64_t bits[LSI_WINDOW_WORDS] = {0};
            memcpy(bits, op->set + w, LSI_MIN(op->set_words - w, LSI_WINDOW_WORDS) * sizeof *bits);
            lsi_doc lo = (lsi_doc)w * 64;
            drop_deleted(p, lo, LSI_MIN(p->seg->seg->doc_count - lo, LSI_WINDOW_DOCS) + lo, bits);
            *count += lsi_window_count(bits);
        }
    }
    return LS_OK;
}

int lsi_exec_known_count(lsi_plan *p, bool sets, bool *known, uint64_t *count, ls_error *err)
{
    lsi_op *op = p->root;
    *count = 0;
    *known = !p->range_count && p->query->exclude_doc == UINT64_MAX;
    if (!*known || op->type == LSI_OP_NONE) return LS_OK;
    if (op->type == LSI_OP_ALL) {
        *count = p->snap->documents;
        return LS_OK;
    }
    *known = sets && op->type == LSI_OP_SET;
    if (*known) return count_set(p, op, count, err);
    if (op->type == LSI_OP_AND && !op->not_count && (op->kid_count == 1 || op->kids[1]->optional)) op = op->kids[0];
    *known = lsi_op_is_word(op);
    return *known ? count_word(p, op, count, err) : LS_OK;
}
