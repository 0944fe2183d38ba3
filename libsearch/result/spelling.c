/* spelling.c — owns the walk over the dictionaries of forms for suggestions: spellings with a common beginning, or
 * within one or two edits of a word, over all segments, with their live frequencies.
 *
 * Invariant: a spelling that no live document has is never given. A document with two forms of one spelling (Arms,
 * arms) counts twice in df: it ranks, it is not told. Ignorant of: terms, queries.
 */
#include "libsearch/codec/leap.h"
#include "libsearch/query/fuzzy.h"
#include "libsearch/result/suggest.h"
#include "libsearch/util/map.h"

typedef struct walk {
    lsi_arena *a;
    lsi_map map; /* folded → index in list; and form → its frequency's index, in forms */
    lsi_spelling *list;
    size_t count, cap;
    lsi_map forms;
    uint64_t *form_df;
    uint32_t *form_of; /* index in list */
    size_t form_cap;
    lsi_fuzzy *fuzzy;
} walk;

static void *grow(lsi_arena *a, void *old, size_t count, size_t cap, size_t bytes)
{
    void *p = lsi_arena_alloc(a, cap * bytes);
    if (p && count) memcpy(p, old, count * bytes);
    return p;
}

static int note_form(walk *k, const lsi_form *f, uint32_t spelling, uint64_t live, ls_error *err)
{
    uint32_t *v = lsi_map_put(&k->forms, f->form, f->form_len);
    if (!v) return lsi_fail_nomem(err);
    if (*v == LSI_MAP_NONE) {
        *v = (uint32_t)k->forms.count - 1;
        if (*v == k->form_cap) {
            size_t cap = k->form_cap ? 2 * k->form_cap : 64;
            k->form_df = grow(k->a, k->form_df, k->form_cap, cap, sizeof *k->form_df);
            k->form_of = grow(k->a, k->form_of, k->form_cap, cap, sizeof *k->form_of);
            if (!k->form_df || !k->form_of) return lsi_fail_nomem(err);
            k->form_cap = cap;
        }
        k->form_df[*v] = 0;
        k->form_of[*v] = spelling;
    }
    k->form_df[*v] += live;
    return LS_OK;
}

static int note(walk *k, const lsi_form *f, uint64_t live, uint32_t distance, ls_error *err)
{
    uint32_t *v = lsi_map_put(&k->map, f->folded, f->folded_len);
    if (!v) return lsi_fail_nomem(err);
    if (*v == LSI_MAP_NONE) {
        *v = (uint32_t)k->count;
        if (k->count == k->cap) {
            size_t cap = k->cap ? 2 * k->cap : 64;
            k->list = grow(k->a, k->list, k->count, cap, sizeof *k->list);
            if (!k->list) return lsi_fail_nomem(err);
            k->cap = cap;
        }
        k->list[k->count++] = (lsi_spelling){.distance = distance};
    }
    k->list[*v].df += live;
    return note_form(k, f, *v, live, err);
}

static int walk_segment(walk *k, const lsi_snapshot_segment *s, const uint8_t *prefix, size_t len, ls_error *err)
{
    lsi_forms_iter it;
    lsi_forms_iter_init(&it, &s->seg->forms);
    int rc = len ? lsi_forms_iter_find(&it, prefix, len, err) : LS_OK;
    while (!rc && (rc = lsi_forms_iter_next(&it, err)) == 1) {
        const lsi_form *f = &it.at;
        uint32_t gone = 0, distance = 0;
        size_t ignored;
        rc = LS_OK;
        if (f->folded_len < len || (len && memcmp(f->folded, prefix, len) != 0)) break;
        if (!f->folded_len || f->folded[0] <= ' ') continue; /* hidden words */
        if (k->fuzzy) {
            distance = lsi_fuzzy_distance(k->fuzzy, f->folded, f->folded_len, &ignored);
            if (distance > k->fuzzy->max || lsi_fuzzy_has_digit(f->folded, f->folded_len)) {
                uint8_t next[LSI_FUZZY_BYTES_MAX];
                size_t n = lsi_fuzzy_next(k->fuzzy, f->folded, f->folded_len, next);
                if (!n) break;
                rc = lsi_forms_iter_forward(&it, next, n, err);
                continue;
            }
        }
        rc = lsi_live_form(s->live, it.entry, &gone, err);
        if (!rc && f->df > gone) rc = note(k, f, f->df - gone, distance, err);
    }
    lsi_forms_iter_clear(&it);
    return rc < 0 ? rc : LS_OK;
}

/* The spelling's bytes and the form written most often (ties by bytes), out of the maps. */
static int finish(walk *k, ls_error *err)
{
    for (size_t i = 0; i < k->map.count; i++) {
        const lsi_map_entry *e = &k->map.entries[i];
        lsi_spelling *s = &k->list[e->value];
        s->folded = lsi_arena_dup(k->a, e->key, e->key_bytes);
        s->folded_len = e->key_bytes;
        if (!s->folded) return lsi_fail_nomem(err);
    }
    for (size_t i = 0; i < k->forms.count; i++) {
        const lsi_map_entry *e = &k->forms.entries[i];
        lsi_spelling *s = &k->list[k->form_of[e->value]];
        uint64_t df = k->form_df[e->value];
        bool better = !s->form || df > s->form_df;
        if (s->form && df == s->form_df) better = lsi_bytes_cmp(e->key, e->key_bytes, s->form, s->form_len) > 0;
        if (!better) continue;
        s->form = e->key; /* copied below */
        s->form_len = e->key_bytes;
        s->form_df = df;
    }
    for (size_t i = 0; i < k->count; i++) {
        k->list[i].form = lsi_arena_dup(k->a, k->list[i].form, k->list[i].form_len);
        if (!k->list[i].form) return lsi_fail_nomem(err);
    }
    return LS_OK;
}

int lsi_spellings_find(lsi_spelling **out, size_t *count, const lsi_snapshot *snap, lsi_scratch *s,
                       const uint8_t *folded, size_t len, size_t kept, uint32_t distance, ls_error *err)
{
    walk k = {.a = &s->arena};
    int rc = LS_OK;
    *out = NULL;
    *count = 0;
    if (distance) {
        k.fuzzy = lsi_arena_alloc(&s->arena, sizeof *k.fuzzy);
        if (!k.fuzzy) return lsi_fail_nomem(err);
        if (!lsi_fuzzy_init(k.fuzzy, folded, len, distance)) return LS_OK;
    }
    lsi_map_init(&k.map);
    lsi_map_init(&k.forms);
    for (size_t i = 0; !rc && i < snap->count; i++) rc = walk_segment(&k, &snap->segments[i], folded, kept, err);
    if (!rc) rc = finish(&k, err);
    lsi_map_clear(&k.map);
    lsi_map_clear(&k.forms);
    if (rc) return rc;
    *out = k.list;
    *count = k.count;
    return LS_OK;
}
