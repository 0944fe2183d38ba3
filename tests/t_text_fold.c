/* t_text_fold.c — spellings: what folds together, what must not, and the terms of words in their languages. */
#include "libsearch/text/cutter.h"
#include "libsearch/text/lang.h"
#include "libsearch/text/stem.h"
#include "libsearch/util/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static lsi_analyzer *a;

static int setup(void **state)
{
    (void)state;
    return lsi_analyzer_new(&a, NULL);
}

static int teardown(void **state)
{
    (void)state;
    lsi_analyzer_free(a);
    return 0;
}

static void fold(const char *form, char *out)
{
    size_t n;
    const uint8_t *p = lsi_analyzer_fold(a, (const uint8_t *)form, strlen(form), &n);
    assert_non_null(p);
    assert_true(n <= LSI_FORM_MAX);
    memcpy(out, p, n);
    out[n] = 0;
}

static void term(const char *lang, const char *form, char *out)
{
    size_t n;
    int id = lsi_lang_find(lang, strlen(lang));
    assert_true(id >= 0);
    const uint8_t *p = lsi_analyzer_term(a, id, (const uint8_t *)form, strlen(form), &n);
    assert_non_null(p);
    assert_true(n > 0 && n <= LSI_FORM_MAX);
    memcpy(out, p, n);
    out[n] = 0;
}

static void folded(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"US", "us"},
        {"Zelenskyy", "zelenskyy"},
        {"Café", "cafe"},
        {"cafe\u0301", "cafe"},
        {"Häuser", "hauser"},
        {"Straße", "strasse"},
        {"STRASSE", "strasse"},
        {"STRAẞE", "strasse"},
        {"Łódź", "lodz"},
        {"Søren", "soren"},
        {"Ærø", "aero"},
        {"Œuvre", "oeuvre"},
        {"Đặng", "dang"},
        {"Þór", "thor"},
        {"Åse", "ase"},
        {"Şişli", "sisli"},
        {"İstanbul", "istanbul"},
        {"ISPARTA", "isparta"},
        {"Diyarbakır", "diyarbakir"},
        {"ﬁnance", "finance"},
        {"ＮＡＴＯ", "nato"},
        {"x²", "x2"},
        {"Schiff\u00adfahrt", "schifffahrt"},
        {"O’Neill", "o'neill"},
        {"Oʼneill", "o'neill"},
        {"Ελλάδα", "ελλαδα"},
        {"ΟΔΌΣ", "οδοσ"},
        {"οδός", "οδοσ"},
        /* Cyrillic letters of their own stay */
        {"Йод", "йод"},
        {"и\u0306од", "йод"},
        {"Їжак", "їжак"},
        {"Ўсход", "ўсход"},
        {"Ќе", "ќе"},
        {"Ѓорѓи", "ѓорѓи"},
        {"Пу\u0301тин", "путин"},
        {"Ёлка", "елка"},
        {"Ґанок", "ґанок"},
        {"ѝ", "и"},
        /* Arabic and Persian */
        {"كِتَابٌ", "كتاب"},
        {"كـتاب", "كتاب"},
        {"أحمد", "احمد"},
        {"آخر", "اخر"},
        {"إلى", "الي"},
        {"رئيس", "رئيس"},
        {"مسؤول", "مسؤول"},
        {"ایران", "ايران"},
        {"کتاب", "كتاب"},
        {"٢٠٢٣", "2023"},
        {"۱۴۰۲", "1402"},
        {"می\u200cخواهم", "ميخواهم"},
        /* Hebrew */
        {"שָׁלוֹם", "שלום"},
        {"צה״ל", "צה\"ל"},
        /* Japanese, Korean, Thai, Indic */
        {"ガ", "ガ"},
        {"ｶﾞ", "ガ"},
        {"カ\u3099", "ガ"},
        {"が", "が"},
        {"한글", "한글"},
        {"\u1112\u1161\u11ab", "한"},
        {"กรุง", "กรุง"},
        {"हिन्दी", "हिन्दी"},
        {"தமிழ்", "தமிழ்"},
        {"२०२३", "2023"},
        {"❤\ufe0f", "❤"},
        {"\u3164", "\u3164"}, /* a letter that is ignorable: never nothing */
    };
    char got[LSI_FORM_MAX + 1], again[LSI_FORM_MAX + 1];
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        fold(table[i][0], got);
        assert_string_equal(got, table[i][1]);
        fold(got, again);
        assert_string_equal(again, got);
    }
}

