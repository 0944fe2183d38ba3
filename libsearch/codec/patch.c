/* patch.c — owns the layout of packed numbers with exceptions. Ignorant of what they mean, and of where the width and
 * the number of exceptions are kept.
 *
 *   packed      lsi_pack_bytes(n, width)   the low `width` bits of every number (pack.c)
 *   only with e > 0 exceptions:
 *   high        u8       1..32, width of the high bits
 *   where       u8 × e   rising: which numbers are exceptions
 *   bits        lsi_pack_bytes(e, high)    number >> width of each exception
 *
 * Example, n = 4, numbers 1 0 9 1, width 1, e = 1: packed 1 | 0<<1 | 1<<2 | 1<<3 = 0D; high 03 (9 >> 1 = 4); where 02;
 * bits 04: the bytes 0D 03 02 04.
 *
 * Patched frame of reference: Zukowski et al., Super-scalar RAM-CPU cache compression (2006). */
#include "libsearch/codec/patch.h"
#include "libsearch/codec/read.h"

size_t lsi_patch_bytes(uint32_t n, lsi_patch p)
{
    size_t b = lsi_pack_bytes(n, p.width);
    if (p.exceptions) b += 1 + (size_t)p.exceptions + lsi_pack_bytes(p.exceptions, p.high);
    return b;
}

#if defined(__GNUC__) || defined(__clang__)
typedef int32_t four __attribute__((vector_size(16)));
typedef float four_floats __attribute__((vector_size(16)));

/* The bits of four numbers below 2^24, which a float holds as they are: its exponent tells. */
static void bits_of_four(uint32_t bits[4], const uint32_t *v)
{
    four x, w;
    memcpy(&x, v, sizeof x);
    w = (four) __builtin_convertvector(x, four_floats);
    w = ((w >> 23) - 126) & (x != 0);
    memcpy(bits, &w, sizeof w);
}

static void mask_four(uint32_t *low, const uint32_t *v, uint32_t mask)
{
    four x;
    memcpy(&x, v, sizeof x);
    x &= (int32_t)mask;
    memcpy(low, &x, sizeof x);
}
#else
static void bits_of_four(uint32_t bits[4], const uint32_t *v)
{
    for (unsigned k = 0; k < 4; k++) bits[k] = lsi_bits32(v[k]);
}

static void mask_four(uint32_t *low, const uint32_t *v, uint32_t mask)
{
    for (unsigned k = 0; k < 4; k++) low[k] = v[k] & mask;
}
#endif

/* How many need exactly so many bits; in four rows, for neighbours are often alike and would wait for one another. */
static void count_widths(uint32_t (*of_width)[4], const uint32_t *v, uint32_t n, unsigned top)
{
    uint32_t i = 0, bits[4];
    memset(of_width, 0, (top + 1) * sizeof *of_width);
    for (; top <= 24 && i + 4 <= n; i += 4) {
        bits_of_four(bits, v + i);
        for (unsigned k = 0; k < 4; k++) of_width[bits[k]][k]++;
    }
    for (; i < n; i++) of_width[lsi_bits32(v[i])][i & 3]++;
}

lsi_patch lsi_patch_plan(const uint32_t *v, uint32_t n, unsigned most)
{
    unsigned top = lsi_bits32(lsi_pack_or(v, n));
    if (!top) return (lsi_patch){0, 0, 0};
    uint32_t of_width[33][4];
    count_widths(of_width, v, n, top);
    lsi_patch best = {0, 0, 0};
    size_t best_bytes = SIZE_MAX;
    uint32_t above = 0; /* numbers wider than w: their places alone may be too much already */
    for (unsigned w = top + 1; w-- > 0 && above < 256 && above < best_bytes;) {
        const lsi_patch p = {(uint8_t)w, (uint8_t)above, (uint8_t)(above ? top - w : 0)};
        size_t bytes = lsi_patch_bytes(n, p);
        if (w <= most && bytes < best_bytes) {
            best = p;
            best_bytes = bytes;
        }
        above += of_width[w][0] + of_width[w][1] + of_width[w][2] + of_width[w][3];
    }
    return best;
}

