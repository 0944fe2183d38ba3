/* fault_stories.c — the works of a writer on stories, each alone on the same small index: versions by id and by guid, what
 * cancels itself, kills and revivals, releases by the clock with what they are compared to, copies, merges, purges,
 * deletions by a query, a new field, a budget that is too small, backup and salvage. An allocation fails, a system call is
 * refused, interrupted or cut short, a look at a section's bytes finds damage: the work is done, or refused by name; then
 * the index is whole, with the documents of one of the work's commits, and the same work, done once more, gives what it
 * gives without a failure. usage: fault_stories [STRIDE [LOOKS]]: fewer points by so much (3 3; 1 1: the most) */
#include "tests/fault_util.h"
#include "tests/image_util.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

static int64_t begun;

static const char *story_body(unsigned which, unsigned copy, char *out, size_t cap)
{
    size_t n = 0;
    uint64_t x = 77 + which;
    for (unsigned i = 0; i < 90 && n + 40 < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, " w%u%s", (unsigned)(random_next(&x) % 400), i % 9 == 8 ? "." : "");
    if (copy) snprintf(out + n, cap - n, "\n\nReported by the desk %u of Kiev.", copy);
    return out;
}

static ls_error *said = &err; /* or NULL: nobody asks why */
static unsigned threads;

static int put(ls_doc *d, const char *field, const char *text)
{
    return text ? ls_doc_add_text(d, field, text, strlen(text), said) : LS_OK;
}

static int tell(ls_writer *w, const char *id, const char *guid, unsigned which, unsigned copy, int64_t until,
                int64_t version, const char *status)
{
    char body[1200];
    ls_doc *d;
    LS_INIT(ls_added, added);
    int rc = ls_doc_new(&d, said);
    if (!rc) rc = ls_doc_set_id(d, id, strlen(id), said);
    if (!rc) rc = put(d, "guid", guid);
    if (!rc) rc = put(d, "title", copy % 2 ? "Arms talks" : "Negotiations");
    if (!rc) rc = put(d, "body", story_body(which, copy, body, sizeof body));
    if (!rc) rc = put(d, "source", copy % 3 ? "AP" : "Daily");
    if (!rc) rc = put(d, "status", status);
    if (!rc) rc = put(d, "ednote", status ? "it was wrong" : NULL);
    if (!rc && until) rc = ls_doc_add_int(d, "embargoed", until, said);
    if (!rc && which % 3 == 1) rc = ls_doc_set_language(d, "english", said);
    if (!rc) ls_doc_set_version(d, version);
    if (!rc) rc = ls_add(w, d, &added, said);
    ls_doc_free(d);
    return rc;
}

/* Three public segments, copies over all of them, hidden ones that are released in an hour, or never. */
static void build(void)
{
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    for (unsigned i = 0; i < 15; i++) {
        char id[16], guid[24];
        snprintf(id, sizeof id, "s%u", i);
        snprintf(guid, sizeof guid, "urn:%u", i);
        OK(tell(w, id, guid, i % 5, i / 5, 0, 2, i % 2 ? "corrected" : NULL));
        if (i % 5 == 4) OK(ls_commit(w, NULL, &err));
    }
    OK(tell(w, "soon", "urn:soon", 20, 0, clock_now + HOUR, 2, NULL));
    OK(tell(w, "soon too", "urn:soon2", 2, 1, clock_now + HOUR, 2, NULL));
    OK(tell(w, "never", "urn:never", 3, 2, 0, 2, "withheld"));
    OK(ls_commit(w, NULL, &err));
    OK(ls_delete(w, "s7", 2, &err));
    kills(w, "s8", NULL, 1);
    kills(w, NULL, "urn:unseen", 0);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* ---- the works ---- */

typedef int work_fn(ls_writer *w);

static int gone(int rc) /* a try before may have done it */
{
    return rc == LS_NOTFOUND ? LS_OK : rc;
}

/* What the index has, hidden ones too: ids, versions, texts. */
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
        mix(&one, &(int64_t){ls_doc_version(d)}, sizeof(int64_t));
        ls_doc_free(d);
        sum += one; /* in any order */
    }
    ls_reader_close(r);
    return sum;
}

