/* t_leap.c — quick ways against plain ones: moves through the dictionary of forms, edit distances in a band, and what
 * highlighting takes for granted of the English stemmer. Takes a seed. */
#include "codec_util.h"
#include "libsearch/codec/leap.h"
#include "libsearch/query/fuzzy.h"
#include "libsearch/text/analyzer.h"

static ls_error err;

/* ---- the dictionary of forms ------------------------------------------------------------------------------------- */

#define ENTRIES 3000u
typedef struct entry {
    uint8_t folded[48], form[8];
    uint32_t folded_len, form_len, term, number, df;
} entry;

static int by_entry(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int c = lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
    if (!c) c = lsi_bytes_cmp(x->form, x->form_len, y->form, y->form_len);
    return c ? c : (x->term > y->term) - (x->term < y->term);
}

static void make_key(entry *e)
{
    uint32_t head = below(4) ? 0 : 30; /* beginnings longer than the index tells apart */
    memset(e, 0, sizeof *e);
    memset(e->folded, 'q', head);
    e->folded_len = head + 1 + below(12);
    for (uint32_t k = head; k < e->folded_len; k++) e->folded[k] = (uint8_t) "abcd\303"[below(below(3) ? 2 : 5)];
}

static uint32_t make_entries(entry *e, uint32_t n)
{
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++) {
        make_key(&e[i]);
        e[i].form_len = below(8);
        for (uint32_t k = 0; k < e[i].form_len; k++) e[i].form[k] = (uint8_t)rnd();
        e[i].term = below(4) ? below(20) : (uint32_t)(rnd() >> 33);
        e[i].number = below(below(10) ? 3 : 100000);
        e[i].df = below(3) ? 1 + below(3) : (uint32_t)(rnd() >> 32);
    }
    if (n > 1) qsort(e, n, sizeof *e, by_entry);
    for (uint32_t i = 0; i < n; i++)
        if (!m || by_entry(&e[m - 1], &e[i])) e[m++] = e[i];
    return m;
}

typedef struct dictionary {
    lsi_forms f;
    lsi_section index, blocks;
    entry *at;
    uint32_t count;
} dictionary;

static void make_dictionary(dictionary *d, uint32_t n)
{
    lsi_forms_writer *w;
    out index, blocks;
    d->at = malloc((n + 1) * sizeof *d->at);
    assert_non_null(d->at);
    d->count = make_entries(d->at, n);
    out_init(&index);
    out_init(&blocks);
    OK(lsi_forms_writer_new(&w, index.sink, blocks.sink, &err));
    for (uint32_t i = 0; i < d->count; i++) {
        const entry *e = &d->at[i];
        lsi_form form = {e->folded, e->form, e->folded_len, e->form_len, e->term, e->number, e->df};
        OK(lsi_forms_writer_add(w, &form, &err));
    }
    OK(lsi_forms_writer_end(w, &err));
    lsi_forms_writer_free(w);
    d->index = out_section(&index);
    d->blocks = out_section(&blocks);
    OK(lsi_forms_open(&d->f, &d->index, &d->blocks, &err));
}

static void free_dictionary(dictionary *d)
{
    section_free(&d->index);
    section_free(&d->blocks);
    free(d->at);
}

static void check_next(lsi_forms_iter *it, const dictionary *d, uint32_t i)
{
    assert_int_equal(lsi_forms_iter_next(it, &err), i < d->count);
    if (i >= d->count) return;
    const entry *e = &d->at[i];
    assert_int_equal(it->entry, i);
    assert_int_equal(lsi_bytes_cmp(it->at.folded, it->at.folded_len, e->folded, e->folded_len), 0);
    assert_int_equal(lsi_bytes_cmp(it->at.form, it->at.form_len, e->form, e->form_len), 0);
    assert_int_equal(it->at.term, e->term);
    assert_int_equal(it->at.number, e->number);
    assert_int_equal(it->at.df, e->df);
}

static void test_find(void **state)
{
    static const uint32_t sizes[] = {0, 1, 31, 32, 33, 64, 65, ENTRIES};
    (void)state;
    for (size_t s = 0; s < LSI_COUNTOF(sizes); s++) {
        dictionary d;
        lsi_forms_iter it;
        make_dictionary(&d, sizes[s]);
        lsi_forms_iter_init(&it, &d.f);
        for (int k = 0; k < 3000; k++) {
            entry want;
            uint32_t i = 0;
            make_key(&want);
            if (d.count && below(2)) want = d.at[below(d.count)];
            while (i < d.count && lsi_bytes_cmp(d.at[i].folded, d.at[i].folded_len, want.folded, want.folded_len) < 0)
                i++;
            OK(lsi_forms_iter_find(&it, want.folded, want.folded_len, &err));
            for (int more = 0; more < 3; more++)
                check_next(&it, &d, i + (uint32_t)more < d.count ? i + (uint32_t)more : d.count);
        }
        lsi_forms_iter_clear(&it);
        free_dictionary(&d);
    }
}

