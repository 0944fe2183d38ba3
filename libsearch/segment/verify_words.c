/* verify_words.c — owns the check of a segment's words: each term's lists by themselves (codec/), then against one
 * another: positions rise and stand in their regions, the scored tf follows from them, short lists hold just the
 * documents that have the term in their region, form numbers are below the term's form count, and the document
 * frequency of every form is the number of documents that have it. */
#include "libsearch/codec/read.h"
#include "libsearch/segment/build.h"
#include "libsearch/segment/memdocs.h"
#include "libsearch/segment/verifying.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

typedef struct short_list { /* one of the term's, read beside the combined list */
    lsi_postings postings;
    lsi_list list;
    uint32_t block, i; /* the next document to meet */
    bool open;
} short_list;

typedef struct walk {
    lsi_verify *v;
    const lsi_segment *seg;
    lsi_impact_model models[LSI_LISTS_MAX];
    lsi_region_plan regions;
    lsi_postings postings;
    lsi_stream positions, forms;
    short_list *shorts;         /* one for each list */
    uint32_t *places, *numbers; /* of the document in hand */
    size_t place_cap, number_cap;
    uint64_t *pairs; /* document << 32 | form of the term in hand */
    size_t pair_count, pair_cap;
    uint32_t *form_docs; /* counted, by term and number */
    uint32_t *base;      /* of each term in form_docs */
    bool hidden;
    ls_error *err;
} walk;

static int wrong(const walk *w, const lsi_list *l, const char *expected)
{
    uint64_t at = l->positions_offset == LSI_OFFSET_NONE ? 0 : l->positions_offset;
    return lsi_section_corrupt(w->seg->positions, LSI_MIN(at, w->seg->positions->bytes), w->err, expected);
}

/* ---- short lists beside the combined one ---- */

static int open_short(walk *w, lsi_ord ord, uint32_t list)
{
    short_list *s = &w->shorts[list];
    int rc = lsi_terms_list(&w->seg->terms, ord, list, &s->list, w->err);
    s->open = false;
    if (rc || !s->list.df) return rc;
    if (s->list.positions_offset != LSI_OFFSET_NONE) return wrong(w, &s->list, "a short list without positions");
    rc = lsi_postings_verify(&w->seg->postings, &s->list, &w->models[list], w->err);
    if (!rc) rc = lsi_postings_open(&s->postings, &w->seg->postings, &s->list, w->err);
    s->open = !rc;
    s->block = s->i = 0;
    if (!rc) rc = lsi_postings_block(&s->postings, 0, w->err);
    return rc ? rc : lsi_postings_tf(&s->postings, w->err);
}

/* The combined list says that the region of this short list has the term so many times in a document. */
static int meet_short(walk *w, uint32_t list, lsi_doc doc, uint32_t count)
{
    short_list *s = &w->shorts[list];
    lsi_postings *p = &s->postings;
    if (!s->open || s->i >= p->n || p->docs[s->i] != doc || p->counts[s->i] != count || p->tf[s->i] != count)
        return wrong(w, &w->postings.list, "short lists that agree with the positions in their regions");
    if (++s->i < p->n || ++s->block >= p->block_count) return LS_OK;
    s->i = 0;
    int rc = lsi_postings_block(p, s->block, w->err);
    return rc ? rc : lsi_postings_tf(p, w->err);
}

static bool shorts_met(const walk *w)
{
    for (uint32_t l = 1; l < w->seg->list_count; l++)
        if (w->shorts[l].open && w->shorts[l].block < w->shorts[l].postings.block_count) return false;
    return true;
}

/* ---- one document ---- */

static int verify_regions(walk *w, lsi_doc doc, uint32_t count, uint32_t tf)
{
    uint32_t starts[LSI_TEXT_FIELDS_MAX + 2], lists = 0;
    int rc = lsi_segment_regions(w->seg, doc, starts, w->err);
    if (rc) return rc;
    if (w->hidden) return tf == count ? LS_OK : wrong(w, &w->postings.list, "hidden terms that count as they stand");
    if (tf != lsi_region_tf(&w->regions, starts, w->places, count, &lists))
        return wrong(w, &w->postings.list, "the scored frequency that its positions give");
    uint32_t i = 0;
    for (uint32_t r = 0; r < w->regions.count; r++) {
        uint32_t from = i, end = lsi_region_end(&w->regions, starts, r);
        while (i < count && w->places[i] < end) i++;
        if (i == from || !w->regions.lists[r]) continue;
        if ((rc = meet_short(w, w->regions.lists[r], doc, i - from))) return rc;
    }
    return LS_OK;
}

