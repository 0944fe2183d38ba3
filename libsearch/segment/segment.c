/* segment.c — owns an open segment: the sections of its file behind their readers, and look-ups by document.
 *
 * Opening reads META and the heads of the parts, whatever the size; everything else is verified when first touched.
 * Immutable but for its count of references: any number of threads. Ignorant of deletions (live.c) and of queries. */
#include "libsearch/codec/read.h"
#include "libsearch/model/news.h"
#include "libsearch/segment/build.h"
#include "libsearch/segment/meta.h"
#include "libsearch/store/names.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include "libsearch/util/map.h"

static void take_meta(lsi_segment *s, const lsi_meta *m)
{
    s->doc_count = m->doc_count;
    s->list_count = m->list_count;
    s->field_count = m->field_count;
    s->region_count = m->region_count;
    s->analyzer_stamp = m->analyzer_stamp;
    s->word_sum = m->word_sum;
    s->k1 = m->k1;
    s->b = m->b;
    for (uint32_t l = 0; l < m->list_count; l++) {
        s->length_sum[l] = m->lists[l].length_sum;
        s->average[l] = m->lists[l].average;
        s->min_norm[l] = m->lists[l].min_norm;
        s->max_norm[l] = m->lists[l].max_norm;
        s->norms_offset[l] = m->lists[l].norms_offset;
    }
    for (uint32_t l = m->list_count; l < LSI_LISTS_MAX; l++) {
        s->norms_offset[l] = LSI_OFFSET_NONE;
        s->average[l] = 1;
    }
    s->language_count = m->language_count;
    memcpy(s->language_numbers, m->languages, sizeof s->language_numbers);
    for (uint32_t i = 0; i < m->language_count; i++) s->language_docs[m->languages[i]] += m->language_docs[i];
}

static const lsi_section *section(const lsi_segment *s, uint32_t type)
{
    return lsi_frame_find(s->frame, type);
}

/* What a segment was written under has to be the beginning of the schema it is read under. */
static int check_schema(const lsi_segment *s, ls_error *err)
{
    const ls_schema *now = s->schema;
    uint32_t texts = 0, regions = 1;
    bool fits = s->field_count <= now->count;
    for (uint32_t f = 0; fits && f < s->field_count; f++) {
        texts += now->fields[f].text_no >= 0;
        regions += now->fields[f].region >= 0;
    }
    if (fits && texts + 1 == s->list_count && regions == s->region_count) return LS_OK;
    return lsi_section_corrupt(section(s, LSI_SEC_META), 8, err, "the fields that the index has");
}

static int check_array(const lsi_section *at, uint64_t offset, uint64_t bytes, ls_error *err, const char *expected)
{
    return lsi_range_ok(offset, bytes, at->bytes) ? LS_OK : lsi_section_corrupt(at, at->bytes, err, expected);
}

static int open_arrays(lsi_segment *s, ls_error *err)
{
    s->norms_section = section(s, LSI_SEC_NORMS);
    s->languages = section(s, LSI_SEC_LANGUAGES);
    s->doc_hashes = section(s, LSI_SEC_DOC_HASHES);
    int rc = check_array(s->languages, 0, s->doc_count, err, "a language for each document");
    if (!rc) rc = check_array(s->doc_hashes, 0, 8ull * s->doc_count, err, "a hash for each document");
    for (uint32_t l = 0; !rc && l < s->list_count; l++)
        if (s->norms_offset[l] != LSI_OFFSET_NONE)
            rc = check_array(s->norms_section, s->norms_offset[l], s->doc_count, err, "a norm for each document");
    return rc;
}

static int open_column(const lsi_segment *s, lsi_column *c, uint32_t type, uint64_t offset, ls_error *err)
{
    const lsi_section *at = section(s, type);
    if (offset == LSI_OFFSET_NONE) return LS_OK;
    int rc = lsi_column_open(c, at, offset, err);
    if (!rc && c->doc_count != s->doc_count)
        rc = lsi_section_corrupt(at, offset, err, "a column as long as the segment");
    return rc;
}

