/* doc.c — the public document: checks arguments, hands out borrowed values. */
#include "libsearch/api/args.h"
#include "libsearch/model/news.h"
#include "libsearch/text/analyzer.h"

int ls_doc_new(ls_doc **out, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    return rc ? rc : lsi_doc_new(out, err);
}

void ls_doc_clear(ls_doc *d)
{
    if (d) lsi_doc_clear(d);
}

void ls_doc_free(ls_doc *d)
{
    lsi_doc_free(d);
}

int ls_doc_set_id(ls_doc *d, const char *id, size_t len, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(d, "document", err);
    if (!rc) rc = lsi_args_given(id, "id", err);
    return rc ? rc : lsi_doc_set_id(d, id, len, err);
}

int ls_doc_add_text(ls_doc *d, const char *field, const char *text, size_t len, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(d, "document", err);
    if (!rc) rc = lsi_args_given(field, "field", err);
    if (!rc && len) rc = lsi_args_given(text, "text", err);
    return rc ? rc : lsi_doc_add_text(d, field, len ? text : "", len, err);
}

int ls_doc_add_int(ls_doc *d, const char *field, int64_t value, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(d, "document", err);
    if (!rc) rc = lsi_args_given(field, "field", err);
    return rc ? rc : lsi_doc_add_int(d, field, value, err);
}

int ls_doc_set_language(ls_doc *d, const char *language, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(d, "document", err);
    if (rc) return rc;
    int lang = language ? lsi_lang_find(language, strlen(language)) : -1;
    const char *name = lang < 0 ? "" : lsi_lang_name(lang);
    size_t n = strlen(name);
    if (n >= sizeof d->language) return lsi_fail(err, LS_INVALID, "language %s: the name is too long", name);
    memcpy(d->language, name, n + 1);
    return LS_OK;
}

void ls_doc_set_version(ls_doc *d, int64_t version)
{
    if (d) d->version = version;
}

const char *ls_doc_id(const ls_doc *d, size_t *len)
{
    if (len) *len = d ? d->id_len : 0;
    return d ? d->id : NULL;
}

const char *ls_doc_text(const ls_doc *d, const char *field, size_t i, size_t *len)
{
    if (len) *len = 0;
    if (!d || !field) return NULL;
    for (size_t k = 0; k < d->count; k++) {
        const lsi_doc_value *v = &d->values[k];
        if (v->is_int || strcmp(v->field, field) || i--) continue;
        if (len) *len = v->len;
        return v->text;
    }
    return NULL;
}

int ls_doc_is_cut(const ls_doc *d)
{
    return d && lsi_doc_is_cut(d);
}

int ls_doc_int(const ls_doc *d, const char *field, int64_t *value)
{
    if (value) *value = 0;
    if (!d || !field || !value) return LS_INVALID;
    for (size_t k = 0; k < d->count; k++) {
        if (!d->values[k].is_int || strcmp(d->values[k].field, field)) continue;
        *value = d->values[k].integer;
        return LS_OK;
    }
    return LS_NOTFOUND;
}

int64_t ls_doc_version(const ls_doc *d)
{
    return d ? d->version : 0;
}

const char *ls_doc_language(const ls_doc *d)
{
    return d ? d->language : NULL;
}

uint64_t ls_doc_words(const ls_doc *d)
{
    return d ? d->words : 0;
}

int ls_doc_version_at(const ls_doc *d, size_t i, ls_doc_version_info *out)
{
    ls_doc_version_info own = {.updated = INT64_MIN};
    if (!out) return LS_INVALID;
    bool there = d && i <= d->history_count;
    if (there && !i) {
        own.version = d->version;
        own.updated = lsi_news_updated(d);
        own.status = lsi_news_status(d);
        own.current = 1;
    } else if (there) {
        own.version = d->history[i - 1].version;
        own.updated = d->history[i - 1].updated;
        own.status = d->history[i - 1].status;
    }
    lsi_args_return(out, &own, sizeof own);
    return there ? LS_OK : LS_NOTFOUND;
}

int ls_doc_value(const ls_doc *d, size_t i, ls_value *out)
{
    if (!out) return LS_INVALID;
    memset(out, 0, sizeof *out);
    if (!d || i >= d->count) return LS_NOTFOUND;
    const lsi_doc_value *v = &d->values[i];
    *out = (ls_value){v->field, v->text, v->len, v->integer};
    return LS_OK;
}
