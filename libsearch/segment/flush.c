/* flush.c — owns the way from an lsi_memseg to a segment file: terms in byte order, forms numbered, documents that are
 * still alive renumbered from 0.
 *
 * Forms of a term are numbered by falling document frequency; where that is equal, in the order of the form dictionary
 * (folded spelling, then form). One term is decoded at a time, into arrays as long as its occurrences.
 * Invariant: the memseg is read only; a failed flush leaves no file. */
#include "libsearch/segment/build.h"
#include "libsearch/segment/memdocs.h"
#include "libsearch/segment/order.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include <stdlib.h>

#define AHEAD          4u /* how many terms or documents ahead memory is asked for */
#define POSTINGS_BATCH LSI_BLOCK_DOCS

typedef struct sorted { /* a term or a form on its way into order */
    const uint8_t *bytes;
    uint32_t len, no;
} sorted;

typedef struct sorted_form {
    sorted folded; /* first, so that by_bytes can judge it */
    const uint8_t *bytes;
    uint32_t len, term_rank;
} sorted_form;

typedef struct flushed_form { /* rank: among all, in the order of the dictionary */
    uint32_t rank, df, number;
} flushed_form;

typedef struct ranked { /* a form of the term in hand */
    uint32_t df, rank, form, arrival;
} ranked;

typedef struct flush {
    lsi_memseg *m;
    lsi_builder *b;
    lsi_build_plan plan;
    uint64_t *dead;      /* bits of documents; NULL: none */
    lsi_doc *new_number; /* of each document; LSI_DOC_END where dead */
    uint8_t *norms, *languages;
    sorted *terms;
    sorted_form *forms;
    lsi_ord *ords; /* of each term; LSI_ORD_NONE where it has no live document */
    flushed_form *form_info;
    lsi_arena folded;
    lsi_inverted term;             /* the one being written */
    uint32_t *gaps;                /* its positions, each told from the one before in its document */
    uint32_t *numbers, *df, *seen; /* of its forms, by number of arrival */
    ranked *ranked;
    size_t gap_cap, number_cap, df_cap, seen_cap, ranked_cap;
    uint32_t live_forms; /* forms of it that a live document has */
    uint32_t batched;    /* postings that wait to be given on together */
    uint32_t batch_docs[POSTINGS_BATCH], batch_counts[POSTINGS_BATCH], batch_tf[POSTINGS_BATCH];
    lsi_region_plan regions;
    ls_error *err;
} flush;

/* ---- documents ---- */

static int number_documents(flush *f)
{
    lsi_memseg *m = f->m;
    f->plan.doc_count = lsi_memseg_live_count(m);
    if (!f->plan.doc_count) return lsi_fail(f->err, LS_NOTFOUND, "there is no document to write");
    f->new_number = lsi_malloc(m->count * sizeof *f->new_number);
    if (!f->new_number) return lsi_fail_nomem(f->err);
    if (m->dead_count && !(f->dead = lsi_calloc(lsi_bitset_words(m->count), 8))) return lsi_fail_nomem(f->err);
    lsi_memseg_numbering(m, f->new_number);
    for (size_t d = 0; d < m->count; d++)
        if (m->docs[d].dead) lsi_bitset_set(f->dead, d);
    return LS_OK;
}

static int plan_lengths(flush *f)
{
    lsi_memseg *m = f->m;
    const ls_schema *s = m->schema;
    size_t docs = f->plan.doc_count, lists = 1 + s->text_count;
    f->norms = lsi_malloc(docs * lists);
    f->languages = lsi_malloc(docs);
    if (!f->norms || !f->languages) return lsi_fail_nomem(f->err);
    for (size_t l = 0; l < lists; l++) f->plan.norms[l] = f->norms + l * docs;
    f->plan.languages = f->languages;
    for (lsi_doc d = 0; d < m->count; d++) {
        lsi_doc n = f->new_number[d];
        uint64_t lengths[LSI_LISTS_MAX];
        if (n == LSI_DOC_END) continue;
        f->plan.word_sum += lsi_list_lengths(s, lsi_memseg_lengths(m, d), lengths);
        for (size_t l = 0; l < lists; l++) {
            f->plan.length_sum[l] += lengths[l];
            f->norms[l * docs + n] = lsi_norm_encode(lengths[l]);
        }
        f->languages[n] = m->docs[d].lang;
    }
    return LS_OK;
}

/* ---- order ---- */

