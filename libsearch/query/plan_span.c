/* plan_span.c — owns the making of span trees: words with their picks, phrases, slops and nears, and the order in
 * which their lists are asked (the rarest first). The idf of a span is the sum of its words'; of alternatives, the
 * largest. It does not know operators. */
#include "libsearch/query/spans.h"

static lsi_span *new_span(lsi_plan *p, lsi_span_type type, uint32_t kids)
{
    lsi_arena *a = &p->scratch->arena;
    lsi_span *s = lsi_arena_zalloc(a, sizeof *s);
    if (!s) return NULL;
    s->type = type;
    s->region = -1;
    s->kids = lsi_arena_zalloc(a, (kids + 1) * sizeof *s->kids);
    s->order = lsi_arena_zalloc(a, (kids + 1) * sizeof *s->order);
    return s->kids && s->order ? s : NULL;
}

int lsi_plan_word_span(lsi_plan *p, lsi_span **out, const lsi_word *w, const lsi_plan_field *f, bool all_sources,
                       ls_error *err)
{
    lsi_span *s = new_span(p, LSI_SPAN_WORD, 0);
    if (!s) return lsi_fail_nomem(err);
    s->word = *w;
    s->list = f->span_list;
    s->region = f->region;
    for (size_t i = 0; i < p->snap->count; i++) {
        const lsi_picks *picks = &w->segs[i];
        s->source_cap = LSI_MAX(s->source_cap, picks->count);
        for (uint32_t j = 0; j < picks->count; j++) s->df += picks->at[j].list.df;
    }
    if (!all_sources) s->source_cap = 1; /* ops_set.c takes one at a time */
    s->sources = lsi_arena_alloc(&p->scratch->arena, (size_t)s->source_cap * sizeof *s->sources);
    if (!s->sources) return lsi_fail_nomem(err);
    *out = s;
    return LS_OK;
}

/* Sorts order[] by rising frequency, and sets df: the least of all, or for alternatives the sum. */
static void order_kids(lsi_span *s)
{
    s->df = s->type == LSI_SPAN_OR ? 0 : UINT64_MAX;
    for (uint32_t i = 0; i < s->kid_count; i++) {
        uint32_t j = i;
        for (; j && s->kids[s->order[j - 1]]->df > s->kids[i]->df; j--) s->order[j] = s->order[j - 1];
        s->order[j] = i;
        s->df = s->type == LSI_SPAN_OR ? s->df + s->kids[i]->df : LSI_MIN(s->df, s->kids[i]->df);
    }
}

/* One word of a span: by terms, or exact. *out NULL where it matches nothing. */
static int span_word(lsi_plan *p, lsi_span **out, const lsi_qword *q, const lsi_plan_field *f, bool exact,
                     const lsi_plan_ctx *c, double *idf, ls_error *err)
{
    lsi_word terms, w;
    int rc = lsi_plan_word(p, &terms, q, f->list, err);
    if (rc) return rc;
    w = terms;
    if (exact) rc = lsi_resolve_forms(&p->resolver, &w, q, LSI_MATCH_FOLDED, 0, f->span_list, err);
    else if (f->list != f->span_list) rc = lsi_resolve_terms(&p->resolver, &w, q, f->span_list, err);
    if (rc) return rc;
    if (!w.df || !terms.df) return lsi_plan_unmatched(p, q, c, err);
    *idf += lsi_bm25_idf(p->snap->documents, terms.df);
    return lsi_plan_word_span(p, out, &w, f, true, err);
}

static int span_words(lsi_plan *p, lsi_span **out, const lsi_node *n, const lsi_plan_field *f, const lsi_plan_ctx *c,
                      double *idf, ls_error *err)
{
    lsi_span *s = new_span(p, n->type == LSI_Q_SLOP ? LSI_SPAN_SLOP : LSI_SPAN_PHRASE, n->word_count);
    bool whole = true;
    if (!s) return lsi_fail_nomem(err);
    s->list = f->span_list;
    s->distance = n->distance;
    for (uint32_t i = 0; i < n->word_count; i++) {
        const lsi_qword *q = &n->words[i];
        lsi_span *kid = NULL;
        int rc = span_word(p, &kid, q, f, n->exact, c, idf, err);
        if (rc) return rc;
        if (!kid) {
            whole = false; /* go on, so that every word that matches nothing is told */
            continue;
        }
        kid->offset = q->offset;
        kid->group = i;
        for (uint32_t j = 0; j < i; j++) {
            const lsi_qword *o = &n->words[j];
            if (o->folded_len == q->folded_len && !memcmp(o->folded, q->folded, q->folded_len)) {
                kid->group = j;
                break;
            }
        }
        s->kids[s->kid_count++] = kid;
    }
    if (!whole || !s->kid_count) return LS_OK;
    order_kids(s);
    *out = s;
    return LS_OK;
}

