/* column.c — owns columns of numbers, at most one a document. Ignorant of what they measure.
 *
 * At a multiple of 8 in its section, little-endian:
 *   u32 documents, u32 b = ⌈documents/4096⌉, u64 documents with a value, i64 min, i64 max (min > max: no value at all),
 *   u64 step (≥ 1)
 *   for each block: i64 min, i64 max, u64 offset of its body from the column's start, u32 width (0..64), u32 values
 *   bodies: where some, not all, documents of the block have a value, a set of bits (u64 × ⌈documents/64⌉); then
 *   (value − min of the block) / step of each document that has one, a string of bits of that width (bits.h).
 *
 * Example, 3 documents with the values 86400000, none, 259200000: step 172800000, one block, width 1, bits 101, then
 * 0 | 1<<1: the body is 05 00 00 00 00 00 00 00 02. */
#include "libsearch/codec/column.h"
#include "libsearch/codec/bits.h"
#include "libsearch/codec/read.h"
#include "libsearch/util/bitset.h"

#define HEAD_BYTES  40u
#define BLOCK_BYTES 32u

/* ---- reading ---- */

int lsi_column_open(lsi_column *c, const lsi_section *s, uint64_t offset, ls_error *err)
{
    const uint8_t *p = lsi_section_get(s, offset, HEAD_BYTES, err);
    if (!p) return lsi_read_failed(err);
    c->section = s;
    c->offset = offset;
    c->doc_count = lsi_get32(p);
    c->block_count = lsi_get32(p + 4);
    c->present = lsi_get64(p + 8);
    c->min = (int64_t)lsi_get64(p + 16);
    c->max = (int64_t)lsi_get64(p + 24);
    c->step = lsi_get64(p + 32);
    if (c->block_count != c->doc_count / LSI_COLUMN_BLOCK + (c->doc_count % LSI_COLUMN_BLOCK != 0) ||
        c->present > c->doc_count || !c->step)
        return lsi_section_corrupt(s, offset, err, "the head of a column");
    return LS_OK;
}

typedef struct block_parts {
    int64_t min, max;
    uint32_t docs, values;
    unsigned width;
    const uint8_t *bits; /* NULL: all documents have a value */
    const uint8_t *packed;
} block_parts;

static int get_head(const lsi_column *c, uint32_t block, block_parts *b, uint64_t *body, ls_error *err)
{
    uint64_t at = c->offset + HEAD_BYTES + (uint64_t)block * BLOCK_BYTES;
    if (block >= c->block_count) return lsi_fail(err, LS_MISUSE, "no such block of a column");
    const uint8_t *p = lsi_section_get(c->section, at, BLOCK_BYTES, err);
    if (!p) return lsi_read_failed(err);
    b->min = (int64_t)lsi_get64(p);
    b->max = (int64_t)lsi_get64(p + 8);
    *body = c->offset + lsi_get64(p + 16);
    b->width = lsi_get32(p + 24);
    b->values = lsi_get32(p + 28);
    b->docs = LSI_MIN(LSI_COLUMN_BLOCK, c->doc_count - block * LSI_COLUMN_BLOCK);
    if (b->width > 64 || b->values > b->docs || (b->values && b->min > b->max))
        return lsi_section_corrupt(c->section, at, err, "a block of a column");
    return LS_OK;
}

static int get_block(const lsi_column *c, uint32_t block, block_parts *b, ls_error *err)
{
    uint64_t body, set_bytes, bytes;
    int rc = get_head(c, block, b, &body, err);
    if (rc) return rc;
    b->bits = b->packed = NULL;
    set_bytes = b->values && b->values < b->docs ? 8 * (uint64_t)lsi_bitset_words(b->docs) : 0;
    bytes = set_bytes + lsi_bits_bytes(b->values, b->width);
    if (!bytes) return LS_OK;
    const uint8_t *p = lsi_section_get(c->section, body, bytes, err);
    if (!p) return lsi_read_failed(err);
    if (set_bytes) b->bits = p;
    b->packed = p + set_bytes;
    return LS_OK;
}

static int64_t value_at(const lsi_column *c, const block_parts *b, uint32_t i)
{
    uint64_t q = b->packed ? lsi_bits_at(b->packed, b->width, i) : 0;
    return (int64_t)((uint64_t)b->min + q * c->step);
}

