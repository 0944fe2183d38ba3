/* top.c — owns the choice of an engine for the best k by score, and what these engines share: bounds and the offer of
 * a candidate to the heap.
 *
 * They run for one word, an OR of words, an AND of words (with others that only add to the score, or are excluded), for
 * a phrase or near, and for one expansion (top_same.c); conditions that score nothing and can be asked of one document
 * (keywords, ranges, ids, expansions under a NOT) may stand beside them, and words that score nothing among those of an OR: only if too few others are found do these
 * matter, and the plain engine does it all again. Everything else is run by the plain engine.
 * A bound on a list's contribution is its impact byte (the ceiling of 255 · tf / (tf + K) with the K of writing) times
 * w / 255 times s = max(1, K written / K of the query). That ratio is monotone in the length, so the segment's smallest
 * and largest norm suffice, whatever k1, b and average are now; rounding to the quantum and the float arithmetic of the
 * bound itself are covered by one quantum and 2^-16 more.
 * A word may only come here if each of its contributions is at least a quantum: then a score of 0 means no match. */
#include "libsearch/query/top.h"
#include "libsearch/codec/norms.h"
#include <assert.h>

/* Whether every contribution of an operator is above 0 after rounding. */
static bool always_adds(const lsi_plan *p, const lsi_op *op)
{
    uint8_t longest = 0;
    for (size_t s = 0; s < p->snap->count; s++) {
        const lsi_segment *seg = p->snap->segments[s].seg;
        if (op->list < seg->list_count) longest = LSI_MAX(longest, seg->max_norm[op->list]);
    }
    float least = op->w / (1.0f + op->k[longest]); /* of tf 1 in the longest text */
    return least > 2.0f * (float)lsi_bm25_quantum(p->magic);
}

static bool plain_word(const lsi_plan *p, const lsi_op *op)
{
    return op->type == LSI_OP_TERM && !op->main && op->scores && always_adds(p, op);
}

/* Whether what only adds to the score is words; those that score nothing do not even that. */
static bool plain_addition(const lsi_plan *p, const lsi_op *op)
{
    if (!op->scores) return true;
    for (uint32_t i = 0; i < op->kid_count; i++) {
        if (op->kids[i]->scores && !plain_word(p, op->kids[i])) return false;
    }
    assert(op->type == LSI_OP_OR); /* of everything and something that scores (plan.c) */
    return true;
}

/* The operator whose lists are run, or NULL where the tree has another shape. Beside it are checks only. */
static lsi_op *core_of(const lsi_plan *p)
{
    lsi_op *root = p->root, *one = NULL;
    uint32_t scoring = 0, plain = 0, words = 0; /* words: optional and excluded ones */
    if (root->type != LSI_OP_AND) return root;
    for (uint32_t i = 0; i < root->kid_count + root->not_count; i++) {
        lsi_op *kid = root->kids[i];
        bool asked = i < root->kid_count;
        if (asked && kid->optional) {
            if (!plain_addition(p, kid)) return NULL;
            words++;
        } else if (asked && kid->scores) {
            one = kid;
            scoring++;
            plain += plain_word(p, kid) ? 1 : 0;
        } else if (!lsi_filter_can(kid)) {
            if (asked || !lsi_op_is_word(kid)) return NULL;
            words++;
        }
    }
    return scoring == 0 ? NULL : plain == scoring ? root : scoring == 1 && !words ? one : NULL;
}

bool lsi_exec_can_top(const lsi_plan *p)
{
    const lsi_op *op = core_of(p);
    uint32_t scoring = 0;
    if (!op || op->type == LSI_OP_AND) return op == p->root; /* an AND below an AND does not happen */
    if (op->type == LSI_OP_TERM) return plain_word(p, op);
    if (op->type == LSI_OP_SPAN) return op->scores && !op->constant && always_adds(p, op);
    if (op->type == LSI_OP_SET) return op->scores && lsi_bm25_round(op->w, p->magic) > 0;
    if (op->type != LSI_OP_OR) return false;
    for (uint32_t i = 0; i < op->kid_count; i++) {
        if (op->kids[i]->scores && !plain_word(p, op->kids[i])) return false;
        scoring += op->kids[i]->scores ? 1 : 0;
    }
    return scoring > 0;
}

