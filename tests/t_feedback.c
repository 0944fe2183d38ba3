/* t_feedback.c — words that the best hits have in common: which they are, what they weigh, how they stand in a query, and
 * what then is found in which order. (prop_search compares such queries with a scan, prop_parse their normal forms,
 * prop_hidden that no word of a hidden story is among them, fault_public failures.) */
#include "tests/story_util.h"
#include <math.h>

/* Of ten stories about the reactor five speak of the turbine, which others do as well; and there are some of other things. */
static ls_writer *stories(void)
{
    static const char *const others[] = {
        "The market fell again.",   "A turbine was sold by its owner.", "Rain over Oslo.",
        "The market and the bank.", "He went to the bank in the rain.", "2023 2023 2023"};
    ls_writer *w = clocked_writer(LS_WRITER_CREATE, 0);
    char id[8];
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "d%d", i);
        ADDS(w, LS_CREATED, 1, .id = id,
             .body = i < 5    ? "The reactor and its turbine, a turbine of 2023, coolant and coolant."
                     : i < 10 ? "The reactor stood still."
                              : others[i % 6]);
    }
    OK(ls_commit(w, NULL, &err));
    return w;
}

static ls_query *parse(const ls_reader *r, const char *text, unsigned flags, const ls_feedback *f)
{
    ls_query *q;
    LS_INIT(ls_query_options, o);
    o.flags = flags;
    o.feedback = f;
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), &o, &err));
    return q;
}

static ls_feedback *feedback(const ls_reader *r, const char *text, unsigned flags, const ls_feedback_options *o)
{
    ls_query *q = parse(r, text, flags, NULL);
    ls_results *best;
    ls_feedback *f;
    LS_INIT(ls_feedback_options, ten);
    ten.documents = 10;
    OK(ls_search(&best, r, q, NULL, &err));
    OK(ls_feedback_new(&f, r, q, best, o ? o : &ten, &err));
    ls_results_free(best);
    ls_query_free(q);
    return f;
}

static double sum_of(const ls_feedback *f)
{
    double sum = 0, last = 1e9;
    const ls_feedback_word *w;
    for (size_t i = 0; (w = ls_feedback_at(f, i)); i++) {
        assert_true(w->boost > 0 && w->boost <= last);
        last = w->boost;
        sum += w->boost;
    }
    return sum;
}

/* The word's place; -1 where it is not there. */
static int place_of(const ls_feedback *f, const char *word)
{
    for (size_t i = 0; ls_feedback_at(f, i); i++) {
        if (!strcmp(ls_feedback_at(f, i)->word, word)) return (int)i;
    }
    return -1;
}

static void words(void **state)
{
    ls_writer *w = stories();
    ls_reader *r = reader(0);
    (void)state;
    ls_feedback *f = feedback(r, "reactor", 0, NULL);
    assert_true(place_of(f, "turbine") >= 0 && place_of(f, "coolant") >= 0);
    assert_int_equal(place_of(f, "reactor"), -1); /* the query has it */
    assert_int_equal(place_of(f, "The"), -1);
    assert_int_equal(place_of(f, "its"), -1);
    assert_int_equal(place_of(f, "2023"), -1);
    assert_true(sum_of(f) <= 0.25 && sum_of(f) > 0.22);
    ls_feedback_free(f);
    LS_INIT(ls_feedback_options, o);
    o.words = 1;
    o.documents = 20;
    o.weight = 1;
    f = feedback(r, "reactor the \"market fell\"^2 date:..2024", LS_MATCH_ANY, &o); /* function words are not counted */
    assert_true(fabs(sum_of(f) - 5) < 1e-9);
    assert_null(ls_feedback_at(f, 1));
    ls_feedback_free(f);
    static const char *const none[] = {"*", "", "-reactor", "reactor^0", "the", "source:x", "zebra", "id:d1"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        f = feedback(r, none[i], LS_MATCH_ANY, NULL);
        assert_null(ls_feedback_at(f, 0));
        ls_feedback_free(f);
    }
    assert_null(ls_feedback_at(NULL, 0));
    ls_reader_close(r);
    ls_writer_close(w);
}

