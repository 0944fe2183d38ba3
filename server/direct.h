/* direct.h — the short way: a request without content, answered on the porter's own thread. */
#ifndef SD_DIRECT_H
#define SD_DIRECT_H
#include "server/server.h"

typedef struct sd_direct sd_direct; /* what one thread of the porter keeps from request to request */
sd_direct *sd_direct_new(sd_server *s);
void sd_direct_free(sd_direct *d); /* takes NULL */
/* head: as sd_head_judge wrote it, of a request without content. Appends its whole answer to `out`; *closes: it is the
 * last on its connection. False: nothing was written, the request goes the long way (http.c). */
bool sd_direct_answer(sd_direct *d, sd_peer *peer, const char *head, size_t n, js_text *out, bool *closes);
void sd_direct_flush(sd_direct *d); /* behind a round of requests: writes what is to be logged */
#endif