/* How many documents before i have a value; is_set: whether i has. Never more than b->values − 1 where it has. */
static uint32_t rank(const block_parts *b, uint32_t i, bool *is_set)
{
    uint32_t n = 0, k = 0;
    for (; k < i / 64; k++) n += lsi_popcount64(lsi_get64(b->bits + 8 * (size_t)k));
    uint64_t w = lsi_get64(b->bits + 8 * (size_t)k);
    *is_set = w >> (i & 63) & 1;
    n += lsi_popcount64(w & (((uint64_t)1 << (i & 63)) - 1));
    return n;
}

int lsi_column_get(const lsi_column *c, lsi_doc doc, bool *has, int64_t *value, ls_error *err)
{
    block_parts b;
    *has = false;
    *value = 0;
    if (doc >= c->doc_count) return lsi_fail(err, LS_MISUSE, "no such document in a column");
    int rc = get_block(c, doc / LSI_COLUMN_BLOCK, &b, err);
    if (rc || !b.values) return rc;
    uint32_t i = doc % LSI_COLUMN_BLOCK;
    *has = true;
    if (b.bits) i = rank(&b, i, has);
    if (!*has) return LS_OK;
    if (i >= b.values) return lsi_section_corrupt(c->section, c->offset, err, "as many bits as values");
    *value = value_at(c, &b, i);
    return LS_OK;
}

/* All values of a block. Up to 56 bits, the 8 bytes at a value's first bit hold all of it. */
static void unpack(const lsi_column *c, const block_parts *b, int64_t *values)
{
    const unsigned width = b->width;
    const uint64_t mask = ((uint64_t)1 << (width & 63)) - 1, min = (uint64_t)b->min, step = c->step;
    if (!b->packed || width > 56) {
        for (uint32_t i = 0; i < b->values; i++) values[i] = value_at(c, b, i);
        return;
    }
    uint32_t bit = 0; /* 4,096 values of 56 bits */
    for (uint32_t i = 0; i < b->values; i++, bit += width)
        values[i] = (int64_t)(min + (lsi_get64(b->packed + (bit >> 3)) >> (bit & 7) & mask) * step);
}

int lsi_column_block(const lsi_column *c, uint32_t block, int64_t *values, uint64_t *present, uint32_t *n,
                     ls_error *err)
{
    block_parts b;
    int rc = get_block(c, block, &b, err);
    if (rc) return rc;
    *n = b.docs;
    memset(present, 0, LSI_COLUMN_BLOCK / 8);
    if (!b.values) {
        memset(values, 0, b.docs * sizeof *values);
    } else if (!b.bits) {
        lsi_bitset_fill(present, 0, b.docs);
        unpack(c, &b, values);
    } else {
        for (size_t w = 0; w < lsi_bitset_words(b.docs); w++) present[w] = lsi_get64(b.bits + 8 * w);
        if (lsi_bitset_count(present, 0, lsi_bitset_words(b.docs) * 64) != b.values ||
            lsi_bitset_count(present, 0, b.docs) != b.values)
            return lsi_section_corrupt(c->section, c->offset, err, "as many bits as values");
        unpack(c, &b, values); /* then each to its document, the last first: no place is written before it is read */
        uint32_t k = b.values;
        for (uint32_t i = b.docs; i-- > 0;) values[i] = lsi_bitset_test(present, i) ? values[--k] : 0;
    }
    return LS_OK;
}

/* The values of a block that are within the bounds, as bits: compared as they are packed. from and to lie within the
 * block's own bounds. */
static void packed_between(const lsi_column *c, const block_parts *b, int64_t from, int64_t to, uint64_t *bits)
{
    const unsigned width = b->width;
    const uint64_t mask = width < 64 ? ((uint64_t)1 << width) - 1 : ~(uint64_t)0, min = (uint64_t)b->min;
    const uint64_t first = ((uint64_t)from - min) / c->step + (((uint64_t)from - min) % c->step != 0);
    const uint64_t last = ((uint64_t)to - min) / c->step;
    const uint64_t range = last - first;
    uint32_t bit = 0;
    for (uint32_t i = 0; first <= last && i < b->values; i += 64) {
        uint64_t in = 0;
        uint32_t n = LSI_MIN(64u, b->values - i);
        if (width <= 56) {
            for (uint32_t j = 0; j < n; j++, bit += width)
                in |= (uint64_t)((lsi_get64(b->packed + (bit >> 3)) >> (bit & 7) & mask) - first <= range) << j;
        } else {
            for (uint32_t j = 0; j < n; j++)
                in |= (uint64_t)(lsi_bits_at(b->packed, width, i + j) - first <= range) << j;
        }
        bits[i / 64] = in;
    }
}

