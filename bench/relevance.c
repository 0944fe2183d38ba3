/* relevance.c — MAP, nDCG@10 and R@100 of a test collection: relevance INDEX QUERIES.tsv QRELS.txt [name=value …]
 * QUERIES: id TAB text; QRELS: query 0 document relevance. Settings: k1=1.2 b=0.75 proximity=0 (weight of "w/8" clauses
 * of neighbouring words, 0: none) function_words=0|1 feedback=0 (weight of words=0 words from the first documents=0
 * hits; 0: the default). Prints one line: queries, nDCG@10, MAP, R@100.
 * Queries are OR queries (match=any); documents not judged count as not relevant; queries without a relevant document
 * are left out. nDCG: gain = relevance, discount 1/log2(rank + 1) (Järvelin & Kekäläinen 2002). */
#include "libsearch/libsearch.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 1000 };
typedef struct judgement {
    char query[32], doc[64];
    int relevance;
} judgement;
static judgement *judged;
static size_t judged_count;
static double k1, b = -1, proximity;
static bool score_function_words, use_feedback;
static ls_feedback_options feedback_options = {.size = sizeof feedback_options};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "relevance: %s: %s\n", what, why);
    return 2;
}

static bool load_judgements(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) return false;
    char line[512];
    size_t cap = 0;
    while (fgets(line, sizeof line, f)) {
        judgement j;
        if (sscanf(line, "%31s %*s %63s %d", j.query, j.doc, &j.relevance) != 3) continue;
        if (judged_count == cap) {
            cap = cap ? cap * 2 : 1024;
            judged = realloc(judged, cap * sizeof *judged);
            if (!judged) abort();
        }
        judged[judged_count++] = j;
    }
    fclose(f);
    return true;
}

static int relevance_of(const char *query, const char *doc, size_t doc_len)
{
    for (size_t i = 0; i < judged_count; i++)
        if (!strcmp(judged[i].query, query) && strlen(judged[i].doc) == doc_len && !memcmp(judged[i].doc, doc, doc_len))
            return judged[i].relevance;
    return 0;
}

static int by_falling(const void *x, const void *y)
{
    return *(const int *)y - *(const int *)x;
}

/* The best reachable DCG@10, and the number of relevant documents. */
static double ideal(const char *query, size_t *relevant)
{
    int gains[4096];
    size_t n = 0;
    for (size_t i = 0; i < judged_count && n < 4096; i++)
        if (!strcmp(judged[i].query, query) && judged[i].relevance > 0) gains[n++] = judged[i].relevance;
    qsort(gains, n, sizeof *gains, by_falling);
    double dcg = 0;
    for (size_t i = 0; i < n && i < 10; i++) dcg += gains[i] / log2((double)i + 2);
    *relevant = n;
    return dcg;
}

/* The words, and where asked for, a w/8 clause for each two neighbours. */
static void make_text(const char *q, char *out, size_t cap)
{
    char words[512][48];
    size_t count = 0, n = 0;
    for (const char *p = q; *p && count < 512;) {
        while (*p && strchr(" .,;:!?()[]\"'*~^+-/\r\n", *p)) p++;
        size_t len = strcspn(p, " .,;:!?()[]\"'*~^+-/\r\n");
        if (len && len < 48) {
            memcpy(words[count], p, len);
            words[count][len] = 0;
            for (char *c = words[count]; *c; c++)
                if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
            count++;
        }
        p += len;
    }
    out[0] = 0;
    for (size_t i = 0; i < count && n + 60 < cap; i++) n += (size_t)snprintf(out + n, cap - n, "%s ", words[i]);
    for (size_t i = 0; proximity > 0 && i + 1 < count && n + 130 < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, "(%s w/8 %s)^%g ", words[i], words[i + 1], proximity);
}

/* The query once more, with words of the best of its first search. */
static int widen(ls_query **q, const ls_reader *r, const char *text, ls_query_options *qo, const ls_search_options *so,
                 ls_error *e)
{
    ls_results *best = NULL;
    ls_feedback *f = NULL;
    ls_query *wider = NULL;
    int rc = ls_search(&best, r, *q, so, e);
    if (!rc) rc = ls_feedback_new(&f, r, *q, best, &feedback_options, e);
    qo->feedback = f;
    if (!rc) rc = ls_query_parse(&wider, ls_reader_schema(r), text, strlen(text), qo, e);
    if (!rc) {
        ls_query_free(*q);
        *q = wider;
    }
    ls_feedback_free(f);
    ls_results_free(best);
    return rc;
}

