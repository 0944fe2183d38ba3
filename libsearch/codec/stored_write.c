/* stored_write.c — owns stored documents while they are written; the bytes are told in stored.c.
 * The first documents, up to LSI_STORED_SAMPLES_MAX bytes, wait until a dictionary is trained from them (none below
 * LSI_STORED_DICT_FROM); all others are compressed at once. So memory is bounded by the samples and one document.
 * zstd takes its own memory from the C library: its hooks are not part of its stable interface. */
#include "libsearch/codec/bits.h"
#include "libsearch/codec/stored.h"
#include "libsearch/codec/stored_layout.h"
#include "libsearch/codec/vint.h"
#include "libsearch/util/alloc.h"
#include <zstd.h>

#define LEVEL 3

/* Level 3 with tables for a dictionary of 112 KB, where zstd takes those for a document of its size: smaller and
 * quicker both, since strings of the dictionary do not drive one another out (measured: bench/codec.c). */
static const struct {
    ZSTD_cParameter what;
    int value;
} settings[] = {{ZSTD_c_compressionLevel, LEVEL},
                {ZSTD_c_contentSizeFlag, 0},
                {ZSTD_c_dictIDFlag, 0},
                {ZSTD_c_windowLog, 17},
                {ZSTD_c_hashLog, 17},
                {ZSTD_c_chainLog, 16},
                {ZSTD_c_minMatch, 5},
                {ZSTD_c_strategy, ZSTD_dfast}};

struct lsi_stored_writer {
    lsi_sink *index, *frames, *dict_sink;
    ZSTD_CCtx *cctx;
    bool decided;    /* the dictionary is made, or there will be none */
    lsi_buf waiting; /* documents held back, one behind the other */
    size_t *sizes;   /* of them */
    size_t *heads;   /* of them */
    size_t count, cap, heads_cap;
    lsi_buf out, packed; /* a document's record: lengths, and frames */
    lsi_offsets_writer offsets;
    uint32_t doc_count;
};

int lsi_stored_writer_new(lsi_stored_writer **out, lsi_sink *index, lsi_sink *frames, lsi_sink *dict, ls_error *err)
{
    lsi_stored_writer *w = *out = lsi_calloc(1, sizeof *w);
    if (!w) return lsi_fail_nomem(err);
    w->index = index;
    w->frames = frames;
    w->dict_sink = dict;
    lsi_offsets_writer_init(&w->offsets);
    w->cctx = ZSTD_createCCtx();
    bool ok = w->cctx != NULL;
    for (size_t i = 0; ok && i < LSI_COUNTOF(settings); i++)
        ok = !ZSTD_isError(ZSTD_CCtx_setParameter(w->cctx, settings[i].what, settings[i].value));
    if (ok) return LS_OK;
    lsi_stored_writer_free(w);
    *out = NULL;
    return lsi_fail_nomem(err);
}

void lsi_stored_writer_free(lsi_stored_writer *w)
{
    if (!w) return;
    ZSTD_freeCCtx(w->cctx);
    lsi_buf_clear(&w->waiting);
    lsi_free(w->sizes);
    lsi_free(w->heads);
    lsi_buf_clear(&w->out);
    lsi_buf_clear(&w->packed);
    lsi_offsets_writer_clear(&w->offsets);
    lsi_free(w);
}

/* ---- compressing ---- */

/* A zstd frame of two blocks, the first of which ends behind `head` bytes; an error of zstd's or a size as it gives. */
static size_t pack_in_two(ZSTD_CCtx *z, uint8_t *packed, size_t room, const uint8_t *p, size_t n, size_t head)
{
    ZSTD_inBuffer in = {p, head, 0};
    ZSTD_outBuffer out = {packed, room, 0};
    size_t left = ZSTD_CCtx_reset(z, ZSTD_reset_session_only);
    if (!ZSTD_isError(left)) left = ZSTD_CCtx_setPledgedSrcSize(z, n);
    if (!ZSTD_isError(left)) left = ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush);
    in.size = n;
    if (!left) left = ZSTD_compressStream2(z, &out, &in, ZSTD_e_end);
    return left ? (ZSTD_isError(left) ? left : 0) : out.pos;
}

