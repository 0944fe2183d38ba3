/* article.c — one article, its paragraphs, and what the query matched in them. */
#include "server/page/html.h"
#include "server/routes.h"

#include <stdio.h>
#include <string.h>

typedef struct marks {
    const ls_snippets *s; /* NULL: nothing is marked */
    size_t next, shown;
} marks;

/* A paragraph is bytes [from, from + n) of the body; matches come in rising order and may not cross it. */
static void paragraph(js_text *out, const char *body, size_t from, size_t n, marks *m)
{
    size_t at = from, end = from + n;
    js_puts(out, "<p dir=\"auto\">");
    while (m->s && m->next < m->s->match_count && m->s->matches[m->next].start < end) {
        ls_range r = m->s->matches[m->next++];
        if (r.end > end) r.end = end;
        if (r.start < at) r.start = at;
        if (r.end <= r.start) continue;
        js_html(out, body + at, r.start - at);
        js_printf(out, "<mark id=\"m%zu\">", ++m->shown);
        js_html(out, body + r.start, r.end - r.start);
        js_puts(out, "</mark>");
        at = r.end;
    }
    js_html(out, body + at, end - at);
    js_puts(out, "</p>\n");
}

static void text(js_text *out, const js_facts *f, const ls_snippets *s)
{
    marks m = {s, 0, 0};
    const char *p;
    size_t at = 0, n;
    js_puts(out, "<div class=\"text\">");
    while (js_paragraph(f->body, f->body_len, &at, &p, &n)) paragraph(out, f->body, (size_t)(p - f->body), n, &m);
    js_puts(out, "</div>");
}

/* How much of this text stands elsewhere too, and which passages: each closed, so that the article is what one reads. */
static int shared(sd_exchange *x, const ls_reader *r, const js_facts *f, uint64_t doc, ls_error *err)
{
    LS_INIT(ls_similar_options, o);
    js_text *out = &x->answer.body;
    ls_similar_list *list = NULL;
    size_t shown = 0;
    o.limit = 10;
    o.range_unit = LS_RANGES_BYTES;
    int rc = ls_similar_find(&list, r, doc, &o, err);
    for (size_t i = 0; !rc && i < list->count; i++) {
        const ls_similar *s = &list->items[i];
        ls_doc *d = NULL;
        js_facts other = {0};
        rc = js_facts_read(&other, &d, r, s->doc, false, err);
        if (!rc && sd_exchange_sees(x, d)) {
            if (!shown++) js_puts(out, "<section class=\"shared\"><h2>Also published</h2>");
            js_puts(out, "<p><a href=\"/article/");
            sd_put_url(out, other.id, other.id_len);
            js_puts(out, "\">");
            js_html(out, other.title, other.title_len);
            js_puts(out, "</a></p>");
            sd_html_facts(out, &other);
            js_printf(out, "<details><summary>%.0f %% of the text shared (%s)</summary>", s->shared * 100,
                      ls_relation_name(s->relation));
            for (size_t k = 0; k < s->passage_count && s->passages[k].end <= f->body_len; k++) {
                js_puts(out, "<blockquote dir=\"auto\">");
                js_html(out, f->body + s->passages[k].start, s->passages[k].end - s->passages[k].start);
                js_puts(out, "</blockquote>");
            }
            js_puts(out, "</details>");
        }
        js_facts_clear(&other);
        ls_doc_free(d);
    }
    if (shown) js_puts(out, "</section>");
    ls_similar_free(list);
    return rc;
}

/* What became of the story: nothing where there is one version only. */
static void versions(js_text *out, const ls_doc *d)
{
    LS_INIT(ls_doc_version_info, v);
    if (ls_doc_version_at(d, 1, &v)) return;
    js_puts(out, "<section class=\"versions\"><h2>Versions</h2><ol>");
    for (size_t i = 0; ls_doc_version_at(d, i, &v) == LS_OK; i++) {
        js_printf(out, "<li>Version %lld", (long long)v.version);
        if (v.updated != INT64_MIN) {
            js_puts(out, ", ");
            sd_html_date(out, v.updated);
        }
        if (v.status && *v.status && strcmp(v.status, "usable") != 0) {
            js_puts(out, ", ");
            sd_html_text(out, v.status);
        }
        js_puts(out, v.current ? " — shown here</li>" : "</li>");
    }
    js_puts(out, "</ol></section>");
}

static void other(js_text *out, const ls_doc *d, const char *name, const char *label)
{
    const char *s;
    size_t i, n;
    for (i = 0; (s = ls_doc_text(d, name, i, &n)); i++) {
        js_printf(out, i ? ", " : "<p class=\"facts\">%s: ", label);
        js_html(out, s, n);
    }
    if (i) js_puts(out, "</p>");
}

