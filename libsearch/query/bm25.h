/* bm25.h — the arithmetic of scores: one place, one order of operations, the same bits on every path and machine. */
#ifndef LSI_BM25_H
#define LSI_BM25_H
#include "libsearch/util/base.h"

/* ln(1 + (N - df + .5) / (df + .5)); > 0 for df ≤ N. */
double lsi_bm25_idf(uint64_t documents, uint64_t df);
/* 2^ceil(log2 sum) for sum > 0: adding and taking it off rounds a contribution to a multiple of the quantum. */
float lsi_bm25_magic(double sum_of_maxima);
double lsi_bm25_quantum(float magic); /* 2^(ceil(log2 sum) - 23) */

/* Makes a value opaque in its register, so that no compiler folds (x + m) - m, whatever its flags. */
#if defined(__x86_64__)
#define LSI_KEEP(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define LSI_KEEP(v) __asm__("" : "+w"(v))
#else
#define LSI_KEEP(v) __asm__("" : "+m"(v))
#endif

/* w · (tf / (tf + k)), rounded to the quantum. */
LSI_INLINE float lsi_bm25_round(float x, float magic)
{
    float up = x + magic;
    LSI_KEEP(up);
    return up - magic;
}
LSI_INLINE float lsi_bm25_score(float w, uint32_t tf, float k, float magic)
{
    float t = (float)tf;
    return lsi_bm25_round(w * (t / (t + k)), magic);
}
#endif
