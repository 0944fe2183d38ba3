/* kill.c — owns what leaves the index on request: deletions, by id or in numbers, and kills, which keep a tombstone.
 * Ignorant of what is added (edits.c) and of how tombstones are kept (tombs.c).
 *
 * A KILL names a story by id, by guid or by both. What has either name is deleted, and the tombstone gets all the names
 * that the call and the deleted documents tell, but for those that a tombstone has already. So the second kill of a
 * story adds nothing, and a kill of something unknown still refuses it when it comes. */
#include "libsearch/index/writer_state.h"
#include "libsearch/model/news.h"
#include "libsearch/util/alloc.h"

static int no_such_id(const uint8_t *id, size_t len, ls_error *err)
{
    return lsi_fail(err, LS_NOTFOUND, "no document has the id \"%.*s\"", (int)LSI_MIN(len, (size_t)LSI_ID_MAX),
                    (const char *)id);
}

int lsi_writer_delete(ls_writer *w, const uint8_t *id, size_t len, ls_error *err)
{
    lsi_existing x;
    int rc = lsi_writer_check(w, err);
    if (rc) return rc;
    pthread_mutex_lock(&w->mutex);
    rc = lsi_existing_by_id(w, id, len, &x, err);
    if (!rc && !x.found) rc = no_such_id(id, len, err);
    if (!rc) rc = lsi_existing_prepare(&x, err);
    if (!rc) lsi_existing_delete(&x);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

/* ---- many ---- */

typedef struct doomed {
    lsi_existing *list;
    size_t count, cap;
} doomed;

/* Of one segment of the snapshot: where it was merged away meanwhile, its documents by their names. */
static int doom(ls_writer *w, doomed *d, const lsi_segment *seg, const uint64_t *bits, ls_error *err)
{
    lsi_wseg *at = NULL;
    int rc = LS_OK;
    for (size_t i = 0; i < w->count; i++)
        if (w->segs[i].seg == seg) at = &w->segs[i];
    for (lsi_doc doc = 0; !rc && doc < seg->doc_count; doc++) {
        lsi_existing x = {.found = true, .seg = at, .doc = doc};
        const uint8_t *id;
        size_t len;
        if (!(bits[doc >> 6] >> (doc & 63) & 1)) continue;
        if (!at) {
            rc = lsi_ids_get(&seg->ids, doc, &id, &len, err);
            if (!rc) rc = lsi_existing_by_id(w, id, len, &x, err);
        }
        if (rc || !x.found || (!x.in_memory && lsi_wseg_is_deleted(x.seg, x.doc))) continue;
        if (!LSI_ROOM(d->list, d->count + 1, d->cap)) return lsi_fail_nomem(err);
        d->list[d->count++] = x;
        rc = lsi_existing_prepare(&x, err);
    }
    return rc;
}

int lsi_writer_delete_many(ls_writer *w, const lsi_snapshot *snap, uint64_t *const *bits, uint64_t *deleted,
                           ls_error *err)
{
    doomed d = {NULL, 0, 0};
    int rc = lsi_writer_check(w, err);
    *deleted = 0;
    if (rc) return rc;
    pthread_mutex_lock(&w->mutex);
    for (size_t i = 0; !rc && i < snap->count; i++) rc = doom(w, &d, snap->segments[i].seg, bits[i], err);
    for (size_t i = 0; !rc && i < d.count; i++) lsi_existing_delete(&d.list[i]);
    pthread_mutex_unlock(&w->mutex);
    if (!rc) *deleted = d.count;
    lsi_free(d.list);
    return rc;
}

/* ---- kills ---- */

/* The names that the deleted documents have and the call did not tell. */
static int complete_names(ls_writer *w, lsi_tomb *t, const lsi_existing *by_id, const lsi_existing *by_guid,
                          ls_error *err)
{
    size_t len;
    if (by_guid->found && !t->id_len) {
        int rc = lsi_existing_read(by_guid, &w->old, err);
        if (rc) return rc;
        t->id = w->old->id;
        t->id_len = (uint32_t)w->old->id_len;
    }
    if (by_id->found && !t->guid_len) {
        int rc = lsi_existing_read(by_id, &w->other, err);
        if (rc) return rc;
        t->guid = lsi_news_guid(w->other, &len);
        if (len > LSI_GUID_MAX) len = 0;
        t->guid_len = (uint32_t)len;
    }
    return LS_OK;
}

static void tell(ls_killed *out, const lsi_tomb *t, const lsi_existing *x)
{
    if (!out) return;
    out->known = x->found;
    out->id_len = LSI_MIN((size_t)t->id_len, (size_t)LSI_ID_MAX);
    if (out->id_len) memcpy(out->id, t->id, out->id_len);
    out->id[out->id_len] = 0;
    out->version = x->found ? x->version : t->version;
}

int lsi_writer_bury(ls_writer *w, const lsi_tomb *given, ls_killed *out, ls_error *err)
{
    lsi_tomb t = *given;
    lsi_existing a, b;
    int rc = lsi_existing_by_id(w, (const uint8_t *)t.id, t.id_len, &a, err);
    if (!rc) rc = lsi_existing_by_guid(w, t.guid, t.guid_len, &b, err);
    if (!rc) rc = complete_names(w, &t, &a, &b, err);
    if (!rc) rc = lsi_existing_prepare(&a, err);
    if (!rc) rc = lsi_existing_prepare(&b, err);
    if (rc) return rc;
    const lsi_existing *x = b.found ? &b : &a;
    lsi_tomb fresh = t;
    if (!fresh.version && x->found) fresh.version = x->version;
    if (!fresh.time) fresh.time = lsi_writer_now(w);
    if (lsi_tomb_set_find(&w->tombs, LSI_TOMB_ID, t.id, t.id_len)) fresh.id_len = 0;
    if (lsi_tomb_set_find(&w->tombs, LSI_TOMB_GUID, t.guid, t.guid_len)) fresh.guid_len = 0;
    if (fresh.id_len || fresh.guid_len) rc = lsi_tomb_set_add(&w->tombs, &fresh, err);
    if (rc) return rc;
    tell(out, &t, x);
    if (!lsi_existing_same(&a, &b)) lsi_existing_delete(&a);
    lsi_existing_delete(&b);
    return LS_OK;
}

static int check_name(const char *what, const char *p, size_t len, size_t most, ls_error *err)
{
    if (len && !p) return lsi_fail(err, LS_INVALID, "%s is NULL", what);
    if (len > most) return lsi_fail(err, LS_INVALID, "%s of %zu bytes; at most %zu expected", what, len, most);
    return LS_OK;
}

int lsi_writer_kill(ls_writer *w, const ls_kill_options *o, ls_killed *out, ls_error *err)
{
    int rc = lsi_writer_check(w, err);
    if (!rc && !o->id_len && !o->guid_len) rc = lsi_fail(err, LS_INVALID, "an id or a guid expected");
    if (!rc) rc = check_name("an id", o->id, o->id_len, LSI_ID_MAX, err);
    if (!rc) rc = check_name("a guid", o->guid, o->guid_len, LSI_GUID_MAX, err);
    if (!rc) rc = check_name("a reason", o->reason, o->reason_len, LSI_GUID_MAX, err);
    if (!rc && o->version < 0)
        rc = lsi_fail(err, LS_INVALID, "version %lld: 0 or above expected", (long long)o->version);
    if (rc) return rc;
    lsi_tomb t = {o->id,      o->guid, o->reason, (uint32_t)o->id_len, (uint32_t)o->guid_len, (uint32_t)o->reason_len,
                  o->version, o->time};
    pthread_mutex_lock(&w->mutex);
    rc = lsi_writer_bury(w, &t, out, err);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}
