/* nitf.h — an article in NITF as an article in JSON. */
#ifndef LIBSEARCH_IMPORT_NITF_H
#define LIBSEARCH_IMPORT_NITF_H
#include "json/json.h"

#define IM_NITF_MAX (64u << 20) /* bytes of one document */

/* Appends one JSON object for js_article_read. LS_INVALID: err->message begins with the line. LS_LIMIT, LS_NOMEM. */
int im_nitf_json(js_text *out, const char *bytes, size_t len, ls_error *err);
#endif
