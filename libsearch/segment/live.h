/* live.h — which documents of a segment are deleted, and the exact corrections that follow for its statistics:
 * for each term and form how many of them contained it, and their lengths. A file of its own: live-%016x. */
#ifndef LSI_LIVE_H
#define LSI_LIVE_H
#include "libsearch/segment/segment.h"

typedef struct lsi_live {
    lsi_frame *frame; /* NULL: made in memory, see lsi_live_overlay */
    uint32_t doc_count, deleted_count;
    const uint64_t *deleted; /* bit set of doc_count bits, whole words, verified; native order in memory */
    uint64_t length_sum[LSI_LISTS_MAX], word_sum; /* of the deleted */
    uint32_t language_docs[64];
    int refs;
    /* sorted corrections: private to live.c */
    uint64_t *bits;
    const lsi_section *lists, *forms;
    uint8_t *rows; /* of one made in memory, instead of both: the lists' rows, then the forms' */
    uint32_t list_count;
    struct {
        uint64_t offset; /* in `lists` or `forms`: count numbers, then as many counts */
        uint32_t count;
    } list_at[LSI_LISTS_MAX], forms_at;
} lsi_live;
LSI_INLINE bool lsi_live_is_deleted(const lsi_live *l, lsi_doc doc) /* l NULL: nothing is */
{
    return l && (l->deleted[doc >> 6] >> (doc & 63) & 1);
}
int lsi_live_open(lsi_live **out, lsi_dir *dir, const lsi_segment *seg, const lsi_segment_info *info, bool use_mmap,
                  ls_error *err);
void lsi_live_retain(lsi_live *l);
void lsi_live_release(lsi_live *l); /* takes NULL */
/* How many deleted documents a term has in a list; a form entry (its number in the dictionary). l NULL: 0. */
int lsi_live_term(const lsi_live *l, uint32_t list, lsi_ord ord, uint32_t *count, ls_error *err);
int lsi_live_form(const lsi_live *l, uint32_t entry, uint32_t *count, ls_error *err);
/* One in memory for the documents of `deleted` (bits; those of `old`, which may be NULL, must be among them): for a
 * reader that may not see the rest. */
int lsi_live_overlay(lsi_live **out, const lsi_segment *seg, const lsi_live *old, const uint64_t *deleted,
                     ls_error *err);
/* Writes live-<generation> for seg with the documents of `deleted` (bits; those of `old` must be among them).
 * Sets info->live_* and deleted_count. */
int lsi_live_write(lsi_dir *dir, uint64_t generation, const lsi_segment *seg, const lsi_live *old,
                   const uint64_t *deleted, bool sync, lsi_segment_info *info, ls_error *err);
#endif
