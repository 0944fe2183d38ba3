/* shingles.c — owns the section of shingles but for the entries (shingle_entries.c): what is known of the documents'
 * texts and of pairs of texts. Ignorant of how shingles are made and of what a share means.
 *
 * Little-endian; d documents, r rows, e entries; a width is that of the highest document, row:
 *   u64 × d   hash of each document's text; 0: it has none
 *   bits × d  the documents by rising (hash, document)
 *   u8  × d   shingles of the text, 255 for more
 *   u64 × r   texts, rising              — of the rows, one for each direction of a pair, sorted by (text, other)
 *   bits × r  the row of the other direction, whose text is the other one
 *   u16 × r   how much of the text lies in the other, in 1/65535
 *   u8  × r   different shingles that both texts have, 255 for more
 *   entries   blocks, then their heads
 *   u64 r, u64 e, u64 bytes of the blocks, u32 d, u32 0
 * A document whose text an earlier one of the segment has too has no entries.
 *
 * Example, one document of the text 5 with 1 shingle, kept: 2^63; no row; documents take 0 bits, and so do 1 mark and
 * 1 document behind the head of their block:
 *   0500000000000000 | 01 | 00000080 0000000000000000 |
 *   0000000000000000 0100000000000000 0000000000000000 01000000 00000000 */
#include "libsearch/codec/shingles.h"
#include "libsearch/codec/bits.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/shingles_layout.h"

#define ROW_BYTES 11u /* at least */

/* ---- reading ---- */

int lsi_shingles_open(lsi_shingles *x, const lsi_section *s, uint32_t doc_count, ls_error *err)
{
    memset(x, 0, sizeof *x);
    x->doc_count = doc_count;
    if (!s->bytes) return LS_OK;
    if (s->bytes < LSI_SHINGLES_TAIL) return lsi_section_corrupt(s, 0, err, "shingles of documents");
    const uint64_t tail = s->bytes - LSI_SHINGLES_TAIL;
    const uint8_t *p = lsi_section_get(s, tail, LSI_SHINGLES_TAIL, err);
    if (!p) return lsi_read_failed(err);
    x->rows = lsi_get64(p);
    x->entries = lsi_get64(p + 8);
    uint64_t blocks = lsi_get64(p + 16), heads = x->entries / LSI_SHINGLE_BLOCK + (x->entries % LSI_SHINGLE_BLOCK != 0);
    if (x->rows > s->bytes / ROW_BYTES || heads > s->bytes / LSI_SHINGLES_HEAD || blocks > s->bytes ||
        lsi_get32(p + 24) != doc_count || lsi_get32(p + 28))
        return lsi_section_corrupt(s, tail, err, "numbers of rows, shingles and documents");
    x->doc_width = lsi_bits_below(doc_count);
    x->row_width = lsi_bits_below(x->rows);
    x->order_at = 8 * (uint64_t)doc_count;
    x->counts_at = x->order_at + lsi_bits_bytes(doc_count, x->doc_width);
    x->keys_at = x->counts_at + doc_count;
    x->twins_at = x->keys_at + 8 * x->rows;
    x->shares_at = x->twins_at + lsi_bits_bytes(x->rows, x->row_width);
    x->common_at = x->shares_at + 2 * x->rows;
    x->blocks_at = x->common_at + x->rows;
    x->heads_at = x->blocks_at + blocks;
    if (x->heads_at + LSI_SHINGLES_HEAD * heads != tail)
        return lsi_section_corrupt(s, tail, err, "as many bytes as rows, shingles and documents take");
    x->section = s;
    return LS_OK;
}

LSI_INLINE int get64(const lsi_shingles *x, uint64_t at, uint64_t i, uint64_t *out, ls_error *err)
{
    const uint8_t *p = lsi_section_get(x->section, at + 8 * i, 8, err);
    if (!p) return lsi_read_failed(err);
    *out = lsi_get64(p);
    return LS_OK;
}

