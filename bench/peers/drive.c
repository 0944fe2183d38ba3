/* drive.c — the part of a driver that is no engine: lines of articles, lines of queries, the clock. See drive.h. */
#define _POSIX_C_SOURCE 200809L
#include "bench/peers/drive.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#ifdef __has_include
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif

static char **options;

const char *drive_option(const char *key, const char *otherwise)
{
    size_t n = strlen(key);
    for (char **o = options; *o; o++)
        if (!strncmp(*o, key, n) && (*o)[n] == '=') return *o + n + 1;
    return otherwise;
}

long drive_number(const char *key, long otherwise)
{
    const char *v = drive_option(key, NULL);
    return v ? strtol(v, NULL, 10) : otherwise;
}

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double drive_seconds(void)
{
    return (double)clock_ns(CLOCK_MONOTONIC) * 1e-9;
}

/* ---- articles ---- */
struct drive_lines {
    FILE *f;
    char *line, *text;
    size_t line_cap, text_cap;
    uint64_t ord, bytes;
};

drive_lines *drive_lines_open(const char *path)
{
    drive_lines *l = calloc(1, sizeof *l);
    if (l) l->f = fopen(path, "rb");
    if (!l || !l->f) {
        perror(path);
        free(l);
        return NULL;
    }
    setvbuf(l->f, NULL, _IOFBF, 1 << 20);
    return l;
}

void drive_lines_close(drive_lines *l)
{
    if (!l) return;
    fclose(l->f);
    free(l->line);
    free(l->text);
    free(l);
}

uint64_t drive_lines_text_bytes(const drive_lines *l)
{
    return l->bytes;
}

/* Takes \n, \t and \\ back, in place; the new length. */
static size_t unescape(char *s, size_t n)
{
    char *from = memchr(s, '\\', n), *to = from, *end = s + n;
    if (!from) return n;
    while (from < end) {
        char c = *from++;
        if (c == '\\' && from < end) {
            c = *from++;
            c = (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c);
        }
        *to++ = c;
    }
    *to = 0;
    return (size_t)(to - s);
}

int drive_lines_next(drive_lines *l, drive_article *a)
{
    ssize_t n = getline(&l->line, &l->line_cap, l->f);
    if (n <= 0) return 0;
    if (l->line[n - 1] == '\n') l->line[--n] = 0;
    char *field[7];
    size_t len[7];
    char *p = l->line, *end = l->line + n;
    for (int i = 0; i < 7; i++) {
        char *tab = i < 6 ? memchr(p, '\t', (size_t)(end - p)) : end;
        if (!tab) {
            fprintf(stderr, "line %" PRIu64 " has fewer than seven fields\n", l->ord + 1);
            exit(1);
        }
        *tab = 0;
        field[i] = p;
        len[i] = unescape(p, (size_t)(tab - p));
        p = tab + 1;
    }
    size_t need = len[5] + 1 + len[6] + 1;
    if (need > l->text_cap) {
        l->text = realloc(l->text, l->text_cap = need * 2);
        if (!l->text) exit(1);
    }
    memcpy(l->text, field[5], len[5]);
    l->text[len[5]] = '\n';
    memcpy(l->text + len[5] + 1, field[6], len[6] + 1);
    l->bytes += need - 1;
    *a = (drive_article){strtoll(field[0], NULL, 10),
                         field[1],
                         field[2],
                         field[3],
                         field[4],
                         field[5],
                         field[6],
                         l->text,
                         need - 1,
                         l->ord++};
    return 1;
}

/* ---- queries ---- */
/* Cuts q (words of letters and digits, blanks between clauses) in place. 0 where nothing is left. */
static int query_cut(char *s, drive_query *q)
{
    q->count = 0;
    for (char *p = s; *p && q->count < DRIVE_CLAUSES;) {
        p += strspn(p, " ");
        if (!*p) break;
        drive_clause *c = &q->clause[q->count];
        *c = (drive_clause){.occur = *p == '+' ? DRIVE_MUST : *p == '-' ? DRIVE_NOT : DRIVE_SHOULD};
        if (c->occur != DRIVE_SHOULD) p++;
        int quoted = *p == '"';
        if (quoted) p++;
        char *end = p + strcspn(p, quoted ? "\"" : " "), *next = *end ? end + 1 : end;
        *end = 0;
        if (quoted) c->kind = DRIVE_PHRASE;
        else if (end > p && (end[-1] == '*' || end[-1] == '~')) {
            c->kind = end[-1] == '*' ? DRIVE_PREFIX : DRIVE_FUZZY;
            end[-1] = 0;
        }
        for (char *save = NULL, *w = strtok_r(p, " ", &save); w && c->count < DRIVE_WORDS;
             w = strtok_r(NULL, " ", &save))
            c->word[c->count++] = w;
        if (c->kind == DRIVE_PHRASE && c->count == 1) c->kind = DRIVE_WORD;
        if (c->count) q->count++;
        p = next;
    }
    return q->count;
}

