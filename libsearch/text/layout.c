/* layout.c — owns what the lines of an article tell: whether they are broken at a width, which is the headline, and
 * which are boilerplate: by the patterns below, which know the appeals of all papers, or by a list (lines.c). Ignorant of
 * words. */
#include "libsearch/text/cutter.h"
#include "libsearch/text/lines.h"

#define SAMPLE_BYTES 4096u
#define WIDTH_MAX    100u /* letters of a line in a text broken at a width */
#define WIDTH_MIN    40u
#define HEADLINE_MAX 200u /* letters */
#define BOILER_MAX   400u /* bytes of an appeal; what is longer is prose */

static bool is_blank(uint8_t b)
{
    return b == ' ' || b == '\t' || b == '\r' || b == '\f' || b == '\v';
}

static size_t line_end(const uint8_t *text, size_t len, size_t at)
{
    const uint8_t *nl = at < len ? memchr(text + at, '\n', len - at) : NULL;
    return nl ? (size_t)(nl - text) : len;
}

static size_t trim_end(const uint8_t *text, size_t start, size_t end)
{
    while (end > start && is_blank(text[end - 1])) end--;
    return end;
}

static size_t letters(const uint8_t *text, size_t start, size_t end)
{
    size_t n = end - start, inside = 0;
    for (; end - start >= 8; start += 8) { /* bytes 10xxxxxx are no letter's first */
        uint64_t w = lsi_get64(text + start) & UINT64_C(0xc0c0c0c0c0c0c0c0);
        uint64_t high = w & UINT64_C(0x8080808080808080);
        if (high) inside += lsi_popcount64(high & ~(w << 1));
    }
    for (; start < end; start++) inside += lsi_utf8_inside(text[start]);
    return n - inside;
}

static bool closes(uint8_t b)
{
    return b == '"' || b == '\'' || b == ')' || b == ']' || b == '*' || b == '_';
}

/* The end of a line without the closing quotation marks and brackets behind its last mark. */
static size_t before_closers(const uint8_t *text, size_t start, size_t end)
{
    for (;;) {
        uint8_t last = end > start ? text[end - 1] : 0;
        if (closes(last)) end--;
        else if (last < 0x80) return end;
        else if (end >= start + 3 && text[end - 3] == 0xe2 && text[end - 2] == 0x80 &&
                 (text[end - 1] == 0x9d || text[end - 1] == 0x99 || text[end - 1] == 0x9c))
            end -= 3;
        else if (end >= start + 2 && text[end - 2] == 0xc2 && text[end - 1] == 0xbb) end -= 2;
        else return end;
    }
}

static bool ends_sentence(const uint8_t *text, size_t start, size_t end)
{
    end = before_closers(text, start, end);
    uint8_t last = end > start ? text[end - 1] : 0;
    return last == '.' || last == '!' || last == '?' || last == ':';
}

/* Lines are broken at a width where no line is long, and the newlines inside paragraphs stand mostly behind rather full
 * lines that end no sentence, one of them before a line that does not begin as a sentence does. Decided by the first
 * 4 KB. A sentence may end at a line's end by chance, so that such lines count half. */
bool lsi_layout_wrapped(const uint8_t *text, size_t len)
{
    size_t sample = LSI_MIN(len, SAMPLE_BYTES), soft = 0, ended = 0, hard = 0, sure = 0;
    for (size_t at = 0, end; at < sample; at = end + 1) {
        end = line_end(text, sample, at);
        if (end >= sample) break;
        size_t stop = trim_end(text, at, end), width = letters(text, at, stop);
        if (width > WIDTH_MAX) return false;
        if (stop == at || end + 1 >= sample) continue;
        uint8_t next = text[end + 1];
        if (next == '\n' || is_blank(next)) continue;
        if (width < WIDTH_MIN) {
            hard++;
        } else if (ends_sentence(text, at, stop)) {
            ended++;
        } else {
            soft++;
            sure += next >= 0x80 || lsi_is_digit(next) || (uint8_t)(next - 'a') < 26;
        }
    }
    return sure > 0 && 2 * soft >= ended + 4 * hard;
}

