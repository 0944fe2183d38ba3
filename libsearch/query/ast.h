/* ast.h — what a query means, after parsing: a tree of nodes in one arena. Knows no index. */
#ifndef LSI_AST_H
#define LSI_AST_H
#include "libsearch/model/schema.h"
#include "libsearch/util/arena.h"

typedef enum lsi_node_type {
    LSI_Q_NOTHING = 0, /* matches nothing (an empty query) */
    LSI_Q_ALL,      /* everything; scores 1 × boost */
    LSI_Q_WORD,     /* words[0], by its terms */
    LSI_Q_PHRASE,   /* words in order, side by side. exact: by folded spelling; else by terms */
    LSI_Q_SLOP,     /* "…"~n: words in any order, span ≤ their number - 1 + distance, by terms */
    LSI_Q_AND, LSI_Q_OR, /* kids, ≥ 2 */
    LSI_Q_NOT,      /* kids[0] is excluded; in an AND it takes away, alone it means ALL without kids[0] */
    LSI_Q_NEAR,     /* kids (words, phrases, OR groups) within distance of each other; ordered: pre/n */
    LSI_Q_PREFIX,   /* words[0].folded is the beginning */
    LSI_Q_WILDCARD, /* words[0].folded is a pattern: * any run, ? one code point */
    LSI_Q_FUZZY,    /* words[0] within `distance` edits (1 or 2; transpositions count 1) */
    LSI_Q_CAPS,     /* words[0].form as written, case and accents */
    LSI_Q_ATLEAST,  /* kids[0] (a word or phrase) at least `distance` times */
    LSI_Q_HLEAD,    /* kids[0] in the title or the first 60 words of the main field */
    LSI_Q_KEYWORD,  /* field's value equals words[0].form (compared folded) */
    LSI_Q_RANGE,    /* field's number in from..to inclusive */
    LSI_Q_ID        /* the document's id is words[0].form */
} lsi_node_type;

enum { LSI_SCOPE_WORDS = 0, LSI_SCOPE_SENTENCE = 1, LSI_SCOPE_PARAGRAPH = 2 }; /* of NEAR: w/n, w/s, w/p */

typedef struct lsi_qterm {
    const uint8_t *term;
    uint32_t len;
} lsi_qterm;
typedef struct lsi_qword {
    const uint8_t *form, *folded; /* in the arena, NUL-terminated behind their length */
    uint32_t form_len, folded_len;
    lsi_qterm terms[4]; /* its stems: the index's language first, then the query's; distinct */
    uint32_t term_count;
    uint32_t offset;    /* position relative to the first word of a phrase */
    bool function_word; /* of the index's or the query's language */
    uint32_t start, end; /* bytes of the query text */
} lsi_qword;

typedef struct lsi_node {
    lsi_node_type type;
    float boost; /* 1 by default; finite, > 0, ≤ 1000 */
    int field;   /* number of the schema's field, or LSI_FIELD_NONE for the combined list */
    struct lsi_node **kids;
    uint32_t kid_count;
    lsi_qword *words;
    uint32_t word_count;
    uint32_t distance; /* NEAR, SLOP, FUZZY; times of ATLEAST */
    uint8_t scope;     /* LSI_SCOPE_* */
    bool ordered, exact;
    bool no_score;     /* matches, but adds 0 (function words under match=any) */
    int64_t from, to;
} lsi_node;

#define LSI_QUERY_BYTES_MAX 4096u
#define LSI_QUERY_DEPTH_MAX 50u
#define LSI_QUERY_CLAUSES_MAX 1024u

struct ls_query {
    lsi_arena arena;
    lsi_node *root; /* never NULL */
    const char *text;   /* repaired UTF-8, cut at LSI_QUERY_BYTES_MAX */
    size_t text_len;
    const char *parsed; /* normal form */
    ls_warning *warnings;
    size_t warning_count, warning_cap;
    int default_lang, lang; /* the index's; the further one or -1 */
    unsigned flags;
    uint64_t hash; /* of the meaning: for cursors and caches */
    uint64_t exclude_doc; /* of more-like-this: left out; UINT64_MAX none */
};

int lsi_query_parse(ls_query **out, const ls_schema *s, const char *text, size_t len, const ls_query_options *o,
                    int64_t now, ls_error *err);
void lsi_query_free(ls_query *q);
/* Code and a formatted sentence; start = end = 0 for the whole. LS_NOMEM. */
int lsi_query_warn(ls_query *q, const char *code, size_t start, size_t end, const char *fmt, ...) LSI_PRINTF(5, 6);
#endif
