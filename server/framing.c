/* framing.c — the end of a request's content, by Content-Length or by chunks (RFC 9112 6 and 7).
 *
 * Chunks are passed on as they come in, in plain form: "1f;x=y\r\n" → "1F\r\n", trailers dropped. At the first
 * violation `broken` is set and a last chunk is written, so that the request behind ends in order and can be answered
 * once; nothing of the connection is read afterwards.
 *   in:  "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"      out: "5\r\nhello\r\n0\r\n\r\n"
 * Ignorant of sockets and of the content. */
#include "server/framing.h"

#include <string.h>

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER_START, TRAILER, TRAILER_LF, END_LF };
enum { LINE_MAX_BYTES = 256, TRAILER_MAX_BYTES = 4096 };

void sd_body_begin(sd_body *b, const sd_head *h)
{
    memset(b, 0, sizeof *b);
    b->framing = h->framing;
    b->left = h->framing == SD_BODY_LENGTH ? h->length : 0;
    b->done = h->framing == SD_BODY_NONE;
}

static void broken(sd_body *b, js_text *out)
{
    /* Only ever called between chunks or right behind the data of one. */
    js_puts(out, b->state == DATA_CR || b->state == DATA_LF ? "\r\n0\r\n\r\n" : "0\r\n\r\n");
    b->broken = true;
    b->done = true;
}

static bool size_byte(sd_body *b, char c)
{
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : -1;
    if (v >= 0) {
        if (b->left >> 56) return false;
        b->left = b->left << 4 | (uint64_t)v;
        b->digits = true;
        return true;
    }
    if (!b->digits) return false;
    if (c == '\r') b->state = SIZE_LF;
    else if (c == ';') b->state = EXTENSION;
    else return false;
    return true;
}

/* The end of a size line: announces the chunk, or goes on to the trailers. */
static void size_end(sd_body *b, js_text *out)
{
    b->line = 0;
    b->digits = false;
    if (b->left) {
        js_printf(out, "%llX\r\n", (unsigned long long)b->left);
        b->state = DATA;
    } else {
        b->state = TRAILER_START;
    }
}

/* One byte outside of chunk data; false where it may not stand there. */
static bool line_byte(sd_body *b, char c, js_text *out)
{
    bool control = (unsigned char)c < 0x20 && c != '\t';
    if (++b->line > (b->state >= TRAILER_START ? TRAILER_MAX_BYTES : LINE_MAX_BYTES)) return false;
    switch (b->state) {
    case SIZE:
        return size_byte(b, c);
    case EXTENSION:
        if (c == '\r') b->state = SIZE_LF;
        return c == '\r' || !control;
    case SIZE_LF:
        if (c == '\n') size_end(b, out);
        return c == '\n';
    case DATA_CR:
        if (c == '\r') b->state = DATA_LF;
        return c == '\r';
    case DATA_LF:
        if (c != '\n') return false;
        js_puts(out, "\r\n");
        b->state = SIZE;
        b->line = 0;
        return true;
    case TRAILER_START:
        b->state = c == '\r' ? END_LF : TRAILER;
        return c == '\r' || (!control && c != ' ' && c != '\t');
    case TRAILER:
        if (c == '\r') b->state = TRAILER_LF;
        return c == '\r' || !control;
    case TRAILER_LF:
        b->state = TRAILER_START;
        return c == '\n';
    default: /* END_LF */
        if (c != '\n') return false;
        js_puts(out, "0\r\n\r\n");
        b->done = true;
        return true;
    }
}

size_t sd_body_take(sd_body *b, const char *p, size_t n, js_text *out)
{
    size_t i = 0;
    while (i < n && !b->done) {
        if (b->framing == SD_BODY_LENGTH || b->state == DATA) {
            size_t k = b->left < n - i ? (size_t)b->left : n - i;
            js_put(out, p + i, k);
            i += k;
            b->left -= k;
            if (b->left) continue;
            if (b->framing == SD_BODY_LENGTH) b->done = true;
            else b->state = DATA_CR;
        } else if (line_byte(b, p[i], out)) {
            i++;
        } else {
            broken(b, out);
        }
    }
    return i;
}
