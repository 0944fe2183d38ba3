/* memdocs.h — the inside of an lsi_memseg: shared by those who fill it, write it and count it. Private to the room. */
#ifndef LSI_MEMDOCS_H
#define LSI_MEMDOCS_H
#include "libsearch/segment/invert.h"
#include "libsearch/segment/memseg.h"

#define LSI_POSITION_GAP 8u /* free positions between regions, and between the values of a field */
/* Added to the number of a list of a field of weight 0: its boilerplate, behind its other words, in the same document.
 */
#define LSI_MEMSEG_APART 32u

typedef struct lsi_memdoc {
    const uint8_t *stored, *id;
    size_t stored_bytes;
    uint64_t hash, guid; /* guid: its hash */
    uint64_t text;       /* hash of the words of the main field (shingle.h) */
    int64_t version;
    uint8_t id_len, lang, shingles; /* shingles of the main field, at most LSI_SHINGLES_SO */
    bool has_guid;
    bool dead; /* deleted, or given up half-way */
} lsi_memdoc;

typedef struct lsi_memvalue { /* of a number field; of a keyword field: the number of a spelling */
    lsi_doc doc;
    int64_t value;
} lsi_memvalue;

typedef struct lsi_memspelling {
    const uint8_t *written, *folded;
    uint32_t written_len, folded_len;
} lsi_memspelling;

typedef struct lsi_memfield {
    lsi_memvalue *values;
    size_t count, cap;
    lsi_map spelling_numbers; /* by what was written */
    lsi_memspelling *spellings;
    size_t spelling_count, spelling_cap;
} lsi_memfield;

typedef struct lsi_memword { /* a boilerplate word that waits until its region begins */
    uint32_t term, number, position;
} lsi_memword;

struct lsi_memseg {
    ls_schema *schema;
    lsi_analyzer *analyzer;
    lsi_invert words;
    lsi_arena bytes; /* stored documents, ids, spellings */
    lsi_memdoc *docs;
    size_t count, cap, dead_count;
    /* For each document text_count lengths, then the first positions of region_count regions (see segment.h). */
    uint32_t *facts;
    size_t fact_cap;
    lsi_memfield *fields; /* schema->count of them */
    uint32_t hidden[4];   /* terms of LSI_TERM_*; LSI_ORD_NONE until used */
    lsi_memword *boilerplate;
    size_t boilerplate_count, boilerplate_cap;
    lsi_buf encoded; /* the document in hand */
    struct lsi_shingler *shingler;
    uint64_t *kept; /* shingles, as entries of documents */
    size_t kept_count, kept_cap;
    lsi_segment **beside; /* retained: what new texts are compared with */
    size_t beside_count, beside_cap;
    void (*before_copies)(void *ctx); /* NULL: nothing is called */
    void *before_copies_ctx;
};

/* copies_flush.c: a word of the main field of the document in hand (false: no memory); the section of all. */
struct lsi_builder;
bool lsi_memseg_shingle(lsi_memseg *m, lsi_doc doc, const uint8_t *form, size_t len);
/* The same for words of the value in hand (lsi_shingle_value). */
bool lsi_memseg_shingles(lsi_memseg *m, lsi_doc doc, const lsi_plain_word *words, uint32_t n);
int lsi_memseg_write_copies(lsi_memseg *m, struct lsi_builder *b, const lsi_doc *new_number, ls_error *err);

LSI_INLINE uint32_t *lsi_memseg_lengths(const lsi_memseg *m, lsi_doc doc)
{
    return m->facts + (size_t)doc * (m->schema->text_count + m->schema->region_count);
}
LSI_INLINE uint32_t *lsi_memseg_starts(const lsi_memseg *m, lsi_doc doc)
{
    return lsi_memseg_lengths(m, doc) + m->schema->text_count;
}

/* For each region of the combined list its weight, and the number of its short list (0: it has none). */
typedef struct lsi_region_plan {
    uint32_t count, weights[LSI_TEXT_FIELDS_MAX + 1], lists[LSI_TEXT_FIELDS_MAX + 1];
} lsi_region_plan;
void lsi_region_plan_make(lsi_region_plan *p, const ls_schema *s);
LSI_INLINE uint32_t lsi_region_end(const lsi_region_plan *p, const uint32_t *starts, uint32_t region)
{
    return region + 1 < p->count ? starts[region + 1] : UINT32_MAX;
}
/* Scored tf of a run of the combined list: each occurrence counts its region's weight, at least 1 in all. Sets the
 * bits of the short lists that the run is also in. */
uint32_t lsi_region_tf_any(const lsi_region_plan *p, const uint32_t *starts, const uint32_t *positions, uint32_t count,
                           uint32_t *lists);
LSI_INLINE uint32_t lsi_region_tf(const lsi_region_plan *p, const uint32_t *starts, const uint32_t *positions,
                                  uint32_t count, uint32_t *lists)
{
    uint32_t region = 0, end;
    while (positions[0] >= (end = lsi_region_end(p, starts, region))) region++;
    uint64_t tf = (uint64_t)p->weights[region] * count;
    if (LSI_UNLIKELY(positions[count - 1] >= end || tf - 1 >= LSI_COUNT_MAX)) /* as good as always in one region */
        return lsi_region_tf_any(p, starts, positions, count, lists);
    *lists |= 1u << p->lists[region] & ~1u;
    return (uint32_t)tf;
}
#endif
