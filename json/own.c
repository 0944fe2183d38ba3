/* own.c — the fields of an index's schema as parameters of a search, beside those that the table of params.c names:
 *
 *   tag=a  not.tag=b          of a keyword field; repeated: one or another
 *   year=2020                 of a number or date field: this value, or this period
 *   from.year=1990 to.year=   at least, at most; both inclusive
 *
 * Owns which fields are, what their names mean and the filters that they become. The table's names win, and a field that
 * the table has under another name (subjects: subject) is none. Values are kept as they were given, so that links and forms
 * can repeat them, and understood by js_own_ready. Ignorant of what a search is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"

#define VALUE_MAX 512 /* bytes, as of the table's filters */

typedef enum part { SAME, NOT, FROM, TO } part;

/* The field that a parameter is about; NULL: none, or of a kind that has no such parameter. */
static const ls_field *field_of(const ls_schema *s, const char *name, size_t len, part *p)
{
    static const char *const prefixes[] = {"", "not.", "from.", "to."};
    char field[64];
    *p = SAME;
    for (part i = NOT; i <= TO; i++) {
        size_t n = strlen(prefixes[i]);
        if (len <= n || memcmp(name, prefixes[i], n) != 0) continue;
        *p = i;
        name += n;
        len -= n;
        break;
    }
    if (s == NULL || len == 0 || len >= sizeof field || memchr(name, '\0', len)) return NULL;
    memcpy(field, name, len);
    field[len] = '\0';
    const ls_field *f = ls_schema_find(s, field);
    for (size_t i = 0; f && i < JS_FILTERS; i++)
        if (strcmp(js_filter_field(s, i), field) == 0) return NULL;
    if (f && f->type == LS_KEYWORD) return *p == SAME || *p == NOT ? f : NULL;
    return f && (f->type == LS_INTEGER || f->type == LS_DATE) && *p != NOT ? f : NULL;
}

bool js_own_is(const ls_schema *s, const char *name, size_t len)
{
    part p;
    return field_of(s, name, len, &p) != NULL;
}

/* ---- what there is, for who asked for something else ---- */

bool js_own_names(char *out, size_t cap, const ls_schema *s)
{
    const ls_field *f;
    part p;
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; s && (f = ls_schema_field(s, i)) != NULL; i++) {
        size_t len = strlen(f->name);
        if (!field_of(s, f->name, len, &p) || js_param_find(f->name, len, JS_FOR_SEARCH)) continue;
        const char *more = f->type == LS_KEYWORD ? "not" : "from, to";
        if (n + 2 * len + 24 > cap) {
            if (n + 6 <= cap) snprintf(out + n, cap - n, ", …");
            return true;
        }
        n += (size_t)snprintf(out + n, cap - n, "%s%s (%s)", n ? ", " : "", f->name, more);
    }
    return n > 0;
}

const char *js_own_guess(char out[72], const ls_schema *s, const char *name, size_t len)
{
    static const char *const prefixes[] = {"", "not.", "from.", "to."};
    const ls_field *f;
    size_t least = 3, skip = 0;
    part at = SAME, p;
    out[0] = '\0';
    for (part i = NOT; i <= TO && at == SAME; i++)
        if (len > strlen(prefixes[i]) && memcmp(name, prefixes[i], strlen(prefixes[i])) == 0) at = i;
    skip = strlen(prefixes[at]);
    if (len - skip > JS_EDITS_MAX || len - skip < 2) return NULL;
    for (size_t i = 0; s && (f = ls_schema_field(s, i)) != NULL; i++) {
        char whole[72];
        int n = snprintf(whole, sizeof whole, "%s%s", prefixes[at], f->name);
        if (strlen(f->name) > JS_EDITS_MAX || !field_of(s, whole, (size_t)n, &p)) continue;
        size_t d = js_edits(name + skip, len - skip, f->name, strlen(f->name));
        if (d >= least) continue;
        least = d;
        memcpy(out, whole, sizeof whole);
    }
    return out[0] ? out : NULL;
}

/* ---- taking ---- */

static bool is(const char *a, const char *s, size_t len)
{
    return strlen(a) == len && memcmp(a, s, len) == 0;
}

