/* t_trust.c — promises of libsearch.h that no room's own test shows: snapshots that hold under writes and merges, one
 * writer, fork, signals, clocks, network file systems, fsyncs that fail, files cut short after opening.
 * usage: t_trust [ROUNDS] (default 12): how often each reader looks again */
#define _GNU_SOURCE
#include "libsearch/store/io.h"
#include "tests/index_util.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>

static ls_error err;
static int rounds = 12;

/* ---- two system calls stand here instead of the C library's: the library is linked statically and calls these ---- */

static long pretended_type; /* 0: the truth */
static int fsync_fails_at;  /* the nth from now; 0: none */
static int fsyncs, fsyncs_after;

int fstatfs(int fd, struct statfs *out)
{
    int rc = (int)syscall(SYS_fstatfs, fd, out);
    if (!rc && pretended_type) out->f_type = (__typeof__(out->f_type))pretended_type;
    return rc;
}

int fsync(int fd)
{
    fsyncs++;
    if (fsync_fails_at && fsyncs > fsync_fails_at) fsyncs_after++;
    if (fsyncs == fsync_fails_at) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

static void some_docs(ls_writer *w, uint64_t *x, int n)
{
    for (int i = 0; i < n; i++) {
        char id[16], body[400];
        snprintf(id, sizeof id, "%u", (unsigned)(random_next(x) % 60));
        random_text(x, body, sizeof body, 5 + random_next(x) % 30);
        OK(add_doc(w, id, body, 0, NULL, &err));
    }
}

/* ---- snapshots ---- */

static uint64_t hash_text(uint64_t h, const char *s)
{
    for (; *s; s++) h = (h ^ (uint8_t)*s) * 0x100000001b3u;
    return h;
}

/* All that a reader answers, as one number; 0: something failed. */
static uint64_t answers(const ls_reader *r)
{
    static const char *const queries[] = {"w1", "w1 OR w2 OR w40", "\"w1 w2\"", "w1 w/5 w3", "w*", "NOT w1", "w12~"};
    uint64_t h = 1, doc = UINT64_MAX;
    ls_error e;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        ls_query *q;
        ls_results *res;
        LS_INIT(ls_search_options, o);
        o.timeout_ms = -1;
        if (ls_query_parse(&q, ls_reader_schema(r), queries[i], strlen(queries[i]), NULL, &e)) return 0;
        int rc = ls_search(&res, r, q, &o, &e);
        ls_query_free(q);
        if (rc) return 0;
        h = (h ^ ls_results_get(res).total) * 31;
        for (size_t k = 0; ls_results_hit(res, k); k++) {
            uint32_t score;
            memcpy(&score, &ls_results_hit(res, k)->score, sizeof score);
            h = hash_text((h ^ score) * 31, ls_results_hit(res, k)->id);
        }
        ls_results_free(res);
    }
    while (!ls_reader_next(r, &doc, &e)) {
        ls_doc *d;
        if (ls_reader_doc(&d, r, doc, &e)) return 0;
        h = hash_text(h, ls_doc_text(d, "body", 0, NULL));
        ls_doc_free(d);
    }
    return h | 1;
}

static int stop_readers, wrong, looks;

static void *look_on(void *arg)
{
    ls_reader *r, *newer;
    ls_error e;
    LS_INIT(ls_reader_options, o);
    o.flags = arg ? LS_READER_NO_MMAP : 0;
    if (ls_reader_open(&r, index_path, &o, &e)) return NULL;
    while (!__atomic_load_n(&stop_readers, __ATOMIC_ACQUIRE)) {
        uint64_t first = answers(r), again = answers(r);
        if (!first || first != again) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&looks, 1, __ATOMIC_RELAXED);
        if (ls_reader_refresh(&newer, r, &e)) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
        if (!newer) continue;
        if (answers(r) != first) __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED); /* the old one, beside the new */
        ls_reader_close(r);
        r = newer;
    }
    ls_reader_close(r);
    return r;
}

