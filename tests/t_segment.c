/* t_segment.c — segments by hand: the worked examples, limits, refusals, a schema that grows, damage of every byte,
 * structures that lie under good checksums, and every allocation and system call failing once.
 *   t_segment [seed] [rounds of crafted damage] */
#include "libsearch/segment/build.h"
#include "libsearch/segment/memdocs.h"
#include "libsearch/segment/tally.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include "tests/segment_model.c" /* a test is one file and the library */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static lsi_dir *dir;
static uint64_t generation;
static uint32_t crafted_rounds = 400;

static int count_name(void *ctx, const char *name)
{
    (void)name;
    ++*(uint32_t *)ctx;
    return LS_OK;
}

static uint32_t files_in_folder(void)
{
    ls_error err;
    uint32_t n = 0;
    assert_int_equal(lsi_dir_list(dir, count_name, &n, &err), LS_OK);
    return n;
}

static void remove_segment(const lsi_segment_info *info)
{
    char name[LSI_NAME_BYTES];
    lsi_name_make(name, LSI_NAME_SEGMENT, info->generation);
    lsi_dir_unlink(dir, name, NULL);
    if (!info->live_generation) return;
    lsi_name_make(name, LSI_NAME_LIVE, info->live_generation);
    lsi_dir_unlink(dir, name, NULL);
}

static void add_field(ls_schema *s, const char *name, ls_type type, int weight)
{
    ls_error err;
    ls_field f = {sizeof f, name, type, weight, 0};
    assert_int_equal(lsi_schema_add(s, &f, &err), LS_OK);
}

static ls_schema *small_schema(void)
{
    ls_error err;
    ls_schema *s;
    assert_int_equal(lsi_schema_new(&s, &err), LS_OK);
    add_field(s, "title", LS_TEXT, 3);
    add_field(s, "body", LS_TEXT, 1);
    add_field(s, "byline", LS_TEXT, 0);
    add_field(s, "tags", LS_KEYWORD, 0);
    add_field(s, "published", LS_DATE, 0);
    return s;
}

/* Adds a document of name and text pairs, NULL at the end. */
static int add(lsi_memseg *m, const ls_schema *s, size_t budget, ls_error *err, const char *id, ...)
{
    ls_doc *d;
    lsi_doc no;
    va_list ap;
    int rc = lsi_doc_new(&d, err);
    if (rc) return rc;
    va_start(ap, id);
    rc = lsi_doc_set_id(d, id, strlen(id), err);
    for (const char *name; !rc && (name = va_arg(ap, const char *)) != NULL;) {
        const char *text = va_arg(ap, const char *);
        rc = lsi_doc_add_text(d, name, text, strlen(text), err);
    }
    va_end(ap);
    d->version = 1;
    if (!rc) rc = lsi_doc_check(d, s, err);
    if (!rc) rc = lsi_memseg_add(m, d, lsi_doc_hash(d), budget, &no, NULL, err);
    lsi_doc_free(d);
    return rc;
}

static lsi_memseg *new_memseg(const ls_schema *s)
{
    ls_error err;
    lsi_memseg *m;
    assert_int_equal(lsi_memseg_new(&m, s, &err), LS_OK);
    return m;
}

static lsi_segment *flush(lsi_memseg *m, const ls_schema *s, lsi_segment_info *info)
{
    ls_error err;
    lsi_segment *seg;
    if (lsi_memseg_flush(m, dir, ++generation, false, info, &err)) fail_msg("flush: %s", err.message);
    if (lsi_segment_open(&seg, dir, info, s, true, &err)) fail_msg("open: %s", err.message);
    return seg;
}

/* ---- examples ---- */

static void list_of(const lsi_segment *seg, const char *term, uint32_t list, lsi_list *out)
{
    ls_error err;
    lsi_ord ord;
    assert_int_equal(lsi_terms_find(&seg->terms, (const uint8_t *)term, strlen(term), &ord, &err), LS_OK);
    if (ord == LSI_ORD_NONE) memset(out, 0, sizeof *out);
    else assert_int_equal(lsi_terms_list(&seg->terms, ord, list, out, &err), LS_OK);
}

