/* corrupt_frame.c — files whose checksums are right and whose layout lies: each number of header, table and footer set to
 * what it must not be, and sealed again. Each is refused by name; opened as damaged, what it still gives is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka.h wants the first of these */
#include <cmocka.h>

#include "libsearch/store/frame_layout.h"
#include "libsearch/store/io.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/base.h"
#include "libsearch/util/buf.h"
#include "libsearch/util/map.h"

/* Sections 7 ("hello"), 9 (40,000 bytes, two chunks) and 11 (empty). */
enum { KIND = 9, LONG = 40000, TABLE_1 = 64, SUMS_1 = TABLE_1 + 128, HELLO_AT = SUMS_1 + 64, LONG_AT = HELLO_AT + 64 };
enum { SUMS_AT = LONG_AT + LONG, TABLE_AT = SUMS_AT + 64 };
enum { FOOTER_AT = TABLE_AT + 128, FILE_BYTES = FOOTER_AT + 64 };
enum { HEADER, ENTRY_0, ENTRY_1, ENTRY_2, FOOTER };

static char folder[] = "/tmp/corrupt_frame.XXXXXX";
static lsi_dir *dir;
static uint8_t file[FILE_BYTES + 64];
static ls_error err;

static uint8_t long_byte(size_t i)
{
    return (uint8_t)(i * 31 + i / 257);
}

static void make(void)
{
    lsi_frame_writer *w;
    lsi_buf b;
    char path[100];
    uint64_t bytes, sum;
    assert_int_equal(lsi_frame_create(&w, dir, "whole", KIND, 26, &err), LS_OK);
    lsi_sink_put(lsi_frame_section(w, 7, false), "hello", 5);
    lsi_sink *s = lsi_frame_section(w, 9, false);
    for (size_t i = 0; i < LONG; i++) lsi_sink_put8(s, long_byte(i));
    lsi_frame_section(w, 11, false);
    assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, &err), LS_OK);
    assert_int_equal(bytes, FILE_BYTES);
    snprintf(path, sizeof path, "%s/whole", folder);
    lsi_buf_init(&b, 0);
    assert_int_equal(lsi_io_read_file(path, FILE_BYTES, &b, &err), LS_OK);
    memcpy(file, b.data, FILE_BYTES);
    lsi_buf_clear(&b);
    assert_int_equal(lsi_get64(file + HEADER_TABLE), TABLE_AT);
}

static void seal(uint8_t *p, size_t table, size_t n)
{
    uint8_t *f = p + n - FRAME_FOOTER_BYTES;
    lsi_set64(f + FOOTER_TABLE_SUM, lsi_hash64(p + table, n - FRAME_FOOTER_BYTES - table));
    lsi_set64(p + HEADER_TABLE_SUM, lsi_get64(f + FOOTER_TABLE_SUM));
    lsi_set64(p + HEADER_SUM, lsi_hash64(p, HEADER_SUM));
    lsi_set64(f + FOOTER_SUM, lsi_hash64(f, FOOTER_SUM));
}

