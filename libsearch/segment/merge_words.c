/* merge_words.c — owns the merging of dictionaries and lists.
 *
 * The dictionaries of the sources are walked side by side, each in its own order, three times: once over the terms to
 * see which are left and number them, twice over the forms (their frequencies, which give their numbers, and at the end
 * to write them). Term ordinals rise with the bytes of terms in every source and in the result, so (folded, form, new
 * ordinal) is an order that every source already has.
 *
 * A document's positions are relative to the document, so its entries of the position stream are copied as they are;
 * its form numbers are translated. Few sources: the smallest is found by looking at all of them. */
#include "libsearch/segment/merging.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

#define PIECE 1024u /* stream entries copied at a time */

/* ---- walking side by side ---- */

static int next_term(lsi_merge *m, lsi_merge_source *s)
{
    int rc = lsi_terms_iter_next(&s->terms, m->err);
    s->terms_left = rc > 0;
    return rc < 0 ? rc : LS_OK;
}

static int begin_terms(lsi_merge *m)
{
    for (size_t i = 0; i < m->count; i++) {
        lsi_terms_iter_init(&m->sources[i].terms, &m->sources[i].seg->terms);
        int rc = next_term(m, &m->sources[i]);
        if (rc) return rc;
    }
    return LS_OK;
}

static void end_terms(lsi_merge *m)
{
    for (size_t i = 0; i < m->count; i++) lsi_terms_iter_clear(&m->sources[i].terms);
}

/* Sets `at` for the sources that stand at the smallest term; false where all are at their end. */
static bool smallest_term(const lsi_merge *m, bool *at)
{
    const lsi_buf *least = NULL;
    for (size_t i = 0; i < m->count; i++) {
        const lsi_merge_source *s = &m->sources[i];
        at[i] = false;
        if (!s->terms_left) continue;
        int c = least ? lsi_bytes_cmp(s->terms.term.data, s->terms.term.len, least->data, least->len) : -1;
        if (c > 0) continue;
        if (c < 0) {
            memset(at, 0, i * sizeof *at);
            least = &s->terms.term;
        }
        at[i] = true;
    }
    return least != NULL;
}

/* Takes the next form whose term is left. */
static int next_form(lsi_merge *m, lsi_merge_source *s)
{
    int rc;
    do {
        rc = lsi_forms_iter_next(&s->forms, m->err);
        if (rc > 0 && (s->forms.at.term >= s->seg->terms.count ||
                       s->base[s->forms.at.term] + (uint64_t)s->forms.at.number >= s->seg->forms.count))
            rc = lsi_section_corrupt(s->seg->forms.blocks, 0, m->err, "forms of terms that are there");
    } while (rc > 0 && s->ords[s->forms.at.term] == LSI_ORD_NONE);
    s->forms_left = rc > 0;
    return rc < 0 ? rc : LS_OK;
}

static int begin_forms(lsi_merge *m)
{
    for (size_t i = 0; i < m->count; i++) {
        lsi_forms_iter_init(&m->sources[i].forms, &m->sources[i].seg->forms);
        int rc = next_form(m, &m->sources[i]);
        if (rc) return rc;
    }
    return LS_OK;
}

static void end_forms(lsi_merge *m)
{
    for (size_t i = 0; i < m->count; i++) lsi_forms_iter_clear(&m->sources[i].forms);
}

static int compare_forms(const lsi_merge_source *a, const lsi_merge_source *b)
{
    const lsi_form *x = &a->forms.at, *y = &b->forms.at;
    int c = lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
    if (!c) c = lsi_bytes_cmp(x->form, x->form_len, y->form, y->form_len);
    lsi_ord p = a->ords[x->term], q = b->ords[y->term];
    return c ? c : p < q ? -1 : p > q;
}

static bool smallest_form(const lsi_merge *m, bool *at, size_t *least)
{
    *least = m->count;
    for (size_t i = 0; i < m->count; i++) {
        at[i] = false;
        if (!m->sources[i].forms_left) continue;
        int c = *least < m->count ? compare_forms(&m->sources[i], &m->sources[*least]) : -1;
        if (c > 0) continue;
        if (c < 0) {
            memset(at, 0, i * sizeof *at);
            *least = i;
        }
        at[i] = true;
    }
    return *least < m->count;
}