static int by_bytes(const void *a, const void *b)
{
    const sorted *x = a, *y = b;
    return lsi_bytes_cmp(x->bytes, x->len, y->bytes, y->len);
}

/* Where the elements from `at` on end whose strings begin with the same eight bytes. */
static size_t same_head(const lsi_ordered *v, size_t at, size_t n)
{
    size_t end = at + 1;
    while (end < n && v[end].head == v[at].head) end++;
    return end;
}

static int sort_terms(flush *f)
{
    const lsi_invert *v = &f->m->words;
    size_t n = v->term_count;
    lsi_ordered *order = lsi_malloc(LSI_MAX(2 * n, (size_t)1) * sizeof *order);
    f->terms = lsi_malloc(LSI_MAX(n, (size_t)1) * sizeof *f->terms);
    f->ords = lsi_malloc(LSI_MAX(n, (size_t)1) * sizeof *f->ords);
    if (!f->terms || !f->ords || !order) {
        lsi_free(order);
        return lsi_fail_nomem(f->err);
    }
    for (uint32_t i = 0; i < n; i++) order[i] = (lsi_ordered){lsi_order_head(v->terms[i].bytes, v->terms[i].len), i};
    lsi_order(order, order + n, n);
    for (size_t i = 0; i < n; i++) {
        const lsi_invert_term *t = &v->terms[order[i].no];
        f->terms[i] = (sorted){t->bytes, t->len, order[i].no};
    }
    for (size_t i = 0, end; i < n; i = end)
        if ((end = same_head(order, i, n)) - i > 1) lsi_order_few(f->terms + i, end - i, sizeof *f->terms, by_bytes);
    for (uint32_t i = 0; i < n; i++) f->ords[f->terms[i].no] = i; /* for now: the rank */
    lsi_free(order);
    return LS_OK;
}

static int by_form(const void *a, const void *b)
{
    const sorted_form *x = a, *y = b;
    int c = by_bytes(&x->folded, &y->folded);
    if (!c) c = lsi_bytes_cmp(x->bytes, x->len, y->bytes, y->len);
    if (!c) c = x->term_rank < y->term_rank ? -1 : x->term_rank > y->term_rank;
    return c;
}

/* All forms by arrival, with their folded spelling. */
static int fold_forms(flush *f, sorted_form *forms, lsi_ordered *order)
{
    const lsi_invert *v = &f->m->words;
    for (uint32_t i = 0; i < v->form_count; i++) {
        const lsi_invert_form *form = &v->forms[i];
        size_t len;
        const uint8_t *folded = lsi_analyzer_fold(f->m->analyzer, form->bytes, form->len, &len);
        bool same = folded && len == form->len && !memcmp(folded, form->bytes, len);
        if (folded) folded = same ? form->bytes : lsi_arena_dup(&f->folded, folded, len);
        if (!folded) return lsi_fail_nomem(f->err);
        forms[i] = (sorted_form){{folded, (uint32_t)len, i}, form->bytes, form->len, f->ords[form->term]};
        order[i] = (lsi_ordered){lsi_order_head(folded, len), i};
    }
    return LS_OK;
}

static int sort_forms(flush *f)
{
    size_t n = f->m->words.form_count;
    lsi_ordered *order = lsi_malloc(LSI_MAX(2 * n, (size_t)1) * sizeof *order);
    sorted_form *forms = lsi_malloc(LSI_MAX(n, (size_t)1) * sizeof *forms);
    f->forms = lsi_malloc(LSI_MAX(n, (size_t)1) * sizeof *f->forms);
    f->form_info = lsi_calloc(LSI_MAX(n, (size_t)1), sizeof *f->form_info);
    int rc = f->forms && f->form_info && forms && order ? fold_forms(f, forms, order) : lsi_fail_nomem(f->err);
    if (!rc) {
        lsi_order(order, order + n, n);
        for (size_t i = 0; i < n; i++) f->forms[i] = forms[order[i].no];
        for (size_t i = 0, end; i < n; i = end)
            if ((end = same_head(order, i, n)) - i > 1) lsi_order_few(f->forms + i, end - i, sizeof *f->forms, by_form);
        for (uint32_t i = 0; i < n; i++) f->form_info[f->forms[i].folded.no].rank = i;
    }
    lsi_free(order);
    lsi_free(forms);
    return rc;
}

/* ---- one term ---- */

static int by_frequency(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->df != y->df) return x->df > y->df ? -1 : 1;
    return x->rank < y->rank ? -1 : 1;
}

