/* head.h — the head of a request, judged byte by byte before libmicrohttpd sees any of it. */
#ifndef SD_HEAD_H
#define SD_HEAD_H
#include "server/refusal.h"

enum { SD_HEAD_BYTES = 16384, SD_TARGET_BYTES = 8192, SD_HEADERS = 100, SD_ARGUMENTS = 200 };

typedef enum sd_framing { SD_BODY_NONE, SD_BODY_LENGTH, SD_BODY_CHUNKED } sd_framing;

/* Decides whether a Host value (name, without its port) is served. */
typedef bool sd_host_fn(void *ctx, const char *host, size_t len);

typedef struct sd_head {
    sd_refusal refusal; /* SD_REFUSE_NOTHING: it may pass */
    sd_framing framing;
    uint64_t length; /* SD_BODY_LENGTH */
    bool health;     /* GET or HEAD of /healthz or /readyz: has a place even when all are taken */
} sd_head;

/* Progress of a head that comes in pieces; zeroes to begin. */
typedef struct sd_head_scan {
    size_t seen;      /* bytes looked at */
    size_t line_from; /* where the present line begins */
    size_t lines;     /* finished lines, the request line included */
} sd_head_scan;

/* Looks at p[0..n), a head from its first byte, n growing from call to call. Returns the head's length once it is
 * whole (its empty line included), else 0. *refusal tells what is wrong already, long before the end if need be. */
size_t sd_head_scan_more(sd_head_scan *s, const char *p, size_t n, sd_refusal *refusal);
/* Judges a whole head and writes it anew into `out`: the same request in the one plain form that every reader
 * understands alike. Where it is refused `out` holds nothing of use. */
void sd_head_judge(sd_head *h, const char *p, size_t n, sd_host_fn *host, void *host_ctx, js_text *out);
#endif
