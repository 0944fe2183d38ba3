/* codec_kinds.h — for tests of the codec room: every structure on disk as a kind of thing that is made, of random draws,
 * and used: opened, asked through all its functions, verified. */
#ifndef TESTS_CODEC_KINDS_H
#define TESTS_CODEC_KINDS_H
#include "tests/codec_thing.h"

#include "libsearch/codec/column.h"
#include "libsearch/codec/hashes.h"
#include "libsearch/codec/leap.h"
#include "libsearch/codec/pack.h"
#include "libsearch/codec/positions.h"
#include "libsearch/codec/shingles.h"
#include "libsearch/codec/stored.h"

/* ---- postings ---- */

static int make_postings(thing *t, ls_error *err)
{
    lsi_postings_writer *w = NULL;
    out o[3];
    uint32_t gap = 1 + below(below(2) ? 3 : 3000), doc = below(gap), n = below(below(2) ? 8 : scale);
    bool dense = below(3) == 0; /* mostly one behind the other: a bit a document */
    if (dense) gap = 4, doc = 0;
    int rc = begin(o, 3, err);
    t->doc_count = (n + 1) * gap * 2 + 1;
    TRY(lsi_postings_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, t->doc_count, NULL, err));
    if (!rc) lsi_postings_begin(w);
    for (uint32_t i = 0; i < n && !rc; i++, doc += 1 + (dense && below(8) ? 0 : below(gap * 2 - 1))) {
        uint32_t count = 1 + below(below(20) ? 3 : 300);
        lsi_postings_add(w, doc, count, below(4) ? count : 1 + below(900));
    }
    TRY(lsi_postings_end(w, &t->list, err));
    lsi_postings_writer_free(w);
    finish(t, o, 3, rc);
    return rc;
}

/* What can be asked of a block without decoding it. */
static int ask_block(const lsi_postings *p, uint32_t block, ls_error *err)
{
    static uint64_t bits[1 << 18];
    uint32_t less[LSI_BLOCK_DOCS + LSI_PACK_SLACK], n;
    const uint8_t *as;
    uint8_t at[3];
    lsi_postings *q = lsi_malloc(sizeof *q); /* lsi_postings_set_bits wants one that it may change */
    lsi_doc first, lo = below(p->at.doc_count) & ~63u, hi = lo + below(p->at.doc_count - lo + 1);
    bool done;
    if (!q) return lsi_fail_nomem(err);
    *q = *p;
    assert_true((hi - lo) / 64 + 2 < LSI_COUNTOF(bits));
    int rc = lsi_postings_set_bits(q, block, lo, hi, bits, &done, err);
    lsi_free(q);
    if (!rc) assert_int_equal(done, lsi_postings_is_bits(p, block));
    TRY(lsi_postings_as_bits(p, block, &as, &first, err));
    if (!rc && as) {
        lsi_doc last = lsi_postings_last(p, block), docs[3] = {first, first + (last - first) / 2, last};
        rc = lsi_postings_ranks(p, block, as, first, docs, 3, at, err);
    }
    TRY(lsi_postings_less(p, block, less, &n, err));
    if (!rc) assert_true(n <= LSI_BLOCK_DOCS);
    return rc;
}

static int use_postings(const thing *t, ls_error *err)
{
    lsi_postings_sections at = {&t->s[0], &t->s[1], &t->s[2], t->doc_count};
    lsi_postings *p = lsi_malloc(sizeof *p);
    if (!p) return lsi_fail_nomem(err);
    int rc = lsi_postings_open(p, &at, &t->list, err), first = rc;
    for (uint32_t b = 0; b < p->block_count && !rc; b++) {
        int bad = below(2) ? ask_block(p, b, err) : LS_OK;
        if (bad && !first) first = bad;
        bad = lsi_postings_block(p, b, err);
        if (!bad)
            for (uint32_t i = 0; i < p->n; i++) {
                assert_true(p->docs[i] < t->doc_count);
                assert_true(i == 0 || p->docs[i] > p->docs[i - 1]);
            }
        for (uint32_t i = 0; i < 16; i++) assert_true(p->docs[p->n + i] == LSI_DOC_END);
        if (!bad) bad = lsi_postings_tf(p, err);
        if (!bad) lsi_postings_stream(p, below(p->n));
        lsi_postings_lower(p, below(p->n + 1), below(t->doc_count));
        lsi_postings_seek_block(p, below(p->block_count), below(t->doc_count));
        if (!bad && below(2)) bad = ask_block(p, below(p->block_count), err);
        if (bad && !first) first = bad;
    }
    lsi_free(p);
    rc = lsi_postings_verify(&at, &t->list, NULL, err);
    return both(first, rc);
}

