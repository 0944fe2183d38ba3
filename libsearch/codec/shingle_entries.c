/* shingle_entries.c — owns where each kept shingle stands: the highest 32 bits of its hash (the mark) and the first
 * document that has the text. Ignorant of texts and of how shingles are made.
 *
 * Entries rise by (mark, document). 256 of them make a block, the last one fewer:
 *   gaps       the marks, each less the one before it; the first is 0 (patch.c)
 *   documents  lsi_pack_bytes(n, width of the highest document of the segment) (pack.c)
 * Behind all blocks, for each its head: u32 its first mark, u64 where it begins among the blocks | width of the gaps
 * << 48 | exceptions << 56. So a shingle is found by a search among the heads and a look into one block, and takes 30
 * bits where 340,000 stand in 21,000 documents.
 *
 * Example, entries (7, document 1) and (9, document 0) of a segment of two documents: gaps 0 2 in 2 bits, documents 1 0
 * in 1: 08 01; head 07000000 0000000000000200. */
#include "libsearch/codec/patch.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/shingles.h"
#include "libsearch/codec/shingles_layout.h"

#define BLOCK      LSI_SHINGLE_BLOCK
#define NONE       UINT64_MAX
#define BEGIN_BITS 48
_Static_assert(BLOCK == LSI_PACK_BLOCK && sizeof(((lsi_shingle_cursor *)0)->marks) / 4 >= BLOCK + LSI_PACK_SLACK,
               "a block is unpacked into a cursor");

/* ---- reading ---- */

void lsi_shingle_cursor_init(lsi_shingle_cursor *c, const lsi_shingles *x)
{
    c->x = x;
    c->at = 0;
    c->block = NONE;
    c->count = 0;
    c->docs = NULL;
}

static int get_head(const lsi_shingles *x, uint64_t block, uint32_t *mark, uint64_t *about, ls_error *err)
{
    const uint8_t *p = lsi_section_get(x->section, x->heads_at + LSI_SHINGLES_HEAD * block, LSI_SHINGLES_HEAD, err);
    if (!p) return lsi_read_failed(err);
    *mark = lsi_get32(p);
    *about = lsi_get64(p + 4);
    return LS_OK;
}

/* Reads a block, which there is; *end: where the next one begins. */
static int read_block(lsi_shingle_cursor *c, uint64_t block, uint64_t *end, ls_error *err)
{
    const lsi_shingles *x = c->x;
    const uint64_t head_at = x->heads_at + LSI_SHINGLES_HEAD * block;
    uint64_t about, bytes = 0;
    uint32_t mark, n = (uint32_t)LSI_MIN(x->entries - block * BLOCK, (uint64_t)BLOCK);
    c->block = NONE;
    int rc = get_head(x, block, &mark, &about, err);
    if (rc) return rc;
    uint64_t at = x->blocks_at + (about & (((uint64_t)1 << BEGIN_BITS) - 1));
    unsigned width = (unsigned)(about >> BEGIN_BITS & 255), exceptions = (unsigned)(about >> (BEGIN_BITS + 8));
    if (width > 32 || exceptions > n || at > x->heads_at)
        return lsi_section_corrupt(x->section, head_at, err, "the head of a block of shingles");
    if ((rc = lsi_patch_get(c->marks, x->section, at, n, width, exceptions, &bytes, err))) return rc;
    uint64_t docs_at = at + bytes, docs_bytes = lsi_pack_bytes(n, x->doc_width);
    if (docs_at > x->heads_at || docs_bytes > x->heads_at - docs_at)
        return lsi_section_corrupt(x->section, at, err, "a block of shingles before the heads");
    c->docs = docs_bytes ? lsi_section_get(x->section, docs_at, docs_bytes, err) : NULL;
    if (docs_bytes && !c->docs) return lsi_read_failed(err);
    for (uint32_t i = 0; i < n; i++) c->marks[i] = mark += c->marks[i];
    c->block = block;
    c->count = n;
    *end = docs_at + docs_bytes;
    return LS_OK;
}

int lsi_shingle_seek(lsi_shingle_cursor *c, uint32_t mark, ls_error *err)
{
    const lsi_shingles *x = c->x;
    uint64_t lo = 0, hi = (x->entries + BLOCK - 1) / BLOCK, about, end;
    bool known = c->block != NONE && c->marks[0] < mark;
    c->at = 0;
    if (!x->section) return LS_OK;
    if (!known || mark > c->marks[c->count - 1]) {
        if (known) lo = c->block + 1;
        while (lo < hi) { /* blocks before lo begin below the mark; that at hi does not */
            uint64_t mid = lo + (hi - lo) / 2;
            uint32_t first;
            int rc = get_head(x, mid, &first, &about, err);
            if (rc) return rc;
            if (first < mark) lo = mid + 1;
            else hi = mid;
        }
        if (!lo) return LS_OK;
        int rc = lo - 1 == c->block ? LS_OK : read_block(c, lo - 1, &end, err);
        if (rc) return rc;
    }
    uint32_t i = 0, n = c->count;
    while (i < n) {
        uint32_t mid = i + (n - i) / 2;
        if (c->marks[mid] < mark) i = mid + 1;
        else n = mid;
    }
    c->at = c->block * BLOCK + i;
    return LS_OK;
}

