/* fault_public.c — the nth allocation, and the nth system call, fails (once, and from then on) in every public function
 * that reads, and in those that write by a query: an error with its name and nothing handed out, or the right answer,
 * never a wrong one; and the same call afterwards gives the right answer. And the nth look at bytes of a section finds
 * them damaged: LS_CORRUPT with a place, or the right answer; `check` always tells, a merge leaves all as it was.
 * usage: fault_public [STRIDE [LOOKS]]: every so many-th point only (3 3; 1 1: all) */
#include "tests/fault_util.h"

#define DOCS 60

/* Lists that differ by one line. */
static int make_lists(ls_schema **out, bool more)
{
    int rc = ls_schema_new(out, &err);
    if (!rc) rc = ls_schema_add_boilerplate(*out, "daily", "w1 of the w2 letter", &err);
    if (!rc && more) rc = ls_schema_add_boilerplate(*out, NULL, "W2: w3", &err);
    if (!rc && more) rc = ls_schema_add_boilerplate(*out, "Weekly", "Another w4", &err);
    return rc;
}

static void build(void)
{
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    ls_schema *lists;
    OK(make_lists(&lists, false));
    OK(ls_writer_set_boilerplate(w, lists, &err));
    ls_schema_free(lists);
    uint64_t x = 99;
    for (int i = 0; i < DOCS; i++) {
        char id[16], body[600], title[60];
        snprintf(id, sizeof id, "d%d", i);
        random_text(&x, body, sizeof body, 60);
        random_text(&x, title, sizeof title, 4);
        if (i % 5 < 2) strcat(body, i % 2 ? "\n\nw1 of the w2 letter" : "\n\nw1 of a w3 story");
        add_news(w, id, title, body, i % 2 ? "Daily" : "Weekly", 86400000LL * i);
        if (i == 40) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_delete(w, "d3", 2, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

static int search(ls_reader *r, uint64_t *sum, const char *text, const ls_search_options *o, char **cursor)
{
    ls_query *q;
    ls_results *res;
    int rc = ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err);
    if (rc) {
        assert_null(q);
        return rc;
    }
    rc = ls_search(&res, r, q, o, &err);
    if (rc) assert_null(res);
    if (!rc) {
        ls_results_info info = ls_results_get(res);
        mix(sum, &info.total, sizeof info.total);
        for (size_t i = 0; i < info.count; i++) {
            const ls_hit *h = ls_results_hit(res, i);
            mix(sum, &h->doc, sizeof h->doc);
            mix(sum, &h->score, sizeof h->score);
            mix_text(sum, h->id);
        }
        const ls_facet_value *f;
        for (size_t i = 0; (f = ls_results_facet(res, 0, i)) != NULL; i++) {
            mix_text(sum, f->value);
            mix(sum, &f->count, sizeof f->count);
        }
        if (cursor) *cursor = ls_results_cursor(res) ? strdup(ls_results_cursor(res)) : NULL;
    }
    ls_results_free(res);
    ls_query_free(q);
    return rc;
}

static int call_search(ls_reader *r, uint64_t *sum)
{
    static const char *const queries[] = {"w1",
                                          "w2 w3",
                                          "w1 OR w9 OR w30",
                                          "\"w1 w2\"",
                                          "w1*",
                                          "w?1",
                                          "w12~",
                                          "NOT w1",
                                          "w1 w/4 w2",
                                          "title:w5",
                                          "source:daily",
                                          "w3 w/s w4",
                                          "caps(w1)",
                                          "atleast2(w1)",
                                          "=w7",
                                          "published:1970-01",
                                          "(w1 OR w2) w/3 (w4 OR w5)",
                                          "\"w1 w5\"~4"};
    static const char *const facets[] = {"source"};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        LS_INIT(ls_search_options, o);
        const char *value = "daily";
        ls_filter filter = {.field = "source", .values = &value, .value_count = 1, .from = INT64_MIN, .to = INT64_MAX};
        o.facets = facets;
        o.facet_count = i % 2;
        o.filters = &filter;
        o.filter_count = i % 5 == 1;
        o.sort = i % 4 == 2 ? LS_BY_FIELD_DESC : LS_BY_RELEVANCE;
        o.sort_field = "published";
        o.exhaustive = i % 3 == 2;
        o.timeout_ms = -1;
        int rc = search(r, sum, queries[i], &o, NULL);
        if (rc) return rc;
    }
    return LS_OK;
}

static int call_pages(ls_reader *r, uint64_t *sum)
{
    char *cursor = NULL, *next = NULL;
    int rc = LS_OK;
    for (int page = 0; page < 4 && !rc; page++) {
        LS_INIT(ls_search_options, o);
        o.limit = 5;
        o.cursor = cursor;
        o.timeout_ms = -1;
        next = NULL;
        rc = search(r, sum, "w1 OR w2", &o, &next);
        free(cursor);
        cursor = next;
        if (!cursor) break;
    }
    free(cursor);
    return rc;
}

static int call_snippets(ls_reader *r, uint64_t *sum)
{
    ls_query *q;
    int rc = ls_query_parse(&q, ls_reader_schema(r), "w1 \"w2 w3\" w4*", 13, NULL, &err);
    for (uint64_t doc = 4; !rc && doc < 8; doc++) {
        ls_snippets *s;
        LS_INIT(ls_snippet_options, o);
        o.all_matches = 1;
        o.range_unit = (int)(doc % 3);
        rc = ls_snippets_make(&s, r, q, doc, &o, &err);
        if (rc) assert_null(s);
        for (size_t i = 0; !rc && i < s->count; i++) mix_text(sum, s->snippets[i].html);
        if (!rc) mix_text(sum, s->title_html);
        if (!rc) mix(sum, &s->match_count, sizeof s->match_count);
        ls_snippets_free(s);
    }
    ls_query_free(q);
    return rc;
}

static int call_explain(ls_reader *r, uint64_t *sum)
{
    ls_query *q;
    int rc = ls_query_parse(&q, ls_reader_schema(r), "w1 OR \"w2 w3\" OR w4*", 20, NULL, &err);
    for (uint64_t doc = 4; !rc && doc < 8; doc++) {
        ls_explanation *e;
        rc = ls_explain(&e, r, q, NULL, doc, &err);
        if (rc) assert_null(e);
        for (size_t i = 0; !rc && i < e->count; i++) mix_text(sum, e->nodes[i].text);
        ls_explanation_free(e);
    }
    ls_query_free(q);
    return rc;
}

static int call_suggest(ls_reader *r, uint64_t *sum)
{
    static const char *const typed[] = {"w", "w1", "wq12 w3", "w1 w"};
    for (size_t k = 0; k < sizeof typed / sizeof *typed; k++) {
        ls_suggestions *s;
        int rc = ls_suggest(&s, r, typed[k], strlen(typed[k]), 5, &err);
        if (rc) {
            assert_null(s);
            return rc;
        }
        for (size_t i = 0; i < s->count; i++) mix_text(sum, s->completions[i].text);
        mix_text(sum, s->did_you_mean);
        ls_suggestions_free(s);
    }
    return LS_OK;
}

static int call_more_like(ls_reader *r, uint64_t *sum)
{
    ls_query *q;
    int rc = ls_more_like(&q, r, 5, &err);
    if (rc) assert_null(q);
    if (!rc) mix_text(sum, ls_query_parsed(q));
    ls_query_free(q);
    return rc;
}

static int call_feedback(ls_reader *r, uint64_t *sum)
{
    ls_query *q = NULL, *wider = NULL;
    ls_results *best = NULL;
    ls_feedback *f = NULL;
    LS_INIT(ls_query_options, o);
    int rc = ls_query_parse(&q, ls_reader_schema(r), "w1 w2", 5, NULL, &err);
    if (!rc) rc = ls_search(&best, r, q, NULL, &err);
    if (!rc) {
        rc = ls_feedback_new(&f, r, q, best, NULL, &err);
        if (rc) assert_null(f);
    }
    o.feedback = f;
    if (!rc) rc = ls_query_parse(&wider, ls_reader_schema(r), "w1 w2", 5, &o, &err);
    if (!rc) mix_text(sum, ls_query_parsed(wider));
    ls_query_free(wider);
    ls_feedback_free(f);
    ls_results_free(best);
    ls_query_free(q);
    return rc;
}

static int call_documents(ls_reader *r, uint64_t *sum)
{
    uint64_t doc = UINT64_MAX;
    int rc;
    while (!(rc = ls_reader_next(r, &doc, &err))) {
        ls_doc *d;
        if (doc % 9) continue;
        if ((rc = ls_reader_doc(&d, r, doc, &err))) {
            assert_null(d);
            return rc;
        }
        mix_text(sum, ls_doc_text(d, "body", 0, NULL));
        mix_text(sum, ls_doc_id(d, NULL));
        ls_doc_free(d);
    }
    if (rc != LS_NOTFOUND) return rc;
    ls_doc *d;
    LS_INIT(ls_stats, st);
    rc = ls_get(&d, r, "d50", 3, &err);
    if (rc) return rc;
    mix_text(sum, ls_doc_text(d, "title", 0, NULL));
    ls_doc_free(d);
    if ((rc = ls_reader_find(r, "d51", 3, &doc, &err))) return rc;
    mix(sum, &doc, sizeof doc);
    rc = ls_reader_stats(r, &st, &err);
    if (!rc) mix(sum, &st.words, sizeof st.words);
    return rc;
}

static int call_analyze(ls_reader *r, uint64_t *sum)
{
    ls_tokens *t;
    static const char text[] = "Kim's U.S. arms-talks in 2023: Häuser, 東京 and ﬁsh";
    int rc = ls_analyze(&t, ls_reader_schema(r), text, sizeof text - 1, NULL, &err);
    if (rc) assert_null(t);
    for (size_t i = 0; !rc && i < t->count; i++) mix_text(sum, t->tokens[i].term);
    ls_tokens_free(t);
    return rc;
}

static int call_boilerplate(ls_reader *r, uint64_t *sum)
{
    ls_boilerplate *b;
    const ls_boilerplate_line *line;
    LS_INIT(ls_boilerplate_options, o);
    o.documents = 2;
    o.share = .01;
    int rc = ls_boilerplate_find(&b, r, &o, &err);
    if (rc) assert_null(b);
    for (size_t i = 0; (line = ls_boilerplate_at(b, i)) != NULL; i++) {
        mix_text(sum, line->line);
        mix_text(sum, line->source);
        mix(sum, &line->documents, sizeof line->documents);
    }
    ls_boilerplate_free(b);
    return rc;
}

static int call_refresh(ls_reader *r, uint64_t *sum)
{
    ls_reader *newer;
    int rc = ls_reader_refresh(&newer, r, &err);
    if (rc) assert_null(newer);
    mix(sum, &(bool){newer != NULL}, 1);
    ls_reader_close(newer);
    return rc;
}

static const struct {
    const char *name;
    call_fn *call;
} calls[] = {{"search", call_search},     {"pages", call_pages},         {"snippets", call_snippets},
             {"explain", call_explain},   {"suggest", call_suggest},     {"more_like", call_more_like},
             {"feedback", call_feedback}, {"documents", call_documents}, {"analyze", call_analyze},
             {"boilerplate", call_boilerplate}, {"refresh", call_refresh}};

static void reading(void **state)
{
    (void)state;
    build();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) fail_each(calls[i].name, calls[i].call);
}

