/* take.c — the values of one article: each by the type of its field, and what follows when all were seen (a headline
 * taken off the body, a date from the file's name, what is left over into `extra`).
 *
 * Ignorant of aliases and ids (article.c). Never invents a date: metadata, then the file's name, then, only if told
 * so, the file's time; what the prose says is not looked at. */
#include <stdio.h>
#include <string.h>

#include "json/take.h"

void js_take_warn(const js_take *t, const char *format, ...)
{
    char message[512];
    va_list ap;
    if (t->o->warn == NULL) return;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    t->o->warn(t->o->warn_ctx, message);
}

bool js_take_has(const js_take *t, const char *name, ls_type type)
{
    const ls_field *f = ls_schema_find(t->o->schema, name);
    return f && f->type == type;
}

int js_take_text(js_take *t, const char *field, const char *s, size_t len)
{
    if (ls_schema_find(t->o->schema, field) == NULL) return LS_OK;
    return ls_doc_add_text(t->doc, field, s, len, t->err);
}

int js_take_extra(js_take *t, const char *name, const json_t *v)
{
    if (t->extra == NULL) t->extra = json_object();
    if (t->extra == NULL) return js_fail(t->err, LS_NOMEM, UINT64_MAX, "no memory for the article");
    if (json_object_get(t->extra, name)) return LS_OK;
    /* jansson counts references also of what it only borrows, so its type is never const */
    if (json_object_set(t->extra, name, (json_t *)(uintptr_t)v) != 0)
        return js_fail(t->err, LS_NOMEM, UINT64_MAX, "no memory for the article");
    return LS_OK;
}

