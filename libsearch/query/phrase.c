/* phrase.c — owns the reading of phrases of plain words, the common case of spans.c: each word one list, any field.
 *
 * Positions are read for the rarest word first, then word by word while starts are left; the form stream (of exact phrases) is looked at only for occurrences that stand where the phrase wants them. */
#include "libsearch/query/candidates.h"
#include "libsearch/query/places.h"

#define SHORT 8u /* occurrences: looked at all at once, without a branch on any of them */

/* A word's occurrences in the document, one after the other. */
typedef struct run {
    const uint32_t *gaps;
    uint32_t n, i; /* the present one */
    uint64_t at;   /* its position */
} run;

static int run_open(lsi_plan *p, lsi_span *kid, uint32_t first, uint32_t n, run *r, ls_error *err)
{
    lsi_stream *s = &kid->sources[0].positions;
    int rc = LS_OK;
    r->gaps = lsi_stream_at(s, first, n);
    if (LSI_UNLIKELY(!r->gaps)) {
        rc = lsi_places_reserve(&kid->found, &p->scratch->arena, (size_t)n + SHORT, err);
        if (!rc) rc = lsi_stream_read(s, first, n, kid->found.start, err);
        if (rc) return rc;
        r->gaps = kid->found.start;
    }
    r->n = n;
    r->i = 0;
    r->at = r->gaps[0];
    return LS_OK;
}

LSI_INLINE bool run_next(run *r)
{
    if (r->i + 1 == r->n) return false;
    r->at += r->gaps[++r->i];
    return true;
}

/* Moves to the first occurrence at `want` or behind; false where there is none. */
LSI_INLINE bool run_seek(run *r, uint64_t want)
{
    while (r->at < want) {
        if (!run_next(r)) return false;
    }
    return true;
}

/* The starts of the phrase that a word's occurrences allow, each once: joined words may share a place. */
static int begin(lsi_plan *p, lsi_places *f, lsi_span *kid, uint32_t first, uint32_t n, ls_error *err)
{
    run r;
    int rc = lsi_places_reserve(f, &p->scratch->arena, n, err);
    if (!rc) rc = run_open(p, kid, first, n, &r, err);
    if (rc) return rc;
    do {
        if (r.at > UINT32_MAX) return lsi_fail(err, LS_CORRUPT, "positions of more than 32 bits");
        uint32_t start = (uint32_t)r.at - kid->offset;
        if (r.at >= kid->offset && (!f->count || f->start[f->count - 1] != start)) f->start[f->count++] = start;
    } while (run_next(&r));
    return LS_OK;
}

/* The same of at most SHORT occurrences. Behind the last stand entries of others, or what was there: the last one's
 * place is repeated. */
static int keep_short(lsi_places *f, const lsi_span *kid, const run *r, ls_error *err)
{
    uint32_t at[SHORT], kept = 0;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < SHORT; i++) {
        sum += i < r->n ? r->gaps[i] : 0;
        at[i] = (uint32_t)sum;
    }
    if (sum > UINT32_MAX) return lsi_fail(err, LS_CORRUPT, "positions of more than 32 bits");
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t want = (uint64_t)f->start[i] + kid->offset;
        f->start[kept] = f->start[i];
        kept += want <= UINT32_MAX && lsi_among8(at, (uint32_t)want) ? 1 : 0;
    }
    f->count = kept;
    return LS_OK;
}

/* Leaves the starts that the kid's positions fit. Both rise. */
static int keep_fitting(lsi_plan *p, lsi_places *f, lsi_span *kid, uint32_t first, uint32_t n, ls_error *err)
{
    uint32_t kept = 0;
    run r;
    int rc = run_open(p, kid, first, n, &r, err);
    if (rc) return rc;
    if (n <= SHORT) return keep_short(f, kid, &r, err);
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t want = (uint64_t)f->start[i] + kid->offset;
        if (!run_seek(&r, want)) break;
        f->start[kept] = f->start[i];
        kept += r.at == want ? 1 : 0;
    }
    f->count = kept;
    return LS_OK;
}

/* The same for the forms: does an allowed form stand at each start? */
static int keep_allowed(lsi_plan *p, lsi_places *f, lsi_span *kid, uint32_t first, uint32_t n, ls_error *err)
{
    lsi_source *s = &kid->sources[0];
    uint32_t kept = 0;
    run r;
    int rc = run_open(p, kid, first, n, &r, err);
    if (rc) return rc;
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t want = (uint64_t)f->start[i] + kid->offset;
        bool yes = false;
        if (!run_seek(&r, want)) break;
        while (!yes && r.at == want) { /* joined words share a place */
            uint32_t form;
            rc = lsi_stream_read(&s->forms, (uint64_t)first + r.i, 1, &form, err);
            if (rc) return rc;
            yes = form < s->form_count && (s->allowed[form >> 6] >> (form & 63) & 1);
            if (!yes && !run_next(&r)) break;
        }
        f->start[kept] = f->start[i];
        kept += yes ? 1 : 0;
    }
    f->count = kept;
    return LS_OK;
}

int lsi_phrase_join(lsi_plan *p, lsi_span *s, const uint32_t *first, const uint32_t *count, size_t step, uint32_t from,
                    uint32_t to, ls_error *err)
{
    lsi_places *f = &s->found;
    const uint32_t *order = s->candidates->order;
    int rc = LS_OK;
    if (!from) f->count = 0;
    for (uint32_t i = from; i < to; i++) {
        uint32_t k = order[i];
        if (i) rc = keep_fitting(p, f, s->kids[k], first[k * step], count[k * step], err);
        else rc = begin(p, f, s->kids[k], first[k * step], count[k * step], err);
        if (rc || !f->count) return rc;
    }
    return rc;
}

int lsi_phrase_end(lsi_plan *p, lsi_span *s, const uint32_t *first, const uint32_t *count, size_t step, ls_error *err)
{
    lsi_places *f = &s->found;
    int rc = LS_OK;
    for (uint32_t i = 0; !rc && i < s->kid_count && f->count; i++) {
        if (s->kids[i]->sources[0].allowed) rc = keep_allowed(p, f, s->kids[i], first[i * step], count[i * step], err);
    }
    uint32_t length = s->kids[s->kid_count - 1]->offset;
    for (uint32_t i = 0; i < f->count; i++) f->end[i] = f->start[i] + length;
    return rc;
}

int lsi_phrase_read(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err)
{
    uint32_t *at = s->candidates->one; /* a quick phrase has them */
    s->found.count = 0;
    for (uint32_t i = 0; i < s->kid_count; i++) {
        lsi_source *src = &s->kids[i]->sources[0];
        lsi_doc d;
        int rc = lsi_cursor_seek(&src->c, doc, &d, err);
        if (!rc && d == doc) rc = lsi_postings_counts(&src->c.p, err);
        if (rc || d != doc) return rc;
        at[i] = lsi_source_first(src);
        at[s->kid_count + i] = src->c.p.counts[src->c.at];
    }
    int rc = lsi_phrase_join(p, s, at, at + s->kid_count, 1, 0, s->kid_count, err);
    return rc ? rc : lsi_phrase_end(p, s, at, at + s->kid_count, 1, err);
}
