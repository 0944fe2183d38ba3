/* copies.c — the public door of what shares text with a document. */
#include "libsearch/api/args.h"
#include "libsearch/result/relations.h"

int ls_similar_find(ls_similar_list **out, const ls_reader *r, uint64_t doc, const ls_similar_options *o, ls_error *err)
{
    ls_similar_options own;
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_similar_find: out is NULL");
    *out = NULL;
    int rc = lsi_args_given(r, "ls_similar_find: the reader", err);
    if (!rc) rc = lsi_args_options(&own, sizeof own, o, "ls_similar_options", err);
    if (rc) return rc;
    if (own.range_unit < LS_RANGES_BYTES || own.range_unit > LS_RANGES_UTF16)
        return lsi_fail(err, LS_INVALID, "ls_similar_options: range_unit is %d; expected LS_RANGES_*", own.range_unit);
    const ls_reader *in;
    if ((rc = lsi_reader_enter(&in, r, err))) return rc;
    rc = lsi_similar_find(out, in, doc, &own, err);
    lsi_reader_leave(in, r);
    return rc;
}

void ls_similar_free(ls_similar_list *list)
{
    lsi_similar_free(list);
}
