/* alloc.c — owns the allocator hooks (set once, before any other call) and the nth-failure counter of the tests.
 * Invariant: every block of the library comes from here, so that one counter can fail each of them.
 * Ignorant of what the blocks hold. */
#include "libsearch/util/alloc.h"
#include <stdatomic.h>
#include <stdlib.h>

static ls_allocator hooks; /* all NULL: the C library's */
static atomic_uint_fast64_t made;
static atomic_uint_fast64_t fail_at;
static atomic_bool fail_forever;

int lsi_alloc_set(const ls_allocator *a)
{
    if (!a) {
        memset(&hooks, 0, sizeof hooks);
        return LS_OK;
    }
    if (!a->realloc_fn || !a->free_fn) return LS_INVALID;
    hooks = *a;
    return LS_OK;
}

uint64_t lsi_alloc_fail_at(uint64_t n, bool forever)
{
    uint64_t was = atomic_exchange(&made, 0);
    atomic_store(&fail_forever, forever);
    atomic_store(&fail_at, n);
    return was;
}

bool lsi_alloc_is_counting(void)
{
    return atomic_load_explicit(&fail_at, memory_order_relaxed) != 0;
}

static bool refused(void)
{
    uint64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (LSI_LIKELY(!at)) return false;
    uint64_t now = atomic_fetch_add(&made, 1) + 1;
    return now == at || (now > at && atomic_load(&fail_forever));
}

void *lsi_realloc(void *p, size_t n)
{
    if (refused()) return NULL;
    if (hooks.realloc_fn) return hooks.realloc_fn(hooks.ctx, p, n ? n : 1);
    return realloc(p, n ? n : 1);
}

void *lsi_malloc(size_t n)
{
    return lsi_realloc(NULL, n);
}

void *lsi_calloc(size_t n, size_t sz)
{
    size_t total;
    if (!lsi_mul_size(n, sz, &total)) return NULL;
    if (!hooks.realloc_fn) return refused() ? NULL : calloc(total ? total : 1, 1);
    void *p = lsi_realloc(NULL, total);
    if (p) memset(p, 0, total);
    return p;
}

void *lsi_array_grow(void *p, size_t *cap, size_t need, size_t elem_bytes)
{
    if (p && need <= *cap) return p;
    size_t n = *cap ? *cap : 8, bytes;
    while (n < need) {
        if (n > SIZE_MAX / 2) return NULL;
        n *= 2;
    }
    if (!lsi_mul_size(n, elem_bytes, &bytes)) return NULL;
    void *q = lsi_realloc(p, bytes);
    if (q) *cap = n;
    return q;
}

bool lsi_array_room(void **array, size_t *cap, size_t need, size_t elem_bytes)
{
    if (need <= *cap) return true;
    void *p = lsi_array_grow(*array, cap, need, elem_bytes);
    if (p) *array = p;
    return p != NULL;
}

char *lsi_strndup(const char *s, size_t n)
{
    size_t total;
    if (!lsi_add_size(n, 1, &total)) return NULL;
    char *p = lsi_malloc(total);
    if (!p) return NULL;
    if (n) memcpy(p, s, n);
    p[n] = 0;
    return p;
}

void lsi_free(void *p)
{
    if (!p) return;
    if (hooks.free_fn) hooks.free_fn(hooks.ctx, p);
    else free(p);
}
