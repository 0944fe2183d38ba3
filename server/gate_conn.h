/* gate_conn.h — one connection at the porter's; private to gate*.c. */
#ifndef SD_GATE_CONN_H
#define SD_GATE_CONN_H
#include "server/framing.h"
#include "server/gate.h"

enum { SD_RATE_SECONDS = 10, SD_RATE_BYTES = 4096 * SD_RATE_SECONDS, SD_SCRATCH = 65536 };

/* Bytes moved in each of the last ten seconds. */
typedef struct sd_rate {
    int64_t from;   /* ms; since when it counts; 0: it does not */
    int64_t second; /* the present one */
    uint32_t moved[SD_RATE_SECONDS];
} sd_rate;
void sd_rate_reset(sd_rate *r, int64_t now);
void sd_rate_add(sd_rate *r, int64_t now, size_t bytes);
bool sd_rate_slow(sd_rate *r, int64_t now); /* counted for ten seconds, and less than the least was moved */

typedef enum sd_phase {
    SD_AT_HEAD,
    SD_AT_BODY,
    SD_NO_MORE, /* nothing is read any longer; what is under way is answered */
    SD_LINGER,  /* all is said; waits for the client to hear it */
    SD_CLOSED
} sd_phase;

struct sd_conn;
typedef struct sd_end { /* what epoll gives back */
    struct sd_conn *conn;
    int fd; /* -1: none */
    uint32_t events;
} sd_end;

typedef struct sd_conn {
    struct sd_conn *next, *prev;
    struct sd_conn *dead_next; /* closed in this round of events */
    sd_end client, inner;
    sd_peer *peer;
    sd_phase phase;
    bool health_only;
    bool client_ended; /* half-closed: will send no more */
    bool held;         /* whole requests wait in `in` for those before to be answered or heard */
    unsigned passed;   /* requests handed inside */
    int64_t since;     /* ms; the phase's, or the awaited head's beginning */
    sd_head_scan scan;
    sd_body body;
    js_text in, to_inner, to_client;
    sd_rate reading, writing;
    uint8_t key[16]; /* its address */
} sd_conn;

typedef struct sd_loop { /* one thread of the porter */
    const sd_gate_options *o;
    int epoll;
    int64_t now;
    char *scratch; /* SD_SCRATCH bytes */
    js_text head;  /* a head written anew */
    void *lane;    /* of o->answer; NULL: all goes inside */
    bool stopping;
    atomic_int *inner_open; /* inner ends of all threads */
    int inner_max;
} sd_loop;

/* Each may close the connection (phase SD_CLOSED); the caller then frees it. */
void sd_conn_client_ready(sd_loop *l, sd_conn *c, uint32_t events);
void sd_conn_inner_ready(sd_loop *l, sd_conn *c, uint32_t events);
void sd_conn_tick(sd_loop *l, sd_conn *c);
void sd_conn_close(sd_loop *l, sd_conn *c);
void sd_conn_refuse(sd_loop *l, sd_conn *c, sd_refusal why);
/* Asks epoll for what the connection can use now. */
void sd_conn_arm(sd_loop *l, sd_conn *c);
#endif
