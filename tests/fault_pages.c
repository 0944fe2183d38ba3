/* fault_pages.c — fault_public.c for what pages are made of: folds and histograms, copies, passages of many hits, synonyms,
 * what was meant, tombstones, heads of documents, views; and for what only makes things in memory: schemas, documents,
 * synonyms. usage: fault_pages [STRIDE [LOOKS]]: every
 * so many-th point only (3 3; 1 1: all) */
#include "tests/fault_util.h"

#define STORIES 8 /* each in several versions by several sources */
#define COPIES  5
#define HOUR    INT64_C(3600000)

static const char *story_body(unsigned which, unsigned copy, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "Talks on arms in Kyiv went on.");
    uint64_t x = 77 + which;
    for (unsigned i = 0; i < 90 && n + 40 < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, " w%u%s", (unsigned)(random_next(&x) % 400), i % 9 == 8 ? "." : "");
    if (copy % 3 == 1) snprintf(out + n, cap - n, "\n\nReported by the desk %u of Kiev.", copy);
    return out;
}

static void build(void)
{
    static const char *const sources[] = {"AP", "Reuters", "Daily"};
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    for (unsigned i = 0; i < STORIES * COPIES; i++) {
        unsigned which = i % STORIES, copy = i / STORIES;
        char id[16], guid[24], from[24], body[1200];
        ls_doc *d;
        snprintf(id, sizeof id, "s%uc%u", which, copy);
        snprintf(guid, sizeof guid, "urn:s%u:%u", which, copy);
        snprintf(from, sizeof from, "urn:s%u:%u", which, copy ? copy - 1 : 0);
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_set_id(d, id, strlen(id), &err));
        add_value(d, "title", copy % 2 ? "Arms talks" : "Negotiations resumed");
        add_value(d, "guid", guid);
        add_value(d, "body", story_body(which, copy, body, sizeof body));
        add_value(d, "source", sources[copy % 3]);
        if (copy == 2) add_value(d, "evolved_from", from);
        if (i % 11) OK(ls_doc_add_int(d, "published", clock_now - (int64_t)(which * 90 + copy) * HOUR, &err));
        if (i % 13 == 5) OK(ls_doc_add_int(d, "embargoed", clock_now + HOUR, &err));
        OK(ls_doc_set_language(d, "english", &err));
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
        if (i == 15 || i == 31) OK(ls_commit(w, NULL, &err));
    }
    kills(w, "s3c0", NULL, 1);
    kills(w, "nobody", "urn:nobody", 0);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* ---- what reads ---- */

static int parse(ls_query **q, const ls_reader *r, const char *text, const ls_query_options *o)
{
    int rc = ls_query_parse(q, ls_reader_schema(r), text, strlen(text), o, &err);
    if (rc) assert_null(*q);
    return rc;
}

static void mix_results(uint64_t *sum, const ls_results *res)
{
    const ls_facet_value *f;
    const ls_bucket *b;
    ls_results_info info = ls_results_get(res);
    mix(sum, &info.total, sizeof info.total);
    mix(sum, &info.total_leads, sizeof info.total_leads);
    for (size_t i = 0; i < info.count; i++) {
        const ls_fold *fold = ls_results_fold(res, i);
        mix_text(sum, ls_results_hit(res, i)->id);
        if (fold) mix(sum, fold->docs, fold->count * sizeof *fold->docs);
    }
    for (size_t i = 0; (f = ls_results_facet(res, 0, i)); i++) mix_text(sum, f->value);
    for (size_t i = 0; (b = ls_results_bucket(res, i)); i++) mix(sum, &b->count, sizeof b->count);
    for (size_t i = 0; ls_results_unmatched(res, i); i++) mix_text(sum, ls_results_unmatched(res, i));
    mix_text(sum, ls_results_cursor(res));
}

