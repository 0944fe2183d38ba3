/* search.c — the page of results: complete without JavaScript; page.js fetches the same page and swaps two elements.
 * Owns the order of what is shown; the search is json/'s, the passages the library's. */
#include "server/page/html.h"
#include "server/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRONT_HITS = 10, PAGES_SHOWN = 7 };

typedef struct view {
    sd_exchange *x;
    js_text *out;
    const ls_reader *r;
    js_request q;
    js_found found;
    ls_results_info info;
    bool front; /* nothing was asked for */
} view;

/* ---- a hit --------------------------------------------------------------------------------------------------------
 */

static void article_link(view *v, const char *id, size_t id_len)
{
    js_puts(v->out, "/article/");
    sd_put_url(v->out, id, id_len);
    if (!v->q.q_len) return;
    js_puts(v->out, "?q=");
    sd_put_url(v->out, v->q.q, v->q.q_len);
    if (v->q.any) js_puts(v->out, "&amp;match=any");
    if (v->q.simple) js_puts(v->out, "&amp;mode=simple");
    if (v->q.no_synonyms) js_puts(v->out, "&amp;synonyms=off");
    if (v->q.hidden) js_puts(v->out, "&amp;include=embargoed");
}

/* The copies that stand under a hit, closed: their titles are read only for those shown. */
static int copies(view *v, const ls_fold *fold, ls_error *err)
{
    enum { SHOWN = 10 };
    int rc = LS_OK;
    if (!fold) return LS_OK;
    js_printf(v->out, "<details class=\"similar\"><summary>%zu similar</summary><ul>", fold->count);
    for (size_t i = 0; !rc && i < fold->count && i < SHOWN; i++) {
        ls_doc *d = NULL;
        js_facts f = {0};
        rc = js_facts_read(&f, &d, v->r, fold->docs[i], false, err);
        if (!rc) {
            js_puts(v->out, "<li");
            sd_html_language(v->out, &f);
            js_puts(v->out, "><a dir=\"auto\" href=\"");
            article_link(v, f.id, f.id_len);
            js_puts(v->out, "\">");
            js_html(v->out, f.title, f.title_len);
            js_puts(v->out, "</a>");
            sd_html_facts(v->out, &f);
            js_puts(v->out, "</li>");
        }
        js_facts_clear(&f);
        ls_doc_free(d);
    }
    js_puts(v->out, "</ul>");
    if (fold->count > SHOWN) {
        js_puts(v->out, "<p><a href=\"");
        sd_html_link(v->x, "fold", NULL, "fold", "none");
        js_puts(v->out, "\">Show each by itself</a></p>");
    }
    js_puts(v->out, "</details>");
    return rc;
}

static int hit(view *v, const ls_hit *h, const ls_fold *fold, ls_error *err)
{
    LS_INIT(ls_snippet_options, o);
    ls_snippets *s = NULL;
    ls_doc *d = NULL;
    js_facts f = {0};
    size_t i;
    o.count = v->front ? 1 : (size_t)v->q.snippets;
    o.length = (size_t)v->q.snippet_length;
    o.no_body = v->q.snippets == 0;
    int rc = js_facts_read(&f, &d, v->r, h->doc, !o.no_body, err);
    if (!rc && !v->found.highlighter) rc = ls_highlighter_open(&v->found.highlighter, v->r, v->found.query, &o, err);
    if (!rc) rc = ls_highlighter_make(&s, v->found.highlighter, h->doc, d, err);
    if (!rc) {
        js_puts(v->out, "<li><article");
        sd_html_language(v->out, &f);
        js_puts(v->out, "><h2 dir=\"auto\"><a href=\"");
        article_link(v, h->id, h->id_len);
        js_puts(v->out, "\">");
        if (s->title_html) js_puts(v->out, s->title_html);
        else js_html(v->out, f.title, f.title_len);
        js_puts(v->out, "</a></h2>");
        sd_html_facts(v->out, &f);
        for (i = 0; i < s->count; i++) {
            js_puts(v->out, "<p class=\"passage\" dir=\"auto\">");
            js_puts(v->out, s->snippets[i].html);
            js_puts(v->out, "</p>");
        }
        rc = copies(v, fold, err);
        js_puts(v->out, "</article></li>\n");
    }
    js_facts_clear(&f);
    ls_snippets_free(s);
    ls_doc_free(d);
    return rc;
}

