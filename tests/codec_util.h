/* codec_util.h — for the tests of the codec room: a random stream with a printed seed, and sections in memory whose
 * bytes a test may choose (every chunk counts as checked, so that damage reaches the decoders). */
#ifndef TESTS_CODEC_UTIL_H
#define TESTS_CODEC_UTIL_H
#include "tests/ok.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libsearch/store/frame.h"
#include "libsearch/util/alloc.h"

static uint64_t random_state = 1;

static inline uint64_t rnd(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static inline uint32_t below(uint32_t n)
{
    return n ? (uint32_t)(rnd() % n) : 0;
}

/* A frame that really is one, for messages of damage to name; its directory is removed at once. */
static inline lsi_frame *some_frame(void)
{
    static lsi_frame *frame;
    char path[] = "/tmp/lsi_codec_XXXXXX", file[64];
    lsi_dir *dir;
    lsi_frame_writer *w;
    ls_error err;
    uint64_t bytes, sum;
    if (frame) return frame;
    assert_non_null(mkdtemp(path));
    assert_int_equal(lsi_dir_open(&dir, path, &err), LS_OK);
    assert_int_equal(lsi_frame_create(&w, dir, "sections", LSI_FILE_SEGMENT, 1, &err), LS_OK);
    lsi_sink_put32(lsi_frame_section(w, 1, false), 7);
    assert_int_equal(lsi_frame_finish(w, false, &bytes, &sum, &err), LS_OK);
    assert_int_equal(lsi_frame_open(&frame, dir, "sections", LSI_FILE_SEGMENT, true, bytes, sum, &err), LS_OK);
    snprintf(file, sizeof file, "%s/sections", path);
    lsi_dir_close(dir);
    unlink(file);
    rmdir(path);
    return frame; /* open until the process ends */
}

/* n bytes copied, with just the 64 readable bytes behind them that a section promises. */
static inline lsi_section section_of(const void *p, size_t n)
{
    lsi_section s;
    size_t chunks = n / LSI_CHUNK_BYTES + 1;
    uint8_t *base = malloc(n + 64);
    assert_non_null(base);
    memset(base + n, 0xA5, 64);
    if (n) memcpy(base, p, n);
    memset(&s, 0, sizeof s);
    s.base = base;
    s.bytes = n;
    s.type = 99;
    s.checked = malloc(chunks);
    assert_non_null(s.checked);
    memset(s.checked, 1, chunks);
    s.frame = some_frame();
    return s;
}
static inline lsi_section section_of_buf(const lsi_buf *b)
{
    return section_of(b->data, b->len);
}
static inline void section_free(lsi_section *s)
{
    void *p;
    memcpy(&p, &s->base, sizeof p);
    free(p);
    free(s->checked);
}

/* A sink and its bytes. */
typedef struct out {
    lsi_buf buf;
    lsi_sink *sink;
} out;
static inline void out_init(out *o)
{
    lsi_buf_init(&o->buf, 0);
    o->sink = lsi_sink_memory(&o->buf);
    assert_non_null(o->sink);
}
static inline void out_free(out *o)
{
    lsi_sink_free(o->sink);
    lsi_buf_clear(&o->buf);
}
static inline lsi_section out_section(out *o)
{
    lsi_section s = section_of_buf(&o->buf);
    out_free(o);
    return s;
}

/* Cuts a section short (from its memory too, so that the address sanitizer sees an overrun) or changes some bytes. */
static inline lsi_section damaged(const lsi_section *s)
{
    size_t n = (size_t)s->bytes;
    lsi_section d = section_of(s->base, below(8) == 0 ? below((uint32_t)n + 1) : n);
    uint8_t *p;
    memcpy(&p, &d.base, sizeof p);
    for (uint32_t i = 0, k = d.bytes ? 1 + below(3) : 0; i < k; i++) {
        uint32_t at = below((uint32_t)d.bytes);
        switch (below(4)) {
        case 0:
            p[at] = (uint8_t)rnd();
            break;
        case 1:
            p[at] = 0xff;
            break;
        case 2:
            p[at] = 0;
            break;
        default:
            p[at] ^= (uint8_t)(1u << below(8));
        }
    }
    return d;
}
/* Bytes against what they should be, in hex. */
static inline void expect_bytes(const uint8_t *p, size_t len, const char *hex)
{
    char have[1024];
    size_t n = 0;
    have[0] = 0;
    for (size_t i = 0; i < len && n + 3 < sizeof have; i++)
        n += (size_t)snprintf(have + n, sizeof have - n, "%02X", p[i]);
    assert_string_equal(have, hex);
}
#endif
