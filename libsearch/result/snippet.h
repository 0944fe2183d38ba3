/* snippet.h — passages of a document for a query: chosen (passage.c), written as text and HTML (snippet.c). */
#ifndef LSI_SNIPPET_H
#define LSI_SNIPPET_H
#include "libsearch/result/match.h"

/* A stretch of a text that was read by a matcher. */
typedef struct lsi_passage {
    size_t start, end;   /* bytes */
    size_t first, count; /* its marks in the matcher */
    float score;
} lsi_passage;
/* Up to `count` passages of about `length` code points, in the order of the text; with no marks the beginning of the
 * text. out: room for count. Returns how many; negative: LS_NOMEM. */
int lsi_passages_choose(const lsi_matcher *m, const uint8_t *text, size_t len, size_t count, size_t length,
                        lsi_arena *a, lsi_passage *out, ls_error *err);

/* Passages of many documents for one query; one thread at a time, closed before its reader and query. */
int lsi_highlighter_open(ls_highlighter **out, const ls_reader *r, const ls_query *q, const ls_snippet_options *o,
                         ls_error *err);
/* given: the document where it has been read already, else NULL. */
int lsi_highlighter_make(ls_snippets **out, ls_highlighter *k, uint64_t doc, const ls_doc *given, ls_error *err);
void lsi_highlighter_close(ls_highlighter *k);
int lsi_snippets_make(ls_snippets **out, const ls_reader *r, const ls_query *q, uint64_t doc,
                      const ls_snippet_options *o, ls_error *err);
void lsi_snippets_free(ls_snippets *s);
/* Turns rising byte ranges into another unit (LS_RANGES_*), in one pass over the text. */
void lsi_ranges_convert(const uint8_t *text, size_t len, ls_range *r, size_t count, int unit);
#endif