/* Where the words stand; and the same query written out by hand is the same. */
static void trees(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        const char *parsed; /* %s: the words added */
    } cases[] = {
        {"reactor", 0, "reactor (*^0 OR %s)"},
        {"the reactor stood", 0, "the reactor stood (*^0 OR %s)"},
        {"reactor OR market", 0, "(reactor OR market) (*^0 OR %s)"},
        {"reactor -market", 0, "reactor -market (*^0 OR %s)"},
        {"reactor w/5 still", 0, "reactor w/5 still (*^0 OR %s)"},
        {"reactor", LS_MATCH_ANY, "reactor OR %s"},
        {"reactor stood", LS_MATCH_ANY, "reactor OR stood OR %s"},
        {"+reactor -market", LS_MATCH_ANY, "+reactor %s -market"},
        {"+reactor stood -market", LS_MATCH_ANY, "+reactor stood %s -market"},
        {"reactor AND stood", LS_MATCH_ANY, "+(reactor AND stood) %s"},
        {"reactor", LS_MODE_SIMPLE, "reactor"},
        {"syn(reactor, pile)", 0, "syn(reactor, pile) (*^0 OR %s)"},
    };
    ls_writer *w = stories();
    ls_reader *r = reader(0);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LS_INIT(ls_feedback_options, o);
        o.words = 1;
        o.documents = 10;
        ls_feedback *f = feedback(r, cases[i].text, cases[i].flags, &o);
        char added[64], want[128];
        assert_non_null(ls_feedback_at(f, 0));
        snprintf(added, sizeof added, "%s^%g", ls_feedback_at(f, 0)->word, ls_feedback_at(f, 0)->boost);
        if (ls_feedback_at(f, 0)->boost == 1) *strchr(added, '^') = 0;
        const char *at = strstr(cases[i].parsed, "%s");
        size_t before = at ? (size_t)(at - cases[i].parsed) : strlen(cases[i].parsed);
        snprintf(want, sizeof want, "%.*s%s%s", (int)before, cases[i].parsed, at ? added : "", at ? at + 2 : "");
        ls_query *q = parse(r, cases[i].text, cases[i].flags, f);
        assert_string_equal(ls_query_parsed(q), want);
        ls_query *again = parse(r, want, cases[i].flags, NULL);
        assert_string_equal(ls_query_parsed(again), want);
        ls_query_free(again);
        ls_query_free(q);
        ls_feedback_free(f);
    }
    ls_reader_close(r);
    ls_writer_close(w);
}

static uint64_t total_with(const ls_reader *r, const char *text, unsigned flags, const ls_feedback *f, float *best)
{
    ls_query *q = parse(r, text, flags, f);
    ls_results *res;
    OK(ls_search(&res, r, q, NULL, &err));
    uint64_t total = ls_results_get(res).total;
    *best = ls_results_hit(res, 0)->score;
    assert_null(ls_results_unmatched(res, 0));
    ls_results_free(res);
    ls_query_free(q);
    return total;
}

/* Where all words must be there the added ones find nothing more; with any they do. */
static void found(void **state)
{
    ls_writer *w = stories();
    ls_reader *r = reader(0);
    float plain, wide;
    (void)state;
    ls_feedback *f = feedback(r, "reactor", 0, NULL);
    assert_int_equal(total_with(r, "reactor", 0, NULL, &plain), 10);
    assert_int_equal(total_with(r, "reactor", 0, f, &wide), 10);
    assert_true(wide > plain);
    assert_int_equal(total_with(r, "reactor", LS_MATCH_ANY, f, &wide), 15); /* and those of the turbine that was sold */
    assert_int_equal(total_with(r, "+reactor stood", LS_MATCH_ANY, f, &wide), 10);
    ls_feedback_free(f);
    ls_reader_close(r);
    ls_writer_close(w);
}

