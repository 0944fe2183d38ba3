/* f_request.c — parameters of a search, as arguments and as JSON, cursors among them, run over a small index and
 * written as an answer. Input: a byte; odd: JSON, else lines name=value. Held: a refusal has a status and a detail; an
 * answer is valid UTF-8. */
#include "fuzz/fuzz.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    js_request q;
    js_problem problem = {0};
    js_text out = {0};
    if (n > 20000) return 0;
    bool json = fuzz_u8(&in) & 1;
    int rc = LS_OK;
    js_request_init(&q, JS_FOR_SEARCH);
    q.schema = ls_reader_schema(fuzz_reader());
    if (json) {
        size_t len;
        char *text = fuzz_rest(&in, &len);
        rc = js_request_set_json(&q, text, len, &problem);
        free(text);
    }
    while (!rc && in.n) {
        size_t len;
        char *line = fuzz_line(&in, &len), *eq = len ? memchr(line, '=', len) : NULL;
        size_t name = eq ? (size_t)(eq - line) : len;
        rc = js_request_set(&q, line, name, eq ? eq + 1 : "", eq ? len - name - 1 : 0, &problem);
        free(line);
    }
    if (!rc) rc = js_request_ready(&q, ls_reader_schema(fuzz_reader()), &problem);
    if (!rc) {
        q.timeout_ms = 200;
        rc = js_search(&out, &q, fuzz_reader(), &problem);
        if (!rc) FUZZ_CHECK(fuzz_utf8(out.data, out.len));
        js_text_free(&out);
        js_export *e = NULL;
        bool more = true;
        ls_error err;
        if (!rc && !js_export_open(&e, &q, fuzz_reader(), q.format, &problem)) {
            for (int i = 0; i < 3 && more; i++) FUZZ_CHECK(!js_export_next(e, &out, &more, &err));
            FUZZ_CHECK(fuzz_utf8(out.data ? out.data : "", out.len));
        }
        js_export_close(e);
    }
    if (rc) FUZZ_CHECK(problem.status >= 400 && problem.status < 600 && *problem.detail && problem.code);
    js_text_free(&out);
    js_request_clear(&q);
    return 0;
}
