/* frame.c — owns the outside of every file of an index, and its verified reading. The only place, with frame_write.c,
 * that knows magic numbers. Ignorant of what sections hold.
 *
 * FORMAT (format 1; all numbers little-endian; "sum" is XXH3-64 with seed 0)
 *
 *   header, 64 bytes at 0
 *      0  8  magic 89 'L' 'S' 'I' 0d 0a 1a 0a: a transfer that changes line ends or drops the eighth bit shows here
 *      8  4  format             12  4  kind of file (LSI_FILE_*)
 *     16  8  generation         24  8  bytes of the whole file
 *     32  8  offset of the section table: of the one at the end, as everywhere here
 *     40  4  number of sections 44  4  zero
 *     48  8  sum of the section table, its padding included
 *     56  8  sum of bytes 0..55; stands here in every format, so that damage is told from a newer format
 *   section table and chunk sums, a first time: what salvage goes by where the file was cut (frame_damaged.c)
 *   sections, one behind the other, each at a multiple of 64, filled up with zero bytes
 *   chunk sums: for each section in order, 8 bytes for each 32,768 bytes of it begun: the sum of that chunk; zero bytes
 *     behind all of them, up to a multiple of 64
 *   section table: 40 bytes a section, then zero bytes up to a multiple of 64
 *      0  4  type, not 0, at most once in a file
 *      4  4  flags: 1 the section may be skipped by who does not know it
 *      8  8  offset             16  8  bytes
 *     24  8  offset of its chunk sums
 *     32  8  root: the sum of its chunk sums
 *   footer, the last 64 bytes
 *      0  8  sum of the section table, its padding included
 *      8  8  bytes of the file  16  8  generation     24  4  kind     28 20  zero
 *     48  8  sum of footer bytes 0..47              56  8  magic "LSI-end\n"
 *
 * A FILE IS TAKEN (lsi_frame_open) when, in this order:
 *   1. it has at least 128 bytes and begins with the magic;
 *   2. the header's sum is right; only then the format is believed: above FRAME_FORMAT is TOO_NEW, below
 *      FRAME_OLDEST_FORMAT is TOO_OLD;
 *   3. the kind is the one asked for, the size is the file's and, where the manifest told one, the manifest's;
 *   4. the footer's sum and magic are right and repeat size, generation, kind and the table's sum: the file was not cut
 *      or spliced;
 *   5. the table's sum is right; sections, chunk sums and table lie exactly where the layout above puts them;
 *   6. where the manifest told a sum, the header's is the same: it is this file, not another, for the header's sum
 *      vouches for the table's, that for the roots, these for the chunk sums, and these for the sections.
 * This reads header, table and footer alone, so it costs the same for any size. Then, before first use:
 *   7. the chunk sums of a section agree with its root;
 *   8. a chunk agrees with its sum.
 * Behind every section stand at least 64 bytes of the same mapping (at the least the footer), for decoders that load
 * more than they use.
 *
 * EXAMPLE  kind 2, generation 26 (0x1a), one section of type 7 with the bytes "hello"; 448 bytes (tests/t_store.c)
 *
 *   000  89 4c 53 49 0d 0a 1a 0a  01 00 00 00  02 00 00 00   magic, format 1, kind 2
 *   010  1a 00 00 00 00 00 00 00  c0 01 00 00 00 00 00 00    generation 26, 448 bytes
 *   020  40 01 00 00 00 00 00 00  01 00 00 00  00 00 00 00   table at 0x140, one section
 *   030  fb b2 db 1f 83 52 e7 8f  c6 5f 9a 41 a5 cb 15 00    sums of 140 to 17f, and of 000 to 037
 *   040  07 00 00 00  00 00 00 00  c0 00 00 00 00 00 00 00   the table: type 7, not to be skipped, at 0xc0
 *   050  05 00 00 00 00 00 00 00  00 01 00 00 00 00 00 00    5 bytes, chunk sums at 0x100
 *   060  18 48 67 03 4e 01 75 b4                             root: sum of 100 to 107; zero up to 07f
 *   080  fd dc 62 5c 55 e8 55 95                             sum of "hello"; zero up to 0bf
 *   0c0  68 65 6c 6c 6f                                      "hello"; zero up to 0ff
 *   100  fd dc 62 5c 55 e8 55 95                             the chunk sums again; zero up to 13f
 *   140  07 00 00 00  00 00 00 00  c0 00 00 00 00 00 00 00   the table again
 *   150  05 00 00 00 00 00 00 00  00 01 00 00 00 00 00 00
 *   160  18 48 67 03 4e 01 75 b4                             zero up to 17f
 *   180  fb b2 db 1f 83 52 e7 8f  c0 01 00 00 00 00 00 00    sum of 140 to 17f, 448 bytes
 *   190  1a 00 00 00 00 00 00 00  02 00 00 00                generation 26, kind 2; zero up to 1af
 *   1b0  9b 5c ac 81 67 ab 36 e9  4c 53 49 2d 65 6e 64 0a    sum of 180 to 1af, "LSI-end\n"
 *
 * A CHUNK'S FIRST USE, by many threads at once. `checked` has a byte for each chunk, 0 or 1, never back to 0.
 *   mapped: verifying only reads. Two threads may both verify a chunk and both store 1; nothing else can be seen.
 *   read:   a chunk is read into the heap, so it must be filled once only, before anybody looks:
 *     1. Thread A finds 0, takes the mutex, finds 0 still, preads the chunk into its place, verifies it.
 *     2. Thread B finds 0 meanwhile and waits for the mutex. It must look again once it has it: were it to pread too,
 *        it would write bytes that A's caller is already decoding.
 *     3. A stores 1 with release order and lets go. B finds 1 and returns.
 *     4. Thread C finds 1 with acquire order, without the mutex, and so sees all bytes that A wrote in 1.
 *   A chunk that does not verify keeps its 0 and is never handed out. Decoders may look at up to 64 bytes behind what they
 *   asked for, and drop them: so a chunk that begins there is verified (filled) as well, and in read mode 64 zero bytes of
 *   nobody's stand between two sections. Else B would look at bytes that A is filling. */
