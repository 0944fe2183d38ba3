/* shingles.h — by what a segment's documents are recognised as copies: the hash of each text, kept shingles, and which
 * texts contain how much of which others. */
#ifndef LSI_SHINGLES_H
#define LSI_SHINGLES_H
#include "libsearch/store/frame.h"
#include "libsearch/util/buf.h"

/* A kept shingle and a document, in one number: the highest 32 bits of the one (its mark), and the other. */
#define LSI_SHINGLE_DOC_BITS 32
LSI_INLINE uint64_t lsi_shingle_entry(uint64_t shingle, lsi_doc doc)
{
    return (shingle >> LSI_SHINGLE_DOC_BITS << LSI_SHINGLE_DOC_BITS) | doc;
}
LSI_INLINE lsi_doc lsi_shingle_doc(uint64_t entry)
{
    return (lsi_doc)entry;
}
LSI_INLINE uint32_t lsi_shingle_mark(uint64_t entry)
{
    return (uint32_t)(entry >> LSI_SHINGLE_DOC_BITS);
}

#define LSI_SHARE_ONE   65535u /* a share of 1 */
#define LSI_SHINGLES_SO 255u   /* so many shingles, or more */

typedef struct lsi_relation_row { /* two texts */
    uint64_t text, other;
    uint16_t share, back; /* of text that lies in other, of other that lies in text */
    uint8_t common;       /* different shingles that both have, at most LSI_SHINGLES_SO */
} lsi_relation_row;

typedef struct lsi_shingles {
    const lsi_section *section; /* NULL: no document of the segment has a text */
    uint32_t doc_count;
    unsigned doc_width, row_width; /* bits of a document, of a row */
    uint64_t rows, entries;
    uint64_t order_at, counts_at, keys_at, twins_at, shares_at, common_at, blocks_at,
        heads_at; /* offsets of the parts */
} lsi_shingles;

int lsi_shingles_open(lsi_shingles *x, const lsi_section *s, uint32_t doc_count, ls_error *err);
/* Hash of a document's text (0: it has none) and its shingles, at most LSI_SHINGLES_SO. */
int lsi_shingles_doc(const lsi_shingles *x, lsi_doc doc, uint64_t *text, uint32_t *count, ls_error *err);
/* Documents of a text: numbers [*from, *to) of the order, and the document of such a number. They rise. */
int lsi_shingles_text(const lsi_shingles *x, uint64_t text, uint32_t *from, uint32_t *to, ls_error *err);
int lsi_shingles_order(const lsi_shingles *x, uint32_t i, lsi_doc *doc, ls_error *err);
/* Rows of a text: [*from, *to), rising by other; and one of them. */
int lsi_shingles_rows(const lsi_shingles *x, uint64_t text, uint64_t *from, uint64_t *to, ls_error *err);
int lsi_shingles_row(const lsi_shingles *x, uint64_t i, lsi_relation_row *out, ls_error *err);
/* Rows and documents, but not the entries. */
int lsi_shingles_verify_texts(const lsi_shingles *x, ls_error *err);
int lsi_shingles_verify(const lsi_shingles *x, ls_error *err);

/* ---- entries, by rising mark, then document (shingle_entries.c) ---- */
#define LSI_SHINGLE_BLOCK 256u
/* A place among the entries, which may be read on from, with the block around it. */
typedef struct lsi_shingle_cursor {
    const lsi_shingles *x;
    uint64_t at;    /* number of the entry in hand; x->entries: none is left */
    uint64_t block; /* the one that is read; UINT64_MAX: none */
    uint32_t count; /* entries of it */
    const uint8_t *docs;
    uint32_t marks[LSI_SHINGLE_BLOCK + 16];
} lsi_shingle_cursor;
void lsi_shingle_cursor_init(lsi_shingle_cursor *c, const lsi_shingles *x); /* at the first entry */
/* Goes to the first entry whose mark is ≥ mark. Cheap where marks rise from call to call. */
int lsi_shingle_seek(lsi_shingle_cursor *c, uint32_t mark, ls_error *err);
/* The entry in hand, which there is; its document is one of the segment. */
int lsi_shingle_get(lsi_shingle_cursor *c, uint64_t *entry, ls_error *err);
/* Entries rise, and are the first documents' of their texts. */
int lsi_shingle_verify(const lsi_shingles *x, ls_error *err);

/* Writing: everything but the entries, then these in strictly rising order, then the end. order: the documents by
 * (text, document). Rows come both ways round, else LS_CORRUPT. */
typedef struct lsi_shingles_writer {
    lsi_sink *sink;
    uint32_t doc_count, count;
    unsigned doc_width;
    uint64_t rows, entries, last, blocks_at;
    lsi_buf block, heads;
    uint32_t marks[LSI_SHINGLE_BLOCK], docs[LSI_SHINGLE_BLOCK]; /* waiting */
} lsi_shingles_writer;
int lsi_shingles_begin(lsi_shingles_writer *w, lsi_sink *s, uint32_t doc_count, const uint64_t *texts,
                       const lsi_doc *order, const uint8_t *counts, const lsi_relation_row *rows, size_t row_count,
                       ls_error *err);
void lsi_shingles_put(lsi_shingles_writer *w, uint64_t entry);
int lsi_shingles_end(lsi_shingles_writer *w, ls_error *err);
void lsi_shingles_writer_clear(lsi_shingles_writer *w); /* also of zeros */
#endif