/* What is not the same in all frames of a frame at p: the number of bytes to leave out at its beginning. *one_block: so
 * that even the block's header need not be told. 0: a frame of another kind than is expected. */
static size_t head_of(const uint8_t *p, size_t n, bool *one_block)
{
    const size_t both = LSI_STORED_FRAME_HEAD + LSI_STORED_BLOCK_HEAD;
    *one_block = false;
    if (n < both || p[4] || p[5] > LSI_STORED_WINDOW) return 0;
    p += LSI_STORED_FRAME_HEAD;
    uint32_t header = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
    *one_block = (header & 7) == LSI_STORED_ONE_BLOCK && header >> 3 == n - both;
    return *one_block ? both : LSI_STORED_FRAME_HEAD;
}

/* A frame of n ≤ LSI_STORED_FRAME bytes appended to b; gives its size, 0 on failure (b->rc, or zstd's memory).
 * *one_block: in, whether the header of an only block may be left out; out, whether it was. */
static size_t put_frame(lsi_stored_writer *w, lsi_buf *b, const uint8_t *p, size_t n, size_t head, bool *one_block)
{
    uint8_t packed[LSI_STORED_FRAME + 1024];
    bool two = head && head < n, may = *one_block;
    size_t got = two ? pack_in_two(w->cctx, packed, sizeof packed, p, n, head)
                     : ZSTD_compress2(w->cctx, packed, sizeof packed, p, n);
    if (ZSTD_isError(got) || got < 4) return 0;
    size_t skip = head_of(packed, got, one_block);
    if (!may) *one_block = false;
    if (skip && !*one_block) skip = LSI_STORED_FRAME_HEAD;
    if (!skip || got - skip >= n) {
        *one_block = false;
        lsi_buf_put(b, p, n);
        return n;
    }
    lsi_buf_put(b, packed + skip, got - skip);
    return got - skip;
}

static int put_document(lsi_stored_writer *w, const uint8_t *p, size_t n, size_t head, ls_error *err)
{
    size_t size = 1;
    lsi_buf_reset(&w->out);
    lsi_buf_reset(&w->packed);
    bool several = n > LSI_STORED_FRAME, one_block = !several;
    if (several) lsi_vint_put(&w->out, 2 * (uint64_t)n);
    if (head > n || n - head < LSI_STORED_REST) head = 0; /* there is little to spare */
    for (size_t at = 0; at < n && size; at += LSI_STORED_FRAME) {
        size_t part = LSI_MIN(n - at, (size_t)LSI_STORED_FRAME);
        size = put_frame(w, &w->packed, p + at, part, at ? 0 : head, &one_block);
        if (several) lsi_vint_put(&w->out, size);
    }
    if (!several) lsi_vint_put(&w->out, 2 * (uint64_t)n + (n && one_block));
    if (!size || w->out.rc || w->packed.rc) return lsi_fail_nomem(err);
    lsi_offsets_add(&w->offsets, lsi_sink_at(w->frames));
    lsi_sink_put(w->frames, w->out.data, w->out.len);
    if (n) lsi_sink_put(w->frames, w->packed.data, w->packed.len);
    w->doc_count++;
    return lsi_sink_failed(w->frames, err);
}

/* ---- the dictionary ---- */

/* Of what waits every so manieth document, so that there are about LSI_STORED_SAMPLED bytes of them: half of it takes
 * half the time and makes a dictionary that is worse by 4 of 1,000. As samples of at most a frame; gives their number. */
static size_t cut_samples(const lsi_stored_writer *w, lsi_buf *samples, lsi_buf *sizes)
{
    const size_t every = LSI_MAX(w->waiting.len / LSI_STORED_SAMPLED, (size_t)1);
    const uint8_t *p = w->waiting.data;
    size_t n = 0;
    for (size_t i = 0; i < w->count; p += w->sizes[i++]) {
        if (i % every) continue;
        lsi_buf_put(samples, p, w->sizes[i]);
        for (size_t at = 0; at < w->sizes[i]; at += LSI_STORED_FRAME, n++) {
            size_t len = LSI_MIN(w->sizes[i] - at, (size_t)LSI_STORED_FRAME);
            lsi_buf_put(sizes, &len, sizeof len);
        }
    }
    return n;
}

