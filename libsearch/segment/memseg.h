/* memseg.h — documents being inverted in memory, until they are written as a segment. One thread. */
#ifndef LSI_MEMSEG_H
#define LSI_MEMSEG_H
#include "libsearch/segment/segment.h"

typedef struct lsi_memseg lsi_memseg;
int lsi_memseg_new(lsi_memseg **out, const ls_schema *schema, ls_error *err);
void lsi_memseg_free(lsi_memseg *m);
size_t lsi_memseg_bytes(const lsi_memseg *m);   /* held: against the budget */
uint32_t lsi_memseg_count(const lsi_memseg *m); /* documents, deleted ones too */
uint32_t lsi_memseg_live_count(const lsi_memseg *m);
/* Analyses and adds a checked document (lsi_doc_check; id and version set). *doc: its number here.
 * LS_LIMIT where its own inversion would exceed budget_bytes; any failure leaves the rest as it was. */
int lsi_memseg_add(lsi_memseg *m, const ls_doc *d, uint64_t content_hash, size_t budget_bytes, lsi_doc *doc,
                   uint64_t *invalid_bytes, ls_error *err);
/* Whether a document of so many bytes of text certainly fits a budget by itself. */
bool lsi_memseg_surely_fits(size_t text_bytes, size_t budget_bytes);
int lsi_memseg_skip(lsi_memseg *m, ls_error *err);  /* uses up a number: the document that would have it is deleted */
int lsi_memseg_empty(lsi_memseg *m, ls_error *err); /* forgets its documents, not what stands beside */
const uint8_t *lsi_memseg_id(const lsi_memseg *m, lsi_doc doc, size_t *len);
/* A document read back: values, id, version, history; not its language. */
int lsi_memseg_doc(const lsi_memseg *m, lsi_doc doc, ls_doc *d, ls_error *err);
void lsi_memseg_delete(lsi_memseg *m, lsi_doc doc); /* left out of the file */
/* The number that each of its documents has in the file, LSI_DOC_END where it is left out: lsi_memseg_count of them. */
void lsi_memseg_numbering(const lsi_memseg *m, lsi_doc *out);
/* The segments whose texts may be copies of these, for the next flush; retained until they are forgotten. As many as
 * `more` others can be added without a failure; what comes beyond them is left out. */
int lsi_memseg_beside(lsi_memseg *m, lsi_segment *const *segs, size_t count, size_t more, ls_error *err);
void lsi_memseg_also_beside(lsi_memseg *m, lsi_segment *seg);
void lsi_memseg_forget_beside(lsi_memseg *m);
/* What flush calls when all but the copies is written and before it looks at what stands beside. */
void lsi_memseg_before_copies(lsi_memseg *m, void (*call)(void *ctx), void *ctx);
/* Writes seg-<generation>; out->live_* 0. Documents keep their order; deleted ones are left out. With no live
 * document: LS_NOTFOUND and no file. k1 and b are the schema's. */
int lsi_memseg_flush(lsi_memseg *m, lsi_dir *dir, uint64_t generation, bool sync, lsi_segment_info *out, ls_error *err);
#endif