/* ---- streams ---- */

static int make_stream(thing *t, ls_error *err)
{
    lsi_stream_writer *w = NULL;
    out o[1];
    int rc = begin(o, 1, err);
    t->n = below(below(2) ? 8 : scale);
    TRY(lsi_stream_writer_new(&w, o[0].sink, err));
    if (!rc) lsi_stream_begin(w);
    for (uint32_t i = 0; i < t->n && !rc; i++) lsi_stream_add(w, below(below(30) ? 40 : 100000));
    TRY(lsi_stream_end(w, &t->offset, err));
    lsi_stream_writer_free(w);
    finish(t, o, 1, rc);
    return rc;
}

static int use_stream(const thing *t, ls_error *err)
{
    static lsi_stream s;
    static uint32_t got[600];
    int rc = lsi_stream_open(&s, &t->s[0], t->offset, t->n, err), first = rc;
    for (int i = 0; i < 20 && !rc; i++) {
        uint32_t most = below(2) ? 4 : 600, n = below(LSI_MIN(t->n, most) + 1);
        uint32_t from = below(t->n - n + 1);
        s.whole = below(3) == 0;
        int bad = below(2) ? lsi_positions_read(&s, from, n, got, err) : lsi_stream_read(&s, from, n, got, err);
        if (bad && !first) first = bad;
    }
    rc = lsi_stream_verify(&t->s[0], t->offset, t->n, err);
    return both(first, rc);
}

/* ---- dictionaries ---- */

/* Mostly larger than the one before; at most 30 bytes. */
static size_t next_key(uint8_t *key, size_t len)
{
    size_t keep = len > 20 ? below(20) : len - below(LSI_MIN((uint32_t)len, 3) + 1);
    while (keep && key[keep - 1] >= 'y') keep--;
    if (keep) key[keep - 1]++;
    for (uint32_t i = below(5) + !keep; i-- > 0;) key[keep++] = (uint8_t)('a' + below(20));
    return keep;
}

static int make_terms(thing *t, ls_error *err)
{
    lsi_terms_writer *w = NULL;
    out o[3];
    uint8_t key[64], before[64];
    size_t len = 0, before_len = 0;
    int rc = begin(o, 3, err);
    t->n = below(scale);
    TRY(lsi_terms_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, err));
    for (uint32_t i = 0, got = 0; i < t->n && !rc; i++) {
        lsi_list l[2];
        memset(l, 0, sizeof l);
        l[0].df = 1 + below(5);
        l[0].cf = l[0].df + below(9);
        l[0].positions_offset = i * 10;
        l[0].forms_offset = l[1].positions_offset = l[1].forms_offset = LSI_OFFSET_NONE;
        l[0].blocks_offset = i * 7;
        l[0].inline_count = l[0].df <= 3 ? (uint8_t)l[0].df : 0;
        if (l[0].inline_count) l[0].cf = l[0].df;
        for (uint32_t k = 0; k < l[0].inline_count; k++) {
            l[0].inline_doc[k] = k * 3 + below(3);
            l[0].inline_n[k] = l[0].inline_tf[k] = 1;
        }
        if (below(4) == 0) l[1] = l[0];
        len = next_key(key, len);
        if (got && lsi_bytes_cmp(before, before_len, key, len) >= 0) continue;
        rc = lsi_terms_writer_add(w, key, len, 1 + below(4), l, 2, err);
        memcpy(before, key, len);
        before_len = len;
        got++;
    }
    TRY(lsi_terms_writer_end(w, err));
    lsi_terms_writer_free(w);
    finish(t, o, 3, rc);
    return rc;
}