static int hits(view *v, ls_error *err)
{
    const ls_hit *h;
    size_t i;
    int rc = LS_OK;
    if (!v->info.count) return LS_OK;
    js_printf(v->out, "<ol class=\"hits\" start=\"%lld\">", (long long)v->q.offset + 1);
    for (i = 0; !rc && (h = ls_results_hit(v->found.results, i)); i++)
        rc = hit(v, h, ls_results_fold(v->found.results, i), err);
    js_puts(v->out, "</ol>");
    return rc;
}

/* ---- around the hits ----------------------------------------------------------------------------------------------
 */

static void count(view *v)
{
    unsigned long long total = v->info.total;
    const char *least = v->info.total_is_exact ? "" : "at least ";
    js_puts(v->out, "<p role=\"status\" id=\"status\">");
    if (v->front) js_printf(v->out, "%llu %s in the archive", total, total == 1 ? "article" : "articles");
    else if (!total) js_puts(v->out, "Nothing found");
    else js_printf(v->out, "%s%llu %s", least, total, total == 1 ? "article" : "articles");
    /* "at least" would be told of what was looked at for this page: a number that says nothing of the whole */
    if (!v->front && v->info.total_leads < total && v->info.total_leads_is_exact)
        js_printf(v->out, ", %llu without their copies", (unsigned long long)v->info.total_leads);
    if (v->q.offset && total) js_printf(v->out, ", from number %lld on", (long long)v->q.offset + 1);
    if (v->info.timed_out) js_puts(v->out, " (the search took too long and was cut short)");
    js_puts(v->out, "</p>");
    if (!v->info.undated_excluded) return;
    js_printf(v->out, "<p class=\"note\">%llu more without a date are not shown.</p>",
              (unsigned long long)v->info.undated_excluded);
}

/* How the query was understood; closed unless something had to be repaired. */
static void understood(view *v)
{
    const ls_warning *w = ls_query_warning(v->found.query, 0);
    const char *parsed = ls_query_parsed(v->found.query);
    size_t i;
    if (v->front || (!w && !strcmp(parsed, v->q.q ? v->q.q : ""))) return;
    js_printf(v->out, "<details class=\"how\"%s><summary>Understood as</summary><code>", w ? " open" : "");
    sd_html_text(v->out, parsed);
    js_puts(v->out, "</code>");
    for (i = 0; (w = ls_query_warning(v->found.query, i)); i++) {
        js_puts(v->out, "<p>");
        sd_html_text(v->out, w->message);
        js_puts(v->out, "</p>");
    }
    if (ls_query_synonym(v->found.query, 0)) {
        js_puts(v->out, "<p><a href=\"");
        sd_html_link(v->x, "synonyms", NULL, "synonyms", "off");
        js_puts(v->out, "\">Search without synonyms</a></p>");
    }
    js_puts(v->out, "</details>");
}

static void nothing(view *v)
{
    ls_suggestions *s = NULL;
    const char *word;
    size_t i;
    if (v->info.total || v->front) return;
    js_puts(v->out, "<div class=\"nothing\">");
    for (i = 0; !v->q.limited && (word = ls_results_unmatched(v->found.results, i)); i++) {
        js_puts(v->out, i ? ", <q>" : "<p>In no article: <q>");
        sd_html_text(v->out, word);
        js_puts(v->out, "</q>");
    }
    js_puts(v->out, i ? "</p>" : "<p>No article has all of this.</p>");
    if (!v->q.limited && v->q.q_len && !ls_did_you_mean(&s, v->r, v->q.q, v->q.q_len, NULL) && s->did_you_mean) {
        js_puts(v->out, "<p>Did you mean <a class=\"button\" href=\"");
        sd_html_link(v->x, "q", NULL, "q", s->did_you_mean);
        js_puts(v->out, "\">");
        sd_html_text(v->out, s->did_you_mean);
        js_puts(v->out, "</a></p>");
    }
    ls_suggestions_free(s);
    if (!v->q.any && v->q.q && strpbrk(v->q.q, " \t")) {
        js_puts(v->out, "<p><a class=\"button\" href=\"");
        sd_html_link(v->x, "match", NULL, "match", "any");
        js_puts(v->out, "\">Search for any of the words</a></p>");
    }
    js_puts(v->out, "</div>");
}

