/* lex.c — owns the cutting of a query's text into lexemes, in one pass.
 *
 * Invariants: every step takes at least a byte, so time and number of lexemes are linear in the text; what is given out
 * is balanced: each OPEN has its CLOSE, never more than LSI_QUERY_DEPTH_MAX deep. Each WORD, PHRASE and CAPS knows the
 * field that its own name, or that of the nearest group, gives it.
 * Ignorant of: words as the index has them (words.c), precedence (parse.c), whether a pattern or number makes sense.
 *
 * A chunk is a run without white space, round brackets and double quotation marks. At its beginning, in this order:
 *   + - before an operand and behind white space, an open bracket or nothing · names: field: hlead: · caps( syn( atleastN(
 *   A chunk of its own: AND OR NOT, w/5 near/5 pre/5 w/s w/p. At its end: ^boost, ~ and ~n. All else is text.
 */
#include "libsearch/query/parse.h"

#define NEAR_MAX 10000u

typedef struct lexer {
    lsi_parser *p;
    const char *text, *at, *end;
    const char *chunk_end; /* of the chunk that was looked at last: title:title:… is one of a thousand names */
    lsi_lexeme *out;
    size_t count;
    bool simple;
    /* what names said of the operand that follows */
    bool pending, operand; /* any name; any prefix at all, so that AND and OR are words */
    lsi_field_kind kind;
    int field;
    const char *whole; /* where its names begin */
    uint32_t depth, too_deep;
    bool never_closed[8]; /* by kind of quotation mark: none that closes it stands further on */
    /* groups: the kind and field of each open bracket, of the text itself first; not cleared behind `depth` */
    lsi_field_kind kinds[LSI_QUERY_DEPTH_MAX + 1];
    int fields[LSI_QUERY_DEPTH_MAX + 1];
    uint32_t opens[LSI_QUERY_DEPTH_MAX + 1];
} lexer;

/* ---- characters ------------------------------------------------------------------------------------------------- */

size_t lsi_lex_space(const char *s, const char *end)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t n = (size_t)(end - s);
    if (!n) return 0;
    if (p[0] <= 0x20 || p[0] == 0x7F) return 1;
    if (n >= 2 && p[0] == 0xC2 && (p[1] == 0xA0 || p[1] == 0x85)) return 2;
    if (n < 3) return 0;
    uint32_t c = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    bool space = c == 0xE19A80 || (c >= 0xE28080 && c <= 0xE2808A) || c == 0xE280A8 || c == 0xE280A9 || c == 0xE280AF ||
                 c == 0xE2819F || c == 0xE38080;
    return space ? 3 : 0;
}

enum { QUOTE_NONE, QUOTE_STRAIGHT, QUOTE_66, QUOTE_99, QUOTE_LOW, QUOTE_LEFT, QUOTE_RIGHT, QUOTE_KINDS };

/* The kind of the double quotation mark at s: " “ ” „ « » and their likes. */
static int quote_at(const char *s, const char *end, size_t *bytes)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t n = (size_t)(end - s);
    *bytes = 1;
    if (n && p[0] == '"') return QUOTE_STRAIGHT;
    *bytes = 2;
    if (n >= 2 && p[0] == 0xC2 && p[1] == 0xAB) return QUOTE_LEFT;
    if (n >= 2 && p[0] == 0xC2 && p[1] == 0xBB) return QUOTE_RIGHT;
    *bytes = 3;
    if (n >= 3 && p[0] == 0xE2 && p[1] == 0x80) {
        if (p[2] == 0x9C || p[2] == 0x9F) return QUOTE_66;
        if (p[2] == 0x9D) return QUOTE_99;
        if (p[2] == 0x9E) return QUOTE_LOW;
    }
    if (n >= 3 && p[0] == 0xEF && p[1] == 0xBC && p[2] == 0x82) return QUOTE_STRAIGHT; /* the wide one */
    *bytes = 0;
    return QUOTE_NONE;
}

size_t lsi_lex_quote(const char *p, const char *end)
{
    size_t bytes;
    quote_at(p, end, &bytes);
    return bytes;
}