static void test_example(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    lsi_memseg *m = new_memseg(s);
    lsi_segment_info info;
    assert_int_equal(
        add(m, s, SIZE_MAX, &err, "a", "title", "Arms talks", "body", "Talks begin", "language", "english", NULL),
        LS_SCHEMA);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "title", "Arms talks", "body", "Talks begin", NULL), LS_OK);
    lsi_segment *seg = flush(m, s, &info);
    uint32_t starts[LSI_TEXT_FIELDS_MAX + 2], places[2], words;
    lsi_list l;
    lsi_stream st;
    lsi_postings p;
    list_of(seg, "talk", LSI_LIST_COMBINED, &l);
    assert_int_equal(l.df, 1);
    assert_int_equal(l.cf, 2);
    assert_int_equal(lsi_postings_open(&p, &seg->postings, &l, &err), LS_OK);
    assert_int_equal(lsi_postings_block(&p, 0, &err), LS_OK);
    assert_int_equal(lsi_postings_tf(&p, &err), LS_OK);
    assert_int_equal(p.counts[0], 2);
    assert_int_equal(p.tf[0], 4); /* 3 in the title, 1 in the body */
    assert_int_equal(lsi_segment_positions(seg, &l, &st, &err), LS_OK);
    assert_int_equal(lsi_positions_read(&st, 0, 2, places, &err), LS_OK);
    assert_int_equal(places[0], 1);
    assert_int_equal(places[1], 10);
    assert_int_equal(lsi_segment_form_stream(seg, &l, 2, &st, &err), LS_OK);
    assert_int_equal(lsi_stream_read(&st, 0, 2, places, &err), LS_OK);
    assert_int_equal(places[0], 1); /* talks */
    assert_int_equal(places[1], 0); /* Talks */
    lsi_list edges;
    list_of(seg, LSI_TERM_SENTENCE, LSI_LIST_COMBINED, &edges);
    assert_int_equal(lsi_segment_positions(seg, &edges, &st, &err), LS_OK);
    assert_int_equal(lsi_positions_read(&st, 0, 2, places, &err), LS_OK);
    assert_int_equal(edges.cf, 2);
    assert_int_equal(places[0], 0);
    assert_int_equal(places[1], 10);
    assert_int_equal(lsi_segment_regions(seg, 0, starts, &err), LS_OK);
    assert_int_equal(starts[0], 0);
    assert_int_equal(starts[1], 10);
    assert_int_equal(starts[2], UINT32_MAX);
    assert_int_equal(starts[3], UINT32_MAX);
    assert_int_equal(lsi_segment_length(seg, 0, 0, &words, &err), LS_OK);
    assert_int_equal(words, 2);
    assert_int_equal(seg->length_sum[0], 8);
    assert_int_equal(seg->word_sum, 4);
    list_of(seg, "talk", 1, &l); /* the title's short list */
    assert_int_equal(l.df, 1);
    assert_int_equal(lsi_segment_positions(seg, &l, &st, &err), LS_MISUSE);
    list_of(seg, "talk", 2, &l); /* the main field has no list */
    assert_int_equal(l.df, 0);
    lsi_segment_release(seg);
    lsi_memseg_free(m);
    remove_segment(&info);
    lsi_free(s);
}

static void test_keyword_spelling(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    lsi_memseg *m = new_memseg(s);
    lsi_segment_info info;
    assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "tags", "REUTERS", NULL), LS_OK);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "b", "tags", "Reuters", "tags", "reuters", NULL), LS_OK);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "c", "tags", "reuters", NULL), LS_OK);
    lsi_memseg_delete(m, 0);
    assert_int_equal(lsi_memseg_count(m), 3);
    assert_int_equal(lsi_memseg_live_count(m), 2);
    lsi_segment *seg = flush(m, s, &info);
    const lsi_keywords *k = &seg->keywords[3];
    uint32_t ord, ords[4], n;
    const uint8_t *folded, *written;
    size_t folded_len, written_len;
    assert_int_equal(k->value_count, 1);
    assert_int_equal(lsi_keywords_find(k, (const uint8_t *)"reuters", 7, &ord, &err), LS_OK);
    assert_int_equal(lsi_keywords_value(k, ord, &folded, &folded_len, &written, &written_len, &err), LS_OK);
    assert_int_equal(written_len, 7);
    assert_memory_equal(written, "Reuters", 7); /* of the first live document */
    assert_int_equal(lsi_keywords_doc(k, 0, ords, 4, &n, &err), LS_OK);
    assert_int_equal(n, 1);
    lsi_segment_release(seg);
    lsi_memseg_free(m);
    remove_segment(&info);
    lsi_free(s);
}

/* ---- limits and refusals ---- */

