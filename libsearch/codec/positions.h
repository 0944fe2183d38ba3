/* positions.h — the stream of one term's positions, in blocks of 256 with exceptions; entry i is reached in O(1).
 * Each document's run begins with the position itself, then gaps. forms.h is the like for form numbers. */
#ifndef LSI_POSITIONS_H
#define LSI_POSITIONS_H
#include "libsearch/codec/postings.h"

typedef struct lsi_stream { /* an open stream of u32 entries (positions or form numbers) */
    const lsi_section *section;
    uint64_t offset;
    uint64_t count; /* entries = cf */
    uint32_t block; /* decoded block, UINT32_MAX none */
    uint32_t values[LSI_BLOCK_DOCS + 16];
    const uint8_t *offset_le, *widths_le; /* long streams: u32 and u16 a block */
    uint64_t data;                        /* where the first block lies in the section */
    uint16_t short_widths;
    uint32_t near; /* entries taken singly from block near_block: many of them make it worth decoding */
    uint32_t near_block;
    bool whole; /* much of each block will be asked for: decode it at once. The caller's to set */
} lsi_stream;

/* count: the list's cf. For forms of a term with one form: section NULL is allowed, all entries read as 0. */
int lsi_stream_open(lsi_stream *s, const lsi_section *section, uint64_t offset, uint64_t count, ls_error *err);
int lsi_stream_read(lsi_stream *s, uint64_t first, uint32_t n, uint32_t *out, ls_error *err); /* raw entries */
/* The entries where they stand in the decoded block, until the next call; NULL where they must be read. */
LSI_INLINE const uint32_t *lsi_stream_at(const lsi_stream *s, uint64_t first, uint32_t n)
{
    uint32_t from = (uint32_t)(first % LSI_BLOCK_DOCS);
    if (s->block != first / LSI_BLOCK_DOCS || from + (uint64_t)n > LSI_BLOCK_DOCS || first + n > s->count) return NULL;
    return s->values + from;
}
/* Positions of one document: entries summed up from 0, so that none falls; CORRUPT above LSI_POSITION_MAX, which no
 * document reaches: whoever looks for a position's region stops at UINT32_MAX. */
#define LSI_POSITION_MAX ((uint32_t)INT32_MAX)
int lsi_positions_read(lsi_stream *s, uint64_t first, uint32_t n, uint32_t *out, ls_error *err);

/* Walks a stream from end to end. */
int lsi_stream_verify(const lsi_section *section, uint64_t offset, uint64_t count, ls_error *err);

/* Blocks go to the sink as they fill: between begin and end nothing else may be put there (end answers LS_MISUSE). */
typedef struct lsi_stream_writer lsi_stream_writer;
int lsi_stream_writer_new(lsi_stream_writer **out, lsi_sink *sink, ls_error *err);
void lsi_stream_writer_free(lsi_stream_writer *w);
void lsi_stream_begin(lsi_stream_writer *w);
void lsi_stream_add(lsi_stream_writer *w, uint32_t value); /* gaps are made by the caller */
/* n values at once: as they stand; each one's entry in a map. */
void lsi_stream_add_all(lsi_stream_writer *w, const uint32_t *values, uint32_t n);
void lsi_stream_add_mapped(lsi_stream_writer *w, const uint32_t *values, const uint32_t *map, uint32_t n);
int lsi_stream_end(lsi_stream_writer *w, uint64_t *offset, ls_error *err);
#endif
