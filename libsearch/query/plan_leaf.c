/* plan_leaf.c — owns the making of leaf operators: which lists a word is looked up in, what it weighs, and whether
 * whole lists will do or positions and forms must be read.
 *
 * A field's words: all fields are list 0; a weighted field has documents and counts of its own and its positions in a
 * region of list 0; the main field is list 0 without the others; a field of weight 0 has everything of its own.
 * Expansions (prefix, wildcard, fuzzy) weigh a constant 1 × boost, everything else boost × idf. */
#include "libsearch/query/spans.h"

lsi_plan_field lsi_plan_find_field(const lsi_plan *p, int field)
{
    const ls_schema *s = p->snap->schema;
    lsi_plan_field f = {.region = -1};
    if (field == LSI_FIELD_NONE) return f;
    if (field < 0 || (size_t)field >= s->count || s->fields[field].text_no < 0) {
        f.none = true;
        return f;
    }
    const lsi_schema_field *sf = &s->fields[field];
    uint32_t own = 1 + (uint32_t)sf->text_no;
    f.norm_list = own;
    if (sf->pub.weight > 0) {
        f.region = sf->region;
        f.main = field == s->main;
        f.list = f.main ? LSI_LIST_COMBINED : own;
    } else {
        f.list = f.span_list = own;
    }
    return f;
}

int lsi_plan_unmatched(lsi_plan *p, const lsi_qword *w, const lsi_plan_ctx *c, ls_error *err)
{
    if (c->excluded || w->alternative) return LS_OK; /* a joined spelling that only might have been meant */
    lsi_arena *a = &p->scratch->arena;
    for (size_t i = 0; i < p->unmatched_count; i++) {
        if (!strcmp(p->unmatched[i], (const char *)w->form)) return LS_OK;
    }
    if (p->unmatched_count == p->unmatched_cap) {
        size_t cap = p->unmatched_cap ? p->unmatched_cap * 2 : 8;
        const char **at = lsi_arena_alloc(a, cap * sizeof *at);
        if (!at) return lsi_fail_nomem(err);
        if (p->unmatched_count) memcpy(at, p->unmatched, p->unmatched_count * sizeof *at);
        p->unmatched = at;
        p->unmatched_cap = cap;
    }
    const char *copy = lsi_arena_dup(a, w->form, w->form_len);
    if (!copy) return lsi_fail_nomem(err);
    p->unmatched[p->unmatched_count++] = copy;
    return LS_OK;
}

int lsi_plan_word(lsi_plan *p, lsi_word *out, const lsi_qword *q, uint32_t list, ls_error *err)
{
    uint32_t had = p->resolver.budget;
    int rc = lsi_resolve_terms(&p->resolver, out, q, list, err);
    if (rc || !p->resolver.wanted) return rc;
    return lsi_plan_warn(p, "limit_expansion", q->start, q->end, err,
                         "%.60s begins more than %u words: only so many were searched", (const char *)q->form, had);
}

int lsi_plan_expand(lsi_plan *p, lsi_word *out, const lsi_node *n, uint32_t list, ls_error *err)
{
    lsi_form_match how = n->type == LSI_Q_PREFIX     ? LSI_MATCH_PREFIX
                         : n->type == LSI_Q_WILDCARD ? LSI_MATCH_WILDCARD
                                                     : LSI_MATCH_FUZZY;
    uint32_t had = LSI_MAX(p->resolver.budget, 1u);
    int rc = lsi_resolve_forms(&p->resolver, out, &n->words[0], how, n->distance, list, err);
    if (rc || !p->resolver.wanted) return rc;
    return lsi_plan_warn(p, "limit_expansion", n->words[0].start, n->words[0].end, err,
                         "%.60s stands for %u words: the %u most frequent were searched",
                         (const char *)n->words[0].form, p->resolver.wanted, had);
}

static int weigh(lsi_plan *p, lsi_op *op, const lsi_node *n, const lsi_plan_ctx *c, bool constant, double idf,
                 ls_error *err)
{
    op->boost = (double)n->boost;
    op->constant = constant;
    op->idf = constant ? 1 : idf;
    op->scores = c->scores && !n->no_score;
    op->w = (float)(op->boost * op->idf);
    if (!op->scores) return LS_OK;
    p->maxima += (double)op->w;
    return constant ? LS_OK : lsi_plan_k(p, op->list, &op->k, err);
}

