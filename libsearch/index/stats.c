/* stats.c — owns the figures of a commit: what a reader's part of it counts, and what its files take. Ignorant of where
 * the figures are shown. */
#include "libsearch/index/snapshot.h"
#include "libsearch/text/analyzer.h"
#include <stdlib.h>

static uint64_t section_bytes(const lsi_segment *s, const uint32_t *types)
{
    uint64_t n = 0;
    for (; *types; types++) n += lsi_frame_find(s->frame, *types)->bytes;
    return n;
}

/* Postings of all lists, positions of the combined one, deleted documents' too: by a walk over the dictionary. */
static int count_postings(const lsi_segment *s, ls_stats *out, ls_error *err)
{
    lsi_terms_iter it;
    int rc;
    lsi_terms_iter_init(&it, &s->terms);
    while ((rc = lsi_terms_iter_next(&it, err)) == 1) {
        out->postings += it.list.df;
        out->positions += it.list.cf;
    }
    lsi_terms_iter_clear(&it);
    uint64_t others = 0;
    if (!rc) rc = lsi_terms_other_postings(&s->terms, &others, err);
    out->postings += others;
    return rc;
}

static int by_falling_count(const void *a, const void *b)
{
    const ls_language_count *x = a, *y = b;
    if (x->documents != y->documents) return x->documents < y->documents ? 1 : -1;
    return strcmp(x->language, y->language);
}

static void count_languages(const lsi_snapshot *s, ls_stats *out)
{
    ls_language_count all[LSI_COUNTOF(s->language_docs)];
    size_t n = 0;
    for (size_t k = 0; k < LSI_COUNTOF(all) && k < lsi_lang_count(); k++)
        if (s->language_docs[k]) all[n++] = (ls_language_count){lsi_lang_name((int)k), s->language_docs[k]};
    qsort(all, n, sizeof *all, by_falling_count);
    out->language_count = LSI_MIN(n, LSI_COUNTOF(out->languages));
    memcpy(out->languages, all, out->language_count * sizeof *all);
}

int lsi_reader_stats(const ls_reader *r, bool postings, ls_stats *out, ls_error *err)
{
    static const uint32_t lists[] = {LSI_SEC_FACTS, LSI_SEC_POSTINGS, LSI_SEC_RANGES, 0};
    static const uint32_t positions[] = {LSI_SEC_POSITIONS, 0};
    static const uint32_t forms[] = {LSI_SEC_FORM_STREAM, 0};
    static const uint32_t stored[] = {LSI_SEC_STORED_INDEX, LSI_SEC_STORED, LSI_SEC_STORED_DICT, 0};
    static const uint32_t dictionary[] = {LSI_SEC_TERM_INDEX, LSI_SEC_TERM_BLOCKS, LSI_SEC_TERM_LISTS,
                                          LSI_SEC_FORM_INDEX, LSI_SEC_FORM_BLOCKS, 0};
    const lsi_snapshot *s = r->snap;
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    out->generation = s->generation;
    out->documents = s->documents;
    out->deleted = s->deleted;
    out->segments = s->count;
    out->words = s->word_sum;
    out->created = s->created;
    out->stale_analyzer = s->stale_analyzer;
    count_languages(s, out);
    for (size_t i = 0; i < s->count; i++) {
        const lsi_segment *seg = s->segments[i].seg;
        if (s->segments[i].hidden && !r->sees_hidden) { /* its file tells of what is not seen as well */
            out->segments--;
            continue;
        }
        out->bytes += lsi_frame_bytes(seg->frame);
        if (s->segments[i].live) out->bytes += lsi_frame_bytes(s->segments[i].live->frame);
        out->terms += seg->terms.count;
        out->forms += seg->forms.count;
        out->postings_bytes += section_bytes(seg, lists);
        out->positions_bytes += section_bytes(seg, positions);
        out->forms_bytes += section_bytes(seg, forms);
        out->stored_bytes += section_bytes(seg, stored);
        out->dictionary_bytes += section_bytes(seg, dictionary);
        int rc = postings ? count_postings(seg, out, err) : LS_OK;
        if (rc) return rc;
    }
    return LS_OK;
}
