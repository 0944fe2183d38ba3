/* utf8.h — reading and writing one code point; an invalid byte reads as U+FFFD of one byte. */
#ifndef LSI_UTF8_H
#define LSI_UTF8_H
#include "libsearch/util/base.h"

#define LSI_UTF8_BAD 0xfffdu

/* The code point at text[at] (at < len), *bytes its length. An invalid byte: LSI_UTF8_BAD and 1 byte. */
uint32_t lsi_utf8_get_wide(const uint8_t *text, size_t len, size_t at, unsigned *bytes);
LSI_INLINE uint32_t lsi_utf8_get(const uint8_t *text, size_t len, size_t at, unsigned *bytes)
{
    if (text[at] >= 0x80) return lsi_utf8_get_wide(text, len, at, bytes);
    *bytes = 1;
    return text[at];
}
/* True where the byte starts no code point, so that a cut before it would be inside one. */
LSI_INLINE bool lsi_utf8_inside(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}
/* Writes cp (≤ 0x10ffff) to out (≥ 4 bytes); returns how many bytes. */
unsigned lsi_utf8_put(uint32_t cp, uint8_t *out);
/* The largest n ≤ max that cuts valid UTF-8 between code points. */
size_t lsi_utf8_cut(const uint8_t *text, size_t len, size_t max);
/* Invalid bytes of a text. */
uint64_t lsi_utf8_invalid(const uint8_t *text, size_t len);
#endif
