/* search.c — the object of /v1/search, and of /v1/documents/{id}/snippet.
 *
 * Owns the members of an answer and of a hit, and which of them `fields` leaves out. A hit costs one read of its
 * stored document and one look for passages (the words of the query are looked up once for all hits); both are left out
 * where `fields` does not want them. */
#include <stdio.h>
#include <string.h>

#include "json/inside.h"
#include "json/utf8.h"

/* ---- which members a hit has ---- */

enum {
    ID,
    GUID,
    TITLE,
    TITLE_HTML,
    TITLE_SOURCE,
    URL,
    SOURCE,
    SECTION,
    BYLINE,
    LANGUAGE,
    PUBLISHED,
    DATE_SOURCE,
    VERSION,
    WORDS,
    SCORE,
    SNIPPETS,
    SIMILAR,
    MEMBERS
};
static const char *const members[MEMBERS] = {
    "id",       "guid",      "title",       "title_html", "title_source", "url",   "source",   "section", "byline",
    "language", "published", "date_source", "version",    "words",        "score", "snippets", "similar"};

#define BIT(member) (1u << (member))

/* A bit for each member that is wanted. */
static unsigned wanted(const js_request *q)
{
    unsigned bits = 0;
    if (q->fields.count == 0) return BIT(MEMBERS) - 1;
    for (size_t i = 0; i < q->fields.count; i++)
        for (int m = 0; m < MEMBERS; m++)
            if (strcmp(q->fields.items[i], members[m]) == 0) bits |= BIT(m);
    return bits;
}

/* A field of the schema that is no member of its own accord, but one where `fields` names it; NULL: none. */
static const ls_field *further(const ls_schema *s, const char *name)
{
    for (int m = 0; m < MEMBERS; m++)
        if (strcmp(name, members[m]) == 0) return NULL;
    const ls_field *f = ls_schema_find(s, name);
    return f && !f->not_stored ? f : NULL;
}

/* Whether any such is wanted; *whole: the main text is. */
static bool wants_further(const js_request *q, const ls_schema *s, bool *whole)
{
    bool any = false;
    *whole = false;
    if (q->fields.count == 0) return false;
    const char *main = ls_schema_get(s, "main");
    for (size_t i = 0; i < q->fields.count; i++) {
        const ls_field *f = further(s, q->fields.items[i]);
        any |= f != NULL;
        *whole |= f && main && strcmp(f->name, main) == 0;
    }
    return any;
}

static int no_member(const char *name, const ls_schema *s, js_problem *p)
{
    char there[500];
    const ls_field *f;
    size_t n = 0;
    for (int m = 0; m < MEMBERS; m++)
        n += (size_t)snprintf(there + n, sizeof there - n, "%s%s", m ? ", " : "", members[m]);
    for (size_t i = 0; (f = ls_schema_field(s, i)) != NULL; i++)
        if (further(s, f->name) && n + strlen(f->name) + 3 < sizeof there)
            n += (size_t)snprintf(there + n, sizeof there - n, ", %s", f->name);
    return js_problem_set(p, "invalid_parameter", "fields", "fields: a hit has no member '%.60s'; there are %s", name,
                          there);
}

int js_check_fields(const js_request *q, const ls_schema *s, js_problem *p)
{
    for (size_t i = 0; i < q->fields.count; i++) {
        bool known = further(s, q->fields.items[i]) != NULL;
        for (int m = 0; m < MEMBERS; m++) known = known || strcmp(q->fields.items[i], members[m]) == 0;
        if (!known) return no_member(q->fields.items[i], s, p);
    }
    return LS_OK;
}

/* ---- passages ---- */

static void put_ranges(js_text *out, const ls_range *r, size_t count)
{
    js_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        js_comma(out);
        js_range(out, r[i].start, r[i].end);
    }
    js_putc(out, ']');
}

static void put_snippets(js_text *out, const ls_snippets *s)
{
    js_key(out, "snippets");
    js_putc(out, '[');
    for (size_t i = 0; s && i < s->count; i++) {
        const ls_snippet *p = &s->snippets[i];
        js_comma(out);
        js_puts(out, "{\"field\":");
        js_cstring(out, p->field);
        js_key(out, "html");
        js_cstring(out, p->html);
        js_key(out, "text");
        js_cstring(out, p->text);
        js_key(out, "ranges");
        put_ranges(out, p->ranges, p->range_count);
        js_putc(out, '}');
    }
    js_putc(out, ']');
}

