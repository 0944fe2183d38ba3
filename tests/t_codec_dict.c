/* t_codec_dict.c — records of lists and the two dictionaries: worked examples byte for byte, round trips over keys that
 * share beginnings, look-ups of what is and is not there. */
#include "tests/codec_util.h"

#include "libsearch/codec/dict.h"

static ls_error err;

static void test_record_example(void **state)
{
    lsi_list l = {.df = 2,
                  .cf = 3,
                  .max_impact = 90,
                  .inline_count = 2,
                  .inline_doc = {7, 9},
                  .inline_n = {1, 2},
                  .inline_tf = {1, 6},
                  .positions_offset = 100,
                  .forms_offset = LSI_OFFSET_NONE};
    lsi_list got;
    lsi_record_base base = {0}, base2 = {0};
    uint32_t forms;
    lsi_buf b;
    (void)state;
    lsi_buf_init(&b, 0);
    lsi_record_put(&b, &base, &l, 1);
    expect_bytes(b.data, b.len, "08155A070100010008C801");
    assert_ptr_equal(lsi_record_get(b.data, b.data + b.len, &base2, &got, &forms), b.data + b.len);
    assert_memory_equal(&got, &l, sizeof l);
    assert_int_equal(forms, 1);
    lsi_buf_clear(&b);
}

typedef struct word {
    char text[40];
    size_t len;
    uint32_t forms;
    lsi_list lists[3];
} word;

static int by_text(const void *a, const void *b)
{
    const word *x = a, *y = b;
    return lsi_bytes_cmp(x->text, x->len, y->text, y->len);
}

static lsi_list random_list(bool may_be_none)
{
    static const uint32_t dfs[] = {1, 2, 3, 4, 200, 256, 257, 100000};
    lsi_list l;
    memset(&l, 0, sizeof l);
    l.positions_offset = l.forms_offset = LSI_OFFSET_NONE;
    if (may_be_none && below(3)) return l;
    l.df = dfs[below(LSI_COUNTOF(dfs))];
    l.cf = l.df;
    l.max_impact = (uint8_t)(1 + below(255));
    if (l.df <= 3) {
        l.inline_count = (uint8_t)l.df;
        for (uint32_t i = 0, d = below(5); i < l.df; i++, d += 1 + below(1000)) {
            l.inline_doc[i] = d;
            l.inline_n[i] = 1 + below(2) * below(300);
            l.inline_tf[i] = below(2) ? l.inline_n[i] : 1 + below(600);
            l.cf += l.inline_n[i] - 1;
        }
    } else {
        l.cf += below(1000);
        l.blocks_offset = rnd() >> 20;
        if (l.df > 256) l.facts_offset = rnd() >> 20;
        if (l.df > 256 && below(2)) {
            l.has_ranges = 1;
            l.ranges_offset = rnd() >> 20;
        }
    }
    if (below(2)) l.positions_offset = rnd() >> below(64);
    if (l.positions_offset == UINT64_MAX || below(4) == 0) l.positions_offset = LSI_OFFSET_NONE;
    if (below(2)) l.forms_offset = rnd() >> 10;
    return l;
}

/* Words that share beginnings; the empty one and very long ones among them. */
static size_t make_words(word *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        memset(&w[i], 0, sizeof w[i]);
        w[i].len = below(50) ? 1 + below(6) : below(40);
        for (size_t k = 0; k < w[i].len; k++) w[i].text[k] = (char)(below(30) ? "aeinst"[below(6)] : (char)rnd());
        if (below(3) == 0 && w[i].len < 20) {
            memmove(w[i].text + 9, w[i].text, w[i].len);
            memcpy(w[i].text, "internati", 9);
            w[i].len += 9;
        }
    }
    qsort(w, n, sizeof *w, by_text);
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!m || by_text(&w[m - 1], &w[i])) w[m++] = w[i];
    for (size_t i = 0; i < m; i++) {
        w[i].forms = below(3) ? 1 + below(4) : below(100000);
        w[i].lists[0] = random_list(below(20) == 0);
        w[i].lists[1] = random_list(true);
        w[i].lists[2] = random_list(true);
    }
    return m;
}

