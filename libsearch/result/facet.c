/* facet.c — owns the counting of keyword values over all matches. Within a segment an array by ordinal is counted;
 * behind it the counts are added up by folded value over the segments. What is shown is the spelling in the first
 * document of the snapshot that has the value, whether it matches or not: the same in every segmentation. */
#include "libsearch/result/hits.h"
#include "libsearch/util/map.h"
#include <stdlib.h>

typedef struct value {
    uint64_t count;
    const lsi_map_entry *key;
    uint32_t index;
} value;

struct lsi_facet_run {
    int field;
    uint32_t *counts;      /* by ordinal of the present segment */
    const lsi_keywords *k; /* of the present segment; NULL: it has none */
    lsi_map values;        /* folded → index of totals */
    uint64_t *totals;
    size_t total_cap;
};

int lsi_facets_open(lsi_search *s, ls_error *err)
{
    const ls_schema *schema = s->snap->schema;
    lsi_arena *a = &s->scratch->arena;
    if (!s->o.facet_count) return LS_OK;
    s->facets = lsi_arena_zalloc(a, s->o.facet_count * sizeof *s->facets);
    if (!s->facets) return lsi_fail_nomem(err);
    for (size_t i = 0; i < s->o.facet_count; i++) {
        const char *name = s->o.facets[i];
        if (!name) return lsi_fail(err, LS_INVALID, "facets: name %zu is NULL", i);
        int no = lsi_schema_find(schema, name, strlen(name));
        if (no == LSI_FIELD_NONE || schema->fields[no].pub.type != LS_KEYWORD)
            return lsi_fail(err, LS_SCHEMA, "facets: \"%.63s\" is no keyword field", name);
        s->facets[i].field = no;
        lsi_map_init(&s->facets[i].values);
        uint32_t most = 0;
        for (size_t g = 0; g < s->snap->count; g++) {
            const lsi_segment *seg = s->snap->segments[g].seg;
            if ((uint32_t)no < seg->field_count && seg->keywords[no].section)
                most = LSI_MAX(most, seg->keywords[no].value_count);
        }
        s->facets[i].counts = lsi_arena_alloc(a, ((size_t)most + 1) * sizeof *s->facets[i].counts);
        if (!s->facets[i].counts) return lsi_fail_nomem(err);
    }
    return LS_OK;
}

void lsi_facets_close(lsi_search *s)
{
    for (size_t i = 0; s->facets && i < s->o.facet_count; i++) lsi_map_clear(&s->facets[i].values);
    s->facets = NULL;
}

/* Adds the counts of the segment that is done to the totals. */
static int settle(lsi_search *s, struct lsi_facet_run *f, ls_error *err)
{
    for (uint32_t ord = 0; f->k && ord < f->k->value_count; ord++) {
        const uint8_t *folded, *written;
        size_t len, written_len;
        if (!f->counts[ord]) continue;
        int rc = lsi_keywords_value(f->k, ord, &folded, &len, &written, &written_len, err);
        if (rc) return rc;
        uint32_t *v = lsi_map_put(&f->values, len ? folded : (const uint8_t *)"", len);
        if (!v) return lsi_fail_nomem(err);
        if (*v == LSI_MAP_NONE) {
            *v = (uint32_t)f->values.count - 1;
            if (*v == f->total_cap) {
                size_t cap = f->total_cap ? f->total_cap * 2 : 64;
                uint64_t *t = lsi_arena_alloc(&s->scratch->arena, cap * sizeof *t);
                if (!t) return lsi_fail_nomem(err);
                if (f->total_cap) memcpy(t, f->totals, f->total_cap * sizeof *t);
                f->totals = t;
                f->total_cap = cap;
            }
            f->totals[*v] = 0;
        }
        f->totals[*v] += f->counts[ord];
    }
    f->k = NULL;
    return LS_OK;
}

int lsi_facets_segment(lsi_search *s, size_t seg_no, ls_error *err)
{
    const lsi_segment *seg = s->snap->segments[seg_no].seg;
    for (size_t i = 0; s->facets && i < s->o.facet_count; i++) {
        struct lsi_facet_run *f = &s->facets[i];
        int rc = settle(s, f, err);
        if (rc) return rc;
        if ((uint32_t)f->field >= seg->field_count || !seg->keywords[f->field].section) continue;
        f->k = &seg->keywords[f->field];
        memset(f->counts, 0, f->k->value_count * sizeof *f->counts);
    }
    return LS_OK;
}