/* ls_delete_query, ls_kill and ls_purge: an error leaves the writer well or poisoned, and what is committed whole. */
static int change(ls_writer *w)
{
    ls_query *q;
    uint64_t deleted;
    ls_killed killed = {.size = sizeof killed};
    LS_INIT(ls_kill_options, k);
    k.id = "d9";
    k.id_len = 2;
    k.reason = "court order";
    k.reason_len = 11;
    int rc = ls_query_parse(&q, ls_writer_schema(w), "source:daily w1", 15, NULL, &err);
    if (!rc) rc = ls_delete_query(w, q, &deleted, &err);
    ls_query_free(q);
    if (!rc) rc = ls_kill(w, &k, &killed, &err);
    ls_schema *lists = NULL;
    if (!rc) rc = make_lists(&lists, true);
    if (!rc) rc = ls_writer_set_boilerplate(w, lists, &err);
    ls_schema_free(lists);
    if (!rc) rc = ls_commit(w, NULL, &err);
    return rc ? rc : ls_purge(w, NULL, &err);
}

/* ---- with each look at a section failing ---- */

static int check_all(void)
{
    LS_INIT(ls_check_report, report);
    return ls_check(index_path, NULL, NULL, &report, &err);
}

static int merge_all(void)
{
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    int rc = ls_writer_open(&w, index_path, &o, &err);
    if (!rc) rc = add_doc(w, "d5", "another text for it", 0, NULL, &err);
    if (!rc && (rc = ls_delete(w, "d6", 2, &err)) == LS_NOTFOUND) rc = LS_OK; /* done by a try before */
    if (!rc) rc = change(w);
    if (!rc) rc = ls_merge(w, 1, &err);
    ls_writer_close(w);
    return rc;
}

