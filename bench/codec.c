/* bench/codec.c [documents.txt] — rates of the packed-number decoders, and bytes a posting, a position, a form number,
 * a word of the dictionaries, a stored byte; over a text with one document a line, or over made-up documents whose
 * words follow Zipf's law and come in bursts. Words here are runs of letters and digits, folded to lower case, not
 * stemmed.
 *
 * cc -O2 -I. bench/codec.c build/plain/libsearch.a -lzstd -lxxhash -lm -pthread -o codec-bench */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "libsearch/codec/dict.h"
#include "libsearch/codec/norms.h"
#include "libsearch/codec/pack.h"
#include "libsearch/codec/positions.h"
#include "libsearch/codec/stored.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include "libsearch/util/simd.h"

static uint64_t random_state = 7;
static uint64_t rnd(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* not what others do meanwhile */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
static void *need(void *p)
{
    if (!p) {
        fputs("codec-bench: out of memory\n", stderr);
        exit(1);
    }
    return p;
}
static void ok(int rc, const ls_error *err)
{
    if (rc < 0) {
        fprintf(stderr, "codec-bench: %s\n", err->message);
        exit(1);
    }
}

/* ---- packed numbers ---- */

static double rate(const lsi_pack_ops *ops, const uint8_t *in, uint32_t n, unsigned width, bool gaps)
{
    static uint32_t v[272];
    enum { BLOCKS = 64 };
    double best = 0, t;
    for (int round = 0; round < 3; round++) {
        uint64_t numbers = 0;
        double t0 = now();
        do {
            for (int k = 0; k < BLOCKS; k++) {
                const uint8_t *p = in + (size_t)k * lsi_pack_bytes(n, width);
                if (n == 256) ops->block[width](v, p);
                else ops->tail(v, p, n, width);
                if (gaps) ops->gaps(v, n, 5);
                __asm__ volatile("" ::"r"(v) : "memory");
            }
            numbers += (uint64_t)BLOCKS * n;
            t = now() - t0;
        } while (t < 0.01);
        if ((double)numbers / t > best) best = (double)numbers / t;
    }
    return best / 1e9;
}

static void bench_pack(void)
{
    static const unsigned widths[] = {1, 2, 3, 4, 5, 7, 8, 10, 13, 16, 20};
    static const char *const names[] = {"plain", "128-bit", "AVX2"};
    uint8_t *in = need(malloc(64 * 1024 + 128));
    for (size_t i = 0; i < 64 * 1024 + 128; i++) in[i] = (uint8_t)rnd();
    printf("billions of numbers a second: blocks of 256 | with sums of gaps | tails of 100 with sums\n");
    for (unsigned level = 0; level <= (unsigned)lsi_simd_level(); level++) {
        const lsi_pack_ops *ops = lsi_pack_ops_of(level);
        for (size_t i = 0; i < LSI_COUNTOF(widths); i++)
            printf("  %-8s %2u bits  %6.2f | %6.2f | %6.2f\n", names[level], widths[i],
                   rate(ops, in, 256, widths[i], false), rate(ops, in, 256, widths[i], true),
                   rate(ops, in, 100, widths[i], true));
    }
    free(in);
}

/* ---- a collection, inverted ---- */

typedef struct occurrence {
    uint32_t term, form, doc, position;
} occurrence;

typedef struct collection {
    char *text; /* documents, each ended by '\n' */
    size_t bytes;
    uint32_t docs, terms, forms;
    uint32_t *lengths;
    occurrence *all; /* by document, then by term */
    size_t count, cap;
    lsi_map term_map, form_map; /* form_map: as written → form; each belongs to one term here */
    uint32_t *term_of_form;
} collection;

static void make_up(collection *c)
{
    enum { DOCS = 20000, WORDS = 60000 };
    size_t cap = (size_t)DOCS * 1500;
    c->text = need(malloc(cap + 1));
    for (int d = 0; d < DOCS; d++) {
        uint32_t mine[8], n = 40 + (uint32_t)(rnd() % 200);
        for (int i = 0; i < 8; i++) mine[i] = (uint32_t)exp((double)(rnd() >> 11) * 0x1p-53 * log(WORDS));
        for (uint32_t i = 0; i < n; i++) {
            uint32_t w = rnd() % 6 ? (uint32_t)exp((double)(rnd() >> 11) * 0x1p-53 * log(WORDS)) : mine[rnd() % 8];
            c->bytes += (size_t)snprintf(c->text + c->bytes, cap - c->bytes, "%s%x ", rnd() % 8 ? "w" : "W",
                                         w * 2654435761u >> 12);
        }
        c->text[c->bytes++] = '\n';
    }
}

static void load(collection *c, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    size_t cap = 0, n;
    do {
        c->text = need(realloc(c->text, (cap += (size_t)32 << 20) + 1));
        n = fread(c->text + c->bytes, 1, cap - c->bytes, f);
        c->bytes += n;
    } while (n);
    fclose(f);
    if (c->bytes && c->text[c->bytes - 1] != '\n') c->text[c->bytes++] = '\n';
}

static bool word_byte(unsigned char b)
{
    return b >= 128 || isalnum(b);
}

static void add_word(collection *c, const char *p, size_t n, uint32_t position)
{
    char folded[256];
    if (n > sizeof folded) n = sizeof folded;
    for (size_t i = 0; i < n; i++) folded[i] = (char)tolower((unsigned char)p[i]);
    uint32_t *t = need(lsi_map_put(&c->term_map, folded, n));
    if (*t == LSI_MAP_NONE) *t = c->terms++;
    uint32_t *f = need(lsi_map_put(&c->form_map, p, n));
    if (*f == LSI_MAP_NONE) {
        *f = c->forms++;
        if (!(c->forms & (c->forms - 1))) c->term_of_form = need(realloc(c->term_of_form, 8 * (size_t)c->forms));
        c->term_of_form[*f] = *t;
    }
    c->all = need(lsi_array_grow(c->all, &c->cap, c->count + 1, sizeof *c->all));
    c->all[c->count++] = (occurrence){*t, *f, c->docs, position};
}

static void split(collection *c)
{
    uint32_t position = 0;
    size_t cap = 0;
    lsi_map_init(&c->term_map);
    lsi_map_init(&c->form_map);
    for (size_t i = 0, from; i < c->bytes;) {
        if (c->text[i] == '\n') {
            c->lengths = need(lsi_array_grow(c->lengths, &cap, c->docs + 1, sizeof *c->lengths));
            c->lengths[c->docs++] = position;
            position = 0;
            i++;
            continue;
        }
        for (from = i; word_byte((unsigned char)c->text[i]); i++) {
        }
        if (i > from) add_word(c, c->text + from, i - from, position++);
        else i++;
    }
}

static const lsi_map *sorting;
static int by_key(const void *a, const void *b)
{
    const lsi_map_entry *x = &sorting->entries[*(const uint32_t *)a], *y = &sorting->entries[*(const uint32_t *)b];
    return lsi_bytes_cmp(x->key, x->key_bytes, y->key, y->key_bytes);
}

/* Entries of a map in the order of their keys; values become their ranks where rank is given. */
static uint32_t *sorted(const lsi_map *m, uint32_t *rank)
{
    uint32_t *o = need(malloc(4 * (m->count + 1)));
    for (size_t i = 0; i < m->count; i++) o[i] = (uint32_t)i;
    sorting = m;
    qsort(o, m->count, 4, by_key);
    for (size_t i = 0; rank && i < m->count; i++) rank[m->entries[o[i]].value] = (uint32_t)i;
    return o;
}

/* Occurrences by term (stable, so by document and position within it), terms renumbered by their keys. */
static size_t *invert(collection *c, const uint32_t *rank)
{
    size_t *starts = need(calloc((size_t)c->terms + 2, sizeof *starts));
    occurrence *to = need(malloc((c->count + 1) * sizeof *to));
    for (size_t i = 0; i < c->count; i++) starts[rank[c->all[i].term] + 2]++;
    for (size_t t = 0; t <= c->terms; t++) starts[t + 1] += starts[t];
    for (size_t i = 0; i < c->count; i++) to[starts[rank[c->all[i].term] + 1]++] = c->all[i];
    lsi_free(c->all);
    c->all = to;
    return starts;
}

/* ---- sizes ---- */

enum {
    FACTS,
    BLOCKS,
    RANGES,
    POSITIONS,
    FORM_STREAM,
    TERM_INDEX,
    TERM_BLOCKS,
    TERM_LISTS,
    FORM_INDEX,
    FORM_BLOCKS,
    STORED_INDEX,
    STORED,
    STORED_DICT,
    IDS,
    ID_HASHES,
    SINKS
};
static lsi_buf bufs[SINKS];
static lsi_sink *sinks[SINKS];

static void write_lists(collection *c, const uint32_t *order, const size_t *starts, const uint32_t *number,
                        const uint32_t *forms_of, uint64_t *postings)
{
    ls_error err;
    lsi_impact_model model;
    lsi_postings_writer *pw;
    lsi_stream_writer *pos, *form;
    lsi_terms_writer *tw;
    uint8_t *norms = need(malloc(c->docs + 1));
    for (uint32_t d = 0; d < c->docs; d++) norms[d] = lsi_norm_encode(c->lengths[d]);
    model.norms = norms;
    lsi_norm_table(model.k, 1.2, 0.75, (double)c->count / c->docs);
    ok(lsi_postings_writer_new(&pw, sinks[FACTS], sinks[BLOCKS], sinks[RANGES], c->docs, &model, &err), &err);
    ok(lsi_stream_writer_new(&pos, sinks[POSITIONS], &err), &err);
    ok(lsi_stream_writer_new(&form, sinks[FORM_STREAM], &err), &err);
    ok(lsi_terms_writer_new(&tw, sinks[TERM_INDEX], sinks[TERM_BLOCKS], sinks[TERM_LISTS], &err), &err);
    for (uint32_t t = 0; t < c->terms; t++) {
        const lsi_map_entry *e = &c->term_map.entries[order[t]];
        lsi_list l;
        lsi_postings_begin(pw);
        lsi_stream_begin(pos);
        lsi_stream_begin(form);
        for (size_t i = starts[t], j; i < starts[t + 1]; i = j) {
            uint32_t before = 0;
            for (j = i; j < starts[t + 1] && c->all[j].doc == c->all[i].doc; j++) {
                lsi_stream_add(pos, c->all[j].position - before);
                before = c->all[j].position;
                if (forms_of[e->value] > 1) lsi_stream_add(form, number[c->all[j].form]);
            }
            lsi_postings_add(pw, c->all[i].doc, (uint32_t)(j - i), (uint32_t)(j - i));
            ++*postings;
        }
        ok(lsi_postings_end(pw, &l, &err), &err);
        ok(lsi_stream_end(pos, &l.positions_offset, &err), &err);
        if (forms_of[e->value] > 1) ok(lsi_stream_end(form, &l.forms_offset, &err), &err);
        ok(lsi_terms_writer_add(tw, e->key, e->key_bytes, forms_of[e->value], &l, 1, &err), &err);
    }
    ok(lsi_terms_writer_end(tw, &err), &err);
    lsi_terms_writer_free(tw);
    lsi_stream_writer_free(pos);
    lsi_stream_writer_free(form);
    lsi_postings_writer_free(pw);
    free(norms);
}

typedef struct form_key {
    uint8_t folded[256];
    uint32_t len, entry;
} form_key;
static int by_folded(const void *a, const void *b)
{
    const form_key *x = a, *y = b;
    int c = lsi_bytes_cmp(x->folded, x->len, y->folded, y->len);
    return c ? c : lsi_bytes_cmp(sorting->entries[x->entry].key, x->len, sorting->entries[y->entry].key, y->len);
}

static void write_forms(const collection *c, const uint32_t *rank, const uint32_t *number, const uint32_t *uses)
{
    ls_error err;
    lsi_forms_writer *w;
    form_key *k = need(malloc((size_t)c->forms * sizeof *k));
    for (uint32_t i = 0; i < c->forms; i++) {
        const lsi_map_entry *e = &c->form_map.entries[i];
        k[i].entry = i;
        k[i].len = e->key_bytes;
        for (uint32_t j = 0; j < e->key_bytes; j++) k[i].folded[j] = (uint8_t)tolower(e->key[j]);
    }
    sorting = &c->form_map;
    qsort(k, c->forms, sizeof *k, by_folded);
    ok(lsi_forms_writer_new(&w, sinks[FORM_INDEX], sinks[FORM_BLOCKS], &err), &err);
    for (uint32_t i = 0; i < c->forms; i++) {
        const lsi_map_entry *e = &c->form_map.entries[k[i].entry];
        lsi_form f = {k[i].folded,      e->key,        k[i].len, k[i].len, rank[c->term_of_form[e->value]],
                      number[e->value], uses[e->value]};
        ok(lsi_forms_writer_add(w, &f, &err), &err);
    }
    ok(lsi_forms_writer_end(w, &err), &err);
    lsi_forms_writer_free(w);
    free(k);
}

/* Numbers of forms within their terms, the most used first (ties: first seen). */
static void number_forms(const collection *c, uint32_t *uses, uint32_t *number, uint32_t *forms_of)
{
    uint32_t *first = need(malloc(4 * ((size_t)c->terms + 1))), *next = need(malloc(4 * ((size_t)c->forms + 1)));
    memset(first, 0xff, 4 * (size_t)c->terms);
    for (size_t i = 0; i < c->count; i++) uses[c->all[i].form]++;
    for (uint32_t f = c->forms; f-- > 0;) {
        uint32_t t = c->term_of_form[f];
        next[f] = first[t];
        first[t] = f;
        forms_of[t]++;
    }
    for (uint32_t t = 0; t < c->terms; t++)
        for (uint32_t f = first[t]; f != UINT32_MAX; f = next[f])
            for (uint32_t g = first[t]; g != UINT32_MAX; g = next[g])
                number[f] += uses[g] > uses[f] || (uses[g] == uses[f] && g < f);
    free(first);
    free(next);
}

static double write_stored(const collection *c)
{
    ls_error err;
    lsi_stored_writer *w;
    lsi_ids_writer *ids;
    char id[32];
    double t = now();
    ok(lsi_stored_writer_new(&w, sinks[STORED_INDEX], sinks[STORED], sinks[STORED_DICT], &err), &err);
    for (size_t i = 0, j; i < c->bytes; i = j + 1) {
        for (j = i; c->text[j] != '\n'; j++) {
        }
        ok(lsi_stored_writer_add(w, (const uint8_t *)c->text + i, j - i, 0, &err), &err);
    }
    ok(lsi_stored_writer_end(w, &err), &err);
    lsi_stored_writer_free(w);
    t = now() - t;
    ok(lsi_ids_writer_new(&ids, sinks[IDS], sinks[ID_HASHES], &err), &err);
    for (uint32_t d = 0; d < c->docs; d++) {
        int n = snprintf(id, sizeof id, "article-%u", d);
        ok(lsi_ids_writer_add(ids, (const uint8_t *)id, (size_t)n, &err), &err);
    }
    ok(lsi_ids_writer_end(ids, &err), &err);
    lsi_ids_writer_free(ids);
    return t;
}

/* ---- reading back, through a real file ---- */

static void bench_reads(const collection *c, const uint32_t *order, const char *dir_path)
{
    ls_error err;
    lsi_dir *dir;
    lsi_frame_writer *fw;
    lsi_frame *f;
    const lsi_section *s[SINKS];
    uint64_t bytes, sum, total = 0;
    char path[300];
    ok(lsi_dir_open(&dir, dir_path, &err), &err);
    ok(lsi_frame_create(&fw, dir, "codec-bench.tmp", LSI_FILE_SEGMENT, 1, &err), &err);
    for (uint32_t i = 0; i < SINKS; i++) {
        lsi_sink *k = need(lsi_frame_section(fw, i + 1, false));
        if (bufs[i].len) lsi_sink_put(k, bufs[i].data, bufs[i].len);
    }
    ok(lsi_frame_finish(fw, false, &bytes, &sum, &err), &err);
    ok(lsi_frame_open(&f, dir, "codec-bench.tmp", LSI_FILE_SEGMENT, true, bytes, sum, &err), &err);
    snprintf(path, sizeof path, "%s/codec-bench.tmp", dir_path);
    remove(path);
    for (uint32_t i = 0; i < SINKS; i++) s[i] = lsi_frame_find(f, i + 1);
    lsi_terms t;
    lsi_postings *p = need(malloc(sizeof *p));
    lsi_stream *st = need(malloc(sizeof *st));
    static uint32_t out[1 << 16];
    lsi_postings_sections at = {s[FACTS], s[BLOCKS], s[RANGES], c->docs};
    ok(lsi_terms_open(&t, s[TERM_INDEX], s[TERM_BLOCKS], s[TERM_LISTS], &err), &err);
    double t0 = now();
    ok(lsi_terms_verify(&t, &err), &err);
    printf("verify all terms: %.0f ns a term\n", (now() - t0) * 1e9 / c->terms);
    enum { TRIES = 200000, SOME = 1000 };
    uint32_t some[SOME];
    for (int i = 0; i < SOME; i++) some[i] = order[rnd() % c->terms];
    for (int kind = 0; kind < 3; kind++) {
        t0 = now();
        for (int i = 0; i < TRIES; i++) {
            const lsi_map_entry *e = &c->term_map.entries[some[i % SOME]];
            lsi_ord ord;
            lsi_list l;
            ok(lsi_terms_find(&t, e->key, e->key_bytes, &ord, &err), &err);
            if (kind) ok(lsi_terms_list(&t, ord, 0, &l, &err), &err);
            if (kind == 2) ok(lsi_postings_open(p, &at, &l, &err), &err);
        }
        printf("%s: %.0f ns\n",
               kind == 0   ? "find one of 1,000 terms"
               : kind == 1 ? "… and its list"
                           : "… and open it",
               (now() - t0) * 1e9 / TRIES);
    }
    for (int kind = 0; kind < 4; kind++) { /* documents; and scored tf; and positions of every (3: 40th) document */
        lsi_terms_iter it;
        uint64_t n = 0;
        lsi_terms_iter_init(&it, &t);
        t0 = now();
        while (lsi_terms_iter_next(&it, &err) > 0) {
            ok(lsi_postings_open(p, &at, &it.list, &err), &err);
            if (kind >= 2) ok(lsi_stream_open(st, s[POSITIONS], it.list.positions_offset, it.list.cf, &err), &err);
            for (uint32_t b = 0, at_entry = 0; b < p->block_count; b++) {
                ok(lsi_postings_block(p, b, &err), &err);
                if (kind) ok(lsi_postings_tf(p, &err), &err);
                for (uint32_t i = 0; kind >= 2 && i < p->n; at_entry += p->counts[i++])
                    if (kind == 2 || i % 40 == 7) ok(lsi_positions_read(st, at_entry, p->counts[i], out, &err), &err);
                n += p->n;
            }
        }
        lsi_terms_iter_clear(&it);
        printf("all lists, %s: %.2f ns a posting\n",
               kind == 0   ? "documents"
               : kind == 1 ? "documents and tf"
               : kind == 2 ? "positions too"
                           : "positions of every 40th document",
               (now() - t0) * 1e9 / (double)n);
    }
    lsi_stored *sd;
    lsi_buf b;
    lsi_buf_init(&b, 0);
    ok(lsi_stored_open(&sd, s[STORED_INDEX], s[STORED], s[STORED_DICT], c->docs, &err), &err);
    for (int round = 0; round < 2; round++) {
        t0 = now();
        for (int i = 0; i < 20000; i++) {
            lsi_buf_reset(&b);
            ok(lsi_stored_get(sd, (lsi_doc)(rnd() % c->docs), &b, &err), &err);
            total += b.len;
        }
    }
    printf("a stored document (%.0f bytes): %.2f us\n", (double)total / 40000, (now() - t0) * 1e6 / 20000);
    lsi_buf_clear(&b);
    lsi_stored_close(sd);
    lsi_frame_close(f);
    lsi_dir_close(dir);
    free(p);
    free(st);
}

static void print_sizes(const collection *c, uint64_t postings)
{
    double text = (double)c->bytes, lists = (double)(bufs[FACTS].len + bufs[BLOCKS].len + bufs[RANGES].len);
    printf("%.1f MB of text, %u documents, %zu words, %u terms, %u forms, %llu postings\n", text / 1e6, c->docs,
           c->count, c->terms, c->forms, (unsigned long long)postings);
    printf("postings %.3f bytes each (blocks %.3f, facts %.3f, ranges %.3f); terms' records and dictionary %.3f more\n",
           lists / (double)postings, (double)bufs[BLOCKS].len / (double)postings,
           (double)bufs[FACTS].len / (double)postings, (double)bufs[RANGES].len / (double)postings,
           (double)(bufs[TERM_BLOCKS].len + bufs[TERM_INDEX].len) / (double)postings);
    printf("positions %.3f bytes each, form numbers %.3f\n", (double)bufs[POSITIONS].len / (double)c->count,
           (double)bufs[FORM_STREAM].len / (double)c->count);
    printf("dictionary of terms %.1f bytes each, %.2f %% of the text; of forms %.1f bytes each, %.2f %%\n",
           (double)(bufs[TERM_BLOCKS].len + bufs[TERM_INDEX].len) / c->terms,
           (double)(bufs[TERM_BLOCKS].len + bufs[TERM_INDEX].len) / text * 100,
           (double)(bufs[FORM_BLOCKS].len + bufs[FORM_INDEX].len) / c->forms,
           (double)(bufs[FORM_BLOCKS].len + bufs[FORM_INDEX].len) / text * 100);
    printf("stored %.4f of the text, its index %.4f, dictionary %zu bytes; ids %.2f and hashes %.2f bytes a document\n",
           (double)bufs[STORED].len / text, (double)bufs[STORED_INDEX].len / text, bufs[STORED_DICT].len,
           (double)bufs[IDS].len / c->docs, (double)bufs[ID_HASHES].len / c->docs);
    size_t all = 0;
    for (int i = 0; i < SINKS; i++) all += bufs[i].len;
    printf("all %.4f of the text, without stored documents %.4f\n", (double)all / text,
           (double)(all - bufs[STORED].len - bufs[STORED_INDEX].len - bufs[STORED_DICT].len) / text);
}

int main(int argc, char **argv)
{
    collection c = {.text = NULL};
    uint64_t postings = 0;
    bench_pack();
    if (argc > 1) load(&c, argv[1]);
    else make_up(&c);
    split(&c);
    for (int i = 0; i < SINKS; i++) sinks[i] = need(lsi_sink_memory(&bufs[i]));
    uint32_t *rank = need(malloc(4 * ((size_t)c.terms + 1))), *order = sorted(&c.term_map, rank);
    uint32_t *uses = need(calloc((size_t)c.forms + 1, 4)), *number = need(calloc((size_t)c.forms + 1, 4));
    uint32_t *forms_of = need(calloc((size_t)c.terms + 1, 4));
    number_forms(&c, uses, number, forms_of);
    size_t *starts = invert(&c, rank);
    double t0 = now();
    write_lists(&c, order, starts, number, forms_of, &postings);
    double t1 = now();
    write_forms(&c, rank, number, uses);
    double t2 = now();
    double stored = write_stored(&c);
    print_sizes(&c, postings);
    printf("writing: lists and terms %.0f MB/s of text, %.1f ns a posting; forms %.0f ns each; stored %.0f MB/s\n",
           (double)c.bytes / 1e6 / (t1 - t0), (t1 - t0) * 1e9 / (double)postings, (t2 - t1) * 1e9 / c.forms,
           (double)c.bytes / 1e6 / stored);
    bench_reads(&c, order, "/tmp");
    return 0;
}
