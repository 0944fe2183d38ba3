/* reader.c — owns the reader's handle, and what of its commit may be seen at a moment. Ignorant of queries.
 *
 * Without the scope a reader shows a view of its commit (snapshot.c). Where the commit holds embargoed documents the
 * view changes with the clock: then the handle itself shows the commit as at the beginning of time, so that whoever
 * forgets to enter sees too little, and entering gives a reader of the present view, made by the first that comes after
 * an embargo has ended and kept until the next does. It is counted: who works with it keeps it.
 *   1. Thread A enters at 8:59:59 and searches the view of that time.
 *   2. Thread B enters at 9:00:00: the view is over, B makes a new one under the lock, and drops the old one's count.
 *   3. A goes on, and frees the old view when it leaves.
 * A clock that goes backwards leaves the view's time by the other end: what was shown is hidden again. */
#include "libsearch/index/snapshot.h"
#include "libsearch/index/watch.h"
#include "libsearch/util/alloc.h"
#include <pthread.h>

struct lsi_reader_now {
    pthread_mutex_t mutex;
    ls_reader *view; /* NULL: none yet */
    int64_t from, until;
};

static void release_view(ls_reader *v)
{
    if (v && !__atomic_sub_fetch(&v->refs, 1, __ATOMIC_ACQ_REL)) lsi_reader_close(v);
}

/* Takes over the references to dir and watch, and all, of whose parts r shows what it may. */
static int new_reader(ls_reader **out, lsi_dir *dir, lsi_snapshot *all, lsi_manifest_watch *watch,
                      const lsi_reader_how *how, ls_error *err)
{
    int64_t from, until;
    ls_reader *r = lsi_calloc(1, sizeof *r);
    *out = NULL;
    if (!r) {
        lsi_snapshot_release(all);
        lsi_watch_free(watch);
        lsi_dir_close(dir);
        return lsi_fail_nomem(err);
    }
    *r = (ls_reader){.dir = dir,
                     .all = all,
                     .use_mmap = how->use_mmap,
                     .sees_hidden = how->sees_hidden,
                     .clock = how->clock,
                     .clock_ctx = how->clock_ctx,
                     .watch = watch};
    int rc = LS_OK;
    if (how->sees_hidden) lsi_snapshot_retain(r->snap = all);
    else rc = lsi_snapshot_view(&r->snap, all, INT64_MIN, &from, &until, err);
    if (!rc && !how->sees_hidden && until != INT64_MAX) {
        r->moves = true;
        r->now = lsi_calloc(1, sizeof *r->now);
        if (r->now) pthread_mutex_init(&r->now->mutex, NULL);
        else rc = lsi_fail_nomem(err);
    }
    if (rc) lsi_reader_close(r);
    else *out = r;
    return rc;
}

/* Takes over dir. */
static int open_in(ls_reader **out, lsi_dir *dir, lsi_snapshot *old, const lsi_reader_how *how, ls_error *err)
{
    lsi_snapshot *all;
    lsi_manifest_watch *watch;
    int rc = lsi_snapshot_open(&all, &watch, dir, old, how->use_mmap, err);
    if (!rc) return new_reader(out, dir, all, watch, how, err);
    *out = NULL;
    lsi_dir_close(dir);
    return rc;
}

int lsi_reader_open(ls_reader **out, const char *path, const lsi_reader_how *how, ls_error *err)
{
    lsi_dir *dir;
    *out = NULL;
    int rc = lsi_dir_open(&dir, path, err);
    return rc ? rc : open_in(out, dir, NULL, how, err);
}

static lsi_reader_how how_of(const ls_reader *r)
{
    return (lsi_reader_how){r->use_mmap, r->sees_hidden, r->clock, r->clock_ctx};
}

int lsi_reader_refresh(ls_reader **newer, const ls_reader *r, ls_error *err)
{
    bool changed;
    const lsi_reader_how how = how_of(r);
    *newer = NULL;
    int rc = lsi_watch_changed(r->watch, r->dir, &changed, err);
    if (rc || !changed) return rc;
    lsi_dir_retain(r->dir);
    return open_in(newer, r->dir, r->all, &how, err);
}

int lsi_reader_view(ls_reader **out, const ls_reader *r, bool sees_hidden, ls_error *err)
{
    lsi_reader_how how = how_of(r);
    how.sees_hidden = sees_hidden;
    lsi_dir_retain(r->dir);
    lsi_snapshot_retain(r->all);
    lsi_watch_retain(r->watch);
    return new_reader(out, r->dir, r->all, r->watch, &how, err);
}

void lsi_reader_close(ls_reader *r)
{
    if (!r) return;
    if (r->scratch && r->scratch_free) r->scratch_free(r->scratch);
    if (r->now) {
        release_view(r->now->view);
        pthread_mutex_destroy(&r->now->mutex);
        lsi_free(r->now);
    }
    lsi_snapshot_release(r->snap);
    lsi_snapshot_release(r->all);
    lsi_watch_free(r->watch);
    lsi_dir_close(r->dir);
    lsi_free(r);
}

/* ---- the present ---- */

/* The view of a time, as a reader that only works: it is never refreshed. */
static int new_view(ls_reader **out, const ls_reader *r, int64_t now, int64_t *from, int64_t *until, ls_error *err)
{
    ls_reader *v = lsi_calloc(1, sizeof *v);
    *out = NULL;
    if (!v) return lsi_fail_nomem(err);
    v->use_mmap = r->use_mmap;
    v->refs = 1;
    int rc = lsi_snapshot_view(&v->snap, r->all, now, from, until, err);
    if (rc) lsi_free(v);
    else *out = v;
    return rc;
}

static int64_t time_of(const ls_reader *r)
{
    return r->clock ? r->clock(r->clock_ctx) : lsi_io_now_ms();
}

int lsi_reader_enter(const ls_reader **in, const ls_reader *r, ls_error *err)
{
    struct lsi_reader_now *n = r->now;
    ls_reader *fresh, *old = NULL;
    int rc = LS_OK;
    *in = r;
    if (!r->moves) return LS_OK;
    int64_t now = time_of(r);
    pthread_mutex_lock(&n->mutex);
    if (!n->view || now < n->from || now >= n->until) {
        int64_t from, until;
        rc = new_view(&fresh, r, now, &from, &until, err);
        if (!rc) {
            old = n->view;
            n->view = fresh;
            n->from = from;
            n->until = until;
        }
    }
    if (!rc) {
        __atomic_add_fetch(&n->view->refs, 1, __ATOMIC_RELAXED);
        *in = n->view;
    }
    pthread_mutex_unlock(&n->mutex);
    release_view(old);
    return rc;
}

void lsi_reader_leave(const ls_reader *in, const ls_reader *r)
{
    ls_reader *v;
    if (in == r) return;
    memcpy(&v, &in, sizeof v); /* counted, so ours to drop */
    release_view(v);
}

void lsi_reader_epoch(const ls_reader *r, int64_t *last, int64_t *next)
{
    const ls_reader *in;
    *last = INT64_MIN;
    *next = INT64_MAX;
    if (!r->moves) return;
    if (lsi_reader_enter(&in, r, NULL)) { /* nobody knows: nothing may be kept for any time */
        *last = *next = time_of(r);
        return;
    }
    pthread_mutex_lock(&r->now->mutex);
    *last = r->now->from;
    *next = r->now->until;
    pthread_mutex_unlock(&r->now->mutex);
    lsi_reader_leave(in, r);
}
