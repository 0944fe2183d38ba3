/* batch.h — the loops over many documents at once, one set of functions for each level of lsi_simd. All sets give the
 * same bits; tests/t_score.c compares them. */
#ifndef LSI_BATCH_H
#define LSI_BATCH_H
#include "libsearch/util/simd.h"

/* Arrays handed to these have room for so many more than n; what stands there is read, and may be written over. */
#define LSI_BATCH_SLACK 16u

typedef struct lsi_batch {
    /* out[i] = the score of tf[i] (below 2^31) with k[norms[docs[i]]]: see bm25.h. */
    void (*scores)(float *out, const uint32_t *tf, const uint32_t *docs, uint32_t n, const uint8_t *norms,
                   const float *k, float w, float magic);
    /* Leaves those of the n documents whose score is above floor, in their order; gives how many. */
    uint32_t (*keep)(uint32_t *docs, float *scores, uint32_t n, float floor);
    /* bits[w] gets bit i where map[64 · w + i] is not 0 (it is 1); the map is zero again. */
    void (*fold)(uint64_t *bits, uint8_t *map, uint32_t words);
    /* Which of the 64 floats at v are above floor: a bit for each. */
    uint64_t (*above)(const float *v, float floor);
    /* Those of n floats that are not above floor become minus infinity; gives how many are above. */
    uint32_t (*sink)(float *v, uint32_t n, float floor);
} lsi_batch;

const lsi_batch *lsi_batch_of(unsigned level);
LSI_INLINE const lsi_batch *lsi_batch_now(void)
{
    return lsi_batch_of(lsi_simd_level());
}
extern const lsi_batch lsi_batch_avx2; /* batch_avx2.c; not usable unless lsi_simd_level() says so */
#endif