/* Room for the cursors of the segment that needs most. */
static int term_room(lsi_plan *p, lsi_op *op, ls_error *err)
{
    uint32_t most = 0, lists = 1;
    for (size_t s = 0; s < p->snap->count; s++) most = LSI_MAX(most, op->word.segs[s].count);
    for (size_t t = 0; op->main && t < p->snap->schema->text_count; t++) {
        if (lsi_schema_text(p->snap->schema, (int)t)->pub.weight > 0) lists++;
    }
    if (op->main) lists--; /* the main field itself has no list */
    op->cursor_cap = most * lists;
    op->cursors = lsi_arena_alloc(&p->scratch->arena, (size_t)op->cursor_cap * sizeof *op->cursors);
    if (!op->cursors) return lsi_fail_nomem(err);
    if (op->cursor_cap < 2) return LS_OK;
    if (!p->tf_tmp) {
        p->tf_tmp = lsi_arena_zalloc(&p->scratch->arena, 3 * LSI_WINDOW_DOCS * sizeof *p->tf_tmp);
        if (!p->tf_tmp) return lsi_fail_nomem(err);
        p->raw_tmp = p->tf_tmp + LSI_WINDOW_DOCS;
    }
    op->tf_tmp = p->tf_tmp;
    op->raw_tmp = p->raw_tmp;
    return LS_OK;
}

static int make_term(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, const lsi_plan_field *f,
                     const lsi_word *w, uint64_t df, ls_error *err)
{
    lsi_op *op = lsi_plan_op(p, LSI_OP_TERM, n, err);
    if (!op) return LS_NOMEM;
    op->word = *w;
    op->list = f->norm_list;
    op->main = f->main;
    op->df = df;
    *out = op;
    int rc = weigh(p, op, n, c, false, lsi_bm25_idf(p->snap->documents, df), err);
    return rc ? rc : term_room(p, op, err);
}

static int make_span(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, const lsi_plan_field *f,
                     lsi_span *s, bool constant, double idf, ls_error *err)
{
    lsi_op *op = lsi_plan_op(p, LSI_OP_SPAN, n, err);
    if (!op) return LS_NOMEM;
    op->span = s;
    op->list = f->norm_list;
    op->df = s->df;
    op->hlead = c->hlead;
    op->at_least = c->at_least;
    *out = op;
    return weigh(p, op, n, c, constant, idf, err);
}

/* A word by its terms. */
static int leaf_word(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, ls_error *err)
{
    lsi_plan_field f = lsi_plan_find_field(p, n->field);
    lsi_word w;
    int rc = lsi_plan_word(p, &w, &n->words[0], f.list, err);
    if (rc) return rc;
    if (!w.df) return lsi_plan_unmatched(p, &n->words[0], c, err);
    if (!c->hlead && c->at_least < 2) return make_term(p, out, n, c, &f, &w, w.df, err);
    lsi_span *s = NULL;
    double idf = 0;
    rc = lsi_plan_span(p, &s, n, c, &idf, err);
    return rc || !s ? rc : make_span(p, out, n, c, &f, s, false, idf, err);
}

/* A word by some of its forms: by folded spelling, or as written. */
static int leaf_forms(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, ls_error *err)
{
    lsi_plan_field f = lsi_plan_find_field(p, n->field);
    bool caps = n->type == LSI_Q_CAPS;
    lsi_form_match how = caps ? LSI_MATCH_FORM : LSI_MATCH_FOLDED;
    lsi_word w, terms;
    int rc = lsi_resolve_forms(&p->resolver, &w, &n->words[0], how, 0, f.span_list, err);
    if (rc) return rc;
    if (!w.df) return lsi_plan_unmatched(p, &n->words[0], c, err);
    uint64_t df = w.df;
    if (!caps) {
        rc = lsi_resolve_terms(&p->resolver, &terms, &n->words[0], f.list, err);
        if (rc) return rc;
        df = terms.df;
    }
    if (!df) return lsi_plan_unmatched(p, &n->words[0], c, err);
    if (!w.filtered && !c->hlead && c->at_least < 2) { /* every form counts: whole lists will do */
        if (f.list != f.span_list) rc = lsi_resolve_forms(&p->resolver, &w, &n->words[0], how, 0, f.list, err);
        return rc ? rc : make_term(p, out, n, c, &f, &w, df, err);
    }
    lsi_span *s = NULL;
    rc = lsi_plan_word_span(p, &s, &w, &f, true, err);
    return rc ? rc : make_span(p, out, n, c, &f, s, false, lsi_bm25_idf(p->snap->documents, df), err);
}

static int set_room(lsi_plan *p, lsi_op *op, ls_error *err)
{
    uint32_t most = 0;
    for (size_t s = 0; s < p->snap->count; s++) most = LSI_MAX(most, p->snap->segments[s].seg->doc_count);
    op->set = lsi_arena_alloc(&p->scratch->arena, ((size_t)most / 64 + 1) * sizeof *op->set);
    op->cursors = lsi_arena_alloc(&p->scratch->arena, sizeof *op->cursors);
    return op->set && op->cursors ? LS_OK : lsi_fail_nomem(err);
}

