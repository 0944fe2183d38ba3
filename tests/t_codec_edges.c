/* t_codec_edges.c — the codec room where the other tests do not come: columns, copies and stored texts whose bytes lie in the
 * last number, calls that are refused, orders that a sort asks for by chance, and each allocation of the small writers and readers. */
#include "tests/codec_util.h"

#include "libsearch/codec/bits.h"
#include "libsearch/codec/column.h"
#include "libsearch/codec/dict.h"
#include "libsearch/codec/hashes.h"
#include "libsearch/codec/positions.h"
#include "libsearch/codec/shingles.h"
#include "libsearch/codec/stored.h"
#include "libsearch/codec/stored_layout.h"
#include "libsearch/codec/vint.h"
#include <math.h>

static ls_error err;

static uint8_t *bytes_of(const lsi_section *s)
{
    uint8_t *p;
    memcpy(&p, &s->base, sizeof p);
    return p;
}

/* ---- columns ---- */

static lsi_section some_column(lsi_column *c, const int64_t *values, const uint64_t *present, uint32_t n)
{
    static lsi_section s;
    uint64_t offset;
    out o;
    out_init(&o);
    OK(lsi_column_write(o.sink, values, present, n, &offset, &err));
    s = out_section(&o);
    OK(lsi_column_open(c, &s, offset, &err));
    c->section = &s;
    return s;
}

static void column_bits(void **state)
{
    enum { N = 100, BITS = 40 + 32 };
    static int64_t values[N];
    uint64_t present[2] = {~(uint64_t)0, (UINT64_C(1) << (N - 64)) - 1}, bits[LSI_COLUMN_BLOCK / 64];
    lsi_column c;
    (void)state;
    for (int i = 0; i < N; i++) values[i] = i;
    present[1] &= ~(uint64_t)1; /* document 64 has none */
    lsi_section s = some_column(&c, values, present, N);
    OK(lsi_column_between(&c, 0, 60, 66, bits, &err));
    assert_true(bits[0] == UINT64_C(15) << 60 && bits[1] == 6);
    OK(lsi_column_verify(&c, &err));
    /* As many bits as values, but one of them behind the last document. */
    uint8_t *p = bytes_of(&s) + c.offset + BITS;
    lsi_set64(p + 8, (lsi_get64(p + 8) & ~(uint64_t)2) | UINT64_C(1) << 50);
    WANT(lsi_column_between(&c, 0, 60, 66, bits, &err), LS_CORRUPT);
    assert_true(err.offset == c.offset && *err.file);
    WANT(lsi_column_verify(&c, &err), LS_CORRUPT);
    section_free(&s);
}

/* All have one value, says the width, and the block's head that it has several. */
static void column_of_one(void **state)
{
    static const int64_t values[3] = {7, 7, 7};
    uint64_t bits[LSI_COLUMN_BLOCK / 64];
    lsi_column c;
    (void)state;
    lsi_section s = some_column(&c, values, NULL, 3);
    OK(lsi_column_between(&c, 0, 7, 9, bits, &err));
    assert_true(bits[0] == 7);
    lsi_set64(bytes_of(&s) + c.offset + 40 + 8, 12); /* the block's greatest */
    OK(lsi_column_between(&c, 0, 7, 9, bits,
                          &err)); /* nothing tells it but verify; nothing is read that is not there */
    assert_true(bits[0] == 7);
    WANT(lsi_column_verify(&c, &err), LS_CORRUPT);
    section_free(&s);
}

/* ---- hashes ---- */

static void hashes_sorted(void **state)
{
    lsi_hash_pair pairs[] = {{9, 4}, {7, 5}, {7, 3}, {7, 4}, {1, 9}};
    uint32_t from, to, number;
    uint64_t hash;
    lsi_hashes h;
    out o;
    (void)state;
    out_init(&o);
    lsi_hashes_write(o.sink, pairs, LSI_COUNTOF(pairs));
    lsi_section s = out_section(&o);
    OK(lsi_hashes_open(&h, &s, &err));
    OK(lsi_hashes_verify(&h, 10, &err));
    OK(lsi_hashes_find(&h, 7, &from, &to, &err));
    assert_true(from == 1 && to == 4);
    for (uint32_t i = from; i < to; i++) {
        OK(lsi_hashes_get(&h, i, &hash, &number, &err));
        assert_true(hash == 7 && number == 2 + i);
    }
    section_free(&s);
}

