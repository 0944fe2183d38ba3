/* positions.c — owns streams of numbers, one a term: positions (gaps within a document) and form numbers. Entry i is
 * reached without those before it. Ignorant of documents: who asks knows the index and the number of entries.
 *
 * A stream of n entries at its offset:
 *   n ≤ 4      n varints (vint.h)
 *   n ≤ 256    u8 head: bits 0–5 width, bit 7 exceptions; [u8 e, only with bit 7;] patch.c's packed numbers
 *   n > 256    b = ⌈n/256⌉ blocks of patch.c's packed numbers lie before the offset; at the offset, little-endian:
 *                u32       bytes of all blocks: the first begins so many bytes before the offset
 *                u32 × b   offset of each block from the first
 *                u16 × b   bits 0–5 width, 8–15 number of exceptions
 * The arrays stand behind the blocks, so that a writer need not hold a stream that may be as long as the text.
 *
 * Example, n = 3, entries 5 300 1: 05 AC 02 01. Example, n = 5, entries 1 2 3 0 1: width 2, 1 | 2<<2 | 3<<4 | 0<<6 |
 * 1<<8 = 0139: 02 39 01. */
#include "libsearch/codec/positions.h"
#include "libsearch/codec/patch.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/vint.h"
#include "libsearch/util/alloc.h"

#define VINTS_MAX 4u
#define FEW       8u /* entries of a block that are quicker taken one by one than by decoding the block; measured */

/* ---- reading ---- */

static int open_vints(lsi_stream *s, ls_error *err)
{
    uint64_t left = s->offset < s->section->bytes ? s->section->bytes - s->offset : 0;
    uint64_t take = LSI_MIN(left, 5 * s->count);
    const uint8_t *p = lsi_section_get(s->section, s->offset, take ? take : 1, err), *end;
    if (!p) return lsi_read_failed(err);
    end = p + take;
    for (uint32_t i = 0; i < s->count; i++)
        if (!(p = lsi_vint_get32(p, end, &s->values[i])))
            return lsi_section_corrupt(s->section, s->offset, err, "a number of at most 32 bits");
    s->block = 0;
    return LS_OK;
}

static int open_one_block(lsi_stream *s, ls_error *err)
{
    const uint8_t *h = lsi_section_get(s->section, s->offset, 1, err);
    if (!h) return lsi_read_failed(err);
    s->data = s->offset + 1;
    s->short_widths = *h & 0x7f;
    if (*h & 0x80) {
        h = lsi_section_get(s->section, s->data++, 1, err);
        if (!h) return lsi_read_failed(err);
        if (!*h) return lsi_section_corrupt(s->section, s->data - 1, err, "at least one exception");
        s->short_widths = (uint16_t)(s->short_widths | *h << 8);
    }
    return LS_OK;
}

static int open_blocks(lsi_stream *s, ls_error *err)
{
    uint64_t b = (s->count + LSI_BLOCK_DOCS - 1) / LSI_BLOCK_DOCS;
    const uint8_t *p = lsi_section_get(s->section, s->offset, 4 + 6 * b, err);
    if (!p) return lsi_read_failed(err);
    if (lsi_get32(p) > s->offset) return lsi_section_corrupt(s->section, s->offset, err, "blocks within the section");
    s->data = s->offset - lsi_get32(p);
    s->offset_le = p + 4;
    s->widths_le = p + 4 + 4 * b;
    return LS_OK;
}

int lsi_stream_open(lsi_stream *s, const lsi_section *section, uint64_t offset, uint64_t count, ls_error *err)
{
    s->section = section;
    s->offset = offset;
    s->count = count;
    s->block = s->near_block = UINT32_MAX;
    s->near = 0;
    s->whole = false;
    s->offset_le = s->widths_le = NULL;
    s->data = 0;
    s->short_widths = 0;
    if (!section || !count) return LS_OK;
    if (count > UINT32_MAX) return lsi_section_corrupt(section, offset, err, "fewer than 2^32 entries");
    if (count <= VINTS_MAX) return open_vints(s, err);
    return count <= LSI_BLOCK_DOCS ? open_one_block(s, err) : open_blocks(s, err);
}

typedef struct place { /* a block of a stream */
    uint64_t off;
    uint32_t n;
    unsigned width, exceptions;
} place;

