/* keywords.c — owns columns of keywords, any number of values a document. Ignorant of how a value is folded.
 *
 * At a multiple of 8 in its section, little-endian; offsets are from this place:
 *   u32 documents, u32 v values, u32 p pairs (of a document and a value), u32 1 where no document has two values
 *   u64 offset of: starts, docs, document starts, ordinals, end
 *   values: u32 × (v+1) offset of each value from the end of these; a value is vint length and bytes of the folded
 *     spelling, then vint 0 where it was written so, else vint 1 + length and bytes as first written. Sorted by bytes.
 *   starts: v + 1 numbers of `pw` bits (bits.h): where each value's documents begin among docs
 *   docs: p document numbers of `dw` bits, rising within each value
 *   where no document has two:  ordinals: a number of `ow` bits for each document, 0 none, else ordinal + 1
 *   else  document starts: documents + 1 numbers of `pw` bits; ordinals: p numbers of `ow` bits, rising in a document
 * pw, dw, ow are the bits that p, documents and v need (as numbers, so that 0..p fit).
 *
 * Example: see tests/t_codec_store.c, test_keywords_example. */
#include "libsearch/codec/bits.h"
#include "libsearch/codec/column.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/vint.h"
#include "libsearch/util/alloc.h"

#define HEAD_BYTES 56u

static int damaged(const lsi_keywords *k, ls_error *err, const char *expected)
{
    return lsi_section_corrupt(k->section, k->offset, err, expected);
}

/* ---- reading ---- */

int lsi_keywords_open(lsi_keywords *k, const lsi_section *s, uint64_t offset, ls_error *err)
{
    const uint8_t *p = lsi_section_get(s, offset, HEAD_BYTES, err);
    if (!p) return lsi_read_failed(err);
    k->section = s;
    k->offset = offset;
    k->doc_count = lsi_get32(p);
    k->value_count = lsi_get32(p + 4);
    k->pair_count = lsi_get32(p + 8);
    k->single = lsi_get32(p + 12) == 1;
    k->starts = offset + lsi_get64(p + 16);
    k->docs = offset + lsi_get64(p + 24);
    k->doc_starts = offset + lsi_get64(p + 32);
    k->ords = offset + lsi_get64(p + 40);
    k->end = offset + lsi_get64(p + 48);
    if (lsi_get32(p + 12) > 1 || k->value_count > k->pair_count || !lsi_range_ok(k->end, 0, s->bytes))
        return damaged(k, err, "the head of a keyword column");
    return LS_OK;
}

/* Number i of a string of numbers as wide as `largest`. */
static int number_at(const lsi_keywords *k, uint64_t at, uint64_t largest, uint64_t i, uint64_t *v, ls_error *err)
{
    return lsi_bits_get(k->section, at, lsi_bits64(largest), i, v, err);
}

/* Two neighbouring numbers that bound a run: rising, at most pair_count. */
static int run_at(const lsi_keywords *k, uint64_t at, uint64_t i, uint64_t *from, uint64_t *to, ls_error *err)
{
    int rc = number_at(k, at, k->pair_count, i, from, err);
    if (!rc) rc = number_at(k, at, k->pair_count, i + 1, to, err);
    if (rc) return rc;
    return *from <= *to && *to <= k->pair_count ? LS_OK : damaged(k, err, "rising starts of keyword lists");
}

int lsi_keywords_value(const lsi_keywords *k, uint32_t ord, const uint8_t **folded, size_t *folded_len,
                       const uint8_t **written, size_t *written_len, ls_error *err)
{
    uint64_t n, bytes_at = k->offset + HEAD_BYTES + 4 * ((uint64_t)k->value_count + 1);
    if (ord >= k->value_count) return lsi_fail(err, LS_MISUSE, "no such keyword");
    const uint8_t *p = lsi_section_get(k->section, k->offset + HEAD_BYTES + 4 * (uint64_t)ord, 8, err), *end;
    if (!p) return lsi_read_failed(err);
    uint32_t from = lsi_get32(p), to = lsi_get32(p + 4);
    if (from >= to) return damaged(k, err, "rising offsets of keywords");
    if (!(p = lsi_section_get(k->section, bytes_at + from, to - from, err))) return lsi_read_failed(err);
    end = p + (to - from);
    p = lsi_vint_get(p, end, &n);
    if (!p || n > (uint64_t)(end - p)) return damaged(k, err, "a keyword within its bounds");
    *folded = *written = p;
    *folded_len = *written_len = (size_t)n;
    p = lsi_vint_get(p + n, end, &n);
    if (!p || (n && n - 1 != (uint64_t)(end - p)) || (!n && p != end))
        return damaged(k, err, "a keyword within its bounds");
    if (n) {
        *written = p;
        *written_len = (size_t)(n - 1);
    }
    return LS_OK;
}

