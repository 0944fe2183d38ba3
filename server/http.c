/* http.c — libmicrohttpd: one daemon on epoll with a pool of threads, fed by the porter through socket pairs.
 *
 * The way of a request:
 *   target (URI callback) → first call: route, key, limits → content → last call: handler
 *     → the answer at once, or: suspend → worker or archive → resume → the answer.
 * An answer to a request without content is never queued on the first call: libmicrohttpd would close the connection
 * after it. To a content that is not wanted it is, for that very reason.
 * No handler runs longer here than a small search: what may, sets x->work (a worker goes on with it) or x->write (the
 * archive does, and x->work makes the answer behind the commit).
 * What the porter has refused arrives as `REFUSE /` with the reason in peer->refusal (gate_conn.c).
 * Ignorant of what the handlers do, and, thanks to the porter, of slow and broken clients. */
#include "server/admit.h"
#include "server/http_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "server/routes.h"
#include "server/words.h"
#include <sys/resource.h>
#include <time.h>

/* A head of 16 KiB with 200 arguments and 100 headers, taken apart by libmicrohttpd: about 40 KiB. */
enum { CONNECTION_MEMORY = 98304, DROP_AT_MOST = 64 << 20 };

/* ---- beginning of a request -----------------------------------------------------------------------------------------
 */

static void *begin(void *cls, const char *uri, struct MHD_Connection *c)
{
    sd_http *h = cls;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    sd_request *r = info && info->socket_context ? calloc(1, sizeof *r) : NULL;
    if (!r) return NULL;
    if (!sd_target_parse(&r->x.target, uri)) {
        free(r);
        return NULL;
    }
    pthread_mutex_init(&r->lock, NULL);
    r->http = h;
    r->connection = c;
    r->peer = info->socket_context;
    r->x.server = h->server;
    r->x.hidden = r;
    r->x.peer = r->peer;
    r->started = sd_now_exact();
    r->number = atomic_load(&r->peer->answered) + 1; /* libmicrohttpd takes one after another */
    atomic_init(&r->state, SD_NEW);
    return r;
}

