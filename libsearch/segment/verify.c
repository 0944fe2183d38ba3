/* verify.c — owns the check of a segment and its live file: first every byte against the checksums, then, where those
 * hold, every structure against every other. Believes nothing that it can compute. Dictionaries and lists are walked
 * in verify_words.c. Bytes that fail their checksum are told once and not looked into. */
#include "libsearch/codec/read.h"
#include "libsearch/model/news.h"
#include "libsearch/segment/build.h"
#include "libsearch/segment/tally.h"
#include "libsearch/segment/verifying.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include "libsearch/util/map.h"

static const char *section_at(const lsi_frame *f, const ls_error *e)
{
    for (size_t i = 0; i < lsi_frame_section_count(f); i++) {
        const lsi_section *s = lsi_frame_section_at(f, i);
        if (e->offset >= s->file_offset && e->offset - s->file_offset <= s->bytes)
            return lsi_segment_section_name(s->type);
    }
    return "file";
}

int lsi_verify_take(lsi_verify *v, int rc)
{
    if (rc != LS_CORRUPT && rc != LS_TOO_NEW) return rc;
    v->faults++;
    bool of_live = v->live && strstr(v->found.file, lsi_frame_name(v->live->frame)); /* a name within a path */
    if (v->fault) v->fault(v->ctx, &v->found, of_live ? "live" : section_at(v->seg->frame, &v->found));
    lsi_error_clear(&v->found);
    return LS_OK;
}

/* ---- columns ---- */

static int verify_columns(lsi_verify *v)
{
    const lsi_segment *s = v->seg;
    int rc = lsi_verify_take(v, lsi_column_verify(&s->versions, &v->found));
    for (uint32_t r = 1; !rc && r < s->region_count; r++)
        if (s->regions[r].section) rc = lsi_verify_take(v, lsi_column_verify(&s->regions[r], &v->found));
    for (uint32_t t = 0; !rc && t + 1 < s->list_count; t++)
        if (s->lengths[t].section) rc = lsi_verify_take(v, lsi_column_verify(&s->lengths[t], &v->found));
    for (uint32_t f = 0; !rc && f < s->field_count; f++) {
        if (s->columns[f].section) rc = lsi_verify_take(v, lsi_column_verify(&s->columns[f], &v->found));
        if (!rc && s->keywords[f].section) rc = lsi_verify_take(v, lsi_keywords_verify(&s->keywords[f], &v->found));
    }
    return rc;
}

/* ---- documents ---- */

typedef struct doc_sums {
    uint64_t lengths[LSI_LISTS_MAX], words;
    uint32_t languages[64];
    uint8_t min_norm[LSI_LISTS_MAX], max_norm[LSI_LISTS_MAX];
    uint32_t guids;
} doc_sums;

static int damaged(const lsi_section *s, uint64_t offset, ls_error *err, const char *expected)
{
    return lsi_section_corrupt(s, LSI_MIN(offset, s->bytes), err, expected);
}

static int verify_lengths(lsi_verify *v, lsi_doc doc, doc_sums *sums)
{
    const lsi_segment *s = v->seg;
    uint32_t lengths[LSI_TEXT_FIELDS_MAX] = {0};
    uint64_t lists[LSI_LISTS_MAX];
    for (uint32_t t = 0; t + 1 < s->list_count; t++) {
        int rc = lsi_segment_length(s, t, doc, &lengths[t], &v->found);
        if (rc) return rc;
    }
    sums->words += lsi_list_lengths(s->schema, lengths, lists);
    for (uint32_t l = 0; l < s->list_count; l++) {
        sums->lengths[l] += lists[l];
        uint8_t norm = lsi_norm_encode(lists[l]);
        sums->min_norm[l] = LSI_MIN(sums->min_norm[l], norm);
        sums->max_norm[l] = LSI_MAX(sums->max_norm[l], norm);
        if (s->norms_offset[l] == LSI_OFFSET_NONE) continue;
        const uint8_t *norms = lsi_segment_norms(s, l, &v->found);
        if (!norms) return lsi_read_failed(&v->found);
        if (norms[doc] != norm)
            return damaged(s->norms_section, s->norms_offset[l] + doc, &v->found, "the norm of the document's length");
    }
    return LS_OK;
}

