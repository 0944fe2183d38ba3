/* ops.c — owns the trees of operators: opening, skipping ahead and the windows of AND, OR, ALL, ranges and sets.
 *
 * Every operator answers a window with a bit for each match and, where asked, a score beside it. Scores are defined
 * only where the bit is set: nobody clears an array of floats. An AND asks its kids in turn, each among what the
 * kids before left over; an OR adds its kids' scores where they match. This is the plain engine that is right for
 * every tree; the quicker ones (top.c and its files) must give the same bits. It does not know results. */
#include "libsearch/query/ops.h"
#include "libsearch/query/ranges.h"
#include "libsearch/query/spans.h"
#include "libsearch/util/simd.h"

int lsi_op_poll(lsi_plan *p, ls_error *err)
{
    return lsi_resolve_poll(&p->resolver, err);
}

static uint32_t count_plain(const uint64_t *bits)
{
    uint32_t n = 0;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) n += lsi_popcount64(bits[w]);
    return n;
}

#if LSI_SIMD_X86 && defined(__x86_64__)
/* Every processor with AVX2 has the instruction; without leave to use it the compiler calls a function a word. */
LSI_TARGET("popcnt") static uint32_t count_popcnt(const uint64_t *bits)
{
    uint64_t n = 0;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) n += (uint64_t)__builtin_popcountll(bits[w]);
    return (uint32_t)n;
}
#else
#define count_popcnt count_plain
#endif

uint32_t lsi_window_count(const uint64_t *bits)
{
    return lsi_simd_level() >= LSI_SIMD_AVX2 ? count_popcnt(bits) : count_plain(bits);
}

static bool any_bit(const uint64_t *bits)
{
    uint64_t x = 0;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) x |= bits[w];
    return x != 0;
}

int lsi_op_norms(lsi_plan *p, lsi_op *op, ls_error *err)
{
    ls_error why = {0};
    if (op->list < p->seg->seg->list_count) op->norms = lsi_segment_norms(p->seg->seg, op->list, &why);
    op->empty |= !op->norms; /* the segment has nothing of this field: it may be younger than the segment */
    if (why.code && err) *err = why;
    return why.code;
}

static int open_kids(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err)
{
    bool all = true, none = true;
    for (uint32_t i = 0; i < op->kid_count + op->not_count; i++) {
        int rc = lsi_op_open(p, op->kids[i], seg, err);
        if (rc) return rc;
        if (i >= op->kid_count) continue;
        all &= !op->kids[i]->empty;
        none &= op->kids[i]->empty;
        if (op->type == LSI_OP_AND && op->kids[i]->empty) break; /* the rest need not be opened */
    }
    op->empty = op->type == LSI_OP_AND ? !all : none;
    return LS_OK;
}

int lsi_op_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err)
{
    p->seg = &p->snap->segments[seg];
    p->regions_doc = LSI_DOC_END;
    op->empty = false;
    switch (op->type) {
    case LSI_OP_NONE:
        op->empty = true;
        return LS_OK;
    case LSI_OP_ALL:
        return LS_OK;
    case LSI_OP_TERM:
        return lsi_term_open(p, op, seg, err);
    case LSI_OP_SPAN: {
        op->norms = NULL;
        int rc = lsi_span_open(p, op->span, seg, &op->empty, err);
        if (rc || op->empty || op->constant || !op->scores) return rc;
        return lsi_op_norms(p, op, err);
    }
    case LSI_OP_SET:
        return lsi_set_open(p, op, seg, err);
    case LSI_OP_RANGE:
        if (op->field == LSI_FIELD_WORDS) return LS_OK;
        op->empty = (uint32_t)op->field >= p->seg->seg->field_count || !p->seg->seg->columns[op->field].section;
        op->kept = op->empty ? NULL : lsi_ranges_keep(p, op);
        return LS_OK;
    case LSI_OP_AND:
    case LSI_OP_OR:
        return open_kids(p, op, seg, err);
    }
    return LS_OK;
}

