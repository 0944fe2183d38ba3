/* news.c — owns the meaning of the fields guid, status, embargoed and updated, by which the index tells versions of one
 * story, kills, and what must not be seen yet. A schema without such a field has documents without such a meaning.
 * Ignorant of clocks and of what is done with what it tells.
 *
 * A status is compared without regard to case, and with or without the prefix "stat:" of the IPTC's codes. What is not
 * understood is usable: feeds have statuses of their own, and hiding those would lose articles without a word. */
#include "libsearch/model/news.h"

static const lsi_doc_value *first(const ls_doc *d, const char *field, bool is_int)
{
    for (size_t i = 0; i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        if (v->is_int == is_int && !strcmp(v->field, field) && (is_int || v->len)) return v;
    }
    return NULL;
}

const char *lsi_news_guid(const ls_doc *d, size_t *len)
{
    const lsi_doc_value *v = first(d, "guid", false);
    *len = v ? v->len : 0;
    return v ? v->text : NULL;
}

const char *lsi_news_status(const ls_doc *d)
{
    const lsi_doc_value *v = first(d, "status", false);
    return v ? v->text : NULL;
}

int64_t lsi_news_updated(const ls_doc *d)
{
    const lsi_doc_value *v = first(d, "updated", true);
    return v ? v->integer : INT64_MIN;
}

/* In any case; `word` is in small letters. */
static bool begins(const char *p, const char *word)
{
    for (; *word; word++, p++)
        if ((*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p) != *word) return false;
    return true;
}

static bool is_status(const ls_doc *d, const char *word)
{
    const char *p = lsi_news_status(d);
    if (!p) return false;
    p += strspn(p, " \t\r\n");
    if (begins(p, "stat:")) p += 5;
    return begins(p, word) && p[strlen(word) + strspn(p + strlen(word), " \t\r\n")] == '\0';
}

bool lsi_news_is_canceled(const ls_doc *d)
{
    return is_status(d, "canceled") || is_status(d, "cancelled");
}

int64_t lsi_news_release(const ls_doc *d)
{
    if (is_status(d, "withheld")) return LSI_RELEASE_NEVER;
    const lsi_doc_value *v = first(d, "embargoed", true);
    return v ? v->integer : INT64_MIN;
}
