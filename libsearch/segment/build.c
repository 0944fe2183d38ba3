/* build.c — owns a segment file in the making: its frame, the sinks of its sections and the writers above them.
 *
 * Sections stand in the file as open_sections lists them, optional ones behind the others: what cannot be made anew,
 * the documents, before all that follows from them, so that salvage finds as much as it can where the end of the file
 * is lost. What is written where depends on the calls alone, never on where the data came from: a merge of segments and
 * one inversion of the same documents give the same bytes (but for the generation). Ignorant of inversion and of
 * merging. */
#include "libsearch/segment/build.h"
#include "libsearch/segment/copies.h"
#include "libsearch/store/names.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"

struct lsi_builder {
    lsi_frame_writer *frame;
    lsi_sink *sinks[LSI_SEC_LENGTHS + 1];
    const ls_schema *schema;
    const lsi_build_plan *plan;
    lsi_meta meta;
    lsi_impact_model models[LSI_LISTS_MAX];
    lsi_postings_writer *postings[LSI_LISTS_MAX]; /* made when first needed */
    lsi_stream_writer *positions, *form_stream;
    lsi_terms_writer *terms;
    lsi_forms_writer *forms;
    lsi_stored_writer *stored;
    lsi_ids_writer *ids;
    lsi_hash_pair *guids;
    size_t guid_count, guid_cap;
    lsi_shingles_writer shingles;
    uint64_t generation;
    lsi_list lists[LSI_LISTS_MAX]; /* of the present term */
    uint32_t list;                 /* the present one */
    uint32_t list_form_count;
    bool has_positions[LSI_LISTS_MAX];
    int rc;
    ls_error error;
};

bool lsi_list_has_positions(const ls_schema *s, uint32_t list)
{
    return list == LSI_LIST_COMBINED || lsi_schema_text(s, (int)list - 1)->pub.weight == 0;
}

uint64_t lsi_list_lengths(const ls_schema *s, const uint32_t *text_lengths, uint64_t lists[LSI_LISTS_MAX])
{
    uint64_t words = 0;
    lists[LSI_LIST_COMBINED] = 0;
    for (uint32_t t = 0; t < s->text_count; t++) {
        uint64_t weight = (uint64_t)lsi_schema_text(s, (int)t)->pub.weight;
        lists[1 + t] = text_lengths[t];
        lists[LSI_LIST_COMBINED] += weight * text_lengths[t];
        if (weight) words += text_lengths[t];
    }
    return words;
}

static void failed(lsi_builder *b, int rc)
{
    if (rc && !b->rc) b->rc = rc; /* b->error was filled by who failed first */
}
/* Writers fill the error only where nothing failed before. */
#define ERR(b) ((b)->rc ? NULL : &(b)->error)

static void open_sections(lsi_builder *b)
{
    static const uint8_t types[] = {LSI_SEC_META,       LSI_SEC_LANGUAGES,    LSI_SEC_VERSIONS,    LSI_SEC_COLUMNS,
                                    LSI_SEC_IDS,        LSI_SEC_STORED_INDEX, LSI_SEC_STORED_DICT, LSI_SEC_STORED,
                                    LSI_SEC_DOC_HASHES, LSI_SEC_ID_HASHES,    LSI_SEC_TERM_INDEX,  LSI_SEC_TERM_BLOCKS,
                                    LSI_SEC_TERM_LISTS, LSI_SEC_FORM_INDEX,   LSI_SEC_FORM_BLOCKS, LSI_SEC_FACTS,
                                    LSI_SEC_POSTINGS,   LSI_SEC_RANGES,       LSI_SEC_POSITIONS,   LSI_SEC_FORM_STREAM,
                                    LSI_SEC_NORMS,      LSI_SEC_REGIONS,      LSI_SEC_LENGTHS};
    for (size_t i = 0; i < LSI_COUNTOF(types); i++) {
        b->sinks[types[i]] = lsi_frame_section(b->frame, types[i], false);
        if (!b->sinks[types[i]]) failed(b, lsi_fail_nomem(ERR(b)));
    }
}

