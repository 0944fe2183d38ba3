/* utf8.c — one step through UTF-8 text. Owns the table of what a lead byte allows (Unicode 15, table 3-7); knows
 * nothing of words or JSON. */
#include <string.h>

#include "libsearch/libsearch.h"
#include "json/utf8.h"

/* What may follow a lead byte: how many bytes, and the range of the first of them (the rest are 80..BF). */
static size_t lead(unsigned char c, unsigned *low, unsigned *high, uint32_t *bits)
{
    *low = 0x80;
    *high = 0xBF;
    if (c >= 0xC2 && c <= 0xDF) {
        *bits = c & 0x1Fu;
        return 1;
    }
    if (c >= 0xE0 && c <= 0xEF) {
        *bits = c & 0x0Fu;
        if (c == 0xE0) *low = 0xA0;
        if (c == 0xED) *high = 0x9F; /* surrogates */
        return 2;
    }
    if (c >= 0xF0 && c <= 0xF4) {
        *bits = c & 0x07u;
        if (c == 0xF0) *low = 0x90;
        if (c == 0xF4) *high = 0x8F; /* beyond U+10FFFF */
        return 3;
    }
    return 0;
}

size_t js_utf8_next(const char *s, size_t len, uint32_t *code_point, bool *valid)
{
    const unsigned char *p = (const unsigned char *)s;
    unsigned low, high;
    uint32_t cp = 0;
    *valid = true;
    if (p[0] < 0x80) {
        *code_point = p[0];
        return 1;
    }
    size_t more = lead(p[0], &low, &high, &cp), i = 1;
    for (; i <= more && i < len; i++) {
        if (p[i] < low || p[i] > high) break;
        cp = cp << 6 | (p[i] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    if (more == 0 || i <= more) {
        *valid = false;
        *code_point = JS_REPLACEMENT;
        return i;
    }
    *code_point = cp;
    return i;
}

/* Whether the next eight bytes are ASCII, as most are. */
static bool ascii8(const char *s, size_t len)
{
    uint64_t w;
    if (len < sizeof w) return false;
    memcpy(&w, s, sizeof w);
    return (w & 0x8080808080808080u) == 0;
}

size_t js_utf8_invalid(const char *s, size_t len)
{
    size_t bad = 0;
    for (size_t i = 0; i < len;) {
        if (ascii8(s + i, len - i)) {
            i += 8;
            continue;
        }
        uint32_t cp;
        bool valid;
        size_t n = js_utf8_next(s + i, len - i, &cp, &valid);
        if (!valid) bad += n;
        i += n;
    }
    return bad;
}

size_t js_utf8_units(const char *s, size_t len, int range_unit)
{
    if (range_unit == LS_RANGES_BYTES) return len;
    size_t units = 0;
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        bool valid;
        if (ascii8(s + i, len - i)) {
            units += 8;
            i += 8;
            continue;
        }
        i += js_utf8_next(s + i, len - i, &cp, &valid);
        units += range_unit == LS_RANGES_UTF16 && cp > 0xFFFF ? 2 : 1;
    }
    return units;
}

size_t js_utf8_prefix(const char *s, size_t len, size_t n)
{
    size_t i = 0;
    for (; n >= 8 && ascii8(s + i, len - i); n -= 8) i += 8;
    for (; i < len && n > 0; n--) {
        uint32_t cp;
        bool valid;
        i += js_utf8_next(s + i, len - i, &cp, &valid);
    }
    return i;
}
