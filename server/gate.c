/* gate.c — the porter's threads: listening, accepting within the caps, waking connections, keeping the clock.
 *
 * Each thread has its own epoll set and its own connections; the listening socket is in all sets (EPOLLEXCLUSIVE), so
 * a connection lives and dies on the thread that accepted it and needs no lock. Shared are the count of connections
 * (atomic) and the table of addresses (one mutex, taken at accept and at close).
 * Caps: `max_connections` in all and `max_per_address` for one address, a half of it, so that no address can shut out
 * the others (loopback, where a proxy may stand, has no share unless one is set); SPARE more are let in when all places
 * are taken, only for /healthz and /readyz. Ignorant of what goes on within a connection (gate_conn.c). */
#include "server/gate_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SPARE = 16, TICK_MS = 250, ADDRESS_SLOTS = 4096, MAX_THREADS = 64, SEND_BUFFER = 262144 };

typedef struct address {
    struct address *next;
    uint8_t key[16];
    int count;
} address;

typedef struct worker {
    sd_gate *g;
    sd_loop loop;
    sd_conn *first;
    pthread_t thread;
    bool running;
} worker;

struct sd_gate {
    sd_gate_options o;
    int listen_fd;
    char bound[96];
    bool loopback;
    atomic_int open, inner_open, stopping;
    int inner_max;
    bool shared_loopback; /* loopback may be a proxy with everybody behind it: no share of its own */
    pthread_mutex_t lock; /* addresses */
    address *addresses[ADDRESS_SLOTS];
    int worker_count;
    worker workers[MAX_THREADS];
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void sd_peer_drop(sd_peer *p)
{
    if (p && atomic_fetch_sub(&p->refs, 1) == 1) free(p);
}

/* ---- addresses ----------------------------------------------------------------------------------------------------
 */

static address **find_address(sd_gate *g, const uint8_t key[16])
{
    uint32_t h = 2166136261u;
    address **a;
    int i;
    for (i = 0; i < 16; i++) h = (h ^ key[i]) * 16777619u;
    for (a = &g->addresses[h % ADDRESS_SLOTS]; *a && memcmp((*a)->key, key, 16); a = &(*a)->next) continue;
    return a;
}

/* Counts one more connection of the address; false where it has its share, or without memory. */
static bool enter(sd_gate *g, const uint8_t key[16], bool loopback)
{
    address **a;
    bool ok = false;
    pthread_mutex_lock(&g->lock);
    a = find_address(g, key);
    if (!*a && (*a = calloc(1, sizeof **a))) memcpy((*a)->key, key, 16);
    if (*a && ((*a)->count < g->o.max_per_address || (loopback && g->shared_loopback))) {
        (*a)->count++;
        ok = true;
    }
    pthread_mutex_unlock(&g->lock);
    return ok;
}

static void leave(sd_gate *g, const uint8_t key[16])
{
    address **a, *gone = NULL;
    pthread_mutex_lock(&g->lock);
    a = find_address(g, key);
    if (*a && --(*a)->count == 0) {
        gone = *a;
        *a = gone->next;
    }
    pthread_mutex_unlock(&g->lock);
    free(gone);
}

/* The 16 bytes that stand for an address: v4 as mapped; of v6 the /64, which one household owns whole. */
static void describe(const struct sockaddr_storage *sa, uint8_t key[16], sd_peer *p)
{
    memset(key, 0, 16);
    if (sa->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, sa, sizeof v4);
        key[10] = key[11] = 0xff;
        memcpy(key + 12, &v4.sin_addr, 4);
        p->loopback = key[12] == 127;
        inet_ntop(AF_INET, &v4.sin_addr, p->address, sizeof p->address);
    } else {
        struct sockaddr_in6 v6;
        memcpy(&v6, sa, sizeof v6);
        p->loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
        inet_ntop(AF_INET6, &v6.sin6_addr, p->address, sizeof p->address);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            memcpy(key, &v6.sin6_addr, 16);
            p->loopback = key[12] == 127;
        } else {
            memcpy(key, &v6.sin6_addr, p->loopback ? 16 : 8);
        }
    }
}

/* ---- connections --------------------------------------------------------------------------------------------------
 */

