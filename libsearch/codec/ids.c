/* ids.c — owns the ids of documents, by number and by hash. Ignorant of what an id means. A found id is compared byte
 * by byte, so that equal hashes of different ids do no harm.
 *
 * Section of bytes: the ids one behind the other; documents + 1 offsets (bits.c); u64 where the offsets begin,
 * u32 documents, u32 0.
 * Section of hashes, little-endian, of XXH3-64 of each id; k bits choose one of 2^k buckets, about 8 documents each:
 *   u32 documents, u32 k
 *   u32 × (2^k + 1)     where each bucket begins
 *   u16 × documents     the 16 bits of the hash behind the highest k, by bucket, rising within it
 *   bits × documents    the documents, in the same order, as wide as the highest; rising where bucket and bits are the
 *                       same
 *
 * Example, one document "a": bytes 61 | offsets 0 1 in one group: u64 0, u64 1 << 56 (width 1), 02 |
 * u64 1, u32 1, u32 0; the hashes: 01000000 00000000 | 00000000 01000000 | the top 16 bits of XXH3-64("a"). */
#include "libsearch/codec/bits.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/stored.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <stdlib.h>

#define TAIL_BYTES      16u
#define HEAD_BYTES      8u
#define BUCKET_BITS_MAX 28u

static uint32_t bucket_of(uint64_t hash, uint32_t bits)
{
    return bits ? (uint32_t)(hash >> (64 - bits)) : 0;
}

static uint16_t mark_of(uint64_t hash, uint32_t bits)
{
    return (uint16_t)(hash >> (48 - bits));
}

/* ---- reading ---- */

int lsi_ids_open_bytes(lsi_ids *x, const lsi_section *bytes, uint32_t doc_count, ls_error *err)
{
    const uint8_t *p;
    x->bytes = bytes;
    x->doc_count = doc_count;
    if (bytes->bytes < TAIL_BYTES) return lsi_section_corrupt(bytes, 0, err, "ids of documents");
    if (!(p = lsi_section_get(bytes, bytes->bytes - TAIL_BYTES, TAIL_BYTES, err))) return lsi_read_failed(err);
    x->offsets_at = lsi_get64(p);
    if (lsi_get32(p + 8) != doc_count || lsi_get32(p + 12) || x->offsets_at > bytes->bytes - TAIL_BYTES)
        return lsi_section_corrupt(bytes, bytes->bytes - TAIL_BYTES, err, "an id for each document");
    return LS_OK;
}

int lsi_ids_open(lsi_ids *x, const lsi_section *bytes, const lsi_section *hashes, uint32_t doc_count, ls_error *err)
{
    const uint8_t *p;
    int rc = lsi_ids_open_bytes(x, bytes, doc_count, err);
    if (rc) return rc;
    x->hashes = hashes;
    if (!(p = lsi_section_get(hashes, 0, HEAD_BYTES, err))) return lsi_read_failed(err);
    x->bucket_bits = lsi_get32(p + 4);
    if (lsi_get32(p) != doc_count || x->bucket_bits > BUCKET_BITS_MAX ||
        hashes->bytes != HEAD_BYTES + 4 * (((uint64_t)1 << x->bucket_bits) + 1) + 2 * (uint64_t)doc_count +
                             lsi_bits_bytes(doc_count, lsi_bits_below(doc_count)))
        return lsi_section_corrupt(hashes, 0, err, "a hash for each document");
    return LS_OK;
}

int lsi_ids_get(const lsi_ids *x, lsi_doc doc, const uint8_t **id, size_t *len, ls_error *err)
{
    static const uint8_t none[LSI_BEHIND] = {0};
    uint64_t from, to;
    if (doc >= x->doc_count) return lsi_fail(err, LS_MISUSE, "no such document");
    int rc = lsi_offsets_get(x->bytes, x->offsets_at, x->doc_count, doc, x->offsets_at, &from, &to, err);
    if (rc) return rc;
    *len = (size_t)(to - from);
    *id = *len ? lsi_section_get(x->bytes, from, to - from, err) : none;
    return *id ? LS_OK : lsi_read_failed(err);
}

/* Places [*from, *to) of a bucket. */
static int get_bucket(const lsi_ids *x, uint32_t bucket, uint32_t *from, uint32_t *to, ls_error *err)
{
    const uint8_t *p = lsi_section_get(x->hashes, HEAD_BYTES + 4 * (uint64_t)bucket, 8, err);
    if (!p) return lsi_read_failed(err);
    *from = lsi_get32(p);
    *to = lsi_get32(p + 4);
    if (*from > *to || *to > x->doc_count)
        return lsi_section_corrupt(x->hashes, HEAD_BYTES + 4 * (uint64_t)bucket, err, "rising buckets of hashes");
    return LS_OK;
}

