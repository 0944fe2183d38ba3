/* reader.c — the public reader: checks arguments, calls down. */
#include "libsearch/api/args.h"
#include "libsearch/index/snapshot.h"

int ls_reader_open(ls_reader **out, const char *path, const ls_reader_options *o, ls_error *err)
{
    ls_reader_options own = {0};
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    *out = NULL;
    rc = lsi_args_given(path, "path", err);
    if (!rc) rc = lsi_args_options(&own, sizeof own, o, "ls_reader_options", err);
    if (!rc && own.flags & ~(unsigned)(LS_READER_NO_MMAP | LS_READER_HIDDEN))
        rc = lsi_fail(err, LS_INVALID, "flags 0x%x: unknown ones are set", own.flags);
    const lsi_reader_how how = {!(own.flags & LS_READER_NO_MMAP), own.flags & LS_READER_HIDDEN, own.clock,
                                own.clock_ctx};
    return lsi_args_code(rc ? rc : lsi_reader_open(out, path, &how, err), err);
}

int ls_reader_refresh(ls_reader **newer, ls_reader *r, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(newer, "newer", err);
    if (rc) return rc;
    *newer = NULL;
    rc = lsi_args_given(r, "reader", err);
    return lsi_args_code(rc ? rc : lsi_reader_refresh(newer, r, err), err);
}

int ls_reader_view(ls_reader **out, const ls_reader *r, unsigned flags, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    *out = NULL;
    rc = lsi_args_given(r, "reader", err);
    if (!rc && flags & ~(unsigned)LS_READER_HIDDEN)
        rc = lsi_fail(err, LS_INVALID, "flags 0x%x: LS_READER_HIDDEN or 0 expected", flags);
    return lsi_args_code(rc ? rc : lsi_reader_view(out, r, flags & LS_READER_HIDDEN, err), err);
}

int64_t ls_reader_epoch(const ls_reader *r, int64_t *next)
{
    int64_t last = INT64_MIN, after = INT64_MAX;
    if (r) lsi_reader_epoch(r, &last, &after);
    if (next) *next = after;
    return last == INT64_MIN ? 0 : last;
}

void ls_reader_close(ls_reader *r)
{
    lsi_reader_close(r);
}

const ls_schema *ls_reader_schema(const ls_reader *r)
{
    return r ? r->snap->schema : NULL;
}

static int stats(const ls_reader *r, bool postings, ls_stats *out, ls_error *err)
{
    ls_stats own;
    lsi_error_clear(err);
    int rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    const ls_reader *in;
    rc = lsi_reader_enter(&in, r, err);
    if (!rc) {
        rc = lsi_reader_stats(in, postings, &own, err);
        lsi_reader_leave(in, r);
    }
    if (rc) memset(&own, 0, sizeof own);
    lsi_args_return(out, &own, sizeof own);
    return lsi_args_code(rc, err);
}

int ls_reader_stats(const ls_reader *r, ls_stats *out, ls_error *err)
{
    return stats(r, true, out, err);
}

int ls_reader_summary(const ls_reader *r, ls_stats *out, ls_error *err)
{
    return stats(r, false, out, err);
}

/* ---- documents ---- */

/* What a document is asked for by. */
typedef struct wanted {
    enum { BY_ID, BY_GUID, BY_NUMBER, BY_ORDER } by;
    const char *name;
    size_t len;
    uint64_t doc; /* in: the number, or the one before; out: the number */
    bool head;    /* the main field's texts may be cut */
} wanted;

static int next_doc(const lsi_snapshot *s, uint64_t *doc, size_t *segment, lsi_doc *local, ls_error *err)
{
    uint64_t next = *doc + 1; /* UINT64_MAX: 0 */
    for (size_t i = 0; i < s->count; i++) {
        const lsi_snapshot_segment *x = &s->segments[i];
        for (next = LSI_MAX(next, x->base); next < x->base + x->seg->doc_count; next++) {
            if (lsi_live_is_deleted(x->live, (lsi_doc)(next - x->base))) continue;
            *segment = i;
            *local = (lsi_doc)(next - x->base);
            return LS_OK;
        }
    }
    return lsi_fail(err, LS_NOTFOUND, "there are no more documents");
}

static int look_up(const lsi_snapshot *s, wanted *w, size_t *segment, lsi_doc *local, ls_error *err)
{
    int rc;
    if (w->by == BY_ID) rc = lsi_snapshot_find(s, (const uint8_t *)w->name, w->len, segment, local, err);
    else if (w->by == BY_GUID) rc = lsi_snapshot_find_guid(s, w->name, w->len, segment, local, err);
    else if (w->by == BY_NUMBER) rc = lsi_snapshot_locate(s, w->doc, segment, local, err);
    else rc = next_doc(s, &w->doc, segment, local, err);
    if (!rc) w->doc = s->segments[*segment].base + *local;
    return rc;
}

