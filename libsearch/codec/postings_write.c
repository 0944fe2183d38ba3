/* postings_write.c — owns a term's list while it is made; the bytes are told in postings.c.
 * A list is held in memory until its end (about a byte a posting), so that writers of several lists may share sinks.
 * Invariant: a sink is only touched by lsi_postings_end, and only by a list without error. */
#include "libsearch/codec/pack.h"
#include "libsearch/codec/patch.h"
#include "libsearch/codec/postings.h"
#include "libsearch/codec/vint.h"
#include "libsearch/util/alloc.h"

#define TF_TABLE 4u /* impacts of tf 1..4 are looked up */

typedef struct block_facts {
    uint32_t last, offset, before;
    uint16_t widths;
    uint8_t impact;
} block_facts;

struct lsi_postings_writer {
    lsi_sink *facts_sink, *blocks_sink, *ranges_sink;
    uint32_t doc_count, range_count;
    const uint8_t *norms; /* NULL: every impact is 255 */
    float k[256];
    uint8_t impact_of[TF_TABLE][256];

    uint32_t n, docs[LSI_BLOCK_DOCS], counts[LSI_BLOCK_DOCS], tf[LSI_BLOCK_DOCS]; /* the block being filled */
    block_facts *facts;
    size_t block_count, facts_cap;
    lsi_buf blocks;
    uint8_t *ranges;
    bool ranges_on; /* the list has more than one block */
    lsi_doc before; /* last document of the block before, −1 at first */
    lsi_doc last;
    uint32_t df, cf_flushed;
    uint64_t cf;
    uint8_t max_impact;
    int rc;
    const char *why;
};

/* 255·tf is exact in double, the sum and the quotient err by less than 2^-51 in all, and a quotient made in float by
 * less than 2^-22 of itself: a factor of 1 + 2^-21 covers both, so the ceiling is never below either. */
uint8_t lsi_impact(uint32_t tf, float k)
{
    if (!(k > 0)) return 255;
    double v = 255.0 * (double)tf / ((double)tf + (double)k) * (1 + 1.0 / (1 << 21));
    if (!(v < 255)) return 255;
    uint8_t whole = (uint8_t)v;
    return (uint8_t)(whole + (v > whole || !whole));
}

int lsi_postings_writer_new(lsi_postings_writer **out, lsi_sink *facts, lsi_sink *blocks, lsi_sink *ranges,
                            uint32_t doc_count, const lsi_impact_model *model, ls_error *err)
{
    *out = NULL;
    if (doc_count > LSI_SEGMENT_DOCS_MAX)
        return lsi_fail(err, LS_LIMIT, "%u documents in a segment; at most %u", doc_count, LSI_SEGMENT_DOCS_MAX);
    lsi_postings_writer *w = lsi_calloc(1, sizeof *w);
    if (!w) return lsi_fail_nomem(err);
    w->facts_sink = facts;
    w->blocks_sink = blocks;
    w->ranges_sink = ranges;
    w->doc_count = doc_count;
    w->range_count = doc_count / LSI_RANGE_DOCS + (doc_count % LSI_RANGE_DOCS != 0);
    w->ranges = lsi_malloc(w->range_count);
    if (!w->ranges) {
        lsi_free(w);
        return lsi_fail_nomem(err);
    }
    if (model && model->norms) {
        w->norms = model->norms;
        memcpy(w->k, model->k, sizeof w->k);
        for (uint32_t t = 0; t < TF_TABLE; t++)
            for (unsigned c = 0; c < 256; c++) w->impact_of[t][c] = lsi_impact(t + 1, w->k[c]);
    }
    lsi_buf_init(&w->blocks, 0);
    lsi_postings_begin(w);
    *out = w;
    return LS_OK;
}

void lsi_postings_writer_free(lsi_postings_writer *w)
{
    if (!w) return;
    lsi_buf_clear(&w->blocks);
    lsi_free(w->facts);
    lsi_free(w->ranges);
    lsi_free(w);
}

void lsi_postings_begin(lsi_postings_writer *w)
{
    lsi_buf_reset(&w->blocks);
    w->n = w->df = w->cf_flushed = 0;
    w->block_count = 0;
    w->cf = 0;
    w->ranges_on = false;
    w->before = w->last = UINT32_MAX;
    w->max_impact = 0;
    w->rc = LS_OK;
    w->why = NULL;
}

/* The list has not failed before: a writer that has adds nothing more. */
static void fail(lsi_postings_writer *w, int rc, const char *why)
{
    w->rc = rc;
    w->why = why;
}

/* ---- a block ---- */

static uint8_t impact_at(const lsi_postings_writer *w, uint32_t i)
{
    if (!w->norms) return 255;
    uint8_t norm = w->norms[w->docs[i]];
    return w->tf[i] <= TF_TABLE ? w->impact_of[w->tf[i] - 1][norm] : lsi_impact(w->tf[i], w->k[norm]);
}