static char *distinct_words(size_t count)
{
    char *text = malloc(count * 10 + 1), *p = text;
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) p += snprintf(p, 11, "w%07zuq ", i);
    return text;
}

static void test_budget(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    lsi_memseg *m = new_memseg(s), *plain = new_memseg(s);
    char *text = distinct_words(20000), budget[32];
    size_t bytes = strlen(text) + 1000; /* the text fits, its words do not */
    snprintf(budget, sizeof budget, "%zu", bytes);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "body", "arms talks", NULL), LS_OK);
    assert_int_equal(add(m, s, bytes, &err, "b", "body", text, NULL), LS_LIMIT);
    assert_non_null(strstr(err.message, budget));
    assert_int_equal(add(m, s, 1000, &err, "b", "body", text, NULL), LS_LIMIT);
    assert_non_null(strstr(err.message, "1000"));
    assert_int_equal(add(m, s, SIZE_MAX, &err, "c", "body", "talks begin", NULL), LS_OK);
    assert_int_equal(lsi_memseg_live_count(m), 2);
    assert_int_equal(add(plain, s, SIZE_MAX, &err, "a", "body", "arms talks", NULL), LS_OK);
    assert_int_equal(add(plain, s, SIZE_MAX, &err, "c", "body", "talks begin", NULL), LS_OK);
    lsi_segment_info x, y;
    lsi_segment *a = flush(m, s, &x), *b = flush(plain, s, &y);
    must_be_same_file("a refused document leaves no trace", b->frame, a->frame);
    lsi_segment_release(a);
    lsi_segment_release(b);
    remove_segment(&x);
    remove_segment(&y);
    lsi_memseg_free(m);
    lsi_memseg_free(plain);
    free(text);
    lsi_free(s);
}

static int always(void *ctx)
{
    ++*(int *)ctx;
    return 1;
}

static void test_nothing_and_cancel(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    lsi_memseg *m = new_memseg(s);
    lsi_segment_info info, merged;
    int asked = 0;
    assert_int_equal(lsi_memseg_flush(m, dir, ++generation, false, &info, &err), LS_NOTFOUND);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "body", "arms talks", NULL), LS_OK);
    lsi_memseg_delete(m, 0);
    lsi_memseg_delete(m, 0);
    assert_int_equal(lsi_memseg_flush(m, dir, ++generation, false, &info, &err), LS_NOTFOUND);
    assert_int_equal(files_in_folder(), 0);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "body", "", NULL), LS_OK); /* no word at all */
    lsi_segment *seg = flush(m, s, &info);
    assert_int_equal(seg->terms.count, 0);
    uint64_t faults;
    assert_int_equal(lsi_segment_verify(seg, NULL, NULL, NULL, &faults, &err), LS_OK);
    assert_int_equal(lsi_segment_merge(&seg, NULL, 1, s, dir, ++generation, false, always, &asked, NULL, &merged, &err),
                     LS_CANCELED);
    assert_int_equal(asked, 1);
    assert_int_equal(files_in_folder(), 1);
    uint64_t all[1] = {1};
    lsi_live *live;
    assert_int_equal(lsi_live_write(dir, ++generation, seg, NULL, all, false, &info, &err), LS_OK);
    assert_int_equal(lsi_live_open(&live, dir, seg, &info, true, &err), LS_OK);
    assert_int_equal(lsi_segment_merge(&seg, &live, 1, s, dir, ++generation, false, NULL, NULL, NULL, &merged, &err),
                     LS_NOTFOUND);
    assert_int_equal(files_in_folder(), 2);
    lsi_live_release(live);
    lsi_segment_release(seg);
    lsi_memseg_free(m);
    remove_segment(&info);
    lsi_free(s);
}

/* ---- a schema that grows ---- */