int lsi_keywords_find(const lsi_keywords *k, const uint8_t *folded, size_t len, uint32_t *ord, ls_error *err)
{
    uint32_t lo = 0, hi = k->value_count;
    *ord = LSI_ORD_NONE;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const uint8_t *f, *w;
        size_t fn, wn;
        int rc = lsi_keywords_value(k, mid, &f, &fn, &w, &wn, err);
        if (rc) return rc;
        int order = lsi_bytes_cmp(f, fn, folded, len);
        if (!order) {
            *ord = mid;
            return LS_OK;
        }
        if (order < 0) lo = mid + 1;
        else hi = mid;
    }
    return LS_OK;
}

int lsi_keywords_doc(const lsi_keywords *k, lsi_doc doc, uint32_t *ords, uint32_t cap, uint32_t *n, ls_error *err)
{
    uint64_t v, from, to, before = 0;
    int rc;
    *n = 0;
    if (doc >= k->doc_count) return lsi_fail(err, LS_MISUSE, "no such document in a keyword column");
    if (k->single) {
        if ((rc = number_at(k, k->ords, k->value_count, doc, &v, err)) || !v) return rc;
        if (v > k->value_count) return damaged(k, err, "ordinals below the number of keywords");
        *n = 1;
        if (cap) ords[0] = (uint32_t)(v - 1);
        return LS_OK;
    }
    if ((rc = run_at(k, k->doc_starts, doc, &from, &to, err))) return rc;
    *n = (uint32_t)(to - from);
    for (uint64_t i = from; i < to && i - from < cap; i++) {
        if ((rc = number_at(k, k->ords, k->value_count, i, &v, err))) return rc;
        if (v >= k->value_count || (i > from && v <= before)) return damaged(k, err, "rising ordinals of keywords");
        ords[i - from] = (uint32_t)(before = v);
    }
    return LS_OK;
}

/* First place in [from, to) of docs whose document is ≥ doc. */
static int lower(const lsi_keywords *k, uint64_t from, uint64_t to, lsi_doc doc, uint64_t *at, ls_error *err)
{
    while (from < to) {
        uint64_t mid = from + (to - from) / 2, v;
        int rc = number_at(k, k->docs, k->doc_count, mid, &v, err);
        if (rc) return rc;
        if (v < doc) from = mid + 1;
        else to = mid;
    }
    *at = from;
    return LS_OK;
}

int lsi_keywords_docs(const lsi_keywords *k, uint32_t ord, lsi_doc from, lsi_doc to, lsi_doc *docs, uint32_t cap,
                      uint32_t *n, ls_error *err)
{
    uint64_t first, last, i, end, v, before = 0;
    *n = 0;
    if (ord >= k->value_count) return lsi_fail(err, LS_MISUSE, "no such keyword");
    int rc = run_at(k, k->starts, ord, &first, &last, err);
    if (!rc) rc = lower(k, first, last, from, &i, err);
    if (!rc) rc = lower(k, first, last, to, &end, err);
    if (rc || end <= i) return rc;
    *n = (uint32_t)(end - i);
    for (uint64_t j = i; j < end && j - i < cap; j++) {
        if ((rc = number_at(k, k->docs, k->doc_count, j, &v, err))) return rc;
        if (v >= k->doc_count || (j > i && v <= before)) return damaged(k, err, "rising documents of a keyword");
        docs[j - i] = (lsi_doc)(before = v);
    }
    return LS_OK;
}

