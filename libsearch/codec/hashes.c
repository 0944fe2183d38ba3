/* hashes.c — owns a table from hashes to numbers that fills a section: a name is looked up by its XXH3-64, and whoever
 * asks compares the name itself, so that equal hashes do no harm. Ignorant of what the numbers number.
 *
 * Section, little-endian: u64 × count, the hashes, rising; u32 × count, their numbers, rising where hashes are equal.
 * count is a twelfth of the section's bytes.
 *
 * Example, hash 5 for number 2 and hash 9 for number 0:
 *   05 00 00 00 00 00 00 00  09 00 00 00 00 00 00 00  02 00 00 00  00 00 00 00 */
#include "libsearch/codec/hashes.h"
#include "libsearch/codec/read.h"
#include <stdlib.h>

#define PAIR_BYTES 12u

int lsi_hashes_open(lsi_hashes *h, const lsi_section *s, ls_error *err)
{
    h->section = s;
    h->count = (uint32_t)(s->bytes / PAIR_BYTES);
    if (s->bytes % PAIR_BYTES || s->bytes / PAIR_BYTES > UINT32_MAX)
        return lsi_section_corrupt(s, s->bytes, err, "12 bytes for each hash");
    return LS_OK;
}

int lsi_hashes_get(const lsi_hashes *h, uint32_t place, uint64_t *hash, uint32_t *number, ls_error *err)
{
    const uint8_t *p = lsi_section_get(h->section, 8ull * place, 8, err);
    if (!p) return lsi_read_failed(err);
    *hash = lsi_get64(p);
    p = lsi_section_get(h->section, 8ull * h->count + 4ull * place, 4, err);
    if (!p) return lsi_read_failed(err);
    *number = lsi_get32(p);
    return LS_OK;
}

int lsi_hashes_find(const lsi_hashes *h, uint64_t hash, uint32_t *from, uint32_t *to, ls_error *err)
{
    uint32_t low = 0, high = h->count;
    *from = *to = 0;
    while (low < high) { /* the first that is not below */
        uint32_t middle = low + (high - low) / 2;
        const uint8_t *p = lsi_section_get(h->section, 8ull * middle, 8, err);
        if (!p) return lsi_read_failed(err);
        if (lsi_get64(p) < hash) low = middle + 1;
        else high = middle;
    }
    for (*from = *to = low; *to < h->count; ++*to) {
        const uint8_t *p = lsi_section_get(h->section, 8ull * *to, 8, err);
        if (!p) return lsi_read_failed(err);
        if (lsi_get64(p) != hash) break;
    }
    return LS_OK;
}

int lsi_hashes_verify(const lsi_hashes *h, uint32_t limit, ls_error *err)
{
    uint64_t before = 0;
    uint32_t number_before = 0;
    for (uint32_t i = 0; i < h->count; i++) {
        uint64_t hash;
        uint32_t number;
        int rc = lsi_hashes_get(h, i, &hash, &number, err);
        if (rc) return rc;
        if (number >= limit || (i && (hash < before || (hash == before && number <= number_before))))
            return lsi_section_corrupt(h->section, 8ull * i, err, "rising hashes of what is there");
        before = hash;
        number_before = number;
    }
    return LS_OK;
}

static int by_hash(const void *a, const void *b)
{
    const lsi_hash_pair *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

void lsi_hashes_write(lsi_sink *s, lsi_hash_pair *pairs, size_t count)
{
    if (count) qsort(pairs, count, sizeof *pairs, by_hash);
    for (size_t i = 0; i < count; i++) lsi_sink_put64(s, pairs[i].hash);
    for (size_t i = 0; i < count; i++) lsi_sink_put32(s, pairs[i].number);
}
