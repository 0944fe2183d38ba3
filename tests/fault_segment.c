/* fault_segment.c — each work on segments alone, on two of seven articles with copies, guids, numbers and deletions: opened,
 * checked, read, corrected after deletions in each way, merged, cut and written, rescued. Each allocation, each look at the
 * bytes of a section and each system call fails in turn (of looks and calls some of those behind the first 60): the work is
 * done, or refused by name (a look: CORRUPT with its file; told by the check), leaves no file behind, and is done when it is
 * asked for again. */
#include "libsearch/model/news.h"
#include "libsearch/segment/backlog.h"
#include "libsearch/segment/build.h"
#include "libsearch/segment/rescue.h"
#include "libsearch/segment/tally.h"
#include "libsearch/store/io.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "tests/segment_hand.c" /* a test is one file and the library */
#include <errno.h>

enum { DOCS = 7 };

static ls_error said, *err = &said; /* err: NULL where nobody asks why */
static ls_schema *news;
static lsi_segment_info infos[2];
static lsi_segment *segs[2];
static lsi_live *lives[2];

/* ---- articles ---- */

static const char *body_of(int which, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "\xe2\x80\x9cIt begins\xe2\x80\x9d, the US said.");
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(out + n, cap - n, " %s%d%s", i % 7 ? "word" : "Word", (which * 5 + i) % 90,
                              i % 9 ? "" : ".");
    return out;
}

static int make_doc(ls_doc **out, int i)
{
    char id[16], guid[24], body[900];
    ls_doc *d;
    static const lsi_doc_version past[2] = {{.version = 1, .status = "corrected"}, {.version = 0, .status = NULL}};
    static const char *const sources[] = {"AP", "Daily", NULL};
    snprintf(id, sizeof id, "id%d", i);
    snprintf(guid, sizeof guid, "urn:%d", i);
    int rc = lsi_doc_new(&d, err);
    *out = d;
    if (!rc) rc = lsi_doc_set_id(d, id, strlen(id), err);
    if (!rc && i % 4) rc = lsi_doc_add_text(d, "guid", guid, strlen(guid), err);
    if (!rc) rc = lsi_doc_add_text(d, "title", i % 2 ? "Arms talks" : "War of words", i % 2 ? 10 : 12, err);
    if (!rc)
        rc = lsi_doc_add_text(d, "body", body_of(i % 3, body, sizeof body), strlen(body_of(i % 3, body, sizeof body)),
                              err);
    if (!rc && sources[i % 3]) rc = lsi_doc_add_text(d, "source", sources[i % 3], strlen(sources[i % 3]), err);
    if (!rc && i % 3) rc = lsi_doc_add_text(d, "subjects", "World", 5, err);
    if (!rc && i % 3 == 1) rc = lsi_doc_add_text(d, "subjects", i % 2 ? "Arms" : "Trade", i % 2 ? 4 : 5, err);
    if (!rc && i % 5) rc = lsi_doc_add_int(d, "published", 86400000LL * i, err);
    if (!rc && i % 4 == 2) memcpy(d->language, "english", 8);
    if (!rc && i % 4 == 2) {
        d->history = past;
        d->history_count = 2;
    }
    if (!rc) d->version = i;
    if (!rc) rc = lsi_doc_check(d, news, err);
    return rc;
}

static int fill(lsi_memseg *m, int from, bool backlog)
{
    lsi_backlog b;
    int rc = LS_OK;
    lsi_backlog_init(&b);
    for (int i = 0; !rc && i < DOCS; i++) {
        ls_doc *d;
        lsi_doc no;
        rc = make_doc(&d, from + i);
        if (!rc)
            rc = backlog ? lsi_backlog_add(&b, d, lsi_doc_hash(d), &no, err)
                         : lsi_memseg_add(m, d, lsi_doc_hash(d), SIZE_MAX, &no, NULL, err);
        lsi_doc_free(d);
    }
    for (lsi_doc i = 0; !rc && backlog && i < DOCS; i++) {
        ls_doc *d;
        rc = lsi_doc_new(&d, err);
        if (!rc) rc = lsi_backlog_doc(&b, news, i, d, err);
        if (!rc) assert_int_equal(d->version, from + (int)i);
        lsi_doc_free(d);
    }
    if (!rc && backlog) rc = lsi_backlog_cut(&b, news, m, err);
    lsi_backlog_clear(&b);
    return rc;
}

