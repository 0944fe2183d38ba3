/* copies_text.c — owns the comparison of two texts: each cut into words, its shingles as a set, and how much of one set
 * lies in the other (Broder's containment), exactly.
 *
 * What is compared is what a reader has before him: the main field and the title, boilerplate too.
 *
 * LINES THAT RECUR. Press offices repeat statutory paragraphs: two releases that share nothing else would look alike.
 * A line is left out where at least 1 % of its source's documents, and at least LSI_COPIES_LINE of them, have a kept
 * shingle that lies wholly in it (of a line that has none of its own: one that touches it); with it go all shingles
 * that touch it. No lines are kept for that: the shingles of
 * all segments are, each once a text, and their documents' sources stand in a column. Documents without a source
 * count as those of one. A deleted document counts as long as a segment has it: one that went while it was in memory
 * does not, and what goes with a merge no longer does. Ignorant of which texts are worth comparing. */
#include "libsearch/segment/copies.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"

#define LOOKED_AT 4096u /* entries of one shingle in one segment */
#define KNOWN     4096u /* answers remembered, of those that took some counting */

struct lsi_comparer {
    lsi_segment *const *segs;
    size_t count;
    const ls_schema *schema;
    const lsi_copy_memory *memory;
    lsi_analyzer *analyzer;
    ls_doc *doc;
    lsi_shingler shingler;
    int source_field;
    lsi_map sizes;               /* documents of a source, by its folded value */
    lsi_shingle_cursor *cursors; /* of each segment */
    lsi_ord *ords;    /* the value that ords_of is in each segment; LSI_ORD_NONE where it has no document of it */
    uint64_t ords_of; /* a source's hash; 0: none yet */
    struct {
        uint64_t shingle, source;
        bool known, yes;
    } recurs[KNOWN];
};

int lsi_comparer_new(lsi_comparer **out, lsi_segment *const *segs, size_t count, const ls_schema *schema,
                     const lsi_copy_memory *memory, ls_error *err)
{
    *out = NULL;
    lsi_comparer *c = lsi_calloc(1, sizeof *c);
    if (!c) return lsi_fail_nomem(err);
    c->segs = segs;
    c->count = count;
    c->schema = schema;
    c->memory = memory;
    lsi_map_init(&c->sizes);
    int f = lsi_schema_find(schema, "source", 6);
    c->source_field = f != LSI_FIELD_NONE && schema->fields[f].pub.type == LS_KEYWORD ? f : LSI_FIELD_NONE;
    int rc = lsi_analyzer_new(&c->analyzer, err);
    if (!rc) rc = lsi_doc_new(&c->doc, err);
    if (!rc && !(c->ords = lsi_malloc(count * sizeof *c->ords))) rc = lsi_fail_nomem(err);
    if (!rc && !(c->cursors = lsi_malloc(count * sizeof *c->cursors))) rc = lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < count; i++) lsi_shingle_cursor_init(&c->cursors[i], &segs[i]->shingles);
    if (rc) {
        lsi_comparer_free(c);
        return rc;
    }
    *out = c;
    return LS_OK;
}

void lsi_comparer_free(lsi_comparer *c)
{
    if (!c) return;
    lsi_analyzer_free(c->analyzer);
    if (c->doc) lsi_doc_free(c->doc);
    lsi_map_clear(&c->sizes);
    lsi_free(c->ords);
    lsi_free(c->cursors);
    lsi_free(c);
}

void lsi_copy_text_clear(lsi_copy_text *t)
{
    lsi_free(t->words);
    lsi_free(t->set);
    memset(t, 0, sizeof *t);
}

/* ---- sources ---- */

static const lsi_keywords *source_column(const lsi_comparer *c, const lsi_segment *s)
{
    if (c->source_field == LSI_FIELD_NONE || (uint32_t)c->source_field >= s->field_count) return NULL;
    return s->keywords[c->source_field].section ? &s->keywords[c->source_field] : NULL;
}

int lsi_comparer_source(lsi_comparer *c, size_t seg, lsi_doc doc, lsi_copy_source *out, ls_error *err)
{
    memset(out, 0, sizeof *out);
    if (seg == c->count) {
        *out = c->memory->sources[doc];
        return LS_OK;
    }
    const lsi_keywords *k = source_column(c, c->segs[seg]);
    uint32_t ord, n = 0;
    const uint8_t *written;
    size_t written_len;
    int rc = k ? lsi_keywords_doc(k, doc, &ord, 1, &n, err) : LS_OK;
    if (!rc && n) rc = lsi_keywords_value(k, ord, &out->bytes, &out->len, &written, &written_len, err);
    if (!rc && out->len) out->hash = lsi_hash64(out->bytes, out->len);
    return rc;
}

