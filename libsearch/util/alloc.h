/* alloc.h — the only way to the heap: through the user's hooks, with a counter that makes the nth call fail. */
#ifndef LSI_ALLOC_H
#define LSI_ALLOC_H
#include "libsearch/libsearch.h"
#include "libsearch/util/base.h"

void *lsi_malloc(size_t n);            /* NULL on failure; n == 0 gives a valid pointer */
void *lsi_calloc(size_t n, size_t sz); /* zeroed; NULL also where n * sz overflows */
void *lsi_realloc(void *p, size_t n);  /* on failure p stays valid */
void *lsi_array_grow(void *p, size_t *cap, size_t need, size_t elem_bytes); /* doubles *cap until >= need */
/* Room for `need` elements in an array kept as pointer and capacity; false: no memory, and nothing changed. */
#define LSI_ROOM(array, need, cap) lsi_array_room((void **)&(array), &(cap), (need), sizeof *(array))
bool lsi_array_room(void **array, size_t *cap, size_t need, size_t elem_bytes);
char *lsi_strndup(const char *s, size_t n); /* NUL-terminated copy */
void lsi_free(void *p);                     /* takes NULL */

int lsi_alloc_set(const ls_allocator *a);

/* Fault injection of the tests: the nth allocation from now fails (n = 1 the next), all later ones too where
 * `forever`; n = 0 switches it off. Returns how many allocations were made since the last call. */
uint64_t lsi_alloc_fail_at(uint64_t n, bool forever);
bool lsi_alloc_is_counting(void); /* whether it is on */
#endif
