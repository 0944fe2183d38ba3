/* metrics.h — counters of the server, told in Prometheus' text form. */
#ifndef SD_METRICS_H
#define SD_METRICS_H
#include "server/router.h"

typedef struct sd_metrics sd_metrics;
sd_metrics *sd_metrics_new(void);
void sd_metrics_free(sd_metrics *m);
/* A finished request; route NULL: none was found. */
void sd_metrics_request(sd_metrics *m, const sd_route *route, int status, uint64_t bytes, double ms);
void sd_metrics_search(sd_metrics *m, double ms);   /* time within the library */
void sd_metrics_refused(sd_metrics *m, int status); /* by the porter */
typedef struct sd_gauges {
    uint64_t documents, hidden, deleted, segments, index_bytes, generation, connections, work_waiting, writes_waiting,
        log_dropped;
    uint64_t cache_hits, cache_misses, cache_bytes;
    double uptime_s;
} sd_gauges;
void sd_metrics_write(sd_metrics *m, const sd_gauges *g, js_text *out);
#endif
