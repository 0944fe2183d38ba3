/* ops_set.c — owns the operators that are decided without scores: bit sets made when a segment is opened (expanded
 * words, keywords, ids) and ranges over number columns.
 *
 * A set of a word's expansion takes whole lists where every form of a term counts, and looks at the form stream (and
 * at positions, for a field within the combined list) only for the others. A range looks at a block's smallest and
 * largest value first. It does not know trees. */
#include "libsearch/codec/pack.h"
#include "libsearch/query/ranges.h"
#include "libsearch/query/spans.h"

static void set_docs(lsi_op *op, const uint32_t *docs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) op->set[docs[i] >> 6] |= 1ull << (docs[i] & 63);
}

/* Documents that stand in the dictionary; false where there are others, or nonsense. */
static bool bits_inline(const lsi_plan *p, lsi_op *op, const lsi_list *list)
{
    if (!list->inline_count || list->inline_count > LSI_COUNTOF(list->inline_doc)) return false;
    for (uint32_t i = 0; i < list->inline_count; i++) {
        if (list->inline_doc[i] >= p->seg->seg->doc_count) return false;
    }
    set_docs(op, list->inline_doc, list->inline_count);
    return true;
}

/* Whether all documents of a block lie behind those that are wanted as yet. */
static bool is_behind(const lsi_op *op, const lsi_postings *l, uint32_t b)
{
    return op->set_until && b && lsi_postings_last(l, b - 1) + 1 >= op->set_until;
}

static int bits_of_list(lsi_plan *p, lsi_op *op, const lsi_list *list, ls_error *err)
{
    lsi_cursor *c = op->cursors;
    if (bits_inline(p, op, list)) return LS_OK;
    int rc = lsi_cursor_open(c, p->seg->seg, list, err);
    for (uint32_t b = 0; !rc && b < c->p.block_count && !is_behind(op, &c->p, b); b++) {
        bool done;
        rc = lsi_postings_set_bits(&c->p, b, 0, p->seg->seg->doc_count, op->set, &done, err);
        if (rc || done) continue;
        rc = lsi_postings_block(&c->p, b, err);
        if (!rc) set_docs(op, c->p.docs, c->p.n);
    }
    return rc;
}

/* Of n entries of a form stream, how many count up to and with each, on top of `sum`. No branch on what a form is. */
static uint32_t sum_allowed(const lsi_source *s, const uint32_t *forms, uint32_t n, uint32_t sum, uint32_t *sums)
{
    const uint64_t *allowed = s->allowed, first = allowed[0];
    uint32_t count = s->form_count;
    for (uint32_t j = 0; j < n && count <= 64; j++) {
        uint32_t form = forms[j];
        sums[j] = sum += (uint32_t)(first >> (form & 63) & 1) & (form < count ? 1u : 0u);
    }
    for (uint32_t j = 0; j < n && count > 64; j++) {
        uint32_t form = forms[j] < count ? forms[j] : count; /* allowed has a zero bit behind the last */
        sums[j] = sum += (uint32_t)(allowed[form >> 6] >> (form & 63) & 1);
    }
    return sum;
}

/* Documents of the present block with a form that counts, wherever it stands: by the form stream alone, a block of it
 * at a time. A document is one where the sum of what counts grows between its first entry and its last. */
static int bits_of_block(lsi_op *op, lsi_source *s, ls_error *err)
{
    const lsi_postings *l = &s->c.p;
    uint32_t forms[LSI_BLOCK_DOCS], sums[LSI_BLOCK_DOCS], total = lsi_pack_sum(l->counts, l->n), i = 0, n;
    uint32_t sum = 0, before = 0; /* of what counts: of all entries so far, of those before document i */
    uint64_t at = lsi_get32(l->cum_le + 4 * (size_t)l->block), end = l->counts[0]; /* of document i's entries */
    for (uint32_t done = 0; done < total; done += n) {
        n = (uint32_t)LSI_MIN((uint64_t)(total - done), LSI_BLOCK_DOCS - (at + done) % LSI_BLOCK_DOCS);
        int rc = lsi_stream_read(&s->forms, at + done, n, forms, err);
        if (rc) return rc;
        sum = sum_allowed(s, forms, n, sum, sums);
        while (i < l->n && end <= (uint64_t)done + n) {
            uint32_t now = sums[end - done - 1];
            op->set[l->docs[i] >> 6] |= (uint64_t)(now != before) << (l->docs[i] & 63);
            before = now;
            if (++i < l->n) end += l->counts[i];
        }
    }
    return LS_OK;
}

