/* ucd.h — what a code point is: word-break class, script, and a few yes-or-no properties, of Unicode 15.0. */
#ifndef LSI_UCD_H
#define LSI_UCD_H
#include "libsearch/util/base.h"

#define LSI_UNICODE_VERSION 0x0f0000u /* 15.0.0 */

/* Word_Break, in bits 0–4. The order is that of gen_ucd.py. */
enum {
    LSI_WB_OTHER,
    LSI_WB_CR,
    LSI_WB_LF,
    LSI_WB_NEWLINE,
    LSI_WB_EXTEND,
    LSI_WB_ZWJ,
    LSI_WB_REGIONAL,
    LSI_WB_FORMAT,
    LSI_WB_KATAKANA,
    LSI_WB_HEBREW,
    LSI_WB_ALETTER,
    LSI_WB_SINGLE_QUOTE,
    LSI_WB_DOUBLE_QUOTE,
    LSI_WB_MIDNUMLET,
    LSI_WB_MIDLETTER,
    LSI_WB_MIDNUM,
    LSI_WB_NUMERIC,
    LSI_WB_EXTENDNUMLET,
    LSI_WB_SPACE
};

/* Script, in bits 5–9: those that tell languages apart; all others are SC_OTHER. */
enum {
    LSI_SC_OTHER,
    LSI_SC_LATIN,
    LSI_SC_GREEK,
    LSI_SC_CYRILLIC,
    LSI_SC_ARMENIAN,
    LSI_SC_HEBREW,
    LSI_SC_ARABIC,
    LSI_SC_DEVANAGARI,
    LSI_SC_TAMIL,
    LSI_SC_THAI,
    LSI_SC_HAN,
    LSI_SC_HIRAGANA,
    LSI_SC_KATAKANA,
    LSI_SC_HANGUL,
    LSI_SC_BENGALI,
    LSI_SC_GUJARATI,
    LSI_SC_GURMUKHI,
    LSI_SC_KANNADA,
    LSI_SC_MALAYALAM,
    LSI_SC_TELUGU,
    LSI_SC_SINHALA,
    LSI_SC_GEORGIAN,
    LSI_SC_ETHIOPIC,
    LSI_SC_COUNT
};

#define LSI_UCD_PICTOGRAPH (1u << 10) /* Extended_Pictographic */
#define LSI_UCD_BIGRAM     (1u << 11) /* a letter of a script that is cut into bigrams */
#define LSI_UCD_WORD       (1u << 12) /* a letter or number: makes a word */
#define LSI_UCD_UNSTABLE   (1u << 13) /* NFC may change a text with it */
#define LSI_UCD_STERM      (1u << 14) /* may end a sentence */
#define LSI_UCD_UPPER      (1u << 15) /* upper or title case */
#define LSI_UCD_LOWER      (1u << 16)
#define LSI_UCD_EMOJI      (1u << 17) /* a picture that counts as a word */
#define LSI_UCD_JAMO       (1u << 18) /* a conjoining Hangul vowel or final: belongs to the syllable before */
#define LSI_UCD_MARK       (1u << 19) /* general category M */
#define LSI_UCD_DIGIT      (1u << 20) /* general category Nd */

extern const uint16_t lsi_ucd_stage1[8704];
extern const uint8_t lsi_ucd_stage2[];
extern const uint32_t lsi_ucd_kinds[];
extern const uint32_t lsi_ucd_zeros[]; /* the zeros of all decimal digits, sorted */
extern const size_t lsi_ucd_zero_count;

/* cp ≤ 0x10ffff */
LSI_INLINE uint32_t lsi_ucd(uint32_t cp)
{
    return lsi_ucd_kinds[lsi_ucd_stage2[(size_t)lsi_ucd_stage1[cp >> 7] << 7 | (cp & 127)]];
}
LSI_INLINE bool lsi_is_space(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == 0xa0 || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200b) || cp == 0x202f ||
           cp == 0x205f || cp == 0x1680 || cp == 0xfeff;
}
LSI_INLINE bool lsi_is_newline(uint32_t cp)
{
    return (cp >= '\n' && cp <= '\r') || cp == 0x85 || cp == 0x2028 || cp == 0x2029;
}
LSI_INLINE unsigned lsi_ucd_wb(uint32_t kind)
{
    return kind & 31;
}
LSI_INLINE unsigned lsi_ucd_script(uint32_t kind)
{
    return kind >> 5 & 31;
}
#endif
