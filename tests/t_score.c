/* t_score.c — the arithmetic under a search: rounding of scores, edit distances, wildcards, the heap of the best. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "libsearch/query/batch.h"
#include "libsearch/query/bm25.h"
#include "libsearch/query/fuzzy.h"
#include "libsearch/util/best.h"
#include "libsearch/util/heap.h"
#include <math.h>
#include <stdlib.h>

static void test_arithmetic(void **state)
{
    (void)state;
    assert_true(lsi_bm25_magic(1.0) == 1.0f && lsi_bm25_magic(1.0001) == 2.0f && lsi_bm25_magic(0.75) == 1.0f);
    assert_true(lsi_bm25_quantum(8.0f) == ldexp(1, -20));
    const float k[2] = {0.3f, 1.7f};
    for (uint32_t i = 0; i < 11; i++) {
        float one = lsi_bm25_score(3.7f, 1 + i * i, k[i & 1], 8.0f);
        assert_true(fmod((double)one, lsi_bm25_quantum(8.0f)) == 0);
    }
}

/* Every level gives the bits of the plain one, at every length. */
static void test_batches(void **state)
{
    (void)state;
    enum { N = 150 };
    const lsi_batch *plain = lsi_batch_of(LSI_SIMD_SCALAR);
    unsigned levels = (unsigned)lsi_simd_limit(LSI_SIMD_LEVELS);
    uint32_t tf[N + LSI_BATCH_SLACK] = {0}, docs[N + LSI_BATCH_SLACK] = {0}, seed = 7;
    uint8_t norms[N];
    float k[256], a[N + LSI_BATCH_SLACK] = {0}, b[N + LSI_BATCH_SLACK] = {0};
    for (uint32_t i = 0; i < N; i++) {
        seed = seed * 1664525 + 1013904223;
        tf[i] = 1 + (seed >> 8) % (i % 5 ? 9 : 900000);
        docs[i] = i;
        norms[i] = (uint8_t)(seed >> 24);
    }
    for (unsigned i = 0; i < 256; i++) k[i] = (float)(0.3 + i * 0.037);
    for (unsigned level = 0; level <= levels; level++) {
        const lsi_batch *this = lsi_batch_of(level);
        for (uint32_t n = 0; n <= N; n++) {
            plain->scores(a, tf, docs, n, norms, k, 3.7f, 8.0f);
            this->scores(b, tf, docs, n, norms, k, 3.7f, 8.0f);
            assert_memory_equal(a, b, n * sizeof *a);
            uint32_t at[2][N + LSI_BATCH_SLACK];
            float sunk[2][N + LSI_BATCH_SLACK];
            memcpy(at[0], docs, sizeof docs);
            memcpy(at[1], docs, sizeof docs);
            memcpy(sunk[0], a, sizeof a);
            memcpy(sunk[1], a, sizeof a);
            uint32_t above = plain->sink(sunk[0], n, 2.5f);
            assert_int_equal(this->sink(sunk[1], n, 2.5f), above);
            assert_memory_equal(sunk[0], sunk[1], sizeof a);
            for (uint32_t i = 0; i < n; i++) {
                assert_true(a[i] > 2.5f ? sunk[0][i] == a[i] : isinf(sunk[0][i]) && sunk[0][i] < 0);
                above -= a[i] > 2.5f ? 1 : 0;
            }
            assert_int_equal(above, 0);
            uint32_t left = plain->keep(at[0], a, n, 2.5f);
            assert_int_equal(this->keep(at[1], b, n, 2.5f), left);
            assert_memory_equal(at[0], at[1], left * sizeof **at);
            assert_memory_equal(a, b, left * sizeof *a);
        }
        uint8_t map[2][128];
        uint64_t bits[2][2] = {{5, 0}, {5, 0}};
        for (uint32_t i = 0; i < 128; i++) map[0][i] = map[1][i] = norms[i] & 1;
        plain->fold(bits[0], map[0], 2);
        this->fold(bits[1], map[1], 2);
        for (uint32_t i = 0; i < 128; i++) {
            assert_int_equal(bits[0][i / 64] >> (i & 63) & 1, (norms[i] & 1) | (i == 0 || i == 2));
            assert_int_equal(map[0][i] | map[1][i], 0);
        }
        assert_memory_equal(bits[0], bits[1], sizeof bits[0]);
        plain->scores(a, tf, docs, N, norms, k, 3.7f, 8.0f);
        for (uint32_t i = 0; i + 64 <= N; i++) assert_true(plain->above(a + i, 2.5f) == this->above(a + i, 2.5f));
    }
}

static void test_fuzzy(void **state)
{
    (void)state;
    static const struct {
        const char *word, *other;
        uint32_t distance;
    } CASES[] = {{"arms", "arms", 0}, {"arms", "amrs", 1}, {"arms", "army", 1}, {"arms", "farms", 1},
                 {"arms", "ar", 2},   {"arms", "deal", 3}, {"kyiv", "kiev", 2}, {"été", "ete", 2},
                 {"ca", "abc", 3},    {"東京", "京東", 1}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        lsi_fuzzy f;
        size_t dead;
        assert_true(lsi_fuzzy_init(&f, (const uint8_t *)CASES[i].word, strlen(CASES[i].word), 2));
        uint32_t d = lsi_fuzzy_distance(&f, (const uint8_t *)CASES[i].other, strlen(CASES[i].other), &dead);
        if (d != CASES[i].distance) fail_msg("%s %s: %u", CASES[i].word, CASES[i].other, d);
    }
    assert_true(lsi_wildcard_match((const uint8_t *)"a*b?", 4, (const uint8_t *)"axxbbé", 7));
    assert_false(lsi_wildcard_match((const uint8_t *)"a*b?", 4, (const uint8_t *)"axxb", 4));
}

