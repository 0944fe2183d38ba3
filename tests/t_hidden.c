/* t_hidden.c — withheld and embargoed documents: who sees them, from when on, through versions, commits, merges and
 * clocks that go either way; views, epochs, generations. prop_hidden.c holds that hidden means without a trace. */
#include "tests/story_util.h"
#include <pthread.h>
#include <time.h>

#define HOUR ((int64_t)3600000)
#define DAY  (24 * HOUR)

static ls_stats stats_of(const ls_reader *r)
{
    LS_INIT(ls_stats, s);
    OK(ls_reader_stats(r, &s, &err));
    return s;
}

/* Every way to a document says the same of one. */
static void expect_seen(const ls_reader *r, const char *id, const char *guid, const char *word, bool seen)
{
    ls_doc *d;
    uint64_t doc;
    assert_int_equal(has_guid(r, guid), seen);
    assert_int_equal(total_of(r, word), seen);
    assert_int_equal(ls_get(&d, r, id, strlen(id), &err), seen ? LS_OK : LS_NOTFOUND);
    ls_doc_free(d);
    assert_int_equal(ls_reader_find(r, id, strlen(id), &doc, &err), seen ? LS_OK : LS_NOTFOUND);
    if (!seen) return;
    OK(ls_reader_doc(&d, r, doc, &err));
    ls_doc_free(d);
}

static void withheld(void **state)
{
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE, 0);
    ADDS(w, LS_CREATED, 1, .id = "a", .guid = "g", .body = "apple", .version = 1);
    ADDS(w, LS_CREATED, 1, .id = "b", .guid = "h", .body = "pear", .status = "Withheld", .version = 1);
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0), *all = reader(LS_READER_HIDDEN);
    expect_seen(r, "a", "g", "apple", true);
    expect_seen(r, "b", "h", "pear", false);
    expect_seen(all, "b", "h", "pear", true);
    assert_int_equal(stats_of(r).documents, 1);
    assert_int_equal(stats_of(r).segments, 1);
    assert_int_equal(stats_of(all).documents, 2);
    ls_reader_close(r);
    ls_reader_close(all);
    /* A hidden version of a visible story hides it; a usable one of a hidden story shows it. */
    ADDS(w, LS_REPLACED, 2, .id = "a", .guid = "g", .body = "apple", .status = "stat:withheld", .version = 2);
    ADDS(w, LS_REPLACED, 2, .id = "b", .guid = "h", .body = "pear", .status = "usable", .version = 2);
    OK(ls_commit(w, NULL, &err));
    r = reader(0);
    expect_seen(r, "a", "g", "apple", false);
    expect_seen(r, "b", "h", "pear", true);
    assert_int_equal(stats_of(r).deleted, 0); /* the one it replaced was alone in its segment */
    OK(ls_delete(w, "a", 1, &err));           /* deletions and kills reach hidden ones */
    ADDS(w, LS_CREATED, 1, .id = "c", .guid = "i", .body = "plum", .status = "withheld", .version = 1);
    kills(w, NULL, "i", 1);
    OK(ls_commit(w, NULL, &err));
    ls_reader_close(r);
    r = reader(LS_READER_HIDDEN);
    assert_int_equal(count_docs(r), 1);
    ls_reader_close(r);
    ls_writer_close(w);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

