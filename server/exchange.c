/* exchange.c — what handlers share: the snapshot, problems as answers, ETags, checks of arguments and content.
 * Ignorant of sockets and of libmicrohttpd. */
#include "server/exchange.h"
#include "server/log.h"
#include "server/present.h"
#include "server/router.h"
#include "server/server.h"
#include "server/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const ls_reader *sd_exchange_reader(sd_exchange *x)
{
    if (!x->snapshot) x->snapshot = sd_archive_hold(x->server->archive);
    if (x->snapshot) return x->sees_hidden ? sd_snapshot_hidden(x->snapshot) : sd_snapshot_reader(x->snapshot);
    sd_answer_refuse(x, "busy", NULL, "the index is not open yet");
    return NULL;
}

bool sd_exchange_see_hidden(sd_exchange *x)
{
    x->sees_hidden = (x->scopes & SD_EMBARGOED) != 0;
    if (!x->sees_hidden) sd_answer_refuse(x, "forbidden", "include", "the key lacks the scope read:embargoed");
    return x->sees_hidden;
}

const ls_reader *sd_exchange_scoped(sd_exchange *x)
{
    const sd_arg *a = sd_target_get(&x->target, "include");
    if (a && a->value_len && strcmp(a->value, "embargoed") != 0) {
        sd_answer_refuse(x, "invalid_parameter", "include", "include: expected embargoed");
        return NULL;
    }
    if (a && a->value_len && !sd_exchange_see_hidden(x)) return NULL;
    return sd_exchange_reader(x);
}

void sd_answer_problem(sd_exchange *x, const js_problem *problem)
{
    js_problem p = *problem;
    if (!p.status) js_problem_set(&p, "internal", NULL, "the request failed without a reason");
    if (p.status == 500) { /* the reason names files of the index: for the log, not for whoever asks */
        sd_log_say("%s %s: %s", x->method ? x->method : "-", x->route ? x->route->path : "-", p.detail);
        snprintf(p.detail, sizeof p.detail, "the request could not be answered; the server's log says why");
    }
    if (p.status == 507) {
        sd_log_say("%s %s: %s", x->method ? x->method : "-", x->route ? x->route->path : "-", p.detail);
        snprintf(p.detail, sizeof p.detail, "there is no room on the disk");
    }
    js_text_reset(&x->answer.body);
    x->answer.status = p.status;
    x->answer.type = "application/problem+json";
    x->answer.cache = "no-store";
    x->answer.etag[0] = 0;
    js_write_problem(&x->answer.body, &p);
}

void sd_answer_refuse(sd_exchange *x, const char *code, const char *parameter, const char *format, ...)
{
    char text[sizeof((js_problem *)0)->detail];
    js_problem p = {0};
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    js_problem_set(&p, code, parameter, "%s", text);
    sd_answer_problem(x, &p);
}

void sd_answer_json(sd_exchange *x, int rc, const ls_error *err)
{
    js_problem p = {0};
    if (rc == LS_OK && !x->answer.body.failed) {
        x->answer.status = 200;
        x->answer.type = "application/json";
        js_putc(&x->answer.body, '\n');
        return;
    }
    if (rc == LS_OK) js_problem_set(&p, "busy", NULL, "out of memory");
    else js_problem_from(&p, err);
    sd_answer_problem(x, &p);
}

/* ---- conditional requests -----------------------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t h, const char *p, size_t n)
{
    size_t i;
    for (i = 0; i < n; i++) h = (h ^ (unsigned char)p[i]) * 1099511628211u;
    return (h ^ n) * 1099511628211u;
}

/* Whether a list of entity tags has an opaque one ("…" with its quotation marks). Weakly W/ in front of either does not
 * count; strongly nothing that has it is the same (RFC 9110 8.8.3.2). */
static bool listed(const char *list, const char *opaque, bool strongly)
{
    size_t n = strlen(opaque);
    const char *at = list;
    if (!strcmp(list, "*")) return true;
    while ((at = strstr(at, opaque))) {
        bool ends = at[n] == 0 || at[n] == ',' || at[n] == ' ' || at[n] == '\t';
        bool begins = at == list || at[-1] == ',' || at[-1] == ' ' || at[-1] == '\t';
        bool weak = at >= list + 2 && at[-1] == '/' && at[-2] == 'W';
        if (ends && (begins || (weak && !strongly))) return true;
        at += n;
    }
    return false;
}

bool sd_answer_unchanged(sd_exchange *x)
{
    uint64_t h = 14695981039346656037u, generation = 0;
    size_t i;
    if (sd_present_asked(x)) return false; /* no tag can say when it was asked */
    h = mix(h, x->target.path, strlen(x->target.path));
    for (i = 0; i < x->target.arg_count; i++) {
        h = mix(h, x->target.args[i].name, x->target.args[i].name_len);
        h = mix(h, x->target.args[i].value, x->target.args[i].value_len);
    }
    h = mix(h, (const char *)&x->scopes, sizeof x->scopes);
    if (x->forced_field)
        h = mix(mix(h, x->forced_field, strlen(x->forced_field)), x->forced_value, strlen(x->forced_value));
    h = mix(h, ls_version(), strlen(ls_version()));
    if (x->answer.fixed) h = mix(h, x->answer.fixed, x->answer.fixed_len);
    if (x->server->config.synonyms) {
        uint64_t words = sd_exchange_synonyms_stamp(x);
        h = mix(h, (const char *)&words, sizeof words);
    }
    if (x->snapshot) {
        const ls_reader *r = x->sees_hidden ? sd_snapshot_hidden(x->snapshot) : sd_snapshot_reader(x->snapshot);
        /* read before the answer is made: an embargo that ends in between makes the next tag another one */
        int64_t epoch = ls_reader_epoch(r, NULL);
        h = mix(h, (const char *)&epoch, sizeof epoch);
        generation = x->sees_hidden ? sd_snapshot_commit(x->snapshot) : sd_snapshot_generation(x->snapshot);
    }
    snprintf(x->answer.etag, sizeof x->answer.etag, "W/\"%llx-%016llx\"", (unsigned long long)generation,
             (unsigned long long)h);
    if (!x->if_none_match || !listed(x->if_none_match, x->answer.etag + 2, false)) return false;
    x->answer.status = 304;
    return true;
}

