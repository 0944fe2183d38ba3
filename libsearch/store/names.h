/* names.h — the names of the files of an index directory, made and read in one place. */
#ifndef LSI_NAMES_H
#define LSI_NAMES_H
#include "libsearch/util/base.h"

#define LSI_NAME_BYTES    40
#define LSI_NAME_MANIFEST "MANIFEST"
#define LSI_NAME_DURABLE  "MANIFEST.durable" /* what a crash of the system falls back on; see index/manifest.c */
#define LSI_NAME_LOCK     "LOCK"

typedef enum lsi_name_kind {
    LSI_NAME_OTHER = 0, /* not ours: left alone */
    LSI_NAME_SEGMENT,   /* seg-%016x */
    LSI_NAME_LIVE,      /* live-%016x */
    LSI_NAME_TOMBS,     /* tombs-%016x */
    LSI_NAME_TEMP,      /* manifest-%016x: a manifest on its way to its name */
    LSI_NAME_SPOOL      /* spool-%016x: sections on their way into a file */
} lsi_name_kind;

void lsi_name_make(char out[LSI_NAME_BYTES], lsi_name_kind kind, uint64_t generation);
lsi_name_kind lsi_name_parse(const char *name, uint64_t *generation);
#endif
