/* fault_index.c — the nth allocation, and the nth system call, fails (once, and from then on) in each step of a
 * writer's and a reader's life, until the step succeeds. Afterwards the index is opened anew: it has the previous
 * commit or the next one, verifies, and can be written again. usage: fault_index [STRIDE]: every STRIDE-th point only, each
 * kind of failure beginning at another (1: all; the long form) */
#include "libsearch/store/io.h"
#include "libsearch/util/alloc.h"
#include "tests/index_util.h"
#include <errno.h>
#include <time.h>

#define HIDDEN_UNTIL 4102444800000 /* 2100 */

static ls_error err;
static uint64_t stride = 3, passes;
static unsigned writer_flags, threads; /* of the writers that meet the failures */

/* A story of one body with a guid; embargoed 0: not. */
static int add_story(ls_writer *w, const char *name, int64_t embargoed, const char *body)
{
    ls_doc *d;
    int rc = ls_doc_new(&d, &err);
    if (!rc) rc = ls_doc_set_id(d, name, strlen(name), &err);
    if (!rc) rc = ls_doc_add_text(d, "guid", name, strlen(name), &err);
    if (!rc) rc = ls_doc_add_text(d, "body", body, strlen(body), &err);
    if (!rc && embargoed) rc = ls_doc_add_int(d, "embargoed", embargoed, &err);
    if (!rc) rc = ls_add(w, d, NULL, &err);
    ls_doc_free(d);
    return rc;
}

static int kill_story(ls_writer *w, const char *name)
{
    LS_INIT(ls_kill_options, o);
    o.guid = name;
    o.guid_len = strlen(name);
    return ls_kill(w, &o, NULL, &err);
}

typedef int step_fn(ls_writer **w);

static int step_open(ls_writer **w)
{
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_NO_MERGE | writer_flags;
    o.threads = threads;
    return ls_writer_open(w, index_path, &o, &err);
}

static int step_add(ls_writer **w)
{
    int rc = add_doc(*w, "new", "some new words", 0, NULL, &err);
    if (!rc) rc = add_doc(*w, "one", "other words of one", 0, NULL, &err);
    if (!rc && (rc = ls_delete(*w, "two", 3, &err)) == LS_NOTFOUND) rc = LS_OK; /* a try before has done it */
    if (!rc) rc = add_story(*w, "hidden", HIDDEN_UNTIL, "another version");
    return rc ? rc : kill_story(*w, "killed");
}

static int step_commit(ls_writer **w)
{
    int rc = step_add(w);
    return rc ? rc : ls_commit(*w, NULL, &err);
}

static int step_merge(ls_writer **w)
{
    int rc = step_commit(w);
    return rc ? rc : ls_merge(*w, 1, &err);
}

static int step_field(ls_writer **w)
{
    ls_field f = {sizeof f, "added", LS_TEXT, 1, 0};
    int rc = ls_writer_add_field(*w, &f, &err);
    if (rc == LS_EXISTS) rc = LS_OK; /* a try before has done it */
    return rc ? rc : step_commit(w);
}

static int step_read(ls_writer **w)
{
    (void)w;
    for (unsigned flags = 0; flags < 2; flags++) {
        ls_reader *r, *newer;
        LS_INIT(ls_reader_options, o);
        LS_INIT(ls_stats, s);
        ls_doc *d;
        o.flags = flags;
        int rc = ls_reader_open(&r, index_path, &o, &err);
        if (rc) return rc;
        rc = ls_get(&d, r, "one", 3, &err);
        if (!rc) ls_doc_free(d);
        if (!rc) rc = ls_get(&d, r, "released", 8, &err);
        if (!rc) ls_doc_free(d);
        if (!rc) rc = ls_reader_stats(r, &s, &err);
        if (!rc) rc = ls_reader_refresh(&newer, r, &err);
        if (!rc) ls_reader_close(newer);
        ls_reader_close(r);
        if (rc) return rc;
    }
    LS_INIT(ls_check_report, report);
    return ls_check(index_path, NULL, NULL, &report, &err);
}

static int step_backup(ls_writer **w)
{
    (void)w;
    char to[100];
    snprintf(to, sizeof to, "%s/copy", folder);
    remove_folder(to);
    return ls_backup(index_path, to, &err);
}

static int step_create(ls_writer **w)
{
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE;
    return ls_writer_open(w, index_path, &o, &err);
}