bool lsi_lex_begins_operand(const char *s, const char *end)
{
    if (s == end || lsi_lex_space(s, end)) return false;
    return lsi_is_alnum(*s) || ((unsigned char)*s & 0x80) || strchr("\"(*'$#@", *s) != NULL;
}

static const char *chunk_end(lexer *l)
{
    const char *s = l->at, *end = l->end;
    if (l->chunk_end && s < l->chunk_end) return l->chunk_end;
    while (s < end &&
           (lsi_is_alnum(*s) || (*s != '(' && *s != ')' && !lsi_lex_space(s, end) && !lsi_lex_quote(s, end)))) {
        s++;
    }
    return l->chunk_end = s;
}

/* The end of a chunk at s that is nothing but letters and digits, and no operator; NULL where it is not. */
static const char *plain_end(const char *s, const char *end)
{
    const char *from = s;
    while (s < end && lsi_is_alnum(*s)) s++;
    bool chunk = s > from && (s == end || *s == ' ');
    return chunk && !lsi_may_be_operator(from, (size_t)(s - from)) ? s : NULL;
}

/* ---- giving out ------------------------------------------------------------------------------------------------- */

static size_t place(const lexer *l, const char *s)
{
    return (size_t)(s - l->text);
}

static lsi_lexeme *put(lexer *l, lsi_lex_type type, const char *start, const char *end)
{
    lsi_lexeme *x = &l->out[l->count++];
    memset(x, 0, sizeof *x);
    x->type = type;
    x->start = (uint32_t)place(l, start);
    x->end = (uint32_t)place(l, end);
    x->whole = l->operand && l->whole ? (uint32_t)place(l, l->whole) : x->start;
    x->number = LSI_LEX_NO_NUMBER;
    x->boost = LSI_BOOST_ONE;
    x->kind = l->pending ? l->kind : l->kinds[l->depth];
    x->field = l->pending ? l->field : l->fields[l->depth];
    return x;
}

static void forget_names(lexer *l)
{
    l->pending = l->operand = false;
    l->whole = NULL;
}

/* ---- what stands behind an operand ------------------------------------------------------------------------------- */

/* A number such as 2 or 0.5 at s, in thousandths; the end of it, or NULL. */
static const char *read_boost(const char *s, const char *end, uint32_t *out)
{
    uint64_t whole = 0, part = 0, scale = 100;
    const char *from = s;
    for (; s < end && lsi_is_digit(*s); s++) whole = LSI_MIN(whole * 10 + (uint64_t)(*s - '0'), LSI_BOOST_MAX);
    if (s == from) return NULL;
    if (s < end && *s == '.' && s + 1 < end && lsi_is_digit(s[1])) {
        for (s++; s < end && lsi_is_digit(*s); s++, scale /= 10) part += scale * (uint64_t)(*s - '0');
    }
    *out = (uint32_t)LSI_MIN(whole * 1000 + part, (uint64_t)LSI_BOOST_MAX + 1);
    return s;
}

static void set_boost(lexer *l, lsi_lexeme *x, const char *caret, const char *end)
{
    uint32_t boost;
    if (!read_boost(caret + 1, end, &boost)) {
        lsi_parse_warn(l->p, "bad_boost", place(l, caret), place(l, end),
                       "a boost is a number from 0 to 1000, as in word^2; it is left out");
        return;
    }
    if (boost > LSI_BOOST_MAX) {
        lsi_parse_warn(l->p, "limit_boost", place(l, caret), place(l, end), "boosts end at 1000");
        boost = LSI_BOOST_MAX;
    }
    x->boost = boost;
}

static const char *read_number(const char *s, const char *end, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    for (; s < end && lsi_is_digit(*s); s++) v = LSI_MIN(v * 10 + (uint64_t)(*s - '0'), (uint64_t)max + 1);
    *out = (uint32_t)v;
    return s;
}

