/* corrupt_fields.c — an index of a few small stories, each of whose numbers lies in turn behind right checksums: in the manifest,
 * in the first segment, its deletions and the tombstones each four bytes are set to other values, each eight to all ones.
 * `check` tells it or finds nothing to tell; told is a place, a file and a section; what it does not tell opens, gives every
 * document, merges and salvages; what it tells is refused elsewhere by name or read right.
 * usage: corrupt_fields [STRIDE]: every so many-th number behind the first 32 bytes of a section that is not a
 * file's first, which counts and names the others (9; 1: all) */
#include "tests/seal_util.h"

static uint64_t stride = 9, lies, told, passed;
static char lie[120]; /* the one in hand */

static void add_one(ls_writer *w, int i)
{
    char id[16], guid[24], body[300];
    uint64_t x = 31 + (uint64_t)i / 2; /* pairs of copies */
    ls_doc *d;
    snprintf(id, sizeof id, "d%d", i);
    snprintf(guid, sizeof guid, "urn:%d", i);
    random_text(&x, body, sizeof body, 30);
    strcat(body, i % 2 ? " Word by WORD." : " The word.");
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    add_value(d, "title", i % 2 ? "The word" : "Talks");
    add_value(d, "guid", i % 3 ? guid : NULL);
    add_value(d, "body", body);
    add_value(d, "source", i % 4 ? "AP" : "Daily");
    add_value(d, "byline", i % 2 ? "Jane Smith" : NULL);
    if (i % 2) add_value(d, "subjects", "w1");
    if (i % 3) OK(ls_doc_add_int(d, "published", clock_now - 36000000LL * i, &err));
    if (i == 5) OK(ls_doc_add_int(d, "embargoed", clock_now + 3600000, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

static void build(void)
{
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
    for (int i = 0; i < 8; i++) {
        add_one(w, i);
        if (i == 5) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    OK(ls_delete(w, "d3", 2, &err));
    kills(w, "d4", NULL, 1);
    kills(w, NULL, "urn:nobody", 0);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* ---- what becomes of it ---- */

static uint64_t faults, of_live;

static void count(void *ctx, const ls_error *e, const char *what)
{
    (void)ctx;
    assert_true(e->code < 0 && *e->message && *what);
    if (strstr(e->file, "/live-")) assert_string_equal(what, "live"); /* the file's section is not one of the segment */
    of_live += !strcmp(what, "live");
    faults++;
}

static bool is_refusal(int rc)
{
    return (rc == LS_CORRUPT || rc == LS_TOO_NEW || rc == LS_TOO_OLD || rc == LS_NOTFOUND || rc == LS_SCHEMA ||
            rc == LS_LIMIT) &&
           rc == err.code && *err.message;
}

static void answered(const char *what, int rc, bool clean)
{
    if (rc && (clean || !is_refusal(rc)))
        fail_msg("%s, %s: %d, %s%s", lie, what, rc, err.message, clean ? ", and check passes it" : "");
}

static void read_all(bool clean)
{
    ls_reader *r;
    LS_INIT(ls_reader_options, o);
    LS_INIT(ls_stats, stats);
    uint64_t doc = UINT64_MAX, n = 0;
    int rc;
    o.clock = read_clock;
    o.flags = LS_READER_HIDDEN;
    answered("open", rc = ls_reader_open(&r, index_path, &o, &err), clean);
    if (rc) return;
    while (!(rc = ls_reader_next(r, &doc, &err))) {
        ls_doc *d;
        n++;
        rc = ls_reader_doc(&d, r, doc, &err);
        answered("document", rc, clean);
        if (!rc) ls_doc_free(d);
    }
    answered("next", rc == LS_NOTFOUND ? LS_OK : rc, clean);
    answered("stats", ls_reader_stats(r, &stats, &err), clean);
    if (clean) assert_int_equal(stats.documents, n);
    ls_reader_close(r);
}

static void write_all(bool clean)
{
    char to[120];
    ls_writer *w;
    LS_INIT(ls_salvage_options, so);
    LS_INIT(ls_salvage_report, saved);
    LS_INIT(ls_writer_options, o);
    snprintf(to, sizeof to, "%s/saved", folder);
    so.fault = count;
    faults = 0;
    int rc = ls_salvage(index_path, to, &so, &saved, &err);
    answered("salvage", rc, clean);
    if (!rc) answered("check of what was saved", ls_check(to, NULL, NULL, NULL, &err), true);
    if (clean) assert_int_equal(saved.lost, 0);
    assert_int_equal(saved.faults, faults);
    remove_folder(to);
    answered("backup", rc = ls_backup(index_path, to, &err), clean);
    remove_folder(to);
    assert_int_equal(ls_backup(index_path, to, NULL), rc); /* nobody asks why */
    remove_folder(to);
    assert_int_equal(ls_check(index_path, NULL, NULL, NULL, NULL) == LS_OK, clean);
    o.flags = LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.clock = read_clock;
    answered("writer", rc = ls_writer_open(&w, index_path, &o, &err), clean);
    if (rc) return;
    answered("delete", rc = ls_delete(w, "d1", 2, &err), clean);
    if (!rc) answered("commit", rc = ls_commit(w, NULL, &err), clean);
    if (!rc) answered("merge", rc = ls_merge(w, 1, &err), clean);
    ls_writer_close(w);
    if (clean && !rc) answered("check again", ls_check(index_path, NULL, NULL, NULL, &err), true);
}

/* The manifest is gone, or but on its way to its name; of the first segment META may be lost as well: all that is known then
 * are the files themselves. What is saved passes its check. */
static uint64_t meta_at; /* in the first segment's file */
static const char *first_segment;

static void salvage_ruin(unsigned how)
{
    char name[200], temp[200], to[120];
    LS_INIT(ls_salvage_options, o);
    LS_INIT(ls_salvage_report, saved);
    image_put();
    snprintf(name, sizeof name, "%s/MANIFEST", index_path);
    snprintf(temp, sizeof temp, "%s/manifest-00000000000000ff", index_path);
    snprintf(to, sizeof to, "%s/saved", folder);
    assert_int_equal(how % 3 ? rename(name, temp) : unlink(name), 0);
    snprintf(name, sizeof name, "%s/%.63s", index_path, first_segment);
    int fd = open(name, O_WRONLY);
    assert_true(fd >= 0);
    if (how % 3 == 2) assert_int_equal(pwrite(fd, "\xA5", 1, (off_t)meta_at + 30), 1);
    close(fd);
    o.fault = count;
    faults = 0;
    int rc = ls_salvage(index_path, to, &o, &saved, &err);
    answered("salvage of a ruin", rc, false);
    if (!rc) answered("check of what was saved", ls_check(to, NULL, NULL, NULL, &err), true);
    if (!rc) assert_true(saved.documents || saved.lost || saved.segments_lost);
    assert_int_equal(saved.faults, faults);
    remove_folder(to);
}

static void judge(const image *f, size_t from, size_t at)
{
    bool write = lies % 6 == 0;
    snprintf(lie, sizeof lie, "%s, byte %zu of the section at %zu: %02x %02x %02x %02x", f->name, at, from,
             f->now[from + at], f->now[from + at + 1], f->now[from + at + 2], f->now[from + at + 3]);
    if (!memcmp(f->now, f->was, f->bytes)) return;
    seal_all();
    image_put();
    faults = 0;
    int rc = ls_check(index_path, count, NULL, NULL, &err);
    if (rc && !is_refusal(rc)) fail_msg("check: %d, %s", rc, err.message);
    assert_true(!rc || faults || err.code != LS_CORRUPT);
    told += rc != 0;
    passed += !rc;
    lies++;
    read_all(!rc);
    if (write || !rc) write_all(!rc);
    if (lies % 4 == 0) salvage_ruin((unsigned)lies / 4);
}

/* ---- the lies ---- */

static void lie_in(const image *f, size_t from, size_t bytes, bool all, uint64_t *turn)
{
    for (size_t at = 0; at + 4 <= bytes; at += 4) {
        if (!all && at >= 32 && (*turn)++ % stride) continue;
        uint32_t was = lsi_get32(f->was + from + at), values[] = {was + 1, 0, was - 1, 0x7FFFFFFF};
        for (size_t k = 0; k < LSI_COUNTOF(values); k++) {
            image_reset();
            lsi_set32(f->now + from + at, values[k]);
            judge(f, from, at);
        }
        if (at % 8 || at + 8 > bytes) continue;
        image_reset();
        lsi_set64(f->now + from + at, UINT64_MAX);
        judge(f, from, at);
    }
}

static int by_name(const void *a, const void *b)
{
    const image *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void fields(void **state)
{
    uint64_t turn = 0;
    bool segment = false;
    (void)state;
    build();
    image_load();
    qsort(files, file_count, sizeof *files, by_name);
    image_reset();
    for (size_t i = 0; !first_segment; i++) {
        if (strncmp(files[i].name, "seg-", 4)) continue;
        first_segment = files[i].name;
        meta_at =
            lsi_get64(files[i].was + lsi_get64(files[i].was + HEADER_TABLE) + ENTRY_OFFSET); /* the first section */
    }
    image_put();
    OK(ls_check(index_path, count, NULL, NULL, &err));
    read_all(true);
    write_all(true);
    for (size_t i = 0; i < file_count; i++) {
        const image *f = &files[i];
        if (!strncmp(f->name, "seg-", 4)) {
            if (segment) continue; /* the first is enough */
            segment = true;
        }
        const uint8_t *table = f->was + lsi_get64(f->was + HEADER_TABLE);
        for (uint32_t s = 0; s < lsi_get32(f->was + HEADER_COUNT); s++) {
            const uint8_t *e = table + s * FRAME_ENTRY_BYTES;
            lie_in(f, (size_t)lsi_get64(e + ENTRY_OFFSET), (size_t)lsi_get64(e + ENTRY_BYTES), lsi_get32(e) == 1,
                   &turn);
        }
    }
    image_free();
    print_message("%d lies, %d told, %d passed by check\n", (int)lies, (int)told, (int)passed);
    assert_true(segment && told > lies / 2 && of_live > 20);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(fields, index_clean)};
    if (argc > 1) stride = strtoull(argv[1], NULL, 10);
    if (!stride) stride = 1;
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
