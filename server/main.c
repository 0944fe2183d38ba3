/* main.c — libsearchd from its settings to its end.
 *
 * Order of starting: index, workers, libmicrohttpd, porter; the ready line is printed when the first request would be
 * answered. Order of stopping (SIGTERM): the porter accepts no more and waits for what is under way; then
 * libmicrohttpd, workers, archive. Signals are blocked everywhere and taken here by sigwait: no handlers. */
#include "server/corpus.h"
#include "server/direct.h"
#include "server/http.h"
#include "server/log.h"
#include "server/server.h"
#include "server/words.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

double sd_now_exact(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

int64_t sd_now_ms(void)
{
    return (int64_t)sd_now_exact();
}

/* ---- names and origins --------------------------------------------------------------------------------------------
 */

static bool same_name(const char *a, size_t n, const char *b)
{
    size_t i;
    for (i = 0; i < n; i++) {
        char c = a[i] >= 'A' && a[i] <= 'Z' ? (char)(a[i] + 32) : a[i], d = b[i];
        if (c != (d >= 'A' && d <= 'Z' ? (char)(d + 32) : d)) return false;
    }
    return b[n] == 0;
}

/* A page of a stranger whose name has been made to point at us carries that name as its Host (DNS rebinding). */
bool sd_server_host(const sd_server *s, const char *name, size_t len)
{
    static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *bound = s->gate ? sd_gate_address(s->gate) : s->config.listen;
    size_t i, n = strlen(bound);
    if (len > 1 && name[len - 1] == '.') len--; /* "localhost." */
    for (i = 0; i < sizeof loopback / sizeof *loopback; i++)
        if (same_name(name, len, loopback[i])) return true;
    for (i = 0; i < s->config.allow_host.count; i++)
        if (same_name(name, len, s->config.allow_host.items[i])) return true;
    while (n && bound[n - 1] != ':') n--;
    return n > 1 && len == n - 1 && !memcmp(bound, name, len);
}

bool sd_server_origin(const sd_server *s, const char *origin)
{
    size_t i;
    for (i = 0; i < s->config.allow_origin.count; i++)
        if (!strcmp(origin, s->config.allow_origin.items[i])) return true;
    return false;
}

static bool host_served(void *ctx, const char *name, size_t len)
{
    return sd_server_host(ctx, name, len);
}

static void refused(void *ctx, const sd_peer *peer, sd_refusal why)
{
    sd_server *s = ctx;
    js_problem p;
    sd_refusal_problem(&p, why);
    sd_metrics_refused(s->metrics, p.status);
    sd_log_request(peer->address, "-", "-", p.status, 0, 0);
}

static bool pass(void *ctx, int fd, sd_peer *peer)
{
    sd_server *s = ctx;
    return sd_http_take(s->http, fd, peer);
}

static void *lane_new(void *ctx)
{
    return sd_direct_new(ctx);
}

static void lane_free(void *lane)
{
    sd_direct_free(lane);
}

static void lane_flush(void *lane)
{
    sd_direct_flush(lane);
}

static bool answer(void *lane, sd_peer *peer, const char *head, size_t n, js_text *out, bool *closes)
{
    return sd_direct_answer(lane, peer, head, n, out, closes);
}

/* ---- starting -----------------------------------------------------------------------------------------------------
 */

static int fail(const char *text)
{
    fprintf(stderr, "libsearchd: %s\n", text);
    return 2;
}

static int fail_with(const ls_error *e)
{
    if (e->file[0] && e->offset != UINT64_MAX)
        fprintf(stderr, "libsearchd: %s (%s at %llu)\n", e->message, e->file, (unsigned long long)e->offset);
    else if (e->file[0] && !strstr(e->message, e->file)) fprintf(stderr, "libsearchd: %s (%s)\n", e->message, e->file);
    else fprintf(stderr, "libsearchd: %s\n", e->message);
    return 2;
}

static int open_index(sd_server *s)
{
    sd_archive_options o = {s->config.index, (size_t)s->config.queue, (size_t)s->config.memory_mb << 20,
                            s->config.no_sync, s->config.no_mmap};
    ls_error err = {0};
    uint64_t added = 0;
    bool created;
    if (s->config.corpus && access(s->config.corpus, R_OK | X_OK)) {
        fprintf(stderr, "libsearchd: corpus: %s: %s\n", s->config.corpus, strerror(errno));
        return 2;
    }
    if (sd_archive_open(&s->archive, &o, &created, &err)) return fail_with(&err);
    /* Empty, too, is an index whose first filling was cut short: nothing of it was committed. */
    if (s->config.corpus && (created || sd_archive_empty(s->archive)) &&
        sd_corpus_add(sd_archive_writer(s->archive), s->config.corpus, sd_log_say, &added, &err))
        return fail_with(&err);
    if (sd_archive_begin(s->archive, &err)) return fail_with(&err);
    return 0;
}

static int cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 64 ? 64 : (int)n;
}

