/* prop_noise.c — what nobody means to type: random bytes, and queries damaged at random, are parsed and searched; none
 * fails, none takes longer than its deadline allows, and each found document gives passages.
 *   prop_noise [seed] [count]      default: 1, 3000; the long form is 300000 */
#include "tests/index_util.h"
#include <time.h>

enum { DOCS = 400, LONGEST = 4096 };
#define DEADLINE_MS 1000
#define GRACE_MS    500 /* between two looks at the clock, on a busy machine */

static uint64_t state;
static const char *const stock[] = {
    "arms",    "deal",  "\"",     "(",       ")",         "AND ",   "OR ",      "NOT ",     " -",    " +",  "~",
    "~2",      "^3",    "*",      "?",       "w/5 ",      "pre/2 ", "near/",    "w/s ",     "w/p ",  ":",   "title:",
    "date:",   "2023",  "-08-30", "..",      "since:7d ", "caps(",  "atleast3(", "hlead:(", "id:",   "lang:", "words:>", "+(",
    "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe4\xba\xac", "\xff", "\0", "\xc0\xaf", "\xf0\x9f\x98\x80", " ", " ", "neg", "zelenskyy~"};

static size_t pick(size_t n)
{
    return (size_t)(random_next(&state) >> 20) % n;
}

static size_t make_noise(char *buf)
{
    size_t want = pick(50) ? pick(120) : pick(LONGEST + 200), n = 0;
    if (want > LONGEST) want = LONGEST;
    bool bytes = !pick(3);
    while (n < want) {
        if (bytes || !pick(12)) {
            buf[n++] = (char)pick(256);
            continue;
        }
        const char *s = stock[pick(sizeof stock / sizeof *stock)];
        size_t len = *s ? strlen(s) : 1;
        if (n + len > LONGEST) break;
        memcpy(buf + n, s, len);
        n += len;
    }
    return n;
}

/* Brackets within brackets, of one shape or of two in turn: work that doubles with each level shows here. A shape is what
 * comes before and, behind the NUL, after what it holds; a word stands in for %. */
static size_t make_nested(char *buf)
{
    static const char *const shapes[] = {"(\0 %)",      "+(\0 %)",      "-(\0 %)",        "(\0 OR %)",   "(\0 OR %) w/5 %",
                                         "hlead:(\0 %)", "atleast2(\0)", "NOT (\0 AND %)", "syn(\0, %)", "title:(\0 %)^2",
                                         "% +(\0 -%) %", "+(-(\0)) %",   "(\0) w/s (%)"};
    size_t n = 0, depth = 1 + pick(60), which[2] = {pick(sizeof shapes / sizeof *shapes), pick(sizeof shapes / sizeof *shapes)};
    bool one_word = pick(2);
    size_t word = pick(sizeof stock / sizeof *stock);
    for (size_t level = 0; level < 2 * depth + 1; level++) {
        bool closes = level > depth;
        const char *s = shapes[which[(closes ? 2 * depth - level : level) & 1]];
        if (closes) s += strlen(s) + 1;
        for (s = level == depth ? "%" : s; *s && n + 16 < LONGEST; s++) {
            const char *w = stock[one_word ? word : pick(sizeof stock / sizeof *stock)];
            if (*s == '%') n += (size_t)sprintf(buf + n, "%s", w);
            else buf[n++] = *s;
        }
    }
    return n;
}

static bool build(ls_error *err)
{
    static const char *const words[] = {"arms",  "deal",   "deals", "Zelensky", "negotiation", "negotiate", "US", "us",
                                        "North", "Korea's", "\xe4\xba\xac\xe9\x83\xbd", "caf\xc3\xa9", "Jong-un", "help."};
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE;
    bool ok = !ls_writer_open(&w, index_path, &o, err) && !ls_doc_new(&d, err);
    for (size_t i = 0; ok && i < DOCS; i++) {
        char body[4096], id[16];
        size_t n = 0, len = 20 + pick(200);
        for (size_t k = 0; k < len; k++) {
            const char *s = words[pick(sizeof words / sizeof *words)];
            n += (size_t)snprintf(body + n, sizeof body - n, "%s%s", s, pick(9) ? " " : ".\n\n");
        }
        int id_len = snprintf(id, sizeof id, "%zu", i);
        ls_doc_clear(d);
        ok = !ls_doc_set_id(d, id, (size_t)id_len, err) && !ls_doc_add_text(d, "body", body, n, err) &&
             !ls_doc_add_text(d, "source", i % 2 ? "A" : "B", 1, err) &&
             !ls_doc_add_int(d, "published", (int64_t)i * 86400000 + 1690000000000, err) && !ls_add(w, d, NULL, err) &&
             (i % 150 != 149 || !ls_commit(w, NULL, err));
    }
    ok = ok && !ls_commit(w, NULL, err);
    ls_doc_free(d);
    ls_writer_close(w);
    return ok;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One query, all the way; false with a reason in err. */
static bool run(const ls_reader *r, const char *text, size_t len, double *took, uint64_t *found, ls_error *err)
{
    ls_query *q = NULL;
    ls_results *res = NULL;
    LS_INIT(ls_query_options, qo);
    qo.flags = (unsigned)pick(8);
    LS_INIT(ls_search_options, so);
    so.timeout_ms = DEADLINE_MS;
    so.limit = 3;
    double t = seconds();
    bool ok = !ls_query_parse(&q, ls_reader_schema(r), text, len, &qo, err) && !ls_search(&res, r, q, &so, err);
    *took = seconds() - t;
    const ls_hit *h = ok ? ls_results_hit(res, 0) : NULL;
    if (h) {
        ls_snippets *s = NULL;
        ok = !ls_snippets_make(&s, r, q, h->doc, NULL, err);
        ls_snippets_free(s);
        ++*found;
    }
    ls_results_free(res);
    ls_query_free(q);
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 10) : 3000;
    uint64_t failed = 0, late = 0, found = 0, worst_at = 0;
    double worst = 0;
    char text[LONGEST + 64];
    ls_error err;
    ls_reader *r = NULL;
    state = seed * 0x9e3779b97f4a7c15u + 1;
    if (folder_begin(NULL) || !build(&err) || ls_reader_open(&r, index_path, NULL, &err)) {
        printf("prop_noise: %s\n", err.message);
        return 1;
    }
    for (uint64_t i = 0; i < count; i++) {
        size_t len = pick(6) ? make_noise(text) : make_nested(text);
        double took;
        if (!run(r, text, len, &took, &found, &err)) {
            printf("query %llu (seed %llu, %zu bytes): %s\n", (unsigned long long)i, (unsigned long long)seed, len, err.message);
            failed++;
        }
        if (took * 1e3 > DEADLINE_MS + GRACE_MS) {
            printf("query %llu: %.0f ms (seed %llu, %zu bytes): %.*s\n", (unsigned long long)i, took * 1e3,
                   (unsigned long long)seed, len, (int)len, text);
            late++;
        }
        if (took > worst) worst = took, worst_at = i;
    }
    ls_reader_close(r);
    folder_end(NULL);
    printf("prop_noise: seed %llu, %llu queries, %llu found something; slowest %.1f ms (query %llu), %llu late\n",
           (unsigned long long)seed, (unsigned long long)count, (unsigned long long)found, worst * 1e3,
           (unsigned long long)worst_at, (unsigned long long)late);
    printf("%llu passed, %llu failed\n", (unsigned long long)(count - failed), (unsigned long long)(failed + late));
    return failed || late;
}
