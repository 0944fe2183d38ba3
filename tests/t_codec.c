/* t_codec.c — packed numbers, exceptions, posting lists, streams: worked examples byte for byte,
 * round trips over adversarial cases, one decoder against the other. */
#include "tests/codec_util.h"

#include "libsearch/codec/norms.h"
#include "libsearch/codec/pack.h"
#include "libsearch/codec/patch.h"
#include "libsearch/codec/positions.h"
#include "libsearch/codec/vint.h"
#include "libsearch/util/bitset.h"
#include "libsearch/util/simd.h"

static ls_error err;

/* ---- util ---- */

static void test_bitset(void **state)
{
    uint64_t w[8] = {0};
    (void)state;
    for (unsigned i = 0; i < 512; i += 7) lsi_bitset_set(w, i);
    for (int k = 0; k < 2000; k++) {
        uint32_t from = below(513), to = below(513), n = 0, first = 0;
        for (uint32_t i = to; i-- > from;)
            if (i % 7 == 0) {
                n++;
                first = i;
            }
        assert_int_equal(lsi_bitset_count(w, from, to), n);
        assert_true(lsi_bitset_next(w, from, to) == (n ? first : LSI_BITSET_NONE));
    }
    lsi_bitset_unset(w, 7);
    assert_false(lsi_bitset_test(w, 7));
    lsi_bitset_fill(w, 3, 200);
    assert_int_equal(lsi_bitset_count(w, 0, 210), 1 + 197 + 1);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(lsi_popcount64(UINT64_MAX >> i), 64 - i);
        assert_int_equal(lsi_popcount64(UINT64_C(0x8000000000000001) ^ UINT64_C(1) << i), i && i < 63 ? 3 : 1);
    }
    assert_int_equal(lsi_popcount64(0), 0);
}

