/* fault_json.c — json/ when memory runs out: every call is made with the 1st, 2nd, 3rd … allocation failing until it
 * succeeds. Each time it must fail cleanly (LS_NOMEM, or a problem that says so) and give everything back. Allocations
 * are those of the C library, seen by taking the place of malloc, realloc, calloc and free (glibc). */
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

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CAN_FAIL 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef CAN_FAIL
#endif
#endif

#ifdef CAN_FAIL
static long fail_at; /* this allocation and all behind it fail; 0: none */
static long made, live;

extern void *__libc_malloc(size_t n);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void __libc_free(void *p);

static int refuse(void)
{
    return fail_at && ++made >= fail_at;
}

void *malloc(size_t n)
{
    void *p = refuse() ? NULL : __libc_malloc(n);
    if (p) live++;
    return p;
}

void *calloc(size_t n, size_t size)
{
    void *p = refuse() ? NULL : __libc_calloc(n, size);
    if (p) live++;
    return p;
}

void *realloc(void *old, size_t n)
{
    void *p = refuse() ? NULL : __libc_realloc(old, n);
    if (p && old == NULL) live++;
    return p;
}

void free(void *p)
{
    if (p) live--;
    __libc_free(p);
}
#endif

typedef struct fixture {
    ls_schema *schema;
    ls_doc *doc;
    js_article_options o;
} fixture;

typedef int action(fixture *f); /* LS_OK, or the failure */

static const char article[] =
    "{\"guid\":\"urn:x\",\"headline\":\"T\",\"text\":[\"One.\",\"Two.\"],\"lead\":\"L\",\"subjects\":[\"a\",\"b\"],"
    "\"date\":"
    "\"2023-09-11\",\"pubDate\":\"no date\",\"desk\":{\"k\":[1,2.5,\"x\"]},\"bad\":\"\xFF\",\"language\":\"de\"}";

static int read_one(fixture *f)
{
    return js_article_read(f->doc, article, sizeof article - 1, &f->o, NULL);
}

static int read_text(fixture *f)
{
    static const char text[] = "A headline\r\n\r\nThe lead of it.\r\nAnd more.\r\n";
    return js_article_text(f->doc, text, sizeof text - 1, &f->o, NULL);
}

static int each(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *err)
{
    (void)number;
    (void)doc;
    (void)err;
    if (rc != LS_OK) *(int *)ctx = rc;
    return 0;
}

static int read_many(fixture *f)
{
    static const char many[] = "[{\"body\":\"a\"},{\"body\":\"b\"}]";
    int found = LS_OK;
    int rc = js_articles_read(f->doc, many, sizeof many - 1, &f->o, each, &found, NULL);
    return rc ? rc : found;
}

static int read_lines(fixture *f)
{
    static const char lines[] = "{\"body\":\"a\"}\n{\"body\":\"b\"}\n";
    int found = LS_OK;
    im_lines l = {0};
    for (size_t i = 0; i < sizeof lines - 1; i += 5)
        im_lines_feed(&l, lines + i, sizeof lines - 1 - i < 5 ? sizeof lines - 1 - i : 5, false, f->doc, &f->o, each,
                      &found);
    im_lines_feed(&l, "", 0, true, f->doc, &f->o, each, &found);
    return found == LS_LIMIT ? LS_NOMEM : found; /* a line that cannot be kept is skipped as one that is too long */
}

static int write_one(fixture *f)
{
    js_text t = {0};
    int rc = js_write_document(&t, f->schema, f->doc, NULL);
    js_text_free(&t);
    return rc;
}

static int read_schema(fixture *f)
{
    static const char json[] =
        "{\"language\":\"german\",\"k1\":1.5,\"fields\":{\"title\":{\"type\":\"text\",\"weight\":3},"
        "\"body\":{\"type\":\"text\"},\"n\":{\"type\":\"integer\"}}}";
    ls_schema *s = NULL;
    (void)f;
    int rc = js_schema_read(&s, json, sizeof json - 1, NULL);
    ls_schema_free(s);
    return rc;
}

