/* news.c — owns the meaning of the fields guid, status, embargoed and updated, by which the index tells versions of one
 * story, kills, and what must not be seen yet. A schema without such a field has documents without such a meaning.
 * Ignorant of clocks and of what is done with what it tells.
 *
 * A status is compared without regard to case, and with or without the prefix "stat:" of the IPTC's codes, blanks around
 * both; here and nowhere else. What is not understood is usable: feeds have statuses of their own, and hiding those would lose articles without a word. */
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
static bool begins(const char *p, size_t len, const char *word)
{
    for (size_t i = 0; word[i]; i++)
        if (i == len || (p[i] >= 'A' && p[i] <= 'Z' ? p[i] + ('a' - 'A') : p[i]) != word[i]) return false;
    return true;
}

static size_t skip_blanks(const char *text, size_t len, size_t i)
{
    while (i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r' || text[i] == '\n')) i++;
    return i;
}

ls_status lsi_news_judge(const char *text, size_t len, ls_range *word)
{
    static const struct {
        const char *word;
        ls_status means;
    } words[] = {{"usable", LS_STATUS_USABLE},
                 {"withheld", LS_STATUS_WITHHELD},
                 {"canceled", LS_STATUS_CANCELED},
                 {"cancelled", LS_STATUS_CANCELED}};
    size_t start = skip_blanks(text, len, 0), end = len;
    if (begins(text + start, len - start, "stat:")) start = skip_blanks(text, len, start + 5);
    while (end > start && skip_blanks(text, end, end - 1) == end) end--;
    if (word) *word = (ls_range){start, end};
    for (size_t i = 0; i < LSI_COUNTOF(words); i++)
        if (end - start == strlen(words[i].word) && begins(text + start, end - start, words[i].word))
            return words[i].means;
    return LS_STATUS_OTHER;
}

static ls_status status_of(const ls_doc *d)
{
    const lsi_doc_value *v = first(d, "status", false);
    return v ? lsi_news_judge(v->text, v->len, NULL) : LS_STATUS_OTHER;
}

bool lsi_news_is_canceled(const ls_doc *d)
{
    return status_of(d) == LS_STATUS_CANCELED;
}

int64_t lsi_news_release(const ls_doc *d)
{
    if (status_of(d) == LS_STATUS_WITHHELD) return LSI_RELEASE_NEVER;
    const lsi_doc_value *v = first(d, "embargoed", true);
    return v ? v->integer : INT64_MIN;
}
