/* batch_avx2.c — the loops of batch.c in 256-bit vectors. Compiled on every x86 by target attributes and called only
 * where the processor has AVX2. The same float operations in the same order: multiply and add stay two operations. */
#include "libsearch/query/batch.h"
#include "libsearch/query/bm25.h"
#include <math.h>

#if LSI_SIMD_X86
#include <immintrin.h>

/* K of 8 documents. Loads one by one: gathers are no quicker, and would read behind the last length. */
LSI_TARGET("avx2") static inline __m256 k_of(const uint32_t *docs, const uint8_t *norms, const float *k)
{
    return _mm256_setr_ps(k[norms[docs[0]]], k[norms[docs[1]]], k[norms[docs[2]]], k[norms[docs[3]]], k[norms[docs[4]]],
                          k[norms[docs[5]]], k[norms[docs[6]]], k[norms[docs[7]]]);
}

LSI_TARGET("avx2")
static void v8_scores(float *out, const uint32_t *tf, const uint32_t *docs, uint32_t n, const uint8_t *norms,
                      const float *k, float w, float magic)
{
    const __m256 weight = _mm256_set1_ps(w), m = _mm256_set1_ps(magic);
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 t = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(const void *)(tf + i)));
        __m256 up = _mm256_div_ps(t, _mm256_add_ps(t, k_of(docs + i, norms, k)));
        up = _mm256_add_ps(_mm256_mul_ps(weight, up), m);
        LSI_KEEP(up);
        _mm256_storeu_ps(out + i, _mm256_sub_ps(up, m));
    }
    for (; i < n; i++) out[i] = lsi_bm25_score(w, tf[i], k[norms[docs[i]]], magic);
}

LSI_TARGET("avx2") static uint32_t v8_keep(uint32_t *docs, float *scores, uint32_t n, float floor)
{
    const __m256 f = _mm256_set1_ps(floor);
    uint32_t kept = 0, i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 s = _mm256_loadu_ps(scores + i);
        for (unsigned m = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(s, f, _CMP_GT_OQ)); m; m &= m - 1) {
            uint32_t j = i + lsi_ctz64(m); /* few are left, as a rule */
            docs[kept] = docs[j];
            scores[kept++] = scores[j];
        }
    }
    for (; i < n; i++) {
        float s = scores[i];
        docs[kept] = docs[i];
        scores[kept] = s;
        kept += s > floor ? 1 : 0;
    }
    return kept;
}

LSI_TARGET("avx2") static void v8_fold(uint64_t *bits, uint8_t *map, uint32_t words)
{
    const __m256i zero = _mm256_setzero_si256();
    for (uint32_t w = 0; w < words; w++) {
        __m256i *at = (__m256i *)(void *)(map + (size_t)w * 64);
        __m256i lo = _mm256_sub_epi8(zero, _mm256_loadu_si256(at)); /* 1 to 0xFF: the sign is what is looked at */
        __m256i hi = _mm256_sub_epi8(zero, _mm256_loadu_si256(at + 1));
        uint64_t x = (uint32_t)_mm256_movemask_epi8(lo);
        bits[w] |= x | (uint64_t)(uint32_t)_mm256_movemask_epi8(hi) << 32;
        _mm256_storeu_si256(at, zero);
        _mm256_storeu_si256(at + 1, zero);
    }
}

LSI_TARGET("avx2") static uint64_t v8_above(const float *v, float floor)
{
    const __m256 f = _mm256_set1_ps(floor);
    uint64_t m = 0;
    for (unsigned i = 0; i < 64; i += 8) {
        __m256 x = _mm256_cmp_ps(_mm256_loadu_ps(v + i), f, _CMP_GT_OQ);
        m |= (uint64_t)(uint32_t)_mm256_movemask_ps(x) << i;
    }
    return m;
}

LSI_TARGET("avx2") static uint32_t v8_sink(float *v, uint32_t n, float floor)
{
    const __m256 f = _mm256_set1_ps(floor), least = _mm256_set1_ps(-INFINITY);
    __m256i above = _mm256_setzero_si256();
    uint32_t i = 0, sums[8], sum = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 x = _mm256_loadu_ps(v + i), yes = _mm256_cmp_ps(x, f, _CMP_GT_OQ);
        _mm256_storeu_ps(v + i, _mm256_blendv_ps(least, x, yes));
        above = _mm256_sub_epi32(above, _mm256_castps_si256(yes));
    }
    _mm256_storeu_si256((__m256i *)(void *)sums, above);
    for (unsigned k = 0; k < 8; k++) sum += sums[k];
    for (; i < n; i++) {
        bool yes = v[i] > floor;
        v[i] = yes ? v[i] : -INFINITY;
        sum += yes ? 1 : 0;
    }
    return sum;
}

const lsi_batch lsi_batch_avx2 = {v8_scores, v8_keep, v8_fold, v8_above, v8_sink};
#else
const lsi_batch lsi_batch_avx2 = {NULL, NULL, NULL, NULL}; /* no level leads here */
#endif