static bool number_forms(flush *f, const lsi_invert_term *t)
{
    const lsi_invert *v = &f->m->words;
    uint32_t count = t->form_count;
    if (!LSI_ROOM(f->numbers, count, f->number_cap) || !LSI_ROOM(f->df, count, f->df_cap) ||
        !LSI_ROOM(f->seen, count, f->seen_cap) || !LSI_ROOM(f->ranked, count, f->ranked_cap))
        return false;
    size_t n = 0;
    if (count == 1) {                                      /* most have */
        f->form_info[t->last_form].df = f->term.doc_count; /* its number is 0 */
        f->live_forms = 1;
        return true;
    }
    lsi_inverted_form_df(&f->term, count, f->df, f->seen);
    for (uint32_t id = t->last_form; id != LSI_ORD_NONE; id = v->forms[id].previous) {
        uint32_t arrival = v->forms[id].number;
        f->form_info[id].df = f->df[arrival];
        f->ranked[n++] = (ranked){f->df[arrival], f->form_info[id].rank, id, arrival};
    }
    lsi_order_few(f->ranked, n, sizeof *f->ranked, by_frequency);
    f->live_forms = 0;
    for (uint32_t i = 0; i < n; i++) {
        f->form_info[f->ranked[i].form].number = i;
        f->numbers[f->ranked[i].arrival] = i;
        f->live_forms += f->ranked[i].df > 0;
    }
    return true;
}

/* All positions as gaps, in one pass that does not ask where a document ends; then the first of each run as it is. */
static bool make_gaps(flush *f)
{
    const lsi_inverted *t = &f->term;
    const uint32_t *p = t->positions;
    if (!LSI_ROOM(f->gaps, t->count, f->gap_cap)) return false;
    uint32_t *gaps = f->gaps;
    for (size_t i = 1; i < t->count; i++) gaps[i] = p[i] - p[i - 1];
    for (size_t i = 0; i < t->run_count; i++) gaps[t->runs[i].first] = p[t->runs[i].first];
    return true;
}

static void send_postings(flush *f)
{
    lsi_build_postings(f->b, f->batch_docs, f->batch_counts, f->batch_tf, f->batched);
    f->batched = 0;
}

LSI_INLINE void emit_posting(flush *f, lsi_doc doc, uint32_t count, uint32_t tf)
{
    if (f->batched == POSTINGS_BATCH) send_postings(f);
    f->batch_docs[f->batched] = f->new_number[doc];
    f->batch_counts[f->batched] = count;
    f->batch_tf[f->batched++] = tf;
}

/* Entries [from, to) of the term's positions and form numbers. */
static void emit_entries(flush *f, size_t from, size_t to)
{
    lsi_build_entries(f->b, f->gaps + from, (uint32_t)(to - from));
    if (f->live_forms > 1) lsi_build_form_numbers(f->b, f->term.numbers + from, f->numbers, (uint32_t)(to - from));
}

/* The entries of the runs of a list, apart or not: in most terms all there are. */
static void emit_stream(flush *f, uint32_t list)
{
    const lsi_inverted *t = &f->term;
    if (t->lists == UINT64_C(1) << list) {
        emit_entries(f, 0, t->count);
        return;
    }
    for (size_t i = 0; i < t->run_count; i++) {
        const lsi_invert_run *r = &t->runs[i];
        if ((r->list & ~LSI_MEMSEG_APART) == list) emit_entries(f, r->first, (size_t)r->first + r->count);
    }
}

/* The combined list; *lists: bits of the other lists that the term is in. */
static void emit_combined(flush *f, bool hidden, uint32_t *lists)
{
    lsi_build_list_begin(f->b, LSI_LIST_COMBINED, f->live_forms);
    for (size_t i = 0; i < f->term.run_count; i++) {
        const lsi_invert_run *r = &f->term.runs[i];
        if (r->list) continue;
        if (i + AHEAD < f->term.run_count) LSI_ASK_FOR(lsi_memseg_starts(f->m, r[AHEAD].doc));
        uint32_t tf = r->count;
        if (!hidden)
            tf = lsi_region_tf(&f->regions, lsi_memseg_starts(f->m, r->doc), f->term.positions + r->first, r->count,
                               lists);
        emit_posting(f, r->doc, r->count, tf);
    }
    send_postings(f);
    emit_stream(f, LSI_LIST_COMBINED);
    lsi_build_list_end(f->b);
}

