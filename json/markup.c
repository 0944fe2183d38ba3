/* markup.c — the text of a piece of HTML, as ninjs carries bodies: tags become nothing or a new paragraph, entities
 * their characters. Any bytes are taken: what is no tag or entity stands for itself. Scripts, styles and comments are
 * left out. Ignorant of pages with navigation around the text. */
#include <string.h>
#include <strings.h>

#include "json/inside.h"

typedef struct named {
    const char *name;
    uint32_t cp;
} named;

/* Those that news texts are written with; the others stay as they are. */
static const named entities[] = {
    {"amp", '&'},       {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},    {"nbsp", ' '},
    {"ndash", 0x2013},  {"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C}, {"rdquo", 0x201D},
    {"hellip", 0x2026}, {"euro", 0x20AC},  {"pound", 0xA3},   {"bull", 0x2022},  {"auml", 0xE4},    {"ouml", 0xF6},
    {"uuml", 0xFC},     {"Auml", 0xC4},    {"Ouml", 0xD6},    {"Uuml", 0xDC},    {"szlig", 0xDF},   {"eacute", 0xE9},
    {"egrave", 0xE8},   {"agrave", 0xE0},  {"ccedil", 0xE7},  {"ntilde", 0xF1},  {"laquo", 0xAB},   {"raquo", 0xBB},
    {"copy", 0xA9},     {"deg", 0xB0}};

static void put_utf8(js_text *t, uint32_t cp)
{
    if (cp < 0x80) {
        js_putc(t, (char)cp);
    } else if (cp < 0x800) {
        js_putc(t, (char)(0xC0 | cp >> 6));
        js_putc(t, (char)(0x80 | (cp & 63)));
    } else if (cp < 0x10000) {
        js_putc(t, (char)(0xE0 | cp >> 12));
        js_putc(t, (char)(0x80 | (cp >> 6 & 63)));
        js_putc(t, (char)(0x80 | (cp & 63)));
    } else {
        js_putc(t, (char)(0xF0 | cp >> 18));
        js_putc(t, (char)(0x80 | (cp >> 12 & 63)));
        js_putc(t, (char)(0x80 | (cp >> 6 & 63)));
        js_putc(t, (char)(0x80 | (cp & 63)));
    }
}

static int digit_of(char c, unsigned base)
{
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : 99;
    return v < (int)base ? v : -1;
}

/* &#8217; or &#x2019; at s + 2; bytes taken, 0: it is none. */
static size_t numeric(js_text *t, const char *s, size_t len)
{
    unsigned base = len > 2 && (s[2] == 'x' || s[2] == 'X') ? 16 : 10;
    size_t from = base == 16 ? 3 : 2, i = from;
    uint32_t cp = 0;
    for (; i < len && i < from + 8 && digit_of(s[i], base) >= 0; i++) cp = cp * base + (uint32_t)digit_of(s[i], base);
    if (i == from || i >= len || s[i] != ';') return 0;
    if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000)) cp = 0xFFFD;
    put_utf8(t, cp);
    return i + 1;
}

static size_t entity(js_text *t, const char *s, size_t len)
{
    if (len > 1 && s[1] == '#') return numeric(t, s, len);
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        size_t n = strlen(entities[i].name);
        if (len <= n + 1 || memcmp(s + 1, entities[i].name, n) != 0 || s[n + 1] != ';') continue;
        put_utf8(t, entities[i].cp);
        return n + 2;
    }
    return 0;
}

static bool is_name(const char *s, size_t len, const char *const *names)
{
    for (; *names; names++)
        if (strlen(*names) == len && strncasecmp(*names, s, len) == 0) return true;
    return false;
}

/* Behind the end tag of what stands at s ("<script …"), or the end of the text. */
static size_t skip_content(const char *s, size_t len, const char *name, size_t name_len)
{
    for (size_t i = 0; i + name_len + 2 <= len; i++) {
        if (s[i] != '<' || s[i + 1] != '/' || strncasecmp(s + i + 2, name, name_len) != 0) continue;
        const char *end = memchr(s + i, '>', len - i);
        return end ? (size_t)(end - s) + 1 : len;
    }
    return len;
}

/* A tag or a comment at s; bytes taken, 0: it is none. */
static size_t tag(js_text *t, const char *s, size_t len)
{
    static const char *const blocks[] = {"p",          "div",        "h1",      "h2",     "h3", "h4",    "h5",
                                         "h6",         "ul",         "ol",      "li",     "tr", "table", "hr",
                                         "blockquote", "section",    "article", "dl",     "dt", "dd",    "pre",
                                         "figure",     "figcaption", "header",  "footer", NULL};
    static const char *const hidden[] = {"script", "style", "head", "template", NULL};
    if (len >= 4 && memcmp(s, "<!--", 4) == 0) {
        for (size_t i = 4; i + 3 <= len; i++)
            if (memcmp(s + i, "-->", 3) == 0) return i + 3;
        return len;
    }
    size_t from = len > 1 && s[1] == '/' ? 2 : 1, n = from;
    while (n < len && ((s[n] | 32) >= 'a' && (s[n] | 32) <= 'z')) n++;
    while (n > from && n < len && s[n] >= '0' && s[n] <= '9') n++;
    if (n == from && !(len > 1 && (s[1] == '!' || s[1] == '?'))) return 0;
    const char *end = memchr(s, '>', len);
    if (end == NULL) return 0;
    size_t whole = (size_t)(end - s) + 1;
    if (from == 1 && is_name(s + 1, n - 1, hidden)) return whole + skip_content(s + whole, len - whole, s + 1, n - 1);
    if (is_name(s + from, n - from, blocks)) js_puts(t, "\n\n");
    else if (n - from == 2 && strncasecmp(s + from, "br", 2) == 0) js_putc(t, '\n');
    return whole;
}

/* Blanks run together, at most one empty line between paragraphs, none at either end. */
static void tidy(js_text *out, const char *s, size_t len)
{
    size_t lines = 0;
    bool blank = false, any = false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\n') {
            lines++;
        } else if (s[i] == ' ' || s[i] == '\t' || s[i] == '\r') {
            blank = true;
        } else {
            if (any && lines) js_puts(out, lines > 1 ? "\n\n" : "\n");
            else if (any && blank) js_putc(out, ' ');
            js_putc(out, s[i]);
            any = true;
            blank = false;
            lines = 0;
        }
    }
}

void js_markup_text(js_text *out, const char *s, size_t len)
{
    js_text raw = {0};
    for (size_t i = 0; i < len;) {
        size_t n = s[i] == '<' ? tag(&raw, s + i, len - i) : s[i] == '&' ? entity(&raw, s + i, len - i) : 0;
        if (n == 0) js_putc(&raw, s[i] == '\n' || s[i] == '\r' ? ' ' : s[i]); /* line ends of the source are blanks */
        i += n ? n : 1;
    }
    if (raw.failed) out->failed = true;
    else tidy(out, raw.data ? raw.data : "", raw.len);
    js_text_free(&raw);
}
