/* fault_zstd.c — stored texts while zstd has no memory, or answers what is not expected: its allocations are not those of
 * util/alloc.c, so its calls fail here, one after the other, by functions of this file that stand before those of the
 * library and pass on to them. Writing is refused as NOMEM, reading as NOMEM or CORRUPT; the same is right when it is
 * done again; a frame that is made otherwise than the format wants is stored as it stood. */
#define _GNU_SOURCE
#include "tests/codec_util.h"

#include "libsearch/codec/stored.h"
#include "libsearch/codec/stored_layout.h"
#include <dlfcn.h>
#include <zdict.h>
#include <zstd.h>

static ls_error err;

/* ---- the calls ---- */

static uint64_t calls, fail_at; /* of those that can fail; 0: none does */
static void (*inside)(void);    /* called while a dictionary is made, once */
static unsigned strange;        /* frames: 0 as they are, other ones below */

static bool fails(void)
{
    return ++calls == fail_at;
}

#define REAL(name)                                                                                                     \
    __typeof__(&name) real;                                                                                            \
    void *found = dlsym(RTLD_NEXT, #name);                                                                             \
    memcpy(&real, &found, sizeof real)
#define NO_MEMORY ((size_t)-64) /* as ZSTD_isError has it */

ZSTD_CCtx *ZSTD_createCCtx(void)
{
    REAL(ZSTD_createCCtx);
    return fails() ? NULL : real();
}

ZSTD_DCtx *ZSTD_createDCtx(void)
{
    REAL(ZSTD_createDCtx);
    return fails() ? NULL : real();
}

ZSTD_DDict *ZSTD_createDDict(const void *p, size_t n)
{
    REAL(ZSTD_createDDict);
    void (*now)(void) = inside;
    inside = NULL;
    if (now) now();
    return fails() ? NULL : real(p, n);
}

size_t ZSTD_CCtx_setParameter(ZSTD_CCtx *c, ZSTD_cParameter what, int value)
{
    REAL(ZSTD_CCtx_setParameter);
    return fails() ? NO_MEMORY : real(c, what, value);
}

size_t ZSTD_CCtx_reset(ZSTD_CCtx *c, ZSTD_ResetDirective what)
{
    REAL(ZSTD_CCtx_reset);
    return fails() ? NO_MEMORY : real(c, what);
}

size_t ZSTD_CCtx_setPledgedSrcSize(ZSTD_CCtx *c, unsigned long long n)
{
    REAL(ZSTD_CCtx_setPledgedSrcSize);
    return fails() ? NO_MEMORY : real(c, n);
}

size_t ZSTD_CCtx_loadDictionary(ZSTD_CCtx *c, const void *p, size_t n)
{
    REAL(ZSTD_CCtx_loadDictionary);
    return fails() ? NO_MEMORY : real(c, p, n);
}

size_t ZSTD_compressStream2(ZSTD_CCtx *c, ZSTD_outBuffer *o, ZSTD_inBuffer *i, ZSTD_EndDirective end)
{
    REAL(ZSTD_compressStream2);
    if (fails()) return NO_MEMORY;
    size_t left = real(c, o, i, end);
    return strange == 5 && end == ZSTD_e_end ? 1 : left; /* there was not room enough */
}

size_t ZSTD_compress2(ZSTD_CCtx *c, void *to, size_t room, const void *p, size_t n)
{
    REAL(ZSTD_compress2);
    if (fails()) return NO_MEMORY;
    size_t got = real(c, to, room, p, n);
    if (strange == 1 && got > 6) ((uint8_t *)to)[4] = 0x20;
    if (strange == 2 && got > 6) ((uint8_t *)to)[5] = LSI_STORED_WINDOW + 1;
    if (strange == 3) got = 8; /* less than a frame and a block take */
    if (strange == 4) got = 3;
    if (strange == 6) ((uint8_t *)to)[got++] = 0; /* more than the block that is told to be the last */
    return got;
}

size_t ZDICT_finalizeDictionary(void *to, size_t room, const void *content, size_t size, const void *samples,
                                const size_t *sizes, unsigned n, ZDICT_params_t params)
{
    REAL(ZDICT_finalizeDictionary);
    return fails() ? NO_MEMORY : real(to, room, content, size, samples, sizes, n, params);
}

size_t ZSTD_decompressDCtx(ZSTD_DCtx *c, void *to, size_t room, const void *p, size_t n)
{
    REAL(ZSTD_decompressDCtx);
    return fails() ? NO_MEMORY : real(c, to, room, p, n);
}

size_t ZSTD_decompress_usingDDict(ZSTD_DCtx *c, void *to, size_t room, const void *p, size_t n, const ZSTD_DDict *d)
{
    REAL(ZSTD_decompress_usingDDict);
    return fails() ? NO_MEMORY : real(c, to, room, p, n, d);
}

/* ---- documents ---- */

enum { DOCS = 620, LONG = 40000, HEAD = 300 };
static uint8_t text[LONG + 1000];

/* Of words, so that there is a dictionary; the second and the last but one are of several frames, the third is empty. */
static size_t document(uint32_t i, size_t *head)
{
    static const char words[] = "elections reported ministers weather ";
    size_t n = i == 1 || i == DOCS - 2 ? LONG : i == 2 ? 0 : 1500 + i % 700;
    uint64_t was = random_state;
    random_state = i;
    for (size_t k = 0; k < n; k += 9) memcpy(text + k, &words[below(27)], 9);
    random_state = was;
    *head = i % 3 ? HEAD : i % 7 == 0 ? n + 5 : 0; /* not more than there is, or else as if there were none */
    return n;
}

static uint64_t memory_at, allocations; /* of ours: the one that fails, 0: none; how many there were */

static int write_all(lsi_section s[3], uint32_t docs)
{
    lsi_stored_writer *w = NULL;
    out o[3];
    for (int i = 0; i < 3; i++) out_init(&o[i]);
    lsi_alloc_fail_at(memory_at ? memory_at : UINT64_MAX, false);
    int rc = lsi_stored_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, &err);
    if (rc) assert_null(w);
    for (uint32_t i = 0; !rc && i < docs; i++) {
        size_t head, n = document(i, &head);
        rc = lsi_stored_writer_add(w, text, n, head, &err);
    }
    if (!rc) rc = lsi_stored_writer_end(w, &err);
    lsi_stored_writer_free(w);
    allocations = lsi_alloc_fail_at(0, false);
    for (int i = 0; i < 3; i++) {
        if (rc) out_free(&o[i]);
        else s[i] = out_section(&o[i]);
    }
    return rc;
}

