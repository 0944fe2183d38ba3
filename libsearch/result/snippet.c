/* snippet.c — owns the writing of passages: text, escaped HTML with markers, ranges in bytes, code points or UTF-16.
 *
 * Invariants: everything given out is valid UTF-8; of the HTML only the caller's markers are raw; ranges of a snippet
 * rise, do not overlap and lie within its text. The result owns all it points at and needs no reader.
 * Passages come from the main field, and where that has no match from the other weighted fields that have one.
 * A highlighter keeps the words of the query as they were found and the scratch of the reader from document to document.
 * Ignorant of: how matches are found (match.c) and passages chosen (passage.c).
 */
#include "libsearch/result/snippet.h"
#include "libsearch/util/alloc.h"

#define COUNT_DEFAULT  2u
#define COUNT_MAX      100u
#define LENGTH_DEFAULT 200u
#define LENGTH_MAX     100000u
#define CUT            "\xe2\x80\xa6"

typedef struct snippets { /* what is behind an ls_snippets */
    ls_snippets pub;
    lsi_arena arena;
} snippets;

struct ls_highlighter {
    const ls_reader *reader, *given; /* what of the given one may be seen, until this is closed */
    const ls_schema *schema;
    lsi_scratch *scratch;
    lsi_matcher m;
    ls_snippet_options o;
    char *pre, *post; /* copies of the caller's */
    ls_doc own;       /* where the caller has not read the document */
    /* of the present document */
    snippets *out;
    const ls_doc *doc;
    ls_snippet *list;
    size_t count;
    lsi_buf plain, html;
};
typedef struct ls_highlighter maker;

/* ---- units ------------------------------------------------------------------------------------------------------- */

/* Units of a stretch: lead bytes, in UTF-16 those of four bytes twice. Eight bytes at once: most text is plain. */
static size_t count_units(const uint8_t *s, size_t n, bool utf16)
{
    size_t units = 0, i = 0;
    for (; n - i >= 8; i += 8) {
        uint64_t v = lsi_get64(s + i);
        if (!(v & UINT64_C(0x8080808080808080))) {
            units += 8;
            continue;
        }
        for (size_t k = i; k < i + 8; k++) units += ((s[k] & 0xC0) != 0x80) + (size_t)(utf16 && s[k] >= 0xF0);
    }
    for (; i < n; i++) units += ((s[i] & 0xC0) != 0x80) + (size_t)(utf16 && s[i] >= 0xF0);
    return units;
}

void lsi_ranges_convert(const uint8_t *text, size_t len, ls_range *r, size_t count, int unit)
{
    size_t at = 0, units = 0;
    if (unit == LS_RANGES_BYTES) return;
    for (size_t i = 0; i < 2 * count; i++) {
        size_t *v = i & 1 ? &r[i / 2].end : &r[i / 2].start, to = LSI_MIN(*v, len);
        if (to > at) units += count_units(text + at, to - at, unit == LS_RANGES_UTF16);
        at = LSI_MAX(at, to);
        *v = units;
    }
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* A bit for each byte below 64 that escape_of knows. */
#define ESCAPED                                                                                                        \
    (UINT64_C(1) | UINT64_C(1) << '&' | UINT64_C(1) << '<' | UINT64_C(1) << '>' | UINT64_C(1) << '"' |                 \
     UINT64_C(1) << '\'')

static const char *escape_of(uint8_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return " "; /* NUL */
    }
}

static void put_escaped(lsi_buf *b, const uint8_t *s, size_t n)
{
    size_t done = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] >= 64 || !(ESCAPED >> s[i] & 1)) continue;
        const char *escape = escape_of(s[i]);
        lsi_buf_put(b, s + done, i - done);
        lsi_buf_puts(b, escape);
        done = i + 1;
    }
    lsi_buf_put(b, s + done, n - done);
}

