/* match.c — owns the question "which words of the query is this word of a text?", asked the way the search asks it.
 *
 * A word by terms is a token whose term is among those that resolve.c found for it in the snapshot (its stems, and the
 * terms of every form spelled alike); exact words compare folded spellings, caps( ) forms, patterns and fuzzy words
 * folded spellings. Each distinct form is judged once for all texts of one language. Positions are those of the index:
 * the words of boilerplate lines are counted apart, far away from the others. Which lines of a source are boilerplate is
 * asked of the present lists: where a document was indexed by others, what stands in a line listed since is not shown.
 * Time is linear in the text. Ignorant of: passages, HTML.
 */
#include "libsearch/result/match.h"
#include "libsearch/query/bm25.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

#define BOILERPLATE_POSITION (UINT32_C(1) << 30)
#define PATTERN_WEIGHT       2.0F
#define PHRASE_WEIGHT        2.0F
#define SEEN_MAX             65536u /* forms remembered from text to text */

/* ---- preparing -------------------------------------------------------------------------------------------------- */

static int chain(lsi_matcher *m, lsi_map *map, const uint8_t *key, size_t len, uint32_t slot, ls_error *err)
{
    uint32_t *first = lsi_map_put(map, key, len);
    if (!first) return lsi_fail_nomem(err);
    for (uint32_t s = *first; s != LSI_MAP_NONE; s = m->slots[s].next) {
        if (s == slot) return LS_OK; /* two of its terms are one here */
    }
    m->slots[slot].next = *first;
    *first = slot;
    return LS_OK;
}

/* A slot stands in one chain only: a word of several terms takes a slot for each further one. */
static int add_slot(lsi_matcher *m, const lsi_qword *w, uint32_t *slot, ls_error *err)
{
    if (m->slot_count == m->slot_cap) {
        size_t cap = m->slot_cap;
        lsi_match_slot *grown = lsi_array_grow(m->slots, &cap, (size_t)m->slot_count + 1, sizeof *grown);
        if (!grown) return lsi_fail_nomem(err);
        m->slots = grown;
        m->slot_cap = (uint32_t)cap;
    }
    *slot = m->slot_count++;
    memset(&m->slots[*slot], 0, sizeof m->slots[*slot]);
    m->slots[*slot].word = w;
    m->slots[*slot].next = UINT32_MAX;
    return LS_OK;
}

/* What a word stands for: each further term has a slot of its own that counts as the first. */
static int add_terms(lsi_matcher *m, const lsi_qword *w, uint32_t slot, ls_error *err)
{
    lsi_word word;
    int rc = lsi_resolve_terms(&m->resolver, &word, w, LSI_LIST_COMBINED, err);
    if (rc) return rc;
    m->slots[slot].weight = word.df ? (float)lsi_bm25_idf(m->snap->documents, word.df) : 0;
    for (uint32_t i = 0; !rc && i < word.term_count; i++) {
        uint32_t entry = slot;
        if (i) {
            rc = add_slot(m, NULL, &entry, err);
            if (!rc) m->slots[entry].distance = slot;
        }
        if (!rc) rc = chain(m, &m->by_term, word.terms[i].term, word.terms[i].len, entry, err);
    }
    return rc;
}

static int prepare_word(lsi_matcher *m, const lsi_node *n, const lsi_qword *w, uint32_t slot, ls_error *err)
{
    lsi_match_slot *s = &m->slots[slot];
    switch (n->type) {
    case LSI_Q_PREFIX:
    case LSI_Q_WILDCARD:
        s->by = n->type;
        s->weight = PATTERN_WEIGHT;
        return LS_OK;
    case LSI_Q_FUZZY:
        s->by = n->type;
        s->weight = PATTERN_WEIGHT;
        s->distance = n->distance;
        s->fuzzy = lsi_arena_alloc(&m->scratch->arena, sizeof *s->fuzzy);
        if (!s->fuzzy) return lsi_fail_nomem(err);
        lsi_fuzzy_init(s->fuzzy, w->folded, w->folded_len, n->distance); /* it has room: ast.h */
        return LS_OK;
    case LSI_Q_CAPS:
        s->weight = PATTERN_WEIGHT;
        return chain(m, &m->by_form, w->form, w->form_len, slot, err);
    default:
        if (!n->exact) return add_terms(m, w, slot, err);
        lsi_word word;
        int rc = lsi_resolve_terms(&m->resolver, &word, w, LSI_LIST_COMBINED, err);
        if (rc) return rc;
        m->slots[slot].weight = word.df ? (float)lsi_bm25_idf(m->snap->documents, word.df) : 0;
        return chain(m, &m->by_folded, w->folded, w->folded_len, slot, err);
    }
}