static void test_vint(void **state)
{
    lsi_buf b;
    uint64_t v;
    (void)state;
    lsi_buf_init(&b, 0);
    lsi_vint_put(&b, 300);
    expect_bytes(b.data, b.len, "AC02");
    for (unsigned s = 0; s < 64; s++)
        for (int d = -1; d <= 1; d++) {
            uint64_t x = ((uint64_t)1 << s) + (uint64_t)(int64_t)d;
            lsi_buf_reset(&b);
            lsi_vint_put(&b, x);
            assert_ptr_equal(lsi_vint_get(b.data, b.data + b.len, &v), b.data + b.len);
            assert_true(v == x);
            assert_true(lsi_zigzag(lsi_unzigzag(x)) == x);
            for (size_t cut = 0; cut < b.len; cut++) assert_null(lsi_vint_get(b.data, b.data + cut, &v));
        }
    static const uint8_t wide[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    assert_null(lsi_vint_get(wide, wide + 10, &v));
    assert_true(lsi_zigzag(-1) == 1 && lsi_zigzag(1) == 2 && lsi_zigzag(INT64_MIN) == UINT64_MAX);
    lsi_buf_clear(&b);
}

/* ---- pack ---- */

static void test_pack_example(void **state)
{
    uint32_t v[272] = {1, 2, 3};
    uint8_t packed[64] = {0};
    (void)state;
    lsi_pack_put(packed, v, 3, 5);
    assert_int_equal(packed[0], 0x41);
    assert_int_equal(packed[1], 0x0C);
    for (unsigned i = 0; i < 256; i++) v[i] = i % 8 == 0;
    memset(packed, 0xee, sizeof packed);
    lsi_pack_put(packed, v, 256, 1);
    for (unsigned i = 0; i < 32; i++) assert_int_equal(packed[i], i < 4 ? 0xff : 0);
}

/* Every width, every number of entries, every set of functions; against a reader of single bits. */
static void test_pack_all(void **state)
{
    uint32_t v[256], got[256 + 16], sums[256];
    (void)state;
    lsi_simd best = lsi_simd_limit(LSI_SIMD_LEVELS);
    print_message("packed numbers: levels 0..%d\n", (int)best);
    for (unsigned width = 0; width <= 32; width++)
        for (uint32_t n = 1; n <= 256; n++) {
            uint32_t mask = width == 32 ? UINT32_MAX : ((uint32_t)1 << width) - 1, base = below(1000) - 1;
            size_t bytes = lsi_pack_bytes(n, width);
            uint8_t *p = malloc(bytes + 64);
            assert_non_null(p);
            memset(p, 0xA5, bytes + 64);
            for (uint32_t i = 0; i < n; i++) v[i] = below(3) ? (uint32_t)rnd() & mask : (below(2) ? mask : 0);
            assert_true(lsi_pack_width(v, n) <= width);
            lsi_pack_put(p, v, n, width);
            assert_int_equal(p[bytes], 0xA5);
            for (uint32_t i = 0, s = base; i < n; i++) sums[i] = s += v[i] + 1;
            for (unsigned level = 0; level <= (unsigned)best; level++) {
                assert_int_equal(lsi_simd_limit((lsi_simd)level), level);
                memset(got, 0x5A, sizeof got);
                lsi_pack_get(got, p, n, width);
                assert_memory_equal(got, v, n * sizeof *v);
                lsi_pack_gaps(got, n, base);
                assert_memory_equal(got, sums, n * sizeof *v);
            }
            uint32_t sum = 0;
            for (uint32_t i = 0; i < n; i++) {
                assert_int_equal(lsi_pack_at(p, n, width, i), v[i]);
                assert_int_equal(lsi_pack_sum(v, i), sum);
                sum += v[i];
            }
            free(p);
        }
    lsi_simd_limit(LSI_SIMD_LEVELS);
}

static void test_adjust(void **state)
{
    enum { N = 256 };
    uint32_t v[N + 16], adj[N + 16], got[N + 16];
    (void)state;
    for (uint32_t round = 0; round < 400; round++) {
        uint32_t n = 1 + below(N), bad = round & 1 ? below(n) : n;
        for (uint32_t i = 0; i < n; i++) {
            v[i] = 1 + below(1000);
            int32_t by = (int32_t)below(2000) - (int32_t)v[i] + 1; /* the sum is at least 1 */
            if (i == bad) by = below(2) ? -(int32_t)v[i] : INT32_MAX;
            adj[i] = by < 0 ? 2 * ~(uint32_t)by + 1 : 2 * (uint32_t)by;
        }
        assert_int_equal(lsi_pack_adjust(got, v, adj, n), bad == n);
        for (uint32_t i = 0; i < n; i++) assert_int_equal(got[i], v[i] + (adj[i] & 1 ? ~(adj[i] >> 1) : adj[i] >> 1));
    }
}

static void test_patch_example(void **state)
{
    uint32_t v[4] = {1, 0, 9, 1}, got[4 + 16];
    uint64_t bytes;
    lsi_buf b;
    (void)state;
    lsi_buf_init(&b, 0);
    lsi_patch_put(&b, v, 4, (lsi_patch){1, 1, 3});
    expect_bytes(b.data, b.len, "0D030204");
    lsi_section s = section_of_buf(&b);
    OK(lsi_patch_get(got, &s, 0, 4, 1, 1, &bytes, &err));
    assert_int_equal(bytes, 4);
    assert_memory_equal(got, v, sizeof v);
    section_free(&s);
    lsi_buf_clear(&b);
}

static void test_patch_all(void **state)
{
    uint32_t v[256], got[256 + 16];
    (void)state;
    for (int round = 0; round < 4000; round++) {
        uint32_t n = below(5) ? 1 + below(256) : 256, rare = below(40);
        unsigned low = below(33), high = below(33), most = below(3) ? 32 : 30;
        lsi_buf b;
        lsi_buf_init(&b, 0);
        for (uint32_t i = 0; i < n; i++) {
            unsigned w = rare && below(rare) == 0 ? high : low;
            v[i] = w ? (uint32_t)rnd() >> (32 - w) : 0;
        }
        lsi_patch plan = lsi_patch_plan(v, n, most);
        assert_true(plan.width <= most);
        lsi_patch_put(&b, v, n, plan);
        assert_int_equal(b.len, lsi_patch_bytes(n, plan));
        assert_true(b.len <= lsi_pack_bytes(n, lsi_pack_width(v, n)) || most < 32);
        lsi_section s = section_of_buf(&b);
        uint64_t bytes;
        OK(lsi_patch_get(got, &s, 0, n, plan.width, plan.exceptions, &bytes, &err));
        assert_int_equal(bytes, b.len);
        assert_memory_equal(got, v, n * sizeof *v);
        uint32_t from = below(n), count = below(n - from + 1);
        OK(lsi_patch_some(got, &s, 0, n, plan.width, plan.exceptions, from, count, &err));
        assert_memory_equal(got, v + from, count * sizeof *v);
        section_free(&s);
        lsi_buf_clear(&b);
    }
}

/* ---- norms and impacts ---- */

static void test_norms(void **state)
{
    float k[256], before = -1;
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        float l = lsi_norm_length((uint8_t)c);
        assert_true(l > before);
        assert_int_equal(lsi_norm_encode((uint64_t)l), c);
        before = l;
    }
    for (uint64_t n = 0; n <= 16; n++) assert_true(lsi_norm_length(lsi_norm_encode(n)) == (float)n);
    assert_int_equal(lsi_norm_encode(100), 37);
    assert_int_equal(lsi_norm_encode(1000), 64);
    assert_int_equal(lsi_norm_encode(UINT64_MAX), 255);
    uint8_t last = 0;
    for (uint64_t n = 1; n < (uint64_t)1 << 40; n += 1 + n / 1000) {
        uint8_t c = lsi_norm_encode(n);
        double l = (double)lsi_norm_length(c);
        assert_true(c >= last);
        if (n < (uint64_t)15 << 30)
            assert_true((l > (double)n ? l - (double)n : (double)n - l) * 17 <= (double)n + 0.5);
        last = c;
    }
    lsi_norm_table(k, 1.2, 0.75, 100);
    assert_true(k[0] == (float)(1.2 * 0.25) && k[37] == (float)(1.2 * (0.25 + 0.75 * 104.0 / 100.0)));
    lsi_norm_table(k, 1.2, 0.75, 0);
    assert_true(k[1] == (float)1.2);
}

