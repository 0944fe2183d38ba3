/* heap.c — owns the best k of a stream.
 *
 * A small k, or one of texts: a binary heap with the worst at its root, so that most candidates cost one comparison.
 * A large k: what comes before the bar is put behind the first k; when as many again stand there, they are spread by
 * key over buckets, the best k stay, and the worst of these is the new bar. So a candidate costs a few moves, where a
 * heap of a thousand costs ten levels of comparisons that no processor foresees. Both keep the same k.
 * Invariants: where count is cap, at[0] is the worst of some cap candidates: nothing behind it can be among the best.
 * In a heap at[i] never comes before at[(i-1)/2]. It does not know where its memory comes from, nor what a key means. */
#include "libsearch/util/heap.h"

#define SMALL   64u   /* up to so many a heap */
#define FEW     16u   /* put in order by insertion */
#define BUCKETS 1024u /* the last is for what has no key */

size_t lsi_heap_room(size_t cap)
{
    return cap > SMALL ? 2 * cap : cap;
}

void lsi_heap_init(lsi_heap *h, lsi_top *memory, size_t cap, bool text, bool text_falling)
{
    *h = (lsi_heap){.at = memory, .cap = cap, .text = text, .text_falling = text_falling};
    if (cap > SMALL && !text) h->spare = cap;
}

int lsi_heap_order(const lsi_heap *h, const lsi_top *a, const lsi_top *b)
{
    if (a->has != b->has) return a->has ? -1 : 1;
    if (a->has) {
        if (a->text && b->text) {
            int c = lsi_bytes_cmp(a->text, a->text_len, b->text, b->text_len);
            if (c) return (c < 0) != h->text_falling ? -1 : 1;
        } else if (a->key != b->key) {
            return a->key > b->key ? -1 : 1;
        }
    }
    if (a->doc == b->doc) return 0;
    return a->doc < b->doc ? -1 : 1;
}

LSI_INLINE bool comes_before(const lsi_heap *h, const lsi_top *a, const lsi_top *b)
{
    if (LSI_UNLIKELY(h->text || !a->has || !b->has)) return lsi_heap_order(h, a, b) < 0;
    return a->key != b->key ? a->key > b->key : a->doc < b->doc;
}

static void swap(lsi_top *a, lsi_top *b)
{
    lsi_top t = *a;
    *a = *b;
    *b = t;
}

/* ---- in order ---- */

/* Moves t down from the hole i among at[0..n). */
static void sift_down(const lsi_heap *h, lsi_top *at, size_t i, size_t n, const lsi_top *t)
{
    for (;;) {
        size_t kid = 2 * i + 1;
        if (kid >= n) break;
        if (kid + 1 < n && comes_before(h, &at[kid], &at[kid + 1])) kid++;
        if (!comes_before(h, t, &at[kid])) break;
        at[i] = at[kid];
        i = kid;
    }
    at[i] = *t;
}

static void sort_few(const lsi_heap *h, lsi_top *at, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        lsi_top t = at[i];
        size_t j = i;
        for (; j && comes_before(h, &t, &at[j - 1]); j--) at[j] = at[j - 1];
        at[j] = t;
    }
}

static void sort_plain(const lsi_heap *h, lsi_top *at, size_t n)
{
    if (n <= FEW) {
        sort_few(h, at, n);
        return;
    }
    for (size_t i = n / 2; i-- > 0;) {
        lsi_top t = at[i];
        sift_down(h, at, i, n, &t);
    }
    for (size_t m = n; m > 1; m--) {
        lsi_top last = at[m - 1];
        at[m - 1] = at[0];
        sift_down(h, at, 0, m - 1, &last);
    }
}

/* ---- many, by buckets ---- */

/* Keys from the largest down, in steps of 2^shift. */
typedef struct spread {
    uint64_t most;
    unsigned shift;
    uint32_t start[BUCKETS + 1]; /* how many stand in the buckets before */
} spread;

static uint32_t bucket_of(const spread *s, const lsi_top *t)
{
    return t->has ? (uint32_t)((s->most - t->key) >> s->shift) : BUCKETS - 1;
}

static void spread_out(spread *s, const lsi_top *at, size_t n)
{
    uint64_t least = UINT64_MAX;
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < n; i++) {
        uint64_t k = at[i].key;
        if (!at[i].has) continue;
        s->most = LSI_MAX(s->most, k);
        least = LSI_MIN(least, k);
    }
    while (least <= s->most && (s->most - least) >> s->shift >= BUCKETS - 1) s->shift++;
    for (size_t i = 0; i < n; i++) s->start[bucket_of(s, &at[i]) + 1]++;
    for (uint32_t b = 1; b <= BUCKETS; b++) s->start[b] += s->start[b - 1];
}

/* Brings those of at[from..n) in buckets [first, last) to the front; gives where they end. */
static size_t gather(const spread *s, lsi_top *at, size_t from, size_t n, uint32_t last)
{
    for (size_t i = from; i < n; i++) {
        if (bucket_of(s, &at[i]) < last) swap(&at[i], &at[from++]);
    }
    return from;
}

