/* leaf.c — owns the making of leaves: a chunk, a phrase, caps(…), a keyword or an id becomes a node with its words and
 * its spelling. Invariants: at most LSI_QUERY_CLAUSES_MAX words and leaves; every leaf has a spelling that is read as
 * the same leaf again. Ignorant of: how leaves are joined; numbers and dates (range.c).
 */
#include "libsearch/query/fuzzy.h"
#include "libsearch/query/parse.h"
#include "libsearch/query/resolve.h"
#include <stdio.h>

#define FUZZY_LETTERS_MAX LSI_FUZZY_POINTS_MAX
#define PATTERN_BYTES_MAX 512u

typedef struct slice {
    const char *s;
    size_t len;
    uint32_t base; /* of s in the query's text */
} slice;

static slice slice_of(const lsi_parser *p, uint32_t start, uint32_t end)
{
    return (slice){p->q->text + start, end - start, start};
}

bool lsi_parse_take(lsi_parser *p, uint32_t n, uint32_t start)
{
    if (n <= LSI_QUERY_CLAUSES_MAX - p->clauses) {
        p->clauses += n;
        return true;
    }
    if (!p->clauses_full) {
        lsi_parse_warn(p, "limit_clauses", start, p->q->text_len,
                       "a query has at most %u words; what does not fit is left out", LSI_QUERY_CLAUSES_MAX);
    }
    p->clauses_full = true;
    return false;
}

static bool take_clauses(lsi_parser *p, uint32_t n, const slice *t)
{
    return lsi_parse_take(p, n ? n : 1, t->base);
}

/* printf into the arena; NULL where a part is missing or on failure. */
static const char *spell(lsi_parser *p, const char *before, const char *text, const char *behind)
{
    if (!text) return NULL;
    size_t a = strlen(before), b = strlen(text), c = strlen(behind);
    char *out = lsi_parse_alloc(p, a + b + c + 1);
    if (!out) return NULL;
    memcpy(out, before, a);
    memcpy(out + a, text, b);
    memcpy(out + a + b, behind, c);
    return out;
}