static int prepare_leaf(lsi_matcher *m, lsi_match_node *x, ls_error *err)
{
    const lsi_node *n = x->node;
    x->first_slot = m->slot_count;
    x->leaf = m->leaf_count++;
    for (uint32_t i = 0; i < n->word_count; i++) { /* the leaf's own slots stand side by side */
        uint32_t slot;
        int rc = add_slot(m, &n->words[i], &slot, err);
        if (rc) return rc;
    }
    for (uint32_t i = 0; i < n->word_count; i++) {
        int rc = prepare_word(m, n, &n->words[i], x->first_slot + i, err);
        if (rc) return rc;
        x->weight += m->slots[x->first_slot + i].weight;
    }
    if (n->word_count > 1) x->weight *= PHRASE_WEIGHT;
    if (n->no_score) x->weight = 0;
    return LS_OK;
}

static bool can_be_marked(lsi_node_type t)
{
    return t == LSI_Q_WORD || t == LSI_Q_PHRASE || t == LSI_Q_SLOP || t == LSI_Q_PREFIX || t == LSI_Q_WILDCARD ||
           t == LSI_Q_FUZZY || t == LSI_Q_CAPS;
}

/* The part of the tree that can be highlighted; *out NULL: nothing of it can. Depth is bounded by the parser. */
static int prepare(lsi_matcher *m, lsi_match_node **out, const lsi_node *n, ls_error *err)
{
    *out = NULL;
    if (n->type == LSI_Q_NOT || (!n->kid_count && !can_be_marked(n->type))) return LS_OK;
    lsi_match_node *x = lsi_arena_zalloc(&m->scratch->arena, sizeof *x);
    if (!x) return lsi_fail_nomem(err);
    x->node = n;
    if (!n->kid_count) {
        *out = x;
        return prepare_leaf(m, x, err);
    }
    x->kids = lsi_arena_alloc(&m->scratch->arena, n->kid_count * sizeof(lsi_match_node *));
    if (!x->kids) return lsi_fail_nomem(err);
    for (uint32_t i = 0; i < n->kid_count; i++) {
        lsi_match_node *kid;
        int rc = prepare(m, &kid, n->kids[i], err);
        if (rc) return rc;
        if (!kid) continue;
        x->kids[x->kid_count++] = kid;
        x->weight += kid->weight;
    }
    if (x->kid_count && (n->type != LSI_Q_NEAR || x->kid_count == 2)) *out = x;
    return LS_OK;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 32 : c;
}

/* The number of a letter or digit in lower case, or 36. */
static unsigned letter_number(uint8_t c)
{
    c = lower(c);
    if (c >= 'a' && c <= 'z') return c - 'a';
    return c >= '0' && c <= '9' ? 26u + (c - '0') : 36u;
}

/* *all: any first letter is possible. */
static void note_first(lsi_matcher *m, bool pairs, const uint8_t *key, size_t len, bool *all)
{
    if (!len || key[0] == '*' || key[0] == '?') *all = true;
    if (*all || key[0] >= 128) return;
    unsigned second = pairs && len > 1 ? letter_number(key[1]) : 36;
    m->second[lower(key[0])] |= second < 36 ? UINT64_C(1) << second : UINT64_MAX;
}

/* Most words of a text begin otherwise than every word of the query. Stemmers that only cut the end keep the first
 * letter, and folding an ASCII letter gives that letter; the English one keeps the second as well, but a y (dying, die).
 * For other languages every word is judged. */