/* The document at a place of the hashes. */
static int get_doc(const lsi_ids *x, uint32_t place, lsi_doc *doc, ls_error *err)
{
    unsigned width = lsi_bits_below(x->doc_count);
    uint64_t at = HEAD_BYTES + 4 * (((uint64_t)1 << x->bucket_bits) + 1) + 2 * (uint64_t)x->doc_count, v;
    int rc = lsi_bits_get(x->hashes, at, width, place, &v, err);
    *doc = (lsi_doc)v;
    if (!rc && v >= x->doc_count)
        rc = lsi_section_corrupt(x->hashes, at + (uint64_t)place * width / 8, err, "a document of the segment");
    return rc;
}

int lsi_ids_find(const lsi_ids *x, const uint8_t *id, size_t len, lsi_doc *doc, ls_error *err)
{
    uint64_t hash = lsi_hash64(id, len);
    uint64_t marks_at = HEAD_BYTES + 4 * (((uint64_t)1 << x->bucket_bits) + 1);
    uint32_t from, to;
    *doc = LSI_DOC_END;
    int rc = get_bucket(x, bucket_of(hash, x->bucket_bits), &from, &to, err);
    if (rc || from == to) return rc;
    const uint8_t *marks = lsi_section_get(x->hashes, marks_at + 2 * (uint64_t)from, 2 * (uint64_t)(to - from), err);
    if (!marks) return lsi_read_failed(err);
    for (uint32_t i = to; i-- > from;) { /* from the last, which is the newest of equal ids */
        const uint8_t *have;
        size_t have_len;
        lsi_doc at;
        if (lsi_get16(marks + 2 * (size_t)(i - from)) != mark_of(hash, x->bucket_bits)) continue;
        if ((rc = get_doc(x, i, &at, err)) || (rc = lsi_ids_get(x, at, &have, &have_len, err))) return rc;
        if (have_len == len && !(len && memcmp(have, id, len))) {
            *doc = at;
            return LS_OK;
        }
    }
    return LS_OK;
}

int lsi_ids_verify(const lsi_ids *x, ls_error *err)
{
    uint64_t marks_at = HEAD_BYTES + 4 * (((uint64_t)1 << x->bucket_bits) + 1), before = 0, end = 0;
    const uint8_t *id;
    size_t len;
    uint32_t from = 0, to = 0, next = 0;
    int rc = LS_OK;
    for (uint32_t b = 0; b < (uint32_t)1 << x->bucket_bits; b++) {
        if ((rc = get_bucket(x, b, &from, &to, err))) return rc;
        if (from != next) return lsi_section_corrupt(x->hashes, HEAD_BYTES, err, "buckets one behind the other");
        next = to;
        for (uint32_t i = from; i < to; i++) { /* each place holds the document whose hash it is */
            const uint8_t *m = lsi_section_get(x->hashes, marks_at + 2 * (uint64_t)i, 2, err);
            lsi_doc doc;
            if (!m) return lsi_read_failed(err);
            if ((rc = get_doc(x, i, &doc, err))) return rc;
            uint64_t order = (uint64_t)lsi_get16(m) << 32 | doc;
            if (i > from && order <= before)
                return lsi_section_corrupt(x->hashes, marks_at, err, "rising hashes of documents");
            before = order;
            if ((rc = lsi_ids_get(x, doc, &id, &len, err))) return rc;
            uint64_t hash = lsi_hash64(id, len);
            if (bucket_of(hash, x->bucket_bits) != b || mark_of(hash, x->bucket_bits) != lsi_get16(m))
                return lsi_section_corrupt(x->hashes, marks_at, err, "the hash of its id");
        }
    }
    if (next != x->doc_count) return lsi_section_corrupt(x->hashes, HEAD_BYTES, err, "a place for each document");
    for (uint32_t d = 0; d < x->doc_count; d++) {
        uint64_t a, b;
        rc = lsi_offsets_get(x->bytes, x->offsets_at, x->doc_count, d, x->offsets_at, &a, &b, err);
        if (rc) return rc;
        if (a != end) return lsi_section_corrupt(x->bytes, a, err, "ids one behind the other");
        end = b;
    }
    return end == x->offsets_at ? LS_OK : lsi_section_corrupt(x->bytes, end, err, "ids that fill their section");
}

/* ---- writing ---- */

struct lsi_ids_writer {
    lsi_sink *bytes, *hashes_sink;
    lsi_offsets_writer offsets;
    uint64_t *hashes; /* by document */
    size_t count, cap;
};

int lsi_ids_writer_new(lsi_ids_writer **out, lsi_sink *bytes, lsi_sink *hashes, ls_error *err)
{
    lsi_ids_writer *w = *out = lsi_calloc(1, sizeof *w);
    if (!w) return lsi_fail_nomem(err);
    w->bytes = bytes;
    w->hashes_sink = hashes;
    lsi_offsets_writer_init(&w->offsets);
    return LS_OK;
}

void lsi_ids_writer_free(lsi_ids_writer *w)
{
    if (!w) return;
    lsi_offsets_writer_clear(&w->offsets);
    lsi_free(w->hashes);
    lsi_free(w);
}

