/* t_filter.c — filtered searches: the quick ways against the exhaustive one, and the numbers of both against what was
 * added. Ranges and keywords that leave all, some, few and none, in segments with dates in order, at random and absent,
 * over deleted documents; more ranges than a scratch keeps, each asked again; from several threads. */
#include "tests/ok.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOCS   20000
#define RANGES 70

static _Thread_local ls_error err;
static char dir[300];
static const char *const SOURCES[] = {"Reuters", "AP", "dpa", "AFP"};
static struct made {
    int64_t date;
    bool dated, gone, half, arms, rare;
    uint32_t source;
} made[DOCS];

static uint32_t rnd(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

/* Documents 0..8999 have dates at random, 9000..16999 rising, the rest none or the same. */
static void make(int i, uint32_t *seed)
{
    struct made *m = &made[i];
    m->half = rnd(seed, 2) == 0;
    m->arms = rnd(seed, 3) == 0;
    m->rare = rnd(seed, 97) == 0;
    m->source = rnd(seed, 4);
    m->dated = i < 9000 ? rnd(seed, 20) != 0 : i < 17000 ? true : i >= 19000;
    m->date = i < 9000 ? (int64_t)rnd(seed, 900000) * 1000 : i < 17000 ? (int64_t)i * 50000 : 777000;
}

static void add(ls_writer *w, ls_doc *d, int i, uint32_t *seed)
{
    const struct made *m = &made[i];
    char text[200], id[16];
    int n = snprintf(id, sizeof id, "%d", i);
    ls_doc_clear(d);
    OK(ls_doc_set_id(d, id, (size_t)n, &err));
    OK(ls_doc_set_language(d, "english", &err));
    n = snprintf(text, sizeof text, "common %s %s %s %s", m->half ? "half of it half" : "filler",
                 m->arms ? "arms deal" : "deal arms", m->rare ? "rare rare" : "",
                 rnd(seed, 5) ? "longer words that make a text longer" : "common");
    OK(ls_doc_add_text(d, "body", text, (size_t)n, &err));
    OK(ls_doc_add_text(d, "source", SOURCES[m->source], strlen(SOURCES[m->source]), &err));
    if (m->dated) OK(ls_doc_add_int(d, "published", m->date, &err));
    OK(ls_add(w, d, NULL, &err));
}

static void build(void)
{
    ls_schema *s = NULL;
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    LS_INIT(ls_writer_options, o);
    uint32_t seed = 7;
    const ls_field fields[] = {{sizeof *fields, "body", LS_TEXT, 1, 0},
                               {sizeof *fields, "source", LS_KEYWORD, 0, 0},
                               {sizeof *fields, "published", LS_DATE, 0, 0}};
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 3; i++) OK(ls_schema_add(s, &fields[i], &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, dir, &o, &err));
    OK(ls_doc_new(&d, &err));
    for (int i = 0; i < DOCS; i++) {
        make(i, &seed);
        add(w, d, i, &seed);
        if (i == 8999 || i == 16999) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    for (int i = 0; i < DOCS; i += 13) {
        char id[16];
        int n = snprintf(id, sizeof id, "%d", i);
        OK(ls_delete(w, id, (size_t)n, &err));
        made[i].gone = true;
    }
    OK(ls_commit(w, NULL, &err));
    ls_doc_free(d);
    ls_writer_close(w);
    ls_schema_free(s);
}

static const char *const QUERIES[] = {"common",
                                      "rare",
                                      "half OR rare",
                                      "half AND rare",
                                      "common half",
                                      "\"arms deal\"~",
                                      "half OR arms OR filler",
                                      "hal*",
                                      "\"arms deal\" OR rare",
                                      "common AND rare AND half",
                                      "rare NOT half"};
enum { QUERY_COUNT = sizeof QUERIES / sizeof QUERIES[0] };

static bool matches(int query, const struct made *m)
{
    const bool holds[QUERY_COUNT] = {true,
                                     m->rare,
                                     m->half || m->rare,
                                     m->half && m->rare,
                                     m->half,
                                     m->arms,
                                     true,
                                     m->half,
                                     m->arms || m->rare,
                                     m->rare && m->half,
                                     m->rare && !m->half};
    return holds[query];
}

static bool keeps(const ls_filter *f, size_t n, const struct made *m)
{
    for (size_t i = 0; i < n; i++) {
        bool yes = m->dated && m->date >= f[i].from && m->date <= f[i].to;
        if (f[i].values) yes = strcmp(f[i].values[0], SOURCES[m->source]) == 0;
        if (yes == (f[i].exclude != 0)) return false;
    }
    return true;
}

/* One search: its hits as text, and its total. */
static uint64_t ask(const ls_reader *r, int query, const ls_search_options *o, char *out, size_t room)
{
    ls_query *q = NULL;
    ls_results *res = NULL;
    OK(ls_query_parse(&q, ls_reader_schema(r), QUERIES[query], strlen(QUERIES[query]), NULL, &err));
    OK(ls_search(&res, r, q, o, &err));
    out[0] = 0;
    for (size_t i = 0, at = 0; ls_results_hit(res, i) && at < room; i++) {
        const ls_hit *h = ls_results_hit(res, i);
        at += (size_t)snprintf(out + at, room - at, "%s %.9g\n", h->id, h->score);
        if (!keeps(o->filters, o->filter_count, &made[atoi(h->id)]))
            fail_msg("%s: %s is no hit", QUERIES[query], h->id);
    }
    uint64_t total = ls_results_get(res).total;
    ls_results_free(res);
    ls_query_free(q);
    return total;
}

/* A range of a width chosen by its number; every fifth has an end that is open. */
static ls_filter range(uint32_t *seed, int i)
{
    static const int64_t WIDTHS[] = {0, 1000000, 20000000, 200000000, 900000000};
    ls_filter f = {"published", 0, NULL, 0, (int64_t)rnd(seed, 900000) * 1000, 0};
    f.to = f.from + WIDTHS[i % 5];
    if (i % 10 == 3) f.from = INT64_MIN;
    if (i % 10 == 8) f.to = INT64_MAX;
    return f;
}

static int falling(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x < y) - (x > y);
}

