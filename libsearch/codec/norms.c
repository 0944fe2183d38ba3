/* norms.c — owns the code of lengths. Invariants: the decoded length rises with the code; encode gives the nearest code
 * (the larger of two that are equally near); decode(encode(n)) = n for n ≤ 16.
 *
 * Code c < 8 is length c. Any other is a number of 4 significant bits, 1xxx: (8 + (c & 7)) · 2^((c >> 3) − 1); so each
 * octave has 8 even steps and no length is off by more than 1/17 of itself. Code 255 is 15 · 2^30, and all above.
 * Examples: 16 is code 16; 100 is code 37 (13 · 2^3 = 104; 12 · 2^3 = 96 is as near); 1000 is code 64 (8 · 2^7 = 1024).
 * All decoded lengths are integers below 2^34 with 4 significant bits: exact in float, the same on every machine. */
#include "libsearch/codec/norms.h"

static uint64_t length_of(unsigned code)
{
    return code < 8 ? code : (uint64_t)(8 + (code & 7)) << ((code >> 3) - 1);
}

uint8_t lsi_norm_encode(uint64_t length)
{
    if (length < 16) return (uint8_t)length;
    if (length >= length_of(255)) return 255;
    unsigned high = (unsigned)(length >> 32), bits = high ? 32 + lsi_bits32(high) : lsi_bits32((uint32_t)length);
    unsigned shift = bits - 4;
    unsigned code = (shift + 1) * 8 + (unsigned)((length >> shift) & 7); /* the largest code not above length */
    uint64_t below = length_of(code), above = length_of(code + 1);
    return (uint8_t)(above - length <= length - below ? code + 1 : code);
}

float lsi_norm_length(uint8_t code)
{
    return (float)length_of(code);
}

void lsi_norm_table(float k[256], double k1, double b, double average)
{
    if (!(average > 0)) average = 1;
    for (unsigned c = 0; c < 256; c++) k[c] = (float)(k1 * (1 - b + b * (double)length_of(c) / average));
}
