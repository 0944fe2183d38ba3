/* places.c — owns the joining of places within a document.
 *
 * phrase  starts s such that kid i has a place at s + offset(i), for all i
 * slop    windows of words + distance positions that hold every word (a word asked for twice: two places); the places
 *         of the first word that lie in some window are what is found. Every window holds a place of the word with the
 *         fewest: only those around them are looked at
 * near    places a of the first kid with a place b of the second that does not overlap it and is at most `distance`
 *         away: b.start - a.end, or a.start - b.end where the order is free; or in the same sentence or paragraph.
 *         What is found are the places of the first kid that take part; inside another near, which asks for the whole
 *         (s->hulls), the hulls of all pairs.
 * Fields lie LSI_POSITION_GAP apart, so that only longer distances need to look whether both ends are in one field.
 * It does not know lists or scores. */
#include "libsearch/query/places.h"
#include "libsearch/segment/memdocs.h"
#include <stdlib.h>

#define PLACES_MAX ((size_t)1 << 24) /* pairs of one document; more are left out */

int lsi_places_reserve(lsi_places *f, lsi_arena *a, size_t count, ls_error *err)
{
    if (count <= f->cap) return LS_OK;
    size_t cap = f->cap ? f->cap : 32;
    while (cap < count) cap *= 2;
    if (cap > UINT32_MAX / 2) return lsi_fail_nomem(err);
    uint32_t *at = lsi_arena_alloc(a, 2 * cap * sizeof *at);
    if (!at) return lsi_fail_nomem(err);
    if (f->count) {
        memcpy(at, f->start, f->count * sizeof *at);
        memcpy(at + cap, f->end, f->count * sizeof *at);
    }
    f->start = at;
    f->end = at + cap;
    f->cap = (uint32_t)cap;
    return LS_OK;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

void lsi_places_sort_words(lsi_places *f)
{
    if (f->count > 1) qsort(f->start, f->count, sizeof *f->start, by_value);
}

static int by_pair(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* Sorts by start, then end, and drops doubles. */
static int sort_pairs(lsi_places *f, lsi_arena *a, ls_error *err)
{
    if (f->count < 2) return LS_OK;
    uint64_t *pairs = lsi_arena_alloc(a, f->count * sizeof *pairs);
    if (!pairs) return lsi_fail_nomem(err);
    for (uint32_t i = 0; i < f->count; i++) pairs[i] = (uint64_t)f->start[i] << 32 | f->end[i];
    qsort(pairs, f->count, sizeof *pairs, by_pair);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        if (i && pairs[i] == pairs[i - 1]) continue;
        f->start[kept] = (uint32_t)(pairs[i] >> 32);
        f->end[kept++] = (uint32_t)pairs[i];
    }
    f->count = kept;
    return LS_OK;
}

int lsi_places_union(lsi_plan *p, lsi_span *s, ls_error *err)
{
    lsi_arena *a = &p->scratch->arena;
    uint32_t used = 0;
    for (uint32_t i = 0; i < s->kid_count; i++) {
        const lsi_places *k = &s->kids[i]->found;
        if (!k->count) continue;
        used++;
        int rc = lsi_places_reserve(&s->found, a, (size_t)s->found.count + k->count, err);
        if (rc) return rc;
        memcpy(s->found.start + s->found.count, k->start, k->count * sizeof *k->start);
        memcpy(s->found.end + s->found.count, k->end, k->count * sizeof *k->end);
        s->found.count += k->count;
    }
    return used > 1 ? sort_pairs(&s->found, a, err) : LS_OK;
}

/* First index ≥ from whose start is ≥ v. */
static uint32_t lower(const lsi_places *f, uint32_t from, uint64_t v)
{
    uint32_t lo = from, hi = f->count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (f->start[mid] < v) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

int lsi_places_phrase(lsi_plan *p, lsi_span *s, ls_error *err)
{
    const lsi_span *lead = s->kids[s->order[0]], *last = s->kids[s->kid_count - 1];
    lsi_places *f = &s->found;
    int rc = lsi_places_reserve(f, &p->scratch->arena, lead->found.count, err);
    if (rc) return rc;
    f->count = 0;
    for (uint32_t i = 0; i < lead->found.count; i++) {
        if (lead->found.start[i] < lead->offset) continue;
        f->start[f->count++] = lead->found.start[i] - lead->offset;
    }
    for (uint32_t k = 1; k < s->kid_count && f->count; k++) {
        const lsi_span *kid = s->kids[s->order[k]];
        uint32_t kept = 0, j = 0;
        for (uint32_t i = 0; i < f->count; i++) {
            uint64_t want = (uint64_t)f->start[i] + kid->offset;
            while (j < kid->found.count && kid->found.start[j] < want) j++;
            if (j < kid->found.count && kid->found.start[j] == want) f->start[kept++] = f->start[i];
        }
        f->count = kept;
    }
    for (uint32_t i = 0; i < f->count; i++) f->end[i] = f->start[i] + last->offset;
    return LS_OK;
}

/* The last position of the field that `from` lies in; looked up only where `reach` could bridge the gap to the next. */
static int field_end(lsi_plan *p, const lsi_span *s, lsi_doc doc, uint32_t from, uint64_t reach, uint64_t *end,
                     ls_error *err)
{
    *end = UINT32_MAX;
    if (s->list != LSI_LIST_COMBINED || reach <= LSI_POSITION_GAP) return LS_OK;
    int rc = lsi_plan_regions(p, doc, err);
    for (size_t r = 1; !rc && r < p->snap->schema->region_count; r++) {
        if (p->regions[r] > from && p->regions[r] <= *end) *end = (uint64_t)p->regions[r] - 1;
    }
    return rc;
}

/* Every word asked for has as many places in [from, to] as it was asked for. */
static bool window_holds(const lsi_span *s, uint64_t from, uint64_t to)
{
    for (uint32_t i = 0; i < s->kid_count; i++) {
        uint32_t times = 0;
        if (s->kids[i]->group != i) continue;
        for (uint32_t k = i; k < s->kid_count; k++) {
            if (s->kids[k]->group == i) times++;
        }
        const lsi_places *f = &s->kids[i]->found;
        uint32_t at = lower(f, 0, from);
        if (f->count - at < times || f->start[at + times - 1] > to) return false;
    }
    return true;
}

/* Marks (in f->end) the places of the first word within [from, to]. */
static void mark(lsi_places *f, const lsi_places *first, uint64_t from, uint64_t to)
{
    for (uint32_t i = lower(first, 0, from); i < first->count && first->start[i] <= to; i++) f->end[i] = 1;
}

int lsi_places_slop(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err)
{
    lsi_places *f = &s->found;
    const lsi_places *first = &s->kids[0]->found, *rare = first;
    uint64_t span = (uint64_t)s->kid_count - 1 + s->distance, seen = 0; /* windows that begin below it were looked at */
    int rc = lsi_places_reserve(f, &p->scratch->arena, first->count, err);
    f->count = 0;
    if (rc) return rc;
    for (uint32_t k = 1; k < s->kid_count; k++) {
        if (s->kids[k]->found.count < rare->count) rare = &s->kids[k]->found;
    }
    memset(f->end, 0, first->count * sizeof *f->end);
    for (uint32_t i = 0; i < rare->count; i++) {
        uint64_t at = rare->start[i], least = LSI_MAX(seen, at > span ? at - span : 0);
        /* A window that holds all can be moved right until it begins with one of the words. */
        for (uint32_t k = 0; k < s->kid_count; k++) {
            const lsi_places *kid = &s->kids[k]->found;
            for (uint32_t j = lower(kid, 0, least); j < kid->count && kid->start[j] <= at; j++) {
                uint64_t end;
                rc = field_end(p, s, doc, kid->start[j], span, &end, err);
                if (rc) return rc;
                end = LSI_MIN(kid->start[j] + span, end);
                if (window_holds(s, kid->start[j], end)) mark(f, first, kid->start[j], end);
            }
        }
        seen = at + 1;
    }
    for (uint32_t i = 0; i < first->count; i++) {
        if (!f->end[i]) continue;
        f->start[f->count] = f->end[f->count] = first->start[i]; /* count ≤ i: marks ahead are not touched */
        f->count++;
    }
    return LS_OK;
}

/* Number of the sentence or paragraph that a position is in. A field apart has no such edges: it is one part. */
static uint32_t part_of(const lsi_span *s, uint32_t position)
{
    return s->edges ? lower(&s->edges->found, 0, (uint64_t)position + 1) : 0;
}

static bool close_enough(const lsi_span *s, uint32_t as, uint32_t ae, uint32_t bs, uint32_t be)
{
    if (bs > ae) {
        if (s->scope != LSI_SCOPE_WORDS) return part_of(s, as) == part_of(s, be);
        return bs - ae <= s->distance;
    }
    if (be >= as || s->ordered) return false;
    if (s->scope != LSI_SCOPE_WORDS) return part_of(s, bs) == part_of(s, ae);
    return as - be <= s->distance;
}

static uint32_t longest(const lsi_places *f)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->count; i++) n = LSI_MAX(n, f->end[i] - f->start[i]);
    return n;
}

