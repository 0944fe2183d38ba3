/* fuzzy.c — owns the distances of spellings: optimal string alignment (Damerau's four edits, no substring edited
 * twice) by rows, and the matching of wildcards.
 *
 * Sorted words share their beginnings, so that the rows of the common code points are kept from one to the next: a
 * walk over a dictionary computes about three rows a word. A row whose smallest value exceeds the maximum cannot lead
 * to a match: the row before has no value below the maximum (neighbouring rows differ by at most one), so that a swap,
 * which looks two rows back and adds one, exceeds it too. Everything with that beginning is dead.
 * lsi_fuzzy_next turns the rows into an automaton: of what is larger than the present candidate, the smallest that may
 * still match. A row with a value below the maximum leaves every point open; else only the points that go on without
 * an edit, or end a swap, are left, so that a walk seeks from one to the next (Schulz & Mihov, Fast string correction
 * with Levenshtein automata, 2002). Points with digits are dead: a word that may be misspelt has none, and numbers are
 * never taken for one another.
 * Works on code points, not bytes. It does not know dictionaries. */
#include "libsearch/query/fuzzy.h"

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
        if (p[i] >= '0' && p[i] <= '9') return true;
    }
    return false;
}

bool lsi_fuzzy_init(lsi_fuzzy *f, const uint8_t *word, size_t len, uint32_t max)
{
    const uint8_t *end = word + len;
    f->len = 0;
    f->depth = 0;
    f->max = LSI_MIN(max, 2u);
    while (word < end) {
        if (f->len == LSI_FUZZY_POINTS_MAX) return false;
        f->word[f->len++] = lsi_fuzzy_point(&word, end);
    }
    for (uint32_t j = 0; j <= f->len; j++) f->rows[0][j] = (uint8_t)j;
    f->least[0] = 0;
    return true;
}

/* What lies further than `max` from the diagonal is more than max: rows are made within that band only, and the cells
 * at its sides hold max + 1 for the next row. */
static uint32_t band_from(const lsi_fuzzy *f, uint32_t i)
{
    return i > f->max ? i - f->max : 0;
}

static uint32_t band_to(const lsi_fuzzy *f, uint32_t i)
{
    return LSI_MIN(f->len, i + f->max);
}

/* Computes row i (of the candidate's first i points) and tells its smallest value. */
static uint32_t compute_row(lsi_fuzzy *f, uint32_t i)
{
    uint8_t *row = f->rows[i];
    const uint8_t *up = f->rows[i - 1];
    uint32_t c = f->points[i - 1], from = band_from(f, i), to = band_to(f, i), least = f->max + 1, left = f->max + 1;
    if (!from) least = left = i;
    row[from ? from - 1 : 0] = (uint8_t)left;
    for (uint32_t j = LSI_MAX(from, 1u); j <= to; j++) {
        uint32_t d = (uint32_t)up[j - 1] + (f->word[j - 1] != c ? 1u : 0u);
        d = LSI_MIN(d, (uint32_t)up[j] + 1);
        d = LSI_MIN(d, left + 1);
        if (i > 1 && j > 1 && c == f->word[j - 2] && f->points[i - 2] == f->word[j - 1])
            d = LSI_MIN(d, (uint32_t)f->rows[i - 2][j - 2] + 1);
        left = d;
        row[j] = (uint8_t)d;
        least = LSI_MIN(least, d);
    }
    if (to < f->len) row[to + 1] = (uint8_t)(f->max + 1);
    f->least[i] = (uint8_t)least;
    return least;
}

uint32_t lsi_fuzzy_distance(lsi_fuzzy *f, const uint8_t *cand, size_t len, size_t *dead)
{
    const uint8_t *p = cand, *end = cand + len;
    uint32_t i = 0;
    *dead = 0;
    /* Points shared with the candidate before: their rows stand. */
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
        uint32_t least = compute_row(f, ++i);
        f->depth = i;
        if (least > f->max) {
            *dead = f->ends[i - 1];
            f->depth = i - 1; /* the row of the dead point is of no further use */
            return f->max + 1;
        }
    }
    if (i + f->max < f->len) return f->max + 1; /* shorter than any match */
    uint32_t d = f->rows[i][f->len];
    return d > f->max ? f->max + 1 : d;
}

/* Whether any point may follow the first i points: with edits left it may. */
static bool is_free(const lsi_fuzzy *f, uint32_t i)
{
    return f->least[i] < f->max;
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
    uint32_t best = NO_POINT, from = band_from(f, i), to = band_to(f, i);
    for (uint32_t j = from; j <= to && j < f->len; j++) {
        uint32_t c = f->word[j];
        if (f->rows[i][j] <= f->max && c >= least && c < best) best = c;
    }
    if (!i) return best;
    from = band_from(f, i - 1);
    to = band_to(f, i - 1);
    for (uint32_t j = from; j <= to && j + 1 < f->len; j++) { /* swaps: the point before was that of the next place */
        uint32_t c = f->word[j];
        if (f->points[i - 1] == f->word[j + 1] && f->rows[i - 1][j] < f->max && c >= least && c < best) best = c;
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
    compute_row(f, i + 1);
}

size_t lsi_fuzzy_next(lsi_fuzzy *f, const uint8_t *cand, size_t len, uint8_t out[LSI_FUZZY_BYTES_MAX])
{
    uint32_t i = 0, c = NO_POINT;
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
    while (f->depth + f->max < f->len || f->rows[f->depth][f->len] > f->max) {
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
