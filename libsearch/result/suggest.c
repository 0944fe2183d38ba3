/* suggest.c — owns what is offered while somebody types: completions of the last word, titles that begin so, and a
 * did-you-mean for words that nothing has.
 *
 * Invariants: only words and titles of live documents are offered; a did-you-mean was searched for and found something.
 * The earlier words are kept as typed. Ignorant of: how dictionaries are walked (spelling.c).
 */
#include "libsearch/result/suggest.h"
#include "libsearch/query/fuzzy.h"
#include "libsearch/result/hits.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

#define LIMIT_DEFAULT 10u
#define LIMIT_MAX     100u
#define TITLES_MAX    3u
#define TITLE_HITS    30u
#define CORRECTED_MAX 5u /* unknown words of one query */

typedef struct suggestions { /* what is behind an ls_suggestions */
    ls_suggestions pub;
    lsi_arena arena;
} suggestions;

typedef struct maker {
    suggestions *out;
    const ls_reader *reader;
    lsi_scratch *scratch;
    lsi_analyzer *an;
    const char *text; /* repaired and cut, NUL-terminated */
    size_t len;
    size_t tail; /* where the last word begins */
    size_t limit;
    ls_suggestion *list;
    size_t count, words; /* the first so many are words, the others titles */
    ls_query *query;     /* of the text, parsed */
    uint64_t moves;      /* in dictionaries, left for words with two changes */
} maker;

static bool is_word_byte(char c)
{
    return lsi_is_alnum(c) || ((unsigned char)c & 0x80) || c == '\'' || c == '&' || c == '_' || c == '-';
}

/* The word at the end of valid UTF-8, without what stands before it: signs, quotation marks, a field's name. Empty where the text ends
 * with anything else. */
static size_t find_tail(const char *s, size_t len)
{
    size_t at = len;
    while (at && is_word_byte(s[at - 1])) at--;
    while (at < len && s[at] == '-') at++;        /* the sign of NOT */
    for (bool moved = true; moved && at < len;) { /* typographic marks are letters to the loop above */
        moved = false;
        for (size_t i = at; i < len; i++) {
            if (!((unsigned char)s[i] & 0x80)) continue;
            unsigned char c = (unsigned char)s[i];
            bool mark = c == 0xC2 || (c == 0xE2 && (unsigned char)s[i + 1] == 0x80 && (unsigned char)s[i + 2] != 0x99);
            if (!mark) continue;
            at = i + (c == 0xC2 ? 2 : 3);
            moved = true;
            break;
        }
    }
    return at;
}

