/* t_codec_store.c — columns, keywords, stored documents, ids: worked examples and round trips over adversarial cases;
 * stored documents by many threads. */
#include "tests/codec_util.h"
#include <pthread.h>

#include "libsearch/codec/bits.h"
#include "libsearch/codec/column.h"
#include "libsearch/codec/stored.h"
#include "libsearch/util/bitset.h"
#include "libsearch/util/map.h"

static ls_error err;

/* ---- bits and offsets ---- */

static void test_bits(void **state)
{
    (void)state;
    for (unsigned width = 0; width <= 64; width++) {
        uint64_t v[200], mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
        lsi_buf b;
        lsi_buf_init(&b, 0);
        lsi_bits_writer w = {&b, 0, 0};
        for (int i = 0; i < 200; i++) {
            v[i] = rnd() & mask;
            lsi_bits_put(&w, v[i], width);
        }
        lsi_bits_end(&w);
        assert_int_equal(b.len, lsi_bits_bytes(200, width));
        lsi_section s = section_of_buf(&b);
        for (int i = 0; i < 200; i++) assert_true(lsi_bits_at(s.base, width, (uint64_t)i) == v[i]);
        section_free(&s);
        lsi_buf_clear(&b);
    }
}

static void test_offsets(void **state)
{
    static const uint32_t sizes[] = {0, 1, 2, 62, 63, 64, 65, 128, 1000};
    (void)state;
    for (size_t k = 0; k < LSI_COUNTOF(sizes); k++)
        for (unsigned step = 0; step < 64; step += 9) {
            uint64_t v[1001], at = below(1000);
            lsi_offsets_writer w;
            out o;
            out_init(&o);
            lsi_sink_put8(o.sink, 1);
            lsi_offsets_writer_init(&w);
            for (uint32_t i = 0; i <= sizes[k]; i++) {
                lsi_offsets_add(&w, v[i] = at);
                at += step ? (rnd() >> (64 - step)) / 1000 : 0;
            }
            OK(lsi_offsets_end(&w, o.sink, &err));
            lsi_offsets_writer_clear(&w);
            lsi_section s = out_section(&o);
            for (uint32_t i = 0; i < sizes[k]; i++) {
                uint64_t from, to;
                OK(lsi_offsets_get(&s, 1, sizes[k], i, UINT64_MAX, &from, &to, &err));
                assert_true(from == v[i] && to == v[i + 1]);
                if (to) assert_int_equal(lsi_offsets_get(&s, 1, sizes[k], i, to - 1, &from, &to, &err), LS_CORRUPT);
            }
            section_free(&s);
        }
    static const uint64_t three[] = {0, 3, 10};
    lsi_offsets_writer w;
    out o;
    out_init(&o);
    lsi_offsets_writer_init(&w);
    for (int i = 0; i < 3; i++) lsi_offsets_add(&w, three[i]);
    OK(lsi_offsets_end(&w, o.sink, &err));
    lsi_offsets_writer_clear(&w);
    expect_bytes(o.buf.data, o.buf.len, "00000000000000000000000000000004300A");
    out_free(&o);
}

/* ---- columns ---- */

/* lsi_column_between against the values themselves, for bounds around some of them and beyond. */
static void check_between(const lsi_column *c, uint32_t block, const int64_t *values, const uint64_t *present,
                          uint32_t n)
{
    for (int round = 0; round < 12; round++) {
        int64_t bound[2] = {INT64_MIN, INT64_MAX};
        uint64_t in[64];
        for (int i = 0; i < 2 && round; i++) {
            int64_t v = n && below(4) ? values[below(n)] : (int64_t)rnd(), by = (int64_t)below(3) - 1;
            bound[i] = by > 0 ? (v < INT64_MAX ? v + 1 : v) : by < 0 ? (v > INT64_MIN ? v - 1 : v) : v;
        }
        OK(lsi_column_between(c, block, bound[0], bound[1], in, &err));
        for (uint32_t i = 0; i < LSI_COLUMN_BLOCK; i++) {
            bool want = i < n && lsi_bitset_test(present, i) && values[i] >= bound[0] && values[i] <= bound[1];
            assert_int_equal(lsi_bitset_test(in, i), want);
        }
    }
}

