/* meta.h — the section META: what a segment tells of itself, and where its columns lie. */
#ifndef LSI_META_H
#define LSI_META_H
#include "libsearch/segment/segment.h"

typedef struct lsi_meta_list {
    uint64_t length_sum, norms_offset;
    double average;
    uint8_t min_norm, max_norm;
} lsi_meta_list;

typedef struct lsi_meta {
    uint32_t doc_count, list_count, field_count, region_count, language_count;
    uint64_t analyzer_stamp, word_sum;
    double k1, b;
    uint64_t versions; /* offset in LSI_SEC_VERSIONS; LSI_OFFSET_NONE: no such column */
    lsi_meta_list lists[LSI_LISTS_MAX];
    uint64_t regions[LSI_TEXT_FIELDS_MAX + 1]; /* offsets in LSI_SEC_REGIONS; [0] is NONE */
    uint64_t lengths[LSI_TEXT_FIELDS_MAX];     /* offsets in LSI_SEC_LENGTHS */
    uint64_t columns[LSI_FIELDS_MAX];          /* offsets in LSI_SEC_COLUMNS */
    uint8_t languages[64];                     /* language number of each byte of LSI_SEC_LANGUAGES */
    uint32_t language_docs[64];                /* documents of each such byte */
} lsi_meta;

void lsi_meta_write(const lsi_meta *m, lsi_sink *s);
int lsi_meta_read(lsi_meta *m, const lsi_section *s, ls_error *err);
/* "postings" for LSI_SEC_POSTINGS; "unknown". Static. */
const char *lsi_segment_section_name(uint32_t type);
#endif
