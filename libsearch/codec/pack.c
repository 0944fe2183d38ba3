/* pack.c — owns the layout of packed numbers and its decoders in plain C and in 128-bit vectors (pack_avx2.c has the
 * third). Every decoder gives the same bits; tests/t_codec.c compares them. Ignorant of what the numbers mean.
 *
 * A full block of 256 numbers of b bits, 32·b bytes: number i is row i / 8 of lane i mod 8. A lane is a string of bits,
 * row after row, lowest bit first, cut into words of 32 bits; word w of lane l lies at byte 32·w + 4·l, little-endian.
 * So one 32-byte load holds the same bits of all 8 lanes, and a shift and a mask yield 8 neighbouring numbers.
 *
 * A shorter block of n numbers, ⌈n·b/8⌉ bytes: a string of bits, lowest first, number i at bit i·b. Eight numbers take
 * b bytes, so that a group of 8 always begins at a byte and one shuffle serves for all groups.
 *
 * Example, n = 3, b = 5, numbers 1 2 3: 1 | 2<<5 | 3<<10 = 0x0C41, bytes 41 0C.
 * Example, n = 256, b = 1, numbers i mod 8 == 0: every bit of lane 0 and none else: FF FF FF FF and 28 zero bytes.
 *
 * Lanes of binary packing: Lemire & Boytsov, Decoding billions of integers per second through vectorization (2015). */
#include "libsearch/codec/pack.h"
#include "libsearch/codec/pack_rows.h"
#include "libsearch/util/simd.h"

static uint32_t mask_of(unsigned width)
{
    return width >= 32 ? UINT32_MAX : ((uint32_t)1 << width) - 1;
}

unsigned lsi_pack_width(const uint32_t *v, uint32_t n)
{
    return lsi_bits32(lsi_pack_or(v, n));
}

uint32_t lsi_pack_or(const uint32_t *v, uint32_t n)
{
    uint32_t a = 0, b = 0, c = 0, d = 0, i = 0;
    for (; i + 4 <= n; i += 4) {
        a |= v[i];
        b |= v[i + 1];
        c |= v[i + 2];
        d |= v[i + 3];
    }
    for (; i < n; i++) a |= v[i];
    return a | b | c | d;
}

/* ---- writing ---- */

#if LSI_LITTLE_ENDIAN && (defined(__GNUC__) || defined(__clang__))
typedef uint32_t v4 __attribute__((vector_size(16), aligned(1), may_alias));

/* Lanes 0–3, then 4–7. */
static void put_block(uint8_t *out, const uint32_t *v, unsigned width)
{
    for (unsigned half = 0; half < 2; half++) {
        const v4 *in = (const v4 *)(const void *)v + half;
        v4 *to = (v4 *)(void *)out + half, word = {0}; /* word: bits not yet written */
        unsigned bits = 0;
        for (unsigned row = 0; row < 32; row++, in += 2) {
            v4 x = *in;
            word |= x << bits;
            bits += width;
            if (bits < 32) continue;
            *to = word;
            to += 2;
            bits -= 32;
            word = bits ? x >> (width - bits) : (v4){0};
        }
    }
}
#else
static void put_block(uint8_t *out, const uint32_t *v, unsigned width)
{
    uint32_t word[8] = {0}; /* bits of each lane not yet written */
    unsigned bits = 0;
    for (unsigned row = 0; row < 32; row++, v += 8) {
        for (unsigned lane = 0; lane < 8; lane++) word[lane] |= v[lane] << bits;
        bits += width;
        if (bits < 32) continue;
        for (unsigned lane = 0; lane < 8; lane++) lsi_set32(out + 4 * lane, word[lane]);
        out += 32;
        bits -= 32;
        for (unsigned lane = 0; lane < 8; lane++) word[lane] = bits ? v[lane] >> (width - bits) : 0;
    }
}
#endif

void lsi_pack_put(uint8_t *out, const uint32_t *v, uint32_t n, unsigned width)
{
    if (!width) return;
    if (n == LSI_PACK_BLOCK) {
        put_block(out, v, width);
        return;
    }
    uint64_t word = 0;
    unsigned bits = 0;
    for (uint32_t i = 0; i < n; i++) {
        word |= (uint64_t)v[i] << bits;
        bits += width;
        if (bits < 32) continue;
        lsi_set32(out, (uint32_t)word);
        out += 4;
        word >>= 32;
        bits -= 32;
    }
    for (; bits > 8; bits -= 8, word >>= 8) *out++ = (uint8_t)word;
    if (bits) *out = (uint8_t)word;
}

/* ---- plain C ---- */

