/* recurring.c — owns the search for lines that recur: those that lists of boilerplate might take in.
 *
 * Two passes over the stored texts of the weighted fields but the title, line by line as an index cuts them; what is
 * boilerplate already is left out. The first counts the articles of each line of each source in two rows of counters,
 * into which a line falls by its hash, and of the two only the lower is raised (conservative update, as in Estan and
 * Varghese, New directions in traffic measurement, 2002): a count may be too high where lines share counters, never too
 * low. The second counts exactly those lines whose counts are enough for their source. Memory: 32 MB of counters at most,
 * and CANDIDATES lines; what comes to be a candidate behind those is passed over.
 *
 * Invariant: every line given can be taken into a list as it is given. Ignorant of which of them are boilerplate: a line
 * that recurs may be a heading, and a reader has to choose. */
#include "libsearch/result/recurring.h"
#include "libsearch/text/lines.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <stdlib.h>

#define LEAST_DOCUMENTS 10
#define LEAST_SHARE     .01
#define COUNTERS_MIN    ((size_t)1 << 16) /* of a row */
#define COUNTERS_MAX    ((size_t)1 << 23)
#define PER_DOCUMENT    8u
#define CANDIDATES      131072u
#define PLAIN_MOST      64u
#define SHORT_WORDS     3u  /* a line has so many words, */
#define SHORT_BYTES     12u /* or so many bytes */
#define SIGNS_MOST      8u  /* bytes before the first word that are shown */

typedef struct source {
    const char *name; /* as first written; "*": that of articles without one */
    uint64_t documents, least;
} source;

typedef struct candidate {
    ls_boilerplate_line pub;
    uint32_t source;
    uint64_t last; /* document that was counted */
} candidate;

struct ls_boilerplate {
    lsi_arena texts;
    ls_boilerplate_line *lines;
    size_t count;
};

typedef struct finder {
    const lsi_snapshot *snap;
    const ls_boilerplate_options *o;
    ls_boilerplate *out;
    lsi_analyzer *an;
    ls_doc *doc;
    uint64_t number; /* of doc */
    uint32_t source; /* its own */
    bool exact;      /* the second pass */
    lsi_map source_numbers;
    source *sources;
    size_t source_count, source_cap;
    uint16_t *rows[2];
    size_t mask;
    uint64_t *hashes; /* of the lines of doc */
    size_t hash_count, hash_cap;
    lsi_map line_numbers; /* number of the source and words of the line → candidate */
    candidate *lines;
    size_t line_count, line_cap;
    lsi_buf key, text;
    ls_error *err;
} finder;

/* ---- sources ---- */

static int find_source(finder *f)
{
    size_t len = 0;
    const lsi_doc_value *v = lsi_schema_source(f->snap->schema, f->doc);
    const uint8_t *folded = lsi_analyzer_keyword(f->an, (const uint8_t *)(v ? v->text : ""), v ? v->len : 0, &len);
    uint32_t *number = folded ? lsi_map_put(&f->source_numbers, folded, len) : NULL;
    if (!number) return lsi_fail_nomem(f->err);
    if (*number == LSI_MAP_NONE) {
        if (!LSI_ROOM(f->sources, f->source_count + 1, f->source_cap)) return lsi_fail_nomem(f->err);
        const char *name = lsi_arena_dup(&f->out->texts, len ? v->text : "*", len ? v->len : 1);
        if (!name) return lsi_fail_nomem(f->err);
        *number = (uint32_t)f->source_count;
        f->sources[f->source_count++] = (source){.name = name};
    }
    f->source = *number;
    return LS_OK;
}

/* How many articles of a source make a line recur in it. */
static void set_least(finder *f)
{
    for (size_t i = 0; i < f->source_count; i++) {
        source *s = &f->sources[i];
        uint64_t share = (uint64_t)(f->o->share * (double)s->documents);
        s->least = LSI_MAX(f->o->documents, share + ((double)share < f->o->share * (double)s->documents));
    }
}

/* ---- lines ---- */

/* Shorter ones are headings, mostly: Reports, Court Date. */
static bool is_worth(const uint8_t *key, size_t n)
{
    unsigned words = 1;
    bool letters = false;
    for (size_t i = 0; i < n; i++) {
        letters = letters || key[i] >= 0x80 || lsi_is_alpha(key[i]);
        words += key[i] == ' ';
    }
    return letters && (words >= SHORT_WORDS || n >= SHORT_BYTES);
}

/* The words alone of the line at `start`, and its source, into f->key: false where no list would have it. */
static bool read_line(finder *f, size_t start, size_t *end)
{
    const uint8_t *key;
    size_t n = lsi_tokens_line(f->an, start, &key, end);
    if (!n || *end - start > LSI_LINE_MAX - SIGNS_MOST || !is_worth(key, n)) return false;
    lsi_buf_reset(&f->key);
    lsi_buf_put32(&f->key, f->source);
    lsi_buf_put(&f->key, key, n);
    return true;
}

