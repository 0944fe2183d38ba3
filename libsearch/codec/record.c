/* record.c — owns the bytes of a list's record. Ignorant of terms, and of what the offsets point at.
 *
 *   vint   df << 2 | c       c: 0, 1, 2: the term has 1, 2, 3 forms; 3: their number follows
 *   vint   form count        only with c = 3
 *   nothing more where df is 0 (the term has no such list); else
 *   vint   (cf − df) << 4 | 8 where a form stream, 4 where positions, 2 where ranges, 1 where adjustments follow
 *   u8     largest impact
 *   df ≤ 3:  vint × df     the documents: the first itself, then gaps − 1
 *            vint × df     raw counts − 1, only where cf > df
 *            vint × df     zigzag(scored tf − raw count), only with adjustments
 *   df > 3:  offset        in the section of blocks
 *            offset        in the section of facts, only where df > 256
 *            offset        in the section of ranges, only with ranges
 *   offset   of the position stream, of the form stream: each only where there is one
 * An offset is a vint of zigzag(it − that of the last record before in the block of the dictionary that had one).
 *
 * Example: documents 7 and 9, counts 1 and 2, scored tf 1 and 6, one form, impact 90, positions at 100, no form
 * stream: 08 (2<<2), 15 (1<<4 | 4 | 1), 5A, 07 01, 00 01, 00 08, C8 01 (200). */
#include "libsearch/codec/record.h"
#include "libsearch/codec/vint.h"

enum { HAS_ADJUSTMENTS = 1, HAS_RANGES = 2, HAS_POSITIONS = 4, HAS_FORMS = 8, COUNT_SHIFT = 4 };

static void put_offset(lsi_buf *b, uint64_t *base, uint64_t v)
{
    lsi_vint_put(b, lsi_zigzag((int64_t)(v - *base)));
    *base = v;
}

static const uint8_t *get_offset(const uint8_t *p, const uint8_t *end, uint64_t *base, uint64_t *v)
{
    uint64_t d;
    p = lsi_vint_get(p, end, &d);
    if (p) *v = *base += (uint64_t)lsi_unzigzag(d);
    return p;
}

static void put_inline(lsi_buf *b, const lsi_list *l, bool adjusted)
{
    for (uint32_t i = 0; i < l->df; i++)
        lsi_vint_put(b, i ? l->inline_doc[i] - l->inline_doc[i - 1] - 1 : l->inline_doc[0]);
    for (uint32_t i = 0; i < l->df && l->cf > l->df; i++) lsi_vint_put(b, l->inline_n[i] - 1);
    for (uint32_t i = 0; i < l->df && adjusted; i++)
        lsi_vint_put(b, lsi_zigzag((int64_t)l->inline_tf[i] - (int64_t)l->inline_n[i]));
}

void lsi_record_put(lsi_buf *b, lsi_record_base *base, const lsi_list *l, uint32_t form_count)
{
    bool few = form_count >= 1 && form_count <= 3, adjusted = false;
    lsi_vint_put(b, (uint64_t)l->df << 2 | (few ? form_count - 1 : 3));
    if (!few) lsi_vint_put(b, form_count);
    if (!l->df) return;
    for (uint32_t i = 0; i < l->inline_count; i++) adjusted |= l->inline_tf[i] != l->inline_n[i];
    lsi_vint_put(b, (l->cf - l->df) << COUNT_SHIFT | (l->forms_offset != LSI_OFFSET_NONE ? HAS_FORMS : 0) |
                        (l->positions_offset != LSI_OFFSET_NONE ? HAS_POSITIONS : 0) |
                        (l->has_ranges ? HAS_RANGES : 0) | (adjusted ? HAS_ADJUSTMENTS : 0));
    lsi_buf_put8(b, l->max_impact);
    if (l->inline_count) {
        put_inline(b, l, adjusted);
    } else {
        put_offset(b, &base->blocks, l->blocks_offset);
        if (l->df > LSI_BLOCK_DOCS) put_offset(b, &base->facts, l->facts_offset);
        if (l->has_ranges) put_offset(b, &base->ranges, l->ranges_offset);
    }
    if (l->positions_offset != LSI_OFFSET_NONE) put_offset(b, &base->positions, l->positions_offset);
    if (l->forms_offset != LSI_OFFSET_NONE) put_offset(b, &base->forms, l->forms_offset);
}

