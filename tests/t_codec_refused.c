/* t_codec_refused.c — dictionaries, ids, copies, columns, documents: bytes written by hand, each wrong in one way that chance hardly finds, and calls that writers and
 * readers of the codec room must refuse. Beside each wrong one stands the right one that it was made from. */
#include "tests/codec_util.h"

#include "libsearch/codec/bits.h"
#include "libsearch/codec/column.h"
#include "libsearch/codec/hashes.h"
#include "libsearch/codec/keys.h"
#include "libsearch/codec/leap.h"
#include "libsearch/codec/shingles.h"
#include "libsearch/codec/stored.h"
#include "libsearch/util/map.h"

static ls_error err;

static uint8_t *bytes_of(const lsi_section *s)
{
    uint8_t *p;
    memcpy(&p, &s->base, sizeof p);
    return p;
}

/* ---- keys, forms ---- */

static void test_keys(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        bool right;
    } rows[] = {
        {"\x21x", 2, true},                                           /* two bytes of "abc", and x */
        {"\x21", 1, false},                                           /* what? */
        {"\x41x", 2, false},                                          /* of four */
        {"\xf1", 1, false},                                           /* 15 and how many? */
        {"\xf1\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01x", 12, false}, /* 15 + 2^63 */
        {"\x2f", 1, false},                                           /* and 15 and how many? */
        {"\x2f\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01x", 12, false}, /* 15 + 2^63 */
        {"\x2f\x01"
         "0123456789abcdef",
         18, true}, /* 16 */
    };
    const uint8_t *rest, *key;
    size_t shared, n;
    lsi_buf b;
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(rows); i++) {
        lsi_section s = section_of(rows[i].bytes, rows[i].n);
        const uint8_t *end = lsi_keys_get(s.base, s.base + rows[i].n, 3, &shared, &rest, &n);
        if (!end == rows[i].right) fail_msg("key %zu", i);
        assert_true(!end || end == s.base + rows[i].n);
        section_free(&s);
    }
    assert_null(lsi_keys_get(NULL, NULL, 3, &shared, &rest, &n));
    lsi_section s = section_of("\x80", 1);
    assert_null(lsi_keys_get_first(s.base, s.base + 1, &key, &n));
    section_free(&s);
    lsi_buf_init(&b, 4); /* no room for more */
    lsi_buf_put(&b, "abc", 3);
    lsi_section long_key = section_of("\x33xyz", 4);
    assert_null(lsi_keys_next(long_key.base, long_key.base + 4, &b));
    assert_int_equal(b.rc, LS_LIMIT);
    section_free(&long_key);
    lsi_buf_clear(&b);
}

/* One block: the first folded spelling "us", then what is told. */
typedef struct form_row {
    const char *rest;
    size_t n;
    uint32_t count;
    bool right;
} form_row;

