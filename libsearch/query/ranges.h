/* ranges.h — which documents of a segment have a number within bounds: found a window at a time, when they are asked
 * for, and kept in the scratch from search to search, for a newsroom asks for the same week all day. */
#ifndef LSI_RANGES_H
#define LSI_RANGES_H
#include "libsearch/query/plan.h"

typedef struct lsi_kept_range {
    const lsi_segment *seg; /* the key: with field and bounds */
    int field;
    int64_t from, to;
    uint64_t used; /* by which search last; see scratch.range_searches */
    bool pinned;   /* by the present search */
    size_t bytes;
    uint8_t *ready; /* windows whose bits stand */
    uint64_t *bits;
} lsi_kept_range;

/* The entry of a RANGE in the present segment, pinned to the end of the search; NULL where none is needed (the bounds
 * of the column tell all), where it would be too large, and without memory. */
lsi_kept_range *lsi_ranges_keep(lsi_plan *p, const lsi_op *op);
/* At the end of a search, and of a scratch. */
void lsi_ranges_unpin(lsi_scratch *s);
void lsi_ranges_free(lsi_scratch *s);
#endif
