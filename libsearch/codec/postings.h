/* postings.h — the posting list of one term in one list, in blocks of 256 documents; see the head of postings.c for
 * the bytes. A writer takes documents in rising order; a reader hands out decoded blocks. */
#ifndef LSI_POSTINGS_H
#define LSI_POSTINGS_H
#include "libsearch/store/frame.h"

#define LSI_BLOCK_DOCS       256u
#define LSI_RANGE_SHIFT      6 /* range maxima: 64 documents each */
#define LSI_RANGE_DOCS       64u
#define LSI_SEGMENT_DOCS_MAX ((uint32_t)1 << 30)   /* so that a gap fits 30 bits and no running sum wraps */
#define LSI_COUNT_MAX        ((uint32_t)INT32_MAX) /* of a raw count, and of a scored tf */
#define LSI_OFFSET_NONE      UINT64_MAX            /* positions_offset, forms_offset: the list has no such stream */

/* The sections that posting lists of a segment lie in. */
typedef struct lsi_postings_sections {
    const lsi_section *facts;  /* arrays for each term: last document, offset, widths, impact, cumulative count */
    const lsi_section *blocks; /* packed blocks */
    const lsi_section *ranges; /* range maxima */
    uint32_t doc_count;        /* of the segment: every document number is checked against it */
} lsi_postings_sections;

/* Where a term's list lies: decoded from the dictionary, kept by value. df 0: the term has no such list. */
typedef struct lsi_list {
    uint32_t df;
    uint64_t cf;        /* sum of the raw counts = entries of its position and form streams */
    uint8_t max_impact; /* the largest of its blocks */
    uint8_t has_ranges;
    uint8_t inline_count; /* df when the postings stand below (df ≤ 3), else 0 */
    lsi_doc inline_doc[3];
    uint32_t inline_n[3], inline_tf[3]; /* raw count, scored tf */
    uint64_t facts_offset, blocks_offset, ranges_offset;
    uint64_t positions_offset, forms_offset; /* in their sections; see positions.h, forms.h */
} lsi_list;

#define LSI_FORM_BITS 31u /* of a block's documents: see postings.c */

/* An open list: its facts as plain arrays (verified bytes of the file, or of the struct for inline lists). */
typedef struct lsi_postings {
    lsi_list list;
    lsi_postings_sections at;
    uint32_t block_count;
    const uint8_t *last_le;   /* u32 little-endian a block: its last document (lsi_get32) */
    const uint8_t *offset_le; /* u32 a block, from blocks_offset */
    const uint8_t *widths_le; /* u16 a block */
    const uint8_t *impact;    /* u8 a block: ceil(255·tf/(tf+K)) at most, K of the time of writing */
    const uint8_t *cum_le;    /* u32 a block: raw counts before it (mod 2^32 is not allowed: cf < 2^32) */
    const uint8_t *ranges;    /* u8 for each 64 documents, 0: none there; NULL where has_ranges is 0 */
    uint32_t range_count;
    uint8_t inline_facts[32];

    /* The decoded block. docs[n..n+15] are LSI_DOC_END. */
    uint32_t block, n; /* block: UINT32_MAX before the first */
    bool have_counts, have_tf;
    uint32_t docs[LSI_BLOCK_DOCS + 16];
    uint32_t counts[LSI_BLOCK_DOCS + 16]; /* raw: entries in the position stream */
    uint32_t tf[LSI_BLOCK_DOCS + 16];     /* scored: weighted, boilerplate taken off, at least 1 */
    uint64_t counts_at, adj_at;           /* in the section of blocks: the present block's parts behind its documents */
} lsi_postings;

/* err-returning calls: LS_OK, LS_CORRUPT. The struct needs no clearing; pointers live as long as the segment. */
int lsi_postings_open(lsi_postings *p, const lsi_postings_sections *at, const lsi_list *list, ls_error *err);
int lsi_postings_block(lsi_postings *p, uint32_t block, ls_error *err); /* documents of a block into docs */
/* Where a block is kept as a bit a document: sets the bits of its documents within [lo, hi), bit 0 of bits[0] standing
 * for lo (a multiple of 64), without decoding it; *done: it is kept so. */