/* ---- the works ---- */

typedef int work_fn(void);

static int open_one(int i, lsi_segment **seg, lsi_live **live)
{
    *live = NULL;
    int rc = lsi_segment_open(seg, dir, &infos[i], news, false, err);
    if (!rc) rc = lsi_live_open(live, dir, *seg, &infos[i], false, err);
    return rc;
}

static int opened(void)
{
    lsi_segment *seg;
    lsi_live *live;
    int rc = open_one(0, &seg, &live);
    lsi_live_release(live);
    lsi_segment_release(seg);
    return rc;
}

static uint32_t faults_told;

static void tell(void *ctx, const ls_error *e, const char *section)
{
    (void)ctx;
    assert_true((e->code == LS_CORRUPT || e->code == LS_IO) && *e->file && *section);
    faults_told++;
}

static int check_with(ls_fault_fn *fn)
{
    uint64_t faults = 0;
    int rc = lsi_segment_verify(segs[0], lives[0], fn, NULL, &faults, err);
    assert_true(rc == LS_CORRUPT ? faults > 0 : rc == LS_OK ? !faults : true);
    return rc;
}

static int checked(void)
{
    faults_told = 0;
    int rc = check_with(tell);
    assert_true(rc != LS_CORRUPT || faults_told);
    return rc;
}

static int checked_alone(void) /* without the live file; nobody listens */
{
    uint64_t faults = 0;
    return lsi_segment_verify(segs[1], NULL, NULL, NULL, &faults, err);
}

static int read_all(void)
{
    lsi_segment *seg = segs[0];
    const int64_t *releases;
    ls_doc *d;
    int rc = lsi_doc_new(&d, err);
    for (lsi_doc i = 0; !rc && i < DOCS; i++) {
        uint32_t starts[LSI_TEXT_FIELDS_MAX + 2];
        rc = i % 2 ? lsi_segment_doc(seg, i, d, err) : lsi_segment_doc_head(seg, i, d, err);
        if (!rc) rc = lsi_segment_regions(seg, i, starts, err);
        if (!rc) assert_true(d->version == (int64_t)i && d->words > 40);
    }
    lsi_doc_free(d);
    lsi_doc at;
    if (!rc) rc = lsi_segment_find_guid(seg, "urn:3", 5, lives[0]->deleted, &at, err);
    if (!rc) assert_int_equal(at, 3);
    if (!rc) rc = lsi_segment_find_guid(seg, "urn:1", 5, lives[0]->deleted, &at, err);
    if (!rc) assert_int_equal(at, LSI_DOC_END); /* deleted */
    lsi_free(seg->releases);
    seg->releases = NULL;
    return rc ? rc : lsi_segment_releases(seg, &releases, err);
}

static int overlaid(void)
{
    lsi_live *l;
    uint64_t bits = 0x2b;
    int rc = lsi_live_overlay(&l, segs[0], lives[0], &bits, err);
    if (!rc) {
        assert_int_equal(l->deleted_count, 4);
        lsi_live_release(l);
    }
    return rc;
}

static void remove_file(lsi_name_kind kind, uint64_t no)
{
    char name[LSI_NAME_BYTES], path[128];
    lsi_name_make(name, kind, no);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path); /* by a call that does not fail */
}

