/* t_json_article.c — json/: articles in, and documents out as they came in. */
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

/* An embargo is a date in any zone; without one, or with one that nobody can read, it has no end. */
static void embargoes(void **state)
{
    fixture *f = *state;
    int64_t ms = 0;
    good(f, "{\"body\":\"x\",\"embargoed\":\"2026-01-01T01:00:00+02:00\"}");
    assert_int_equal(ls_doc_int(f->doc, "embargoed", &ms), LS_OK);
    assert_int_equal(ms, 1767222000000); /* 2025-12-31T23:00:00Z */
    good(f, "{\"body\":\"x\",\"embargoed\":\"\"}");
    assert_int_equal(ls_doc_int(f->doc, "embargoed", &ms), LS_OK);
    assert_int_equal(ms, INT64_MAX);
    good(f, "{\"body\":\"x\",\"embargoed\":\"after the press conference\"}");
    assert_int_equal(ls_doc_int(f->doc, "embargoed", &ms), LS_OK);
    assert_int_equal(ms, INT64_MAX);
    good(f, "{\"body\":\"x\",\"embargoed\":null}");
    assert_int_equal(ls_doc_int(f->doc, "embargoed", &ms), LS_NOTFOUND);
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
    assert_string_equal(ls_doc_id(f->doc, NULL), ""); /* the index may know the story by another id */
    good(f, "{\"body\":\"B\"}");
    js_id_hash(hash, "a/b.json", 8);
    assert_string_equal(ls_doc_id(f->doc, NULL), hash);
    f->o.path = NULL;
}

/* An embargo: in another zone, of a day, without an end; nothing that a mistake could let out. */
static void embargoes_are_read(void **state)
{
    static const struct {
        const char *written;
        int64_t ms;
    } cases[] = {{"2023-09-11T08:00:00+02:00", 1694412000000},
                 {"2023-09-11T08:00:00-11:00", 1694458800000},
                 {"Mon, 11 Sep 2023 08:00:00 +0200", 1694412000000},
                 {"2023-09-11", 1694390400000},
                 {"2023-02-30", INT64_MAX},
                 {"2023-09-11T25:00:00Z", INT64_MAX},
                 {"11.9.2023", INT64_MAX},
                 {"", INT64_MAX}};
    fixture *f = *state;
    int64_t ms;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[128];
        snprintf(json, sizeof json, "{\"embargoed\":\"%s\",\"body\":\"B\"}", cases[i].written);
        good(f, json);
        assert_int_equal(ls_doc_int(f->doc, "embargoed", &ms), LS_OK);
        assert_true(ms == cases[i].ms);
    }
    good(f, "{\"embargoed\":null,\"body\":\"B\"}");
    assert_int_equal(ls_doc_int(f->doc, "embargoed", &ms), LS_NOTFOUND);
    /* a day of an embargo is the newsroom's: in New York it begins four hours after it does in UTC */
    ls_schema *york = NULL;
    const ls_schema *was = f->o.schema;
    assert_int_equal(ls_schema_news(&york, NULL), LS_OK);
    assert_int_equal(ls_schema_set(york, "timezone", "America/New_York", NULL), LS_OK);
    f->o.schema = york;
    good(f, "{\"embargoed\":\"2023-09-11\",\"body\":\"B\"}");
    assert_int_equal(ls_doc_int(f->doc, "embargoed", &ms), LS_OK);
    assert_true(ms == 1694404800000);
    f->o.schema = was;
    ls_schema_free(york);
}

static void markup_becomes_text(void **state)
{
    static const struct {
        const char *html, *body;
    } cases[] = {{"<p>One &amp; two.</p><p>Three</p>", "One & two.\n\nThree"},
                 {"a<br/>b<BR>c", "a\nb\nc"},
                 {"<script>x</script>y<style>p{}</style>", "y"},
                 {"<!-- c -->&#8217;&#x2019;&nbsp;&bogus; 5 < 6 &", "\u2019\u2019 &bogus; 5 < 6 &"},
                 {"line\\nend in <b>a</b>  paragraph", "line end in a paragraph"},
                 {"<p", "<p"},
                 {"&#0;&#xD800;&#1114112;&#99999999999;", "\uFFFD\uFFFD\uFFFD&#99999999999;"},
                 {"<div>a</div>\\n\\n<div>b</div>", "a\n\nb"}};
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[300];
        snprintf(json, sizeof json, "{\"uri\":\"urn:m\",\"headline\":\"H\",\"body_html\":\"%s\"}", cases[i].html);
        good(f, json);
        assert_string_equal(text(f, "body", 0), cases[i].body);
    }
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
        {"{\"version\":\"two\",\"body\":\"B\"}", LS_INVALID, "version: expected an integer from 1, found two"},
        {"{\"version\":\"-2\",\"body\":\"B\"}", LS_INVALID, "version: expected an integer from 1, found -2"},
        {"{\"version\":\"0\",\"body\":\"B\"}", LS_INVALID, "version: expected an integer from 1, found 0"},
        {"{\"version\":\"1234567890123456789\",\"body\":\"B\"}", LS_INVALID, "version: expected an integer from 1"},
        {"{\"version\":2.5,\"body\":\"B\"}", LS_INVALID, "version: expected an integer from 1, found a number"},
        {"{\"embargoed\":7,\"body\":\"B\"}", LS_INVALID, "embargoed: expected a date as a string"},
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
    for (size_t i = 0; i < 60; i++) memcpy(body + 6 * i, "wor\xC3\xA9 ", 7);
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
    }
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_judged_and_made),
        WITH(embargoes),
        WITH(aliases_mean_their_fields),
        WITH(what_is_unknown_is_kept),
        WITH(bad_dates_are_kept_as_text),
        WITH(dates_come_from_file_names),
        WITH(ids_come_from_id_guid_path),
        WITH(embargoes_are_read),
        WITH(markup_becomes_text),
        WITH(bad_articles_are_refused),
        WITH(depth_is_bounded),
        WITH(bytes_that_are_no_utf8_are_mended),
        WITH(plain_text_has_a_headline_or_not),
        WITH(a_lead_is_not_counted_twice),
        WITH(documents_come_back),
        WITH(titles_are_made_from_leads),
        WITH(arrays_hold_articles),
        WITH(damaged_articles_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
