/* record.h — what the dictionary says of a term's list, in a few bytes; see record.c. */
#ifndef LSI_RECORD_H
#define LSI_RECORD_H
#include "libsearch/codec/postings.h"

/* Where the list before this one lay: offsets are told as differences. All 0 at the first record of a block. */
typedef struct lsi_record_base {
    uint64_t blocks, facts, ranges, positions, forms;
} lsi_record_base;

void lsi_record_put(lsi_buf *b, lsi_record_base *base, const lsi_list *l, uint32_t form_count);
/* What stands behind the record, or NULL where it is damaged. */
const uint8_t *lsi_record_get(const uint8_t *p, const uint8_t *end, lsi_record_base *base, lsi_list *l,
                              uint32_t *form_count);
/* The same without telling what it says. */
const uint8_t *lsi_record_skip(const uint8_t *p, const uint8_t *end, lsi_record_base *base);
#endif
