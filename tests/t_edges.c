/* t_edges.c — numbers and lengths at the very edge: versions that cannot be raised, names and notes of what cancels itself
 * that a tombstone has no room for, explanations of more words and values than a line has room for, a budget that a
 * release does not fit, suggestions for what ends in the midst of a character. */
#include "libsearch/util/alloc.h"
#include "libsearch/util/arena.h"
#include "libsearch/util/bitset.h"
#include "libsearch/util/buf.h"
#include "libsearch/util/err.h"
#include "tests/story_util.h"
#include <errno.h>

#define NAME_MOST 4096 /* of a tombstone */

static void versions(void **state)
{
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    ADDS(w, LS_CREATED, INT64_MAX, .id = "a", .body = "first", .version = INT64_MAX);
    ADDS(w, LS_UNCHANGED, INT64_MAX, .id = "a", .body = "first");
    WANT(add_story(w, (story){.id = "a", .body = "second"}, 0, NULL), LS_LIMIT);
    ADDS(w, LS_CONFLICT, INT64_MAX, .id = "a", .body = "second", .version = INT64_MAX);
    WANT(add_story(w, (story){.id = "b", .body = "third", .version = -1}, 0, NULL), LS_INVALID);
    OK(ls_commit(w, NULL, &err));
    WANT(add_story(w, (story){.id = "a", .body = "second"}, 0, NULL), LS_LIMIT); /* also of what is on the disk */
    ADDS(w, LS_STALE, INT64_MAX, .id = "a", .body = "second", .version = 4);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    assert_int_equal(count_docs(r), 1);
    assert_int_equal(total_of(r, "first"), 1);
    ls_reader_close(r);
}

