/* t_copy_sets.c — sets of shingles against the plain way: put in order, intersected; entries found in a heap's table
 * and in a section; hashes of words. */
#include "libsearch/segment/copies.h"
#include "tests/codec_util.h"

#define MOST 9000u

static uint64_t state = 88172645463325252u;
static uint64_t any(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Hashes, and what no hash should be: many in one bucket, equal, at both ends. */
static uint64_t of_kind(unsigned kind)
{
    switch (kind) {
    case 0:
        return any();
    case 1:
        return any() >> 40 | (uint64_t)3 << 62;
    case 2:
        return any() % 5;
    case 3:
        return any() % 2 ? 0 : UINT64_MAX;
    default:
        return any() % 4 ? any() : any() >> 20;
    }
}

static uint64_t *numbers(size_t n, unsigned kind)
{
    uint64_t *a = malloc((n + 1) * sizeof *a);
    for (size_t i = 0; a && i < n; i++) a[i] = of_kind(kind);
    assert_non_null(a);
    return a;
}

static void test_sort(void **state_unused)
{
    (void)state_unused;
    static const size_t sizes[] = {0, 1, 2, 3, 7, 24, 25, 26, 100, 1023, 1024, 1025, MOST};
    for (size_t s = 0; s < LSI_COUNTOF(sizes); s++) {
        for (unsigned kind = 0; kind < 5; kind++) {
            size_t n = sizes[s];
            uint64_t *from = numbers(n, kind), *to = malloc((n + 1) * sizeof *to);
            assert_non_null(to);
            lsi_copy_set_sort(to, from, n);
            qsort(from, n, sizeof *from, by_number);
            for (size_t i = 0; i < n; i++) assert_true(from[i] == to[i]);
            free(from);
            free(to);
        }
    }
}

static size_t make_set(uint64_t *a, size_t n)
{
    size_t kept = 0;
    qsort(a, n, sizeof *a, by_number);
    for (size_t i = 0; i < n; i++)
        if (!i || a[i] != a[i - 1]) a[kept++] = a[i];
    return kept;
}

static void test_common(void **state_unused)
{
    (void)state_unused;
    for (unsigned round = 0; round < 200; round++) {
        size_t n = any() % 60, m = any() % 60;
        uint64_t *a = numbers(n, 0), *b = numbers(m, 0), both = 0;
        for (size_t i = 0; i < n; i++) a[i] %= 100;
        for (size_t i = 0; i < m; i++) b[i] %= 100;
        lsi_copy_set x = {a, make_set(a, n)}, y = {b, make_set(b, m)};
        for (size_t i = 0; i < x.count; i++)
            for (size_t k = 0; k < y.count; k++) both += a[i] == b[k];
        assert_true(lsi_copy_common(&x, &y) == both && lsi_copy_common(&y, &x) == both);
        assert_true(lsi_copy_share(both, &x) == (x.count ? both * LSI_SHARE_ONE / x.count : 0));
        free(a);
        free(b);
    }
}

static void test_seek(void **state_unused)
{
    (void)state_unused;
    for (size_t n = 0; n < 3000; n = n * 2 + 1) {
        for (unsigned kind = 0; kind < 5; kind++) {
            ls_error err;
            lsi_copies c = {0};
            c.entries = lsi_malloc((n + 1) * sizeof *c.entries);
            assert_non_null(c.entries);
            for (size_t i = 0; i < n; i++) c.entries[i] = of_kind(kind);
            c.entry_count = n ? make_set(c.entries, n) : 0;
            assert_int_equal(lsi_copies_index(&c, &err), LS_OK);
            for (unsigned i = 0; i < 500; i++) {
                uint64_t v = i % 2 || !n ? of_kind(kind) : c.entries[any() % c.entry_count];
                if (i < 2) v = i ? UINT64_MAX : 0;
                size_t at = 0;
                while (at < c.entry_count && c.entries[at] < v) at++;
                assert_true(lsi_copies_seek(&c, v) == at);
            }
            lsi_copies_clear(&c);
        }
    }
}

/* Entries in a section: sought by marks that rise and that do not, read on from there. */
static void seek_some(const lsi_shingles *x, const uint64_t *entries, size_t n, unsigned kind, bool damaged)
{
    static lsi_shingle_cursor c;
    ls_error err;
    lsi_shingle_cursor_init(&c, x);
    for (unsigned i = 0; i < 300; i++) {
        uint64_t v = i % 2 || !n ? of_kind(kind) : entries[any() % n], entry;
        if (i < 2) v = i ? UINT64_MAX : 0;
        if (i % 64 == 63) lsi_shingle_cursor_init(&c, x);
        size_t want = 0;
        while (want < n && lsi_shingle_mark(entries[want]) < lsi_shingle_mark(v)) want++;
        int rc = lsi_shingle_seek(&c, lsi_shingle_mark(v), &err);
        assert_true(rc == (damaged && rc ? LS_CORRUPT : LS_OK) && c.at <= n && (damaged || c.at == want));
        for (unsigned more = (unsigned)(any() % 300); !rc && more && c.at < n; more--, c.at++) {
            rc = lsi_shingle_get(&c, &entry, &err);
            assert_true(damaged ? !rc || rc == LS_CORRUPT : !rc && entry == entries[c.at]);
        }
    }
}

static void test_section(void **state_unused)
{
    (void)state_unused;
    enum { DOCS = 1000 };
    static uint64_t texts[DOCS];
    static lsi_doc order[DOCS];
    static uint8_t counts[DOCS];
    for (lsi_doc d = 0; d < DOCS; d++) texts[d] = 5 + d, order[d] = d;
    for (size_t n = 0; n < 3000; n = n * 2 + 1) {
        for (unsigned kind = 0; kind < 5; kind++) {
            ls_error err;
            lsi_buf b;
            static lsi_shingles_writer w;
            lsi_shingles x;
            uint64_t *entries = numbers(n, kind);
            for (size_t i = 0; i < n; i++) entries[i] = lsi_shingle_entry(entries[i], (lsi_doc)(any() % DOCS));
            size_t entry_count = n ? make_set(entries, n) : 0;
            lsi_buf_init(&b, 0);
            lsi_sink *sink = lsi_sink_memory(&b);
            OK(lsi_shingles_begin(&w, sink, DOCS, texts, order, counts, NULL, 0, &err));
            for (size_t i = 0; i < entry_count; i++) {
                lsi_shingles_put(&w, entries[i]);
                lsi_shingles_put(&w, entries[i / 2]); /* said already */
            }
            OK(lsi_shingles_end(&w, &err));
            lsi_shingles_writer_clear(&w);
            lsi_sink_free(sink);
            for (unsigned damaged = 0; damaged < 20; damaged++) {
                size_t at = b.len - 1 - any() % (b.len - (9 + 1) * DOCS); /* behind the texts */
                if (damaged) b.data[at] ^= (uint8_t)(1u << any() % 8);
                lsi_section section = section_of_buf(&b);
                int rc = lsi_shingles_open(&x, &section, DOCS, &err);
                assert_true(rc == (damaged && rc ? LS_CORRUPT : LS_OK));
                if (!damaged) assert_true(x.entries == entry_count);
                if (!damaged) OK(lsi_shingles_verify(&x, &err));
                if (!rc && x.entries == entry_count) seek_some(&x, entries, entry_count, kind, damaged);
                section_free(&section);
            }
            lsi_buf_clear(&b);
            free(entries);
        }
    }
}

/* A word's hash is the same where 16 bytes may be read behind its beginning and where they may not. */
static void test_words(void **state_unused)
{
    (void)state_unused;
    static const char text[] = "A word, Wörter and aLongerWordOf26LettersOrSo naïveté 2026 éàè x";
    static lsi_shingler wide, narrow;
    lsi_analyzer *a;
    ls_error err;
    assert_int_equal(lsi_analyzer_new(&a, &err), LS_OK);
    lsi_shingle_begin(&wide);
    lsi_shingle_begin(&narrow);
    lsi_shingle_value(&wide, (const uint8_t *)text, sizeof text - 1);
    for (size_t from = 0; from < sizeof text - 1; from++) {
        for (size_t len = 1; from + len < sizeof text; len++) {
            char word[sizeof text];
            memcpy(word, text + from, len);
            uint64_t x = lsi_shingle_word(&wide, a, (const uint8_t *)text + from, len);
            assert_true(x && x == lsi_shingle_word(&narrow, a, (const uint8_t *)word, len));
        }
    }
    /* "Arms" as told in shingle.c */
    uint64_t h = (4 * LSI_SHINGLE_A ^ UINT64_C(0x20202020736d7261)) * LSI_SHINGLE_B;
    static const uint8_t arms[16] = "Arms"; /* as long as the quick way would read */
    assert_true(lsi_shingle_word(&narrow, a, arms, 4) == (h ^ h >> 32));
    lsi_analyzer_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_section),
                                       cmocka_unit_test(test_sort), cmocka_unit_test(test_common),
                                       cmocka_unit_test(test_seek)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
