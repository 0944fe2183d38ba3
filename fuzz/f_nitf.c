/* f_nitf.c — articles in NITF, alone and by the importer of a file. Input: the bytes of the file.
 * Held: a refusal has its line; what is taken is JSON that becomes an article or is refused by name; the second reading
 * gives the same. */
#include "fuzz/fuzz.h"
#include "import/import.h"
#include "import/nitf.h"

typedef struct told {
    unsigned calls;
    int rc;
} told;

static int each(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *err)
{
    told *t = ctx;
    FUZZ_CHECK(number == 1 && (doc != NULL) == !rc && (!rc || (err->code == rc && *err->message)));
    t->calls++;
    t->rc = rc;
    return 0;
}

static void by_file(const char *text, size_t len, const js_article_options *o, int alone)
{
    ls_error err = {0};
    ls_doc *d;
    told t = {0, 0};
    FILE *in = fmemopen((void *)(uintptr_t)text, len, "rb");
    FUZZ_CHECK(in && !ls_doc_new(&d, &err));
    int rc = im_read(in, IM_NITF, d, o, each, &t, &err);
    FUZZ_CHECK(rc || (t.calls == 1 && t.rc == alone));
    ls_doc_free(d);
    fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static ls_schema *schema;
    fuzz_in in = {p, n};
    ls_error err = {0};
    ls_doc *d;
    js_text out = {0}, again = {0};
    size_t len;
    if (!n) return 0;
    if (!schema) FUZZ_CHECK(!ls_schema_news(&schema, &err));
    js_article_options o = {.schema = schema, .path = "a/b.xml", .file_name = "2023-09-11-b.xml"};
    char *text = fuzz_rest(&in, &len);
    int rc = im_nitf_json(&out, text, len, &err);
    FUZZ_CHECK(!rc || ((rc == LS_INVALID || rc == LS_LIMIT) && err.code == rc && *err.message));
    FUZZ_CHECK(im_nitf_json(&again, text, len, &err) == rc);
    if (!rc) {
        FUZZ_CHECK(out.len == again.len && !memcmp(out.data, again.data, out.len) && fuzz_utf8(out.data, out.len));
        FUZZ_CHECK(!ls_doc_new(&d, &err));
        rc = js_article_read(d, out.data, out.len, &o, &err);
        if (rc && !strncmp(err.message, "line ", 5)) fprintf(stderr, "%s\n%.*s\n", err.message, (int)out.len, out.data);
        FUZZ_CHECK(!rc || (*err.message && strncmp(err.message, "line ", 5) != 0)); /* never broken as JSON */
        ls_doc_free(d);
    }
    by_file(text, len, &o, rc);
    js_text_free(&out);
    js_text_free(&again);
    free(text);
    return 0;
}
