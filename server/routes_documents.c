/* routes_documents.c — one article: read, its passages and versions, written, deleted, killed. Writes go to the archive's queue and are
 * answered behind the commit. */
#include "import/nitf.h"
#include "server/routes.h"
#include "server/search_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const no_names[] = {NULL}, *const include_names[] = {"include", NULL};

static void not_found(sd_exchange *x)
{
    sd_answer_refuse(x, "not_found", NULL, "no document has this %s", x->id_len ? "id" : "guid");
}

/* 410 with a tombstone, 404 without one. A key that is limited to some articles is not told of others' deaths, which
 * leave nothing behind to tell whose they were. */
static void missing(sd_exchange *x, const ls_tombstone *t)
{
    char date[40];
    if (!t || x->forced_field) {
        not_found(x);
        return;
    }
    ls_date_format(t->time, date, sizeof date);
    sd_answer_refuse(x, "gone", NULL, "this article was withdrawn at %s", date);
}

void sd_answer_missing(sd_exchange *x, const ls_reader *r)
{
    LS_INIT(ls_tombstone, t);
    missing(x, x->id_len && ls_reader_tombstone(r, &t, x->id, x->id_len, NULL) == LS_OK ? &t : NULL);
}

typedef int write_fn(js_text *out, const ls_reader *r, const ls_doc *d, ls_error *err);

static int write_document(js_text *out, const ls_reader *r, const ls_doc *d, ls_error *err)
{
    return js_write_document(out, ls_reader_schema(r), d, err);
}

static void answer_document(sd_exchange *x, const ls_reader *r, const ls_doc *d, write_fn *write)
{
    ls_error err = {0};
    if (!sd_exchange_sees(x, d)) {
        not_found(x);
        return;
    }
    int rc = write(&x->answer.body, r, d, &err);
    if (rc == LS_OK && write == write_document && sd_answer_article_unchanged(x)) return;
    sd_answer_json(x, rc, &err);
}

/* Answers with what `write` makes of the article in the path. */
static void get(sd_exchange *x, write_fn *write)
{
    const ls_reader *r = sd_exchange_scoped(x);
    ls_error err = {0};
    ls_doc *d = NULL;
    int rc;
    if (!r || sd_exchange_unknown(x, include_names)) return;
    if (write != write_document && sd_answer_unchanged(x)) return; /* an article's tag is of what it says */
    rc = ls_get(&d, r, x->id, x->id_len, &err);
    if (rc == LS_OK) answer_document(x, r, d, write);
    else if (rc == LS_NOTFOUND || rc == LS_INVALID) sd_answer_missing(x, r);
    else sd_answer_json(x, rc, &err);
    ls_doc_free(d);
}

void sd_get_document(sd_exchange *x)
{
    get(x, write_document);
}

void sd_get_document_by_guid(sd_exchange *x)
{
    static const char *const names[] = {"guid", "include", NULL};
    const sd_arg *a = sd_target_get(&x->target, "guid");
    const ls_reader *r = sd_exchange_scoped(x);
    LS_INIT(ls_tombstone, t);
    ls_error err = {0};
    ls_doc *d = NULL;
    uint64_t doc;
    int rc;
    if (!r || sd_exchange_unknown(x, names)) return;
    if (!a || !a->value_len) {
        sd_answer_refuse(x, "invalid_parameter", "guid", "guid: the guid of an article is needed");
        return;
    }
    rc = ls_reader_find_guid(r, a->value, a->value_len, &doc, &err);
    if (rc == LS_OK) rc = ls_reader_doc(&d, r, doc, &err);
    if (rc == LS_OK) answer_document(x, r, d, write_document);
    else if (rc == LS_NOTFOUND || rc == LS_INVALID)
        missing(x, ls_reader_tombstone_guid(r, &t, a->value, a->value_len, NULL) == LS_OK ? &t : NULL);
    else sd_answer_json(x, rc, &err);
    ls_doc_free(d);
}

static int write_versions(js_text *out, const ls_reader *r, const ls_doc *d, ls_error *err)
{
    (void)r;
    return js_write_versions(out, d, err);
}

void sd_get_versions(sd_exchange *x)
{
    get(x, write_versions);
}

static void snippet(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_scoped(x);
    js_problem p = {0};
    ls_doc *d = NULL;
    js_request q;
    if (!r) return;
    if (x->forced_field && (ls_get(&d, r, x->id, x->id_len, NULL) || !sd_exchange_sees(x, d))) {
        ls_doc_free(d);
        not_found(x);
        return;
    }
    ls_doc_free(d);
    if (sd_search_request(x, &q, JS_FOR_SNIPPET, r)) {
        int rc = js_write_snippet(&x->answer.body, &q, r, x->id, x->id_len, &p);
        if (rc == LS_NOTFOUND) sd_answer_missing(x, r);
        else if (rc != LS_OK) sd_answer_problem(x, &p);
        else sd_answer_json(x, LS_OK, NULL);
    }
    js_request_clear(&q);
}