static int corrected(lsi_live_way way, const lsi_live *old)
{
    lsi_segment_info next = infos[0];
    uint64_t bits = 0x2b; /* 1 and 5 were deleted before */
    int rc = lsi_live_write_by(way, dir, generation + 1, segs[0], old, &bits, false, &next, err);
    if (rc) assert_int_equal(next.live_generation, infos[0].live_generation);
    else {
        assert_int_equal(next.deleted_count, 4);
        remove_file(LSI_NAME_LIVE, generation + 1);
    }
    return rc;
}

static int by_scan(void)
{
    return corrected(LSI_LIVE_SCAN, lives[0]);
}
static int by_words(void)
{
    return corrected(LSI_LIVE_WORDS, lives[0]);
}
static int by_words_first(void)
{
    return corrected(LSI_LIVE_WORDS, NULL);
}

static int merged(void)
{
    lsi_segment_info to = {.generation = 0};
    uint32_t map[2][DOCS], *maps[2] = {map[0], map[1]};
    int rc = lsi_segment_merge(segs, lives, 2, news, dir, generation + 1, false, NULL, NULL, maps, &to, err);
    if (!rc) {
        assert_int_equal(to.doc_count, 2 * DOCS - 3);
        assert_true(map[0][1] == LSI_DOC_END && map[1][DOCS - 1] == to.doc_count - 1);
        remove_file(LSI_NAME_SEGMENT, to.generation);
    }
    return rc;
}

static int written_as(bool backlog)
{
    lsi_memseg *m;
    lsi_segment_info info;
    int rc = lsi_memseg_new(&m, news, err);
    if (rc) return rc;
    rc = lsi_memseg_beside(m, segs, 2, 0, err);
    if (!rc) rc = fill(m, 30, backlog);
    if (!rc) lsi_memseg_delete(m, 2);
    if (!rc) rc = lsi_memseg_flush(m, dir, generation + 1, false, &info, err);
    if (!rc) assert_int_equal(info.doc_count, DOCS - 1);
    if (!rc) remove_file(LSI_NAME_SEGMENT, generation + 1);
    lsi_memseg_free(m);
    return rc;
}

static int written(void)
{
    return written_as(false);
}
static int written_from_backlog(void)
{
    return written_as(true);
}

static int rescued(void)
{
    lsi_rescue *r;
    uint64_t of;
    ls_doc *d;
    unsigned lost = 0;
    int rc = lsi_rescue_open(&r, dir, &infos[0], news, tell, NULL, err);
    if (rc) {
        assert_null(r);
        return rc;
    }
    rc = lsi_rescue_live_of(&of, dir, infos[0].live_generation, err);
    if (!rc) assert_true(of == infos[0].generation);
    if (!rc) rc = lsi_rescue_live(r, dir, infos[0].live_generation, err);
    if (!rc) assert_true(lsi_rescue_is_deleted(r, 1) && !lsi_rescue_is_deleted(r, 2));
    if (!rc) assert_true(lsi_rescue_live_from(r, 0) == DOCS - 2 && lsi_rescue_live_from(r, 5) == DOCS - 6);
    if (!rc) rc = lsi_doc_new(&d, err);
    else d = NULL;
    for (lsi_doc i = 0; !rc && i < DOCS; i++) {
        rc = lsi_rescue_doc(r, i, d, &lost, err);
        if (!rc && !lost) assert_true(d->version == (int64_t)i);
    }
    lsi_doc_free(d);
    lsi_rescue_close(r);
    return rc;
}

static const struct {
    const char *name;
    work_fn *work;
    bool does_without; /* what is damaged is told, and done without */
    bool checks;       /* what cannot be read is a fault like another */
} works[] = {{"opened", opened, false, false},
             {"checked", checked, false, true},
             {"checked alone", checked_alone, false, true},
             {"read", read_all, false, false},
             {"overlaid", overlaid, false, false},
             {"by scan", by_scan, false, false},
             {"by words", by_words, false, false},
             {"by words, first", by_words_first, false, false},
             {"merged", merged, false, false},
             {"written", written, false, false},
             {"written from a backlog", written_from_backlog, false, false},
             {"rescued", rescued, true, false}};

