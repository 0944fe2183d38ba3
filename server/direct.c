/* direct.c — the short way of a request: head judged by the porter → route, key → handler → the bytes of the answer,
 * all on the porter's thread, without a second thread, a socket pair, or a copy on the way back.
 *
 * It takes GET and HEAD of HTTP/1.1 that ask for nothing of the connection but to stay or to close. What a handler
 * wants to give to a worker or to the writer, or answers piece by piece, goes the long way (http.c): the handler is
 * then called there again, having done nothing here but to decide so. The answer is the same either way: admit.c and
 * answer.c make it, and the tests ask both ways.
 * Memory of a request (target, arguments, the answer's bytes, gzip's window) is the thread's and kept; an answer that
 * is larger than KEEP gives its memory back. Ignorant of sockets. */
#include "server/direct.h"
#include "server/admit.h"
#include "server/answer.h"
#include "server/log.h"
#include "server/router.h"
#include "server/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEEP = 1 << 20, DATE_BYTES = 64 };

struct sd_direct {
    sd_server *server;
    sd_exchange x;
    sd_zip zip;
    js_text body;
    char head[SD_HEAD_BYTES + 64]; /* the present one, cut into strings */
    char target[SD_TARGET_BYTES + 2];
    sd_arg args[SD_ARGUMENTS + 2];
    sd_log_lines log;
    time_t date_of;
    char date[DATE_BYTES]; /* "Date: …\r\n" of that second */
};

sd_direct *sd_direct_new(sd_server *s)
{
    sd_direct *d = calloc(1, sizeof *d);
    if (d) d->server = s;
    return d;
}

void sd_direct_free(sd_direct *d)
{
    if (!d) return;
    sd_direct_flush(d);
    sd_zip_free(&d->zip);
    js_text_free(&d->body);
    free(d);
}

void sd_direct_flush(sd_direct *d)
{
    sd_log_flush(&d->log);
}

/* ---- the head -----------------------------------------------------------------------------------------------------
 */

typedef struct request {
    const char *method, *target;
    size_t target_len;
    const char *headers[SD_HEADERS_LOOKED_AT];
    bool closes;
} request;

static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && ((*a ^ *b) != 32 || (*a | 32) < 'a' || (*a | 32) > 'z')) return false;
    return *a == *b;
}

/* One header, both parts ended by NUL. False: it asks for what only the long way can do. */
static bool take_header(request *q, const char *name, const char *value)
{
    int i;
    if (same_name(name, "Connection")) {
        q->closes = same_name(value, "close");
        return q->closes || same_name(value, "keep-alive");
    }
    if (same_name(name, "Expect") || same_name(name, "Upgrade")) return false;
    for (i = 0; i < SD_HEADERS_LOOKED_AT; i++)
        if (!q->headers[i] && same_name(name, sd_header_names[i])) {
            q->headers[i] = value;
            break;
        }
    return true;
}

/* The porter's plain form makes this short: "GET /path HTTP/1.1\r\nName: value\r\n…\r\n", one blank each. */
static bool take_head(request *q, char *p, char *end)
{
    char *eol, *colon, *blank = memchr(p, ' ', (size_t)(end - p));
    bool connection = false;
    memset(q, 0, sizeof *q);
    if (!blank) return false;
    *blank = 0;
    q->method = p;
    if (strcmp(p, "GET") && strcmp(p, "HEAD")) return false;
    q->target = blank + 1;
    blank = memchr(q->target, ' ', (size_t)(end - q->target));
    if (!blank || end - blank < 12 || memcmp(blank, " HTTP/1.1\r\n", 11)) return false;
    *blank = 0;
    q->target_len = (size_t)(blank - q->target);
    for (p = blank + 11; end - p > 2; p = eol + 2) {
        eol = memchr(p, '\r', (size_t)(end - p));
        colon = eol ? memchr(p, ':', (size_t)(eol - p)) : NULL;
        if (!colon) return false;
        *eol = *colon = 0;
        if (same_name(p, "Connection")) {
            if (connection) return false;
            connection = true;
        }
        if (!take_header(q, p, colon + 2)) return false;
    }
    return true;
}