static void damaged(void **state)
{
    (void)state;
    build();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) damage_each(calls[i].name, calls[i].call);
    lsi_section_fail_at(UINT64_MAX);
    OK(check_all());
    uint64_t all = lsi_section_fail_at(0);
    for (uint64_t n = 1; n <= all; n += onward(n, all)) {
        lsi_section_fail_at(n);
        int rc = check_all();
        lsi_section_fail_at(0);
        is_told(rc, n, false); /* the places were told one by one */
    }
    print_message("check: %d looks\n", (int)all);
}

static void damaged_writing(void **state)
{
    (void)state;
    uint64_t all = 1, n = 1;
    for (points = failed = 0; n <= all; points++) {
        index_clean(NULL);
        build();
        lsi_section_fail_at(points ? n : UINT64_MAX);
        int rc = merge_all();
        uint64_t made = lsi_section_fail_at(0);
        if (!points) {
            OK(rc);
            all = made;
            continue;
        }
        if (rc) is_told(rc, n, true);
        failed += rc != 0;
        OK(check_all()); /* the last commit, or this one */
        OK(merge_all());
        n += onward(n, all);
    }
    print_message("merge: %d looks, %d of them damaged, %d errors\n", (int)all, (int)points - 1, (int)failed);
}

static void writing_with(bool memory, int e, bool forever)
{
    uint64_t live = 0;
    for (uint64_t n = 1;; n += stride * 2) {
        index_clean(NULL);
        build();
        ls_writer *w = open_writer(LS_WRITER_NO_MERGE, 0);
        if (memory) lsi_alloc_fail_at(n, forever);
        else lsi_io_fail_at(n, e, forever);
        memset(&err, 0, sizeof err);
        int rc = change(w);
        uint64_t allocations = lsi_alloc_fail_at(0, false), made = lsi_io_fail_at(0, 0, false);
        bool over = (memory ? allocations : made) < n;
        if (rc) assert_int_equal(err.code, rc);
        if (rc && memory) assert_int_equal(rc, LS_NOMEM);
        if (over) assert_int_equal(rc, LS_OK);
        ls_writer_close(w);
        ls_reader *r;
        LS_INIT(ls_check_report, report);
        OK(ls_check(index_path, NULL, NULL, &report, &err));
        OK(ls_reader_open(&r, index_path, NULL, &err));
        uint64_t have = count_docs(r);
        ls_reader_close(r);
        if (!rc) {
            if (!live) live = have;
            assert_int_equal(have, live);
            assert_true(have < DOCS - 1);
        } else assert_true(have == DOCS - 1 || !live || have == live);
        w = open_writer(LS_WRITER_NO_MERGE, 0); /* the lock is free, and it goes on */
        OK(change(w));
        ls_writer_close(w);
        points++;
        failed += rc != 0;
        if (over) return;
    }
}

static void writing(void **state)
{
    (void)state;
    points = failed = 0;
    writing_with(true, 0, false);
    writing_with(true, 0, true);
    writing_with(false, ENOSPC, false);
    writing_with(false, EDQUOT, true);
    writing_with(false, EIO, false);
    writing_with(false, EINTR, false);
    writing_with(false, 0, false); /* a short write */
    print_message("delete_query, kill, purge: %llu points, %llu errors\n", (unsigned long long)points,
                  (unsigned long long)failed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(reading, index_clean), cmocka_unit_test_teardown(writing, index_clean),
        cmocka_unit_test_teardown(damaged, index_clean), cmocka_unit_test_teardown(damaged_writing, index_clean)};
    take_arguments(argc, argv);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
