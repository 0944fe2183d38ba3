/* tombs.h — tombstones: the names of killed stories, which nothing may bear again. As a file that readers look names up
 * in, and as the set that a writer changes. */
#ifndef LSI_TOMBS_H
#define LSI_TOMBS_H
#include "libsearch/codec/hashes.h"
#include "libsearch/util/map.h"

typedef struct lsi_tomb { /* texts are followed by a NUL; len 0: none */
    const char *id, *guid, *reason;
    uint32_t id_len, guid_len, reason_len;
    int64_t version, time;
} lsi_tomb;
typedef enum lsi_tomb_key { LSI_TOMB_ID, LSI_TOMB_GUID } lsi_tomb_key;

/* ---- the file tombs-%016x: immutable, counted by references, any number of threads ---- */
typedef struct lsi_tombs {
    lsi_frame *frame;
    uint64_t generation;
    uint32_t count;
    const lsi_section *index, *records;
    lsi_hashes names[2]; /* by lsi_tomb_key */
    int refs;            /* atomic */
} lsi_tombs;
int lsi_tombs_open(lsi_tombs **out, lsi_dir *dir, uint64_t generation, uint64_t bytes, uint64_t sum, bool use_mmap,
                   ls_error *err);
void lsi_tombs_retain(lsi_tombs *t);
void lsi_tombs_release(lsi_tombs *t); /* takes NULL */
/* t NULL: there are none. LS_NOTFOUND. */
int lsi_tombs_find(const lsi_tombs *t, lsi_tomb_key key, const char *name, size_t len, lsi_tomb *out, ls_error *err);
int lsi_tombs_at(const lsi_tombs *t, size_t i, lsi_tomb *out, ls_error *err);
int lsi_tombs_verify(lsi_tombs *t, ls_fault_fn *fault, void *ctx, uint64_t *faults, ls_error *err);
/* For salvage: of a file that is damaged or cut one tombstone after the other, by its place in the index or, where that
 * cannot be read, behind the one before. LS_NOTFOUND past the last, LS_CORRUPT for each that is lost. Nothing else may be
 * asked of what was opened so. */
typedef struct lsi_tomb_walk {
    uint32_t next;
    uint64_t at;
} lsi_tomb_walk; /* begins as zeros */
int lsi_tombs_open_damaged(lsi_tombs **out, lsi_dir *dir, uint64_t generation, ls_error *err);
int lsi_tombs_rescue(const lsi_tombs *t, lsi_tomb_walk *w, lsi_tomb *out, ls_error *err);

/* ---- the writer's ---- */
typedef struct lsi_tomb_entry {
    lsi_tomb t;
    bool there, was_there; /* now; at the last commit */
    uint32_t before[2];    /* an older entry of the same name; LSI_MAP_NONE */
} lsi_tomb_entry;
typedef struct lsi_tomb_set {
    lsi_tomb_entry *entries; /* in order of their coming */
    size_t count, cap;
    lsi_map names[2];
    lsi_arena texts;
    bool changed; /* since the last commit */
} lsi_tomb_set;
void lsi_tomb_set_init(lsi_tomb_set *s);
void lsi_tomb_set_clear(lsi_tomb_set *s);
int lsi_tomb_set_load(lsi_tomb_set *s, const lsi_tombs *t, ls_error *err);
/* NULL where there is none. */
lsi_tomb_entry *lsi_tomb_set_find(lsi_tomb_set *s, lsi_tomb_key key, const char *name, size_t len);
int lsi_tomb_set_add(lsi_tomb_set *s, const lsi_tomb *t, ls_error *err); /* copies */
void lsi_tomb_set_lift(lsi_tomb_set *s, lsi_tomb_entry *e);
void lsi_tomb_set_commit(lsi_tomb_set *s);
void lsi_tomb_set_rollback(lsi_tomb_set *s);
/* Writes tombs-<generation>; with none left: no file, *bytes 0. */
int lsi_tomb_set_write(const lsi_tomb_set *s, lsi_dir *dir, uint64_t generation, bool sync, uint64_t *bytes,
                       uint64_t *sum, ls_error *err);
#endif