static bool has_span(const lsi_op *op)
{
    bool yes = op->type == LSI_OP_SPAN;
    for (uint32_t i = 0; !yes && i < op->kid_count + op->not_count; i++) yes = has_span(op->kids[i]);
    return yes;
}

bool lsi_exec_reads_positions(const lsi_plan *p)
{
    return has_span(p->root);
}

const char *lsi_exec_name(const lsi_plan *p)
{
    if (!lsi_exec_can_top(p)) return "windows";
    switch (core_of(p)->type) {
    case LSI_OP_TERM:
        return "block maxima";
    case LSI_OP_SPAN:
        return "bounded positions";
    case LSI_OP_SET:
        return "first documents";
    case LSI_OP_OR:
        return "maxscore";
    default:
        return "leading list";
    }
}

/* Whether a condition leaves less than a sixteenth of the segment's documents: by its set, or its column's blocks. */
static int leaves_few(const lsi_plan *p, const lsi_op *op, bool *yes, ls_error *err)
{
    const lsi_segment *seg = p->seg->seg;
    uint64_t left = 0;
    for (size_t w = 0; op->type == LSI_OP_SET && w < op->set_words; w++) left += lsi_popcount64(op->set[w]);
    for (uint32_t b = 0; op->type == LSI_OP_RANGE && !op->empty && b * (uint64_t)LSI_COLUMN_BLOCK < seg->doc_count;
         b++) {
        int64_t least, most;
        int rc = lsi_column_block_range(&seg->columns[op->field], b, &least, &most, err);
        if (rc) return rc;
        if (least <= op->to && most >= op->from) left += LSI_COLUMN_BLOCK;
    }
    *yes |= left * 16 < seg->doc_count;
    return LS_OK;
}

/* Then bounds prune little, for too few documents raise the threshold: the plain engine asks the words for those. */
static int is_selective(lsi_top_run *r, bool *yes, ls_error *err)
{
    const lsi_plan *p = r->plan;
    int rc = LS_OK;
    *yes = false;
    for (uint32_t i = 0; !rc && p->root->type == LSI_OP_AND && i < p->root->kid_count; i++) {
        if (lsi_filter_can(p->root->kids[i])) rc = leaves_few(p, p->root->kids[i], yes, err);
    }
    for (uint32_t i = 0; !rc && i < p->range_count; i++) rc = leaves_few(p, p->ranges[i], yes, err);
    return rc;
}

static int offer_window(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                        ls_error *err)
{
    lsi_top_run *r = ctx;
    (void)seg, (void)hi, (void)err;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = bits[w]; x; x &= x - 1) {
            uint32_t i = w * 64 + lsi_ctz64(x);
            if (scores[i] > r->threshold) lsi_top_offer(r, lo + i, scores[i]);
        }
    }
    return LS_OK;
}

/* Score and document as one number, the larger the better: scores are not negative, so that the order of their bits is
 * their own. */
LSI_INLINE uint64_t number_of(float score, uint32_t behind)
{
    return lsi_heap_key(score) << 32 | behind;
}

static void raise_threshold(lsi_top_run *r)
{
    uint32_t bits = (uint32_t)(r->best.bar >> 32);
    memcpy(&r->threshold, &bits, sizeof bits);
}

static void push(lsi_top_run *r, const lsi_top *t)
{
    if (r->best.cap) {
        lsi_best_push(&r->best, number_of(t->score, UINT32_MAX - (uint32_t)t->doc));
        raise_threshold(r);
        return;
    }
    lsi_heap_push(r->heap, t);
    if (r->heap->count == r->heap->cap) r->threshold = LSI_MAX(r->threshold, r->heap->at[0].score);
}

