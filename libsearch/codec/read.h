/* read.h — what every decoder of this room says when bytes could not be had. */
#ifndef LSI_READ_H
#define LSI_READ_H
#include "libsearch/store/frame.h"

/* The code of a refused lsi_section_get: its own where the caller keeps the error (LS_IO, LS_NOMEM), else CORRUPT. */
LSI_INLINE int lsi_read_failed(const ls_error *err)
{
    return err && err->code < 0 ? err->code : LS_CORRUPT;
}
#endif
