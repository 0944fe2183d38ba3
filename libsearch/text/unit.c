/* unit.c — owns the smallest words: where they start, where they end, and how their form is spelled.
 *
 * A unit is a segment of UAX#29 (wordbreak.c), tailored so:
 *   - it ends before a colon, an underscore, a semicolon, a full stop between letters (example.com, help.State), and
 *     where a script with blanks meets one without (abc한국);
 *   - it ends before the apostrophe of an elision: l'Ukraine, d'État, qu'il, dell'anno are two words each;
 *   - single letters with dots are one: U.S., J.R.R., e.g. (form US, JRR, eg);
 *   - so are at most three letters on each side of an ampersand (AT&T, R&D's) and one letter with ++ or # (C++, F#);
 *   - a possessive 's belongs to it, but not to its form: Shoigu’s, U.S.'s, 1980's; nor does the case ending behind the
 *     colon that Finnish and Swedish write after capitals: EU:n, FN:s.
 * Bytes below 0x80 are read by masks (ascii.h), plain letters beyond by simple_end; the general way is taken only where
 * they cannot tell, and all cut alike (a property test). A unit is read in time linear in its length; the segment read
 * last is kept, so that a segment cut many times is still found once. Ignorant of positions, sentences and compounds.
 */
#include "libsearch/text/ascii.h"
#include "libsearch/text/cutter.h"
#include "libsearch/text/wordbreak.h"

#define DOTTED_MAX 16u /* letters of U.S.A.… */

void lsi_cutter_load(lsi_cutter *c, size_t chunk)
{
    c->chunk = chunk;
    size_t at = chunk, end = LSI_MIN(c->len, chunk + LSI_CHUNK);
    uint64_t *mask = c->alnum;
    for (; end - at >= 64; at += 64) *mask++ = lsi_ascii_mask(c->text + at);
    uint8_t padded[64] = {0};
    if (end > at) memcpy(padded, c->text + at, end - at);
    if (mask < c->alnum + LSI_COUNTOF(c->alnum)) *mask = lsi_ascii_mask(padded);
}

bool lsi_cutter_is_word(const lsi_cutter *c, size_t at, uint32_t *kind)
{
    unsigned bytes;
    *kind = lsi_ucd(lsi_utf8_get(c->text, c->len, at, &bytes));
    unsigned wb = lsi_ucd_wb(*kind);
    return (*kind & (LSI_UCD_WORD | LSI_UCD_EMOJI) && wb != LSI_WB_EXTEND) || wb == LSI_WB_REGIONAL;
}

static bool is_transparent(uint32_t kind)
{
    unsigned wb = lsi_ucd_wb(kind);
    return wb == LSI_WB_EXTEND || wb == LSI_WB_FORMAT || wb == LSI_WB_ZWJ;
}

/* The end of the segment of UAX#29 that `at` lies in. */
static size_t segment_end(lsi_cutter *c, size_t at)
{
    if (at < c->uax_start || at >= c->uax_end) {
        c->uax_start = at;
        c->uax_end = lsi_wordbreak_next(c->text, c->len, at);
    }
    return c->uax_end;
}

static bool starts_vowel(const lsi_cutter *c, size_t at)
{
    if (at >= c->len) return false;
    unsigned bytes;
    uint32_t cp = lsi_utf8_get(c->text, c->len, at, &bytes);
    if (cp < 0x80) return strchr("aeiouh", lsi_ascii_lower((uint8_t)cp)) && cp;
    return (cp >= 0xc0 && cp <= 0xff) || cp == 0x152 || cp == 0x153;
}

/* French, Italian, Catalan: an article or pronoun that lost its vowel before a word that begins with one. `at`: behind
 * the apostrophe. The vowel keeps o'clock, m'lord, N'Golo and don't whole. */
static bool is_elision(const lsi_cutter *c, size_t start, size_t end, size_t at)
{
    static const char *const all =
        " l d j m t s n c qu un jusqu lorsqu puisqu quoiqu dell all nell sull dall coll quell "
        "quest sant tutt senz bell ";
    size_t len = end - start;
    if (len > 6 || !starts_vowel(c, at)) return false;
    char word[9];
    word[0] = ' ';
    for (size_t i = 0; i < len; i++) word[1 + i] = (char)lsi_ascii_lower(c->text[start + i]);
    word[1 + len] = ' ';
    word[2 + len] = 0;
    return strstr(all, word) != NULL;
}

