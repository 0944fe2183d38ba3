/* err.c — owns the table of errors and the log hook. Messages are cut, never overrun. Ignorant of who reads them. */
#define LSI_DEFINES_FAILURES
#include "libsearch/util/err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static ls_log_fn *log_fn;
static void *log_ctx;

/* Row -code: what ls_strerror, ls_error_name and the programs say of it. */
static const struct error_row {
    const char *name, *text;
} ERRORS[] = {
    [-LS_OK] = {"ok", "done"},
    [-LS_INVALID] = {"invalid", "an argument is out of its range"},
    [-LS_NOMEM] = {"nomem", "memory could not be had"},
    [-LS_IO] = {"io", "the system refused to read or write"},
    [-LS_NOSPACE] = {"nospace", "the disk or the quota is full"},
    [-LS_NOTFOUND] = {"notfound", "there is no such index or document"},
    [-LS_EXISTS] = {"exists", "it is there already"},
    [-LS_LOCKED] = {"locked", "another writer holds the index"},
    [-LS_CORRUPT] = {"corrupt", "a file of the index is damaged"},
    [-LS_TOO_OLD] = {"too_old", "the index's format is older than this can read"},
    [-LS_TOO_NEW] = {"too_new", "the index's format is newer than this can read"},
    [-LS_LIMIT] = {"limit", "a limit was exceeded"},
    [-LS_CANCELED] = {"canceled", "the caller canceled it"},
    [-LS_TIMEOUT] = {"timeout", "the deadline passed"},
    [-LS_COMMIT_UNKNOWN] = {"commit_unknown", "the commit may or may not survive a crash"},
    [-LS_MISUSE] = {"misuse", "the call breaks a rule of the interface"},
    [-LS_POISONED] = {"poisoned", "an earlier write failed; open the writer anew"},
    [-LS_SCHEMA] = {"schema", "a field does not fit the schema"},
    [-LS_UNSUPPORTED] = {"unsupported", "this cannot be done here"},
};

static void set_message(ls_error *err, const char *prefix, const char *fmt, va_list ap)
{
    int n = snprintf(err->message, sizeof err->message, "%s", prefix);
    if (n < 0) n = 0;
    if ((size_t)n < sizeof err->message) vsnprintf(err->message + n, sizeof err->message - (size_t)n, fmt, ap);
}

int lsi_fail(ls_error *err, int code, const char *fmt, ...)
{
    if (!err) return code;
    lsi_error_clear(err);
    err->code = code;
    va_list ap;
    va_start(ap, fmt);
    set_message(err, "", fmt, ap);
    va_end(ap);
    return code;
}

int lsi_fail_at(ls_error *err, int code, const char *file, uint64_t offset, const char *fmt, ...)
{
    if (!err) return code;
    char prefix[LS_ERROR_FILE_BYTES + 32];
    lsi_error_clear(err);
    err->code = code;
    err->offset = offset;
    snprintf(err->file, sizeof err->file, "%s", file);
    snprintf(prefix, sizeof prefix, "%s:%llu: ", file, (unsigned long long)offset);
    va_list ap;
    va_start(ap, fmt);
    set_message(err, prefix, fmt, ap);
    va_end(ap);
    return code;
}

int lsi_fail_errno(ls_error *err, int sys_errno, const char *file, const char *did)
{
    int code = sys_errno == ENOSPC || sys_errno == EDQUOT || sys_errno == EFBIG
                   ? LS_NOSPACE /* the last: RLIMIT_FSIZE */
               : sys_errno == ENOMEM                         ? LS_NOMEM
               : sys_errno == ENOENT || sys_errno == ENOTDIR ? LS_NOTFOUND
                                                             : LS_IO;
    if (!err) return code;
    char text[128];
    if (strerror_r(sys_errno, text, sizeof text)) snprintf(text, sizeof text, "errno %d", sys_errno);
    lsi_fail(err, code, "%s: %s: %s", file, did, text);
    err->sys_errno = sys_errno;
    snprintf(err->file, sizeof err->file, "%s", file);
    return code;
}

int lsi_fail_nomem(ls_error *err)
{
    return lsi_fail(err, LS_NOMEM, "out of memory");
}

void lsi_error_clear(ls_error *err)
{
    if (!err) return;
    err->code = LS_OK;
    err->sys_errno = 0;
    err->offset = UINT64_MAX;
    err->file[0] = 0;
    err->message[0] = 0;
}

static const struct error_row *row_of(int code)
{
    static const struct error_row none = {"unknown", "unknown error"};
    return code > 0 || code <= -(int)(sizeof ERRORS / sizeof *ERRORS) ? &none : &ERRORS[-code];
}

const char *lsi_strerror(int code)
{
    return row_of(code)->text;
}

const char *lsi_error_name(int code)
{
    return row_of(code)->name;
}

void lsi_log_set(ls_log_fn *fn, void *ctx)
{
    log_fn = fn;
    log_ctx = ctx;
}

void lsi_log(int level, const char *fmt, ...)
{
    if (!log_fn) return;
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    log_fn(log_ctx, level, text);
}
