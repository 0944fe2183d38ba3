/* query.c — the public door of the parser: checks arguments, fills in the clock, calls down. */
#include "libsearch/api/args.h"
#include "libsearch/query/synonyms.h"

int ls_query_parse(ls_query **out, const ls_schema *s, const char *text, size_t len, const ls_query_options *o,
                   ls_error *err)
{
    ls_query_options own;
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_query_parse: out is NULL");
    *out = NULL;
    int rc = lsi_args_given(s, "ls_query_parse: the schema", err);
    if (!rc && len) rc = lsi_args_given(text, "ls_query_parse: the text", err);
    if (!rc) rc = lsi_args_options(&own, sizeof own, o, "ls_query_options", err);
    if (rc) return rc;
    return lsi_query_parse(out, s, text ? text : "", len, &own, own.now, err);
}

void ls_query_free(ls_query *q)
{
    lsi_query_free(q);
}

const char *ls_query_parsed(const ls_query *q)
{
    return q ? q->parsed : NULL;
}

int ls_query_uses_now(const ls_query *q)
{
    return q && q->uses_now;
}

const ls_warning *ls_query_warning(const ls_query *q, size_t i)
{
    return q && i < q->warning_count ? &q->warnings[i] : NULL;
}

const ls_synonym *ls_query_synonym(const ls_query *q, size_t i)
{
    return q && i < q->synonym_count ? &q->synonyms[i] : NULL;
}

int ls_synonyms_new(ls_synonyms **out, const ls_schema *s, const char *text, size_t len, ls_error *err)
{
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_synonyms_new: out is NULL");
    *out = NULL;
    int rc = lsi_args_given(s, "ls_synonyms_new: the schema", err);
    if (!rc && len) rc = lsi_args_given(text, "ls_synonyms_new: the text", err);
    return rc ? rc : lsi_synonyms_new(out, s, text ? text : "", len, err);
}

void ls_synonyms_free(ls_synonyms *s)
{
    lsi_synonyms_free(s);
}

size_t ls_synonyms_count(const ls_synonyms *s)
{
    return s ? s->line_count : 0;
}

uint64_t ls_synonyms_stamp(const ls_synonyms *s)
{
    return s ? s->stamp : 0;
}

const ls_warning *ls_synonyms_warning(const ls_synonyms *s, size_t i)
{
    return s && i < s->warning_count ? &s->warnings[i] : NULL;
}