static void snippet_options(ls_snippet_options *o, const js_request *q)
{
    o->count = (size_t)q->snippets;
    o->length = (size_t)q->snippet_length;
    o->pre = q->highlight_pre;
    o->post = q->highlight_post;
    o->range_unit = q->range_unit;
}

/* Of a hit, for the members that are wanted; d: the hit's document, or NULL. */
static int make_snippets(ls_snippets **out, const js_request *q, const ls_reader *r, js_found *f, uint64_t doc,
                         const ls_doc *d, ls_error *err)
{
    int rc = LS_OK;
    if (!f->highlighter) {
        LS_INIT(ls_snippet_options, o);
        snippet_options(&o, q);
        o.no_body = q->snippets == 0 || !(wanted(q) & BIT(SNIPPETS));
        rc = ls_highlighter_open(&f->highlighter, r, f->query, &o, err);
    }
    return rc ? rc : ls_highlighter_make(out, f->highlighter, doc, d, err);
}

/* title_html: highlighted, or the title made from the lead, escaped. */
static void put_title_html(js_text *out, const ls_snippets *s, const js_facts *f)
{
    js_key(out, "title_html");
    if (s && s->title_html) {
        js_cstring(out, s->title_html);
        return;
    }
    js_html_string(out, f->title, f->title_len);
}

/* ---- a hit ---- */

static void put_text(js_text *out, unsigned want, int member, const char *s)
{
    if (!(want & BIT(member))) return;
    js_key(out, members[member]);
    js_cstring(out, s);
}

static void put_facts(js_text *out, unsigned want, const js_facts *f, const ls_snippets *s)
{
    put_text(out, want, GUID, f->guid);
    if (want & BIT(TITLE)) {
        js_key(out, "title");
        js_string(out, f->title, f->title_len);
    }
    if (want & BIT(TITLE_HTML)) put_title_html(out, s, f);
    put_text(out, want, TITLE_SOURCE, f->title_source);
    put_text(out, want, URL, f->url);
    put_text(out, want, SOURCE, f->source);
    put_text(out, want, SECTION, f->section);
    put_text(out, want, BYLINE, f->byline);
    put_text(out, want, LANGUAGE, f->language);
    if (want & BIT(PUBLISHED)) {
        js_key(out, "published");
        if (f->has_published) js_date(out, f->published);
        else js_puts(out, "null");
    }
    put_text(out, want, DATE_SOURCE, f->date_source);
    if (want & BIT(VERSION)) {
        js_key(out, "version");
        js_int(out, f->version);
    }
    if (want & BIT(WORDS)) {
        js_key(out, "words");
        js_uint(out, f->words);
    }
}

/* Nodes come in depth-first order; a node's parts are those that follow one deeper. */
static size_t put_explained(js_text *out, const ls_explanation *e, size_t i)
{
    int depth = e->nodes[i].depth;
    js_puts(out, "{\"value\":");
    js_number(out, e->nodes[i].value);
    js_key(out, "text");
    js_cstring(out, e->nodes[i].text);
    js_key(out, "parts");
    js_putc(out, '[');
    for (i++; i < e->count && e->nodes[i].depth > depth;) {
        js_comma(out);
        i = put_explained(out, e, i);
    }
    js_puts(out, "]}");
    return i;
}

typedef struct explain_ctx {
    js_text *out;
    const ls_reader *r;
    uint64_t doc;
    bool lines; /* for people */
} explain_ctx;

static void put_lines(js_text *out, const ls_explanation *e)
{
    for (size_t i = 0; i < e->count; i++)
        js_printf(out, "   %*s%.4f %s\n", 2 * e->nodes[i].depth, "", e->nodes[i].value, e->nodes[i].text);
}

static int explain_with(void *ctx, const ls_query *query, ls_search_options *o, ls_error *err)
{
    explain_ctx *c = ctx;
    ls_explanation *e = NULL;
    int rc = ls_explain(&e, c->r, query, o, c->doc, err);
    if (rc == LS_OK && c->lines) {
        put_lines(c->out, e);
    } else if (rc == LS_OK) {
        js_key(c->out, "explanation");
        if (e->count > 0) put_explained(c->out, e, 0);
        else js_puts(c->out, "null");
    }
    ls_explanation_free(e);
    return rc;
}

