/* snapshot.c — owns an opened commit: its segments, its schema, its live statistics. Immutable once made; counted.
 * Ignorant of how commits come about, and of the reader's handle (reader.c).
 *
 * OPENING WHILE A WRITER COMMITS. A manifest names files that a later commit may unlink:
 *   1. The reader reads the manifest of commit 7, which names segment 3.
 *   2. The writer merges segment 3 away, commits 8, and unlinks segment 3.
 *   3. The reader opens segment 3: ENOENT. It reads the manifest again, finds 8, and opens what that names. Commits
 *      would have to overtake it each time for this to go on; every file is opened at once and none later.
 *   4. Were the generation the same again, nobody has unlinked anything: the file is lost, which is CORRUPT.
 * A file that is open stays readable when it has lost its name, so that a snapshot once made is safe from 2.
 *
 * VIEWS. What a reader without the scope sees is a snapshot of its own, made from a whole one for a moment: whatever
 * searches it cannot find, count or weigh what it does not hold. Of a hidden segment in which only some documents are
 * released the rest counts as deleted, with exact corrections. Numbers of documents are the whole snapshot's, so that
 * they keep their meaning from one moment to the next; where a segment is left out, its numbers are nobody's.
 *
 * SHARING. A new snapshot takes over the open segments and live files of the old one whose generations it names too:
 * names are never used twice. Segments borrow the schema they were opened with, so it is owned by all snapshots that
 * share segments together, and where the schema has changed nothing is shared. */
#include "libsearch/index/snapshot.h"
#include "libsearch/index/manifest.h"
#include "libsearch/index/watch.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include "libsearch/util/zone.h"
#include <errno.h>
#include <stdio.h>

#define ZONE_FOLDER    "/usr/share/zoneinfo/"
#define ZONE_BYTES_MAX ((size_t)1 << 20)

struct lsi_shared_schema {
    ls_schema *schema;
    int refs; /* atomic */
};

/* ---- the schema ---- */

/* What another try may find in order: the zone is there, and what it says is not known. */
static bool may_pass(int rc, const ls_error *why)
{
    int e = why->sys_errno;
    return rc == LS_IO && (e == EIO || e == EMFILE || e == ENFILE);
}

int lsi_index_load_zone(ls_schema *s, ls_error *err)
{
    struct lsi_zone *zone = NULL;
    char path[sizeof ZONE_FOLDER + sizeof s->timezone];
    lsi_buf b;
    ls_error why;
    int rc = LS_OK;
    lsi_buf_init(&b, 0);
    if (strcmp(s->timezone, "UTC")) {
        snprintf(path, sizeof path, "%s%s", ZONE_FOLDER, s->timezone);
        rc = lsi_io_read_file(path, ZONE_BYTES_MAX, &b, &why);
        if (!rc) rc = lsi_zone_parse(&zone, b.data, b.len, &why);
    }
    lsi_buf_clear(&b);
    if (rc == LS_NOMEM) return lsi_fail_nomem(err);
    if (may_pass(rc, &why)) return lsi_fail_errno(err, why.sys_errno, path, "read");
    if (rc) return lsi_fail(err, LS_INVALID, "timezone=%s: cannot be used: %.300s", s->timezone, why.message);
    lsi_zone_free(s->zone);
    s->zone = zone;
    return LS_OK;
}

int lsi_index_load_zone_or_utc(ls_schema *s, ls_error *err)
{
    ls_error why;
    int rc = lsi_index_load_zone(s, &why);
    if (rc == LS_NOMEM) return lsi_fail_nomem(err);
    if (rc == LS_IO) return lsi_fail_errno(err, why.sys_errno, s->timezone, "read the rules of");
    if (rc) lsi_log(LS_LOG_WARNING, "%s; dates are taken as UTC", why.message);
    return LS_OK;
}

static bool same_schema(const ls_schema *a, const ls_schema *b)
{
    lsi_buf x, y;
    lsi_buf_init(&x, 0);
    lsi_buf_init(&y, 0);
    lsi_schema_encode(a, &x);
    lsi_schema_encode_lines(a, &x);
    lsi_schema_encode(b, &y);
    lsi_schema_encode_lines(b, &y);
    bool same = !x.rc && !y.rc && x.len == y.len && !memcmp(x.data, y.data, x.len);
    lsi_buf_clear(&x);
    lsi_buf_clear(&y);
    return same;
}

