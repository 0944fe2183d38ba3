/* framing.h — where the content of a request ends; chunks are checked and written anew. */
#ifndef SD_FRAMING_H
#define SD_FRAMING_H
#include "server/head.h"

typedef struct sd_body {
    sd_framing framing;
    uint64_t left; /* bytes of the content, or of the present chunk, still to come */
    int state;
    bool digits;   /* a size line has at least one digit */
    uint32_t line; /* bytes of the present size or trailer line; of all trailers */
    bool done, broken;
} sd_body;

void sd_body_begin(sd_body *b, const sd_head *h);
/* Takes bytes that follow the head, appends to `out` what may be passed on, and returns how many were taken: all,
 * unless the content ended (done) or is broken. A broken chunk ends the content properly for the reader behind. */
size_t sd_body_take(sd_body *b, const char *p, size_t n, js_text *out);
#endif
