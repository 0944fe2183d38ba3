/* t_json.c — json/: articles in, parameters, schemas, and the writing of text, JSON and CSV. What needs an index is
 * tested by tests/golden and tests/cli. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h wants the five above */
#include <cmocka.h>

#include "json/json.h"
#include "json/utf8.h"

/* ---- text and values ---- */

static void strings_are_escaped(void **state)
{
    static const struct {
        const char *in;
        size_t len;
        const char *out;
    } cases[] = {
        {"plain", 5, "\"plain\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"\n\r\t\x01\x7f", 5, "\"\\n\\r\\t\\u0001\\u007f\""},
        {"a\0b", 3, "\"a\\u0000b\""},
        {"h\xC3\xA9", 3, "\"h\xC3\xA9\""},
        {"\xFF", 1, "\"\xEF\xBF\xBD\""},
        {"\xE2\x82", 2, "\"\xEF\xBF\xBD\""},                             /* cut short: one replacement */
        {"\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* a surrogate: no byte can begin one */
        {"\xF0\x9F\x9A\x80", 4, "\"\xF0\x9F\x9A\x80\""},
        {"\xC0\xAF", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* overlong */
        {"<b>&'", 5, "\"<b>&'\""},
        {NULL, 0, "null"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        js_text t = {0};
        js_string(&t, cases[i].in, cases[i].len);
        assert_string_equal(t.data, cases[i].out);
        js_text_free(&t);
    }
}

static void numbers_read_back(void **state)
{
    static const double cases[] = {0.1, 1.0 / 3, 4.31, 1e300, 5e-324, -2.5, 0, 123456789.123};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        js_text t = {0};
        js_number(&t, cases[i]);
        assert_true(strtod(t.data, NULL) == cases[i]);
        js_text_free(&t);
    }
    js_text t = {0};
    js_number(&t, 0.1);
    js_putc(&t, ' ');
    js_number(&t, NAN);
    js_putc(&t, ' ');
    js_date(&t, 1694419200000);
    assert_string_equal(t.data, "0.1 null \"2023-09-11T08:00:00Z\"");
    js_text_free(&t);
}

static void members_get_their_commas(void **state)
{
    js_text t = {0};
    (void)state;
    js_putc(&t, '{');
    js_key(&t, "a");
    js_putc(&t, '[');
    js_comma(&t);
    js_cstring(&t, "{");
    js_comma(&t);
    js_cstring(&t, "[");
    js_putc(&t, ']');
    js_key(&t, "b");
    js_uint(&t, UINT64_MAX);
    js_key(&t, "c");
    js_int(&t, INT64_MIN);
    js_putc(&t, '}');
    assert_string_equal(t.data, "{\"a\":[\"{\",\"[\"],\"b\":18446744073709551615,\"c\":-9223372036854775808}");
    js_text_free(&t);
}

static void units_are_counted(void **state)
{
    const char *s = "a\xC3\xA9\xF0\x9F\x9A\x80\xFF"; /* a é 🚀 and a bad byte */
    (void)state;
    assert_int_equal(js_utf8_units(s, strlen(s), LS_RANGES_BYTES), 8);
    assert_int_equal(js_utf8_units(s, strlen(s), LS_RANGES_CODE_POINTS), 4);
    assert_int_equal(js_utf8_units(s, strlen(s), LS_RANGES_UTF16), 5);
    assert_int_equal(js_utf8_prefix(s, strlen(s), 2), 3);
    assert_int_equal(js_utf8_invalid(s, strlen(s)), 1);
}

static void csv_cells_are_safe(void **state)
{
    static const char *const cases[][2] = {{"plain", "plain"},
                                           {"a,b", "\"a,b\""},
                                           {"say \"x\"", "\"say \"\"x\"\"\""},
                                           {"=1+1", "'=1+1"},
                                           {"+1", "'+1"},
                                           {"-1", "'-1"},
                                           {"@x", "'@x"},
                                           {"\tx", "'\tx"},
                                           {"=a,b", "\"'=a,b\""},
                                           {"two\nlines", "\"two\nlines\""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        js_text t = {0};
        js_csv_cell(&t, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(t.data, cases[i][1]);
        js_text_free(&t);
    }
}

static void problems_are_told(void **state)
{
    js_problem p;
    js_text t = {0};
    (void)state;
    js_problem_set(&p, "invalid_parameter", "soure", "unknown parameter '%s'; did you mean '%s'?", "soure", "source");
    js_write_problem(&t, &p);
    assert_string_equal(t.data,
                        "{\"type\":\"/problems/invalid-parameter\",\"title\":\"Invalid parameter\",\"status\":400,"
                        "\"code\":\"invalid_parameter\",\"detail\":\"unknown parameter 'soure'; did you mean "
                        "'source'?\",\"errors\":[{\"parameter\":\"soure\"}]}");
    js_text_free(&t);
    js_problem_set(&p, "no such code", NULL, "x");
    assert_int_equal(p.status, 500);
    ls_error e = {.code = LS_LOCKED};
    assert_int_equal(js_problem_from(&p, &e), LS_LOCKED);
    assert_int_equal(p.status, 503);
    assert_string_equal(p.code, "locked");
}

static void paragraphs_are_found(void **state)
{
    static const struct {
        const char *body;
        const char *paragraphs[4];
    } cases[] = {
        {"one\ntwo\nthree", {"one", "two", "three"}},
        {"one\nstill one\n\ntwo\n \n\nthree\n", {"one\nstill one", "two", "three"}},
        {"\n\none\n\n", {"one"}},
        {" only ", {"only"}},
        {"", {NULL}},
        {"\n \n", {NULL}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t at = 0, n, len = strlen(cases[i].body), k = 0;
        const char *p;
        while (js_paragraph(cases[i].body, len, &at, &p, &n)) {
            assert_non_null(cases[i].paragraphs[k]);
            assert_int_equal(n, strlen(cases[i].paragraphs[k]));
            assert_memory_equal(p, cases[i].paragraphs[k], n);
            k++;
        }
        assert_null(cases[i].paragraphs[k]);
    }
}

/* ---- ids ---- */

static void ids_are_judged_and_made(void **state)
{
    char id[32], long_id[130];
    (void)state;
    memset(long_id, 'a', sizeof long_id);
    assert_true(js_id_valid("aZ09._~-", 8));
    assert_true(js_id_valid(long_id, 128));
    assert_false(js_id_valid(long_id, 129));
    assert_false(js_id_valid("", 0));
    assert_false(js_id_valid("a b", 3));
    assert_false(js_id_valid("a/b", 3));
    assert_false(js_id_valid("\xC3\xA9", 2));
    /* XXH3-128 of nothing, from the hash's own documentation of test vectors: 99aa06d3014798d86001c324468d497f */
    js_id_hash(id, "", 0);
    assert_string_equal(id, "tgvanuybi6mnqyabymsendkjp4");
}

/* ---- articles ---- */

typedef struct heard {
    int warnings;
    char last[512];
} heard;

static void hear(void *ctx, const char *message)
{
    heard *h = ctx;
    h->warnings++;
    snprintf(h->last, sizeof h->last, "%s", message);
}

typedef struct fixture {
    ls_schema *schema;
    ls_doc *doc;
    heard heard;
    js_article_options o;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(ls_schema_news(&f->schema, NULL), LS_OK);
    assert_int_equal(ls_doc_new(&f->doc, NULL), LS_OK);
    f->o.schema = f->schema;
    f->o.warn = hear;
    f->o.warn_ctx = &f->heard;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    ls_schema_free(f->schema);
    ls_doc_free(f->doc);
    free(f);
    return 0;
}

static int read_article(fixture *f, const char *json, ls_error *err)
{
    f->heard = (heard){0};
    return js_article_read(f->doc, json, strlen(json), &f->o, err);
}

static const char *text(const fixture *f, const char *field, size_t i)
{
    return ls_doc_text(f->doc, field, i, NULL);
}

static void good(fixture *f, const char *json)
{
    ls_error err = {0};
    int rc = read_article(f, json, &err);
    if (rc != LS_OK) print_error("%s: %s\n", json, err.message);
    assert_int_equal(rc, LS_OK);
}

static void aliases_mean_their_fields(void **state)
{
    fixture *f = *state;
    int64_t ms = 0;
    good(f, "{\"id\":\"a\",\"headline\":\"T\",\"content\":\"B\",\"author\":\"Jane\",\"lang\":\"en-US\","
            "\"pubDate\":\"Mon, 11 Sep 2023 08:00:00 GMT\",\"subjects\":[\"x\",\"\",null,\"y\"],\"places\":\"Rome\"}");
    assert_string_equal(text(f, "title", 0), "T");
    assert_string_equal(text(f, "body", 0), "B");
    assert_string_equal(text(f, "byline", 0), "Jane");
    assert_string_equal(text(f, "language", 0), "en-US");
    assert_string_equal(text(f, "subjects", 1), "y");
    assert_null(text(f, "subjects", 2));
    assert_string_equal(text(f, "places", 0), "Rome");
    assert_string_equal(text(f, "title_source", 0), "given");
    assert_string_equal(text(f, "date_source", 0), "metadata");
    assert_int_equal(ls_doc_int(f->doc, "published", &ms), LS_OK);
    assert_true(ms == 1694419200000);
    assert_int_equal(f->heard.warnings, 0);
    /* the proper name wins, the alias is kept */
    good(f, "{\"text\":\"other\",\"body\":\"B\"}");
    assert_string_equal(text(f, "body", 0), "B");
    assert_string_equal(text(f, "extra", 0), "{\"text\":\"other\"}");
}

static void what_is_unknown_is_kept(void **state)
{
    fixture *f = *state;
    good(f, "{\"body\":\"B\",\"desk\":{\"a\":[1,2.5,null,true]},\"extra\":{\"x\":\"y\",\"desk\":0},\"empty\":\"\","
            "\"words\":3,\"paragraphs\":[\"B\"]}");
    assert_string_equal(text(f, "extra", 0), "{\"desk\":{\"a\":[1,2.5,null,true]},\"x\":\"y\"}");
    assert_null(text(f, "words", 0));
}

static void bad_dates_are_kept_as_text(void **state)
{
    fixture *f = *state;
    int64_t ms;
    f->o.file_name = "2023-09-11-story.json";
    good(f, "{\"body\":\"B\",\"date\":\"yesterday\"}");
    f->o.file_name = NULL;
    assert_int_equal(ls_doc_int(f->doc, "published", &ms), LS_NOTFOUND);
    assert_string_equal(text(f, "extra", 0), "{\"date\":\"yesterday\"}");
    assert_string_equal(text(f, "date_source", 0), "unknown");
    assert_int_equal(f->heard.warnings, 1);
}

static void dates_come_from_file_names(void **state)
{
    static const struct {
        const char *name;
        int64_t ms; /* -1: none */
    } cases[] = {{"2023-09-11-story.txt", 1694390400000},
                 {"story_20230911.txt", 1694390400000},
                 {"a 2023_09_11.txt", 1694390400000},
                 {"x20230911.txt", -1},
                 {"20230911a.txt", -1},
                 {"2023-13-11.txt", -1},
                 {"001_939dd19b68801245.txt", -1},
                 {"99999999.txt", -1},
                 {"2023-09_11.txt", -1}};
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = -1;
        f->o.file_name = cases[i].name;
        good(f, "{\"body\":\"B\"}");
        if (ls_doc_int(f->doc, "published", &ms) != LS_OK) ms = -1;
        if (ms != cases[i].ms) print_error("%s\n", cases[i].name);
        assert_true(ms == cases[i].ms);
        assert_string_equal(text(f, "date_source", 0), cases[i].ms < 0 ? "unknown" : "filename");
    }
    f->o.file_name = NULL;
    f->o.has_mtime = true;
    f->o.mtime = 5000;
    good(f, "{\"body\":\"B\"}");
    assert_string_equal(text(f, "date_source", 0), "mtime");
}

static void ids_come_from_id_guid_path(void **state)
{
    fixture *f = *state;
    char hash[32];
    good(f, "{\"id\":\"my.id\",\"guid\":\"urn:x\",\"body\":\"B\"}");
    assert_string_equal(ls_doc_id(f->doc, NULL), "my.id");
    assert_string_equal(text(f, "guid", 0), "urn:x");
    f->o.path = "a/b.json";
    good(f, "{\"guid\":\"urn:x\",\"body\":\"B\"}");
    js_id_hash(hash, "urn:x", 5);
    assert_string_equal(ls_doc_id(f->doc, NULL), hash);
    good(f, "{\"body\":\"B\"}");
    js_id_hash(hash, "a/b.json", 8);
    assert_string_equal(ls_doc_id(f->doc, NULL), hash);
    f->o.path = NULL;
}

static void bad_articles_are_refused(void **state)
{
    static const struct {
        const char *json;
        int rc;
        const char *says;
    } cases[] = {
        {"", LS_INVALID, "column"},
        {"{", LS_INVALID, "column"},
        {"[]", LS_INVALID, "expected an object, found an array"},
        {"{\"body\":\"B\"} x", LS_INVALID, "end of file expected"},
        {"{\"body\":\"B\"}{\"body\":\"B\"}", LS_INVALID, "end of file expected"},
        {"{\"body\":\"B\",\"body\":\"C\"}", LS_INVALID, "duplicate"},
        {"{\"body\":\"a\nb\"}", LS_INVALID, "line 1 column"},
        {"{\n\"body\":}", LS_INVALID, "line 2 column"},
        {"{\"body\":1}", LS_INVALID, "body: expected a string or an array of strings, found an integer"},
        {"{\"body\":{}}", LS_INVALID, "found an object"},
        {"{\"subjects\":[\"a\",1]}", LS_INVALID, "subjects[1]: expected a string, found an integer"},
        {"{\"urgency\":\"3\"}", LS_INVALID, "urgency: expected an integer, found a string"},
        {"{\"urgency\":3.5}", LS_INVALID, "found a number with a fraction"},
        {"{\"published\":1694419200}", LS_INVALID, "published: expected a date as a string, found an integer"},
        {"{\"version\":0,\"body\":\"B\"}", LS_INVALID, "version: expected an integer from 1"},
        {"{\"version\":\"2\",\"body\":\"B\"}", LS_INVALID, "version: expected an integer from 1, found a string"},
        {"{\"id\":\"a b\",\"body\":\"B\"}", LS_INVALID, "id: expected 1 to 128 characters"},
        {"{\"id\":7,\"body\":\"B\"}", LS_INVALID, "id: expected a string, found an integer"},
        {"{\"guid\":7,\"body\":\"B\"}", LS_INVALID, "guid: expected a string"},
        {"{\"extra\":[],\"body\":\"B\"}", LS_INVALID, "extra: expected an object, found an array"},
        {"{}", LS_INVALID, "empty"},
        {"{\"title\":\"\",\"body\":null}", LS_INVALID, "empty"},
        {"{\"body\":\"\\ud800\"}", LS_INVALID, "column"},
        {"{\"a\":123456789012345678901234567890}", LS_INVALID, "too big"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ls_error err = {0};
        int rc = read_article(f, cases[i].json, &err);
        if (rc != cases[i].rc || !strstr(err.message, cases[i].says))
            print_error("%s: %d %s\n", cases[i].json, rc, err.message);
        assert_int_equal(rc, cases[i].rc);
        assert_int_equal(err.code, cases[i].rc);
        assert_non_null(strstr(err.message, cases[i].says));
    }
}

static void depth_is_bounded(void **state)
{
    fixture *f = *state;
    char json[512];
    ls_error err = {0};
    for (int depth = 62; depth <= 66; depth++) { /* of the arrays, within one object */
        int n = snprintf(json, sizeof json, "{\"s\":\"[[[\\\"[[\",\"x\":%.*s1%.*s}", depth,
                         "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", depth,
                         "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
        assert_true(n > 0 && (size_t)n < sizeof json);
        assert_int_equal(read_article(f, json, &err), depth + 1 <= 64 ? LS_OK : LS_LIMIT);
    }
}

static void bytes_that_are_no_utf8_are_mended(void **state)
{
    fixture *f = *state;
    good(f, "\xEF\xBB\xBF{\"body\":\"a\xFF\xFE z\"}");
    assert_string_equal(text(f, "body", 0), "a\xEF\xBF\xBD\xEF\xBF\xBD z");
    assert_int_equal(f->heard.warnings, 1);
    assert_non_null(strstr(f->heard.last, "2 bytes"));
    good(f, "{\"body\":\"a\\u0000b\"}");
    size_t len = 0;
    ls_doc_text(f->doc, "body", 0, &len);
    assert_int_equal(len, 3);
}

static void plain(fixture *f, const char *s, int rc)
{
    ls_error err = {0};
    f->heard = (heard){0};
    assert_int_equal(js_article_text(f->doc, s, strlen(s), &f->o, &err), rc);
}

static void plain_text_has_a_headline_or_not(void **state)
{
    fixture *f = *state;
    plain(f, "A headline\r\n\r\nThe lead.\r\nMore.\r\n", LS_OK);
    assert_string_equal(text(f, "title", 0), "A headline");
    assert_string_equal(text(f, "title_source", 0), "line");
    assert_string_equal(text(f, "body", 0), "The lead.\nMore.");
    plain(f, "The lead of it all.\n\nMore.", LS_OK);
    assert_null(text(f, "title", 0));
    assert_string_equal(text(f, "title_source", 0), "lead");
    assert_string_equal(text(f, "body", 0), "The lead of it all.\n\nMore.");
    plain(f, "", LS_INVALID);
    plain(f, " \n\t ", LS_INVALID);
    plain(f,
          "\xFF\xFE"
          "a",
          LS_INVALID);
    plain(f, "\xEF\xBB\xBFmarked", LS_OK);
    assert_string_equal(text(f, "body", 0), "marked");
}

static void a_lead_is_not_counted_twice(void **state)
{
    fixture *f = *state;
    good(f, "{\"title\":\"T\",\"lead\":\"First.\",\"body\":\"First.\\n\\nSecond.\"}");
    assert_null(text(f, "lead", 0));
    good(f, "{\"title\":\"T\",\"lead\":\"Other.\",\"body\":[\"First.\",\"Second.\"]}");
    assert_string_equal(text(f, "lead", 0), "Other.");
    assert_string_equal(text(f, "body", 0), "First.\n\nSecond.");
}

/* What js_write_document writes is read back as the same article. */
static void documents_come_back(void **state)
{
    static const char *const cases[] = {
        "{\"id\":\"a\",\"title\":\"T\",\"body\":\"B.\\n\\nC.\",\"subjects\":[\"x\"],\"desk\":[1,{\"k\":null}],"
        "\"published\":\"2023-09-11\",\"urgency\":3,\"captions\":[\"one\",\"two\"],\"version\":4}",
        "{\"id\":\"b\",\"version\":1,\"body\":\"A headline line\\n\\nThe lead is here.\"}",
        "{\"id\":\"c\",\"version\":1,\"body\":\"Only a lead is here.\\nAnd more.\",\"date\":\"no date\"}",
        "{\"id\":\"d\",\"version\":2,\"lead\":\"A lead of its "
        "own.\",\"body\":\"Body.\",\"url\":\"https://example.org/\"}"};
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        js_text first = {0}, second = {0};
        good(f, cases[i]);
        assert_int_equal(js_write_document(&first, f->schema, f->doc, NULL), LS_OK);
        good(f, first.data);
        assert_int_equal(js_write_document(&second, f->schema, f->doc, NULL), LS_OK);
        assert_string_equal(first.data, second.data);
        js_text_free(&first);
        js_text_free(&second);
    }
}

static void titles_are_made_from_leads(void **state)
{
    fixture *f = *state;
    js_facts facts;
    char body[400] = "";
    for (int i = 0; i < 60; i++) strcat(body, "wor\xC3\xA9 ");
    plain(f, body, LS_OK);
    assert_int_equal(js_facts_get(&facts, f->schema, f->doc, NULL), LS_OK);
    assert_string_equal(facts.title_source, "lead");
    assert_int_equal(js_utf8_units(facts.title, facts.title_len, LS_RANGES_CODE_POINTS), 99 + 2); /* 20 words, " …" */
    assert_false(facts.has_published);
    assert_string_equal(facts.status, "usable");
    js_facts_clear(&facts);
}

/* ---- arrays ---- */

static int count_each(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *err)
{
    int *counts = ctx;
    (void)number;
    (void)err;
    counts[doc ? 0 : 1]++;
    assert_true((rc == LS_OK) == (doc != NULL));
    return 0;
}

static void arrays_hold_articles(void **state)
{
    fixture *f = *state;
    int counts[2] = {0, 0};
    const char *s = "[{\"body\":\"a\"},7,{\"body\":\"b\"},{}]";
    assert_int_equal(js_articles_read(f->doc, s, strlen(s), &f->o, count_each, counts, NULL), LS_OK);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 2);
}

/* ---- schemas ---- */

static void schemas_are_read(void **state)
{
    static const struct {
        const char *json, *says; /* says NULL: good */
    } cases[] = {
        {"{\"fields\":{\"title\":{\"type\":\"text\",\"weight\":3},\"n\":{\"type\":\"integer\"}}}", NULL},
        {"{\"language\":\"german\",\"k1\":1.5,\"fields\":{\"t\":{\"type\":\"text\",\"stored\":false}},\"main\":\"t\"}",
         NULL},
        {"{\"fields\":{}}", "fields: expected"},
        {"{}", "fields: expected"},
        {"[]", "fields: expected"},
        {"{\"fields\":{\"t\":{\"type\":\"word\"}}}", "found 'word'"},
        {"{\"fields\":{\"t\":{}}}", "found none"},
        {"{\"fields\":{\"t\":7}}", "expected an object"},
        {"{\"fields\":{\"T\":{\"type\":\"text\"}}}", "name"},
        {"{\"fields\":{\"t\":{\"type\":\"text\",\"weight\":300}}}", "weight"},
        {"{\"fields\":{\"t\":{\"type\":\"date\",\"weight\":3}}}", "weight"},
        {"{\"fields\":{\"t\":{\"type\":\"text\",\"wieght\":3}}}", "'wieght'"},
        {"{\"lang\":\"de\",\"fields\":{\"t\":{\"type\":\"text\"}}}", "'lang'"},
        {"{\"language\":\"klingon\",\"fields\":{\"t\":{\"type\":\"text\"}}}", "klingon"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ls_schema *s = NULL, *again = NULL;
        ls_error err = {0};
        js_text t = {0}, u = {0};
        int rc = js_schema_read(&s, cases[i].json, strlen(cases[i].json), &err);
        if ((rc == LS_OK) != (cases[i].says == NULL)) print_error("%s: %s\n", cases[i].json, err.message);
        assert_true((rc == LS_OK) == (cases[i].says == NULL));
        if (rc != LS_OK) {
            if (!strstr(err.message, cases[i].says)) print_error("%s: %s\n", cases[i].json, err.message);
            assert_non_null(strstr(err.message, cases[i].says));
            assert_null(s);
            continue;
        }
        assert_non_null(ls_schema_find(s, "extra"));
        js_write_schema(&t, s);
        assert_int_equal(js_schema_read(&again, t.data, t.len, &err), LS_OK);
        js_write_schema(&u, again);
        assert_string_equal(t.data, u.data);
        js_text_free(&t);
        js_text_free(&u);
        ls_schema_free(s);
        ls_schema_free(again);
    }
}

/* ---- parameters ---- */

static void parameters_are_checked(void **state)
{
    static const struct {
        const char *name, *value, *says; /* NULL: good */
    } cases[] = {
        {"q", "arms deal", NULL},
        {"limit", "100", NULL},
        {"limit", "101", "limit: expected a whole number from 0 to 100"},
        {"limit", "-1", "limit: expected"},
        {"limit", "", "limit: expected"},
        {"limit", "1e2", "limit: expected"},
        {"limit", "99999999999999999999", "limit: expected"},
        {"offset", "10001", "use cursor"},
        {"soure", "x", "unknown parameter 'soure'; did you mean 'source'?"},
        {"not.soure", "x", "did you mean 'not.source'?"},
        {"query", "x", "did you mean 'q'?"},
        {"size", "x", "did you mean 'limit'?"},
        {"zzzzzz", "x", "unknown parameter 'zzzzzz'"},
        {"histogram", "day", "unknown parameter 'histogram'"},
        {"fold", "none", NULL},
        {"fold", "similar", "fold: expected none"},
        {"match", "any", NULL},
        {"match", "some", "match: expected all/any"},
        {"range_unit", "utf16", NULL},
        {"explain", "true", NULL},
        {"explain", "yes", "explain: expected 1, 0, true or false"},
        {"half_life", "7.5", NULL},
        {"half_life", "-1", "half_life: expected a number"},
        {"half_life", "nan", "half_life: expected a number"},
        {"timeout_ms", "0", "timeout_ms: expected"},
        {"facets", "source,section", NULL},
        {"format", "csv", "unknown parameter 'format'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        js_request q;
        js_problem p = {0};
        js_request_init(&q, JS_FOR_SEARCH);
        int rc = js_request_set(&q, cases[i].name, strlen(cases[i].name), cases[i].value, strlen(cases[i].value), &p);
        if ((rc == LS_OK) != (cases[i].says == NULL) || (rc && !strstr(p.detail, cases[i].says)))
            print_error("%s=%s: %s\n", cases[i].name, cases[i].value, p.detail);
        assert_true((rc == LS_OK) == (cases[i].says == NULL));
        if (rc != LS_OK) assert_non_null(strstr(p.detail, cases[i].says));
        js_request_clear(&q);
    }
}

static void parameters_are_kept(void **state)
{
    fixture *f = *state;
    js_request q;
    js_problem p = {0};
    const char *json =
        "{\"q\":\"a\\u0000b\",\"source\":[\"A\",\"B\"],\"not.section\":\"C\",\"limit\":7,\"explain\":true,"
        "\"facets\":[\"source\",\"subject\"],\"half_life\":2.5,\"sort\":\"newest\",\"from\":\"2023-08\","
        "\"to\":\"2023-09-11\",\"cursor\":null}";
    js_request_init(&q, JS_FOR_SEARCH);
    assert_int_equal(js_request_set_json(&q, json, strlen(json), &p), LS_OK);
    assert_int_equal(q.q_len, 3);
    assert_int_equal(q.with[0].count, 2);
    assert_string_equal(q.with[0].items[1], "B");
    assert_string_equal(q.without[1].items[0], "C");
    assert_int_equal(q.limit, 7);
    assert_true(q.explain);
    assert_true(q.half_life == 2.5);
    assert_int_equal(js_request_set(&q, "limit", 5, "8", 1, &p), LS_INVALID);
    assert_non_null(strstr(p.detail, "given twice"));
    assert_int_equal(js_request_set(&q, "place", 5, "a\0b", 3, &p), LS_INVALID);
    assert_int_equal(js_request_ready(&q, f->schema, &p), LS_OK);
    assert_true(q.from_ms == 1690848000000); /* 2023-08-01 */
    assert_true(q.to_ms == 1694476799999);   /* the end of 2023-09-11 */
    assert_int_equal(q.order, LS_BY_FIELD_DESC);
    js_request_clear(&q);
}

static void bad_requests_are_told(void **state)
{
    static const struct {
        const char *json, *code, *says;
    } cases[] = {
        {"{\"limit\":\"7\"}", "invalid_parameter", "limit: expected a whole number, found a string"},
        {"{\"q\":7}", "invalid_parameter", "q: expected a string"},
        {"{\"q\":[\"a\"]}", "invalid_parameter", "q: expected one value"},
        {"{\"explain\":1}", "invalid_parameter", "explain: expected true or false"},
        {"{\"soure\":\"x\"}", "invalid_parameter", "did you mean 'source'?"},
        {"{\"q\":\"a\",\"q\":\"b\"}", "invalid_json", "duplicate"},
        {"[1]", "invalid_json", "expected an object"},
        {"{", "invalid_json", "column"},
        {"{\"offset\":9990,\"limit\":20}", "invalid_parameter", "use cursor"},
        {"{\"offset\":1,\"cursor\":\"x\"}", "invalid_parameter", "exclude each other"},
        {"{\"sort\":\"upwards\"}", "invalid_parameter", "sort: expected relevance"},
        {"{\"sort\":\"body:asc\"}", "invalid_parameter", "sort: 'body'"},
        {"{\"facets\":[\"body\"]}", "invalid_parameter", "facets: 'body' is no keyword field"},
        {"{\"fields\":[\"id\",\"titel\"]}", "invalid_parameter", "no member 'titel'"},
        {"{\"from\":\"yesterday-ish\"}", "invalid_parameter", "from: expected a date"},
        {"{\"from\":\"2023-09\",\"to\":\"2023-08\"}", "invalid_parameter", "later than to"},
        {"{\"tz\":\"Mars/Base\"}", "invalid_parameter", "tz: unknown time zone"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        js_request q;
        js_problem p = {0};
        js_request_init(&q, JS_FOR_SEARCH);
        int rc = js_request_set_json(&q, cases[i].json, strlen(cases[i].json), &p);
        if (rc == LS_OK) rc = js_request_ready(&q, f->schema, &p);
        if (rc == LS_OK || !strstr(p.detail, cases[i].says)) print_error("%s: %s\n", cases[i].json, p.detail);
        assert_int_not_equal(rc, LS_OK);
        assert_string_equal(p.code, cases[i].code);
        assert_int_equal(p.status, 400);
        assert_non_null(strstr(p.detail, cases[i].says));
        js_request_clear(&q);
    }
}

/* Damaged articles: read or refused, never a crash. */
static void damaged_articles_do_no_harm(void **state)
{
    fixture *f = *state;
    static const char good_one[] =
        "{\"id\":\"a\",\"title\":\"T\xC3\xA9\",\"body\":[\"B\",\"C\"],\"x\":{\"y\":[1,-2.5e3,null]},"
        "\"date\":\"2023-09-11T08:00:00Z\",\"version\":3}";
    char json[sizeof good_one];
    uint32_t seed = 20230911;
    for (int round = 0; round < 20000; round++) {
        memcpy(json, good_one, sizeof json);
        size_t len = sizeof json - 1;
        for (int edits = 0; edits < 3; edits++) {
            seed = seed * 1664525u + 1013904223u;
            json[(seed >> 8) % len] = (char)(seed >> 24);
        }
        if (seed & 1) len = (seed >> 4) % len;
        ls_error err = {0};
        int rc = js_article_read(f->doc, json, len, &f->o, &err);
        assert_true(rc == LS_OK || (err.code == rc && err.message[0]));
        js_request q;
        js_problem p = {0};
        js_request_init(&q, JS_FOR_SEARCH);
        rc = js_request_set_json(&q, json, len, &p);
        assert_true(rc == LS_OK || p.detail[0]);
        js_request_clear(&q);
    }
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(members_get_their_commas),
        cmocka_unit_test(units_are_counted),
        cmocka_unit_test(csv_cells_are_safe),
        cmocka_unit_test(problems_are_told),
        cmocka_unit_test(paragraphs_are_found),
        cmocka_unit_test(ids_are_judged_and_made),
        WITH(aliases_mean_their_fields),
        WITH(what_is_unknown_is_kept),
        WITH(bad_dates_are_kept_as_text),
        WITH(dates_come_from_file_names),
        WITH(ids_come_from_id_guid_path),
        WITH(bad_articles_are_refused),
        WITH(depth_is_bounded),
        WITH(bytes_that_are_no_utf8_are_mended),
        WITH(plain_text_has_a_headline_or_not),
        WITH(a_lead_is_not_counted_twice),
        WITH(documents_come_back),
        WITH(titles_are_made_from_leads),
        WITH(arrays_hold_articles),
        cmocka_unit_test(schemas_are_read),
        cmocka_unit_test(parameters_are_checked),
        WITH(parameters_are_kept),
        WITH(bad_requests_are_told),
        WITH(damaged_articles_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
