/* t_index.c — the writer and the reader by their public functions: life, versions, commit, rollback, merges, refresh,
 * locks, check, backup; and the policy by a table and a simulation. */
#include "libsearch/index/policy.h"
#include "libsearch/index/snapshot.h"
#include "libsearch/index/writer.h"
#include "tests/index_util.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

static ls_error err;
static char text[256];

static ls_reader *open_reader(void)
{
    ls_reader *r;
    OK(ls_reader_open(&r, index_path, NULL, &err));
    return r;
}

static ls_stats stats_of(const ls_reader *r)
{
    LS_INIT(ls_stats, s);
    LS_INIT(ls_stats, at_hand);
    OK(ls_reader_stats(r, &s, &err));
    ls_stats want = s;
    OK(ls_reader_summary(r, &at_hand, &err));
    want.postings = want.positions = 0;
    assert_memory_equal(&at_hand, &want, sizeof want);
    return s;
}

static size_t count_files(const char *begins)
{
    size_t n = 0;
    DIR *d = opendir(index_path);
    for (struct dirent *e; d && (e = readdir(d));) n += !strncmp(e->d_name, begins, strlen(begins));
    if (d) closedir(d);
    return n;
}

/* ---- life ---- */

static void opening(void **state)
{
    (void)state;
    ls_writer *w, *second;
    ls_reader *r;
    LS_INIT(ls_writer_options, o);
    WANT(ls_writer_open(&w, index_path, NULL, &err), LS_NOTFOUND);
    assert_null(w);
    WANT(ls_reader_open(&r, index_path, NULL, &err), LS_NOTFOUND);
    mkdir(index_path, 0777);
    WANT(ls_writer_open(&w, index_path, &o, &err), LS_NOTFOUND); /* a directory, and no index */
    assert_int_equal(count_files("LOCK"), 0);                    /* nothing was made in it */
    WANT(ls_reader_open(&r, index_path, NULL, &err), LS_NOTFOUND);
    o.flags = 1u << 30;
    WANT(ls_writer_open(&w, index_path, &o, &err), LS_INVALID);
    o.flags = LS_WRITER_CREATE | LS_WRITER_EXCLUSIVE;
    OK(ls_writer_open(&w, index_path, &o, &err));
    assert_int_equal(err.code, LS_OK); /* nothing is left of what was looked for and not found */
    assert_string_equal(err.message, "");
    WANT(ls_writer_open(&second, index_path, &o, &err), LS_LOCKED);
    assert_string_equal(ls_schema_get(ls_writer_schema(w), "language"), "english");
    assert_int_equal(ls_schema_count(ls_writer_schema(w)), 23);
    r = open_reader(); /* an empty index can be read at once */
    assert_int_equal(count_docs(r), 0);
    assert_int_equal(stats_of(r).generation, 1);
    ls_reader_close(r);
    ls_writer_close(w);
    WANT(ls_writer_open(&w, index_path, &o, &err), LS_EXISTS);
    o.flags = LS_WRITER_CREATE;
    OK(ls_writer_open(&w, index_path, &o, &err));
    ls_writer_close(w);
    ls_writer_close(NULL);
    ls_reader_close(NULL);
}

static void adding(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    uint64_t g, again;
    OK(add_doc(w, "a", "first text", 0, NULL, &err));
    OK(add_doc(w, "b", "second text", 0, NULL, &err));
    ls_reader *r = open_reader();
    assert_int_equal(count_docs(r), 0); /* not before the commit */
    OK(ls_commit(w, &g, &err));
    assert_true(g > 1);
    OK(ls_commit(w, &again, &err));
    assert_int_equal(again, g); /* nothing to do: no new commit */
    assert_int_equal(count_docs(r), 0);
    ls_reader *newer;
    OK(ls_reader_refresh(&newer, r, &err));
    assert_non_null(newer);
    assert_string_equal(body_of(newer, "a", text, sizeof text), "first text");
    assert_string_equal(body_of(newer, "b", text, sizeof text), "second text");
    assert_string_equal(body_of(newer, "c", text, sizeof text), "");
    assert_int_equal(stats_of(newer).generation, g);
    assert_int_equal(stats_of(newer).documents, 2);
    assert_int_equal(stats_of(newer).words, 4);
    assert_int_equal(stats_of(newer).postings > 0, 1);
    ls_reader *none;
    OK(ls_reader_refresh(&none, newer, &err));
    assert_null(none);
    ls_reader_close(r);
    ls_reader_close(newer);
    ls_writer_close(w);
}