static int use_terms(const thing *t, ls_error *err)
{
    lsi_terms x;
    lsi_terms_iter it;
    lsi_buf b;
    int rc = lsi_terms_open(&x, &t->s[0], &t->s[1], &t->s[2], err), first = rc, more = rc;
    if (rc) return rc;
    lsi_buf_init(&b, 0);
    lsi_terms_iter_init(&it, &x);
    for (uint32_t n = 0; (more = lsi_terms_iter_next(&it, err)) > 0;) assert_true(++n <= x.count);
    if (more < 0) first = more;
    for (int i = 0; i < 20; i++) {
        uint8_t key[64];
        lsi_ord ord;
        lsi_list l;
        size_t len = next_key(key, 0);
        rc = lsi_terms_find(&x, key, len, &ord, err);
        if (!rc) assert_true(ord == LSI_ORD_NONE || ord < x.count);
        if (rc && !first) first = rc;
        if (!x.count) continue;
        ord = below(x.count);
        rc = lsi_terms_list(&x, ord, below(3), &l, err);
        if (!rc) rc = lsi_terms_get(&x, ord, &b, err);
        if (rc && !first) first = rc;
    }
    lsi_terms_iter_clear(&it);
    lsi_buf_clear(&b);
    lsi_terms_run run = {.terms = &x};
    rc = LS_OK;
    for (uint32_t i = below(3), n; i < x.count && !rc; i += 1 + below(40)) {
        lsi_list l;
        TRY(lsi_terms_form_count(&x, i, &n, err));
        TRY(lsi_terms_run_get(&run, i, &l, &n, err));
    }
    uint64_t postings;
    TRY(lsi_terms_other_postings(&x, &postings, err));
    if (rc && !first) first = rc;
    rc = lsi_terms_verify(&x, err);
    return both(first, rc);
}

static int make_forms(thing *t, ls_error *err)
{
    lsi_forms_writer *w = NULL;
    out o[2];
    uint8_t key[64], before[64], form[64];
    size_t len = 0, before_len = 0;
    int rc = begin(o, 2, err);
    t->n = below(scale);
    TRY(lsi_forms_writer_new(&w, o[0].sink, o[1].sink, err));
    for (uint32_t i = 0, got = 0; i < t->n && !rc; i++) {
        len = next_key(key, len);
        if (got && lsi_bytes_cmp(before, before_len, key, len) >= 0) continue;
        memcpy(form, key, len);
        if (below(3) == 0) form[below((uint32_t)len)] = 'X';
        lsi_form f = {key, form, (uint32_t)len, (uint32_t)len, below(50), below(5), 1 + below(500)};
        rc = lsi_forms_writer_add(w, &f, err);
        memcpy(before, key, len);
        before_len = len;
        got++;
    }
    TRY(lsi_forms_writer_end(w, err));
    lsi_forms_writer_free(w);
    finish(t, o, 2, rc);
    return rc;
}

static int use_forms(const thing *t, ls_error *err)
{
    lsi_forms f;
    lsi_forms_iter it;
    int rc = lsi_forms_open(&f, &t->s[0], &t->s[1], err), first = rc, more;
    if (rc) return rc;
    lsi_forms_iter_init(&it, &f);
    for (uint32_t n = 0; (more = lsi_forms_iter_next(&it, err)) > 0;) assert_true(++n <= f.count);
    if (more < 0) first = more;
    it.lean = below(3) == 0;
    for (int i = 0; i < 20; i++) {
        uint8_t key[64];
        size_t len = next_key(key, 0);
        rc = below(2) ? lsi_forms_iter_seek(&it, key, len, err) : lsi_forms_iter_find(&it, key, len, err);
        for (int k = 0; k < 3 && rc >= 0; k++) rc = lsi_forms_iter_next(&it, err);
        len = next_key(key, len);
        if (rc > 0) rc = lsi_forms_iter_forward(&it, key, len, err);
        if (rc >= 0) rc = lsi_forms_iter_next(&it, err);
        if (rc < 0 && !first) first = rc;
    }
    lsi_forms_iter_clear(&it);
    rc = lsi_forms_verify(&f, 50, err);
    return both(first, rc);
}

/* ---- columns, keywords ---- */

static int make_column(thing *t, ls_error *err)
{
    out o[1];
    static int64_t v[20000];
    static uint64_t present[20000 / 64 + 1];
    bool all = below(2);
    int rc = begin(o, 1, err);
    t->n = t->doc_count = below(scale * 5);
    memset(present, 0, sizeof present);
    for (uint32_t i = 0; i < t->n; i++) {
        v[i] = (int64_t)(rnd() >> 40) * 1000;
        if (below(3)) present[i >> 6] |= (uint64_t)1 << (i & 63);
    }
    TRY(lsi_column_write(o[0].sink, v, all ? NULL : present, t->n, &t->offset, err));
    finish(t, o, 1, rc);
    return rc;
}

