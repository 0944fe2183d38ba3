/* metrics.c — counters and two histograms. Every figure is an atomic of its own: no lock on the way of a request, and
 * a scrape may see one request half counted. Labels are routes and statuses, never anything a user typed. */
#include "server/metrics.h"

#include <stdlib.h>

static const int statuses[] = {200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 410, 412, 413,
                               414, 415, 417, 421, 422, 429, 431, 500, 501, 503, 504, 505, 507, 0};
enum { STATUSES = sizeof statuses / sizeof *statuses, BUCKETS = 14 };
static const double bounds[BUCKETS] = {.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5};

typedef struct histogram {
    atomic_ullong buckets[BUCKETS + 1], sum_us;
} histogram;

struct sd_metrics {
    atomic_ullong requests[SD_ROUTES_MAX + 1][STATUSES]; /* the last row: no route */
    atomic_ullong refused[STATUSES], bytes;
    histogram request, search;
};

sd_metrics *sd_metrics_new(void)
{
    return calloc(1, sizeof(sd_metrics));
}

void sd_metrics_free(sd_metrics *m)
{
    free(m);
}

static size_t status_row(int status)
{
    size_t i = 0;
    while (statuses[i] && statuses[i] != status) i++;
    return i;
}

static void observe(histogram *h, double ms)
{
    size_t i = 0;
    while (i < BUCKETS && ms / 1000 > bounds[i]) i++;
    atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_us, (unsigned long long)(ms * 1000), memory_order_relaxed);
}

void sd_metrics_request(sd_metrics *m, const sd_route *route, int status, uint64_t bytes, double ms)
{
    size_t row = route ? (size_t)(route - sd_router_at(0)) : SD_ROUTES_MAX;
    atomic_fetch_add_explicit(&m->requests[row][status_row(status)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->bytes, bytes, memory_order_relaxed);
    observe(&m->request, ms);
}

void sd_metrics_search(sd_metrics *m, double ms)
{
    observe(&m->search, ms);
}

void sd_metrics_refused(sd_metrics *m, int status)
{
    atomic_fetch_add_explicit(&m->refused[status_row(status)], 1, memory_order_relaxed);
}

static void head(js_text *out, const char *name, const char *type, const char *help)
{
    js_printf(out, "# HELP libsearchd_%s %s\n# TYPE libsearchd_%s %s\n", name, help, name, type);
}

static void one(js_text *out, const char *name, const char *type, const char *help, double v)
{
    head(out, name, type, help);
    js_printf(out, "libsearchd_%s %.15g\n", name, v);
}

static void put_histogram(js_text *out, const char *name, const char *help, histogram *h)
{
    unsigned long long sum = 0;
    size_t i;
    head(out, name, "histogram", help);
    for (i = 0; i < BUCKETS; i++) {
        sum += atomic_load(&h->buckets[i]);
        js_printf(out, "libsearchd_%s_bucket{le=\"%g\"} %llu\n", name, bounds[i], sum);
    }
    sum += atomic_load(&h->buckets[i]);
    js_printf(out, "libsearchd_%s_bucket{le=\"+Inf\"} %llu\nlibsearchd_%s_sum %.6f\nlibsearchd_%s_count %llu\n", name,
              sum, name, (double)atomic_load(&h->sum_us) / 1e6, name, sum);
}

static void put_requests(sd_metrics *m, js_text *out)
{
    size_t row, i;
    head(out, "http_requests_total", "counter", "Requests answered, by route, method and status.");
    for (row = 0; row <= SD_ROUTES_MAX; row++) {
        const sd_route *r = row < SD_ROUTES_MAX ? sd_router_at(row) : NULL;
        for (i = 0; i < STATUSES; i++) {
            unsigned long long n = atomic_load(&m->requests[row][i]);
            if (!n) continue;
            js_printf(out, "libsearchd_http_requests_total{route=\"%s\",method=\"%s\",code=\"%d\"} %llu\n",
                      r ? r->path : "none", r ? r->method : "other", statuses[i], n);
        }
    }
    head(out, "http_refused_total", "counter", "Connections and heads refused before any route, by status.");
    for (i = 0; i < STATUSES; i++)
        if (atomic_load(&m->refused[i]))
            js_printf(out, "libsearchd_http_refused_total{code=\"%d\"} %llu\n", statuses[i],
                      (unsigned long long)atomic_load(&m->refused[i]));
}

void sd_metrics_write(sd_metrics *m, const sd_gauges *g, js_text *out)
{
    put_requests(m, out);
    one(out, "http_response_bytes_total", "counter", "Bytes of answers' contents.", (double)atomic_load(&m->bytes));
    put_histogram(out, "http_request_duration_seconds", "From the head to the last byte handed over.", &m->request);
    put_histogram(out, "search_duration_seconds", "Searches, within the library.", &m->search);
    head(out, "documents", "gauge", "Documents by state.");
    js_printf(out, "libsearchd_documents{state=\"live\"} %llu\n", (unsigned long long)g->documents);
    js_printf(out, "libsearchd_documents{state=\"hidden\"} %llu\n", (unsigned long long)g->hidden);
    js_printf(out, "libsearchd_documents{state=\"deleted\"} %llu\n", (unsigned long long)g->deleted);
    one(out, "index_segments", "gauge", "Segments of the index.", (double)g->segments);
    one(out, "index_bytes", "gauge", "Bytes of the index.", (double)g->index_bytes);
    one(out, "index_generation", "gauge", "Generation of the last commit.", (double)g->generation);
    one(out, "connections", "gauge", "Open connections.", (double)g->connections);
    one(out, "work_waiting", "gauge", "Jobs that wait for a worker.", (double)g->work_waiting);
    one(out, "writes_waiting", "gauge", "Writes that wait for the writer.", (double)g->writes_waiting);
    one(out, "cache_hits_total", "counter", "Searches answered from memory.", (double)g->cache_hits);
    one(out, "cache_misses_total", "counter", "Searches that were not in memory.", (double)g->cache_misses);
    one(out, "cache_bytes", "gauge", "Bytes of answers in memory.", (double)g->cache_bytes);
    one(out, "log_lines_dropped_total", "counter", "Log lines that nobody took.", (double)g->log_dropped);
    one(out, "uptime_seconds", "gauge", "Seconds since the start.", g->uptime_s);
}
