/* html.h — the frame of every page, and links that keep a search's state. */
#ifndef SD_HTML_H
#define SD_HTML_H
#include "server/search_request.h"

void sd_html_text(js_text *out, const char *s); /* escaped */
/* Opens the page up to its <main>: title, the search form filled from q (NULL: empty). */
void sd_html_begin(sd_exchange *x, const char *title, const js_request *q, bool front);
void sd_html_end(sd_exchange *x, int status);
/* href of this search with one parameter changed: all of `drop` (or only drop=drop_value) left out, add=value put
 * behind. Paging always begins anew. NULL: nothing to drop, nothing to add. */
void sd_html_link(sd_exchange *x, const char *drop, const char *drop_value, const char *add, const char *value);
/* The arguments of this search for an export (uses: JS_FOR_EXPORT) or a feed of it (JS_FOR_FEED, which has an order and
 * a length of its own); `join` stands before the first. */
void sd_html_arguments(sd_exchange *x, unsigned uses, const char *join);
void sd_html_date(js_text *out, int64_t ms); /* <time>11 September 2023</time> */
/* The attribute lang, where the article's language is written as HTML knows it. */
void sd_html_language(js_text *out, const js_facts *f);
/* Source · date · section · byline · words. */
void sd_html_facts(js_text *out, const js_facts *f);
#endif