static void canceled(void **state)
{
    (void)state;
    static char guid[NAME_MOST + 2], note[NAME_MOST + 9];
    LS_INIT(ls_tombstone, t);
    memset(guid, 'g', NAME_MOST + 1);
    memset(note, 'n', sizeof note - 1);
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    ADDS(w, LS_CREATED, 7, .id = "long", .guid = guid, .body = "of a long name", .version = 7);
    ADDS(w, LS_CREATED, 3, .id = "plain", .guid = "urn:p", .body = "of a short one", .version = 3);
    ADDS(w, LS_CREATED, 1, .id = "noted", .body = "with a note", .version = 1);
    OK(ls_commit(w, NULL, &err));
    ADDS(w, LS_KILLED, 7, .id = "long", .guid = guid, .status = "canceled"); /* without a version: that of the story */
    ADDS(w, LS_KILLED, 9, .id = "plain", .guid = "urn:p", .status = "canceled", .version = 9);
    ADDS(w, LS_KILLED, 1, .id = "noted", .status = "canceled", .note = note);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    assert_int_equal(count_docs(r), 0);
    OK(ls_reader_tombstone(r, &t, "long", 4, &err));
    assert_true(t.guid_len == 0 && t.reason_len == 0); /* the name has no room in it; the id is enough */
    OK(ls_reader_tombstone_guid(r, &t, "urn:p", 5, &err));
    assert_true(t.version == 9 && t.id_len == 5 && t.reason_len == 0);
    OK(ls_reader_tombstone(r, &t, "noted", 5, &err));
    assert_int_equal(t.reason_len, NAME_MOST);
    assert_int_equal(t.reason[NAME_MOST - 1], 'n');
    ls_reader_close(r);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

/* What is told of a part is cut where it is too long, never the numbers, and never in the midst of the buffer's end. */
static void explained(void **state)
{
    (void)state;
    char text[2000] = "", values[100][16];
    const char *list[100];
    size_t n = 0, parts = 0, values_told = 0, ends_told = 0;
    ls_query *q;
    ls_explanation *e;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    text[n++] = '"';
    for (int i = 0; i < 40; i++) n += (size_t)snprintf(text + n, sizeof text - n, "%sextraordinary%d", i ? " " : "", i);
    text[n] = 0;
    added_by(w, (story){.id = "a", .body = text, .source = "v7"});
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    snprintf(text + n, sizeof text - n, "\"~90 (extraordinary1 w/5 extraordinary3)");
    for (int i = 0; i < 100; i++) {
        snprintf(values[i], sizeof values[i], "v%d", i);
        list[i] = values[i];
    }
    const ls_filter filters[] = {
        {.field = "source", .values = list, .value_count = 100},
        {.field = "published", .from = INT64_MIN, .to = 5, .exclude = 1},
        {.field = "published", .from = 5, .to = INT64_MAX, .exclude = 1},
        {.field = "urgency", .from = 2, .to = 3, .exclude = 1},
    };
    LS_INIT(ls_search_options, o);
    o.filters = filters;
    o.filter_count = 4;
    ls_reader *r = reader(0);
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
    for (int sort = LS_BY_RELEVANCE; sort <= LS_BY_FIELD_DESC; sort++) {
        o.sort = sort;
        o.sort_field = sort ? "published" : NULL;
        OK(ls_explain(&e, r, q, &o, 0, &err));
        assert_true(e->count >= 5);
        for (size_t i = 0; i < e->count; i++) {
            assert_true(*e->nodes[i].text && strlen(e->nodes[i].text) < 640);
            parts += strstr(e->nodes[i].text, "extraordinary0 extraordinary1") != NULL;
            values_told += strstr(e->nodes[i].text, "filter \"v0 or v1 or") != NULL;
            ends_told += strstr(e->nodes[i].text, "filter \"from 2 to 3\"") != NULL;
        }
        ls_explanation_free(e);
    }
    assert_true(parts == 3 && values_told == 3 && ends_told == 3);
    WANT(ls_explain(&e, r, q, &o, 1, &err), LS_NOTFOUND);
    o.sort_field = "nowhere";
    WANT(ls_explain(&e, r, q, &o, 0, &err), LS_SCHEMA);
    ls_query_free(q);
    ls_reader_close(r);
}

/* What is released is written anew; the budget of this writer has no room for all of it at once. */
static void released(void **state)
{
    (void)state;
    static char body[60000];
    int64_t begun = clock_now;
    char id[16];
    size_t n = 0;
    uint64_t x = 3;
    while (n + 20 < sizeof body)
        n += (size_t)snprintf(body + n, sizeof body - n, "word%u ", (unsigned)(random_next(&x) >> 40));
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE, 0);
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "d%d", i);
        added_by(w, (story){.id = id, .body = body, .embargoed = begun + 1000});
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    clock_now = begun + 3 * INT64_C(86400000);
    w = clocked_writer(LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE, 1 << 20);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    clock_now = begun; /* it is public now, whatever the clock */
    ls_reader *r = reader(0);
    assert_int_equal(count_docs(r), 60);
    ls_reader_close(r);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

static void suggested(void **state)
{
    (void)state;
    static const char *const typed[] = {"",
                                        "-",
                                        "a -ta",
                                        "ta\xc2",
                                        "ta\xe2\x80",
                                        "\xe2\x80\x9cta",
                                        "\xc2\xabta",
                                        "kim\xe2\x80\x99s ta",
                                        "ta\xe2\x80\x9d",
                                        "\xff"
                                        "ta",
                                        "one ta",
                                        "ta ",
                                        "t&a",
                                        "\xe6\x9d\xb1 ta"};
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    added_by(w, (story){.id = "a", .title = "Talks", .body = "one talks about taxes; tall tales"});
    added_by(w, (story){.id = "b", .title = "Taxes", .body = "talks about one tax"});
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    size_t completed = 0;
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        ls_suggestions *s;
        char *copy = strdup(typed[i]); /* of just its bytes */
        assert_non_null(copy);
        OK(ls_suggest(&s, r, copy, strlen(copy), 3, &err));
        assert_true(s->count <= 3);
        for (size_t k = 0; k < s->count; k++) {
            const char *at = strstr(s->completions[k].text, "ta");
            assert_true(at || strstr(s->completions[k].text, "Ta"));
        }
        completed += s->count > 0;
        ls_suggestions_free(s);
        free(copy);
    }
    assert_true(completed >= 5);
    ls_reader_close(r);
}

