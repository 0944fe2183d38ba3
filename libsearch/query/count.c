/* count.c — owns the counting of documents that hold all of some words and none of others, any of some words, or a
 * phrase or near alone, where no score is asked for.
 *
 * Of an AND the rarest word leads (exec.c), and what is left of its documents is counted; where it stands in too many of
 * a segment's documents, windows of bits. Words that only add to a score are not looked at.
 * Of an OR the bits of 64 windows are set by all its words, and counted; where a word stands in most documents, each
 * window's remaining ones are sought in the next word, until none is left.
 * Invariant: the lists' cursors only move forward. It does not know scores or conditions on columns. */
#include "libsearch/query/exec.h"
#include "libsearch/query/ops.h"

#define STRETCH   (64 * LSI_WINDOW_DOCS) /* of an OR: 32 KB of bits */
#define SAMPLED   8u                     /* blocks of a list */
#define LOOKED_UP 8u                     /* documents of a window: more, and a list's blocks there are taken whole */

bool lsi_exec_can_count(const lsi_plan *p)
{
    const lsi_op *root = p->root;
    if (p->range_count || p->query->exclude_doc != UINT64_MAX) return false;
    if (root->type != LSI_OP_AND && root->type != LSI_OP_OR) return root->type == LSI_OP_SPAN;
    for (uint32_t i = 0; i < root->kid_count + root->not_count; i++) {
        if (!root->kids[i]->optional && !lsi_op_is_word(root->kids[i])) return false;
    }
    return true;
}

bool lsi_exec_counts_best(const lsi_plan *p)
{
    return p->root->type != LSI_OP_OR && lsi_exec_can_count(p);
}

static int on_window(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                     ls_error *err)
{
    uint64_t *total = ctx;
    (void)seg, (void)lo, (void)hi, (void)scores, (void)err;
    *total += lsi_window_count(bits);
    return LS_OK;
}

static int on_docs(void *ctx, size_t seg, const lsi_doc *docs, uint32_t n, ls_error *err)
{
    uint64_t *total = ctx;
    (void)seg, (void)docs, (void)err;
    *total += n;
    return LS_OK;
}

/* About how many of a list's documents are in packed blocks: those kept as bits cost little. */
static uint64_t packed(const lsi_postings *l)
{
    uint32_t step = l->block_count / SAMPLED + 1, seen = 0, found = 0;
    for (uint32_t b = 0; b < l->block_count; b += step, seen++) found += lsi_postings_is_bits(l, b) ? 0 : 1;
    return seen ? (uint64_t)l->list.df * found / seen : 0;
}

/* Whether so few that bits are set one by one: where many documents share a window, its map of bytes (ops_term.c) is
 * quicker. */
static bool or_is_sparse(const lsi_plan *p)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < p->root->kid_count; i++)
        sum += p->root->kids[i]->empty ? 0 : packed(&p->root->kids[i]->cursors[0].p);
    return sum * 2 < p->seg->seg->doc_count;
}

static int count_or(lsi_plan *p, uint64_t *bits, uint64_t *total, ls_error *err)
{
    const lsi_op *root = p->root;
    const lsi_live *live = p->seg->live;
    lsi_doc doc_count = p->seg->seg->doc_count;
    for (lsi_doc lo = 0, hi; lo < doc_count; lo = hi) {
        hi = LSI_MIN(doc_count - lo, STRETCH) + lo;
        uint32_t words = (hi - lo + LSI_WINDOW_DOCS - 1) / LSI_WINDOW_DOCS * LSI_WINDOW_WORDS;
        memset(bits, 0, words * sizeof *bits);
        for (uint32_t i = 0; i < root->kid_count; i++) {
            int rc = root->kids[i]->empty ? LS_OK : lsi_term_gather(p, root->kids[i], lo, hi, bits, err);
            if (rc) return rc;
        }
        lsi_window_fold(p, bits); /* of a stretch that is one window */
        for (uint32_t w = 0; live && w < (hi - lo + 63) / 64; w++) bits[w] &= ~live->deleted[lo / 64 + w];
        for (uint32_t w = 0; w < words; w += LSI_WINDOW_WORDS) *total += lsi_window_count(bits + w);
        int rc = lsi_op_poll(p, err);
        if (rc) return rc;
    }
    return LS_OK;
}

