/* probe.h — which of some documents a list holds, a block of the list at a time. */
#ifndef LSI_PROBE_H
#define LSI_PROBE_H
#include "libsearch/query/ops.h"

/* Documents asked for in a block; measured: the map costs as much as this many look-ups. */
#define LSI_PROBE_MANY 24u

typedef struct lsi_probe {
    uint32_t n;                         /* found, all in one block */
    uint32_t which[LSI_BLOCK_DOCS + 1]; /* their places among those asked for, rising */
    uint8_t where[LSI_BLOCK_DOCS + 1];  /* and in the block; not set where it is kept as bits */
    bool as_bits;
    uint8_t map[LSI_WINDOW_DOCS]; /* what stands there from before does no harm; it is set once */
} lsi_probe;

/* Asks for docs[from] to docs[n - 1], rising, as far as one block of the list tells: those found are in b; *next is the
 * first that was not asked for, n when all are done. from < n. The cursor never moves back;
 * over blocks that are kept as bits it does not move at all. */
int lsi_probe_block(lsi_probe *b, lsi_cursor *c, const uint32_t *docs, uint32_t from, uint32_t n, uint32_t *next,
                    ls_error *err);
/* The same with the block decoded in any case: for those who want its counts as well. */
int lsi_probe_decoded(lsi_probe *b, lsi_cursor *c, const uint32_t *docs, uint32_t from, uint32_t n, uint32_t *next,
                      ls_error *err);
/* Leaves those of *n documents, rising, that the list holds (without: that it does not). */
int lsi_probe_keep(lsi_probe *b, lsi_cursor *c, lsi_doc *docs, uint32_t *n, bool without, ls_error *err);
#endif
