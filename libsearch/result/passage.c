/* passage.c — owns the choice of passages: which stretches of a text show best why it was found.
 *
 * Candidates are a sentence that has a match and whole sentences behind it (then before it) while they are no longer
 * than asked for; where a sentence alone is longer, they are cut around each match at white space (at a character where
 * there is none). Boilerplate ends a candidate and is never in one. A candidate scores the weights of its different
 * leaves (rare words and phrases are heavy), a tenth for each repetition, and up to a half more for different leaves
 * close to each other. The best is taken, then the best that does not overlap it, leaves already shown counting half.
 * Time is linear in the matches (times the length asked for). Ignorant of: HTML, the query.
 */
#include "libsearch/result/snippet.h"

#define WORD_BYTES 64u /* looked back for white space */

typedef struct chooser {
    const lsi_matcher *m;
    const uint8_t *text;
    size_t len, length;
    lsi_passage *all;
    size_t count;
    uint32_t *seen, round; /* by leaf: the last candidate it was counted in */
    uint8_t *shown;        /* by leaf: it is in a passage already taken */
} chooser;

/* Eight plain bytes at s. */
static bool is_plain(const uint8_t *s)
{
    return !(lsi_get64(s) & UINT64_C(0x8080808080808080));
}

static size_t skip_points(const uint8_t *s, size_t at, size_t len, size_t points)
{
    for (; points >= 8 && at + 8 <= len && is_plain(s + at); points -= 8) at += 8;
    for (; points && at < len; points--) {
        at++;
        while (at < len && (s[at] & 0xC0) == 0x80) at++;
    }
    return at;
}

static size_t back_points(const uint8_t *s, size_t at, size_t least, size_t points)
{
    for (; points >= 8 && at >= least + 8 && is_plain(s + at - 8); points -= 8) at -= 8;
    for (; points && at > least; points--) {
        at--;
        while (at > least && (s[at] & 0xC0) == 0x80) at--;
    }
    return at;
}

static bool is_blank(uint8_t c)
{
    return c <= ' ';
}

static size_t trim_end(const uint8_t *s, size_t start, size_t end)
{
    while (end > start && is_blank(s[end - 1])) end--;
    return end;
}

static size_t sentence_end(const chooser *c, size_t i)
{
    const lsi_matcher *m = c->m;
    size_t end = i + 1 < m->sentence_count ? m->sentences[i + 1].start : c->len;
    return trim_end(c->text, m->sentences[i].start, end);
}

/* The last cut at or before `end` that is not within a word; `end` itself where there is no white space just before. */
static size_t cut_before(const uint8_t *s, size_t from, size_t end, size_t limit)
{
    size_t at = end;
    if (end >= limit || is_blank(s[end])) return trim_end(s, from, LSI_MIN(end, limit));
    while (at > from && end - at < WORD_BYTES && !is_blank(s[at - 1])) at--;
    return at > from && is_blank(s[at - 1]) ? trim_end(s, from, at) : end;
}

/* A stretch of a long sentence [start, end) around a mark. */
static lsi_passage cut_around(const chooser *c, size_t start, size_t end, const lsi_mark *mark)
{
    const uint8_t *s = c->text;
    size_t from = back_points(s, mark->start, start, c->length / 4);
    size_t word = from;
    if (from > start && !is_blank(s[from - 1])) {
        while (word < mark->start && !is_blank(s[word])) word++;
        if (word < mark->start) from = word;
    }
    while (from < mark->start && is_blank(s[from])) from++;
    size_t to = skip_points(s, from, end, c->length);
    if (to < mark->end) to = LSI_MIN(mark->end, end); /* a phrase longer than the passage */
    size_t cut = cut_before(s, mark->end, to, end);
    return (lsi_passage){.start = from, .end = LSI_MAX(cut, LSI_MIN(mark->end, end))};
}

/* Sentence i and whole sentences behind it up to the length; where room is left, also before it. */
static lsi_passage whole_sentences(const chooser *c, size_t i)
{
    const lsi_matcher *m = c->m;
    size_t start = m->sentences[i].start, most = skip_points(c->text, start, c->len, c->length);
    size_t end = sentence_end(c, i), least;
    for (size_t k = i + 1; k < m->sentence_count && !m->sentences[k].boilerplate; k++) {
        size_t next = sentence_end(c, k);
        if (next > most) break;
        end = next;
    }
    least = back_points(c->text, end, 0, c->length);
    while (i && !m->sentences[i - 1].boilerplate && m->sentences[i - 1].start >= least) start = m->sentences[--i].start;
    return (lsi_passage){.start = start, .end = end};
}

