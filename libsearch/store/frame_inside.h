/* frame_inside.h — what an open frame is, and the steps of its opening: shared by frame.c and frame_damaged.c alone. */
#ifndef LSI_FRAME_INSIDE_H
#define LSI_FRAME_INSIDE_H
#include "libsearch/store/frame_layout.h"
#include "libsearch/store/names.h"
#include <pthread.h>

struct lsi_frame {
    char name[LSI_NAME_BYTES];
    lsi_file file;      /* open in read mode only */
    const uint8_t *map; /* mapped mode: the whole file */
    uint8_t *heap;      /* read mode: the sections, filled chunk by chunk, LSI_BEHIND zero bytes behind each */
    uint8_t *heap_sums; /* read mode: [sums_at, table_at) */
    uint64_t bytes, generation, sums_at, table_at, table_sum;
    uint64_t
        first_sums; /* where the first copy of the chunk sums begins, for files opened as damaged; 0: not to be used */
    uint32_t kind;
    size_t count;
    lsi_section *sections;
    lsi_section none; /* what find gives for a type that is not there */
    uint8_t *flags;   /* all `checked` and `sums_checked` bytes */
    pthread_mutex_t fill;
};

/* A frame of nothing but an open file. */
int lsi_frame_new(lsi_frame **out, lsi_dir *dir, const char *name, ls_error *err);
/* Rules 1 to 3 at the head of frame.c. whole false: the file need not be as long as the header says. */
int lsi_frame_judge_header(lsi_frame *f, const uint8_t *h, uint32_t kind, bool whole, uint64_t expect_bytes,
                           ls_error *err);
void lsi_frame_read_entry(lsi_frame *f, lsi_section *s, const uint8_t *e);
/* Rule 5: fills sections[] and sums_at. */
int lsi_frame_judge_table(lsi_frame *f, const uint8_t *table, ls_error *err);
int lsi_frame_place_sections(lsi_frame *f, ls_error *err);
#endif