static void snapshots_hold(void **state)
{
    (void)state;
    pthread_t threads[3];
    void *ended;
    uint64_t x = 5;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0); /* merges in the background */
    some_docs(w, &x, 50);
    OK(ls_commit(w, NULL, &err));
    stop_readers = wrong = looks = 0;
    for (size_t i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, look_on, i ? &wrong : NULL), 0);
    for (int round = 0; __atomic_load_n(&looks, __ATOMIC_RELAXED) < 3 * rounds; round++) {
        some_docs(w, &x, 8);
        char id[8];
        snprintf(id, sizeof id, "%d", round % 60);
        int rc = ls_delete(w, id, strlen(id), &err);
        assert_true(rc == LS_OK || rc == LS_NOTFOUND);
        OK(ls_commit(w, NULL, &err));
        if (round % 7 == 6) OK(ls_merge(w, 1 + (size_t)round % 2, &err));
    }
    __atomic_store_n(&stop_readers, 1, __ATOMIC_RELEASE);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], &ended), 0);
        assert_non_null(ended);
    }
    ls_writer_close(w);
    assert_int_equal(wrong, 0);
    print_message("%d looks at snapshots under writes and merges, each the same twice\n", looks);
}

/* ---- one writer ---- */

static double ms_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void *open_second(void *arg)
{
    ls_writer *w;
    *(int *)arg = ls_writer_open(&w, index_path, NULL, NULL);
    return NULL;
}

static void one_writer(void **state)
{
    (void)state;
    char link_path[100];
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0), *second;
    pthread_t thread;
    int rc = 0, status;
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double from = ms_now();
        WANT(ls_writer_open(&second, index_path, NULL, &err), LS_LOCKED);
        double took = ms_now() - from;
        if (took < best) best = took;
    }
    assert_true(best < 50);
    assert_int_equal(pthread_create(&thread, NULL, open_second, &rc), 0);
    pthread_join(thread, NULL);
    assert_int_equal(rc, LS_LOCKED);
    snprintf(link_path, sizeof link_path, "%s/link", folder); /* the same index by another name */
    assert_int_equal(symlink(index_path, link_path), 0);
    WANT(ls_writer_open(&second, link_path, NULL, &err), LS_LOCKED);
    unlink(link_path);
    pid_t child = fork();
    if (!child) leave(ls_writer_open(&second, index_path, NULL, NULL) == LS_LOCKED ? 0 : 1);
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status));
    ls_writer_close(w);
    /* A holder that is killed takes its lock with it. */
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (!child) {
        if (!ls_writer_open(&second, index_path, NULL, NULL) && write(ready[1], "x", 1) == 1)
            for (;;) pause();
        leave(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    WANT(ls_writer_open(&w, index_path, NULL, &err), LS_LOCKED);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    OK(ls_writer_open(&w, index_path, NULL, &err));
    ls_writer_close(w);
    close(ready[0]);
    close(ready[1]);
    print_message("LOCKED after %.3f ms\n", best);
}

/* A child made while merges run: its writer is refused in every way, its readers work, its end changes nothing. */
static void forked(void **state)
{
    (void)state;
    uint64_t x = 11;
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    ls_reader *r;
    for (int round = 0; round < 12; round++) {
        some_docs(w, &x, 6);
        OK(ls_commit(w, NULL, &err));
        OK(ls_reader_open(&r, index_path, NULL, &err));
        uint64_t before = answers(r);
        pid_t child = fork();
        if (!child) {
            int ok = answers(r) == before && add_doc(w, "c", "x", 0, NULL, &err) == LS_MISUSE &&
                     ls_delete(w, "1", 1, &err) == LS_MISUSE && ls_commit(w, NULL, &err) == LS_MISUSE &&
                     ls_rollback(w, &err) == LS_MISUSE && ls_merge(w, 1, &err) == LS_MISUSE &&
                     ls_purge(w, NULL, &err) == LS_MISUSE;
            ls_writer_close(w);
            ls_reader_close(r);
            leave(ok ? 0 : 1);
        }
        int status;
        assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_equal(answers(r), before);
        ls_reader_close(r);
    }
    LS_INIT(ls_check_report, report);
    ls_writer_close(w);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
}

/* ---- signals and clocks ---- */

static atomic_int alarms; /* lock-free */
static void on_alarm(int s)
{
    (void)s;
    alarms++;
}

/* Each thread but the first is the library's, and has all signals blocked. How many there are. */
static int deaf_threads(void)
{
    static const int kinds[] = {SIGALRM, SIGTERM, SIGINT, SIGUSR1, SIGCHLD, SIGPIPE};
    int n = 0;
    DIR *d = opendir("/proc/self/task");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        char name[300], line[300];
        unsigned long long blocked = 0;
        if (e->d_name[0] == '.' || atoi(e->d_name) == getpid()) continue;
        snprintf(name, sizeof name, "/proc/self/task/%s/status", e->d_name);
        FILE *f = fopen(name, "r");
        if (!f) continue; /* it has ended */
        bool told = false;
        while (fgets(line, sizeof line, f)) told |= sscanf(line, "SigBlk: %llx", &blocked) == 1;
        fclose(f);
        for (size_t i = 0; told && i < LSI_COUNTOF(kinds); i++) assert_true(blocked >> (kinds[i] - 1) & 1);
        n += told;
    }
    closedir(d);
    return n;
}

