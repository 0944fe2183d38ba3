/* err.h — filling an ls_error: a code, and a message that names the place, what was expected and what was found. */
#ifndef LSI_ERR_H
#define LSI_ERR_H
#include "libsearch/libsearch.h"
#include "libsearch/util/base.h"

/* code, name, one-line meaning, HTTP status: the one table behind ls_strerror, the manual and the server. */
#define LSI_ERRORS(X)                                                                                                  \
    X(LS_OK, "ok", "done", 200)                                                                                        \
    X(LS_INVALID, "invalid", "an argument is out of its range", 400)                                                   \
    X(LS_NOMEM, "nomem", "memory could not be had", 503)                                                               \
    X(LS_IO, "io", "the system refused to read or write", 500)                                                         \
    X(LS_NOSPACE, "nospace", "the disk or the quota is full", 507)                                                     \
    X(LS_NOTFOUND, "notfound", "there is no such index or document", 404)                                              \
    X(LS_EXISTS, "exists", "it is there already", 409)                                                                 \
    X(LS_LOCKED, "locked", "another writer holds the index", 409)                                                      \
    X(LS_CORRUPT, "corrupt", "a file of the index is damaged", 500)                                                    \
    X(LS_TOO_OLD, "too_old", "the index's format is older than this can read", 500)                                    \
    X(LS_TOO_NEW, "too_new", "the index's format is newer than this can read", 500)                                    \
    X(LS_LIMIT, "limit", "a limit was exceeded", 413)                                                                  \
    X(LS_CANCELED, "canceled", "the caller canceled it", 503)                                                          \
    X(LS_TIMEOUT, "timeout", "the deadline passed", 504)                                                               \
    X(LS_COMMIT_UNKNOWN, "commit_unknown", "the commit may or may not survive a crash", 500)                           \
    X(LS_MISUSE, "misuse", "the call breaks a rule of the interface", 500)                                             \
    X(LS_POISONED, "poisoned", "an earlier write failed; open the writer anew", 503)                                   \
    X(LS_SCHEMA, "schema", "a field does not fit the schema", 422)                                                     \
    X(LS_UNSUPPORTED, "unsupported", "this cannot be done here", 501)

/* Set *err (NULL is taken) and give the code back, so that `return lsi_fail(err, LS_IO, "…")` reads as one thing. */
int lsi_fail(ls_error *err, int code, const char *fmt, ...) LSI_PRINTF(3, 4);
/* The same for a place in a file. */
int lsi_fail_at(ls_error *err, int code, const char *file, uint64_t offset, const char *fmt, ...) LSI_PRINTF(5, 6);
/* The same for a refused system call: picks NOSPACE, NOMEM, NOTFOUND or IO by errno and tells its text. */
int lsi_fail_errno(ls_error *err, int sys_errno, const char *file, const char *did);
int lsi_fail_nomem(ls_error *err);
void lsi_error_clear(ls_error *err);
const char *lsi_strerror(int code);
const char *lsi_error_name(int code); /* "corrupt" */
int lsi_error_http(int code);

void lsi_log_set(ls_log_fn *fn, void *ctx);
void lsi_log(int level, const char *fmt, ...) LSI_PRINTF(2, 3);
#endif