static char parsed_text[300];

static const char *parsed(const ls_reader *r, const char *text)
{
    ls_query *q;
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
    snprintf(parsed_text, sizeof parsed_text, "%s", ls_query_parsed(q));
    ls_query_free(q);
    return parsed_text;
}

/* Numbers as far as they go, and one further; what is found, and that `parsed` means the same. */
static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t found;
    } asked[] = {{"urgency:>9223372036854775807", 0},
                 {"urgency:>=9223372036854775807", 1},
                 {"urgency:<=9223372036854775807", 3},
                 {"urgency:<-9223372036854775808", 0},
                 {"urgency:<=-9223372036854775808", 1},
                 {"urgency:>-9223372036854775808", 2},
                 {"urgency:-9223372036854775808..9223372036854775807", 3},
                 {"urgency:5", 1},
                 {"urgency:-5", 0},
                 {"urgency:6..4", 0},
                 {"urgency:>=5 urgency:<6", 1},
                 {"updated:>1970", 0},
                 {"updated:<=9999-12-31", 1},
                 {"updated:>=0001", 1},
                 {"updated:<1970", 0},
                 {"updated:=1970-01-01", 1}};
    static const char *const not_numbers[] = {"urgency:9223372036854775808",
                                              "urgency:-9223372036854775809",
                                              "urgency:99999999999999999999999",
                                              "urgency:>",
                                              "urgency:=",
                                              "urgency:=>5",
                                              "urgency:5..",
                                              "urgency:..",
                                              "updated:10000",
                                              "updated:>=-1"};
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    static const int64_t values[] = {INT64_MAX, 5, INT64_MIN};
    for (int i = 0; i < 3; i++) {
        ls_doc *d;
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_add_text(d, "body", "a number", 8, &err));
        OK(ls_doc_set_id(d, i ? i > 1 ? "c" : "b" : "a", 1, &err));
        OK(ls_doc_add_int(d, "urgency", values[i], &err));
        if (i == 1) OK(ls_doc_add_int(d, "updated", 77, &err));
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char again[300];
        uint64_t found = total_of(r, asked[i].text);
        if (found != asked[i].found) print_error("%s: %d\n", asked[i].text, (int)found);
        assert_int_equal(found, asked[i].found);
        snprintf(again, sizeof again, "%s", parsed(r, asked[i].text));
        assert_int_equal(total_of(r, again), asked[i].found);
        assert_string_equal(parsed(r, again), again);
    }
    for (size_t i = 0; i < sizeof not_numbers / sizeof *not_numbers; i++) {
        char again[300];
        snprintf(again, sizeof again, "%s", parsed(r, not_numbers[i]));
        assert_int_equal(total_of(r, again), total_of(r, not_numbers[i]));
        assert_string_equal(parsed(r, again), again);
    }
    ls_reader_close(r);
}

