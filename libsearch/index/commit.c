/* commit.c — owns the making of a commit from what the writer holds, and its undoing. The order of writes and fsyncs,
 * and what each prevents, is told at the head of manifest.c; steps 1, 2 and 6 are made here. Ignorant of documents.
 *
 * ONE AT A TIME. A commit and the end of a background merge both replace the manifest. `busy` is the right to do so:
 *   1. The merge thread has merged segments 3 and 4 into 9 and begins to make the manifest {1, 2, 9} from {1, 2, 3, 4}.
 *   2. ls_commit comes with a new segment 10. Were it to start from {1, 2, 3, 4} as well, whoever renames last would
 *      drop the other's work: documents would be lost, or a manifest would name files that were unlinked.
 *   3. So ls_commit waits on `changed` until busy is free: for one manifest at most, never for a merge itself.
 * The mutex is let go while files are written: only busy, and the adding thread's own order, guard the list then. */
#include "libsearch/index/writer_state.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"

void lsi_writer_begin(ls_writer *w)
{
    while (w->busy) pthread_cond_wait(&w->changed, &w->mutex);
    w->busy = true;
}

void lsi_writer_end(ls_writer *w)
{
    w->busy = false;
    pthread_cond_broadcast(&w->changed);
}

void lsi_writer_unlink(ls_writer *w, int kind, uint64_t generation)
{
    char name[LSI_NAME_BYTES];
    if (!generation) return;
    lsi_name_make(name, (lsi_name_kind)kind, generation);
    lsi_dir_unlink(w->dir, name, NULL); /* where it fails, the next writer finds an orphan */
}

/* ---- step 1, for deletions; segments are written by crew.c ---- */

static bool is_gone(const lsi_wseg *s)
{
    return s->deleted == s->seg->doc_count;
}

static int write_live(ls_writer *w, lsi_wseg *s, ls_error *err)
{
    lsi_segment_info info = s->info;
    lsi_live *live = NULL;
    uint64_t generation = lsi_writer_number(w);
    pthread_mutex_unlock(&w->mutex);
    int rc = lsi_live_write(w->dir, generation, s->seg, s->live, s->bits, lsi_writer_syncs(w), &info, err);
    if (!rc && (rc = lsi_live_open(&live, w->dir, s->seg, &info, false, err)))
        lsi_writer_unlink(w, LSI_NAME_LIVE, generation);
    pthread_mutex_lock(&w->mutex);
    if (rc) return rc;
    if (s->info.live_generation != s->committed.live_generation)
        lsi_writer_unlink(w, LSI_NAME_LIVE, s->info.live_generation); /* of an earlier try, never committed */
    lsi_live_release(s->live);
    s->live = live;
    s->info = info;
    s->dirty = false;
    return LS_OK;
}

int lsi_writer_write_lives(ls_writer *w, ls_error *err)
{
    int rc = LS_OK;
    for (size_t i = 0; !rc && i < w->count; i++)
        if (w->segs[i].dirty && !is_gone(&w->segs[i])) rc = write_live(w, &w->segs[i], err);
    return rc;
}

/* ---- steps 2 to 6 ---- */

static bool names(const lsi_manifest *m, bool live, uint64_t generation)
{
    for (size_t i = 0; i < m->count; i++)
        if ((live ? m->segments[i].live_generation : m->segments[i].generation) == generation) return true;
    return false;
}

/* What was named and neither `now` nor the durable manifest names. */
static void unlink_obsolete(ls_writer *w, const lsi_manifest *was, const lsi_manifest *now)
{
    const lsi_manifest *kept = w->durable ? w->durable : now;
    for (size_t i = 0; i < was->count; i++) {
        const lsi_segment_info *x = &was->segments[i];
        if (!names(now, false, x->generation) && !names(kept, false, x->generation))
            lsi_writer_unlink(w, LSI_NAME_SEGMENT, x->generation);
        if (!names(now, true, x->live_generation) && !names(kept, true, x->live_generation))
            lsi_writer_unlink(w, LSI_NAME_LIVE, x->live_generation);
    }
    if (was->tombs_generation != now->tombs_generation && was->tombs_generation != kept->tombs_generation)
        lsi_writer_unlink(w, LSI_NAME_TOMBS, was->tombs_generation);
}

