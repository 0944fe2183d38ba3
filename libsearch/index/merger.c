/* merger.c — owns merging: the thread that merges in the background what the policy picks, the merge that a caller asks
 * for, and the exchange of the merged segments for their result. Ignorant of what segments hold.
 *
 * A merge reads segments that never change, as they were committed when it began, and writes a new one; neither the
 * mutex nor busy is held meanwhile, so that adding, committing and reading go on. Then comes the exchange, a commit of
 * its own (commit.c: busy). In between, documents of the merged segments may have been deleted:
 *   1. The merge of segments 3 and 4 begins; document 7 of segment 3 is live and is copied: it becomes 5 of segment 9.
 *   2. ls_delete and ls_commit delete document 7: the new live file of segment 3 says so.
 *   3. The exchange must not bring it back: for each input the map tells what became of each document, and every
 *      deletion committed since 1 is set in a live file of segment 9, written before the manifest that names them both.
 *   4. A deletion that is not committed yet when the exchange is made stays pending: in segment 9, by the map.
 *   5. Where 2 deleted all of segment 3, the commit dropped the segment: then all that it gave to 9 is deleted in 9.
 * Inputs stay neighbours among the segments of their visibility whatever happens: commits append at the end, and only
 * merges, one at a time, replace. Hidden segments merge with hidden ones alone. */
#include "libsearch/index/policy.h"
#include "libsearch/index/writer_state.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/thread.h"

typedef struct job {
    size_t count;
    lsi_segment **segs; /* retained, as are lives */
    lsi_live **lives;   /* committed deletions when it began; NULL entries: none */
    uint32_t **map;     /* each input's documents -> the result's, LSI_DOC_END: left out */
    uint64_t generation;
    uint32_t visibility;     /* of the inputs, all the same, and of the result */
    const ls_schema *schema; /* committed when it began */
    bool empty;              /* nothing was live: no result */
    lsi_segment_info info;
    lsi_segment *result;
    lsi_live *live; /* deletions since it began */
    uint64_t *bits; /* scratch: of the result */
} job;

static void clear_job(job *j)
{
    for (size_t i = 0; i < j->count; i++) {
        lsi_segment_release(j->segs[i]);
        lsi_live_release(j->lives[i]);
        if (j->map) lsi_free(j->map[i]);
    }
    lsi_free(j->segs);
    lsi_free(j->lives);
    lsi_free(j->map);
    lsi_segment_release(j->result);
    lsi_live_release(j->live);
    lsi_free(j->bits);
    memset(j, 0, sizeof *j);
}

typedef bool picker(const lsi_policy_segment *s, size_t n, size_t target, lsi_policy_pick *out);

static bool pick_next(const lsi_policy_segment *s, size_t n, size_t target, lsi_policy_pick *out)
{
    (void)target;
    return lsi_policy_next(s, n, out);
}

static int take_inputs(ls_writer *w, job *j, const size_t *at, size_t count, ls_error *err)
{
    j->segs = lsi_calloc(count, sizeof(lsi_segment *));
    j->lives = lsi_calloc(count, sizeof(lsi_live *));
    j->map = lsi_calloc(count, sizeof(uint32_t *));
    if (!j->segs || !j->lives || !j->map) {
        clear_job(j);
        return lsi_fail_nomem(err);
    }
    j->count = count;
    j->generation = lsi_writer_number(w);
    j->schema = w->committed_schema;
    for (size_t i = 0; i < count; i++) {
        const lsi_wseg *from = &w->segs[at[i]];
        lsi_segment_retain(j->segs[i] = from->seg);
        if ((j->lives[i] = from->committed_live)) lsi_live_retain(from->committed_live);
    }
    return 1;
}

