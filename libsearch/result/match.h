/* match.h — the words of a query found again in a text, by the same rules as the search: for snippets and highlighting.
 * A matcher is made for one query and reader: the words are looked up once, however many texts are read. */
#ifndef LSI_MATCH_H
#define LSI_MATCH_H
#include "libsearch/query/fuzzy.h"
#include "libsearch/query/resolve.h"
#include "libsearch/util/map.h"

typedef struct lsi_mark { /* a match in the text */
    size_t start, end;    /* bytes */
    uint32_t leaf;        /* number of the leaf of the query: equal for equal leaves only */
    float weight;         /* how rare it is; 0: adds nothing to a passage */
} lsi_mark;

/* A sentence of the text begins here. */
typedef struct lsi_match_sentence {
    size_t start;
    bool boilerplate;
} lsi_match_sentence;

typedef struct lsi_match_word { /* where a word of the query stands */
    size_t start, end;
    uint32_t position, sentence, paragraph;
} lsi_match_word;

typedef struct lsi_match_slot { /* one word of a leaf */
    const lsi_qword *word;
    uint32_t next;     /* the next slot asked for by the same key; UINT32_MAX: none */
    uint32_t distance; /* of fuzzy */
    lsi_node_type by;  /* PREFIX, WILDCARD, FUZZY: tried one by one */
    lsi_fuzzy *fuzzy;
    lsi_match_word *found; /* in the present text, rising positions */
    size_t count, cap;
    float weight;
} lsi_match_slot;

typedef struct lsi_match_node { /* a part of the query that can be highlighted */
    const lsi_node *node;
    struct lsi_match_node **kids;
    uint32_t kid_count, first_slot, leaf;
    float weight;
} lsi_match_node;

typedef struct lsi_matcher {
    const lsi_snapshot *snap;
    lsi_scratch *scratch;
    lsi_analyzer *an;
    lsi_resolver resolver;
    int lang;             /* that stemmed the document; -1: none was turned to yet */
    lsi_lines_of listed;  /* boilerplate of its source */
    lsi_match_node *root; /* NULL: nothing to highlight */
    lsi_match_slot *slots;
    uint32_t slot_count, slot_cap, leaf_count;
    lsi_map by_term, by_folded, by_form; /* key → first slot */
    lsi_map seen;                        /* form → where its list of slots begins in lists */
    uint32_t *lists;
    size_t list_count, list_cap;
    /* of the present text */
    lsi_arena texts; /* forgotten with it */
    lsi_mark *marks;
    size_t mark_count, mark_cap;
    lsi_match_sentence *sentences;
    size_t sentence_count, sentence_cap;
    bool want_sentences;
    bool by_first;        /* words that begin otherwise than the query's need no look */
    uint64_t second[128]; /* by first letter or digit, lower case: the second ones that need a look, a bit each */
} lsi_matcher;

/* Everything lives in the scratch's arena but the maps and arrays that clear frees. LS_NOMEM, LS_CORRUPT. */
int lsi_matcher_init(lsi_matcher *m, lsi_scratch *s, const lsi_snapshot *snap, const ls_query *q, ls_error *err);
void lsi_matcher_clear(lsi_matcher *m); /* takes one that init refused */
/* Before the texts of a document that was stemmed by lang. LS_NOMEM. */
int lsi_matcher_turn(lsi_matcher *m, const ls_doc *d, int lang, ls_error *err);
/* Finds the matches in a text of a field: m->marks, by rising start, may overlap. */
int lsi_matcher_read(lsi_matcher *m, const uint8_t *text, size_t len, int field, ls_error *err);
int lsi_matcher_mark(lsi_matcher *m, size_t start, size_t end, uint32_t leaf, float weight, ls_error *err);

/* match_tree.c: from the places of words to marks, for one text. */
int lsi_match_tree(lsi_matcher *m, int field, ls_error *err);
#endif
