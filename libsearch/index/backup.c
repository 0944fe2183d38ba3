/* backup.c — owns the durable copy of a commit into a new directory. Takes no lock: the files of a commit never change,
 * and each is held open from before the first byte is copied. Ignorant of what the files hold.
 *
 * Every copy is opened and verified after it was written, so that damage in the source is told now, and not when the
 * backup is needed. The manifest is written last, in the order of manifest.c: a copy that was cut short is no index. */
#include "libsearch/index/maintain.h"
#include "libsearch/index/manifest.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"

#define PIECE_BYTES ((size_t)256 << 10)

typedef struct copied {
    lsi_file from;
    char name[LSI_NAME_BYTES];
    uint32_t kind;
    uint64_t bytes, sum;
    bool made;
} copied;

typedef struct backup {
    lsi_dir *dir, *to;
    lsi_manifest *m;
    copied *files;
    size_t count;
} backup;

static void close_files(backup *b)
{
    for (size_t i = 0; i < b->count; i++) lsi_file_close(&b->files[i].from, NULL); /* read only */
    lsi_free(b->files);
    lsi_manifest_free(b->m);
    b->files = NULL;
    b->m = NULL;
    b->count = 0;
}

static int open_file(backup *b, lsi_name_kind name, uint32_t kind, uint64_t generation, uint64_t bytes, uint64_t sum,
                     ls_error *err)
{
    copied *f = &b->files[b->count];
    lsi_file_init(&f->from);
    lsi_name_make(f->name, name, generation);
    f->kind = kind;
    f->bytes = bytes;
    f->sum = sum;
    int rc = lsi_file_open(&f->from, b->dir, f->name, err);
    if (!rc) b->count++;
    return rc;
}

static int open_files(backup *b, ls_error *err)
{
    int rc = LS_OK;
    b->files = lsi_calloc(2 * b->m->count + 1, sizeof *b->files);
    if (!b->files) return lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < b->m->count; i++) {
        const lsi_segment_info *x = &b->m->segments[i];
        rc = open_file(b, LSI_NAME_SEGMENT, LSI_FILE_SEGMENT, x->generation, x->bytes, x->sum, err);
        if (!rc && x->live_generation)
            rc = open_file(b, LSI_NAME_LIVE, LSI_FILE_LIVE, x->live_generation, x->live_bytes, x->live_sum, err);
    }
    if (!rc && b->m->tombs_generation)
        rc = open_file(b, LSI_NAME_TOMBS, LSI_FILE_TOMBS, b->m->tombs_generation, b->m->tombs_bytes, b->m->tombs_sum,
                       err);
    return rc;
}

/* The manifest and all its files, or the next manifest's where a writer has unlinked one meanwhile. */
static int open_commit(backup *b, ls_error *err)
{
    for (uint64_t tried = 0;;) {
        ls_error why;
        int rc = lsi_manifest_read(&b->m, NULL, b->dir, err);
        if (rc) return rc;
        bool again = b->m->generation == tried;
        tried = b->m->generation;
        rc = open_files(b, &why);
        if (!rc) return LS_OK;
        close_files(b);
        if (rc == LS_NOTFOUND && !again) continue;
        if (err) *err = why;
        if (rc != LS_NOTFOUND) return rc;
        return lsi_fail_at(err, LS_CORRUPT, why.file, 0, "the manifest names this file, and it is not there");
    }
}

static int copy_bytes(const copied *f, lsi_file *to, uint8_t *piece, ls_error *err)
{
    lsi_file_id id;
    int rc = lsi_file_id_of(&f->from, &id, err);
    if (!rc && id.bytes != f->bytes)
        rc = lsi_fail_at(err, LS_CORRUPT, f->from.path, id.bytes, "the manifest expects %llu bytes",
                         (unsigned long long)f->bytes);
    for (uint64_t at = 0; !rc && at < f->bytes; at += PIECE_BYTES) {
        size_t n = (size_t)LSI_MIN(f->bytes - at, (uint64_t)PIECE_BYTES);
        rc = lsi_file_read(&f->from, at, piece, n, err);
        if (!rc) rc = lsi_file_write(to, piece, n, err);
    }
    return rc;
}

static int copy_file(backup *b, copied *f, uint8_t *piece, ls_error *err)
{
    lsi_file to;
    lsi_frame *frame = NULL;
    uint64_t faults = 0;
    lsi_file_init(&to);
    int rc = lsi_file_create(&to, b->to, f->name, err);
    if (rc) return rc;
    f->made = true;
    rc = copy_bytes(f, &to, piece, err);
    if (!rc) rc = lsi_file_sync(&to, err);
    int closed = lsi_file_close(&to, rc ? NULL : err);
    if (!rc) rc = closed;
    if (!rc) rc = lsi_frame_open(&frame, b->to, f->name, f->kind, false, f->bytes, f->sum, err);
    if (!rc) rc = lsi_frame_verify(frame, NULL, NULL, &faults, err);
    lsi_frame_close(frame);
    return rc;
}

static int copy_all(backup *b, ls_error *err)
{
    bool renamed;
    int rc = LS_OK;
    uint8_t *piece = lsi_malloc(PIECE_BYTES);
    if (!piece) return lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < b->count; i++) rc = copy_file(b, &b->files[i], piece, err);
    lsi_free(piece);
    b->m->flags = 0; /* whatever the source was: this copy is durable */
    if (!rc) rc = lsi_dir_sync(b->to, err);
    return rc ? rc : lsi_manifest_write(b->m, b->to, true, &renamed, err);
}

int lsi_index_copy(lsi_dir *from, lsi_dir *to, lsi_manifest *m, ls_error *err)
{
    backup b = {.dir = from, .to = to, .m = m};
    int rc = open_files(&b, err);
    if (!rc) rc = copy_all(&b, err);
    b.m = NULL; /* the caller's */
    close_files(&b);
    return rc;
}

int lsi_index_backup(const char *path, const char *to, ls_error *err)
{
    backup b = {0};
    int rc = lsi_dir_open(&b.dir, path, err);
    if (!rc) rc = open_commit(&b, err);
    if (!rc) rc = lsi_dir_create_new(&b.to, to, err);
    if (!rc) rc = copy_all(&b, err);
    if (rc && b.to && rc != LS_COMMIT_UNKNOWN) { /* leave nothing that looks like a backup */
        lsi_dir_unlink(b.to, LSI_NAME_MANIFEST, NULL);
        for (size_t i = 0; i < b.count; i++)
            if (b.files[i].made) lsi_dir_unlink(b.to, b.files[i].name, NULL);
        lsi_dir_remove(to, NULL);
    }
    close_files(&b);
    lsi_dir_close(b.to);
    lsi_dir_close(b.dir);
    return rc;
}
