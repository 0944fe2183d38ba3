/* resolve.h — from a word of a query to its posting lists in every segment of a snapshot. */
#ifndef LSI_RESOLVE_H
#define LSI_RESOLVE_H
#include "libsearch/query/ast.h"
#include "libsearch/query/scratch.h"

/* One term in one segment, with the forms that count. */
typedef struct lsi_pick {
    lsi_ord ord;
    uint32_t form_count;     /* of the term */
    const uint64_t *allowed; /* bit set over the term's form numbers; NULL: every form counts */
    lsi_list list;           /* its record in the list asked for */
} lsi_pick;
typedef struct lsi_picks {
    lsi_pick *at;
    uint32_t count;
} lsi_picks;

/* A word (or pattern) found once for the snapshot. */
typedef struct lsi_word {
    const lsi_qword *from;
    const lsi_qterm *terms; /* by terms: what it stands for in every segment, whether it has it or not */
    uint32_t term_count;
    lsi_picks *segs; /* one for each segment of the snapshot */
    uint64_t df;     /* largest live document frequency of its terms; 0: it matches nothing */
    bool filtered;   /* some pick counts only some of its forms */
} lsi_word;

typedef struct lsi_resolver {
    const lsi_snapshot *snap;
    lsi_scratch *scratch;
    uint32_t budget;      /* clauses that expansions may still add */
    uint32_t wanted;      /* of the last expansion that did not fit: how many it would have been, else 0 */
    uint64_t deadline_us; /* of lsi_io_monotonic_us; 0: none. Walks over dictionaries obey it */
    int (*cancel)(void *);
    void *cancel_ctx;
} lsi_resolver;

/* By terms: the union of the word's stems and the terms of every form of the same folded spelling that some live
 * document has, in any segment. A single CJK character also stands for the bigrams that begin with it. */
int lsi_resolve_terms(lsi_resolver *r, lsi_word *out, const lsi_qword *w, uint32_t list, ls_error *err);

typedef enum lsi_form_match {
    LSI_MATCH_FOLDED = 0, /* same folded spelling */
    LSI_MATCH_FORM,       /* the very bytes of the form */
    LSI_MATCH_PREFIX,
    LSI_MATCH_WILDCARD,
    LSI_MATCH_FUZZY /* within `distance` edits */
} lsi_form_match;
/* By forms (expand.c). list: where the records are wanted; df: of FORM the form's own, else not set but to 0 or 1. */
int lsi_resolve_forms(lsi_resolver *r, lsi_word *out, const lsi_qword *w, lsi_form_match how, uint32_t distance,
                      uint32_t list, ls_error *err);
/* LS_TIMEOUT, LS_CANCELED, or LS_OK where the walk may go on. */
int lsi_resolve_poll(const lsi_resolver *r, ls_error *err);
/* The record of a term in a list of a segment; df 0 where the segment has no such list. */
int lsi_resolve_list(const lsi_segment *seg, lsi_ord ord, uint32_t list, lsi_list *out, ls_error *err);
bool lsi_resolve_is_cjk(const uint8_t *folded, size_t len); /* one character of Han, Kana or Hangul */
#endif
