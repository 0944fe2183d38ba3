/* heap.c — owns a binary heap with the worst of the best k at its root, so that most candidates cost one comparison.
 * Invariant: at[i] comes before at[(i-1)/2] or is equal to it in no case; cap never changes. It does not know where
 * its memory comes from, nor what a key means. */
#include "libsearch/util/heap.h"

void lsi_heap_init(lsi_heap *h, lsi_top *memory, size_t cap, bool text_falling)
{
    h->at = memory;
    h->count = 0;
    h->cap = cap;
    h->text_falling = text_falling;
}

int lsi_heap_order(const lsi_heap *h, const lsi_top *a, const lsi_top *b)
{
    if (a->has != b->has) return a->has ? -1 : 1;
    if (a->has) {
        if (a->text && b->text) {
            int c = lsi_bytes_cmp(a->text, a->text_len, b->text, b->text_len);
            if (c) return (c < 0) != h->text_falling ? -1 : 1;
        } else if (a->key != b->key) {
            return a->key > b->key ? -1 : 1;
        }
    }
    if (a->doc == b->doc) return 0;
    return a->doc < b->doc ? -1 : 1;
}

/* Moves t down from the hole i among the first n. */
static void sift_down(lsi_heap *h, size_t i, size_t n, const lsi_top *t)
{
    for (;;) {
        size_t kid = 2 * i + 1;
        if (kid >= n) break;
        if (kid + 1 < n && lsi_heap_order(h, &h->at[kid + 1], &h->at[kid]) > 0) kid++;
        if (lsi_heap_order(h, &h->at[kid], t) <= 0) break;
        h->at[i] = h->at[kid];
        i = kid;
    }
    h->at[i] = *t;
}

void lsi_heap_push(lsi_heap *h, const lsi_top *t)
{
    if (h->count < h->cap) {
        size_t i = h->count++;
        while (i && lsi_heap_order(h, t, &h->at[(i - 1) / 2]) > 0) {
            h->at[i] = h->at[(i - 1) / 2];
            i = (i - 1) / 2;
        }
        h->at[i] = *t;
        return;
    }
    if (!h->cap || lsi_heap_order(h, t, &h->at[0]) > 0) return;
    sift_down(h, 0, h->count, t);
}

void lsi_heap_sort(lsi_heap *h)
{
    for (size_t n = h->count; n > 1; n--) {
        lsi_top last = h->at[n - 1];
        h->at[n - 1] = h->at[0];
        sift_down(h, 0, n - 1, &last);
    }
}
