/* sentence.c — owns what stands between two words: where a sentence, a paragraph and a quotation begin and end.
 *
 * Paragraph: a blank line, or one newline; but where lines are broken at a width (layout.c), one newline only before an
 * indented line. Sentence: a paragraph's beginning, or a mark of its end (. ! ? and those of other scripts) before a
 * word that may begin one. After a full stop that is a word without lower case (a capital, a number, a script without
 * case), unless the full stop belongs to
 *   - a title or the like (Mr. Smith, Gen. Milley): never an end;
 *   - a month, No., p. and such before a number (Sept. 11);
 *   - initials, U.S., Inc., and 11. in languages that write ordinals so: an end only before a function word, which is
 *     no name: "in the U.S. The …", but "the U.S. State Department".
 * Dots behind a blank (that ... continues) are left-out words, no end. help.”State and help.State are ends.
 *
 * Quotations: a mark opens that has a blank (or nothing, a bracket, a dash) before it and none behind it; one closes
 * the other way round; „ “ ” and « » go by that rule too, since languages turn them differently, and where it does not
 * tell, by what is open, then by their shape. Apostrophes and ' count only while ‘ or ' is open.
 * Ignorant of positions. A gap is read once, so that a text is read in linear time. */
#include "libsearch/text/cutter.h"
#include "libsearch/text/lang.h"

enum { END_NONE, END_DOT, END_DOTS, END_MARK, END_HARD };
enum { OPEN_STRAIGHT = 1, OPEN_CURLY = 2, OPEN_LOW = 4, OPEN_ANGLE = 8, OPEN_SINGLE = 16, OPEN_CORNER = 32 };
#define WINDOW 40u /* bytes of a word compared with lists */

typedef enum { ABBR_NONE, ABBR_NEVER, ABBR_NUMBER, ABBR_MAYBE } abbr;

/* Folded, sorted. n: never an end; d: none before a digit; m: maybe (an end before a function word).
 */
static const struct {
    const char *word;
    char kind;
} abbreviations[] = {
    {"abb", 'd'},  {"abs", 'd'},  {"adm", 'n'},  {"al", 'm'},   {"ala", 'm'},  {"approx", 'd'}, {"apr", 'd'},
    {"ariz", 'm'}, {"art", 'd'},  {"aug", 'd'},  {"av", 'm'},   {"ave", 'm'},  {"bd", 'd'},     {"bijv", 'n'},
    {"blvd", 'm'}, {"brig", 'n'}, {"bros", 'm'}, {"bzw", 'n'},  {"ca", 'n'},   {"calif", 'm'},  {"capt", 'n'},
    {"cf", 'n'},   {"cie", 'm'},  {"cmdr", 'n'}, {"co", 'm'},   {"col", 'n'},  {"colo", 'm'},   {"comdr", 'n'},
    {"conn", 'm'}, {"corp", 'm'}, {"cpl", 'n'},  {"ctr", 'm'},  {"dec", 'd'},  {"dept", 'm'},   {"dhr", 'n'},
    {"dir", 'n'},  {"dott", 'n'}, {"dr", 'n'},   {"dra", 'n'},  {"est", 'm'},  {"etc", 'm'},    {"feb", 'd'},
    {"fig", 'd'},  {"fla", 'm'},  {"fr", 'n'},   {"ft", 'm'},   {"ga", 'm'},   {"geb", 'm'},    {"gen", 'n'},
    {"gov", 'n'},  {"hon", 'n'},  {"hr", 'n'},   {"hrsg", 'm'}, {"inc", 'm'},  {"inz", 'n'},    {"jan", 'd'},
    {"jr", 'm'},   {"jul", 'd'},  {"jun", 'd'},  {"kan", 'm'},  {"kap", 'd'},  {"ky", 'm'},     {"lic", 'n'},
    {"lt", 'n'},   {"ltd", 'm'},  {"maj", 'n'},  {"mar", 'd'},  {"md", 'm'},   {"messrs", 'n'}, {"mevr", 'n'},
    {"mfr", 'm'},  {"mich", 'm'}, {"minn", 'm'}, {"mio", 'm'},  {"mjr", 'n'},  {"mlle", 'n'},   {"mlles", 'n'},
    {"mln", 'm'},  {"mme", 'n'},  {"mmes", 'n'}, {"mr", 'n'},   {"mrd", 'm'},  {"mrs", 'n'},    {"ms", 'n'},
    {"msgr", 'n'}, {"mt", 'n'},   {"neb", 'm'},  {"nev", 'm'},  {"no", 'd'},   {"nos", 'd'},    {"nov", 'd'},
    {"nr", 'd'},   {"num", 'd'},  {"oct", 'd'},  {"okla", 'm'}, {"okt", 'd'},  {"op", 'd'},     {"p", 'd'},
    {"pa", 'm'},   {"pag", 'd'},  {"par", 'd'},  {"penn", 'm'}, {"pfc", 'n'},  {"ph", 'm'},     {"plc", 'm'},
    {"pp", 'd'},   {"pres", 'n'}, {"prof", 'n'}, {"pte", 'n'},  {"pvt", 'n'},  {"rep", 'n'},    {"reps", 'n'},
    {"resp", 'm'}, {"rev", 'n'},  {"rt", 'n'},   {"sen", 'n'},  {"sens", 'n'}, {"sep", 'd'},    {"sept", 'd'},
    {"sgt", 'n'},  {"sig", 'n'},  {"sr", 'n'},   {"sra", 'n'},  {"srta", 'n'}, {"st", 'm'},     {"ste", 'n'},
    {"str", 'm'},  {"supt", 'n'}, {"tel", 'd'},  {"tenn", 'm'}, {"tex", 'm'},  {"ul", 'n'},     {"univ", 'm'},
    {"usw", 'm'},  {"va", 'm'},   {"vgl", 'n'},  {"vol", 'd'},  {"vs", 'n'},   {"vt", 'm'},     {"wis", 'm'},
    {"wyo", 'm'},  {"zzgl", 'n'}, {"акад", 'n'}, {"г", 'm'},    {"гг", 'm'},   {"д", 'd'},      {"им", 'n'},
    {"млн", 'm'},  {"млрд", 'm'}, {"обл", 'm'},  {"проф", 'n'}, {"руб", 'm'},  {"см", 'n'},     {"ст", 'd'},
    {"стр", 'd'},  {"тел", 'd'},  {"тыс", 'm'},  {"ул", 'n'},
};

