/* delete.c — owns delete by query: a snapshot of what a commit would make now, every match of the query in it noted,
 * and only then all of them deleted, for a snapshot must not change while it is searched. Knows no scores. */
#include "libsearch/result/delete.h"
#include "libsearch/util/alloc.h"

typedef struct noting {
    uint64_t **bits; /* one set for each segment */
} noting;

static int note_window(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                       ls_error *err)
{
    noting *n = ctx;
    (void)scores, (void)err;
    memcpy(n->bits[seg] + lo / 64, bits, ((size_t)(hi - lo) + 63) / 64 * sizeof *bits);
    return LS_OK;
}

static int find(noting *n, const lsi_snapshot *snap, const ls_query *q, lsi_scratch *s, ls_error *err)
{
    lsi_plan plan;
    const lsi_plan_options po = {.k1 = snap->schema->k1, .b = snap->schema->b};
    const lsi_exec_sink sink = {.ctx = n, .window = note_window};
    n->bits = lsi_arena_alloc(&s->arena, (snap->count + 1) * sizeof *n->bits);
    if (!n->bits) return lsi_fail_nomem(err);
    for (size_t i = 0; i < snap->count; i++) {
        n->bits[i] =
            lsi_arena_zalloc(&s->arena, ((size_t)snap->segments[i].seg->doc_count / 64 + 1) * sizeof **n->bits);
        if (!n->bits[i]) return lsi_fail_nomem(err);
    }
    int rc = lsi_plan_make(&plan, q, snap, s, &po, err);
    return rc ? rc : lsi_exec_all(&plan, &sink, NULL, err);
}

int lsi_delete_matches(ls_writer *w, const ls_query *q, uint64_t *deleted, ls_error *err)
{
    lsi_snapshot *snap = NULL;
    lsi_scratch *s = NULL;
    noting n = {NULL};
    uint64_t count = 0;
    int rc = lsi_writer_snapshot(w, &snap, err);
    if (!rc) rc = lsi_scratch_take(&s, NULL, err);
    if (!rc) rc = find(&n, snap, q, s, err);
    if (!rc) rc = lsi_writer_delete_many(w, snap, n.bits, &count, err);
    lsi_scratch_give(s, NULL);
    lsi_snapshot_release(snap);
    if (deleted) *deleted = rc ? 0 : count;
    return rc;
}
