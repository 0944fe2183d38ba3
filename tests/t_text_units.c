/* t_text_units.c — words: Unicode's own cases for the untailored boundaries, and tables for what is tailored. */
#include "libsearch/text/ascii.h"
#include "libsearch/text/cutter.h"
#include "libsearch/text/lang.h"
#include "libsearch/text/wordbreak.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/text_rows.h"

static const char *const word_break_cases[] = {
#include "tests/data/word_break_test.inc"
};

/* Reads "/0061.0308/0020/": the text into buf, the boundaries as a bit map. */
static size_t read_case(const char *line, uint8_t *buf, bool *boundary)
{
    size_t n = 0;
    memset(boundary, 0, 256);
    while (*line) {
        boundary[n] = *line++ == '/';
        if (!*line) break;
        char *end;
        n += lsi_utf8_put((uint32_t)strtoul(line, &end, 16), buf + n);
        line = end;
    }
    return n;
}

static void word_break(void **state)
{
    (void)state;
    uint8_t buf[256];
    bool want[256], got[256];
    assert_true(LSI_COUNTOF(word_break_cases) > 1800);
    for (size_t i = 0; i < LSI_COUNTOF(word_break_cases); i++) {
        size_t n = read_case(word_break_cases[i], buf, want);
        memset(got, 0, sizeof got);
        got[0] = true;
        for (size_t at = 0; at < n;) {
            at = lsi_wordbreak_next(buf, n, at);
            got[at] = true;
        }
        for (size_t at = 0; at <= n; at++) {
            if (got[at] != want[at]) fail_msg("%s: byte %zu: boundary %d", word_break_cases[i], at, got[at]);
        }
    }
}

/* A token as the tables write it: form@position, then J joined, T tail, and [start,end) where `places`. */
static void describe(const char *text, size_t len, const char *lang, bool places, char *out, size_t cap)
{
    lsi_analyzer *a;
    lsi_token t;
    size_t n = 0;
    assert_int_equal(lsi_analyzer_new(&a, NULL), 0);
    lsi_tokens_begin(a, (const uint8_t *)text, len, lsi_lang_find(lang, strlen(lang)));
    out[0] = 0;
    while (lsi_tokens_next(a, &t) > 0) {
        int k = snprintf(out + n, cap - n, "%s%.*s@%u%s%s", n ? " " : "", (int)t.form_len, (const char *)t.form,
                         t.position, t.flags & LSI_TOK_JOINED ? "J" : "", t.flags & LSI_TOK_TAIL ? "T" : "");
        assert_true(k > 0 && (size_t)k < cap - n);
        n += (size_t)k;
        if (places) {
            k = snprintf(out + n, cap - n, "[%zu,%zu)", t.start, t.end);
            assert_true(k > 0 && (size_t)k < cap - n);
            n += (size_t)k;
        }
    }
    lsi_analyzer_free(a);
}

static void describe_words(const char *lang, const char *text, char *out, size_t cap)
{
    describe(text, strlen(text), lang, false, out, cap);
}

static void describe_places(const char *lang, const char *text, char *out, size_t cap)
{
    describe(text, strlen(text), lang, true, out, cap);
}