/* ---- the answer ---------------------------------------------------------------------------------------------------
 */

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {{200, "OK"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {410, "Gone"},
                   {412, "Precondition Failed"},
                   {413, "Content Too Large"},
                   {422, "Unprocessable Content"},
                   {500, "Internal Server Error"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"}};
    size_t i;
    for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status) return reasons[i].text;
    return "Answer";
}

static const char *date(sd_direct *d)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm t;
    if (now == d->date_of) return d->date;
    d->date_of = now;
    gmtime_r(&now, &t); /* not strftime: names of days must not follow a locale */
    snprintf(d->date, sizeof d->date, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", days + 3 * t.tm_wday,
             t.tm_mday, months + 3 * t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    return d->date;
}

static void put_header(void *ctx, const char *name, const char *value)
{
    js_puts(ctx, name);
    js_put(ctx, ": ", 2);
    js_puts(ctx, value);
    js_put(ctx, "\r\n", 2);
}

/* Returns the bytes of content. */
static size_t put_answer(sd_direct *d, js_text *out, bool closes)
{
    sd_exchange *x = &d->x;
    bool zipped, bare = x->answer.status == 304 || x->answer.status == 204;
    const char *content;
    size_t n;
    sd_answer_content(x, &d->zip, &content, &n, &zipped);
    js_puts(out, "HTTP/1.1 ");
    js_int(out, x->answer.status);
    js_putc(out, ' ');
    js_puts(out, reason(x->answer.status));
    js_put(out, "\r\n", 2);
    js_puts(out, date(d));
    if (closes) js_puts(out, "Connection: close\r\n");
    sd_answer_headers(x, zipped, put_header, out);
    if (!bare) {
        js_puts(out, "Content-Length: ");
        js_uint(out, n);
        js_put(out, "\r\n", 2);
    }
    js_put(out, "\r\n", 2);
    if (!bare && !x->head) js_put(out, content, n);
    return bare ? 0 : n;
}

/* ---- the whole ----------------------------------------------------------------------------------------------------
 */

static void begin(sd_direct *d, sd_peer *peer, const request *q)
{
    sd_exchange *x = &d->x;
    memset(x, 0, sizeof *x);
    x->server = d->server;
    x->peer = peer;
    x->head = q->method[0] == 'H';
    x->method = x->head ? "GET" : q->method;
    x->answer.body = d->body;
    js_text_reset(&x->answer.body);
    memset(&d->body, 0, sizeof d->body);
}

static void end(sd_direct *d)
{
    sd_exchange *x = &d->x;
    if (x->answer.stream.end) x->answer.stream.end(x->answer.stream.ctx);
    sd_snapshot_drop(x->snapshot);
    sd_words_drop(x->words);
    d->body = x->answer.body;
    if (d->body.cap > KEEP) js_text_free(&d->body);
    if (d->zip.cap > KEEP) sd_zip_free(&d->zip);
}

/* Whether the exchange is answered here and now. */
static bool run(sd_exchange *x, const char *method, const request *q)
{
    sd_admit(x, method, q->headers);
    if (!x->answer.status) x->route->run(x);
    return x->answer.status && !x->answer.stream.next;
}

bool sd_direct_answer(sd_direct *d, sd_peer *peer, const char *head, size_t n, js_text *out, bool *closes)
{
    double from = sd_now_exact(), ms;
    sd_exchange *x = &d->x;
    size_t before = out->len, sent;
    request q;
    bool done;
    if (n >= sizeof d->head) return false;
    memcpy(d->head, head, n);
    d->head[n] = 0;
    if (!take_head(&q, d->head, d->head + n)) return false;
    begin(d, peer, &q);
    done = sd_target_parse_into(&x->target, q.target, q.target_len, d->target, sizeof d->target, d->args,
                                sizeof d->args / sizeof *d->args) &&
           run(x, q.method, &q);
    if (done) {
        sd_answer_settle(x);
        *closes = q.closes || sd_gate_stopping(d->server->gate);
        sent = put_answer(d, out, *closes);
        ms = sd_now_exact() - from;
        sd_metrics_request(d->server->metrics, x->route, x->answer.status, sent, ms);
        if (!x->route || !(x->route->flags & SD_FOR_HEALTH))
            sd_log_add(&d->log, peer->address, q.method, x->target.path, x->answer.status, sent, ms);
    }
    end(d);
    if (done && out->failed) { /* no memory for the answer: none of it is sent */
        out->len = before;
        return false;
    }
    return done;
}
