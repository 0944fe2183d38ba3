/* fault_small.c — each work of a writer and each way to keep an index, alone, on an index of three short stories: so little
 * that every allocation, every look at a section's bytes and every system call can fail in turn. A work is done, or refused
 * by name; then the index passes its check with the documents of before, or of one of the work's commits, and the work is
 * done when it is asked for again. (fault_stories takes some of the points of more stories.) usage: fault_small [STRIDE]: every so many-th
 * point of each, those of the next work beside them (9; 1: all) */
#include "tests/fault_util.h"
#include "tests/image_util.h"

#define HOUR INT64_C(3600000)

static int64_t begun;
static ls_error *said = &err; /* NULL: nobody asks why */

static int put(ls_doc *d, const char *field, const char *text)
{
    return text ? ls_doc_add_text(d, field, text, strlen(text), said) : LS_OK;
}

/* A story; those of one text are copies of one another. */
static int tell(ls_writer *w, const char *id, const char *guid, unsigned text, unsigned copy, int64_t until)
{
    char body[500];
    size_t n = 0;
    ls_doc *d;
    for (unsigned i = 0; i < 24; i++)
        n += (size_t)snprintf(body + n, sizeof body - n, " word%u", text * 31 + i * 7 % 23);
    snprintf(body + n, sizeof body - n, ". Copy %u of it.", copy);
    int rc = ls_doc_new(&d, said);
    if (!rc) rc = ls_doc_set_id(d, id, strlen(id), said);
    if (!rc) rc = put(d, "guid", guid);
    if (!rc) rc = put(d, "title", "Talks");
    if (!rc) rc = put(d, "body", body);
    if (!rc) rc = put(d, "source", copy ? "Daily" : "AP");
    if (!rc && until) rc = ls_doc_add_int(d, "embargoed", until, said);
    if (!rc) rc = ls_add(w, d, NULL, said);
    ls_doc_free(d);
    return rc;
}

