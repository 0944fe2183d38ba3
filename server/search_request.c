/* search_request.c — what a client asks for, as a js_request, and whether it will take long.
 *
 * Costs are learnt: searches fall into classes by what in them is dear (wildcards, phrases and distances, any-word
 * queries, facets, sorting by a field, far pages, no words at all; suggestions); each class keeps a moving average of
 * what it took on this index. A class over --inline-ms goes to the workers. A class never seen goes there too where the
 * index is large. The averages are atomics of whole microseconds: a lost update costs nothing. Ignorant of how searches
 * are done. */
#include "server/search_request.h"
#include "server/http.h"
#include "server/words.h"

#include <stdio.h>
#include <string.h>

enum { SUGGESTIONS = 128, CLASSES = SUGGESTIONS + 2, LARGE = 50000 };
/* What finds documents: a key's filter must hold for all of these. */
#define LIMITED ((unsigned)(JS_FOR_SEARCH | JS_FOR_EXPORT | JS_FOR_FEED | JS_FOR_BATCH))
static atomic_uint average_us[CLASSES];

static unsigned class_of(const js_request *q)
{
    const char *s = q->q ? q->q : "";
    unsigned c = 0;
    if (q->uses == JS_FOR_SUGGEST) return SUGGESTIONS + (q->q_len > 2); /* one or two letters begin very many words */
    if (strpbrk(s, "*?~")) c |= 1;
    if (strchr(s, '"') || strstr(s, "w/") || strstr(s, "near/") || strstr(s, "pre/") || strstr(s, "\xe2\x80\x9c"))
        c |= 2;
    if (q->any || strstr(s, " OR ")) c |= 4;
    if (q->facets.count || q->histogram >= 0) c |= 8;
    if (q->order != LS_BY_RELEVANCE || q->offset > 1000 || q->cursor || q->explain) c |= 16;
    if (!q->q_len || q->q_len > 200) c |= 32;
    if (q->feedback) c |= 64;
    return c;
}

/* Whole texts with the hits: how long they are nobody has asked yet. */
static bool wants_texts(const js_request *q)
{
    const char *main = q->schema && q->fields.count ? ls_schema_get(q->schema, "main") : NULL;
    for (size_t i = 0; main && i < q->fields.count; i++)
        if (!strcmp(q->fields.items[i], main)) return true;
    return false;
}

bool sd_search_costly(const sd_exchange *x, const js_request *q)
{
    if (wants_texts(q)) return true;
    unsigned us = atomic_load_explicit(&average_us[class_of(q)], memory_order_relaxed);
    int64_t limit_us = x->server->config.inline_ms * 1000;
    if (us || !limit_us) return us > limit_us || !limit_us;
    return x->snapshot && sd_snapshot_documents(x->snapshot) > LARGE;
}

void sd_search_took(const sd_exchange *x, const js_request *q, double ms)
{
    atomic_uint *a = &average_us[class_of(q)];
    unsigned old = atomic_load_explicit(a, memory_order_relaxed);
    /* One search that was held up (a busy machine, a cold disk) says little about its kind. */
    double most = (double)old + 1000 * (double)x->server->config.inline_ms + 1000;
    double us = ms * 1000 > most ? most : ms * 1000 < 1 ? 1 : ms * 1000;
    atomic_store_explicit(a, old ? (unsigned)((double)old * .875 + us * .125) + 1 : (unsigned)us, memory_order_relaxed);
    if (q->uses != JS_FOR_SUGGEST) sd_metrics_search(x->server->metrics, ms);
}

/* ---- the key's limits ---------------------------------------------------------------------------------------------
 */

static bool set(sd_exchange *x, js_request *q, const char *name, const char *value)
{
    js_problem p = {0};
    if (js_request_set(q, name, strlen(name), value, strlen(value), &p) == LS_OK) return true;
    sd_answer_problem(x, &p);
    return false;
}

/* By a keyword field that the table of parameters has no name for. */
static bool limit_by_own(sd_exchange *x, js_request *q)
{
    const ls_field *f = q->schema ? ls_schema_find(q->schema, x->forced_field) : NULL;
    bool given = false;
    size_t i;
    if (!f || f->type != LS_KEYWORD || !js_own_is(q->schema, f->name, strlen(f->name))) {
        sd_answer_refuse(x, "forbidden", NULL, "the key is limited by an unknown field");
        return false;
    }
    for (i = 0; i < q->own_names.count; i++) {
        if (strcmp(q->own_names.items[i], x->forced_field)) continue;
        given = true;
        if (!strcmp(q->own_values.items[i], x->forced_value)) continue;
        sd_answer_refuse(x, "forbidden", x->forced_field, "the key is limited to one %s", x->forced_field);
        return false;
    }
    return given || set(x, q, x->forced_field, x->forced_value);
}

static int sees(void *ctx, const ls_doc *d)
{
    return sd_exchange_sees(ctx, d);
}

bool sd_search_limits(sd_exchange *x, js_request *q)
{
    const char *zone = x->server->config.timezone;
    size_t i, k;
    q->synonyms = sd_exchange_synonyms(x);
    if (zone && !q->tz && (q->from || q->to || q->histogram >= 0) && !set(x, q, "tz", zone)) return false;
    if (!x->forced_field || !(q->uses & LIMITED)) return true;
    q->limited = true;
    q->sees = sees;
    q->sees_ctx = x;
    if (q->explain) {
        sd_answer_refuse(x, "forbidden", "explain", "explanations count all documents; the key is limited to some");
        return false;
    }
    for (i = 0; i < JS_FILTERS && strcmp(js_filter_name(i), x->forced_field); i++) continue;
    if (i == JS_FILTERS) return limit_by_own(x, q);
    /* Values of one filter are alternatives: any other value would let the key see more. */
    for (k = 0; k < q->with[i].count; k++)
        if (strcmp(q->with[i].items[k], x->forced_value)) {
            sd_answer_refuse(x, "forbidden", x->forced_field, "the key is limited to one %s", x->forced_field);
            return false;
        }
    return q->with[i].count || set(x, q, x->forced_field, x->forced_value);
}

static int client_gone(void *ctx)
{
    return sd_exchange_gone(ctx);
}

bool sd_search_request(sd_exchange *x, js_request *q, unsigned uses, const ls_reader *r)
{
    js_problem p = {0};
    size_t i;
    int rc = LS_OK;
    js_request_init(q, uses);
    q->schema = ls_reader_schema(r);
    q->cancel = client_gone;
    q->cancel_ctx = x;
    for (i = 0; rc == LS_OK && i < x->target.arg_count; i++) {
        const sd_arg *a = &x->target.args[i];
        rc = js_request_set(q, a->name, a->name_len, a->value, a->value_len, &p);
    }
    if (rc == LS_OK && x->content.len) rc = js_request_set_json(q, x->content.data, x->content.len, &p);
    if (rc == LS_OK && (!sd_search_limits(x, q) || (q->hidden && !sd_exchange_see_hidden(x)))) return false;
    if (rc == LS_OK) rc = js_request_ready(q, ls_reader_schema(r), &p);
    if (rc == LS_OK) return true;
    sd_answer_problem(x, &p);
    return false;
}
