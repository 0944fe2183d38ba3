/* fields.c — owns what the name before a colon means: the schema's fields, their short names, and the names of dates,
 * lengths and ids. Ignorant of: what stands behind the colon. */
#include "libsearch/query/parse.h"

static bool is(const char *name, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(name, word, len) == 0;
}

/* The field that date:, since:, before: and after: are about: date, published, else the first date of the schema. */
static int date_field(const ls_schema *s)
{
    static const char *const names[] = {"date", "published"};
    for (size_t i = 0; i < LSI_COUNTOF(names); i++) {
        int f = lsi_schema_find(s, names[i], strlen(names[i]));
        if (f >= 0 && s->fields[f].pub.type == LS_DATE) return f;
    }
    for (size_t i = 0; i < s->count; i++) {
        if (s->fields[i].pub.type == LS_DATE) return (int)i;
    }
    return LSI_FIELD_NONE;
}

static lsi_field_kind kind_of(const ls_schema *s, int field)
{
    switch (s->fields[field].pub.type) {
    case LS_TEXT:
        return LSI_KIND_TEXT;
    case LS_KEYWORD:
        return LSI_KIND_KEYWORD;
    case LS_INTEGER:
        return LSI_KIND_NUMBER;
    case LS_DATE:
        return LSI_KIND_DATE;
    case LS_STORED:
        break;
    }
    return LSI_KIND_STORED;
}

lsi_field_kind lsi_query_field(const ls_schema *s, const char *name, size_t len, int *field)
{
    static const struct {
        const char *name, *field;
    } aliases[] = {{"subject", "subjects"}, {"place", "places"}, {"lang", "language"}, {"headline", "title"}};
    static const struct {
        const char *name;
        lsi_field_kind kind;
    } dates[] = {
        {"date", LSI_KIND_DATE}, {"since", LSI_KIND_SINCE}, {"before", LSI_KIND_BEFORE}, {"after", LSI_KIND_AFTER}};
    char low[64];
    *field = LSI_FIELD_NONE;
    if (!len || len >= sizeof low) return LSI_KIND_UNKNOWN;
    for (size_t i = 0; i < len; i++) low[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 32 : name[i]);
    low[len] = 0;
    int f = lsi_schema_find(s, low, len);
    for (size_t i = 0; f < 0 && i < LSI_COUNTOF(aliases); i++) {
        if (is(low, len, aliases[i].name)) f = lsi_schema_find(s, aliases[i].field, strlen(aliases[i].field));
    }
    if (f >= 0) {
        *field = f;
        return kind_of(s, f);
    }
    for (size_t i = 0; i < LSI_COUNTOF(dates); i++) {
        if (!is(low, len, dates[i].name)) continue;
        *field = date_field(s);
        return *field < 0 ? LSI_KIND_UNKNOWN : dates[i].kind;
    }
    if (is(low, len, "words")) {
        *field = LSI_FIELD_WORDS;
        return LSI_KIND_NUMBER;
    }
    if (is(low, len, "id")) return LSI_KIND_ID;
    if (is(low, len, "hlead")) return LSI_KIND_HLEAD;
    return LSI_KIND_UNKNOWN;
}