static void units(void **state)
{
    (void)state;
    static const text_row table[] = {
        {"en", "", ""},
        {"en", " ... — !", ""},
        {"en", "Arms deal, again", "Arms@0 deal@1 again@2"},
        /* dotted letters */
        {"en", "the U.S. and U.N. in U.S", "the@0 US@1 and@2 UN@3 in@4 US@5"},
        {"en", "u.s. J.R.R. Tolkien, e.g. a.m.", "us@0 JRR@1 Tolkien@2 eg@3 am@4"},
        {"en", "U.S.State", "US@0 State@1"},
        {"en", "J. Smith", "J@0 Smith@1"},
        /* possessives and apostrophes */
        {"en", "Shoigu's Shoigu’s SHOIGU'S James' U.S.'s U.S.’s 1980's",
         "Shoigu@0 Shoigu@1 SHOIGU@2 James@3 US@4 US@5 1980@6"},
        {"en", "O'Neill O’Neill don't o'clock N'Golo rock'n'roll",
         "O'Neill@0 O'Neill@1 don't@2 o'clock@3 N'Golo@4 rock'n'roll@5"},
        {"fr", "L'Ukraine d’État qu'il aujourd'hui", "L@0 Ukraine@1 d@2 État@3 qu@4 il@5 aujourd'hui@6"},
        {"it", "dell'anno un'altra c'è l'acqua", "dell@0 anno@1 un@2 altra@3 c@4 è@5 l@6 acqua@7"},
        {"ca", "col·lecció l'home", "col·lecció@0 l@1 home@2"},
        {"uk", "п’ять м'яч", "п'ять@0 м'яч@1"},
        {"fi", "EU:n NATO:lle 10:30 klo:n", "EU@0 NATO@1 10@2 30@3 klo@4 n@5"},
        /* signs */
        {"en", "AT&T at&t R&D S&P500 rock&roll", "AT&T@0 at&t@1 R&D@2 S@3 P500@4 rock@5 roll@6"},
        {"en", "AT&T's S&P’s R&Ds' a&b'c", "AT&T@0 S&P@1 R&Ds@2 a@3 b'c@4"},
        {"en", "C++ c++, C# F#; C+ Notepad++ a#b", "C++@0 c++@1 C#@2 F#@3 C@4 Notepad@5 a@6 b@7"},
        {"en", "x&lt;y R&amp;D", "x@0 lt@1 y@2 R@3 amp@4 D@5"},
        /* numbers */
        {"en", "3.5% of 1,200 at 10.5.2023; 1;2 5,000.00", "3.5@0 of@1 1,200@2 at@3 10.5.2023@4 1@5 2@6 5,000.00@7"},
        {"en", "No.5 G20 v1.2 2022.", "No@0 5@1 G20@2 v1.2@3 2022@4"},
        /* hyphens */
        {"en", "Kim Jong-un and Kim Jong Un", "Kim@0 Jong@1 Jongun@1J un@2 and@3 Kim@4 Jong@5 Un@6"},
        {"en", "COVID-19 covid19", "COVID@0 COVID19@0J 19@1 covid19@2"},
        {"en", "CO₂ H₂O’s x₁-₂ ₂ C₁₂a",
         "CO@0 CO₂@0J ₂@1 H@2 H₂O@2J ₂@3 O@4 x@5 x₁₂@5J ₁@6 ₂@7 ₂@8 C@9 C₁₂a@9J ₁@10 ₂@11 a@12"},
        {"en", "co‑op state-of-the-art", "co@0 coop@0J op@1 state@2 stateoftheart@2J of@3 the@4 art@5"},
        {"en", "U.S.-led Thomas-Greenfield's", "US@0 USled@0J led@1 Thomas@2 ThomasGreenfield@2J Greenfield@3"},
        {"en", "x - y a-- -b 2014–2022", "x@0 y@1 a@2 b@3 2014@4 2022@5"},
        {"en", "2023-09-11", "2023@0 20230911@0J 09@1 11@2"},
        {"en", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r",
         "a@0 abcdefghijklmnop@0J b@1 c@2 d@3 e@4 f@5 g@6 h@7 i@8 j@9 k@10 l@11 m@12 n@13 o@14 p@15 q@16 qr@16J r@17"},
        {"he", "צה\"ל בית־ספר", "צה\"ל@0 בית@1 ביתספר@1J ספר@2"},
        /* dots and underscores */
        {"en", "help.State help.”State", "help@0 State@1 help@2 State@3"},
        {"en", "example.com BBC.COM Ph.D.", "example@0 example.com@0J com@1 BBC@2 BBC.COM@2J COM@3 Ph@4 PhD@4J D@5"},
        {"en", "_emph_ snake_case", "emph@0 snake@1 snake_case@1J case@2"},
        /* addresses */
        {"en", "see https://www.bbc.co.uk/a?b=c).",
         "see@0 https@1 https://www.bbc.co.uk/a?b=c@1J www@2 bbc@3 co@4 uk@5 a@6 b@7 c@8"},
        {"en", "(www.example.com).", "www@0 www.example.com@0J example@1 com@2"},
        {"en", "https://en.wikipedia.org/wiki/Ada_(film) x",
         "https@0 https://en.wikipedia.org/wiki/Ada_(film)@0J en@1 wikipedia@2 org@3 wiki@4 Ada@5 film@6 x@7"},
        {"en", "jane.doe+x@example.co.uk, J.D@x.org",
         "jane@0 jane.doe+x@example.co.uk@0J doe@1 x@2 example@3 co@4 uk@5 J@6 J.D@x.org@6J D@7 x@8 org@9"},
        {"en", "a@b @user #tag https://", "a@0 b@1 user@2 tag@3 https@4"},
        /* what is not seen, and marks */
        {"de", "Schiff­fahrt", "Schifffahrt@0"},
        {"fr", "cafe\u0301", "café@0"},
        {"en", "a\u200eb", "ab@0"},
        {"hi", "हिन्दी में", "हिन्दी@0 में@1"},
        {"fa", "می‌خواهم", "می‌خواهم@0"},
    };
    run_rows(table, LSI_COUNTOF(table), describe_words);
}

