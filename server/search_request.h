/* search_request.h — from an exchange to a js_request: arguments, the key's filter, cancelling. */
#ifndef SD_SEARCH_REQUEST_H
#define SD_SEARCH_REQUEST_H
#include "server/server.h"

/* Fills q (to be cleared by the caller, also after a failure) from the arguments, or from the content where there is
 * any, and checks it against the schema. false: the answer is a problem. Behind it sd_exchange_reader may be another one
 * than r, which sees hidden articles too. */
bool sd_search_request(sd_exchange *x, js_request *q, unsigned uses, const ls_reader *r);
/* The key's filter, the default time zone and the server's synonyms; part of the above. */
bool sd_search_limits(sd_exchange *x, js_request *q);
/* Whether a search is likely to take longer than a connection's thread may: see search_request.c. */
bool sd_search_costly(const sd_exchange *x, const js_request *q);
void sd_search_took(const sd_exchange *x, const js_request *q, double ms);
#endif