/* A full stop at the end; the dots of U.S. and of an ellipsis are none. */
static bool ends_in_full_stop(const uint8_t *text, size_t start, size_t end)
{
    end = before_closers(text, start, end);
    if (end >= start + 3 && memcmp(text + end - 3, "\xe3\x80\x82", 3) == 0) return true; /* 。 */
    if (end == start || text[end - 1] != '.') return false;
    if (end >= start + 2 && text[end - 2] == '.') return false;
    bool initials = end >= start + 4 && text[end - 3] == '.' && lsi_is_alpha(text[end - 2]) && text[end - 2] < 'a';
    return !initials;
}

/* The first line is a headline where it has at most HEADLINE_MAX letters, does not end in a full stop, and a blank line
 * and some text follow. */
bool lsi_headline(const uint8_t *text, size_t len, size_t *start, size_t *end, size_t *rest)
{
    size_t at = 0;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) at = 3;
    while (at < len && (is_blank(text[at]) || text[at] == '\n')) at++;
    size_t newline = line_end(text, LSI_MIN(len, at + 4 * HEADLINE_MAX + 64), at);
    size_t stop = trim_end(text, at, newline);
    if (newline >= len || text[newline] != '\n' || stop == at) return false;
    if (letters(text, at, stop) > HEADLINE_MAX || ends_in_full_stop(text, at, stop)) return false;
    size_t more = newline + 1;
    while (more < len && is_blank(text[more])) more++;
    if (more >= len || text[more] != '\n') return false;
    while (more < len && (is_blank(text[more]) || text[more] == '\n')) more++;
    if (more >= len) return false;
    *start = at;
    *end = stop;
    *rest = more;
    return true;
}

/* A line is boilerplate that begins (folded) with `starts` (STARTS_SHORT letters at least) and, where `needs` is given,
 * has one of its words (split by
 * |) as well. Only the beginning of a paragraph is looked at. */
static const struct {
    const char *starts, *needs;
} patterns[] = {
    {"read also:", NULL},
    {"read more:", NULL},
    {"read more about", NULL},
    {"read next:", NULL},
    {"also read:", NULL},
    {"see also:", NULL},
    {"related:", NULL},
    {"related stories:", NULL},
    {"related articles:", NULL},
    {"more on this story", NULL},
    {"we've been working hard to bring you", NULL},
    {"we have been working hard to bring you", NULL},
    {"consider supporting", NULL},
    {"please consider supporting", NULL},
    {"please consider donating", NULL},
    {"support our journalism", NULL},
    {"support independent journalism", NULL},
    {"support our work", NULL},
    {"if you like our work", NULL},
    {"help us continue", NULL},
    {"become a member", NULL},
    {"become a patron", NULL},
    {"join our community", NULL},
    {"make a donation", NULL},
    {"donate now", NULL},
    {"donate today", NULL},
    {"subscribe to our", NULL},
    {"subscribe now", NULL},
    {"subscribe to ", "newsletter|channel|podcast|email|inbox|youtube|telegram"},
    {"sign up for our", NULL},
    {"sign up to our", NULL},
    {"sign up for ", "newsletter|email|inbox|alerts|briefing"},
    {"sign up to ", "newsletter|email|inbox|alerts|briefing"},
    {"get our ", "newsletter|inbox|app"},
    {"get the latest", "newsletter|inbox|email|app"},
    {"follow us on", NULL},
    {"join us on", "telegram|facebook|whatsapp|twitter|discord|instagram|viber"},
    {"like us on facebook", NULL},
    {"download our app", NULL},
    {"click here to", "subscri|sign up|donat|read|join|newsletter"},
    {"advertisement", "|"},
    {"story continues below advertisement", NULL},
    {"share this article", NULL},
    {"all rights reserved", NULL},
    {"lesen sie auch:", NULL},
    {"lesen sie auch", "|"},
    {"mehr zum thema", NULL},
    {"lire aussi", NULL},
    {"a lire aussi", NULL},
    {"lea tambien:", NULL},
    {"lee tambien:", NULL},
    {"te puede interesar:", NULL},
    {"leia tambem:", NULL},
    {"leggi anche:", NULL},
    {"lees ook:", NULL},
    {"las ocksa:", NULL},
    {"czytaj takze:", NULL},
    {"czytaj tez:", NULL},
    {"читайте также:", NULL},
    {"читайте також:", NULL},
    {"подписывайтесь на", NULL},
    {"підписуйтесь на", NULL},
    {"підписуйтеся на", NULL},
};

