/* router.h — every method and path that the server knows, in one table. */
#ifndef SD_ROUTER_H
#define SD_ROUTER_H
#include "server/exchange.h"

enum {
    SD_TAKES_CONTENT = 1, /* up to --max-content bytes, held in memory */
    SD_TAKES_STREAM = 2,  /* `upload` may take the content piece by piece */
    SD_FOR_HEALTH = 4,    /* answered even while everything else is refused; not logged */
    SD_HTML = 8           /* refusals are pages too */
};

typedef struct sd_route {
    const char *method, *path; /* "/v1/documents/{id}" */
    unsigned scope;            /* SD_READ …; SD_ANYBODY: no key needed */
    unsigned flags;
    sd_handler *run;
    /* Whether the content is taken piece by piece, decided once before any of it. */
    bool (*streams)(const sd_exchange *x);
    /* A piece of the content; may set x->write or an answer. */
    void (*upload)(sd_exchange *x, const char *p, size_t n);
} sd_route;

enum { SD_ROUTES_MAX = 64 };
const sd_route *sd_router_at(size_t i); /* NULL past the last */
/* Finds the route and fills x->route and x->id, or answers 404 or 405. HEAD is found as GET. */
void sd_router_find(sd_exchange *x, const char *method);
#endif
