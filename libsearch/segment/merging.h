/* merging.h — the inside of a merge: its sources and where their terms, forms and documents go. Private to the room. */
#ifndef LSI_MERGING_H
#define LSI_MERGING_H
#include "libsearch/segment/build.h"
#include "libsearch/segment/merge.h"

typedef struct lsi_merge_source {
    lsi_segment *seg;
    lsi_live *live;
    lsi_doc *docs;     /* new number of each document; LSI_DOC_END where deleted */
    lsi_ord *ords;     /* new ordinal of each term; LSI_ORD_NONE where no source has a live document of it */
    uint32_t *base;    /* of each term: where its forms begin in numbers */
    uint32_t *numbers; /* of each form, by term and old number: its new number */
    lsi_terms_iter terms;
    lsi_forms_iter forms;
    bool terms_left, forms_left;
} lsi_merge_source;

typedef struct lsi_merge {
    lsi_merge_source *sources;
    size_t count;
    const ls_schema *schema;
    lsi_builder *b;
    lsi_build_plan plan;
    uint8_t *norms, *languages;
    uint32_t term_count;
    uint32_t *form_counts; /* of each new term */
    /* Of each new form, in the order of the dictionary: */
    uint32_t *form_terms, *form_dfs, *form_numbers;
    size_t form_count, form_terms_cap, form_dfs_cap;
    lsi_postings postings; /* the list being copied, and its streams */
    lsi_stream positions, form_stream;
    int (*cancel)(void *);
    void *cancel_ctx;
    uint64_t steps;
    ls_error *err;
} lsi_merge;

int lsi_merge_step(lsi_merge *m);         /* LS_CANCELED where the caller wants to stop */
int lsi_merge_number_words(lsi_merge *m); /* before the builder: ordinals of terms, numbers of forms */
int lsi_merge_write_words(lsi_merge *m);
int lsi_merge_plan_documents(lsi_merge *m); /* the first of all */
int lsi_merge_write_documents(lsi_merge *m);
int lsi_merge_write_columns(lsi_merge *m);
int lsi_merge_write_copies(lsi_merge *m);
#endif