int lsi_shingles_doc(const lsi_shingles *x, lsi_doc doc, uint64_t *text, uint32_t *count, ls_error *err)
{
    *text = 0;
    if (count) *count = 0;
    if (!x->section) return LS_OK;
    if (doc >= x->doc_count) return lsi_fail(err, LS_MISUSE, "no such document");
    int rc = get64(x, 0, doc, text, err);
    if (rc || !count) return rc;
    const uint8_t *p = lsi_section_get(x->section, x->counts_at + doc, 1, err);
    if (!p) return lsi_read_failed(err);
    *count = *p;
    return LS_OK;
}

int lsi_shingles_order(const lsi_shingles *x, uint32_t i, lsi_doc *doc, ls_error *err)
{
    uint64_t v;
    int rc = lsi_bits_get(x->section, x->order_at, x->doc_width, i, &v, err);
    if (rc) return rc;
    if (v >= x->doc_count)
        return lsi_section_corrupt(x->section, x->order_at + (uint64_t)i * x->doc_width / 8, err,
                                   "a document of the segment");
    *doc = (lsi_doc)v;
    return LS_OK;
}

/* The number at place i of one of the two sorted parts. */
typedef int part(const lsi_shingles *x, uint64_t i, uint64_t *value, ls_error *err);

static int text_in_order(const lsi_shingles *x, uint64_t i, uint64_t *value, ls_error *err)
{
    lsi_doc doc;
    int rc = lsi_shingles_order(x, (uint32_t)i, &doc, err);
    return rc ? rc : get64(x, 0, doc, value, err);
}
static int key_of_row(const lsi_shingles *x, uint64_t i, uint64_t *value, ls_error *err)
{
    return get64(x, x->keys_at, i, value, err);
}

/* The first of places [lo, n), of which there are some, whose number is ≥ value. Hashes are spread evenly: where the value would stand by that is
 * looked at first, then the place that the difference to the number there leads to; from it, steps that double lead to
 * both sides of the value. Damaged order gives some place within [lo, n]. */
LSI_INLINE uint64_t guess_place(uint64_t value, uint64_t n)
{
    return (uint64_t)((double)value * 0x1p-64 * (double)n);
}

LSI_INLINE int seek(const lsi_shingles *x, part *get, uint64_t n, uint64_t value, uint64_t lo, uint64_t *at,
                    ls_error *err)
{
    uint64_t hi = n, step = 4, v = 0, guess = LSI_MIN(LSI_MAX(guess_place(value, n), lo), n - 1);
    int rc = get(x, guess, &v, err);
    if (!rc) {
        uint64_t off = guess_place(v < value ? value - v : v - value, n);
        guess = v < value ? guess + LSI_MIN(off, n - 1 - guess) : guess - LSI_MIN(off, guess - lo);
        rc = get(x, guess, &v, err);
    }
    if (!rc && v < value) {
        for (lo = guess + 1; lo < hi && step < hi - lo; step *= 2) {
            if ((rc = get(x, lo + step - 1, &v, err)) || v >= value) {
                hi = lo + step - 1;
                break;
            }
            lo += step;
        }
    } else if (!rc) {
        for (hi = guess; lo < hi && step < hi - lo; step *= 2) {
            if ((rc = get(x, hi - step, &v, err)) || v < value) {
                lo = hi - step + 1;
                break;
            }
            hi -= step;
        }
    }
    while (!rc && lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        if ((rc = get(x, mid, &v, err))) break;
        if (v < value) lo = mid + 1;
        else hi = mid;
    }
    *at = lo;
    return rc;
}