static int make_dictionary(lsi_stored_writer *w, ls_error *err)
{
    lsi_buf samples, sizes;
    lsi_buf_init(&samples, 0);
    lsi_buf_init(&sizes, 0);
    uint8_t *dict = lsi_malloc(LSI_STORED_DICT_MAX);
    size_t n = cut_samples(w, &samples, &sizes), got = SIZE_MAX;
    if (dict && !samples.rc && !sizes.rc)
        got = lsi_stored_dict_make(dict, samples.data, (size_t *)(void *)sizes.data, n, LEVEL);
    if (got && got != SIZE_MAX) {
        lsi_sink_put(w->dict_sink, dict, got);
        if (ZSTD_isError(ZSTD_CCtx_loadDictionary(w->cctx, dict, got))) got = SIZE_MAX; /* stays until w is freed */
    }
    lsi_free(dict);
    lsi_buf_clear(&samples);
    lsi_buf_clear(&sizes);
    return got == SIZE_MAX ? lsi_fail_nomem(err) : LS_OK;
}

/* Makes the dictionary where there is enough to make one from, and writes the documents that waited: the first so
 * many of what did (a last one may be a mere sample). Texts that give none (all alike, too few) are stored without. */
static int decide(lsi_stored_writer *w, size_t documents, ls_error *err)
{
    w->decided = true;
    int rc = w->waiting.len >= LSI_STORED_DICT_FROM ? make_dictionary(w, err) : LS_OK;
    const uint8_t *p = w->waiting.data;
    for (size_t i = 0; i < documents && !rc; i++) {
        rc = put_document(w, p, w->sizes[i], w->heads[i], err);
        if (w->sizes[i]) p += w->sizes[i];
    }
    lsi_buf_clear(&w->waiting);
    w->count = 0;
    return rc;
}

static int hold(lsi_stored_writer *w, const uint8_t *p, size_t n, size_t head, ls_error *err)
{
    size_t *grown = lsi_array_grow(w->sizes, &w->cap, w->count + 1, sizeof *grown);
    if (!grown) return lsi_fail_nomem(err);
    w->sizes = grown;
    grown = lsi_array_grow(w->heads, &w->heads_cap, w->count + 1, sizeof *grown);
    if (!grown) return lsi_fail_nomem(err);
    w->heads = grown;
    w->heads[w->count] = head;
    lsi_buf_put(&w->waiting, p, n);
    if (w->waiting.rc) return lsi_fail_nomem(err);
    w->sizes[w->count++] = n;
    return LS_OK;
}

int lsi_stored_writer_add(lsi_stored_writer *w, const uint8_t *p, size_t n, size_t head, ls_error *err)
{
    int rc = LS_OK;
    if (w->decided) return put_document(w, p, n, head, err);
    if (n < LSI_STORED_SAMPLES_MAX) {
        rc = hold(w, p, n, head, err);
        if (!rc && w->waiting.len >= LSI_STORED_SAMPLES_MAX) rc = decide(w, w->count, err);
        return rc;
    }
    /* One very long document: its beginning serves as sample where too little waits before it. */
    size_t documents = w->count;
    if (w->waiting.len < LSI_STORED_DICT_FROM) rc = hold(w, p, LSI_STORED_SAMPLES_MAX, 0, err);
    if (!rc) rc = decide(w, documents, err);
    return rc ? rc : put_document(w, p, n, head, err);
}

int lsi_stored_writer_end(lsi_stored_writer *w, ls_error *err)
{
    int rc = w->decided ? LS_OK : decide(w, w->count, err);
    if (rc) return rc;
    lsi_offsets_add(&w->offsets, lsi_sink_at(w->frames));
    lsi_sink_put32(w->index, w->doc_count);
    lsi_sink_put32(w->index, 0);
    if ((rc = lsi_offsets_end(&w->offsets, w->index, err))) return rc;
    rc = lsi_sink_failed(w->dict_sink, err);
    return rc ? rc : lsi_sink_failed(w->frames, err);
}
