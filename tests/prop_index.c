/* prop_index.c — random additions, replacements, deletions, commits, rollbacks, merges and reopenings, against a simple
 * model: after each commit the reader has exactly the model's documents, in order of arrival, with their versions.
 * usage: prop_index [SEED [OPERATIONS]] */
#include "tests/index_util.h"

#define IDS 60

typedef struct entry {
    bool there;
    uint64_t arrival; /* when this content came */
    int64_t version;
    char body[600];
} entry;

static entry now[IDS], committed[IDS];
static uint64_t arrivals, seed = 1, operations = 1500;
static ls_error err;

static const entry *nth_in_order(const entry *m, uint64_t after)
{
    const entry *best = NULL;
    for (int i = 0; i < IDS; i++)
        if (m[i].there && m[i].arrival > after && (!best || m[i].arrival < best->arrival)) best = &m[i];
    return best;
}

static void compare(const ls_reader *r, const entry *m)
{
    uint64_t doc = UINT64_MAX, after = 0, n = 0;
    LS_INIT(ls_stats, s);
    for (const entry *e; (e = nth_in_order(m, after)); after = e->arrival, n++) {
        ls_doc *d;
        char id[16];
        size_t len;
        OK(ls_reader_next(r, &doc, &err));
        OK(ls_reader_doc(&d, r, doc, &err));
        snprintf(id, sizeof id, "id%d", (int)(e - m));
        assert_string_equal(ls_doc_id(d, &len), id);
        assert_string_equal(ls_doc_text(d, "body", 0, &len), e->body);
        assert_int_equal(ls_doc_version(d), e->version);
        ls_doc_free(d);
        uint64_t found;
        OK(ls_reader_find(r, id, strlen(id), &found, &err));
        assert_int_equal(found, doc);
    }
    WANT(ls_reader_next(r, &doc, &err), LS_NOTFOUND);
    for (int i = 0; i < IDS; i++) {
        char id[16];
        uint64_t found;
        snprintf(id, sizeof id, "id%d", i);
        if (!m[i].there) WANT(ls_reader_find(r, id, strlen(id), &found, &err), LS_NOTFOUND);
    }
    OK(ls_reader_stats(r, &s, &err));
    assert_int_equal(s.documents, n);
}

static void add_one(ls_writer *w, uint64_t *x)
{
    int i = (int)(random_next(x) % IDS);
    entry *e = &now[i];
    char id[16], body[sizeof e->body];
    int64_t given = random_next(x) % 4 ? 0 : (int64_t)(random_next(x) % 6 + 1);
    ls_result want = LS_CREATED;
    int64_t version = given ? given : 1;
    LS_INIT(ls_added, a);
    snprintf(id, sizeof id, "id%d", i);
    if (e->there && random_next(x) % 5 == 0) memcpy(body, e->body, sizeof body);
    else random_text(x, body, sizeof body, (size_t)(1 + random_next(x) % 60));
    bool same = e->there && !strcmp(body, e->body);
    if (e->there) {
        version = e->version;
        if (given && given < e->version) want = LS_STALE;
        else if (given <= e->version && same) want = LS_UNCHANGED;
        else if (given == e->version) want = LS_CONFLICT;
        else {
            want = LS_REPLACED;
            version = given ? given : e->version + 1;
        }
    }
    OK(add_doc(w, id, body, given, &a, &err));
    assert_int_equal(a.result, want);
    assert_int_equal(a.version, version);
    if (want == LS_CREATED || want == LS_REPLACED) {
        e->there = true;
        e->arrival = ++arrivals;
        e->version = version;
        memcpy(e->body, body, sizeof body);
    }
}

static void delete_one(ls_writer *w, uint64_t *x)
{
    int i = (int)(random_next(x) % IDS);
    char id[16];
    snprintf(id, sizeof id, "id%d", i);
    WANT(ls_delete(w, id, strlen(id), &err), now[i].there ? LS_OK : LS_NOTFOUND);
    now[i].there = false;
}

static void check_all(void)
{
    LS_INIT(ls_check_report, report);
    OK(ls_check(index_path, NULL, NULL, &report, &err));
}

/* With any number of threads it is the same index. */
static ls_writer *open_crew(unsigned flags, uint64_t *x)
{
    ls_writer *w = NULL;
    LS_INIT(ls_writer_options, o);
    o.flags = flags | LS_WRITER_NO_SYNC;
    o.memory_bytes = random_next(x) % 2 ? 200000 : 1;
    o.threads = (unsigned)(random_next(x) % 5);
    OK(ls_writer_open(&w, index_path, &o, &err));
    return w;
}

static void model(void **state)
{
    (void)state;
    uint64_t x = seed * 0x9e3779b97f4a7c15u + 1, commits = 0, merges = 0;
    ls_writer *w = open_crew(LS_WRITER_CREATE, &x);
    ls_reader *r, *newer;
    OK(ls_reader_open(&r, index_path, NULL, &err));
    for (uint64_t op = 0; op < operations; op++) {
        uint64_t what = random_next(&x) % 100;
        if (what < 62) add_one(w, &x);
        else if (what < 80) delete_one(w, &x);
        else if (what < 84) {
            OK(ls_rollback(w, &err));
            memcpy(now, committed, sizeof now);
        } else if (what < 98) {
            if (what == 97) OK(ls_merge(w, (size_t)(1 + random_next(&x) % 4), &err)); /* commits as well */
            else OK(ls_commit(w, NULL, &err));
            merges += what == 97;
            commits++;
            memcpy(committed, now, sizeof now);
            OK(ls_reader_refresh(&newer, r, &err));
            if (newer) {
                ls_reader_close(r);
                r = newer;
            }
            compare(r, committed);
        } else {
            ls_writer_close(w); /* what was not committed is gone */
            memcpy(now, committed, sizeof now);
            if (random_next(&x) % 2) check_all();
            w = open_crew(random_next(&x) % 2 ? LS_WRITER_NO_MERGE : 0, &x);
            ls_reader_close(r);
            LS_INIT(ls_reader_options, o);
            o.flags = random_next(&x) % 2 ? LS_READER_NO_MMAP : 0;
            OK(ls_reader_open(&r, index_path, &o, &err));
            compare(r, committed);
        }
    }
    ls_reader_close(r);
    ls_writer_close(w);
    check_all();
    print_message("seed %llu: %llu operations, %llu commits, %llu merges asked for\n", (unsigned long long)seed,
                  (unsigned long long)operations, (unsigned long long)commits, (unsigned long long)merges);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(model, index_clean)};
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    if (argc > 2) operations = strtoull(argv[2], NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
