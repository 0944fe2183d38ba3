/* fuzzy.c — owns the distances of spellings: optimal string alignment (Damerau's four edits, no substring edited
 * twice) by sets of places, and the matching of wildcards.
 *
 * The state behind a candidate's first points is, for each distance d, the set of the word's beginnings that they are
 * within d edits of, a bit each; it follows from the two states before by shifts (Wu & Manber, Fast text searching
 * allowing errors, 1992; swaps look two states back, as in Hyyrö, A bit-vector algorithm for computing Levenshtein and
 * Damerau edit distances, 2003). Example, "cat" within 1: behind "ca" bit 2 is set for 0 edits, bits 1, 2 and 3 for 1.
 * Sorted words share their beginnings, so that the states of the common code points are kept from one to the next. An empty
 * state cannot lead to a match: a swap of two points goes by way of the change of its first, which is one edit as well, so
 * that the state between is not empty. Everything with that beginning is dead.
 * lsi_fuzzy_next turns the states into an automaton: of what is larger than the present candidate, the smallest that may
 * still match. A state with an edit left leaves every point open; else only the points that go on without an edit, or
 * end a swap, are left, so that a walk seeks from one to the next (Schulz & Mihov, Fast string correction with
 * Levenshtein automata, 2002). Points with digits are dead: a word that may be misspelt has none, and numbers are never
 * taken for one another.
 * Works on code points, not bytes. It does not know dictionaries. */
#include "libsearch/query/fuzzy.h"
#include <assert.h>

#define LAST_POINT 0x10FFFFu
#define NO_POINT   UINT32_MAX

uint32_t lsi_fuzzy_point(const uint8_t **p, const uint8_t *end)
{
    const uint8_t *s = *p;
    uint32_t c = *s++;
    uint32_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    if (more > (size_t)(end - s)) more = 0;
    if (more) c &= 0x3Fu >> more;
    while (more--) c = c << 6 | (*s++ & 0x3Fu);
    *p = s;
    return c;
}

bool lsi_fuzzy_has_digit(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lsi_is_digit(p[i])) return true;
    }
    return false;
}

bool lsi_fuzzy_init(lsi_fuzzy *f, const uint8_t *word, size_t len, uint32_t max)
{
    const uint8_t *end = word + len;
    f->len = 0;
    f->depth = 0;
    f->max = LSI_MIN(max, LSI_FUZZY_MAX);
    memset(f->ascii, 0, sizeof f->ascii);
    while (word < end) {
        if (f->len == LSI_FUZZY_POINTS_MAX) return false;
        uint32_t c = lsi_fuzzy_point(&word, end);
        if (c < 128) f->ascii[c] |= UINT64_C(1) << f->len;
        f->word[f->len++] = c;
    }
    for (uint32_t d = 0; d <= LSI_FUZZY_MAX; d++)
        f->near[0][d] = (UINT64_C(2) << LSI_MIN(d, f->len)) - 1; /* so many points left out */
    return true;
}

static uint64_t places_of(const lsi_fuzzy *f, uint32_t c)
{
    uint64_t places = 0;
    if (c < 128) return f->ascii[c];
    for (uint32_t j = 0; j < f->len; j++) places |= (uint64_t)(f->word[j] == c) << j;
    return places;
}

/* Makes the state behind the candidate's first i points from the two before; false where it is empty. */
static bool compute_state(lsi_fuzzy *f, uint32_t i)
{
    const uint64_t *was = f->near[i - 1], at = places_of(f, f->points[i - 1]);
    const uint64_t all = UINT64_MAX >> (63 - f->len);
    uint64_t *now = f->near[i];
    f->places[i - 1] = at;
    now[0] = (was[0] & at) << 1;
    for (uint32_t d = 1; d <= f->max; d++) {
        uint64_t next = (was[d] & at) << 1;                                             /* the same point */
        next |= was[d - 1];                                                             /* one too many */
        next |= (was[d - 1] | now[d - 1]) << 1;                                         /* another one; one left out */
        if (i > 1) next |= ((f->near[i - 2][d - 1] & at) << 1 & f->places[i - 2]) << 1; /* two swapped */
        now[d] = next & all;
    }
    return now[f->max] != 0;
}

uint32_t lsi_fuzzy_distance(lsi_fuzzy *f, const uint8_t *cand, size_t len, size_t *dead)
{
    const uint8_t *p = cand, *end = cand + len;
    uint32_t i = 0;
    *dead = 0;
    /* Points shared with the candidate before: their states stand. */
    while (i < f->depth && p < end) {
        const uint8_t *q = p;
        if (lsi_fuzzy_point(&q, end) != f->points[i]) break;
        p = q;
        i++;
    }
    f->depth = i;
    while (p < end) {
        if (i == f->len + f->max) return f->max + 1; /* longer than any match */
        f->points[i] = lsi_fuzzy_point(&p, end);
        f->ends[i] = (uint32_t)(p - cand);
        f->depth = i; /* the state of a dead point is of no further use */
        if (!compute_state(f, ++i)) {
            *dead = f->ends[i - 1];
            return f->max + 1;
        }
        f->depth = i;
    }
    uint32_t d = 0;
    while (d <= f->max && !(f->near[i][d] >> f->len & 1)) d++;
    return d;
}

