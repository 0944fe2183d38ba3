/* boilerplate.c — the public door of lines that recur. */
#include "libsearch/api/args.h"
#include "libsearch/result/recurring.h"

int ls_boilerplate_find(ls_boilerplate **out, const ls_reader *r, const ls_boilerplate_options *o, ls_error *err)
{
    ls_boilerplate_options own;
    const ls_reader *in;
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    *out = NULL;
    rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_args_options(&own, sizeof own, o, "ls_boilerplate_options", err);
    if (!rc && !(own.share >= 0 && own.share <= 1))
        rc = lsi_fail(err, LS_INVALID, "ls_boilerplate_options: share is %g; from 0 to 1 expected", own.share);
    if (rc || (rc = lsi_reader_enter(&in, r, err))) return rc;
    rc = lsi_boilerplate_find(out, in->snap, &own, err);
    lsi_reader_leave(in, r);
    return lsi_args_code(rc, err);
}

const ls_boilerplate_line *ls_boilerplate_at(const ls_boilerplate *b, size_t i)
{
    return b ? lsi_boilerplate_at(b, i) : NULL;
}

void ls_boilerplate_free(ls_boilerplate *b)
{
    lsi_boilerplate_free(b);
}