/* ---- numbering ---- */

static int too_many_dead(const lsi_merge *m, const lsi_merge_source *s)
{
    return lsi_section_corrupt(s->live->lists, 0, m->err, "no more deleted documents of a term than it has");
}

/* Whether a live document has the term a source stands at. */
static int term_is_live(const lsi_merge *m, const lsi_merge_source *s, bool *live)
{
    uint32_t dead;
    *live = true;
    if (!s->live) return LS_OK;
    int rc = lsi_live_term(s->live, LSI_LIST_COMBINED, s->terms.ord, &dead, m->err);
    if (rc || s->terms.list.df > dead) return rc;
    for (uint32_t l = 1; l < s->seg->list_count; l++) {
        lsi_list list;
        if (!lsi_list_has_positions(m->schema, l)) continue; /* a short list's documents are in list 0 too */
        rc = lsi_terms_list(&s->seg->terms, s->terms.ord, l, &list, m->err);
        if (!rc) rc = lsi_live_term(s->live, l, s->terms.ord, &dead, m->err);
        if (rc || list.df > dead) return rc;
    }
    *live = false;
    return LS_OK;
}

static int number_term(lsi_merge *m, const bool *at, uint32_t *form_at)
{
    bool any = false;
    for (size_t i = 0; i < m->count; i++) {
        lsi_merge_source *s = &m->sources[i];
        bool live;
        if (!at[i]) continue;
        int rc = term_is_live(m, s, &live);
        if (rc) return rc;
        if (s->terms.ord >= s->seg->terms.count || s->terms.form_count > s->seg->forms.count - form_at[i])
            return lsi_section_corrupt(s->seg->terms.blocks, 0, m->err, "as many terms and forms as counted");
        s->base[s->terms.ord] = form_at[i];
        form_at[i] += s->terms.form_count;
        any |= live;
    }
    for (size_t i = 0; i < m->count; i++) {
        lsi_merge_source *s = &m->sources[i];
        if (!at[i]) continue;
        s->ords[s->terms.ord] = any ? m->term_count : LSI_ORD_NONE;
        int rc = next_term(m, s);
        if (rc) return rc;
    }
    m->term_count += any;
    return LS_OK;
}

/* Sums a form's documents over the sources that stand at it, and notes its place in the new dictionary. */
static int count_form(lsi_merge *m, const bool *at, size_t least)
{
    uint64_t df = 0;
    for (size_t i = 0; i < m->count; i++) {
        uint32_t dead;
        if (!at[i]) continue;
        int rc = lsi_live_form(m->sources[i].live, m->sources[i].forms.entry, &dead, m->err);
        if (rc) return rc;
        if (dead > m->sources[i].forms.at.df) return too_many_dead(m, &m->sources[i]);
        df += m->sources[i].forms.at.df - dead;
    }
    lsi_ord term = m->sources[least].ords[m->sources[least].forms.at.term];
    for (size_t i = 0; i < m->count; i++) {
        lsi_merge_source *s = &m->sources[i];
        if (!at[i]) continue;
        s->numbers[s->base[s->forms.at.term] + s->forms.at.number] = df ? (uint32_t)m->form_count : LSI_ORD_NONE;
        int rc = next_form(m, s);
        if (rc) return rc;
    }
    if (!df) return LS_OK;
    if (m->form_count >= LSI_ORD_NONE - 1 || !LSI_ROOM(m->form_terms, m->form_count + 1, m->form_terms_cap) ||
        !LSI_ROOM(m->form_dfs, m->form_count + 1, m->form_dfs_cap))
        return lsi_fail_nomem(m->err);
    m->form_terms[m->form_count] = term;
    m->form_dfs[m->form_count++] = (uint32_t)df;
    m->form_counts[term]++;
    return LS_OK;
}

typedef struct ranked {
    uint32_t df, place;
} ranked;

