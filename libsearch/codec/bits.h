/* bits.h — strings of numbers of up to 64 bits each, lowest bit first, number i at bit i · width; and rising offsets
 * packed so. Readers may read (never use) 8 bytes behind the end. */
#ifndef LSI_BITS_H
#define LSI_BITS_H
#include "libsearch/codec/read.h"

LSI_INLINE unsigned lsi_bits64(uint64_t v)
{
    uint32_t high = (uint32_t)(v >> 32);
    return high ? 32 + lsi_bits32(high) : lsi_bits32((uint32_t)v);
}
/* As wide as the numbers below n are. */
LSI_INLINE unsigned lsi_bits_below(uint64_t n)
{
    return n ? lsi_bits64(n - 1) : 0;
}
/* Bytes of n numbers; n · width < 2^64 is the caller's to see to (counts are below 2^33). */
LSI_INLINE uint64_t lsi_bits_bytes(uint64_t n, unsigned width)
{
    return (n * width + 7) / 8;
}
LSI_INLINE uint64_t lsi_bits_at(const uint8_t *p, unsigned width, uint64_t i)
{
    if (!width) return 0;
    uint64_t bit = i * width;
    unsigned s = (unsigned)(bit & 7);
    p += bit >> 3;
    uint64_t x = lsi_get64(p) >> s;
    if (s + width > 64) x |= (uint64_t)p[8] << (64 - s);
    return width < 64 ? x & (((uint64_t)1 << width) - 1) : x;
}
/* Number i of a string at `at` in a section, of width ≤ 57. */
LSI_INLINE int lsi_bits_get(const lsi_section *s, uint64_t at, unsigned width, uint64_t i, uint64_t *v, ls_error *err)
{
    uint64_t from = i * width / 8, to = lsi_bits_bytes(i + 1, width);
    *v = 0;
    if (!width) return LS_OK;
    const uint8_t *p = lsi_section_get(s, at + from, to - from, err);
    if (!p) return lsi_read_failed(err);
    *v = lsi_get64(p) >> (i * width & 7) & (((uint64_t)1 << width) - 1);
    return LS_OK;
}
typedef struct lsi_bits_writer {
    lsi_buf *buf;
    uint64_t word;
    unsigned bits;
} lsi_bits_writer;
void lsi_bits_put(lsi_bits_writer *w, uint64_t v, unsigned width);
void lsi_bits_end(lsi_bits_writer *w); /* the last, ragged byte */

/* ---- n things one behind the other: where each begins, and where the last ends; see bits.c for the bytes ---- */
typedef struct lsi_offsets_writer {
    uint64_t group[64];
    uint32_t n;
    lsi_buf heads, bodies;
} lsi_offsets_writer;
void lsi_offsets_writer_init(lsi_offsets_writer *w);
void lsi_offsets_writer_clear(lsi_offsets_writer *w);
void lsi_offsets_add(lsi_offsets_writer *w, uint64_t v); /* rising; n + 1 of them */
int lsi_offsets_end(lsi_offsets_writer *w, lsi_sink *sink, ls_error *err);
/* The most things whose places can stand in so many bytes: a bound for a number that is not to be trusted. */
LSI_INLINE uint64_t lsi_offsets_most(uint64_t bytes)
{
    return bytes / 16 * 64;
}
/* What lsi_offsets_get looks at first is brought near: many are asked for one behind the other. */
LSI_INLINE void lsi_offsets_ask(const lsi_section *s, uint64_t at, uint64_t i)
{
    LSI_ASK_FOR(s->base + at + 16 * (i >> 6));
}
/* Of thing i (< n) in the n + 1 offsets at `at`: *from ≤ *to ≤ most. */
int lsi_offsets_get(const lsi_section *s, uint64_t at, uint64_t n, uint64_t i, uint64_t most, uint64_t *from,
                    uint64_t *to, ls_error *err);
#endif
