/* keys.h — what the two dictionaries share: front-coded byte strings in blocks, behind an index of fixed width that is
 * searched by the first 8 bytes. See keys.c for the bytes. */
#ifndef LSI_KEYS_H
#define LSI_KEYS_H
#include "libsearch/store/frame.h"

/* ---- the index ---- */
typedef struct lsi_keys_head {
    uint32_t count;     /* entries */
    uint32_t per_block; /* entries a block; the last has the rest */
    uint32_t extra;     /* of the user: terms keep the number of lists here */
    uint32_t blocks;    /* ⌈count / per_block⌉, not stored */
} lsi_keys_head;
int lsi_keys_open(lsi_keys_head *h, const lsi_section *index, uint32_t per_block, ls_error *err);
/* The bytes of a block of entries, [*p, *end), verified. */
int lsi_keys_block(const lsi_section *index, const lsi_section *blocks, const lsi_keys_head *h, uint32_t block,
                   const uint8_t **p, const uint8_t **end, ls_error *err);
/* How many blocks begin with a key < key (or_equal: ≤ key). */
int lsi_keys_search(const lsi_section *index, const lsi_section *blocks, const lsi_keys_head *h, const uint8_t *key,
                    size_t len, bool or_equal, uint32_t *count, ls_error *err);
/* Offsets and keys of all blocks against the blocks themselves. */
int lsi_keys_verify(const lsi_section *index, const lsi_section *blocks, const lsi_keys_head *h, ls_error *err);

typedef struct lsi_keys_writer {
    lsi_sink *index, *blocks;
    lsi_buf keys, offsets;
    uint32_t count, per_block;
} lsi_keys_writer;
void lsi_keys_writer_init(lsi_keys_writer *w, lsi_sink *index, lsi_sink *blocks, uint32_t per_block);
void lsi_keys_writer_clear(lsi_keys_writer *w);
/* A whole block that begins with `first`, of n entries. */
int lsi_keys_writer_block(lsi_keys_writer *w, const uint8_t *first, size_t len, const lsi_buf *block, uint32_t n,
                          ls_error *err);
int lsi_keys_writer_end(lsi_keys_writer *w, uint32_t extra, ls_error *err);

/* ---- the first key of a block: vint length, bytes ---- */
void lsi_keys_put_first(lsi_buf *b, const uint8_t *key, size_t len);
const uint8_t *lsi_keys_get_first(const uint8_t *p, const uint8_t *end, const uint8_t **key, size_t *len);
/* ---- a key told as so many bytes of the one before, and what follows ---- */
void lsi_keys_put(lsi_buf *b, const uint8_t *before, size_t before_len, const uint8_t *key, size_t len);
/* The shared length may not exceed before_len; NULL where damaged. */
const uint8_t *lsi_keys_get(const uint8_t *p, const uint8_t *end, size_t before_len, size_t *shared,
                            const uint8_t **rest, size_t *rest_len);
/* Makes the key in place: `key` holds the one before. NULL where damaged, and where key->rc says so. */
const uint8_t *lsi_keys_next(const uint8_t *p, const uint8_t *end, lsi_buf *key);
#endif
