/* schema.h — the fields of an index: names, types, weights, and which posting lists they make. */
#ifndef LSI_SCHEMA_H
#define LSI_SCHEMA_H
#include "libsearch/libsearch.h"
#include "libsearch/util/base.h"
#include "libsearch/util/buf.h"

#define LSI_FIELDS_MAX      64
#define LSI_TEXT_FIELDS_MAX 16
#define LSI_FIELD_NONE      (-1)

/* List 0 is the combined list of all text fields with weight > 0. List 1 + t is the own list of text field t:
 *   - weight > 0, not the main field: documents and counts only (positions: those of list 0 within the field's region)
 *   - the main field: no list; it is list 0 with the others' counts taken off
 *   - weight 0: documents, counts, positions and forms of its own (one region, 0)
 * Norms have the same numbers: 0 weighted sum, 1 + t the field's own length. */
#define LSI_LIST_COMBINED 0
#define LSI_LISTS_MAX     (1 + LSI_TEXT_FIELDS_MAX)

#define LSI_SPARE_ANALYZERS 8

struct lsi_analyzer;
struct lsi_lines;
struct ls_doc;
struct lsi_doc_value;

typedef struct lsi_schema_field {
    ls_field pub; /* pub.name points at name */
    char name[64];
    int text_no; /* 0..15 among the text fields, in order of the schema; -1: not text */
    int region;  /* text with weight > 0: its region in list 0; -1 otherwise */
} lsi_schema_field;

struct ls_schema {
    lsi_schema_field fields[LSI_FIELDS_MAX];
    size_t count;
    size_t text_count;
    size_t region_count; /* of list 0: the weighted text fields in order, and behind them one for boilerplate */
    int title, main;     /* field numbers, or LSI_FIELD_NONE */
    double k1, b;
    char language[24], timezone[64], k1_text[24], b_text[24];
    int lang;                     /* number of language: LSI_LANG_… */
    struct lsi_zone *zone;        /* the rules of timezone, owned; NULL: UTC. Loaded by index/ and api/, not copied */
    bool copies;                  /* copies of a text are known, by its main field */
    bool title_fixed, main_fixed; /* chosen by the user or by segments already written: names no longer decide */
    struct lsi_lines *lines;      /* boilerplate of sources, shared by copies; NULL: none. See boilerplate.c */
    /* Analyzers that parsers of queries have done with, by atomic exchange only; see spare.c. Last: never copied. */
    struct lsi_analyzer *spare[LSI_SPARE_ANALYZERS];
};

/* An analyzer for the parse of one query; parsers on several threads may share a schema. LS_NOMEM. */
int lsi_schema_take_analyzer(const ls_schema *s, struct lsi_analyzer **out, ls_error *err);
void lsi_schema_give_analyzer(const ls_schema *s, struct lsi_analyzer *a); /* takes NULL */

/* boilerplate.c: lists of boilerplate lines, those of every source where source is NULL or "*". */
int lsi_schema_add_line(ls_schema *s, const char *source, const char *line, ls_error *err);
const char *lsi_schema_line(const ls_schema *s, size_t i, const char **source); /* NULL past the last */
void lsi_schema_take_lines(ls_schema *s, const ls_schema *from);                /* instead of those of s */
/* The value that names a document's source: the first of the keyword field so called, where that is stored; or NULL. */
const struct lsi_doc_value *lsi_schema_source(const ls_schema *s, const struct ls_doc *d);
/* Which list the texts of a document are cut by. LS_NOMEM. */
struct lsi_lines_of;
int lsi_schema_lines_of(struct lsi_lines_of *out, const ls_schema *s, const struct ls_doc *d, struct lsi_analyzer *a,
                        ls_error *err);
void lsi_schema_encode_lines(const ls_schema *s, lsi_buf *b); /* of the manifest; nothing where there are none */
int lsi_schema_decode_lines(ls_schema *s, const uint8_t *p, const uint8_t *end, ls_error *err);

/* The news schema's names, in order, are defined in schema.c. */
int lsi_schema_find(const ls_schema *s, const char *name, size_t len); /* field number or LSI_FIELD_NONE */
const lsi_schema_field *lsi_schema_text(const ls_schema *s, int text_no);
/* The field of a region of list 0, NULL for the boilerplate region. */
const lsi_schema_field *lsi_schema_region(const ls_schema *s, int region);
/* Copy, freed by lsi_schema_free; the public ls_schema_* functions of api/ call the ones below. */
int lsi_schema_copy(ls_schema **out, const ls_schema *s, ls_error *err);
int lsi_schema_new(ls_schema **out, ls_error *err);
int lsi_schema_news(ls_schema **out, ls_error *err);
void lsi_schema_free(ls_schema *s); /* takes NULL */
int lsi_schema_add(ls_schema *s, const ls_field *f, ls_error *err);
int lsi_schema_set(ls_schema *s, const char *key, const char *value, ls_error *err);
const char *lsi_schema_get(const ls_schema *s, const char *key);
/* Bytes of the manifest. Field numbers never change once written; added fields come last (segments made before have
 * no data of them). */
void lsi_schema_encode(const ls_schema *s, lsi_buf *b);
int lsi_schema_decode(ls_schema **out, const uint8_t *p, const uint8_t *end, ls_error *err);
#endif
