/* figures.c — figures LINES DIR [THREADS]: builds an index of the news schema, on one thread or on so many, and
 * prints the rate, the sizes by structure, what opening costs, and what a reader keeps in memory beside the pages of its
 * files. The lines (bench/lines.py) are read before the clock starts; "text" is title and body. */
#include "bench/peers/drive.h"
#include "libsearch/libsearch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double processor(clockid_t whose)
{
    struct timespec t;
    clock_gettime(whose, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int fail(const char *did, const ls_error *e)
{
    fprintf(stderr, "figures: %s: %s\n", did, e->message);
    return 1;
}

static int put(ls_doc *d, const char *field, const char *text)
{
    return *text ? ls_doc_add_text(d, field, text, strlen(text), NULL) : LS_OK;
}

static int add_one(ls_writer *w, ls_doc *d, const drive_article *x, ls_error *e)
{
    ls_doc_clear(d);
    if (ls_doc_set_id(d, x->id, strlen(x->id), e) || put(d, "title", x->title) || put(d, "body", x->body) ||
        put(d, "byline", x->byline) || put(d, "source", x->source) || put(d, "section", x->section))
        return LS_NOMEM;
    if (ls_doc_add_int(d, "published", x->stamp * 1000, e)) return LS_NOMEM;
    return ls_add(w, d, NULL, e);
}

typedef struct articles { /* all of them, in memory */
    drive_article *list;
    size_t count, cap;
    uint64_t text_bytes;
} articles;

static int read_all(articles *a, const char *corpus)
{
    drive_lines *c = drive_lines_open(corpus);
    drive_article x;
    if (!c) return 1;
    while (drive_lines_next(c, &x)) {
        const char **fields[] = {&x.id, &x.title, &x.source, &x.byline, &x.section, &x.body};
        if (a->count == a->cap) {
            a->cap = a->cap ? 2 * a->cap : 1024;
            a->list = realloc(a->list, a->cap * sizeof *a->list);
            if (!a->list) return 1;
        }
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (!(*fields[i] = strdup(*fields[i]))) return 1;
        a->list[a->count++] = x;
    }
    a->text_bytes = drive_lines_text_bytes(c);
    drive_lines_close(c);
    return 0;
}

static int build(const char *corpus, const char *dir, unsigned threads, uint64_t *text_bytes)
{
    ls_error e = {0};
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE;
    o.threads = threads;
    articles all = {0};
    if (read_all(&all, corpus) || ls_doc_new(&d, &e) || ls_writer_open(&w, dir, &o, &e)) return fail("open", &e);
    double t = now(), cpu = processor(CLOCK_PROCESS_CPUTIME_ID), own = processor(CLOCK_THREAD_CPUTIME_ID);
    for (size_t i = 0; i < all.count; i++)
        if (add_one(w, d, &all.list[i], &e)) return fail(all.list[i].id, &e);
    if (ls_commit(w, NULL, &e)) return fail("commit", &e);
    double added = now() - t;
    cpu = processor(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    own = processor(CLOCK_THREAD_CPUTIME_ID) - own;
    *text_bytes = all.text_bytes;
    double mb = (double)*text_bytes / 1e6;
    printf("documents                       %10zu\n", all.count);
    printf("text                            %10.1f MB\n", mb);
    printf("add and commit, %u thread%-7s %10.1f MB/s (%.2f s)\n", threads, threads == 1 ? "" : "s", mb / added, added);
    printf("   of processor time            %10.1f MB/s (%.2f s, of it the caller's thread %.2f s)\n", mb / cpu, cpu,
           own);
    t = now();
    if (ls_merge(w, 1, &e)) return fail("merge", &e);
    printf("merge into one segment          %10.2f s\n", now() - t);
    double worst = 0, sum = 0;
    for (int i = 0; i < 20; i++) { /* one article, added, durable and visible */
        char id[32];
        int n = snprintf(id, sizeof id, "one-%d", i);
        ls_doc_clear(d);
        t = now();
        if (ls_doc_set_id(d, id, (size_t)n, &e) || put(d, "title", "One more story") ||
            put(d, "body", "A short body.") || ls_add(w, d, NULL, &e) || ls_commit(w, NULL, &e))
            return fail("commit", &e);
        double took = now() - t;
        sum += took;
        if (took > worst) worst = took;
    }
    printf("commit of one article           %10.2f ms mean, %.2f ms worst of 20\n", sum / 20 * 1e3, worst * 1e3);
    for (int i = 0; i < 20; i++) {
        char id[32];
        int n = snprintf(id, sizeof id, "one-%d", i);
        if (ls_delete(w, id, (size_t)n, &e)) return fail("delete", &e);
    }
    if (ls_merge(w, 1, &e)) return fail("merge", &e);
    ls_writer_close(w);
    ls_doc_free(d);
    return 0; /* the process ends here */
}

static long anonymous_kb(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kb = -1;
    while (f && fgets(line, sizeof line, f)) sscanf(line, "RssAnon: %ld", &kb);
    if (f) fclose(f);
    return kb;
}

/* One query, parsed, searched for and freed again: microseconds of processor time, the best of five times 4,000. */
static double asked_us(const ls_reader *r, const char *text)
{
    enum { TIMES = 4000 };
    double best = 1e9;
    ls_error e;
    for (int round = 0; round < 5; round++) {
        double t = processor(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < TIMES; i++) {
            ls_query *q = NULL;
            ls_results *res = NULL;
            if (ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &e) ||
                ls_search(&res, r, q, NULL, &e))
                return -1;
            ls_results_free(res);
            ls_query_free(q);
        }
        double took = (processor(CLOCK_THREAD_CPUTIME_ID) - t) / TIMES * 1e6;
        if (took < best) best = took;
    }
    return best;
}

/* What a query costs whatever it finds: one word that no article has, and eight of them. */
static void fixed_cost(const ls_reader *r)
{
    double one = asked_us(r, "qxvzka");
    double eight = asked_us(r, "qxvzka qxvzkb qxvzkc qxvzkd qxvzke qxvzkf qxvzkg qxvzkh");
    double word = (eight - one) / 7;
    printf("fixed cost of a query           %10.2f us, parsed, of words that no article has\n", one - word);
    printf("each term of a query            %10.2f us\n", word);
}

static int sizes(const char *dir, uint64_t text_bytes)
{
    ls_error e;
    ls_reader *r = NULL;
    LS_INIT(ls_stats, s);
    long before = anonymous_kb();
    double best = 1;
    for (int i = 0; i < 21; i++) {
        double t = now();
        if (ls_reader_open(&r, dir, NULL, &e)) return fail("open", &e);
        double took = now() - t;
        if (took < best) best = took;
        ls_reader_close(r);
    }
    printf("open                            %10.3f ms (best of 21)\n", best * 1e3);
    if (ls_reader_open(&r, dir, NULL, &e) || ls_reader_stats(r, &s, &e)) return fail("stats", &e);
    const char *queries[] = {"oil prices",    "\"central bank\"", "japan trade deficit",
                             "wheat OR corn", "inter*",           "dollar w/5 yen"};
    for (size_t i = 0; i < 300; i++) {
        ls_query *q = NULL;
        ls_results *res = NULL;
        const char *text = queries[i % (sizeof queries / sizeof *queries)];
        if (ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &e) || ls_search(&res, r, q, NULL, &e))
            return fail("search", &e);
        ls_results_free(res);
        ls_query_free(q);
    }
    printf("memory of a reader, beside maps %10.2f MB after 300 queries\n", (double)(anonymous_kb() - before) / 1024);
    fixed_cost(r);
    double text = (double)text_bytes, p = (double)(s.postings ? s.postings : 1),
           n = (double)(s.positions ? s.positions : 1);
    printf("index / text                    %10.3f (%.1f MB), without stored text %.3f\n", (double)s.bytes / text,
           (double)s.bytes / 1e6, (double)(s.bytes - s.stored_bytes) / text);
    printf("stored text / text              %10.3f\n", (double)s.stored_bytes / text);
    printf("dictionaries / text             %10.3f (%llu terms, %llu forms)\n", (double)s.dictionary_bytes / text,
           (unsigned long long)s.terms, (unsigned long long)s.forms);
    printf("postings                        %10.3f bytes each (%llu)\n", (double)s.postings_bytes / p,
           (unsigned long long)s.postings);
    printf("positions                       %10.3f bytes each (%llu)\n", (double)s.positions_bytes / n,
           (unsigned long long)s.positions);
    printf("forms                           %10.3f bytes a position\n", (double)s.forms_bytes / n);
    ls_reader_close(r);
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t text_bytes = 0;
    if (argc < 3 || argc > 4) {
        fputs("usage: figures LINES DIR [THREADS]\n", stderr);
        return 2;
    }
    /* A child writes, so that the reader's memory is measured in a process that did nothing else. */
    int ends[2];
    if (pipe(ends)) return 1;
    pid_t child = fork();
    if (!child) {
        int rc = build(argv[1], argv[2], argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1, &text_bytes);
        fflush(stdout);
        if (write(ends[1], &text_bytes, sizeof text_bytes) != (ssize_t)sizeof text_bytes) rc = 1;
        _exit(rc);
    }
    int status = 1;
    if (child < 0 || read(ends[0], &text_bytes, sizeof text_bytes) != (ssize_t)sizeof text_bytes ||
        waitpid(child, &status, 0) < 0 || status)
        return 1;
    return sizes(argv[2], text_bytes);
}
