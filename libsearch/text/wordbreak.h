/* wordbreak.h — the words of UAX#29, untailored. */
#ifndef LSI_WORDBREAK_H
#define LSI_WORDBREAK_H
#include "libsearch/util/base.h"

/* The end of the segment that begins at the boundary `at` (at < len). */
size_t lsi_wordbreak_next(const uint8_t *text, size_t len, size_t at);
#endif
