/* pack.h — up to 256 whole numbers of 32 bits in `width` bits each. Full blocks of 256 lie in 8 lanes, shorter ones are
 * a plain stream of bits; see pack.c for the bytes. Decoders may read (never use) up to 64 bytes behind the end. */
#ifndef LSI_PACK_H
#define LSI_PACK_H
#include "libsearch/util/base.h"

#define LSI_PACK_BLOCK 256u
#define LSI_PACK_SLACK 16u /* numbers of room wanted behind an output array */

/* Bytes of n ≤ 256 numbers. */
LSI_INLINE size_t lsi_pack_bytes(uint32_t n, unsigned width)
{
    return n == LSI_PACK_BLOCK ? (size_t)32 * width : ((size_t)n * width + 7) / 8;
}
/* Bits that the widest of them needs. */
unsigned lsi_pack_width(const uint32_t *v, uint32_t n);
uint32_t lsi_pack_or(const uint32_t *v, uint32_t n); /* all bits that any has */
/* Writes lsi_pack_bytes(n, width) bytes; every number must fit. */
void lsi_pack_put(uint8_t *out, const uint32_t *v, uint32_t n, unsigned width);
/* v has room for n + LSI_PACK_SLACK; what stands behind n is undefined afterwards. width ≤ 32. */
void lsi_pack_get(uint32_t *v, const uint8_t *in, uint32_t n, unsigned width);
/* The i-th number alone. */
uint32_t lsi_pack_at(const uint8_t *in, uint32_t n, unsigned width, uint32_t i);
/* v[i] = base + Σ(v[0..i] + 1), mod 2^32: gaps−1 to numbers, in place; room as above. */
void lsi_pack_gaps(uint32_t *v, uint32_t n, uint32_t base);
/* v[i] += 1; room as above. */
void lsi_pack_increment(uint32_t *v, uint32_t n);
/* out[i] = v[i] plus the signed number that adj[i] stands for (0, -1, 1, -2, … as 0, 1, 2, 3, …); false where one of them
 * is 0 or has its highest bit set. */
bool lsi_pack_adjust(uint32_t *out, const uint32_t *v, const uint32_t *adj, uint32_t n);
/* Σ v[0..n), mod 2^32. */
uint32_t lsi_pack_sum(const uint32_t *v, uint32_t n);

/* The set bits of a word as numbers, `first` + their place, rising; gives how many. Room for 4 more behind them. */
uint32_t lsi_pack_bits(uint32_t *v, uint64_t word, uint32_t first);

/* One set of functions for each level of lsi_simd; for tests and measurements, which compare them. */
typedef void lsi_unpack_fn(uint32_t *v, const uint8_t *in);
typedef struct lsi_pack_ops {
    lsi_unpack_fn *const *block; /* by width 0..32: 256 numbers */
    void (*tail)(uint32_t *v, const uint8_t *in, uint32_t n, unsigned width);
    void (*gaps)(uint32_t *v, uint32_t n, uint32_t base);
} lsi_pack_ops;
const lsi_pack_ops *lsi_pack_ops_of(unsigned level);
extern const lsi_pack_ops lsi_pack_avx2; /* pack_avx2.c; not usable unless lsi_simd_level() says so */
#endif
