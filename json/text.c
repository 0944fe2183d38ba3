/* text.c — a growable text with a sticky error, and JSON values written into it.
 *
 * Invariant: data is NULL, or len < cap and data[len] is a NUL. After a failed allocation nothing more is written.
 * Commas: a member or element is the first exactly if the byte before it opens the object or array; no JSON value ends
 * in '{' or '[', so the last byte tells it and no stack of states is needed. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "json/utf8.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static bool grow(js_text *t, size_t more)
{
    size_t cap = t->cap ? t->cap : 256;
    while (cap - t->len <= more) {
        if (cap > SIZE_MAX / 2) {
            t->failed = true;
            return false;
        }
        cap *= 2;
    }
    char *data = realloc(t->data, cap);
    if (data == NULL) {
        t->failed = true;
        return false;
    }
    t->data = data;
    t->cap = cap;
    return true;
}

static inline bool reserve(js_text *t, size_t more)
{
    if (t->failed) return false;
    return more < t->cap - t->len || grow(t, more);
}

void js_text_free(js_text *t)
{
    free(t->data);
    *t = (js_text){0};
}

void js_text_reset(js_text *t)
{
    t->len = 0;
    t->failed = false;
    if (t->data) t->data[0] = '\0';
}

char *js_text_take(js_text *t, size_t *len)
{
    char *data = t->data;
    if (t->failed) {
        js_text_free(t);
        data = NULL;
    }
    if (len) *len = data ? t->len : 0;
    *t = (js_text){0};
    return data;
}

void js_put(js_text *t, const char *s, size_t len)
{
    if (!reserve(t, len)) return;
    if (len > 0) memcpy(t->data + t->len, s, len);
    t->len += len;
    t->data[t->len] = '\0';
}

void js_puts(js_text *t, const char *s)
{
    js_put(t, s, strlen(s));
}

void js_putc(js_text *t, char c)
{
    if (!reserve(t, 1)) return;
    t->data[t->len++] = c;
    t->data[t->len] = '\0';
}

void js_printf(js_text *t, const char *format, ...)
{
    va_list ap;
    int n = -1;
    /* most fits at once; what does not is written again with room enough */
    for (size_t room = 64; reserve(t, room); room = (size_t)n) {
        va_start(ap, format);
        n = vsnprintf(t->data + t->len, t->cap - t->len, format, ap);
        va_end(ap);
        if (n < 0 || (size_t)n < t->cap - t->len) break;
    }
    if (n < 0) t->failed = true;
    if (t->failed) {
        if (t->data) t->data[t->len] = '\0';
        return;
    }
    t->len += (size_t)n;
}

int js_text_rc(const js_text *t, ls_error *err)
{
    if (!t->failed) return LS_OK;
    if (err) {
        *err = (ls_error){.code = LS_NOMEM, .offset = UINT64_MAX};
        snprintf(err->message, sizeof err->message, "no memory for the answer");
    }
    return LS_NOMEM;
}

/* ---- strings: what may stand as it is goes in runs ----------------------------------------------------------------- */

/* What a byte of ASCII must become: JSON's escapes, HTML's, or both. */
typedef enum form { AS_JSON = 1, AS_HTML = 2 } form;

static bool is_plain(unsigned char c, unsigned as)
{
    if (c >= 0x80) return false;
    if (as & AS_JSON && (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)) return false;
    return !(as & AS_HTML) || (c != '&' && c != '<' && c != '>' && c != '"' && c != '\'');
}

#if defined(__SSE2__)
enum { TOGETHER = 16 };
#define IS(x, c) _mm_cmpeq_epi8(x, _mm_set1_epi8(c))

/* Whether all of the next bytes are ASCII that stays as it is. Signed, bytes above ASCII are below 0x20 too. */
static inline bool all_plain(const char *s, unsigned as)
{
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)s);
    __m128i other = _mm_or_si128(IS(x, '"'), _mm_cmplt_epi8(x, _mm_set1_epi8(as & AS_JSON ? 0x20 : 0)));
    if (as & AS_JSON) other = _mm_or_si128(other, _mm_or_si128(IS(x, '\\'), IS(x, 0x7F)));
    if (as & AS_HTML) other = _mm_or_si128(other, _mm_or_si128(IS(x, '&'), IS(x, '\'')));
    if (as & AS_HTML) other = _mm_or_si128(other, _mm_or_si128(IS(x, '<'), IS(x, '>')));
    return _mm_movemask_epi8(other) == 0;
}
#else
enum { TOGETHER = 8 };
#define EACH(byte)  (UINT64_C(0x0101010101010101) * (byte))
#define HIGH        EACH(0x80)
#define BELOW(w, c) (((w)-EACH(c)) & ~(w)&HIGH) /* not 0: some byte of w is below c ≤ 0x80 */
#define HAS(w, c)   BELOW((w) ^ EACH(c), 1)

static inline bool all_plain(const char *s, unsigned as)
{
    uint64_t w;
    memcpy(&w, s, sizeof w);
    uint64_t other = (w & HIGH) | HAS(w, '"');
    if (as & AS_JSON) other |= BELOW(w, 0x20) | HAS(w, '\\') | HAS(w, 0x7F);
    if (as & AS_HTML) other |= HAS(w, '&') | HAS(w, '\'') | HAS(w & ~EACH(2), '<'); /* < and > */
    return other == 0;
}
#endif

