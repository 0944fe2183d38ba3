/* known.c — owns the words kept from search to search in a scratch: a few for each value of a hash, the last ones put.
 * (With one, 5 of 100 words asked for in turn had been driven out when they came again.)
 *
 * An entry is one piece of memory: the key (list, folded spelling, terms), the document frequency, the picks, how many
 * of them each segment has, and the terms found. What is given out is a copy, for an entry may be replaced while the same query goes on.
 * Invariant: picks kept look at every form (`allowed` is NULL), so that nothing in them points anywhere. It does not
 * know how words are looked up. */
#include "libsearch/query/known.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"

#define KEY_MAX   120u
#define PICKS_MAX 64u

struct lsi_known {
    uint64_t df;
    uint32_t hash, key_len, pick_count;
    uint8_t key[KEY_MAX];
    lsi_pick *picks;  /* these, and what follows, in the same memory */
    uint32_t *counts; /* of each segment */
    uint32_t term_count;
    const uint8_t *terms; /* for each of word.terms a byte with its length, then its bytes */
    size_t terms_len;
};

typedef struct spelling {
    uint32_t len, hash;
    uint8_t at[KEY_MAX];
} spelling;

static bool append(spelling *k, const void *p, size_t n)
{
    if (n > 0xFF || k->len + n + 1 > KEY_MAX) return false;
    k->at[k->len++] = (uint8_t)n;
    memcpy(k->at + k->len, p, n);
    k->len += (uint32_t)n;
    return true;
}

/* The key, and a hash of it. */
static bool spell(spelling *k, const lsi_qword *w, uint32_t list)
{
    k->len = 0;
    if (!append(k, &list, sizeof list) || !append(k, w->folded, w->folded_len)) return false;
    for (uint32_t t = 0; t < w->term_count; t++) {
        if (!append(k, w->terms[t].term, w->terms[t].len)) return false;
    }
    k->hash = (uint32_t)lsi_hash_short(k->at, k->len);
    return true;
}

static struct lsi_known **set_of(const lsi_resolver *r, const spelling *k)
{
    return r->scratch->known[k->hash % LSI_KNOWN_SETS];
}

/* The entry of a key, or NULL. */
static const struct lsi_known *find(const lsi_resolver *r, const spelling *k)
{
    struct lsi_known **set = set_of(r, k);
    for (size_t i = 0; i < LSI_KNOWN_WAYS && set[i]; i++) {
        const struct lsi_known *e = set[i];
        if (e->hash == k->hash && e->key_len == k->len && !memcmp(e->key, k->at, k->len)) return e;
    }
    return NULL;
}

/* The terms of an entry, in the arena. */
static bool get_terms(lsi_arena *a, const struct lsi_known *e, lsi_word *out)
{
    lsi_qterm *terms = lsi_arena_alloc(a, (e->term_count + 1) * sizeof *terms);
    const uint8_t *at = lsi_arena_dup(a, e->terms, e->terms_len);
    if (!terms || !at) return false;
    for (uint32_t i = 0; i < e->term_count; i++) {
        terms[i] = (lsi_qterm){at + 1, *at};
        at += 1 + *at;
    }
    out->terms = terms;
    out->term_count = e->term_count;
    return true;
}

bool lsi_known_get(const lsi_resolver *r, lsi_word *out, const lsi_qword *w, uint32_t list)
{
    lsi_arena *a = &r->scratch->arena;
    spelling k;
    if (r->scratch->known_of != r->snap || !spell(&k, w, list)) return false;
    const struct lsi_known *e = find(r, &k);
    if (!e) return false;
    lsi_picks *segs = lsi_arena_alloc(a, (r->snap->count + 1) * sizeof *segs);
    lsi_pick *picks = lsi_arena_alloc(a, (e->pick_count + 1) * sizeof *picks);
    if (!segs || !picks) return false;
    if (e->pick_count) memcpy(picks, e->picks, e->pick_count * sizeof *picks);
    for (size_t s = 0; s < r->snap->count; s++) {
        segs[s] = (lsi_picks){picks, e->counts[s]};
        picks += e->counts[s];
    }
    *out = (lsi_word){.from = w, .segs = segs, .df = e->df};
    return get_terms(a, e, out);
}

void lsi_known_put(const lsi_resolver *r, const lsi_word *found, uint32_t list)
{
    spelling k, terms = {.len = 0};
    size_t count = 0, segs = r->snap->count;
    for (size_t s = 0; s < segs; s++) count += found->segs[s].count;
    for (uint32_t t = 0; t < found->term_count; t++) {
        if (!append(&terms, found->terms[t].term, found->terms[t].len)) return;
    }
    if (r->scratch->known_of != r->snap || count > PICKS_MAX || segs > PICKS_MAX || !spell(&k, found->from, list))
        return;
    struct lsi_known *e = lsi_malloc(sizeof *e + count * sizeof(lsi_pick) + segs * sizeof(uint32_t) + terms.len);
    if (!e) return;
    uint8_t *bytes;
    e->df = found->df;
    e->hash = k.hash;
    e->key_len = k.len;
    memcpy(e->key, k.at, k.len);
    e->pick_count = (uint32_t)count;
    e->picks = (lsi_pick *)(void *)(e + 1);
    e->counts = (uint32_t *)(void *)(e->picks + count);
    for (size_t s = 0, at = 0; s < segs; s++) {
        uint32_t n = e->counts[s] = found->segs[s].count;
        if (n) memcpy(e->picks + at, found->segs[s].at, n * sizeof *e->picks);
        at += n;
    }
    bytes = (uint8_t *)(e->counts + segs);
    memcpy(bytes, terms.at, terms.len);
    e->terms = bytes;
    e->terms_len = terms.len;
    e->term_count = found->term_count;
    struct lsi_known **set = set_of(r, &k);
    lsi_free(set[LSI_KNOWN_WAYS - 1]);
    memmove(set + 1, set, (LSI_KNOWN_WAYS - 1) * sizeof *set);
    set[0] = e;
}
