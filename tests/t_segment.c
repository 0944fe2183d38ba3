/* t_segment.c — segments by hand: the worked examples, limits, refusals, a schema that grows, many threads, and every
 * allocation and system call failing once. */
#include "libsearch/segment/memdocs.h"
#include "libsearch/segment/tally.h"
#include "libsearch/util/alloc.h"
#include "tests/segment_hand.c" /* a test is one file and the library */
#include <errno.h>
#include <pthread.h>

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
    assert_int_equal(lsi_segment_positions(seg, &l, &st, &err), LS_CORRUPT);
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

/* However many documents came before: one that fits is never refused because tables had to grow. */
static void test_small_budget(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    lsi_memseg *m = new_memseg(s);
    char text[400], id[16];
    for (uint32_t i = 0; i < 3000; i++) {
        int n = 0;
        for (uint32_t k = 0; k < 20; k++) n += snprintf(text + n, sizeof text - (size_t)n, "word%uq ", i * 7 + k * 31);
        snprintf(id, sizeof id, "id%u", i);
        if (add(m, s, 16384, &err, id, "body", text, NULL)) fail_msg("document %u: %s", i, err.message);
    }
    lsi_memseg_free(m);
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
    print_message("%" PRIu64 " allocations failed, one after the other\n", failed);
    assert_true(failed > 80);
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

/* A flush that fails leaves the documents as they are: the next one writes what it would have written. */
static void test_flush_again(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s = small_schema();
    lsi_memseg *m = new_memseg(s);
    lsi_segment_info first, again;
    char *text = distinct_words(100);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "a", "title", "Arms Talks", "body", text, "tags", "World", NULL), LS_OK);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "b", "title", "arms talk", "body", "The war", "byline", "A B", NULL),
                     LS_OK);
    lsi_memseg_delete(m, 1);
    assert_int_equal(add(m, s, SIZE_MAX, &err, "c", "title", "Arms talk", "body", "the War", "byline", "A B", NULL),
                     LS_OK);
    lsi_segment *expected = flush(m, s, &first);
    bool done = false;
    for (uint64_t n = 1; !done; n++) {
        lsi_alloc_fail_at(n, false);
        int rc = lsi_memseg_flush(m, dir, ++generation, false, &again, &err);
        lsi_alloc_fail_at(0, false);
        done = rc == LS_OK;
        if (done) {
            remove_segment(&again);
            break;
        }
        assert_int_equal(rc, LS_NOMEM);
        lsi_segment *seg = flush(m, s, &again);
        must_be_same_file("a flush after one that failed", expected->frame, seg->frame);
        lsi_segment_release(seg);
        remove_segment(&again);
    }
    lsi_segment_release(expected);
    remove_segment(&first);
    lsi_memseg_free(m);
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
/* A full disk met while a stream of positions goes to its spool: the writer tells which file, and why. */
static void test_full_disk_is_named(void **state)
{
    (void)state;
    ls_error err;
    uint64_t offset;
    lsi_frame_writer *frame;
    lsi_stream_writer *w;
    assert_int_equal(lsi_frame_create(&frame, dir, "seg-00000000000000aa", LSI_FILE_SEGMENT, 0xaa, &err), LS_OK);
    lsi_sink *sink = lsi_frame_section(frame, LSI_SEC_POSITIONS, false);
    assert_int_equal(lsi_stream_writer_new(&w, sink, &err), LS_OK);
    lsi_stream_begin(w);
    lsi_io_fail_at(1, ENOSPC, true);
    for (uint32_t i = 0; i < 400000; i++) lsi_stream_add(w, i * 2654435761u);
    memset(&err, 0, sizeof err);
    int rc = lsi_stream_end(w, &offset, &err);
    lsi_io_fail_at(0, 0, false);
    assert_int_equal(rc, LS_NOSPACE);
    assert_int_equal(err.code, LS_NOSPACE);
    if (!strstr(err.message, strerror(ENOSPC))) fail_msg("%s", err.message);
    lsi_stream_writer_free(w);
    lsi_frame_abort(frame);
}

