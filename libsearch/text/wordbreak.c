/* wordbreak.c — owns the default word boundaries: Unicode Standard Annex #29 (Unicode 15.0), section 4, rules
 * WB1–WB999.
 *
 * Walks from one boundary to the next. No rule looks to the left of a boundary (a pair of regional indicators is a
 * segment of its own, a middle character between letters never begins one), so that each call starts fresh. A call
 * reads at most the segment and, behind a middle character, the marks up to the next letter: a whole text is linear.
 * Ignorant of what we call a word: see tokenize.c. */
#include "libsearch/text/wordbreak.h"
#include "libsearch/text/ucd.h"
#include "libsearch/text/utf8.h"

typedef struct spot {
    uint32_t kind;
    unsigned wb, bytes;
} spot;

LSI_INLINE spot look(const uint8_t *text, size_t len, size_t at)
{
    spot s;
    s.kind = lsi_ucd(lsi_utf8_get(text, len, at, &s.bytes));
    s.wb = lsi_ucd_wb(s.kind);
    return s;
}

static bool is_transparent(unsigned wb) /* WB4 */
{
    return wb == LSI_WB_EXTEND || wb == LSI_WB_FORMAT || wb == LSI_WB_ZWJ;
}

static bool is_letter(unsigned wb)
{
    return wb == LSI_WB_ALETTER || wb == LSI_WB_HEBREW;
}

static bool is_newline(unsigned wb)
{
    return wb == LSI_WB_CR || wb == LSI_WB_LF || wb == LSI_WB_NEWLINE;
}

/* The end of the character behind the middle one at `mid`, marks included in between, where it has one of the classes
 * `want` (bits); else 0. Rules WB6, WB7, WB7b, WB7c, WB11, WB12. */
static size_t over_middle(const uint8_t *text, size_t len, size_t mid, unsigned mid_bytes, uint32_t want, unsigned *wb)
{
    for (size_t at = mid + mid_bytes; at < len;) {
        spot s = look(text, len, at);
        at += s.bytes;
        if (is_transparent(s.wb)) continue;
        if (!(want >> s.wb & 1)) return 0;
        *wb = s.wb;
        return at;
    }
    return 0;
}

/* Two neighbours that stay together whatever follows: WB5, WB8–WB10, WB13–WB13b, WB7a. */
static bool together(unsigned a, unsigned b)
{
    bool word_a = is_letter(a) || a == LSI_WB_NUMERIC, word_b = is_letter(b) || b == LSI_WB_NUMERIC;
    if (word_a && word_b) return true;
    if (a == LSI_WB_KATAKANA && b == LSI_WB_KATAKANA) return true;
    if (b == LSI_WB_EXTENDNUMLET) return word_a || a == LSI_WB_KATAKANA || a == LSI_WB_EXTENDNUMLET;
    if (a == LSI_WB_EXTENDNUMLET) return word_b || b == LSI_WB_KATAKANA;
    return a == LSI_WB_HEBREW && b == LSI_WB_SINGLE_QUOTE;
}

size_t lsi_wordbreak_next(const uint8_t *text, size_t len, size_t at)
{
    spot s = look(text, len, at);
    at += s.bytes;
    if (s.wb == LSI_WB_CR) return at < len && text[at] == '\n' ? at + 1 : at; /* WB3 */
    if (is_newline(s.wb)) return at;                                          /* WB3a */
    unsigned base = s.wb, last = s.wb; /* the last class, marks left out and not */
    bool pair = s.wb == LSI_WB_REGIONAL;
    while (at < len) {
        s = look(text, len, at);
        unsigned wb = s.wb;
        size_t over = 0;
        bool mid_letter = wb == LSI_WB_MIDLETTER || wb == LSI_WB_MIDNUMLET || wb == LSI_WB_SINGLE_QUOTE;
        bool mid_number = wb == LSI_WB_MIDNUM || wb == LSI_WB_MIDNUMLET || wb == LSI_WB_SINGLE_QUOTE;
        if (is_newline(wb)) return at; /* WB3b */
        if (is_transparent(wb)) {      /* WB4 */
            last = wb;
        } else if ((last == LSI_WB_ZWJ && s.kind & LSI_UCD_PICTOGRAPH) || /* WB3c */
                   (last == LSI_WB_SPACE && wb == LSI_WB_SPACE) ||        /* WB3d */
                   (pair && wb == LSI_WB_REGIONAL)) {                     /* WB15, WB16 */
            pair = false;
            base = last = wb;
        } else if (is_letter(base) && mid_letter && /* WB6, WB7 */
                   (over = over_middle(text, len, at, s.bytes, 1u << LSI_WB_ALETTER | 1u << LSI_WB_HEBREW, &base))) {
            at = over;
            last = base;
            continue;
        } else if (base == LSI_WB_HEBREW && wb == LSI_WB_DOUBLE_QUOTE && /* WB7b, WB7c */
                   (over = over_middle(text, len, at, s.bytes, 1u << LSI_WB_HEBREW, &base))) {
            at = over;
            last = base;
            continue;
        } else if (base == LSI_WB_NUMERIC && mid_number && /* WB11, WB12 */
                   (over = over_middle(text, len, at, s.bytes, 1u << LSI_WB_NUMERIC, &base))) {
            at = over;
            last = base;
            continue;
        } else if (together(base, wb)) {
            pair = false;
            base = last = wb;
        } else {
            return at; /* WB999 */
        }
        at += s.bytes;
    }
    return at;
}