void lsi_patch_put(lsi_buf *b, const uint32_t *v, uint32_t n, lsi_patch p)
{
    uint32_t low[LSI_PACK_BLOCK], high[LSI_PACK_BLOCK + 1], e = 0, i = 0;
    uint8_t where[LSI_PACK_BLOCK + 1];
    uint32_t mask = p.width >= 32 ? UINT32_MAX : ((uint32_t)1 << p.width) - 1;
    uint8_t *out = lsi_buf_grow(b, lsi_patch_bytes(n, p));
    if (!out) return;
    if (!p.exceptions) {
        lsi_pack_put(out, v, n, p.width);
        return;
    }
    for (; i + 4 <= n; i += 4) mask_four(low + i, v + i, mask);
    for (; i < n; i++) low[i] = v[i] & mask;
    for (i = 0; i < n; i++) { /* written to the next place each time, which moves on behind an exception only */
        where[e] = (uint8_t)i;
        high[e] = v[i] >> (p.width & 31);
        e += v[i] > mask;
    }
    lsi_pack_put(out, low, n, p.width);
    out += lsi_pack_bytes(n, p.width);
    *out++ = p.high;
    memcpy(out, where, e);
    lsi_pack_put(out + e, high, e, p.high);
}

/* A block's parts: the packed numbers, then a byte with the exceptions' width, their places, their packed high bits. */
typedef struct parts {
    const uint8_t *packed, *where, *high_bits;
    unsigned high;
    uint64_t bytes;
} parts;

static int find_parts(parts *x, const lsi_section *s, uint64_t off, uint32_t n, unsigned width, unsigned e,
                      ls_error *err)
{
    uint64_t len = lsi_pack_bytes(n, width), more;
    *x = (parts){.bytes = len};
    if (!e && !len) return LS_OK;
    const uint8_t *p = lsi_section_get(s, off, len + (e ? 1 : 0), err);
    if (!p) return lsi_read_failed(err);
    x->packed = p;
    if (!e) return LS_OK;
    x->high = p[len];
    if (!x->high || x->high + width > 32)
        return lsi_section_corrupt(s, off + len, err, "a width of exceptions that fits");
    more = 1 + (uint64_t)e + lsi_pack_bytes(e, x->high);
    x->bytes = len + more;
    /* What lies a little behind was verified with it. */
    if (more > LSI_BEHIND || !lsi_range_ok(off, x->bytes, s->bytes)) {
        p = lsi_section_get(s, off, x->bytes, err);
        if (!p) return lsi_read_failed(err);
        x->packed = p;
    }
    x->where = p + len + 1;
    x->high_bits = x->where + e;
    return LS_OK;
}

/* The exceptions' high bits, and their places judged. */
static int get_exceptions(uint32_t *high, const parts *x, const lsi_section *s, uint64_t off, uint32_t n,
                          unsigned width, unsigned exceptions, ls_error *err)
{
    lsi_pack_get(high, x->high_bits, exceptions, x->high);
    for (unsigned i = 0; i < exceptions; i++) {
        if (x->where[i] >= n || (i && x->where[i] <= x->where[i - 1]))
            return lsi_section_corrupt(s, off + lsi_pack_bytes(n, width) + 1 + i, err, "rising places of exceptions");
    }
    return LS_OK;
}

int lsi_patch_get(uint32_t *v, const lsi_section *s, uint64_t off, uint32_t n, unsigned width, unsigned exceptions,
                  uint64_t *bytes, ls_error *err)
{
    parts x;
    uint32_t high[LSI_PACK_BLOCK + LSI_PACK_SLACK];
    int rc = find_parts(&x, s, off, n, width, exceptions, err);
    if (rc) return rc;
    *bytes = x.bytes;
    lsi_pack_get(v, x.packed, n, width);
    if (!exceptions) return LS_OK;
    rc = get_exceptions(high, &x, s, off, n, width, exceptions, err);
    for (unsigned i = 0; !rc && i < exceptions; i++) v[x.where[i]] |= high[i] << width;
    return rc;
}

int lsi_patch_rare(uint32_t *v, const uint8_t **where, const lsi_section *s, uint64_t off, uint32_t n,
                   unsigned exceptions, ls_error *err)
{
    parts x;
    int rc = find_parts(&x, s, off, n, 0, exceptions, err);
    if (rc || !exceptions) return rc;
    *where = x.where;
    return get_exceptions(v, &x, s, off, n, 0, exceptions, err);
}

int lsi_patch_some(uint32_t *v, const lsi_section *s, uint64_t off, uint32_t n, unsigned width, unsigned exceptions,
                   uint32_t from, uint32_t count, ls_error *err)
{
    parts x;
    int rc = find_parts(&x, s, off, n, width, exceptions, err);
    if (rc) return rc;
    for (uint32_t i = 0; i < count; i++) v[i] = lsi_pack_at(x.packed, n, width, from + i);
    for (unsigned i = 0; i < exceptions && x.where[i] < from + count; i++)
        if (x.where[i] >= from) v[x.where[i] - from] |= lsi_pack_at(x.high_bits, exceptions, x.high, i) << width;
    return LS_OK;
}
