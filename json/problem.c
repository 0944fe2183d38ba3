/* problem.c — what a client is told when something goes wrong: RFC 9457 problem details. Owns the codes, their
 * titles and HTTP statuses; knows nothing of requests. */
#include <stdio.h>
#include <string.h>

#include "json/json.h"

typedef struct kind {
    const char *code, *title;
    int status;
} kind;

static const kind kinds[] = {
    {"internal", "Internal error", 500}, /* first: what an unknown code becomes */
    {"bad_request", "Bad request", 400},
    {"invalid_parameter", "Invalid parameter", 400},
    {"invalid_json", "Invalid JSON", 400},
    {"unauthorized", "A key is needed", 401},
    {"forbidden", "Not allowed with this key", 403},
    {"not_found", "Not found", 404},
    {"method_not_allowed", "Method not allowed", 405},
    {"conflict", "Conflict", 409},
    {"gone", "Gone", 410},
    {"precondition_failed", "Precondition failed", 412},
    {"too_large", "Too large", 413},
    {"uri_too_long", "Request target too long", 414},
    {"unsupported_media_type", "Unsupported media type", 415},
    {"misdirected", "Misdirected request", 421},
    {"invalid_document", "Invalid document", 422},
    {"too_many_requests", "Too many requests", 429},
    {"headers_too_large", "Request headers too large", 431},
    {"busy", "Busy", 503},
    {"locked", "Another writer holds the index", 503},
    {"deadline", "The deadline passed", 504},
    {"no_space", "No space", 507},
};

static const kind *find_kind(const char *code)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].code, code) == 0) return &kinds[i];
    return &kinds[0];
}

static void begin(js_problem *p, const char *code, const char *parameter)
{
    const kind *k = find_kind(code);
    *p = (js_problem){.status = k->status, .code = k->code, .title = k->title};
    if (parameter) snprintf(p->parameter, sizeof p->parameter, "%s", parameter);
}

int js_problem_set(js_problem *p, const char *code, const char *parameter, const char *format, ...)
{
    if (p == NULL) return LS_INVALID;
    begin(p, code, parameter);
    va_list ap;
    va_start(ap, format);
    vsnprintf(p->detail, sizeof p->detail, format, ap);
    va_end(ap);
    return LS_INVALID;
}

static const char *code_of(int rc)
{
    switch (rc) {
    case LS_NOTFOUND:
        return "not_found";
    case LS_EXISTS:
        return "conflict";
    case LS_LOCKED:
        return "locked";
    case LS_LIMIT:
        return "too_large";
    case LS_SCHEMA:
        return "invalid_document";
    case LS_INVALID:
        return "bad_request";
    case LS_TIMEOUT:
        return "deadline";
    case LS_NOSPACE:
        return "no_space";
    case LS_CANCELED:
    case LS_NOMEM:
        return "busy";
    default:
        return "internal";
    }
}

int js_problem_from(js_problem *p, const ls_error *e)
{
    if (p == NULL) return e->code;
    begin(p, code_of(e->code), NULL);
    snprintf(p->detail, sizeof p->detail, "%s", e->message[0] ? e->message : ls_strerror(e->code));
    return e->code;
}

void js_write_problem(js_text *out, const js_problem *p)
{
    js_puts(out, "{\"type\":\"/problems/");
    for (const char *c = p->code; *c; c++) js_putc(out, *c == '_' ? '-' : *c);
    js_putc(out, '"');
    js_key(out, "title");
    js_cstring(out, p->title);
    js_key(out, "status");
    js_int(out, p->status);
    js_key(out, "code");
    js_cstring(out, p->code);
    js_key(out, "detail");
    js_cstring(out, p->detail);
    js_key(out, "errors");
    js_putc(out, '[');
    if (p->parameter[0]) {
        js_puts(out, "{\"parameter\":");
        js_cstring(out, p->parameter);
        js_putc(out, '}');
    }
    js_puts(out, "]}");
}
