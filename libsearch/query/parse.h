/* parse.h — between the files of the parser: lexemes, the state of one parse, the makers of nodes. Private to
 * lex.c, fields.c, leaf.c, syn.c, synonyms.c, feedback.c, words.c, range.c, rewrite.c, print.c and parse.c. */
#ifndef LSI_PARSE_H
#define LSI_PARSE_H
#include "libsearch/query/ast.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/zone.h"

/* What a field's name before a colon asks for. */
typedef enum lsi_field_kind {
    LSI_KIND_TEXT = 0, /* words of a text field, or of all (LSI_FIELD_NONE) */
    LSI_KIND_KEYWORD,
    LSI_KIND_NUMBER,
    LSI_KIND_DATE,
    LSI_KIND_SINCE,
    LSI_KIND_BEFORE,
    LSI_KIND_AFTER,
    LSI_KIND_ID,
    LSI_KIND_HLEAD,  /* no field: the next operand in the headline or the first words */
    LSI_KIND_STORED, /* cannot be searched */
    LSI_KIND_UNKNOWN
} lsi_field_kind;
lsi_field_kind lsi_query_field(const ls_schema *s, const char *name, size_t len, int *field);

typedef enum lsi_lex_type {
    LSI_LEX_END = 0,
    LSI_LEX_WORD,   /* start..end without ~n and ^n */
    LSI_LEX_PHRASE, /* start..end between the quotation marks */
    LSI_LEX_CAPS,   /* start..end between the brackets of caps(…) */
    LSI_LEX_SYN,    /* … of syn(…) */
    LSI_LEX_OPEN,
    LSI_LEX_CLOSE,
    LSI_LEX_AND,
    LSI_LEX_OR,
    LSI_LEX_NOT,
    LSI_LEX_PLUS,
    LSI_LEX_NEAR,
    LSI_LEX_HLEAD,
    LSI_LEX_ATLEAST
} lsi_lex_type;

/* Of words that are letters and digits only these may be operators: AND, OR, NOT. */
LSI_INLINE bool lsi_may_be_operator(const char *word, size_t len)
{
    return len <= 3 && *word <= 'Z';
}

#define LSI_LEX_NO_NUMBER UINT32_MAX
#define LSI_BOOST_ONE     1000u /* boosts are counted in thousandths, so that printing them loses nothing */
#define LSI_BOOST_MAX     1000000u
typedef struct lsi_lexeme {
    lsi_lex_type type;
    lsi_field_kind kind; /* of WORD, PHRASE, CAPS, SYN: by its own name or the group's */
    int field;
    uint32_t whole; /* where it begins with its field's name */
    uint32_t start, end;
    uint32_t number; /* n of NEAR, ATLEAST, "…"~n, word~n; LSI_LEX_NO_NUMBER where none was written */
    uint32_t boost;  /* thousandths; of WORD, PHRASE, CAPS, SYN, CLOSE */
    bool tilde, ordered;
    uint8_t scope;
} lsi_lexeme;

typedef struct lsi_parse_item { /* being gathered by parse.c */
    struct lsi_node *node;
    bool plus;
} lsi_parse_item;

typedef struct lsi_parser {
    ls_query *q;
    const ls_schema *s;
    lsi_analyzer *an;
    int64_t now;
    int rc;                      /* LS_OK or LS_NOMEM, sticky */
    bool quiet;                  /* judging a spelling: no warnings */
    const ls_synonyms *synonyms; /* NULL: none */
    const ls_feedback *feedback; /* NULL: none */
    const char *const *without;  /* ids to leave out */
    size_t without_count;
    const lsi_lexeme *at; /* the next lexeme */
    uint32_t clauses;
    bool clauses_full;
    lsi_parse_item *stack;
    size_t stack_len, stack_cap;
    lsi_qword *words; /* being gathered by words.c */
    size_t word_cap;
    lsi_lexeme *lexemes; /* room for lexeme_cap of them, of the first text that is cut; NULL: none, or it is taken */
    size_t lexeme_cap;
} lsi_parser;

/* lex.c: cuts text into lexemes, ended by END; brackets are balanced and nest at most LSI_QUERY_DEPTH_MAX deep. */
const lsi_lexeme *lsi_lex(lsi_parser *p, const char *text, size_t len);
size_t lsi_lex_space(const char *p, const char *end); /* bytes of the white space at p, or 0 */
/* What can begin an operand behind + or -: a word, a phrase, a group. */
bool lsi_lex_begins_operand(const char *p, const char *end);
size_t lsi_lex_quote(const char *p, const char *end); /* bytes of the double quotation mark at p, or 0 */