static int note_forms(walk *w, lsi_doc doc, uint32_t count, uint32_t form_count)
{
    if (!LSI_ROOM(w->pairs, w->pair_count + count, w->pair_cap)) return lsi_fail_nomem(w->err);
    for (uint32_t i = 0; i < count; i++) {
        if (w->numbers[i] >= form_count) return wrong(w, &w->postings.list, "numbers of forms that the term has");
        w->pairs[w->pair_count++] = (uint64_t)doc << 32 | w->numbers[i];
    }
    return LS_OK;
}

static int verify_posting(walk *w, uint32_t i, uint32_t list, uint32_t form_count)
{
    const lsi_postings *p = &w->postings;
    uint32_t n = p->counts[i];
    uint64_t first = lsi_postings_stream(p, i);
    if (!LSI_ROOM(w->places, n, w->place_cap) || !LSI_ROOM(w->numbers, n, w->number_cap)) return lsi_fail_nomem(w->err);
    int rc = lsi_positions_read(&w->positions, first, n, w->places, w->err);
    if (!rc && form_count) rc = lsi_stream_read(&w->forms, first, n, w->numbers, w->err);
    if (!rc && list == LSI_LIST_COMBINED) rc = verify_regions(w, p->docs[i], n, p->tf[i]);
    if (!rc && list != LSI_LIST_COMBINED && p->tf[i] > n) rc = wrong(w, &p->list, "no more than the count");
    if (!rc && form_count) rc = note_forms(w, p->docs[i], n, form_count);
    return rc;
}

/* ---- one term ---- */

