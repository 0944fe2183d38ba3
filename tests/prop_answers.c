/* prop_answers.c — answers for random requests over random articles. What must hold for each:
 *   - a request is answered, or refused as a 400 that names a parameter; nothing else;
 *   - the answer is one strict JSON object, and has every member of the contract;
 *   - ranges of a snippet rise, do not overlap and lie within its text, in each unit;
 *   - a page behind a cursor without some ids has what it has with them, but for these;
 *   - pages by cursor, put together, are the hits of one large page, in the same order, none twice;
 *   - an export has exactly those documents, and each line is strict JSON.
 * usage: prop_answers [ROUNDS [SEED]]; both are printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json/inside.h"
#include "json/utf8.h"

#define DOCUMENTS 300

static uint64_t state;

static uint64_t rnd(uint64_t n) /* 0 .. n-1; xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * 2685821657736338717u >> 16) % n;
}

static int failed_line;
static const char *failed_what;
#define MUST(c)                                                                                                        \
    do {                                                                                                               \
        if (!(c)) {                                                                                                    \
            failed_line = __LINE__;                                                                                    \
            failed_what = #c;                                                                                          \
            return false;                                                                                              \
        }                                                                                                              \
    } while (0)

static const char *const words[] = {
    "arms",   "Deal",   "talks", "the",  "of",   "U.S.", "US",  "Shoigu",   "Shoigu’s", "Kim Jong-un", "co-operate",
    "Zürich", "北朝鮮", "🚀",     "2023", "3.5%", "AT&T", "<b>", "\"said\"", "naïve",    "negotiations"};
#define WORDS (sizeof words / sizeof words[0])

static void put_words(js_text *t, uint64_t n)
{
    static const char *const between[] = {" ", " ", " ", " ", ", ", ". ", ".\n", ".\n\n", "\t"};
    for (uint64_t i = 0; i < n; i++) {
        js_puts(t, words[rnd(WORDS)]);
        js_puts(t, between[rnd(sizeof between / sizeof between[0])]);
    }
}

static void put_member(js_text *t, const char *name, uint64_t n)
{
    js_text v = {0};
    put_words(&v, n);
    js_key(t, name);
    js_string(t, v.data ? v.data : "", v.len);
    js_text_free(&v);
}

static void put_article(js_text *t, int number)
{
    static const char *const sources[] = {"Reuters", "AP", "reuters", "Ünïon", "a,b"};
    js_printf(t, "{\"id\":\"d%d\"", number);
    if (rnd(3)) put_member(t, "title", 1 + rnd(8));
    put_member(t, "body", 1 + rnd(200));
    if (rnd(2)) put_member(t, "byline", 2);
    if (rnd(2)) js_printf(t, ",\"source\":\"%s\"", sources[rnd(5)]);
    if (rnd(2)) js_printf(t, ",\"subjects\":[\"s%d\",\"s%d\"]", (int)rnd(3), (int)rnd(5));
    if (rnd(3)) js_printf(t, ",\"published\":\"2023-%02d-%02d\"", 1 + (int)rnd(12), 1 + (int)rnd(28));
    if (rnd(2)) js_printf(t, ",\"urgency\":%d", (int)rnd(9));
    if (rnd(4) == 0) js_printf(t, ",\"desk\":[%d,{\"k\":\"v\"}]", number);
    js_putc(t, '}');
}

static bool make_index(const char *path)
{
    LS_INIT(ls_writer_options, o);
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    ls_error err = {0};
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    MUST(ls_writer_open(&w, path, &o, &err) == LS_OK);
    MUST(ls_doc_new(&d, &err) == LS_OK);
    js_article_options a = {.schema = ls_writer_schema(w)};
    for (int i = 0; i < DOCUMENTS; i++) {
        js_text t = {0};
        put_article(&t, (int)rnd(DOCUMENTS)); /* some replace others */
        int rc = js_article_read(d, t.data, t.len, &a, &err);
        if (rc == LS_OK) rc = ls_add(w, d, NULL, &err);
        if (rc == LS_OK && rnd(70) == 0) rc = ls_commit(w, NULL, &err);
        if (rc != LS_OK) fprintf(stderr, "%s\n%s\n", t.data, err.message);
        js_text_free(&t);
        MUST(rc == LS_OK);
    }
    MUST(ls_commit(w, NULL, &err) == LS_OK);
    ls_doc_free(d);
    ls_writer_close(w);
    return true;
}

