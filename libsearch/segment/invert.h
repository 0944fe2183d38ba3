/* invert.h — the table that turns words into lists: (language, form) → term, and for each term a stream of where it
 * stands, in order of arrival. Knows nothing of documents but their numbers. One thread. */
#ifndef LSI_INVERT_H
#define LSI_INVERT_H
#include "libsearch/text/analyzer.h"
#include "libsearch/util/arena.h"
#include "libsearch/util/map.h" /* lsi_hash64 */

typedef struct lsi_invert_entry { /* a form as a language reads it: half a cache line, found by one look */
    uint64_t a, b;                /* its bytes where it has at most 16, zeros behind; else a hash and the last 8 */
    uint32_t term, number;        /* number: of the form within its term, by arrival */
    uint32_t form;
    uint32_t kind; /* lsi_invert_kind; 0: free */
} lsi_invert_entry;
/* Length and language of a form, never 0. */
LSI_INLINE uint32_t lsi_invert_kind(uint32_t len, int lang)
{
    return (uint32_t)1 << 31 | (uint32_t)lang << 16 | len;
}

typedef struct lsi_invert_tail { /* where a term's stream ends; all that adding a word touches */
    uint8_t *at, *end;
    uint32_t doc, position, number; /* of the word added last; doc LSI_DOC_END before the first */
    uint8_t list, level;
} lsi_invert_tail;

typedef struct lsi_invert_term {
    const uint8_t *bytes;
    uint8_t *first;                      /* first slice of the stream, NULL while empty */
    uint32_t len, form_count, last_form; /* last_form: LSI_ORD_NONE without one */
} lsi_invert_term;

typedef struct lsi_invert_form { /* a (form, term) pair */
    const uint8_t *bytes;
    uint32_t len, term, number, previous; /* previous: of the same term */
} lsi_invert_form;

#define LSI_INVERT_BATCH 32u
typedef struct lsi_invert_word { /* read, and waiting for its cache lines */
    uint64_t a, b, hash;
    const uint8_t *bytes; /* of a form longer than 16 */
    uint32_t kind, position, term, number;
} lsi_invert_word;

typedef struct lsi_invert {
    lsi_analyzer *analyzer;    /* borrowed */
    lsi_invert_entry *entries; /* open addressing, at most three quarters full; aligned within entry_memory */
    void *entry_memory;
    lsi_invert_tail *tails;
    lsi_invert_term *terms;
    lsi_invert_form *forms;
    size_t entry_count, slot_count, term_count, tail_cap, term_cap, form_count, form_cap;
    uint64_t *term_slots; /* half of a term's hash, and its number + 1; 0 free */
    size_t term_slot_count;
    lsi_arena slices, strings;
    uint8_t *string_at, *string_end;
    uint64_t seed, languages; /* bit set of languages seen */
    lsi_invert_word batch[LSI_INVERT_BATCH];
    uint32_t batched, batch_list;
    lsi_doc batch_doc;
    int batch_lang;
    const uint8_t *batch_text; /* the words' text: from its first batch_readable bytes on 16 may be read */
    size_t batch_readable;
} lsi_invert;

int lsi_invert_init(lsi_invert *v, lsi_analyzer *analyzer, ls_error *err);
void lsi_invert_clear(lsi_invert *v);
size_t lsi_invert_bytes(const lsi_invert *v); /* held from the heap */
size_t lsi_invert_used(const lsi_invert *v);  /* of these: by what was added, not kept for what may come */
/* The entry of a form, made where it is new, valid until the next is made; NULL: no memory. */
const lsi_invert_entry *lsi_invert_find(lsi_invert *v, const uint8_t *form, uint32_t len, int lang);
/* The number of a term that has no forms (a hidden one); LSI_ORD_NONE: no memory. */
uint32_t lsi_invert_hidden(lsi_invert *v, const char *term);
/* One occurrence. Documents come in rising order, lists in rising order within a document; positions in any. On
 * false (no memory) the stream is as before. */
bool lsi_invert_add(lsi_invert *v, uint32_t term, uint32_t number, lsi_doc doc, uint32_t list, uint32_t position);

/* The same for the words of a text, one after the other: begin, words, end. Forms may point into the text or not. They
 * are added some at a time, so that the memory they need is on its way while others are read. After a failure nothing
 * waits any more. */
void lsi_invert_begin(lsi_invert *v, lsi_doc doc, uint32_t list, int lang, const uint8_t *text, size_t len);
bool lsi_invert_word_add(lsi_invert *v, const uint8_t *form, uint32_t len, uint32_t position);
bool lsi_invert_words(lsi_invert *v, const lsi_plain_word *words, uint32_t n, uint32_t position); /* of the first */
bool lsi_invert_end(lsi_invert *v);

/* ---- reading back (invert_read.c) ---- */

/* A stream's slices, by level from 0; each but the last ends in a pointer to the next. */
#define LSI_SLICE_LINK   sizeof(void *)
#define LSI_SLICE_FIRST  32u
#define LSI_SLICE_LEVELS 7u /* the highest level: slices of 4096 bytes */
LSI_INLINE size_t lsi_slice_data(uint32_t level)
{
    return ((size_t)LSI_SLICE_FIRST << level) - LSI_SLICE_LINK;
}

typedef struct lsi_invert_run { /* the occurrences of a term in one list of one document */
    lsi_doc doc;
    uint32_t list, first, count; /* first: index in positions and numbers */
} lsi_invert_run;
typedef struct lsi_inverted { /* one term, decoded; kept from term to term for its memory */
    lsi_invert_run *runs;
    uint32_t *positions, *numbers;
    size_t run_count, run_cap, count, position_cap;
    uint64_t lists;     /* bits of the lists of its runs */
    uint32_t doc_count; /* documents that have it in any list */
} lsi_inverted;
/* Replaces d. Runs of documents whose bit is set in `dead` (NULL: none) are left out. false: no memory. */
bool lsi_invert_read(const lsi_invert *v, uint32_t term, const uint64_t *dead, lsi_inverted *d);
/* Documents of d that have each form: df[number], of form_count. `seen` is scratch of the same size. */
void lsi_inverted_form_df(const lsi_inverted *d, uint32_t form_count, uint32_t *df, uint32_t *seen);
void lsi_inverted_clear(lsi_inverted *d);
#endif
