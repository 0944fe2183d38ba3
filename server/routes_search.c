/* routes_search.c — /v1/search, /v1/suggest, /v1/batch, /v1/export. The answers are json/'s; here is which reader, which thread
 * and which cache tag. */
#include "server/routes.h"
#include "server/search_request.h"
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

/* ---- search -------------------------------------------------------------------------------------------------------
 */

/* Answers of GET alone are kept, and none that shows what is hidden: what was cut short by its time is not. */
static bool may_keep(const sd_exchange *x)
{
    return x->server->cache && !x->content.len && !x->sees_hidden;
}

static void keep(sd_exchange *x, const sd_cache_key *key)
{
    const js_text *body = &x->answer.body;
    if (x->answer.status != 200 || strstr(body->data, "\"timed_out\":true")) return;
    sd_cache_put(x->server->cache, key, body->data, body->len);
}

static bool kept(sd_exchange *x)
{
    sd_cache_key key;
    if (!may_keep(x)) return false;
    sd_cache_key_of(&key, x);
    if (!sd_cache_get(x->server->cache, &key, &x->answer.body)) return false;
    x->answer.status = 200;
    x->answer.type = "application/json";
    return true;
}

/* Where the page before was made of an earlier commit that is still kept, the next is made of it too, without what has been
 * replaced or taken away since, unless it can be seen in the present one. */
static int search_page(sd_exchange *x, js_request *q, const ls_reader *r, js_problem *p)
{
    const char *const *touched = NULL;
    const char *gone[SD_EARLIER_GONE];
    size_t count = 0, n = 0;
    uint64_t from = 0, present = x->sees_hidden ? sd_snapshot_commit(x->snapshot) : sd_snapshot_generation(x->snapshot);
    sd_snapshot *s = NULL;
    if (q->cursor && ls_cursor_generation(&from, q->cursor, NULL) == LS_OK && from != present)
        s = sd_archive_hold_earlier(x->server->archive, from, x->sees_hidden, &touched, &count);
    if (s) {
        for (size_t i = 0; i < count && n < SD_EARLIER_GONE; i++) {
            uint64_t doc;
            if (ls_reader_find(r, touched[i], strlen(touched[i]), &doc, NULL) != LS_OK) gone[n++] = touched[i];
        }
        q->unwanted = gone;
        q->unwanted_count = n;
        if (n) q->limited = true; /* words that stand in nothing else are not told */
        r = x->sees_hidden ? sd_snapshot_hidden(s) : sd_snapshot_reader(s);
    }
    int rc = js_search(&x->answer.body, q, r, p);
    if (rc == LS_OK && strstr(x->answer.body.data, "\"next_cursor\":\"")) sd_snapshot_paged(s ? s : x->snapshot);
    q->unwanted = NULL;
    q->unwanted_count = 0;
    sd_snapshot_drop(s);
    return rc;
}

static void run(sd_exchange *x, js_request *q, const ls_reader *r)
{
    js_problem p = {0};
    double from = sd_now_exact();
    sd_cache_key key;
    bool keeps = may_keep(x);
    if (keeps)
        sd_cache_key_of(&key, x); /* before the search: an embargo that ends meanwhile makes the next key another */
    int rc = search_page(x, q, r, &p);
    sd_search_took(x, q, sd_now_exact() - from);
    if (rc == LS_OK) sd_answer_json(x, rc, NULL);
    else sd_answer_problem(x, &p);
    if (keeps) keep(x, &key);
}

/* On a connection's thread with `may_move`, else on a worker. */
static void search(sd_exchange *x, bool may_move)
{
    const ls_reader *r = sd_exchange_reader(x);
    js_request q;
    if (!r) return;
    if (sd_search_request(x, &q, JS_FOR_SEARCH, r)) {
        if (may_move && sd_search_costly(x, &q)) x->work = sd_search_on_worker;
        else run(x, &q, sd_exchange_reader(x));
    }
    js_request_clear(&q);
}

void sd_search_on_worker(sd_exchange *x)
{
    search(x, false);
}

void sd_get_search(sd_exchange *x)
{
    if (!sd_exchange_scoped(x) || sd_answer_unchanged(x) || kept(x)) return;
    search(x, true);
}

void sd_post_search(sd_exchange *x)
{
    if (!sd_exchange_json(x)) return;
    if (x->target.arg_count)
        sd_answer_refuse(x, "bad_request", NULL, "POST takes its parameters in the content, not in the target");
    else if (!x->content.len)
        sd_answer_refuse(x, "invalid_json", NULL, "expected a JSON object such as {\"q\":\"arms deal\"}");
    else search(x, true);
}

/* ---- suggest ------------------------------------------------------------------------------------------------------
 */