#define LSI_DEFINES_FAILURES
#include "libsearch/store/frame_inside.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <stdatomic.h>
#include <stdio.h>

_Static_assert(LSI_CHUNK_BYTES == 1u << LSI_CHUNK_SHIFT, "chunk shift");
_Static_assert(FRAME_FOOTER_BYTES >= 64, "64 readable bytes behind every section");

static int corrupt(const lsi_frame *f, uint64_t at, ls_error *err, const char *expected)
{
    return lsi_fail_at(err, LS_CORRUPT, f->file.path, at, "%s", expected);
}

/* ---- opening ---- */

/* Rules 1–3. */
int lsi_frame_judge_header(lsi_frame *f, const uint8_t *h, uint32_t kind, bool whole, uint64_t expect_bytes,
                           ls_error *err)
{
    uint64_t told = lsi_get64(h + HEADER_BYTES);
    if (memcmp(h, FRAME_MAGIC, 8)) return corrupt(f, 0, err, "not a file of an index: the magic number is wrong");
    if (lsi_get64(h + HEADER_SUM) != lsi_hash64(h, HEADER_SUM))
        return corrupt(f, HEADER_SUM, err, "the header's checksum is wrong");
    uint32_t format = lsi_get32(h + HEADER_FORMAT);
    if (format > FRAME_FORMAT)
        return lsi_fail_at(err, LS_TOO_NEW, f->file.path, HEADER_FORMAT, "format %u, this library reads up to %u",
                           format, FRAME_FORMAT);
    if (format < FRAME_OLDEST_FORMAT)
        return lsi_fail_at(err, LS_TOO_OLD, f->file.path, HEADER_FORMAT, "format %u, this library reads from %u on",
                           format, FRAME_OLDEST_FORMAT);
    f->kind = lsi_get32(h + HEADER_KIND);
    if (f->kind != kind)
        return lsi_fail_at(err, LS_CORRUPT, f->file.path, HEADER_KIND, "a file of kind %u, %u expected", f->kind, kind);
    if (whole && (told != f->bytes || (expect_bytes && expect_bytes != f->bytes)))
        return lsi_fail_at(err, LS_CORRUPT, f->file.path, HEADER_BYTES, "%llu bytes expected, the file has %llu",
                           (unsigned long long)(expect_bytes ? expect_bytes : told), (unsigned long long)f->bytes);
    f->generation = lsi_get64(h + HEADER_GENERATION);
    f->table_at = lsi_get64(h + HEADER_TABLE);
    f->table_sum = lsi_get64(h + HEADER_TABLE_SUM);
    f->count = lsi_get32(h + HEADER_COUNT);
    for (size_t i = HEADER_ZERO; i < HEADER_TABLE_SUM; i++)
        if (h[i]) return corrupt(f, i, err, "zero expected in the header");
    /* The table and the footer fill the rest exactly. */
    if (f->count > FRAME_SECTIONS_MAX || f->table_at % LSI_SECTION_ALIGN || f->table_at < FRAME_HEADER_BYTES ||
        f->table_at > told || told - f->table_at != lsi_frame_table(f->count) + FRAME_FOOTER_BYTES)
        return corrupt(f, HEADER_TABLE, err, "the section table is not where it must be");
    return LS_OK;
}