/* Two commits: one and two, then two replaced and three; and stories, of which one is hidden and one was. */
static void prepare(void)
{
    index_clean(NULL);
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    OK(add_doc(w, "one", "words of one", 0, NULL, &err));
    OK(add_doc(w, "two", "words of two", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    OK(add_doc(w, "two", "words of two again", 0, NULL, &err));
    OK(add_doc(w, "three", "words of three", 0, NULL, &err));
    OK(add_story(w, "killed", 0, "a story"));
    OK(add_story(w, "hidden", HIDDEN_UNTIL, "not yet"));
    OK(add_story(w, "released", (int64_t)time(NULL) * 1000 - 3600000, "an hour ago"));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* 0: the commit before, 1: the one after; anything else fails. */
static int which_commit(void)
{
    char text[100];
    ls_reader *r;
    LS_INIT(ls_check_report, report);
    OK(ls_reader_open(&r, index_path, NULL, &err));
    bool after = *body_of(r, "new", text, sizeof text);
    assert_string_equal(body_of(r, "one", text, sizeof text), after ? "other words of one" : "words of one");
    assert_string_equal(body_of(r, "two", text, sizeof text), after ? "" : "words of two again");
    assert_string_equal(body_of(r, "three", text, sizeof text), "words of three");
    assert_int_equal(count_docs(r), after ? 4 : 5);
    assert_string_equal(body_of(r, "killed", text, sizeof text), after ? "" : "a story");
    assert_string_equal(body_of(r, "hidden", text, sizeof text), "");
    assert_string_equal(body_of(r, "released", text, sizeof text), "an hour ago");
    LS_INIT(ls_tombstone, t);
    WANT(ls_reader_tombstone(r, &t, "killed", 6, &err), after ? LS_OK : LS_NOTFOUND);
    ls_reader_close(r);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
    return after;
}

static void write_again(void)
{
    ls_writer *w = open_writer(LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE, 0);
    OK(add_doc(w, "later", "it goes on", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

typedef struct how {
    bool memory; /* allocations, not system calls */
    int error;
    bool forever;
} how;

static void arm(const how *h, uint64_t n)
{
    if (h->memory) lsi_alloc_fail_at(n, h->forever);
    else lsi_io_fail_at(n, h->error, h->forever);
}

/* How many of the armed kind were made. */
static uint64_t disarm(const how *h)
{
    uint64_t allocations = lsi_alloc_fail_at(0, false), calls = lsi_io_fail_at(0, 0, false);
    return h->memory ? allocations : calls;
}

static bool is_named_error(const how *h, int rc)
{
    if (h->memory) return rc == LS_NOMEM;
    if (rc == LS_CORRUPT && strstr(err.message, "damaged in ")) return true; /* what check could not read */
    return rc == LS_IO || rc == LS_POISONED || rc == LS_COMMIT_UNKNOWN || (h->error == ENOSPC && rc == LS_NOSPACE);
}

/* After a failure that leaves the writer well, the same step is made again without one. */
static void try_again(step_fn *step, ls_writer *w, int rc)
{
    if (!w || rc == LS_COMMIT_UNKNOWN) return;
    int again = step(&w);
    if (again) assert_int_equal(again, LS_POISONED);
    if (rc == LS_NOMEM) assert_int_equal(again, LS_OK); /* nothing was lost */
    if (rc == LS_NOSPACE && again)                      /* only where nobody can know what is on the disk */
        assert_true(strstr(err.message, "rename over") || strstr(err.message, "fsync the directory"));
}

/* Each point of a step in turn. One whose failure the step may overlook (an unlink of what is obsolete, closing what
 * was only read) is counted like the others, and what follows must be right all the same. */
static uint64_t run_step(step_fn *step, const how *h, bool retry)
{
    bool writes = step != step_read && step != step_backup && step != step_open && step != step_create;
    for (uint64_t n = 1 + passes % stride, points = 0;; n += stride, points++) {
        ls_writer *w = NULL;
        if (step == step_create) index_clean(NULL);
        else prepare();
        if (writes) OK(step_open(&w));
        arm(h, n);
        int rc = step(&w);
        bool over = disarm(h) < n;
        if (rc && !is_named_error(h, rc)) print_error("point %llu: %d, %s\n", (unsigned long long)n, rc, err.message);
        if (rc) assert_true(is_named_error(h, rc));
        if (rc) assert_int_equal(err.code, rc);
        if (over) assert_int_equal(rc, LS_OK);
        if (rc && retry) try_again(step, w, rc);
        ls_writer_close(w);
        if (step == step_create) {
            OK(step_create(&w));
            ls_writer_close(w);
        } else {
            bool after = which_commit();
            if (!rc && (step == step_commit || step == step_merge || step == step_field)) assert_true(after);
            write_again();
        }
        if (over) return points;
    }
}

static const struct {
    const char *name;
    step_fn *step;
} all_steps[] = {{"create", step_create}, {"open", step_open},   {"add", step_add},   {"commit", step_commit},
                 {"field", step_field},   {"merge", step_merge}, {"read", step_read}, {"backup", step_backup}};

static void run_all(const how *h, const char *what)
{
    passes++;
    char line[300];
    size_t n = (size_t)snprintf(line, sizeof line, "%s%s:", what, h->forever ? ", from then on" : "");
    for (size_t i = 0; i < sizeof all_steps / sizeof *all_steps; i++) {
        uint64_t points = run_step(all_steps[i].step, h, i >= 2 && i <= 5);
        n += (size_t)snprintf(line + n, sizeof line - n, " %s %llu", all_steps[i].name, (unsigned long long)points);
    }
    print_message("%s points\n", line);
}

static void allocations(void **state)
{
    (void)state;
    run_all(&(how){true, 0, false}, "allocations");
    run_all(&(how){true, 0, true}, "allocations");
}

/* A deletion by query that fails has deleted nothing: what is committed then is what was there. */
static void deletion_by_query(void **state)
{
    (void)state;
    const how h = {.memory = true};
    for (uint64_t n = 1, over = 0; !over; n++) {
        ls_writer *w = NULL;
        ls_query *q;
        prepare();
        OK(step_open(&w));
        OK(ls_query_parse(&q, ls_writer_schema(w), "words", 5, NULL, &err));
        arm(&h, n);
        int rc = ls_delete_query(w, q, NULL, &err);
        over = disarm(&h) < n;
        assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
        ls_query_free(q);
        OK(ls_commit(w, NULL, &err));
        ls_reader *r;
        OK(ls_reader_open(&r, index_path, NULL, &err));
        assert_int_equal(count_docs(r), over ? 2 : 5);
        ls_reader_close(r);
        ls_writer_close(w);
    }
}

/* It looks at what is not committed yet, and so writes the deletions made so far: these go again with a rollback. */
static void deletion_by_query_then_rollback(void **state)
{
    static const how hows[] = {{true, 0, false}, {false, ENOSPC, false}, {false, EIO, false}};
    (void)state;
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        for (uint64_t n = 1, over = 0; !over; n++) {
            ls_writer *w = NULL;
            ls_query *q;
            prepare();
            OK(step_open(&w));
            OK(step_add(&w));
            OK(ls_delete(w, "released", 8, &err));
            OK(ls_query_parse(&q, ls_writer_schema(w), "words", 5, NULL, &err));
            arm(&hows[i], n);
            int rc = ls_delete_query(w, q, NULL, &err);
            over = disarm(&hows[i]) < n;
            if (rc) assert_true(is_named_error(&hows[i], rc));
            if (over) OK(rc);
            ls_query_free(q);
            int back = ls_rollback(w, &err);
            if (back) assert_int_equal(back, LS_POISONED);
            else OK(ls_commit(w, NULL, &err));
            ls_writer_close(w);
            assert_false(which_commit());
            write_again();
        }
    }
}

/* A writer that did not wait makes durable what it has when it is closed. Where that fails nothing is lost that was not
 * to be lost: the next writer finishes it. */
static void closing_without_sync(void **state)
{
    static const how hows[] = {{true, 0, false},      {true, 0, true},     {false, ENOSPC, false},
                               {false, ENOSPC, true}, {false, EIO, false}, {false, EIO, true}};
    (void)state;
    writer_flags = LS_WRITER_NO_SYNC;
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        for (uint64_t n = 1, over = 0; !over; n++) {
            ls_writer *w = NULL;
            prepare();
            OK(step_open(&w));
            OK(step_commit(&w));
            arm(&hows[i], n);
            ls_writer_close(w);
            over = disarm(&hows[i]) < n;
            assert_true(which_commit());
            write_again();
        }
    }
    writer_flags = 0;
}

static void full_disk(void **state)
{
    (void)state;
    run_all(&(how){false, ENOSPC, false}, "ENOSPC");
    run_all(&(how){false, ENOSPC, true}, "ENOSPC");
}

static void bad_disk(void **state)
{
    (void)state;
    run_all(&(how){false, EIO, false}, "EIO");
    run_all(&(how){false, EIO, true}, "EIO");
}

static void too_many_files(void **state)
{
    (void)state;
    run_all(&(how){false, EMFILE, false}, "EMFILE");
}

static void without_sync(void **state)
{
    (void)state;
    writer_flags = LS_WRITER_NO_SYNC;
    run_all(&(how){true, 0, false}, "without sync, allocations");
    run_all(&(how){false, ENOSPC, false}, "without sync, ENOSPC");
    run_all(&(how){false, EIO, true}, "without sync, EIO");
    writer_flags = 0;
}

/* The same calls are made on another thread; which of them fails is chance, that nothing is lost is not. */
static void with_threads(void **state)
{
    (void)state;
    static const how hows[] = {{true, 0, false}, {true, 0, true}, {false, ENOSPC, false}, {false, EIO, true}};
    threads = 3;
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        run_step(step_commit, &hows[i], true);
        run_step(step_merge, &hows[i], true);
    }
    threads = 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(deletion_by_query, index_clean),
        cmocka_unit_test_teardown(allocations, index_clean),
        cmocka_unit_test_teardown(full_disk, index_clean),
        cmocka_unit_test_teardown(bad_disk, index_clean),
        cmocka_unit_test_teardown(too_many_files, index_clean),
        cmocka_unit_test_teardown(without_sync, index_clean),
        cmocka_unit_test_teardown(with_threads, index_clean),
        cmocka_unit_test_teardown(deletion_by_query_then_rollback, index_clean),
        cmocka_unit_test_teardown(closing_without_sync, index_clean),
    };
    if (argc > 1) stride = strtoull(argv[1], NULL, 10);
    if (!stride) stride = 1;
    if (argc > 2) cmocka_set_test_filter(argv[2]);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
