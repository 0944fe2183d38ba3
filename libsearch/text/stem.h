/* stem.h — Snowball behind one door: a stemmer for each language, made when first asked for. */
#ifndef LSI_STEM_H
#define LSI_STEM_H
#include "libsearch/text/lang.h"

struct sb_stemmer;
typedef struct lsi_stems {
    struct sb_stemmer *of[LSI_LANG_COUNT]; /* NULL until used; [0] (none) always */
} lsi_stems;

void lsi_stems_clear(lsi_stems *s);
/* The stem of a lower-case word, borrowed from the stemmer; the word itself for "none". NULL: no memory. */
const uint8_t *lsi_stem(lsi_stems *s, int lang, const uint8_t *word, size_t len, size_t *out_len);
/* A number that changes when the stems of this build of Snowball do. LS_NOMEM. */
int lsi_stem_fingerprint(uint64_t *out);
#endif