/* ---- copies ---- */

static lsi_section some_shingles(const lsi_relation_row *rows, size_t n, uint32_t entries)
{
    enum { DOCS = 4 };
    static const uint64_t texts[DOCS] = {2, 5, 9, 11};
    static const lsi_doc order[DOCS] = {0, 1, 2, 3};
    static const uint8_t counts[DOCS] = {9, 9, 9, 9};
    lsi_shingles_writer w;
    out o;
    out_init(&o);
    OK(lsi_shingles_begin(&w, o.sink, DOCS, texts, order, counts, rows, n, &err));
    for (uint32_t i = 0; i < entries; i++)
        lsi_shingles_put(&w, lsi_shingle_entry((uint64_t)(i * i + 1) << 32, i % DOCS));
    OK(lsi_shingles_end(&w, &err));
    lsi_shingles_writer_clear(&w);
    return out_section(&o);
}

/* Relations of 5 with 2 and 9, of 9 with 11. Rows by (text, other): 2-5, 5-2, 5-9, 9-5, 9-11, 11-9. */
static const lsi_relation_row pairs[] = {{2, 5, 1, 2, 3}, {5, 2, 2, 1, 3},  {5, 9, 4, 5, 3},
                                         {9, 5, 5, 4, 3}, {9, 11, 6, 7, 3}, {11, 9, 7, 6, 3}};

static void twins(void **state)
{
    static const struct {
        uint32_t row, twin;
        const char *said;
    } wrong[] = {
        {0, 7, "a row of the other direction"},   /* of six */
        {5, 6, "a row of the other direction"},   /* of six */
        {0, 2, "a pair of texts both ways round"} /* which is 5 as well, but that with 9 */
    };
    lsi_relation_row row;
    lsi_shingles x;
    (void)state;
    for (size_t i = 0; i <= LSI_COUNTOF(wrong); i++) {
        lsi_section s = some_shingles(pairs, LSI_COUNTOF(pairs), 0);
        OK(lsi_shingles_open(&x, &s, 4, &err));
        assert_true(x.rows == 6 && x.row_width == 3);
        if (i == LSI_COUNTOF(wrong)) {
            OK(lsi_shingles_verify(&x, &err));
        } else {
            uint8_t *p = bytes_of(&s) + x.twins_at;
            unsigned bit = 3 * wrong[i].row;
            uint32_t v = lsi_get32(p), v3 = v & 0xffffff;
            v3 = (v3 & ~(7u << bit)) | wrong[i].twin << bit;
            lsi_set32(p, (v & 0xff000000) | v3);
            WANT(lsi_shingles_verify(&x, &err), LS_CORRUPT);
            assert_non_null(strstr(err.message, wrong[i].said));
            int rc = lsi_shingles_row(&x, wrong[i].row, &row, &err);
            assert_int_equal(rc, wrong[i].twin < 6 ? LS_OK : LS_CORRUPT);
        }
        section_free(&s);
    }
}

/* Rows that lack the other direction, behind all there are and between them. */
static void lone_rows(void **state)
{
    static const lsi_relation_row last[] = {{2, 5, 1, 2, 3}},
                                  between[] = {{2, 5, 1, 2, 3}, {9, 11, 6, 7, 3}, {11, 9, 7, 6, 3}};
    static const uint64_t text = 2;
    static const lsi_doc doc = 0;
    static const uint8_t count = 1;
    (void)state;
    for (int i = 0; i < 2; i++) {
        lsi_shingles_writer w;
        out o;
        out_init(&o);
        WANT(lsi_shingles_begin(&w, o.sink, 1, &text, &doc, &count, i ? between : last, i ? 3 : 1, &err), LS_CORRUPT);
        lsi_shingles_writer_clear(&w);
        out_free(&o);
    }
}