/* The next page goes on after a commit, though other words would be added now. */
static void cursors(void **state)
{
    ls_writer *w = stories();
    ls_reader *r = reader(0);
    ls_results *res;
    LS_INIT(ls_search_options, o);
    char cursor[512];
    (void)state;
    o.limit = 3;
    ls_feedback *f = feedback(r, "reactor", 0, NULL);
    ls_query *q = parse(r, "reactor", 0, f);
    OK(ls_search(&res, r, q, &o, &err));
    snprintf(cursor, sizeof cursor, "%s", ls_results_cursor(res));
    ls_results_free(res);
    ls_query_free(q);
    ls_feedback_free(f);
    ls_reader_close(r);
    ADDS(w, LS_CREATED, 1, .id = "new", .body = "The reactor: zirconium, zirconium and zirconium again.");
    ADDS(w, LS_CREATED, 1, .id = "newer", .body = "The reactor: zirconium, zirconium and zirconium again, once more.");
    OK(ls_commit(w, NULL, &err));
    r = reader(0);
    f = feedback(r, "reactor", 0, NULL);
    assert_true(place_of(f, "zirconium") >= 0);
    q = parse(r, "reactor", 0, f);
    o.cursor = cursor;
    OK(ls_search(&res, r, q, &o, &err));
    assert_true(ls_results_get(res).count > 0);
    assert_string_equal(ls_results_warning(res, 0)->code, "cursor_moved");
    ls_results_free(res);
    ls_query_free(q);
    q = parse(r, "reactor", 0, NULL); /* without feedback it is another query */
    assert_int_equal(ls_search(&res, r, q, &o, &err), LS_INVALID);
    ls_query_free(q);
    ls_feedback_free(f);
    ls_reader_close(r);
    ls_writer_close(w);
}

static void refused(void **state)
{
    ls_writer *w = stories();
    ls_reader *r = reader(0);
    ls_query *q = parse(r, "reactor", 0, NULL);
    ls_results *best;
    ls_feedback *f;
    (void)state;
    OK(ls_search(&best, r, q, NULL, &err));
    assert_int_equal(ls_feedback_new(NULL, r, q, best, NULL, &err), LS_INVALID);
    assert_int_equal(ls_feedback_new(&f, NULL, q, best, NULL, &err), LS_INVALID);
    assert_int_equal(ls_feedback_new(&f, r, NULL, best, NULL, &err), LS_INVALID);
    assert_int_equal(ls_feedback_new(&f, r, q, NULL, NULL, &err), LS_INVALID);
    for (int i = 0; i < 5; i++) {
        LS_INIT(ls_feedback_options, o);
        if (i == 0) o.words = 101;
        if (i == 1) o.documents = 101;
        if (i == 2) o.weight = 1.01;
        if (i == 3) o.weight = -.1;
        if (i == 4) o.weight = nan("");
        assert_int_equal(ls_feedback_new(&f, r, q, best, &o, &err), LS_INVALID);
        assert_null(f);
    }
    ls_results_free(best);
    ls_query_free(q);
    ls_feedback_free(NULL);
    ls_reader_close(r);
    ls_writer_close(w);
}

/* A query as large as a query may be gains nothing, and is told so. */
static void limits(void **state)
{
    ls_writer *w = stories();
    ls_reader *r = reader(0);
    char text[4096] = "reactor";
    (void)state;
    ls_feedback *f = feedback(r, "reactor", 0, NULL);
    for (int i = 0; i < 1023; i++) strcat(text, " b ");
    ls_query *q = parse(r, text, LS_MATCH_ANY, f);
    assert_string_equal(ls_query_warning(q, 0)->code, "limit_feedback");
    assert_null(strstr(ls_query_parsed(q), "turbine"));
    ls_query_free(q);
    strcpy(text, "reactor");
    for (int i = 0; i < 50; i++) strcat(text, i % 2 ? " (b" : " OR (a");
    q = parse(r, text, 0, f);
    assert_null(strstr(ls_query_parsed(q), "turbine"));
    ls_query_free(q);
    ls_feedback_free(f);
    ls_reader_close(r);
    ls_writer_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(words, index_clean),   cmocka_unit_test_teardown(trees, index_clean),
        cmocka_unit_test_teardown(found, index_clean),   cmocka_unit_test_teardown(cursors, index_clean),
        cmocka_unit_test_teardown(refused, index_clean), cmocka_unit_test_teardown(limits, index_clean),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
