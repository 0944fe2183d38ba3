/* recover.c — owns what a writer does before it trusts a directory: it makes the last commit durable, numbers itself
 * above every name, removes orphans. Not a repair: a reader needs none of it. Ignorant of segments.
 *
 * WHY IT SYNCS FIRST
 *   1. Writer A commits 8: it renames the manifest, and is killed before the directory is fsynced. Commit 8 is what
 *      everybody sees, but the disk may still say 7.
 *   2. Writer B opens the index, believes in 8, and removes the files that 7 alone named.
 *   3. The power fails before the system wrote the directory: the disk has manifest 7 and not its files.
 *   So B fsyncs the manifest and the directory before it removes anything. Where A did not wait for the disk at all
 *   (LS_WRITER_NO_SYNC), its files are fsynced here too, and its commit is made once more (manifest.c).
 *
 * ORPHANS are files with a name of ours that the manifest does not name: of a commit that was not finished, of a writer
 * that was killed. Only whoever holds the lock may remove them: anybody else might take the files of a commit under way
 * for such. Numbers of orphans count for the next generation even where they cannot be removed, so that O_EXCL never
 * meets one. */
#include "libsearch/index/writer_state.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"

typedef struct found {
    const lsi_manifest *m;
    uint64_t highest;
    lsi_map orphans; /* names, to be removed when the listing is over */
} found;

static bool is_named(const lsi_manifest *m, lsi_name_kind kind, uint64_t generation)
{
    if (kind == LSI_NAME_TOMBS) return m->tombs_generation == generation;
    for (size_t i = 0; i < m->count; i++) {
        const lsi_segment_info *x = &m->segments[i];
        if (kind == LSI_NAME_SEGMENT && x->generation == generation) return true;
        if (kind == LSI_NAME_LIVE && x->live_generation == generation) return true;
    }
    return false;
}

static int look_at(void *ctx, const char *name)
{
    found *f = ctx;
    uint64_t generation;
    lsi_name_kind kind = lsi_name_parse(name, &generation);
    if (kind == LSI_NAME_OTHER) return LS_OK;
    f->highest = LSI_MAX(f->highest, generation);
    if (is_named(f->m, kind, generation)) return LS_OK;
    return lsi_map_put(&f->orphans, name, strlen(name) + 1) ? LS_OK : LS_NOMEM;
}

static int sync_file(lsi_dir *dir, lsi_name_kind kind, uint64_t generation, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    lsi_file f;
    lsi_file_init(&f);
    lsi_name_make(name, kind, generation);
    int rc = lsi_file_open(&f, dir, name, err);
    if (rc == LS_NOTFOUND)
        return lsi_fail_at(err, LS_CORRUPT, f.path, 0, "the manifest names this file, and it is not there");
    if (!rc) rc = lsi_file_sync(&f, err);
    lsi_file_close(&f, NULL); /* opened to read: nothing is lost with it */
    return rc;
}

int lsi_recover_sync_files(lsi_dir *dir, const lsi_manifest *m, ls_error *err)
{
    int rc = LS_OK;
    if (m->tombs_generation) rc = sync_file(dir, LSI_NAME_TOMBS, m->tombs_generation, err);
    for (size_t i = 0; !rc && i < m->count; i++) {
        rc = sync_file(dir, LSI_NAME_SEGMENT, m->segments[i].generation, err);
        if (!rc && m->segments[i].live_generation)
            rc = sync_file(dir, LSI_NAME_LIVE, m->segments[i].live_generation, err);
    }
    return rc;
}

static int sync_manifest(lsi_dir *dir, const char *name, ls_error *err)
{
    lsi_file f;
    lsi_file_init(&f);
    int rc = lsi_file_open(&f, dir, name, err);
    if (!rc) rc = lsi_file_sync(&f, err);
    lsi_file_close(&f, NULL);
    return rc ? rc : lsi_dir_sync(dir, err);
}

/* Where the last commit was made without waiting for the disk, or is what such commits fall back on: the same once
 * more, durable. */
static int commit_again(lsi_dir *dir, lsi_manifest *m, uint64_t generation, ls_error *err)
{
    bool renamed;
    int rc = lsi_recover_sync_files(dir, m, err);
    if (!rc) rc = lsi_dir_sync(dir, err);
    if (rc) return rc;
    m->generation = generation;
    m->flags = m->boot = 0;
    m->fell_back = false;
    return lsi_manifest_write(m, dir, true, &renamed, err);
}

/* Left there, it would be taken for the last durable commit of a later writer, and its files are gone by then. */
static int drop_durable(lsi_dir *dir, ls_error *err)
{
    ls_error why;
    int rc = lsi_dir_unlink(dir, LSI_NAME_DURABLE, &why);
    if (rc == LS_NOTFOUND) return LS_OK;
    if (rc && err) *err = why;
    return rc;
}

int lsi_recover(lsi_dir *dir, lsi_manifest *m, uint64_t *next_generation, ls_error *err)
{
    found f = {m, m->generation, {0}};
    lsi_map_init(&f.orphans);
    bool again = m->flags & LSI_MAN_UNSYNCED || m->fell_back;
    int rc = again ? LS_OK : sync_manifest(dir, LSI_NAME_MANIFEST, err);
    if (!rc && (rc = lsi_dir_list(dir, look_at, &f, err)) == LS_NOMEM) lsi_fail_nomem(err);
    *next_generation = f.highest + 1;
    if (!rc && f.highest >= UINT64_MAX / 2)
        rc = lsi_fail(err, LS_LIMIT, "%s: a file has generation %llu; no higher one can be given", lsi_dir_path(dir),
                      (unsigned long long)f.highest);
    if (!rc && again) rc = commit_again(dir, m, (*next_generation)++, err);
    if (!rc) rc = drop_durable(dir, err); /* before its files go as orphans */
    for (size_t i = 0; !rc && i < f.orphans.count; i++)
        lsi_dir_unlink(dir, (const char *)f.orphans.entries[i].key, NULL); /* else the next writer's */
    lsi_map_clear(&f.orphans);
    return rc;
}