static int verify_identity(lsi_verify *v, lsi_doc doc)
{
    const lsi_segment *s = v->seg;
    const uint8_t *id;
    size_t len;
    lsi_doc found;
    int rc = lsi_ids_get(&s->ids, doc, &id, &len, &v->found);
    if (!rc) rc = lsi_ids_find(&s->ids, id, len, &found, &v->found);
    if (rc) return rc;
    if (found == LSI_DOC_END || found < doc)
        return damaged(s->ids.hashes, 0, &v->found, "the hash of every document's id");
    if (found != doc && !lsi_live_is_deleted(v->live, doc))
        return damaged(s->ids.bytes, 0, &v->found, "one live document to an id");
    return LS_OK;
}

/* The hash of a guid stands with the document, deleted or not: a merge takes the hashes as they stand. */
static int verify_hash(lsi_verify *v, lsi_doc doc, uint64_t hash)
{
    const lsi_hashes *h = &v->seg->guids;
    uint32_t from, to, end;
    lsi_doc at = LSI_DOC_END;
    int rc = lsi_hashes_find(h, hash, &from, &to, &v->found);
    for (end = to; !rc && from < to;) {
        uint32_t middle = from + (to - from) / 2;
        rc = lsi_hashes_get(h, middle, &hash, &at, &v->found);
        if (at < doc) from = middle + 1;
        else to = middle;
    }
    if (!rc && from < end) rc = lsi_hashes_get(h, from, &hash, &at, &v->found);
    if (rc || at == doc) return rc;
    return damaged(h->section, 0, &v->found, "the hash of each document's guid");
}

/* A guid is found by its hash, as the newest of that name that is live; what has none has no hash. */
static int verify_guid(lsi_verify *v, lsi_doc doc, const ls_doc *d, uint32_t *guids)
{
    size_t len;
    lsi_doc found;
    const char *guid = lsi_news_guid(d, &len);
    if (!guid) return LS_OK;
    ++*guids;
    int rc = verify_hash(v, doc, lsi_hash64(guid, len));
    if (rc || lsi_live_is_deleted(v->live, doc)) return rc;
    rc = lsi_segment_find_guid(v->seg, guid, len, v->live ? v->live->deleted : NULL, &found, &v->found);
    if (rc || found == doc) return rc;
    return damaged(v->seg->guids.section, 0, &v->found, "one live document to a guid");
}

static int verify_document(lsi_verify *v, lsi_doc doc, ls_doc *d, doc_sums *sums)
{
    const lsi_segment *s = v->seg;
    uint32_t starts[LSI_TEXT_FIELDS_MAX + 2];
    uint64_t hash;
    int lang;
    int rc = lsi_verify_take(v, lsi_segment_regions(s, doc, starts, &v->found));
    if (!rc) rc = lsi_verify_take(v, verify_lengths(v, doc, sums));
    if (!rc) rc = lsi_verify_take(v, verify_identity(v, doc));
    if (!rc) rc = lsi_verify_take(v, lsi_segment_doc_hash(s, doc, &hash, &v->found));
    if (rc) return rc;
    const uint8_t *code = lsi_section_get(s->languages, doc, 1, &v->found);
    rc = lsi_segment_doc_language(s, doc, &lang, &v->found);
    if (!rc && code) sums->languages[*code]++;
    if ((rc = lsi_verify_take(v, rc))) return rc;
    rc = lsi_segment_doc(s, doc, d, &v->found);
    if (!rc) rc = verify_guid(v, doc, d, &sums->guids);
    return lsi_verify_take(v, rc);
}

static int verify_sums(lsi_verify *v, const doc_sums *sums)
{
    const lsi_segment *s = v->seg;
    const lsi_section *meta = lsi_frame_find(s->frame, LSI_SEC_META);
    bool same = sums->words == s->word_sum;
    for (uint32_t l = 0; l < s->list_count; l++)
        same &= sums->lengths[l] == s->length_sum[l] && sums->min_norm[l] == s->min_norm[l] &&
                sums->max_norm[l] == s->max_norm[l];
    uint32_t docs[64] = {0};
    for (uint32_t i = 0; i < s->language_count; i++) docs[s->language_numbers[i]] += sums->languages[i];
    same &= !memcmp(docs, s->language_docs, sizeof docs);
    if (sums->guids != s->guids.count)
        return damaged(s->guids.section, 0, &v->found, "a hash for each document that has a guid");
    return same ? LS_OK : damaged(meta, 0, &v->found, "the sums of lengths, words and languages of its documents");
}

