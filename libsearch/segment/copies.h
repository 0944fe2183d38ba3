/* copies.h — which documents are copies of which: what a segment keeps to know it, how it is found, how texts are
 * compared.
 *
 * Relations are between texts, by their hashes: a text replaced is another text, numbers may change, and a relation to
 * what nobody has any more leads nowhere. */
#ifndef LSI_COPIES_H
#define LSI_COPIES_H
#include "libsearch/segment/merge.h"
#include "libsearch/text/shingle.h"

#define LSI_COPIES_LEAST  20u    /* texts of fewer shingles are copies only where they are equal */
#define LSI_COPIES_SHORT  60u    /* below so many one kept shingle in common makes a candidate, else three */
#define LSI_COPIES_GROUPS 100u   /* a shingle of more texts says nothing */
#define LSI_COPIES_LINE   10u    /* a line does not recur before so many texts have it */
#define LSI_COPIES_ROWS   64u    /* a text keeps so many relations to others that were there before */
#define LSI_COPIES_SHARE  13107u /* of LSI_SHARE_ONE, .20: less is no relation */

/* What the section of a segment will say. */
typedef struct lsi_copies {
    uint32_t doc_count;
    uint64_t *texts;   /* of each document; 0: none */
    uint8_t *counts;   /* shingles, at most LSI_SHINGLES_SO */
    lsi_doc *order;    /* documents by (text, number) */
    lsi_doc *first;    /* of each document: the first that has its text */
    uint64_t *entries; /* sorted; of first documents. Not used by merges */
    size_t entry_count;
    uint32_t *starts; /* of entries by their highest bits, so that one is found at once */
    unsigned start_bits;
    lsi_relation_row *rows;
    size_t row_count, row_cap;
} lsi_copies;

int lsi_copies_init(lsi_copies *c, uint32_t doc_count, ls_error *err);
void lsi_copies_clear(lsi_copies *c);
int lsi_copies_group(lsi_copies *c, ls_error *err);                            /* order and first, from texts */
int lsi_copies_add(lsi_copies *c, const lsi_relation_row *row, ls_error *err); /* and its counterpart */
void lsi_copies_sort(lsi_copies *c);                                           /* rows, without repeats */
int lsi_copies_index(lsi_copies *c, ls_error *err);                            /* starts, from entries */
/* The first entry ≥ value. */
size_t lsi_copies_seek(const lsi_copies *c, uint64_t value);
/* Sorts entries whose documents rise; tmp is as large. */
void lsi_copies_radix(uint64_t *a, uint64_t *tmp, size_t n);

/* ---- texts compared (copies_text.c) ---- */
#define LSI_COPY_TITLE UINT32_MAX
typedef struct lsi_copy_word {
    uint64_t hash, shingle; /* of the shingle that ends here */
    size_t start, end;      /* bytes of its value */
    uint32_t line, value;   /* both counted through the main field, from 0; value LSI_COPY_TITLE: of the title */
    bool ends, left_out;    /* a shingle ends here; it touches a line that recurs */
} lsi_copy_word;
typedef struct lsi_copy_text { /* one text, cut */
    lsi_copy_word *words;
    uint64_t *set; /* its shingles, sorted, each once, without those left out; behind them unsorted ones, scratch */
    size_t count, cap, set_count, set_cap;
} lsi_copy_text;
void lsi_copy_text_clear(lsi_copy_text *t);

typedef struct lsi_copy_source { /* a folded value; len 0: none */
    const uint8_t *bytes;
    size_t len;
    uint64_t hash;
} lsi_copy_source;
/* Documents that are in no segment yet. Members as in lsi_copies; read fills a document and its language. */
typedef struct lsi_copy_memory {
    const lsi_copies *copies;
    const lsi_copy_source *sources;
    int (*read)(void *ctx, lsi_doc doc, ls_doc *d, int *lang, ls_error *err);
    void *ctx;
} lsi_copy_memory;

typedef struct lsi_comparer lsi_comparer;
/* segs are borrowed, memory may be NULL. LS_NOMEM. */
int lsi_comparer_new(lsi_comparer **out, lsi_segment *const *segs, size_t count, const ls_schema *schema,
                     const lsi_copy_memory *memory, ls_error *err);
void lsi_comparer_free(lsi_comparer *c); /* takes NULL */
/* seg == count: of the memory. */
int lsi_comparer_source(lsi_comparer *c, size_t seg, lsi_doc doc, lsi_copy_source *out, ls_error *err);
int lsi_comparer_text(lsi_comparer *c, size_t seg, lsi_doc doc, lsi_copy_text *out, ls_error *err);
/* Whether a kept shingle stands in so many documents of a source that the line around it recurs. */
int lsi_comparer_recurs(lsi_comparer *c, uint64_t shingle, const lsi_copy_source *s, bool *yes, ls_error *err);

/* ---- their sets (copies_sets.c) ---- */
typedef struct lsi_copy_set { /* shingles, rising, each once; borrowed */
    const uint64_t *shingles;
    size_t count;
} lsi_copy_set;
/* Puts n shingles in order, repeats too. */
void lsi_copy_set_sort(uint64_t *to, const uint64_t *from, size_t n);
/* How many shingles two sets have in common. */
uint64_t lsi_copy_common(const lsi_copy_set *a, const lsi_copy_set *b);
/* How much of `a` that is, in 1/65535. */
LSI_INLINE uint16_t lsi_copy_share(uint64_t common, const lsi_copy_set *a)
{
    if (!a->count) return 0;
    return (uint16_t)(common * LSI_SHARE_ONE / a->count);
}

typedef struct lsi_copy_sets lsi_copy_sets; /* of texts that were cut, while they fit */
int lsi_copy_sets_new(lsi_copy_sets **out, lsi_comparer *cmp, ls_error *err);
void lsi_copy_sets_free(lsi_copy_sets *s); /* takes NULL */
/* The set of a text (seg as for lsi_comparer_text). It lives until scratch is used again, or until trim. */
int lsi_copy_sets_get(lsi_copy_sets *s, size_t seg, lsi_doc doc, lsi_copy_text *scratch, lsi_copy_set *out,
                      ls_error *err);
void lsi_copy_sets_trim(lsi_copy_sets *s); /* forgets all where there are too many */

/* ---- found (copies_find.c): rows of the memory's texts, among themselves and with those of segments ---- */
int lsi_copies_find(lsi_copies *c, lsi_comparer *cmp, lsi_segment *const *segs, size_t count, ls_error *err);
#endif
