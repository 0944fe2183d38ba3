/* exchange.h — a request and its answer as the handlers see them: no sockets, no libmicrohttpd. */
#ifndef SD_EXCHANGE_H
#define SD_EXCHANGE_H
#include "server/archive.h"
#include "server/gate.h"
#include "server/target.h"

#include <stdatomic.h>

struct sd_server;
struct sd_exchange;

/* What a key may do; without keys everybody may everything. */
enum { SD_READ = 1, SD_EMBARGOED = 2, SD_WRITE = 4, SD_ADMIN = 8, SD_ANYBODY = 0, SD_ALL_SCOPES = 15 };

/* A body made piece by piece on the workers. `next` appends to `out`; *more false: that was the last piece.
 * false: it failed half-way, the connection is cut so that the client sees an incomplete answer. */
typedef struct sd_stream {
    bool (*next)(void *ctx, js_text *out, bool *more);
    void (*end)(void *ctx);
    void *ctx;
} sd_stream;

typedef struct sd_answer {
    int status; /* 0: not answered yet */
    const char *type;
    js_text body;
    const char *fixed; /* instead of body: static bytes */
    size_t fixed_len;
    sd_stream stream;                     /* instead of body, where next is set */
    const char *cache;                    /* Cache-Control; NULL: "private, no-cache" */
    const char *extra_name, *disposition; /* static: "Vary" … ; Content-Disposition */
    char etag[40], allow[64], location[256];
    bool page;      /* HTML: the page's Content-Security-Policy */
    bool preflight; /* the answer to a CORS preflight */
} sd_answer;

typedef struct sd_exchange {
    struct sd_server *server;
    const sd_peer *peer; /* who asks; outlives the exchange */
    const struct sd_route *route;
    const char *method; /* "GET" … ; HEAD is told as GET */
    sd_target target;
    char id[400]; /* {id} of the path, decoded */
    size_t id_len;
    js_text content; /* of the request */
    /* headers, borrowed until the answer is made; NULL: none */
    const char *content_type, *if_none_match, *if_match, *authorization, *api_key, *origin, *host, *fetch_site,
        *accept_encoding;
    bool head;
    unsigned scopes;
    bool sees_hidden;                        /* asked for by include=embargoed, and allowed */
    const char *forced_field, *forced_value; /* a key's filter; NULL: none */
    char forced_field_text[64], forced_value_text[256];
    struct sd_words *words; /* held likewise: words.h */
    sd_snapshot *snapshot;  /* held for the whole exchange, once asked for */
    sd_answer answer;
    /* between the handler and http.c */
    void (*work)(struct sd_exchange *x); /* set by a handler that wants to go on on a worker */
    bool lengthy;                        /* that work is no search: exports, verification */
    sd_write *write;                     /* set by a handler that wants this written; then `work` makes the answer */
    sd_write write_memory;               /* where it stands */
    struct sd_bulk *bulk;                /* routes_bulk.c's */
    void *hidden;                        /* http.c's */
} sd_exchange;

typedef void sd_handler(sd_exchange *x);

/* The reader of the present commit, held until the exchange ends; NULL with a 503 in the answer. */
const ls_reader *sd_exchange_reader(sd_exchange *x);
/* The same where the target says include=embargoed: NULL with a 403 where the key may not. */
const ls_reader *sd_exchange_scoped(sd_exchange *x);
/* From here on the exchange's reader is the one that sees embargoed and withheld documents; false: 403. */
bool sd_exchange_see_hidden(sd_exchange *x);
/* Takes a problem as the answer. */
void sd_answer_problem(sd_exchange *x, const js_problem *p);
void sd_answer_refuse(sd_exchange *x, const char *code, const char *parameter, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;
/* The answer is the JSON in `body`; rc of whoever wrote it. */
void sd_answer_json(sd_exchange *x, int rc, const ls_error *err);
/* Makes the ETag of this request (and of the fixed bytes that answer it), none where the answer depends on the present
 * time; true where the client has it already: the answer is then a 304. */
bool sd_answer_unchanged(sd_exchange *x);
/* The same by the article that is in `body`, whose tag is strong and of its bytes alone, whoever asks and whatever else
 * was committed: what an editor gives back in If-Match. True where the answer is a 304, or a 412. */
bool sd_answer_article_unchanged(sd_exchange *x);
#define SD_TAG_ZIPPED "-gzip" /* stands at the end of a strong tag where the bytes went out compressed */
/* Whether If-Match and If-None-Match allow to write where `article` is (its JSON, as GET gives it; NULL: nothing). */
bool sd_exchange_holds(const sd_exchange *x, const js_text *article);
/* Refuses arguments that are not in the NULL-terminated list of names, or stand twice; true where one was. */
bool sd_exchange_unknown(sd_exchange *x, const char *const *names);
/* Whether the content is of one of these types (NULL-terminated), without regard to case and parameters. */
bool sd_exchange_has_type(const sd_exchange *x, const char *const *types);
bool sd_exchange_json(sd_exchange *x); /* content is application/json; else answers 415 and gives false */
/* Whether the document is so long that looking for its matches is not for a connection's thread. */
bool sd_exchange_long(const sd_exchange *x, const ls_reader *r);
/* The client is no longer there: what is done for it may stop. Any thread. */
int sd_exchange_gone(const sd_exchange *x);
/* No document has x->id: 410 where it was killed, else 404. (routes_documents.c) */
void sd_answer_missing(sd_exchange *x, const ls_reader *r);
/* revive=1 of a write; false: another argument, or another value. (routes_documents.c) */
bool sd_exchange_revive(sd_exchange *x, bool *revive);
/* Whether the key's filter lets the document be seen. */
bool sd_exchange_sees(const sd_exchange *x, const ls_doc *d);
#endif
