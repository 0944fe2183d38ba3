/* telling.h — the words that tell what some documents are about: frequent in them and rare elsewhere. */
#ifndef LSI_TELLING_H
#define LSI_TELLING_H
#include "libsearch/query/scratch.h"

typedef struct lsi_telling {
    const uint8_t *term, *form; /* form: as the first of the documents writes it */
    uint32_t term_len, form_len;
    int lang;      /* whose stem the term is */
    uint64_t tf;   /* in the document under way, counted with the fields' weights */
    double sum;    /* over the documents: tf / (tf + 1.2) */
    double weight; /* sum · idf; 0 where it is not worth asking for */
} lsi_telling;

/* *list: the words, the heaviest first, in the scratch's arena; those of weight 0 are left out. text_bytes: so much of each
 * value is looked at. */
int lsi_telling_words(const lsi_telling **list, size_t *count, const lsi_snapshot *snap, lsi_scratch *s,
                      const uint64_t *docs, size_t doc_count, size_t text_bytes, ls_error *err);
#endif
