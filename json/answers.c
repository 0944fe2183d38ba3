/* answers.c — the small answers: suggestions, statistics, tokens, a check's report, what a write did. */
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"
#include "json/utf8.h"

/* OpenSearch Suggestions 1.1: the text, then what it may become; what was likely meant goes first. */
static void put_opensearch(js_text *out, const char *text, size_t len, const ls_suggestions *s)
{
    js_putc(out, '[');
    js_string(out, text, len);
    js_puts(out, ",[");
    if (s->did_you_mean) js_cstring(out, s->did_you_mean);
    for (size_t i = 0; i < s->count; i++) {
        js_comma(out);
        js_cstring(out, s->completions[i].text);
    }
    js_puts(out, "]]");
}

int js_write_suggest(js_text *out, const ls_reader *r, const char *text, size_t len, size_t limit, bool opensearch,
                     ls_error *err)
{
    ls_suggestions *s = NULL;
    int rc = ls_suggest(&s, r, text, len, limit, err);
    if (rc != LS_OK) return rc;
    if (opensearch) {
        put_opensearch(out, text, len, s);
        ls_suggestions_free(s);
        return js_text_rc(out, err);
    }
    js_puts(out, "{\"query\":");
    js_string(out, text, len);
    js_key(out, "completions");
    js_putc(out, '[');
    for (size_t i = 0; i < s->count; i++) {
        js_comma(out);
        js_puts(out, "{\"text\":");
        js_cstring(out, s->completions[i].text);
        js_key(out, "documents");
        js_uint(out, s->completions[i].documents);
        js_putc(out, '}');
    }
    js_putc(out, ']');
    js_key(out, "did_you_mean");
    js_cstring(out, s->did_you_mean);
    js_putc(out, '}');
    ls_suggestions_free(s);
    return js_text_rc(out, err);
}

static void put_count(js_text *out, const char *name, uint64_t v)
{
    js_key(out, name);
    js_uint(out, v);
}

static int languages_of_field(const ls_reader *r, const char *field, js_language_fn *each, void *ctx, ls_error *err)
{
    LS_INIT(ls_search_options, o);
    ls_query *q = NULL;
    ls_results *found = NULL;
    const ls_facet_value *v;
    o.count_only = 1;
    o.timeout_ms = -1;
    o.facets = &field;
    o.facet_count = 1;
    o.facet_limit = 1000;
    int rc = ls_query_parse(&q, ls_reader_schema(r), "*", 1, NULL, err);
    if (rc == LS_OK) rc = ls_search(&found, r, q, &o, err);
    for (size_t i = 0; rc == LS_OK && (v = ls_results_facet(found, 0, i)) != NULL; i++)
        each(ctx, v->value, v->len, v->count);
    ls_results_free(found);
    ls_query_free(q);
    return rc;
}

int js_languages(const ls_reader *r, js_language_fn *each, void *ctx, ls_error *err)
{
    LS_INIT(ls_stats, stats);
    const ls_field *f = ls_schema_find(ls_reader_schema(r), "language");
    if (f && f->type == LS_KEYWORD) return languages_of_field(r, f->name, each, ctx, err);
    int rc = ls_reader_summary(r, &stats, err);
    for (size_t i = 0; rc == LS_OK && i < stats.language_count; i++) {
        const char *code = js_language_code(stats.languages[i].language);
        each(ctx, code, strlen(code), stats.languages[i].documents);
    }
    return rc;
}

static void put_language(void *ctx, const char *code, size_t len, uint64_t documents)
{
    js_text *out = ctx;
    js_comma(out);
    js_string(out, code, len);
    js_putc(out, ':');
    js_uint(out, documents);
}

int js_write_stats(js_text *out, const ls_reader *r, ls_error *err)
{
    LS_INIT(ls_stats, s);
    int rc = ls_reader_summary(r, &s, err);
    if (rc != LS_OK) return rc;
    js_puts(out, "{\"generation\":");
    js_uint(out, s.generation);
    put_count(out, "documents", s.documents);
    put_count(out, "segments", s.segments);
    put_count(out, "bytes", s.bytes);
    put_count(out, "terms", s.terms);
    put_count(out, "forms", s.forms);
    js_key(out, "created");
    js_date(out, s.created);
    js_key(out, "languages");
    js_putc(out, '{');
    rc = js_languages(r, put_language, out, err);
    js_puts(out, "}}");
    return rc == LS_OK ? js_text_rc(out, err) : rc;
}

/* Offsets of tokens rise only roughly (a joined word comes with its first part), so units are counted from the last
 * token's start, or from the beginning again where it lies before. */
typedef struct place {
    const char *text;
    size_t byte, unit;
    int range_unit;
} place;

static size_t unit_at(place *p, size_t byte)
{
    if (byte < p->byte) p->byte = p->unit = 0;
    p->unit += js_utf8_units(p->text + p->byte, byte - p->byte, p->range_unit);
    p->byte = byte;
    return p->unit;
}