static const char *header(sd_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* The first call: everything that the head decides. */
static enum MHD_Result head(sd_request *r, const char *method)
{
    const char *headers[SD_HEADERS_LOOKED_AT];
    sd_exchange *x = &r->x;
    int i;
    snprintf(r->method, sizeof r->method, "%s", method);
    x->head = !strcmp(method, "HEAD");
    x->method = x->head ? "GET" : r->method;
    atomic_store(&r->state, SD_READING);
    if (!strcmp(method, "REFUSE") && atomic_load(&r->peer->refusal)) {
        js_problem p;
        sd_refusal_problem(&p, (sd_refusal)atomic_load(&r->peer->refusal));
        sd_answer_problem(x, &p);
        return MHD_YES;
    }
    for (i = 0; i < SD_HEADERS_LOOKED_AT; i++) headers[i] = header(r, sd_header_names[i]);
    sd_admit(x, method, headers);
    if (!x->answer.status || (!headers[SD_CONTENT_LENGTH] && !headers[SD_TRANSFER_ENCODING])) return MHD_YES;
    r->dropped = 1; /* the content is not waited for: answer and close */
    return sd_http_queue(r);
}

/* ---- on other threads -----------------------------------------------------------------------------------------------
 */

static void resume(sd_request *r, sd_state state)
{
    sd_http *h = r->http;
    atomic_store(&r->state, state);
    MHD_resume_connection(r->connection); /* r may be gone from here on */
    atomic_fetch_sub(&h->running, 1);
}

static void on_worker(void *arg);
static void on_written(sd_write *w);

/* Sends the request on to where it wants to go; false: nowhere, it is answered. */
static bool dispatch(sd_request *r, bool must)
{
    sd_exchange *x = &r->x;
    if (x->answer.status) return false;
    if (x->write) {
        x->write->ctx = x;
        x->write->done = on_written;
        if (sd_archive_submit(r->http->server->archive, x->write, must)) return true;
    } else if (x->work) {
        if (sd_work_push(r->http->server->work, x->lengthy ? SD_LENGTHY : SD_QUICK, on_worker, r, must)) return true;
    } else {
        sd_answer_refuse(x, "internal", NULL, "the request was not answered");
        return false;
    }
    sd_answer_refuse(x, "busy", NULL, "too much is waiting already; try again later");
    return false;
}

static void on_worker(void *arg)
{
    sd_request *r = arg;
    void (*work)(sd_exchange *) = r->x.work;
    r->x.work = NULL;
    work(&r->x);
    if (!dispatch(r, true)) resume(r, SD_ANSWERED);
}

/* Behind the commit. `work` makes the answer, asks for the next write, or (within an upload) neither. */
static void on_written(sd_write *w)
{
    sd_exchange *x = w->ctx;
    sd_request *r = x->hidden;
    void (*work)(sd_exchange *) = x->work;
    x->write = NULL;
    x->work = NULL;
    work(x);
    if (!x->write && !x->answer.status) resume(r, SD_READING);
    else if (!dispatch(r, true)) resume(r, SD_ANSWERED);
}

/* Suspends first: whoever gets the request may be done with it before dispatch returns. */
static enum MHD_Result go_on(sd_request *r, bool within_upload)
{
    sd_exchange *x = &r->x;
    if (x->answer.status) return within_upload ? MHD_YES : sd_http_queue(r);
    atomic_store(&r->state, SD_RUNNING);
    atomic_fetch_add(&r->http->running, 1);
    MHD_suspend_connection(r->connection);
    if (!dispatch(r, false)) resume(r, SD_ANSWERED);
    return MHD_YES;
}

/* ---- contents of requests
 * --------------------------------------------------------------------------------------------- */

static enum MHD_Result upload(sd_request *r, const char *p, size_t *n)
{
    sd_exchange *x = &r->x;
    size_t len = *n;
    *n = 0;
    if (x->answer.status) { /* wrong already: the rest is read and dropped, that the answer can be heard */
        r->dropped += len;
        return r->dropped > DROP_AT_MOST ? MHD_NO : MHD_YES;
    }
    if (x->route->upload && x->route->streams(x)) {
        x->route->upload(x, p, len);
        return x->write || x->work ? go_on(r, true) : MHD_YES;
    }
    js_put(&x->content, p, len);
    if (x->content.len > (size_t)r->http->server->config.max_content) {
        js_text_free(&x->content);
        r->dropped += len;
        sd_answer_refuse(x, "too_large", NULL, "at most %lld bytes of content are taken here (NDJSON is streamed)",
                         (long long)r->http->server->config.max_content);
    } else if (x->content.failed) {
        sd_answer_refuse(x, "busy", NULL, "out of memory");
    }
    return MHD_YES;
}

static enum MHD_Result finish(sd_request *r)
{
    sd_exchange *x = &r->x;
    if (!x->answer.status && atomic_load(&r->peer->broken) == r->number) {
        js_problem p;
        r->dropped = 1;
        sd_refusal_problem(&p, SD_REFUSE_CHUNK);
        sd_answer_problem(x, &p);
    }
    if (!x->answer.status) x->route->run(x);
    return go_on(r, false);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *data, size_t *data_len, void **con)
{
    sd_request *r = *con;
    (void)cls;
    (void)c;
    (void)url;
    (void)version;
    if (!r) return MHD_NO;
    switch (atomic_load(&r->state)) {
    case SD_NEW:
        return head(r, method);
    case SD_READING:
        return *data_len ? upload(r, data, data_len) : finish(r);
    case SD_ANSWERED:
        if (!*data_len) return sd_http_queue(r);
        return upload(r, data, data_len); /* answered in the middle of an upload */
    default:
        return MHD_YES;
    }
}

/* ---- end of a request
 * ------------------------------------------------------------------------------------------------- */

static void free_request(sd_request *r)
{
    sd_exchange *x = &r->x;
    if (x->answer.stream.end) x->answer.stream.end(x->answer.stream.ctx);
    sd_snapshot_drop(x->snapshot);
    sd_words_drop(x->words);
    sd_target_clear(&x->target);
    sd_bulk_free(x->bulk);
    js_text_free(&x->write_memory.out);
    js_text_free(&x->content);
    js_text_free(&x->answer.body);
    js_text_free(&r->piece);
    pthread_mutex_lock(&r->lock); /* whoever resumed the connection may still hold it */
    pthread_mutex_unlock(&r->lock);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static void completed(void *cls, struct MHD_Connection *c, void **con, enum MHD_RequestTerminationCode why)
{
    sd_http *h = cls;
    sd_request *r = *con;
    double ms;
    (void)c;
    *con = NULL;
    if (!r) return;
    ms = sd_now_exact() - r->started;
    if (why != MHD_REQUEST_TERMINATED_COMPLETED_OK && r->x.answer.status == 0) r->x.answer.status = 400;
    sd_metrics_request(h->server->metrics, r->x.route, r->x.answer.status, r->sent, ms);
    if (!r->x.route || !(r->x.route->flags & SD_FOR_HEALTH))
        sd_log_request(r->peer->address, r->method, r->x.target.path, r->x.answer.status, r->sent, ms);
    atomic_fetch_add(&r->peer->answered, 1);
    free_request(r);
}

/* ---- connections
 * ------------------------------------------------------------------------------------------------------ */

static void connection(void *cls, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode code)
{
    sd_http *h = cls;
    const union MHD_ConnectionInfo *info;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        sd_peer_drop(*context);
        *context = NULL;
        return;
    }
    info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info || info->connect_fd < 0 || (size_t)info->connect_fd >= h->peer_count) return;
    *context = atomic_exchange(&h->peers[info->connect_fd], NULL);
}

