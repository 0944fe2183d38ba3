/* rescue.c — owns the reading of a damaged segment: each part opened by itself, and a document put together from what
 * is left. Ignorant of what becomes of the documents (index/salvage.c).
 *
 * A document is its stored bytes: without them it is lost. Number of documents, id, version, language and numbers stand
 * elsewhere, and any of them may be missing:
 *   number of documents   of the manifest, of META, of the index of the stored bytes: the first that tells
 *   id                    derived anew by whoever adds the document
 *   version, language     none given; detected from the text
 *   a number              the document loses that value
 * Words, postings, positions, norms and columns of keywords are not read at all: adding makes them anew. */
#include "libsearch/segment/rescue.h"
#include "libsearch/codec/read.h"
#include "libsearch/segment/meta.h"
#include "libsearch/store/names.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include <stdio.h>

enum { LIVE_COUNTS = 1, LIVE_DELETED = 2 }; /* sections of a live file: segment/live.c */
#define LIVE_HEAD_BYTES 40u

struct lsi_rescue {
    lsi_frame *frame;
    const ls_schema *schema;
    uint64_t generation;
    uint32_t doc_count;
    bool has_meta, has_ids;
    lsi_meta meta; /* where has_meta */
    lsi_stored *stored;
    lsi_ids ids;
    lsi_column versions, columns[LSI_FIELDS_MAX]; /* section NULL: not there, or damaged */
    uint64_t *deleted;                            /* a bit a document; NULL: none */
    ls_fault_fn *fault;
    void *ctx;
};

static const lsi_section *section(const lsi_rescue *r, uint32_t type)
{
    return lsi_frame_find(r->frame, type);
}

static void tell(const lsi_rescue *r, const ls_error *why, uint32_t type)
{
    if (r->fault) r->fault(r->ctx, why, lsi_segment_section_name(type));
}

/* ---- opening ---- */

/* Columns, META and ids take no memory to open: what fails is told, and done without. */
static void open_column(lsi_rescue *r, lsi_column *c, uint32_t type, uint64_t offset)
{
    ls_error why;
    if (offset == LSI_OFFSET_NONE) return;
    int rc = lsi_column_open(c, section(r, type), offset, &why);
    if (!rc && c->doc_count != r->doc_count)
        rc = lsi_section_corrupt(section(r, type), offset, &why, "a column as long as the segment");
    if (!rc) return;
    c->section = NULL;
    tell(r, &why, type);
}

static void open_columns(lsi_rescue *r)
{
    open_column(r, &r->versions, LSI_SEC_VERSIONS, r->meta.versions);
    for (uint32_t f = 0; f < r->meta.field_count && f < r->schema->count; f++) {
        ls_type type = r->schema->fields[f].pub.type;
        if (type == LS_INTEGER || type == LS_DATE) open_column(r, &r->columns[f], LSI_SEC_COLUMNS, r->meta.columns[f]);
    }
}

/* The number of documents, where neither manifest nor META tells. */
static int count_by_stored(lsi_rescue *r, ls_error *err)
{
    const uint8_t *p = lsi_section_get(section(r, LSI_SEC_STORED_INDEX), 0, 8, err);
    if (!p) return lsi_read_failed(err);
    r->doc_count = lsi_get32(p);
    return LS_OK;
}

static int open_parts(lsi_rescue *r, const lsi_segment_info *info, ls_error *err)
{
    ls_error why;
    int rc = LS_OK;
    r->has_meta = !lsi_meta_read(&r->meta, section(r, LSI_SEC_META), &why);
    if (!r->has_meta) tell(r, &why, LSI_SEC_META);
    r->doc_count = info->doc_count ? info->doc_count : r->has_meta ? r->meta.doc_count : 0;
    if (!r->doc_count && (rc = count_by_stored(r, err))) return rc;
    if (r->has_meta && r->meta.doc_count != r->doc_count) r->has_meta = false; /* of another segment */
    if (r->doc_count == LSI_DOC_END)
        return lsi_section_corrupt(section(r, LSI_SEC_STORED_INDEX), 0, err, "a number of documents");
    rc = lsi_stored_open_unread(&r->stored, section(r, LSI_SEC_STORED_INDEX), section(r, LSI_SEC_STORED),
                                section(r, LSI_SEC_STORED_DICT), r->doc_count, err);
    if (rc) return rc;
    r->has_ids = !lsi_ids_open_bytes(&r->ids, section(r, LSI_SEC_IDS), r->doc_count, &why);
    if (!r->has_ids) tell(r, &why, LSI_SEC_IDS);
    if (r->has_meta) open_columns(r);
    return LS_OK;
}