static int put_explanation(js_text *out, const js_request *q, const ls_reader *r, uint64_t doc, bool lines,
                           ls_error *err)
{
    js_found f;
    explain_ctx ctx = {out, r, doc, lines};
    int rc = js_find_with(&f, q, r, explain_with, &ctx, err);
    if (rc == LS_OK) js_found_clear(&f);
    return rc;
}

int js_write_explanation(js_text *out, const js_request *q, const ls_reader *r, const ls_hit *hit, ls_error *err)
{
    return put_explanation(out, q, r, hit->doc, true, err);
}

/* What of a hit does not need its stored document. */
#define WITHOUT_DOCUMENT (BIT(ID) | BIT(SCORE) | BIT(SNIPPETS) | BIT(SIMILAR))

/* What is folded under a hit; a hit knows its place by standing in the results' array. */
static void put_similar(js_text *out, const js_found *f, const ls_hit *hit)
{
    const ls_fold *fold = ls_results_fold(f->results, (size_t)(hit - ls_results_hit(f->results, 0)));
    js_key(out, "similar");
    if (fold == NULL) {
        js_puts(out, "null");
        return;
    }
    js_printf(out, "{\"count\":%zu,\"max_shared\":%.2f,\"relation\":\"%s\",\"href\":\"/v1/documents/", fold->count,
              fold->max_shared, ls_relation_name(fold->relation));
    for (size_t i = 0; i < hit->id_len; i++) {
        unsigned char c = (unsigned char)hit->id[i];
        if (js_id_valid((const char *)&c, 1)) js_putc(out, (char)c);
        else js_printf(out, "%%%02X", c);
    }
    js_puts(out, "/similar\"}");
}

int js_write_hit(js_text *out, const js_request *q, const ls_reader *r, js_found *f, const ls_hit *hit, ls_error *err)
{
    ls_doc *d = NULL;
    ls_snippets *s = NULL;
    js_facts facts = {0};
    int rc = LS_OK;
    const unsigned want = wanted(q);
    const ls_schema *schema = ls_reader_schema(r);
    bool whole, others = wants_further(q, schema, &whole);
    bool document = others || (want & ~WITHOUT_DOCUMENT) != 0;
    bool passages = (want & (BIT(SNIPPETS) | BIT(TITLE_HTML))) != 0;
    whole |= q->snippets > 0 && (want & BIT(SNIPPETS));
    if (document) rc = js_facts_read(&facts, &d, r, hit->doc, whole, err);
    /* of a title made from the lead and no passages nothing is highlighted */
    if (facts.title_text && (q->snippets == 0 || !(want & BIT(SNIPPETS)))) passages = false;
    if (rc == LS_OK && passages) rc = make_snippets(&s, q, r, f, hit->doc, d, err);
    if (rc != LS_OK) goto out;
    js_putc(out, '{');
    if (want & BIT(ID)) {
        js_key(out, "id");
        js_string(out, hit->id, hit->id_len);
    }
    if (document) put_facts(out, want, &facts, s);
    if (want & BIT(SCORE)) {
        js_key(out, "score");
        js_score(out, hit->score);
    }
    if (want & BIT(SNIPPETS)) put_snippets(out, s);
    if (want & BIT(SIMILAR)) put_similar(out, f, hit);
    for (size_t i = 0; others && i < q->fields.count; i++) {
        const ls_field *other = further(schema, q->fields.items[i]);
        if (other) js_put_field(out, d, other);
    }
    if (q->explain) rc = put_explanation(out, q, r, hit->doc, false, err);
    js_putc(out, '}');
    if (rc == LS_OK) rc = js_text_rc(out, err);
out:
    js_facts_clear(&facts);
    ls_doc_free(d);
    ls_snippets_free(s);
    return rc;
}

/* ---- the answer ---- */

static void put_warning(js_text *out, const js_request *q, const char *code, const char *message, size_t start,
                        size_t end)
{
    js_comma(out);
    js_puts(out, "{\"code\":");
    js_cstring(out, code);
    js_key(out, "message");
    js_cstring(out, message);
    js_key(out, "range");
    if (end > start && end <= q->q_len) {
        size_t a = js_utf8_units(q->q, start, q->range_unit);
        js_range(out, a, a + js_utf8_units(q->q + start, end - start, q->range_unit));
    } else {
        js_puts(out, "null");
    }
    js_putc(out, '}');
}

