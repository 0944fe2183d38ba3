/* routes_bulk.c — POST /v1/documents with NDJSON: any number of lines, taken piece by piece.
 *
 * Lines are gathered into batches of BATCH_LINES lines or BATCH_BYTES bytes; each goes to the archive as one write,
 * during which the connection is suspended (so that a client cannot send faster than it is indexed), and is committed.
 * The answer, a line for each line, grows in memory up to SPOOL_FROM, then in an unnamed temporary file.
 * A line that is longer than --max-content is an error of that line; the rest goes on. */
#include "server/routes.h"
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_LINES = 1000, BATCH_BYTES = 4 << 20, SPOOL_FROM = 1 << 20 };

struct sd_bulk {
    js_text out; /* what is not in the spool yet */
    FILE *spool;
    uint64_t line; /* number of the next line */
    size_t lines;  /* whole lines within the first `whole` bytes of content */
    size_t whole, sent;
    bool skipping, ended, failed, revive;
};

bool sd_bulk_wanted(const sd_exchange *x)
{
    static const char *const types[] = {"application/x-ndjson", "application/ndjson", "application/jsonl",
                                        "application/x-jsonlines", NULL};
    return sd_exchange_has_type(x, types);
}

static struct sd_bulk *begin(sd_exchange *x)
{
    bool revive;
    if (x->bulk) return x->bulk;
    if (!sd_exchange_revive(x, &revive)) return NULL;
    if (!(x->bulk = calloc(1, sizeof *x->bulk))) {
        sd_answer_refuse(x, "busy", NULL, "out of memory");
        return NULL;
    }
    x->bulk->line = 1;
    x->bulk->revive = revive;
    return x->bulk;
}

void sd_bulk_free(struct sd_bulk *b)
{
    if (!b) return;
    if (b->spool) fclose(b->spool);
    js_text_free(&b->out);
    free(b);
}

/* ---- the answer ---------------------------------------------------------------------------------------------------
 */

static void spool(struct sd_bulk *b)
{
    if (b->out.len < SPOOL_FROM || b->failed) return;
    if (!b->spool) b->spool = tmpfile();
    if (!b->spool || fwrite(b->out.data, 1, b->out.len, b->spool) != b->out.len) b->failed = true;
    js_text_reset(&b->out);
}

static bool next_piece(void *ctx, js_text *out, bool *more)
{
    struct sd_bulk *b = ctx;
    char piece[16384];
    size_t n = fread(piece, 1, sizeof piece, b->spool);
    js_put(out, piece, n);
    *more = n == sizeof piece;
    if (!*more && !ferror(b->spool)) js_put(out, b->out.data ? b->out.data : "", b->out.len);
    return !ferror(b->spool);
}

static void answer(sd_exchange *x)
{
    struct sd_bulk *b = x->bulk;
    sd_answer *a = &x->answer;
    if (b->failed || b->out.failed || (b->spool && fseek(b->spool, 0, SEEK_SET))) {
        sd_answer_refuse(x, "no_space", NULL, "%llu lines were taken, but their answer could not be kept",
                         (unsigned long long)(b->line - 1));
        return;
    }
    a->status = 200;
    a->type = "application/x-ndjson";
    a->cache = "no-store";
    if (b->spool) {
        a->stream = (sd_stream){next_piece, NULL, b};
    } else {
        a->body = b->out;
        memset(&b->out, 0, sizeof b->out);
    }
}

/* ---- lines --------------------------------------------------------------------------------------------------------
 */

static void too_long(struct sd_bulk *b, const sd_exchange *x)
{
    char text[96];
    snprintf(text, sizeof text, "the line is longer than %lld bytes", (long long)x->server->config.max_content);
    js_write_added(&b->out, b->line, NULL, 0, "error", 0, text);
    if (b->out.len && b->out.data[b->out.len - 1] != '\n') js_putc(&b->out, '\n');
}

static void written(sd_exchange *x);

