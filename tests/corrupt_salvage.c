/* corrupt_salvage.c — an index of three segments, with replaced and deleted documents, is damaged in every way that
 * there is (each byte of each file in turn, cut, made longer, emptied, removed, exchanged), and salvaged. The new index
 * must verify; every document in it must be, word for word, one that the old one held; whatever is missing must have
 * been told; and damage in one segment must not cost a document of another. Of a file that is cut, what stands before the
 * cut is saved. usage: corrupt_salvage [STRIDE]: every
 * STRIDE-th byte only (default 43) */
#include "libsearch/codec/bits.h"
#include "libsearch/segment/rescue.h"
#include "libsearch/segment/segment.h"
#include "libsearch/store/io.h"
#include "libsearch/util/alloc.h"
#include "tests/index_util.h"
#include <errno.h>

#define DOCS     30 /* 10 a segment */
#define REPLACED 4  /* of the first segment, in the third */
#define GONE     13 /* deleted, of the second */
#define KILLED   17 /* the same, with a tombstone: never back */

static ls_error err;
static size_t stride = 43;
static char saved_path[100];
static uint64_t runs, told, lost_sum, part_sum;

static void body_text(char *out, size_t cap, int i, bool old)
{
    snprintf(out, cap, "%s text of document %d, and some words w%d w%d", old ? "old" : "the", i, i * 7, i % 5);
}