static void emit_short(flush *f, uint32_t list)
{
    uint32_t region = (uint32_t)lsi_schema_text(f->m->schema, (int)list - 1)->region;
    lsi_build_list_begin(f->b, list, 0);
    for (size_t i = 0; i < f->term.run_count; i++) {
        const lsi_invert_run *r = &f->term.runs[i];
        const uint32_t *p = f->term.positions + r->first, *starts = lsi_memseg_starts(f->m, r->doc);
        uint32_t from = starts[region], to = lsi_region_end(&f->regions, starts, region), count = 0;
        if (r->list) continue;
        for (uint32_t k = 0; k < r->count && p[k] < to; k++) count += p[k] >= from;
        if (count) emit_posting(f, r->doc, count, count);
    }
    send_postings(f);
    lsi_build_list_end(f->b);
}

/* A field of weight 0: its words, and behind them in a run apart its boilerplate. */
static void emit_own(flush *f, uint32_t list)
{
    lsi_build_list_begin(f->b, list, f->live_forms);
    for (size_t i = 0; i < f->term.run_count; i++) {
        const lsi_invert_run *r = &f->term.runs[i], *next = r + 1;
        uint32_t tf = r->list == list ? r->count : 1, count = r->count;
        if ((r->list & ~LSI_MEMSEG_APART) != list) continue;
        if (r->list == list && i + 1 < f->term.run_count && next->doc == r->doc &&
            next->list == (list | LSI_MEMSEG_APART)) {
            count += next->count; /* it follows in positions and numbers too */
            f->gaps[next->first] = f->term.positions[next->first] - f->term.positions[next->first - 1];
            i++;
        }
        emit_posting(f, r->doc, count, tf);
    }
    send_postings(f);
    emit_stream(f, list);
    lsi_build_list_end(f->b);
}

static int write_term(flush *f, uint32_t no, lsi_ord *next)
{
    const lsi_invert_term *t = &f->m->words.terms[no];
    f->ords[no] = LSI_ORD_NONE;
    if (!lsi_invert_read(&f->m->words, no, f->dead, &f->term)) return lsi_fail_nomem(f->err);
    if (!f->term.run_count) return LS_OK;
    if (!number_forms(f, t) || !make_gaps(f)) return lsi_fail_nomem(f->err);
    uint32_t lists = 0, own = (uint32_t)(f->term.lists | f->term.lists >> LSI_MEMSEG_APART);
    if (own >> LSI_LIST_COMBINED & 1) emit_combined(f, t->form_count == 0, &lists);
    for (uint32_t l = 1; l < LSI_LISTS_MAX; l++) {
        if (lists >> l & 1) emit_short(f, l);
        if (own >> l & 1) emit_own(f, l);
    }
    lsi_build_term(f->b, t->bytes, t->len, f->live_forms);
    f->ords[no] = (*next)++;
    return lsi_build_rc(f->b);
}

static int write_words(flush *f)
{
    const lsi_invert *v = &f->m->words;
    lsi_ord next = 0;
    for (size_t i = 0; i < v->term_count; i++) {
        if (i + 2 * AHEAD < v->term_count) LSI_ASK_FOR(&v->terms[f->terms[i + 2 * AHEAD].no]);
        if (i + AHEAD < v->term_count) { /* in order of bytes, terms lie anywhere in memory */
            const lsi_invert_term *t = &v->terms[f->terms[i + AHEAD].no];
            LSI_ASK_FOR(t->first);
            LSI_ASK_FOR(&v->tails[f->terms[i + AHEAD].no]);
            if (t->form_count) LSI_ASK_FOR(&v->forms[t->last_form]);
        }
        int rc = write_term(f, f->terms[i].no, &next);
        if (rc) return rc;
    }
    for (size_t i = 0; i < v->form_count; i++) {
        const sorted_form *s = &f->forms[i];
        const flushed_form *info = &f->form_info[s->folded.no];
        if (!info->df) continue;
        lsi_form form = {.folded = s->folded.bytes,
                         .folded_len = s->folded.len,
                         .form = s->bytes,
                         .form_len = s->len,
                         .term = f->ords[v->forms[s->folded.no].term],
                         .number = info->number,
                         .df = info->df};
        lsi_build_form(f->b, &form);
    }
    return lsi_build_rc(f->b);
}

/* ---- documents and columns ---- */

typedef struct column {
    int64_t *values;
    uint64_t *present;
    bool any;
} column;