static uint64_t load64(const uint8_t *p)
{
#if LSI_LITTLE_ENDIAN
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
#else
    return lsi_get64(p);
#endif
}

static void scalar_zero(uint32_t *v, const uint8_t *in)
{
    (void)in;
    memset(v, 0, LSI_PACK_BLOCK * sizeof *v);
}

static void scalar_block(uint32_t *v, const uint8_t *in, unsigned width)
{
    uint32_t mask = mask_of(width);
    for (unsigned row = 0; row < 32; row++) {
        unsigned bit = row * width, s = bit & 31;
        const uint8_t *p = in + (size_t)32 * (bit >> 5);
        for (unsigned lane = 0; lane < 8; lane++) {
            uint64_t x = lsi_get32(p + 4 * lane);
            if (s + width > 32) x |= (uint64_t)lsi_get32(p + 32 + 4 * lane) << 32;
            v[row * 8 + lane] = (uint32_t)(x >> s) & mask;
        }
    }
}
#define SCALAR(b)                                                                                                      \
    static void scalar_##b(uint32_t *v, const uint8_t *in)                                                             \
    {                                                                                                                  \
        scalar_block(v, in, b);                                                                                        \
    }
WIDTHS(SCALAR)
#define SCALAR_ENTRY(b) [b] = scalar_##b,
static lsi_unpack_fn *const scalar_table[33] = {scalar_zero, WIDTHS(SCALAR_ENTRY)};

static void scalar_tail(uint32_t *v, const uint8_t *in, uint32_t n, unsigned width)
{
    uint64_t mask = mask_of(width);
    size_t bit = 0;
    for (uint32_t i = 0; i < n; i++, bit += width) v[i] = (uint32_t)(load64(in + (bit >> 3)) >> (bit & 7) & mask);
}

static void scalar_gaps(uint32_t *v, uint32_t n, uint32_t base)
{
    for (uint32_t i = 0; i < n; i++) {
        base += v[i] + 1;
        v[i] = base;
    }
}

static const lsi_pack_ops scalar_ops = {scalar_table, scalar_tail, scalar_gaps};

/* ---- 128-bit vectors: SSE2 and NEON from the same source ---- */
#if LSI_LITTLE_ENDIAN && (defined(__GNUC__) || defined(__clang__))

#define V4_ROW(r, b)                                                                                                   \
    {                                                                                                                  \
        const unsigned w = (r) * (b) >> 5, s = (r) * (b)&31;                                                           \
        v4 x = p[2 * w] >> s;                                                                                          \
        if (s + (b) > 32) x |= p[2 * w + 2] << ((32 - s) & 31);                                                        \
        o[2 * (r)] = x & mask;                                                                                         \
    }
/* Lanes 0–3, then 4–7. */
#define V4_BLOCK(b)                                                                                                    \
    static void v4_##b(uint32_t *v, const uint8_t *in)                                                                 \
    {                                                                                                                  \
        const v4 mask = (v4){0} + mask_of(b);                                                                          \
        for (unsigned half = 0; half < 2; half++) {                                                                    \
            const v4 *p = (const v4 *)(const void *)in + half;                                                         \
            v4 *o = (v4 *)(void *)v + half;                                                                            \
            ROWS(V4_ROW, b)                                                                                            \
        }                                                                                                              \
    }
WIDTHS(V4_BLOCK)
#define V4_ENTRY(b) [b] = v4_##b,
static lsi_unpack_fn *const v4_table[33] = {scalar_zero, WIDTHS(V4_ENTRY)};

/* Running sums of 4 at a time; numbers behind n are summed too, they are room. */
static void v4_gaps(uint32_t *v, uint32_t n, uint32_t base)
{
#if defined(__clang__) || __GNUC__ >= 12
    v4 carry = (v4){0} + base;
    const v4 zero = {0}, ones = {1, 2, 3, 4};
    for (uint32_t i = 0; i < n; i += 4) {
        v4 *o = (v4 *)(void *)(v + i);
        v4 x = *o;
        x += __builtin_shufflevector(x, zero, 4, 0, 1, 2);
        x += __builtin_shufflevector(x, zero, 4, 4, 0, 1);
        x += ones;
        *o = x + carry;
        carry += __builtin_shufflevector(x, x, 3, 3, 3, 3);
    }
#else
    scalar_gaps(v, n, base);
#endif
}

static const lsi_pack_ops v4_ops = {v4_table, scalar_tail, v4_gaps};

static void put4(uint32_t *v, const uint32_t *places, uint32_t first)
{
    *(v4 *)(void *)v = *(const v4 *)(const void *)places + first;
}

