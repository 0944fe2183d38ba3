/* batch.c — owns the loops over many documents in plain C and in 128-bit vectors (batch_avx2.c has the third), and the
 * choice among them. The plain ones say what is meant; the others give the same bits: each lane does the same float
 * operations in the same order, none is contracted, estimated or reordered. They do not know lists or queries. */
#include "libsearch/query/batch.h"
#include "libsearch/query/bm25.h"
#include <math.h>

/* ---- plain C ---- */

static void plain_scores(float *out, const uint32_t *tf, const uint32_t *docs, uint32_t n, const uint8_t *norms,
                         const float *k, float w, float magic)
{
    for (uint32_t i = 0; i < n; i++) out[i] = lsi_bm25_score(w, tf[i], k[norms[docs[i]]], magic);
}

static uint32_t plain_keep(uint32_t *docs, float *scores, uint32_t n, float floor)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        float s = scores[i];
        docs[kept] = docs[i];
        scores[kept] = s;
        kept += s > floor ? 1 : 0;
    }
    return kept;
}

/* Eight bytes of 0 or 1 by a multiplication: byte i is added in at bit 56 + i, and no two sums meet. */
static void plain_fold(uint64_t *bits, uint8_t *map, uint32_t words)
{
    for (uint32_t w = 0; w < words; w++) {
        uint64_t x = 0;
        for (unsigned i = 0; i < 8; i++)
            x |= (lsi_get64(map + w * 64 + i * 8) * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
        bits[w] |= x;
    }
    memset(map, 0, (size_t)words * 64);
}

static uint64_t plain_above(const float *v, float floor)
{
    uint64_t m = 0;
    for (unsigned i = 0; i < 64; i++) m |= (uint64_t)(v[i] > floor ? 1 : 0) << i;
    return m;
}

static uint32_t plain_sink(float *v, uint32_t n, float floor)
{
    uint32_t above = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool yes = v[i] > floor;
        v[i] = yes ? v[i] : -INFINITY;
        above += yes ? 1 : 0;
    }
    return above;
}

static const lsi_batch plain = {plain_scores, plain_keep, plain_fold, plain_above, plain_sink};

/* ---- 128-bit vectors: SSE2 and NEON from the same source ---- */
#if LSI_LITTLE_ENDIAN && (defined(__GNUC__) || defined(__clang__))

typedef float f4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t i4 __attribute__((vector_size(16), aligned(4), may_alias));

static void v4_scores(float *out, const uint32_t *tf, const uint32_t *docs, uint32_t n, const uint8_t *norms,
                      const float *k, float w, float magic)
{
    const f4 weight = {w, w, w, w}, m = {magic, magic, magic, magic};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        f4 t = __builtin_convertvector(*(const i4 *)(const void *)(tf + i), f4);
        f4 kk = {k[norms[docs[i]]], k[norms[docs[i + 1]]], k[norms[docs[i + 2]]], k[norms[docs[i + 3]]]};
        f4 up = weight * (t / (t + kk)) + m;
        LSI_KEEP(up);
        *(f4 *)(void *)(out + i) = up - m;
    }
    for (; i < n; i++) out[i] = lsi_bm25_score(w, tf[i], k[norms[docs[i]]], magic);
}

/* A bit for each of 16 comparisons: every lane keeps its own bit, and the lanes are added up. */
static uint64_t v4_above(const float *v, float floor)
{
    const f4 f = {floor, floor, floor, floor};
    const i4 bit = {1, 2, 4, 8};
    uint64_t m = 0;
    for (unsigned i = 0; i < 64; i += 16) {
        i4 a = (*(const f4 *)(const void *)(v + i) > f) & bit;
        i4 b = (*(const f4 *)(const void *)(v + i + 4) > f) & (bit << 4);
        i4 c = (*(const f4 *)(const void *)(v + i + 8) > f) & (bit << 8);
        i4 d = (*(const f4 *)(const void *)(v + i + 12) > f) & (bit << 12);
        a |= b | (c | d);
        m |= (uint64_t)(uint32_t)(a[0] | a[1] | a[2] | a[3]) << i;
    }
    return m;
}

static uint32_t v4_sink(float *v, uint32_t n, float floor)
{
    const f4 f = {floor, floor, floor, floor}, least = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    i4 above = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        f4 x = *(const f4 *)(const void *)(v + i);
        i4 yes = x > f;
        *(f4 *)(void *)(v + i) = (f4)(((i4)x & yes) | ((i4)least & ~yes));
        above -= yes;
    }
    return (uint32_t)(above[0] + above[1] + above[2] + above[3]) + plain_sink(v + i, n - i, floor);
}

static const lsi_batch v4 = {v4_scores, plain_keep, plain_fold, v4_above, v4_sink};
#else
#define v4 plain
#endif

const lsi_batch *lsi_batch_of(unsigned level)
{
    static const lsi_batch *const table[LSI_SIMD_LEVELS] = {&plain, &v4, &lsi_batch_avx2};
    return table[level];
}