static int verify_documents(lsi_verify *v)
{
    ls_doc *d;
    doc_sums sums = {.words = 0};
    memset(sums.min_norm, 0xff, sizeof sums.min_norm);
    int rc = lsi_doc_new(&d, &v->found);
    if (rc) return rc;
    uint64_t before = v->faults;
    rc = lsi_verify_take(v, lsi_hashes_verify(&v->seg->guids, v->seg->doc_count, &v->found));
    for (lsi_doc doc = 0; !rc && doc < v->seg->doc_count; doc++) rc = verify_document(v, doc, d, &sums);
    lsi_doc_free(d);
    if (!rc && v->faults == before) rc = lsi_verify_take(v, verify_sums(v, &sums));
    return rc;
}

/* ---- the live file ---- */

/* Every correction found is in the file, and no more are. */
static int verify_row(lsi_verify *v, const lsi_tally_row *r, const lsi_section *s, uint64_t offset, uint32_t count)
{
    if (r->count != count) return damaged(s, offset, &v->found, "as many corrections as deleted documents ask for");
    const uint8_t *p = count ? lsi_section_get(s, offset, 8ull * count, &v->found) : NULL;
    if (count && !p) return lsi_read_failed(&v->found);
    for (uint32_t i = 0; i < count; i++)
        if (lsi_get32(p + 4 * (size_t)i) != r->at[i] >> 32 ||
            lsi_get32(p + 4 * ((size_t)count + i)) != (uint32_t)r->at[i])
            return damaged(s, offset + 4 * (uint64_t)i, &v->found,
                           "the corrections that the deleted documents ask for");
    return LS_OK;
}

static int verify_live_sums(lsi_verify *v)
{
    const lsi_live *l = v->live;
    doc_sums sums = {.words = 0};
    uint32_t docs[64] = {0};
    int rc = LS_OK;
    for (lsi_doc d = 0; !rc && d < v->seg->doc_count; d++) {
        int lang = 0;
        if (!lsi_live_is_deleted(l, d)) continue;
        rc = verify_lengths(v, d, &sums);
        if (!rc) rc = lsi_segment_doc_language(v->seg, d, &lang, &v->found);
        docs[lang]++;
    }
    if (rc) return rc;
    bool same = sums.words == l->word_sum && !memcmp(docs, l->language_docs, sizeof docs);
    for (uint32_t i = 0; i < v->seg->list_count; i++) same &= sums.lengths[i] == l->length_sum[i];
    return same ? LS_OK : damaged(lsi_frame_section_at(l->frame, 0), 0, &v->found, "the sums of its deleted documents");
}

static int verify_live(lsi_verify *v)
{
    const lsi_live *l = v->live;
    lsi_tally t = {.forms = {NULL, 0, 0}};
    int rc = lsi_verify_take(v, verify_live_sums(v));
    if (!rc) rc = lsi_tally_scan(&t, v->seg, l->deleted, &v->found);
    for (uint32_t i = 0; !rc && i < l->list_count; i++)
        rc = lsi_verify_take(v, verify_row(v, &t.lists[i], l->lists, l->list_at[i].offset, l->list_at[i].count));
    if (!rc) rc = verify_row(v, &t.forms, l->forms, 0, l->forms_at.count);
    lsi_tally_clear(&t);
    return lsi_verify_take(v, rc);
}

/* ---- the whole ---- */

int lsi_segment_verify(lsi_segment *s, lsi_live *l, ls_fault_fn *fault, void *ctx, uint64_t *faults, ls_error *err)
{
    lsi_verify v = {.seg = s, .live = l, .fault = fault, .ctx = ctx};
    uint64_t bytes = 0, more = 0;
    lsi_error_clear(&v.found);
    int rc = lsi_frame_verify(s->frame, fault, ctx, &bytes, err);
    if (l && (!rc || rc == LS_CORRUPT)) rc = lsi_frame_verify(l->frame, fault, ctx, &more, err);
    bytes += more;
    if (!rc && !bytes) {
        rc = lsi_verify_words(&v);
        if (!rc) rc = verify_columns(&v);
        if (!rc) rc = verify_documents(&v);
        if (!rc && l) rc = verify_live(&v);
        if (!rc) rc = lsi_verify_take(&v, lsi_shingles_verify(&s->shingles, &v.found));
        if (rc && err) *err = v.found;
    }
    *faults = bytes + v.faults;
    if (rc && rc != LS_CORRUPT) return rc;
    if (!*faults) return LS_OK;
    return lsi_fail_at(err, LS_CORRUPT, lsi_frame_name(s->frame), UINT64_MAX, "%llu faults in segment %s",
                       (unsigned long long)*faults, lsi_frame_name(s->frame));
}
