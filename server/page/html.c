/* html.c — the frame of the pages. Every byte that comes from an article, a query or a target goes through js_html or
 * sd_put_url; the only raw markup is what stands here, and the <mark> of the library's snippets.
 * Ignorant of what is searched. */
#include "server/page/html.h"
#include "server/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sd_html_text(js_text *out, const char *s)
{
    js_html(out, s, strlen(s));
}

static void field(js_text *out, const char *name, const char *value)
{
    js_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    sd_html_text(out, value);
    js_puts(out, "\">");
}

/* What the form does not show itself is kept as hidden fields, so that a new query keeps its filters. */
static void kept_fields(js_text *out, const js_request *q)
{
    char name[64];
    size_t i, k;
    for (i = 0; i < JS_FILTERS; i++) {
        for (k = 0; k < q->with[i].count; k++) field(out, js_filter_name(i), q->with[i].items[k]);
        snprintf(name, sizeof name, "not.%s", js_filter_name(i));
        for (k = 0; k < q->without[i].count; k++) field(out, name, q->without[i].items[k]);
    }
    for (i = 0; i < q->own_names.count; i++) field(out, q->own_names.items[i], q->own_values.items[i]);
    if (q->any) field(out, "match", "any");
    if (q->uses == JS_FOR_SEARCH && q->fold == LS_FOLD_NONE) field(out, "fold", "none");
    if (q->fold == LS_FOLD_STORY) field(out, "fold", "story");
    if (q->simple) field(out, "mode", "simple");
    if (q->no_synonyms) field(out, "synonyms", "off");
    if (q->feedback) field(out, "expand", "feedback");
    if (q->hidden) field(out, "include", "embargoed");
}

static void option(js_text *out, const char *value, const char *label, const char *chosen)
{
    js_printf(out, "<option value=\"%s\"%s>%s</option>", value, chosen && !strcmp(chosen, value) ? " selected" : "",
              label);
}

static void form(js_text *out, const js_request *q, bool front)
{
    const char *sort = q && !front ? q->sort : NULL; /* the front page's own order is not the next search's */
    bool dated = q && (q->from || q->to);
    js_puts(out,
            "<form class=\"find\" action=\"/search\" method=\"get\" role=\"search\"><div class=\"box\">"
            "<label class=\"hidden\" for=\"q\">Search the archive</label>"
            "<input id=\"q\" name=\"q\" type=\"search\" maxlength=\"4096\" autocomplete=\"off\" spellcheck=\"false\" "
            "autocapitalize=\"none\" dir=\"auto\" enterkeyhint=\"search\" aria-describedby=\"help\" "
            "placeholder=\"Words, &quot;a phrase&quot;, arms w/5 deal, negotiat*\"");
    if (front) js_puts(out, " autofocus");
    js_puts(out, " value=\"");
    if (q && q->q) js_html(out, q->q, q->q_len);
    js_puts(out, "\"><button>Search</button></div>"
                 "<p id=\"help\" class=\"hidden\">Press slash or Control K to reach this box.</p>"
                 "<div class=\"row\"><label>Order <select name=\"sort\">");
    option(out, "relevance", "best first", sort);
    option(out, "newest", "newest first", sort);
    option(out, "oldest", "oldest first", sort);
    js_printf(out,
              "</select></label><details class=\"dates\"%s><summary>Dates</summary><span>"
              "<label>From <input name=\"from\" size=\"10\" placeholder=\"2023-08\" value=\"",
              dated ? " open" : "");
    if (q && q->from) sd_html_text(out, q->from);
    js_puts(out, "\"></label> <label>to <input name=\"to\" size=\"10\" placeholder=\"2023-09-11\" value=\"");
    if (q && q->to) sd_html_text(out, q->to);
    js_puts(out, "\"></label></span></details></div>");
    if (q) kept_fields(out, q);
    js_puts(out, "</form>");
}

static bool carried(sd_exchange *x, const sd_arg *a, unsigned uses)
{
    const ls_reader *r = sd_exchange_reader(x);
    bool own =
        !strcmp(a->name, "format") || (uses == JS_FOR_FEED && (!strcmp(a->name, "sort") || !strcmp(a->name, "limit")));
    return a->value_len && !own &&
           (js_param_find(a->name, a->name_len, uses) || js_own_is(ls_reader_schema(r), a->name, a->name_len));
}

void sd_html_arguments(sd_exchange *x, unsigned uses, const char *join)
{
    js_text *out = &x->answer.body;
    for (size_t i = 0; i < x->target.arg_count; i++) {
        const sd_arg *a = &x->target.args[i];
        if (!carried(x, a, uses)) continue;
        js_puts(out, join);
        sd_put_url(out, a->name, a->name_len);
        js_putc(out, '=');
        sd_put_url(out, a->value, a->value_len);
        join = "&amp;";
    }
}

