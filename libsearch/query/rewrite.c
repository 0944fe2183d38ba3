/* rewrite.c — owns the joining of nodes: what ast.h promises of every tree is made true here, while it is built.
 *
 * Flattening: an AND in an AND, an OR in an OR dissolve (hyphenated words, synonyms and STYLE_ANY do not). A double NOT
 * is none. Boosts go down to leaves and NEAR; hlead: and atleast: go down to what has positions. Every rule gives the same again
 * when its own print is parsed. Ignorant of: text, words, the index.
 */
#include "libsearch/query/parse.h"
#include "libsearch/util/map.h"

lsi_node *lsi_node_new(lsi_parser *p, lsi_node_type type)
{
    lsi_node *n = lsi_parse_alloc(p, sizeof *n);
    if (!n) return NULL;
    n->type = type;
    n->boost = 1;
    n->field = LSI_FIELD_NONE;
    n->spelling = "";
    return n;
}

static lsi_node *with_kids(lsi_parser *p, lsi_node_type type, lsi_node *a, lsi_node *b)
{
    lsi_node *n = lsi_node_new(p, type);
    lsi_node **kids = lsi_parse_alloc(p, 2 * sizeof(lsi_node *));
    if (!n || !kids) return NULL;
    kids[0] = a;
    kids[1] = b;
    n->kids = kids;
    n->kid_count = b ? 2 : 1;
    return n;
}

/* ---- AND, OR, NOT -------------------------------------------------------------------------------------------------
 */

static bool dissolves(const lsi_node *kid, lsi_node_type type)
{
    return kid->type == type && kid->style == LSI_STYLE_PLAIN;
}

/* ALL in an AND says nothing where something else is asked for. */
static void drop_all(lsi_node *n)
{
    uint32_t asked = 0, kept = 0, alls = 0;
    for (uint32_t i = 0; i < n->kid_count; i++) {
        asked += n->kids[i]->type != LSI_Q_NOT && n->kids[i]->type != LSI_Q_ALL;
    }
    for (uint32_t i = 0; i < n->kid_count; i++) {
        bool all = n->kids[i]->type == LSI_Q_ALL;
        if (all && (asked || alls++)) continue;
        n->kids[kept++] = n->kids[i];
    }
    n->kid_count = kept;
}

lsi_node *lsi_node_group(lsi_parser *p, lsi_node_type type, lsi_node **kids, size_t count)
{
    size_t total = 1, nots = 0;
    if (count == 1) return kids[0];
    for (size_t i = 0; i < count; i++) {
        if (kids[i]) total += dissolves(kids[i], type) ? kids[i]->kid_count : 1;
    }
    lsi_node *n = lsi_node_new(p, type);
    lsi_node **all = lsi_parse_alloc(p, total * sizeof(lsi_node *));
    if (!n || !all) return NULL;
    n->kids = all;
    for (size_t i = 0; i < count; i++) {
        if (!kids[i]) continue;
        bool flat = dissolves(kids[i], type);
        lsi_node **from = flat ? kids[i]->kids : &kids[i];
        uint32_t m = flat ? kids[i]->kid_count : 1;
        for (uint32_t k = 0; k < m; k++) {
            n->kids[n->kid_count++] = from[k];
            nots += from[k]->type == LSI_Q_NOT;
        }
    }
    if (n->kid_count < 2) return n->kid_count ? n->kids[0] : NULL;
    if (type != LSI_Q_AND) return n;
    if (nots == n->kid_count) {
        lsi_node *everything = lsi_node_new(p, LSI_Q_ALL);
        if (!everything || !lsi_parse_take(p, 1, (uint32_t)p->q->text_len)) return NULL;
        everything->spelling = "*";
        memmove(n->kids + 1, n->kids, n->kid_count * sizeof(lsi_node *));
        n->kids[0] = everything;
        n->kid_count++;
    }
    drop_all(n);
    return n->kid_count == 1 ? n->kids[0] : n;
}

lsi_node *lsi_node_not(lsi_parser *p, lsi_node *kid)
{
    if (!kid) return NULL;
    if (kid->type == LSI_Q_NOT) return kid->kids[0];
    return with_kids(p, LSI_Q_NOT, kid, NULL);
}

