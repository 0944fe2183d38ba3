/* http_answer.c — from an sd_answer to libmicrohttpd: headers, gzip, HEAD, pieces of a streamed content.
 *
 * A streamed content is made on the workers, one piece at a time, into `piece`; libmicrohttpd's thread takes it from
 * there. The race between "the buffer is empty, suspend" and "a piece is ready, resume" is settled by r->lock:
 *   1. the taker finds the buffer empty: under the lock it sets `waiting`, suspends, pushes the next job, returns 0;
 *   2. the maker fills the buffer without the lock (nobody else touches it while `waiting`), then under the lock
 *      clears `waiting` and resumes. A resume right after the suspend of 1 is libmicrohttpd's to order, and it does.
 * So one piece is in memory however long the answer is, and no worker ever waits for a slow client. */
#include "server/http_inside.h"
#include "server/routes.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Level 4 takes about 2 ms for GZIP_QUICK_FROM bytes; beyond that the quickest level must do. */
enum { GZIP_FROM = 1024, GZIP_LEVEL = 4, GZIP_QUICK_FROM = 131072, PIECE = 65536 };

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";
static const char data_policy[] = "default-src 'none'; frame-ancestors 'none'";

/* ---- streams ------------------------------------------------------------------------------------------------------
 */

static void make_piece(void *arg)
{
    sd_request *r = arg;
    sd_http *h = r->http;
    bool more = false, ok;
    js_text_reset(&r->piece);
    r->piece_at = 0;
    do ok = r->x.answer.stream.next(r->x.answer.stream.ctx, &r->piece, &more);
    while (ok && more && r->piece.len < PIECE && !r->piece.failed && !atomic_load(&r->peer->gone));
    pthread_mutex_lock(&r->lock);
    r->broken = !ok || r->piece.failed || atomic_load(&r->peer->gone);
    r->more = more;
    r->waiting = false;
    MHD_resume_connection(r->connection);
    pthread_mutex_unlock(&r->lock); /* r may be gone from here on: free_request waits for this lock only */
    atomic_fetch_sub(&h->running, 1);
}