static int note(finder *f)
{
    if (f->key.rc || !LSI_ROOM(f->hashes, f->hash_count + 1, f->hash_cap)) return lsi_fail_nomem(f->err);
    f->hashes[f->hash_count++] = lsi_hash64(f->key.data, f->key.len);
    return LS_OK;
}

static uint16_t *counter(const finder *f, unsigned row, uint64_t hash)
{
    return &f->rows[row][(row ? hash >> 32 : hash) & f->mask];
}

static uint64_t counted(const finder *f, uint64_t hash)
{
    return LSI_MIN(*counter(f, 0, hash), *counter(f, 1, hash));
}

/* The line as it may stand in a list, with a bracket or quotation mark before it: blanks one, no control characters. */
static const char *written(finder *f, const uint8_t *text, size_t start, size_t end)
{
    size_t first = start;
    while (first && start - first < SIGNS_MOST && text[first - 1] > ' ') first--;
    if (start - first < SIGNS_MOST) start = first;
    lsi_buf_reset(&f->text);
    for (size_t i = start; i < end; i++) {
        if (text[i] > ' ') lsi_buf_put8(&f->text, text[i]);
        else if (f->text.len && f->text.data[f->text.len - 1] != ' ') lsi_buf_put8(&f->text, ' ');
    }
    while (f->text.len && f->text.data[f->text.len - 1] == ' ') f->text.len--;
    return f->text.rc ? NULL : lsi_arena_dup(&f->out->texts, f->text.data, f->text.len);
}

static int count(finder *f, const uint8_t *text, size_t start, size_t end)
{
    uint64_t least = f->sources[f->source].least;
    if (f->key.rc) return lsi_fail_nomem(f->err);
    if (counted(f, lsi_hash64(f->key.data, f->key.len)) < LSI_MIN(least, (uint64_t)UINT16_MAX)) return LS_OK;
    uint32_t known = lsi_map_get(&f->line_numbers, f->key.data, f->key.len);
    if (known == LSI_MAP_NONE && f->line_count == CANDIDATES) return LS_OK;
    if (known == LSI_MAP_NONE) {
        uint32_t *number;
        const char *line = written(f, text, start, end);
        if (!line || !LSI_ROOM(f->lines, f->line_count + 1, f->line_cap) ||
            !(number = lsi_map_put(&f->line_numbers, f->key.data, f->key.len)))
            return lsi_fail_nomem(f->err);
        *number = known = (uint32_t)f->line_count;
        f->lines[f->line_count++] = (candidate){.pub = {.line = line}, .source = f->source, .last = UINT64_MAX};
    }
    candidate *c = &f->lines[known];
    c->pub.documents += c->last != f->number;
    c->last = f->number;
    return LS_OK;
}

static int take(finder *f, const uint8_t *text, size_t start, uint32_t flags)
{
    size_t end;
    if ((flags & (LSI_TOK_PARAGRAPH | LSI_TOK_BOILERPLATE)) != LSI_TOK_PARAGRAPH) return LS_OK;
    if (!read_line(f, start, &end)) return LS_OK;
    return f->exact ? count(f, text, start, end) : note(f);
}

static int read_value(finder *f, const lsi_doc_value *v, lsi_lines_of listed)
{
    lsi_plain_word plain[PLAIN_MOST];
    lsi_token t;
    uint32_t position, flags;
    int more = 1, rc = LS_OK;
    const uint8_t *text = (const uint8_t *)v->text;
    lsi_tokens_begin_of(f->an, listed, text, v->len, 0);
    while (!rc && more > 0) {
        while (!rc && lsi_tokens_plain(f->an, plain, PLAIN_MOST, &position, &flags))
            rc = take(f, text, plain[0].start, flags);
        if (!rc && (more = lsi_tokens_other(f->an, &t)) > 0) rc = take(f, text, t.start, t.flags);
    }
    return more < 0 ? lsi_fail_nomem(f->err) : rc;
}

/* ---- documents ---- */

