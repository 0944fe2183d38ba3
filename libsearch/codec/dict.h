/* dict.h — the two dictionaries of a segment: terms (sorted by bytes, with their lists), and forms (sorted by folded
 * spelling, then form, then term). Front-coded blocks behind an index of fixed width. */
#ifndef LSI_DICT_H
#define LSI_DICT_H
#include "libsearch/codec/postings.h"
#include "libsearch/codec/record.h"

/* ---- terms: ordinals 0..count-1 in byte order ---- */
typedef struct lsi_terms {
    const lsi_section *index, *blocks; /* the combined list's records stand with the terms */
    const lsi_section *lists;          /* records of the other lists: for each list a sorted array of ordinals */
    uint32_t count;
    uint32_t list_count; /* lists present, including 0 */
} lsi_terms;
int lsi_terms_open(lsi_terms *t, const lsi_section *index, const lsi_section *blocks, const lsi_section *lists,
                   ls_error *err);
/* LS_OK with *ord = LSI_ORD_NONE where the term is not there. */
int lsi_terms_find(const lsi_terms *t, const uint8_t *term, size_t len, lsi_ord *ord, ls_error *err);
/* The list record of a term (df 0 where it has none in that list) and the number of its forms. */
int lsi_terms_list(const lsi_terms *t, lsi_ord ord, uint32_t list, lsi_list *out, ls_error *err);
int lsi_terms_form_count(const lsi_terms *t, lsi_ord ord, uint32_t *out, ls_error *err);
/* Both, of combined lists, for many terms in rising order: what they share of a block is read once. Begins as {.terms =
 * t}; no clearing. */
typedef struct lsi_terms_run {
    const lsi_terms *terms;
    lsi_ord next;  /* the term whose record is at `record` */
    uint32_t left; /* records from there to the block's end */
    const uint8_t *record, *record_end;
    lsi_record_base base;
} lsi_terms_run;
int lsi_terms_run_get(lsi_terms_run *r, lsi_ord ord, lsi_list *out, uint32_t *form_count, ls_error *err);
int lsi_terms_get(const lsi_terms *t, lsi_ord ord, lsi_buf *term, ls_error *err); /* replaces term's bytes */
/* In order, for merges and checks: the fastest way through all. */
typedef struct lsi_terms_iter {
    const lsi_terms *terms;
    lsi_ord ord;
    lsi_buf term;
    lsi_list list; /* combined */
    uint32_t form_count;
    const uint8_t *p, *end; /* inside the present block: its terms */
    uint32_t left;
    const uint8_t *record, *record_end; /* and its records */
    lsi_record_base base;
} lsi_terms_iter;
void lsi_terms_iter_init(lsi_terms_iter *it, const lsi_terms *t);
int lsi_terms_iter_next(lsi_terms_iter *it, ls_error *err); /* 1, 0 at the end, negative error */
void lsi_terms_iter_clear(lsi_terms_iter *it);

/* Documents of all lists but the combined one, added up: their bytes stand beside those of the combined list. */
int lsi_terms_other_postings(const lsi_terms *t, uint64_t *postings, ls_error *err);
/* Every block, every order, every record of every list; the lists themselves by lsi_postings_verify. */
int lsi_terms_verify(const lsi_terms *t, ls_error *err);

typedef struct lsi_terms_writer lsi_terms_writer;
int lsi_terms_writer_new(lsi_terms_writer **out, lsi_sink *index, lsi_sink *blocks, lsi_sink *lists, ls_error *err);
void lsi_terms_writer_free(lsi_terms_writer *w);
/* Terms in rising order. lists[0..list_count): df 0 where the term has none there. */
int lsi_terms_writer_add(lsi_terms_writer *w, const uint8_t *term, size_t len, uint32_t form_count,
                         const lsi_list *lists, uint32_t list_count, ls_error *err);
int lsi_terms_writer_end(lsi_terms_writer *w, ls_error *err);

/* ---- forms: one entry for each (form, term) pair ---- */
typedef struct lsi_form {
    const uint8_t *folded, *form; /* borrowed from the iterator until its next step */
    uint32_t folded_len, form_len;
    lsi_ord term;
    uint32_t number; /* within the term, 0 the most frequent */
    uint32_t df;     /* documents with this form of this term, in any text field */
} lsi_form;
typedef struct lsi_forms {
    const lsi_section *index, *blocks;
    uint32_t count;
} lsi_forms;
#define LSI_FORMS_BLOCK 32u /* entries a block */
typedef struct lsi_forms_iter {
    const lsi_forms *forms;
    uint32_t entry; /* number of the entry in `at`, counted from 0 in order: the index of its correction */
    lsi_form at;
    bool lean; /* the user's: forms themselves are not wanted, or by lsi_forms_iter_form alone; at.form is NULL */
    lsi_buf folded, form;
    const uint8_t *p, *end, *rest; /* behind the present entry; of it, what stands behind its folded spelling */
    uint32_t left, block;
} lsi_forms_iter;
int lsi_forms_open(lsi_forms *f, const lsi_section *index, const lsi_section *blocks, ls_error *err);
void lsi_forms_iter_init(lsi_forms_iter *it, const lsi_forms *f);
/* Stands before the first entry whose folded spelling is ≥ folded; then next. */
int lsi_forms_iter_seek(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err);
int lsi_forms_iter_next(lsi_forms_iter *it, ls_error *err); /* 1, 0 at the end, negative error */
int lsi_forms_iter_form(lsi_forms_iter *it, ls_error *err); /* behind a lean next: gives at.form after all */
void lsi_forms_iter_clear(lsi_forms_iter *it);

/* Every block and every order; terms below term_count. */
int lsi_forms_verify(const lsi_forms *f, uint32_t term_count, ls_error *err);

typedef struct lsi_forms_writer lsi_forms_writer;
int lsi_forms_writer_new(lsi_forms_writer **out, lsi_sink *index, lsi_sink *blocks, ls_error *err);
void lsi_forms_writer_free(lsi_forms_writer *w);
int lsi_forms_writer_add(lsi_forms_writer *w, const lsi_form *f, ls_error *err); /* rising (folded, form, term) */
int lsi_forms_writer_end(lsi_forms_writer *w, ls_error *err);
#endif
