/* f_synonyms.c — files of synonyms, and queries that use them. Input: a byte of flags, the query up to a newline, the file.
 * Held: every file is read, and line by line the same lines are in use; what a warning tells lies in the file; the query
 * prints, parses to the same and searches with the set as without, and what it says was added stands in its printed form. */
#include "fuzz/fuzz.h"

enum { WARNINGS = 64, ADDED = 31, ENTRY = 128 };

/* How many lines are in use where each is a file of its own. */
static size_t count_apart(const ls_schema *s, const char *text, size_t len)
{
    size_t count = 0;
    for (size_t at = 0, end; at < len; at = end + 1) {
        const char *eol = memchr(text + at, '\n', len - at);
        ls_synonyms *one;
        ls_error err;
        end = eol ? (size_t)(eol - text) : len;
        FUZZ_CHECK(!ls_synonyms_new(&one, s, text + at, end - at, &err));
        FUZZ_CHECK(ls_synonyms_count(one) + !!ls_synonyms_warning(one, 0) <= 1);
        count += ls_synonyms_count(one);
        ls_synonyms_free(one);
    }
    return count;
}

static void check_set(const ls_synonyms *set, const ls_schema *s, const char *text, size_t len)
{
    const ls_warning *w;
    size_t i, last = 0;
    for (i = 0; (w = ls_synonyms_warning(set, i)); i++) {
        FUZZ_CHECK(last <= w->start && w->start < w->end && w->end <= len &&
                   !memchr(text + w->start, '\n', w->end - w->start));
        FUZZ_CHECK(!strcmp(w->code, i + 1 < WARNINGS ? "bad_synonyms" : "limit_warnings") &&
                   fuzz_utf8(w->message, strlen(w->message)));
        last = w->end;
    }
    FUZZ_CHECK(i <= WARNINGS);
    /* A second mark of UTF-8, at the beginning of another line, is text where the file is whole. */
    if (len < 2000 && !memchr(text, 0xEF, len)) FUZZ_CHECK(count_apart(s, text, len) == ls_synonyms_count(set));
}

static void check_added(const ls_query *q, const char *parsed, bool unprinted)
{
    const ls_synonym *added;
    for (size_t i = 0; (added = ls_query_synonym(q, i)); i++) {
        FUZZ_CHECK(*added->word && added->added_count && added->added_count <= (size_t)ADDED * ADDED);
        for (size_t k = 0; k < added->added_count; k++) {
            size_t n = strlen(added->added[k]);
            FUZZ_CHECK(n && n <= ENTRY && fuzz_utf8(added->added[k], n));
            FUZZ_CHECK(unprinted || strstr(parsed, added->added[k]));
        }
    }
}

static void run(const ls_query *q)
{
    ls_error err;
    ls_results *res = NULL;
    LS_INIT(ls_search_options, o);
    o.timeout_ms = 200;
    FUZZ_CHECK(!ls_search(&res, fuzz_reader(), q, &o, &err) && ls_results_get(res).count <= 10);
    ls_results_free(res);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    ls_error err;
    ls_synonyms *set;
    ls_query *q;
    LS_INIT(ls_query_options, o);
    o.flags = fuzz_u8(&in) & 7;
    o.now = 1700000000000;
    size_t query_len, len;
    char *query = fuzz_line(&in, &query_len), *text = fuzz_rest(&in, &len);
    const ls_schema *s = ls_reader_schema(fuzz_reader());
    FUZZ_CHECK(!ls_synonyms_new(&set, s, text, len, &err));
    check_set(set, s, text, len);
    o.synonyms = set;
    if (query_len < 2000) {
        FUZZ_CHECK(!ls_query_parse(&q, s, query, query_len, &o, &err));
        const char *parsed = ls_query_parsed(q);
        bool cut = fuzz_is_cut(q);
        FUZZ_CHECK(fuzz_utf8(parsed, strlen(parsed)));
        check_added(q, parsed, cut || o.flags & LS_MODE_SIMPLE); /* which prints the words alone */
        run(q);
        if (!cut) fuzz_reads_back(q, &o);
        ls_query_free(q);
    }
    ls_synonyms_free(set);
    free(query);
    free(text);
    return 0;
}
