/* vint.h — whole numbers in 1 to 10 bytes: 7 bits a byte, low bits first, the top bit says that more follow.
 * 300 is AC 02. Readers take (p, end) and answer NULL where the bytes end or the number is too large. */
#ifndef LSI_VINT_H
#define LSI_VINT_H
#include "libsearch/util/buf.h"

LSI_INLINE void lsi_vint_put(lsi_buf *b, uint64_t v)
{
    uint8_t t[10];
    size_t n = 0;
    if (LSI_LIKELY(v < 0x80)) {
        lsi_buf_put8(b, (uint8_t)v);
        return;
    }
    while (v >= 0x80) {
        t[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    t[n++] = (uint8_t)v;
    lsi_buf_put(b, t, n);
}
LSI_INLINE const uint8_t *lsi_vint_get(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
    if (LSI_UNLIKELY(!p || p >= end)) return NULL;
    if (LSI_LIKELY(*p < 0x80)) {
        *v = *p;
        return p + 1;
    }
    uint64_t x = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (p >= end) return NULL;
        uint8_t c = *p++;
        if (shift == 63 && c > 1) return NULL;
        x |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80) {
            *v = x;
            return p;
        }
    }
    return NULL;
}
LSI_INLINE const uint8_t *lsi_vint_get32(const uint8_t *p, const uint8_t *end, uint32_t *v)
{
    uint64_t x;
    p = lsi_vint_get(p, end, &x);
    if (!p || x > UINT32_MAX) return NULL;
    *v = (uint32_t)x;
    return p;
}
/* Signed numbers with small ones first: 0, -1, 1, -2 … are 0, 1, 2, 3 … */
LSI_INLINE uint64_t lsi_zigzag(int64_t v)
{
    return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}
LSI_INLINE int64_t lsi_unzigzag(uint64_t v)
{
    uint64_t h = v >> 1;
    return (v & 1) ? -1 - (int64_t)h : (int64_t)h;
}
#endif
