/* arena.h — many small blocks that die together. Not thread-safe; one owner. */
#ifndef LSI_ARENA_H
#define LSI_ARENA_H
#include "libsearch/util/base.h"

typedef struct lsi_arena_chunk lsi_arena_chunk;
typedef struct lsi_arena {
    lsi_arena_chunk *head;
    uint8_t *at, *end;
    size_t bytes; /* held from the heap, for budgets */
} lsi_arena;

void lsi_arena_init(lsi_arena *a);
void lsi_arena_clear(lsi_arena *a);           /* frees all */
void lsi_arena_reset(lsi_arena *a);           /* forgets all, keeps the newest chunk */
void *lsi_arena_more(lsi_arena *a, size_t n); /* what lsi_arena_alloc does where the present chunk is full */
/* 16-byte aligned; NULL on failure. */
LSI_INLINE void *lsi_arena_alloc(lsi_arena *a, size_t n)
{
    uint8_t *p = a->at;
    size_t take = (n + 15) & ~(size_t)15; /* 0 where it wraps */
    if (LSI_UNLIKELY(!p || take < n || take > (size_t)(a->end - p))) return lsi_arena_more(a, n);
    a->at += take;
    return p;
}
void *lsi_arena_zalloc(lsi_arena *a, size_t n);
void *lsi_arena_dup(lsi_arena *a, const void *p, size_t n); /* copy with a NUL behind it */
#endif
