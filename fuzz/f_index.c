/* f_index.c — a whole index, changed in some bytes and sealed again, so that every checksum is right and nothing else
 * is: opened, searched in every way, checked, salvaged, backed up. Input: changes of 8 bytes each: file, section (255:
 * the ends and the table), place u16, what to do, value, place's third byte, and of the first one which
 * quarter of the work is done, and which quarter of the queries is asked.
 * Held: no crash, no hang, no overrun; a refusal is a named error. Unchanged, as it is first, every answer is right. */
#include "fuzz/fuzz.h"

#include "fuzz/seal.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 8
typedef struct image {
    char name[64];
    uint8_t *p, *was;
    size_t n;
} image;
static image files[FILES];
static size_t file_count;
static char path[100];

static int by_name(const void *a, const void *b)
{
    return strcmp(((const image *)a)->name, ((const image *)b)->name);
}

static void load(void)
{
    char name[600];
    snprintf(path, sizeof path, "%s/changed", fuzz_folder());
    fuzz_index_make(path, FUZZ_SMALL);
    DIR *d = opendir(path);
    FUZZ_CHECK(d);
    for (struct dirent *e; (e = readdir(d));) {
        struct stat st;
        if (e->d_name[0] == '.' || !strcmp(e->d_name, "LOCK")) continue;
        FUZZ_CHECK(file_count < FILES && strlen(e->d_name) < 64);
        image *f = &files[file_count++];
        memcpy(f->name, e->d_name, strlen(e->d_name) + 1);
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        int fd = open(name, O_RDONLY);
        FUZZ_CHECK(fd >= 0 && !fstat(fd, &st));
        f->n = (size_t)st.st_size;
        f->p = malloc(f->n);
        f->was = malloc(f->n);
        FUZZ_CHECK(f->p && f->was && read(fd, f->was, f->n) == (ssize_t)f->n);
        close(fd);
    }
    closedir(d);
    qsort(files, file_count, sizeof *files, by_name);
}

static void put(const image *f)
{
    char name[600];
    snprintf(name, sizeof name, "%s/%s", path, f->name);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    FUZZ_CHECK(fd >= 0 && write(fd, f->p, f->n) == (ssize_t)f->n);
    close(fd);
}

static void change(fuzz_in *in)
{
    image *f = &files[fuzz_u8(in) % file_count];
    uint8_t section = fuzz_u8(in);
    size_t at = fuzz_u16(in), from, bytes;
    uint8_t what = fuzz_u8(in), value = fuzz_u8(in);
    at |= (size_t)fuzz_u8(in) << 16;
    fuzz_u8(in);
    uint64_t table = lsi_get64(f->was + HEADER_TABLE), count = lsi_get32(f->was + HEADER_COUNT);
    if (section >= 200) {
        from = section & 1 ? 0 : (size_t)table;
        bytes = section & 1 ? FRAME_HEADER_BYTES : f->n - (size_t)table;
    } else {
        const uint8_t *e = f->was + table + section % count * FRAME_ENTRY_BYTES;
        from = (size_t)lsi_get64(e + ENTRY_OFFSET);
        bytes = (size_t)lsi_get64(e + ENTRY_BYTES);
    }
    if (!bytes) return;
    uint8_t *p = f->p + from + at % bytes;
    size_t room = bytes - at % bytes;
    switch (what % 6) {
    case 0:
        *p = value;
        break;
    case 1:
        *p ^= (uint8_t)(1u << (value & 7));
        break;
    case 2:
        memset(p, value & 1 ? 0xFF : 0, LSI_MIN(room, (size_t)1 + (value >> 1) % 16));
        break;
    case 3:
        *p = (uint8_t)(*p + (int8_t)value);
        break;
    case 4:
        if (room >= 4) lsi_set32(p, value & 128 ? UINT32_MAX - (value & 127) : (uint32_t)1 << (value & 31));
        break;
    default:
        if (room >= 8) lsi_set64(p, value & 128 ? UINT64_MAX - (value & 127) : (uint64_t)1 << (value & 63));
    }
}

/* Segments first, for the manifest has their sums. */
static void seal(void)
{
    for (size_t i = file_count; i--;) {
        image *f = &files[i];
        if (!strcmp(f->name, "MANIFEST")) continue;
        uint64_t sum = seal_file(f->p, f->n);
        seal_copies(f->p, f->n);
        uint64_t generation = strtoull(strchr(f->name, '-') + 1, NULL, 16);
        for (size_t k = 0; k < file_count; k++) {
            if (strcmp(files[k].name, "MANIFEST")) continue;
            uint8_t *p = files[k].p;
            uint64_t table = lsi_get64(files[k].was + HEADER_TABLE);
            const uint8_t *e = files[k].was + table + 2 * FRAME_ENTRY_BYTES; /* the list of segments */
            uint64_t at = lsi_get64(e + ENTRY_OFFSET), bytes = lsi_get64(e + ENTRY_BYTES);
            for (uint64_t x = at; x + 64 <= at + bytes; x += 64) {
                if (f->name[0] == 's' && lsi_get64(p + x) == generation) lsi_set64(p + x + 16, sum);
                if (f->name[0] == 'l' && lsi_get64(p + x + 32) == generation) lsi_set64(p + x + 48, sum);
            }
        }
        put(f);
    }
    for (size_t k = 0; k < file_count; k++)
        if (!strcmp(files[k].name, "MANIFEST")) {
            seal_file(files[k].p, files[k].n);
            seal_copies(files[k].p, files[k].n);
            put(&files[k]);
        }
}

