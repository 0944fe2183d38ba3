/* match_tree.c — owns the way from where the words stand in a text to what is highlighted: single words as they are,
 * phrases as one stretch, loose phrases and w/n only where their words are close enough.
 *
 * The distances are those of query/places.c. Where that finds all pairs of a chain of w/n, this takes for each place
 * its nearest neighbour before and behind, so that time stays linear in the number of places.
 * Ignorant of: texts, terms.
 */
#include "libsearch/query/spans.h"
#include "libsearch/result/match.h"
#include <stdlib.h>

/* Of one side of a w/n in one text: what stands further on is not highlighted, so that memory stays bounded. */
#define NEAR_PLACES_MAX ((size_t)1 << 16)

typedef struct place { /* a match; of a NEAR: its two parts */
    uint32_t from, to; /* positions */
    uint32_t sentence, last_sentence, paragraph, last_paragraph;
    size_t start, end;
    uint32_t leaf;
    const struct place *parts[2];
} place;

typedef struct places {
    place *at;
    size_t count;
} places;

static bool alloc_places(lsi_matcher *m, places *p, size_t count)
{
    p->count = 0;
    p->at = lsi_arena_alloc(&m->texts, (count + 1) * sizeof *p->at);
    return p->at != NULL;
}

static place place_of(const lsi_match_word *a, const lsi_match_word *b, uint32_t leaf)
{
    return (place){a->position,  b->position, a->sentence, b->sentence, a->paragraph,
                   b->paragraph, a->start,    b->end,      leaf,        {NULL, NULL}};
}

/* ---- leaves ------------------------------------------------------------------------------------------------------ */

static int find_words(lsi_matcher *m, const lsi_match_node *x, places *out, ls_error *err)
{
    const lsi_match_slot *s = &m->slots[x->first_slot];
    if (!alloc_places(m, out, s->count)) return lsi_fail_nomem(err);
    for (size_t i = 0; i < s->count; i++) out->at[out->count++] = place_of(&s->found[i], &s->found[i], x->leaf);
    return LS_OK;
}

/* Each word at its offset from the first. The cursor of each word only moves on. */
static int find_phrases(lsi_matcher *m, const lsi_match_node *x, places *out, ls_error *err)
{
    const lsi_node *n = x->node;
    const lsi_match_slot *slots = &m->slots[x->first_slot];
    size_t *at = lsi_arena_zalloc(&m->texts, n->word_count * sizeof *at);
    if (!at || !alloc_places(m, out, slots[0].count)) return lsi_fail_nomem(err);
    for (size_t i = 0; i < slots[0].count; i++) {
        const lsi_match_word *first = &slots[0].found[i], *last = first;
        uint32_t k = 1;
        for (; k < n->word_count; k++) {
            uint64_t want = (uint64_t)first->position + n->words[k].offset;
            const lsi_match_slot *s = &slots[k];
            while (at[k] < s->count && s->found[at[k]].position < want) at[k]++;
            if (at[k] == s->count || s->found[at[k]].position != want) break;
            if (s->found[at[k]].end > last->end) last = &s->found[at[k]];
        }
        if (k == n->word_count) {
            lsi_match_word end = *last;
            end.position = first->position + n->words[n->word_count - 1].offset;
            out->at[out->count++] = place_of(first, &end, x->leaf);
        }
    }
    return LS_OK;
}

typedef struct loose { /* a word of a loose phrase */
    const lsi_match_word *word;
    uint32_t group;
} loose;

