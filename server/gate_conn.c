/* gate_conn.c — one connection: client's socket on one side, a socket pair to libmicrohttpd on the other.
 *
 * Why a porter at all: libmicrohttpd 0.9.75 answers some broken heads twice, takes others that two readers understand
 * differently, and knows only a timeout of inactivity (docs/DECISIONS.md). So nothing reaches it that was not judged:
 *   client → in → [head: judged, written anew | content: framed] → to_inner → libmicrohttpd
 *   client ← to_client ← libmicrohttpd
 * Invariants: a connection gets an inner end with its first good head and loses it when idle for a second, so a slow or
 * broken client costs one descriptor and no memory of libmicrohttpd's. Nothing is read from a side while bytes for the
 * other are waiting. A refused head is replaced by `REFUSE / HTTP/1.1` behind what was passed before, so that answers
 * keep their order and every request gets exactly one; peer->refusal says what for. No client can send that method:
 * head.c refuses it. Deadlines: a head must be whole 10 s after it could begin; contents and answers must move 40 KiB
 * in any 10 s in which they could. Ignorant of what requests mean. One thread owns a connection; only `peer` is shared.
 */
#include "server/gate_conn.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fcntl.h>

enum { LINGER_MS = 1000, HEALTH_HEAD_MS = 1000, KEPT_MS = 1000, TURNS = 8 };

/* ---- rates --------------------------------------------------------------------------------------------------------
 */

void sd_rate_reset(sd_rate *r, int64_t now)
{
    memset(r, 0, sizeof *r);
    r->from = now;
    r->second = now / 1000;
}

static void rate_turn(sd_rate *r, int64_t now)
{
    int64_t second = now / 1000;
    if (second - r->second >= SD_RATE_SECONDS) memset(r->moved, 0, sizeof r->moved);
    else
        while (r->second < second) r->moved[++r->second % SD_RATE_SECONDS] = 0;
    r->second = second;
}

void sd_rate_add(sd_rate *r, int64_t now, size_t bytes)
{
    uint32_t *m;
    if (!r->from) sd_rate_reset(r, now);
    rate_turn(r, now);
    m = &r->moved[r->second % SD_RATE_SECONDS];
    *m = bytes > UINT32_MAX / 2 - *m ? UINT32_MAX / 2 : *m + (uint32_t)bytes;
}

bool sd_rate_slow(sd_rate *r, int64_t now)
{
    uint64_t sum = 0;
    int i;
    if (!r->from || now - r->from < SD_RATE_SECONDS * 1000) return false;
    rate_turn(r, now);
    for (i = 0; i < SD_RATE_SECONDS; i++) sum += r->moved[i];
    return sum < SD_RATE_BYTES;
}

/* ---- ends ---------------------------------------------------------------------------------------------------------
 */

static void close_end(sd_end *e)
{
    if (e->fd >= 0) close(e->fd);
    e->fd = -1;
}

static void close_inner(sd_loop *l, sd_conn *c)
{
    if (c->inner.fd >= 0) atomic_fetch_sub(l->inner_open, 1);
    close_end(&c->inner);
}

static void close_all(sd_loop *l, sd_conn *c)
{
    atomic_store(&c->peer->gone, 1);
    close_end(&c->client);
    close_inner(l, c);
    c->phase = SD_CLOSED;
}

void sd_conn_close(sd_loop *l, sd_conn *c)
{
    close_all(l, c);
}

static void watch(sd_loop *l, sd_end *e, uint32_t events)
{
    struct epoll_event ev = {0};
    if (e->fd < 0 || e->events == events) return;
    ev.events = events;
    ev.data.ptr = e;
    /* Cannot fail for want of memory once the descriptor is in the set; if it does, the tick's deadlines close it. */
    if (!epoll_ctl(l->epoll, e->events == UINT32_MAX ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, e->fd, &ev)) e->events = events;
}

void sd_conn_arm(sd_loop *l, sd_conn *c)
{
    bool reads = (c->phase == SD_AT_HEAD || c->phase == SD_AT_BODY) && !c->to_inner.len && !c->held;
    if (c->phase == SD_CLOSED) return;
    if (c->client_ended) reads = false;
    else if (c->phase == SD_LINGER) reads = true;
    /* What is held goes on when the client takes more: at once, where nothing waits for it, but others come first. */
    watch(l, &c->client, (reads ? (uint32_t)EPOLLIN : 0u) | (c->to_client.len || c->held ? (uint32_t)EPOLLOUT : 0u));
    watch(l, &c->inner, (c->to_client.len ? 0u : (uint32_t)EPOLLIN) | (c->to_inner.len ? (uint32_t)EPOLLOUT : 0u));
}

