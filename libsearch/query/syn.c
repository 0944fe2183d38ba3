/* syn.c — owns the groups of words that mean the same: those written as syn(Kyiv, Kiev), and those that a set of
 * synonyms puts in the place of a query's words.
 *
 * A group is an OR of STYLE_SYN. Its first kid is what was typed, and matches and scores as if it stood alone; the
 * others weigh half as much, and are taken for no rarer than it when the search is planned (plan.c), so that a spelling
 * that few use does not come first. Both ways give the same tree: the group is printed as syn(…), which is read as the
 * same group again, and within which nothing is replaced any more.
 *
 * What gains synonyms: words, hyphenated words and runs of words side by side (United States), the longest run first.
 * Not: what stands between quotation marks, in caps(…) or atleastN(…), patterns, word~, function words by themselves
 * (it, who; but WHO). An entry of two or three capitals, or one that would be a function word in small letters, is added
 * as it is written, and stands for a word in capitals only: us is not the US.
 *
 * Invariants: a group has at most LSI_SYNONYM_ADDED_MAX kids behind the first, no two of one key. One step for a word
 * and at most LSI_SYNONYM_WORDS_MAX look-ups. Ignorant of files.
 */
#include "libsearch/query/synonyms.h"
#include <stdio.h>

#define ACRONYM_MAX 3u /* letters */

typedef struct piece { /* one of the texts that mean the same */
    const char *s;
    size_t len;
} piece;

typedef struct key {
    size_t len;
    uint8_t at[LSI_SYNONYM_KEY_MAX];
} key;

/* ---- boosts and flags --------------------------------------------------------------------------------------------- */

static void set_boost(lsi_node *n, float boost)
{
    if (!n->kid_count) n->boost = boost;
    for (uint32_t i = 0; i < n->kid_count; i++) set_boost(n->kids[i], boost);
}

void lsi_syn_level(lsi_node *group)
{
    const lsi_node *typed = group->kids[0];
    while (typed->kid_count) typed = typed->kids[0];
    uint32_t q = (uint32_t)(typed->boost * 1000 + 0.5F) * LSI_SYNONYM_BOOST / 1000;
    if (typed->boost > 0) q = LSI_MAX(q, 1u);
    for (uint32_t i = 1; i < group->kid_count; i++) set_boost(group->kids[i], (float)q / 1000);
}

static void silence(lsi_node *n)
{
    n->no_score = true;
    for (uint32_t i = 0; i < n->kid_count; i++) silence(n->kids[i]);
}

/* ---- one of the others -------------------------------------------------------------------------------------------- */

static void forget_places(lsi_qword *w)
{
    w->start = w->end = 0; /* it need not stand in the query's text */
    w->alternative = true;
}

static void warn_words(lsi_parser *p, piece t)
{
    lsi_parse_warn(p, "limit_synonyms", 0, 0,
                   "a synonym has at most %u words; what goes on behind \"%.*s\" is left out", LSI_SYNONYM_WORDS_MAX,
                   (int)LSI_MIN(t.len, 40), t.s);
}

static bool is_capitals(const uint8_t *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] < 'A' || s[i] > 'Z') return false;
    }
    return n > 1;
}

/* US, IT, WHO, UN: in small letters they are, or may be, other words. */
static bool is_acronym(const lsi_parser *p, const lsi_qword *w)
{
    return is_capitals(w->form, w->form_len) &&
           (w->form_len <= ACRONYM_MAX || lsi_lang_is_function_word(p->q->default_lang, w->folded, w->folded_len));
}

static bool read_other(lsi_parser *p, lsi_words *w, piece t, key *k)
{
    k->len = 0;
    if (!lsi_words_read(p, w, t.s, t.len, 0) || !w->count) return false;
    if (w->count > LSI_SYNONYM_WORDS_MAX) {
        warn_words(p, t);
        return false;
    }
    return lsi_synonym_key(k->at, &k->len, w->list, w->count);
}

static lsi_node *make_other(lsi_parser *p, int field, lsi_words *words, piece t)
{
    lsi_words w = *words;
    for (uint32_t i = 0; i < w.count; i++) forget_places(&w.list[i]);
    forget_places(&w.joined);
    lsi_node *n = lsi_leaf_words(p, field, &w, t.s, t.len, 0);
    if (!n || n->type != LSI_Q_WORD || !is_acronym(p, &w.list[0])) return n;
    n->type = LSI_Q_CAPS;
    n->spelling = lsi_parse_string(p, "caps(", (const char *)w.list[0].form, w.list[0].form_len, ")");
    return n;
}

/* ---- groups ------------------------------------------------------------------------------------------------------- */

