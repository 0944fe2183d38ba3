/* t_store.c — frames (layout, round trips, damage), file names, the writer's lock, injected failures of system calls.
 */
#include "libsearch/store/frame.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/ok.h"

static char folder[64];
static lsi_dir *dir;

static int remove_one(void *ctx, const char *name)
{
    (void)ctx;
    return lsi_dir_unlink(dir, name, NULL);
}

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/t_store.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    return mkdtemp(folder) && !lsi_dir_open(&dir, folder, NULL) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    lsi_dir_list(dir, remove_one, NULL, NULL);
    lsi_dir_close(dir);
    return lsi_dir_remove(folder, NULL);
}

static int clean(void **state)
{
    (void)state;
    return lsi_dir_list(dir, remove_one, NULL, NULL);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void put_file(const char *name, const uint8_t *p, size_t n)
{
    lsi_file f;
    lsi_file_init(&f);
    lsi_dir_unlink(dir, name, NULL);
    assert_int_equal(lsi_file_create(&f, dir, name, NULL), LS_OK);
    assert_int_equal(lsi_file_write(&f, p, n, NULL), LS_OK);
    assert_int_equal(lsi_file_close(&f, NULL), LS_OK);
}

static void get_file(const char *name, lsi_buf *b)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    lsi_buf_init(b, 0);
    assert_int_equal(lsi_io_read_file(path, (size_t)1 << 30, b, NULL), LS_OK);
}

/* ---- the layout ---- */

