/* plan.c — owns the way from a query's tree to operators for one snapshot: groups, filters, the sum of the clauses'
 * maxima and with it the quantum of scores.
 *
 * Every number that enters a score is one of the snapshot (live documents, live frequencies, average length), never
 * of a segment, so that every segmentation gives the same bits. A clause's maximum is its weight: tf / (tf + K) < 1.
 * A NOT alone, or in an OR, is everything without what it excludes. Ranges on dates that must hold for the whole
 * query are kept beside the root, where what only a missing date leaves out can be counted. It does not know how
 * operators work. */
#include "libsearch/codec/norms.h"
#include "libsearch/query/ops.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

lsi_op *lsi_plan_op(lsi_plan *p, lsi_op_type type, const lsi_node *n, ls_error *err)
{
    lsi_op *op = lsi_arena_zalloc(&p->scratch->arena, sizeof *op);
    if (!op) {
        lsi_fail_nomem(err);
        return NULL;
    }
    op->type = type;
    op->node = n;
    op->field = n ? n->field : LSI_FIELD_NONE;
    return op;
}

int lsi_plan_warn(lsi_plan *p, const char *code, size_t start, size_t end, ls_error *err, const char *fmt, ...)
{
    lsi_arena *a = &p->scratch->arena;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (p->warning_count == p->warning_cap) {
        size_t cap = p->warning_cap ? p->warning_cap * 2 : 4;
        ls_warning *w = lsi_arena_alloc(a, cap * sizeof *w);
        if (!w) return lsi_fail_nomem(err);
        if (p->warning_count) memcpy(w, p->warnings, p->warning_count * sizeof *w);
        p->warnings = w;
        p->warning_cap = cap;
    }
    const char *copy = lsi_arena_dup(a, text, strlen(text));
    if (!copy) return lsi_fail_nomem(err);
    p->warnings[p->warning_count++] = (ls_warning){code, copy, start, end};
    return LS_OK;
}

double lsi_plan_average(const lsi_plan *p, uint32_t list)
{
    if (!p->snap->documents || !p->snap->length_sum[list]) return 1.0;
    double average = (double)p->snap->length_sum[list] / (double)p->snap->documents;
    return average > 1.0 ? average : 1.0;
}

int lsi_plan_k(lsi_plan *p, uint32_t list, const float **k, ls_error *err)
{
    double average = lsi_plan_average(p, list);
    if (!p->k[list]) {
        lsi_scratch *s = p->scratch;
        if (list == LSI_LIST_COMBINED) { /* kept from query to query */
            if (!(s->k1 == p->k1 && s->b == p->b && s->average == average)) {
                lsi_norm_table(s->k, p->k1, p->b, average);
                s->k1 = p->k1;
                s->b = p->b;
                s->average = average;
            }
            p->k[list] = s->k;
        } else {
            float *table = lsi_arena_alloc(&s->arena, 256 * sizeof *table);
            if (!table) return lsi_fail_nomem(err);
            lsi_norm_table(table, p->k1, p->b, average);
            p->k[list] = table;
        }
    }
    *k = p->k[list];
    return LS_OK;
}

static lsi_op *group(lsi_plan *p, lsi_op_type type, const lsi_node *n, uint32_t kids, uint32_t depth, ls_error *err)
{
    lsi_op *op = lsi_plan_op(p, type, n, err);
    if (!op) return NULL;
    op->kids = lsi_arena_zalloc(&p->scratch->arena, (kids + 1) * sizeof *op->kids);
    struct lsi_plan_level *l = &p->levels[LSI_MIN(depth, p->level_count - 1)];
    if (!l->bits) {
        l->bits = lsi_arena_alloc(&p->scratch->arena, LSI_WINDOW_WORDS * sizeof *l->bits);
        l->scores = lsi_arena_alloc(&p->scratch->arena, LSI_WINDOW_DOCS * sizeof *l->scores);
    }
    op->bits = l->bits;
    op->scores_tmp = l->scores;
    if (op->kids && l->bits && l->scores) return op;
    lsi_fail_nomem(err);
    return NULL;
}

