/* heap.h — the best k of a stream of candidates, in O(k) memory: by key, then by document. Knows no query. */
#ifndef LSI_HEAP_H
#define LSI_HEAP_H
#include "libsearch/util/base.h"

typedef struct lsi_top {
    uint64_t key;        /* the larger the better */
    uint64_t doc;        /* the smaller the better where keys are equal */
    const uint8_t *text; /* set by sorts on text: compared instead of key; borrowed */
    uint32_t text_len;
    float score;
    bool has; /* false: no key, behind all that have one */
} lsi_top;

typedef struct lsi_heap {
    lsi_top *at; /* count of them; where count is cap, nothing enters that does not come before at[0] */
    size_t count, cap;
    size_t late, spare;      /* a large one: how many stand behind the first cap, and how many may */
    bool text, text_falling; /* whether keys are texts, and their order */
} lsi_heap;

/* Entries of memory that the best `cap` may need. */
size_t lsi_heap_room(size_t cap);
void lsi_heap_init(lsi_heap *h, lsi_top *memory, size_t cap, bool text, bool text_falling);
/* <0: a comes before b in the order of results; never 0 for two documents. */
int lsi_heap_order(const lsi_heap *h, const lsi_top *a, const lsi_top *b);
void lsi_heap_push(lsi_heap *h, const lsi_top *t); /* keeps t where it is among the best cap */
void lsi_heap_settle(lsi_heap *h);                 /* at[0..count) are the best, in no order but for at[0] */
/* Best first; no push afterwards. spare: 2 · cap numbers of memory, with which many are sorted quicker; may be NULL. */
void lsi_heap_sort(lsi_heap *h, uint64_t *spare);
/* Scores are not negative, so that the order of their bits is their own. */
LSI_INLINE uint64_t lsi_heap_key(float score)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits;
}
#endif