typedef struct syn_group {
    lsi_parser *p;
    lsi_node *node;
    lsi_buf text;
    lsi_qterm keys[LSI_SYNONYM_ADDED_MAX + 1]; /* of the kids */
    bool full;
} syn_group;

static bool keep_key(syn_group *g, const key *k)
{
    const char *copy = lsi_parse_string(g->p, "", (const char *)k->at, k->len, "");
    g->keys[g->node->kid_count] = (lsi_qterm){(const uint8_t *)copy, (uint32_t)k->len};
    return copy != NULL;
}

static bool group_begin(syn_group *g, lsi_parser *p, lsi_node *typed, int field, piece text, const key *k)
{
    memset(g, 0, sizeof *g);
    lsi_node *n = g->node = lsi_node_new(p, LSI_Q_OR);
    g->p = p;
    if (!n || !keep_key(g, k)) return false;
    n->kids = lsi_parse_alloc(p, (LSI_SYNONYM_ADDED_MAX + 1) * sizeof(lsi_node *));
    if (!n->kids) return false;
    n->kids[n->kid_count++] = typed;
    n->style = LSI_STYLE_SYN;
    n->field = field;
    n->no_score = typed->no_score;
    lsi_buf_init(&g->text, 0);
    lsi_buf_put(&g->text, text.s, text.len);
    return true;
}

/* true where the group grew. */
static bool group_add(syn_group *g, piece t)
{
    lsi_parser *p = g->p;
    key k;
    if (g->node->kid_count > LSI_SYNONYM_ADDED_MAX) {
        g->full = true;
        return false;
    }
    lsi_words w;
    if (!read_other(p, &w, t, &k)) return false;
    for (uint32_t i = 0; i < g->node->kid_count; i++) {
        if (!lsi_bytes_cmp(g->keys[i].term, g->keys[i].len, k.at, k.len)) return false;
    }
    lsi_node *n = make_other(p, g->node->field, &w, t);
    if (!n || !keep_key(g, &k)) return false;
    if (g->node->no_score) silence(n);
    g->node->kids[g->node->kid_count++] = n;
    lsi_buf_puts(&g->text, ", ");
    lsi_buf_put(&g->text, t.s, t.len);
    return true;
}

/* The group, or what was typed where nothing was added. */
static lsi_node *group_end(syn_group *g)
{
    lsi_parser *p = g->p;
    lsi_node *n = g->node;
    if (g->text.rc) p->rc = LS_NOMEM;
    else if (n->kid_count > 1) n->spelling = lsi_parse_string(p, "", (const char *)g->text.data, g->text.len, "");
    lsi_buf_clear(&g->text);
    if (p->rc) return NULL;
    if (g->full) {
        const lsi_node *typed = n->kids[0];
        while (typed->kid_count) typed = typed->kids[0];
        lsi_parse_warn(p, "limit_synonyms", typed->words[0].start, typed->words[0].end,
                       "%.60s has more than %u synonyms; the others are left out", (const char *)typed->words[0].form,
                       LSI_SYNONYM_ADDED_MAX);
    }
    if (n->kid_count == 1) return n->kids[0];
    lsi_syn_level(n);
    return n;
}

/* ---- syn(a, b c) -------------------------------------------------------------------------------------------------- */

static piece trim(const char *s, const char *end)
{
    while (s < end && lsi_lex_space(s, end)) s += lsi_lex_space(s, end);
    while (end > s) {
        size_t n = 1;
        while (n <= 3 && n <= (size_t)(end - s) && lsi_lex_space(end - n, end) != n) n++;
        if (n > 3 || n > (size_t)(end - s)) break;
        end -= n;
    }
    return (piece){s, (size_t)(end - s)};
}

/* The first of a group is read as it would be without the group: chunk by chunk. */
static lsi_node *read_typed(lsi_parser *p, int field, piece t, key *k)
{
    lsi_node *list[LSI_SYNONYM_WORDS_MAX];
    size_t count = 0, words = 0;
    const char *at = t.s, *end = t.s + t.len;
    k->len = 0;
    while (at < end && !p->rc) {
        size_t space = lsi_lex_space(at, end);
        const char *from = at;
        if (space) {
            at += space;
            continue;
        }
        while (at < end && !lsi_lex_space(at, end)) at++;
        lsi_words w;
        uint32_t base = (uint32_t)(from - p->q->text);
        if (!lsi_words_read(p, &w, from, (size_t)(at - from), base) || !w.count) continue;
        if (count == LSI_SYNONYM_WORDS_MAX || words + w.count > LSI_SYNONYM_WORDS_MAX) {
            warn_words(p, t);
            break;
        }
        words += w.count;
        lsi_synonym_key(k->at, &k->len, w.list, w.count);
        lsi_node *n = lsi_leaf_words(p, field, &w, from, (size_t)(at - from), base);
        if (n) list[count++] = n;
    }
    if (p->rc || !count) return NULL;
    return lsi_node_group(p, p->q->flags & LS_MATCH_ANY ? LSI_Q_OR : LSI_Q_AND, list, count);
}

