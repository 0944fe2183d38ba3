/* lines.h — lines that are boilerplate because a list says so: those of every text, and those of the texts of a source.
 *
 * Lines are compared by their words: letters, figures and marks folded, whatever stands between them one blank. So
 * "• Read more: the Guardian’s view »" is "read more the guardian s view", however its line is broken. */
#ifndef LSI_LINES_H
#define LSI_LINES_H
#include "libsearch/text/fold.h"

#define LSI_LINE_MAX         1024u /* bytes of a line, as it is written and as it is compared */
#define LSI_LINE_SOURCE_MAX  255u  /* bytes of a source's name */
#define LSI_LINES_MAX        8192u
#define LSI_LINES_BYTES_MAX  524288u /* of all lines and names of sources */
#define LSI_LINES_EVERYWHERE 0u      /* the number of no source: the texts of all of them */

/* The words of the line that begins in text at `at`, folded, into key; 0 where there are none, or more than `most` bytes
 * of them (≤ LSI_LINE_MAX). A line ends where a paragraph does (sentence.c); *end: there. */
size_t lsi_line_key(lsi_folder *f, const uint8_t *text, size_t len, size_t at, bool wrapped, size_t most,
                    uint8_t key[LSI_LINE_MAX + LSI_FORM_MAX], size_t *end);

/* Counted by references; not to be changed while there is more than one. */
typedef struct lsi_lines lsi_lines;
int lsi_lines_new(lsi_lines **out, ls_error *err);
void lsi_lines_retain(lsi_lines *l);  /* takes NULL */
void lsi_lines_release(lsi_lines *l); /* takes NULL */
/* One of its own, for a change: l itself where nobody else has it, else a copy, l being released. NULL makes an empty
 * one. On failure l is as it was. */
int lsi_lines_own(lsi_lines **out, lsi_lines *l, lsi_analyzer *a, ls_error *err);
/* source_len 0: of every source. LS_EXISTS: it is there already; LS_INVALID, LS_LIMIT say what was expected. */
int lsi_lines_add(lsi_lines *l, lsi_analyzer *a, const char *source, size_t source_len, const char *line, size_t len,
                  ls_error *err);
size_t lsi_lines_count(const lsi_lines *l); /* takes NULL */
/* In order of their coming, NUL-terminated and borrowed. *source: "" of every source; *number: of it. */
const char *lsi_lines_at(const lsi_lines *l, size_t i, const char **source, uint32_t *number);
/* Sources are numbered from 1 on, in order of their coming. */
size_t lsi_lines_source_count(const lsi_lines *l);
const char *lsi_lines_source_at(const lsi_lines *l, size_t number);
/* The number of a source by any spelling; LSI_LINES_EVERYWHERE where it has no lines of its own. LS_NOMEM. */
int lsi_lines_source(const lsi_lines *l, lsi_analyzer *a, const char *source, size_t len, uint32_t *number,
                     ls_error *err);
/* The end of the line at `at` where it is one of the list's, else 0. */
size_t lsi_lines_match(const lsi_lines_of *of, lsi_folder *f, const uint8_t *text, size_t len, size_t at, bool wrapped);
#endif