static void column_trip(const int64_t *v, const uint64_t *present, uint32_t n, const char *body)
{
    static int64_t values[LSI_COLUMN_BLOCK];
    uint64_t bits[64], offset;
    lsi_column c;
    out o;
    out_init(&o);
    lsi_sink_put8(o.sink, 3);
    OK(lsi_column_write(o.sink, v, present, n, &offset, &err));
    lsi_section s = out_section(&o);
    OK(lsi_column_open(&c, &s, offset, &err));
    OK(lsi_column_verify(&c, &err));
    assert_int_equal(c.doc_count, n);
    assert_int_equal(c.present, present ? lsi_bitset_count(present, 0, n) : n);
    if (body) expect_bytes(s.base + offset + 40 + 32, s.bytes - offset - 72, body);
    for (uint32_t d = 0; d < n; d++) {
        bool has, want = !present || lsi_bitset_test(present, d);
        int64_t value;
        OK(lsi_column_get(&c, d, &has, &value, &err));
        assert_int_equal(has, want);
        assert_true(value == (want ? v[d] : 0));
    }
    for (uint32_t b = 0; b < c.block_count; b++) {
        uint32_t k;
        int64_t min, max, low = INT64_MAX, high = INT64_MIN;
        OK(lsi_column_block(&c, b, values, bits, &k, &err));
        OK(lsi_column_block_range(&c, b, &min, &max, &err));
        for (uint32_t i = 0; i < k; i++) {
            uint32_t d = b * LSI_COLUMN_BLOCK + i;
            bool want = !present || lsi_bitset_test(present, d);
            assert_int_equal(lsi_bitset_test(bits, i), want);
            assert_true(values[i] == (want ? v[d] : 0));
            if (want && v[d] < low) low = v[d];
            if (want && v[d] > high) high = v[d];
        }
        assert_true(min == low && max == high);
        check_between(&c, b, values, bits, k);
    }
    section_free(&s);
}

static void test_columns(void **state)
{
    static const uint32_t sizes[] = {0, 1, 63, 64, 65, 4095, 4096, 4097, 10000};
    static int64_t v[10000];
    static uint64_t present[10000 / 64 + 1];
    (void)state;
    static const int64_t three[] = {86400000, 5, 259200000};
    present[0] = 5;
    column_trip(three, present, 3, "050000000000000002");
    for (size_t k = 0; k < LSI_COUNTOF(sizes); k++)
        for (int kind = 0; kind < 6; kind++) {
            for (uint32_t i = 0; i < sizes[k]; i++)
                v[i] = kind == 0   ? 7
                       : kind == 1 ? (int64_t)below(100) - 50
                       : kind == 2 ? (int64_t)rnd()
                       : kind == 3 ? (below(2) ? INT64_MIN : INT64_MAX)
                       : kind == 4 ? ((int64_t)below(20000) - 10000) * 86400000
                                   : (int64_t)i * 1000;
            column_trip(v, NULL, sizes[k], NULL);
            for (uint32_t most = 1; most < 2000; most *= 12) {
                memset(present, 0, sizeof present);
                for (uint32_t i = 0; i < sizes[k]; i++)
                    if (!below(most)) lsi_bitset_set(present, i);
                column_trip(v, present, sizes[k], NULL);
            }
            memset(present, 0, sizeof present);
            column_trip(v, present, sizes[k], NULL);
        }
}

/* ---- keywords ---- */

static lsi_keyword_pair pair(const char *folded, const char *written, lsi_doc doc)
{
    return (lsi_keyword_pair){(const uint8_t *)folded, (const uint8_t *)written, (uint32_t)strlen(folded),
                              (uint32_t)strlen(written), doc};
}

static int by_pair(const void *a, const void *b)
{
    const lsi_keyword_pair *x = a, *y = b;
    int c = lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
    return c ? c : (x->doc > y->doc) - (x->doc < y->doc);
}

static bool has_pair(const lsi_keyword_pair *p, size_t n, uint32_t doc, const uint8_t *f, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (p[i].doc == doc && !lsi_bytes_cmp(p[i].folded, p[i].folded_len, f, len)) return true;
    return false;
}