static void column_reset(const flush *f, column *c)
{
    memset(c->values, 0, f->plan.doc_count * sizeof *c->values);
    memset(c->present, 0, lsi_bitset_words(f->plan.doc_count) * 8);
    c->any = false;
}

LSI_INLINE void column_set(column *c, lsi_doc doc, int64_t value)
{
    c->values[doc] = value;
    lsi_bitset_set(c->present, doc);
    c->any = true;
}

static void write_places(flush *f, column *c)
{
    const lsi_memseg *m = f->m;
    for (uint32_t r = 1; r < f->regions.count; r++) {
        column_reset(f, c);
        for (lsi_doc d = 0; d < m->count; d++) {
            const uint32_t *starts = lsi_memseg_starts(m, d);
            if (f->new_number[d] != LSI_DOC_END && starts[r] < lsi_region_end(&f->regions, starts, r))
                column_set(c, f->new_number[d], starts[r]);
        }
        if (c->any) lsi_build_column(f->b, LSI_BUILD_REGION, r, c->values, c->present);
    }
    for (uint32_t t = 0; t < m->schema->text_count; t++) {
        column_reset(f, c);
        for (lsi_doc d = 0; d < m->count; d++)
            if (f->new_number[d] != LSI_DOC_END) column_set(c, f->new_number[d], lsi_memseg_lengths(m, d)[t]);
        if (f->plan.length_sum[1 + t]) lsi_build_column(f->b, LSI_BUILD_LENGTH, t, c->values, NULL);
    }
}

static void write_numbers(flush *f, uint32_t field, column *c)
{
    const lsi_memfield *mf = &f->m->fields[field];
    column_reset(f, c);
    for (size_t i = 0; i < mf->count; i++) {
        lsi_doc n = f->new_number[mf->values[i].doc];
        if (n != LSI_DOC_END) column_set(c, n, mf->values[i].value);
    }
    if (c->any) lsi_build_column(f->b, LSI_BUILD_FIELD, field, c->values, c->present);
}

static int by_spelling(const void *a, const void *b)
{
    const lsi_memspelling *x = *(const lsi_memspelling *const *)a, *y = *(const lsi_memspelling *const *)b;
    int c = lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
    return c ? c : lsi_bytes_cmp(x->written, x->written_len, y->written, y->written_len);
}

typedef struct keyword_order { /* of the spellings of a field */
    const lsi_memspelling **sorted;
    uint32_t *rank;  /* of each: the first in `sorted` that is folded alike */
    uint32_t *place; /* of each rank: where its next document goes */
} keyword_order;

/* Spellings are few: documents are counted into their places. */
static bool order_spellings(const flush *f, const lsi_memfield *mf, keyword_order *o)
{
    size_t n = mf->spelling_count;
    o->sorted = lsi_malloc(n * sizeof(lsi_memspelling *));
    o->rank = lsi_malloc(n * sizeof *o->rank);
    o->place = lsi_calloc(n + 1, sizeof *o->place);
    if (!o->sorted || !o->rank || !o->place) return false;
    for (size_t i = 0; i < n; i++) o->sorted[i] = &mf->spellings[i];
    qsort(o->sorted, n, sizeof(lsi_memspelling *), by_spelling);
    for (uint32_t i = 0, first = 0; i < n; i++) {
        const lsi_memspelling *x = o->sorted[i], *y = o->sorted[first];
        if (lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len)) first = i;
        o->rank[x - mf->spellings] = first;
    }
    for (size_t i = 0; i < mf->count; i++)
        o->place[o->rank[mf->values[i].value] + 1] += f->new_number[mf->values[i].doc] != LSI_DOC_END;
    for (size_t i = 1; i <= n; i++) o->place[i] += o->place[i - 1];
    return true;
}

/* By (folded value, document), each once; of several spellings in a document the lowest. */
static size_t take_pairs(const flush *f, const lsi_memfield *mf, const keyword_order *o, lsi_keyword_pair *pairs)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < mf->count; i++) {
        const lsi_memspelling *s = &mf->spellings[mf->values[i].value], *first;
        lsi_doc doc = f->new_number[mf->values[i].doc];
        if (doc == LSI_DOC_END) continue;
        first = o->sorted[o->rank[mf->values[i].value]]; /* all of a value have the same bytes, and so the same place */
        pairs[o->place[o->rank[mf->values[i].value]]++] =
            (lsi_keyword_pair){first->folded, s->written, first->folded_len, s->written_len, doc};
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        const lsi_keyword_pair *p = &pairs[i];
        lsi_keyword_pair *q = kept ? &pairs[kept - 1] : NULL;
        if (!q || q->doc != p->doc || q->folded != p->folded) pairs[kept++] = *p;
        else if (lsi_bytes_cmp(p->written, p->written_len, q->written, q->written_len) < 0) *q = *p;
    }
    return kept;
}

