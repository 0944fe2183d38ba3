/* utf8.c — owns the decoding of bytes into code points, and their repair.
 *
 * Well-formed is what table 3-7 of the Unicode Standard allows: no overlong forms, no surrogates, nothing above
 * U+10FFFF. Each byte that is not part of a well-formed sequence counts as one U+FFFD by itself, so that the number of
 * invalid bytes and the number of U+FFFD put for them are the same. Worked example: 41 E2 82 C3 A9 is A, two bad bytes,
 * é. Ignorant of what the code points mean. */
#include "libsearch/text/utf8.h"
#include "libsearch/text/analyzer.h"

uint32_t lsi_utf8_get_wide(const uint8_t *text, size_t len, size_t at, unsigned *bytes)
{
    const uint8_t *p = text + at;
    size_t left = len - at;
    *bytes = 1;
    if (p[0] < 0x80) return p[0];
    if (p[0] < 0xc2 || left < 2 || !lsi_utf8_inside(p[1])) return LSI_UTF8_BAD;
    if (p[0] < 0xe0) {
        *bytes = 2;
        return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if (left < 3 || !lsi_utf8_inside(p[2])) return LSI_UTF8_BAD;
    if (p[0] < 0xf0) {
        uint32_t cp = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        if (cp < 0x800 || (cp >= 0xd800 && cp < 0xe000)) return LSI_UTF8_BAD;
        *bytes = 3;
        return cp;
    }
    if (p[0] > 0xf4 || left < 4 || !lsi_utf8_inside(p[3])) return LSI_UTF8_BAD;
    uint32_t cp =
        (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
    if (cp < 0x10000 || cp > 0x10ffff) return LSI_UTF8_BAD;
    *bytes = 4;
    return cp;
}

unsigned lsi_utf8_put(uint32_t cp, uint8_t *out)
{
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (uint8_t)(0xc0 | cp >> 6);
        out[1] = (uint8_t)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (uint8_t)(0xe0 | cp >> 12);
        out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | cp >> 18);
    out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (cp & 0x3f));
    return 4;
}

size_t lsi_utf8_cut(const uint8_t *text, size_t len, size_t max)
{
    if (len <= max) return len;
    while (max && lsi_utf8_inside(text[max])) max--;
    return max;
}

/* The next byte ≥ 0x80 at or behind `at`, or len. */
static size_t skip_ascii(const uint8_t *text, size_t len, size_t at)
{
    while (len - at >= 8) {
        uint64_t w;
        memcpy(&w, text + at, sizeof w);
        if (w & 0x8080808080808080u) break;
        at += 8;
    }
    while (at < len && text[at] < 0x80) at++;
    return at;
}

/* The next invalid byte at or behind `at`, or len. */
static size_t skip_valid(const uint8_t *text, size_t len, size_t at)
{
    for (at = skip_ascii(text, len, at); at < len; at = skip_ascii(text, len, at)) {
        unsigned n;
        uint32_t cp = lsi_utf8_get_wide(text, len, at, &n);
        if (cp == LSI_UTF8_BAD && n == 1) return at;
        at += n;
    }
    return at;
}

uint64_t lsi_utf8_invalid(const uint8_t *text, size_t len)
{
    uint64_t count = 0;
    for (size_t at = skip_valid(text, len, 0); at < len; at = skip_valid(text, len, at + 1)) count++;
    return count;
}

bool lsi_utf8_valid(const uint8_t *text, size_t len)
{
    return skip_valid(text, len, 0) == len;
}

uint64_t lsi_utf8_repair(const uint8_t *text, size_t len, lsi_buf *out)
{
    uint64_t count = 0;
    size_t from = 0;
    for (size_t at = skip_valid(text, len, 0); at < len; at = skip_valid(text, len, from)) {
        lsi_buf_put(out, text + from, at - from);
        lsi_buf_puts(out, "\xef\xbf\xbd");
        from = at + 1;
        count++;
    }
    if (len > from) lsi_buf_put(out, text + from, len - from);
    return count;
}