static int place_of(const lsi_stream *s, uint32_t block, place *at, ls_error *err)
{
    unsigned widths = s->short_widths;
    at->off = s->data;
    at->n = (uint32_t)LSI_MIN(s->count - (uint64_t)block * LSI_BLOCK_DOCS, (uint64_t)LSI_BLOCK_DOCS);
    if (s->offset_le) {
        at->off += lsi_get32(s->offset_le + 4 * (size_t)block);
        widths = lsi_get16(s->widths_le + 2 * (size_t)block);
    }
    at->width = widths & 0xff;
    at->exceptions = widths >> 8;
    if (at->width > 32) return lsi_section_corrupt(s->section, s->offset, err, "a width of at most 32 bits");
    return LS_OK;
}

static int decode(lsi_stream *s, uint32_t block, ls_error *err)
{
    place at;
    uint64_t bytes;
    s->block = UINT32_MAX;
    int rc = place_of(s, block, &at, err);
    if (!rc) rc = lsi_patch_get(s->values, s->section, at.off, at.n, at.width, at.exceptions, &bytes, err);
    if (!rc) s->block = block;
    return rc;
}

/* Entries of one block that is not the decoded one. */
static int read_other(lsi_stream *s, uint32_t block, uint32_t from, uint32_t n, uint32_t *out, ls_error *err)
{
    int rc;
    s->near = block == s->near_block ? s->near + n : n;
    s->near_block = block;
    if (s->near <= FEW && !s->whole) {
        place at;
        rc = place_of(s, block, &at, err);
        if (rc) return rc;
        return lsi_patch_some(out, s->section, at.off, at.n, at.width, at.exceptions, from, n, err);
    }
    if ((rc = decode(s, block, err))) return rc;
    memcpy(out, s->values + from, n * sizeof *out);
    return LS_OK;
}

int lsi_stream_read(lsi_stream *s, uint64_t first, uint32_t n, uint32_t *out, ls_error *err)
{
    if (!lsi_range_ok(first, n, s->count))
        return s->section ? lsi_section_corrupt(s->section, s->offset, err, "entries within the stream")
                          : lsi_fail(err, LS_CORRUPT, "entries behind the end of a stream");
    if (!s->section) {
        memset(out, 0, n * sizeof *out);
        return LS_OK;
    }
    while (n) {
        uint32_t block = (uint32_t)(first / LSI_BLOCK_DOCS), from = (uint32_t)(first % LSI_BLOCK_DOCS);
        uint32_t k = LSI_MIN(n, LSI_BLOCK_DOCS - from);
        if (block == s->block) {
            for (uint32_t i = 0; i < k; i++) out[i] = s->values[from + i];
        } else {
            int rc = read_other(s, block, from, k, out, err);
            if (rc) return rc;
        }
        out += k;
        first += k;
        n -= k;
    }
    return LS_OK;
}

int lsi_positions_read(lsi_stream *s, uint64_t first, uint32_t n, uint32_t *out, ls_error *err)
{
    int rc = lsi_stream_read(s, first, n, out, err);
    uint32_t at = 0;
    for (uint32_t i = 0; !rc && i < n; i++) {
        if (out[i] > LSI_POSITION_MAX - at) /* without a section all are 0 */
            return lsi_section_corrupt(s->section, s->offset, err, "positions below 2^31");
        out[i] = at += out[i];
    }
    return rc;
}

int lsi_stream_verify(const lsi_section *section, uint64_t offset, uint64_t count, ls_error *err)
{
    lsi_stream s;
    int rc = lsi_stream_open(&s, section, offset, count, err);
    if (rc || !section || count <= VINTS_MAX) return rc;
    for (uint64_t b = 0; b * LSI_BLOCK_DOCS < count; b++)
        if ((rc = decode(&s, (uint32_t)b, err))) return rc;
    return LS_OK;
}

/* ---- writing ---- */

typedef struct block_at {
    uint32_t offset;
    uint16_t widths;
} block_at;

struct lsi_stream_writer {
    lsi_sink *sink;
    uint32_t n, values[LSI_BLOCK_DOCS];
    uint64_t start; /* of the first block in the section; known once one is written */
    uint64_t bytes; /* of all blocks so far */
    block_at *blocks;
    size_t block_count, cap;
    lsi_buf buf;
    int rc;
};

int lsi_stream_writer_new(lsi_stream_writer **out, lsi_sink *sink, ls_error *err)
{
    *out = lsi_calloc(1, sizeof **out);
    if (!*out) return lsi_fail_nomem(err);
    (*out)->sink = sink;
    lsi_buf_init(&(*out)->buf, 0);
    return LS_OK;
}

void lsi_stream_writer_free(lsi_stream_writer *w)
{
    if (!w) return;
    lsi_buf_clear(&w->buf);
    lsi_free(w->blocks);
    lsi_free(w);
}

