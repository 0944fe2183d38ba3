/* bitset.h — bits in 64-bit words: bit i is bit i & 63 of word i >> 6. The words belong to the caller. */
#ifndef LSI_BITSET_H
#define LSI_BITSET_H
#include "libsearch/util/base.h"

#define LSI_BITSET_NONE UINT64_MAX

LSI_INLINE size_t lsi_bitset_words(uint64_t bits)
{
    return (size_t)(bits / 64 + (bits % 64 != 0));
}
LSI_INLINE bool lsi_bitset_test(const uint64_t *w, uint64_t i)
{
    return w[i >> 6] >> (i & 63) & 1;
}
LSI_INLINE void lsi_bitset_set(uint64_t *w, uint64_t i)
{
    w[i >> 6] |= (uint64_t)1 << (i & 63);
}
LSI_INLINE void lsi_bitset_unset(uint64_t *w, uint64_t i)
{
    w[i >> 6] &= ~((uint64_t)1 << (i & 63));
}
/* Set bits in [from, to). */
uint64_t lsi_bitset_count(const uint64_t *w, uint64_t from, uint64_t to);
/* First set bit in [from, to), or LSI_BITSET_NONE. */
uint64_t lsi_bitset_next(const uint64_t *w, uint64_t from, uint64_t to);
/* Sets all of [from, to). */
void lsi_bitset_fill(uint64_t *w, uint64_t from, uint64_t to);
#endif
