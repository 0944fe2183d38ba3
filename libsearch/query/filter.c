/* filter.c — owns the joining of conditions into one set of bits.
 *
 * A window of 4,096 documents is joined when it is first asked for as a whole, or when ALONE of its documents were asked
 * for one by one: a rare word comes to few of them, and a column tells the value of one document without unpacking its
 * block. So the engines that look for the best may ask for a document where that saves the most, before they read or
 * score anything of it, and pay for no more than they come to.
 * Invariant: bits of a window stand where asked[] says so. Words among the root's kids are not its own:
 * their lists are asked by the engines. It does not know columns, sets or scores. */
#include "libsearch/query/filter.h"
#include "libsearch/query/ops.h"
#include "libsearch/query/ranges.h"

#define ALONE 24u

bool lsi_filter_can(const lsi_op *op)
{
    return !op->scores && (op->type == LSI_OP_SET || (op->type == LSI_OP_RANGE && op->field >= 0));
}

int lsi_filter_make(lsi_filter *f, lsi_plan *p, ls_error *err)
{
    const lsi_op *root = p->root;
    lsi_arena *a = &p->scratch->arena;
    uint32_t most = 0, kids = root->type == LSI_OP_AND ? root->kid_count : 0;
    uint32_t nots = root->type == LSI_OP_AND ? root->not_count : 0;
    memset(f, 0, sizeof *f);
    f->plan = p;
    if (kids + nots + p->range_count == 0) return LS_OK;
    f->ops = lsi_arena_alloc(a, (kids + nots + p->range_count) * sizeof(lsi_op *));
    if (!f->ops) return lsi_fail_nomem(err);
    for (uint32_t i = 0; i < kids; i++) {
        if (lsi_filter_can(root->kids[i])) f->ops[f->must_count++] = root->kids[i];
    }
    for (uint32_t i = 0; i < p->range_count; i++) f->ops[f->must_count++] = p->ranges[i];
    for (uint32_t i = 0; i < nots; i++) {
        if (lsi_filter_can(root->kids[kids + i])) f->ops[f->must_count + f->not_count++] = root->kids[kids + i];
    }
    f->on = f->must_count + f->not_count > 0;
    if (!f->on) return LS_OK;
    for (size_t s = 0; s < p->snap->count; s++) most = LSI_MAX(most, p->snap->segments[s].seg->doc_count);
    size_t windows = (size_t)most / LSI_WINDOW_DOCS + 1;
    f->bits = lsi_arena_alloc(a, windows * LSI_WINDOW_WORDS * sizeof *f->bits);
    f->asked = lsi_arena_alloc(a, windows);
    return f->bits && f->asked ? LS_OK : lsi_fail_nomem(err);
}

void lsi_filter_open(lsi_filter *f)
{
    if (f->on) memset(f->asked, 0, f->plan->seg->seg->doc_count / LSI_WINDOW_DOCS + 1);
}

int lsi_filter_window(lsi_filter *f, lsi_doc doc, const uint64_t **bits, ls_error *err)
{
    lsi_doc lo = doc & ~(LSI_WINDOW_DOCS - 1), hi = LSI_MIN(f->plan->seg->seg->doc_count - lo, LSI_WINDOW_DOCS) + lo;
    uint64_t *all = f->bits + lo / 64, one[LSI_WINDOW_WORDS];
    *bits = all;
    if (f->asked[lo / LSI_WINDOW_DOCS] == LSI_FILTER_READY) return LS_OK;
    memset(all, 0xFF, sizeof one);
    for (uint32_t i = 0; i < f->must_count + f->not_count; i++) {
        uint64_t not = i < f->must_count ? 0 : ~0ull;
        int rc = lsi_op_window(f->plan, f->ops[i], lo, hi, NULL, one, NULL, err);
        if (rc) return rc;
        for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) all[w] &= one[w] ^ not ;
    }
    f->asked[lo / LSI_WINDOW_DOCS] = LSI_FILTER_READY;
    return LS_OK;
}

/* Whether a document keeps one condition. */
static int holds(const lsi_plan *p, const lsi_op *op, lsi_doc doc, bool *yes, ls_error *err)
{
    *yes = false;
    if (op->empty) return LS_OK;
    if (op->type == LSI_OP_SET) {
        *yes = doc >> 6 < op->set_words && (op->set[doc >> 6] >> (doc & 63) & 1);
        return LS_OK;
    }
    const lsi_kept_range *k = op->kept;
    if (k && k->ready[doc / LSI_WINDOW_DOCS]) {
        *yes = k->bits[doc >> 6] >> (doc & 63) & 1;
        return LS_OK;
    }
    bool has = false;
    int64_t value = 0;
    int rc = lsi_column_get(&p->seg->seg->columns[op->field], doc, &has, &value, err);
    *yes = has && value >= op->from && value <= op->to;
    return rc;
}

int lsi_filter_ask(lsi_filter *f, lsi_doc doc, bool *yes, ls_error *err)
{
    const uint64_t *bits;
    uint8_t *asked = &f->asked[doc / LSI_WINDOW_DOCS];
    int rc = LS_OK;
    if (*asked >= ALONE) {
        rc = lsi_filter_window(f, doc, &bits, err);
        if (!rc) *yes = bits[doc % LSI_WINDOW_DOCS >> 6] >> (doc & 63) & 1;
        return rc;
    }
    ++*asked;
    *yes = true;
    for (uint32_t i = 0; !rc && *yes && i < f->must_count + f->not_count; i++) {
        bool held;
        rc = holds(f->plan, f->ops[i], doc, &held, err);
        *yes = held == (i < f->must_count);
    }
    return rc;
}

int lsi_filter_keep(lsi_filter *f, lsi_doc *docs, uint32_t *with, uint32_t *n, ls_error *err)
{
    uint32_t kept = 0;
    if (!f->on) return LS_OK;
    for (uint32_t i = 0; i < *n; i++) {
        bool yes;
        lsi_doc d = docs[i];
        int rc = lsi_filter_has(f, d, &yes, err);
        if (rc) return rc;
        docs[kept] = d;
        with[kept] = with[i];
        kept += yes;
    }
    *n = kept;
    return LS_OK;
}
