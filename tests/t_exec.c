/* t_exec.c — searching a small index through libsearch.h: sorts, filters, facets, cursors, totals, recency, limits,
 * deadlines, explanations, delete by query. What matches and how it scores is prop_search.c's matter. */
#include "tests/ok.h"

#include "libsearch/index/snapshot.h"
#include "libsearch/util/alloc.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ls_error err;

#define DAY 86400000ll
static char dir[300];
/* 60 documents in three segments: "common" in all, "third" in each third, dates for all but each tenth. */
static void build(void)
{
    static const char *const SOURCES[] = {"Reuters", "REUTERS", "AP", "dpa"};
    ls_schema *s = NULL;
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    LS_INIT(ls_writer_options, o);
    char cmd[400], text[200], id[16];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    assert_int_equal(system(cmd), 0);
    const ls_field fields[] = {{sizeof *fields, "title", LS_TEXT, 3, 0},
                               {sizeof *fields, "body", LS_TEXT, 1, 0},
                               {sizeof *fields, "source", LS_KEYWORD, 0, 0},
                               {sizeof *fields, "published", LS_DATE, 0, 0},
                               {sizeof *fields, "size", LS_INTEGER, 0, 0}};
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 5; i++) OK(ls_schema_add(s, &fields[i], &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, dir, &o, &err));
    OK(ls_doc_new(&d, &err));
    for (int i = 0; i < 60; i++) {
        ls_doc_clear(d);
        int n = snprintf(id, sizeof id, "d%02d", i);
        OK(ls_doc_set_id(d, id, (size_t)n, &err));
        OK(ls_doc_set_language(d, "english", &err));
        OK(ls_doc_add_text(d, "title", "News", 4, &err));
        n = snprintf(text, sizeof text, "common word%d %s%s", i, i % 3 == 0 ? "third third arms deal" : "filler",
                     i % 7 == 0 ? " CNN cnn" : "");
        OK(ls_doc_add_text(d, "body", text, (size_t)n, &err));
        OK(ls_doc_add_text(d, "source", SOURCES[i % 4], strlen(SOURCES[i % 4]), &err));
        if (i % 10) OK(ls_doc_add_int(d, "published", (i % 20) * DAY, &err));
        OK(ls_doc_add_int(d, "size", 100 - i, &err));
        OK(ls_add(w, d, NULL, &err));
        if (i % 20 == 19) OK(ls_commit(w, NULL, &err));
    }
    ls_doc_free(d);
    ls_writer_close(w);
    ls_schema_free(s);
}

static ls_reader *reader(void)
{
    ls_reader *r = NULL;
    OK(ls_reader_open(&r, dir, NULL, &err));
    return r;
}

static ls_results *find_rc(const ls_reader *r, const char *text, const ls_search_options *o, int want)
{
    ls_query *q = NULL;
    ls_results *res = NULL;
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
    int rc = ls_search(&res, r, q, o, &err);
    if (rc != want) fail_msg("%s: %d, not %d: %s", text, rc, want, err.message);
    ls_query_free(q);
    return res;
}

static ls_results *find(const ls_reader *r, const char *text, const ls_search_options *o)
{
    return find_rc(r, text, o, LS_OK);
}

/* Ids of all hits, joined by blanks. */
static const char *ids(const ls_results *res)
{
    static char out[2000];
    out[0] = 0;
    for (size_t i = 0; ls_results_hit(res, i); i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "", ls_results_hit(res, i)->id);
    return out;
}

static void check_ids(const ls_reader *r, const char *text, const ls_search_options *o, const char *want)
{
    ls_results *res = find(r, text, o);
    assert_string_equal(ids(res), want);
    ls_results_free(res);
}