/* Rule 4 and the table's sum. tail: [table_at, bytes). */
static int judge_footer(const lsi_frame *f, const uint8_t *tail, ls_error *err)
{
    size_t table_bytes = (size_t)(f->bytes - f->table_at - FRAME_FOOTER_BYTES);
    const uint8_t *t = tail + table_bytes;
    uint64_t at = f->bytes - FRAME_FOOTER_BYTES;
    if (memcmp(t + FOOTER_MAGIC, FRAME_END_MAGIC, 8)) return corrupt(f, at, err, "the file does not end as it must");
    if (lsi_get64(t + FOOTER_SUM) != lsi_hash64(t, FOOTER_SUM))
        return corrupt(f, at, err, "the footer's checksum is wrong");
    if (lsi_get64(t + FOOTER_BYTES) != f->bytes || lsi_get64(t + FOOTER_GENERATION) != f->generation ||
        lsi_get32(t + FOOTER_KIND) != f->kind || lsi_get64(t + FOOTER_TABLE_SUM) != f->table_sum)
        return corrupt(f, at, err, "header and footer are not of one file");
    for (size_t i = FOOTER_ZERO; i < FOOTER_SUM; i++)
        if (t[i]) return corrupt(f, at + i, err, "zero expected in the footer");
    if (f->table_sum != lsi_hash64(tail, table_bytes))
        return corrupt(f, f->table_at, err, "the section table's checksum is wrong");
    return LS_OK;
}

void lsi_frame_read_entry(lsi_frame *f, lsi_section *s, const uint8_t *e)
{
    *s = (lsi_section){.type = lsi_get32(e + ENTRY_TYPE),
                       .optional = lsi_get32(e + ENTRY_FLAGS) & ENTRY_OPTIONAL,
                       .file_offset = lsi_get64(e + ENTRY_OFFSET),
                       .bytes = lsi_get64(e + ENTRY_BYTES),
                       .sums_offset = lsi_get64(e + ENTRY_SUMS),
                       .root = lsi_get64(e + ENTRY_ROOT),
                       .frame = f};
}

/* Rule 5: fills sections[], all but base and checked; tells where the chunk sums begin. */
int lsi_frame_judge_table(lsi_frame *f, const uint8_t *table, ls_error *err)
{
    uint64_t chunks = 0;
    for (size_t i = 0; i < f->count; i++) {
        const uint8_t *e = table + i * FRAME_ENTRY_BYTES;
        uint64_t here = f->table_at + i * FRAME_ENTRY_BYTES;
        lsi_section *s = &f->sections[i];
        lsi_frame_read_entry(f, s, e);
        if (!s->type || lsi_get32(e + ENTRY_FLAGS) & ~(uint32_t)ENTRY_OPTIONAL)
            return corrupt(f, here, err, "bad section type or flags");
        for (size_t k = 0; k < i; k++)
            if (f->sections[k].type == s->type) return corrupt(f, here, err, "a section type stands here twice");
        if (s->bytes > f->table_at) return corrupt(f, here + ENTRY_BYTES, err, "a section is not where it must be");
        chunks += lsi_frame_chunks(s->bytes);
    }
    uint64_t at = lsi_frame_body(f->count, chunks), sums;
    for (size_t i = 0; i < f->count; i++) {
        const lsi_section *s = &f->sections[i];
        if (s->file_offset != at || at > f->table_at || s->bytes > f->table_at - at)
            return corrupt(f, f->table_at + i * FRAME_ENTRY_BYTES + ENTRY_OFFSET, err,
                           "a section is not where it must be");
        at = lsi_frame_align(at + s->bytes); /* not beyond the table, which is aligned as well */
    }
    f->sums_at = sums = at;
    for (size_t i = 0; i < f->count; i++) {
        if (f->sections[i].sums_offset != sums)
            return corrupt(f, f->table_at + i * FRAME_ENTRY_BYTES + ENTRY_SUMS, err, "misplaced chunk sums");
        sums += 8 * lsi_frame_chunks(f->sections[i].bytes);
    }
    if (lsi_frame_align(sums) != f->table_at) return corrupt(f, HEADER_TABLE, err, "misplaced section table");
    for (uint64_t k = f->count * FRAME_ENTRY_BYTES; k < lsi_frame_table(f->count); k++)
        if (table[k]) return corrupt(f, f->table_at + k, err, "zero expected behind the section table");
    return LS_OK;
}

