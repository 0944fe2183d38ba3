/* corrupt_codec.c — every structure of the codec room, small, of fixed draws: each byte of it set to other values, and each
 * look at it finding damage in turn. Every answer is right or LS_CORRUPT with a place; what verify lets pass is read
 * without a refusal (tests/codec_kinds.h). And numbers that lie in just one way, each refused by the words it is to be
 * refused with. */
#include "tests/codec_kinds.h"

#include "libsearch/codec/leap.h"

enum { DRAWS = 20261122, USES = 977 }; /* where the draws of making and of using begin */

static ls_error err;

static int use(const kind *k, const thing *t, uint64_t draws)
{
    random_state = draws;
    memset(&err, 0, sizeof err);
    int rc = k->use(t, &err);
    if (rc && rc != LS_CORRUPT) fail_msg("%s: damage is told as %d: %s", k->name, rc, err.message);
    if (rc && (err.code != LS_CORRUPT || !err.message[0])) fail_msg("%s: damage is not told", k->name);
    return rc;
}

/* ---- bytes ---- */

static const uint8_t *damages(uint8_t was)
{
    static uint8_t v[8];
    const uint8_t to[] = {0, 1, 0x7f, 0xff, was ^ 1, was ^ 0x80, (uint8_t)(was + 1), (uint8_t)(was - 1)};
    memcpy(v, to, sizeof v);
    return v;
}

/* Gives how many of the damages were told. */
static unsigned long damage_all(const kind *k, const thing *t)
{
    unsigned long told = 0;
    for (int i = 0; i < t->sections; i++) {
        uint8_t *p;
        memcpy(&p, &t->s[i].base, sizeof p);
        size_t n = (size_t)t->s[i].bytes, step = n / 60 + 1;
        for (size_t at = 0; at < n; at += n - at < 32 || at < 32 ? 1 : step) { /* heads and tails whole */
            uint8_t was = p[at];
            const uint8_t *to = damages(was);
            for (int v = 0; v < 8; v++) {
                p[at] = to[v];
                told += use(k, t, USES + at) != LS_OK;
            }
            p[at] = was;
        }
    }
    return told;
}

static void test_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(kinds); i++) {
        unsigned long told = 0;
        random_state = DRAWS;
        for (int r = 0; r < (i ? 3 : 12); r++) { /* postings have many forms */
            thing t = {.offset = 0};
            scale = r % 3 == 0 ? 600 : r % 3 == 1 ? 40 : 6;
            OK(kinds[i].make(&t, &err));
            uint64_t draws = random_state;
            assert_int_equal(use(&kinds[i], &t, USES), LS_OK);
            told += damage_all(&kinds[i], &t);
            assert_int_equal(use(&kinds[i], &t, USES), LS_OK); /* as it was */
            for (int s = 0; s < t.sections; s++) section_free(&t.s[s]);
            random_state = draws;
        }
        print_message("%s: %lu told\n", kinds[i].name, told);
        assert_true(told);
    }
}

/* ---- looks ---- */

/* The structure in a file of its own, whose looks can be made to fail. */
static lsi_frame *in_a_file(const thing *t, thing *there)
{
    char path[] = "/tmp/corrupt_codec.XXXXXX", file[64];
    lsi_dir *dir;
    lsi_frame_writer *w;
    lsi_frame *f;
    uint64_t bytes, sum;
    *there = *t;
    assert_non_null(mkdtemp(path));
    OK(lsi_dir_open(&dir, path, &err));
    OK(lsi_frame_create(&w, dir, "thing", LSI_FILE_SEGMENT, 1, &err));
    for (int i = 0; i < t->sections; i++) {
        lsi_sink *s = lsi_frame_section(w, (uint32_t)i + 1, false);
        if (t->s[i].bytes) lsi_sink_put(s, t->s[i].base, (size_t)t->s[i].bytes);
    }
    OK(lsi_frame_finish(w, false, &bytes, &sum, &err));
    OK(lsi_frame_open(&f, dir, "thing", LSI_FILE_SEGMENT, true, bytes, sum, &err));
    for (int i = 0; i < t->sections; i++) there->s[i] = *lsi_frame_find(f, (uint32_t)i + 1);
    snprintf(file, sizeof file, "%s/thing", path);
    lsi_dir_close(dir);
    unlink(file);
    rmdir(path);
    return f;
}

