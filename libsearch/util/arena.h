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
void lsi_arena_clear(lsi_arena *a);            /* frees all */
void lsi_arena_reset(lsi_arena *a);            /* forgets all, keeps the newest chunk */
void *lsi_arena_alloc(lsi_arena *a, size_t n); /* 16-byte aligned; NULL on failure */
void *lsi_arena_zalloc(lsi_arena *a, size_t n);
void *lsi_arena_dup(lsi_arena *a, const void *p, size_t n); /* copy with a NUL behind it */
#endif
