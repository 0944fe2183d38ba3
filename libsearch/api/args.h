/* args.h — checking arguments at the library's door: NULLs, and structs of options that carry their size. */
#ifndef LSI_ARGS_H
#define LSI_ARGS_H
#include "libsearch/util/base.h"
#include "libsearch/util/err.h"

/* LS_INVALID where a pointer is NULL that must not be. */
LSI_INLINE int lsi_args_given(const void *p, const char *name, ls_error *err)
{
    return p ? LS_OK : lsi_fail(err, LS_INVALID, "%s is NULL", name);
}
/* The code to return: a decoder may have said LS_CORRUPT where the bytes could not be read at all, which err knows. */
LSI_INLINE int lsi_args_code(int rc, const ls_error *err)
{
    return rc == LS_CORRUPT && err && err->code < 0 ? err->code : rc;
}
/* Copies a caller's struct of options: what an older caller's lacks is 0, what a newer one's has more must be 0. */
LSI_INLINE int lsi_args_options(void *to, size_t to_bytes, const void *from, const char *name, ls_error *err)
{
    size_t given;
    memset(to, 0, to_bytes);
    if (!from) return LS_OK;
    memcpy(&given, from, sizeof given);
    if (given < sizeof given) return lsi_fail(err, LS_INVALID, "%s: its size is not set", name);
    /* A size that no version can have is a mistake, and not to be read to its end. */
    if (given > 4096) return lsi_fail(err, LS_INVALID, "%s: its size is %zu: set it, as LS_INIT does", name, given);
    memcpy(to, from, LSI_MIN(given, to_bytes));
    for (size_t i = to_bytes; i < given; i++)
        if (((const uint8_t *)from)[i])
            return lsi_fail(err, LS_INVALID, "%s: of a newer version than this library", name);
    return LS_OK;
}
/* The other way: fills no more of the caller's struct than it has, and leaves its size. */
LSI_INLINE void lsi_args_return(void *to, const void *from, size_t from_bytes)
{
    size_t given;
    memcpy(&given, to, sizeof given);
    size_t n = LSI_MIN(given, from_bytes);
    if (n > sizeof given) memcpy((uint8_t *)to + sizeof given, (const uint8_t *)from + sizeof given, n - sizeof given);
}
#endif