/* The marks of the last block are said to be wider than they are, so that they would end among the heads. */
static void wide_marks(void **state)
{
    enum { ENTRIES = 3 * LSI_SHINGLE_BLOCK + 200, LAST = 3 };
    unsigned behind = 0;
    (void)state;
    for (unsigned width = 0; width <= 32; width++) {
        lsi_section s = some_shingles(pairs, LSI_COUNTOF(pairs), ENTRIES);
        lsi_shingles x;
        OK(lsi_shingles_open(&x, &s, 4, &err));
        uint8_t *about = bytes_of(&s) + x.heads_at + 12 * LAST + 4;
        uint64_t was = lsi_get64(about);
        bool same = (was >> 48 & 255) == width;
        lsi_set64(about, (was & ~(UINT64_C(255) << 48)) | (uint64_t)width << 48);
        if (same) {
            OK(lsi_shingles_verify(&x, &err));
        } else {
            WANT(lsi_shingles_verify(&x, &err), LS_CORRUPT);
            behind += strstr(err.message, "before the heads") != NULL;
        }
        section_free(&s);
    }
    assert_true(behind >= 1);
}

/* A segment of no documents, which none is, has no text. */
static void no_documents(void **state)
{
    static uint8_t tail[32];
    uint32_t from = 1, to = 1;
    lsi_shingles x;
    (void)state;
    lsi_section s = section_of(tail, sizeof tail);
    OK(lsi_shingles_open(&x, &s, 0, &err));
    OK(lsi_shingles_text(&x, 77, &from, &to, &err));
    assert_true(!from && !to);
    section_free(&s);
}

/* ---- postings ---- */

static void impacts(void **state)
{
    (void)state;
    assert_int_equal(lsi_impact(1, INFINITY), 1); /* at least 1 */
    assert_int_equal(lsi_impact(1, 0), 255);
    assert_int_equal(lsi_impact(1, 1), 128); /* 127.5 and a little */
    /* A bound that is a whole number is that number; found by search over tf. */
    unsigned whole = 0;
    for (uint32_t tf = 1; tf < 40000000 && !whole; tf++) {
        float k = (float)((double)tf * (255.0 * (1 + 1.0 / (1 << 21)) / 254 - 1));
        double v = 255.0 * (double)tf / ((double)tf + (double)k) * (1 + 1.0 / (1 << 21));
        if (v != 254) continue;
        assert_int_equal(lsi_impact(tf, k), 254);
        whole++;
    }
    assert_int_equal(whole, 1);
}

static void falling(void **state)
{
    static const lsi_doc wrong[][3] = {{1, 5, 5}, {1, 5, 4}, {5, 4, 6}};
    static const uint32_t ones[3] = {1, 1, 1};
    lsi_postings_writer *w;
    lsi_list l;
    out o[3];
    (void)state;
    for (int i = 0; i < 3; i++) out_init(&o[i]);
    OK(lsi_postings_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, 9, NULL, &err));
    for (size_t i = 0; i < LSI_COUNTOF(wrong); i++) {
        lsi_postings_begin(w);
        lsi_postings_add_all(w, wrong[i], ones, ones, 3);
        lsi_postings_add_all(w, wrong[0], ones, ones, 2); /* what comes then changes nothing */
        WANT(lsi_postings_end(w, &l, &err), LS_MISUSE);
        assert_true(!lsi_sink_at(o[0].sink) && !lsi_sink_at(o[1].sink));
    }
    lsi_postings_writer_free(w);
    for (int i = 0; i < 3; i++) out_free(&o[i]);
}

/* Lists of both forms, of several blocks, with each allocation failing: told at the end, the sinks are as they were, and
 * the writer makes the list when it is asked anew. */
