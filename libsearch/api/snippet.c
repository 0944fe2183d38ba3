/* snippet.c — the public door of passages and highlighting. */
#include "libsearch/result/snippet.h"
#include "libsearch/api/args.h"

int ls_snippets_make(ls_snippets **out, const ls_reader *r, const ls_query *q, uint64_t doc,
                     const ls_snippet_options *o, ls_error *err)
{
    ls_snippet_options own;
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_snippets_make: out is NULL");
    *out = NULL;
    int rc = lsi_args_given(r, "ls_snippets_make: the reader", err);
    if (!rc) rc = lsi_args_given(q, "ls_snippets_make: the query", err);
    if (!rc) rc = lsi_args_options(&own, sizeof own, o, "ls_snippet_options", err);
    if (rc) return rc;
    if (own.range_unit < LS_RANGES_BYTES || own.range_unit > LS_RANGES_UTF16) {
        return lsi_fail(err, LS_INVALID, "ls_snippet_options: range_unit is %d; expected LS_RANGES_*", own.range_unit);
    }
    const ls_reader *in;
    if ((rc = lsi_reader_enter(&in, r, err))) return rc;
    rc = lsi_snippets_make(out, in, q, doc, &own, err);
    lsi_reader_leave(in, r);
    return rc;
}

void ls_snippets_free(ls_snippets *s)
{
    lsi_snippets_free(s);
}