static void free_all(lsi_section s[3])
{
    for (int i = 0; i < 3; i++) section_free(&s[i]);
}

static int read_one(const lsi_stored *st, uint32_t i, bool head_only)
{
    lsi_buf b;
    bool whole = true;
    lsi_buf_init(&b, 0);
    int rc = head_only ? lsi_stored_head(st, i, &b, &whole, &err) : lsi_stored_get(st, i, &b, &err);
    size_t head, n = document(i, &head);
    if (rc) assert_int_equal(b.len, 0);
    else assert_true((whole ? b.len == n : b.len >= LSI_MIN(head, n)) && (!b.len || !memcmp(b.data, text, b.len)));
    lsi_buf_clear(&b);
    return rc;
}

static void read_all(const lsi_section s[3], uint32_t docs)
{
    lsi_stored *st;
    OK(lsi_stored_open(&st, &s[0], &s[1], &s[2], docs, &err));
    OK(lsi_stored_verify(st, &err));
    for (uint32_t i = 0; i < docs; i++) OK(read_one(st, i, i % 2));
    lsi_stored_close(st);
}

/* What was written has bytes too many: no document is given that is not right, and verify tells it. */
static void refuse_all(const lsi_section s[3], uint32_t docs)
{
    lsi_stored *st;
    OK(lsi_stored_open(&st, &s[0], &s[1], &s[2], docs, &err));
    WANT(lsi_stored_verify(st, &err), LS_CORRUPT);
    for (uint32_t i = 0; i < docs; i++) {
        int rc = read_one(st, i, false); /* compares what it gives */
        assert_true(!rc || (rc == LS_CORRUPT && *err.file));
    }
    lsi_stored_close(st);
}