static int everything(lsi_plan *p, lsi_op **out, const lsi_node *n, bool scores, ls_error *err)
{
    lsi_op *op = lsi_plan_op(p, LSI_OP_ALL, n, err);
    if (!op) return LS_NOMEM;
    op->constant = true;
    op->scores = scores;
    op->boost = n ? (double)n->boost : 1;
    op->idf = 1;
    op->w = (float)op->boost;
    op->df = p->snap->documents;
    if (scores) p->maxima += (double)op->w;
    *out = op;
    return LS_OK;
}

static int build(lsi_plan *p, lsi_op **out, const lsi_node *n, lsi_plan_ctx c, ls_error *err);

/* Everything without `n`: of a NOT that takes nothing away from anything. */
static int build_without(lsi_plan *p, lsi_op **out, const lsi_node *n, lsi_plan_ctx c, ls_error *err)
{
    lsi_op *op = group(p, LSI_OP_AND, n, 2, c.depth, err);
    if (!op) return LS_NOMEM;
    int rc = everything(p, &op->kids[0], NULL, false, err);
    op->kid_count = op->not_count = 1;
    c.excluded = true;
    c.scores = false;
    c.depth++;
    if (!rc) rc = build(p, &op->kids[1], n->kids[0], c, err);
    op->df = p->snap->documents;
    *out = op;
    return rc;
}

/* What is quick to ask comes first: sets, rare words, then common ones, then what reads positions. */
static uint64_t cost(const lsi_op *op)
{
    if (op->type == LSI_OP_SET) return 0; /* made when the segment is opened: 64 words a window */
    if (op->optional) return UINT64_MAX;
    uint64_t slow = op->type == LSI_OP_SPAN ? 1ull << 40 : op->type == LSI_OP_ALL ? 1ull << 41 : 0;
    return slow + op->df;
}

static void sort_kids(lsi_op **kids, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        lsi_op *x = kids[i];
        uint32_t j = i;
        for (; j && cost(kids[j - 1]) > cost(x); j--) kids[j] = kids[j - 1];
        kids[j] = x;
    }
}

/* An OR that everything is in, and that scores nothing for it: a (*^0 OR b); or what is optional beside +a. */
static bool holds_everything(const lsi_node *n)
{
    bool all = false;
    for (uint32_t i = 0; n->type == LSI_Q_OR && i < n->kid_count && !all; i++)
        all = n->kids[i]->type == LSI_Q_ALL && n->kids[i]->no_score;
    return all;
}

/* Which kid of an AND only adds to the score; one at least does not. */
static bool is_optional(const lsi_node *and, uint32_t i)
{
    bool others = false;
    if (!holds_everything(and->kids[i])) return false;
    for (uint32_t k = 0; k < and->kid_count && !others; k++)
        others = and->kids[k]->type != LSI_Q_NOT && !holds_everything(and->kids[k]);
    return others;
}

static int build_and(lsi_plan *p, lsi_op **out, const lsi_node *n, lsi_plan_ctx c, ls_error *err)
{
    lsi_op *op = group(p, LSI_OP_AND, n, n->kid_count + 1, c.depth, err);
    if (!op) return LS_NOMEM;
    lsi_plan_ctx not_c = c;
    not_c.excluded = true;
    not_c.scores = false;
    c.depth++;
    not_c.depth = c.depth;
    for (uint32_t i = 0; i < n->kid_count; i++) {
        if (n->kids[i]->type == LSI_Q_NOT) continue;
        lsi_op **kid = &op->kids[op->kid_count++];
        int rc = build(p, kid, n->kids[i], c, err);
        if (rc) return rc;
        (*kid)->optional = is_optional(n, i);
        op->scores |= (*kid)->scores;
    }
    if (!op->kid_count) {
        int rc = everything(p, &op->kids[op->kid_count++], NULL, false, err);
        if (rc) return rc;
    }
    sort_kids(op->kids, op->kid_count);
    op->df = op->kids[0]->df;
    for (uint32_t i = 0; i < n->kid_count; i++) {
        if (n->kids[i]->type != LSI_Q_NOT) continue;
        int rc = build(p, &op->kids[op->kid_count + op->not_count], n->kids[i]->kids[0], not_c, err);
        if (rc) return rc;
        op->not_count++;
    }
    *out = op;
    return LS_OK;
}