static int call_folds(ls_reader *r, uint64_t *sum)
{
    static const char *const facets[] = {"source"};
    ls_query *q;
    int rc = parse(&q, r, "talks OR nowhere", NULL);
    for (int i = 0; !rc && i < 6; i++) {
        ls_results *res;
        LS_INIT(ls_search_options, o);
        o.fold = i % 3;
        o.lead = i / 2;
        o.latest = i == 5;
        o.histogram = "published";
        o.histogram_unit = i % 5;
        o.histogram_zone = i == 1 ? "Europe/Berlin" : NULL;
        o.facets = facets;
        o.facet_count = 1;
        o.sort = i == 4 ? LS_BY_FIELD_DESC : LS_BY_RELEVANCE;
        o.sort_field = i == 4 ? "published" : NULL;
        o.half_life_days = i == 3 ? 2 : 0;
        o.limit = 4;
        o.now = clock_now;
        o.timeout_ms = -1;
        rc = ls_search(&res, r, q, &o, &err);
        if (rc) assert_null(res);
        else mix_results(sum, res);
        ls_results_free(res);
    }
    ls_query_free(q);
    return rc;
}

static int call_similar(ls_reader *r, uint64_t *sum)
{
    uint64_t doc;
    int rc = ls_reader_find_guid(r, "urn:s2:1", 8, &doc, &err);
    for (int unit = 0; !rc && unit < 3; unit++) {
        ls_similar_list *list;
        LS_INIT(ls_similar_options, o);
        o.range_unit = unit;
        rc = ls_similar_find(&list, r, doc, &o, &err);
        if (rc) assert_null(list);
        for (size_t i = 0; !rc && i < list->count; i++) {
            mix(sum, &list->items[i].doc, sizeof(uint64_t));
            mix(sum, list->items[i].passages, list->items[i].passage_count * sizeof(ls_range));
        }
        ls_similar_free(list);
    }
    return rc;
}

static int call_highlighter(ls_reader *r, uint64_t *sum)
{
    ls_highlighter *h = NULL;
    ls_query *q;
    LS_INIT(ls_snippet_options, o);
    o.all_matches = 1;
    o.range_unit = LS_RANGES_UTF16;
    int rc = parse(&q, r, "talks kyi* \"arms in\" w1~ syn(w3, kyiv) w2 w/9 w5", NULL);
    if (!rc) {
        rc = ls_highlighter_open(&h, r, q, &o, &err);
        if (rc) assert_null(h);
    }
    for (uint64_t doc = 4; !rc && doc < 9; doc++) {
        ls_snippets *s;
        ls_doc *d = NULL;
        if (doc % 2) rc = ls_reader_doc(&d, r, doc, &err);
        if (!rc) rc = ls_highlighter_make(&s, h, doc, d, &err);
        else s = NULL;
        for (size_t i = 0; !rc && i < s->count; i++) mix_text(sum, s->snippets[i].html);
        if (!rc) mix(sum, s->matches, s->match_count * sizeof *s->matches);
        ls_doc_free(d);
        ls_snippets_free(s);
    }
    ls_highlighter_close(h);
    ls_query_free(q);
    return rc;
}

static const char PLACES[] =
    "Kyiv, Kiev, capital of Ukraine\nx, (y)\narms, weapons\narms talks, negotiations\nKiev, Kyyiv\n";

static int call_synonyms(ls_reader *r, uint64_t *sum)
{
    static const char *const queries[] = {"kyiv", "arms talks -weapons", "title:arms kiev^2", "+kyiv talks",
                                          "body:US w/3 arms"};
    ls_synonyms *set;
    const ls_synonym *added;
    int rc = ls_synonyms_new(&set, ls_reader_schema(r), PLACES, sizeof PLACES - 1, &err);
    if (rc) {
        assert_null(set);
        return rc;
    }
    mix_text(sum, ls_synonyms_warning(set, 0)->message);
    mix(sum, &(size_t){ls_synonyms_count(set)}, sizeof(size_t));
    for (size_t i = 0; !rc && i < sizeof queries / sizeof *queries; i++) {
        ls_query *q;
        ls_results *res = NULL;
        LS_INIT(ls_query_options, o);
        LS_INIT(ls_search_options, by);
        o.synonyms = set;
        o.flags = i == 3 ? LS_MATCH_ANY : 0;
        o.now = by.now = clock_now; /* the cursor tells it */
        by.timeout_ms = -1;
        rc = parse(&q, r, queries[i], &o);
        if (!rc) mix_text(sum, ls_query_parsed(q));
        for (size_t k = 0; !rc && (added = ls_query_synonym(q, k)); k++) mix_text(sum, added->added[0]);
        if (!rc) rc = ls_search(&res, r, q, &by, &err);
        if (!rc) mix_results(sum, res);
        ls_results_free(res);
        ls_query_free(q);
    }
    ls_synonyms_free(set);
    return rc;
}