static int read_doc(ls_doc **out, lsi_segment *seg, lsi_doc local, bool head, ls_error *err)
{
    int rc = lsi_doc_new(out, err);
    if (!rc) rc = head ? lsi_segment_doc_head(seg, local, *out, err) : lsi_segment_doc(seg, local, *out, err);
    if (rc) {
        lsi_doc_free(*out);
        *out = NULL;
    }
    return rc;
}

/* Looks it up in what may be seen now; out (may be NULL): the document itself. */
static int find(const ls_reader *r, wanted *w, ls_doc **out, ls_error *err)
{
    size_t segment;
    lsi_doc local;
    const ls_reader *in;
    int rc = lsi_args_given(r, "reader", err);
    if (!rc && w->by == BY_ID) rc = lsi_args_given(w->name, "id", err);
    if (!rc && w->by == BY_GUID) rc = lsi_args_given(w->name, "guid", err);
    if (!rc) rc = lsi_reader_enter(&in, r, err);
    if (rc) return rc;
    rc = look_up(in->snap, w, &segment, &local, err);
    if (!rc && out) rc = read_doc(out, in->snap->segments[segment].seg, local, w->head, err);
    lsi_reader_leave(in, r);
    return lsi_args_code(rc, err);
}

static int get(ls_doc **out, const ls_reader *r, wanted w, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    *out = NULL;
    return find(r, &w, out, err);
}

static int number(const ls_reader *r, wanted w, uint64_t *doc, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(doc, "doc", err);
    if (rc) return rc;
    rc = find(r, &w, NULL, err);
    *doc = rc ? 0 : w.doc;
    return rc;
}

int ls_get(ls_doc **out, const ls_reader *r, const char *id, size_t len, ls_error *err)
{
    return get(out, r, (wanted){BY_ID, id, len, 0, false}, err);
}

int ls_reader_doc(ls_doc **out, const ls_reader *r, uint64_t doc, ls_error *err)
{
    return get(out, r, (wanted){BY_NUMBER, NULL, 0, doc, false}, err);
}

int ls_reader_head(ls_doc **out, const ls_reader *r, uint64_t doc, ls_error *err)
{
    return get(out, r, (wanted){BY_NUMBER, NULL, 0, doc, true}, err);
}

int ls_reader_find(const ls_reader *r, const char *id, size_t len, uint64_t *doc, ls_error *err)
{
    return number(r, (wanted){BY_ID, id, len, 0, false}, doc, err);
}

int ls_reader_find_guid(const ls_reader *r, const char *guid, size_t len, uint64_t *doc, ls_error *err)
{
    return number(r, (wanted){BY_GUID, guid, len, 0, false}, doc, err);
}

int ls_reader_next(const ls_reader *r, uint64_t *doc, ls_error *err)
{
    return number(r, (wanted){BY_ORDER, NULL, 0, doc ? *doc : 0, false}, doc, err);
}

/* ---- tombstones ---- */

static int give(int rc, const lsi_tomb *t, ls_tombstone *out, ls_error *err)
{
    ls_tombstone own = {0};
    if (!rc)
        own = (ls_tombstone){.id = t->id_len ? t->id : NULL,
                             .guid = t->guid_len ? t->guid : NULL,
                             .reason = t->reason_len ? t->reason : NULL,
                             .version = t->version,
                             .time = t->time,
                             .id_len = t->id_len,
                             .guid_len = t->guid_len,
                             .reason_len = t->reason_len};
    lsi_args_return(out, &own, sizeof own);
    return lsi_args_code(rc, err);
}

static int find_tomb(const ls_reader *r, ls_tombstone *out, lsi_tomb_key key, const char *name, size_t len,
                     ls_error *err)
{
    lsi_tomb t;
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (!rc) rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_args_given(name, key == LSI_TOMB_ID ? "id" : "guid", err);
    return rc ? rc : give(lsi_tombs_find(r->snap->tombs, key, name, len, &t, err), &t, out, err);
}

int ls_reader_tombstone(const ls_reader *r, ls_tombstone *out, const char *id, size_t len, ls_error *err)
{
    return find_tomb(r, out, LSI_TOMB_ID, id, len, err);
}

int ls_reader_tombstone_guid(const ls_reader *r, ls_tombstone *out, const char *guid, size_t len, ls_error *err)
{
    return find_tomb(r, out, LSI_TOMB_GUID, guid, len, err);
}

int ls_reader_tombstone_at(const ls_reader *r, size_t i, ls_tombstone *out, ls_error *err)
{
    lsi_tomb t;
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (!rc) rc = lsi_args_given(r, "reader", err);
    return rc ? rc : give(lsi_tombs_at(r->snap->tombs, i, &t, err), &t, out, err);
}