lsi_node *lsi_leaf_syn(lsi_parser *p, const lsi_lexeme *x)
{
    const char *at = p->q->text + x->start, *end = p->q->text + x->end;
    int field = x->kind == LSI_KIND_TEXT ? x->field : LSI_FIELD_NONE;
    syn_group g;
    key k;
    bool begun = false;
    while (at < end && !p->rc) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        piece t = trim(at, comma ? comma : end);
        at = comma ? comma + 1 : end;
        if (!t.len) continue;
        if (begun) {
            group_add(&g, t);
            continue;
        }
        lsi_node *typed = read_typed(p, field, t, &k);
        begun = typed && group_begin(&g, p, typed, field, t, &k);
    }
    return begun ? group_end(&g) : NULL;
}

/* ---- synonyms in the place of words ------------------------------------------------------------------------------- */

/* The words that a node without operators stands for; NULL where it is something else. */
static const lsi_qword *words_of(const lsi_node *n, uint32_t *count)
{
    if (n->style == LSI_STYLE_HYPHEN) n = n->kids[0];
    bool words = n->type == LSI_Q_WORD || (n->type == LSI_Q_PHRASE && !n->exact);
    *count = n->word_count;
    return words && !n->quoted ? n->words : NULL;
}

static float boost_of(const lsi_node *n)
{
    return n->style == LSI_STYLE_HYPHEN ? n->kids[0]->boost : n->boost;
}

/* Whether b may go on where a ends: arms AND deal is read as arms deal, and printed so. */
static bool goes_on(const lsi_node *a, const lsi_node *b)
{
    float d = boost_of(a) - boost_of(b);
    return a->field == b->field && a->no_score == b->no_score && !(d < 0) && !(d > 0);
}

/* The text of nodes that stand side by side, which must be read again within syn(…). */
static bool text_of(lsi_parser *p, lsi_node *const *kids, uint32_t count, piece *out)
{
    lsi_buf b;
    lsi_buf_init(&b, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (i) lsi_buf_puts(&b, " ");
        lsi_buf_puts(&b, kids[i]->spelling);
    }
    bool ok =
        !b.rc && b.len && !memchr(b.data, ',', b.len) && !memchr(b.data, ')', b.len) && !memchr(b.data, '"', b.len);
    if (b.rc) p->rc = LS_NOMEM;
    if (ok) *out = (piece){lsi_parse_string(p, "", (const char *)b.data, b.len, ""), b.len};
    lsi_buf_clear(&b);
    return ok && out->s;
}

static void remember(lsi_parser *p, piece typed, const piece *added, uint32_t count)
{
    ls_query *q = p->q;
    for (size_t i = 0; i < q->synonym_count; i++) {
        if (!strcmp(q->synonyms[i].word, typed.s)) return;
    }
    const char **list = lsi_parse_alloc(p, (count + (size_t)1) * sizeof *list);
    ls_synonym *grown = lsi_parse_grow(p, q->synonyms, &q->synonym_cap, q->synonym_count, sizeof *grown);
    if (!list || !grown) return;
    for (uint32_t i = 0; i < count; i++) list[i] = lsi_parse_string(p, "", added[i].s, added[i].len, "");
    q->synonyms = grown;
    q->synonyms[q->synonym_count++] = (ls_synonym){typed.s, list, count};
}

/* What was typed (kids[0..count), known by the key) with what the lines of entry `at` add. */
static lsi_node *widen(lsi_parser *p, lsi_node **kids, uint32_t count, const key *k, uint32_t at)
{
    const ls_synonyms *set = p->synonyms;
    piece text, added[LSI_SYNONYM_ADDED_MAX];
    if (!text_of(p, kids, count, &text)) return NULL;
    lsi_node *typed = kids[0];
    if (count > 1) typed = lsi_node_group(p, p->q->flags & LS_MATCH_ANY ? LSI_Q_OR : LSI_Q_AND, kids, count);
    syn_group g;
    if (!typed || !group_begin(&g, p, typed, kids[0]->field, text, k)) return NULL;
    g.node->no_score = kids[0]->no_score;
    for (; at != LSI_MAP_NONE && !g.full; at = set->entries[at].next) {
        const lsi_synonym_line *line = &set->lines[set->entries[at].line];
        for (uint32_t i = 0; i < line->count && !g.full; i++) {
            const lsi_synonym_entry *e = &set->entries[line->first + i];
            piece t = {e->text, strlen(e->text)};
            if (group_add(&g, t)) added[g.node->kid_count - 2] = t;
        }
    }
    lsi_node *n = group_end(&g);
    if (!n || n->style != LSI_STYLE_SYN) return NULL; /* nothing that fits */
    remember(p, text, added, n->kid_count - 1);
    return n;
}