static void keywords_trip(lsi_keyword_pair *p, size_t n, uint32_t doc_count)
{
    lsi_keywords k;
    uint64_t offset, pairs = 0;
    uint32_t ords[64], docs[512], count, ord;
    out o;
    if (n) qsort(p, n, sizeof *p, by_pair);
    out_init(&o);
    lsi_sink_put8(o.sink, 3);
    OK(lsi_keywords_write(o.sink, p, n, doc_count, &offset, &err));
    lsi_section s = out_section(&o);
    OK(lsi_keywords_open(&k, &s, offset, &err));
    OK(lsi_keywords_verify(&k, &err));
    for (uint32_t d = 0; d < doc_count; d++) {
        OK(lsi_keywords_doc(&k, d, ords, 64, &count, &err));
        assert_true(count <= 64);
        pairs += count;
        for (uint32_t i = 0; i < count; i++) {
            const uint8_t *f, *w;
            size_t fn, wn;
            OK(lsi_keywords_value(&k, ords[i], &f, &fn, &w, &wn, &err));
            assert_true(has_pair(p, n, d, f, fn));
            OK(lsi_keywords_find(&k, f, fn, &ord, &err));
            assert_int_equal(ord, ords[i]);
        }
    }
    assert_int_equal(pairs, k.pair_count);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *f, *w;
        size_t fn, wn;
        size_t first = i;
        while (first && !lsi_bytes_cmp(p[first - 1].folded, p[first - 1].folded_len, p[i].folded, p[i].folded_len))
            first--;
        OK(lsi_keywords_find(&k, p[i].folded, p[i].folded_len, &ord, &err));
        OK(lsi_keywords_value(&k, ord, &f, &fn, &w, &wn, &err));
        assert_int_equal(lsi_bytes_cmp(w, wn, p[first].written, p[first].written_len), 0);
        uint32_t from = below(doc_count + 1), to = below(doc_count + 2), want = 0;
        OK(lsi_keywords_docs(&k, ord, from, to, docs, 512, &count, &err));
        for (uint32_t d = from; d < to && d < doc_count; d++) {
            if (!has_pair(p, n, d, f, fn)) continue;
            assert_true(want < count && docs[want] == d);
            want++;
        }
        assert_int_equal(want, count);
    }
    OK(lsi_keywords_find(&k, (const uint8_t *)"\xff\xff", 2, &ord, &err));
    assert_true(ord == LSI_ORD_NONE);
    section_free(&s);
}

static void test_keywords(void **state)
{
    static const char *const words[][2] = {{"", ""},       {"a", "A"},         {"berlin", "Berlin"},
                                           {"ber", "ber"}, {"paris", "PARIS"}, {"z\xc3\xbcrich", "Z\xc3\xbcrich"}};
    (void)state;
    keywords_trip(NULL, 0, 0);
    keywords_trip(NULL, 0, 100);
    for (int round = 0; round < 300; round++) {
        lsi_keyword_pair p[300];
        uint32_t docs = 1 + below(200);
        size_t n = below(300);
        for (size_t i = 0; i < n; i++) {
            const char *const *w = words[below(LSI_COUNTOF(words))];
            p[i] = pair(w[0], w[below(2)], below(docs));
        }
        if (round % 3 == 0) { /* one value a document */
            if (n > docs) n = docs;
            for (size_t i = 0; i < n; i++) p[i].doc = (lsi_doc)i;
        }
        keywords_trip(p, n, docs);
    }
}

static void test_keywords_example(void **state)
{
    lsi_keyword_pair p[] = {pair("b", "B", 0), pair("b", "b", 1), pair("ca", "ca", 2)};
    uint64_t offset;
    out o;
    (void)state;
    out_init(&o);
    OK(lsi_keywords_write(o.sink, p, 3, 3, &offset, &err));
    /* head, offsets of values, values, starts 0 2 3 in 2 bits, docs 0 1 2 in 2 bits, ordinals + 1 in 2 bits */
    expect_bytes(o.buf.data, o.buf.len,
                 "03000000020000000300000001000000"
                 "4C000000000000004D000000000000004E000000000000004E000000000000004F00000000000000"
                 "000000000400000008000000"
                 "016202420263610038"
                 "2425");
    out_free(&o);
}

/* ---- stored documents ---- */

static size_t make_text(char *to, size_t n)
{
    static const char *const words[] = {"the",     "of",  "minister", "said", "on",
                                        "Tuesday", "oil", "prices",   "bank", "rose"};
    size_t at = 0;
    while (at < n) {
        const char *w = words[below(10)];
        for (; *w && at < n; w++) to[at++] = *w;
        if (at < n) to[at++] = below(30) ? ' ' : (char)('0' + below(10));
    }
    return n;
}

typedef struct docs {
    char **text;
    size_t *len;
    uint32_t n;
} docs;

static docs make_docs(uint32_t n, size_t most)
{
    docs d = {calloc(n + 1, sizeof(char *)), calloc(n + 1, sizeof(size_t)), n};
    assert_true(d.text && d.len);
    for (uint32_t i = 0; i < n; i++) {
        d.len[i] = below(20) ? below((uint32_t)most) : 0;
        if (below(200) == 0) d.len[i] = 16383 + below(3);
        if (below(200) == 0) d.len[i] = 32768 + below(100000);
        d.text[i] = malloc(d.len[i] + 1);
        assert_non_null(d.text[i]);
        make_text(d.text[i], d.len[i]);
        for (size_t k = 0; below(10) == 0 && k < d.len[i]; k++) d.text[i][k] = (char)rnd();
    }
    return d;
}