static lsi_node *leaf_new(lsi_parser *p, lsi_node_type type, int field, lsi_qword *words, uint32_t count,
                          const char *spelling)
{
    lsi_node *n = lsi_node_new(p, type);
    if (!n) return NULL;
    n->field = field;
    n->words = words;
    n->word_count = count;
    n->spelling = spelling ? spelling : "";
    return n;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* Jong-un: its parts in order, or the joined word. */
static lsi_node *leaf_hyphen(lsi_parser *p, int field, lsi_words *w, bool exact, const slice *t, const char *spelling)
{
    lsi_words parts = *w;
    lsi_node *kids[2];
    parts.has_joined = false;
    const char *inside = lsi_words_quoted(p, &parts, t->s);
    lsi_qword *joined = lsi_parse_alloc(p, sizeof *joined);
    if (!joined) return NULL;
    *joined = w->joined;
    joined->alternative = true;
    kids[0] = leaf_new(p, LSI_Q_PHRASE, field, w->list, w->count, spell(p, "\"", inside, exact ? "\"" : "\"~"));
    kids[1] = leaf_new(p, exact ? LSI_Q_PHRASE : LSI_Q_WORD, field, joined, 1, spelling);
    if (!kids[0] || !kids[1]) return NULL;
    kids[0]->exact = kids[1]->exact = exact;
    lsi_node *n = lsi_node_group(p, LSI_Q_OR, kids, 2);
    if (!n) return NULL;
    n->style = LSI_STYLE_HYPHEN;
    n->field = field;
    n->spelling = spelling ? spelling : "";
    return n;
}

/* Words that were read from a chunk, as a word, a phrase by terms or a hyphenated word. */
static lsi_node *leaf_words(lsi_parser *p, int field, lsi_words *w, const slice *t)
{
    if (!w->count || p->rc || !take_clauses(p, w->count + w->has_joined, t)) return NULL;
    const char *chunk = lsi_words_chunk(p, w, t->s, t->len);
    if (!chunk && p->q->flags & LS_MODE_SIMPLE) chunk = spell(p, "", lsi_arena_dup(&p->q->arena, t->s, t->len), "");
    if (w->count > 1 && w->has_joined && chunk) return leaf_hyphen(p, field, w, false, t, chunk);
    if (w->count > 1) {
        w->has_joined = false;
        if (!chunk) chunk = spell(p, "\"", lsi_words_quoted(p, w, t->s), "\"~");
        return leaf_new(p, LSI_Q_PHRASE, field, w->list, w->count, chunk);
    }
    if (!chunk) chunk = spell(p, "\"", lsi_words_quoted(p, w, t->s), "\"~");
    /* one character of Chinese, Japanese, Korean: the search itself takes the pairs that begin with it */
    bool prefix = w->one_of_bigrams && !lsi_resolve_is_cjk(w->list[0].folded, w->list[0].folded_len);
    return leaf_new(p, prefix ? LSI_Q_PREFIX : LSI_Q_WORD, field, w->list, 1, chunk);
}

lsi_node *lsi_leaf_words(lsi_parser *p, int field, lsi_words *w, const char *text, size_t len, uint32_t base)
{
    slice t = {text, len, base};
    return leaf_words(p, field, w, &t);
}

const char *lsi_parse_string(lsi_parser *p, const char *before, const char *text, size_t len, const char *behind)
{
    const char *copy = lsi_arena_dup(&p->q->arena, text, len);
    if (!copy) p->rc = LS_NOMEM;
    return *before || *behind ? spell(p, before, copy, behind) : copy;
}

static lsi_node *leaf_text(lsi_parser *p, int field, const slice *t)
{
    lsi_words w;
    return lsi_words_read(p, &w, t->s, t->len, t->base) ? leaf_words(p, field, &w, t) : NULL;
}

/* ---- patterns -----------------------------------------------------------------------------------------------------
 */

static bool is_alnum(char c)
{
    return lsi_is_alnum(c) || ((unsigned char)c & 0x80);
}

static bool is_wild(char c)
{
    return c == '*' || c == '?';
}

static bool has_wild(const slice *t)
{
    return memchr(t->s, '*', t->len) || memchr(t->s, '?', t->len);
}

/* The chunk without punctuation at its edges, where it is a pattern: * anywhere, ? before a letter. What has other
 * punctuation within (an address with ?q=) is text. */
static bool find_pattern(slice *t)
{
    bool wild = false;
    while (t->len && !is_alnum(t->s[0]) && !is_wild(t->s[0])) {
        t->s++;
        t->len--;
        t->base++;
    }
    while (t->len && !is_alnum(t->s[t->len - 1]) && t->s[t->len - 1] != '*') t->len--;
    for (size_t i = 0; i < t->len; i++) {
        char c = t->s[i];
        wild = wild || is_wild(c);
        if (!is_alnum(c) && !is_wild(c) && !strchr("'-.&_", c)) return false;
    }
    return wild;
}

typedef struct pattern {
    char text[PATTERN_BYTES_MAX + 1];    /* folded; runs of wildcards as ??…* */
    char literal[PATTERN_BYTES_MAX + 1]; /* as written, without wildcards */
    size_t len, literal_len, letters, wild;
    bool too_long;
} pattern;

static void add_bytes(pattern *x, const uint8_t *s, size_t n)
{
    if (n > PATTERN_BYTES_MAX - x->len) {
        x->too_long = true;
        return;
    }
    memcpy(x->text + x->len, s, n);
    x->len += n;
}

static void add_literal(lsi_parser *p, pattern *x, const char *s, size_t n)
{
    size_t folded_len = 0;
    char part[PATTERN_BYTES_MAX];
    size_t part_len = 0;
    if (n > PATTERN_BYTES_MAX - x->literal_len) {
        x->too_long = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i] != '-') part[part_len++] = s[i]; /* hyphenated words stand joined in the index */
    }
    memcpy(x->literal + x->literal_len, s, n);
    x->literal_len += n;
    if (!part_len) return;
    const uint8_t *folded = lsi_analyzer_fold(p->an, (const uint8_t *)part, part_len, &folded_len);
    if (!folded) p->rc = LS_NOMEM;
    else add_bytes(x, folded, folded_len);
}

