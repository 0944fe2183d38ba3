/* spelling.c — owns the walk over the dictionaries of forms for suggestions: spellings with a common beginning, or
 * within one or two edits of a word, over all segments, with their live frequencies.
 *
 * The dictionaries are walked side by side: a lane of each stands at an entry, the smallest (spelling, then form) is
 * looked at, and what the automaton of the distance rules out is passed by in every lane. So what may match is worked out
 * once, not once a segment, and all that the segments have of a spelling comes together.
 * Invariant: a spelling that no live document has is never given. A document with two forms of one spelling (Arms,
 * arms) counts twice in df: it ranks, it is not told. Ignorant of: terms, queries.
 */
#include "libsearch/codec/leap.h"
#include "libsearch/query/fuzzy.h"
#include "libsearch/result/suggest.h"

typedef struct lane { /* of a segment; its iterator stands at an entry with the beginning asked for */
    lsi_forms_iter it;
    const lsi_live *live;
    uint64_t head; /* the spelling's first eight bytes, as a number */
} lane;

typedef struct walk {
    lsi_arena *a;
    const uint8_t *prefix;
    size_t prefix_len, passed; /* bytes of it, see lsi_spellings */
    lsi_fuzzy *fuzzy;          /* NULL: whatever begins so */
    lane *lanes;
    size_t lane_count;
    lsi_spelling *list;
    size_t count, cap;
    const uint8_t *form; /* the present form of list[count - 1], not yet weighed against its others */
    size_t form_len;
    uint64_t form_df;
    uint64_t *moves; /* left; one is an entry looked for in one dictionary */
} walk;

static uint64_t head_of(const uint8_t *p, size_t len)
{
    uint64_t v = 0;
    for (size_t i = 0; i < LSI_MIN(len, 8); i++) v |= (uint64_t)p[i] << (56 - 8 * i);
    return v;
}

/* The next entry, and where there is none with the beginning the lane is closed: another stands in its place then. */
static int advance(walk *k, lane *l, bool *closed, ls_error *err)
{
    int rc = lsi_forms_iter_next(&l->it, err);
    *k->moves -= *k->moves > 0;
    const lsi_form *f = &l->it.at;
    *closed =
        rc != 1 || f->folded_len < k->prefix_len || (k->prefix_len && memcmp(f->folded, k->prefix, k->prefix_len) != 0);
    if (*closed) {
        lsi_forms_iter_clear(&l->it);
        *l = k->lanes[--k->lane_count];
        return rc < 0 ? rc : LS_OK;
    }
    l->head = head_of(f->folded, f->folded_len);
    return LS_OK;
}

static int open_lanes(walk *k, const lsi_snapshot *snap, ls_error *err)
{
    int rc = LS_OK;
    k->lanes = lsi_arena_alloc(k->a, (snap->count + 1) * sizeof *k->lanes);
    if (!k->lanes) return lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < snap->count; i++) {
        bool closed;
        lane *l = &k->lanes[k->lane_count++];
        l->live = snap->segments[i].live;
        lsi_forms_iter_init(&l->it, &snap->segments[i].seg->forms);
        l->it.lean = true;
        if (k->prefix_len) rc = lsi_forms_iter_find(&l->it, k->prefix, k->prefix_len, err);
        if (!rc) rc = advance(k, l, &closed, err);
    }
    return rc;
}

static int spelling_order(const lane *a, const lane *b)
{
    const lsi_form *x = &a->it.at, *y = &b->it.at;
    if (a->head != b->head) return a->head < b->head ? -1 : 1;
    return lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
}

static lane *smallest(const walk *k)
{
    lane *best = k->lanes;
    for (size_t i = 1; i < k->lane_count; i++) {
        if (spelling_order(&k->lanes[i], best) < 0) best = &k->lanes[i];
    }
    return best;
}

/* Of the lanes that stand at the spelling of *l, one with the smallest form; only here are forms made. */
static int smallest_form(walk *k, lane **l, ls_error *err)
{
    lane *best = NULL;
    for (size_t i = 0; i < k->lane_count; i++) {
        lane *x = &k->lanes[i];
        if (x != *l && spelling_order(x, *l)) continue;
        int rc = x->it.at.form ? LS_OK : lsi_forms_iter_form(&x->it, err);
        if (rc) return rc;
        const lsi_form *f = &x->it.at, *b = best ? &best->it.at : f;
        if (!best || lsi_bytes_cmp(f->form, f->form_len, b->form, b->form_len) < 0) best = x;
    }
    *l = best;
    return LS_OK;
}

/* The form written most often stands for its spelling (ties by bytes: the last). */
static void weigh_form(walk *k)
{
    lsi_spelling *s = &k->list[k->count - 1];
    if (k->form_df >= s->form_df) {
        s->form = k->form;
        s->form_len = (uint32_t)k->form_len;
        s->form_df = k->form_df;
    }
    k->form = NULL;
}