static int open_columns(lsi_segment *s, const lsi_meta *m, ls_error *err)
{
    const lsi_section *at = section(s, LSI_SEC_COLUMNS);
    int rc = open_column(s, &s->versions, LSI_SEC_VERSIONS, m->versions, err);
    if (!rc && (!s->versions.section || s->versions.present != s->doc_count))
        rc = lsi_section_corrupt(section(s, LSI_SEC_META), 56, err, "a version for each document");
    for (uint32_t r = 1; !rc && r < m->region_count; r++)
        rc = open_column(s, &s->regions[r], LSI_SEC_REGIONS, m->regions[r], err);
    for (uint32_t t = 0; !rc && t + 1 < m->list_count; t++)
        rc = open_column(s, &s->lengths[t], LSI_SEC_LENGTHS, m->lengths[t], err);
    for (uint32_t f = 0; !rc && f < m->field_count; f++) {
        ls_type type = s->schema->fields[f].pub.type;
        if (m->columns[f] == LSI_OFFSET_NONE) continue;
        if (type == LS_KEYWORD) {
            rc = lsi_keywords_open(&s->keywords[f], at, m->columns[f], err);
            if (!rc && s->keywords[f].doc_count != s->doc_count)
                rc = lsi_section_corrupt(at, m->columns[f], err, "a column as long as the segment");
        } else if (type == LS_INTEGER || type == LS_DATE) {
            rc = open_column(s, &s->columns[f], LSI_SEC_COLUMNS, m->columns[f], err);
        } else {
            rc = lsi_section_corrupt(section(s, LSI_SEC_META), 0, err, "columns of number and keyword fields only");
        }
    }
    return rc;
}

static int open_parts(lsi_segment *s, ls_error *err)
{
    lsi_meta m;
    int rc = lsi_meta_read(&m, section(s, LSI_SEC_META), err);
    if (rc) return rc;
    take_meta(s, &m);
    if (s->info.doc_count && s->info.doc_count != s->doc_count)
        return lsi_section_corrupt(section(s, LSI_SEC_META), 4, err, "as many documents as the manifest says");
    s->info.doc_count = s->doc_count;
    s->postings = (lsi_postings_sections){section(s, LSI_SEC_FACTS), section(s, LSI_SEC_POSTINGS),
                                          section(s, LSI_SEC_RANGES), s->doc_count};
    s->positions = section(s, LSI_SEC_POSITIONS);
    s->form_stream = section(s, LSI_SEC_FORM_STREAM);
    rc = check_schema(s, err);
    if (!rc) rc = open_arrays(s, err);
    if (!rc) rc = open_columns(s, &m, err);
    if (!rc)
        rc = lsi_terms_open(&s->terms, section(s, LSI_SEC_TERM_INDEX), section(s, LSI_SEC_TERM_BLOCKS),
                            section(s, LSI_SEC_TERM_LISTS), err);
    if (!rc) rc = lsi_forms_open(&s->forms, section(s, LSI_SEC_FORM_INDEX), section(s, LSI_SEC_FORM_BLOCKS), err);
    if (!rc)
        rc = lsi_stored_open(&s->stored, section(s, LSI_SEC_STORED_INDEX), section(s, LSI_SEC_STORED),
                             section(s, LSI_SEC_STORED_DICT), s->doc_count, err);
    if (!rc) rc = lsi_ids_open(&s->ids, section(s, LSI_SEC_IDS), section(s, LSI_SEC_ID_HASHES), s->doc_count, err);
    if (!rc) rc = lsi_hashes_open(&s->guids, section(s, LSI_SEC_GUID_HASHES), err);
    if (!rc) rc = lsi_shingles_open(&s->shingles, section(s, LSI_SEC_SHINGLES), s->doc_count, err);
    return rc;
}