void sd_html_begin(sd_exchange *x, const char *title, const js_request *q, bool front)
{
    js_text *out = &x->answer.body;
    js_puts(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    sd_html_text(out, title);
    js_puts(out, "</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                 "<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">"
                 "<link rel=\"search\" type=\"application/opensearchdescription+xml\" title=\"Archive\" "
                 "href=\"/opensearch.xml\">"
                 "<link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">"
                 "<link rel=\"stylesheet\" href=\"/assets/page.css\"><script src=\"/assets/page.js\" defer></script>");
    if (q && x->route->run == sd_get_page) {
        js_puts(out, "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"This search\" "
                     "href=\"/feed.atom");
        sd_html_arguments(x, JS_FOR_FEED, "?");
        js_puts(out, "\">");
    }
    js_puts(out, "</head><body><a class=\"skip\" href=\"#results\">Skip to the results</a><header>"
                 "<p class=\"name\"><a href=\"/\">Archive</a></p>");
    form(out, q, front);
    js_puts(out, "</header>\n");
}

void sd_html_end(sd_exchange *x, int status)
{
    js_puts(&x->answer.body, "\n<footer><a href=\"/openapi.yaml\">API</a><span>libsearch ");
    js_puts(&x->answer.body, ls_version());
    js_puts(&x->answer.body, "</span></footer></body></html>\n");
    x->answer.status = status;
    x->answer.type = "text/html; charset=utf-8";
    x->answer.page = true;
}

/* The detail stands in the problem's JSON, which is ours: from `"detail":"` to the closing quote. */
static void put_detail(js_text *out, const char *json)
{
    const char *p = strstr(json, "\"detail\":\"");
    for (p = p ? p + 10 : ""; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1]) p++;
        js_html(out, p, 1);
    }
}

void sd_page_problem(sd_exchange *x)
{
    js_text problem = x->answer.body;
    int status = x->answer.status;
    const char *heading = status == 404 ? "Not found" : status == 410 ? "Withdrawn" : "This did not work";
    memset(&x->answer.body, 0, sizeof x->answer.body);
    sd_html_begin(x, heading, NULL, false);
    js_printf(&x->answer.body, "<main id=\"results\"><h1>%s</h1><p role=\"status\" id=\"status\">", heading);
    put_detail(&x->answer.body, problem.data ? problem.data : "");
    js_puts(&x->answer.body, "</p><p><a class=\"button\" href=\"/\">To the archive</a></p></main>");
    sd_html_end(x, status);
    js_text_free(&problem);
}

void sd_html_link(sd_exchange *x, const char *drop, const char *drop_value, const char *add, const char *value)
{
    js_text *out = &x->answer.body;
    const char *join = "";
    size_t i;
    js_puts(out, "/search?");
    for (i = 0; i < x->target.arg_count; i++) {
        const sd_arg *a = &x->target.args[i];
        if (!strcmp(a->name, "offset") || !strcmp(a->name, "cursor") || !a->value_len) continue;
        if (drop && !strcmp(a->name, drop) && (!drop_value || !strcmp(a->value, drop_value))) continue;
        js_puts(out, join);
        sd_put_url(out, a->name, a->name_len);
        js_putc(out, '=');
        sd_put_url(out, a->value, a->value_len);
        join = "&amp;";
    }
    if (!add) return;
    js_puts(out, join);
    sd_put_url(out, add, strlen(add));
    js_putc(out, '=');
    sd_put_url(out, value, strlen(value));
}

void sd_html_date(js_text *out, int64_t ms)
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    char stamp[32];
    int year = 0, month = 0, day = 0;
    ls_date_format(ms, stamp, sizeof stamp);
    if (sscanf(stamp, "%d-%d-%d", &year, &month, &day) != 3 || month < 1 || month > 12) return;
    js_printf(out, "<time datetime=\"%s\">%d %s %d</time>", stamp, day, months[month - 1], year);
}

void sd_html_language(js_text *out, const js_facts *f)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t n = f->language ? strspn(f->language, letters) : 0;
    if (n < 2 || n > 3 || (f->language[n] && f->language[n] != '-')) return;
    js_puts(out, " lang=\"");
    sd_html_text(out, f->language);
    js_putc(out, '"');
}

static void fact(js_text *out, const char *s, bool *first)
{
    if (!s || !*s) return;
    js_puts(out, *first ? "<span dir=\"auto\">" : " <span dir=\"auto\">");
    sd_html_text(out, s);
    js_puts(out, "</span>");
    *first = false;
}

void sd_html_facts(js_text *out, const js_facts *f)
{
    char words[48];
    bool first = true;
    js_puts(out, "<p class=\"facts\" lang=\"en\">");
    fact(out, f->source, &first);
    if (f->has_published) {
        js_puts(out, first ? "<span>" : " <span>");
        sd_html_date(out, f->published);
        js_puts(out, "</span>");
        first = false;
    }
    fact(out, f->section, &first);
    fact(out, f->byline, &first);
    snprintf(words, sizeof words, "%llu words", (unsigned long long)f->words);
    fact(out, words, &first);
    if (f->has_updated && f->has_published && f->updated > f->published) fact(out, "updated", &first);
    if (f->status && !strcmp(f->status, "corrected")) fact(out, "corrected", &first);
    js_puts(out, "</p>");
}
