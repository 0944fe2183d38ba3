/* t_segment_damage.c — segments that are not what they were: every byte damaged, structures that lie under good
 * checksums, and random damage under good checksums, which every user of a segment must survive.
 *   t_segment_damage [seed] [rounds of random damage] */
#include "libsearch/segment/build.h"
#include "libsearch/segment/tally.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "tests/segment_hand.c" /* a test is one file and the library */

static uint32_t crafted_rounds = 400;

static void write_damaged(const char *name, const uint8_t *p, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

typedef struct told {
    uint32_t faults;
    char last[640];
} told;

static void tell(void *ctx, const ls_error *e, const char *section)
{
    told *t = ctx;
    t->faults++;
    assert_non_null(section);
    assert_int_equal(e->code, LS_CORRUPT);
    snprintf(t->last, sizeof t->last, "%s: %s", section, e->message);
}

/* Opens and checks; true where damage was told. */
static bool is_told(const ls_schema *s, const lsi_segment_info *info, bool use_mmap, told *t)
{
    ls_error err;
    lsi_segment *seg = NULL;
    lsi_live *live = NULL;
    uint64_t faults = 0;
    memset(t, 0, sizeof *t);
    int rc = lsi_segment_open(&seg, dir, info, s, use_mmap, &err);
    if (!rc) rc = lsi_live_open(&live, dir, seg, info, use_mmap, &err);
    if (!rc) {
        rc = lsi_segment_verify(seg, live, tell, t, &faults, &err);
        assert_true((rc == LS_CORRUPT) == (faults > 0));
        assert_int_equal(faults, t->faults);
    }
    lsi_live_release(live);
    lsi_segment_release(seg);
    return rc != LS_OK;
}

static void damage_every_byte(const ls_schema *s, const lsi_segment_info *info, lsi_name_kind kind, uint64_t no)
{
    ls_error err;
    char name[LSI_NAME_BYTES], path[128];
    lsi_buf b;
    told t;
    lsi_buf_init(&b, 0);
    lsi_name_make(name, kind, no);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(lsi_io_read_file(path, 1 << 20, &b, &err), LS_OK);
    for (size_t i = 0; i < b.len; i += 1 + rnd(3)) {
        uint8_t was = b.data[i];
        b.data[i] ^= (uint8_t)(1u << rnd(8));
        write_damaged(name, b.data, b.len);
        if (!is_told(s, info, rnd(2), &t)) fail_msg("%s: byte %zu of %zu damaged and not told", name, i, b.len);
        b.data[i] = was;
    }
    for (size_t cut = 0; cut < b.len; cut += 1 + rnd(97)) {
        write_damaged(name, b.data, cut);
        if (!is_told(s, info, true, &t)) fail_msg("%s: cut at %zu and not told", name, cut);
    }
    write_damaged(name, b.data, b.len);
    assert_false(is_told(s, info, true, &t));
    lsi_buf_clear(&b);
}

static void test_damage(void **state)
{
    (void)state;
    ls_schema *s = small_schema();
    lsi_segment_info info;
    lsi_live *live;
    lsi_segment *seg = some_segment(s, &info, &live);
    lsi_live_release(live);
    lsi_segment_release(seg);
    damage_every_byte(s, &info, LSI_NAME_SEGMENT, info.generation);
    damage_every_byte(s, &info, LSI_NAME_LIVE, info.live_generation);
    remove_segment(&info);
    lsi_free(s);
}

/* ---- lies under good checksums ---- */

typedef enum lie {
    TRUTH,
    TF,
    SHORT_COUNT,
    NO_SHORT,
    POSITION,
    REGION,
    FORM_DF,
    FORM_NUMBER,
    NORM,
    LENGTH_SUM,
    HIDDEN_TF,
    LIES
} lie;

/* One document "id0": title "ab" (form AB), body "ab ab cd"; with one thing wrong. */
static void build_lie(const ls_schema *s, lie what, lsi_segment_info *info)
{
    ls_error err;
    uint8_t norms[4][1] = {{6}, {1}, {3}, {0}}, languages[1] = {0};
    lsi_build_plan plan = {.doc_count = 1, .length_sum = {6, 1, 3, 0}, .word_sum = 4, .languages = languages};
    if (what == NORM) norms[0][0] = 7;
    if (what == LENGTH_SUM) plan.length_sum[0] = 7;
    for (int l = 0; l < 4; l++) plan.norms[l] = norms[l];
    lsi_builder *b;
    assert_int_equal(lsi_builder_new(&b, dir, ++generation, s, &plan, &err), LS_OK);
    lsi_build_list_begin(b, 0, 0);
    lsi_build_posting(b, 0, 1, what == HIDDEN_TF ? 3 : 1);
    lsi_build_entries(b, (const uint32_t[]){0}, 1);
    lsi_build_list_end(b);
    lsi_build_term(b, (const uint8_t *)LSI_TERM_SENTENCE, 2, 0);
    lsi_build_list_begin(b, 0, 2);
    lsi_build_posting(b, 0, 3, what == TF ? 3 : 5);
    const uint32_t gaps[] = {0, 9, what == POSITION ? UINT32_MAX : 1}, numbers[] = {0, 1, what == FORM_NUMBER ? 2 : 1};
    lsi_build_entries(b, gaps, 3);
    lsi_build_form_numbers(b, numbers, (const uint32_t[]){0, 1, 2}, 3);
    lsi_build_list_end(b);
    if (what != NO_SHORT) {
        lsi_build_list_begin(b, 1, 0);
        lsi_build_posting(b, 0, what == SHORT_COUNT ? 2 : 1, what == SHORT_COUNT ? 2 : 1);
        lsi_build_list_end(b);
    }
    lsi_build_term(b, (const uint8_t *)"ab", 2, 2);
    lsi_build_list_begin(b, 0, 1);
    lsi_build_posting(b, 0, 1, 1);
    lsi_build_entries(b, (const uint32_t[]){11}, 1);
    lsi_build_list_end(b);
    lsi_build_term(b, (const uint8_t *)"cd", 2, 1);
    lsi_form forms[] = {{(const uint8_t *)"ab", (const uint8_t *)"AB", 2, 2, 1, 0, what == FORM_DF ? 2 : 1},
                        {(const uint8_t *)"ab", (const uint8_t *)"ab", 2, 2, 1, 1, 1},
                        {(const uint8_t *)"cd", (const uint8_t *)"cd", 2, 2, 2, 0, 1}};
    for (int i = 0; i < 3; i++) lsi_build_form(b, &forms[i]);
    ls_doc *d;
    lsi_buf bytes;
    lsi_buf_init(&bytes, 0);
    assert_int_equal(lsi_doc_new(&d, &err), LS_OK);
    assert_int_equal(lsi_doc_add_text(d, "body", "ab ab cd", 8, &err), LS_OK);
    assert_int_equal(lsi_doc_check(d, s, &err), LS_OK);
    lsi_doc_encode(d, s, &bytes);
    lsi_build_doc(b, (const uint8_t *)"id0", 3, 7, bytes.data, bytes.len);
    lsi_doc_free(d);
    lsi_buf_clear(&bytes);
    int64_t start = what == REGION ? 5 : 9, one = 1, three = 3;
    uint64_t present = 1;
    lsi_build_column(b, LSI_BUILD_REGION, 1, &start, &present);
    lsi_build_column(b, LSI_BUILD_LENGTH, 0, &one, NULL);
    lsi_build_column(b, LSI_BUILD_LENGTH, 1, &three, NULL);
    lsi_build_column(b, LSI_BUILD_VERSION, 0, &one, NULL);
    assert_int_equal(lsi_builder_finish(b, false, info, &err), LS_OK);
}

/* A document that the segment does not have is our own mistake, and named. */
static void test_beyond(void **state)
{
    ls_error err;
    ls_schema *s = small_schema();
    lsi_segment_info info;
    lsi_live *live;
    ls_doc *d;
    uint32_t starts[LSI_TEXT_FIELDS_MAX + 2];
    (void)state;
    lsi_segment *seg = some_segment(s, &info, &live);
    assert_int_equal(lsi_doc_new(&d, &err), LS_OK);
    assert_int_equal(lsi_segment_doc(seg, 8, d, &err), LS_OK);
    assert_int_equal(lsi_segment_doc(seg, 9, d, &err), LS_MISUSE);
    assert_int_equal(lsi_segment_doc_head(seg, UINT32_MAX, d, &err), LS_MISUSE);
    assert_int_equal(lsi_segment_regions(seg, 9, starts, &err), LS_MISUSE);
    assert_string_equal(err.message, "document 9 of a segment of 9");
    assert_null(lsi_segment_norms(seg, LSI_LISTS_MAX, &err));
    lsi_doc_free(d);
    lsi_live_release(live);
    lsi_segment_release(seg);
    remove_segment(&info);
    lsi_free(s);
}

/* Two documents of one id and one guid: right where the first is deleted. */
static void test_twice(void **state)
{
    ls_error err;
    ls_schema *s;
    (void)state;
    assert_int_equal(lsi_schema_news(&s, &err), LS_OK);
    for (int which = 0; which < 3; which++) { /* the id, the guid, both are the same */
        lsi_memseg *m = new_memseg(s);
        lsi_segment_info info;
        told t;
        uint64_t bits = 1;
        assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "body", "one text", "guid", "urn:a", NULL), LS_OK);
        assert_int_equal(add(m, s, SIZE_MAX, &err, which == 1 ? "b" : "a", "body", "another", "guid", which ? "urn:a" : "urn:b", NULL), LS_OK);
        lsi_segment *seg = flush(m, s, &info);
        lsi_memseg_free(m);
        assert_true(is_told(s, &info, true, &t));
        assert_non_null(strstr(t.last, which ? "one live document to a guid" : "one live document to an id"));
        assert_int_equal(t.faults, which == 2 ? 2 : 1);
        assert_int_equal(lsi_live_write(dir, ++generation, seg, NULL, &bits, false, &info, &err), LS_OK);
        assert_false(is_told(s, &info, true, &t));
        lsi_segment_release(seg);
        remove_segment(&info);
    }
    lsi_schema_free(s);
}