void lsi_op_rewind(lsi_op *op)
{
    if (op->empty) return; /* perhaps not opened to its leaves */
    for (uint32_t i = 0; i < op->kid_count + op->not_count; i++) lsi_op_rewind(op->kids[i]);
    if (op->type == LSI_OP_SPAN) lsi_span_rewind(op->span);
    for (uint32_t i = 0; op->type == LSI_OP_TERM && i < op->cursor_count; i++) {
        if (op->cursors[i].p.list.df) lsi_cursor_rewind(&op->cursors[i]);
    }
}

static int next_kids(lsi_plan *p, lsi_op *op, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    bool is_and = op->type == LSI_OP_AND;
    lsi_doc best = is_and ? doc : LSI_DOC_END;
    for (uint32_t i = 0; i < op->kid_count; i++) {
        lsi_doc d;
        if (is_and && op->kids[i]->optional) continue;
        int rc = lsi_op_next(p, op->kids[i], is_and ? best : doc, &d, err);
        if (rc) return rc;
        best = is_and ? LSI_MAX(best, d) : LSI_MIN(best, d);
        if (is_and && d == LSI_DOC_END) break;
    }
    *out = best;
    return LS_OK;
}

int lsi_op_next(lsi_plan *p, lsi_op *op, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    *out = LSI_DOC_END;
    if (op->empty || doc >= p->seg->seg->doc_count) return LS_OK;
    switch (op->type) {
    case LSI_OP_NONE:
        return LS_OK;
    case LSI_OP_TERM:
        return lsi_term_next(op, doc, out);
    case LSI_OP_SPAN:
        return lsi_span_may(p, op->span, doc, out, err);
    case LSI_OP_AND:
    case LSI_OP_OR:
        return next_kids(p, op, doc, out, err);
    case LSI_OP_SET:
        for (size_t w = doc >> 6; w < op->set_words; w++) {
            uint64_t x = op->set[w];
            if (w == doc >> 6) x &= ~0ull << (doc & 63);
            if (!x) continue;
            *out = (lsi_doc)(w * 64 + lsi_ctz64(x));
            return LS_OK;
        }
        return LS_OK;
    case LSI_OP_RANGE:
        return lsi_range_next(p, op, doc, out, err);
    case LSI_OP_ALL:
        *out = doc;
        return LS_OK;
    }
    return LS_OK;
}

static void fill_constant(const lsi_op *op, const uint64_t *bits, float *scores, float magic)
{
    float x = op->scores ? lsi_bm25_round(op->w, magic) : 0.0f;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t b = bits[w]; b; b &= b - 1) scores[w * 64 + lsi_ctz64(b)] = x;
    }
}

static void all_bits(lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits)
{
    uint32_t n = hi - lo;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        uint64_t x = w * 64 >= n ? 0 : n - w * 64 >= 64 ? ~0ull : ~0ull >> (64 - (n - w * 64));
        bits[w] = within ? x & within[w] : x;
    }
}

/* Adds a kid's scores to the sum: where both have a bit; first: the sum is not there yet. */
static void add_scores(float *sum, const float *kid, const uint64_t *bits, bool first)
{
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t b = bits[w]; b; b &= b - 1) {
            uint32_t d = w * 64 + lsi_ctz64(b);
            sum[d] = first ? kid[d] : sum[d] + kid[d];
        }
    }
}

static void zero_scores(float *sum, const uint64_t *bits)
{
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t b = bits[w]; b; b &= b - 1) sum[w * 64 + lsi_ctz64(b)] = 0.0f;
    }
}

