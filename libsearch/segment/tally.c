/* tally.c — owns the two ways to the corrections of a live file: which of the documents to be deleted have each term
 * and form.
 *
 * scan:  every list of the segment is walked; where it meets a document of the set, the numbers of its forms are read
 *        from the form stream. It costs what the segment's postings cost, and needs nothing but the file.
 * words: the documents are decoded and inverted again, and their terms looked up. It costs what they cost, and holds
 *        only where the whole text is stored and the analyzer is the one that made the segment.
 * Both count documents; a form is counted once for a document, whichever fields it stands in. Ignorant of files. */
#include "libsearch/segment/tally.h"
#include "libsearch/segment/build.h"
#include "libsearch/segment/memdocs.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include <stdlib.h>

void lsi_tally_clear(lsi_tally *t)
{
    for (size_t l = 0; l < LSI_LISTS_MAX; l++) lsi_free(t->lists[l].at);
    lsi_free(t->forms.at);
    memset(t, 0, sizeof *t);
}

bool lsi_tally_add(lsi_tally_row *r, uint32_t number, uint32_t documents)
{
    if (!LSI_ROOM(r->at, r->count + 1, r->cap)) return false;
    r->at[r->count++] = (uint64_t)number << 32 | documents;
    return true;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* ---- by the postings ---- */

typedef struct scan {
    lsi_tally *t;
    const lsi_segment *seg;
    const uint64_t *docs;
    lsi_postings postings;
    lsi_stream forms;
    uint64_t *pairs; /* document << 32 | form number, of the term in hand */
    size_t pair_count, pair_cap;
    uint32_t *base; /* of each term: where its forms begin in form_docs */
    uint32_t *form_docs;
    uint32_t *numbers;
    size_t number_cap;
    ls_error *err;
} scan;

/* Notes the forms of the i-th document of the present block. */
static int note_forms(scan *s, uint32_t i, uint32_t form_count)
{
    uint64_t doc = (uint64_t)s->postings.docs[i] << 32;
    uint32_t n = form_count > 1 ? s->postings.counts[i] : 1;
    if (!LSI_ROOM(s->pairs, s->pair_count + n, s->pair_cap) || !LSI_ROOM(s->numbers, n, s->number_cap))
        return lsi_fail_nomem(s->err);
    s->numbers[0] = 0;
    if (form_count > 1) {
        int rc = lsi_stream_read(&s->forms, lsi_postings_stream(&s->postings, i), n, s->numbers, s->err);
        if (rc) return rc;
    }
    for (uint32_t k = 0; k < n; k++) {
        if (s->numbers[k] >= form_count)
            return lsi_section_corrupt(s->seg->form_stream, s->forms.offset, s->err,
                                       "numbers of forms that the term has");
        s->pairs[s->pair_count++] = doc | s->numbers[k];
    }
    return LS_OK;
}

static int scan_list(scan *s, const lsi_list *list, lsi_ord ord, uint32_t no, uint32_t form_count)
{
    uint32_t found = 0;
    bool forms = form_count && lsi_list_has_positions(s->seg->schema, no);
    int rc = lsi_postings_open(&s->postings, &s->seg->postings, list, s->err);
    if (!rc && forms) rc = lsi_list_streams(s->seg, list, form_count, NULL, &s->forms, s->err);
    for (uint32_t b = 0; !rc && b < s->postings.block_count; b++) {
        bool counts = false;
        rc = lsi_postings_block(&s->postings, b, s->err);
        for (uint32_t i = 0; !rc && i < s->postings.n; i++) {
            if (!lsi_bitset_test(s->docs, s->postings.docs[i])) continue;
            found++;
            if (!forms) continue;
            if (!counts) rc = lsi_postings_counts(&s->postings, s->err);
            counts = true;
            if (!rc) rc = note_forms(s, i, form_count);
        }
    }
    if (!rc && found && !lsi_tally_add(&s->t->lists[no], ord, found)) rc = lsi_fail_nomem(s->err);
    return rc;
}

static void count_forms(scan *s, uint32_t base)
{
    bool rising = true;
    for (size_t i = 1; rising && i < s->pair_count; i++) rising = s->pairs[i - 1] <= s->pairs[i];
    if (!rising) qsort(s->pairs, s->pair_count, sizeof *s->pairs, by_value);
    for (size_t i = 0; i < s->pair_count; i++)
        if (!i || s->pairs[i] != s->pairs[i - 1]) s->form_docs[base + (uint32_t)s->pairs[i]]++;
    s->pair_count = 0;
}

static int scan_terms(scan *s)
{
    lsi_terms_iter it;
    uint32_t base = 0;
    int rc;
    lsi_terms_iter_init(&it, &s->seg->terms);
    for (lsi_ord ord = 0; (rc = lsi_terms_iter_next(&it, s->err)) > 0; ord++) {
        uint32_t forms = it.form_count;
        if (ord >= s->seg->terms.count || forms > s->seg->forms.count - base) {
            rc = lsi_section_corrupt(s->seg->terms.blocks, 0, s->err, "as many terms and forms as counted");
            break;
        }
        s->base[ord] = base;
        rc = it.list.df ? scan_list(s, &it.list, ord, 0, forms) : LS_OK;
        for (uint32_t l = 1; !rc && l < s->seg->list_count; l++) {
            lsi_list list;
            rc = lsi_terms_list(&s->seg->terms, ord, l, &list, s->err);
            if (!rc && list.df) rc = scan_list(s, &list, ord, l, forms);
        }
        if (rc) break;
        count_forms(s, base);
        base += forms;
    }
    lsi_terms_iter_clear(&it);
    return rc;
}

static int scan_entries(scan *s)
{
    lsi_forms_iter it;
    int rc;
    lsi_forms_iter_init(&it, &s->seg->forms);
    for (uint32_t entry = 0; (rc = lsi_forms_iter_next(&it, s->err)) > 0; entry++) {
        if (it.at.term >= s->seg->terms.count || s->base[it.at.term] + (uint64_t)it.at.number >= s->seg->forms.count) {
            rc = lsi_section_corrupt(s->seg->forms.blocks, 0, s->err, "forms of terms that are there");
            break;
        }
        uint32_t docs = s->form_docs[s->base[it.at.term] + it.at.number];
        if (docs && !lsi_tally_add(&s->t->forms, entry, docs)) {
            rc = lsi_fail_nomem(s->err);
            break;
        }
    }
    lsi_forms_iter_clear(&it);
    return rc;
}

int lsi_tally_scan(lsi_tally *t, const lsi_segment *seg, const uint64_t *docs, ls_error *err)
{
    scan *s = lsi_calloc(1, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    s->t = t;
    s->seg = seg;
    s->docs = docs;
    s->err = err;
    s->base = lsi_calloc((size_t)seg->terms.count + 1, sizeof *s->base);
    s->form_docs = lsi_calloc((size_t)seg->forms.count + 1, sizeof *s->form_docs);
    int rc = s->base && s->form_docs ? LS_OK : lsi_fail_nomem(err);
    if (!rc) rc = scan_terms(s);
    if (!rc) rc = scan_entries(s);
    lsi_free(s->base);
    lsi_free(s->form_docs);
    lsi_free(s->pairs);
    lsi_free(s->numbers);
    lsi_free(s);
    return rc;
}

/* ---- by the words ---- */

#define LOOK_AT_MOST 100000u
typedef struct again {
    lsi_tally *t;
    const lsi_segment *seg;
    lsi_memseg *m;
    lsi_region_plan regions;
    lsi_inverted term;
    uint32_t *df, *seen;
    size_t df_cap, seen_cap;
    bool differs;       /* the segment has not what was found: it was made otherwise after all */
    uint64_t looked_at; /* entries passed over to find forms */
    ls_error *err;
} again;

static bool is_stored(const lsi_segment *seg)
{
    for (uint32_t f = 0; f < seg->field_count; f++)
        if (seg->schema->fields[f].text_no >= 0 && seg->schema->fields[f].pub.not_stored) return false;
    return true;
}

static int invert_documents(again *a, const uint64_t *docs)
{
    ls_doc *d;
    int rc = lsi_doc_new(&d, a->err);
    if (rc) return rc;
    for (uint64_t n = lsi_bitset_next(docs, 0, a->seg->doc_count); !rc && n != LSI_BITSET_NONE;
         n = lsi_bitset_next(docs, n + 1, a->seg->doc_count)) {
        lsi_doc doc;
        rc = lsi_segment_doc(a->seg, (lsi_doc)n, d, a->err);
        if (!rc) rc = lsi_memseg_add(a->m, d, 0, SIZE_MAX, &doc, NULL, a->err);
    }
    lsi_doc_free(d);
    return rc;
}

/* Hidden terms stand in no short list, though their positions lie in regions that have one. */
static bool tally_lists(again *a, lsi_ord ord, bool hidden)
{
    uint32_t df[LSI_LISTS_MAX] = {0};
    lsi_doc last = LSI_DOC_END;
    uint32_t had = 0; /* lists counted for the last document */
    for (size_t i = 0; i < a->term.run_count; i++) {
        const lsi_invert_run *r = &a->term.runs[i];
        uint32_t lists = 1u << (r->list & ~LSI_MEMSEG_APART);
        if (!r->list && !hidden)
            lsi_region_tf(&a->regions, lsi_memseg_starts(a->m, r->doc), a->term.positions + r->first, r->count, &lists);
        if (r->doc != last) had = 0;
        for (uint32_t l = 0; l < LSI_LISTS_MAX; l++) df[l] += (lists & ~had) >> l & 1;
        had |= lists;
        last = r->doc;
    }
    for (uint32_t l = 0; l < LSI_LISTS_MAX; l++)
        if (df[l] && !lsi_tally_add(&a->t->lists[l], ord, df[l])) return false;
    return true;
}

/* The entry of a form of a term: among those of its folded spelling. */
static int find_entry(again *a, const lsi_invert_form *f, lsi_ord ord, uint32_t *entry)
{
    size_t len;
    lsi_forms_iter it;
    const uint8_t *folded = lsi_analyzer_fold(a->m->analyzer, f->bytes, f->len, &len);
    *entry = LSI_ORD_NONE;
    if (!folded) return lsi_fail_nomem(a->err);
    lsi_forms_iter_init(&it, &a->seg->forms);
    int rc = lsi_forms_iter_seek(&it, folded, len, a->err);
    while (rc >= 0 && *entry == LSI_ORD_NONE && (rc = lsi_forms_iter_next(&it, a->err)) > 0) {
        if (lsi_bytes_cmp(it.at.folded, it.at.folded_len, folded, len)) break;
        a->looked_at++;
        if (it.at.term == ord && !lsi_bytes_cmp(it.at.form, it.at.form_len, f->bytes, f->len)) *entry = it.entry;
    }
    lsi_forms_iter_clear(&it);
    return rc < 0 ? rc : LS_OK;
}

static int tally_forms(again *a, const lsi_invert_term *t, lsi_ord ord)
{
    const lsi_invert *v = &a->m->words;
    if (!LSI_ROOM(a->df, t->form_count, a->df_cap) || !LSI_ROOM(a->seen, t->form_count, a->seen_cap))
        return lsi_fail_nomem(a->err);
    lsi_inverted_form_df(&a->term, t->form_count, a->df, a->seen);
    for (uint32_t id = t->last_form; id != LSI_ORD_NONE; id = v->forms[id].previous) {
        uint32_t entry;
        int rc = find_entry(a, &v->forms[id], ord, &entry);
        if (rc) return rc;
        /* Forms that differ in case alone can be made by the million: a scan is linear whatever they are. */
        if (entry == LSI_ORD_NONE || a->looked_at > LOOK_AT_MOST + 16 * v->form_count) a->differs = true;
        else if (!lsi_tally_add(&a->t->forms, entry, a->df[v->forms[id].number])) return lsi_fail_nomem(a->err);
    }
    return LS_OK;
}

static int tally_terms(again *a)
{
    const lsi_invert *v = &a->m->words;
    for (uint32_t i = 0; i < v->term_count && !a->differs; i++) {
        lsi_ord ord;
        int rc = lsi_terms_find(&a->seg->terms, v->terms[i].bytes, v->terms[i].len, &ord, a->err);
        if (rc) return rc;
        if (ord == LSI_ORD_NONE) {
            a->differs = true;
            break;
        }
        if (!lsi_invert_read(v, i, NULL, &a->term) || !tally_lists(a, ord, !v->terms[i].form_count))
            return lsi_fail_nomem(a->err);
        if ((rc = tally_forms(a, &v->terms[i], ord))) return rc;
    }
    for (size_t l = 0; l < LSI_LISTS_MAX; l++)
        if (a->t->lists[l].count) qsort(a->t->lists[l].at, a->t->lists[l].count, sizeof(uint64_t), by_value);
    if (a->t->forms.count) qsort(a->t->forms.at, a->t->forms.count, sizeof(uint64_t), by_value);
    return LS_OK;
}

int lsi_tally_words(lsi_tally *t, const lsi_segment *seg, const uint64_t *docs, bool *done, ls_error *err)
{
    *done = false;
    again a = {.t = t, .seg = seg, .err = err};
    uint64_t stamp;
    int rc = lsi_analyzer_stamp(&stamp, err);
    if (rc || seg->analyzer_stamp != stamp || !is_stored(seg)) return rc;
    rc = lsi_memseg_new(&a.m, seg->schema, err);
    if (rc) return rc;
    lsi_region_plan_make(&a.regions, a.m->schema);
    rc = invert_documents(&a, docs);
    if (!rc) rc = tally_terms(&a);
    *done = !rc && !a.differs;
    lsi_memseg_free(a.m);
    lsi_inverted_clear(&a.term);
    lsi_free(a.df);
    lsi_free(a.seen);
    return rc;
}