/* The slot of a descriptor is written here, before libmicrohttpd hears of it, and read by its thread behind the lock
 * and the pipe with which it hands the connection over; nobody else has that descriptor in between. */
bool sd_http_take(sd_http *h, int fd, sd_peer *peer)
{
    struct sockaddr sa = {0};
    if ((size_t)fd >= h->peer_count) {
        close(fd);
        return false;
    }
    sa.sa_family = AF_UNIX;
    atomic_store(&h->peers[fd], peer);
    if (MHD_add_connection(h->daemon, fd, &sa, sizeof sa) == MHD_YES) return true;
    atomic_store(&h->peers[fd], NULL);
    return false;
}

sd_http *sd_http_start(sd_server *s, int threads)
{
    sd_http *h = calloc(1, sizeof *h);
    struct rlimit limit;
    unsigned flags = (unsigned)MHD_USE_EPOLL_INTERNAL_THREAD | (unsigned)MHD_USE_TURBO |
                     (unsigned)MHD_USE_SUSPEND_RESUME | (unsigned)MHD_USE_NO_LISTEN_SOCKET;
    if (!h) return NULL;
    h->server = s;
    atomic_init(&h->running, 0);
    h->peer_count = !getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < 1048576 ? (size_t)limit.rlim_cur : 1048576;
    h->peers = calloc(h->peer_count, sizeof *h->peers);
    /* The pool wants at least two threads; strictness 0 because the porter is stricter, and answers better. */
    if (h->peers)
        h->daemon = MHD_start_daemon(
            flags, 0, NULL, NULL, handle, h, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)(threads < 2 ? 2 : threads),
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, 100000u,
            MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_URI_LOG_CALLBACK, begin, h,
            MHD_OPTION_NOTIFY_COMPLETED, completed, h, MHD_OPTION_NOTIFY_CONNECTION, connection, h, MHD_OPTION_END);
    if (h->daemon) return h;
    free(h->peers);
    free(h);
    return NULL;
}

void sd_http_stop(sd_http *h)
{
    struct timespec pause = {0, 5000000};
    if (!h) return;
    while (atomic_load(&h->running)) nanosleep(&pause, NULL); /* suspended connections must not be stopped */
    MHD_stop_daemon(h->daemon);
    free(h->peers);
    free(h);
}

const char *sd_http_version(void)
{
    return MHD_get_version();
}
