/* pack_avx2.c — the decoders of pack.c in 256-bit vectors. Compiled on every x86 by target attributes and called only
 * where the processor has AVX2; elsewhere the table repeats the plain ones. The layout is told in pack.c. */
#include "libsearch/codec/pack.h"
#include "libsearch/codec/pack_rows.h"
#include "libsearch/util/simd.h"

#if LSI_SIMD_X86
#include <immintrin.h>

typedef uint32_t v8 __attribute__((vector_size(32), aligned(1), may_alias));

#define V8_ROW(r, b)                                                                                                   \
    {                                                                                                                  \
        const unsigned w = (r) * (b) >> 5, s = (r) * (b)&31;                                                           \
        v8 x = p[w] >> s;                                                                                              \
        if (s + (b) > 32) x |= p[w + 1] << ((32 - s) & 31);                                                            \
        o[r] = x & mask;                                                                                               \
    }
#define V8_BLOCK(b)                                                                                                    \
    LSI_TARGET("avx2") static void v8_##b(uint32_t *v, const uint8_t *in)                                              \
    {                                                                                                                  \
        const v8 mask = (v8){0} + (UINT32_MAX >> (32 - (b)));                                                          \
        const v8 *p = (const v8 *)(const void *)in;                                                                    \
        v8 *o = (v8 *)(void *)v;                                                                                       \
        ROWS(V8_ROW, b)                                                                                                \
    }
WIDTHS(V8_BLOCK)

static void v8_zero(uint32_t *v, const uint8_t *in)
{
    (void)in;
    memset(v, 0, LSI_PACK_BLOCK * sizeof *v);
}
#define V8_ENTRY(b) [b] = v8_##b,
static lsi_unpack_fn *const v8_table[33] = {v8_zero, WIDTHS(V8_ENTRY)};

/* A group of 8 numbers is `width` bytes. Numbers 0–3 are taken from the 16 bytes at its start, 4–7 from those at byte
 * width / 2; each lies, with the odd bits below it, in 4 neighbouring bytes as long as width ≤ 25. */
LSI_TARGET("avx2") static void v8_tail(uint32_t *v, const uint8_t *in, uint32_t n, unsigned width)
{
    if (width > 25) {
        uint64_t mask = (uint64_t)UINT32_MAX >> (32 - width), x;
        size_t bit = 0;
        for (uint32_t i = 0; i < n; i++, bit += width) {
            memcpy(&x, in + (bit >> 3), sizeof x);
            v[i] = (uint32_t)(x >> (bit & 7) & mask);
        }
        return;
    }
    const int odd = (int)(4 * (width & 1)), w = (int)width;
    const __m256i bit = _mm256_setr_epi32(0, w, 2 * w, 3 * w, odd, odd + w, odd + 2 * w, odd + 3 * w);
    const __m256i shift = _mm256_and_si256(bit, _mm256_set1_epi32(7));
    const __m256i from = _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srli_epi32(bit, 3), _mm256_set1_epi32(0x01010101)),
                                          _mm256_set1_epi32(0x03020100));
    const __m256i mask = _mm256_set1_epi32((int)((1u << width) - 1));
    for (uint32_t i = 0; i < n; i += 8, in += width) {
        __m128i lo = _mm_loadu_si128((const __m128i *)(const void *)in);
        __m128i hi = _mm_loadu_si128((const __m128i *)(const void *)(in + width / 2));
        __m256i x = _mm256_inserti128_si256(_mm256_castsi128_si256(lo), hi, 1);
        x = _mm256_srlv_epi32(_mm256_shuffle_epi8(x, from), shift);
        _mm256_storeu_si256((__m256i *)(void *)(v + i), _mm256_and_si256(x, mask));
    }
}

LSI_TARGET("avx2") static void v8_gaps(uint32_t *v, uint32_t n, uint32_t base)
{
    __m256i carry = _mm256_set1_epi32((int)base);
    const __m256i ones = _mm256_setr_epi32(1, 2, 3, 4, 1, 2, 3, 4), last = _mm256_set1_epi32(7);
    for (uint32_t i = 0; i < n; i += 8) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(v + i));
        x = _mm256_add_epi32(x, _mm256_slli_si256(x, 4));
        x = _mm256_add_epi32(x, _mm256_slli_si256(x, 8));
        x = _mm256_add_epi32(x, ones); /* sums of each half of 4 */
        /* the lower half's sum to the upper half: 0 below it, itself above */
        __m256i low = _mm256_shuffle_epi32(_mm256_permute2x128_si256(x, x, 0x08), 0xff);
        x = _mm256_add_epi32(x, low);
        _mm256_storeu_si256((__m256i *)(void *)(v + i), _mm256_add_epi32(x, carry));
        carry = _mm256_add_epi32(carry, _mm256_permutevar8x32_epi32(x, last));
    }
}

const lsi_pack_ops lsi_pack_avx2 = {v8_table, v8_tail, v8_gaps};
#else
static void none_tail(uint32_t *v, const uint8_t *in, uint32_t n, unsigned width)
{
    lsi_pack_ops_of(LSI_SIMD_128)->tail(v, in, n, width);
}
static void none_gaps(uint32_t *v, uint32_t n, uint32_t base)
{
    lsi_pack_ops_of(LSI_SIMD_128)->gaps(v, n, base);
}
const lsi_pack_ops lsi_pack_avx2 = {NULL, none_tail, none_gaps};
#endif