static bool read_pattern(lsi_parser *p, pattern *x, const char *s, size_t len)
{
    memset(x, 0, sizeof *x);
    for (size_t i = 0; i < len && !x->too_long && !p->rc;) {
        size_t from = i, ones = 0;
        while (i < len && !is_wild(s[i])) i++;
        add_literal(p, x, s + from, i - from);
        bool any = false;
        for (; i < len && is_wild(s[i]); i++) {
            any = any || s[i] == '*';
            ones += s[i] == '?';
        }
        for (size_t k = 0; k < ones; k++) add_bytes(x, (const uint8_t *)"?", 1);
        if (any) add_bytes(x, (const uint8_t *)"*", 1);
        x->wild += ones + any;
    }
    x->text[x->len] = 0;
    for (size_t i = 0; i < x->len; i++)
        x->letters += is_alnum(x->text[i]) && ((unsigned char)x->text[i] & 0xC0) != 0x80;
    return !p->rc && !x->too_long;
}

/* Whether the folded pattern is read as itself: it is then the spelling. */
static bool is_own_spelling(lsi_parser *p, const pattern *x)
{
    pattern again;
    slice t = {x->text, x->len, 0};
    if (!find_pattern(&t) || t.s != x->text || t.len != x->len) return false;
    if (!read_pattern(p, &again, x->text, x->len)) return false;
    return again.len == x->len && memcmp(again.text, x->text, x->len) == 0;
}

static lsi_node *leaf_pattern(lsi_parser *p, int field, const slice *t)
{
    pattern x;
    if (!read_pattern(p, &x, t->s, t->len)) {
        if (!p->rc) {
            lsi_parse_warn(p, "limit_pattern", t->base, t->base + t->len, "a pattern has at most %u bytes; left out",
                           PATTERN_BYTES_MAX);
        }
        return NULL;
    }
    if (x.letters < 2) {
        lsi_parse_warn(p, "short_pattern", t->base, t->base + t->len,
                       "a pattern needs at least two letters; its * and ? are left out");
        slice literal = {x.literal, x.literal_len, t->base};
        return leaf_text(p, field, &literal);
    }
    if (!take_clauses(p, 1, t)) return NULL;
    bool prefix = x.wild == 1 && x.text[x.len - 1] == '*';
    lsi_qword *w = lsi_parse_alloc(p, sizeof *w);
    char *folded = lsi_arena_dup(&p->q->arena, x.text, x.len - prefix);
    char *spelling =
        is_own_spelling(p, &x) ? lsi_arena_dup(&p->q->arena, x.text, x.len) : lsi_arena_dup(&p->q->arena, t->s, t->len);
    if (!w || !folded || !spelling) {
        p->rc = LS_NOMEM;
        return NULL;
    }
    w->form = w->folded = (const uint8_t *)folded;
    w->form_len = w->folded_len = (uint32_t)(x.len - prefix);
    w->start = t->base;
    w->end = t->base + (uint32_t)t->len;
    return leaf_new(p, prefix ? LSI_Q_PREFIX : LSI_Q_WILDCARD, field, w, 1, spelling);
}

/* ---- word~ --------------------------------------------------------------------------------------------------------
 */

static lsi_node *leaf_fuzzy(lsi_parser *p, const lsi_lexeme *x, lsi_words *w, const slice *t)
{
    uint32_t distance = x->number == LSI_LEX_NO_NUMBER ? 1 : x->number, letters = 0;
    const lsi_qword *word = &w->list[0];
    bool digit = false;
    for (uint32_t i = 0; w->count == 1 && i < word->folded_len; i++) {
        letters += (word->folded[i] & 0xC0) != 0x80;
        digit = digit || lsi_is_digit(word->folded[i]);
    }
    if (distance > 2) {
        lsi_parse_warn(p, "limit_fuzzy", t->base, x->end, "spellings are compared within at most 2 changes");
        distance = 2;
    }
    const char *chunk = w->count == 1 && !w->one_of_bigrams ? lsi_words_chunk(p, w, t->s, t->len) : NULL;
    if (digit) {
        lsi_parse_warn(p, "fuzzy_digits", t->base, x->end, "numbers are not searched by likeness; ~ is left out");
    } else if (!chunk || letters < 3 || letters > FUZZY_LETTERS_MAX) {
        lsi_parse_warn(p, "fuzzy_word", t->base, x->end,
                       "only single words of 3 to %u letters are searched by likeness; ~ is left out",
                       FUZZY_LETTERS_MAX);
    } else if (distance) {
        if (!take_clauses(p, 1, t)) return NULL;
        lsi_node *n = leaf_new(p, LSI_Q_FUZZY, x->field, w->list, 1, spell(p, "", chunk, distance == 1 ? "~" : "~2"));
        if (n) n->distance = distance;
        return n;
    }
    return leaf_words(p, x->field, w, t);
}