/* How many of a section's bytes the file has: all of them, but where it was cut. */
static uint64_t bytes_there(const lsi_section *s)
{
    uint64_t end = s->frame->bytes;
    return s->file_offset < end ? LSI_MIN(s->bytes, end - s->file_offset) : 0;
}

/* The memory behind the sections: where they begin, and their bits. */
int lsi_frame_place_sections(lsi_frame *f, ls_error *err)
{
    uint64_t chunks = 0, bytes = 0; /* of sections that do not overlap: no more than the file has */
    for (size_t i = 0; i < f->count; i++) {
        chunks += lsi_frame_chunks(f->sections[i].bytes);
        bytes += lsi_frame_align(bytes_there(&f->sections[i])) + LSI_BEHIND;
    }
    if (f->table_at > SIZE_MAX / 4) return lsi_fail(err, LS_LIMIT, "%s: too large for this machine", f->file.path);
    f->flags = lsi_calloc((size_t)chunks + f->count, 1);
    if (!f->flags) return lsi_fail_nomem(err);
    if (!f->map) {
        f->heap = lsi_malloc((size_t)bytes);
        f->heap_sums = lsi_malloc((size_t)(f->table_at - f->sums_at));
        if (!f->heap || !f->heap_sums) return lsi_fail_nomem(err);
    }
    uint8_t *bits = f->flags + f->count, *at = f->heap;
    for (size_t i = 0; i < f->count; i++) {
        lsi_section *s = &f->sections[i];
        s->base = f->map ? f->map + s->file_offset : at;
        if (!f->map) {
            size_t there = (size_t)bytes_there(s), place = (size_t)lsi_frame_align(there) + LSI_BEHIND;
            memset(at + there, 0, place - there);
            at += place;
        }
        s->checked = bits;
        s->sums_checked = f->flags + i;
        bits += lsi_frame_chunks(s->bytes);
    }
    return LS_OK;
}

/* Header, table and footer as plain memory: of the map, or read into `own`, which the caller frees. */
static int read_ends(lsi_frame *f, uint32_t kind, uint64_t expect_bytes, const uint8_t **header, const uint8_t **tail,
                     uint8_t **own, ls_error *err)
{
    int rc = LS_OK;
    if (f->map) *header = f->map;
    else {
        *header = *own = lsi_malloc(FRAME_HEADER_BYTES);
        if (!*own) return lsi_fail_nomem(err);
        rc = lsi_file_read(&f->file, 0, *own, FRAME_HEADER_BYTES, err);
    }
    if (!rc) rc = lsi_frame_judge_header(f, *header, kind, true, expect_bytes, err);
    if (rc) return rc;
    if (f->map) {
        *tail = f->map + f->table_at;
        return LS_OK;
    }
    size_t n = (size_t)(f->bytes - f->table_at); /* bounded by FRAME_SECTIONS_MAX */
    uint8_t *p = lsi_realloc(*own, FRAME_HEADER_BYTES + n);
    if (!p) return lsi_fail_nomem(err);
    *header = *own = p;
    *tail = p + FRAME_HEADER_BYTES;
    return lsi_file_read(&f->file, f->table_at, p + FRAME_HEADER_BYTES, n, err);
}

