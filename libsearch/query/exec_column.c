/* exec_column.c — owns the running of a plan for the first of an order by a number or date.
 *
 * A column keeps the smallest and largest value of each 4,096 documents, and such a block is a window of the plain
 * engine. Segments, and the blocks in each, are visited by the best value they hold; when the heap is full and no
 * block left can hold a better one, the rest need not be looked at. Of an archive in order of arrival the newest hits
 * come from its last blocks. Blocks without values come last (documents without one stand behind all others); so do
 * those whose values all stand before the page asked for. Equal values are decided by document in the heap.
 * Where fewer matches are expected than the heap holds, no block could be left out, and they are run as they come. It does not know what becomes of the matches. */
#include "libsearch/query/candidates.h"
#include "libsearch/query/exec.h"
#include "libsearch/query/ops.h"
#include <stdlib.h>

#define TOGETHER 32.0
#define BESIDE   8.0 /* 4 and 16 do no worse */
/* What a block costs that is visited backwards: as much as so many documents of the rarest word, as the values of so many
 * matches. */
#define WINDOW 50.0
#define VALUES 16.0

typedef struct part { /* of the snapshot: a segment; of a segment: a block */
    uint64_t best;    /* key; only where has */
    uint32_t number;
    bool has;
} part;

static int by_best(const void *pa, const void *pb)
{
    const part *a = pa, *b = pb;
    if (a->has != b->has) return a->has ? -1 : 1;
    if (a->has && a->best != b->best) return a->best > b->best ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* What values [min, max] promise: nothing where there are none, or where all stand before the page. */
static part promise(const lsi_exec_column *c, uint32_t number, int64_t min, int64_t max)
{
    part p = {.number = number};
    if (min > max) return p;
    uint64_t a = lsi_exec_column_key(min, c->falling), b = lsi_exec_column_key(max, c->falling);
    p.best = LSI_MAX(a, b);
    p.has = !c->after || (c->after->has && LSI_MIN(a, b) <= c->after->key);
    return p;
}

static const lsi_column *column_of(const lsi_segment *seg, int field)
{
    return (uint32_t)field < seg->field_count && seg->columns[field].section ? &seg->columns[field] : NULL;
}

/* Whether a part may hold a document to enter; if not, none behind it in the order does. */
static bool may_enter(const lsi_exec_column *c, const part *p)
{
    const lsi_heap *h = c->heap;
    if (h->count < h->cap) return true;
    return !h->at[0].has || (p->has && p->best >= h->at[0].key);
}

static int order_blocks(lsi_plan *p, const lsi_exec_column *c, part **out, uint32_t *n, ls_error *err)
{
    const lsi_segment *seg = p->seg->seg;
    const lsi_column *col = column_of(seg, c->field);
    *n = (seg->doc_count + LSI_WINDOW_DOCS - 1) / LSI_WINDOW_DOCS;
    part *parts = lsi_arena_alloc(&p->scratch->arena, (*n + 1) * sizeof *parts);
    if (!parts) return lsi_fail_nomem(err);
    bool sorted = true; /* as dates are that rise with arrival */
    for (uint32_t i = 0; i < *n; i++) {
        uint32_t b = c->falling ? *n - 1 - i : i;
        int64_t min = 1, max = 0;
        int rc = col ? lsi_column_block_range(col, b, &min, &max, err) : LS_OK;
        if (rc) return rc;
        parts[i] = promise(c, b, min, max);
        sorted = sorted && (!i || by_best(&parts[i - 1], &parts[i]) < 0);
    }
    if (!sorted) qsort(parts, *n, sizeof *parts, by_best);
    *out = parts;
    return LS_OK;
}

/* Documents of a group of plain words. By chance a word stands behind another as often as it is one of the text's words;
 * in texts that mean something, BESIDE times as often. */
static double group_expected(const lsi_span *s, const lsi_segment *seg)
{
    double words = LSI_MAX((double)seg->average[0] * (double)seg->doc_count, 1), n = 0;
    for (uint32_t i = 0; i < s->kid_count; i++) {
        double cf = (double)s->kids[i]->sources[0].c.p.list.cf;
        n = i ? n * BESIDE * cf / words : cf;
    }
    return n;
}

/* Whether the heap will hardly be full. Words of an AND are mostly found together where they are asked together: by far
 * more often than chance has it. */
static bool few_expected(const lsi_plan *p, const lsi_heap *h)
{
    const lsi_op *root = p->root;
    double all = (double)LSI_MAX(p->snap->documents, 1u), n = (double)root->df;
    if (root->type == LSI_OP_SPAN && !root->empty && lsi_candidates_can(root->span))
        n = group_expected(root->span, p->seg->seg) / 2; /* going through twice as many is as quick in one go */
    for (uint32_t i = 1; root->type == LSI_OP_AND && i < root->kid_count; i++) {
        if (root->kids[i]->type == LSI_OP_TERM) n *= (double)root->kids[i]->df / all;
    }
    if (root->type == LSI_OP_AND) n *= TOGETHER;
    if (!root->empty && lsi_exec_leads(p)) { /* a rare word's documents are soon asked for, wherever they stand */
        double work = (double)root->df, blocks = (double)p->seg->seg->doc_count / LSI_WINDOW_DOCS;
        n *= work / (work + (root->type == LSI_OP_AND ? WINDOW : VALUES) * blocks);
    }
    return h->count < h->cap && n < (double)h->cap;
}

static int run_segment(lsi_plan *p, const lsi_exec_column *c, const lsi_exec_sink *sink, size_t seg, ls_error *err)
{
    part *blocks = NULL;
    uint32_t n = 0, before = 0;
    int rc = lsi_exec_open(p, seg, err);
    if (!rc && few_expected(p, c->heap)) return lsi_exec_segment(p, sink, seg, NULL, err);
    if (!rc && !p->root->empty) rc = order_blocks(p, c, &blocks, &n, err);
    for (uint32_t i = 0; !rc && i < n && may_enter(c, &blocks[i]); i++) {
        lsi_doc lo = blocks[i].number * LSI_WINDOW_DOCS, doc;
        lsi_doc hi = LSI_MIN(p->seg->seg->doc_count - lo, LSI_WINDOW_DOCS) + lo;
        if (blocks[i].number < before) lsi_op_rewind(p->root);
        before = blocks[i].number;
        rc = lsi_op_next(p, p->root, lo, &doc, err);
        if (!rc && doc < hi) rc = lsi_exec_window(p, sink, seg, lo, hi, NULL, err);
        if (!rc) rc = lsi_op_poll(p, err);
    }
    return rc;
}

int lsi_exec_by_column(lsi_plan *p, const lsi_exec_column *c, const lsi_exec_sink *sink, ls_error *err)
{
    size_t count = p->snap->count;
    part *segs = lsi_arena_alloc(&p->scratch->arena, (count + 1) * sizeof *segs);
    if (!segs) return lsi_fail_nomem(err);
    for (size_t s = 0; s < count; s++) {
        const lsi_column *col = column_of(p->snap->segments[s].seg, c->field);
        segs[s] = promise(c, (uint32_t)s, col ? col->min : 1, col ? col->max : 0);
    }
    if (count > 1) qsort(segs, count, sizeof *segs, by_best);
    for (size_t s = 0; s < count && may_enter(c, &segs[s]); s++) {
        int rc = run_segment(p, c, sink, segs[s].number, err);
        if (rc) return rc;
    }
    return LS_OK;
}
