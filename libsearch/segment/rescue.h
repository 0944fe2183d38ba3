/* rescue.h — the documents of a damaged segment, one by one, as far as they are sound: for salvage alone. */
#ifndef LSI_RESCUE_H
#define LSI_RESCUE_H
#include "libsearch/segment/segment.h"

typedef struct lsi_rescue lsi_rescue;

/* Opens whatever can be opened; info.doc_count 0: not known. What is damaged is told to `fault`. LS_CORRUPT where no
 * document can be reached. schema is borrowed for as long as the rescue lives. */
int lsi_rescue_open(lsi_rescue **out, lsi_dir *dir, const lsi_segment_info *info, const ls_schema *schema,
                    ls_fault_fn *fault, void *ctx, ls_error *err);
void lsi_rescue_close(lsi_rescue *r); /* takes NULL */
uint32_t lsi_rescue_count(const lsi_rescue *r);
/* Documents from here on cannot be in the file; live_from: how many of those are not known to be deleted. */
uint32_t lsi_rescue_reach(const lsi_rescue *r);
uint32_t lsi_rescue_live_from(const lsi_rescue *r, lsi_doc from);
/* Whether the segment was written under so many fields, text fields and weighted ones. Where it cannot tell: false. */
bool lsi_rescue_fits(const lsi_rescue *r, const ls_schema *schema);

/* What of a document that was kept could not be had. */
enum { LSI_LOST_ID = 1, LSI_LOST_VERSION = 2, LSI_LOST_LANGUAGE = 4, LSI_LOST_NUMBER = 8 };
/* A document into d (cleared first). LS_CORRUPT: it is lost, and err says where. */
int lsi_rescue_doc(lsi_rescue *r, lsi_doc doc, ls_doc *d, unsigned *lost, ls_error *err);

/* Takes the deletions of live-<generation>; LS_CORRUPT where they cannot be had or are another segment's. */
int lsi_rescue_live(lsi_rescue *r, lsi_dir *dir, uint64_t generation, ls_error *err);
bool lsi_rescue_is_deleted(const lsi_rescue *r, lsi_doc doc);
/* Which segment a live file belongs to. */
int lsi_rescue_live_of(uint64_t *segment, lsi_dir *dir, uint64_t generation, ls_error *err);
#endif