static void signals(void **state)
{
    (void)state;
    char to[100];
    uint64_t x = 21;
    struct sigaction mine = {.sa_handler = on_alarm}, was, now; /* no SA_RESTART: calls are interrupted */
    struct itimerval each_ms = {{0, 1000}, {0, 1000}}, none = {{0, 0}, {0, 0}};
    snprintf(to, sizeof to, "%s/copy", folder);
    assert_int_equal(sigaction(SIGALRM, &mine, &was), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &each_ms, NULL), 0);
    ls_writer *w;
    int threads = 0;
    LS_INIT(ls_writer_options, wo);
    wo.flags = LS_WRITER_CREATE;
    wo.memory_bytes = 1 << 20;
    wo.threads = 2;
    OK(ls_writer_open(&w, index_path, &wo, &err));
    for (int round = 0; round < 20 || alarms < 20; round++) {
        ls_reader *r;
        LS_INIT(ls_reader_options, o);
        LS_INIT(ls_check_report, report);
        o.flags = LS_READER_NO_MMAP;
        some_docs(w, &x, 60);
        OK(ls_commit(w, NULL, &err));
        threads = LSI_MAX(threads, deaf_threads());
        OK(ls_reader_open(&r, index_path, &o, &err));
        assert_int_not_equal(answers(r), 0);
        ls_reader_close(r);
        if (round % 5 == 4) OK(ls_merge(w, 1, &err));
        OK(ls_check(index_path, NULL, NULL, &report, &err));
        remove_folder(to);
        OK(ls_backup(index_path, to, &err));
    }
    ls_writer_close(w);
    setitimer(ITIMER_REAL, &none, NULL);
    remove_folder(to);
    assert_int_equal(sigaction(SIGALRM, &was, &now), 0);
    assert_true(now.sa_handler == on_alarm); /* nobody has touched it */
    assert_true(threads > 1);                /* one merges, another writes */
    print_message("%d signals\n", atomic_load(&alarms));
}

static int64_t clock_backwards(void *ctx)
{
    int64_t *t = ctx;
    return *t -= 3600000;
}

/* The time tells nobody what is newer: neither the writer's clock nor the times of files. */
static void clocks(void **state)
{
    (void)state;
    int64_t now = 1700000000000;
    uint64_t before = 0, x = 31;
    ls_writer *w;
    ls_reader *r, *newer;
    char path[120];
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.clock = clock_backwards;
    o.clock_ctx = &now;
    OK(ls_writer_open(&w, index_path, &o, &err));
    OK(ls_reader_open(&r, index_path, NULL, &err));
    snprintf(path, sizeof path, "%s/MANIFEST", index_path);
    for (int round = 0; round < 6; round++) {
        uint64_t generation;
        struct timespec old[2] = {{1000 - round, 0}, {1000 - round, 0}}; /* each older than the last */
        char text[60];
        some_docs(w, &x, 5);
        snprintf(text, sizeof text, "round%d", round);
        OK(add_doc(w, "last", text, 0, NULL, &err));
        OK(ls_commit(w, &generation, &err));
        assert_true(generation > before);
        before = generation;
        assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
        OK(ls_reader_refresh(&newer, r, &err));
        assert_non_null(newer);
        ls_reader_close(r);
        r = newer;
        assert_string_equal(body_of(r, "last", (char[60]){0}, 60), text);
    }
    ls_reader_close(r);
    ls_writer_close(w);
}

