/* bm25.c — owns the scoring formula (Robertson and others, TREC-3; idf kept positive as Lucene does) and its rounding.
 *
 * Sums of floats depend on their order. Each contribution is therefore rounded to a multiple of one quantum
 * q = 2^(e-23), e = ceil(log2 of the sum of the clauses' maxima), chosen once a query: sums of such multiples up to
 * 2^24 q are exact in binary32, in any order. x + 2^e lies in [2^e, 2^(e+1)], where neighbouring floats are q apart,
 * so (x + 2^e) - 2^e is x rounded to q, ties to even.
 *
 * It does not know lists, documents or trees. */
#include "libsearch/query/bm25.h"
#include <float.h>
#include <math.h>

#ifdef __FAST_MATH__
#error "scores must be IEEE binary32: do not build with -ffast-math"
#endif
_Static_assert(FLT_RADIX == 2 && FLT_MANT_DIG == 24, "binary32 floats");

double lsi_bm25_idf(uint64_t documents, uint64_t df)
{
    if (df > documents) df = documents;
    return log(1.0 + ((double)(documents - df) + 0.5) / ((double)df + 0.5));
}

float lsi_bm25_magic(double sum_of_maxima)
{
    int e = 0;
    if (!(sum_of_maxima > 0)) return 1.0f;
    double m = frexp(sum_of_maxima, &e); /* sum = m · 2^e, m in [.5, 1) */
    if (m == 0.5) e--;
    if (e > 100) e = 100;
    if (e < -100) e = -100;
    return (float)ldexp(1.0, e);
}

double lsi_bm25_quantum(float magic)
{
    return ldexp((double)magic, -23);
}

/* Four lanes of 128 bits: SSE2 and NEON alike. The compiler is told nothing it could rearrange. */
typedef float lanes __attribute__((vector_size(16), aligned(4)));
typedef int32_t ints __attribute__((vector_size(16), aligned(4)));

void lsi_bm25_scores(float *out, const uint32_t *tf, const uint32_t *docs, uint32_t n, const uint8_t *norms,
                     const float *k, float w, float magic)
{
    const lanes weight = {w, w, w, w}, m = {magic, magic, magic, magic};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        ints ti;
        memcpy(&ti, tf + i, sizeof ti);
        lanes t = __builtin_convertvector(ti, lanes);
        lanes kk = {k[norms[docs[i]]], k[norms[docs[i + 1]]], k[norms[docs[i + 2]]], k[norms[docs[i + 3]]]};
        lanes up = weight * (t / (t + kk)) + m;
        LSI_KEEP(up);
        lanes x = up - m;
        memcpy(out + i, &x, sizeof x);
    }
    for (; i < n; i++) out[i] = lsi_bm25_score(w, tf[i], k[norms[docs[i]]], magic);
}
