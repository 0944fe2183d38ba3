/* verifying.h — the inside of a check: what has been found so far, and to whom it is told. Private to the room. */
#ifndef LSI_VERIFYING_H
#define LSI_VERIFYING_H
#include "libsearch/segment/merge.h"

typedef struct lsi_verify {
    const lsi_segment *seg;
    const lsi_live *live;
    ls_fault_fn *fault;
    void *ctx;
    uint64_t faults;
    ls_error found; /* what the check in hand says */
} lsi_verify;

/* Takes the result of a check that wrote into v->found: damage is told and counted, and the walk goes on (LS_OK);
 * anything else ends it. */
int lsi_verify_take(lsi_verify *v, int rc);
/* Terms, forms, lists, positions, form numbers. */
int lsi_verify_words(lsi_verify *v);
#endif
