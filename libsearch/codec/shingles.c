/* shingles.c — owns the section of shingles: what is known of the documents' texts, of pairs of texts, and where each
 * kept shingle stands. Ignorant of how shingles are made and of what a share means.
 *
 * Little-endian, d documents, r rows, e entries:
 *   u64 × d   hash of each document's text; 0: it has none
 *   u32 × d   the documents by rising (hash, document)
 *   u8  × d   shingles of the text, 255 for more; zeros up to a multiple of 8
 *   u64 × r   texts, rising              — of the rows, one for each direction of a pair, sorted by (text, other)
 *   u64 × r   others
 *   u32 × r   low half: how much of the text lies in the other, high half: how much of the other in the text, in
 *             1/65535
 *   u8  × r   different shingles that both texts have, 255 for more; zeros up to a multiple of 8
 *   u64 × e   highest 34 bits of a shingle, 30 bits of the first document that has the text; strictly rising
 *   u64 r, u64 e, u32 d, u32 0
 * A document whose text an earlier one of the segment has too has no entries.
 *
 * Example, one document of the text 5 with 1 shingle, kept: 2^63; no row:
 *   0500000000000000 | 00000000 | 01 | 000000 | 0000000000000080 | 0000000000000000 0100000000000000 01000000 00000000 */
#include "libsearch/codec/shingles.h"
#include "libsearch/codec/read.h"

#define TAIL   24u
#define UP8(n) (((n) + 7) & ~(uint64_t)7)

/* ---- reading ---- */

int lsi_shingles_open(lsi_shingles *x, const lsi_section *s, uint32_t doc_count, ls_error *err)
{
    memset(x, 0, sizeof *x);
    x->doc_count = doc_count;
    if (!s->bytes) return LS_OK;
    if (s->bytes < TAIL) return lsi_section_corrupt(s, 0, err, "shingles of documents");
    const uint8_t *p = lsi_section_get(s, s->bytes - TAIL, TAIL, err);
    if (!p) return lsi_read_failed(err);
    x->rows = lsi_get64(p);
    x->entries = lsi_get64(p + 8);
    if (x->rows > s->bytes / 21 || x->entries > s->bytes / 8 || lsi_get32(p + 16) != doc_count || lsi_get32(p + 20))
        return lsi_section_corrupt(s, s->bytes - TAIL, err, "numbers of rows, shingles and documents");
    x->order_at = 8 * (uint64_t)doc_count;
    x->counts_at = x->order_at + 4 * (uint64_t)doc_count;
    x->keys_at = UP8(x->counts_at + doc_count);
    x->others_at = x->keys_at + 8 * x->rows;
    x->shares_at = x->others_at + 8 * x->rows;
    x->common_at = x->shares_at + 4 * x->rows;
    x->entries_at = UP8(x->common_at + x->rows);
    if (s->bytes != x->entries_at + 8 * x->entries + TAIL)
        return lsi_section_corrupt(s, s->bytes - TAIL, err, "as many bytes as rows, shingles and documents take");
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
    const uint8_t *p = lsi_section_get(x->section, x->order_at + 4 * (uint64_t)i, 4, err);
    if (!p) return lsi_read_failed(err);
    *doc = lsi_get32(p);
    if (*doc >= x->doc_count)
        return lsi_section_corrupt(x->section, x->order_at + 4 * (uint64_t)i, err, "a document of the segment");
    return LS_OK;
}

/* The number at place i of one of the three sorted parts. */
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
int lsi_shingles_entry(const lsi_shingles *x, uint64_t i, uint64_t *entry, ls_error *err)
{
    return get64(x, x->entries_at, i, entry, err);
}

/* The first of places [lo, n) whose number is ≥ value. Hashes are spread evenly: where the value would stand by that is
 * looked at first, then the place that the difference to the number there leads to; from it, steps that double lead to
 * both sides of the value. Damaged order gives some place within [lo, n]. */
LSI_INLINE uint64_t guess_place(uint64_t value, uint64_t n)
{
    return (uint64_t)((double)value * 0x1p-64 * (double)n);
}

