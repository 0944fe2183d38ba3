/* postings.c — owns the bytes of posting lists and their reader (postings_write.c writes, postings_verify.c checks).
 * Invariants of a reader: documents it hands out rise strictly and are below doc_count, whatever the bytes; every byte
 * is looked at only after lsi_section_get. Ignorant of fields, scores and where the list record came from.
 *
 * A list of df documents:
 *   df ≤ 3      inside the dictionary's record (record.c), nothing here
 *   df ≤ 256    in the section of blocks, at blocks_offset:  u16 widths, [u32 last, only with form 31,] one block
 *   df > 256    ⌈df/256⌉ = n blocks from blocks_offset on, and at facts_offset of the facts section, little-endian:
 *                 u32 × n  last      the block's last document
 *                 u32 × n  offset    of the block, from blocks_offset
 *                 u32 × n  before    raw counts of all blocks before it
 *                 u16 × n  widths
 *                 u8  × n  impact    the largest in the block, see lsi_impact
 *               and, where has_ranges, at ranges_offset of the ranges section a byte for each 64 documents of the
 *               segment: the largest impact among them, 0 where the term is in none of them.
 *
 * widths: bits 0–4 form of the documents, 5–9 width of the counts, 10–14 form of the adjustments, 15 counts have
 * exceptions. A block of m documents (256, the last one the rest), its parts one behind the other:
 *   documents   form 0..30: m gaps − 1 packed in so many bits (pack.c); the list begins as if after document −1, so
 *               form 0 is a full run and takes no bytes.
 *               form 31: a set of bits, bit i stands for document (the one before the block) + 1 + i, up to `last`.
 *   counts      m raw counts − 1, packed; with bit 15: u8 e (1..255), then patch.c's packed numbers with e exceptions
 *   adjustments form 0: none, the scored tf is the raw count. Form a: u8 e (0..255), then patch.c with width a − 1:
 *               zigzag(scored tf − raw count)
 *
 * Example, df 4, documents 0 2 4 6, counts 1 1 3 1, scored tf 1 1 9 1: gaps − 1 are 0 1 1 1 in 1 bit: 0E; counts − 1
 * are 0 0 2 0 in 2 bits: 20; adjustments 0 0 12 0 in width 4 (form 5) without exceptions: 00, then 00 0C.
 * widths = 1 | 2<<5 | 5<<10 = 1441: the bytes 41 14 0E 20 00 00 0C.
 *
 * Blocks of packed gaps with the last document beside them: Lemire, Boytsov & Kurz, SIMD compression and the
 * intersection of sorted integers (2016). Range maxima: Ding & Suel, Faster top-k document retrieval (2011). */
#include "libsearch/codec/postings.h"
#include "libsearch/codec/pack.h"
#include "libsearch/codec/patch.h"
#include "libsearch/codec/read.h"
#include "libsearch/util/simd.h"

#define SAFE_WIDTH 22u /* 256 gaps of so many bits on top of a document below 2^30 stay below 2^32 */

static int corrupt_list(ls_error *err, const char *what)
{
    return lsi_fail(err, LS_CORRUPT, "a term's list in the dictionary: %s", what);
}

static uint32_t docs_in(const lsi_postings *p, uint32_t block)
{
    return block + 1 < p->block_count ? LSI_BLOCK_DOCS : p->list.df - block * LSI_BLOCK_DOCS;
}

static void end_docs(lsi_postings *p)
{
    for (uint32_t i = 0; i < 16; i++) p->docs[p->n + i] = LSI_DOC_END;
}

/* The facts of a list of one block, laid out in the struct like those of the file. */
static void set_inline_facts(lsi_postings *p, uint32_t last, uint32_t offset, uint32_t widths)
{
    uint8_t *f = p->inline_facts;
    lsi_set32(f, last);
    lsi_set32(f + 4, offset);
    lsi_set32(f + 8, 0);
    lsi_set16(f + 12, (uint16_t)widths);
    f[14] = p->list.max_impact;
}