/* Picks among the committed segments of one visibility: *at of them are at p->first … in the writer's list. */
static int pick_among(const ls_writer *w, uint32_t visibility, picker *pick, size_t target, size_t *at,
                      lsi_policy_pick *p, ls_error *err)
{
    size_t n = 0;
    lsi_policy_segment *s = lsi_calloc(w->count, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    for (size_t i = 0; i < w->count; i++) {
        const lsi_segment_info *x = &w->segs[i].committed;
        if (!x->generation || x->visibility != visibility) continue;
        s[n] = (lsi_policy_segment){x->bytes, x->doc_count, x->deleted_count};
        at[n++] = i;
    }
    bool some = pick(s, n, target, p);
    lsi_free(s);
    return some;
}

/* What to merge, as inputs of a job: 1, 0 where nothing is worth it, or an error. The mutex is held. */
static int plan(ls_writer *w, job *j, picker *pick, size_t target, ls_error *err)
{
    lsi_policy_pick p = {0, 0};
    size_t *at = lsi_calloc(w->count, sizeof *at);
    memset(j, 0, sizeof *j);
    if (!at) return lsi_fail_nomem(err);
    int some = pick_among(w, 0, pick, target, at, &p, err);
    if (!some) {
        some = pick_among(w, 1, pick, target, at, &p, err);
        j->visibility = 1;
    }
    if (some == 1) some = take_inputs(w, j, at + p.first, p.count, err);
    lsi_free(at);
    return some;
}
static int is_canceled(void *ctx)
{
    ls_writer *w = ctx;
    return __atomic_load_n(&w->cancel_merge, __ATOMIC_ACQUIRE);
}

/* The long part. The mutex is not held. */
static int run(ls_writer *w, job *j, ls_error *err)
{
    for (size_t i = 0; i < j->count; i++) {
        j->map[i] = lsi_calloc(j->segs[i]->doc_count, sizeof **j->map);
        if (!j->map[i]) return lsi_fail_nomem(err);
    }
    int rc = lsi_segment_merge(j->segs, j->lives, j->count, j->schema, w->dir, j->generation, lsi_writer_syncs(w),
                               is_canceled, w, j->map, &j->info, err);
    if (rc == LS_NOTFOUND) {
        j->empty = true;
        return LS_OK;
    }
    if (rc) return rc;
    j->info.visibility = j->visibility;
    rc = lsi_segment_open(&j->result, w->dir, &j->info, j->schema, false, err);
    if (rc) lsi_writer_unlink(w, LSI_NAME_SEGMENT, j->generation);
    return rc;
}

/* ---- the exchange; mutex and busy are held ---- */

static lsi_wseg *find_input(ls_writer *w, const job *j, size_t i)
{
    for (size_t k = 0; k < w->count; k++)
        if (w->segs[k].seg == j->segs[i]) return &w->segs[k];
    return NULL; /* dropped: all its documents were deleted */
}

/* Sets in j->bits what is deleted of the inputs: by commits, or pending too. Gives their number in the result. */
static uint32_t carry_over(ls_writer *w, job *j, bool pending)
{
    uint32_t n = 0;
    for (size_t i = 0; i < j->count; i++) {
        const lsi_wseg *in = find_input(w, j, i);
        for (lsi_doc d = 0; d < j->segs[i]->doc_count; d++) {
            lsi_doc to = j->map[i][d];
            bool gone = !in || (pending ? lsi_wseg_is_deleted(in, d) : lsi_live_is_deleted(in->committed_live, d));
            if (to == LSI_DOC_END || !gone || j->bits[to >> 6] >> (to & 63) & 1) continue;
            j->bits[to >> 6] |= (uint64_t)1 << (to & 63);
            n++;
        }
    }
    return n;
}

/* The live file of the result, where something was deleted since the merge began. */
static int write_result_live(ls_writer *w, job *j, ls_error *err)
{
    uint32_t n = carry_over(w, j, false);
    if (n == j->result->doc_count) j->empty = true;
    if (!n || j->empty) return LS_OK;
    uint64_t generation = lsi_writer_number(w);
    pthread_mutex_unlock(&w->mutex);
    int rc = lsi_live_write(w->dir, generation, j->result, NULL, j->bits, lsi_writer_syncs(w), &j->info, err);
    if (!rc) rc = lsi_live_open(&j->live, w->dir, j->result, &j->info, false, err);
    pthread_mutex_lock(&w->mutex);
    return rc;
}

static bool is_input(const job *j, const lsi_segment *s)
{
    for (size_t i = 0; i < j->count; i++)
        if (j->segs[i] == s) return true;
    return false;
}

/* The committed segments with the inputs replaced. */
static int publish_exchange(ls_writer *w, const job *j, ls_error *err)
{
    size_t n = 0;
    bool placed = j->empty, shows = false;
    lsi_segment_info *list = lsi_calloc(w->count + 1, sizeof *list);
    if (!list) return lsi_fail_nomem(err);
    for (size_t i = 0; i < w->count; i++) {
        if (!w->segs[i].committed.generation) continue;
        if (is_input(j, w->segs[i].seg)) shows |= lsi_wseg_shows(w, &w->segs[i]);
        if (!is_input(j, w->segs[i].seg)) list[n++] = w->segs[i].committed;
        else if (!placed) {
            list[n++] = j->info;
            placed = true;
        }
    }
    lsi_next next = {list, n, w->committed_schema, NULL, shows};
    int rc = lsi_writer_publish(w, &next, err);
    lsi_free(list);
    return rc;
}

/* The same in the writer's list; cannot fail. */
static void replace_inputs(ls_writer *w, job *j)
{
    lsi_wseg merged = {.seg = j->result, .info = j->info, .live = j->live, .committed = j->info};
    size_t kept = 0;
    bool placed = j->empty;
    if (!j->empty) {
        uint32_t before = j->live ? j->live->deleted_count : 0;
        merged.deleted = before + carry_over(w, j, true); /* bits of the commits are set already */
        merged.dirty = merged.deleted > before;
        merged.bits = j->bits;
        if ((merged.committed_live = j->live)) lsi_live_retain(j->live);
        j->result = NULL; /* the list's from here on */
        j->live = NULL;
        j->bits = NULL;
    }
    for (size_t i = 0; i < w->count; i++) {
        lsi_wseg *s = &w->segs[i];
        if (!is_input(j, s->seg)) {
            w->segs[kept++] = *s;
            continue;
        }
        if (s->info.live_generation != s->committed.live_generation) /* written for a commit that did not come */
            lsi_writer_unlink(w, LSI_NAME_LIVE, s->info.live_generation);
        lsi_wseg_clear(s);
        if (!placed) w->segs[kept++] = merged;
        placed = true;
    }
    w->count = kept;
}

static int exchange(ls_writer *w, job *j, ls_error *err)
{
    int rc = LS_OK;
    size_t left = 0;
    for (size_t i = 0; i < j->count; i++) left += find_input(w, j, i) != NULL;
    if (!left) j->empty = true; /* commits have dropped all of it meanwhile */
    uint32_t docs = j->result ? j->result->doc_count : 0;
    j->bits = lsi_calloc(((size_t)docs + 63) / 64, sizeof *j->bits);
    if (!j->bits) rc = lsi_fail_nomem(err);
    if (!rc && w->health != LSI_WRITER_WELL) rc = lsi_fail(err, LS_POISONED, "an earlier write failed");
    if (!rc && !j->empty) rc = write_result_live(w, j, err);
    if (!rc && left) rc = publish_exchange(w, j, err);
    if (!rc) replace_inputs(w, j);
    if (w->health == LSI_WRITER_WELL && (rc || j->empty)) { /* no manifest names them */
        if (j->result) lsi_writer_unlink(w, LSI_NAME_SEGMENT, j->generation);
        lsi_writer_unlink(w, LSI_NAME_LIVE, j->info.live_generation);
    }
    return rc;
}

/* One merge from plan to exchange: 1 made, 0 nothing to do, or an error. The mutex is held on entry and return. */
static int merge_one(ls_writer *w, picker *pick, size_t target, ls_error *err)
{
    job j;
    ls_error why;
    lsi_error_clear(&why);
    int rc = plan(w, &j, pick, target, err);
    if (rc <= 0) return rc;
    pthread_mutex_unlock(&w->mutex);
    rc = run(w, &j, &why);
    pthread_mutex_lock(&w->mutex);
    if (!rc) {
        lsi_writer_begin(w);
        rc = exchange(w, &j, &why);
        lsi_writer_end(w);
    }
    if (rc) lsi_writer_failed(w, rc, &why, err);
    clear_job(&j);
    return rc ? rc : 1;
}

/* ---- in the background ---- */

static void *merge_thread(void *arg)
{
    ls_writer *w = arg;
    ls_error why;
    pthread_mutex_lock(&w->mutex);
    while (!w->stop) {
        if (!w->want_merge || w->merging || w->health != LSI_WRITER_WELL) {
            pthread_cond_wait(&w->changed, &w->mutex);
            continue;
        }
        w->merging = true;
        int rc = merge_one(w, pick_next, 0, &why);
        w->merging = false;
        if (rc != 1) w->want_merge = false; /* after a failure not before the next commit */
        if (rc < 0 && rc != LS_CANCELED) lsi_log(LS_LOG_WARNING, "a merge was given up: %s", why.message);
        pthread_cond_broadcast(&w->changed);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

int lsi_merger_start(ls_writer *w, ls_error *err)
{
    int e = lsi_thread_start(&w->thread, merge_thread, w);
    if (e) return lsi_fail_errno(err, e, lsi_dir_path(w->dir), "start the merge thread");
    w->has_thread = true;
    return LS_OK;
}

void lsi_merger_stop(ls_writer *w)
{
    if (!w->has_thread) return;
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    __atomic_store_n(&w->cancel_merge, 1, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    w->has_thread = false;
}

void lsi_merger_wake(ls_writer *w)
{
    w->want_merge = true;
    pthread_cond_broadcast(&w->changed);
}

/* ---- on demand ---- */

static bool pick_deleted(const lsi_policy_segment *s, size_t n, size_t target, lsi_policy_pick *out)
{
    (void)target;
    for (size_t i = 0; i < n; i++) {
        if (!s[i].deleted) continue;
        *out = (lsi_policy_pick){i, 1};
        return true;
    }
    return false;
}

/* Merges what `pick` says until it says no more; the background merge gives up first. */
static int merge_all(ls_writer *w, picker *pick, size_t target, uint64_t *merges, ls_error *err)
{
    int rc;
    pthread_mutex_lock(&w->mutex);
    w->want_merge = false;
    __atomic_store_n(&w->cancel_merge, 1, __ATOMIC_RELEASE); /* the thread's merge may be of other segments */
    while (w->merging) pthread_cond_wait(&w->changed, &w->mutex);
    __atomic_store_n(&w->cancel_merge, 0, __ATOMIC_RELEASE);
    w->merging = true;
    while ((rc = merge_one(w, pick, target, err)) == 1) ++*merges;
    w->merging = false;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

/* Without waiting for the disk, the last durable commit still names what was to go: it is left behind first. */
static int leave_durable(ls_writer *w, ls_error *err)
{
    ls_error why;
    pthread_mutex_lock(&w->mutex);
    lsi_writer_begin(w);
    int rc = w->durable ? lsi_writer_make_durable(w, &why) : LS_OK;
    if (rc) rc = lsi_writer_failed(w, rc, &why, err);
    lsi_writer_end(w);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

int lsi_writer_purge(ls_writer *w, uint64_t *rewritten, ls_error *err)
{
    int rc = lsi_writer_commit(w, NULL, err);
    if (!rc) rc = merge_all(w, pick_deleted, 0, rewritten, err);
    return rc ? rc : leave_durable(w, err);
}

int lsi_writer_merge(ls_writer *w, size_t segments, ls_error *err)
{
    if (!segments) return lsi_fail(err, LS_INVALID, "0 segments: at least 1 expected");
    uint64_t merges = 0;
    int rc = lsi_writer_commit(w, NULL, err);
    return rc ? rc : merge_all(w, lsi_policy_reduce, segments, &merges, err);
}
