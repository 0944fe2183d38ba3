/* reader.c — the public reader: checks arguments, calls down. */
#include "libsearch/api/args.h"
#include "libsearch/index/snapshot.h"

int ls_reader_open(ls_reader **out, const char *path, const ls_reader_options *o, ls_error *err)
{
    ls_reader_options own;
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    *out = NULL;
    rc = lsi_args_given(path, "path", err);
    if (!rc) rc = lsi_args_options(&own, sizeof own, o, "ls_reader_options", err);
    if (!rc && own.flags & ~(unsigned)LS_READER_NO_MMAP)
        rc = lsi_fail(err, LS_INVALID, "flags 0x%x: unknown ones are set", own.flags);
    return lsi_args_code(rc ? rc : lsi_reader_open(out, path, !(own.flags & LS_READER_NO_MMAP), err), err);
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

void ls_reader_close(ls_reader *r)
{
    lsi_reader_close(r);
}

const ls_schema *ls_reader_schema(const ls_reader *r)
{
    return r ? r->snap->schema : NULL;
}

int ls_reader_stats(const ls_reader *r, ls_stats *out, ls_error *err)
{
    ls_stats own;
    lsi_error_clear(err);
    int rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    rc = lsi_reader_stats(r, &own, err);
    if (rc) memset(&own, 0, sizeof own);
    lsi_args_return(out, &own, sizeof own);
    return lsi_args_code(rc, err);
}

static int read_doc(ls_doc **out, const ls_reader *r, size_t segment, lsi_doc local, ls_error *err)
{
    int rc = lsi_doc_new(out, err);
    if (!rc) rc = lsi_segment_doc(r->snap->segments[segment].seg, local, *out, err);
    if (rc) {
        lsi_doc_free(*out);
        *out = NULL;
    }
    return lsi_args_code(rc, err);
}

int ls_get(ls_doc **out, const ls_reader *r, const char *id, size_t len, ls_error *err)
{
    size_t segment;
    lsi_doc local;
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    *out = NULL;
    rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_args_given(id, "id", err);
    if (!rc) rc = lsi_snapshot_find(r->snap, (const uint8_t *)id, len, &segment, &local, err);
    return lsi_args_code(rc ? rc : read_doc(out, r, segment, local, err), err);
}

int ls_reader_find(const ls_reader *r, const char *id, size_t len, uint64_t *doc, ls_error *err)
{
    size_t segment;
    lsi_doc local;
    lsi_error_clear(err);
    int rc = lsi_args_given(doc, "doc", err);
    if (rc) return rc;
    *doc = 0;
    rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_args_given(id, "id", err);
    if (!rc) rc = lsi_snapshot_find(r->snap, (const uint8_t *)id, len, &segment, &local, err);
    if (!rc) *doc = r->snap->segments[segment].base + local;
    return lsi_args_code(rc, err);
}

int ls_reader_next(const ls_reader *r, uint64_t *doc, ls_error *err)
{
    lsi_error_clear(err);
    int rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_args_given(doc, "doc", err);
    if (rc) return rc;
    const lsi_snapshot *s = r->snap;
    uint64_t next = *doc + 1; /* UINT64_MAX: 0 */
    for (size_t i = 0; i < s->count; i++) {
        const lsi_snapshot_segment *x = &s->segments[i];
        for (; next < x->base + x->seg->doc_count; next++) {
            if (lsi_live_is_deleted(x->live, (lsi_doc)(next - x->base))) continue;
            *doc = next;
            return LS_OK;
        }
    }
    *doc = 0;
    return lsi_fail(err, LS_NOTFOUND, "there are no more documents");
}

int ls_reader_doc(ls_doc **out, const ls_reader *r, uint64_t doc, ls_error *err)
{
    size_t segment;
    lsi_doc local;
    lsi_error_clear(err);
    int rc = lsi_args_given(out, "out", err);
    if (rc) return rc;
    *out = NULL;
    rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_snapshot_locate(r->snap, doc, &segment, &local, err);
    return lsi_args_code(rc ? rc : read_doc(out, r, segment, local, err), err);
}

int ls_reader_find_guid(const ls_reader *r, const char *guid, size_t len, uint64_t *doc, ls_error *err)
{
    size_t segment;
    lsi_doc local;
    lsi_error_clear(err);
    int rc = lsi_args_given(doc, "doc", err);
    if (rc) return rc;
    *doc = 0;
    rc = lsi_args_given(r, "reader", err);
    if (!rc) rc = lsi_args_given(guid, "guid", err);
    if (!rc) rc = lsi_snapshot_find_guid(r->snap, guid, len, &segment, &local, err);
    if (!rc) *doc = r->snap->segments[segment].base + local;
    return lsi_args_code(rc, err);
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