/* How rare what was typed is: of words that must all be there, the sum; else of the rarest. */
static double rarity(const lsi_op *op)
{
    double sum = 0, most = 0;
    if (op->type != LSI_OP_AND && op->type != LSI_OP_OR) return op->constant ? 0 : op->idf;
    for (uint32_t i = 0; i < op->kid_count; i++) {
        double x = rarity(op->kids[i]);
        sum += x;
        most = LSI_MAX(most, x);
    }
    return op->type == LSI_OP_AND ? sum : most;
}

static void cap_rarity(lsi_plan *p, lsi_op *op, double most)
{
    for (uint32_t i = 0; i < op->kid_count; i++) cap_rarity(p, op->kids[i], most);
    if (op->kid_count || op->constant || !op->scores || !(op->idf > most)) return;
    p->maxima -= (double)op->w;
    op->idf = most;
    op->w = (float)(op->boost * op->idf);
    p->maxima += (double)op->w;
}

static int build_or(lsi_plan *p, lsi_op **out, const lsi_node *n, lsi_plan_ctx c, ls_error *err)
{
    lsi_op *op = group(p, LSI_OP_OR, n, n->kid_count, c.depth, err);
    if (!op) return LS_NOMEM;
    size_t unmatched = p->unmatched_count;
    double typed = 0;
    c.depth++;
    for (uint32_t i = 0; i < n->kid_count; i++) {
        lsi_op *kid = NULL;
        int rc = build(p, &kid, n->kids[i], c, err);
        if (rc) return rc;
        if (kid->type == LSI_OP_NONE) continue;
        if (n->style == LSI_STYLE_SYN && !i) typed = rarity(kid);
        else if (typed > 0) cap_rarity(p, kid, typed);
        op->kids[op->kid_count++] = kid;
        op->scores |= kid->scores;
        op->df += kid->df;
    }
    if (!op->kid_count) op->type = LSI_OP_NONE;
    else if (n->style == LSI_STYLE_SYN) p->unmatched_count = unmatched; /* another of them is there */
    *out = op->kid_count == 1 ? op->kids[0] : op;
    return LS_OK;
}

static int build_range(lsi_plan *p, lsi_op **out, const lsi_node *n, ls_error *err)
{
    lsi_op *op = lsi_plan_op(p, LSI_OP_RANGE, n, err);
    if (!op) return LS_NOMEM;
    op->from = n->from;
    op->to = n->to;
    op->df = p->snap->documents;
    const ls_schema *s = p->snap->schema;
    bool number = n->field >= 0 && (size_t)n->field < s->count &&
                  (s->fields[n->field].pub.type == LS_INTEGER || s->fields[n->field].pub.type == LS_DATE);
    if (!number && n->field != LSI_FIELD_WORDS) op->type = LSI_OP_NONE;
    *out = op;
    return LS_OK;
}

