/* t_codec_refused_lists.c — streams and posting lists: bytes written by hand, each wrong in one way that chance hardly
 * finds, and calls that their writers and readers must refuse, beside what is right. */
#include "tests/codec_util.h"

#include "libsearch/codec/positions.h"
#include "libsearch/util/simd.h"

static ls_error err;

static uint8_t *bytes_of(const lsi_section *s)
{
    uint8_t *p;
    memcpy(&p, &s->base, sizeof p);
    return p;
}

/* ---- streams, postings ---- */

static void test_streams(void **state)
{
    static uint32_t values[600], got[600];
    static lsi_stream s;
    lsi_stream_writer *w;
    uint64_t at;
    out o;
    (void)state;
    for (uint32_t i = 0; i < 600; i++) values[i] = UINT32_MAX;
    out_init(&o);
    OK(lsi_stream_writer_new(&w, o.sink, &err));
    lsi_stream_begin(w);
    lsi_stream_add_all(w, values, 600);
    OK(lsi_stream_end(w, &at, &err));
    lsi_stream_begin(w);
    lsi_stream_add_all(w, values, 600);
    lsi_sink_put8(o.sink, 1); /* between its blocks */
    uint64_t second;
    WANT(lsi_stream_end(w, &second, &err), LS_MISUSE);
    lsi_stream_writer_free(w);
    lsi_section sec = out_section(&o);
    OK(lsi_stream_verify(&sec, at, 600, &err));
    OK(lsi_stream_open(&s, &sec, at, 600, &err));
    OK(lsi_stream_read(&s, 0, 600, got, &err));
    assert_memory_equal(got, values, sizeof got);
    WANT(lsi_positions_read(&s, 0, 2, got, &err), LS_CORRUPT); /* their sum is larger than any number */
    WANT(lsi_positions_read(&s, 0, 1, got, &err), LS_CORRUPT); /* no document has so many words */
    WANT(lsi_stream_read(&s, 599, 2, got, &err), LS_CORRUPT);
    WANT(lsi_stream_open(&s, &sec, at, (uint64_t)1 << 32, &err), LS_CORRUPT);
    OK(lsi_stream_open(&s, NULL, 0, 5, &err)); /* all 0 */
    OK(lsi_positions_read(&s, 0, 5, got, &err));
    assert_int_equal(got[4], 0);
    WANT(lsi_stream_read(&s, 5, 1, got, &err), LS_CORRUPT);
    section_free(&sec);
}

static int write_list(const uint32_t (*docs)[3], size_t n, lsi_list *list)
{
    lsi_postings_writer *w;
    out o[3];
    for (int i = 0; i < 3; i++) out_init(&o[i]);
    OK(lsi_postings_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, 100, NULL, &err));
    lsi_postings_begin(w);
    for (size_t i = 0; i < n; i++) lsi_postings_add(w, docs[i][0], docs[i][1], docs[i][2]);
    int rc = lsi_postings_end(w, list, &err);
    lsi_postings_begin(w); /* as if nothing had been */
    lsi_postings_add(w, 3, 1, 1);
    if (!rc) OK(lsi_postings_end(w, list, &err));
    lsi_postings_writer_free(w);
    for (int i = 0; i < 3; i++) out_free(&o[i]);
    return rc;
}

