/* arena.c — owns chunks: one of 1 KB, which allocators give from a list and a query of a word or two does with, then
 * 4 KB, doubling to 1 MB; larger requests get a chunk of their own. While the tests make allocations fail each request
 * does, so that each can be the one. */
#include "libsearch/util/arena.h"
#include "libsearch/util/alloc.h"

#define FIRST_BYTES   (((size_t)1 << 10) - HEADER_BYTES)
#define SECOND_BYTES  ((size_t)4 << 10)
#define LARGEST_BYTES ((size_t)1 << 20)

struct lsi_arena_chunk {
    lsi_arena_chunk *next;
    size_t bytes; /* of the payload */
};
#define HEADER_BYTES ((sizeof(lsi_arena_chunk) + 15) & ~(size_t)15)

void lsi_arena_init(lsi_arena *a)
{
    memset(a, 0, sizeof *a);
}

static void free_from(lsi_arena_chunk *c)
{
    while (c) {
        lsi_arena_chunk *next = c->next;
        lsi_free(c);
        c = next;
    }
}

void lsi_arena_clear(lsi_arena *a)
{
    free_from(a->head);
    lsi_arena_init(a);
}

void lsi_arena_reset(lsi_arena *a)
{
    if (!a->head) return;
    free_from(a->head->next);
    a->head->next = NULL;
    a->at = (uint8_t *)a->head + HEADER_BYTES;
    a->end = a->at + a->head->bytes;
    a->bytes = a->head->bytes + HEADER_BYTES;
}

void *lsi_arena_more(lsi_arena *a, size_t n)
{
    if (n > SIZE_MAX - 15 - HEADER_BYTES) return NULL;
    n = (n + 15) & ~(size_t)15;
    size_t want = a->head ? LSI_MAX(a->head->bytes * 2, SECOND_BYTES) : FIRST_BYTES;
    if (want > LARGEST_BYTES) want = LARGEST_BYTES;
    if (want < n || lsi_alloc_is_counting()) want = n;
    lsi_arena_chunk *c = lsi_malloc(HEADER_BYTES + want);
    if (!c) return NULL;
    c->next = a->head;
    c->bytes = want;
    a->head = c;
    a->bytes += HEADER_BYTES + want;
    uint8_t *p = (uint8_t *)c + HEADER_BYTES;
    a->at = p + n;
    a->end = p + want;
    return p;
}

void *lsi_arena_zalloc(lsi_arena *a, size_t n)
{
    void *p = lsi_arena_alloc(a, n);
    if (p) memset(p, 0, n);
    return p;
}

void *lsi_arena_dup(lsi_arena *a, const void *p, size_t n)
{
    if (n == SIZE_MAX) return NULL;
    char *q = lsi_arena_alloc(a, n + 1);
    if (!q) return NULL;
    if (n) memcpy(q, p, n);
    q[n] = 0;
    return q;
}