/* How many documents a source has, deleted ones that are still in segments too. */
static int source_size(lsi_comparer *c, const lsi_copy_source *s, uint32_t *size, ls_error *err)
{
    uint32_t *known = lsi_map_put(&c->sizes, s->len ? s->bytes : (const uint8_t *)"", s->len);
    if (!known) return lsi_fail_nomem(err);
    *size = *known;
    if (*known != LSI_MAP_NONE) return LS_OK;
    uint64_t n = 0;
    for (lsi_doc d = 0; c->memory && d < c->memory->copies->doc_count; d++)
        n += !s->len || c->memory->sources[d].hash == s->hash;
    for (size_t i = 0; i < c->count; i++) {
        const lsi_keywords *k = source_column(c, c->segs[i]);
        uint32_t ord = LSI_ORD_NONE, docs = 0;
        if (!s->len) n += c->segs[i]->doc_count;
        if (!s->len || !k) continue;
        int rc = lsi_keywords_find(k, s->bytes, s->len, &ord, err);
        if (!rc && ord != LSI_ORD_NONE) rc = lsi_keywords_docs(k, ord, 0, k->doc_count, NULL, 0, &docs, err);
        if (rc) return rc;
        n += docs;
    }
    *size = *known = (uint32_t)LSI_MIN(n, (uint64_t)LSI_MAP_NONE - 1);
    return LS_OK;
}

/* Finds the ordinals of a source in all segments, where they are not those found last. */
static int find_ords(lsi_comparer *c, const lsi_copy_source *s, ls_error *err)
{
    if (!s->len || (s->hash && c->ords_of == s->hash)) return LS_OK;
    c->ords_of = 0;
    for (size_t i = 0; i < c->count; i++) {
        const lsi_keywords *k = source_column(c, c->segs[i]);
        c->ords[i] = LSI_ORD_NONE;
        int rc = k ? lsi_keywords_find(k, s->bytes, s->len, &c->ords[i], err) : LS_OK;
        if (rc) return rc;
    }
    c->ords_of = s->hash;
    return LS_OK;
}

static int is_of(lsi_comparer *c, size_t seg, lsi_doc doc, const lsi_copy_source *s, bool *yes, ls_error *err)
{
    lsi_copy_source has;
    uint32_t ord, n = 0;
    int rc;
    if (s->len) { /* its first value is the source */
        rc = lsi_keywords_doc(source_column(c, c->segs[seg]), doc, &ord, 1, &n, err);
        *yes = !rc && n && ord == c->ords[seg];
    } else {
        rc = lsi_comparer_source(c, seg, doc, &has, err);
        *yes = !rc && has.hash == s->hash;
    }
    return rc;
}

/* Texts of a source in one segment that have the shingle, added to *n until there are `most`. */
static int count_entries(lsi_comparer *c, size_t seg, uint64_t mark, const lsi_copy_source *s, uint32_t most,
                         uint32_t *n, ls_error *err)
{
    lsi_shingle_cursor *at = &c->cursors[seg];
    uint64_t entry;
    bool yes;
    if (s->len && c->ords[seg] == LSI_ORD_NONE) return LS_OK;
    int rc = lsi_shingle_seek(at, lsi_shingle_mark(mark), err);
    for (unsigned i = 0; !rc && i < LOOKED_AT && at->at < at->x->entries && *n < most; i++, at->at++) {
        rc = lsi_shingle_get(at, &entry, err);
        if (rc || lsi_shingle_mark(entry) != lsi_shingle_mark(mark)) break;
        rc = is_of(c, seg, lsi_shingle_doc(entry), s, &yes, err);
        *n += !rc && yes;
    }
    return rc;
}

static void count_memory(const lsi_comparer *c, uint64_t mark, const lsi_copy_source *s, uint32_t most, uint32_t *n)
{
    const lsi_copies *m = c->memory->copies;
    size_t at = lsi_copies_seek(m, lsi_shingle_entry(mark, 0));
    for (; at < m->entry_count && lsi_shingle_mark(m->entries[at]) == lsi_shingle_mark(mark) && *n < most; at++)
        *n += c->memory->sources[lsi_shingle_doc(m->entries[at])].hash == s->hash;
}

/* Texts of a source that have the shingle, anywhere; no more than `most` of them are told. */
static int count_texts(lsi_comparer *c, uint64_t mark, const lsi_copy_source *s, uint32_t most, uint32_t *n,
                       ls_error *err)
{
    int rc = find_ords(c, s, err);
    *n = 0;
    if (!rc && c->memory) count_memory(c, mark, s, most, n);
    for (size_t i = 0; !rc && i < c->count && *n < most; i++) rc = count_entries(c, i, mark, s, most, n, err);
    return rc;
}

int lsi_comparer_recurs(lsi_comparer *c, uint64_t shingle, const lsi_copy_source *s, bool *yes, ls_error *err)
{
    uint64_t mark = lsi_shingle_entry(shingle, 0);
    size_t slot = (size_t)((mark >> 40) ^ s->hash) % KNOWN;
    *yes = c->recurs[slot].yes;
    if (c->recurs[slot].known && c->recurs[slot].shingle == mark && c->recurs[slot].source == s->hash) return LS_OK;
    uint32_t n, size = 0;
    int rc = count_texts(c, mark, s, LSI_COPIES_LINE, &n, err);
    *yes = false;
    if (rc || n < LSI_COPIES_LINE) return rc; /* soon found again: the place is for another */
    rc = source_size(c, s, &size, err);
    uint32_t most = rc ? 0 : size / 100 + (size % 100 != 0);
    if (!rc && most > LSI_COPIES_LINE) rc = count_texts(c, mark, s, most, &n, err);
    if (rc) return rc;
    *yes = n >= most;
    c->recurs[slot].shingle = mark;
    c->recurs[slot].source = s->hash;
    c->recurs[slot].yes = *yes;
    c->recurs[slot].known = true;
    return LS_OK;
}