static int by_frequency(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->df != y->df) return x->df > y->df ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* Forms by term, each term's by falling frequency, then in the order of the dictionary. */
static int rank_forms(lsi_merge *m)
{
    ranked *all = lsi_malloc(LSI_MAX(m->form_count, (size_t)1) * sizeof *all);
    uint32_t *ends = lsi_calloc((size_t)m->term_count + 1, sizeof *ends);
    m->form_numbers = lsi_malloc(LSI_MAX(m->form_count, (size_t)1) * sizeof *m->form_numbers);
    int rc = all && ends && m->form_numbers ? LS_OK : lsi_fail_nomem(m->err);
    uint32_t at = 0;
    for (uint32_t t = 0; !rc && t < m->term_count; t++) {
        ends[t] = at;
        at += m->form_counts[t];
    }
    for (uint32_t f = 0; !rc && f < m->form_count; f++) all[ends[m->form_terms[f]]++] = (ranked){m->form_dfs[f], f};
    for (uint32_t t = 0, from = 0; !rc && t < m->term_count; from = ends[t++]) {
        if (ends[t] - from > 1) qsort(all + from, ends[t] - from, sizeof *all, by_frequency);
        for (uint32_t i = from; i < ends[t]; i++) m->form_numbers[all[i].place] = i - from;
    }
    lsi_free(all);
    lsi_free(ends);
    return rc;
}

static int number_all_terms(lsi_merge *m, bool *at, uint32_t *form_at)
{
    int rc = begin_terms(m);
    while (!rc && smallest_term(m, at)) {
        rc = lsi_merge_step(m);
        if (!rc) rc = number_term(m, at, form_at);
    }
    end_terms(m);
    return rc;
}

static int count_all_forms(lsi_merge *m, bool *at)
{
    size_t least;
    int rc = begin_forms(m);
    while (!rc && smallest_form(m, at, &least)) {
        rc = lsi_merge_step(m);
        if (!rc) rc = count_form(m, at, least);
    }
    end_forms(m);
    return rc;
}

static int get_tables(lsi_merge *m)
{
    for (size_t i = 0; i < m->count; i++) {
        lsi_merge_source *s = &m->sources[i];
        s->ords = lsi_malloc(((size_t)s->seg->terms.count + 1) * sizeof *s->ords);
        s->base = lsi_calloc((size_t)s->seg->terms.count + 1, sizeof *s->base);
        s->numbers = lsi_malloc(((size_t)s->seg->forms.count + 1) * sizeof *s->numbers);
        if (!s->ords || !s->base || !s->numbers) return lsi_fail_nomem(m->err);
        memset(s->ords, 0xff, ((size_t)s->seg->terms.count + 1) * sizeof *s->ords);
        memset(s->numbers, 0xff, ((size_t)s->seg->forms.count + 1) * sizeof *s->numbers);
    }
    return LS_OK;
}

int lsi_merge_number_words(lsi_merge *m)
{
    bool *at = lsi_calloc(m->count, sizeof *at);
    uint32_t *form_at = lsi_calloc(m->count, sizeof *form_at);
    int rc = at && form_at ? get_tables(m) : lsi_fail_nomem(m->err);
    if (!rc) rc = number_all_terms(m, at, form_at);
    if (!rc && !(m->form_counts = lsi_calloc((size_t)m->term_count + 1, sizeof *m->form_counts)))
        rc = lsi_fail_nomem(m->err);
    if (!rc) rc = count_all_forms(m, at);
    if (!rc) rc = rank_forms(m);
    for (size_t i = 0; !rc && i < m->count; i++) {
        lsi_merge_source *s = &m->sources[i];
        for (uint32_t f = 0; f < s->seg->forms.count; f++)
            if (s->numbers[f] != LSI_ORD_NONE) s->numbers[f] = m->form_numbers[s->numbers[f]];
    }
    lsi_free(at);
    lsi_free(form_at);
    return rc;
}

/* ---- lists ---- */

