/* t_boilerplate.c — lists of boilerplate lines: which lines are the same, what an index makes of them, their bytes. */
#include "libsearch/index/manifest.h"
#include "libsearch/model/doc.h"
#include "libsearch/model/schema.h"
#include "libsearch/text/lines.h"
#include "libsearch/util/alloc.h"
#include "tests/index_util.h"

static ls_error err;

/* ---- lines ---- */

static lsi_analyzer *an;

static void keys(void **state)
{
    (void)state;
    static const struct {
        const char *line, *key; /* "": none */
    } cases[] = {
        {"Read more", "read more"},
        {"  \xe2\x80\xa2 READ   more \xc2\xbb", "read more"},
        {"Read\tmore\xe2\x80\xa6", "read more"},
        {"read-more", "read more"},
        {"The Guardian\xe2\x80\x99s view", "the guardian s view"},
        {"The Guardian's view", "the guardian s view"},
        {"Caf\xc3\xa9", "cafe"},
        {"Cafe\xcc\x81", "cafe"},
        {"Stra\xc3\x9f"
         "e 12,50",
         "strasse 12 50"},
        {"\xd0\xa7\xd0\xb8\xd1\x82\xd0\xb0\xd0\xb9\xd1\x82\xd0\xb5 \xd0\xb5\xd1\x89\xd1\x91!",
         "\xd1\x87\xd0\xb8\xd1\x82\xd0\xb0\xd0\xb9\xd1\x82\xd0\xb5 \xd0\xb5\xd1\x89\xd0\xb5"},
        {"\xe7\xb6\x9a\xe3\x81\x8d\xe3\x82\x92\xe8\xaa\xad\xe3\x82\x80",
         "\xe7\xb6\x9a\xe3\x81\x8d\xe3\x82\x92\xe8\xaa\xad\xe3\x82\x80"},
        {"\xf0\x9f\x91\x89 Subscribe", "subscribe"},
        {"***", ""},
        {"", ""},
        {"two\nlines", ""},
        {"two\xe2\x80\xa8lines", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *key;
        size_t n = lsi_analyzer_line(an, (const uint8_t *)cases[i].line, strlen(cases[i].line), &key);
        if (n != strlen(cases[i].key) || memcmp(key, cases[i].key, n) != 0)
            fail_msg("\"%s\" is \"%.*s\"", cases[i].line, (int)n, (const char *)key);
    }
}

/* A word of any script is folded in pieces; a line ends within its bounds. */
static void long_lines(void **state)
{
    (void)state;
    char line[LSI_LINE_MAX + 600];
    const uint8_t *key;
    for (size_t n = 1; n < sizeof line; n += n < 1000 ? 37 : 1) {
        memset(line, 'x', n);
        assert_int_equal(lsi_analyzer_line(an, (uint8_t *)line, n, &key), n > LSI_LINE_MAX ? 0 : n);
        for (size_t i = 0; i + 1 < n; i += 2) line[i + 1] = ' ';
        size_t words = n - (n % 2 == 0);
        assert_int_equal(lsi_analyzer_line(an, (uint8_t *)line, n, &key), words > LSI_LINE_MAX ? 0 : words);
    }
    for (size_t i = 0; i < 400; i++) memcpy(line + 3 * i, "\xef\xb7\xba", 3); /* one letter, 33 bytes when folded */
    assert_int_equal(lsi_analyzer_line(an, (uint8_t *)line, 1200, &key), 0);
    assert_true(lsi_analyzer_line(an, (uint8_t *)line, 60, &key) > 200);
}

static int add(ls_schema *s, const char *source, const char *line)
{
    return ls_schema_add_boilerplate(s, source, line, &err);
}

static void lists(void **state)
{
    (void)state;
    ls_schema *s, *copy;
    const char *source;
    char text[2000], name[300];
    OK(ls_schema_news(&s, &err));
    assert_null(ls_schema_boilerplate(s, 0, &source));
    assert_null(source);
    OK(add(s, "AP", "Read on"));
    WANT(add(s, "AP", "read ON!"), LS_EXISTS);
    WANT(add(s, "ap", "read on"), LS_EXISTS);
    OK(add(s, "AFP", "read on"));
    OK(add(s, NULL, "Read on"));
    WANT(add(s, "*", "Read on"), LS_EXISTS);
    WANT(add(s, "", "Read"), LS_INVALID);
    WANT(add(s, NULL, ""), LS_INVALID);
    WANT(add(s, NULL, "..."), LS_INVALID);
    WANT(add(s, NULL, "two\nlines"), LS_INVALID);
    WANT(add(s, NULL, "two\xc2\x85lines"), LS_INVALID);
    WANT(add(s, NULL, "no \xff UTF-8"), LS_INVALID);
    WANT(add(s, "no \xff UTF-8", "line"), LS_INVALID);
    WANT(add(NULL, NULL, "line"), LS_INVALID);
    WANT(add(s, "AP", NULL), LS_INVALID);
    memset(text, 'a', sizeof text);
    memset(name, 'n', sizeof name);
    text[LSI_LINE_MAX + 1] = name[LSI_LINE_SOURCE_MAX + 1] = 0;
    WANT(add(s, NULL, text), LS_LIMIT);
    WANT(add(s, name, "line"), LS_LIMIT);
    text[LSI_LINE_MAX] = name[LSI_LINE_SOURCE_MAX] = 0;
    OK(add(s, name, text));

    OK(lsi_schema_copy(&copy, s, &err)); /* a copy is its own */
    OK(add(copy, "Reuters", "Our Standards"));
    assert_null(ls_schema_boilerplate(s, 4, NULL));
    assert_string_equal(ls_schema_boilerplate(copy, 4, &source), "Our Standards");
    assert_string_equal(source, "Reuters");
    assert_string_equal(ls_schema_boilerplate(s, 2, &source), "Read on");
    assert_string_equal(source, "*");
    ls_schema_free(s);
    assert_string_equal(ls_schema_boilerplate(copy, 0, &source), "Read on");
    assert_string_equal(source, "AP");
    ls_schema_free(copy);
}

static void how_many(void **state)
{
    (void)state;
    ls_schema *s;
    char line[1100];
    OK(ls_schema_new(&s, &err));
    for (unsigned i = 0; i < LSI_LINES_MAX; i++) {
        snprintf(line, sizeof line, "line %u", i);
        OK(add(s, i % 3 ? line : NULL, line));
    }
    WANT(add(s, NULL, "one more"), LS_LIMIT);
    ls_schema_free(s);
    OK(ls_schema_new(&s, &err));
    memset(line, 'x', sizeof line);
    unsigned i = 0;
    int rc = LS_OK;
    for (; !rc; i++) {
        snprintf(line + 1000, 20, " %06u", i);
        rc = add(s, NULL, line);
    }
    WANT(rc, LS_LIMIT);
    assert_int_equal(i - 1, LSI_LINES_BYTES_MAX / 1007);
    ls_schema_free(s);
}

/* ---- bytes ---- */

static const char example[] = "\x01\x01\x00\x02"
                              "AP"
                              "\x02\x00\x00\x00\x00\x00\x07\x00"
                              "Read on"
                              "\x01\x00\x02\x00"
                              "Ad";

static int decode(const void *p, size_t n)
{
    ls_schema *s;
    lsi_buf b;
    uint8_t *exact = malloc(n ? n : 1); /* so that a byte read behind it is found */
    memcpy(exact, p, n);
    OK(ls_schema_new(&s, &err));
    int rc = lsi_schema_decode_lines(s, exact, exact + n, &err);
    lsi_buf_init(&b, 0);
    if (!rc) { /* what is taken is written back as it was */
        lsi_schema_encode_lines(s, &b);
        assert_int_equal(b.len, n);
        assert_memory_equal(b.data, exact, n);
    }
    lsi_buf_clear(&b);
    ls_schema_free(s);
    free(exact);
    return rc;
}

static void bytes(void **state)
{
    (void)state;
    ls_schema *s;
    lsi_buf b;
    char hostile[64];
    size_t n = sizeof example - 1;
    OK(ls_schema_new(&s, &err));
    lsi_buf_init(&b, 0);
    lsi_schema_encode_lines(s, &b);
    assert_int_equal(b.len, 0);
    OK(add(s, NULL, "Read on"));
    OK(add(s, "AP", "Ad"));
    lsi_schema_encode_lines(s, &b);
    assert_int_equal(b.len, n);
    assert_memory_equal(b.data, example, n);
    lsi_buf_clear(&b);
    ls_schema_free(s);
    OK(decode(example, n));
    for (size_t k = 0; k < n; k++) WANT(decode(example, k), LS_CORRUPT);
    for (size_t i = 0; i < n; i++) {
        for (unsigned v = 0; v < 256; v++) {
            memcpy(hostile, example, n);
            hostile[i] = (char)v;
            int rc = decode(hostile, n);
            if (rc && rc != LS_CORRUPT && (i || rc != LS_TOO_NEW)) fail_msg("byte %zu, %u: %d", i, v, rc);
        }
    }
    WANT(decode("\x02", 1), LS_TOO_NEW);
    WANT(decode("\x01\x00\x00\x00\x00\x00\x00", 7), LS_CORRUPT); /* lists without a line are not written */
    WANT(decode("\x01\x02\x00\x02"
                "AP"
                "\x02"
                "ap"
                "\x02\x00\x00\x00\x01\x00\x01\x00"
                "a"
                "\x02\x00\x01\x00"
                "b",
                23),
         LS_CORRUPT);
    WANT(decode("\x01\x01\x00\x02"
                "AP"
                "\x02\x00\x00\x00\x01\x00\x01\x00"
                "a"
                "\x02\x00\x01\x00" /* of a second source, and there is one */
                "b",
                20),
         LS_CORRUPT);
}

/* Every allocation fails once: no memory, and the lists are as they were; in the end all of it was read. */
static void no_memory(void **state)
{
    (void)state;
    uint64_t refused = 0;
    for (uint64_t n = 1, done = 0; !done; n++) {
        ls_schema *s;
        const char *source;
        OK(ls_schema_new(&s, &err));
        lsi_alloc_fail_at(n, false);
        int rc = add(s, "AP", "Read on");
        size_t lines = rc ? 0 : 1;
        if (!rc) rc = add(s, "AP", "Read more");
        lines += !rc;
        done = lsi_alloc_fail_at(0, false) < n;
        WANT(rc, done ? LS_OK : LS_NOMEM);
        assert_int_equal(lsi_lines_count(s->lines), lines);
        for (size_t i = 0; i < lines; i++) assert_non_null(lsi_schema_line(s, i, &source));
        ls_schema_free(s);
        refused += rc != LS_OK;
    }
    for (uint64_t n = 1, done = 0; !done; n++) {
        ls_schema *s;
        OK(ls_schema_new(&s, &err));
        lsi_alloc_fail_at(n, false);
        int rc =
            lsi_schema_decode_lines(s, (const uint8_t *)example, (const uint8_t *)example + sizeof example - 1, &err);
        done = lsi_alloc_fail_at(0, false) < n;
        WANT(rc, done ? LS_OK : LS_NOMEM);
        ls_schema_free(s);
        refused += rc != LS_OK;
    }
    assert_true(refused > 4);
}

/* Whose lines an article's are is told by a field `source` that is kept, of type keyword; else it has those for all. */
static void whose(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        ls_type type;
        int not_stored;
        bool known;
    } rows[] = {{"source", LS_KEYWORD, 0, true},
                {"source", LS_KEYWORD, 1, false},
                {"source", LS_STORED, 0, false},
                {"origin", LS_KEYWORD, 0, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ls_schema *s;
        ls_doc *d;
        const ls_field f = {sizeof f, rows[i].name, rows[i].type, 0, rows[i].not_stored};
        OK(ls_schema_new(&s, &err));
        OK(ls_schema_add(s, &f, &err));
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_add_int(d, "source", 3, &err)); /* not checked yet: of another type */
        assert_null(lsi_schema_source(s, d));
        OK(ls_doc_add_text(d, "other", "AP", 2, &err));
        OK(ls_doc_add_text(d, "source", "AP", 2, &err));
        const lsi_doc_value *v = lsi_schema_source(s, d);
        assert_int_equal(v != NULL, rows[i].known);
        if (v) assert_string_equal(v->text, "AP");
        ls_doc_free(d);
        ls_schema_free(s);
    }
}