static int load_keys(sd_server *s)
{
    char why[512];
    sd_auth *fresh, *old;
    if (!s->config.keys) return 0;
    fresh = sd_auth_load(s->config.keys, why, sizeof why);
    if (!fresh) return fail(why);
    pthread_rwlock_wrlock(&s->reload_lock);
    old = s->auth;
    s->auth = fresh;
    pthread_rwlock_unlock(&s->reload_lock);
    sd_auth_free(old);
    return 0;
}

static int load_words(sd_server *s)
{
    char why[512];
    sd_words *fresh, *old;
    sd_snapshot *snap;
    if (!s->config.synonyms) return 0;
    snap = sd_archive_hold(s->archive);
    if (!snap) return fail("synonyms: the index is not open");
    fresh = sd_words_load(s->config.synonyms, ls_reader_schema(sd_snapshot_reader(snap)), why, sizeof why);
    sd_snapshot_drop(snap);
    if (!fresh) return fail(why);
    pthread_rwlock_wrlock(&s->reload_lock);
    old = s->words;
    s->words = fresh;
    pthread_rwlock_unlock(&s->reload_lock);
    sd_words_drop(old);
    return 0;
}

/* Nobody may ever write into a pipe, and the thread that would wait for it is the one that hears SIGTERM. */
static int again(sd_server *s, const char *path, int (*load)(sd_server *))
{
    struct stat st;
    char why[512];
    if (stat(path, &st) || S_ISREG(st.st_mode)) return load(s);
    snprintf(why, sizeof why, "%.400s: is no regular file", path);
    return fail(why);
}

static void reload(sd_server *s)
{
    if (s->config.keys) sd_log_say(again(s, s->config.keys, load_keys) ? "the old keys stay" : "keys read anew");
    if (s->config.synonyms)
        sd_log_say(again(s, s->config.synonyms, load_words) ? "the old synonyms stay" : "synonyms read anew");
}

/* Words that another version cut or stemmed are not always found: no silent miss. */
static void warn_of_stale_words(const sd_server *s, const sd_snapshot *snap)
{
    LS_INIT(ls_stats, stats);
    if (snap && ls_reader_summary(sd_snapshot_reader(snap), &stats, NULL) == LS_OK && stats.stale_analyzer)
        fprintf(
            stderr,
            "libsearchd: warning: %s: made with other tables of words or stemmers; libsearch reindex makes it anew\n",
            s->config.index);
}

static int start(sd_server *s)
{
    sd_gate_options g = {0};
    char why[512] = "";
    sd_snapshot *snap;
    int threads = s->config.threads ? (int)s->config.threads : cores();
    g.listen = s->config.listen;
    g.threads = threads;
    g.max_connections = (int)s->config.max_connections;
    g.max_per_address = (int)s->config.max_per_address;
    g.head_ms = (int)s->config.head_seconds * 1000;
    g.host = host_served;
    g.pass = pass;
    g.answer = answer;
    g.lane_new = lane_new;
    g.lane_free = lane_free;
    g.lane_flush = lane_flush;
    g.refused = refused;
    g.ctx = s;
    if (!sd_log_open(s->config.log)) return fail("the log cannot be opened");
    if (load_keys(s) || open_index(s) || load_words(s)) return 2;
    s->metrics = sd_metrics_new();
    s->work = sd_work_start((int)s->config.workers, (size_t)s->config.queue);
    s->cache = s->config.cache_bytes ? sd_cache_new((size_t)s->config.cache_bytes) : NULL;
    if (!s->metrics || !s->work || (s->config.cache_bytes && !s->cache)) return fail("out of memory");
    sd_gate_raise_limits();
    s->http = sd_http_start(s, threads);
    if (!s->http) return fail("libmicrohttpd does not start");
    s->gate = sd_gate_start(&g, why, sizeof why);
    if (!s->gate) return fail(why);
    if (!sd_gate_loopback(s->gate) && !s->auth) return fail("beyond loopback keys are needed (--keys FILE)");
    if (!sd_gate_run(s->gate)) return fail("the porter's threads do not start");
    snap = sd_archive_hold(s->archive);
    warn_of_stale_words(s, snap);
    fprintf(stderr, "libsearchd: ready on http://%s/ (%llu documents)\n", sd_gate_address(s->gate),
            (unsigned long long)(snap ? sd_snapshot_documents(snap) : 0));
    sd_snapshot_drop(snap);
    return 0;
}

