/* seal_util.h — the files of an index in memory (image_util.h), changed, and sealed again by checksums that are right. */
#ifndef SEAL_UTIL_H
#define SEAL_UTIL_H
#include "fuzz/seal.h"
#include "tests/image_util.h"

/* Segments and what goes with them first, for the manifest has their sums. */
static inline void seal_all(void)
{
    image *m = NULL;
    for (size_t i = 0; i < file_count; i++) {
        image *f = &files[i];
        if (!strcmp(f->name, "MANIFEST")) m = f;
    }
    assert_non_null(m);
    const uint8_t *table = m->was + lsi_get64(m->was + HEADER_TABLE);
    for (size_t i = 0; i < file_count; i++) {
        image *f = &files[i];
        if (!strchr(f->name, '-')) continue;
        uint64_t was = lsi_get64(f->was + HEADER_SUM), sum = seal_file(f->now, f->bytes);
        seal_copies(f->now, f->bytes);
        for (uint32_t s = 0; s < lsi_get32(m->was + HEADER_COUNT); s++) { /* where the manifest has the sum that was */
            const uint8_t *e = table + s * FRAME_ENTRY_BYTES;
            uint64_t at = lsi_get64(e + ENTRY_OFFSET), end = at + lsi_get64(e + ENTRY_BYTES);
            for (; at + 8 <= end; at += 8)
                if (lsi_get64(m->was + at) == was && lsi_get64(m->now + at) == was) lsi_set64(m->now + at, sum);
        }
    }
    seal_file(m->now, m->bytes);
    seal_copies(m->now, m->bytes);
}
#endif
