/* simd.h — which vector instructions this processor has. Found at first use, never changed afterwards; each room keeps
 * const tables of functions, one a level, and picks from them by lsi_simd_level(). */
#ifndef LSI_SIMD_H
#define LSI_SIMD_H
#include "libsearch/util/base.h"

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define LSI_SIMD_X86    1
#define LSI_TARGET(isa) __attribute__((target(isa)))
#else
#define LSI_SIMD_X86 0
#endif

/* Vectors in memory as they are on disk: only where the machine is little-endian too. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LSI_LITTLE_ENDIAN 1
#else
#define LSI_LITTLE_ENDIAN 0
#endif

typedef enum lsi_simd {
    LSI_SIMD_SCALAR = 0, /* plain C; the reference that the others must equal bit for bit */
    LSI_SIMD_128 = 1,    /* 128-bit vector extensions: SSE2, NEON */
    LSI_SIMD_AVX2 = 2,
    LSI_SIMD_LEVELS = 3
} lsi_simd;

lsi_simd lsi_simd_level(void);
/* Tests: no level above `most` from now on; LSI_SIMD_LEVELS takes the limit away. Gives the level that results. */
lsi_simd lsi_simd_limit(lsi_simd most);
#endif