/* ---- each point ---- */

enum { MEMORY, UNSAID, LOOKS, REFUSED, KINDS };

static void fail_at(int kind, uint64_t n)
{
    lsi_alloc_fail_at(kind <= UNSAID ? n : 0, false);
    lsi_section_fail_at(kind == LOOKS ? n : UINT64_MAX); /* no chunk stays verified */
    lsi_io_fail_at(kind == REFUSED ? n : 0, EIO, false);
    err = kind == UNSAID ? NULL : &said;
}

static uint64_t fail_no_more(int kind)
{
    uint64_t allocations = lsi_alloc_fail_at(0, false), looks = lsi_section_fail_at(UINT64_MAX);
    uint64_t calls = lsi_io_fail_at(0, 0, false);
    err = &said;
    return kind <= UNSAID ? allocations : kind == LOOKS ? looks : calls;
}

static void each_point(size_t i, int kind)
{
    unsigned points = 0, refused = 0;
    uint64_t n = 1;
    for (bool over = false; !over; points++, n += kind == MEMORY || n < 60 ? 1 : kind == UNSAID ? 5 : 41) {
        uint32_t files = files_in_folder();
        memset(&said, 0, sizeof said);
        fail_at(kind, n);
        int rc = works[i].work();
        uint64_t seen = fail_no_more(kind);
        over = seen < n;
        bool right = over  ? rc == LS_OK
                     : !rc ? kind == REFUSED || works[i].does_without
                           : rc == (kind <= UNSAID  ? LS_NOMEM
                                    : kind == LOOKS ? LS_CORRUPT
                                                    : LS_IO) ||
                                 (kind == REFUSED && works[i].checks && rc == LS_CORRUPT);
        if (rc && kind != UNSAID) right &= said.code == rc && *said.message;
        if (rc && kind == LOOKS) right &= *said.file != 0;
        if (rc && kind == REFUSED) right &= said.sys_errno == EIO || rc == LS_CORRUPT;
        if (!right) fail_msg("%s, kind %d, point %u: %d %s", works[i].name, kind, (unsigned)n, rc, said.message);
        refused += rc != 0;
        if (files_in_folder() != files) fail_msg("%s, kind %d, point %u: files left", works[i].name, kind, (unsigned)n);
    }
    print_message("%s, kind %d: %u points, %u refused\n", works[i].name, kind, points, refused);
}

static void failing(void **state)
{
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(works); i++)
        for (int kind = 0; kind < KINDS; kind++) each_point(i, kind);
}

static void make_segments(void)
{
    for (int i = 0; i < 2; i++) {
        lsi_memseg *m = new_memseg(news);
        uint64_t bits = i ? 1 : 0x22;
        assert_int_equal(lsi_memseg_beside(m, segs, (size_t)i, 0, err), LS_OK);
        assert_int_equal(fill(m, i * 10, false), LS_OK);
        assert_int_equal(lsi_memseg_flush(m, dir, ++generation, false, &infos[i], err), LS_OK);
        lsi_memseg_free(m);
        assert_int_equal(lsi_segment_open(&segs[i], dir, &infos[i], news, false, err), LS_OK);
        assert_int_equal(lsi_live_write(dir, ++generation, segs[i], NULL, &bits, false, &infos[i], err), LS_OK);
        assert_int_equal(lsi_live_open(&lives[i], dir, segs[i], &infos[i], false, err), LS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(failing)};
    make_folder("fault_segment");
    lsi_section_fail_at(UINT64_MAX);
    if (lsi_schema_news(&news, err)) die("schema", err);
    make_segments();
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        lsi_live_release(lives[i]);
        lsi_segment_release(segs[i]);
        remove_segment(&infos[i]);
    }
    lsi_schema_free(news);
    remove_folder();
    return rc;
}