static int verify_list(walk *w, const lsi_list *l, uint32_t list, uint32_t form_count)
{
    int rc = lsi_postings_verify(&w->seg->postings, l, &w->models[list], w->err);
    if (rc) return rc;
    if (l->positions_offset == LSI_OFFSET_NONE) return wrong(w, l, "positions");
    if ((l->forms_offset != LSI_OFFSET_NONE) != (form_count > 1))
        return wrong(w, l, "a form stream where there are several forms");
    rc = lsi_stream_verify(w->seg->positions, l->positions_offset, l->cf, w->err);
    if (!rc && form_count > 1) rc = lsi_stream_verify(w->seg->form_stream, l->forms_offset, l->cf, w->err);
    if (!rc) rc = lsi_postings_open(&w->postings, &w->seg->postings, l, w->err);
    if (!rc) rc = lsi_list_streams(w->seg, l, form_count, &w->positions, &w->forms, w->err);
    for (uint32_t b = 0; !rc && b < w->postings.block_count; b++) {
        rc = lsi_postings_block(&w->postings, b, w->err);
        if (!rc) rc = lsi_postings_tf(&w->postings, w->err);
        for (uint32_t i = 0; !rc && i < w->postings.n; i++) rc = verify_posting(w, i, list, form_count);
    }
    return rc;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void count_pairs(walk *w, uint32_t base)
{
    if (w->pair_count) qsort(w->pairs, w->pair_count, sizeof *w->pairs, by_value);
    for (size_t i = 0; i < w->pair_count; i++)
        if (!i || w->pairs[i] != w->pairs[i - 1]) w->form_docs[base + (uint32_t)w->pairs[i]]++;
}

static int verify_term(walk *w, const lsi_terms_iter *it, uint32_t base)
{
    const lsi_segment *s = w->seg;
    int rc = LS_OK;
    w->pair_count = 0;
    w->hidden = it->form_count == 0;
    for (uint32_t l = 1; l < s->list_count; l++) w->shorts[l].open = false;
    for (uint32_t l = 1; !rc && l < s->list_count; l++)
        if (!lsi_list_has_positions(s->schema, l)) rc = open_short(w, it->ord, l);
    if (!rc && it->list.df) rc = verify_list(w, &it->list, LSI_LIST_COMBINED, it->form_count);
    if (!rc && !shorts_met(w)) rc = wrong(w, &it->list, "short lists that agree with the positions in their regions");
    bool any = it->list.df > 0;
    for (uint32_t l = 1; !rc && l < s->list_count; l++) {
        lsi_list own;
        if (!lsi_list_has_positions(s->schema, l)) continue;
        rc = lsi_terms_list(&s->terms, it->ord, l, &own, w->err);
        if (rc || !own.df) continue;
        any = true;
        rc = verify_list(w, &own, l, it->form_count);
    }
    if (!rc && !any) rc = wrong(w, &it->list, "terms that a document has");
    if (!rc) count_pairs(w, base);
    return rc;
}

static int verify_terms(walk *w)
{
    lsi_terms_iter it;
    uint32_t base = 0;
    int rc = LS_OK, more = 0;
    lsi_terms_iter_init(&it, &w->seg->terms);
    while (!rc && (more = lsi_terms_iter_next(&it, w->err)) > 0) {
        if (it.form_count > w->seg->forms.count - base) {
            rc = lsi_section_corrupt(w->seg->terms.blocks, 0, w->err, "as many forms as there are");
            break;
        }
        w->base[it.ord] = base;
        rc = lsi_verify_take(w->v, verify_term(w, &it, base));
        base += it.form_count;
    }
    lsi_terms_iter_clear(&it);
    if (!rc && !more && base != w->seg->forms.count)
        rc = lsi_section_corrupt(w->seg->terms.blocks, 0, w->err, "as many forms as there are");
    return rc ? rc : more;
}

static int verify_forms(walk *w)
{
    lsi_forms_iter it;
    int rc = LS_OK, more = 0;
    lsi_forms_iter_init(&it, &w->seg->forms);
    while (!rc && (more = lsi_forms_iter_next(&it, w->err)) > 0) {
        const lsi_form *f = &it.at;
        uint64_t at = w->base[f->term] + (uint64_t)f->number;
        bool known = f->term + 1 < w->seg->terms.count ? at < w->base[f->term + 1] : at < w->seg->forms.count;
        if (!known || !f->df || w->form_docs[at] != f->df)
            rc = lsi_section_corrupt(w->seg->forms.blocks, 0, w->err, "the number of documents that have each form");
        else w->form_docs[at] = 0; /* so that a second entry of the same number is found */
        rc = lsi_verify_take(w->v, rc);
    }
    lsi_forms_iter_clear(&it);
    return rc ? rc : more;
}

static int get_walk(walk *w)
{
    const lsi_segment *s = w->seg;
    w->shorts = lsi_calloc(LSI_LISTS_MAX, sizeof *w->shorts);
    w->base = lsi_calloc((size_t)s->terms.count + 1, sizeof *w->base);
    w->form_docs = lsi_calloc((size_t)s->forms.count + 1, sizeof *w->form_docs);
    if (!w->shorts || !w->base || !w->form_docs) return lsi_fail_nomem(w->err);
    lsi_region_plan_make(&w->regions, s->schema);
    for (uint32_t l = 0; l < s->list_count; l++) {
        lsi_norm_table(w->models[l].k, s->k1, s->b, s->average[l]);
        w->models[l].norms = lsi_segment_norms(s, l, w->err);
        if (!w->models[l].norms && s->norms_offset[l] != LSI_OFFSET_NONE) return lsi_read_failed(w->err);
    }
    return LS_OK;
}

int lsi_verify_words(lsi_verify *v)
{
    walk *w = lsi_calloc(1, sizeof *w);
    if (!w) return lsi_fail_nomem(&v->found);
    w->v = v;
    w->seg = v->seg;
    w->err = &v->found;
    uint64_t before = v->faults;
    int rc = lsi_verify_take(v, lsi_terms_verify(&v->seg->terms, w->err));
    if (!rc) rc = lsi_verify_take(v, lsi_forms_verify(&v->seg->forms, v->seg->terms.count, w->err));
    if (!rc && v->faults == before) { /* what stands in broken dictionaries is not looked for */
        rc = lsi_verify_take(v, get_walk(w));
        if (!rc && v->faults == before) rc = lsi_verify_take(v, verify_terms(w));
        if (!rc && v->faults == before) rc = lsi_verify_take(v, verify_forms(w));
    }
    lsi_free(w->shorts);
    lsi_free(w->base);
    lsi_free(w->form_docs);
    lsi_free(w->places);
    lsi_free(w->numbers);
    lsi_free(w->pairs);
    lsi_free(w);
    return rc;
}