/* ---- a random request ---- */

static void put_query(js_text *t)
{
    static const char *const pieces[] = {
        " AND ", " OR ",      " NOT ",   " -",        "\"",      "“",     "”",      "(",       ")",
        "*",     "~",         "^2",      " w/5 ",     " pre/2 ", " w/s ", "title:", "source:", "date:2023-0",
        "caps(", "atleast2(", "hlead:(", "words:>50", "?",       ":",     "[",      "/",       "\\"};
    for (uint64_t i = rnd(6); i-- > 0;) {
        uint64_t what = rnd(10);
        if (what < 5) js_puts(t, words[rnd(WORDS)]);
        else if (what < 8) js_puts(t, pieces[rnd(sizeof pieces / sizeof pieces[0])]);
        else if (what < 9) js_putc(t, (char)rnd(256));
        if (rnd(2)) js_putc(t, ' ');
    }
}

static int set(js_request *q, const char *name, const char *value, js_problem *p)
{
    return js_request_set(q, name, strlen(name), value, strlen(value), p);
}

static int set_random(js_request *q, js_problem *p)
{
    static const char *const choices[][2] = {
        {"sort", "newest"},        {"sort", "oldest"},     {"sort", "urgency:desc"},  {"sort", "source:asc"},
        {"sort", "nosuch:asc"},    {"source", "reuters"},  {"not.source", "AP"},      {"subject", "s1"},
        {"byline", "Shoigu"},      {"not.byline", "arms"}, {"from", "2023-03"},       {"to", "2023-09-11"},
        {"snippets", "5"},         {"snippets", "0"},      {"snippet_length", "20"},  {"range_unit", "utf16"},
        {"range_unit", "byte"},    {"match", "any"},       {"mode", "simple"},        {"function_words", "score"},
        {"half_life", "30"},       {"explain", "1"},       {"fields", "id,snippets"}, {"facets", "source,subject"},
        {"highlight_pre", "\x01"}, {"from", "2024"},       {"language", "en"},        {"soure", "x"},
        {"facets", "body"},        {"limit", "101"},       {"histogram", "auto"},     {"histogram", "week"},
        {"expand", "feedback"}};
    for (uint64_t i = rnd(4); i-- > 0;) {
        const char *const *c = choices[rnd(sizeof choices / sizeof choices[0])];
        int rc = set(q, c[0], c[1], p);
        if (rc != LS_OK) return rc;
    }
    return LS_OK;
}

/* ---- what must hold ---- */

static size_t length_in(const char *s, size_t len, int unit)
{
    return js_utf8_units(s, len, unit);
}

static bool snippet_holds(const json_t *s, int unit)
{
    const json_t *text = json_object_get(s, "text"), *ranges = json_object_get(s, "ranges");
    json_int_t at = 0;
    MUST(json_is_string(text) && json_is_string(json_object_get(s, "html")) && json_is_array(ranges));
    size_t len = length_in(json_string_value(text), json_string_length(text), unit);
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        const json_t *r = json_array_get(ranges, i);
        json_int_t a = json_integer_value(json_array_get(r, 0)), b = json_integer_value(json_array_get(r, 1));
        MUST(a >= at && b > a && (size_t)b <= len);
        at = b;
    }
    return true;
}