static uint64_t states[6], state_count; /* the documents before a work, and after each of its commits */
static bool recording;

static int commit(ls_writer *w)
{
    int rc = ls_commit(w, NULL, said);
    if (!rc && recording) states[state_count++] = held();
    return rc;
}

static int versions(ls_writer *w)
{
    int rc = tell(w, "s1", "urn:1", 1, 1, 0, 3, NULL);            /* replaces */
    if (!rc) rc = tell(w, "s2", "urn:2", 2, 0, 0, 1, NULL);       /* stale */
    if (!rc) rc = tell(w, "other", "urn:3", 3, 1, 0, 0, NULL);    /* by its guid, under another id */
    if (!rc) rc = tell(w, "s4", "urn:4", 4, 0, 0, 2, NULL);       /* unchanged */
    if (!rc) rc = tell(w, "s5", "urn:5", 0, 1, 0, 9, "canceled"); /* cancels itself */
    if (!rc) rc = tell(w, "s8", "urn:8", 3, 1, 0, 4, NULL);       /* killed */
    if (!rc) rc = tell(w, "soon", "urn:soon", 20, 1, begun + HOUR, 5, NULL);
    if (!rc) rc = tell(w, "new", "urn:new", 20, 1, 0, 0, NULL);
    return rc ? rc : commit(w);
}

static int revival(ls_writer *w)
{
    ls_doc *d;
    LS_INIT(ls_add_options, o);
    o.revive = 1;
    int rc = ls_doc_new(&d, said);
    if (!rc) rc = ls_doc_set_id(d, "s8", 2, said);
    if (!rc) rc = ls_doc_add_text(d, "guid", "urn:unseen", 10, said);
    if (!rc) rc = ls_doc_add_text(d, "body", "back again", 10, said);
    if (!rc) rc = ls_add_with(w, d, &o, NULL, said);
    ls_doc_free(d);
    return rc ? rc : commit(w);
}

static int killing(ls_writer *w)
{
    LS_INIT(ls_kill_options, o);
    LS_INIT(ls_killed, killed);
    o.guid = "urn:6";
    o.guid_len = 5;
    o.reason = "wrong";
    o.reason_len = 5;
    int rc = ls_kill(w, &o, &killed, said);
    o.id = "s11";
    o.id_len = 3;
    o.guid = NULL;
    o.guid_len = 0;
    if (!rc) rc = ls_kill(w, &o, &killed, said);
    if (!rc) rc = gone(ls_delete(w, "s12", 3, said));
    if (!rc) rc = commit(w);
    return rc ? rc : ls_purge(w, NULL, said);
}

/* An hour on: what was hidden may be seen; a copy of it comes, with which it is compared anew. */
static int released(ls_writer *w)
{
    clock_now = begun + 2 * HOUR;
    int rc = tell(w, "copy", "urn:copy", 20, 1, 0, 0, NULL);
    if (!rc) rc = commit(w);
    if (!rc) rc = tell(w, "copy2", "urn:copy2", 20, 2, 0, 0, NULL);
    return rc ? rc : commit(w);
}

/* Two days on: it stands among the public ones. */
static int settled(ls_writer *w)
{
    clock_now = begun + 2 * DAY;
    int rc = commit(w);
    return rc ? rc : ls_merge(w, 1, said);
}

static int merged(ls_writer *w)
{
    int rc = gone(ls_delete(w, "s9", 2, said));
    if (!rc) rc = ls_merge(w, 2, said);
    return rc ? rc : ls_merge(w, 1, said);
}

static int by_query(ls_writer *w)
{
    static const char text[] = "source:daily w1*";
    ls_query *q;
    uint64_t deleted;
    int rc = ls_query_parse(&q, ls_writer_schema(w), text, sizeof text - 1, NULL, said);
    if (!rc) rc = ls_delete_query(w, q, &deleted, said);
    ls_query_free(q);
    if (!rc) rc = tell(w, "last", NULL, 30, 0, 0, 0, NULL);
    return rc ? rc : commit(w);
}

