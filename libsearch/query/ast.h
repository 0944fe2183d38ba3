/* ast.h — what a query means, after parsing: a tree of nodes in one arena. Knows no index.
 *
 * What rewrite.c promises of every tree, so that execution need not look:
 *   - ALL, WORD, PHRASE, SLOP, PREFIX, WILDCARD, FUZZY, CAPS, KEYWORD, RANGE, ID are leaves.
 *   - boost is 1 but at leaves and at NEAR (boosts of groups were multiplied into their leaves); 1 within a NEAR; 0 (which
 *     always has no_score beside it) where ^0 was written.
 *   - An AND has at least one kid that is no NOT; a NOT stands in an AND, in an OR or alone at the root.
 *   - Kids of NEAR, of ATLEAST and of HLEAD have positions: WORD, PHRASE, SLOP, PREFIX, WILDCARD, FUZZY, CAPS; NEAR and
 *     HLEAD also take an OR of such (hyphenated words are one) and a NEAR. A NEAR has two kids; a chain `a w/5 b w/5 c`
 *     nests to the left. field is set at the leaves, and at HLEAD, NEAR and ATLEAST it is LSI_FIELD_NONE.
 *   - The word of a FUZZY has no digit and at most LSI_FUZZY_POINTS_MAX letters.
 *   - An exact PHRASE may have one word ("arms" by its folded spelling only); a PHRASE by terms has at least two.
 *   - An OR of STYLE_SYN dissolves in no other; its kids[0] may be an AND (an OR under MATCH_ANY) of several words, but
 *     not within a NEAR or HLEAD. It has no such group among its kids.
 *   - words[0].offset of a phrase is 0; offsets rise, gaps may be left (bigrams of Chinese, Japanese, Korean).
 *   - No tree is deeper than 4 * LSI_QUERY_DEPTH_MAX, no query has more than LSI_QUERY_CLAUSES_MAX words and leaves.
 */
#ifndef LSI_AST_H
#define LSI_AST_H
#include "libsearch/model/schema.h"
#include "libsearch/util/arena.h"

/* RANGE over the number of words (`words:>1200`) where the schema has no such field: judged on the length in list 0's
 * norm, which is rounded to an eighth of an octave and counts the weights of fields. */
#define LSI_FIELD_WORDS (-2)

typedef enum lsi_node_type {
    LSI_Q_NOTHING = 0, /* matches nothing (an empty query) */
    LSI_Q_ALL,         /* everything; scores 1 × boost */
    LSI_Q_WORD,        /* words[0], by its terms */
    LSI_Q_PHRASE,      /* words in order, side by side. exact: by folded spelling; else by terms */
    LSI_Q_SLOP,        /* "…"~n: words in any order, span ≤ their number - 1 + distance, by terms */
    LSI_Q_AND,
    LSI_Q_OR,       /* kids, ≥ 2 */
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
    uint32_t offset;     /* position relative to the first word of a phrase */
    bool function_word;  /* of the index's or the query's language */
    uint32_t start, end; /* bytes of the query text */
    bool alternative;    /* the joined spelling of a hyphenated word: no news where nothing has it */
} lsi_qword;

typedef struct lsi_node {
    lsi_node_type type;
    float boost; /* 1 by default; finite, ≥ 0, ≤ 1000 */
    int field;   /* number of the schema's field, or LSI_FIELD_NONE for the combined list */
    struct lsi_node **kids;
    uint32_t kid_count;
    lsi_qword *words;
    uint32_t word_count;
    uint32_t distance; /* NEAR, SLOP, FUZZY; times of ATLEAST */
    uint8_t scope;     /* LSI_SCOPE_* */
    bool ordered, exact;
    bool no_score; /* matches, but adds 0 (^0; function words under match=any) */
    bool implied;  /* of an ALL: heads what is optional beside +a; neither written nor counted (lsi_node_any) */
    int64_t from, to;
    /* for printing */
    const char *spelling; /* of leaves, hyphenated words, synonyms: text that parses to this node again */
    uint8_t style;        /* LSI_STYLE_* */
    uint32_t plus;        /* of STYLE_ANY: the first kids that were written with + */
    bool quoted;          /* of a leaf: stands between quotation marks, and gains no synonyms */
} lsi_node;
enum {
    LSI_STYLE_PLAIN = 0,
    LSI_STYLE_HYPHEN, /* OR of a phrase and a joined word, written as one word */
    LSI_STYLE_ANY,    /* AND made of words joined by MATCH_ANY with some of +a, -b beside them */
    LSI_STYLE_SYN     /* OR of what was typed (kids[0]) and its synonyms: these are no rarer than it. syn(a, b) */
};

#define LSI_QUERY_BYTES_MAX   4096u
#define LSI_QUERY_DEPTH_MAX   50u
#define LSI_QUERY_CLAUSES_MAX 1024u

struct ls_query {
    lsi_arena arena;  /* everything, the query itself first */
    lsi_node *root;   /* never NULL */
    lsi_node *typed;  /* the tree without words of feedback and without what is left out by id; NULL: it is root */
    const char *text; /* repaired UTF-8, cut at LSI_QUERY_BYTES_MAX */
    size_t text_len;
    const char *parsed; /* normal form */
    ls_warning *warnings;
    size_t warning_count, warning_cap;
    int default_lang, lang; /* the index's; the further one or -1 */
    unsigned flags;
    bool fed;             /* words of feedback were asked for */
    bool uses_now;        /* a date in it is counted from the time of parsing */
    ls_synonym *synonyms; /* what was added to which words */
    size_t synonym_count, synonym_cap;
    uint64_t exclude_doc; /* of more-like-this: left out; UINT64_MAX none */
};

/* now 0: the clock is asked, where the query has a date. */
int lsi_query_parse(ls_query **out, const ls_schema *s, const char *text, size_t len, const ls_query_options *o,
                    int64_t now, ls_error *err);
ls_query *lsi_query_new(void); /* empty, without a root; NULL: no memory */
void lsi_query_free(ls_query *q);
uint64_t lsi_query_hash(const ls_query *q); /* of the meaning, for cursors */
#endif
