/* t_lacking.c — fields that are not everywhere: of an index whose first segments do not know a field yet, or know it and
 * have no value of it, every way of asking answers as of one that had all fields in one segment from the start; and a query
 * that was read by a newer schema finds nothing by what an older commit does not have. */
#include "tests/index_util.h"

#define DOCS 90 /* thirds: before the fields came, with none of them, with them */

static ls_error err;

static const ls_field first_fields[] = {{sizeof *first_fields, "title", LS_TEXT, 3, 0},
                                        {sizeof *first_fields, "body", LS_TEXT, 1, 0}};
static const ls_field later_fields[] = {{sizeof *later_fields, "lead", LS_TEXT, 2, 0},
                                        {sizeof *later_fields, "note", LS_TEXT, 0, 0},
                                        {sizeof *later_fields, "tag", LS_KEYWORD, 0, 0},
                                        {sizeof *later_fields, "source", LS_KEYWORD, 0, 0},
                                        {sizeof *later_fields, "evolved_from", LS_KEYWORD, 0, 0},
                                        {sizeof *later_fields, "published", LS_DATE, 0, 0},
                                        {sizeof *later_fields, "when", LS_DATE, 0, 0},
                                        {sizeof *later_fields, "size", LS_INTEGER, 0, 0}};

static void put(ls_writer *w, int i)
{
    static const char *const tags[] = {"red", "Green", "blue"};
    char id[16], text[400];
    ls_doc *d;
    uint64_t x =
        (uint64_t)(i / 2) * 77 + 5; /* every second one says what its neighbour does, in another segment's words */
    snprintf(id, sizeof id, "d%d", i);
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    random_text(&x, text, sizeof text, 4);
    OK(ls_doc_add_text(d, "title", text, strlen(text), &err));
    random_text(&x, text, sizeof text, 60);
    strcat(text, i % 3 ? ".\n\nRead also: w1 w2 w3 w44\n" : "."); /* boilerplate, which counts apart */
    OK(ls_doc_add_text(d, "body", text, strlen(text), &err));
    if (i >= 2 * DOCS / 3) {
        random_text(&x, text, sizeof text, 6);
        if (i % 2) OK(ls_doc_add_text(d, "lead", text, strlen(text), &err));
        if (i % 6 == 1) strcat(text, " us US we");
        if (i % 6 == 2) strcat(text, " US us US");
        if (i % 3) OK(ls_doc_add_text(d, "note", text, strlen(text), &err));
        if (i % 4) OK(ls_doc_add_text(d, "tag", tags[i % 3], strlen(tags[i % 3]), &err));
        if (i % 5) OK(ls_doc_add_text(d, "source", i % 2 ? "Daily" : "Weekly", i % 2 ? 5 : 6, &err));
        snprintf(id, sizeof id, "d%d", i - DOCS / 2);
        if (i % 6 == 0) OK(ls_doc_add_text(d, "evolved_from", id, strlen(id), &err));
        if (i % 7) OK(ls_doc_add_int(d, "published", i * INT64_C(80000000), &err));
        if (i % 8) OK(ls_doc_add_int(d, "when", i * INT64_C(2000000000), &err));
        if (i % 9) OK(ls_doc_add_int(d, "size", i % 11, &err));
    }
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

static void add_fields(ls_schema *s, ls_writer *w)
{
    for (size_t i = 0; i < sizeof later_fields / sizeof *later_fields; i++)
        OK(s ? ls_schema_add(s, &later_fields[i], &err) : ls_writer_add_field(w, &later_fields[i], &err));
}

/* parts: in three segments, the fields coming after the first; `old` reads what was before they came. */
static ls_reader *build(const char *path, bool parts, ls_reader **old)
{
    ls_schema *s;
    ls_writer *w;
    ls_reader *r;
    LS_INIT(ls_writer_options, o);
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 2; i++) OK(ls_schema_add(s, &first_fields[i], &err));
    OK(ls_schema_set(s, "copies", "yes", &err));
    if (!parts) add_fields(s, NULL);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, path, &o, &err));
    for (int i = 0; i < DOCS; i++) {
        put(w, i);
        if (!parts || (i + 1) % (DOCS / 3)) continue;
        OK(ls_commit(w, NULL, &err));
        if (i > DOCS / 3) continue;
        OK(ls_reader_open(old, path, NULL, &err));
        add_fields(NULL, w);
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_schema_free(s);
    OK(ls_reader_open(&r, path, NULL, &err));
    return r;
}