static void open_writers(lsi_builder *b)
{
    lsi_sink **s = b->sinks;
    if (!b->rc) failed(b, lsi_stream_writer_new(&b->positions, s[LSI_SEC_POSITIONS], &b->error));
    if (!b->rc) failed(b, lsi_stream_writer_new(&b->form_stream, s[LSI_SEC_FORM_STREAM], &b->error));
    if (!b->rc)
        failed(b, lsi_terms_writer_new(&b->terms, s[LSI_SEC_TERM_INDEX], s[LSI_SEC_TERM_BLOCKS], s[LSI_SEC_TERM_LISTS],
                                       &b->error));
    if (!b->rc) failed(b, lsi_forms_writer_new(&b->forms, s[LSI_SEC_FORM_INDEX], s[LSI_SEC_FORM_BLOCKS], &b->error));
    if (!b->rc)
        failed(b, lsi_stored_writer_new(&b->stored, s[LSI_SEC_STORED_INDEX], s[LSI_SEC_STORED], s[LSI_SEC_STORED_DICT],
                                        &b->error));
    if (!b->rc) failed(b, lsi_ids_writer_new(&b->ids, s[LSI_SEC_IDS], s[LSI_SEC_ID_HASHES], &b->error));
}

static void plan_lists(lsi_builder *b)
{
    const lsi_build_plan *p = b->plan;
    lsi_meta *m = &b->meta;
    m->word_sum = p->word_sum;
    for (uint32_t l = 0; l < m->list_count; l++) {
        lsi_meta_list *ml = &m->lists[l];
        ml->length_sum = p->length_sum[l];
        ml->average = p->length_sum[l] ? (double)p->length_sum[l] / p->doc_count : 1.0;
        ml->min_norm = UINT8_MAX;
        for (uint32_t d = 0; d < p->doc_count; d++) {
            ml->min_norm = LSI_MIN(ml->min_norm, p->norms[l][d]);
            ml->max_norm = LSI_MAX(ml->max_norm, p->norms[l][d]);
        }
        b->models[l].norms = p->norms[l];
        lsi_norm_table(b->models[l].k, m->k1, m->b, ml->average);
        b->has_positions[l] = lsi_list_has_positions(b->schema, l);
        /* The combined list and the main field's lengths are needed wherever there is a word; others when used. */
        bool is_main = l && b->schema->main >= 0 && b->schema->fields[b->schema->main].text_no == (int)l - 1;
        ml->norms_offset = l == LSI_LIST_COMBINED || is_main || ml->length_sum ? 0 : LSI_OFFSET_NONE;
    }
}

static void plan_languages(lsi_builder *b)
{
    const lsi_build_plan *p = b->plan;
    lsi_meta *m = &b->meta;
    uint32_t docs[64] = {0};
    uint8_t code[64] = {0};
    for (uint32_t d = 0; d < p->doc_count; d++) docs[p->languages[d] & 63]++;
    for (uint32_t i = 0; i < 64; i++) {
        if (!docs[i]) continue;
        code[i] = (uint8_t)m->language_count;
        m->languages[m->language_count] = (uint8_t)i;
        m->language_docs[m->language_count++] = docs[i];
    }
    for (uint32_t d = 0; d < p->doc_count; d++) lsi_sink_put8(b->sinks[LSI_SEC_LANGUAGES], code[p->languages[d] & 63]);
}

int lsi_builder_new(lsi_builder **out, lsi_dir *dir, uint64_t generation, const ls_schema *schema,
                    const lsi_build_plan *plan, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    *out = NULL;
    lsi_builder *b = lsi_calloc(1, sizeof *b);
    if (!b) return lsi_fail_nomem(err);
    b->schema = schema;
    b->plan = plan;
    b->generation = generation;
    lsi_name_make(name, LSI_NAME_SEGMENT, generation);
    int rc = lsi_analyzer_stamp(&b->meta.analyzer_stamp, err);
    if (!rc) rc = lsi_frame_create(&b->frame, dir, name, LSI_FILE_SEGMENT, generation, err);
    if (rc) {
        lsi_free(b);
        return rc;
    }
    lsi_meta *m = &b->meta;
    m->doc_count = plan->doc_count;
    m->list_count = 1 + (uint32_t)schema->text_count;
    m->field_count = (uint32_t)schema->count;
    m->region_count = (uint32_t)schema->region_count;
    m->k1 = schema->k1;
    m->b = schema->b;
    m->versions = LSI_OFFSET_NONE;
    memset(m->regions, 0xff, sizeof m->regions);
    memset(m->lengths, 0xff, sizeof m->lengths);
    memset(m->columns, 0xff, sizeof m->columns);
    open_sections(b);
    open_writers(b);
    if (!b->rc) {
        plan_lists(b);
        plan_languages(b);
        *out = b;
        return LS_OK;
    }
    rc = b->rc;
    if (err) *err = b->error;
    lsi_builder_abort(b);
    return rc;
}