static bool answer_holds(const js_text *t, const js_request *q)
{
    static const char *const members[] = {"query",          "parsed",           "warnings", "total",  "total_leads",
                                          "total_relation", "undated_excluded", "limit",    "offset", "next_cursor",
                                          "took_ms",        "timed_out",        "hits",     "facets", "suggestion"};
    json_t *tree = NULL;
    ls_error err = {0};
    int rc = js_parse(&tree, t->data, t->len, &err);
    if (rc != LS_OK) fprintf(stderr, "%s\n", err.message);
    MUST(rc == LS_OK && js_utf8_invalid(t->data, t->len) == 0);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) MUST(json_object_get(tree, members[i]));
    MUST(json_object_size(tree) == sizeof members / sizeof members[0] + (q->histogram >= 0) + q->feedback);
    MUST(q->histogram < 0 || json_is_array(json_object_get(json_object_get(tree, "histogram"), "buckets")));
    const json_t *hits = json_object_get(tree, "hits");
    MUST(json_array_size(hits) <= (size_t)q->limit);
    for (size_t i = 0; i < json_array_size(hits); i++) {
        const json_t *hit = json_array_get(hits, i), *snippets = json_object_get(hit, "snippets");
        MUST(json_is_string(json_object_get(hit, "id")));
        MUST(q->fields.count || json_object_size(hit) == (q->explain ? 18u : 17u));
        MUST(json_array_size(snippets) <= (size_t)q->snippets);
        for (size_t k = 0; k < json_array_size(snippets); k++)
            MUST(snippet_holds(json_array_get(snippets, k), q->range_unit));
    }
    json_decref(tree);
    return true;
}

/* Ids of a page, one a line, behind out; the cursor of the next page into cursor (owned), NULL at the end. */
static bool page(js_text *out, char **cursor, const js_request *q, const ls_reader *r)
{
    js_found f;
    js_problem p = {0};
    const ls_hit *hit;
    int rc = js_find(&f, q, r, &p);
    if (rc != LS_OK) fprintf(stderr, "%s\n", p.detail);
    MUST(rc == LS_OK);
    for (size_t i = 0; (hit = ls_results_hit(f.results, i)) != NULL; i++)
        js_printf(out, "%.*s\n", (int)hit->id_len, hit->id);
    const char *next = ls_results_cursor(f.results);
    *cursor = NULL;
    if (next) {
        size_t n = strlen(next) + 1;
        *cursor = malloc(n);
        MUST(*cursor);
        memcpy(*cursor, next, n);
    }
    js_found_clear(&f);
    return true;
}

/* Leaves q changed. */
static bool pages_hold(js_request *q, const ls_reader *r)
{
    js_text whole = {0}, parts = {0};
    char *cursor = NULL;
    free(q->cursor);
    q->cursor = NULL;
    q->offset = 0;
    q->limit = DOCUMENTS;
    MUST(page(&whole, &cursor, q, r));
    MUST(cursor == NULL);
    q->limit = 1 + (int64_t)rnd(40);
    int pages = 0;
    do {
        q->cursor = cursor;
        MUST(page(&parts, &cursor, q, r));
        free(q->cursor);
        q->cursor = NULL;
        MUST(++pages <= DOCUMENTS + 1);
    } while (cursor);
    MUST(whole.len == parts.len && (whole.len == 0 || memcmp(whole.data, parts.data, whole.len) == 0));

    js_export *e = NULL;
    js_problem p = {0};
    js_text t = {0};
    bool more = true;
    size_t lines = 0, ids = 0;
    MUST(js_export_open(&e, q, r, JS_NDJSON, &p) == LS_OK);
    while (more) MUST(js_export_next(e, &t, &more, NULL) == LS_OK);
    for (size_t i = 0; i < whole.len; i++) ids += whole.data[i] == '\n';
    for (size_t i = 0; i < t.len; lines++) {
        json_t *tree = NULL;
        const char *nl = memchr(t.data + i, '\n', t.len - i);
        MUST(nl && js_parse(&tree, t.data + i, (size_t)(nl - (t.data + i)), NULL) == LS_OK);
        json_decref(tree);
        i = (size_t)(nl - t.data) + 1;
    }
    MUST(lines == ids && js_export_count(e) == ids);
    js_export_close(e);
    js_text_free(&t);
    js_text_free(&whole);
    js_text_free(&parts);
    return true;
}