/* Documents with a form that counts, wherever it stands: through the one source of op->span. */
static int bits_of_source(lsi_plan *p, lsi_op *op, const lsi_pick *pick, ls_error *err)
{
    lsi_span *s = op->span;
    lsi_source *src = &s->sources[0];
    s->source_count = 1;
    int rc = lsi_source_open(p, src, pick, err);
    for (uint32_t b = 0; !rc && b < src->c.p.block_count && !is_behind(op, &src->c.p, b); b++) {
        rc = lsi_postings_block(&src->c.p, b, err);
        if (!rc) rc = lsi_postings_counts(&src->c.p, err);
        if (!rc) rc = bits_of_block(op, src, err);
        if (!rc && (b & 15) == 15) rc = lsi_op_poll(p, err);
    }
    return rc;
}

/* Documents with a form that counts, in one region of the combined list: each is asked where its words stand. A short
 * field has a list of its own, which few documents are in; the rest of the combined list need not be asked. */
static int bits_of_region(lsi_plan *p, lsi_op *op, const lsi_pick *pick, ls_error *err)
{
    lsi_span *s = op->span;
    lsi_cursor *c = &s->sources[0].c;
    lsi_list own;
    lsi_doc d = 0;
    int rc = LS_OK;
    if (!op->main && op->list != s->list) {
        rc = lsi_resolve_list(p->seg->seg, pick->ord, op->list, &own, err);
        if (rc || !own.df) return rc;
        c = op->cursors;
        rc = lsi_cursor_open(c, p->seg->seg, &own, err);
    }
    s->source_count = 1;
    if (!rc) rc = lsi_source_open(p, &s->sources[0], pick, err);
    while (!rc && (rc = lsi_cursor_seek(c, d, &d, err)) == LS_OK && d != LSI_DOC_END) {
        bool yes = op->set[d >> 6] >> (d & 63) & 1;
        if (!yes) rc = lsi_span_holds(p, s, d, &yes, err);
        if (yes) op->set[d >> 6] |= 1ull << (d & 63);
        if (!rc && (++p->steps & 1023) == 0) rc = lsi_op_poll(p, err);
        if (++d == op->set_until) break;
    }
    return rc;
}

static int set_of_forms(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err)
{
    const lsi_picks *picks = &op->word.segs[seg];
    for (uint32_t i = 0; i < picks->count; i++) {
        const lsi_pick *pick = &picks->at[i];
        int rc = LS_OK;
        if (!pick->list.df) continue;
        if (pick->allowed || op->main) {
            rc = op->span->region < 0 ? bits_of_source(p, op, pick, err) : bits_of_region(p, op, pick, err);
        } else if (op->list != op->span->list) { /* a short field: its own list has the documents */
            lsi_list own;
            rc = lsi_resolve_list(p->seg->seg, pick->ord, op->list, &own, err);
            if (!rc && own.df) rc = bits_of_list(p, op, &own, err);
        } else {
            rc = bits_of_list(p, op, &pick->list, err);
        }
        if (!rc && (i & 63) == 63) rc = lsi_op_poll(p, err);
        if (rc) return rc;
    }
    return LS_OK;
}

static int set_of_keywords(lsi_plan *p, lsi_op *op, ls_error *err)
{
    const lsi_segment *seg = p->seg->seg;
    if ((uint32_t)op->field >= seg->field_count || !seg->keywords[op->field].section) return LS_OK;
    const lsi_keywords *k = &seg->keywords[op->field];
    lsi_doc some[LSI_WINDOW_DOCS], *docs = some;
    uint32_t cap = LSI_WINDOW_DOCS;
    for (uint32_t i = 0; i < op->value_count; i++) {
        uint32_t ord;
        int rc = lsi_keywords_find(k, op->values[i].term, op->values[i].len, &ord, err);
        if (rc) return rc;
        if (ord == UINT32_MAX) continue;
        uint32_t n = 0; /* a call goes through all documents of the value: one, or two where these do not fit */
        rc = lsi_keywords_docs(k, ord, 0, seg->doc_count, docs, cap, &n, err);
        if (!rc && n > cap) {
            docs = lsi_arena_alloc(&p->scratch->arena, n * sizeof *docs);
            if (!docs) return lsi_fail_nomem(err);
            cap = n;
            rc = lsi_keywords_docs(k, ord, 0, seg->doc_count, docs, cap, &n, err);
        }
        if (rc) return rc;
        set_docs(op, docs, LSI_MIN(n, cap));
        rc = lsi_op_poll(p, err);
        if (rc) return rc;
    }
    return LS_OK;
}

static int set_of_id(lsi_plan *p, lsi_op *op, ls_error *err)
{
    for (uint32_t i = 0; i < op->value_count; i++) {
        lsi_doc doc;
        int rc = lsi_ids_find(&p->seg->seg->ids, op->values[i].term, op->values[i].len, &doc, err);
        if (rc) return rc;
        if (doc < p->seg->seg->doc_count) op->set[doc >> 6] |= 1ull << (doc & 63);
    }
    return LS_OK;
}