static void test_impact(void **state)
{
    (void)state;
    assert_int_equal(lsi_impact(1, 0), 255);
    assert_int_equal(lsi_impact(1, 1e30f), 1);
    assert_int_equal(lsi_impact(UINT32_MAX, 1e-20f), 255);
    for (int i = 0; i < 300000; i++) {
        uint32_t tf = 1 + below(below(2) ? 8 : 100000);
        float k = (float)(1 + below(1u << 20)) / (float)(1 + below(4096));
        uint8_t v = lsi_impact(tf, k);
        float f = (float)tf / ((float)tf + k);
        long double exact = 255.0L * tf / ((long double)tf + (long double)k);
        assert_true(v >= 1 && (long double)v >= exact && (double)v >= 255.0 * (double)f);
        assert_true((long double)v <= exact + 1.001L);
    }
}

/* ---- postings ---- */

typedef struct list {
    uint32_t n, doc_count, *doc, *count, *tf;
} list;

static void list_free(list *l)
{
    free(l->doc);
    free(l->count);
    free(l->tf);
}

/* gap: about so many documents between two; kinds of counts 0..3. */
static list make_list(uint32_t n, uint32_t gap, int kind)
{
    list l = {n, 0, calloc(n + 1, 4), calloc(n + 1, 4), calloc(n + 1, 4)};
    uint64_t d = gap > 1 ? below(gap) : 0;
    assert_true(l.doc && l.count && l.tf);
    for (uint32_t i = 0; i < n; i++) {
        assert_true(d < LSI_SEGMENT_DOCS_MAX);
        l.doc[i] = (uint32_t)d;
        d += gap <= 1 ? 1 : 1 + below(below(50) ? gap : gap * 4);
        l.count[i] = kind == 0 ? 1 : 1 + below(below(30) ? 3 : 400);
        if (kind == 3 && !below(500)) l.count[i] = 1 + below(1000000);
        l.tf[i] = l.count[i];
        if (kind >= 2 && !below(kind == 2 ? 20 : 2))
            l.tf[i] = below(2) ? l.count[i] + 2 * below(5) : 1 + below(l.count[i]);
    }
    l.doc_count = (uint32_t)d + below(200);
    if (l.doc_count > LSI_SEGMENT_DOCS_MAX) l.doc_count = LSI_SEGMENT_DOCS_MAX;
    return l;
}