/* Before the first commit without fsync: what is durable keeps a name (manifest.c, 1). */
static int keep_durable(ls_writer *w, ls_error *err)
{
    lsi_manifest *m;
    int rc = lsi_manifest_copy(&m, w->manifest, err);
    if (rc) return rc;
    m->segments = lsi_calloc(w->manifest->count, sizeof *m->segments);
    if (!m->segments) rc = lsi_fail_nomem(err);
    if (!rc) {
        memcpy(m->segments, w->manifest->segments, w->manifest->count * sizeof *m->segments);
        m->count = w->manifest->count;
        rc = lsi_dir_link(w->dir, LSI_NAME_MANIFEST, LSI_NAME_DURABLE, err);
        if (rc == LS_EXISTS) rc = LS_OK; /* of a try before: the manifest is the same still */
    }
    if (!rc) rc = lsi_dir_sync(w->dir, err);
    if (rc) lsi_manifest_free(m);
    else w->durable = m;
    return rc;
}

int lsi_writer_make_durable(ls_writer *w, ls_error *err)
{
    bool renamed;
    lsi_manifest *was = w->durable, *m = w->manifest;
    int rc = lsi_lock_check(w->lock, w->dir, err);
    if (!rc) rc = lsi_recover_sync_files(w->dir, m, err);
    if (!rc) rc = lsi_dir_sync(w->dir, err);
    if (rc) return rc;
    m->generation = lsi_writer_number(w);
    m->flags = m->boot = 0;
    rc = lsi_manifest_write(m, w->dir, true, &renamed, err);
    if (rc) return rc;
    lsi_dir_unlink(w->dir, LSI_NAME_DURABLE, NULL);
    w->durable = NULL;
    unlink_obsolete(w, was, m);
    lsi_manifest_free(was);
    return LS_OK;
}

/* The last one's facts, with other segments. */
static int next_manifest(lsi_manifest **out, ls_writer *w, const lsi_next *next, ls_error *err)
{
    lsi_manifest like = *w->manifest, *m;
    const lsi_segment_info *list = next->segments;
    size_t count = next->count;
    like.schema = (ls_schema *)(uintptr_t)next->schema; /* copied, not changed */
    if (next->tombs) {
        like.tombs_generation = next->tombs->generation;
        like.tombs_bytes = next->tombs->bytes;
        like.tombs_sum = next->tombs->sum;
    }
    int rc = lsi_manifest_copy(&m, &like, err);
    if (rc) return rc;
    m->segments = lsi_calloc(count, sizeof *list);
    if (!m->segments) {
        lsi_manifest_free(m);
        return lsi_fail_nomem(err);
    }
    for (uint32_t hidden = 0; hidden < 2; hidden++) /* hidden ones behind the others: they move no public number */
        for (size_t i = 0; i < count; i++)
            if (list[i].visibility == hidden) m->segments[m->count++] = list[i];
    m->flags = lsi_writer_syncs(w) ? 0 : LSI_MAN_UNSYNCED;
    m->boot = m->flags ? lsi_io_boot() : 0;
    m->generation = lsi_writer_number(w);
    if (next->is_public) m->public_generation = m->generation;
    *out = m;
    return LS_OK;
}

int lsi_writer_publish(ls_writer *w, const lsi_next *next, ls_error *err)
{
    lsi_manifest *m = NULL, *was = w->manifest;
    ls_error why;
    bool renamed = false, unsure = false;
    lsi_error_clear(&why);
    int rc = next_manifest(&m, w, next, &why);
    if (!rc) {
        pthread_mutex_unlock(&w->mutex);
        if (lsi_writer_syncs(w) && (rc = lsi_dir_sync(w->dir, &why))) unsure = true;
        if (!rc && (rc = lsi_lock_check(w->lock, w->dir, &why)) == LS_LOCKED) unsure = true;
        if (!rc && !lsi_writer_syncs(w) && !w->durable) rc = keep_durable(w, &why);
        if (!rc) rc = lsi_manifest_write(m, w->dir, lsi_writer_syncs(w), &renamed, &why);
        if (!rc) unlink_obsolete(w, was, m);
        pthread_mutex_lock(&w->mutex);
    }
    if (!rc) {
        w->manifest = m;
        lsi_manifest_free(was);
        return LS_OK;
    }
    lsi_manifest_free(m);
    /* A rename that failed may have been made all the same; an fsync of the directory that failed must not be tried
     * again, for the second may succeed without having written what the first lost; where the lock is another's, the
     * index is as well. None of them is a matter of the code. */
    if (renamed || unsure) {
        w->health = LSI_WRITER_POISONED;
        w->why = why;
    }
    return lsi_writer_failed(w, rc, &why, err);
}