static void postings_memory(void **state)
{
    enum { BLOCKS = 40, N = BLOCKS * LSI_BLOCK_DOCS };
    static lsi_doc docs[N];
    static uint32_t counts[N];
    uint64_t failed = 0;
    (void)state;
    for (uint32_t i = 0; i < N; i++) {
        uint32_t block = i / LSI_BLOCK_DOCS;
        docs[i] = i ? docs[i - 1] + (block < 8 || block % 2 ? i % 64 ? 1 : 9 : 1 + i % 90) : 0;
        counts[i] = 1 + (i % 7 == 0 ? i : 0);
    }
    for (uint64_t n = 1;; n++) {
        lsi_postings_writer *w;
        lsi_list l, again;
        out o[3];
        for (int i = 0; i < 3; i++) out_init(&o[i]);
        OK(lsi_postings_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, docs[N - 1] + 1, NULL, &err));
        lsi_alloc_fail_at(n, false);
        lsi_postings_add_all(w, docs, counts, counts, N);
        bool over = lsi_alloc_fail_at(0, false) < n;
        int rc = lsi_postings_end(w, &l, &err);
        assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
        if (!over) assert_true(!lsi_sink_at(o[0].sink) && !lsi_sink_at(o[1].sink));
        failed += rc != 0;
        lsi_postings_begin(w);
        lsi_postings_add_all(w, docs, counts, counts, N);
        OK(lsi_postings_end(w, &again, &err));
        assert_true(again.df == N && (rc || again.cf == l.cf));
        lsi_postings_writer_free(w);
        for (int i = 0; i < 3; i++) out_free(&o[i]);
        if (over) break;
    }
    assert_true(failed > 5);
}

/* ---- streams ---- */

static void stream_memory(void **state)
{
    enum { N = 64 * LSI_BLOCK_DOCS + 50 }; /* the last block is one more than there was room for */
    static uint32_t values[N], map[2] = {4000000000u, 1};
    uint64_t failed = 0;
    (void)state;
    for (uint32_t i = 0; i < N; i++)
        values[i] = i + LSI_BLOCK_DOCS > N ? UINT32_MAX - i : i % 3; /* the last are wide */
    for (int before = 0; before < 2; before++)                       /* fails while it grows, and only at the end */
        for (uint64_t n = 1;; n++) {
            lsi_stream_writer *w;
            uint64_t offset;
            out o;
            out_init(&o);
            OK(lsi_stream_writer_new(&w, o.sink, &err));
            lsi_stream_begin(w);
            if (before) lsi_stream_add_all(w, values, N);
            lsi_alloc_fail_at(n, false);
            if (!before) lsi_stream_add_all(w, values, N);
            lsi_stream_add_mapped(w, (const uint32_t[]){0, 1}, map, 2); /* where it has failed, this is nothing */
            lsi_stream_add_all(w, values, 1);
            int rc = lsi_stream_end(w, &offset, &err);
            bool over = lsi_alloc_fail_at(0, false) < n;
            assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
            lsi_stream_writer_free(w);
            failed += rc != 0;
            if (over) {
                lsi_section s = out_section(&o);
                OK(lsi_stream_verify(&s, offset, N + 3, &err));
                section_free(&s);
                break;
            }
            out_free(&o);
        }
    assert_true(failed > 5);
}

/* ---- dictionaries ---- */

/* Of many lengths, rising. */
static size_t spelling(uint8_t *to, uint32_t i)
{
    size_t n = (size_t)sprintf((char *)to, "aaa%06u", i);
    memset(to + n, 'z', i % 37 * (i % 5));
    return n + i % 37 * (i % 5);
}

enum { ENTRIES = 700 };

static int write_forms(out o[2])
{
    lsi_forms_writer *w = NULL;
    uint8_t text[400];
    int rc = lsi_forms_writer_new(&w, o[0].sink, o[1].sink, &err), ended = LS_OK;
    for (uint32_t i = 0; !rc && i < ENTRIES; i++) {
        uint32_t n = (uint32_t)spelling(text, i);
        lsi_form f = {text, text, n, n, i, 0, 1};
        rc = lsi_forms_writer_add(w, &f, &err);
    }
    if (w) ended = lsi_forms_writer_end(w, &err);
    lsi_forms_writer_free(w);
    return rc ? rc : ended;
}

