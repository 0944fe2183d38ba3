/* stored.c — owns the reader of stored documents (stored_write.c writes) and a few decompression contexts that its
 * threads share. Ignorant of what the bytes of a document mean.
 *
 * Index section: u32 documents, u32 0, then documents + 1 offsets (bits.c) into the section of frames.
 * Dictionary section: the zstd dictionary; empty where there is none. Section of frames, a document:
 *   vint   twice the length of its bytes, and 1 where it is one frame of one compressed block
 *   vint   compressed size of each frame; only where there are several: ⌈length/16384⌉ of 16,384 bytes, the last the
 *          rest
 *   frames where a size equals that of the bytes, the bytes themselves; else a zstd frame made with the dictionary,
 *          without content size, checksum and dictionary number, and without what is the same in all: its first 6 bytes
 *          (the magic number FD2FB528, 00, the window's 38) and of one block the 3 bytes of its header, which say its
 *          size (RFC 8878, 3.1.1)
 * Where the beginning of a document is asked for by itself, a block of the first frame ends behind it, so that this
 * block alone is decompressed: told to be the last one, which is a bit of its header (RFC 8878, 3.1.1.2).
 * A document of 0 bytes is 00.
 *
 * Example: the document "abc", which zstd cannot make smaller: 06 61 62 63.
 *
 * Contexts: a thread takes one out of its slot (exchange with NULL), or makes one; afterwards puts it into a free slot,
 * or frees it. A slot is only ever changed by one atomic exchange, so no context is held by two threads. */
#include "libsearch/codec/stored.h"
#include "libsearch/codec/bits.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/stored_layout.h"
#include "libsearch/codec/vint.h"
#include "libsearch/util/alloc.h"
#include <stdatomic.h>
#include <zstd.h>

#define SLOTS 8
#define HEAD  (LSI_STORED_FRAME_HEAD + LSI_STORED_BLOCK_HEAD) /* bytes before a frame and its only block */

typedef struct context {
    ZSTD_DCtx *zstd;
    uint8_t framed[HEAD + LSI_STORED_FRAME]; /* a frame with its head put back */
    uint8_t part[LSI_STORED_FRAME];          /* a frame of which only a part is wanted */
} context;

struct lsi_stored {
    const lsi_section *index, *frames, *dict;
    uint32_t doc_count;
    _Atomic(ZSTD_DDict *) ddict; /* made when first needed */
    _Atomic(context *) slots[SLOTS];
};

int lsi_stored_open(lsi_stored **out, const lsi_section *index, const lsi_section *frames, const lsi_section *dict,
                    uint32_t doc_count, ls_error *err)
{
    *out = NULL;
    const uint8_t *p = lsi_section_get(index, 0, 8, err);
    if (!p) return lsi_read_failed(err);
    if (lsi_get32(p) != doc_count || lsi_get32(p + 4))
        return lsi_section_corrupt(index, 0, err, "a stored text for each document");
    return lsi_stored_open_unread(out, index, frames, dict, doc_count, err);
}

int lsi_stored_open_unread(lsi_stored **out, const lsi_section *index, const lsi_section *frames,
                           const lsi_section *dict, uint32_t doc_count, ls_error *err)
{
    *out = NULL;
    lsi_stored *s = lsi_calloc(1, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    s->index = index;
    s->frames = frames;
    s->dict = dict;
    s->doc_count = doc_count;
    atomic_init(&s->ddict, NULL);
    for (size_t i = 0; i < SLOTS; i++) atomic_init(&s->slots[i], NULL);
    *out = s;
    return LS_OK;
}

uint32_t lsi_stored_reach(const lsi_stored *s)
{
    uint64_t most = s->index->bytes > 8 ? lsi_offsets_most(s->index->bytes - 8) : 0;
    return (uint32_t)LSI_MIN(most, s->doc_count);
}

static void context_free(context *c)
{
    if (!c) return;
    ZSTD_freeDCtx(c->zstd);
    lsi_free(c);
}

void lsi_stored_close(lsi_stored *s)
{
    if (!s) return;
    for (size_t i = 0; i < SLOTS; i++) context_free(atomic_load(&s->slots[i]));
    ZSTD_freeDDict(atomic_load(&s->ddict));
    lsi_free(s);
}

/* ---- contexts and the dictionary ---- */

static context *context_take(lsi_stored *s)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (!atomic_load_explicit(&s->slots[i], memory_order_relaxed)) continue;
        context *c = atomic_exchange(&s->slots[i], NULL);
        if (c) return c;
    }
    context *c = lsi_malloc(sizeof *c);
    if (!c) return NULL;
    c->zstd = ZSTD_createDCtx();
    if (c->zstd) return c;
    lsi_free(c);
    return NULL;
}