static void put(const uint8_t *p, size_t n)
{
    char path[100];
    snprintf(path, sizeof path, "%s/lie", folder);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void refused(int code, const char *message)
{
    lsi_frame *f;
    for (int mapped = 0; mapped < 2; mapped++) {
        int rc = lsi_frame_open(&f, dir, "lie", KIND, mapped, 0, 0, &err);
        if (rc != code || !strstr(err.message, message))
            fail_msg("%d %s; expected %d %s", rc, err.message, code, message);
        assert_null(f);
    }
}

/* What can still be read, all of it right: 1 section 7, 2 section 9, 4 the first chunk of section 9 alone; -1: it cannot
 * be opened. */
static int saved(void)
{
    lsi_frame *f;
    uint64_t faults = 0;
    int found = 0, rc = lsi_frame_open_damaged(&f, dir, "lie", KIND, &err);
    if (rc) {
        assert_true(*err.message && err.code == rc);
        return -1;
    }
    const uint8_t *p = lsi_section_get(lsi_frame_find(f, 7), 0, 5, &err);
    if (p) {
        assert_memory_equal(p, "hello", 5);
        found |= 1;
    }
    p = lsi_section_get(lsi_frame_find(f, 9), 0, LONG, &err);
    for (size_t i = 0; p && i < LONG; i++) assert_int_equal(p[i], long_byte(i));
    if (p) found |= 2;
    else if ((p = lsi_section_get(lsi_frame_find(f, 9), 0, LSI_CHUNK_BYTES - LSI_BEHIND, &err))) {
        for (size_t i = 0; i < LSI_CHUNK_BYTES - LSI_BEHIND; i++) assert_int_equal(p[i], long_byte(i));
        found |= 4;
    }
    rc = lsi_frame_verify(f, NULL, NULL, &faults, &err);
    assert_true(rc == (faults ? LS_CORRUPT : LS_OK));
    lsi_frame_close(f);
    return found;
}

static const struct lie {
    int part, field, bytes;
    uint64_t value;
    int code;
    const char *message;
    int saved;
} lies[] = {
    {HEADER, HEADER_FORMAT, 4, 99, LS_TOO_NEW, "format 99", -1},
    {HEADER, HEADER_FORMAT, 4, 0, LS_TOO_OLD, "format 0", -1},
    {HEADER, HEADER_KIND, 4, 3, LS_CORRUPT, "a file of kind 3", 3},
    {HEADER, HEADER_BYTES, 8, FILE_BYTES + 1, LS_CORRUPT, "bytes expected", 3},
    {HEADER, HEADER_BYTES, 8, 0, LS_CORRUPT, "bytes expected", 3},
    {HEADER, HEADER_BYTES, 8, FILE_BYTES - 64, LS_CORRUPT, "bytes expected", 3},
    {HEADER, HEADER_TABLE, 8, TABLE_AT + 8, LS_CORRUPT, "section table is not where", 3},
    {HEADER, HEADER_TABLE, 8, TABLE_AT - 64, LS_CORRUPT, "section table is not where", 3},
    {HEADER, HEADER_TABLE, 8, 0, LS_CORRUPT, "section table is not where", 3},
    {HEADER, HEADER_TABLE, 8, UINT64_MAX - 63, LS_CORRUPT, "section table is not where", 3},
    {HEADER, HEADER_COUNT, 4, FRAME_SECTIONS_MAX + 1, LS_CORRUPT, "section table is not where", 3},
    {HEADER, HEADER_ZERO, 4, 1, LS_CORRUPT, "zero expected in the header", 3},
    {HEADER, HEADER_GENERATION, 8, 27, LS_CORRUPT, "not of one file", 3},
    {FOOTER, FOOTER_BYTES, 8, FILE_BYTES + 64, LS_CORRUPT, "not of one file", 3},
    {FOOTER, FOOTER_GENERATION, 8, 27, LS_CORRUPT, "not of one file", 3},
    {FOOTER, FOOTER_KIND, 4, 3, LS_CORRUPT, "not of one file", 3},
    {FOOTER, FOOTER_ZERO, 4, 1, LS_CORRUPT, "zero expected in the footer", 3},
    {FOOTER, FOOTER_MAGIC, 8, 1, LS_CORRUPT, "does not end as it must", 3},
    {ENTRY_0, ENTRY_TYPE, 4, 0, LS_CORRUPT, "bad section type", 2},
    {ENTRY_0, ENTRY_FLAGS, 4, 2, LS_CORRUPT, "bad section type", 3},
    {ENTRY_1, ENTRY_TYPE, 4, 7, LS_CORRUPT, "stands here twice", 0},
    {ENTRY_0, ENTRY_OFFSET, 8, LONG_AT, LS_CORRUPT, "a section is not where", 2},
    {ENTRY_0, ENTRY_OFFSET, 8, 65, LS_CORRUPT, "a section is not where", 2},
    {ENTRY_1, ENTRY_BYTES, 8, UINT64_MAX, LS_CORRUPT, "a section is not where", 1},
    {ENTRY_1, ENTRY_BYTES, 8, LONG + 4096, LS_CORRUPT, "a section is not where", 1},
    {ENTRY_0, ENTRY_BYTES, 8, TABLE_AT - HELLO_AT, LS_CORRUPT, "a section is not where", 0},
    {ENTRY_2, ENTRY_BYTES, 8, 64, LS_CORRUPT, "misplaced chunk sums", 3},
    {ENTRY_0, ENTRY_SUMS, 8, SUMS_AT + 8, LS_CORRUPT, "misplaced chunk sums", 2},
    {ENTRY_1, ENTRY_SUMS, 8, UINT64_MAX - 7, LS_CORRUPT, "misplaced chunk sums", 1},
    {ENTRY_1, ENTRY_SUMS, 8, 64, LS_CORRUPT, "misplaced chunk sums", 1},
};

static size_t place(const struct lie *l)
{
    return (size_t)l->field + (l->part == HEADER   ? 0
                               : l->part == FOOTER ? (size_t)FOOTER_AT
                                                   : TABLE_AT + (size_t)(l->part - ENTRY_0) * FRAME_ENTRY_BYTES);
}

static void numbers(void **state)
{
    uint8_t p[FILE_BYTES];
    int wrong = 0;
    (void)state;
    put(file, FILE_BYTES);
    assert_int_equal(saved(), 3);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const struct lie *l = &lies[i];
        memcpy(p, file, sizeof p);
        if (l->bytes == 4) lsi_set32(p + place(l), (uint32_t)l->value);
        else lsi_set64(p + place(l), l->value);
        seal(p, TABLE_AT, sizeof p);
        put(p, sizeof p);
        refused(l->code, l->message);
        int found = saved();
        if (found != l->saved) print_error("lie %zu (%s): saved %d, expected %d\n", i, l->message, found, l->saved);
        wrong += found != l->saved;
    }
    assert_int_equal(wrong, 0);
}

