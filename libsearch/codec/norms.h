/* norms.h — a text's length in one byte: 8 steps an octave, exact up to 16; code 0 is length 0. See norms.c. */
#ifndef LSI_NORMS_H
#define LSI_NORMS_H
#include "libsearch/util/base.h"

uint8_t lsi_norm_encode(uint64_t length);
float lsi_norm_length(uint8_t code); /* from a committed table: the same float on every machine */
/* K of BM25 for each code: k1 · (1 - b + b · length / average), computed in double in this order of operations, then
 * rounded to float. An average that is not above 0 (nothing but empty texts) counts as 1. */
void lsi_norm_table(float k[256], double k1, double b, double average);
#endif
