/* t_api.c — the door of the library: a NULL where there must not be one, structs of options of other sizes and with unknown
 * flags, names of errors, the hooks of memory and log. */
#include "libsearch/model/schema.h"
#include "tests/index_util.h"

static ls_error err;
static ls_reader *r;
static ls_writer *w;
static ls_query *q;
static ls_schema *s;
static ls_doc *d;
static const int ANYTHING = 1;
#define SOMETHING ((void *)(uintptr_t)&ANYTHING) /* what an out-parameter holds before */

static int begin(void **state)
{
    if (folder_begin(state)) return -1;
    w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    add_news(w, "one", "A title", "A body of six words, no more.", "AP", 1);
    OK(ls_commit(w, NULL, &err));
    OK(ls_reader_open(&r, index_path, NULL, &err));
    OK(ls_schema_news(&s, &err));
    OK(ls_query_parse(&q, s, "body", 4, NULL, &err));
    OK(ls_doc_new(&d, &err));
    return 0;
}

static int end(void **state)
{
    ls_doc_free(d);
    ls_query_free(q);
    ls_schema_free(s);
    ls_reader_close(r);
    ls_writer_close(w);
    return folder_end(state);
}

/* Refused, with what was wrong; and so without an ls_error. */
#define REFUSED(call, says)                                                                                            \
    do {                                                                                                               \
        ls_error *e = &err;                                                                                            \
        memset(&err, 0, sizeof err);                                                                                   \
        assert_int_equal(call, LS_INVALID);                                                                            \
        assert_int_equal(err.code, LS_INVALID);                                                                        \
        if (!strstr(err.message, says)) print_error("%s\n", err.message);                                              \
        assert_non_null(strstr(err.message, says));                                                                    \
        e = NULL;                                                                                                      \
        assert_int_equal(call, LS_INVALID);                                                                            \
    } while (0)
/* The same of a call that gives something out: without a place for it; and with one, nothing is there. */
#define GIVES(type, good, bad, says)                                                                                   \
    do {                                                                                                               \
        type *made = SOMETHING, **out = &made;                                                                         \
        REFUSED(bad, says);                                                                                            \
        assert_null(made);                                                                                             \
        out = NULL;                                                                                                    \
        REFUSED(good, "out is NULL");                                                                                  \
    } while (0)