static void context_give(lsi_stored *s, context *c)
{
    for (size_t i = 0; i < SLOTS; i++) {
        context *none = NULL;
        if (atomic_compare_exchange_strong(&s->slots[i], &none, c)) return;
    }
    context_free(c);
}

/* *out: the dictionary, NULL where the segment has none. Two threads may both make it; one keeps its own. */
static int get_ddict(lsi_stored *s, const ZSTD_DDict **out, ls_error *err)
{
    ZSTD_DDict *d = atomic_load(&s->ddict), *none = NULL;
    *out = d;
    if (d || !s->dict->bytes) return LS_OK;
    const uint8_t *p = lsi_section_get(s->dict, 0, s->dict->bytes, err);
    if (!p) return lsi_read_failed(err);
    d = ZSTD_createDDict(p, (size_t)s->dict->bytes);
    if (!d) return lsi_fail_nomem(err);
    *out = d;
    if (atomic_compare_exchange_strong(&s->ddict, &none, d)) return LS_OK;
    ZSTD_freeDDict(d);
    *out = none;
    return LS_OK;
}

/* ---- a document ---- */

typedef struct record {
    uint64_t at, len; /* at: in the section of frames; len: of the document's bytes */
    uint64_t frames;
    bool one_block;                 /* and that without its header */
    const uint8_t *sizes, *p, *end; /* sizes: of the frames, NULL where there is one; p: the frames */
} record;

static int get_record(const lsi_stored *s, lsi_doc doc, record *r, ls_error *err)
{
    uint64_t to;
    if (doc >= s->doc_count) return lsi_fail(err, LS_MISUSE, "no such stored document");
    int rc = lsi_offsets_get(s->index, 8, s->doc_count, doc, s->frames->bytes, &r->at, &to, err);
    if (rc) return rc;
    if (to == r->at) return lsi_section_corrupt(s->frames, to, err, "a length of a stored document");
    r->p = lsi_section_get(s->frames, r->at, to - r->at, err);
    if (!r->p) return lsi_read_failed(err);
    r->end = r->p + (to - r->at);
    r->p = lsi_vint_get(r->p, r->end, &r->len);
    if (!r->p) return lsi_section_corrupt(s->frames, r->at, err, "a length of a stored document");
    r->one_block = r->len & 1;
    r->len >>= 1;
    r->frames = r->len / LSI_STORED_FRAME + (r->len % LSI_STORED_FRAME != 0);
    r->sizes = NULL;
    if (r->frames > (uint64_t)(r->end - r->p) || (r->one_block && r->frames != 1))
        return lsi_section_corrupt(s->frames, r->at, err, "a length that its bytes can hold");
    if (r->frames < 2) return LS_OK;
    r->sizes = r->p;
    for (uint64_t i = 0, v; i < r->frames; i++)
        if (!(r->p = lsi_vint_get(r->p, r->end, &v)))
            return lsi_section_corrupt(s->frames, r->at, err, "sizes of frames");
    return LS_OK;
}

int lsi_stored_length(const lsi_stored *s, lsi_doc doc, uint64_t *len, ls_error *err)
{
    record r;
    int rc = get_record(s, doc, &r, err);
    if (!rc) *len = r.len;
    return rc;
}

