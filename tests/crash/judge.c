/* judge.c — opens an index as a program would that knows nothing of a crash, and tells what it found. Reads orders on
 * standard input, one a line, and answers each with one line:
 *   R BOOT PATH   read only and without mapping: open, verify, read every document, search
 *                 -> none | ok GENERATION DOCUMENTS HASH | broken WHY
 *   D BOOT PATH   the same, mapped, and the documents: ok GENERATION DOCUMENTS HASH id=text<TAB>id=text …
 *   W BOOT PATH   a writer opens it (making it where there is none), adds a document, commits, closes; all is read
 *                 again -> ok GENERATION DOCUMENTS | broken WHY
 * BOOT is the number of the boot to pretend, 0 for the machine's own: a state after a loss of power has another one
 * than its maker. And with arguments:
 *   judge --watch PATH   follows the index by refreshing, until a line comes or standard input ends; every snapshot
 *                        must be whole. -> watched SNAPSHOTS errors N
 * HASH is of generation, ids, versions, values, and of the answers to the queries below with their scores. */
#include "libsearch/libsearch.h"
#include "libsearch/store/io.h" /* lsi_io_pretend_boot alone */
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDED "after-crash"

static const char *const queries[] = {
    "common", "alpha beta", "\"common alpha\"", "gam*", "source:wire1 common", "delta OR epsilon", "title:story"};

typedef struct found {
    uint64_t generation, documents, hash, others; /* others: of the documents but ADDED, without the generation */
    bool has_added;
} found;

typedef struct said { /* the documents, for D */
    char *text;
    size_t bytes, cap;
} said;

static bool wrong(char why[600], const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(why, 600, format, ap);
    va_end(ap);
    for (char *c = why; *c; c++)
        if (*c == '\n') *c = ' ';
    return false;
}

static bool failed(char why[600], const char *what, int rc, const ls_error *err)
{
    return wrong(why, "%s: %s: %s", what, ls_error_name(rc), err->message);
}

static void mix(uint64_t *h, const void *p, size_t n)
{
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++) *h = (*h ^ b[i]) * 1099511628211u; /* FNV-1a */
    *h = (*h ^ n) * 1099511628211u;
}

static void say(said *s, const char *p, size_t n)
{
    if (!s) return;
    if (s->bytes + n + 1 > s->cap) {
        s->cap = 2 * s->cap + n + 1024;
        if (!(s->text = realloc(s->text, s->cap))) abort();
    }
    memcpy(s->text + s->bytes, p, n);
    s->bytes += n;
    s->text[s->bytes] = 0;
}

static void read_doc(const ls_doc *d, found *f, said *s)
{
    size_t n, text_bytes = 0;
    ls_value v;
    const char *id = ls_doc_id(d, &n), *text = ls_doc_text(d, "body", 0, &text_bytes);
    int64_t version = ls_doc_version(d);
    uint64_t h = 14695981039346656037u;
    mix(&h, id, n);
    mix(&h, &version, sizeof version);
    for (size_t i = 0; !ls_doc_value(d, i, &v); i++) {
        mix(&h, v.field, strlen(v.field));
        if (v.text) mix(&h, v.text, v.len);
        else mix(&h, &v.integer, sizeof v.integer);
    }
    say(s, "\t", 1);
    say(s, id, n);
    say(s, "=", 1);
    if (text) say(s, text, text_bytes);
    mix(&f->hash, &h, sizeof h);
    if (n == strlen(ADDED) && !memcmp(id, ADDED, n)) f->has_added = true;
    else mix(&f->others, &h, sizeof h);
}

