/* ops_term.c — owns words matched by whole posting lists: cursors, and the scores of a window of documents.
 *
 * A word with one list (nearly all) goes block by block: decode, set bits, score. One with several (languages, CJK)
 * first sums the tf of each document over the window, for it scores as one word. In the main field a list is the
 * combined one with the counts of the other fields' own lists taken off:
 *   raw  = raw(combined) - sum of raw(field)
 *   tf   = max(1, (tf(combined) - sum of weight(field) · raw(field)) / weight(main))
 * It does not know positions, trees or results. */
#include "libsearch/query/batch.h"
#include "libsearch/query/ops.h"

#define MAP_DOCS 64u /* of a block in a window: fewer are set as bits at once */

int lsi_cursor_open(lsi_cursor *c, const lsi_segment *seg, const lsi_list *list, ls_error *err)
{
    c->at = c->near = 0;
    return lsi_postings_open(&c->p, &seg->postings, list, err);
}

void lsi_cursor_rewind(lsi_cursor *c)
{
    c->at = c->near = 0;
    if (c->p.block_count < 2) return; /* its one block was decoded when it was opened, and is there */
    c->p.block = UINT32_MAX;
    c->p.n = 0;
}

int lsi_cursor_seek_slow(lsi_cursor *c, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    lsi_postings *p = &c->p;
    uint32_t from = p->block == UINT32_MAX ? 0 : p->block;
    *out = LSI_DOC_END;
    if (from >= p->block_count) return LS_OK;
    uint32_t b = lsi_postings_seek_block(p, from, doc);
    if (b >= p->block_count) { /* behind the last: stay at the end of the last block, so that this is found again */
        if (p->block != p->block_count - 1) {
            int rc = lsi_postings_block(p, p->block_count - 1, err);
            if (rc) return rc;
        }
        c->at = p->n;
        return LS_OK;
    }
    if (p->block != b) {
        int rc = lsi_postings_block(p, b, err);
        if (rc) return rc;
        c->at = 0;
    }
    c->at = lsi_postings_lower(p, c->at, doc);
    *out = c->at < p->n ? p->docs[c->at] : LSI_DOC_END;
    return LS_OK;
}

/* Opens the lists of one pick: the list itself and, in the main field, those to be taken off (list df 0: none). */
static int open_pick(lsi_plan *p, lsi_op *op, const lsi_pick *pick, ls_error *err)
{
    const lsi_segment *seg = p->seg->seg;
    const ls_schema *schema = p->snap->schema;
    int rc = lsi_cursor_open(&op->cursors[op->cursor_count++], seg, &pick->list, err);
    for (size_t t = 0; !rc && op->main && t < schema->text_count; t++) {
        const lsi_schema_field *f = lsi_schema_text(schema, (int)t);
        if (f->pub.weight <= 0 || f == &schema->fields[schema->main]) continue;
        lsi_list list;
        rc = lsi_resolve_list(seg, pick->ord, (uint32_t)t + 1, &list, err);
        lsi_cursor *c = &op->cursors[op->cursor_count++];
        if (!rc && list.df) rc = lsi_cursor_open(c, seg, &list, err);
        else memset(&c->p.list, 0, sizeof c->p.list); /* df 0: not open */
    }
    return rc;
}

int lsi_term_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err)
{
    const lsi_picks *picks = &op->word.segs[seg];
    op->cursor_count = 0;
    op->empty = picks->count == 0;
    for (uint32_t i = 0; i < picks->count; i++) {
        int rc = open_pick(p, op, &picks->at[i], err);
        if (rc) return rc;
    }
    op->norms = NULL;
    if (op->empty || !op->scores) return LS_OK;
    return lsi_op_norms(p, op, err);
}

/* A document ≥ doc that nothing of the list lies before, without decoding a block. */
static lsi_doc may_begin(const lsi_cursor *c, lsi_doc doc)
{
    const lsi_postings *p = &c->p;
    uint32_t b = lsi_postings_seek_block(p, LSI_MIN(c->near, p->block_count), doc);
    if (b >= p->block_count) return LSI_DOC_END;
    if (b == p->block) {
        uint32_t i = lsi_postings_lower(p, 0, doc);
        return i < p->n ? p->docs[i] : LSI_DOC_END;
    }
    lsi_doc first = b ? lsi_postings_last(p, b - 1) + 1 : 0;
    return LSI_MAX(first, doc);
}

