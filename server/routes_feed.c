/* routes_feed.c — /feed.rss, /feed.atom, /feed.json: the newest that a search finds; /opensearch.xml: how a browser
 * may search here. Owns where these addresses are; how a feed is written is feed.c's. */
#include "server/feed.h"
#include "server/routes.h"
#include "server/search_request.h"

#include <stdlib.h>
#include <string.h>

/* --public-url, else the name by which the client called: one of those that are served. */
static void put_base(js_text *out, const sd_exchange *x)
{
    const char *url = x->server->config.public_url;
    size_t n = url ? strlen(url) : 0;
    while (n && url[n - 1] == '/') n--;
    if (n) js_put(out, url, n);
    else js_printf(out, "http://%s", x->host ? x->host : "localhost");
}

static void put_arguments(js_text *out, const sd_exchange *x)
{
    const char *join = "?";
    for (size_t i = 0; i < x->target.arg_count; i++) {
        const sd_arg *a = &x->target.args[i];
        if (!a->value_len) continue;
        js_puts(out, join);
        sd_put_url(out, a->name, a->name_len);
        js_putc(out, '=');
        sd_put_url(out, a->value, a->value_len);
        join = "&";
    }
}

/* ---- feeds --------------------------------------------------------------------------------------------------------
 */

static int read_item(sd_feed_item *i, const ls_reader *r, ls_highlighter *h, uint64_t doc, ls_error *err)
{
    ls_snippets *s = NULL;
    int rc = js_facts_read(&i->facts, &i->doc, r, doc, true, err);
    if (!rc) rc = ls_highlighter_make(&s, h, doc, i->doc, err);
    if (!rc && s->count) js_puts(&i->summary, s->snippets[0].text);
    ls_snippets_free(s);
    return rc ? rc : js_text_rc(&i->summary, err);
}

static void free_items(sd_feed *f)
{
    for (size_t i = 0; i < f->count; i++) {
        js_facts_clear(&f->items[i].facts);
        js_text_free(&f->items[i].summary);
        ls_doc_free(f->items[i].doc);
    }
    free(f->items);
}

static int read_items(sd_feed *f, const ls_reader *r, const js_found *found, ls_error *err)
{
    LS_INIT(ls_stats, stats);
    LS_INIT(ls_snippet_options, o);
    ls_highlighter *h = NULL;
    const ls_hit *hit;
    o.count = 1;
    o.length = 400;
    int rc = ls_reader_summary(r, &stats, err);
    f->born = stats.created;
    f->items = calloc(ls_results_get(found->results).count + 1, sizeof *f->items);
    if (!f->items) {
        *err = (ls_error){.code = LS_NOMEM, .message = "out of memory"};
        return LS_NOMEM;
    }
    if (!rc) rc = ls_highlighter_open(&h, r, found->query, &o, err);
    for (size_t i = 0; !rc && (hit = ls_results_hit(found->results, i)) != NULL; i++) {
        f->count++;
        rc = read_item(&f->items[i], r, h, hit->doc, err);
    }
    ls_highlighter_close(h);
    return rc;
}

static sd_feed_form form_of(const sd_exchange *x)
{
    const char *end = strrchr(x->route->path, '.');
    return !strcmp(end, ".rss") ? SD_FEED_RSS : !strcmp(end, ".atom") ? SD_FEED_ATOM : SD_FEED_JSON;
}

