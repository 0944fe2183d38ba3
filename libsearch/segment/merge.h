/* merge.h — several neighbouring segments into one, their deleted documents left out; and the walk that checks one. */
#ifndef LSI_MERGE_H
#define LSI_MERGE_H
#include "libsearch/segment/live.h"

/* Writes seg-<generation>. Order of documents is kept. cancel (may be NULL) is asked now and then: LS_CANCELED.
 * map (may be NULL): for each input an array of its doc_count, filled with the new number or LSI_DOC_END.
 * Where nothing is live: LS_NOTFOUND and no file. Memory: bounded by constants and the widest term. */
int lsi_segment_merge(lsi_segment *const *segs, lsi_live *const *lives, size_t count, const ls_schema *schema,
                      lsi_dir *dir, uint64_t generation, bool sync, int (*cancel)(void *), void *cancel_ctx,
                      uint32_t **map, lsi_segment_info *out, ls_error *err);
/* Every byte and every structure of a segment and its live file; tells each fault. */
int lsi_segment_verify(lsi_segment *s, lsi_live *l, ls_fault_fn *fault, void *ctx, uint64_t *faults, ls_error *err);
#endif
