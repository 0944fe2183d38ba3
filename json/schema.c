/* schema.c — a schema of one's own from JSON, and a schema as JSON.
 *
 *   {"language":"english","timezone":"Europe/Berlin",
 *    "fields":{"title":{"type":"text","weight":3},"source":{"type":"keyword"},"published":{"type":"date"}}}
 *
 * Beside "fields" stand the settings of ls_schema_set, and the lists of ls_schema_add_boilerplate, "*" for every source:
 *
 *   "boilerplate":{"*":["Read the whole story"],"The Daily Example":["Sign up here"]}
 *
 * A stored field `extra` is added where there is none, so that
 * members which no field takes are kept and returned here as in the news schema. */
#include <stdio.h>
#include <string.h>

#include "json/inside.h"

static const char *const types[] = {NULL, "text", "keyword", "integer", "date", "stored"};
static const char *const settings[] = {"language", "k1", "b", "timezone", "title", "main", "copies"};

static int read_type(ls_type *out, const char *name, const json_t *v, ls_error *err)
{
    const char *s = json_string_value(v);
    for (int i = LS_TEXT; s && i <= LS_STORED; i++) {
        if (strcmp(types[i], s) != 0) continue;
        *out = (ls_type)i;
        return LS_OK;
    }
    return js_fail(err, LS_INVALID, UINT64_MAX,
                   "field '%.64s': type: expected text, keyword, integer, date or stored, %s%.40s%s", name,
                   s ? "found '" : "found ",
                   s   ? s
                   : v ? js_type_name(v)
                       : "none",
                   s ? "'" : "");
}

static int read_field(ls_schema *schema, const char *name, const json_t *v, ls_error *err)
{
    LS_INIT(ls_field, f);
    const char *key;
    json_t *member;
    if (!json_is_object(v))
        return js_fail(err, LS_INVALID, UINT64_MAX, "field '%.64s': expected an object, found %s", name,
                       js_type_name(v));
    f.name = name;
    int rc = read_type(&f.type, name, json_object_get(v, "type"), err);
    if (rc != LS_OK) return rc;
    f.weight = f.type == LS_TEXT ? 1 : 0;
    json_object_foreach((json_t *)(uintptr_t)v, key, member)
    {
        if (strcmp(key, "type") == 0) continue;
        if (strcmp(key, "weight") == 0 && json_is_integer(member) && f.type == LS_TEXT) {
            json_int_t w = json_integer_value(member);
            f.weight = w < 0 || w > 255 ? -1 : (int)w; /* ls_schema_add says what was expected */
        } else if (strcmp(key, "stored") == 0 && json_is_boolean(member)) {
            f.not_stored = json_is_false(member);
        } else {
            return js_fail(
                err, LS_INVALID, UINT64_MAX,
                "field '%.64s': '%.40s': expected type, stored (true or false) and, of text, weight (0 to 255)", name,
                key);
        }
    }
    return ls_schema_add(schema, &f, err);
}

static int read_line(ls_schema *schema, const char *source, const json_t *v, ls_error *err)
{
    const char *line = json_string_value(v);
    if (!line)
        return js_fail(err, LS_INVALID, UINT64_MAX, "boilerplate: '%.64s': expected strings, found %s", source,
                       js_type_name(v));
    if (strlen(line) != json_string_length(v))
        return js_fail(err, LS_INVALID, UINT64_MAX, "boilerplate: '%.64s': expected lines without a NUL", source);
    return ls_schema_add_boilerplate(schema, source, line, err);
}

static int read_boilerplate(ls_schema *schema, const json_t *lists, ls_error *err)
{
    const char *source;
    json_t *list;
    int rc = LS_OK;
    if (!json_is_object(lists))
        return js_fail(err, LS_INVALID, UINT64_MAX, "boilerplate: expected an object of sources, found %s",
                       js_type_name(lists));
    json_object_foreach((json_t *)(uintptr_t)lists, source, list)
    {
        if (rc == LS_OK && !json_is_array(list))
            rc = js_fail(err, LS_INVALID, UINT64_MAX, "boilerplate: '%.64s': expected an array of lines, found %s",
                         source, js_type_name(list));
        for (size_t i = 0; rc == LS_OK && i < json_array_size(list); i++)
            rc = read_line(schema, source, json_array_get(list, i), err);
    }
    return rc;
}

static int read_setting(ls_schema *schema, const char *key, const json_t *v, ls_error *err)
{
    js_text t = {0};
    bool known = false;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) known = known || strcmp(settings[i], key) == 0;
    if (!known)
        return js_fail(err, LS_INVALID, UINT64_MAX,
                       "'%.64s': expected fields, language, k1, b, timezone, title, main, copies or boilerplate", key);
    if (json_is_string(v)) js_puts(&t, json_string_value(v));
    else if (json_is_number(v)) js_number(&t, json_number_value(v));
    else return js_fail(err, LS_INVALID, UINT64_MAX, "%s: expected a string, found %s", key, js_type_name(v));
    int rc = js_text_rc(&t, err);
    if (rc == LS_OK) rc = ls_schema_set(schema, key, t.data ? t.data : "", err);
    js_text_free(&t);
    return rc;
}