/* 64 zero bytes more than there are chunk sums, and a table that ends in something. */
static void gaps(void **state)
{
    uint8_t p[FILE_BYTES + 64];
    (void)state;
    memset(p, 0, sizeof p);
    memcpy(p, file, TABLE_AT);
    memcpy(p + TABLE_AT + 64, file + TABLE_AT, FILE_BYTES - TABLE_AT);
    lsi_set64(p + HEADER_TABLE, TABLE_AT + 64);
    lsi_set64(p + HEADER_BYTES, sizeof p);
    lsi_set64(p + FOOTER_AT + 64 + FOOTER_BYTES, sizeof p);
    seal(p, TABLE_AT + 64, sizeof p);
    put(p, sizeof p);
    refused(LS_CORRUPT, "misplaced section table");
    assert_int_equal(saved(), 3);
    memcpy(p, file, FILE_BYTES);
    p[FOOTER_AT - 1] = 1;
    seal(p, TABLE_AT, FILE_BYTES);
    put(p, FILE_BYTES);
    refused(LS_CORRUPT, "zero expected behind the section table");
    assert_int_equal(saved(), 3);
}

/* No header to go by: the footer finds the table. */
static void footers(void **state)
{
    uint8_t p[FILE_BYTES];
    (void)state;
    memcpy(p, file, sizeof p);
    p[0] ^= 1;
    put(p, sizeof p);
    refused(LS_CORRUPT, "not a file of an index");
    assert_int_equal(saved(), 3);
    for (long n = 1;; n++) { /* each allocation, each call fails: an error, or all that can be had */
        lsi_alloc_fail_at((size_t)n, false);
        lsi_frame *f;
        int rc = lsi_frame_open_damaged(&f, dir, "lie", KIND, &err);
        lsi_alloc_fail_at(0, false);
        lsi_frame_close(f);
        if (!rc) break;
        assert_int_equal(rc, LS_NOMEM);
    }
    for (uint64_t n = 1;; n++) {
        lsi_io_fail_at(n, 5, false); /* EIO */
        lsi_frame *f;
        int rc = lsi_frame_open_damaged(&f, dir, "lie", KIND, &err);
        lsi_io_fail_at(0, 0, false);
        lsi_frame_close(f);
        if (!rc) break;
        assert_int_equal(rc, LS_IO);
    }
    p[FOOTER_AT + FOOTER_TABLE_SUM] ^= 1;
    lsi_set64(p + FOOTER_AT + FOOTER_SUM, lsi_hash64(p + FOOTER_AT, FOOTER_SUM));
    put(p, sizeof p);
    assert_int_equal(saved(), -1);
    assert_non_null(strstr(err.message, "no section table that the footer knows"));
    for (int field = 0; field < 3; field++) {
        static const size_t at[] = {FOOTER_MAGIC, FOOTER_BYTES, FOOTER_KIND};
        memcpy(p, file, sizeof p);
        p[0] ^= 1;
        p[FOOTER_AT + at[field]] ^= 1;
        lsi_set64(p + FOOTER_AT + FOOTER_SUM, lsi_hash64(p + FOOTER_AT, FOOTER_SUM));
        put(p, sizeof p);
        assert_int_equal(saved(), -1);
        assert_non_null(strstr(err.message, "neither header nor footer"));
    }
    put(p, 127);
    assert_int_equal(saved(), -1);
    assert_non_null(strstr(err.message, "at least 128 bytes"));
}

