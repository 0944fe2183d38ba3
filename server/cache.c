/* cache.c — a table of answers by request, bounded in bytes; the one that was not asked for longest goes first.
 *
 * A key holds everything that an answer depends on: the commit's generation, the embargo that ended last, the synonyms,
 * the scopes and the filter of who asks, path and arguments; keys are compared whole, their hash only finds the place.
 * Nothing is ever thrown away for being stale: an answer of an older commit is not found any more and makes room when
 * its turn comes.
 * Time is the one thing that no key can hold: what depends on it has none (present.c) and is not kept.
 * The table is cut into SHARDS, each under a lock of its own that is held for one copy of an answer.
 * Ignorant of what an answer says. */
#include "server/cache.h"
#include "server/present.h"
#include "server/words.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SHARDS = 16, PLACES = 512 };

typedef struct entry {
    struct entry *chain, *newer, *older;
    uint64_t hash;
    size_t key_len, len;
    char bytes[]; /* the key, then the answer */
} entry;

typedef struct shard {
    pthread_mutex_t lock;
    entry *places[PLACES], *newest, *oldest;
    sd_cache_figures figures;
} shard;

struct sd_cache {
    size_t shard_bytes;
    shard shards[SHARDS];
};

sd_cache *sd_cache_new(size_t bytes)
{
    sd_cache *c = calloc(1, sizeof *c);
    int i;
    if (!c) return NULL;
    c->shard_bytes = bytes / SHARDS;
    for (i = 0; i < SHARDS; i++) pthread_mutex_init(&c->shards[i].lock, NULL);
    return c;
}

/* ---- keys ---------------------------------------------------------------------------------------------------------
 */

static void put(sd_cache_key *k, const void *p, size_t n)
{
    uint32_t len = (uint32_t)n;
    if (!k->len) return; /* it did not fit before */
    if (n > sizeof k->data - sizeof len || k->len > sizeof k->data - sizeof len - n) {
        k->len = 0;
        return;
    }
    memcpy(k->data + k->len, &len, sizeof len); /* parts cannot run into each other */
    if (n) memcpy(k->data + k->len + sizeof len, p, n);
    k->len += sizeof len + n;
}

void sd_cache_key_of(sd_cache_key *k, sd_exchange *x)
{
    uint64_t words = sd_exchange_synonyms_stamp(x);
    uint64_t generation = sd_snapshot_generation(x->snapshot);
    int64_t epoch = ls_reader_epoch(sd_snapshot_reader(x->snapshot), NULL);
    size_t i;
    k->data[0] = 1; /* the form of these keys */
    k->len = 1;
    put(k, &generation, sizeof generation);
    put(k, &epoch, sizeof epoch);
    put(k, &x->scopes, sizeof x->scopes);
    put(k, &words, sizeof words);
    put(k, x->forced_field ? x->forced_field : "", x->forced_field ? strlen(x->forced_field) : 0);
    put(k, x->forced_value ? x->forced_value : "", x->forced_value ? strlen(x->forced_value) : 0);
    put(k, x->target.path, strlen(x->target.path));
    for (i = 0; i < x->target.arg_count; i++) {
        const sd_arg *a = &x->target.args[i];
        put(k, a->name, a->name_len);
        put(k, a->value, a->value_len);
    }
    if (sd_present_asked(x)) k->len = 0;
    k->hash = 14695981039346656037u;
    for (i = 0; i < k->len; i++) k->hash = (k->hash ^ (unsigned char)k->data[i]) * 1099511628211u;
    k->hash ^= k->hash >> 32;
}

/* ---- entries ------------------------------------------------------------------------------------------------------
 */

static shard *shard_of(sd_cache *c, const sd_cache_key *k)
{
    return &c->shards[k->hash % SHARDS];
}

static entry **find(shard *s, const sd_cache_key *k)
{
    entry **e = &s->places[k->hash / SHARDS % PLACES];
    while (*e && ((*e)->hash != k->hash || (*e)->key_len != k->len || memcmp((*e)->bytes, k->data, k->len)))
        e = &(*e)->chain;
    return e;
}

static size_t weight(const entry *e)
{
    return sizeof *e + e->key_len + e->len;
}

static void unlink_age(shard *s, entry *e)
{
    *(e->newer ? &e->newer->older : &s->newest) = e->older;
    *(e->older ? &e->older->newer : &s->oldest) = e->newer;
}

static void link_newest(shard *s, entry *e)
{
    e->newer = NULL;
    e->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
}

static void drop_oldest(shard *s)
{
    entry *e = s->oldest, **at = &s->places[e->hash / SHARDS % PLACES];
    while (*at != e) at = &(*at)->chain;
    *at = e->chain;
    unlink_age(s, e);
    s->figures.bytes -= weight(e);
    s->figures.entries--;
    free(e);
}

void sd_cache_free(sd_cache *c)
{
    int i;
    if (!c) return;
    for (i = 0; i < SHARDS; i++) {
        while (c->shards[i].oldest) drop_oldest(&c->shards[i]);
        pthread_mutex_destroy(&c->shards[i].lock);
    }
    free(c);
}

bool sd_cache_get(sd_cache *c, const sd_cache_key *k, js_text *out)
{
    shard *s = shard_of(c, k);
    entry *e;
    if (!k->len) return false;
    pthread_mutex_lock(&s->lock);
    e = *find(s, k);
    if (e) {
        js_put(out, e->bytes + e->key_len, e->len);
        unlink_age(s, e);
        link_newest(s, e);
        s->figures.hits++;
    } else {
        s->figures.misses++;
    }
    pthread_mutex_unlock(&s->lock);
    return e != NULL;
}

void sd_cache_put(sd_cache *c, const sd_cache_key *k, const char *body, size_t n)
{
    shard *s = shard_of(c, k);
    entry *e, **at;
    /* One answer may take an eighth of its shard: a few large ones must not push out all others. */
    if (!k->len || n > c->shard_bytes / 8 || !(e = malloc(sizeof *e + k->len + n))) return;
    e->hash = k->hash;
    e->key_len = k->len;
    e->len = n;
    memcpy(e->bytes, k->data, k->len);
    memcpy(e->bytes + k->len, body, n);
    pthread_mutex_lock(&s->lock);
    if (*find(s, k)) { /* another thread was quicker */
        free(e);
    } else {
        while (s->oldest && s->figures.bytes + weight(e) > c->shard_bytes) drop_oldest(s);
        at = &s->places[e->hash / SHARDS % PLACES];
        e->chain = *at;
        *at = e;
        link_newest(s, e);
        s->figures.bytes += weight(e);
        s->figures.entries++;
    }
    pthread_mutex_unlock(&s->lock);
}

sd_cache_figures sd_cache_look(sd_cache *c)
{
    sd_cache_figures sum = {0};
    int i;
    for (i = 0; c && i < SHARDS; i++) {
        shard *s = &c->shards[i];
        pthread_mutex_lock(&s->lock);
        sum.hits += s->figures.hits;
        sum.misses += s->figures.misses;
        sum.bytes += s->figures.bytes;
        sum.entries += s->figures.entries;
        pthread_mutex_unlock(&s->lock);
    }
    return sum;
}