void lsi_pack_increment(uint32_t *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i += 16) { /* room behind n is incremented too */
        v4 *o = (v4 *)(void *)(v + i);
        o[0] += 1;
        o[1] += 1;
        o[2] += 1;
        o[3] += 1;
    }
}

bool lsi_pack_adjust(uint32_t *out, const uint32_t *v, const uint32_t *adj, uint32_t n)
{
    v4 seen = {0};
    uint32_t i = 0, rest = 0;
    for (; i + 4 <= n; i += 4) {
        v4 a = *(const v4 *)(const void *)(adj + i);
        v4 x = *(const v4 *)(const void *)(v + i) + ((a >> 1) ^ (0 - (a & 1)));
        *(v4 *)(void *)(out + i) = x;
        seen |= x | (x - 1);
    }
    for (; i < n; i++) {
        out[i] = v[i] + ((adj[i] >> 1) ^ (0 - (adj[i] & 1)));
        rest |= out[i] | (out[i] - 1);
    }
    return !((seen[0] | seen[1] | seen[2] | seen[3] | rest) >> 31);
}

uint32_t lsi_pack_sum(const uint32_t *v, uint32_t n)
{
    v4 a = {0}, b = {0};
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        a += *(const v4 *)(const void *)(v + i);
        b += *(const v4 *)(const void *)(v + i + 4);
    }
    a += b;
    uint32_t sum = a[0] + a[1] + a[2] + a[3];
    for (; i < n; i++) sum += v[i];
    return sum;
}
#else
#define v4_ops scalar_ops

static void put4(uint32_t *v, const uint32_t *places, uint32_t first)
{
    for (unsigned j = 0; j < 4; j++) v[j] = places[j] + first;
}

void lsi_pack_increment(uint32_t *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) v[i]++;
}

bool lsi_pack_adjust(uint32_t *out, const uint32_t *v, const uint32_t *adj, uint32_t n)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = v[i] + ((adj[i] >> 1) ^ (0 - (adj[i] & 1)));
        seen |= out[i] | (out[i] - 1);
    }
    return !(seen >> 31);
}

uint32_t lsi_pack_sum(const uint32_t *v, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += v[i];
    return sum;
}
#endif

/* ---- sets of bits ---- */

/* Four bits at a time: their places and their number from a table. No branch on the bits. */
uint32_t lsi_pack_bits(uint32_t *v, uint64_t word, uint32_t first)
{
    static const uint32_t places[16][4] = {{0}, {0},    {1},    {0, 1},    {2},    {0, 2},    {1, 2},    {0, 1, 2},
                                           {3}, {0, 3}, {1, 3}, {0, 1, 3}, {2, 3}, {0, 2, 3}, {1, 2, 3}, {0, 1, 2, 3}};
    static const uint8_t counts[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    uint32_t *start = v;
    for (unsigned k = 0; k < 64; k += 8, word >>= 8) {
        unsigned low = word & 15, high = word >> 4 & 15;
        put4(v, places[low], first + k);
        v += counts[low];
        put4(v, places[high], first + k + 4);
        v += counts[high];
    }
    return (uint32_t)(v - start);
}

/* ---- choice ---- */

const lsi_pack_ops *lsi_pack_ops_of(unsigned level)
{
    static const lsi_pack_ops *const table[LSI_SIMD_LEVELS] = {&scalar_ops, &v4_ops, &lsi_pack_avx2};
    return table[level];
}

void lsi_pack_get(uint32_t *v, const uint8_t *in, uint32_t n, unsigned width)
{
    const lsi_pack_ops *ops = lsi_pack_ops_of(lsi_simd_level());
    if (n == LSI_PACK_BLOCK) ops->block[width](v, in);
    else if (!width) memset(v, 0, n * sizeof *v);
    else ops->tail(v, in, n, width);
}

uint32_t lsi_pack_at(const uint8_t *in, uint32_t n, unsigned width, uint32_t i)
{
    if (!width) return 0;
    if (n != LSI_PACK_BLOCK) {
        size_t bit = (size_t)i * width;
        return (uint32_t)(load64(in + (bit >> 3)) >> (bit & 7)) & mask_of(width);
    }
    unsigned bit = (i >> 3) * width, s = bit & 31;
    const uint8_t *p = in + (size_t)32 * (bit >> 5) + 4 * (i & 7);
    uint64_t x = lsi_get32(p);
    if (s + width > 32) x |= (uint64_t)lsi_get32(p + 32) << 32;
    return (uint32_t)(x >> s) & mask_of(width);
}

void lsi_pack_gaps(uint32_t *v, uint32_t n, uint32_t base)
{
    lsi_pack_ops_of(lsi_simd_level())->gaps(v, n, base);
}
