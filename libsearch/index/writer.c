/* writer.c — owns the life of the writer: opening (lock, recovery, segments), closing, its health, and the deletions of
 * one segment. Ignorant of what documents are (edits.c), how commits are made (commit.c), what is merged (merger.c).
 *
 * HEALTH. A failed allocation, a full disk or too many open files leave the writer as it was: what was being written is
 * removed, no manifest ever named it, and the same call may be made again, or ls_rollback. Any other failure of a
 * write, an fsync, a close or a rename poisons it: the kernel may have dropped the very pages that failed and call the
 * next fsync a success, so that nothing this writer wrote can be trusted any more. The last commit is not touched by
 * that; a new writer starts from it. */
#include "libsearch/index/writer_state.h"
#include "libsearch/store/names.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"
#include <errno.h>
#include <stdio.h>

#define DEFAULT_BUDGET  ((size_t)64 << 20)
#define SMALLEST_BUDGET ((size_t)64 << 10)
#define OTHER_BYTES     80 /* of the name of a file that is told */

/* ---- health ---- */

int lsi_writer_check(ls_writer *w, ls_error *err)
{
    if (!lsi_lock_is_ours(w->lock))
        return lsi_fail(err, LS_MISUSE, "%s: this writer was opened by another process, before fork",
                        lsi_dir_path(w->dir));
    pthread_mutex_lock(&w->mutex); /* the merge thread may poison it as well */
    int rc = w->health == LSI_WRITER_WELL
                 ? LS_OK
                 : lsi_fail(err, LS_POISONED, "an earlier write failed, open the writer anew: %.400s", w->why.message);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

int lsi_writer_failed(ls_writer *w, int rc, const ls_error *why, ls_error *err)
{
    bool transient = rc == LS_NOMEM || rc == LS_NOSPACE || rc == LS_LIMIT || rc == LS_CANCELED || rc == LS_CORRUPT ||
                     rc == LS_TOO_NEW || (rc == LS_IO && (why->sys_errno == EMFILE || why->sys_errno == ENFILE));
    if (!transient && w->health == LSI_WRITER_WELL) {
        w->health = LSI_WRITER_POISONED;
        w->why = *why;
    }
    if (err) *err = *why;
    return rc;
}

uint64_t lsi_writer_number(ls_writer *w)
{
    return w->next_generation++;
}

int64_t lsi_writer_now(const ls_writer *w)
{
    return w->clock ? w->clock(w->clock_ctx) : lsi_io_now_ms();
}

bool lsi_writer_syncs(const ls_writer *w)
{
    return !(w->flags & LS_WRITER_NO_SYNC);
}

/* ---- deletions of a segment ---- */

void lsi_wseg_clear(lsi_wseg *s)
{
    lsi_live_release(s->live);
    lsi_live_release(s->committed_live);
    lsi_segment_release(s->seg);
    lsi_free(s->bits);
    memset(s, 0, sizeof *s);
}

bool lsi_wseg_is_deleted(const lsi_wseg *s, lsi_doc doc)
{
    return s->bits ? s->bits[doc >> 6] >> (doc & 63) & 1 : lsi_live_is_deleted(s->live, doc);
}

int lsi_wseg_make_bits(lsi_wseg *s, ls_error *err)
{
    size_t words = ((size_t)s->seg->doc_count + 63) / 64;
    if (s->bits) return LS_OK;
    s->bits = lsi_calloc(words, sizeof *s->bits);
    if (!s->bits) return lsi_fail_nomem(err);
    if (s->live) memcpy(s->bits, s->live->deleted, words * sizeof *s->bits);
    return LS_OK;
}

int lsi_wseg_delete(lsi_wseg *s, lsi_doc doc, ls_error *err)
{
    int rc = lsi_wseg_make_bits(s, err);
    if (rc) return rc;
    s->bits[doc >> 6] |= (uint64_t)1 << (doc & 63);
    s->deleted++;
    s->dirty = true;
    return LS_OK;
}

bool lsi_wseg_shows(const ls_writer *w, const lsi_wseg *s)
{
    const int64_t *release;
    int64_t now = lsi_writer_now(w);
    if (!s->info.visibility || lsi_segment_releases(s->seg, &release, NULL)) return true;
    for (lsi_doc d = 0; d < s->seg->doc_count; d++)
        if (release[d] <= now) return true;
    return false;
}

/* ---- opening ---- */

static int open_segments(ls_writer *w, ls_error *err)
{
    const lsi_manifest *m = w->manifest;
    w->segs = lsi_array_grow(NULL, &w->cap, m->count + 8, sizeof *w->segs);
    if (!w->segs) return lsi_fail_nomem(err);
    for (size_t i = 0; i < m->count; i++) {
        lsi_wseg *s = &w->segs[i];
        memset(s, 0, sizeof *s);
        w->count++;
        s->info = s->committed = m->segments[i];
        int rc = lsi_segment_open(&s->seg, w->dir, &s->info, w->schema, false, err);
        if (!rc && s->info.live_generation) rc = lsi_live_open(&s->live, w->dir, s->seg, &s->info, false, err);
        if (rc == LS_NOTFOUND) /* the lock is ours: nobody unlinks */
            rc = lsi_fail(err, LS_CORRUPT, "%s: a file is missing that the manifest names: segment %016llx",
                          lsi_dir_path(w->dir), (unsigned long long)s->info.generation);
        if (rc) return rc;
        if ((s->committed_live = s->live)) lsi_live_retain(s->live);
        s->deleted = s->live ? s->live->deleted_count : 0;
    }
    return LS_OK;
}

int lsi_writer_own_schema(ls_writer *w, ls_schema *s, ls_error *err)
{
    ls_schema **list = lsi_array_grow(w->schemas, &w->schema_cap, w->schema_count + 1, sizeof(ls_schema *));
    int rc = list ? lsi_index_load_zone_or_utc(s, err) : lsi_fail_nomem(err);
    if (list) w->schemas = list;
    if (rc) lsi_schema_free(s);
    else w->schemas[w->schema_count++] = s;
    return rc;
}

static int open_tombs(ls_writer *w, ls_error *err)
{
    lsi_tombs *t = NULL;
    const lsi_manifest *m = w->manifest;
    int rc = lsi_tombs_open(&t, w->dir, m->tombs_generation, m->tombs_bytes, m->tombs_sum, false, err);
    if (rc == LS_NOTFOUND) rc = lsi_fail(err, LS_CORRUPT, "%s: the tombstones are missing", lsi_dir_path(w->dir));
    if (!rc) rc = lsi_tomb_set_load(&w->tombs, t, err);
    lsi_tombs_release(t);
    return rc;
}

/* The first commit of a new index: no segments. */
static int make_index(ls_writer *w, const ls_schema *schema, ls_error *err)
{
    bool renamed;
    lsi_manifest *m = lsi_calloc(1, sizeof *m);
    if (!m) return lsi_fail_nomem(err);
    m->generation = m->public_generation = 1;
    m->created = lsi_io_now_ms();
    m->segments = lsi_calloc(1, sizeof *m->segments);
    int rc = m->segments ? lsi_analyzer_stamp(&m->analyzer_stamp, err) : lsi_fail_nomem(err);
    if (!rc) rc = lsi_io_random(m->uuid, sizeof m->uuid, err);
    if (!rc) rc = schema ? lsi_schema_copy(&m->schema, schema, err) : lsi_schema_news(&m->schema, err);
    if (!rc) {
        char stale[LSI_NAME_BYTES]; /* of a maker that was killed: no manifest, so nobody's */
        lsi_name_make(stale, LSI_NAME_TEMP, m->generation);
        lsi_dir_unlink(w->dir, stale, NULL);
        rc = lsi_manifest_write(m, w->dir, true, &renamed, err);
    }
    lsi_manifest_free(m);
    return rc;
}

static int read_index(ls_writer *w, const ls_writer_options *o, ls_error *err)
{
    ls_schema *schema = NULL;
    int rc = lsi_manifest_read(&w->manifest, NULL, w->dir, err);
    if (rc == LS_NOTFOUND && o->flags & LS_WRITER_CREATE) {
        rc = make_index(w, o->schema, err);
        if (!rc) rc = lsi_manifest_read(&w->manifest, NULL, w->dir, err);
    } else if (!rc && o->flags & LS_WRITER_EXCLUSIVE) {
        rc = lsi_fail(err, LS_EXISTS, "%s: there is an index already", lsi_dir_path(w->dir));
    }
    if (!rc) rc = lsi_recover(w->dir, w->manifest, &w->next_generation, err);
    if (!rc) rc = lsi_schema_copy(&schema, w->manifest->schema, err);
    if (!rc) rc = lsi_writer_own_schema(w, schema, err);
    if (!rc) w->schema = w->committed_schema = schema;
    if (!rc) rc = open_tombs(w, err);
    return rc ? rc : open_segments(w, err);
}

static int look_for_others(void *ctx, const char *name)
{
    static const char *const ours[] = {LSI_NAME_LOCK, LSI_NAME_MANIFEST, LSI_NAME_DURABLE, "lost+found"};
    uint64_t generation;
    char *found = ctx;
    for (size_t i = 0; i < LSI_COUNTOF(ours); i++)
        if (!strcmp(name, ours[i])) return LS_OK;
    if (!*found && lsi_name_parse(name, &generation) == LSI_NAME_OTHER) snprintf(found, OTHER_BYTES, "%s", name);
    return LS_OK;
}

/* A new index has its directory to itself: whoever named the wrong one would find it among his files. */
static int check_ours(lsi_dir *dir, ls_error *err)
{
    char found[OTHER_BYTES] = "";
    int rc = lsi_dir_list(dir, look_for_others, found, err);
    if (rc || !found[0]) return rc;
    return lsi_fail(err, LS_EXISTS,
                    "%s: there is no index here, and there are other files (%s): "
                    "an index is made in a directory of its own",
                    lsi_dir_path(dir), found);
}

/* The directory, and the lock: taken only where there is an index or one is to be made, for it makes a file. */
static int open_dir(ls_writer *w, const char *path, ls_error *err)
{
    lsi_file_id id;
    bool create = w->flags & LS_WRITER_CREATE;
    int rc = create ? lsi_dir_create(&w->dir, path, err) : lsi_dir_open(&w->dir, path, err);
    if (!rc && !(w->flags & LS_WRITER_FORCE)) rc = lsi_dir_check_local(w->dir, err);
    if (!rc && create && (rc = lsi_dir_stat(w->dir, LSI_NAME_MANIFEST, &id, err)) == LS_NOTFOUND)
        rc = check_ours(w->dir, err);
    if (!rc && !create && (rc = lsi_dir_stat(w->dir, LSI_NAME_MANIFEST, &id, err)) == LS_NOTFOUND)
        lsi_fail(err, rc, "%s: there is no index here", path);
    return rc ? rc : lsi_lock_take(&w->lock, w->dir, err);
}

int lsi_writer_open(ls_writer **out, const char *path, const ls_writer_options *o, ls_error *err)
{
    *out = NULL;
    ls_writer *w = lsi_calloc(1, sizeof *w);
    if (!w) return lsi_fail_nomem(err);
    w->flags = o->flags;
    w->compared_until = INT64_MIN;
    if (w->flags & LS_WRITER_NO_SYNC && !lsi_io_boot()) { /* nobody could tell afterwards that the system went down */
        lsi_log(LS_LOG_WARNING, "%s: the system's boot_id cannot be read: commits wait for the disk all the same",
                path);
        w->flags &= ~(unsigned)LS_WRITER_NO_SYNC;
    }
    lsi_crew_init(w, o->threads);
    w->budget = o->memory_bytes ? LSI_MAX(o->memory_bytes, SMALLEST_BUDGET) : lsi_crew_heaps(w) * DEFAULT_BUDGET;
    w->clock = o->clock;
    w->clock_ctx = o->clock_ctx;
    lsi_tomb_set_init(&w->tombs);
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->changed, NULL);
    int rc = open_dir(w, path, err);
    if (!rc) rc = read_index(w, o, err);
    if (!rc && !(w->flags & LS_WRITER_NO_MERGE)) rc = lsi_merger_start(w, err);
    if (rc) {
        lsi_writer_close(w);
        return rc;
    }
    lsi_error_clear(err); /* that there was no index is none where one was to be made */
    *out = w;
    return LS_OK;
}