static void documents(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    ls_doc *d;
    LS_INIT(ls_added, added);
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_add_text(d, "title", "Arms talks", 10, &err));
    OK(ls_doc_add_text(d, "body", "Talks \xff begin", 13, &err));
    OK(ls_doc_add_text(d, "subjects", "Politics", 8, &err));
    OK(ls_doc_add_text(d, "subjects", "War", 3, &err));
    OK(ls_doc_add_int(d, "published", -5, &err));
    OK(ls_doc_add_text(d, "extra", "{}", 2, &err));
    OK(ls_doc_set_language(d, "de", &err));
    OK(ls_add(w, d, &added, &err));
    assert_int_equal(added.result, LS_CREATED);
    assert_int_equal(added.version, 1);
    assert_int_equal(added.id_len, 26);
    assert_int_equal(added.invalid_bytes, 1);
    OK(ls_add(w, d, &added, &err));
    assert_int_equal(added.result, LS_UNCHANGED);
    char id[132];
    memcpy(id, added.id, sizeof id);
    WANT(ls_doc_add_int(NULL, "x", 1, &err), LS_INVALID);
    OK(ls_doc_add_int(d, "no_such", 1, &err));
    WANT(ls_add(w, d, &added, &err), LS_SCHEMA);
    ls_doc_clear(d);
    OK(ls_doc_add_int(d, "title", 1, &err));
    WANT(ls_add(w, d, &added, &err), LS_SCHEMA);
    ls_doc_clear(d);
    OK(ls_doc_add_text(d, "published", "x", 1, &err));
    WANT(ls_add(w, d, &added, &err), LS_SCHEMA);
    WANT(ls_doc_set_id(d, "", 0, &err), LS_INVALID);
    ls_doc_free(d);
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = open_reader();
    uint64_t doc = UINT64_MAX;
    size_t len;
    int64_t v;
    OK(ls_reader_next(r, &doc, &err));
    assert_int_equal(doc, 0);
    OK(ls_reader_doc(&d, r, doc, &err));
    assert_string_equal(ls_doc_id(d, &len), id);
    assert_string_equal(ls_doc_text(d, "title", 0, &len), "Arms talks");
    assert_string_equal(ls_doc_text(d, "body", 0, &len), "Talks \xef\xbf\xbd begin");
    assert_string_equal(ls_doc_text(d, "subjects", 1, &len), "War");
    assert_null(ls_doc_text(d, "subjects", 2, &len));
    assert_string_equal(ls_doc_language(d), "german");
    OK(ls_doc_int(d, "published", &v));
    assert_int_equal(v, -5);
    assert_int_equal(ls_doc_int(d, "updated", &v), LS_NOTFOUND);
    assert_int_equal(ls_doc_words(d), 4);
    assert_int_equal(ls_doc_version(d), 1);
    ls_value value;
    assert_int_equal(ls_doc_value(d, 4, &value), LS_OK);
    assert_string_equal(value.field, "published");
    assert_null(value.text);
    assert_int_equal(ls_doc_value(d, 6, &value), LS_NOTFOUND);
    ls_doc_free(d);
    WANT(ls_reader_doc(&d, r, 1, &err), LS_NOTFOUND);
    WANT(ls_reader_next(r, &doc, &err), LS_NOTFOUND);
    ls_reader_close(r);
    ls_writer_close(w);
}

/* ---- versions: the table at the head of edits.c ---- */

static const struct {
    const char *body;
    int64_t given;
    ls_result result;
    int64_t version;
} steps[] = {
    {"one", 0, LS_CREATED, 1},   {"one", 0, LS_UNCHANGED, 1}, {"two", 0, LS_REPLACED, 2},    {"two", 7, LS_REPLACED, 7},
    {"two", 7, LS_UNCHANGED, 7}, {"six", 7, LS_CONFLICT, 7},  {"six", 6, LS_STALE, 7},       {"two", 3, LS_STALE, 7},
    {"ten", 0, LS_REPLACED, 8},  {"ten", 0, LS_UNCHANGED, 8}, {"eleven", 9, LS_REPLACED, 9},
};

