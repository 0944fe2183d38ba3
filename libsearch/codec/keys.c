/* keys.c — owns the index of a dictionary and the front-coding of its keys. Ignorant of what stands behind a key.
 *
 * Index section, little-endian:
 *   u32 count, u32 entries a block, u32 extra, u32 0
 *   u64 × b       the first 8 bytes of each block's first key as a big-endian number, zeros behind a shorter key
 *   u32 × (b+1)   offset of each block in the section of blocks; the last is the end
 * Keys that agree in 8 bytes are told apart by the blocks themselves, which begin with their first key in full:
 *   vint length, bytes
 * Every other key: u8 shared << 4 | rest, each at most 14; 15 means that a vint with the rest above 15 follows (first
 * that of `shared`, then that of `rest`); then the bytes behind the shared ones. `shared` is as many as there are.
 *
 * Example: "house" behind "hour": 3 bytes shared, 2 follow: 32 73 65.
 * Example: an index of one block of two keys, the first "ab", 9 bytes long, 16 a block, extra 1:
 * 02000000 10000000 01000000 00000000 | 0000000000006261 | 00000000 09000000. */
#include "libsearch/codec/keys.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/vint.h"

#define HEAD_BYTES 16u

static uint64_t key_number(const uint8_t *key, size_t len)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++) v = v << 8 | (i < len ? key[i] : 0);
    return v;
}

/* ---- reading ---- */

int lsi_keys_open(lsi_keys_head *h, const lsi_section *index, uint32_t per_block, ls_error *err)
{
    memset(h, 0, sizeof *h);
    h->per_block = per_block;
    if (!index->bytes) return LS_OK;
    const uint8_t *p = lsi_section_get(index, 0, HEAD_BYTES, err);
    if (!p) return lsi_read_failed(err);
    h->count = lsi_get32(p);
    h->extra = lsi_get32(p + 8);
    h->blocks = h->count / per_block + (h->count % per_block != 0);
    if (h->count == UINT32_MAX || lsi_get32(p + 4) != per_block || lsi_get32(p + 12) ||
        index->bytes != HEAD_BYTES + 12 * (uint64_t)h->blocks + 4)
        return lsi_section_corrupt(index, 0, err, "a dictionary index of the size its count asks for");
    return LS_OK;
}

int lsi_keys_block(const lsi_section *index, const lsi_section *blocks, const lsi_keys_head *h, uint32_t block,
                   const uint8_t **p, const uint8_t **end, ls_error *err)
{
    uint64_t at = HEAD_BYTES + 8 * (uint64_t)h->blocks + 4 * (uint64_t)block;
    const uint8_t *o = lsi_section_get(index, at, 8, err);
    if (!o) return lsi_read_failed(err);
    uint32_t from = lsi_get32(o), to = lsi_get32(o + 4);
    if (from >= to) return lsi_section_corrupt(index, at, err, "rising offsets of blocks");
    if (!(*p = lsi_section_get(blocks, from, to - from, err))) return lsi_read_failed(err);
    *end = *p + (to - from);
    return LS_OK;
}

/* Order of a block's first key against key. */
static int compare_first(const lsi_section *index, const lsi_section *blocks, const lsi_keys_head *h, uint32_t block,
                         const uint8_t *key, size_t len, int *order, ls_error *err)
{
    const uint8_t *p, *end, *first;
    size_t first_len;
    int rc = lsi_keys_block(index, blocks, h, block, &p, &end, err);
    if (rc) return rc;
    if (!lsi_keys_get_first(p, end, &first, &first_len))
        return lsi_section_corrupt(blocks, 0, err, "a first key within its block");
    *order = lsi_bytes_cmp(first, first_len, key, len);
    return LS_OK;
}

int lsi_keys_search(const lsi_section *index, const lsi_section *blocks, const lsi_keys_head *h, const uint8_t *key,
                    size_t len, bool or_equal, uint32_t *count, ls_error *err)
{
    uint64_t want = key_number(key, len);
    uint32_t lo = 0, hi = h->blocks;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const uint8_t *k = lsi_section_get(index, HEAD_BYTES + 8 * (uint64_t)mid, 8, err);
        if (!k) return lsi_read_failed(err);
        uint64_t have = lsi_get64(k);
        int order = have < want ? -1 : have > want;
        if (!order) {
            int rc = compare_first(index, blocks, h, mid, key, len, &order, err);
            if (rc) return rc;
        }
        if (order < 0 || (or_equal && !order)) lo = mid + 1;
        else hi = mid;
    }
    *count = lo;
    return LS_OK;
}

int lsi_keys_verify(const lsi_section *index, const lsi_section *blocks, const lsi_keys_head *h, ls_error *err)
{
    if (!h->blocks) return blocks->bytes ? lsi_section_corrupt(blocks, 0, err, "no blocks without keys") : LS_OK;
    const uint8_t *k = lsi_section_get(index, HEAD_BYTES, index->bytes - HEAD_BYTES, err);
    if (!k) return lsi_read_failed(err);
    const uint8_t *o = k + 8 * (size_t)h->blocks;
    if (lsi_get32(o) || lsi_get32(o + 4 * (size_t)h->blocks) != blocks->bytes)
        return lsi_section_corrupt(index, HEAD_BYTES, err, "blocks that fill their section");
    for (uint32_t b = 0; b < h->blocks; b++) {
        const uint8_t *p, *end, *first;
        size_t len;
        int rc = lsi_keys_block(index, blocks, h, b, &p, &end, err);
        if (rc) return rc;
        if (!lsi_keys_get_first(p, end, &first, &len) || key_number(first, len) != lsi_get64(k + 8 * (size_t)b))
            return lsi_section_corrupt(index, HEAD_BYTES + 8 * (uint64_t)b, err, "the first bytes of a block's key");
    }
    return LS_OK;
}