static int write_terms(out o[3])
{
    static const lsi_list lists[3] = {{.df = 1,
                                       .cf = 1,
                                       .inline_count = 1,
                                       .inline_n = {1},
                                       .inline_tf = {1},
                                       .positions_offset = LSI_OFFSET_NONE,
                                       .forms_offset = LSI_OFFSET_NONE},
                                      {.df = 1,
                                       .cf = 1,
                                       .inline_count = 1,
                                       .inline_n = {1},
                                       .inline_tf = {1},
                                       .positions_offset = LSI_OFFSET_NONE,
                                       .forms_offset = LSI_OFFSET_NONE}};
    lsi_terms_writer *w = NULL;
    uint8_t text[400];
    int rc = lsi_terms_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, &err), ended = LS_OK;
    for (uint32_t i = 0; !rc && i < ENTRIES; i++)
        rc = lsi_terms_writer_add(w, text, spelling(text, i), 1, lists, 1 + i % 3, &err);
    if (w) ended = lsi_terms_writer_end(w, &err);
    lsi_terms_writer_free(w);
    return rc ? rc : ended;
}

static int read_terms(const lsi_section s[3])
{
    uint8_t text[400];
    lsi_terms t;
    lsi_terms_iter it;
    uint32_t i = 0;
    int more;
    OK(lsi_terms_open(&t, &s[0], &s[1], &s[2], &err));
    lsi_terms_iter_init(&it, &t);
    while ((more = lsi_terms_iter_next(&it, &err)) > 0) {
        size_t n = spelling(text, i++);
        assert_true(it.term.len == n && !memcmp(it.term.data, text, n));
    }
    lsi_terms_iter_clear(&it);
    if (!more) assert_int_equal(i, ENTRIES);
    return more;
}

/* With each allocation failing, a dictionary is written or refused, and read to its end or refused. */
static void dictionary_memory(void **state)
{
    (void)state;
    for (int terms = 0; terms < 2; terms++) {
        lsi_section s[3];
        uint64_t n = 1, failed = 0;
        for (bool over = false; !over; n++) {
            out o[3];
            for (int i = 0; i < 3; i++) out_init(&o[i]);
            lsi_alloc_fail_at(n, false);
            int rc = terms ? write_terms(o) : write_forms(o);
            over = lsi_alloc_fail_at(0, false) < n;
            assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
            failed += rc != 0;
            for (int i = 0; i < 3; i++) {
                if (over) s[i] = out_section(&o[i]);
                else out_free(&o[i]);
            }
        }
        assert_true(failed > 10);
        n = 1;
        for (bool over = !terms; !over; n++) {
            lsi_alloc_fail_at(n, false);
            int rc = read_terms(s);
            over = lsi_alloc_fail_at(0, false) < n;
            assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
        }
        assert_true(!terms || n > 3);
        for (int i = 0; i < 3; i++) section_free(&s[i]);
    }
}

/* ---- stored texts ---- */

typedef struct stored_parts {
    lsi_section index, frames, dict;
} stored_parts;

/* One document whose record is these bytes. */
static stored_parts stored_by_hand(const void *record, size_t n)
{
    stored_parts p;
    out o;
    lsi_offsets_writer w;
    out_init(&o);
    lsi_offsets_writer_init(&w);
    lsi_offsets_add(&w, 0);
    lsi_offsets_add(&w, n);
    lsi_sink_put32(o.sink, 1);
    lsi_sink_put32(o.sink, 0);
    OK(lsi_offsets_end(&w, o.sink, &err));
    lsi_offsets_writer_clear(&w);
    p.index = out_section(&o);
    p.frames = section_of(record, n);
    p.dict = section_of("", 0);
    return p;
}

static void free_parts(stored_parts *p)
{
    section_free(&p->index);
    section_free(&p->frames);
    section_free(&p->dict);
}