/* +a b c: a must match, b and c add to the score: AND(a, OR(everything, which adds nothing, b, c)). */
lsi_node *lsi_node_any(lsi_parser *p, lsi_node **required, size_t required_count, lsi_node **optional,
                       size_t optional_count, lsi_node **excluded, size_t excluded_count)
{
    if (!excluded_count && !required_count) return lsi_node_group(p, LSI_Q_OR, optional, optional_count);
    if (!excluded_count && !optional_count) return lsi_node_group(p, LSI_Q_AND, required, required_count);
    size_t n = 0, total = required_count + excluded_count + 2;
    lsi_node **kids = lsi_parse_alloc(p, (total + optional_count) * sizeof(lsi_node *));
    lsi_node *node = lsi_node_new(p, LSI_Q_AND);
    if (!kids || !node) return NULL;
    for (size_t i = 0; i < required_count; i++) kids[n++] = required[i];
    if (required_count && optional_count) {
        lsi_node **either = kids + total;
        lsi_node *everything = lsi_node_new(p, LSI_Q_ALL), *rest = with_kids(p, LSI_Q_OR, everything, NULL);
        if (!everything || !rest) return NULL;
        everything->no_score = everything->implied = true;
        lsi_node *more = lsi_node_group(p, LSI_Q_OR, optional, optional_count);
        if (!more) return NULL;
        bool flat = dissolves(more, LSI_Q_OR);
        uint32_t m = flat ? more->kid_count : 1;
        lsi_node **list = lsi_parse_alloc(p, (m + (size_t)1) * sizeof(lsi_node *));
        if (!list) return NULL;
        list[0] = everything;
        *either = more;
        memcpy(list + 1, flat ? more->kids : either, m * sizeof(lsi_node *));
        rest->kids = list;
        rest->kid_count = m + 1;
        kids[n++] = rest;
    } else if (optional_count) {
        kids[n] = lsi_node_group(p, LSI_Q_OR, optional, optional_count);
        if (!kids[n++]) return NULL;
    } else if (!required_count) {
        if (excluded_count == 1) return excluded[0];
        return lsi_node_group(p, LSI_Q_AND, excluded, excluded_count);
    }
    for (size_t i = 0; i < excluded_count; i++) kids[n++] = excluded[i];
    node->kids = kids;
    node->kid_count = (uint32_t)n;
    node->style = LSI_STYLE_ANY;
    node->plus = (uint32_t)required_count;
    return node;
}

/* ---- what needs positions -----------------------------------------------------------------------------------------
 */

static bool is_positional_leaf(const lsi_node *n)
{
    return n->type == LSI_Q_WORD || n->type == LSI_Q_PHRASE || n->type == LSI_Q_SLOP || n->type == LSI_Q_PREFIX ||
           n->type == LSI_Q_WILDCARD || n->type == LSI_Q_FUZZY || n->type == LSI_Q_CAPS;
}

/* Also the depth of a chain of NEAR, which nests to the left. */
static bool fits_near(const lsi_node *n, uint32_t *chain)
{
    if (n->type == LSI_Q_NEAR) {
        for (; n->type == LSI_Q_NEAR; n = n->kids[0]) ++*chain;
        return *chain < LSI_QUERY_DEPTH_MAX;
    }
    if (n->type != LSI_Q_OR) return is_positional_leaf(n);
    for (uint32_t i = 0; i < n->kid_count; i++) {
        if (!fits_near(n->kids[i], chain)) return false;
    }
    return true;
}

static bool has_boost(const lsi_node *n)
{
    bool found = n->boost < 1 || n->boost > 1;
    uint32_t kids = n->style == LSI_STYLE_SYN ? 1 : n->kid_count; /* the others' boosts are its own affair */
    for (uint32_t i = 0; i < kids && !found; i++) found = has_boost(n->kids[i]);
    return found;
}

void lsi_node_clear_boosts(lsi_node *n)
{
    n->boost = 1;
    n->no_score = false;
    for (uint32_t i = 0; i < n->kid_count; i++) lsi_node_clear_boosts(n->kids[i]);
}

lsi_node *lsi_node_near(lsi_parser *p, const lsi_lexeme *x, lsi_node *a, lsi_node *b)
{
    uint32_t left = 0, right = 0;
    if (!fits_near(a, &left) || !fits_near(b, &right)) {
        lsi_node *both[2] = {a, b};
        if (left + right >= LSI_QUERY_DEPTH_MAX) {
            lsi_parse_warn(p, "limit_depth", x->start, x->end,
                           "at most %u w/n and pre/n stand in a row; this one is taken as AND", LSI_QUERY_DEPTH_MAX);
        } else {
            lsi_parse_warn(p, "near_operand", x->start, x->end,
                           "w/n and pre/n stand between words, phrases and groups of them by OR; taken as AND");
        }
        return lsi_node_group(p, LSI_Q_AND, both, 2);
    }
    if (has_boost(a) || has_boost(b)) {
        lsi_parse_warn(p, "boost_in_near", x->start, x->end, "the words of w/n have no boosts of their own");
    }
    lsi_node_clear_boosts(a);
    lsi_node_clear_boosts(b);
    lsi_node *n = with_kids(p, LSI_Q_NEAR, a, b);
    if (!n) return NULL;
    n->distance = x->number;
    n->ordered = x->ordered;
    n->scope = x->scope;
    return n;
}

