/* bitset.c — owns nothing: loops over words, with the ragged first and last word masked. */
#include "libsearch/util/bitset.h"

/* Bits of word k that lie in [from, to); k is one of the words that the range touches. */
static uint64_t mask_of(uint64_t k, uint64_t from, uint64_t to)
{
    uint64_t m = ~(uint64_t)0;
    if (k == from >> 6) m &= ~(uint64_t)0 << (from & 63);
    if (k == (to - 1) >> 6) m &= ~(uint64_t)0 >> (63 - ((to - 1) & 63));
    return m;
}

uint64_t lsi_bitset_count(const uint64_t *w, uint64_t from, uint64_t to)
{
    uint64_t n = 0;
    if (from >= to) return 0;
    for (uint64_t k = from >> 6; k <= (to - 1) >> 6; k++) n += lsi_popcount64(w[k] & mask_of(k, from, to));
    return n;
}

uint64_t lsi_bitset_next(const uint64_t *w, uint64_t from, uint64_t to)
{
    if (from >= to) return LSI_BITSET_NONE;
    for (uint64_t k = from >> 6; k <= (to - 1) >> 6; k++) {
        uint64_t v = w[k] & mask_of(k, from, to);
        if (v) return k * 64 + lsi_ctz64(v);
    }
    return LSI_BITSET_NONE;
}

void lsi_bitset_fill(uint64_t *w, uint64_t from, uint64_t to)
{
    if (from >= to) return;
    for (uint64_t k = from >> 6; k <= (to - 1) >> 6; k++) w[k] |= mask_of(k, from, to);
}
