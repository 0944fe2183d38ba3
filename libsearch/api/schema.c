/* schema.c — the public schema: checks arguments, loads time zones. */
#include "libsearch/model/schema.h"
#include "libsearch/api/args.h"
#include "libsearch/index/snapshot.h"
#include "libsearch/text/analyzer.h"

int ls_schema_new(ls_schema **out, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    return rc ? rc : lsi_schema_new(out, err);
}

int ls_schema_news(ls_schema **out, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    return rc ? rc : lsi_schema_news(out, err);
}

void ls_schema_free(ls_schema *s)
{
    lsi_schema_free(s);
}

int ls_schema_add(ls_schema *s, const ls_field *field, ls_error *err)
{
    ls_field f;
    lsi_error_clear(err);
    int rc = lsi_args_given(s, "schema", err);
    if (!rc) rc = lsi_args_given(field, "field", err);
    if (!rc) rc = lsi_args_options(&f, sizeof f, field, "ls_field", err);
    f.size = sizeof f;
    return rc ? rc : lsi_schema_add(s, &f, err);
}

static int set_zone(ls_schema *s, const char *value, ls_error *err)
{
    char was[sizeof s->timezone];
    memcpy(was, s->timezone, sizeof was);
    int rc = lsi_schema_set(s, "timezone", value, err);
    if (!rc && (rc = lsi_index_load_zone(s, err))) memcpy(s->timezone, was, sizeof was);
    return rc;
}

int ls_schema_set(ls_schema *s, const char *key, const char *value, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(s, "schema", err);
    if (!rc) rc = lsi_args_given(key, "key", err);
    if (!rc) rc = lsi_args_given(value, "value", err);
    if (rc) return rc;
    return strcmp(key, "timezone") ? lsi_schema_set(s, key, value, err) : set_zone(s, value, err);
}

const char *ls_schema_get(const ls_schema *s, const char *key)
{
    return s && key ? lsi_schema_get(s, key) : NULL;
}

size_t ls_schema_count(const ls_schema *s)
{
    return s ? s->count : 0;
}

const ls_field *ls_schema_field(const ls_schema *s, size_t i)
{
    return s && i < s->count ? &s->fields[i].pub : NULL;
}

const ls_field *ls_schema_find(const ls_schema *s, const char *name)
{
    int no = s && name ? lsi_schema_find(s, name, strlen(name)) : LSI_FIELD_NONE;
    return no == LSI_FIELD_NONE ? NULL : &s->fields[no].pub;
}

int ls_schema_add_boilerplate(ls_schema *s, const char *source, const char *line, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(s, "schema", err);
    if (!rc) rc = lsi_args_given(line, "line", err);
    return rc ? rc : lsi_schema_add_line(s, source, line, err);
}

const char *ls_schema_boilerplate(const ls_schema *s, size_t i, const char **source)
{
    const char *own = NULL, *line = s ? lsi_schema_line(s, i, &own) : NULL;
    if (source) *source = own;
    return line;
}