/* Of m's schema, which it copies. A zone unknown to this machine is no reason not to search. */
static int share_schema(struct lsi_shared_schema **out, const lsi_manifest *m, ls_error *err)
{
    struct lsi_shared_schema *x = lsi_calloc(1, sizeof *x);
    *out = NULL;
    if (!x) return lsi_fail_nomem(err);
    x->refs = 1;
    int rc = lsi_schema_copy(&x->schema, m->schema, err);
    if (!rc) rc = lsi_index_load_zone_or_utc(x->schema, err);
    if (rc) {
        lsi_schema_free(x->schema);
        lsi_free(x);
        return rc;
    }
    *out = x;
    return LS_OK;
}

static void release_schema(struct lsi_shared_schema *x)
{
    if (!x || __atomic_sub_fetch(&x->refs, 1, __ATOMIC_ACQ_REL)) return;
    lsi_schema_free(x->schema);
    lsi_free(x);
}

/* ---- making ---- */

static int new_snapshot(lsi_snapshot **out, const lsi_manifest *m, size_t count, struct lsi_shared_schema *share,
                        ls_error *err)
{
    *out = NULL;
    lsi_snapshot *s = lsi_calloc(1, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    s->refs = 1;
    s->generation = m->generation;
    s->public_generation = m->public_generation;
    s->created = m->created;
    memcpy(s->uuid, m->uuid, sizeof s->uuid);
    uint64_t stamp = 0;
    s->segments = lsi_calloc(count, sizeof *s->segments);
    int rc = s->segments ? lsi_analyzer_stamp(&stamp, err) : lsi_fail_nomem(err);
    s->stale_analyzer = m->analyzer_stamp != stamp;
    if (!rc && share) {
        __atomic_add_fetch(&share->refs, 1, __ATOMIC_RELAXED);
        s->shared = share;
    }
    if (!rc && !share) rc = share_schema(&s->shared, m, err);
    if (rc) {
        lsi_snapshot_release(s);
        return rc;
    }
    s->schema = s->shared->schema;
    *out = s;
    return LS_OK;
}

/* Appends a segment, whose references it takes over, and adds its live part to the statistics. */
static void append(lsi_snapshot *s, lsi_segment *seg, lsi_live *live, bool hidden)
{
    uint32_t deleted = live ? live->deleted_count : 0;
    s->segments[s->count++] = (lsi_snapshot_segment){seg, live, s->doc_limit, hidden};
    s->doc_limit += seg->doc_count;
    s->documents += seg->doc_count - deleted;
    s->deleted += deleted;
    for (size_t l = 0; l < LSI_LISTS_MAX; l++)
        s->length_sum[l] += seg->length_sum[l] - (live ? live->length_sum[l] : 0);
    s->word_sum += seg->word_sum - (live ? live->word_sum : 0);
    for (size_t k = 0; k < LSI_COUNTOF(s->language_docs); k++)
        s->language_docs[k] += seg->language_docs[k] - (live ? live->language_docs[k] : 0);
}

int lsi_snapshot_of(lsi_snapshot **out, const lsi_manifest *m, const lsi_snapshot_segment *segments, size_t count,
                    ls_error *err)
{
    int rc = new_snapshot(out, m, count, NULL, err);
    for (size_t i = 0; !rc && i < count; i++) {
        lsi_segment_retain(segments[i].seg);
        if (segments[i].live) lsi_live_retain(segments[i].live);
        append(*out, segments[i].seg, segments[i].live, segments[i].hidden);
    }
    return rc;
}

static lsi_snapshot_segment *find_open(lsi_snapshot *old, uint64_t generation)
{
    for (size_t i = 0; old && i < old->count; i++)
        if (old->segments[i].seg->info.generation == generation) return &old->segments[i];
    return NULL;
}

static int open_one(lsi_snapshot *s, lsi_dir *dir, const lsi_segment_info *info, lsi_snapshot *old, bool use_mmap,
                    ls_error *err)
{
    lsi_snapshot_segment *have = find_open(old, info->generation);
    lsi_segment *seg = have ? have->seg : NULL;
    lsi_live *live = NULL;
    int rc = LS_OK;
    if (seg) lsi_segment_retain(seg);
    else rc = lsi_segment_open(&seg, dir, info, s->schema, use_mmap, err);
    if (!rc && info->live_generation) {
        if (have && have->live && lsi_frame_generation(have->live->frame) == info->live_generation) {
            live = have->live;
            lsi_live_retain(live);
        } else rc = lsi_live_open(&live, dir, seg, info, use_mmap, err);
    }
    if (!rc) append(s, seg, live, info->visibility);
    else lsi_segment_release(seg);
    return rc;
}

static int open_tombs(lsi_snapshot *s, lsi_dir *dir, const lsi_manifest *m, const lsi_snapshot *old, bool use_mmap,
                      ls_error *err)
{
    if (!old || !old->tombs || old->tombs->generation != m->tombs_generation)
        return lsi_tombs_open(&s->tombs, dir, m->tombs_generation, m->tombs_bytes, m->tombs_sum, use_mmap, err);
    lsi_tombs_retain(s->tombs = old->tombs);
    return LS_OK;
}

static int open_all(lsi_snapshot **out, lsi_dir *dir, const lsi_manifest *m, lsi_snapshot *old, bool use_mmap,
                    ls_error *err)
{
    if (old && !same_schema(old->schema, m->schema)) old = NULL;
    int rc = new_snapshot(out, m, m->count, old ? old->shared : NULL, err);
    if (!rc) rc = open_tombs(*out, dir, m, old, use_mmap, err);
    for (size_t i = 0; !rc && i < m->count; i++) rc = open_one(*out, dir, &m->segments[i], old, use_mmap, err);
    if (rc) {
        lsi_snapshot_release(*out);
        *out = NULL;
    }
    return rc;
}

int lsi_snapshot_open(lsi_snapshot **out, struct lsi_manifest_watch **watch, lsi_dir *dir, lsi_snapshot *old,
                      bool use_mmap, ls_error *err)
{
    *out = NULL;
    if (watch) *watch = NULL;
    for (uint64_t tried = 0;;) {
        lsi_manifest *m = NULL;
        lsi_frame *file = NULL;
        ls_error why;
        int rc = lsi_manifest_read(&m, &file, dir, err);
        if (rc) return rc;
        bool again = m->generation == tried;
        tried = m->generation;
        rc = open_all(out, dir, m, old, use_mmap, &why);
        if (!rc && watch) rc = lsi_watch_new(watch, file, &why);
        else lsi_frame_close(file);
        lsi_manifest_free(m);
        if (!rc) return LS_OK;
        lsi_snapshot_release(*out);
        *out = NULL;
        if (rc == LS_NOTFOUND && !again) continue;
        if (err) *err = why;
        if (rc != LS_NOTFOUND) return rc;
        return lsi_fail_at(err, LS_CORRUPT, why.file, 0, "the manifest names this file, and it is not there");
    }
}

/* ---- views ---- */

/* What a view shows of a hidden segment, and until when. */
typedef struct shown {
    uint32_t count;
    int64_t from, until;
    uint64_t *others; /* bits of the rest; where something is shown */
} shown;

static int look(shown *x, lsi_segment *seg, const lsi_live *live, int64_t now, ls_error *err)
{
    const int64_t *release;
    int rc = lsi_segment_releases(seg, &release, err);
    if (rc) return rc;
    x->others = lsi_calloc(lsi_bitset_words(seg->doc_count), sizeof *x->others);
    if (!x->others) return lsi_fail_nomem(err);
    for (lsi_doc d = 0; d < seg->doc_count; d++) {
        if (lsi_live_is_deleted(live, d) || release[d] > now) lsi_bitset_set(x->others, d);
        else x->count++;
        if (lsi_live_is_deleted(live, d)) continue;
        if (release[d] > now) x->until = LSI_MIN(x->until, release[d]);
        else x->from = LSI_MAX(x->from, release[d]);
    }
    return LS_OK;
}

static int show(lsi_snapshot *v, const lsi_snapshot_segment *s, int64_t now, int64_t *from, int64_t *until,
                ls_error *err)
{
    shown x = {.from = *from, .until = *until};
    lsi_live *live = s->live;
    int rc = s->hidden ? look(&x, s->seg, s->live, now, err) : LS_OK;
    *from = x.from;
    *until = x.until;
    v->doc_limit = s->base;
    if (!rc && s->hidden && !x.count) {
        lsi_free(x.others);
        return LS_OK;
    }
    uint32_t alive = s->seg->doc_count - (live ? live->deleted_count : 0);
    if (!rc && s->hidden && x.count < alive) rc = lsi_live_overlay(&live, s->seg, s->live, x.others, err);
    else if (!rc && live) lsi_live_retain(live);
    lsi_free(x.others);
    if (rc) return rc;
    lsi_segment_retain(s->seg);
    append(v, s->seg, live, s->hidden);
    if (s->hidden && live) v->deleted -= live->deleted_count; /* how many are hidden is nobody's */
    return LS_OK;
}

int lsi_snapshot_view(lsi_snapshot **out, const lsi_snapshot *s, int64_t now, int64_t *from, int64_t *until,
                      ls_error *err)
{
    *from = INT64_MIN;
    *until = INT64_MAX;
    *out = NULL;
    lsi_snapshot *v = lsi_calloc(1, sizeof *v);
    if (!v) return lsi_fail_nomem(err);
    v->refs = 1;
    v->generation = v->public_generation = s->public_generation;
    v->created = s->created;
    memcpy(v->uuid, s->uuid, sizeof v->uuid);
    v->stale_analyzer = s->stale_analyzer;
    v->schema = s->schema;
    v->shared = s->shared;
    __atomic_add_fetch(&v->shared->refs, 1, __ATOMIC_RELAXED);
    if ((v->tombs = s->tombs)) lsi_tombs_retain(v->tombs);
    v->segments = lsi_calloc(s->count, sizeof *v->segments);
    int rc = v->segments ? LS_OK : lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < s->count; i++) rc = show(v, &s->segments[i], now, from, until, err);
    if (rc) lsi_snapshot_release(v);
    else *out = v;
    return rc;
}

