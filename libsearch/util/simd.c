/* simd.c — owns the one word that says which vector instructions may be used.
 * Invariant: once found it only changes by lsi_simd_limit, which tests call. Any number of threads may find it at the
 * same time: they all find the same, so a relaxed store is enough. Ignorant of what the vectors are used for. */
#include "libsearch/util/simd.h"
#include <stdatomic.h>

static atomic_uint found; /* level + 1; 0: not yet looked */

static lsi_simd look(void)
{
    if (!LSI_LITTLE_ENDIAN) return LSI_SIMD_SCALAR;
#if LSI_SIMD_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) return LSI_SIMD_AVX2;
#endif
#if defined(__GNUC__) || defined(__clang__)
    return LSI_SIMD_128;
#else
    return LSI_SIMD_SCALAR;
#endif
}

lsi_simd lsi_simd_level(void)
{
    unsigned f = atomic_load_explicit(&found, memory_order_relaxed);
    if (LSI_LIKELY(f)) return (lsi_simd)(f - 1);
    lsi_simd l = look();
    atomic_store_explicit(&found, (unsigned)l + 1, memory_order_relaxed);
    return l;
}

lsi_simd lsi_simd_limit(lsi_simd most)
{
    lsi_simd l = look();
    if (l > most) l = most;
    atomic_store_explicit(&found, (unsigned)l + 1, memory_order_relaxed);
    return l;
}