static void check_list(const list *l, const lsi_postings_sections *at, const lsi_list *rec, const lsi_impact_model *m)
{
    lsi_postings *p = malloc(sizeof *p);
    uint32_t i = 0;
    uint64_t stream = 0;
    assert_non_null(p);
    OK(lsi_postings_open(p, at, rec, &err));
    assert_int_equal(p->block_count, (l->n + 255) / 256);
    assert_int_equal(p->ranges != NULL, l->n > 256 && l->n >= l->doc_count / 64);
    for (uint32_t b = 0; b < p->block_count; b++) {
        OK(lsi_postings_block(p, b, &err));
        if (b & 1) OK(lsi_postings_counts(p, &err));
        OK(lsi_postings_tf(p, &err));
        for (uint32_t k = 0; k < p->n; k++, i++) {
            assert_int_equal(p->docs[k], l->doc[i]);
            assert_int_equal(p->counts[k], l->count[i]);
            assert_int_equal(p->tf[k], l->tf[i]);
            assert_int_equal(lsi_postings_stream(p, k), stream);
            stream += l->count[i];
            if (p->ranges) assert_true(p->ranges[l->doc[i] >> 6] > 0);
        }
        for (int k = 0; k < 16; k++) assert_true(p->docs[p->n + (uint32_t)k] == LSI_DOC_END);
        assert_int_equal(lsi_postings_last(p, b), l->doc[i - 1]);
        for (int t = 0; t < 20; t++) {
            uint32_t want = p->docs[0] + below(p->docs[p->n - 1] - p->docs[0] + 3), from = below(p->n + 1), k = from;
            while (k < p->n && p->docs[k] < want) k++;
            assert_int_equal(lsi_postings_lower(p, from, want), k);
        }
    }
    assert_int_equal(i, l->n);
    for (int t = 0; t < 50 && l->n; t++) {
        uint32_t want = below(l->doc_count + 2), from = below(p->block_count + 1), b = from;
        while (b < p->block_count && lsi_postings_last(p, b) < want) b++;
        assert_int_equal(lsi_postings_seek_block(p, from, want), b);
    }
    OK(lsi_postings_verify(at, rec, m, &err));
    free(p);
}

static void round_trip(const list *l)
{
    lsi_impact_model model;
    uint8_t *norms = malloc(l->doc_count + 1);
    out facts, blocks, ranges;
    lsi_postings_writer *w;
    lsi_list rec;
    assert_non_null(norms);
    for (uint32_t d = 0; d < l->doc_count; d++) norms[d] = (uint8_t)(20 + d % 40);
    model.norms = norms;
    lsi_norm_table(model.k, 1.2, 0.75, 60);
    out_init(&facts);
    out_init(&blocks);
    out_init(&ranges);
    lsi_sink_put8(blocks.sink, 0xEE); /* no list begins at 0 */
    OK(lsi_postings_writer_new(&w, facts.sink, blocks.sink, ranges.sink, l->doc_count, &model, &err));
    for (int twice = 0; twice < 2; twice++) { /* the writer leaves nothing behind for the next list */
        lsi_postings_begin(w);
        for (uint32_t i = 0; i < l->n; i++) lsi_postings_add(w, l->doc[i], l->count[i], l->tf[i]);
        OK(lsi_postings_end(w, &rec, &err));
    }
    lsi_postings_writer_free(w);
    assert_int_equal(rec.df, l->n);
    assert_true(rec.positions_offset == LSI_OFFSET_NONE && rec.forms_offset == LSI_OFFSET_NONE);
    lsi_section f = out_section(&facts), b = out_section(&blocks), r = out_section(&ranges);
    lsi_postings_sections at = {&f, &b, &r, l->doc_count};
    check_list(l, &at, &rec, &model);
    section_free(&f);
    section_free(&b);
    section_free(&r);
    free(norms);
}

static void test_postings_sizes(void **state)
{
    static const uint32_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 255, 256, 257, 258, 511, 512, 513, 1000, 5000};
    static const uint32_t gaps[] = {1, 2, 3, 5, 30, 1000, 70000};
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(sizes); i++)
        for (size_t g = 0; g < LSI_COUNTOF(gaps); g++)
            for (int kind = 0; kind < 4; kind++) {
                list l = make_list(sizes[i], gaps[g], kind);
                round_trip(&l);
                list_free(&l);
            }
}

