/* feed.h — a search as a feed: RSS 2.0, Atom (RFC 4287), JSON Feed 1.1. */
#ifndef SD_FEED_H
#define SD_FEED_H
#include "json/json.h"

typedef enum sd_feed_form { SD_FEED_RSS, SD_FEED_ATOM, SD_FEED_JSON } sd_feed_form;

typedef struct sd_feed_item {
    ls_doc *doc; /* owns what facts borrow */
    js_facts facts;
    js_text summary; /* plain text */
} sd_feed_item;

typedef struct sd_feed {
    const char *title;       /* plain text */
    const char *base;        /* "http://host", where /article/{id} is served */
    const char *self, *page; /* addresses of this feed and of the same search as a page */
    int64_t born;            /* for what has no date but must have one */
    sd_feed_item *items;
    size_t count;
} sd_feed;

void sd_feed_write(js_text *out, const sd_feed *f, sd_feed_form form);
const char *sd_feed_type(sd_feed_form form); /* the Content-Type */
/* Text and attributes of XML 1.0: escaped, and what XML has no place for (most control characters) as U+FFFD. */
void sd_xml(js_text *out, const char *s, size_t len);
#endif