/* ---- where and on what ---- */

static void network(void **state)
{
    (void)state;
    static const long types[] = {0x6969, 0xff534d42, 0xfe534d42, 0x517b, 0x5346414f};
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    ls_reader *r;
    ls_writer_close(w);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        pretended_type = types[i];
        LS_INIT(ls_writer_options, o);
        WANT(ls_writer_open(&w, index_path, &o, &err), LS_UNSUPPORTED);
        OK(ls_reader_open(&r, index_path, NULL, &err)); /* reading is nobody's danger */
        ls_reader_close(r);
        o.flags = LS_WRITER_FORCE;
        OK(ls_writer_open(&w, index_path, &o, &err));
        ls_writer_close(w);
    }
    pretended_type = 0;
}

/* Every fsync of a commit fails in turn: the answer is an error (COMMIT_UNKNOWN at the last), nothing is fsynced a
 * second time by this writer, it refuses all further work, and a new writer goes on. */
static void fsyncs_that_fail(void **state)
{
    (void)state;
    int unknown = 0, poisoned = 0;
    for (int at = 1;; at++) {
        index_clean(NULL);
        fsync_fails_at = 0;
        ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
        ls_reader *r;
        LS_INIT(ls_check_report, report);
        OK(add_doc(w, "a", "first", 0, NULL, &err));
        OK(add_doc(w, "z", "stays", 0, NULL, &err));
        OK(ls_commit(w, NULL, &err));
        fsyncs = fsyncs_after = 0;
        fsync_fails_at = at;
        OK(add_doc(w, "a", "second", 0, NULL, &err));
        int rc = ls_commit(w, NULL, &err);
        if (fsyncs < at) { /* it has fewer */
            fsync_fails_at = 0;
            assert_int_equal(rc, LS_OK);
            ls_writer_close(w);
            break;
        }
        assert_true(rc == LS_IO || rc == LS_COMMIT_UNKNOWN);
        assert_int_equal(err.sys_errno, EIO);
        unknown += rc == LS_COMMIT_UNKNOWN;
        poisoned++;
        int again = fsyncs_after;
        WANT(add_doc(w, "b", "more", 0, NULL, &err), LS_POISONED);
        WANT(ls_delete(w, "a", 1, &err), LS_POISONED);
        WANT(ls_commit(w, NULL, &err), LS_POISONED);
        WANT(ls_rollback(w, &err), LS_POISONED);
        WANT(ls_merge(w, 1, &err), LS_POISONED);
        WANT(ls_purge(w, NULL, &err), LS_POISONED);
        assert_non_null(strstr(err.message, "open the writer anew"));
        ls_writer_close(w);
        assert_int_equal(fsyncs_after, again);
        assert_int_equal(again, 0);
        fsync_fails_at = 0;
        OK(ls_reader_open(&r, index_path, NULL, &err));
        assert_string_equal(body_of(r, "a", (char[60]){0}, 60), rc == LS_COMMIT_UNKNOWN ? "second" : "first");
        ls_reader_close(r);
        w = open_writer(0, 0);
        OK(add_doc(w, "c", "it goes on", 0, NULL, &err));
        OK(ls_commit(w, NULL, &err));
        ls_writer_close(w);
        OK(ls_check(index_path, NULL, NULL, &report, &err));
    }
    assert_int_equal(unknown, 1);
    assert_true(poisoned >= 5); /* segment, live file, directory, manifest, directory */
    print_message("%d fsyncs of a commit failed in turn, %d COMMIT_UNKNOWN\n", poisoned, unknown);
}

