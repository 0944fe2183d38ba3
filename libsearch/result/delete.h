/* delete.h — deleting what a query matches. */
#ifndef LSI_DELETE_H
#define LSI_DELETE_H
#include "libsearch/index/writer.h"
#include "libsearch/query/exec.h"

/* What the query matches in the last commit and in what was added since is deleted at the next one. On failure
 * nothing is deleted, but for LS_NOMEM and LS_IO in the middle of deleting. */
int lsi_delete_matches(ls_writer *w, const ls_query *q, uint64_t *deleted, ls_error *err);
#endif
