/* segment_build.c — how fast documents become a segment, and how many bytes each part of it takes.
 *
 *   segment_build FILE DIR [memory budget in MB, 64] [times, 1]
 * FILE: a JSON object a line with id, title and body (other members are ignored), or with another ending plain text
 * files of one document a paragraph. Segments are written to DIR, merged where there are several, and checked. Reading
 * and parsing the file is not timed. */
#include "libsearch/segment/live.h"
#include "libsearch/segment/memseg.h"
#include "libsearch/segment/merge.h"
#include "libsearch/segment/meta.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct text {
    char *id, *title, *body;
} text;
typedef struct corpus {
    text *docs;
    size_t count, cap, bytes;
} corpus;

static void fail(const char *what, const ls_error *err)
{
    fprintf(stderr, "segment_build: %s: %s\n", what, err ? err->message : "failed");
    exit(1);
}

static size_t put_utf8(char *to, unsigned c)
{
    if (c < 0x80) return to[0] = (char)c, 1;
    if (c < 0x800) return to[0] = (char)(0xc0 | c >> 6), to[1] = (char)(0x80 | (c & 63)), 2;
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 63));
    to[2] = (char)(0x80 | (c & 63));
    return 3;
}

/* The string member of a line, unescaped in place; "" where it is missing. Surrogates become two characters. */
static char *member(char *line, const char *name)
{
    static char none[1];
    char key[32];
    snprintf(key, sizeof key, "\"%s\":", name);
    char *p = strstr(line, key);
    if (!p) return none;
    p += strlen(key);
    while (*p == ' ') p++;
    if (*p++ != '"') return none;
    char *start = p, *to = p;
    for (; *p && *p != '"'; p++) {
        if (*p != '\\') {
            *to++ = *p;
            continue;
        }
        switch (*++p) {
        case 'n':
            *to++ = '\n';
            break;
        case 't':
            *to++ = '\t';
            break;
        case 'r':
            *to++ = '\r';
            break;
        case 'b':
        case 'f':
            *to++ = ' ';
            break;
        case 'u': {
            char hex[5] = {0};
            memcpy(hex, p + 1, 4);
            to += put_utf8(to, (unsigned)strtoul(hex, NULL, 16));
            p += 4;
            break;
        }
        default:
            *to++ = *p;
        }
    }
    char *copy = malloc((size_t)(to - start) + 1);
    if (!copy) fail("memory", NULL);
    memcpy(copy, start, (size_t)(to - start));
    copy[to - start] = 0;
    return copy;
}

static void read_corpus(corpus *c, const char *path)
{
    FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
    char *line = NULL;
    size_t cap = 0;
    if (!f) fail(path, NULL);
    while (getline(&line, &cap, f) > 0) {
        if (c->count == c->cap) {
            c->cap = c->cap ? c->cap * 2 : 1024;
            c->docs = realloc(c->docs, c->cap * sizeof *c->docs);
            if (!c->docs) fail("memory", NULL);
        }
        text *t = &c->docs[c->count++];
        t->body = member(line, "body");
        t->title = member(line, "title");
        t->id = member(line, "id");
        c->bytes += strlen(t->title) + strlen(t->body);
    }
    free(line);
    if (f != stdin) fclose(f);
}

static int add_one(lsi_memseg *m, ls_doc *d, const ls_schema *s, const text *t, size_t no, size_t budget, ls_error *err)
{
    char id[32];
    lsi_doc doc;
    snprintf(id, sizeof id, "d%zu", no);
    lsi_doc_clear(d);
    bool own = *t->id && strlen(t->id) <= LSI_ID_MAX;
    int rc = lsi_doc_set_id(d, own ? t->id : id, strlen(own ? t->id : id), err);
    if (!rc && *t->title) rc = lsi_doc_add_text(d, "title", t->title, strlen(t->title), err);
    if (!rc) rc = lsi_doc_add_text(d, "body", t->body, strlen(t->body), err);
    if (!rc) rc = lsi_doc_check(d, s, err);
    d->version = 1;
    if (!rc) rc = lsi_memseg_add(m, d, lsi_doc_hash(d), budget, &doc, NULL, err);
    return rc;
}

typedef struct totals {
    uint64_t postings, positions, facts, blocks, ranges, terms, forms;
} totals;

static void count_segment(const lsi_segment *s, totals *t, ls_error *err)
{
    lsi_terms_iter it;
    lsi_terms_iter_init(&it, &s->terms);
    while (lsi_terms_iter_next(&it, err) > 0) {
        t->postings += it.list.df;
        t->positions += it.list.cf;
        for (uint32_t l = 1; l < s->list_count; l++) {
            lsi_list own;
            if (!lsi_terms_list(&s->terms, it.ord, l, &own, err)) t->postings += own.df;
        }
    }
    lsi_terms_iter_clear(&it);
    t->terms += s->terms.count;
    t->forms += s->forms.count;
}

static uint64_t section_bytes(const lsi_segment *s, uint32_t type)
{
    return lsi_frame_find(s->frame, type)->bytes;
}