static int count_doc(lsi_search *s, struct lsi_facet_run *f, lsi_doc doc, ls_error *err)
{
    uint32_t n = 0;
    int rc = lsi_keywords_doc(f->k, doc, s->ords, s->ord_cap, &n, err);
    if (!rc && n > s->ord_cap) {
        s->ords = lsi_arena_alloc(&s->scratch->arena, n * sizeof *s->ords);
        if (!s->ords) return lsi_fail_nomem(err);
        s->ord_cap = n;
        rc = lsi_keywords_doc(f->k, doc, s->ords, s->ord_cap, &n, err);
    }
    for (uint32_t j = 0; !rc && j < n; j++) {
        if (s->ords[j] < f->k->value_count) f->counts[s->ords[j]]++;
    }
    return rc;
}

int lsi_facets_window(lsi_search *s, size_t seg, lsi_doc lo, const uint64_t *bits, ls_error *err)
{
    (void)seg;
    for (size_t i = 0; i < s->o.facet_count; i++) {
        struct lsi_facet_run *f = &s->facets[i];
        if (!f->k) continue;
        for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
            for (uint64_t x = bits[w]; x; x &= x - 1) {
                int rc = count_doc(s, f, lo + w * 64 + lsi_ctz64(x), err);
                if (rc) return rc;
            }
        }
    }
    return LS_OK;
}

static int by_count(const void *pa, const void *pb)
{
    const value *a = pa, *b = pb;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return lsi_bytes_cmp(a->key->key, a->key->key_bytes, b->key->key, b->key->key_bytes);
}

/* The value as written first in the snapshot. */
static int spelling(const lsi_search *s, int field, const lsi_map_entry *key, const uint8_t **text, size_t *len,
                    ls_error *err)
{
    *text = key->key;
    *len = key->key_bytes;
    for (size_t g = 0; g < s->snap->count; g++) {
        const lsi_segment *seg = s->snap->segments[g].seg;
        uint32_t ord;
        const uint8_t *folded;
        size_t folded_len;
        if ((uint32_t)field >= seg->field_count || !seg->keywords[field].section) continue;
        int rc = lsi_keywords_find(&seg->keywords[field], key->key, key->key_bytes, &ord, err);
        if (rc) return rc;
        if (ord != LSI_ORD_NONE)
            return lsi_keywords_value(&seg->keywords[field], ord, &folded, &folded_len, text, len, err);
    }
    return LS_OK;
}

static int finish_one(lsi_search *s, struct lsi_facet_run *f, ls_results *res, lsi_facet *out, ls_error *err)
{
    size_t n = f->values.count, limit = s->o.facet_limit ? s->o.facet_limit : 10;
    value *all = lsi_arena_alloc(&s->scratch->arena, (n + 1) * sizeof *all);
    if (!all) return lsi_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const lsi_map_entry *e = &f->values.entries[i];
        all[i] = (value){f->totals[e->value], e, e->value};
    }
    if (n > 1) qsort(all, n, sizeof *all, by_count);
    n = LSI_MIN(n, limit);
    out->values = lsi_arena_alloc(&res->arena, (n + 1) * sizeof *out->values);
    if (!out->values) return lsi_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *text;
        size_t len;
        int rc = spelling(s, f->field, all[i].key, &text, &len, err);
        if (rc) return rc;
        const char *copy = lsi_arena_dup(&res->arena, text, len);
        if (!copy) return lsi_fail_nomem(err);
        out->values[out->count++] = (ls_facet_value){copy, len, all[i].count};
    }
    return LS_OK;
}

int lsi_facets_finish(lsi_search *s, ls_results *res, ls_error *err)
{
    res->facets = lsi_arena_zalloc(&res->arena, (s->o.facet_count + 1) * sizeof *res->facets);
    if (!res->facets) return lsi_fail_nomem(err);
    for (size_t i = 0; i < s->o.facet_count; i++) {
        int rc = settle(s, &s->facets[i], err);
        if (!rc) rc = finish_one(s, &s->facets[i], res, &res->facets[i], err);
        if (rc) return rc;
        res->facet_count++;
    }
    return LS_OK;
}