static void chip(view *v, const char *name, const char *label, const char *value)
{
    js_puts(v->out, "<li><a href=\"");
    sd_html_link(v->x, name, value, NULL, NULL);
    js_puts(v->out, "\"><span class=\"hidden\">Remove </span>");
    js_puts(v->out, label);
    if (value) {
        js_puts(v->out, " <bdi>");
        sd_html_text(v->out, value);
        js_puts(v->out, "</bdi>");
    }
    js_puts(v->out, " <span aria-hidden=\"true\">×</span></a></li>");
}

/* The filters in force, each a link that takes it away. */
static void chips(view *v)
{
    char name[64], label[64];
    size_t i, k, n = 0;
    n = v->q.own_names.count;
    for (i = 0; i < JS_FILTERS; i++) n += v->q.with[i].count + v->q.without[i].count;
    if (!n && !v->q.any && !v->q.no_synonyms && !v->q.feedback && v->q.fold == LS_FOLD_SIMILAR) return;
    js_puts(v->out, "<ul class=\"chips\" aria-label=\"Filters\">");
    for (i = 0; i < JS_FILTERS; i++) {
        snprintf(label, sizeof label, "%s:", js_filter_name(i));
        for (k = 0; k < v->q.with[i].count; k++) chip(v, js_filter_name(i), label, v->q.with[i].items[k]);
        snprintf(name, sizeof name, "not.%s", js_filter_name(i));
        snprintf(label, sizeof label, "not %s:", js_filter_name(i));
        for (k = 0; k < v->q.without[i].count; k++) chip(v, name, label, v->q.without[i].items[k]);
    }
    for (i = 0; i < v->q.own_names.count; i++) {
        snprintf(label, sizeof label, "%s:", v->q.own_names.items[i]);
        for (k = 0; label[k]; k++)
            if (label[k] == '.') label[k] = ' ';
        chip(v, v->q.own_names.items[i], label, v->q.own_values.items[i]);
    }
    if (v->q.any) chip(v, "match", "any of the words", NULL);
    if (v->q.no_synonyms) chip(v, "synonyms", "without synonyms", NULL);
    if (v->q.feedback) chip(v, "expand", "words of the best hits too", NULL);
    if (v->q.fold == LS_FOLD_NONE) chip(v, "fold", "copies each by itself", NULL);
    if (v->q.fold == LS_FOLD_STORY) chip(v, "fold", "updates of a story together", NULL);
    js_puts(v->out, "</ul>");
}

/* The parameter by which a facet filters: subjects are filtered by subject. */
static const char *filter_of(const view *v, const char *facet)
{
    for (size_t i = 0; i < JS_FILTERS; i++)
        if (!strcmp(js_filter_field(ls_reader_schema(v->r), i), facet)) return js_filter_name(i);
    return facet;
}