int lsi_segment_open(lsi_segment **out, lsi_dir *dir, const lsi_segment_info *info, const ls_schema *schema,
                     bool use_mmap, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    *out = NULL;
    lsi_segment *s = lsi_calloc(1, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    s->refs = 1;
    s->info = *info;
    lsi_name_make(name, LSI_NAME_SEGMENT, info->generation);
    int rc = lsi_schema_copy(&s->own_schema, schema, err);
    s->schema = s->own_schema;
    if (!rc) rc = lsi_frame_open(&s->frame, dir, name, LSI_FILE_SEGMENT, use_mmap, info->bytes, info->sum, err);
    if (!rc) rc = lsi_frame_check_types(s->frame, LSI_SEC_LAST, err);
    if (!rc) rc = open_parts(s, err);
    if (rc) lsi_segment_release(s);
    else *out = s;
    return rc;
}

void lsi_segment_retain(lsi_segment *s)
{
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
}

void lsi_segment_release(lsi_segment *s)
{
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL)) return;
    if (s->stored) lsi_stored_close(s->stored);
    lsi_frame_close(s->frame);
    lsi_schema_free(s->own_schema);
    lsi_free(s->releases);
    lsi_free(s);
}

/* ---- by document ---- */

const uint8_t *lsi_segment_norms(const lsi_segment *s, uint32_t list, ls_error *err)
{
    if (list >= LSI_LISTS_MAX || s->norms_offset[list] == LSI_OFFSET_NONE) return NULL;
    return lsi_section_get(s->norms_section, s->norms_offset[list], s->doc_count, err);
}

static int check_doc(const lsi_segment *s, lsi_doc doc, ls_error *err)
{
    if (doc < s->doc_count) return LS_OK;
    return lsi_fail(err, LS_MISUSE, "document %u of a segment of %u", doc, s->doc_count);
}

int lsi_segment_regions(const lsi_segment *s, lsi_doc doc, uint32_t *starts, ls_error *err)
{
    uint32_t now = (uint32_t)s->schema->region_count, then = s->region_count;
    int rc = check_doc(s, doc, err);
    if (rc) return rc;
    starts[now] = UINT32_MAX;
    /* Regions that came after the segment stand, empty, before the last one, which is the boilerplate's then as now. */
    for (uint32_t r = now; r-- > 0;) {
        uint32_t here = r + 1 == now ? then - 1 : r < then - 1 ? r : UINT32_MAX;
        const lsi_column *c = here == UINT32_MAX || here == 0 ? NULL : &s->regions[here];
        bool has = false;
        int64_t value = 0;
        if (c && c->section && (rc = lsi_column_get(c, doc, &has, &value, err))) return rc;
        if (has && (value < 0 || value >= starts[r + 1]))
            return lsi_section_corrupt(c->section, c->offset, err, "regions one behind the other");
        starts[r] = has ? (uint32_t)value : starts[r + 1];
    }
    starts[0] = 0;
    return LS_OK;
}

int lsi_segment_positions(const lsi_segment *s, const lsi_list *l, lsi_stream *out, ls_error *err)
{
    if (l->positions_offset == LSI_OFFSET_NONE)
        return lsi_section_corrupt(s->terms.blocks, 0, err, "lists that have positions");
    return lsi_stream_open(out, s->positions, l->positions_offset, l->cf, err);
}

int lsi_segment_form_stream(const lsi_segment *s, const lsi_list *l, uint32_t form_count, lsi_stream *out,
                            ls_error *err)
{
    if (form_count < 2) return lsi_stream_open(out, NULL, 0, l->cf, err);
    if (l->forms_offset == LSI_OFFSET_NONE)
        return lsi_section_corrupt(s->terms.blocks, 0, err, "lists that have form numbers");
    return lsi_stream_open(out, s->form_stream, l->forms_offset, l->cf, err);
}