/* ---- closing ---- */

/* Removes what was flushed and never committed. A poisoned writer leaves it to the next one: a manifest of its own may
 * have been renamed without its knowing. */
static void drop_uncommitted(ls_writer *w)
{
    if (w->health != LSI_WRITER_WELL) return;
    for (size_t i = 0; i < w->count; i++) {
        const lsi_wseg *s = &w->segs[i];
        if (s->info.live_generation && s->info.live_generation != s->committed.live_generation)
            lsi_writer_unlink(w, LSI_NAME_LIVE, s->info.live_generation);
        if (!s->committed.generation) lsi_writer_unlink(w, LSI_NAME_SEGMENT, s->info.generation);
    }
}

void lsi_writer_close(ls_writer *w)
{
    if (!w) return;
    bool ours = w->lock && lsi_lock_is_ours(w->lock); /* a child of fork has no merge thread, and no say in the files */
    if (ours) lsi_merger_stop(w);
    lsi_crew_clear(w, ours || !w->lock);
    if (ours) drop_uncommitted(w);
    if (ours && w->durable && w->health == LSI_WRITER_WELL) {
        ls_error why;
        if (lsi_writer_make_durable(w, &why)) lsi_log(LS_LOG_WARNING, "the next writer has to finish: %s", why.message);
    }
    for (size_t i = 0; i < w->count; i++) lsi_wseg_clear(&w->segs[i]);
    lsi_free(w->segs);
    for (size_t i = 0; i < w->schema_count; i++) lsi_schema_free(w->schemas[i]);
    lsi_free(w->schemas);
    lsi_manifest_free(w->manifest);
    lsi_manifest_free(w->durable);
    lsi_free(w->values);
    lsi_doc_free(w->old);
    lsi_doc_free(w->other);
    lsi_tomb_set_clear(&w->tombs);
    lsi_lock_release(w->lock); /* the last thing but memory: until here nobody else may write */
    lsi_dir_close(w->dir);
    if (ours || !w->lock) {
        pthread_cond_destroy(&w->changed);
        pthread_mutex_destroy(&w->mutex);
    }
    lsi_free(w);
}

const ls_schema *lsi_writer_schema(const ls_writer *w)
{
    return w->schema;
}