static bool read_docs(const ls_reader *r, found *f, said *s, char why[600])
{
    ls_error err;
    uint64_t doc = UINT64_MAX, n = 0;
    int rc;
    while (!(rc = ls_reader_next(r, &doc, &err))) {
        ls_doc *d;
        size_t bytes;
        uint64_t again;
        if ((rc = ls_reader_doc(&d, r, doc, &err))) return failed(why, "document", rc, &err);
        const char *id = ls_doc_id(d, &bytes);
        rc = ls_reader_find(r, id, bytes, &again, &err);
        if (!rc && again != doc) rc = LS_CORRUPT;
        read_doc(d, f, s);
        ls_doc_free(d);
        if (rc) return failed(why, "find", rc, &err);
        n++;
    }
    if (rc != LS_NOTFOUND) return failed(why, "next", rc, &err);
    return n == f->documents || wrong(why, "%" PRIu64 " documents read, %" PRIu64 " told", n, f->documents);
}

static bool search_one(const ls_reader *r, const char *text, found *f, char why[600])
{
    ls_error err;
    ls_query *q;
    ls_results *res = NULL;
    LS_INIT(ls_search_options, o);
    o.limit = 1000;
    o.timeout_ms = -1;
    int rc = ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err);
    if (rc) return failed(why, "parse", rc, &err);
    rc = ls_search(&res, r, q, &o, &err);
    ls_query_free(q);
    if (rc) return failed(why, text, rc, &err);
    ls_results_info info = ls_results_get(res);
    mix(&f->hash, &info.total, sizeof info.total);
    for (size_t i = 0; i < info.count; i++) {
        const ls_hit *hit = ls_results_hit(res, i);
        mix(&f->hash, hit->id, hit->id_len);
        mix(&f->hash, &hit->score, sizeof hit->score);
    }
    ls_results_free(res);
    bool all = text != queries[0] || info.total == f->documents; /* every document has the first word */
    return all || wrong(why, "%s: %" PRIu64 " found of %" PRIu64, text, info.total, f->documents);
}

static bool read_all(const ls_reader *r, found *f, said *s, char why[600])
{
    ls_error err;
    LS_INIT(ls_stats, stats);
    memset(f, 0, sizeof *f);
    f->hash = f->others = 14695981039346656037u;
    int rc = ls_reader_stats(r, &stats, &err);
    if (rc) return failed(why, "stats", rc, &err);
    f->generation = stats.generation;
    f->documents = stats.documents;
    mix(&f->hash, &f->generation, sizeof f->generation);
    bool ok = read_docs(r, f, s, why);
    for (size_t i = 0; ok && i < sizeof queries / sizeof *queries; i++) ok = search_one(r, queries[i], f, why);
    return ok;
}

static void told_fault(void *ctx, const ls_error *err, const char *section)
{
    char *why = ctx;
    if (!*why) wrong(why, "check: %s: %s", section, err->message);
}

/* *none: there is no index. */
static bool look(const char *path, unsigned flags, found *f, said *s, bool *none, char why[600])
{
    ls_error err;
    ls_reader *r;
    LS_INIT(ls_reader_options, o);
    o.flags = flags | LS_READER_HIDDEN; /* every document, and the generation of the manifest */
    LS_INIT(ls_check_report, report);
    why[0] = 0;
    int rc = ls_reader_open(&r, path, &o, &err);
    *none = rc == LS_NOTFOUND;
    if (*none) return true;
    if (rc) return failed(why, "open", rc, &err);
    bool ok = read_all(r, f, s, why);
    ls_reader_close(r);
    if (!ok) return false;
    rc = ls_check(path, told_fault, why, &report, &err);
    if (rc || report.faults) return *why ? false : failed(why, "check", rc, &err);
    return report.generation == f->generation || wrong(why, "check saw another generation");
}

static int add_one(ls_writer *w, ls_error *err)
{
    static const char text[] = "common words after the crash";
    ls_doc *d;
    int rc = ls_doc_new(&d, err);
    if (rc) return rc;
    rc = ls_doc_set_id(d, ADDED, strlen(ADDED), err);
    if (!rc) rc = ls_doc_add_text(d, "body", text, sizeof text - 1, err);
    if (!rc) rc = ls_add(w, d, NULL, err);
    ls_doc_free(d);
    return rc ? rc : ls_commit(w, NULL, err);
}