static int use_column(const thing *t, ls_error *err)
{
    static int64_t v[LSI_COLUMN_BLOCK];
    static uint64_t bits[64];
    lsi_column c;
    int rc = lsi_column_open(&c, &t->s[0], t->offset, err), first = rc;
    if (rc) return rc;
    for (uint32_t b = 0; b < c.block_count && b < 10; b++) {
        uint32_t n;
        rc = lsi_column_block(&c, b, v, bits, &n, err);
        if (!rc) assert_true(n <= LSI_COLUMN_BLOCK);
        if (rc && !first) first = rc;
        rc = lsi_column_between(&c, b, v[below(LSI_COLUMN_BLOCK)], v[below(LSI_COLUMN_BLOCK)], bits, err);
        if (rc && !first) first = rc;
    }
    for (int i = 0; i < 50 && c.doc_count; i++) {
        bool has;
        int64_t value, max;
        rc = lsi_column_get(&c, below(c.doc_count), &has, &value, err);
        if (!rc) rc = lsi_column_block_range(&c, below(c.block_count), &value, &max, err);
        if (rc && !first) first = rc;
    }
    rc = lsi_column_verify(&c, err);
    return both(first, rc);
}

static int by_pair(const void *a, const void *b)
{
    const lsi_keyword_pair *x = a, *y = b;
    int c = lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
    return c ? c : (x->doc > y->doc) - (x->doc < y->doc);
}

static int make_keywords(thing *t, ls_error *err)
{
    static const uint8_t word[26] = "abcdefghijklmnopqrstuvwxyz";
    static lsi_keyword_pair p[2000];
    out o[1];
    uint32_t n = below(scale);
    bool single = below(2);
    int rc = begin(o, 1, err);
    t->doc_count = single ? n : 1 + below(1000);
    for (uint32_t i = 0; i < n; i++)
        p[i] = (lsi_keyword_pair){word + below(20), word + below(20), below(6), below(6),
                                  single ? i : below(t->doc_count)};
    qsort(p, n, sizeof *p, by_pair);
    TRY(lsi_keywords_write(o[0].sink, p, n, t->doc_count, &t->offset, err));
    finish(t, o, 1, rc);
    return rc;
}

static int use_keywords(const thing *t, ls_error *err)
{
    lsi_keywords k;
    uint32_t v[64], n;
    int rc = lsi_keywords_open(&k, &t->s[0], t->offset, err), first = rc;
    if (rc) return rc;
    for (int i = 0; i < 50; i++) {
        rc = lsi_keywords_find(&k, (const uint8_t *)"fgh", below(4), &n, err);
        if (!rc) assert_true(n == LSI_ORD_NONE || n < k.value_count);
        if (rc && !first) first = rc;
        if (k.doc_count && !(rc = lsi_keywords_doc(&k, below(k.doc_count), v, 64, &n, err)))
            for (uint32_t j = 0; j < n && j < 64; j++) assert_true(v[j] < k.value_count);
        if (rc && !first) first = rc;
        if (k.value_count && !(rc = lsi_keywords_docs(&k, below(k.value_count), 0, k.doc_count, v, 64, &n, err)))
            for (uint32_t j = 0; j < n && j < 64; j++) assert_true(v[j] < k.doc_count);
        if (rc && !first) first = rc;
    }
    rc = lsi_keywords_verify(&k, err);
    return both(first, rc);
}

/* ---- stored documents, ids ---- */

static int make_stored(thing *t, ls_error *err)
{
    static uint8_t text[60000];
    lsi_stored_writer *w = NULL;
    out o[3];
    int rc = begin(o, 3, err);
    t->doc_count = 1 + below(below(10) ? 10 : 150);
    for (size_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)("etaoin shrdlu"[below(13)]);
    TRY(lsi_stored_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, err));
    for (uint32_t i = 0; i < t->doc_count && !rc; i++) {
        size_t from = below(sizeof text), n = below((uint32_t)(sizeof text - from) / (below(3) ? 20 : 1));
        rc = lsi_stored_writer_add(w, text + from, n, n / 9, err);
    }
    TRY(lsi_stored_writer_end(w, err));
    lsi_stored_writer_free(w);
    finish(t, o, 3, rc);
    return rc;
}