static ls_reader *parts, *whole, *older;
static char whole_path[90];

static int begin(void **state)
{
    if (folder_begin(state)) return -1;
    snprintf(whole_path, sizeof whole_path, "%s/whole", folder);
    parts = build(index_path, true, &older);
    whole = build(whole_path, false, NULL);
    return 0;
}

static int end(void **state)
{
    ls_reader_close(parts);
    ls_reader_close(whole);
    ls_reader_close(older);
    remove_folder(whole_path);
    return folder_end(state);
}

static ls_query *parse(const ls_reader *by, const char *text)
{
    ls_query *q;
    OK(ls_query_parse(&q, ls_reader_schema(by), text, strlen(text), NULL, &err));
    return q;
}

static void compare_explained(const ls_query *a, const ls_query *b, const ls_search_options *o, uint64_t doc,
                              double score)
{
    ls_explanation *x, *y;
    OK(ls_explain(&x, parts, a, o, doc, &err));
    OK(ls_explain(&y, whole, b, o, doc, &err));
    assert_int_equal(x->count, y->count);
    for (size_t i = 0; i < x->count; i++) {
        assert_true(x->nodes[i].value == y->nodes[i].value && x->nodes[i].depth == y->nodes[i].depth);
        if (i) assert_string_equal(x->nodes[i].text, y->nodes[i].text); /* the first names the engine */
    }
    if (o->sort == LS_BY_RELEVANCE) assert_true(x->count && x->nodes[0].value == score);
    ls_explanation_free(x);
    ls_explanation_free(y);
}

static void compare(const char *text, const ls_search_options *o, const char *way)
{
    ls_results *x, *y;
    ls_query *a = parse(parts, text), *b = parse(whole, text);
    OK(ls_search(&x, parts, a, o, &err));
    OK(ls_search(&y, whole, b, o, &err));
    ls_results_info i = ls_results_get(x), j = ls_results_get(y);
    if (i.total != j.total || i.count != j.count)
        print_error("%s, %s: %d of %d, %d of %d\n", text, way, (int)i.count, (int)i.total, (int)j.count, (int)j.total);
    assert_int_equal(i.count, j.count);
    if (o->total == LS_TOTAL_EXACT) assert_int_equal(i.total, j.total);
    if (o->fold || o->latest) assert_int_equal(i.total_leads, j.total_leads);
    assert_int_equal(i.undated_excluded, j.undated_excluded);
    for (size_t k = 0; k < i.count; k++) {
        const ls_hit *h = ls_results_hit(x, k), *g = ls_results_hit(y, k);
        if (h->doc != g->doc || h->score != g->score) print_error("%s, %s: hit %d\n", text, way, (int)k);
        assert_true(h->doc == g->doc && h->score == g->score && h->sort_value == g->sort_value);
        const ls_fold *f = ls_results_fold(x, k), *e = ls_results_fold(y, k);
        assert_int_equal(f ? f->count : 0, e ? e->count : 0);
        if (f && f->count) assert_memory_equal(f->docs, e->docs, f->count * sizeof *f->docs);
        if (k < 2) compare_explained(a, b, o, h->doc, (double)h->score);
    }
    for (size_t k = 0; k < o->facet_count; k++) {
        const ls_facet_value *v, *u;
        for (size_t n = 0; (v = ls_results_facet(x, k, n)); n++) {
            assert_non_null(u = ls_results_facet(y, k, n));
            assert_string_equal(v->value, u->value);
            assert_int_equal(v->count, u->count);
        }
    }
    assert_int_equal(ls_results_undated(x), ls_results_undated(y));
    const ls_bucket *v, *u;
    for (size_t n = 0; (v = ls_results_bucket(x, n)); n++) {
        assert_non_null(u = ls_results_bucket(y, n));
        assert_int_equal(v->count, u->count);
    }
    ls_results_free(x);
    ls_results_free(y);
    ls_query_free(a);
    ls_query_free(b);
}

