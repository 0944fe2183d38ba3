/* words.c — owns the turning of a stretch of a query's text into words as the index has them, and the way back: text
 * that is read as the same words again.
 *
 * Invariants: offsets begin at 0 and rise; a word has one to two terms (the index's language, the query's); everything
 * lies in the query's arena. Ignorant of: operators, fields, what the words are used for.
 * Scripts without spaces are cut into pairs of characters, and the last of a run also stands alone in the index; in a
 * query that last one is left out, for the text found may go on.
 */
#include "libsearch/query/parse.h"
#include "libsearch/text/ucd.h"
#include "libsearch/text/utf8.h"
#include "libsearch/util/alloc.h"
#include <assert.h>

/* Where words come from: the analyzer, or, of nothing but ASCII letters and digits between blanks, the text itself, whose
 * runs are words as they stand. */
typedef struct source {
    const uint8_t *text;
    size_t len, at;
    bool plain;
    uint32_t position;
} source;

static void begin(source *s, lsi_parser *p, const char *text, size_t len)
{
    size_t at = 0;
    *s = (source){.text = (const uint8_t *)text, .len = len};
    while (at < len && (lsi_is_alnum(s->text[at]) || text[at] == ' ')) at++;
    s->plain = at == len && len <= LSI_FORM_MAX;
    if (!s->plain) lsi_tokens_begin(p->an, s->text, len, p->q->default_lang);
}

static int next_token(source *s, lsi_parser *p, lsi_token *t)
{
    if (!s->plain) return lsi_tokens_next(p->an, t);
    while (s->at < s->len && s->text[s->at] == ' ') s->at++;
    size_t from = s->at;
    while (s->at < s->len && s->text[s->at] != ' ') s->at++;
    *t = (lsi_token){.form = s->text + from, .form_len = (uint32_t)(s->at - from), .start = from, .end = s->at};
    if (s->at > from) t->position = s->position++;
    return s->at > from;
}

static const uint8_t *keep(lsi_parser *p, const uint8_t *s, size_t n)
{
    const uint8_t *copy = s ? lsi_arena_dup(&p->q->arena, s, n) : NULL;
    if (!copy) p->rc = LS_NOMEM;
    return copy;
}

static void add_term(lsi_parser *p, lsi_qword *w, int lang, const uint8_t *form, size_t form_len)
{
    size_t n = 0;
    const uint8_t *term = lsi_analyzer_term_again(p->an, lang, form, form_len, &n);
    if (!term) p->rc = LS_NOMEM;
    if (!term || !n) return;
    if (w->term_count && w->terms[0].len == n && memcmp(w->terms[0].term, term, n) == 0) return;
    bool same = n == w->folded_len && memcmp(term, w->folded, n) == 0;
    term = same ? w->folded : keep(p, term, n);
    if (term) w->terms[w->term_count++] = (lsi_qterm){term, (uint32_t)n};
}

/* US, IT, WHO: capitals are a name, though us, it, who are function words. */
static bool is_capitals(const lsi_qword *w)
{
    for (uint32_t i = 0; i < w->form_len; i++) {
        if (w->form[i] < 'A' || w->form[i] > 'Z') return false;
    }
    return w->form_len >= 2;
}

static bool is_function_word(const lsi_parser *p, const lsi_qword *w)
{
    const ls_query *q = p->q;
    if (is_capitals(w)) return false;
    return lsi_lang_is_function_word(q->default_lang, w->folded, w->folded_len) ||
           (q->lang >= 0 && lsi_lang_is_function_word(q->lang, w->folded, w->folded_len));
}

/* Small ASCII letters and digits: folding changes nothing. */
static bool is_folded(const uint8_t *form, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!lsi_is_alnum(form[i]) || (uint8_t)(form[i] - 'A') < 26) return false;
    }
    return true;
}