static void test_growing_schema(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema(), *later;
    lsi_memseg *m = new_memseg(s);
    lsi_segment_info old_info, new_info, merged_info, direct_info;
    const char *warn = "Arms talks begin\n\nRead also: arms talks of the year\n\n";
    assert_int_equal(lsi_schema_copy(&later, s, &err), LS_OK);
    add_field(later, "lead", LS_TEXT, 2);
    add_field(later, "section", LS_KEYWORD, 0);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "title", "War", "body", warn, NULL), LS_OK);
    lsi_segment *seg = flush(m, s, &old_info);
    lsi_segment_release(seg);
    assert_int_equal(lsi_segment_open(&seg, dir, &old_info, later, true, &err), LS_OK);
    uint32_t starts[LSI_TEXT_FIELDS_MAX + 2];
    assert_int_equal(lsi_segment_regions(seg, 0, starts, &err), LS_OK);
    assert_int_equal(starts[1], 9);
    assert_int_equal(starts[2], starts[3]); /* the lead is empty, */
    assert_true(starts[3] != UINT32_MAX);   /* the boilerplate behind it is not */
    assert_int_equal(starts[4], UINT32_MAX);
    lsi_memseg *after = new_memseg(later), *direct = new_memseg(later);
    assert_int_equal(add(after, later, SIZE_MAX, &err, "b", "lead", "Talks", "body", warn, "section", "World", NULL),
                     LS_OK);
    assert_int_equal(add(direct, later, SIZE_MAX, &err, "a", "title", "War", "body", warn, NULL), LS_OK);
    assert_int_equal(add(direct, later, SIZE_MAX, &err, "b", "lead", "Talks", "body", warn, "section", "World", NULL),
                     LS_OK);
    lsi_segment *both[2] = {seg, flush(after, later, &new_info)}, *one = flush(direct, later, &direct_info), *merged;
    assert_int_equal(
        lsi_segment_merge(both, NULL, 2, later, dir, ++generation, false, NULL, NULL, NULL, &merged_info, &err), LS_OK);
    assert_int_equal(lsi_segment_open(&merged, dir, &merged_info, later, true, &err), LS_OK);
    must_be_same_file("a merge of an older segment", one->frame, merged->frame);
    uint64_t bits[1] = {1}, faults;
    lsi_segment_info scan = old_info, words = old_info;
    lsi_live *x, *y;
    assert_int_equal(lsi_live_write_by(LSI_LIVE_SCAN, dir, ++generation, seg, NULL, bits, false, &scan, &err), LS_OK);
    assert_int_equal(lsi_live_write_by(LSI_LIVE_WORDS, dir, ++generation, seg, NULL, bits, false, &words, &err), LS_OK);
    assert_int_equal(lsi_live_open(&x, dir, seg, &scan, true, &err), LS_OK);
    assert_int_equal(lsi_live_open(&y, dir, seg, &words, true, &err), LS_OK);
    must_be_same_file("corrections of an older segment", x->frame, y->frame);
    assert_int_equal(lsi_segment_verify(seg, x, NULL, NULL, &faults, &err), LS_OK);
    lsi_live_release(x);
    lsi_live_release(y);
    lsi_segment *all[] = {both[0], both[1], one, merged};
    for (size_t i = 0; i < LSI_COUNTOF(all); i++) lsi_segment_release(all[i]);
    lsi_segment_info *infos[] = {&scan, &words, &new_info, &direct_info, &merged_info};
    for (size_t i = 0; i < LSI_COUNTOF(infos); i++) remove_segment(infos[i]);
    lsi_memseg_free(m);
    lsi_memseg_free(after);
    lsi_memseg_free(direct);
    lsi_free(s);
    lsi_free(later);
}

/* ---- damage ---- */