static const char *const queries[] = {"w1",
                                      "w1 OR w40 OR w77",
                                      "w1 w2",
                                      "\"w1 w2\"",
                                      "w1 w/4 w2",
                                      "*",
                                      "w1*",
                                      "NOT w1",
                                      "lead:w1",
                                      "lead:\"w1 w2\"",
                                      "note:w1",
                                      "note:\"w1 w2\"",
                                      "note:w1*",
                                      "note:w2 w1",
                                      "hlead:lead:w1",
                                      "hlead:note:w1",
                                      "note:(w1 w/3 w2)",
                                      "tag:green",
                                      "tag:red w1",
                                      "w1 NOT tag:blue",
                                      "tag:nothing",
                                      "size:>3",
                                      "w1 size:2..7",
                                      "w1 NOT size:>3",
                                      "size:>100",
                                      "when:..1973 w1",
                                      "NOT when:1973",
                                      "published:>1970-01-01",
                                      "w1 (tag:red OR lead:w2)",
                                      "note:caps(W1)",
                                      "atleast2(note:w1)",
                                      "words:>20 w1",
                                      "note:caps(US)",
                                      "note:caps(US) w1",
                                      "note:\"us we\"",
                                      "caps(US)",
                                      "w44",
                                      "w44 w1",
                                      "body:w44",
                                      "\"w2 w3\"",
                                      "w2 w/2 w3",
                                      "hlead:w44",
                                      "source:daily OR w9"};

/* ---- every way over all queries ---- */

static void ways(void **state)
{
    (void)state;
    static const char *const facets[] = {"tag", "source", "evolved_from"}, *const tags[] = {"green", "blue", "no"};
    static const char *const fields[] = {"published", "when", "size", "tag", "evolved_from"};
    static const ls_filter filters[] = {{.field = "tag", .values = tags, .value_count = 3},
                                        {.field = "tag", .values = tags, .value_count = 1, .exclude = 1},
                                        {.field = "size", .from = 2, .to = INT64_MAX},
                                        {.field = "when", .from = INT64_MIN, .to = INT64_C(170000000000), .exclude = 1},
                                        {.field = "published", .from = INT64_C(5000000000), .to = INT64_MAX}};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        LS_INIT(ls_search_options, o);
        o.limit = DOCS;
        o.timeout_ms = -1;
        o.now = INT64_C(200000000000);
        compare(queries[i], &o, "all");
        o.histogram = "when";
        o.facets = facets;
        o.facet_count = 3;
        compare(queries[i], &o, "counted");
        o.count_only = 1;
        compare(queries[i], &o, "counted only");
        o.count_only = 0;
        o.limit = 7;
        o.histogram = NULL;
        o.facet_count = 0;
        o.total = LS_TOTAL_NONE;
        compare(queries[i], &o, "best");
        o.half_life_days = 30;
        o.recency_field = "when";
        compare(queries[i], &o, "fading");
        o.half_life_days = 0;
        for (int sort = LS_BY_FIELD_ASC; sort <= LS_BY_FIELD_DESC; sort++)
            for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
                o.sort = (ls_sort)sort;
                o.sort_field = fields[k];
                compare(queries[i], &o, fields[k]);
            }
        o.sort = LS_BY_RELEVANCE;
        for (size_t k = 0; k < sizeof filters / sizeof *filters; k++) {
            o.filters = &filters[k];
            o.filter_count = 1;
            compare(queries[i], &o, "filtered");
        }
        o.filter_count = 0;
        o.total = LS_TOTAL_EXACT;
        o.latest = 1;
        compare(queries[i], &o, "latest");
        for (int lead = LS_LEAD_MATCH; lead <= LS_LEAD_LONGEST; lead++) {
            o.fold = lead == LS_LEAD_EARLIEST ? LS_FOLD_STORY : LS_FOLD_SIMILAR;
            o.lead = lead;
            compare(queries[i], &o, "folded");
        }
    }
}

