/* ranges.c — owns the ranges that a scratch keeps: sets of bits of a segment's documents, filled by ops_set.c.
 *
 * A scratch belongs to one search at a time, so that nothing is locked. What is kept is true as long as the segment is
 * open, which it is as long as the reader is: only segments of the reader's own snapshot are kept (a view has the same
 * ones, docs/NEWS.md). Room is bounded by LSI_RANGES_KEPT entries and BYTES_MAX; the one that was not asked for the
 * longest goes, but none that the present search has in hand. It does not know columns. */
#include "libsearch/query/ranges.h"
#include "libsearch/util/alloc.h"

#define BYTES_MAX ((size_t)2 << 20) /* of a scratch: ranges of 16 million documents */

static bool of_the_reader(const lsi_plan *p, const lsi_segment *seg)
{
    const lsi_snapshot *snap = p->scratch->known_of;
    for (size_t i = 0; snap && i < snap->count; i++) {
        if (snap->segments[i].seg == seg) return true;
    }
    return false;
}

static void drop(lsi_scratch *s, size_t i)
{
    if (!s->ranges[i]) return;
    s->range_bytes -= s->ranges[i]->bytes;
    lsi_free(s->ranges[i]);
    s->ranges[i] = NULL;
}

/* A free place, with room for so many bytes; LSI_RANGES_KEPT: there is none. */
static size_t make_room(lsi_scratch *s, size_t bytes)
{
    for (;;) {
        size_t empty = LSI_RANGES_KEPT, oldest = LSI_RANGES_KEPT;
        for (size_t i = 0; i < LSI_RANGES_KEPT; i++) {
            const lsi_kept_range *e = s->ranges[i];
            if (!e) empty = i;
            else if (!e->pinned && (oldest == LSI_RANGES_KEPT || e->used < s->ranges[oldest]->used)) oldest = i;
        }
        if (empty < LSI_RANGES_KEPT && s->range_bytes + bytes <= BYTES_MAX) return empty;
        if (oldest == LSI_RANGES_KEPT) return oldest;
        drop(s, oldest);
    }
}

lsi_kept_range *lsi_ranges_keep(lsi_plan *p, const lsi_op *op)
{
    lsi_scratch *s = p->scratch;
    const lsi_segment *seg = p->seg->seg;
    const lsi_column *c = &seg->columns[op->field];
    if (c->min > c->max || op->from > op->to || c->max < op->from || c->min > op->to) return NULL;
    if (c->present == c->doc_count && c->min >= op->from && c->max <= op->to) return NULL;
    for (size_t i = 0; i < LSI_RANGES_KEPT; i++) {
        lsi_kept_range *e = s->ranges[i];
        if (!e || e->seg != seg || e->field != op->field || e->from != op->from || e->to != op->to) continue;
        e->pinned = true;
        e->used = s->range_searches;
        return e;
    }
    size_t windows = ((size_t)seg->doc_count + LSI_WINDOW_DOCS - 1) / LSI_WINDOW_DOCS;
    size_t bytes = sizeof(lsi_kept_range) + windows * (LSI_WINDOW_WORDS * sizeof(uint64_t) + 1);
    if (bytes > BYTES_MAX || !of_the_reader(p, seg)) return NULL;
    size_t place = make_room(s, bytes);
    lsi_kept_range *e = place < LSI_RANGES_KEPT ? lsi_malloc(bytes) : NULL;
    if (!e) return NULL;
    *e = (lsi_kept_range){seg, op->field, op->from, op->to, s->range_searches, true, bytes, NULL, NULL};
    e->bits = (uint64_t *)(void *)(e + 1);
    e->ready = (uint8_t *)(e->bits + windows * LSI_WINDOW_WORDS);
    memset(e->ready, 0, windows);
    s->range_bytes += bytes;
    return s->ranges[place] = e;
}

void lsi_ranges_unpin(lsi_scratch *s)
{
    if (!s->range_bytes) return;
    s->range_searches++;
    for (size_t i = 0; i < LSI_RANGES_KEPT; i++) {
        if (s->ranges[i]) s->ranges[i]->pinned = false;
    }
}

void lsi_ranges_free(lsi_scratch *s)
{
    for (size_t i = 0; i < LSI_RANGES_KEPT; i++) drop(s, i);
}
