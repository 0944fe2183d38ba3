/* explain.c — owns the taking apart of one score. Every operator of the plan is asked again for the one document; what
 * it answers is a part, and the parts of a group sum to the group's exactly, for all are multiples of the quantum.
 * The numbers told (tf, df, N, length, K, idf, boost, quantum) are those the score was computed from. */
#include "libsearch/result/explain.h"
#include "libsearch/codec/norms.h"
#include "libsearch/model/date.h"
#include "libsearch/query/ops.h"
#include "libsearch/query/spans.h"
#include "libsearch/util/alloc.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct explaining {
    ls_explanation pub; /* first: what the caller holds */
    lsi_arena arena;
    size_t cap;
    ls_explained *nodes;
    lsi_plan *plan;
    size_t seg;
    lsi_doc doc;
    const char *engine; /* what would run the search */
    ls_error *err;
} explaining;

static int add(explaining *x, int depth, double value, const char *fmt, ...) LSI_PRINTF(4, 5);
static int add(explaining *x, int depth, double value, const char *fmt, ...)
{
    char text[640];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    ls_explained *at = lsi_array_grow(x->nodes, &x->cap, x->pub.count + 1, sizeof *at);
    const char *copy = at ? lsi_arena_dup(&x->arena, text, strlen(text)) : NULL;
    if (at) x->nodes = at;
    if (!copy) return lsi_fail_nomem(x->err);
    x->nodes[x->pub.count++] = (ls_explained){depth, value, copy};
    return LS_OK;
}

/* Asks an operator for the one document. */
static int ask(explaining *x, lsi_op *op, bool *yes, float *score)
{
    lsi_doc lo = x->doc & ~(LSI_WINDOW_DOCS - 1);
    uint32_t i = x->doc - lo;
    uint64_t within[LSI_WINDOW_WORDS] = {0}, bits[LSI_WINDOW_WORDS];
    float *scores = lsi_arena_alloc(&x->plan->scratch->arena, LSI_WINDOW_DOCS * sizeof *scores);
    if (!scores) return lsi_fail_nomem(x->err);
    within[i >> 6] = 1ull << (i & 63);
    scores[i] = 0;
    int rc = lsi_op_open(x->plan, op, x->seg, x->err);
    if (!rc) rc = lsi_op_window(x->plan, op, lo, x->doc + 1, within, bits, op->scores ? scores : NULL, x->err);
    *yes = !rc && (bits[i >> 6] >> (i & 63) & 1);
    *score = *yes && op->scores ? scores[i] : 0;
    return rc;
}

static const char *kind(const lsi_op *op)
{
    static const char *const names[] = {
        [LSI_Q_ALL] = "everything",
        [LSI_Q_WORD] = "word",
        [LSI_Q_PHRASE] = "phrase",
        [LSI_Q_SLOP] = "words close together",
        [LSI_Q_NEAR] = "words near each other",
        [LSI_Q_PREFIX] = "words beginning with",
        [LSI_Q_WILDCARD] = "words like",
        [LSI_Q_FUZZY] = "words spelled like",
        [LSI_Q_CAPS] = "word as written",
        [LSI_Q_KEYWORD] = "value",
        [LSI_Q_RANGE] = "range",
        [LSI_Q_ID] = "id",
    };
    if (!op->node) return op->type == LSI_OP_ALL ? "everything" : "filter";
    if (op->node->type == LSI_Q_PHRASE && op->node->exact) return "exact phrase";
    assert(op->node->type < LSI_COUNTOF(names) &&
           names[op->node->type]); /* an operator of a group is explained by its parts */
    return names[op->node->type];
}

static size_t put(char *out, size_t at, size_t cap, const char *fmt, ...) LSI_PRINTF(4, 5);
static size_t put(char *out, size_t at, size_t cap, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(out + at, cap - at, fmt, ap); /* not negative: these formats cannot fail */
    va_end(ap);
    return (size_t)n >= cap - at ? cap - 1 : at + (size_t)n;
}

/* The words of a leaf, for people. */
static void words_of(const lsi_node *n, char *out, size_t cap)
{
    size_t at = 0;
    out[0] = 0;
    for (uint32_t i = 0; i < n->word_count && at + 1 < cap; i++)
        at = put(out, at, cap, "%s%.80s", i ? " " : "", (const char *)n->words[i].form);
    for (uint32_t i = 0; i < n->kid_count && at + 1 < cap; i++) {
        if (i) out[at++] = ' ';
        words_of(n->kids[i], out + at, cap - at);
        at += strlen(out + at);
    }
}