static void test_lies(void **state)
{
    (void)state;
    ls_schema *s = small_schema();
    for (lie what = TRUTH; what < LIES; what++) {
        lsi_segment_info info;
        told t;
        build_lie(s, what, &info);
        bool found = is_told(s, &info, true, &t);
        /* A region that begins too early is still one: with these positions nothing contradicts it. */
        bool wanted = what != TRUTH && what != REGION;
        if (found != wanted) fail_msg("lie %d: %s", what, found ? t.last : "not told");
        remove_segment(&info);
    }
    lsi_free(s);
}

/* ---- damage under good checksums ---- */

/* A copy of a file with some bytes of one section changed, or the section cut, under checksums that are right. */
static void craft(const lsi_frame *frame, lsi_name_kind kind, uint64_t *bytes, uint64_t *sum)
{
    ls_error err;
    char name[LSI_NAME_BYTES];
    lsi_frame_writer *w;
    size_t count = lsi_frame_section_count(frame), chosen;
    do chosen = rnd((uint32_t)count);
    while (!lsi_frame_section_at(frame, chosen)->bytes);
    lsi_name_make(name, kind, ++generation);
    uint32_t file_kind = kind == LSI_NAME_SEGMENT ? LSI_FILE_SEGMENT : LSI_FILE_LIVE;
    assert_int_equal(lsi_frame_create(&w, dir, name, file_kind, generation, &err), LS_OK);
    for (size_t i = 0; i < count; i++) {
        const lsi_section *from = lsi_frame_section_at(frame, i);
        lsi_sink *to = lsi_frame_section(w, from->type, false);
        const uint8_t *p = from->bytes ? lsi_section_get(from, 0, from->bytes, &err) : NULL;
        uint8_t *copy = malloc(from->bytes + 1);
        assert_non_null(copy);
        assert_non_null(to);
        if (p) memcpy(copy, p, from->bytes);
        uint64_t n = from->bytes;
        for (uint32_t k = i == chosen ? 1 + rnd(3) : 0; k; k--) {
            uint32_t at = rnd((uint32_t)n);
            copy[at] = (uint8_t)(rnd(2) ? rnd(256) : rnd(2) ? 0xff : copy[at] ^ 1u << rnd(8));
        }
        if (i == chosen && rnd(8) == 0) n = rnd((uint32_t)n);
        lsi_sink_put(to, copy, n);
        free(copy);
    }
    assert_int_equal(lsi_frame_finish(w, false, bytes, sum, &err), LS_OK);
}

