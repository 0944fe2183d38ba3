/* base.h — the integer types, checked arithmetic and little-endian access that every floor uses. */
#ifndef LSI_BASE_H
#define LSI_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint32_t lsi_doc; /* document number within one segment */
typedef uint32_t lsi_ord; /* term ordinal within one segment */
#define LSI_DOC_END  UINT32_MAX
#define LSI_ORD_NONE UINT32_MAX

#define LSI_COUNTOF(a) (sizeof(a) / sizeof((a)[0]))
/* Each may be evaluated twice: no call that is dear, and none that recurs. */
#define LSI_MIN(a, b) ((a) < (b) ? (a) : (b))
#define LSI_MAX(a, b) ((a) > (b) ? (a) : (b))

#if defined(__GNUC__) || defined(__clang__)
#define LSI_LIKELY(x)    __builtin_expect(!!(x), 1)
#define LSI_UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define LSI_INLINE       static inline __attribute__((always_inline, unused))
#define LSI_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define LSI_ASK_FOR(p)   __builtin_prefetch(p) /* what will be read soon is brought near */
#else
#define LSI_LIKELY(x)   (x)
#define LSI_UNLIKELY(x) (x)
#define LSI_INLINE      static inline
#define LSI_PRINTF(f, a)
#define LSI_ASK_FOR(p) ((void)(p))
#endif

/* Checked arithmetic on sizes that came from untrusted bytes: false means overflow, *out is then untouched. */
LSI_INLINE bool lsi_add_size(size_t a, size_t b, size_t *out)
{
    if (b > SIZE_MAX - a) return false;
    *out = a + b;
    return true;
}
LSI_INLINE bool lsi_mul_size(size_t a, size_t b, size_t *out)
{
    if (a && b > SIZE_MAX / a) return false;
    *out = a * b;
    return true;
}
/* True where [off, off + len) lies within a thing of `total` bytes. */
LSI_INLINE bool lsi_range_ok(uint64_t off, uint64_t len, uint64_t total)
{
    return off <= total && len <= total - off;
}

/* Of ASCII alone, whatever the locale; a byte of either sign. */
LSI_INLINE bool lsi_is_alpha(int c)
{
    return (unsigned)((c | 0x20) - 'a') < 26;
}
LSI_INLINE bool lsi_is_digit(int c)
{
    return (unsigned)(c - '0') < 10;
}
LSI_INLINE bool lsi_is_alnum(int c)
{
    return lsi_is_alpha(c) || lsi_is_digit(c);
}

/* Everything on disk is little-endian. */
LSI_INLINE uint16_t lsi_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
LSI_INLINE uint32_t lsi_get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
LSI_INLINE uint64_t lsi_get64(const uint8_t *p)
{
    return (uint64_t)lsi_get32(p) | (uint64_t)lsi_get32(p + 4) << 32;
}
LSI_INLINE void lsi_set16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}
LSI_INLINE void lsi_set32(uint8_t *p, uint32_t v)
{
    lsi_set16(p, (uint16_t)v);
    lsi_set16(p + 2, (uint16_t)(v >> 16));
}
LSI_INLINE void lsi_set64(uint8_t *p, uint64_t v)
{
    lsi_set32(p, (uint32_t)v);
    lsi_set32(p + 4, (uint32_t)(v >> 32));
}

/* Number of bits needed to write v (0 for 0). */
LSI_INLINE unsigned lsi_bits32(uint32_t v)
{
#if defined(__GNUC__) || defined(__clang__)
    return v ? 32u - (unsigned)__builtin_clz(v) : 0u;
#else
    unsigned n = 0;
    for (; v; v >>= 1) n++;
    return n;
#endif
}
LSI_INLINE unsigned lsi_ctz64(uint64_t v)
{
#if defined(__GNUC__) || defined(__clang__)
    return (unsigned)__builtin_ctzll(v);
#else
    unsigned n = 0;
    for (; !(v & 1); v >>= 1) n++;
    return n;
#endif
}
LSI_INLINE unsigned lsi_popcount64(uint64_t v)
{
#if defined(__POPCNT__) || defined(__aarch64__)
    return (unsigned)__builtin_popcountll(v);
#else /* where the builtin is a call: sums of 2, 4, 8 bits, then of the bytes in the highest one */
    v -= v >> 1 & UINT64_C(0x5555555555555555);
    v = (v & UINT64_C(0x3333333333333333)) + (v >> 2 & UINT64_C(0x3333333333333333));
    v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)(v * UINT64_C(0x0101010101010101) >> 56);
#endif
}

/* Order of two byte strings: bytes first, then length; <0, 0, >0. */
LSI_INLINE int lsi_bytes_cmp(const void *a, size_t an, const void *b, size_t bn)
{
    size_t n = an < bn ? an : bn;
    int c = n ? memcmp(a, b, n) : 0;
    if (c) return c;
    return an < bn ? -1 : an > bn;
}
#endif
