/* top_or.c — owns the best k of one word and of any of several words.
 *
 * One word: blocks by falling impact, until none left can enter; in their order where there are few.
 * Several: MaxScore (Turtle and Flood) over windows of 4,096 documents, of four times as many where the words are rare.
 * In each window the lists are put in rising order of their bound there; the first ones, whose bounds together do not
 * reach the threshold, are inessential: a document that only they hold cannot enter. The essential lists are added up in
 * an array (one alone: its blocks are taken as they are); what may still enter is probed in the others, the largest bound
 * first.
 * Documents come in rising order, so that a score equal to the threshold cannot enter either, but for the blocks of
 * one word, which come in any order. It does not know trees or pages. */
#include "libsearch/query/top.h"

#define MANY LSI_PROBE_MANY /* candidates of a window: they are looked up block by block */
#define FEW                                                                                                            \
    8u /* of a word's documents for each one wanted: most blocks are looked at anyway, and then in their order */

#define SPARSE 160u /* documents of a window that are looked at one by one as quickly as all of it */

static int score_block(lsi_top_run *r, const lsi_lane *l, uint32_t i, uint32_t e, float *out, ls_error *err)
{
    lsi_postings *p = &l->c->p;
    int rc = lsi_postings_tf(p, err);
    if (!rc) r->batch->scores(out, p->tf + i, p->docs + i, e - i, l->op->norms, l->op->k, l->op->w, r->plan->magic);
    return rc;
}

/* By falling impact. */
static void sort_blocks(const lsi_postings *p, uint32_t *order)
{
    uint32_t start[257] = {0};
    for (uint32_t b = 0; b < p->block_count; b++) start[256 - p->impact[b]]++;
    for (uint32_t i = 1; i < 257; i++) start[i] += start[i - 1];
    for (uint32_t b = p->block_count; b-- > 0;) order[--start[256 - p->impact[b]]] = b;
}

int lsi_top_term(lsi_top_run *r, ls_error *err)
{
    const lsi_lane *l = &r->lanes[0];
    lsi_postings *p = &l->c->p;
    uint32_t *order = lsi_arena_alloc(&r->plan->scratch->arena, (p->block_count + 1) * sizeof *order);
    if (!order) return lsi_fail_nomem(err);
    const bool few = p->block_count * (uint64_t)LSI_BLOCK_DOCS < FEW * r->heap->cap || p->block_count == 1;
    r->loose = !few;
    for (uint32_t b = 0; few && b < p->block_count; b++) order[b] = b;
    if (!few) sort_blocks(p, order);
    for (uint32_t i = 0; i < p->block_count; i++) {
        uint32_t b = order[i];
        if (lsi_lane_bound(l, p->impact[b]) <= lsi_top_cut(r)) {
            if (few) continue;
            break;
        }
        int rc = lsi_postings_block(p, b, err);
        if (!rc) rc = score_block(r, l, 0, p->n, r->scores, err);
        if (!rc && (i & 15) == 15) rc = lsi_op_poll(r->plan, err);
        if (rc) return rc;
        lsi_top_offer_all(r, p->docs, r->scores, p->n);
    }
    r->loose = false;
    return LS_OK;
}

/* ---- several words ---- */

/* Index range of a lane's next block within [lo, hi); false where it has nothing more there. */
static int block_part(const lsi_lane *l, lsi_doc lo, lsi_doc hi, uint32_t *i, uint32_t *e, bool *any, ls_error *err)
{
    lsi_doc first;
    lsi_postings *p = &l->c->p;
    int rc = lsi_cursor_seek(l->c, lo, &first, err);
    *any = !rc && first < hi;
    if (!*any) return rc;
    *i = l->c->at;
    *e = p->docs[p->n - 1] < hi ? p->n : lsi_postings_lower(p, l->c->at, hi);
    return LS_OK;
}