/* The end of the unit of letters and numbers at `at`; 0 where a byte ≥ 0x80 has a say in it. */
LSI_INLINE size_t ascii_end(lsi_cutter *c, size_t at)
{
    const uint8_t *text = c->text;
    size_t end = lsi_cutter_run_end(c, at);
    while (end + 1 < c->len) {
        uint8_t mid = text[end], next = text[end + 1], last = text[end - 1];
        if (mid == ' ') return end;
        if (mid >= 0x80) return 0;
        bool apostrophe = mid == '\'', point = mid == '.' || mid == ',';
        if (!apostrophe && !point) return end;
        if (next >= 0x80) return 0;
        bool numbers = lsi_is_digit(last) && lsi_is_digit(next);
        bool letters = apostrophe && lsi_is_alpha(last) && lsi_is_alpha(next);
        if (!numbers && !letters) return end;
        if (letters && is_elision(c, at, end, end + 1)) return end;
        end = lsi_cutter_run_end(c, end + 1);
    }
    return end < c->len && text[end] >= 0x80 ? 0 : end;
}

/* Whether the unit ends before this character, which stands within a segment of UAX#29. */
static bool splits(uint32_t cp, uint32_t kind, unsigned before)
{
    switch (lsi_ucd_wb(kind)) {
    case LSI_WB_EXTENDNUMLET:
        return true;
    case LSI_WB_MIDNUMLET:
        return !lsi_fold_is_apostrophe(cp) && before != LSI_WB_NUMERIC;
    case LSI_WB_MIDLETTER:
        return cp == ':' || cp == 0xfe13 || cp == 0xfe55 || cp == 0xff1a;
    case LSI_WB_MIDNUM:
        return cp == ';' || cp == 0x37e || cp == 0xfe14 || cp == 0xfe54 || cp == 0xff1b;
    default:
        return (kind & LSI_UCD_BIGRAM) != 0;
    }
}

static bool is_middle(unsigned wb)
{
    return wb == LSI_WB_SINGLE_QUOTE || wb == LSI_WB_DOUBLE_QUOTE || wb == LSI_WB_MIDNUMLET || wb == LSI_WB_MIDLETTER ||
           wb == LSI_WB_MIDNUM;
}

static size_t wide_end(lsi_cutter *c, size_t at)
{
    size_t end = segment_end(c, at), from = at, core = at; /* core: behind the last character that is no middle one */
    unsigned bytes, before = LSI_WB_OTHER;
    while (at < end) {
        uint32_t cp = lsi_utf8_get(c->text, c->len, at, &bytes), kind = lsi_ucd(cp);
        if (!is_transparent(kind)) {
            if (at > from && splits(cp, kind, before)) return core;
            if (lsi_fold_is_apostrophe(cp) && at + bytes < end && is_elision(c, from, at, at + bytes)) return at;
            before = lsi_ucd_wb(kind);
        }
        at += bytes;
        if (!is_middle(before)) core = at;
    }
    return end;
}

/* The end of a run of letters and digits at `at` in whose form nothing changes, behind which UAX#29 breaks whatever
 * follows further on; 0 where the general way must tell. */
static size_t simple_end(const lsi_cutter *c, size_t at)
{
    unsigned bytes = 0;
    size_t from = at;
    for (; at < c->len; at += bytes) {
        uint32_t cp = lsi_utf8_get(c->text, c->len, at, &bytes), kind = lsi_ucd(cp);
        unsigned wb = lsi_ucd_wb(kind);
        if (wb == LSI_WB_ALETTER || wb == LSI_WB_NUMERIC) {
            if (kind & (LSI_UCD_UNSTABLE | LSI_UCD_BIGRAM) || lsi_fold_is_apostrophe(cp)) return 0;
        } else if (wb == LSI_WB_SPACE || wb <= LSI_WB_NEWLINE || wb == LSI_WB_DOUBLE_QUOTE) {
            break;
        } else { /* a full stop or comma with nothing behind it that it could join */
            uint8_t next = at + bytes < c->len ? c->text[at + bytes] : 0;
            if (cp < 0x80 && next < 0x80 && !lsi_is_alnum(next) && cp != '_') break;
            return 0;
        }
    }
    return at > from ? at : 0;
}