static int add(maker *k, const char *head, size_t head_len, const uint8_t *word, size_t word_len, uint64_t documents,
               ls_error *err)
{
    char *text = lsi_arena_alloc(&k->out->arena, head_len + word_len + 1);
    if (!text) return lsi_fail_nomem(err);
    if (head_len) memcpy(text, head, head_len);
    memcpy(text + head_len, word, word_len);
    text[head_len + word_len] = 0;
    k->list[k->count++] = (ls_suggestion){text, documents};
    return LS_OK;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static int by_frequency(const void *a, const void *b)
{
    const lsi_spelling *x = a, *y = b;
    if (x->df != y->df) return x->df > y->df ? -1 : 1;
    return lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
}

static int by_documents(const void *a, const void *b)
{
    const ls_suggestion *x = a, *y = b;
    if (x->documents != y->documents) return x->documents > y->documents ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* How many documents a search for a word finds at most: the live frequency of its terms. */
static int documents_of(maker *k, const uint8_t *form, size_t form_len, const uint8_t *folded, size_t folded_len,
                        uint64_t *documents, ls_error *err)
{
    const ls_schema *schema = k->reader->snap->schema;
    lsi_resolver r = {.snap = k->reader->snap, .scratch = k->scratch, .budget = LSI_QUERY_CLAUSES_MAX};
    lsi_qword w = {.form = form, .folded = folded, .form_len = (uint32_t)form_len, .folded_len = (uint32_t)folded_len};
    lsi_word found;
    size_t n;
    const uint8_t *term = lsi_analyzer_term(k->an, schema->lang, form, form_len, &n);
    if (term) term = lsi_arena_dup(&k->scratch->arena, term, n);
    if (!term) return lsi_fail_nomem(err);
    w.terms[w.term_count++] = (lsi_qterm){term, (uint32_t)n};
    int rc = lsi_resolve_terms(&r, &found, &w, LSI_LIST_COMBINED, err);
    *documents = found.df;
    return rc;
}

static int complete_word(maker *k, ls_error *err)
{
    lsi_spelling *list;
    size_t count, n;
    const uint8_t *tail = (const uint8_t *)k->text + k->tail;
    if (k->tail == k->len || memchr(tail, '-', k->len - k->tail)) return LS_OK; /* hyphenated: parts complete badly */
    const uint8_t *folded = lsi_analyzer_fold(k->an, tail, k->len - k->tail, &n);
    if (folded) folded = lsi_arena_dup(&k->scratch->arena, folded, n);
    if (!folded) return lsi_fail_nomem(err);
    if (!n) return LS_OK;
    int rc =
        lsi_spellings_find(&list, &count, k->reader->snap, k->scratch, folded, n, &(lsi_spellings){.kept = n}, err);
    if (rc) return rc;
    if (count > 1) qsort(list, count, sizeof *list, by_frequency);
    for (size_t i = 0; i < count && k->count < k->limit && !rc; i++) {
        uint64_t documents = 0;
        rc = documents_of(k, list[i].form, list[i].form_len, list[i].folded, list[i].folded_len, &documents, err);
        /* 0: a word of a field that bare words do not search */
        documents = LSI_MIN(documents, list[i].df); /* a document with Arms and arms counts twice in df */
        if (!rc && documents) rc = add(k, k->text, k->tail, list[i].form, list[i].form_len, documents, err);
    }
    if (k->count > 1) qsort(k->list, k->count, sizeof *k->list, by_documents);
    k->words = k->count;
    return rc;
}

/* ---- titles ------------------------------------------------------------------------------------------------------ */

static int search(maker *k, ls_results **out, const char *text, size_t len, unsigned flags, size_t limit, ls_error *err)
{
    ls_query *q = NULL;
    ls_query_options qo = {.size = sizeof qo, .flags = flags};
    ls_search_options so = {.size = sizeof so, .limit = limit, .total = LS_TOTAL_NONE};
    int rc = lsi_query_parse(&q, k->reader->snap->schema, text, len, &qo, lsi_io_now_ms(), err);
    if (!rc) rc = lsi_results_search(out, k->reader, q, &so, err);
    lsi_query_free(q);
    return rc;
}

/* title:(words of the text, the last as a beginning). */
static int title_query(maker *k, lsi_buf *b, ls_error *err)
{
    lsi_token t, last = {0};
    lsi_buf_puts(b, k->reader->snap->schema->fields[k->reader->snap->schema->title].name);
    lsi_buf_puts(b, ":(");
    size_t head = b->len;
    int more;
    lsi_tokens_begin(k->an, (const uint8_t *)k->text, k->len, 0);
    while ((more = lsi_tokens_next(k->an, &t)) > 0) {
        if (t.flags & LSI_TOK_JOINED) continue;
        if (last.end) {
            lsi_buf_put(b, k->text + last.start, last.end - last.start);
            lsi_buf_puts(b, " ");
        }
        last = t;
    }
    if (more < 0) return lsi_fail_nomem(err);
    if (last.end) lsi_buf_put(b, k->text + last.start, last.end - last.start);
    if (last.end == k->len && last.end - last.start > 1) lsi_buf_puts(b, "*");
    if (b->len == head || last.end - last.start < 2) b->len = 0; /* too little to go by */
    else lsi_buf_puts(b, ")");
    return b->rc ? lsi_fail_nomem(err) : LS_OK;
}

/* Adds the title of a hit where it begins with what was typed (both folded). */
static int try_title(maker *k, const ls_hit *hit, const uint8_t *typed, size_t typed_len, size_t first, ls_error *err)
{
    const lsi_snapshot *snap = k->reader->snap;
    const char *name = snap->schema->fields[snap->schema->title].name;
    size_t seg, n;
    lsi_doc local;
    ls_doc *d = NULL;
    int rc = lsi_doc_new(&d, err);
    if (!rc) rc = lsi_snapshot_locate(snap, hit->doc, &seg, &local, err);
    const lsi_segment *in = rc ? NULL : snap->segments[seg].seg;
    if (!rc && snap->schema->title == snap->schema->main) rc = lsi_segment_doc(in, local, d, err);
    else if (!rc) rc = lsi_segment_doc_head(in, local, d, err); /* of the main field there may be less */
    for (size_t i = 0; !rc && i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        if (strcmp(v->field, name) != 0) continue;
        const uint8_t *folded = lsi_analyzer_keyword(k->an, (const uint8_t *)v->text, v->len, &n);
        if (!folded) rc = lsi_fail_nomem(err);
        if (rc || n < typed_len || memcmp(folded, typed, typed_len) != 0 || memchr(v->text, 0, v->len)) break;
        bool known = false;
        for (size_t j = first; j < k->count && !known; j++) {
            known = strcmp(k->list[j].text, v->text) == 0;
            if (known) k->list[j].documents++;
        }
        if (!known && k->count - first < TITLES_MAX) { /* for which there is room behind the limit */
            rc = add(k, NULL, 0, (const uint8_t *)v->text, v->len, 1, err);
        }
        break;
    }
    lsi_doc_free(d);
    return rc;
}

static int complete_title(maker *k, ls_error *err)
{
    ls_results *res = NULL;
    lsi_buf b;
    size_t n = 0, first = k->count;
    if (k->reader->snap->schema->title < 0) return LS_OK;
    const uint8_t *typed = lsi_analyzer_keyword(k->an, (const uint8_t *)k->text, k->len, &n);
    if (typed) typed = lsi_arena_dup(&k->scratch->arena, typed, n);
    if (!typed) return lsi_fail_nomem(err);
    lsi_buf_init(&b, 0);
    int rc = title_query(k, &b, err);
    if (!rc && b.len) rc = search(k, &res, (const char *)b.data, b.len, 0, TITLE_HITS, err);
    for (size_t i = 0; !rc && res && i < res->info.count; i++) rc = try_title(k, &res->hits[i], typed, n, first, err);
    lsi_results_free(res);
    lsi_buf_clear(&b);
    return rc;
}

/* ---- did you mean ------------------------------------------------------------------------------------------------ */

typedef struct fix { /* bytes of the query's text and what they become */
    uint32_t start, end;
    const uint8_t *form;
    uint32_t len;
} fix;

typedef struct fixes {
    fix at[CORRECTED_MAX];
    size_t count;
    bool hopeless; /* a word that nothing is like, or too many */
} fixes;

/* What was more likely meant: of two at the same distance the more frequent; a further change is made up for by standing
 * in 64 times as many documents, so that a common name is offered for a rare misspelling of it that is nearer. */
static bool is_likelier(const lsi_spelling *a, const lsi_spelling *b)
{
    const uint64_t x = a->df >> 6 * (a->distance - 1), y = b->df >> 6 * (b->distance - 1);
    if (x != y) return x > y;
    if (a->distance != b->distance) return a->distance < b->distance;
    return by_frequency(a, b) < 0;
}

#define RARE_DF   16u   /* fewer: may be a misspelling itself */
#define MOVES_MAX 2500u /* of a whole query: about half a millisecond */

/* What was meant by a word that nothing has: the cheapest walks first, and no further one where one has found what is
 * not rare. Who errs rarely errs in the first letters, and a walk that keeps them passes over the rest of the dictionary;
 * two changes are looked for under the first two, then under the first only, for that walk would meet a large part of all
 * spellings otherwise. It meets many as it is, and most words that come to it are like nothing (names that the index does
 * not have): two changes are looked for until MOVES_MAX entries were, and what was found by then is taken. */
static int find_meant(maker *k, const lsi_qword *w, uint32_t most, lsi_spelling *best, ls_error *err)
{
    const uint8_t *p = w->folded;
    lsi_fuzzy_point(&p, p + w->folded_len);
    const size_t first = (size_t)(p - w->folded);
    if (p < w->folded + w->folded_len) lsi_fuzzy_point(&p, w->folded + w->folded_len);
    const size_t second = (size_t)(p - w->folded);
    const lsi_spellings walks[] = {
        {first, 0, 1, NULL}, {0, first, 1, NULL}, {second, 0, 2, &k->moves}, {first, second, 2, &k->moves}};
    int rc = LS_OK;
    *best = (lsi_spelling){.df = 0};
    for (size_t i = 0; !rc && best->df < RARE_DF && i < sizeof walks / sizeof *walks; i++) {
        lsi_spelling *list;
        size_t count = 0;
        if (walks[i].distance > most) break;
        if (!walks[i].kept && best->form) continue;
        rc = lsi_spellings_find(&list, &count, k->reader->snap, k->scratch, w->folded, w->folded_len, &walks[i], err);
        for (size_t j = 0; !rc && j < count; j++) {
            if (!best->form || is_likelier(&list[j], best)) *best = list[j];
        }
    }
    return rc;
}

static int fix_word(maker *k, const lsi_qword *w, fixes *f, ls_error *err)
{
    lsi_spelling best;
    size_t points = 0;
    uint64_t documents;
    int rc = documents_of(k, w->form, w->form_len, w->folded, w->folded_len, &documents, err);
    if (rc || documents) return rc;
    if (w->end == k->len && k->words) return LS_OK; /* the beginning of a word: still being typed */
    for (uint32_t i = 0; i < w->folded_len; i++) points += (w->folded[i] & 0xC0) != 0x80;
    f->hopeless = f->hopeless || f->count == CORRECTED_MAX || points < 3 || w->end <= w->start ||
                  lsi_fuzzy_has_digit(w->folded, w->folded_len);
    if (f->hopeless) return LS_OK;
    rc = find_meant(k, w, points < 5 ? 1 : 2, &best, err);
    if (rc) return rc;
    if (best.form) f->at[f->count++] = (fix){w->start, w->end, best.form, best.form_len};
    else f->hopeless = true;
    return LS_OK;
}

static int fix_tree(maker *k, const lsi_node *n, fixes *f, ls_error *err)
{
    int rc = LS_OK;
    if (n->type == LSI_Q_NOT || f->hopeless) return LS_OK;
    bool words = n->type == LSI_Q_WORD || n->type == LSI_Q_PHRASE || n->type == LSI_Q_SLOP;
    for (uint32_t i = 0; words && !rc && i < n->word_count; i++) rc = fix_word(k, &n->words[i], f, err);
    bool one = n->style == LSI_STYLE_HYPHEN || n->style == LSI_STYLE_SYN; /* its parts; what was typed */
    uint32_t kids = one ? 1 : n->kid_count;
    for (uint32_t i = 0; !rc && i < kids; i++) rc = fix_tree(k, n->kids[i], f, err);
    return rc;
}

static int by_start(const void *a, const void *b)
{
    const fix *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

static int correct(maker *k, ls_error *err)
{
    fixes f = {.count = 0};
    lsi_buf b;
    ls_results *res = NULL;
    const ls_query *q = k->query;
    int rc = fix_tree(k, q->root, &f, err);
    if (rc || f.hopeless || !f.count) return rc;
    qsort(f.at, f.count, sizeof *f.at, by_start);
    lsi_buf_init(&b, 0);
    uint32_t at = 0;
    for (size_t i = 0; i < f.count; i++) {
        if (f.at[i].start < at) continue; /* a word that stands in two leaves */
        lsi_buf_put(&b, q->text + at, f.at[i].start - at);
        lsi_buf_put(&b, f.at[i].form, f.at[i].len);
        at = f.at[i].end;
    }
    lsi_buf_put(&b, q->text + at, q->text_len - at);
    if (b.rc) rc = lsi_fail_nomem(err);
    if (!rc) rc = search(k, &res, (const char *)b.data, b.len, 0, 1, err);
    if (!rc && res->info.count) {
        k->out->pub.did_you_mean = lsi_arena_dup(&k->out->arena, b.data, b.len);
        if (!k->out->pub.did_you_mean) rc = lsi_fail_nomem(err);
    }
    lsi_results_free(res);
    lsi_buf_clear(&b);
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* Where there are too many, a third of the places is left to titles. */
static void cut_to_limit(maker *k)
{
    size_t titles = k->count - k->words, words = k->words;
    if (k->count <= k->limit) return;
    titles = LSI_MIN(titles, k->limit / 3);
    words = LSI_MIN(words, k->limit - titles);
    memmove(k->list + words, k->list + k->words, titles * sizeof *k->list);
    k->count = words + titles;
}

static int make(maker *k, const char *text, size_t len, bool whole, ls_error *err)
{
    ls_query_options o = {.size = sizeof o};
    int rc = lsi_scratch_analyzer(k->scratch, &k->an, err);
    if (!rc) rc = lsi_query_parse(&k->query, k->reader->snap->schema, text, len, &o, lsi_io_now_ms(), err);
    if (rc) return rc;
    k->text = k->query->text;
    k->len = k->query->text_len;
    k->tail = find_tail(k->text, k->len);
    k->list = lsi_arena_alloc(&k->out->arena, (k->limit + TITLES_MAX) * sizeof *k->list);
    if (!k->list) return lsi_fail_nomem(err);
    if (!whole) rc = complete_word(k, err);
    if (!whole && !rc) rc = complete_title(k, err);
    if (!rc) rc = correct(k, err);
    cut_to_limit(k);
    k->out->pub.completions = k->list;
    k->out->pub.count = k->count;
    return rc;
}

int lsi_suggest(ls_suggestions **out, const ls_reader *r, const char *text, size_t len, size_t limit, bool whole,
                ls_error *err)
{
    maker k = {.reader = r, .limit = LSI_MIN(limit ? limit : LIMIT_DEFAULT, LIMIT_MAX), .moves = MOVES_MAX};
    *out = NULL;
    k.out = lsi_calloc(1, sizeof *k.out);
    if (!k.out) return lsi_fail_nomem(err);
    lsi_arena_init(&k.out->arena);
    int rc = lsi_scratch_take(&k.scratch, r, err);
    if (!rc) {
        rc = make(&k, text, len, whole, err);
        lsi_scratch_give(k.scratch, r);
    }
    lsi_query_free(k.query);
    if (rc) {
        lsi_suggestions_free(&k.out->pub);
        return rc;
    }
    *out = &k.out->pub;
    return LS_OK;
}

void lsi_suggestions_free(ls_suggestions *s)
{
    suggestions *own = (suggestions *)s; /* pub is its first member */
    if (!own) return;
    lsi_arena_clear(&own->arena);
    lsi_free(own);
}