/* bits of the block's values, put where its documents that have one are. */
static void spread(uint64_t *bits, const uint64_t *present, size_t words)
{
    uint64_t values[LSI_COLUMN_BLOCK / 64];
    uint32_t k = 0;
    memcpy(values, bits, sizeof values);
    for (size_t w = 0; w < words; w++) {
        bits[w] = 0;
        for (uint64_t x = present[w]; x; x &= x - 1, k++) bits[w] |= (values[k >> 6] >> (k & 63) & 1) * (x & (~x + 1));
    }
}

int lsi_column_between(const lsi_column *c, uint32_t block, int64_t from, int64_t to, uint64_t *bits, ls_error *err)
{
    block_parts b;
    uint64_t present[LSI_COLUMN_BLOCK / 64];
    int rc = get_block(c, block, &b, err);
    memset(bits, 0, LSI_COLUMN_BLOCK / 8);
    if (rc || !b.values || from > to || from > b.max || to < b.min) return rc;
    const bool all = from <= b.min && to >= b.max;
    const size_t words = lsi_bitset_words(b.docs);
    if (all || !b.packed) lsi_bitset_fill(bits, 0, b.values); /* not packed: all are min */
    else packed_between(c, &b, LSI_MAX(from, b.min), LSI_MIN(to, b.max), bits);
    if (!b.bits) return LS_OK;
    for (size_t w = 0; w < words; w++) present[w] = lsi_get64(b.bits + 8 * w);
    if (lsi_bitset_count(present, 0, words * 64) != b.values || lsi_bitset_count(present, 0, b.docs) != b.values)
        return lsi_section_corrupt(c->section, c->offset, err, "as many bits as values");
    if (all) memcpy(bits, present, words * sizeof *bits);
    else spread(bits, present, words);
    return LS_OK;
}

int lsi_column_block_range(const lsi_column *c, uint32_t block, int64_t *min, int64_t *max, ls_error *err)
{
    block_parts b;
    uint64_t body;
    int rc = get_head(c, block, &b, &body, err);
    if (rc) return rc;
    *min = b.values ? b.min : INT64_MAX;
    *max = b.values ? b.max : INT64_MIN;
    return LS_OK;
}

int lsi_column_verify(const lsi_column *c, ls_error *err)
{
    uint64_t present = 0;
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (uint32_t k = 0; k < c->block_count; k++) {
        block_parts b;
        int rc = get_block(c, k, &b, err);
        if (rc) return rc;
        uint32_t bits = b.values;
        if (b.bits) {
            uint64_t words[LSI_COLUMN_BLOCK / 64];
            for (size_t w = 0; w < lsi_bitset_words(b.docs); w++) words[w] = lsi_get64(b.bits + 8 * w);
            bits = (uint32_t)lsi_bitset_count(words, 0, lsi_bitset_words(b.docs) * 64);
            if (lsi_bitset_count(words, 0, b.docs) != bits) bits = UINT32_MAX;
        }
        if (bits != b.values) return lsi_section_corrupt(c->section, c->offset, err, "as many bits as values");
        int64_t min = INT64_MAX, max = INT64_MIN;
        for (uint32_t i = 0; i < b.values; i++) {
            int64_t v = value_at(c, &b, i);
            min = LSI_MIN(min, v);
            max = LSI_MAX(max, v);
        }
        if (b.values && (min != b.min || max != b.max))
            return lsi_section_corrupt(c->section, c->offset, err, "values within their block's bounds");
        low = LSI_MIN(low, min);
        high = LSI_MAX(high, max);
        present += b.values;
    }
    if (present != c->present || low != c->min || high != c->max)
        return lsi_section_corrupt(c->section, c->offset, err, "the bounds and the number of a column's values");
    return LS_OK;
}