/* From one entry to what is sought behind it, as find does from the beginning. */
static void test_forward(void **state)
{
    dictionary d;
    lsi_forms_iter it;
    (void)state;
    make_dictionary(&d, ENTRIES);
    lsi_forms_iter_init(&it, &d.f);
    for (int k = 0; k < 1000; k++) {
        uint32_t i = below(d.count);
        OK(lsi_forms_iter_find(&it, d.at[i].folded, d.at[i].folded_len, &err));
        while (i && !lsi_bytes_cmp(d.at[i - 1].folded, d.at[i - 1].folded_len, d.at[i].folded, d.at[i].folded_len)) i--;
        check_next(&it, &d, i);
        while (i < d.count) {
            entry want = d.at[i];
            uint32_t to = i + 1, far = below(3) ? 1 + below(40) : 1 + below(1000);
            if (below(2)) want = d.at[LSI_MIN(i + far, d.count - 1)];
            if (below(2)) want.folded_len = 1 + below(want.folded_len);
            if (below(2)) want.folded[want.folded_len - 1]++;
            bool back = lsi_bytes_cmp(want.folded, want.folded_len, d.at[i].folded, d.at[i].folded_len) <= 0;
            while (!back && to < d.count &&
                   lsi_bytes_cmp(d.at[to].folded, d.at[to].folded_len, want.folded, want.folded_len) < 0)
                to++;
            OK(lsi_forms_iter_forward(&it, want.folded, want.folded_len, &err));
            check_next(&it, &d, i = to);
        }
    }
    lsi_forms_iter_clear(&it);
    free_dictionary(&d);
}

/* Damaged bytes are refused or give nonsense; they never lead beyond their section (for the sanitizers to see). */
static void test_damage(void **state)
{
    (void)state;
    for (int k = 0; k < 2000; k++) {
        dictionary d;
        lsi_forms_iter it;
        make_dictionary(&d, 70);
        lsi_section *hit = below(4) ? &d.blocks : &d.index;
        uint8_t *bytes;
        memcpy(&bytes, &hit->base, sizeof bytes);
        bytes[below((uint32_t)hit->bytes)] = (uint8_t)rnd();
        lsi_forms_iter_init(&it, &d.f);
        const entry *e = &d.at[below(d.count)];
        int rc = lsi_forms_iter_find(&it, e->folded, e->folded_len, &err), steps = 0;
        while (!rc && steps++ < 500 && (rc = lsi_forms_iter_next(&it, &err)) == 1)
            rc = lsi_forms_iter_forward(&it, d.at[below(d.count)].folded, 1 + below(4), &err);
        assert_true(rc == 0 || rc == LS_CORRUPT || rc == LS_NOMEM);
        lsi_forms_iter_clear(&it);
        free_dictionary(&d);
    }
}

/* ---- edit distances ---------------------------------------------------------------------------------------------- */

