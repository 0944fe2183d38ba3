/* corrupt_index.c — every byte of every file of a small index is damaged in turn (one bit, all bits, zero), every file
 * is cut short and made longer, and files are exchanged: then documents and searches give the right answer or
 * LS_CORRUPT with a file, and check finds the damage. usage: corrupt_index [STRIDE]: every STRIDE-th byte only (1: all;
 * default 11) */
#include "tests/index_util.h"

static ls_error err;
static size_t stride = 11;

static const char *const queries[] = {"w1", "w2 w3", "\"w1 w2\"", "title:w5", "w1*", "source:daily", "w9 OR w4"};
#define QUERIES (sizeof queries / sizeof *queries)
#define DOCS    24

typedef struct answer { /* all that a reader says, in short */
    uint64_t total[QUERIES], first[QUERIES];
    float score[QUERIES];
    char bodies[DOCS][200];
} answer;

static answer right;
static uint64_t answered, refused;

static void build(void)
{
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    uint64_t x = 77;
    for (int i = 0; i < DOCS; i++) {
        char id[12], body[200], title[60];
        snprintf(id, sizeof id, "%d", i);
        random_text(&x, body, sizeof body, 25);
        random_text(&x, title, sizeof title, 4);
        add_news(w, id, title, body, i % 2 ? "Daily" : "Weekly", 1000 * i);
        if (i == DOCS / 2) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_delete(w, "3", 1, &err));
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* LS_OK and an answer, or the code of the first refusal. */
static int ask_reader(const ls_reader *r, answer *a)
{
    for (size_t q = 0; q < QUERIES; q++) {
        ls_query *query;
        ls_results *res;
        LS_INIT(ls_search_options, o);
        int rc = ls_query_parse(&query, ls_reader_schema(r), queries[q], strlen(queries[q]), NULL, &err);
        if (rc) return rc;
        rc = ls_search(&res, r, query, &o, &err);
        ls_query_free(query);
        if (rc) return rc;
        a->total[q] = ls_results_get(res).total;
        if (ls_results_hit(res, 0)) {
            a->first[q] = ls_results_hit(res, 0)->doc;
            a->score[q] = ls_results_hit(res, 0)->score;
        }
        ls_results_free(res);
    }
    for (int i = 0; i < DOCS; i++) {
        char id[12];
        ls_doc *d;
        snprintf(id, sizeof id, "%d", i);
        int rc = ls_get(&d, r, id, strlen(id), &err);
        if (rc == LS_NOTFOUND) continue;
        if (rc) return rc;
        const char *body = ls_doc_text(d, "body", 0, NULL);
        if (body) snprintf(a->bodies[i], sizeof a->bodies[i], "%s", body);
        ls_doc_free(d);
    }
    return LS_OK;
}

static int ask(unsigned flags, answer *a)
{
    ls_reader *r;
    LS_INIT(ls_reader_options, o);
    o.flags = flags;
    memset(a, 0, sizeof *a);
    int rc = ls_reader_open(&r, index_path, &o, &err);
    if (rc) return rc;
    rc = ask_reader(r, a);
    ls_reader_close(r);
    return rc;
}

/* The index as it now is: right, or refused; and found by check. */
static void judge(const char *what, size_t at)
{
    for (unsigned flags = 0; flags < 2; flags++) {
        static answer a;
        int rc = ask(flags, &a);
        if (rc == LS_OK) {
            if (memcmp(&a, &right, sizeof a)) print_error("%s, byte %zu: a wrong answer\n", what, at);
            assert_memory_equal(&a, &right, sizeof a);
            answered++;
        } else {
            if (rc != LS_CORRUPT) print_error("%s, byte %zu: %d, %s\n", what, at, rc, err.message);
            assert_int_equal(rc, LS_CORRUPT);
            assert_int_equal(err.code, LS_CORRUPT);
            assert_true(*err.file != 0);
            refused++;
        }
    }
    LS_INIT(ls_check_report, report);
    int rc = ls_check(index_path, NULL, NULL, &report, &err);
    if (rc != LS_CORRUPT) print_error("%s, byte %zu: check says %d\n", what, at, rc);
    assert_int_equal(rc, LS_CORRUPT);
}

typedef struct image {
    char path[512];
    uint8_t *p;
    size_t n;
} image;

static void put(const image *f, const uint8_t *p, size_t n)
{
    int fd = open(f->path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0 && write(fd, p, n) == (ssize_t)n);
    close(fd);
}

static size_t load(image *files, size_t cap)
{
    size_t n = 0;
    DIR *d = opendir(index_path);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        if (e->d_name[0] == '.' || !strcmp(e->d_name, "LOCK")) continue;
        assert_true(n < cap);
        image *f = &files[n++];
        snprintf(f->path, sizeof f->path, "%s/%s", index_path, e->d_name);
        int fd = open(f->path, O_RDONLY);
        assert_true(fd >= 0 && !fstat(fd, &st));
        f->n = (size_t)st.st_size;
        f->p = malloc(f->n + 1);
        assert_non_null(f->p);
        assert_int_equal(read(fd, f->p, f->n), f->n);
        close(fd);
    }
    closedir(d);
    return n;
}

static void damage_file(image *f)
{
    const char *name = strrchr(f->path, '/') + 1;
    for (size_t i = 0; i < f->n; i += stride) {
        uint8_t was = f->p[i];
        const uint8_t other[] = {was ^ 4, (uint8_t)~was, 0};
        for (size_t k = 0; k < 3; k++) {
            if (other[k] == was) continue;
            f->p[i] = other[k];
            put(f, f->p, f->n);
            judge(name, i);
        }
        f->p[i] = was;
    }
    for (size_t n = 0; n < f->n; n += stride * 3) {
        put(f, f->p, n);
        judge(name, n);
    }
    f->p[f->n] = 0;
    put(f, f->p, f->n + 1);
    judge(name, f->n);
    put(f, f->p, f->n);
}

static void every_byte(void **state)
{
    (void)state;
    image files[8];
    build();
    OK(ask(0, &right));
    assert_true(right.total[0] > 0 && right.total[5] > 0 && !right.bodies[3][0] && right.bodies[4][0]);
    size_t n = load(files, 8), bytes = 0;
    assert_int_equal(n, 4); /* manifest, two segments, one live file */
    for (size_t i = 0; i < n; i++) {
        damage_file(&files[i]);
        bytes += files[i].n;
    }
    for (size_t i = 0; i < n; i++) /* each in the place of each */
        for (size_t k = 0; k < n; k++) {
            if (i == k) continue;
            put(&files[i], files[k].p, files[k].n);
            judge("exchanged", i * 10 + k);
            put(&files[i], files[i].p, files[i].n);
        }
    for (size_t i = 0; i < n; i++) {
        if (strstr(files[i].path, "MANIFEST")) continue; /* without it there is no index */
        unlink(files[i].path);
        judge("missing", i);
        close(open(files[i].path, O_CREAT | O_WRONLY, 0666));
        put(&files[i], files[i].p, files[i].n);
    }
    static answer a;
    OK(ask(0, &a));
    assert_memory_equal(&a, &right, sizeof a);
    print_message("%zu bytes in %zu files, every %zu: %llu right answers, %llu refusals, 0 wrong\n", bytes, n, stride,
                  (unsigned long long)answered, (unsigned long long)refused);
    for (size_t i = 0; i < n; i++) free(files[i].p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(every_byte, index_clean)};
    if (argc > 1) stride = strtoull(argv[1], NULL, 10);
    if (!stride) stride = 1;
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