static lsi_segment *some_segment(const ls_schema *s, lsi_segment_info *info, lsi_live **live)
{
    ls_error err;
    lsi_memseg *m = new_memseg(s);
    char id[16];
    for (int i = 0; i < 9; i++) {
        snprintf(id, sizeof id, "id%d", i);
        assert_int_equal(add(m, s, SIZE_MAX, &err, id, "title", i % 2 ? "Arms talks" : "War of words", "body",
                             i % 3 ? "\xe2\x80\x9cTalks begin\xe2\x80\x9d, the US said. Talk is cheap for us"
                                   : "Read also: arms talks\n\nThe war in the Caf\xc3\xa9 of the co-operation",
                             "byline", "By A. Talker", "tags", i % 2 ? "World" : "Business", NULL),
                         LS_OK);
    }
    lsi_segment *seg = flush(m, s, info);
    lsi_memseg_free(m);
    uint64_t bits[1] = {0x22};
    assert_int_equal(lsi_live_write(dir, ++generation, seg, NULL, bits, false, info, &err), LS_OK);
    assert_int_equal(lsi_live_open(live, dir, seg, info, true, &err), LS_OK);
    return seg;
}

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
    WORDS,
    ID,
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
    lsi_build_position(b, 0);
    lsi_build_list_end(b);
    lsi_build_term(b, (const uint8_t *)LSI_TERM_SENTENCE, 2, 0);
    lsi_build_list_begin(b, 0, 2);
    lsi_build_posting(b, 0, 3, what == TF ? 3 : 5);
    const uint32_t gaps[] = {0, 9, what == POSITION ? UINT32_MAX : 1}, numbers[] = {0, 1, what == FORM_NUMBER ? 2 : 1};
    for (int i = 0; i < 3; i++) lsi_build_position(b, gaps[i]);
    for (int i = 0; i < 3; i++) lsi_build_form_number(b, numbers[i]);
    lsi_build_list_end(b);
    if (what != NO_SHORT) {
        lsi_build_list_begin(b, 1, 0);
        lsi_build_posting(b, 0, what == SHORT_COUNT ? 2 : 1, what == SHORT_COUNT ? 2 : 1);
        lsi_build_list_end(b);
    }
    lsi_build_term(b, (const uint8_t *)"ab", 2, 2);
    lsi_build_list_begin(b, 0, 1);
    lsi_build_posting(b, 0, 1, 1);
    lsi_build_position(b, 11);
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
    assert_int_equal(lsi_doc_set_id(d, "id0", 3, &err), LS_OK);
    memcpy(d->language, "none", 5);
    d->version = 1;
    d->words = what == WORDS ? 5 : 4;
    assert_int_equal(lsi_doc_add_text(d, "body", "ab ab cd", 8, &err), LS_OK);
    assert_int_equal(lsi_doc_check(d, s, &err), LS_OK);
    lsi_doc_encode(d, s, &bytes);
    lsi_build_doc(b, (const uint8_t *)(what == ID ? "id1" : "id0"), 3, 7, bytes.data, bytes.len);
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