/* *as_is: the form is the text as it stands. */
static size_t atom_end(lsi_cutter *c, size_t at, bool *as_is)
{
    size_t end = 0;
    if (!c->plain) {
        if (c->text[at] < 0x80) end = ascii_end(c, at);
        if (!end) end = simple_end(c, at);
    }
    *as_is = end != 0;
    return end ? end : wide_end(c, at);
}

size_t lsi_unit_letter_end(const lsi_cutter *c, size_t at)
{
    unsigned bytes, marks = 0;
    lsi_utf8_get(c->text, c->len, at, &bytes);
    for (at += bytes; at < c->len && marks < 12; marks++) {
        uint32_t kind = lsi_ucd(lsi_utf8_get(c->text, c->len, at, &bytes));
        if (!is_transparent(kind) && !(kind & LSI_UCD_JAMO)) break;
        at += bytes;
    }
    return at;
}

/* The length of an apostrophe at `at`, or 0. */
static unsigned apostrophe_at(const lsi_cutter *c, size_t at)
{
    if (at >= c->len) return 0;
    unsigned bytes;
    return lsi_fold_is_apostrophe(lsi_utf8_get(c->text, c->len, at, &bytes)) ? bytes : 0;
}

static bool word_at(const lsi_cutter *c, size_t at)
{
    uint32_t kind;
    return at < c->len && (c->text[at] < 0x80 ? lsi_is_alnum(c->text[at]) : lsi_cutter_is_word(c, at, &kind));
}

/* Whether the unit is one letter, marks apart. */
static bool is_letter(const lsi_cutter *c, size_t start, size_t end)
{
    unsigned bytes;
    uint32_t kind = lsi_ucd(lsi_utf8_get(c->text, c->len, start, &bytes));
    if (!(kind & LSI_UCD_WORD) || kind & (LSI_UCD_DIGIT | LSI_UCD_BIGRAM)) return false;
    for (start += bytes; start < end; start += bytes) {
        if (!is_transparent(lsi_ucd(lsi_utf8_get(c->text, c->len, start, &bytes)))) return false;
    }
    return true;
}

/* U.S., U.S, J.R.R.: at least two letters, a dot behind each but perhaps the last. */
static void extend_dotted(lsi_cutter *c, lsi_unit *u)
{
    size_t end = u->end;
    unsigned letters = 1;
    bool as_is;
    while (letters < DOTTED_MAX && end + 1 < c->len && c->text[end] == '.' && word_at(c, end + 1)) {
        size_t next = atom_end(c, end + 1, &as_is);
        if (!is_letter(c, end + 1, next)) break;
        end = next;
        letters++;
    }
    if (letters < 2) return;
    if (end < c->len && c->text[end] == '.') end++;
    u->end = u->form_end = end;
    u->dotted = true;
}

static bool all_alpha(const lsi_cutter *c, size_t start, size_t end)
{
    while (start < end && lsi_is_alpha(c->text[start])) start++;
    return start == end;
}

/* Finds the possessive within the unit (Shoigu's) or right behind it (U.S.'s, 1980's). */
static void possessive(const lsi_cutter *c, lsi_unit *u)
{
    if (u->form_end != u->end) return;
    const uint8_t *text = c->text;
    size_t len = u->end - u->start;
    if (len > 2 && (text[u->end - 1] | 0x20) == 's' && !u->dotted) {
        size_t mark = u->end - 2;
        while (mark > u->start && lsi_utf8_inside(text[mark])) mark--;
        if (mark > u->start && apostrophe_at(c, mark) == u->end - 1 - mark) {
            u->form_end = mark;
            return;
        }
    }
    unsigned bytes = apostrophe_at(c, u->end);
    if (!bytes || u->end + bytes >= c->len || (text[u->end + bytes] | 0x20) != 's') return;
    if (!u->dotted && !lsi_is_digit(text[u->end - 1])) return;
    if (!word_at(c, u->end + bytes + 1)) u->end += bytes + 1;
}

