/* expand.c — owns the walk over the dictionaries of forms: which forms a spelling, a beginning, a pattern or a fuzzy
 * word stands for, and the picks that follow.
 *
 * Two steps. The walk notes every form entry that matches, in every segment, and sums the live frequency of each
 * distinct folded spelling over the snapshot. Where there are more spellings than the query may still have clauses,
 * the most frequent stay (ties by spelling), the same in every segmentation, and `wanted` tells it. Then the entries
 * of a segment are grouped by term: a term all of whose forms are there needs no look at the form stream.
 * It does not know scores or trees. */
#include "libsearch/codec/leap.h"
#include "libsearch/query/fuzzy.h"
#include "libsearch/query/resolve.h"
#include "libsearch/util/map.h"
#include <stdlib.h>

typedef struct found { /* a matching form entry */
    uint32_t seg, spelling, number;
    lsi_ord term;
} found;

typedef struct walk {
    lsi_resolver *r;
    const lsi_qword *w;
    lsi_form_match how;
    lsi_fuzzy *fuzzy;
    const uint8_t *start; /* where in the dictionary it begins: every match begins so */
    size_t start_len;
    /* Distinct folded spellings, numbered as they come. One segment has them in order, so that the last will do. */
    lsi_map map; /* of several segments: folded → number */
    const uint8_t *last;
    size_t last_len, spellings;
    uint64_t *freq; /* live documents, by number */
    size_t freq_cap;
    found *at;
    size_t count, cap;
    uint64_t steps;
} walk;

static bool matches(walk *k, const lsi_form *f)
{
    const lsi_qword *w = k->w;
    size_t ignored;
    switch (k->how) {
    case LSI_MATCH_FOLDED:
        return f->folded_len == w->folded_len;
    case LSI_MATCH_FORM:
        return f->form_len == w->form_len && !memcmp(f->form, w->form, w->form_len);
    case LSI_MATCH_PREFIX:
        return true;
    case LSI_MATCH_WILDCARD:
        return lsi_wildcard_match(w->folded, w->folded_len, f->folded, f->folded_len);
    case LSI_MATCH_FUZZY:
        break;
    }
    /* Numbers are never taken for one another; the word itself has no digits. */
    return lsi_fuzzy_distance(k->fuzzy, f->folded, f->folded_len, &ignored) <= k->fuzzy->max &&
           !lsi_fuzzy_has_digit(f->folded, f->folded_len);
}

/* The number of a folded spelling; a new one has frequency 0. */
static int number_of(walk *k, const lsi_form *f, uint32_t *out, ls_error *err)
{
    lsi_arena *a = &k->r->scratch->arena;
    if (k->r->snap->count > 1) {
        uint32_t *v = lsi_map_put(&k->map, f->folded, f->folded_len);
        if (!v) return lsi_fail_nomem(err);
        if (*v == LSI_MAP_NONE) *v = (uint32_t)k->spellings;
        *out = *v;
    } else {
        bool same = k->spellings && k->last_len == f->folded_len && !memcmp(k->last, f->folded, f->folded_len);
        *out = (uint32_t)(k->spellings - (same ? 1 : 0));
        if (!same) {
            k->last = lsi_arena_dup(a, f->folded, f->folded_len);
            if (!k->last) return lsi_fail_nomem(err);
            k->last_len = f->folded_len;
        }
    }
    if (*out < k->spellings) return LS_OK;
    if (k->spellings == k->freq_cap) {
        size_t cap = k->freq_cap ? k->freq_cap * 2 : 64;
        uint64_t *q = lsi_arena_alloc(a, cap * sizeof *q);
        if (!q) return lsi_fail_nomem(err);
        if (k->freq_cap) memcpy(q, k->freq, k->freq_cap * sizeof *q);
        k->freq = q;
        k->freq_cap = cap;
    }
    k->freq[k->spellings++] = 0;
    return LS_OK;
}

static int note(walk *k, uint32_t seg, const lsi_forms_iter *it, ls_error *err)
{
    const lsi_form *f = &it->at;
    uint32_t gone = 0, spelling = 0;
    int rc = lsi_live_form(k->r->snap->segments[seg].live, it->entry, &gone, err);
    if (rc || gone >= f->df) return rc; /* nobody's: it must not fill a cap, for then it would show */
    rc = number_of(k, f, &spelling, err);
    if (rc) return rc;
    k->freq[spelling] += f->df - gone;
    if (k->count == k->cap) {
        size_t cap = k->cap ? k->cap * 2 : 64;
        found *q = lsi_arena_alloc(&k->r->scratch->arena, cap * sizeof *q);
        if (!q) return lsi_fail_nomem(err);
        if (k->count) memcpy(q, k->at, k->count * sizeof *q);
        k->at = q;
        k->cap = cap;
    }
    k->at[k->count++] = (found){seg, spelling, f->number, f->term};
    return LS_OK;
}

