/* phrase.c — owns the reading of phrases of plain words, the common case of spans.c: each word one list, any field.
 *
 * Positions are read for the word that occurs least in the document first, then word by word while starts are left;
 * the form stream (of exact phrases) is looked at only for occurrences that stand where the phrase wants them. */
#include "libsearch/query/candidates.h"
#include "libsearch/query/places.h"

#define WORDS_MAX 32u /* longer phrases take the order of their frequencies */

static int read_positions(lsi_plan *p, lsi_span *kid, uint32_t first, uint32_t n, ls_error *err)
{
    int rc = lsi_places_reserve(&kid->found, &p->scratch->arena, n, err);
    if (!rc) rc = lsi_positions_read(&kid->sources[0].positions, first, n, kid->found.start, err);
    kid->found.count = rc ? 0 : n;
    return rc;
}

/* Leaves the starts that the kid's positions fit. Both rise. */
static void keep_fitting(lsi_places *f, const lsi_span *kid)
{
    const uint32_t *at = kid->found.start;
    uint32_t n = kid->found.count, kept = 0, j = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t want = (uint64_t)f->start[i] + kid->offset;
        while (j < n && at[j] < want) j++;
        f->start[kept] = f->start[i];
        kept += j < n && at[j] == want ? 1 : 0;
    }
    f->count = kept;
}

/* The same for the forms: does an allowed form stand at each start? */
static int keep_allowed(lsi_places *f, lsi_span *kid, uint32_t first, ls_error *err)
{
    lsi_source *s = &kid->sources[0];
    uint32_t kept = 0, j = 0, n = kid->found.count;
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t want = (uint64_t)f->start[i] + kid->offset;
        bool yes = false;
        while (j < n && kid->found.start[j] < want) j++;
        for (uint32_t k = j; !yes && k < n && kid->found.start[k] == want; k++) { /* joined words share a place */
            uint32_t form;
            int rc = lsi_stream_read(&s->forms, (uint64_t)first + k, 1, &form, err);
            if (rc) return rc;
            yes = form < s->form_count && (s->allowed[form >> 6] >> (form & 63) & 1);
        }
        f->start[kept] = f->start[i];
        kept += yes ? 1 : 0;
    }
    f->count = kept;
    return LS_OK;
}

int lsi_phrase_join(lsi_plan *p, lsi_span *s, const uint32_t *first, const uint32_t *count, size_t step, ls_error *err)
{
    lsi_places *f = &s->found;
    uint32_t order[WORDS_MAX];
    bool sorted = s->kid_count <= WORDS_MAX;
    int rc = LS_OK;
    f->count = 0;
    for (uint32_t i = 0; sorted && i < s->kid_count; i++) {
        uint32_t j = i;
        for (; j && count[order[j - 1] * step] > count[i * step]; j--) order[j] = order[j - 1];
        order[j] = i;
    }
    for (uint32_t i = 0; i < s->kid_count; i++) {
        uint32_t k = sorted ? order[i] : i;
        lsi_span *kid = s->kids[k];
        rc = read_positions(p, kid, first[k * step], count[k * step], err);
        if (!rc && i == 0) rc = lsi_places_reserve(f, &p->scratch->arena, kid->found.count, err);
        if (rc) return rc;
        for (uint32_t j = 0; i == 0 && j < kid->found.count; j++) {
            uint32_t at = kid->found.start[j];
            if (at < kid->offset || (f->count && f->start[f->count - 1] == at - kid->offset)) continue;
            f->start[f->count++] = at - kid->offset;
        }
        if (i) keep_fitting(f, kid);
        if (!f->count) return LS_OK;
    }
    for (uint32_t i = 0; !rc && i < s->kid_count && f->count; i++) {
        if (s->kids[i]->sources[0].allowed) rc = keep_allowed(f, s->kids[i], first[i * step], err);
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
    return lsi_phrase_join(p, s, at, at + s->kid_count, 1, err);
}