/* ---- keys ---- */

void lsi_keys_put_first(lsi_buf *b, const uint8_t *key, size_t len)
{
    lsi_vint_put(b, len);
    lsi_buf_put(b, key, len);
}

const uint8_t *lsi_keys_get_first(const uint8_t *p, const uint8_t *end, const uint8_t **key, size_t *len)
{
    uint64_t n;
    p = lsi_vint_get(p, end, &n);
    if (!p || n > (uint64_t)(end - p)) return NULL;
    *key = p;
    *len = (size_t)n;
    return p + n;
}

void lsi_keys_put(lsi_buf *b, const uint8_t *before, size_t before_len, const uint8_t *key, size_t len)
{
    size_t shared = 0;
    while (shared < before_len && shared < len && before[shared] == key[shared]) shared++;
    size_t rest = len - shared;
    lsi_buf_put8(b, (uint8_t)(LSI_MIN(shared, 15) << 4 | LSI_MIN(rest, 15)));
    if (shared >= 15) lsi_vint_put(b, shared - 15);
    if (rest >= 15) lsi_vint_put(b, rest - 15);
    lsi_buf_put(b, key + shared, rest);
}

const uint8_t *lsi_keys_get(const uint8_t *p, const uint8_t *end, size_t before_len, size_t *shared,
                            const uint8_t **rest, size_t *rest_len)
{
    uint64_t more, s, r;
    if (!p || p >= end) return NULL;
    s = *p >> 4;
    r = *p++ & 15;
    if (s == 15) {
        if (!(p = lsi_vint_get(p, end, &more)) || more > SIZE_MAX / 2) return NULL;
        s += more;
    }
    if (r == 15) {
        if (!(p = lsi_vint_get(p, end, &more)) || more > SIZE_MAX / 2) return NULL;
        r += more;
    }
    if (s > before_len || r > (uint64_t)(end - p)) return NULL;
    *shared = (size_t)s;
    *rest = p;
    *rest_len = (size_t)r;
    return p + r;
}

const uint8_t *lsi_keys_next(const uint8_t *p, const uint8_t *end, lsi_buf *key)
{
    size_t shared, n;
    const uint8_t *rest;
    p = lsi_keys_get(p, end, key->len, &shared, &rest, &n);
    if (!p || (n && shared < key->len && *rest == key->data[shared])) return NULL; /* searches count on it: scan */
    key->len = shared;
    lsi_buf_put(key, rest, n);
    return key->rc ? NULL : p;
}

/* ---- writing ---- */

void lsi_keys_writer_init(lsi_keys_writer *w, lsi_sink *index, lsi_sink *blocks, uint32_t per_block)
{
    memset(w, 0, sizeof *w);
    w->index = index;
    w->blocks = blocks;
    w->per_block = per_block;
    lsi_buf_init(&w->keys, 0);
    lsi_buf_init(&w->offsets, 0);
}

void lsi_keys_writer_clear(lsi_keys_writer *w)
{
    lsi_buf_clear(&w->keys);
    lsi_buf_clear(&w->offsets);
}

static int place(lsi_keys_writer *w, ls_error *err)
{
    uint64_t at = lsi_sink_at(w->blocks);
    if (at > UINT32_MAX) return lsi_fail(err, LS_LIMIT, "a dictionary of more than 4 GiB");
    lsi_buf_put32(&w->offsets, (uint32_t)at);
    return w->offsets.rc ? lsi_fail_nomem(err) : LS_OK;
}

int lsi_keys_writer_block(lsi_keys_writer *w, const uint8_t *first, size_t len, const lsi_buf *block, uint32_t n,
                          ls_error *err)
{
    int rc = place(w, err);
    if (rc) return rc;
    lsi_buf_put64(&w->keys, key_number(first, len));
    if (w->keys.rc || block->rc) return lsi_fail_nomem(err);
    lsi_sink_put(w->blocks, block->data, block->len);
    w->count += n;
    return lsi_sink_failed(w->blocks, err);
}

int lsi_keys_writer_end(lsi_keys_writer *w, uint32_t extra, ls_error *err)
{
    int rc = place(w, err);
    if (rc) return rc;
    lsi_sink_put32(w->index, w->count);
    lsi_sink_put32(w->index, w->per_block);
    lsi_sink_put32(w->index, extra);
    lsi_sink_put32(w->index, 0);
    if (w->keys.len) lsi_sink_put(w->index, w->keys.data, w->keys.len);
    lsi_sink_put(w->index, w->offsets.data, w->offsets.len);
    return lsi_sink_failed(w->index, err);
}