/* ---- an index ---- */

static void open_index(ls_writer **w, const ls_schema *s)
{
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(w, index_path, &o, &err));
}

static void put(ls_writer *w, const char *id, const char *source, const char *body)
{
    ls_doc *d;
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    OK(ls_doc_set_language(d, "english", &err));
    OK(ls_doc_add_text(d, "body", body, strlen(body), &err));
    if (source) OK(ls_doc_add_text(d, "source", source, strlen(source), &err));
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

static uint64_t words_of(const ls_reader *r, const char *id)
{
    ls_doc *d;
    OK(ls_get(&d, r, id, strlen(id), &err));
    uint64_t n = ls_doc_words(d);
    ls_doc_free(d);
    return n;
}

static const char *found(const ls_reader *r, const char *query) /* ids in order of arrival */
{
    static char ids[200];
    ls_query *q;
    uint64_t doc;
    LS_INIT(ls_search_options, o);
    o.limit = 50;
    ids[0] = 0;
    ls_results *res;
    bool in[64] = {false};
    OK(ls_query_parse(&q, ls_reader_schema(r), query, strlen(query), NULL, &err));
    OK(ls_search(&res, r, q, &o, &err));
    const ls_hit *h;
    for (size_t i = 0; (h = ls_results_hit(res, i)) != NULL; i++) in[h->doc] = true;
    for (doc = 0; doc < 64; doc++) {
        ls_doc *d;
        size_t n;
        if (!in[doc]) continue;
        OK(ls_reader_doc(&d, r, doc, &err));
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%s", *ids ? " " : "", ls_doc_id(d, &n));
        ls_doc_free(d);
    }
    ls_results_free(res);
    ls_query_free(q);
    return ids;
}

static const char *snippet(const ls_reader *r, const char *id, const char *query)
{
    static char text[600];
    ls_query *q;
    ls_snippets *s;
    uint64_t doc;
    text[0] = 0;
    OK(ls_query_parse(&q, ls_reader_schema(r), query, strlen(query), NULL, &err));
    OK(ls_reader_find(r, id, strlen(id), &doc, &err));
    OK(ls_snippets_make(&s, r, q, doc, NULL, &err));
    for (size_t i = 0; i < s->count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? "|" : "", s->snippets[i].html);
    ls_snippets_free(s);
    ls_query_free(q);
    return text;
}

#define STORY "The zebra ran.\nGet the zebra letter\nIt came home."

static void indexing(void **state)
{
    (void)state;
    ls_schema *s;
    ls_writer *w;
    ls_reader *r;
    OK(ls_schema_news(&s, &err));
    OK(add(s, "The Herald", "Get the zebra letter"));
    OK(add(s, "*", "Home page"));
    open_index(&w, s);
    ls_schema_free(s);
    put(w, "herald", "the HERALD", STORY);
    put(w, "other", "AP", STORY);
    put(w, "none", NULL, STORY);
    put(w, "ends", "AP", "The zebra ran.\n\xc2\xab HOME PAGE! \xc2\xbb\nIt came home.");
    put(w, "inside", "The Herald", "Zebras ran.\nGet the zebra letter now\nIt did. Get the zebra letter");
    put(w, "broken", "The Herald",
        "This text has got lines that have been broken at about sixty\nletters, so that one of them goes on in the "
        "line that follows\nand a blank line is what ends a paragraph of it.\n\nGet the\nzebra letter\n\nThe end of "
        "it came when a second zebra had been found.\n");
    OK(ls_commit(w, NULL, &err));
    OK(ls_reader_open(&r, index_path, NULL, &err));
    assert_int_equal(words_of(r, "herald"), 6);
    assert_int_equal(words_of(r, "other"), 10);
    assert_int_equal(words_of(r, "none"), 10);
    assert_int_equal(words_of(r, "ends"), 6);
    assert_int_equal(words_of(r, "inside"), 13);
    assert_int_equal(words_of(r, "broken"), 48);
    assert_string_equal(found(r, "letter"), "herald other none inside broken"); /* all is found */
    assert_string_equal(found(r, "page"), "ends");
    assert_string_equal(found(r, "\"zebra letter\""), "herald other none inside broken");
    assert_string_equal(found(r, "\"ran it came\""), "herald ends"); /* the line does not stand between them */
    assert_string_equal(snippet(r, "herald", "letter"), "The zebra ran. \xe2\x80\xa6");
    assert_non_null(strstr(snippet(r, "herald", "zebra"), "The <mark>zebra</mark> ran."));
    assert_null(strstr(snippet(r, "herald", "zebra"), "letter"));
    assert_null(strstr(snippet(r, "broken", "zebra"), "letter"));
    assert_non_null(strstr(snippet(r, "other", "letter"), "Get the zebra <mark>letter</mark>"));
    assert_non_null(strstr(snippet(r, "inside", "letter"), "<mark>letter</mark>"));
    ls_reader_close(r);
    ls_writer_close(w);
}

/* Scores are those of a document without the line, and of its words alone tf is 1. */
static void scores(void **state)
{
    (void)state;
    ls_schema *s;
    ls_writer *w;
    ls_reader *r;
    ls_query *q;
    ls_results *res;
    OK(ls_schema_news(&s, &err));
    OK(add(s, "AP", "Zebra news and zebra views of a zebra letter"));
    open_index(&w, s);
    ls_schema_free(s);
    put(w, "a", "AP", "A zebra ran home.\nZebra news and zebra views of a zebra letter");
    put(w, "b", "AP", "A zebra ran home.");
    put(w, "c", "AP", "Zebra news and zebra views of a zebra letter\nA horse ran home.");
    put(w, "d", "AP", "A zebra horse home.");
    OK(ls_commit(w, NULL, &err));
    OK(ls_reader_open(&r, index_path, NULL, &err));
    OK(ls_query_parse(&q, ls_reader_schema(r), "zebra", 5, NULL, &err));
    OK(ls_search(&res, r, q, NULL, &err));
    for (size_t i = 0; i < 4; i++) {
        assert_non_null(ls_results_hit(res, i));
        assert_true(ls_results_hit(res, i)->score == ls_results_hit(res, 0)->score); /* equal, not near */
    }
    ls_results_free(res);
    ls_query_free(q);
    ls_reader_close(r);
    ls_writer_close(w);
}

/* A list that comes later: what is there stays found as it was, and the line is not shown any more. */
static void later(void **state)
{
    (void)state;
    ls_schema *s;
    ls_writer *w;
    ls_reader *r, *newer;
    open_index(&w, NULL);
    put(w, "old", "AP", STORY);
    OK(ls_commit(w, NULL, &err));
    OK(ls_reader_open(&r, index_path, NULL, &err));
    OK(ls_schema_new(&s, &err));
    OK(add(s, "AP", "Get the zebra letter"));
    OK(ls_writer_set_boilerplate(w, s, &err));
    OK(add(s, "AP", "It came home")); /* the caller's own, later */
    assert_string_equal(ls_schema_boilerplate(ls_writer_schema(w), 0, NULL), "Get the zebra letter");
    assert_null(ls_schema_boilerplate(ls_writer_schema(w), 1, NULL));
    OK(ls_rollback(w, &err));
    assert_null(ls_schema_boilerplate(ls_writer_schema(w), 0, NULL));
    ls_schema_free(s);
    OK(ls_schema_new(&s, &err));
    OK(add(s, "AP", "Get the zebra letter"));
    put(w, "between", "AP", STORY);
    OK(ls_writer_set_boilerplate(w, s, &err));
    put(w, "new", "AP", STORY);
    OK(ls_commit(w, NULL, &err));
    assert_null(ls_schema_boilerplate(ls_reader_schema(r), 0, NULL)); /* of its commit */
    assert_non_null(strstr(snippet(r, "old", "letter"), "<mark>letter</mark>"));
    OK(ls_reader_refresh(&newer, r, &err));
    ls_reader_close(r);
    r = newer;
    assert_string_equal(ls_schema_boilerplate(ls_reader_schema(r), 0, NULL), "Get the zebra letter");
    assert_int_equal(words_of(r, "old"), 10);
    assert_int_equal(words_of(r, "between"), 10);
    assert_int_equal(words_of(r, "new"), 6);
    assert_string_equal(found(r, "\"ran get the\""), "old between");
    assert_string_equal(found(r, "\"ran it came\""), "new");
    assert_string_equal(snippet(r, "old", "\"ran get the\""),
                        "The zebra ran. \xe2\x80\xa6"); /* nothing marked wrongly */
    assert_null(strstr(snippet(r, "old", "letter"), "letter"));
    OK(ls_merge(w, 1, &err)); /* a merge changes nothing of that, and keeps the list */
    OK(ls_reader_refresh(&newer, r, &err));
    ls_reader_close(r);
    r = newer;
    assert_int_equal(words_of(r, "old"), 10);
    assert_int_equal(words_of(r, "new"), 6);
    assert_string_equal(found(r, "\"ran it came\""), "new");
    ls_schema_free(s);
    OK(ls_schema_new(&s, &err)); /* and away again: a commit of its own */
    OK(ls_writer_set_boilerplate(w, s, &err));
    OK(ls_commit(w, NULL, &err));
    OK(ls_reader_refresh(&newer, r, &err));
    ls_reader_close(r);
    assert_null(ls_schema_boilerplate(ls_reader_schema(newer), 0, NULL));
    assert_non_null(strstr(snippet(newer, "new", "letter"), "<mark>letter</mark>"));
    ls_reader_close(newer);
    ls_schema_free(s);
    ls_writer_close(w);
}

/* An index with a list and a story. */
static void make_listed(void)
{
    ls_schema *s;
    ls_writer *w;
    OK(ls_schema_news(&s, &err));
    OK(add(s, "AP", "Get the zebra letter"));
    open_index(&w, s);
    ls_schema_free(s);
    put(w, "a", "AP", STORY);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

static void kept(void **state)
{
    (void)state;
    ls_writer *w;
    ls_reader *r;
    const char *source;
    char to[100];
    make_listed();
    open_index(&w, NULL); /* opened anew */
    put(w, "b", "AP", STORY);
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    OK(ls_reader_open(&r, index_path, NULL, &err));
    assert_int_equal(words_of(r, "b"), 6);
    ls_reader_close(r);
    snprintf(to, sizeof to, "%s/copy", folder);
    OK(ls_backup(index_path, to, &err));
    OK(ls_reader_open(&r, to, NULL, &err));
    assert_string_equal(ls_schema_boilerplate(ls_reader_schema(r), 0, &source), "Get the zebra letter");
    assert_string_equal(source, "AP");
    ls_reader_close(r);
    remove_folder(to);
    OK(ls_salvage(index_path, to, NULL, NULL, &err));
    OK(ls_reader_open(&r, to, NULL, &err));
    assert_string_equal(ls_schema_boilerplate(ls_reader_schema(r), 0, &source), "Get the zebra letter");
    assert_int_equal(words_of(r, "b"), 6);
    ls_reader_close(r);
    remove_folder(to);
}

/* Each byte of a manifest with lists: it is refused, or says the same; what is salvaged has all articles. */
static void damage(void **state)
{
    (void)state;
    ls_reader *r;
    char name[120], to[100];
    uint8_t bytes[4096];
    ssize_t refused = 0;
    make_listed();
    snprintf(name, sizeof name, "%s/MANIFEST", index_path);
    snprintf(to, sizeof to, "%s/copy", folder);
    int fd = open(name, O_RDWR);
    ssize_t n = read(fd, bytes, sizeof bytes);
    assert_true(n > 500 && n < (ssize_t)sizeof bytes);
    for (ssize_t i = 0; i < n; i++) {
        uint8_t other = bytes[i] ^ 0x40;
        assert_int_equal(pwrite(fd, &other, 1, i), 1);
        int rc = ls_reader_open(&r, index_path, NULL, &err);
        if (!rc) assert_string_equal(ls_schema_boilerplate(ls_reader_schema(r), 0, NULL), "Get the zebra letter");
        ls_reader_close(r);
        refused += rc != LS_OK;
        if (i % 16 == 5 && i >= 64) {
            LS_INIT(ls_salvage_report, report);
            OK(ls_salvage(index_path, to, NULL, &report, &err));
            assert_int_equal(report.documents, 1);
            OK(ls_reader_open(&r, to, NULL, &err));
            uint64_t words = words_of(r, "a"); /* 10: added anew, the list being lost */
            assert_true(words == 6 || (words == 10 && !ls_schema_boilerplate(ls_reader_schema(r), 0, NULL)));
            ls_reader_close(r);
            remove_folder(to);
        }
        assert_int_equal(pwrite(fd, &bytes[i], 1, i), 1);
    }
    close(fd);
    assert_true(refused > n / 2); /* the rest is padding, and a second copy of the table */
}

/* A text alone is of no source. */
static void analyzing(void **state)
{
    (void)state;
    static const char text[] = "One two.\nRead on\nThree.\nSign up\nFour.";
    static const uint32_t positions[] = {0, 1, 0, 1, 2, 3, 4, 5};
    ls_schema *s;
    ls_tokens *t;
    OK(ls_schema_new(&s, &err));
    OK(add(s, "*", "Read on"));
    OK(add(s, "AP", "Sign up"));
    OK(ls_analyze(&t, s, text, sizeof text - 1, "none", &err));
    assert_int_equal(t->count, 8);
    for (size_t i = 0; i < 8; i++) assert_int_equal(t->tokens[i].position, positions[i]);
    ls_tokens_free(t);
    ls_schema_free(s);
}

/* ---- lines that recur ---- */

static const char *recurring(uint64_t documents, double share)
{
    static char told[1000];
    ls_reader *r;
    ls_boilerplate *b;
    const ls_boilerplate_line *line;
    LS_INIT(ls_boilerplate_options, o);
    o.documents = documents;
    o.share = share;
    told[0] = 0;
    OK(ls_reader_open(&r, index_path, NULL, &err));
    OK(ls_boilerplate_find(&b, r, &o, &err));
    ls_reader_close(r);
    for (size_t i = 0; (line = ls_boilerplate_at(b, i)) != NULL; i++)
        snprintf(told + strlen(told), sizeof told - strlen(told), "%s %u/%u %s\n", line->source,
                 (unsigned)line->documents, (unsigned)line->of, line->line);
    ls_boilerplate_free(b);
    return told;
}

static void finding(void **state)
{
    (void)state;
    ls_schema *s;
    ls_writer *w;
    ls_reader *r;
    ls_boilerplate *b;
    char id[20], body[600];
    LS_INIT(ls_boilerplate_options, o);
    OK(ls_schema_news(&s, &err));
    OK(add(s, "AP", "This one is held"));
    open_index(&w, s);
    ls_schema_free(s);
    assert_string_equal(recurring(0, 0), "");
    for (unsigned i = 0; i < 60; i++) {
        const char *source = i < 30 ? (i % 2 ? "AP" : "Ap") : i < 50 ? "Tas" : NULL;
        snprintf(body, sizeof body, "Story %u of them began.\n%s\nThis one is held\nRead also: a story\nShort\n%s%s", i,
                 i % 3 ? "(Get \t our \xc2\xab"
                         "daily\xc2\xbb letter!)"
                       : "It ended.",
                 i % 3 == 2 ? "GET our daily letter\n" : "", i % 10 == 0 ? "Every tenth has it\n" : "");
        put(w, (snprintf(id, sizeof id, "d%u", i), id), source, body);
    }
    OK(ls_delete(w, "d1", 2, &err));
    OK(ls_commit(w, NULL, &err));
    assert_string_equal(recurring(0, 0), "Ap 19/29 (Get our \xc2\xab"
                                         "daily\xc2\xbb letter!)\n"
                                         "Tas 20/20 This one is held\n"
                                         "Tas 13/20 (Get our \xc2\xab"
                                         "daily\xc2\xbb letter!)\n"
                                         "* 10/10 This one is held\n");
    assert_string_equal(recurring(15, 0), "Ap 19/29 (Get our \xc2\xab"
                                          "daily\xc2\xbb letter!)\nTas 20/20 This one is held\n");
    assert_string_equal(recurring(1, .9), "Tas 20/20 This one is held\n* 10/10 This one is held\n");
    assert_string_equal(recurring(1, 1), "Tas 20/20 This one is held\n* 10/10 This one is held\n");
    assert_non_null(strstr(recurring(2, .1), "Ap 3/29 Every tenth has it\n"));
    OK(ls_reader_open(&r, index_path, NULL, &err));
    o.share = 1.5;
    WANT(ls_boilerplate_find(&b, r, &o, &err), LS_INVALID);
    assert_null(b);
    o.share = -1;
    WANT(ls_boilerplate_find(&b, r, &o, &err), LS_INVALID);
    WANT(ls_boilerplate_find(&b, NULL, NULL, &err), LS_INVALID);
    WANT(ls_boilerplate_find(NULL, r, NULL, &err), LS_INVALID);
    assert_null(ls_boilerplate_at(NULL, 0));
    ls_boilerplate_free(NULL);
    ls_reader_close(r);
    ls_writer_close(w);
}

/* Which lines are worth a list, how they are written in one, and in which order they are told. */
static void worth(void **state)
{
    (void)state;
    ls_writer *w;
    char id[20], body[3000], longest[1100];
    static const char *const once[] = {"Not of each: alpha beta gamma\n", "Not of each: delta beta gamma\n"};
    open_index(&w, NULL);
    memset(longest, 'x', sizeof longest);
    for (size_t i = 9; i < sizeof longest; i += 10) longest[i] = ' ';
    longest[sizeof longest - 1] = 0;
    for (unsigned i = 0; i < 48; i++) {
        ls_doc *d;
        snprintf(id, sizeof id, "d%u", i);
        snprintf(body, sizeof body,
                 "Story %u of them began.\n1984 1985 1986 1987\nTwo words\n\xc3\x9c"
                 "bergangsm\xc3\xa4\xc3\x9fig\n\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe6\x96\x87\n"
                 "(((((((((( So many brackets here\n  \x01 [See \t\t it here]  \t\n%s\n%s***\n",
                 i, longest, i % 12 ? once[i % 2] : "");
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_set_id(d, id, strlen(id), &err));
        OK(ls_doc_set_language(d, "english", &err));
        OK(ls_doc_add_text(d, "title", "The title of every one of them", 30, &err)); /* is read by nobody */
        OK(ls_doc_add_text(d, "body", body, strlen(body), &err));
        OK(ls_doc_add_text(d, "byline", "The byline of every one of them", 31, &err));
        OK(ls_doc_add_text(d, "source", i % 2 ? "Tas" : "AP", i % 2 ? 3 : 2, &err));
        OK(ls_doc_add_int(d, "urgency", 3, &err));
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
        if (i == 20) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    static const char told[] = "AP 24/24 So many brackets here\n"
                               "AP 24/24 [See it here]\n"
                               "AP 24/24 \xc3\x9c"
                               "bergangsm\xc3\xa4\xc3\x9fig\n"
                               "AP 24/24 \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe6\x96\x87\n"
                               "AP 20/24 Not of each: alpha beta gamma\n"
                               "Tas 24/24 Not of each: delta beta gamma\n"
                               "Tas 24/24 So many brackets here\n"
                               "Tas 24/24 [See it here]\n"
                               "Tas 24/24 \xc3\x9c"
                               "bergangsm\xc3\xa4\xc3\x9fig\n"
                               "Tas 24/24 \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe6\x96\x87\n";
    assert_string_equal(recurring(0, 0), told);
}

static int begin(void **state)
{
    return lsi_analyzer_new(&an, NULL) || folder_begin(state);
}

static int end(void **state)
{
    lsi_analyzer_free(an);
    return folder_end(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(lists),
        cmocka_unit_test(how_many),
        cmocka_unit_test(bytes),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(whose),
        cmocka_unit_test_teardown(indexing, index_clean),
        cmocka_unit_test_teardown(scores, index_clean),
        cmocka_unit_test_teardown(later, index_clean),
        cmocka_unit_test_teardown(kept, index_clean),
        cmocka_unit_test(analyzing),
        cmocka_unit_test_teardown(damage, index_clean),
        cmocka_unit_test_teardown(finding, index_clean),
        cmocka_unit_test_teardown(worth, index_clean),
    };
    return cmocka_run_group_tests_name("boilerplate", tests, begin, end);
}
