/* merge.c — owns a merge as a whole: several neighbouring segments become one.
 *
 * In order: documents are numbered through, deleted ones left out (merge_docs.c); terms and forms get their new numbers
 * by one pass over the dictionaries; then lists are decoded and encoded again, term by term (merge_words.c); then
 * documents and columns. What comes out is, byte for byte, what one inversion of the live documents in this order would
 * have written, but for the generation (and the spelling kept of a keyword whose first document was deleted).
 * Memory: 4 bytes for each document, 4 for each term and 12 for each form of the sources, a byte a document and list,
 * one column at a time, and constants. Ignorant of which segments ought to be merged. */
#include "libsearch/segment/merging.h"
#include "libsearch/util/alloc.h"

int lsi_merge_step(lsi_merge *m)
{
    if (m->cancel && m->steps++ % 64 == 0 && m->cancel(m->cancel_ctx))
        return lsi_fail(m->err, LS_CANCELED, "the merge was given up");
    return LS_OK;
}

static int take_sources(lsi_merge *m, lsi_segment *const *segs, lsi_live *const *lives, size_t count)
{
    m->sources = lsi_calloc(LSI_MAX(count, (size_t)1), sizeof *m->sources);
    if (!m->sources) return lsi_fail_nomem(m->err);
    m->count = count;
    for (size_t i = 0; i < count; i++) {
        m->sources[i].seg = segs[i];
        m->sources[i].live = lives ? lives[i] : NULL;
        if (segs[i]->list_count <= 1 + m->schema->text_count && segs[i]->field_count <= m->schema->count) continue;
        return lsi_fail(m->err, LS_MISUSE, "a segment has more fields than the schema it is merged under");
    }
    return LS_OK;
}

/* Sound segments give the writers nothing to refuse; what they refuse, a damaged one has said. */
static int blame_sources(const lsi_merge *m, int rc, ls_error *err)
{
    ls_error why = {.code = LS_OK};
    if (rc != LS_MISUSE && rc != LS_INVALID && rc != LS_LIMIT) return rc;
    if (err) why = *err;
    return lsi_fail_at(err, LS_CORRUPT, lsi_frame_name(m->sources[0].seg->frame), UINT64_MAX,
                       "one of %zu segments to be merged, of which this is the first, is damaged: %s", m->count,
                       why.message);
}

static void clear(lsi_merge *m)
{
    for (size_t i = 0; i < m->count; i++) {
        lsi_merge_source *s = &m->sources[i];
        lsi_free(s->docs);
        lsi_free(s->ords);
        lsi_free(s->base);
        lsi_free(s->numbers);
    }
    lsi_free(m->sources);
    lsi_free(m->norms);
    lsi_free(m->languages);
    lsi_free(m->form_counts);
    lsi_free(m->form_terms);
    lsi_free(m->form_dfs);
    lsi_free(m->form_numbers);
    lsi_free(m);
}

int lsi_segment_merge(lsi_segment *const *segs, lsi_live *const *lives, size_t count, const ls_schema *schema,
                      lsi_dir *dir, uint64_t generation, bool sync, int (*cancel)(void *), void *cancel_ctx,
                      uint32_t **map, lsi_segment_info *out, ls_error *err)
{
    lsi_merge *m = lsi_calloc(1, sizeof *m);
    if (!m) return lsi_fail_nomem(err);
    m->schema = schema;
    m->cancel = cancel;
    m->cancel_ctx = cancel_ctx;
    m->err = err;
    int rc = take_sources(m, segs, lives, count);
    if (!rc) rc = lsi_merge_plan_documents(m);
    if (!rc) rc = lsi_merge_number_words(m);
    if (!rc) rc = lsi_builder_new(&m->b, dir, generation, schema, &m->plan, err);
    if (!rc) rc = lsi_merge_write_words(m);
    if (!rc) rc = lsi_merge_write_documents(m);
    if (!rc) rc = lsi_merge_write_columns(m);
    if (!rc) rc = lsi_merge_write_copies(m);
    bool begun = m->b != NULL;
    if (begun && rc && !lsi_build_rc(m->b)) {
        lsi_builder_abort(m->b);
    } else if (begun) {
        rc = lsi_builder_finish(m->b, sync, out, err);
    }
    if (begun) rc = blame_sources(m, rc, err);
    for (size_t i = 0; !rc && map && i < count; i++)
        memcpy(map[i], m->sources[i].docs, segs[i]->doc_count * sizeof **map);
    clear(m);
    return rc;
}
