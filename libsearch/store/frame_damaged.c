/* frame_damaged.c — owns the opening of files that lsi_frame_open refuses, for salvage: which of the two copies of the
 * section table and of the chunk sums can still be believed. The bytes are told at the head of frame.c. Ignorant of what
 * sections hold.
 *
 * WHAT IS BELIEVED
 *   a sound header   knows the sum of the table. The copy at the end of the file is asked first, then the one behind the
 *                    header: that is all there is of a file that was cut. Sections end then where the file does.
 *   else the footer  knows the sum as well, and the file's size.
 *   no sound table   each entry of the one at the end that can be true by itself.
 * Nothing is handed out that roots and chunk sums do not vouch for, whichever way it was found. */
#include "libsearch/store/frame_inside.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"

static int corrupt(const lsi_frame *f, uint64_t at, ls_error *err, const char *expected)
{
    return lsi_fail_at(err, LS_CORRUPT, f->file.path, at, "%s", expected);
}

/* The entries that can be believed one by one: in the file, disjoint by their sum, of a type that no other claims. What
 * they point at is still verified by root and chunk sums, so that a wrong one finds nothing. */
static void keep_entries(lsi_frame *f, const uint8_t *table)
{
    size_t kept = 0;
    uint64_t left = f->table_at;
    f->sums_at = f->table_at;
    for (size_t i = 0; i < f->count; i++) {
        lsi_section *s = &f->sections[kept];
        bool twice = false;
        lsi_frame_read_entry(f, s, table + i * FRAME_ENTRY_BYTES);
        for (size_t k = 0; k < f->count; k++)
            if (k != i && lsi_get32(table + k * FRAME_ENTRY_BYTES + ENTRY_TYPE) == s->type) twice = true;
        uint64_t sums = 8 * lsi_frame_chunks(s->bytes);
        if (!s->type || twice || s->file_offset % LSI_SECTION_ALIGN ||
            !lsi_range_ok(s->file_offset, s->bytes, f->table_at) || lsi_frame_align(s->bytes) > left ||
            !lsi_range_ok(s->sums_offset, sums, f->table_at))
            continue;
        left -= lsi_frame_align(s->bytes);
        f->sums_at = LSI_MIN(f->sums_at, s->sums_offset);
        kept++;
    }
    f->count = kept;
}

/* Where the header cannot be believed: a sound footer knows the sum of the table that ends before it, and so how many
 * entries that has. */
static int table_of_footer(lsi_frame *f, uint32_t kind, ls_error *err)
{
    uint8_t t[FRAME_FOOTER_BYTES], *table = NULL;
    size_t most = (size_t)LSI_MIN((uint64_t)lsi_frame_align((uint64_t)FRAME_SECTIONS_MAX * FRAME_ENTRY_BYTES),
                                  (f->bytes - FRAME_HEADER_BYTES - FRAME_FOOTER_BYTES) & ~(uint64_t)63);
    int rc = lsi_file_read(&f->file, f->bytes - FRAME_FOOTER_BYTES, t, sizeof t, err);
    if (rc) return rc;
    f->generation = lsi_get64(t + FOOTER_GENERATION);
    f->kind = lsi_get32(t + FOOTER_KIND);
    if (memcmp(t + FOOTER_MAGIC, FRAME_END_MAGIC, 8) || lsi_get64(t + FOOTER_SUM) != lsi_hash64(t, FOOTER_SUM) ||
        lsi_get64(t + FOOTER_BYTES) != f->bytes || f->kind != kind)
        return corrupt(f, f->bytes - FRAME_FOOTER_BYTES, err, "neither header nor footer are sound");
    table = lsi_malloc(most);
    if (!table) return lsi_fail_nomem(err);
    rc = lsi_file_read(&f->file, f->bytes - FRAME_FOOTER_BYTES - most, table, most, err);
    size_t n = LSI_SECTION_ALIGN;
    while (!rc && n <= most && lsi_hash64(table + most - n, n) != lsi_get64(t + FOOTER_TABLE_SUM))
        n += LSI_SECTION_ALIGN;
    if (!rc && n > most) rc = corrupt(f, f->bytes - FRAME_FOOTER_BYTES, err, "no section table that the footer knows");
    if (!rc) {
        f->table_sum = lsi_get64(t + FOOTER_TABLE_SUM);
        f->table_at = f->bytes - FRAME_FOOTER_BYTES - n;
        f->count = n / FRAME_ENTRY_BYTES;
        if (!lsi_get32(table + most - n + (f->count - 1) * FRAME_ENTRY_BYTES)) f->count--; /* zero bytes */
    }
    lsi_free(table);
    return rc;
}