/* How many of the next bytes are ASCII that stays as it is. */
static inline size_t plain_run(const char *s, size_t len, unsigned as)
{
    size_t i = 0;
    while (len - i >= TOGETHER && all_plain(s + i, as)) i += TOGETHER;
    while (i < len && is_plain((unsigned char)s[i], as)) i++;
    return i;
}

static const char *entity(char c)
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
        return NULL;
    }
}

static void escape(js_text *t, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    switch (c) {
    case '"':
        js_put(t, "\\\"", 2);
        return;
    case '\\':
        js_put(t, "\\\\", 2);
        return;
    case '\n':
        js_put(t, "\\n", 2);
        return;
    case '\r':
        js_put(t, "\\r", 2);
        return;
    case '\t':
        js_put(t, "\\t", 2);
        return;
    default:
        js_put(t, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
    }
}

/* `as` is a constant where this is called. */
static inline void put_escaped(js_text *t, const char *s, size_t len, unsigned as)
{
    size_t from = 0, i = 0; /* s[from..i) is to be written as it is */
    while ((i += plain_run(s + i, len - i, as)) < len) {
        uint32_t cp;
        bool valid = true, ascii = (unsigned char)s[i] < 0x80;
        const char *instead = ascii && as & AS_HTML ? entity(s[i]) : NULL;
        size_t n = ascii ? 1 : js_utf8_next(s + i, len - i, &cp, &valid);
        if (!ascii && valid) {
            i += n;
            continue;
        }
        js_put(t, s + from, i - from);
        if (!valid) js_put(t, "\xEF\xBF\xBD", 3);
        else if (instead) js_puts(t, instead);
        else escape(t, (unsigned char)s[i]);
        from = i += n;
    }
    js_put(t, s + from, len - from);
}

void js_string(js_text *t, const char *s, size_t len)
{
    if (s == NULL) {
        js_put(t, "null", 4);
        return;
    }
    js_putc(t, '"');
    put_escaped(t, s, len, AS_JSON);
    js_putc(t, '"');
}

void js_html(js_text *t, const char *s, size_t len)
{
    put_escaped(t, s, len, AS_HTML);
}

void js_html_string(js_text *t, const char *s, size_t len)
{
    js_putc(t, '"');
    put_escaped(t, s, len, AS_JSON | AS_HTML);
    js_putc(t, '"');
}

void js_cstring(js_text *t, const char *s)
{
    js_string(t, s, s ? strlen(s) : 0);
}

void js_uint(js_text *t, uint64_t v)
{
    char buf[20], *p = buf + sizeof buf;
    do *--p = (char)('0' + v % 10);
    while (v /= 10);
    js_put(t, p, (size_t)(buf + sizeof buf - p));
}

void js_range(js_text *t, uint64_t start, uint64_t end)
{
    js_putc(t, '[');
    js_uint(t, start);
    js_putc(t, ',');
    js_uint(t, end);
    js_putc(t, ']');
}

void js_int(js_text *t, int64_t v)
{
    if (v < 0) js_putc(t, '-');
    js_uint(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void js_number(js_text *t, double v)
{
    char buf[40];
    if (!isfinite(v)) {
        js_put(t, "null", 4);
        return;
    }
    /* 15 digits are often enough, 17 always. */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, sizeof buf, "%.*g", digits, v);
        double back = strtod(buf, NULL);
        if (memcmp(&back, &v, sizeof v) == 0) break;
    }
    js_puts(t, buf);
}

/* With as few decimals as give the float back, whichever way the last bits of the division fall. Ten times as quick as
 * trying printf's digits; a page has a score a hit. */
static bool put_decimals(js_text *t, float v)
{
    double scale = 1;
    if (!(v >= 1e-3f && v < 1e6f)) return false;
    for (unsigned decimals = 0; decimals <= 10; decimals++, scale *= 10) {
        const double n = floor((double)v * scale + .5), back = n / scale;
        if ((float)(back * (1 - 0x1p-50)) != v || (float)(back * (1 + 0x1p-50)) != v) continue;
        char digits[24];
        uint64_t left = (uint64_t)n;
        char *p = digits + sizeof digits;
        for (unsigned i = 0; i < decimals; i++, left /= 10) *--p = (char)('0' + left % 10);
        if (decimals) *--p = '.';
        js_uint(t, left);
        js_put(t, p, (size_t)(digits + sizeof digits - p));
        return true;
    }
    return false;
}

void js_score(js_text *t, float v)
{
    char buf[40];
    if (!isfinite(v)) {
        js_put(t, "null", 4);
        return;
    }
    if (put_decimals(t, v)) return;
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(buf, sizeof buf, "%.*g", digits, (double)v);
        float back = strtof(buf, NULL);
        if (memcmp(&back, &v, sizeof v) == 0) break;
    }
    js_puts(t, buf);
}

void js_date(js_text *t, int64_t ms)
{
    char buf[40];
    ls_date_format(ms, buf, sizeof buf);
    js_cstring(t, buf);
}

void js_comma(js_text *t)
{
    if (t->len == 0 || t->failed) return;
    char last = t->data[t->len - 1];
    if (last != '{' && last != '[') js_putc(t, ',');
}

void js_key(js_text *t, const char *name)
{
    size_t n = strlen(name);
    if (!reserve(t, n + 4)) return;
    char *p = t->data + t->len;
    if (t->len > 0 && p[-1] != '{' && p[-1] != '[') *p++ = ',';
    *p++ = '"';
    memcpy(p, name, n);
    memcpy(p + n, "\":", 3); /* with the NUL */
    t->len = (size_t)(p + n + 2 - t->data);
}
