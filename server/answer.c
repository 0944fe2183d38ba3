/* answer.c — an answer's headers, and its content with or without gzip. Both ways out use it: http_answer.c through
 * libmicrohttpd, direct.c straight to the client; so they cannot differ. Ignorant of sockets and of libmicrohttpd. */
#include "server/answer.h"
#include "server/router.h"
#include "server/routes.h"
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* Level 4 takes half as long again for a tenth of the bytes (docs/DECISIONS.md). */
enum { GZIP_FROM = 1024, GZIP_LEVEL = 1 };

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";
static const char data_policy[] = "default-src 'none'; frame-ancestors 'none'";

/* ---- gzip ---------------------------------------------------------------------------------------------------------
 */

/* ";q=0", with any zeroes and blanks: the coding is not wanted. */
static bool is_refused(const char *weight)
{
    const char *p = weight + strspn(weight, "; \t");
    if ((*p | 32) != 'q' || p[1] != '=') return false;
    p += 2 + strspn(p + 2, "0.");
    p += strspn(p, " \t");
    return !*p || *p == ',';
}

/* Whether gzip is listed and wanted, in capitals or not; "*" speaks for it where it is not named (RFC 9110 12.5.3). */
static bool takes_gzip(const char *accept)
{
    const char *p = accept ? accept : "";
    bool any = false;
    while (*(p += strspn(p, ", \t"))) {
        size_t name = strcspn(p, ";, \t");
        if (name == 4 && !strncasecmp(p, "gzip", 4)) return !is_refused(p + name);
        if (name == 1 && *p == '*') any = !is_refused(p + name);
        p += strcspn(p, ",");
    }
    return any;
}

void sd_zip_free(sd_zip *z)
{
    if (z->stream) deflateEnd(z->stream);
    free(z->stream);
    free(z->data);
    memset(z, 0, sizeof *z);
}

static z_stream *stream_of(sd_zip *z)
{
    z_stream *s = z->stream;
    if (s) return deflateReset(s) == Z_OK ? s : NULL;
    s = calloc(1, sizeof *s);
    if (!s) return NULL;
    if (deflateInit2(s, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(s);
        return NULL;
    }
    return z->stream = s;
}

static bool make_room(sd_zip *z, size_t n)
{
    char *more = n > z->cap ? realloc(z->data, n) : z->data;
    if (!more) return false;
    z->data = more;
    if (n > z->cap) z->cap = n;
    return true;
}

/* Into z->data; false: as it was is better, or there is no memory. */
static bool gzip(sd_zip *z, const char *p, size_t n)
{
    z_stream *s = n > UINT32_MAX / 2 ? NULL : stream_of(z);
    if (!s || !make_room(z, n)) return false;
    s->next_in = (Bytef *)(uintptr_t)p;
    s->avail_in = (uInt)n;
    s->next_out = (Bytef *)z->data;
    s->avail_out = (uInt)n;
    if (deflate(s, Z_FINISH) != Z_STREAM_END) return false; /* it would have grown */
    z->len = n - s->avail_out;
    return true;
}

/* ---- contents -----------------------------------------------------------------------------------------------------
 */

void sd_answer_settle(sd_exchange *x)
{
    if (x->answer.stream.next) return;
    if (x->answer.body.failed) {
        js_text_reset(&x->answer.body);
        sd_answer_refuse(x, "busy", NULL, "out of memory");
    } else if (x->answer.status >= 400 && x->route && (x->route->flags & SD_HTML)) {
        sd_page_problem(x);
    }
}

void sd_answer_content(const sd_exchange *x, sd_zip *z, const char **p, size_t *n, bool *zipped)
{
    const sd_answer *a = &x->answer;
    bool fixed = a->fixed && a->status == 200; /* not with a 304, nor with a problem */
    *p = fixed ? a->fixed : a->body.data ? a->body.data : "";
    *n = fixed ? a->fixed_len : a->body.len;
    *zipped = *n > GZIP_FROM && takes_gzip(x->accept_encoding) && gzip(z, *p, *n);
    if (!*zipped) return;
    *p = z->data;
    *n = z->len;
}

/* ---- headers ------------------------------------------------------------------------------------------------------
 */

typedef void put_fn(void *ctx, const char *name, const char *value);

static void cross_origin(const sd_exchange *x, put_fn *put, void *ctx)
{
    if (!x->server->config.allow_origin.count) return;
    put(ctx, "Vary", "Origin");
    if (!x->origin || !sd_server_origin(x->server, x->origin)) return;
    put(ctx, "Access-Control-Allow-Origin", x->origin);
    put(ctx, "Access-Control-Expose-Headers", "ETag, Location, Retry-After");
    if (!x->answer.preflight) return;
    put(ctx, "Access-Control-Allow-Methods", x->answer.allow);
    put(ctx, "Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, If-None-Match, X-API-Key");
    put(ctx, "Access-Control-Max-Age", "600");
}

/* A strong tag is of these bytes alone: compressed they are others (RFC 9110 8.8.3.3). */
static void put_tag(const char *tag, bool zipped, put_fn *put, void *ctx)
{
    char text[sizeof((sd_answer *)0)->etag + sizeof SD_TAG_ZIPPED];
    if (zipped && tag[0] == '"') snprintf(text, sizeof text, "%.*s" SD_TAG_ZIPPED "\"", (int)strlen(tag) - 1, tag);
    else snprintf(text, sizeof text, "%s", tag);
    put(ctx, "ETag", text);
}

void sd_answer_headers(const sd_exchange *x, bool zipped, put_fn *put, void *ctx)
{
    const sd_answer *a = &x->answer;
    if (a->type && a->status != 304 && a->status != 204) put(ctx, "Content-Type", a->type);
    if (zipped) put(ctx, "Content-Encoding", "gzip");
    put(ctx, "Cache-Control", a->cache ? a->cache : "private, no-cache");
    put(ctx, "Vary", "Accept-Encoding");
    put(ctx, "X-Content-Type-Options", "nosniff");
    put(ctx, "Referrer-Policy", "no-referrer");
    put(ctx, "Content-Security-Policy", a->page ? page_policy : data_policy);
    if (a->etag[0]) put_tag(a->etag, zipped, put, ctx);
    if (a->allow[0] && (a->status == 405 || a->status == 204)) put(ctx, "Allow", a->allow);
    if (a->location[0]) put(ctx, "Location", a->location);
    if (a->disposition) put(ctx, "Content-Disposition", a->disposition);
    if (a->status == 401) put(ctx, "WWW-Authenticate", "Bearer realm=\"libsearch\"");
    if (a->status == 503 || a->status == 429) put(ctx, "Retry-After", "5");
    cross_origin(x, put, ctx);
}