int lsi_shingles_text(const lsi_shingles *x, uint64_t text, uint32_t *from, uint32_t *to, ls_error *err)
{
    uint64_t lo = 0, hi = 0;
    *from = *to = 0;
    if (!x->section || !x->doc_count || !text) return LS_OK;
    int rc = seek(x, text_in_order, x->doc_count, text, 0, &lo, err);
    uint64_t v = 0;
    if (!rc && lo < x->doc_count) rc = text_in_order(x, lo, &v, err);
    if (rc || lo == x->doc_count || v != text) return rc;
    for (hi = lo + 1; hi < x->doc_count && hi < lo + 4; hi++) /* few, as a rule */
        if ((rc = text_in_order(x, hi, &v, err)) || v != text) break;
    if (!rc && hi == lo + 4 && hi < x->doc_count) {
        rc = text < UINT64_MAX ? seek(x, text_in_order, x->doc_count, text + 1, hi, &hi, err) : LS_OK;
        if (text == UINT64_MAX) hi = x->doc_count;
    }
    *from = (uint32_t)lo;
    *to = (uint32_t)hi;
    return rc;
}

int lsi_shingles_rows(const lsi_shingles *x, uint64_t text, uint64_t *from, uint64_t *to, ls_error *err)
{
    *from = *to = 0;
    if (!x->section || !x->rows || !text) return LS_OK;
    int rc = seek(x, key_of_row, x->rows, text, 0, from, err);
    uint64_t v = text;
    for (*to = *from; !rc && *to < x->rows; ++*to)
        if ((rc = key_of_row(x, *to, &v, err)) || v != text) break;
    return rc;
}

/* The row of the other direction. */
static int twin_of(const lsi_shingles *x, uint64_t i, uint64_t *twin, ls_error *err)
{
    int rc = lsi_bits_get(x->section, x->twins_at, x->row_width, i, twin, err);
    if (!rc && *twin >= x->rows)
        rc = lsi_section_corrupt(x->section, x->twins_at + i * x->row_width / 8, err, "a row of the other direction");
    return rc;
}

static int get_share(const lsi_shingles *x, uint64_t i, uint16_t *share, ls_error *err)
{
    const uint8_t *p = lsi_section_get(x->section, x->shares_at + 2 * i, 2, err);
    if (!p) return lsi_read_failed(err);
    *share = lsi_get16(p);
    return LS_OK;
}

int lsi_shingles_row(const lsi_shingles *x, uint64_t i, lsi_relation_row *out, ls_error *err)
{
    uint64_t twin;
    memset(out, 0, sizeof *out);
    int rc = twin_of(x, i, &twin, err);
    if (!rc) rc = key_of_row(x, i, &out->text, err);
    if (!rc) rc = key_of_row(x, twin, &out->other, err);
    if (!rc) rc = get_share(x, i, &out->share, err);
    if (!rc) rc = get_share(x, twin, &out->back, err);
    if (rc) return rc;
    const uint8_t *p = lsi_section_get(x->section, x->common_at + i, 1, err);
    if (!p) return lsi_read_failed(err);
    out->common = *p;
    return LS_OK;
}

/* ---- checking ---- */

static int verify_order(const lsi_shingles *x, ls_error *err)
{
    uint64_t text = 0, before = 0;
    lsi_doc doc = 0, last = 0;
    for (uint32_t i = 0; i < x->doc_count; i++) {
        int rc = lsi_shingles_order(x, i, &doc, err);
        if (!rc) rc = get64(x, 0, doc, &text, err);
        if (rc) return rc;
        if (i && (text < before || (text == before && doc <= last)))
            return lsi_section_corrupt(x->section, x->order_at + (uint64_t)i * x->doc_width / 8, err,
                                       "documents by rising text");
        before = text;
        last = doc;
    }
    return LS_OK; /* rising, and each below doc_count: as many different ones as there are */
}

/* Rows rise, and two are each other's twins. */
static int verify_rows(const lsi_shingles *x, ls_error *err)
{
    lsi_relation_row row, before = {0}, back;
    for (uint64_t i = 0; i < x->rows; i++) {
        uint64_t twin, again;
        int rc = lsi_shingles_row(x, i, &row, err);
        if (!rc) rc = twin_of(x, i, &twin, err);
        if (!rc) rc = twin_of(x, twin, &again, err);
        if (!rc) rc = lsi_shingles_row(x, twin, &back, err);
        if (rc) return rc;
        bool rises = !i || row.text > before.text || (row.text == before.text && row.other > before.other);
        if (!rises || !row.text || row.text == row.other)
            return lsi_section_corrupt(x->section, x->keys_at + 8 * i, err, "rising pairs of two texts");
        if (again != i || back.common != row.common)
            return lsi_section_corrupt(x->section, x->common_at + i, err, "a pair of texts both ways round");
        before = row;
    }
    return LS_OK;
}