static void print_sizes(const lsi_segment *s, size_t text_bytes, ls_error *err)
{
    totals t = {0};
    count_segment(s, &t, err);
    for (size_t i = 0; i < lsi_frame_section_count(s->frame); i++) {
        const lsi_section *at = lsi_frame_section_at(s->frame, i);
        printf("  %-18s %10" PRIu64 "  %.4f of the text\n", lsi_segment_section_name(at->type), at->bytes,
               (double)at->bytes / (double)text_bytes);
    }
    double lists = (double)(section_bytes(s, LSI_SEC_FACTS) + section_bytes(s, LSI_SEC_POSTINGS) +
                            section_bytes(s, LSI_SEC_RANGES));
    printf("%u documents, %" PRIu64 " terms, %" PRIu64 " forms, %" PRIu64 " postings, %" PRIu64 " positions\n",
           s->doc_count, t.terms, t.forms, t.postings, t.positions);
    printf("a posting (facts, blocks, ranges) %.3f bytes, a position %.3f, a form number %.3f\n",
           lists / (double)t.postings, (double)section_bytes(s, LSI_SEC_POSITIONS) / (double)t.positions,
           (double)section_bytes(s, LSI_SEC_FORM_STREAM) / (double)t.positions);
    printf("segment %" PRIu64 " bytes, %.4f of the text\n", s->info.bytes, (double)s->info.bytes / (double)text_bytes);
}

static void print_fault(void *ctx, const ls_error *e, const char *section)
{
    (void)ctx;
    printf("FAULT %s: %s:%" PRIu64 " %s\n", section, e->file, e->offset, e->message);
}

/* Processor time: on a machine that does other things too, the clock on the wall tells little. */
static uint64_t cpu_us(void)
{
    return (uint64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}

static double seconds_since(uint64_t us)
{
    return (double)(cpu_us() - us) / 1e6;
}

static size_t build(const corpus *c, const ls_schema *s, lsi_dir *dir, size_t budget, lsi_segment_info *infos)
{
    ls_error err;
    lsi_memseg *m;
    ls_doc *d;
    size_t segments = 0;
    double adding, writing = 0;
    if (lsi_doc_new(&d, &err) || lsi_memseg_new(&m, s, &err)) fail("new", &err);
    uint64_t start = cpu_us();
    for (size_t i = 0; i < c->count; i++) {
        if (add_one(m, d, s, &c->docs[i], i, budget, &err)) fail("add", &err);
        if (i + 1 < c->count && lsi_memseg_bytes(m) < budget) continue;
        uint64_t at = cpu_us();
        printf("held in memory: %.1f MB for %u documents\n", (double)lsi_memseg_bytes(m) / 1e6, lsi_memseg_count(m));
        if (lsi_memseg_flush(m, dir, (uint64_t)lsi_io_now_ms() * 1000 + segments, false, &infos[segments], &err))
            fail("flush", &err);
        segments++;
        lsi_memseg_free(m);
        if (lsi_memseg_new(&m, s, &err)) fail("new", &err);
        writing += seconds_since(at);
    }
    adding = seconds_since(start) - writing;
    lsi_memseg_free(m);
    lsi_doc_free(d);
    printf("%.1f MB of text: add %.3f s, flush %.3f s: %.1f MB a second, %zu segments\n", (double)c->bytes / 1e6,
           adding, writing, (double)c->bytes / 1e6 / (adding + writing), segments);
    return segments;
}

static lsi_segment *merge(lsi_dir *dir, const ls_schema *s, lsi_segment_info *infos, size_t count)
{
    ls_error err;
    lsi_segment **segs = calloc(count, sizeof *segs);
    lsi_segment *out = NULL;
    lsi_segment_info info;
    if (!segs) fail("memory", NULL);
    uint64_t at = cpu_us();
    for (size_t i = 0; i < count; i++)
        if (lsi_segment_open(&segs[i], dir, &infos[i], s, true, &err)) fail("open", &err);
    printf("open: %.1f us a segment\n", seconds_since(at) * 1e6 / (double)count);
    at = cpu_us();
    if (lsi_segment_merge(segs, NULL, count, s, dir, (uint64_t)lsi_io_now_ms() * 1000, false, NULL, NULL, NULL, &info,
                          &err))
        fail("merge", &err);
    printf("merge of %zu: %.3f s\n", count, seconds_since(at));
    for (size_t i = 0; i < count; i++) lsi_segment_release(segs[i]);
    if (lsi_segment_open(&out, dir, &info, s, true, &err)) fail("open", &err);
    free(segs);
    return out;
}

int main(int argc, char **argv)
{
    ls_error err = {0};
    corpus c = {0};
    ls_schema *s;
    lsi_dir *dir;
    lsi_segment_info infos[256];
    if (argc < 3) {
        fprintf(stderr, "usage: segment_build FILE|- DIR [MB] [times]\n");
        return 2;
    }
    size_t budget = (argc > 3 ? strtoull(argv[3], NULL, 10) : 64) << 20, count = 0;
    read_corpus(&c, argv[1]);
    if (lsi_schema_news(&s, &err) || lsi_dir_create(&dir, argv[2], &err)) fail(argv[2], &err);
    for (int times = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 1; times > 0; times--)
        count = build(&c, s, dir, budget, infos);
    lsi_segment *seg = merge(dir, s, infos, count);
    print_sizes(seg, c.bytes, &err);
    uint64_t at = cpu_us(), faults = 0;
    int rc = lsi_segment_verify(seg, NULL, print_fault, NULL, &faults, &err);
    printf("check: %.3f s, %" PRIu64 " faults%s%s\n", seconds_since(at), faults, rc ? ": " : "", rc ? err.message : "");
    lsi_segment_release(seg);
    lsi_dir_close(dir);
    return rc != 0;
}