static void answer(sd_exchange *x, const js_request *q, const ls_reader *r, const js_found *found)
{
    js_text base = {0}, self = {0}, page = {0}, title = {0};
    ls_error err = {0};
    sd_feed f = {0};
    put_base(&base, x);
    put_base(&self, x);
    js_puts(&self, x->route->path);
    put_arguments(&self, x);
    put_base(&page, x);
    js_puts(&page, x->target.arg_count ? "/search" : "/");
    put_arguments(&page, x);
    js_puts(&title, "Archive");
    if (q->q_len) js_printf(&title, ": %s", q->q);
    if (base.failed || self.failed || page.failed || title.failed) x->answer.body.failed = true;
    f.base = base.data ? base.data : "";
    f.self = self.data ? self.data : "";
    f.page = page.data ? page.data : "";
    f.title = title.data ? title.data : "";
    if (read_items(&f, r, found, &err)) {
        sd_answer_json(x, err.code, &err);
    } else {
        sd_feed_write(&x->answer.body, &f, form_of(x));
        x->answer.status = 200;
        x->answer.type = sd_feed_type(form_of(x));
    }
    free_items(&f);
    js_text_free(&base);
    js_text_free(&self);
    js_text_free(&page);
    js_text_free(&title);
}

/* A feed is read for what is new, so that is its order unless another is asked for. */
static bool newest_first(sd_exchange *x, js_request *q, const ls_reader *r)
{
    static const char sort[] = "sort", newest[] = "newest";
    js_problem p = {0};
    if (q->sort || !ls_schema_find(ls_reader_schema(r), "published")) return true;
    if (js_request_set(q, sort, strlen(sort), newest, strlen(newest), &p) == LS_OK &&
        js_request_ready(q, ls_reader_schema(r), &p) == LS_OK)
        return true;
    sd_answer_problem(x, &p);
    return false;
}

static void feed(sd_exchange *x, bool may_move);

static void feed_on_worker(sd_exchange *x)
{
    feed(x, false);
}

static void feed(sd_exchange *x, bool may_move)
{
    const ls_reader *r = sd_exchange_reader(x);
    js_found found = {0};
    js_problem p = {0};
    js_request q;
    double from = sd_now_exact();
    if (sd_search_request(x, &q, JS_FOR_FEED, r) && newest_first(x, &q, r)) {
        if (may_move && sd_search_costly(x, &q)) {
            x->work = feed_on_worker;
        } else if (js_find(&found, &q, r = sd_exchange_reader(x), &p)) {
            sd_answer_problem(x, &p);
        } else {
            answer(x, &q, r, &found);
            sd_search_took(x, &q, sd_now_exact() - from);
            js_found_clear(&found);
        }
    }
    js_request_clear(&q);
}

void sd_get_feed(sd_exchange *x)
{
    if (!sd_exchange_scoped(x) || sd_answer_unchanged(x)) return;
    feed(x, true);
}

/* ---- the browser's search box -------------------------------------------------------------------------------------
 */

static void put_url(js_text *out, const sd_exchange *x, const char *attributes, const char *path)
{
    js_text base = {0};
    put_base(&base, x);
    js_printf(out, "<Url %s template=\"", attributes);
    sd_xml(out, base.data ? base.data : "", base.len);
    js_printf(out, "%s{searchTerms}\"/>\n", path);
    if (base.failed) out->failed = true;
    js_text_free(&base);
}

void sd_get_opensearch(sd_exchange *x)
{
    static const char *const names[] = {NULL};
    js_text *out = &x->answer.body;
    if (sd_exchange_unknown(x, names)) return;
    js_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\n"
                 "<ShortName>Archive</ShortName>\n<Description>Search the archive</Description>\n"
                 "<InputEncoding>UTF-8</InputEncoding>\n<OutputEncoding>UTF-8</OutputEncoding>\n");
    put_url(out, x, "type=\"text/html\" method=\"get\"", "/search?q=");
    put_url(out, x, "type=\"application/x-suggestions+json\" rel=\"suggestions\"",
            "/v1/suggest?format=opensearch&amp;q=");
    put_url(out, x, "type=\"application/atom+xml\"", "/feed.atom?q=");
    put_url(out, x, "type=\"application/rss+xml\"", "/feed.rss?q=");
    js_puts(out, "</OpenSearchDescription>\n");
    x->answer.status = 200;
    x->answer.type = "application/opensearchdescription+xml";
}
