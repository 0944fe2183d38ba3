/* bytes.c — growable bytes and the three escapings the server writes (JSON, HTML, URL).
 *
 * Invariant: p == NULL iff cap == 0; otherwise len < cap and p[len] == 0. After a failed allocation `failed` stays set
 * and later puts do nothing, so that a writer checks once at its end. Ignorant of what the bytes mean. */
#include "server/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *sd_reserve(sd_bytes *b, size_t n)
{
    size_t need, cap;
    char *p;
    if (b->failed) return NULL;
    if (n > SIZE_MAX / 2 || b->len > SIZE_MAX / 2 - n - 1) {
        b->failed = true;
        return NULL;
    }
    need = b->len + n + 1;
    if (need <= b->cap) return b->p + b->len;
    cap = b->cap ? b->cap : 256;
    while (cap < need) cap *= 2;
    p = realloc(b->p, cap);
    if (!p) {
        b->failed = true;
        return NULL;
    }
    b->p = p;
    b->cap = cap;
    p[b->len] = 0;
    return p + b->len;
}

void sd_put(sd_bytes *b, const void *p, size_t n)
{
    char *to = sd_reserve(b, n);
    if (!to) return;
    if (n) memcpy(to, p, n);
    b->len += n;
    b->p[b->len] = 0;
}

void sd_puts(sd_bytes *b, const char *s)
{
    sd_put(b, s, strlen(s));
}

void sd_putc(sd_bytes *b, char c)
{
    sd_put(b, &c, 1);
}

void sd_putf(sd_bytes *b, const char *format, ...)
{
    va_list ap;
    char small[256];
    int n;
    va_start(ap, format);
    n = vsnprintf(small, sizeof small, format, ap);
    va_end(ap);
    if (n < 0) return;
    if ((size_t)n < sizeof small) {
        sd_put(b, small, (size_t)n);
    } else if (sd_reserve(b, (size_t)n)) {
        va_start(ap, format);
        vsnprintf(b->p + b->len, (size_t)n + 1, format, ap);
        va_end(ap);
        b->len += (size_t)n;
    }
}

size_t sd_utf8(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t need, i;
    if (!n) return 0;
    if (p[0] < 0x80) return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4) return 0;
    need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (n < need) return 0;
    for (i = 1; i < need; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0; /* overlong */
    if (p[0] == 0xed && p[1] > 0x9f) return 0; /* surrogates */
    if (p[0] == 0xf0 && p[1] < 0x90) return 0; /* overlong */
    if (p[0] == 0xf4 && p[1] > 0x8f) return 0; /* beyond U+10FFFF */
    return need;
}

/* Copies s, letting `escape` name a replacement for single bytes; what is no UTF-8 becomes U+FFFD. */
static void put_escaped(sd_bytes *b, const char *s, size_t n, const char *(*escape)(unsigned char c, char buf[8]))
{
    size_t i = 0, from = 0;
    char buf[8];
    while (i < n) {
        size_t w = sd_utf8(s + i, n - i);
        const char *with = w ? w == 1 ? escape((unsigned char)s[i], buf) : NULL : "\xef\xbf\xbd";
        if (with) {
            sd_put(b, s + from, i - from);
            sd_puts(b, with);
            from = i + 1;
        }
        i += w ? w : 1;
    }
    sd_put(b, s + from, n - from);
}

static const char *json_escape(unsigned char c, char buf[8])
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
    }
    if (c >= 0x20 && c != 0x7f) return NULL;
    snprintf(buf, 8, "\\u%04x", c);
    return buf;
}

void sd_put_json(sd_bytes *b, const char *s, size_t n)
{
    sd_putc(b, '"');
    put_escaped(b, s, n, json_escape);
    sd_putc(b, '"');
}

static const char *html_escape(unsigned char c, char buf[8])
{
    (void)buf;
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: break;
    }
    /* Controls have no place in HTML, and NUL no meaning. */
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ? "\xef\xbf\xbd" : NULL;
}

void sd_put_html(sd_bytes *b, const char *s, size_t n)
{
    put_escaped(b, s, n, html_escape);
}

void sd_put_url(sd_bytes *b, const char *s, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t i;
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain) {
            sd_putc(b, (char)c);
        } else {
            char e[3] = {'%', hex[c >> 4], hex[c & 15]};
            sd_put(b, e, 3);
        }
    }
}

void sd_drop_front(sd_bytes *b, size_t n)
{
    if (!b->p || !n) return;
    if (n > b->len) n = b->len;
    memmove(b->p, b->p + n, b->len - n + 1);
    b->len -= n;
}

void sd_clear(sd_bytes *b)
{
    free(b->p);
    memset(b, 0, sizeof *b);
}

const char *sd_cstr(const sd_bytes *b)
{
    return b->p ? b->p : "";
}