static uint8_t block_impact(lsi_postings_writer *w)
{
    uint8_t most = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        uint8_t v = impact_at(w, i);
        uint8_t *r = w->ranges + (w->docs[i] >> LSI_RANGE_SHIFT);
        if (v > most) most = v;
        if (w->ranges_on && v > *r) *r = v;
    }
    return most;
}

#define NEARLY_ALL 320u /* documents among which a block's are */

/* Gaps, or a set of bits where that takes at most three quarters of their bytes, or where nearly every document has the
 * word; gives the form. The set is the smaller one up to gaps of about 5, but slower to decode to numbers the wider it is:
 * 52 ns a block at gaps of 1, 109 at 2, 281 at 5, against 73 for gaps. Three quarters cost .4 % of the postings of a
 * newswire. */
static unsigned put_docs(lsi_postings_writer *w)
{
    uint32_t gaps[LSI_BLOCK_DOCS], prev = w->before, last = w->docs[w->n - 1], span = last - w->before;
    for (uint32_t i = 0; i < w->n; i++) {
        gaps[i] = w->docs[i] - prev - 1;
        prev = w->docs[i];
    }
    unsigned width = lsi_pack_width(gaps, w->n);
    size_t bit_bytes = span / 8 + (span % 8 != 0);
    bool single = w->before == UINT32_MAX && w->n < LSI_BLOCK_DOCS; /* may be a short list: last costs 4 bytes more */
    bool dense = width == 1 && w->n == LSI_BLOCK_DOCS && span <= NEARLY_ALL;
    if (dense || (width && bit_bytes + (single ? 4 : 0) <= lsi_pack_bytes(w->n, width) * 3 / 4)) {
        uint8_t *p = lsi_buf_grow(&w->blocks, bit_bytes);
        if (!p) return LSI_FORM_BITS;
        memset(p, 0, bit_bytes);
        for (uint32_t i = 0; i < w->n; i++) {
            uint32_t bit = w->docs[i] - w->before - 1;
            p[bit >> 3] |= (uint8_t)(1u << (bit & 7));
        }
        return LSI_FORM_BITS;
    }
    uint8_t *p = lsi_buf_grow(&w->blocks, lsi_pack_bytes(w->n, width));
    if (p) lsi_pack_put(p, gaps, w->n, width);
    return width;
}

/* Counts and adjustments; gives bits 5–15 of the widths. */
static unsigned put_counts(lsi_postings_writer *w)
{
    uint32_t v[LSI_BLOCK_DOCS], any = 0;
    for (uint32_t i = 0; i < w->n; i++) v[i] = w->counts[i] - 1;
    lsi_patch plan = lsi_patch_plan(v, w->n, 31);
    unsigned widths = (unsigned)plan.width << 5;
    if (plan.exceptions) {
        widths |= 1u << 15;
        lsi_buf_put8(&w->blocks, plan.exceptions);
    }
    lsi_patch_put(&w->blocks, v, w->n, plan);
    for (uint32_t i = 0; i < w->n; i++) {
        v[i] = (uint32_t)lsi_zigzag((int64_t)w->tf[i] - (int64_t)w->counts[i]);
        any |= v[i];
    }
    if (!any) return widths;
    plan = lsi_patch_plan(v, w->n, 30);
    lsi_buf_put8(&w->blocks, plan.exceptions);
    lsi_patch_put(&w->blocks, v, w->n, plan);
    return widths | (plan.width + 1u) << 10;
}

static void flush_block(lsi_postings_writer *w)
{
    block_facts f = {.last = w->docs[w->n - 1], .before = w->cf_flushed};
    if (w->blocks.len > UINT32_MAX) {
        fail(w, LS_LIMIT, "a posting list of more than 4 GiB");
        return;
    }
    f.offset = (uint32_t)w->blocks.len;
    unsigned widths = put_docs(w);
    f.widths = (uint16_t)(widths | put_counts(w));
    f.impact = block_impact(w);
    block_facts *grown = lsi_array_grow(w->facts, &w->facts_cap, w->block_count + 1, sizeof *grown);
    if (!grown || w->blocks.rc) {
        if (grown) w->facts = grown;
        fail(w, LS_NOMEM, "out of memory");
        return;
    }
    w->facts = grown;
    w->facts[w->block_count++] = f;
    if (f.impact > w->max_impact) w->max_impact = f.impact;
    w->before = f.last;
    w->cf_flushed = (uint32_t)w->cf;
    w->n = 0;
}