/* few: where they are is kept as well. */
static int add_up(lsi_top_run *r, const lsi_lane *l, lsi_doc lo, lsi_doc hi, bool few, ls_error *err)
{
    float *acc = r->acc;
    if (l->n > 1) return lsi_lane_many_add(r, l, lo, hi, err);
    for (lsi_doc from = lo;;) {
        uint32_t i, e;
        bool any;
        int rc = block_part(l, from, hi, &i, &e, &any, err);
        if (!rc && any) rc = score_block(r, l, i, e, r->add, err);
        if (rc || !any) return rc;
        const uint32_t *docs = l->c->p.docs;
        for (uint32_t j = i; j < e; j++) acc[docs[j] - lo] += r->add[j - i];
        for (uint32_t j = i; few && j < e; j++) {
            uint32_t at = docs[j] - lo;
            r->held[at >> 6] |= 1ull << (at & 63);
            r->held_words[at >> 12] |= 1ull << (at >> 6 & 63);
        }
        from = docs[e - 1] + 1;
        l->c->at = e;
        if (e < l->c->p.n || from >= hi) return LS_OK;
    }
}

/* Sums above `floor` become candidates, among those of `within` (NULL: all); the array is zero again. */
static uint32_t drain(lsi_top_run *r, lsi_doc lo, uint32_t n, float floor, const uint64_t *within)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i += 64) { /* behind the n-th they are zero */
        if (within && !within[i / 64]) continue;
        for (uint64_t m = r->batch->above(r->acc + i, floor) & (within ? within[i / 64] : ~0ull); m; m &= m - 1) {
            uint32_t j = i + lsi_ctz64(m);
            r->docs[found] = lo + j;
            r->scores[found++] = r->acc[j];
        }
    }
    memset(r->acc, 0, n * sizeof *r->acc);
    return found;
}

/* The same where few of them are not zero: no others are looked at. Full batches are not the last. */
static uint32_t drain_few(lsi_top_run *r, lsi_doc lo, float floor, const uint64_t *within)
{
    uint32_t found = 0;
    for (uint32_t part = 0; part < LSI_TOP_WIDE / 64 / 64; part++) {
        for (; r->held_words[part]; r->held_words[part] &= r->held_words[part] - 1) {
            uint32_t w = part * 64 + lsi_ctz64(r->held_words[part]);
            uint64_t allowed = within ? within[w] : ~0ull;
            if (found > LSI_WINDOW_DOCS - 64) return found;
            for (uint64_t m = r->held[w]; m; m &= m - 1) {
                uint32_t bit = lsi_ctz64(m), j = w * 64 + bit;
                r->docs[found] = lo + j;
                r->scores[found] = r->acc[j];
                found += r->acc[j] > floor && (allowed >> bit & 1) ? 1 : 0;
                r->acc[j] = 0;
            }
            r->held[w] = 0;
        }
    }
    return found;
}

/* Whether so few documents of lanes [from, count) are expected in a window that all of it is looked at for nothing. */
static bool expects_few(const lsi_top_run *r, uint32_t from)
{
    uint64_t sum = 0;
    for (uint32_t i = from; i < r->count; i++) {
        if (r->lanes[i].n > 1) return false;
        sum += r->lanes[i].c->p.list.df;
    }
    return sum * LSI_WINDOW_DOCS < SPARSE * (uint64_t)r->plan->seg->seg->doc_count;
}

/* What a lane adds to a document: 0 where it does not hold it. */
static inline int probe_one(lsi_top_run *r, const lsi_lane *l, lsi_doc doc, float *add, ls_error *err)
{
    lsi_postings *p = &l->c->p;
    lsi_doc d;
    bool yes;
    if (l->n > 1) return lsi_lane_many_probe(r, l, doc, &yes, add, err);
    if (p->ranges && !p->ranges[doc >> LSI_RANGE_SHIFT]) return LS_OK;
    int rc = lsi_cursor_seek(l->c, doc, &d, err);
    if (rc || d != doc) return rc;
    rc = lsi_postings_tf(p, err);
    if (!rc) *add = lsi_bm25_score(l->op->w, p->tf[l->c->at], l->op->k[l->op->norms[d]], r->plan->magic);
    return rc;
}