static void point_at_facts(lsi_postings *p, const uint8_t *facts)
{
    size_t n = p->block_count;
    p->last_le = facts;
    p->offset_le = facts + 4 * n;
    p->cum_le = facts + 8 * n;
    p->widths_le = facts + 12 * n;
    p->impact = facts + 14 * n;
}

static int open_inline(lsi_postings *p, ls_error *err)
{
    const lsi_list *l = &p->list;
    uint64_t cf = 0;
    if (l->inline_count > 3 || l->inline_count != l->df) return corrupt_list(err, "more documents than fit");
    for (uint32_t i = 0; i < l->df; i++) {
        if (l->inline_doc[i] >= p->at.doc_count || (i && l->inline_doc[i] <= l->inline_doc[i - 1]))
            return corrupt_list(err, "documents out of order or range");
        p->docs[i] = l->inline_doc[i];
        p->counts[i] = l->inline_n[i];
        p->tf[i] = l->inline_tf[i];
        cf += l->inline_n[i];
    }
    if (cf != l->cf) return corrupt_list(err, "counts that do not add up");
    p->n = l->df;
    end_docs(p);
    p->block = 0;
    p->have_counts = p->have_tf = true;
    set_inline_facts(p, p->docs[p->n - 1], 0, 0);
    point_at_facts(p, p->inline_facts);
    return LS_OK;
}

static int open_short(lsi_postings *p, ls_error *err)
{
    const lsi_section *s = p->at.blocks;
    const uint8_t *h = lsi_section_get(s, p->list.blocks_offset, 2, err);
    if (!h) return lsi_read_failed(err);
    uint32_t widths = lsi_get16(h), head = 2, last = LSI_DOC_END;
    if ((widths & 31) == LSI_FORM_BITS) {
        h = lsi_section_get(s, p->list.blocks_offset, 6, err);
        if (!h) return lsi_read_failed(err);
        last = lsi_get32(h + 2);
        head = 6;
    }
    set_inline_facts(p, last, head, widths);
    point_at_facts(p, p->inline_facts);
    return lsi_postings_block(p, 0, err); /* decoded at once: its last document stands nowhere else */
}

static int open_long(lsi_postings *p, ls_error *err)
{
    const uint8_t *facts = lsi_section_get(p->at.facts, p->list.facts_offset, (uint64_t)p->block_count * 15, err);
    if (!facts) return lsi_read_failed(err);
    point_at_facts(p, facts);
    if (!p->list.has_ranges) return LS_OK;
    p->ranges = lsi_section_get(p->at.ranges, p->list.ranges_offset, p->range_count, err);
    return p->ranges ? LS_OK : lsi_read_failed(err);
}

int lsi_postings_open(lsi_postings *p, const lsi_postings_sections *at, const lsi_list *list, ls_error *err)
{
    p->list = *list;
    p->at = *at;
    p->block_count = list->df / LSI_BLOCK_DOCS + (list->df % LSI_BLOCK_DOCS != 0);
    p->ranges = NULL;
    p->range_count = at->doc_count / LSI_RANGE_DOCS + (at->doc_count % LSI_RANGE_DOCS != 0);
    p->block = UINT32_MAX;
    p->n = 0;
    p->have_counts = p->have_tf = false;
    p->counts_at = p->adj_at = 0;
    point_at_facts(p, p->inline_facts);
    end_docs(p);
    if (!list->df) return LS_OK;
    if (list->df > at->doc_count || at->doc_count > LSI_SEGMENT_DOCS_MAX)
        return corrupt_list(err, "more documents than the segment has");
    if (list->cf < list->df || list->cf > UINT32_MAX) return corrupt_list(err, "an impossible sum of counts");
    if (list->has_ranges && list->df <= LSI_BLOCK_DOCS) return corrupt_list(err, "ranges of a short list");
    if (list->inline_count) return open_inline(p, err);
    return list->df <= LSI_BLOCK_DOCS ? open_short(p, err) : open_long(p, err);
}

/* ---- documents of a block ---- */