typedef lsi_node *give_fn(lsi_parser *p, uint32_t times, lsi_node *kid);
/* Gives each part of a group to `give`, which may take it apart. Synonyms whose parts go on by themselves are an OR like
 * any other and dissolve in one. */
static lsi_node *give_parts(lsi_parser *p, lsi_node *n, uint32_t times, give_fn *give)
{
    lsi_node **kids = n->kids;
    uint32_t count = n->kid_count;
    bool syn = n->style == LSI_STYLE_SYN;
    for (uint32_t i = 0; i < count; i++) {
        bool was_syn = kids[i]->style == LSI_STYLE_SYN;
        kids[i] = give(p, times, kids[i]);
        if (!kids[i]) return NULL;
        if (!was_syn || n->type != LSI_Q_OR || !dissolves(kids[i], LSI_Q_OR)) continue;
        uint32_t more = kids[i]->kid_count;
        lsi_node **all = lsi_parse_alloc(p, ((size_t)count + more) * sizeof(lsi_node *));
        if (!all) return NULL;
        memcpy(all, kids, i * sizeof(lsi_node *));
        memcpy(all + i, kids[i]->kids, more * sizeof(lsi_node *));
        memcpy(all + i + more, kids + i + 1, (count - i - 1) * sizeof(lsi_node *));
        kids = all;
        count += more - 1;
        i += more - 1;
    }
    n->kids = kids;
    n->kid_count = count;
    return syn ? lsi_node_group(p, LSI_Q_OR, kids, count) : n; /* what ^0 muted is muted part by part */
}

lsi_node *lsi_node_atleast(lsi_parser *p, uint32_t times, lsi_node *kid)
{
    if (!kid) return NULL;
    if (kid->style == LSI_STYLE_HYPHEN) kid = kid->kids[0]; /* its parts are there wherever it is hyphenated */
    if (is_positional_leaf(kid)) {
        lsi_node *n = with_kids(p, LSI_Q_ATLEAST, kid, NULL);
        if (!n) return NULL;
        n->distance = times;
        n->no_score = kid->no_score;
        return n;
    }
    if (kid->type == LSI_Q_AND || kid->type == LSI_Q_OR || kid->type == LSI_Q_NOT) {
        return give_parts(p, kid, times, lsi_node_atleast);
    } else if (kid->type != LSI_Q_ALL) {
        lsi_parse_warn(p, "atleast_operand", 0, 0, "atleast counts words and phrases; it is left out elsewhere");
    }
    return kid;
}

static lsi_node *give_hlead(lsi_parser *p, uint32_t ignored, lsi_node *kid)
{
    (void)ignored;
    return lsi_node_hlead(p, kid);
}

lsi_node *lsi_node_hlead(lsi_parser *p, lsi_node *kid)
{
    if (!kid) return NULL;
    uint32_t chain = 0;
    bool unit = kid->type == LSI_Q_NEAR || kid->style == LSI_STYLE_HYPHEN || kid->style == LSI_STYLE_SYN;
    if (is_positional_leaf(kid) || (unit && fits_near(kid, &chain))) {
        lsi_node *n = with_kids(p, LSI_Q_HLEAD, kid, NULL);
        if (n) n->no_score = kid->no_score;
        return n;
    }
    if (kid->type == LSI_Q_AND || kid->type == LSI_Q_OR || kid->type == LSI_Q_NOT) {
        return give_parts(p, kid, 0, give_hlead);
    } else if (kid->type != LSI_Q_ALL && kid->type != LSI_Q_HLEAD) {
        lsi_parse_warn(p, "hlead_operand", 0, 0, "hlead: is about words and phrases; it is left out elsewhere");
    }
    return kid;
}

uint32_t lsi_node_clauses(const lsi_node *n)
{
    uint32_t count = n->kid_count ? 0 : LSI_MAX(n->word_count, 1u);
    if (n->implied) return 0;
    for (uint32_t i = 0; i < n->kid_count; i++) count += lsi_node_clauses(n->kids[i]);
    return count;
}