int lsi_shingle_get(lsi_shingle_cursor *c, uint64_t *entry, ls_error *err)
{
    const lsi_shingles *x = c->x;
    uint64_t block = c->at / BLOCK, end;
    int rc = block == c->block ? LS_OK : read_block(c, block, &end, err);
    if (rc) return rc;
    uint32_t i = (uint32_t)(c->at % BLOCK), doc = c->docs ? lsi_pack_at(c->docs, c->count, x->doc_width, i) : 0;
    if (doc >= x->doc_count)
        return lsi_section_corrupt(x->section, x->heads_at + LSI_SHINGLES_HEAD * block, err,
                                   "documents of the segment");
    *entry = (uint64_t)c->marks[i] << LSI_SHINGLE_DOC_BITS | doc;
    return LS_OK;
}

/* ---- checking ---- */

/* The blocks, one behind the other, fill what is theirs. */
static int verify_blocks(const lsi_shingles *x, ls_error *err)
{
    lsi_shingle_cursor c;
    uint64_t end = x->blocks_at;
    lsi_shingle_cursor_init(&c, x);
    for (uint64_t b = 0; b * BLOCK < x->entries; b++) {
        uint32_t mark;
        uint64_t about, begin = end - x->blocks_at;
        int rc = get_head(x, b, &mark, &about, err);
        if (!rc && (about & (((uint64_t)1 << BEGIN_BITS) - 1)) != begin)
            rc = lsi_section_corrupt(x->section, x->heads_at + LSI_SHINGLES_HEAD * b, err,
                                     "blocks of shingles one behind the other");
        if (!rc) rc = read_block(&c, b, &end, err);
        if (!rc && c.marks[0] != mark) rc = lsi_section_corrupt(x->section, x->blocks_at + begin, err, "a gap of 0");
        if (rc) return rc;
    }
    return end == x->heads_at ? LS_OK
                              : lsi_section_corrupt(x->section, end, err, "heads behind the blocks of shingles");
}

int lsi_shingle_verify(const lsi_shingles *x, ls_error *err)
{
    lsi_shingle_cursor c;
    uint64_t entry, before = 0, text;
    int rc = verify_blocks(x, err);
    lsi_shingle_cursor_init(&c, x);
    for (; !rc && c.at < x->entries; c.at++) {
        uint32_t from, to;
        lsi_doc first = LSI_DOC_END;
        rc = lsi_shingle_get(&c, &entry, err);
        if (rc) break;
        if (c.at && entry <= before)
            return lsi_section_corrupt(x->section, x->heads_at + LSI_SHINGLES_HEAD * c.block, err,
                                       "rising shingles of documents");
        before = entry;
        rc = lsi_shingles_doc(x, lsi_shingle_doc(entry), &text, NULL, err);
        if (!rc) rc = lsi_shingles_text(x, text, &from, &to, err);
        if (!rc && from < to) rc = lsi_shingles_order(x, from, &first, err);
        if (!rc && first != lsi_shingle_doc(entry))
            rc = lsi_section_corrupt(x->section, x->heads_at + LSI_SHINGLES_HEAD * c.block, err,
                                     "the first document of its text");
    }
    return rc;
}

/* ---- writing ---- */

static void flush_block(lsi_shingles_writer *w)
{
    const uint32_t n = w->count;
    if (!n) return;
    uint32_t gaps[BLOCK];
    gaps[0] = 0;
    for (uint32_t i = 1; i < n; i++) gaps[i] = w->marks[i] - w->marks[i - 1];
    lsi_patch plan = lsi_patch_plan(gaps, n, 32);
    lsi_buf_reset(&w->block);
    lsi_patch_put(&w->block, gaps, n, plan);
    uint8_t *docs = lsi_buf_grow(&w->block, lsi_pack_bytes(n, w->doc_width));
    if (docs && w->doc_width) lsi_pack_put(docs, w->docs, n, w->doc_width);
    lsi_buf_put32(&w->heads, w->marks[0]);
    lsi_buf_put64(&w->heads, (lsi_sink_at(w->sink) - w->blocks_at) | (uint64_t)plan.width << BEGIN_BITS |
                                 (uint64_t)plan.exceptions << (BEGIN_BITS + 8));
    if (w->block.rc && !w->heads.rc) w->heads.rc = w->block.rc; /* the one that is looked at in the end */
    else if (w->block.len) lsi_sink_put(w->sink, w->block.data, w->block.len);
    w->count = 0;
}

void lsi_shingles_put(lsi_shingles_writer *w, uint64_t entry)
{
    if (w->entries && entry <= w->last) return; /* said already */
    if (w->count == BLOCK) flush_block(w);
    w->marks[w->count] = lsi_shingle_mark(entry);
    w->docs[w->count++] = lsi_shingle_doc(entry);
    w->last = entry;
    w->entries++;
}

int lsi_shingles_end(lsi_shingles_writer *w, ls_error *err)
{
    flush_block(w);
    uint64_t blocks = lsi_sink_at(w->sink) - w->blocks_at;
    if (w->heads.rc) return lsi_fail_nomem(err);
    if (w->heads.len) lsi_sink_put(w->sink, w->heads.data, w->heads.len);
    lsi_sink_put64(w->sink, w->rows);
    lsi_sink_put64(w->sink, w->entries);
    lsi_sink_put64(w->sink, blocks);
    lsi_sink_put32(w->sink, w->doc_count);
    lsi_sink_put32(w->sink, 0);
    return lsi_sink_failed(w->sink, err);
}
