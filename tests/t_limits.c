/* t_limits.c — what is out of range is refused by name, and what a limit leaves out is told: options of a search, words that
 * stand for too many others, patterns and queries that are too long, cursors of an index that changed. */
#include "tests/index_util.h"
#include <math.h>

#define WORDS 1500 /* distinct ones that begin alike: more than a query may have */
#define KEPT  1024

static ls_error err;
static ls_reader *r;

static void add_words(ls_writer *w, const char *id, int from, int to)
{
    static char body[WORDS * 10];
    size_t n = 0;
    ls_doc *d;
    for (int i = from; i < to; i++) n += (size_t)snprintf(body + n, sizeof body - n, "wide%d ", i);
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    OK(ls_doc_add_text(d, "body", body, n, &err));
    OK(ls_doc_set_language(d, "none", &err));
    OK(ls_doc_add_text(d, "subjects", id, strlen(id), &err));
    for (int i = 0; i < 20; i++) { /* many values: more than an answer first has room for */
        char value[16];
        snprintf(value, sizeof value, "%s-%02d", id, i);
        OK(ls_doc_add_text(d, "subjects", value, strlen(value), &err));
    }
    if (from) OK(ls_doc_add_int(d, "published", 1000 * from, &err));
    OK(ls_doc_add_int(d, "urgency", from % 9, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

/* Words 1 to KEPT - 1 stand in two or three documents, all others in one, of which wide0 is the first: which stay is known. */
static int begin(void **state)
{
    if (folder_begin(state)) return -1;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    add_words(w, "all", 0, WORDS - 1);
    add_words(w, "most", 1, KEPT);
    add_words(w, "some", 2, KEPT - 1);
    for (int i = 0; i < 12; i++) {
        char id[16];
        snprintf(id, sizeof id, "last%d", i);
        add_words(w, id, WORDS - (i == 7), WORDS); /* but for one they are empty */
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    OK(ls_reader_open(&r, index_path, NULL, &err));
    return 0;
}

static int end(void **state)
{
    ls_reader_close(r);
    return folder_end(state);
}

static ls_query *parse(const char *text, unsigned flags)
{
    ls_query *q;
    LS_INIT(ls_query_options, o);
    o.flags = flags;
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), &o, &err));
    return q;
}

static int try_search(const char *text, const ls_search_options *o, ls_results **res)
{
    ls_query *q = parse(text, 0);
    int rc = ls_search(res, r, q, o, &err);
    ls_query_free(q);
    if (rc) assert_null(*res);
    return rc;
}

/* ---- options ---- */

static void options(void **state)
{
    static const char *const facet[65] = {"source"};
    static const ls_filter filter[257] = {{.field = "source", .from = 1, .to = 2}};
    static const char *const none[1] = {NULL};
    static const ls_filter nameless = {.from = 1, .to = 2},
                           valueless = {.field = "source", .values = none, .value_count = 1},
                           stored = {.field = "guid", .from = 1, .to = 2}, unknown = {.field = "colour"},
                           by_words = {.field = "published", .values = facet, .value_count = 1};
    const ls_search_options cases[] = {
        {.limit = 10001},
        {.limit = 1, .offset = 10000},
        {.k1 = NAN},
        {.k1 = -1},
        {.k1 = 1001},
        {.b = INFINITY},
        {.b = 1.5},
        {.filter_count = 1},
        {.facet_count = 1},
        {.fold = -1},
        {.fold = 3},
        {.lead = -1},
        {.lead = 3},
        {.sort = (ls_sort)7},
        {.sort = LS_BY_FIELD_ASC},
        {.half_life_days = INFINITY},
        {.half_life_days = -3},
        {.histogram = "published", .histogram_unit = 9},
        {.histogram = "published", .histogram_unit = -1},
        {.histogram = "published", .histogram_zone = "Nowhere/Atall"},
        {.filters = &nameless, .filter_count = 1},
        {.filters = &valueless, .filter_count = 1},
        {.cursor = "no cursor"},
        /* of another type than is wanted */
        {.sort = LS_BY_FIELD_DESC, .sort_field = "body"},
        {.sort = LS_BY_FIELD_DESC, .sort_field = "colour"},
        {.half_life_days = 1, .recency_field = "source"},
        {.histogram = "source"},
        {.histogram = "colour"},
        {.facets = (const char *const[]){"published"}, .facet_count = 1},
        {.filters = &stored, .filter_count = 1},
        {.filters = &unknown, .filter_count = 1},
        {.filters = &by_words, .filter_count = 1},
        /* too many */
        {.facets = facet, .facet_count = 65},
        {.filters = filter, .filter_count = 257},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ls_search_options o = cases[i];
        ls_results *res;
        o.size = sizeof o;
        int rc = try_search("wide7", &o, &res), expected = i < 23 ? LS_INVALID : i < 32 ? LS_SCHEMA : LS_LIMIT;
        if (rc != expected) fail_msg("case %zu: %d where %d is expected: %s", i, rc, expected, err.message);
        assert_true(err.code == rc && *err.message);
    }
    ls_search_options page = {.size = sizeof page, .limit = 1};
    ls_results *first, *res;
    OK(try_search("wide7*", &page, &first));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) { /* behind a token of other options all are refused too */
        ls_search_options o = cases[i];
        o.size = sizeof o;
        if (!o.cursor) o.cursor = ls_results_cursor(first);
        assert_int_not_equal(try_search("wide7*", &o, &res), LS_OK);
        assert_true(err.code < 0 && *err.message);
    }
    ls_results_free(first);
    struct {
        ls_search_options o;
        uint64_t newer;
    } later = {.o = {.size = sizeof later}};
    OK(try_search("wide7", &later.o, &res)); /* a newer caller's, without what is new */
    ls_results_free(res);
    later.newer = 1;
    assert_int_equal(try_search("wide7", &later.o, &res), LS_INVALID);
    assert_int_equal(try_search("wide7", &(ls_search_options){.size = 0}, &res), LS_INVALID);
}

