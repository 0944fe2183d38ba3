/* t_text_corpus.c — the five articles: what the analyzer must make of them. Run from the root of the checkout. */
#include "libsearch/text/analyzer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *path;
    bool headline;
    unsigned paragraphs, sentences, boilerplate, opened, closed;
} articles[] = {
    {"corpus/000_7dce09cc351a03e4.txt", false, 10, 15, 0, 4, 5},
    {"corpus/001_939dd19b68801245.txt", true, 14, 18, 28, 2, 2},
    {"corpus/002_7b356a8412ab80b0.txt", false, 15, 18, 0, 14, 14},
    {"corpus/003_64df9fd4ad09411f.txt", true, 16, 26, 0, 0, 0},
    {"corpus/004_4ad387577637f700.txt", false, 12, 12, 0, 2, 2},
};

static uint8_t text[65536];
static size_t text_len;

static void read_article(size_t i)
{
    FILE *f = fopen(articles[i].path, "rb");
    if (!f) fail_msg("%s: run this from the root of the checkout", articles[i].path);
    text_len = fread(text, 1, sizeof text, f);
    fclose(f);
    assert_true(text_len > 1000 && text_len < sizeof text);
}

static void layout(void **state)
{
    (void)state;
    lsi_analyzer *a;
    assert_int_equal(lsi_analyzer_new(&a, NULL), 0);
    for (size_t i = 0; i < LSI_COUNTOF(articles); i++) {
        unsigned paragraphs = 0, sentences = 0, boilerplate = 0, opened = 0, closed = 0;
        size_t start, end, rest;
        lsi_token t;
        read_article(i);
        assert_int_equal(lsi_headline(text, text_len, &start, &end, &rest), articles[i].headline);
        assert_int_equal(lsi_lang_detect(text, text_len), lsi_lang_find("en", 2));
        lsi_tokens_begin(a, text, text_len, lsi_lang_find("en", 2));
        while (lsi_tokens_next(a, &t) > 0) {
            paragraphs += (t.flags & LSI_TOK_PARAGRAPH) != 0;
            sentences += (t.flags & LSI_TOK_SENTENCE) != 0;
            boilerplate += (t.flags & (LSI_TOK_BOILERPLATE | LSI_TOK_JOINED)) == LSI_TOK_BOILERPLATE;
            opened += (t.flags & LSI_TOK_QUOTE_OPEN) != 0;
            closed += (t.flags & LSI_TOK_QUOTE_CLOSE) != 0;
        }
        assert_int_equal(lsi_tokens_invalid(a), 0);
        assert_int_equal(paragraphs, articles[i].paragraphs);
        assert_int_equal(sentences, articles[i].sentences);
        assert_int_equal(boilerplate, articles[i].boilerplate);
        assert_int_equal(opened, articles[i].opened);
        assert_int_equal(closed, articles[i].closed);
    }
    lsi_analyzer_free(a);
}

/* The articles that have a term, as a bit map; boilerplate left out. */
static unsigned articles_with(const char *term)
{
    lsi_analyzer *a;
    unsigned found = 0;
    assert_int_equal(lsi_analyzer_new(&a, NULL), 0);
    for (size_t i = 0; i < LSI_COUNTOF(articles); i++) {
        lsi_token t;
        size_t n;
        read_article(i);
        lsi_tokens_begin(a, text, text_len, lsi_lang_find("en", 2));
        while (lsi_tokens_next(a, &t) > 0) {
            const uint8_t *p = lsi_analyzer_term(a, lsi_lang_find("en", 2), t.form, t.form_len, &n);
            assert_non_null(p);
            if (!(t.flags & LSI_TOK_BOILERPLATE) && n == strlen(term) && !memcmp(p, term, n)) found |= 1u << i;
        }
    }
    lsi_analyzer_free(a);
    return found;
}

static void golden(void **state)
{
    (void)state;
    static const struct {
        const char *term;
        unsigned in; /* bit i: article i */
    } table[] = {
        {"shoigu", 0x1b},   /* with ' and with ’ */
        {"us", 0x1f},       /* U.S. and US */
        {"un", 0x1f},       /* Kim Jong Un, Jong-un, U.N. */
        {"jongun", 0x01},   /* Jong-un alone */
        {"emphas", 0x09},   /* emphasized, emphasizing */
        {"emphasis", 0x10}, /* not the British one */
        {"defens", 0x1b},   {"defenc", 0x10},     {"sept", 0x01},
        {"g20", 0x04},      {"greenfield", 0x10}, {"thomasgreenfield", 0x10},
        {"beg", 0x05},     /* to beg; begging, “begging */
        {"caution", 0x10}, /* in 001 only in a boilerplate line */
        {"sourc", 0x00},    {"state", 0x1d},
    };
    for (size_t i = 0; i < LSI_COUNTOF(table); i++) {
        unsigned in = articles_with(table[i].term);
        if (in != table[i].in) fail_msg("%s: 0x%02x, not 0x%02x", table[i].term, in, table[i].in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(layout), cmocka_unit_test(golden)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
