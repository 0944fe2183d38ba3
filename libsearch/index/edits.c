/* edits.c — owns documents coming and going between two commits: what an added one replaces, versions, the memory
 * budget. Ignorant of commits and merges.
 *
 * VERSIONS (docs: the table of ls_add)
 *   not there                                  CREATED, version 1 or the one given
 *   there; none given; equal content           UNCHANGED
 *   there; none given; other content           REPLACED, version + 1
 *   there; a higher one given                  REPLACED, the one given
 *   there; the same given; equal content       UNCHANGED
 *   there; the same given; other content       CONFLICT, nothing is added
 *   there; a lower one given                   STALE, nothing is added
 *
 * ALL OR NOTHING. Whatever can fail comes before the first change that could be seen: the old document's segment gets
 * its bit set, the map its entry, then the document is added, and only then is the old one marked deleted, which cannot
 * fail any more. */
#include "libsearch/index/writer_state.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include <assert.h>

/* ---- memory ---- */

void lsi_writer_forget_memory(ls_writer *w)
{
    lsi_memseg_free(w->mem);
    w->mem = NULL;
    lsi_map_clear(&w->mem_ids);
}

static size_t held_bytes(const ls_writer *w)
{
    if (!w->mem) return 0;
    return lsi_memseg_bytes(w->mem) + lsi_map_bytes(&w->mem_ids) + lsi_memseg_count(w->mem) * sizeof *w->mem_docs;
}