static const form_row form_rows[] = {
    {"\x00", 1, 1, true},                                           /* of term 0, in one document */
    {"\x00\x00", 2, 1, false},                                      /* more than one entry */
    {"", 0, 1, false},                                              /* less */
    {"\x10", 1, 1, true},                                           /* of the next term */
    {"\x20\x0a", 2, 1, true},                                       /* of term 0 + 5 */
    {"\x20\x09", 2, 1, false},                                      /* 0 - 5 */
    {"\x20\x80", 2, 1, false},                                      /* which? */
    {"\x20\x80\x80\x80\x80\x20", 6, 1, false},                      /* term 2^32 */
    {"\x20\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, 1, false}, /* beyond 2^62 */
    {"\x30", 1, 1, false},                                          /* no such way to tell a term */
    {"\x0c", 1, 1, false},                                          /* what number? */
    {"\x0c\x07", 2, 1, true},
    {"\xc0", 1, 1, false}, /* in how many? */
    {"\xc0\x07", 2, 1, true},
    {"\x03", 1, 1, false}, /* written how? */
    {"\x03\x11X", 3, 1, true},
    {"\x03\x31X", 3, 1, false},    /* as three bytes of "us" */
    {"\x00\x20\x10", 3, 2, true},  /* the same, of the next term */
    {"\x00\x20\x00", 3, 2, false}, /* the same again */
    {"\x01\x20\x00", 3, 2, true},  /* "Us", "us" */
    {"\x00\x20\x01", 3, 2, false}, /* "us", "Us" */
    {"\x00\x0b"
     "a\x00",
     4, 2, false}, /* eleven bytes */
    {"\x00\x01"
     "a\x10",
     4, 2, false}, /* "a" after "us" */
    {"\x00\x21"
     "b\x10",
     4, 2, true}, /* "usb" */
};

static lsi_section form_index(uint32_t count, uint32_t per_block, uint32_t bytes)
{
    uint8_t p[32] = {0};
    lsi_set32(p, count);
    lsi_set32(p + 4, per_block);
    memcpy(p + 16, "\0\0\0\0\0\0su", 8);
    lsi_set32(p + 28, bytes);
    return section_of(p, sizeof p);
}

static void judge_forms(size_t i, const lsi_forms *f)
{
    const form_row *row = &form_rows[i];
    lsi_forms_iter it;
    int rc = lsi_forms_verify(f, 100, &err), more;
    if ((rc == LS_OK) != row->right) fail_msg("form %zu: %d", i, rc);
    assert_true(!rc || rc == LS_CORRUPT);
    for (int lean = 0; lean < 2; lean++) { /* whoever reads what is wrong stays within, and what is right is read */
        lsi_forms_iter_init(&it, f);
        it.lean = lean;
        for (uint32_t n = 0; (more = lsi_forms_iter_next(&it, &err)) > 0; n++) assert_true(n < row->count);
        if (row->right) assert_int_equal(more, 0);
        assert_true(!more || more == LS_CORRUPT);
        for (int way = 0; way < 2; way++) {
            int (*find)(lsi_forms_iter *, const uint8_t *, size_t, ls_error *) =
                way ? lsi_forms_iter_find : lsi_forms_iter_seek;
            rc = find(&it, (const uint8_t *)"usa", 3, &err);
            if (row->right) assert_int_equal(rc, LS_OK);
            assert_true(!rc || rc == LS_CORRUPT);
        }
        lsi_forms_iter_clear(&it);
    }
}

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(form_rows); i++) {
        char block[64] = "\x02us";
        lsi_forms f;
        memcpy(block + 3, form_rows[i].rest, form_rows[i].n);
        lsi_section a = form_index(form_rows[i].count, 32, (uint32_t)form_rows[i].n + 3);
        lsi_section b = section_of(block, form_rows[i].n + 3);
        OK(lsi_forms_open(&f, &a, &b, &err));
        judge_forms(i, &f);
        section_free(&a);
        section_free(&b);
    }
}

static void test_forms_index(void **state)
{
    static const struct {
        uint32_t count, per_block;
    } rows[] = {{UINT32_MAX, 32}, {1, 31}, {33, 32}, {0, 32}};
    lsi_section b = section_of("\x02us\x00", 4), good = form_index(1, 32, 4);
    lsi_forms f;
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(rows); i++) {
        lsi_section a = form_index(rows[i].count, rows[i].per_block, 4);
        WANT(lsi_forms_open(&f, &a, &b, &err), LS_CORRUPT);
        section_free(&a);
    }
    OK(lsi_forms_open(&f, &good, &b, &err));
    OK(lsi_forms_verify(&f, 1, &err));
    WANT(lsi_forms_verify(&f, 0, &err), LS_CORRUPT); /* of a term that is not there */
    section_free(&b);
    section_free(&good);
}

/* ---- ids ---- */

/* The id "a" at [from, from + 1) of bytes, whose offsets begin at `at`. */
static int verify_id(const char *bytes, uint64_t at, uint64_t from, uint64_t hash)
{
    lsi_offsets_writer w;
    lsi_ids x;
    out o, h;
    uint8_t mark[2];
    out_init(&o);
    out_init(&h);
    lsi_sink_put(o.sink, bytes, at);
    lsi_offsets_writer_init(&w);
    lsi_offsets_add(&w, from);
    lsi_offsets_add(&w, from + 1);
    OK(lsi_offsets_end(&w, o.sink, &err));
    lsi_offsets_writer_clear(&w);
    lsi_sink_put64(o.sink, at);
    lsi_sink_put64(o.sink, 1);
    lsi_sink_put64(h.sink, 1); /* one document, one bucket */
    lsi_sink_put32(h.sink, 0);
    lsi_sink_put32(h.sink, 1);
    lsi_set16(mark, (uint16_t)(hash >> 48));
    lsi_sink_put(h.sink, mark, 2); /* and a document of 0 bits */
    lsi_section a = out_section(&o), b = out_section(&h);
    OK(lsi_ids_open(&x, &a, &b, 1, &err));
    int rc = lsi_ids_verify(&x, &err);
    section_free(&a);
    section_free(&b);
    return rc;
}

