/* t_io.c — store/io.c at its edges: names of directories, moves, the number of a boot, descriptors, each with the nth call
 * failing where that makes a difference. The plain ways through are t_store's. */
#include "libsearch/store/io.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include "tests/index_util.h"
#include <errno.h>
#include <sys/wait.h>

static ls_error err;

/* Where a directory's name is synced: in the one that holds it, however that is written. */
static void names_of_directories(void **state)
{
    (void)state;
    static const char *const names[] = {"plain",     "slash/",       "slashes///",  "./dotted",
                                        ".//dots//", "plain/within", "plain//deep/"};
    char before[4096];
    lsi_dir *d;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    for (int again = 0; again < 2; again++)
        for (size_t i = 0; i < LSI_COUNTOF(names); i++) {
            OK(lsi_dir_create(&d, names[i], &err));
            assert_string_equal(lsi_dir_path(d), names[i]);
            lsi_dir_close(d);
            WANT(lsi_dir_create_new(&d, names[i], &err), LS_EXISTS);
        }
    OK(lsi_dir_create(&d, "/", &err)); /* is there, and is its own parent */
    lsi_dir_close(d);
    WANT(lsi_dir_create(&d, "nowhere/at/all", &err), LS_NOTFOUND);
    WANT(lsi_dir_create(&d, "", &err), LS_NOTFOUND);
    for (size_t i = LSI_COUNTOF(names); i--;) OK(lsi_dir_remove(names[i], &err));
    WANT(lsi_dir_remove("plain", &err), LS_NOTFOUND);
    assert_int_equal(chdir(before), 0);
}

/* A move is made, or it is not; or it is, and may be lost: each failure says which. */
static void moves(void **state)
{
    (void)state;
    static const int errors[] = {EIO, EINVAL, EEXIST, ENOTEMPTY, ENOTDIR};
    char from[100], to[100];
    snprintf(from, sizeof from, "%s/from", folder);
    snprintf(to, sizeof to, "%s/to", folder);
    assert_int_equal(mkdir(from, 0777), 0);
    assert_int_equal(mkdir(to, 0777), 0);
    WANT(lsi_dir_move(from, to, &err), LS_EXISTS);
    assert_int_equal(rmdir(to), 0);
    for (size_t k = 0; k < LSI_COUNTOF(errors); k++)
        for (uint64_t at = 1, over = 0; !over; at++) {
            lsi_io_fail_at(at, errors[k], false);
            int rc = lsi_dir_move(from, to, at % 2 ? &err : NULL);
            over = lsi_io_fail_at(0, 0, false) < at;
            bool moved = access(to, F_OK) == 0;
            assert_int_equal(moved, access(from, F_OK) != 0);
            assert_int_equal(moved, rc == LS_OK || rc == LS_COMMIT_UNKNOWN);
            if (rc == LS_EXISTS) assert_true(k >= 2 && at == 1);
            if (rc && at % 2) assert_true(err.code == rc && *err.message);
            if (moved) assert_int_equal(rename(to, from), 0);
        }
    lsi_alloc_fail_at(1, true); /* no memory for the parent's name: the move has been made */
    int rc = lsi_dir_move(from, to, &err);
    lsi_alloc_fail_at(0, false);
    assert_int_equal(rc, LS_COMMIT_UNKNOWN);
    assert_int_equal(rmdir(to), 0);
}

/* Read once in a process, so that each look at a failure has its own. */
static void boots(void **state)
{
    (void)state;
    char id[36];
    int saw[3] = {0, 0, 0};
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (!f) return; /* a system that does not tell */
    assert_int_equal(fread(id, 1, sizeof id, f), sizeof id);
    fclose(f);
    uint64_t here = lsi_hash64(id, sizeof id);
    static const int errors[] = {0, EINTR, EIO};
    for (int k = 0; k < 3; k++)
        for (int at = 1; at < 6; at++) {
            int status;
            pid_t child = fork();
            if (!child) {
                lsi_io_fail_at((uint64_t)at, errors[k], false);
                uint64_t b = lsi_io_boot();
                lsi_io_fail_at(0, 0, false);
                leave(b == here ? 1 : b ? 2 : 3);
            }
            assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
            assert_int_not_equal(WEXITSTATUS(status), 2);
            if (k < 2) assert_int_equal(WEXITSTATUS(status), 1); /* short reads and interrupted ones are gone on with */
            saw[k] += WEXITSTATUS(status) == 3;
        }
    assert_int_equal(saw[2], 2); /* the opening, and the reading */
}

/* A directory that was made, and then could not be made to last or opened, is not left to stand in the way. */
static void made_and_not_kept(void **state)
{
    (void)state;
    static const int errors[] = {EIO, EMFILE, ENOSPC};
    char path[100];
    snprintf(path, sizeof path, "%s/made", folder);
    for (size_t k = 0; k < LSI_COUNTOF(errors); k++)
        for (uint64_t at = 1, over = 0; !over; at++) {
            lsi_dir *d;
            lsi_io_fail_at(at, errors[k], false);
            int rc = lsi_dir_create_new(&d, path, &err);
            over = lsi_io_fail_at(0, 0, false) < at;
            assert_int_equal(access(path, F_OK) == 0, rc == LS_OK);
            assert_true(over == !rc);
            lsi_dir_close(d);
            rmdir(path);
        }
}

/* LOCK is what was locked, or somebody has put his hand in. */
static void locks(void **state)
{
    (void)state;
    char path[120];
    lsi_dir *d;
    lsi_lock *l;
    snprintf(path, sizeof path, "%s/LOCK", folder);
    OK(lsi_dir_open(&d, folder, &err));
    OK(lsi_lock_take(&l, d, &err));
    OK(lsi_lock_check(l, d, &err));
    lsi_io_fail_at(1, EIO, false);
    int rc = lsi_lock_check(l, d, &err);
    lsi_io_fail_at(1, EIO, false);
    assert_int_equal(lsi_lock_check(l, d, NULL), LS_IO);
    lsi_io_fail_at(0, 0, false);
    assert_true(rc == LS_IO && err.sys_errno == EIO);
    assert_int_equal(unlink(path), 0);
    WANT(lsi_lock_check(l, d, &err), LS_LOCKED);
    fclose(fopen(path, "w"));
    WANT(lsi_lock_check(l, d, &err), LS_LOCKED);
    lsi_lock_release(l);
    lsi_lock_release(NULL);
    for (size_t at = 1;; at++) {
        lsi_alloc_fail_at(at, false);
        rc = lsi_lock_take(&l, d, &err);
        lsi_alloc_fail_at(0, false);
        if (!rc) break;
        assert_int_equal(rc, LS_NOMEM);
    }
    lsi_lock_release(l);
    for (uint64_t at = 1, over = 0; !over; at++) { /* each of its calls refused, and interrupted */
        lsi_io_fail_at(at, EMFILE, false);
        rc = lsi_lock_take(&l, d, &err);
        over = lsi_io_fail_at(0, 0, false) < at;
        assert_int_equal(rc, over ? LS_OK : LS_IO);
        if (!rc) lsi_lock_release(l);
        lsi_io_fail_at(at, EINTR, false);
        OK(lsi_lock_take(&l, d, &err));
        lsi_io_fail_at(0, 0, false);
        lsi_lock_release(l);
    }
    lsi_dir_close(d);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(boots), cmocka_unit_test(names_of_directories),
                                       cmocka_unit_test(moves), cmocka_unit_test(made_and_not_kept),
                                       cmocka_unit_test(locks)};
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