/* Bits of (base, last] to numbers; false where there are not exactly n of them, the last one included. */
static bool docs_of_bits(uint32_t *docs, uint32_t n, const uint8_t *bits, uint32_t base, uint32_t last)
{
    uint32_t span = last - base, i = 0; /* base may be −1: the difference is right mod 2^32 */
    for (uint32_t from = 0; from < span; from += 64, bits += 8) {
        uint64_t w = lsi_get64(bits);
        if (span - from < 64) w &= ~(uint64_t)0 >> (64 - (span - from));
        if (lsi_popcount64(w) > n - i) return false;
        if (w) i += lsi_pack_bits(docs + i, w, base + 1 + from);
    }
    return i == n && docs[n - 1] == last;
}

static bool rising(const uint32_t *docs, uint32_t n, uint32_t base)
{
    for (uint32_t i = 0; i < n; i++) {
        if (docs[i] <= base && (i || base != UINT32_MAX)) return false; /* UINT32_MAX: before the first */
        base = docs[i];
    }
    return true;
}

static int get_docs(lsi_postings *p, uint32_t block, uint64_t off, unsigned form, uint64_t *bytes, ls_error *err)
{
    const lsi_section *s = p->at.blocks;
    uint32_t n = docs_in(p, block), base = block ? lsi_postings_last(p, block - 1) : UINT32_MAX;
    uint32_t last = lsi_postings_last(p, block);
    bool known = p->list.df > LSI_BLOCK_DOCS || form == LSI_FORM_BITS; /* a short list learns its last by decoding */
    const uint8_t *in = NULL;
    if (known && (last >= p->at.doc_count || (block && (base >= last))))
        return lsi_fail(err, LS_CORRUPT, "a posting list's last documents are out of order or range");
    if (form == LSI_FORM_BITS) {
        *bytes = (last - base) / 8 + ((last - base) % 8 != 0);
        if (!(in = lsi_section_get(s, off, *bytes, err))) return lsi_read_failed(err);
        if (!docs_of_bits(p->docs, n, in, base, last)) return lsi_section_corrupt(s, off, err, "a bit a document");
        return LS_OK;
    }
    *bytes = lsi_pack_bytes(n, form);
    if (*bytes && !(in = lsi_section_get(s, off, *bytes, err))) return lsi_read_failed(err);
    lsi_pack_get(p->docs, in, n, form);
    lsi_pack_gaps(p->docs, n, base);
    if (form > SAFE_WIDTH && !rising(p->docs, n, base)) return lsi_section_corrupt(s, off, err, "rising documents");
    if (p->docs[n - 1] >= p->at.doc_count || (known && p->docs[n - 1] != last))
        return lsi_section_corrupt(s, off, err, "the block's last document");
    if (!known) lsi_set32(p->inline_facts, p->docs[n - 1]);
    return LS_OK;
}

int lsi_postings_block(lsi_postings *p, uint32_t block, ls_error *err)
{
    if (block == p->block) return LS_OK;
    if (block >= p->block_count) return lsi_fail(err, LS_MISUSE, "no such block in a posting list");
    uint64_t off = p->list.blocks_offset + lsi_get32(p->offset_le + 4 * (size_t)block), bytes = 0;
    p->block = UINT32_MAX;
    p->have_counts = p->have_tf = false;
    p->n = 0;
    int rc = get_docs(p, block, off, lsi_get16(p->widths_le + 2 * (size_t)block) & 31, &bytes, err);
    if (!rc) {
        p->n = docs_in(p, block);
        p->block = block;
        p->counts_at = off + bytes;
    }
    end_docs(p);
    return rc;
}

/* Word k of n bits (whole words are there to be read), what lies behind them taken off. */
LSI_INLINE uint64_t word_of(const uint8_t *bits, uint32_t k, uint32_t n)
{
    uint64_t w = lsi_get64(bits + 8 * (size_t)k);
    return n - k * 64 < 64 ? w & ~(~(uint64_t)0 << (n - k * 64)) : w;
}

