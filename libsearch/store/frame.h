/* frame.h — what every file of an index looks like from outside: a header, numbered sections aligned to 64 bytes, a
 * section table with a checksum for each 32 KB chunk, a footer. The only place that knows magic numbers.
 * A reader verifies a chunk when it is first touched; a writer fills many sections at once through sinks. */
#ifndef LSI_FRAME_H
#define LSI_FRAME_H
#include "libsearch/store/io.h"
#include "libsearch/util/buf.h"
#include "libsearch/util/err.h"

#define LSI_CHUNK_BYTES   32768u
#define LSI_CHUNK_SHIFT   15
#define LSI_SECTION_ALIGN 64u

enum { LSI_FILE_SEGMENT = 1, LSI_FILE_LIVE = 2, LSI_FILE_MANIFEST = 3, LSI_FILE_TOMBS = 4 };

/* ---- writing ---- */
typedef struct lsi_sink lsi_sink; /* bytes of one section on their way; sticky error; spills to a spool file */
typedef struct lsi_frame_writer lsi_frame_writer;

/* Begins the file `name` in dir (O_EXCL). Nothing of it is visible under a manifest until one names it. */
int lsi_frame_create(lsi_frame_writer **out, lsi_dir *dir, const char *name, uint32_t kind, uint64_t generation,
                     ls_error *err);
/* A sink for a new section; sinks of one frame may be filled in any order, interleaved. `optional`: readers that do
 * not know the type skip it. Owned by the frame. NULL on failure (finish then reports it). */
lsi_sink *lsi_frame_section(lsi_frame_writer *w, uint32_t type, bool optional);
/* Writes everything, fsyncs on the descriptor that wrote (where sync), closes. *bytes: the file's size,
 * *sum: the header's, which vouches for all others, for the manifest. Frees w in every case; on failure the file is gone. */
int lsi_frame_finish(lsi_frame_writer *w, bool sync, uint64_t *bytes, uint64_t *sum, ls_error *err);
void lsi_frame_abort(lsi_frame_writer *w); /* takes NULL */

void lsi_sink_put(lsi_sink *s, const void *p, size_t n);
void lsi_sink_put8(lsi_sink *s, uint8_t v);
void lsi_sink_put32(lsi_sink *s, uint32_t v);
void lsi_sink_put64(lsi_sink *s, uint64_t v);
void lsi_sink_align(lsi_sink *s, size_t to);
uint64_t lsi_sink_at(const lsi_sink *s); /* bytes put so far */
int lsi_sink_rc(const lsi_sink *s);
int lsi_sink_failed(const lsi_sink *s, ls_error *err); /* the same; err: what failed, and why */
lsi_sink *lsi_sink_memory(lsi_buf *b);                 /* a sink of its own, into b; for tests; NULL on failure */
void lsi_sink_free(lsi_sink *s);                       /* only of lsi_sink_memory */

/* ---- reading ---- */
typedef struct lsi_frame lsi_frame;
typedef struct lsi_section {
    const uint8_t *base; /* the section's bytes; chunks whose bit is clear must not be read */
    uint64_t bytes;
    uint64_t file_offset;
    uint32_t type;
    uint8_t *checked; /* one byte a chunk, 1: verified. Atomic access only */
    lsi_frame *frame;
    bool optional;         /* private to frame.c from here on */
    uint64_t sums_offset;  /* of its chunk sums, in the file */
    uint64_t root;         /* XXH3 of its chunk sums */
    uint8_t *sums_checked; /* 1: they agree with the root. Atomic access only */
} lsi_section;

/* Opens and judges header, footer, table: CORRUPT, TOO_OLD, TOO_NEW, NOTFOUND. expect_bytes, expect_sum: from the
 * manifest; 0: not known. use_mmap false: chunks are read by pread when first touched. */
int lsi_frame_open(lsi_frame **out, lsi_dir *dir, const char *name, uint32_t kind, bool use_mmap, uint64_t expect_bytes,
                   uint64_t expect_sum, ls_error *err);
/* For salvage: opens what lsi_frame_open refuses, as far as its sections can be found, which are verified all the same
 * before they are used. Neither size nor sum of a manifest is asked. LS_CORRUPT where nothing can be found. */
int lsi_frame_open_damaged(lsi_frame **out, lsi_dir *dir, const char *name, uint32_t kind, ls_error *err);
void lsi_frame_close(lsi_frame *f); /* takes NULL */
uint64_t lsi_frame_generation(const lsi_frame *f);
uint64_t lsi_frame_bytes(const lsi_frame *f);
const char *lsi_frame_name(const lsi_frame *f);
/* Which file it is; of frames opened without mmap, whose descriptor stays open. */
int lsi_frame_file_id(const lsi_frame *f, lsi_file_id *out, ls_error *err);
/* The section of a type, or one of 0 bytes (base NULL) where there is none; borrowed from f. */
const lsi_section *lsi_frame_find(const lsi_frame *f, uint32_t type);
size_t lsi_frame_section_count(const lsi_frame *f);
const lsi_section *lsi_frame_section_at(const lsi_frame *f, size_t i);
/* LS_TOO_NEW where a section with a type above max_type is not optional: its kind's reader cannot do without it. */
int lsi_frame_check_types(const lsi_frame *f, uint32_t max_type, ls_error *err);
/* Verifies every chunk, the padding between sections and the table. Calls fault for each wrong place. */
int lsi_frame_verify(lsi_frame *f, ls_fault_fn *fault, void *ctx, uint64_t *faults, ls_error *err);

/* A test's: the nth look (n = 1 the next) at bytes of any section finds them damaged; 0: none. As long as n is not 0 no
 * chunk stays verified, so that each look is the slow one; for one thread. Returns how many there were since the last
 * call. */
uint64_t lsi_section_fail_at(uint64_t n);

/* The slow path of lsi_section_get: verifies (reads) what is not yet. */
const uint8_t *lsi_section_fetch(const lsi_section *s, uint64_t off, uint64_t len, ls_error *err);

/* Decoders may look at so many bytes behind what they asked for. */
#define LSI_BEHIND 64u
LSI_INLINE uint64_t lsi_section_last_chunk(const lsi_section *s, uint64_t off, uint64_t len)
{
    return (LSI_MIN(off + len + LSI_BEHIND, s->bytes) - 1) >> LSI_CHUNK_SHIFT;
}

/* [off, off + len) of a section, verified; NULL with err set (LS_CORRUPT: damaged, or beyond the end). The pointer
 * lives as long as the frame. At least 64 bytes behind a section are readable memory, of any value. */
LSI_INLINE const uint8_t *lsi_section_get(const lsi_section *s, uint64_t off, uint64_t len, ls_error *err)
{
    if (LSI_LIKELY(len && lsi_range_ok(off, len, s->bytes))) {
        uint64_t c = off >> LSI_CHUNK_SHIFT, last = lsi_section_last_chunk(s, off, len);
        while (__atomic_load_n(&s->checked[c], __ATOMIC_ACQUIRE)) {
            if (c++ == last) return s->base + off;
        }
    }
    return lsi_section_fetch(s, off, len, err);
}
/* CORRUPT at an offset of a section: for decoders that find nonsense in verified bytes. */
int lsi_section_corrupt(const lsi_section *s, uint64_t off, ls_error *err, const char *expected);
#if defined __clang_analyzer__ && !defined LSI_DEFINES_FAILURES /* see err.h */
#define lsi_section_corrupt(s, off, err, expected) (lsi_section_corrupt(s, off, err, expected) | 1)
#endif
#endif