/* The newest of a query, and how many match, which are asked without scores. */
static void check_newest(const ls_reader *r, int query, const ls_filter *f, size_t filters, uint64_t want)
{
    static _Thread_local int64_t dates[DOCS];
    char out[2000];
    size_t n = 0;
    LS_INIT(ls_search_options, o);
    o.filters = f;
    o.filter_count = filters;
    o.timeout_ms = -1;
    o.count_only = 1;
    assert_int_equal(ask(r, query, &o, out, sizeof out), want);
    o.count_only = 0;
    o.sort = LS_BY_FIELD_DESC;
    o.sort_field = "published";
    o.total = LS_TOTAL_NONE;
    ask(r, query, &o, out, sizeof out);
    for (int d = 0; d < DOCS; d++) {
        const struct made *m = &made[d];
        if (!m->gone && matches(query, m) && keeps(f, filters, m)) dates[n++] = m->dated ? m->date : INT64_MIN;
    }
    qsort(dates, n, sizeof *dates, falling);
    const char *line = out;
    for (size_t i = 0; i < n && i < 10; i++, line = strchr(line, '\n') + 1) {
        const struct made *m = &made[atoi(line)];
        assert_true(*line && dates[i] == (m->dated ? m->date : INT64_MIN));
    }
    assert_true(!*line);
}

static void compare(const ls_reader *r, uint32_t seed)
{
    char quick[2000], slow[2000];
    for (int round = 0; round < 2; round++) {
        uint32_t s = seed; /* the same again: now from what is kept */
        for (int i = 0; i < RANGES; i++) {
            int query = i % QUERY_COUNT;
            const char *value = SOURCES[rnd(&s, 4)];
            ls_filter f[2] = {range(&s, i), {"source", i % 3 == 2, &value, 1, 0, 0}};
            LS_INIT(ls_search_options, o);
            f[0].exclude = i % 7 == 6;
            o.filters = f;
            o.filter_count = 1 + (i % 3 != 0);
            o.timeout_ms = -1;
            o.limit = i % 4 ? 10 : 40;
            o.exhaustive = 1;
            uint64_t total = ask(r, query, &o, slow, sizeof slow), want = 0, unfiltered = 0;
            o.exhaustive = 0;
            o.total = LS_TOTAL_NONE;
            ask(r, query, &o, quick, sizeof quick);
            assert_string_equal(quick, slow);
            for (int d = 0; d < DOCS; d++) {
                if (made[d].gone || !matches(query, &made[d])) continue;
                unfiltered++;
                want += keeps(f, o.filter_count, &made[d]);
            }
            assert_int_equal(total, want);
            check_newest(r, query, f, i % 2 ? 0 : o.filter_count, i % 2 ? unfiltered : want);
        }
    }
}

static void test_same(void **state)
{
    (void)state;
    ls_reader *r = NULL;
    OK(ls_reader_open(&r, dir, NULL, &err));
    compare(r, 1);
    compare(r, 2);
    ls_reader_close(r);
}

static void *compare_often(void *arg)
{
    compare(arg, 3);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    ls_reader *r = NULL;
    pthread_t threads[3];
    OK(ls_reader_open(&r, dir, NULL, &err));
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, compare_often, r), 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    ls_reader_close(r);
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/t_filter.%ld", tmp ? tmp : "/tmp", (long)getpid());
    build();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same), cmocka_unit_test(test_threads)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char cmd[400];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd) || failed;
}
