/* bits.c — owns packed strings of numbers and packed offsets. Ignorant of what they number.
 *
 * n + 1 rising offsets in g = ⌈(n+1)/64⌉ groups, little-endian:
 *   for each group 16 bytes: u64 first offset, u64 width << 56 | where the group's numbers begin, from the end of these
 *   the groups' numbers: offset − first, a string of bits of that width, each group from a byte on
 *
 * Example, offsets 0 3 10: one group, first 0, width 4, begins at 0: 0000000000000000 0000000000000004 | 30 0A. */
#include "libsearch/codec/bits.h"
#include "libsearch/codec/read.h"

#define GROUP      64u
#define BEGIN_MASK (((uint64_t)1 << 56) - 1)

void lsi_bits_put(lsi_bits_writer *w, uint64_t v, unsigned width)
{
    while (width) {
        unsigned take = LSI_MIN(width, 32);
        w->word |= (v & (((uint64_t)1 << take) - 1)) << w->bits;
        w->bits += take;
        v >>= take;
        width -= take;
        for (; w->bits >= 8; w->bits -= 8) {
            lsi_buf_put8(w->buf, (uint8_t)w->word);
            w->word >>= 8;
        }
    }
}

void lsi_bits_end(lsi_bits_writer *w)
{
    if (w->bits) lsi_buf_put8(w->buf, (uint8_t)w->word);
    w->word = 0;
    w->bits = 0;
}

void lsi_offsets_writer_init(lsi_offsets_writer *w)
{
    memset(w, 0, sizeof *w);
}

void lsi_offsets_writer_clear(lsi_offsets_writer *w)
{
    lsi_buf_clear(&w->heads);
    lsi_buf_clear(&w->bodies);
}

static void flush(lsi_offsets_writer *w)
{
    lsi_bits_writer bits = {&w->bodies, 0, 0};
    unsigned width = lsi_bits64(w->group[w->n - 1] - w->group[0]);
    lsi_buf_put64(&w->heads, w->group[0]);
    lsi_buf_put64(&w->heads, (uint64_t)width << 56 | w->bodies.len);
    for (uint32_t i = 0; i < w->n; i++) lsi_bits_put(&bits, w->group[i] - w->group[0], width);
    lsi_bits_end(&bits);
    w->n = 0;
}

void lsi_offsets_add(lsi_offsets_writer *w, uint64_t v)
{
    if (w->n == GROUP) flush(w);
    w->group[w->n++] = v;
}

int lsi_offsets_end(lsi_offsets_writer *w, lsi_sink *sink, ls_error *err)
{
    if (w->n) flush(w);
    if (w->heads.rc || w->bodies.rc) return lsi_fail_nomem(err);
    if (w->heads.len) lsi_sink_put(sink, w->heads.data, w->heads.len);
    if (w->bodies.len) lsi_sink_put(sink, w->bodies.data, w->bodies.len);
    return lsi_sink_failed(sink, err);
}

/* Group g of n + 1 offsets: where its numbers are, and the width and first of them. */
LSI_INLINE const uint8_t *get_group(const lsi_section *s, uint64_t at, uint64_t n, uint64_t g, uint64_t *first,
                                    unsigned *width, ls_error *err)
{
    uint64_t groups = (n + 1 + GROUP - 1) / GROUP;
    const uint8_t *p = lsi_section_get(s, at + 16 * g, 16, err);
    if (!p) return NULL;
    uint64_t begin = lsi_get64(p + 8) & BEGIN_MASK;
    *first = lsi_get64(p);
    *width = p[15];
    uint64_t bytes = lsi_bits_bytes(LSI_MIN(GROUP, n + 1 - g * GROUP), *width);
    if (*width > 64) {
        lsi_section_corrupt(s, at + 16 * g, err, "a width of at most 64 bits");
        return NULL;
    }
    return bytes ? lsi_section_get(s, at + 16 * groups + begin, bytes, err) : p;
}

int lsi_offsets_get(const lsi_section *s, uint64_t at, uint64_t n, uint64_t i, uint64_t most, uint64_t *from,
                    uint64_t *to, ls_error *err)
{
    uint64_t first;
    unsigned width;
    const uint8_t *p = get_group(s, at, n, i / GROUP, &first, &width, err);
    if (!p) return lsi_read_failed(err);
    if (LSI_LIKELY(width <= 28 && (i + 1) % GROUP)) { /* both lie in 8 bytes */
        const uint64_t bit = i % GROUP * width, x = lsi_get64(p + (bit >> 3)) >> (bit & 7), mask = (1ull << width) - 1;
        *from = first + (x & mask);
        *to = first + (x >> width & mask);
    } else {
        *from = first + lsi_bits_at(p, width, i % GROUP);
        if ((i + 1) % GROUP == 0) {
            p = get_group(s, at, n, (i + 1) / GROUP, &first, &width, err);
            if (!p) return lsi_read_failed(err);
        }
        *to = first + lsi_bits_at(p, width, (i + 1) % GROUP);
    }
    return *from <= *to && *to <= most ? LS_OK : lsi_section_corrupt(s, at, err, "rising offsets within the section");
}
