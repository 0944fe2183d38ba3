/* best.h — the largest k of a stream of distinct numbers above 0, in O(k) memory. Knows no scores. */
#ifndef LSI_BEST_H
#define LSI_BEST_H
#include "libsearch/util/base.h"

#define LSI_BEST_BATCH 256u /* numbers offered at once */

typedef struct lsi_best {
    uint64_t *at, *spare; /* count numbers, the best cap among them; as many more for work */
    uint64_t bar;         /* nothing enters that is not above it; 0 until cap numbers came */
    size_t count, cap, room;
} lsi_best;

/* Numbers of memory that the best `cap` need. */
size_t lsi_best_memory(size_t cap);
void lsi_best_init(lsi_best *b, uint64_t *memory, size_t cap);
/* v is above the bar. */
void lsi_best_take(lsi_best *b, uint64_t v);
LSI_INLINE void lsi_best_push(lsi_best *b, uint64_t v)
{
    if (v > b->bar) lsi_best_take(b, v);
}
/* Whether many are better put behind the last (as many as LSI_BEST_BATCH fit, whatever they are) and then settled. */
LSI_INLINE bool lsi_best_is_loose(const lsi_best *b)
{
    return b->room > b->cap;
}
/* After some were put there: the bar is known, and there is room for a batch again. */
void lsi_best_added(lsi_best *b);
/* at[0..count): the best, the largest first. No push afterwards. */
void lsi_best_sort(lsi_best *b);
#endif
