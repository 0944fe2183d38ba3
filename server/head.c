/* head.c — the head of a request: how far it has come, whether it may pass, and its plain form.
 *
 * Owns the rules of RFC 9112 that keep two readers from understanding one request differently: CR LF at every line's
 * end, no control bytes, no folded lines, one Host, Content-Length once and in digits, never together with chunked,
 * percent-encoding that is whole. What passes is written anew (origin-form target, one blank after the colon, no
 * blanks at a value's end), so that libmicrohttpd, whose own reading is laxer (bare LF, NUL, folds, "+5" as a length,
 * doubled lengths; seen on 0.9.75), has nothing left to misread.
 * Ignorant of sockets and of what the paths mean. */
#include "server/head.h"

#include <string.h>

typedef struct span {
    const char *p;
    size_t n;
} span;

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same(span a, const char *word)
{
    size_t i;
    for (i = 0; i < a.n; i++)
        if (!word[i] || lower(a.p[i]) != word[i]) return false;
    return word[i] == 0;
}

static bool token_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- how far ---------------------------------------------------------------------------------------------------- */

static size_t refuse(sd_refusal *refusal, sd_refusal why)
{
    *refusal = why;
    return 0;
}

size_t sd_head_scan_more(sd_head_scan *s, const char *p, size_t n, sd_refusal *refusal)
{
    *refusal = SD_REFUSE_NOTHING;
    /* One empty line before the request line is forgiven (RFC 9112 2.2): old clients send it after a body. */
    for (; s->seen < n; s->seen++) {
        unsigned char c = (unsigned char)p[s->seen];
        if (s->seen >= SD_HEAD_BYTES) return refuse(refusal, SD_REFUSE_HEAD_LONG);
        if (!s->lines && s->seen - s->line_from > SD_TARGET_BYTES + 32) return refuse(refusal, SD_REFUSE_TARGET_LONG);
        if (s->seen && p[s->seen - 1] == '\r' && c != '\n') return refuse(refusal, SD_REFUSE_LINE_END);
        if (c == '\n') {
            if (!s->seen || p[s->seen - 1] != '\r') return refuse(refusal, SD_REFUSE_LINE_END);
            if (s->seen - 1 == s->line_from) {
                if (s->lines) return ++s->seen;
                if (s->line_from) return refuse(refusal, SD_REFUSE_REQUEST_LINE);
            } else if (s->lines++ > SD_HEADERS) {
                return refuse(refusal, SD_REFUSE_HEADER_COUNT);
            }
            s->line_from = s->seen + 1;
        } else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
            return refuse(refusal, SD_REFUSE_CONTROL_BYTE);
        }
    }
    return 0;
}

/* ---- the request line ---------------------------------------------------------------------------------------------
 */

static sd_refusal check_target(span t)
{
    size_t i, arguments = 0;
    bool query = false;
    if (t.n > SD_TARGET_BYTES) return SD_REFUSE_TARGET_LONG;
    if (!t.n || t.p[0] != '/') return SD_REFUSE_TARGET;
    for (i = 0; i < t.n; i++) {
        char c = t.p[i];
        if (c == '%') {
            int hi = i + 2 < t.n ? hex_digit(t.p[i + 1]) : -1, lo = i + 2 < t.n ? hex_digit(t.p[i + 2]) : -1;
            if (hi < 0 || lo < 0 || hi + lo == 0) return SD_REFUSE_PERCENT;
        } else if (c == '#' || c == '\t' || c == '\\') {
            return SD_REFUSE_TARGET;
        } else if (c == '?' && !query) {
            query = true;
            arguments = 1;
        } else if (c == '&' && query) {
            arguments++;
        }
    }
    return arguments > SD_ARGUMENTS ? SD_REFUSE_ARGUMENTS : SD_REFUSE_NOTHING;
}

/* "http://host:port/path" → the authority, and the target without it. A path is left as it is. */
static span take_authority(span *target)
{
    static const char scheme[] = "http://";
    size_t n = sizeof scheme - 1;
    span authority = {NULL, 0};
    if (target->n < n || !same((span){target->p, n}, scheme)) return authority;
    authority.p = target->p + n;
    while (n < target->n && target->p[n] != '/' && target->p[n] != '?') n++;
    authority.n = (size_t)(target->p + n - authority.p);
    target->p += n;
    target->n -= n;
    if (!target->n) *target = (span){"/", 1};
    return authority;
}