/* words.c: a stretch of text as words. */
typedef struct lsi_words {
    lsi_qword *list; /* in the query's arena, without joined words */
    uint32_t count;
    lsi_qword joined; /* of a hyphenated word that is all of the text */
    bool has_joined;
    bool one_of_bigrams; /* a single character of a script that is cut into pairs */
    size_t from, to;     /* in the text that was read: from the first word to the last */
} lsi_words;
bool lsi_words_read(lsi_parser *p, lsi_words *out, const char *text, size_t len, size_t base);
bool lsi_words_equal(const lsi_words *a, const lsi_words *b);
/* Text that is read as these words again, as a chunk (WORD) or between quotation marks; NULL where none was found. `text`
 * is what they were read from. */
const char *lsi_words_chunk(lsi_parser *p, const lsi_words *w, const char *text, size_t len);
const char *lsi_words_quoted(lsi_parser *p, const lsi_words *w, const char *text);

/* leaf.c: a WORD, PHRASE or CAPS lexeme as a node; NULL: nothing to search for (or p->rc). */
lsi_node *lsi_leaf(lsi_parser *p, const lsi_lexeme *x);
/* Words (of which w is a reading) that stand in a chunk of text: as a word, a phrase by terms or a hyphenated word. */
lsi_node *lsi_leaf_words(lsi_parser *p, int field, lsi_words *w, const char *text, size_t len, uint32_t base);
const char *lsi_parse_string(lsi_parser *p, const char *before, const char *text, size_t len, const char *behind);
/* syn.c: syn(a, b c) as a group; and the synonyms of a whole query's words, put into its tree. */
lsi_node *lsi_leaf_syn(lsi_parser *p, const lsi_lexeme *x);
lsi_node *lsi_syn_apply(lsi_parser *p, lsi_node *root);
void lsi_syn_level(lsi_node *group); /* gives the others their boost, a share of what was typed */
/* range.c: numbers, dates; NULL where it is none of these (warned). */
lsi_node *lsi_leaf_range(lsi_parser *p, const lsi_lexeme *x);

/* rewrite.c: makers that keep ast.h's promises. NULL kids are dropped; NULL where nothing is left. */
lsi_node *lsi_node_new(lsi_parser *p, lsi_node_type type);
lsi_node *lsi_node_group(lsi_parser *p, lsi_node_type type, lsi_node **kids, size_t count); /* AND, OR */
lsi_node *lsi_node_not(lsi_parser *p, lsi_node *kid);
lsi_node *lsi_node_near(lsi_parser *p, const lsi_lexeme *x, lsi_node *a, lsi_node *b);
lsi_node *lsi_node_atleast(lsi_parser *p, uint32_t times, lsi_node *kid);
lsi_node *lsi_node_hlead(lsi_parser *p, lsi_node *kid);
/* Words joined by MATCH_ANY: required (+), optional, excluded (NOT nodes). */
lsi_node *lsi_node_any(lsi_parser *p, lsi_node **required, size_t required_count, lsi_node **optional,
                       size_t optional_count, lsi_node **excluded, size_t excluded_count);
void lsi_node_boost(lsi_node *n, uint32_t boost); /* thousandths; 0: it matches, and adds nothing to the score */
/* Words and leaves that are in the tree, but what is implied. What was left out while parsing takes no room: the normal
 * form, which does not have it, gains as much. */
uint32_t lsi_node_clauses(const lsi_node *n);
void lsi_node_clear_boosts(lsi_node *n);
void lsi_node_silence(lsi_node *root); /* function words score nothing where another word remains */

/* print.c: the normal form into the arena. LS_NOMEM. */
int lsi_query_print(ls_query *q, const ls_schema *s);

/* Room for one more behind `count` things in the query's arena; what was there is copied. NULL sets p->rc. */
void *lsi_parse_grow(lsi_parser *p, void *array, size_t *cap, size_t count, size_t elem_bytes);
void *lsi_parse_alloc(lsi_parser *p, size_t n); /* zeroed, from the query's arena; NULL sets p->rc */
void lsi_parse_warn(lsi_parser *p, const char *code, size_t start, size_t end, const char *fmt, ...) LSI_PRINTF(5, 6);

/* leaf.c: room for n more words or leaves, or a warning that the query is full from byte `start` on, and false */
bool lsi_parse_take(lsi_parser *p, uint32_t n, uint32_t start);
#endif
