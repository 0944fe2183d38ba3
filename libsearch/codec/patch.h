/* patch.h — up to 256 numbers packed in a width that suits most of them, the rest mended by a list of exceptions.
 * See patch.c for the bytes. The width and the number of exceptions stand elsewhere, with whoever uses it. */
#ifndef LSI_PATCH_H
#define LSI_PATCH_H
#include "libsearch/codec/pack.h"
#include "libsearch/store/frame.h"

typedef struct lsi_patch {
    uint8_t width;      /* 0..32 of the packed low bits */
    uint8_t exceptions; /* 0..255 */
    uint8_t high;       /* 1..32, width of the exceptions' high bits; 0 where there are none */
} lsi_patch;

/* The cheapest way to write them, width at most `most` (0..32). */
lsi_patch lsi_patch_plan(const uint32_t *v, uint32_t n, unsigned most);
size_t lsi_patch_bytes(uint32_t n, lsi_patch p);
void lsi_patch_put(lsi_buf *b, const uint32_t *v, uint32_t n, lsi_patch p);
/* Reads n numbers at off of a section into v (room for LSI_PACK_SLACK more). *bytes: what they took. */
int lsi_patch_get(uint32_t *v, const lsi_section *s, uint64_t off, uint32_t n, unsigned width, unsigned exceptions,
                  uint64_t *bytes, ls_error *err);
/* Of n numbers in a width of 0 those that are not 0: v[i] (room as above) is the number at (*where)[i], which rises. */
int lsi_patch_rare(uint32_t *v, const uint8_t **where, const lsi_section *s, uint64_t off, uint32_t n,
                   unsigned exceptions, ls_error *err);
/* Numbers [from, from + count) alone, without those around them. */
int lsi_patch_some(uint32_t *v, const lsi_section *s, uint64_t off, uint32_t n, unsigned width, unsigned exceptions,
                   uint32_t from, uint32_t count, ls_error *err);
#endif
