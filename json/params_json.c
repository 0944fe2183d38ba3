/* params_json.c — the parameters of a search from a JSON object (POST /v1/search): the same names as in a GET, with
 * JSON's types. {"q":"arms deal","source":["A","B"],"limit":5,"explain":true} */
#include <string.h>

#include "json/inside.h"

static int wrong(js_problem *p, const js_param *d, const char *expected, const json_t *v)
{
    return js_problem_set(p, "invalid_parameter", d->name, "%s: expected %s, found %s", d->name, expected,
                          js_type_name(v));
}

static int set_scalar(js_request *q, const js_param *d, const json_t *v, js_problem *p)
{
    js_text t = {0};
    switch (d->kind) {
    case JS_TEXT:
    case JS_CHOICE:
    case JS_LIST:
        if (!json_is_string(v)) return wrong(p, d, d->kind == JS_LIST ? "strings" : "a string", v);
        return js_request_set(q, d->name, strlen(d->name), json_string_value(v), json_string_length(v), p);
    case JS_INT:
        if (!json_is_integer(v)) return wrong(p, d, "a whole number", v);
        js_int(&t, json_integer_value(v));
        break;
    case JS_BOOL:
        if (!json_is_boolean(v)) return wrong(p, d, "true or false", v);
        js_puts(&t, json_is_true(v) ? "1" : "0");
        break;
    case JS_NUMBER:
        if (!json_is_number(v)) return wrong(p, d, "a number", v);
        js_number(&t, json_number_value(v));
        break;
    }
    int rc = js_request_set(q, d->name, strlen(d->name), t.data, t.len, p);
    js_text_free(&t);
    return rc;
}

/* A value of a field of the schema. */
static int set_own(js_request *q, const char *name, const json_t *v, js_problem *p)
{
    const js_param d = {.name = name};
    js_text t = {0};
    if (json_is_integer(v)) js_int(&t, json_integer_value(v));
    else if (json_is_string(v)) js_put(&t, json_string_value(v), json_string_length(v));
    else return wrong(p, &d, "a string or a whole number", v);
    int rc = js_request_set(q, name, strlen(name), t.data, t.len, p);
    js_text_free(&t);
    return rc;
}

static int set_member(js_request *q, const char *name, const json_t *v, js_problem *p)
{
    int rc = LS_OK;
    const js_param *d = js_param_find(name, strlen(name), q->uses);
    if (d == NULL && !js_own_is(q->schema, name, strlen(name)))
        return js_request_set(q, name, strlen(name), "", 0, p); /* says what was likely meant */
    if (json_is_null(v)) return LS_OK;
    if (!json_is_array(v)) return d ? set_scalar(q, d, v, p) : set_own(q, name, v, p);
    if (d && d->kind != JS_LIST) return wrong(p, d, "one value", v);
    for (size_t i = 0; rc == LS_OK && i < json_array_size(v); i++) {
        const json_t *e = json_array_get(v, i);
        rc = d ? set_scalar(q, d, e, p) : set_own(q, name, e, p);
    }
    return rc;
}

int js_request_set_json(js_request *q, const char *text, size_t len, js_problem *p)
{
    json_t *tree, *v;
    const char *name;
    int rc = js_parse_object(&tree, text, len, p);
    if (rc != LS_OK) return rc;
    json_object_foreach(tree, name, v)
    {
        if (rc == LS_OK) rc = set_member(q, name, v, p);
    }
    json_decref(tree);
    return rc;
}