/* ---- writing ---- */

static bool has_value(const uint64_t *present, uint32_t doc)
{
    return !present || lsi_bitset_test(present, doc);
}

typedef struct extent { /* of the values of documents [from, to) */
    int64_t min, max;
    uint32_t values;
} extent;

static extent extent_of(const int64_t *values, const uint64_t *present, uint32_t from, uint32_t to)
{
    extent e = {INT64_MAX, INT64_MIN, 0};
    for (uint32_t d = from; d < to; d++) {
        if (!has_value(present, d)) continue;
        e.min = LSI_MIN(e.min, values[d]);
        e.max = LSI_MAX(e.max, values[d]);
        e.values++;
    }
    return e;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* The largest step that divides every distance from the column's least value, and so from each block's. */
static uint64_t step_of(const int64_t *values, const uint64_t *present, uint32_t doc_count, int64_t min)
{
    uint64_t g = 0;
    for (uint32_t d = 0; d < doc_count && g != 1; d++)
        if (has_value(present, d)) g = gcd(g, (uint64_t)values[d] - (uint64_t)min);
    return g ? g : 1;
}

static void put_body(lsi_buf *b, const int64_t *values, const uint64_t *present, uint32_t from, uint32_t to, extent e,
                     unsigned width, uint64_t step)
{
    lsi_bits_writer bits = {b, 0, 0};
    if (e.values && e.values < to - from)
        for (uint32_t d = from; d < to; d += 64) {
            uint64_t w = 0;
            for (uint32_t i = 0; i < 64 && d + i < to; i++) w |= (uint64_t)has_value(present, d + i) << i;
            lsi_buf_put64(b, w);
        }
    for (uint32_t d = from; d < to; d++)
        if (has_value(present, d)) lsi_bits_put(&bits, ((uint64_t)values[d] - (uint64_t)e.min) / step, width);
    lsi_bits_end(&bits);
}

int lsi_column_write(lsi_sink *s, const int64_t *values, const uint64_t *present, uint32_t doc_count, uint64_t *offset,
                     ls_error *err)
{
    extent all = extent_of(values, present, 0, doc_count);
    uint64_t step = step_of(values, present, doc_count, all.min);
    uint32_t blocks = doc_count / LSI_COLUMN_BLOCK + (doc_count % LSI_COLUMN_BLOCK != 0);
    uint64_t bodies_at = HEAD_BYTES + (uint64_t)blocks * BLOCK_BYTES;
    lsi_buf heads, bodies;
    lsi_buf_init(&heads, 0);
    lsi_buf_init(&bodies, 0);
    lsi_buf_put32(&heads, doc_count);
    lsi_buf_put32(&heads, blocks);
    lsi_buf_put64(&heads, all.values);
    lsi_buf_put64(&heads, (uint64_t)all.min);
    lsi_buf_put64(&heads, (uint64_t)all.max);
    lsi_buf_put64(&heads, step);
    for (uint32_t k = 0; k < blocks; k++) {
        uint32_t from = k * LSI_COLUMN_BLOCK, to = LSI_MIN(doc_count, from + LSI_COLUMN_BLOCK);
        extent e = extent_of(values, present, from, to);
        unsigned width = e.values ? lsi_bits64(((uint64_t)e.max - (uint64_t)e.min) / step) : 0;
        lsi_buf_put64(&heads, (uint64_t)e.min);
        lsi_buf_put64(&heads, (uint64_t)e.max);
        lsi_buf_put64(&heads, bodies_at + bodies.len);
        lsi_buf_put32(&heads, width);
        lsi_buf_put32(&heads, e.values);
        put_body(&bodies, values, present, from, to, e, width, step);
    }
    int rc = heads.rc || bodies.rc ? lsi_fail_nomem(err) : LS_OK;
    if (!rc) {
        lsi_sink_align(s, 8);
        *offset = lsi_sink_at(s);
        lsi_sink_put(s, heads.data, heads.len);
        if (bodies.len) lsi_sink_put(s, bodies.data, bodies.len);
        rc = lsi_sink_failed(s, err);
    }
    lsi_buf_clear(&heads);
    lsi_buf_clear(&bodies);
    return rc;
}