static void test_heap(void **state)
{
    (void)state;
    lsi_top room[5];
    lsi_heap h;
    assert_int_equal(lsi_heap_room(5), 5);
    lsi_heap_init(&h, room, 5, false, false);
    for (uint64_t i = 0; i < 100; i++) {
        lsi_top t = {.key = i * 37 % 100 / 2, .doc = i, .has = i % 50 != 3};
        lsi_heap_push(&h, &t);
    }
    lsi_heap_sort(&h, NULL);
    assert_int_equal(h.count, 5);
    for (size_t i = 1; i < 5; i++) assert_true(lsi_heap_order(&h, &room[i - 1], &room[i]) < 0);
    assert_int_equal(room[0].key, 49);
    assert_true(room[0].doc < room[1].doc);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static int by_order(const void *a, const void *b)
{
    const lsi_heap numbers = {0};
    return lsi_heap_order(&numbers, a, b);
}

/* A large k keeps what a sort of everything keeps, whatever the keys are like, in whatever order they come. */
static void test_many_best(void **state)
{
    enum { ALL = 5000, MOST = 1300 };
    static lsi_top all[ALL], sorted[ALL], room[2 * MOST];
    static const uint64_t MASKS[] = {0, 1, 15, 0xFFF, 0x7FFFFFFF, UINT64_MAX};
    static uint64_t spare[2 * MOST];
    uint64_t x = 88172645463325252u;
    (void)state;
    for (size_t round = 0; round < 72; round++) {
        size_t cap = 1 + next_random(&x) % MOST, count = round % 5 ? ALL : next_random(&x) % (2 * cap);
        count = LSI_MIN(count, (size_t)ALL);
        for (size_t i = 0; i < count; i++) {
            uint64_t key = next_random(&x) & MASKS[round % LSI_COUNTOF(MASKS)];
            if (round % 7 == 1) key = round % 2 ? i : count - i; /* in order */
            all[i] = (lsi_top){.key = key, .doc = i * 7919 % 10007, .has = round % 4 || i % 3};
            if (!all[i].has) all[i].key = 0;
        }
        memcpy(sorted, all, sizeof all);
        qsort(sorted, count, sizeof *sorted, by_order);
        lsi_heap h;
        assert_in_range(lsi_heap_room(cap), cap, LSI_COUNTOF(room));
        lsi_heap_init(&h, room, cap, false, false);
        for (size_t i = 0; i < count; i++) {
            lsi_heap_push(&h, &all[i]);
            if (h.count == cap && i % 97 == 0) { /* the bar is never too high */
                size_t better = 0;
                for (size_t j = 0; j <= i; j++) better += lsi_heap_order(&h, &all[j], &h.at[0]) <= 0;
                assert_true(better >= cap);
            }
        }
        lsi_heap_sort(&h, round % 6 == 5 ? NULL : spare);
        assert_int_equal(h.count, LSI_MIN(cap, count));
        for (size_t i = 0; i < h.count; i++) assert_int_equal(h.at[i].doc, sorted[i].doc);
    }
}

static int largest_first(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x < y) - (x > y);
}

/* The best k of numbers in any order, one by one and by batches, are the first k of all of them sorted. */
static void test_best(void **state)
{
    (void)state;
    enum { MOST = 5000 };
    static const size_t CAPS[] = {1, 11, 63, 64, 65, 101, 300, 513, 1001, 6000};
    static uint64_t all[MOST], sorted[MOST], memory[2 * (2 * 6000 + LSI_BEST_BATCH)];
    uint32_t seed = 11;
    for (uint32_t round = 0; round < 400; round++) {
        size_t n = round % 7 == 6 ? 40 : 1 + (seed >> 9) % MOST, cap = CAPS[round % LSI_COUNTOF(CAPS)];
        unsigned keys = 1 + round % 20; /* few different high halves, or many */
        assert_in_range(lsi_best_memory(cap), cap, LSI_COUNTOF(memory));
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            uint32_t key = round % 5 == 1   ? (uint32_t)i                 /* rising: everything enters */
                           : round % 5 == 2 ? (uint32_t)LSI_MIN(i, n - i) /* rising, then falling */
                                            : (seed >> 8) >> (24 - LSI_MIN(keys, 24u));
            all[i] = (uint64_t)key << 32 | (round % 3 ? UINT32_MAX - i : (uint64_t)i * 2654435761u % UINT32_MAX + 1);
        }
        memcpy(sorted, all, n * sizeof *all);
        qsort(sorted, n, sizeof *sorted, largest_first);
        lsi_best b;
        lsi_best_init(&b, memory, cap);
        bool batches = lsi_best_is_loose(&b) && round % 2;
        for (size_t i = 0; i < n;) {
            size_t end = batches ? LSI_MIN(i + LSI_BEST_BATCH, n) : i + 1;
            for (; batches && i < end; i++) b.at[b.count++] = all[i];
            if (batches) lsi_best_added(&b);
            else lsi_best_push(&b, all[i++]);
            assert_true(b.count < 2 * cap || !lsi_best_is_loose(&b));
            if (i < cap) assert_true(!b.bar);
            else if (i >= n) assert_true(b.bar && b.bar <= sorted[cap - 1]);
        }
        lsi_best_sort(&b);
        assert_int_equal(b.count, LSI_MIN(n, cap));
        assert_memory_equal(b.at, sorted, b.count * sizeof *sorted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_fuzzy),
                                       cmocka_unit_test(test_batches),    cmocka_unit_test(test_heap),
                                       cmocka_unit_test(test_many_best),  cmocka_unit_test(test_best)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
