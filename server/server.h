/* server.h — what every handler can reach. */
#ifndef SD_SERVER_H
#define SD_SERVER_H
#include "server/auth.h"
#include "server/cache.h"
#include "server/config.h"
#include "server/exchange.h"
#include "server/gate.h"
#include "server/metrics.h"
#include "server/work.h"

#include <pthread.h>

typedef struct sd_server {
    sd_config config;
    sd_archive *archive;
    sd_work *work;
    sd_metrics *metrics;
    sd_cache *cache; /* NULL: none */
    sd_gate *gate;
    struct sd_http *http;
    pthread_rwlock_t reload_lock; /* what SIGHUP reads anew */
    sd_auth *auth;                /* NULL: no keys are needed */
    struct sd_words *words;       /* NULL: no synonyms */
    int64_t started_ms;
} sd_server;

int64_t sd_now_ms(void);   /* monotonic */
double sd_now_exact(void); /* the same with fractions */
/* Whether a Host value's name is served: loopback names, the address listened on, --allow-host. */
bool sd_server_host(const sd_server *s, const char *name, size_t len);
bool sd_server_origin(const sd_server *s, const char *origin); /* --allow-origin */
#endif