/* Text with its marked ranges (bytes of s, rising). */
static void put_marked(lsi_buf *b, const maker *k, const uint8_t *s, size_t n, const ls_range *r, size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        put_escaped(b, s + at, r[i].start - at);
        lsi_buf_puts(b, k->o.pre);
        put_escaped(b, s + r[i].start, r[i].end - r[i].start);
        lsi_buf_puts(b, k->o.post);
        at = r[i].end;
    }
    put_escaped(b, s + at, n - at);
}

/* The marks first..first+count within [from, to) as ranges from `from`, those that touch or overlap made one. */
static ls_range *ranges_of(maker *k, size_t first, size_t count, size_t from, size_t to, size_t *n)
{
    ls_range *r = lsi_arena_alloc(&k->out->arena, (count + 1) * sizeof *r);
    *n = 0;
    for (size_t i = first; r && i < first + count; i++) {
        const lsi_mark *x = &k->m.marks[i];
        size_t start = LSI_MAX(x->start, from) - from, end = LSI_MIN(x->end, to);
        if (x->end <= from || end <= from + start) continue;
        end -= from;
        if (*n && start < r[*n - 1].end) r[*n - 1].end = LSI_MAX(r[*n - 1].end, end);
        else r[(*n)++] = (ls_range){start, end};
    }
    return r;
}

static const char *keep(maker *k, const lsi_buf *b)
{
    return b->rc ? NULL : lsi_arena_dup(&k->out->arena, b->data, b->len);
}

/* Whether words behind the passage are left out and it does not say so by itself. */
static bool goes_on(const uint8_t *text, size_t len, const lsi_passage *p)
{
    size_t at = p->end, n = strlen(CUT);
    while (at < len && text[at] <= ' ') at++;
    return at < len && (p->end - p->start < n || memcmp(text + p->end - n, CUT, n));
}