/* The first page, then the rest without some documents, as a server asks for it where these were taken away meanwhile: the
 * whole page but for them, in its order. Leaves q changed. */
static bool without_holds(js_request *q, const ls_reader *r)
{
    js_text whole = {0}, parts = {0}, want = {0};
    char ids[3][16], *cursor = NULL;
    const char *unwanted[3];
    size_t first = 1 + (size_t)rnd(10), line = 0;
    if (q->fold || q->latest || q->feedback) return true; /* others lead then, or other words are added */
    q->limit = DOCUMENTS;
    MUST(page(&whole, &cursor, q, r));
    for (size_t i = 0; i < 3; i++) {
        snprintf(ids[i], sizeof ids[i], "d%d", (int)rnd(DOCUMENTS));
        unwanted[i] = ids[i];
    }
    q->limit = (int64_t)first;
    MUST(page(&parts, &cursor, q, r));
    q->unwanted = unwanted;
    q->unwanted_count = 1 + (size_t)rnd(3);
    q->limit = DOCUMENTS - (int64_t)first;
    if (cursor) {
        char *end;
        q->cursor = cursor;
        MUST(page(&parts, &end, q, r));
        MUST(end == NULL);
        free(q->cursor);
        q->cursor = NULL;
    }
    for (size_t i = 0; i < whole.len; line++) {
        size_t n = (size_t)((char *)memchr(whole.data + i, '\n', whole.len - i) - (whole.data + i));
        bool left = true;
        for (size_t k = 0; line >= first && k < q->unwanted_count; k++)
            left = left && !(strlen(ids[k]) == n && memcmp(ids[k], whole.data + i, n) == 0);
        if (left) js_put(&want, whole.data + i, n + 1);
        i += n + 1;
    }
    MUST(want.len == parts.len && (want.len == 0 || memcmp(want.data, parts.data, want.len) == 0));
    q->unwanted = NULL;
    q->unwanted_count = 0;
    js_text_free(&whole);
    js_text_free(&parts);
    js_text_free(&want);
    return true;
}

/* Strict JSON with these members, as many as there are. The tree is the caller's to drop. */
static bool object_holds(json_t **tree, const js_text *t, const char *const *members)
{
    size_t n = 0;
    ls_error err = {0};
    int rc = js_parse(tree, t->data, t->len, &err);
    if (rc != LS_OK) fprintf(stderr, "%s\n", err.message);
    MUST(rc == LS_OK);
    for (; members[n]; n++) MUST(json_object_get(*tree, members[n]));
    MUST(json_object_size(*tree) == n);
    return true;
}