/* One open reader, while the clock passes the embargoes and comes back. */
static void by_the_clock(void **state)
{
    (void)state;
    int64_t t0 = clock_now, next;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE, 0);
    added_by(w, (story){.id = "a", .guid = "g", .body = "apple"});
    added_by(w, (story){.id = "b", .guid = "h", .body = "pear", .embargoed = t0 + HOUR});
    added_by(w, (story){.id = "c", .guid = "i", .body = "plum", .embargoed = t0 + 2 * HOUR});
    added_by(w, (story){.id = "d", .guid = "j", .body = "cherry", .embargoed = INT64_MAX}); /* without an end */
    added_by(w, (story){.id = "e", .guid = "k", .body = "quince", .embargoed = t0 - HOUR}); /* over */
    added_by(w, (story){.id = "f", .guid = "l", .body = "medlar", .embargoed = t0 - 9 * DAY});
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0), *all;
    uint64_t generation = stats_of(r).generation, doc_b, doc_a;
    static const struct {
        int64_t passed;
        bool b, c, e;
    } times[] = {{0, 0, 0, 1},         {HOUR - 1, 0, 0, 1},  {HOUR, 1, 0, 1},     {2 * HOUR, 1, 1, 1},
                 {-2 * HOUR, 0, 0, 0}, {900 * DAY, 1, 1, 1}, {HOUR + 1, 1, 0, 1}, {INT64_MIN / 2, 0, 0, 0}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        clock_now = t0 + times[i].passed;
        expect_seen(r, "a", "g", "apple", true);
        expect_seen(r, "b", "h", "pear", times[i].b);
        expect_seen(r, "c", "i", "plum", times[i].c);
        expect_seen(r, "d", "j", "cherry", false);
        expect_seen(r, "e", "k", "quince", times[i].e);
        expect_seen(r, "f", "l", "medlar", true);
        assert_int_equal(count_docs(r), 2 + times[i].b + times[i].c + times[i].e);
        assert_int_equal(stats_of(r).documents, 2 + times[i].b + times[i].c + times[i].e);
        assert_int_equal(stats_of(r).generation, generation);
        assert_int_equal(stats_of(r).deleted, 0);
    }
    clock_now = t0;
    assert_int_equal(ls_reader_epoch(r, &next), t0 - HOUR);
    assert_int_equal(next, t0 + HOUR);
    clock_now = t0 + HOUR;
    assert_int_equal(ls_reader_epoch(r, &next), t0 + HOUR);
    assert_int_equal(next, t0 + 2 * HOUR);
    clock_now = t0 + 3 * HOUR;
    ls_reader_epoch(r, &next);
    assert_int_equal(next, INT64_MAX);
    OK(ls_reader_find(r, "b", 1, &doc_b, &err)); /* a number keeps its meaning while more is released */
    OK(ls_reader_find(r, "a", 1, &doc_a, &err));
    clock_now = t0 + HOUR;
    uint64_t again;
    OK(ls_reader_find(r, "b", 1, &again, &err));
    assert_int_equal(again, doc_b);
    OK(ls_reader_view(&all, r, LS_READER_HIDDEN, &err));
    assert_int_equal(count_docs(all), 6);
    OK(ls_reader_find(all, "a", 1, &again, &err));
    assert_int_equal(again, doc_a);
    ls_reader *back, *none;
    OK(ls_reader_view(&back, all, 0, &err));
    assert_int_equal(count_docs(back), 4);
    OK(ls_reader_refresh(&none, all, &err));
    assert_null(none);
    WANT(ls_reader_view(&none, all, LS_READER_NO_MMAP, &err), LS_INVALID);
    ls_reader_close(r);
    assert_int_equal(count_docs(all), 6); /* each has its own share */
    ls_reader_close(all);
    ls_reader_close(back);
    ls_writer_close(w);
    clock_now = t0;
}

/* A day after its end a document comes among the public ones, as it was; until then nothing has to be written. */
static void release(void **state)
{
    (void)state;
    int64_t t0 = clock_now, next;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE, 0);
    ls_doc *d;
    LS_INIT(ls_doc_version_info, v);
    added_by(w, (story){.id = "a", .guid = "g", .body = "apple", .embargoed = t0 + HOUR, .version = 3});
    OK(ls_commit(w, NULL, &err));
    added_by(w, (story){.id = "a", .guid = "g", .body = "appletree", .embargoed = t0 + HOUR, .version = 7});
    added_by(w, (story){.id = "b", .guid = "h", .body = "pear", .status = "withheld"});
    OK(ls_commit(w, NULL, &err));
    uint64_t before, after;
    OK(ls_commit(w, &before, &err));
    clock_now = t0 + HOUR + DAY - 1;
    OK(ls_commit(w, &after, &err));
    assert_int_equal(before, after);
    clock_now++;
    OK(ls_commit(w, &after, &err));
    assert_true(after > before);
    OK(ls_commit(w, &before, &err));
    assert_int_equal(before, after);
    ls_reader *r = reader(0);
    clock_now = t0; /* it is public now, whatever the clock */
    expect_seen(r, "a", "g", "appletree", true);
    expect_seen(r, "b", "h", "pear", false);
    assert_int_equal(ls_reader_epoch(r, &next), 0);
    assert_int_equal(next, INT64_MAX);
    OK(ls_get(&d, r, "a", 1, &err));
    assert_int_equal(ls_doc_version(d), 7);
    assert_int_equal(ls_doc_version_at(d, 1, &v), LS_OK);
    assert_int_equal(v.version, 3);
    ls_doc_free(d);
    ADDS(w, LS_UNCHANGED, 7, .id = "a", .guid = "g", .body = "appletree", .embargoed = t0 + HOUR, .version = 7);
    ls_reader_close(r);
    ls_writer_close(w);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