/* A merge or a verification under way cannot be called off. Nothing acknowledged depends on its end: what is committed
 * is on the disk, and a process that ends in between leaves the last commit. */
static void *end_in_time(void *ignored)
{
    struct timespec left = {9, 500000000};
    (void)ignored;
    nanosleep(&left, NULL);
    _exit(0);
}

static void stop(sd_server *s, bool started)
{
    pthread_t watchdog;
    if (started && !pthread_create(&watchdog, NULL, end_in_time, NULL)) pthread_detach(watchdog);
    if (s->gate) sd_gate_stop(s->gate);
    sd_http_stop(s->http);
    sd_work_stop(s->work);
    sd_archive_close(s->archive);
    sd_gate_free(s->gate);
    sd_metrics_free(s->metrics);
    sd_cache_free(s->cache);
    sd_auth_free(s->auth);
    sd_words_drop(s->words);
    sd_log_close();
}

static int serve(sd_server *s)
{
    sigset_t set;
    int sig, status;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error like a full disk */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* inherited by every thread started from here on */
    pthread_rwlock_init(&s->reload_lock, NULL);
    s->started_ms = sd_now_ms();
    status = start(s);
    while (!status && !sigwait(&set, &sig) && sig == SIGHUP) reload(s);
    stop(s, !status);
    pthread_rwlock_destroy(&s->reload_lock);
    return status;
}

/* ---- what is only printed -----------------------------------------------------------------------------------------
 */

static int hash_key(void)
{
    char line[1024], hex[65];
    size_t n;
    if (!fgets(line, sizeof line, stdin)) return fail("hash-key: expected a key on standard input");
    n = strcspn(line, "\r\n");
    if (n < 16) return fail("hash-key: a key must have at least 16 characters; make them random");
    sd_sha256_hex(hex, line, n);
    printf("NAME read %s\n", hex);
    return 0;
}

static void print_routes(void)
{
    const sd_route *r;
    size_t i;
    for (i = 0; (r = sd_router_at(i)); i++) printf("%s %s\n", r->method, r->path);
}

static void print_parameters(void)
{
    static const struct {
        unsigned use;
        const char *path;
    } uses[] = {{JS_FOR_SEARCH, "/v1/search"},  {JS_FOR_SNIPPET, "/v1/documents/{id}/snippet"},
                {JS_FOR_EXPORT, "/v1/export"},  {JS_FOR_FEED, "/feed.rss"},
                {JS_FOR_FEED, "/feed.atom"},    {JS_FOR_FEED, "/feed.json"},
                {JS_FOR_SUGGEST, "/v1/suggest"}};
    const js_param *p;
    size_t i, k;
    for (k = 0; k < sizeof uses / sizeof *uses; k++)
        for (i = 0; (p = js_param_at(i)); i++)
            if (p->uses & uses[k].use) printf("%s %s\n", uses[k].path, p->name);
}

/* Started without standard descriptors: a connection must not become the one that the log is written to. */
static void hold_standard_descriptors(void)
{
    int fd;
    while ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 && fd <= STDERR_FILENO) continue;
    if (fd >= 0) close(fd);
}

int main(int argc, char **argv)
{
    static sd_server s;
    char why[512] = "";
    int status = 0;
    hold_standard_descriptors();
    switch (sd_config_read(&s.config, argc, argv, environ, why, sizeof why)) {
    case SD_CONFIG_WRONG:
        status = fail(why);
        break;
    case SD_PRINT_HELP:
        sd_config_help(stdout);
        break;
    case SD_PRINT_MAN:
        sd_config_man(stdout);
        break;
    case SD_PRINT_CONFIG:
        sd_config_print(&s.config, stdout);
        break;
    case SD_PRINT_ROUTES:
        print_routes();
        break;
    case SD_PRINT_PARAMETERS:
        print_parameters();
        break;
    case SD_PRINT_VERSION:
        printf("libsearchd %s (libmicrohttpd %s)\n", ls_version(), sd_http_version());
        break;
    case SD_HASH_KEY:
        status = hash_key();
        break;
    case SD_RUN:
        status = s.config.index ? serve(&s) : fail("--index DIR is needed");
        break;
    }
    sd_config_clear(&s.config);
    return status;
}