/* ---- each call ---- */

static void writing(void **state)
{
    lsi_section s[3];
    uint64_t refused = 0, without = 0;
    (void)state;
    calls = fail_at = 0;
    OK(write_all(s, DOCS));
    const uint64_t all = calls;
    assert_true(s[2].bytes && all > DOCS);
    read_all(s, DOCS);
    free_all(s);
    for (uint64_t n = 1; n <= all; n += n < 24 || n + 3 > all ? 1 : 1 + all / 9) {
        calls = 0;
        fail_at = n;
        int rc = write_all(s, DOCS);
        fail_at = 0;
        refused += rc != 0;
        if (rc) {
            assert_int_equal(rc, LS_NOMEM);
            assert_int_equal(err.code, rc);
            continue;
        }
        without += !s[2].bytes; /* no dictionary could be made */
        read_all(s, DOCS);
        free_all(s);
    }
    assert_true(refused > 15 && without >= 1);
}

/* The same of too little text for a dictionary: all calls are those for a document, whose frame is made in one or in two. */
static void writing_few(void **state)
{
    lsi_section s[3];
    unsigned refused = 0;
    (void)state;
    calls = fail_at = 0;
    OK(write_all(s, 9));
    read_all(s, 9);
    free_all(s);
    const uint64_t all = calls;
    assert_true(all > 30);
    for (uint64_t n = 1; n <= all; n++) {
        calls = 0;
        fail_at = n;
        int rc = write_all(s, 9);
        fail_at = 0;
        refused += rc != 0;
        assert_true(!rc || rc == LS_NOMEM);
        if (rc) continue;
        read_all(s, 9); /* zstd calls some itself, and goes on */
        free_all(s);
    }
    assert_true(refused > 20);
}

/* Allocations of ours: the samples, the counts, the dictionary, all that waits. */
static void writing_memory(void **state)
{
    lsi_section s[3];
    (void)state;
    fail_at = 0;
    OK(write_all(s, DOCS));
    free_all(s);
    const uint64_t all = allocations;
    assert_true(all > 20);
    for (memory_at = 1; memory_at <= all; memory_at++) {
        WANT(write_all(s, DOCS), LS_NOMEM);
        assert_int_equal(err.code, LS_NOMEM);
    }
    memory_at = 0;
}

static void reading(void **state)
{
    lsi_section s[3];
    uint64_t refused = 0;
    (void)state;
    fail_at = 0;
    OK(write_all(s, DOCS));
    for (uint32_t doc = 0; doc < 4; doc++)
        for (int head_only = 0; head_only < 2; head_only++)
            for (uint64_t n = 1, more = 1; more; n++) {
                lsi_stored *st;
                OK(lsi_stored_open(&st, &s[0], &s[1], &s[2], DOCS, &err));
                calls = 0;
                fail_at = n;
                int rc = read_one(st, doc, head_only);
                more = calls >= n;
                fail_at = 0;
                if (rc) assert_true((rc == LS_NOMEM || rc == LS_CORRUPT) && err.code == rc);
                if (rc == LS_CORRUPT) assert_true(*err.file && err.offset != UINT64_MAX);
                if (!more) OK(rc);
                refused += rc != 0;
                OK(read_one(st, doc, head_only)); /* with the same, which a failure has not hurt */
                lsi_stored_close(st);
            }
    assert_true(refused >= 16);
    free_all(s);
}

/* Another thread makes the dictionary meanwhile: here, in the midst of making it. One is kept, both read right. */
static const lsi_stored *racing;
static void other(void)
{
    OK(read_one(racing, 5, false));
}

