/* f_direct.c — the server behind its sockets: a head is judged, routed, answered on the short way (server/direct.c),
 * from a small index, with two keys. Input: the head as a client sends it. Held: one whole HTTP/1.1 answer, its length as
 * told, no stray line in its head; asked again with the ETag it gave, it is 304 without content; HEAD gives the same
 * head and nothing behind. */
#include "fuzz/fuzz.h"
#include "server/direct.h"
#include "server/log.h"

#include <pthread.h>
#include <strings.h>
#include <unistd.h>

/* What main.c gives the other files of the server. */
double sd_now_exact(void)
{
    static double now;
    return now += 0.25;
}

int64_t sd_now_ms(void)
{
    return (int64_t)sd_now_exact();
}

bool sd_server_host(const sd_server *s, const char *name, size_t len)
{
    (void)s;
    return len == 1 && *name == 'h';
}

bool sd_server_origin(const sd_server *s, const char *origin)
{
    (void)s;
    return !strcmp(origin, "http://friend");
}

static bool host(void *ctx, const char *name, size_t len)
{
    return sd_server_host(ctx, name, len);
}

static sd_server server;
static sd_direct *lane;
static sd_peer peer = {.refs = 1, .loopback = true, .address = "127.0.0.1"};

/* The keys "reader-reader-reader" (Reuters alone) and "editor-editor-editor". */
static void write_keys(const char *path)
{
    char hash[65];
    FILE *f = fopen(path, "w");
    FUZZ_CHECK(f);
    sd_sha256_hex(hash, "reader-reader-reader", 20);
    fprintf(f, "partner read %s source=Reuters\n", hash);
    sd_sha256_hex(hash, "editor-editor-editor", 20);
    fprintf(f, "desk read,read:embargoed,write,admin %s\n", hash);
    FUZZ_CHECK(!fclose(f));
}

static void load(void)
{
    static char nowhere[] = "", listen[] = "127.0.0.1:0";
    char why[512] = "", path[200], keys[120];
    ls_error err;
    bool created;
    snprintf(path, sizeof path, "%s/served", fuzz_folder());
    snprintf(keys, sizeof keys, "%s/keys", fuzz_folder());
    fuzz_index_make(path, FUZZ_SMALL);
    write_keys(keys);
    server.config = (sd_config){.index = nowhere,
                                .listen = listen,
                                .log = nowhere,
                                .inline_ms = 1000,
                                .max_content = 1 << 20,
                                .cache_bytes = 1 << 20};
    sd_archive_options o = {path, 4, (size_t)16 << 20, true, false};
    sd_gate_options g = {.listen = "127.0.0.1:0", .threads = 1, .host = host, .ctx = &server};
    FUZZ_CHECK(sd_log_open("none") && !sd_archive_open(&server.archive, &o, &created, &err));
    FUZZ_CHECK(!sd_archive_begin(server.archive, &err));
    FUZZ_CHECK(!pthread_rwlock_init(&server.reload_lock, NULL) && (server.auth = sd_auth_load(keys, why, sizeof why)));
    FUZZ_CHECK((server.metrics = sd_metrics_new()) && (server.work = sd_work_start(1, 4)));
    FUZZ_CHECK((server.cache = sd_cache_new(1 << 20)) && (server.gate = sd_gate_start(&g, why, sizeof why)));
    FUZZ_CHECK((lane = sd_direct_new(&server)));
}

/* The value of a header of an answer, NUL-terminated in `out`; false: there is none. */
static bool header(char *out, size_t cap, const char *p, const char *end, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = p; line < end; line = strchr(line, '\n') + 1)
        if (!strncasecmp(line, name, n) && line[n] == ':') {
            size_t len = strcspn(line + n + 2, "\r");
            FUZZ_CHECK(len < cap);
            memcpy(out, line + n + 2, len);
            out[len] = 0;
            return true;
        }
    return false;
}

typedef struct answer {
    int status;
    size_t head, content;
    char etag[128];
} answer;