/* A copy of a segment with some bytes of one section changed, or the section cut, under checksums that are right. */
static void craft(const lsi_segment *seg, lsi_segment_info *info)
{
    ls_error err;
    char name[LSI_NAME_BYTES];
    lsi_frame_writer *w;
    size_t count = lsi_frame_section_count(seg->frame), chosen;
    do chosen = rnd((uint32_t)count);
    while (!lsi_frame_section_at(seg->frame, chosen)->bytes);
    memset(info, 0, sizeof *info);
    info->generation = ++generation;
    lsi_name_make(name, LSI_NAME_SEGMENT, generation);
    assert_int_equal(lsi_frame_create(&w, dir, name, LSI_FILE_SEGMENT, generation, &err), LS_OK);
    for (size_t i = 0; i < count; i++) {
        const lsi_section *from = lsi_frame_section_at(seg->frame, i);
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
    assert_int_equal(lsi_frame_finish(w, false, &info->bytes, &info->sum, &err), LS_OK);
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
    assert_true(rc == LS_OK || rc == LS_CORRUPT);
    if (rc) return;
    rc = lsi_segment_verify(seg, NULL, NULL, NULL, &faults, &err);
    assert_true((rc == LS_OK && !faults) || (rc == LS_CORRUPT && faults));
    assert_int_equal(lsi_doc_new(&d, &err), LS_OK);
    for (lsi_doc i = 0; i < 9; i++) {
        uint32_t starts[LSI_TEXT_FIELDS_MAX + 2], words;
        rc = lsi_segment_doc(seg, i, d, &err);
        if (rc && rc != LS_CORRUPT) fail_msg("document: %d %s", rc, err.message);
        lsi_segment_regions(seg, i, starts, &err);
        lsi_segment_length(seg, 0, i, &words, &err);
    }
    lsi_doc_free(d);
    for (lsi_live_way way = LSI_LIVE_SCAN; way <= LSI_LIVE_WORDS; way++) {
        rc = lsi_live_write_by(way, dir, ++generation, seg, NULL, bits, false, &live_info, &err);
        if (rc && rc != LS_CORRUPT) fail_msg("corrections: %d %s", rc, err.message);
        live_info.generation = UINT64_MAX;
        if (!rc) remove_segment(&live_info);
        live_info = *info;
    }
    rc = lsi_segment_merge(&seg, NULL, 1, s, dir, ++generation, false, NULL, NULL, NULL, &merged, &err);
    if (rc && rc != LS_CORRUPT) fail_msg("merge: %d %s", rc, err.message);
    if (!rc) remove_segment(&merged);
    lsi_segment_release(seg);
}

static void test_crafted(void **state)
{
    (void)state;
    ls_schema *s = small_schema();
    lsi_segment_info info, crafted;
    lsi_live *live;
    lsi_segment *seg = some_segment(s, &info, &live);
    lsi_live_release(live);
    for (uint32_t i = 0; i < crafted_rounds; i++) {
        craft(seg, &crafted);
        use_crafted(s, &crafted);
        remove_segment(&crafted);
    }
    lsi_segment_release(seg);
    remove_segment(&info);
    lsi_free(s);
}

/* ---- many threads ---- */

typedef struct reading {
    const lsi_segment *seg;
    lsi_buf *expected;
} reading;

static void *read_all(void *at)
{
    const reading *r = at;
    lsi_buf found;
    lsi_buf_init(&found, 0);
    segment_dump(&found, r->seg);
    must_equal("a segment read by several threads", r->expected, &found);
    lsi_buf_clear(&found);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    lsi_segment_info info;
    lsi_live *live;
    lsi_segment *seg = some_segment(s, &info, &live), *fresh;
    lsi_buf expected;
    lsi_buf_init(&expected, 0);
    segment_dump(&expected, seg);
    for (int use_mmap = 0; use_mmap < 2; use_mmap++) {
        pthread_t threads[4];
        assert_int_equal(lsi_segment_open(&fresh, dir, &info, s, use_mmap, &err), LS_OK);
        reading r = {fresh, &expected};
        for (size_t i = 0; i < LSI_COUNTOF(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, read_all, &r), 0);
        for (size_t i = 0; i < LSI_COUNTOF(threads); i++) pthread_join(threads[i], NULL);
        lsi_segment_retain(fresh);
        lsi_segment_release(fresh);
        lsi_segment_release(fresh);
    }
    lsi_live_retain(live);
    lsi_live_release(live);
    lsi_live_release(live);
    lsi_segment_release(seg);
    lsi_buf_clear(&expected);
    remove_segment(&info);
    lsi_free(s);
}

/* ---- everything fails once ---- */

/* All the work of the room on a few documents. Whatever fails, nothing is leaked; on success nothing may be wrong. */
static uint64_t system_calls; /* made by whole_life */
static int whole_life(const ls_schema *s, bool sync, ls_error *err)
{
    lsi_memseg *m = NULL;
    lsi_segment *seg = NULL, *merged = NULL;
    lsi_live *live = NULL;
    lsi_segment_info info = {.generation = 0}, merged_info = {.generation = 0};
    uint64_t bits[1] = {2}, faults = 0;
    char *text = distinct_words(60);
    int rc = lsi_memseg_new(&m, s, err);
    if (!rc) rc = add(m, s, SIZE_MAX, err, "a", "title", "Arms talks", "body", text, "tags", "World", NULL);
    if (!rc)
        rc = add(m, s, SIZE_MAX, err, "b", "body", "Read also: talks\n\nThe war in the caf\xc3\xa9", "byline", "A B",
                 NULL);
    if (!rc) rc = add(m, s, SIZE_MAX, err, "c", "body", "Talk of The War", "tags", "world", NULL);
    if (!rc) rc = lsi_memseg_flush(m, dir, ++generation, sync, &info, err);
    if (!rc) rc = lsi_segment_open(&seg, dir, &info, s, generation % 2, err);
    lsi_live_way way = generation % 3 ? LSI_LIVE_SCAN : LSI_LIVE_WORDS;
    generation++;
    if (!rc) rc = lsi_live_write_by(way, dir, generation, seg, NULL, bits, sync, &info, err);
    if (!rc) rc = lsi_live_open(&live, dir, seg, &info, true, err);
    if (!rc) rc = lsi_segment_merge(&seg, &live, 1, s, dir, ++generation, sync, NULL, NULL, NULL, &merged_info, err);
    if (!rc) rc = lsi_segment_open(&merged, dir, &merged_info, s, true, err);
    if (!rc) rc = lsi_segment_verify(seg, live, NULL, NULL, &faults, err);
    if (!rc) rc = lsi_segment_verify(merged, NULL, NULL, NULL, &faults, err);
    if (!rc) assert_int_equal(merged->doc_count, 2);
    lsi_segment_release(seg);
    lsi_segment_release(merged);
    lsi_live_release(live);
    lsi_memseg_free(m);
    free(text);
    system_calls = lsi_io_fail_at(0, 0, false);
    if (info.generation) remove_segment(&info);
    if (merged_info.generation) remove_segment(&merged_info);
    return rc;
}

static void test_allocations(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    uint64_t failed = 0;
    for (uint64_t n = 1;; n++) {
        lsi_alloc_fail_at(n, n % 2);
        int rc = whole_life(s, false, &err);
        lsi_alloc_fail_at(0, false);
        if (rc == LS_OK) break;
        failed++;
        if (rc != LS_NOMEM) fail_msg("allocation %" PRIu64 " failed and was told as %d: %s", n, rc, err.message);
        if (files_in_folder()) fail_msg("allocation %" PRIu64 " failed and a file was left", n);
    }
    assert_true(failed > 100);
    print_message("%" PRIu64 " allocations failed, one after the other\n", failed);
    lsi_free(s);
}

/* An add that fails for want of memory leaves the documents before and after it alone. */
static void test_add_after_failure(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    char *text = distinct_words(300);
    bool done = false;
    for (uint64_t n = 1; !done; n += 1 + n / 8) {
        lsi_memseg *m = new_memseg(s), *plain = new_memseg(s);
        lsi_segment_info x, y;
        assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "body", "w0000001q The war", NULL), LS_OK);
        lsi_alloc_fail_at(n, false);
        int rc = add(m, s, SIZE_MAX, &err, "b", "title", "The Talks", "body", text, "tags", "World", NULL);
        lsi_alloc_fail_at(0, false);
        done = rc == LS_OK;
        assert_true(done || rc == LS_NOMEM);
        assert_int_equal(add(m, s, SIZE_MAX, &err, "c", "body", "w0000002q the Talk", "tags", "World", NULL), LS_OK);
        assert_int_equal(add(plain, s, SIZE_MAX, &err, "a", "body", "w0000001q The war", NULL), LS_OK);
        if (done)
            assert_int_equal(
                add(plain, s, SIZE_MAX, &err, "b", "title", "The Talks", "body", text, "tags", "World", NULL), LS_OK);
        assert_int_equal(add(plain, s, SIZE_MAX, &err, "c", "body", "w0000002q the Talk", "tags", "World", NULL),
                         LS_OK);
        lsi_segment *a = flush(m, s, &x), *b = flush(plain, s, &y);
        must_be_same_file("a document that failed leaves no trace", b->frame, a->frame);
        lsi_segment_release(a);
        lsi_segment_release(b);
        remove_segment(&x);
        remove_segment(&y);
        lsi_memseg_free(m);
        lsi_memseg_free(plain);
    }
    free(text);
    lsi_free(s);
}

