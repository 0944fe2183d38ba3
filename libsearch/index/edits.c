/* edits.c — owns documents coming between two commits: what an added one replaces, versions, the memory budget.
 * Ignorant of commits and merges, and of what leaves otherwise (kill.c).
 *
 * WHOSE VERSION IT IS  A document is a version of what has its guid, whatever the id; where it has none, or nobody has
 * its guid, of what has its id. Where its guid is one document's and its id another's it replaces both, so that either
 * name stays unique; then the higher of their versions counts, and its content is new. Without an id it takes the id of
 * what has its guid, else one is derived: from the guid, else from the content.
 *
 * VERSIONS
 *   a tombstone has its id or guid             KILLED, nothing is added; unless it is to be revived
 *   its own status is canceled                 KILLED: what has its names is killed (kill.c)
 *   not there                                  CREATED, version 1 or the one given
 *   there; none given; equal content           UNCHANGED
 *   there; none given; other content           REPLACED, version + 1
 *   there; a higher one given                  REPLACED, the one given
 *   there; the same given; equal content       UNCHANGED
 *   there; the same given; other content       CONFLICT, nothing is added
 *   there; a lower one given                   STALE, nothing is added
 * What is replaced leaves its version, its date of update and its status with the document that replaces it.
 *
 * HIDDEN  A document that may not be seen until a day ago or later (model/news.c) goes into segments of its own
 * (crew.c), where readers judge it by their clocks. When its embargo has been over for a day, the next commit adds it
 * once more, as it is, among the public ones: it counts as the newest arrival then. Where the schema has fields that are
 * not stored it stays where it is, for it cannot be had whole; that costs readers a little at each commit.
 *
 * ALL OR NOTHING. Whatever can fail comes before the first change that could be seen: the old document's segment gets
 * its bit set, the maps their entries, then the document is added, and only then are tombstones lifted and the old one
 * marked deleted, which cannot fail any more. */
#include "libsearch/index/writer_state.h"
#include "libsearch/model/news.h"
#include "libsearch/segment/copies.h"
#include "libsearch/util/alloc.h"

#define MARGIN_MS ((int64_t)86400000)

/* ---- judging ---- */

typedef struct adding {
    ls_doc own; /* the caller's document with an id, and with values of our own, so that theirs stays as it is */
    const char *guid;
    size_t guid_len;
    lsi_existing by_id, by_guid;
    const lsi_existing *story; /* the one of the two whose version it is; found or not */
    uint64_t hash;
    ls_result result;
    int64_t version;
} adding;

static int borrow(ls_writer *w, const ls_doc *d, adding *a, ls_error *err)
{
    lsi_doc_value *v = lsi_array_grow(w->values, &w->values_cap, d->count, sizeof *v);
    if (!v) return lsi_fail_nomem(err);
    w->values = v;
    if (d->count) memcpy(v, d->values, d->count * sizeof *v);
    a->own = *d;
    a->own.values = v;
    a->guid = lsi_news_guid(d, &a->guid_len);
    a->hash = lsi_doc_hash(&a->own);
    return lsi_doc_check(&a->own, w->schema, err);
}

static int name_it(ls_writer *w, adding *a, ls_error *err)
{
    ls_doc *own = &a->own;
    if (own->id_len) return LS_OK;
    if (a->by_guid.found) {
        int rc = lsi_existing_read(&a->by_guid, &w->old, err);
        if (rc) return rc;
        memcpy(own->id, w->old->id, w->old->id_len + 1);
        own->id_len = w->old->id_len;
        return LS_OK;
    }
    if (a->guid) lsi_id_derive(a->guid, a->guid_len, own->id);
    else lsi_doc_derive_id(own, own->id);
    own->id_len = strlen(own->id);
    return LS_OK;
}

static int find(ls_writer *w, adding *a, ls_error *err)
{
    int rc = lsi_existing_by_guid(w, a->guid, a->guid_len, &a->by_guid, err);
    if (!rc) rc = name_it(w, a, err);
    if (!rc) rc = lsi_existing_by_id(w, (const uint8_t *)a->own.id, a->own.id_len, &a->by_id, err);
    a->story = a->by_guid.found ? &a->by_guid : &a->by_id;
    return rc;
}