int lsi_postings_set_bits(lsi_postings *p, uint32_t block, lsi_doc lo, lsi_doc hi, uint64_t *bits, bool *done,
                          ls_error *err);
/* Whether a block is kept so. */
LSI_INLINE bool lsi_postings_is_bits(const lsi_postings *p, uint32_t block)
{
    return p->list.df > LSI_BLOCK_DOCS && (lsi_get16(p->widths_le + 2 * (size_t)block) & 31) == LSI_FORM_BITS;
}
/* Where it is kept so: *bits, bit 0 standing for document *first, readable to the next multiple of 64; else NULL. */
int lsi_postings_as_bits(const lsi_postings *p, uint32_t block, const uint8_t **bits, lsi_doc *first, ls_error *err);
/* Indexes in such a block of n of its documents, in rising order. */
int lsi_postings_ranks(const lsi_postings *p, uint32_t block, const uint8_t *bits, lsi_doc first, const lsi_doc *docs,
                       uint32_t n, uint8_t *at, ls_error *err);
int lsi_postings_counts(lsi_postings *p, ls_error *err); /* raw counts of the present block */
/* Raw counts - 1 of any block, whichever is decoded: room as of p->counts. *n: how many. */
int lsi_postings_less(const lsi_postings *p, uint32_t block, uint32_t *less, uint32_t *n, ls_error *err);
int lsi_postings_tf(lsi_postings *p, ls_error *err); /* scored tf of the present block (counts too) */
/* First block from `from` whose last document is ≥ doc; block_count where none. Gallops. */
uint32_t lsi_postings_seek_block(const lsi_postings *p, uint32_t from, lsi_doc doc);
/* First index ≥ from in the present block whose document is ≥ doc (n where none). */
uint32_t lsi_postings_lower(const lsi_postings *p, uint32_t from, lsi_doc doc);
/* Index in the position and form streams of the i-th document of the present block (counts must be there). */
uint32_t lsi_postings_stream(const lsi_postings *p, uint32_t i);
LSI_INLINE lsi_doc lsi_postings_last(const lsi_postings *p, uint32_t block)
{
    return lsi_get32(p->last_le + 4 * (size_t)block);
}

/* ---- writing ---- */
/* For bounds: inv_k[norm] = 1 / K of that length, with the k1, b and average of writing; norms of list 0 or the field.
 */
typedef struct lsi_impact_model {
    const uint8_t *norms; /* doc_count bytes */
    float k[256];         /* K by norm code */
} lsi_impact_model;
typedef struct lsi_postings_writer lsi_postings_writer;
int lsi_postings_writer_new(lsi_postings_writer **out, lsi_sink *facts, lsi_sink *blocks, lsi_sink *ranges,
                            uint32_t doc_count, const lsi_impact_model *model, ls_error *err);
void lsi_postings_writer_free(lsi_postings_writer *w);
/* One term's list: begin, documents in rising order with count ≥ 1 and tf ≥ 1, end fills *out (but for the offsets
 * of positions and forms). Sticky error, told by end. */
void lsi_postings_begin(lsi_postings_writer *w);
void lsi_postings_add(lsi_postings_writer *w, lsi_doc doc, uint32_t count, uint32_t tf);
void lsi_postings_add_all(lsi_postings_writer *w, const lsi_doc *docs, const uint32_t *counts, const uint32_t *tf,
                          uint32_t n);
int lsi_postings_end(lsi_postings_writer *w, lsi_list *out, ls_error *err);
/* The byte that bounds tf / (tf + k), in 255ths: never below it, in exact or in float arithmetic; at least 1. */
uint8_t lsi_impact(uint32_t tf, float k);
/* Walks a list from end to end: order, ranges, counts, facts against blocks, impacts against the norms. */
int lsi_postings_verify(const lsi_postings_sections *at, const lsi_list *list, const lsi_impact_model *model,
                        ls_error *err);
#endif