enum { EXAMPLE_BYTES = 0x1c0 };
static const struct {
    size_t at;
    uint8_t bytes[16];
} example[] = {
    {0x00, {0x89, 0x4c, 0x53, 0x49, 0x0d, 0x0a, 0x1a, 0x0a, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00}},
    {0x10, {0x1a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x20, {0x40, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x30, {0xfb, 0xb2, 0xdb, 0x1f, 0x83, 0x52, 0xe7, 0x8f, 0xc6, 0x5f, 0x9a, 0x41, 0xa5, 0xcb, 0x15, 0x00}},
    {0x40, {0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x50, {0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x60, {0x18, 0x48, 0x67, 0x03, 0x4e, 0x01, 0x75, 0xb4, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x80, {0xfd, 0xdc, 0x62, 0x5c, 0x55, 0xe8, 0x55, 0x95, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0xc0, {0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x100, {0xfd, 0xdc, 0x62, 0x5c, 0x55, 0xe8, 0x55, 0x95, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x140, {0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x150, {0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x160, {0x18, 0x48, 0x67, 0x03, 0x4e, 0x01, 0x75, 0xb4, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x180, {0xfb, 0xb2, 0xdb, 0x1f, 0x83, 0x52, 0xe7, 0x8f, 0xc0, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x190, {0x1a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
    {0x1b0, {0x9b, 0x5c, 0xac, 0x81, 0x67, 0xab, 0x36, 0xe9, 0x4c, 0x53, 0x49, 0x2d, 0x65, 0x6e, 0x64, 0x0a}},
};

static void make_example(uint8_t out[EXAMPLE_BYTES])
{
    memset(out, 0, EXAMPLE_BYTES);
    for (size_t i = 0; i < LSI_COUNTOF(example); i++) memcpy(out + example[i].at, example[i].bytes, 16);
}

/* The example at the head of frame.c is written as it stands there, and is read. */
static void worked_example(void **state)
{
    (void)state;
    uint8_t expected[EXAMPLE_BYTES];
    lsi_frame_writer *w;
    uint64_t bytes, sum;
    lsi_buf b;
    make_example(expected);
    assert_int_equal(lsi_frame_create(&w, dir, "example", LSI_FILE_LIVE, 26, NULL), LS_OK);
    lsi_sink_put(lsi_frame_section(w, 7, false), "hello", 5);
    assert_int_equal(lsi_frame_finish(w, true, &bytes, &sum, NULL), LS_OK);
    assert_int_equal(bytes, sizeof expected);
    get_file("example", &b);
    assert_int_equal(b.len, sizeof expected);
    assert_memory_equal(b.data, expected, sizeof expected);
    lsi_buf_clear(&b);

    put_file("copy", expected, sizeof expected);
    for (int map = 0; map < 2; map++) {
        lsi_frame *f;
        assert_int_equal(lsi_frame_open(&f, dir, "copy", LSI_FILE_LIVE, map, bytes, sum, NULL), LS_OK);
        const lsi_section *s = lsi_frame_find(f, 7);
        assert_int_equal(s->bytes, 5);
        assert_memory_equal(lsi_section_get(s, 0, 5, NULL), "hello", 5);
        assert_int_equal(lsi_frame_generation(f), 26);
        assert_int_equal(lsi_frame_find(f, 8)->bytes, 0);
        assert_null(lsi_frame_find(f, 8)->base);
        lsi_frame_close(f);
    }
}

/* ---- round trips ---- */

#define SECTIONS 5

/* Fills sections of many sizes in random order and reads them back in random pieces, mapped and not. */
static void round_trip(uint64_t seed, size_t scale)
{
    uint64_t x = seed, bytes, sum, faults = 0;
    lsi_frame_writer *w;
    lsi_sink *sinks[SECTIONS];
    lsi_buf want[SECTIONS];
    ls_error err;
    lsi_dir_unlink(dir, "round", NULL);
    assert_int_equal(lsi_frame_create(&w, dir, "round", 9, 1, NULL), LS_OK);
    for (uint32_t i = 0; i < SECTIONS; i++) {
        assert_non_null(sinks[i] = lsi_frame_section(w, i * 3 + 1, i == 2));
        lsi_buf_init(&want[i], 0);
    }
    for (size_t steps = (size_t)(next_random(&x) % 200); steps; steps--) {
        uint8_t piece[4096];
        size_t i = (size_t)(next_random(&x) % (SECTIONS - 1)) + 1; /* section 0 stays empty */
        size_t n = (size_t)(next_random(&x) % sizeof piece);
        for (size_t k = 0; k < n; k++) piece[k] = (uint8_t)(x >> (k & 31));
        for (size_t again = i == 4 ? scale : 1; again; again--) {
            lsi_sink_put(sinks[i], piece, n);
            lsi_buf_put(&want[i], piece, n);
        }
        lsi_sink_align(sinks[3], 64);
        lsi_buf_align(&want[3], 64);
    }
    for (size_t i = 0; i < SECTIONS; i++) assert_int_equal(lsi_sink_at(sinks[i]), want[i].len);
    assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, &err), LS_OK);
    for (int map = 0; map < 2; map++) {
        lsi_frame *f;
        assert_int_equal(lsi_frame_open(&f, dir, "round", 9, map, bytes, sum, &err), LS_OK);
        assert_int_equal(lsi_frame_section_count(f), SECTIONS);
        for (uint32_t i = 0; i < SECTIONS; i++) {
            const lsi_section *s = lsi_frame_find(f, i * 3 + 1);
            assert_int_equal(s->bytes, want[i].len);
            assert_int_equal(s->file_offset % LSI_SECTION_ALIGN, 0);
            for (int k = 0; k < 50; k++) {
                uint64_t off = want[i].len ? next_random(&x) % want[i].len : 0;
                uint64_t n = want[i].len ? next_random(&x) % (want[i].len - off + 1) : 0;
                const uint8_t *p = lsi_section_get(s, off, n, &err);
                assert_non_null(p);
                if (n) assert_memory_equal(p, want[i].data + off, n);
            }
            assert_null(lsi_section_get(s, want[i].len, 1, &err));
            assert_int_equal(err.code, LS_CORRUPT);
            assert_null(lsi_section_get(s, 1, UINT64_MAX, &err));
            assert_null(lsi_section_get(s, UINT64_MAX, 1, &err));
            volatile uint8_t sink = 0; /* 64 bytes behind a section can be read */
            if (s->bytes) {
                const uint8_t *p = lsi_section_get(s, 0, s->bytes, &err);
                for (size_t k = 0; map && k < 64; k++) sink = (uint8_t)(sink + p[s->bytes + k]);
            }
        }
        assert_int_equal(lsi_frame_verify(f, NULL, NULL, &faults, &err), LS_OK);
        lsi_frame_close(f);
    }
    assert_int_equal(faults, 0);
    for (size_t i = 0; i < SECTIONS; i++) lsi_buf_clear(&want[i]);
}

static void round_trips(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) round_trip(seed * 7919, seed % 10 == 0 ? 20 : 1);
}

/* Sections that end at, just before and just behind the borders of chunks and of what a sink keeps in memory. */
static void borders(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,     1,     63,     64,     65,     32767,  32768,
                                   32769, 65536, 262143, 262144, 262145, 524288, 600000};
    uint8_t *p = malloc(600000);
    assert_non_null(p);
    for (size_t i = 0; i < 600000; i++) p[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t k = 0; k < LSI_COUNTOF(sizes); k++) {
        lsi_frame_writer *w;
        lsi_frame *f;
        uint64_t bytes, sum;
        lsi_dir_unlink(dir, "border", NULL);
        assert_int_equal(lsi_frame_create(&w, dir, "border", 9, 1, NULL), LS_OK);
        lsi_sink_put(lsi_frame_section(w, 1, false), p, sizes[k]);
        assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, NULL), LS_OK);
        for (int map = 0; map < 2; map++) {
            assert_int_equal(lsi_frame_open(&f, dir, "border", 9, map, bytes, sum, NULL), LS_OK);
            const uint8_t *q = lsi_section_get(lsi_frame_find(f, 1), 0, sizes[k], NULL);
            assert_non_null(q);
            assert_memory_equal(p, q, sizes[k]);
            lsi_frame_close(f);
        }
    }
    free(p);
}

static void sinks_in_memory(void **state)
{
    (void)state;
    lsi_buf b;
    lsi_buf_init(&b, 0);
    lsi_buf_put(&b, "xyz", 3);
    lsi_sink *s = lsi_sink_memory(&b);
    assert_non_null(s);
    lsi_sink_put8(s, 1);
    lsi_sink_align(s, 8);
    lsi_sink_put32(s, 0x04030201);
    lsi_sink_put64(s, 5);
    assert_int_equal(lsi_sink_at(s), 20);
    assert_int_equal(lsi_sink_rc(s), LS_OK);
    assert_int_equal(b.len, 23);
    assert_memory_equal(b.data, "xyz\1\0\0\0\0\0\0\0\1\2\3\4\5\0\0\0\0\0\0\0", 23);
    lsi_sink_free(s);
    lsi_buf_clear(&b);
}

/* ---- damage ---- */

/* Opens and reads all of a file that was damaged: CORRUPT (TOO_OLD, TOO_NEW only where `format`), or all as it was. */
static bool judge(const uint8_t *p, size_t n, const lsi_buf *right, bool map)
{
    lsi_frame *f;
    ls_error err;
    uint64_t faults = 0;
    put_file("damaged", p, n);
    int rc = lsi_frame_open(&f, dir, "damaged", 9, map, 0, 0, &err);
    if (rc) {
        assert_null(f);
        assert_int_equal(rc, LS_CORRUPT);
        assert_non_null(strstr(err.file, "damaged"));
        assert_true(err.offset <= n);
        return false;
    }
    bool same = lsi_frame_section_count(f) == 3;
    for (uint32_t i = 0; same && i < 3; i++) {
        const lsi_section *s = lsi_frame_find(f, i + 1);
        const uint8_t *q = lsi_section_get(s, 0, s->bytes, &err);
        if (!q) assert_int_equal(err.code, LS_CORRUPT);
        same = q && s->bytes == right[i].len && (!s->bytes || !memcmp(q, right[i].data, s->bytes));
        if (q) assert_true(same); /* never other bytes than were written */
    }
    rc = lsi_frame_verify(f, NULL, NULL, &faults, &err);
    assert_int_equal(rc, faults ? LS_CORRUPT : LS_OK);
    if (!same) assert_true(faults > 0);
    lsi_frame_close(f);
    return same && !faults;
}

static void damage(void **state)
{
    (void)state;
    lsi_frame_writer *w;
    lsi_buf right[3], b;
    uint64_t bytes, sum;
    assert_int_equal(lsi_frame_create(&w, dir, "sound", 9, 77, NULL), LS_OK);
    for (uint32_t i = 0; i < 3; i++) {
        lsi_sink *s = lsi_frame_section(w, i + 1, false);
        lsi_buf_init(&right[i], 0);
        for (uint32_t k = 0; k < i * 70; k++) lsi_buf_put8(&right[i], (uint8_t)(k * 5 + i));
        lsi_sink_put(s, right[i].data, right[i].len);
    }
    assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, NULL), LS_OK);
    get_file("sound", &b);
    for (int map = 0; map < 2; map++) {
        assert_true(judge(b.data, b.len, right, map));
        for (size_t n = 0; n < b.len; n++) assert_false(judge(b.data, n, right, map));
        for (size_t i = 0; i < b.len; i++) {
            uint8_t was = b.data[i];
            for (int how = 0; how < 3; how++) {
                b.data[i] = how == 0 ? was ^ 1 : how == 1 ? was ^ 0x80 : 0;
                if (b.data[i] != was) assert_false(judge(b.data, b.len, right, map)); /* every byte is guarded */
            }
            b.data[i] = was;
        }
        lsi_buf_put8(&b, 0);
        assert_false(judge(b.data, b.len, right, map)); /* one byte too long */
        b.len--;
    }
    for (size_t i = 0; i < 3; i++) lsi_buf_clear(&right[i]);
    lsi_buf_clear(&b);
}

static int open_bytes(const uint8_t *p, size_t n, uint64_t expect_bytes, uint64_t expect_sum, ls_error *err)
{
    lsi_frame *f;
    put_file("bytes", p, n);
    int rc = lsi_frame_open(&f, dir, "bytes", LSI_FILE_LIVE, true, expect_bytes, expect_sum, err);
    lsi_frame_close(f);
    return rc;
}

/* Files whose checksums are right and whose claims are not; other formats; the wrong file. */
static void judgements(void **state)
{
    (void)state;
    uint8_t b[EXAMPLE_BYTES];
    ls_error err;
    lsi_frame *f;
    make_example(b);
    assert_int_equal(open_bytes(b, sizeof b, 0, 0, &err), LS_OK);
    assert_int_equal(open_bytes(b, sizeof b, 449, 0, &err), LS_CORRUPT);
    assert_int_equal(open_bytes(b, sizeof b, 448, 12345, &err), LS_CORRUPT);
    assert_non_null(strstr(err.message, "not the file"));
    assert_int_equal(lsi_frame_open(&f, dir, "bytes", LSI_FILE_MANIFEST, true, 0, 0, &err), LS_CORRUPT);
    assert_int_equal(lsi_frame_open(&f, dir, "nothing", LSI_FILE_LIVE, true, 0, 0, &err), LS_NOTFOUND);
    assert_int_equal(open_bytes((const uint8_t *)"", 0, 0, 0, &err), LS_CORRUPT);

    lsi_set32(b + 8, 2);
    assert_int_equal(open_bytes(b, sizeof b, 0, 0, &err), LS_CORRUPT); /* the sum says that nobody wrote that 2 */
    lsi_set64(b + 56, lsi_hash64(b, 56));
    assert_int_equal(open_bytes(b, sizeof b, 0, 0, &err), LS_TOO_NEW);
    lsi_set32(b + 8, 0);
    lsi_set64(b + 56, lsi_hash64(b, 56));
    assert_int_equal(open_bytes(b, sizeof b, 0, 0, &err), LS_TOO_OLD);

    static const struct {
        size_t at;
        uint64_t value;
    } claims[] = {{0x140, 0},          {0x140, 0x200000007},    {0x148, 0x100},      {0x148, 0},
                  {0x150, UINT64_MAX}, {0x150, 0x81},           {0x150, 0},          {0x158, 0xc0},
                  {0x158, 0x140},      {0x158, UINT64_MAX - 7}, {0x150, 0x7fffffff}, {0x168, 1},
                  {0x178, 0x100000000}};
    for (size_t i = 0; i < LSI_COUNTOF(claims); i++) {
        make_example(b);
        lsi_set64(b + claims[i].at, claims[i].value);
        lsi_set64(b + 0x180, lsi_hash64(b + 0x140, 0x40));
        lsi_set64(b + 0x1b0, lsi_hash64(b + 0x180, 48));
        lsi_set64(b + 48, lsi_get64(b + 0x180));
        lsi_set64(b + 56, lsi_hash64(b, 56));
        assert_int_equal(open_bytes(b, sizeof b, 0, 0, &err), LS_CORRUPT);
    }
    static const struct {
        size_t at;
        uint64_t value;
    } heads[] = {{0x18, 64}, {0x18, UINT64_MAX}, {0x20, 0},   {0x20, 0x80},        {0x20, UINT64_MAX - 63},
                 {0x28, 0},  {0x28, 2},          {0x28, ~0u}, {0x2c, 0x100000001}, {0x30, 1}};
    for (size_t i = 0; i < LSI_COUNTOF(heads); i++) {
        make_example(b);
        lsi_set64(b + heads[i].at, heads[i].value);
        lsi_set64(b + 56, lsi_hash64(b, 56));
        assert_int_equal(open_bytes(b, sizeof b, 0, 0, &err), LS_CORRUPT);
    }
}

static void unknown_types(void **state)
{
    (void)state;
    for (int optional = 0; optional < 2; optional++) {
        lsi_frame_writer *w;
        lsi_frame *f;
        uint64_t bytes, sum;
        ls_error err;
        lsi_dir_unlink(dir, "types", NULL);
        assert_int_equal(lsi_frame_create(&w, dir, "types", 9, 1, NULL), LS_OK);
        lsi_sink_put8(lsi_frame_section(w, 3, false), 1);
        lsi_sink_put8(lsi_frame_section(w, 99, optional), 1);
        assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, NULL), LS_OK);
        assert_int_equal(lsi_frame_open(&f, dir, "types", 9, true, bytes, sum, NULL), LS_OK);
        assert_int_equal(lsi_frame_check_types(f, 10, &err), optional ? LS_OK : LS_TOO_NEW);
        assert_int_equal(lsi_frame_check_types(f, 99, &err), LS_OK);
        lsi_frame_close(f);
    }
}

/* ---- names ---- */

static void file_names(void **state)
{
    (void)state;
    char name[LSI_NAME_BYTES];
    uint64_t g;
    lsi_name_make(name, LSI_NAME_SEGMENT, 26);
    assert_string_equal(name, "seg-000000000000001a");
    lsi_name_make(name, LSI_NAME_LIVE, UINT64_MAX);
    assert_string_equal(name, "live-ffffffffffffffff");
    for (int k = LSI_NAME_SEGMENT; k <= LSI_NAME_SPOOL; k++) {
        lsi_name_make(name, (lsi_name_kind)k, 0x123456789abcdef0);
        assert_int_equal(lsi_name_parse(name, &g), k);
        assert_int_equal(g, 0x123456789abcdef0);
    }
    static const char *const others[] = {"MANIFEST",
                                         "LOCK",
                                         "seg-1a",
                                         "seg-000000000000001A",
                                         "seg-000000000000001g",
                                         "seg_000000000000001a",
                                         "segs-00000000000000001a",
                                         "",
                                         "x",
                                         "seg-",
                                         "seg-000000000000001a ",
                                         "notes.txt"};
    for (size_t i = 0; i < LSI_COUNTOF(others); i++) assert_int_equal(lsi_name_parse(others[i], &g), LSI_NAME_OTHER);
}

/* ---- the lock ---- */

static void lock_in_process(void **state)
{
    (void)state;
    lsi_lock *a, *b;
    ls_error err;
    lsi_dir *again;
    assert_int_equal(lsi_lock_take(&a, dir, &err), LS_OK);
    assert_true(lsi_lock_is_ours(a));
    assert_int_equal(lsi_lock_take(&b, dir, &err), LS_LOCKED);
    assert_null(b);
    assert_int_equal(lsi_dir_open(&again, folder, &err), LS_OK);
    assert_int_equal(lsi_lock_take(&b, again, &err), LS_LOCKED);
    /* The refusal must not have dropped the first one's lock: another process still cannot have it. */
    pid_t child = fork();
    if (!child) leave(lsi_lock_take(&b, dir, NULL) == LS_LOCKED ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    lsi_lock_release(a);
    assert_int_equal(lsi_lock_take(&b, again, &err), LS_OK);
    lsi_lock_release(b);
    lsi_dir_close(again);
}

static void lock_of_a_child(void **state)
{
    (void)state;
    lsi_lock *l;
    int ready[2], status;
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (!child) {
        if (lsi_lock_take(&l, dir, NULL)) leave(1);
        if (write(ready[1], "x", 1) != 1) leave(2);
        for (;;) pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    uint64_t t = lsi_io_monotonic_us();
    assert_int_equal(lsi_lock_take(&l, dir, NULL), LS_LOCKED);
    assert_true(lsi_io_monotonic_us() - t < 50000);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(lsi_lock_take(&l, dir, NULL), LS_OK); /* it died with its process */

    child = fork(); /* a child neither owns nor drops what it has inherited */
    if (!child) {
        bool ours = lsi_lock_is_ours(l);
        lsi_lock_release(l);
        leave(ours);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    child = fork();
    if (!child) {
        lsi_lock *mine;
        leave(lsi_lock_take(&mine, dir, NULL) == LS_LOCKED ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
    lsi_lock_release(l);
    close(ready[0]);
    close(ready[1]);
}

/* ---- injected failures ---- */

static int write_and_read(ls_error *err)
{
    lsi_frame_writer *w;
    lsi_frame *f = NULL;
    uint64_t bytes, sum;
    static uint8_t piece[300000];
    int rc = lsi_frame_create(&w, dir, "faulty", 9, 5, err);
    if (rc) return rc;
    for (uint32_t i = 1; i <= 3; i++) {
        lsi_sink *s = lsi_frame_section(w, i, false);
        if (s) lsi_sink_put(s, piece, sizeof piece);
    }
    rc = lsi_frame_finish(w, true, &bytes, &sum, err);
    if (rc) return rc;
    rc = lsi_frame_open(&f, dir, "faulty", 9, false, bytes, sum, err);
    for (uint32_t i = 1; !rc && i <= 3; i++) {
        const uint8_t *p = lsi_section_get(lsi_frame_find(f, i), 0, sizeof piece, err);
        if (!p) rc = err->code;
        else if (memcmp(p, piece, sizeof piece)) rc = LS_MISUSE;
    }
    lsi_frame_close(f);
    return rc;
}

static int count_one(void *ctx, const char *name)
{
    (void)name;
    ++*(size_t *)ctx;
    return LS_OK;
}

static size_t files_left(void)
{
    size_t n = 0;
    assert_int_equal(lsi_dir_list(dir, count_one, &n, NULL), LS_OK);
    return n;
}

static void failing_calls(void **state)
{
    (void)state;
    static const int errors[] = {ENOSPC, EIO, EMFILE, EINTR, 0};
    static const int codes[] = {LS_NOSPACE, LS_IO, LS_IO, LS_OK, LS_OK};
    ls_error err;
    for (size_t e = 0; e < LSI_COUNTOF(errors); e++)
        for (int forever = 0; forever < 2; forever++) {
            int failed = 0;
            size_t left = 0;
            uint64_t calls = 1;
            for (uint64_t n = 1; n <= calls; n++) {
                lsi_io_fail_at(n, errors[e], forever);
                int rc = write_and_read(&err);
                uint64_t made = lsi_io_fail_at(0, 0, false);
                calls = rc ? n + 1 : made;
                if (rc) assert_true(rc == codes[e] || (errors[e] == EINTR && rc == LS_IO)); /* fsync: no retry */
                if (rc && err.code) assert_int_equal(err.code, rc);
                failed += rc != 0;
                lsi_dir_unlink(dir, "faulty", NULL);
                left += files_left();
                clean(NULL);
            }
            if (errors[e] && errors[e] != EINTR) assert_true(failed > 8);
            if (!errors[e]) assert_int_equal(failed, 0); /* short transfers are finished */
            if (!forever) assert_true(left <= 1);        /* only where an unlink itself failed */
        }
}

static void failing_allocations(void **state)
{
    (void)state;
    ls_error err;
    for (int forever = 0; forever < 2; forever++) {
        int rc = LS_NOMEM;
        for (uint64_t n = 1; rc; n++) {
            lsi_dir_unlink(dir, "faulty", NULL);
            lsi_alloc_fail_at(n, forever);
            rc = write_and_read(&err);
            lsi_alloc_fail_at(0, false);
            if (rc) assert_int_equal(rc, LS_NOMEM);
            assert_true(n < 1000);
        }
    }
}

static void read_file_limits(void **state)
{
    (void)state;
    char path[256];
    lsi_buf b;
    ls_error err;
    put_file("some", (const uint8_t *)"0123456789", 10);
    snprintf(path, sizeof path, "%s/some", folder);
    lsi_buf_init(&b, 0);
    assert_int_equal(lsi_io_read_file(path, 9, &b, &err), LS_LIMIT);
    assert_int_equal(b.len, 0);
    assert_int_equal(lsi_io_read_file(path, 10, &b, &err), LS_OK);
    assert_memory_equal(b.data, "0123456789", 10);
    lsi_buf_clear(&b);
    assert_int_equal(lsi_io_read_file(folder, 10, &b, &err), LS_IO);
    assert_int_equal(lsi_io_read_file("/nonexistent/x", 10, &b, &err), LS_NOTFOUND);
}

static void directories(void **state)
{
    (void)state;
    char path[256];
    lsi_dir *d;
    ls_error err;
    snprintf(path, sizeof path, "%s/sub", folder);
    assert_int_equal(lsi_dir_open(&d, path, &err), LS_NOTFOUND);
    assert_null(d);
    assert_int_equal(lsi_dir_create_new(&d, path, &err), LS_OK);
    lsi_dir_close(d);
    assert_int_equal(lsi_dir_create_new(&d, path, &err), LS_EXISTS);
    assert_int_equal(lsi_dir_create(&d, path, &err), LS_OK);
    assert_int_equal(lsi_dir_check_local(d, &err), LS_OK);
    lsi_dir_close(d);
    assert_int_equal(lsi_dir_remove(path, &err), LS_OK);
    snprintf(path, sizeof path, "%s/no/such", folder);
    assert_int_equal(lsi_dir_create(&d, path, &err), LS_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(worked_example, clean),   cmocka_unit_test_teardown(round_trips, clean),
        cmocka_unit_test_teardown(borders, clean),          cmocka_unit_test(sinks_in_memory),
        cmocka_unit_test_teardown(damage, clean),           cmocka_unit_test_teardown(judgements, clean),
        cmocka_unit_test_teardown(unknown_types, clean),    cmocka_unit_test(file_names),
        cmocka_unit_test_teardown(lock_in_process, clean),  cmocka_unit_test_teardown(lock_of_a_child, clean),
        cmocka_unit_test_teardown(failing_calls, clean),    cmocka_unit_test_teardown(failing_allocations, clean),
        cmocka_unit_test_teardown(read_file_limits, clean), cmocka_unit_test_teardown(directories, clean),
    };
    alarm(120);
    return cmocka_run_group_tests(tests, begin, end);
}