static ssize_t take_piece(void *arg, uint64_t at, char *to, size_t max)
{
    sd_request *r = arg;
    size_t n;
    ssize_t done = 0;
    (void)at;
    pthread_mutex_lock(&r->lock);
    n = r->piece.len - r->piece_at;
    if (r->broken) {
        done = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (n) {
        if (n > max) n = max;
        memcpy(to, r->piece.data + r->piece_at, n);
        r->piece_at += n;
        r->sent += n;
        done = (ssize_t)n;
    } else if (!r->more) {
        done = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (!r->waiting) {
        r->waiting = true;
        atomic_fetch_add(&r->http->running, 1);
        MHD_suspend_connection(r->connection);
        if (!sd_work_push(r->http->server->work, SD_LENGTHY, make_piece, r, true)) {
            atomic_fetch_sub(&r->http->running, 1);
            r->broken = true;
            MHD_resume_connection(r->connection);
        }
    }
    pthread_mutex_unlock(&r->lock);
    return done;
}

/* ---- contents -----------------------------------------------------------------------------------------------------
 */

/* Whether "gzip" (or "*") is listed without q=0. */
static bool takes_gzip(const char *accept)
{
    const char *p = accept ? accept : "";
    while (*p) {
        size_t n = strcspn(p, ","), name;
        const char *q = memchr(p, ';', n);
        while (n && (*p == ' ' || *p == '\t')) p++, n--;
        name = strcspn(p, ";, \t");
        if (name > n) name = n;
        if ((name == 4 && !memcmp(p, "gzip", 4)) || (name == 1 && *p == '*')) {
            while (q && q < p + n && (*q == ';' || *q == ' ' || *q == '\t')) q++;
            return !q || q + 2 >= p + n || q[0] != 'q' || strspn(q + 2, "0.") < (size_t)(p + n - q - 2);
        }
        p += n + (p[n] == ',');
    }
    return false;
}

/* *out is the caller's to free; false: as it was is better, or there is no memory. */
static bool gzip(const char *p, size_t n, char **out, size_t *out_len)
{
    z_stream z = {0};
    int rc;
    if (n > UINT32_MAX / 2 ||
        deflateInit2(&z, n < GZIP_QUICK_FROM ? GZIP_LEVEL : 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    *out = malloc(n);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)*out;
    z.avail_out = (uInt)n;
    rc = *out ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
    *out_len = n - z.avail_out;
    deflateEnd(&z);
    if (rc == Z_STREAM_END) return true;
    free(*out); /* it would have grown */
    *out = NULL;
    return false;
}

static struct MHD_Response *buffer_response(sd_request *r, bool *zipped)
{
    sd_answer *a = &r->x.answer;
    bool fixed = a->fixed && a->status == 200; /* not with a 304, nor with a problem */
    const char *p = fixed ? a->fixed : a->body.data ? a->body.data : "";
    size_t n = fixed ? a->fixed_len : a->body.len, len;
    char *out;
    struct MHD_Response *m;
    if (n > GZIP_FROM && takes_gzip(r->x.accept_encoding) && gzip(p, n, &out, &len)) {
        *zipped = true;
    } else if (fixed) {
        r->sent = n;
        return MHD_create_response_from_buffer(n, (void *)(uintptr_t)p, MHD_RESPMEM_PERSISTENT);
    } else {
        out = js_text_take(&a->body, &len);
        if (!out) {
            out = malloc(1);
            len = 0;
        }
        if (!out) return NULL;
    }
    r->sent = len;
    m = MHD_create_response_from_buffer(len, out, MHD_RESPMEM_MUST_FREE);
    if (!m) free(out);
    return m;
}

static struct MHD_Response *content(sd_request *r, bool *zipped)
{
    sd_answer *a = &r->x.answer;
    *zipped = false;
    if (!a->stream.next) return buffer_response(r, zipped);
    r->more = true;
    r->streaming = true;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, take_piece, r, NULL);
}

/* ---- headers ------------------------------------------------------------------------------------------------------
 */

static void add(struct MHD_Response *m, const char *name, const char *value)
{
    /* For want of memory a header may be missing: the answer is still the right one. */
    (void)MHD_add_response_header(m, name, value);
}

static void cross_origin(sd_request *r, struct MHD_Response *m)
{
    if (!r->http->server->config.allow_origin.count) return;
    add(m, "Vary", "Origin");
    if (!r->x.origin || !sd_server_origin(r->http->server, r->x.origin)) return;
    add(m, "Access-Control-Allow-Origin", r->x.origin);
    add(m, "Access-Control-Expose-Headers", "ETag, Location, Retry-After");
    if (!r->x.answer.preflight) return;
    add(m, "Access-Control-Allow-Methods", r->x.answer.allow);
    add(m, "Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match, X-API-Key");
    add(m, "Access-Control-Max-Age", "600");
}

static void headers(sd_request *r, struct MHD_Response *m, bool zipped)
{
    sd_answer *a = &r->x.answer;
    if (a->type && a->status != 304 && a->status != 204) add(m, "Content-Type", a->type);
    if (zipped) add(m, "Content-Encoding", "gzip");
    add(m, "Cache-Control", a->cache ? a->cache : "private, no-cache");
    add(m, "Vary", "Accept-Encoding");
    add(m, "X-Content-Type-Options", "nosniff");
    add(m, "Referrer-Policy", "no-referrer");
    add(m, "Content-Security-Policy", a->page ? page_policy : data_policy);
    if (a->etag[0]) add(m, "ETag", a->etag);
    if (a->allow[0] && (a->status == 405 || a->status == 204)) add(m, "Allow", a->allow);
    if (a->location[0]) add(m, "Location", a->location);
    if (a->disposition) add(m, "Content-Disposition", a->disposition);
    if (a->status == 401) add(m, "WWW-Authenticate", "Bearer realm=\"libsearch\"");
    if (a->status == 503 || a->status == 429) add(m, "Retry-After", "5");
    if (sd_gate_stopping(r->http->server->gate) || r->dropped) add(m, "Connection", "close");
    cross_origin(r, m);
}

enum MHD_Result sd_http_queue(sd_request *r)
{
    struct MHD_Response *m;
    enum MHD_Result ok;
    bool zipped;
    if (r->x.answer.body.failed && !r->x.answer.stream.next) {
        js_text_reset(&r->x.answer.body);
        sd_answer_refuse(&r->x, "busy", NULL, "out of memory");
    } else if (r->x.answer.status >= 400 && r->x.route && (r->x.route->flags & SD_HTML)) {
        sd_page_problem(&r->x);
    }
    m = content(r, &zipped);
    if (!m) return MHD_NO;
    headers(r, m, zipped);
    atomic_store(&r->state, SD_QUEUED);
    ok = MHD_queue_response(r->connection, (unsigned)r->x.answer.status, m);
    MHD_destroy_response(m);
    return ok;
}