static int judge(adding *a, ls_error *err)
{
    const lsi_existing *x = a->story;
    int64_t given = a->own.version, have = x->version;
    bool same = x->hash == a->hash;
    a->version = given ? given : 1;
    a->result = LS_CREATED;
    if (!x->found) return LS_OK;
    if (a->by_id.found && !lsi_existing_same(&a->by_id, x)) {
        have = LSI_MAX(have, a->by_id.version);
        same = false;
    }
    a->version = have;
    if (given && given < have) a->result = LS_STALE;
    else if (given <= have && same) a->result = LS_UNCHANGED;
    else if (given == have) a->result = LS_CONFLICT;
    else a->result = LS_REPLACED;
    if (a->result != LS_REPLACED) return LS_OK;
    if (!given && have == INT64_MAX) return lsi_fail(err, LS_LIMIT, "the document's version cannot be raised");
    a->version = given ? given : have + 1;
    return LS_OK;
}

/* The versions before this one, from what it replaces. */
static int take_history(ls_writer *w, adding *a, ls_error *err)
{
    if (a->result != LS_REPLACED) return LS_OK;
    int rc = lsi_existing_read(a->story, &w->old, err);
    if (rc) return rc;
    const ls_doc *old = w->old;
    size_t kept = LSI_MIN(old->history_count, (size_t)LSI_HISTORY_MAX - 1);
    w->history[0] = (lsi_doc_version){old->version, lsi_news_updated(old), lsi_news_status(old)};
    if (kept) memcpy(w->history + 1, old->history, kept * sizeof *w->history);
    a->own.history = w->history;
    a->own.history_count = 1 + kept;
    return LS_OK;
}

/* ---- adding ---- */

/* About what the inversion of a document takes: its words may all be new. */
static size_t estimate(const ls_doc *d)
{
    size_t n = 4096;
    for (size_t i = 0; i < d->count; i++)
        if (!lsi_add_size(n, d->values[i].len, &n) || !lsi_add_size(n, d->values[i].len, &n)) return SIZE_MAX;
    return n;
}

/* A document larger than the rest of the share drives out those before it first; one larger than a share has the whole
 * budget to itself. */
static int make_room(ls_writer *w, const ls_doc *d, ls_error *err)
{
    size_t own = estimate(d), share = lsi_crew_share(w);
    int rc = lsi_crew_settle(w, err);
    if (!rc && lsi_crew_full(w, own)) rc = lsi_crew_hand_over(w, err);
    return rc || own <= share ? rc : lsi_crew_finish(w, err);
}

/* A clock that goes back by a day or less shows nothing before its time: until then the readers' clocks decide. */
static bool is_public(const ls_writer *w, int64_t release)
{
    int64_t now = lsi_writer_now(w);
    return release <= (now < INT64_MIN + MARGIN_MS ? INT64_MIN : now - MARGIN_MS);
}

static int ready_memory(ls_writer *w, bool hidden, lsi_heap **heap, ls_error *err)
{
    lsi_heap *h = *heap = lsi_crew_heap(w, err);
    if (!h) return LS_NOMEM;
    int rc = h->half[hidden].mem ? LS_OK : lsi_memseg_new(&h->half[hidden].mem, w->schema, err);
    if (rc) return rc;
    return LSI_ROOM(h->pending, h->pending_count + 1, h->pending_cap) ? LS_OK : lsi_fail_nomem(err);
}

static void revive(ls_writer *w, const adding *a)
{
    lsi_tomb_entry *e = lsi_tomb_set_find(&w->tombs, LSI_TOMB_ID, a->own.id, a->own.id_len);
    if (e) lsi_tomb_set_lift(&w->tombs, e);
    e = lsi_tomb_set_find(&w->tombs, LSI_TOMB_GUID, a->guid, a->guid_len);
    if (e) lsi_tomb_set_lift(&w->tombs, e);
}

