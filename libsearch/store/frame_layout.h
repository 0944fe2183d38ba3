/* frame_layout.h — the numbers of the frame's byte layout, shared by its writer and its reader alone; the head of
 * frame.c explains them. */
#ifndef LSI_FRAME_LAYOUT_H
#define LSI_FRAME_LAYOUT_H
#include "libsearch/store/frame.h"

#define FRAME_MAGIC         "\x89LSI\r\n\x1a\n"
#define FRAME_END_MAGIC     "LSI-end\n"
#define FRAME_FORMAT        1u /* written */
#define FRAME_OLDEST_FORMAT 1u /* still read */
#define FRAME_HEADER_BYTES  64u
#define FRAME_FOOTER_BYTES  64u
#define FRAME_ENTRY_BYTES   40u
#define FRAME_SECTIONS_MAX  1024u

enum {
    HEADER_FORMAT = 8,
    HEADER_KIND = 12,
    HEADER_GENERATION = 16,
    HEADER_BYTES = 24,
    HEADER_TABLE = 32,
    HEADER_COUNT = 40,
    HEADER_ZERO = 44,
    HEADER_TABLE_SUM = 48,
    HEADER_SUM = 56
};
enum { ENTRY_TYPE = 0, ENTRY_FLAGS = 4, ENTRY_OFFSET = 8, ENTRY_BYTES = 16, ENTRY_SUMS = 24, ENTRY_ROOT = 32 };
enum { ENTRY_OPTIONAL = 1 };
enum {
    FOOTER_TABLE_SUM = 0,
    FOOTER_BYTES = 8,
    FOOTER_GENERATION = 16,
    FOOTER_KIND = 24,
    FOOTER_ZERO = 28,
    FOOTER_SUM = 48,
    FOOTER_MAGIC = 56
};

LSI_INLINE uint64_t lsi_frame_align(uint64_t n)
{
    return (n + LSI_SECTION_ALIGN - 1) & ~(uint64_t)(LSI_SECTION_ALIGN - 1);
}
LSI_INLINE uint64_t lsi_frame_chunks(uint64_t bytes)
{
    return (bytes >> LSI_CHUNK_SHIFT) + ((bytes & (LSI_CHUNK_BYTES - 1)) != 0);
}
/* Of the table of so many sections, with its zero bytes. */
LSI_INLINE uint64_t lsi_frame_table(uint64_t sections)
{
    return lsi_frame_align(sections * FRAME_ENTRY_BYTES);
}
/* Where the sections begin: behind the header and the first of the two copies of table and chunk sums. */
LSI_INLINE uint64_t lsi_frame_body(uint64_t sections, uint64_t chunks)
{
    return FRAME_HEADER_BYTES + lsi_frame_table(sections) + lsi_frame_align(8 * chunks);
}
#endif