static int walk_segment(walk *k, uint32_t seg, ls_error *err)
{
    lsi_forms_iter it;
    lsi_forms_iter_init(&it, &k->r->snap->segments[seg].seg->forms);
    it.lean = k->how != LSI_MATCH_FORM;
    int rc = LS_OK;
    if (k->start_len) rc = lsi_forms_iter_find(&it, k->start, k->start_len, err);
    while (!rc && (rc = lsi_forms_iter_next(&it, err)) == 1) {
        const lsi_form *f = &it.at;
        rc = LS_OK;
        if ((++k->steps & 4095) == 0 && (rc = lsi_resolve_poll(k->r, err)) != LS_OK) break;
        if (f->folded_len < k->start_len || (k->start_len && memcmp(f->folded, k->start, k->start_len))) break;
        if (k->how == LSI_MATCH_FOLDED && f->folded_len > k->start_len) break;
        bool yes = matches(k, f);
        if (yes) rc = note(k, seg, &it, err);
        if (rc || yes || k->how != LSI_MATCH_FUZZY) continue; /* more with this spelling may follow */
        uint8_t next[LSI_FUZZY_BYTES_MAX];
        size_t n = lsi_fuzzy_next(k->fuzzy, f->folded, f->folded_len, next);
        if (!n) break;
        rc = lsi_forms_iter_forward(&it, next, n, err);
    }
    lsi_forms_iter_clear(&it);
    return rc;
}

/* Keeps the most frequent spellings where there are too many: freq of the others becomes UINT64_MAX. */
typedef struct rank {
    uint64_t freq;
    const lsi_map_entry *entry; /* NULL: numbers are in the order of spellings */
    uint32_t spelling;
} rank;
static int by_frequency(const void *pa, const void *pb)
{
    const rank *a = pa, *b = pb;
    if (a->freq != b->freq) return a->freq > b->freq ? -1 : 1;
    if (!a->entry || !b->entry) return a->spelling < b->spelling ? -1 : a->spelling > b->spelling;
    return lsi_bytes_cmp(a->entry->key, a->entry->key_bytes, b->entry->key, b->entry->key_bytes);
}

static int cap_spellings(walk *k, ls_error *err)
{
    lsi_resolver *r = k->r;
    size_t n = k->spellings, keep = LSI_MAX(r->budget, 1u);
    r->wanted = 0;
    if (n <= keep) {
        r->budget -= (uint32_t)LSI_MIN(n, (size_t)r->budget);
        return LS_OK;
    }
    rank *ranks = lsi_arena_alloc(&r->scratch->arena, n * sizeof *ranks);
    if (!ranks) return lsi_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const lsi_map_entry *e = k->map.count ? &k->map.entries[i] : NULL; /* numbered as they were put */
        ranks[i] = (rank){k->freq[i], e, (uint32_t)i};
    }
    qsort(ranks, n, sizeof *ranks, by_frequency);
    for (size_t i = keep; i < n; i++) k->freq[ranks[i].spelling] = UINT64_MAX;
    r->wanted = (uint32_t)n;
    r->budget = 0;
    return LS_OK;
}

