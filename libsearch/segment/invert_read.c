/* invert_read.c — owns the streams of terms as they are read back; their bytes are told in invert.c.
 *
 * A slice is read in one loop: all records that lie wholly in it, in a row of numbers of one or two bytes that is
 * taken without looking where it ends, into arrays that have room for whatever the slice may hold. Only the record that
 * goes over a slice's end is taken byte by byte. Ignorant of fields, weights and files. */
#include "libsearch/segment/invert.h"
#include "libsearch/util/alloc.h"

#define NEAR_BYTES 10u /* the most that a record has: two numbers of five */

typedef struct cursor {
    const uint8_t *p, *end, *stop; /* in the present slice; stop: the stream's end */
    uint32_t level;
} cursor;

static bool in_last(const cursor *c)
{
    return (uintptr_t)c->stop - (uintptr_t)c->p <= (uintptr_t)c->end - (uintptr_t)c->p;
}

/* A link is read only when a byte behind it is asked for: before, it may not be written. */
LSI_INLINE uint8_t take_byte(cursor *c)
{
    if (LSI_UNLIKELY(c->p == c->end)) {
        const uint8_t *next;
        memcpy(&next, c->end, LSI_SLICE_LINK);
        c->level = LSI_MIN(c->level + 1u, LSI_SLICE_LEVELS);
        c->p = next;
        c->end = next + lsi_slice_data(c->level);
        if (!in_last(c)) { /* its link is written */
            memcpy(&next, c->end, LSI_SLICE_LINK);
            LSI_ASK_FOR(next);
        }
    }
    return *c->p++;
}

static uint64_t take_number(cursor *c)
{
    uint64_t x = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = take_byte(c);
        x |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return x;
    }
}

/* The same of bytes that lie in one slice, or one byte behind it. */
LSI_INLINE uint64_t near_number(const uint8_t **p)
{
    uint32_t two = lsi_get16(*p), more = two >> 7 & 1; /* no branch: nobody can foresee it */
    uint64_t x = (two & 0x7f) | ((two >> 1 & 0x3f80) & (0 - more));
    *p += 1 + more;
    if (LSI_LIKELY((two & 0x8080) != 0x8080)) return x;
    for (unsigned shift = 14;; shift += 7) {
        uint8_t byte = *(*p)++;
        x |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return x;
    }
}

static bool grow(void **array, size_t *cap, size_t need, size_t elem_bytes)
{
    if (need >= UINT32_MAX) return false;
    void *p = lsi_array_grow(*array, cap, need, elem_bytes);
    if (p) *array = p;
    return p != NULL;
}

/* Room for so many more runs and occurrences; seldom has anything to do. */
static bool make_room(lsi_inverted *d, size_t more)
{
    size_t cap = d->position_cap;
    if (d->run_count + more > d->run_cap && !grow((void **)&d->runs, &d->run_cap, d->run_count + more, sizeof *d->runs))
        return false;
    if (d->count + more <= cap) return true;
    if (!grow((void **)&d->positions, &cap, d->count + more, sizeof *d->positions)) return false;
    uint32_t *numbers = lsi_realloc(d->numbers, cap * sizeof *numbers);
    if (!numbers) return false; /* position_cap is still what both have room for */
    d->numbers = numbers;
    d->position_cap = cap;
    return true;
}

typedef struct reading { /* the run in hand */
    lsi_inverted *d;
    const uint64_t *dead;
    lsi_invert_run run;
    uint32_t position, number;
    bool keep, fell;
} reading;

/* Positions fall only where a hyphenated word is longer than the gap to its joined form: few, nearly in order. */
static void sort_run(lsi_inverted *d, const lsi_invert_run *r)
{
    uint32_t *p = d->positions + r->first, *n = d->numbers + r->first;
    for (uint32_t i = 1; i < r->count; i++) {
        uint32_t position = p[i], number = n[i], j = i;
        for (; j && p[j - 1] > position; j--) {
            p[j] = p[j - 1];
            n[j] = n[j - 1];
        }
        p[j] = position;
        n[j] = number;
    }
}

