/* norms.h — a text's length in one byte: 8 steps an octave. Code 0: length 0; code c > 0: about 2^((c-1)/8). */
#ifndef LSI_NORMS_H
#define LSI_NORMS_H
#include "libsearch/util/base.h"

uint8_t lsi_norm_encode(uint64_t length);
float lsi_norm_length(uint8_t code); /* from a committed table: the same float on every machine */
/* K of BM25 for each code: k1 · (1 - b + b · length / average), in float, in this order of operations. */
void lsi_norm_table(float k[256], double k1, double b, double average);
#endif
