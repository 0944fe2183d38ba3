/* fault_crew.c — allocations and system calls that fail while several threads cut and write what is added (index/crew.c),
 * with a budget so small that heaps are handed over all the time. Which call of which thread fails is chance; that the call
 * that tells it has a name for it, that the same is done at the second try, and that the index is then, document for
 * document and in order, what it is without any failure, is not.
 * usage: fault_crew [ROUNDS [SEED]]  (default 6 of each way, 1) */
#include "libsearch/store/io.h"
#include "libsearch/util/alloc.h"
#include "tests/index_util.h"
#include <errno.h>

#define ADDS   140 /* of some 3 KB: heaps of a dozen */
#define BUDGET ((size_t)256 << 10)

static ls_error err;
static uint64_t rounds = 6, seed = 1;
static unsigned threads = 3;

static const struct {
    bool memory, forever;
    int error;
} ways[] = {{true, false, 0},       {true, true, 0},       {false, false, ENOSPC},
            {false, true, ENOSPC},  {false, false, EIO},   {false, true, EIO},
            {false, false, EMFILE}, {false, false, EINTR}, {false, false, 0 /* a short write */}};

static void arm(size_t way, uint64_t n)
{
    if (ways[way].memory) lsi_alloc_fail_at(n, ways[way].forever);
    else lsi_io_fail_at(n, ways[way].error, ways[way].forever);
}

static uint64_t disarm(void)
{
    uint64_t allocations = lsi_alloc_fail_at(0, false), calls = lsi_io_fail_at(0, 0, false);
    return LSI_MAX(allocations, calls);
}

static void is_named(size_t way, int rc)
{
    int e = ways[way].error;
    bool right = ways[way].memory ? rc == LS_NOMEM : e == ENOSPC ? rc == LS_NOSPACE : rc == LS_IO && err.sys_errno == e;
    if (!right && rc != LS_POISONED) fail_msg("way %zu: %d, %s", way, rc, err.message);
    assert_true(err.code == rc && *err.message);
}

/* The i-th to be added: every seventh replaces one before it. */
static int add_next(ls_writer *w, int i)
{
    char id[16], body[3200];
    uint64_t x = 1000 + (uint64_t)i;
    snprintf(id, sizeof id, "d%d", i % 7 == 6 ? i / 2 : i);
    random_text(&x, body, sizeof body, 600);
    return add_doc(w, id, body, 0, NULL, &err);
}

/* What the index holds, in order. */
static uint64_t sum_of_all(uint64_t *count)
{
    ls_reader *r;
    uint64_t doc = UINT64_MAX, sum = 1;
    LS_INIT(ls_check_report, report);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
    OK(ls_reader_open(&r, index_path, NULL, &err));
    *count = 0;
    while (!ls_reader_next(r, &doc, &err)) {
        ls_doc *d;
        OK(ls_reader_doc(&d, r, doc, &err));
        const char *texts[] = {ls_doc_id(d, NULL), ls_doc_text(d, "body", 0, NULL)};
        for (int i = 0; i < 2; i++)
            for (const char *s = texts[i]; *s; s++) sum = (sum ^ (uint8_t)*s) * 0x100000001b3u;
        ls_doc_free(d);
        ++*count;
    }
    ls_reader_close(r);
    return sum;
}

/* All of it, with the n-th of a way failing and what was refused tried again; true where it failed at all. */
static bool go(size_t way, uint64_t n, uint64_t *made, bool *poisoned)
{
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.memory_bytes = BUDGET;
    o.threads = threads;
    bool failed = false;
    int rc = LS_OK;
    OK(ls_writer_open(&w, index_path, &o, &err));
    arm(way, n);
    for (int i = 0; i <= ADDS && rc != LS_POISONED; i++) {
        rc = i < ADDS ? add_next(w, i) : ls_commit(w, NULL, &err);
        if (!rc) continue;
        is_named(way, rc);
        failed = true;
        disarm();
        /* Each heap that failed meanwhile tells it once, and is tried again. */
        for (unsigned t = 0; t < threads + 3 && rc && rc != LS_POISONED; t++)
            rc = i < ADDS ? add_next(w, i) : ls_commit(w, NULL, &err);
        if (rc && rc != LS_POISONED) fail_msg("way %zu, point %d: again %d, %s", way, (int)n, rc, err.message);
    }
    *made = disarm();
    *poisoned = rc == LS_POISONED;
    ls_writer_close(w);
    return failed;
}

static void crew(void **state)
{
    uint64_t right, documents, count, made, x = seed * 77 + 1;
    unsigned failures = 0, poisonings = 0;
    bool poisoned;
    (void)state;
    assert_false(go(0, UINT64_MAX, &made, &poisoned));
    right = sum_of_all(&documents);
    assert_true(documents < ADDS && documents > ADDS * 6 / 7);
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
        index_clean(NULL);
        go(way, UINT64_MAX, &made, &poisoned); /* how many there are */
        for (uint64_t round = 0; round < rounds; round++) {
            uint64_t all, n = 1 + random_next(&x) % made;
            index_clean(NULL);
            failures += go(way, n, &all, &poisoned);
            if (poisoned) { /* a writer anew, which finds the commit of before, or this one */
                poisonings++;
                sum_of_all(&count);
                assert_true(!count || count == documents);
                if (!count) assert_false(go(0, UINT64_MAX, &all, &poisoned));
            }
            if (sum_of_all(&count) != right) fail_msg("way %zu, point %d: another index", way, (int)n);
        }
    }
    print_message("seed %d: %d points, %u told, %u writers poisoned\n", (int)seed,
                  (int)(rounds * (sizeof ways / sizeof *ways)), failures, poisonings);
    assert_true(failures > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(crew, index_clean)};
    if (argc > 1) rounds = strtoull(argv[1], NULL, 10);
    if (argc > 2) seed = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