static void suggest(sd_exchange *x, const js_request *q, const ls_reader *r)
{
    ls_error err = {0};
    double from = sd_now_exact();
    sd_answer_json(x, js_write_suggest(&x->answer.body, r, q->q, q->q_len, (size_t)q->limit, q->opensearch, &err),
                   &err);
    sd_search_took(x, q, sd_now_exact() - from);
    if (q->opensearch && x->answer.status == 200) x->answer.type = "application/x-suggestions+json";
}

static void suggest_on_worker(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_reader(x);
    js_request q;
    if (!r) return;
    if (sd_search_request(x, &q, JS_FOR_SUGGEST, r)) suggest(x, &q, r);
    js_request_clear(&q);
}

void sd_get_suggest(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_reader(x);
    js_request q;
    if (!r) return;
    if (x->forced_field) {
        sd_answer_refuse(x, "forbidden", NULL, "suggestions are made from all documents; the key is limited to some");
        return;
    }
    if (sd_answer_unchanged(x)) return;
    if (sd_search_request(x, &q, JS_FOR_SUGGEST, r)) {
        if (!q.q) sd_answer_refuse(x, "invalid_parameter", "q", "q: what was typed so far is needed");
        else if (sd_search_costly(x, &q)) x->work = suggest_on_worker;
        else suggest(x, &q, r);
    }
    js_request_clear(&q);
}

/* ---- batch --------------------------------------------------------------------------------------------------------
 */

static bool next_query(void *ctx, js_text *out, bool *more)
{
    ls_error err = {0};
    return js_batch_next(ctx, out, more, &err) == LS_OK;
}

static void end_batch(void *ctx)
{
    js_batch_close(ctx);
}

static int client_gone(void *ctx)
{
    return sd_exchange_gone(ctx);
}

static void open_batch(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_reader(x);
    js_batch *b = NULL;
    js_problem p = {0};
    if (!r) return;
    int rc = js_batch_open(&b, ls_reader_schema(r), x->content.data ? x->content.data : "", x->content.len, &p);
    if (rc == LS_OK) {
        js_request *q = js_batch_request(b);
        q->cancel = client_gone;
        q->cancel_ctx = x;
        if (sd_search_limits(x, q) && (!q->hidden || sd_exchange_see_hidden(x)))
            rc = js_batch_begin(b, sd_exchange_reader(x), &p);
    }
    if (rc != LS_OK) sd_answer_problem(x, &p);
    if (x->answer.status) { /* by either of the two */
        js_batch_close(b);
        return;
    }
    x->answer.status = 200;
    x->answer.type = "application/json";
    x->answer.cache = "no-store";
    x->answer.stream = (sd_stream){next_query, end_batch, b};
}

void sd_post_batch(sd_exchange *x)
{
    if (!sd_exchange_json(x)) return;
    if (x->target.arg_count) {
        sd_answer_refuse(x, "bad_request", NULL, "POST takes its parameters in the content, not in the target");
        return;
    }
    x->lengthy = true;
    x->work = open_batch;
}

/* ---- export -------------------------------------------------------------------------------------------------------
 */

static bool next_piece(void *ctx, js_text *out, bool *more)
{
    ls_error err = {0};
    return js_export_next(ctx, out, more, &err) == LS_OK;
}

static void end_export(void *ctx)
{
    js_export_close(ctx);
}

/* By the present commit, not by the one that is exported. */
static bool killed(void *ctx, const ls_doc *d)
{
    const sd_exchange *x = ctx;
    sd_snapshot *now = sd_archive_hold(x->server->archive);
    bool yes = now && now != x->snapshot && js_is_killed(sd_snapshot_reader(now), d);
    sd_snapshot_drop(now);
    return yes;
}

static void open_export(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_reader(x);
    js_problem p = {0};
    js_export *e = NULL;
    js_request q;
    bool csv;
    if (!r) return;
    if (sd_search_request(x, &q, JS_FOR_EXPORT, r)) {
        csv = q.format == JS_CSV;
        if (js_export_open(&e, &q, sd_exchange_reader(x), q.format, &p)) {
            sd_answer_problem(x, &p);
        } else {
            x->answer.status = 200;
            x->answer.type = csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
            x->answer.disposition =
                csv ? "attachment; filename=\"export.csv\"" : "attachment; filename=\"export.ndjson\"";
            x->answer.cache = "no-store";
            js_export_watch(e, killed, x);
            x->answer.stream = (sd_stream){next_piece, end_export, e};
        }
    }
    js_request_clear(&q);
}

void sd_get_export(sd_exchange *x)
{
    x->lengthy = true;
    x->work = open_export; /* however small: its first search looks at everything found */
}
