/* plan.h — a query made ready for one snapshot: operators with their lists, weights and the quantum of scores. */
#ifndef LSI_PLAN_H
#define LSI_PLAN_H
#include "libsearch/query/bm25.h"
#include "libsearch/query/resolve.h"

#define LSI_WINDOW_DOCS  4096u
#define LSI_WINDOW_WORDS (LSI_WINDOW_DOCS / 64)
_Static_assert(LSI_WINDOW_DOCS == LSI_COLUMN_BLOCK, "a window is a block of every column");

/* An open posting list and where it stands. `at` is an index in the decoded block; `near` a block that the windows
 * without scores have come to (ops_term.c). */
typedef struct lsi_cursor {
    lsi_postings p;
    uint32_t at, near;
} lsi_cursor;

typedef enum lsi_op_type {
    LSI_OP_NONE = 0, /* matches nothing */
    LSI_OP_ALL,
    LSI_OP_TERM,  /* a word by whole posting lists: scored by their tf */
    LSI_OP_SPAN,  /* anything that looks at positions or forms (spans.c) */
    LSI_OP_SET,   /* a bit set made when a segment is opened: expansions, keywords, ids; constant score */
    LSI_OP_RANGE, /* a number column within bounds */
    LSI_OP_AND,   /* all of kids[0..kid_count), none of the not_count behind them */
    LSI_OP_OR
} lsi_op_type;

enum { LSI_SET_FORMS = 0, LSI_SET_KEYWORDS, LSI_SET_ID };

typedef struct lsi_op lsi_op;
struct lsi_op {
    lsi_op_type type;
    const lsi_node *node; /* where it comes from; NULL for filters */
    bool scores;          /* adds to the score of what it matches */
    bool constant;        /* adds w itself (rounded) */
    bool optional;        /* in an AND: matches wherever the others do, and only adds to the score */
    float w;              /* boost · idf, or the constant */
    double boost, idf;
    uint64_t df;
    uint32_t list;  /* whose norms and lengths count */
    const float *k; /* K by norm code */

    lsi_op **kids;
    uint32_t kid_count, not_count;

    lsi_word word; /* TERM, SET_FORMS */
    bool main;     /* in the main field: list 0 with the others' counts taken off */
    int field;     /* schema field of RANGE, KEYWORDS, or of the words; LSI_FIELD_NONE */
    struct lsi_span *span;
    bool hlead;        /* SPAN: a match must lie in the title or the first words of the main field */
    uint32_t at_least; /* SPAN: so many matches */
    int set_kind;
    const lsi_qterm *values; /* SET_KEYWORDS: folded; SET_ID: the id */
    uint32_t value_count;
    int64_t from, to;
    bool exclude;                /* of a filter: stands among the nots */
    struct lsi_kept_range *kept; /* RANGE, in the present segment; may be NULL */

    /* ---- in the present segment ---- */
    bool empty;  /* matches nothing there */
    bool reopen; /* of TERM: cursors were moved by another engine */
    lsi_cursor *cursors;
    uint32_t cursor_count, cursor_cap;
    const uint8_t *norms;
    uint64_t *set;
    size_t set_words, set_of; /* of SET: words of the set, which is that of segment set_of - 1 */
    lsi_doc set_until;        /* of SET: only documents before this are wanted as yet; 0: all */
    uint64_t *bits;           /* of AND and OR, for their kids: one window */
    lsi_cursor **lead_order;  /* of AND; see ops_lead.c */
    float *scores_tmp;
    uint32_t *tf_tmp; /* of TERM with several lists: one window; zero between windows */
    uint32_t *raw_tmp;
    uint32_t last_tf; /* of the last document scored: for explain */
};

typedef struct lsi_plan_options {
    double k1, b;
    const ls_filter *filters;
    size_t filter_count;
    bool want_undated; /* date ranges of the root are kept apart, see ranges */
    uint64_t deadline_us;
    int (*cancel)(void *);
    void *cancel_ctx;
} lsi_plan_options;