static const uint8_t *get_inline(const uint8_t *p, const uint8_t *end, lsi_list *l, bool adjusted)
{
    uint64_t v, doc = 0;
    l->inline_count = (uint8_t)l->df;
    for (uint32_t i = 0; i < l->df; i++) {
        if (!(p = lsi_vint_get(p, end, &v)) || v > UINT32_MAX) return NULL;
        doc += v + (i ? 1 : 0);
        if (doc > UINT32_MAX) return NULL;
        l->inline_doc[i] = (lsi_doc)doc;
        l->inline_n[i] = 1;
    }
    for (uint32_t i = 0; i < l->df && l->cf > l->df; i++) {
        if (!(p = lsi_vint_get(p, end, &v)) || v >= LSI_COUNT_MAX) return NULL;
        l->inline_n[i] = (uint32_t)v + 1;
    }
    for (uint32_t i = 0; i < l->df; i++) l->inline_tf[i] = l->inline_n[i];
    for (uint32_t i = 0; i < l->df && adjusted; i++) {
        if (!(p = lsi_vint_get(p, end, &v)) || v > UINT32_MAX) return NULL;
        int64_t tf = (int64_t)l->inline_n[i] + lsi_unzigzag(v);
        if (tf < 1 || tf > (int64_t)LSI_COUNT_MAX) return NULL;
        l->inline_tf[i] = (uint32_t)tf;
    }
    return p;
}

static const uint8_t *skip_vints(const uint8_t *p, const uint8_t *end, uint32_t n)
{
    for (; n; n--) {
        while (p < end && *p & 0x80) p++;
        if (p++ >= end) return NULL;
    }
    return p;
}

/* The head of a record: its document count, the number of forms, and bits (which are 0 where df is). */
typedef struct head {
    uint32_t df, forms;
    uint64_t bits;
    uint8_t impact;
} head;

LSI_INLINE const uint8_t *get_head(const uint8_t *p, const uint8_t *end, head *h)
{
    uint64_t v;
    h->bits = 0;
    if (!(p = lsi_vint_get(p, end, &v)) || v >> 2 > LSI_SEGMENT_DOCS_MAX) return NULL;
    h->df = (uint32_t)(v >> 2);
    h->forms = (uint32_t)(v & 3) + 1;
    if ((v & 3) == 3 && !(p = lsi_vint_get32(p, end, &h->forms))) return NULL;
    if (!h->df) return p;
    if (!(p = lsi_vint_get(p, end, &h->bits)) || p >= end) return NULL;
    h->impact = *p++;
    return p;
}

/* Offsets behind the documents; the list's are *where the record has them. */
LSI_INLINE const uint8_t *get_places(const uint8_t *p, const uint8_t *end, lsi_record_base *base, const head *h,
                                     lsi_list *l)
{
    if (h->df > 3) {
        p = get_offset(p, end, &base->blocks, &l->blocks_offset);
        if (h->df > LSI_BLOCK_DOCS) p = get_offset(p, end, &base->facts, &l->facts_offset);
        if (h->bits & HAS_RANGES) p = get_offset(p, end, &base->ranges, &l->ranges_offset);
    }
    if (h->bits & HAS_POSITIONS) p = get_offset(p, end, &base->positions, &l->positions_offset);
    if (h->bits & HAS_FORMS) p = get_offset(p, end, &base->forms, &l->forms_offset);
    return p;
}

const uint8_t *lsi_record_get(const uint8_t *p, const uint8_t *end, lsi_record_base *base, lsi_list *l,
                              uint32_t *form_count)
{
    head h;
    memset(l, 0, sizeof *l);
    l->positions_offset = l->forms_offset = LSI_OFFSET_NONE;
    if (!(p = get_head(p, end, &h))) return NULL;
    *form_count = h.forms;
    l->df = h.df;
    if (!h.df) return p;
    l->cf = h.df + (h.bits >> COUNT_SHIFT);
    l->max_impact = h.impact;
    l->has_ranges = h.bits & HAS_RANGES ? 1 : 0;
    if (l->cf > UINT32_MAX) return NULL;
    if (h.df <= 3 && (l->has_ranges || !(p = get_inline(p, end, l, h.bits & HAS_ADJUSTMENTS)))) return NULL;
    return get_places(p, end, base, &h, l);
}

const uint8_t *lsi_record_skip(const uint8_t *p, const uint8_t *end, lsi_record_base *base)
{
    head h;
    lsi_list unused;
    if (!(p = get_head(p, end, &h)) || !h.df) return p;
    if (h.df <= 3) {
        uint32_t parts = 1u + (h.bits >> COUNT_SHIFT ? 1 : 0) + (h.bits & HAS_ADJUSTMENTS ? 1 : 0);
        if (!(p = skip_vints(p, end, h.df * parts))) return NULL;
    }
    return get_places(p, end, base, &h, &unused);
}
