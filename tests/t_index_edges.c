/* t_index_edges.c — an index in the state that nobody makes on purpose: sections of a later library in its manifest, files that
 * are gone or of another length, numbers of files that leave none, numbers of documents that are nobody's; languages that are
 * as frequent as one another. */
#include "libsearch/index/manifest.h"
#include "libsearch/index/policy.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "tests/image_util.h"
#include <pthread.h>
#include <time.h>

/* ---- sections of a later library ---- */

enum { LATER = 77, LATER_TOO = 78 };

/* The manifest once more, with two sections that this library does not know. */
static void add_sections(bool optional)
{
    lsi_dir *dir;
    lsi_frame *f;
    lsi_frame_writer *w;
    uint64_t bytes, sum;
    OK(lsi_dir_open(&dir, index_path, &err));
    OK(lsi_frame_open(&f, dir, LSI_NAME_MANIFEST, LSI_FILE_MANIFEST, false, 0, 0, &err));
    OK(lsi_frame_create(&w, dir, "other", LSI_FILE_MANIFEST, lsi_frame_generation(f), &err));
    for (size_t i = 0; i < lsi_frame_section_count(f); i++) {
        const lsi_section *s = lsi_frame_section_at(f, i);
        if (s->type >= LATER) continue;
        const uint8_t *p = lsi_section_get(s, 0, s->bytes, &err);
        lsi_sink_put(lsi_frame_section(w, s->type, false), p, (size_t)s->bytes);
    }
    lsi_sink_put(lsi_frame_section(w, LATER, optional), "what a later one keeps", 22);
    lsi_frame_section(w, LATER_TOO, true); /* of no bytes */
    OK(lsi_frame_finish(w, false, &bytes, &sum, &err));
    lsi_frame_close(f);
    OK(lsi_dir_rename(dir, "other", LSI_NAME_MANIFEST, &err));
    lsi_dir_close(dir);
}

static bool has_sections(void)
{
    lsi_dir *dir;
    lsi_frame *f;
    OK(lsi_dir_open(&dir, index_path, &err));
    OK(lsi_frame_open(&f, dir, LSI_NAME_MANIFEST, LSI_FILE_MANIFEST, false, 0, 0, &err));
    const lsi_section *s = lsi_frame_find(f, LATER);
    const uint8_t *p = s->bytes == 22 ? lsi_section_get(s, 0, 22, &err) : NULL;
    bool has = p && !memcmp(p, "what a later one keeps", 22);
    lsi_frame_close(f);
    lsi_dir_close(dir);
    return has;
}