static bool may_touch(void *ctx, const ls_doc *d)
{
    return sd_exchange_sees(ctx, d);
}

/* Sends the whole lines that are gathered. */
static void send_batch(sd_exchange *x)
{
    struct sd_bulk *b = x->bulk;
    sd_write *w = &x->write_memory;
    js_text out = w->out;
    memset(w, 0, sizeof *w);
    js_text_free(&out);
    w->kind = SD_WRITE_LINES;
    w->text = x->content.data;
    w->len = b->sent = b->whole;
    w->first_line = b->line;
    if (x->forced_field) w->may = may_touch;
    w->revive = b->revive;
    x->write = w;
    x->work = written;
}

/* Looks for line ends behind what was looked at; a batch is sent when it is large enough, or at the end. */
static void gather(sd_exchange *x)
{
    struct sd_bulk *b = x->bulk;
    size_t max = (size_t)x->server->config.max_content;
    while (b->lines < BATCH_LINES && b->whole < BATCH_BYTES) {
        size_t left = x->content.len - b->whole;
        const char *p = x->content.data + b->whole, *eol = left ? memchr(p, '\n', left) : NULL;
        if (!eol && !(b->ended && left)) break;
        if (eol) left = (size_t)(eol - p) + 1;
        if (left > max + 1) break; /* too long: what stands before it goes first */
        b->whole += left;
        b->lines++;
    }
    if (b->whole && (b->lines == BATCH_LINES || b->whole >= BATCH_BYTES || b->ended || x->content.len - b->whole > max))
        send_batch(x);
}

static void drop(sd_exchange *x, size_t n)
{
    js_text *t = &x->content;
    memmove(t->data, t->data + n, t->len - n);
    t->len -= n;
}

/* A line over the limit at the front: told, and dropped up to its end, which may be still to come. */
static bool drop_long(sd_exchange *x)
{
    struct sd_bulk *b = x->bulk;
    const char *eol = x->content.len ? memchr(x->content.data, '\n', x->content.len) : NULL;
    size_t n = eol ? (size_t)(eol - x->content.data) + 1 : x->content.len;
    if (!b->skipping) {
        if (b->whole || n <= (size_t)x->server->config.max_content + 1) return false;
        too_long(b, x);
        b->skipping = true;
    }
    drop(x, n);
    if (eol || b->ended) {
        b->skipping = false;
        b->line++;
    }
    return eol != NULL;
}

static void go_on(sd_exchange *x)
{
    struct sd_bulk *b = x->bulk;
    do {
        if (b->skipping && !drop_long(x)) break;
        gather(x);
    } while (!x->write && drop_long(x));
    if (!x->write && b->ended) answer(x);
}

/* Behind the commit of a batch. */
static void written(sd_exchange *x)
{
    struct sd_bulk *b = x->bulk;
    sd_write *w = &x->write_memory;
    if (w->rc) {
        js_problem p = {0};
        js_problem_from(&p, &w->err);
        snprintf(p.detail, sizeof p.detail, "lines up to %llu are committed, of those behind perhaps some: %.400s",
                 (unsigned long long)(b->line - 1), w->err.message);
        sd_answer_problem(x, &p);
        return;
    }
    js_put(&b->out, w->out.data ? w->out.data : "", w->out.len);
    if (w->out.failed) b->out.failed = true;
    js_text_free(&w->out);
    b->line += w->lines;
    drop(x, b->sent);
    b->whole = b->sent = b->lines = 0;
    spool(b);
    go_on(x);
}

void sd_bulk_upload(sd_exchange *x, const char *p, size_t n)
{
    if (!begin(x)) return;
    js_put(&x->content, p, n);
    if (x->content.failed) sd_answer_refuse(x, "busy", NULL, "out of memory");
    else go_on(x);
}

void sd_bulk_end(sd_exchange *x)
{
    if (!begin(x)) return;
    x->bulk->ended = true;
    go_on(x);
}
