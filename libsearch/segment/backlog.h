/* backlog.h — documents that wait to be cut into words: copies, in the order of arrival, each under the number that it
 * will have in a memseg. Filled by one thread; from then on any thread may read. */
#ifndef LSI_BACKLOG_H
#define LSI_BACKLOG_H
#include "libsearch/segment/memseg.h"

typedef struct lsi_waiting lsi_waiting;
typedef struct lsi_backlog {
    lsi_arena bytes;
    lsi_waiting *docs;
    size_t count, cap;
    size_t text_bytes; /* of their values */
} lsi_backlog;

void lsi_backlog_init(lsi_backlog *b);
void lsi_backlog_clear(lsi_backlog *b);
size_t lsi_backlog_bytes(const lsi_backlog *b); /* held */
/* Copies a checked document (lsi_doc_check; id and version set). On failure, LS_NOMEM or LS_LIMIT, nothing waits that
 * did not before. */
int lsi_backlog_add(lsi_backlog *b, const ls_doc *d, uint64_t content_hash, lsi_doc *doc, ls_error *err);
const uint8_t *lsi_backlog_id(const lsi_backlog *b, lsi_doc doc, size_t *len);
/* As lsi_memseg_doc tells it: the values that are stored, id, version, history; not its language. */
int lsi_backlog_doc(const lsi_backlog *b, const ls_schema *s, lsi_doc doc, ls_doc *d, ls_error *err);
void lsi_backlog_delete(lsi_backlog *b, lsi_doc doc); /* keeps its number, and will be no document of the segment */
/* Adds all to a memseg without documents, each under its number. On failure the memseg is of no use but to be emptied. */
int lsi_backlog_cut(const lsi_backlog *b, const ls_schema *s, lsi_memseg *m, ls_error *err);
#endif