static int copy_positions(lsi_merge *m, uint64_t first, uint64_t n)
{
    uint32_t piece[PIECE];
    for (; n;) {
        uint32_t k = (uint32_t)LSI_MIN(n, (uint64_t)PIECE);
        int rc = lsi_stream_read(&m->positions, first, k, piece, m->err);
        if (rc) return rc;
        lsi_build_entries(m->b, piece, k);
        first += k;
        n -= k;
    }
    return LS_OK;
}

static int copy_forms(lsi_merge *m, const lsi_merge_source *s, const uint32_t *numbers, uint32_t form_count,
                      uint64_t first, uint64_t n)
{
    uint32_t piece[PIECE];
    for (; n;) {
        uint32_t k = (uint32_t)LSI_MIN(n, (uint64_t)PIECE);
        int rc = lsi_stream_read(&m->form_stream, first, k, piece, m->err);
        if (rc) return rc;
        for (uint32_t i = 0; i < k; i++)
            if (piece[i] >= form_count || numbers[piece[i]] == LSI_ORD_NONE)
                return lsi_section_corrupt(s->seg->form_stream, m->form_stream.offset, m->err,
                                           "numbers of forms that live documents have");
        lsi_build_form_numbers(m->b, piece, numbers, k);
        first += k;
        n -= k;
    }
    return LS_OK;
}

typedef struct copying {
    lsi_merge_source *s;
    const uint32_t *numbers; /* new ones of the term's forms; NULL: no form stream is written */
    uint32_t form_count;     /* in the source */
    bool positions;
} copying;

static int copy_run(lsi_merge *m, const copying *c, uint64_t first, uint64_t n)
{
    if (!n || !c->positions) return LS_OK;
    int rc = copy_positions(m, first, n);
    return rc || !c->numbers ? rc : copy_forms(m, c->s, c->numbers, c->form_count, first, n);
}

static int copy_block(lsi_merge *m, const copying *c, uint32_t block)
{
    lsi_postings *p = &m->postings;
    int rc = lsi_postings_block(p, block, m->err);
    if (!rc) rc = lsi_postings_counts(p, m->err);
    if (!rc) rc = lsi_postings_tf(p, m->err);
    if (rc) return rc;
    uint64_t first = lsi_postings_stream(p, 0), n = 0; /* a run of entries of live documents */
    uint32_t docs[LSI_BLOCK_DOCS], counts[LSI_BLOCK_DOCS], tf[LSI_BLOCK_DOCS], live = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        docs[live] = c->s->docs[p->docs[i]];
        counts[live] = p->counts[i];
        tf[live] = p->tf[i];
        live += docs[live] != LSI_DOC_END;
    }
    lsi_build_postings(m->b, docs, counts, tf, live);
    for (uint32_t i = 0; i < p->n; i++) {
        if (c->s->docs[p->docs[i]] != LSI_DOC_END) {
            n += p->counts[i];
            continue;
        }
        if ((rc = copy_run(m, c, first, n))) return rc;
        first += n + p->counts[i];
        n = 0;
    }
    return copy_run(m, c, first, n);
}

static int copy_list(lsi_merge *m, lsi_merge_source *s, const lsi_list *list, uint32_t no, bool forms)
{
    uint32_t base = s->base[s->terms.ord];
    copying c = {s, forms ? s->numbers + base : NULL, s->terms.form_count, lsi_list_has_positions(m->schema, no)};
    int rc = lsi_postings_open(&m->postings, &s->seg->postings, list, m->err);
    if (!rc && c.positions) /* the form stream only where the merged term has several forms too */
        rc = lsi_list_streams(s->seg, list, s->terms.form_count, &m->positions, forms ? &m->form_stream : NULL, m->err);
    for (uint32_t b = 0; !rc && b < m->postings.block_count; b++) {
        rc = copy_block(m, &c, b);
        if (!rc) rc = lsi_merge_step(m);
    }
    return rc ? rc : lsi_build_rc(m->b);
}