/* Of an article: its own, and that of the same bytes compressed. */
static void article_tags(char tag[40], char zipped[40], const js_text *article)
{
    uint64_t h = mix(14695981039346656037u, article->data ? article->data : "", article->len);
    snprintf(tag, 40, "\"%016llx\"", (unsigned long long)h);
    snprintf(zipped, 40, "\"%016llx" SD_TAG_ZIPPED "\"", (unsigned long long)h);
}

bool sd_answer_article_unchanged(sd_exchange *x)
{
    char zipped[40];
    article_tags(x->answer.etag, zipped, &x->answer.body);
    if (x->if_match && !listed(x->if_match, x->answer.etag, true) && !listed(x->if_match, zipped, true)) {
        sd_answer_refuse(x, "precondition_failed", NULL, "the article has another ETag than If-Match names");
        return true;
    }
    if (!x->if_none_match) return false;
    if (!listed(x->if_none_match, x->answer.etag, false)) {
        if (!listed(x->if_none_match, zipped, false)) return false;
        memcpy(x->answer.etag, zipped, sizeof zipped); /* of the answer that the client has */
    }
    js_text_reset(&x->answer.body);
    x->answer.status = 304;
    return true;
}

bool sd_exchange_holds(const sd_exchange *x, const js_text *article)
{
    char tag[40] = "", zipped[40] = "";
    if (article) article_tags(tag, zipped, article);
    if (x->if_match && !(article && (listed(x->if_match, tag, true) || listed(x->if_match, zipped, true))))
        return false;
    return !(x->if_none_match && article &&
             (listed(x->if_none_match, tag, false) || listed(x->if_none_match, zipped, false)));
}

int sd_exchange_gone(const sd_exchange *x)
{
    return atomic_load_explicit(&x->peer->gone, memory_order_relaxed);
}

/* ---- checks -------------------------------------------------------------------------------------------------------
 */

bool sd_exchange_unknown(sd_exchange *x, const char *const *names)
{
    char known[128] = "none";
    size_t i, k, seen[16] = {0};
    for (k = 0; names[k]; k++)
        snprintf(known + (k ? strlen(known) : 0), sizeof known - (k ? strlen(known) : 0), "%s%s", k ? ", " : "",
                 names[k]);
    for (i = 0; i < x->target.arg_count && !x->answer.status; i++) {
        const sd_arg *a = &x->target.args[i];
        for (k = 0; names[k] && strcmp(names[k], a->name); k++) continue;
        if (!names[k])
            sd_answer_refuse(x, "invalid_parameter", a->name, "unknown parameter '%.80s'; known here: %s", a->name,
                             known);
        else if (k < sizeof seen / sizeof *seen && seen[k]++)
            sd_answer_refuse(x, "invalid_parameter", a->name, "parameter '%.80s' stands twice", a->name);
    }
    return x->answer.status != 0;
}

bool sd_exchange_has_type(const sd_exchange *x, const char *const *types)
{
    const char *t = x->content_type ? x->content_type : "";
    size_t n = strcspn(t, "; \t"), i;
    for (i = 0; types[i]; i++)
        if (strlen(types[i]) == n && !strncasecmp(types[i], t, n)) return true;
    return false;
}

bool sd_exchange_json(sd_exchange *x)
{
    static const char *const json[] = {"application/json", NULL};
    if (sd_exchange_has_type(x, json)) return true;
    sd_answer_refuse(x, "unsupported_media_type", NULL, "expected Content-Type: application/json, found '%.80s'",
                     x->content_type ? x->content_type : "");
    return false;
}

static bool has_value(const ls_doc *d, const char *field, const char *value)
{
    size_t i, n, want = strlen(value);
    const char *v;
    for (i = 0; (v = ls_doc_text(d, field, i, &n)); i++)
        if (n == want && !memcmp(v, value, n)) return true;
    return false;
}

bool sd_exchange_sees(const sd_exchange *x, const ls_doc *d)
{
    size_t i;
    if (!x->forced_field || has_value(d, x->forced_field, x->forced_value)) return true;
    for (i = 0; i < JS_FILTERS; i++) /* subject: the field subjects */
        if (!strcmp(js_filter_name(i), x->forced_field)) return has_value(d, js_filter_field(NULL, i), x->forced_value);
    return false;
}

bool sd_exchange_long(const sd_exchange *x, const ls_reader *r)
{
    enum { LONG_BYTES = 65536 };
    const char *name = ls_schema_get(ls_reader_schema(r), "main");
    ls_doc *d = NULL;
    size_t n = 0;
    if (ls_get(&d, r, x->id, x->id_len, NULL) == LS_OK && !ls_doc_text(d, name ? name : "body", 0, &n)) n = 0;
    ls_doc_free(d);
    return n > LONG_BYTES;
}
