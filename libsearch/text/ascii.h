/* ascii.h — 64 bytes at once: which are ASCII letters or digits. Bit i stands for byte i. */
#ifndef LSI_ASCII_H
#define LSI_ASCII_H
#include "libsearch/util/base.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Eight bytes in one register: each byte's answer is its top bit; the product gathers byte i's bit at bit 56 + i. */
LSI_INLINE uint64_t lsi_ascii_mask_swar(const uint8_t *p)
{
    const uint64_t ones = 0x0101010101010101u, top = 0x8080808080808080u, gather = 0x0102040810204080u;
    uint64_t mask = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t x = lsi_get64(p + 8 * i), low = x & ~top, letter = low | 0x20 * ones;
        uint64_t digits = (low + (0x80 - '0') * ones) & ~(low + (0x80 - '9' - 1) * ones);
        uint64_t letters = (letter + (0x80 - 'a') * ones) & ~(letter + (0x80 - 'z' - 1) * ones);
        uint64_t yes = (digits | letters) & ~x & top;
        mask |= ((yes >> 7) * gather >> 56) << 8 * i;
    }
    return mask;
}

LSI_INLINE uint64_t lsi_ascii_mask(const uint8_t *p)
{
#if defined(__SSE2__)
    uint64_t mask = 0;
    for (unsigned i = 0; i < 4; i++) {
        __m128i x;
        memcpy(&x, p + 16 * i, sizeof x);
        __m128i letter = _mm_or_si128(x, _mm_set1_epi8(0x20));
        /* Shifted so that the range begins at -128, one signed comparison answers for both ends. */
        __m128i l = _mm_cmplt_epi8(_mm_add_epi8(letter, _mm_set1_epi8((char)(0x80 - 'a'))), _mm_set1_epi8(-128 + 26));
        __m128i d = _mm_cmplt_epi8(_mm_add_epi8(x, _mm_set1_epi8((char)(0x80 - '0'))), _mm_set1_epi8(-128 + 10));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(l, d)) << 16 * i;
    }
    return mask;
#else
    return lsi_ascii_mask_swar(p);
#endif
}
#endif