int lsi_term_next(lsi_op *op, lsi_doc doc, lsi_doc *out)
{
    lsi_doc best = LSI_DOC_END;
    for (uint32_t i = 0; i < op->cursor_count; i++) {
        if (!op->cursors[i].p.list.df) continue;
        lsi_doc d = may_begin(&op->cursors[i], doc);
        best = LSI_MIN(best, d);
    }
    *out = best;
    return LS_OK;
}

/* The part of the next block with documents in [lo, hi): indexes [*i, *e). False where there is none. */
static int block_part(lsi_cursor *c, lsi_doc lo, lsi_doc hi, uint32_t *i, uint32_t *e, bool *any, ls_error *err)
{
    lsi_postings *p = &c->p;
    lsi_doc first;
    *any = false;
    int rc = lsi_cursor_seek(c, lo, &first, err);
    if (rc || first >= hi) return rc;
    *i = c->at;
    *e = p->docs[p->n - 1] < hi ? p->n : lsi_postings_lower(p, c->at, hi);
    *any = true;
    return LS_OK;
}

static void set_bits(uint64_t *bits, const uint32_t *docs, uint32_t i, uint32_t e, lsi_doc lo)
{
    while (i < e) {
        uint32_t w = (docs[i] - lo) >> 6;
        uint64_t x = 0;
        do {
            x |= 1ull << ((docs[i] - lo) & 63);
            i++;
        } while (i < e && (docs[i] - lo) >> 6 == w);
        bits[w] |= x;
    }
}

/* The same as bytes, which do not wait for one another as bits of a word do; lsi_window_fold makes bits of them. */
static void set_bytes(uint8_t *map, const uint32_t *docs, uint32_t i, uint32_t e, lsi_doc lo)
{
    const uint32_t *d = docs + i, *end = docs + e;
    for (; end - d >= 4; d += 4) {
        map[d[0] - lo] = 1;
        map[d[1] - lo] = 1;
        map[d[2] - lo] = 1;
        map[d[3] - lo] = 1;
    }
    for (; d < end; d++) map[*d - lo] = 1;
}

/* Bits of many windows at once. Documents of packed blocks lie so far apart that few share a byte and wait for one
 * another. */
static void mark(uint64_t *bits, const uint32_t *docs, uint32_t i, uint32_t e, lsi_doc lo)
{
#if LSI_LITTLE_ENDIAN
    uint8_t *at = (uint8_t *)bits;
    for (; i < e; i++) at[(docs[i] - lo) >> 3] |= (uint8_t)(1u << (docs[i] & 7)); /* lo is a multiple of 64 */
#else
    for (; i < e; i++) bits[(docs[i] - lo) >> 6] |= 1ull << ((docs[i] - lo) & 63);
#endif
}

void lsi_window_fold(lsi_plan *p, uint64_t *bits)
{
    if (p->map_used) lsi_batch_now()->fold(bits, p->map, LSI_WINDOW_WORDS);
    p->map_used = false;
}

int lsi_term_gather(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, ls_error *err)
{
    lsi_cursor *c = op->cursors;
    lsi_postings *l = &c->p;
    uint32_t b = lsi_postings_seek_block(l, LSI_MIN(c->near, l->block_count), lo);
    for (; b < l->block_count; b++) {
        bool done = false;
        if (b && lsi_postings_last(l, b - 1) + 1 >= hi) break;
        c->near = b;
        int rc = lsi_postings_is_bits(l, b) ? lsi_postings_set_bits(l, b, lo, hi, bits, &done, err)
                                            : lsi_postings_block(l, b, err);
        if (rc) return rc;
        if (done) continue;
        uint32_t i = lsi_postings_lower(l, 0, lo), e = l->docs[l->n - 1] < hi ? l->n : lsi_postings_lower(l, i, hi);
        c->at = e;
        if (i >= e) continue;
        if (hi - lo > LSI_WINDOW_DOCS) {
            mark(bits, l->docs, i, e, lo);
        } else if (e - i < MAP_DOCS) {
            set_bits(bits, l->docs, i, e, lo);
        } else {
            if (!p->map) p->map = lsi_arena_zalloc(&p->scratch->arena, LSI_WINDOW_DOCS);
            if (!p->map) return lsi_fail_nomem(err);
            set_bytes(p->map, l->docs, i, e, lo);
            p->map_used = true;
        }
    }
    return LS_OK;
}

