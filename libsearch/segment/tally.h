/* tally.h — how many of some documents each term (in each list) and each form has: the corrections of a live file in
 * the making. Two ways to them, which agree. */
#ifndef LSI_TALLY_H
#define LSI_TALLY_H
#include "libsearch/segment/live.h"

typedef struct lsi_tally_row { /* number << 32 | documents, by rising number */
    uint64_t *at;
    size_t count, cap;
} lsi_tally_row;
typedef struct lsi_tally {
    lsi_tally_row lists[LSI_LISTS_MAX]; /* by term ordinal */
    lsi_tally_row forms;                /* by entry of the form dictionary */
} lsi_tally;

void lsi_tally_clear(lsi_tally *t);
bool lsi_tally_add(lsi_tally_row *r, uint32_t number, uint32_t documents); /* false: no memory */
/* Of the documents whose bits are set: by one pass over the segment's postings. */
int lsi_tally_scan(lsi_tally *t, const lsi_segment *seg, const uint64_t *docs, ls_error *err);
/* The same by analysing their stored texts anew: *done false where that cannot be (not stored, or another analyzer). */
int lsi_tally_words(lsi_tally *t, const lsi_segment *seg, const uint64_t *docs, bool *done, ls_error *err);

/* lsi_live_write with the way given; LSI_LIVE_CHOOSE takes the quicker. */
typedef enum lsi_live_way { LSI_LIVE_CHOOSE, LSI_LIVE_SCAN, LSI_LIVE_WORDS } lsi_live_way;
int lsi_live_write_by(lsi_live_way way, lsi_dir *dir, uint64_t generation, const lsi_segment *seg, const lsi_live *old,
                      const uint64_t *deleted, bool sync, lsi_segment_info *info, ls_error *err);
#endif