int js_write_analyze(js_text *out, const ls_schema *s, const char *text, size_t len, const char *language,
                     int range_unit, ls_error *err)
{
    ls_tokens *t = NULL;
    int rc = ls_analyze(&t, s, text, len, language, err);
    if (rc != LS_OK) return rc;
    place p = {text, 0, 0, range_unit};
    js_puts(out, "{\"tokens\":[");
    for (size_t i = 0; i < t->count; i++) {
        const ls_token *k = &t->tokens[i];
        size_t start = unit_at(&p, k->start);
        js_comma(out);
        js_puts(out, "{\"form\":");
        js_cstring(out, k->form);
        js_key(out, "term");
        js_cstring(out, k->term);
        js_printf(out, ",\"position\":%u,\"start\":%zu,\"end\":%zu}", (unsigned)k->position, start,
                  start + js_utf8_units(text + k->start, k->end - k->start, range_unit));
    }
    js_puts(out, "]}");
    ls_tokens_free(t);
    return js_text_rc(out, err);
}

static void put_fault(void *ctx, const ls_error *e, const char *section)
{
    js_text *out = ctx;
    js_comma(out);
    js_puts(out, "{\"file\":");
    js_cstring(out, e->file);
    js_key(out, "offset");
    if (e->offset == UINT64_MAX) js_puts(out, "null");
    else js_uint(out, e->offset);
    js_key(out, "section");
    js_cstring(out, section);
    js_key(out, "message");
    js_cstring(out, e->message);
    js_putc(out, '}');
}

int js_write_check(js_text *out, const char *path, bool *ok, ls_error *err)
{
    LS_INIT(ls_check_report, report);
    js_text faults = {0};
    js_putc(&faults, '[');
    int rc = ls_check(path, put_fault, &faults, &report, err);
    *ok = rc == LS_OK;
    if (rc == LS_OK || (rc == LS_CORRUPT && report.faults > 0)) {
        js_puts(out, *ok ? "{\"ok\":true" : "{\"ok\":false");
        put_count(out, "generation", report.generation);
        put_count(out, "documents", report.documents);
        put_count(out, "segments", report.segments);
        js_key(out, "faults");
        if (faults.data) js_put(out, faults.data, faults.len);
        js_puts(out, "]}");
        rc = js_text_rc(&faults, err);
        if (rc == LS_OK) rc = js_text_rc(out, err);
    }
    js_text_free(&faults);
    return rc;
}

const char *js_result_name(ls_result r)
{
    switch (r) {
    case LS_CREATED:
        return "created";
    case LS_REPLACED:
        return "replaced";
    case LS_UNCHANGED:
        return "unchanged";
    case LS_STALE:
        return "stale";
    case LS_CONFLICT:
        return "conflict";
    case LS_KILLED:
        return "killed";
    }
    return "error";
}

int js_kill_read(js_text *out, int64_t *version, const char *text, size_t len, js_problem *p)
{
    json_t *tree, *v;
    const char *name;
    int rc = js_parse_object(&tree, text, len, p);
    if (rc != LS_OK) return rc;
    json_object_foreach(tree, name, v)
    {
        if (rc != LS_OK || json_is_null(v)) continue;
        if (strcmp(name, "reason") == 0 && json_is_string(v) && json_string_length(v) <= 4096)
            js_put(out, json_string_value(v), json_string_length(v));
        else if (strcmp(name, "reason") == 0)
            rc = js_problem_set(p, "invalid_parameter", name, "reason: expected a string of at most 4,096 bytes");
        else if (strcmp(name, "version") == 0 && json_is_integer(v) && json_integer_value(v) > 0)
            *version = json_integer_value(v);
        else if (strcmp(name, "version") == 0)
            rc = js_problem_set(p, "invalid_parameter", name, "version: expected an integer from 1");
        else
            rc = js_problem_set(p, "invalid_parameter", name, "unknown member '%.60s'; known here: reason, version",
                                name);
    }
    json_decref(tree);
    if (rc == LS_OK && out->failed) rc = js_problem_set(p, "busy", NULL, "no memory for the request");
    return rc;
}

static void put_result(js_text *out, const char *id, size_t id_len, const char *result, int64_t version)
{
    js_key(out, "id");
    js_string(out, id, id_len);
    js_key(out, "result");
    js_cstring(out, result);
    js_key(out, "version");
    if (version > 0) js_int(out, version);
    else js_puts(out, "null");
}

void js_write_written(js_text *out, const char *id, size_t id_len, const char *result, int64_t version,
                      uint64_t generation)
{
    js_putc(out, '{');
    put_result(out, id, id_len, result, version);
    js_puts(out, ",\"committed\":true");
    put_count(out, "generation", generation);
    js_putc(out, '}');
}

void js_write_added(js_text *out, uint64_t line, const char *id, size_t id_len, const char *result, int64_t version,
                    const char *error)
{
    js_puts(out, "{\"line\":");
    js_uint(out, line);
    put_result(out, id, id_len, error ? "error" : result, version);
    js_key(out, "error");
    js_cstring(out, error);
    js_putc(out, '}');
}