int lsi_ids_writer_add(lsi_ids_writer *w, const uint8_t *id, size_t len, ls_error *err)
{
    uint64_t *grown = lsi_array_grow(w->hashes, &w->cap, w->count + 1, sizeof *grown);
    if (!grown) return lsi_fail_nomem(err);
    w->hashes = grown;
    w->hashes[w->count++] = lsi_hash64(id, len);
    lsi_offsets_add(&w->offsets, lsi_sink_at(w->bytes));
    if (len) lsi_sink_put(w->bytes, id, len);
    return lsi_sink_failed(w->bytes, err);
}

typedef struct marked {
    uint16_t mark;
    uint32_t doc;
} marked;

static int by_mark(const void *a, const void *b)
{
    const marked *x = a, *y = b;
    return x->mark != y->mark ? (x->mark > y->mark) - (x->mark < y->mark) : (x->doc > y->doc) - (x->doc < y->doc);
}

/* Sorts a bucket by mark, then document. Insertion for the usual few; ids may be made to fall into one bucket. */
static int sort_bucket(const lsi_ids_writer *w, uint32_t bits, uint32_t *docs, size_t n)
{
    if (n > 64) {
        marked *m = lsi_calloc(n, sizeof *m);
        if (!m) return LS_NOMEM;
        for (size_t i = 0; i < n; i++) m[i] = (marked){mark_of(w->hashes[docs[i]], bits), docs[i]};
        qsort(m, n, sizeof *m, by_mark);
        for (size_t i = 0; i < n; i++) docs[i] = m[i].doc;
        lsi_free(m);
        return LS_OK;
    }
    for (size_t i = 1; i < n; i++) {
        uint32_t d = docs[i];
        uint16_t m = mark_of(w->hashes[d], bits);
        size_t j = i;
        for (; j && mark_of(w->hashes[docs[j - 1]], bits) > m; j--) docs[j] = docs[j - 1];
        docs[j] = d;
    }
    return LS_OK;
}

/* Documents by bucket (a counting sort), then by mark and document within each. */
static int sort_docs(const lsi_ids_writer *w, uint32_t bits, uint32_t *starts, uint32_t *docs)
{
    size_t buckets = (size_t)1 << bits;
    for (size_t d = 0; d < w->count; d++) starts[bucket_of(w->hashes[d], bits) + 1]++;
    for (size_t b = 0; b < buckets; b++) starts[b + 1] += starts[b];
    for (size_t d = w->count; d-- > 0;) docs[--starts[bucket_of(w->hashes[d], bits) + 1]] = (uint32_t)d;
    /* starts[b + 1] is now where bucket b begins: move down by one */
    memmove(starts, starts + 1, buckets * sizeof *starts);
    starts[buckets] = (uint32_t)w->count;
    for (size_t b = 0; b < buckets; b++)
        if (sort_bucket(w, bits, docs + starts[b], starts[b + 1] - starts[b])) return LS_NOMEM;
    return LS_OK;
}

int lsi_ids_writer_end(lsi_ids_writer *w, ls_error *err)
{
    uint32_t bits = 0;
    uint64_t at = lsi_sink_at(w->bytes);
    int rc;
    lsi_buf packed = {0};
    lsi_bits_writer docs_out = {&packed, 0, 0};
    while (w->count >> bits > 8) bits++; /* to 27 for as many as a segment may have, LSI_SEGMENT_DOCS_MAX */
    uint32_t *starts = lsi_calloc(((size_t)1 << bits) + 2, sizeof *starts);
    uint32_t *docs = lsi_calloc(w->count, sizeof *docs);
    rc = starts && docs ? LS_OK : lsi_fail_nomem(err);
    if (!rc && sort_docs(w, bits, starts, docs)) rc = lsi_fail_nomem(err);
    if (rc) goto out;
    lsi_offsets_add(&w->offsets, at);
    if ((rc = lsi_offsets_end(&w->offsets, w->bytes, err))) goto out;
    lsi_sink_put64(w->bytes, at);
    lsi_sink_put32(w->bytes, (uint32_t)w->count);
    lsi_sink_put32(w->bytes, 0);
    lsi_sink_put32(w->hashes_sink, (uint32_t)w->count);
    lsi_sink_put32(w->hashes_sink, bits);
    for (size_t b = 0; b <= (size_t)1 << bits; b++) lsi_sink_put32(w->hashes_sink, starts[b]);
    for (size_t i = 0; i < w->count; i++) {
        uint8_t le[2];
        lsi_set16(le, mark_of(w->hashes[docs[i]], bits));
        lsi_sink_put(w->hashes_sink, le, 2);
    }
    for (size_t i = 0; i < w->count; i++) lsi_bits_put(&docs_out, docs[i], lsi_bits_below(w->count));
    lsi_bits_end(&docs_out);
    if (packed.len) lsi_sink_put(w->hashes_sink, packed.data, packed.len);
    rc = packed.rc ? lsi_fail_nomem(err) : lsi_sink_failed(w->bytes, err);
    if (!rc) rc = lsi_sink_failed(w->hashes_sink, err);
out:
    lsi_buf_clear(&packed);
    lsi_free(starts);
    lsi_free(docs);
    return rc;
}