/* Whether n postings may follow those before, and what is wrong where not. Without a branch for each. */
static bool may_follow(lsi_postings_writer *w, const lsi_doc *docs, const uint32_t *counts, const uint32_t *tf,
                       uint32_t n)
{
    uint64_t sum = 0;
    bool falls = w->df && docs[0] <= w->last, large = false;
    for (uint32_t i = 0; i < n; i++) {
        falls |= i && docs[i] <= docs[i - 1];
        large |= counts[i] - 1 >= LSI_COUNT_MAX || tf[i] - 1 >= LSI_COUNT_MAX;
        sum += counts[i];
    }
    if (falls || docs[n - 1] >= w->doc_count) fail(w, LS_MISUSE, "documents of a posting list must rise");
    else if (large || w->cf + sum > UINT32_MAX) fail(w, LS_LIMIT, "a term occurs too often");
    w->cf += sum;
    return !w->rc;
}

void lsi_postings_add_all(lsi_postings_writer *w, const lsi_doc *docs, const uint32_t *counts, const uint32_t *tf,
                          uint32_t n)
{
    while (n && !w->rc) {
        if (w->n == LSI_BLOCK_DOCS) {
            if (!w->ranges_on) memset(w->ranges, 0, w->range_count);
            w->ranges_on = true;
            flush_block(w);
            if (w->rc) return;
        }
        uint32_t k = LSI_MIN(n, LSI_BLOCK_DOCS - w->n);
        if (!may_follow(w, docs, counts, tf, k)) return;
        memcpy(w->docs + w->n, docs, k * sizeof *docs);
        memcpy(w->counts + w->n, counts, k * sizeof *counts);
        memcpy(w->tf + w->n, tf, k * sizeof *tf);
        w->n += k;
        w->df += k;
        w->last = docs[k - 1];
        docs += k;
        counts += k;
        tf += k;
        n -= k;
    }
}

void lsi_postings_add(lsi_postings_writer *w, lsi_doc doc, uint32_t count, uint32_t tf)
{
    lsi_postings_add_all(w, &doc, &count, &tf, 1);
}

/* ---- the end ---- */

static void end_inline(lsi_postings_writer *w, lsi_list *out)
{
    out->inline_count = (uint8_t)w->n;
    for (uint32_t i = 0; i < w->n; i++) {
        uint8_t v = impact_at(w, i);
        out->inline_doc[i] = w->docs[i];
        out->inline_n[i] = w->counts[i];
        out->inline_tf[i] = w->tf[i];
        if (v > out->max_impact) out->max_impact = v;
    }
}

static void put_facts(lsi_postings_writer *w)
{
    for (size_t i = 0; i < w->block_count; i++) lsi_sink_put32(w->facts_sink, w->facts[i].last);
    for (size_t i = 0; i < w->block_count; i++) lsi_sink_put32(w->facts_sink, w->facts[i].offset);
    for (size_t i = 0; i < w->block_count; i++) lsi_sink_put32(w->facts_sink, w->facts[i].before);
    for (size_t i = 0; i < w->block_count; i++) {
        uint8_t le[2];
        lsi_set16(le, w->facts[i].widths);
        lsi_sink_put(w->facts_sink, le, 2);
    }
    for (size_t i = 0; i < w->block_count; i++) lsi_sink_put8(w->facts_sink, w->facts[i].impact);
}

int lsi_postings_end(lsi_postings_writer *w, lsi_list *out, ls_error *err)
{
    memset(out, 0, sizeof *out);
    out->positions_offset = out->forms_offset = LSI_OFFSET_NONE;
    if (!w->rc && w->n && w->df > 3) flush_block(w);
    if (w->rc) return w->rc == LS_NOMEM ? lsi_fail_nomem(err) : lsi_fail(err, w->rc, "%s", w->why);
    out->df = w->df;
    out->cf = w->cf;
    if (w->df <= 3) {
        end_inline(w, out);
        return LS_OK;
    }
    out->max_impact = w->max_impact;
    out->blocks_offset = lsi_sink_at(w->blocks_sink);
    if (w->block_count == 1) {
        uint8_t head[6];
        lsi_set16(head, w->facts[0].widths);
        lsi_set32(head + 2, w->facts[0].last);
        lsi_sink_put(w->blocks_sink, head, (w->facts[0].widths & 31) == LSI_FORM_BITS ? 6 : 2);
    } else {
        out->facts_offset = lsi_sink_at(w->facts_sink);
        put_facts(w);
        out->has_ranges = w->df >= w->doc_count / LSI_RANGE_DOCS;
    }
    lsi_sink_put(w->blocks_sink, w->blocks.data, w->blocks.len);
    if (out->has_ranges) {
        out->ranges_offset = lsi_sink_at(w->ranges_sink);
        lsi_sink_put(w->ranges_sink, w->ranges, w->range_count);
    }
    int rc = lsi_sink_failed(w->blocks_sink, err);
    if (!rc && w->block_count > 1) rc = lsi_sink_failed(w->facts_sink, err);
    if (!rc && out->has_ranges) rc = lsi_sink_failed(w->ranges_sink, err);
    return rc;
}