static void facet(view *v, size_t at)
{
    const char *name = filter_of(v, v->q.facets.items[at]);
    const ls_facet_value *f;
    char not_name[96];
    size_t i;
    snprintf(not_name, sizeof not_name, "not.%.80s", name);
    for (i = 0; (f = ls_results_facet(v->found.results, at, i)); i++) {
        if (!i) js_printf(v->out, "<h2>%c%s</h2><ul>", name[0] - 32, name + 1);
        js_puts(v->out, "<li><a href=\"");
        sd_html_link(v->x, name, f->value, name, f->value);
        js_puts(v->out, "\"><bdi>");
        js_html(v->out, f->value, f->len);
        js_printf(v->out, "</bdi> <span class=\"count\">%llu</span></a><a class=\"not\" href=\"",
                  (unsigned long long)f->count);
        sd_html_link(v->x, not_name, f->value, not_name, f->value);
        js_puts(v->out, "\">not<span class=\"hidden\"> ");
        js_html(v->out, f->value, f->len);
        js_puts(v->out, "</span></a></li>");
    }
    if (i) js_puts(v->out, "</ul>");
}

/* ---- when it was published ----------------------------------------------------------------------------------------
 */

/* What stands in from= and to= for a bucket: "2023", "2023-09", or its first and last day. */
static void bucket_ends(int unit, const ls_bucket *b, char from[16], char to[16])
{
    int n = unit == LS_HISTOGRAM_YEAR ? 4 : unit == LS_HISTOGRAM_MONTH ? 7 : 10;
    char day[40];
    int64_t ms = 0;
    snprintf(from, 16, "%.*s", n, b->date);
    snprintf(to, 16, "%s", from);
    if (unit != LS_HISTOGRAM_WEEK || ls_date_parse(b->date, strlen(b->date), &ms, NULL)) return;
    ls_date_format(ms + 6 * (int64_t)86400000, day, sizeof day);
    snprintf(to, 16, "%.10s", day);
}

/* This search with other dates. */
static void dates_link(view *v, const char *from, const char *to)
{
    js_text *out = v->out;
    size_t i;
    js_puts(out, "/search?");
    for (i = 0; i < v->x->target.arg_count; i++) {
        const sd_arg *a = &v->x->target.args[i];
        if (!a->value_len || !strcmp(a->name, "from") || !strcmp(a->name, "to") || !strcmp(a->name, "offset") ||
            !strcmp(a->name, "cursor"))
            continue;
        sd_put_url(out, a->name, a->name_len);
        js_putc(out, '=');
        sd_put_url(out, a->value, a->value_len);
        js_puts(out, "&amp;");
    }
    js_printf(out, "from=%s&amp;to=%s", from, to);
}

/* A list of links, each with a bar as long as its count; the bars are drawn without styles of their own. */
static void histogram(view *v)
{
    const ls_results *res = v->found.results;
    int unit = ls_results_histogram_unit(res);
    const ls_bucket *b;
    uint64_t most = 1;
    char from[16], to[16];
    size_t i;
    for (i = 0; (b = ls_results_bucket(res, i)); i++)
        if (b->count > most) most = b->count;
    if (i < 2) return; /* one bar tells nothing */
    js_puts(v->out, "<h2>Published</h2><ol class=\"times\">");
    for (i = 0; (b = ls_results_bucket(res, i)); i++) {
        bucket_ends(unit, b, from, to);
        js_puts(v->out, "<li><a href=\"");
        dates_link(v, from, to);
        js_printf(v->out,
                  "\">%s%s <span class=\"count\">%llu</span><svg viewBox=\"0 0 100 3\" "
                  "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"%u\" height=\"3\"/></svg></a></li>",
                  unit == LS_HISTOGRAM_WEEK ? "week of " : "", from, (unsigned long long)b->count,
                  (unsigned)(b->count * 100 / most));
    }
    js_puts(v->out, "</ol>");
    if (ls_results_undated(res))
        js_printf(v->out, "<p class=\"note\">%llu without a date</p>", (unsigned long long)ls_results_undated(res));
}

static void facets(view *v)
{
    size_t i, some = ls_results_bucket(v->found.results, 1) != NULL;
    for (i = 0; i < v->q.facets.count; i++) some += ls_results_facet(v->found.results, i, 0) != NULL;
    if (!some) return;
    js_puts(v->out, "<nav class=\"facets\" aria-label=\"Narrow the search\">");
    for (i = 0; i < v->q.facets.count; i++) facet(v, i);
    histogram(v);
    js_puts(v->out, "</nav>");
}

