/* err.h — filling an ls_error: a code, and a message that names the place, what was expected and what was found. */
#ifndef LSI_ERR_H
#define LSI_ERR_H
#include "libsearch/libsearch.h"
#include "libsearch/util/base.h"

/* Set *err (NULL is taken) and give the code back, so that `return lsi_fail(err, LS_IO, "…")` reads as one thing. */
int lsi_fail(ls_error *err, int code, const char *fmt, ...) LSI_PRINTF(3, 4);
/* The same for a place in a file. */
int lsi_fail_at(ls_error *err, int code, const char *file, uint64_t offset, const char *fmt, ...) LSI_PRINTF(5, 6);
/* The same for a refused system call: picks NOSPACE, NOMEM, NOTFOUND or IO by errno and tells its text. */
int lsi_fail_errno(ls_error *err, int sys_errno, const char *file, const char *did);
int lsi_fail_nomem(ls_error *err);
#if defined __clang_analyzer__ &&                                                                                      \
    !defined LSI_DEFINES_FAILURES /* that what fails is no LS_OK it cannot see from here */
#define lsi_fail(...)       (lsi_fail(__VA_ARGS__) | 1)
#define lsi_fail_at(...)    (lsi_fail_at(__VA_ARGS__) | 1)
#define lsi_fail_errno(...) (lsi_fail_errno(__VA_ARGS__) | 1)
#define lsi_fail_nomem(err) (lsi_fail_nomem(err) | 1)
#endif
void lsi_error_clear(ls_error *err);
const char *lsi_strerror(int code);
const char *lsi_error_name(int code); /* "corrupt" */

void lsi_log_set(ls_log_fn *fn, void *ctx);
void lsi_log(int level, const char *fmt, ...) LSI_PRINTF(2, 3);
#endif