static void test_postings_extremes(void **state)
{
    list l = make_list(300, 1, 0);
    (void)state;
    l.doc_count = LSI_SEGMENT_DOCS_MAX; /* a full run, then the last document that can be */
    l.doc[299] = LSI_SEGMENT_DOCS_MAX - 1;
    l.count[3] = LSI_COUNT_MAX;
    l.tf[3] = 1;
    l.tf[4] = LSI_COUNT_MAX;
    lsi_postings_writer *w;
    out facts, blocks, ranges;
    lsi_list rec;
    out_init(&facts);
    out_init(&blocks);
    out_init(&ranges);
    OK(lsi_postings_writer_new(&w, facts.sink, blocks.sink, ranges.sink, l.doc_count, NULL, &err));
    for (uint32_t i = 0; i < l.n; i++) lsi_postings_add(w, l.doc[i], l.count[i], l.tf[i]);
    OK(lsi_postings_end(w, &rec, &err));
    assert_int_equal(rec.max_impact, 255);
    /* what a writer refuses, and that it then works again */
    lsi_list none;
    lsi_postings_begin(w);
    lsi_postings_add(w, 5, 1, 1);
    lsi_postings_add(w, 5, 1, 1);
    assert_int_equal(lsi_postings_end(w, &none, &err), LS_MISUSE);
    lsi_postings_begin(w);
    lsi_postings_add(w, l.doc_count, 1, 1);
    assert_int_equal(lsi_postings_end(w, &none, &err), LS_MISUSE);
    lsi_postings_begin(w);
    lsi_postings_add(w, 1, 0, 1);
    assert_int_equal(lsi_postings_end(w, &none, &err), LS_LIMIT);
    lsi_postings_begin(w);
    lsi_postings_add(w, 1, LSI_COUNT_MAX, 1);
    lsi_postings_add(w, 2, LSI_COUNT_MAX, 1);
    lsi_postings_add(w, 3, 2, 1);
    assert_int_equal(lsi_postings_end(w, &none, &err), LS_LIMIT);
    lsi_postings_begin(w);
    assert_int_equal(lsi_postings_end(w, &none, &err), LS_OK);
    assert_int_equal(none.df, 0);
    lsi_postings_writer_free(w);
    lsi_section f = out_section(&facts), b = out_section(&blocks), r = out_section(&ranges);
    lsi_postings_sections at = {&f, &b, &r, l.doc_count};
    check_list(&l, &at, &rec, NULL);
    section_free(&f);
    section_free(&b);
    section_free(&r);
    list_free(&l);
    assert_int_equal(lsi_postings_writer_new(&w, NULL, NULL, NULL, LSI_SEGMENT_DOCS_MAX + 1, NULL, &err), LS_LIMIT);
}

static void test_postings_example(void **state)
{
    static const uint32_t doc[] = {0, 2, 4, 6}, count[] = {1, 1, 3, 1}, tf[] = {1, 1, 9, 1};
    lsi_postings_writer *w;
    out facts, blocks, ranges;
    lsi_list rec;
    (void)state;
    out_init(&facts);
    out_init(&blocks);
    out_init(&ranges);
    OK(lsi_postings_writer_new(&w, facts.sink, blocks.sink, ranges.sink, 7, NULL, &err));
    for (int i = 0; i < 4; i++) lsi_postings_add(w, doc[i], count[i], tf[i]);
    OK(lsi_postings_end(w, &rec, &err));
    expect_bytes(blocks.buf.data, blocks.buf.len, "41140E2000000C");
    lsi_postings_writer_free(w);
    list l = {4, 7, malloc(16), malloc(16), malloc(16)};
    assert_true(l.doc && l.count && l.tf);
    memcpy(l.doc, doc, 16);
    memcpy(l.count, count, 16);
    memcpy(l.tf, tf, 16);
    lsi_section f = out_section(&facts), b = out_section(&blocks), r = out_section(&ranges);
    lsi_postings_sections at = {&f, &b, &r, 7};
    check_list(&l, &at, &rec, NULL);
    list_free(&l);
    section_free(&f);
    section_free(&b);
    section_free(&r);
}

