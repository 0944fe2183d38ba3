/* t_json.c — json/: parameters, schemas, and the writing of text, JSON and CSV. Articles are t_json_article.c's; what
 * needs an index is tested by tests/golden and tests/cli. */
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

static void markup_is_escaped(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"<b>&'\"", "&lt;b&gt;&amp;&#39;&quot;"},
                 {"h\xC3\xA9 \xF0\x9F\x9A\x80", "h\xC3\xA9 \xF0\x9F\x9A\x80"},
                 {"\xE3\xCD<\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD&lt;\xEF\xBF\xBD"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        js_text t = {0};
        js_html(&t, cases[i].in, strlen(cases[i].in));
        assert_string_equal(t.data, cases[i].out);
        js_text_free(&t);
    }
}

/* Eight bytes are looked at together: whatever stands where, the same comes out as piece by piece. */
static void runs_and_pieces_agree(void **state)
{
    static const char *const odd[] = {"\"",
                                      "\\",
                                      "\n",
                                      "\x1f",
                                      " ",
                                      "!",
                                      "#",
                                      "&",
                                      "'",
                                      "<",
                                      "=",
                                      ">",
                                      "~",
                                      "\x7f",
                                      "\xC3\xA9",
                                      "\xE2\x80\xA6",
                                      "\xFF",
                                      "\xE2\x82",
                                      "\xF0\x9F\x9A\x80",
                                      ";",
                                      "]",
                                      "%"};
    uint32_t bits = 1;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[128];
        size_t len = 0, want = (size_t)round % 70;
        js_text json = {0}, html = {0}, both = {0}, got = {0};
        while (len < want) {
            bits = bits * 1664525u + 1013904223u;
            const char *piece = bits >> 28 ? "x" : odd[(bits >> 8) % (sizeof odd / sizeof odd[0])];
            size_t n = strlen(piece);
            memcpy(text + len, piece, n);
            len += n;
        }
        for (size_t i = 0, n; i < len; i += n) { /* a character after the other */
            uint32_t cp;
            bool valid;
            n = js_utf8_next(text + i, len - i, &cp, &valid);
            js_text one = {0};
            js_string(&one, text + i, n);
            js_put(&json, one.data + 1, one.len - 2);
            js_html(&html, text + i, n);
            js_text_free(&one);
        }
        js_string(&both, html.data ? html.data : "", html.len);
        js_string(&got, text, len);
        if (len) assert_memory_equal(got.data + 1, json.data, json.len);
        assert_int_equal(got.len, json.len + 2);
        js_text_reset(&got);
        js_html(&got, text, len);
        assert_int_equal(got.len, html.len);
        if (len) assert_memory_equal(got.data, html.data, html.len);
        js_text_reset(&got);
        js_html_string(&got, text, len);
        assert_string_equal(got.data, both.data);
        js_text_free(&json);
        js_text_free(&html);
        js_text_free(&both);
        js_text_free(&got);
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
    js_score(&t, 4.31f);
    js_putc(&t, ' ');
    js_number(&t, NAN);
    js_putc(&t, ' ');
    js_date(&t, 1694419200000);
    assert_string_equal(t.data, "0.1 4.31 null \"2023-09-11T08:00:00Z\"");
    js_text_free(&t);
}