static abbr abbreviation(const uint8_t *word, size_t len)
{
    size_t lo = 0, hi = LSI_COUNTOF(abbreviations);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const char *w = abbreviations[mid].word;
        int cmp = lsi_bytes_cmp(w, strlen(w), word, len);
        if (cmp == 0) {
            char kind = abbreviations[mid].kind;
            return kind == 'n' ? ABBR_NEVER : kind == 'd' ? ABBR_NUMBER : ABBR_MAYBE;
        }
        if (cmp < 0) lo = mid + 1;
        else hi = mid;
    }
    return ABBR_NONE;
}

typedef struct mark_place {
    uint32_t before, after; /* code points around a mark; 0 at the ends of the text */
} mark_place;

typedef struct reading {
    lsi_cutter *c;
    const lsi_unit *prev;
    size_t from, next;
    unsigned newlines, indent, end, dots;
    bool blank; /* white space was met */
    bool opens, closes;
} reading;

/* What stands before an opening quotation mark, and behind a closing one. */
static bool is_outer(uint32_t cp, bool behind)
{
    if (cp == 0 || lsi_is_space(cp) || lsi_is_newline(cp) || cp == 0x2014 || cp == 0x2013) return true;
    return cp < 0x80 && strchr(behind ? ",.;:!?)]" : "([", (int)cp) != NULL;
}

static uint32_t code_before(const uint8_t *text, size_t len, size_t at)
{
    if (!at) return 0;
    unsigned bytes;
    for (size_t back = 1; back <= 4 && back <= at; back++) {
        if (lsi_utf8_inside(text[at - back])) continue;
        uint32_t cp = lsi_utf8_get(text, len, at - back, &bytes);
        return bytes == back ? cp : LSI_UTF8_BAD;
    }
    return LSI_UTF8_BAD;
}