/* ---- words that stand for too many ---- */

/* As deep as a query may be, of three shapes: work that doubles with each level would never end, optimised or not. */
static void depth(void **state)
{
    static const char *const open[] = {"(wide1 OR ", "-(-wide2 ", "+(wide1 -"}, *const close[] = {")", ")", ") wide2"};
    (void)state;
    for (size_t shape = 0; shape < 3; shape++) {
        char text[1200] = "";
        ls_query *q;
        ls_results *res;
        LS_INIT(ls_query_options, qo);
        LS_INIT(ls_search_options, o);
        for (int i = 0; i < 45; i++) strcat(text, open[shape]);
        strcat(text, "wide3");
        for (int i = 0; i < 45; i++) strcat(text, close[shape]);
        qo.flags = LS_MATCH_ANY;
        OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), &qo, &err));
        OK(ls_search(&res, r, q, &o, &err));
        ls_results_free(res);
        ls_query_free(q);
    }
}

static void expansion(void **state)
{
    (void)state;
    static const char *const queries[] = {"wide*", "w?de*", "*ide*"};
    char one[32];
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        ls_results *res;
        LS_INIT(ls_search_options, o);
        o.limit = 100;
        OK(try_search(queries[i], &o, &res));
        const ls_warning *w = ls_results_warning(res, 0);
        assert_non_null(w);
        assert_string_equal(w->code, "limit_expansion");
        assert_non_null(strstr(w->message, "1500"));
        assert_non_null(strstr(w->message, "1024"));
        assert_true(w->start == 0 && w->end == strlen(queries[i]));
        assert_null(ls_results_warning(res, 1));
        assert_int_equal(ls_results_get(res).total, 3); /* not the one that has the last word alone: it was left out */
        ls_results_free(res);
    }
    ls_results *res;
    LS_INIT(ls_search_options, o);
    snprintf(one, sizeof one, "wide%d", WORDS - 1);
    OK(try_search(one, &o, &res));
    assert_int_equal(ls_results_get(res).total, 1);
    assert_string_equal(ls_results_hit(res, 0)->id, "last7");
    ls_results_free(res);
    OK(try_search("wide149*", &o, &res)); /* within the limit: none is told */
    assert_null(ls_results_warning(res, 0));
    assert_int_equal(ls_results_get(res).total, 4); /* wide149 stands in three others */
    ls_results_free(res);
}

static bool has_warning(const ls_query *q, const char *code)
{
    for (size_t i = 0; ls_query_warning(q, i); i++)
        if (!strcmp(ls_query_warning(q, i)->code, code)) return true;
    return false;
}

