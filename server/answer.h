/* answer.h — the headers and the content of an answer, by whichever way it goes out. */
#ifndef SD_ANSWER_H
#define SD_ANSWER_H
#include "server/exchange.h"

/* Memory that gzip keeps from answer to answer; zeroes to begin. By one thread at a time. */
typedef struct sd_zip {
    void *stream;
    char *data; /* of malloc */
    size_t len, cap;
} sd_zip;
void sd_zip_free(sd_zip *z);

/* The last word on an answer: what failed becomes a problem, a problem of a page a page. */
void sd_answer_settle(sd_exchange *x);
/* Every header but those of framing and connection, one by one. */
void sd_answer_headers(const sd_exchange *x, bool zipped, void (*put)(void *ctx, const char *name, const char *value),
                       void *ctx);
/* The content of an answer that is no stream: *p, *n, borrowed from the answer, or from z where it is zipped. */
void sd_answer_content(const sd_exchange *x, sd_zip *z, const char **p, size_t *n, bool *zipped);
#endif