static lsi_node *leaf_chunk(lsi_parser *p, const lsi_lexeme *x)
{
    slice t = slice_of(p, x->start, x->end), inner = t;
    lsi_words w;
    if (!(p->q->flags & LS_MODE_SIMPLE)) {
        size_t stars = 0;
        while (stars < t.len && t.s[stars] == '*') stars++;
        if (t.len && stars == t.len) {
            if (x->field != LSI_FIELD_NONE) {
                lsi_parse_warn(p, "field_star", x->whole, x->end, "* means everything; its field is left out");
            }
            return take_clauses(p, 1, &t) ? leaf_new(p, LSI_Q_ALL, LSI_FIELD_NONE, NULL, 0, "*") : NULL;
        }
        if (has_wild(&t) && find_pattern(&inner)) return leaf_pattern(p, x->field, &inner);
    }
    if (!lsi_words_read(p, &w, t.s, t.len, t.base) || !w.count) return NULL;
    return x->tilde ? leaf_fuzzy(p, x, &w, &t) : leaf_words(p, x->field, &w, &t);
}

/* ---- phrases, caps ------------------------------------------------------------------------------------------------
 */

static lsi_node *leaf_phrase(lsi_parser *p, const lsi_lexeme *x)
{
    slice t = slice_of(p, x->start, x->end);
    lsi_words w;
    if (!lsi_words_read(p, &w, t.s, t.len, t.base) || !w.count) return NULL;
    if (w.one_of_bigrams || (w.count == 1 && x->tilde)) {
        lsi_node *word = leaf_words(p, x->field, &w, &t);
        if (word) word->quoted = true;
        return word;
    }
    bool hyphen = !x->tilde && w.has_joined;
    if (!take_clauses(p, w.count + hyphen, &t)) return NULL;
    const char *inside = lsi_words_quoted(p, &w, t.s);
    if (!inside) return NULL;
    if (hyphen) return leaf_hyphen(p, x->field, &w, true, &t, spell(p, "\"", inside, "\""));
    lsi_node *n = leaf_new(p, LSI_Q_PHRASE, x->field, w.list, w.count, spell(p, "\"", inside, x->tilde ? "\"~" : "\""));
    if (!n) return NULL;
    n->exact = !x->tilde;
    n->quoted = true;
    if (x->tilde && x->number != LSI_LEX_NO_NUMBER) {
        char number[16];
        snprintf(number, sizeof number, "\"~%u", x->number);
        n->type = LSI_Q_SLOP;
        n->distance = x->number;
        n->spelling = spell(p, "\"", inside, number);
    }
    return n;
}

static lsi_node *leaf_caps(lsi_parser *p, const lsi_lexeme *x)
{
    slice t = slice_of(p, x->start, x->end);
    lsi_words w;
    int field = x->kind == LSI_KIND_TEXT ? x->field : LSI_FIELD_NONE;
    if (!lsi_words_read(p, &w, t.s, t.len, t.base) || !w.count || !take_clauses(p, w.count, &t)) return NULL;
    lsi_node **kids = lsi_parse_alloc(p, w.count * sizeof(lsi_node *));
    if (!kids) return NULL;
    for (uint32_t i = 0; i < w.count; i++) {
        lsi_qword *word = &w.list[i];
        word->offset = 0;
        lsi_words one = {.list = word, .count = 1}, again;
        const char *form = (const char *)word->form;
        bool same = lsi_words_read(p, &again, form, word->form_len, 0) && lsi_words_equal(&again, &one);
        const char *text =
            same && !memchr(form, ')', word->form_len)
                ? form
                : (const char *)lsi_arena_dup(&p->q->arena, p->q->text + word->start, word->end - word->start);
        kids[i] = leaf_new(p, LSI_Q_CAPS, field, word, 1, spell(p, "caps(", text, ")"));
    }
    return p->rc ? NULL : lsi_node_group(p, LSI_Q_AND, kids, w.count);
}

