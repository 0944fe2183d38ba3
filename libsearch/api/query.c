/* query.c — the public door of the parser: checks arguments, fills in the clock, calls down. */
#include "libsearch/query/ast.h"
#include "libsearch/store/io.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/err.h"

int ls_query_parse(ls_query **out, const ls_schema *s, const char *text, size_t len, const ls_query_options *o,
                   ls_error *err)
{
    ls_query_options own = {.size = sizeof own};
    lsi_error_clear(err);
    if (!out) return lsi_fail(err, LS_INVALID, "ls_query_parse: out is NULL");
    *out = NULL;
    if (!s) return lsi_fail(err, LS_INVALID, "ls_query_parse: the schema is NULL");
    if (!text && len) return lsi_fail(err, LS_INVALID, "ls_query_parse: the text is NULL");
    if (o) {
        if (o->size < sizeof o->size + sizeof o->flags) {
            return lsi_fail(err, LS_INVALID, "ls_query_parse: options.size is %zu; set it to sizeof(ls_query_options)",
                            o->size);
        }
        memcpy(&own, o, LSI_MIN(o->size, sizeof own));
    }
    if (own.language && strcmp(own.language, "") != 0 && lsi_lang_find(own.language, strlen(own.language)) < 0) {
        return lsi_fail(err, LS_INVALID, "ls_query_parse: there is no stemmer for the language '%.32s'", own.language);
    }
    return lsi_query_parse(out, s, text ? text : "", len, &own, own.now ? own.now : lsi_io_now_ms(), err);
}

void ls_query_free(ls_query *q)
{
    lsi_query_free(q);
}

const char *ls_query_parsed(const ls_query *q)
{
    return q ? q->parsed : NULL;
}

const ls_warning *ls_query_warning(const ls_query *q, size_t i)
{
    return q && i < q->warning_count ? &q->warnings[i] : NULL;
}
