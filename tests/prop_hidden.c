/* prop_hidden.c — hidden means without a trace: all that a reader without the scope can ask of an index is written down
 * byte for byte, then hidden documents of new guids are added, and it is asked again; nothing may differ. The hidden ones
 * are made to be found: words that complete and correct what is asked, values for the facets, copies of what is there,
 * better matches. Once with an index that has hidden and released documents already, in several states of merging.
 * usage: prop_hidden [SEED [ROUNDS]] */
#include "tests/story_util.h"

#define HOUR ((int64_t)3600000)

static uint64_t seed = 1, rounds = 3;
static char *text;
static size_t len, cap;

static void say(const char *format, ...)
{
    va_list ap;
    char line[4096];
    va_start(ap, format);
    int n = vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    assert_true(n >= 0 && (size_t)n < sizeof line);
    if (len + (size_t)n + 1 > cap) {
        cap = 2 * cap + (size_t)n + 4096;
        text = realloc(text, cap);
        assert_non_null(text);
    }
    memcpy(text + len, line, (size_t)n + 1);
    len += (size_t)n;
}

static const char *const queries[] = {
    "w1",      "w12 w3", "w5 OR w40 OR zebra", "\"w1 w2\"",         "w1 -w2",     "w4 w/5 w9", "w1*", "zebr*",
    "secret",  "wl2~",   "title:w7",           "source:\"Wire 2\"", "source:spy", "w2 w3 w4",  "*",   "w800 OR w1",
    "zebra~2", "w1? w3", "section:x OR w6",    "published:2023 w1", "w700",
};

static void tell_results(const ls_reader *r, const char *query, const ls_search_options *o)
{
    ls_query *q;
    ls_results *res;
    OK(ls_query_parse(&q, ls_reader_schema(r), query, strlen(query), NULL, &err));
    OK(ls_search(&res, r, q, o, &err));
    ls_results_info i = ls_results_get(res);
    say("%s: %d %d %d %d %d\n", query, (int)i.total, i.total_is_exact, (int)i.count, (int)i.undated_excluded,
        (int)i.generation);
    if (o->fold) say(" leads %d %d\n", (int)i.total_leads, i.total_leads_is_exact);
    const ls_hit *h;
    for (size_t k = 0; (h = ls_results_hit(res, k)); k++) {
        say(" %.*s %a %d", (int)h->id_len, h->id, (double)h->score, (int)h->doc);
        const ls_fold *f = ls_results_fold(res, k);
        for (size_t n = 0; f && n < f->count; n++) say(" under it %d", (int)f->docs[n]);
        ls_explanation *e;
        OK(ls_explain(&e, r, q, o, h->doc, &err));
        for (size_t n = 0; n < e->count && k < 2; n++)
            say(" {%d %a %s}", e->nodes[n].depth, e->nodes[n].value, e->nodes[n].text);
        ls_explanation_free(e);
        ls_snippets *s;
        OK(ls_snippets_make(&s, r, q, h->doc, NULL, &err));
        for (size_t n = 0; n < s->count; n++) say(" [%s]", s->snippets[n].html);
        ls_snippets_free(s);
    }
    say(" cursor %s\n", ls_results_cursor(res) ? ls_results_cursor(res) : "-");
    const ls_facet_value *v;
    for (size_t a = 0; a < 2; a++)
        for (size_t k = 0; (v = ls_results_facet(res, a, k)); k++) say(" %s=%d", v->value, (int)v->count);
    for (size_t k = 0; ls_results_unmatched(res, k); k++) say(" no %s", ls_results_unmatched(res, k));
    for (size_t k = 0; ls_results_warning(res, k); k++) say(" warns %s", ls_results_warning(res, k)->message);
    ls_feedback *f;
    OK(ls_feedback_new(&f, r, q, res, NULL, &err));
    for (size_t k = 0; ls_feedback_at(f, k); k++)
        say(" +%s^%g", ls_feedback_at(f, k)->word, ls_feedback_at(f, k)->boost);
    say("\n");
    ls_feedback_free(f);
    ls_results_free(res);
    ls_query_free(q);
}

static void tell_suggestions(const ls_reader *r, const char *typed)
{
    ls_suggestions *s;
    OK(ls_suggest(&s, r, typed, strlen(typed), 10, &err));
    say("%s>", typed);
    for (size_t k = 0; k < s->count; k++) say(" %s:%d", s->completions[k].text, (int)s->completions[k].documents);
    say(" ? %s\n", s->did_you_mean ? s->did_you_mean : "-");
    ls_suggestions_free(s);
}

static uint64_t copies; /* told */

static void tell_copies(const ls_reader *r, uint64_t doc)
{
    ls_similar_list *list;
    LS_INIT(ls_similar_options, o);
    o.no_passages = 1;
    OK(ls_similar_find(&list, r, doc, &o, &err));
    for (size_t k = 0; k < list->count; k++, copies++)
        say(" %s %d %.4f", ls_relation_name(list->items[k].relation), (int)list->items[k].doc, list->items[k].shared);
    ls_similar_free(list);
}

