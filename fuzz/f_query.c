/* f_query.c — the parser of queries, and running what it made. Input: a byte of flags, then the query.
 * Held: parsing never fails; what it prints parses to the same again; a search of it ends well. */
#include "fuzz/fuzz.h"

static void run(const ls_query *q)
{
    ls_error err;
    ls_results *res = NULL;
    LS_INIT(ls_search_options, o);
    o.timeout_ms = 200;
    int rc = ls_search(&res, fuzz_reader(), q, &o, &err);
    if (rc) fprintf(stderr, "%d: %s\n", rc, err.message);
    FUZZ_CHECK(!rc && ls_results_get(res).count <= 10);
    ls_results_free(res);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    ls_error err;
    ls_query *q;
    LS_INIT(ls_query_options, o);
    o.flags = fuzz_u8(&in) & 7;
    o.now = 1700000000000;
    if (in.n > 8192) return 0;
    const ls_schema *s = ls_reader_schema(fuzz_reader());
    size_t len;
    char *text = fuzz_rest(&in, &len);
    FUZZ_CHECK(!ls_query_parse(&q, s, text, len, &o, &err));
    const char *parsed = ls_query_parsed(q);
    FUZZ_CHECK(fuzz_utf8(parsed, strlen(parsed)));
    for (size_t i = 0; ls_query_warning(q, i); i++) {
        const ls_warning *w = ls_query_warning(q, i);
        FUZZ_CHECK(w->start <= w->end && w->end <= len && *w->code && *w->message);
    }
    run(q);
    if (!fuzz_is_cut(q)) fuzz_reads_back(q, &o);
    ls_query_free(q);
    free(text);
    return 0;
}
