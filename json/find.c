/* find.c — running a js_request: its query, its filters and order as ls_search_options, and the search itself.
 *
 * Owns what a parameter means to the library. A filter by byline is searched as part of the query, because byline is
 * a text; it must not change what `parsed` and the snippets show, so the query as typed is kept beside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json/inside.h"

#define PAGE_END 10000 /* offset + limit */

int64_t js_now(void)
{
    struct timespec t;
    if (timespec_get(&t, TIME_UTC) == 0) return 0;
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *js_zone(const js_request *q, const ls_schema *s)
{
    return q->tz ? q->tz : ls_schema_get(s, "timezone");
}

/* ---- what concerns several parameters or the schema ---- */

static bool is_date(const ls_schema *s, const char *name)
{
    const ls_field *f = ls_schema_find(s, name);
    return f && f->type == LS_DATE;
}

static int ready_sort(js_request *q, const ls_schema *s, js_problem *p)
{
    const char *v = q->sort ? q->sort : "relevance";
    q->order = LS_BY_RELEVANCE;
    q->order_field = NULL;
    if (strcmp(v, "relevance") == 0) return LS_OK;
    if (strcmp(v, "newest") == 0 || strcmp(v, "oldest") == 0) {
        if (!is_date(s, "published"))
            return js_problem_set(p, "invalid_parameter", "sort", "sort: this index has no field 'published'");
        q->order = v[0] == 'n' ? LS_BY_FIELD_DESC : LS_BY_FIELD_ASC;
        q->order_field = "published";
        return LS_OK;
    }
    size_t n = strcspn(v, ":");
    bool desc = strcmp(v + n, ":desc") == 0;
    if ((!desc && strcmp(v + n, ":asc") != 0) || n >= sizeof q->order_name)
        return js_problem_set(p, "invalid_parameter", "sort",
                              "sort: expected relevance, newest, oldest, FIELD:asc or FIELD:desc, found '%.40s'", v);
    memcpy(q->order_name, v, n);
    q->order_name[n] = '\0';
    const ls_field *f = ls_schema_find(s, q->order_name);
    if (f == NULL || (f->type != LS_INTEGER && f->type != LS_DATE && f->type != LS_KEYWORD))
        return js_problem_set(p, "invalid_parameter", "sort", "sort: '%s' is no integer, date or keyword field",
                              q->order_name);
    q->order = desc ? LS_BY_FIELD_DESC : LS_BY_FIELD_ASC;
    q->order_field = q->order_name;
    return LS_OK;
}

static int ready_dates(js_request *q, const ls_schema *s, js_problem *p)
{
    int64_t first, last, now = js_now();
    const char *zone = js_zone(q, s);
    if (q->tz && ls_period_parse("2000", 4, q->tz, now, &first, &last) != LS_OK)
        return js_problem_set(p, "invalid_parameter", "tz", "tz: unknown time zone '%.60s'", q->tz);
    if ((q->from || q->to) && !is_date(s, "published"))
        return js_problem_set(p, "invalid_parameter", q->from ? "from" : "to", "this index has no field 'published'");
    if (q->from && ls_period_parse(q->from, strlen(q->from), zone, now, &q->from_ms, &last) != LS_OK)
        return js_problem_set(p, "invalid_parameter", "from", "from: expected a date or RFC 3339, found '%.60s'",
                              q->from);
    if (q->to && ls_period_parse(q->to, strlen(q->to), zone, now, &first, &q->to_ms) != LS_OK)
        return js_problem_set(p, "invalid_parameter", "to", "to: expected a date or RFC 3339, found '%.60s'", q->to);
    if (q->from_ms > q->to_ms) return js_problem_set(p, "invalid_parameter", "from", "from: is later than to");
    return LS_OK;
}

/* The field that a facet's name means: subject counts subjects. */
static const char *facet_field(const ls_schema *s, const char *name)
{
    for (size_t i = 0; i < JS_FILTERS; i++)
        if (strcmp(js_filter_name(i), name) == 0) return js_filter_field(s, i);
    return name;
}

static int ready_histogram(const js_request *q, const ls_schema *s, js_problem *p)
{
    if (q->histogram < 0 || is_date(s, "published")) return LS_OK;
    return js_problem_set(p, "invalid_parameter", "histogram", "histogram: this index has no field 'published'");
}

static int no_facet(const char *name, const ls_schema *s, js_problem *p)
{
    char there[400] = "";
    const ls_field *f;
    for (size_t i = 0, n = 0; (f = ls_schema_field(s, i)) != NULL; i++)
        if (f->type == LS_KEYWORD && n + strlen(f->name) + 3 < sizeof there)
            n += (size_t)snprintf(there + n, sizeof there - n, "%s%s", n ? ", " : "", f->name);
    return js_problem_set(p, "invalid_parameter", "facets", "facets: '%.60s' is no keyword field; there %s%s", name,
                          there[0] ? "are " : "is none", there);
}

/* source, not.source … */
static bool is_filter(const char *name, size_t len)
{
    if (len > 4 && memcmp(name, "not.", 4) == 0) {
        name += 4;
        len -= 4;
    }
    for (size_t i = 0; i < JS_FILTERS; i++)
        if (strlen(js_filter_name(i)) == len && memcmp(js_filter_name(i), name, len) == 0) return true;
    return false;
}

/* The command line's NAME=VALUE, which could not be taken before the schema was known. */
static int ready_filters(js_request *q, const ls_schema *s, js_problem *p)
{
    int rc = LS_OK;
    q->schema = s;
    for (size_t i = 0; rc == LS_OK && i < q->filters.count; i++) {
        const char *name = q->filters.items[i], *eq = strchr(name, '=');
        size_t n = eq ? (size_t)(eq - name) : 0;
        const js_param *d = js_param_find(name, n, q->uses);
        if (n == 0)
            return js_problem_set(p, "invalid_parameter", "filter", "filter: expected NAME=VALUE, found '%.60s'", name);
        if (d && !is_filter(name, n))
            return js_problem_set(p, "invalid_parameter", "filter",
                                  "filter: '%.*s' is no field; it is a flag of its own", (int)(n < 60 ? n : 60), name);
        rc = js_request_set(q, name, n, eq + 1, strlen(eq + 1), p);
    }
    js_list_free(&q->filters);
    return rc == LS_OK ? js_own_ready(q, s, p) : rc;
}

static int ready_fields(const js_request *q, const ls_schema *s, js_problem *p)
{
    for (size_t i = 0; i < q->facets.count; i++) {
        const ls_field *f = ls_schema_find(s, facet_field(s, q->facets.items[i]));
        if (f == NULL || f->type != LS_KEYWORD) return no_facet(q->facets.items[i], s, p);
    }
    for (size_t i = 0; i < JS_FILTERS; i++) {
        if (q->with[i].count + q->without[i].count == 0) continue;
        const ls_field *f = ls_schema_find(s, js_filter_field(s, i));
        if (f == NULL || (f->type != LS_KEYWORD && f->type != LS_TEXT))
            return js_problem_set(p, "invalid_parameter", js_filter_name(i), "%s: this index has no such field",
                                  js_filter_name(i));
    }
    return js_check_fields(q, s, p);
}

int js_request_ready(js_request *q, const ls_schema *s, js_problem *p)
{
    if (q->offset + q->limit > PAGE_END)
        return js_problem_set(p, "invalid_parameter", "offset", "offset + limit: at most %d; to go further, use cursor",
                              PAGE_END);
    if (q->cursor && q->offset > 0)
        return js_problem_set(p, "invalid_parameter", "offset", "offset and cursor exclude each other");
    int rc = ready_filters(q, s, p);
    if (rc == LS_OK) rc = ready_sort(q, s, p);
    if (rc == LS_OK) rc = ready_dates(q, s, p);
    if (rc == LS_OK) rc = ready_histogram(q, s, p);
    if (rc == LS_OK) rc = ready_fields(q, s, p);
    q->ready = rc == LS_OK;
    return rc;
}

/* ---- the query ---- */

static unsigned query_flags(const js_request *q)
{
    return (q->any ? LS_MATCH_ANY : 0u) | (q->simple ? LS_MODE_SIMPLE : 0u) |
           (q->score_function_words ? LS_SCORE_FUNCTION_WORDS : 0u);
}

/* The language that a search is filtered by; NULL: none, or several. */
static const char *only_language(const js_request *q)
{
    for (size_t i = 0; i < JS_FILTERS; i++)
        if (!strcmp(js_filter_name(i), "language") && q->with[i].count == 1) return q->with[i].items[0];
    return NULL;
}

static int parse_typed(ls_query **out, const js_request *q, const ls_schema *s, const char *further,
                       const ls_feedback *feedback, ls_error *err)
{
    LS_INIT(ls_query_options, o);
    o.flags = query_flags(q);
    o.feedback = feedback;
    o.without = q->unwanted;
    o.without_count = q->unwanted_count;
    /* Nothing asked, or blanks alone: everything, which filters and orders then cut. */
    bool all = q->q_len == 0 || strspn(q->q, " \t\r\n") == q->q_len;
    o.synonyms = q->no_synonyms ? NULL : q->synonyms;
    if (all) o.flags &= ~(unsigned)LS_MODE_SIMPLE;
    o.language = further ? further : only_language(q);
    int rc = ls_query_parse(out, s, all ? "*" : q->q, all ? 1 : q->q_len, &o, err);
    const ls_warning *w = rc == LS_OK && o.language ? ls_query_warning(*out, 0) : NULL;
    if (!w || strcmp(w->code, "unknown_language") != 0) return rc;
    ls_query_free(*out); /* nobody asked to stem by it */
    o.language = NULL;
    return ls_query_parse(out, s, all ? "*" : q->q, all ? 1 : q->q_len, &o, err);
}

int js_request_query(ls_query **out, const js_request *q, const ls_schema *s, const char *further, ls_error *err)
{
    return parse_typed(out, q, s, further, NULL, err);
}

/* field:("a" OR "b"); quotes and backslashes of the values become blanks. */
static void put_text_filter(js_text *t, const char *field, const js_list *l, bool exclude)
{
    if (l->count == 0) return;
    js_puts(t, " AND ");
    js_puts(t, exclude ? "NOT " : "");
    js_puts(t, field);
    js_puts(t, ":(");
    for (size_t i = 0; i < l->count; i++) {
        js_puts(t, i ? " OR \"" : "\"");
        for (const char *c = l->items[i]; *c; c++) js_putc(t, *c == '"' || *c == '\\' ? ' ' : *c);
        js_putc(t, '"');
    }
    js_putc(t, ')');
}

static bool filter_is_text(const ls_schema *s, size_t i)
{
    const ls_field *f = ls_schema_find(s, js_filter_field(s, i));
    return f && f->type == LS_TEXT;
}

/* *out: the query with its filters of text fields, or NULL where there are none. */
static int searched_query(ls_query **out, const js_request *q, const ls_query *typed, const ls_schema *s,
                          const ls_feedback *feedback, ls_error *err)
{
    js_text t = {0};
    int rc = LS_OK;
    *out = NULL;
    for (size_t i = 0; i < JS_FILTERS; i++) {
        if (!filter_is_text(s, i)) continue;
        put_text_filter(&t, js_filter_field(s, i), &q->with[i], false);
        put_text_filter(&t, js_filter_field(s, i), &q->without[i], true);
    }
    if (t.len > 0) {
        js_text whole = {0};
        js_printf(&whole, "(%s)%s", ls_query_parsed(typed), t.data);
        LS_INIT(ls_query_options, o);
        o.without = q->unwanted;
        o.without_count = q->unwanted_count;
        o.flags = query_flags(q) & ~(unsigned)LS_MODE_SIMPLE; /* parsed is written with operators */
        /* what words gained stands in parsed, but where every character is text */
        o.synonyms = q->simple && !q->no_synonyms ? q->synonyms : NULL;
        o.feedback = q->simple ? feedback : NULL;
        rc = js_text_rc(&whole, err);
        if (rc == LS_OK) rc = ls_query_parse(out, s, whole.data, whole.len, &o, err);
        js_text_free(&whole);
    }
    if (rc == LS_OK) rc = js_text_rc(&t, err);
    js_text_free(&t);
    return rc;
}

/* ---- the search ---- */

static size_t make_filters(ls_filter *f, const js_request *q, const ls_schema *s)
{
    size_t n = 0;
    for (size_t i = 0; i < JS_FILTERS; i++) {
        for (int exclude = 0; exclude < 2; exclude++) {
            const js_list *l = exclude ? &q->without[i] : &q->with[i];
            if (l->count == 0 || filter_is_text(s, i)) continue;
            f[n++] = (ls_filter){.field = js_filter_field(s, i),
                                 .exclude = exclude,
                                 .values = (const char *const *)l->items,
                                 .value_count = l->count,
                                 .from = INT64_MIN,
                                 .to = INT64_MAX};
        }
    }
    for (size_t i = 0; i < q->own_filter_count; i++) f[n++] = q->own_filters[i];
    if (q->from || q->to) f[n++] = (ls_filter){.field = "published", .from = q->from_ms, .to = q->to_ms};
    return n;
}

static void make_options(ls_search_options *o, const js_request *q, const ls_schema *s, const ls_filter *filters,
                         size_t filter_count, const char **facets)
{
    o->limit = (size_t)q->limit;
    o->offset = (size_t)q->offset;
    o->count_only = q->limit == 0;
    o->sort = q->order;
    o->sort_field = q->order_field;
    o->filters = filters;
    o->filter_count = filter_count;
    o->cursor = q->cursor;
    for (size_t i = 0; i < q->facets.count; i++) facets[i] = facet_field(s, q->facets.items[i]);
    o->facets = facets;
    o->facet_count = q->facets.count;
    o->fold = q->fold;
    o->lead = q->lead;
    o->latest = q->latest;
    o->sees = q->sees;
    o->sees_ctx = q->sees_ctx;
    o->facet_limit = (size_t)q->facet_limit;
    o->timeout_ms = (int)q->timeout_ms;
    o->require_complete = q->require_complete;
    o->half_life_days = q->half_life;
    o->histogram = q->histogram < 0 ? NULL : "published";
    o->histogram_unit = q->histogram < 0 ? LS_HISTOGRAM_AUTO : q->histogram;
    o->histogram_zone = q->tz;
    o->cancel = q->cancel;
    o->cancel_ctx = q->cancel_ctx;
}

static int make_queries(js_found *out, const js_request *q, const ls_schema *s, ls_error *err)
{
    ls_query_free(out->searched);
    ls_query_free(out->query);
    out->query = out->searched = NULL;
    int rc = parse_typed(&out->query, q, s, NULL, out->feedback, err);
    return rc == LS_OK ? searched_query(&out->searched, q, out->query, s, out->feedback, err) : rc;
}

/* expand=feedback: a first search for the best, copies of a story counting once, and the queries made again with the words
 * that these have in common. It hangs on nothing that a page has of its own, so that all pages agree. */
static int expand(js_found *out, const js_request *q, const ls_reader *r, ls_search_options *o, ls_error *err)
{
    ls_results *best = NULL;
    LS_INIT(ls_search_options, first);
    first.filters = o->filters;
    first.filter_count = o->filter_count;
    first.latest = o->latest;
    first.sees = o->sees;
    first.sees_ctx = o->sees_ctx;
    first.fold = LS_FOLD_SIMILAR;
    first.total = LS_TOTAL_NONE;
    first.timeout_ms = o->timeout_ms;
    first.require_complete = 1; /* the best of a part would be others each time */
    first.cancel = o->cancel;
    first.cancel_ctx = o->cancel_ctx;
    int rc = ls_search(&best, r, out->searched ? out->searched : out->query, &first, err);
    if (rc == LS_TIMEOUT && !o->require_complete) {
        out->no_time = true;
        o->timeout_ms = 1;
        return LS_OK;
    }
    if (rc == LS_OK) rc = ls_feedback_new(&out->feedback, r, out->query, best, NULL, err);
    if (rc == LS_OK) rc = make_queries(out, q, ls_reader_schema(r), err);
    if (rc == LS_OK && o->timeout_ms > 0) {
        int left = o->timeout_ms - (int)ls_results_get(best).took_ms;
        o->timeout_ms = left > 0 ? left : 1;
    }
    ls_results_free(best);
    return rc;
}

int js_find_with(js_found *out, const js_request *q, const ls_reader *r, js_with_fn *with, void *ctx, ls_error *err)
{
    const ls_schema *s = ls_reader_schema(r);
    LS_INIT(ls_search_options, o);
    ls_filter filters[2 * JS_FILTERS + JS_OWN_MAX + 1];
    const char *facets[128];
    int rc;
    *out = (js_found){0};
    if ((rc = make_queries(out, q, s, err)) != LS_OK) goto out;
    make_options(&o, q, s, filters, make_filters(filters, q, s), facets);
    if (q->feedback && (rc = expand(out, q, r, &o, err)) != LS_OK) goto out;
    const ls_query *query = out->searched ? out->searched : out->query;
    rc = with ? with(ctx, query, &o, err) : ls_search(&out->results, r, query, &o, err);
out:
    if (rc != LS_OK) js_found_clear(out);
    return rc;
}

int js_find(js_found *out, const js_request *q, const ls_reader *r, js_problem *p)
{
    ls_error err = {0};
    if (!q->ready) {
        *out = (js_found){0};
        return js_problem_set(p, "internal", NULL, "the request was not made ready");
    }
    int rc = js_find_with(out, q, r, NULL, NULL, &err);
    if (rc == LS_INVALID && strncmp(err.message, "cursor: ", 8) == 0)
        return js_problem_set(p, "invalid_parameter", "cursor", "%s", err.message);
    return rc == LS_OK ? LS_OK : js_problem_from(p, &err);
}

void js_found_clear(js_found *f)
{
    ls_highlighter_close(f->highlighter);
    ls_results_free(f->results);
    ls_query_free(f->searched);
    ls_query_free(f->query);
    ls_feedback_free(f->feedback);
    *f = (js_found){0};
}

int js_search(js_text *out, const js_request *q, const ls_reader *r, js_problem *p)
{
    js_found f;
    ls_error err = {0};
    int rc = js_find(&f, q, r, p);
    if (rc != LS_OK) return rc;
    rc = js_write_search(out, q, r, &f, &err);
    js_found_clear(&f);
    return rc == LS_OK ? LS_OK : js_problem_from(p, &err);
}