typedef struct sums {
    double ndcg, map, recall;
    size_t queries;
} sums;

static bool run_query(const ls_reader *r, const char *id, const char *text, sums *s)
{
    size_t relevant;
    double best = ideal(id, &relevant);
    if (!relevant) return true;
    char buf[4096];
    make_text(text, buf, sizeof buf);
    ls_error e;
    ls_query *q = NULL;
    ls_results *res = NULL;
    LS_INIT(ls_query_options, qo);
    qo.flags = LS_MATCH_ANY | (score_function_words ? LS_SCORE_FUNCTION_WORDS : 0u);
    LS_INIT(ls_search_options, so);
    so.limit = DEPTH;
    so.k1 = k1;
    so.b = b < 0 ? 0 : b == 0 ? -1 : b;
    so.timeout_ms = -1;
    int rc = ls_query_parse(&q, ls_reader_schema(r), buf, strlen(buf), &qo, &e);
    if (!rc && use_feedback) rc = widen(&q, r, buf, &qo, &so, &e);
    if (rc || ls_search(&res, r, q, &so, &e)) {
        fail(id, e.message);
        ls_query_free(q);
        return false;
    }
    double dcg = 0, precision = 0;
    size_t found = 0, found100 = 0;
    const ls_hit *h;
    for (size_t i = 0; (h = ls_results_hit(res, i)); i++) {
        int rel = relevance_of(id, h->id, h->id_len);
        if (rel <= 0) continue;
        if (i < 10) dcg += rel / log2((double)i + 2);
        if (i < 100) found100++;
        precision += (double)++found / (double)(i + 1);
    }
    s->ndcg += dcg / best;
    s->map += precision / (double)relevant;
    s->recall += (double)found100 / (double)relevant;
    s->queries++;
    ls_results_free(res);
    ls_query_free(q);
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return fail("usage", "relevance INDEX QUERIES.tsv QRELS.txt [k1=] [b=] [proximity=] [function_words=]");
    for (int i = 4; i < argc; i++) {
        if (!strncmp(argv[i], "k1=", 3)) k1 = strtod(argv[i] + 3, NULL);
        else if (!strncmp(argv[i], "b=", 2)) b = strtod(argv[i] + 2, NULL);
        else if (!strncmp(argv[i], "proximity=", 10)) proximity = strtod(argv[i] + 10, NULL);
        else if (!strncmp(argv[i], "function_words=", 15)) score_function_words = argv[i][15] == '1';
        else if (!strncmp(argv[i], "feedback=", 9)) {
            use_feedback = true;
            feedback_options.weight = strtod(argv[i] + 9, NULL);
        } else if (!strncmp(argv[i], "documents=", 10)) feedback_options.documents = strtoul(argv[i] + 10, NULL, 10);
        else if (!strncmp(argv[i], "words=", 6)) feedback_options.words = strtoul(argv[i] + 6, NULL, 10);
        else return fail(argv[i], "unknown setting");
    }
    if (!load_judgements(argv[3])) return fail(argv[3], "cannot be read");
    FILE *f = fopen(argv[2], "r");
    if (!f) return fail(argv[2], "cannot be read");
    ls_error e;
    ls_reader *r = NULL;
    if (ls_reader_open(&r, argv[1], NULL, &e)) return fail(argv[1], e.message);
    sums s = {0};
    char line[8192];
    while (fgets(line, sizeof line, f)) {
        char *tab = strchr(line, '\t');
        if (!tab) continue;
        *tab = 0;
        if (!run_query(r, line, tab + 1, &s)) return 2;
    }
    fclose(f);
    ls_reader_close(r);
    free(judged);
    double n = s.queries ? (double)s.queries : 1;
    printf("%4zu queries  nDCG@10 %.4f  MAP %.4f  R@100 %.4f\n", s.queries, s.ndcg / n, s.map / n, s.recall / n);
    return 0;
}