static void docs_free(docs *d)
{
    for (uint32_t i = 0; i < d->n; i++) free(d->text[i]);
    free(d->text);
    free(d->len);
}

typedef struct store {
    lsi_section index, frames, dict;
    lsi_stored *s;
} store;

static void store_docs(const docs *d, store *st)
{
    lsi_stored_writer *w;
    out a, b, c;
    out_init(&a);
    out_init(&b);
    out_init(&c);
    OK(lsi_stored_writer_new(&w, a.sink, b.sink, c.sink, &err));
    for (uint32_t i = 0; i < d->n; i++)
        OK(lsi_stored_writer_add(w, (const uint8_t *)d->text[i], d->len[i], d->len[i] / 7, &err));
    OK(lsi_stored_writer_end(w, &err));
    lsi_stored_writer_free(w);
    st->index = out_section(&a);
    st->frames = out_section(&b);
    st->dict = out_section(&c);
    OK(lsi_stored_open(&st->s, &st->index, &st->frames, &st->dict, d->n, &err));
}

static void store_free(store *st)
{
    lsi_stored_close(st->s);
    section_free(&st->index);
    section_free(&st->frames);
    section_free(&st->dict);
}

static void check_store(const docs *d, const store *st)
{
    lsi_buf b;
    lsi_buf_init(&b, 0);
    OK(lsi_stored_verify(st->s, &err));
    for (uint32_t i = 0; i < d->n; i++) {
        uint64_t len;
        lsi_buf_reset(&b);
        lsi_buf_put8(&b, 'x');
        OK(lsi_stored_get(st->s, i, &b, &err));
        assert_int_equal(b.len, d->len[i] + 1);
        assert_memory_equal(b.data + 1, d->text[i], d->len[i]);
        OK(lsi_stored_length(st->s, i, &len, &err));
        assert_int_equal(len, d->len[i]);
        bool whole;
        lsi_buf_reset(&b);
        OK(lsi_stored_head(st->s, i, &b, &whole, &err));
        assert_int_equal(b.len, whole ? d->len[i] : d->len[i] / 7);
        assert_true(whole || d->len[i] > 768);
        if (b.len) assert_memory_equal(b.data, d->text[i], b.len);
        for (int k = 0; k < 3; k++) {
            uint32_t off = below((uint32_t)d->len[i] + 2), want = below(40000);
            size_t have = off < d->len[i] ? d->len[i] - off : 0;
            lsi_buf_reset(&b);
            OK(lsi_stored_range(st->s, i, off, want, &b, &err));
            assert_int_equal(b.len, have < want ? have : want);
            if (b.len) assert_memory_equal(b.data, d->text[i] + off, b.len);
        }
    }
    lsi_buf_reset(&b);
    assert_int_equal(lsi_stored_get(st->s, d->n, &b, &err), LS_MISUSE);
    lsi_buf_clear(&b);
}

static void test_stored(void **state)
{
    static const struct {
        uint32_t n;
        size_t most;
        bool dict;
    } cases[] = {{0, 0, false}, {1, 100, false}, {500, 1000, false}, {3000, 1600, true}, {9000, 1600, true}};
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(cases); i++) {
        docs d = make_docs(cases[i].n, cases[i].most);
        store st;
        store_docs(&d, &st);
        assert_int_equal(st.dict.bytes > 0, cases[i].dict);
        check_store(&d, &st);
        store_free(&st);
        docs_free(&d);
    }
}

static void test_stored_long(void **state)
{
    docs d = make_docs(4, 3000); /* short ones, then one that is longer than all samples, alone and behind others */
    (void)state;
    free(d.text[2]);
    d.len[2] = ((size_t)5 << 20) + 77;
    d.text[2] = malloc(d.len[2]);
    assert_non_null(d.text[2]);
    make_text(d.text[2], d.len[2]);
    store st;
    store_docs(&d, &st);
    assert_true(st.dict.bytes > 0);
    check_store(&d, &st);
    store_free(&st);
    docs_free(&d);
}

static void test_stored_example(void **state)
{
    char abc[] = "abc", *text[] = {abc};
    size_t len = 3;
    docs d = {text, &len, 1};
    store st;
    (void)state;
    store_docs(&d, &st);
    expect_bytes(st.frames.base, st.frames.bytes, "06616263");
    expect_bytes(st.index.base, st.index.bytes,
                 "0100000000000000"
                 "00000000000000000000000000000003"
                 "20");
    store_free(&st);
}