/* Into a heap, under its names. On failure nothing has changed. */
static int place(ls_writer *w, const ls_doc *d, uint64_t hash, ls_error *err)
{
    bool hidden = !is_public(w, lsi_news_release(d));
    lsi_doc doc;
    lsi_heap *h;
    size_t len;
    const char *guid = lsi_news_guid(d, &len);
    uint32_t *of_id, *of_guid = NULL;
    int rc = ready_memory(w, hidden, &h, err);
    if (rc) return rc;
    /* A new slot has no number yet, an old one has its old number: should the rest fail, nothing was changed. */
    if (!(of_id = lsi_map_put(&h->ids, d->id, d->id_len))) return lsi_fail_nomem(err);
    if (guid && !(of_guid = lsi_map_put(&h->guids, guid, len))) return lsi_fail_nomem(err);
    if ((rc = lsi_heap_add(w, h, hidden, d, hash, &doc, err))) return rc;
    h->pending[h->pending_count] = (lsi_pending){hash, d->version, doc, hidden, false};
    *of_id = (uint32_t)h->pending_count;
    if (of_guid) *of_guid = (uint32_t)h->pending_count;
    h->pending_count++;
    return LS_OK;
}

/* Adds it and deletes what it replaces; the mutex is held. */
static int insert(ls_writer *w, adding *a, ls_error *err)
{
    int rc = take_history(w, a, err);
    if (!rc) rc = lsi_existing_prepare(&a->by_id, err);
    if (!rc) rc = lsi_existing_prepare(&a->by_guid, err);
    a->own.version = a->version;
    if (!rc) rc = place(w, &a->own, a->hash, err);
    if (rc) return rc;
    revive(w, a);
    if (!lsi_existing_same(&a->by_id, &a->by_guid)) lsi_existing_delete(&a->by_id);
    lsi_existing_delete(&a->by_guid);
    return LS_OK;
}

static const lsi_tomb *find_tomb(ls_writer *w, const adding *a)
{
    lsi_tomb_entry *e = lsi_tomb_set_find(&w->tombs, LSI_TOMB_GUID, a->guid, a->guid_len);
    if (!e) e = lsi_tomb_set_find(&w->tombs, LSI_TOMB_ID, a->own.id, a->own.id_len);
    return e ? &e->t : NULL;
}

/* A document that cancels itself: the kill of its names, with its note as the reason. */
static int cancel(ls_writer *w, adding *a, ls_error *err)
{
    const ls_doc *own = &a->own;
    lsi_tomb t = {.id = own->id, .id_len = (uint32_t)own->id_len, .version = own->version};
    t.guid = a->guid;
    t.guid_len = a->guid_len <= LSI_GUID_MAX ? (uint32_t)a->guid_len : 0;
    for (size_t i = 0; i < own->count && !t.reason_len; i++) {
        const lsi_doc_value *v = &own->values[i];
        if (v->is_int || strcmp(v->field, "ednote")) continue;
        t.reason = v->text;
        t.reason_len = (uint32_t)LSI_MIN(v->len, (size_t)LSI_GUID_MAX);
    }
    a->result = LS_KILLED;
    a->version = t.version ? t.version : a->story->version;
    return lsi_writer_bury(w, &t, NULL, err);
}

static int add(ls_writer *w, adding *a, bool may_revive, ls_error *err)
{
    int rc = find(w, a, err);
    if (rc) return rc;
    if (lsi_news_is_canceled(&a->own)) return cancel(w, a, err);
    const lsi_tomb *tomb = may_revive ? NULL : find_tomb(w, a);
    if (tomb) {
        a->result = LS_KILLED;
        a->version = tomb->version;
        return LS_OK;
    }
    rc = judge(a, err);
    if (rc || (a->result != LS_CREATED && a->result != LS_REPLACED)) return rc;
    return insert(w, a, err);
}

/* Of what was not added the caller learns the id that the index has. */
static int tell(ls_added *added, const adding *a, ls_error *err)
{
    const uint8_t *id = (const uint8_t *)a->own.id;
    size_t len = a->own.id_len;
    bool there = a->result == LS_UNCHANGED || a->result == LS_STALE || a->result == LS_CONFLICT;
    int rc = there ? lsi_existing_id(a->story, &id, &len, err) : LS_OK;
    if (rc || !added) return rc;
    added->result = a->result;
    added->version = a->version;
    memcpy(added->id, id, len);
    added->id[len] = 0;
    added->id_len = len;
    added->invalid_bytes = a->own.invalid_bytes;
    return LS_OK;
}