static answer take(const js_text *t, bool head)
{
    answer a = {0};
    char value[600];
    FUZZ_CHECK(t->len > 12 && !strncmp(t->data, "HTTP/1.1 ", 9));
    a.status = (int)strtol(t->data + 9, NULL, 10);
    const char *end = strstr(t->data, "\r\n\r\n");
    FUZZ_CHECK(end && a.status >= 200 && a.status < 600);
    a.head = (size_t)(end + 4 - t->data);
    a.content = t->len - a.head;
    for (const char *line = strchr(t->data, '\n') + 1; line < end + 2; line = strchr(line, '\n') + 1) {
        size_t name = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
        FUZZ_CHECK(name && line[name] == ':' && line[name + 1] == ' ');
        for (const char *s = line + name; *s != '\r'; s++) FUZZ_CHECK((uint8_t)*s >= 32 && *s != 127);
    }
    bool told = header(value, sizeof value, t->data, end + 2, "Content-Length");
    FUZZ_CHECK(told == (a.status != 304 && a.status != 204));
    FUZZ_CHECK(head || !told ? !a.content : strtoull(value, NULL, 10) == a.content);
    if (!header(value, sizeof value, t->data, end + 2, "Content-Encoding") && a.content &&
        header(value, sizeof value, t->data, end + 2, "Content-Type") && !strstr(value, "image"))
        FUZZ_CHECK(fuzz_utf8(t->data + a.head, a.content));
    header(a.etag, sizeof a.etag, t->data, end + 2, "ETag");
    return a;
}

static bool ask(js_text *out, answer *a, const js_text *head)
{
    bool closes;
    js_text_reset(out);
    if (!sd_direct_answer(lane, &peer, head->data, head->len, out, &closes)) {
        FUZZ_CHECK(!out->len);
        return false;
    }
    *a = take(out, head->data[0] == 'H');
    return true;
}

/* With If-None-Match the tag it gave, alone, in a list, and as a star. */
static void again(const js_text *head, const answer *first)
{
    static const char *const forms[] = {"%s", "\"x\", %s", "%s , W/\"y\"", "*"};
    js_text asked = {0}, out = {0};
    answer a;
    char value[200];
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        js_text_reset(&asked);
        snprintf(value, sizeof value, forms[i], first->etag);
        js_put(&asked, head->data, head->len - 2);
        js_printf(&asked, "If-None-Match: %s\r\n\r\n", value);
        FUZZ_CHECK(ask(&out, &a, &asked) && a.status == 304 && !a.content && !strcmp(a.etag, first->etag));
    }
    js_text_free(&asked);
    js_text_free(&out);
}

/* strcasestr, which POSIX has not */
static bool names(const js_text *head, const char *name)
{
    for (const char *s = head->data; *s; s++)
        if (!strncasecmp(s, name, strlen(name))) return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    sd_head_scan scan = {0};
    sd_refusal why = SD_REFUSE_NOTHING;
    sd_head h;
    js_text plain = {0}, out = {0};
    answer a;
    size_t len;
    if (!lane) load();
    char *text = fuzz_rest(&in, &len);
    size_t head = sd_head_scan_more(&scan, text, len, &why);
    if (head && !why) sd_head_judge(&h, text, head, host, &server, &plain);
    if (head && !why && !h.refusal && h.framing == SD_BODY_NONE && ask(&out, &a, &plain)) {
        if (a.status == 200 && *a.etag && !names(&plain, "If-None-Match")) again(&plain, &a);
        if (plain.data[0] == 'G') { /* HEAD of the same */
            js_text bare = {0}, other = {0};
            answer b;
            js_puts(&bare, "HEAD");
            js_put(&bare, plain.data + 3, plain.len - 3);
            FUZZ_CHECK(ask(&other, &b, &bare) && b.status == a.status && !strcmp(b.etag, a.etag));
            js_text_free(&bare);
            js_text_free(&other);
        }
    }
    js_text_free(&plain);
    js_text_free(&out);
    free(text);
    return 0;
}