void sd_get_snippet(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_scoped(x);
    if (!r || sd_answer_unchanged(x)) return;
    if (sd_exchange_long(x, r)) x->work = snippet;
    else snippet(x);
}

/* ---- what shares its text ------------------------------------------------------------------------------------------
 */

static bool sees(void *ctx, const ls_doc *d)
{
    return sd_exchange_sees(ctx, d);
}

static void similar(sd_exchange *x)
{
    static const char *const units[] = {"byte", "codepoint", "utf16", NULL};
    static const int unit_values[] = {LS_RANGES_BYTES, LS_RANGES_CODE_POINTS, LS_RANGES_UTF16};
    const sd_arg *unit = sd_target_get(&x->target, "range_unit"), *limit = sd_target_get(&x->target, "limit");
    const ls_reader *r = sd_exchange_scoped(x);
    ls_error err = {0};
    ls_doc *d = NULL;
    char *end = NULL;
    size_t u = 1;
    unsigned long n = limit ? strtoul(limit->value, &end, 10) : 20;
    for (u = unit ? 0 : 1; unit && units[u] && strcmp(units[u], unit->value) != 0; u++) continue;
    if (!units[u]) {
        sd_answer_refuse(x, "invalid_parameter", "range_unit", "range_unit: expected byte, codepoint or utf16");
        return;
    }
    if (limit &&
        (!limit->value_len || *end || strspn(limit->value, "0123456789") != limit->value_len || n < 1 || n > 100)) {
        sd_answer_refuse(x, "invalid_parameter", "limit", "limit: expected a whole number from 1 to 100");
        return;
    }
    int rc = ls_get(&d, r, x->id, x->id_len, &err);
    if (rc == LS_OK && !sd_exchange_sees(x, d)) not_found(x);
    else if (rc == LS_OK)
        sd_answer_json(x,
                       js_write_similar(&x->answer.body, r, x->id, x->id_len, n, unit_values[u],
                                        x->forced_field ? sees : NULL, x, &err),
                       &err);
    else if (rc == LS_NOTFOUND || rc == LS_INVALID) sd_answer_missing(x, r);
    else sd_answer_json(x, rc, &err);
    ls_doc_free(d);
}

void sd_get_similar(sd_exchange *x)
{
    static const char *const names[] = {"limit", "range_unit", "include", NULL};
    if (!sd_exchange_scoped(x) || sd_exchange_unknown(x, names) || sd_answer_unchanged(x)) return;
    x->work = similar; /* it compares texts */
}

/* ---- writing ------------------------------------------------------------------------------------------------------
 */

static bool may_touch(void *ctx, const ls_doc *d)
{
    return sd_exchange_sees(ctx, d);
}

static bool holds(void *ctx, const js_text *article)
{
    return sd_exchange_holds(ctx, article);
}

static sd_write *new_write(sd_exchange *x, sd_write_kind kind)
{
    sd_write *w = &x->write_memory;
    memset(w, 0, sizeof *w);
    w->kind = kind;
    w->id = x->id_len ? x->id : NULL;
    w->id_len = x->id_len;
    if (x->forced_field) w->may = may_touch;
    if (x->if_match || x->if_none_match) w->holds = holds;
    return w;
}

static void refuse_written(sd_exchange *x, const sd_write *w)
{
    js_problem p = {0};
    if (w->unmet)
        js_problem_set(&p, "precondition_failed", NULL, "the article is not, or no longer, as %s says",
                       x->if_match ? "If-Match" : "If-None-Match");
    else if (w->rc == LS_INVALID || w->rc == LS_SCHEMA)
        js_problem_set(&p, "invalid_document", NULL, "%s", w->err.message);
    else if (w->rc == LS_NOTFOUND)
        js_problem_set(&p, "not_found", NULL, "%s",
                       w->kind == SD_WRITE_DELETE ? "no document has this id" : w->err.message);
    else js_problem_from(&p, &w->err);
    sd_answer_problem(x, &p);
}

