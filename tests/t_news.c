/* t_news.c — the article model by the public functions: stories by guid, versions and their history, kills, tombstones,
 * revival, purge. What may be seen when is t_hidden.c's. */
#include "tests/story_util.h"

/* ---- stories ---- */

/* The table of versions goes by the guid, in memory and in segments, whatever the ids. */
static void by_guid(void **state)
{
    (void)state;
    for (int committed = 0; committed < 2; committed++) {
        ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
        ADDS(w, LS_CREATED, 5, .id = "a", .guid = "g", .body = "one", .version = 5);
        if (committed) OK(ls_commit(w, NULL, &err));
        ADDS(w, LS_STALE, 5, .id = "b", .guid = "g", .body = "older", .version = 4);
        ADDS(w, LS_UNCHANGED, 5, .id = "b", .guid = "g", .body = "one", .version = 5);
        ADDS(w, LS_CONFLICT, 5, .id = "b", .guid = "g", .body = "two", .version = 5);
        ls_added a = added_by(w, (story){.guid = "g", .body = "one"});
        assert_int_equal(a.result, LS_UNCHANGED);
        assert_string_equal(a.id, "a"); /* the story's own */
        ADDS(w, LS_REPLACED, 6, .id = "b", .guid = "g", .body = "two", .version = 6);
        ADDS(w, LS_REPLACED, 7, .guid = "g", .body = "three");
        ADDS(w, LS_CREATED, 1, .guid = "h", .body = "of another");
        OK(ls_commit(w, NULL, &err));
        ls_reader *r = reader(0);
        char text[32];
        assert_int_equal(count_docs(r), 2);
        assert_string_equal(body_of(r, "b", text, sizeof text), "three");
        assert_string_equal(body_of(r, "a", text, sizeof text), ""); /* that name is free */
        assert_true(has_guid(r, "g") && has_guid(r, "h") && !has_guid(r, "i"));
        ls_reader_close(r);
        ls_writer_close(w);
        index_clean(NULL);
    }
}

/* One document has the guid, another the id: both are replaced, and the higher version counts. */
static void two_at_once(void **state)
{
    (void)state;
    for (int committed = 0; committed < 2; committed++) {
        ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
        ADDS(w, LS_CREATED, 3, .id = "a", .guid = "g", .body = "one", .version = 3);
        ADDS(w, LS_CREATED, 8, .id = "b", .guid = "h", .body = "two", .version = 8);
        if (committed) OK(ls_commit(w, NULL, &err));
        ADDS(w, LS_STALE, 8, .id = "b", .guid = "g", .body = "one", .version = 7);
        ADDS(w, LS_CONFLICT, 8, .id = "b", .guid = "g", .body = "one", .version = 8);
        ADDS(w, LS_REPLACED, 9, .id = "b", .guid = "g", .body = "one", .version = 9);
        OK(ls_commit(w, NULL, &err));
        ls_reader *r = reader(0);
        assert_int_equal(count_docs(r), 1);
        assert_true(has_guid(r, "g") && !has_guid(r, "h"));
        ls_reader_close(r);
        OK(ls_check(index_path, NULL, NULL, NULL, &err));
        ls_writer_close(w);
        index_clean(NULL);
    }
}

static ls_doc_version_info version_at(const ls_doc *d, size_t i)
{
    LS_INIT(ls_doc_version_info, v);
    assert_int_equal(ls_doc_version_at(d, i, &v), LS_OK);
    return v;
}