int lsi_rescue_open(lsi_rescue **out, lsi_dir *dir, const lsi_segment_info *info, const ls_schema *schema,
                    ls_fault_fn *fault, void *ctx, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    *out = NULL;
    lsi_rescue *r = lsi_calloc(1, sizeof *r);
    if (!r) return lsi_fail_nomem(err);
    r->schema = schema;
    r->generation = info->generation;
    r->fault = fault;
    r->ctx = ctx;
    lsi_name_make(name, LSI_NAME_SEGMENT, info->generation);
    int rc = lsi_frame_open_damaged(&r->frame, dir, name, LSI_FILE_SEGMENT, err);
    if (!rc && lsi_frame_generation(r->frame) != info->generation) /* its deletions would be another's */
        rc = lsi_fail(err, LS_CORRUPT, "%s: holds segment %016llx", name,
                      (unsigned long long)lsi_frame_generation(r->frame));
    if (!rc) rc = open_parts(r, info, err);
    if (rc) lsi_rescue_close(r);
    else *out = r;
    return rc;
}

void lsi_rescue_close(lsi_rescue *r)
{
    if (!r) return;
    lsi_stored_close(r->stored);
    lsi_frame_close(r->frame);
    lsi_free(r->deleted);
    lsi_free(r);
}

uint32_t lsi_rescue_count(const lsi_rescue *r)
{
    return r->doc_count;
}

uint32_t lsi_rescue_reach(const lsi_rescue *r)
{
    return lsi_stored_reach(r->stored);
}

uint32_t lsi_rescue_live_from(const lsi_rescue *r, lsi_doc from)
{
    uint32_t n = r->doc_count - from;
    /* The set has a bit for each document, so the file bounds this walk. */
    for (lsi_doc doc = from; r->deleted && doc < r->doc_count; doc++) n -= lsi_rescue_is_deleted(r, doc);
    return n;
}

bool lsi_rescue_fits(const lsi_rescue *r, const ls_schema *s)
{
    return r->has_meta && r->meta.field_count == s->count && r->meta.list_count == s->text_count + 1 &&
           r->meta.region_count == s->region_count;
}

/* ---- documents ---- */

static int take_id(lsi_rescue *r, lsi_doc doc, ls_doc *d, ls_error *err)
{
    const uint8_t *id;
    size_t len;
    if (!r->has_ids) return lsi_fail(err, LS_CORRUPT, "no ids");
    int rc = lsi_ids_get(&r->ids, doc, &id, &len, err);
    return rc ? rc : lsi_doc_set_id(d, (const char *)id, len, err);
}

static int take_language(lsi_rescue *r, lsi_doc doc, ls_doc *d, ls_error *err)
{
    const uint8_t *p = r->has_meta ? lsi_section_get(section(r, LSI_SEC_LANGUAGES), doc, 1, err) : NULL;
    if (!p || *p >= r->meta.language_count) return LS_CORRUPT;
    const char *name = lsi_lang_name(r->meta.languages[*p]);
    snprintf(d->language, sizeof d->language, "%s", name);
    return LS_OK;
}