/* Cut anywhere: what lies before the cut is there. Nothing behind it is asked of the disk as memory. */
static void cuts(void **state)
{
    static const size_t round[] = {
        128, SUMS_1 + 8, HELLO_AT, HELLO_AT + 4, HELLO_AT + 5, LONG_AT + LSI_CHUNK_BYTES, SUMS_AT, FILE_BYTES - 1};
    (void)state;
    for (size_t i = 0; i < 400; i++) {
        size_t n = i < LSI_COUNTOF(round) ? round[i] : 128 + i * 101;
        if (n >= FILE_BYTES) break;
        put(file, n);
        refused(LS_CORRUPT, "bytes expected");
        int expected = n < HELLO_AT                    ? -1
                       : n < HELLO_AT + 5              ? 0
                       : n < LONG_AT + LSI_CHUNK_BYTES ? 1
                       : n < LONG_AT + LONG            ? 5
                                                       : 3;
        int found = saved();
        if (found != expected) fail_msg("cut at %zu: %d, expected %d", n, found, expected);
    }
    uint8_t p[FILE_BYTES];
    memcpy(p, file, sizeof p);
    p[TABLE_1 + 8] ^= 1;
    put(p, SUMS_AT);
    assert_int_equal(saved(), -1);
    assert_non_null(strstr(err.message, "no sound section table"));
}

/* A table that is behind where its own layout would put the sections; chunk sums said to lie across its beginning. */
static void overlaps(void **state)
{
    uint8_t p[FILE_BYTES];
    (void)state;
    memset(p, 0, sizeof p);
    memcpy(p, file, FRAME_HEADER_BYTES);
    memcpy(p + 64, file + TABLE_AT, FRAME_ENTRY_BYTES);
    memcpy(p + 128, file + FOOTER_AT, FRAME_FOOTER_BYTES);
    lsi_set32(p + HEADER_COUNT, 1);
    lsi_set64(p + HEADER_TABLE, 64);
    lsi_set64(p + HEADER_BYTES, 192);
    lsi_set64(p + 128 + FOOTER_BYTES, 192);
    lsi_set64(p + 64 + ENTRY_OFFSET, 128);
    lsi_set64(p + 64 + ENTRY_BYTES, 0);
    seal(p, 64, 192);
    put(p, 192);
    refused(LS_CORRUPT, "a section is not where");
    assert_int_equal(saved(), 0);
    memcpy(p, file, sizeof p);
    lsi_set64(p + TABLE_AT + ENTRY_SUMS, TABLE_AT - 8);
    lsi_set64(p + TABLE_AT + FRAME_ENTRY_BYTES + ENTRY_SUMS, TABLE_AT - 16);
    seal(p, TABLE_AT, sizeof p);
    put(p, sizeof p);
    refused(LS_CORRUPT, "misplaced chunk sums");
    assert_int_equal(saved(), 0);
}

/* Files of one and of two sections whose header is lost: the footer alone tells how large the table is. */
static void small_files(void **state)
{
    (void)state;
    for (uint32_t sections = 0; sections < 4; sections++) {
        lsi_frame_writer *w;
        lsi_frame *f;
        uint64_t bytes, sum;
        lsi_buf b;
        char path[100];
        lsi_dir_unlink(dir, "small", NULL);
        assert_int_equal(lsi_frame_create(&w, dir, "small", KIND, 5, &err), LS_OK);
        for (uint32_t i = 0; i < sections; i++) lsi_sink_put8(lsi_frame_section(w, 7 + i, false), (uint8_t)(i + 1));
        assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, &err), LS_OK);
        snprintf(path, sizeof path, "%s/small", folder);
        lsi_buf_init(&b, 0);
        assert_int_equal(lsi_io_read_file(path, 4096, &b, &err), LS_OK);
        b.data[0] ^= 1;
        put(b.data, b.len);
        int rc = lsi_frame_open_damaged(&f, dir, "lie", KIND, &err);
        assert_int_equal(rc, sections ? LS_OK : LS_CORRUPT);
        for (uint32_t i = 0; !rc && i < sections; i++) {
            const uint8_t *p = lsi_section_get(lsi_frame_find(f, 7 + i), 0, 1, &err);
            assert_true(p && *p == i + 1);
        }
        assert_int_equal(rc ? 0 : lsi_frame_section_count(f), sections);
        lsi_frame_close(f);
        b.data[b.len - FRAME_FOOTER_BYTES + FOOTER_SUM] ^= 1;
        put(b.data, b.len);
        assert_int_equal(lsi_frame_open_damaged(&f, dir, "lie", KIND, &err), LS_CORRUPT);
        lsi_buf_clear(&b);
    }
    lsi_dir_unlink(dir, "small", NULL);
}

