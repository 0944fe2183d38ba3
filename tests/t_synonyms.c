/* t_synonyms.c — words that mean the same: reading their file, what they do to a query's tree, what is found and in which
 * order. (prop_search compares them with a scan, prop_parse their normal forms; tests/golden/synonyms-*.) */
#include "tests/story_util.h"
#include <math.h>

static const char PLACES[] = "\xEF\xBB\xBF# places\n"
                             "Kyiv, Kiev\n"
                             "United States, US, America\r\n"
                             "\n"
                             "  defence ,, defense,\n"
                             "Kyiv, capital of Ukraine\n"
                             "Zelensky, Zelenskyy, Zelenskiy";

static ls_synonyms *synonyms(const char *text, size_t len)
{
    ls_schema *s;
    ls_synonyms *set;
    OK(ls_schema_news(&s, &err));
    OK(ls_synonyms_new(&set, s, text, len, &err));
    ls_schema_free(s);
    return set;
}

static ls_query *parse_with(const ls_synonyms *set, const char *text, unsigned flags)
{
    ls_schema *s;
    ls_query *q;
    LS_INIT(ls_query_options, o);
    o.synonyms = set;
    o.flags = flags;
    OK(ls_schema_news(&s, &err));
    OK(ls_query_parse(&q, s, text, strlen(text), &o, &err));
    ls_schema_free(s);
    return q;
}

static void file(void **state)
{
    static const struct {
        const char *text;
        size_t lines;
        const char *warning; /* of the first fault; NULL: none */
    } cases[] = {
        {"", 0, NULL},
        {"# nothing\n\n   \n", 0, NULL},
        {"a, b", 1, NULL},
        {"C#, C sharp", 1, NULL},
        {"a\n", 0, "line 1: at least two entries"},
        {"a, b\n\nc,\nd, e", 2, "line 3: at least two entries"},
        {"x, !!!\n", 0, "line 1: an entry has no word"},
        {"x, wom?n\n", 0, "line 1: an entry has brackets"},
        {"x, \"y\"\n", 0, "line 1: an entry has brackets"},
        {"x, y (z)\n", 0, "line 1: an entry has brackets"},
        {"x, \xff\n", 0, "line 1: it is not UTF-8"},
        {"a, b c d e f g h i j k l m n o p q r\n", 0, "line 1: an entry has more than 16 words"},
        {"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,aa,bb,cc,dd,ee,ff,gg\n", 0,
         "line 1: it has more than 32"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ls_synonyms *set = synonyms(cases[i].text, strlen(cases[i].text));
        const ls_warning *w = ls_synonyms_warning(set, 0);
        assert_int_equal(ls_synonyms_count(set), cases[i].lines);
        assert_int_equal(w != NULL, cases[i].warning != NULL);
        if (w) assert_ptr_equal(strstr(w->message, cases[i].warning), w->message);
        if (w) assert_true(w->start < w->end && w->end <= strlen(cases[i].text));
        ls_synonyms_free(set);
    }
}

static void limits(void **state)
{
    ls_schema *s, *german;
    ls_synonyms *set;
    ls_query *q;
    LS_INIT(ls_query_options, o);
    (void)state;
    OK(ls_schema_news(&s, &err));
    OK(ls_schema_news(&german, &err));
    OK(ls_schema_set(german, "language", "german", &err));
    char *large = calloc(1, (4 << 20) + 1);
    assert_non_null(large);
    assert_int_equal(ls_synonyms_new(&set, s, large, (4 << 20) + 1, &err), LS_LIMIT);
    assert_null(set);
    memset(large, 'x', 4 << 20); /* one entry of 4 MB */
    OK(ls_synonyms_new(&set, s, large, 4 << 20, &err));
    assert_int_equal(ls_synonyms_count(set), 0);
    ls_synonyms_free(set);
    for (size_t i = 0; i < 1000; i++) memcpy(large + 2 * i, "a\n", 2); /* a thousand faults: 64 are told */
    OK(ls_synonyms_new(&set, s, large, 2000, &err));
    assert_non_null(ls_synonyms_warning(set, 63));
    assert_string_equal(ls_synonyms_warning(set, 63)->code, "limit_warnings");
    assert_null(ls_synonyms_warning(set, 64));
    ls_synonyms_free(set);
    free(large);
    OK(ls_synonyms_new(&set, german, "a, b", 4, &err));
    o.synonyms = set;
    assert_int_equal(ls_query_parse(&q, s, "a", 1, &o, &err), LS_INVALID); /* stemmed for another index */
    ls_synonyms_free(set);
    ls_synonyms_free(NULL);
    assert_int_equal(ls_synonyms_new(NULL, s, "", 0, &err), LS_INVALID);
    assert_int_equal(ls_synonyms_new(&set, NULL, "", 0, &err), LS_INVALID);
    ls_schema_free(german);
    ls_schema_free(s);
}

static void trees(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        const char *parsed;
    } cases[] = {
        {"kyiv", 0, "syn(kyiv, Kiev, capital of Ukraine)"}, /* of two lines, in their order */
        {"Kiev", 0, "syn(Kiev, Kyiv)"},
        {"defences", 0, "syn(defences, defense)"}, /* any form of an entry */
        {"in the united states army", 0, "in the syn(united states, US, America) army"},
        {"united kingdom", 0, "united kingdom"},
        {"US", 0, "syn(US, United States, America)"},
        {"us", 0, "us"},
        {"america", 0, "syn(america, United States, US)"},
        {"\"kyiv\" \"united states\"~ \"kyiv\"~", 0, "\"kyiv\" \"united states\"~ \"kyiv\"~"},
        {"caps(Kyiv) kyiv~ kyi* atleast2(kyiv)", 0, "caps(Kyiv) kyiv~ kyi* atleast2(kyiv)"},
        {"title:kyiv^3 -kiev", 0, "title:syn(kyiv, Kiev, capital of Ukraine)^3 -syn(kiev, Kyiv)"},
        {"kiev w/5 (talks OR zelensky)", 0, "syn(kiev, Kyiv) w/5 (talks OR syn(zelensky, Zelenskyy, Zelenskiy))"},
        {"(kiev w/5 talks)^2", 0, "(syn(kiev, Kyiv) w/5 talks)^2"},
        {"kiev^0", 0, "syn(kiev, Kyiv)^0"},
        {"hlead:kiev", 0, "hlead:syn(kiev, Kyiv)"},
        {"source:kiev", 0, "source:kiev"},
        {"united states", LS_MATCH_ANY, "syn(united states, US, America)"},
        {"+kiev talks", LS_MATCH_ANY, "+syn(kiev, Kyiv) talks"},
        {"united states", LS_MODE_SIMPLE, "united states"},
        {"syn(arms, kyiv) syn(kyiv)", 0, "syn(arms, kyiv) syn(kyiv, Kiev, capital of Ukraine)"},
        {"syn(a,, b c , a)^2", 0, "syn(a, b c)^2"},
        {"syn()", 0, ""},
        {"syn(a, b", 0, "syn(a, b)"},
        {"atleast2(syn(x, y))", 0, "atleast2(x) OR atleast2(y^0.5)"},
    };
    ls_synonyms *set = synonyms(PLACES, sizeof PLACES - 1);
    (void)state;
    assert_null(ls_synonyms_warning(set, 0));
    assert_int_equal(ls_synonyms_count(set), 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ls_query *q = parse_with(set, cases[i].text, cases[i].flags);
        assert_string_equal(ls_query_parsed(q), cases[i].parsed);
        ls_query *again = parse_with(set, ls_query_parsed(q), cases[i].flags);
        assert_string_equal(ls_query_parsed(again), cases[i].parsed);
        ls_query_free(again);
        ls_query_free(q);
    }
    ls_synonyms_free(set);
}

