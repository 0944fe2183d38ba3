/* column.h — one value a document: bit-packed with minimum and maximum for each 4,096 documents; and lists of keyword
 * ordinals. Numbers, dates, keyword ordinals, first positions. */
#ifndef LSI_COLUMN_H
#define LSI_COLUMN_H
#include "libsearch/store/frame.h"

#define LSI_COLUMN_BLOCK 4096u

/* ---- numbers: at most one a document ---- */
typedef struct lsi_column {
    const lsi_section *section;
    uint64_t offset; /* of this column in its section */
    uint32_t doc_count, block_count;
    int64_t min, max; /* over all present; min > max where none is */
    uint64_t present; /* documents with a value */
    uint64_t step;    /* every value is its block's min plus a multiple of this */
} lsi_column;
int lsi_column_open(lsi_column *c, const lsi_section *s, uint64_t offset, ls_error *err);
/* *has false where the document has no value. */
int lsi_column_get(const lsi_column *c, lsi_doc doc, bool *has, int64_t *value, ls_error *err);
/* All of a block (documents block·4096…) into values[] and a bit set present[64 words]; *n documents in it. */
int lsi_column_block(const lsi_column *c, uint32_t block, int64_t *values, uint64_t *present, uint32_t *n,
                     ls_error *err);
/* Which documents of a block have a value in [from, to]: 64 words. */
int lsi_column_between(const lsi_column *c, uint32_t block, int64_t from, int64_t to, uint64_t *bits, ls_error *err);
/* Smallest and largest value of a block; min > max where it has none. */
int lsi_column_block_range(const lsi_column *c, uint32_t block, int64_t *min, int64_t *max, ls_error *err);
/* Every block: values, bounds, counts. */
int lsi_column_verify(const lsi_column *c, ls_error *err);
/* Writes a column and tells its offset. present: bit set of doc_count bits (NULL: all). */
int lsi_column_write(lsi_sink *s, const int64_t *values, const uint64_t *present, uint32_t doc_count, uint64_t *offset,
                     ls_error *err);

/* ---- keywords: any number of values a document ---- */
typedef struct lsi_keywords { /* sorted distinct folded values with their spelling as written first */
    const lsi_section *section;
    uint64_t offset;
    uint32_t doc_count, value_count;
    uint32_t pair_count;                          /* of a document and a value */
    bool single;                                  /* no document has two */
    uint64_t starts, docs, doc_starts, ords, end; /* offsets of its parts in the section; see keywords.c */
} lsi_keywords;
int lsi_keywords_open(lsi_keywords *k, const lsi_section *s, uint64_t offset, ls_error *err);
int lsi_keywords_find(const lsi_keywords *k, const uint8_t *folded, size_t len, uint32_t *ord, ls_error *err);
int lsi_keywords_value(const lsi_keywords *k, uint32_t ord, const uint8_t **folded, size_t *folded_len,
                       const uint8_t **written, size_t *written_len, ls_error *err); /* borrowed from the section */
/* Ordinals of a document, rising, into ords[cap]; *n: how many it has (may exceed cap). */
int lsi_keywords_doc(const lsi_keywords *k, lsi_doc doc, uint32_t *ords, uint32_t cap, uint32_t *n, ls_error *err);
/* Documents that have a value: calls are O(df). docs[cap] gets the first of those in [from, to); *n: how many these
 * are (may exceed cap). */
int lsi_keywords_docs(const lsi_keywords *k, uint32_t ord, lsi_doc from, lsi_doc to, lsi_doc *docs, uint32_t cap,
                      uint32_t *n, ls_error *err);
int lsi_keywords_verify(const lsi_keywords *k, ls_error *err);
/* pairs sorted by (folded value, doc); equal pairs count once; the spelling is that of a value's first pair. */
typedef struct lsi_keyword_pair {
    const uint8_t *folded, *written;
    uint32_t folded_len, written_len;
    lsi_doc doc;
} lsi_keyword_pair;
int lsi_keywords_write(lsi_sink *s, const lsi_keyword_pair *pairs, size_t pair_count, uint32_t doc_count,
                       uint64_t *offset, ls_error *err);
#endif