/* Several hidden segments merged, some of it released, deletions among them. */
static void mixed(void **state)
{
    (void)state;
    int64_t t0 = clock_now;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    char id[16], guid[16], body[64];
    for (int i = 0; i < 120; i++) {
        snprintf(id, sizeof id, "d%d", i);
        snprintf(guid, sizeof guid, "g%d", i);
        snprintf(body, sizeof body, "common word%d tree%d", i, i % 7);
        added_by(w, (story){.id = id, .guid = guid, .body = body, .embargoed = i % 3 ? t0 + (i % 40) * HOUR : 0});
        if (i % 30 == 29) OK(ls_commit(w, NULL, &err));
    }
    for (int merged = 0; merged < 2; merged++) {
        for (int hour = 0; hour < 42; hour += 5) {
            uint64_t n = 0, deleted = 0;
            clock_now = t0 + hour * HOUR;
            ls_reader *r = reader(0);
            for (int i = 0; i < 120; i++) {
                bool seen = !(i % 3) || i % 40 <= hour;
                snprintf(id, sizeof id, "d%d", i);
                snprintf(guid, sizeof guid, "g%d", i);
                snprintf(body, sizeof body, "word%d", i);
                if (merged && i % 11 == 0) {
                    deleted++;
                    seen = false;
                }
                expect_seen(r, id, guid, body, seen);
                n += seen;
            }
            assert_int_equal(total_of(r, "common"), n);
            assert_int_equal(stats_of(r).documents, n);
            assert_int_equal(stats_of(r).words, 3 * n);
            ls_reader_close(r);
        }
        if (merged) break;
        clock_now = t0;
        for (int i = 0; i < 120; i += 11) {
            snprintf(id, sizeof id, "d%d", i);
            OK(ls_delete(w, id, strlen(id), &err));
        }
        OK(ls_merge(w, 1, &err));
        ls_reader *r = reader(LS_READER_HIDDEN);
        assert_int_equal(stats_of(r).segments, 2);
        ls_reader_close(r);
    }
    ls_writer_close(w);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
    clock_now = t0;
}

/* What a pattern stands for is counted among what may be seen: words of hidden documents in the same segment fill no
 * cap, and cause no warning. */
static void caps(void **state)
{
    (void)state;
    int64_t t0 = clock_now;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE, 0);
    static char body[32768];
    size_t n = 0;
    for (int i = 0; i < 1500; i++)
        n += (size_t)snprintf(body + n, sizeof body - n, "zeb%c%c%c ", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676);
    added_by(w, (story){.guid = "g", .body = "zebra", .embargoed = t0 - HOUR});
    added_by(w, (story){.guid = "h", .body = body, .status = "withheld"});
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0);
    static const char *const queries[] = {"zeb*", "ze?ra", "zebrx~2", "zebr*"};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        ls_query *q;
        ls_results *res;
        OK(ls_query_parse(&q, ls_reader_schema(r), queries[i], strlen(queries[i]), NULL, &err));
        OK(ls_search(&res, r, q, NULL, &err));
        assert_int_equal(ls_results_get(res).total, 1);
        if (ls_results_warning(res, 0)) print_error("%s: %s\n", queries[i], ls_results_warning(res, 0)->message);
        assert_null(ls_results_warning(res, 0));
        ls_results_free(res);
        ls_query_free(q);
    }
    ls_reader_close(r);
    ls_writer_close(w);
}