/* Every blank parts words, every quotation mark quotes; single characters of each script without spaces find words. */
static void scripts(void **state)
{
    (void)state;
    static const char *const blanks[] = {" ",
                                         "\t",
                                         "\r\n",
                                         "\xc2\xa0",
                                         "\xc2\x85",
                                         "\xe1\x9a\x80",
                                         "\xe2\x80\x80",
                                         "\xe2\x80\x8a",
                                         "\xe2\x80\xa8",
                                         "\xe2\x80\xa9",
                                         "\xe2\x80\xaf",
                                         "\xe2\x81\x9f",
                                         "\xe3\x80\x80",
                                         "\x7f"};
    static const char *const quotes[][2] = {{"\"", "\""},
                                            {"\xe2\x80\x9c", "\xe2\x80\x9d"},
                                            {"\xe2\x80\x9e", "\xe2\x80\x9c"},
                                            {"\xe2\x80\x9f", "\xe2\x80\x9d"},
                                            {"\xc2\xab", "\xc2\xbb"},
                                            {"\xef\xbc\x82", "\xef\xbc\x82"}};
    static const char *const characters[] = {"\xe6\x9d\xb1", "\xe3\x81\x82",     "\xe3\x82\xa2", "\xed\x95\x9c",
                                             "\xe3\x80\x85", "\xf0\xa0\x80\x8b", "\xe3\x90\x80"};
    char text[100], plain[300];
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    added_by(w, (story){.id = "a",
                        .body = "one two. \xe6\x9d\xb1\xe4\xba\xac \xe3\x81\x82\xe3\x81\x84 \xe3\x82\xa2\xe3\x82\xa4 "
                                "\xed\x95\x9c\xea\xb5\xad \xe3\x80\x85\xe6\x9d\xb1 \xf0\xa0\x80\x8b\xe6\x9d\xb1 "
                                "\xe3\x90\x80\xe6\x9d\xb1"});
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    snprintf(plain, sizeof plain, "%s", parsed(r, "one two"));
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        snprintf(text, sizeof text, "one%stwo", blanks[i]);
        if (strcmp(parsed(r, text), plain)) print_error("blank %d: %s\n", (int)i, parsed_text);
        assert_string_equal(parsed(r, text), plain);
    }
    snprintf(plain, sizeof plain, "%s", parsed(r, "\"one two\""));
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        snprintf(text, sizeof text, "%sone two%s", quotes[i][0], quotes[i][1]);
        if (strcmp(parsed(r, text), plain)) print_error("quotes %d: %s\n", (int)i, parsed_text);
        assert_string_equal(parsed(r, text), plain);
        assert_int_equal(total_of(r, text), 1);
    }
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        if (!total_of(r, characters[i])) print_error("character %d is not found\n", (int)i);
        assert_int_equal(total_of(r, characters[i]), 1);
    }
    assert_int_equal(total_of(r, "\xe8\xa5\xbf"), 0);
    ls_reader_close(r);
}

/* Where nothing is shown nothing is folded: how many leads there are is known only of nothing. */
static void counted_folds(void **state)
{
    (void)state;
    ls_query *q;
    ls_results *res;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    added_by(w, (story){.id = "a", .body = "one two"});
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    for (int there = 0; there < 2; there++) {
        LS_INIT(ls_search_options, o);
        o.fold = LS_FOLD_SIMILAR;
        o.count_only = 1;
        OK(ls_query_parse(&q, ls_reader_schema(r), there ? "one" : "none", there ? 3 : 4, NULL, &err));
        OK(ls_search(&res, r, q, &o, &err));
        ls_results_info info = ls_results_get(res);
        assert_true(info.total == (uint64_t)there && info.total_is_exact && info.total_leads_is_exact == !there);
        ls_results_free(res);
        ls_query_free(q);
    }
    ls_reader_close(r);
}

/* Of a version that was replaced the status is kept, cut where a character begins. */
static void statuses(void **state)
{
    (void)state;
    static const char *const given[] = {
        "corrected", "sixty-four bytes: 7890123456789012345678901234567890123456789012",
        "one byte more than that: 0123456789012345678901234567890123456789",
        "a sign in its midst: 7890123456789012345678901234567890123456789\xe2\x82\xac",
        "another: 567890123456789012345678901234567890123456789012345678\xf0\x9f\x98\x80"};
    enum { GIVEN = sizeof given / sizeof *given };
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    for (int i = 0; i <= GIVEN; i++)
        added_by(w, (story){.id = "a", .body = "text", .version = i + 1, .status = i < GIVEN ? given[i] : "last"});
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    ls_doc *d;
    LS_INIT(ls_doc_version_info, v);
    OK(ls_get(&d, r, "a", 1, &err));
    for (size_t i = 0; i < GIVEN; i++) {
        OK(ls_doc_version_at(d, GIVEN - i, &v)); /* the newest comes first */
        size_t len = strlen(v.status), all = strlen(given[i]);
        assert_int_equal(v.version, i + 1);
        assert_true(len == all ||
                    (len < all && len > 60 && len <= 64 && ((unsigned char)given[i][len] & 0xC0) != 0x80));
        assert_memory_equal(v.status, given[i], len);
    }
    ls_doc_free(d);
    ls_reader_close(r);
}