void lsi_top_offer_all(lsi_top_run *r, const lsi_doc *docs, const float *scores, uint32_t n)
{
    const uint32_t last = UINT32_MAX - (uint32_t)r->plan->seg->base;
    lsi_best *b = &r->best;
    if (!r->open) {
        for (uint32_t j = 0; j < n; j++) {
            if (scores[j] >= r->threshold) lsi_top_offer(r, docs[j], scores[j]);
        }
        return;
    }
    for (uint32_t j = 0; j < n && !lsi_best_is_loose(b); j += 64) { /* few enter, as a rule */
        uint64_t tail = n - j < 64 ? ~(~0ull << (n - j)) : ~0ull;
        for (uint64_t m = r->batch->above(scores + j, lsi_top_below(r->threshold)) & tail; m; m &= m - 1) {
            uint32_t i = j + lsi_ctz64(m);
            lsi_best_push(b, number_of(scores[i], last - docs[i]));
        }
        raise_threshold(r);
    }
    for (uint32_t j = 0; j < n && lsi_best_is_loose(b);) {
        uint64_t *at = b->at + b->count, bar = b->bar;
        uint32_t end = LSI_MIN(j + LSI_BEST_BATCH, n), k = 0;
        for (; j < end; j++) {
            at[k] = number_of(scores[j], last - docs[j]);
            k += at[k] > bar ? 1 : 0;
        }
        b->count += k;
        lsi_best_added(b);
    }
    raise_threshold(r);
}

/* The heap gets the best, in their order. */
static void hand_over(lsi_top_run *r)
{
    lsi_heap *h = r->heap;
    if (!r->best.cap) return;
    lsi_best_sort(&r->best);
    for (h->count = 0; h->count < r->best.count; h->count++) {
        uint64_t v = r->best.at[h->count];
        lsi_top t = {.key = v >> 32, .doc = UINT32_MAX - (uint32_t)v, .has = true};
        uint32_t bits = (uint32_t)(v >> 32);
        memcpy(&t.score, &bits, sizeof bits);
        h->at[h->count] = t;
    }
}

void lsi_top_offer(lsi_top_run *r, lsi_doc doc, float score)
{
    const lsi_plan *p = r->plan;
    if (score <= lsi_top_cut(r) || lsi_live_is_deleted(p->seg->live, doc)) return;
    lsi_top t = {.key = lsi_heap_key(score), .doc = p->seg->base + doc, .score = score, .has = true};
    if (t.doc == p->query->exclude_doc) return;
    if (r->after && lsi_heap_order(r->heap, r->after, &t) >= 0) return;
    bool yes;
    int rc = lsi_filter_has(&r->filter, doc, &yes, r->err);
    if (rc) r->rc = rc;
    if (rc || !yes) return;
    push(r, &t);
}

float lsi_lane_stretch(const lsi_lane *l, lsi_doc lo, lsi_doc hi)
{
    if (l->n > 1) return lsi_lane_many_stretch(l, lo, hi);
    const lsi_postings *p = &l->c->p;
    uint32_t from = p->block == UINT32_MAX ? 0 : p->block, most = 0;
    if (from >= p->block_count) return 0;
    if (p->ranges && hi - lo <= LSI_WINDOW_DOCS) {
        for (uint32_t r = lo >> LSI_RANGE_SHIFT; r < p->range_count && r <= (hi - 1) >> LSI_RANGE_SHIFT; r++)
            most = LSI_MAX(most, (uint32_t)p->ranges[r]);
        return lsi_lane_bound(l, most);
    }
    uint32_t b = lsi_postings_seek_block(p, from, lo);
    for (uint32_t first = b; b < p->block_count; b++) {
        if (b != first && lsi_postings_last(p, b - 1) + 1 >= hi) break;
        most = LSI_MAX(most, (uint32_t)p->impact[b]);
        if (lsi_postings_last(p, b) >= hi - 1) break;
    }
    return lsi_lane_bound(l, most);
}