static void generations(void **state)
{
    (void)state;
    int64_t t0 = clock_now;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    uint64_t g, first;
    added_by(w, (story){.id = "a", .guid = "g", .body = "apple"});
    OK(ls_commit(w, &first, &err));
    ls_reader *r = reader(0), *newer;
    added_by(w, (story){.id = "b", .guid = "h", .body = "pear", .status = "withheld"});
    OK(ls_commit(w, &g, &err));
    OK(ls_reader_refresh(&newer, r, &err));
    assert_int_equal(stats_of(newer).generation, first); /* a hidden document shows nowhere */
    ls_reader_close(newer);
    OK(ls_delete(w, "b", 1, &err));
    OK(ls_commit(w, &g, &err));
    OK(ls_reader_refresh(&newer, r, &err));
    assert_int_equal(stats_of(newer).generation, first);
    ls_reader_close(newer);
    newer = reader(LS_READER_HIDDEN);
    assert_int_equal(stats_of(newer).generation, g);
    ls_reader_close(newer);
    added_by(w, (story){.id = "c", .guid = "i", .body = "plum", .embargoed = t0 + HOUR});
    OK(ls_commit(w, &g, &err));
    clock_now = t0 + HOUR;
    OK(ls_delete(w, "c", 1, &err)); /* it can be seen by now */
    OK(ls_commit(w, &g, &err));
    OK(ls_reader_refresh(&newer, r, &err));
    assert_int_equal(stats_of(newer).generation, g);
    ls_reader_close(newer);
    kills(w, NULL, "unknown", 0); /* a tombstone can be seen: the document is gone, not missing */
    OK(ls_commit(w, &g, &err));
    OK(ls_reader_refresh(&newer, r, &err));
    assert_int_equal(stats_of(newer).generation, g);
    ls_reader_close(newer);
    ls_reader_close(r);
    ls_writer_close(w);
    clock_now = t0;
}

/* Threads that search one reader while the clock runs through the embargoes: each answer is of one moment. */
static const ls_reader *shared;
static int wrong;

static void *search_on(void *arg)
{
    (void)arg;
    for (int i = 0; i < 400; i++) {
        ls_error e;
        ls_query *q;
        ls_results *res;
        int64_t before = read_clock(NULL);
        if (ls_query_parse(&q, ls_reader_schema(shared), "common", 6, NULL, &e)) break;
        if (ls_search(&res, shared, q, NULL, &e)) __atomic_store_n(&wrong, 1, __ATOMIC_RELAXED);
        else {
            int64_t after = read_clock(NULL);
            uint64_t n = ls_results_get(res).total;
            if (n < (uint64_t)(before - 1700000000000) || n > (uint64_t)(after - 1700000000000))
                __atomic_store_n(&wrong, 2, __ATOMIC_RELAXED);
            ls_results_free(res);
        }
        ls_query_free(q);
    }
    return NULL;
}

static void threads(void **state)
{
    (void)state;
    clock_now = 1700000000000;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE, 0);
    for (int i = 0; i < 50; i++) {
        char guid[16];
        snprintf(guid, sizeof guid, "g%d", i);
        added_by(w, (story){.guid = guid, .body = "common", .embargoed = clock_now + 1 + i});
    }
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0);
    shared = r;
    pthread_t t[4];
    const struct timespec pause = {0, 2000000};
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&t[i], NULL, search_on, NULL), 0);
    for (int i = 0; i < 50; i++) {
        nanosleep(&pause, NULL);
        __atomic_add_fetch(&clock_now, 1, __ATOMIC_RELAXED);
    }
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(total_of(r, "common"), 50);
    ls_reader_close(r);
    ls_writer_close(w);
    clock_now = 1700000000000;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(withheld, index_clean), cmocka_unit_test_teardown(by_the_clock, index_clean),
        cmocka_unit_test_teardown(release, index_clean),  cmocka_unit_test_teardown(mixed, index_clean),
        cmocka_unit_test_teardown(caps, index_clean),     cmocka_unit_test_teardown(generations, index_clean),
        cmocka_unit_test_teardown(threads, index_clean),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
