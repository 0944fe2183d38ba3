/* http.h — libmicrohttpd behind the porter; http*.c alone know it. */
#ifndef SD_HTTP_H
#define SD_HTTP_H
#include "server/server.h"

typedef struct sd_http sd_http;
sd_http *sd_http_start(sd_server *s, int threads);
/* Takes the inner end of a connection (the gate's `pass`). */
bool sd_http_take(sd_http *h, int fd, sd_peer *peer);
void sd_http_stop(sd_http *h);
const char *sd_http_version(void);
#endif