static void told(void **state)
{
    ls_synonyms *set = synonyms(PLACES, sizeof PLACES - 1);
    (void)state;
    ls_query *q = parse_with(set, "united  states kyiv united states", 0);
    const ls_synonym *s = ls_query_synonym(q, 0);
    assert_string_equal(s->word, "united states");
    assert_int_equal(s->added_count, 2);
    assert_string_equal(s->added[0], "US");
    assert_string_equal(s->added[1], "America");
    assert_string_equal(ls_query_synonym(q, 1)->added[1], "capital of Ukraine");
    assert_null(ls_query_synonym(q, 2)); /* once each */
    ls_query_free(q);
    q = parse_with(NULL, "kyiv", 0);
    assert_null(ls_query_synonym(q, 0));
    ls_query_free(q);
    ls_synonyms *other = synonyms("a, b", 4);
    assert_true(ls_synonyms_stamp(set) != ls_synonyms_stamp(other));
    ls_synonyms_free(other);
    ls_synonyms_free(set);
}

/* What was typed comes first though few use the other spelling, and scores as it does without synonyms. */
static void scores(void **state)
{
    ls_writer *w = clocked_writer(LS_WRITER_CREATE, 0);
    ls_synonyms *set = synonyms(PLACES, sizeof PLACES - 1);
    LS_INIT(ls_query_options, with);
    ls_results *plain, *wide;
    ls_query *q;
    char id[8];
    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(id, sizeof id, "d%d", i);
        ADDS(w, LS_CREATED, 1, .id = id,
             .body = i == 39 ? "From Kiev it was told."
                     : i % 2 ? "From Kyiv it was told."
                             : "From Oslo it was told.");
    }
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0);
    OK(ls_query_parse(&q, ls_reader_schema(r), "kyiv", 4, NULL, &err));
    OK(ls_search(&plain, r, q, NULL, &err));
    ls_query_free(q);
    with.synonyms = set;
    OK(ls_query_parse(&q, ls_reader_schema(r), "kyiv", 4, &with, &err));
    LS_INIT(ls_search_options, o);
    o.limit = 100;
    OK(ls_search(&wide, r, q, &o, &err));
    uint64_t total = ls_results_get(plain).total;
    assert_int_equal(total, 19);
    assert_int_equal(ls_results_get(wide).total, 20);
    float typed = ls_results_hit(plain, 0)->score, other = ls_results_hit(wide, 19)->score;
    assert_true(fabsf(ls_results_hit(wide, 0)->score - typed) < 1e-5F);
    assert_int_equal(ls_results_hit(wide, 19)->id_len, 3);
    assert_memory_equal(ls_results_hit(wide, 19)->id, "d39", 3);
    assert_true(fabsf(other - typed / 2) < 1e-5F); /* the same length, the same count */
    assert_null(ls_results_unmatched(wide, 0));    /* nobody asked for the capital of Ukraine */
    ls_results_free(plain);
    ls_results_free(wide);
    ls_query_free(q);
    ls_synonyms_free(set);
    ls_reader_close(r);
    ls_writer_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file),
        cmocka_unit_test(limits),
        cmocka_unit_test(trees),
        cmocka_unit_test(told),
        cmocka_unit_test_teardown(scores, index_clean),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
