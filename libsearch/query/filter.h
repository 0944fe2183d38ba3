/* filter.h — the conditions of a query that score nothing (sets, ranges, what is excluded), as one set of bits of a
 * segment's documents, found as it is asked for. */
#ifndef LSI_FILTER_H
#define LSI_FILTER_H
#include "libsearch/query/plan.h"

#define LSI_FILTER_READY 0xFFu

typedef struct lsi_filter {
    bool on; /* false: there is no condition, and nothing below is set */
    lsi_plan *plan;
    lsi_op **ops; /* must_count that have to match, then not_count that must not */
    uint32_t must_count, not_count;
    uint64_t *bits; /* of windows that are ready */
    uint8_t *asked; /* of a window: documents asked one by one, or LSI_FILTER_READY */
} lsi_filter;

/* Whether an operator can be a condition here. */
bool lsi_filter_can(const lsi_op *op);
/* The conditions among the root's kids and the plan's ranges. */
int lsi_filter_make(lsi_filter *f, lsi_plan *p, ls_error *err);
void lsi_filter_open(lsi_filter *f); /* the plan's present segment; its operators are open */
/* The window that doc is in. */
int lsi_filter_window(lsi_filter *f, lsi_doc doc, const uint64_t **bits, ls_error *err);
int lsi_filter_ask(lsi_filter *f, lsi_doc doc, bool *yes, ls_error *err); /* of a window that is not ready */
LSI_INLINE int lsi_filter_has(lsi_filter *f, lsi_doc doc, bool *yes, ls_error *err)
{
    *yes = true;
    if (!f->on) return LS_OK;
    if (LSI_UNLIKELY(f->asked[doc / LSI_WINDOW_DOCS] != LSI_FILTER_READY)) return lsi_filter_ask(f, doc, yes, err);
    *yes = f->bits[doc >> 6] >> (doc & 63) & 1;
    return LS_OK;
}
/* Leaves those of the n documents that keep the conditions, and what stands beside them in `with`; *n: how many. */
int lsi_filter_keep(lsi_filter *f, lsi_doc *docs, uint32_t *with, uint32_t *n, ls_error *err);
#endif
