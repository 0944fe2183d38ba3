/* gate.h — the porter: accepts connections, judges every head, keeps the deadlines, hands good bytes inside. */
#ifndef SD_GATE_H
#define SD_GATE_H
#include "server/head.h"

#include <stdatomic.h>

/* What the two sides of one connection share. Held by the porter and by libmicrohttpd's side, freed by the last. */
typedef struct sd_peer {
    atomic_int refs;
    atomic_int refusal;   /* sd_refusal of the last thing that came; nothing follows it */
    atomic_int gone;      /* 1: the client is no longer there */
    atomic_uint answered; /* requests whose answer has been handed over whole */
    atomic_uint broken;   /* number (from 1) of the request whose chunks broke off; 0: none */
    bool loopback;        /* fixed before it is shared */
    char address[64];
} sd_peer;
void sd_peer_drop(sd_peer *p);

typedef struct sd_gate_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:8080", "*:8080"; port 0: any free one */
    int threads;
    int max_connections, max_per_address; /* 0: 16,384 and a half of them; as descriptors allow */
    int head_ms, stop_ms;                 /* 0: 10,000 and 8,000 */
    sd_host_fn *host;
    /* Takes the inner end of a connection whose first head is good; on false the porter keeps it. */
    bool (*pass)(void *ctx, int fd, sd_peer *peer);
    /* Answers a request without content on the porter's own thread, whole, into `out`; *closes: nothing follows it.
     * False: it is handed inside. `lane` is what lane_new made for the thread; flush is called behind each round. */
    bool (*answer)(void *lane, sd_peer *peer, const char *head, size_t n, js_text *out, bool *closes);
    void *(*lane_new)(void *ctx);
    void (*lane_free)(void *lane);
    void (*lane_flush)(void *lane);
    /* Told of every refusal that libmicrohttpd's side will not see. */
    void (*refused)(void *ctx, const sd_peer *peer, sd_refusal why);
    void *ctx;
} sd_gate_options;

typedef struct sd_gate sd_gate;
/* Raises the limit of descriptors to what the system lets us have. */
void sd_gate_raise_limits(void);
/* Binds and listens; NULL with one line in `why`. */
sd_gate *sd_gate_start(const sd_gate_options *o, char *why, size_t why_bytes);
bool sd_gate_run(sd_gate *g);                  /* starts the threads: from here on connections are taken */
const char *sd_gate_address(const sd_gate *g); /* as bound: "127.0.0.1:8080" */
bool sd_gate_loopback(const sd_gate *g);       /* bound to a loopback address */
int sd_gate_open(const sd_gate *g);            /* connections at the moment */
bool sd_gate_stopping(const sd_gate *g);
/* Accepts no more, lets what is under way finish for at most stop_ms, then closes everything. */
void sd_gate_stop(sd_gate *g);
void sd_gate_free(sd_gate *g);
#endif