/* The bit of a quotation mark's kind, 0 for other characters; *shape: 1 it looks opening, -1 closing, 0 either. */
static uint32_t quote_kind(uint32_t cp, int *shape)
{
    *shape = 0;
    switch (cp) {
    case '"':
    case 0xff02:
        return OPEN_STRAIGHT;
    case 0x201c:
    case 0x201f:
        *shape = 1;
        return OPEN_CURLY;
    case 0x201d:
        *shape = -1;
        return OPEN_CURLY;
    case 0x201e:
    case 0x201a:
        *shape = 2;
        return OPEN_LOW;
    case 0xab:
    case 0x2039:
        *shape = 1;
        return OPEN_ANGLE;
    case 0xbb:
    case 0x203a:
        *shape = -1;
        return OPEN_ANGLE;
    case 0x2018:
        *shape = 1;
        return OPEN_SINGLE;
    case 0x2019:
        *shape = -1;
        return OPEN_SINGLE;
    case '\'':
        return OPEN_SINGLE;
    case 0x300c:
    case 0x300e:
    case 0x300a:
    case 0x3008:
        *shape = 2;
        return OPEN_CORNER;
    case 0x300d:
    case 0x300f:
    case 0x300b:
    case 0x3009:
        *shape = -2;
        return OPEN_CORNER;
    default:
        return 0;
    }
}

/* Takes a quotation mark in; a closing one counts for the word before only where no blank was between. */
static void take_quote(reading *r, uint32_t cp, mark_place place)
{
    int shape;
    uint32_t kind = quote_kind(cp, &shape), *open = &r->c->quotes;
    bool before = is_outer(place.before, false), after = is_outer(place.after, true), opening;
    if (shape == 2 || shape == -2) opening = shape > 0;
    else if (before != after) opening = before;
    else if (shape) opening = shape > 0 && !(*open & OPEN_LOW);
    else opening = !(*open & kind);
    if (kind == OPEN_CURLY && *open & OPEN_LOW && !(before && !after)) kind = OPEN_LOW; /* „…“ */
    if (kind == OPEN_SINGLE && !opening && !(*open & kind)) return;                     /* an apostrophe */
    if (kind == OPEN_SINGLE && opening && (!before || cp == 0x2019)) return;            /* ’90s */
    if (opening) {
        *open |= kind;
        r->opens = true;
    } else {
        *open &= ~kind;
        r->opens = false;
        r->closes = true;
    }
}

static void take_end(reading *r, uint32_t cp, uint32_t kind)
{
    if (cp == '.') {
        if (r->blank || !r->prev) return;
        r->dots++;
        r->end = r->dots > 1 ? END_DOTS : LSI_MAX(r->end, (unsigned)END_DOT);
    } else if (cp == 0x2026) {
        if (!r->blank && r->prev) r->end = END_DOTS;
    } else if (kind & LSI_UCD_STERM) {
        r->end = cp < 0x80 ? END_MARK : END_HARD;
    }
}

static void read_code(reading *r, uint32_t cp, size_t at, unsigned bytes)
{
    const lsi_cutter *c = r->c;
    int shape;
    unsigned n;
    if (lsi_is_newline(cp)) {
        if (cp == '\n' && at && c->text[at - 1] == '\r') return;
        r->newlines++;
        r->indent = 0;
        r->blank = true;
        if (r->newlines > 1) r->c->quotes = 0;
    } else if (lsi_is_space(cp)) {
        r->blank = true;
        r->indent += r->newlines > 0;
    } else if (quote_kind(cp, &shape)) {
        mark_place place = {code_before(c->text, c->len, at),
                            at + bytes < c->len ? lsi_utf8_get(c->text, c->len, at + bytes, &n) : 0};
        take_quote(r, cp, place);
    } else {
        take_end(r, cp, lsi_ucd(cp));
    }
}

/* The word at `at` up to a byte that is no part of one, folded; its length. */
static size_t fold_word(const reading *r, size_t at, size_t end, uint8_t *out)
{
    const lsi_cutter *c = r->c;
    size_t n = at, limit = LSI_MIN(end, at + WINDOW);
    while (n < limit && (c->text[n] >= 0x80 || lsi_is_alnum(c->text[n]))) n++;
    return lsi_fold_full(c->fold, c->text + at, n - at, out);
}

static bool before_function_word(const reading *r)
{
    uint8_t word[LSI_FORM_MAX];
    size_t n = fold_word(r, r->next, r->c->len, word);
    int lang = r->c->lang > 0 ? r->c->lang : LSI_LANG_ENGLISH;
    return n > 0 && lsi_lang_is_function_word(lang, word, n);
}