/* The first and the last 120 looks one by one, fifty between: a fault ends what asked for the bytes, and nothing else. */
static void test_looks(void **state)
{
    (void)state;
    one_look_fails = true;
    for (size_t i = 0; i < LSI_COUNTOF(kinds); i++) {
        random_state = DRAWS + 1;
        for (int r = 0; r < (i ? 3 : 12); r++) { /* postings have many forms */
            thing t = {.offset = 0}, there;
            scale = r % 3 == 0 ? 600 : r % 3 == 1 ? 40 : 6;
            OK(kinds[i].make(&t, &err));
            uint64_t draws = random_state, looks;
            lsi_frame *f = in_a_file(&t, &there);
            lsi_section_fail_at(UINT64_MAX);
            assert_int_equal(use(&kinds[i], &there, USES), LS_OK);
            looks = lsi_section_fail_at(0);
            for (uint64_t n = 1; n <= looks; n += n < 120 || n + 120 > looks ? 1 : 1 + looks / 50) {
                lsi_section_fail_at(n);
                int rc = use(&kinds[i], &there, USES);
                lsi_section_fail_at(0);
                if (rc != LS_CORRUPT) fail_msg("%s: look %lu of %lu: not told", kinds[i].name, (long)n, (long)looks);
                assert_int_not_equal(err.offset, UINT64_MAX);
            }
            print_message("%s: %lu looks\n", kinds[i].name, (long)looks);
            lsi_frame_close(f);
            for (int s = 0; s < t.sections; s++) section_free(&t.s[s]);
            random_state = draws;
        }
    }
    one_look_fails = false;
}

/* ---- each look of one call ---- */

/* Spellings whose first eight letters are the same in all blocks, so that the way forward tells them apart by the blocks. */
static uint32_t alike(uint8_t *to, uint32_t i)
{
    return (uint32_t)sprintf((char *)to, "aaaaaaaaaaaa%06u%.*s", i, (int)(i % 23), "zzzzzzzzzzzzzzzzzzzzzzz");
}

static int go_forward(const lsi_forms *f, uint32_t from, uint32_t to, lsi_forms_iter *it)
{
    uint8_t text[64];
    uint32_t n = alike(text, from);
    lsi_forms_iter_init(it, f);
    int rc = lsi_forms_iter_find(it, text, n, &err);
    if (!rc) rc = lsi_forms_iter_next(it, &err);
    if (rc < 0) return rc;
    n = alike(text, to);
    rc = lsi_forms_iter_forward(it, text, n, &err);
    if (rc || (rc = lsi_forms_iter_next(it, &err)) < 0) return rc;
    assert_true(rc == 1 && it->at.term == to && it->at.folded_len == n && !memcmp(it->at.folded, text, n));
    return LS_OK;
}

static void test_forward(void **state)
{
    enum { ENTRIES = 700 };
    thing t = {.sections = 2}, there;
    lsi_forms_writer *w;
    lsi_forms forms;
    lsi_forms_iter it;
    out o[2];
    unsigned failed = 0;
    (void)state;
    OK(begin(o, 2, &err));
    OK(lsi_forms_writer_new(&w, o[0].sink, o[1].sink, &err));
    for (uint32_t i = 0; i < ENTRIES; i++) {
        uint8_t text[64];
        uint32_t n = alike(text, i);
        OK(lsi_forms_writer_add(w, &(lsi_form){text, text, n, n, i, 0, 1}, &err));
    }
    OK(lsi_forms_writer_end(w, &err));
    lsi_forms_writer_free(w);
    finish(&t, o, 2, LS_OK);
    lsi_frame *f = in_a_file(&t, &there);
    lsi_section_fail_at(UINT64_MAX); /* no chunk stays verified */
    OK(lsi_forms_open(&forms, &there.s[0], &there.s[1], &err));
    for (uint32_t from = 0; from < 60; from += 7)
        for (uint32_t to = from + 1; to < ENTRIES; to += 1 + to / 3)
            for (uint64_t n = 1, more = 1; more; n++) {
                lsi_section_fail_at(n);
                int rc = go_forward(&forms, from, to, &it);
                more = lsi_section_fail_at(UINT64_MAX) >= n;
                assert_int_equal(rc, more ? LS_CORRUPT : LS_OK);
                lsi_forms_iter_clear(&it);
                failed += rc != 0;
            }
    lsi_section_fail_at(0);
    assert_true(failed > 500);
    lsi_frame_close(f);
    for (int i = 0; i < 2; i++) section_free(&t.s[i]);
}

