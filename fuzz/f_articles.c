/* f_articles.c — articles in: JSON, NDJSON in pieces, plain text, schemas. Input: a byte that picks the form, then the
 * text. Held: NDJSON in pieces of any size tells the same as in one. */
#include "fuzz/fuzz.h"
#include "import/import.h"

typedef struct told {
    uint64_t good, bad, last, ids;
} told;

static int each(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *err)
{
    told *t = ctx;
    size_t len;
    FUZZ_CHECK(number > t->last && (doc != NULL) == !rc && (!rc || (err && err->code == rc && *err->message)));
    t->last = number;
    if (rc) t->bad++;
    else t->good++;
    const char *id = doc ? ls_doc_id(doc, &len) : NULL;
    for (size_t i = 0; id && i < len; i++) t->ids = t->ids * 31 + (uint8_t)id[i];
    return 0;
}

static told lines(const char *text, size_t len, size_t piece, ls_doc *d, const js_article_options *o)
{
    im_lines l = {0};
    told t = {0};
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        FUZZ_CHECK(!im_lines_feed(&l, text + at, n, false, d, o, each, &t));
    }
    FUZZ_CHECK(!im_lines_feed(&l, "", 0, true, d, o, each, &t));
    im_lines_free(&l);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static ls_schema *schema;
    fuzz_in in = {p, n};
    ls_error err;
    ls_doc *d;
    told t = {0};
    size_t len;
    if (!schema) FUZZ_CHECK(!ls_schema_news(&schema, &err));
    js_article_options o = {.schema = schema, .path = "a/b.txt", .file_name = "2023-09-11-b.txt"};
    uint8_t form = fuzz_u8(&in);
    char *text = fuzz_rest(&in, &len);
    FUZZ_CHECK(!ls_doc_new(&d, &err));
    switch (form % 5) {
    case 0:
        if (js_article_read(d, text, len, &o, &err)) FUZZ_CHECK(*err.message);
        break;
    case 1:
        js_articles_read(d, text, len, &o, each, &t, &err);
        break;
    case 2: {
        told whole = lines(text, len, len + 1, d, &o), parts = lines(text, len, 1 + form / 5, d, &o);
        FUZZ_CHECK(!memcmp(&whole, &parts, sizeof whole));
        break;
    }
    case 3:
        if (js_article_text(d, text, len, &o, &err)) FUZZ_CHECK(*err.message); /* UTF-16 is refused */
        break;
    default: {
        ls_schema *s = NULL;
        if (!js_schema_read(&s, text, len, &err)) {
            js_text out = {0};
            ls_schema *again = NULL;
            js_write_schema(&out, s);
            FUZZ_CHECK(!js_schema_read(&again, out.data, out.len, &err));
            FUZZ_CHECK(ls_schema_count(again) == ls_schema_count(s));
            size_t lines = 0, lines_again = 0;
            while (ls_schema_boilerplate(s, lines, NULL)) lines++;
            while (ls_schema_boilerplate(again, lines_again, NULL)) lines_again++;
            FUZZ_CHECK(lines == lines_again);
            ls_schema_free(again);
            js_text_free(&out);
        }
        ls_schema_free(s);
        if (js_boilerplate_read(&s, text, len, &err)) FUZZ_CHECK(*err.message);
        ls_schema_free(s);
    }
    }
    ls_doc_free(d);
    free(text);
    return 0;
}