/* Passages, tokens, suggestions and the document itself, for the same text and a random article. */
static bool others_hold(const js_text *query, const ls_reader *r)
{
    static const char *const snippet[] = {"id",         "query",    "parsed",  "warnings",
                                          "title_html", "snippets", "matches", NULL};
    static const char *const suggest[] = {"query", "completions", "did_you_mean", NULL};
    static const char *const tokens[] = {"tokens", NULL};
    const char *text = query->data ? query->data : "";
    char id[16];
    js_request q;
    js_problem p = {0};
    js_text t = {0};
    json_t *tree = NULL;
    js_request_init(&q, JS_FOR_SNIPPET);
    MUST(js_request_set(&q, "q", 1, text, query->len, &p) == LS_OK);
    snprintf(id, sizeof id, "d%d", (int)rnd(DOCUMENTS));
    int rc = js_write_snippet(&t, &q, r, id, strlen(id), &p);
    MUST(rc == LS_OK || (rc == LS_NOTFOUND && p.status == 404));
    if (rc == LS_OK) {
        MUST(object_holds(&tree, &t, snippet));
        const json_t *matches = json_object_get(tree, "matches");
        json_int_t at = 0;
        for (size_t i = 0; i < json_array_size(matches); i++) {
            const json_t *m = json_array_get(matches, i);
            MUST(json_integer_value(json_array_get(m, 0)) >= at);
            at = json_integer_value(json_array_get(m, 1));
        }
        json_decref(tree);
    }
    js_request_clear(&q);
    js_text_reset(&t);
    MUST(js_write_suggest(&t, r, text, query->len, 5, false, NULL) == LS_OK && object_holds(&tree, &t, suggest));
    json_decref(tree);
    js_text_reset(&t);
    MUST(js_write_analyze(&t, ls_reader_schema(r), text, query->len, "english", LS_RANGES_CODE_POINTS, NULL) == LS_OK);
    MUST(object_holds(&tree, &t, tokens));
    const json_t *list = json_object_get(tree, "tokens");
    json_int_t end = (json_int_t)js_utf8_units(text, query->len, LS_RANGES_CODE_POINTS);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *k = json_array_get(list, i);
        MUST(json_integer_value(json_object_get(k, "start")) < json_integer_value(json_object_get(k, "end")));
        MUST(json_integer_value(json_object_get(k, "end")) <= end);
    }
    json_decref(tree);
    js_text_free(&t);
    return true;
}

static bool round_holds(const ls_reader *r, js_text *query, uint64_t *answered)
{
    js_request q;
    js_problem p = {0};
    js_text out = {0};
    js_request_init(&q, JS_FOR_SEARCH);
    put_query(query);
    int rc = js_request_set(&q, "q", 1, query->data ? query->data : "", query->len, &p);
    if (rc == LS_OK) rc = set_random(&q, &p);
    if (rc == LS_OK) rc = js_request_ready(&q, ls_reader_schema(r), &p);
    if (rc == LS_OK) rc = js_search(&out, &q, r, &p);
    if (rc != LS_OK && p.status != 400) fprintf(stderr, "%d %s\n", p.status, p.detail);
    MUST(rc == LS_OK || (p.status == 400 && p.parameter[0] && p.detail[0]));
    if (rc == LS_OK) {
        MUST(answer_holds(&out, &q));
        if (rnd(4) == 0) MUST(pages_hold(&q, r) && without_holds(&q, r));
        ++*answered;
    }
    js_text_free(&out);
    js_request_clear(&q);
    return rnd(3) != 0 || others_hold(query, r);
}

static void remove_index(const char *path)
{
    char command[300]; /* a folder of mkdtemp's: its name needs no quoting */
    snprintf(command, sizeof command, "rm -rf %s", path);
    if (system(command) != 0) fprintf(stderr, "%s is left\n", path);
}

int main(int argc, char **argv)
{
    uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000, answered = 0;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    char folder[] = "/tmp/prop_answers.XXXXXX", path[64];
    ls_reader *r = NULL;
    state = seed * 2 + 1;
    printf("prop_answers: %llu rounds, seed %llu\n", (unsigned long long)rounds, (unsigned long long)seed);
    if (mkdtemp(folder) == NULL) return 2;
    snprintf(path, sizeof path, "%s/index", folder);
    bool ok = make_index(path) && ls_reader_open(&r, path, NULL, NULL) == LS_OK;
    for (uint64_t i = 0; ok && i < rounds; i++) {
        js_text query = {0};
        ok = round_holds(r, &query, &answered);
        if (!ok) fprintf(stderr, "round %llu, query: %s\n", (unsigned long long)i, query.data ? query.data : "");
        js_text_free(&query);
    }
    ls_reader_close(r);
    remove_index(folder);
    if (!ok) printf("FAILED at line %d: %s\n", failed_line, failed_what ? failed_what : "opening");
    else printf("passed: %llu rounds, %llu answered\n", (unsigned long long)rounds, (unsigned long long)answered);
    return !ok;
}