/* Of one keyword a document, and of several. */
static void test_keyword_looks(void **state)
{
    static const uint8_t *const w = (const uint8_t *)"abcdef";
    (void)state;
    for (uint32_t several = 0; several < 2; several++) {
        thing t = {.sections = 1}, there;
        lsi_keyword_pair p[8];
        lsi_keywords k;
        uint64_t offset;
        unsigned failed = 0;
        out o[1];
        OK(begin(o, 1, &err));
        for (uint32_t i = 0; i < 8; i++)
            p[i] = (lsi_keyword_pair){w + i / 2, w + i / 2, 1, 1, several ? i % 2 * 3 : i};
        OK(lsi_keywords_write(o[0].sink, p, 8, 9, &offset, &err));
        finish(&t, o, 1, LS_OK);
        lsi_frame *f = in_a_file(&t, &there);
        lsi_section_fail_at(UINT64_MAX); /* no chunk stays verified */
        OK(lsi_keywords_open(&k, &there.s[0], offset, &err));
        assert_true(k.single == !several);
        for (uint64_t n = 1, more = 1; more; n++) {
            lsi_section_fail_at(n);
            int rc = lsi_keywords_verify(&k, &err);
            more = lsi_section_fail_at(UINT64_MAX) >= n;
            assert_int_equal(rc, more ? LS_CORRUPT : LS_OK);
            failed += rc != 0;
        }
        lsi_section_fail_at(0);
        assert_true(failed > 30);
        lsi_frame_close(f);
        section_free(&t.s[0]);
    }
}

/* The dictionary of stored documents is read with the first document, however that ends. */
static void test_dictionary(void **state)
{
    static const char words[] = "election reported minister weather ";
    static uint8_t text[2000];
    lsi_stored_writer *w;
    lsi_stored *s;
    lsi_buf b;
    thing t = {.sections = 3}, there;
    out o[3];
    int rc = LS_CORRUPT, faults = -1;
    (void)state;
    random_state = DRAWS;
    lsi_buf_init(&b, 0);
    OK(begin(o, 3, &err));
    OK(lsi_stored_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, &err));
    for (int i = 0; i < 700; i++) {
        for (size_t k = 0; k < sizeof text; k += 8) memcpy(text + k, &words[below(27)], 8);
        OK(lsi_stored_writer_add(w, text, sizeof text, 0, &err));
    }
    OK(lsi_stored_writer_end(w, &err));
    lsi_stored_writer_free(w);
    finish(&t, o, 3, LS_OK);
    assert_true(t.s[2].bytes);
    lsi_frame *f = in_a_file(&t, &there);
    for (uint64_t n = 1; rc == LS_CORRUPT; n++, faults++) {
        lsi_buf_reset(&b);
        OK(lsi_stored_open_unread(&s, &there.s[0], &there.s[1], &there.s[2], 700, &err));
        lsi_section_fail_at(n);
        rc = lsi_stored_get(s, 699, &b, &err);
        lsi_section_fail_at(0);
        if (rc) assert_int_equal(b.len, 0);
        lsi_stored_close(s);
    }
    assert_int_equal(rc, LS_OK);
    assert_memory_equal(b.data, text, sizeof text);
    assert_int_equal(faults, 4); /* offsets twice, the document, the dictionary */
    lsi_buf_clear(&b);
    lsi_frame_close(f);
    for (int i = 0; i < 3; i++) section_free(&t.s[i]);
}

/* ---- records of lists ---- */

#define MANY "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" /* the largest number */
#define OVER "\x80\x80\x80\x80\x10"                     /* 2^32 */
#define FULL "\xff\xff\xff\xff\x0f"                     /* 2^32 - 1 */