/* ~, ~n and ^n directly behind a closing quotation mark or bracket. */
static void read_suffixes(lexer *l, lsi_lexeme *x)
{
    if (x->type == LSI_LEX_PHRASE && l->at < l->end && *l->at == '~') {
        const char *from = ++l->at;
        x->tilde = true;
        l->at = read_number(l->at, l->end, NEAR_MAX, &x->number);
        if (l->at == from) x->number = LSI_LEX_NO_NUMBER;
        else if (x->number > NEAR_MAX) {
            lsi_parse_warn(l->p, "limit_distance", place(l, from), place(l, l->at), "distances end at %u words",
                           NEAR_MAX);
            x->number = NEAR_MAX;
        }
    }
    uint32_t boost;
    if (l->at < l->end && *l->at == '^') {
        const char *end = read_boost(l->at + 1, l->end, &boost);
        if (!end) return; /* a caret of the text that follows */
        set_boost(l, x, l->at, end);
        l->at = end;
    }
}

/* ^n and ~n at the end of a chunk [start, *end). */
static void strip_suffixes(lexer *l, lsi_lexeme *x, const char *start, const char **end)
{
    const char *s = *end;
    while (s > start && (lsi_is_digit(s[-1]) || s[-1] == '.')) s--;
    uint32_t boost;
    if (s < *end && s - 2 > start && s[-1] == '-' && s[-2] == '^') { /* ^-1: what it may mean elsewhere, no text does */
        set_boost(l, x, s - 2, *end);
        *end = s -= 2;
    }
    if (s - 1 > start && s[-1] == '^' && (s == *end || read_boost(s, *end, &boost) == *end)) {
        set_boost(l, x, s - 1, *end);
        *end = s - 1;
    }
    for (s = *end; s > start && lsi_is_digit(s[-1]);) s--;
    if (s - 1 > start && s[-1] == '~' && *end - s < 4) {
        x->tilde = true;
        if (s < *end) read_number(s, *end, 9999, &x->number);
        *end = s - 1;
    }
    x->end = (uint32_t)place(l, *end);
}

/* ---- phrases, groups --------------------------------------------------------------------------------------------- */

/* The end of a phrase that the mark `open` began at l->at: the mark that belongs to it, else any, else the text's end.
 * A search in vain is made once for each kind of mark, so that the time stays linear. */
static const char *phrase_end(lexer *l, int open, size_t *close_bytes)
{
    static const uint8_t closes[QUOTE_KINDS] = {
        [QUOTE_STRAIGHT] = 1 << QUOTE_STRAIGHT,      [QUOTE_66] = 1 << QUOTE_99,      [QUOTE_99] = 1 << QUOTE_99,
        [QUOTE_LOW] = 1 << QUOTE_66 | 1 << QUOTE_99, [QUOTE_LEFT] = 1 << QUOTE_RIGHT, [QUOTE_RIGHT] = 1 << QUOTE_LEFT};
    const char *other = NULL;
    size_t other_bytes = 0;
    for (const char *s = l->at; s < l->end; s++) {
        int kind = quote_at(s, l->end, close_bytes);
        if (kind && (closes[open] >> kind & 1)) return s;
        if (kind && !other) {
            other = s;
            other_bytes = *close_bytes;
            if (l->never_closed[open]) break;
        }
    }
    l->never_closed[open] = true;
    *close_bytes = other_bytes;
    return other ? other : l->end;
}

static void lex_phrase(lexer *l, int kind, size_t bytes)
{
    const char *open = l->at;
    size_t close_bytes;
    l->at += bytes;
    const char *end = phrase_end(l, kind, &close_bytes);
    lsi_lexeme *x = put(l, LSI_LEX_PHRASE, l->at, end);
    if (!close_bytes) {
        lsi_parse_warn(l->p, "unbalanced_quote", place(l, open), place(l, end),
                       "a quotation mark is not closed; the phrase goes to the end");
    }
    l->at = end + close_bytes;
    if (close_bytes) read_suffixes(l, x);
    forget_names(l);
}

static void lex_open(lexer *l)
{
    const char *at = l->at++;
    if (l->depth == LSI_QUERY_DEPTH_MAX) {
        if (!l->too_deep++) {
            lsi_parse_warn(l->p, "limit_depth", place(l, at), place(l, at) + 1,
                           "brackets nest at most %u deep; those within are left out", LSI_QUERY_DEPTH_MAX);
        }
        forget_names(l);
        return;
    }
    lsi_lexeme *x = put(l, LSI_LEX_OPEN, at, l->at);
    l->depth++;
    l->kinds[l->depth] = x->kind;
    l->fields[l->depth] = x->field;
    l->opens[l->depth] = x->start;
    forget_names(l);
}

