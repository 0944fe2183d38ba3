/* copies_sets.c — owns sets of shingles: made in order, intersected, and remembered while one heap is compared with
 * what was there. One text is a candidate of many; it is cut once, as long as the sets fit into SETS_BYTES. A set does
 * not depend on the text it is compared with, only on what the comparer was made for, so that remembering one changes
 * no answer. Ignorant of words.
 *
 * Shingles are hashes: they are laid out by their highest bits, about one a bucket, which is nearly their order; each
 * bucket is sorted by insertion. Of buckets that are too full for that (a text may be made for it) qsort takes care. */
#include "libsearch/segment/copies.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <stdlib.h>

#define SETS_BYTES (8u << 20)
#define LARGE      8192u /* shingles: a larger set is not remembered */
#define BITS       10u   /* at most so many of a shingle choose its bucket */
#define FULL       24u

struct lsi_copy_sets {
    lsi_comparer *cmp; /* borrowed */
    lsi_map numbers;   /* in sets, by segment and document */
    lsi_copy_set *sets;
    size_t count, cap, bytes;
    lsi_arena arena;
};

/* ---- order ---- */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void sort_bucket(uint64_t *a, size_t n)
{
    if (n > FULL) {
        qsort(a, n, sizeof *a, by_number);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        uint64_t v = a[i];
        size_t k = i;
        for (; k && a[k - 1] > v; k--) a[k] = a[k - 1];
        a[k] = v;
    }
}

void lsi_copy_set_sort(uint64_t *a, const uint64_t *from, size_t n)
{
    uint32_t ends[(1u << BITS) + 1] = {0}; /* of the buckets, at [bucket + 1] */
    unsigned bits = 1;
    while (bits < BITS && (size_t)1 << bits < n) bits++;
    size_t buckets = (size_t)1 << bits;
    for (size_t i = 0; i < n; i++) ends[(from[i] >> (64 - bits)) + 1]++;
    for (size_t b = 1; b <= buckets; b++) ends[b] += ends[b - 1];
    for (size_t i = 0; i < n; i++) a[ends[from[i] >> (64 - bits)]++] = from[i]; /* the ends move down by one place */
    for (size_t b = 0, at = 0; b < buckets; at = ends[b++])
        if (ends[b] - at > 1) sort_bucket(a + at, ends[b] - at);
}

/* ---- what two have in common ---- */

uint64_t lsi_copy_common(const lsi_copy_set *a, const lsi_copy_set *b)
{
    uint64_t both = 0;
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        uint64_t x = a->shingles[i], y = b->shingles[k]; /* no branch: nobody can foresee it */
        both += x == y;
        i += x <= y;
        k += y <= x;
    }
    return both;
}

/* ---- remembered ---- */

int lsi_copy_sets_new(lsi_copy_sets **out, lsi_comparer *cmp, ls_error *err)
{
    lsi_copy_sets *s = *out = lsi_calloc(1, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    s->cmp = cmp;
    lsi_map_init(&s->numbers);
    lsi_arena_init(&s->arena);
    return LS_OK;
}

void lsi_copy_sets_free(lsi_copy_sets *s)
{
    if (!s) return;
    lsi_map_clear(&s->numbers);
    lsi_arena_clear(&s->arena);
    lsi_free(s->sets);
    lsi_free(s);
}

void lsi_copy_sets_trim(lsi_copy_sets *s)
{
    if (s->bytes <= SETS_BYTES) return;
    lsi_map_clear(&s->numbers);
    lsi_map_init(&s->numbers);
    lsi_arena_reset(&s->arena);
    s->count = s->bytes = 0;
}

/* Keeps a copy of a set under the number that waits for it. */
static int keep(lsi_copy_sets *s, uint32_t *number, lsi_copy_set *set, ls_error *err)
{
    size_t bytes = set->count * sizeof *set->shingles;
    if (!LSI_ROOM(s->sets, s->count + 1, s->cap)) return lsi_fail_nomem(err);
    uint64_t *copy = lsi_arena_alloc(&s->arena, bytes);
    if (!copy) return lsi_fail_nomem(err);
    if (bytes) memcpy(copy, set->shingles, bytes);
    set->shingles = copy;
    *number = (uint32_t)s->count;
    s->sets[s->count++] = *set;
    s->bytes += bytes + sizeof *set + sizeof(lsi_map_entry);
    return LS_OK;
}

int lsi_copy_sets_get(lsi_copy_sets *s, size_t seg, lsi_doc doc, lsi_copy_text *scratch, lsi_copy_set *out,
                      ls_error *err)
{
    uint64_t key[2] = {seg, doc};
    uint32_t *number = lsi_map_put(&s->numbers, key, sizeof key);
    if (!number) return lsi_fail_nomem(err);
    if (*number != LSI_MAP_NONE) {
        *out = s->sets[*number];
        return LS_OK;
    }
    int rc = lsi_comparer_text(s->cmp, seg, doc, scratch, err);
    if (rc) return rc;
    *out = (lsi_copy_set){scratch->set, scratch->set_count};
    return out->count > LARGE ? LS_OK : keep(s, number, out, err);
}