/* Every exponent and many fractions: the same float comes back, in no more digits than printf needs. */
static void scores_read_back(void **state)
{
    (void)state;
    uint32_t bits = 1;
    for (unsigned i = 0; i < 300000; i++) {
        float v, back;
        char shortest[40];
        bits = bits * 1664525u + 1013904223u; /* Numerical Recipes' generator */
        uint32_t word = i < 2048     ? i << 20 | i
                        : i < 100000 ? bits
                                     : (bits & 0x80ffffffu) | (0x3f000000u + (i % 8 << 23));
        memcpy(&v, &word, sizeof v);
        js_text t = {0};
        js_score(&t, v);
        if (!isfinite(v)) {
            assert_string_equal(t.data, "null");
        } else {
            back = strtof(t.data, NULL);
            for (int n = 6; n <= 9; n++) {
                snprintf(shortest, sizeof shortest, "%.*g", n, (double)v);
                if (strtof(shortest, NULL) == v) break;
            }
            if (back != v || (v > 1e-3f && v < 1e6f && strlen(t.data) > strlen(shortest)))
                fail_msg("%a: %s, printf %s", (double)v, t.data, shortest);
        }
        js_text_free(&t);
    }
    js_text t = {0};
    js_int(&t, INT64_MIN);
    js_putc(&t, ' ');
    js_int(&t, -1);
    js_putc(&t, ' ');
    js_uint(&t, UINT64_MAX);
    js_putc(&t, ' ');
    js_range(&t, 0, 10);
    js_putc(&t, ' ');
    js_score(&t, 100);
    assert_string_equal(t.data, "-9223372036854775808 -1 18446744073709551615 [0,10] 100");
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
        {"The lines of this text are broken at\nabout forty letters, so that not each of\nthem is a paragraph.\n    "
         "What is indented"
         " begins one, and this\nis a second line of it.\n\tAnd a tab with a blank too.",
         {"The lines of this text are broken at\nabout forty letters, so that not each of\nthem is a paragraph.",
          "What is indented begins one, and this\nis a second line of it.\n\tAnd a tab with a blank too."}},
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

static int setup(void **state)
{
    ls_schema *schema = NULL;
    assert_int_equal(ls_schema_news(&schema, NULL), LS_OK);
    *state = schema;
    return 0;
}

static int teardown(void **state)
{
    ls_schema_free(*state);
    return 0;
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
        {"histogram", "day", NULL},
        {"histogram", "decade", "histogram: expected none/auto/day/week/month/year"},
        {"interval", "day", "did you mean 'histogram'?"},
        {"fold", "none", NULL},
        {"fold", "similar", NULL},
        {"fold", "all", "fold: expected none/similar/story"},
        {"lead", "longest", NULL},
        {"lead", "last", "lead: expected match/earliest/longest"},
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
    ls_schema *schema = *state;
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
    assert_int_equal(js_request_ready(&q, schema, &p), LS_OK);
    assert_true(q.from_ms == 1690848000000); /* 2023-08-01 */
    assert_true(q.to_ms == 1694476799999);   /* the end of 2023-09-11 */
    assert_int_equal(q.order, LS_BY_FIELD_DESC);
    js_request_clear(&q);
}

/* Fields of the schema that the table has no name for. */
static void fields_are_parameters(void **state)
{
    static const struct {
        const char *json, *says; /* NULL: taken, as `filters` tells */
        size_t filters;
    } rows[] = {
        {"{\"evolved_from\":[\"a\",\"b\",\"a\"],\"not.evolved_from\":\"c\"}", NULL, 2},
        {"{\"urgency\":3}", NULL, 1},
        {"{\"urgency\":\"3\",\"from.updated\":\"2023-08\",\"to.updated\":\"2023-09-11\"}", NULL, 2},
        {"{\"from.published\":\"2023\",\"from\":\"2022\"}", NULL, 1},
        {"{\"evolved_from\":null,\"urgency\":\"\"}", NULL, 0},
        {"{\"urgency\":[3,4]}", "urgency: given twice; from.urgency and to.urgency", 0},
        {"{\"urgency\":3.5}", "expected a string or a whole number", 0},
        {"{\"urgency\":true}", "expected a string or a whole number", 0},
        {"{\"urgency\":\"--3\"}", "urgency: expected a whole number, found '--3'", 0},
        {"{\"urgency\":\"9223372036854775808\"}", "urgency: expected a whole number", 0},
        {"{\"updated\":\"soon\"}", "updated: expected a date", 0},
        {"{\"from.urgency\":5,\"to.urgency\":4}", "the range of urgency ends before it begins", 0},
        {"{\"not.urgency\":5}", "unknown parameter 'not.urgency'", 0},
        {"{\"from.evolved_from\":5}", "unknown parameter 'from.evolved_from'", 0},
        {"{\"subjects\":\"arms\"}", "did you mean 'subject'?", 0},
        {"{\"from.\":\"x\"}", "unknown parameter 'from.'", 0},
        {"{\"urgancy\":5}", "did you mean 'urgency'?", 0},
        {"{\"from.urgancy\":5}", "did you mean 'from.urgency'?", 0},
        {"{\"colour\":5}", "own fields there are published (from, to), updated (from, to)", 0},
        {"{\"guid\":\"x\"}", "unknown parameter 'guid'", 0},
        {"{\"fields\":[\"id\",\"urgency\",\"body\"]}", NULL, 0},
        {"{\"fields\":[\"nothing\"]}", "a hit has no member 'nothing'; there are id, guid", 0},
    };
    ls_schema *schema = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        js_request q;
        js_problem p = {0};
        js_request_init(&q, JS_FOR_SEARCH);
        q.schema = schema;
        int rc = js_request_set_json(&q, rows[i].json, strlen(rows[i].json), &p);
        if (rc == LS_OK) rc = js_request_ready(&q, schema, &p);
        if ((rc == LS_OK) != (rows[i].says == NULL) || (rc && !strstr(p.detail, rows[i].says)))
            print_error("%s: %s\n", rows[i].json, p.detail);
        assert_true((rc == LS_OK) == (rows[i].says == NULL));
        if (rc == LS_OK) assert_int_equal(q.own_filter_count, rows[i].filters);
        else assert_non_null(strstr(p.detail, rows[i].says));
        js_request_clear(&q);
        js_request_init(&q, JS_FOR_SNIPPET); /* a passage is of one article: nothing to be filtered */
        q.schema = schema;
        assert_int_equal(js_request_set(&q, "urgency", 7, "3", 1, &p), LS_INVALID);
        js_request_clear(&q);
    }
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
    ls_schema *schema = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        js_request q;
        js_problem p = {0};
        js_request_init(&q, JS_FOR_SEARCH);
        int rc = js_request_set_json(&q, cases[i].json, strlen(cases[i].json), &p);
        if (rc == LS_OK) rc = js_request_ready(&q, schema, &p);
        if (rc == LS_OK || !strstr(p.detail, cases[i].says)) print_error("%s: %s\n", cases[i].json, p.detail);
        assert_int_not_equal(rc, LS_OK);
        assert_string_equal(p.code, cases[i].code);
        assert_int_equal(p.status, 400);
        assert_non_null(strstr(p.detail, cases[i].says));
        js_request_clear(&q);
    }
}

