/* import.h — files and streams of articles into documents: plain text, JSON, NDJSON, NITF.
 *
 * A small library of its own for the command line and the server, above json/ and libsearch.h. It knows formats, not
 * indexes: each article is handed to a function of the caller's. Names: im_. */
#ifndef LIBSEARCH_IMPORT_H
#define LIBSEARCH_IMPORT_H
#include <stdio.h>

#include "json/json.h"

#define IM_LINE_MAX (64u << 20)   /* bytes of one line of NDJSON; a longer one is an error, and skipped */
#define IM_FILE_MAX (1024u << 20) /* bytes of one article in a file of its own */

typedef enum im_kind {
    IM_OTHER,  /* nothing that is read here */
    IM_TEXT,   /* .txt: one article */
    IM_JSON,   /* .json: one object, or an array of them; also NDJSON by that name */
    IM_NDJSON, /* .ndjson .jsonl: an object a line */
    IM_NITF,   /* .nitf .xml: one article in NITF */
} im_kind;

/* By the end of the name, in any case. */
im_kind im_kind_of(const char *path);
/* The same of a file found in a folder: an .xml whose first 4 KB have no "<nitf" is IM_OTHER, for much else ends so. What
 * cannot be read keeps its kind, so that reading it tells why. */
im_kind im_kind_of_found(const char *path);
#define IM_EXPECTED ".txt, .json, .ndjson, .jsonl, .nitf or .xml"

/* Whether files of this kind hold one article (and therefore may take their id and date from the file). */
bool im_is_single(im_kind kind);

/* Reads all articles of a stream. `each` is called with the number of the line (NDJSON), of the element (JSON) or 1
 * (text), and doc NULL with rc and err where that one is bad; what it returns, if not 0, ends the reading and is
 * returned. Otherwise LS_OK, or LS_IO where the stream cannot be read, LS_LIMIT, LS_NOMEM. `doc` is used for every
 * article in turn. Of NDJSON, path, file_name and mtime of the options are not used. */
int im_read(FILE *in, im_kind kind, ls_doc *doc, const js_article_options *o, js_each_fn *each, void *ctx,
            ls_error *err);

/* The same for NDJSON that arrives in pieces (a request's body). Zeroes to begin; feed with last = true at the end
 * (then nothing is kept). */
typedef struct im_lines {
    js_text line;    /* the beginning of a line that has not ended yet */
    uint64_t number; /* of the last line that ended */
    bool too_long;   /* the line under way is over IM_LINE_MAX and is being skipped */
} im_lines;
int im_lines_feed(im_lines *l, const char *bytes, size_t len, bool last, ls_doc *doc, const js_article_options *o,
                  js_each_fn *each, void *ctx);
void im_lines_free(im_lines *l);
#endif
