/* cache.h — answers of searches, kept until the index changes. */
#ifndef SD_CACHE_H
#define SD_CACHE_H
#include "server/exchange.h"

typedef struct sd_cache sd_cache;
/* What tells one answer from another: the commit, who asks, what is asked. len 0: not to be kept. */
typedef struct sd_cache_key {
    char data[1024];
    size_t len;
    uint64_t hash;
} sd_cache_key;
typedef struct sd_cache_figures {
    uint64_t hits, misses, bytes, entries;
} sd_cache_figures;

sd_cache *sd_cache_new(size_t bytes); /* at most so many; NULL: no memory */
void sd_cache_free(sd_cache *c);      /* takes NULL */
/* The exchange must hold its snapshot. What depends on the time of day gets no key, nor what is too long for one. */
void sd_cache_key_of(sd_cache_key *k, sd_exchange *x);
/* Appends the kept answer to out; false: there is none. Any thread. */
bool sd_cache_get(sd_cache *c, const sd_cache_key *k, js_text *out);
void sd_cache_put(sd_cache *c, const sd_cache_key *k, const char *body, size_t n);
sd_cache_figures sd_cache_look(sd_cache *c);
#endif