/* ---- texts ---- */

/* Whether a line ends between two words; most are one blank apart. */
LSI_INLINE bool line_ends(const uint8_t *text, size_t from, size_t to)
{
    if (LSI_LIKELY(to - from == 1)) return text[from] == '\n';
    return to > from && memchr(text + from, '\n', to - from);
}

static int cut_value(lsi_comparer *c, lsi_copy_text *t, const lsi_doc_value *v, uint32_t value, uint32_t *line,
                     int lang, ls_error *err)
{
    const uint8_t *text = (const uint8_t *)v->text;
    lsi_token token;
    size_t end = 0;
    int more;
    lsi_shingle_value(&c->shingler, text, v->len);
    lsi_words_begin(c->analyzer, text, v->len, lang);
    while ((more = lsi_tokens_next(c->analyzer, &token)) > 0) {
        if (token.flags & (LSI_TOK_JOINED | LSI_TOK_TAIL)) continue;
        if (!LSI_ROOM(t->words, t->count + 1, t->cap)) return lsi_fail_nomem(err);
        lsi_copy_word *w = &t->words[t->count++];
        w->hash = lsi_shingle_word(&c->shingler, c->analyzer, token.form, token.form_len);
        if (!w->hash) return lsi_fail_nomem(err);
        *line += line_ends(text, end, token.start);
        w->line = *line;
        w->value = value;
        w->start = token.start;
        w->end = end = token.end;
        w->left_out = false;
        w->ends = lsi_shingle_add(&c->shingler, w->hash, &w->shingle);
    }
    return more ? lsi_fail_nomem(err) : LS_OK;
}

/* Marks the shingles that touch lines which recur. */
static int leave_lines(lsi_comparer *c, lsi_copy_text *t, const lsi_copy_source *s, ls_error *err)
{
    for (size_t from = 0, to; from < t->count; from = to) {
        bool yes = false, own = false, touched = false;
        for (to = from; to < t->count && t->words[to].line == t->words[from].line; to++) {
        }
        size_t last = LSI_MIN(to + LSI_SHINGLE_WORDS - 1, t->count);
        for (size_t i = from; !yes && i < last; i++) {
            const lsi_copy_word *w = &t->words[i];
            bool recurs, within = i < to && i >= from + LSI_SHINGLE_WORDS - 1;
            if (!w->ends || !lsi_shingle_kept(w->shingle) || (!within && own)) continue;
            int rc = lsi_comparer_recurs(c, w->shingle, s, &recurs, err);
            if (rc) return rc;
            own |= within;
            yes = within && recurs;
            touched |= recurs;
        }
        yes |= !own && touched;
        for (size_t i = from; yes && i < last; i++) t->words[i].left_out = true;
    }
    return LS_OK;
}

static int make_set(lsi_copy_text *t, ls_error *err)
{
    if (!LSI_ROOM(t->set, 2 * t->count, t->set_cap)) return lsi_fail_nomem(err);
    uint64_t *unsorted = t->set + t->count;
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->words[i].ends && !t->words[i].left_out) unsorted[n++] = t->words[i].shingle;
    lsi_copy_set_sort(t->set, unsorted, n);
    t->set_count = 0;
    for (size_t i = 0; i < n; i++)
        if (!i || t->set[i] != t->set[i - 1]) t->set[t->set_count++] = t->set[i];
    return LS_OK;
}

int lsi_comparer_text(lsi_comparer *c, size_t seg, lsi_doc doc, lsi_copy_text *out, ls_error *err)
{
    int lang = 0;
    uint32_t line = 0, value = 0;
    lsi_copy_source source;
    int rc = seg == c->count ? c->memory->read(c->memory->ctx, doc, c->doc, &lang, err)
                             : lsi_segment_doc(c->segs[seg], doc, c->doc, err);
    if (!rc && seg < c->count) rc = lsi_segment_doc_language(c->segs[seg], doc, &lang, err);
    if (!rc) rc = lsi_comparer_source(c, seg, doc, &source, err);
    out->count = out->set_count = 0;
    lsi_shingle_begin(&c->shingler);
    const int fields[] = {c->schema->main, c->schema->title};
    for (size_t f = 0; f < LSI_COUNTOF(fields); f++) {
        const char *name = fields[f] >= 0 ? c->schema->fields[fields[f]].name : "";
        for (size_t i = 0; !rc && i < c->doc->count; i++) {
            const lsi_doc_value *v = &c->doc->values[i];
            if (v->is_int || !v->text || strcmp(v->field, name)) continue;
            rc = cut_value(c, out, v, f ? LSI_COPY_TITLE : value++, &line, lang, err);
            line++;
        }
    }
    if (!rc) rc = leave_lines(c, out, &source, err);
    return rc ? rc : make_set(out, err);
}
