/* doc.h — a document's typed values: built by the user, kept as bytes in a segment, read back. */
#ifndef LSI_DOC_H
#define LSI_DOC_H
#include "libsearch/model/schema.h"
#include "libsearch/util/arena.h"

#define LSI_ID_MAX 128

typedef struct lsi_doc_value {
    const char *field; /* name, NUL-terminated, in the document's arena */
    int field_no;      /* set by lsi_doc_check, -1 before */
    bool is_int;
    int64_t integer;
    const char *text; /* NUL-terminated copy; NULL for numbers */
    size_t len;
    bool cut; /* only the beginning was read (lsi_doc_decode_head) */
} lsi_doc_value;

#define LSI_HISTORY_MAX 63

typedef struct lsi_doc_version { /* one that the document replaced */
    int64_t version, updated;    /* INT64_MIN: none */
    const char *status;          /* NULL: none */
} lsi_doc_version;

struct ls_doc {
    lsi_arena arena;
    lsi_doc_value *values;
    size_t count, cap;
    char id[LSI_ID_MAX + 1];
    size_t id_len;                  /* 0: none yet */
    char language[24];              /* Snowball's name; empty: to be detected */
    int64_t version;                /* 0: none given */
    uint64_t words;                 /* filled when read */
    const lsi_doc_version *history; /* newest first; borrowed, or in the arena where it was read */
    size_t history_count;
    uint64_t invalid_bytes; /* that were not UTF-8 and were repaired when their text was added */
};

int lsi_doc_new(ls_doc **out, ls_error *err);
void lsi_doc_clear(ls_doc *d);
void lsi_doc_free(ls_doc *d);
int lsi_doc_set_id(ls_doc *d, const char *id, size_t len, ls_error *err);
int lsi_doc_add_text(ls_doc *d, const char *field, const char *text, size_t len, ls_error *err);
int lsi_doc_add_int(ls_doc *d, const char *field, int64_t v, ls_error *err);
/* Sets field_no of every value; LS_SCHEMA names the field and what was expected. Text values of a field whose name is
 * in the schema but of a number type, and numbers for text, are refused. */
int lsi_doc_check(ls_doc *d, const ls_schema *s, ls_error *err);
/* Stored bytes: the stored values in order, but of numbers only that there is one (it stands in a column); not those of
 * not_stored fields. A document read from them lacks its numbers, id, language, version and words. */
void lsi_doc_encode(const ls_doc *d, const ls_schema *s, lsi_buf *out);
int lsi_doc_decode(ls_doc *d, const ls_schema *s, const uint8_t *p, const uint8_t *end, ls_error *err);
/* What of the stored bytes shows a document without its main field's texts: so many at their beginning; 0: all. Where it
 * has no title, the first bytes of its main text are among them. */
size_t lsi_doc_head(const ls_schema *s, const uint8_t *p, size_t len);
/* The same from the first bytes, as many as lsi_doc_head says or more: the main field's texts are cut. LS_CORRUPT where
 * they are too few, or the layout is one that cannot be cut. */
int lsi_doc_decode_head(ls_doc *d, const ls_schema *s, const uint8_t *p, const uint8_t *end, ls_error *err);
bool lsi_doc_is_cut(const ls_doc *d);
/* 64 bits of XXH3 over fields and language without id and version: equal for equal content. */
uint64_t lsi_doc_hash(const ls_doc *d);
/* The id of a document that was given none: lsi_id_derive's letters over the bytes that lsi_doc_hash hashes. */
void lsi_doc_derive_id(const ls_doc *d, char buf[27]);
/* base32 (lower case, a-z2-7, 26 letters) of the XXH3-128 of bytes; buf of 27 bytes. */
void lsi_id_derive(const void *p, size_t n, char *buf);
#endif