static int open_frame(lsi_frame *f, uint32_t kind, bool use_mmap, uint64_t expect_bytes, uint64_t expect_sum,
                      ls_error *err)
{
    lsi_file_id id;
    const uint8_t *header = NULL, *tail = NULL;
    uint8_t *own = NULL;
    int rc = lsi_file_id_of(&f->file, &id, err);
    if (rc) return rc;
    f->bytes = id.bytes;
    if (f->bytes < FRAME_HEADER_BYTES + FRAME_FOOTER_BYTES)
        return lsi_fail_at(err, LS_CORRUPT, f->file.path, f->bytes, "the file ends here, at least 128 bytes expected");
    if (use_mmap) rc = lsi_file_map(&f->file, f->bytes, &f->map, err);
    if (use_mmap && !rc) lsi_file_close(&f->file, NULL); /* only read: nothing can be lost with it */
    if (!rc) rc = read_ends(f, kind, expect_bytes, &header, &tail, &own, err);
    if (!rc) rc = judge_footer(f, tail, err);
    if (!rc && expect_sum && lsi_get64(header + HEADER_SUM) != expect_sum)
        rc = corrupt(f, HEADER_SUM, err, "not the file that the manifest names: its sum differs");
    if (!rc && !(f->sections = lsi_calloc(f->count, sizeof *f->sections))) rc = lsi_fail_nomem(err);
    if (!rc) rc = lsi_frame_judge_table(f, tail, err);
    if (!rc) rc = lsi_frame_place_sections(f, err);
    lsi_free(own);
    return rc;
}

int lsi_frame_new(lsi_frame **out, lsi_dir *dir, const char *name, ls_error *err)
{
    *out = NULL;
    if (strlen(name) >= LSI_NAME_BYTES) return lsi_fail(err, LS_INVALID, "%s: the file name is too long", name);
    lsi_frame *f = lsi_calloc(1, sizeof *f);
    if (!f) return lsi_fail_nomem(err);
    memcpy(f->name, name, strlen(name));
    lsi_file_init(&f->file);
    f->none.frame = f;
    pthread_mutex_init(&f->fill, NULL);
    int rc = lsi_file_open(&f->file, dir, name, err);
    if (rc) lsi_frame_close(f);
    else *out = f;
    return rc;
}

int lsi_frame_open(lsi_frame **out, lsi_dir *dir, const char *name, uint32_t kind, bool use_mmap, uint64_t expect_bytes,
                   uint64_t expect_sum, ls_error *err)
{
    int rc = lsi_frame_new(out, dir, name, err);
    if (!rc) rc = open_frame(*out, kind, use_mmap, expect_bytes, expect_sum, err);
    if (!rc) return LS_OK;
    lsi_frame_close(*out);
    *out = NULL;
    return rc;
}

void lsi_frame_close(lsi_frame *f)
{
    if (!f) return;
    lsi_file_close(&f->file, NULL);
    lsi_file_unmap(f->map, f->bytes);
    pthread_mutex_destroy(&f->fill);
    lsi_free(f->heap);
    lsi_free(f->heap_sums);
    lsi_free(f->sections);
    lsi_free(f->flags);
    lsi_free(f);
}

/* ---- what it is ---- */

uint64_t lsi_frame_generation(const lsi_frame *f)
{
    return f->generation;
}

uint64_t lsi_frame_bytes(const lsi_frame *f)
{
    return f->bytes;
}

const char *lsi_frame_name(const lsi_frame *f)
{
    return f->name;
}

int lsi_frame_file_id(const lsi_frame *f, lsi_file_id *out, ls_error *err)
{
    if (f->map) return lsi_fail(err, LS_MISUSE, "%s: is mapped, its descriptor is closed", f->file.path);
    return lsi_file_id_of(&f->file, out, err);
}

const lsi_section *lsi_frame_find(const lsi_frame *f, uint32_t type)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->sections[i].type == type) return &f->sections[i];
    return &f->none;
}

size_t lsi_frame_section_count(const lsi_frame *f)
{
    return f->count;
}

const lsi_section *lsi_frame_section_at(const lsi_frame *f, size_t i)
{
    return i < f->count ? &f->sections[i] : &f->none;
}

int lsi_frame_check_types(const lsi_frame *f, uint32_t max_type, ls_error *err)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->sections[i].type > max_type && !f->sections[i].optional)
            return lsi_fail_at(err, LS_TOO_NEW, f->file.path, f->table_at + i * FRAME_ENTRY_BYTES,
                               "section type %u is needed, and this library knows up to %u", f->sections[i].type,
                               max_type);
    return LS_OK;
}

/* ---- fault points ---- */

