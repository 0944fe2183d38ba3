/* fault_commit.c — a commit fails, and the same writer goes on: the nth system call or allocation of a commit is refused,
 * once; then the same commit is tried again. It is made, or the writer says that it is poisoned; either way the index has
 * the last commit or this one, whole, and whoever opens it next can write. Besides, commits whose outcome is unlike that of
 * others: a segment that is dead before it was ever committed, tombstones all lifted again. */
#include "libsearch/store/io.h"
#include "libsearch/util/alloc.h"
#include "tests/index_util.h"
#include <errno.h>

static ls_error err;
static unsigned flags;

static void kill_id(ls_writer *w, const char *id)
{
    LS_INIT(ls_kill_options, o);
    o.id = id;
    o.id_len = strlen(id);
    OK(ls_kill(w, &o, NULL, &err));
}

static void delete_all(ls_writer *w, const char *text)
{
    ls_query *q;
    OK(ls_query_parse(&q, ls_writer_schema(w), text, strlen(text), NULL, &err));
    OK(ls_delete_query(w, q, NULL, &err));
    ls_query_free(q);
}

static void documents_are(uint64_t expected)
{
    ls_reader *r;
    LS_INIT(ls_check_report, report);
    int rc = ls_check(index_path, NULL, NULL, &report, &err);
    if (rc) print_error("%s\n", err.message);
    assert_int_equal(rc, LS_OK);
    OK(ls_reader_open(&r, index_path, NULL, &err));
    assert_int_equal(count_docs(r), expected);
    ls_reader_close(r);
}