typedef struct thread_arg {
    const docs *d;
    const store *st;
    int wrong;
} thread_arg;

static void *read_all(void *p)
{
    thread_arg *a = p;
    lsi_buf b;
    ls_error e;
    lsi_buf_init(&b, 0);
    for (int round = 0; round < 3; round++)
        for (uint32_t i = 0; i < a->d->n; i++) {
            lsi_buf_reset(&b);
            if (lsi_stored_get(a->st->s, i, &b, &e) || b.len != a->d->len[i] ||
                (b.len && memcmp(b.data, a->d->text[i], b.len)))
                a->wrong++;
        }
    lsi_buf_clear(&b);
    return NULL;
}

static void test_stored_threads(void **state)
{
    enum { THREADS = 12 }; /* more than the contexts that are kept */
    pthread_t t[THREADS];
    thread_arg arg[THREADS];
    docs d = make_docs(1500, 1600);
    store st;
    store_docs(&d, &st);
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        arg[i] = (thread_arg){&d, &st, 0};
        assert_int_equal(pthread_create(&t[i], NULL, read_all, &arg[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        assert_int_equal(arg[i].wrong, 0);
    }
    store_free(&st);
    docs_free(&d);
}

/* ---- ids ---- */

static void test_ids(void **state)
{
    static const uint32_t sizes[] = {0, 1, 2, 8, 9, 100, 5000};
    (void)state;
    for (size_t k = 0; k < LSI_COUNTOF(sizes); k++) {
        uint32_t n = sizes[k];
        lsi_ids_writer *w;
        lsi_ids x;
        lsi_doc doc;
        out a, b;
        char id[64];
        out_init(&a);
        out_init(&b);
        OK(lsi_ids_writer_new(&w, a.sink, b.sink, &err));
        /* every third id is that of a document before; the empty one is among them */
        for (uint32_t i = 0; i < n; i++) {
            snprintf(id, sizeof id, "article/%u", i % 3 == 2 ? i / 2 : i);
            OK(lsi_ids_writer_add(w, (const uint8_t *)id, i == 4 ? 0 : strlen(id), &err));
        }
        OK(lsi_ids_writer_end(w, &err));
        lsi_ids_writer_free(w);
        lsi_section s = out_section(&a), h = out_section(&b);
        OK(lsi_ids_open(&x, &s, &h, n, &err));
        OK(lsi_ids_verify(&x, &err));
        for (uint32_t i = 0; i < n; i++) {
            const uint8_t *p;
            size_t len;
            OK(lsi_ids_get(&x, i, &p, &len, &err));
            uint32_t newest = i;
            for (uint32_t j = n; j-- > i;) {
                const uint8_t *q;
                size_t m;
                if (n > 1000 && j > i && j != 2 * i && j != 2 * i + 1) continue;
                OK(lsi_ids_get(&x, j, &q, &m, &err));
                if (m != len || memcmp(q, p, m)) continue;
                newest = j;
                break;
            }
            OK(lsi_ids_find(&x, p, len, &doc, &err));
            assert_int_equal(doc, newest);
        }
        OK(lsi_ids_find(&x, (const uint8_t *)"article/x", 9, &doc, &err));
        assert_true(doc == LSI_DOC_END);
        section_free(&s);
        section_free(&h);
    }
}

static void test_ids_example(void **state)
{
    lsi_ids_writer *w;
    out a, b;
    char hex[64];
    (void)state;
    out_init(&a);
    out_init(&b);
    OK(lsi_ids_writer_new(&w, a.sink, b.sink, &err));
    OK(lsi_ids_writer_add(w, (const uint8_t *)"a", 1, &err));
    OK(lsi_ids_writer_end(w, &err));
    lsi_ids_writer_free(w);
    expect_bytes(a.buf.data, a.buf.len,
                 "61"
                 "00000000000000000000000000000001"
                 "02"
                 "0100000000000000"
                 "0100000000000000");
    uint64_t hash = lsi_hash64("a", 1);
    snprintf(hex, sizeof hex, "01000000000000000000000001000000%02X%02X", (unsigned)(hash >> 48 & 255),
             (unsigned)(hash >> 56));
    expect_bytes(b.buf.data, b.buf.len, hex);
    out_free(&a);
    out_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_keywords),
        cmocka_unit_test(test_keywords_example),
        cmocka_unit_test(test_stored),
        cmocka_unit_test(test_stored_long),
        cmocka_unit_test(test_stored_example),
        cmocka_unit_test(test_stored_threads),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_ids_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
