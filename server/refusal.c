/* refusal.c — the table of refusals and its two forms: a problem, and a whole answer written by hand.
 * Ignorant of who refuses and when. */
#include "server/refusal.h"

#include <stdio.h>

static const struct {
    int status;
    const char *code, *title, *detail;
} refusals[SD_REFUSE_END] = {{500, "internal", "Internal error", "refused without a reason"},
#define X(name, status, code, title, detail) {status, code, title, detail},
                             SD_REFUSALS(X)
#undef X
};

void sd_refusal_problem(js_problem *out, sd_refusal r)
{
    out->status = refusals[r].status;
    out->code = refusals[r].code;
    out->title = refusals[r].title;
    out->parameter[0] = 0;
    snprintf(out->detail, sizeof out->detail, "%s", refusals[r].detail);
}

void sd_refusal_raw(js_text *out, sd_refusal r)
{
    js_text body = {0};
    js_problem p;
    sd_refusal_problem(&p, r);
    js_write_problem(&body, &p);
    js_printf(out,
              "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nContent-Length: %zu\r\n"
              "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%sConnection: close\r\n\r\n",
              p.status, p.title, body.len, p.status == 503 || p.status == 429 ? "Retry-After: 5\r\n" : "");
    js_put(out, body.data ? body.data : "", body.len);
    if (body.failed) out->failed = true;
    js_text_free(&body);
}
