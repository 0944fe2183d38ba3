/* watch.c — owns the watch by which a refresh sees with one stat whether anything was committed. Ignorant of what.
 *
 * WHY THE MANIFEST STAYS OPEN. A refresh compares device, inode, size and time of the name MANIFEST with those of the
 * file that the reader opened. Without the open descriptor:
 *   1. Reader A opens commit 7, whose manifest is inode 100, and closes it.
 *   2. The writer commits 8 as inode 101; inode 100 has no name and no descriptor, and is free.
 *   3. The writer commits 9. The file system gives inode 100 again; the size is the same, and the clock of mtime need
 *      not have ticked in between.
 *   4. A stats MANIFEST, sees inode 100, and believes that 7 is still the present commit.
 * With the descriptor held, inode 100 is not free in 2, so that a MANIFEST of inode 100 is commit 7. */
#include "libsearch/index/watch.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"

struct lsi_manifest_watch {
    lsi_frame *file;
    lsi_file_id id;
    int refs; /* atomic */
};

int lsi_watch_new(lsi_manifest_watch **out, lsi_frame *file, ls_error *err)
{
    lsi_manifest_watch *w = lsi_calloc(1, sizeof *w);
    *out = NULL;
    int rc = w ? lsi_frame_file_id(file, &w->id, err) : lsi_fail_nomem(err);
    if (rc) {
        lsi_free(w);
        lsi_frame_close(file);
        return rc;
    }
    w->file = file;
    w->refs = 1;
    *out = w;
    return LS_OK;
}

void lsi_watch_retain(lsi_manifest_watch *w)
{
    __atomic_add_fetch(&w->refs, 1, __ATOMIC_RELAXED);
}

void lsi_watch_free(lsi_manifest_watch *w)
{
    if (!w || __atomic_sub_fetch(&w->refs, 1, __ATOMIC_ACQ_REL)) return;
    lsi_frame_close(w->file);
    lsi_free(w);
}

int lsi_watch_changed(const lsi_manifest_watch *w, lsi_dir *dir, bool *changed, ls_error *err)
{
    lsi_file_id now;
    int rc = lsi_dir_stat(dir, LSI_NAME_MANIFEST, &now, err);
    *changed = !rc && (now.device != w->id.device || now.inode != w->id.inode || now.bytes != w->id.bytes ||
                       now.mtime_ns != w->id.mtime_ns);
    return rc;
}