static bool has(const uint8_t *text, size_t len, const char *part, size_t n)
{
    for (size_t i = 0; i + n <= len; i++) {
        if (!memcmp(text + i, part, n)) return true;
    }
    return false;
}

/* One of the words of `needs` in text; "|" alone: nothing but the beginning. */
static bool has_one(const uint8_t *text, size_t len, size_t after, const char *needs)
{
    if (!strcmp(needs, "|")) return after == len;
    while (*needs) {
        size_t n = strcspn(needs, "|");
        if (n && has(text, len, needs, n)) return true;
        needs += n + (needs[n] == '|');
    }
    return false;
}

#define STARTS_SHORT  4u /* letters that the first look compares */
#define STARTS_SPREAD 0xe1051e85u
#define STARTS_BITS   UINT64_C(0x64ca8190a011236d)

/* The first four folded bytes at `at`; false where there are fewer. Four ASCII letters, the common case, need no table
 * (unless a mark behind them may fold with the last one). */
static bool first_letters(const lsi_cutter *c, size_t at, uint32_t *start)
{
    uint8_t line[LSI_FORM_MAX];
    const uint8_t *p = c->text + at;
    if (c->len - at > STARTS_SHORT && lsi_is_alpha(p[0]) && lsi_is_alpha(p[1]) && lsi_is_alpha(p[2]) &&
        lsi_is_alpha(p[3]) && p[4] < 0x80) {
        *start = lsi_get32(p) | 0x20202020u;
        return true;
    }
    if (lsi_fold_full(c->fold, p, LSI_MIN(c->len - at, 4 * STARTS_SHORT), line) < STARTS_SHORT) return false;
    *start = lsi_get32(line);
    return true;
}

/* Nearly all lines are told apart by a bit: of the 64 that a multiplication spreads four letters over, those of the
 * patterns. `tests/t_text_layout.c` finds each pattern, so that a bit that is missing shows there. */
static bool may_start(uint32_t start)
{
    return STARTS_BITS >> (start * STARTS_SPREAD >> 26) & 1;
}

static size_t patterned(lsi_cutter *c, size_t at)
{
    uint8_t line[LSI_FORM_MAX];
    uint32_t start;
    size_t i = 0, n;
    if (!first_letters(c, at, &start) || !may_start(start)) return 0;
    while (i < LSI_COUNTOF(patterns) && lsi_get32((const uint8_t *)patterns[i].starts) != start) i++;
    if (i == LSI_COUNTOF(patterns)) return 0;
    size_t end = line_end(c->text, LSI_MIN(c->len, at + BOILER_MAX), at);
    if (end < c->len && c->text[end] != '\n') return 0;
    n = lsi_fold_full(c->fold, c->text + at, end - at, line);
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\r')) n--;
    for (; i < LSI_COUNTOF(patterns); i++) {
        const char *starts = patterns[i].starts;
        size_t k = strlen(starts);
        if (k > n || memcmp(starts, line, k) != 0) continue;
        if (!patterns[i].needs || has_one(line, n, k, patterns[i].needs)) return end;
    }
    return 0;
}

size_t lsi_layout_boilerplate(lsi_cutter *c, size_t at)
{
    size_t end = patterned(c, at);
    if (LSI_LIKELY(!c->listed.lines)) return end;
    size_t listed = lsi_lines_match(&c->listed, c->fold, c->text, c->len, at, c->wrapped);
    return LSI_MAX(end, listed);
}