static int by_term(const void *pa, const void *pb)
{
    const found *a = pa, *b = pb;
    if (a->term != b->term) return a->term < b->term ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* Spellings begin as their terms do: they come nearly in order. */
static void sort_by_term(found *at, size_t n)
{
    size_t moves = 0;
    for (size_t i = 1; i < n && moves <= 16 * n; i++) {
        found x = at[i];
        size_t j = i;
        for (; j && by_term(&x, &at[j - 1]) < 0; j--) at[j] = at[j - 1];
        at[j] = x;
        moves += i - j;
    }
    if (moves > 16 * n) qsort(at, n, sizeof *at, by_term);
}

/* One pick for entries at[0..n), all of one term. */
static int make_pick(walk *k, lsi_terms_run *run, const lsi_segment *seg, const found *at, size_t n, uint32_t list,
                     lsi_pick *p, ls_error *err)
{
    int rc = lsi_terms_run_get(run, at->term, &p->list, &p->form_count, err);
    if (!rc && list != LSI_LIST_COMBINED) rc = lsi_resolve_list(seg, at->term, list, &p->list, err);
    if (rc) return rc;
    p->ord = at->term;
    p->allowed = NULL;
    uint64_t *bits = lsi_arena_zalloc(&k->r->scratch->arena, ((size_t)p->form_count / 64 + 1) * sizeof *bits);
    if (!bits) return lsi_fail_nomem(err);
    uint32_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t x = at[i].number;
        if (x >= p->form_count)
            return lsi_section_corrupt(seg->forms.blocks, 0, err, "form numbers below the number of the term's forms");
        if (!(bits[x >> 6] >> (x & 63) & 1)) distinct++;
        bits[x >> 6] |= 1ull << (x & 63);
    }
    if (distinct < p->form_count) p->allowed = bits;
    return LS_OK;
}

static int make_picks(walk *k, lsi_word *out, uint32_t list, ls_error *err)
{
    size_t i = 0;
    for (uint32_t s = 0; s < k->r->snap->count; s++) {
        size_t from = i, kept = i;
        for (; i < k->count && k->at[i].seg == s; i++) {
            if (k->freq[k->at[i].spelling] != UINT64_MAX) k->at[kept++] = k->at[i];
        }
        size_t n = kept - from;
        if (!n) continue;
        found *at = k->at + from;
        sort_by_term(at, n);
        lsi_picks *picks = &out->segs[s];
        picks->at = lsi_arena_alloc(&k->r->scratch->arena, n * sizeof *picks->at);
        if (!picks->at) return lsi_fail_nomem(err);
        const lsi_segment *seg = k->r->snap->segments[s].seg;
        lsi_terms_run run = {.terms = &seg->terms};
        for (size_t a = 0, b; a < n; a = b) {
            for (b = a + 1; b < n && at[b].term == at[a].term; b++) continue;
            int rc = make_pick(k, &run, seg, at + a, b - a, list, &picks->at[picks->count], err);
            if (rc) return rc;
            out->filtered |= picks->at[picks->count++].allowed != NULL;
        }
    }
    return LS_OK;
}

/* Where in the dictionary the walk begins: the letters before the first * or ?. */
static size_t fixed_beginning(const lsi_qword *w)
{
    size_t n = 0;
    while (n < w->folded_len && w->folded[n] != '*' && w->folded[n] != '?') n++;
    return n;
}

int lsi_resolve_forms(lsi_resolver *r, lsi_word *out, const lsi_qword *w, lsi_form_match how, uint32_t distance,
                      uint32_t list, ls_error *err)
{
    lsi_arena *a = &r->scratch->arena;
    walk k = {.r = r, .w = w, .how = how, .start = w->folded, .start_len = w->folded_len};
    int rc = LS_OK;
    memset(out, 0, sizeof *out);
    out->from = w;
    out->segs = lsi_arena_zalloc(a, (r->snap->count + 1) * sizeof *out->segs);
    if (!out->segs) return lsi_fail_nomem(err);
    if (how == LSI_MATCH_WILDCARD) k.start_len = fixed_beginning(w);
    if (how == LSI_MATCH_FUZZY) {
        k.fuzzy = lsi_arena_alloc(a, sizeof *k.fuzzy);
        if (!k.fuzzy) return lsi_fail_nomem(err);
        lsi_fuzzy_init(k.fuzzy, w->folded, w->folded_len, distance); /* it has room: ast.h */
        k.start_len = 0;
    }
    if (!w->folded_len) return LS_OK;
    lsi_map_init(&k.map);
    for (uint32_t s = 0; !rc && s < r->snap->count; s++) rc = walk_segment(&k, s, err);
    if (!rc) rc = cap_spellings(&k, err);
    if (!rc) rc = make_picks(&k, out, list, err);
    for (uint32_t i = 0; !rc && i < k.spellings; i++) {
        if (k.freq[i] == UINT64_MAX) continue;
        if (how == LSI_MATCH_FORM) out->df += k.freq[i];
        else if (k.freq[i]) out->df = 1;
    }
    if (out->df > r->snap->documents) out->df = r->snap->documents;
    lsi_map_clear(&k.map);
    return rc;
}