/* Sends what is waiting; false where the other side is gone. */
static bool flush(sd_end *e, js_text *t, size_t *moved)
{
    size_t done = 0;
    while (done < t->len) {
        ssize_t n = send(e->fd, t->data + done, t->len - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    *moved = done;
    if (done == t->len) {
        if (t->cap > SD_SCRATCH / 4) js_text_free(t);
        else js_text_reset(t);
    } else if (done) {
        memmove(t->data, t->data + done, t->len - done);
        t->len -= done;
    }
    return true;
}

static void drop_front(js_text *t, size_t n)
{
    if (n >= t->len) {
        if (t->cap > SD_HEAD_BYTES) js_text_free(t);
        else t->len = 0;
        return;
    }
    memmove(t->data, t->data + n, t->len - n);
    t->len -= n;
}

/* ---- towards the client -------------------------------------------------------------------------------------------
 */

/* All has been said: says so, and waits a little that the last bytes are not lost to a reset (RFC 9112 9.6). */
static void linger(sd_loop *l, sd_conn *c)
{
    close_inner(l, c);
    js_text_free(&c->to_inner);
    js_text_free(&c->in);
    if (c->client_ended || shutdown(c->client.fd, SHUT_WR)) {
        close_all(l, c);
        return;
    }
    c->phase = SD_LINGER;
    c->since = l->now;
}

static void flush_client(sd_loop *l, sd_conn *c)
{
    size_t moved = 0;
    if (c->to_client.len) {
        if (!flush(&c->client, &c->to_client, &moved)) {
            close_all(l, c);
            return;
        }
        sd_rate_add(&c->writing, l->now, moved);
    }
    if (c->to_client.len) return;
    c->writing.from = 0;
    if (c->inner.fd < 0 && c->phase == SD_NO_MORE) linger(l, c);
}

static bool all_answered(const sd_conn *c)
{
    return atomic_load(&c->peer->answered) == c->passed;
}

/* What libmicrohttpd says, on to the client. Whether it said anything: there may be more then. */
static bool take_inner(sd_loop *l, sd_conn *c)
{
    bool some = false;
    while (c->phase != SD_CLOSED && c->inner.fd >= 0 && !c->to_client.len) {
        ssize_t n = recv(c->inner.fd, l->scratch, SD_SCRATCH, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (n <= 0) { /* it closed: its last answer has been given */
            close_inner(l, c);
            c->phase = SD_NO_MORE;
            flush_client(l, c);
            break;
        }
        some = true;
        js_put(&c->to_client, l->scratch, (size_t)n);
        if (c->to_client.failed) close_all(l, c);
        else flush_client(l, c);
        if (n < SD_SCRATCH / 2) break; /* epoll tells of more */
    }
    return some;
}

/* ---- towards libmicrohttpd ----------------------------------------------------------------------------------------
 */

static void flush_inner(sd_loop *l, sd_conn *c)
{
    size_t moved;
    (void)l;
    if (c->inner.fd < 0 || !c->to_inner.len) return;
    /* An end that libmicrohttpd closed still holds its answer: take_inner fetches it. */
    if (!flush(&c->inner, &c->to_inner, &moved)) js_text_free(&c->to_inner);
}

/* Both ends non-blocking and closed on exec. */
static bool make_pair(int fd[2])
{
    int i;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd)) return false;
    for (i = 0; i < 2; i++)
        if (fcntl(fd[i], F_SETFL, O_NONBLOCK) || fcntl(fd[i], F_SETFD, FD_CLOEXEC)) {
            close(fd[0]);
            close(fd[1]);
            return false;
        }
    return true;
}

/* What keeps the connection from an inner end, or SD_REFUSE_NOTHING. */
static sd_refusal open_inner(sd_loop *l, sd_conn *c, bool health)
{
    int fd[2];
    if (c->inner.fd >= 0) return SD_REFUSE_NOTHING;
    if (atomic_fetch_add(l->inner_open, 1) >= l->inner_max && !health) {
        atomic_fetch_sub(l->inner_open, 1);
        return SD_REFUSE_FULL;
    }
    if (!make_pair(fd)) {
        atomic_fetch_sub(l->inner_open, 1);
        return SD_REFUSE_FULL; /* no descriptors */
    }
    c->inner.fd = fd[0];
    c->inner.events = UINT32_MAX;
    watch(l, &c->inner, EPOLLIN);
    atomic_fetch_add(&c->peer->refs, 1);
    if (c->inner.events != UINT32_MAX && l->o->pass(l->o->ctx, fd[1], c->peer)) return SD_REFUSE_NOTHING;
    if (c->inner.events == UINT32_MAX) close(fd[1]); /* else closed by whom it was offered */
    atomic_fetch_sub(&c->peer->refs, 1);
    close_inner(l, c);
    return SD_REFUSE_MEMORY;
}

void sd_conn_refuse(sd_loop *l, sd_conn *c, sd_refusal why)
{
    js_text_free(&c->in);
    atomic_store(&c->peer->refusal, why);
    c->phase = SD_NO_MORE;
    if (c->inner.fd >= 0) {
        js_puts(&c->to_inner, "REFUSE / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n");
        c->passed++;
        flush_inner(l, c);
        return;
    }
    if (l->o->refused) l->o->refused(l->o->ctx, c->peer, why);
    sd_refusal_raw(&c->to_client, why);
    flush_client(l, c);
}

/* Whether nothing of libmicrohttpd's is still to come, so that an answer from here would not overtake it. */
static bool inner_silent(sd_loop *l, sd_conn *c)
{
    char byte;
    if (c->inner.fd < 0) return true;
    if (!all_answered(c) || c->to_inner.len) return false;
    (void)l;
    return recv(c->inner.fd, &byte, 1, MSG_PEEK) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* The head in l->head, answered here; false: it must go inside. */
static bool answer_head(sd_loop *l, sd_conn *c, const sd_head *h)
{
    bool closes = false;
    if (!l->lane || h->framing != SD_BODY_NONE || !inner_silent(l, c)) return false;
    if (!l->o->answer(l->lane, c->peer, l->head.data, l->head.len, &c->to_client, &closes)) return false;
    memset(&c->scan, 0, sizeof c->scan);
    c->since = l->now;
    if (!closes) return true;
    close_inner(l, c);
    c->phase = SD_NO_MORE;
    return true;
}

/* A whole head stands at the front of `in`. */
static void take_head(sd_loop *l, sd_conn *c, size_t n)
{
    sd_head h;
    js_text_reset(&l->head);
    sd_head_judge(&h, c->in.data, n, l->o->host, l->o->ctx, &l->head);
    drop_front(&c->in, n);
    if (l->head.failed) { /* what there is of it would be taken for the beginning of another */
        close_all(l, c);
        return;
    }
    if (!h.refusal && c->health_only && !h.health) h.refusal = SD_REFUSE_FULL;
    if (!h.refusal && answer_head(l, c, &h)) return;
    if (!h.refusal) h.refusal = open_inner(l, c, h.health);
    if (h.refusal) {
        sd_conn_refuse(l, c, h.refusal);
        return;
    }
    js_put(&c->to_inner, l->head.data, l->head.len);
    c->passed++;
    memset(&c->scan, 0, sizeof c->scan);
    c->since = l->now;
    sd_body_begin(&c->body, &h);
    if (c->body.done) return;
    c->phase = SD_AT_BODY;
    sd_rate_reset(&c->reading, l->now);
}

static void take_body(sd_loop *l, sd_conn *c)
{
    size_t n = sd_body_take(&c->body, c->in.data, c->in.len, &c->to_inner);
    drop_front(&c->in, n);
    if (!c->body.done) return;
    c->phase = SD_AT_HEAD;
    c->since = l->now;
    c->reading.from = 0;
    if (!c->body.broken) return;
    atomic_store(&c->peer->broken, c->passed);
    c->phase = SD_NO_MORE;
}

/* Goes through what has come. Of requests sent together a few are answered at a time: then the client must take the
 * answers, and other connections have their turn. */
static void take_in(sd_loop *l, sd_conn *c)
{
    int turns = 0;
    c->held = false;
    while (c->in.len && (c->phase == SD_AT_HEAD || c->phase == SD_AT_BODY)) {
        if (c->phase == SD_AT_BODY) {
            take_body(l, c);
        } else {
            sd_refusal why;
            size_t n;
            c->held = c->to_client.len && (turns++ >= TURNS || c->to_client.len > SD_SCRATCH);
            if (c->held) break;
            n = sd_head_scan_more(&c->scan, c->in.data, c->in.len, &why);
            if (!why && !n) break;
            if (why) sd_conn_refuse(l, c, why);
            else take_head(l, c, n);
        }
    }
    if (c->phase != SD_CLOSED && (c->to_client.failed || c->to_inner.failed)) close_all(l, c); /* no memory */
    if (c->phase != SD_CLOSED && c->to_client.len) flush_client(l, c);
    if (c->phase != SD_CLOSED) flush_inner(l, c);
}

/* ---- events -------------------------------------------------------------------------------------------------------
 */

static void client_end(sd_loop *l, sd_conn *c)
{
    c->client_ended = true;
    if (c->phase == SD_AT_BODY || c->phase == SD_LINGER || c->in.len || (c->passed == 0 && !c->to_client.len))
        close_all(l, c);
    else if (c->phase == SD_AT_HEAD) c->phase = SD_NO_MORE; /* half-closed: it may still listen */
    (void)l;
}

void sd_conn_client_ready(sd_loop *l, sd_conn *c, uint32_t events)
{
    ssize_t n;
    if (c->client.fd < 0) return;
    if (events & (uint32_t)(EPOLLERR | EPOLLHUP)) {
        close_all(l, c);
        return;
    }
    if (events & (uint32_t)EPOLLOUT) {
        flush_client(l, c);
        if (c->phase != SD_CLOSED && !c->to_client.len) (void)take_inner(l, c);
        if (c->held && c->phase == SD_AT_HEAD && !c->to_client.len) take_in(l, c);
    }
    if (!(events & (uint32_t)EPOLLIN) || c->phase == SD_CLOSED || c->client_ended) return;
    do n = recv(c->client.fd, l->scratch, SD_SCRATCH, 0);
    while (n < 0 && errno == EINTR);
    if (n == 0) {
        client_end(l, c);
    } else if (n < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) close_all(l, c);
    } else if (c->phase == SD_AT_HEAD || c->phase == SD_AT_BODY) {
        if (c->phase == SD_AT_BODY) sd_rate_add(&c->reading, l->now, (size_t)n);
        js_put(&c->in, l->scratch, (size_t)n);
        if (c->in.failed) close_all(l, c);
        else take_in(l, c);
    } /* else: lingering, the bytes are dropped */
}

void sd_conn_inner_ready(sd_loop *l, sd_conn *c, uint32_t events)
{
    if (c->inner.fd < 0) return;
    if (events & (uint32_t)EPOLLOUT) flush_inner(l, c);
    if (events & (uint32_t)(EPOLLIN | EPOLLHUP | EPOLLERR)) (void)take_inner(l, c);
}

static void tick_head(sd_loop *l, sd_conn *c)
{
    int limit = c->health_only ? HEALTH_HEAD_MS : l->o->head_ms;
    bool idle = all_answered(c);
    /* Answered means that the last byte went into the pair; it may still lie there. */
    if (idle && take_inner(l, c)) idle = false;
    if (c->phase != SD_AT_HEAD) return;
    idle = idle && !c->to_client.len && !c->to_inner.len;
    /* A connection that is only kept costs one descriptor; its inner end comes back with the next head. */
    if (idle && l->now - c->since >= (atomic_load(l->inner_open) > l->inner_max / 2 ? 0 : KEPT_MS)) close_inner(l, c);
    if (!idle) {
        c->since = l->now; /* the client may wait for its answer first */
    } else if (l->stopping && !c->in.len) {
        close_all(l, c);
    } else if (l->now - c->since >= limit) {
        if (c->in.len) sd_conn_refuse(l, c, SD_REFUSE_HEAD_SLOW);
        else if (c->inner.fd >= 0 || c->passed) linger(l, c);
        else close_all(l, c);
    }
}

void sd_conn_tick(sd_loop *l, sd_conn *c)
{
    switch (c->phase) {
    case SD_AT_HEAD:
        tick_head(l, c);
        break;
    case SD_AT_BODY:
        if (c->to_inner.len || !c->reading.from) sd_rate_reset(&c->reading, l->now); /* we are the slow ones */
        else if (sd_rate_slow(&c->reading, l->now)) close_all(l, c);
        break;
    case SD_NO_MORE:
        /* Half-closed by the client, everything said: answered is raised after the last byte went into the pair. */
        if (c->client_ended && all_answered(c) && !take_inner(l, c) && c->phase == SD_NO_MORE && !c->to_client.len)
            close_all(l, c);
        break;
    case SD_LINGER:
        if (l->now - c->since >= LINGER_MS) close_all(l, c);
        break;
    case SD_CLOSED:
        return;
    }
    if (c->phase != SD_CLOSED && c->to_client.len && sd_rate_slow(&c->writing, l->now)) close_all(l, c);
}