static void check_words(const word *w, size_t n, const lsi_terms *t)
{
    lsi_terms_iter it;
    lsi_buf b;
    lsi_ord ord;
    lsi_buf_init(&b, 0);
    lsi_terms_iter_init(&it, t);
    for (size_t i = 0; i < n; i++) {
        uint32_t forms;
        lsi_list l;
        assert_int_equal(lsi_terms_iter_next(&it, &err), 1);
        assert_int_equal(it.ord, i);
        assert_int_equal(it.term.len, w[i].len);
        assert_memory_equal(it.term.data, w[i].text, w[i].len);
        assert_int_equal(it.form_count, w[i].forms);
        assert_memory_equal(&it.list, &w[i].lists[0], sizeof(lsi_list));
        OK(lsi_terms_find(t, (const uint8_t *)w[i].text, w[i].len, &ord, &err));
        assert_int_equal(ord, i);
        OK(lsi_terms_get(t, ord, &b, &err));
        assert_int_equal(lsi_bytes_cmp(b.data, b.len, w[i].text, w[i].len), 0);
        OK(lsi_terms_form_count(t, ord, &forms, &err));
        assert_int_equal(forms, w[i].forms);
        for (uint32_t k = 0; k < 4; k++) {
            OK(lsi_terms_list(t, ord, k, &l, &err));
            if (k < 3) assert_memory_equal(&l, &w[i].lists[k], sizeof l);
            else assert_int_equal(l.df, 0);
        }
        word probe = w[i]; /* a neighbour that is, mostly, not there */
        probe.text[below((uint32_t)probe.len + 1)] = (char)rnd();
        probe.len += below(2);
        const word *found = bsearch(&probe, w, n, sizeof *w, by_text);
        OK(lsi_terms_find(t, (const uint8_t *)probe.text, probe.len, &ord, &err));
        assert_true(ord == (found ? (lsi_ord)(found - w) : LSI_ORD_NONE));
    }
    assert_int_equal(lsi_terms_iter_next(&it, &err), 0);
    assert_int_equal(lsi_terms_iter_next(&it, &err), 0);
    lsi_terms_run run = {.terms = t};
    for (size_t i = 0; i < n; i += below(3) ? 1 : below(40)) { /* rising, now and then the same again */
        uint32_t forms;
        lsi_list l;
        OK(lsi_terms_run_get(&run, (lsi_ord)i, &l, &forms, &err));
        assert_int_equal(forms, w[i].forms);
        assert_memory_equal(&l, &w[i].lists[0], sizeof l);
    }
    lsi_terms_iter_clear(&it);
    lsi_buf_clear(&b);
}

static void test_terms(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 33, 1000};
    word *w = malloc(1000 * sizeof *w);
    (void)state;
    assert_non_null(w);
    for (size_t s = 0; s < LSI_COUNTOF(sizes); s++)
        for (uint32_t list_count = 1; list_count <= 3; list_count += 2) {
            size_t n = make_words(w, sizes[s]);
            lsi_terms_writer *tw;
            out index, blocks, lists;
            out_init(&index);
            out_init(&blocks);
            out_init(&lists);
            OK(lsi_terms_writer_new(&tw, index.sink, blocks.sink, lists.sink, &err));
            for (size_t i = 0; i < n; i++) {
                if (list_count == 1)
                    w[i].lists[1] = w[i].lists[2] =
                        (lsi_list){.positions_offset = LSI_OFFSET_NONE, .forms_offset = LSI_OFFSET_NONE};
                OK(lsi_terms_writer_add(tw, (const uint8_t *)w[i].text, w[i].len, w[i].forms, w[i].lists, list_count,
                                        &err));
            }
            if (n) {
                assert_int_equal(lsi_terms_writer_add(tw, (const uint8_t *)w[n - 1].text, w[n - 1].len, 1, w[0].lists,
                                                      list_count, &err),
                                 LS_MISUSE);
            }
            OK(lsi_terms_writer_end(tw, &err));
            lsi_terms_writer_free(tw);
            lsi_section a = out_section(&index), b = out_section(&blocks), c = out_section(&lists);
            lsi_terms t;
            OK(lsi_terms_open(&t, &a, &b, &c, &err));
            assert_int_equal(t.count, n);
            OK(lsi_terms_verify(&t, &err));
            check_words(w, n, &t);
            section_free(&a);
            section_free(&b);
            section_free(&c);
        }
    free(w);
}