/* Which of the first cap is the worst is found once, when there are so many. */
static void find_bar(lsi_heap *h)
{
    size_t worst = 0;
    for (size_t i = 1; i < h->count; i++) {
        if (comes_before(h, &h->at[worst], &h->at[i])) worst = i;
    }
    swap(&h->at[0], &h->at[worst]);
}

void lsi_heap_settle(lsi_heap *h)
{
    spread s;
    size_t n = h->count + h->late;
    if (!h->late) return;
    spread_out(&s, h->at, n);
    uint32_t edge = 0; /* the bucket in which the cap-th stands */
    while (s.start[edge + 1] < h->cap) edge++;
    size_t sure = gather(&s, h->at, 0, n, edge), end = gather(&s, h->at, sure, n, edge + 1);
    sort_plain(h, h->at + sure, end - sure);
    swap(&h->at[0], &h->at[h->cap - 1]);
    h->late = 0;
}

static void push_many(lsi_heap *h, const lsi_top *t)
{
    if (h->count < h->cap) {
        h->at[h->count++] = *t;
        if (h->count == h->cap) find_bar(h);
        return;
    }
    if (!comes_before(h, t, &h->at[0])) return;
    h->at[h->cap + h->late++] = *t;
    if (h->late == h->spare) lsi_heap_settle(h);
}

void lsi_heap_push(lsi_heap *h, const lsi_top *t)
{
    if (h->spare) {
        push_many(h, t);
    } else if (h->count < h->cap) {
        size_t i = h->count++;
        while (i && comes_before(h, &h->at[(i - 1) / 2], t)) {
            h->at[i] = h->at[(i - 1) / 2];
            i = (i - 1) / 2;
        }
        h->at[i] = *t;
    } else if (h->cap && comes_before(h, t, &h->at[0])) {
        sift_down(h, h->at, 0, h->count, t);
    }
}

/* ---- the end ---- */

static unsigned bits_of(uint64_t v)
{
    unsigned n = 0;
    while (n < 64 && v >> n) n++;
    return n;
}

/* Numbers a[0..n) by the bits [from, to), a byte at a time, the lowest first; gives the array that they end in. */
static uint64_t *radix(uint64_t *a, uint64_t *b, size_t n, unsigned from, unsigned to)
{
    for (; from < to; from += 8) {
        uint32_t start[257] = {0};
        for (size_t i = 0; i < n; i++) start[(a[i] >> from & 0xFF) + 1]++;
        for (uint32_t d = 1; d < 257; d++) start[d] += start[d - 1];
        for (size_t i = 0; i < n; i++) b[start[a[i] >> from & 0xFF]++] = a[i];
        uint64_t *sorted = b;
        b = a;
        a = sorted;
    }
    return a;
}

/* Puts at[order[i] & mask] in place i, for all i: cycle by cycle. */
static void permute(lsi_top *at, uint64_t *order, size_t n, uint64_t mask)
{
    for (size_t i = 0; i < n; i++) {
        lsi_top t = at[i];
        size_t hole = i, from;
        while ((from = (size_t)(order[hole] & mask)) != i) {
            at[hole] = at[from];
            order[hole] = hole;
            hole = from;
        }
        at[hole] = t;
        order[hole] = hole;
    }
}

/* Key, document and place as one number, where they fit: then no two entries are compared. */
static bool sort_many(lsi_heap *h, uint64_t *spare)
{
    size_t n = h->count;
    uint64_t most = 0, least = UINT64_MAX, last = 0;
    for (size_t i = 0; i < n; i++) {
        const lsi_top *t = &h->at[i];
        last = LSI_MAX(last, t->doc);
        if (!t->has) continue;
        most = LSI_MAX(most, t->key);
        least = LSI_MIN(least, t->key);
    }
    uint64_t range = most >= least ? most - least + 1 : 0; /* what has no key comes behind the least */
    unsigned places = bits_of(n), docs = bits_of(last), keys = bits_of(range);
    if (most >= least && !range) return false;
    if (places + docs + keys > 64) return false;
    for (size_t i = 0; i < n; i++) {
        const lsi_top *t = &h->at[i];
        uint64_t behind = t->has ? most - t->key : range;
        spare[i] = (keys ? behind << docs << places : 0) | t->doc << places | i;
    }
    uint64_t *order = radix(spare, spare + n, n, places, places + docs + keys);
    permute(h->at, order, n, (1ull << places) - 1);
    return true;
}

static bool in_order(const lsi_heap *h)
{
    size_t i = 1;
    while (i < h->count && comes_before(h, &h->at[i - 1], &h->at[i])) i++;
    return i >= h->count;
}

void lsi_heap_sort(lsi_heap *h, uint64_t *spare)
{
    lsi_heap_settle(h);
    if (in_order(h)) return;
    if (h->text || !spare || h->count <= SMALL || !sort_many(h, spare)) sort_plain(h, h->at, h->count);
}