static void test_records(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        bool right;
    } rows[] = {
        {"\x08\x15\x5A\x07\x01\x00\x01\x00\x08\xC8\x01", 10, false}, /* the example, cut short */
        {"\x08\x15\x5A\x07\x01\x00\x01\x00\x08\xC8\x01", 11, true},  /* the example */
        {"", 0, false},
        {"\x80", 1, false},
        {"\x00", 1, true},                                  /* no list, one form */
        {"\x03", 1, false},                                 /* how many forms? */
        {"\x03\x09", 2, true},                              /* 9 */
        {"\x03" OVER, 6, false},                            /* too many */
        {"\x88\x80\x80\x80\x10\x00\x01\x00", 8, false},     /* documents: 2^30 + 2 */
        {MANY, 10, false},                                  /* documents */
        {"\x04", 1, false},                                 /* and? */
        {"\x04\x00", 2, false},                             /* what impact? */
        {"\x04\x80", 2, false},                             /* bits cut */
        {"\x04\x00\x01", 3, false},                         /* which document? */
        {"\x04\x00\x01\x05", 4, true},                      /* number 5 */
        {"\x04\x02\x01\x05\x00", 5, false},                 /* ranges of one document */
        {"\x04" MANY "\x01\x05\x00", 14, false},            /* counts of more than 2^32 */
        {"\x04\x00\x01" OVER, 8, false},                    /* a document's number too large */
        {"\x04\x00\x01" FULL, 8, true},                     /* is for others to judge */
        {"\x08\x00\x01" FULL "\x00", 9, false},             /* the next is larger */
        {"\x04\x10\x01\x05", 4, false},                     /* what count? */
        {"\x04\x10\x01\x05\x01", 5, true},                  /* 2 */
        {"\x04\x10\x01\x05\xff\xff\xff\xff\x07", 9, false}, /* 2^31 */
        {"\x04\x01\x01\x05", 4, false},                     /* what adjustment? */
        {"\x04\x01\x01\x05\x02", 5, true},                  /* + 1 */
        {"\x04\x01\x01\x05\x01", 5, false},                 /* - 1: scored 0 times */
        {"\x04\x01\x01\x05" OVER, 9, false},                /* more than any count */
        {"\x04\x01\x01\x05\xfe\xff\xff\xff\x0f", 9, false}, /* a scored 2^31 */
        {"\x10\x00\x01", 3, false},                         /* four: where are the blocks? */
        {"\x10\x00\x01\x04", 4, true},                      /* at 2 */
        {"\x10\x02\x01\x04", 4, false},                     /* where are the ranges? */
        {"\x84\x08\x00\x01\x04", 5, false},                 /* 257: where are the facts? */
        {"\x84\x08\x00\x01\x04\x00", 6, true},              /* at 0 */
        {"\x10\x04\x01\x04", 4, false},                     /* where are the positions? */
        {"\x10\x08\x01\x04", 4, false},                     /* where are the forms? */
        {"\x10\x0c\x01\x04\x00\x00", 6, true},              /* both at 0 */
    };
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(rows); i++) {
        lsi_record_base base = {0};
        lsi_list l;
        uint32_t forms;
        lsi_section s = section_of(rows[i].bytes, rows[i].n); /* the address sanitizer watches its end */
        const uint8_t *end = lsi_record_get(s.base, s.base + rows[i].n, &base, &l, &forms);
        if (!end == rows[i].right) fail_msg("record %zu", i);
        if (rows[i].right) assert_ptr_equal(end, s.base + rows[i].n);
        memset(&base, 0, sizeof base);
        end = lsi_record_skip(s.base, s.base + rows[i].n, &base); /* looks no closer than it must */
        if (rows[i].right) assert_ptr_equal(end, s.base + rows[i].n);
        assert_true(!end || end <= s.base + rows[i].n);
        section_free(&s);
    }
}

/* ---- records that a list is opened with ---- */

static void test_lists(void **state)
{
    static const lsi_list lists[] = {
        {.df = 101, .cf = 101},                                      /* of 100 documents */
        {.df = 2, .cf = 1, .inline_count = 2, .inline_doc = {1, 2}}, /* fewer than one each */
        {.df = 2, .cf = UINT64_MAX, .inline_count = 2},              /* too many */
        {.df = 2, .cf = 2, .inline_count = 2, .has_ranges = 1},      /* ranges of a short one */
        {.df = 4, .cf = 4, .inline_count = 4},                       /* more than fit */
        {.df = 3, .cf = 3, .inline_count = 2},                       /* neither two nor three */
        {.df = 2, .cf = 2, .inline_count = 2, .inline_doc = {5, 5}, .inline_n = {1, 1}, .inline_tf = {1, 1}},
        {.df = 1, .cf = 1, .inline_count = 1, .inline_doc = {100}, .inline_n = {1}, .inline_tf = {1}},
        {.df = 1, .cf = 2, .inline_count = 1, .inline_doc = {5}, .inline_n = {1}, .inline_tf = {1}},
    };
    lsi_section none = section_of("", 0);
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(lists); i++) {
        lsi_postings_sections at = {&none, &none, &none, 100};
        static lsi_postings p;
        WANT(lsi_postings_open(&p, &at, &lists[i], &err), LS_CORRUPT);
        WANT(lsi_postings_verify(&at, &lists[i], NULL, &err), LS_CORRUPT);
    }
    lsi_list one = {
        .df = 1, .cf = 1, .max_impact = 1, .inline_count = 1, .inline_doc = {5}, .inline_n = {1}, .inline_tf = {1}};
    lsi_postings_sections at = {&none, &none, &none, 100};
    OK(lsi_postings_verify(&at, &one, NULL, &err));
    at.doc_count = LSI_SEGMENT_DOCS_MAX + 1;
    WANT(lsi_postings_verify(&at, &one, NULL, &err), LS_CORRUPT);
    section_free(&none);
}