static int span_edges(lsi_plan *p, lsi_span **out, uint8_t scope, ls_error *err)
{
    const char *term = scope == LSI_SCOPE_SENTENCE ? LSI_TERM_SENTENCE : LSI_TERM_PARAGRAPH;
    const lsi_plan_field f = {.region = -1};
    lsi_qword *q = lsi_arena_zalloc(&p->scratch->arena, sizeof *q);
    lsi_word w;
    if (!q) return lsi_fail_nomem(err);
    q->form = q->folded = (const uint8_t *)"";
    q->terms[0] = (lsi_qterm){(const uint8_t *)term, (uint32_t)strlen(term)};
    q->term_count = 1;
    int rc = lsi_resolve_terms(&p->resolver, &w, q, LSI_LIST_COMBINED, err);
    return rc ? rc : lsi_plan_word_span(p, out, &w, &f, true, err);
}

static int span_group(lsi_plan *p, lsi_span **out, const lsi_node *n, const lsi_plan_ctx *c, double *idf, ls_error *err)
{
    bool near = n->type == LSI_Q_NEAR, whole = true;
    lsi_span *s = new_span(p, near ? LSI_SPAN_NEAR : LSI_SPAN_OR, n->kid_count);
    double largest = 0;
    size_t unmatched = p->unmatched_count;
    if (!s) return lsi_fail_nomem(err);
    s->distance = n->distance;
    s->ordered = n->ordered;
    s->scope = n->scope;
    for (uint32_t i = 0; i < n->kid_count; i++) {
        lsi_span *kid = NULL;
        double x = 0;
        int rc = lsi_plan_span(p, &kid, n->kids[i], c, &x, err);
        if (rc) return rc;
        if (kid && s->kid_count && kid->list != s->list) kid = NULL; /* positions of different spaces */
        if (!kid) {
            whole = false;
            continue;
        }
        if (kid->type == LSI_SPAN_NEAR) kid->hulls = true;
        s->list = kid->list;
        s->kids[s->kid_count++] = kid;
        if (n->style != LSI_STYLE_SYN || s->kid_count == 1) largest = LSI_MAX(largest, x);
        if (near) *idf += x;
    }
    if (!near) *idf += largest;
    if (n->style == LSI_STYLE_SYN && s->kid_count) p->unmatched_count = unmatched; /* another of them is there */
    if (!s->kid_count || (near && (!whole || s->kid_count != 2))) return LS_OK;
    if (near && s->scope != LSI_SCOPE_WORDS && s->list == LSI_LIST_COMBINED) {
        int rc = span_edges(p, &s->edges, s->scope, err);
        if (rc) return rc;
    }
    order_kids(s);
    *out = s;
    return LS_OK;
}

int lsi_plan_span(lsi_plan *p, lsi_span **out, const lsi_node *n, const lsi_plan_ctx *c, double *idf, ls_error *err)
{
    lsi_plan_field f = lsi_plan_find_field(p, n->field);
    lsi_word w;
    int rc;
    *out = NULL;
    if (n->type != LSI_Q_NEAR && n->type != LSI_Q_OR && f.none) return LS_OK;
    switch (n->type) {
    case LSI_Q_WORD:
        return span_word(p, out, &n->words[0], &f, false, c, idf, err);
    case LSI_Q_PHRASE:
        if (n->word_count == 1) return span_word(p, out, &n->words[0], &f, n->exact, c, idf, err);
        return span_words(p, out, n, &f, c, idf, err);
    case LSI_Q_SLOP:
        return span_words(p, out, n, &f, c, idf, err);
    case LSI_Q_CAPS:
        rc = lsi_resolve_forms(&p->resolver, &w, &n->words[0], LSI_MATCH_FORM, 0, f.span_list, err);
        break;
    case LSI_Q_PREFIX:
    case LSI_Q_WILDCARD:
    case LSI_Q_FUZZY:
        rc = lsi_plan_expand(p, &w, n, f.span_list, err);
        break;
    case LSI_Q_NEAR:
    case LSI_Q_OR:
        return span_group(p, out, n, c, idf, err);
    default:
        return LS_OK;
    }
    if (rc) return rc;
    if (!w.df) return lsi_plan_unmatched(p, &n->words[0], c, err);
    *idf += n->type == LSI_Q_CAPS ? lsi_bm25_idf(p->snap->documents, w.df) : 1.0;
    return lsi_plan_word_span(p, out, &w, &f, true, err);
}