/* n bits added to those from number `at` on; how many are set. */
#define ADD_BITS(name, popcount)                                                                                       \
    static uint32_t name(const uint8_t *in, uint32_t n, uint64_t *bits, uint32_t at)                                   \
    {                                                                                                                  \
        uint32_t words = n / 64 + (n % 64 != 0), s = at & 63, set = 0;                                                 \
        uint64_t *to = bits + (at >> 6), behind = 0;                                                                   \
        for (uint32_t k = 0; k < words; k++) {                                                                         \
            uint64_t w = word_of(in, k, n);                                                                            \
            set += (uint32_t)popcount(w);                                                                              \
            to[k] |= w << s | behind;                                                                                  \
            behind = w >> 1 >> (63 - s);                                                                               \
        }                                                                                                              \
        if (behind) to[words] |= behind;                                                                               \
        return set;                                                                                                    \
    }
ADD_BITS(add_bits_plain, lsi_popcount64)
#if LSI_SIMD_X86 && defined(__x86_64__)
/* Every processor with AVX2 has the instruction. */
LSI_TARGET("popcnt")
ADD_BITS(add_bits_popcnt, __builtin_popcountll)
#else
#define add_bits_popcnt add_bits_plain
#endif

/* The same for a block that the window cuts. */
static uint32_t add_some_bits(const uint8_t *in, uint32_t n, lsi_doc first, lsi_doc lo, lsi_doc hi, uint64_t *bits)
{
    uint32_t words = n / 64 + (n % 64 != 0), set = 0;
    for (uint32_t k = 0; k < words; k++) { /* bit 0 of word k is document first + 64·k */
        uint64_t w = word_of(in, k, n);
        lsi_doc d = first + k * 64;
        set += lsi_popcount64(w);
        if (d < lo) w = lo - d < 64 ? w >> (lo - d) << (lo - d) : 0;
        if (hi <= d) w = 0;
        else if (hi - d < 64) w &= ~(~(uint64_t)0 << (hi - d));
        if (!w) continue;
        uint32_t at = d - lo, s = at & 63; /* may be negative, by less than 64: the low bits are 0 then */
        if (d >= lo) {
            bits[at >> 6] |= w << s;
            if (s && w >> (64 - s)) bits[(at >> 6) + 1] |= w >> (64 - s);
        } else {
            bits[0] |= w >> (lo - d);
        }
    }
    return set;
}

int lsi_postings_set_bits(lsi_postings *p, uint32_t block, lsi_doc lo, lsi_doc hi, uint64_t *bits, bool *done,
                          ls_error *err)
{
    *done = lsi_postings_is_bits(p, block);
    if (!*done) return LS_OK;
    uint32_t base = block ? lsi_postings_last(p, block - 1) : UINT32_MAX, last = lsi_postings_last(p, block);
    uint64_t off = p->list.blocks_offset + lsi_get32(p->offset_le + 4 * (size_t)block);
    if (last >= p->at.doc_count || (block && base >= last))
        return lsi_fail(err, LS_CORRUPT, "a posting list's last documents are out of order or range");
    uint32_t n = last - base, words = n / 64 + (n % 64 != 0), first = base + 1, set;
    const uint8_t *in = lsi_section_get(p->at.blocks, off, n / 8 + (n % 8 != 0), err);
    if (!in) return lsi_read_failed(err);
    bool quick = lsi_simd_level() >= LSI_SIMD_AVX2;
    if (first < lo || last >= hi) set = add_some_bits(in, n, first, lo, hi, bits);
    else set = (quick ? add_bits_popcnt : add_bits_plain)(in, n, bits, first - lo);
    if (set != docs_in(p, block) || !(word_of(in, words - 1, n) >> ((n - 1) & 63)))
        return lsi_section_corrupt(p->at.blocks, off, err, "a bit a document");
    return LS_OK;
}

/* The block's first document may be `first`, its last one is `last`. */
static int bounds_of(const lsi_postings *p, uint32_t block, lsi_doc *first, lsi_doc *last, ls_error *err)
{
    uint32_t base = block ? lsi_postings_last(p, block - 1) : UINT32_MAX;
    *first = base + 1;
    *last = lsi_postings_last(p, block);
    if (*last < p->at.doc_count && (!block || base < *last)) return LS_OK;
    return lsi_fail(err, LS_CORRUPT, "a posting list's last documents are out of order or range");
}

