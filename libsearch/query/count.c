/* count.c — owns the counting of documents that hold all of some words and none of others, or a phrase or near alone,
 * where no score is asked for.
 *
 * The rarest list leads, block by block: its documents are asked for in each other list in rising order of frequency,
 * then in those excluded; what is left is counted. Where the rarest word stands in more than a sixteenth of a segment's
 * documents, windows of bits (exec.c) count quicker. Words that only add to a score are not looked at.
 * Invariant: the lists' cursors only move forward. It does not know scores or conditions on columns. */
#include "libsearch/query/exec.h"
#include "libsearch/query/probe.h"

#define DENSE 16u /* one of so many documents */

static bool plain(const lsi_op *op)
{
    return op->type == LSI_OP_TERM && op->cursor_cap == 1 && !op->main;
}

bool lsi_exec_can_count(const lsi_plan *p)
{
    const lsi_op *root = p->root;
    if (p->range_count || p->query->exclude_doc != UINT64_MAX) return false;
    if (root->type != LSI_OP_AND) return root->type == LSI_OP_SPAN;
    for (uint32_t i = 0; i < root->kid_count + root->not_count; i++) {
        if (!root->kids[i]->optional && !plain(root->kids[i])) return false;
    }
    return true;
}

static int count_block(lsi_plan *p, lsi_probe *probe, lsi_op *lead, uint32_t b, uint64_t *total, ls_error *err)
{
    const lsi_op *root = p->root;
    lsi_postings *l = &lead->cursors[0].p;
    lsi_doc docs[LSI_BLOCK_DOCS];
    int rc = lsi_postings_block(l, b, err);
    if (rc) return rc;
    uint32_t n = l->n, kept = 0;
    memcpy(docs, l->docs, n * sizeof *docs);
    for (uint32_t i = 1; !rc && n && i < root->kid_count + root->not_count; i++) {
        lsi_op *op = root->kids[i];
        if (!op->optional && !op->empty)
            rc = lsi_probe_keep(probe, &op->cursors[0], docs, &n, i >= root->kid_count, err);
    }
    for (uint32_t i = 0; i < n; i++) kept += lsi_live_is_deleted(p->seg->live, docs[i]) ? 0 : 1;
    *total += kept;
    return rc;
}

static int on_window(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                     ls_error *err)
{
    uint64_t *total = ctx;
    (void)seg, (void)lo, (void)hi, (void)scores, (void)err;
    *total += lsi_window_count(bits);
    return LS_OK;
}

static int count_segment(lsi_plan *p, lsi_probe *probe, size_t seg, uint64_t *total, ls_error *err)
{
    const lsi_exec_sink sink = {.ctx = total, .window = on_window};
    int rc = lsi_exec_open(p, seg, err);
    if (rc || p->root->empty) return rc;
    if (p->root->type == LSI_OP_SPAN) return lsi_exec_segment(p, &sink, seg, NULL, err);
    lsi_op *lead = p->root->kids[0]; /* the rarest of the snapshot: see sort_kids */
    const lsi_postings *l = &lead->cursors[0].p;
    if ((uint64_t)l->list.df * DENSE > p->seg->seg->doc_count) return lsi_exec_segment(p, &sink, seg, NULL, err);
    for (uint32_t b = 0; !rc && b < l->block_count; b++) {
        rc = count_block(p, probe, lead, b, total, err);
        if (!rc && (b & 15) == 15) rc = lsi_op_poll(p, err);
    }
    return rc;
}

int lsi_exec_count(lsi_plan *p, uint64_t *total, ls_error *err)
{
    lsi_probe *probe = lsi_arena_zalloc(&p->scratch->arena, sizeof *probe);
    *total = 0;
    if (!probe) return lsi_fail_nomem(err);
    for (size_t seg = 0; seg < p->snap->count; seg++) {
        int rc = count_segment(p, probe, seg, total, err);
        if (rc) return rc;
    }
    return LS_OK;
}
