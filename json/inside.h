/* inside.h — what the files of json/ share with each other and nobody else. */
#ifndef LIBSEARCH_JSON_INSIDE_H
#define LIBSEARCH_JSON_INSIDE_H
#include <jansson.h>

#include "json/json.h"

/* err->code and message; returns the code. offset UINT64_MAX: none. */
int js_fail(ls_error *err, int code, uint64_t offset, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;

/* find.c: sets up a search and gives it to `with` (which may page through it, or explain it). */
typedef int js_with_fn(void *ctx, const ls_query *q, ls_search_options *o, ls_error *err);
int js_find_with(js_found *out, const js_request *q, const ls_reader *r, js_with_fn *with, void *ctx, ls_error *err);

/* The zone of a request's dates: its own, else the index's. */
const char *js_zone(const js_request *q, const ls_schema *s);

int64_t js_now(void); /* find.c: ms */

/* params.c: a copy of s at the end of a list. */
int js_list_add(js_list *l, const char *s, size_t len, js_problem *p);
void js_list_free(js_list *l);

/* own.c: fields of q->schema as parameters. set: one value of one for which js_own_is; ready: the filters that they become. */
#define JS_OWN_MAX 100
int js_own_set(js_request *q, const char *name, size_t name_len, const char *v, size_t len, js_problem *p);
int js_own_ready(js_request *q, const ls_schema *s, js_problem *p);
void js_own_clear(js_request *q);
/* The fields that are such parameters, as "tag (not), year (from, to)"; false: there are none. cap of at least 8. */
bool js_own_names(char *out, size_t cap, const ls_schema *s);
/* What an unknown name was likely meant to be; NULL where nothing is near. */
const char *js_own_guess(char out[72], const ls_schema *s, const char *name, size_t len);

/* document.c: a member of a document's or hit's JSON with what a field has; null where it has nothing. */
void js_put_field(js_text *out, const ls_doc *d, const ls_field *f);

/* search.c: refuses names in `fields` that no hit has. */
int js_check_fields(const js_request *q, const ls_schema *s, js_problem *p);

/* ninjs.c: renames the members of ninjs in place; anything else is left as it is. */
int js_ninjs_rename(json_t *object, ls_error *err);
/* markup.c: appends the text of a piece of HTML, paragraphs parted by empty lines. */
void js_markup_text(js_text *out, const char *s, size_t len);

#define JS_DEPTH_MAX 64
/* quick.c: the tree of JSON that is plain enough; NULL where it is not, has an error, or memory ran out. */
json_t *js_parse_quickly(const char *text, size_t len);
/* parse.c: JSON text, strictly: at most 64 deep, no name twice, nothing behind it. The caller drops *out. */
int js_parse(json_t **out, const char *text, size_t len, ls_error *err);
/* The same for the content of a request, which must be an object; its problems are invalid_json. */
int js_parse_object(json_t **out, const char *text, size_t len, js_problem *p);
/* "a string", "an object" …: what was found, for messages. */
const char *js_type_name(const json_t *v);
/* Edits (insert, delete, replace, swap of neighbours) between two words of at most JS_EDITS_MAX bytes. */
#define JS_EDITS_MAX 24
size_t js_edits(const char *a, size_t n, const char *b, size_t m);
/* Writes a tree as compact JSON. */
void js_write_json(js_text *out, const json_t *v);
#endif