/* What else is searched: the other fields of the schema. */
static void others(js_text *out, const ls_schema *s, const ls_doc *d)
{
    const ls_field *f;
    int64_t v;
    for (size_t i = 0; (f = js_other_field(s, &i)) != NULL;) {
        if (f->type == LS_STORED) continue;
        if (f->type == LS_TEXT || f->type == LS_KEYWORD) {
            other(out, d, f->name, f->name);
        } else if (ls_doc_int(d, f->name, &v) == LS_OK && v != INT64_MAX) {
            js_printf(out, "<p class=\"facts\">%s: ", f->name);
            if (f->type == LS_DATE) sd_html_date(out, v);
            else js_int(out, v);
            js_puts(out, "</p>");
        }
    }
}

static bool safe_url(const char *url)
{
    return url && (!strncmp(url, "https://", 8) || !strncmp(url, "http://", 7));
}

static int show(sd_exchange *x, const ls_reader *r, uint64_t doc, const ls_doc *d, const js_facts *f,
                const js_request *q, const ls_snippets *s, ls_error *err)
{
    js_text *out = &x->answer.body;
    js_text title = {0};
    size_t shown = s ? s->match_count : 0;
    js_put(&title, f->title, f->title_len);
    if (title.failed) x->answer.body.failed = true;
    sd_html_begin(x, title.data ? title.data : "Archive", q->q_len ? q : NULL, false);
    js_text_free(&title);
    js_puts(out, "<main id=\"results\" class=\"article\" tabindex=\"-1\"><article");
    sd_html_language(out, f);
    js_puts(out, "><h1 dir=\"auto\">");
    if (s && s->title_html) js_puts(out, s->title_html);
    else js_html(out, f->title, f->title_len);
    js_puts(out, "</h1>");
    sd_html_facts(out, f);
    js_puts(out, "<p role=\"status\" id=\"status\" class=\"note\">");
    if (q->q_len && shown)
        js_printf(out, "%zu %s marked. <a class=\"button\" href=\"#m1\">To the first</a> ", shown,
                  shown == 1 ? "match" : "matches");
    else if (q->q_len && f->body_len) js_puts(out, "Nothing of the query stands in the text. ");
    js_puts(out, "</p>");
    text(out, f, s);
    other(out, d, "subjects", "Subjects");
    other(out, d, "places", "Places");
    others(out, ls_reader_schema(r), d);
    if (safe_url(f->url)) {
        js_puts(out, "<p class=\"facts\">Published at <a rel=\"noreferrer\" href=\"");
        sd_html_text(out, f->url);
        js_puts(out, "\">");
        sd_html_text(out, f->url);
        js_puts(out, "</a></p>");
    }
    versions(out, d);
    int rc = shared(x, r, f, doc, err);
    if (rc) return rc;
    js_puts(out, "</article><p class=\"export\"><a href=\"/v1/documents/");
    sd_put_url(out, f->id, f->id_len);
    js_puts(out, "\">As JSON</a></p></main>");
    sd_html_end(x, 200);
    return LS_OK;
}

static int load(sd_exchange *x, const ls_reader *r, const js_request *q)
{
    LS_INIT(ls_snippet_options, o);
    ls_error err = {0};
    ls_query *query = NULL;
    ls_snippets *s = NULL;
    ls_doc *d = NULL;
    js_facts f = {0};
    uint64_t doc = UINT64_MAX;
    int rc = ls_reader_find(r, x->id, x->id_len, &doc, &err);
    if (!rc) rc = ls_reader_doc(&d, r, doc, &err);
    if (!rc && !sd_exchange_sees(x, d)) rc = LS_NOTFOUND;
    if (!rc) rc = js_facts_get(&f, ls_reader_schema(r), d, &err);
    if (!rc && q->q_len) rc = js_request_query(&query, q, ls_reader_schema(r), ls_doc_language(d), &err);
    o.all_matches = 1;
    o.range_unit = LS_RANGES_BYTES;
    if (!rc && query) rc = ls_snippets_make(&s, r, query, doc, &o, &err);
    if (!rc) rc = show(x, r, doc, d, &f, q, s, &err);
    if (rc == LS_NOTFOUND || rc == LS_INVALID) sd_answer_missing(x, r);
    else if (rc) sd_answer_json(x, rc, &err);
    js_facts_clear(&f);
    ls_doc_free(d);
    ls_snippets_free(s);
    ls_query_free(query);
    return rc;
}

static void article(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_reader(x);
    js_request q;
    if (sd_search_request(x, &q, JS_FOR_SNIPPET, r)) (void)load(x, sd_exchange_reader(x), &q);
    js_request_clear(&q);
}

void sd_get_article(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_scoped(x);
    if (!r || sd_answer_unchanged(x)) return;
    if (sd_exchange_long(x, r)) x->work = article;
    else article(x);
}