static int use_stored(const thing *t, ls_error *err)
{
    lsi_stored *s;
    lsi_buf b;
    int rc = below(4) ? lsi_stored_open(&s, &t->s[0], &t->s[1], &t->s[2], t->doc_count, err)
                      : lsi_stored_open_unread(&s, &t->s[0], &t->s[1], &t->s[2], t->doc_count, err);
    int first = rc;
    if (rc) return rc;
    lsi_buf_init(&b, 0);
    for (int i = 0; i < 10; i++) {
        lsi_buf_reset(&b);
        rc = lsi_stored_get(s, below(t->doc_count), &b, err);
        if (!rc) rc = lsi_stored_range(s, below(t->doc_count), below(60000), below(20000), &b, err);
        bool whole;
        uint64_t length;
        if (!rc) rc = lsi_stored_length(s, below(t->doc_count), &length, err);
        if (!rc) rc = lsi_stored_head(s, below(t->doc_count), &b, &whole, err);
        if (rc && !first) first = rc;
    }
    rc = lsi_stored_verify(s, err);
    lsi_buf_clear(&b);
    lsi_stored_close(s);
    return both(first, rc);
}

static int make_ids(thing *t, ls_error *err)
{
    lsi_ids_writer *w = NULL;
    out o[2];
    char id[32];
    uint32_t crowd = 1 + below(4) / 3 * 8; /* so many of them are one id: a bucket of hundreds */
    int rc = begin(o, 2, err);
    t->doc_count = below(scale);
    TRY(lsi_ids_writer_new(&w, o[0].sink, o[1].sink, err));
    for (uint32_t i = 0; i < t->doc_count && !rc; i++) {
        snprintf(id, sizeof id, "%u", below(crowd) ? 7 : below(3000));
        rc = lsi_ids_writer_add(w, (const uint8_t *)id, strlen(id), err);
    }
    TRY(lsi_ids_writer_end(w, err));
    lsi_ids_writer_free(w);
    finish(t, o, 2, rc);
    return rc;
}

static int use_ids(const thing *t, ls_error *err)
{
    lsi_ids x;
    int rc = lsi_ids_open(&x, &t->s[0], &t->s[1], t->doc_count, err), first = rc;
    if (rc) return rc;
    for (int i = 0; i < 50; i++) {
        char id[32];
        const uint8_t *p;
        size_t len;
        lsi_doc doc;
        snprintf(id, sizeof id, "%u", below(3000));
        rc = lsi_ids_find(&x, (const uint8_t *)id, strlen(id), &doc, err);
        if (!rc) assert_true(doc == LSI_DOC_END || doc < x.doc_count);
        if (rc && !first) first = rc;
        if (x.doc_count && (rc = lsi_ids_get(&x, below(x.doc_count), &p, &len, err)) && !first) first = rc;
    }
    rc = lsi_ids_verify(&x, err);
    return both(first, rc);
}
/* ---- hashes, shingles ---- */

static int make_hashes(thing *t, ls_error *err)
{
    static lsi_hash_pair p[2000];
    out o[1];
    int rc = begin(o, 1, err);
    t->n = below(scale);
    for (uint32_t i = 0; i < t->n; i++) p[i] = (lsi_hash_pair){rnd() >> below(2) * 60, t->n - 1 - i};
    if (!rc) lsi_hashes_write(o[0].sink, p, t->n);
    TRY(lsi_sink_failed(o[0].sink, err));
    finish(t, o, 1, rc);
    return rc;
}

static int use_hashes(const thing *t, ls_error *err)
{
    lsi_hashes h;
    int rc = lsi_hashes_open(&h, &t->s[0], err), first = rc;
    if (rc) return rc;
    for (uint32_t i = 0; i < 10 && h.count; i++) {
        uint64_t hash;
        uint32_t number, from, to;
        rc = lsi_hashes_get(&h, below(h.count), &hash, &number, err);
        if (!rc) rc = lsi_hashes_find(&h, hash + below(2), &from, &to, err);
        if (!rc) assert_true(from <= to && to <= h.count);
        if (rc && !first) first = rc;
    }
    rc = lsi_hashes_verify(&h, t->n, err);
    return both(first, rc);
}

static int by_text_and_doc(const void *a, const void *b, const uint64_t *texts)
{
    const lsi_doc x = *(const lsi_doc *)a, y = *(const lsi_doc *)b;
    return texts[x] != texts[y] ? (texts[x] > texts[y]) - (texts[x] < texts[y]) : (x > y) - (x < y);
}