/* What was replaced stays known by version, date and status, at most 63 of them; through commits and merges. */
static void history(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    ls_doc *d;
    LS_INIT(ls_doc_version_info, v);
    added_by(w, (story){.id = "a", .guid = "g", .body = "1", .version = 2, .updated = 20, .status = "usable"});
    OK(ls_commit(w, NULL, &err));
    added_by(w, (story){.id = "a", .guid = "g", .body = "2", .version = 4});
    added_by(w, (story){.id = "a", .guid = "g", .body = "3", .version = 7, .updated = -5, .status = "corrected"});
    OK(ls_merge(w, 1, &err));
    ls_reader *r = reader(0);
    OK(ls_get(&d, r, "a", 1, &err));
    v = version_at(d, 0);
    assert_true(v.version == 7 && v.updated == -5 && v.current);
    assert_string_equal(v.status, "corrected");
    v = version_at(d, 1);
    assert_true(v.version == 4 && v.updated == INT64_MIN && !v.current && !v.status);
    v = version_at(d, 2);
    assert_true(v.version == 2 && v.updated == 20 && !v.current);
    assert_string_equal(v.status, "usable");
    assert_int_equal(ls_doc_version_at(d, 3, &v), LS_NOTFOUND);
    assert_int_equal(ls_doc_version_at(d, SIZE_MAX, &v), LS_NOTFOUND);
    assert_string_equal(ls_doc_text(d, "body", 0, NULL), "3");
    ls_doc_free(d);
    ls_reader_close(r);
    for (int64_t i = 8; i < 100; i++) {
        char body[16];
        snprintf(body, sizeof body, "text %d", (int)i);
        added_by(w, (story){.id = "a", .guid = "g", .body = body, .version = i});
        if (i % 9 == 0) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    r = reader(0);
    OK(ls_get(&d, r, "a", 1, &err));
    for (size_t i = 0; i < 64; i++) assert_int_equal(version_at(d, i).version, 99 - (int64_t)i);
    assert_int_equal(ls_doc_version_at(d, 64, &v), LS_NOTFOUND);
    ls_doc_free(d);
    ls_reader_close(r);
    ls_writer_close(w);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

/* ---- kills ---- */

static ls_tombstone tomb_of(const ls_reader *r, const char *id, const char *guid)
{
    LS_INIT(ls_tombstone, t);
    if (id) OK(ls_reader_tombstone(r, &t, id, strlen(id), &err));
    else OK(ls_reader_tombstone_guid(r, &t, guid, strlen(guid), &err));
    return t;
}

static void killing(void **state)
{
    (void)state;
    for (int committed = 0; committed < 2; committed++) {
        ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
        LS_INIT(ls_tombstone, t);
        ADDS(w, LS_CREATED, 4, .id = "a", .guid = "g", .body = "one", .version = 4);
        ADDS(w, LS_CREATED, 1, .id = "b", .body = "two");
        if (committed) OK(ls_commit(w, NULL, &err));
        kills(w, NULL, "g", 1);
        kills(w, "b", NULL, 1);
        kills(w, NULL, "never seen", 0);
        kills(w, NULL, "g", 0); /* once more: nothing is there */
        ADDS(w, LS_KILLED, 4, .id = "z", .guid = "g", .body = "again", .version = 9);
        ADDS(w, LS_KILLED, 4, .id = "a", .body = "again");
        ADDS(w, LS_KILLED, 0, .guid = "never seen", .body = "late");
        ADDS(w, LS_CREATED, 1, .id = "c", .guid = "other", .body = "three");
        OK(ls_commit(w, NULL, &err));
        ls_reader *r = reader(0);
        assert_int_equal(count_docs(r), 1);
        t = tomb_of(r, NULL, "g");
        assert_true(t.version == 4 && t.time == 77 && t.id_len == 1 && t.guid_len == 1 && t.reason_len == 5);
        assert_string_equal(t.id, "a");
        assert_string_equal(t.reason, "wrong");
        t = tomb_of(r, "b", NULL);
        assert_null(t.guid);
        assert_null(tomb_of(r, NULL, "never seen").id);
        WANT(ls_reader_tombstone(r, &t, "c", 1, &err), LS_NOTFOUND);
        OK(ls_reader_tombstone_at(r, 2, &t, &err));
        WANT(ls_reader_tombstone_at(r, 3, &t, &err), LS_NOTFOUND);
        ls_reader_close(r);
        OK(ls_check(index_path, NULL, NULL, NULL, &err));
        ls_writer_close(w);
        w = open_writer(0, 0); /* and in the next process */
        ADDS(w, LS_KILLED, 4, .guid = "g", .body = "again", .version = 11);
        OK(ls_merge(w, 1, &err));
        ADDS(w, LS_KILLED, 0, .guid = "never seen", .body = "late");
        ls_writer_close(w);
        index_clean(NULL);
    }
}

/* Tombstones go with a backup, and with a commit that was made without waiting for the disk. */
static void kept_everywhere(void **state)
{
    (void)state;
    char copy[100];
    ls_reader *r;
    LS_INIT(ls_tombstone, t);
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    kills(w, NULL, "g", 0);
    OK(ls_commit(w, NULL, &err));
    kills(w, "x", NULL, 0); /* a second file, while the first is what is durable */
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    w = open_writer(0, 0);
    ADDS(w, LS_KILLED, 0, .guid = "g", .body = "late");
    ADDS(w, LS_KILLED, 0, .id = "x", .body = "late");
    ls_writer_close(w);
    snprintf(copy, sizeof copy, "%s/copy", folder);
    OK(ls_backup(index_path, copy, &err));
    OK(ls_reader_open(&r, copy, NULL, &err));
    OK(ls_reader_tombstone_guid(r, &t, "g", 1, &err));
    OK(ls_reader_tombstone(r, &t, "x", 1, &err));
    ls_reader_close(r);
    OK(ls_check(copy, NULL, NULL, NULL, &err));
    remove_folder(copy);
    size_t files = 0;
    DIR *d = opendir(index_path);
    for (struct dirent *e; d && (e = readdir(d));) files += !strncmp(e->d_name, "tombs-", 6);
    if (d) closedir(d);
    assert_int_equal(files, 1); /* what is obsolete goes */
}

static void reviving(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    LS_INIT(ls_added, a);
    LS_INIT(ls_tombstone, t);
    ADDS(w, LS_CREATED, 4, .id = "a", .guid = "g", .body = "one", .version = 4);
    OK(ls_commit(w, NULL, &err));
    kills(w, "a", NULL, 1);
    OK(ls_rollback(w, &err)); /* a kill is pending like a deletion */
    ADDS(w, LS_UNCHANGED, 4, .guid = "g", .body = "one");
    kills(w, "a", NULL, 1);
    OK(ls_commit(w, NULL, &err));
    OK(add_story(w, (story){.id = "a", .guid = "g", .body = "back"}, 1, &a));
    assert_int_equal(a.result, LS_CREATED);
    OK(ls_rollback(w, &err)); /* so is what lifts it */
    ADDS(w, LS_KILLED, 4, .guid = "g", .body = "back");
    OK(add_story(w, (story){.id = "a", .guid = "g", .body = "back"}, 1, &a));
    assert_int_equal(a.result, LS_CREATED);
    kills(w, NULL, "g", 1); /* killed, lifted, killed, lifted within one commit */
    OK(add_story(w, (story){.id = "a", .guid = "g", .body = "back"}, 1, &a));
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0);
    assert_true(has_guid(r, "g"));
    WANT(ls_reader_tombstone(r, &t, "a", 1, &err), LS_NOTFOUND);
    WANT(ls_reader_tombstone_at(r, 0, &t, &err), LS_NOTFOUND);
    ls_reader_close(r);
    OK(ls_delete(w, "a", 1, &err)); /* a deletion is no kill */
    ADDS(w, LS_CREATED, 1, .guid = "g", .body = "once more");
    ls_writer_close(w);
}

static void canceling(void **state)
{
    (void)state;
    static const char *const words[] = {"canceled", "Cancelled", "stat:canceled", " STAT:Canceled\n"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
        ADDS(w, LS_CREATED, 2, .id = "a", .guid = "g", .body = "one", .version = 2);
        ADDS(w, LS_KILLED, 3, .guid = "g", .body = "x", .status = words[i], .version = 3, .note = "libel");
        ADDS(w, LS_KILLED, 1, .guid = "unknown", .status = words[i], .version = 1);
        OK(ls_commit(w, NULL, &err));
        ADDS(w, LS_KILLED, 3, .guid = "g", .body = "one", .version = 4);
        ADDS(w, LS_KILLED, 1, .guid = "unknown", .body = "comes late", .version = 5);
        ls_reader *r = reader(0);
        assert_int_equal(count_docs(r), 0);
        assert_string_equal(tomb_of(r, NULL, "g").reason, "libel");
        assert_string_equal(tomb_of(r, "a", NULL).guid, "g");
        ls_reader_close(r);
        ls_writer_close(w);
        index_clean(NULL);
    }
}

static void bad_kills(void **state)
{
    (void)state;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    static char lang[5000];
    memset(lang, 'x', sizeof lang);
    LS_INIT(ls_kill_options, o);
    WANT(ls_kill(w, &o, NULL, &err), LS_INVALID);
    WANT(ls_kill(w, NULL, NULL, &err), LS_INVALID);
    WANT(ls_kill(NULL, &o, NULL, &err), LS_INVALID);
    o.id = lang;
    o.id_len = 129;
    WANT(ls_kill(w, &o, NULL, &err), LS_INVALID);
    o.id_len = 0;
    o.guid = lang;
    o.guid_len = 4097;
    WANT(ls_kill(w, &o, NULL, &err), LS_INVALID);
    o.guid_len = 4096;
    o.version = -1;
    WANT(ls_kill(w, &o, NULL, &err), LS_INVALID);
    o.version = 0;
    OK(ls_kill(w, &o, NULL, &err));
    o.guid = "\0\xff";
    o.guid_len = 2; /* bytes of any kind */
    OK(ls_kill(w, &o, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_reader *r = reader(0);
    LS_INIT(ls_tombstone, t);
    OK(ls_reader_tombstone_guid(r, &t, "\0\xff", 2, &err));
    assert_true(t.guid_len == 2 && t.time > 1000000 && !t.reason);
    ls_reader_close(r);
    ls_writer_close(w);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

/* ---- bytes that leave ---- */

static size_t files_with(const char *needle)
{
    size_t n = 0, len = strlen(needle);
    DIR *d = opendir(index_path);
    for (struct dirent *e; d && (e = readdir(d));) {
        char name[512];
        snprintf(name, sizeof name, "%s/%s", index_path, e->d_name);
        FILE *f = fopen(name, "rb");
        static char all[1 << 20];
        size_t have = f ? fread(all, 1, sizeof all, f) : 0;
        if (f) fclose(f);
        for (size_t i = 0; i + len <= have; i++)
            if (!memcmp(all + i, needle, len)) {
                n++;
                break;
            }
    }
    if (d) closedir(d);
    return n;
}

static void purging(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags <= LS_WRITER_NO_SYNC; flags += LS_WRITER_NO_SYNC) {
        ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | flags, 0);
        uint64_t rewritten;
        char body[4000];
        uint64_t x = 5;
        for (int i = 0; i < 40; i++) {
            char id[8];
            snprintf(id, sizeof id, "d%d", i);
            random_text(&x, body, sizeof body, 100);
            added_by(w, (story){.id = id, .body = body});
        }
        added_by(w,
                 (story){.id = "a", .guid = "tag:secret", .body = "xylophonist zebrawood Quixoticism", .note = "nb"});
        OK(ls_commit(w, NULL, &err));
        added_by(w, (story){.id = "b", .body = "nothing of the kind", .version = 1});
        OK(ls_commit(w, NULL, &err));
        assert_true(files_with("zebrawood") > 0);
        kills(w, "a", NULL, 1);
        OK(ls_commit(w, NULL, &err));
        assert_true(files_with("zebrawood") > 0);
        OK(ls_purge(w, &rewritten, &err));
        assert_int_equal(rewritten, 1);
        assert_int_equal(files_with("zebrawood") + files_with("Quixoticism") + files_with("xylophon"), 0);
        assert_int_equal(files_with("tag:secret"), 1); /* the tombstone: this name must not come back */
        ls_reader *r = reader(0);
        assert_int_equal(count_docs(r), 41);
        LS_INIT(ls_stats, s);
        OK(ls_reader_stats(r, &s, &err));
        assert_int_equal(s.deleted, 0);
        ls_reader_close(r);
        OK(ls_purge(w, &rewritten, &err));
        assert_int_equal(rewritten, 0);
        ls_writer_close(w);
        OK(ls_check(index_path, NULL, NULL, NULL, &err));
        index_clean(NULL);
    }
}

/* ---- the directory ---- */

static void others_in_the_directory(void **state)
{
    (void)state;
    char name[128];
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE;
    mkdir(index_path, 0777);
    snprintf(name, sizeof name, "%s/letter.txt", index_path);
    fclose(fopen(name, "w"));
    WANT(ls_writer_open(&w, index_path, &o, &err), LS_EXISTS);
    assert_non_null(strstr(err.message, "letter.txt"));
    unlink(name);
    snprintf(name, sizeof name, "%s/manifest-0000000000000001", index_path); /* of a maker that was killed */
    fclose(fopen(name, "w"));
    OK(ls_writer_open(&w, index_path, &o, &err));
    ls_writer_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(by_guid, index_clean),
        cmocka_unit_test_teardown(two_at_once, index_clean),
        cmocka_unit_test_teardown(history, index_clean),
        cmocka_unit_test_teardown(killing, index_clean),
        cmocka_unit_test_teardown(kept_everywhere, index_clean),
        cmocka_unit_test_teardown(reviving, index_clean),
        cmocka_unit_test_teardown(canceling, index_clean),
        cmocka_unit_test_teardown(bad_kills, index_clean),
        cmocka_unit_test_teardown(purging, index_clean),
        cmocka_unit_test_teardown(others_in_the_directory, index_clean),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