static int note_spelling(walk *k, const lsi_form *f, uint32_t distance, ls_error *err)
{
    if (k->count == k->cap) {
        size_t cap = k->cap ? 2 * k->cap : 64;
        lsi_spelling *list = lsi_arena_alloc(k->a, cap * sizeof *list);
        if (!list) return lsi_fail_nomem(err);
        if (k->count) memcpy(list, k->list, k->count * sizeof *list);
        k->list = list;
        k->cap = cap;
    }
    const uint8_t *folded = lsi_arena_dup(k->a, f->folded, f->folded_len);
    if (!folded) return lsi_fail_nomem(err);
    k->list[k->count++] = (lsi_spelling){.folded = folded, .folded_len = f->folded_len, .distance = distance};
    return LS_OK;
}

/* An entry that live documents have. They come in the order of their spellings, then forms. */
static int note(walk *k, const lsi_form *f, uint64_t live, uint32_t distance, ls_error *err)
{
    const lsi_spelling *s = k->count ? &k->list[k->count - 1] : NULL;
    if (!s || lsi_bytes_cmp(s->folded, s->folded_len, f->folded, f->folded_len) != 0) {
        if (s) weigh_form(k);
        int rc = note_spelling(k, f, distance, err);
        if (rc) return rc;
    } else if (lsi_bytes_cmp(k->form, k->form_len, f->form, f->form_len) != 0) {
        weigh_form(k);
    }
    if (!k->form) {
        k->form = lsi_arena_dup(k->a, f->form, f->form_len);
        if (!k->form) return lsi_fail_nomem(err);
        k->form_len = f->form_len;
        k->form_df = 0;
    }
    k->form_df += live;
    k->list[k->count - 1].df += live;
    return LS_OK;
}

/* Whether a spelling has the beginning that is passed by. */
static bool is_passed(const walk *k, const uint8_t *p, size_t len)
{
    return k->passed && len >= k->passed && memcmp(p, k->prefix, k->passed) == 0;
}

/* Moves every lane to what may match next. The one just looked at moves on in any case, for spellings that are no UTF-8
 * may not stand in the order of their points. */
static int pass(walk *k, lane *seen, ls_error *err)
{
    uint8_t next[LSI_FUZZY_BYTES_MAX];
    size_t n = lsi_fuzzy_next(k->fuzzy, seen->it.at.folded, seen->it.at.folded_len, next);
    if (is_passed(k, next, n)) next[(n = k->passed) - 1]++; /* to its end; no byte of UTF-8 is 0xFF */
    uint64_t head = head_of(next, n);
    bool closed;
    for (; !n && k->lane_count; k->lane_count--) lsi_forms_iter_clear(&k->lanes[k->lane_count - 1].it);
    if (!n) return LS_OK;
    int rc = lsi_forms_iter_forward(&seen->it, next, n, err);
    if (!rc) rc = advance(k, seen, &closed, err);
    for (size_t i = 0; !rc && i < k->lane_count;) {
        lane *l = &k->lanes[i];
        closed = false;
        if (l->head < head || (l->head == head && lsi_bytes_cmp(l->it.at.folded, l->it.at.folded_len, next, n) < 0)) {
            rc = lsi_forms_iter_forward(&l->it, next, n, err);
            if (!rc) rc = advance(k, l, &closed, err);
        }
        i += !closed;
    }
    return rc;
}

static int look(walk *k, ls_error *err)
{
    lane *l = smallest(k);
    const lsi_form *f = &l->it.at;
    uint32_t gone = 0, distance = 0;
    size_t ignored;
    bool closed;
    int rc = LS_OK;
    bool hidden = !f->folded_len || f->folded[0] <= ' '; /* words that are no words */
    if (k->fuzzy && !hidden) {
        distance = lsi_fuzzy_distance(k->fuzzy, f->folded, f->folded_len, &ignored);
        if (distance > k->fuzzy->max || is_passed(k, f->folded, f->folded_len) ||
            lsi_fuzzy_has_digit(f->folded, f->folded_len))
            return pass(k, l, err);
    }
    if (!hidden) rc = smallest_form(k, &l, err);
    if (!rc && !hidden) rc = lsi_live_form(l->live, l->it.entry, &gone, err);
    f = &l->it.at;
    if (!rc && !hidden && f->df > gone) rc = note(k, f, f->df - gone, distance, err);
    return rc ? rc : advance(k, l, &closed, err);
}

int lsi_spellings_find(lsi_spelling **out, size_t *count, const lsi_snapshot *snap, lsi_scratch *s,
                       const uint8_t *folded, size_t len, const lsi_spellings *which, ls_error *err)
{
    uint64_t all = UINT64_MAX;
    walk k = {.a = &s->arena, .prefix = folded, .prefix_len = which->kept, .passed = which->passed};
    k.moves = which->moves ? which->moves : &all;
    *out = NULL;
    *count = 0;
    if (which->distance) {
        k.fuzzy = lsi_arena_alloc(&s->arena, sizeof *k.fuzzy);
        if (!k.fuzzy) return lsi_fail_nomem(err);
        if (!lsi_fuzzy_init(k.fuzzy, folded, len, which->distance)) return LS_OK;
    }
    int rc = open_lanes(&k, snap, err);
    while (!rc && k.lane_count && *k.moves) rc = look(&k, err);
    while (k.lane_count) lsi_forms_iter_clear(&k.lanes[--k.lane_count].it);
    if (rc) return rc;
    if (k.count) weigh_form(&k);
    *out = k.list;
    *count = k.count;
    return LS_OK;
}