/* ---- what there is not ---- */

static int ask_beyond(size_t i, const thing *t)
{
    static int64_t values[LSI_COLUMN_BLOCK];
    static uint64_t bits[64];
    static lsi_postings p;
    const uint8_t *a, *b;
    size_t m, k;
    uint64_t v;
    uint32_t n, past = 1u << 20;
    bool has;
    lsi_buf buf;
    lsi_list l;
    int rc;
    lsi_postings_sections at = {&t->s[0], &t->s[1], &t->s[2], t->doc_count};
    lsi_column c;
    lsi_keywords words;
    lsi_terms terms;
    lsi_stored *s;
    lsi_ids ids;
    lsi_shingles x;
    lsi_buf_init(&buf, 0);
    switch (i) {
    case 0:
        OK(lsi_postings_open(&p, &at, &t->list, &err));
        p.block = UINT32_MAX;
        p.have_counts = false;
        WANT(lsi_postings_counts(&p, &err), LS_MISUSE);
        return lsi_postings_block(&p, past, &err);
    case 2:
        OK(lsi_terms_open(&terms, &t->s[0], &t->s[1], &t->s[2], &err));
        WANT(lsi_terms_list(&terms, past, 0, &l, &err), LS_CORRUPT);
        WANT(lsi_terms_form_count(&terms, past, &n, &err), LS_CORRUPT);
        rc = lsi_terms_get(&terms, past, &buf, &err);
        lsi_buf_clear(&buf);
        return rc;
    case 4:
        OK(lsi_column_open(&c, &t->s[0], t->offset, &err));
        WANT(lsi_column_get(&c, past, &has, values, &err), LS_MISUSE);
        return lsi_column_block(&c, past, values, bits, &n, &err);
    case 5:
        OK(lsi_keywords_open(&words, &t->s[0], t->offset, &err));
        WANT(lsi_keywords_value(&words, past, &a, &m, &b, &k, &err), LS_MISUSE);
        WANT(lsi_keywords_docs(&words, past, 0, 1, &n, 1, &n, &err), LS_MISUSE);
        return lsi_keywords_doc(&words, past, &n, 1, &n, &err);
    case 6:
        OK(lsi_stored_open(&s, &t->s[0], &t->s[1], &t->s[2], t->doc_count, &err));
        rc = lsi_stored_get(s, past, &buf, &err);
        lsi_stored_close(s);
        lsi_stored_close(NULL);
        return rc;
    case 7:
        OK(lsi_ids_open(&ids, &t->s[0], &t->s[1], t->doc_count, &err));
        return lsi_ids_get(&ids, past, &a, &m, &err);
    case 9:
        OK(lsi_shingles_open(&x, &t->s[0], t->doc_count, &err));
        return lsi_shingles_doc(&x, past, &v, NULL, &err);
    default:
        return LS_MISUSE;
    }
}

static void test_beyond(void **state)
{
    (void)state;
    random_state = DRAWS + 2;
    scale = 40;
    for (size_t i = 0; i < LSI_COUNTOF(kinds); i++) {
        thing t = {.offset = 0};
        OK(kinds[i].make(&t, &err));
        WANT(ask_beyond(i, &t),
             i == 2 ? LS_CORRUPT : LS_MISUSE); /* a term's number stands in the dictionary of forms */
        for (int s = 0; s < t.sections; s++) section_free(&t.s[s]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),   cmocka_unit_test(test_looks), cmocka_unit_test(test_forward), cmocka_unit_test(test_keyword_looks),
        cmocka_unit_test(test_dictionary),
        cmocka_unit_test(test_records), cmocka_unit_test(test_lists), cmocka_unit_test(test_beyond),
    };
    print_message("draws from %d\n", DRAWS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