/* A token as a word; p->rc on failure. */
static void make_word(lsi_parser *p, lsi_qword *w, const lsi_token *t, size_t base)
{
    memset(w, 0, sizeof *w);
    w->form = keep(p, t->form, t->form_len);
    if (!w->form) return;
    w->form_len = t->form_len;
    if (is_folded(w->form, w->form_len)) {
        w->folded = w->form;
        w->folded_len = w->form_len;
    } else {
        size_t n = 0;
        const uint8_t *folded = lsi_analyzer_fold(p->an, w->form, w->form_len, &n);
        w->folded = keep(p, folded, n);
        w->folded_len = (uint32_t)n;
    }
    if (!w->folded) return;
    add_term(p, w, p->q->default_lang, w->form, w->form_len);
    if (p->q->lang >= 0) add_term(p, w, p->q->lang, w->form, w->form_len);
    w->offset = t->position;
    w->start = (uint32_t)(base + t->start);
    w->end = (uint32_t)(base + t->end);
    w->function_word = is_function_word(p, w);
}

static lsi_qword *next_slot(lsi_parser *p, uint32_t count)
{
    lsi_qword *grown = lsi_parse_grow(p, p->words, &p->word_cap, count, sizeof *grown);
    if (!grown) return NULL;
    p->words = grown;
    return &grown[count];
}

/* Whether a word is one letter, with its marks, of a script that the index cuts into pairs: asks the analyzer with it
 * doubled. */
static bool is_paired(lsi_parser *p, const lsi_qword *w)
{
    uint8_t twice[2 * LSI_FORM_MAX];
    size_t n = w->form_len;
    unsigned bytes;
    lsi_token t;
    assert(n && n <= LSI_FORM_MAX);
    if (!(lsi_ucd(lsi_utf8_get(w->form, n, 0, &bytes)) & LSI_UCD_BIGRAM)) return false;
    memcpy(twice, w->form, n);
    memcpy(twice + n, w->form, n);
    lsi_tokens_begin(p->an, twice, 2 * n, p->q->default_lang);
    int rc = lsi_tokens_next(p->an, &t);
    if (rc < 0) p->rc = LS_NOMEM;
    return rc > 0 && t.end - t.start == 2 * n;
}

static void set_offsets(lsi_words *out)
{
    uint32_t first = out->count ? out->list[0].offset : 0;
    for (uint32_t i = 0; i < out->count; i++) out->list[i].offset -= first;
    out->joined.offset = 0;
}

bool lsi_words_read(lsi_parser *p, lsi_words *out, const char *text, size_t len, size_t base)
{
    lsi_token t;
    source s;
    memset(out, 0, sizeof *out);
    begin(&s, p, text, len);
    size_t start = SIZE_MAX, end = 0, joined_start = 0, joined_end = 0, last_start = 0, last_end = 0;
    uint32_t count = 0, joined = 0;
    int more;
    while ((more = next_token(&s, p, &t)) > 0) {
        bool is_joined = t.flags & LSI_TOK_JOINED;
        if (!is_joined && count && t.start > last_start && t.end <= last_end) continue; /* last of a run of pairs */
        lsi_qword *w = is_joined ? &out->joined : next_slot(p, count);
        if (!w) return false;
        make_word(p, w, &t, base);
        if (p->rc) return false;
        if (is_joined) {
            joined++;
            joined_start = t.start;
            joined_end = t.end;
            continue;
        }
        count++;
        start = LSI_MIN(start, t.start);
        end = LSI_MAX(end, t.end);
        last_start = t.start;
        last_end = t.end;
    }
    if (more < 0) {
        p->rc = LS_NOMEM;
        return false;
    }
    out->count = count;
    out->list = lsi_arena_alloc(&p->q->arena, LSI_MAX(count, 1) * sizeof *out->list);
    if (!out->list) p->rc = LS_NOMEM;
    if (!out->list) return false;
    if (count) memcpy(out->list, p->words, count * sizeof *out->list);
    out->from = LSI_MIN(start, end);
    out->to = end;
    out->has_joined = joined == 1 && count > 1 && joined_start == start && joined_end == end;
    set_offsets(out);
    out->one_of_bigrams = count == 1 && is_paired(p, &out->list[0]);
    return !p->rc;
}

/* Of one parser: folded spelling and terms follow from the form. */
static bool word_equal(const lsi_qword *a, const lsi_qword *b)
{
    return a->offset == b->offset && !lsi_bytes_cmp(a->form, a->form_len, b->form, b->form_len);
}