static void free_conn(worker *w, sd_conn *c)
{
    if (c->prev) c->prev->next = c->next;
    else w->first = c->next;
    if (c->next) c->next->prev = c->prev;
    leave(w->g, c->key);
    atomic_fetch_sub(&w->g->open, 1);
    js_text_free(&c->in);
    js_text_free(&c->to_inner);
    js_text_free(&c->to_client);
    sd_peer_drop(c->peer);
    free(c);
}

/* For a client that gets no connection of its own: one answer, best effort. */
static void turn_away(worker *w, int fd, const sd_peer *p, sd_refusal why)
{
    js_text t = {0};
    ssize_t n = 0;
    sd_refusal_raw(&t, why);
    if (!t.failed) n = send(fd, t.data, t.len, MSG_NOSIGNAL);
    if (n >= 0) shutdown(fd, SHUT_WR);
    js_text_free(&t);
    close(fd);
    if (w->g->o.refused) w->g->o.refused(w->g->o.ctx, p, why);
}

static sd_conn *new_conn(int fd, const struct sockaddr_storage *sa)
{
    sd_conn *c = calloc(1, sizeof *c);
    sd_peer *p = calloc(1, sizeof *p);
    if (!c || !p) {
        free(c);
        free(p);
        return NULL;
    }
    atomic_init(&p->refs, 1);
    atomic_init(&p->refusal, SD_REFUSE_NOTHING);
    atomic_init(&p->gone, 0);
    atomic_init(&p->answered, 0);
    atomic_init(&p->broken, 0);
    c->peer = p;
    c->client = (sd_end){c, fd, UINT32_MAX};
    c->inner = (sd_end){c, -1, UINT32_MAX};
    describe(sa, c->key, p);
    return c;
}

static void drop_new(sd_conn *c)
{
    free(c->peer);
    free(c);
}