int js_own_set(js_request *q, const char *name, size_t name_len, const char *v, size_t len, js_problem *p)
{
    char shown[72];
    part which;
    const ls_field *f = field_of(q->schema, name, name_len, &which);
    snprintf(shown, sizeof shown, "%.*s", (int)(name_len < 71 ? name_len : 71), name);
    if (f == NULL) return js_problem_set(p, "invalid_parameter", shown, "unknown parameter '%s'", shown);
    if (memchr(v, '\0', len)) return js_problem_set(p, "invalid_parameter", shown, "%s: a NUL character", shown);
    if (len > VALUE_MAX)
        return js_problem_set(p, "invalid_parameter", shown, "%s: a value may have at most %d bytes", shown, VALUE_MAX);
    for (size_t i = 0; i < q->own_names.count; i++) {
        if (!is(q->own_names.items[i], name, name_len)) continue;
        if (is(q->own_values.items[i], v, len)) return LS_OK;
        if (f->type != LS_KEYWORD)
            return js_problem_set(p, "invalid_parameter", shown, "%s: given twice; from.%s and to.%s make a range",
                                  shown, f->name, f->name);
    }
    if (len == 0) return LS_OK; /* an empty field of a form */
    if (q->own_names.count >= JS_OWN_MAX)
        return js_problem_set(p, "invalid_parameter", shown, "%s: at most %d values in all", shown, JS_OWN_MAX);
    int rc = js_list_add(&q->own_names, name, name_len, p);
    return rc == LS_OK ? js_list_add(&q->own_values, v, len, p) : rc;
}

/* ---- understanding ---- */

static int read_integer(int64_t *out, const char *name, const char *v, js_problem *p)
{
    char *end = NULL;
    errno = 0;
    long long n = v[strspn(v, "+-0123456789")] == '\0' ? strtoll(v, &end, 10) : 0;
    if (end == NULL || end == v || *end != '\0' || errno != 0)
        return js_problem_set(p, "invalid_parameter", name, "%s: expected a whole number, found '%.60s'", name, v);
    *out = n;
    return LS_OK;
}

/* The bound or bounds that one parameter sets. */
static int narrow(ls_filter *f, const js_request *q, const ls_schema *s, const char *name, const char *v, part which,
                  js_problem *p)
{
    int64_t first, last;
    int rc = LS_OK;
    if (ls_schema_find(s, f->field)->type == LS_INTEGER) {
        rc = read_integer(&first, name, v, p);
        last = first;
    } else if (ls_period_parse(v, strlen(v), js_zone(q, s), js_now(), &first, &last) != LS_OK) {
        rc = js_problem_set(p, "invalid_parameter", name, "%s: expected a date or RFC 3339, found '%.60s'", name, v);
    }
    if (rc != LS_OK) return rc;
    if (which != TO && first > f->from) f->from = first;
    if (which != FROM && last < f->to) f->to = last;
    if (f->from > f->to)
        return js_problem_set(p, "invalid_parameter", name, "%s: the range of %s ends before it begins", name,
                              f->field);
    return LS_OK;
}

static ls_filter *filter_of(js_request *q, const ls_field *field, int exclude)
{
    for (size_t i = 0; i < q->own_filter_count; i++)
        if (strcmp(q->own_filters[i].field, field->name) == 0 && q->own_filters[i].exclude == exclude)
            return &q->own_filters[i];
    ls_filter *f = &q->own_filters[q->own_filter_count++];
    *f = (ls_filter){.field = field->name, .exclude = exclude, .from = INT64_MIN, .to = INT64_MAX};
    return f;
}

static void forget_filters(js_request *q)
{
    free(q->own_filters);
    free(q->own_sorted);
    q->own_filters = NULL;
    q->own_sorted = NULL;
    q->own_filter_count = 0;
}

int js_own_ready(js_request *q, const ls_schema *s, js_problem *p)
{
    const size_t n = q->own_names.count;
    size_t sorted = 0;
    int rc = LS_OK;
    forget_filters(q);
    if (n == 0) return LS_OK;
    q->own_filters = calloc(n, sizeof *q->own_filters);
    q->own_sorted = calloc(n, sizeof *q->own_sorted);
    if (!q->own_filters || !q->own_sorted) {
        js_problem_set(p, "busy", NULL, "no memory for the request");
        return LS_NOMEM;
    }
    for (size_t i = 0; rc == LS_OK && i < n; i++) {
        const char *name = q->own_names.items[i];
        part which;
        const ls_field *field = field_of(s, name, strlen(name), &which);
        if (field == NULL) return js_problem_set(p, "invalid_parameter", name, "unknown parameter '%s'", name);
        ls_filter *f = filter_of(q, field, which == NOT);
        if (field->type != LS_KEYWORD) {
            rc = narrow(f, q, s, name, q->own_values.items[i], which, p);
            continue;
        }
        if (f->values) continue; /* taken with the first of its name */
        f->values = q->own_sorted + sorted;
        for (size_t k = i; k < n; k++)
            if (strcmp(q->own_names.items[k], name) == 0) q->own_sorted[sorted++] = q->own_values.items[k];
        f->value_count = (size_t)(q->own_sorted + sorted - f->values);
    }
    return rc;
}

void js_own_clear(js_request *q)
{
    forget_filters(q);
    js_list_free(&q->own_names);
    js_list_free(&q->own_values);
}
