/* admit.c — whether a request may reach its handler: its route, its key and what that may do, the page it comes from,
 * the content it announces. Owns the order of these questions, which decides what a stranger learns: a path that is not
 * there is told to everybody, all else only behind the key. Ignorant of sockets and of libmicrohttpd. */
#include "server/admit.h"
#include "server/router.h"
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const sd_header_names[SD_HEADERS_LOOKED_AT] = {"Content-Type",
                                                           "If-None-Match",
                                                           "If-Match",
                                                           "Authorization",
                                                           "X-API-Key",
                                                           "Origin",
                                                           "Host",
                                                           "Sec-Fetch-Site",
                                                           "Accept-Encoding",
                                                           "Content-Length",
                                                           "Transfer-Encoding",
                                                           "Content-Encoding",
                                                           "Access-Control-Request-Method"};

/* "Bearer KEY" or X-API-Key. */
static const char *presented_key(const sd_exchange *x)
{
    static const char bearer[] = "bearer ";
    size_t i;
    if (x->api_key) return x->api_key;
    if (!x->authorization) return NULL;
    for (i = 0; i < sizeof bearer - 1; i++)
        if ((x->authorization[i] | 32) != (bearer[i] | 32)) return NULL;
    return x->authorization + i;
}

static void authorize(sd_exchange *x)
{
    sd_server *s = x->server;
    const char *key = presented_key(x);
    sd_access access = {0};
    bool known = false, needed;
    pthread_rwlock_rdlock(&s->reload_lock);
    needed = s->auth != NULL;
    if (needed && key) known = sd_auth_check(s->auth, key, strlen(key), &access);
    if (known && access.field) {
        snprintf(x->forced_field_text, sizeof x->forced_field_text, "%s", access.field);
        snprintf(x->forced_value_text, sizeof x->forced_value_text, "%s", access.value);
        x->forced_field = x->forced_field_text;
        x->forced_value = x->forced_value_text;
    }
    pthread_rwlock_unlock(&s->reload_lock);
    x->scopes = needed ? access.scopes : SD_ALL_SCOPES;
    if (x->route->scope == SD_ANYBODY) return;
    if (!known && needed)
        sd_answer_refuse(x, "unauthorized", NULL,
                         key ? "this key is not known" : "a key is needed: Authorization: Bearer …");
    else if ((x->scopes & x->route->scope) != x->route->scope)
        sd_answer_refuse(x, "forbidden", NULL, "the key lacks the scope of this request");
}

/* A page of somebody else's may make a browser send a POST here without asking us: none of those may write. */
static void check_origin(sd_exchange *x)
{
    const char *o = x->origin, *at;
    if (!strcmp(x->method, "GET") || x->answer.status) return;
    if (!o && (!x->fetch_site || strcmp(x->fetch_site, "cross-site"))) return;
    if (o && sd_server_origin(x->server, o)) return;
    at = o ? strstr(o, "://") : NULL;
    if (at && x->host && !strcmp(at + 3, x->host)) return;
    sd_answer_refuse(x, "forbidden", NULL, "requests from pages of another origin are not allowed (--allow-origin)");
}

static void check_content(sd_exchange *x, const char *length, const char *chunked, const char *coding)
{
    uint64_t n = length ? strtoull(length, NULL, 10) : 0;
    bool some = n || chunked;
    bool streams = x->route->streams && x->route->streams(x);
    if (!some || x->answer.status) return;
    if (!(x->route->flags & SD_TAKES_CONTENT))
        sd_answer_refuse(x, "bad_request", NULL, "%s of this path takes no content", x->method);
    else if (coding && *coding && strcasecmp(coding, "identity") != 0)
        sd_answer_refuse(x, "unsupported_media_type", NULL, "content is taken as it is, not as Content-Encoding: %.40s",
                         coding);
    else if (!streams && n > (uint64_t)x->server->config.max_content)
        sd_answer_refuse(x, "too_large", NULL,
                         "content of %llu bytes; at most %lld are taken here (NDJSON is streamed)",
                         (unsigned long long)n, (long long)x->server->config.max_content);
}

static void preflight(sd_exchange *x, const char *method)
{
    if (x->answer.status != 405 || !x->origin || !method || !sd_server_origin(x->server, x->origin)) return;
    js_text_reset(&x->answer.body);
    x->answer.status = 204;
    x->answer.preflight = true;
}

void sd_admit(sd_exchange *x, const char *method, const char *const h[SD_HEADERS_LOOKED_AT])
{
    x->content_type = h[SD_CONTENT_TYPE];
    x->if_none_match = h[SD_IF_NONE_MATCH];
    x->if_match = h[SD_IF_MATCH];
    x->authorization = h[SD_AUTHORIZATION];
    x->api_key = h[SD_API_KEY];
    x->origin = h[SD_ORIGIN];
    x->host = h[SD_HOST];
    x->fetch_site = h[SD_FETCH_SITE];
    x->accept_encoding = h[SD_ACCEPT_ENCODING];
    sd_router_find(x, method);
    if (x->route && !x->answer.status) {
        authorize(x);
        check_origin(x);
        check_content(x, h[SD_CONTENT_LENGTH], h[SD_TRANSFER_ENCODING], h[SD_CONTENT_ENCODING]);
    } else if (!strcmp(method, "OPTIONS")) {
        preflight(x, h[SD_PREFLIGHT_METHOD]);
    }
}
