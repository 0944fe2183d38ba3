/* corrupt_tombs.c — files of tombstones that lie behind right checksums: each byte of their sections, of the table and of
 * the header in turn, sealed again. What verifies is read without a refusal and finds each name; what does not is refused with
 * a place; the walk of a salvage ends, with nothing that is not whole. */
#include "fuzz/seal.h"
#include "libsearch/index/tombs.h"
#include "libsearch/store/names.h"
#include "tests/index_util.h"

#define GENERATION 7u
#define TOMBS      6

static ls_error err;
static lsi_dir *dir;
static char path[120];
static uint8_t was[4096], now[4096];
static size_t bytes;
static unsigned taken, refused;

static void make(void)
{
    static const lsi_tomb all[TOMBS] = {
        {.id = "a", .id_len = 1, .version = 3, .time = 5},
        {.guid = "urn:b", .guid_len = 5, .time = 6},
        {.id = "c", .id_len = 1, .guid = "urn:c", .guid_len = 5, .reason = "wrong", .reason_len = 5},
        {.id = "dd", .id_len = 2},
        {.id = "e", .id_len = 1, .reason = "", .time = -1},
        {.guid = "urn:f", .guid_len = 5, .version = 9}};
    lsi_tomb_set set;
    uint64_t n, sum;
    lsi_tomb_set_init(&set);
    for (int i = 0; i < TOMBS; i++) OK(lsi_tomb_set_add(&set, &all[i], &err));
    OK(lsi_tomb_set_write(&set, dir, GENERATION, false, &n, &sum, &err));
    lsi_tomb_set_clear(&set);
    char name[LSI_NAME_BYTES];
    lsi_name_make(name, LSI_NAME_TOMBS, GENERATION);
    snprintf(path, sizeof path, "%s/%s", index_path, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    bytes = fread(was, 1, sizeof was, f);
    fclose(f);
    assert_true(bytes == n && bytes < sizeof was);
}

static void put(void)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0 && write(fd, now, bytes) == (ssize_t)bytes);
    close(fd);
}

static bool is_refusal(int rc)
{
    return (rc == LS_CORRUPT || rc == LS_TOO_NEW || rc == LS_TOO_OLD || rc == LS_LIMIT) && err.code == rc &&
           *err.message;
}

/* What verified: all of it is read, and each name leads to its tombstone. */
static void read_all(const lsi_tombs *t)
{
    for (size_t i = 0; i < t->count; i++) {
        lsi_tomb x, found;
        OK(lsi_tombs_at(t, i, &x, &err));
        assert_true(strlen(x.id) <= x.id_len && (x.id_len || x.guid_len));
        if (x.id_len) OK(lsi_tombs_find(t, LSI_TOMB_ID, x.id, x.id_len, &found, &err));
        if (x.guid_len) OK(lsi_tombs_find(t, LSI_TOMB_GUID, x.guid, x.guid_len, &found, &err));
    }
    assert_int_equal(lsi_tombs_at(t, t->count, &(lsi_tomb){0}, &err), LS_NOTFOUND);
}

static void judge(void)
{
    static const struct {
        lsi_tomb_key key;
        const char *name;
    } names[] = {{LSI_TOMB_ID, "a"}, {LSI_TOMB_ID, "nobody"}, {LSI_TOMB_GUID, "urn:f"}, {LSI_TOMB_GUID, "urn:c"}};
    lsi_tombs *t;
    uint64_t faults = 0;
    lsi_tomb x;
    put();
    int rc = lsi_tombs_open(&t, dir, GENERATION, 0, 0, false, &err);
    if (rc) assert_true(is_refusal(rc) && !t);
    for (size_t i = 0; t && i < LSI_COUNTOF(names); i++) {
        rc = lsi_tombs_find(t, names[i].key, names[i].name, strlen(names[i].name), &x, &err);
        assert_true(!rc || rc == LS_NOTFOUND || is_refusal(rc));
    }
    rc = t ? lsi_tombs_verify(t, NULL, NULL, &faults, &err) : LS_CORRUPT;
    if (t && rc) assert_true(is_refusal(rc));
    if (!rc && !faults) read_all(t);
    taken += !rc && !faults;
    refused += rc || faults;
    lsi_tombs_release(t);
    lsi_tomb_walk walk = {0, 0};
    rc = lsi_tombs_open_damaged(&t, dir, GENERATION, &err);
    if (rc) assert_true(is_refusal(rc) && !t);
    for (unsigned steps = 0; !rc || rc == LS_CORRUPT; steps++) {
        if (!t) break;
        assert_true(steps <= sizeof was);
        if (!(rc = lsi_tombs_rescue(t, &walk, &x, &err))) assert_true(!x.id[x.id_len] && !x.guid[x.guid_len]);
    }
    lsi_tombs_release(t);
}

static void each_byte(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7F, 0xFF};
    (void)state;
    OK(lsi_dir_create(&dir, index_path, &err));
    make();
    memcpy(now, was, bytes);
    judge();
    assert_int_equal(taken, 1);
    for (size_t at = 0; at < bytes; at++) {
        for (size_t v = 0; v < LSI_COUNTOF(values) + 3; v++) {
            memcpy(now, was, bytes);
            if (v < LSI_COUNTOF(values)) now[at] = values[v];
            else now[at] = (uint8_t)(v == 4 ? was[at] + 1 : v == 5 ? was[at] - 1 : was[at] ^ 0x08);
            if (!memcmp(now, was, bytes)) continue;
            seal_file(now, bytes);
            seal_copies(now, bytes);
            judge();
        }
    }
    print_message("%u files of %zu bytes taken, %u refused\n", taken, bytes, refused);
    assert_true(taken > 100 && refused > 500);
    lsi_dir_close(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(each_byte, index_clean)};
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
