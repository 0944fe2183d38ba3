/* shingle.h — what a text is recognised by: a hash of its words, and hashes of every five words in a row. */
#ifndef LSI_SHINGLE_H
#define LSI_SHINGLE_H
#include "libsearch/text/analyzer.h"

#define LSI_SHINGLE_WORDS 5u
#define LSI_SHINGLE_CACHE 1024u

/* One text at a time. Zero it before the first use. */
typedef struct lsi_shingler {
    const uint8_t *wide; /* the value in hand: from its first wide_bytes bytes on 16 may be read */
    size_t wide_bytes;
    uint64_t ring[LSI_SHINGLE_WORDS]; /* hashes of the last words */
    unsigned oldest;                  /* of them */
    uint64_t sum;                     /* of their polynomial */
    uint64_t text;                    /* of all words so far */
    uint64_t run;                     /* words of this value so far */
    uint64_t count;                   /* shingles so far, repeats too */
    struct {
        uint64_t form, word;
    } cache[LSI_SHINGLE_CACHE]; /* of words beyond ASCII, whose folding is dear */
} lsi_shingler;

void lsi_shingle_begin(lsi_shingler *s); /* another text */
/* Another value of it: no shingle reaches across. Forms may point into it. */
void lsi_shingle_value(lsi_shingler *s, const uint8_t *text, size_t len);

#define LSI_SHINGLE_A UINT64_C(0x9E3779B97F4A7C15)
#define LSI_SHINGLE_B UINT64_C(0xD6E8FEB86659FD93)
LSI_INLINE uint64_t lsi_shingle_step(uint64_t h, uint64_t eight)
{
    h = (h ^ eight) * LSI_SHINGLE_B;
    return h ^ h >> 32;
}
uint64_t lsi_shingle_any_word(lsi_shingler *s, lsi_analyzer *a, const uint8_t *form, size_t len);
/* The hash of a form's folded spelling; 0: no memory. Most forms are ASCII of at most 16 bytes: no branch on the length
 * of these, which nobody can foresee. */
LSI_INLINE uint64_t lsi_shingle_word(lsi_shingler *s, lsi_analyzer *a, const uint8_t *form, size_t len)
{
    const uint64_t bit5 = UINT64_C(0x2020202020202020), highest = UINT64_C(0x8080808080808080);
    if (LSI_LIKELY(len - 1 < 16 && (uintptr_t)form - (uintptr_t)s->wide < s->wide_bytes)) {
        unsigned low = (unsigned)LSI_MIN(len, (size_t)8), high = (unsigned)len - low;
        uint64_t x = lsi_get64(form) & ~UINT64_C(0) >> (64 - 8 * low);
        uint64_t y = high ? lsi_get64(form + 8) & ~UINT64_C(0) >> (64 - 8 * high) : 0;
        uint64_t h = lsi_shingle_step(len * LSI_SHINGLE_A, x | bit5), two = lsi_shingle_step(h, y | bit5);
        if (high) h = two;
        if (LSI_LIKELY(!((x | y) & highest) && h)) return h;
    }
    return lsi_shingle_any_word(s, a, form, len);
}

#define LSI_SHINGLE_P UINT64_C(0xC2B2AE3D27D4EB4F)
/* Adds a word: true, and the hash of the shingle that it ends, where it ends one. */
LSI_INLINE bool lsi_shingle_add(lsi_shingler *s, uint64_t word, uint64_t *shingle)
{
    const uint64_t p = LSI_SHINGLE_P, p5 = p * p * p * p * p;
    uint64_t h = s->sum * p + word - s->ring[s->oldest] * p5, t = (s->text ^ word) * p;
    s->sum = h;
    s->text = t ^ t >> 29;
    s->ring[s->oldest] = word;
    s->oldest = s->oldest + 1 < LSI_SHINGLE_WORDS ? s->oldest + 1 : 0;
    if (++s->run < LSI_SHINGLE_WORDS) return false;
    s->count++;
    h = (h ^ h >> 32) * LSI_SHINGLE_B;
    h = (h ^ h >> 29) * LSI_SHINGLE_A;
    *shingle = h ^ h >> 32;
    return true;
}
/* Of the text; 0 where it has no word. */
uint64_t lsi_shingle_text(const lsi_shingler *s);

/* One of eight is kept. */
LSI_INLINE bool lsi_shingle_kept(uint64_t shingle)
{
    return !(shingle & 7);
}
#endif