static void test_totals(void **state)
{
    (void)state;
    ls_reader *r = reader();
    static const struct {
        const char *query;
        uint64_t total;
    } CASES[] = {{"common", 60},
                 {"third", 20},
                 {"common third", 20},
                 {"third OR filler", 60},
                 {"\"arms deal\"", 20},
                 {"\"deal arms\"", 0},
                 {"common -third", 40},
                 {"-third", 40},
                 {"*", 60},
                 {"word1*", 11},
                 {"caps(CNN) third", 3},
                 {"id:d07", 1},
                 {"id:nobody", 0},
                 {"source:reuters", 30},
                 {"size:>90", 10},
                 {"size:41..50", 10},
                 {"title:news", 60},
                 {"title:common", 0},
                 {"hlead:arms", 20},
                 {"atleast2(third)", 20},
                 {"atleast3(third)", 0},
                 {"arms w/1 third", 20},
                 {"deal pre/3 arms", 0},
                 {"thrid~", 20},
                 {"", 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ls_results *res = find(r, CASES[i].query, NULL);
        ls_results_info info = ls_results_get(res);
        if (info.total != CASES[i].total) fail_msg("%s: %llu", CASES[i].query, (unsigned long long)info.total);
        assert_true(info.total_is_exact);
        assert_int_equal(info.count, info.total < 10 ? info.total : 10);
        ls_results_free(res);
        LS_INIT(ls_search_options, o);
        o.count_only = 1;
        res = find(r, CASES[i].query, &o);
        assert_int_equal(ls_results_get(res).total, CASES[i].total);
        assert_null(ls_results_hit(res, 0));
        ls_results_free(res);
    }
    ls_reader_close(r);
}

static void test_unmatched(void **state)
{
    (void)state;
    ls_reader *r = reader();
    ls_results *res = find(r, "common nosuchword -othermissing \"arms missingtoo\" zzz*", NULL);
    assert_string_equal(ls_results_unmatched(res, 0), "nosuchword");
    assert_string_equal(ls_results_unmatched(res, 1), "missingtoo");
    assert_non_null(ls_results_unmatched(res, 2));
    assert_null(ls_results_unmatched(res, 3));
    ls_results_free(res);
    res = find(r, "arms-deal", NULL); /* nobody wrote armsdeal, and nobody was asked to */
    assert_int_equal(ls_results_get(res).count, 10);
    assert_null(ls_results_unmatched(res, 0));
    ls_results_free(res);
    res = find(r, "arms-missing", NULL);
    assert_string_equal(ls_results_unmatched(res, 0), "missing");
    assert_null(ls_results_unmatched(res, 1));
    ls_results_free(res);
    ls_reader_close(r);
}

static void test_sort(void **state)
{
    (void)state;
    ls_reader *r = reader();
    LS_INIT(ls_search_options, o);
    o.limit = 5;
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "size";
    check_ids(r, "common", &o, "d59 d58 d57 d56 d55");
    o.sort = LS_BY_FIELD_DESC;
    check_ids(r, "third", &o, "d00 d03 d06 d09 d12");
    o.sort_field = "published"; /* equal days by document; without a date last */
    check_ids(r, "common", &o, "d19 d39 d59 d18 d38");
    o.limit = 60;
    ls_results *res = find(r, "common", &o);
    assert_string_equal(ids(res) + 54 * 4, "d00 d10 d20 d30 d40 d50");
    assert_int_equal(ls_results_hit(res, 0)->sort_value, 19 * DAY);
    assert_false(ls_results_hit(res, 59)->has_sort_value);
    ls_results_free(res);
    o.sort = LS_BY_FIELD_ASC;
    res = find(r, "common", &o);
    assert_string_equal(ids(res) + 54 * 4, "d00 d10 d20 d30 d40 d50");
    assert_int_equal(ls_results_hit(res, 0)->sort_value, DAY);
    ls_results_free(res);
    o.sort_field = "source";
    o.limit = 3;
    check_ids(r, "common", &o, "d02 d06 d10"); /* ap, dpa, reuters */
    o.sort = LS_BY_FIELD_DESC;
    check_ids(r, "common", &o, "d00 d01 d04");
    o.sort_field = "nothing";
    find_rc(r, "common", &o, LS_SCHEMA);
    o.sort_field = "body";
    find_rc(r, "common", &o, LS_SCHEMA);
    ls_reader_close(r);
}

/* 15,000 documents in two segments: dates rise, but each 40th is out of order and each 50th has none. */
static void build_many(const char *where)
{
    ls_schema *s = NULL;
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    LS_INIT(ls_writer_options, o);
    const ls_field fields[] = {{sizeof *fields, "body", LS_TEXT, 1, 0}, {sizeof *fields, "published", LS_DATE, 0, 0}};
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 2; i++) OK(ls_schema_add(s, &fields[i], &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, where, &o, &err));
    OK(ls_doc_new(&d, &err));
    for (int i = 0; i < 15000; i++) {
        char id[16], text[100];
        int n = snprintf(id, sizeof id, "m%d", i);
        ls_doc_clear(d);
        OK(ls_doc_set_id(d, id, (size_t)n, &err));
        OK(ls_doc_set_language(d, "english", &err));
        n = snprintf(text, sizeof text, "all %s %s %s", i % 3 ? "often" : "tail",
                     i % 701 ? i % 17 ? "" : "scarce" : "seldom", i % 2 ? "odd" : "even");
        OK(ls_doc_add_text(d, "body", text, (size_t)n, &err));
        if (i % 50) OK(ls_doc_add_int(d, "published", (i % 40 ? i : i * 7919 % 15000) / 4 * DAY, &err));
        OK(ls_add(w, d, NULL, &err));
        if (i == 9000) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_doc_free(d);
    ls_writer_close(w);
    ls_schema_free(s);
}

/* The first by date, found by column blocks, are those of the plain engine; page after page. */
static void test_column_blocks(void **state)
{
    (void)state;
    char where[320], cmd[400];
    snprintf(where, sizeof where, "%s.many", dir);
    build_many(where);
    ls_reader *r = NULL;
    OK(ls_reader_open(&r, where, NULL, &err));
    static const char *const QUERIES[] = {
        "all",           "seldom",      "often AND even",          "tail OR odd",
        "\"often odd\"", "all NOT odd", "\"all often\" OR seldom", "all published:1975-01-01..1976-01-01"};
    for (size_t i = 0; i < 2 * sizeof QUERIES / sizeof QUERIES[0]; i++) {
        const char *text = QUERIES[i / 2];
        LS_INIT(ls_search_options, o);
        o.sort = i % 2 ? LS_BY_FIELD_ASC : LS_BY_FIELD_DESC;
        o.sort_field = "published";
        o.timeout_ms = -1;
        o.limit = 9;
        char *cursor = NULL;
        for (int page = 0; page < 4; page++) {
            char plain[2000];
            o.cursor = cursor;
            o.exhaustive = 1;
            ls_results *res = find(r, text, &o);
            snprintf(plain, sizeof plain, "%s", ids(res));
            ls_results_free(res);
            o.exhaustive = 0;
            check_ids(r, text, &o, plain);
            o.total = LS_TOTAL_NONE;
            res = find(r, text, &o);
            assert_string_equal(ids(res), plain);
            free(cursor);
            cursor = ls_results_cursor(res) ? strdup(ls_results_cursor(res)) : NULL;
            ls_results_free(res);
            if (!cursor) break;
        }
        free(cursor);
    }
    ls_reader_close(r);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", where);
    assert_int_equal(system(cmd), 0);
}

/* Words of an AND, some rare, some excluded, some only for the score: counts and hits of the plain engine. */
static void test_and(void **state)
{
    (void)state;
    char where[320], cmd[400];
    snprintf(where, sizeof where, "%s.and", dir);
    build_many(where);
    ls_writer *w = NULL;
    LS_INIT(ls_writer_options, wo);
    wo.flags = LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    OK(ls_writer_open(&w, where, &wo, &err));
    for (int i = 0; i < 15000; i += 3505) {
        char id[16];
        OK(ls_delete(w, id, (size_t)snprintf(id, sizeof id, "m%d", i), &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = NULL;
    OK(ls_reader_open(&r, where, NULL, &err));
    static const char *const QUERIES[] = {"+seldom +all",       "+seldom +even",        "+seldom +odd -often",
                                          "+seldom -tail -odd", "+seldom +often even",  "+tail +odd",
                                          "+all -even -tail",   "+even seldom -often",  "+seldom +tail +even +all",
                                          "+seldom -nowhere",   "+seldom +all nowhere", "+often +odd seldom all",
                                          "+(-often) seldom",   "+(-often) nowhere",    "+(-often) +(-odd) even",
                                          "seldom scarce",      "scarce tail seldom",   "\"scarce odd\"",
                                          "\"often scarce\"~",  "\"all tail scarce\"",  "\"all often\"",
                                          "\"seldom even\"~",   "all w/2 scarce",       "odd even"};
    for (size_t i = 0; i < sizeof QUERIES / sizeof QUERIES[0]; i++) {
        LS_INIT(ls_query_options, qo);
        LS_INIT(ls_search_options, o);
        ls_query *q = NULL;
        qo.flags = LS_MATCH_ANY;
        OK(ls_query_parse(&q, ls_reader_schema(r), QUERIES[i], strlen(QUERIES[i]), &qo, &err));
        o.timeout_ms = -1;
        for (int limit = 1; limit < 30; limit += 9) {
            char plain[2000];
            ls_results *res = NULL;
            o.limit = (size_t)limit;
            o.total = LS_TOTAL_EXACT;
            o.count_only = 0;
            o.exhaustive = 1;
            OK(ls_search(&res, r, q, &o, &err));
            uint64_t total = ls_results_get(res).total;
            snprintf(plain, sizeof plain, "%s", ids(res));
            ls_results_free(res);
            o.exhaustive = 0;
            OK(ls_search(&res, r, q, &o, &err));
            assert_string_equal(ids(res), plain);
            assert_int_equal(ls_results_get(res).total, total);
            if (!total || !ls_results_get(res).total_is_exact) fail_msg("%s", QUERIES[i]);
            ls_results_free(res);
            o.count_only = 1;
            OK(ls_search(&res, r, q, &o, &err));
            assert_int_equal(ls_results_get(res).total, total);
            ls_results_free(res);
        }
        ls_query_free(q);
    }
    ls_reader_close(r);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", where);
    assert_int_equal(system(cmd), 0);
}

/* Documents that 32 bits cannot number are kept in a heap. Here the snapshot only says so: the same must be found. */
static void test_wide(void **state)
{
    (void)state;
    static const char *const QUERIES[] = {"often", "odd often seldom", "+seldom +all", "+even seldom -often"};
    char where[320], cmd[400], plain[2000];
    snprintf(where, sizeof where, "%s.wide", dir);
    build_many(where);
    ls_reader *r = NULL;
    OK(ls_reader_open(&r, where, NULL, &err));
    uint64_t limit = r->snap->doc_limit;
    for (size_t i = 0; i < 2 * sizeof QUERIES / sizeof QUERIES[0]; i++) {
        LS_INIT(ls_query_options, qo);
        LS_INIT(ls_search_options, o);
        ls_query *q = NULL;
        ls_results *res = NULL;
        qo.flags = LS_MATCH_ANY;
        OK(ls_query_parse(&q, ls_reader_schema(r), QUERIES[i / 2], strlen(QUERIES[i / 2]), &qo, &err));
        o.limit = i % 2 ? 100 : 7;
        OK(ls_search(&res, r, q, &o, &err));
        snprintf(plain, sizeof plain, "%s", ids(res));
        ls_results_free(res);
        r->snap->doc_limit = UINT64_C(1) << 33;
        OK(ls_search(&res, r, q, &o, &err));
        assert_string_equal(ids(res), plain);
        ls_results_free(res);
        r->snap->doc_limit = limit;
        ls_query_free(q);
    }
    ls_reader_close(r);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", where);
    assert_int_equal(system(cmd), 0);
}

/* Pages by cursor must be the whole list in pieces. */
/* Dates: (i % 20) days after 1970-01-01 for all but each tenth. prop_histogram.c compares with another clock. */
static void test_histogram(void **state)
{
    (void)state;
    ls_reader *r = reader();
    LS_INIT(ls_search_options, o);
    ls_results *res = find(r, "common", &o);
    assert_int_equal(ls_results_histogram_unit(res), LS_HISTOGRAM_AUTO);
    assert_null(ls_results_bucket(res, 0));
    ls_results_free(res);
    o.histogram = "published";
    res = find(r, "common", &o);
    assert_int_equal(ls_results_histogram_unit(res), LS_HISTOGRAM_DAY);
    assert_int_equal(ls_results_undated(res), 6);
    assert_string_equal(ls_results_bucket(res, 0)->date, "1970-01-02");
    assert_int_equal(ls_results_bucket(res, 0)->count, 3);
    assert_int_equal(ls_results_bucket(res, 0)->first, DAY);
    assert_int_equal(ls_results_bucket(res, 0)->last, 2 * DAY - 1);
    assert_non_null(ls_results_bucket(res, 17));
    assert_null(ls_results_bucket(res, 18)); /* not the days 0 and 10 */
    ls_results_free(res);
    o.histogram_unit = LS_HISTOGRAM_WEEK;
    o.count_only = 1;
    res = find(r, "third", &o);
    assert_string_equal(ls_results_bucket(res, 0)->date, "1969-12-29"); /* a Monday */
    assert_int_equal(ls_results_bucket(res, 0)->first, -3 * DAY);
    ls_results_free(res);
    res = find(r, "nowhere", &o);
    assert_null(ls_results_bucket(res, 0));
    assert_int_equal(ls_results_histogram_unit(res), LS_HISTOGRAM_WEEK);
    ls_results_free(res);
    o.histogram_unit = 5;
    find_rc(r, "common", &o, LS_INVALID);
    o.histogram_unit = LS_HISTOGRAM_DAY;
    o.histogram_zone = "Mars/Base";
    find_rc(r, "common", &o, LS_INVALID);
    o.histogram_zone = "../../etc/passwd";
    find_rc(r, "common", &o, LS_INVALID);
    o.histogram_zone = NULL;
    o.histogram = "size";
    find_rc(r, "common", &o, LS_SCHEMA);
    o.histogram = "nothing";
    find_rc(r, "common", &o, LS_SCHEMA);
    ls_reader_close(r);
}

/* Instants that no calendar has count on its first and last day; too many days become weeks. */
static void test_histogram_extremes(void **state)
{
    static const int64_t at[] = {INT64_MIN, INT64_MAX, 0};
    char path[320], cmd[400];
    ls_schema *s = NULL;
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    ls_reader *r = NULL;
    (void)state;
    LS_INIT(ls_writer_options, wo);
    LS_INIT(ls_search_options, o);
    const ls_field field = {sizeof field, "published", LS_DATE, 0, 0};
    snprintf(path, sizeof path, "%s.far", dir);
    OK(ls_schema_new(&s, &err));
    OK(ls_schema_add(s, &field, &err));
    wo.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    wo.schema = s;
    OK(ls_writer_open(&w, path, &wo, &err));
    OK(ls_doc_new(&d, &err));
    for (int i = 0; i < 20003; i++) {
        ls_doc_clear(d);
        OK(ls_doc_add_int(d, "published", i < 3 ? at[i] : i * DAY, &err));
        OK(ls_add(w, d, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    OK(ls_reader_open(&r, path, NULL, &err));
    o.histogram = "published";
    o.histogram_unit = LS_HISTOGRAM_DAY;
    o.histogram_zone = "America/New_York";
    ls_results *res = find(r, "*", &o);
    assert_int_equal(ls_results_histogram_unit(res), LS_HISTOGRAM_WEEK);
    assert_string_equal(ls_results_bucket(res, 0)->date, "0001-01-01");
    size_t n = 0;
    uint64_t count = 0;
    for (; ls_results_bucket(res, n); n++) count += ls_results_bucket(res, n)->count;
    assert_int_equal(count, 20003);
    assert_string_equal(ls_results_bucket(res, n - 1)->date, "9999-12-27");
    ls_results_free(res);
    ls_reader_close(r);
    ls_doc_free(d);
    ls_writer_close(w);
    ls_schema_free(s);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", path);
    assert_int_equal(system(cmd), 0);
}

static void test_cursor(void **state)
{
    (void)state;
    ls_reader *r = reader();
    static const struct {
        ls_sort sort;
        const char *field;
    } SORTS[] = {{LS_BY_RELEVANCE, NULL},        {LS_BY_FIELD_ASC, "size"},   {LS_BY_FIELD_DESC, "published"},
                 {LS_BY_FIELD_ASC, "published"}, {LS_BY_FIELD_ASC, "source"}, {LS_BY_FIELD_DESC, "source"}};
    for (size_t i = 0; i < sizeof SORTS / sizeof SORTS[0]; i++) {
        LS_INIT(ls_search_options, o);
        char all[2000], pages[2000] = "";
        o.sort = SORTS[i].sort;
        o.sort_field = SORTS[i].field;
        o.limit = 60;
        ls_results *res = find(r, "common OR arms", &o);
        snprintf(all, sizeof all, "%s", ids(res));
        assert_null(ls_results_cursor(res));
        ls_results_free(res);
        char *cursor = NULL;
        size_t n = 0;
        o.limit = 7;
        do {
            o.cursor = cursor;
            res = find(r, "common OR arms", &o);
            assert_int_equal(ls_results_get(res).total, 60);
            snprintf(pages + strlen(pages), sizeof pages - strlen(pages), "%s%s", n++ ? " " : "", ids(res));
            free(cursor);
            cursor = ls_results_cursor(res) ? strdup(ls_results_cursor(res)) : NULL;
            ls_results_free(res);
        } while (cursor && n < 20);
        assert_int_equal(n, 9);
        assert_string_equal(pages, all);
    }
    LS_INIT(ls_search_options, o);
    o.limit = 2;
    ls_results *res = find(r, "common", &o);
    o.cursor = ls_results_cursor(res);
    for (const char *c = o.cursor; *c; c++)
        assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *c));
    find_rc(r, "third", &o, LS_INVALID);
    assert_non_null(strstr(err.message, "another query"));
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "size";
    find_rc(r, "common", &o, LS_INVALID);
    ls_results_free(res);
    o.cursor = "AAAA";
    find_rc(r, "common", &o, LS_INVALID);
    o.cursor = "not a cursor!";
    find_rc(r, "common", &o, LS_INVALID);
    ls_reader_close(r);
}

/* What scores all the same is found as the first documents: whatever the page, total and conditions, as the plain
 * engine does it. */
static void test_expansions(void **state)
{
    (void)state;
    static const char *const QUERIES[] = {"word*",           "thrid~",          "w?rd*",          "word1*^2.5",
                                          "title:new*",      "body:wor*",       "word* -third",   "word* source:ap",
                                          "thrid~ size:<80", "wrod1~2 -size:7", "fil* -source:*", "zzz*"};
    ls_reader *r = reader();
    for (size_t i = 0; i < sizeof QUERIES / sizeof QUERIES[0]; i++) {
        for (int variant = 0; variant < 16; variant++) {
            const ls_filter dated = {.field = "published", .from = 3 * DAY, .to = 15 * DAY};
            LS_INIT(ls_search_options, o);
            char want[2000], pages[2000] = "", *cursor = NULL;
            size_t step = (size_t[]){1, 7, 20, 70}[variant & 3];
            o.filters = &dated;
            o.filter_count = variant >> 2 & 1;
            o.total = variant >> 3 ? LS_TOTAL_EXACT : LS_TOTAL_NONE;
            o.limit = 100;
            o.exhaustive = 1;
            ls_results *plain = find(r, QUERIES[i], &o), *res;
            snprintf(want, sizeof want, "%s", ids(plain));
            o.exhaustive = 0;
            o.limit = step;
            size_t at = 0;
            do {
                o.cursor = cursor;
                res = find(r, QUERIES[i], &o);
                ls_results_info info = ls_results_get(res);
                snprintf(pages + strlen(pages), sizeof pages - strlen(pages), "%s%s", at ? " " : "", ids(res));
                for (size_t k = 0; k < info.count; k++, at++)
                    assert_true(ls_results_hit(res, k)->score == ls_results_hit(plain, at)->score);
                if (o.total == LS_TOTAL_EXACT) {
                    assert_int_equal(info.total, ls_results_get(plain).count);
                    assert_true(info.total_is_exact);
                }
                free(cursor);
                cursor = ls_results_cursor(res) ? strdup(ls_results_cursor(res)) : NULL;
                ls_results_free(res);
            } while (cursor && at < 100);
            assert_string_equal(pages, want);
            o.cursor = NULL;
            o.count_only = 1;
            res = find(r, QUERIES[i], &o);
            assert_int_equal(ls_results_get(res).total, ls_results_get(plain).count);
            ls_results_free(res);
            ls_results_free(plain);
        }
    }
    ls_reader_close(r);
}

static void test_filters(void **state)
{
    (void)state;
    ls_reader *r = reader();
    LS_INIT(ls_search_options, o);
    const char *const values[] = {"ap", "DPA"};
    ls_filter f[2] = {{"source", 0, values, 2, 0, 0}, {"published", 0, NULL, 0, 0, 5 * DAY}};
    o.filters = f;
    o.filter_count = 1;
    ls_results *res = find(r, "common", &o);
    assert_int_equal(ls_results_get(res).total, 30);
    ls_results_free(res);
    f[0].exclude = 1;
    o.filter_count = 2;
    res = find(r, "common", &o);
    assert_int_equal(ls_results_get(res).total, 9);            /* of Reuters, days 1, 4 and 5 of each twenty */
    assert_int_equal(ls_results_get(res).undated_excluded, 3); /* d00 d20 d40; d10 d30 d50 are AP */
    ls_results_free(res);
    o.exhaustive = 1;
    res = find(r, "common", &o);
    assert_int_equal(ls_results_get(res).total, 9);
    ls_results_free(res);
    f[1].field = "nothing";
    find_rc(r, "common", &o, LS_SCHEMA);
    f[1].field = "source";
    find_rc(r, "common", &o, LS_SCHEMA);
    ls_reader_close(r);
}

static void test_facets(void **state)
{
    (void)state;
    ls_reader *r = reader();
    LS_INIT(ls_search_options, o);
    const char *const fields[] = {"source"};
    o.facets = fields;
    o.facet_count = 1;
    ls_results *res = find(r, "common", &o);
    const ls_facet_value *v = ls_results_facet(res, 0, 0);
    assert_string_equal(v->value, "Reuters");
    assert_int_equal(v->count, 30);
    assert_string_equal(ls_results_facet(res, 0, 1)->value, "AP"); /* 15 each: by value */
    assert_string_equal(ls_results_facet(res, 0, 2)->value, "dpa");
    assert_null(ls_results_facet(res, 0, 3));
    assert_null(ls_results_facet(res, 1, 0));
    ls_results_free(res);
    o.facet_limit = 1;
    o.count_only = 1;
    res = find(r, "third", &o);
    assert_int_equal(ls_results_facet(res, 0, 0)->count, 10);
    assert_null(ls_results_facet(res, 0, 1));
    ls_results_free(res);
    ls_reader_close(r);
}

static void test_recency(void **state)
{
    (void)state;
    ls_reader *r = reader();
    LS_INIT(ls_search_options, o);
    o.half_life_days = 4;
    o.now = 19 * DAY;
    o.limit = 60;
    ls_results *plain = find(r, "common", NULL), *res = find(r, "common", &o);
    float full = ls_results_hit(plain, 0)->score, undated = 0;
    assert_string_equal(ls_results_hit(res, 0)->id, "d19"); /* first of the newest with the shortest text */
    for (size_t i = 0; i < 60; i++) {
        const ls_hit *h = ls_results_hit(res, i);
        if (i) assert_true(ls_results_hit(res, i - 1)->score >= h->score);
        if (!strcmp(h->id, "d10")) undated = h->score;
    }
    assert_true(fabsf(undated - full / 2) < 1e-6f); /* one half-life old */
    ls_results_free(res);
    o.half_life_days = .001; /* all are far too old for a float: still in order of what they say */
    o.now = 30 * DAY;
    res = find(r, "common", &o);
    for (size_t i = 0; i < 60; i++) {
        const ls_hit *h = ls_results_hit(res, i);
        assert_true(h->score > 0);
        if (i) assert_true(ls_results_hit(res, i - 1)->score >= h->score);
    }
    ls_results_free(plain);
    ls_results_free(res);
    ls_reader_close(r);
}

static int canceled(void *ctx)
{
    return ++*(int *)ctx > 0;
}

static void test_limits(void **state)
{
    (void)state;
    ls_reader *r = reader();
    LS_INIT(ls_search_options, o);
    int asked = 0;
    o.limit = 5000;
    o.offset = 5001;
    find_rc(r, "common", &o, LS_INVALID);
    assert_non_null(strstr(err.message, "10000"));
    o.offset = 5000;
    ls_results *res = find(r, "common", &o);
    assert_int_equal(ls_results_get(res).count, 0);
    ls_results_free(res);
    o.limit = 3;
    o.offset = 2;
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "size";
    check_ids(r, "common", &o, "d57 d56 d55");
    LS_INIT(ls_search_options, c);
    c.cancel = canceled;
    c.cancel_ctx = &asked;
    find_rc(r, "common third", &c, LS_CANCELED);
    assert_true(asked > 0);
    c = (ls_search_options){.size = sizeof c, .k1 = NAN};
    find_rc(r, "common", &c, LS_INVALID);
    c = (ls_search_options){.size = 3};
    find_rc(r, "common", &c, LS_INVALID);
    ls_reader_close(r);
}

static int slow_cancel(void *ctx)
{
    (void)ctx;
    const struct timespec three_ms = {0, 3000000};
    nanosleep(&three_ms, NULL);
    return 0;
}

static void test_deadline(void **state)
{
    (void)state;
    ls_reader *r = reader();
    LS_INIT(ls_search_options, o);
    o.cancel = slow_cancel;
    o.timeout_ms = 1;
    ls_results *res = find(r, "common third", &o);
    assert_true(ls_results_get(res).timed_out);
    assert_false(ls_results_get(res).total_is_exact);
    ls_results_free(res);
    o.require_complete = 1;
    assert_null(find_rc(r, "common third", &o, LS_TIMEOUT));
    ls_reader_close(r);
}

static void test_explain(void **state)
{
    (void)state;
    ls_reader *r = reader();
    ls_query *q = NULL;
    ls_explanation *e = NULL;
    const char *text = "third (\"arms deal\" OR filler^2) -nothing";
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
    ls_results *res = NULL;
    OK(ls_search(&res, r, q, NULL, &err));
    OK(ls_explain(&e, r, q, NULL, ls_results_hit(res, 0)->doc, &err));
    assert_true(e->count >= 4);
    assert_true(e->nodes[0].value == (double)ls_results_hit(res, 0)->score);
    assert_non_null(strstr(e->nodes[0].text, "quantum"));
    ls_explanation_free(e);
    OK(ls_explain(&e, r, q, NULL, 1, &err)); /* d01 has no "third" */
    assert_int_equal(e->count, 0);
    ls_explanation_free(e);
    const char *const sources[] = {"ap", "reuters"}, *const others[] = {"dpa"};
    const ls_filter filters[] = {{"source", 0, sources, 2, 0, 0},
                                 {"published", 0, NULL, 0, 0, 30 * DAY},
                                 {"size", 0, NULL, 0, 7, INT64_MAX},
                                 {"source", 1, others, 1, 0, 0}};
    LS_INIT(ls_search_options, o);
    o.filters = filters;
    o.filter_count = 4;
    ls_results_free(res);
    OK(ls_search(&res, r, q, &o, &err));
    OK(ls_explain(&e, r, q, &o, ls_results_hit(res, 0)->doc, &err));
    static const char *const TOLD[] = {"filter \"ap or reuters\" in source",
                                       "filter \"from 1970-01-01T00:00:00Z to 1970-01-31T00:00:00Z\" in published",
                                       "filter \"from 7\" in size", "without filter \"dpa\" in source"};
    for (size_t i = 0; i < sizeof TOLD / sizeof TOLD[0]; i++) {
        bool told = false;
        for (size_t k = 0; k < e->count; k++) told |= strstr(e->nodes[k].text, TOLD[i]) != NULL;
        if (!told) fail_msg("not told: %s", TOLD[i]);
    }
    ls_explanation_free(e);
    assert_int_equal(ls_explain(&e, r, q, NULL, 1000, &err), LS_NOTFOUND);
    ls_results_free(res);
    ls_query_free(q);
    ls_reader_close(r);
}

static void test_delete_query(void **state)
{
    (void)state;
    ls_writer *w = NULL;
    ls_query *q = NULL;
    ls_doc *d = NULL;
    LS_INIT(ls_writer_options, o);
    uint64_t deleted = 0;
    o.flags = LS_WRITER_NO_MERGE;
    OK(ls_writer_open(&w, dir, &o, &err));
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, "fresh", 5, &err));
    OK(ls_doc_add_text(d, "body", "third and new", 13, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
    OK(ls_query_parse(&q, ls_writer_schema(w), "third", 5, NULL, &err));
    OK(ls_delete_query(w, q, &deleted, &err));
    assert_int_equal(deleted, 21);
    ls_reader *r = reader(); /* nothing is visible before the commit */
    ls_results *res = find(r, "third", NULL);
    assert_int_equal(ls_results_get(res).total, 20);
    ls_results_free(res);
    ls_reader_close(r);
    OK(ls_commit(w, NULL, &err));
    r = reader();
    res = find(r, "third", NULL);
    assert_int_equal(ls_results_get(res).total, 0);
    assert_string_equal(ls_results_unmatched(res, 0), "third");
    ls_results_free(res);
    res = find(r, "common", NULL);
    assert_int_equal(ls_results_get(res).total, 40);
    ls_results_free(res);
    ls_reader_close(r);
    ls_query_free(q);
    ls_writer_close(w);
    build();
}

/* Every allocation of a search fails once: LS_NOMEM, or it succeeds; nothing leaks, nothing is left broken. */
static void test_nomem(void **state)
{
    (void)state;
    static const char *const QUERIES[] = {"common third", "\"arms deal\" OR w?rd*", "thrid~ source:ap",
                                          "arms w/s deal"};
    const char *const fields[] = {"source"};
    for (size_t i = 0; i < 4; i++) {
        ls_reader *r = reader();
        ls_query *q = NULL;
        LS_INIT(ls_search_options, o);
        o.facets = fields;
        o.facet_count = 1;
        OK(ls_query_parse(&q, ls_reader_schema(r), QUERIES[i], strlen(QUERIES[i]), NULL, &err));
        for (uint64_t n = 1;; n++) {
            ls_results *res = NULL;
            lsi_alloc_fail_at(n, false);
            int rc = ls_search(&res, r, q, &o, &err);
            bool through = lsi_alloc_fail_at(0, false) < n;
            assert_true(rc == LS_OK || rc == LS_NOMEM);
            assert_true((rc == LS_OK) == (res != NULL));
            ls_results_free(res);
            ls_reader_close(r); /* the pool of the reader is filled anew each time */
            r = reader();
            if (through) break;
            assert_true(n < 2000);
        }
        ls_query_free(q);
        ls_reader_close(r);
    }
}

/* Threads that share a reader, its pool of scratches included, find what one finds. */
typedef struct job {
    const ls_reader *r;
    char want[2000];
    int wrong;
} job;
static void *search_often(void *ctx)
{
    job *j = ctx;
    for (int i = 0; i < 60; i++) {
        ls_query *q = NULL;
        ls_results *res = NULL;
        char got[2000] = "";
        LS_INIT(ls_search_options, o);
        o.timeout_ms = -1;
        j->wrong |= ls_query_parse(&q, ls_reader_schema(j->r), "third \"arms deal\" OR w?rd1*", 27, NULL, NULL);
        j->wrong |= ls_search(&res, j->r, q, &o, NULL);
        for (size_t k = 0; ls_results_hit(res, k); k++)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s ", ls_results_hit(res, k)->id);
        if (!j->want[0]) memcpy(j->want, got, sizeof got);
        j->wrong |= !got[0] || strcmp(got, j->want) != 0;
        ls_results_free(res);
        ls_query_free(q);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    ls_reader *r = reader();
    static job jobs[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        jobs[i] = (job){.r = r};
        assert_int_equal(pthread_create(&threads[i], NULL, search_often, &jobs[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(jobs[i].wrong, 0);
        assert_string_equal(jobs[i].want, jobs[0].want);
    }
    ls_reader_close(r);
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/t_exec.%ld", tmp ? tmp : "/tmp", (long)getpid());
    build();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_totals),
                                       cmocka_unit_test(test_unmatched),
                                       cmocka_unit_test(test_sort),
                                       cmocka_unit_test(test_cursor),
                                       cmocka_unit_test(test_expansions),
                                       cmocka_unit_test(test_and),
                                       cmocka_unit_test(test_wide),
                                       cmocka_unit_test(test_filters),
                                       cmocka_unit_test(test_facets),
                                       cmocka_unit_test(test_recency),
                                       cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_deadline),
                                       cmocka_unit_test(test_explain),
                                       cmocka_unit_test(test_delete_query),
                                       cmocka_unit_test(test_nomem),
                                       cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_column_blocks),
                                       cmocka_unit_test(test_histogram),
                                       cmocka_unit_test(test_histogram_extremes)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char cmd[400];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd) || failed;
}
