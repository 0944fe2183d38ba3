/* copies.c — owns what is kept of a segment's texts while the segment is made: documents grouped by equal texts, and
 * the rows of their relations. Ignorant of how either is found. */
#include "libsearch/segment/copies.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

int lsi_copies_init(lsi_copies *c, uint32_t doc_count, ls_error *err)
{
    memset(c, 0, sizeof *c);
    c->doc_count = doc_count;
    c->texts = lsi_calloc(doc_count, sizeof *c->texts);
    c->counts = lsi_calloc(doc_count, 1);
    c->order = lsi_malloc(doc_count * sizeof *c->order);
    c->first = lsi_malloc(doc_count * sizeof *c->first);
    if (c->texts && c->counts && c->order && c->first) return LS_OK;
    lsi_copies_clear(c);
    return lsi_fail_nomem(err);
}

void lsi_copies_clear(lsi_copies *c)
{
    lsi_free(c->texts);
    lsi_free(c->counts);
    lsi_free(c->order);
    lsi_free(c->first);
    lsi_free(c->entries);
    lsi_free(c->starts);
    lsi_free(c->rows);
    memset(c, 0, sizeof *c);
}

/* By eight bits of the mark at a time, from the lowest, which leaves documents of one mark in their order; digits that
 * all have are passed over. */
void lsi_copies_radix(uint64_t *a, uint64_t *tmp, size_t n)
{
    uint64_t *from = a, *to = tmp;
    for (unsigned shift = LSI_SHINGLE_DOC_BITS; n > 1 && shift < 64; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < n; i++) starts[(from[i] >> shift & 255) + 1]++;
        if (starts[(from[0] >> shift & 255) + 1] == n) continue;
        for (size_t i = 1; i < 257; i++) starts[i] += starts[i - 1];
        for (size_t i = 0; i < n; i++) to[starts[from[i] >> shift & 255]++] = from[i];
        uint64_t *was = from;
        from = to;
        to = was;
    }
    if (from != a) memcpy(a, from, n * sizeof *a);
}

int lsi_copies_index(lsi_copies *c, ls_error *err)
{
    c->start_bits = 1;
    while (c->start_bits < 24 && (size_t)2 << c->start_bits < c->entry_count) c->start_bits++; /* two an interval */
    size_t n = (size_t)1 << c->start_bits, at = 0;
    c->starts = lsi_malloc((n + 1) * sizeof *c->starts);
    if (!c->starts) return lsi_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        c->starts[i] = (uint32_t)at;
        while (at < c->entry_count && c->entries[at] >> (64 - c->start_bits) == i) at++;
    }
    c->starts[n] = (uint32_t)at;
    return LS_OK;
}

size_t lsi_copies_seek(const lsi_copies *c, uint64_t value)
{
    size_t interval = (size_t)(value >> (64 - c->start_bits)), lo = c->starts[interval], hi = c->starts[interval + 1];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->entries[mid] < value) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

typedef struct grouped {
    uint64_t text;
    lsi_doc doc;
} grouped;

static int by_text(const void *a, const void *b)
{
    const grouped *x = a, *y = b;
    if (x->text != y->text) return x->text < y->text ? -1 : 1;
    return x->doc < y->doc ? -1 : x->doc > y->doc;
}

int lsi_copies_group(lsi_copies *c, ls_error *err)
{
    grouped *g = lsi_malloc(c->doc_count * sizeof *g);
    if (!g) return lsi_fail_nomem(err);
    for (lsi_doc d = 0; d < c->doc_count; d++) g[d] = (grouped){c->texts[d], d};
    qsort(g, c->doc_count, sizeof *g, by_text);
    for (uint32_t i = 0, first = 0; i < c->doc_count; i++) {
        if (g[i].text != g[first].text) first = i;
        c->order[i] = g[i].doc;
        c->first[g[i].doc] = g[first].doc;
    }
    lsi_free(g);
    return LS_OK;
}

int lsi_copies_add(lsi_copies *c, const lsi_relation_row *row, ls_error *err)
{
    if (!LSI_ROOM(c->rows, c->row_count + 2, c->row_cap)) return lsi_fail_nomem(err);
    c->rows[c->row_count++] = *row;
    c->rows[c->row_count++] = (lsi_relation_row){row->other, row->text, row->back, row->share, row->common};
    return LS_OK;
}

/* Of two that say different shares of one pair (what recurs was known of one and not yet of the other) the one that
 * says less stands: it left out more. The sum of both shares is the same both ways round. */
static int by_pair(const void *a, const void *b)
{
    const lsi_relation_row *x = a, *y = b;
    if (x->text != y->text) return x->text < y->text ? -1 : 1;
    if (x->other != y->other) return x->other < y->other ? -1 : 1;
    uint32_t s = (uint32_t)x->share + x->back, t = (uint32_t)y->share + y->back;
    if (s != t) return s < t ? -1 : 1;
    uint16_t m = LSI_MIN(x->share, x->back), n = LSI_MIN(y->share, y->back);
    if (m != n) return m < n ? -1 : 1;
    uint16_t p = x->text < x->other ? x->share : x->back, q = y->text < y->other ? y->share : y->back;
    if (p != q) return p < q ? -1 : 1;
    return x->common < y->common ? -1 : x->common > y->common;
}

void lsi_copies_sort(lsi_copies *c)
{
    size_t kept = 0;
    if (c->row_count > 1) qsort(c->rows, c->row_count, sizeof *c->rows, by_pair);
    for (size_t i = 0; i < c->row_count; i++) {
        const lsi_relation_row *r = &c->rows[i], *before = kept ? &c->rows[kept - 1] : NULL;
        if (!before || before->text != r->text || before->other != r->other) c->rows[kept++] = *r;
    }
    c->row_count = kept;
}
