/* t_import.c — import/: kinds of files, NDJSON in pieces of every size, whole files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h wants the five above */
#include <cmocka.h>

#include "import/import.h"

typedef struct log {
    js_text text; /* "1:ok 2:-1 …" */
    int stop_at;  /* number after which to stop, 0: never */
} log;

static int each(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *err)
{
    log *l = ctx;
    assert_true((doc != NULL) == (rc == LS_OK));
    if (rc != LS_OK) assert_true(err->code == rc && err->message[0]);
    if (doc) js_printf(&l->text, "%llu:%s ", (unsigned long long)number, ls_doc_text(doc, "body", 0, NULL));
    else js_printf(&l->text, "%llu:error%d ", (unsigned long long)number, rc);
    return l->stop_at && (int)number >= l->stop_at ? 42 : 0;
}

typedef struct fixture {
    ls_schema *schema;
    ls_doc *doc;
    js_article_options o;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(ls_schema_news(&f->schema, NULL), LS_OK);
    assert_int_equal(ls_doc_new(&f->doc, NULL), LS_OK);
    f->o.schema = f->schema;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    ls_schema_free(f->schema);
    ls_doc_free(f->doc);
    free(f);
    return 0;
}

static void kinds_are_told_by_name(void **state)
{
    (void)state;
    assert_int_equal(im_kind_of("a.txt"), IM_TEXT);
    assert_int_equal(im_kind_of("a/b.TXT"), IM_TEXT);
    assert_int_equal(im_kind_of("a.json"), IM_JSON);
    assert_int_equal(im_kind_of("a.ndjson"), IM_NDJSON);
    assert_int_equal(im_kind_of("a.jsonl"), IM_NDJSON);
    assert_int_equal(im_kind_of(".txt"), IM_OTHER);
    assert_int_equal(im_kind_of("a.pdf"), IM_OTHER);
    assert_int_equal(im_kind_of(""), IM_OTHER);
}

static void lines_in_pieces_of_every_size(void **state)
{
    static const char in[] = "{\"body\":\"one\"}\n\n  \r\n{\"body\":\"four\"}\r\n{broken\n{\"body\":\"six\"}";
    fixture *f = *state;
    for (size_t size = 1; size <= sizeof in; size++) {
        im_lines lines = {0};
        log l = {0};
        for (size_t i = 0; i < sizeof in - 1; i += size) {
            size_t n = sizeof in - 1 - i < size ? sizeof in - 1 - i : size;
            assert_int_equal(im_lines_feed(&lines, in + i, n, false, f->doc, &f->o, each, &l), LS_OK);
        }
        assert_int_equal(im_lines_feed(&lines, "", 0, true, f->doc, &f->o, each, &l), LS_OK);
        assert_string_equal(l.text.data, "1:one 4:four 5:error-1 6:six ");
        im_lines_free(&lines);
        js_text_free(&l.text);
    }
}

static void the_caller_may_stop(void **state)
{
    static const char in[] = "{\"body\":\"one\"}\n{\"body\":\"two\"}\n{\"body\":\"three\"}\n";
    fixture *f = *state;
    im_lines lines = {0};
    log l = {.stop_at = 2};
    assert_int_equal(im_lines_feed(&lines, in, sizeof in - 1, true, f->doc, &f->o, each, &l), 42);
    assert_string_equal(l.text.data, "1:one 2:two ");
    im_lines_free(&lines);
    js_text_free(&l.text);
}

static void long_lines_are_skipped(void **state)
{
    fixture *f = *state;
    static char piece[1 << 20];
    im_lines lines = {0};
    log l = {0};
    memset(piece, 'x', sizeof piece);
    for (size_t n = 0; n <= IM_LINE_MAX; n += sizeof piece)
        assert_int_equal(im_lines_feed(&lines, piece, sizeof piece, false, f->doc, &f->o, each, &l), LS_OK);
    static const char end[] = "\n{\"body\":\"next\"}\n";
    assert_int_equal(im_lines_feed(&lines, end, sizeof end - 1, true, f->doc, &f->o, each, &l), LS_OK);
    assert_string_equal(l.text.data, "1:error-11 2:next ");
    js_text_free(&l.text);
}

static void check_file(fixture *f, im_kind kind, const char *content, const char *expected)
{
    FILE *in = tmpfile();
    log l = {0};
    ls_error err = {0};
    assert_non_null(in);
    assert_int_equal(fwrite(content, 1, strlen(content), in), strlen(content));
    rewind(in);
    assert_int_equal(im_read(in, kind, f->doc, &f->o, each, &l, &err), LS_OK);
    assert_string_equal(l.text.data ? l.text.data : "", expected);
    fclose(in);
    js_text_free(&l.text);
}

static void files_are_read(void **state)
{
    fixture *f = *state;
    check_file(f, IM_TEXT, "A text of its own.", "1:A text of its own. ");
    check_file(f, IM_TEXT, "", "1:error-1 ");
    check_file(f, IM_JSON, "{\"body\":\n\"one\"}", "1:one ");
    check_file(f, IM_JSON, "[{\"body\":\"one\"},3,{\"body\":\"three\"}]", "1:one 2:error-1 3:three ");
    check_file(f, IM_JSON, "[]", "");
    check_file(f, IM_JSON, "{\"body\":\"one\"}\r\n{\"body\":\"two\"}\n", "1:one 2:two ");
    check_file(f, IM_NDJSON, "{\"body\":\"one\"}\n{\"body\":\"two\"}", "1:one 2:two ");
    check_file(f, IM_NDJSON, "", "");
}

static void broken_files_are_told(void **state)
{
    fixture *f = *state;
    log l = {0};
    ls_error err = {0};
    FILE *in = tmpfile();
    assert_non_null(in);
    fputs("{\"body\":\n\"one\"}\n{\"body\":\"two\"}", in);
    rewind(in);
    assert_int_equal(im_read(in, IM_JSON, f->doc, &f->o, each, &l, &err), LS_INVALID);
    assert_non_null(strstr(err.message, "line 3"));
    rewind(in);
    assert_int_equal(im_read(in, IM_OTHER, f->doc, &f->o, each, &l, &err), LS_INVALID);
    fclose(in);
    in = fopen("/", "rb"); /* a directory opens, and cannot be read */
    if (in) {
        assert_int_equal(im_read(in, IM_TEXT, f->doc, &f->o, each, &l, &err), LS_IO);
        assert_non_null(strstr(err.message, "cannot be read"));
        fclose(in);
    }
    js_text_free(&l.text);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_by_name),
        WITH(lines_in_pieces_of_every_size),
        WITH(the_caller_may_stop),
        WITH(long_lines_are_skipped),
        WITH(files_are_read),
        WITH(broken_files_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