/* What a lane of one list adds to many candidates: block by block, without a branch on which of them it holds. */
static int probe_many(lsi_top_run *r, const lsi_lane *l, uint32_t found, ls_error *err)
{
    const lsi_postings *p = &l->c->p;
    lsi_doc docs[LSI_BLOCK_DOCS + LSI_BATCH_SLACK];
    lsi_probe *b = lsi_top_probe(r);
    if (!b) return lsi_fail_nomem(err);
    for (uint32_t j = 0; j < found;) {
        int rc = lsi_probe_decoded(b, l->c, r->docs, j, found, &j, err);
        if (!rc && b->n) rc = lsi_postings_tf(&l->c->p, err);
        if (rc) return rc;
        for (uint32_t k = 0; k < b->n; k++) {
            docs[k] = r->docs[b->which[k]];
            r->tf[k] = p->tf[b->where[k]];
        }
        r->batch->scores(r->add, r->tf, docs, b->n, l->op->norms, l->op->k, l->op->w, r->plan->magic);
        for (uint32_t k = 0; k < b->n; k++) r->scores[b->which[k]] += r->add[k];
    }
    return LS_OK;
}

/* Adds the inessential lanes [0, n) to the candidates, the largest bound first, dropping what cannot enter. */
static int probe_rest(lsi_top_run *r, uint32_t n, uint32_t found, ls_error *err)
{
    for (uint32_t i = n; i-- > 0 && found;) {
        const lsi_lane *l = &r->lanes[i];
        float later = 0;
        for (uint32_t j = 0; j < i; j++) later += r->lanes[j].bound;
        found = lsi_top_filter(r, l, found, later, false);
        if (!(l->bound > 0)) continue;
        bool many = l->n == 1 && found >= MANY;
        int rc = many ? probe_many(r, l, found, err) : LS_OK;
        for (uint32_t j = 0; !rc && !many && j < found; j++) {
            float add = 0;
            rc = probe_one(r, l, r->docs[j], &add, err);
            r->scores[j] += add;
        }
        if (rc) return rc;
    }
    lsi_top_offer_all(r, r->docs, r->scores, found);
    return LS_OK;
}

static int keep_scored(lsi_top_run *r, uint32_t *n, ls_error *err)
{
    uint32_t kept = 0;
    if (!r->filter.on) return LS_OK;
    for (uint32_t j = 0; j < *n; j++) {
        bool yes;
        int rc = lsi_filter_has(&r->filter, r->docs[j], &yes, err);
        if (rc) return rc;
        r->docs[kept] = r->docs[j];
        r->scores[kept] = r->scores[j];
        kept += yes;
    }
    *n = kept;
    return LS_OK;
}

/* *n documents of the present block, from the i-th on, become candidates with their scores; *n: those that the filter
 * leaves. */
static int take_block(lsi_top_run *r, const lsi_lane *l, uint32_t i, uint32_t *n, ls_error *err)
{
    lsi_postings *p = &l->c->p;
    int rc = lsi_postings_tf(p, err);
    if (rc) return rc;
    memcpy(r->docs, p->docs + i, *n * sizeof *r->docs);
    memcpy(r->tf, p->tf + i, *n * sizeof *r->tf);
    rc = lsi_filter_keep(&r->filter, r->docs, r->tf, n, err);
    if (!rc) r->batch->scores(r->scores, r->tf, r->docs, *n, l->op->norms, l->op->k, l->op->w, r->plan->magic);
    return rc;
}