typedef struct lsi_plan {
    const ls_query *query;
    const lsi_snapshot *snap;
    lsi_scratch *scratch;
    lsi_op *root;
    lsi_op **ranges; /* date ranges that must hold beside root: to count what only a missing date left out */
    uint32_t range_count;
    double k1, b;
    double maxima;                 /* sum of the clauses' maxima */
    float magic;                   /* see bm25.h */
    const float *k[LSI_LISTS_MAX]; /* tables of K, NULL where no clause needs one */
    const char **unmatched;
    size_t unmatched_count, unmatched_cap;
    ls_warning *warnings;
    size_t warning_count, warning_cap;
    lsi_resolver resolver;
    struct lsi_plan_level { /* of an AND or OR at one depth of the tree, for its kids */
        uint64_t *bits;
        float *scores;
    } * levels;
    uint32_t level_count;
    uint32_t *tf_tmp, *raw_tmp; /* of TERMs with several lists; see ops_term.c */
    /* ---- in the present segment ---- */
    const lsi_snapshot_segment *seg;
    int64_t *column_values;  /* LSI_WINDOW_DOCS */
    struct lsi_lead *lead;   /* made by the first that needs it: ops_lead.c */
    struct lsi_probe *probe; /* likewise: exec.c */
    uint8_t *map;            /* LSI_WINDOW_DOCS, zero unless map_used; made by lsi_term_gather */
    bool map_used;
    float *window_scores; /* of the window that a sink is shown; made by the first that needs it */
    uint32_t steps;
    /* first positions of the regions of one document */
    uint32_t regions[LSI_TEXT_FIELDS_MAX + 2];
    lsi_doc regions_doc;
} lsi_plan;

/* Makes the operators; everything lives in the scratch's arena. LS_NOMEM, LS_CORRUPT, LS_TIMEOUT, LS_CANCELED,
 * LS_SCHEMA and LS_INVALID for filters. */
int lsi_plan_make(lsi_plan *p, const ls_query *q, const lsi_snapshot *snap, lsi_scratch *s, const lsi_plan_options *o,
                  ls_error *err);
int lsi_plan_warn(lsi_plan *p, const char *code, size_t start, size_t end, ls_error *err, const char *fmt, ...)
    LSI_PRINTF(6, 7);
double lsi_plan_average(const lsi_plan *p, uint32_t list); /* length of the live documents; at least 1 */
int lsi_plan_k(lsi_plan *p, uint32_t list, const float **k, ls_error *err);

/* ---- between plan.c, plan_leaf.c and plan_span.c ---- */
typedef struct lsi_plan_ctx {
    bool scores;   /* not below a NOT or in a filter */
    bool excluded; /* below a NOT: words that match nothing are no news */
    bool hlead;
    uint32_t at_least; /* 0: once */
    uint32_t depth;
} lsi_plan_ctx;
/* Where the words of a field stand. */
typedef struct lsi_plan_field {
    uint32_t list;      /* whole terms: documents and tf */
    uint32_t span_list; /* positions and forms */
    uint32_t norm_list;
    int region;      /* of span_list that counts; -1: all */
    bool main, none; /* none: no text field */
} lsi_plan_field;
lsi_plan_field lsi_plan_find_field(const lsi_plan *p, int field);
lsi_op *lsi_plan_op(lsi_plan *p, lsi_op_type type, const lsi_node *n, ls_error *err); /* NULL: no memory */
int lsi_plan_leaf(lsi_plan *p, lsi_op **out, const lsi_node *n, const lsi_plan_ctx *c, ls_error *err);
int lsi_plan_unmatched(lsi_plan *p, const lsi_qword *w, const lsi_plan_ctx *c, ls_error *err);
/* A tree of spans; *idf: sum of its words'. *out NULL: it can match nothing. */
int lsi_plan_span(lsi_plan *p, struct lsi_span **out, const lsi_node *n, const lsi_plan_ctx *c, double *idf,
                  ls_error *err);
int lsi_plan_word_span(lsi_plan *p, struct lsi_span **out, const lsi_word *w, const lsi_plan_field *f, bool all_sources,
                       ls_error *err);
int lsi_plan_word(lsi_plan *p, lsi_word *out, const lsi_qword *q, uint32_t list, ls_error *err);  /* by terms */
int lsi_plan_expand(lsi_plan *p, lsi_word *out, const lsi_node *n, uint32_t list, ls_error *err); /* warns of caps */
#endif
