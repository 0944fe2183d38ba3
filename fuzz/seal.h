/* seal.h — makes the checksums of a changed file right again, so that damage reaches what stands behind them. Reads the
 * layout of docs/FORMAT.md 3 with no trust in any number of it. */
#ifndef FUZZ_SEAL_H
#define FUZZ_SEAL_H
#include "libsearch/store/frame_layout.h"
#include "libsearch/util/map.h"

static inline bool seal_section(uint8_t *p, size_t n, uint8_t *entry)
{
    uint64_t at = lsi_get64(entry + ENTRY_OFFSET), bytes = lsi_get64(entry + ENTRY_BYTES);
    uint64_t sums = lsi_get64(entry + ENTRY_SUMS), chunks = lsi_frame_chunks(bytes);
    if (!lsi_range_ok(at, bytes, n) || !lsi_range_ok(sums, 8 * chunks, n)) return false;
    for (uint64_t c = 0; c < chunks; c++) {
        uint64_t from = c << LSI_CHUNK_SHIFT;
        lsi_set64(p + sums + 8 * c,
                  lsi_hash64(p + at + from, (size_t)LSI_MIN(bytes - from, (uint64_t)LSI_CHUNK_BYTES)));
    }
    lsi_set64(entry + ENTRY_ROOT, lsi_hash64(p + sums, (size_t)(8 * chunks)));
    return true;
}

/* The first copies of table and sums made the same as the second ones: without that nobody looks further than at them. */
static inline void seal_copies(uint8_t *p, size_t n)
{
    uint64_t table = lsi_get64(p + HEADER_TABLE), count = lsi_get32(p + HEADER_COUNT);
    if (n < 128 || !count || table < 64 || table > n - 64 || count > (n - 64 - table) / FRAME_ENTRY_BYTES) return;
    uint64_t size = n - 64 - table, sums = lsi_get64(p + table + ENTRY_SUMS),
             first = lsi_get64(p + table + ENTRY_OFFSET);
    if (sums > table || first > n || FRAME_HEADER_BYTES + size + (table - sums) > first) return;
    memcpy(p + FRAME_HEADER_BYTES, p + table, (size_t)size);
    memcpy(p + FRAME_HEADER_BYTES + size, p + sums, (size_t)(table - sums));
}

/* The file's sum, as a manifest has it; 0 where the file has no table that could be sealed. */
static inline uint64_t seal_file(uint8_t *p, size_t n)
{
    if (n < 128) return 0;
    uint64_t table = lsi_get64(p + HEADER_TABLE), count = lsi_get32(p + HEADER_COUNT);
    if (count > FRAME_SECTIONS_MAX || table < 64 || table > n - 64 || count * FRAME_ENTRY_BYTES > n - 64 - table)
        return 0;
    for (uint64_t i = 0; i < count; i++) seal_section(p, n, p + table + i * FRAME_ENTRY_BYTES);
    size_t table_bytes = n - 64 - (size_t)table;
    uint8_t *f = p + n - FRAME_FOOTER_BYTES;
    lsi_set64(f + FOOTER_TABLE_SUM, lsi_hash64(p + table, table_bytes));
    lsi_set64(p + HEADER_TABLE_SUM, lsi_get64(f + FOOTER_TABLE_SUM));
    lsi_set64(p + HEADER_SUM, lsi_hash64(p, HEADER_SUM));
    lsi_set64(f + FOOTER_SUM, lsi_hash64(f, FOOTER_SUM));
    return lsi_get64(p + HEADER_SUM);
}
#endif