/* ---- streams ---- */

static void stream_trip(const uint32_t *v, uint64_t n, const char *hex)
{
    lsi_stream_writer *w;
    out o;
    uint64_t offset;
    uint32_t got[700], sums[700];
    lsi_stream *s = malloc(sizeof *s);
    assert_non_null(s);
    out_init(&o);
    lsi_sink_put32(o.sink, 1); /* something before it */
    OK(lsi_stream_writer_new(&w, o.sink, &err));
    for (int twice = 0; twice < 2; twice++) {
        lsi_stream_begin(w);
        for (uint64_t i = 0; i < n; i++) lsi_stream_add(w, v[i]);
        OK(lsi_stream_end(w, &offset, &err));
        if (hex && !twice) {
            lsi_buf view = o.buf;
            view.data += 4;
            view.len -= 4;
            expect_bytes(view.data, view.len, hex);
        }
    }
    lsi_stream_writer_free(w);
    lsi_section sec = out_section(&o);
    OK(lsi_stream_verify(&sec, offset, n, &err));
    for (int fresh = 0; fresh < 30; fresh++) {
        OK(lsi_stream_open(s, &sec, offset, n, &err));
        for (int k = 0; k < 30; k++) {
            uint32_t len = below(below(2) ? 4 : 600);
            if (len > n) len = (uint32_t)n;
            uint64_t first = below((uint32_t)(n - len) + 1);
            OK(lsi_stream_read(s, first, len, got, &err));
            assert_memory_equal(got, v + first, len * 4);
            uint64_t sum = 0;
            for (uint32_t i = 0; i < len; i++) {
                sum += v[first + i];
                if (sum > LSI_POSITION_MAX) break;
                sums[i] = (uint32_t)sum;
            }
            int rc = lsi_positions_read(s, first, len, got, &err);
            assert_int_equal(rc, sum > LSI_POSITION_MAX ? LS_CORRUPT : LS_OK);
            if (!rc) assert_memory_equal(got, sums, len * 4);
        }
        assert_int_equal(lsi_stream_read(s, n, 1, got, &err), LS_CORRUPT);
        assert_int_equal(lsi_stream_read(s, UINT64_MAX, 2, got, &err), LS_CORRUPT);
    }
    section_free(&sec);
    free(s);
}

static void test_streams(void **state)
{
    static const uint32_t sizes[] = {0, 1, 2, 3, 4, 5, 6, 32, 33, 255, 256, 257, 600, 3000};
    static const uint32_t a[] = {5, 300, 1}, b[] = {1, 2, 3, 0, 1};
    uint32_t v[3000];
    (void)state;
    stream_trip(a, 3, "05AC0201");
    stream_trip(b, 5, "023901");
    for (size_t i = 0; i < LSI_COUNTOF(sizes); i++)
        for (int kind = 0; kind < 5; kind++) {
            for (uint32_t k = 0; k < sizes[i]; k++)
                v[k] = kind == 0   ? 0
                       : kind == 1 ? below(30)
                       : kind == 2 ? below(below(40) ? 60 : 5000)
                       : kind == 3 ? (uint32_t)(rnd() >> 32)
                                   : below(100) / 99 * UINT32_MAX;
            stream_trip(v, sizes[i], NULL);
        }
    lsi_stream s;
    OK(lsi_stream_open(&s, NULL, LSI_OFFSET_NONE, 10, &err));
    OK(lsi_stream_read(&s, 4, 6, v, &err));
    for (int i = 0; i < 6; i++) assert_int_equal(v[i], 0);
    assert_int_equal(lsi_stream_read(&s, 4, 7, v, &err), LS_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bitset),
        cmocka_unit_test(test_vint),
        cmocka_unit_test(test_pack_example),
        cmocka_unit_test(test_pack_all),
        cmocka_unit_test(test_adjust),
        cmocka_unit_test(test_patch_example),
        cmocka_unit_test(test_patch_all),
        cmocka_unit_test(test_norms),
        cmocka_unit_test(test_impact),
        cmocka_unit_test(test_postings_sizes),
        cmocka_unit_test(test_postings_extremes),
        cmocka_unit_test(test_postings_example),
        cmocka_unit_test(test_streams),

    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