static void free_builder(lsi_builder *b)
{
    for (size_t l = 0; l < LSI_LISTS_MAX; l++)
        if (b->postings[l]) lsi_postings_writer_free(b->postings[l]);
    if (b->positions) lsi_stream_writer_free(b->positions);
    if (b->form_stream) lsi_stream_writer_free(b->form_stream);
    if (b->terms) lsi_terms_writer_free(b->terms);
    if (b->forms) lsi_forms_writer_free(b->forms);
    if (b->stored) lsi_stored_writer_free(b->stored);
    if (b->ids) lsi_ids_writer_free(b->ids);
    lsi_shingles_writer_clear(&b->shingles);
    lsi_free(b->guids);
    lsi_free(b);
}

void lsi_builder_abort(lsi_builder *b)
{
    if (!b) return;
    lsi_frame_writer *frame = b->frame;
    free_builder(b); /* writers may still look at their sinks */
    lsi_frame_abort(frame);
}

int lsi_build_rc(const lsi_builder *b)
{
    return b->rc;
}

/* ---- terms ---- */

void lsi_build_list_begin(lsi_builder *b, uint32_t list, uint32_t form_count)
{
    b->list = list;
    b->list_form_count = form_count;
    if (!b->postings[list] && !b->rc)
        failed(b, lsi_postings_writer_new(&b->postings[list], b->sinks[LSI_SEC_FACTS], b->sinks[LSI_SEC_POSTINGS],
                                          b->sinks[LSI_SEC_RANGES], b->plan->doc_count, &b->models[list], &b->error));
    if (b->rc) return;
    lsi_postings_begin(b->postings[list]);
    if (!b->has_positions[list]) return;
    lsi_stream_begin(b->positions);
    if (form_count > 1) lsi_stream_begin(b->form_stream);
}

void lsi_build_posting(lsi_builder *b, lsi_doc doc, uint32_t count, uint32_t tf)
{
    if (LSI_LIKELY(!b->rc)) lsi_postings_add(b->postings[b->list], doc, count, tf);
}

void lsi_build_postings(lsi_builder *b, const lsi_doc *docs, const uint32_t *counts, const uint32_t *tf, uint32_t n)
{
    if (!b->rc) lsi_postings_add_all(b->postings[b->list], docs, counts, tf, n);
}

void lsi_build_entries(lsi_builder *b, const uint32_t *entries, uint32_t n)
{
    if (!b->rc) lsi_stream_add_all(b->positions, entries, n);
}

void lsi_build_form_numbers(lsi_builder *b, const uint32_t *old, const uint32_t *map, uint32_t n)
{
    if (!b->rc) lsi_stream_add_mapped(b->form_stream, old, map, n);
}

void lsi_build_list_end(lsi_builder *b)
{
    lsi_list *l = &b->lists[b->list];
    if (b->rc) return;
    memset(l, 0, sizeof *l);
    failed(b, lsi_postings_end(b->postings[b->list], l, &b->error));
    if (b->has_positions[b->list]) {
        if (!b->rc) failed(b, lsi_stream_end(b->positions, &l->positions_offset, &b->error));
        if (!b->rc && b->list_form_count > 1) failed(b, lsi_stream_end(b->form_stream, &l->forms_offset, &b->error));
    }
    if (b->meta.lists[b->list].norms_offset == LSI_OFFSET_NONE) b->meta.lists[b->list].norms_offset = 0;
}

void lsi_build_term(lsi_builder *b, const uint8_t *term, size_t len, uint32_t form_count)
{
    if (b->rc) return;
    failed(b, lsi_terms_writer_add(b->terms, term, len, form_count, b->lists, b->meta.list_count, &b->error));
    memset(b->lists, 0, b->meta.list_count * sizeof *b->lists);
}

void lsi_build_form(lsi_builder *b, const lsi_form *f)
{
    if (!b->rc) failed(b, lsi_forms_writer_add(b->forms, f, &b->error));
}

/* ---- documents and columns ---- */

void lsi_build_doc(lsi_builder *b, const uint8_t *id, size_t id_len, uint64_t hash, const uint8_t *stored, size_t n)
{
    if (!b->rc) failed(b, lsi_ids_writer_add(b->ids, id, id_len, &b->error));
    if (!b->rc) failed(b, lsi_stored_writer_add(b->stored, stored, n, lsi_doc_head(b->schema, stored, n), &b->error));
    lsi_sink_put64(b->sinks[LSI_SEC_DOC_HASHES], hash);
}

