/* admit.h — what the head of a request decides, by whichever way it came: route, key, origin, content. */
#ifndef SD_ADMIT_H
#define SD_ADMIT_H
#include "server/exchange.h"

/* The headers that are looked at; NULL: not there. Borrowed. */
typedef enum sd_header {
    SD_CONTENT_TYPE,
    SD_IF_NONE_MATCH,
    SD_IF_MATCH,
    SD_AUTHORIZATION,
    SD_API_KEY,
    SD_ORIGIN,
    SD_HOST,
    SD_FETCH_SITE,
    SD_ACCEPT_ENCODING,
    SD_CONTENT_LENGTH,
    SD_TRANSFER_ENCODING,
    SD_CONTENT_ENCODING,
    SD_PREFLIGHT_METHOD,
    SD_HEADERS_LOOKED_AT
} sd_header;
extern const char *const sd_header_names[SD_HEADERS_LOOKED_AT];

/* Finds the route and judges whether the request may reach its handler. Where it may not the answer is made. */
void sd_admit(sd_exchange *x, const char *method, const char *const headers[SD_HEADERS_LOOKED_AT]);
#endif