static int window_and(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                      float *scores, ls_error *err)
{
    bool summed = false, lead = !scores && lsi_lead_can(p, op);
    if (lead) {
        int rc = lsi_lead_window(p, op, lo, hi, within, bits, err);
        if (rc || !any_bit(bits)) return rc;
    }
    for (uint32_t i = 0; !lead && i < op->kid_count; i++) {
        lsi_op *kid = op->kids[i];
        bool scored = scores && kid->scores;
        if (kid->optional && !scored) continue; /* never the first: it costs most */
        uint64_t *out = i ? op->bits : bits;
        int rc = lsi_op_window(p, kid, lo, hi, i ? bits : within, out,
                               scored ? (summed ? op->scores_tmp : scores) : NULL, err);
        if (rc) return rc;
        if (i) memcpy(bits, op->bits, LSI_WINDOW_WORDS * sizeof *bits);
        if (!any_bit(bits)) return LS_OK;
        if (scored && summed) add_scores(scores, op->scores_tmp, bits, false);
        summed |= scored;
    }
    for (uint32_t i = op->kid_count; i < op->kid_count + op->not_count; i++) {
        if (op->kids[i]->empty) continue;
        int rc = lsi_op_window(p, op->kids[i], lo, hi, bits, op->bits, NULL, err);
        if (rc) return rc;
        for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) bits[w] &= ~op->bits[w];
    }
    if (scores && !summed) zero_scores(scores, bits);
    return LS_OK;
}

static int window_or(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                     float *scores, ls_error *err)
{
    uint64_t fresh[LSI_WINDOW_WORDS];
    bool gathered = false;
    memset(bits, 0, LSI_WINDOW_WORDS * sizeof *bits);
    for (uint32_t i = 0; i < op->kid_count; i++) {
        lsi_op *kid = op->kids[i];
        if (kid->empty) continue;
        if (!scores && !within && kid->type == LSI_OP_TERM && kid->cursor_count == 1) {
            int rc = lsi_term_gather(p, kid, lo, hi, bits, err);
            if (rc) return rc;
            gathered = true;
            continue;
        }
        bool scored = scores && kid->scores;
        if (gathered) lsi_window_fold(p, bits); /* the map is for the next kid to use */
        gathered = false;
        int rc = lsi_op_window(p, kid, lo, hi, within, op->bits, scored ? op->scores_tmp : NULL, err);
        if (rc) return rc;
        if (!scores) {
            for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) bits[w] |= op->bits[w];
            continue;
        }
        for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
            fresh[w] = op->bits[w] & ~bits[w];
            op->bits[w] &= bits[w];
            bits[w] |= fresh[w];
        }
        if (scored) {
            add_scores(scores, op->scores_tmp, op->bits, false);
            add_scores(scores, op->scores_tmp, fresh, true);
        } else {
            zero_scores(scores, fresh);
        }
    }
    if (gathered) lsi_window_fold(p, bits);
    return LS_OK;
}

static int window_range(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                        ls_error *err)
{
    int rc = lsi_range_window(p, op, lo, hi, bits, NULL, err);
    for (uint32_t w = 0; within && w < LSI_WINDOW_WORDS; w++) bits[w] &= within[w];
    return rc;
}

int lsi_op_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                  float *scores, ls_error *err)
{
    int rc = LS_OK;
    if (op->empty) {
        memset(bits, 0, LSI_WINDOW_WORDS * sizeof *bits);
        return LS_OK;
    }
    switch (op->type) {
    case LSI_OP_TERM:
        return lsi_term_window(p, op, lo, hi, within, bits, op->scores ? scores : NULL, err);
    case LSI_OP_SPAN:
        return lsi_span_window(p, op, lo, hi, within, bits, scores, err);
    case LSI_OP_AND:
        return window_and(p, op, lo, hi, within, bits, scores, err);
    case LSI_OP_OR:
        return window_or(p, op, lo, hi, within, bits, scores, err);
    case LSI_OP_NONE:
        memset(bits, 0, LSI_WINDOW_WORDS * sizeof *bits);
        break;
    case LSI_OP_ALL:
        all_bits(lo, hi, within, bits);
        break;
    case LSI_OP_SET:
        all_bits(lo, hi, within, bits);
        for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++)
            bits[w] &= lo / 64 + w < op->set_words ? op->set[lo / 64 + w] : 0;
        break;
    case LSI_OP_RANGE:
        rc = window_range(p, op, lo, hi, within, bits, err);
        break;
    }
    if (!rc && scores) fill_constant(op, bits, scores, p->magic);
    return rc;
}