/* The table into `table`, from one of its places; *sound: it is the one that header or footer know. */
static int take_table(lsi_frame *f, uint64_t at, uint8_t *table, bool *sound, ls_error *err)
{
    size_t n = (size_t)lsi_frame_table(f->count);
    *sound = false;
    if (!lsi_range_ok(at, n, f->bytes)) return LS_OK;
    int rc = lsi_file_read(&f->file, at, table, n, err);
    *sound = !rc && lsi_hash64(table, n) == f->table_sum && !lsi_frame_judge_table(f, table, NULL);
    return rc;
}

static int open_sections(lsi_frame *f, ls_error *err)
{
    bool sound = false;
    size_t n = (size_t)lsi_frame_table(f->count);
    uint8_t *table = lsi_malloc(n);
    f->sections = lsi_calloc(f->count, sizeof *f->sections);
    int rc = table && f->sections ? LS_OK : lsi_fail_nomem(err);
    if (!rc) rc = take_table(f, FRAME_HEADER_BYTES, table, &sound, err);
    if (!rc && !sound) rc = take_table(f, f->table_at, table, &sound, err);
    if (!rc && sound) {
        f->first_sums = FRAME_HEADER_BYTES + n;
        if (f->table_at - f->sums_at > f->bytes - f->first_sums) /* either table lies before the end */
            rc = corrupt(f, f->bytes, err, "the file ends before its first section");
    } else if (!rc && lsi_range_ok(f->table_at, n, f->bytes)) {
        keep_entries(f, table); /* the copy at the end: it was read last */
    } else if (!rc) {
        rc = corrupt(f, f->bytes, err, "the file was cut, and what is left of it has no sound section table");
    }
    if (!rc) rc = lsi_frame_place_sections(f, err);
    lsi_free(table);
    return rc;
}

static int open_damaged(lsi_frame *f, uint32_t kind, ls_error *err)
{
    lsi_file_id id;
    uint8_t h[FRAME_HEADER_BYTES];
    int rc = lsi_file_id_of(&f->file, &id, err);
    if (rc) return rc;
    f->bytes = id.bytes;
    if (f->bytes < FRAME_HEADER_BYTES + FRAME_FOOTER_BYTES)
        return corrupt(f, f->bytes, err, "the file ends here, at least 128 bytes expected");
    rc = lsi_file_read(&f->file, 0, h, sizeof h, err);
    if (!rc) rc = lsi_frame_judge_header(f, h, kind, false, 0, err);
    if (rc == LS_TOO_NEW || rc == LS_TOO_OLD || rc == LS_IO) return rc;
    if (rc) rc = table_of_footer(f, kind, err);
    else f->bytes = LSI_MIN(f->bytes, lsi_get64(h + HEADER_BYTES)); /* what was put behind is not its own */
    return rc ? rc : open_sections(f, err);
}

int lsi_frame_open_damaged(lsi_frame **out, lsi_dir *dir, const char *name, uint32_t kind, ls_error *err)
{
    int rc = lsi_frame_new(out, dir, name, err);
    if (!rc) rc = open_damaged(*out, kind, err);
    if (!rc) return LS_OK;
    lsi_frame_close(*out);
    *out = NULL;
    return rc;
}