/* ---- commit ---- */

static bool has_changes(const ls_writer *w)
{
    if (w->schema != w->committed_schema || w->tombs.changed) return true;
    for (size_t i = 0; i < w->count; i++) {
        const lsi_wseg *s = &w->segs[i];
        if (!s->committed.generation || s->dirty || s->info.live_generation != s->committed.live_generation)
            return true;
    }
    return false;
}

/* What was written is now what is committed; segments without a live document leave the list. */
static void settle(ls_writer *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++) {
        lsi_wseg *s = &w->segs[i];
        if (is_gone(s)) {
            if (!s->committed.generation) lsi_writer_unlink(w, LSI_NAME_SEGMENT, s->info.generation);
            if (s->info.live_generation != s->committed.live_generation)
                lsi_writer_unlink(w, LSI_NAME_LIVE, s->info.live_generation);
            lsi_wseg_clear(s);
            continue;
        }
        s->committed = s->info;
        lsi_live_release(s->committed_live);
        if ((s->committed_live = s->live)) lsi_live_retain(s->live);
        w->segs[kept++] = *s;
    }
    w->count = kept;
    w->committed_schema = w->schema;
    lsi_tomb_set_commit(&w->tombs);
}

/* All tombstones into a file, where any changed. */
static int write_tombs(ls_writer *w, lsi_next_tombs *out, ls_error *err)
{
    uint64_t generation = lsi_writer_number(w);
    pthread_mutex_unlock(&w->mutex);
    int rc = lsi_tomb_set_write(&w->tombs, w->dir, generation, lsi_writer_syncs(w), &out->bytes, &out->sum, err);
    pthread_mutex_lock(&w->mutex);
    out->generation = !rc && out->bytes ? generation : 0;
    return rc;
}

/* Does the commit change anything for those who may not see hidden documents? */
static bool is_public(const ls_writer *w)
{
    if (w->schema != w->committed_schema || w->tombs.changed) return true;
    for (size_t i = 0; i < w->count; i++) {
        const lsi_wseg *s = &w->segs[i];
        bool changed = !s->committed.generation || s->info.live_generation != s->committed.live_generation;
        if ((changed || is_gone(s)) && lsi_wseg_shows(w, s)) return true;
    }
    return false;
}

static int publish_all(ls_writer *w, ls_error *err)
{
    size_t n = 0;
    lsi_segment_info *list = lsi_calloc(w->count, sizeof *list);
    if (!list) return lsi_fail_nomem(err);
    for (size_t i = 0; i < w->count; i++)
        if (!is_gone(&w->segs[i])) list[n++] = w->segs[i].info;
    lsi_next_tombs tombs = {0};
    lsi_next next = {list, n, w->schema, w->tombs.changed ? &tombs : NULL, is_public(w)};
    int rc = LS_OK;
    ls_error why;
    if (next.tombs && (rc = write_tombs(w, &tombs, &why))) rc = lsi_writer_failed(w, rc, &why, err);
    if (!rc) {
        rc = lsi_writer_publish(w, &next, err);
        if (rc && w->health == LSI_WRITER_WELL) lsi_writer_unlink(w, LSI_NAME_TOMBS, tombs.generation);
    }
    lsi_free(list);
    if (!rc) settle(w);
    return rc;
}