static int call_meant(ls_reader *r, uint64_t *sum)
{
    static const char *const texts[] = {"negotations kyv", "tlaks", "title:tallks armz", "kyiv talks"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ls_suggestions *s;
        int rc = ls_did_you_mean(&s, r, texts[i], strlen(texts[i]), &err);
        if (rc) {
            assert_null(s);
            return rc;
        }
        mix_text(sum, s->did_you_mean);
        ls_suggestions_free(s);
    }
    return LS_OK;
}

static int call_known(ls_reader *r, uint64_t *sum)
{
    uint64_t doc;
    LS_INIT(ls_tombstone, t);
    LS_INIT(ls_stats, stats);
    int rc = ls_reader_tombstone(r, &t, "s3c0", 4, &err);
    if (!rc) mix_text(sum, t.reason);
    if (!rc) rc = ls_reader_tombstone_guid(r, &t, "urn:nobody", 10, &err);
    if (!rc) mix_text(sum, t.id);
    if (!rc) rc = ls_reader_tombstone_at(r, 1, &t, &err);
    if (!rc) mix_text(sum, t.guid);
    if (!rc && (rc = ls_reader_tombstone_at(r, 2, &t, &err)) == LS_NOTFOUND) rc = LS_OK;
    if (!rc && (rc = ls_reader_find_guid(r, "urn:none", 8, &doc, &err)) == LS_NOTFOUND) rc = LS_OK;
    if (!rc) rc = ls_reader_find_guid(r, "urn:s1:4", 8, &doc, &err);
    for (int head = 0; !rc && head < 2; head++) {
        ls_doc *d;
        rc = head ? ls_reader_head(&d, r, doc, &err) : ls_reader_doc(&d, r, doc, &err);
        if (rc) assert_null(d);
        else mix_text(sum, ls_doc_text(d, "title", 0, NULL));
        ls_doc_free(d);
    }
    if (!rc) rc = ls_reader_stats(r, &stats, &err);
    mix(sum, &stats.documents, sizeof stats.documents);
    return rc;
}

static int call_view(ls_reader *r, uint64_t *sum)
{
    ls_reader *all;
    int rc = ls_reader_view(&all, r, LS_READER_HIDDEN, &err);
    if (rc) {
        assert_null(all);
        return rc;
    }
    int64_t next, past = ls_reader_epoch(r, &next);
    /* Where the present view cannot be made nobody knows until when an answer holds: for no time at all. */
    assert_true((past == 0 && next == clock_now + HOUR) || (past == clock_now && next == clock_now));
    rc = call_folds(all, sum);
    ls_reader_close(all);
    return rc;
}

static const struct {
    const char *name;
    call_fn *call;
} calls[] = {{"folds", call_folds},       {"similar", call_similar}, {"highlighter", call_highlighter},
             {"synonyms", call_synonyms}, {"meant", call_meant},     {"known", call_known},
             {"view", call_view}};

static void failing(void **state)
{
    (void)state;
    build();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) fail_each(calls[i].name, calls[i].call);
}

static void damaged(void **state)
{
    (void)state;
    build();
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) damage_each(calls[i].name, calls[i].call);
}

