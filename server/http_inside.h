/* http_inside.h — one request within libmicrohttpd; private to http*.c. */
#ifndef SD_HTTP_INSIDE_H
#define SD_HTTP_INSIDE_H
#include "server/http.h"
#include "server/router.h"

#include <microhttpd.h>

typedef enum sd_state {
    SD_NEW,      /* the head has come */
    SD_READING,  /* its content is coming */
    SD_RUNNING,  /* suspended: a worker or the archive has it */
    SD_ANSWERED, /* the answer is made */
    SD_QUEUED    /* libmicrohttpd sends it */
} sd_state;

typedef struct sd_request {
    sd_exchange x;
    sd_http *http;
    struct MHD_Connection *connection;
    sd_peer *peer; /* of the connection, which outlives the request */
    atomic_int state;
    double started;
    unsigned number;  /* of the request on its connection, from 1 */
    uint64_t sent;    /* bytes of the content, where known beforehand */
    uint64_t dropped; /* bytes of content that nobody wants; > 0: the connection closes behind the answer */
    char method[16];
    /* a streamed answer */
    pthread_mutex_t lock;
    js_text piece;
    size_t piece_at;
    bool more, waiting, broken, streaming;
} sd_request;

struct sd_http {
    sd_server *server;
    struct MHD_Daemon *daemon;
    _Atomic(sd_peer *) *peers; /* by inner descriptor, between take and the start of its connection */
    size_t peer_count;
    atomic_int running; /* requests that are suspended */
};

/* Hands the answer to libmicrohttpd. */
enum MHD_Result sd_http_queue(sd_request *r);
#endif