int lsi_postings_as_bits(const lsi_postings *p, uint32_t block, const uint8_t **bits, lsi_doc *first, ls_error *err)
{
    lsi_doc last;
    *bits = NULL;
    if (!lsi_postings_is_bits(p, block)) return LS_OK;
    int rc = bounds_of(p, block, first, &last, err);
    if (rc) return rc;
    uint64_t off = p->list.blocks_offset + lsi_get32(p->offset_le + 4 * (size_t)block);
    *bits = lsi_section_get(p->at.blocks, off, (last - *first) / 8 + 1, err);
    return *bits ? LS_OK : lsi_read_failed(err);
}

/* False where one of them is not below most. */
#define RANKS(name, popcount)                                                                                          \
    static bool name(const uint8_t *bits, lsi_doc first, const lsi_doc *docs, uint32_t n, uint32_t most, uint8_t *at)  \
    {                                                                                                                  \
        uint32_t before = 0, word = 0, rank = 0;                                                                       \
        for (uint32_t i = 0; i < n; i++) {                                                                             \
            uint32_t bit = docs[i] - first;                                                                            \
            for (; word < bit >> 6; word++) before += (uint32_t)popcount(lsi_get64(bits + 8 * (size_t)word));          \
            uint64_t below = lsi_get64(bits + 8 * (size_t)word) & ~(~(uint64_t)0 << (bit & 63));                       \
            rank = before + (uint32_t)popcount(below);                                                                 \
            at[i] = (uint8_t)rank;                                                                                     \
        }                                                                                                              \
        return rank < most; /* they rise */                                                                            \
    }
RANKS(ranks_plain, lsi_popcount64)
#if LSI_SIMD_X86 && defined(__x86_64__)
/* Every processor with AVX2 has the instruction. */
LSI_TARGET("popcnt")
RANKS(ranks_popcnt, __builtin_popcountll)
#else
#define ranks_popcnt ranks_plain
#endif

int lsi_postings_ranks(const lsi_postings *p, uint32_t block, const uint8_t *bits, lsi_doc first, const lsi_doc *docs,
                       uint32_t n, uint8_t *at, ls_error *err)
{
    uint32_t most = docs_in(p, block);
    bool quick = lsi_simd_level() >= LSI_SIMD_AVX2;
    if ((quick ? ranks_popcnt : ranks_plain)(bits, first, docs, n, most, at)) return LS_OK;
    return lsi_fail(err, LS_CORRUPT, "a posting list's block has more documents than it should");
}

/* ---- counts ---- */

/* Counts - 1 of n documents, which begin at off; *end: behind them. */
static int get_less(const lsi_postings *p, uint32_t block, uint64_t off, uint32_t n, uint32_t *less, uint64_t *end,
                    ls_error *err)
{
    unsigned widths = lsi_get16(p->widths_le + 2 * (size_t)block), e = 0;
    uint64_t bytes;
    if (widths >> 15) {
        const uint8_t *h = lsi_section_get(p->at.blocks, off, 1, err);
        if (!h) return lsi_read_failed(err);
        if (!(e = *h)) return lsi_section_corrupt(p->at.blocks, off, err, "at least one exception");
        off++;
    }
    int rc = lsi_patch_get(less, p->at.blocks, off, n, widths >> 5 & 31, e, &bytes, err);
    if (!rc) *end = off + bytes;
    return rc;
}

int lsi_postings_counts(lsi_postings *p, ls_error *err)
{
    if (p->have_counts) return LS_OK;
    if (p->block == UINT32_MAX) return lsi_fail(err, LS_MISUSE, "no block of a posting list is decoded");
    int rc = get_less(p, p->block, p->counts_at, p->n, p->counts, &p->adj_at, err);
    if (rc) return rc;
    lsi_pack_increment(p->counts, p->n);
    p->have_counts = true;
    return LS_OK;
}