static void lex_close(lexer *l)
{
    const char *at = l->at++;
    if (l->too_deep) {
        l->too_deep--;
    } else if (!l->depth) {
        lsi_parse_warn(l->p, "unbalanced_bracket", place(l, at), place(l, at) + 1,
                       "a closing bracket has no opening one; it is left out");
    } else {
        l->depth--;
        lsi_lexeme *x = put(l, LSI_LEX_CLOSE, at, l->at);
        read_suffixes(l, x);
    }
    forget_names(l);
}

/* caps( … ) or syn( … ) with its text taken as it is. */
static void lex_call_text(lexer *l, lsi_lex_type type, const char *open_bracket)
{
    const char *open = l->at;
    l->at = open_bracket + 1;
    const char *end = memchr(l->at, ')', (size_t)(l->end - l->at));
    if (!end) {
        lsi_parse_warn(l->p, "unbalanced_bracket", place(l, open), place(l, l->end),
                       "the bracket of %.*s is not closed; it goes to the end", (int)(l->at - open), open);
    }
    lsi_lexeme *x = put(l, type, l->at, end ? end : l->end);
    l->at = end ? end + 1 : l->end;
    if (end) read_suffixes(l, x);
    forget_names(l);
}

/* ---- chunks ------------------------------------------------------------------------------------------------------ */

static bool is_chunk(const char *s, const char *end, const char *word)
{
    return (size_t)(end - s) == strlen(word) && memcmp(s, word, (size_t)(end - s)) == 0;
}

/* w/5 near/5 pre/5 w/s w/p as a whole chunk. */
static bool lex_near(lexer *l, const char *end)
{
    static const char names[3][5] = {"w", "near", "pre"};
    const char *slash = memchr(l->at, '/', (size_t)(end - l->at)), *s;
    if (!slash || slash - l->at > 4 || slash + 1 == end) return false;
    size_t i = 0;
    for (; i < 3; i++) {
        size_t n = strlen(names[i]);
        if ((size_t)(slash - l->at) != n) continue;
        size_t same = 0;
        while (same < n && (l->at[same] | 32) == names[i][same]) same++;
        if (same == n) break;
    }
    if (i == 3) return false;
    uint32_t n = 0;
    uint8_t scope = LSI_SCOPE_WORDS;
    if (end - slash == 2 && (slash[1] | 32) == 's') scope = LSI_SCOPE_SENTENCE;
    else if (end - slash == 2 && (slash[1] | 32) == 'p') scope = LSI_SCOPE_PARAGRAPH;
    else {
        s = read_number(slash + 1, end, NEAR_MAX, &n);
        if (s != end) return false;
        if (!n || n > NEAR_MAX) {
            lsi_parse_warn(l->p, "limit_distance", place(l, l->at), place(l, end), "distances go from 1 to %u words",
                           NEAR_MAX);
            n = n ? NEAR_MAX : 1;
        }
    }
    lsi_lexeme *x = put(l, LSI_LEX_NEAR, l->at, end);
    x->number = n;
    x->scope = scope;
    x->ordered = i == 2;
    l->at = end;
    return true;
}

/* Signs of other languages: || && and !word. They are no text that could be found, and mean nothing here. */
static void warn_signs(lexer *l, const char *end)
{
    bool joins = end - l->at == 2 && (!memcmp(l->at, "||", 2) || !memcmp(l->at, "&&", 2));
    bool negates = *l->at == '!' && lsi_lex_begins_operand(l->at + 1, l->end);
    if (!joins && !negates) return;
    lsi_parse_warn(l->p, "no_operator", place(l, l->at), place(l, negates ? l->at + 1 : end),
                   "%.*s is no operator and is left out; write %s", negates ? 1 : 2, l->at,
                   negates         ? "NOT, or - before the word"
                   : *l->at == '|' ? "OR"
                                   : "AND, or nothing");
}

static bool is_word_byte(char c)
{
    return lsi_is_alnum(c) || ((unsigned char)c & 0x80);
}