void lsi_stream_begin(lsi_stream_writer *w)
{
    w->n = 0;
    w->bytes = 0;
    w->block_count = 0;
    w->rc = LS_OK;
}

static void flush(lsi_stream_writer *w)
{
    lsi_patch plan = lsi_patch_plan(w->values, w->n, 32);
    block_at *grown = lsi_array_grow(w->blocks, &w->cap, w->block_count + 1, sizeof *grown);
    if (grown) w->blocks = grown;
    lsi_buf_reset(&w->buf);
    lsi_patch_put(&w->buf, w->values, w->n, plan);
    if (!grown || w->buf.rc) {
        w->rc = LS_NOMEM;
        return;
    }
    if (!w->block_count) w->start = lsi_sink_at(w->sink);
    if (w->bytes + w->buf.len > UINT32_MAX) {
        w->rc = LS_LIMIT;
        return;
    }
    w->blocks[w->block_count++] = (block_at){(uint32_t)w->bytes, (uint16_t)(plan.width | plan.exceptions << 8)};
    lsi_sink_put(w->sink, w->buf.data, w->buf.len);
    w->bytes += w->buf.len;
    w->n = 0;
}

void lsi_stream_add(lsi_stream_writer *w, uint32_t value)
{
    if (w->rc) return;
    if (w->n == LSI_BLOCK_DOCS) {
        flush(w);
        if (w->rc) return;
    }
    w->values[w->n++] = value;
}

/* Room for at least one of n more values; gives for how many. 0: a failure that sticks. */
static uint32_t room(lsi_stream_writer *w, uint32_t n)
{
    if (w->n == LSI_BLOCK_DOCS && !w->rc) flush(w);
    return w->rc ? 0 : LSI_MIN(n, LSI_BLOCK_DOCS - w->n);
}

void lsi_stream_add_all(lsi_stream_writer *w, const uint32_t *values, uint32_t n)
{
    for (uint32_t k; n && (k = room(w, n)); values += k, n -= k) {
        memcpy(w->values + w->n, values, k * sizeof *values);
        w->n += k;
    }
}

void lsi_stream_add_mapped(lsi_stream_writer *w, const uint32_t *values, const uint32_t *map, uint32_t n)
{
    for (uint32_t k; n && (k = room(w, n)); values += k, n -= k) {
        for (uint32_t i = 0; i < k; i++) w->values[w->n + i] = map[values[i]];
        w->n += k;
    }
}

static void put_short(lsi_stream_writer *w)
{
    lsi_buf *b = &w->buf;
    lsi_buf_reset(b);
    if (w->n <= VINTS_MAX) {
        for (uint32_t i = 0; i < w->n; i++) lsi_vint_put(b, w->values[i]);
    } else {
        lsi_patch plan = lsi_patch_plan(w->values, w->n, 32);
        lsi_buf_put8(b, (uint8_t)(plan.width | (plan.exceptions ? 0x80 : 0)));
        if (plan.exceptions) lsi_buf_put8(b, plan.exceptions);
        lsi_patch_put(b, w->values, w->n, plan);
    }
    if (b->rc) w->rc = b->rc;
    else if (b->len) lsi_sink_put(w->sink, b->data, b->len);
}

static void put_arrays(lsi_stream_writer *w)
{
    lsi_sink_put32(w->sink, (uint32_t)w->bytes);
    for (size_t i = 0; i < w->block_count; i++) lsi_sink_put32(w->sink, w->blocks[i].offset);
    for (size_t i = 0; i < w->block_count; i++) {
        uint8_t le[2];
        lsi_set16(le, w->blocks[i].widths);
        lsi_sink_put(w->sink, le, 2);
    }
}

int lsi_stream_end(lsi_stream_writer *w, uint64_t *offset, ls_error *err)
{
    *offset = LSI_OFFSET_NONE;
    if (!w->rc && !w->block_count) {
        *offset = lsi_sink_at(w->sink);
        put_short(w);
    } else if (!w->rc) {
        flush(w); /* a block was written because a value came behind it */
        *offset = lsi_sink_at(w->sink);
        if (!w->rc) w->rc = lsi_sink_rc(w->sink);
        if (!w->rc && *offset != w->start + w->bytes)
            return lsi_fail(err, LS_MISUSE, "two streams were written to one sink at once");
        put_arrays(w);
    }
    if (lsi_sink_rc(w->sink)) return w->rc = lsi_sink_failed(w->sink, err);
    if (w->rc == LS_LIMIT) return lsi_fail(err, LS_LIMIT, "a stream of positions or forms grew beyond 2^32 bytes");
    return w->rc ? lsi_fail_nomem(err) : LS_OK;
}
