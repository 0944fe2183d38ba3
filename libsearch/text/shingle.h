/* shingle.h — what a text is recognised by: a hash of its words, and hashes of every five words in a row. */
#ifndef LSI_SHINGLE_H
#define LSI_SHINGLE_H
#include "libsearch/text/analyzer.h"

#define LSI_SHINGLE_WORDS 5u
#define LSI_SHINGLE_CACHE 1024u

/* One text at a time. Zero it before the first use. */
typedef struct lsi_shingler {
    uint64_t ring[LSI_SHINGLE_WORDS]; /* hashes of the last words */
    uint64_t sum;                     /* of their polynomial */
    uint64_t text;                    /* of all words so far */
    uint64_t run;                     /* words of this value so far */
    uint64_t count;                   /* shingles so far, repeats too */
    struct {
        uint64_t form, word;
    } cache[LSI_SHINGLE_CACHE]; /* of words beyond ASCII, whose folding is dear */
} lsi_shingler;

void lsi_shingle_begin(lsi_shingler *s); /* another text */
void lsi_shingle_value(lsi_shingler *s); /* another value of it: no shingle reaches across */
/* The hash of a form's folded spelling; 0: no memory. */
uint64_t lsi_shingle_word(lsi_shingler *s, lsi_analyzer *a, const uint8_t *form, size_t len);
/* Adds a word: true, and the hash of the shingle that it ends, where it ends one. */
bool lsi_shingle_add(lsi_shingler *s, uint64_t word, uint64_t *shingle);
/* Of the text; 0 where it has no word. */
uint64_t lsi_shingle_text(const lsi_shingler *s);

/* One of eight is kept. */
LSI_INLINE bool lsi_shingle_kept(uint64_t shingle)
{
    return !(shingle & 7);
}
#endif