static int fill_set(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err)
{
    int rc;
    op->set_words = ((size_t)p->seg->seg->doc_count + 63) / 64;
    memset(op->set, 0, op->set_words * sizeof *op->set);
    if (op->set_kind == LSI_SET_FORMS) rc = set_of_forms(p, op, seg, err);
    else if (op->set_kind == LSI_SET_KEYWORDS) rc = set_of_keywords(p, op, err);
    else rc = set_of_id(p, op, err);
    op->set_of = rc || op->set_until ? 0 : seg + 1;
    return rc;
}

static bool is_empty(const lsi_op *op)
{
    for (size_t w = 0; w < op->set_words; w++) {
        if (op->set[w]) return false;
    }
    return true;
}

/* A segment may be opened twice, for its best and for a count: its set stays. */
int lsi_set_open(lsi_plan *p, lsi_op *op, size_t seg, ls_error *err)
{
    int rc = LS_OK;
    if (op->set_of == seg + 1) op->set_until = 0;
    else rc = fill_set(p, op, seg, err);
    if (!rc && op->set_until && is_empty(op)) {
        op->set_until = 0;
        rc = fill_set(p, op, seg, err);
    }
    op->empty = rc || is_empty(op);
    return rc;
}
/* words:>1200 where no field says it: by the rounded lengths of the combined list. */
static int words_window(lsi_plan *p, const lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, ls_error *err)
{
    ls_error why = {0};
    const uint8_t *norms = lsi_segment_norms(p->seg->seg, LSI_LIST_COMBINED, &why);
    if (!norms) {
        if (err) *err = why;
        return why.code ? why.code : lsi_fail(err, LS_CORRUPT, "a segment without lengths");
    }
    for (lsi_doc d = lo; d < hi; d++) {
        int64_t length = (int64_t)lsi_norm_length(norms[d]);
        if (length >= op->from && length <= op->to) bits[(d - lo) >> 6] |= 1ull << ((d - lo) & 63);
    }
    return LS_OK;
}

int lsi_range_next(lsi_plan *p, const lsi_op *op, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    const lsi_segment *seg = p->seg->seg;
    *out = doc;
    if (op->field == LSI_FIELD_WORDS) return LS_OK;
    for (uint32_t block = doc / LSI_COLUMN_BLOCK; block * (uint64_t)LSI_COLUMN_BLOCK < seg->doc_count; block++) {
        int64_t least, most;
        int rc = lsi_column_block_range(&seg->columns[op->field], block, &least, &most, err);
        if (rc) return rc;
        if (least > most || least > op->to || most < op->from) continue;
        *out = LSI_MAX(doc, block * LSI_COLUMN_BLOCK);
        return LS_OK;
    }
    *out = LSI_DOC_END;
    return LS_OK;
}

/* By the block of the column; where the range is kept, once for all searches. */
static int column_window(const lsi_column *c, const lsi_op *op, uint32_t block, uint64_t *bits, ls_error *err)
{
    lsi_kept_range *k = op->kept;
    uint64_t *kept = k ? k->bits + (size_t)block * LSI_WINDOW_WORDS : NULL;
    if (!k || !k->ready[block]) {
        int rc = lsi_column_between(c, block, op->from, op->to, bits, err);
        if (rc || !k) return rc;
        memcpy(kept, bits, LSI_WINDOW_WORDS * sizeof *bits);
        k->ready[block] = 1;
        return LS_OK;
    }
    memcpy(bits, kept, LSI_WINDOW_WORDS * sizeof *bits);
    return LS_OK;
}

int lsi_range_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, uint64_t *bits, uint64_t *missing, ls_error *err)
{
    uint64_t present[LSI_WINDOW_WORDS + 1] = {0};
    uint32_t n = 0, block = lo / LSI_COLUMN_BLOCK;
    memset(bits, 0, LSI_WINDOW_WORDS * sizeof *bits);
    if (op->field == LSI_FIELD_WORDS) return words_window(p, op, lo, hi, bits, err);
    if (!op->empty) {
        const lsi_column *c = &p->seg->seg->columns[op->field];
        int rc = column_window(c, op, block, bits, err);
        if (rc || !missing) return rc;
        if (c->present == c->doc_count) {
            memset(missing, 0, LSI_WINDOW_WORDS * sizeof *missing);
            return LS_OK;
        }
        rc = lsi_column_block(c, block, p->column_values, present, &n, err);
        if (rc) return rc;
    }
    if (!missing) return LS_OK;
    for (uint32_t w = 0; w < LSI_WINDOW_WORDS; w++) {
        uint32_t left = hi - lo > w * 64 ? hi - lo - w * 64 : 0;
        missing[w] = (left >= 64 ? ~0ull : (1ull << left) - 1) & ~present[w];
    }
    return LS_OK;
}
