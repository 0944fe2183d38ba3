/* segment_hand.c — see segment_hand.h. */
#include "tests/segment_hand.h"
#include "libsearch/store/names.h"
#include "tests/segment_model.c"

char folder[64];
lsi_dir *dir;
uint64_t generation;

void make_folder(const char *name)
{
    ls_error err;
    /* memory rather than a disk where there is such a place: there are thousands of files to make */
    snprintf(folder, sizeof folder, "%s/%s_XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", name);
    if (!mkdtemp(folder) || lsi_dir_open(&dir, folder, &err)) die("folder", &err);
}

void remove_folder(void)
{
    lsi_dir_close(dir);
    if (rmdir(folder)) fprintf(stderr, "%s is not empty\n", folder);
}

static int count_name(void *ctx, const char *name)
{
    (void)name;
    ++*(uint32_t *)ctx;
    return LS_OK;
}

uint32_t files_in_folder(void)
{
    ls_error err;
    uint32_t n = 0;
    assert_int_equal(lsi_dir_list(dir, count_name, &n, &err), LS_OK);
    return n;
}

void remove_segment(const lsi_segment_info *info)
{
    char name[LSI_NAME_BYTES];
    lsi_name_make(name, LSI_NAME_SEGMENT, info->generation);
    lsi_dir_unlink(dir, name, NULL);
    if (!info->live_generation) return;
    lsi_name_make(name, LSI_NAME_LIVE, info->live_generation);
    lsi_dir_unlink(dir, name, NULL);
}

void add_field(ls_schema *s, const char *name, ls_type type, int weight)
{
    ls_error err;
    ls_field f = {sizeof f, name, type, weight, 0};
    assert_int_equal(lsi_schema_add(s, &f, &err), LS_OK);
}

ls_schema *small_schema(void)
{
    ls_error err;
    ls_schema *s;
    assert_int_equal(lsi_schema_new(&s, &err), LS_OK);
    add_field(s, "title", LS_TEXT, 3);
    add_field(s, "body", LS_TEXT, 1);
    add_field(s, "byline", LS_TEXT, 0);
    add_field(s, "tags", LS_KEYWORD, 0);
    add_field(s, "published", LS_DATE, 0);
    return s;
}

/* Adds a document of name and text pairs, NULL at the end. */
int add(lsi_memseg *m, const ls_schema *s, size_t budget, ls_error *err, const char *id, ...)
{
    ls_doc *d;
    lsi_doc no;
    va_list ap;
    int rc = lsi_doc_new(&d, err);
    if (rc) return rc;
    va_start(ap, id);
    rc = lsi_doc_set_id(d, id, strlen(id), err);
    for (const char *name; !rc && (name = va_arg(ap, const char *)) != NULL;) {
        const char *text = va_arg(ap, const char *);
        rc = lsi_doc_add_text(d, name, text, strlen(text), err);
    }
    va_end(ap);
    d->version = 1;
    if (!rc) rc = lsi_doc_check(d, s, err);
    if (!rc) rc = lsi_memseg_add(m, d, lsi_doc_hash(d), budget, &no, NULL, err);
    lsi_doc_free(d);
    return rc;
}

lsi_memseg *new_memseg(const ls_schema *s)
{
    ls_error err;
    lsi_memseg *m;
    assert_int_equal(lsi_memseg_new(&m, s, &err), LS_OK);
    return m;
}

lsi_segment *flush(lsi_memseg *m, const ls_schema *s, lsi_segment_info *info)
{
    ls_error err;
    lsi_segment *seg;
    if (lsi_memseg_flush(m, dir, ++generation, false, info, &err)) fail_msg("flush: %s", err.message);
    if (lsi_segment_open(&seg, dir, info, s, true, &err)) fail_msg("open: %s", err.message);
    return seg;
}

char *distinct_words(size_t count)
{
    char *text = malloc(count * 10 + 1), *p = text;
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) p += snprintf(p, 11, "w%07zuq ", i);
    return text;
}

lsi_segment *some_segment(const ls_schema *s, lsi_segment_info *info, lsi_live **live)
{
    ls_error err;
    lsi_memseg *m = new_memseg(s);
    char id[16];
    for (int i = 0; i < 9; i++) {
        snprintf(id, sizeof id, "id%d", i);
        assert_int_equal(add(m, s, SIZE_MAX, &err, id, "title", i % 2 ? "Arms talks" : "War of words", "body",
                             i % 3 ? "\xe2\x80\x9cTalks begin\xe2\x80\x9d, the US said. Talk is cheap for us"
                                   : "Read also: arms talks\n\nThe war in the Caf\xc3\xa9 of the co-operation",
                             "byline", "By A. Talker", "tags", i % 2 ? "World" : "Business", NULL),
                         LS_OK);
    }
    lsi_segment *seg = flush(m, s, info);
    lsi_memseg_free(m);
    uint64_t bits[1] = {0x22};
    assert_int_equal(lsi_live_write(dir, ++generation, seg, NULL, bits, false, info, &err), LS_OK);
    assert_int_equal(lsi_live_open(live, dir, seg, info, true, &err), LS_OK);
    return seg;
}
