/* spare.c — owns the analyzers that a schema keeps from one parse of a query to the next: making one, with its stemmers,
 * costs more than reading a query of a few words.
 *
 * A slot holds an analyzer that nobody uses, or NULL. Taking exchanges a slot with NULL, giving stores into one that
 * compares equal to NULL: an analyzer is in one slot or with one thread, never both, and no lock is needed. A full row
 * frees what it is given. Ignorant of what analyzers do. */
#include "libsearch/model/schema.h"
#include "libsearch/text/analyzer.h"

/* The row is a cache: filling it does not change the schema that callers see as const. */
static ls_schema *thaw(const ls_schema *s)
{
    ls_schema *m;
    memcpy(&m, &s, sizeof m);
    return m;
}

int lsi_schema_take_analyzer(const ls_schema *s, struct lsi_analyzer **out, ls_error *err)
{
    struct lsi_analyzer **spare = thaw(s)->spare;
    for (size_t i = 0; i < LSI_SPARE_ANALYZERS; i++) {
        if (!__atomic_load_n(&spare[i], __ATOMIC_RELAXED)) continue;
        *out = __atomic_exchange_n(&spare[i], NULL, __ATOMIC_ACQUIRE);
        if (*out) return LS_OK;
    }
    return lsi_analyzer_new(out, err);
}

void lsi_schema_give_analyzer(const ls_schema *s, struct lsi_analyzer *a)
{
    struct lsi_analyzer **spare = thaw(s)->spare;
    for (size_t i = 0; a && i < LSI_SPARE_ANALYZERS; i++) {
        struct lsi_analyzer *none = NULL;
        if (__atomic_compare_exchange_n(&spare[i], &none, a, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) return;
    }
    lsi_analyzer_free(a);
}