/* Texts of which some are empty and some many documents', a pair of each text and the next, entries of first documents. */
static int make_shingles(thing *t, ls_error *err)
{
    static uint64_t texts[2000];
    static lsi_doc order[2000];
    static uint8_t counts[2000];
    static lsi_relation_row rows[2000];
    lsi_shingles_writer w = {0};
    out o[1];
    int rc = begin(o, 1, err);
    size_t r = 0;
    uint32_t d = t->doc_count = 1 + below(scale), kinds_of = 1 + below(d);
    uint64_t a = UINT64_MAX / 3, b = UINT64_MAX; /* of a pair, and the largest there is */
    for (uint32_t i = 0; i < d; i++) {
        uint64_t k = below(kinds_of);
        texts[i] = k == 0 ? 0 : k == 1 ? a : k == 2 ? b : k * 0x9e3779b97f4a7c15u;
        counts[i] = (uint8_t)rnd();
        order[i] = i;
        for (uint32_t j = i; j && by_text_and_doc(&order[j - 1], &order[j], texts) > 0; j--) {
            lsi_doc other = order[j];
            order[j] = order[j - 1];
            order[j - 1] = other;
        }
    }
    if (below(4)) {
        rows[r++] = (lsi_relation_row){a, b - 1, 7, 9, 3};
        rows[r++] = (lsi_relation_row){a, b, 70, 90, 30};
        rows[r++] = (lsi_relation_row){b - 1, a, 9, 7, 3};
        rows[r++] = (lsi_relation_row){b, a, 90, 70, 30};
    }
    TRY(lsi_shingles_begin(&w, o[0].sink, d, texts, order, counts, rows, r, err));
    for (uint32_t e = 0; e < d && !rc; e++) { /* shingle e of the first document of some text */
        uint32_t at = below(d);
        while (at && texts[order[at - 1]] == texts[order[at]]) at--;
        if (texts[order[at]]) lsi_shingles_put(&w, lsi_shingle_entry(UINT64_MAX / d * e, order[at]));
    }
    TRY(lsi_shingles_end(&w, err));
    lsi_shingles_writer_clear(&w);
    finish(t, o, 1, rc);
    return rc;
}

/* Every text's documents and rows; the doubles of its hash, and what is not there. */
static int read_shingles(const lsi_shingles *x, lsi_doc doc, ls_error *err)
{
    uint64_t text, from, to, entry;
    uint32_t count, first, last;
    lsi_relation_row row;
    lsi_shingle_cursor c;
    int rc = lsi_shingles_doc(x, doc, &text, below(2) ? &count : NULL, err);
    if (below(4) == 0) text += below(3) - 1ull;
    TRY(lsi_shingles_text(x, text, &first, &last, err));
    if (!rc) assert_true(first <= last && last <= x->doc_count);
    TRY(lsi_shingles_rows(x, below(2) ? text : UINT64_MAX / 3, &from, &to, err));
    if (!rc) assert_true(from <= to && to <= x->rows);
    if (!rc && from < to) rc = lsi_shingles_row(x, from, &row, err);
    lsi_shingle_cursor_init(&c, x);
    for (int i = 0; i < 4; i++) {
        TRY(lsi_shingle_seek(&c, (uint32_t)rnd(), err));
        if (!rc) assert_true(c.at <= x->entries);
        for (uint32_t k = below(300); !rc && k && c.at < x->entries; k--, c.at++) rc = lsi_shingle_get(&c, &entry, err);
    }
    return rc;
}

static int use_shingles(const thing *t, ls_error *err)
{
    lsi_shingles x;
    int rc = lsi_shingles_open(&x, &t->s[0], t->doc_count, err), first = rc;
    if (rc) return rc;
    for (int i = 0; i < 20; i++) {
        rc = read_shingles(&x, below(t->doc_count), err);
        if (rc && !first) first = rc;
    }
    rc = lsi_shingles_verify(&x, err);
    return both(first, rc);
}

/* ---- all ---- */

static const kind kinds[] = {
    {"postings", make_postings, use_postings}, {"stream", make_stream, use_stream},
    {"terms", make_terms, use_terms},          {"forms", make_forms, use_forms},
    {"column", make_column, use_column},       {"keywords", make_keywords, use_keywords},
    {"stored", make_stored, use_stored},       {"ids", make_ids, use_ids},
    {"hashes", make_hashes, use_hashes},       {"shingles", make_shingles, use_shingles},
};
#endif