static void test_ids(void **state)
{
    uint64_t hash = lsi_hash64("a", 1);
    (void)state;
    OK(verify_id("a", 1, 0, hash));
    WANT(verify_id("xa", 2, 1, hash), LS_CORRUPT); /* something stands before it */
    WANT(verify_id("ax", 2, 0, hash), LS_CORRUPT); /* and behind */
    WANT(verify_id("x", 1, 0, hash), LS_CORRUPT);  /* another */
    WANT(verify_id("a", 1, 0, ~hash), LS_CORRUPT);
}

/* ---- shingles ---- */

/* Two rows and a shingle as they should be; with the byte at `at` set to `value`. */
static int verify_shingles(size_t at, uint8_t value, bool *is)
{
    static const uint64_t texts[2] = {0, 9};
    static const lsi_doc order[2] = {0, 1};
    static const uint8_t counts[2] = {0, 1};
    static const lsi_relation_row rows[2] = {{5, 9, 7, 8, 1}, {9, 5, 8, 7, 1}};
    lsi_shingles_writer w;
    lsi_shingle_cursor c;
    lsi_shingles x;
    out o;
    out_init(&o);
    OK(lsi_shingles_begin(&w, o.sink, 2, texts, order, counts, rows, 2, &err));
    lsi_shingles_put(&w, lsi_shingle_entry((uint64_t)5 << 32, 1));
    lsi_shingles_put(&w, lsi_shingle_entry((uint64_t)5 << 32, 1)); /* said already */
    OK(lsi_shingles_end(&w, &err));
    lsi_shingles_writer_clear(&w);
    lsi_section s = out_section(&o);
    *is = at < s.bytes;
    if (*is) bytes_of(&s)[at] = value;
    int rc = lsi_shingles_open(&x, &s, 2, &err);
    if (!*is) {
        OK(rc);
        assert_int_equal(x.entries, 1);
        lsi_shingle_cursor_init(&c, &x);
        OK(lsi_shingle_seek(&c, 6, &err));
        assert_int_equal(c.at, 1);
    }
    if (!rc) rc = lsi_shingles_verify(&x, &err);
    section_free(&s);
    return rc;
}

static void test_shingles(void **state)
{
    enum { ORDER = 16, KEYS = 19, TWINS = 35, COMMON = 40, BLOCK = 42, HEAD = 43, TAIL = 55 };
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {
        {ORDER, 1},      /* documents by falling text */
        {ORDER, 3},      /* one twice */
        {KEYS, 0},       /* no text */
        {KEYS, 9},       /* with itself */
        {KEYS, 10},      /* falling */
        {TWINS, 0},      /* both are the first one's other direction */
        {TWINS, 2},      /* each is its own */
        {COMMON, 2},     /* another number */
        {BLOCK, 0},      /* a document that has no text */
        {HEAD + 4, 1},   /* not one behind the other */
        {HEAD + 10, 33}, /* wider than a mark */
        {HEAD + 11, 2},  /* more exceptions than numbers */
        {TAIL, 1},       /* rows */
        {TAIL + 8, 2},   /* shingles that their block does not hold */
        {TAIL + 16, 2},  /* bytes of blocks */
        {TAIL + 24, 3},  /* documents */
        {TAIL + 28, 1},  /* zero */
    };
    (void)state;
    bool is;
    OK(verify_shingles(SIZE_MAX, 0, &is));
    for (size_t i = 0; i < LSI_COUNTOF(wrong); i++) {
        WANT(verify_shingles(wrong[i].at, wrong[i].value, &is), LS_CORRUPT);
        assert_true(is);
    }
}