bool lsi_words_equal(const lsi_words *a, const lsi_words *b)
{
    if (a->count != b->count || a->has_joined != b->has_joined || a->one_of_bigrams != b->one_of_bigrams) return false;
    if (a->has_joined && !word_equal(&a->joined, &b->joined)) return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!word_equal(&a->list[i], &b->list[i])) return false;
    }
    return true;
}

/* ---- the way back ----------------------------------------------------------------------------------------------- */

static bool reads_as_words(lsi_parser *p, const char *text, size_t len, const lsi_words *w)
{
    lsi_words again;
    return lsi_words_read(p, &again, text, len, 0) && lsi_words_equal(&again, w);
}

/* A word of ASCII letters and digits is a chunk of its own unless it is an operator: nothing need be read again. */
static bool is_plain(const lsi_words *w, const char *text, size_t len)
{
    if (w->count != 1 || w->has_joined || w->one_of_bigrams || len != w->list[0].form_len) return false;
    for (size_t i = 0; i < len; i++) {
        if (!lsi_is_alnum(text[i])) return false;
    }
    return !lsi_may_be_operator(text, len);
}

/* The text alone is cut into one plain chunk, and that is read as w. */
static bool is_chunk_of(lsi_parser *p, const char *text, size_t len, const lsi_words *w)
{
    bool simple = p->q->flags & LS_MODE_SIMPLE;
    assert(len);
    if (!simple && (memchr(text, '*', len) || memchr(text, '?', len))) return false;
    bool quiet = p->quiet;
    p->quiet = true;
    const lsi_lexeme *x = lsi_lex(p, text, len);
    bool ok = x && x->type == LSI_LEX_WORD && x->kind == LSI_KIND_TEXT && x->field == LSI_FIELD_NONE && x->start == 0 &&
              x->end == len && !x->tilde && x->boost == LSI_BOOST_ONE && x[1].type == LSI_LEX_END &&
              reads_as_words(p, text, len, w);
    p->quiet = quiet;
    return ok;
}

static const char *string(lsi_parser *p, const char *s, size_t n)
{
    return (const char *)keep(p, (const uint8_t *)s, n);
}

const char *lsi_words_chunk(lsi_parser *p, const lsi_words *w, const char *text, size_t len)
{
    assert(w->count && !p->rc);
    const char *form = (const char *)w->list[0].form;
    if (is_plain(w, form, w->list[0].form_len)) return form;
    if (w->count == 1 && is_chunk_of(p, form, w->list[0].form_len, w)) return form;
    size_t n = w->to - w->from;
    if (is_chunk_of(p, text + w->from, n, w)) return string(p, text + w->from, n);
    return is_chunk_of(p, text, len, w) ? string(p, text, len) : NULL;
}

static bool has_quote(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (lsi_lex_quote(s + i, s + n)) return true;
    }
    return false;
}

const char *lsi_words_quoted(lsi_parser *p, const lsi_words *w, const char *text)
{
    size_t n = 0, cut_len = w->to - w->from;
    for (uint32_t i = 0; i < w->count; i++) n += w->list[i].form_len + (size_t)1;
    assert(w->count);
    char *forms = lsi_parse_alloc(p, n + 1);
    if (!forms) return NULL;
    char *at = forms;
    for (uint32_t i = 0; i < w->count; i++) {
        if (i) *at++ = ' ';
        memcpy(at, w->list[i].form, w->list[i].form_len);
        at += w->list[i].form_len;
    }
    n = (size_t)(at - forms);
    if (!has_quote(forms, n) && reads_as_words(p, forms, n, w)) return forms;
    const char *cut = text + w->from;
    if (!has_quote(cut, cut_len) && reads_as_words(p, cut, cut_len, w)) return string(p, cut, cut_len);
    char *blank = lsi_parse_alloc(p, cut_len + 1);
    if (!blank) return NULL;
    memcpy(blank, cut, cut_len);
    for (size_t i = 0; i < cut_len; i++) {
        size_t quote = lsi_lex_quote(blank + i, blank + cut_len);
        if (quote) memset(blank + i, ' ', quote);
    }
    return blank;
}