/* ---- scores -------------------------------------------------------------------------------------------------------
 */

static bool only_filters(const lsi_node *n)
{
    return n->type == LSI_Q_KEYWORD || n->type == LSI_Q_RANGE || n->type == LSI_Q_ID;
}

/* ^0: matches, and adds nothing. Groups that are written without a boost of their own are not told: their leaves are. */
static void mute(lsi_node *n)
{
    bool group = n->type == LSI_Q_AND || n->type == LSI_Q_OR;
    bool open = n->type == LSI_Q_NOT || (group && (n->style == LSI_STYLE_PLAIN || n->style == LSI_STYLE_ANY));
    if (!open && !only_filters(n)) n->no_score = true;
}

void lsi_node_boost(lsi_node *n, uint32_t boost)
{
    if (!n || n->implied || boost == LSI_BOOST_ONE) return;
    if (!boost) mute(n);
    if (n->kid_count && n->type != LSI_Q_NEAR) {
        for (uint32_t i = 0; i < n->kid_count; i++) lsi_node_boost(n->kids[i], boost);
        if (n->style == LSI_STYLE_SYN) lsi_syn_level(n);
        return;
    }
    if (only_filters(n)) return;
    uint64_t now = (uint64_t)(n->boost * 1000 + 0.5F) * boost / 1000;
    uint64_t least = n->boost > 0 && boost ? 1 : 0;
    n->boost = (float)LSI_MAX(least, LSI_MIN(now, LSI_BOOST_MAX)) / 1000;
}

/* Scoring leaves that are not function words, outside of NOT. */
static bool has_content_word(const lsi_node *n)
{
    if (n->type == LSI_Q_NOT || n->no_score) return false;
    if (!n->kid_count) {
        bool filter = n->type == LSI_Q_ALL || n->type == LSI_Q_KEYWORD || n->type == LSI_Q_RANGE ||
                      n->type == LSI_Q_ID || n->type == LSI_Q_NOTHING;
        return !filter && !(n->type == LSI_Q_WORD && n->words[0].function_word);
    }
    for (uint32_t i = 0; i < n->kid_count; i++) {
        if (has_content_word(n->kids[i])) return true;
    }
    return false;
}

static void silence(lsi_node *n)
{
    if (n->type == LSI_Q_NOT || n->type == LSI_Q_NEAR) return;
    if (n->type == LSI_Q_WORD && n->words[0].function_word) n->no_score = true;
    for (uint32_t i = 0; i < n->kid_count; i++) silence(n->kids[i]);
}

void lsi_node_silence(lsi_node *root)
{
    if (has_content_word(root)) silence(root);
}

/* ---- hash ---------------------------------------------------------------------------------------------------------
 */

static uint64_t hash_node(uint64_t h, const lsi_node *n)
{
    uint32_t how =
        (uint32_t)(n->scope | n->ordered << 2 | n->exact << 3 | n->no_score << 4 | (n->style == LSI_STYLE_SYN) << 5);
    h = lsi_hash_mix(h, (uint64_t)n->type << 32 | (n->kid_count ? 0 : (uint32_t)n->field));
    h = lsi_hash_mix(h, (uint64_t)(n->boost * 1000 + 0.5F) << 32 | n->distance);
    h = lsi_hash_mix(h, (uint64_t)n->word_count << 32 | how);
    h = lsi_hash_mix(h, (uint64_t)n->from);
    h = lsi_hash_mix(h, (uint64_t)n->to);
    for (uint32_t i = 0; i < n->word_count; i++) {
        const lsi_qword *w = &n->words[i];
        bool by_form = n->type == LSI_Q_CAPS || n->type == LSI_Q_ID;
        h = lsi_hash_mix(h, (uint64_t)w->offset << 32 | w->term_count);
        h = lsi_hash_bytes(h, by_form ? w->form : w->folded, by_form ? w->form_len : w->folded_len);
        for (uint32_t t = 0; t < w->term_count; t++) h = lsi_hash_bytes(h, w->terms[t].term, w->terms[t].len);
    }
    h = lsi_hash_mix(h, n->kid_count);
    for (uint32_t i = 0; i < n->kid_count; i++) h = hash_node(h, n->kids[i]);
    return h;
}

uint64_t lsi_query_hash(const ls_query *q)
{
    /* The words of feedback come and go with the index: a cursor goes on where they have changed since its page. */
    return hash_node(lsi_hash_mix(q->typed && q->fed, q->exclude_doc), q->typed ? q->typed : q->root);
}