static void add_one(ls_writer *w, int i, bool old)
{
    char id[16], body[100];
    ls_doc *d;
    snprintf(id, sizeof id, "d%d", i);
    body_text(body, sizeof body, i, old);
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    OK(ls_doc_add_text(d, "title", i % 2 ? "An odd one" : "An even one", i % 2 ? 10 : 11, &err));
    OK(ls_doc_add_text(d, "body", body, strlen(body), &err));
    OK(ls_doc_add_text(d, "source", "Daily", 5, &err));
    OK(ls_doc_add_int(d, "published", 86400000LL * i, &err));
    OK(ls_doc_set_language(d, "english", &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

static void build(void)
{
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    for (int i = 0; i < DOCS; i++) {
        add_one(w, i, i == REPLACED);
        if (i == 22) add_one(w, REPLACED, false);
        if (i == 24) OK(ls_delete(w, "d13", 3, &err));
        if (i == 24)
            OK(ls_kill(w, &(ls_kill_options){.size = sizeof(ls_kill_options), .id = "d17", .id_len = 3}, NULL, &err));
        if (i % 10 == 9) OK(ls_commit(w, NULL, &err));
    }
    ls_writer_close(w);
}

static void count_fault(void *ctx, const ls_error *e, const char *what)
{
    (void)ctx;
    assert_true(e->code < 0 && *e->message && *what);
    told++;
}

/* The new index: whole, and nothing in it that was not in the old one. Tells which documents it has. */
static void judge(const ls_salvage_report *report, const char *what, bool have[DOCS])
{
    ls_reader *r;
    uint64_t doc = UINT64_MAX, n = 0;
    LS_INIT(ls_check_report, checked);
    memset(have, 0, DOCS * sizeof *have);
    OK(ls_check(saved_path, NULL, NULL, &checked, &err));
    OK(ls_reader_open(&r, saved_path, NULL, &err));
    while (!ls_reader_next(r, &doc, &err)) {
        ls_doc *d;
        size_t len;
        char body[100];
        int i = -1;
        int64_t published;
        n++;
        OK(ls_reader_doc(&d, r, doc, &err));
        const char *text = ls_doc_text(d, "body", 0, &len);
        assert_true(text && sscanf(text, "%*s text of document %d,", &i) == 1 && i >= 0 && i < DOCS);
        body_text(body, sizeof body, i, !strncmp(text, "old", 3));
        if (!strncmp(text, "old", 3) && i != REPLACED) print_error("%s: %s\n", what, text);
        assert_string_equal(text, body);
        assert_int_equal(ls_doc_text(d, "title", 0, NULL)[3], i % 2 ? 'o' : 'e');
        if (!ls_doc_int(d, "published", &published)) assert_int_equal(published, 86400000LL * i);
        else assert_true(report->in_part > 0);
        if (strncmp(text, "old", 3)) have[i] = true;
        ls_doc_free(d);
    }
    ls_reader_close(r);
    if (n != report->documents) print_error("%s: %d in it\n", what, (int)n);
    assert_int_equal(n, report->documents);
}

/* Salvages, and holds the report against what came of it. broken: the segment damaged, -1: none. */
static void salvage(const char *what, int broken, bool manifest_sound)
{
    LS_INIT(ls_salvage_options, o);
    LS_INIT(ls_salvage_report, report);
    bool have[DOCS];
    uint64_t missing = 0;
    o.fault = count_fault;
    told = 0;
    remove_folder(saved_path);
    int rc = ls_salvage(index_path, saved_path, &o, &report, &err);
    if (rc) print_error("%s: %d, %s\n", what, rc, err.message);
    assert_int_equal(rc, LS_OK);
    assert_int_equal(told, report.faults);
    judge(&report, what, have);
    for (int i = 0; i < DOCS; i++) {
        if (i == KILLED && have[i]) print_error("%s: the killed one is back\n", what);
        if (i == KILLED) assert_false(have[i]);
        if (i == GONE || i == KILLED) {
            if (have[i] && manifest_sound && !report.undeleted) print_error("%s: the deleted one is back\n", what);
            assert_true(!have[i] || !manifest_sound || report.undeleted);
            continue;
        }
        missing += !have[i];
        int segment = i == REPLACED ? 2 : i / 10;
        if (!have[i] && segment != broken) print_error("%s: document %d of a sound segment is lost\n", what, i);
        assert_true(have[i] || segment == broken);
    }
    if (missing && report.lost < missing && report.segments_lost == 0)
        print_error("%s: %d lost, %d told\n", what, (int)missing, (int)report.lost);
    assert_true(report.lost >= missing || report.segments_lost);
    runs++;
    lost_sum += missing;
    part_sum += report.in_part;
}

typedef struct image {
    char name[64], path[512];
    uint8_t *p;
    size_t n;
    int segment; /* 0.. in order; -1: manifest; live files have that of their segment */
} image;

static int by_name(const void *a, const void *b)
{
    const image *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void put(const image *f, const uint8_t *p, size_t n)
{
    int fd = open(f->path, O_WRONLY | O_TRUNC | O_CREAT, 0666);
    assert_true(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    close(fd);
}

static size_t load(image *files, size_t cap)
{
    size_t n = 0;
    int segments = 0;
    DIR *d = opendir(index_path);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        if (e->d_name[0] == '.' || !strcmp(e->d_name, "LOCK")) continue;
        assert_true(n < cap && strlen(e->d_name) < sizeof files->name);
        image *f = &files[n++];
        memcpy(f->name, e->d_name, strlen(e->d_name) + 1);
        snprintf(f->path, sizeof f->path, "%s/%s", index_path, e->d_name);
        int fd = open(f->path, O_RDONLY);
        assert_true(fd >= 0 && !fstat(fd, &st));
        f->n = (size_t)st.st_size;
        f->p = malloc(f->n + 1);
        assert_true(f->p && read(fd, f->p, f->n) == (ssize_t)f->n);
        close(fd);
    }
    closedir(d);
    qsort(files, n, sizeof *files, by_name); /* MANIFEST, live-…, live-…, seg-… × 3, tombs-… */
    for (size_t i = 0, lives = 0; i < n; i++)
        files[i].segment = !strncmp(files[i].name, "seg", 3)     ? segments++
                           : !strncmp(files[i].name, "live", 4)  ? (int)lives++
                           : !strncmp(files[i].name, "tombs", 5) ? 0
                                                                 : -1;
    return n;
}

static void damage(image *f)
{
    char what[128];
    bool manifest = f->segment < 0;
    int broken = strncmp(f->name, "seg", 3) ? -1 : f->segment;
    for (size_t i = 0; i < f->n; i += stride) {
        uint8_t was = f->p[i];
        f->p[i] ^= 0x41;
        snprintf(what, sizeof what, "%.60s, byte %zu", f->name, i);
        put(f, f->p, f->n);
        salvage(what, broken, !manifest);
        f->p[i] = was;
    }
    for (size_t n = 0; n < f->n; n += 1 + f->n / 7) {
        put(f, f->p, n);
        snprintf(what, sizeof what, "%.60s, cut at %zu", f->name, n);
        salvage(what, broken, !manifest);
    }
    uint8_t *longer = calloc(f->n + 5000, 1);
    assert_non_null(longer);
    memcpy(longer, f->p, f->n);
    for (size_t more = 1; more < 5000; more += 4095) {
        put(f, longer, f->n + more);
        snprintf(what, sizeof what, "%.60s, %zu longer", f->name, more);
        salvage(what, -1, !manifest); /* nothing of it is lost */
    }
    free(longer);
    unlink(f->path);
    snprintf(what, sizeof what, "%.60s, missing", f->name);
    salvage(what, broken, !manifest);
    put(f, f->p, f->n);
}

static void each_file(void **state)
{
    (void)state;
    image files[8];
    build();
    size_t n = load(files, 8);
    assert_int_equal(n, 7);
    salvage("nothing damaged", -1, true);
    for (size_t i = 0; i < n; i++) damage(&files[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            if (i == k) continue;
            put(&files[i], files[k].p, files[k].n);
            salvage("exchanged", strncmp(files[i].name, "seg", 3) ? -1 : files[i].segment, files[i].segment >= 0);
            put(&files[i], files[i].p, files[i].n);
        }
    for (size_t i = 0; i < n; i++) free(files[i].p);
    print_message("%llu damaged indexes salvaged; %llu documents lost, %llu in part, all told\n",
                  (unsigned long long)runs, (unsigned long long)lost_sum, (unsigned long long)part_sum);
}

/* Without a manifest, a schema of one's own has to be given; one that is not like it is refused. */
static void lost_schema(void **state)
{
    (void)state;
    ls_schema *own, *other;
    LS_INIT(ls_writer_options, wo);
    LS_INIT(ls_salvage_options, o);
    LS_INIT(ls_salvage_report, report);
    ls_field text = {sizeof text, "text", LS_TEXT, 2, 0}, kind = {sizeof kind, "kind", LS_KEYWORD, 0, 0};
    ls_field unlike[] = {{sizeof text, "more", LS_KEYWORD, 0, 0}, {sizeof text, "more", LS_TEXT, 2, 0}, {sizeof text, "more", LS_TEXT, 0, 0}};
    ls_schema *as_many[LSI_COUNTOF(unlike)]; /* as many fields, of other kinds */
    char path[200], text_of[100];
    ls_writer *w;
    ls_doc *d;
    ls_reader *r;
    OK(ls_schema_new(&own, &err));
    OK(ls_schema_add(own, &text, &err));
    OK(ls_schema_add(own, &kind, &err));
    OK(ls_schema_new(&other, &err));
    OK(ls_schema_add(other, &kind, &err));
    for (size_t i = 0; i < LSI_COUNTOF(unlike); i++) {
        ls_field f = unlike[i];
        OK(ls_schema_new(&as_many[i], &err));
        OK(ls_schema_add(as_many[i], i == 1 ? &text : &kind, &err));
        OK(ls_schema_add(as_many[i], &f, &err));
    }
    wo.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    wo.schema = own;
    OK(ls_writer_open(&w, index_path, &wo, &err));
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, "a", 1, &err));
    OK(ls_doc_add_text(d, "text", "some words", 10, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    snprintf(path, sizeof path, "%s/MANIFEST", index_path);
    assert_int_equal(unlink(path), 0);
    remove_folder(saved_path);
    WANT(ls_salvage(index_path, saved_path, &o, &report, &err), LS_CORRUPT);
    assert_non_null(strstr(err.message, "schema is lost"));
    o.schema = other;
    WANT(ls_salvage(index_path, saved_path, &o, &report, &err), LS_CORRUPT);
    for (size_t i = 0; i < LSI_COUNTOF(unlike); i++) {
        o.schema = as_many[i];
        WANT(ls_salvage(index_path, saved_path, &o, &report, &err), LS_CORRUPT);
        assert_non_null(strstr(err.message, "the one given"));
        ls_schema_free(as_many[i]);
    }
    assert_int_not_equal(access(saved_path, F_OK), 0);
    o.schema = own;
    o.memory_bytes = 4 << 20;
    OK(ls_salvage(index_path, saved_path, &o, &report, &err));
    assert_int_equal(report.documents, 1);
    OK(ls_reader_open(&r, saved_path, NULL, &err));
    OK(ls_get(&d, r, "a", 1, &err));
    snprintf(text_of, sizeof text_of, "%s", ls_doc_text(d, "text", 0, NULL));
    assert_string_equal(text_of, "some words");
    ls_doc_free(d);
    ls_reader_close(r);
    ls_schema_free(own);
    ls_schema_free(other);
}

static void refusals(void **state)
{
    (void)state;
    LS_INIT(ls_salvage_report, report);
    char empty[100];
    build();
    remove_folder(saved_path);
    WANT(ls_salvage(index_path, index_path, NULL, &report, &err), LS_EXISTS);
    WANT(ls_salvage(index_path, folder, NULL, &report, &err), LS_EXISTS);
    snprintf(empty, sizeof empty, "%s/empty", folder);
    assert_int_equal(mkdir(empty, 0777), 0);
    WANT(ls_salvage(empty, saved_path, NULL, &report, &err), LS_NOTFOUND);
    WANT(ls_salvage("/nonexistent", saved_path, NULL, &report, &err), LS_NOTFOUND);
    rmdir(empty);
    /* It takes no lock, and the writer goes on. */
    ls_writer *w = open_writer(0, 0);
    OK(ls_salvage(index_path, saved_path, NULL, NULL, &err));
    OK(add_doc(w, "later", "it goes on", 0, NULL, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* The nth allocation, and the nth system call, fails while a damaged index is salvaged: an error, no index under the
 * new name, nothing left beside it, and the next try works. */
static void failures(void **state)
{
    (void)state;
    static const int errors[] = {0, ENOSPC, EIO, EMFILE};
    image files[8];
    build();
    size_t n = load(files, 8);
    image *seg = &files[n - 3];
    seg->p[seg->n / 2] ^= 1;
    put(seg, seg->p, seg->n);
    char part[120];
    snprintf(part, sizeof part, "%s.part", saved_path);
    for (size_t k = 0; k < 4; k++)
        for (uint64_t at = 1;; at += stride > 1 ? 7 : 1) {
            LS_INIT(ls_salvage_report, report);
            remove_folder(saved_path);
            if (k) lsi_io_fail_at(at, errors[k], false);
            else lsi_alloc_fail_at(at, false);
            int rc = ls_salvage(index_path, saved_path, NULL, &report, &err);
            uint64_t calls = lsi_io_fail_at(0, 0, false), allocations = lsi_alloc_fail_at(0, false);
            bool over = (k ? calls : allocations) < at;
            if (!k && rc != LS_COMMIT_UNKNOWN && rc) assert_int_equal(rc, LS_NOMEM); /* unknown: the rename was made */
            if (rc) assert_int_equal(err.code, rc);
            if (rc) assert_int_equal(access(saved_path, F_OK) == 0, rc == LS_COMMIT_UNKNOWN);
            if (!rc) {
                LS_INIT(ls_check_report, checked);
                OK(ls_check(saved_path, NULL, NULL, &checked, &err));
            }
            if (!access(part, F_OK)) remove_folder(part); /* where the unlinking was what failed */
            if (over) {
                assert_int_equal(rc, LS_OK);
                break;
            }
        }
    for (size_t i = 0; i < n; i++) free(files[i].p);
}

/* A segment file is cut: every document whose stored bytes lie in whole chunks before the cut is saved, with its id, its
 * version and its number, and each other one is told. */
enum { MANY = 400 };
static void build_long(void)
{
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    uint64_t seed = 7;
    for (int i = 0; i < MANY; i++) {
        char id[16], body[1200];
        ls_doc *d;
        snprintf(id, sizeof id, "d%d", i);
        random_text(&seed, body, sizeof body, 200);
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_set_id(d, id, strlen(id), &err));
        OK(ls_doc_add_text(d, "body", body, strlen(body), &err));
        OK(ls_doc_add_int(d, "published", 1000LL * i, &err));
        ls_doc_set_version(d, 10 + i);
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* Where the stored bytes of each document end that have to be there, a chunk's last byte at the most; *body: where the
 * sections begin. */
static void ends_of(uint64_t ends[MANY], uint64_t *body, const char *name)
{
    lsi_dir *dir;
    lsi_frame *f;
    OK(lsi_dir_open(&dir, index_path, &err));
    OK(lsi_frame_open(&f, dir, name, LSI_FILE_SEGMENT, false, 0, 0, &err));
    const lsi_section *s = lsi_frame_find(f, LSI_SEC_STORED), *index = lsi_frame_find(f, LSI_SEC_STORED_INDEX);
    assert_true(s->bytes > 3 * LSI_CHUNK_BYTES);
    for (uint32_t d = 0; d < MANY; d++) {
        uint64_t from, to;
        OK(lsi_offsets_get(index, 8, MANY, d, s->bytes, &from, &to, &err));
        uint64_t chunks = lsi_section_last_chunk(s, from, to - from) + 1;
        ends[d] = s->file_offset + LSI_MIN(chunks * LSI_CHUNK_BYTES, s->bytes);
    }
    *body = lsi_frame_section_at(f, 0)->file_offset;
    lsi_frame_close(f);
    lsi_dir_close(dir);
}

static void judge_cut(size_t cut, const uint64_t ends[MANY], const ls_salvage_report *report)
{
    ls_reader *r;
    uint64_t missing = 0;
    OK(ls_reader_open(&r, saved_path, NULL, &err));
    for (int i = 0; i < MANY; i++) {
        char id[16];
        int64_t published;
        ls_doc *d;
        snprintf(id, sizeof id, "d%d", i);
        int rc = ls_get(&d, r, id, strlen(id), &err);
        if (rc != (ends[i] <= cut ? LS_OK : LS_NOTFOUND)) fail_msg("cut at %zu: document %d gives %d", cut, i, rc);
        missing += rc != LS_OK;
        if (rc) continue;
        OK(ls_doc_int(d, "published", &published));
        assert_int_equal(published, 1000 * i);
        assert_int_equal(ls_doc_version(d), 10 + i);
        ls_doc_free(d);
    }
    ls_reader_close(r);
    assert_int_equal(report->documents, MANY - missing);
    assert_int_equal(report->lost, missing);
    assert_int_equal(report->in_part, 0);
}

static void cut_short(void **state)
{
    (void)state;
    image files[4];
    uint64_t ends[MANY], body;
    build_long();
    assert_int_equal(load(files, 4), 2);
    image *seg = &files[1];
    ends_of(ends, &body, seg->name);
    const size_t cuts[] = {seg->n - 1,
                           seg->n - 64,
                           seg->n / 2,
                           (size_t)ends[0],
                           (size_t)ends[0] - 1,
                           (size_t)ends[MANY - 1],
                           (size_t)ends[MANY - 1] - 1,
                           (size_t)ends[MANY / 2] + 99,
                           (size_t)body + 9,
                           (size_t)body - 1};
    for (size_t i = 0; i < LSI_COUNTOF(cuts); i++) {
        LS_INIT(ls_salvage_report, report);
        put(seg, seg->p, cuts[i]);
        remove_folder(saved_path);
        OK(ls_salvage(index_path, saved_path, NULL, &report, &err));
        judge_cut(cuts[i], ends, &report);
        assert_true(report.faults > 0);
    }
    for (size_t i = 0; i < 2; i++) free(files[i].p);
}

/* A number of documents that lies leads no walk beyond what the file can hold. */
static void false_count(void **state)
{
    (void)state;
    image files[4];
    lsi_dir *dir;
    lsi_rescue *r;
    ls_schema *news;
    build_long();
    assert_int_equal(load(files, 4), 2);
    lsi_segment_info info = {.generation = strtoull(strchr(files[1].name, '-') + 1, NULL, 16), .doc_count = MANY};
    OK(ls_schema_news(&news, &err));
    OK(lsi_dir_open(&dir, index_path, &err));
    OK(lsi_rescue_open(&r, dir, &info, news, NULL, NULL, &err));
    assert_int_equal(lsi_rescue_reach(r), MANY);
    lsi_rescue_close(r);
    info.doc_count = UINT32_MAX - 1;
    OK(lsi_rescue_open(&r, dir, &info, news, NULL, NULL, &err));
    assert_int_equal(lsi_rescue_count(r), UINT32_MAX - 1);
    assert_in_range(lsi_rescue_reach(r), MANY, 4 * files[1].n);
    assert_true(lsi_rescue_live_from(r, MANY) == UINT32_MAX - 1 - MANY);
    lsi_rescue_close(r);
    info.doc_count = UINT32_MAX; /* which stands for no document */
    WANT(lsi_rescue_open(&r, dir, &info, news, NULL, NULL, &err), LS_CORRUPT);
    assert_true(!r && strstr(err.message, "a number of documents"));
    lsi_dir_close(dir);
    ls_schema_free(news);
    for (size_t i = 0; i < 2; i++) free(files[i].p);
}

/* ---- tombstones ---- */

#define TOMBS 900 /* of some 100 bytes: three chunks of records */
#define CHUNK 32768u

static void build_tombs(void)
{
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    OK(add_doc(w, "alive", "a document", 1, NULL, &err));
    for (int i = 0; i < TOMBS; i++) {
        char id[16], guid[32], reason[80];
        LS_INIT(ls_kill_options, k);
        k.id = id;
        k.id_len = (size_t)snprintf(id, sizeof id, "k%d", i);
        k.guid = guid;
        k.guid_len = i % 3 ? (size_t)snprintf(guid, sizeof guid, "urn:killed:%d", i) : 0;
        k.reason = reason;
        k.reason_len = (size_t)snprintf(reason, sizeof reason, "%0*d", 40 + i % 30, i);
        k.version = i;
        k.time = 1000 + i;
        OK(ls_kill(w, &k, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* Where the records begin in the file, and where each ends in its section. */
static void ends_of_tombs(uint64_t ends[TOMBS], uint64_t *index, uint64_t *records, const char *name)
{
    lsi_dir *dir;
    lsi_frame *f;
    ls_reader *r;
    uint64_t at = 0;
    OK(ls_reader_open(&r, index_path, NULL, &err));
    for (size_t i = 0; i < TOMBS; i++) {
        LS_INIT(ls_tombstone, t);
        OK(ls_reader_tombstone_at(r, i, &t, &err));
        ends[i] = at += 28 + t.id_len + t.guid_len + t.reason_len + 3;
    }
    ls_reader_close(r);
    OK(lsi_dir_open(&dir, index_path, &err));
    OK(lsi_frame_open(&f, dir, name, LSI_FILE_TOMBS, false, 0, 0, &err));
    *index = lsi_frame_find(f, 1)->file_offset;
    *records = lsi_frame_find(f, 2)->file_offset;
    assert_true(lsi_frame_find(f, 2)->bytes == at && at > 2 * CHUNK);
    lsi_frame_close(f);
    lsi_dir_close(dir);
}

/* Which are there: those that want nothing of the chunks from..to of the records, each with all it had. */
static void judge_tombs(const uint64_t ends[TOMBS], uint64_t from, uint64_t to)
{
    ls_reader *r;
    uint64_t missing = 0;
    LS_INIT(ls_salvage_report, report);
    remove_folder(saved_path);
    OK(ls_salvage(index_path, saved_path, NULL, &report, &err));
    assert_int_equal(report.documents, 1);
    assert_true(report.faults > 0);
    OK(ls_reader_open(&r, saved_path, NULL, &err));
    for (int i = 0; i < TOMBS; i++) {
        char id[16];
        LS_INIT(ls_tombstone, t);
        uint64_t first = (i ? ends[i - 1] : 0) / CHUNK,
                 last = (LSI_MIN(ends[i] + LSI_BEHIND, ends[TOMBS - 1]) - 1) / CHUNK;
        bool lost = first <= to && last >= from;
        snprintf(id, sizeof id, "k%d", i);
        int rc = ls_reader_tombstone(r, &t, id, strlen(id), &err);
        if (rc != (lost ? LS_NOTFOUND : LS_OK))
            fail_msg("chunks %d to %d: tombstone %d gives %d", (int)from, (int)to, i, rc);
        missing += lost;
        if (lost) continue;
        assert_int_equal(t.version, i);
        assert_int_equal(t.time, 1000 + i);
        assert_int_equal(t.reason_len, 40 + i % 30);
        assert_int_equal(atoi(t.reason), i);
        assert_int_equal(t.guid_len > 0, i % 3 > 0);
    }
    ls_reader_close(r);
    assert_true(report.faults >= missing);
}

static void tombstones(void **state)
{
    (void)state;
    image files[4];
    uint64_t ends[TOMBS], index, records, none = UINT64_MAX;
    build_tombs();
    assert_int_equal(load(files, 4), 3);
    image *f = &files[2];
    uint8_t *p = malloc(f->n);
    assert_non_null(p);
    ends_of_tombs(ends, &index, &records, f->name);
    uint64_t last = (ends[TOMBS - 1] - 1) / CHUNK;
    const struct {
        size_t cut, flip; /* SIZE_MAX: not */
        uint64_t from, to;
    } cases[] = {
        {f->n - 1, SIZE_MAX, none, 0},
        {(size_t)(records + ends[TOMBS - 1]), SIZE_MAX, none, 0},
        {(size_t)(records + ends[TOMBS - 1]) - 1, SIZE_MAX, last, last},
        {(size_t)(records + 2 * CHUNK), SIZE_MAX, 2, last},
        {(size_t)(records + 2 * CHUNK) - 1, SIZE_MAX, 1, last},
        {(size_t)records + 1, SIZE_MAX, 0, last},
        {(size_t)index + 99, SIZE_MAX, 0, last},
        {SIZE_MAX, (size_t)index, none, 0}, /* the places are lost: one behind the other */
        {SIZE_MAX, (size_t)index + 7000, none, 0},
        {SIZE_MAX, (size_t)(records + CHUNK) + 5, 1, 1},         /* those behind are found by their places */
        {(size_t)(records + 2 * CHUNK), (size_t)index, 2, last}, /* both */
        {SIZE_MAX, 3, none, 0},                                  /* the header */
    };
    for (size_t i = 0; i < LSI_COUNTOF(cases); i++) {
        memcpy(p, f->p, f->n);
        if (cases[i].flip != SIZE_MAX) p[cases[i].flip] ^= 0x10;
        put(f, p, LSI_MIN(cases[i].cut, f->n));
        judge_tombs(ends, cases[i].from, cases[i].to);
    }
    free(p);
    for (size_t i = 0; i < 3; i++) free(files[i].p);
}

static int clean(void **state)
{
    remove_folder(saved_path);
    return index_clean(state);
}

static int begin(void **state)
{
    int rc = folder_begin(state);
    snprintf(saved_path, sizeof saved_path, "%s/saved", folder);
    return rc;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_file, clean),   cmocka_unit_test_teardown(cut_short, clean),
        cmocka_unit_test_teardown(false_count, clean), cmocka_unit_test_teardown(tombstones, clean),
        cmocka_unit_test_teardown(lost_schema, clean), cmocka_unit_test_teardown(refusals, clean),
        cmocka_unit_test_teardown(failures, clean),
    };
    if (argc > 1) stride = strtoull(argv[1], NULL, 10);
    if (!stride) stride = 1;
    return cmocka_run_group_tests(tests, begin, folder_end);
}
