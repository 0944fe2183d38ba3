/* order.h — byte strings into rising order, many at once. */
#ifndef LSI_ORDER_H
#define LSI_ORDER_H
#include "libsearch/util/base.h"

typedef struct lsi_ordered {
    uint64_t head; /* lsi_order_head of the string */
    uint32_t no;   /* the caller's */
} lsi_ordered;

/* The first eight bytes, zeros behind a shorter string, as a number that sorts like them. */
LSI_INLINE uint64_t lsi_order_head(const uint8_t *p, size_t n)
{
    uint64_t h = 0;
    if (n >= 8) {
        for (size_t i = 0; i < 8; i++) h = h << 8 | p[i];
        return h;
    }
    for (size_t i = 0; i < n; i++) h |= (uint64_t)p[i] << (56 - 8 * i);
    return h;
}
/* Sorts by head; equal ones keep their order, for the caller to sort further. `spare` has as many places. */
void lsi_order(lsi_ordered *v, lsi_ordered *spare, size_t n);
/* What qsort does, for elements that are few nearly always, and small. */
void lsi_order_few(void *base, size_t n, size_t bytes, int (*compare)(const void *a, const void *b));
#endif
