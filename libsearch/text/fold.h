/* fold.h — the spellings of a word: NFC, lower case, folded. */
#ifndef LSI_FOLD_H
#define LSI_FOLD_H
#include "libsearch/text/analyzer.h"

/* Work space. 256 bytes of UTF-8 decompose to at most 85 × 18 code points (U+FDFA, three bytes, becomes 18). */
#define LSI_FOLD_CPS 1600u
typedef struct lsi_folder {
    int32_t cps[LSI_FOLD_CPS];
} lsi_folder;

/* All read at most LSI_FORM_MAX bytes of `s` and write at most LSI_FORM_MAX to `out`, cut between code points; they
 * return the bytes written. Invalid bytes become U+FFFD. out may not overlap s. */
size_t lsi_fold_nfc(lsi_folder *f, const uint8_t *s, size_t len, uint8_t *out);
size_t lsi_fold_lower(lsi_folder *f, const uint8_t *s, size_t len, bool turkish, uint8_t *out);
size_t lsi_fold_full(lsi_folder *f, const uint8_t *s, size_t len, uint8_t *out);
/* The same without the quick way for common letters. */
size_t lsi_fold_general(lsi_folder *f, const uint8_t *s, size_t len, uint8_t *out);

LSI_INLINE uint8_t lsi_ascii_lower(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}
/* Lowers ASCII (len ≤ LSI_FORM_MAX); false, with out undefined, where a byte ≥ 0x80 is met. */
bool lsi_fold_ascii(const uint8_t *s, size_t len, uint8_t *out);
/* True for the characters that are written for an apostrophe: ' ‘ ’ ʼ ʻ ＇ */
bool lsi_fold_is_apostrophe(uint32_t cp);
#endif
