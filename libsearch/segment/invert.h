/* invert.h — the table that turns words into lists: (language, form) → term, and for each term a stream of where it
 * stands, in order of arrival. Knows nothing of documents but their numbers. One thread. */
#ifndef LSI_INVERT_H
#define LSI_INVERT_H
#include "libsearch/text/analyzer.h"
#include "libsearch/util/arena.h"
#include "libsearch/util/map.h"

typedef struct lsi_invert_entry { /* a form as a language reads it; sixteen bytes of it stand here */
    uint64_t a, b;
    const uint8_t *bytes;
    uint32_t term, number; /* number: of the form within its term, by arrival */
    uint16_t len;
    uint8_t lang;
} lsi_invert_entry;

typedef struct lsi_invert_tail { /* where a term's stream ends; all that adding a word touches */
    uint8_t *at, *end;
    uint32_t doc, position, number; /* of the word added last; doc LSI_DOC_END before the first */
    uint8_t list, level;
} lsi_invert_tail;

typedef struct lsi_invert_term {
    const uint8_t *bytes;
    uint8_t *first; /* first slice of the stream, NULL while empty */
    uint32_t len, form_count, last_form; /* last_form: LSI_ORD_NONE without one */
} lsi_invert_term;

typedef struct lsi_invert_form { /* a (form, term) pair */
    const uint8_t *bytes;
    uint32_t len, term, number, previous; /* previous: of the same term */
} lsi_invert_form;

typedef struct lsi_invert {
    lsi_analyzer *analyzer; /* borrowed */
    lsi_invert_entry *entries;
    uint64_t *slots; /* hash in the upper half, entry + 1 in the lower; 0 free */
    lsi_invert_tail *tails;
    lsi_invert_term *terms;
    lsi_invert_form *forms;
    size_t entry_count, entry_cap, slot_count, term_count, tail_cap, term_cap, form_count, form_cap;
    lsi_map term_numbers;
    lsi_arena slices, strings;
    uint8_t *string_at, *string_end;
    uint64_t seed, languages; /* bit set of languages seen */
} lsi_invert;

int lsi_invert_init(lsi_invert *v, lsi_analyzer *analyzer, ls_error *err);
void lsi_invert_clear(lsi_invert *v);
size_t lsi_invert_bytes(const lsi_invert *v);
/* The entry of a form, made where it is new; LSI_ORD_NONE: no memory. */
uint32_t lsi_invert_find(lsi_invert *v, const uint8_t *form, uint32_t len, int lang);
/* The number of a term that has no forms (a hidden one); LSI_ORD_NONE: no memory. */
uint32_t lsi_invert_hidden(lsi_invert *v, const char *term);
/* One occurrence. Documents come in rising order, lists in rising order within a document; positions in any. On
 * false (no memory) the stream is as before. */
bool lsi_invert_add(lsi_invert *v, uint32_t term, uint32_t number, lsi_doc doc, uint32_t list, uint32_t position);

/* ---- reading back ---- */
typedef struct lsi_invert_run { /* the occurrences of a term in one list of one document */
    lsi_doc doc;
    uint32_t list, first, count; /* first: index in positions and numbers */
} lsi_invert_run;
typedef struct lsi_inverted { /* one term, decoded; kept from term to term for its memory */
    lsi_invert_run *runs;
    uint32_t *positions, *numbers;
    size_t run_count, run_cap, count, position_cap, number_cap;
} lsi_inverted;
/* Replaces d. Runs of documents whose bit is set in `dead` (NULL: none) are left out. false: no memory. */
bool lsi_invert_read(const lsi_invert *v, uint32_t term, const uint64_t *dead, lsi_inverted *d);
/* Documents of d that have each form: df[number], of form_count. `seen` is scratch of the same size. */
void lsi_inverted_form_df(const lsi_inverted *d, uint32_t form_count, uint32_t *df, uint32_t *seen);
void lsi_inverted_clear(lsi_inverted *d);
#endif
