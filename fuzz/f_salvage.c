/* f_salvage.c — a folder of files made of nothing but the input, and what is saved from it. Input: for each file a byte
 * (its low three bits the kind of name: MANIFEST, its durable copy, segment, live file, tombstones, a temporary
 * manifest, spool, a stranger; 8: checksums are made right; the upper four the generation), u16 its length, its bytes.
 * Held: salvage, check and opening refuse by name; what is salvaged is sound, and has what the report says. */
#include "fuzz/fuzz.h"

#include "fuzz/seal.h"
#include "libsearch/store/names.h"
#include "libsearch/util/err.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void name_of(char out[LSI_NAME_BYTES], uint8_t how)
{
    static const lsi_name_kind kinds[] = {LSI_NAME_OTHER, LSI_NAME_OTHER, LSI_NAME_SEGMENT, LSI_NAME_LIVE,
                                          LSI_NAME_TOMBS, LSI_NAME_TEMP,  LSI_NAME_SPOOL,   LSI_NAME_OTHER};
    static const char *const others[] = {LSI_NAME_MANIFEST, LSI_NAME_DURABLE};
    if (kinds[how & 7]) lsi_name_make(out, kinds[how & 7], (how >> 4) + 1u);
    else snprintf(out, LSI_NAME_BYTES, "%s", (how & 7) < 2 ? others[how & 7] : "stranger");
}

static void put(const char *folder, fuzz_in *in)
{
    char name[LSI_NAME_BYTES], path[200];
    uint8_t how = fuzz_u8(in);
    size_t n = fuzz_u16(in);
    if (n > in->n) n = in->n;
    uint8_t *copy = malloc(n + !n);
    FUZZ_CHECK(copy);
    if (n) memcpy(copy, in->p, n);
    in->p += n;
    in->n -= n;
    if (how & 8) seal_file(copy, n);
    name_of(name, how);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    FUZZ_CHECK(fd >= 0 && write(fd, copy, n) == (ssize_t)n);
    close(fd);
    free(copy);
}

static bool named(int rc, const ls_error *err)
{
    return !rc || fuzz_is_refusal(rc, err) ||
           ((rc == LS_NOTFOUND || rc == LS_INVALID || rc == LS_SCHEMA) && *err->message);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    ls_error err = {0};
    ls_reader *r;
    char from[100], to[100];
    LS_INIT(ls_check_report, checked);
    LS_INIT(ls_salvage_report, report);
    if (n > 60000) return 0;
    snprintf(from, sizeof from, "%s/ruin", fuzz_folder());
    snprintf(to, sizeof to, "%s/saved", fuzz_folder());
    fuzz_remove(from);
    fuzz_remove(to);
    FUZZ_CHECK(!mkdir(from, 0777));
    for (unsigned i = 0; i < 12 && in.n; i++) put(from, &in);
    int rc = ls_check(from, NULL, NULL, &checked, &err);
    FUZZ_CHECK(named(rc, &err));
    lsi_error_clear(&err);
    rc = ls_reader_open(&r, from, NULL, &err);
    FUZZ_CHECK(named(rc, &err));
    if (!rc) ls_reader_close(r);
    lsi_error_clear(&err);
    rc = ls_salvage(from, to, NULL, &report, &err);
    FUZZ_CHECK(named(rc, &err));
    if (rc) FUZZ_CHECK(access(to, F_OK));
    else FUZZ_CHECK(!ls_check(to, NULL, NULL, &checked, &err) && checked.documents == report.documents);
    return 0;
}