static int window_one(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, float *scores, ls_error *err)
{
    lsi_cursor *c = op->cursors;
    const lsi_doc base = lo;
    float x[LSI_BLOCK_DOCS + 16];
    for (;;) {
        uint32_t i, e;
        bool any;
        int rc = block_part(c, lo, hi, &i, &e, &any, err);
        if (rc || !any) return rc;
        set_bits(bits, c->p.docs, i, e, base);
        if (scores) {
            rc = lsi_postings_tf(&c->p, err);
            if (rc) return rc;
            lsi_batch_now()->scores(x, c->p.tf + i, c->p.docs + i, e - i, op->norms, op->k, op->w, p->magic);
            for (uint32_t j = i; j < e; j++) scores[c->p.docs[j] - base] = x[j - i];
            op->last_tf = c->p.tf[e - 1];
        }
        lo = LSI_MAX(lo, c->p.docs[e - 1] + 1);
        c->at = e;
        if (e < c->p.n || lo >= hi) return LS_OK;
    }
}

/* Adds sign · raw and sign · weight · tf of a list to the window's sums. Unsigned: taking off undoes adding. */
static int sum_list(lsi_cursor *c, lsi_doc lo, lsi_doc hi, lsi_doc base, uint64_t *bits, uint32_t *raw, uint32_t *tf,
                    uint32_t raw_factor, uint32_t tf_factor, ls_error *err)
{
    for (;;) {
        uint32_t i, e;
        bool any;
        int rc = block_part(c, lo, hi, &i, &e, &any, err);
        if (!rc && any) rc = lsi_postings_tf(&c->p, err);
        if (rc || !any) return rc;
        if (bits) set_bits(bits, c->p.docs, i, e, base);
        for (uint32_t j = i; j < e; j++) {
            uint32_t d = c->p.docs[j] - base;
            raw[d] += raw_factor * c->p.counts[j];
            tf[d] += tf_factor * c->p.tf[j];
        }
        lo = LSI_MAX(lo, c->p.docs[e - 1] + 1);
        c->at = e;
        if (e < c->p.n || lo >= hi) return LS_OK;
    }
}

/* Turns raw and tf of the combined list, the others taken off, into the main field's; documents without it leave. */
static void settle_main(uint64_t *bits, uint32_t *raw, uint32_t *tf, uint32_t weight)
{
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = bits[w]; x; x &= x - 1) {
            uint32_t d = w * 64 + lsi_ctz64(x);
            if (raw[d] == 0 || (int32_t)raw[d] < 0) {
                bits[w] &= ~(1ull << (d & 63));
                tf[d] = 0;
            } else {
                uint32_t t = (int32_t)tf[d] < 0 ? 0 : tf[d] / weight;
                tf[d] = LSI_MAX(t, 1u);
            }
            raw[d] = 0;
        }
    }
}

