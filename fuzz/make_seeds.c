/* make_seeds.c — the seeds of f_sections, f_frame, f_index and f_salvage from a small real index: what no hand would write.
 * usage: make_seeds DIR (fuzz/seeds) */
#include <sys/stat.h>

#include "fuzz/fuzz.h"
#include "libsearch/index/snapshot.h"
#include "libsearch/store/names.h"
#include "libsearch/util/buf.h"

static const char *to;

static void save(const char *target, const char *name, const lsi_buf *b)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", to, target);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", to, target, name);
    FILE *f = fopen(path, "wb");
    FUZZ_CHECK(f && fwrite(b->data, 1, b->len, f) == b->len && !fclose(f));
}

static void put16(lsi_buf *b, uint16_t v)
{
    lsi_buf_put8(b, (uint8_t)v);
    lsi_buf_put8(b, (uint8_t)(v >> 8));
}

/* Bytes of up to three sections behind the head that f_sections takes. */
static void sections(const lsi_frame *f, const char *name, uint8_t which, uint32_t count, const uint32_t *types,
                     size_t n)
{
    lsi_buf b, parts[3];
    ls_error err;
    lsi_buf_init(&b, 0);
    for (size_t i = 0; i < 3; i++) {
        lsi_buf_init(&parts[i], 0);
        const lsi_section *s = i < n && types[i] ? lsi_frame_find(f, types[i]) : NULL;
        const uint8_t *p = s && s->bytes ? lsi_section_get(s, 0, s->bytes, &err) : NULL;
        if (p) lsi_buf_put(&parts[i], p, (size_t)s->bytes);
    }
    lsi_buf_put8(&b, which);
    put16(&b, (uint16_t)parts[0].len);
    put16(&b, (uint16_t)parts[1].len);
    lsi_buf_put32(&b, count);
    for (size_t i = 0; i < 3; i++) {
        lsi_buf_put(&b, parts[i].data, parts[i].len);
        lsi_buf_clear(&parts[i]);
    }
    if (b.len < 12000) save("f_sections", name, &b);
    lsi_buf_clear(&b);
}

/* A record of a term of the dictionary, and the sections its list lies in. */
static void list(const lsi_segment *s, lsi_ord ord, const char *name)
{
    lsi_buf b, record;
    ls_error err;
    lsi_list l;
    lsi_record_base base = {0};
    lsi_buf_init(&b, 0);
    lsi_buf_init(&record, 0);
    FUZZ_CHECK(!lsi_terms_list(&s->terms, ord, 0, &l, &err));
    lsi_record_put(&record, &base, &l, 1);
    const lsi_section *blocks = s->postings.blocks, *ranges = s->postings.ranges;
    lsi_buf_put8(&b, 4);
    put16(&b, (uint16_t)record.len);
    put16(&b, (uint16_t)blocks->bytes);
    lsi_buf_put32(&b, s->doc_count - 1);
    lsi_buf_put(&b, record.data, record.len);
    if (blocks->bytes) lsi_buf_put(&b, lsi_section_get(blocks, 0, blocks->bytes, &err), (size_t)blocks->bytes);
    if (ranges->bytes) lsi_buf_put(&b, lsi_section_get(ranges, 0, ranges->bytes, &err), (size_t)ranges->bytes);
    save("f_sections", name, &b);
    lsi_buf_clear(&b);
    lsi_buf_clear(&record);
}

static void of_segment(const lsi_segment *s, const char *tag)
{
    char name[60];
    ls_error err;
    lsi_buf b;
    static const struct {
        const char *name;
        uint8_t which;
        uint32_t types[3];
    } all[] = {{"column", 0, {0, 0, LSI_SEC_COLUMNS}},
               {"version", 0, {0, 0, LSI_SEC_VERSIONS}},
               {"length", 0, {0, 0, LSI_SEC_LENGTHS}},
               {"keywords", 1, {0, 0, LSI_SEC_COLUMNS}},
               {"terms", 2, {LSI_SEC_TERM_INDEX, LSI_SEC_TERM_BLOCKS, LSI_SEC_TERM_LISTS}},
               {"forms", 3, {LSI_SEC_FORM_INDEX, LSI_SEC_FORM_BLOCKS, 0}},
               {"positions", 5, {0, 0, LSI_SEC_POSITIONS}},
               {"stored", 6, {LSI_SEC_STORED_INDEX, LSI_SEC_STORED, LSI_SEC_STORED_DICT}},
               {"ids", 7, {LSI_SEC_IDS, LSI_SEC_ID_HASHES, 0}},
               {"meta", 8, {0, 0, LSI_SEC_META}}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        snprintf(name, sizeof name, "%s-%s", all[i].name, tag);
        sections(s->frame, name, all[i].which, all[i].which == 5 ? 2 : s->doc_count, all[i].types, 3);
    }
    for (lsi_ord ord = 0; ord < s->terms.count && ord < 40; ord += 13) {
        snprintf(name, sizeof name, "list%u-%s", ord, tag);
        list(s, ord, name);
    }
    for (lsi_doc d = 0; d < 2; d++) {
        snprintf(name, sizeof name, "document%u-%s", d, tag);
        lsi_buf_init(&b, 0);
        lsi_buf_put8(&b, 9);
        lsi_buf_put64(&b, 0);
        FUZZ_CHECK(!lsi_stored_get(s->stored, d, &b, &err));
        save("f_sections", name, &b);
        lsi_buf_clear(&b);
    }
}

