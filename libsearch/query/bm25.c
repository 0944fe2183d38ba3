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