/* Behind the commit. */
static void written(sd_exchange *x)
{
    const sd_write *w = &x->write_memory;
    if (w->rc) {
        refuse_written(x, w);
        return;
    }
    if (w->kind == SD_WRITE_DELETE) {
        js_write_written(&x->answer.body, x->id, x->id_len, "deleted", w->added.version, w->generation);
    } else if (w->added.result == LS_KILLED && w->kind == SD_WRITE_PUT && !w->canceled) {
        sd_answer_refuse(x, "gone", NULL, "this article was withdrawn; revive=1 takes it back");
        return;
    } else if (w->kind == SD_WRITE_KILL) {
        js_write_written(&x->answer.body, x->id, x->id_len, "killed", w->added.version, w->generation);
    } else if (w->added.result == LS_CONFLICT) {
        sd_answer_refuse(x, "conflict", NULL, "version %lld of this document is there already, and differs",
                         (long long)w->added.version);
        return;
    } else {
        js_write_written(&x->answer.body, w->added.id, w->added.id_len, js_result_name(w->added.result),
                         w->added.version, w->generation);
    }
    sd_answer_json(x, LS_OK, NULL);
    x->answer.cache = "no-store";
    if (x->answer.status != 200 || w->kind == SD_WRITE_DELETE || w->added.result != LS_CREATED) return;
    x->answer.status = 201;
    if (js_id_valid(w->added.id, w->added.id_len))
        snprintf(x->answer.location, sizeof x->answer.location, "/v1/documents/%.*s", (int)w->added.id_len,
                 w->added.id);
}

/* ?revive=1 of a write, and nothing else. */
bool sd_exchange_revive(sd_exchange *x, bool *revive)
{
    static const char *const names[] = {"revive", NULL};
    const sd_arg *a = sd_target_get(&x->target, "revive");
    *revive = a && (!strcmp(a->value, "1") || !strcmp(a->value, "true"));
    if (sd_exchange_unknown(x, names)) return false;
    if (!a || *revive || !strcmp(a->value, "0") || !strcmp(a->value, "false")) return true;
    sd_answer_refuse(x, "invalid_parameter", "revive", "revive: expected 1, 0, true or false");
    return false;
}

/* An article as JSON in x->content. */
static void put_content(sd_exchange *x)
{
    sd_write *w;
    bool revive;
    if (!sd_exchange_revive(x, &revive)) return;
    w = new_write(x, SD_WRITE_PUT);
    w->revive = revive;
    w->text = x->content.data ? x->content.data : "";
    w->len = x->content.len;
    x->write = w;
    x->work = written;
}

/* ---- NITF ---------------------------------------------------------------------------------------------------------
 */

/* On a worker: a large document takes its time. */
static void put_nitf(sd_exchange *x)
{
    js_text json = {0};
    js_problem p = {0};
    ls_error err = {0};
    int rc = im_nitf_json(&json, x->content.data ? x->content.data : "", x->content.len, &err);
    js_text_free(&x->content);
    x->content = json;
    if (rc == LS_OK) {
        put_content(x);
        return;
    }
    if (rc == LS_INVALID) js_problem_set(&p, "invalid_document", NULL, "%s", err.message);
    else js_problem_from(&p, &err);
    sd_answer_problem(x, &p);
}

void sd_put_document(sd_exchange *x)
{
    if (!js_id_valid(x->id, x->id_len))
        sd_answer_refuse(x, "invalid_parameter", "id", "an id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ -");
    else if (sd_exchange_json(x)) put_content(x);
}

void sd_delete_document(sd_exchange *x)
{
    if (sd_exchange_unknown(x, no_names)) return;
    x->write = new_write(x, SD_WRITE_DELETE);
    x->work = written;
}

/* {"reason":"…","version":N}, or no content at all. */
void sd_post_kill(sd_exchange *x)
{
    const char *reason = NULL;
    int64_t version = 0;
    js_problem p = {0};
    sd_write *w;
    if (sd_exchange_unknown(x, no_names) || (x->content.len && !sd_exchange_json(x))) return;
    if (!js_id_valid(x->id, x->id_len)) {
        sd_answer_refuse(x, "invalid_parameter", "id", "an id has 1 to 128 characters of A-Z a-z 0-9 . _ ~ -");
        return;
    }
    js_text kept = {0};
    if (x->content.len && js_kill_read(&kept, &version, x->content.data, x->content.len, &p)) {
        js_text_free(&kept);
        sd_answer_problem(x, &p);
        return;
    }
    js_text_free(&x->content);
    x->content = kept; /* the reason lives as long as the exchange */
    reason = x->content.data;
    w = new_write(x, SD_WRITE_KILL);
    w->reason = reason;
    w->reason_len = x->content.len;
    w->version = version;
    x->write = w;
    x->work = written;
}

void sd_post_documents(sd_exchange *x)
{
    static const char *const json[] = {"application/json", NULL};
    static const char *const xml[] = {"application/nitf+xml", "text/xml", NULL};
    if (sd_bulk_wanted(x)) sd_bulk_end(x);
    else if (sd_exchange_has_type(x, xml)) x->work = put_nitf;
    else if (sd_exchange_has_type(x, json)) put_content(x);
    else
        sd_answer_refuse(x, "unsupported_media_type", NULL,
                         "expected Content-Type: application/json (one article), application/x-ndjson, "
                         "application/ndjson, application/jsonl, application/x-jsonlines (one a line), "
                         "application/nitf+xml or text/xml (NITF), found '%.80s'",
                         x->content_type ? x->content_type : "");
}