void lsi_build_guid(lsi_builder *b, lsi_doc doc, uint64_t hash)
{
    if (b->rc) return;
    if (LSI_ROOM(b->guids, b->guid_count + 1, b->guid_cap)) b->guids[b->guid_count++] = (lsi_hash_pair){hash, doc};
    else failed(b, lsi_fail_nomem(&b->error));
}

void lsi_build_column(lsi_builder *b, lsi_build_column_kind kind, uint32_t no, const int64_t *values,
                      const uint64_t *present)
{
    static const uint8_t sections[] = {LSI_SEC_REGIONS, LSI_SEC_LENGTHS, LSI_SEC_COLUMNS, LSI_SEC_VERSIONS};
    uint64_t *at[] = {&b->meta.regions[kind == LSI_BUILD_REGION ? no : 0],
                      &b->meta.lengths[kind == LSI_BUILD_LENGTH ? no : 0],
                      &b->meta.columns[kind == LSI_BUILD_FIELD ? no : 0], &b->meta.versions};
    if (!b->rc)
        failed(b, lsi_column_write(b->sinks[sections[kind]], values, present, b->plan->doc_count, at[kind], &b->error));
}

void lsi_build_keywords(lsi_builder *b, uint32_t field, const lsi_keyword_pair *pairs, size_t count)
{
    if (!b->rc)
        failed(b, lsi_keywords_write(b->sinks[LSI_SEC_COLUMNS], pairs, count, b->plan->doc_count,
                                     &b->meta.columns[field], &b->error));
}

/* ---- copies ---- */

void lsi_build_copies(lsi_builder *b, const lsi_copies *c)
{
    b->sinks[LSI_SEC_SHINGLES] = b->rc ? NULL : lsi_frame_section(b->frame, LSI_SEC_SHINGLES, true);
    if (!b->sinks[LSI_SEC_SHINGLES]) failed(b, lsi_fail_nomem(ERR(b)));
    if (b->rc) return;
    failed(b, lsi_shingles_begin(&b->shingles, b->sinks[LSI_SEC_SHINGLES], c->doc_count, c->texts, c->order, c->counts,
                                 c->rows, c->row_count, &b->error));
}

void lsi_build_shingle(lsi_builder *b, uint64_t entry)
{
    if (!b->rc) lsi_shingles_put(&b->shingles, entry);
}

void lsi_build_copies_end(lsi_builder *b)
{
    if (!b->rc) failed(b, lsi_shingles_end(&b->shingles, &b->error));
}

/* ---- the end ---- */

static void write_norms(lsi_builder *b)
{
    lsi_sink *s = b->sinks[LSI_SEC_NORMS];
    for (uint32_t l = 0; l < b->meta.list_count; l++) {
        lsi_meta_list *ml = &b->meta.lists[l];
        if (ml->norms_offset == LSI_OFFSET_NONE) continue;
        lsi_sink_align(s, LSI_SECTION_ALIGN);
        ml->norms_offset = lsi_sink_at(s);
        lsi_sink_put(s, b->plan->norms[l], b->plan->doc_count);
    }
}

static void write_guids(lsi_builder *b)
{
    if (b->rc || !b->guid_count) return;
    lsi_sink *s = lsi_frame_section(b->frame, LSI_SEC_GUID_HASHES, true);
    if (s) lsi_hashes_write(s, b->guids, b->guid_count); /* else finishing the frame tells it */
}

int lsi_builder_finish(lsi_builder *b, bool sync, lsi_segment_info *out, ls_error *err)
{
    if (!b->rc) failed(b, lsi_terms_writer_end(b->terms, &b->error));
    if (!b->rc) failed(b, lsi_forms_writer_end(b->forms, &b->error));
    if (!b->rc) failed(b, lsi_ids_writer_end(b->ids, &b->error));
    if (!b->rc) failed(b, lsi_stored_writer_end(b->stored, &b->error));
    int rc = b->rc;
    if (rc) {
        if (err) *err = b->error;
        lsi_builder_abort(b);
        return rc;
    }
    write_norms(b);
    write_guids(b);
    lsi_meta_write(&b->meta, b->sinks[LSI_SEC_META]);
    memset(out, 0, sizeof *out);
    out->generation = b->generation;
    out->doc_count = b->plan->doc_count;
    lsi_frame_writer *frame = b->frame;
    free_builder(b);
    return lsi_frame_finish(frame, sync, &out->bytes, &out->sum, err);
}