/* Rows that do not come both ways round. */
static void test_rows(void **state)
{
    static const lsi_relation_row rows[][2] = {
        {{5, 9, 7, 8, 1}, {9, 6, 8, 7, 1}}, /* one way only */
        {{5, 9, 7, 8, 1}, {9, 5, 7, 7, 1}}, /* another share back */
        {{5, 9, 7, 8, 1}, {9, 5, 8, 8, 1}}, /* another share */
        {{5, 9, 7, 8, 1}, {9, 5, 8, 7, 2}}, /* another number */
    };
    static const uint64_t text = 5;
    static const lsi_doc doc = 0;
    static const uint8_t count = 1;
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(rows); i++) {
        lsi_shingles_writer w;
        out o;
        out_init(&o);
        WANT(lsi_shingles_begin(&w, o.sink, 1, &text, &doc, &count, rows[i], 2, &err), LS_CORRUPT);
        lsi_shingles_writer_clear(&w);
        out_free(&o);
    }
}

/* ---- columns, keywords, hashes, stored ---- */

static void test_keywords(void **state)
{
    static const uint8_t *const w = (const uint8_t *)"ab";
    const lsi_keyword_pair wrong[][2] = {
        {{w, w, 1, 1, 0}, {w, w, 1, 1, 9}},         /* no such document */
        {{w + 1, w + 1, 1, 1, 0}, {w, w, 1, 1, 1}}, /* b, a */
        {{w, w, 1, 1, 1}, {w, w, 1, 1, 0}},         /* documents falling */
    };
    const lsi_keyword_pair one = {w, w, 1, 1, 0};
    const uint8_t *f, *written;
    uint64_t offset;
    uint32_t n;
    size_t fn, wn;
    lsi_keywords k;
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(wrong); i++) {
        out o;
        out_init(&o);
        WANT(lsi_keywords_write(o.sink, wrong[i], 2, 2, &offset, &err), LS_MISUSE);
        assert_int_equal(lsi_sink_at(o.sink), 0);
        out_free(&o);
    }
    out o;
    out_init(&o);
    OK(lsi_keywords_write(o.sink, &one, 1, 1, &offset, &err));
    lsi_section s = out_section(&o);
    uint8_t *p = bytes_of(&s) + offset + 56; /* offsets 0 and 3; 1, "a", 0 */
    OK(lsi_keywords_open(&k, &s, offset, &err));
    OK(lsi_keywords_verify(&k, &err));
    OK(lsi_keywords_doc(&k, 0, NULL, 0, &n, &err));
    assert_int_equal(n, 1);
    lsi_set32(p + 4, 1); /* a value of one byte, and that says that more follow */
    p[8] = 0x80;
    WANT(lsi_keywords_value(&k, 0, &f, &fn, &written, &wn, &err), LS_CORRUPT);
    section_free(&s);
}

static void test_hashes(void **state)
{
    lsi_hashes h;
    lsi_section s = section_of("", 0);
    (void)state;
    OK(lsi_hashes_open(&h, &s, &err));
    s.bytes = (uint64_t)12 << 32; /* only said */
    WANT(lsi_hashes_open(&h, &s, &err), LS_CORRUPT);
    s.bytes = 0;
    section_free(&s);
}

static void test_stored(void **state)
{
    lsi_stored_writer *w;
    lsi_stored *st;
    lsi_buf b;
    out o[3];
    (void)state;
    for (int i = 0; i < 3; i++) out_init(&o[i]);
    OK(lsi_stored_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, &err));
    OK(lsi_stored_writer_add(w, (const uint8_t *)"", 0, 0, &err));
    OK(lsi_stored_writer_add(w, (const uint8_t *)"twelve bytes", 12, 0, &err));
    OK(lsi_stored_writer_end(w, &err));
    lsi_stored_writer_free(w);
    lsi_section s[3] = {out_section(&o[0]), out_section(&o[1]), out_section(&o[2])};
    OK(lsi_stored_open(&st, &s[0], &s[1], &s[2], 2, &err));
    OK(lsi_stored_verify(st, &err));
    lsi_buf_init(&b, 10);
    WANT(lsi_stored_get(st, 1, &b, &err), LS_LIMIT);
    assert_int_equal(b.len, 0);
    bytes_of(&s[1])[0] = 0x80; /* the length of nothing: more follows, and does not */
    WANT(lsi_stored_get(st, 0, &b, &err), LS_CORRUPT);
    lsi_buf_clear(&b);
    lsi_stored_close(st);
    for (int i = 0; i < 3; i++) section_free(&s[i]);
}

