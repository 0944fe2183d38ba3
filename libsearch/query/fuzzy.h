/* fuzzy.h — bounded edit distance (insert, delete, change, swap of neighbours) of one word against many sorted ones. */
#ifndef LSI_FUZZY_H
#define LSI_FUZZY_H
#include "libsearch/util/base.h"

#define LSI_FUZZY_POINTS_MAX 63u /* with the empty beginning, a bit of 64 each */
#define LSI_FUZZY_MAX        2u
typedef struct lsi_fuzzy {
    uint32_t word[LSI_FUZZY_POINTS_MAX];
    uint32_t len, max;   /* code points of the word; the largest distance */
    uint64_t ascii[128]; /* of each point: where it stands in the word */
    /* near[i][d]: bit j is set where the first i points of the present candidate are within d edits of the word's first j. */
    uint64_t near[LSI_FUZZY_POINTS_MAX + 4][LSI_FUZZY_MAX + 1];
    uint64_t places[LSI_FUZZY_POINTS_MAX + 4]; /* of each point of the candidate: where it stands in the word */
    uint32_t points[LSI_FUZZY_POINTS_MAX + 4]; /* of the present candidate, valid up to `depth` */
    uint32_t ends[LSI_FUZZY_POINTS_MAX + 4];   /* bytes up to and with each of them */
    uint32_t depth;
} lsi_fuzzy;

/* False where the word is too long or not valid UTF-8. */
bool lsi_fuzzy_init(lsi_fuzzy *f, const uint8_t *word, size_t len, uint32_t max);
/* Distance of a candidate, or max + 1 where it is more. Candidates that share a beginning with the one before reuse
 * its states. *dead: how many bytes of the candidate already rule out every word that begins with them (0: none). */
uint32_t lsi_fuzzy_distance(lsi_fuzzy *f, const uint8_t *cand, size_t len, size_t *dead);
/* Behind lsi_fuzzy_distance of the same candidate: of all spellings without digits that are larger, in byte order, one
 * that no match is smaller than. Its length, or 0 where nothing larger can match. */
#define LSI_FUZZY_BYTES_MAX (4 * (LSI_FUZZY_POINTS_MAX + 4))
size_t lsi_fuzzy_next(lsi_fuzzy *f, const uint8_t *cand, size_t len, uint8_t out[LSI_FUZZY_BYTES_MAX]);
bool lsi_fuzzy_has_digit(const uint8_t *p, size_t len);
/* Next code point of valid UTF-8 at *p < end; *p moves behind it. Broken bytes count as one point each. */
uint32_t lsi_fuzzy_point(const uint8_t **p, const uint8_t *end);
/* A pattern of folded text: * any run, ? one code point. Linear space, O(n·m) time at worst. */
bool lsi_wildcard_match(const uint8_t *pat, size_t pat_len, const uint8_t *text, size_t len);
#endif
