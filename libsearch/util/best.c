/* best.c — owns the largest k of a stream of distinct numbers.
 *
 * A small k: an array in falling order; what is above the bar, its last, is let in at its place.
 * A large k: what is above the bar is put behind the last; where the room is full the k-th largest is found (quickselect
 * on a copy: Hoare 1961; its partition has no branch on the data), and what is not below it stays, in its order of
 * arrival: numbers whose low halves came in order need only their high halves sorted.
 * Invariants: count < room + LSI_BEST_BATCH; once cap numbers were counted, bar is no larger than the cap-th largest of
 * all that came. It does not know what a number means. */
#include "libsearch/util/best.h"

#define SMALL 64u  /* up to so many in falling order */
#define FEW   128u /* up to so many are sorted by insertion in the end */

size_t lsi_best_memory(size_t cap)
{
    return cap > SMALL ? 2 * (2 * cap + LSI_BEST_BATCH) : cap + 1;
}

void lsi_best_init(lsi_best *b, uint64_t *memory, size_t cap)
{
    *b = (lsi_best){.at = memory, .spare = memory, .cap = cap, .room = cap};
    if (cap <= SMALL) return;
    b->room = 2 * cap;
    b->spare = memory + b->room + LSI_BEST_BATCH;
}

/* The largest first, by the bits [from, 64): a digit at a time, the lowest first, without the bits below and above
 * those in which any two differ. The sorted numbers are in a. */
static void radix(uint64_t *a, uint64_t *b, size_t n, unsigned from)
{
    uint64_t differ = 0, *to = a;
    const unsigned digit = n < 512 ? 6 : 8;
    const uint32_t digits = 1u << digit;
    for (size_t i = 0; i < n; i++) differ |= a[i] ^ a[0];
    differ &= UINT64_MAX << from;
    for (from = differ ? lsi_ctz64(differ) : 64; from < 64 && differ >> from; from += digit) {
        uint32_t start[256], sum = 0;
        memset(start, 0, digits * sizeof *start);
        for (size_t i = 0; i < n; i++) start[a[i] >> from & (digits - 1)]++;
        for (uint32_t d = digits; d-- > 0;) {
            uint32_t here = start[d];
            start[d] = sum;
            sum += here;
        }
        for (size_t i = 0; i < n; i++) b[start[a[i] >> from & (digits - 1)]++] = a[i];
        uint64_t *sorted = b;
        b = a;
        a = sorted;
    }
    if (a != to) memcpy(to, a, n * sizeof *a);
}

/* The same for few: spread by the highest six bits of those in which any two differ, then put right by insertion, which
 * finds most where they belong. At worst FEW² / 4 steps. */
static void sort_few(uint64_t *a, uint64_t *b, size_t n)
{
    uint64_t differ = 0;
    uint8_t start[64] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++) differ |= a[i] ^ a[0];
    const uint32_t high = (uint32_t)(differ >> 32);
    const unsigned bits = high ? 32 + lsi_bits32(high) : lsi_bits32((uint32_t)differ), from = bits > 6 ? bits - 6 : 0;
    for (size_t i = 0; i < n; i++) start[a[i] >> from & 63]++;
    for (uint32_t d = 64; d-- > 0;) {
        uint8_t here = start[d];
        start[d] = sum;
        sum = (uint8_t)(sum + here);
    }
    for (size_t i = 0; i < n; i++) b[start[a[i] >> from & 63]++] = a[i];
    for (size_t i = 0; i < n; i++) {
        uint64_t v = b[i];
        size_t j = i;
        for (; j && a[j - 1] < v; j--) a[j] = a[j - 1];
        a[j] = v;
    }
}

/* The middle one of three of n numbers: whichever (Knuth's MMIX generator says), so that nobody can put the numbers in
 * an order that makes this slow. */
static uint64_t middle_of_three(const uint64_t *a, size_t n, uint64_t *state)
{
    uint64_t v[3];
    for (unsigned i = 0; i < 3; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        v[i] = a[(*state >> 33) * n >> 31];
    }
    uint64_t low = LSI_MIN(v[0], v[1]), high = LSI_MAX(v[0], v[1]);
    return LSI_MAX(low, LSI_MIN(high, v[2]));
}

/* The k-th largest of n ≥ k ≥ 1 numbers (fewer than 2^33), which change places. */
static uint64_t select_largest(uint64_t *a, size_t n, size_t k)
{
    for (uint64_t state = n;;) {
        uint64_t pivot = middle_of_three(a, n, &state);
        size_t above = 0;
        for (size_t i = 0; i < n; i++) { /* those above the pivot come to the front */
            uint64_t v = a[i];
            a[i] = a[above];
            a[above] = v;
            above += v > pivot ? 1 : 0;
        }
        if (above + 1 == k) return pivot;
        if (k <= above) {
            n = above;
            continue;
        }
        size_t left = 0; /* those below it, without the pivot itself */
        a += above;
        for (size_t i = 0; i < n - above; i++) {
            a[left] = a[i];
            left += a[i] != pivot ? 1 : 0;
        }
        n = left;
        k -= above + 1;
    }
}

/* Leaves the best cap, in their order. */
static void settle(lsi_best *b)
{
    size_t kept = 0;
    if (b->count < b->cap) return;
    memcpy(b->spare, b->at, b->count * sizeof *b->at);
    b->bar = select_largest(b->spare, b->count, b->cap);
    for (size_t i = 0; i < b->count; i++) {
        b->at[kept] = b->at[i];
        kept += b->at[i] >= b->bar ? 1 : 0;
    }
    b->count = kept;
}

void lsi_best_added(lsi_best *b)
{
    if (b->count >= b->room || (!b->bar && b->count >= b->cap)) settle(b);
}

void lsi_best_take(lsi_best *b, uint64_t v)
{
    if (lsi_best_is_loose(b)) {
        b->at[b->count++] = v;
        lsi_best_added(b);
        return;
    }
    if (!b->cap) return;
    size_t i = b->count < b->cap ? b->count++ : b->cap - 1;
    for (; i && b->at[i - 1] < v; i--) b->at[i] = b->at[i - 1];
    b->at[i] = v;
    if (b->count == b->cap) b->bar = b->at[b->cap - 1];
}

void lsi_best_sort(lsi_best *b)
{
    bool falling = true; /* the low halves: then radix, which keeps the order of equals, need not look at them */
    if (!lsi_best_is_loose(b)) return;
    if (b->count > b->cap) settle(b);
    if (b->count <= FEW) {
        sort_few(b->at, b->spare, b->count);
        return;
    }
    for (size_t i = 1; i < b->count; i++) falling &= (uint32_t)b->at[i] < (uint32_t)b->at[i - 1];
    radix(b->at, b->spare, b->count, falling ? 32 : 0);
}
