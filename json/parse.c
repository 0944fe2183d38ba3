/* parse.c — JSON text into jansson's tree, strictly, and a tree back into text.
 *
 * Strictly: UTF-8 (the caller has mended it), at most 64 deep (looked at before jansson recurses), no member twice,
 * nothing behind the value. Errors say line, column and byte. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"

int js_fail(ls_error *err, int code, uint64_t offset, const char *format, ...)
{
    if (err == NULL) return code;
    *err = (ls_error){.code = code, .offset = offset};
    va_list ap;
    va_start(ap, format);
    vsnprintf(err->message, sizeof err->message, format, ap);
    va_end(ap);
    for (char *c = err->message; *c; c++)
        if (*c == '\n' || *c == '\r') *c = ' ';
    return code;
}

/* Offset of the bracket that is one too deep, or len. Strings are stepped over; broken ones end the walk, jansson will
 * find them. */
static size_t too_deep(const char *s, size_t len)
{
    size_t depth = 0;
    for (size_t i = 0; i < len; i++) {
        switch (s[i]) {
        case '"':
            for (i++; i < len && s[i] != '"'; i++)
                if (s[i] == '\\') i++;
            break;
        case '{':
        case '[':
            if (++depth > JS_DEPTH_MAX) return i;
            break;
        case '}':
        case ']':
            if (depth > 0) depth--;
            break;
        default:
            break;
        }
    }
    return len;
}

/* Where memory runs out, jansson says nothing, or blames the syntax. So its allocations are watched. */
static _Thread_local bool starved;

static void *take_memory(size_t n)
{
    void *p = malloc(n);
    if (p == NULL) starved = true;
    return p;
}

static void watch_memory(void)
{
    json_set_alloc_funcs(take_memory, free);
}

int js_parse(json_t **out, const char *text, size_t len, ls_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* every use of jansson begins here */
    json_error_t e;
    *out = NULL;
    pthread_once(&once, watch_memory);
    starved = false;
    *out = js_parse_quickly(text, len);
    if (*out) return LS_OK;
    size_t deep = too_deep(text, len);
    if (deep < len) return js_fail(err, LS_LIMIT, deep, "byte %zu: nested deeper than %d", deep, JS_DEPTH_MAX);
    *out = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
    if (*out) return LS_OK;
    uint64_t at = e.position > 0 ? (uint64_t)e.position : 0;
    if (starved) return js_fail(err, LS_NOMEM, at, "no memory for the JSON");
    if (e.line > 1 || memchr(text, '\n', len))
        return js_fail(err, LS_INVALID, at, "line %d column %d: %s", e.line, e.column, e.text);
    return js_fail(err, LS_INVALID, at, "column %d: %s", e.column, e.text);
}

const char *js_type_name(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    default:
        return "null";
    }
}

static void write_object(js_text *out, const json_t *v)
{
    const char *key;
    json_t *member;
    size_t key_len;
    js_putc(out, '{');
    void *i = json_object_iter((json_t *)(uintptr_t)v);
    for (; i; i = json_object_iter_next((json_t *)(uintptr_t)v, i)) {
        key = json_object_iter_key(i);
        key_len = json_object_iter_key_len(i);
        member = json_object_iter_value(i);
        js_comma(out);
        js_string(out, key, key_len);
        js_putc(out, ':');
        js_write_json(out, member);
    }
    js_putc(out, '}');
}

int js_parse_object(json_t **out, const char *text, size_t len, js_problem *p)
{
    ls_error err = {0};
    if (js_parse(out, text, len, &err) != LS_OK) return js_problem_set(p, "invalid_json", NULL, "%s", err.message);
    if (json_is_object(*out)) return LS_OK;
    js_problem_set(p, "invalid_json", NULL, "expected an object, found %s", js_type_name(*out));
    json_decref(*out);
    *out = NULL;
    return LS_INVALID;
}

/* Recursion is bounded by JS_DEPTH_MAX: trees come from js_parse. */
void js_write_json(js_text *out, const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        write_object(out, v);
        break;
    case JSON_ARRAY:
        js_putc(out, '[');
        for (size_t i = 0; i < json_array_size(v); i++) {
            js_comma(out);
            js_write_json(out, json_array_get(v, i));
        }
        js_putc(out, ']');
        break;
    case JSON_STRING:
        js_string(out, json_string_value(v), json_string_length(v));
        break;
    case JSON_INTEGER:
        js_int(out, json_integer_value(v));
        break;
    case JSON_REAL:
        js_number(out, json_real_value(v));
        break;
    case JSON_TRUE:
        js_puts(out, "true");
        break;
    case JSON_FALSE:
        js_puts(out, "false");
        break;
    case JSON_NULL:
        js_puts(out, "null");
        break;
    }
}