/* ---- references ---- */

void lsi_snapshot_retain(lsi_snapshot *s)
{
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
}

void lsi_snapshot_release(lsi_snapshot *s)
{
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL)) return;
    for (size_t i = 0; i < s->count; i++) {
        lsi_live_release(s->segments[i].live);
        lsi_segment_release(s->segments[i].seg);
    }
    lsi_tombs_release(s->tombs);
    lsi_free(s->segments);
    release_schema(s->shared);
    lsi_free(s);
}

/* ---- looking up ---- */

int lsi_snapshot_locate(const lsi_snapshot *s, uint64_t doc, size_t *segment, lsi_doc *local, ls_error *err)
{
    size_t low = 0, high = s->count; /* the last segment whose base is ≤ doc */
    if (!s->count || doc >= s->doc_limit)
        return lsi_fail(err, LS_NOTFOUND, "document %llu: there are %llu", (unsigned long long)doc,
                        (unsigned long long)s->doc_limit);
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (s->segments[mid].base <= doc) low = mid;
        else high = mid;
    }
    *segment = low;
    if (doc - s->segments[low].base >= s->segments[low].seg->doc_count) /* of a segment that is not shown */
        return lsi_fail(err, LS_NOTFOUND, "document %llu: is not there", (unsigned long long)doc);
    *local = (lsi_doc)(doc - s->segments[low].base);
    if (lsi_live_is_deleted(s->segments[low].live, *local))
        return lsi_fail(err, LS_NOTFOUND, "document %llu: is deleted", (unsigned long long)doc);
    return LS_OK;
}