static int read_schema(ls_schema *schema, const json_t *tree, ls_error *err)
{
    const char *key;
    json_t *v;
    int rc = LS_OK;
    const json_t *fields = json_object_get(tree, "fields");
    if (!json_is_object(fields) || json_object_size(fields) == 0)
        return js_fail(err, LS_INVALID, UINT64_MAX, "fields: expected an object of fields, found %s",
                       fields ? js_type_name(fields) : "none");
    json_object_foreach((json_t *)(uintptr_t)fields, key, v)
    {
        if (rc == LS_OK) rc = read_field(schema, key, v, err);
    }
    if (rc == LS_OK && ls_schema_find(schema, "extra") == NULL) {
        LS_INIT(ls_field, extra);
        extra.name = "extra";
        extra.type = LS_STORED;
        rc = ls_schema_add(schema, &extra, err);
    }
    json_object_foreach((json_t *)(uintptr_t)tree, key, v)
    {
        if (rc != LS_OK || strcmp(key, "fields") == 0) continue;
        rc = strcmp(key, "boilerplate") ? read_setting(schema, key, v, err) : read_boilerplate(schema, v, err);
    }
    return rc;
}

int js_boilerplate_read(ls_schema **out, const char *text, size_t len, ls_error *err)
{
    json_t *tree = NULL;
    ls_schema *schema = NULL;
    *out = NULL;
    int rc = js_parse(&tree, text, len, err);
    const json_t *lists = json_object_get(tree, "boilerplate");
    if (rc == LS_OK && !lists)
        rc = js_fail(err, LS_INVALID, UINT64_MAX, "expected {\"boilerplate\":{\"SOURCE\":[\"LINE\"]}}, found none");
    if (rc == LS_OK) rc = ls_schema_new(&schema, err);
    if (rc == LS_OK) rc = read_boilerplate(schema, lists, err);
    json_decref(tree);
    if (rc != LS_OK) ls_schema_free(schema);
    else *out = schema;
    return rc;
}

int js_schema_read(ls_schema **out, const char *text, size_t len, ls_error *err)
{
    json_t *tree = NULL;
    ls_schema *schema = NULL;
    *out = NULL;
    int rc = js_parse(&tree, text, len, err);
    if (rc == LS_OK) rc = ls_schema_new(&schema, err);
    if (rc == LS_OK) rc = read_schema(schema, tree, err);
    json_decref(tree);
    if (rc != LS_OK) ls_schema_free(schema);
    else *out = schema;
    return rc;
}

/* Lines of one source stand together, whenever they came: a source is written where its first line is. */
static void write_lists(js_text *out, const ls_schema *s)
{
    const char *source, *line, *other;
    size_t first = 0, lists = 0;
    js_putc(out, '{');
    for (size_t i = 0; ls_schema_boilerplate(s, i, &source) != NULL; i++) {
        for (first = 0; ls_schema_boilerplate(s, first, &other) && strcmp(source, other) != 0; first++) continue;
        if (first < i) continue;
        if (lists++) js_putc(out, ',');
        js_cstring(out, source);
        js_puts(out, ":[");
        for (size_t k = i; (line = ls_schema_boilerplate(s, k, &other)) != NULL; k++) {
            if (strcmp(source, other) != 0) continue;
            if (k > i) js_putc(out, ',');
            js_cstring(out, line);
        }
        js_putc(out, ']');
    }
    js_putc(out, '}');
}

void js_write_boilerplate(js_text *out, const ls_schema *s)
{
    js_puts(out, "{\"boilerplate\":");
    write_lists(out, s);
    js_putc(out, '}');
}

void js_write_schema(js_text *out, const ls_schema *s)
{
    const ls_field *f;
    js_putc(out, '{');
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const char *v = ls_schema_get(s, settings[i]);
        if (v == NULL || v[0] == '\0') continue;
        js_key(out, settings[i]);
        js_cstring(out, v);
    }
    js_key(out, "fields");
    js_putc(out, '{');
    for (size_t i = 0; (f = ls_schema_field(s, i)) != NULL; i++) {
        js_key(out, f->name);
        js_printf(out, "{\"type\":\"%s\"", types[f->type]);
        if (f->type == LS_TEXT) js_printf(out, ",\"weight\":%d", f->weight);
        if (f->not_stored) js_puts(out, ",\"stored\":false");
        js_putc(out, '}');
    }
    js_putc(out, '}');
    if (ls_schema_boilerplate(s, 0, NULL)) {
        js_key(out, "boilerplate");
        write_lists(out, s);
    }
    js_putc(out, '}');
}