int lsi_keywords_verify(const lsi_keywords *k, ls_error *err)
{
    const uint8_t *f, *w, *before = NULL;
    size_t fn, wn, before_len = 0;
    uint64_t pairs = 0, from, to, v, last = 0;
    uint32_t n, ord;
    int rc;
    for (uint32_t i = 0; i < k->value_count; i++) {
        if ((rc = lsi_keywords_value(k, i, &f, &fn, &w, &wn, err))) return rc;
        if (i && lsi_bytes_cmp(before, before_len, f, fn) >= 0) return damaged(k, err, "rising keywords");
        before = f;
        before_len = fn;
        if ((rc = run_at(k, k->starts, i, &from, &to, err))) return rc;
        if (from != pairs || from == to) return damaged(k, err, "documents for each keyword");
        for (; pairs < to; pairs++) {
            if ((rc = number_at(k, k->docs, k->doc_count, pairs, &v, err))) return rc;
            if (v >= k->doc_count || (pairs > from && v <= last))
                return damaged(k, err, "rising documents of a keyword");
            last = v;
        }
    }
    if (pairs != k->pair_count) return damaged(k, err, "as many documents as pairs");
    pairs = 0;
    for (uint32_t d = 0; d < k->doc_count; d++) {
        if ((rc = lsi_keywords_doc(k, d, &ord, 1, &n, err))) return rc;
        if (!k->single && (rc = run_at(k, k->doc_starts, d, &from, &to, err))) return rc;
        if (!k->single && from != pairs) return damaged(k, err, "keywords of each document");
        for (uint64_t i = k->single ? 0 : from, e = k->single ? 0 : to; i < e; i++) {
            if ((rc = number_at(k, k->ords, k->value_count, i, &v, err))) return rc;
            if (v >= k->value_count || (i > from && v <= last)) return damaged(k, err, "rising ordinals of keywords");
            last = v;
        }
        pairs += n;
    }
    return pairs == k->pair_count ? LS_OK : damaged(k, err, "as many keywords as pairs");
}

/* ---- writing ---- */

typedef struct counts { /* what a first walk over the pairs finds */
    uint32_t values, pairs;
    uint32_t *of_doc; /* doc_count + 1 */
    bool single;
} counts;

/* Values of one source mostly have their bytes at one place. */
LSI_INLINE int value_cmp(const lsi_keyword_pair *a, const lsi_keyword_pair *b)
{
    if (a->folded == b->folded && a->folded_len == b->folded_len) return 0;
    return lsi_bytes_cmp(a->folded, a->folded_len, b->folded, b->folded_len);
}

/* Whether pair i repeats the one before, value and document. */
static bool repeats(const lsi_keyword_pair *p, size_t i, bool *new_value)
{
    *new_value = !i || value_cmp(&p[i], &p[i - 1]);
    return !*new_value && p[i].doc == p[i - 1].doc;
}

static int count_pairs(const lsi_keyword_pair *p, size_t n, uint32_t doc_count, counts *c, ls_error *err)
{
    bool new_value;
    c->single = true;
    for (size_t i = 0; i < n; i++) {
        int order = i ? value_cmp(&p[i - 1], &p[i]) : -1;
        if (p[i].doc >= doc_count || order > 0 || (!order && p[i].doc < p[i - 1].doc))
            return lsi_fail(err, LS_MISUSE, "keywords must rise by value and document");
        if (repeats(p, i, &new_value)) continue;
        if (c->pairs == UINT32_MAX) return lsi_fail(err, LS_LIMIT, "too many keywords in a segment");
        c->values += new_value;
        c->pairs++;
        if (c->of_doc[p[i].doc]++) c->single = false;
    }
    return LS_OK;
}

static int put_values(lsi_buf *offsets, lsi_buf *bytes, const lsi_keyword_pair *p, size_t n, ls_error *err)
{
    bool new_value;
    for (size_t i = 0; i < n; i++) {
        repeats(p, i, &new_value);
        if (!new_value) continue;
        if (bytes->len > UINT32_MAX) return lsi_fail(err, LS_LIMIT, "keywords of more than 4 GiB");
        lsi_buf_put32(offsets, (uint32_t)bytes->len);
        lsi_vint_put(bytes, p[i].folded_len);
        lsi_buf_put(bytes, p[i].folded, p[i].folded_len);
        if (lsi_bytes_cmp(p[i].folded, p[i].folded_len, p[i].written, p[i].written_len)) {
            lsi_vint_put(bytes, (uint64_t)p[i].written_len + 1);
            lsi_buf_put(bytes, p[i].written, p[i].written_len);
        } else {
            lsi_vint_put(bytes, 0);
        }
    }
    if (bytes->len > UINT32_MAX) return lsi_fail(err, LS_LIMIT, "keywords of more than 4 GiB");
    lsi_buf_put32(offsets, (uint32_t)bytes->len);
    return LS_OK;
}