uint32_t lsi_top_filter(lsi_top_run *r, const lsi_lane *l, uint32_t n, float later, bool required)
{
    const uint8_t *ranges = lsi_lane_ranges(l);
    const float slack = 1 + 1.0f / 65536, cut = lsi_top_cut(r);
    uint32_t kept = 0, all = n;
    if (cut > 0) { /* by the lane's bound over the stretch */
        float floor = cut - (l->bound + later) * slack * slack;
        all = r->batch->keep(r->docs, r->scores, all, floor);
    }
    if (!ranges || (!(cut > 0) && !required)) return all;
    kept = 0;
    for (uint32_t j = 0; j < all; j++) { /* by the bound of the 64 documents around */
        lsi_doc d = r->docs[j];
        uint32_t impact = ranges[d >> LSI_RANGE_SHIFT];
        float s = r->scores[j], most = lsi_lane_bound(l, impact);
        r->docs[kept] = d;
        r->scores[kept] = s;
        kept += (impact || !required) && s + (most + later) * slack > cut ? 1 : 0;
    }
    return kept;
}

/* How much larger tf / (tf + K) may be now than when the impacts were written. */
static double growth(const lsi_segment *seg, const lsi_op *op)
{
    double s = 1;
    const uint8_t norms[2] = {seg->min_norm[op->list], seg->max_norm[op->list]};
    double average = seg->average[op->list] > 0 ? seg->average[op->list] : 1;
    for (unsigned i = 0; i < 2; i++) {
        double written = seg->k1 * (1 - seg->b + seg->b * (double)lsi_norm_length(norms[i]) / average);
        double now = (double)op->k[norms[i]];
        double ratio = now > 0 ? written / now : 1e6;
        s = LSI_MAX(s, ratio);
    }
    return LSI_MIN(s, 1e6);
}

static void open_lane(lsi_top_run *r, lsi_op *op, lsi_lane_role role)
{
    lsi_lane l = {.op = op, .c = op->cursors, .role = role, .n = op->cursor_count};
    if (op->empty || (!op->scores && role != LSI_LANE_EXCLUDED)) return;
    if (op->scores) {
        double s = growth(r->plan->seg->seg, op) * (1 + 1.0 / 65536);
        l.scale = (float)((double)op->w * s / 255.0) + r->quantum;
        l.most = op->w * (1 + 1.0f / 65536) + r->quantum;
    }
    r->lanes[r->count++] = l;
}

/* The lanes of an AND: of its words, of those that only add to the score, and of those excluded. */
static void open_and(lsi_top_run *r, const lsi_op *core)
{
    for (uint32_t i = 0; i < core->kid_count + core->not_count; i++) {
        lsi_op *op = core->kids[i];
        if (i >= core->kid_count && op->type == LSI_OP_TERM) open_lane(r, op, LSI_LANE_EXCLUDED);
        if (i >= core->kid_count || op->empty) continue;
        for (uint32_t k = 0; op->optional && op->type == LSI_OP_OR && k < op->kid_count; k++)
            open_lane(r, op->kids[k], LSI_LANE_OPTIONAL);
        if (op->type == LSI_OP_TERM) open_lane(r, op, LSI_LANE_REQUIRED);
    }
}

static int open_lanes(lsi_top_run *r, size_t seg, ls_error *err)
{
    lsi_plan *p = r->plan;
    lsi_op *core = r->core;
    int rc = lsi_op_open(p, p->root, seg, err);
    for (uint32_t i = 0; !rc && i < p->range_count; i++) rc = lsi_op_open(p, p->ranges[i], seg, err);
    r->count = 0;
    if (rc || p->root->empty) return rc;
    if (core->type == LSI_OP_TERM) open_lane(r, core, LSI_LANE_REQUIRED);
    else if (core->type == LSI_OP_AND) open_and(r, core);
    for (uint32_t i = 0; core->type == LSI_OP_OR && i < core->kid_count; i++)
        open_lane(r, core->kids[i], LSI_LANE_OPTIONAL);
    return LS_OK;
}

