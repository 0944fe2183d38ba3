/* scratch.h — the memory of one search: an arena, an analyzer and tables that are kept with the reader from search to
 * search, so that a query allocates next to nothing. */
#ifndef LSI_SCRATCH_H
#define LSI_SCRATCH_H
#include "libsearch/index/snapshot.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/arena.h"

#define LSI_KNOWN_SETS  256u
#define LSI_KNOWN_WAYS  4u
#define LSI_RANGES_KEPT 32u

typedef struct lsi_scratch {
    lsi_arena arena;              /* everything of the present search; forgotten at its end */
    lsi_analyzer *analyzer;       /* made when first asked for */
    double k1, b, average;        /* of the table below; average 0: none yet */
    float k[256];                 /* K by norm code, of the combined list */
    const lsi_snapshot *known_of; /* of what is kept; NULL: nothing is */
    struct lsi_known *known[LSI_KNOWN_SETS][LSI_KNOWN_WAYS]; /* known.c */
    struct lsi_kept_range *ranges[LSI_RANGES_KEPT];          /* ranges.c */
    uint64_t range_searches;                                 /* a number for each search that came upon kept ranges */
    size_t range_bytes;
} lsi_scratch;

/* Takes a scratch of the reader's pool, or a new one. */
int lsi_scratch_take(lsi_scratch **out, const ls_reader *r, ls_error *err);
/* Gives it back; with r NULL (or a full pool) it is freed. Takes NULL. */
void lsi_scratch_give(lsi_scratch *s, const ls_reader *r);
int lsi_scratch_analyzer(lsi_scratch *s, lsi_analyzer **out, ls_error *err);
#endif