static bool write_on(const char *path, found *f, char why[600])
{
    ls_error err;
    ls_writer *w;
    found before;
    bool none, still;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE;
    if (!look(path, 0, &before, NULL, &none, why)) return false;
    int rc = ls_writer_open(&w, path, &o, &err);
    if (rc) return failed(why, "writer", rc, &err);
    rc = add_one(w, &err);
    ls_writer_close(w);
    if (rc) return failed(why, "add and commit", rc, &err);
    if (!look(path, 0, f, NULL, &still, why)) return false;
    if (still || !f->has_added) return wrong(why, "what was committed after the crash is not there");
    uint64_t want = none ? 1 : before.documents + (before.has_added ? 0 : 1);
    if (f->documents != want) return wrong(why, "%" PRIu64 " documents, %" PRIu64 " expected", f->documents, want);
    if (!none && f->others != before.others) return wrong(why, "the next commit changed other documents");
    return true;
}

static void answer(char *line)
{
    char why[600], *end;
    found f = {0};
    said s = {0};
    bool none = false, ok;
    uint64_t boot = strtoull(line + 1, &end, 10);
    const char *path = end + 1;
    lsi_io_pretend_boot(boot);
    if (line[0] == 'W') ok = write_on(path, &f, why);
    else ok = look(path, line[0] == 'D' ? 0 : LS_READER_NO_MMAP, &f, line[0] == 'D' ? &s : NULL, &none, why);
    if (!ok) printf("broken %s\n", why);
    else if (none) printf("none\n");
    else if (line[0] == 'W') printf("ok %" PRIu64 " %" PRIu64 "\n", f.generation, f.documents);
    else
        printf("ok %" PRIu64 " %" PRIu64 " %016" PRIx64 "%s\n", f.generation, f.documents, f.hash,
               s.text ? s.text : "");
    fflush(stdout);
    free(s.text);
}

/* ---- watching ---- */

static bool asked_to_end(int wait_ms)
{
    struct pollfd in = {.fd = 0, .events = POLLIN};
    return poll(&in, 1, wait_ms) != 0;
}

/* The next snapshot, or from time to time one opened anew; *r is replaced. */
static bool step(const char *path, ls_reader **r, bool anew, bool *changed, char why[600])
{
    ls_error err;
    ls_reader *next = NULL;
    int rc = anew ? ls_reader_open(&next, path, NULL, &err) : ls_reader_refresh(&next, *r, &err);
    if (rc) return failed(why, anew ? "open" : "refresh", rc, &err);
    *changed = next != NULL;
    if (!next) return true;
    ls_reader_close(*r);
    *r = next;
    return true;
}

static int watch(const char *path)
{
    uint64_t seen = 0, errors = 0, newest = 0;
    ls_reader *r = NULL;
    char why[600];
    found f, again;
    for (uint64_t turn = 0; !asked_to_end(1); turn++) {
        bool changed = false;
        bool ok = step(path, &r, !r || turn % 16 == 0, &changed, why);
        if (ok && r && changed) {
            ok = read_all(r, &f, NULL, why);
            if (ok && f.generation < newest)
                ok = wrong(why, "generation %" PRIu64 " after %" PRIu64, f.generation, newest);
            if (ok) newest = f.generation;
            seen++;
        } else if (ok && r && turn % 4 == 0) { /* the same one, after more commits: the same answers */
            ok = read_all(r, &again, NULL, why);
            if (ok && again.hash != f.hash) ok = wrong(why, "the answers of an open snapshot changed");
        }
        if (!ok) {
            errors++;
            if (errors <= 3) fprintf(stderr, "judge: %s\n", why);
        }
    }
    ls_reader_close(r);
    printf("watched %" PRIu64 " errors %" PRIu64 "\n", seen, errors);
    return errors != 0;
}

int main(int argc, char **argv)
{
    static char line[4096];
    if (argc == 3 && !strcmp(argv[1], "--watch")) return watch(argv[2]);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        answer(line);
    }
    return 0;
}