int lsi_writer_add(ls_writer *w, const ls_doc *d, bool may_revive, ls_added *added, ls_error *err)
{
    adding a = {.guid = NULL};
    int rc = lsi_writer_check(w, err);
    if (!rc && d->version < 0) rc = lsi_fail(err, LS_INVALID, "version %lld: above 0 expected", (long long)d->version);
    if (!rc) rc = borrow(w, d, &a, err);
    if (!rc) rc = make_room(w, &a.own, err);
    if (rc) return rc;
    pthread_mutex_lock(&w->mutex);
    rc = add(w, &a, may_revive, err);
    if (!rc) rc = tell(added, &a, err);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

/* ---- releasing ---- */

static bool keeps_everything(const ls_schema *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i].pub.not_stored) return false;
    return true;
}

static int release_doc(ls_writer *w, lsi_wseg *s, lsi_doc doc, ls_error *err)
{
    lsi_existing x = {.found = true, .seg = s, .doc = doc};
    uint64_t hash;
    int rc = lsi_existing_read(&x, &w->old, err);
    if (!rc) rc = lsi_segment_doc_hash(s->seg, doc, &hash, err);
    if (!rc) rc = lsi_existing_prepare(&x, err);
    if (!rc) rc = place(w, w->old, hash, err);
    if (!rc) lsi_existing_delete(&x);
    return rc == LS_LIMIT ? LS_OK : rc; /* larger than the budget, which was another once: it stays */
}

/* One round over the hidden segments, the mutex held; *full where the budget ends it early. */
static int release_some(ls_writer *w, bool *full, ls_error *err)
{
    int rc = LS_OK;
    *full = false;
    for (size_t i = 0; !rc && i < w->count; i++) {
        const int64_t *release;
        lsi_wseg *s = &w->segs[i];
        if (!s->info.visibility) continue;
        rc = lsi_segment_releases(s->seg, &release, err);
        for (lsi_doc d = 0; !rc && d < s->seg->doc_count; d++) {
            if (!is_public(w, release[d]) || lsi_wseg_is_deleted(s, d)) continue;
            if (lsi_crew_held(w) > lsi_crew_share(w)) {
                *full = true;
                return LS_OK;
            }
            rc = release_doc(w, s, d, err);
        }
    }
    return rc;
}

int lsi_writer_release(ls_writer *w, ls_error *err)
{
    bool full = keeps_everything(w->schema);
    int rc = LS_OK;
    while (!rc && full) {
        pthread_mutex_lock(&w->mutex);
        rc = release_some(w, &full, err);
        pthread_mutex_unlock(&w->mutex);
        if (!rc && full) rc = lsi_crew_finish(w, err);
    }
    return rc;
}

/* ---- comparing anew ----
 *
 * A public document is not compared with hidden ones: no relation may tell of them. So a story that is released has none
 * to what came while it was hidden, nor to what comes until it stands among the public ones itself, a day later. A commit
 * that brings public documents therefore writes those released stories again, still as hidden ones, that have shingles
 * in common with what they were not compared with: a story released since the last such look with any segment, one that
 * was released before with the new ones. Other commits do not look: hidden documents alone must change nothing. */

enum { NOT_DUE, DUE, NEWLY_DUE };

static bool is_new_public(const lsi_wseg *s)
{
    return !s->info.visibility && !s->committed.generation;
}

/* The first document of the segment that has the text of this one: it has the entries. LSI_DOC_END: no text. */
static int first_of_text(const lsi_shingles *x, lsi_doc doc, lsi_doc *first, uint32_t *count, ls_error *err)
{
    uint64_t text;
    uint32_t from = 0, to = 0;
    *first = LSI_DOC_END;
    int rc = lsi_shingles_doc(x, doc, &text, count, err);
    if (!rc) rc = lsi_shingles_text(x, text, &from, &to, err);
    return rc || from == to ? rc : lsi_shingles_order(x, from, first, err);
}

static int stands_in(const lsi_wseg *s, uint32_t mark, bool *yes, ls_error *err)
{
    lsi_shingle_cursor c;
    uint64_t entry;
    lsi_shingle_cursor_init(&c, &s->seg->shingles);
    int rc = lsi_shingle_seek(&c, mark, err);
    if (rc || c.at >= c.x->entries) return rc;
    rc = lsi_shingle_get(&c, &entry, err);
    *yes = !rc && lsi_shingle_mark(entry) == mark;
    return rc;
}

