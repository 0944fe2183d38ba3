/* probe.c — owns the meeting of a run of documents with a posting list.
 *
 * Few documents in a block of the list are looked up one by one. Many are found through a map: each document of the
 * block writes its place in the block at its distance from the first one asked for; what is read there for a document
 * asked for is its place if the block has that document at that place, and leftovers of other blocks else. So the map
 * is never cleared, and no branch depends on what is found. It does not know scores or positions. */
#include "libsearch/query/probe.h"

#define MANY 24u /* documents asked for in a block; measured: the map costs as much as this many look-ups */

/* The first of docs[from..n), from < n, that is above last. */
static uint32_t behind(const uint32_t *docs, uint32_t from, uint32_t n, lsi_doc last)
{
    if (docs[n - 1] <= last) return n;
    uint32_t step = 1;
    while (from + step < n && docs[from + step] <= last) {
        from += step;
        step *= 2;
    }
    for (; step; step /= 2) {
        if (from + step < n && docs[from + step] <= last) from += step;
    }
    return from + 1;
}

static void by_map(lsi_probe *b, lsi_cursor *c, const uint32_t *docs, uint32_t from, uint32_t end)
{
    const lsi_postings *p = &c->p;
    lsi_doc base = docs[from], last = docs[end - 1];
    uint32_t k = 0;
    for (uint32_t i = c->at; i < p->n && p->docs[i] <= last; i++) b->map[p->docs[i] - base] = (uint8_t)i;
    for (uint32_t j = from; j < end; j++) {
        uint8_t i = b->map[docs[j] - base];
        b->which[k] = j;
        b->where[k] = i;
        k += (p->docs[i] == docs[j]) & (i < p->n);
    }
    if (k) c->at = b->where[k - 1];
    b->n = k;
}

int lsi_probe_block(lsi_probe *b, lsi_cursor *c, const uint32_t *docs, uint32_t from, uint32_t n, uint32_t *next,
                    ls_error *err)
{
    const lsi_postings *p = &c->p;
    lsi_doc d;
    b->n = 0;
    *next = n;
    while (p->ranges && !p->ranges[docs[from] >> LSI_RANGE_SHIFT]) {
        if (++from == n) return LS_OK;
    }
    int rc = lsi_cursor_seek(c, docs[from], &d, err);
    if (rc || d == LSI_DOC_END) return rc;
    uint32_t end = behind(docs, from, n, p->docs[p->n - 1]);
    *next = end;
    if (end - from >= MANY && docs[end - 1] - docs[from] < LSI_WINDOW_DOCS) {
        by_map(b, c, docs, from, end);
        return LS_OK;
    }
    for (uint32_t j = from; !rc && j < end; j++) {
        rc = lsi_cursor_seek(c, docs[j], &d, err);
        b->which[b->n] = j;
        b->where[b->n] = (uint8_t)c->at;
        b->n += !rc && d == docs[j] ? 1 : 0;
    }
    return rc;
}