static int leaf_expansion(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, ls_error *err)
{
    lsi_plan_field f = lsi_plan_find_field(p, n->field);
    lsi_word w;
    int rc = lsi_plan_expand(p, &w, n, f.span_list, err);
    if (rc) return rc;
    if (!w.df) return lsi_plan_unmatched(p, &n->words[0], c, err);
    lsi_span *s = NULL;
    bool positions = c->hlead || c->at_least > 1;
    rc = lsi_plan_word_span(p, &s, &w, &f, positions, err);
    if (rc) return rc;
    if (positions) return make_span(p, out, n, c, &f, s, true, 1, err);
    lsi_op *op = lsi_plan_op(p, LSI_OP_SET, n, err);
    if (!op) return LS_NOMEM;
    op->word = w;
    op->span = s;
    op->set_kind = LSI_SET_FORMS;
    op->list = f.list;
    op->main = f.main;
    op->df = s->df;
    *out = op;
    rc = weigh(p, op, n, c, true, 1, err);
    return rc ? rc : set_room(p, op, err);
}

static int leaf_span(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, ls_error *err)
{
    const lsi_node *leaf = n;
    while (leaf->kid_count) leaf = leaf->kids[0]; /* the field stands at the leaves */
    lsi_plan_field f = lsi_plan_find_field(p, leaf->field);
    lsi_span *s = NULL;
    double idf = 0;
    if (f.none) return LS_OK;
    int rc = lsi_plan_span(p, &s, n, c, &idf, err);
    return rc || !s ? rc : make_span(p, out, n, c, &f, s, false, idf, err);
}

/* Whether any segment has a field's value. */
static int value_is_known(const lsi_plan *p, int field, const lsi_qterm *v, bool *known, ls_error *err)
{
    int rc = LS_OK;
    *known = false;
    for (size_t i = 0; !rc && !*known && i < p->snap->count; i++) {
        const lsi_segment *seg = p->snap->segments[i].seg;
        uint32_t ord = LSI_ORD_NONE;
        if ((uint32_t)field >= seg->field_count || !seg->keywords[field].section) continue;
        rc = lsi_keywords_find(&seg->keywords[field], v->term, v->len, &ord, err);
        *known = ord != LSI_ORD_NONE;
    }
    return rc;
}

/* A keyword's value or an id, which score nothing. */
static int leaf_value(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, ls_error *err)
{
    bool id = n->type == LSI_Q_ID;
    if (!id && (n->field < 0 || (size_t)n->field >= p->snap->schema->count)) return LS_OK;
    lsi_op *op = lsi_plan_op(p, LSI_OP_SET, n, err);
    lsi_qterm *v = lsi_arena_alloc(&p->scratch->arena, sizeof *v);
    if (!op || !v) return lsi_fail_nomem(err);
    *v = (lsi_qterm){n->words[0].form, n->words[0].form_len};
    if (!id) {
        lsi_analyzer *an;
        size_t len;
        int rc = lsi_scratch_analyzer(p->scratch, &an, err);
        if (rc) return rc;
        const uint8_t *folded = lsi_analyzer_keyword(an, v->term, v->len, &len);
        if (folded) folded = lsi_arena_dup(&p->scratch->arena, folded, len);
        if (!folded) return lsi_fail_nomem(err);
        *v = (lsi_qterm){folded, (uint32_t)len};
        bool known;
        rc = value_is_known(p, n->field, v, &known, err);
        if (!rc && !known) rc = lsi_plan_unmatched(p, &n->words[0], c, err);
        if (rc) return rc;
    }
    op->set_kind = id ? LSI_SET_ID : LSI_SET_KEYWORDS;
    op->field = n->field;
    op->values = v;
    op->value_count = 1;
    *out = op;
    return set_room(p, op, err);
}

int lsi_plan_leaf(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, ls_error *err)
{
    *out = NULL;
    switch (n->type) {
    case LSI_Q_WORD:
        return lsi_plan_find_field(p, n->field).none ? LS_OK : leaf_word(p, out, n, c, err);
    case LSI_Q_CAPS:
        return lsi_plan_find_field(p, n->field).none ? LS_OK : leaf_forms(p, out, n, c, err);
    case LSI_Q_PREFIX:
    case LSI_Q_WILDCARD:
    case LSI_Q_FUZZY:
        return lsi_plan_find_field(p, n->field).none ? LS_OK : leaf_expansion(p, out, n, c, err);
    case LSI_Q_PHRASE:
        if (n->word_count == 1 && n->exact && !lsi_plan_find_field(p, n->field).none)
            return leaf_forms(p, out, n, c, err);
        return leaf_span(p, out, n, c, err);
    case LSI_Q_SLOP:
    case LSI_Q_NEAR:
        return leaf_span(p, out, n, c, err);
    case LSI_Q_KEYWORD:
    case LSI_Q_ID:
        return leaf_value(p, out, n, c, err);
    default:
        return LS_OK;
    }
}