/* An acronym stands for a word in capitals only: us is not the US. */
static bool fits_capitals(const lsi_synonym_entry *e, const lsi_qword *w)
{
    size_t n = strlen(e->text);
    return n > ACRONYM_MAX || !is_capitals((const uint8_t *)e->text, n) || is_capitals(w->form, w->form_len);
}

/* The longest run from kids[0] on that the set knows, as a group; *used: how many kids it takes. NULL: none. */
static lsi_node *match_run(lsi_parser *p, lsi_node **kids, uint32_t count, uint32_t *used)
{
    key k = {.len = 0};
    size_t ends[LSI_SYNONYM_WORDS_MAX];
    uint32_t runs = 0, words = 0, n;
    for (uint32_t i = 0; i < count && runs < LSI_SYNONYM_WORDS_MAX; i++) {
        const lsi_qword *w = words_of(kids[i], &n);
        if (!w || (i && !goes_on(kids[i - 1], kids[i]))) break;
        words += n;
        if (words > LSI_SYNONYM_WORDS_MAX || !lsi_synonym_key(k.at, &k.len, w, n)) break;
        ends[runs++] = k.len;
    }
    for (uint32_t r = runs; r-- > 0;) {
        k.len = ends[r];
        if (!r && words_of(kids[0], &n)->function_word && n == 1) continue;
        uint32_t at = lsi_map_get(&p->synonyms->keys, k.at, k.len);
        if (at == LSI_MAP_NONE || (!r && !fits_capitals(&p->synonyms->entries[at], words_of(kids[0], &n)))) continue;
        *used = r + 1;
        return widen(p, kids, r + 1, &k, at);
    }
    return NULL;
}

static lsi_node *apply(lsi_parser *p, lsi_node *n);

/* Kids of an AND, or of an OR: runs are looked for where words that stand side by side are joined so. */
static lsi_node *apply_kids(lsi_parser *p, lsi_node *n)
{
    bool joins = n->type == (p->q->flags & LS_MATCH_ANY ? LSI_Q_OR : LSI_Q_AND);
    uint32_t kept = 0, used;
    for (uint32_t i = 0; i < n->kid_count && !p->rc; i += used) {
        lsi_node *run = match_run(p, n->kids + i, joins ? n->kid_count - i : 1, &used);
        if (!run) {
            used = 1;
            run = apply(p, n->kids[i]);
        }
        n->kids[kept++] = run;
    }
    if (p->rc) return NULL;
    n->kid_count = kept;
    return kept == 1 && n->style == LSI_STYLE_PLAIN ? n->kids[0] : n;
}

static lsi_node *apply(lsi_parser *p, lsi_node *n)
{
    uint32_t used, ignored;
    if (p->rc || n->style == LSI_STYLE_SYN || n->type == LSI_Q_ATLEAST) return n;
    if (n->quoted && n->type == LSI_Q_WORD) { /* printed so that it is quoted again */
        if (n->spelling[0] != '"') n->spelling = lsi_parse_string(p, "\"", n->spelling, strlen(n->spelling), "\"~");
        return n;
    }
    if (words_of(n, &ignored)) {
        lsi_node *run = match_run(p, &n, 1, &used);
        return run ? run : n;
    }
    if (n->style == LSI_STYLE_HYPHEN) return n;
    if (n->type == LSI_Q_AND || n->type == LSI_Q_OR) return apply_kids(p, n);
    for (uint32_t i = 0; i < n->kid_count && !p->rc; i++) n->kids[i] = apply(p, n->kids[i]);
    for (uint32_t i = 0; n->type == LSI_Q_NEAR && i < n->kid_count && !p->rc; i++) lsi_node_clear_boosts(n->kids[i]);
    return n;
}

lsi_node *lsi_syn_apply(lsi_parser *p, lsi_node *root)
{
    if (!p->synonyms || !p->synonyms->entry_count || !root) return root;
    p->clauses = lsi_node_clauses(root);
    root = apply(p, root);
    return p->rc ? NULL : root;
}
