/* copies.c — what bench/copies.py asks of an index: every relation there is, and what folding adds to a search.
 *   copies pairs INDEX             a line a pair: id, id, relation, share
 *   copies folds INDEX QUERY       a line a hit: id, score, folded, max_shared, relation
 *   copies time INDEX < queries    median processor time of a search of 20 hits, without folding and with it */
#include "libsearch/libsearch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUERIES 1000
#define ROUNDS  15

static void must(int rc, const ls_error *err)
{
    if (!rc) return;
    fprintf(stderr, "copies: %s\n", err->message);
    exit(2);
}

static void print_id(const ls_reader *r, uint64_t doc, const char *behind)
{
    ls_error err;
    ls_doc *d;
    size_t len;
    must(ls_reader_doc(&d, r, doc, &err), &err);
    const char *id = ls_doc_id(d, &len);
    printf("%.*s%s", (int)len, id, behind);
    ls_doc_free(d);
}

static void pairs(const ls_reader *r)
{
    ls_error err;
    LS_INIT(ls_similar_options, o);
    o.no_passages = 1;
    o.limit = 100000;
    for (uint64_t doc = UINT64_MAX; !ls_reader_next(r, &doc, &err);) {
        ls_similar_list *list;
        must(ls_similar_find(&list, r, doc, &o, &err), &err);
        for (size_t i = 0; i < list->count; i++) {
            if (list->items[i].doc < doc) continue;
            print_id(r, doc, "\t");
            print_id(r, list->items[i].doc, "\t");
            printf("%s\t%.4f\n", ls_relation_name(list->items[i].relation), list->items[i].shared);
        }
        ls_similar_free(list);
    }
}

static ls_results *search(const ls_reader *r, const char *text, int fold)
{
    ls_error err;
    ls_query *q;
    ls_results *res;
    LS_INIT(ls_search_options, o);
    o.limit = 20;
    o.fold = fold;
    must(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err), &err);
    must(ls_search(&res, r, q, &o, &err), &err);
    ls_query_free(q);
    return res;
}

static void folds(const ls_reader *r, const char *text)
{
    ls_results *res = search(r, text, LS_FOLD_SIMILAR);
    const ls_hit *h;
    for (size_t i = 0; (h = ls_results_hit(res, i)); i++) {
        const ls_fold *f = ls_results_fold(res, i);
        print_id(r, h->doc, "\t");
        printf("%.4f\t%zu\t%.4f\t%s\n", (double)h->score, f ? f->count : 0, f ? f->max_shared : 0,
               f ? ls_relation_name(f->relation) : "");
    }
    ls_results_free(res);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double best_of(const ls_reader *r, const char *text, int fold)
{
    double best = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double begin = now_us();
        ls_results_free(search(r, text, fold));
        double t = now_us() - begin;
        if (t < best) best = t;
    }
    return best;
}

static void times(const ls_reader *r)
{
    static double plain[QUERIES], added[QUERIES];
    char line[1024];
    size_t n = 0, full = 0;
    while (n < QUERIES && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        ls_results *res = search(r, line, LS_FOLD_SIMILAR);
        size_t count = ls_results_get(res).count;
        ls_results_free(res);
        if (count < 20) continue;
        full++;
        plain[n] = best_of(r, line, LS_FOLD_NONE);
        added[n] = best_of(r, line, LS_FOLD_SIMILAR) - plain[n];
        n++;
    }
    if (!n) return;
    qsort(plain, n, sizeof *plain, by_value);
    qsort(added, n, sizeof *added, by_value);
    printf("queries with 20 leads: %zu; without folding: median %.1f us; folding adds: median %.1f, 95 of 100 %.1f, "
           "most %.1f us\n",
           full, plain[n / 2], added[n / 2], added[n * 95 / 100], added[n - 1]);
}

int main(int argc, char **argv)
{
    ls_error err;
    ls_reader *r;
    if (argc < 3) return 2;
    must(ls_reader_open(&r, argv[2], NULL, &err), &err);
    if (!strcmp(argv[1], "pairs")) pairs(r);
    else if (!strcmp(argv[1], "folds") && argc > 3) folds(r, argv[3]);
    else if (!strcmp(argv[1], "time")) times(r);
    ls_reader_close(r);
    return 0;
}