/* Words of an OR, those of the most documents first. */
static lsi_op **by_frequency(const lsi_plan *p, uint32_t *n)
{
    const lsi_op *root = p->root;
    lsi_op **order = lsi_arena_alloc(&p->scratch->arena, (root->kid_count + 1) * sizeof *order);
    *n = 0;
    for (uint32_t i = 0; order && i < root->kid_count; i++) {
        lsi_op *op = root->kids[i];
        if (op->empty) continue;
        uint32_t j = (*n)++;
        for (; j && order[j - 1]->cursors[0].p.list.df < op->cursors[0].p.list.df; j--) order[j] = order[j - 1];
        order[j] = op;
    }
    return order;
}

/* Of the window's documents that no word before had, those that this one has are taken out. */
static int cover(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint32_t left, uint64_t *open, ls_error *err)
{
    uint64_t bits[LSI_WINDOW_WORDS] = {0};
    int rc = LS_OK;
    if (left > LOOKED_UP) {
        rc = lsi_term_gather(p, op, lo, hi, bits, err);
        lsi_window_fold(p, bits);
    }
    for (uint32_t w = 0; !rc && left <= LOOKED_UP && w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = open[w]; !rc && x; x &= x - 1) {
            lsi_doc doc = lo + w * 64 + lsi_ctz64(x), d;
            rc = lsi_cursor_seek(op->cursors, doc, &d, err);
            if (!rc && d == doc) bits[w] |= x & (~x + 1);
        }
    }
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) open[w] &= ~bits[w];
    return rc;
}

/* An OR with words that nearly all documents hold: most windows are done before its other words are asked. */
static int count_common(lsi_plan *p, uint64_t *total, ls_error *err)
{
    const lsi_live *live = p->seg->live;
    lsi_doc doc_count = p->seg->seg->doc_count;
    uint32_t n;
    lsi_op **order = by_frequency(p, &n);
    int rc = order ? LS_OK : lsi_fail_nomem(err);
    for (lsi_doc lo = 0, hi; !rc && lo < doc_count; lo = hi) {
        uint64_t open[LSI_WINDOW_WORDS] = {0};
        hi = LSI_MIN(doc_count - lo, LSI_WINDOW_DOCS) + lo;
        for (uint32_t i = 0; i < hi - lo; i += 64) {
            open[i / 64] = hi - lo - i < 64 ? ~(~0ull << (hi - lo - i)) : ~0ull;
            if (live) open[i / 64] &= ~live->deleted[(lo + i) / 64];
        }
        uint32_t all = lsi_window_count(open), left = all;
        for (uint32_t i = 0; !rc && left && i < n; i++) {
            rc = cover(p, order[i], lo, hi, left, open, err);
            left = lsi_window_count(open);
        }
        *total += all - left;
        if (!rc) rc = lsi_op_poll(p, err);
    }
    return rc;
}

static bool has_common(const lsi_plan *p)
{
    bool yes = false;
    for (uint32_t i = 0; i < p->root->kid_count; i++) {
        const lsi_op *op = p->root->kids[i];
        yes |= !op->empty && (uint64_t)op->cursors[0].p.list.df * 8 > 7 * (uint64_t)p->seg->seg->doc_count;
    }
    return yes;
}

static int count_segment(lsi_plan *p, uint64_t *bits, size_t seg, uint64_t *total, ls_error *err)
{
    const lsi_exec_sink sink = {.ctx = total, .window = on_window, .docs = on_docs};
    int rc = lsi_exec_open(p, seg, err);
    if (rc || p->root->empty) return rc;
    if (p->root->type == LSI_OP_OR && or_is_sparse(p)) return count_or(p, bits, total, err);
    if (p->root->type == LSI_OP_OR && has_common(p)) return count_common(p, total, err);
    return lsi_exec_segment(p, &sink, seg, NULL, err);
}

int lsi_exec_count(lsi_plan *p, uint64_t *total, ls_error *err)
{
    uint64_t *bits = NULL, most = 0;
    *total = 0;
    for (size_t seg = 0; p->root->type == LSI_OP_OR && seg < p->snap->count; seg++)
        most = LSI_MAX(most, (uint64_t)p->snap->segments[seg].seg->doc_count);
    if (most)
        bits = lsi_arena_alloc(&p->scratch->arena, LSI_MIN(most / 64 + LSI_WINDOW_WORDS, STRETCH / 64) * sizeof *bits);
    if (most && !bits) return lsi_fail_nomem(err);
    for (size_t seg = 0; seg < p->snap->count; seg++) {
        int rc = count_segment(p, bits, seg, total, err);
        if (rc) return rc;
    }
    return LS_OK;
}