/* Queries that are too long in one way: told, and what is left of them is a query that can be asked. */
static void queries(void **state)
{
    static char text[4096];
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        static const char *const codes[] = {"limit_pattern", "limit_clauses", "limit_clauses", "limit_synonyms"};
        size_t n = 0;
        if (kind == 0) { /* one pattern of 600 letters */
            n = 600;
            memset(text, 'x', n);
            text[n++] = '*';
            text[n++] = 'y';
        } else if (kind == 1) { /* 1,100 words */
            for (int i = 0; i < 1100; i++) n += (size_t)snprintf(text + n, sizeof text - n, "w%c ", 'a' + i % 26);
        } else if (kind == 2) { /* words, and then everything that is a leaf of its own */
            for (int i = 0; i < 1024; i++) n += (size_t)snprintf(text + n, sizeof text - n, "w ");
            n += (size_t)snprintf(text + n, sizeof text - n,
                                  "caps(US) ab* cd~ source:x \"e f\" id:z size:>2 a-b syn(i,j)");
        } else { /* 40 that mean the same */
            n = (size_t)snprintf(text, sizeof text, "syn(a");
            for (int i = 0; i < 40; i++) n += (size_t)snprintf(text + n, sizeof text - n, ", s%d", i);
            n += (size_t)snprintf(text + n, sizeof text - n, ")");
        }
        text[n] = 0;
        ls_query *q = parse(text, kind == 2 ? LS_MATCH_ANY : 0);
        if (!has_warning(q, codes[kind]))
            print_error("%d: %s\n", kind, ls_query_warning(q, 0) ? ls_query_warning(q, 0)->code : "-");
        assert_true(has_warning(q, codes[kind]));
        ls_results *res;
        OK(ls_search(&res, r, q, NULL, &err));
        ls_results_free(res);
        ls_query_free(q);
    }
}

/* ---- pages ---- */

static void moved(void **state)
{
    ls_results *res;
    LS_INIT(ls_search_options, o);
    (void)state;
    o.limit = 5;
    OK(try_search("wide*", &o, &res));
    assert_null(ls_results_cursor(res)); /* three in all */
    ls_results_free(res);
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "subjects"; /* of many values the first that a document has in order */
    OK(try_search("NOT nothing", &o, &res));
    assert_string_equal(ls_results_hit(res, 0)->id, "all");
    char *cursor = strdup(ls_results_cursor(res));
    ls_results_free(res);
    ls_writer *w = open_writer(LS_WRITER_NO_SYNC, 0);
    add_words(w, "zz", 3, 9);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *newer;
    OK(ls_reader_refresh(&newer, r, &err));
    assert_non_null(newer);
    ls_reader_close(r);
    r = newer;
    o.cursor = cursor;
    OK(try_search("NOT nothing", &o, &res));
    assert_string_equal(ls_results_warning(res, 0)->code, "cursor_moved");
    assert_int_equal(ls_results_get(res).count, 5);
    ls_results_free(res);
    free(cursor);
}

/* The parts of a score are told of every kind of node, and where a document has no date to fade by. */
static void explained(void **state)
{
    static const char *const texts[] = {
        "id:most",           "published:1970..2023 wide9", "wide9 OR subjects:most",
        "NOT nothing wide9", "urgency:>0 wide9",           "wide9^2 \"wide9 wide10\" wide* wide9~"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ls_query *q = parse(texts[i], 0);
        for (uint64_t doc = 0; doc < 2; doc++) {
            ls_explanation *e;
            ls_results *res;
            LS_INIT(ls_search_options, o);
            o.half_life_days = 100;
            o.now = INT64_C(1700000000000);
            o.limit = 100;
            OK(ls_explain(&e, r, q, &o, doc, &err));
            OK(ls_search(&res, r, q, &o, &err));
            bool found = false;
            for (size_t k = 0; ls_results_hit(res, k); k++) {
                if (ls_results_hit(res, k)->doc != doc) continue;
                found = true;
                assert_true(e->count && fabs(e->nodes[0].value - (double)ls_results_hit(res, k)->score) < 1e-4);
            }
            assert_int_equal(found, e->count > 0);
            ls_results_free(res);
            ls_explanation_free(e);
        }
        ls_query_free(q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(options), cmocka_unit_test(depth), cmocka_unit_test(expansion),
                                       cmocka_unit_test(queries), cmocka_unit_test(explained), cmocka_unit_test(moved)};
    return cmocka_run_group_tests(tests, begin, end);
}