/* The head of a document: of a frame that is too short for a block, and of one whose block is longer than it. */
static void stored_heads(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        int head;
    } rows[] = {
        {"\x06"
         "abc",
         4, LS_OK},                      /* three bytes as they are */
        {"\x28\x01\x02", 3, LS_CORRUPT}, /* twenty bytes in two */
        {"\x28\xa0\x00\x00"
         "abcd",
         8, LS_CORRUPT}, /* a block of twenty in four */
        {"\x28\x21\x00\x00"
         "abcd",
         8, LS_CORRUPT}, /* the only block, of four, for twenty */
        {"\x28\x22\x00\x00"
         "abcd",
         8, LS_CORRUPT}, /* one byte, repeated, and what is no block */
    };
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(rows); i++) {
        stored_parts p = stored_by_hand(rows[i].bytes, rows[i].n);
        lsi_stored *st;
        lsi_buf b;
        bool whole;
        lsi_buf_init(&b, 0);
        OK(lsi_stored_open(&st, &p.index, &p.frames, &p.dict, 1, &err));
        WANT(lsi_stored_head(st, 0, &b, &whole, &err), rows[i].head);
        if (!rows[i].head) assert_true(whole && b.len == 3 && !memcmp(b.data, "abc", 3));
        else assert_true(!b.len && err.code == LS_CORRUPT && *err.file);
        WANT(lsi_stored_get(st, 0, &b, &err), rows[i].head);
        lsi_buf_clear(&b);
        lsi_stored_close(st);
        free_parts(&p);
    }
}

/* How far the index of a damaged file reaches, where next to nothing is left of it. */
static void stored_reach(void **state)
{
    stored_parts p = stored_by_hand("\x02"
                                    "a",
                                    2);
    lsi_stored *st;
    (void)state;
    const uint64_t bytes = p.index.bytes;
    for (uint64_t n = 0; n <= bytes; n++) {
        p.index.bytes = n;
        OK(lsi_stored_open_unread(&st, &p.index, &p.frames, &p.dict, 1000, &err));
        uint32_t reach = lsi_stored_reach(st);
        assert_true(n > 8 ? reach <= 8 * n : reach == 0);
        lsi_stored_close(st);
    }
    free_parts(&p);
}

/* What is sampled for the dictionary is next to nothing, or most of it longer than asked for. */
static void dictionaries_of_little(void **state)
{
    enum { BIG = 600 << 10 };
    static uint8_t dict[LSI_STORED_DICT_MAX], text[BIG];
    static size_t sizes[165];
    (void)state;
    for (size_t i = 0; i < BIG; i++) text[i] = (uint8_t)("etaoinshr "[rnd() % 10]);
    for (size_t n = 0; n < 120; n += n < 12 ? 1 : 9) { /* shorter than a string that is counted; than a stretch */
        sizes[0] = n;
        size_t got = lsi_stored_dict_make(dict, text, sizes, 1, 3);
        assert_true(got <= LSI_STORED_DICT_MAX);
    }
    /* Each fifth is taken for the tables, 33 whole frames, twice as much as there is room for. */
    for (size_t i = 0; i < LSI_COUNTOF(sizes); i++) sizes[i] = i % 5 ? 1 : LSI_STORED_FRAME;
    size_t got = lsi_stored_dict_make(dict, text, sizes, LSI_COUNTOF(sizes), 3);
    assert_true(got > 0 && got <= LSI_STORED_DICT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(column_bits),     cmocka_unit_test(column_of_one), cmocka_unit_test(hashes_sorted),
        cmocka_unit_test(twins),           cmocka_unit_test(lone_rows),     cmocka_unit_test(wide_marks),
        cmocka_unit_test(no_documents),    cmocka_unit_test(impacts),       cmocka_unit_test(falling),
        cmocka_unit_test(postings_memory), cmocka_unit_test(stream_memory), cmocka_unit_test(dictionary_memory),
        cmocka_unit_test(stored_heads),    cmocka_unit_test(stored_reach),  cmocka_unit_test(dictionaries_of_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