typedef struct request_line {
    span method, target, authority;
    int minor;
} request_line;

static sd_refusal check_version(span v, int *minor)
{
    if (v.n != 8 || memcmp(v.p, "HTTP/", 5) || v.p[5] < '0' || v.p[5] > '9' || v.p[6] != '.' || v.p[7] < '0' ||
        v.p[7] > '9')
        return SD_REFUSE_REQUEST_LINE;
    if (v.p[5] != '1' || v.p[7] > '1') return SD_REFUSE_VERSION;
    *minor = v.p[7] - '0';
    return SD_REFUSE_NOTHING;
}

/* Those of the IANA's registry: the router says which of them a path takes (405). CONNECT would be a tunnel, and what is
 * not in the registry nobody knows: 501 (RFC 9110 9.1, 15.6.2). */
static bool is_method(span m)
{
    static const char known[] =
        " GET HEAD POST PUT DELETE OPTIONS PATCH TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH QUERY "
        "REPORT "
        "LINK UNLINK ACL BIND REBIND UNBIND CHECKIN CHECKOUT UNCHECKOUT LABEL MERGE UPDATE ORDERPATCH MKACTIVITY "
        "MKCALENDAR MKWORKSPACE MKREDIRECTREF UPDATEREDIRECTREF VERSION-CONTROL BASELINE-CONTROL ";
    const char *at;
    for (at = known; (at = strchr(at, ' ')); at++)
        if (strncmp(at + 1, m.p, m.n) == 0 && at[1 + m.n] == ' ') return true;
    return false;
}

static sd_refusal check_request_line(request_line *r, span line)
{
    const char *a = memchr(line.p, ' ', line.n), *b;
    span version;
    sd_refusal why;
    size_t i;
    if (!a || a == line.p) return SD_REFUSE_REQUEST_LINE;
    r->method = (span){line.p, (size_t)(a - line.p)};
    b = memchr(a + 1, ' ', line.n - r->method.n - 1);
    if (!b) return line.n - r->method.n - 1 > SD_TARGET_BYTES ? SD_REFUSE_TARGET_LONG : SD_REFUSE_REQUEST_LINE;
    r->target = (span){a + 1, (size_t)(b - a - 1)};
    version = (span){b + 1, (size_t)(line.p + line.n - b - 1)};
    for (i = 0; i < r->method.n; i++)
        if (!token_byte(r->method.p[i])) return SD_REFUSE_REQUEST_LINE;
    if ((why = check_version(version, &r->minor))) return why;
    if (!is_method(r->method)) return SD_REFUSE_METHOD;
    r->authority = take_authority(&r->target);
    return check_target(r->target);
}

/* ---- headers ------------------------------------------------------------------------------------------------------
 */

typedef struct facts {
    size_t hosts, lengths, codings, headers;
    span host;
    uint64_t length;
    bool chunked, expects;
} facts;

/* name[:port] or [v6][:port]; *name gets what stands before the port. */
static bool split_host(span v, span *name)
{
    size_t i = 0, digits;
    if (v.n && v.p[0] == '[') {
        while (i < v.n && v.p[i] != ']') i++;
        if (i == v.n) return false;
        i++;
        *name = (span){v.p, i};
    } else {
        for (; i < v.n && v.p[i] != ':'; i++)
            if (!token_byte(v.p[i]) || v.p[i] == '%') return false;
        if (!i) return false;
        *name = (span){v.p, i};
    }
    if (i == v.n) return true;
    if (v.p[i++] != ':') return false;
    for (digits = 0; i < v.n; i++, digits++)
        if (v.p[i] < '0' || v.p[i] > '9' || digits == 5) return false;
    return true;
}

static sd_refusal check_length(facts *f, span v)
{
    size_t i;
    if (f->lengths++ || !v.n || v.n > 18) return SD_REFUSE_LENGTH;
    for (i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9') return SD_REFUSE_LENGTH;
        f->length = f->length * 10 + (uint64_t)(v.p[i] - '0');
    }
    return SD_REFUSE_NOTHING;
}