/* Optional ones are kept by commits, merges and backups as they are; others make the index too new. */
static void later_sections(void **state)
{
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    OK(add_doc(w, "a", "one text", 1, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    assert_false(has_sections());
    add_sections(true);
    assert_true(has_sections());
    for (unsigned turn = 0; turn < 2; turn++) {
        w = clocked_writer(LS_WRITER_NO_MERGE | (turn ? LS_WRITER_NO_SYNC : 0), 0);
        OK(add_doc(w, turn ? "c" : "b", "another text", 1, NULL, &err));
        OK(ls_commit(w, NULL, &err));
        assert_true(has_sections());
        OK(ls_merge(w, 1, &err));
        ls_writer_close(w);
        assert_true(has_sections());
    }
    for (uint64_t n = 1, more = 1; more; n++) { /* each allocation on the way fails: nothing is dropped */
        ls_reader *r;
        w = NULL;
        lsi_alloc_fail_at(n, false);
        LS_INIT(ls_writer_options, o);
        o.flags = LS_WRITER_NO_MERGE;
        int rc = ls_writer_open(&w, index_path, &o, &err);
        if (!rc) rc = add_doc(w, "d", "a third", 0, NULL, &err);
        if (!rc) rc = ls_commit(w, NULL, &err);
        more = lsi_alloc_fail_at(0, false) >= n;
        ls_writer_close(w);
        assert_int_equal(rc, more ? LS_NOMEM : LS_OK);
        assert_true(has_sections());
        OK(ls_reader_open(&r, index_path, NULL, &err));
        ls_reader_close(r);
    }
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
    add_sections(false);
    ls_reader *r;
    WANT(ls_reader_open(&r, index_path, NULL, &err), LS_TOO_NEW);
    LS_INIT(ls_writer_options, o);
    WANT(ls_writer_open(&w, index_path, &o, &err), LS_TOO_NEW);
    assert_true(has_sections()); /* untouched */
}

/* Sections of the manifest that this library knows, of other lengths than they have. */
static void wrong_sections(void **state)
{
    static const struct {
        uint32_t type;
        int64_t more; /* bytes */
        const char *said;
    } wrong[] = {{LSI_MAN_HEAD, 8, "a head of 88 bytes"},
                 {LSI_MAN_HEAD, -8, "a head of 88 bytes"},
                 {LSI_MAN_SEGMENTS, 8, "entries of 64 bytes"},
                 {LSI_MAN_SEGMENTS, -1, "entries of 64 bytes"},
                 {LSI_MAN_BOILERPLATE, 9, ""},
                 {LSI_MAN_SCHEMA, -3, ""}};
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    OK(add_doc(w, "a", "one text", 1, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    image_load();
    image_reset();
    for (size_t k = 0; k < LSI_COUNTOF(wrong); k++) {
        lsi_dir *dir;
        lsi_frame *f;
        lsi_frame_writer *fw;
        uint64_t bytes, sum;
        static const uint8_t zeros[64];
        image_put();
        OK(lsi_dir_open(&dir, index_path, &err));
        OK(lsi_frame_open(&f, dir, LSI_NAME_MANIFEST, LSI_FILE_MANIFEST, false, 0, 0, &err));
        OK(lsi_frame_create(&fw, dir, "other", LSI_FILE_MANIFEST, lsi_frame_generation(f), &err));
        for (uint32_t type = LSI_MAN_HEAD; type <= LSI_MAN_LAST; type++) {
            const lsi_section *s = lsi_frame_find(f, type);
            const int64_t more = type == wrong[k].type ? wrong[k].more : 0;
            const uint64_t n = more < 0 ? s->bytes - (uint64_t)-more : s->bytes;
            lsi_sink *to = lsi_frame_section(fw, type, type == LSI_MAN_BOILERPLATE);
            if (n) lsi_sink_put(to, lsi_section_get(s, 0, n, &err), (size_t)n);
            if (more > 0) lsi_sink_put(to, zeros, (size_t)more);
        }
        OK(lsi_frame_finish(fw, false, &bytes, &sum, &err));
        lsi_frame_close(f);
        OK(lsi_dir_rename(dir, "other", LSI_NAME_MANIFEST, &err));
        lsi_dir_close(dir);
        ls_reader *r;
        WANT(ls_reader_open(&r, index_path, NULL, &err), LS_CORRUPT);
        assert_non_null(strstr(err.message, wrong[k].said));
        assert_non_null(strstr(err.file, "MANIFEST"));
        assert_int_equal(ls_reader_open(&r, index_path, NULL, NULL), LS_CORRUPT);
        WANT(ls_check(index_path, NULL, NULL, NULL, &err), LS_CORRUPT);
    }
    image_free();
}

/* ---- what stays from one commit to the next ---- */

/* Tombstones, which a commit that changes none of them names again; documents that wait in threads when their writer goes. */
static void carried(void **state)
{
    ls_reader *r, *newer;
    LS_INIT(ls_tombstone, t);
    LS_INIT(ls_kill_options, k);
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    k.id_len = 3;
    WANT(ls_kill(w, &k, NULL, &err), LS_INVALID); /* of no bytes at all */
    kills(w, "gone", NULL, 0);
    OK(ls_commit(w, NULL, &err));
    r = reader(0);
    for (int i = 0; i < 3; i++) {
        OK(add_doc(w, i % 2 ? "a" : "b", i < 2 ? "one text" : "another", 0, NULL, &err));
        OK(ls_commit(w, NULL, &err));
        OK(ls_reader_refresh(&newer, r, &err));
        assert_non_null(newer);
        ls_reader_close(r);
        r = newer;
        OK(ls_reader_tombstone(r, &t, "gone", 4, &err));
        assert_int_equal(t.time, 77);
    }
    ls_reader_close(r);
    ls_writer_close(w);
    for (int i = 0; i < 9; i++) {
        LS_INIT(ls_writer_options, o);
        o.threads = 2;
        o.memory_bytes = 1 << 20;
        OK(ls_writer_open(&w, index_path, &o, &err));
        for (int n = 0; n < i; n++) {
            char id[8];
            snprintf(id, sizeof id, "w%d", n);
            OK(add_doc(w, id, "it waits", 0, NULL, &err));
        }
        ls_writer_close(w); /* without a commit */
    }
    r = reader(0);
    assert_int_equal(count_docs(r), 2);
    ls_reader_close(r);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

/* More segments than there was room for when the writer opened: each allocation of the commit fails, then it is made. */
static void ninth_segment(void **state)
{
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    for (int i = 0; i < 18; i++) {
        char id[8];
        uint64_t n = 1;
        snprintf(id, sizeof id, "d%d", i);
        OK(add_doc(w, id, "some words", 0, NULL, &err));
        if (i % 8) { /* 1 and 9 to 16 documents before: the lists have room, or have none */
            OK(ls_commit(w, NULL, &err));
            continue;
        }
        for (int rc = LS_NOMEM; rc; n++) {
            lsi_alloc_fail_at(n, false);
            rc = ls_commit(w, NULL, &err);
            lsi_alloc_fail_at(0, false);
            assert_true(rc == LS_OK || (rc == LS_NOMEM && err.code == rc));
        }
        assert_true(n > 20);
    }
    ls_writer_close(w);
    ls_reader *r = reader(0);
    assert_int_equal(count_docs(r), 18);
    ls_reader_close(r);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

/* ---- files ---- */

/* Two segments, the first with deletions, and a tombstone. */
static void build(void)
{
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    for (int i = 0; i < 6; i++) {
        char id[8];
        snprintf(id, sizeof id, "d%d", i);
        OK(add_doc(w, id, "some words of a text", 1, NULL, &err));
        if (i % 3 == 2) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_delete(w, "d1", 2, &err));
    kills(w, NULL, "urn:x", 0);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

static void each_file_missing(void **state)
{
    char path[600], to[100];
    (void)state;
    build();
    image_load();
    image_reset();
    snprintf(to, sizeof to, "%s/copy", folder);
    assert_int_equal(file_count, 5);
    for (size_t i = 0; i < file_count; i++) {
        ls_writer *w = NULL;
        ls_reader *r = NULL;
        LS_INIT(ls_writer_options, o);
        const bool manifest = !strcmp(files[i].name, "MANIFEST");
        for (int cut = 0; cut < 2; cut++) {
            image_put();
            snprintf(path, sizeof path, "%s/%.63s", index_path, files[i].name);
            assert_int_equal(cut ? truncate(path, (off_t)files[i].bytes - 1) : unlink(path), 0);
            const int told = manifest && !cut ? LS_NOTFOUND : LS_CORRUPT;
            WANT(ls_reader_open(&r, index_path, NULL, &err), told);
            WANT(ls_writer_open(&w, index_path, &o, &err), told);
            assert_true(!r && !w);
            WANT(ls_backup(index_path, to, &err), told);
            assert_int_not_equal(access(to, F_OK), 0);
            WANT(ls_check(index_path, NULL, NULL, NULL, &err), told);
        }
        if (manifest) continue;
        /* Gone while a writer has the index, which did not wait for the disk: it cannot be made durable. */
        image_put();
        w = clocked_writer(LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
        OK(add_doc(w, "new", "a new one", 1, NULL, &err));
        OK(ls_commit(w, NULL, &err));
        assert_int_equal(unlink(path), 0);
        ls_writer_close(w);
        WANT(ls_writer_open(&w, index_path, &o, &err), LS_CORRUPT);
        assert_true(*err.message && err.code == LS_CORRUPT);
    }
    image_free();
}

/* No number is left that a new file could have. */
static void last_number(void **state)
{
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    char path[200];
    (void)state;
    build();
    snprintf(path, sizeof path, "%s/seg-ffffffffffffffff", index_path);
    close(open(path, O_WRONLY | O_CREAT, 0666));
    WANT(ls_writer_open(&w, index_path, &o, &err), LS_LIMIT);
    assert_non_null(strstr(err.message, "18446744073709551615"));
    OK(ls_check(index_path, NULL, NULL, NULL, &err)); /* readers do without it */
    unlink(path);
    OK(ls_writer_open(&w, index_path, &o, &err));
    ls_writer_close(w);
}

/* ---- numbers of documents ---- */

static void numbers(void **state)
{
    ls_doc *d;
    uint64_t next = UINT64_MAX, live = 0, gone = 0;
    (void)state;
    build();
    ls_writer *w = clocked_writer(LS_WRITER_NO_MERGE, 0);
    OK(add_story(w, (story){.id = "hidden", .body = "not yet", .embargoed = clock_now + 3600000}, 0, NULL));
    OK(add_story(w, (story){.id = "public", .body = "at once"}, 0, NULL));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    for (unsigned scope = 0; scope < 2; scope++) {
        ls_reader *r = reader(scope ? LS_READER_HIDDEN : 0);
        next = UINT64_MAX;
        live = gone = 0;
        int rc = ls_reader_next(r, &next, &err);
        for (uint64_t doc = 0; doc < 12; doc++) { /* each is one of those that come one after the other, or nobody's */
            int got = ls_reader_doc(&d, r, doc, &err);
            assert_int_equal(got, !rc && doc == next ? LS_OK : LS_NOTFOUND);
            if (got) {
                gone++;
                continue;
            }
            ls_doc_free(d);
            live++;
            rc = ls_reader_next(r, &next, &err);
        }
        assert_int_equal(rc, LS_NOTFOUND);
        assert_int_equal(live, scope ? 7 : 6);
        assert_int_equal(gone, 12 - live);
        WANT(ls_reader_doc(&d, r, UINT64_MAX, &err), LS_NOTFOUND);
        ls_reader_close(r);
    }
}

/* ---- languages ---- */

static void languages(void **state)
{
    static const char *const of[] = {"german", "english", "english", "swedish", "german", "english", "french"};
    static const char *const order[] = {"english", "german", "french", "swedish"}; /* the same number: by name */
    LS_INIT(ls_stats, stats);
    (void)state;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE, 0);
    for (size_t i = 0; i < LSI_COUNTOF(of); i++) {
        ls_doc *d;
        char id[8];
        snprintf(id, sizeof id, "d%zu", i);
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_set_id(d, id, strlen(id), &err));
        add_value(d, "body", "some words");
        OK(ls_doc_set_language(d, of[i], &err));
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    OK(ls_reader_stats(r, &stats, &err));
    assert_int_equal(stats.language_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(stats.languages[i].language, order[i]);
        assert_int_equal(stats.languages[i].documents, i < 2 ? 3 - i : 1);
    }
    ls_reader_close(r);
}

/* ---- what to merge ---- */

static void crowds(void **state)
{
    enum { MANY = 700 };
    static lsi_policy_segment s[MANY];
    lsi_policy_pick p;
    (void)state;
    for (size_t i = 0; i < MANY; i++) s[i] = (lsi_policy_segment){2000, 0, 0}; /* of no documents, which none is */
    assert_true(lsi_policy_next(s, MANY, &p) && p.count > 1 && p.first + p.count <= MANY);
    /* Too large to be merged as a rule, and too many. */
    for (size_t i = 0; i < MANY; i++) s[i] = (lsi_policy_segment){(uint64_t)6 << 30, 1000, 0};
    bool some = lsi_policy_next(s, MANY, &p);
    assert_true(!some || (p.count > 1 && p.first + p.count <= MANY));
    assert_false(lsi_policy_reduce(s, MANY, MANY, &p));
    /* To no more documents than a segment may have, 2^30. */
    for (size_t i = 0; i < 4; i++) s[i] = (lsi_policy_segment){(uint64_t)1 << 30, (uint32_t)1 << 29, 0};
    assert_false(lsi_policy_reduce(s, 4, 1, &p));
    assert_true(lsi_policy_reduce(s, 4, 3, &p) && p.count == 2);
    s[2].docs = 7; /* the cheaper two would be too many */
    s[3].bytes = (uint64_t)1 << 33;
    s[1].docs++;
    assert_true(lsi_policy_reduce(s, 4, 3, &p) && p.first == 1 && p.count == 2);
}

/* ---- a merge that is overtaken ---- */

static int merged; /* what ls_merge gave; nothing left to merge is well, too */

static void *merge_all(void *w)
{
    ls_error why;
    merged = ls_merge(w, 1, &why);
    return NULL;
}

/* Documents are deleted and the deletions committed (or not yet) while their segments are merged: what the merge made has
 * none of them, whether it came before or after. round: which documents, and how long the merge has had by then. */
static void overtaken_once(unsigned round, char *body)
{
    static const unsigned GONE[] = {0x3F, 0x07, 0x38, 0x15, 0x3E, 0x3F}; /* all, all of the first segment, … */
    const unsigned gone = GONE[round % 6], left = 6 - (unsigned)__builtin_popcount(gone);
    const bool pending = round % 6 == 5;
    pthread_t thread;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    char id[8];
    for (int i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "d%d", i);
        OK(add_doc(w, id, body + 1000 * i, 1, NULL, &err));
        if (i % 3 == 2) OK(ls_commit(w, NULL, &err));
    }
    assert_int_equal(pthread_create(&thread, NULL, merge_all, w), 0);
    nanosleep(&(struct timespec){0, 4000000l * (round / 6)}, NULL);
    for (int i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "d%d", i);
        if (gone >> i & 1) OK(ls_delete(w, id, strlen(id), &err));
    }
    if (!pending) OK(ls_commit(w, NULL, &err));
    pthread_join(thread, NULL);
    assert_int_equal(merged, LS_OK);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *r = reader(0);
    assert_int_equal(count_docs(r), left);
    ls_reader_close(r);
    LS_INIT(ls_check_report, report);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
    assert_int_equal(report.documents, left);
}

static void overtaken(void **state)
{
    enum { BYTES = 200000, ROUNDS = 18 };
    char *body = malloc(BYTES + 1);
    (void)state;
    assert_non_null(body);
    for (size_t i = 0, n = 0; n + 12 < BYTES; i++) n += (size_t)snprintf(body + n, 12, "w%zu ", i * 7919 % 3001);
    for (unsigned round = 0; round < ROUNDS; round++) {
        overtaken_once(round, body);
        assert_int_equal(index_clean(NULL), 0);
    }
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overtaken),
        cmocka_unit_test_teardown(later_sections, index_clean),
        cmocka_unit_test_teardown(each_file_missing, index_clean),
        cmocka_unit_test_teardown(wrong_sections, index_clean),
        cmocka_unit_test_teardown(carried, index_clean),
        cmocka_unit_test_teardown(ninth_segment, index_clean),
        cmocka_unit_test_teardown(last_number, index_clean),
        cmocka_unit_test_teardown(numbers, index_clean),
        cmocka_unit_test_teardown(languages, index_clean),
        cmocka_unit_test(crowds),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
