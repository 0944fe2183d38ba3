/* existing.c — owns the look for what the index has by a name: in memory first, then in the segments from the newest.
 * Ignorant of what is done with it.
 *
 * An id is held by at most one live document, and so is a guid: whoever adds one takes both names from whoever had them
 * (edits.c). So the first that is found is the only one. */
#include "libsearch/index/writer_state.h"

static int read_facts(lsi_existing *x, ls_error *err)
{
    const lsi_column *versions = &x->seg->seg->versions;
    bool has;
    int rc = lsi_segment_doc_hash(x->seg->seg, x->doc, &x->hash, err);
    if (!rc) rc = lsi_column_get(versions, x->doc, &has, &x->version, err);
    if (rc || has) return rc;
    return lsi_section_corrupt(versions->section, versions->offset, err, "a version for each document");
}

static bool take_pending(const ls_writer *w, bool by_guid, const void *name, size_t len, lsi_existing *x)
{
    lsi_heap *heap;
    uint32_t n;
    if (!lsi_crew_find(w, by_guid, name, len, &heap, &n)) return false;
    const lsi_pending *p = &heap->pending[n];
    *x = (lsi_existing){true, true, heap, n, NULL, p->doc, p->hash, p->version};
    return true;
}

int lsi_existing_by_id(ls_writer *w, const uint8_t *id, size_t len, lsi_existing *x, ls_error *err)
{
    memset(x, 0, sizeof *x);
    if (!len || take_pending(w, false, id, len, x)) return LS_OK;
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

int lsi_existing_by_guid(ls_writer *w, const char *guid, size_t len, lsi_existing *x, ls_error *err)
{
    memset(x, 0, sizeof *x);
    if (!len || take_pending(w, true, guid, len, x)) return LS_OK;
    for (size_t i = w->count; i--;) {
        const lsi_wseg *s = &w->segs[i];
        const uint64_t *deleted = s->bits ? s->bits : s->live ? s->live->deleted : NULL;
        int rc = lsi_segment_find_guid(s->seg, guid, len, deleted, &x->doc, err);
        if (rc) return rc;
        if (x->doc == LSI_DOC_END) continue;
        x->found = true;
        x->seg = &w->segs[i];
        return read_facts(x, err);
    }
    return LS_OK;
}

bool lsi_existing_same(const lsi_existing *a, const lsi_existing *b)
{
    if (!a->found || !b->found || a->in_memory != b->in_memory) return false;
    return a->in_memory ? a->heap == b->heap && a->number == b->number : a->seg == b->seg && a->doc == b->doc;
}

int lsi_existing_read(const lsi_existing *x, ls_doc **scratch, ls_error *err)
{
    int rc = *scratch ? LS_OK : lsi_doc_new(scratch, err);
    if (rc) return rc;
    if (!x->in_memory) return lsi_segment_doc(x->seg->seg, x->doc, *scratch, err);
    return lsi_heap_doc(x->heap, x->number, *scratch, err);
}

int lsi_existing_id(const lsi_existing *x, const uint8_t **id, size_t *len, ls_error *err)
{
    if (!x->in_memory) {
        int rc = lsi_ids_get(&x->seg->seg->ids, x->doc, id, len, err);
        return rc || *len <= LSI_ID_MAX ? rc : lsi_section_corrupt(x->seg->seg->ids.bytes, 0, err, "ids of 128 bytes");
    }
    *id = lsi_heap_id(x->heap, x->number, len);
    return LS_OK;
}

int lsi_existing_prepare(const lsi_existing *x, ls_error *err)
{
    if (!x->found) return LS_OK;
    if (x->in_memory) return lsi_heap_prepare_delete(x->heap, x->number) ? LS_OK : lsi_fail_nomem(err);
    return lsi_wseg_make_bits(x->seg, err);
}

void lsi_existing_delete(const lsi_existing *x)
{
    if (!x->found) return;
    if (x->in_memory) lsi_heap_delete(x->heap, x->number);
    else if (!lsi_wseg_is_deleted(x->seg, x->doc)) lsi_wseg_delete(x->seg, x->doc, NULL); /* its bits are there */
}
