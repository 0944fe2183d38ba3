/* drive_libsearch.c — libsearch beside its peers, through libsearch.h alone: one text field and a date; English
 * stemming, positions and stored text; no word is dropped or left out of the score; phrases in any form of their words,
 * as the peers understand them. */
#include "bench/peers/drive.h"
#include "libsearch/libsearch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(const char *did, const ls_error *e)
{
    fprintf(stderr, "libsearch: %s: %s\n", did, e->message);
    return -1;
}

static ls_schema *two_fields(ls_error *e)
{
    ls_schema *s = NULL;
    LS_INIT(ls_field, body);
    LS_INIT(ls_field, stamp);
    body.name = "body";
    body.type = LS_TEXT;
    body.weight = 1;
    body.not_stored = !drive_number("stored", 1);
    stamp.name = "stamp";
    stamp.type = LS_DATE;
    if (ls_schema_new(&s, e) || ls_schema_add(s, &body, e) || ls_schema_add(s, &stamp, e)) return NULL;
    return s;
}

static int add_all(ls_writer *w, drive_lines *l, drive_built *b, ls_error *e)
{
    ls_doc *d = NULL;
    drive_article a;
    int rc = ls_doc_new(&d, e);
    while (!rc && drive_lines_next(l, &a)) {
        char id[24];
        int n = snprintf(id, sizeof id, "%llu", (unsigned long long)a.ord);
        ls_doc_clear(d);
        rc = ls_doc_set_id(d, id, (size_t)n, e);
        if (!rc) rc = ls_doc_set_language(d, "english", e);
        if (!rc) rc = ls_doc_add_text(d, "body", a.text, a.text_len, e);
        if (!rc) rc = ls_doc_add_int(d, "stamp", a.stamp * 1000, e);
        if (!rc) rc = ls_add(w, d, NULL, e);
        b->articles++;
    }
    ls_doc_free(d);
    return rc;
}

static int stored_bytes(const char *dir, drive_built *b, ls_error *e)
{
    ls_reader *r = NULL;
    LS_INIT(ls_stats, s);
    int rc = ls_reader_open(&r, dir, NULL, e);
    if (!rc) rc = ls_reader_stats(r, &s, e);
    b->stored_bytes = s.stored_bytes;
    ls_reader_close(r);
    return rc;
}

static int build(drive_lines *l, const char *dir, drive_built *b)
{
    ls_error e;
    ls_writer *w = NULL;
    ls_schema *schema = two_fields(&e);
    if (!schema) return complain("schema", &e);
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE;
    o.schema = schema;
    o.memory_bytes = (size_t)drive_number("memory", 256) << 20;
    o.threads = (unsigned)drive_number("threads", 1);
    double t0 = drive_seconds();
    int rc = ls_writer_open(&w, dir, &o, &e);
    if (!rc) rc = add_all(w, l, b, &e);
    if (!rc) rc = ls_commit(w, NULL, &e);
    b->add_s = drive_seconds() - t0;
    if (!rc && drive_number("merge", 1)) rc = ls_merge(w, 1, &e);
    b->merge_s = drive_seconds() - t0 - b->add_s;
    ls_writer_close(w);
    ls_schema_free(schema);
    if (!rc) rc = stored_bytes(dir, b, &e);
    return rc ? complain("build", &e) : 0;
}

static void *open_index(const char *dir)
{
    ls_error e;
    ls_reader *r = NULL;
    if (ls_reader_open(&r, dir, NULL, &e)) complain("open", &e);
    return r;
}

static char *put(char *at, const char *s)
{
    for (int n = 0; *s && n < 60; n++) *at++ = *s++;
    return at;
}

/* The query as a user would type it. */
static size_t typed(const drive_query *q, char *buf, size_t cap)
{
    char *at = buf, *last = buf + cap - 128;
    for (int i = 0; i < q->count && at < last; i++) {
        const drive_clause *c = &q->clause[i];
        if (i) *at++ = ' ';
        at = put(at, c->occur == DRIVE_MUST ? "+" : c->occur == DRIVE_NOT ? "-" : "");
        at = put(at, c->kind == DRIVE_PHRASE ? "\"" : "");
        for (int k = 0; k < c->count && at < last; k++) {
            if (k) *at++ = ' ';
            at = put(at, c->word[k]);
        }
        at = put(at, c->kind == DRIVE_PHRASE   ? "\"~"
                     : c->kind == DRIVE_PREFIX ? "*"
                     : c->kind == DRIVE_FUZZY  ? "~"
                                               : "");
    }
    return (size_t)(at - buf);
}

static int passages(const ls_reader *r, const ls_query *q, const ls_results *res, drive_answer *a, ls_error *e)
{
    LS_INIT(ls_snippet_options, o);
    o.count = 1;
    const ls_hit *h;
    for (size_t i = 0; (h = ls_results_hit(res, i)); i++) {
        ls_snippets *s = NULL;
        int rc = ls_snippets_make(&s, r, q, h->doc, &o, e);
        if (rc) return rc;
        for (size_t k = 0; k < s->count; k++) a->passage_bytes += strlen(s->snippets[k].html);
        ls_snippets_free(s);
    }
    return LS_OK;
}

static void search_options(ls_search_options *o, const drive_ask *ask, ls_filter *recent)
{
    o->limit = (size_t)ask->k;
    o->count_only = !ask->k;
    o->total = ask->command == 'C' ? LS_TOTAL_EXACT : LS_TOTAL_NONE;
    o->timeout_ms = -1;
    if (ask->command == 'F') {
        *recent = (ls_filter){.field = "stamp", .from = ask->query->from * 1000, .to = INT64_MAX};
        o->filters = recent;
        o->filter_count = 1;
    }
    if (ask->command == 'N') {
        o->sort = LS_BY_FIELD_DESC;
        o->sort_field = "stamp";
    }
}

static int search(void *index, const drive_ask *ask, drive_answer *a)
{
    ls_reader *r = index;
    ls_error e;
    ls_query *q = NULL;
    ls_results *res = NULL;
    ls_filter recent;
    char text[4096];
    size_t n = typed(ask->query, text, sizeof text);
    LS_INIT(ls_query_options, qo);
    LS_INIT(ls_search_options, so);
    qo.flags = LS_MATCH_ANY | LS_SCORE_FUNCTION_WORDS;
    search_options(&so, ask, &recent);
    int rc = ls_query_parse(&q, ls_reader_schema(r), text, n, &qo, &e);
    if (!rc) rc = ls_search(&res, r, q, &so, &e);
    if (!rc) {
        if (ask->command == 'C') a->count = (int64_t)ls_results_get(res).total;
        const ls_hit *h;
        while (a->hits < ask->k && (h = ls_results_hit(res, (size_t)a->hits))) {
            a->doc[a->hits] = h->doc;
            a->score[a->hits++] = (double)h->score;
        }
        if (ask->command == 'S') rc = passages(r, q, res, a, &e);
    }
    ls_results_free(res);
    ls_query_free(q);
    return rc ? complain("search", &e) : 0;
}

int main(int argc, char **argv)
{
    static const drive_engine e = {"libsearch", ls_version, build, open_index, search, NULL};
    return drive_main(argc, argv, &e);
}
