/* map.h — bytes → u32 by open addressing; keys are copied into an arena of the map. */
#ifndef LSI_MAP_H
#define LSI_MAP_H
#include "libsearch/util/arena.h"

#define LSI_MAP_NONE UINT32_MAX
typedef struct lsi_map_entry {
    const uint8_t *key;
    uint32_t key_bytes, value;
    uint64_t hash;
} lsi_map_entry;
typedef struct lsi_map {
    lsi_map_entry *entries; /* in order of insertion */
    uint32_t *slots;        /* index + 1 of an entry, 0 free */
    size_t count, cap, slot_count;
    lsi_arena keys;
} lsi_map;

uint64_t lsi_hash64(const void *p, size_t n); /* XXH3, the one hash of memory and disk */
/* For short keys, never on disk: a number mixed in, bytes mixed in, bytes by themselves. Quicker than the other. */
LSI_INLINE uint64_t lsi_hash_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9FB21C651E98DF25u;
    return h ^ h >> 32;
}
LSI_INLINE uint64_t lsi_hash_bytes(uint64_t h, const void *p, size_t n)
{
    const uint8_t *at = p;
    uint64_t last = 0;
    h = lsi_hash_mix(h, n);
    for (; n >= 8; n -= 8, at += 8) h = lsi_hash_mix(h, lsi_get64(at));
    for (size_t i = 0; i < n; i++) last |= (uint64_t)at[i] << 8 * i;
    return lsi_hash_mix(h, last);
}
LSI_INLINE uint64_t lsi_hash_short(const void *p, size_t n)
{
    return lsi_hash_bytes(0, p, n);
}
void lsi_map_init(lsi_map *m);
void lsi_map_clear(lsi_map *m);
uint32_t lsi_map_get(const lsi_map *m, const void *key, size_t n); /* LSI_MAP_NONE where absent */
/* Find or insert: a pointer to the value (LSI_MAP_NONE when new), valid until the next put; NULL on failure. */
uint32_t *lsi_map_put(lsi_map *m, const void *key, size_t n);
size_t lsi_map_bytes(const lsi_map *m); /* held from the heap */
#endif