/* An index whose days are those of a zone: what cannot be read of the zone's file is an error, not another day. */
static void zones(void **state)
{
    static const int errors[] = {EIO, EMFILE, ENFILE, EINTR};
    ls_schema *s;
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    (void)state;
    OK(ls_schema_news(&s, &err));
    OK(ls_schema_set(s, "timezone", "Asia/Tokyo", &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, index_path, &o, &err));
    add_news(w, "late", "Late", "said in the evening", "AP", INT64_C(1700000000000)); /* 22:13 UTC, 07:13 in Tokyo */
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
        uint64_t n = 1, made;
        int refused = 0, rc;
        do {
            ls_reader *r;
            lsi_io_fail_at(n, errors[e], false);
            rc = open_cold(&r, LS_READER_NO_MMAP);
            made = lsi_io_fail_at(0, 0, false);
            refused += rc != 0;
            if (rc) assert_true(rc == LS_IO && err.sys_errno == errors[e]);
            else assert_int_equal(total_of(r, "published:2023-11-15"), 1);
            ls_reader_close(r);
        } while (made >= n++);
        assert_int_equal(rc, LS_OK);
        assert_true(errors[e] == EINTR ? !refused : refused > 3);
        lsi_io_fail_at(1, errors[e], false); /* of the zone's file */
        rc = ls_schema_set(s, "timezone", "Europe/Berlin", &err);
        lsi_io_fail_at(0, 0, false);
        assert_int_equal(rc, errors[e] == EINTR ? LS_OK : LS_IO);
        OK(ls_schema_set(s, "timezone", "Asia/Tokyo", &err));
    }
    ls_schema_free(s);
}

/* ---- what makes things in memory ---- */

static int make_schema(uint64_t *sum)
{
    ls_schema *s = NULL;
    int rc = ls_schema_new(&s, &err);
    static const char *const names[] = {"head", "text", "maker", "made"};
    static const ls_type types[] = {LS_TEXT, LS_TEXT, LS_KEYWORD, LS_DATE};
    if (rc) assert_null(s);
    for (size_t i = 0; !rc && i < 4; i++) {
        LS_INIT(ls_field, f);
        f.name = names[i];
        f.type = types[i];
        f.weight = types[i] == LS_TEXT;
        rc = ls_schema_add(s, &f, &err);
    }
    if (!rc) rc = ls_schema_set(s, "main", "text", &err);
    if (!rc) rc = ls_schema_set(s, "timezone", "Europe/London", &err);
    if (!rc) mix_text(sum, ls_schema_get(s, "main"));
    ls_schema_free(s);
    if (!rc && !(rc = ls_schema_news(&s, &err))) {
        mix(sum, &(size_t){ls_schema_count(s)}, sizeof(size_t));
        ls_schema_free(s);
    }
    return rc;
}

static int make_document(uint64_t *sum)
{
    ls_doc *d;
    char long_text[5000];
    memset(long_text, 'x', sizeof long_text);
    int rc = ls_doc_new(&d, &err);
    if (rc) {
        assert_null(d);
        return rc;
    }
    for (int round = 0; !rc && round < 3; round++) {
        ls_doc_clear(d);
        rc = ls_doc_set_id(d, "id", 2, &err);
        for (int i = 0; !rc && i < 20; i++) rc = ls_doc_add_text(d, "subjects", "politics", 8, &err);
        if (!rc) rc = ls_doc_add_text(d, "body", long_text, sizeof long_text, &err);
        if (!rc) rc = ls_doc_add_int(d, "published", 5, &err);
        if (!rc) rc = ls_doc_set_language(d, "french", &err);
    }
    if (!rc) mix_text(sum, ls_doc_text(d, "subjects", 19, NULL));
    ls_doc_free(d);
    return rc;
}

static int make_synonyms(uint64_t *sum)
{
    ls_schema *s;
    ls_synonyms *set = NULL;
    static char text[40000];
    size_t n = 0;
    for (unsigned i = 0; !n || i < 700; i++) /* lines, faults and entries enough that every list grows */
        n += (size_t)snprintf(text + n, sizeof text - n, i % 9 ? "word%u, other%u, of two words %u\n" : "fault%u\n", i,
                              i, i);
    int rc = ls_schema_news(&s, &err);
    if (rc) return rc;
    rc = ls_synonyms_new(&set, s, text, n, &err);
    if (rc) assert_null(set);
    else mix(sum, &(size_t){ls_synonyms_count(set)}, sizeof(size_t));
    ls_synonyms_free(set);
    ls_schema_free(s);
    return rc;
}

