/* router.c — from method and path to a handler.
 *
 * Owns the table, which `libsearchd --print-routes` prints and openapi.yaml must equal. A path is matched segment by
 * segment while still encoded, {…} takes one whole segment and decodes it: an encoded slash never makes a new one.
 * Ignorant of what handlers do. */
#include "server/router.h"
#include "server/routes.h"

#include <stdio.h>
#include <string.h>

static const sd_route routes[] = {
    {"GET", "/v1/search", SD_READ, 0, sd_get_search, NULL, NULL},
    {"POST", "/v1/search", SD_READ, SD_TAKES_CONTENT, sd_post_search, NULL, NULL},
    {"GET", "/v1/suggest", SD_READ, 0, sd_get_suggest, NULL, NULL},
    {"GET", "/v1/documents", SD_READ, 0, sd_get_document_by_guid, NULL, NULL},
    {"POST", "/v1/documents", SD_WRITE, SD_TAKES_CONTENT | SD_TAKES_STREAM, sd_post_documents, sd_bulk_wanted,
     sd_bulk_upload},
    {"GET", "/v1/documents/{id}", SD_READ, 0, sd_get_document, NULL, NULL},
    {"PUT", "/v1/documents/{id}", SD_WRITE, SD_TAKES_CONTENT, sd_put_document, NULL, NULL},
    {"DELETE", "/v1/documents/{id}", SD_WRITE, 0, sd_delete_document, NULL, NULL},
    {"GET", "/v1/documents/{id}/snippet", SD_READ, 0, sd_get_snippet, NULL, NULL},
    {"GET", "/v1/documents/{id}/similar", SD_READ, 0, sd_get_similar, NULL, NULL},
    {"GET", "/v1/documents/{id}/versions", SD_READ, 0, sd_get_versions, NULL, NULL},
    {"POST", "/v1/documents/{id}/kill", SD_WRITE, SD_TAKES_CONTENT, sd_post_kill, NULL, NULL},
    {"GET", "/v1/export", SD_READ, 0, sd_get_export, NULL, NULL},
    {"POST", "/v1/batch", SD_READ, SD_TAKES_CONTENT, sd_post_batch, NULL, NULL},
    {"GET", "/feed.rss", SD_READ, 0, sd_get_feed, NULL, NULL},
    {"GET", "/feed.atom", SD_READ, 0, sd_get_feed, NULL, NULL},
    {"GET", "/feed.json", SD_READ, 0, sd_get_feed, NULL, NULL},
    {"GET", "/opensearch.xml", SD_ANYBODY, 0, sd_get_opensearch, NULL, NULL},
    {"GET", "/v1/stats", SD_READ, 0, sd_get_stats, NULL, NULL},
    {"GET", "/v1/analyze", SD_READ, 0, sd_get_analyze, NULL, NULL},
    {"POST", "/v1/admin/commit", SD_ADMIN, SD_TAKES_CONTENT, sd_post_commit, NULL, NULL},
    {"POST", "/v1/admin/merge", SD_ADMIN, SD_TAKES_CONTENT, sd_post_merge, NULL, NULL},
    {"POST", "/v1/admin/purge", SD_ADMIN, SD_TAKES_CONTENT, sd_post_purge, NULL, NULL},
    {"POST", "/v1/admin/verify", SD_ADMIN, SD_TAKES_CONTENT, sd_post_verify, NULL, NULL},
    {"POST", "/v1/admin/snapshot", SD_ADMIN, SD_TAKES_CONTENT, sd_post_snapshot, NULL, NULL},
    {"GET", "/openapi.yaml", SD_ANYBODY, 0, sd_get_openapi, NULL, NULL},
    {"GET", "/healthz", SD_ANYBODY, SD_FOR_HEALTH, sd_get_health, NULL, NULL},
    {"GET", "/readyz", SD_ANYBODY, SD_FOR_HEALTH, sd_get_ready, NULL, NULL},
    {"GET", "/metrics", SD_ADMIN, 0, sd_get_metrics, NULL, NULL},
    {"GET", "/", SD_READ, SD_HTML, sd_get_page, NULL, NULL},
    {"GET", "/search", SD_READ, SD_HTML, sd_get_page, NULL, NULL},
    {"GET", "/article/{id}", SD_READ, SD_HTML, sd_get_article, NULL, NULL},
    {"GET", "/assets/{name}", SD_ANYBODY, 0, sd_get_asset, NULL, NULL},
    {"GET", "/embed.js", SD_ANYBODY, 0, sd_get_embed, NULL, NULL},
};
_Static_assert(sizeof routes / sizeof *routes <= SD_ROUTES_MAX, "the metrics have a row for each route");

const sd_route *sd_router_at(size_t i)
{
    return i < sizeof routes / sizeof *routes ? &routes[i] : NULL;
}

/* Whether the path has the pattern's shape; *from and *n tell where its {…} stands. */
static bool match(const char *pattern, const char *path, const char **from, size_t *n)
{
    *n = 0;
    *from = NULL;
    while (*pattern) {
        if (*pattern == '{') {
            pattern = strchr(pattern, '}') + 1;
            *from = path;
            *n = strcspn(path, "/");
            if (!*n) return false;
            path += *n;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == 0;
}

static bool take_id(sd_exchange *x, const char *from, size_t n)
{
    if (n >= sizeof x->id) return false;
    if (n) memcpy(x->id, from, n);
    x->id_len = sd_target_decode(x->id, n, false);
    return true;
}

static void refuse_method(sd_exchange *x)
{
    sd_answer_refuse(x, "method_not_allowed", NULL, "this path takes %s", x->answer.allow);
}

void sd_router_find(sd_exchange *x, const char *method)
{
    char allow[64] = "";
    const char *from;
    size_t i, n;
    const sd_route *r;
    for (i = 0; (r = sd_router_at(i)); i++) {
        if (!match(r->path, x->target.path, &from, &n)) continue;
        if (!strcmp(r->method, method) || (!strcmp(method, "HEAD") && !strcmp(r->method, "GET"))) {
            x->route = r;
            if (!take_id(x, from, n)) sd_answer_refuse(x, "not_found", NULL, "no id is as long as this one");
            return;
        }
        snprintf(allow + strlen(allow), sizeof allow - strlen(allow), "%s%s%s", *allow ? ", " : "", r->method,
                 !strcmp(r->method, "GET") ? ", HEAD" : "");
    }
    memcpy(x->answer.allow, allow, sizeof allow);
    if (*allow) refuse_method(x);
    else sd_answer_refuse(x, "not_found", NULL, "there is nothing at this path");
}
