/* f_model.c — the library against the brute-force model (tests/model.h): documents are added, replaced, deleted,
 * committed, merged as the input says, and its queries are answered by both, which must agree in every hit and every
 * bit of its score. Input: lines; "+" text: a document; "-" and a digit: one deleted; "!": a commit; "=": a merge; anything
 * else is a query. */
#include "fuzz/fuzz.h"

#include "tests/model.h"

static void add(ls_writer *w, model *m, const char *text, size_t len)
{
    ls_error err;
    ls_doc *d, *own;
    char id[8];
    snprintf(id, sizeof id, "%u", (unsigned)(len % 10)); /* so that some replace others */
    const char *tab = memchr(text, '\t', len);
    size_t title = tab ? (size_t)(tab - text) : 0;
    FUZZ_CHECK(!ls_doc_new(&d, &err) && !ls_doc_set_id(d, id, strlen(id), &err));
    if (tab) FUZZ_CHECK(!ls_doc_add_text(d, "title", text, title, &err));
    FUZZ_CHECK(!ls_doc_add_text(d, "body", tab ? tab + 1 : text, tab ? len - title - 1 : len, &err));
    FUZZ_CHECK(!ls_doc_set_language(d, len & 16 ? "german" : "english", &err));
    ls_added added = {.size = sizeof added};
    FUZZ_CHECK(!ls_add(w, d, &added, &err));
    if (added.result == LS_CREATED || added.result == LS_REPLACED) {
        model_delete(m, id);
        own = d;
        model_add(m, own);
    }
    ls_doc_free(d);
}

static void compare(const char *path, model *m, const char *text, size_t len)
{
    ls_error err;
    ls_reader *r;
    ls_query *q;
    FUZZ_CHECK(!ls_reader_open(&r, path, NULL, &err));
    FUZZ_CHECK(!ls_query_parse(&q, ls_reader_schema(r), text, len, NULL, &err));
    bool limited = false;
    for (size_t i = 0; ls_query_warning(q, i); i++) limited |= !strncmp(ls_query_warning(q, i)->code, "limit", 5);
    model_prepare(m);
    model_result want = {0};
    if (!limited) want = model_search(m, q, 0, 0);
    for (int how = 0; how < 2 && !limited; how++) {
        ls_results *res;
        LS_INIT(ls_search_options, o);
        o.exhaustive = how;
        o.timeout_ms = -1;
        FUZZ_CHECK(!ls_search(&res, r, q, &o, &err));
        FUZZ_CHECK(ls_results_get(res).total == want.count);
        for (size_t i = 0; i < ls_results_get(res).count; i++) {
            const ls_hit *h = ls_results_hit(res, i);
            FUZZ_CHECK(!strcmp(h->id, want.hits[i].id) && !memcmp(&h->score, &want.hits[i].score, sizeof h->score));
        }
        ls_results_free(res);
    }
    model_result_clear(&want);
    ls_query_free(q);
    ls_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    ls_error err;
    ls_writer *w;
    char path[100];
    unsigned docs = 0, queries = 0;
    (void)model_articles; /* of the model's other user */
    if (n > 3000) return 0;
    snprintf(path, sizeof path, "%s/model", fuzz_folder());
    fuzz_remove(path);
    LS_INIT(ls_writer_options, o);
    ls_schema *s;
    ls_field title = {.size = sizeof title, .name = "title", .type = LS_TEXT, .weight = 3},
             body = {.size = sizeof body, .name = "body", .type = LS_TEXT, .weight = 1};
    FUZZ_CHECK(!ls_schema_new(&s, &err) && !ls_schema_add(s, &title, &err) && !ls_schema_add(s, &body, &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    FUZZ_CHECK(!ls_writer_open(&w, path, &o, &err));
    model *m = model_new(ls_writer_schema(w));
    while (in.n && docs < 40 && queries < 12) {
        size_t len;
        char *line = fuzz_line(&in, &len);
        if (len && *line == '+') {
            add(w, m, line + 1, len - 1);
            docs++;
        } else if (len == 2 && *line == '-' && line[1] >= '0' && line[1] <= '9') {
            char id[2] = {line[1], 0};
            if (!ls_delete(w, id, 1, &err)) model_delete(m, id);
        } else if (len == 1 && *line == '=') {
            FUZZ_CHECK(!ls_commit(w, NULL, &err) && !ls_merge(w, 1, &err));
        } else if (len == 1 && *line == '!') {
            FUZZ_CHECK(!ls_commit(w, NULL, &err));
        } else if (len) {
            FUZZ_CHECK(!ls_commit(w, NULL, &err));
            compare(path, m, line, len);
            queries++;
        }
        free(line);
    }
    ls_writer_close(w);
    model_free(m);
    ls_schema_free(s);
    return 0;
}
