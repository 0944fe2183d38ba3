/* version.c — the library's version, its errors by name, and the hooks for memory and log. */
#include "libsearch/util/alloc.h"
#include "libsearch/util/err.h"

#define TEXT2(x) #x
#define TEXT(x)  TEXT2(x)

const char *ls_version(void)
{
    return TEXT(LS_VERSION_MAJOR) "." TEXT(LS_VERSION_MINOR) "." TEXT(LS_VERSION_PATCH);
}

const char *ls_strerror(int code)
{
    return lsi_strerror(code);
}

const char *ls_error_name(int code)
{
    return lsi_error_name(code);
}

int ls_set_allocator(const ls_allocator *a)
{
    return lsi_alloc_set(a);
}

void ls_set_log(ls_log_fn *fn, void *ctx)
{
    lsi_log_set(fn, ctx);
}