static void print_answer(const drive_ask *ask, const drive_answer *a, uint64_t ns)
{
    printf("%" PRIu64 "\t%" PRId64 "\t", ns, ask->command == 'S' ? (int64_t)a->passage_bytes : a->count);
    for (int i = 0; i < a->hits && i < 10; i++) printf("%s%" PRIu64 ":%.5f", i ? "," : "", a->doc[i], a->score[i]);
    putchar('\n');
}

static void answer_line(const drive_engine *e, void *index, char *line, clockid_t clock)
{
    static drive_answer a;
    static drive_query q;
    line[strcspn(line, "\r\n")] = 0;
    char *text = strchr(line, '\t');
    if (line[0] == 'X') {
#ifdef CALLGRIND_ZERO_STATS
        /* For count.py; nothing happens outside callgrind. */
        if (text && !strcmp(text, "\tzero")) CALLGRIND_ZERO_STATS;
        else if (text) CALLGRIND_DUMP_STATS_AT(text + 1);
#endif
        puts("x");
        fflush(stdout);
        return;
    }
    if (!text) {
        puts("-\tno query");
        return;
    }
    *text++ = 0;
    char *from = strchr(text, '\t');
    if (from) *from++ = 0;
    q.from = from ? strtoll(from, NULL, 10) : 0;
    drive_ask ask = {line[0], (int)strtol(line + 1, NULL, 10), &q};
    if (ask.k < 0 || ask.k > DRIVE_HITS || !strchr("TCSFN", ask.command) || !query_cut(text, &q)) {
        puts("-\tnot understood");
        return;
    }
    a.count = -1;
    a.hits = 0;
    a.passage_bytes = 0;
    uint64_t t0 = clock_ns(clock);
    int rc = e->search(index, &ask, &a);
    uint64_t ns = clock_ns(clock) - t0;
    if (rc) puts(rc > 0 ? "-\tcannot" : "-\tfailed");
    else {
        if (e->resolve) e->resolve(index, &a);
        print_answer(&ask, &a, ns);
    }
}

static int serve(const char *dir, const drive_engine *e)
{
    double t0 = drive_seconds();
    void *index = e->open(dir);
    if (!index) return 1;
    printf("ready\t%.0f\t%s %s\n", (drive_seconds() - t0) * 1e9, e->name, e->version());
    fflush(stdout);
    clockid_t clock = !strcmp(drive_option("clock", "wall"), "cpu") ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    int flush = (int)drive_number("flush", 0);
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) {
        answer_line(e, index, line, clock);
        if (flush) fflush(stdout);
    }
    free(line);
    return 0;
}

static int build(const char *lines, const char *dir, const drive_engine *e)
{
    drive_lines *l = drive_lines_open(lines);
    if (!l) return 1;
    mkdir(dir, 0777); /* where it is there already, the engine finds out */
    drive_built b = {0};
    if (e->build(l, dir, &b)) return 1;
    b.text_bytes = drive_lines_text_bytes(l);
    drive_lines_close(l);
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("{\"engine\": \"%s\", \"version\": \"%s\", \"articles\": %" PRIu64 ", \"text_bytes\": %" PRIu64
           ", \"add_s\": %.3f, \"merge_s\": %.3f, \"peak_kb\": %ld, \"stored_bytes\": %" PRIu64 "}\n",
           e->name, e->version(), b.articles, b.text_bytes, b.add_s, b.merge_s, u.ru_maxrss, b.stored_bytes);
    return 0;
}

int drive_main(int argc, char **argv, const drive_engine *e)
{
    if (argc >= 4 && !strcmp(argv[1], "build")) {
        options = argv + 4;
        return build(argv[2], argv[3], e);
    }
    if (argc >= 3 && !strcmp(argv[1], "serve")) {
        options = argv + 3;
        return serve(argv[2], e);
    }
    fprintf(stderr, "usage: %s build LINES DIR [key=value …] | serve DIR [key=value …]\n", argv[0]);
    return 2;
}