static int by_position(const void *a, const void *b)
{
    const loose *x = a, *y = b;
    if (x->word->position != y->word->position) return x->word->position < y->word->position ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

/* The number of the first word of the phrase that is the same. */
static uint32_t group_of(const lsi_node *n, uint32_t k)
{
    for (uint32_t j = 0; j < k; j++) {
        const lsi_qword *a = &n->words[j], *b = &n->words[k];
        if (lsi_bytes_cmp(a->folded, a->folded_len, b->folded, b->folded_len) == 0) return j;
    }
    return k;
}

/* Every word that lies in some stretch of words + distance positions which holds all of them. */
static int find_loose(lsi_matcher *m, const lsi_match_node *x, places *out, ls_error *err)
{
    const lsi_node *n = x->node;
    lsi_arena *a = &m->texts;
    size_t total = 0, count = 0;
    uint32_t missing = 0;
    for (uint32_t k = 0; k < n->word_count; k++) total += m->slots[x->first_slot + k].count;
    loose *all = lsi_arena_alloc(a, (total + 1) * sizeof *all);
    uint32_t *need = lsi_arena_zalloc(a, n->word_count * sizeof *need);
    uint32_t *have = lsi_arena_zalloc(a, n->word_count * sizeof *have);
    if (!all || !need || !have || !alloc_places(m, out, total)) return lsi_fail_nomem(err);
    for (uint32_t k = 0; k < n->word_count; k++) {
        uint32_t group = group_of(n, k);
        const lsi_match_slot *s = &m->slots[x->first_slot + k];
        if (!need[group]++) missing++;
        for (size_t i = 0; group == k && i < s->count; i++) all[count++] = (loose){&s->found[i], k};
    }
    if (count > 1) qsort(all, count, sizeof *all, by_position);
    uint64_t reach = (uint64_t)n->word_count - 1 + n->distance;
    size_t marked = 0; /* all before it are out already */
    for (size_t from = 0, to = 0; from < count; from++) {
        for (; to < count && all[to].word->position - all[from].word->position <= reach; to++) {
            if (++have[all[to].group] == need[all[to].group]) missing--;
        }
        for (size_t i = LSI_MAX(marked, from); !missing && i < to; i++) {
            out->at[out->count++] = place_of(all[i].word, all[i].word, x->leaf);
            marked = i + 1;
        }
        if (have[all[from].group]-- == need[all[from].group]) missing++;
    }
    return LS_OK;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static int find(lsi_matcher *m, const lsi_match_node *x, int field, places *out, ls_error *err);

static int by_from(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

static int find_either(lsi_matcher *m, const lsi_match_node *x, int field, places *out, ls_error *err)
{
    size_t total = 0;
    places *kids = lsi_arena_zalloc(&m->texts, x->kid_count * sizeof *kids);
    if (!kids) return lsi_fail_nomem(err);
    for (uint32_t i = 0; i < x->kid_count; i++) {
        int rc = find(m, x->kids[i], field, &kids[i], err);
        if (rc) return rc;
        total += kids[i].count;
    }
    if (!alloc_places(m, out, total)) return lsi_fail_nomem(err);
    for (uint32_t i = 0; i < x->kid_count; i++) {
        if (kids[i].count) memcpy(out->at + out->count, kids[i].at, kids[i].count * sizeof *out->at);
        out->count += kids[i].count;
    }
    if (out->count > 1) qsort(out->at, out->count, sizeof *out->at, by_from);
    return LS_OK;
}

static bool close_enough(const lsi_node *n, const place *a, const place *b)
{
    if (b->from <= a->to) return false; /* b is the later one */
    if (n->scope == LSI_SCOPE_SENTENCE) return a->sentence == b->last_sentence;
    if (n->scope == LSI_SCOPE_PARAGRAPH) return a->paragraph == b->last_paragraph;
    return b->from - a->to <= n->distance;
}

static void join(places *out, const place *a, const place *b)
{
    const place *first = a->from <= b->from ? a : b, *last = first == a ? b : a;
    place *p = &out->at[out->count++];
    *p = *first;
    p->to = LSI_MAX(a->to, b->to);
    p->end = LSI_MAX(a->end, b->end);
    p->last_sentence = last->last_sentence;
    p->last_paragraph = last->last_paragraph;
    p->parts[0] = a;
    p->parts[1] = b;
}

/* For each place of one side its nearest of the other, before and behind. */
static void join_nearest(const lsi_node *n, const places *a, const places *b, bool before, places *out)
{
    size_t j = 0;
    for (size_t i = 0; i < a->count; i++) {
        const place *x = &a->at[i];
        while (j < b->count && b->at[j].from <= x->to) j++;
        if (j < b->count && close_enough(n, x, &b->at[j])) join(out, x, &b->at[j]);
        size_t k = j;
        while (before && k && b->at[k - 1].to >= x->from && j - k < 8) k--; /* those that overlap it */
        if (before && k && close_enough(n, &b->at[k - 1], x)) join(out, x, &b->at[k - 1]);
    }
}

/* Of the stretches of a NEAR within a NEAR the shortest for each beginning: chains would double them each time. */
static void thin(const lsi_match_node *x, places *p)
{
    size_t kept = 0;
    if (x->node->type != LSI_Q_NEAR) return;
    for (size_t i = 0; i < p->count; i++) {
        if (!kept || p->at[kept - 1].from != p->at[i].from) p->at[kept++] = p->at[i];
    }
    p->count = kept;
}

static int find_near(lsi_matcher *m, const lsi_match_node *x, int field, places *out, ls_error *err)
{
    places a, b;
    int rc = find(m, x->kids[0], field, &a, err);
    if (!rc) rc = find(m, x->kids[1], field, &b, err);
    if (rc) return rc;
    if (!a.count || !b.count) return LS_OK;
    thin(x->kids[0], &a);
    thin(x->kids[1], &b);
    a.count = LSI_MIN(a.count, NEAR_PLACES_MAX);
    b.count = LSI_MIN(b.count, NEAR_PLACES_MAX);
    if (!alloc_places(m, out, 3 * (a.count + b.count))) return lsi_fail_nomem(err);
    join_nearest(x->node, &a, &b, !x->node->ordered, out);
    if (!x->node->ordered) {
        join_nearest(x->node, &b, &a, true, out);
    } else { /* each of the second with the nearest of the first before it */
        size_t j = 0;
        for (size_t i = 0; i < b.count; i++) {
            while (j < a.count && a.at[j].to < b.at[i].from) j++;
            if (j && close_enough(x->node, &a.at[j - 1], &b.at[i])) join(out, &a.at[j - 1], &b.at[i]);
        }
    }
    if (out->count > 1) qsort(out->at, out->count, sizeof *out->at, by_from);
    return LS_OK;
}

static bool in_field(const lsi_matcher *m, const lsi_node *n, int field)
{
    if (n->field != LSI_FIELD_NONE) return n->field == field;
    return m->snap->schema->fields[field].pub.weight > 0;
}

static int find(lsi_matcher *m, const lsi_match_node *x, int field, places *out, ls_error *err)
{
    const lsi_node *n = x->node;
    memset(out, 0, sizeof *out);
    if (n->type == LSI_Q_NEAR) return find_near(m, x, field, out, err);
    if (n->kid_count) return find_either(m, x, field, out, err);
    if (!in_field(m, n, field)) return LS_OK;
    if (n->type == LSI_Q_SLOP) return find_loose(m, x, out, err);
    return n->word_count > 1 ? find_phrases(m, x, out, err) : find_words(m, x, out, err);
}

/* ---- marks ------------------------------------------------------------------------------------------------------- */

static int mark(lsi_matcher *m, const place *p, float weight, ls_error *err)
{
    if (!p->parts[0]) return lsi_matcher_mark(m, p->start, p->end, p->leaf, weight, err);
    int rc = mark(m, p->parts[0], weight, err);
    return rc ? rc : mark(m, p->parts[1], weight, err);
}

static int mark_all(lsi_matcher *m, const lsi_match_node *x, int field, bool hlead, ls_error *err)
{
    const ls_schema *s = m->snap->schema;
    places found;
    int rc = find(m, x, field, &found, err);
    for (size_t i = 0; !rc && i < found.count; i++) {
        const place *p = &found.at[i];
        if (hlead && field != s->title && (field != s->main || p->to >= LSI_HLEAD_WORDS)) continue;
        rc = mark(m, p, x->weight, err);
    }
    return rc;
}

static int walk(lsi_matcher *m, const lsi_match_node *x, int field, bool hlead, ls_error *err)
{
    lsi_node_type t = x->node->type;
    hlead = hlead || t == LSI_Q_HLEAD;
    if (!x->kid_count || t == LSI_Q_NEAR) return mark_all(m, x, field, hlead, err);
    int rc = LS_OK;
    for (uint32_t i = 0; !rc && i < x->kid_count; i++) rc = walk(m, x->kids[i], field, hlead, err);
    return rc;
}

int lsi_match_tree(lsi_matcher *m, int field, ls_error *err)
{
    return walk(m, m->root, field, false, err);
}
