/* news.h — what fields of a document mean to the index: the name of its story, its state, when it may be seen. */
#ifndef LSI_NEWS_H
#define LSI_NEWS_H
#include "libsearch/model/doc.h"

#define LSI_GUID_MAX      4096 /* of a tombstone; a document's may be longer */
#define LSI_RELEASE_NEVER INT64_MAX

/* The first value of the field "guid" that is text and not empty; NULL: none. */
const char *lsi_news_guid(const ls_doc *d, size_t *len);
const char *lsi_news_status(const ls_doc *d); /* as written; NULL: none */
int64_t lsi_news_updated(const ls_doc *d);    /* INT64_MIN: none */
/* ls_status_of, whose text and len may be NULL and 0. */
ls_status lsi_news_judge(const char *text, size_t len, ls_range *word);
bool lsi_news_is_canceled(const ls_doc *d);
/* From when on it may be seen: INT64_MIN always, LSI_RELEASE_NEVER: withheld, or under an embargo without an end. */
int64_t lsi_news_release(const ls_doc *d);
#endif
