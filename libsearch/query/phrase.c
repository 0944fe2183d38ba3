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

/* The places of at most SHORT occurrences. Behind the last stand entries of others, or what was there: the last one's
 * place is repeated. */
#if defined(__SSE2__)
typedef struct few_places {
    __m128i low, high;
} few_places;

/* Sums of four and what stands before them. */
LSI_INLINE __m128i sums4(__m128i gaps)
{
    gaps = _mm_add_epi32(gaps, _mm_slli_si128(gaps, 4));
    return _mm_add_epi32(gaps, _mm_slli_si128(gaps, 8));
}

/* False where they may pass 32 bits. */
LSI_INLINE bool few_open(few_places *f, const run *r)
{
    const __m128i n = _mm_set1_epi32((int)r->n), *gaps = (const __m128i *)(const void *)r->gaps;
    __m128i low = _mm_and_si128(_mm_loadu_si128(gaps), _mm_cmpgt_epi32(n, _mm_setr_epi32(0, 1, 2, 3)));
    __m128i high = _mm_and_si128(_mm_loadu_si128(gaps + 1), _mm_cmpgt_epi32(n, _mm_setr_epi32(4, 5, 6, 7)));
    const __m128i large = _mm_srli_epi32(_mm_or_si128(low, high), 29); /* eight below 2^29 each are below 2^32 */
    low = sums4(low);
    high = _mm_add_epi32(sums4(high), _mm_shuffle_epi32(low, _MM_SHUFFLE(3, 3, 3, 3)));
    *f = (few_places){low, high};
    return _mm_movemask_epi8(_mm_cmpeq_epi32(large, _mm_setzero_si128())) == 0xFFFF;
}

LSI_INLINE bool few_hold(const few_places *f, uint32_t at)
{
    const __m128i want = _mm_set1_epi32((int32_t)at);
    return _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi32(f->low, want), _mm_cmpeq_epi32(f->high, want))) != 0;
}
#else
typedef struct few_places {
    uint32_t at[SHORT];
} few_places;

LSI_INLINE bool few_open(few_places *f, const run *r)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < SHORT; i++) {
        sum += i < r->n ? r->gaps[i] : 0;
        f->at[i] = (uint32_t)sum;
    }
    return sum <= UINT32_MAX;
}

LSI_INLINE bool few_hold(const few_places *f, uint32_t at)
{
    unsigned yes = 0;
    for (unsigned i = 0; i < SHORT; i++) yes |= f->at[i] == at ? 1u : 0u;
    return yes != 0;
}
#endif

static void keep_few(lsi_places *f, const lsi_span *kid, const few_places *few)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t want = (uint64_t)f->start[i] + kid->offset;
        f->start[kept] = f->start[i];
        kept += want <= UINT32_MAX && few_hold(few, (uint32_t)want) ? 1 : 0;
    }
    f->count = kept;
}

/* Leaves the starts that the kid's positions fit. Both rise. */
static int keep_fitting(lsi_plan *p, lsi_places *f, lsi_span *kid, uint32_t first, uint32_t n, ls_error *err)
{
    few_places few;
    uint32_t kept = 0;
    run r;
    int rc = run_open(p, kid, first, n, &r, err);
    if (rc) return rc;
    if (n <= SHORT && few_open(&few, &r)) {
        keep_few(f, kid, &few);
        return LS_OK;
    }
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t want = (uint64_t)f->start[i] + kid->offset;
        if (!run_seek(&r, want)) break;
        f->start[kept] = f->start[i];
        kept += r.at == want ? 1 : 0;
    }
    f->count = kept;
    return r.at <= UINT32_MAX ? LS_OK : lsi_fail(err, LS_CORRUPT, "positions of more than 32 bits");
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
