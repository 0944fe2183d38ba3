/* batch.c — many queries in one request, answered one by one: POST /v1/batch.
 *
 *     {"queries":["Kim Jong-un","ACME Ltd"],"limit":3,"source":["A"]}
 *     {"results":[{"query":"Kim Jong-un","total":2,"hits":[…],"error":null},…]}
 *
 * Owns the list and the order of its answers. One bad entry is told in its own line and the others go on; only what
 * concerns all of them (an unknown parameter, a list that is none) refuses the request. Memory: the list, and the hits
 * of one query. */
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"

struct js_batch {
    const ls_reader *r;
    js_request request; /* what all share; q is put in for each */
    json_t *tree;
    const json_t *queries; /* of the tree */
    size_t next;
    bool begun;
};

static int no_memory(js_problem *p)
{
    js_problem_set(p, "busy", NULL, "no memory for the request");
    return LS_NOMEM;
}

/* The parameters beside the list, by the rules of js_request_set_json. */
static int shared(js_batch *b, js_problem *p)
{
    js_text rest = {0};
    ls_error err = {0};
    json_t *others = json_copy(b->tree);
    if (others == NULL) return no_memory(p);
    json_object_del(others, "queries");
    js_write_json(&rest, others);
    json_decref(others);
    int rc = js_text_rc(&rest, &err) == LS_OK ? js_request_set_json(&b->request, rest.data, rest.len, p) : no_memory(p);
    js_text_free(&rest);
    return rc;
}

static int read_queries(js_batch *b, const char *text, size_t len, js_problem *p)
{
    int rc = js_parse_object(&b->tree, text, len, p);
    if (rc != LS_OK) return rc;
    b->queries = json_object_get(b->tree, "queries");
    if (!json_is_array(b->queries))
        return js_problem_set(p, "invalid_parameter", "queries", "queries: expected an array of strings, found %s",
                              b->queries ? js_type_name(b->queries) : "nothing");
    if (json_array_size(b->queries) > JS_BATCH_MAX)
        return js_problem_set(p, "invalid_parameter", "queries", "queries: at most %d, found %zu", JS_BATCH_MAX,
                              json_array_size(b->queries));
    return shared(b, p);
}

int js_batch_open(js_batch **out, const ls_schema *s, const char *text, size_t len, js_problem *p)
{
    js_batch *b = calloc(1, sizeof *b);
    *out = NULL;
    if (b == NULL) return no_memory(p);
    js_request_init(&b->request, JS_FOR_BATCH);
    b->request.schema = s;
    int rc = read_queries(b, text, len, p);
    if (rc != LS_OK) js_batch_close(b);
    else *out = b;
    return rc;
}

void js_batch_close(js_batch *b)
{
    if (b == NULL) return;
    js_request_clear(&b->request);
    json_decref(b->tree);
    free(b);
}

js_request *js_batch_request(js_batch *b)
{
    return &b->request;
}

int js_batch_begin(js_batch *b, const ls_reader *r, js_problem *p)
{
    b->r = r;
    return js_request_ready(&b->request, ls_reader_schema(r), p);
}

/* The query becomes the request's; the one before is forgotten. */
static int take_query(js_request *q, const json_t *v, js_problem *p)
{
    const js_param *d = js_param_find("q", 1, JS_FOR_SEARCH);
    free(q->q);
    q->q = NULL;
    q->q_len = 0;
    if (!json_is_string(v))
        return js_problem_set(p, "invalid_parameter", "queries", "expected a string, found %s", js_type_name(v));
    size_t len = json_string_length(v);
    if (len > (size_t)d->max)
        return js_problem_set(p, "invalid_parameter", "queries", "at most %lld bytes, found %zu", (long long)d->max,
                              len);
    if ((q->q = malloc(len + 1)) == NULL) return no_memory(p);
    memcpy(q->q, json_string_value(v), len);
    q->q[len] = '\0';
    q->q_len = len;
    return LS_OK;
}

static int put_found(js_text *out, const js_batch *b, js_found *f, ls_error *err)
{
    const ls_hit *hit;
    int rc = LS_OK;
    js_key(out, "total");
    js_uint(out, ls_results_get(f->results).total);
    js_key(out, "hits");
    js_putc(out, '[');
    for (size_t i = 0; rc == LS_OK && (hit = ls_results_hit(f->results, i)) != NULL; i++) {
        js_comma(out);
        rc = js_write_hit(out, &b->request, b->r, f, hit, err);
    }
    js_putc(out, ']');
    return rc;
}

int js_batch_next(js_batch *b, js_text *out, bool *more, ls_error *err)
{
    size_t count = json_array_size(b->queries);
    js_found f = {0};
    js_problem p = {0};
    int rc = LS_OK;
    if (!b->begun) js_puts(out, "{\"results\":[");
    b->begun = true;
    if (b->next < count) {
        const json_t *v = json_array_get(b->queries, b->next);
        js_puts(out, b->next ? ",{\"query\":" : "{\"query\":");
        if (json_is_string(v)) js_string(out, json_string_value(v), json_string_length(v));
        else js_puts(out, "null");
        int failed = take_query(&b->request, v, &p);
        if (failed == LS_OK) failed = js_find(&f, &b->request, b->r, &p);
        if (failed == LS_OK) rc = put_found(out, b, &f, err);
        else js_puts(out, ",\"total\":0,\"hits\":[]");
        js_key(out, "error");
        js_cstring(out, failed == LS_OK ? NULL : p.detail);
        js_putc(out, '}');
        js_found_clear(&f);
        b->next++;
    }
    *more = rc == LS_OK && b->next < count;
    if (!*more) js_puts(out, "]}");
    return rc == LS_OK ? js_text_rc(out, err) : rc;
}