/* One end of a range of numbers or dates. */
static size_t put_end(char *out, size_t at, size_t cap, const char *word, int64_t v, bool date)
{
    char text[40];
    if (v == INT64_MIN || v == INT64_MAX) return at; /* open */
    if (!date) return put(out, at, cap, "%s%s %lld", at ? " " : "", word, (long long)v);
    lsi_date_format(v, text, sizeof text);
    return put(out, at, cap, "%s%s %s", at ? " " : "", word, text);
}

/* What a filter asks for: its values, or its ends. */
static void filter_of(const lsi_plan *p, const lsi_op *op, char *out, size_t cap)
{
    size_t at = 0;
    out[0] = 0;
    for (uint32_t i = 0; op->type == LSI_OP_SET && i < op->value_count && at + 1 < cap; i++)
        at = put(out, at, cap, "%s%.*s", i ? " or " : "", (int)LSI_MIN(op->values[i].len, 60u),
                 (const char *)op->values[i].term);
    if (op->type != LSI_OP_RANGE) return;
    bool date = p->snap->schema->fields[op->field].pub.type == LS_DATE;
    at = put_end(out, at, cap, "from", op->from, date);
    put_end(out, at, cap, "to", op->to, date);
}

/* An operator of a field that this schema does not have is LSI_OP_NONE, and not asked for its words. */
static void words_and_field(const lsi_plan *p, const lsi_op *op, char *words, size_t cap, char *field, size_t field_cap)
{
    *field = 0;
    if (op->node) words_of(op->node, words, cap);
    else filter_of(p, op, words, cap);
    if (op->field >= 0) snprintf(field, field_cap, " in %s", p->snap->schema->fields[op->field].name);
}

static int explain_leaf(explaining *x, const lsi_op *op, int depth, float score)
{
    const lsi_plan *p = x->plan;
    char words[200], field[80];
    words_and_field(p, op, words, sizeof words, field, sizeof field);
    if (!op->scores) return add(x, depth, 0, "%s \"%s\"%s: matches, adds nothing", kind(op), words, field);
    if (op->constant)
        return add(x, depth, (double)score, "%s \"%s\"%s: %g = boost %g", kind(op), words, field, (double)score,
                   op->boost);
    uint8_t norm = op->norms[x->doc];
    double k = (double)op->k[norm], tf = (double)op->last_tf;
    return add(
        x, depth, (double)score,
        "%s \"%s\"%s: %.9g = boost %g · idf %.9g · tf %u / (tf + K %.9g) = %.9g · %.9g; df %llu of N %llu, length "
        "%g of average %.6g",
        kind(op), words, field, (double)score, op->boost, op->idf, op->last_tf, k, (double)op->w, tf / (tf + k),
        (unsigned long long)op->df, (unsigned long long)p->snap->documents, (double)lsi_norm_length(norm),
        lsi_plan_average(p, op->list));
}

/* What the document had to be without: named where it is one word or condition. */
static int explain_not(explaining *x, const lsi_op *op, int depth)
{
    const lsi_plan *p = x->plan;
    char words[200], field[80];
    if (op->type == LSI_OP_AND || op->type == LSI_OP_OR || op->type == LSI_OP_NONE) return LS_OK;
    words_and_field(p, op, words, sizeof words, field, sizeof field);
    return add(x, depth, 0, "without %s \"%s\"%s", kind(op), words, field);
}

static int explain_op(explaining *x, lsi_op *op, int depth)
{
    bool yes;
    float score;
    int rc = ask(x, op, &yes, &score);
    if (rc || !yes) return rc;
    if (op->type != LSI_OP_AND && op->type != LSI_OP_OR) return explain_leaf(x, op, depth, score);
    const char *what = op->type == LSI_OP_AND ? "all of" : "any of";
    rc = add(x, depth, (double)score, "%s: %.9g, the sum of its parts", what, (double)score);
    for (uint32_t i = 0; !rc && i < op->kid_count; i++) rc = explain_op(x, op->kids[i], depth + 1);
    for (uint32_t i = op->kid_count; !rc && i < op->kid_count + op->not_count; i++)
        rc = explain_not(x, op->kids[i], depth + 1);
    return rc;
}

/* How fading by age changes the sum, as a part of its own. */
static int explain_age(explaining *x, const lsi_order *o, float score, float final)
{
    const lsi_segment *seg = x->plan->snap->segments[x->seg].seg;
    int64_t value = 0;
    bool has = false;
    int rc = LS_OK;
    if ((uint32_t)o->recency_field < seg->field_count && seg->columns[o->recency_field].section)
        rc = lsi_column_get(&seg->columns[o->recency_field], x->doc, &has, &value, x->err);
    if (rc) return rc;
    double days = has && value < o->now ? ((double)o->now - (double)value) / 86400000.0 : 0;
    return add(x, 1, (double) final - (double)score, "age: %s %.3f days, half-life %g days",
               has ? "of" : "unknown, taken as", has ? days : o->half_life_ms / 86400000.0,
               o->half_life_ms / 86400000.0);
}

