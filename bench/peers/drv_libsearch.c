/* drv_libsearch.c — libsearch in the side-by-side bench, through libsearch.h alone: one text field, English stemming,
 * positions, stored text, no stop words dropped; the neutral query syntax is understood by the parser as it is. */
#include "hx.h"
#include "libsearch/libsearch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(const char *did, const ls_error *e)
{
    fprintf(stderr, "libsearch: %s: %s\n", did, e->message);
    return -1;
}

static ls_schema *one_field(ls_error *e)
{
    ls_schema *s = NULL;
    LS_INIT(ls_field, f);
    f.name = "body";
    f.type = LS_TEXT;
    f.weight = 1;
    if (ls_schema_new(&s, e) || ls_schema_add(s, &f, e)) return NULL;
    return s;
}

static int build(const char *corpus, const char *dir, const hx_opts *o, uint64_t *docs)
{
    ls_error e;
    hx_corpus *c = hx_corpus_open(corpus);
    ls_schema *schema = one_field(&e);
    if (!c || !schema) return -1;
    LS_INIT(ls_writer_options, wo);
    wo.flags = LS_WRITER_CREATE;
    wo.schema = schema;
    wo.memory_bytes = (size_t)hx_opt_int(o, "memory", 256) << 20;
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    if (ls_writer_open(&w, dir, &wo, &e) || ls_doc_new(&d, &e)) return complain("open", &e);
    hx_doc x;
    while (hx_corpus_next(c, &x)) {
        char id[16];
        int n = snprintf(id, sizeof id, "%u", x.ord);
        ls_doc_clear(d);
        if (ls_doc_set_id(d, id, (size_t)n, &e) || ls_doc_set_language(d, "english", &e) ||
            ls_doc_add_text(d, "body", x.text, x.text_len, &e) || ls_add(w, d, NULL, &e))
            return complain("add", &e);
        ++*docs;
    }
    if (ls_commit(w, NULL, &e)) return complain("commit", &e);
    if (hx_opt_int(o, "optimize", 1) && ls_merge(w, 1, &e)) return complain("merge", &e);
    ls_writer_close(w);
    ls_doc_free(d);
    ls_schema_free(schema);
    hx_corpus_close(c);
    return 0;
}

static void *open_(const char *dir, const hx_opts *o)
{
    (void)o;
    ls_error e;
    ls_reader *r = NULL;
    if (ls_reader_open(&r, dir, NULL, &e)) {
        complain("open", &e);
        return NULL;
    }
    return r;
}

static void *thread_begin(void *ix)
{
    return ix;
}
static void thread_end(void *s)
{
    (void)s;
}

/* The harness hands out words; the query text is put together again as a user would type it. */
static size_t query_text(const hx_query *q, char *buf, size_t cap)
{
    size_t n = 0;
    for (int i = 0; i < q->n; i++) {
        const hx_clause *c = &q->c[i];
        const char *sign = c->occur == HX_MUST ? "+" : c->occur == HX_NOT ? "-" : "";
        const char *quote = c->kind == HX_PHRASE ? "\"" : "";
        n += (size_t)snprintf(buf + n, cap - n, "%s%s%s", n ? " " : "", sign, quote);
        for (int k = 0; k < c->n && n < cap - 64; k++)
            n += (size_t)snprintf(buf + n, cap - n, "%s%s", k ? " " : "", c->word[k]);
        n += (size_t)snprintf(buf + n, cap - n, "%s%s", c->kind == HX_PREFIX ? "*" : "", quote);
        if (n >= cap - 64) break;
    }
    return n;
}

static int snippets(ls_reader *r, const ls_query *q, ls_results *res, hx_result *out)
{
    ls_error e;
    LS_INIT(ls_snippet_options, so);
    const ls_hit *h;
    for (size_t i = 0; (h = ls_results_hit(res, i)); i++) {
        ls_snippets *s = NULL;
        if (ls_snippets_make(&s, r, q, h->doc, &so, &e)) return complain("snippet", &e);
        for (size_t k = 0; k < s->count; k++) out->snippet_bytes += strlen(s->snippets[k].html);
        if (!i && s->count) snprintf(out->sample, sizeof out->sample, "%s", s->snippets[0].html);
        ls_snippets_free(s);
    }
    return 0;
}

static int search(void *searcher, int cmd, const hx_query *q, hx_result *r)
{
    ls_reader *reader = searcher;
    ls_error e;
    char text[8192];
    size_t n = query_text(q, text, sizeof text);
    LS_INIT(ls_query_options, qo);
    qo.flags = LS_MATCH_ANY | LS_SCORE_FUNCTION_WORDS;
    LS_INIT(ls_search_options, so);
    so.limit = (size_t)hx_k(cmd);
    so.count_only = cmd == HX_COUNT;
    so.total = hx_wants_count(cmd) ? LS_TOTAL_EXACT : LS_TOTAL_NONE;
    so.timeout_ms = -1;
    ls_query *query = NULL;
    ls_results *res = NULL;
    int rc = ls_query_parse(&query, ls_reader_schema(reader), text, n, &qo, &e);
    if (!rc) rc = ls_search(&res, reader, query, &so, &e);
    if (rc) {
        ls_query_free(query);
        return complain("search", &e);
    }
    if (hx_wants_count(cmd)) r->count = (int64_t)ls_results_get(res).total;
    const ls_hit *h;
    for (size_t i = 0; i < HX_MAX_HITS && (h = ls_results_hit(res, i)); i++)
        r->hit[r->n++] = (hx_hit){h->doc, (double)h->score};
    if (cmd == HX_SNIPPET) rc = snippets(reader, query, res, r);
    ls_results_free(res);
    ls_query_free(query);
    return rc;
}

int main(int argc, char **argv)
{
    static const hx_engine e = {"libsearch", ls_version, build, open_, thread_begin, thread_end, search, NULL};
    return hx_main(argc, argv, &e);
}