static int by_hash(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* A line counts once for a document. */
static void count_hashes(finder *f)
{
    if (f->hash_count > 1) qsort(f->hashes, f->hash_count, sizeof *f->hashes, by_hash);
    for (size_t i = 0; i < f->hash_count; i++) {
        if (i && f->hashes[i] == f->hashes[i - 1]) continue;
        uint64_t n = counted(f, f->hashes[i]);
        for (unsigned row = 0; row < 2 && n < UINT16_MAX; row++) {
            uint16_t *c = counter(f, row, f->hashes[i]);
            if (*c == n) ++*c;
        }
    }
}

static bool is_read(const ls_schema *s, const lsi_doc_value *v)
{
    int no = lsi_schema_find(s, v->field, strlen(v->field));
    return no >= 0 && no != s->title && s->fields[no].pub.type == LS_TEXT && s->fields[no].pub.weight > 0;
}

static int read_document(finder *f, lsi_segment *seg, lsi_doc local)
{
    lsi_lines_of listed;
    lsi_doc_clear(f->doc);
    int rc = lsi_segment_doc(seg, local, f->doc, f->err);
    if (!rc) rc = find_source(f);
    if (!rc) rc = lsi_schema_lines_of(&listed, f->snap->schema, f->doc, f->an, f->err);
    f->hash_count = 0;
    for (size_t i = 0; !rc && i < f->doc->count; i++) {
        const lsi_doc_value *v = &f->doc->values[i];
        if (v->text && !v->is_int && v->len < UINT32_MAX && is_read(f->snap->schema, v)) rc = read_value(f, v, listed);
    }
    if (rc || f->exact) return rc;
    f->sources[f->source].documents++;
    count_hashes(f);
    return LS_OK;
}

static int read_all(finder *f)
{
    int rc = LS_OK;
    for (size_t i = 0; !rc && i < f->snap->count; i++) {
        const lsi_snapshot_segment *x = &f->snap->segments[i];
        for (lsi_doc d = 0; !rc && d < x->seg->doc_count; d++) {
            if (lsi_live_is_deleted(x->live, d)) continue;
            f->number = x->base + d;
            rc = read_document(f, x->seg, d);
        }
    }
    return rc;
}

/* ---- the answer ---- */

/* Sources by their number of articles, the lines of each by that of theirs. */
static int by_count(const void *a, const void *b)
{
    const ls_boilerplate_line *x = a, *y = b;
    if (x->of != y->of) return x->of > y->of ? -1 : 1;
    int order = strcmp(x->source, y->source);
    if (order) return order;
    if (x->documents != y->documents) return x->documents > y->documents ? -1 : 1;
    return strcmp(x->line, y->line);
}

static int choose(finder *f)
{
    ls_boilerplate *b = f->out;
    b->lines = lsi_calloc(f->line_count + 1, sizeof *b->lines);
    if (!b->lines) return lsi_fail_nomem(f->err);
    for (size_t i = 0; i < f->line_count; i++) {
        const candidate *c = &f->lines[i];
        const source *s = &f->sources[c->source];
        if (c->pub.documents < s->least) continue;
        ls_boilerplate_line *line = &b->lines[b->count++];
        *line = c->pub;
        line->source = s->name;
        line->of = s->documents;
    }
    if (b->count > 1) qsort(b->lines, b->count, sizeof *b->lines, by_count);
    return LS_OK;
}

static int make_rows(finder *f)
{
    size_t n = COUNTERS_MIN;
    while (n < COUNTERS_MAX && n / PER_DOCUMENT < f->snap->documents) n *= 2;
    f->mask = n - 1;
    for (unsigned row = 0; row < 2; row++)
        if (!(f->rows[row] = lsi_calloc(n, sizeof **f->rows))) return lsi_fail_nomem(f->err);
    return LS_OK;
}

static void clear(finder *f)
{
    lsi_analyzer_free(f->an);
    lsi_doc_free(f->doc);
    lsi_map_clear(&f->source_numbers);
    lsi_map_clear(&f->line_numbers);
    lsi_free(f->sources);
    lsi_free(f->rows[0]);
    lsi_free(f->rows[1]);
    lsi_free(f->hashes);
    lsi_free(f->lines);
    lsi_buf_clear(&f->key);
    lsi_buf_clear(&f->text);
}

int lsi_boilerplate_find(ls_boilerplate **out, const lsi_snapshot *snap, const ls_boilerplate_options *o, ls_error *err)
{
    ls_boilerplate_options own = *o;
    if (!own.documents) own.documents = LEAST_DOCUMENTS;
    if (!(own.share > 0)) own.share = LEAST_SHARE;
    finder f = {.snap = snap, .o = &own, .err = err};
    *out = NULL;
    if (!(f.out = lsi_calloc(1, sizeof *f.out))) return lsi_fail_nomem(err);
    lsi_arena_init(&f.out->texts);
    lsi_map_init(&f.source_numbers);
    lsi_map_init(&f.line_numbers);
    lsi_buf_init(&f.key, 0);
    lsi_buf_init(&f.text, 0);
    int rc = lsi_analyzer_new(&f.an, err);
    if (!rc) rc = lsi_doc_new(&f.doc, err);
    if (!rc) rc = make_rows(&f);
    if (!rc) rc = read_all(&f);
    set_least(&f);
    f.exact = true;
    if (!rc) rc = read_all(&f);
    if (!rc) rc = choose(&f);
    clear(&f);
    if (rc) lsi_boilerplate_free(f.out);
    else *out = f.out;
    return rc;
}

const ls_boilerplate_line *lsi_boilerplate_at(const ls_boilerplate *b, size_t i)
{
    return i < b->count ? &b->lines[i] : NULL;
}

void lsi_boilerplate_free(ls_boilerplate *b)
{
    if (!b) return;
    lsi_arena_clear(&b->texts);
    lsi_free(b->lines);
    lsi_free(b);
}
