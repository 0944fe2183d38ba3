/* f_frame.c — the outside of files, and the manifest. Input: a byte; even: the bytes of a file of kind 3 as they are
 * (odd halves sealed first), opened plainly and as damaged, each section verified; odd: schema and list of segments of
 * a manifest that is otherwise right. Held: refusals are named; a manifest that is taken is written and read again. */
#include "fuzz/fuzz.h"

#include "fuzz/seal.h"
#include "libsearch/index/manifest.h"
#include "libsearch/store/names.h"
#include <fcntl.h>
#include <unistd.h>

static lsi_dir *dir;

static void put(const uint8_t *p, size_t n)
{
    char name[200];
    snprintf(name, sizeof name, "%s/MANIFEST", fuzz_folder());
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    FUZZ_CHECK(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    close(fd);
}

static void all_sections(lsi_frame *f)
{
    ls_error err;
    uint64_t faults = 0;
    for (size_t i = 0; i < lsi_frame_section_count(f); i++) {
        const lsi_section *s = lsi_frame_section_at(f, i);
        const uint8_t *p = lsi_section_get(s, 0, s->bytes, &err);
        volatile uint8_t sum = 0;
        for (uint64_t k = 0; p && k < s->bytes; k += 61) sum = (uint8_t)(sum + p[k]);
    }
    lsi_frame_verify(f, NULL, NULL, &faults, &err);
}

static void open_all(void)
{
    ls_error err;
    lsi_frame *f;
    for (int how = 0; how < 3; how++) {
        lsi_error_clear(&err);
        int rc = how == 2 ? lsi_frame_open_damaged(&f, dir, LSI_NAME_MANIFEST, LSI_FILE_MANIFEST, &err)
                          : lsi_frame_open(&f, dir, LSI_NAME_MANIFEST, LSI_FILE_MANIFEST, how, 0, 0, &err);
        FUZZ_CHECK(!rc || fuzz_is_refusal(rc, &err));
        if (!rc) all_sections(f);
        lsi_frame_close(f);
    }
}

static void read_manifest(void)
{
    ls_error err;
    lsi_manifest *m, *again;
    bool renamed, listed;
    lsi_error_clear(&err);
    int rc = lsi_manifest_rescue(&m, &listed, dir, LSI_NAME_MANIFEST, &err);
    FUZZ_CHECK(!rc || fuzz_is_refusal(rc, &err));
    lsi_manifest_free(m);
    rc = lsi_manifest_read(&m, NULL, dir, &err);
    FUZZ_CHECK(!rc || fuzz_is_refusal(rc, &err));
    if (rc) return;
    FUZZ_CHECK(!lsi_manifest_write(m, dir, false, &renamed, &err));
    FUZZ_CHECK(!lsi_manifest_read(&again, NULL, dir, &err) && again->count == m->count);
    FUZZ_CHECK(ls_schema_count(again->schema) == ls_schema_count(m->schema));
    lsi_manifest_free(again);
    lsi_manifest_free(m);
}

static void write_sections(fuzz_in *in)
{
    ls_error err;
    lsi_frame_writer *w;
    uint64_t bytes, sum;
    size_t schema = fuzz_u16(in) % (in->n + 1);
    const uint8_t *rest = in->p + schema;
    size_t rest_n = in->n - schema;
    lsi_dir_unlink(dir, LSI_NAME_MANIFEST, NULL);
    FUZZ_CHECK(!lsi_frame_create(&w, dir, LSI_NAME_MANIFEST, LSI_FILE_MANIFEST, 77, &err));
    lsi_sink *s = lsi_frame_section(w, LSI_MAN_HEAD, false);
    lsi_sink_put64(s, 77);
    for (int i = 0; i < 10; i++) lsi_sink_put64(s, 0);
    lsi_sink_put(lsi_frame_section(w, LSI_MAN_SCHEMA, false), in->p, schema);
    lsi_sink_put(lsi_frame_section(w, LSI_MAN_SEGMENTS, false), rest, rest_n);
    FUZZ_CHECK(!lsi_frame_finish(w, false, &bytes, &sum, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    ls_error err;
    if (!dir) FUZZ_CHECK(!lsi_dir_open(&dir, fuzz_folder(), &err));
    uint8_t how = fuzz_u8(&in);
    if (how & 1) write_sections(&in);
    else {
        size_t len;
        char *copy = fuzz_rest(&in, &len);
        if (how & 2) seal_file((uint8_t *)copy, len);
        put((const uint8_t *)copy, len);
        free(copy);
        open_all();
    }
    read_manifest();
    return 0;
}