int lsi_postings_less(const lsi_postings *p, uint32_t block, uint32_t *less, uint32_t *n, ls_error *err)
{
    uint64_t off = p->list.blocks_offset + lsi_get32(p->offset_le + 4 * (size_t)block), end;
    unsigned form = lsi_get16(p->widths_le + 2 * (size_t)block) & 31;
    lsi_doc first, last;
    *n = docs_in(p, block);
    if (p->block == block && p->have_counts) {
        for (uint32_t i = 0; i < *n; i++) less[i] = p->counts[i] - 1;
        return LS_OK;
    }
    if (p->block == block) return get_less(p, block, p->counts_at, *n, less, &end, err);
    int rc = bounds_of(p, block, &first, &last, err);
    if (rc) return rc;
    off += form == LSI_FORM_BITS ? (last - first) / 8 + 1 : lsi_pack_bytes(*n, form);
    return get_less(p, block, off, *n, less, &end, err);
}

/* Counts with what they differ by from the scored tf; as a rule only a few of a block do. */
static int adjust(lsi_postings *p, unsigned width, ls_error *err)
{
    uint32_t adj[LSI_BLOCK_DOCS + LSI_PACK_SLACK], some[LSI_BLOCK_DOCS];
    uint64_t bytes;
    const uint8_t *h = lsi_section_get(p->at.blocks, p->adj_at, 1, err), *where = NULL;
    if (!h) return lsi_read_failed(err);
    const unsigned exceptions = *h;
    bool right = true;
    if (width) {
        int rc = lsi_patch_get(adj, p->at.blocks, p->adj_at + 1, p->n, width, exceptions, &bytes, err);
        if (rc) return rc;
        right = lsi_pack_adjust(p->tf, p->counts, adj, p->n);
    } else {
        int rc = lsi_patch_rare(adj, &where, p->at.blocks, p->adj_at + 1, p->n, exceptions, err);
        if (rc) return rc;
        memcpy(p->tf, p->counts, p->n * sizeof *p->tf);
        for (unsigned i = 0; i < exceptions; i++) some[i] = p->counts[where[i]];
        right = lsi_pack_adjust(some, some, adj, exceptions);
        for (unsigned i = 0; i < exceptions; i++) p->tf[where[i]] = some[i];
    }
    return right ? LS_OK : lsi_section_corrupt(p->at.blocks, p->adj_at, err, "scored counts of at least 1");
}

int lsi_postings_tf(lsi_postings *p, ls_error *err)
{
    if (p->have_tf) return LS_OK;
    int rc = lsi_postings_counts(p, err);
    if (rc) return rc;
    unsigned form = lsi_get16(p->widths_le + 2 * (size_t)p->block) >> 10 & 31;
    if (form) rc = adjust(p, form - 1, err);
    else memcpy(p->tf, p->counts, p->n * sizeof *p->tf);
    p->have_tf = !rc;
    return rc;
}

/* ---- finding ---- */

uint32_t lsi_postings_seek_block(const lsi_postings *p, uint32_t from, lsi_doc doc)
{
    uint32_t n = p->block_count, step = 1;
    if (from >= n || lsi_postings_last(p, from) >= doc) return from < n ? from : n;
    uint32_t lo = from; /* last(lo) < doc */
    while (step < n - lo && lsi_postings_last(p, lo + step) < doc) {
        lo += step;
        step *= 2;
    }
    uint32_t hi = step < n - lo ? lo + step : n;
    for (lo++; lo < hi;) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (lsi_postings_last(p, mid) < doc) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

uint32_t lsi_postings_lower(const lsi_postings *p, uint32_t from, lsi_doc doc)
{
    if (from >= p->n) return p->n;
    const uint32_t *v = p->docs + from;
    if (*v >= doc) return from;
    uint32_t len = p->n - from; /* v[0] < doc; the answer is in (v, v + len] */
    while (len > 1) {           /* no branch on the data: the compiler makes a conditional move of it */
        uint32_t half = len / 2;
        v = v[half] < doc ? v + half : v;
        len -= half;
    }
    return (uint32_t)(v - p->docs) + 1;
}

uint32_t lsi_postings_stream(const lsi_postings *p, uint32_t i)
{
    return lsi_get32(p->cum_le + 4 * (size_t)p->block) + lsi_pack_sum(p->counts, i);
}
