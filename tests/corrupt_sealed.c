/* corrupt_sealed.c — an index whose bytes lie behind right checksums: in each section of each file bytes and numbers are
 * changed and sealed again. Whatever is asked of it then is answered, or refused by name; what `check` passes refuses
 * nothing, and a merge and a salvage of it give an index that `check` passes as well.
 * In the small sections, where the numbers stand that everything else hangs on, each number is changed in turn.
 * usage: corrupt_sealed [PLACES [SEED]]: so many places in each section (6) */
#include "tests/seal_util.h"

#define DOCS 170 /* of the first segment: lists of two blocks */
#define MORE 30

static bool of_schema; /* what lies may be the schema: a query may ask for a field that is gone */
static unsigned sound, refused, passed_reads, refused_reads;

/* ---- the index, and its files ---- */

static void add_one(ls_writer *w, int i)
{
    static const char *const sources[] = {"AP", "Reuters", "Daily"}, *const runs[] = {"Running", "RUN", "runs fast"};
    char id[16], guid[24], body[500], title[60];
    uint64_t x = 31 + (uint64_t)(i % 5 ? i : i % 20); /* each fifth is a copy */
    ls_doc *d;
    snprintf(id, sizeof id, "d%d", i);
    snprintf(guid, sizeof guid, "urn:%d", i);
    random_text(&x, title, sizeof title, 3);
    random_text(&x, body, sizeof body, i % 5 ? 14 : 70);
    size_t n = strlen(body);
    if (i % 4 == 0) snprintf(body + n, sizeof body - n, ". %s w1 US.\n\nMore by w2.", runs[i / 4 % 3]);
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    add_value(d, "title", title);
    add_value(d, "guid", guid);
    add_value(d, "body", body);
    add_value(d, "source", sources[i % 3]);
    if (i % 6 == 0) add_value(d, "byline", "Jane Smith");
    if (i % 9 == 0) add_value(d, "subjects", "w1");
    if (i % 9 == 0) add_value(d, "subjects", title);
    if (i % 8) OK(ls_doc_add_int(d, "published", clock_now - 36000000LL * i, &err));
    if (i % 40 == 11) OK(ls_doc_add_int(d, "embargoed", clock_now + 3600000, &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

static void build(void)
{
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    for (int i = 0; i < DOCS + MORE; i++) {
        add_one(w, i);
        if (i == DOCS - 1) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    OK(ls_delete(w, "d3", 2, &err));
    kills(w, "d9", NULL, 1);
    kills(w, NULL, "urn:nobody", 0);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* ---- what is asked ---- */

static bool is_refusal(int rc)
{
    if (rc != LS_CORRUPT && rc != LS_TOO_NEW && rc != LS_TOO_OLD && rc != LS_LIMIT && rc != LS_NOMEM &&
        !(of_schema && rc == LS_SCHEMA))
        return false;
    return rc == err.code && *err.message;
}

/* rc of a call that reads: right, not there, or refused; where `check` found nothing wrong, not refused. */
static void answered(const char *what, int rc, bool clean)
{
    bool fine = rc == LS_OK || rc == LS_NOTFOUND || (!clean && is_refusal(rc)) || (of_schema && rc == LS_SCHEMA);
    if (!fine) print_error("%s: %d, %s%s\n", what, rc, err.message, clean ? ", and check passes it" : "");
    assert_true(fine);
    passed_reads += !rc;
    refused_reads += rc && rc != LS_NOTFOUND;
}

static const char *const queries[] = {"w1",
                                      "w1 w2",
                                      "w1 OR w9 OR w40",
                                      "\"w1 w2\"",
                                      "w1*",
                                      "w12~",
                                      "caps(RUN)",
                                      "w1 w/s w2",
                                      "NOT w1",
                                      "title:w5",
                                      "byline:\"jane smith\"",
                                      "source:ap w1",
                                      "atleast2(w1)",
                                      "published:2023-10",
                                      "id:d12",
                                      "hlead:w3",
                                      "words:>20",
                                      "\"w1 w5\"~4",
                                      "running w2*",
                                      "body:w4*"};

static void ask_one(const ls_reader *r, size_t i, bool clean)
{
    static const char *const facets[] = {"source"};
    ls_query *q;
    ls_results *res = NULL;
    LS_INIT(ls_search_options, o);
    o.timeout_ms = -1;
    o.now = clock_now;
    o.facets = facets;
    o.facet_count = i % 2;
    o.histogram = i % 3 ? NULL : "published";
    o.exhaustive = i % 5 == 1;
    o.sort = i % 4 == 3 ? LS_BY_FIELD_DESC : LS_BY_RELEVANCE;
    o.sort_field = i % 8 == 3 ? "published" : "source";
    o.fold = (int)(i % 3);
    int rc = ls_query_parse(&q, ls_reader_schema(r), queries[i], strlen(queries[i]), NULL, &err);
    if (rc) {
        answered(queries[i], rc, clean);
        return;
    }
    rc = ls_search(&res, r, q, &o, &err);
    answered(queries[i], rc, clean);
    const ls_hit *hit = rc ? NULL : ls_results_hit(res, 0);
    if (hit) {
        ls_snippets *s;
        ls_explanation *e;
        answered("snippets", ls_snippets_make(&s, r, q, hit->doc, NULL, &err), clean);
        ls_snippets_free(s);
        answered("explain", ls_explain(&e, r, q, NULL, hit->doc, &err), clean);
        ls_explanation_free(e);
    }
    ls_results_free(res);
    ls_query_free(q);
}

static void ask_documents(const ls_reader *r, bool clean)
{
    ls_doc *d;
    ls_similar_list *list;
    ls_suggestions *s;
    ls_query *like;
    LS_INIT(ls_tombstone, t);
    LS_INIT(ls_stats, stats);
    uint64_t doc;
    answered("get", ls_get(&d, r, "d20", 3, &err), clean);
    ls_doc_free(d);
    answered("find_guid", ls_reader_find_guid(r, "urn:25", 6, &doc, &err), clean);
    answered("tombstone", ls_reader_tombstone(r, &t, "d9", 2, &err), clean);
    answered("tombstone_guid", ls_reader_tombstone_guid(r, &t, "urn:nobody", 10, &err), clean);
    answered("stats", ls_reader_stats(r, &stats, &err), clean);
    answered("suggest", ls_suggest(&s, r, "w1", 2, 5, &err), clean);
    ls_suggestions_free(s);
    answered("did_you_mean", ls_did_you_mean(&s, r, "wq1 w2", 6, &err), clean);
    ls_suggestions_free(s);
    answered("more_like", ls_more_like(&like, r, 20, &err), clean);
    ls_query_free(like);
    for (doc = 5; doc < DOCS + MORE; doc += 60) {
        answered("similar", ls_similar_find(&list, r, doc, NULL, &err), clean);
        ls_similar_free(list);
        answered("head", ls_reader_head(&d, r, doc, &err), clean);
        ls_doc_free(d);
    }
}

static void read_all(unsigned turn, bool clean)
{
    ls_reader *r;
    LS_INIT(ls_reader_options, o);
    o.clock = read_clock;
    o.flags = turn % 2 ? LS_READER_NO_MMAP : 0;
    int rc = ls_reader_open(&r, index_path, &o, &err);
    answered("open", rc, clean);
    if (rc) return;
    for (size_t i = turn % 4; i < sizeof queries / sizeof *queries; i += 4) ask_one(r, i, clean);
    ask_documents(r, clean);
    ls_reader_close(r);
}

/* A merge makes nothing that `check` refuses of what it did not refuse; nor does a salvage of anything. */
static void write_all(bool clean)
{
    ls_writer *w;
    char to[120];
    LS_INIT(ls_check_report, report);
    LS_INIT(ls_salvage_report, saved);
    snprintf(to, sizeof to, "%s/saved", folder);
    int rc = ls_salvage(index_path, to, NULL, &saved, &err);
    answered("salvage", rc, clean);
    if (!rc) OK(ls_check(to, NULL, NULL, &report, &err));
    if (!rc) assert_int_equal(report.documents, saved.documents);
    remove_folder(to);
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.clock = read_clock;
    rc = ls_writer_open(&w, index_path, &o, &err);
    answered("writer", rc, clean);
    if (rc) return;
    if (!rc) answered("add", rc = add_doc(w, "d5", "another text for it", 0, NULL, &err), clean);
    if (!rc) answered("merge", rc = ls_merge(w, 1, &err), clean);
    if (!rc) answered("commit", rc = ls_commit(w, NULL, &err), clean);
    ls_writer_close(w);
    if (clean && !rc) OK(ls_check(index_path, NULL, NULL, &report, &err));
}

static void judge(unsigned turn)
{
    LS_INIT(ls_check_report, report);
    image_put();
    int rc = ls_check(index_path, NULL, NULL, &report, &err);
    bool clean = rc == LS_OK;
    assert_true(clean ? report.faults == 0 : is_refusal(rc) || rc == LS_NOTFOUND);
    sound += clean;
    refused += !clean;
    read_all(turn, clean);
    if (turn % 4 == 0) write_all(clean);
}

/* ---- the lies ---- */

static void lie(uint8_t *p, size_t room, unsigned how)
{
    static const uint32_t numbers[] = {0, 1, 0x7FFFFFFF, 0xFFFFFFFF};
    switch (how % 6) {
    case 0:
        *p = (uint8_t)(*p + 1);
        break;
    case 1:
        *p ^= 0x80;
        break;
    case 2:
        *p = 0;
        break;
    case 3:
        *p = (uint8_t)(*p - 1);
        break;
    case 4:
        *p = 0xFF;
        break;
    default:
        if (room >= 4) lsi_set32(p, numbers[how / 6 % 4]);
    }
}

static uint64_t places = 6, seed = 1;
static unsigned turn;

static void judge_lie(const image *f)
{
    if (!memcmp(f->now, f->was, f->bytes)) return;
    seal_all();
    judge(++turn);
}

typedef void section_fn(const image *f, size_t from, size_t bytes);

static void for_sections(section_fn *fn)
{
    turn = sound = refused = passed_reads = refused_reads = 0;
    build();
    image_load();
    image_reset();
    judge(0); /* nothing is wrong, and nothing is refused */
    assert_true(sound == 1 && !refused_reads);
    for (size_t i = 0; i < file_count; i++) {
        const uint8_t *table = files[i].was + lsi_get64(files[i].was + HEADER_TABLE);
        of_schema = !strncmp(files[i].name, "MANIFEST", 8);
        for (uint32_t s = 0; s < lsi_get32(files[i].was + HEADER_COUNT); s++) {
            const uint8_t *e = table + s * FRAME_ENTRY_BYTES;
            fn(&files[i], (size_t)lsi_get64(e + ENTRY_OFFSET), (size_t)lsi_get64(e + ENTRY_BYTES));
        }
    }
    image_free();
    print_message("%u lies: %u passed by check, %u not; %u reads answered, %u refused\n", turn, sound - 1, refused,
                  passed_reads, refused_reads);
    assert_true(refused > turn / 4);
}

static void some_places(const image *f, size_t from, size_t bytes)
{
    static uint64_t x;
    if (!x) x = 88172645463325252ull + seed;
    for (uint64_t k = 0; bytes && k < places; k++) { /* the first bytes often: there numbers and offsets stand */
        size_t at = k % 2 ? random_next(&x) % bytes : random_next(&x) % (bytes < 48 ? bytes : 48);
        image_reset();
        lie(f->now + from + at, bytes - at, (unsigned)(random_next(&x) >> 20));
        judge_lie(f);
    }
}

static void each_number(const image *f, size_t from, size_t bytes)
{
    const size_t step = places < 64 ? 96 : 4; /* the short form takes every 24th */
    if (bytes > 1024) return;
    for (size_t at = places < 64 ? from / 64 % 24 * 4 : 0; at + 4 <= bytes; at += step) {
        uint32_t was = lsi_get32(f->was + from + at), numbers[] = {0, was + 1, was - 1, 0x7FFFFFFF, 0xFFFFFFFF};
        for (size_t k = at / 4 % 2; k < sizeof numbers / sizeof *numbers; k += places < 64 ? 2 : 1) {
            image_reset();
            lsi_set32(f->now + from + at, numbers[k]);
            judge_lie(f);
        }
    }
}

static void sections(void **state)
{
    (void)state;
    for_sections(some_places);
}

static void small_sections(void **state)
{
    (void)state;
    for_sections(each_number);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(sections, index_clean),
                                       cmocka_unit_test_teardown(small_sections, index_clean)};
    if (argc > 1) places = strtoull(argv[1], NULL, 10);
    if (argc > 2) seed = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