static void score(chooser *c, lsi_passage *p, size_t first)
{
    const lsi_mark *marks = c->m->marks, *last = NULL;
    p->first = first;
    p->count = 0;
    p->score = 0;
    c->round++;
    for (size_t i = first; i < c->m->mark_count && marks[i].start < p->end; i++) {
        const lsi_mark *x = &marks[i];
        p->count++;
        if (x->end > p->end) continue;
        float w = c->shown[x->leaf] ? x->weight / 2 : x->weight;
        p->score += c->seen[x->leaf] == c->round ? w / 10 : w;
        c->seen[x->leaf] = c->round;
        if (last && last->leaf != x->leaf && x->start >= last->end) {
            float gap = (float)(x->start - last->end);
            p->score += LSI_MIN(w, last->weight) / 2 / (1 + gap / 8);
        }
        last = x;
    }
}

static void candidates(chooser *c)
{
    const lsi_matcher *m = c->m;
    size_t sentence = 0, done = SIZE_MAX, apart = 0, start = 0, end = 0;
    bool is_long = false;
    for (size_t i = 0; i < m->mark_count && m->sentence_count; i++) {
        const lsi_mark *x = &m->marks[i];
        while (sentence + 1 < m->sentence_count && m->sentences[sentence + 1].start <= x->start) sentence++;
        if (m->sentences[sentence].boilerplate || m->sentences[sentence].start > x->start) continue;
        if (done == sentence && (!is_long || x->start < apart)) continue;
        if (done != sentence) {
            start = m->sentences[sentence].start;
            end = sentence_end(c, sentence);
            is_long = skip_points(c->text, start, c->len, c->length) < end;
        }
        done = sentence;
        apart = x->start + c->length / 4; /* in a long sentence: so far apart, that time stays linear in the text */
        lsi_passage *p = &c->all[c->count++];
        *p = is_long ? cut_around(c, start, end, x) : whole_sentences(c, sentence);
        size_t first = i;
        while (first && m->marks[first - 1].start >= p->start) first--;
        score(c, p, first);
    }
}

static bool overlaps(const lsi_passage *p, const lsi_passage *taken, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p->start < taken[i].end && taken[i].start < p->end) return true;
    }
    return false;
}

static size_t take_best(chooser *c, lsi_passage *out, size_t count)
{
    size_t n = 0;
    while (n < count) {
        lsi_passage *best = NULL;
        for (size_t i = 0; i < c->count; i++) {
            lsi_passage *p = &c->all[i];
            if (overlaps(p, out, n)) continue;
            if (n) score(c, p, p->first);
            if (!best || p->score > best->score) best = p;
        }
        if (!best) break;
        out[n++] = *best;
        for (size_t i = best->first; i < best->first + best->count; i++) c->shown[c->m->marks[i].leaf] = 1;
    }
    for (size_t i = 1; i < n; i++) { /* into the order of the text */
        lsi_passage p = out[i];
        size_t k = i;
        for (; k && out[k - 1].start > p.start; k--) out[k] = out[k - 1];
        out[k] = p;
    }
    return n;
}

/* The first sentences that are no boilerplate. */
static size_t beginning(const chooser *c, lsi_passage *out)
{
    const lsi_matcher *m = c->m;
    size_t i = 0;
    while (i < m->sentence_count && m->sentences[i].boilerplate) i++;
    if (i == m->sentence_count) return 0;
    *out = whole_sentences(c, i);
    size_t most = skip_points(c->text, out->start, c->len, c->length);
    if (out->end > most) out->end = cut_before(c->text, out->start, most, out->end);
    return out->end > out->start;
}

int lsi_passages_choose(const lsi_matcher *m, const uint8_t *text, size_t len, size_t count, size_t length,
                        lsi_arena *a, lsi_passage *out, ls_error *err)
{
    chooser c = {.m = m, .text = text, .len = len, .length = length};
    c.all = lsi_arena_alloc(a, (m->mark_count + 1) * sizeof *c.all);
    c.seen = lsi_arena_zalloc(a, (m->leaf_count + (size_t)1) * sizeof *c.seen);
    c.shown = lsi_arena_zalloc(a, m->leaf_count + (size_t)1);
    if (!c.all || !c.seen || !c.shown) return lsi_fail_nomem(err);
    candidates(&c);
    if (!c.count) return (int)beginning(&c, out);
    return (int)take_best(&c, out, count);
}