/* how 0: all in memory; 1: flushed by a commit after each step; 2: merged as well. */
static void run_versions(int how)
{
    index_clean(NULL);
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    const char *expected = "";
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        LS_INIT(ls_added, a);
        OK(add_doc(w, "id", steps[i].body, steps[i].given, &a, &err));
        assert_int_equal(a.result, steps[i].result);
        assert_int_equal(a.version, steps[i].version);
        if (a.result == LS_CREATED || a.result == LS_REPLACED) expected = steps[i].body;
        if (how) OK(ls_commit(w, NULL, &err));
        if (how == 2) OK(ls_merge(w, 1, &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = open_reader();
    assert_int_equal(count_docs(r), 1);
    assert_string_equal(body_of(r, "id", text, sizeof text), expected);
    ls_reader_close(r);
    OK(ls_delete(w, "id", 2, &err));
    WANT(ls_delete(w, "id", 2, &err), LS_NOTFOUND);
    LS_INIT(ls_added, a);
    OK(add_doc(w, "id", "again", 0, &a, &err));
    assert_int_equal(a.result, LS_CREATED); /* a deleted id may come again */
    OK(ls_delete(w, "id", 2, &err));
    OK(ls_commit(w, NULL, &err));
    r = open_reader();
    assert_int_equal(count_docs(r), 0);
    assert_int_equal(stats_of(r).segments, 0); /* what has no live document is dropped */
    ls_reader_close(r);
    assert_int_equal(count_files("seg-") + count_files("live-"), 0);
    ls_writer_close(w);
}

static void versions(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) run_versions(how);
}

/* ---- rollback, budget, schema ---- */

static void rolling_back(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    OK(add_doc(w, "a", "kept", 0, NULL, &err));
    OK(add_doc(w, "b", "kept too", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_field f = {sizeof f, "extra_text", LS_TEXT, 2, 0};
    OK(add_doc(w, "a", "other", 0, NULL, &err));
    OK(ls_delete(w, "b", 1, &err));
    OK(ls_writer_add_field(w, &f, &err));
    OK(add_doc(w, "c", "new", 0, NULL, &err));
    OK(ls_rollback(w, &err));
    assert_null(ls_schema_find(ls_writer_schema(w), "extra_text"));
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = open_reader();
    assert_string_equal(body_of(r, "a", text, sizeof text), "kept");
    assert_string_equal(body_of(r, "b", text, sizeof text), "kept too");
    assert_string_equal(body_of(r, "c", text, sizeof text), "");
    assert_int_equal(count_files("seg-"), 1);
    LS_INIT(ls_added, a);
    OK(add_doc(w, "a", "other", 0, &a, &err));
    assert_int_equal(a.version, 2);
    ls_reader_close(r);
    ls_writer_close(w); /* drops it */
    assert_int_equal(count_files("seg-"), 1);
    r = open_reader();
    assert_string_equal(body_of(r, "a", text, sizeof text), "kept");
    ls_reader_close(r);
}

static void budget(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 300000);
    char id[16], body[2000];
    uint64_t x = 42;
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof id, "%d", i);
        random_text(&x, body, sizeof body, 200);
        OK(add_doc(w, id, body, 0, NULL, &err));
    }
    assert_true(count_files("seg-") > 2); /* flushed before the commit, and not visible */
    ls_reader *r = open_reader();
    assert_int_equal(count_docs(r), 0);
    ls_reader_close(r);
    char *huge = malloc(4000000);
    assert_non_null(huge);
    size_t n = 0;
    for (unsigned i = 0; n < 3900000; i++) n += (size_t)sprintf(huge + n, "x%uy ", i);
    WANT(add_doc(w, "huge", huge, 0, NULL, &err), LS_LIMIT); /* and the others stay */
    free(huge);
    OK(add_doc(w, "7", "replaced across flushes", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    r = open_reader();
    assert_int_equal(count_docs(r), 300);
    assert_string_equal(body_of(r, "7", text, sizeof text), "replaced across flushes");
    ls_reader_close(r);
    OK(ls_merge(w, 1, &err));
    r = open_reader();
    assert_int_equal(stats_of(r).segments, 1);
    assert_int_equal(stats_of(r).deleted, 0);
    assert_int_equal(count_docs(r), 300);
    ls_reader_close(r);
    ls_writer_close(w);
}

static void adding_fields(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    ls_doc *d;
    OK(add_doc(w, "old", "before", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_reader *before = open_reader(), *after;
    ls_field words = {sizeof words, "summary", LS_TEXT, 2, 0}, rank = {sizeof rank, "rank", LS_INTEGER, 0, 0};
    OK(ls_writer_add_field(w, &words, &err));
    WANT(ls_writer_add_field(w, &words, &err), LS_EXISTS);
    OK(ls_writer_add_field(w, &rank, &err));
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, "new", 3, &err));
    OK(ls_doc_add_text(d, "summary", "short", 5, &err));
    OK(ls_doc_add_text(d, "body", "after", 5, &err));
    OK(ls_doc_add_int(d, "rank", 9, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
    OK(ls_commit(w, NULL, &err));
    OK(ls_reader_refresh(&after, before, &err));
    assert_int_equal(count_docs(before), 1);
    assert_null(ls_schema_find(ls_reader_schema(before), "rank"));
    ls_reader_close(before);
    for (int merged = 0; merged < 2; merged++) {
        int64_t v;
        size_t len;
        assert_non_null(ls_schema_find(ls_reader_schema(after), "rank"));
        OK(ls_get(&d, after, "new", 3, &err));
        assert_string_equal(ls_doc_text(d, "summary", 0, &len), "short");
        OK(ls_doc_int(d, "rank", &v));
        assert_int_equal(v, 9);
        ls_doc_free(d);
        assert_string_equal(body_of(after, "old", text, sizeof text), "before");
        ls_reader_close(after);
        OK(ls_merge(w, 1, &err));
        after = open_reader();
        assert_int_equal(stats_of(after).segments, 1);
    }
    ls_reader_close(after);
    LS_INIT(ls_check_report, report);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
    ls_writer_close(w);
}

static void own_schema(void **state)
{
    (void)state;
    ls_schema *s;
    ls_writer *w;
    ls_doc *d;
    LS_INIT(ls_writer_options, o);
    OK(ls_schema_new(&s, &err));
    ls_field name = {sizeof name, "name", LS_TEXT, 1, 1}, code = {sizeof code, "code", LS_KEYWORD, 0, 0};
    OK(ls_schema_add(s, &name, &err));
    OK(ls_schema_add(s, &code, &err));
    OK(ls_schema_set(s, "timezone", "Europe/Berlin", &err));
    WANT(ls_schema_set(s, "timezone", "Europe/Nowhere", &err), LS_INVALID);
    assert_string_equal(ls_schema_get(s, "timezone"), "Europe/Berlin");
    OK(ls_schema_set(s, "language", "de", &err));
    o.flags = LS_WRITER_CREATE;
    o.schema = s;
    OK(ls_writer_open(&w, index_path, &o, &err));
    ls_schema_free(s);
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, "1", 1, &err));
    OK(ls_doc_add_text(d, "name", "not kept", 8, &err));
    OK(ls_doc_add_text(d, "code", "K1", 2, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = open_reader();
    assert_string_equal(ls_schema_get(ls_reader_schema(r), "timezone"), "Europe/Berlin");
    assert_string_equal(ls_schema_get(ls_reader_schema(r), "language"), "german");
    OK(ls_get(&d, r, "1", 1, &err));
    assert_null(ls_doc_text(d, "name", 0, NULL));
    assert_string_equal(ls_doc_text(d, "code", 0, NULL), "K1");
    ls_doc_free(d);
    ls_reader_close(r);
    ls_writer_close(w);
}

/* ---- merging ---- */

static void merging(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    char id[16], body[400];
    uint64_t x = 7;
    for (int i = 0; i < 60; i++) {
        snprintf(id, sizeof id, "%d", i % 50); /* ten are replaced */
        random_text(&x, body, sizeof body, 30);
        OK(add_doc(w, id, body, 0, NULL, &err));
        if (i % 3 == 2) OK(ls_commit(w, NULL, &err));
    }
    ls_reader *old = open_reader();
    uint64_t segments = stats_of(old).segments;
    assert_true(segments >= 16);
    static const size_t targets[] = {100, 7, 3, 1, 1};
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++) {
        OK(ls_merge(w, targets[t], &err));
        ls_reader *r = open_reader();
        ls_stats s = stats_of(r);
        assert_true(s.segments <= targets[t]);
        assert_int_equal(s.deleted, 0);
        assert_int_equal(s.documents, 50);
        uint64_t a = UINT64_MAX, b = UINT64_MAX; /* the same documents in the same order */
        for (int i = 0; i < 50; i++) {
            ls_doc *p, *q;
            size_t n;
            OK(ls_reader_next(old, &a, &err));
            OK(ls_reader_next(r, &b, &err));
            OK(ls_reader_doc(&p, old, a, &err));
            OK(ls_reader_doc(&q, r, b, &err));
            assert_string_equal(ls_doc_id(p, &n), ls_doc_id(q, &n));
            assert_string_equal(ls_doc_text(p, "body", 0, &n), ls_doc_text(q, "body", 0, &n));
            ls_doc_free(p);
            ls_doc_free(q);
        }
        ls_reader_close(r);
        assert_int_equal(count_files("seg-"), s.segments); /* what the old reader has open has lost its name */
        LS_INIT(ls_check_report, report);
        OK(ls_check(index_path, NULL, NULL, &report, &err));
        assert_int_equal(report.documents, 50);
    }
    assert_int_equal(count_docs(old), 50);
    ls_reader_close(old);
    WANT(ls_merge(w, 0, &err), LS_INVALID);
    ls_writer_close(w);
}

/* Many small commits with the merge thread on: the number of segments stays small, nothing is lost. */
static void merging_in_background(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    char id[16], body[400];
    uint64_t x = 9;
    for (int i = 0; i < 120; i++) {
        snprintf(id, sizeof id, "%d", i % 90);
        random_text(&x, body, sizeof body, 20);
        OK(add_doc(w, id, body, 0, NULL, &err));
        OK(ls_commit(w, NULL, &err));
    }
    ls_reader *r = NULL;
    for (int tries = 0; tries < 200; tries++) {
        r = open_reader();
        if (stats_of(r).segments < 20) break;
        ls_reader_close(r);
        r = NULL;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    assert_non_null(r);
    assert_int_equal(count_docs(r), 90);
    ls_reader_close(r);
    ls_writer_close(w);
    LS_INIT(ls_check_report, report);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
    assert_int_equal(report.documents, 90);
}

/* ---- the policy ---- */

static void policy_table(void **state)
{
    (void)state;
    const uint64_t K = 1024, M = K * K;
    static lsi_policy_segment s[100];
    lsi_policy_pick p;
    for (size_t i = 0; i < 100; i++) s[i] = (lsi_policy_segment){10 * K, 10, 0};
    assert_false(lsi_policy_next(s, 0, &p));
    assert_false(lsi_policy_next(s, 7, &p)); /* seven small ones may stay */
    assert_true(lsi_policy_next(s, 8, &p));
    assert_int_equal(p.first, 0);
    assert_int_equal(p.count, 8);
    s[0] = (lsi_policy_segment){1024 * M, 1000000, 0};
    assert_false(lsi_policy_next(s, 8, &p)); /* a large one is not rewritten for seven small ones */
    assert_true(lsi_policy_next(s, 9, &p));
    assert_int_equal(p.first, 1);
    assert_int_equal(p.count, 8);
    s[0].deleted = 333333;
    assert_false(lsi_policy_next(s, 2, &p));
    s[0].deleted = 333334; /* a third: rewritten alone */
    assert_true(lsi_policy_next(s, 2, &p));
    assert_int_equal(p.first, 0);
    assert_int_equal(p.count, 1);
    for (size_t i = 0; i < 8; i++) s[i] = (lsi_policy_segment){900 * M, 600000, 0};
    assert_false(lsi_policy_next(s, 8, &p)); /* 4.8 million documents would be too many */
    for (size_t i = 0; i < 8; i++) s[i].docs = 500000;
    assert_true(lsi_policy_next(s, 8, &p));
    assert_int_equal(p.count, 8);

    for (size_t i = 0; i < 6; i++) s[i] = (lsi_policy_segment){(6 - i) * M, 10, 0};
    assert_false(lsi_policy_reduce(s, 6, 6, &p));
    assert_true(lsi_policy_reduce(s, 6, 4, &p)); /* the cheapest neighbours: the last three */
    assert_int_equal(p.first, 3);
    assert_int_equal(p.count, 3);
    s[1].deleted = 1;
    assert_true(lsi_policy_reduce(s, 6, 6, &p));
    assert_int_equal(p.first, 1);
    assert_int_equal(p.count, 1);
}

/* Commits of random sizes, merged as the policy says: counts the segments and the bytes written for a byte added. */
static void policy_simulation(void **state)
{
    (void)state;
    static lsi_policy_segment s[4096];
    size_t n = 0, most = 0;
    uint64_t added = 0, written = 0, x = 12345;
    for (int step = 1; step <= 200000; step++) {
        uint64_t bytes = 2048 + random_next(&x) % 16384;
        s[n++] = (lsi_policy_segment){bytes, 3, 0};
        added += bytes;
        written += bytes;
        if (random_next(&x) % 4 == 0) { /* an older document goes */
            lsi_policy_segment *t = &s[random_next(&x) % n];
            if (t->deleted < t->docs) t->deleted++;
        }
        for (lsi_policy_pick p; lsi_policy_next(s, n, &p);) {
            lsi_policy_segment m = {0, 0, 0};
            for (size_t i = p.first; i < p.first + p.count; i++) {
                m.bytes += (uint64_t)((double)s[i].bytes * (s[i].docs - s[i].deleted) / s[i].docs);
                m.docs += s[i].docs - s[i].deleted;
            }
            written += m.bytes;
            size_t keep = m.docs ? 1 : 0;
            s[p.first] = m;
            memmove(&s[p.first + keep], &s[p.first + p.count], (n - p.first - p.count) * sizeof *s);
            n -= p.count - keep;
        }
        if (n > most) most = n;
        if (step == 1000 || step == 10000 || step == 200000)
            print_message("policy: %6d commits, %2zu segments now, %2zu at most, %.2f bytes written a byte added\n",
                          step, n, most, (double)written / (double)added);
    }
    assert_true(most <= 64);
    assert_true(written < 12 * added);
}

/* ---- processes and threads ---- */

static void forked_child(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    OK(add_doc(w, "a", "text", 0, NULL, &err));
    pid_t child = fork();
    if (!child) {
        ls_writer *mine;
        int rc = ls_commit(w, NULL, &err) == LS_MISUSE && add_doc(w, "b", "x", 0, NULL, &err) == LS_MISUSE &&
                 ls_writer_open(&mine, index_path, NULL, &err) == LS_LOCKED;
        ls_writer_close(w);
        leave(rc ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    OK(ls_commit(w, NULL, &err)); /* the parent's is as it was */
    child = fork();
    if (!child) {
        ls_writer *mine;
        leave(ls_writer_open(&mine, index_path, NULL, &err) == LS_LOCKED ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    ls_writer_close(w);
}

typedef struct reading {
    atomic_int stop;
    atomic_uint_fast64_t opened, read;
    atomic_int wrong;
} reading;

/* In each commit every document says the same round, and there are always as many of them. */
static void *read_on(void *arg)
{
    reading *all = arg;
    ls_error e;
    ls_reader *r;
    if (ls_reader_open(&r, index_path, NULL, &e)) {
        all->wrong++;
        return NULL;
    }
    while (!all->stop) {
        ls_reader *newer;
        if (ls_reader_refresh(&newer, r, &e)) {
            all->wrong++;
            break;
        }
        if (newer) {
            ls_reader_close(r);
            r = newer;
            all->opened++;
        }
        char round[64] = "";
        uint64_t doc = UINT64_MAX, n = 0;
        while (!ls_reader_next(r, &doc, &e)) {
            ls_doc *d;
            if (ls_reader_doc(&d, r, doc, &e)) {
                all->wrong++;
                break;
            }
            const char *body = ls_doc_text(d, "body", 0, NULL);
            if (!n) snprintf(round, sizeof round, "%s", body);
            if (strcmp(round, body)) all->wrong++;
            ls_doc_free(d);
            n++;
        }
        if (n != 0 && n != 12) all->wrong++;
        all->read += n;
    }
    ls_reader_close(r);
    return NULL;
}

static void readers_beside_a_writer(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    static reading all;
    pthread_t threads[3];
    memset(&all, 0, sizeof all);
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_on, &all), 0);
    char id[16], body[64];
    for (int round = 0; round < 60; round++) {
        snprintf(body, sizeof body, "round number %d", round);
        for (int i = 0; i < 12; i++) {
            snprintf(id, sizeof id, "%d", i);
            OK(add_doc(w, id, body, 0, NULL, &err));
            if (i == 6 && round % 7 == 6) { /* half a round is never seen */
                OK(ls_rollback(w, &err));
                break;
            }
        }
        OK(ls_commit(w, NULL, &err));
        if (round % 20 == 19) OK(ls_merge(w, 2, &err));
    }
    all.stop = 1;
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    assert_int_equal(all.wrong, 0);
    assert_true(all.opened > 0 && all.read > 0);
    ls_writer_close(w);
}

/* ---- without waiting for the disk ---- */

/* Commits "one" durably, then "two" and "three" without, in a child that ends without closing, as if it were killed. */
static void leave_unsynced(void)
{
    index_clean(NULL);
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    OK(add_doc(w, "a", "one", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    pid_t child = fork();
    if (!child) {
        w = open_writer(LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE, 0);
        int rc = add_doc(w, "a", "two", 0, NULL, &err) || ls_commit(w, NULL, &err) || ls_merge(w, 1, &err) ||
                 add_doc(w, "a", "three", 0, NULL, &err) || ls_commit(w, NULL, &err);
        leave(rc ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    assert_int_equal(count_files("MANIFEST.durable"), 1);
}

static void expect_body(const char *expected)
{
    LS_INIT(ls_check_report, report);
    ls_reader *r = open_reader();
    assert_string_equal(body_of(r, "a", text, sizeof text), expected);
    assert_int_equal(count_docs(r), 1);
    ls_reader_close(r);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
}

static void without_sync(void **state)
{
    (void)state;
    leave_unsynced();
    expect_body("three"); /* the system still runs */
    lsi_io_pretend_boot(1234567);
    expect_body("one"); /* it went down: what was durable */
    ls_writer_close(open_writer(LS_WRITER_NO_MERGE, 0));
    lsi_io_pretend_boot(0);
    expect_body("one"); /* the next writer has decided so */
    assert_int_equal(count_files("MANIFEST.durable"), 0);
    assert_int_equal(count_files("seg-"), 1);

    leave_unsynced();
    ls_writer_close(open_writer(LS_WRITER_NO_MERGE, 0)); /* in time: it makes the last commit durable */
    assert_int_equal(count_files("MANIFEST.durable"), 0);
    lsi_io_pretend_boot(1234567);
    expect_body("three");
    lsi_io_pretend_boot(0);

    leave_unsynced(); /* the manifest itself came out as zeros */
    char path[128], zeros[600] = {0};
    snprintf(path, sizeof path, "%s/MANIFEST", index_path);
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, zeros, sizeof zeros), sizeof zeros);
    close(fd);
    expect_body("one");
    ls_writer *w = open_writer(LS_WRITER_NO_SYNC, 0);
    OK(add_doc(w, "a", "four", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    expect_body("four");
    ls_writer_close(w); /* closing makes it durable */
    assert_int_equal(count_files("MANIFEST.durable"), 0);
    lsi_io_pretend_boot(1234567);
    expect_body("four");
    lsi_io_pretend_boot(0);
}

/* ---- the writer's own view ---- */

/* One document of such a snapshot. */
static void delete_at(ls_writer *w, const lsi_snapshot *s, size_t seg, lsi_doc local, uint64_t want)
{
    uint64_t none[1] = {0}, one[1] = {(uint64_t)1 << local}, *bits[8], deleted;
    assert_true(s->count <= 8 && local < 64);
    for (size_t i = 0; i < s->count; i++) bits[i] = i == seg ? one : none;
    OK(lsi_writer_delete_many(w, s, bits, &deleted, &err));
    assert_int_equal(deleted, want);
}

static void writer_snapshot(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    lsi_snapshot *s;
    size_t seg;
    lsi_doc local;
    OK(add_doc(w, "a", "one", 0, NULL, &err));
    OK(add_doc(w, "b", "two", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    OK(add_doc(w, "c", "three", 0, NULL, &err));
    OK(ls_delete(w, "a", 1, &err));
    OK(lsi_writer_snapshot(w, &s, &err));
    assert_int_equal(s->documents, 2);
    assert_int_equal(s->deleted, 1);
    WANT(lsi_snapshot_find(s, (const uint8_t *)"a", 1, &seg, &local, &err), LS_NOTFOUND);
    OK(lsi_snapshot_find(s, (const uint8_t *)"c", 1, &seg, &local, &err));
    delete_at(w, s, seg, local, 1);
    delete_at(w, s, seg, local, 0); /* twice is once */
    OK(lsi_snapshot_find(s, (const uint8_t *)"b", 1, &seg, &local, &err));
    delete_at(w, s, seg, local, 1);
    lsi_snapshot_release(s);
    ls_reader *r = open_reader();
    assert_int_equal(count_docs(r), 2); /* nothing is committed */
    ls_reader_close(r);
    OK(ls_rollback(w, &err));
    OK(ls_commit(w, NULL, &err));
    r = open_reader();
    assert_int_equal(count_docs(r), 2);
    ls_reader_close(r);
    OK(ls_delete(w, "a", 1, &err));
    OK(lsi_writer_snapshot(w, &s, &err));
    OK(ls_merge(w, 1, &err)); /* the snapshot's segment is gone from the writer */
    OK(lsi_snapshot_find(s, (const uint8_t *)"b", 1, &seg, &local, &err));
    delete_at(w, s, seg, local, 1);
    lsi_snapshot_release(s);
    OK(ls_commit(w, NULL, &err));
    r = open_reader();
    assert_int_equal(count_docs(r), 0);
    ls_reader_close(r);
    ls_writer_close(w);
}

/* ---- check and backup ---- */

static void backing_up(void **state)
{
    (void)state;
    char to[100];
    snprintf(to, sizeof to, "%s/copy", folder);
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    OK(add_doc(w, "a", "one", 0, NULL, &err));
    OK(add_doc(w, "b", "two", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    OK(ls_delete(w, "a", 1, &err));
    OK(ls_commit(w, NULL, &err));
    OK(add_doc(w, "c", "not committed", 0, NULL, &err));
    OK(ls_backup(index_path, to, &err)); /* beside the writer */
    WANT(ls_backup(index_path, to, &err), LS_EXISTS);
    WANT(ls_backup("/nonexistent", to, &err), LS_NOTFOUND);
    ls_reader *r;
    OK(ls_reader_open(&r, to, NULL, &err));
    assert_int_equal(count_docs(r), 1);
    assert_string_equal(body_of(r, "b", text, sizeof text), "two");
    ls_reader_close(r);
    LS_INIT(ls_check_report, report);
    OK(ls_check(to, NULL, NULL, &report, &err));
    assert_int_equal(report.documents, 1);
    assert_int_equal(report.segments, 1);
    LS_INIT(ls_writer_options, o);
    ls_writer *v;
    OK(ls_writer_open(&v, to, &o, &err));
    OK(add_doc(v, "d", "goes on", 0, NULL, &err));
    OK(ls_commit(v, NULL, &err));
    ls_writer_close(v);
    ls_writer_close(w);
    remove_folder(to);
}

static void orphans(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    OK(add_doc(w, "a", "one", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    static const char *const names[] = {"seg-00000000000000aa",
                                        "live-00000000000000ab",
                                        "manifest-00000000000000ac",
                                        "spool-00000000000000ad",
                                        "notes.txt",
                                        "seg-xyz"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", index_path, names[i]);
        int fd = open(path, O_CREAT | O_WRONLY, 0666);
        assert_true(fd >= 0);
        close(fd);
    }
    LS_INIT(ls_check_report, report);
    OK(ls_check(index_path, NULL, NULL, &report, &err)); /* orphans are no fault */
    w = open_writer(0, 0);
    assert_int_equal(count_files("seg-0"), 1);
    assert_int_equal(count_files("live-") + count_files("manifest-") + count_files("spool-"), 0);
    assert_int_equal(count_files("notes.txt") + count_files("seg-xyz"), 2); /* not ours */
    uint64_t g;
    OK(add_doc(w, "b", "two", 0, NULL, &err));
    OK(ls_commit(w, &g, &err));
    assert_true(g > 0xad); /* above every number in any name */
    ls_writer_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(opening, index_clean),
        cmocka_unit_test_teardown(adding, index_clean),
        cmocka_unit_test_teardown(documents, index_clean),
        cmocka_unit_test_teardown(versions, index_clean),
        cmocka_unit_test_teardown(rolling_back, index_clean),
        cmocka_unit_test_teardown(budget, index_clean),
        cmocka_unit_test_teardown(adding_fields, index_clean),
        cmocka_unit_test_teardown(own_schema, index_clean),
        cmocka_unit_test_teardown(merging, index_clean),
        cmocka_unit_test_teardown(merging_in_background, index_clean),
        cmocka_unit_test(policy_table),
        cmocka_unit_test(policy_simulation),
        cmocka_unit_test_teardown(forked_child, index_clean),
        cmocka_unit_test_teardown(readers_beside_a_writer, index_clean),
        cmocka_unit_test_teardown(without_sync, index_clean),
        cmocka_unit_test_teardown(writer_snapshot, index_clean),
        cmocka_unit_test_teardown(backing_up, index_clean),
        cmocka_unit_test_teardown(orphans, index_clean),
    };
    alarm(300);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