/* Two documents committed; then one replaced, one deleted, one killed that is not there, three added. */
static ls_writer *changed(void)
{
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    OK(add_doc(w, "a", "first words", 0, NULL, &err));
    OK(add_doc(w, "b", "second words", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    w = open_writer(LS_WRITER_NO_MERGE | flags, 0);
    OK(add_doc(w, "a", "other words", 0, NULL, &err));
    OK(ls_delete(w, "b", 1, &err));
    kill_id(w, "never");
    OK(add_doc(w, "c", "third words", 0, NULL, &err));
    OK(add_doc(w, "d", "dead before it lived", 0, NULL, &err));
    delete_all(w, "dead"); /* its segment is written, and has a live document */
    OK(add_doc(w, "e", "more words", 0, NULL, &err));
    return w;
}

static void again(void **state)
{
    (void)state;
    static const int errors[] = {0, EIO, ENOSPC, EMFILE};
    uint64_t points = 0, poisoned = 0;
    for (int sync = 0; sync < 2; sync++)
        for (size_t k = 0; k < 4; k++)
            for (uint64_t at = 1;; at++) {
                flags = sync ? 0 : LS_WRITER_NO_SYNC;
                ls_writer *w = changed();
                if (k) lsi_io_fail_at(at, errors[k], false);
                else lsi_alloc_fail_at(at, false);
                int rc = ls_commit(w, NULL, &err);
                bool over = (k ? lsi_io_fail_at(0, 0, false) : lsi_alloc_fail_at(0, false)) < at;
                if (!k && rc) assert_int_equal(rc, LS_NOMEM);
                if (rc) assert_int_equal(err.code, rc);
                int second = ls_commit(w, NULL, &err);
                if (rc && second) assert_int_equal(second, LS_POISONED);
                else assert_int_equal(second, LS_OK);
                poisoned += second != LS_OK;
                ls_writer_close(w);
                ls_reader *r;
                OK(ls_reader_open(&r, index_path, NULL, &err));
                uint64_t n = count_docs(r);
                ls_reader_close(r);
                assert_true(n == 3 || (second && n == 2));
                documents_are(n);
                w = open_writer(LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE, 0);
                OK(add_doc(w, "later", "it goes on", 0, NULL, &err));
                OK(ls_commit(w, NULL, &err));
                ls_writer_close(w);
                documents_are(n + 1);
                remove_folder(index_path);
                points++;
                if (over) break;
            }
    print_message("%d commits failed, %d writers poisoned\n", (int)points, (int)poisoned);
    assert_true(poisoned > 0 && poisoned < points / 2);
}

static int files_named(const char *beginning)
{
    int n = 0;
    DIR *d = opendir(index_path);
    for (struct dirent *e; (e = readdir(d));) n += !strncmp(e->d_name, beginning, strlen(beginning));
    closedir(d);
    return n;
}

/* Interrupted calls are made again: nobody sees anything of it, but of fsync and close, which are called once only. */
static void interrupted(void **state)
{
    (void)state;
    char copy[120], saved[120];
    uint64_t points = 0, told = 0;
    snprintf(copy, sizeof copy, "%s/copy", folder);
    snprintf(saved, sizeof saved, "%s/saved", folder);
    for (uint64_t at = 1, over = 0; !over; at++, points++) {
        LS_INIT(ls_writer_options, o);
        ls_writer *w = NULL;
        ls_reader *r = NULL;
        LS_INIT(ls_check_report, report);
        o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE;
        lsi_io_fail_at(at, EINTR, false);
        int rc = ls_writer_open(&w, index_path, &o, &err);
        if (!rc) rc = add_doc(w, "a", "rain", 0, NULL, &err);
        if (!rc) rc = ls_commit(w, NULL, &err);
        if (!rc) rc = ls_reader_open(&r, index_path, NULL, &err);
        if (!rc) rc = ls_check(index_path, NULL, NULL, &report, &err);
        if (!rc) rc = ls_backup(index_path, copy, &err);
        if (!rc) rc = ls_salvage(index_path, saved, NULL, NULL, &err);
        over = lsi_io_fail_at(0, 0, false) < at;
        if (rc && !strstr(err.message, "sync") && !strstr(err.message, "survive") && !strstr(err.message, "close") &&
            !strstr(err.message, "map")) /* the last is never interrupted in truth */
            fail_msg("call %d: %s", (int)at, err.message);
        told += rc != LS_OK;
        ls_reader_close(r);
        ls_writer_close(w);
        if (!rc) documents_are(1);
        remove_folder(copy);
        remove_folder(saved);
        remove_folder(index_path);
    }
    print_message("%d calls interrupted, %d of them an fsync or a close\n", (int)points, (int)told);
    assert_true(told > 0 && told < points / 4);
}

/* Nothing is taken by a writer that is poisoned, and each call says why. */
static void poisoned(void **state)
{
    (void)state;
    char lock[120];
    ls_writer *w = changed();
    ls_query *q;
    ls_field f = {sizeof f, "added", LS_TEXT, 1, 0};
    LS_INIT(ls_kill_options, o);
    o.id = "x";
    o.id_len = 1;
    snprintf(lock, sizeof lock, "%s/LOCK", index_path);
    assert_int_equal(unlink(lock), 0);
    OK(ls_query_parse(&q, ls_writer_schema(w), "words", 5, NULL, &err));
    WANT(ls_commit(w, NULL, &err), LS_LOCKED);
    WANT(add_doc(w, "x", "words", 0, NULL, &err), LS_POISONED);
    WANT(ls_delete(w, "a", 1, &err), LS_POISONED);
    WANT(ls_kill(w, &o, NULL, &err), LS_POISONED);
    WANT(ls_delete_query(w, q, NULL, &err), LS_POISONED);
    WANT(ls_writer_add_field(w, &f, &err), LS_POISONED);
    WANT(ls_rollback(w, &err), LS_POISONED);
    WANT(ls_merge(w, 1, &err), LS_POISONED);
    WANT(ls_purge(w, NULL, &err), LS_POISONED);
    WANT(ls_commit(w, NULL, &err), LS_POISONED);
    assert_non_null(strstr(err.message, "removed or replaced"));
    ls_query_free(q);
    ls_writer_close(w);
    documents_are(2);
}

/* A field is there or it is not, whichever allocation failed. */
static void field_without_memory(void **state)
{
    (void)state;
    ls_writer *w = changed();
    ls_field f = {sizeof f, "added", LS_TEXT, 1, 0};
    int rc = LS_NOMEM;
    for (size_t at = 1; rc; at++) {
        lsi_alloc_fail_at(at, false);
        rc = ls_writer_add_field(w, &f, &err);
        lsi_alloc_fail_at(0, false);
        if (rc) assert_int_equal(rc, LS_NOMEM);
        assert_int_equal(ls_schema_find(ls_writer_schema(w), "added") != NULL, !rc);
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    documents_are(3);
}

/* Deletions of a committed segment that are written for a query, and again for another, before the commit. */
static void lives_of_queries(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    for (int i = 0; i < 5; i++) {
        char id[12], body[40];
        snprintf(id, sizeof id, "%d", i);
        snprintf(body, sizeof body, "rain and w%d", i);
        OK(add_doc(w, id, body, 0, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    delete_all(w, "w0");
    delete_all(w, "w1");
    delete_all(w, "w2");
    assert_int_equal(files_named("live-"), 1);
    OK(ls_commit(w, NULL, &err));
    assert_int_equal(files_named("live-"), 1);
    documents_are(2);
    delete_all(w, "w3");
    delete_all(w, "w9");
    OK(ls_rollback(w, &err));
    ls_writer_close(w);
    documents_are(2);
}

/* A segment that was written for a query, and whose documents have all gone before the first commit that would name it. */
static void born_dead(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
        if (before) OK(add_doc(w, "kept", "stays", 0, NULL, &err));
        if (before) OK(ls_commit(w, NULL, &err));
        OK(add_doc(w, "a", "rain", 0, NULL, &err));
        OK(add_doc(w, "b", "rain again", 0, NULL, &err));
        delete_all(w, "again"); /* writes the segment and a live file */
        delete_all(w, "rain");
        OK(ls_commit(w, NULL, &err));
        assert_int_equal(files_named("seg-"), before);
        assert_int_equal(files_named("live-"), 0);
        OK(add_doc(w, "b", "and back", 0, NULL, &err));
        OK(ls_commit(w, NULL, &err));
        ls_writer_close(w);
        documents_are(1 + (uint64_t)before);
        remove_folder(index_path);
    }
}

/* With the last tombstone goes their file; and what a rollback undoes leaves none. */
static void lifted(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    LS_INIT(ls_added, added);
    OK(add_doc(w, "a", "rain", 0, NULL, &err));
    kill_id(w, "a");
    OK(ls_commit(w, NULL, &err));
    assert_int_equal(files_named("tombs-"), 1);
    OK(add_doc(w, "a", "rain", 0, &added, &err));
    assert_int_equal(added.result, LS_KILLED);
    for (int undone = 1; undone >= 0; undone--) {
        ls_doc *d;
        LS_INIT(ls_add_options, o);
        o.revive = 1;
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_set_id(d, "a", 1, &err));
        OK(ls_doc_add_text(d, "body", "back again", 10, &err));
        OK(ls_add_with(w, d, &o, &added, &err));
        ls_doc_free(d);
        if (undone) OK(ls_rollback(w, &err));
        OK(ls_commit(w, NULL, &err));
        assert_int_equal(files_named("tombs-"), undone);
    }
    ls_writer_close(w);
    documents_are(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(again, index_clean),
                                       cmocka_unit_test_teardown(interrupted, index_clean),
                                       cmocka_unit_test_teardown(poisoned, index_clean),
                                       cmocka_unit_test_teardown(field_without_memory, index_clean),
                                       cmocka_unit_test_teardown(lives_of_queries, index_clean),
                                       cmocka_unit_test_teardown(born_dead, index_clean),
                                       cmocka_unit_test_teardown(lifted, index_clean)};
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