static void note_firsts(lsi_matcher *m)
{
    static const char *const plain[] = {"none",      "english",    "german",   "french", "spanish",
                                        "italian",   "portuguese", "catalan",  "danish", "finnish",
                                        "hungarian", "norwegian",  "romanian", "swedish"};
    const lsi_map *maps[] = {&m->by_term, &m->by_folded, &m->by_form};
    bool all = false, pairs = false;
    m->by_first = false;
    memset(m->second, 0, sizeof m->second);
    for (size_t i = 0; i < LSI_COUNTOF(plain) && !m->by_first; i++) {
        m->by_first = strcmp(lsi_lang_name(m->lang), plain[i]) == 0;
        pairs = m->by_first && i < 2;
    }
    for (size_t k = 0; k < LSI_COUNTOF(maps); k++) {
        for (size_t i = 0; i < maps[k]->count; i++) {
            note_first(m, pairs, maps[k]->entries[i].key, maps[k]->entries[i].key_bytes, &all);
        }
    }
    for (uint32_t i = 0; i < m->slot_count; i++) {
        const lsi_match_slot *s = &m->slots[i];
        if (s->by == LSI_Q_FUZZY) all = true;
        else if (s->by != LSI_Q_NOTHING) note_first(m, pairs, s->word->folded, s->word->folded_len, &all);
    }
    if (all) m->by_first = false;
}

int lsi_matcher_init(lsi_matcher *m, lsi_scratch *s, const lsi_snapshot *snap, const ls_query *q, ls_error *err)
{
    memset(m, 0, sizeof *m);
    m->snap = snap;
    m->scratch = s;
    m->lang = -1;
    m->resolver = (lsi_resolver){.snap = snap, .scratch = s, .budget = LSI_QUERY_CLAUSES_MAX};
    lsi_map_init(&m->by_term);
    lsi_map_init(&m->by_folded);
    lsi_map_init(&m->by_form);
    lsi_map_init(&m->seen);
    lsi_arena_init(&m->texts);
    int rc = lsi_scratch_analyzer(s, &m->an, err);
    return rc ? rc : prepare(m, &m->root, q->root, err);
}

static void turn(lsi_matcher *m, int lang)
{
    if (lang != m->lang) {
        m->lang = lang;
        note_firsts(m);
    } else if (m->seen.count < SEEN_MAX) {
        return;
    }
    lsi_map_clear(&m->seen);
    m->list_count = 0;
}

int lsi_matcher_turn(lsi_matcher *m, const ls_doc *d, int lang, ls_error *err)
{
    turn(m, lang);
    return lsi_schema_lines_of(&m->listed, m->snap->schema, d, m->an, err);
}

void lsi_matcher_clear(lsi_matcher *m)
{
    for (uint32_t i = 0; i < m->slot_count; i++) lsi_free(m->slots[i].found);
    lsi_map_clear(&m->by_term);
    lsi_map_clear(&m->by_folded);
    lsi_map_clear(&m->by_form);
    lsi_map_clear(&m->seen);
    lsi_arena_clear(&m->texts);
    lsi_free(m->slots);
    lsi_free(m->lists);
    lsi_free(m->marks);
    lsi_free(m->sentences);
    memset(m, 0, sizeof *m);
}

/* ---- reading a text ---------------------------------------------------------------------------------------------- */

static int put_list(lsi_matcher *m, uint32_t slot, ls_error *err)
{
    uint32_t *grown = lsi_array_grow(m->lists, &m->list_cap, m->list_count + 1, sizeof *grown);
    if (!grown) return lsi_fail_nomem(err);
    m->lists = grown;
    m->lists[m->list_count++] = slot;
    return LS_OK;
}

static int put_chain(lsi_matcher *m, const lsi_map *map, const uint8_t *key, size_t len, ls_error *err)
{
    for (uint32_t s = lsi_map_get(map, key, len); s != LSI_MAP_NONE; s = m->slots[s].next) {
        int rc = put_list(m, m->slots[s].word ? s : m->slots[s].distance, err);
        if (rc) return rc;
    }
    return LS_OK;
}