/* "ab" and "abc": the bytes of docs/FORMAT.md. */
static void test_terms_example(void **state)
{
    lsi_list lists[2][2];
    lsi_terms_writer *w;
    lsi_terms t;
    lsi_ord ord;
    out index, blocks, lists_out;
    (void)state;
    memset(lists, 0, sizeof lists);
    for (int i = 0; i < 4; i++)
        lists[i / 2][i % 2].positions_offset = lists[i / 2][i % 2].forms_offset = LSI_OFFSET_NONE;
    for (int i = 0; i < 2; i++) {
        lsi_list *l = &lists[i][0];
        l->df = l->inline_count = 1;
        l->cf = 1;
        l->inline_doc[0] = 5;
        l->inline_n[0] = l->inline_tf[0] = 1;
        l->max_impact = 100;
    }
    lists[1][1] = lists[1][0];
    out_init(&index);
    out_init(&blocks);
    out_init(&lists_out);
    OK(lsi_terms_writer_new(&w, index.sink, blocks.sink, lists_out.sink, &err));
    OK(lsi_terms_writer_add(w, (const uint8_t *)"ab", 2, 1, lists[0], 2, &err));
    OK(lsi_terms_writer_add(w, (const uint8_t *)"abc", 3, 2, lists[1], 2, &err));
    OK(lsi_terms_writer_end(w, &err));
    lsi_terms_writer_free(w);
    expect_bytes(blocks.buf.data, blocks.buf.len, "0261620221630400640505006405");
    expect_bytes(index.buf.data, index.buf.len, "02000000100000000200000000000000"
                             "0000000000006261"
                             "000000000E000000");
    expect_bytes(lists_out.buf.data, lists_out.buf.len, "01000000"
                                 "010000001000000000000000"
                                 "01000000"
                                 "0000000005000000"
                                 "0004006405");
    lsi_section a = out_section(&index), b = out_section(&blocks), c = out_section(&lists_out);
    OK(lsi_terms_open(&t, &a, &b, &c, &err));
    OK(lsi_terms_verify(&t, &err));
    OK(lsi_terms_find(&t, (const uint8_t *)"abc", 3, &ord, &err));
    assert_int_equal(ord, 1);
    OK(lsi_terms_list(&t, 1, 1, &lists[0][0], &err));
    assert_memory_equal(&lists[0][0], &lists[1][1], sizeof(lsi_list));
    section_free(&a);
    section_free(&b);
    section_free(&c);
}

typedef struct entry {
    char folded[40], form[40];
    uint32_t folded_len, form_len, term, number, df;
} entry;

static int by_entry(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int c = lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
    if (!c) c = lsi_bytes_cmp(x->form, x->form_len, y->form, y->form_len);
    return c ? c : (x->term > y->term) - (x->term < y->term);
}

static size_t make_entries(entry *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        memset(&e[i], 0, sizeof e[i]);
        e[i].folded_len = e[i].form_len = below(60) ? 1 + below(4) : below(36);
        for (uint32_t k = 0; k < e[i].folded_len; k++) e[i].folded[k] = "abe1\303"[below(5)];
        memcpy(e[i].form, e[i].folded, 40);
        switch (below(5)) {
        case 0:
            for (uint32_t k = 0; k < e[i].form_len; k++)
                if (e[i].form[k] >= 'a') e[i].form[k] = (char)(e[i].form[k] - 32);
            break;
        case 1:
            if (e[i].form[0] >= 'a') e[i].form[0] = (char)(e[i].form[0] - 32);
            break;
        case 2:
            e[i].form_len = below(30);
            for (uint32_t k = 0; k < e[i].form_len; k++) e[i].form[k] = (char)rnd();
        }
        e[i].term = below(4) ? below(20) : (uint32_t)(rnd() >> 33);
        e[i].number = below(below(10) ? 3 : 100000);
        e[i].df = below(3) ? 1 + below(3) : (uint32_t)(rnd() >> 32);
    }
    qsort(e, n, sizeof *e, by_entry);
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!m || by_entry(&e[m - 1], &e[i])) e[m++] = e[i];
    return m;
}

