/* f_snippets.c — a document is added, found and shown. Input: a line for the query, a line for the title, the rest is
 * the body. Held: passages are valid UTF-8, their html has no other markup than the markers, ranges lie in order. */
#include "fuzz/fuzz.h"
#include <unistd.h>

static void check_html(const char *html)
{
    for (const char *s = html; *s; s++) {
        if (*s == '<') FUZZ_CHECK(!strncmp(s, "<mark>", 6) || !strncmp(s, "</mark>", 7));
        if (*s == '&')
            FUZZ_CHECK(!strncmp(s, "&amp;", 5) || !strncmp(s, "&lt;", 4) || !strncmp(s, "&gt;", 4) ||
                       !strncmp(s, "&quot;", 6) || !strncmp(s, "&#39;", 5));
        FUZZ_CHECK(*s != '"');
        FUZZ_CHECK(*s != '>' || (s - html >= 5 && (!memcmp(s - 5, "<mark", 5) || !memcmp(s - 5, "/mark", 5))));
    }
}

static void show(const ls_reader *r, const ls_query *q, uint64_t doc, size_t body_len)
{
    ls_error err;
    ls_snippets *s;
    LS_INIT(ls_snippet_options, o);
    o.range_unit = LS_RANGES_BYTES;
    o.all_matches = 1;
    FUZZ_CHECK(!ls_snippets_make(&s, r, q, doc, &o, &err));
    if (s->title_html) check_html(s->title_html);
    for (size_t i = 0; i < s->count; i++) {
        const ls_snippet *x = &s->snippets[i];
        size_t n = strlen(x->text), at = 0;
        FUZZ_CHECK(fuzz_utf8(x->text, n) && fuzz_utf8(x->html, strlen(x->html)));
        check_html(x->html);
        for (size_t k = 0; k < x->range_count; k++) {
            FUZZ_CHECK(x->ranges[k].start >= at && x->ranges[k].start < x->ranges[k].end && x->ranges[k].end <= n);
            at = x->ranges[k].end;
        }
    }
    for (size_t k = 0; k < s->match_count; k++)
        FUZZ_CHECK(s->matches[k].start <= s->matches[k].end && s->matches[k].end <= body_len);
    ls_snippets_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static ls_writer *w;
    fuzz_in in = {p, n};
    ls_error err;
    ls_doc *d;
    ls_reader *r;
    ls_query *q;
    ls_results *res;
    char path[100];
    size_t q_len, t_len, b_len;
    if (n > 20000) return 0;
    snprintf(path, sizeof path, "%s/one", fuzz_folder());
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE;
    if (!w) FUZZ_CHECK(!ls_writer_open(&w, path, &o, &err));
    char *query = fuzz_line(&in, &q_len), *title = fuzz_line(&in, &t_len), *body = fuzz_rest(&in, &b_len);
    FUZZ_CHECK(!ls_doc_new(&d, &err) && !ls_doc_set_id(d, "x", 1, &err));
    FUZZ_CHECK(!ls_doc_add_text(d, "title", title, t_len, &err) && !ls_doc_add_text(d, "body", body, b_len, &err));
    FUZZ_CHECK(!ls_add(w, d, NULL, &err) && !ls_commit(w, NULL, &err));
    ls_doc_free(d);
    FUZZ_CHECK(!ls_reader_open(&r, path, NULL, &err));
    FUZZ_CHECK(!ls_query_parse(&q, ls_reader_schema(r), query, q_len, NULL, &err));
    LS_INIT(ls_search_options, so);
    FUZZ_CHECK(!ls_search(&res, r, q, &so, &err));
    const ls_hit *hit = ls_results_hit(res, 0);
    uint64_t doc = UINT64_MAX;
    FUZZ_CHECK(!ls_reader_next(r, &doc, &err));
    FUZZ_CHECK(!hit || hit->doc == doc);
    FUZZ_CHECK(!ls_get(&d, r, "x", 1, &err));
    const char *stored = ls_doc_text(d, "body", 0, &b_len);
    FUZZ_CHECK(stored && fuzz_utf8(stored, b_len));
    ls_doc_free(d);
    show(r, q, doc, b_len);
    ls_results_free(res);
    ls_query_free(q);
    ls_reader_close(r);
    free(query);
    free(title);
    free(body);
    return 0;
}