static bool fits_pattern(const lsi_match_slot *s, const uint8_t *folded, size_t len)
{
    const lsi_qword *w = s->word;
    size_t dead;
    if (s->by == LSI_Q_PREFIX) return len >= w->folded_len && memcmp(folded, w->folded, w->folded_len) == 0;
    if (s->by == LSI_Q_WILDCARD) return lsi_wildcard_match(w->folded, w->folded_len, folded, len);
    if (lsi_fuzzy_distance(s->fuzzy, folded, len, &dead) > s->distance) return false;
    return !lsi_fuzzy_has_digit(folded, len);
}

/* The slots that a form fills, as a list in m->lists ended by UINT32_MAX; judged once for each form and language. */
static int judge(lsi_matcher *m, const uint8_t *form, size_t len, uint32_t *list, ls_error *err)
{
    uint32_t *known = lsi_map_put(&m->seen, form, len);
    size_t folded_len, term_len;
    if (!known) return lsi_fail_nomem(err);
    if (*known != LSI_MAP_NONE) {
        *list = *known;
        return LS_OK;
    }
    *known = *list = (uint32_t)m->list_count;
    const uint8_t *folded = lsi_analyzer_fold(m->an, form, len, &folded_len);
    if (!folded) return lsi_fail_nomem(err);
    int rc = put_chain(m, &m->by_folded, folded, folded_len, err);
    for (uint32_t i = 0; !rc && i < m->slot_count; i++) {
        const lsi_match_slot *s = &m->slots[i];
        if (s->by != LSI_Q_NOTHING && fits_pattern(s, folded, folded_len)) rc = put_list(m, i, err);
    }
    if (!rc) rc = put_chain(m, &m->by_form, form, len, err);
    if (!rc && m->by_term.count) {
        const uint8_t *term = lsi_analyzer_term(m->an, m->lang, form, len, &term_len);
        rc = term ? put_chain(m, &m->by_term, term, term_len, err) : lsi_fail_nomem(err);
    }
    return rc ? rc : put_list(m, UINT32_MAX, err);
}

/* No word of the query begins like this one. */
static bool is_foreign(const lsi_matcher *m, const uint8_t *form, size_t len)
{
    if (!m->by_first || letter_number(form[0]) == 36) return false;
    uint64_t second = m->second[lower(form[0])];
    if (!second || len < 2 || lower(form[1]) == 'y') return !second;
    unsigned n = letter_number(form[1]);
    return n < 36 && !(second >> n & 1);
}

static int put_word(lsi_match_slot *s, const lsi_match_word *w, ls_error *err)
{
    lsi_match_word *grown = lsi_array_grow(s->found, &s->cap, s->count + 1, sizeof *grown);
    if (!grown) return lsi_fail_nomem(err);
    s->found = grown;
    s->found[s->count++] = *w;
    return LS_OK;
}

static int put_sentence(lsi_matcher *m, size_t start, bool boilerplate, ls_error *err)
{
    lsi_match_sentence *grown = lsi_array_grow(m->sentences, &m->sentence_cap, m->sentence_count + 1, sizeof *grown);
    if (!grown) return lsi_fail_nomem(err);
    m->sentences = grown;
    m->sentences[m->sentence_count++] = (lsi_match_sentence){start, boilerplate};
    return LS_OK;
}

/* Back over what belongs to the sentence before its first word: quotation marks, brackets. */
static size_t sentence_start(const uint8_t *text, size_t start, size_t last_end)
{
    while (start > last_end && text[start - 1] > ' ') start--;
    while (start > last_end && (text[start] & 0xC0) == 0x80) start--;
    return start;
}