static atomic_uint_fast64_t looks;
static atomic_uint_fast64_t fail_at;

uint64_t lsi_section_fail_at(uint64_t n)
{
    atomic_store(&fail_at, n);
    return atomic_exchange(&looks, 0);
}

/* Is this look the one that is to fail? */
static bool is_failing(void)
{
    uint64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    return LSI_UNLIKELY(at) && atomic_fetch_add(&looks, 1) + 1 == at;
}

/* ---- verified bytes ---- */

int lsi_section_corrupt(const lsi_section *s, uint64_t off, ls_error *err, const char *expected)
{
    return lsi_fail_at(err, LS_CORRUPT, s->frame->file.path, s->file_offset + off, "section %u: %s", s->type, expected);
}

/* The chunk sums of a section, verified against its root (rule 7); NULL with err. In read mode under the mutex. */
static const uint8_t *section_sums(const lsi_section *s, ls_error *err)
{
    lsi_frame *f = s->frame;
    size_t n = (size_t)(8 * lsi_frame_chunks(s->bytes));
    uint64_t at = s->sums_offset - f->sums_at;
    uint8_t *own = f->map ? NULL : f->heap_sums + at;
    const uint8_t *sums = f->map ? f->map + s->sums_offset : own;
    if (__atomic_load_n(s->sums_checked, __ATOMIC_ACQUIRE)) return sums;
    int rc = own ? lsi_file_read(&f->file, s->sums_offset, own, n, err) : LS_OK;
    bool right = !rc && lsi_hash64(sums, n) == s->root;
    if (!right && f->first_sums) { /* opened as damaged, so in read mode: the copy may be the sound one */
        rc = lsi_file_read(&f->file, f->first_sums + at, own, n, err);
        right = !rc && lsi_hash64(sums, n) == s->root;
    }
    if (!rc && !right)
        lsi_fail_at(err, LS_CORRUPT, f->file.path, s->sums_offset, "section %u: its chunk sums are damaged", s->type);
    if (right) __atomic_store_n(s->sums_checked, 1, __ATOMIC_RELEASE);
    return right ? sums : NULL;
}

/* Rule 8 for chunk c; reads it first in read mode unless it is there already. */
static int verify_chunk(const lsi_section *s, const uint8_t *sums, uint64_t c, ls_error *err)
{
    lsi_frame *f = s->frame;
    uint64_t from = c << LSI_CHUNK_SHIFT;
    size_t n = (size_t)LSI_MIN(s->bytes - from, (uint64_t)LSI_CHUNK_BYTES);
    if (!lsi_range_ok(from, n, bytes_there(s)))
        return lsi_section_corrupt(s, from, err, "the file ends before it does");
    if (!f->map && !__atomic_load_n(&s->checked[c], __ATOMIC_ACQUIRE)) {
        int rc = lsi_file_read(&f->file, s->file_offset + from, f->heap + (s->base - f->heap) + from, n, err);
        if (rc) return rc;
    }
    if (lsi_hash64(s->base + from, n) != lsi_get64(sums + 8 * c))
        return lsi_section_corrupt(s, from, err, "the checksum of this chunk is wrong");
    if (LSI_LIKELY(!atomic_load_explicit(&fail_at, memory_order_relaxed)))
        __atomic_store_n(&s->checked[c], 1, __ATOMIC_RELEASE);
    return LS_OK;
}

const uint8_t *lsi_section_fetch(const lsi_section *s, uint64_t off, uint64_t len, ls_error *err)
{
    static const uint8_t nothing[64];
    lsi_frame *f = s->frame;
    if (!lsi_range_ok(off, len, s->bytes)) {
        lsi_section_corrupt(s, LSI_MIN(off, s->bytes), err, "data is wanted beyond the end of the section");
        return NULL;
    }
    if (!len) return nothing;
    if (is_failing()) {
        lsi_section_corrupt(s, off, err, "damaged by a test");
        return NULL;
    }
    int rc = LS_OK;
    if (!f->map) pthread_mutex_lock(&f->fill);
    const uint8_t *sums = section_sums(s, err);
    if (!sums) rc = LS_CORRUPT;
    for (uint64_t c = off >> LSI_CHUNK_SHIFT; !rc && c <= lsi_section_last_chunk(s, off, len); c++)
        if (!__atomic_load_n(&s->checked[c], __ATOMIC_ACQUIRE)) rc = verify_chunk(s, sums, c, err);
    if (!f->map) pthread_mutex_unlock(&f->fill);
    return rc ? NULL : s->base + off;
}