/* What there is in the language, with synonyms and without, each way of reading it. */
static int make_queries(uint64_t *sum)
{
    static const char *const texts[] = {"arms deal \"arms deals\"~2^3.5 -weapons",
                                        "(a OR b) NOT (c d) AND e",
                                        "arms w/5 (deal OR talks) pre/3 kyiv",
                                        "title:\"arms talks\" source:AP,Reuters id:s3c0",
                                        "caps(US) atleast3(arms) hlead:(kim talks) syn(kyiv, kiev city)",
                                        "k?iv* *iv \"arms d*l\" t?lks~",
                                        "published:2020-01..2021 since:7d size:>2 version:<=3",
                                        "w/s w/p w/ AND OR ) ( \"",
                                        "state-of-the-art U.S.-led C++ \xe6\x9d\xb1\xe4\xba\xac o'neill's",
                                        "+must may -not lang:de",
                                        "=Exact \"exact\" colou?r~1",
                                        "\xff\xfe bad\x01 bytes",
                                        "nofield:x title: source:\"\" 1,234.5 12~",
                                        "((((((((((deep))))))))))",
                                        "united states army"};
    static const char words[] = "Kyiv, Kiev, capital of Ukraine\narms deal, weapons\nUnited States, US\nkim, talks\n";
    ls_schema *s;
    ls_synonyms *set = NULL;
    int rc = ls_schema_news(&s, &err);
    if (rc) return rc;
    rc = ls_synonyms_new(&set, s, words, sizeof words - 1, &err);
    for (unsigned i = 0; !rc && i < 2 * sizeof texts / sizeof *texts; i++) {
        const char *text = texts[i / 2];
        ls_query *q;
        LS_INIT(ls_query_options, o);
        o.synonyms = i % 2 ? set : NULL;
        o.flags = i % 5 == 3 ? LS_MATCH_ANY : i % 7 == 4 ? LS_MODE_SIMPLE : 0;
        o.language = i % 3 ? NULL : "german";
        o.now = clock_now;
        rc = ls_query_parse(&q, s, text, strlen(text), &o, &err);
        if (rc) assert_null(q);
        else mix_text(sum, ls_query_parsed(q));
        for (size_t k = 0; !rc && ls_query_warning(q, k); k++) mix_text(sum, ls_query_warning(q, k)->message);
        ls_query_free(q);
    }
    ls_synonyms_free(set);
    ls_schema_free(s);
    return rc;
}

static int make_analysis(uint64_t *sum)
{
    static const char text[] = "Häuser in 東京: 3,5 Millionen U.S.-Dollar für Arms-Talks";
    ls_schema *s;
    ls_tokens *t = NULL;
    int rc = ls_schema_news(&s, &err);
    if (rc) return rc;
    rc = ls_analyze(&t, s, text, sizeof text - 1, "german", &err);
    if (rc) assert_null(t);
    for (size_t i = 0; !rc && i < t->count; i++) mix_text(sum, t->tokens[i].term);
    ls_tokens_free(t);
    ls_schema_free(s);
    return rc;
}

typedef int make_fn(uint64_t *sum);

static void making(void **state)
{
    static const struct {
        const char *name;
        make_fn *make;
        uint64_t step;
    } all[] = {{"schema", make_schema, 1},
               {"document", make_document, 1},
               {"synonyms", make_synonyms, 40},
               {"queries", make_queries, 7},
               {"analysis", make_analysis, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t right = 1, n = 0, made;
        OK(all[i].make(&right));
        points = failed = 0;
        for (int forever = 0; forever < 2; forever++) {
            for (n = 1;; n += n < 60 ? 1 : (all[i].step * stride + 2) / 3, points++) {
                uint64_t sum = 1;
                lsi_alloc_fail_at(n, forever);
                memset(&err, 0, sizeof err);
                int rc = all[i].make(&sum);
                made = lsi_alloc_fail_at(0, false);
                if (rc) assert_true(rc == LS_NOMEM && err.code == rc && *err.message);
                else assert_int_equal(sum, right);
                failed += rc != 0;
                if (made < n) {
                    assert_int_equal(rc, LS_OK);
                    break;
                }
            }
        }
        print_message("%s: %llu points, %llu errors\n", all[i].name, (unsigned long long)points,
                      (unsigned long long)failed);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(failing, index_clean),
                                       cmocka_unit_test_teardown(damaged, index_clean),
                                       cmocka_unit_test_teardown(zones, index_clean), cmocka_unit_test(making)};
    take_arguments(argc, argv);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