/* Sizes that no memory has are refused before anybody adds to them. */
static void sizes(void **state)
{
    (void)state;
    lsi_arena a;
    lsi_buf b;
    size_t cap = 4;
    uint64_t words[3] = {0, 0, 0};
    char *empty = lsi_strndup("x", 0);
    assert_non_null(empty);
    assert_string_equal(empty, "");
    lsi_free(empty);
    assert_null(lsi_calloc(SIZE_MAX, 2));
    assert_null(lsi_strndup("x", SIZE_MAX));
    assert_null(lsi_array_grow(NULL, &cap, SIZE_MAX, 1));
    assert_null(lsi_array_grow(NULL, &cap, SIZE_MAX / 4, 16));
    assert_int_equal(cap, 4);
    lsi_arena_init(&a);
    assert_null(lsi_arena_alloc(&a, SIZE_MAX));
    assert_null(lsi_arena_alloc(&a, SIZE_MAX - 16));
    assert_null(lsi_arena_dup(&a, "x", SIZE_MAX));
    assert_non_null(lsi_arena_dup(&a, "x", 0));
    lsi_arena_clear(&a);
    lsi_buf_init(&b, 0);
    lsi_buf_puts(&b, "some");
    assert_false(lsi_buf_reserve(&b, SIZE_MAX));
    assert_int_equal(b.rc, LS_LIMIT);
    assert_string_equal(lsi_buf_cstr(&b), ""); /* what failed is no text */
    lsi_buf_clear(&b);
    lsi_bitset_fill(words, 70, 70);
    lsi_bitset_fill(words, 71, 70);
    assert_true(!words[0] && !words[1] && !words[2]);
    assert_int_equal(lsi_bitset_next(words, 5, 5), LSI_BITSET_NONE);
}

/* Errors of the system, by their kinds; one that it does not know is told by its number. */
static void system_errors(void **state)
{
    (void)state;
    static const struct {
        int number, code;
    } known[] = {{ENOSPC, LS_NOSPACE}, {EDQUOT, LS_NOSPACE},  {EFBIG, LS_NOSPACE},
                 {ENOMEM, LS_NOMEM},   {ENOENT, LS_NOTFOUND}, {ENOTDIR, LS_NOTFOUND},
                 {EIO, LS_IO},         {EMFILE, LS_IO},       {987654, LS_IO}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(lsi_fail_errno(NULL, known[i].number, "file", "open"), known[i].code);
        assert_int_equal(lsi_fail_errno(&err, known[i].number, "file", "open"), known[i].code);
        assert_int_equal(err.code, known[i].code);
        assert_int_equal(err.sys_errno, known[i].number);
        assert_int_equal(strncmp(err.message, "file: open: ", 12), 0);
    }
    assert_non_null(strstr(err.message, "987654"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(versions, index_clean),
                                       cmocka_unit_test_teardown(canceled, index_clean),
                                       cmocka_unit_test_teardown(explained, index_clean),
                                       cmocka_unit_test_teardown(released, index_clean),
                                       cmocka_unit_test_teardown(suggested, index_clean),
                                       cmocka_unit_test_teardown(numbers, index_clean),
                                       cmocka_unit_test_teardown(scripts, index_clean),
                                       cmocka_unit_test_teardown(counted_folds, index_clean),
                                       cmocka_unit_test_teardown(statuses, index_clean),
                                       cmocka_unit_test(sizes),
                                       cmocka_unit_test(system_errors)};
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