static void page_link(view *v, int64_t offset, const char *label, bool current, const char *rel)
{
    char text[32];
    if (current) {
        js_printf(v->out, "<li><span aria-current=\"page\">%s</span></li>", label);
        return;
    }
    snprintf(text, sizeof text, "%lld", (long long)offset);
    js_puts(v->out, "<li><a href=\"");
    sd_html_link(v->x, NULL, NULL, "offset", text);
    js_printf(v->out, "\"%s>%s</a></li>", rel, label);
}

static void paging(view *v)
{
    int64_t limit = v->q.limit, page, last, from;
    char label[32];
    if (limit < 1 || v->front || v->q.cursor) return;
    page = v->q.offset / limit;
    last = (int64_t)(((v->q.fold || v->q.latest ? v->info.total_leads : v->info.total) + (uint64_t)limit - 1) /
                     (uint64_t)limit) -
           1;
    if (last > 10000 / limit - 1) last = 10000 / limit - 1;
    if (last < 1) return;
    js_puts(v->out, "<nav class=\"pages\" aria-label=\"Pages\"><ul>");
    if (page > 0) page_link(v, (page - 1) * limit, "Previous", false, " rel=\"prev\"");
    from = page > PAGES_SHOWN / 2 ? page - PAGES_SHOWN / 2 : 0;
    for (int64_t i = from; i <= last && i < from + PAGES_SHOWN; i++) {
        snprintf(label, sizeof label, "%lld", (long long)i + 1);
        page_link(v, i * limit, label, i == page, "");
    }
    if (page < last) page_link(v, (page + 1) * limit, "Next", false, " rel=\"next\"");
    js_puts(v->out, "</ul></nav>");
}

static void exports(view *v)
{
    static const char *const names[] = {"csv", "ndjson", "rss", "atom", "json"};
    static const char *const labels[] = {"CSV", "NDJSON", "RSS", "Atom", "JSON"};
    size_t i;
    if (!v->info.total || v->front) return;
    js_puts(v->out, "<p class=\"export\">Everything found as");
    for (i = 0; i < 2; i++) {
        js_printf(v->out, " <a href=\"/v1/export?format=%s", names[i]);
        sd_html_arguments(v->x, JS_FOR_EXPORT, "&amp;");
        js_printf(v->out, "\" download>%s</a>", labels[i]);
    }
    js_puts(v->out, ". What is new as");
    for (i = 2; i < 5; i++) {
        js_printf(v->out, " <a href=\"/feed.%s", names[i]);
        sd_html_arguments(v->x, JS_FOR_FEED, "?");
        js_printf(v->out, "\">%s</a>", labels[i]);
    }
    js_puts(v->out, ".</p>");
}

/* ---- the page -----------------------------------------------------------------------------------------------------
 */

static bool asked(const sd_exchange *x)
{
    size_t i;
    for (i = 0; i < x->target.arg_count; i++)
        if (x->target.args[i].value_len) return true;
    return false;
}

/* What the page wants beyond what was asked; a value that stands in the target already is refused, and left so. */
static int want(view *v, const char *name, const char *value, js_problem *p)
{
    js_problem refused = {0};
    int rc = js_request_set(&v->q, name, strlen(name), value, strlen(value), &refused);
    if (rc != LS_NOMEM) return LS_OK;
    *p = refused;
    return rc;
}

static bool has_field(const ls_reader *r, const char *name)
{
    return ls_schema_find(ls_reader_schema(r), name) != NULL;
}

/* The newsroom's facets; in a schema of one's own its first two keyword fields. */
static int want_facets(view *v, js_problem *p)
{
    const ls_schema *s = ls_reader_schema(v->r);
    bool news = has_field(v->r, "source") || has_field(v->r, "section");
    const ls_field *f;
    int rc = LS_OK;
    if (v->q.facets.count) return LS_OK;
    if (has_field(v->r, "source")) rc = want(v, "facets", "source", p);
    if (!rc && has_field(v->r, "section")) rc = want(v, "facets", "section", p);
    for (size_t i = 0; !rc && !news && v->q.facets.count < 2 && (f = ls_schema_field(s, i)); i++)
        if (f->type == LS_KEYWORD && strlen(f->name) < 63) rc = want(v, "facets", f->name, p);
    return rc;
}