static void test_offsets_of_nothing(void **state)
{
    lsi_offsets_writer w;
    out o;
    (void)state;
    out_init(&o);
    lsi_offsets_writer_init(&w);
    OK(lsi_offsets_end(&w, o.sink, &err));
    assert_int_equal(lsi_sink_at(o.sink), 0);
    lsi_offsets_writer_clear(&w);
    out_free(&o);
}

/* The step of a column may not be 0. */
static void test_column_step(void **state)
{
    static const int64_t values[3] = {5, 6, 8};
    lsi_column c;
    uint64_t offset;
    out o;
    (void)state;
    out_init(&o);
    OK(lsi_column_write(o.sink, values, NULL, 3, &offset, &err));
    lsi_section s = out_section(&o);
    OK(lsi_column_open(&c, &s, offset, &err));
    OK(lsi_column_verify(&c, &err));
    assert_true(c.step == 1);
    assert_true(lsi_get64(s.base + offset + 32) == 1);
    lsi_set64(bytes_of(&s) + offset + 32, 0);
    WANT(lsi_column_open(&c, &s, offset, &err), LS_CORRUPT);
    section_free(&s);
}

/* What is in no document is written and read as that. */
static void test_form_of_no_document(void **state)
{
    static const lsi_form form = {.folded = (const uint8_t *)"us", .form = (const uint8_t *)"us", 2, 2, 0, 0, 0};
    lsi_forms_writer *w;
    lsi_forms f;
    lsi_forms_iter it;
    out o[2];
    (void)state;
    out_init(&o[0]);
    out_init(&o[1]);
    OK(lsi_forms_writer_new(&w, o[0].sink, o[1].sink, &err));
    OK(lsi_forms_writer_add(w, &form, &err));
    OK(lsi_forms_writer_end(w, &err));
    lsi_forms_writer_free(w);
    lsi_section a = out_section(&o[0]), b = out_section(&o[1]);
    OK(lsi_forms_open(&f, &a, &b, &err));
    lsi_forms_iter_init(&it, &f);
    assert_int_equal(lsi_forms_iter_next(&it, &err), 1);
    assert_int_equal(it.at.df, 0);
    lsi_forms_iter_clear(&it);
    section_free(&a);
    section_free(&b);
}

/* The empty term begins its block. */
static void test_empty_term(void **state)
{
    const lsi_list list = {.df = 1,
                           .cf = 1,
                           .max_impact = 1,
                           .inline_count = 1,
                           .inline_n = {1},
                           .inline_tf = {1},
                           .positions_offset = LSI_OFFSET_NONE,
                           .forms_offset = LSI_OFFSET_NONE};
    lsi_terms_writer *w;
    lsi_terms t;
    lsi_ord ord;
    out o[3];
    (void)state;
    for (int i = 0; i < 3; i++) out_init(&o[i]);
    OK(lsi_terms_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, &err));
    OK(lsi_terms_writer_add(w, (const uint8_t *)"", 0, 1, &list, 1, &err));
    OK(lsi_terms_writer_add(w, (const uint8_t *)"a", 1, 1, &list, 1, &err));
    OK(lsi_terms_writer_end(w, &err));
    lsi_terms_writer_free(w);
    lsi_section s[3] = {out_section(&o[0]), out_section(&o[1]), out_section(&o[2])};
    OK(lsi_terms_open(&t, &s[0], &s[1], &s[2], &err));
    OK(lsi_terms_verify(&t, &err));
    OK(lsi_terms_find(&t, (const uint8_t *)"", 0, &ord, &err));
    assert_int_equal(ord, 0);
    OK(lsi_terms_find(&t, (const uint8_t *)"a", 1, &ord, &err));
    assert_int_equal(ord, 1);
    for (int i = 0; i < 3; i++) section_free(&s[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_forms_index), cmocka_unit_test(test_ids),
        cmocka_unit_test(test_shingles),    cmocka_unit_test(test_rows),
        cmocka_unit_test(test_keywords),    cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_stored),      cmocka_unit_test(test_offsets_of_nothing),
        cmocka_unit_test(test_column_step), cmocka_unit_test(test_form_of_no_document),
        cmocka_unit_test(test_empty_term),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
