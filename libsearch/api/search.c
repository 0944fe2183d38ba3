/* search.c — ls_search and what its results hold: arguments checked, the work done by result/. */
#include "libsearch/api/args.h"
#include "libsearch/result/hits.h"

int ls_search(ls_results **out, const ls_reader *r, const ls_query *q, const ls_search_options *o, ls_error *err)
{
    if (!out) return lsi_fail(err, LS_INVALID, "ls_search: out is NULL");
    *out = NULL;
    if (!r || !q) return lsi_fail(err, LS_INVALID, "ls_search: %s is NULL", r ? "query" : "reader");
    const ls_reader *in;
    int rc = lsi_reader_enter(&in, r, err);
    if (rc) return rc;
    rc = lsi_results_search(out, in, q, o, err);
    lsi_reader_leave(in, r);
    return rc;
}

void ls_results_free(ls_results *res)
{
    lsi_results_free(res);
}

ls_results_info ls_results_get(const ls_results *res)
{
    ls_results_info none = {0};
    return res ? res->info : none;
}

const ls_hit *ls_results_hit(const ls_results *res, size_t i)
{
    return res && i < res->info.count ? &res->hits[i] : NULL;
}

const ls_fold *ls_results_fold(const ls_results *res, size_t i)
{
    return res && res->folds && i < res->info.count && res->folds[i].count ? &res->folds[i] : NULL;
}

const char *ls_relation_name(ls_relation relation)
{
    static const char *const names[] = {"", "copy", "excerpt", "shared", "update"};
    return names[relation >= LS_COPY && relation <= LS_UPDATE ? relation : 0];
}

const char *ls_results_cursor(const ls_results *res)
{
    return res ? res->cursor : NULL;
}

int ls_cursor_generation(uint64_t *generation, const char *cursor, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(generation, "ls_cursor_generation: generation", err);
    if (!rc) rc = lsi_args_given(cursor, "ls_cursor_generation: the cursor", err);
    return rc ? rc : lsi_cursor_generation(generation, cursor, err);
}

const char *ls_results_unmatched(const ls_results *res, size_t i)
{
    return res && i < res->unmatched_count ? res->unmatched[i] : NULL;
}

const ls_warning *ls_results_warning(const ls_results *res, size_t i)
{
    return res && i < res->warning_count ? &res->warnings[i] : NULL;
}

const ls_facet_value *ls_results_facet(const ls_results *res, size_t facet, size_t i)
{
    if (!res || facet >= res->facet_count || i >= res->facets[facet].count) return NULL;
    return &res->facets[facet].values[i];
}

const ls_bucket *ls_results_bucket(const ls_results *res, size_t i)
{
    return res && i < res->bucket_count ? &res->buckets[i] : NULL;
}

uint64_t ls_results_undated(const ls_results *res)
{
    return res ? res->undated : 0;
}

int ls_results_histogram_unit(const ls_results *res)
{
    return res ? res->histogram_unit : LS_HISTOGRAM_AUTO;
}
