/* delete_query.c — ls_delete_query: arguments checked, the work done by result/delete.c. */
#include "libsearch/result/delete.h"

int ls_delete_query(ls_writer *w, const ls_query *q, uint64_t *deleted, ls_error *err)
{
    if (deleted) *deleted = 0;
    if (!w || !q) return lsi_fail(err, LS_INVALID, "ls_delete_query: %s is NULL", w ? "query" : "writer");
    return lsi_delete_matches(w, q, deleted, err);
}