static int put_snippet(maker *k, const uint8_t *text, size_t len, const char *field, const lsi_passage *p,
                       ls_error *err)
{
    lsi_buf *plain = &k->plain, *html = &k->html;
    size_t n, head, from = p->start;
    while (from && text[from - 1] <= ' ') from--;
    bool cut_front = from > 0, cut_back = goes_on(text, len, p);
    ls_range *r = ranges_of(k, p->first, p->count, p->start, p->end, &n);
    if (!r) return lsi_fail_nomem(err);
    lsi_buf_reset(plain);
    lsi_buf_reset(html);
    if (cut_front) lsi_buf_puts(plain, CUT " ");
    if (cut_front) lsi_buf_puts(html, CUT " ");
    head = plain->len;
    lsi_buf_put(plain, text + p->start, p->end - p->start);
    put_marked(html, k, text + p->start, p->end - p->start, r, n);
    if (cut_back) lsi_buf_puts(plain, " " CUT);
    if (cut_back) lsi_buf_puts(html, " " CUT);
    for (uint8_t *z = plain->data; plain->len && (z = memchr(z, 0, plain->len - (size_t)(z - plain->data)));) *z = ' ';
    for (size_t i = 0; i < n; i++) {
        r[i].start += head;
        r[i].end += head;
    }
    if (plain->data) lsi_ranges_convert(plain->data, plain->len, r, n, k->o.range_unit);
    ls_range place = {p->start, p->end};
    lsi_ranges_convert(text, len, &place, 1, k->o.range_unit);
    ls_snippet *s = &k->list[k->count];
    *s = (ls_snippet){.field = field, .ranges = r, .range_count = n, .place = place};
    s->text = keep(k, plain);
    s->html = keep(k, html);
    if (!s->text || !s->html) return lsi_fail_nomem(err);
    k->count++;
    return LS_OK;
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

static const lsi_doc_value *next_value(const maker *k, int field, size_t *at)
{
    for (; *at < k->doc->count; ++*at) {
        const lsi_doc_value *v = &k->doc->values[*at];
        if (v->text && !v->is_int && strcmp(v->field, k->schema->fields[field].name) == 0) {
            ++*at;
            return v;
        }
    }
    return NULL;
}

static int make_title(maker *k, ls_error *err)
{
    size_t at = 0, n;
    if (k->schema->title < 0) return LS_OK;
    const lsi_doc_value *v = next_value(k, k->schema->title, &at);
    if (!v) return LS_OK;
    k->m.want_sentences = false;
    int rc = lsi_matcher_read(&k->m, (const uint8_t *)v->text, v->len, k->schema->title, err);
    if (rc) return rc;
    ls_range *r = ranges_of(k, 0, k->m.mark_count, 0, v->len, &n);
    if (!r) return lsi_fail_nomem(err);
    lsi_buf_reset(&k->html);
    put_marked(&k->html, k, (const uint8_t *)v->text, v->len, r, n);
    k->out->pub.title_html = keep(k, &k->html);
    return k->out->pub.title_html ? LS_OK : lsi_fail_nomem(err);
}

static int make_matches(maker *k, const lsi_doc_value *v, ls_error *err)
{
    size_t n;
    ls_range *r = ranges_of(k, 0, k->m.mark_count, 0, v->len, &n);
    if (!r) return lsi_fail_nomem(err);
    lsi_ranges_convert((const uint8_t *)v->text, v->len, r, n, k->o.range_unit);
    k->out->pub.matches = r;
    k->out->pub.match_count = n;
    return LS_OK;
}

/* The passages of one value; where `only_matched`, nothing of a value without a match. */
static int make_value(maker *k, int field, const lsi_doc_value *v, bool only_matched, bool first, ls_error *err)
{
    const uint8_t *text = (const uint8_t *)v->text;
    k->m.want_sentences = true;
    int rc = lsi_matcher_read(&k->m, text, v->len, field, err);
    if (!rc && first && k->o.all_matches && field == k->schema->main) rc = make_matches(k, v, err);
    if (rc || k->count == k->o.count || (only_matched && !k->m.mark_count)) return rc;
    lsi_passage *p = lsi_arena_alloc(&k->m.texts, k->o.count * sizeof *p);
    if (!p) return lsi_fail_nomem(err);
    int n = lsi_passages_choose(&k->m, text, v->len, k->o.count - k->count, k->o.length, &k->m.texts, p, err);
    const char *name = lsi_arena_dup(&k->out->arena, v->field, strlen(v->field));
    if (!name) return lsi_fail_nomem(err);
    for (int i = 0; i < n && !rc; i++) rc = put_snippet(k, text, v->len, name, &p[i], err);
    return n < 0 ? n : rc;
}

static int make_field(maker *k, int field, bool only_matched, ls_error *err)
{
    size_t at = 0;
    bool first = true;
    const lsi_doc_value *v;
    while ((v = next_value(k, field, &at)) != NULL) {
        int rc = make_value(k, field, v, only_matched || !first, first, err);
        if (rc) return rc;
        first = false;
    }
    return LS_OK;
}

static bool other_field(const maker *k, int f)
{
    const ls_field *x = &k->schema->fields[f].pub;
    return f != k->schema->title && f != k->schema->main && x->type == LS_TEXT && x->weight > 0;
}

static int make_all(maker *k, ls_error *err)
{
    int rc = make_title(k, err);
    if (rc || k->o.no_body) return rc;
    int main_field = k->schema->main;
    if (main_field >= 0) rc = make_field(k, main_field, true, err);
    for (int f = 0; !rc && f < (int)k->schema->count && !k->count; f++) {
        if (other_field(k, f)) rc = make_field(k, f, true, err);
    }
    if (!rc && !k->count && main_field >= 0) rc = make_field(k, main_field, false, err);
    for (int f = 0; !rc && f < (int)k->schema->count && !k->count; f++) {
        if (other_field(k, f)) rc = make_field(k, f, false, err);
    }
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int make(maker *k, uint64_t doc, const ls_doc *given, ls_error *err)
{
    size_t seg;
    lsi_doc local;
    int lang;
    const lsi_snapshot *snap = k->reader->snap;
    if (given && !k->o.no_body && lsi_doc_is_cut(given)) given = NULL;
    int rc = lsi_snapshot_locate(snap, doc, &seg, &local, err);
    if (!rc && !given) rc = lsi_segment_doc(snap->segments[seg].seg, local, &k->own, err);
    if (!rc) rc = lsi_segment_doc_language(snap->segments[seg].seg, local, &lang, err);
    if (rc) return rc;
    k->doc = given ? given : &k->own;
    if ((rc = lsi_matcher_turn(&k->m, k->doc, lang, err))) return rc;
    k->count = 0;
    k->list = lsi_arena_alloc(&k->out->arena, k->o.count * sizeof *k->list);
    if (!k->list) return lsi_fail_nomem(err);
    rc = make_all(k, err);
    k->out->pub.snippets = k->list;
    k->out->pub.count = k->count;
    return rc;
}

int lsi_highlighter_make(ls_snippets **out, ls_highlighter *k, uint64_t doc, const ls_doc *given, ls_error *err)
{
    *out = NULL;
    k->out = lsi_calloc(1, sizeof *k->out);
    if (!k->out) return lsi_fail_nomem(err);
    lsi_arena_init(&k->out->arena);
    int rc = make(k, doc, given, err);
    if (rc) {
        lsi_snippets_free(&k->out->pub);
        return rc;
    }
    *out = &k->out->pub;
    return LS_OK;
}

static char *copy_marker(const char *given, const char *otherwise)
{
    const char *s = given ? given : otherwise;
    size_t n = strlen(s) + 1;
    char *p = lsi_malloc(n);
    if (p) memcpy(p, s, n);
    return p;
}

int lsi_highlighter_open(ls_highlighter **out, const ls_reader *r, const ls_query *q, const ls_snippet_options *o,
                         ls_error *err)
{
    *out = NULL;
    maker *k = lsi_calloc(1, sizeof *k);
    if (!k) return lsi_fail_nomem(err);
    k->given = r;
    k->o = *o;
    k->o.count = LSI_MIN(o->count ? o->count : COUNT_DEFAULT, COUNT_MAX);
    k->o.length = LSI_MIN(o->length ? o->length : LENGTH_DEFAULT, LENGTH_MAX);
    k->o.pre = k->pre = copy_marker(o->pre, "<mark>");
    k->o.post = k->post = copy_marker(o->post, "</mark>");
    lsi_arena_init(&k->own.arena);
    lsi_buf_init(&k->plain, 0);
    lsi_buf_init(&k->html, 0);
    int rc = k->pre && k->post ? lsi_reader_enter(&k->reader, r, err) : lsi_fail_nomem(err);
    if (rc) k->reader = NULL;
    if (!rc) k->schema = k->reader->snap->schema;
    if (!rc) rc = lsi_scratch_take(&k->scratch, k->reader, err);
    if (!rc) rc = lsi_matcher_init(&k->m, k->scratch, k->reader->snap, q, err);
    if (rc) {
        lsi_highlighter_close(k);
        return rc;
    }
    *out = k;
    return LS_OK;
}

void lsi_highlighter_close(ls_highlighter *k)
{
    if (!k) return;
    if (k->scratch) {
        lsi_matcher_clear(&k->m);
        lsi_scratch_give(k->scratch, k->reader);
    }
    if (k->reader) lsi_reader_leave(k->reader, k->given);
    lsi_free(k->pre);
    lsi_free(k->post);
    lsi_free(k->own.values);
    lsi_arena_clear(&k->own.arena);
    lsi_buf_clear(&k->plain);
    lsi_buf_clear(&k->html);
    lsi_free(k);
}

int lsi_snippets_make(ls_snippets **out, const ls_reader *r, const ls_query *q, uint64_t doc,
                      const ls_snippet_options *o, ls_error *err)
{
    ls_highlighter *k;
    *out = NULL;
    int rc = lsi_highlighter_open(&k, r, q, o, err);
    if (!rc) rc = lsi_highlighter_make(out, k, doc, NULL, err);
    lsi_highlighter_close(k);
    return rc;
}

void lsi_snippets_free(ls_snippets *s)
{
    snippets *own = (snippets *)s; /* pub is its first member */
    if (!own) return;
    lsi_arena_clear(&own->arena);
    lsi_free(own);
}