static void put_by_value(lsi_buf *starts, lsi_buf *docs, const lsi_keyword_pair *p, size_t n, const counts *c,
                         uint32_t doc_count)
{
    lsi_bits_writer s = {starts, 0, 0}, d = {docs, 0, 0};
    unsigned pw = lsi_bits64(c->pairs), dw = lsi_bits64(doc_count);
    uint64_t at = 0;
    bool new_value;
    for (size_t i = 0; i < n; i++) {
        if (repeats(p, i, &new_value)) continue;
        if (new_value) lsi_bits_put(&s, at, pw);
        lsi_bits_put(&d, p[i].doc, dw);
        at++;
    }
    lsi_bits_put(&s, at, pw);
    lsi_bits_end(&s);
    lsi_bits_end(&d);
}

/* sorted: room for c->pairs ordinals (single: one a document). */
static void put_by_doc(lsi_buf *starts, lsi_buf *ords, const lsi_keyword_pair *p, size_t n, counts *c,
                       uint32_t doc_count, uint32_t *sorted)
{
    lsi_bits_writer s = {starts, 0, 0}, o = {ords, 0, 0};
    unsigned pw = lsi_bits64(c->pairs), ow = lsi_bits64(c->values);
    uint32_t at = 0, value = 0, slots = c->single ? doc_count : c->pairs;
    bool new_value;
    for (uint32_t d = 0; d < doc_count; d++) { /* counts to starts */
        uint32_t k = c->of_doc[d];
        c->of_doc[d] = c->single ? d : at;
        if (!c->single) lsi_bits_put(&s, at, pw);
        at += k;
    }
    if (!c->single) lsi_bits_put(&s, at, pw);
    memset(sorted, 0, slots * sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        if (repeats(p, i, &new_value)) continue;
        value += new_value;
        sorted[c->of_doc[p[i].doc]++] = c->single ? value : value - 1;
    }
    for (uint32_t i = 0; i < slots; i++) lsi_bits_put(&o, sorted[i], ow);
    lsi_bits_end(&s);
    lsi_bits_end(&o);
}

int lsi_keywords_write(lsi_sink *s, const lsi_keyword_pair *pairs, size_t pair_count, uint32_t doc_count,
                       uint64_t *offset, ls_error *err)
{
    enum { VALUES, BYTES, STARTS, DOCS, DOC_STARTS, ORDS, PARTS };
    lsi_buf part[PARTS];
    counts c = {0};
    uint32_t *sorted = NULL;
    int rc;
    for (int i = 0; i < PARTS; i++) lsi_buf_init(&part[i], 0);
    c.of_doc = lsi_calloc((size_t)doc_count + 1, sizeof *c.of_doc);
    sorted = lsi_calloc(LSI_MAX(pair_count, (size_t)doc_count) + 1, sizeof *sorted);
    rc = c.of_doc && sorted ? count_pairs(pairs, pair_count, doc_count, &c, err) : lsi_fail_nomem(err);
    if (rc || (rc = put_values(&part[VALUES], &part[BYTES], pairs, pair_count, err))) goto out;
    put_by_value(&part[STARTS], &part[DOCS], pairs, pair_count, &c, doc_count);
    put_by_doc(&part[DOC_STARTS], &part[ORDS], pairs, pair_count, &c, doc_count, sorted);
    for (int i = 0; i < PARTS && !rc; i++)
        if (part[i].rc) rc = lsi_fail_nomem(err);
    if (rc) goto out;
    lsi_sink_align(s, 8);
    *offset = lsi_sink_at(s);
    lsi_sink_put32(s, doc_count);
    lsi_sink_put32(s, c.values);
    lsi_sink_put32(s, c.pairs);
    lsi_sink_put32(s, c.single);
    uint64_t at = HEAD_BYTES + part[VALUES].len + part[BYTES].len;
    for (int i = STARTS; i < PARTS; i++) {
        lsi_sink_put64(s, at);
        at += part[i].len;
    }
    lsi_sink_put64(s, at);
    for (int i = 0; i < PARTS; i++)
        if (part[i].len) lsi_sink_put(s, part[i].data, part[i].len);
    rc = lsi_sink_failed(s, err);
out:
    for (int i = 0; i < PARTS; i++) lsi_buf_clear(&part[i]);
    lsi_free(c.of_doc);
    lsi_free(sorted);
    return rc;
}