static void build(void)
{
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    OK(tell(w, "a", "urn:a", 1, 0, 0));
    OK(tell(w, "b", "urn:b", 1, 1, 0));
    OK(tell(w, "hidden", "urn:h", 2, 0, clock_now + HOUR));
    OK(ls_commit(w, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    kills(w, NULL, "urn:unseen", 0);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* ---- the documents that there are ---- */

static uint64_t states[8], state_count;
static bool recording;

static uint64_t held(void)
{
    ls_reader *r = reader(LS_READER_HIDDEN);
    uint64_t doc = UINT64_MAX, sum = 0;
    while (!ls_reader_next(r, &doc, &err)) {
        ls_doc *d;
        uint64_t one = 1;
        OK(ls_reader_doc(&d, r, doc, &err));
        mix_text(&one, ls_doc_id(d, NULL));
        mix_text(&one, ls_doc_text(d, "body", 0, NULL));
        ls_doc_free(d);
        sum += one;
    }
    ls_reader_close(r);
    return sum;
}

static int gone(int rc) /* a try before may have done it */
{
    return rc == LS_NOTFOUND ? LS_OK : rc;
}

static int commit(ls_writer *w)
{
    int rc = ls_commit(w, NULL, said);
    if (!rc && recording) states[state_count++] = held();
    return rc;
}

/* ---- the works ---- */

typedef int work_fn(ls_writer *w);

static int added(ls_writer *w)
{
    int rc = tell(w, "c", "urn:c", 1, 2, 0);                /* a copy of what is there */
    if (!rc) rc = tell(w, "b", "urn:b", 3, 0, 0);           /* replaces */
    if (!rc) rc = tell(w, "else", "urn:a", 1, 0, 0);        /* by its guid, under another id */
    if (!rc) rc = tell(w, "killed", "urn:unseen", 1, 0, 0); /* is not taken */
    return rc ? rc : commit(w);
}

static int added_twice(ls_writer *w)
{
    int rc = tell(w, "d", "urn:d", 4, 0, 0);
    if (!rc) rc = tell(w, "d", "urn:d", 4, 1, 0); /* replaces what waits */
    if (!rc) rc = tell(w, "e", "urn:e", 4, 2, 0); /* a copy of what waits */
    if (!rc) rc = gone(ls_delete(w, "e", 1, said));
    if (!rc) rc = gone(ls_delete(w, "a", 1, said));
    return rc ? rc : commit(w);
}

static int deleted(ls_writer *w)
{
    int rc = gone(ls_delete(w, "a", 1, said));
    if (!rc) rc = commit(w);
    if (!rc) rc = gone(ls_delete(w, "b", 1, said)); /* the last of its segment */
    return rc ? rc : commit(w);
}

static int killed(ls_writer *w)
{
    LS_INIT(ls_kill_options, o);
    o.guid = "urn:b";
    o.guid_len = 5;
    o.id = "a";
    o.id_len = 1;
    int rc = ls_kill(w, &o, NULL, said);
    if (!rc) rc = commit(w);
    return rc ? rc : ls_purge(w, NULL, said);
}

static int purged(ls_writer *w)
{
    int rc = gone(ls_delete(w, "a", 1, said));
    if (!rc) rc = commit(w);
    return rc ? rc : ls_purge(w, NULL, said);
}

static int released(ls_writer *w)
{
    clock_now = begun + 2 * HOUR;
    int rc = tell(w, "c", "urn:c", 2, 1, 0);
    if (!rc) rc = commit(w);
    return rc ? rc : ls_merge(w, 1, said);
}

static int rolled_back(ls_writer *w)
{
    int rc = gone(ls_delete(w, "a", 1, said));
    if (!rc) rc = tell(w, "c", "urn:c", 1, 2, 0);
    if (!rc) rc = ls_rollback(w, said);
    if (!rc) rc = tell(w, "d", "urn:d", 1, 3, 0);
    return rc ? rc : commit(w);
}

static int with_field(ls_writer *w)
{
    ls_field number = {sizeof number, "size", LS_INTEGER, 0, 0};
    int rc = ls_writer_add_field(w, &number, said);
    if (!rc || rc == LS_EXISTS) rc = tell(w, "c", NULL, 5, 0, 0);
    return rc ? rc : commit(w);
}

static int backed_up(ls_writer *w)
{
    char to[100];
    (void)w;
    snprintf(to, sizeof to, "%s/copy", folder);
    remove_folder(to);
    int rc = ls_backup(index_path, to, said);
    if (!rc) rc = ls_check(to, NULL, NULL, NULL, said);
    remove_folder(to);
    return rc;
}

static int salvaged_from(const char *from, const char *slashes)
{
    char to[100], to_slashes[110];
    LS_INIT(ls_salvage_report, report);
    snprintf(to, sizeof to, "%s/saved", folder);
    snprintf(to_slashes, sizeof to_slashes, "%s%s", to, slashes);
    remove_folder(to);
    int rc = ls_salvage(from, to_slashes, NULL, &report, said);
    if (!rc) rc = ls_check(to, NULL, NULL, NULL, said);
    remove_folder(to);
    return rc;
}

static int salvaged(ls_writer *w)
{
    (void)w;
    return salvaged_from(index_path, "//");
}

/* No manifest but one on its way; one segment file is not what it was. */
static int salvaged_ruin(ls_writer *w)
{
    char from[100], name[200];
    (void)w;
    snprintf(from, sizeof from, "%s/ruin", folder);
    remove_folder(from);
    assert_int_equal(mkdir(from, 0777), 0);
    for (size_t i = 0; i < file_count; i++) {
        bool manifest = !strcmp(files[i].name, "MANIFEST");
        snprintf(name, sizeof name, "%s/%.63s", from, manifest ? "manifest-00000000000000ff" : files[i].name);
        int fd = open(name, O_WRONLY | O_CREAT, 0666);
        assert_true(fd >= 0 && write(fd, files[i].was, files[i].bytes) == (ssize_t)files[i].bytes);
        if (!manifest && i % 2) assert_int_equal(pwrite(fd, "\xA5\x5A\xA5", 3, (off_t)files[i].bytes / 2), 3);
        close(fd);
    }
    int rc = salvaged_from(from, "");
    remove_folder(from);
    return rc;
}

static int checked(ls_writer *w)
{
    (void)w;
    return ls_check(index_path, NULL, NULL, NULL, said);
}

static int read_by(ls_writer *w)
{
    ls_reader *r, *again;
    LS_INIT(ls_reader_options, o);
    LS_INIT(ls_stats, stats);
    ls_doc *d;
    (void)w;
    o.clock = read_clock;
    o.flags = LS_READER_NO_MMAP;
    int rc = ls_reader_open(&r, index_path, &o, said);
    if (rc) return rc;
    rc = ls_reader_stats(r, &stats, said);
    if (!rc) rc = gone(ls_get(&d, r, "a", 1, said));
    if (!rc) ls_doc_free(d);
    if (!rc) rc = ls_reader_refresh(&again, r, said);
    if (!rc) ls_reader_close(again);
    ls_reader_close(r);
    return rc;
}

static const struct {
    const char *name;
    work_fn *work;
    bool reads; /* without a writer */
    unsigned flags, threads;
} works[] = {{"added", added, false, 0, 0},
             {"added by threads", added, false, 0, 1},
             {"added twice", added_twice, false, 0, 0},
             {"added twice by threads", added_twice, false, 0, 2},
             {"deleted", deleted, false, 0, 0},
             {"killed", killed, false, 0, 0},
             {"purged", purged, false, LS_WRITER_NO_SYNC, 0},
             {"released", released, false, 0, 0},
             {"rolled back", rolled_back, false, LS_WRITER_NO_SYNC, 0},
             {"rolled back, threads", rolled_back, false, 0, 1},
             {"with a field", with_field, false, 0, 0},
             {"backup", backed_up, true, 0, 0},
             {"salvage", salvaged, true, 0, 0},
             {"salvage of a ruin", salvaged_ruin, true, 0, 0},
             {"check", checked, true, 0, 0},
             {"read", read_by, true, 0, 0}};

/* ---- each point of each ---- */

static int work_on(size_t i)
{
    ls_writer *w = NULL;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_NO_MERGE | works[i].flags;
    o.clock = read_clock;
    o.threads = works[i].threads;
    clock_now = begun;
    int rc = works[i].reads ? LS_OK : ls_writer_open(&w, index_path, &o, said);
    if (rc) assert_null(w);
    if (!rc) rc = works[i].work(w);
    ls_writer_close(w);
    return rc;
}

enum { MEMORY, UNSAID, LOOKS, REFUSED, KINDS };

static void fail_at(int kind, uint64_t n)
{
    lsi_alloc_fail_at(kind <= UNSAID ? n : 0, false);
    lsi_section_fail_at(kind == LOOKS ? n : 0);
    lsi_io_fail_at(kind == REFUSED ? n : 0, EIO, false);
    said = kind == UNSAID ? NULL : &err;
}

static uint64_t fail_no_more(int kind)
{
    uint64_t allocations = lsi_alloc_fail_at(0, false), seen = lsi_section_fail_at(0);
    uint64_t calls = lsi_io_fail_at(0, 0, false);
    said = &err;
    return kind <= UNSAID ? allocations : kind == LOOKS ? seen : calls;
}

static bool is_right(size_t i, int kind, int rc)
{
    if (works[i].reads && rc == LS_COMMIT_UNKNOWN) return true; /* a salvage whose rename was made */
    if (kind == UNSAID) return rc == LS_NOMEM;
    if (rc != err.code || !*err.message) return false;
    if (kind == MEMORY) return rc == LS_NOMEM;
    if (works[i].reads && rc == LS_CORRUPT) return true; /* so `check` tells everything */
    if (kind == LOOKS) return rc == LS_CORRUPT && *err.file;
    return rc == LS_COMMIT_UNKNOWN || (rc == LS_IO && err.sys_errno == EIO);
}

static bool is_known(uint64_t sum)
{
    for (uint64_t k = 0; k < state_count; k++)
        if (sum == states[k]) return true;
    return false;
}

static void one_point(size_t i, int kind, uint64_t n)
{
    uint64_t right = states[state_count - 1];
    image_put();
    memset(&err, 0, sizeof err);
    fail_at(kind, n);
    int rc = work_on(i);
    fail_no_more(kind);
    if (rc && !is_right(i, kind, rc))
        fail_msg("%s, kind %d at %d: %d, %s", works[i].name, kind, (int)n, rc, err.message);
    if (rc || n % 8 == 0) OK(ls_check(index_path, NULL, NULL, NULL, &err));
    uint64_t sum = held();
    if (rc ? !is_known(sum) : sum != right)
        fail_msg("%s, kind %d at %d: documents of no commit", works[i].name, kind, (int)n);
    points++;
    failed += rc != 0;
    if (!rc) return;
    OK(work_on(i));
    if (held() != right) fail_msg("%s, kind %d at %d: not made good", works[i].name, kind, (int)n);
}

static void one_kind(size_t i, int kind)
{
    image_put();
    fail_at(kind, UINT64_MAX);
    OK(work_on(i));
    uint64_t all = fail_no_more(kind);
    if (kind == LOOKS && works[i].threads) return; /* looks are told for one thread alone */
    for (uint64_t n = 1 + (i + (uint64_t)kind) % stride; n <= all; n += stride) one_point(i, kind, n);
}

static void failing(void **state)
{
    (void)state;
    begun = clock_now;
    build();
    image_load();
    image_reset();
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        image_put();
        states[0] = held();
        state_count = 1;
        recording = true;
        OK(work_on(i));
        recording = false;
        states[state_count++] = held();
        points = failed = 0;
        for (int kind = 0; kind < KINDS; kind++) one_kind(i, kind);
        print_message("%s: %d points, %d refused\n", works[i].name, (int)points, (int)failed);
    }
    clock_now = begun;
    image_free();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(failing, index_clean)};
    stride = 9;
    take_arguments(argc, argv);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