int lsi_shingles_verify_texts(const lsi_shingles *x, ls_error *err)
{
    int rc = x->section ? verify_order(x, err) : LS_OK;
    return rc || !x->section ? rc : verify_rows(x, err);
}

int lsi_shingles_verify(const lsi_shingles *x, ls_error *err)
{
    int rc = lsi_shingles_verify_texts(x, err);
    return rc || !x->section ? rc : lsi_shingle_verify(x, err);
}

/* ---- writing ---- */

/* Where the other direction of row i stands; n: it does not. */
static size_t find_twin(const lsi_relation_row *rows, size_t n, size_t i)
{
    size_t lo = 0, hi = n;
    const lsi_relation_row *r = &rows[i], *t;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        t = &rows[mid];
        if (t->text < r->other || (t->text == r->other && t->other < r->text)) lo = mid + 1;
        else hi = mid;
    }
    t = &rows[lo];
    bool is = lo < n && t->text == r->other && t->other == r->text && t->share == r->back && t->back == r->share &&
              t->common == r->common;
    return is ? lo : n;
}

static int put_rows(lsi_shingles_writer *w, const lsi_relation_row *rows, size_t n, ls_error *err)
{
    lsi_bits_writer bits = {&w->block, 0, 0};
    unsigned width = lsi_bits_below(n);
    for (size_t i = 0; i < n; i++) {
        size_t twin = find_twin(rows, n, i);
        if (twin == n) return lsi_fail(err, LS_CORRUPT, "a relation of two texts is told one way round only");
        lsi_sink_put64(w->sink, rows[i].text);
        lsi_bits_put(&bits, twin, width);
    }
    lsi_bits_end(&bits);
    if (w->block.rc) return lsi_fail_nomem(err);
    if (w->block.len) lsi_sink_put(w->sink, w->block.data, w->block.len);
    for (size_t i = 0; i < n; i++) {
        uint8_t le[2];
        lsi_set16(le, rows[i].share);
        lsi_sink_put(w->sink, le, 2);
    }
    for (size_t i = 0; i < n; i++) lsi_sink_put(w->sink, &rows[i].common, 1);
    return LS_OK;
}

int lsi_shingles_begin(lsi_shingles_writer *w, lsi_sink *s, uint32_t doc_count, const uint64_t *texts,
                       const lsi_doc *order, const uint8_t *counts, const lsi_relation_row *rows, size_t row_count,
                       ls_error *err)
{
    memset(w, 0, sizeof *w);
    w->sink = s;
    w->doc_count = doc_count;
    w->doc_width = lsi_bits_below(doc_count);
    w->rows = row_count;
    lsi_bits_writer bits = {&w->block, 0, 0};
    for (uint32_t d = 0; d < doc_count; d++) lsi_sink_put64(s, texts[d]);
    for (uint32_t d = 0; d < doc_count; d++) lsi_bits_put(&bits, order[d], w->doc_width);
    lsi_bits_end(&bits);
    if (w->block.rc) return lsi_fail_nomem(err);
    if (w->block.len) lsi_sink_put(s, w->block.data, w->block.len);
    lsi_sink_put(s, counts, doc_count);
    lsi_buf_reset(&w->block);
    int rc = put_rows(w, rows, row_count, err);
    w->blocks_at = lsi_sink_at(s);
    return rc;
}

void lsi_shingles_writer_clear(lsi_shingles_writer *w)
{
    lsi_buf_clear(&w->block);
    lsi_buf_clear(&w->heads);
}