static void welcome(worker *w, int fd, const struct sockaddr_storage *sa)
{
    sd_gate *g = w->g;
    int one = 1, buffer = SEND_BUFFER, open;
    sd_conn *c = new_conn(fd, sa);
    if (!c || fcntl(fd, F_SETFL, O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC)) {
        if (c) drop_new(c);
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* A bounded send buffer lets a reader that stands still be noticed. */
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    open = atomic_fetch_add(&g->open, 1);
    c->health_only = open >= g->o.max_connections;
    if (open >= g->o.max_connections + SPARE || !enter(g, c->key, c->peer->loopback)) {
        atomic_fetch_sub(&g->open, 1);
        turn_away(w, fd, c->peer, open >= g->o.max_connections ? SD_REFUSE_FULL : SD_REFUSE_FULL_ADDRESS);
        drop_new(c);
        return;
    }
    c->since = w->loop.now;
    c->next = w->first;
    if (c->next) c->next->prev = c;
    w->first = c;
    sd_conn_arm(&w->loop, c);
    if (c->client.events == UINT32_MAX) { /* the set did not take it */
        close(fd);
        c->client.fd = -1;
        c->phase = SD_CLOSED;
        free_conn(w, c);
    }
}

static void accept_some(worker *w)
{
    struct sockaddr_storage sa;
    int i;
    for (i = 0; i < 64; i++) {
        socklen_t n = sizeof sa;
        int fd;
        memset(&sa, 0, sizeof sa);
        fd = accept(w->g->listen_fd, (struct sockaddr *)&sa, &n);
        if (fd >= 0) welcome(w, fd, &sa);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            struct timespec pause = {0, 10000000}; /* the set would wake us at once, and again */
            nanosleep(&pause, NULL);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void tick(worker *w)
{
    sd_conn *c, *next;
    for (c = w->first; c; c = next) {
        next = c->next;
        sd_conn_tick(&w->loop, c);
        if (c->phase == SD_CLOSED) free_conn(w, c);
        else sd_conn_arm(&w->loop, c);
    }
}

/* ---- the loop -----------------------------------------------------------------------------------------------------
 */

/* Returns the connection where this event closed it. */
static sd_conn *handle(worker *w, const struct epoll_event *ev)
{
    sd_end *e = ev->data.ptr;
    sd_conn *c;
    if (!e) {
        if (!w->loop.stopping) accept_some(w);
        return NULL;
    }
    c = e->conn;
    if (c->phase == SD_CLOSED) return NULL; /* by an earlier event of the same round */
    if (e == &c->client) sd_conn_client_ready(&w->loop, c, ev->events);
    else sd_conn_inner_ready(&w->loop, c, ev->events);
    sd_conn_arm(&w->loop, c);
    return c->phase == SD_CLOSED ? c : NULL;
}

/* The events of one round. What closes is freed only behind the last: a later event may point to it. */
static void handle_all(worker *w, const struct epoll_event *ev, int n)
{
    sd_conn *dead = NULL, *c;
    int i;
    for (i = 0; i < n; i++) {
        if (!(c = handle(w, &ev[i]))) continue;
        c->dead_next = dead;
        dead = c;
    }
    while ((c = dead)) {
        dead = c->dead_next;
        free_conn(w, c);
    }
}

static void *run(void *arg)
{
    worker *w = arg;
    struct epoll_event ev[64];
    int64_t last_tick = 0, stop_at = 0;
    for (;;) {
        int n = epoll_wait(w->loop.epoll, ev, 64, w->loop.stopping ? 20 : TICK_MS);
        w->loop.now = now_ms();
        handle_all(w, ev, n);
        if (w->loop.lane) w->g->o.lane_flush(w->loop.lane);
        if (!w->loop.stopping && atomic_load(&w->g->stopping)) {
            w->loop.stopping = true;
            stop_at = w->loop.now + w->g->o.stop_ms;
            epoll_ctl(w->loop.epoll, EPOLL_CTL_DEL, w->g->listen_fd, NULL);
        }
        if (w->loop.now - last_tick >= (w->loop.stopping ? 20 : TICK_MS)) {
            last_tick = w->loop.now;
            tick(w);
        }
        if (w->loop.stopping && (!w->first || w->loop.now >= stop_at)) break;
    }
    while (w->first) {
        sd_conn_close(&w->loop, w->first);
        free_conn(w, w->first);
    }
    return NULL;
}

/* ---- starting and stopping ----------------------------------------------------------------------------------------
 */

static bool split_listen(const char *listen, char host[64], char port[8])
{
    const char *colon = strrchr(listen, ':'), *from = listen, *to;
    size_t n;
    if (!colon || !colon[1] || strlen(colon + 1) > 5 || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strtol(colon + 1, NULL, 10) > 65535)
        return false;
    snprintf(port, 8, "%s", colon + 1);
    to = colon;
    if (*from == '[' && to > from && to[-1] == ']') from++, to--;
    n = (size_t)(to - from);
    if (n >= 64) return false;
    memcpy(host, from, n);
    host[n] = 0;
    return true;
}

static bool listen_on(sd_gate *g, char *why, size_t why_bytes)
{
    struct addrinfo hints = {0}, *ai = NULL;
    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof sa;
    char host[64], port[8], text[64] = "";
    sd_peer p = {0};
    uint8_t key[16];
    int one = 1, rc;
    if (!split_listen(g->o.listen, host, port)) {
        snprintf(why, why_bytes, "listen: '%s' is not ADDRESS:PORT", g->o.listen);
        return false;
    }
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    rc = getaddrinfo(!host[0] || !strcmp(host, "*") ? NULL : host, port, &hints, &ai);
    if (rc) {
        snprintf(why, why_bytes, "listen: %s: %s", g->o.listen, gai_strerror(rc));
        return false;
    }
    g->listen_fd = socket(ai->ai_family, SOCK_STREAM, 0);
    rc = g->listen_fd < 0 || fcntl(g->listen_fd, F_SETFL, O_NONBLOCK) || fcntl(g->listen_fd, F_SETFD, FD_CLOEXEC) ||
         setsockopt(g->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
         bind(g->listen_fd, ai->ai_addr, ai->ai_addrlen) || listen(g->listen_fd, 1024) ||
         getsockname(g->listen_fd, (struct sockaddr *)&sa, &len);
    if (rc) snprintf(why, why_bytes, "listen: %s: %s", g->o.listen, strerror(errno));
    freeaddrinfo(ai);
    if (rc) return false;
    describe(&sa, key, &p);
    g->loopback = p.loopback;
    getnameinfo((struct sockaddr *)&sa, len, NULL, 0, text, sizeof text, NI_NUMERICSERV);
    snprintf(g->bound, sizeof g->bound, strchr(p.address, ':') ? "[%s]:%s" : "%s:%s", p.address, text);
    return true;
}

void sd_gate_raise_limits(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= r.rlim_max) return;
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r); /* refused: fit_limits makes do with what there is */
}

/* A connection takes one descriptor, and two more while a request of it is under way; the index needs some too. Of
 * what there is two thirds are for connections, the rest for inner ends. */
static void fit_limits(sd_gate *g)
{
    sd_gate_options *o = &g->o;
    struct rlimit r;
    int can = 65536;
    if (!getrlimit(RLIMIT_NOFILE, &r) && r.rlim_cur < 65536) can = r.rlim_cur > 512 ? (int)r.rlim_cur - 256 : 256;
    if (!o->max_connections) o->max_connections = 16384;
    if (o->max_connections > can * 2 / 3) o->max_connections = can * 2 / 3;
    g->inner_max = (can - o->max_connections) / 2;
    g->shared_loopback = !o->max_per_address;
    if (!o->max_per_address) o->max_per_address = o->max_connections / 2;
    if (o->threads < 1) o->threads = 1;
    if (o->threads > MAX_THREADS) o->threads = MAX_THREADS;
    if (!o->head_ms) o->head_ms = 10000;
    if (!o->stop_ms) o->stop_ms = 8000;
}

static bool start_worker(sd_gate *g, worker *w)
{
    struct epoll_event ev = {0};
    w->g = g;
    w->loop.o = &g->o;
    w->loop.now = now_ms();
    w->loop.inner_open = &g->inner_open;
    w->loop.inner_max = g->inner_max;
    w->loop.scratch = malloc(SD_SCRATCH);
    if (g->o.lane_new) w->loop.lane = g->o.lane_new(g->o.ctx);
    w->loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    ev.events = (uint32_t)EPOLLIN | (uint32_t)EPOLLEXCLUSIVE;
    ev.data.ptr = NULL;
    if (!w->loop.scratch || w->loop.epoll < 0 || epoll_ctl(w->loop.epoll, EPOLL_CTL_ADD, g->listen_fd, &ev))
        return false;
    w->running = !pthread_create(&w->thread, NULL, run, w);
    return w->running;
}

sd_gate *sd_gate_start(const sd_gate_options *o, char *why, size_t why_bytes)
{
    sd_gate *g = calloc(1, sizeof *g);
    if (!g) {
        snprintf(why, why_bytes, "out of memory");
        return NULL;
    }
    g->o = *o;
    g->listen_fd = -1;
    fit_limits(g);
    atomic_init(&g->open, 0);
    atomic_init(&g->inner_open, 0);
    atomic_init(&g->stopping, 0);
    pthread_mutex_init(&g->lock, NULL);
    if (!listen_on(g, why, why_bytes)) {
        sd_gate_free(g);
        return NULL;
    }
    return g;
}

bool sd_gate_run(sd_gate *g)
{
    while (g->worker_count < g->o.threads)
        if (!start_worker(g, &g->workers[g->worker_count++])) return false;
    return true;
}

const char *sd_gate_address(const sd_gate *g)
{
    return g->bound;
}
bool sd_gate_loopback(const sd_gate *g)
{
    return g->loopback;
}
int sd_gate_open(const sd_gate *g)
{
    return atomic_load(&g->open);
}
bool sd_gate_stopping(const sd_gate *g)
{
    return atomic_load(&g->stopping) != 0;
}

void sd_gate_stop(sd_gate *g)
{
    int i;
    atomic_store(&g->stopping, 1);
    for (i = 0; i < g->worker_count; i++) {
        if (g->workers[i].running) pthread_join(g->workers[i].thread, NULL);
        g->workers[i].running = false;
    }
}

void sd_gate_free(sd_gate *g)
{
    int i;
    if (!g) return;
    sd_gate_stop(g);
    for (i = 0; i < g->worker_count; i++) {
        if (g->workers[i].loop.epoll > 0) close(g->workers[i].loop.epoll);
        free(g->workers[i].loop.scratch);
        js_text_free(&g->workers[i].loop.head);
        if (g->workers[i].loop.lane) g->o.lane_free(g->workers[i].loop.lane);
    }
    if (g->listen_fd >= 0) close(g->listen_fd);
    pthread_mutex_destroy(&g->lock);
    free(g);
}
