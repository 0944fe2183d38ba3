/* page.c — page INDEX QUERIES [key=value …]: what a page of answers costs, layer by layer, in processor time of one
 * thread: the query, its hits, the documents of ten hits, their passages, and the JSON of whole answers. What a request
 * of HTTP takes beyond is told by http.sh, which asks the same questions of the server.
 *
 * Every query is asked once unheard, then in `rounds` (3) rounds, of which the quickest counts. CLASSES of QUERIES (lines
 * CLASS TAB QUERY; lines without a tab are queries) are chosen by classes=a,b. Only queries with a full page of hits count
 * for documents and passages. One more key: only=LAYER runs that alone, for a profiler. */
#include "json/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HITS = 10 };

typedef struct asked {
    const ls_reader *r;
    char **queries;
    size_t count, cap;
    int rounds;
    const char *only;
    ls_query *query; /* the present one */
    uint64_t docs[HITS];
} asked;

static void die(const char *what, const ls_error *e)
{
    fprintf(stderr, "page: %s%s%s\n", what, e ? ": " : "", e ? e->message : "");
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/* ---- the layers: each returns false where the query does not count for it ---- */

static void search(const asked *a, size_t limit, uint64_t *docs, size_t *found)
{
    LS_INIT(ls_search_options, o);
    ls_error e = {0};
    ls_results *res;
    const ls_hit *h;
    size_t n = 0;
    o.limit = limit;
    o.count_only = limit == 0;
    if (ls_search(&res, a->r, a->query, &o, &e)) die("ls_search", &e);
    for (; docs && n < limit && (h = ls_results_hit(res, n)); n++) docs[n] = h->doc;
    if (found) *found = n;
    ls_results_free(res);
}

static void run_parse(asked *a, const char *text)
{
    ls_query *q;
    ls_error e = {0};
    if (ls_query_parse(&q, ls_reader_schema(a->r), text, strlen(text), NULL, &e)) die("ls_query_parse", &e);
    ls_query_free(q);
}

static void run_count(asked *a, const char *text)
{
    (void)text;
    search(a, 0, NULL, NULL);
}

static void run_ten(asked *a, const char *text)
{
    (void)text;
    search(a, HITS, NULL, NULL);
}

static void run_documents(asked *a, const char *text)
{
    ls_error e = {0};
    ls_doc *d;
    (void)text;
    for (size_t i = 0; i < HITS; i++) {
        if (ls_reader_doc(&d, a->r, a->docs[i], &e)) die("ls_reader_doc", &e);
        ls_doc_free(d);
    }
}

static void run_passages(asked *a, const char *text)
{
    LS_INIT(ls_snippet_options, o);
    ls_error e = {0};
    ls_highlighter *h;
    ls_snippets *s;
    (void)text;
    if (ls_highlighter_open(&h, a->r, a->query, &o, &e)) die("ls_highlighter_open", &e);
    for (size_t i = 0; i < HITS; i++) {
        if (ls_highlighter_make(&s, h, a->docs[i], NULL, &e)) die("ls_highlighter_make", &e);
        ls_snippets_free(s);
    }
    ls_highlighter_close(h);
}

static void answer(asked *a, const char *text, const char *const *set)
{
    static js_text out;
    js_request q;
    js_problem p = {0};
    int rc;
    js_request_init(&q, JS_FOR_SEARCH);
    rc = js_request_set(&q, "q", 1, text, strlen(text), &p);
    for (; !rc && *set; set += 2) rc = js_request_set(&q, set[0], strlen(set[0]), set[1], strlen(set[1]), &p);
    if (!rc) rc = js_request_ready(&q, ls_reader_schema(a->r), &p);
    js_text_reset(&out);
    if (!rc) rc = js_search(&out, &q, a->r, &p);
    if (rc) die(p.detail, NULL);
    js_request_clear(&q);
}

static void run_none(asked *a, const char *text)
{
    answer(a, text, (const char *const[]){"limit", "0", NULL});
}

static void run_ids(asked *a, const char *text)
{
    answer(a, text, (const char *const[]){"limit", "10", "snippets", "0", "fields", "id", NULL});
}

static void run_json(asked *a, const char *text)
{
    answer(a, text, (const char *const[]){"limit", "10", "snippets", "0", NULL});
}

static void run_defaults(asked *a, const char *text)
{
    answer(a, text, (const char *const[]){NULL});
}

static void run_suggest(asked *a, const char *text)
{
    static js_text out;
    ls_error e = {0};
    js_text_reset(&out);
    if (js_write_suggest(&out, a->r, text, strlen(text), 10, false, &e)) die("js_write_suggest", &e);
}

static const struct {
    const char *name, *what;
    void (*run)(asked *, const char *);
    int full; /* counts only with a full page */
} layers[] = {{"parse", "the query's text to its tree", run_parse, 0},
              {"count", "search: the number alone", run_count, 0},
              {"ten", "search: the best ten and the number", run_ten, 0},
              {"documents", "ten documents read whole", run_documents, 1},
              {"passages", "passages of ten hits, with reading them", run_passages, 1},
              {"none", "answer as JSON, limit=0", run_none, 0},
              {"ids", "limit=10&snippets=0&fields=id", run_ids, 0},
              {"hits", "limit=10&snippets=0", run_json, 0},
              {"defaults", "the defaults: 20 hits, two passages each", run_defaults, 0},
              {"suggest", "the query as if it were being typed", run_suggest, 0}};
enum { LAYERS = sizeof layers / sizeof *layers };

/* ---- the whole ---- */

static void read_queries(asked *a, const char *path, const char *classes)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (!f) die(path, NULL);
    while ((n = getline(&line, &room, f)) > 0) {
        char *tab = strchr(line, '\t'), *text = tab ? tab + 1 : line;
        if (line[n - 1] == '\n') line[n - 1] = 0;
        if (tab) *tab = 0;
        if (tab && classes) {
            const char *at = classes;
            size_t len = strlen(line);
            while (at && (strncmp(at, line, len) || (at[len] && at[len] != ','))) {
                at = strchr(at, ',');
                if (at) at++;
            }
            if (!at) continue;
        }
        if (a->count == a->cap) {
            a->cap = a->cap ? 2 * a->cap : 256;
            a->queries = realloc(a->queries, a->cap * sizeof *a->queries);
            if (!a->queries) die("no memory", NULL);
        }
        if (!(a->queries[a->count++] = strdup(text))) die("no memory", NULL);
    }
    free(line);
    fclose(f);
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(int layer, double *us, size_t n)
{
    double sum = 0;
    if (!n) return;
    qsort(us, n, sizeof *us, rising);
    for (size_t i = 0; i < n; i++) sum += us[i];
    printf("%-10s %8.1f %8.1f %8.1f %6zu  %s\n", layers[layer].name, sum / (double)n, us[n / 2], us[n * 99 / 100], n,
           layers[layer].what);
}

static void measure(asked *a, int layer)
{
    double *us = malloc((a->count + 1) * sizeof *us);
    size_t n = 0;
    if (!us) die("no memory", NULL);
    for (size_t i = 0; i < a->count; i++) {
        const char *text = a->queries[i];
        ls_error e = {0};
        size_t found;
        double best = 0;
        if (ls_query_parse(&a->query, ls_reader_schema(a->r), text, strlen(text), NULL, &e)) die("ls_query_parse", &e);
        search(a, HITS, a->docs, &found);
        for (int k = 0; k <= a->rounds && (found == HITS || !layers[layer].full); k++) {
            double from = now_us();
            layers[layer].run(a, text);
            double took = now_us() - from;
            if (k && (k == 1 || took < best)) best = took;
        }
        if (found == HITS || !layers[layer].full) us[n++] = best;
        ls_query_free(a->query);
    }
    report(layer, us, n);
    free(us);
}

int main(int argc, char **argv)
{
    asked a = {.rounds = 3};
    const char *classes = NULL;
    ls_error e = {0};
    ls_reader *r;
    if (argc < 3) die("page INDEX QUERIES [classes=a,b] [rounds=n] [only=layer]", NULL);
    for (int i = 3; i < argc; i++) {
        if (!strncmp(argv[i], "classes=", 8)) classes = argv[i] + 8;
        else if (!strncmp(argv[i], "rounds=", 7)) a.rounds = atoi(argv[i] + 7);
        else if (!strncmp(argv[i], "only=", 5)) a.only = argv[i] + 5;
        else die(argv[i], NULL);
    }
    if (ls_reader_open(&r, argv[1], NULL, &e)) die("ls_reader_open", &e);
    a.r = r;
    read_queries(&a, argv[2], classes);
    printf("%-10s %8s %8s %8s %6s  processor time of one thread, us\n", "layer", "mean", "median", "p99", "of");
    for (int i = 0; i < LAYERS; i++)
        if (!a.only || !strcmp(a.only, layers[i].name)) measure(&a, i);
    for (size_t i = 0; i < a.count; i++) free(a.queries[i]);
    free(a.queries);
    ls_reader_close(r);
    return 0;
}
