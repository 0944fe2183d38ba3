/* scratch.c — owns the pool of search memory behind ls_reader.scratch.
 *
 * A reader is used by any number of threads at once, and the pool takes no lock: it is a row of slots, each holding a
 * free scratch or NULL. Taking exchanges a slot with NULL; giving stores into a slot that compares equal to NULL. A
 * scratch is thus in one slot or with one thread, never both. The pool itself is made by the first search:
 *   1. a thread that finds reader->scratch NULL makes a pool,
 *   2. sets reader->scratch_free (all threads set the same value),
 *   3. publishes the pool by compare-and-swap; the loser of that race frees its own and uses the winner's.
 * Step 2 comes before 3, so that whoever closes the reader after a search sees both. It knows nothing of queries. */
#include "libsearch/query/ranges.h"
#include "libsearch/util/alloc.h"

#define SLOTS 16
/* More than this is given back to the heap at the end of a search. */
#define KEEP_BYTES ((size_t)8 << 20)

typedef struct pool {
    lsi_scratch *slots[SLOTS];
} pool;

static void scratch_free(lsi_scratch *s)
{
    if (!s) return;
    lsi_arena_clear(&s->arena);
    lsi_analyzer_free(s->analyzer);
    for (size_t i = 0; i < LSI_KNOWN_SETS; i++)
        for (size_t k = 0; k < LSI_KNOWN_WAYS; k++) lsi_free(s->known[i][k]);
    lsi_ranges_free(s);
    lsi_free(s);
}

static void pool_free(void *p)
{
    pool *all = p;
    if (!all) return;
    for (size_t i = 0; i < SLOTS; i++) scratch_free(all->slots[i]);
    lsi_free(all);
}

/* The reader's pool is a cache: filling it does not change the reader that callers see as const. */
static ls_reader *thaw(const ls_reader *r)
{
    ls_reader *m;
    memcpy(&m, &r, sizeof m);
    return m;
}

static pool *pool_of(const ls_reader *r)
{
    if (!r) return NULL;
    ls_reader *m = thaw(r);
    void *have = __atomic_load_n(&m->scratch, __ATOMIC_ACQUIRE);
    if (have) return have;
    pool *made = lsi_calloc(1, sizeof *made);
    if (!made) return NULL;
    __atomic_store_n(&m->scratch_free, pool_free, __ATOMIC_RELEASE);
    if (__atomic_compare_exchange_n(&m->scratch, &have, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return made;
    lsi_free(made);
    return have;
}

int lsi_scratch_take(lsi_scratch **out, const ls_reader *r, ls_error *err)
{
    *out = NULL;
    pool *all = pool_of(r);
    for (size_t i = 0; all && i < SLOTS; i++) {
        if (!__atomic_load_n(&all->slots[i], __ATOMIC_RELAXED)) continue;
        lsi_scratch *s = __atomic_exchange_n(&all->slots[i], NULL, __ATOMIC_ACQUIRE);
        if (s) {
            *out = s;
            return LS_OK;
        }
    }
    lsi_scratch *s = lsi_calloc(1, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    lsi_arena_init(&s->arena);
    s->known_of = r ? r->snap : NULL;
    *out = s;
    return LS_OK;
}

void lsi_scratch_give(lsi_scratch *s, const ls_reader *r)
{
    if (!s) return;
    lsi_ranges_unpin(s);
    if (s->arena.bytes > KEEP_BYTES) lsi_arena_clear(&s->arena);
    else lsi_arena_reset(&s->arena);
    pool *all = r ? __atomic_load_n(&thaw(r)->scratch, __ATOMIC_ACQUIRE) : NULL;
    for (size_t i = 0; all && i < SLOTS; i++) {
        lsi_scratch *none = NULL;
        if (__atomic_compare_exchange_n(&all->slots[i], &none, s, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) return;
    }
    scratch_free(s);
}

int lsi_scratch_analyzer(lsi_scratch *s, lsi_analyzer **out, ls_error *err)
{
    *out = NULL;
    if (!s->analyzer) {
        int rc = lsi_analyzer_new(&s->analyzer, err);
        if (rc) return rc;
    }
    *out = s->analyzer;
    return LS_OK;
}