/* The quick way for common letters is the general one: every code point, alone and with a neighbour of each kind. */
static void quick(void **state)
{
    (void)state;
    static const char *const behind[] = {"",       "a",      "é",  "й",  "\u0301", "\u0306",
                                         "\u3099", "\u11a8", "が", "한", "中",     "'"};
    static lsi_folder f;
    uint8_t text[16], x[LSI_FORM_MAX], y[LSI_FORM_MAX];
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp >= 0xd800 && cp <= 0xdfff) continue;
        size_t n = lsi_utf8_put(cp, text);
        for (size_t i = 0; i < LSI_COUNTOF(behind); i++) {
            size_t k = strlen(behind[i]);
            if (i && cp > 0xffff) break;
            memcpy(text + n, behind[i], k);
            size_t a_len = lsi_fold_full(&f, text, n + k, x), b_len = lsi_fold_general(&f, text, n + k, y);
            if (a_len != b_len || memcmp(x, y, a_len) != 0) fail_msg("U+%04X before %s", cp, behind[i]);
        }
    }
}

static void different(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"й", "и"},   {"ї", "і"},  {"ў", "у"}, {"ガ", "カ"}, {"は", "ば"},
        {"は", "ぱ"}, {"क", "कि"}, {"ดี", "ดิ"}, {"ؤ", "و"},
    };
    char x[LSI_FORM_MAX + 1], y[LSI_FORM_MAX + 1];
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        fold(table[i][0], x);
        fold(table[i][1], y);
        assert_string_not_equal(x, y);
    }
}

static void terms(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *form, *want;
    } table[] = {
        {"en", "news", "news"},
        {"en", "new", "new"},
        {"en", "US", "us"},
        {"en", "negotiations", "negoti"},
        {"en", "negotiating", "negoti"},
        {"en", "university", "university"},
        {"en", "Universities", "university"},
        {"en", "universe", "univers"},
        {"en", "Zelensky", "zelenski"},
        {"de", "Häuser", "haus"},
        {"de", "Haus", "haus"},
        {"de", "Straßen", "strass"},
        {"de", "STRASSE", "strass"},
        {"fr", "fédérations", "feder"},
        {"fr", "federations", "feder"},
        {"es", "naciones", "nacion"},
        {"ru", "Пу\u0301тина", "путин"},
        {"ru", "ЁЛКИ", "елк"},
        {"tr", "ISPARTA'ya", "ispar"},
        {"tr", "Isparta", "ispar"},
        {"tr", "Türkiye'nin", "turki"},
        {"sv", "möjligheterna", "moj"},
        {"el", "Ελλάδα", "ελλαδ"},
        {"none", "Häuser", "hauser"},
        {"none", "东京", "东京"},
    };
    char got[LSI_FORM_MAX + 1];
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        term(table[i].lang, table[i].form, got);
        assert_string_equal(got, table[i].want);
    }
}

static void same_term(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *x, *y;
        bool same;
    } table[] = {
        {"en", "emphasized", "emphasizes", true},
        {"en", "emphasized", "emphasised", false},
        {"en", "defense", "defence", false},
        {"en", "news", "new", false},
        {"en", "traveling", "traveled", true},
        {"en", "US", "us", true},
        {"en", "Beyoncé", "Beyonce", true},
        {"en", "résumés", "resumes", true},
        {"en", "ﬁles", "file", true},
        {"en", "ＮＥＷＳ", "news", true},
        {"de", "Zoë", "Zoe", true},
        {"de", "Fußgänger", "Fussgaenger", false},
        {"nl", "ideeën", "ideeen", true},
        {"sv", "åldern", "ålder", true},
        {"da", "idéer", "ideer", true},
        {"uk", "Київ", "київ", true},
        {"ar", "الكِتَاب", "الكتاب", true},
        {"hu", "házak", "HÁZAK", true},
    };
    char x[LSI_FORM_MAX + 1], y[LSI_FORM_MAX + 1];
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        const char *lang = lsi_lang_find(table[i].lang, 2) < 0 ? "none" : table[i].lang;
        term(lang, table[i].x, x);
        term(lang, table[i].y, y);
        if ((strcmp(x, y) == 0) != table[i].same) fail_msg("%s: %s, %s: %s", table[i].x, x, table[i].y, y);
    }
}

/* Every stemmer that we offer is there, stems something, and gives terms that folding leaves alone. */
static void every_language(void **state)
{
    (void)state;
    static const char *const words[] = {"",
                                        "والكتابات",
                                        "հայաստանում",
                                        "etxearenak",
                                        "nacionalitats",
                                        "undersøgelserne",
                                        "lichamelijkheden",
                                        "negotiations",
                                        "talossanikin",
                                        "continuellement",
                                        "verfassungen",
                                        "κυβερνησεων",
                                        "लड़कियों",
                                        "házaitokban",
                                        "mempertanggungjawabkan",
                                        "gcathracha",
                                        "nazionalità",
                                        "lietuviškumas",
                                        "केटाहरूले",
                                        "opplysningene",
                                        "nacionalidades",
                                        "naționalităților",
                                        "правительственными",
                                        "predsednicima",
                                        "nacionalidades",
                                        "möjligheterna",
                                        "வீடுகளில்",
                                        "evlerimizdekiler",
                                        "געשריבענע"};
    char got[LSI_FORM_MAX + 1], again[LSI_FORM_MAX + 1], whole[LSI_FORM_MAX + 1];
    assert_int_equal(LSI_COUNTOF(words), lsi_lang_count());
    for (int lang = 1; lang < LSI_LANG_COUNT; lang++) {
        term(lsi_lang_code(lang), words[lang], got);
        fold(got, again);
        assert_string_equal(again, got);
        fold(words[lang], whole);
        if (!strcmp(whole, got)) fail_msg("%s does not stem %s", lsi_lang_name(lang), words[lang]);
    }
}