/* Whatever it says is right or told as damage; nothing is read that is not there (the sanitizers watch). */
static void use_crafted(const ls_schema *s, const lsi_segment_info *info)
{
    ls_error err;
    lsi_segment *seg;
    lsi_segment_info merged, live_info = *info;
    uint64_t bits[1] = {0x15}, faults;
    ls_doc *d;
    int rc = lsi_segment_open(&seg, dir, info, s, rnd(2), &err);
    assert_true(rc == LS_OK || rc == LS_CORRUPT || rc == LS_TOO_NEW);
    if (rc) return;
    rc = lsi_segment_verify(seg, NULL, NULL, NULL, &faults, &err);
    assert_true((rc == LS_OK && !faults) || (rc == LS_CORRUPT && faults));
    assert_int_equal(lsi_doc_new(&d, &err), LS_OK);
    for (lsi_doc i = 0; i < 9; i++) {
        uint32_t starts[LSI_TEXT_FIELDS_MAX + 2], words;
        rc = lsi_segment_doc(seg, i, d, &err);
        if (rc && rc != LS_CORRUPT && rc != LS_TOO_NEW) fail_msg("document: %d %s", rc, err.message);
        lsi_segment_regions(seg, i, starts, &err);
        lsi_segment_length(seg, 0, i, &words, &err);
    }
    lsi_doc_free(d);
    for (lsi_live_way way = LSI_LIVE_SCAN; way <= LSI_LIVE_WORDS; way++) {
        rc = lsi_live_write_by(way, dir, ++generation, seg, NULL, bits, false, &live_info, &err);
        if (rc && rc != LS_CORRUPT && rc != LS_TOO_NEW) fail_msg("corrections: %d %s", rc, err.message);
        live_info.generation = UINT64_MAX;
        if (!rc) remove_segment(&live_info);
        live_info = *info;
    }
    rc = lsi_segment_merge(&seg, NULL, 1, s, dir, ++generation, false, NULL, NULL, NULL, &merged, &err);
    if (rc && rc != LS_CORRUPT && rc != LS_TOO_NEW) fail_msg("merge: %d %s", rc, err.message);
    if (!rc) remove_segment(&merged);
    lsi_segment_release(seg);
}