/* oil||gas: words that a sign joins, and nothing else, so that addresses with && in them are left in peace. */
static void warn_joined(lexer *l, const char *end)
{
    const char *sign = NULL;
    for (const char *s = l->at; s < end; s++) {
        if (is_word_byte(*s)) continue;
        if (s == l->at || end - s < 3 || s[1] != *s || (*s != '|' && *s != '&') || !is_word_byte(s[2])) return;
        if (!sign) sign = s;
        s++;
    }
    if (!sign) return;
    lsi_parse_warn(l->p, "no_operator", place(l, sign), place(l, sign) + 2,
                   "%.2s is no operator: what it joins is looked for side by side; write %s", sign,
                   *sign == '|' ? "OR between blanks" : "AND between blanks, or a blank");
}

static bool lex_operator(lexer *l, const char *end)
{
    static const struct {
        const char *word;
        lsi_lex_type type;
    } words[] = {{"AND", LSI_LEX_AND}, {"OR", LSI_LEX_OR}, {"NOT", LSI_LEX_NOT}};
    for (size_t i = 0; i < LSI_COUNTOF(words); i++) {
        if (!is_chunk(l->at, end, words[i].word)) continue;
        put(l, words[i].type, l->at, end);
        l->at = end;
        return true;
    }
    return lex_near(l, end);
}

static void warn_name(lexer *l, const char *colon, lsi_field_kind kind)
{
    int n = (int)LSI_MIN(colon - l->at, 64);
    if (kind == LSI_KIND_STORED) {
        lsi_parse_warn(l->p, "field_not_searchable", place(l, l->at), place(l, colon) + 1,
                       "the field %.*s is kept, but not searched; it is taken as text", n, l->at);
    } else if (kind == LSI_KIND_UNKNOWN) {
        lsi_parse_warn(l->p, "unknown_field", place(l, l->at), place(l, colon) + 1,
                       "there is no field %.*s; it is taken as text", n, l->at);
    } else {
        lsi_parse_warn(l->p, "field_without_value", place(l, l->at), place(l, colon) + 1,
                       "nothing stands behind %.*s: it is taken as text", n, l->at);
    }
}

/* A field's name and its colon at l->at: true where it was taken. */
static bool lex_name(lexer *l, const char *end)
{
    const char *s = l->at;
    if (s == end || (!lsi_is_alpha(*s) && *s != '_')) return false;
    while (s < end && (lsi_is_alnum(*s) || *s == '_')) s++;
    if (s == end || *s != ':') return false;
    int field;
    lsi_field_kind kind = lsi_query_field(l->p->s, l->at, (size_t)(s - l->at), &field);
    bool has_value = s + 1 < l->end && s[1] != ')' && !lsi_lex_space(s + 1, l->end);
    if (kind >= LSI_KIND_STORED || !has_value) {
        bool in_values = l->kinds[l->depth] != LSI_KIND_TEXT && kind == LSI_KIND_UNKNOWN;
        if (!in_values && (kind < LSI_KIND_UNKNOWN || (has_value && s[1] != '/' && s[1] != ':'))) warn_name(l, s, kind);
        return false;
    }
    if (!l->operand) l->whole = l->at;
    l->operand = true;
    if (kind == LSI_KIND_HLEAD) {
        put(l, LSI_LEX_HLEAD, l->at, s + 1);
    } else {
        l->pending = true;
        l->kind = kind;
        l->field = field;
    }
    l->at = s + 1;
    return true;
}

/* atleastN( or caps( or syn( at l->at. */
static bool lex_call(lexer *l, const char *end)
{
    if (end == l->end || *end != '(') return false;
    bool caps = is_chunk(l->at, end, "caps");
    if (caps || is_chunk(l->at, end, "syn")) {
        lex_call_text(l, caps ? LSI_LEX_CAPS : LSI_LEX_SYN, end);
        return true;
    }
    uint32_t n;
    if (end - l->at < 8 || memcmp(l->at, "atleast", 7) != 0 || read_number(l->at + 7, end, 1000000, &n) != end) {
        return false;
    }
    if (!l->operand) l->whole = l->at;
    lsi_lexeme *x = put(l, LSI_LEX_ATLEAST, l->at, end);
    x->number = LSI_MAX(1, LSI_MIN(n, 1000000));
    l->operand = true;
    l->at = end;
    return true;
}