LSI_INLINE int seek(const lsi_shingles *x, part *get, uint64_t n, uint64_t value, uint64_t lo, uint64_t *at,
                    ls_error *err)
{
    uint64_t hi = n, step = 4, v = 0, guess = LSI_MIN(LSI_MAX(guess_place(value, n), lo), n - (n > 0));
    int rc = lo < n ? get(x, guess, &v, err) : LS_OK;
    if (lo < n && !rc) {
        uint64_t off = guess_place(v < value ? value - v : v - value, n);
        guess = v < value ? guess + LSI_MIN(off, n - 1 - guess) : guess - LSI_MIN(off, guess - lo);
        rc = get(x, guess, &v, err);
    }
    if (lo < n && !rc && v < value) {
        for (lo = guess + 1; lo < hi && step < hi - lo; step *= 2) {
            if ((rc = get(x, lo + step - 1, &v, err)) || v >= value) {
                hi = lo + step - 1;
                break;
            }
            lo += step;
        }
    } else if (lo < n && !rc) {
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

int lsi_shingles_seek(const lsi_shingles *x, uint64_t value, uint64_t *at, ls_error *err)
{
    *at = 0;
    return x->section ? seek(x, lsi_shingles_entry, x->entries, value, 0, at, err) : LS_OK;
}

int lsi_shingles_next(const lsi_shingles *x, uint64_t value, uint64_t from, uint64_t step, uint64_t *at, ls_error *err)
{
    uint64_t lo = from, hi = from, entry = 0; /* all before lo are smaller; the entry at hi is not, if there is one */
    int rc = LS_OK;
    for (; hi < x->entries; step *= 2) {
        rc = lsi_shingles_entry(x, hi, &entry, err);
        if (rc || entry >= value) break;
        lo = hi + 1;
        hi = step < x->entries - hi ? hi + step : x->entries;
    }
    while (!rc && lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        rc = lsi_shingles_entry(x, mid, &entry, err);
        if (entry < value) lo = mid + 1;
        else hi = mid;
    }
    *at = lo;
    return rc;
}

int lsi_shingles_text(const lsi_shingles *x, uint64_t text, uint32_t *from, uint32_t *to, ls_error *err)
{
    uint64_t lo = 0, hi = 0;
    *from = *to = 0;
    if (!x->section || !text) return LS_OK;
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

int lsi_shingles_row(const lsi_shingles *x, uint64_t i, lsi_relation_row *out, ls_error *err)
{
    memset(out, 0, sizeof *out);
    int rc = get64(x, x->keys_at, i, &out->text, err);
    if (!rc) rc = get64(x, x->others_at, i, &out->other, err);
    if (rc) return rc;
    const uint8_t *p = lsi_section_get(x->section, x->shares_at + 4 * i, 4, err);
    if (!p) return lsi_read_failed(err);
    out->share = lsi_get16(p);
    out->back = lsi_get16(p + 2);
    p = lsi_section_get(x->section, x->common_at + i, 1, err);
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
            return lsi_section_corrupt(x->section, x->order_at + 4 * (uint64_t)i, err, "documents by rising text");
        before = text;
        last = doc;
    }
    return LS_OK; /* rising, and each below doc_count: as many different ones as there are */
}

/* Rows rise, and each has its counterpart. */
static int verify_rows(const lsi_shingles *x, ls_error *err)
{
    lsi_relation_row row, before = {0}, back;
    for (uint64_t i = 0; i < x->rows; i++) {
        uint64_t from, to;
        int rc = lsi_shingles_row(x, i, &row, err);
        if (rc) return rc;
        bool rises = !i || row.text > before.text || (row.text == before.text && row.other > before.other);
        if (!rises || !row.text || !row.other || row.text == row.other)
            return lsi_section_corrupt(x->section, x->keys_at + 8 * i, err, "rising pairs of two texts");
        bool found = false;
        rc = lsi_shingles_rows(x, row.other, &from, &to, err);
        for (; !rc && from < to && !found; from++) {
            rc = lsi_shingles_row(x, from, &back, err);
            found = !rc && back.other == row.text && back.share == row.back && back.back == row.share &&
                    back.common == row.common;
        }
        if (rc) return rc;
        if (!found) return lsi_section_corrupt(x->section, x->keys_at + 8 * i, err, "a pair of texts both ways round");
        before = row;
    }
    return LS_OK;
}

/* Entries rise, and are the first documents' of their texts. */
static int verify_entries(const lsi_shingles *x, ls_error *err)
{
    uint64_t entry, before = 0, text;
    for (uint64_t i = 0; i < x->entries; i++) {
        uint32_t from, to;
        lsi_doc first = LSI_DOC_END;
        int rc = lsi_shingles_entry(x, i, &entry, err);
        if (rc) return rc;
        lsi_doc doc = lsi_shingle_doc(entry);
        if ((i && entry <= before) || doc >= x->doc_count)
            return lsi_section_corrupt(x->section, x->entries_at + 8 * i, err, "rising shingles of documents");
        before = entry;
        rc = get64(x, 0, doc, &text, err);
        if (!rc) rc = lsi_shingles_text(x, text, &from, &to, err);
        if (!rc && from < to) rc = lsi_shingles_order(x, from, &first, err);
        if (rc) return rc;
        if (first != doc)
            return lsi_section_corrupt(x->section, x->entries_at + 8 * i, err, "the first document of its text");
    }
    return LS_OK;
}

static int verify_zeros(const lsi_shingles *x, uint64_t from, uint64_t to, ls_error *err)
{
    for (; from < to; from++) {
        const uint8_t *p = lsi_section_get(x->section, from, 1, err);
        if (!p) return lsi_read_failed(err);
        if (*p) return lsi_section_corrupt(x->section, from, err, "zeros between two parts");
    }
    return LS_OK;
}

int lsi_shingles_verify(const lsi_shingles *x, ls_error *err)
{
    if (!x->section) return LS_OK;
    int rc = verify_zeros(x, x->counts_at + x->doc_count, x->keys_at, err);
    if (!rc) rc = verify_zeros(x, x->common_at + x->rows, x->entries_at, err);
    if (!rc) rc = verify_order(x, err);
    if (!rc) rc = verify_rows(x, err);
    return rc ? rc : verify_entries(x, err);
}

/* ---- writing ---- */

void lsi_shingles_begin(lsi_shingles_writer *w, lsi_sink *s, uint32_t doc_count, const uint64_t *texts,
                        const lsi_doc *order, const uint8_t *counts, const lsi_relation_row *rows, size_t row_count)
{
    *w = (lsi_shingles_writer){.sink = s, .doc_count = doc_count, .rows = row_count};
    for (uint32_t d = 0; d < doc_count; d++) lsi_sink_put64(s, texts[d]);
    for (uint32_t d = 0; d < doc_count; d++) lsi_sink_put32(s, order[d]);
    lsi_sink_put(s, counts, doc_count);
    lsi_sink_align(s, 8);
    for (size_t i = 0; i < row_count; i++) lsi_sink_put64(s, rows[i].text);
    for (size_t i = 0; i < row_count; i++) lsi_sink_put64(s, rows[i].other);
    for (size_t i = 0; i < row_count; i++) lsi_sink_put32(s, rows[i].share | (uint32_t)rows[i].back << 16);
    for (size_t i = 0; i < row_count; i++) lsi_sink_put(s, &rows[i].common, 1);
    lsi_sink_align(s, 8);
}

void lsi_shingles_put(lsi_shingles_writer *w, uint64_t entry)
{
    if (w->entries && entry <= w->last) return; /* said already */
    lsi_sink_put64(w->sink, entry);
    w->last = entry;
    w->entries++;
}

void lsi_shingles_end(lsi_shingles_writer *w)
{
    lsi_sink_put64(w->sink, w->rows);
    lsi_sink_put64(w->sink, w->entries);
    lsi_sink_put32(w->sink, w->doc_count);
    lsi_sink_put32(w->sink, 0);
}