/* n bytes at p as zstd wants them, in c->framed; gives how many these are. */
static size_t put_head(context *c, const uint8_t *p, size_t n, bool one_block)
{
    static const uint8_t head[LSI_STORED_FRAME_HEAD] = {0x28, 0xb5, 0x2f, 0xfd, 0, LSI_STORED_WINDOW};
    uint32_t block = (uint32_t)n << 3 | LSI_STORED_ONE_BLOCK;
    size_t at = sizeof head;
    memcpy(c->framed, head, at);
    if (one_block) {
        lsi_set16(c->framed + at, (uint16_t)block);
        c->framed[at + 2] = (uint8_t)(block >> 16);
        at = HEAD;
    }
    memcpy(c->framed + at, p, n);
    return at + n;
}

/* zstd asks the memory for what a frame copies from its dictionary some sequences ahead, but only where the context had
 * another dictionary, or none, at the frame before: it takes it to be in the cache else. For the heads of a page it is
 * not: each page has a query before it, and each hit often another segment's dictionary. So a frame of nothing comes
 * between. Whole documents, which are read for their passages and use most of it, do better without. */
static void forget_dictionary(context *c)
{
    static const uint8_t nothing[9] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0};
    (void)ZSTD_decompressDCtx(c->zstd, c->part, sizeof c->part, nothing, sizeof nothing);
}

static size_t unpack_framed(context *c, const ZSTD_DDict *dict, size_t framed, uint8_t *out, size_t want)
{
    if (!dict) return ZSTD_decompressDCtx(c->zstd, out, want, c->framed, framed);
    return ZSTD_decompress_usingDDict(c->zstd, out, want, c->framed, framed, dict);
}

/* One frame of n bytes at p to out[want]. */
static int unpack(context *c, const ZSTD_DDict *dict, const uint8_t *p, size_t n, bool one_block, uint8_t *out,
                  size_t want)
{
    if (n == want && !one_block) {
        memcpy(out, p, n);
        return LS_OK;
    }
    if (n >= want) return LS_CORRUPT;
    size_t framed = put_head(c, p, n, one_block);
    size_t got = unpack_framed(c, dict, framed, out, want);
    return ZSTD_isError(got) || got != want ? LS_CORRUPT : LS_OK;
}

/* Bytes [off, off + len) of the document, which are there, to out. */
static int unpack_range(const record *r, context *c, const ZSTD_DDict *dict, uint64_t off, uint64_t len, uint8_t *out)
{
    const uint8_t *sizes = r->sizes, *p = r->p;
    for (uint64_t f = 0; f < r->frames && len; f++) {
        uint64_t n = (uint64_t)(r->end - p), begin = f * LSI_STORED_FRAME;
        uint64_t want = LSI_MIN(r->len - begin, (uint64_t)LSI_STORED_FRAME);
        if (sizes) sizes = lsi_vint_get(sizes, r->end, &n);
        if (n > (uint64_t)(r->end - p)) return LS_CORRUPT;
        if (off < begin + want) {
            uint64_t skip = off - begin, take = LSI_MIN(want - skip, len);
            bool whole = !skip && take == want;
            if (unpack(c, dict, p, (size_t)n, r->one_block, whole ? out : c->part, (size_t)want)) return LS_CORRUPT;
            if (!whole) memcpy(out, c->part + skip, (size_t)take);
            out += take;
            off += take;
            len -= take;
        }
        p += n;
    }
    return LS_OK;
}

/* The first block of a frame of n bytes at p, its header too; 0 where it is the only one. */
static size_t first_block(const uint8_t *p, size_t n)
{
    if (n < LSI_STORED_BLOCK_HEAD) return 0;
    uint32_t header = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16, size = header >> 3;
    if (header & 1 || size > n - LSI_STORED_BLOCK_HEAD || (header >> 1 & 3) == 1)
        return 0; /* the last; damaged; one byte, repeated */
    return LSI_STORED_BLOCK_HEAD + size;
}

