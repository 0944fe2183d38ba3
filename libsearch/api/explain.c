/* explain.c — ls_explain: arguments checked, the work done by result/explain.c. */
#include "libsearch/result/explain.h"

int ls_explain(ls_explanation **out, const ls_reader *r, const ls_query *q, const ls_search_options *o, uint64_t doc,
               ls_error *err)
{
    if (!out) return lsi_fail(err, LS_INVALID, "ls_explain: out is NULL");
    *out = NULL;
    if (!r || !q) return lsi_fail(err, LS_INVALID, "ls_explain: %s is NULL", r ? "query" : "reader");
    const ls_reader *in;
    int rc = lsi_reader_enter(&in, r, err);
    if (rc) return rc;
    rc = lsi_explanation_make(out, in, q, o, doc, err);
    lsi_reader_leave(in, r);
    return rc;
}

void ls_explanation_free(ls_explanation *e)
{
    lsi_explanation_free(e);
}