/* Of documents that are due: how many of their kept shingles stand in the segments they are to be held against. */
static int count_common(ls_writer *w, const lsi_wseg *s, const uint8_t *due, uint8_t *common, ls_error *err)
{
    lsi_shingle_cursor c;
    int rc = LS_OK;
    lsi_shingle_cursor_init(&c, &s->seg->shingles);
    for (; !rc && c.at < c.x->entries; c.at++) {
        uint64_t entry;
        bool yes = false;
        rc = lsi_shingle_get(&c, &entry, err);
        lsi_doc doc = rc ? 0 : lsi_shingle_doc(entry);
        if (rc || !due[doc] || common[doc] >= 3) continue;
        for (size_t k = 0; !rc && !yes && k < w->count; k++) {
            const lsi_wseg *other = &w->segs[k];
            if (!other->info.visibility && (due[doc] == NEWLY_DUE || is_new_public(other)))
                rc = stands_in(other, lsi_shingle_mark(entry), &yes, err);
        }
        common[doc] += yes;
    }
    return rc;
}

/* Marks what is due, under the first document of its text. */
static int find_due(ls_writer *w, lsi_wseg *s, const int64_t *release, uint8_t *due, bool *any, ls_error *err)
{
    int64_t now = lsi_writer_now(w);
    for (lsi_doc d = 0; d < s->seg->doc_count; d++) {
        lsi_doc first;
        uint32_t count;
        if (release[d] > now || is_public(w, release[d]) || lsi_wseg_is_deleted(s, d)) continue;
        int rc = first_of_text(&s->seg->shingles, d, &first, &count, err);
        if (rc) return rc;
        if (first == LSI_DOC_END || count < LSI_COPIES_LEAST) continue;
        uint8_t what = release[d] > w->compared_until ? NEWLY_DUE : DUE;
        due[first] = LSI_MAX(due[first], what);
        *any = true;
    }
    return LS_OK;
}

/* One hidden segment; marks has two bytes a document, zeros. */
static int compare_segment(ls_writer *w, lsi_wseg *s, uint8_t *marks, bool *placed, ls_error *err)
{
    const int64_t *release;
    uint8_t *due = marks, *common = marks + s->seg->doc_count;
    bool any = false;
    int rc = lsi_segment_releases(s->seg, &release, err);
    if (!rc) rc = find_due(w, s, release, due, &any, err);
    if (!rc && any) rc = count_common(w, s, due, common, err);
    for (lsi_doc d = 0; !rc && any && d < s->seg->doc_count; d++) {
        lsi_doc first;
        uint32_t count;
        if (release[d] > lsi_writer_now(w) || is_public(w, release[d]) || lsi_wseg_is_deleted(s, d)) continue;
        rc = first_of_text(&s->seg->shingles, d, &first, &count, err);
        if (rc || first == LSI_DOC_END || common[first] < (count < LSI_COPIES_SHORT ? 1 : 3)) continue;
        if (lsi_crew_held(w) > lsi_crew_share(w)) return LS_OK; /* the rest when it is public */
        rc = release_doc(w, s, d, err);
        *placed = true;
    }
    return rc;
}

int lsi_writer_compare_anew(ls_writer *w, bool *placed, ls_error *err)
{
    bool fresh = false;
    int rc = LS_OK;
    *placed = false;
    if (!keeps_everything(w->schema)) return LS_OK;
    pthread_mutex_lock(&w->mutex);
    for (size_t i = 0; i < w->count; i++) fresh |= is_new_public(&w->segs[i]);
    for (size_t i = 0; !rc && fresh && i < w->count; i++) {
        lsi_wseg *s = &w->segs[i];
        if (!s->info.visibility || !s->committed.generation || !s->seg->shingles.section) continue;
        uint8_t *marks = lsi_calloc(s->seg->doc_count, 2);
        rc = marks ? compare_segment(w, s, marks, placed, err) : lsi_fail_nomem(err);
        lsi_free(marks);
    }
    if (!rc && fresh) w->compared_until = lsi_writer_now(w);
    pthread_mutex_unlock(&w->mutex);
    return rc;
}
