/* map.c — owns entries in insertion order and a slot table at most 3/4 full. Removal is not offered. */
#include "libsearch/util/map.h"
#include "libsearch/util/alloc.h"
#include <xxhash.h>

uint64_t lsi_hash64(const void *p, size_t n)
{
    return XXH3_64bits(p, n);
}

void lsi_map_init(lsi_map *m)
{
    memset(m, 0, sizeof *m);
    lsi_arena_init(&m->keys);
}

void lsi_map_clear(lsi_map *m)
{
    lsi_free(m->entries);
    lsi_free(m->slots);
    lsi_arena_clear(&m->keys);
    lsi_map_init(m);
}

static size_t find_slot(const lsi_map *m, const void *key, size_t n, uint64_t hash)
{
    size_t mask = m->slot_count - 1, i = (size_t)hash & mask;
    for (; m->slots[i]; i = (i + 1) & mask) {
        const lsi_map_entry *e = &m->entries[m->slots[i] - 1];
        if (e->hash == hash && e->key_bytes == n && (!n || !memcmp(e->key, key, n))) break;
    }
    return i;
}

uint32_t lsi_map_get(const lsi_map *m, const void *key, size_t n)
{
    if (!m->slot_count) return LSI_MAP_NONE;
    size_t i = find_slot(m, key, n, lsi_hash64(key, n));
    return m->slots[i] ? m->entries[m->slots[i] - 1].value : LSI_MAP_NONE;
}

static bool grow_slots(lsi_map *m)
{
    size_t n = m->slot_count ? m->slot_count * 2 : 64;
    uint32_t *s = lsi_calloc(n, sizeof *s);
    if (!s) return false;
    for (size_t k = 0; k < m->count; k++) {
        size_t i = (size_t)m->entries[k].hash & (n - 1);
        while (s[i]) i = (i + 1) & (n - 1);
        s[i] = (uint32_t)k + 1;
    }
    lsi_free(m->slots);
    m->slots = s;
    m->slot_count = n;
    return true;
}

uint32_t *lsi_map_put(lsi_map *m, const void *key, size_t n)
{
    uint64_t hash = lsi_hash64(key, n);
    if (n > UINT32_MAX || m->count >= UINT32_MAX - 1) return NULL;
    if ((m->count + 1) * 4 > m->slot_count * 3 && !grow_slots(m)) return NULL;
    size_t i = find_slot(m, key, n, hash);
    if (m->slots[i]) return &m->entries[m->slots[i] - 1].value;
    lsi_map_entry *e = lsi_array_grow(m->entries, &m->cap, m->count + 1, sizeof *e);
    if (!e) return NULL;
    m->entries = e;
    const uint8_t *copy = lsi_arena_dup(&m->keys, key, n);
    if (!copy) return NULL;
    m->entries[m->count] = (lsi_map_entry){copy, (uint32_t)n, LSI_MAP_NONE, hash};
    m->slots[i] = (uint32_t)++m->count;
    return &m->entries[m->count - 1].value;
}

size_t lsi_map_bytes(const lsi_map *m)
{
    return m->cap * sizeof *m->entries + m->slot_count * sizeof *m->slots + m->keys.bytes;
}