static int write_keywords(flush *f, uint32_t field)
{
    const lsi_memfield *mf = &f->m->fields[field];
    if (!mf->count) return LS_OK;
    keyword_order o = {NULL, NULL, NULL};
    lsi_keyword_pair *pairs = lsi_malloc(mf->count * sizeof *pairs);
    bool ok = pairs && order_spellings(f, mf, &o);
    size_t n = ok ? take_pairs(f, mf, &o, pairs) : 0;
    if (n) lsi_build_keywords(f->b, field, pairs, n);
    lsi_free(o.sorted);
    lsi_free(o.rank);
    lsi_free(o.place);
    lsi_free(pairs);
    return ok ? lsi_build_rc(f->b) : lsi_fail_nomem(f->err);
}

static int write_columns(flush *f)
{
    const lsi_memseg *m = f->m;
    column c = {lsi_malloc(f->plan.doc_count * sizeof *c.values), lsi_malloc(lsi_bitset_words(f->plan.doc_count) * 8),
                false};
    int rc = c.values && c.present ? LS_OK : lsi_fail_nomem(f->err);
    if (!rc) write_places(f, &c);
    for (uint32_t i = 0; !rc && i < m->schema->count; i++) {
        ls_type type = m->schema->fields[i].pub.type;
        if (type == LS_INTEGER || type == LS_DATE) write_numbers(f, i, &c);
        else if (type == LS_KEYWORD) rc = write_keywords(f, i);
    }
    if (!rc) {
        column_reset(f, &c);
        for (size_t d = 0; d < m->count; d++)
            if (f->new_number[d] != LSI_DOC_END) column_set(&c, f->new_number[d], m->docs[d].version);
        lsi_build_column(f->b, LSI_BUILD_VERSION, 0, c.values, NULL);
    }
    lsi_free(c.values);
    lsi_free(c.present);
    return rc ? rc : lsi_build_rc(f->b);
}

static int write_documents(flush *f)
{
    for (size_t d = 0; d < f->m->count && !lsi_build_rc(f->b); d++) {
        const lsi_memdoc *md = &f->m->docs[d];
        if (md->dead) continue;
        lsi_build_doc(f->b, md->id, md->id_len, md->hash, md->stored, md->stored_bytes);
        if (md->has_guid) lsi_build_guid(f->b, f->new_number[d], md->guid);
    }
    return lsi_build_rc(f->b);
}

static void flush_clear(flush *f)
{
    lsi_free(f->dead);
    lsi_free(f->new_number);
    lsi_free(f->norms);
    lsi_free(f->languages);
    lsi_free(f->terms);
    lsi_free(f->forms);
    lsi_free(f->ords);
    lsi_free(f->form_info);
    lsi_arena_clear(&f->folded);
    lsi_inverted_clear(&f->term);
    lsi_free(f->gaps);
    lsi_free(f->numbers);
    lsi_free(f->df);
    lsi_free(f->seen);
    lsi_free(f->ranked);
}

int lsi_memseg_flush(lsi_memseg *m, lsi_dir *dir, uint64_t generation, bool sync, lsi_segment_info *out, ls_error *err)
{
    flush f = {.m = m, .err = err};
    lsi_arena_init(&f.folded);
    int rc = number_documents(&f);
    if (!rc) rc = plan_lengths(&f);
    lsi_region_plan_make(&f.regions, m->schema);
    if (!rc) rc = sort_terms(&f);
    if (!rc) rc = sort_forms(&f);
    if (!rc) rc = lsi_builder_new(&f.b, dir, generation, m->schema, &f.plan, err);
    if (!rc) rc = write_words(&f);
    if (!rc) rc = write_documents(&f);
    if (!rc) rc = write_columns(&f);
    if (!rc) rc = lsi_memseg_write_copies(m, f.b, f.new_number, err);
    if (f.b && rc && !lsi_build_rc(f.b)) {
        lsi_builder_abort(f.b);
    } else if (f.b) {
        rc = lsi_builder_finish(f.b, sync, out, err); /* tells the builder's own failure, where there is one */
    }
    flush_clear(&f);
    return rc;
}