int lsi_writer_commit(ls_writer *w, uint64_t *generation, ls_error *err)
{
    if (generation) *generation = 0;
    int rc = lsi_writer_check(w, err);
    bool more = false;
    if (!rc) rc = lsi_writer_release(w, err);
    if (!rc) rc = lsi_crew_finish(w, err);
    if (!rc) rc = lsi_writer_compare_anew(w, &more, err);
    if (!rc && more) rc = lsi_crew_finish(w, err);
    if (rc) return rc;
    ls_error why;
    lsi_error_clear(&why);
    pthread_mutex_lock(&w->mutex);
    lsi_writer_begin(w);
    if (has_changes(w)) {
        if ((rc = lsi_writer_write_lives(w, &why))) rc = lsi_writer_failed(w, rc, &why, err);
        if (!rc) rc = publish_all(w, err);
        if (!rc) lsi_merger_wake(w);
    }
    if (!rc && generation) *generation = w->manifest->generation;
    lsi_writer_end(w);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

/* ---- rollback ---- */

static void undo(ls_writer *w, lsi_wseg *s)
{
    if (s->info.live_generation != s->committed.live_generation)
        lsi_writer_unlink(w, LSI_NAME_LIVE, s->info.live_generation);
    lsi_live_release(s->live);
    if ((s->live = s->committed_live)) lsi_live_retain(s->live);
    s->info = s->committed;
    lsi_free(s->bits);
    s->bits = NULL;
    s->deleted = s->live ? s->live->deleted_count : 0;
    s->dirty = false;
}

int lsi_writer_rollback(ls_writer *w, ls_error *err)
{
    int rc = lsi_writer_check(w, err);
    if (rc) return rc;
    pthread_mutex_lock(&w->mutex);
    lsi_writer_begin(w);
    size_t kept = 0;
    lsi_crew_drop(w);
    w->schema = w->committed_schema;
    lsi_tomb_set_rollback(&w->tombs);
    w->compared_until = INT64_MIN;
    for (size_t i = 0; i < w->count; i++) {
        lsi_wseg *s = &w->segs[i];
        if (s->committed.generation) {
            undo(w, s);
            w->segs[kept++] = *s;
            continue;
        }
        lsi_writer_unlink(w, LSI_NAME_LIVE, s->info.live_generation);
        lsi_writer_unlink(w, LSI_NAME_SEGMENT, s->info.generation);
        lsi_wseg_clear(s);
    }
    w->count = kept;
    lsi_writer_end(w);
    pthread_mutex_unlock(&w->mutex);
    return LS_OK;
}

/* ---- schema ---- */

/* The schema of what is added from now on, and of the next commit; s is freed on failure. */
static int change_schema(ls_writer *w, ls_schema *s, ls_error *err)
{
    int rc = lsi_crew_finish(w, err); /* documents in memory were analysed by the old one */
    if (rc) {
        lsi_schema_free(s);
        return rc;
    }
    pthread_mutex_lock(&w->mutex);
    rc = lsi_writer_own_schema(w, s, err);
    if (!rc) w->schema = s;
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

int lsi_writer_add_field(ls_writer *w, const ls_field *f, ls_error *err)
{
    ls_schema *s = NULL;
    int rc = lsi_writer_check(w, err);
    if (!rc) rc = lsi_schema_copy(&s, w->schema, err);
    if (!rc && (rc = lsi_schema_add(s, f, err))) lsi_schema_free(s);
    return rc ? rc : change_schema(w, s, err);
}

int lsi_writer_take_lines(ls_writer *w, const ls_schema *from, ls_error *err)
{
    ls_schema *s = NULL;
    int rc = lsi_writer_check(w, err);
    if (!rc) rc = lsi_schema_copy(&s, w->schema, err);
    if (rc) return rc;
    lsi_schema_take_lines(s, from);
    return change_schema(w, s, err);
}

/* ---- a look at what a commit would make ---- */

int lsi_writer_snapshot(ls_writer *w, lsi_snapshot **out, ls_error *err)
{
    *out = NULL;
    int rc = lsi_writer_check(w, err);
    if (!rc) rc = lsi_crew_finish(w, err);
    if (rc) return rc;
    ls_error why;
    lsi_error_clear(&why);
    pthread_mutex_lock(&w->mutex);
    lsi_writer_begin(w);
    if ((rc = lsi_writer_write_lives(w, &why))) rc = lsi_writer_failed(w, rc, &why, err);
    lsi_snapshot_segment *list = lsi_calloc(w->count, sizeof *list);
    if (!rc && !list) rc = lsi_fail_nomem(err);
    if (!rc) {
        size_t n = 0;
        lsi_manifest now = *w->manifest;
        now.schema = w->schema;
        for (size_t i = 0; i < w->count; i++)
            if (!is_gone(&w->segs[i]))
                list[n++] = (lsi_snapshot_segment){w->segs[i].seg, w->segs[i].live, 0, w->segs[i].info.visibility};
        rc = lsi_snapshot_of(out, &now, list, n, err);
    }
    lsi_free(list);
    lsi_writer_end(w);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}