int lsi_places_near(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err)
{
    const lsi_places *a = &s->kids[0]->found, *b = &s->kids[1]->found;
    lsi_places *f = &s->found;
    uint64_t reach = s->scope == LSI_SCOPE_WORDS ? s->distance : UINT32_MAX, len = longest(b);
    int rc = lsi_places_reserve(f, &p->scratch->arena, a->count, err);
    f->count = 0;
    for (uint32_t i = 0; !rc && i < a->count; i++) {
        uint64_t from = a->start[i] > reach + len ? a->start[i] - reach - len : 0, to = a->end[i] + reach;
        for (uint32_t j = lower(b, 0, from); !rc && j < b->count && b->start[j] <= to; j++) {
            uint64_t end;
            if (!close_enough(s, a->start[i], a->end[i], b->start[j], b->end[j])) continue;
            rc = field_end(p, s, doc, LSI_MIN(a->start[i], b->start[j]), reach, &end, err);
            if (rc || LSI_MAX(a->start[i], b->start[j]) > end || f->count >= PLACES_MAX) continue;
            rc = lsi_places_reserve(f, &p->scratch->arena, (size_t)f->count + 1, err);
            if (rc) break;
            f->start[f->count] = s->hulls ? LSI_MIN(a->start[i], b->start[j]) : a->start[i];
            f->end[f->count++] = s->hulls ? LSI_MAX(a->end[i], b->end[j]) : a->end[i];
            if (!s->hulls) break;
        }
    }
    return !rc && s->hulls ? sort_pairs(f, &p->scratch->arena, err) : rc;
}
