/* t_text_api.c — the public functions about text alone: ls_analyze, ls_headline, ls_languages. */
#include "libsearch/libsearch.h"
#include "libsearch/util/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void analyze(void **state)
{
    (void)state;
    static const char text[] = "Kim Jong-un’s “negotiations”";
    static const ls_token want[] = {
        {"Kim", "kim", 0, 0, 3},
        {"Jong", "jong", 1, 4, 8},
        {"Jongun", "jongun", 1, 4, 15},
        {"un", "un", 2, 9, 15},
        {"negotiations", "negoti", 3, 19, 31},
    };
    ls_tokens *t;
    ls_error err;
    assert_int_equal(ls_analyze(&t, NULL, text, sizeof text - 1, "en", &err), LS_OK);
    assert_string_equal(t->language, "english");
    assert_int_equal(t->count, sizeof want / sizeof *want);
    for (size_t i = 0; i < t->count; i++) {
        assert_string_equal(t->tokens[i].form, want[i].form);
        assert_string_equal(t->tokens[i].term, want[i].term);
        assert_int_equal(t->tokens[i].position, want[i].position);
        assert_int_equal(t->tokens[i].start, want[i].start);
        assert_int_equal(t->tokens[i].end, want[i].end);
    }
    ls_tokens_free(t);
    ls_tokens_free(NULL);
}

static const char *language_of(const ls_schema *s, const char *text, const char *language)
{
    ls_tokens *t;
    ls_error err;
    assert_int_equal(ls_analyze(&t, s, text, strlen(text), language, &err), LS_OK);
    const char *name = t->language;
    ls_tokens_free(t);
    return name;
}

static void language(void **state)
{
    (void)state;
    static const char german[] = "Die Minister sagten, dass sie sich noch einmal treffen wollen, und das ist gut.";
    ls_schema *s;
    assert_int_equal(ls_schema_news(&s, NULL), LS_OK);
    assert_string_equal(language_of(s, german, NULL), "german");
    assert_string_equal(language_of(s, german, "fr"), "french");
    assert_string_equal(language_of(s, german, "None"), "none");
    assert_string_equal(language_of(s, "Shoigu", NULL), "english");
    assert_string_equal(language_of(NULL, "Shoigu", NULL), "english");
    assert_int_equal(ls_schema_set(s, "language", "dutch", NULL), LS_OK);
    assert_string_equal(language_of(s, "Shoigu", NULL), "dutch");
    assert_string_equal(language_of(s, "", NULL), "dutch");
    ls_schema_free(s);
}

static void bad_arguments(void **state)
{
    (void)state;
    ls_tokens *t = (ls_tokens *)1;
    ls_error err;
    assert_int_equal(ls_analyze(&t, NULL, "x", 1, "klingon", &err), LS_INVALID);
    assert_null(t);
    assert_non_null(strstr(err.message, "klingon"));
    assert_int_equal(ls_analyze(&t, NULL, NULL, 1, NULL, &err), LS_INVALID);
    assert_int_equal(ls_analyze(NULL, NULL, "x", 1, NULL, NULL), LS_INVALID);
    assert_int_equal(ls_analyze(&t, NULL, NULL, 0, NULL, &err), LS_OK);
    assert_int_equal(t->count, 0);
    ls_tokens_free(t);
}

/* Each allocation fails in its turn: LS_NOMEM and nothing left, until none fails. */
static void no_memory(void **state)
{
    (void)state;
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++) text[i] = i % 3 == 2 ? ' ' : 'a';
    for (uint64_t n = 1;; n++) {
        ls_tokens *t;
        ls_error err;
        assert_true(n < 2000);
        lsi_alloc_fail_at(n, false);
        int rc = ls_analyze(&t, NULL, text, sizeof text, "english", &err);
        lsi_alloc_fail_at(0, false);
        if (rc == LS_OK) {
            assert_int_equal(t->count, 667);
            ls_tokens_free(t);
            assert_true(n > 3);
            return;
        }
        assert_int_equal(rc, LS_NOMEM);
        assert_null(t);
    }
}

static void headline(void **state)
{
    (void)state;
    static const char text[] = "Talks move forward\n\nThe U.S.";
    ls_range r;
    size_t rest;
    assert_int_equal(ls_headline(text, sizeof text - 1, &r, &rest), LS_OK);
    assert_int_equal(r.start, 0);
    assert_int_equal(r.end, 18);
    assert_int_equal(rest, 20);
    assert_int_equal(ls_headline(text, sizeof text - 1, NULL, NULL), LS_OK);
    assert_int_equal(ls_headline("A lead.\n\nB", 10, &r, &rest), LS_NOTFOUND);
    assert_int_equal(r.end, 0);
    assert_int_equal(rest, 0);
    assert_int_equal(ls_headline(NULL, 0, &r, &rest), LS_NOTFOUND);
}

/* The one place that knows how a status is written. */
static void statuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ls_status means;
        size_t start, end; /* of the word */
    } rows[] = {{"usable", LS_STATUS_USABLE, 0, 6},
                {"Withheld", LS_STATUS_WITHHELD, 0, 8},
                {" stat:withheld\n", LS_STATUS_WITHHELD, 6, 14},
                {"STAT: canceled ", LS_STATUS_CANCELED, 6, 14},
                {"cancelled", LS_STATUS_CANCELED, 0, 9},
                {"cancele", LS_STATUS_OTHER, 0, 7},
                {"canceledd", LS_STATUS_OTHER, 0, 9},
                {"not canceled", LS_STATUS_OTHER, 0, 12},
                {"stat:stat:canceled", LS_STATUS_OTHER, 5, 18},
                {"stat:", LS_STATUS_OTHER, 5, 5},
                {" \t", LS_STATUS_OTHER, 2, 2},
                {"", LS_STATUS_OTHER, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ls_range word = {9, 9};
        assert_int_equal(ls_status_of(rows[i].text, strlen(rows[i].text), &word), rows[i].means);
        assert_int_equal(word.start, rows[i].start);
        assert_int_equal(word.end, rows[i].end);
        assert_int_equal(ls_status_of(rows[i].text, strlen(rows[i].text), NULL), rows[i].means);
    }
    assert_int_equal(ls_status_of("withheld now", 8, NULL), LS_STATUS_WITHHELD); /* the length ends it */
    assert_int_equal(ls_status_of(NULL, 0, NULL), LS_STATUS_OTHER);
}

static void languages(void **state)
{
    (void)state;
    const char *const *names = ls_languages();
    size_t n = 0, english = 0;
    for (; names[n]; n++) {
        english += !strcmp(names[n], "english");
        assert_string_not_equal(names[n], "porter");
    }
    assert_int_equal(english, 1);
    assert_string_equal(names[0], "none");
    assert_true(n >= 29);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(analyze),   cmocka_unit_test(language), cmocka_unit_test(bad_arguments),
        cmocka_unit_test(no_memory), cmocka_unit_test(headline), cmocka_unit_test(statuses), cmocka_unit_test(languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