/* ---- verifying all ---- */

typedef struct faults {
    ls_fault_fn *fn;
    void *ctx;
    uint64_t count;
} faults;

static void tell(faults *all, const ls_error *e, const char *section)
{
    all->count++;
    if (all->fn) all->fn(all->ctx, e, section);
}

static void verify_section(const lsi_section *s, faults *all)
{
    char name[32];
    ls_error e;
    lsi_error_clear(&e);
    snprintf(name, sizeof name, "section %u", s->type);
    if (!s->bytes) return;
    if (!s->frame->map) pthread_mutex_lock(&s->frame->fill);
    const uint8_t *sums = section_sums(s, &e);
    if (!sums) tell(all, &e, name);
    for (uint64_t c = 0; sums && c < lsi_frame_chunks(s->bytes); c++)
        if (verify_chunk(s, sums, c, &e)) tell(all, &e, name);
    if (!s->frame->map) pthread_mutex_unlock(&s->frame->fill);
}

/* The bytes between two parts: fewer than 64, all zero. */
static void verify_padding(lsi_frame *f, uint64_t from, uint64_t to, faults *all)
{
    uint8_t read[LSI_SECTION_ALIGN];
    const uint8_t *p = f->map ? f->map + from : read;
    ls_error e;
    lsi_error_clear(&e);
    if (from == to) return;
    if (from > to || to - from >= sizeof read) { /* only of a file that was opened as damaged */
        corrupt(f, from, &e, "the next part of the file is not where it must be");
        tell(all, &e, "padding");
        return;
    }
    int rc = f->map ? LS_OK : lsi_file_read(&f->file, from, read, (size_t)(to - from), &e);
    for (uint64_t i = 0; !rc && i < to - from; i++)
        if (p[i]) rc = corrupt(f, from + i, &e, "zero expected between the sections");
    if (rc) tell(all, &e, "padding");
}

/* n bytes at the head of the file are the same as those at its end. */
static void verify_copy(lsi_frame *f, uint64_t head, uint64_t tail, uint64_t n, faults *all)
{
    uint8_t read[2][4096];
    ls_error e;
    int rc = LS_OK;
    lsi_error_clear(&e);
    for (uint64_t at = 0; !rc && at < n; at += sizeof read[0]) {
        size_t part = (size_t)LSI_MIN(n - at, (uint64_t)sizeof read[0]), same = 0;
        const uint8_t *a = f->map ? f->map + head + at : read[0], *b = f->map ? f->map + tail + at : read[1];
        if (!f->map) rc = lsi_file_read(&f->file, head + at, read[0], part, &e);
        if (!f->map && !rc) rc = lsi_file_read(&f->file, tail + at, read[1], part, &e);
        while (!rc && same < part && a[same] == b[same]) same++;
        if (!rc && same < part)
            rc = corrupt(f, head + at + same, &e, "not the same as in the other copy of the section table and sums");
    }
    if (rc) tell(all, &e, "copy of the table");
}

int lsi_frame_verify(lsi_frame *f, ls_fault_fn *fault, void *ctx, uint64_t *count, ls_error *err)
{
    faults all = {fault, ctx, 0};
    uint64_t sums_end = f->sums_at;
    for (size_t i = 0; i < f->count; i++) {
        const lsi_section *s = &f->sections[i];
        uint64_t end = s->file_offset + s->bytes;
        verify_section(s, &all);
        verify_padding(f, end, lsi_frame_align(end), &all);
        sums_end += 8 * lsi_frame_chunks(s->bytes);
    }
    verify_padding(f, sums_end, f->table_at, &all);
    uint64_t table_bytes = lsi_frame_table(f->count);
    verify_copy(f, FRAME_HEADER_BYTES, f->table_at, table_bytes, &all);
    verify_copy(f, FRAME_HEADER_BYTES + table_bytes, f->sums_at, f->table_at - f->sums_at, &all);
    *count += all.count;
    return all.count ? lsi_fail(err, LS_CORRUPT, "%s: damaged in %llu place%s", f->file.path,
                                (unsigned long long)all.count, all.count == 1 ? "" : "s")
                     : LS_OK;
}