/* All that can be asked. numbers: of documents, commits and files as well, which merging changes. */
static char *tell_all(const ls_reader *r)
{
    static const char *const facets[] = {"source", "section"};
    static const char *const typed[] = {"w", "zeb", "zebar", "sec", "wq2 w3", "secert", "Hid", "w8"};
    len = 0;
    LS_INIT(ls_search_options, o);
    LS_INIT(ls_stats, s);
    o.facets = facets;
    o.facet_count = 2;
    o.timeout_ms = -1;
    o.now = 1700000000000; /* it stands in the cursors */
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        tell_results(r, queries[i], &o);
        ls_search_options sorted = o;
        sorted.sort = LS_BY_FIELD_DESC;
        sorted.sort_field = "published";
        sorted.limit = 5;
        tell_results(r, queries[i], &sorted);
        sorted.fold = LS_FOLD_STORY;
        tell_results(r, queries[i], &sorted);
    }
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) tell_suggestions(r, typed[i]);
    OK(ls_reader_stats(r, &s, &err));
    say("stats");
    const uint64_t *p = &s.generation; /* the numbers stand one behind the other */
    for (; p <= &s.dictionary_bytes; p++) say(" %d", (int)*p);
    for (size_t i = 0; i < s.language_count; i++) say(" %s %d", s.languages[i].language, (int)s.languages[i].documents);
    int64_t next, last = ls_reader_epoch(r, &next);
    (void)next; /* when the next embargo ends is told to caches, which keep it to themselves */
    say("\nepoch %lld\n", (long long)last);
    uint64_t doc = UINT64_MAX;
    for (int n = 0; !ls_reader_next(r, &doc, &err); n++) {
        ls_query *like;
        say("%d", (int)doc);
        tell_copies(r, doc);
        if (n % 40) continue;
        OK(ls_more_like(&like, r, doc, &err));
        say(" like %s\n", ls_query_parsed(like));
        ls_query_free(like);
    }
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

static char before_it[900]; /* the body that came before: one in four takes it over, hidden or not */

static void add_random(ls_writer *w, uint64_t *x, int number, bool hidden, int64_t embargoed)
{
    char guid[32], title[64], body[900], source[16];
    static const char *const baits[] = {"zebra secret", "zebar Hidden", "w800 w1 w1 w1", "secrets zebras"};
    snprintf(guid, sizeof guid, "%s%d", hidden ? "hidden" : "guid", number);
    random_text(x, title, sizeof title, 4);
    random_text(x, body, sizeof body - 40, 5 + random_next(x) % 80);
    if (before_it[0] && random_next(x) % 4 == 0) snprintf(body, sizeof body - 40, "%.800s", before_it);
    snprintf(before_it, sizeof before_it, "%s", body);
    if (hidden) {
        strcat(body, " ");
        strcat(body, baits[random_next(x) % 4]);
    }
    snprintf(source, sizeof source, hidden && number % 2 ? "Spy" : "Wire %d", number % 4);
    bool never = hidden && !embargoed;
    added_by(w, (story){.guid = guid,
                        .title = title,
                        .body = body,
                        .source = source,
                        .updated = 1690000000000 + number * HOUR,
                        .status = never ? "withheld" : NULL,
                        .embargoed = embargoed});
}

static void compare(const char *before, const char *after, const char *when)
{
    if (!strcmp(before, after)) return;
    size_t i = 0;
    while (before[i] == after[i]) i++;
    size_t from = i > 200 ? i - 200 : 0;
    print_error("%s: at byte %zu\nbefore: %.400s\nafter:  %.400s\n", when, i, before + from, after + from);
    fail();
}

static void look_again(const char *before, const char *when)
{
    ls_reader *r = reader(0);
    char *after = tell_all(r);
    compare(before, after, when);
    free(after);
    ls_reader_close(r);
}

static void without_a_trace(void **state)
{
    (void)state;
    uint64_t x = seed * 0x9e3779b97f4a7c15 + 7;
    int64_t t0 = clock_now;
    for (uint64_t round = 0; round < rounds; round++) {
        ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
        int number = 0;
        for (int i = 0; i < 200; i++) {
            add_random(w, &x, number++, false, 0);
            if (round && i % 9 == 0) add_random(w, &x, number++, true, i % 2 ? t0 + HOUR : t0 + 400 * HOUR);
            if (i % 70 == 69) OK(ls_commit(w, NULL, &err));
        }
        OK(ls_commit(w, NULL, &err));
        if (round == 2) OK(ls_merge(w, 1, &err)); /* hidden and released ones in one segment */
        clock_now = t0 + 2 * HOUR;
        ls_reader *r = reader(0), *newer;
        char *before = tell_all(r);
        for (int i = 0; i < 25; i++) add_random(w, &x, number++, true, i % 2 ? 0 : clock_now + 1 + i);
        OK(ls_commit(w, NULL, &err));
        look_again(before, "after the commit");
        OK(ls_reader_refresh(&newer, r, &err));
        char *after = tell_all(newer);
        compare(before, after, "after a refresh");
        free(after);
        ls_reader_close(newer);
        for (int i = 0; i < 5; i++) add_random(w, &x, number++, true, INT64_MAX);
        OK(ls_commit(w, NULL, &err));
        ls_writer_close(w);
        w = clocked_writer(LS_WRITER_NO_MERGE, 0);
        look_again(before, "in the next process");
        ls_writer_close(w);
        ls_reader_close(r);
        free(before);
        index_clean(NULL);
        clock_now = t0;
    }
    assert_true(copies);
    free(text);
    text = NULL;
    cap = 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(without_a_trace, index_clean)};
    if (argc > 1) seed = strtoull(argv[1], NULL, 10);
    if (argc > 2) rounds = strtoull(argv[2], NULL, 10);
    print_message("seed %llu, %llu rounds\n", (unsigned long long)seed, (unsigned long long)rounds);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