/* A file that has more bytes than the largest table, whose header is lost. */
static void headless(void **state)
{
    enum { TIMES = 3 };
    lsi_frame_writer *w;
    lsi_frame *f;
    char path[100];
    uint64_t bytes, sum;
    lsi_buf b;
    (void)state;
    assert_int_equal(lsi_frame_create(&w, dir, "large", KIND, 1, &err), LS_OK);
    lsi_sink *s = lsi_frame_section(w, 7, false);
    for (int i = 0; i < TIMES; i++) lsi_sink_put(s, file, FILE_BYTES);
    assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, &err), LS_OK);
    assert_true(bytes > (uint64_t)FRAME_SECTIONS_MAX * FRAME_ENTRY_BYTES * 2);
    snprintf(path, sizeof path, "%s/large", folder);
    lsi_buf_init(&b, 0);
    assert_int_equal(lsi_io_read_file(path, bytes, &b, &err), LS_OK);
    lsi_dir_unlink(dir, "large", NULL);
    memset(b.data, 0, FRAME_HEADER_BYTES);
    put(b.data, b.len);
    assert_int_equal(lsi_frame_open_damaged(&f, dir, "lie", KIND, &err), LS_OK);
    const uint8_t *p = lsi_section_get(lsi_frame_find(f, 7), 0, (uint64_t)TIMES * FILE_BYTES, &err);
    assert_non_null(p);
    for (int i = 0; i < TIMES; i++) assert_memory_equal(p + (size_t)i * FILE_BYTES, file, FILE_BYTES);
    lsi_frame_close(f);
    lsi_buf_clear(&b);
}

/* A read that fails is told as that, also where there is another copy to look at. */
static void reads_that_fail(void **state)
{
    uint8_t p[FILE_BYTES];
    (void)state;
    memcpy(p, file, sizeof p);
    p[SUMS_AT] ^= 1;
    put(p, sizeof p);
    for (uint64_t n = 1, over = 0; !over; n++) {
        lsi_frame *f;
        lsi_io_fail_at(n, 5, false); /* EIO */
        int rc = lsi_frame_open_damaged(&f, dir, "lie", KIND, &err);
        const uint8_t *hello = rc ? NULL : lsi_section_get(lsi_frame_find(f, 7), 0, 5, &err);
        over = lsi_io_fail_at(0, 0, false) < n;
        assert_true(over ? hello && !memcmp(hello, "hello", 5) : hello || err.sys_errno == 5);
        lsi_frame_close(f);
    }
}

/* What a writer of files refuses. */
static void writers(void **state)
{
    (void)state;
    lsi_frame_writer *w;
    uint64_t bytes, sum;
    lsi_buf b;
    assert_int_equal(lsi_frame_create(&w, dir, "a-name-of-many-more-letters-than-any-file-has", KIND, 1, &err),
                     LS_INVALID);
    lsi_frame_abort(NULL);
    for (int told = 0; told < 2; told++) { /* with and without a place for the error */
        assert_int_equal(lsi_frame_create(&w, dir, "many", KIND, 1, &err), LS_OK);
        lsi_sink *first = lsi_frame_section(w, 1, false);
        for (uint32_t i = 2; i <= FRAME_SECTIONS_MAX; i++) assert_non_null(lsi_frame_section(w, i, false));
        assert_null(lsi_frame_section(w, FRAME_SECTIONS_MAX + 1, false));
        assert_int_equal(lsi_sink_failed(first, told ? &err : NULL), LS_LIMIT);
        assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, told ? &err : NULL), LS_LIMIT);
        if (told) assert_non_null(strstr(err.message, "sections"));
        assert_int_equal(bytes | sum, 0);
    }
    lsi_buf_init(&b, 0);
    lsi_alloc_fail_at(1, false);
    assert_null(lsi_sink_memory(&b));
    lsi_sink *s = lsi_sink_memory(&b);
    assert_non_null(s);
    lsi_alloc_fail_at(1, true);
    lsi_sink_put(s, file, 4096);
    lsi_alloc_fail_at(0, false);
    assert_int_equal(lsi_sink_failed(s, &err), LS_NOMEM);
    lsi_sink_free(s);
    lsi_buf_clear(&b);
    for (size_t n = 1, over = 0; !over; n++) { /* a section that is spooled: no allocation fails unseen */
        lsi_alloc_fail_at(n, false);
        int rc = lsi_frame_create(&w, dir, "spooled", KIND, 1, &err);
        s = rc ? NULL : lsi_frame_section(w, 1, false);
        for (size_t i = 0; s && i < 20; i++) lsi_sink_put(s, file, FILE_BYTES);
        if (!rc) rc = lsi_frame_finish(w, false, &bytes, &sum, &err);
        over = lsi_alloc_fail_at(0, false) < n;
        assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
    }
    lsi_dir_unlink(dir, "spooled", NULL);
}