int lsi_list_streams(const lsi_segment *s, const lsi_list *l, uint32_t form_count, lsi_stream *positions,
                     lsi_stream *forms, ls_error *err)
{
    if (l->positions_offset == LSI_OFFSET_NONE || (form_count > 1 && l->forms_offset == LSI_OFFSET_NONE))
        return lsi_section_corrupt(s->terms.blocks, 0, err, "lists that have positions and forms");
    int rc = positions ? lsi_segment_positions(s, l, positions, err) : LS_OK;
    return rc || !forms ? rc : lsi_segment_form_stream(s, l, form_count, forms, err);
}

static int take_identity(const lsi_segment *s, lsi_doc doc, ls_doc *d, ls_error *err)
{
    const uint8_t *id;
    bool has;
    int lang = 0;
    int rc = lsi_ids_get(&s->ids, doc, &id, &d->id_len, err);
    if (!rc && d->id_len > LSI_ID_MAX) rc = lsi_section_corrupt(s->ids.bytes, 0, err, "ids of at most 128 bytes");
    if (rc) return rc;
    memcpy(d->id, id, d->id_len);
    d->id[d->id_len] = 0;
    if ((rc = lsi_segment_doc_language(s, doc, &lang, err))) return rc;
    const char *name = lsi_lang_name(lang);
    memcpy(d->language, name, LSI_MIN(strlen(name) + 1, sizeof d->language));
    return lsi_column_get(&s->versions, doc, &has, &d->version, err);
}

/* What stored bytes leave to the columns: the numbers, and how many words there are. */
static int take_numbers(const lsi_segment *s, lsi_doc doc, ls_doc *d, ls_error *err)
{
    uint32_t lengths[LSI_TEXT_FIELDS_MAX] = {0};
    uint64_t lists[LSI_LISTS_MAX];
    int rc = LS_OK;
    for (uint32_t t = 0; !rc && t + 1 < s->list_count; t++) rc = lsi_segment_length(s, t, doc, &lengths[t], err);
    d->words = lsi_list_lengths(s->schema, lengths, lists);
    for (size_t i = 0; !rc && i < d->count; i++) {
        lsi_doc_value *v = &d->values[i];
        bool has = false;
        if (!v->is_int) continue;
        if (s->columns[v->field_no].section) rc = lsi_column_get(&s->columns[v->field_no], doc, &has, &v->integer, err);
        if (!rc && !has)
            rc = lsi_section_corrupt(section(s, LSI_SEC_COLUMNS), 0, err, "a number wherever a document says so");
    }
    return rc;
}

/* The values of a document; with `head` the main field's texts may be cut. */
static int take_values(const lsi_segment *s, lsi_doc doc, bool head, ls_doc *d, lsi_buf *b, ls_error *err)
{
    bool whole = true;
    int rc = head ? lsi_stored_head(s->stored, doc, b, &whole, err) : lsi_stored_get(s->stored, doc, b, err);
    if (rc) return rc;            /* of a buffer that could not grow, too */
    if (!b->len) rc = LS_CORRUPT; /* no layout; nor has it a place in memory */
    else if (whole) rc = lsi_doc_decode(d, s->schema, b->data, b->data + b->len, err);
    else rc = lsi_doc_decode_head(d, s->schema, b->data, b->data + b->len, err);
    if (rc == LS_CORRUPT && !whole) { /* a beginning that does not end where we end ours */
        lsi_buf_reset(b);
        return take_values(s, doc, false, d, b, err);
    }
    return rc == LS_CORRUPT ? lsi_section_corrupt(section(s, LSI_SEC_STORED), 0, err, "stored documents that decode")
                            : rc;
}

static int read_doc(const lsi_segment *s, lsi_doc doc, bool head, ls_doc *d, ls_error *err)
{
    lsi_buf b;
    lsi_doc_clear(d);
    int rc = check_doc(s, doc, err);
    if (rc) return rc;
    lsi_buf_init(&b, 0);
    rc = take_values(s, doc, head, d, &b, err);
    if (!rc) rc = take_identity(s, doc, d, err);
    if (!rc) rc = take_numbers(s, doc, d, err);
    lsi_buf_clear(&b);
    return rc;
}