static const char *const QUERIES[] = {
    "arms",           "arms OR kim OR the", "\"arms negotiations\"", "the of report", "h*us*",         "markts~",
    "title:arms",     "caps(US)",           "arms w/4 kim",          "NOT rain",      "source:ap oil", "arms w/s rain",
    "atleast2(arms)", "published:2020-09",  "\"the report\"~3",      "東京 OR naïve"};

/* Damage behind right checksums may have taken a field's name or type, which a search must tell. */
static bool lacks_field(const ls_reader *r, int rc)
{
    const ls_field *source = ls_schema_find(ls_reader_schema(r), "source");
    const ls_field *published = ls_schema_find(ls_reader_schema(r), "published");
    return rc == LS_SCHEMA && (!source || source->type != LS_KEYWORD || !published || published->type != LS_DATE);
}

/* Every fourth query from the first; all where everything must be right. */
static void ask(const ls_reader *r, size_t first, bool right)
{
    static const char *facets[] = {"source"};
    for (size_t i = first; i < sizeof QUERIES / sizeof *QUERIES; i += right ? 1 : 4) {
        ls_error err;
        ls_query *q;
        ls_results *res = NULL;
        ls_snippets *s = NULL;
        ls_explanation *e = NULL;
        LS_INIT(ls_search_options, o);
        LS_INIT(ls_snippet_options, so);
        o.timeout_ms = 2000;
        o.facets = facets;
        o.facet_count = i % 2;
        o.exhaustive = i % 3 == 1;
        o.sort = i % 4 == 3 ? LS_BY_FIELD_DESC : LS_BY_RELEVANCE;
        o.sort_field = "published";
        FUZZ_CHECK(!ls_query_parse(&q, ls_reader_schema(r), QUERIES[i], strlen(QUERIES[i]), NULL, &err));
        int rc = ls_search(&res, r, q, &o, &err);
        FUZZ_CHECK(!rc || (!right && (fuzz_is_refusal(rc, &err) || lacks_field(r, rc))));
        const ls_hit *hit = rc ? NULL : ls_results_hit(res, 0);
        if (hit) {
            rc = ls_snippets_make(&s, r, q, hit->doc, &so, &err);
            FUZZ_CHECK(!rc || rc == LS_NOTFOUND || (!right && fuzz_is_refusal(rc, &err)));
            rc = ls_explain(&e, r, q, &o, hit->doc, &err);
            FUZZ_CHECK(!rc || rc == LS_NOTFOUND || (!right && fuzz_is_refusal(rc, &err)));
        }
        ls_snippets_free(s);
        ls_explanation_free(e);
        ls_results_free(res);
        ls_query_free(q);
    }
}

static void read_all(bool mmap, size_t first, bool right)
{
    ls_error err;
    ls_reader *r;
    ls_suggestions *s = NULL;
    ls_query *like = NULL;
    LS_INIT(ls_reader_options, o);
    LS_INIT(ls_stats, stats);
    o.flags = mmap ? 0 : LS_READER_NO_MMAP;
    int rc = ls_reader_open(&r, path, &o, &err);
    FUZZ_CHECK(!rc || (!right && (fuzz_is_refusal(rc, &err) || rc == LS_NOTFOUND)));
    if (rc) return;
    ask(r, first, right);
    rc = ls_suggest(&s, r, "ar", 2, 5, &err);
    FUZZ_CHECK(!rc || (!right && fuzz_is_refusal(rc, &err)));
    ls_suggestions_free(s);
    rc = ls_reader_stats(r, &stats, &err);
    FUZZ_CHECK(!rc || (!right && fuzz_is_refusal(rc, &err)));
    uint64_t doc = UINT64_MAX;
    for (unsigned i = 0; i < 400 && !ls_reader_next(r, &doc, &err); i++) {
        ls_doc *d = NULL;
        rc = ls_reader_doc(&d, r, doc, &err);
        FUZZ_CHECK(!rc || (!right && fuzz_is_refusal(rc, &err)));
        ls_doc_free(d);
    }
    rc = ls_more_like(&like, r, 5, &err);
    FUZZ_CHECK(!rc || rc == LS_NOTFOUND || (!right && fuzz_is_refusal(rc, &err)));
    ls_query_free(like);
    ls_reader_close(r);
}

static void salvage(bool right)
{
    ls_error err;
    char to[120];
    LS_INIT(ls_salvage_report, report);
    LS_INIT(ls_check_report, checked);
    snprintf(to, sizeof to, "%s.saved", path);
    fuzz_remove(to);
    int rc = ls_salvage(path, to, NULL, &report, &err);
    FUZZ_CHECK(!rc || (!right && (fuzz_is_refusal(rc, &err) || rc == LS_NOTFOUND)));
    if (!rc) FUZZ_CHECK(!ls_check(to, NULL, NULL, &checked, &err) && checked.documents == report.documents);
}

/* One of four ways and a quarter of the queries, for speed; where nothing was changed all. */
static void work(uint8_t which, bool right)
{
    ls_error err;
    LS_INIT(ls_check_report, report);
    uint8_t how = which % 4, first = right ? 0 : which / 4 % 4;
    int rc = LS_OK;
    if (right || how == 0) read_all(true, first, right);
    if (right || how == 1) read_all(false, first, right);
    if (right || how == 2) salvage(right);
    if (right || how == 3) rc = ls_check(path, NULL, NULL, &report, &err);
    FUZZ_CHECK(!rc || (!right && (fuzz_is_refusal(rc, &err) || rc == LS_NOTFOUND)));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    if (!file_count) {
        load();
        work(0, true);
    }
    if (n < 8) return 0;
    for (size_t i = 0; i < file_count; i++) memcpy(files[i].p, files[i].was, files[i].n);
    for (unsigned i = 0; i < 16 && in.n >= 8; i++) change(&in);
    seal();
    work(p[7], false);
    return 0;
}