/* One copy of the table or of the chunk sums is damaged: nothing is lost, and `verify` tells; both: what they were for. */
static void copies(void **state)
{
    static const struct {
        size_t first, second;
        int both;
    } places[] = {{TABLE_1 + ENTRY_ROOT, TABLE_AT + ENTRY_ROOT, 2},
                  {TABLE_1 + ENTRY_OFFSET, TABLE_AT + ENTRY_OFFSET, 2},
                  {TABLE_1 + 127, TABLE_AT + 127, 3},
                  {SUMS_1, SUMS_AT, 2},
                  {SUMS_1 + 8, SUMS_AT + 8, 1},
                  {SUMS_1 + 63, SUMS_AT + 63, 3}};
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(places); i++)
        for (int how = 1; how < 4; how++) {
            uint8_t p[FILE_BYTES];
            uint64_t faults = 0;
            memcpy(p, file, sizeof p);
            if (how & 1) p[places[i].first] ^= 1;
            if (how & 2) p[places[i].second] ^= 1;
            put(p, sizeof p);
            int found = saved();
            if (found != (how < 3 ? 3 : places[i].both)) fail_msg("place %zu, %d: saved %d", i, how, found);
            if (how > 1) continue;
            lsi_frame *f;
            for (int mapped = 0; mapped < 2; mapped++) { /* readers do not look at it, verifying does */
                assert_int_equal(lsi_frame_open(&f, dir, "lie", KIND, mapped, 0, 0, &err), LS_OK);
                assert_non_null(lsi_section_get(lsi_frame_find(f, 9), 0, LONG, &err));
                faults = 0;
                assert_int_equal(lsi_frame_verify(f, NULL, NULL, &faults, &err), LS_CORRUPT);
                assert_int_equal(faults, 1);
                lsi_frame_close(f);
            }
        }
}

static void questions(void **state)
{
    lsi_frame *f;
    lsi_file_id id;
    (void)state;
    assert_int_equal(lsi_frame_open(&f, dir, "a-name-of-many-more-letters-than-any-file-has", KIND, true, 0, 0, &err),
                     LS_INVALID);
    assert_int_equal(lsi_frame_open(&f, dir, "whole", KIND, true, 0, 0, &err), LS_OK);
    assert_int_equal(lsi_frame_file_id(f, &id, &err), LS_MISUSE);
    const lsi_section *none = lsi_frame_section_at(f, 3);
    assert_true(none == lsi_frame_find(f, 8) && none->bytes == 0);
    assert_non_null(lsi_section_fetch(none, 0, 0, &err));
    assert_null(lsi_section_fetch(none, 0, 1, &err));
    assert_int_equal(err.code, LS_CORRUPT);
    lsi_frame_close(f);
}

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || lsi_dir_open(&dir, folder, &err)) return 1;
    make();
    return 0;
}

static int end(void **state)
{
    (void)state;
    lsi_dir_unlink(dir, "whole", NULL);
    lsi_dir_unlink(dir, "lie", NULL);
    lsi_dir_close(dir);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),     cmocka_unit_test(gaps),     cmocka_unit_test(footers),
        cmocka_unit_test(cuts),        cmocka_unit_test(copies),   cmocka_unit_test(overlaps),
        cmocka_unit_test(small_files), cmocka_unit_test(headless), cmocka_unit_test(reads_that_fail),
        cmocka_unit_test(writers),     cmocka_unit_test(questions)};
    return cmocka_run_group_tests(tests, begin, end);
}