int lsi_segment_doc(const lsi_segment *s, lsi_doc doc, ls_doc *d, ls_error *err)
{
    return read_doc(s, doc, false, d, err);
}

int lsi_segment_doc_head(const lsi_segment *s, lsi_doc doc, ls_doc *d, ls_error *err)
{
    return read_doc(s, doc, true, d, err);
}

int lsi_segment_find_guid(const lsi_segment *s, const char *guid, size_t len, const uint64_t *deleted, lsi_doc *doc,
                          ls_error *err)
{
    uint32_t from, to;
    lsi_doc at;
    uint64_t hash;
    ls_doc *d = NULL;
    *doc = LSI_DOC_END;
    int rc = lsi_hashes_find(&s->guids, lsi_hash64(guid, len), &from, &to, err);
    while (!rc && from < to && *doc == LSI_DOC_END) {
        rc = lsi_hashes_get(&s->guids, --to, &hash, &at, err);
        if (!rc && at >= s->doc_count)
            rc = lsi_section_corrupt(s->guids.section, 8ull * s->guids.count, err, "documents of the segment");
        if (rc || (deleted && lsi_bitset_test(deleted, at))) continue;
        if (!d) rc = lsi_doc_new(&d, err);
        if (!rc) rc = lsi_segment_doc(s, at, d, err);
        size_t have_len = 0;
        const char *have = rc ? NULL : lsi_news_guid(d, &have_len);
        if (have && have_len == len && !memcmp(have, guid, len)) *doc = at;
    }
    lsi_doc_free(d);
    return rc;
}

int lsi_segment_releases(lsi_segment *s, const int64_t **out, ls_error *err)
{
    int64_t *have = __atomic_load_n(&s->releases, __ATOMIC_ACQUIRE), *made;
    ls_doc *d = NULL;
    if ((*out = have)) return LS_OK;
    if (!(made = lsi_calloc(s->doc_count, sizeof *made))) return lsi_fail_nomem(err);
    int rc = lsi_doc_new(&d, err);
    for (lsi_doc i = 0; !rc && i < s->doc_count; i++) {
        rc = lsi_segment_doc(s, i, d, err);
        if (!rc) made[i] = lsi_news_release(d);
    }
    lsi_doc_free(d);
    if (rc) {
        lsi_free(made);
        return rc;
    }
    /* Who comes second takes the other's, which has the same numbers. */
    if (!__atomic_compare_exchange_n(&s->releases, &have, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        lsi_free(made);
    else have = made;
    *out = have;
    return LS_OK;
}

int lsi_segment_doc_hash(const lsi_segment *s, lsi_doc doc, uint64_t *hash, ls_error *err)
{
    const uint8_t *p = lsi_section_get(s->doc_hashes, 8ull * doc, 8, err);
    if (!p) return lsi_read_failed(err);
    *hash = lsi_get64(p);
    return LS_OK;
}

int lsi_segment_doc_language(const lsi_segment *s, lsi_doc doc, int *lang, ls_error *err)
{
    const uint8_t *p = lsi_section_get(s->languages, doc, 1, err);
    if (!p) return lsi_read_failed(err);
    if (*p >= s->language_count) return lsi_section_corrupt(s->languages, doc, err, "a language that META names");
    *lang = s->language_numbers[*p];
    return LS_OK;
}

int lsi_segment_length(const lsi_segment *s, uint32_t text_no, lsi_doc doc, uint32_t *words, ls_error *err)
{
    const lsi_column *c = &s->lengths[text_no];
    bool has;
    int64_t value;
    *words = 0;
    if (!c->section) return LS_OK;
    int rc = lsi_column_get(c, doc, &has, &value, err);
    if (rc) return rc;
    if (!has || value < 0 || value > UINT32_MAX)
        return lsi_section_corrupt(c->section, c->offset, err, "a length for each document");
    *words = (uint32_t)value;
    return LS_OK;
}