/* ---- whole values -------------------------------------------------------------------------------------------------
 */

/* The value behind its field's name again: bare where it is one chunk, else in marks that it does not hold. */
static const char *spell_value(lsi_parser *p, const char *s, size_t n)
{
    static const char *const marks[][2] = {{"\"", "\""}, {"\xe2\x80\x9c", "\xe2\x80\x9d"}, {"\xc2\xab", "\xc2\xbb"}};
    bool bare = true;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '(' || s[i] == ')' || lsi_lex_space(s + i, s + n) || lsi_lex_quote(s + i, s + n)) bare = false;
    }
    if (bare) return s;
    for (size_t k = 0; k < LSI_COUNTOF(marks); k++) {
        if (!strstr(s, marks[k][1])) return spell(p, marks[k][0], s, marks[k][1]);
    }
    return NULL;
}

static lsi_node *leaf_value(lsi_parser *p, const lsi_lexeme *x)
{
    slice t = slice_of(p, x->start, x->end);
    while (t.len && lsi_lex_space(t.s, t.s + 1)) {
        t.s++;
        t.base++;
        t.len--;
    }
    while (t.len && t.s[t.len - 1] == ' ') t.len--;
    size_t folded_len = 0;
    const uint8_t *folded = lsi_analyzer_keyword(p->an, (const uint8_t *)t.s, t.len, &folded_len);
    lsi_qword *w = lsi_parse_alloc(p, sizeof *w);
    if (!folded || !w) {
        p->rc = LS_NOMEM;
        return NULL;
    }
    if (!t.len || (!folded_len && x->kind == LSI_KIND_KEYWORD)) {
        lsi_parse_warn(p, "field_without_value", x->whole, x->end, "no value stands in it; it is left out");
        return NULL;
    }
    w->folded = lsi_arena_dup(&p->q->arena, folded, folded_len);
    w->form = lsi_arena_dup(&p->q->arena, t.s, t.len);
    if (!w->folded || !w->form) {
        p->rc = LS_NOMEM;
        return NULL;
    }
    w->folded_len = (uint32_t)folded_len;
    w->form_len = (uint32_t)t.len;
    w->start = t.base;
    w->end = t.base + (uint32_t)t.len;
    if (x->type == LSI_LEX_WORD && (memchr(t.s, '*', t.len) || memchr(t.s, '?', t.len)))
        lsi_parse_warn(p, "pattern_in_value", x->whole, x->end,
                       "what stands in this field is compared as a whole: * and ? stand for themselves");
    const char *spelling = spell_value(p, (const char *)w->form, t.len);
    if (!spelling) {
        lsi_parse_warn(p, "unreadable_value", x->whole, x->end, "the value holds every kind of quotation mark");
        return NULL;
    }
    if (!take_clauses(p, 1, &t)) return NULL;
    return leaf_new(p, x->kind == LSI_KIND_ID ? LSI_Q_ID : LSI_Q_KEYWORD, x->field, w, 1, spelling);
}

lsi_node *lsi_leaf(lsi_parser *p, const lsi_lexeme *x)
{
    if (p->rc) return NULL;
    if (x->type == LSI_LEX_CAPS) return leaf_caps(p, x);
    if (x->type == LSI_LEX_SYN) return lsi_leaf_syn(p, x);
    if (x->kind == LSI_KIND_TEXT) return x->type == LSI_LEX_PHRASE ? leaf_phrase(p, x) : leaf_chunk(p, x);
    if (x->kind == LSI_KIND_KEYWORD || x->kind == LSI_KIND_ID) return leaf_value(p, x);
    slice t = slice_of(p, x->whole, x->end);
    if (p->clauses >= LSI_QUERY_CLAUSES_MAX) {
        take_clauses(p, 1, &t);
        return NULL;
    }
    lsi_node *n = lsi_leaf_range(p, x);
    if (n) p->clauses++;
    if (n || p->rc) return n;
    return leaf_text(p, LSI_FIELD_NONE, &t);
}