static int faded(const explaining *x, const lsi_order *o, float score, float *out)
{
    const lsi_segment *seg = x->plan->snap->segments[x->seg].seg;
    int64_t value = 0;
    bool has = false;
    int rc = LS_OK;
    if ((uint32_t)o->recency_field < seg->field_count && seg->columns[o->recency_field].section)
        rc = lsi_column_get(&seg->columns[o->recency_field], x->doc, &has, &value, x->err);
    *out = lsi_order_fade(o, score, has, value);
    return rc;
}

static int explain_all(explaining *x, const lsi_order *o)
{
    lsi_plan *p = x->plan;
    bool yes;
    float score, final;
    int rc = ask(x, p->root, &yes, &score);
    if (rc || !yes) return rc;
    final = score;
    if (o->half_life_ms > 0) rc = faded(x, o, score, &final);
    if (rc) return rc;
    rc = add(x, 0, (double) final, "score %.9g by %s; k1 %g, b %g; quantum %.9g, for the maxima sum to %.9g",
             (double) final, x->engine, p->k1, p->b, lsi_bm25_quantum(p->magic), p->maxima);
    if (!rc) rc = explain_op(x, p->root, 1);
    if (!rc && o->half_life_ms > 0) rc = explain_age(x, o, score, final);
    return rc;
}

static int explain_with(explaining *x, const ls_reader *r, const ls_query *q, const ls_search_options *opt,
                        uint64_t doc, lsi_scratch *scratch, ls_error *err)
{
    ls_search_options o;
    lsi_order order;
    lsi_plan plan;
    int rc = lsi_search_options_read(&o, opt, err);
    if (!rc && !o.now) o.now = lsi_io_now_ms();
    if (!rc) rc = lsi_order_read(&order, r->snap->schema, &o, err);
    if (!rc) rc = lsi_snapshot_locate(r->snap, doc, &x->seg, &x->doc, err);
    if (rc) return rc;
    lsi_plan_options po = {.k1 = o.k1 > 0 ? o.k1 : r->snap->schema->k1,
                           .b = o.b > 0   ? o.b
                                : o.b < 0 ? 0
                                          : r->snap->schema->b,
                           .filters = o.filters,
                           .filter_count = o.filter_count,
                           .cancel = o.cancel,
                           .cancel_ctx = o.cancel_ctx};
    if (o.timeout_ms > 0) po.deadline_us = lsi_io_monotonic_us() + (uint64_t)o.timeout_ms * 1000;
    rc = lsi_plan_make(&plan, q, r->snap, scratch, &po, err);
    x->plan = &plan;
    bool counts = o.facet_count || o.total == LS_TOTAL_EXACT;
    if (o.exhaustive || order.text || (o.sort == LS_BY_RELEVANCE && order.half_life_ms > 0)) x->engine = "windows";
    else if (!rc && counts && lsi_exec_reads_positions(&plan)) {
        bool both = o.sort == LS_BY_RELEVANCE && !o.facet_count && !o.histogram && lsi_exec_counts_best(&plan) &&
                    lsi_exec_can_top(&plan);
        x->engine = both ? "all positions" : "windows";
    } else if (o.sort != LS_BY_RELEVANCE) x->engine = "column blocks";
    else if (!rc) x->engine = lsi_exec_name(&plan);
    if (!rc && q->exclude_doc != doc) rc = explain_all(x, &order);
    x->plan = NULL;
    return rc;
}

void lsi_explanation_free(ls_explanation *e)
{
    explaining *x = (explaining *)e;
    if (!x) return;
    lsi_arena_clear(&x->arena);
    lsi_free(x->nodes);
    lsi_free(x);
}

int lsi_explanation_make(ls_explanation **out, const ls_reader *r, const ls_query *q, const ls_search_options *o,
                         uint64_t doc, ls_error *err)
{
    lsi_scratch *scratch = NULL;
    *out = NULL;
    explaining *x = lsi_calloc(1, sizeof *x);
    if (!x) return lsi_fail_nomem(err);
    lsi_arena_init(&x->arena);
    x->err = err;
    int rc = lsi_scratch_take(&scratch, r, err);
    if (!rc) rc = explain_with(x, r, q, o, doc, scratch, err);
    lsi_scratch_give(scratch, r);
    x->err = NULL;
    x->pub.nodes = x->nodes;
    if (rc) lsi_explanation_free(&x->pub);
    else *out = &x->pub;
    return rc;
}
