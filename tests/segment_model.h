/* segment_model.h — random documents, and what a segment of them has to say, worked out the slow and plain way: a flat
 * array of occurrences, sorted. Shared by the tests of segments. */
#ifndef SEGMENT_MODEL_H
#define SEGMENT_MODEL_H
#include "libsearch/segment/live.h"
#include "libsearch/segment/memseg.h"
#include "libsearch/segment/merge.h"

uint32_t rnd(uint32_t n);
void rnd_seed(uint64_t seed);

typedef struct random_doc {
    ls_doc *d;
    uint64_t hash;
} random_doc;

/* Fields of every kind, weights at random; the main field is "body". */
ls_schema *random_schema(void);
void random_doc_make(random_doc *r, const ls_schema *s, uint32_t no);
void random_doc_free(random_doc *r);

/* The text of everything a segment must hold of the documents whose bit in dead (NULL: none) is not set: terms, lists,
 * scored frequencies, positions, forms, lengths, regions, columns, keywords, documents. */
void model_dump(lsi_buf *out, const ls_schema *s, random_doc *const *docs, uint32_t count, const uint64_t *dead);
/* The same, read from a segment. Ends the test where it cannot be read. */
void segment_dump(lsi_buf *out, const lsi_segment *seg);
/* Live frequencies of every term in every list and of every form: from the model, and from a segment and its live
 * file. Only what is not 0. */
void model_live_dump(lsi_buf *out, const ls_schema *s, random_doc *const *docs, uint32_t count, const uint64_t *dead);
void segment_live_dump(lsi_buf *out, const lsi_segment *seg, const lsi_live *live);

_Noreturn void die(const char *what, const ls_error *err);
void must_equal(const char *what, const lsi_buf *expected, const lsi_buf *found);
/* Every section but the stored documents' and their dictionary's: the same bytes. */
void must_be_same_file(const char *what, const lsi_frame *a, const lsi_frame *b);
#endif