static void two_at_once(void **state)
{
    lsi_section s[3];
    lsi_stored *st;
    (void)state;
    fail_at = 0;
    OK(write_all(s, DOCS));
    assert_true(s[2].bytes);
    OK(lsi_stored_open(&st, &s[0], &s[1], &s[2], DOCS, &err));
    racing = st;
    inside = other;
    OK(read_one(st, 4, false));
    assert_true(!inside);
    for (uint32_t i = 0; i < 9; i++) OK(read_one(st, i, i % 2));
    lsi_stored_close(st);
    free_all(s);
}

/* Frames that zstd might make one day and the format has no place for: the bytes are stored as they stand. */
static void other_frames(void **state)
{
    (void)state;
    fail_at = 0;
    for (strange = 1; strange <= 6; strange++) {
        lsi_section s[3];
        int rc = write_all(s, 9);
        if (strange == 4 || strange == 5) { /* no frame at all */
            assert_int_equal(rc, LS_NOMEM);
            continue;
        }
        OK(rc);
        const unsigned was = strange;
        strange = 0;
        if (was < 6) read_all(s, 9);
        else refuse_all(s, 9);
        strange = was;
        free_all(s);
    }
    strange = 0;
}

/* One very long document: behind enough text for a dictionary, behind too little, and as the first. */
static void very_long(void **state)
{
    enum { LONGER = LSI_STORED_SAMPLES_MAX + 5000 };
    static uint8_t most[LONGER];
    (void)state;
    fail_at = 0;
    for (size_t i = 0; i < LONGER; i++) most[i] = (uint8_t)("etaoinshrdlu "[rnd() % 13]);
    for (int before = 0; before < 3; before++) {
        lsi_stored_writer *w;
        lsi_stored *st;
        lsi_buf b;
        out o[3];
        uint32_t docs = before == 0 ? 0 : before == 1 ? 3 : 600;
        for (int i = 0; i < 3; i++) out_init(&o[i]);
        OK(lsi_stored_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, &err));
        for (uint32_t i = 0; i < docs; i++) {
            size_t head, n = document(i, &head);
            OK(lsi_stored_writer_add(w, text, n, head, &err));
        }
        OK(lsi_stored_writer_add(w, most, LONGER, 0, &err));
        OK(lsi_stored_writer_end(w, &err));
        lsi_stored_writer_free(w);
        lsi_section s[3];
        for (int i = 0; i < 3; i++) s[i] = out_section(&o[i]);
        assert_true(s[2].bytes > 0);
        OK(lsi_stored_open(&st, &s[0], &s[1], &s[2], docs + 1, &err));
        lsi_buf_init(&b, 0);
        OK(lsi_stored_get(st, docs, &b, &err));
        assert_true(b.len == LONGER && !memcmp(b.data, most, LONGER));
        lsi_buf_clear(&b);
        for (uint32_t i = 0; i < docs; i += 1 + docs / 9) OK(read_one(st, i, false));
        lsi_stored_close(st);
        free_all(s);
    }
}

/* The same, where the memory for the sample or for the dictionary is lacking. */
static void very_long_memory(void **state)
{
    enum { LONGER = LSI_STORED_SAMPLES_MAX };
    static uint8_t most[LONGER];
    uint64_t n = 0;
    (void)state;
    fail_at = 0;
    for (bool over = false; !over && n < 8; n++) {
        lsi_stored_writer *w;
        out o[3];
        for (int i = 0; i < 3; i++) out_init(&o[i]);
        OK(lsi_stored_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, &err));
        lsi_alloc_fail_at(n + 1, false);
        int rc = lsi_stored_writer_add(w, most, LONGER, 0, &err);
        over = lsi_alloc_fail_at(0, false) <= n;
        assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
        lsi_stored_writer_free(w);
        for (int i = 0; i < 3; i++) out_free(&o[i]);
    }
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing),   cmocka_unit_test(writing_few),      cmocka_unit_test(writing_memory),
        cmocka_unit_test(reading),   cmocka_unit_test(two_at_once),      cmocka_unit_test(other_frames),
        cmocka_unit_test(very_long), cmocka_unit_test(very_long_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