static void use_crafted_live(const ls_schema *s, lsi_segment *seg, const lsi_segment_info *info)
{
    ls_error err;
    lsi_live *live;
    lsi_segment_info merged, next = *info;
    uint64_t bits[1] = {0x1ff}, faults;
    uint32_t count;
    int rc = lsi_live_open(&live, dir, seg, info, rnd(2), &err);
    assert_true(rc == LS_OK || rc == LS_CORRUPT || rc == LS_TOO_NEW);
    if (rc) return;
    for (uint32_t i = 0; i < seg->forms.count; i++) {
        rc = lsi_live_form(live, i, &count, &err);
        assert_true(rc == LS_CORRUPT || (!rc && count <= live->deleted_count));
        rc = lsi_live_term(live, i % seg->list_count, i, &count, &err);
        assert_true(rc == LS_CORRUPT || (!rc && count <= live->deleted_count));
    }
    rc = lsi_segment_verify(seg, live, NULL, NULL, &faults, &err);
    assert_true((rc == LS_OK && !faults) || (rc == LS_CORRUPT && faults));
    for (lsi_live_way way = LSI_LIVE_SCAN; way <= LSI_LIVE_WORDS; way++) {
        rc = lsi_live_write_by(way, dir, ++generation, seg, live, bits, false, &next, &err);
        if (rc && rc != LS_CORRUPT && rc != LS_TOO_NEW) fail_msg("corrections: %d %s", rc, err.message);
        next.generation = UINT64_MAX;
        if (!rc) remove_segment(&next);
        next = *info;
    }
    rc = lsi_segment_merge(&seg, &live, 1, s, dir, ++generation, false, NULL, NULL, NULL, &merged, &err);
    if (rc && rc != LS_CORRUPT && rc != LS_NOTFOUND) fail_msg("merge: %d %s", rc, err.message);
    if (!rc) remove_segment(&merged);
    lsi_live_release(live);
}

static void test_crafted(void **state)
{
    (void)state;
    ls_schema *s = small_schema();
    lsi_segment_info info, crafted;
    lsi_live *live;
    lsi_segment *seg = some_segment(s, &info, &live);
    for (uint32_t i = 0; i < crafted_rounds; i++) {
        memset(&crafted, 0, sizeof crafted);
        craft(seg->frame, LSI_NAME_SEGMENT, &crafted.bytes, &crafted.sum);
        crafted.generation = generation;
        use_crafted(s, &crafted);
        remove_segment(&crafted);
        crafted = info;
        craft(live->frame, LSI_NAME_LIVE, &crafted.live_bytes, &crafted.live_sum);
        crafted.live_generation = generation;
        use_crafted_live(s, seg, &crafted);
        crafted.generation = UINT64_MAX; /* the segment stays */
        remove_segment(&crafted);
    }
    lsi_live_release(live);
    lsi_segment_release(seg);
    remove_segment(&info);
    lsi_free(s);
}
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_beyond),
        cmocka_unit_test(test_crafted),
    };
    rnd_seed(argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    if (argc > 2) crafted_rounds = (uint32_t)strtoul(argv[2], NULL, 10);
    make_folder("t_segment_damage");
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder();
    return rc;
}