/* As sd_search_request, but empty fields of the form do not count, and facets and front page are added. */
static bool request(view *v)
{
    sd_exchange *x = v->x;
    js_problem p = {0};
    size_t i;
    int rc = LS_OK;
    js_request_init(&v->q, JS_FOR_SEARCH);
    v->q.schema = ls_reader_schema(v->r);
    for (i = 0; !rc && i < x->target.arg_count; i++) {
        const sd_arg *a = &x->target.args[i];
        if (a->value_len) rc = js_request_set(&v->q, a->name, a->name_len, a->value, a->value_len, &p);
    }
    if (!rc) rc = want_facets(v, &p);
    if (!rc && !v->front && v->q.histogram < 0 && has_field(v->r, "published")) rc = want(v, "histogram", "auto", &p);
    if (!rc && !sd_target_get(&x->target, "fold")) rc = want(v, "fold", "similar", &p);
    if (!rc && v->front && !sd_target_get(&x->target, "limit")) v->q.limit = FRONT_HITS;
    if (!rc && v->front && has_field(v->r, "published")) rc = want(v, "sort", "newest", &p);
    if (!rc && (!sd_search_limits(x, &v->q) || (v->q.hidden && !sd_exchange_see_hidden(x)))) return false;
    v->r = sd_exchange_reader(x);
    free(v->q.highlight_pre); /* raw markup from a link would run in the page */
    free(v->q.highlight_post);
    v->q.highlight_pre = v->q.highlight_post = NULL;
    if (!rc) rc = js_request_ready(&v->q, ls_reader_schema(v->r), &p);
    if (rc) sd_answer_problem(x, &p);
    return !rc;
}

static void show(view *v)
{
    sd_exchange *x = v->x;
    js_text title = {0};
    ls_error err = {0};
    int rc;
    v->out = &x->answer.body;
    v->info = ls_results_get(v->found.results);
    if (v->q.q_len) js_printf(&title, "%.80s – Archive", v->q.q);
    if (title.failed) x->answer.body.failed = true;
    sd_html_begin(x, title.data ? title.data : "Archive", &v->q, v->front);
    js_text_free(&title);
    js_puts(v->out, "<div class=\"columns\"><main id=\"results\" tabindex=\"-1\"><h1 class=\"hidden\">Results</h1>");
    count(v);
    chips(v);
    understood(v);
    nothing(v);
    rc = hits(v, &err);
    paging(v);
    exports(v);
    js_puts(v->out, "</main>");
    if (!rc) facets(v);
    js_puts(v->out, "</div>");
    if (rc) sd_answer_json(x, rc, &err);
    else sd_html_end(x, 200);
}

static void page(sd_exchange *x, bool may_move);

static void page_on_worker(sd_exchange *x)
{
    page(x, false);
}

static void page(sd_exchange *x, bool may_move)
{
    view v = {0};
    js_problem p = {0};
    double from = sd_now_exact();
    v.x = x;
    v.r = sd_exchange_reader(x);
    v.front = !asked(x);
    if (!v.r) return;
    if (request(&v)) {
        if (may_move && sd_search_costly(x, &v.q)) {
            x->work = page_on_worker;
        } else if (js_find(&v.found, &v.q, v.r, &p)) {
            sd_answer_problem(x, &p);
        } else {
            show(&v);
            sd_search_took(x, &v.q, sd_now_exact() - from);
            js_found_clear(&v.found);
        }
    }
    js_request_clear(&v.q);
}

void sd_get_page(sd_exchange *x)
{
    if (!sd_exchange_scoped(x) || sd_answer_unchanged(x)) return;
    page(x, true);
}
