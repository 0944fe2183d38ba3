/* stored_layout.h — what writer and reader of stored documents agree on. */
#ifndef LSI_STORED_LAYOUT_H
#define LSI_STORED_LAYOUT_H
#include <stddef.h>
#include <stdint.h>

#define LSI_STORED_FRAME       16384u       /* bytes of a document in a frame */
#define LSI_STORED_FRAME_HEAD  6u           /* bytes of a zstd frame before its first block, the same in all */
#define LSI_STORED_BLOCK_HEAD  3u           /* bytes of a block's header: last, kind, size (RFC 8878, 3.1.1.2) */
#define LSI_STORED_WINDOW      0x38u        /* byte of a zstd frame's header: a window of 128 KB */
#define LSI_STORED_ONE_BLOCK   5u           /* lowest bits of the header of a block that is compressed, and the last */
#define LSI_STORED_REST        768u         /* bytes behind a head from which on it is a block of its own */
#define LSI_STORED_DICT_MAX    (112u << 10) /* bytes of a dictionary */
#define LSI_STORED_DICT_FROM   (1u << 20)   /* bytes of text from which on there is one */
#define LSI_STORED_SAMPLES_MAX (4u << 20)   /* bytes held back until the dictionary is made */
#define LSI_STORED_SAMPLED     (2u << 20)   /* bytes of them that it is made from */

/* A dictionary of at most LSI_STORED_DICT_MAX bytes into dict, from n samples that stand one behind the other: its
 * size, 0 where the samples give none, SIZE_MAX where memory could not be had. */
size_t lsi_stored_dict_make(uint8_t *dict, const uint8_t *samples, const size_t *sizes, size_t n, int level);
#endif