int lsi_snapshot_df(const lsi_snapshot *s, const uint8_t *term, size_t len, uint32_t list, uint64_t *df, ls_error *err)
{
    *df = 0;
    for (size_t i = 0; i < s->count; i++) {
        const lsi_segment *seg = s->segments[i].seg;
        lsi_ord ord;
        lsi_list l;
        uint32_t gone;
        int rc = lsi_terms_find(&seg->terms, term, len, &ord, err);
        if (rc) return rc;
        if (ord == LSI_ORD_NONE || list >= seg->list_count) continue;
        rc = lsi_terms_list(&seg->terms, ord, list, &l, err);
        if (!rc) rc = lsi_live_term(s->segments[i].live, list, ord, &gone, err);
        if (rc) return rc;
        if (gone > l.df)
            return lsi_fail(err, LS_CORRUPT, "%s: more documents of a term are deleted than it has",
                            lsi_frame_name(seg->frame));
        *df += l.df - gone;
    }
    return LS_OK;
}

int lsi_snapshot_find(const lsi_snapshot *s, const uint8_t *id, size_t len, size_t *segment, lsi_doc *local,
                      ls_error *err)
{
    for (size_t i = s->count; i--;) { /* the newest first: there it is most often */
        int rc = lsi_ids_find(&s->segments[i].seg->ids, id, len, local, err);
        if (rc) return rc;
        if (*local == LSI_DOC_END || lsi_live_is_deleted(s->segments[i].live, *local)) continue;
        *segment = i;
        return LS_OK;
    }
    return lsi_fail(err, LS_NOTFOUND, "no document has the id \"%.*s\"", (int)LSI_MIN(len, (size_t)LSI_ID_MAX),
                    (const char *)id);
}

int lsi_snapshot_find_guid(const lsi_snapshot *s, const char *guid, size_t len, size_t *segment, lsi_doc *local,
                           ls_error *err)
{
    for (size_t i = s->count; i--;) {
        const lsi_live *live = s->segments[i].live;
        int rc = lsi_segment_find_guid(s->segments[i].seg, guid, len, live ? live->deleted : NULL, local, err);
        if (rc) return rc;
        if (*local == LSI_DOC_END) continue;
        *segment = i;
        return LS_OK;
    }
    return lsi_fail(err, LS_NOTFOUND, "no document has the guid \"%.*s\"", (int)LSI_MIN(len, (size_t)256), guid);
}