/* A cursor tells its commit; what no page gave tells none. Ids that are left out are counted. */
static void going_on(void **state)
{
    (void)state;
    uint64_t generation = 7;
    const char *ids[600];
    ls_query *made = NULL;
    LS_INIT(ls_query_options, o);
    LS_INIT(ls_search_options, so);
    REFUSED(ls_cursor_generation(NULL, "x", e), "generation is NULL");
    REFUSED(ls_cursor_generation(&generation, NULL, e), "cursor is NULL");
    static const char *const wrong[] = {
        "", "x", "AgEA", "????",
        "AgEAAIE30DwRAAAAAAAAAP6Fr0p0XCPOQn_mtThBlXrSDPYCogEAAIE30DwAAAAAlgAAAAAAAABvgUBfH-lVvw"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        REFUSED(ls_cursor_generation(&generation, wrong[i], e), "not one that a page of results gave");
    assert_int_equal(generation, 7);
    add_news(w, "two", "A title", "A body too.", "AP", 2);
    OK(ls_commit(w, NULL, &err));
    ls_reader *newer;
    ls_results *res;
    OK(ls_reader_open(&newer, index_path, NULL, &err));
    so.limit = 1;
    OK(ls_search(&res, newer, q, &so, &err));
    OK(ls_cursor_generation(&generation, ls_results_cursor(res), &err));
    assert_int_equal(generation, ls_results_get(res).generation);
    char *cursor = strdup(ls_results_cursor(res)), first[16];
    snprintf(first, sizeof first, "%s", ls_results_hit(res, 0)->id);
    ls_results_free(res);
    for (size_t i = 0; i < 600; i++) ids[i] = "nobody";
    ids[0] = first;
    o.without = ids;
    o.without_count = 513;
    assert_int_equal(ls_query_parse(&made, s, "body", 4, &o, &err), LS_LIMIT);
    o.without_count = 512;
    OK(ls_query_parse(&made, s, "body", 4, &o, &err));
    assert_string_equal(ls_query_parsed(made), "body");
    OK(ls_search(&res, newer, made, NULL, &err));
    assert_int_equal(ls_results_get(res).total, 1);
    assert_string_not_equal(ls_results_hit(res, 0)->id, first);
    ls_results_free(res);
    so.cursor = cursor; /* it belongs to the query with and without them */
    OK(ls_search(&res, newer, made, &so, &err));
    assert_int_equal(ls_results_get(res).count, 1);
    ls_results_free(res);
    ls_query_free(made);
    free(cursor);
    ls_reader_close(newer);
}

static void making(void **state)
{
    LS_INIT(ls_field, f);
    f.name = "new";
    f.type = LS_TEXT;
    (void)state;
    REFUSED(ls_schema_new(NULL, e), "out is NULL");
    REFUSED(ls_schema_news(NULL, e), "out is NULL");
    REFUSED(ls_schema_add(NULL, &f, e), "schema is NULL");
    REFUSED(ls_schema_add(s, NULL, e), "field is NULL");
    REFUSED(ls_schema_add(s, &(ls_field){.size = 4, .name = "x"}, e), "size is not set");
    REFUSED(ls_schema_add(s, &(ls_field){.size = 5000, .name = "x"}, e), "its size is 5000");
    REFUSED(ls_schema_set(NULL, "b", "1", e), "schema is NULL");
    REFUSED(ls_schema_set(s, NULL, "1", e), "key is NULL");
    REFUSED(ls_schema_set(s, "b", NULL, e), "value is NULL");
    REFUSED(ls_schema_set(s, "timezone", "Nowhere/Atall", e), "timezone=Nowhere/Atall");
    assert_string_equal(ls_schema_get(s, "timezone"), "UTC"); /* as it was */
    assert_null(ls_schema_get(NULL, "b"));
    assert_null(ls_schema_get(s, NULL));
    assert_null(ls_schema_get(s, "colour"));
    assert_int_equal(ls_schema_count(NULL), 0);
    assert_null(ls_schema_field(NULL, 0));
    assert_null(ls_schema_field(s, ls_schema_count(s)));
    assert_null(ls_schema_find(NULL, "body"));
    assert_null(ls_schema_find(s, NULL));
    assert_null(ls_schema_find(s, "nobody"));
    assert_string_equal(ls_schema_find(s, "body")->name, "body");
    REFUSED(ls_doc_new(NULL, e), "out is NULL");
    REFUSED(ls_doc_set_id(NULL, "a", 1, e), "document is NULL");
    REFUSED(ls_doc_set_id(d, NULL, 1, e), "id is NULL");
    REFUSED(ls_doc_add_text(NULL, "body", "x", 1, e), "document is NULL");
    REFUSED(ls_doc_add_text(d, NULL, "x", 1, e), "field is NULL");
    REFUSED(ls_doc_add_text(d, "body", NULL, 1, e), "text is NULL");
    OK(ls_doc_add_text(d, "body", NULL, 0, &err)); /* of no bytes */
    REFUSED(ls_doc_add_int(NULL, "published", 1, e), "document is NULL");
    REFUSED(ls_doc_add_int(d, NULL, 1, e), "field is NULL");
    REFUSED(ls_doc_set_language(NULL, "de", e), "document is NULL");
    ls_doc_set_version(NULL, 1);
    ls_doc_clear(NULL);
}

static void documents(void **state)
{
    size_t len = 7;
    int64_t number = 7;
    LS_INIT(ls_doc_version_info, v);
    ls_value value;
    ls_doc *one;
    (void)state;
    assert_null(ls_doc_id(NULL, &len));
    assert_int_equal(len, 0);
    assert_null(ls_doc_id(NULL, NULL));
    assert_null(ls_doc_text(NULL, "body", 0, &len));
    assert_null(ls_doc_text(d, NULL, 0, NULL));
    assert_int_equal(ls_doc_int(NULL, "published", &number), LS_INVALID);
    assert_int_equal(number, 0);
    assert_int_equal(ls_doc_int(d, NULL, &number), LS_INVALID);
    assert_int_equal(ls_doc_int(d, "published", NULL), LS_INVALID);
    assert_int_equal(ls_doc_int(d, "published", &number), LS_NOTFOUND);
    assert_int_equal(ls_doc_version(NULL), 0);
    assert_null(ls_doc_language(NULL));
    assert_int_equal(ls_doc_words(NULL), 0);
    assert_int_equal(ls_doc_is_cut(NULL), 0);
    assert_int_equal(ls_doc_version_at(NULL, 0, &v), LS_NOTFOUND);
    assert_int_equal(ls_doc_version_at(d, 0, NULL), LS_INVALID);
    assert_int_equal(ls_doc_value(NULL, 0, &value), LS_NOTFOUND);
    assert_int_equal(ls_doc_value(d, 0, NULL), LS_INVALID);
    OK(ls_get(&one, r, "one", 3, &err));
    for (size_t i = 0; !ls_doc_value(one, i, &value); i++) assert_true(*value.field);
    assert_null(value.field);
    assert_string_equal(ls_doc_id(one, NULL), "one");
    assert_int_equal(ls_doc_words(one), 9);
    assert_null(ls_doc_text(one, "body", 1, &len));
    assert_int_equal(ls_doc_version_at(one, 1, &v), LS_NOTFOUND);
    ls_doc_free(one);
}

static void writing(void **state)
{
    LS_INIT(ls_writer_options, o);
    LS_INIT(ls_kill_options, k);
    LS_INIT(ls_killed, killed);
    LS_INIT(ls_added, added);
    LS_INIT(ls_field, f);
    uint64_t n = 7;
    f.name = "added";
    f.type = LS_TEXT;
    o.flags = 1u << 20;
    (void)state;
    GIVES(ls_writer, ls_writer_open(out, index_path, NULL, e), ls_writer_open(out, NULL, NULL, e), "path is NULL");
    GIVES(ls_writer, ls_writer_open(out, index_path, NULL, e), ls_writer_open(out, index_path, &o, e), "flags 0x");
    o.flags = 0;
    o.size = 1;
    GIVES(ls_writer, ls_writer_open(out, index_path, NULL, e), ls_writer_open(out, index_path, &o, e), "size is not");
    assert_null(ls_writer_schema(NULL));
    REFUSED(ls_add(NULL, d, &added, e), "writer is NULL");
    REFUSED(ls_add(w, NULL, NULL, e), "document is NULL");
    REFUSED(ls_add_with(w, d, &(ls_add_options){.size = 0}, &added, e), "size is not set");
    REFUSED(ls_delete(NULL, "x", 1, e), "writer is NULL");
    REFUSED(ls_delete(w, NULL, 1, e), "id is NULL");
    REFUSED(ls_kill(NULL, &k, &killed, e), "writer is NULL");
    REFUSED(ls_kill(w, NULL, &killed, e), "options is NULL");
    REFUSED(ls_kill(w, &(ls_kill_options){.size = 3}, NULL, e), "size is not set");
    REFUSED(ls_commit(NULL, &n, e), "writer is NULL");
    assert_int_equal(n, 0);
    REFUSED(ls_commit(NULL, NULL, e), "writer is NULL");
    REFUSED(ls_rollback(NULL, e), "writer is NULL");
    REFUSED(ls_merge(NULL, 1, e), "writer is NULL");
    REFUSED(ls_purge(NULL, &n, e), "writer is NULL");
    REFUSED(ls_purge(NULL, NULL, e), "writer is NULL");
    REFUSED(ls_writer_add_field(NULL, &f, e), "writer is NULL");
    REFUSED(ls_writer_add_field(w, NULL, e), "field is NULL");
    REFUSED(ls_writer_add_field(w, &(ls_field){.size = 0}, e), "size is not set");
    REFUSED(ls_delete_query(NULL, q, &n, e), "writer is NULL");
    REFUSED(ls_delete_query(w, NULL, NULL, e), "query is NULL");
    REFUSED(ls_check(NULL, NULL, NULL, NULL, e), "path is NULL");
    REFUSED(ls_backup(NULL, "x", e), "path is NULL");
    REFUSED(ls_backup(index_path, NULL, e), "to is NULL");
    REFUSED(ls_salvage(NULL, "x", NULL, NULL, e), "path is NULL");
    REFUSED(ls_salvage(index_path, NULL, NULL, NULL, e), "to is NULL");
    REFUSED(ls_salvage(index_path, "x", &(ls_salvage_options){.size = 2}, NULL, e), "size is not set");
}

static void reading(void **state)
{
    LS_INIT(ls_reader_options, o);
    LS_INIT(ls_tombstone, t);
    LS_INIT(ls_stats, stats);
    uint64_t doc = 7;
    int64_t next;
    o.flags = 64;
    (void)state;
    GIVES(ls_reader, ls_reader_open(out, index_path, NULL, e), ls_reader_open(out, NULL, NULL, e), "path is NULL");
    GIVES(ls_reader, ls_reader_open(out, index_path, NULL, e), ls_reader_open(out, index_path, &o, e), "flags 0x40");
    GIVES(ls_reader, ls_reader_view(out, r, 0, e), ls_reader_view(out, NULL, 0, e), "reader is NULL");
    GIVES(ls_reader, ls_reader_view(out, r, 0, e), ls_reader_view(out, r, LS_READER_NO_MMAP, e), "LS_READER_HIDDEN");
    ls_reader *newer = SOMETHING;
    REFUSED(ls_reader_refresh(&newer, NULL, e), "reader is NULL");
    assert_null(newer);
    REFUSED(ls_reader_refresh(NULL, r, e), "newer is NULL");
    assert_int_equal(ls_reader_epoch(NULL, &next), 0);
    assert_true(next == INT64_MAX);
    assert_int_equal(ls_reader_epoch(r, NULL), 0);
    assert_null(ls_reader_schema(NULL));
    REFUSED(ls_reader_stats(NULL, &stats, e), "reader is NULL");
    REFUSED(ls_reader_stats(r, NULL, e), "out is NULL");
    GIVES(ls_doc, ls_get(out, r, "one", 3, e), ls_get(out, NULL, "one", 3, e), "reader is NULL");
    GIVES(ls_doc, ls_get(out, r, "one", 3, e), ls_get(out, r, NULL, 3, e), "id is NULL");
    GIVES(ls_doc, ls_reader_doc(out, r, 0, e), ls_reader_doc(out, NULL, 0, e), "reader is NULL");
    GIVES(ls_doc, ls_reader_head(out, r, 0, e), ls_reader_head(out, NULL, 0, e), "reader is NULL");
    REFUSED(ls_reader_find(NULL, "one", 3, &doc, e), "reader is NULL");
    assert_int_equal(doc, 0);
    REFUSED(ls_reader_find(r, "one", 3, NULL, e), "doc is NULL");
    REFUSED(ls_reader_find_guid(r, NULL, 3, &doc, e), "guid is NULL");
    REFUSED(ls_reader_next(r, NULL, e), "doc is NULL");
    REFUSED(ls_reader_tombstone(NULL, &t, "x", 1, e), "reader is NULL");
    REFUSED(ls_reader_tombstone(r, NULL, "x", 1, e), "out is NULL");
    REFUSED(ls_reader_tombstone(r, &t, NULL, 1, e), "id is NULL");
    REFUSED(ls_reader_tombstone_guid(r, &t, NULL, 1, e), "guid is NULL");
    REFUSED(ls_reader_tombstone_at(r, 0, NULL, e), "out is NULL");
    REFUSED(ls_reader_tombstone_at(NULL, 0, &t, e), "reader is NULL");
    /* A caller's struct of before a field was there: no more of it is filled in than it has. */
    struct {
        size_t size;
        uint64_t rest[sizeof(ls_stats) / 8];
    } old = {.size = 16};
    memset(old.rest, 0xEE, sizeof old.rest);
    OK(ls_reader_stats(r, (ls_stats *)(void *)&old, &err));
    assert_true(old.size == 16 && old.rest[0] != 0xEEEEEEEEEEEEEEEE && old.rest[1] == 0xEEEEEEEEEEEEEEEE);
}

static void asking(void **state)
{
    LS_INIT(ls_snippet_options, wrong);
    LS_INIT(ls_similar_options, odd);
    size_t rest = 7;
    ls_range head;
    wrong.range_unit = 9;
    odd.range_unit = -1;
    (void)state;
    GIVES(ls_query, ls_query_parse(out, s, "x", 1, NULL, e), ls_query_parse(out, NULL, "x", 1, NULL, e), "schema is");
    GIVES(ls_query, ls_query_parse(out, s, "x", 1, NULL, e), ls_query_parse(out, s, NULL, 1, NULL, e), "text is NULL");
    GIVES(ls_query, ls_query_parse(out, s, "x", 1, NULL, e),
          ls_query_parse(out, s, "x", 1, &(ls_query_options){.size = 1}, e), "size is not set");
    ls_query *none;
    OK(ls_query_parse(&none, s, NULL, 0, NULL, &err));
    assert_string_equal(ls_query_parsed(none), "");
    assert_int_equal(ls_query_uses_now(none), 0);
    ls_query_free(none);
    assert_null(ls_query_parsed(NULL));
    assert_int_equal(ls_query_uses_now(NULL), 0);
    assert_null(ls_query_warning(NULL, 0));
    assert_null(ls_query_synonym(NULL, 0));
    GIVES(ls_synonyms, ls_synonyms_new(out, s, "", 0, e), ls_synonyms_new(out, NULL, "", 0, e), "schema is NULL");
    GIVES(ls_synonyms, ls_synonyms_new(out, s, "", 0, e), ls_synonyms_new(out, s, NULL, 1, e), "text is NULL");
    assert_int_equal(ls_synonyms_count(NULL), 0);
    assert_int_equal(ls_synonyms_stamp(NULL), 0);
    assert_null(ls_synonyms_warning(NULL, 0));
    GIVES(ls_results, ls_search(out, r, q, NULL, e), ls_search(out, NULL, q, NULL, e), "reader is NULL");
    GIVES(ls_results, ls_search(out, r, q, NULL, e), ls_search(out, r, NULL, NULL, e), "query is NULL");
    GIVES(ls_explanation, ls_explain(out, r, q, NULL, 0, e), ls_explain(out, NULL, q, NULL, 0, e), "reader is NULL");
    GIVES(ls_explanation, ls_explain(out, r, q, NULL, 0, e), ls_explain(out, r, NULL, NULL, 0, e), "query is NULL");
    GIVES(ls_snippets, ls_snippets_make(out, r, q, 0, NULL, e), ls_snippets_make(out, NULL, q, 0, NULL, e), "reader");
    GIVES(ls_snippets, ls_snippets_make(out, r, q, 0, NULL, e), ls_snippets_make(out, r, NULL, 0, NULL, e), "query");
    GIVES(ls_snippets, ls_snippets_make(out, r, q, 0, NULL, e), ls_snippets_make(out, r, q, 0, &wrong, e), "is 9");
    GIVES(ls_snippets, ls_highlighter_make(out, NULL, 0, NULL, e), ls_highlighter_make(out, NULL, 0, NULL, e),
          "highlighter is NULL");
    wrong.range_unit = -1;
    GIVES(ls_highlighter, ls_highlighter_open(out, r, q, NULL, e), ls_highlighter_open(out, r, q, &wrong, e), "is -1");
    GIVES(ls_suggestions, ls_suggest(out, r, "x", 1, 5, e), ls_suggest(out, NULL, "x", 1, 5, e), "reader is NULL");
    GIVES(ls_suggestions, ls_did_you_mean(out, r, "x", 1, e), ls_did_you_mean(out, r, NULL, 1, e), "text is NULL");
    GIVES(ls_query, ls_more_like(out, r, 0, e), ls_more_like(out, NULL, 0, e), "reader is NULL");
    GIVES(ls_similar_list, ls_similar_find(out, r, 0, NULL, e), ls_similar_find(out, NULL, 0, NULL, e), "reader is");
    GIVES(ls_similar_list, ls_similar_find(out, r, 0, NULL, e), ls_similar_find(out, r, 0, &odd, e), "is -1");
    GIVES(ls_tokens, ls_analyze(out, s, "x", 1, NULL, e), ls_analyze(out, s, NULL, 1, NULL, e), "text is NULL");
    GIVES(ls_tokens, ls_analyze(out, s, "x", 1, NULL, e), ls_analyze(out, s, "x", 1, "klingon", e), "klingon");
    ls_tokens *t;
    OK(ls_analyze(&t, NULL, NULL, 0, NULL, &err)); /* without a schema, and of nothing */
    assert_int_equal(t->count, 0);
    assert_string_equal(t->language, "english");
    ls_tokens_free(t);
    ls_tokens_free(NULL);
    assert_int_equal(ls_headline(NULL, 5, &head, &rest), LS_NOTFOUND);
    assert_int_equal(rest, 0);
    assert_int_equal(ls_headline(NULL, 5, NULL, NULL), LS_NOTFOUND);
    assert_int_equal(ls_wrapped(NULL, 5), 0);
}

static void results(void **state)
{
    ls_results *res;
    (void)state;
    OK(ls_search(&res, r, q, NULL, &err));
    assert_int_equal(ls_results_get(NULL).total, 0);
    assert_null(ls_results_hit(NULL, 0));
    assert_null(ls_results_hit(res, 1));
    assert_null(ls_results_fold(NULL, 0));
    assert_null(ls_results_fold(res, 0));
    assert_null(ls_results_cursor(NULL));
    assert_null(ls_results_unmatched(NULL, 0));
    assert_null(ls_results_unmatched(res, 0));
    assert_null(ls_results_warning(NULL, 0));
    assert_null(ls_results_warning(res, 0));
    assert_null(ls_results_facet(NULL, 0, 0));
    assert_null(ls_results_facet(res, 0, 0));
    assert_null(ls_results_bucket(NULL, 0));
    assert_null(ls_results_bucket(res, 0));
    assert_int_equal(ls_results_undated(NULL), 0);
    assert_int_equal(ls_results_histogram_unit(NULL), LS_HISTOGRAM_AUTO);
    assert_string_equal(ls_relation_name((ls_relation)0), "");
    assert_string_equal(ls_relation_name((ls_relation)9), "");
    assert_string_equal(ls_relation_name(LS_UPDATE), "update");
    ls_results_free(res);
    ls_results_free(NULL);
    ls_snippets_free(NULL);
    ls_highlighter_close(NULL);
    ls_suggestions_free(NULL);
    ls_similar_free(NULL);
    ls_explanation_free(NULL);
    ls_query_free(NULL);
    ls_reader_close(NULL);
    ls_writer_close(NULL);
    ls_schema_free(NULL);
    ls_doc_free(NULL);
}

static void dates(void **state)
{
    int64_t first = 7, last = 7;
    char text[40] = "";
    (void)state;
    assert_int_equal(ls_date_parse(NULL, 3, &first, NULL), LS_INVALID);
    assert_int_equal(ls_date_parse("2023-08-01", 10, NULL, NULL), LS_OK);
    ls_date_format(0, NULL, 40);
    ls_date_format(0, text, 0);
    assert_string_equal(text, "");
    ls_date_format(0, text, sizeof text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    assert_int_equal(ls_period_parse(NULL, 4, NULL, 0, &first, &last), LS_INVALID);
    assert_true(first == 0 && last == 0);
    assert_int_equal(ls_period_parse("2023", 4, "Nowhere/Atall", 0, &first, &last), LS_INVALID);
    assert_int_equal(ls_period_parse("2023", 4, NULL, 0, NULL, NULL), LS_OK);
    assert_int_equal(ls_period_parse("1970-01-01", 10, "Asia/Tokyo", 0, &first, &last), LS_OK);
    assert_true(first == -9 * 3600 * 1000 && last == 15 * 3600 * 1000 - 1);
    assert_int_equal(ls_period_parse("1970-01-01", 10, "UTC", 0, &first, &last), LS_OK);
    assert_true(first == 0);
}

/* ---- hooks and names ---- */

static void errors(void **state)
{
    static const char *const names[] = {"ok",       "invalid",  "nomem",    "io",         "nospace",
                                        "notfound", "exists",   "locked",   "corrupt",    "too_old",
                                        "too_new",  "limit",    "canceled", "timeout",    "commit_unknown",
                                        "misuse",   "poisoned", "schema",   "unsupported"};
    (void)state;
    for (int code = 0; code >= LS_UNSUPPORTED; code--) {
        assert_string_equal(ls_error_name(code), names[-code]);
        assert_true(strlen(ls_strerror(code)) > 3 && strcmp(ls_strerror(code), "unknown error"));
    }
    static const int unknown[] = {1, -19, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_string_equal(ls_error_name(unknown[i]), "unknown");
        assert_string_equal(ls_strerror(unknown[i]), "unknown error");
    }
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", LS_VERSION_MAJOR, LS_VERSION_MINOR, LS_VERSION_PATCH);
    assert_string_equal(ls_version(), version);
}

static size_t blocks, asked; /* of the allocator below, by any thread: held now, and asked for in all */

static void *take(void *ctx, void *p, size_t n)
{
    assert_ptr_equal(ctx, &blocks);
    assert_true(n > 0);
    __atomic_fetch_add(&blocks, !p, __ATOMIC_RELAXED);
    __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
    return realloc(p, n);
}

static void give(void *ctx, void *p)
{
    assert_true(ctx == &blocks && p && __atomic_fetch_sub(&blocks, 1, __ATOMIC_RELAXED));
    free(p);
}

static void said(void *ctx, int level, const char *text)
{
    assert_true(level == LS_LOG_WARNING || level == LS_LOG_INFO);
    snprintf(ctx, 200, "%s", text);
}

/* All memory comes through the hooks, and all of it is given back. What was made before them must not meet them, so the
 * hooks are set while nothing of that is touched. */
static void hooks(void **state)
{
    const ls_allocator counting = {take, give, &blocks};
    char path[100], text[200] = "";
    ls_schema *mine;
    ls_writer *writer;
    LS_INIT(ls_writer_options, o);
    (void)state;
    assert_int_equal(ls_set_allocator(&(ls_allocator){take, NULL, NULL}), LS_INVALID);
    assert_int_equal(ls_set_allocator(&(ls_allocator){NULL, give, NULL}), LS_INVALID);
    assert_int_equal(ls_set_allocator(&counting), LS_OK);
    ls_set_log(said, text);
    snprintf(path, sizeof path, "%s/hooked", folder);
    OK(ls_schema_news(&mine, &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.schema = mine;
    o.threads = 2;
    OK(ls_writer_open(&writer, path, &o, &err));
    for (int i = 0; i < 50; i++) add_news(writer, i % 2 ? "odd" : "even", "Title", "some body", "AP", i);
    OK(ls_commit(writer, NULL, &err));
    ls_writer_close(writer);
    ls_schema_free(mine);
    assert_true(asked > 100);
    assert_int_equal(blocks, 0);
    assert_int_equal(ls_set_allocator(NULL), LS_OK);
    ls_set_log(NULL, NULL);
    remove_folder(path);
}

/* What a library does in silence it tells its log: here, that a zone is not to be had. */
static void logged(void **state)
{
    char text[200] = "", path[100];
    (void)state;
    snprintf(path, sizeof path, "%s/zoned", folder);
    LS_INIT(ls_writer_options, o);
    ls_schema *zoned;
    ls_writer *writer;
    ls_reader *reader;
    OK(ls_schema_news(&zoned, &err));
    memcpy(((struct ls_schema *)zoned)->timezone, "Lost/Isle", sizeof "Lost/Isle"); /* as of another machine */
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.schema = zoned;
    ls_set_log(said, text);
    OK(ls_writer_open(&writer, path, &o, &err));
    ls_writer_close(writer);
    *text = 0;
    OK(ls_reader_open(&reader, path, NULL, &err));
    assert_non_null(strstr(text, "Lost/Isle"));
    assert_non_null(strstr(text, "UTC"));
    ls_set_log(NULL, NULL);
    ls_reader_close(reader);
    ls_schema_free(zoned);
    remove_folder(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making),  cmocka_unit_test(going_on), cmocka_unit_test(documents), cmocka_unit_test(writing),
        cmocka_unit_test(reading), cmocka_unit_test(asking),   cmocka_unit_test(results),   cmocka_unit_test(dates),
        cmocka_unit_test(errors),  cmocka_unit_test(hooks),    cmocka_unit_test(logged)};
    return cmocka_run_group_tests(tests, begin, end);
}
