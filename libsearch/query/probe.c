/* probe.c — owns the meeting of a run of documents with a posting list.
 *
 * Few documents in a block of the list are looked up one by one. Many are found through a map: each document of the
 * block writes its place in the block at its distance from the first one asked for; what is read there for a document
 * asked for is its place if the block has that document at that place, and leftovers of other blocks else. So the map
 * is never cleared, and no branch depends on what is found. A block that is kept as a bit a document is not decoded.
 * It does not know scores or positions. */
#include "libsearch/query/probe.h"

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
    uint32_t k = 0, i = c->at, to = p->docs[p->n - 1] <= last ? p->n : lsi_postings_lower(p, i, last + 1);
    for (; i + 4 <= to; i += 4) {
        b->map[p->docs[i] - base] = (uint8_t)i;
        b->map[p->docs[i + 1] - base] = (uint8_t)(i + 1);
        b->map[p->docs[i + 2] - base] = (uint8_t)(i + 2);
        b->map[p->docs[i + 3] - base] = (uint8_t)(i + 3);
    }
    for (; i < to; i++) b->map[p->docs[i] - base] = (uint8_t)i;
    for (uint32_t j = from; j < end; j++) {
        uint8_t at = b->map[docs[j] - base];
        b->which[k] = j;
        b->where[k] = at;
        k += (p->docs[at] == docs[j]) & (at < p->n);
    }
    if (k) c->at = b->where[k - 1];
    b->n = k;
}

static int by_bits(lsi_probe *b, const uint8_t *bits, lsi_doc first, const uint32_t *docs, uint32_t from, uint32_t end,
                   ls_error *err)
{
    uint32_t k = 0;
    for (uint32_t j = from; j < end && k <= LSI_BLOCK_DOCS; j++) {
        uint32_t at = docs[j] - first;
        b->which[k] = j;
        k += bits[at >> 3] >> (at & 7) & 1;
    }
    if (k > LSI_BLOCK_DOCS)
        return lsi_fail(err, LS_CORRUPT, "a posting list's block has more documents than it should");
    b->n = k;
    b->as_bits = true;
    return LS_OK;
}

/* The block that tells of doc; block_count where none. */
static uint32_t block_of(lsi_cursor *c, lsi_doc doc)
{
    const lsi_postings *p = &c->p;
    if (p->block != UINT32_MAX && p->block > c->near) c->near = p->block;
    c->near = lsi_postings_seek_block(p, LSI_MIN(c->near, p->block_count), doc);
    return c->near;
}

int lsi_probe_decoded(lsi_probe *b, lsi_cursor *c, const uint32_t *docs, uint32_t from, uint32_t n, uint32_t *next,
                      ls_error *err)
{
    const lsi_postings *p = &c->p;
    lsi_doc d;
    b->n = 0;
    b->as_bits = false;
    *next = n;
    int rc = lsi_cursor_seek(c, docs[from], &d, err);
    if (rc || d == LSI_DOC_END) return rc;
    uint32_t end = behind(docs, from, n, p->docs[p->n - 1]);
    *next = end;
    if (end - from >= LSI_PROBE_MANY && docs[end - 1] - docs[from] < LSI_WINDOW_DOCS) {
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

int lsi_probe_block(lsi_probe *b, lsi_cursor *c, const uint32_t *docs, uint32_t from, uint32_t n, uint32_t *next,
                    ls_error *err)
{
    const lsi_postings *p = &c->p;
    const uint8_t *bits = NULL;
    lsi_doc first;
    b->n = 0;
    b->as_bits = false;
    *next = n;
    while (p->ranges && !p->ranges[docs[from] >> LSI_RANGE_SHIFT]) {
        if (++from == n) return LS_OK;
    }
    uint32_t block = p->list.df > LSI_BLOCK_DOCS ? block_of(c, docs[from]) : p->block_count;
    int rc = block < p->block_count ? lsi_postings_as_bits(p, block, &bits, &first, err) : LS_OK;
    if (rc) return rc;
    if (bits) {
        *next = behind(docs, from, n, lsi_postings_last(p, block));
        return by_bits(b, bits, first, docs, from, *next, err);
    }
    return lsi_probe_decoded(b, c, docs, from, n, next, err);
}

int lsi_probe_keep(lsi_probe *b, lsi_cursor *c, lsi_doc *docs, uint32_t *n, bool without, ls_error *err)
{
    uint32_t kept = 0;
    for (uint32_t j = 0, next; j < *n; j = next) {
        int rc = lsi_probe_block(b, c, docs, j, *n, &next, err);
        if (rc) return rc;
        for (uint32_t k = 0; !without && k < b->n; k++) docs[kept++] = docs[b->which[k]];
        for (uint32_t k = 0; without && j < next; j++) {
            if (k < b->n && b->which[k] == j) k++;
            else docs[kept++] = docs[j];
        }
    }
    *n = kept;
    return LS_OK;
}