/* Whether any point may follow the first i points: with edits left it may. */
static bool is_free(const lsi_fuzzy *f, uint32_t i)
{
    return f->near[i][f->max - 1] != 0;
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

/* The smallest point ≥ least that may follow the first i points, or NO_POINT. */
static uint32_t smallest(const lsi_fuzzy *f, uint32_t i, uint32_t least)
{
    if (i >= f->len + f->max) return NO_POINT;
    if (is_free(f, i)) return is_digit(least) ? '9' + 1 : least > LAST_POINT ? NO_POINT : least;
    const uint64_t in_word = (UINT64_C(1) << f->len) - 1;
    uint64_t open = f->near[i][f->max] & in_word; /* the same point; or the second of two swapped ones */
    if (i) open |= f->near[i - 1][f->max - 1] & f->places[i - 1] >> 1;
    uint32_t best = NO_POINT;
    for (; open; open &= open - 1) {
        uint32_t c = f->word[lsi_ctz64(open)];
        if (c >= least && c < best) best = c;
    }
    return best;
}

static size_t put_point(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    uint32_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[4] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (uint8_t)(lead[more] | c >> 6 * more);
    for (uint32_t k = 1; k <= more; k++) out[k] = (uint8_t)(0x80 | (c >> 6 * (more - k) & 0x3F));
    return more + 1;
}

/* Appends a point to the state; it is known to leave matches open. */
static void step(lsi_fuzzy *f, uint8_t *out, uint32_t c)
{
    uint32_t i = f->depth, at = i ? f->ends[i - 1] : 0;
    f->points[i] = c;
    f->ends[i] = at + (uint32_t)put_point(out + at, c);
    f->depth = i + 1;
    compute_state(f, i + 1);
}

/* Whether the state goes on by one place alone, no edit left and no swap begun: then all the rest of the word must
 * follow, point by point, and *place is where it begins. */
static bool is_forced(const lsi_fuzzy *f, uint32_t *place)
{
    const uint32_t i = f->depth;
    const uint64_t open = f->near[i][f->max];
    if (is_free(f, i) || !open || open & (open - 1)) return false;
    if (i && f->max && f->near[i - 1][f->max - 1] & f->places[i - 1] >> 1) return false;
    *place = lsi_ctz64(open);
    return true;
}

size_t lsi_fuzzy_next(lsi_fuzzy *f, const uint8_t *cand, size_t len, uint8_t out[LSI_FUZZY_BYTES_MAX])
{
    uint32_t i = 0, c = NO_POINT;
    assert(f->max);
    while (i < f->depth && !is_digit(f->points[i])) i++;
    size_t at = i ? f->ends[i - 1] : 0;
    if (at == len) { /* all of it may go on */
        c = smallest(f, i, 0);
    } else {
        const uint8_t *p = cand + at;
        c = smallest(f, i, lsi_fuzzy_point(&p, cand + len) + 1);
    }
    while (c == NO_POINT && i) {
        i--;
        c = smallest(f, i, f->points[i] + 1);
    }
    if (c == NO_POINT) return 0;
    f->depth = i;
    memcpy(out, cand, i ? f->ends[i - 1] : 0);
    step(f, out, c);
    /* What must follow in any case, as long as it is not a match by itself. */
    uint32_t place;
    while (!(f->near[f->depth][f->max] >> f->len & 1)) {
        if (is_forced(f, &place)) { /* without states, which the next candidate will hardly ask for */
            size_t n = f->ends[f->depth - 1];
            while (place < f->len) n += put_point(out + n, f->word[place++]);
            return n;
        }
        if (is_free(f, f->depth) || (c = smallest(f, f->depth, 0)) == NO_POINT) break;
        step(f, out, c);
    }
    return f->ends[f->depth - 1];
}

bool lsi_wildcard_match(const uint8_t *pat, size_t pat_len, const uint8_t *text, size_t len)
{
    const uint8_t *p = pat, *pe = pat + pat_len, *t = text, *te = text + len;
    const uint8_t *star = NULL, *resume = NULL;
    while (t < te) {
        if (p < pe && *p == '*') {
            star = ++p;
            resume = t;
            continue;
        }
        if (p < pe) {
            const uint8_t *q = p, *u = t;
            bool any = *p == '?';
            uint32_t a = lsi_fuzzy_point(&q, pe), b = lsi_fuzzy_point(&u, te);
            if (any || a == b) {
                p = q;
                t = u;
                continue;
            }
        }
        if (!star) return false;
        p = star; /* the last * takes one more code point */
        lsi_fuzzy_point(&resume, te);
        t = resume;
    }
    while (p < pe && *p == '*') p++;
    return p == pe;
}