static void test_system_calls(void **state)
{
    (void)state;
    static const int errors[] = {ENOSPC, EIO, 0};
    ls_error err;
    ls_schema *s = small_schema();
    uint64_t failed = 0;
    for (size_t e = 0; e < LSI_COUNTOF(errors); e++) {
        for (uint64_t n = 1;; n++) {
            lsi_io_fail_at(n, errors[e], false);
            int rc = whole_life(s, true, &err);
            if (rc) failed++;
            if (rc && errors[e] == 0) fail_msg("a short read or write was told as %d: %s", rc, err.message);
            if (files_in_folder() > 1) fail_msg("call %" PRIu64 " failed and files were left", n);
            uint32_t left = files_in_folder();
            if (left) { /* an unlink that failed itself: an orphan, which the next writer removes */
                char command[160];
                snprintf(command, sizeof command, "rm -f %s/*", folder);
                assert_int_equal(system(command), 0);
            }
            if (n > system_calls) break;
        }
    }
    assert_true(failed > 20);
    print_message("%" PRIu64 " system calls failed, one after the other\n", failed);
    lsi_free(s);
}

int main(int argc, char **argv)
{
    ls_error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_keyword_spelling),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_nothing_and_cancel),
        cmocka_unit_test(test_growing_schema),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_crafted),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_add_after_failure),
        cmocka_unit_test(test_system_calls),
    };
    rnd_seed(argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    if (argc > 2) crafted_rounds = (uint32_t)strtoul(argv[2], NULL, 10);
    /* memory rather than a disk where there is such a place: there are thousands of files to make */
    snprintf(folder, sizeof folder, "%s/t_segment_XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(folder) || lsi_dir_open(&dir, folder, &err)) die("folder", &err);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lsi_dir_close(dir);
    if (rmdir(folder)) fprintf(stderr, "%s is not empty\n", folder);
    return rc;
}
