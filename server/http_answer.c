/* http_answer.c — from an sd_answer to libmicrohttpd: whole contents, and streamed ones in pieces.
 *
 * A streamed content is made on the workers, one piece at a time, into `piece`; libmicrohttpd's thread takes it from
 * there. The race between "the buffer is empty, suspend" and "a piece is ready, resume" is settled by r->lock:
 *   1. the taker finds the buffer empty: under the lock it sets `waiting`, suspends, pushes the next job, returns 0;
 *   2. the maker fills the buffer without the lock (nobody else touches it while `waiting`), then under the lock
 *      clears `waiting` and resumes. A resume right after the suspend of 1 is libmicrohttpd's to order, and it does.
 * So one piece is in memory however long the answer is, and no worker ever waits for a slow client. */
#include "server/answer.h"
#include "server/http_inside.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 65536 };

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

/* libmicrohttpd borrows static bytes and takes over what was allocated. */
static struct MHD_Response *buffer_response(sd_request *r, bool *zipped)
{
    sd_answer *a = &r->x.answer;
    sd_zip z = {0};
    const char *p;
    size_t n;
    char *own = NULL;
    struct MHD_Response *m;
    sd_answer_content(&r->x, &z, &p, &n, zipped);
    r->sent = n;
    if (*zipped) {
        own = z.data;
        z.data = NULL;
    } else if (p == a->body.data) {
        own = js_text_take(&a->body, &n);
        p = own;
    }
    sd_zip_free(&z);
    m = MHD_create_response_from_buffer(n, own ? own : (void *)(uintptr_t)p,
                                        own ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!m) free(own);
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

static void add(void *m, const char *name, const char *value)
{
    /* For want of memory a header may be missing: the answer is still the right one. */
    (void)MHD_add_response_header(m, name, value);
}

enum MHD_Result sd_http_queue(sd_request *r)
{
    struct MHD_Response *m;
    enum MHD_Result ok;
    bool zipped;
    sd_answer_settle(&r->x);
    m = content(r, &zipped);
    if (!m) return MHD_NO;
    sd_answer_headers(&r->x, zipped, add, m);
    if (sd_gate_stopping(r->http->server->gate) || r->dropped) add(m, "Connection", "close");
    atomic_store(&r->state, SD_QUEUED);
    ok = MHD_queue_response(r->connection, (unsigned)r->x.answer.status, m);
    MHD_destroy_response(m);
    return ok;
}