/* The first block alone to out[want]; *got: how many bytes it gave. */
static int unpack_block(context *c, const ZSTD_DDict *dict, const uint8_t *p, size_t n, uint8_t *out, size_t want,
                        size_t *got)
{
    size_t framed = put_head(c, p, n, false);
    c->framed[LSI_STORED_FRAME_HEAD] |= 1;
    *got = unpack_framed(c, dict, framed, out, want);
    return ZSTD_isError(*got) ? LS_CORRUPT : LS_OK;
}

/* page: for a page of hits. */
static int get_range(const lsi_stored *cs, lsi_doc doc, uint64_t off, uint64_t len, bool page, lsi_buf *out,
                     ls_error *err)
{
    /* The cast: contexts and dictionary are caches behind atomics, no state that a caller can see. */
    lsi_stored *s;
    memcpy(&s, &cs, sizeof s);
    record r;
    const ZSTD_DDict *dict;
    int rc = get_record(s, doc, &r, err);
    if (!rc) rc = get_ddict(s, &dict, err);
    if (rc || off >= r.len) return rc;
    len = LSI_MIN(len, r.len - off);
    size_t before = out->len;
    uint8_t *to = len > SIZE_MAX ? NULL : lsi_buf_grow(out, (size_t)len);
    if (!to)
        return out->rc == LS_LIMIT ? lsi_fail(err, LS_LIMIT, "a stored document is too long") : lsi_fail_nomem(err);
    context *c = context_take(s);
    if (!c) {
        out->len = before;
        return lsi_fail_nomem(err);
    }
    if (dict && page) forget_dictionary(c);
    rc = unpack_range(&r, c, dict, off, len, to);
    context_give(s, c);
    if (!rc) return LS_OK;
    out->len = before;
    return lsi_section_corrupt(s->frames, r.at, err, "frames that decompress to a document");
}

int lsi_stored_head(const lsi_stored *cs, lsi_doc doc, lsi_buf *out, bool *whole, ls_error *err)
{
    lsi_stored *s;
    memcpy(&s, &cs, sizeof s); /* as in get_range */
    record r;
    const ZSTD_DDict *dict;
    uint64_t n = 0;
    size_t block = 0, got, before = out->len;
    int rc = get_record(s, doc, &r, err);
    if (!rc) rc = get_ddict(s, &dict, err);
    if (rc) return rc;
    const size_t want = (size_t)LSI_MIN(r.len, (uint64_t)LSI_STORED_FRAME);
    if (r.sizes) lsi_vint_get(r.sizes, r.end, &n);
    else n = (uint64_t)(r.end - r.p);
    if (!r.one_block && n < want && n <= (uint64_t)(r.end - r.p)) block = first_block(r.p, (size_t)n);
    *whole = !block;
    if (!block) return get_range(s, doc, 0, UINT64_MAX, true, out, err);
    uint8_t *to = lsi_buf_grow(out, want);
    context *c = to ? context_take(s) : NULL;
    if (!c) {
        out->len = before;
        return lsi_fail_nomem(err);
    }
    if (dict) forget_dictionary(c);
    rc = unpack_block(c, dict, r.p, block, to, want, &got);
    context_give(s, c);
    out->len = before + (rc ? 0 : got);
    return rc ? lsi_section_corrupt(s->frames, r.at, err, "a block that decompresses to a document's beginning")
              : LS_OK;
}

int lsi_stored_get(const lsi_stored *s, lsi_doc doc, lsi_buf *out, ls_error *err)
{
    return get_range(s, doc, 0, UINT64_MAX, false, out, err);
}

int lsi_stored_range(const lsi_stored *s, lsi_doc doc, uint64_t off, uint64_t len, lsi_buf *out, ls_error *err)
{
    return get_range(s, doc, off, len, false, out, err);
}

int lsi_stored_verify(const lsi_stored *s, ls_error *err)
{
    lsi_buf b;
    int rc = LS_OK;
    lsi_buf_init(&b, 0);
    for (uint32_t d = 0; d < s->doc_count && !rc; d++) {
        lsi_buf_reset(&b);
        rc = lsi_stored_get(s, d, &b, err);
    }
    lsi_buf_clear(&b);
    return rc;
}