/* Language and version stand in the columns of the fields so called, and nowhere in what was stored. */
static void test_own_values(void **state)
{
    (void)state;
    ls_error err;
    ls_schema *s;
    ls_doc *d;
    lsi_memseg *m;
    lsi_segment *seg;
    lsi_segment_info info;
    lsi_doc doc;
    bool has;
    int64_t number;
    assert_int_equal(lsi_schema_news(&s, &err), LS_OK);
    int language = lsi_schema_find(s, "language", 8), version = lsi_schema_find(s, "version", 7);
    assert_int_equal(lsi_memseg_new(&m, s, &err), LS_OK);
    assert_int_equal(lsi_doc_new(&d, &err), LS_OK);
    for (int i = 0; i < 3; i++) {
        static const char *const bodies[] = {"The talks were held, and they will go on.", "1234", "Die Verhandlungen"};
        lsi_doc_clear(d);
        assert_int_equal(lsi_doc_set_id(d, &"abc"[i], 1, &err), LS_OK);
        assert_int_equal(lsi_doc_add_text(d, "body", bodies[i], strlen(bodies[i]), &err), LS_OK);
        if (i == 1) memcpy(d->language, "none", 5);
        if (i == 2) assert_int_equal(lsi_doc_add_text(d, "language", "de", 2, &err), LS_OK);
        if (i == 2) assert_int_equal(lsi_doc_add_int(d, "version", -5, &err), LS_OK);
        d->version = 7 + i;
        assert_int_equal(lsi_doc_check(d, s, &err), LS_OK);
        assert_int_equal(lsi_memseg_add(m, d, lsi_doc_hash(d), SIZE_MAX, &doc, NULL, &err), LS_OK);
    }
    assert_int_equal(lsi_memseg_flush(m, dir, ++generation, false, &info, &err), LS_OK);
    assert_int_equal(lsi_segment_open(&seg, dir, &info, s, true, &err), LS_OK);
    static const int64_t versions[] = {7, 8, -5};
    static const char *const languages[] = {"en", NULL, "de"};
    static const size_t counts[] = {1, 1, 3};
    for (lsi_doc i = 0; i < 3; i++) {
        uint32_t ords[4], n = 0;
        const uint8_t *folded, *written;
        size_t folded_len, written_len;
        assert_int_equal(lsi_column_get(&seg->columns[version], i, &has, &number, &err), LS_OK);
        assert_true(has && number == versions[i]);
        assert_int_equal(lsi_keywords_doc(&seg->keywords[language], i, ords, 4, &n, &err), LS_OK);
        assert_int_equal(n, languages[i] != NULL);
        if (n) {
            assert_int_equal(lsi_keywords_value(&seg->keywords[language], ords[0], &folded, &folded_len, &written,
                                                &written_len, &err),
                             LS_OK);
            assert_true(written_len == 2 && !memcmp(written, languages[i], 2));
        }
        assert_int_equal(lsi_segment_doc(seg, i, d, &err), LS_OK);
        assert_int_equal(d->count, counts[i]);
        assert_int_equal(d->version, 7 + i);
        if (i == 2) assert_true(d->values[2].integer == -5);
    }
    lsi_segment_release(seg);
    remove_segment(&info);
    lsi_doc_free(d);
    lsi_memseg_free(m);
    lsi_schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_keyword_spelling),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_small_budget),
        cmocka_unit_test(test_nothing_and_cancel),
        cmocka_unit_test(test_growing_schema),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_add_after_failure),
        cmocka_unit_test(test_flush_again),
        cmocka_unit_test(test_system_calls),
        cmocka_unit_test(test_full_disk_is_named),
        cmocka_unit_test(test_own_values),
    };
    make_folder("t_segment");
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder();
    return rc;
}
