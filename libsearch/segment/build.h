/* build.h — the making of a segment file, for documents from memory and for merges alike: the same calls in the same
 * order give the same bytes. Calls come in the order in which they stand here; the first failure sticks and is told by
 * finish. */
#ifndef LSI_BUILD_H
#define LSI_BUILD_H
#include "libsearch/segment/meta.h"

/* What is known of all documents before the first term is written. */
typedef struct lsi_build_plan {
    uint32_t doc_count;
    uint64_t length_sum[LSI_LISTS_MAX], word_sum;
    const uint8_t *norms[LSI_LISTS_MAX]; /* doc_count bytes for each list */
    const uint8_t *languages;            /* language number of each document */
} lsi_build_plan;

typedef struct lsi_builder lsi_builder;
/* The arrays of the plan stay the caller's and must live until finish. */
int lsi_builder_new(lsi_builder **out, lsi_dir *dir, uint64_t generation, const ls_schema *schema,
                    const lsi_build_plan *plan, ls_error *err);
void lsi_builder_abort(lsi_builder *b); /* takes NULL */

/* ---- terms, in rising order; of each its lists, in rising order; of each its documents ---- */
void lsi_build_list_begin(lsi_builder *b, uint32_t list, uint32_t form_count);
void lsi_build_posting(lsi_builder *b, lsi_doc doc, uint32_t count, uint32_t tf);
void lsi_build_postings(lsi_builder *b, const lsi_doc *docs, const uint32_t *counts, const uint32_t *tf, uint32_t n);
/* Of any number of the list's postings the entries of their position stream (of each document the first position, then
 * gaps), and the new number of each of their forms (map: by the old one). */
void lsi_build_entries(lsi_builder *b, const uint32_t *entries, uint32_t n);
void lsi_build_form_numbers(lsi_builder *b, const uint32_t *old, const uint32_t *map, uint32_t n);
void lsi_build_list_end(lsi_builder *b);
void lsi_build_term(lsi_builder *b, const uint8_t *term, size_t len, uint32_t form_count); /* its lists are done */
void lsi_build_form(lsi_builder *b, const lsi_form *f); /* after the last term, in rising (folded, form, term) */

/* ---- documents ---- */
void lsi_build_doc(lsi_builder *b, const uint8_t *id, size_t id_len, uint64_t hash, const uint8_t *stored, size_t n);

/* That a document has a guid, by its hash; in any order. */
void lsi_build_guid(lsi_builder *b, lsi_doc doc, uint64_t hash);
/* ---- copies, where any document has a text: all but the entries, these in rising order, the end ---- */
struct lsi_copies;
void lsi_build_copies(lsi_builder *b, const struct lsi_copies *c);
void lsi_build_shingle(lsi_builder *b, uint64_t entry);
void lsi_build_copies_end(lsi_builder *b);

/* ---- columns. Fields without any value are left out ---- */
typedef enum lsi_build_column_kind {
    LSI_BUILD_REGION,
    LSI_BUILD_LENGTH,
    LSI_BUILD_FIELD,
    LSI_BUILD_VERSION
} lsi_build_column_kind;
void lsi_build_column(lsi_builder *b, lsi_build_column_kind kind, uint32_t no, const int64_t *values,
                      const uint64_t *present);
void lsi_build_keywords(lsi_builder *b, uint32_t field, const lsi_keyword_pair *pairs, size_t count);

int lsi_build_rc(const lsi_builder *b); /* the failure so far, to give up early */
/* Frees b in every case. */
int lsi_builder_finish(lsi_builder *b, bool sync, lsi_segment_info *out, ls_error *err);

/* True where list `list` of a schema has positions and forms of its own: 0 and those of text fields of weight 0. */
bool lsi_list_has_positions(const ls_schema *s, uint32_t list);
/* Opens the streams of a list that has positions: LS_CORRUPT where its record says otherwise. Each may be NULL. */
int lsi_list_streams(const lsi_segment *s, const lsi_list *l, uint32_t form_count, lsi_stream *positions,
                     lsi_stream *forms, ls_error *err);
/* The lengths of all lists, and the words of weighted fields, from the lengths of one document's text fields. */
uint64_t lsi_list_lengths(const ls_schema *s, const uint32_t *text_lengths, uint64_t lists[LSI_LISTS_MAX]);
#endif
