/* routes_misc.c — statistics, analysis, description, health, metrics. */
#include "server/log.h"
#include "server/page/assets.h"
#include "server/routes.h"
#include "server/server.h"

#include <string.h>

static const char *const no_names[] = {NULL};

void sd_get_stats(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_reader(x);
    ls_error err = {0};
    if (!r || sd_exchange_unknown(x, no_names)) return;
    if (x->forced_field) {
        sd_answer_refuse(x, "forbidden", NULL, "the figures are of all documents; the key is limited to some");
        return;
    }
    if (!sd_answer_unchanged(x)) sd_answer_json(x, js_write_stats(&x->answer.body, r, &err), &err);
}

static int unit_of(const char *name)
{
    if (!strcmp(name, "codepoint")) return LS_RANGES_CODE_POINTS;
    if (!strcmp(name, "byte")) return LS_RANGES_BYTES;
    return strcmp(name, "utf16") ? -1 : LS_RANGES_UTF16;
}

void sd_get_analyze(sd_exchange *x)
{
    static const char *const names[] = {"text", "language", "range_unit", NULL};
    const ls_reader *r = sd_exchange_reader(x);
    const sd_arg *text = sd_target_get(&x->target, "text"), *language = sd_target_get(&x->target, "language"),
                 *unit = sd_target_get(&x->target, "range_unit");
    int u = unit ? unit_of(unit->value) : LS_RANGES_CODE_POINTS;
    ls_error err = {0};
    if (!r || sd_exchange_unknown(x, names)) return;
    if (!text) sd_answer_refuse(x, "invalid_parameter", "text", "text: a text is needed");
    else if (u < 0)
        sd_answer_refuse(x, "invalid_parameter", "range_unit", "range_unit: expected byte, codepoint or utf16");
    else if (!sd_answer_unchanged(x))
        sd_answer_json(x,
                       js_write_analyze(&x->answer.body, ls_reader_schema(r), text->value, text->value_len,
                                        language ? language->value : NULL, u, &err),
                       &err);
}

void sd_get_openapi(sd_exchange *x)
{
    if (sd_exchange_unknown(x, no_names)) return;
    x->answer.fixed = (const char *)sd_asset_openapi_yaml;
    x->answer.fixed_len = sd_asset_openapi_yaml_len;
    if (sd_answer_unchanged(x)) return;
    x->answer.status = 200;
    x->answer.type = "application/yaml";
}

static void status(sd_exchange *x, bool ok, const char *text)
{
    if (!ok) {
        sd_answer_refuse(x, "busy", NULL, "%s", text);
        return;
    }
    x->answer.status = 200;
    x->answer.type = "application/json";
    x->answer.cache = "no-store";
    js_puts(&x->answer.body, "{\"status\":\"ok\"}\n");
}

/* The process runs and answers. */
void sd_get_health(sd_exchange *x)
{
    status(x, true, "");
}

/* It can search, and the last commit worked. */
void sd_get_ready(sd_exchange *x)
{
    if (sd_gate_stopping(x->server->gate)) status(x, false, "the server is stopping");
    else status(x, sd_archive_healthy(x->server->archive), "the last write to the index failed");
}

void sd_get_metrics(sd_exchange *x)
{
    const ls_reader *r = sd_exchange_reader(x);
    LS_INIT(ls_stats, stats);
    sd_gauges g = {0};
    sd_cache_figures cache;
    if (!r || sd_exchange_unknown(x, no_names)) return;
    if (ls_reader_summary(r, &stats, NULL) == LS_OK) {
        g.documents = stats.documents;
        g.segments = stats.segments;
        g.index_bytes = stats.bytes;
        g.generation = stats.generation;
    }
    if (ls_reader_summary(sd_snapshot_hidden(x->snapshot), &stats, NULL) == LS_OK) {
        g.hidden = stats.documents - g.documents;
        g.deleted = stats.deleted;
    }
    g.connections = (uint64_t)sd_gate_open(x->server->gate);
    g.work_waiting = sd_work_waiting(x->server->work);
    g.writes_waiting = sd_archive_waiting(x->server->archive);
    g.log_dropped = sd_log_dropped();
    cache = sd_cache_look(x->server->cache);
    g.cache_hits = cache.hits;
    g.cache_misses = cache.misses;
    g.cache_bytes = cache.bytes;
    g.uptime_s = (double)(sd_now_ms() - x->server->started_ms) / 1000;
    sd_metrics_write(x->server->metrics, &g, &x->answer.body);
    x->answer.status = 200;
    x->answer.type = "text/plain; version=0.0.4; charset=utf-8";
    x->answer.cache = "no-store";
}