/* Only where words gained some: other answers keep their form. */
static void put_synonyms(js_text *out, const ls_query *query)
{
    const ls_synonym *s;
    if (!ls_query_synonym(query, 0)) return;
    js_key(out, "synonyms");
    js_putc(out, '[');
    for (size_t i = 0; (s = ls_query_synonym(query, i)) != NULL; i++) {
        js_puts(out, i ? ",{\"word\":" : "{\"word\":");
        js_cstring(out, s->word);
        js_key(out, "added");
        js_putc(out, '[');
        for (size_t k = 0; k < s->added_count; k++) {
            js_comma(out);
            js_cstring(out, s->added[k]);
        }
        js_puts(out, "]}");
    }
    js_putc(out, ']');
}

/* Only where it was asked for; not in the order of the query but of what they weigh. */
static void put_expanded(js_text *out, const js_request *q, const js_found *f)
{
    const ls_feedback_word *w;
    if (!q->feedback) return;
    js_key(out, "expanded");
    js_putc(out, '[');
    for (size_t i = 0; (w = ls_feedback_at(f->feedback, i)) != NULL; i++) {
        js_puts(out, i ? ",{\"word\":" : "{\"word\":");
        js_cstring(out, w->word);
        js_key(out, "boost");
        js_number(out, w->boost);
        js_putc(out, '}');
    }
    js_putc(out, ']');
}

static void put_query(js_text *out, const js_request *q, const ls_query *query)
{
    js_puts(out, "\"query\":");
    js_string(out, q->q ? q->q : "", q->q_len);
    js_key(out, "parsed");
    js_cstring(out, ls_query_parsed(query));
}

static void put_warnings(js_text *out, const js_request *q, const ls_query *query, const ls_results *res, bool no_time)
{
    const ls_warning *w;
    const char *word;
    js_key(out, "warnings");
    js_putc(out, '[');
    for (size_t i = 0; (w = ls_query_warning(query, i)) != NULL; i++)
        put_warning(out, q, w->code, w->message, w->start, w->end);
    for (size_t i = 0; res && (w = ls_results_warning(res, i)) != NULL; i++)
        put_warning(out, q, w->code, w->message, w->start, w->end);
    if (no_time) put_warning(out, q, "feedback_timeout", "the deadline passed before words could be added", 0, 0);
    for (size_t i = 0; res && !q->limited && (word = ls_results_unmatched(res, i)) != NULL; i++) {
        js_text m = {0};
        js_printf(&m, "'%s' is in no document", word);
        put_warning(out, q, "unmatched_word", m.data ? m.data : word, 0, 0);
        js_text_free(&m);
    }
    js_putc(out, ']');
    put_synonyms(out, query);
}

static void put_facets(js_text *out, const js_request *q, const ls_results *res)
{
    const ls_facet_value *v;
    js_key(out, "facets");
    js_putc(out, '{');
    for (size_t f = 0; f < q->facets.count; f++) {
        js_comma(out);
        js_cstring(out, q->facets.items[f]);
        js_puts(out, ":[");
        for (size_t i = 0; (v = ls_results_facet(res, f, i)) != NULL; i++) {
            js_comma(out);
            js_puts(out, "{\"value\":");
            js_string(out, v->value, v->len);
            js_key(out, "count");
            js_uint(out, v->count);
            js_putc(out, '}');
        }
        js_putc(out, ']');
    }
    js_putc(out, '}');
}

static void put_histogram(js_text *out, const js_request *q, const ls_schema *s, const ls_results *res)
{
    static const char *const units[] = {"auto", "day", "week", "month", "year"};
    const ls_bucket *b;
    if (q->histogram < 0) return;
    js_key(out, "histogram");
    js_printf(out, "{\"unit\":\"%s\",\"timezone\":", units[ls_results_histogram_unit(res)]);
    js_cstring(out, js_zone(q, s));
    js_key(out, "buckets");
    js_putc(out, '[');
    for (size_t i = 0; (b = ls_results_bucket(res, i)) != NULL; i++) {
        js_printf(out, "%s{\"start\":\"%s\",\"count\":", i ? "," : "", b->date);
        js_uint(out, b->count);
        js_putc(out, '}');
    }
    js_putc(out, ']');
    js_key(out, "undated");
    js_uint(out, ls_results_undated(res));
    js_putc(out, '}');
}

