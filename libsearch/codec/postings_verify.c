/* postings_verify.c — owns the walk that believes nothing of a list: order and ranges (the reader checks them), and
 * that facts, record, ranges and norms agree with the documents. The bytes are told in postings.c. */
#include "libsearch/codec/postings.h"
#include "libsearch/util/alloc.h"

static int wrong(const lsi_postings *p, ls_error *err, const char *expected)
{
    return lsi_section_corrupt(p->at.blocks, p->list.blocks_offset, err, expected);
}

static int verify_block(lsi_postings *p, uint32_t b, const lsi_impact_model *model, uint64_t *cf, uint8_t *seen,
                        ls_error *err)
{
    int rc = lsi_postings_block(p, b, err);
    if (!rc) rc = lsi_postings_tf(p, err);
    if (rc) return rc;
    if (lsi_get32(p->cum_le + 4 * (size_t)b) != *cf) return wrong(p, err, "the sum of the counts before a block");
    for (uint32_t i = 0; i < p->n; i++) {
        lsi_doc d = p->docs[i];
        if (p->counts[i] - 1 >= LSI_COUNT_MAX || p->tf[i] - 1 >= LSI_COUNT_MAX)
            return wrong(p, err, "counts of at least 1");
        *cf += p->counts[i];
        uint8_t impact = model && model->norms ? lsi_impact(p->tf[i], model->k[model->norms[d]]) : 1;
        if (impact > p->impact[b]) return wrong(p, err, "a bound no smaller than the impacts of a block");
        if (!seen) continue; /* the list has no ranges */
        if (impact > p->ranges[d >> LSI_RANGE_SHIFT]) return wrong(p, err, "a bound no smaller than those of a range");
        seen[d >> LSI_RANGE_SHIFT] = 1;
    }
    if (p->impact[b] > p->list.max_impact) return wrong(p, err, "the largest impact of a list");
    return LS_OK;
}

int lsi_postings_verify(const lsi_postings_sections *at, const lsi_list *list, const lsi_impact_model *model,
                        ls_error *err)
{
    int rc;
    uint64_t cf = 0;
    uint8_t *seen = NULL;
    lsi_postings *p = lsi_malloc(sizeof *p);
    if (!p) return lsi_fail_nomem(err);
    if ((rc = lsi_postings_open(p, at, list, err))) goto out;
    if (p->ranges && !(seen = lsi_calloc(p->range_count, 1))) {
        rc = lsi_fail_nomem(err);
        goto out;
    }
    for (uint32_t b = 0; b < p->block_count; b++)
        if ((rc = verify_block(p, b, model, &cf, seen, err))) goto out;
    if (cf != list->cf) rc = wrong(p, err, "the sum of all counts");
    for (uint32_t r = 0; !rc && seen && r < p->range_count; r++)
        if (!seen[r] != !p->ranges[r]) rc = wrong(p, err, "0 for just those ranges that have no document");
out:
    lsi_free(seen);
    lsi_free(p);
    return rc;
}