static lsi_form form_of(const entry *e)
{
    return (lsi_form){
        (const uint8_t *)e->folded, (const uint8_t *)e->form, e->folded_len, e->form_len, e->term, e->number, e->df};
}

static void check_entry(const lsi_forms_iter *it, const entry *e, size_t i)
{
    assert_int_equal(it->entry, i);
    assert_int_equal(lsi_bytes_cmp(it->at.folded, it->at.folded_len, e->folded, e->folded_len), 0);
    assert_int_equal(lsi_bytes_cmp(it->at.form, it->at.form_len, e->form, e->form_len), 0);
    assert_int_equal(it->at.term, e->term);
    assert_int_equal(it->at.number, e->number);
    assert_int_equal(it->at.df, e->df);
}

static void test_forms(void **state)
{
    static const size_t sizes[] = {0, 1, 31, 32, 33, 64, 65, 2000};
    entry *e = malloc(2000 * sizeof *e);
    (void)state;
    assert_non_null(e);
    for (size_t s = 0; s < LSI_COUNTOF(sizes); s++) {
        size_t n = make_entries(e, sizes[s]);
        lsi_forms_writer *w;
        lsi_forms f;
        lsi_forms_iter it;
        out index, blocks;
        out_init(&index);
        out_init(&blocks);
        OK(lsi_forms_writer_new(&w, index.sink, blocks.sink, &err));
        for (size_t i = 0; i < n; i++) {
            lsi_form form = form_of(&e[i]);
            OK(lsi_forms_writer_add(w, &form, &err));
            assert_int_equal(lsi_forms_writer_add(w, &form, &err), LS_MISUSE);
        }
        OK(lsi_forms_writer_end(w, &err));
        lsi_forms_writer_free(w);
        lsi_section a = out_section(&index), b = out_section(&blocks);
        OK(lsi_forms_open(&f, &a, &b, &err));
        assert_int_equal(f.count, n);
        OK(lsi_forms_verify(&f, UINT32_MAX, &err));
        lsi_forms_iter_init(&it, &f);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(lsi_forms_iter_next(&it, &err), 1);
            check_entry(&it, &e[i], i);
        }
        assert_int_equal(lsi_forms_iter_next(&it, &err), 0);
        for (int k = 0; k < 3000; k++) {
            entry want;
            size_t i = 0;
            make_entries(&want, 1);
            if (n && below(2)) want = e[below((uint32_t)n)];
            while (i < n && lsi_bytes_cmp(e[i].folded, e[i].folded_len, want.folded, want.folded_len) < 0) i++;
            OK(lsi_forms_iter_seek(&it, (const uint8_t *)want.folded, want.folded_len, &err));
            for (int more = 0; more < 3; more++, i++) {
                assert_int_equal(lsi_forms_iter_next(&it, &err), i < n);
                if (i < n) check_entry(&it, &e[i], i);
            }
        }
        lsi_forms_iter_clear(&it);
        section_free(&a);
        section_free(&b);
    }
    free(e);
}

static void test_forms_example(void **state)
{
    static const entry e[] = {{"us", "US", 2, 2, 7, 1, 40}, {"us", "us", 2, 2, 7, 0, 9}};
    lsi_forms_writer *w;
    out index, blocks;
    (void)state;
    out_init(&index);
    out_init(&blocks);
    OK(lsi_forms_writer_new(&w, index.sink, blocks.sink, &err));
    for (int i = 0; i < 2; i++) {
        lsi_form f = form_of(&e[i]);
        OK(lsi_forms_writer_add(w, &f, &err));
    }
    OK(lsi_forms_writer_end(w, &err));
    lsi_forms_writer_free(w);
    expect_bytes(blocks.buf.data, blocks.buf.len, "027573E60E2820C009");
    expect_bytes(index.buf.data, index.buf.len, "02000000200000000000000000000000"
                             "0000000000007375"
                             "0000000009000000");
    out_free(&index);
    out_free(&blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_example), cmocka_unit_test(test_terms),
        cmocka_unit_test(test_terms_example),  cmocka_unit_test(test_forms),
        cmocka_unit_test(test_forms_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