static int read_request(fixture *f)
{
    static const char json[] = "{\"q\":\"a b\",\"source\":[\"A\",\"B\"],\"limit\":7,\"half_life\":2.5,\"explain\":true,"
                               "\"facets\":[\"source\",\"subject\"],\"from\":\"2023\",\"tz\":\"UTC\",\"from.urgency\":3,"
                               "\"evolved_from\":[\"x\",\"y\"]}";
    js_request q;
    js_problem p = {0};
    js_request_init(&q, JS_FOR_SEARCH);
    q.schema = f->schema;
    int rc = js_request_set_json(&q, json, sizeof json - 1, &p);
    if (rc == LS_OK) rc = js_request_ready(&q, f->schema, &p);
    js_request_clear(&q);
    if (rc != LS_OK) assert_true(p.status != 0);
    return rc == LS_OK ? LS_OK : LS_NOMEM; /* told as a problem */
}

static int read_batch(fixture *f)
{
    static const char json[] = "{\"queries\":[\"a b\",7,\"c\"],\"limit\":2,\"source\":[\"A\"]}";
    js_batch *b = NULL;
    js_problem p = {0};
    (void)f;
    int rc = js_batch_open(&b, NULL, json, sizeof json - 1, &p);
    js_batch_close(b);
    if (rc != LS_OK) assert_true(p.status != 0);
    return rc == LS_OK ? LS_OK : LS_NOMEM; /* told as a problem */
}

static int write_csv(fixture *f)
{
    js_text t = {0};
    (void)f;
    js_csv_cell(&t, "=a,b\"c", 6);
    js_printf(&t, "%d", 5);
    js_html(&t, "<&>", 3);
    int rc = js_text_rc(&t, NULL);
    js_text_free(&t);
    return rc;
}

static void with_every_failure(fixture *f, const char *name, action *act)
{
    int rc = LS_NOMEM;
    long n = 0;
    assert_int_equal(act(f), LS_OK); /* memory kept by the document for its next use is there now */
#ifdef CAN_FAIL
    while (rc != LS_OK && n < 100000) {
        long before = live;
        made = 0;
        fail_at = ++n;
        rc = act(f);
        fail_at = 0;
        if (f->doc) ls_doc_clear(f->doc);
        if (rc != LS_OK && rc != LS_NOMEM) print_error("%s, allocation %ld: %d\n", name, n, rc);
        assert_true(rc == LS_OK || rc == LS_NOMEM);
        if (live > before + 4) print_error("%s, allocation %ld: %ld kept\n", name, n, live - before);
        assert_true(live <= before + 4); /* an arena may keep a block for the next document */
        if (act == write_one) assert_int_equal(read_one(f), LS_OK);
    }
    assert_int_equal(rc, LS_OK);
    print_message("%s: %ld allocations failed\n", name, n - 1);
#else
    (void)rc;
    (void)n;
    print_message("%s: allocations cannot be made to fail in this build\n", name);
#endif
}

static void memory_runs_out(void **state)
{
    static const struct {
        const char *name;
        action *act;
    } cases[] = {{"article", read_one},   {"text", read_text},       {"array", read_many}, {"lines", read_lines},
                 {"schema", read_schema}, {"request", read_request}, {"csv", write_csv},   {"article", read_one},
                 {"document", write_one}, {"batch", read_batch}};
    fixture f = {0};
    (void)state;
    assert_int_equal(ls_schema_news(&f.schema, NULL), LS_OK);
    assert_int_equal(ls_doc_new(&f.doc, NULL), LS_OK);
    f.o.schema = f.schema;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_one(&f), LS_OK);
        with_every_failure(&f, cases[i].name, cases[i].act);
    }
    ls_schema_free(f.schema);
    ls_doc_free(f.doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
