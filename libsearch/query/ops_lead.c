/* ops_lead.c — owns the windows of an AND of words of which one is rare: its documents there are met with the other
 * lists (probe.c), the next rarest first, instead of setting the bits of every list. Only the documents are asked for,
 * no scores. What else must hold (sets, ranges) is asked for last, where anything is left. It does not know trees. */
#include "libsearch/query/ops.h"
#include "libsearch/query/probe.h"

#define RARE 96u /* documents of the rarest word in a window: more, and bits are set as quickly */

typedef struct lsi_lead {
    lsi_probe probe;
    uint32_t docs[LSI_WINDOW_DOCS];
} lsi_lead;

static bool one_list(const lsi_op *op)
{
    return op->type == LSI_OP_TERM && op->cursor_count == 1;
}

bool lsi_lead_can(const lsi_plan *p, const lsi_op *op)
{
    uint64_t rarest = UINT64_MAX;
    uint32_t words = 0;
    for (uint32_t i = 0; i < op->kid_count; i++) {
        const lsi_op *kid = op->kids[i];
        if (!one_list(kid)) {
            if (kid->type != LSI_OP_SET && kid->type != LSI_OP_RANGE) return false;
            continue;
        }
        rarest = LSI_MIN(rarest, (uint64_t)kid->cursors[0].p.list.df);
        words++;
    }
    return words > 1 && rarest * LSI_WINDOW_DOCS < RARE * (uint64_t)p->seg->seg->doc_count;
}

/* The words' cursors, the rarest of the segment first. */
static uint32_t sort_words(const lsi_op *op, lsi_cursor **c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < op->kid_count; i++) {
        if (!one_list(op->kids[i])) continue;
        lsi_cursor *x = &op->kids[i]->cursors[0];
        uint32_t j = n++;
        for (; j && c[j - 1]->p.list.df > x->p.list.df; j--) c[j] = c[j - 1];
        c[j] = x;
    }
    return n;
}

/* The documents of [lo, hi) that a list has, among those of `within` (NULL: all). */
static int gather(lsi_cursor *c, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint32_t *docs, uint32_t *n,
                  ls_error *err)
{
    *n = 0;
    for (lsi_doc d = lo; d < hi;) {
        int rc = lsi_cursor_seek(c, d, &d, err);
        if (rc || d >= hi) return rc;
        const lsi_postings *p = &c->p;
        uint32_t i = c->at;
        for (; i < p->n && p->docs[i] < hi; i++) {
            uint32_t in = p->docs[i] - lo;
            docs[*n] = p->docs[i];
            *n += within ? (uint32_t)(within[in >> 6] >> (in & 63) & 1) : 1;
        }
        d = p->docs[i - 1] + 1;
        c->at = i - 1;
    }
    return LS_OK;
}

int lsi_lead_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                    ls_error *err)
{
    lsi_arena *a = &p->scratch->arena;
    if (!p->lead) p->lead = lsi_arena_zalloc(a, sizeof *p->lead);
    if (!op->lead_order) op->lead_order = lsi_arena_alloc(a, op->kid_count * sizeof(lsi_cursor *));
    if (!p->lead || !op->lead_order) return lsi_fail_nomem(err);
    uint32_t words = sort_words(op, op->lead_order), n, *docs = p->lead->docs;
    memset(bits, 0, LSI_WINDOW_WORDS * sizeof *bits);
    int rc = gather(op->lead_order[0], lo, hi, within, docs, &n, err);
    for (uint32_t k = 1; !rc && n && k < words; k++)
        rc = lsi_probe_keep(&p->lead->probe, op->lead_order[k], docs, &n, false, err);
    for (uint32_t j = 0; j < n; j++) bits[(docs[j] - lo) >> 6] |= 1ull << ((docs[j] - lo) & 63);
    for (uint32_t i = 0; !rc && n && i < op->kid_count; i++) {
        if (one_list(op->kids[i])) continue;
        rc = lsi_op_window(p, op->kids[i], lo, hi, bits, op->bits, NULL, err);
        if (!rc) memcpy(bits, op->bits, LSI_WINDOW_WORDS * sizeof *bits);
    }
    return rc;
}
