/* take.h — one article under way from JSON or text to a document: shared by article.c and take.c. */
#ifndef LIBSEARCH_JSON_TAKE_H
#define LIBSEARCH_JSON_TAKE_H
#include "json/inside.h"

typedef struct js_take {
    ls_doc *doc;
    const js_article_options *o;
    json_t *extra;     /* members that the schema does not have; NULL until there is one */
    const char *title; /* names of the schema's title and main fields, NULL where it has none */
    const char *main;
    bool has_title, has_published, published_broken;
    js_text body;     /* of the main field, joined */
    const char *lead; /* borrowed from the JSON, until it is known whether it is the body's beginning */
    size_t lead_len;
    size_t fields; /* members that said something */
    ls_error *err;
} js_take;

/* Tells the caller's warn function. */
void js_take_warn(const js_take *t, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
/* One member, by its schema field, or into extra where field is NULL. */
int js_take_member(js_take *t, const char *name, const ls_field *field, const json_t *v);
/* Puts a member of any type into extra; the first of a name wins. */
int js_take_extra(js_take *t, const char *name, const json_t *v);
/* Whether the schema has a field of this type. */
bool js_take_has(const js_take *t, const char *name, ls_type type);
/* Adds text to a field of the schema, nothing where the schema lacks it. */
int js_take_text(js_take *t, const char *field, const char *s, size_t len);
/* When all members were taken: title and body, lead, published by file name or time, extra. */
int js_take_finish(js_take *t, const char *title_source, const char *date_source);
#endif
