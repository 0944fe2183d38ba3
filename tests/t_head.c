/* t_head.c — documents read without their long main text (ls_reader_head): whatever is not cut is as it is in the whole,
 * what is cut is its beginning, and a hit shows the same of either. Documents are of every shape that the layout knows:
 * short, long, of several frames, without title, with several main texts, with versions, merged and not. */
#include "libsearch/libsearch.h"
#include "tests/index_util.h"
#include "json/json.h"

enum { DOCUMENTS = 600 };
static ls_error err;

static void make_text(char *to, size_t len, uint64_t *seed)
{
    static const char *const words[] = {"arms",
                                        "talks",
                                        "in",
                                        "Geneva",
                                        "began",
                                        "\xc3\xa9t\xc3\xa9",
                                        "on",
                                        "Monday",
                                        "with",
                                        "a",
                                        "new",
                                        "offer",
                                        "\xd0\xb8\xd1\x8e\xd0\xbb\xd1\x8c",
                                        ".\n",
                                        ".\n\n",
                                        "\xe2\x80\x94"};
    size_t n = 0;
    while (n < len) {
        const char *w = words[random_next(seed) % (sizeof words / sizeof *words)];
        size_t k = strlen(w);
        memcpy(to + n, w, k);
        n += k;
        to[n++] = random_next(seed) % 40 ? ' ' : '\n';
    }
    to[n] = 0;
}

/* Deterministic by number and version. */
static void fill(ls_doc *d, unsigned number, int64_t version)
{
    static char text[70000];
    static const size_t lengths[] = {0, 100, 700, 767, 768, 1023, 1100, 2000, 5000, 16000, 17000, 60000};
    uint64_t seed = number * 977u + (uint64_t)version * 31u + 1;
    char id[16];
    size_t len = lengths[random_next(&seed) % (sizeof lengths / sizeof *lengths)];
    bool title = random_next(&seed) % 3 != 0, first = random_next(&seed) % 2 == 0;
    if (len > 3000 && random_next(&seed) % 4) len = 1500;
    ls_doc_clear(d);
    OK(ls_doc_set_id(d, id, (size_t)snprintf(id, sizeof id, "d%u", number), &err));
    ls_doc_set_version(d, version);
    make_text(text, len + random_next(&seed) % 7, &seed);
    if (first) OK(ls_doc_add_text(d, "body", text, strlen(text), &err));
    if (title) OK(ls_doc_add_text(d, "title", "Arms talks", 10, &err));
    OK(ls_doc_add_int(d, "published", 1000 * (int64_t)number, &err));
    if (number % 7 == 0) OK(ls_doc_add_text(d, "status", "usable", 6, &err));
    if (!first) OK(ls_doc_add_text(d, "body", text, strlen(text), &err));
    if (number % 11 == 0) OK(ls_doc_add_text(d, "body", text, strlen(text) / 2, &err));
    OK(ls_doc_add_text(d, "url", "https://example.org/a", 21, &err));
    if (number % 50 == 3) /* more before the main text than a frame holds */
        for (int i = 0; i < 40; i++) {
            make_text(text, 500, &seed);
            OK(ls_doc_add_text(d, "captions", text, strlen(text), &err));
        }
}