static int with_field(ls_writer *w)
{
    ls_field text = {sizeof text, "note", LS_TEXT, 0, 0}, number = {sizeof number, "size", LS_INTEGER, 0, 0};
    int rc = ls_writer_add_field(w, &text, said);
    if (!rc || rc == LS_EXISTS) rc = ls_writer_add_field(w, &number, said);
    if (rc == LS_EXISTS) rc = LS_OK;
    if (!rc) rc = tell(w, "fresh", "urn:fresh", 31, 0, 0, 0, NULL);
    if (!rc) rc = commit(w);
    return rc ? rc : ls_merge(w, 1, said);
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

static int salvaged(ls_writer *w)
{
    char to[100];
    LS_INIT(ls_salvage_report, report);
    (void)w;
    snprintf(to, sizeof to, "%s/saved", folder);
    remove_folder(to);
    int rc = ls_salvage(index_path, to, NULL, &report, said);
    if (!rc) rc = ls_check(to, NULL, NULL, NULL, said);
    remove_folder(to);
    return rc;
}

/* What is left of the index after worse: no manifest, every second segment with a byte that is another. */
static int salvaged_ruin(bool spoilt)
{
    char from[100], to[100], name[200];
    LS_INIT(ls_salvage_report, report);
    snprintf(from, sizeof from, "%s/ruin", folder);
    snprintf(to, sizeof to, "%s/saved", folder);
    remove_folder(from);
    remove_folder(to);
    assert_int_equal(mkdir(from, 0777), 0);
    for (size_t i = 0; i < file_count; i++) {
        if (!strncmp(files[i].name, "MANIFEST", 8)) continue;
        snprintf(name, sizeof name, "%s/%.63s", from, files[i].name);
        int fd = open(name, O_WRONLY | O_CREAT, 0666);
        assert_true(fd >= 0 && write(fd, files[i].was, files[i].bytes) == (ssize_t)files[i].bytes);
        if (spoilt && i % 2) assert_int_equal(pwrite(fd, "\xA5\x5A\xA5", 3, (off_t)files[i].bytes / 2), 3);
        close(fd);
    }
    int rc = ls_salvage(from, to, NULL, &report, said);
    if (!rc) rc = ls_check(to, NULL, NULL, NULL, said);
    if (!rc) assert_true(report.documents >= 15 || report.faults); /* what is not there is told */
    remove_folder(from);
    remove_folder(to);
    return rc;
}

static int without_manifest(ls_writer *w)
{
    (void)w;
    return salvaged_ruin(false);
}

static int spoilt(ls_writer *w)
{
    (void)w;
    return salvaged_ruin(true);
}

static int nothing(ls_writer *w)
{
    return commit(w);
}

static const struct {
    const char *name;
    work_fn *work;
    bool reads; /* without a writer */
} works[] = {
    {"versions", versions, false}, {"revival", revival, false},         {"killing", killing, false},
    {"released", released, false}, {"settled", settled, false},         {"merged", merged, false},
    {"by query", by_query, false}, {"with a field", with_field, false}, {"nothing", nothing, false},
    {"backup", backed_up, true},   {"salvage", salvaged, true},         {"no manifest", without_manifest, true},
    {"spoilt", spoilt, true}};

/* ---- each point of each ---- */

static int work_on(size_t i)
{
    ls_writer *w = NULL;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_NO_MERGE;
    o.clock = read_clock;
    o.threads = threads;
    clock_now = begun;
    int rc = works[i].reads ? LS_OK : ls_writer_open(&w, index_path, &o, said);
    if (rc) assert_null(w);
    if (!rc) rc = works[i].work(w);
    ls_writer_close(w);
    return rc;
}

enum { MEMORY, UNSAID, LOOKS, REFUSED, FULL, INTERRUPTED, SHORT, KINDS };
static const char *const kinds[] = {"memory", "memory unsaid", "looks", "EIO", "ENOSPC", "EINTR", "short"};

static void fail_at(int kind, uint64_t n)
{
    static const int errors[] = {0, 0, 0, EIO, ENOSPC, EINTR, 0};
    lsi_alloc_fail_at(kind <= UNSAID ? n : 0, false);
    lsi_section_fail_at(kind == LOOKS ? n : 0);
    lsi_io_fail_at(kind >= REFUSED ? n : 0, errors[kind], false);
    said = kind == UNSAID ? NULL : &err;
}

/* How many there were of the kind. */
static uint64_t fail_no_more(int kind)
{
    uint64_t allocations = lsi_alloc_fail_at(0, false), seen = lsi_section_fail_at(0);
    uint64_t calls = lsi_io_fail_at(0, 0, false);
    said = &err;
    return kind <= UNSAID ? allocations : kind == LOOKS ? seen : calls;
}

static bool is_right(size_t i, int kind, int rc)
{
    if (kind == UNSAID) return rc == LS_NOMEM;
    if (rc != err.code || !*err.message) return false;
    if (kind == MEMORY) return rc == LS_NOMEM;
    if (works[i].reads && rc == LS_CORRUPT) return true; /* so `check` tells everything */
    if (kind == LOOKS) return rc == LS_CORRUPT && *err.file;
    if (rc == LS_COMMIT_UNKNOWN) return true;
    /* An fsync or close that was interrupted is not made again. */
    return (rc == LS_IO || rc == LS_NOSPACE) && (err.sys_errno == (kind == REFUSED ? EIO
                                                                   : kind == FULL  ? ENOSPC
                                                                                   : EINTR));
}

static void one_point(size_t i, int kind, uint64_t n)
{
    uint64_t right = states[state_count - 1], sum;
    image_put();
    memset(&err, 0, sizeof err);
    fail_at(kind, n);
    int rc = work_on(i);
    fail_no_more(kind);
    if (rc && !is_right(i, kind, rc))
        print_error("%s, %s at %d: %d, %s\n", works[i].name, kinds[kind], (int)n, rc, err.message);
    assert_true(!rc || is_right(i, kind, rc));
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
    bool known = (sum = held()) == right;
    for (uint64_t k = 0; rc && !known && k < state_count; k++) known = sum == states[k];
    if (!known) print_error("%s, %s at %d: documents of no commit\n", works[i].name, kinds[kind], (int)n);
    assert_true(known);
    if (rc) {
        OK(work_on(i));
        known = held() == right;
        if (!known) print_error("%s, %s at %d: not made good\n", works[i].name, kinds[kind], (int)n);
        assert_true(known);
        OK(ls_check(index_path, NULL, NULL, NULL, &err));
    }
    points++;
    failed += rc != 0;
}

static void one_kind(size_t i, int kind)
{
    uint64_t thin = kind == LOOKS ? looks : stride, most = thin == 1 ? 150 : LSI_MAX(20 / thin, (uint64_t)5);
    image_put();
    fail_at(kind, UINT64_MAX);
    OK(work_on(i));
    uint64_t all = fail_no_more(kind);
    for (uint64_t n = 1; n <= all; n += 1 + (n > 5 ? all / most : 0)) one_point(i, kind, n);
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
        states[state_count++] = held(); /* a merge commits, too */
        points = failed = 0;
        for (int kind = 0; kind < KINDS; kind++) one_kind(i, kind);
        threads = works[i].reads ? 0 : 2; /* what is added is cut and written by others */
        for (int kind = 0; threads && kind < KINDS; kind++)
            if (kind != LOOKS) one_kind(i, kind);
        threads = 0;
        print_message("%s: %d points, %d refused\n", works[i].name, (int)points, (int)failed);
    }
    clock_now = begun;
    image_free();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(failing, index_clean)};
    take_arguments(argc, argv);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