static int by_start(const void *a, const void *b)
{
    const lsi_mark *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    if (x->end != y->end) return x->end > y->end ? -1 : 1;
    return (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

int lsi_matcher_mark(lsi_matcher *m, size_t start, size_t end, uint32_t leaf, float weight, ls_error *err)
{
    lsi_mark *grown = lsi_array_grow(m->marks, &m->mark_cap, m->mark_count + 1, sizeof *grown);
    if (!grown) return lsi_fail_nomem(err);
    m->marks = grown;
    m->marks[m->mark_count++] = (lsi_mark){start, end, leaf, weight};
    return LS_OK;
}

static int by_position(const void *a, const void *b)
{
    const lsi_match_word *x = a, *y = b;
    return (x->position > y->position) - (x->position < y->position);
}

/* Boilerplate between ordinary words, and joined words behind their parts, come out of order. The index has no edges of
 * sentences among boilerplate: all of it is one part. */
static void sort_words(lsi_matcher *m)
{
    for (uint32_t i = 0; i < m->slot_count; i++) {
        lsi_match_slot *s = &m->slots[i];
        size_t k = 1;
        for (size_t j = 0; j < s->count; j++) {
            if (s->found[j].position < BOILERPLATE_POSITION) continue;
            s->found[j].sentence = s->found[j].paragraph = UINT32_MAX;
        }
        while (k < s->count && s->found[k - 1].position <= s->found[k].position) k++;
        if (k < s->count) qsort(s->found, s->count, sizeof *s->found, by_position);
    }
}

static int read_words(lsi_matcher *m, const uint8_t *text, size_t len, ls_error *err)
{
    lsi_token t;
    lsi_match_word w = {0};
    size_t last_end = 0;
    bool boilerplate = false;
    int rc = LS_OK, more = 0;
    lsi_tokens_begin_of(m->an, m->listed, text, len, m->lang);
    while (!rc) {
        size_t passed = m->by_first && last_end && !boilerplate ? lsi_tokens_pass(m->an, m->second) : 0;
        last_end = LSI_MAX(last_end, passed);
        if ((more = lsi_tokens_next(m->an, &t)) <= 0) break;
        bool apart = (t.flags & LSI_TOK_BOILERPLATE) != 0;
        if (!(t.flags & LSI_TOK_JOINED)) {
            bool first = (t.flags & LSI_TOK_SENTENCE) || apart != boilerplate || !last_end;
            w.sentence += !apart && (t.flags & LSI_TOK_SENTENCE) != 0;
            w.paragraph += !apart && (t.flags & LSI_TOK_PARAGRAPH) != 0;
            if (first && m->want_sentences) rc = put_sentence(m, sentence_start(text, t.start, last_end), apart, err);
            boilerplate = apart;
            last_end = LSI_MAX(last_end, t.end);
        }
        if (!m->root || rc || is_foreign(m, t.form, t.form_len)) continue;
        uint32_t list = 0;
        rc = judge(m, t.form, t.form_len, &list, err);
        w.start = t.start;
        w.end = t.end;
        w.position = t.position + (apart ? BOILERPLATE_POSITION : 0);
        for (; !rc && m->lists[list] != UINT32_MAX; list++) rc = put_word(&m->slots[m->lists[list]], &w, err);
    }
    if (!rc && more < 0) rc = lsi_fail_nomem(err);
    if (!rc) sort_words(m);
    return rc;
}

int lsi_matcher_read(lsi_matcher *m, const uint8_t *text, size_t len, int field, ls_error *err)
{
    m->mark_count = m->sentence_count = 0;
    lsi_arena_reset(&m->texts);
    for (uint32_t i = 0; i < m->slot_count; i++) m->slots[i].count = 0;
    int rc = read_words(m, text, len, err);
    if (!rc && m->root) rc = lsi_match_tree(m, field, err);
    if (!rc && m->mark_count > 1) {
        size_t kept = 1;
        qsort(m->marks, m->mark_count, sizeof *m->marks, by_start);
        for (size_t i = 1; i < m->mark_count; i++) {
            if (by_start(&m->marks[i], &m->marks[kept - 1]) != 0) m->marks[kept++] = m->marks[i];
        }
        m->mark_count = kept;
    }
    if (rc) m->lang = -1; /* what was being judged is unfinished: the next text begins anew */
    return rc;
}
