/* snippet.c — the public door of passages and highlighting. */
#include "libsearch/result/snippet.h"
#include "libsearch/api/args.h"

static int check(ls_snippet_options *own, const ls_reader *r, const ls_query *q, const ls_snippet_options *o,
                 ls_error *err)
{
    int rc = lsi_args_given(r, "the reader of passages", err);
    if (!rc) rc = lsi_args_given(q, "the query of passages", err);
    if (!rc) rc = lsi_args_options(own, sizeof *own, o, "ls_snippet_options", err);
    if (rc) return rc;
    if (own->range_unit < LS_RANGES_BYTES || own->range_unit > LS_RANGES_UTF16)
        return lsi_fail(err, LS_INVALID, "ls_snippet_options: range_unit is %d; expected LS_RANGES_*", own->range_unit);
    return LS_OK;
}

int ls_snippets_make(ls_snippets **out, const ls_reader *r, const ls_query *q, uint64_t doc,
                     const ls_snippet_options *o, ls_error *err)
{
    ls_snippet_options own;
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_snippets_make: out is NULL");
    *out = NULL;
    int rc = check(&own, r, q, o, err);
    return rc ? rc : lsi_snippets_make(out, r, q, doc, &own, err);
}

int ls_highlighter_open(ls_highlighter **out, const ls_reader *r, const ls_query *q, const ls_snippet_options *o,
                        ls_error *err)
{
    ls_snippet_options own;
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_highlighter_open: out is NULL");
    *out = NULL;
    int rc = check(&own, r, q, o, err);
    return rc ? rc : lsi_highlighter_open(out, r, q, &own, err);
}

int ls_highlighter_make(ls_snippets **out, ls_highlighter *h, uint64_t doc, const ls_doc *d, ls_error *err)
{
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_highlighter_make: out is NULL");
    *out = NULL;
    int rc = lsi_args_given(h, "ls_highlighter_make: the highlighter", err);
    return rc ? rc : lsi_highlighter_make(out, h, doc, d, err);
}

void ls_highlighter_close(ls_highlighter *h)
{
    lsi_highlighter_close(h);
}

void ls_snippets_free(ls_snippets *s)
{
    lsi_snippets_free(s);
}