static void keywords(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"", ""},
        {"Kyiv  Independent", "kyiv independent"},
        {"  \tÉlysée\n Palace ", "elysee palace"},
        {"AT&T's", "at&t's"},
        {"北朝鮮", "北朝鮮"},
    };
    size_t n;
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        const uint8_t *p = lsi_analyzer_keyword(a, (const uint8_t *)table[i][0], strlen(table[i][0]), &n);
        assert_non_null(p);
        assert_int_equal(n, strlen(table[i][1]));
        assert_memory_equal(p, table[i][1], n);
    }
    char big[5000]; /* longer than any form: nothing is lost */
    for (size_t i = 0; i < sizeof big; i += 5) memcpy(big + i, "Abcd ", 5);
    const uint8_t *p = lsi_analyzer_keyword(a, (const uint8_t *)big, sizeof big, &n);
    assert_int_equal(n, sizeof big - 1);
    for (size_t i = 0; i < n; i++) assert_int_equal(p[i], "abcd "[i % 5]);
}

static void long_words(void **state)
{
    (void)state;
    char word[1000], got[LSI_FORM_MAX + 1];
    memset(word, 'a', sizeof word);
    word[sizeof word - 1] = 0;
    fold(word, got);
    assert_int_equal(strlen(got), LSI_FORM_MAX);
    for (size_t i = 0; i + 3 < sizeof word; i += 3) memcpy(word + i, "\xef\xb7\xba", 3); /* each 18 code points */
    word[sizeof word - 1] = 0;
    fold(word, got);
    assert_true(lsi_utf8_valid((const uint8_t *)got, strlen(got)));
    term("en", word, got);
    assert_true(lsi_utf8_valid((const uint8_t *)got, strlen(got)));
}

static void no_memory(void **state)
{
    (void)state;
    lsi_analyzer *b;
    ls_error err;
    lsi_alloc_fail_at(1, false);
    assert_int_equal(lsi_analyzer_new(&b, &err), LS_NOMEM);
    assert_null(b);
    lsi_alloc_fail_at(1, false);
    size_t n;
    assert_int_equal(lsi_analyzer_new(&b, &err), LS_NOMEM);
    lsi_alloc_fail_at(0, false);
    assert_int_equal(lsi_analyzer_new(&b, &err), LS_OK);
    lsi_alloc_fail_at(1, false);
    assert_null(lsi_analyzer_keyword(b, (const uint8_t *)"x", 1, &n));
    lsi_alloc_fail_at(0, false);
    assert_non_null(lsi_analyzer_keyword(b, (const uint8_t *)"x", 1, &n));
    lsi_analyzer_free(b);
    lsi_analyzer_free(NULL);
}

static void stamp(void **state)
{
    (void)state;
    uint64_t one, two;
    assert_int_equal(lsi_analyzer_stamp(&one, NULL), LS_OK);
    for (unsigned n = 1;; n++) { /* with too little memory it is no other stamp, but none */
        lsi_alloc_fail_at(n, false);
        int rc = lsi_analyzer_stamp(&two, NULL);
        lsi_alloc_fail_at(0, false);
        if (!rc) break;
        assert_int_equal(rc, LS_NOMEM);
        assert_true(n < 100);
    }
    assert_true(one == two && one != 0);
}

/* lsi_analyzer_term does not ask Snowball for the stems of figures: they are what it would say. */
static void figures_have_no_endings(void **state)
{
    (void)state;
    lsi_stems stems = {{NULL}};
    uint32_t x = 1;
    for (int lang = 0; lang < (int)lsi_lang_count(); lang++)
        for (int i = 0; i < 200; i++) {
            char word[32];
            x = x * 1664525u + 1013904223u;
            int n = snprintf(word, sizeof word, i % 3 ? "%u" : i % 2 ? "%u,115.25" : "2.%u", x >> i % 28);
            size_t len;
            const uint8_t *stem = lsi_stem(&stems, lang, (const uint8_t *)word, (size_t)n, &len);
            assert_non_null(stem);
            if (len != (size_t)n || memcmp(stem, word, len)) fail_msg("%s stems %s", lsi_lang_name(lang), word);
        }
    lsi_stems_clear(&stems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_have_no_endings),
        cmocka_unit_test(folded),
        cmocka_unit_test(quick),
        cmocka_unit_test(different),
        cmocka_unit_test(terms),
        cmocka_unit_test(same_term),
        cmocka_unit_test(every_language),
        cmocka_unit_test(keywords),
        cmocka_unit_test(long_words),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(stamp),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