/* Only where nothing was found: what was likely meant, if that finds something. It is made from all articles. */
static int put_suggestion(js_text *out, const js_request *q, const ls_reader *r, uint64_t total, ls_error *err)
{
    ls_suggestions *s = NULL;
    int rc = total == 0 && q->q_len > 0 && !q->limited ? ls_did_you_mean(&s, r, q->q, q->q_len, err) : LS_OK;
    js_key(out, "suggestion");
    js_cstring(out, s ? s->did_you_mean : NULL);
    ls_suggestions_free(s);
    return rc;
}

static void put_totals(js_text *out, const js_request *q, const js_found *f)
{
    const ls_results *res = f->results;
    ls_results_info i = ls_results_get(res);
    js_key(out, "total");
    js_uint(out, i.total);
    js_key(out, "total_leads");
    js_uint(out, i.total_leads);
    if (q->fold || q->latest) {
        js_key(out, "total_leads_relation");
        js_puts(out, i.total_leads_is_exact ? "\"eq\"" : "\"gte\"");
    }
    js_key(out, "total_relation");
    js_puts(out, i.total_is_exact ? "\"eq\"" : "\"gte\"");
    js_key(out, "undated_excluded");
    js_uint(out, i.undated_excluded);
    js_key(out, "limit");
    js_int(out, q->limit);
    js_key(out, "offset");
    js_int(out, q->offset);
    js_key(out, "next_cursor");
    js_cstring(out, ls_results_cursor(res));
    js_key(out, "took_ms");
    js_printf(out, "%.3f", i.took_ms);
    js_key(out, "timed_out");
    js_puts(out, i.timed_out || f->no_time ? "true" : "false");
}

int js_write_search(js_text *out, const js_request *q, const ls_reader *r, js_found *f, ls_error *err)
{
    const ls_hit *hit;
    int rc = LS_OK;
    js_putc(out, '{');
    put_query(out, q, f->query);
    put_warnings(out, q, f->query, f->results, f->no_time);
    put_expanded(out, q, f);
    put_totals(out, q, f);
    js_key(out, "hits");
    js_putc(out, '[');
    for (size_t i = 0; rc == LS_OK && (hit = ls_results_hit(f->results, i)) != NULL; i++) {
        js_comma(out);
        rc = js_write_hit(out, q, r, f, hit, err);
    }
    js_putc(out, ']');
    put_facets(out, q, f->results);
    put_histogram(out, q, ls_reader_schema(r), f->results);
    if (rc == LS_OK) rc = put_suggestion(out, q, r, ls_results_get(f->results).total, err);
    js_putc(out, '}');
    return rc == LS_OK ? js_text_rc(out, err) : rc;
}

int js_write_snippet(js_text *out, const js_request *q, const ls_reader *r, const char *id, size_t id_len,
                     js_problem *p)
{
    LS_INIT(ls_snippet_options, o);
    ls_error err = {0};
    uint64_t doc = UINT64_MAX;
    ls_query *query = NULL;
    ls_snippets *s = NULL;
    ls_doc *d = NULL;
    js_facts f = {0};
    int rc = ls_reader_find(r, id, id_len, &doc, &err);
    if (rc == LS_NOTFOUND) {
        js_problem_set(p, "not_found", NULL, "no document has the id '%.*s'", (int)(id_len < 128 ? id_len : 128), id);
        return LS_NOTFOUND;
    }
    if (rc == LS_OK) rc = ls_reader_doc(&d, r, doc, &err);
    if (rc == LS_OK) rc = js_request_query(&query, q, ls_reader_schema(r), ls_doc_language(d), &err);
    snippet_options(&o, q);
    o.all_matches = 1;
    if (rc == LS_OK) rc = ls_snippets_make(&s, r, query, doc, &o, &err);
    if (rc == LS_OK) rc = js_facts_get(&f, ls_reader_schema(r), d, &err);
    if (rc != LS_OK) goto out;
    js_puts(out, "{\"id\":");
    js_string(out, id, id_len);
    js_putc(out, ',');
    put_query(out, q, query);
    put_warnings(out, q, query, NULL, false);
    put_title_html(out, s, &f);
    put_snippets(out, s);
    js_key(out, "matches");
    put_ranges(out, s->matches, s->match_count);
    js_putc(out, '}');
    rc = js_text_rc(out, &err);
out:
    js_facts_clear(&f);
    ls_doc_free(d);
    ls_snippets_free(s);
    ls_query_free(query);
    return rc == LS_OK ? LS_OK : js_problem_from(p, &err);
}
