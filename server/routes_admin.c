/* routes_admin.c — what an operator asks of the index: commit, merge, purge, verify, snapshot. */
#include "server/routes.h"
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void written(sd_exchange *x)
{
    const sd_write *w = &x->write_memory;
    js_problem p = {0};
    if (w->rc) {
        js_problem_from(&p, &w->err);
        sd_answer_problem(x, &p);
        return;
    }
    js_printf(&x->answer.body, "{\"result\":\"%s\",\"committed\":true,\"generation\":%llu}",
              w->kind == SD_WRITE_MERGE   ? "merged"
              : w->kind == SD_WRITE_PURGE ? "purged"
                                          : "committed",
              (unsigned long long)w->generation);
    sd_answer_json(x, LS_OK, NULL);
    x->answer.cache = "no-store";
}

static void order(sd_exchange *x, sd_write_kind kind, size_t segments)
{
    sd_write *w = &x->write_memory;
    memset(w, 0, sizeof *w);
    w->kind = kind;
    w->segments = segments;
    x->write = w;
    x->work = written;
}

/* The orders take no content but an empty JSON object at most. */
static bool content_empty(sd_exchange *x)
{
    size_t i;
    for (i = 0; i < x->content.len; i++)
        if (!strchr(" \t\r\n{}", x->content.data[i])) break;
    if (i == x->content.len) return true;
    sd_answer_refuse(x, "bad_request", NULL, "parameters stand in the target here; no content is expected");
    return false;
}

void sd_post_commit(sd_exchange *x)
{
    static const char *const names[] = {NULL};
    if (!sd_exchange_unknown(x, names) && content_empty(x)) order(x, SD_WRITE_COMMIT, 0);
}

void sd_post_merge(sd_exchange *x)
{
    static const char *const names[] = {"segments", NULL};
    const sd_arg *a = sd_target_get(&x->target, "segments");
    char *end = NULL;
    unsigned long n = a ? strtoul(a->value, &end, 10) : 1;
    if (sd_exchange_unknown(x, names) || !content_empty(x)) return;
    if (a && (!a->value_len || *end || a->value[0] == '-' || a->value[0] == '+' || n < 1 || n > 1000))
        sd_answer_refuse(x, "invalid_parameter", "segments", "segments: expected a number from 1 to 1000");
    else order(x, SD_WRITE_MERGE, n);
}

void sd_post_purge(sd_exchange *x)
{
    static const char *const names[] = {NULL};
    if (!sd_exchange_unknown(x, names) && content_empty(x)) order(x, SD_WRITE_PURGE, 0);
}

static void verify(sd_exchange *x)
{
    ls_error err = {0};
    bool ok;
    sd_answer_json(x, js_write_check(&x->answer.body, sd_archive_path(x->server->archive), &ok, &err), &err);
    x->answer.cache = "no-store";
}

void sd_post_verify(sd_exchange *x)
{
    static const char *const names[] = {NULL};
    if (sd_exchange_unknown(x, names) || !content_empty(x)) return;
    x->lengthy = true;
    x->work = verify;
}

/* A copy beside the index, named by the present generation: clients do not choose paths on the server's disk. */
static void snapshot(sd_exchange *x)
{
    ls_error err = {0};
    char to[4096];
    int rc = LS_INVALID;
    const char *path = sd_archive_path(x->server->archive);
    if (!sd_exchange_reader(x)) return;
    if (snprintf(to, sizeof to, "%s.snapshot-%llu", path, (unsigned long long)sd_snapshot_commit(x->snapshot)) <
        (int)sizeof to)
        rc = ls_backup(path, to, &err);
    if (rc == LS_OK) {
        const char *name = strrchr(to, '/');
        js_puts(&x->answer.body, "{\"result\":\"copied\",\"name\":");
        js_cstring(&x->answer.body, name ? name + 1 : to);
        js_printf(&x->answer.body, ",\"generation\":%llu}", (unsigned long long)sd_snapshot_commit(x->snapshot));
    }
    if (rc == LS_EXISTS) sd_answer_refuse(x, "conflict", NULL, "there is a snapshot of this generation already");
    else sd_answer_json(x, rc, &err);
    x->answer.cache = "no-store";
}

void sd_post_snapshot(sd_exchange *x)
{
    static const char *const names[] = {NULL};
    if (sd_exchange_unknown(x, names) || !content_empty(x)) return;
    x->lengthy = true;
    x->work = snapshot;
}
