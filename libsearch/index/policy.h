/* policy.h — which neighbouring segments are merged next. Pure: numbers in, numbers out. */
#ifndef LSI_POLICY_H
#define LSI_POLICY_H
#include "libsearch/util/base.h"

typedef struct lsi_policy_segment {
    uint64_t bytes;
    uint32_t docs, deleted;
} lsi_policy_segment;
typedef struct lsi_policy_pick {
    size_t first, count; /* a run of neighbours; one alone is rewritten without its deleted documents */
} lsi_policy_pick;

/* True where a merge is worth its cost. */
bool lsi_policy_next(const lsi_policy_segment *s, size_t n, lsi_policy_pick *out);
/* Towards at most `target` segments without deletions, the least bytes first. False where that is reached, or
 * would take more documents than a segment may have. */
bool lsi_policy_reduce(const lsi_policy_segment *s, size_t n, size_t target, lsi_policy_pick *out);
#endif