/* Names, sizes and times of what is in the index's directory, and its own. */
static uint64_t look_at_folder(void)
{
    uint64_t sum = 0;
    char path[400];
    struct stat st;
    DIR *d = opendir(index_path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (!strcmp(e->d_name, "..")) continue;
        snprintf(path, sizeof path, "%s/%s", index_path, e->d_name);
        assert_int_equal(stat(path, &st), 0);
        sum +=
            hash_text((uint64_t)st.st_size * 31 + (uint64_t)st.st_mtim.tv_sec * 1000003u + (uint64_t)st.st_mtim.tv_nsec,
                      e->d_name);
    }
    closedir(d);
    return sum;
}

/* Somebody removes LOCK, believing that it was left behind, and so lets a second writer in: the first one makes no commit
 * any more, and what the second has committed stays. */
static void lock_removed(void **state)
{
    (void)state;
    char path[120];
    ls_writer *second;
    ls_reader *r;
    LS_INIT(ls_check_report, report);
    snprintf(path, sizeof path, "%s/LOCK", index_path);
    for (int replaced = 0; replaced < 2; replaced++) {
        ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE, 0);
        OK(add_doc(w, "first", "of the first one", 0, NULL, &err));
        OK(ls_commit(w, NULL, &err));
        OK(add_doc(w, "late", "of the first one", 0, NULL, &err));
        assert_int_equal(unlink(path), 0);
        if (replaced) {
            OK(ls_writer_open(&second, index_path, NULL, &err));
            OK(add_doc(second, "second", "of the second one", 0, NULL, &err));
            OK(ls_commit(second, NULL, &err));
            OK(add_doc(second, "third", "of the second one", 0, NULL, &err));
        }
        for (int try = 0; try < 2; try++) {
            WANT(ls_commit(w, NULL, &err), try ? LS_POISONED : LS_LOCKED);
            assert_non_null(strstr(err.message, "removed or replaced"));
        }
        ls_writer_close(w);
        if (replaced) {
            OK(ls_commit(second, NULL, &err));
            ls_writer_close(second);
        }
        OK(ls_check(index_path, NULL, NULL, &report, &err));
        OK(ls_reader_open(&r, index_path, NULL, &err));
        assert_int_equal(count_docs(r), replaced ? 3 : 1);
        ls_reader_close(r);
    }
}

/* Started without standard descriptors, and printing all the same: no byte of that lands in a file of the index. */
static void no_standard_descriptors(void **state)
{
    (void)state;
    int status;
    LS_INIT(ls_check_report, report);
    pid_t child = fork();
    if (!child) {
        LS_INIT(ls_writer_options, o);
        ls_writer *w;
        int bad = 0;
        for (int fd = 0; fd < 3; fd++) close(fd);
        o.flags = LS_WRITER_CREATE;
        o.memory_bytes = 1 << 20; /* sections are spooled: a file is open between the calls */
        bad |= ls_writer_open(&w, index_path, &o, NULL);
        for (int i = 0; !bad && i < 3000; i++) {
            char id[16], body[1200];
            uint64_t x = 7 + (uint64_t)i;
            snprintf(id, sizeof id, "%d", i);
            random_text(&x, body, sizeof body, 150);
            bad |= add_doc(w, id, body, 0, NULL, NULL);
            for (int fd = 0; fd < 3; fd++) bad |= write(fd, "printed", 7) > 0;
        }
        bad |= bad ? 0 : ls_commit(w, NULL, NULL);
        for (int fd = 0; fd < 3; fd++) bad |= write(fd, "printed", 7) > 0;
        if (!bad) ls_writer_close(w);
        leave(bad ? 1 : 0);
    }
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status));
    OK(ls_check(index_path, NULL, NULL, &report, &err));
    assert_int_equal(report.documents, 3000);
}