/* The window's documents of the one essential lane, block by block. */
static int window_of_one(lsi_top_run *r, uint32_t rest, lsi_doc lo, lsi_doc hi, ls_error *err)
{
    const lsi_lane *l = &r->lanes[rest];
    if (l->n > 1) {
        uint32_t found;
        int rc = lsi_lane_many_collect(r, l, lo, hi, &found, err);
        if (!rc) rc = keep_scored(r, &found, err);
        return rc ? rc : probe_rest(r, rest, found, err);
    }
    for (lsi_doc from = lo;;) {
        uint32_t i, e;
        bool any;
        int rc = block_part(l, from, hi, &i, &e, &any, err);
        uint32_t n = any ? e - i : 0;
        if (!rc && any) rc = take_block(r, l, i, &n, err);
        if (rc || !any) return rc;
        from = l->c->p.docs[e - 1] + 1;
        l->c->at = e;
        bool more = e == l->c->p.n && from < hi;
        rc = probe_rest(r, rest, n, err);
        if (rc || !more) return rc;
    }
}

static void sort_lanes(lsi_top_run *r)
{
    for (uint32_t i = 1; i < r->count; i++) {
        lsi_lane x = r->lanes[i];
        uint32_t j = i;
        for (; j && r->lanes[j - 1].bound > x.bound; j--) r->lanes[j] = r->lanes[j - 1];
        r->lanes[j] = x;
    }
}

/* few: as expects_few has it. */
static int window_or(lsi_top_run *r, lsi_doc lo, lsi_doc hi, bool few, ls_error *err)
{
    for (uint32_t i = 0; i < r->count; i++) r->lanes[i].bound = lsi_lane_stretch(&r->lanes[i], lo, hi);
    sort_lanes(r);
    uint32_t rest = 0;
    float sum = 0;
    while (rest < r->count) {
        float next = sum + r->lanes[rest].bound;
        if (next * (1 + 1.0f / 65536) > r->threshold) break;
        sum = next;
        rest++;
    }
    if (rest == r->count) return LS_OK;
    if (rest + 1 == r->count) return window_of_one(r, rest, lo, hi, err);
    const uint64_t *within = NULL;
    int rc = r->filter.on ? lsi_filter_window(&r->filter, lo, &within, err) : LS_OK;
    if (rc || (within && !lsi_window_count(within))) return rc;
    few = few || expects_few(r, rest);
    for (uint32_t i = rest; i < r->count; i++) {
        rc = add_up(r, &r->lanes[i], lo, hi, few, err);
        if (rc) return rc;
    }
    float floor = LSI_MAX(r->threshold - sum * (1 + 1.0f / 65536), 0);
    uint32_t found;
    do {
        found = few ? drain_few(r, lo, floor, within) : drain(r, lo, hi - lo, floor, within);
        rc = probe_rest(r, rest, found, err);
    } while (!rc && few && found > LSI_WINDOW_DOCS - 64);
    return rc;
}

/* Sums of as many documents as a window has at most, in whatever segment: zeroing more than that is dear. */
static bool open_sums(lsi_top_run *r, bool few, lsi_doc step)
{
    const lsi_snapshot *snap = r->plan->snap;
    lsi_doc most = 0;
    for (size_t s = 0; !r->sums[few] && s < snap->count; s++) most = LSI_MAX(most, snap->segments[s].seg->doc_count);
    if (!r->sums[few])
        r->sums[few] = lsi_arena_zalloc(&r->plan->scratch->arena, (LSI_MIN(most, step) + 64) * sizeof *r->acc);
    r->acc = r->sums[few];
    memset(r->held, 0, sizeof r->held);
    memset(r->held_words, 0, sizeof r->held_words);
    return r->acc != NULL;
}

int lsi_top_or(lsi_top_run *r, ls_error *err)
{
    const lsi_doc doc_count = r->plan->seg->seg->doc_count;
    const bool few = !r->filter.on && expects_few(r, 0);
    const lsi_doc step = few ? LSI_TOP_WIDE : LSI_WINDOW_DOCS;
    if (!open_sums(r, few, step)) return lsi_fail_nomem(err);
    for (lsi_doc lo = 0, hi; lo < doc_count; lo = hi) {
        hi = LSI_MIN(doc_count - lo, step) + lo;
        int rc = window_or(r, lo, hi, few, err);
        if (!rc) rc = lsi_op_poll(r->plan, err);
        if (rc) return rc;
    }
    return LS_OK;
}
