/* feedback.c — owns the place of added words in a query's tree.
 *
 * They never find what was not asked for, and never lose what was: where every word must be there, they only rank:
 *
 *   a b             →  a b (*^0 OR x^0.4 OR y^0.3)     everything is in the brackets' OR, so it takes nothing away
 *   +a b -c   (any) →  +a b x^0.4 y^0.3 -c             they are optional beside what is
 *   a b       (any) →  a b x^0.4 y^0.3                 any of the words is asked for, and of these too
 *   a AND b   (any) →  +(a AND b) x^0.4 y^0.3          what must be there stays so
 *
 * Both ways give the same tree: it is printed in these forms, which are read as the same tree again. Under MODE_SIMPLE no
 * operator can be written, and only what was typed is printed.
 * Ignorant of: where the words come from (result/feedback.c), what they weigh.
 */
#include "libsearch/query/feedback.h"
#include <assert.h>

/* What was added as one leaf; NULL where it is no single word here. */
static lsi_node *leaf(lsi_parser *p, const ls_feedback_word *f)
{
    lsi_words w;
    uint32_t boost = (uint32_t)(f->boost * LSI_BOOST_ONE + 0.5);
    size_t len = strlen(f->word);
    assert(boost <= LSI_BOOST_MAX); /* by result/feedback.c */
    if (!boost || !lsi_words_read(p, &w, f->word, len, 0) || w.count != 1 || w.has_joined) return NULL;
    w.list[0].start = w.list[0].end = 0; /* it need not stand in the query's text */
    w.list[0].alternative = true;
    lsi_node *n = lsi_leaf_words(p, LSI_FIELD_NONE, &w, f->word, len, 0);
    if (n) lsi_node_boost(n, boost);
    return n && n->type == LSI_Q_WORD ? n : NULL;
}

static lsi_node *everything(lsi_parser *p)
{
    lsi_node *n = lsi_node_new(p, LSI_Q_ALL);
    if (!n) return NULL;
    n->spelling = "*";
    lsi_node_boost(n, 0);
    return n;
}

static bool is_open(const lsi_node *n, lsi_node_type type)
{
    return n->type == type && (n->style == LSI_STYLE_PLAIN || n->style == LSI_STYLE_ANY);
}

/* What only filters: found by itself it is no answer, so with other words beside it it stays required. */
static bool must_stay(const lsi_node *n)
{
    return n->type == LSI_Q_ALL || n->type == LSI_Q_KEYWORD || n->type == LSI_Q_RANGE || n->type == LSI_Q_ID ||
           is_open(n, LSI_Q_AND);
}

/* Under MATCH_ANY: the parts of the root by their signs (lsi_node_any), the added words among the optional ones. */
static lsi_node *beside_any(lsi_parser *p, lsi_node *root, lsi_node **added, size_t count)
{
    size_t required = 0, optional = 0, excluded = 0, most = root->kid_count + (size_t)1;
    lsi_node **lists = lsi_parse_alloc(p, (3 * most + count) * sizeof *lists);
    if (!lists) return NULL;
    lsi_node **may = lists + most, **not = may + most + count;
    if (root->style == LSI_STYLE_ANY) {
        for (uint32_t i = 0; i < root->kid_count; i++) {
            lsi_node *kid = root->kids[i];
            if (i < root->plus) lists[required++] = kid;
            else if (kid->type == LSI_Q_NOT) not [excluded++] = kid;
            else if (!root->plus) may[optional++] = kid;
            else may[optional++] = lsi_node_group(p, LSI_Q_OR, kid->kids + 1, kid->kid_count - (size_t)1);
        }
    } else if (must_stay(root)) {
        lists[required++] = root;
    } else {
        may[optional++] = root;
    }
    for (size_t i = 0; i < count; i++) may[optional++] = added[i];
    return lsi_node_any(p, lists, required, may, optional, not, excluded);
}

static lsi_node *beside_all(lsi_parser *p, lsi_node *root, lsi_node **added, size_t count)
{
    added[0] = everything(p);
    if (!added[0]) return NULL;
    lsi_node *kids[2] = {root, lsi_node_group(p, LSI_Q_OR, added, count + 1)};
    return kids[1] ? lsi_node_group(p, LSI_Q_AND, kids, 2) : NULL;
}

/* A tree as deep as brackets may nest has no room for those that a group in it would need. */
static bool is_deep(const lsi_node *n, uint32_t left)
{
    bool deep = !left;
    for (uint32_t i = 0; i < n->kid_count && !deep; i++) deep = is_deep(n->kids[i], left - 1);
    return deep;
}

lsi_node *lsi_feedback_apply(lsi_parser *p, lsi_node *root)
{
    bool any = p->q->flags & LS_MATCH_ANY;
    if (!p->feedback || !root || p->rc || root->type == LSI_Q_NOTHING) return root;
    p->q->fed = true;
    p->q->typed = root; /* also where nothing is added: whether something is hangs on the index (lsi_query_hash) */
    p->clauses = lsi_node_clauses(root) + 1;
    if (p->clauses >= LSI_QUERY_CLAUSES_MAX || is_deep(root, LSI_QUERY_DEPTH_MAX)) {
        lsi_parse_warn(p, "limit_feedback", 0, 0, "the query is as large as a query may be: no words are added to it");
        return root;
    }
    if (any && root->type == LSI_Q_NOT) return root; /* nothing is asked for that they could stand beside */
    lsi_node *added[LSI_FEEDBACK_WORDS_MAX + 1];
    size_t count = 1; /* the first place is for everything */
    for (size_t i = 0; i < p->feedback->count && count <= LSI_FEEDBACK_WORDS_MAX && !p->rc; i++) {
        added[count] = leaf(p, &p->feedback->words[i]);
        if (added[count]) count++;
    }
    if (count == 1 || p->rc) return p->rc ? NULL : root;
    root = any ? beside_any(p, root, added + 1, count - 1) : beside_all(p, root, added, count - 1);
    return p->rc ? NULL : root;
}

void lsi_feedback_free(ls_feedback *f)
{
    if (!f) return;
    lsi_arena arena = f->arena;
    lsi_arena_clear(&arena);
}