static int build(lsi_plan *p, lsi_op **out, const lsi_node *n, lsi_plan_ctx c, ls_error *err)
{
    int rc = LS_OK;
    *out = NULL;
    switch (n->type) {
    case LSI_Q_NOTHING:
        break;
    case LSI_Q_ALL:
        return everything(p, out, n, c.scores && !n->no_score, err);
    case LSI_Q_AND:
        return build_and(p, out, n, c, err);
    case LSI_Q_OR:
        return build_or(p, out, n, c, err);
    case LSI_Q_NOT:
        return build_without(p, out, n, c, err);
    case LSI_Q_RANGE:
        return build_range(p, out, n, err);
    case LSI_Q_ATLEAST:
        c.at_least = LSI_MAX(n->distance, 1u);
        return build(p, out, n->kids[0], c, err);
    case LSI_Q_HLEAD:
        c.hlead = true;
        return build(p, out, n->kids[0], c, err);
    default:
        rc = lsi_plan_leaf(p, out, n, &c, err);
    }
    if (!rc && !*out) *out = lsi_plan_op(p, LSI_OP_NONE, n, err);
    return rc ? rc : *out ? LS_OK : LS_NOMEM;
}

/* ---- filters ---- */

static int filter_values(lsi_plan *p, lsi_op *op, const ls_filter *f, ls_error *err)
{
    lsi_arena *a = &p->scratch->arena;
    lsi_analyzer *an;
    int rc = lsi_scratch_analyzer(p->scratch, &an, err);
    if (rc) return rc;
    lsi_qterm *v = lsi_arena_alloc(a, (f->value_count + 1) * sizeof *v);
    uint32_t most = 0;
    for (size_t s = 0; s < p->snap->count; s++) most = LSI_MAX(most, p->snap->segments[s].seg->doc_count);
    op->set = lsi_arena_alloc(a, ((size_t)most / 64 + 1) * sizeof *op->set);
    if (!v || !op->set) return lsi_fail_nomem(err);
    for (size_t i = 0; i < f->value_count; i++) {
        size_t len;
        if (!f->values[i]) return lsi_fail(err, LS_INVALID, "filter on \"%.63s\": value %zu is NULL", f->field, i);
        const uint8_t *folded = lsi_analyzer_keyword(an, (const uint8_t *)f->values[i], strlen(f->values[i]), &len);
        if (folded) folded = lsi_arena_dup(a, folded, len);
        if (!folded) return lsi_fail_nomem(err);
        v[i] = (lsi_qterm){folded, (uint32_t)len};
    }
    op->set_kind = LSI_SET_KEYWORDS;
    op->values = v;
    op->value_count = (uint32_t)f->value_count;
    return LS_OK;
}

static int build_filter(lsi_plan *p, lsi_op **out, const ls_filter *f, ls_error *err)
{
    const ls_schema *s = p->snap->schema;
    if (!f->field) return lsi_fail(err, LS_INVALID, "a filter without a field");
    int no = lsi_schema_find(s, f->field, strlen(f->field));
    if (no == LSI_FIELD_NONE) return lsi_fail(err, LS_SCHEMA, "filter: there is no field \"%.63s\"", f->field);
    ls_type type = s->fields[no].pub.type;
    bool keyword = type == LS_KEYWORD, number = type == LS_INTEGER || type == LS_DATE;
    if (!(f->values ? keyword : number))
        return lsi_fail(err, LS_SCHEMA, "filter on \"%.63s\": %s are expected of its type", f->field,
                        keyword  ? "values"
                        : number ? "from and to"
                                 : "keyword, integer or date fields");
    lsi_op *op = lsi_plan_op(p, f->values ? LSI_OP_SET : LSI_OP_RANGE, NULL, err);
    if (!op) return LS_NOMEM;
    op->field = no;
    op->exclude = f->exclude != 0;
    op->from = f->from;
    op->to = f->to;
    op->df = p->snap->documents / 2;
    *out = op;
    return f->values ? filter_values(p, op, f, err) : LS_OK;
}

/* ---- the root ---- */

static bool is_date_range(const lsi_plan *p, const lsi_op *op)
{
    return op->type == LSI_OP_RANGE && op->field >= 0 && p->snap->schema->fields[op->field].pub.type == LS_DATE &&
           !op->exclude;
}