LSI_INLINE void end_run(reading *r)
{
    lsi_inverted *d = r->d;
    r->run.count = (uint32_t)d->count - r->run.first;
    if (LSI_UNLIKELY(!r->keep)) d->count = r->run.first;
    if (!r->keep || !r->run.count) return;
    if (LSI_UNLIKELY(r->fell)) sort_run(d, &r->run);
    d->lists |= UINT64_C(1) << r->run.list;
    d->doc_count += !d->run_count || d->runs[d->run_count - 1].doc != r->run.doc;
    d->runs[d->run_count++] = r->run;
}

/* x: a new document or list. */
LSI_INLINE void begin_run(reading *r, uint64_t x)
{
    lsi_inverted *d = r->d;
    if (LSI_UNLIKELY(x & 2) && (x >> 2) == r->run.list && d->count > r->run.first) {
        r->fell = true;
        return;
    }
    end_run(r);
    if (!(x & 2)) {
        lsi_doc doc = r->run.doc += (lsi_doc)(x >> 2);
        r->keep = !r->dead || !(r->dead[doc >> 6] >> (doc & 63) & 1);
    }
    r->run.list = x & 2 ? (uint32_t)(x >> 2) : 0;
    r->run.first = (uint32_t)d->count;
    r->fell = false;
}

/* The records that begin before `limit` and lie in the present slice. */
static const uint8_t *read_near(reading *r, const uint8_t *p, const uint8_t *limit)
{
    lsi_inverted *d = r->d;
    uint32_t *positions = d->positions, *numbers = d->numbers, position = r->position, number = r->number;
    size_t n = d->count;
    while (p < limit) {
        uint64_t x = near_number(&p);
        if (x & 1) {
            d->count = n;
            begin_run(r, x);
            n = d->count;
            position = 0;
            continue;
        }
        if (x & 2) number = (uint32_t)near_number(&p);
        positions[n] = position += (uint32_t)(x >> 2);
        numbers[n++] = number;
    }
    d->count = n;
    r->position = position;
    r->number = number;
    return p;
}

static void read_over_the_end(reading *r, cursor *c)
{
    uint64_t x = take_number(c);
    if (x & 1) {
        begin_run(r, x);
        r->position = 0;
        return;
    }
    size_t n = r->d->count++;
    if (x & 2) r->number = (uint32_t)take_number(c);
    r->d->positions[n] = r->position += (uint32_t)(x >> 2);
    r->d->numbers[n] = r->number;
}

bool lsi_invert_read(const lsi_invert *v, uint32_t term, const uint64_t *dead, lsi_inverted *d)
{
    cursor c = {v->terms[term].first, NULL, v->tails[term].at, 0};
    reading r = {.d = d, .dead = dead, .run = {LSI_DOC_END, 0, 0, 0}};
    d->run_count = d->count = 0;
    d->lists = d->doc_count = 0;
    if (!c.p) return true;
    c.end = c.p + lsi_slice_data(0);
    while (c.p != c.stop) {
        bool last = in_last(&c);
        /* Each record has a byte at least, and so may be an occurrence or begin a run; one more of either goes on. */
        if (LSI_UNLIKELY(!make_room(d, (size_t)((last ? c.stop : c.end) - c.p) + 2))) return false;
        if (last) {
            c.p = read_near(&r, c.p, c.stop);
            continue;
        }
        c.p = read_near(&r, c.p, c.end - (NEAR_BYTES - 1));
        for (const uint8_t *end = c.end; c.end == end;) read_over_the_end(&r, &c);
    }
    end_run(&r);
    return true;
}

/* Documents of d that have each form: df[number], of form_count. */
void lsi_inverted_form_df(const lsi_inverted *d, uint32_t form_count, uint32_t *df, uint32_t *seen)
{
    if (!form_count) return;
    memset(df, 0, form_count * sizeof *df);
    memset(seen, 0, form_count * sizeof *seen); /* holds the last document that had the form, plus 1 */
    const uint32_t *numbers = d->numbers;
    for (size_t i = 0; i < d->run_count; i++) {
        const lsi_invert_run *r = &d->runs[i];
        const uint32_t mark = r->doc + 1;
        for (const uint32_t *n = numbers + r->first, *end = n + r->count; n < end; n++) {
            df[*n] += seen[*n] != mark;
            seen[*n] = mark;
        }
    }
}

void lsi_inverted_clear(lsi_inverted *d)
{
    lsi_free(d->runs);
    lsi_free(d->positions);
    lsi_free(d->numbers);
    memset(d, 0, sizeof *d);
}