static uint32_t plain_distance(const char *a, uint32_t an, const char *b, uint32_t bn)
{
    uint32_t d[24][24];
    for (uint32_t i = 0; i <= an; i++) {
        for (uint32_t j = 0; j <= bn; j++) {
            if (!i || !j) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = LSI_MIN(d[i][j], LSI_MIN(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = LSI_MIN(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[an][bn];
}

static uint32_t random_word(char *word)
{
    uint32_t n = 1 + below(14);
    for (uint32_t i = 0; i < n; i++) word[i] = "abcde"[below(below(3) ? 3 : 5)];
    return n;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void test_distance(void **state)
{
    static char words[300][16];
    (void)state;
    for (int round = 0; round < 300; round++) {
        char word[16];
        uint32_t n = random_word(word), max = 1 + below(2);
        lsi_fuzzy f;
        assert_true(lsi_fuzzy_init(&f, (const uint8_t *)word, n, max));
        memset(words, 0, sizeof words);
        for (size_t i = 0; i < LSI_COUNTOF(words); i++) random_word(words[i]);
        qsort(words, LSI_COUNTOF(words), sizeof *words, by_bytes);
        for (size_t i = 0; i < LSI_COUNTOF(words); i++) {
            uint32_t len = (uint32_t)strlen(words[i]);
            size_t dead;
            uint32_t got = lsi_fuzzy_distance(&f, (const uint8_t *)words[i], len, &dead);
            uint32_t want = LSI_MIN(plain_distance(word, n, words[i], len), max + 1);
            if (got != want) fail_msg("%.*s %s within %u: %u, not %u", (int)n, word, words[i], max, got, want);
            if (!dead) continue;
            assert_true(got > max && dead <= len);
            for (size_t k = 0; k < LSI_COUNTOF(words); k++) { /* nothing that begins so is near */
                if (memcmp(words[k], words[i], dead) != 0) continue;
                assert_true(plain_distance(word, n, words[k], (uint32_t)strlen(words[k])) > max);
            }
        }
    }
}

/* A point of one to four bytes now and then, and digits. */
static uint32_t spell_word(char word[64])
{
    static const char *const points[] = {"a", "b", "c", "d", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "7"};
    uint32_t n = 1 + below(9), len = 0;
    memset(word, 0, 64);
    for (uint32_t i = 0; i < n; i++) {
        const char *p = points[below(below(3) ? 3 : 8)];
        memcpy(word + len, p, strlen(p));
        len += (uint32_t)strlen(p);
    }
    return len;
}

static int by_spelling(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The walk by lsi_fuzzy_next over sorted words finds every word without digits that the plain one finds, and passes
 * most others. */
static void test_next(void **state)
{
    static char words[2000][64];
    size_t looked = 0, total = 0;
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(words); i++) spell_word(words[i]);
    qsort(words, LSI_COUNTOF(words), sizeof *words, by_spelling);
    for (int round = 0; round < 300; round++) {
        char word[64];
        uint32_t n;
        lsi_fuzzy f, plain;
        size_t dead, i = 0;
        do n = spell_word(word);
        while (lsi_fuzzy_has_digit((const uint8_t *)word, n));
        assert_true(lsi_fuzzy_init(&f, (const uint8_t *)word, n, 1 + (uint32_t)round % 2));
        plain = f;
        for (size_t k = 0; k < LSI_COUNTOF(words); k++) {
            const uint8_t *w = (const uint8_t *)words[k];
            size_t len = strlen(words[k]);
            bool near = lsi_fuzzy_distance(&plain, w, len, &dead) <= plain.max && !lsi_fuzzy_has_digit(w, len);
            if (near && k < i) fail_msg("%s: %s within %u is passed over", word, words[k], f.max);
            if (k < i) continue;
            looked++;
            bool found = lsi_fuzzy_distance(&f, w, len, &dead) <= f.max && !lsi_fuzzy_has_digit(w, len);
            assert_int_equal(near, found);
            i = k + 1;
            if (found) continue;
            uint8_t next[LSI_FUZZY_BYTES_MAX + 1];
            size_t m = lsi_fuzzy_next(&f, w, len, next);
            assert_true(m <= LSI_FUZZY_BYTES_MAX);
            assert_true(!m || lsi_bytes_cmp(next, m, w, len) > 0);
            while (i < LSI_COUNTOF(words) &&
                   (!m || lsi_bytes_cmp((const uint8_t *)words[i], strlen(words[i]), next, m) < 0))
                i++;
        }
        total += LSI_COUNTOF(words);
    }
    assert_true(looked < total / 2);
}

/* ---- the stemmers -------------------------------------------------------------------------------------------------- */

/* result/match.c passes over words that begin otherwise than those of the query. */
static void test_beginnings(void **state)
{
    static const char *const languages[] = {"english",    "german",   "french", "spanish", "italian",
                                            "portuguese", "catalan",  "danish", "finnish", "hungarian",
                                            "norwegian",  "romanian", "swedish"};
    static const char *const ends[] = {"",        "s",         "ed",    "ing",  "ies",  "ied",   "ly",      "ation",
                                       "fulness", "ement",     "e",     "en",   "ung",  "heit",  "keit",    "er",
                                       "amente",  "issements", "aient", "ons",  "ando", "iendo", "aciones", "eria",
                                       "ita",     "zione",     "mento", "ying", "ie",   "ss",    "'s",      "ism",
                                       "ene",     "erne",      "arna",  "issa", "nak",  "urile"};
    lsi_analyzer *a;
    (void)state;
    OK(lsi_analyzer_new(&a, &err));
    for (size_t k = 0; k < LSI_COUNTOF(languages); k++) {
        int lang = lsi_lang_find(languages[k], strlen(languages[k]));
        assert_true(lang > 0);
        for (uint32_t i = 0; i < 100000; i++) {
            char word[40];
            uint32_t stem = below(6);
            for (uint32_t j = 0; j < stem; j++) word[j] = "aeiouybcdfghjklmnpqrstvwxzaeiou"[below(31)];
            size_t n = stem + (size_t)snprintf(word + stem, sizeof word - stem, "%s", ends[below(LSI_COUNTOF(ends))]),
                   len;
            if (!n || word[0] == '\'') continue;
            const uint8_t *term = lsi_analyzer_term(a, lang, (const uint8_t *)word, n, &len);
            assert_non_null(term);
            if (!len || term[0] != (uint8_t)word[0]) fail_msg("%s: %s: %.*s", languages[k], word, (int)len, term);
            if (k || n < 2 || len < 2 || word[1] == 'y' || word[1] == '\'') continue;
            if (term[1] != (uint8_t)word[1]) fail_msg("%s: %s: %.*s", languages[k], word, (int)len, term);
        }
    }
    lsi_analyzer_free(a);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_find),   cmocka_unit_test(test_forward),
                                       cmocka_unit_test(test_damage), cmocka_unit_test(test_distance),
                                       cmocka_unit_test(test_next),   cmocka_unit_test(test_beginnings)};
    random_state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    printf("seed %llu\n", (unsigned long long)random_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
