/* problem.c — refusals as application/problem+json. Owns the table's statuses, codes and titles; ignorant of who
 * refuses and why: the detail is the caller's sentence. */
#include "server/problem.h"
#include "libsearch/libsearch.h"

#include <string.h>

static const struct {
    int status;
    const char *code, *title;
} problems[SD_P_COUNT] = {
    {200, "ok", "OK"},
#define X(name, status, code, title) {status, code, title},
    SD_PROBLEMS(X)
#undef X
};

int sd_problem_status(sd_problem p)
{
    return problems[p].status;
}

const char *sd_problem_code(sd_problem p)
{
    return problems[p].code;
}

void sd_problem_put(sd_bytes *b, sd_problem p, const char *detail, const char *parameter)
{
    const char *c;
    sd_puts(b, "{\"type\":\"/problems/");
    for (c = problems[p].code; *c; c++) sd_putc(b, *c == '_' ? '-' : *c);
    sd_putf(b, "\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\",\"detail\":", problems[p].title, problems[p].status,
            problems[p].code);
    sd_put_json(b, detail ? detail : problems[p].title, strlen(detail ? detail : problems[p].title));
    if (parameter) {
        sd_puts(b, ",\"errors\":[{\"parameter\":");
        sd_put_json(b, parameter, strlen(parameter));
        sd_puts(b, "}]");
    }
    sd_puts(b, "}\n");
}

void sd_problem_raw(sd_bytes *b, sd_problem p, const char *detail)
{
    sd_bytes body = {0};
    sd_problem_put(&body, p, detail, NULL);
    sd_putf(b,
            "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nContent-Length: %zu\r\n"
            "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%sConnection: close\r\n\r\n",
            problems[p].status, problems[p].title, body.len,
            problems[p].status == 503 || problems[p].status == 429 ? "Retry-After: 5\r\n" : "");
    sd_put(b, body.p, body.len);
    if (body.failed) b->failed = true;
    sd_clear(&body);
}

sd_problem sd_problem_of(int code)
{
    switch (code) {
    case LS_INVALID: return SD_P_INVALID_PARAMETER;
    case LS_NOMEM: return SD_P_NO_MEMORY;
    case LS_NOSPACE: return SD_P_NO_SPACE;
    case LS_NOTFOUND: return SD_P_NOT_FOUND;
    case LS_EXISTS: return SD_P_CONFLICT;
    case LS_LOCKED: return SD_P_UNAVAILABLE;
    case LS_CORRUPT: return SD_P_CORRUPT;
    case LS_LIMIT: return SD_P_TOO_LARGE;
    case LS_CANCELED: return SD_P_UNAVAILABLE;
    case LS_TIMEOUT: return SD_P_DEADLINE;
    case LS_SCHEMA: return SD_P_INVALID_ARTICLE;
    case LS_POISONED: return SD_P_UNAVAILABLE;
    default: return SD_P_INTERNAL;
    }
}
