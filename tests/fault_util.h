/* fault_util.h — what the tests of failing points share: a call that reads is made again and again on a reader that has read
 * nothing yet, each time with the next allocation, system call or look at a section's bytes failing. */
#ifndef FAULT_UTIL_H
#define FAULT_UTIL_H
#include "libsearch/store/frame.h"
#include "libsearch/store/io.h"
#include "libsearch/util/alloc.h"
#include "tests/story_util.h"
#include <errno.h>

static uint64_t stride = 3, looks = 3, points, failed; /* every so many-th is taken */

/* ---- what is called; each adds what it was answered to *sum ---- */

static inline void mix(uint64_t *sum, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++) *sum = (*sum ^ b[i]) * 0x100000001b3u;
}

static inline void mix_text(uint64_t *sum, const char *s)
{
    mix(sum, s ? s : "-", s ? strlen(s) + 1 : 1);
}

typedef int call_fn(ls_reader *r, uint64_t *sum);

/* ---- with each point failing ---- */

static inline int open_cold(ls_reader **r, unsigned flags)
{
    LS_INIT(ls_reader_options, o);
    o.flags = flags;
    o.clock = read_clock;
    return ls_reader_open(r, index_path, &o, &err);
}

static inline bool is_named(bool memory, int e, int rc)
{
    if (memory) return rc == LS_NOMEM;
    return rc == LS_IO && err.sys_errno == e;
}

static inline void run_failing(call_fn *call, bool memory, int e, bool forever)
{
    uint64_t right = 1, sum;
    for (uint64_t n = 0;; n += n ? stride : 1) {
        ls_reader *r;                         /* cold: nothing is read yet */
        OK(open_cold(&r, LS_READER_NO_MMAP)); /* so that there are calls to fail */
        if (!n) {
            OK(call(r, &right));
            ls_reader_close(r);
            continue;
        }
        lsi_alloc_fail_at(0, false);
        lsi_io_fail_at(0, 0, false);
        if (memory) lsi_alloc_fail_at(n, forever);
        else lsi_io_fail_at(n, e, forever);
        memset(&err, 0, sizeof err);
        sum = 1;
        int rc = call(r, &sum);
        uint64_t allocations = lsi_alloc_fail_at(0, false), calls = lsi_io_fail_at(0, 0, false);
        bool over = (memory ? allocations : calls) < n;
        if (rc && (!is_named(memory, e, rc) || err.code != rc))
            print_error("point %llu: %d, %s\n", (unsigned long long)n, rc, err.message);
        if (rc) assert_true(is_named(memory, e, rc) && err.code == rc && *err.message);
        else if (sum != right) print_error("point %llu: another answer\n", (unsigned long long)n);
        if (!rc) assert_int_equal(sum, right);
        if (over) assert_int_equal(rc, LS_OK);
        sum = 1;
        OK(call(r, &sum)); /* with the same reader, which a failure has not hurt */
        assert_int_equal(sum, right);
        ls_reader_close(r);
        points++;
        failed += rc != 0;
        if (over) return;
    }
}

/* [STRIDE [LOOKS]]: how many points of failure, and of damage, are taken; 1: all. */
static inline void take_arguments(int argc, char **argv)
{
    if (argc > 1) stride = strtoull(argv[1], NULL, 10);
    if (argc > 2) looks = strtoull(argv[2], NULL, 10);
    stride = LSI_MAX(stride, (uint64_t)1);
    looks = LSI_MAX(looks, (uint64_t)1);
}

/* Every STRIDE-th allocation and system call, in each way. */
static inline void fail_each(const char *name, call_fn *call)
{
    points = failed = 0;
    run_failing(call, true, 0, false);
    run_failing(call, true, 0, true);
    run_failing(call, false, EIO, false);
    run_failing(call, false, EIO, true);
    run_failing(call, false, EINTR, false);
    run_failing(call, false, 0, false); /* a short read */
    print_message("%s: %llu points, %llu errors\n", name, (unsigned long long)points, (unsigned long long)failed);
}

/* ---- with each look at a section failing ---- */

static inline int read_with(call_fn *call, uint64_t *sum)
{
    ls_reader *r;
    int rc = open_cold(&r, 0);
    *sum = 1;
    if (!rc) rc = call(r, sum);
    ls_reader_close(r);
    return rc;
}

/* How far to the next look: all of the first, then so that some 100 are taken; all where `looks` is 1. */
static inline uint64_t onward(uint64_t n, uint64_t all)
{
    return looks == 1 || n < 40 ? 1 : 1 + all / (300 / LSI_MIN(looks, (uint64_t)300));
}

static inline void is_told(int rc, uint64_t n, bool placed)
{
    if (rc != LS_CORRUPT || err.code != rc || (placed && !*err.file))
        print_error("look %d: %d, %s\n", (int)n, rc, err.message);
    assert_true(rc == LS_CORRUPT && err.code == rc && (!placed || *err.file));
}

static inline void damage_each(const char *name, call_fn *call)
{
    uint64_t right, sum;
    points = failed = 0;
    lsi_section_fail_at(UINT64_MAX);
    OK(read_with(call, &right));
    uint64_t all = lsi_section_fail_at(0);
    for (uint64_t n = 1; n <= all; n += onward(n, all), points++) {
        lsi_section_fail_at(n);
        int rc = read_with(call, &sum);
        lsi_section_fail_at(0);
        if (rc) is_told(rc, n, true);
        else assert_int_equal(sum, right);
        failed += rc != 0;
    }
    print_message("%s: %d looks, %d of them damaged, %d errors\n", name, (int)all, (int)points, (int)failed);
}
#endif