static int expected(js_take *t, const char *name, const char *what, const json_t *v)
{
    return js_fail(t->err, LS_INVALID, UINT64_MAX, "%.64s: expected %s, found %s", name, what, js_type_name(v));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(const char **s, size_t *len)
{
    while (*len > 0 && is_blank((*s)[*len - 1])) (*len)--;
    while (*len > 0 && is_blank(**s)) {
        (*s)++;
        (*len)--;
    }
}

/* A slip in a status would show an article that was to be hidden. Other words are the sender's own. */
static void judge_status(const js_take *t, const char *s, size_t len)
{
    static const char *const words[] = {"usable", "withheld", "canceled", "cancelled"};
    char word[JS_EDITS_MAX];
    const char *meant = NULL;
    ls_range at;
    if (ls_status_of(s, len, &at) != LS_STATUS_OTHER) return;
    s += at.start;
    len = at.end - at.start;
    if (len > sizeof word) return;
    for (size_t i = 0; i < len; i++) word[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + ('a' - 'A') : s[i]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (js_edits(word, len, words[i], strlen(words[i])) <= 2) meant = words[i];
    if (meant) js_take_warn(t, "status: '%.*s' is not '%s'; the article is shown", (int)len, s, meant);
}

static int take_one_text(js_take *t, const ls_field *f, const char *s, size_t len)
{
    if (len == 0) return LS_OK; /* empty is the same as not given */
    t->fields++;
    if (t->main && strcmp(f->name, t->main) == 0) {
        if (t->body.len > 0) js_puts(&t->body, "\n\n"); /* an array of paragraphs */
        js_put(&t->body, s, len);
        return js_text_rc(&t->body, t->err);
    }
    if (f->type == LS_TEXT && strcmp(f->name, "lead") == 0 && t->lead == NULL) {
        t->lead = s;
        t->lead_len = len;
        return LS_OK;
    }
    if (t->title && strcmp(f->name, t->title) == 0) t->has_title = true;
    if (strcmp(f->name, "status") == 0) judge_status(t, s, len);
    return ls_doc_add_text(t->doc, f->name, s, len, t->err);
}

static int take_texts(js_take *t, const char *name, const ls_field *f, const json_t *v)
{
    if (json_is_string(v)) return take_one_text(t, f, json_string_value(v), json_string_length(v));
    if (!json_is_array(v)) return expected(t, name, "a string or an array of strings", v);
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *e = json_array_get(v, i);
        if (json_is_null(e)) continue;
        if (!json_is_string(e))
            return js_fail(t->err, LS_INVALID, UINT64_MAX, "%.64s[%zu]: expected a string, found %s", name, i,
                           js_type_name(e));
        int rc = take_one_text(t, f, json_string_value(e), json_string_length(e));
        if (rc != LS_OK) return rc;
    }
    return LS_OK;
}

/* What is embargoed must not come out by a mistake in its date: an empty one never ends, a day begins on the newsroom's
 * clocks, and of one that cannot be read nobody can tell when it ends: rather never than now. */
static int take_embargo(js_take *t, const char *name, const ls_field *f, const json_t *v)
{
    const char *s = json_string_value(v), *zone = ls_schema_get(t->o->schema, "timezone");
    size_t len = json_string_length(v);
    int64_t ms = INT64_MAX, last;
    int date_only = 0, rc = len > 0 ? ls_date_parse(s, len, &ms, &date_only) : LS_OK;
    t->fields++;
    if (rc == LS_OK && date_only) rc = ls_period_parse(s, len, zone, 0, &ms, &last);
    if (rc == LS_OK) return ls_doc_add_int(t->doc, f->name, ms, t->err);
    js_take_warn(t, "%.64s: '%.60s' is no date; the article stays hidden until a version with one comes", name, s);
    rc = ls_doc_add_int(t->doc, f->name, INT64_MAX, t->err);
    return rc == LS_OK ? js_take_extra(t, name, v) : rc;
}

static int take_date(js_take *t, const char *name, const ls_field *f, const json_t *v)
{
    int64_t ms;
    if (!json_is_string(v)) return expected(t, name, "a date as a string", v);
    if (strcmp(f->name, "embargoed") == 0) return take_embargo(t, name, f, v);
    if (json_string_length(v) == 0) return LS_OK;
    t->fields++;
    bool published = strcmp(f->name, "published") == 0;
    if (ls_date_parse(json_string_value(v), json_string_length(v), &ms, NULL) != LS_OK) {
        js_take_warn(t, "%.64s: '%.60s' is no RFC 3339, YYYY-MM-DD or RFC 822 date; kept as text", name,
                     json_string_value(v));
        if (published) t->published_broken = true;
        return js_take_extra(t, name, v);
    }
    if (published) t->has_published = true;
    return ls_doc_add_int(t->doc, f->name, ms, t->err);
}

int js_take_member(js_take *t, const char *name, const ls_field *field, const json_t *v)
{
    if (json_is_null(v)) return LS_OK;
    if (field == NULL) {
        if (json_is_string(v) && json_string_length(v) == 0) return LS_OK;
        t->fields++;
        return js_take_extra(t, name, v);
    }
    switch (field->type) {
    case LS_INTEGER:
        if (json_is_string(v) && json_string_length(v) == 0) return LS_OK;
        if (!json_is_integer(v)) return expected(t, name, "an integer", v);
        t->fields++;
        return ls_doc_add_int(t->doc, field->name, json_integer_value(v), t->err);
    case LS_DATE:
        return take_date(t, name, field, v);
    case LS_TEXT:
    case LS_KEYWORD:
    case LS_STORED:
        break;
    }
    return take_texts(t, name, field, v);
}

/* ---- when all members were taken ---- */

/* title_source: given, line or lead. */
static int finish_title(js_take *t, const char *given_source)
{
    const char *body = t->body.data ? t->body.data : "";
    size_t len = t->body.len, rest = 0;
    const char *source = given_source ? given_source : "given";
    ls_range line = {0, 0};
    int rc = LS_OK;
    if (!t->has_title) {
        source = "lead";
        if (t->title && len > 0 && ls_headline(body, len, &line, &rest) == LS_OK && line.end > line.start) {
            source = "line";
            rc = ls_doc_add_text(t->doc, t->title, body + line.start, line.end - line.start, t->err);
            body += rest;
            len -= rest;
        }
    }
    trim(&body, &len);
    if (rc == LS_OK && len > 0) rc = ls_doc_add_text(t->doc, t->main, body, len, t->err);
    if (rc == LS_OK && t->title) rc = js_take_text(t, "title_source", source, strlen(source));
    const char *first = NULL;
    size_t first_len = 0, at = 0;
    const char *lead = t->lead;
    size_t lead_len = t->lead_len;
    if (rc != LS_OK || lead == NULL) return rc;
    trim(&lead, &lead_len);
    /* a lead that the body begins with would count its words twice */
    if (js_paragraph(body, len, &at, &first, &first_len) && first_len == lead_len && memcmp(first, lead, lead_len) == 0)
        return LS_OK;
    return lead_len > 0 ? js_take_text(t, "lead", lead, lead_len) : LS_OK;
}

static bool digits(const char *s, size_t n, int *v)
{
    *v = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') return false;
        *v = *v * 10 + (s[i] - '0');
    }
    return true;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* YYYY-MM-DD, YYYY_MM_DD or YYYYMMDD at s, bounded by what is neither letter nor digit. */
static bool date_at(const char *s, size_t len, int64_t *ms)
{
    int y, m, d;
    size_t sep = len > 4 && (s[4] == '-' || s[4] == '_') ? 1 : 0, need = 8 + 2 * sep;
    char iso[16];
    if (len < need || !digits(s, 4, &y) || !digits(s + 4 + sep, 2, &m) || !digits(s + 6 + 2 * sep, 2, &d)) return false;
    if (sep && s[7] != s[4]) return false;
    if ((len > need && is_alnum(s[need])) || y < 1600 || y > 2200) return false;
    snprintf(iso, sizeof iso, "%04d-%02d-%02d", y, m, d);
    return ls_date_parse(iso, 10, ms, NULL) == LS_OK;
}

static bool date_of_name(const char *name, int64_t *ms)
{
    size_t len = name ? strlen(name) : 0;
    for (size_t i = 0; i < len; i++)
        if ((i == 0 || !is_alnum(name[i - 1])) && date_at(name + i, len - i, ms)) return true;
    return false;
}

static int finish_date(js_take *t, const char *given_source)
{
    int64_t ms = 0;
    const char *source = "unknown";
    if (!js_take_has(t, "published", LS_DATE)) return LS_OK;
    if (t->has_published) {
        source = given_source ? given_source : "metadata";
    } else if (!t->published_broken && date_of_name(t->o->file_name, &ms)) {
        source = "filename";
    } else if (!t->published_broken && t->o->has_mtime) {
        source = "mtime";
        ms = t->o->mtime;
    }
    if (!t->has_published && source[0] != 'u') {
        int rc = ls_doc_add_int(t->doc, "published", ms, t->err);
        if (rc != LS_OK) return rc;
    }
    return js_take_text(t, "date_source", source, strlen(source));
}

static int finish_extra(js_take *t)
{
    js_text x = {0};
    if (t->extra == NULL || json_object_size(t->extra) == 0) return LS_OK;
    if (!js_take_has(t, "extra", LS_STORED)) {
        js_take_warn(t, "member '%.64s' is in no field of the schema, and is not kept",
                     json_object_iter_key(json_object_iter(t->extra)));
        return LS_OK;
    }
    js_write_json(&x, t->extra);
    int rc = js_text_rc(&x, t->err);
    if (rc == LS_OK) rc = ls_doc_add_text(t->doc, "extra", x.data, x.len, t->err);
    js_text_free(&x);
    return rc;
}

int js_take_finish(js_take *t, const char *title_source, const char *date_source)
{
    if (t->fields == 0)
        return js_fail(t->err, LS_INVALID, UINT64_MAX, "empty: expected an article with a title or a body");
    int rc = finish_title(t, title_source);
    if (rc == LS_OK) rc = finish_date(t, date_source);
    if (rc == LS_OK) rc = finish_extra(t);
    return rc;
}