/* Documents of the sources' lists that are live; the list of each source is left in lists[]. */
static int live_df(lsi_merge *m, const bool *at, uint32_t no, lsi_list *lists, uint64_t *df)
{
    *df = 0;
    for (size_t i = 0; i < m->count; i++) {
        lsi_merge_source *s = &m->sources[i];
        uint32_t dead;
        lists[i].df = 0;
        if (!at[i] || no >= s->seg->list_count || s->seg->norms_offset[no] == LSI_OFFSET_NONE) continue;
        int rc = LS_OK;
        if (no == LSI_LIST_COMBINED) lists[i] = s->terms.list;
        else rc = lsi_terms_list(&s->seg->terms, s->terms.ord, no, &lists[i], m->err);
        if (!rc) rc = lsi_live_term(s->live, no, s->terms.ord, &dead, m->err);
        if (rc) return rc;
        if (dead > lists[i].df) return too_many_dead(m, s);
        *df += lists[i].df - dead;
    }
    return LS_OK;
}

static int write_list(lsi_merge *m, const bool *at, uint32_t no, lsi_list *lists, uint32_t form_count)
{
    uint64_t df;
    int rc = live_df(m, at, no, lists, &df);
    if (rc || !df) return rc;
    lsi_build_list_begin(m->b, no, form_count);
    for (size_t i = 0; !rc && i < m->count; i++)
        if (lists[i].df) rc = copy_list(m, &m->sources[i], &lists[i], no, form_count > 1);
    if (!rc) lsi_build_list_end(m->b);
    return rc;
}

static int write_term(lsi_merge *m, const bool *at, lsi_list *lists)
{
    size_t first = 0;
    while (!at[first]) first++;
    lsi_merge_source *s = &m->sources[first];
    lsi_ord ord = s->ords[s->terms.ord];
    int main_list = m->schema->main < 0 ? 0 : m->schema->fields[m->schema->main].text_no + 1, rc = LS_OK;
    if (ord != LSI_ORD_NONE) {
        uint32_t forms = m->form_counts[ord];
        for (uint32_t l = 0; !rc && l <= m->schema->text_count; l++)
            if (!l || (int)l != main_list || lsi_list_has_positions(m->schema, l))
                rc = write_list(m, at, l, lists, forms);
        if (!rc) lsi_build_term(m->b, s->terms.term.data, s->terms.term.len, forms);
        if (!rc) rc = lsi_build_rc(m->b);
    }
    for (size_t i = 0; !rc && i < m->count; i++)
        if (at[i]) rc = next_term(m, &m->sources[i]);
    return rc;
}

static int write_terms(lsi_merge *m, bool *at)
{
    lsi_list *lists = lsi_malloc(m->count * sizeof *lists);
    int rc = lists ? begin_terms(m) : lsi_fail_nomem(m->err);
    while (!rc && smallest_term(m, at)) {
        rc = lsi_merge_step(m);
        if (!rc) rc = write_term(m, at, lists);
    }
    end_terms(m);
    lsi_free(lists);
    return rc;
}

/* The second walk over the forms: in the same order as the first, so the k-th that is left is the k-th counted. */
static int write_forms(lsi_merge *m, bool *at)
{
    size_t least, place = 0;
    int rc = begin_forms(m);
    while (!rc && smallest_form(m, at, &least)) {
        const lsi_merge_source *s = &m->sources[least];
        lsi_form f = s->forms.at;
        if (s->numbers[s->base[f.term] + f.number] != LSI_ORD_NONE) {
            f.term = m->form_terms[place];
            f.df = m->form_dfs[place];
            f.number = m->form_numbers[place++];
            lsi_build_form(m->b, &f);
        }
        rc = lsi_merge_step(m);
        for (size_t i = 0; !rc && i < m->count; i++)
            if (at[i]) rc = next_form(m, &m->sources[i]);
        if (!rc) rc = lsi_build_rc(m->b);
    }
    end_forms(m);
    return rc;
}

int lsi_merge_write_words(lsi_merge *m)
{
    bool *at = lsi_calloc(m->count, sizeof *at);
    int rc = at ? write_terms(m, at) : lsi_fail_nomem(m->err);
    if (!rc) rc = write_forms(m, at);
    lsi_free(at);
    return rc;
}