static void of_manifest(void)
{
    char path[300];
    lsi_buf b, file;
    ls_error err;
    ls_schema *schema;
    lsi_buf_init(&file, 0);
    lsi_buf_init(&b, 0);
    snprintf(path, sizeof path, "%s/%s", fuzz_index(), LSI_NAME_MANIFEST);
    FUZZ_CHECK(!lsi_io_read_file(path, 1 << 20, &file, &err));
    for (unsigned how = 0; how < 4; how += 2) {
        lsi_buf_reset(&b);
        lsi_buf_put8(&b, (uint8_t)how);
        lsi_buf_put(&b, file.data, file.len);
        save("f_frame", how ? "sealed" : "plain", &b);
    }
    FUZZ_CHECK(!lsi_schema_news(&schema, &err));
    lsi_buf_reset(&file);
    lsi_schema_encode(schema, &file);
    lsi_buf_reset(&b);
    lsi_buf_put8(&b, 1);
    put16(&b, (uint16_t)file.len);
    lsi_buf_put(&b, file.data, file.len);
    static const uint64_t entry[] = {7, 4096, 0xabcdef, 3 | 1ull << 32, 8, 384, 0x12345, 0};
    for (size_t i = 0; i < 8; i++) lsi_buf_put64(&b, entry[i]);
    save("f_frame", "parts", &b);
    lsi_buf_reset(&b);
    lsi_buf_put8(&b, 9);
    lsi_buf_put64(&b, 0);
    lsi_buf_put(&b, file.data, file.len);
    save("f_sections", "schema", &b);
    static const char *const sources[] = {NULL, "AP", "AP", "Le Monde"}, *const lines[] = {"Read on", "Ad", "Sign up",
                                                                                           "Ad"};
    for (size_t i = 0; i < 4; i++) FUZZ_CHECK(!ls_schema_add_boilerplate(schema, sources[i], lines[i], &err));
    lsi_buf_reset(&b);
    lsi_buf_put8(&b, 9);
    lsi_buf_put64(&b, 0);
    lsi_schema_encode_lines(schema, &b);
    save("f_sections", "boilerplate", &b);
    lsi_schema_free(schema);
    lsi_buf_clear(&b);
    lsi_buf_clear(&file);
}

/* Changes that reach each section of each file. */
static void of_index(void)
{
    char name[20];
    lsi_buf b;
    lsi_buf_init(&b, 0);
    for (unsigned file = 0; file < 5; file++)
        for (unsigned section = 0; section < 19; section += file ? 3 : 1) {
            lsi_buf_reset(&b);
            const uint8_t change[] = {(uint8_t)file,
                                      (uint8_t)section,
                                      (uint8_t)(section * 7),
                                      0,
                                      (uint8_t)section,
                                      (uint8_t)(section * 37 + file),
                                      0,
                                      0};
            lsi_buf_put(&b, change, sizeof change);
            snprintf(name, sizeof name, "%u-%u", file, section);
            save("f_index", name, &b);
        }
    lsi_buf_clear(&b);
}

/* The files of a very small index as f_salvage takes them: whole, without its manifest, and the manifest alone. */
typedef struct ruin {
    const char *path;
    lsi_buf all, files, manifest;
} ruin;

static int put_file(void *ctx, const char *name)
{
    ruin *r = ctx;
    char path[400];
    uint64_t generation = 1;
    ls_error err;
    lsi_buf bytes;
    lsi_name_kind kind = lsi_name_parse(name, &generation);
    bool manifest = !strcmp(name, LSI_NAME_MANIFEST);
    if (!manifest && kind == LSI_NAME_OTHER) return 0;
    lsi_buf_init(&bytes, 0);
    snprintf(path, sizeof path, "%s/%s", r->path, name);
    if (manifest) generation = 1;
    FUZZ_CHECK(!lsi_io_read_file(path, 65535, &bytes, &err) && generation >= 1 && generation <= 16);
    lsi_buf *to_both[] = {&r->all, manifest ? &r->manifest : &r->files};
    uint8_t how = manifest                   ? 0
                  : kind == LSI_NAME_SEGMENT ? 2
                  : kind == LSI_NAME_LIVE    ? 3
                  : kind == LSI_NAME_TOMBS   ? 4
                                             : 5;
    for (size_t i = 0; i < 2; i++) {
        lsi_buf_put8(to_both[i], (uint8_t)(how | (generation - 1) << 4));
        put16(to_both[i], (uint16_t)bytes.len);
        lsi_buf_put(to_both[i], bytes.data, bytes.len);
    }
    lsi_buf_clear(&bytes);
    return 0;
}

static void of_ruin(void)
{
    char path[300];
    ls_error err;
    lsi_dir *dir;
    ruin r = {.path = path};
    lsi_buf_init(&r.all, 0);
    lsi_buf_init(&r.files, 0);
    lsi_buf_init(&r.manifest, 0);
    snprintf(path, sizeof path, "%s/ruin", fuzz_folder());
    fuzz_index_make(path, 12);
    FUZZ_CHECK(!lsi_dir_open(&dir, path, &err) && !lsi_dir_list(dir, put_file, &r, &err));
    save("f_salvage", "whole", &r.all);
    save("f_salvage", "no-manifest", &r.files);
    save("f_salvage", "manifest", &r.manifest);
    lsi_dir_close(dir);
    lsi_buf_clear(&r.all);
    lsi_buf_clear(&r.files);
    lsi_buf_clear(&r.manifest);
}

int main(int argc, char **argv)
{
    FUZZ_CHECK(argc == 2);
    to = argv[1];
    mkdir(to, 0777);
    const ls_reader *r = fuzz_reader();
    for (size_t i = 0; i < r->snap->count; i++) {
        char tag[24];
        snprintf(tag, sizeof tag, "%zu", i);
        of_segment(r->snap->segments[i].seg, tag);
    }
    of_manifest();
    of_index();
    of_ruin();
    return 0;
}
