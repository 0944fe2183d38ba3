/* manifest.h — the file that *is* a commit: which segments and deletions make the index, and its schema. */
#ifndef LSI_MANIFEST_H
#define LSI_MANIFEST_H
#include "libsearch/segment/segment.h"

/* Section types of a manifest. Numbers are never reused; an unknown optional one is carried along, an unknown one that
 * is not optional is LS_TOO_NEW. */
enum {
    LSI_MAN_HEAD = 1,
    LSI_MAN_SCHEMA = 2,
    LSI_MAN_SEGMENTS = 3,
    LSI_MAN_BOILERPLATE = 4, /* optional */
    LSI_MAN_LAST = LSI_MAN_BOILERPLATE
};

typedef struct lsi_manifest_record { /* an optional section that this library does not know */
    uint32_t type;
    lsi_buf bytes;
} lsi_manifest_record;

typedef struct lsi_manifest {
    uint64_t generation;
    uint64_t public_generation; /* of the last commit that changed something for those who see no hidden documents */
    uint64_t uuid[2];
    int64_t created;                                   /* time of the first commit, ms */
    uint64_t analyzer_stamp;                           /* of the analyzer that made the oldest text */
    uint64_t tombs_generation, tombs_bytes, tombs_sum; /* the file tombs-%016x; 0: none */
    uint64_t flags;                                    /* LSI_MAN_UNSYNCED */
    uint64_t boot;                                     /* with it: of the system that made it (lsi_io_boot) */
    bool fell_back;                                    /* read from MANIFEST.durable */
    ls_schema *schema;                                 /* owned */
    lsi_segment_info *segments;                        /* in order of arrival */
    size_t count;
    lsi_manifest_record *records;
    size_t record_count;
} lsi_manifest;
enum { LSI_MAN_UNSYNCED = 1 }; /* made without waiting for the disk: its files may not be durable */

void lsi_manifest_free(lsi_manifest *m); /* takes NULL */
/* All but the segments, which are left empty. */
int lsi_manifest_copy(lsi_manifest **out, const lsi_manifest *m, ls_error *err);
/* Reads MANIFEST, or what it falls back on after a crash of the system. LS_NOTFOUND where there is none. file (may be
 * NULL): the open file itself, owned by the caller. */
int lsi_manifest_read(lsi_manifest **out, lsi_frame **file, lsi_dir *dir, ls_error *err);
/* For salvage: what can be had of the damaged file `name`: its schema at least, else LS_CORRUPT. *listed: its segments
 * too. A newer format is LS_TOO_NEW. */
int lsi_manifest_rescue(lsi_manifest **out, bool *listed, lsi_dir *dir, const char *name, ls_error *err);
/* Copies the files that m names into the directory `to`, verifies them there, and commits m in it, durably (backup.c).
 * m's flags are cleared. */
int lsi_index_copy(lsi_dir *from, lsi_dir *to, lsi_manifest *m, ls_error *err);
/* Makes m the index's commit: a temporary file, then a rename. *renamed tells whether MANIFEST may be the new one
 * where this fails; LS_COMMIT_UNKNOWN: it is, but the directory could not be synced. */
int lsi_manifest_write(const lsi_manifest *m, lsi_dir *dir, bool sync, bool *renamed, ls_error *err);
#endif
