/* suggest.c — the public door of suggestions, of more like this, and of feedback. */
#include "libsearch/result/suggest.h"
#include "libsearch/api/args.h"
#include "libsearch/result/feedback.h"

static int suggest(ls_suggestions **out, const ls_reader *r, const char *text, size_t len, size_t limit, bool whole,
                   ls_error *err)
{
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "suggestions: out is NULL");
    *out = NULL;
    int rc = lsi_args_given(r, "suggestions: the reader", err);
    if (!rc && len) rc = lsi_args_given(text, "suggestions: the text", err);
    const ls_reader *in;
    if (rc || (rc = lsi_reader_enter(&in, r, err))) return rc;
    rc = lsi_suggest(out, in, text ? text : "", len, limit, whole, err);
    lsi_reader_leave(in, r);
    return rc;
}

int ls_suggest(ls_suggestions **out, const ls_reader *r, const char *text, size_t len, size_t limit, ls_error *err)
{
    return suggest(out, r, text, len, limit, false, err);
}

int ls_did_you_mean(ls_suggestions **out, const ls_reader *r, const char *text, size_t len, ls_error *err)
{
    return suggest(out, r, text, len, 0, true, err);
}

void ls_suggestions_free(ls_suggestions *s)
{
    lsi_suggestions_free(s);
}

int ls_more_like(ls_query **out, const ls_reader *r, uint64_t doc, ls_error *err)
{
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_more_like: out is NULL");
    *out = NULL;
    int rc = lsi_args_given(r, "ls_more_like: the reader", err);
    const ls_reader *in;
    if (rc || (rc = lsi_reader_enter(&in, r, err))) return rc;
    rc = lsi_more_like(out, in, doc, err);
    lsi_reader_leave(in, r);
    return rc;
}

int ls_feedback_new(ls_feedback **out, const ls_reader *r, const ls_query *q, const ls_results *best,
                    const ls_feedback_options *o, ls_error *err)
{
    ls_feedback_options own;
    const ls_reader *in;
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_feedback_new: out is NULL");
    *out = NULL;
    int rc = lsi_args_given(r, "ls_feedback_new: the reader", err);
    if (!rc) rc = lsi_args_given(q, "ls_feedback_new: the query", err);
    if (!rc) rc = lsi_args_given(best, "ls_feedback_new: the results", err);
    if (!rc) rc = lsi_args_options(&own, sizeof own, o, "ls_feedback_options", err);
    if (rc || (rc = lsi_reader_enter(&in, r, err))) return rc;
    rc = lsi_feedback_new(out, in, q, best, &own, err);
    lsi_reader_leave(in, r);
    return rc;
}

void ls_feedback_free(ls_feedback *f)
{
    lsi_feedback_free(f);
}

const ls_feedback_word *ls_feedback_at(const ls_feedback *f, size_t i)
{
    return f && i < f->count ? &f->words[i] : NULL;
}