static void extend_signs(lsi_cutter *c, lsi_unit *u)
{
    const uint8_t *text = c->text;
    size_t end = u->end, len = u->end - u->start;
    if (end >= c->len || !lsi_is_alpha(text[u->start])) return;
    if (text[end] == '&' && len <= 3 && end + 1 < c->len && lsi_is_alpha(text[end + 1]) &&
        all_alpha(c, u->start, end)) {
        lsi_unit right = {.start = end + 1};
        right.end = right.form_end = atom_end(c, end + 1, &right.as_is);
        possessive(c, &right); /* AT&T's */
        if (right.form_end - end <= 4 && all_alpha(c, end + 1, right.form_end) &&
            (right.end >= c->len || text[right.end] != ';')) {
            u->end = right.end;
            u->form_end = right.form_end;
        }
    } else if (text[end] == '+' && len == 1 && end + 1 < c->len && text[end + 1] == '+') {
        if (!word_at(c, end + 2) && (end + 2 >= c->len || text[end + 2] != '+')) u->end = u->form_end = end + 2;
    } else if (text[end] == '#' && len == 1 && !word_at(c, end + 1)) {
        u->end = u->form_end = end + 1;
    }
}

/* EU:n, FN:s: a case ending of up to four letters behind at least two capitals (and figures). */
static void extend_colon(lsi_cutter *c, lsi_unit *u)
{
    const uint8_t *text = c->text;
    size_t at = u->start, end;
    if (u->end - u->start < 2 || !lsi_is_alpha(text[u->start])) return;
    while (at < u->end && lsi_is_alnum(text[at]) && text[at] < 'a') at++;
    if (at < u->end) return;
    for (end = at + 1; end < c->len && end - at <= 5 && (uint8_t)(text[end] - 'a') < 26;) end++;
    if (end - at < 2 || end - at > 5 || word_at(c, end)) return;
    u->end = end;
}

/* Whether a unit as it stands ends in 's, or something like an apostrophe stands behind it. */
static bool may_be_possessive(const lsi_cutter *c, const lsi_unit *u)
{
    uint8_t behind = u->end < c->len ? c->text[u->end] : 0;
    return (u->end - u->start > 2 && c->text[u->end - 2] == '\'') || behind == '\'' || behind >= 0x80;
}

void lsi_unit_read(lsi_cutter *c, size_t at, bool atom_only, lsi_unit *u)
{
    u->start = at;
    u->dotted = false;
    u->end = u->form_end = atom_end(c, at, &u->as_is);
    if (u->end < c->len && !atom_only) {
        uint8_t sign = c->text[u->end];
        if (sign == '.' && u->end - at <= 8 && is_letter(c, at, u->end)) extend_dotted(c, u);
        else if (sign == '&' || sign == '+' || sign == '#') extend_signs(c, u);
        else if (sign == ':') extend_colon(c, u);
    }
    if (!u->as_is || u->dotted || may_be_possessive(c, u)) possessive(c, u);
}

const uint8_t *lsi_unit_spell(lsi_cutter *c, size_t start, size_t end, bool drop_dots, uint8_t *out, uint32_t *out_len)
{
    const uint8_t *text = c->text;
    bool same = !drop_dots, stable = true;
    size_t n = 0, at = start;
    unsigned bytes;
    for (; at < end; at += bytes) {
        uint32_t cp = lsi_utf8_get(text, c->len, at, &bytes), kind = lsi_ucd(cp);
        bool drop = lsi_ucd_wb(kind) == LSI_WB_FORMAT || (drop_dots && cp == '.');
        bool apostrophe = cp >= 0x80 && lsi_fold_is_apostrophe(cp);
        if (drop || apostrophe) same = false;
        if (drop) continue;
        if (kind & LSI_UCD_UNSTABLE) stable = false;
        unsigned put = apostrophe ? 1 : bytes;
        if (n + put > LSI_FORM_MAX) break;
        if (apostrophe) out[n] = '\'';
        else memcpy(out + n, text + at, bytes);
        n += put;
    }
    *out_len = (uint32_t)n;
    if (same && stable) return text + start;
    if (!stable) {
        memcpy(c->scratch, out, n);
        *out_len = (uint32_t)lsi_fold_nfc(c->fold, c->scratch, n, out);
    }
    return out;
}

const uint8_t *lsi_unit_form(lsi_cutter *c, const lsi_unit *u, uint8_t *out, uint32_t *out_len)
{
    if (!u->as_is || u->dotted) return lsi_unit_spell(c, u->start, u->form_end, u->dotted, out, out_len);
    *out_len = (uint32_t)lsi_utf8_cut(c->text + u->start, u->form_end - u->start, LSI_FORM_MAX);
    return c->text + u->start;
}