/* More lanes than any segment has. */
static uint32_t lanes_of(const lsi_op *core)
{
    uint32_t n = core->kid_count + core->not_count + 1;
    for (uint32_t i = 0; i < core->kid_count; i++) n += core->kids[i]->kid_count;
    return n;
}

static int run_segment(lsi_top_run *r, size_t seg, ls_error *err)
{
    int rc = lsi_op_poll(r->plan, err);
    if (r->core->type == LSI_OP_SET) lsi_top_same_some(r, seg);
    if (!rc) rc = open_lanes(r, seg, err);
    if (rc || r->plan->root->empty) return rc;
    if (r->core->type == LSI_OP_SET) return lsi_top_same(r, seg, err);
    bool selective;
    lsi_filter_open(&r->filter);
    r->open =
        r->best.cap && !r->after && !r->filter.on && !r->plan->seg->live && r->plan->query->exclude_doc == UINT64_MAX;
    if ((rc = is_selective(r, &selective, err)) != LS_OK) return rc;
    if (selective) {
        const lsi_exec_sink sink = {.ctx = r, .scores = true, .window = offer_window};
        rc = lsi_exec_segment(r->plan, &sink, seg, NULL, err);
        return rc ? rc : r->rc;
    }
    if (r->core->type == LSI_OP_SPAN) rc = lsi_top_span(r, err);
    else if (r->total && r->count) rc = lsi_top_and(r, err);
    else if (r->count == 1 && r->lanes[0].n == 1) rc = lsi_top_term(r, err);
    else if (r->count) rc = r->core->type == LSI_OP_AND && r->count > 1 ? lsi_top_and(r, err) : lsi_top_or(r, err);
    return rc ? rc : r->rc;
}

/* Documents of the snapshot that are counted by 32 bits stand in the low half of a number. */
static int open_best(lsi_top_run *r, ls_error *err)
{
    bool fits = r->plan->snap->doc_limit < UINT32_MAX;
    size_t cap = fits ? r->heap->cap : 0;
    uint64_t *memory = lsi_arena_alloc(&r->plan->scratch->arena, lsi_best_memory(cap) * sizeof *memory);
    if (!memory) return lsi_fail_nomem(err);
    lsi_best_init(&r->best, memory, cap);
    return LS_OK;
}

int lsi_exec_run_top(lsi_plan *p, const lsi_exec_top *t, bool *done, ls_error *err)
{
    lsi_arena *a = &p->scratch->arena;
    lsi_top_run *r = lsi_arena_alloc(a, sizeof *r);
    if (!r) return lsi_fail_nomem(err);
    r->plan = p;
    r->core = core_of(p);
    r->heap = t->heap;
    r->after = t->after;
    r->total = r->core->type == LSI_OP_AND || r->core->type == LSI_OP_SPAN ? t->total : NULL;
    r->err = err;
    r->rc = LS_OK;
    r->threshold = 0;
    r->loose = false;
    r->probe = NULL;
    r->batch = lsi_batch_now();
    r->quantum = (float)lsi_bm25_quantum(p->magic);
    r->lanes = lsi_arena_alloc(a, lanes_of(r->core) * sizeof *r->lanes);
    if (!r->lanes) return lsi_fail_nomem(err);
    memset(&r->sums, 0, sizeof r->sums);
    int rc = open_best(r, err);
    if (!rc) rc = lsi_filter_make(&r->filter, p, err);
    if (rc) return rc;
    for (size_t seg = 0; !rc && seg < p->snap->count; seg++) rc = run_segment(r, seg, err);
    if (r->core->type != LSI_OP_SET) hand_over(r); /* what was found until the deadline is shown */
    if (rc) return rc;
    *done = true;
    for (uint32_t i = 0; r->core->type == LSI_OP_OR && i < r->core->kid_count; i++) {
        if (!r->core->kids[i]->scores && r->heap->count < r->heap->cap) *done = false;
    }
    if (!*done) r->heap->count = 0;
    return LS_OK;
}