static void bigrams(void **state)
{
    (void)state;
    static const text_row table[] = {
        {"none", "中", "中@0[0,3)"},
        {"none", "東京", "東京@0[0,6) 京@1T[3,6)"},
        {"none", "東京都。大", "東京@0[0,6) 京都@1[3,9) 都@2T[6,9) 大@3[12,15)"},
        {"none", "2023年に", "2023@0[0,4) 年に@1[4,10) に@2T[7,10)"},
        {"none", "abc한국x", "abc@0[0,3) 한국@1[3,9) 국@2T[6,9) x@3[9,10)"},
        {"none", "がｶﾞ", "がｶﾞ@0[0,9) ｶﾞ@1T[3,9)"},
        {"none", "か\u3099い", "がい@0[0,9) い@1T[6,9)"},
        {"none", "ไทย", "ไท@0[0,6) ทย@1[3,9) ย@2T[6,9)"},
        {"none", "ກິນ", "ກິນ@0[0,9) ນ@1T[6,9)"},
        {"none", "ភាសា", "ភាសា@0[0,12) សា@1T[6,12)"},
        {"none", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글@0[0,18) 글@1T[9,18)"},
        {"none", "🚀 a🇺🇦🇺🇸 ❤️",
         "🚀@0[0,4) a@1[5,6) 🇺🇦@2[6,14) 🇺🇸@3[14,22) ❤️@4[23,29)"},
    };
    run_rows(table, LSI_COUNTOF(table), describe_places);
}

static void offsets(void **state)
{
    (void)state;
    static const text_row table[] = {
        {"en", "“Shoigu’s” visit", "Shoigu@0[3,13) visit@1[17,22)"},
        {"de", "Straße İ ﬁn", "Straße@0[0,7) İ@1[8,10) ﬁn@2[11,15)"},
        {"ru", "Пу́тин едет", "Пу\u0301тин@0[0,12) едет@1[13,21)"},
        {"ar", "كِتَابٌ", "كِتَابٌ@0[0,14)"},
        {"en", "U.S. of", "US@0[0,4) of@1[5,7)"},
    };
    run_rows(table, LSI_COUNTOF(table), describe_places);
}

static void any_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *want;
    } table[] = {
        {"a\xff\xfe"
         "b",
         4, "a@0[0,1) b@1[3,4)"},
        {"a\0b", 3, "a@0[0,1) b@1[2,3)"},
        {"c\xe2\x82", 3, "c@0[0,1)"},
        {"\xed\xa0\x80x\xc0\x80y", 7, "x@0[3,4) y@1[6,7)"},
        {"\xf4\x90\x80\x80", 4, ""},
    };
    static const uint64_t invalid[] = {2, 0, 2, 5, 4};
    char got[256];
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        lsi_buf b;
        lsi_buf_init(&b, 0);
        describe(table[i].text, table[i].len, "en", true, got, sizeof got);
        assert_string_equal(got, table[i].want);
        assert_int_equal(lsi_utf8_invalid((const uint8_t *)table[i].text, table[i].len), invalid[i]);
        assert_int_equal(lsi_utf8_repair((const uint8_t *)table[i].text, table[i].len, &b), invalid[i]);
        assert_int_equal(lsi_utf8_valid((const uint8_t *)table[i].text, table[i].len), invalid[i] == 0);
        assert_true(lsi_utf8_valid(b.data, b.len));
        assert_int_equal(b.len, table[i].len + 2 * invalid[i]);
        lsi_buf_clear(&b);
    }
}

/* A hundred thousand of one thing must give as many words as it should, each place looked at a few times only. */
static void long_runs(void **state)
{
    (void)state;
    static const struct {
        const char *piece;
        size_t tokens, positions; /* of 50,000 pieces */
    } table[] = {
        {"a", 1, 1},
        {"é", 1, 1},
        {"a'", 1, 1},
        {"漢", 50000, 50000},
        {"a한", 100000, 100000},
        {".", 0, 0},
        {" \n", 0, 0},
        {"\"", 0, 0},
        {"\xff", 0, 0},
        {"U.", 3125, 3125},
        {"\xcc\x81", 0, 0},
        {"a\xcc\x81", 1, 1},
        {"a-", 53125, 50000},
        {"a.b@", 125000, 100000},
    };
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        size_t k = strlen(table[i].piece), len = 50000 * k, tokens = 0, positions = 0;
        uint8_t *text = malloc(len);
        assert_non_null(text);
        for (size_t j = 0; j < 50000; j++) memcpy(text + j * k, table[i].piece, k);
        lsi_analyzer *a;
        lsi_token t;
        assert_int_equal(lsi_analyzer_new(&a, NULL), 0);
        lsi_tokens_begin(a, text, len, LSI_LANG_ENGLISH);
        while (lsi_tokens_next(a, &t) > 0) {
            tokens++;
            if (!(t.flags & LSI_TOK_JOINED)) positions++;
            assert_true(t.form_len > 0 && t.form_len <= LSI_FORM_MAX);
            assert_true(lsi_utf8_valid(t.form, t.form_len));
        }
        lsi_analyzer_free(a);
        free(text);
        if (tokens != table[i].tokens || positions != table[i].positions) {
            fail_msg("%s: %zu tokens, %zu positions", table[i].piece, tokens, positions);
        }
    }
}

static void masks(void **state)
{
    (void)state;
    uint8_t block[64];
    for (unsigned shift = 0; shift < 256; shift++) {
        for (unsigned i = 0; i < 64; i++) block[i] = (uint8_t)(i * 5 + shift);
        uint64_t mask = lsi_ascii_mask(block);
        for (unsigned i = 0; i < 64; i++) assert_int_equal(mask >> i & 1, lsi_is_alnum(block[i]));
        assert_true(mask == lsi_ascii_mask_swar(block));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(word_break), cmocka_unit_test(units),     cmocka_unit_test(bigrams), cmocka_unit_test(offsets),
        cmocka_unit_test(any_bytes),  cmocka_unit_test(long_runs), cmocka_unit_test(masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