static void test_postings(void **state)
{
    static const struct {
        uint32_t docs[2][3];
        int rc;
    } rows[] = {
        {{{1, 1, 1}, {2, 1, 1}}, LS_OK},
        {{{2, 1, 1}, {2, 1, 1}}, LS_MISUSE},
        {{{2, 1, 1}, {1, 1, 1}}, LS_MISUSE},
        {{{1, 1, 1}, {100, 1, 1}}, LS_MISUSE},
        {{{1, 0, 1}, {2, 1, 1}}, LS_LIMIT},
        {{{1, 1, 0}, {2, 1, 1}}, LS_LIMIT},
        {{{1, (uint32_t)INT32_MAX + 1, 1}, {2, 1, 1}}, LS_LIMIT},
        {{{1, 1, (uint32_t)INT32_MAX + 1}, {2, 1, 1}}, LS_LIMIT},
    };
    static const struct {
        uint32_t n[2], tf[2]; /* of documents 1 and 2 */
    } lie[] = {{{1, 1}, {1, 1}}, {{0, 2}, {1, 1}}, {{1, 1}, {1, 0}}};
    lsi_list list;
    lsi_postings_writer *w;
    lsi_section none = section_of("", 0);
    lsi_postings_sections at = {&none, &none, &none, 100};
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(rows); i++) WANT(write_list(rows[i].docs, 2, &list), rows[i].rc);
    WANT(lsi_postings_writer_new(&w, NULL, NULL, NULL, LSI_SEGMENT_DOCS_MAX + 1, NULL, &err), LS_LIMIT);
    for (size_t i = 0; i < LSI_COUNTOF(lie); i++) {
        list = (lsi_list){.df = 2, .cf = 2, .max_impact = 1, .inline_count = 2, .inline_doc = {1, 2}};
        memcpy(list.inline_n, lie[i].n, sizeof lie[i].n);
        memcpy(list.inline_tf, lie[i].tf, sizeof lie[i].tf);
        WANT(lsi_postings_verify(&at, &list, NULL, &err), i ? LS_CORRUPT : LS_OK);
    }
    section_free(&none);
}

/* A list of 300 documents: told to be less than it is. */
static void test_long_list(void **state)
{
    lsi_postings_writer *w;
    lsi_list list;
    out o[3];
    (void)state;
    for (int i = 0; i < 3; i++) out_init(&o[i]);
    OK(lsi_postings_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, 3000, NULL, &err));
    lsi_postings_begin(w);
    for (uint32_t d = 0; d < 300; d++) lsi_postings_add(w, d * 10, 1, 1);
    OK(lsi_postings_end(w, &list, &err));
    lsi_postings_writer_free(w);
    lsi_section s[3] = {out_section(&o[0]), out_section(&o[1]), out_section(&o[2])};
    lsi_postings_sections at = {&s[0], &s[1], &s[2], 3000};
    OK(lsi_postings_verify(&at, &list, NULL, &err));
    lsi_impact_model no_norms = {.norms = NULL};
    OK(lsi_postings_verify(&at, &list, &no_norms, &err));
    uint8_t impact = list.max_impact;
    list.max_impact = 0;
    WANT(lsi_postings_verify(&at, &list, NULL, &err), LS_CORRUPT);
    list.max_impact = impact;
    list.cf++;
    WANT(lsi_postings_verify(&at, &list, NULL, &err), LS_CORRUPT);
    list.cf--;
    list.has_ranges = !list.has_ranges;
    if (list.has_ranges) WANT(lsi_postings_verify(&at, &list, NULL, &err), LS_CORRUPT);
    else OK(lsi_postings_verify(&at, &list, NULL, &err));
    for (int i = 0; i < 3; i++) section_free(&s[i]);
}

/* A list of five with gaps of 2^30: the fourth is 2^32 - 1, the last where the first was. */
static void test_falling_list(void **state)
{
    static const lsi_list list = {.df = 5, .cf = 5, .max_impact = 1};
    static lsi_postings p;
    uint8_t bytes[21];
    (void)state;
    memset(bytes, 0xff, sizeof bytes);
    bytes[0] = 30; /* bits a gap; no counts, no adjustments */
    bytes[1] = 0;
    lsi_section s = section_of(bytes, sizeof bytes), none = section_of("", 0);
    lsi_postings_sections at = {&none, &s, &none, LSI_SEGMENT_DOCS_MAX};
    WANT(lsi_postings_open(&p, &at, &list, &err), LS_CORRUPT);
    assert_non_null(strstr(err.message, "rising documents"));
    memset(bytes_of(&s) + 2, 0, sizeof bytes - 2);
    OK(lsi_postings_open(&p, &at, &list, &err));
    assert_int_equal(p.docs[4], 4);
    section_free(&s);
    section_free(&none);
}