/* Joins the query and the filters into one AND; date ranges go beside it where they are to be told apart. */
static int join(lsi_plan *p, lsi_op *query, const lsi_plan_options *o, ls_error *err)
{
    bool flat = query->type == LSI_OP_AND;
    uint32_t count = (uint32_t)o->filter_count + (flat ? query->kid_count + query->not_count : 1);
    lsi_op **must = lsi_arena_alloc(&p->scratch->arena, (2 * (size_t)count + 2) * sizeof *must);
    if (!must) return lsi_fail_nomem(err);
    lsi_op **nots = must + count + 1;
    uint32_t must_n = 0, not_n = 0;
    p->ranges = lsi_arena_alloc(&p->scratch->arena, (count + 1) * sizeof *p->ranges);
    if (!p->ranges) return lsi_fail_nomem(err);
    for (uint32_t i = 0; i < (flat ? query->kid_count : 1); i++) {
        lsi_op *kid = flat ? query->kids[i] : query;
        if (o->want_undated && is_date_range(p, kid)) p->ranges[p->range_count++] = kid;
        else must[must_n++] = kid;
    }
    for (uint32_t i = 0; flat && i < query->not_count; i++) nots[not_n++] = query->kids[query->kid_count + i];
    for (size_t i = 0; i < o->filter_count; i++) {
        lsi_op *op = NULL;
        int rc = build_filter(p, &op, &o->filters[i], err);
        if (rc) return rc;
        if (op->exclude) nots[not_n++] = op;
        else if (o->want_undated && is_date_range(p, op)) p->ranges[p->range_count++] = op;
        else must[must_n++] = op;
    }
    if (!must_n) {
        int rc = everything(p, &must[must_n++], NULL, false, err);
        if (rc) return rc;
    }
    p->root = must[0];
    if (must_n == 1 && !not_n) return LS_OK;
    lsi_op *root = group(p, LSI_OP_AND, NULL, must_n + not_n, 0, err);
    if (!root) return LS_NOMEM;
    sort_kids(must, must_n);
    for (uint32_t i = 0; i < must_n; i++) {
        root->kids[root->kid_count++] = must[i];
        root->scores |= must[i]->scores;
    }
    for (uint32_t i = 0; i < not_n; i++) root->kids[root->kid_count + root->not_count++] = nots[i];
    root->df = must[0]->df;
    p->root = root;
    return LS_OK;
}

static uint32_t depth_of(const lsi_node *n)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < n->kid_count; i++) {
        uint32_t depth = depth_of(n->kids[i]); /* by itself: LSI_MAX would ask twice, and each level twice again */
        most = LSI_MAX(most, depth);
    }
    return most + 1;
}

int lsi_plan_make(lsi_plan *p, const ls_query *q, const lsi_snapshot *snap, lsi_scratch *s, const lsi_plan_options *o,
                  ls_error *err)
{
    memset(p, 0, sizeof *p);
    p->query = q;
    p->snap = snap;
    p->scratch = s;
    p->k1 = o->k1;
    p->b = o->b;
    p->resolver = (lsi_resolver){.snap = snap,
                                 .scratch = s,
                                 .budget = LSI_QUERY_CLAUSES_MAX,
                                 .deadline_us = o->deadline_us,
                                 .cancel = o->cancel,
                                 .cancel_ctx = o->cancel_ctx};
    p->level_count = 2 * depth_of(q->root) + 4; /* a NOT may become an AND of its own: two levels a node */
    p->levels = lsi_arena_zalloc(&s->arena, p->level_count * sizeof *p->levels);
    p->column_values = lsi_arena_alloc(&s->arena, LSI_WINDOW_DOCS * sizeof *p->column_values);
    if (!p->levels || !p->column_values) return lsi_fail_nomem(err);
    lsi_plan_ctx c = {.scores = true, .depth = 1};
    lsi_op *query;
    int rc = build(p, &query, q->root, c, err);
    if (!rc) rc = join(p, query, o, err);
    p->magic = lsi_bm25_magic(p->maxima);
    return rc;
}