/* Nothing, white space or an opening bracket is before l->at. */
static bool stands_apart(const lexer *l)
{
    size_t before = place(l, l->at);
    if (!before || l->at[-1] == '(') return true;
    for (size_t n = 1; n <= 3 && n <= before; n++) {
        if (lsi_lex_space(l->at - n, l->at) == n) return true;
    }
    return false;
}

static void lex_chunk(lexer *l)
{
    const char *end = plain_end(l->at, l->end);
    if (end) {
        put(l, LSI_LEX_WORD, l->at, end);
        l->at = end;
        forget_names(l);
        return;
    }
    end = chunk_end(l);
    bool sign = *l->at == '+' || *l->at == '-';
    if (sign && !l->operand && stands_apart(l) && lsi_lex_begins_operand(l->at + 1, l->end)) {
        put(l, *l->at == '+' ? LSI_LEX_PLUS : LSI_LEX_NOT, l->at, l->at + 1);
        l->operand = true;
        l->at++;
        return;
    }
    bool value = l->pending && l->kind != LSI_KIND_TEXT; /* of a keyword, a number, an id: nothing in it is a sign */
    if (!value && lex_name(l, end)) return;
    if (!l->operand && lex_operator(l, end)) return;
    if (!value && stands_apart(l)) {
        warn_signs(l, end);
        warn_joined(l, end);
    }
    if (!value && lex_call(l, end)) return;
    lsi_lexeme *x = put(l, LSI_LEX_WORD, l->at, end);
    l->at = end;
    if (x->kind == LSI_KIND_TEXT) strip_suffixes(l, x, l->text + x->start, &end);
    forget_names(l);
}

/* MODE_SIMPLE: only stretches between white space, brackets and quotation marks. */
static void lex_simple(lexer *l)
{
    const char *end = chunk_end(l);
    if (end > l->at) put(l, LSI_LEX_WORD, l->at, end);
    l->at = end;
    if (l->at < l->end && (*l->at == '(' || *l->at == ')')) l->at++;
    else l->at += lsi_lex_quote(l->at, l->end);
}

const lsi_lexeme *lsi_lex(lsi_parser *p, const char *text, size_t len)
{
    lexer l;
    memset(&l, 0, offsetof(lexer, kinds));
    l.p = p;
    l.text = l.at = text;
    l.end = text + len;
    l.simple = (p->q->flags & LS_MODE_SIMPLE) != 0;
    l.kinds[0] = LSI_KIND_TEXT;
    l.fields[0] = LSI_FIELD_NONE;
    size_t opens = 0;
    for (size_t i = 0; i < len; i++) opens += text[i] == '(';
    size_t most = len + LSI_MIN(opens, LSI_QUERY_DEPTH_MAX) + 1;
    bool fits = p->lexemes && most <= p->lexeme_cap;
    l.out = fits ? p->lexemes : lsi_arena_alloc(&p->q->arena, most * sizeof *l.out);
    if (fits) p->lexemes = NULL;
    if (!l.out) {
        p->rc = LS_NOMEM;
        return NULL;
    }
    while (l.at < l.end) {
        size_t space = lsi_lex_space(l.at, l.end), bytes;
        int quote = quote_at(l.at, l.end, &bytes);
        if (space) {
            l.at += space;
            forget_names(&l);
        } else if (l.simple) {
            lex_simple(&l);
        } else if (quote) {
            lex_phrase(&l, quote, bytes);
        } else if (*l.at == '(') {
            lex_open(&l);
        } else if (*l.at == ')') {
            lex_close(&l);
        } else {
            lex_chunk(&l);
        }
    }
    for (; l.depth; l.depth--) {
        lsi_parse_warn(p, "unbalanced_bracket", l.opens[l.depth], l.opens[l.depth] + 1,
                       "an opening bracket is not closed; it goes to the end");
        put(&l, LSI_LEX_CLOSE, l.end, l.end);
    }
    put(&l, LSI_LEX_END, l.end, l.end);
    return l.out;
}