static void make_index(bool merged)
{
    LS_INIT(ls_writer_options, o);
    ls_writer *w;
    ls_doc *d;
    o.flags = LS_WRITER_CREATE;
    OK(ls_writer_open(&w, index_path, &o, &err));
    OK(ls_doc_new(&d, &err));
    for (unsigned i = 0; i < DOCUMENTS; i++) {
        fill(d, i, 1);
        OK(ls_add(w, d, NULL, &err));
        if (i % 200 == 199) OK(ls_commit(w, NULL, &err));
    }
    for (unsigned i = 0; i < DOCUMENTS; i += 5) {
        fill(d, i, 2);
        OK(ls_add(w, d, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    if (merged) OK(ls_merge(w, 1, &err));
    ls_doc_free(d);
    ls_writer_close(w);
    OK(ls_check(index_path, NULL, NULL, NULL, &err));
}

/* Gives whether anything of it is cut. */
static bool same_but_main(const ls_doc *whole, const ls_doc *head)
{
    ls_value a, b;
    size_t i = 0;
    bool cut = false;
    for (; ls_doc_value(whole, i, &a) == LS_OK; i++) {
        OK(ls_doc_value(head, i, &b));
        assert_string_equal(a.field, b.field);
        assert_int_equal(a.integer, b.integer);
        assert_int_equal(a.text != NULL, b.text != NULL);
        if (!a.text) continue;
        if (strcmp(a.field, "body") != 0) assert_int_equal(a.len, b.len);
        assert_true(b.len <= a.len);
        assert_memory_equal(a.text, b.text, b.len);
        assert_int_equal(b.text[b.len], 0);
        assert_true(b.len == a.len || (a.text[b.len] & 0xC0) != 0x80); /* at the end of a character */
        cut = cut || b.len < a.len;
    }
    assert_int_equal(ls_doc_value(head, i, &b), LS_NOTFOUND);
    assert_int_equal(ls_doc_version(whole), ls_doc_version(head));
    assert_int_equal(ls_doc_words(whole), ls_doc_words(head));
    assert_string_equal(ls_doc_language(whole), ls_doc_language(head));
    LS_INIT(ls_doc_version_info, x);
    LS_INIT(ls_doc_version_info, y);
    for (i = 0; ls_doc_version_at(whole, i, &x) == LS_OK; i++) {
        OK(ls_doc_version_at(head, i, &y));
        assert_int_equal(x.version, y.version);
    }
    assert_int_equal(ls_doc_version_at(head, i, &y), LS_NOTFOUND);
    return cut;
}

static void same_title(const ls_schema *s, const ls_doc *whole, const ls_doc *head)
{
    js_facts a, b;
    OK(js_facts_get(&a, s, whole, &err));
    OK(js_facts_get(&b, s, head, &err));
    assert_false(a.unsure);
    if (!b.unsure) {
        assert_string_equal(a.title, b.title);
        assert_string_equal(a.title_source, b.title_source);
        assert_string_equal(a.url, b.url);
    }
    js_facts_clear(&a);
    js_facts_clear(&b);
}

static void read_both(bool merged)
{
    ls_reader *r;
    ls_writer *w;
    ls_doc *whole, *head, *one = NULL;
    uint64_t doc = UINT64_MAX;
    size_t cut = 0, count = 0;
    make_index(merged);
    OK(ls_reader_open(&r, index_path, NULL, &err));
    for (; ls_reader_next(r, &doc, &err) == LS_OK; count++) {
        OK(ls_reader_doc(&whole, r, doc, &err));
        OK(ls_reader_head(&head, r, doc, &err));
        bool is_cut = same_but_main(whole, head);
        assert_int_equal(ls_doc_is_cut(head), is_cut);
        assert_false(ls_doc_is_cut(whole));
        same_title(ls_reader_schema(r), whole, head);
        cut += is_cut;
        ls_doc_free(whole);
        if (is_cut && !one) one = head;
        else ls_doc_free(head);
    }
    assert_int_equal(count, DOCUMENTS);
    assert_true(cut > DOCUMENTS / 4 && cut < DOCUMENTS);
    ls_reader_close(r);
    OK(ls_writer_open(&w, index_path, NULL, &err));
    WANT(ls_add(w, one, NULL, &err), LS_MISUSE); /* not the document, only its beginning */
    ls_writer_close(w);
    ls_doc_free(one);
}

static void heads_of_segments(void **state)
{
    (void)state;
    read_both(false);
}

static void heads_of_a_merge(void **state)
{
    (void)state;
    read_both(true);
}

/* A highlighter that is given a cut document makes the passages of the whole. */
static void passages_of_a_head(void **state)
{
    (void)state;
    LS_INIT(ls_snippet_options, o);
    ls_reader *r;
    ls_query *q;
    ls_highlighter *h;
    uint64_t doc = UINT64_MAX;
    make_index(false);
    OK(ls_reader_open(&r, index_path, NULL, &err));
    OK(ls_query_parse(&q, ls_reader_schema(r), "geneva", 6, NULL, &err));
    OK(ls_highlighter_open(&h, r, q, &o, &err));
    for (int i = 0; i < 100; i++) {
        ls_doc *head;
        ls_snippets *a, *b;
        OK(ls_reader_next(r, &doc, &err));
        OK(ls_reader_head(&head, r, doc, &err));
        OK(ls_highlighter_make(&a, h, doc, head, &err));
        OK(ls_highlighter_make(&b, h, doc, NULL, &err));
        assert_int_equal(a->count, b->count);
        for (size_t k = 0; k < a->count; k++) assert_string_equal(a->snippets[k].html, b->snippets[k].html);
        ls_snippets_free(a);
        ls_snippets_free(b);
        ls_doc_free(head);
    }
    ls_highlighter_close(h);
    ls_query_free(q);
    ls_reader_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(heads_of_segments, index_clean),
                                       cmocka_unit_test_teardown(heads_of_a_merge, index_clean),
                                       cmocka_unit_test_teardown(passages_of_a_head, index_clean)};
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