/* ---- what else asks an index ---- */

static void others(void **state)
{
    (void)state;
    for (uint64_t doc = 0; doc < DOCS; doc++) {
        ls_similar_list *a, *b;
        ls_query *p, *q;
        OK(ls_similar_find(&a, parts, doc, NULL, &err));
        OK(ls_similar_find(&b, whole, doc, NULL, &err));
        assert_int_equal(a->count, b->count);
        assert_true(a->count >= 1); /* its neighbour */
        for (size_t i = 0; i < a->count; i++) {
            assert_int_equal(a->items[i].doc, b->items[i].doc);
            assert_int_equal(a->items[i].relation, b->items[i].relation);
            assert_int_equal(a->items[i].passage_count, b->items[i].passage_count);
        }
        ls_similar_free(a);
        ls_similar_free(b);
        OK(ls_more_like(&p, parts, doc, &err));
        OK(ls_more_like(&q, whole, doc, &err));
        assert_string_equal(ls_query_parsed(p), ls_query_parsed(q));
        ls_query_free(p);
        ls_query_free(q);
    }
    static const char *const typed[] = {"w", "w1", "w12 w3", "title:w1", "note:w9", "tag:gre", "w1x", "lead:w2x"};
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        ls_suggestions *a, *b;
        OK(ls_suggest(&a, parts, typed[i], strlen(typed[i]), 10, &err));
        OK(ls_suggest(&b, whole, typed[i], strlen(typed[i]), 10, &err));
        assert_int_equal(a->count, b->count);
        for (size_t k = 0; k < a->count; k++) {
            assert_string_equal(a->completions[k].text, b->completions[k].text);
            assert_int_equal(a->completions[k].documents, b->completions[k].documents);
        }
        assert_int_equal(a->did_you_mean != NULL, b->did_you_mean != NULL);
        ls_suggestions_free(a);
        ls_suggestions_free(b);
    }
}

/* ---- a newer query for an older commit ---- */

static uint64_t found(const ls_reader *r, const ls_reader *schema, const char *text)
{
    ls_results *res;
    LS_INIT(ls_search_options, o);
    ls_query *q = parse(schema, text);
    OK(ls_search(&res, r, q, &o, &err));
    uint64_t total = ls_results_get(res).total;
    for (uint64_t doc = 0; doc < DOCS / 3; doc += 7) { /* explained and shown as well */
        ls_explanation *e;
        ls_snippets *s;
        OK(ls_explain(&e, r, q, &o, doc, &err));
        assert_true(total ? true : e->count == 0);
        ls_explanation_free(e);
        OK(ls_snippets_make(&s, r, q, doc, NULL, &err));
        ls_snippets_free(s);
    }
    ls_results_free(res);
    ls_query_free(q);
    return total;
}