/* Damaged requests: read or refused, never a crash. */
static void damaged_requests_do_no_harm(void **state)
{
    static const char good[] = "{\"q\":\"T\xC3\xA9\",\"source\":[\"B\",\"C\"],\"limit\":7,\"half_life\":-2.5e3,"
                               "\"explain\":true,\"cursor\":null,\"from\":\"2023-09-11T08:00:00Z\"}";
    char json[sizeof good];
    uint32_t seed = 20230911;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        memcpy(json, good, sizeof json);
        size_t len = sizeof json - 1;
        for (int edits = 0; edits < 3; edits++) {
            seed = seed * 1664525u + 1013904223u;
            json[(seed >> 8) % len] = (char)(seed >> 24);
        }
        if (seed & 1) len = (seed >> 4) % len;
        js_request q;
        js_problem p = {0};
        js_request_init(&q, JS_FOR_SEARCH);
        int rc = js_request_set_json(&q, json, len, &p);
        assert_true(rc == LS_OK || p.detail[0]);
        js_request_clear(&q);
    }
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(markup_is_escaped),
        cmocka_unit_test(runs_and_pieces_agree),
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(scores_read_back),
        cmocka_unit_test(members_get_their_commas),
        cmocka_unit_test(units_are_counted),
        cmocka_unit_test(csv_cells_are_safe),
        cmocka_unit_test(problems_are_told),
        cmocka_unit_test(paragraphs_are_found),
        cmocka_unit_test(schemas_are_read),
        cmocka_unit_test(parameters_are_checked),
        WITH(parameters_are_kept),
        WITH(fields_are_parameters),
        WITH(bad_requests_are_told),
        cmocka_unit_test(damaged_requests_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