static sd_refusal check_header(facts *f, span name, span value)
{
    if (same(name, "host")) {
        f->hosts++;
        f->host = value;
    } else if (same(name, "content-length")) {
        return check_length(f, value);
    } else if (same(name, "transfer-encoding")) {
        f->codings++;
        if (!same(value, "chunked") || f->codings > 1) return SD_REFUSE_CODING;
        f->chunked = true;
    } else if (same(name, "expect")) {
        if (!same(value, "100-continue")) return SD_REFUSE_EXPECT;
        f->expects = true;
    }
    return SD_REFUSE_NOTHING;
}

static void put_header(js_text *out, span name, span value)
{
    js_put(out, name.p, name.n);
    js_put(out, ": ", 2);
    js_put(out, value.p, value.n);
    js_put(out, "\r\n", 2);
}

static sd_refusal take_header(facts *f, span line, js_text *out)
{
    span name = {line.p, 0}, value;
    sd_refusal why;
    if (line.p[0] == ' ' || line.p[0] == '\t') return SD_REFUSE_HEADER_FOLD;
    if (++f->headers > SD_HEADERS) return SD_REFUSE_HEADER_COUNT;
    while (name.n < line.n && token_byte(line.p[name.n])) name.n++;
    if (!name.n || name.n == line.n || line.p[name.n] != ':') return SD_REFUSE_HEADER_NAME;
    value = (span){line.p + name.n + 1, line.n - name.n - 1};
    while (value.n && (value.p[0] == ' ' || value.p[0] == '\t')) value.p++, value.n--;
    while (value.n && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t')) value.n--;
    why = check_header(f, name, value);
    /* Trailers are read and dropped by our reader; libmicrohttpd is not told of any. */
    if (!why && !same(name, "trailer") && !same(name, "te")) put_header(out, name, value);
    return why;
}

static sd_refusal check_whole(const facts *f, const request_line *r, sd_host_fn *host, void *ctx)
{
    span name;
    bool get = (r->method.n == 3 && r->method.p[0] == 'G') || (r->method.n == 4 && r->method.p[0] == 'H');
    if (f->hosts != 1) return SD_REFUSE_HOST_COUNT;
    if (!split_host(f->host, &name)) return SD_REFUSE_HOST_VALUE;
    if (r->authority.p && (r->authority.n != f->host.n || memcmp(r->authority.p, f->host.p, f->host.n)))
        return SD_REFUSE_TARGET;
    if (f->lengths && f->codings) return SD_REFUSE_LENGTH_AND_CHUNKED;
    if (f->chunked && r->minor == 0) return SD_REFUSE_CODING_VERSION;
    if (get && (f->chunked || f->length)) return SD_REFUSE_BODY_UNWANTED;
    if (!host(ctx, name.p, name.n)) return SD_REFUSE_HOST_UNKNOWN;
    return SD_REFUSE_NOTHING;
}

void sd_head_judge(sd_head *h, const char *p, size_t n, sd_host_fn *host, void *host_ctx, js_text *out)
{
    const char *end = p + n - 2, *line_end;
    request_line r = {0};
    facts f = {0};
    memset(h, 0, sizeof *h);
    if (p[0] == '\r') p += 2;
    line_end = memchr(p, '\r', (size_t)(end - p));
    h->refusal = check_request_line(&r, (span){p, (size_t)(line_end - p)});
    if (h->refusal) return;
    js_put(out, r.method.p, r.method.n);
    js_putc(out, ' ');
    js_put(out, r.target.p, r.target.n);
    js_puts(out, r.minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    for (p = line_end + 2; p < end; p = line_end + 2) {
        line_end = memchr(p, '\r', (size_t)(end - p) + 1);
        if ((h->refusal = take_header(&f, (span){p, (size_t)(line_end - p)}, out))) return;
    }
    if ((h->refusal = check_whole(&f, &r, host, host_ctx))) return;
    js_puts(out, "\r\n");
    h->framing = f.chunked ? SD_BODY_CHUNKED : f.length ? SD_BODY_LENGTH : SD_BODY_NONE;
    h->length = f.length;
    h->health = r.method.p[0] != 'P' && (same(r.target, "/healthz") || same(r.target, "/readyz"));
    if (out->failed) h->refusal = SD_REFUSE_MEMORY;
}
