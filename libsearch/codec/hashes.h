/* hashes.h — a whole section of 64-bit hashes, each with a 32-bit number, looked up by hash. */
#ifndef LSI_HASHES_H
#define LSI_HASHES_H
#include "libsearch/store/frame.h"

typedef struct lsi_hashes {
    const lsi_section *section;
    uint32_t count;
} lsi_hashes;
/* A section of no bytes has none. */
int lsi_hashes_open(lsi_hashes *h, const lsi_section *s, ls_error *err);
/* The places [*from, *to) of a hash. */
int lsi_hashes_find(const lsi_hashes *h, uint64_t hash, uint32_t *from, uint32_t *to, ls_error *err);
int lsi_hashes_get(const lsi_hashes *h, uint32_t place, uint64_t *hash, uint32_t *number, ls_error *err);
/* Rising pairs of hash and number, numbers below `limit`. */
int lsi_hashes_verify(const lsi_hashes *h, uint32_t limit, ls_error *err);

typedef struct lsi_hash_pair {
    uint64_t hash;
    uint32_t number;
} lsi_hash_pair;
void lsi_hashes_write(lsi_sink *s, lsi_hash_pair *pairs, size_t count); /* sorts them */
#endif