/* Languages that write an ordinal as a number with a full stop. */
static bool has_dot_ordinals(int lang)
{
    return lang == LSI_LANG_GERMAN || lang == LSI_LANG_DANISH || lang == LSI_LANG_NORWEGIAN ||
           lang == LSI_LANG_FINNISH || lang == LSI_LANG_HUNGARIAN || lang == LSI_LANG_SERBIAN ||
           lang == LSI_LANG_TURKISH || lang == LSI_LANG_BASQUE || lang == LSI_LANG_NONE;
}

/* Whether the full stop behind the previous word ends a sentence, a word without lower case following. */
static bool dot_ends(const reading *r, uint32_t next_kind)
{
    const lsi_cutter *c = r->c;
    const lsi_unit *u = r->prev;
    uint8_t word[LSI_FORM_MAX];
    size_t len = u->form_end - u->start;
    unsigned bytes;
    uint32_t first = lsi_utf8_get(c->text, c->len, u->start, &bytes);
    if (u->dotted || (bytes == len && lsi_ucd(first) & (LSI_UCD_UPPER | LSI_UCD_LOWER))) return before_function_word(r);
    if (lsi_ucd(first) & LSI_UCD_DIGIT) return len > 2 || !has_dot_ordinals(c->lang) || before_function_word(r);
    if (len > WINDOW) return true;
    size_t n = fold_word(r, u->start, u->form_end, word);
    switch (n ? abbreviation(word, n) : ABBR_NONE) {
    case ABBR_NEVER:
        return false;
    case ABBR_NUMBER:
        return !(next_kind & LSI_UCD_DIGIT);
    case ABBR_MAYBE:
        return before_function_word(r);
    case ABBR_NONE:
        break;
    }
    return true;
}

static bool sentence_ends(const reading *r)
{
    const lsi_cutter *c = r->c;
    unsigned end = r->end, bytes;
    bool dotted = r->prev && r->prev->dotted && c->text[r->prev->end - 1] == '.';
    if (dotted && end < END_DOTS) end = END_DOT;
    if (end == END_NONE) return false;
    if (end == END_HARD) return true;
    uint32_t next = lsi_ucd(lsi_utf8_get(c->text, c->len, r->next, &bytes));
    if (next & LSI_UCD_LOWER) return false;
    if (!r->blank && !dotted) return (next & LSI_UCD_UPPER || next & LSI_UCD_BIGRAM) && r->prev && !r->prev->dotted;
    if (end == END_DOT) return dot_ends(r, next);
    return end == END_MARK || (next & LSI_UCD_UPPER);
}

void lsi_gap_read(lsi_cutter *c, const lsi_unit *prev, size_t from, lsi_gap *out)
{
    const uint8_t *text = c->text;
    *out = (lsi_gap){.next = c->len};
    if (prev && from + 2 < c->len && !prev->dotted) { /* most gaps: one blank, or a comma and one */
        size_t skip = text[from] == ',' ? 1 : 0;
        if (text[from + skip] == ' ' && lsi_is_alnum(text[from + skip + 1])) {
            out->next = from + skip + 1;
            return;
        }
    }
    reading r = {.c = c, .prev = prev, .from = from};
    uint32_t kind;
    unsigned bytes;
    size_t at = from;
    while (at < c->len) {
        uint8_t b = text[at];
        if (lsi_is_alnum(b) || (b >= 0x80 && lsi_cutter_is_word(c, at, &kind))) break;
        uint32_t cp = lsi_utf8_get(text, c->len, at, &bytes);
        if (!c->words_only && (from >= c->region_end || at + bytes > c->region_end)) read_code(&r, cp, at, bytes);
        at += bytes;
    }
    r.next = out->next = at;
    out->closes = r.closes;
    if (at >= c->len || c->words_only) return;
    bool paragraph = !prev || r.newlines > 1 || (r.newlines == 1 && (!c->wrapped || r.indent > 1));
    if (paragraph) out->flags |= LSI_TOK_PARAGRAPH | LSI_TOK_SENTENCE;
    else if (sentence_ends(&r)) out->flags |= LSI_TOK_SENTENCE;
    if (r.opens) out->flags |= LSI_TOK_QUOTE_OPEN;
}