static int append_segment(ls_writer *w, lsi_segment *seg, const lsi_segment_info *info, ls_error *err)
{
    lsi_wseg *s = lsi_array_grow(w->segs, &w->cap, w->count + 1, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    w->segs = s;
    s += w->count++;
    memset(s, 0, sizeof *s);
    s->seg = seg;
    s->info = *info;
    return LS_OK;
}

int lsi_writer_flush(ls_writer *w, ls_error *err)
{
    if (!w->mem) return LS_OK;
    lsi_segment_info info = {0};
    lsi_segment *seg = NULL;
    ls_error why;
    lsi_error_clear(&why);
    pthread_mutex_lock(&w->mutex);
    uint64_t generation = lsi_writer_number(w);
    pthread_mutex_unlock(&w->mutex);
    int rc = LS_NOTFOUND;
    if (lsi_memseg_live_count(w->mem))
        rc = lsi_memseg_flush(w->mem, w->dir, generation, lsi_writer_syncs(w), &info, &why);
    bool nothing = rc == LS_NOTFOUND;
    if (!rc) {
        rc = lsi_segment_open(&seg, w->dir, &info, w->schema, false, &why);
        pthread_mutex_lock(&w->mutex);
        if (!rc) rc = append_segment(w, seg, &info, &why);
        if (rc) lsi_writer_unlink(w, LSI_NAME_SEGMENT, generation);
        pthread_mutex_unlock(&w->mutex);
        if (rc) lsi_segment_release(seg);
    }
    if (rc && !nothing) {
        pthread_mutex_lock(&w->mutex);
        rc = lsi_writer_failed(w, rc, &why, err);
        pthread_mutex_unlock(&w->mutex);
        return rc;
    }
    lsi_writer_forget_memory(w);
    return LS_OK;
}

/* ---- what is there ---- */

typedef struct existing {
    bool found, in_memory;
    lsi_doc doc;
    lsi_wseg *seg; /* valid while the mutex is held */
    uint64_t hash;
    int64_t version;
} existing;

static int read_facts(existing *x, ls_error *err)
{
    bool has;
    int rc = lsi_segment_doc_hash(x->seg->seg, x->doc, &x->hash, err);
    if (!rc) rc = lsi_column_get(&x->seg->seg->versions, x->doc, &has, &x->version, err);
    if (!rc && !has) x->version = 1;
    return rc;
}

/* The live document of an id, with the mutex held: a merge may replace segments at any other time. */
static int find(ls_writer *w, const uint8_t *id, size_t len, existing *x, ls_error *err)
{
    memset(x, 0, sizeof *x);
    uint32_t n = w->mem ? lsi_map_get(&w->mem_ids, id, len) : LSI_MAP_NONE;
    if (n != LSI_MAP_NONE) {
        *x = (existing){true, true, n, NULL, w->mem_docs[n].hash, w->mem_docs[n].version};
        return LS_OK;
    }
    for (size_t i = w->count; i--;) {
        int rc = lsi_ids_find(&w->segs[i].seg->ids, id, len, &x->doc, err);
        if (rc) return rc;
        if (x->doc == LSI_DOC_END || lsi_wseg_is_deleted(&w->segs[i], x->doc)) continue;
        x->found = true;
        x->seg = &w->segs[i];
        return read_facts(x, err);
    }
    return LS_OK;
}

static int judge(const existing *x, int64_t given, uint64_t hash, ls_result *result, int64_t *version, ls_error *err)
{
    *version = x->found ? x->version : given ? given : 1;
    if (!x->found) *result = LS_CREATED;
    else if (given && given < x->version) *result = LS_STALE;
    else if (given <= x->version && hash == x->hash) *result = LS_UNCHANGED;
    else if (given == x->version) *result = LS_CONFLICT;
    else *result = LS_REPLACED;
    if (*result != LS_REPLACED) return LS_OK;
    if (!given && x->version == INT64_MAX) return lsi_fail(err, LS_LIMIT, "the document's version cannot be raised");
    *version = given ? given : x->version + 1;
    return LS_OK;
}

/* ---- adding ---- */

/* The caller's document with an id and with values of our own, so that theirs stays as it is. */
static int borrow(ls_writer *w, const ls_doc *d, ls_doc *own, ls_error *err)
{
    lsi_doc_value *v = lsi_array_grow(w->values, &w->values_cap, d->count, sizeof *v);
    if (!v) return lsi_fail_nomem(err);
    w->values = v;
    if (d->count) memcpy(v, d->values, d->count * sizeof *v);
    *own = *d;
    own->values = v;
    if (!own->id_len) {
        lsi_doc_derive_id(d, own->id);
        own->id_len = strlen(own->id);
    }
    return lsi_doc_check(own, w->schema, err);
}

/* About what the inversion of a document takes: its words may all be new. */
static size_t estimate(const ls_doc *d)
{
    size_t n = 4096;
    for (size_t i = 0; i < d->count; i++)
        if (!lsi_add_size(n, d->values[i].len, &n) || !lsi_add_size(n, d->values[i].len, &n)) return SIZE_MAX;
    return n;
}

/* A document larger than the rest of the budget drives out those before it first. */
static int make_room(ls_writer *w, const ls_doc *d, ls_error *err)
{
    size_t held = held_bytes(w), more = estimate(d), sum;
    if (!w->mem || !lsi_memseg_count(w->mem)) return LS_OK;
    if (lsi_add_size(held, more, &sum) && sum <= w->budget) return LS_OK;
    return lsi_writer_flush(w, err);
}

static int ready_memory(ls_writer *w, ls_error *err)
{
    if (!w->mem) {
        int rc = lsi_memseg_new(&w->mem, w->schema, err);
        if (rc) return rc;
    }
    lsi_memdoc *docs =
        lsi_array_grow(w->mem_docs, &w->mem_docs_cap, (size_t)lsi_memseg_count(w->mem) + 1, sizeof *docs);
    if (!docs) return lsi_fail_nomem(err);
    w->mem_docs = docs;
    return LS_OK;
}

/* Adds `own` and deletes what it replaces; the mutex is held. */
static int insert(ls_writer *w, const ls_doc *own, uint64_t hash, existing *x, ls_error *err)
{
    lsi_doc doc;
    int rc = ready_memory(w, err);
    if (!rc && x->found && !x->in_memory) rc = lsi_wseg_make_bits(x->seg, err);
    if (rc) return rc;
    uint32_t *slot = lsi_map_put(&w->mem_ids, own->id, own->id_len);
    if (!slot) return lsi_fail_nomem(err);
    rc = lsi_memseg_add(w->mem, own, hash, w->budget, &doc, NULL, err);
    if (rc) return rc; /* a new slot has no number yet, an old one has its old number */
    assert(doc < w->mem_docs_cap);
    w->mem_docs[doc] = (lsi_memdoc){hash, own->version};
    *slot = doc;
    if (x->found && x->in_memory) lsi_memseg_delete(w->mem, x->doc);
    else if (x->found) lsi_wseg_delete(x->seg, x->doc, NULL); /* its bits are there: it cannot fail */
    return LS_OK;
}

static void tell(ls_added *added, const ls_doc *own, ls_result result, int64_t version)
{
    if (!added) return;
    added->result = result;
    added->version = version;
    memcpy(added->id, own->id, own->id_len);
    added->id[own->id_len] = 0;
    added->id_len = own->id_len;
    added->invalid_bytes = own->invalid_bytes;
}

int lsi_writer_add(ls_writer *w, const ls_doc *d, ls_added *added, ls_error *err)
{
    ls_doc own;
    existing x;
    ls_result result = LS_CREATED;
    int64_t version = 0;
    int rc = lsi_writer_check(w, err);
    if (!rc && d->version < 0) rc = lsi_fail(err, LS_INVALID, "version %lld: above 0 expected", (long long)d->version);
    if (!rc) rc = borrow(w, d, &own, err);
    if (!rc) rc = make_room(w, &own, err);
    if (rc) return rc;
    uint64_t hash = lsi_doc_hash(&own);
    pthread_mutex_lock(&w->mutex);
    rc = find(w, (const uint8_t *)own.id, own.id_len, &x, err);
    if (!rc) rc = judge(&x, d->version, hash, &result, &version, err);
    own.version = version;
    if (!rc && (result == LS_CREATED || result == LS_REPLACED)) rc = insert(w, &own, hash, &x, err);
    pthread_mutex_unlock(&w->mutex);
    if (!rc) tell(added, &own, result, version);
    return rc;
}

/* ---- deleting ---- */

int lsi_writer_delete(ls_writer *w, const uint8_t *id, size_t len, ls_error *err)
{
    existing x;
    int rc = lsi_writer_check(w, err);
    if (rc) return rc;
    pthread_mutex_lock(&w->mutex);
    rc = find(w, id, len, &x, err);
    if (!rc && !x.found)
        rc = lsi_fail(err, LS_NOTFOUND, "no document has the id \"%.*s\"", (int)LSI_MIN(len, (size_t)LSI_ID_MAX),
                      (const char *)id);
    if (!rc && !x.in_memory) rc = lsi_wseg_delete(x.seg, x.doc, err);
    else if (!rc) {
        uint32_t *slot = lsi_map_put(&w->mem_ids, id, len);
        if (!slot) rc = lsi_fail_nomem(err);
        else {
            *slot = LSI_MAP_NONE;
            lsi_memseg_delete(w->mem, x.doc);
        }
    }
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

int lsi_writer_delete_at(ls_writer *w, const lsi_snapshot *snap, size_t segment, lsi_doc local, ls_error *err)
{
    const lsi_segment *seg = snap->segments[segment].seg;
    const uint8_t *id;
    size_t len;
    int rc = lsi_writer_check(w, err);
    if (rc) return rc;
    pthread_mutex_lock(&w->mutex);
    for (size_t i = 0; i < w->count; i++) {
        if (w->segs[i].seg != seg) continue;
        rc = lsi_wseg_is_deleted(&w->segs[i], local) ? LS_OK : lsi_wseg_delete(&w->segs[i], local, err);
        pthread_mutex_unlock(&w->mutex);
        return rc;
    }
    pthread_mutex_unlock(&w->mutex);
    rc = lsi_ids_get(&seg->ids, local, &id, &len, err); /* merged away meanwhile: by its name, then */
    if (!rc) rc = lsi_writer_delete(w, id, len, err);
    return rc == LS_NOTFOUND ? LS_OK : rc;
}