/* The numbers that the stored bytes only say there are; those that are lost leave the document. */
static bool take_numbers(lsi_rescue *r, lsi_doc doc, ls_doc *d)
{
    size_t kept = 0, all = d->count;
    for (size_t i = 0; i < all; i++) {
        lsi_doc_value v = d->values[i];
        const lsi_column *c = v.is_int ? &r->columns[v.field_no] : NULL;
        bool has = false;
        if (c && (!c->section || lsi_column_get(c, doc, &has, &v.integer, NULL) || !has)) continue;
        d->values[kept++] = v;
    }
    d->count = kept;
    return kept == all;
}

int lsi_rescue_doc(lsi_rescue *r, lsi_doc doc, ls_doc *d, unsigned *lost, ls_error *err)
{
    lsi_buf b;
    bool has = false;
    *lost = 0;
    lsi_doc_clear(d);
    lsi_buf_init(&b, 0);
    int rc = lsi_stored_get(r->stored, doc, &b, err); /* tells a buffer that could not grow */
    if (!rc && !b.len) rc = LS_CORRUPT;               /* no layout; nor has it a place in memory */
    if (!rc) rc = lsi_doc_decode(d, r->schema, b.data, b.data + b.len, err);
    if (rc == LS_CORRUPT && (!err || !err->code || !*err->file))
        rc = lsi_section_corrupt(section(r, LSI_SEC_STORED), 0, err, "stored documents that decode");
    lsi_buf_clear(&b);
    if (rc) return rc;
    if (!take_numbers(r, doc, d)) *lost |= LSI_LOST_NUMBER;
    if (take_id(r, doc, d, NULL)) *lost |= LSI_LOST_ID;
    if (take_language(r, doc, d, NULL)) *lost |= LSI_LOST_LANGUAGE;
    if (!r->has_meta || (r->meta.versions != LSI_OFFSET_NONE &&
                         (!r->versions.section || lsi_column_get(&r->versions, doc, &has, &d->version, NULL)))) {
        *lost |= LSI_LOST_VERSION;
        d->version = 0;
    }
    if (d->version < 0) d->version = 0;
    return LS_OK;
}

/* ---- deletions ---- */

int lsi_rescue_live_of(uint64_t *segment, lsi_dir *dir, uint64_t generation, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    lsi_frame *f;
    lsi_name_make(name, LSI_NAME_LIVE, generation);
    int rc = lsi_frame_open_damaged(&f, dir, name, LSI_FILE_LIVE, err);
    if (rc) return rc;
    const uint8_t *p = lsi_section_get(lsi_frame_find(f, LIVE_COUNTS), 0, LIVE_HEAD_BYTES, err);
    *segment = p ? lsi_get64(p + 24) : 0;
    rc = p ? LS_OK : lsi_read_failed(err);
    lsi_frame_close(f);
    return rc;
}

int lsi_rescue_live(lsi_rescue *r, lsi_dir *dir, uint64_t generation, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    lsi_frame *f;
    size_t words = lsi_bitset_words(r->doc_count);
    lsi_name_make(name, LSI_NAME_LIVE, generation);
    int rc = lsi_frame_open_damaged(&f, dir, name, LSI_FILE_LIVE, err);
    if (rc) return rc;
    const lsi_section *s = lsi_frame_find(f, LIVE_DELETED);
    const uint8_t *p = NULL, *head = lsi_section_get(lsi_frame_find(f, LIVE_COUNTS), 0, LIVE_HEAD_BYTES, NULL);
    if (s->bytes != 8 * words || (head && lsi_get64(head + 24) != r->generation))
        rc = lsi_section_corrupt(s, 0, err, "a bit for each document of its segment");
    if (!rc && !(p = lsi_section_get(s, 0, 8 * words, err))) rc = lsi_read_failed(err);
    uint64_t *bits = rc ? NULL : lsi_malloc(8 * words);
    if (!rc && !bits) rc = lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < words; i++) bits[i] = lsi_get64(p + 8 * i);
    if (!rc) {
        lsi_free(r->deleted);
        r->deleted = bits;
    }
    lsi_frame_close(f);
    return rc;
}

bool lsi_rescue_is_deleted(const lsi_rescue *r, lsi_doc doc)
{
    return r->deleted && r->deleted[doc >> 6] >> (doc & 63) & 1;
}