static int window_many(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, float *scores, ls_error *err)
{
    const ls_schema *schema = p->snap->schema;
    uint32_t *sum = op->tf_tmp, *raw = op->raw_tmp, *tf = op->raw_tmp + LSI_WINDOW_DOCS;
    uint32_t others = 0, weight = 1;
    if (op->main) {
        weight = (uint32_t)schema->fields[schema->main].pub.weight;
        for (size_t t = 0; t < schema->text_count; t++) {
            const lsi_schema_field *f = lsi_schema_text(schema, (int)t);
            others += f->pub.weight > 0 && f != &schema->fields[schema->main];
        }
    }
    for (uint32_t i = 0; i < op->cursor_count; i += 1 + others) {
        uint64_t mine[LSI_WINDOW_WORDS] = {0};
        int rc = sum_list(&op->cursors[i], lo, hi, lo, mine, raw, tf, 1, 1, err);
        uint32_t o = 1;
        for (size_t t = 0; !rc && op->main && t < schema->text_count; t++) {
            const lsi_schema_field *f = lsi_schema_text(schema, (int)t);
            if (f->pub.weight <= 0 || f == &schema->fields[schema->main]) continue;
            lsi_cursor *c = &op->cursors[i + o++];
            if (c->p.list.df)
                rc = sum_list(c, lo, hi, lo, NULL, raw, tf, UINT32_MAX, 0u - (uint32_t)f->pub.weight, err);
        }
        if (op->main) settle_main(mine, raw, tf, weight);
        for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
            bits[w] |= mine[w];
            for (uint64_t x = mine[w]; x; x &= x - 1) {
                uint32_t d = w * 64 + lsi_ctz64(x);
                sum[d] += tf[d];
                tf[d] = raw[d] = 0;
            }
        }
        if (rc) return rc;
    }
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = bits[w]; x; x &= x - 1) {
            uint32_t d = w * 64 + lsi_ctz64(x);
            op->last_tf = sum[d];
            if (scores) scores[d] = lsi_bm25_score(op->w, sum[d], op->k[op->norms[lo + d]], p->magic);
            sum[d] = 0;
        }
    }
    return LS_OK;
}

/* Few documents are asked for: each is looked up, and what lies between is not decoded. */
static int window_probe(lsi_plan *p, lsi_op *op, lsi_doc lo, const uint64_t *within, uint64_t *bits, float *scores,
                        ls_error *err)
{
    lsi_cursor *c = op->cursors;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = within[w]; x; x &= x - 1) {
            uint32_t i = w * 64 + lsi_ctz64(x);
            lsi_doc d;
            if (c->p.ranges && !c->p.ranges[(lo + i) >> LSI_RANGE_SHIFT]) continue;
            int rc = lsi_cursor_seek(c, lo + i, &d, err);
            if (rc) return rc;
            if (d != lo + i) continue;
            bits[w] |= x & (~x + 1);
            if (!scores) continue;
            rc = lsi_postings_tf(&c->p, err);
            if (rc) return rc;
            op->last_tf = c->p.tf[c->at];
            scores[i] = lsi_bm25_score(op->w, op->last_tf, op->k[op->norms[d]], p->magic);
        }
    }
    return LS_OK;
}

/* Whether the documents asked for are few beside those that the list has in a window. Lists so dense that their blocks
 * are kept as bits are quicker taken whole, where no scores are wanted. */
static bool probing_pays(const lsi_plan *p, const lsi_op *op, const uint64_t *within, bool scored)
{
    uint64_t have = (uint64_t)op->cursors[0].p.list.df * LSI_WINDOW_DOCS / p->seg->seg->doc_count;
    if (!scored && have > LSI_WINDOW_DOCS / 4) return false;
    return have > 64 && (uint64_t)lsi_window_count(within) * (scored ? 12 : 8) < have;
}

int lsi_term_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                    float *scores, ls_error *err)
{
    int rc;
    memset(bits, 0, LSI_WINDOW_WORDS * sizeof *bits);
    if (op->cursor_count == 1 && within && probing_pays(p, op, within, scores != NULL))
        return window_probe(p, op, lo, within, bits, scores, err);
    if (op->cursor_count == 1 && !scores) {
        rc = lsi_term_gather(p, op, lo, hi, bits, err);
        lsi_window_fold(p, bits);
    } else if (op->cursor_count == 1) rc = window_one(p, op, lo, hi, bits, scores, err);
    else rc = window_many(p, op, lo, hi, bits, scores, err);
    for (uint32_t w = 0; within && w < LSI_WINDOW_WORDS; w++) bits[w] &= within[w];
    return rc;
}