/* A pipe where a file should be: an error, never a wait for somebody who writes into it. */
static void pipes(void **state)
{
    (void)state;
    static const char *const kinds[] = {"MANIFEST", "seg-"};
    uint64_t x = 61;
    for (size_t k = 0; k < LSI_COUNTOF(kinds); k++) {
        ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
        ls_reader *r;
        char path[400] = "", saved[120];
        LS_INIT(ls_check_report, report);
        LS_INIT(ls_salvage_report, salvaged);
        some_docs(w, &x, 10);
        OK(ls_commit(w, NULL, &err));
        ls_writer_close(w);
        DIR *d = opendir(index_path);
        for (struct dirent *e; (e = readdir(d));)
            if (!strncmp(e->d_name, kinds[k], strlen(kinds[k])))
                snprintf(path, sizeof path, "%s/%s", index_path, e->d_name);
        closedir(d);
        assert_true(!unlink(path) && !mkfifo(path, 0666));
        alarm(60); /* a wait is the end of this test */
        WANT(ls_reader_open(&r, index_path, NULL, &err), LS_CORRUPT);
        assert_int_equal(ls_check(index_path, NULL, NULL, &report, &err), LS_CORRUPT);
        if (!k) WANT(ls_writer_open(&w, index_path, NULL, &err), LS_CORRUPT);
        snprintf(saved, sizeof saved, "%s/saved", folder);
        OK(ls_salvage(index_path, saved, NULL, &salvaged, &err));
        assert_true(salvaged.faults > 0);
        alarm(0);
        remove_folder(saved);
        remove_folder(index_path);
    }
}

static void reading_writes_nothing(void **state)
{
    (void)state;
    uint64_t x = 41;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    ls_reader *r, *newer;
    LS_INIT(ls_check_report, report);
    some_docs(w, &x, 30);
    OK(ls_commit(w, NULL, &err));
    some_docs(w, &x, 30);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    uint64_t before = look_at_folder();
    OK(ls_reader_open(&r, index_path, NULL, &err));
    assert_int_not_equal(answers(r), 0);
    OK(ls_reader_refresh(&newer, r, &err));
    assert_null(newer);
    ls_reader_close(r);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
    assert_int_equal(look_at_folder(), before);
}

/* Cut short under an open reader: where files are read, not mapped, that is an error like any other damage. */
static void cut_while_open(void **state)
{
    (void)state;
    uint64_t x = 51;
    ls_writer *w = open_writer(LS_WRITER_CREATE, 0);
    ls_reader *r;
    char path[400];
    LS_INIT(ls_reader_options, o);
    some_docs(w, &x, 60);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    o.flags = LS_READER_NO_MMAP;
    OK(ls_reader_open(&r, index_path, &o, &err));
    DIR *d = opendir(index_path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", index_path, e->d_name);
        if (!strncmp(e->d_name, "seg-", 4)) assert_int_equal(truncate(path, 200), 0);
    }
    closedir(d);
    ls_query *q;
    ls_results *res;
    OK(ls_query_parse(&q, ls_reader_schema(r), "w*", 2, NULL, &err));
    WANT(ls_search(&res, r, q, NULL, &err), LS_CORRUPT);
    assert_true(*err.file && err.offset != UINT64_MAX);
    assert_null(res);
    ls_query_free(q);
    ls_reader_close(r);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(snapshots_hold, index_clean),
        cmocka_unit_test_teardown(one_writer, index_clean),
        cmocka_unit_test_teardown(lock_removed, index_clean),
        cmocka_unit_test_teardown(no_standard_descriptors, index_clean),
        cmocka_unit_test_teardown(pipes, index_clean),
        cmocka_unit_test_teardown(forked, index_clean),
        cmocka_unit_test_teardown(signals, index_clean),
        cmocka_unit_test_teardown(clocks, index_clean),
        cmocka_unit_test_teardown(network, index_clean),
        cmocka_unit_test_teardown(fsyncs_that_fail, index_clean),
        cmocka_unit_test_teardown(reading_writes_nothing, index_clean),
        cmocka_unit_test_teardown(cut_while_open, index_clean),
    };
    if (argc > 1) rounds = atoi(argv[1]);
    if (rounds < 1) rounds = 1;
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