/* A list kept as a bit a document, and what is asked of it behind its back. */
static void test_bits_list(void **state)
{
    static lsi_postings p;
    lsi_postings_writer *w;
    lsi_list list;
    lsi_doc first, far = 400;
    const uint8_t *bits;
    uint8_t at_bits[1], ones[128];
    out o[3];
    (void)state;
    memset(ones, 0xff, sizeof ones);
    for (int i = 0; i < 3; i++) out_init(&o[i]);
    OK(lsi_postings_writer_new(&w, o[0].sink, o[1].sink, o[2].sink, 3000, &(lsi_impact_model){.norms = NULL}, &err));
    lsi_postings_begin(w);
    for (uint32_t d = 0, i = 0; i < 300; i++, d += i % 8 ? 1 : 7) lsi_postings_add(w, d, 1, 1);
    OK(lsi_postings_end(w, &list, &err));
    lsi_postings_writer_free(w);
    lsi_section s[3] = {out_section(&o[0]), out_section(&o[1]), out_section(&o[2])}, none = section_of("", 0);
    lsi_postings_sections at = {&s[0], &s[1], &s[2], 3000};
    OK(lsi_postings_open(&p, &at, &list, &err));
    assert_true(lsi_postings_is_bits(&p, 0));
    OK(lsi_postings_as_bits(&p, 0, &bits, &first, &err));
    assert_true(bits && first == 0);
    for (int level = 0; level <= LSI_SIMD_LEVELS; level++) {
        lsi_doc eighth = 7; /* 0 to 7, then 14 to 21 */
        lsi_simd_limit((lsi_simd)level);
        OK(lsi_postings_ranks(&p, 0, bits, first, &eighth, 1, at_bits, &err));
        assert_int_equal(at_bits[0], 7);
        WANT(lsi_postings_ranks(&p, 0, ones, 0, &far, 1, at_bits, &err), LS_CORRUPT); /* 400 before it, of 256 */
    }
    lsi_simd_limit(LSI_SIMD_LEVELS);
    p.at.blocks = &none;
    WANT(lsi_postings_as_bits(&p, 0, &bits, &first, &err), LS_CORRUPT);
    p.at.doc_count = 10;
    WANT(lsi_postings_as_bits(&p, 0, &bits, &first, &err), LS_CORRUPT);
    for (uint64_t n = 1, over = 0; !over; n++) {
        lsi_alloc_fail_at(n, false);
        int rc = lsi_postings_verify(&at, &list, NULL, &err);
        over = lsi_alloc_fail_at(0, false) < n;
        assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
        assert_true(!over || n > 2);
    }
    for (int i = 0; i < 3; i++) section_free(&s[i]);
    section_free(&none);
}

/* No allocation of a writer of streams fails unseen, whichever way the values come. */
static void test_streams_without_memory(void **state)
{
    static uint32_t values[1024], map[1024];
    (void)state;
    for (uint32_t i = 0; i < 1024; i++) values[i] = map[i] = i;
    for (int way = 0; way < 3; way++)
        for (uint64_t n = 1, over = 0; !over; n++) {
            lsi_stream_writer *w = NULL;
            uint64_t at;
            out o;
            out_init(&o);
            lsi_alloc_fail_at(n, true);
            int rc = lsi_stream_writer_new(&w, o.sink, &err);
            if (!rc) {
                lsi_stream_begin(w);
                if (way == 0) lsi_stream_add_all(w, values, 1024);
                if (way == 1) lsi_stream_add_mapped(w, values, map, 1024);
                for (uint32_t i = 0; way == 2 && i < 1024; i++) lsi_stream_add(w, i);
                rc = lsi_stream_end(w, &at, &err);
            }
            lsi_stream_writer_free(w);
            over = lsi_alloc_fail_at(0, false) < n;
            assert_int_equal(rc, over ? LS_OK : LS_NOMEM);
            out_free(&o);
        }
    OK(lsi_stream_verify(NULL, 0, 5, &err)); /* all 0 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),   cmocka_unit_test(test_postings),
        cmocka_unit_test(test_long_list), cmocka_unit_test(test_falling_list),
        cmocka_unit_test(test_bits_list), cmocka_unit_test(test_streams_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