static void newer_query(void **state)
{
    (void)state;
    static const char *const absent[] = {"lead:w1",
                                         "lead:\"w1 w2\"",
                                         "lead:w1*",
                                         "lead:w1~",
                                         "lead:caps(W1)",
                                         "lead:(w1 w/3 w2)",
                                         "hlead:lead:w1",
                                         "atleast2(lead:w1)",
                                         "lead:\"w1\"",
                                         "lead:\"w1 w2\"~4",
                                         "note:w1",
                                         "note:\"w1 w2\"",
                                         "note:w1*",
                                         "note:wq1~",
                                         "note:caps(W1)",
                                         "note:=w1",
                                         "note:\"w1\"",
                                         "note:\"w1 w2\"~4",
                                         "note:(w1 w/s w2)",
                                         "note:(w1 w/3 w2)",
                                         "hlead:note:w1",
                                         "atleast2(note:w1)",
                                         "note:(w1 OR w2)",
                                         "note:(w1* w/3 (w2 OR \"w3 w4\"))",
                                         "tag:red",
                                         "tag:red,blue",
                                         "evolved_from:d1",
                                         "size:>3",
                                         "size:5",
                                         "when:1970",
                                         "published:>1970-01-01"};
    uint64_t all = found(older, parts, "*"), some = found(older, parts, "w9");
    char text[120];
    assert_int_equal(all, DOCS / 3);
    assert_true(some && some < all);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        uint64_t n = found(older, parts, absent[i]);
        if (n) print_error("%s: %d\n", absent[i], (int)n);
        assert_int_equal(n, 0);
        snprintf(text, sizeof text, "NOT %s", absent[i]);
        assert_int_equal(found(older, parts, text), all);
        snprintf(text, sizeof text, "w9 OR %s", absent[i]);
        assert_int_equal(found(older, parts, text), some);
        snprintf(text, sizeof text, "w9 NOT %s", absent[i]);
        assert_int_equal(found(older, parts, text), some);
        snprintf(text, sizeof text, "w9 %s", absent[i]);
        assert_int_equal(found(older, parts, text), 0);
    }
    static const ls_filter filters[] = {{.field = "size", .from = 2, .to = INT64_MAX}};
    LS_INIT(ls_search_options, o);
    ls_results *res;
    ls_query *q = parse(parts, "w1");
    o.filters = filters; /* named, not numbered: by the reader's own schema */
    o.filter_count = 1;
    WANT(ls_search(&res, older, q, &o, &err), LS_SCHEMA);
    ls_query_free(q);
}

/* The same numbers mean fields of other types: a query that was read by a schema of another index finds nothing by them. */
static void foreign_query(void **state)
{
    (void)state;
    static const ls_type types[] = {LS_KEYWORD, LS_DATE, LS_TEXT, LS_TEXT, LS_INTEGER, LS_TEXT, LS_KEYWORD, LS_TEXT};
    static const char *const nothing[] = {"lead:w1",
                                          "lead:red",
                                          "note:1970",
                                          "note:>1970",
                                          "tag:w1",
                                          "tag:\"w1 w2\"",
                                          "tag:w1*",
                                          "tag:wq1~",
                                          "tag:\"w1\"",
                                          "tag:caps(W1)",
                                          "source:w1",
                                          "source:(w1 w/3 w2)",
                                          "source:\"w1 w2\"~4",
                                          "hlead:source:w1",
                                          "evolved_from:>3",
                                          "published:w1",
                                          "published:\"w1 w2 w3\"",
                                          "when:red",
                                          "size:w1"};
    ls_schema *s;
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 2; i++) OK(ls_schema_add(s, &first_fields[i], &err));
    for (size_t i = 0; i < sizeof later_fields / sizeof *later_fields; i++) {
        ls_field f = later_fields[i];
        f.type = types[i];
        f.weight = f.type == LS_TEXT ? (int)i % 2 : 0;
        OK(ls_schema_add(s, &f, &err));
    }
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        for (int not = 0; not < 2; not ++) {
            char text[60];
            ls_query *q;
            ls_results *res;
            ls_explanation *e;
            snprintf(text, sizeof text, "%s%s", not ? "NOT " : "", nothing[i]);
            OK(ls_query_parse(&q, s, text, strlen(text), NULL, &err));
            OK(ls_search(&res, parts, q, NULL, &err));
            if (ls_results_get(res).total != (not ? DOCS : 0)) print_error("%s\n", text);
            assert_int_equal(ls_results_get(res).total, not ? DOCS : 0);
            OK(ls_explain(&e, parts, q, NULL, 70, &err));
            assert_int_equal(e->count > 0, not );
            ls_explanation_free(e);
            ls_results_free(res);
            ls_query_free(q);
        }
    ls_schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ways), cmocka_unit_test(others), cmocka_unit_test(newer_query),
                                       cmocka_unit_test(foreign_query)};
    return cmocka_run_group_tests(tests, begin, end);
}
