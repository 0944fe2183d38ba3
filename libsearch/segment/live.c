/* live.c — owns the file live-<generation> of a segment: which of its documents are deleted, and what that takes from
 * its statistics, exactly. How the corrections are found is tally.c's.
 *
 * FORMAT (a framed file of kind 2; little-endian)
 *   section 1, counts
 *      0  4  layout: 1              4  4  documents of the segment     8  4  deleted documents
 *     12  4  lists                 16  4  languages of the segment    20  4  form corrections
 *     24  8  generation of the segment
 *     32  8  words of the deleted
 *     40     for each list: 8 sum of the deleted's lengths, 8 offset in section 3, 4 corrections, 4 zero
 *            for each language of the segment's META: 4 deleted documents of it
 *   section 2, a bit for each document: bit i & 7 of byte i >> 3, 1 where deleted; zeros up to a multiple of 8 bytes
 *   section 3, for each list: term ordinals, rising, 4 bytes each; then for each how many deleted documents it has
 * there section 4, the same for entries of the form dictionary Example: of a segment's 3 documents the second is
 * deleted: section 2 is 02 00 00 00 00 00 00 00.
 *
 * A look-up is a binary search over bytes of the file; nothing but the bit set is held in memory. */
#include "libsearch/segment/live.h"
#include "libsearch/codec/read.h"
#include "libsearch/segment/build.h"
#include "libsearch/segment/tally.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"

enum { LIVE_COUNTS = 1, LIVE_DELETED = 2, LIVE_LISTS = 3, LIVE_FORMS = 4 };
#define LIVE_LAYOUT 1u
#define HEAD_BYTES  40u
#define LIST_BYTES  24u

/* ---- reading ---- */

static int read_row(const lsi_section *s, uint64_t offset, uint32_t count, ls_error *err)
{
    if (lsi_range_ok(offset, 8ull * count, s->bytes)) return LS_OK;
    return lsi_section_corrupt(s, s->bytes, err, "as many corrections as counted");
}

static int read_counts(lsi_live *l, const lsi_segment *seg, const lsi_section *s, ls_error *err)
{
    uint64_t bytes = HEAD_BYTES + (uint64_t)LIST_BYTES * seg->list_count + 4ull * seg->language_count, docs = 0;
    const uint8_t *p = lsi_section_get(s, 0, 4, err);
    if (!p) return lsi_read_failed(err);
    if (lsi_get32(p) > LIVE_LAYOUT)
        return lsi_fail_at(err, LS_TOO_NEW, lsi_frame_name(s->frame), s->file_offset,
                           "deletions of layout %u, this library reads %u", lsi_get32(p), LIVE_LAYOUT);
    p = s->bytes == bytes ? lsi_section_get(s, 0, bytes, err) : NULL;
    if (s->bytes != bytes) return lsi_section_corrupt(s, 0, err, "counts for each list and language of the segment");
    if (!p) return lsi_read_failed(err);
    l->doc_count = lsi_get32(p + 4);
    l->deleted_count = lsi_get32(p + 8);
    l->list_count = lsi_get32(p + 12);
    l->forms_at.count = lsi_get32(p + 20);
    if (lsi_get32(p) != LIVE_LAYOUT || l->doc_count != seg->doc_count || l->list_count != seg->list_count ||
        lsi_get32(p + 16) != seg->language_count || lsi_get64(p + 24) != seg->info.generation)
        return lsi_section_corrupt(s, 0, err, "layout 1 and the counts of its segment");
    l->word_sum = lsi_get64(p + 32);
    int rc = read_row(l->forms, 0, l->forms_at.count, err);
    p += HEAD_BYTES;
    for (uint32_t i = 0; !rc && i < l->list_count; i++, p += LIST_BYTES) {
        l->length_sum[i] = lsi_get64(p);
        l->list_at[i].offset = lsi_get64(p + 8);
        l->list_at[i].count = lsi_get32(p + 16);
        if (l->length_sum[i] > seg->length_sum[i])
            return lsi_section_corrupt(s, 40, err, "lengths within the segment's");
        rc = read_row(l->lists, l->list_at[i].offset, l->list_at[i].count, err);
    }
    for (uint32_t i = 0; !rc && i < seg->language_count; i++, p += 4) {
        l->language_docs[seg->language_numbers[i]] += lsi_get32(p);
        docs += lsi_get32(p);
    }
    if (!rc && (docs != l->deleted_count || l->word_sum > seg->word_sum))
        return lsi_section_corrupt(s, HEAD_BYTES, err, "deleted documents of each language that add up");
    return rc;
}

static int read_deleted(lsi_live *l, const lsi_section *s, ls_error *err)
{
    size_t words = lsi_bitset_words(l->doc_count);
    const uint8_t *p = s->bytes == 8 * words ? lsi_section_get(s, 0, 8 * words, err) : NULL;
    if (s->bytes != 8 * words) return lsi_section_corrupt(s, 0, err, "a bit for each document");
    if (!p) return lsi_read_failed(err);
    l->bits = lsi_malloc(8 * words);
    if (!l->bits) return lsi_fail_nomem(err);
    uint64_t deleted = 0;
    for (size_t i = 0; i < words; i++) {
        l->bits[i] = lsi_get64(p + 8 * i);
        deleted += lsi_popcount64(l->bits[i]);
    }
    l->deleted = l->bits;
    if (deleted != l->deleted_count || (l->doc_count % 64 && l->bits[words - 1] >> (l->doc_count % 64)))
        return lsi_section_corrupt(s, 0, err, "as many deleted documents as counted");
    return LS_OK;
}

int lsi_live_open(lsi_live **out, lsi_dir *dir, const lsi_segment *seg, const lsi_segment_info *info, bool use_mmap,
                  ls_error *err)
{
    char name[LSI_NAME_BYTES];
    *out = NULL;
    if (!info->live_generation) return LS_OK;
    lsi_live *l = lsi_calloc(1, sizeof *l);
    if (!l) return lsi_fail_nomem(err);
    l->refs = 1;
    lsi_name_make(name, LSI_NAME_LIVE, info->live_generation);
    int rc = lsi_frame_open(&l->frame, dir, name, LSI_FILE_LIVE, use_mmap, info->live_bytes, info->live_sum, err);
    if (!rc) rc = lsi_frame_check_types(l->frame, LIVE_FORMS, err);
    if (!rc) {
        l->lists = lsi_frame_find(l->frame, LIVE_LISTS);
        l->forms = lsi_frame_find(l->frame, LIVE_FORMS);
        rc = read_counts(l, seg, lsi_frame_find(l->frame, LIVE_COUNTS), err);
    }
    if (!rc) rc = read_deleted(l, lsi_frame_find(l->frame, LIVE_DELETED), err);
    if (!rc && info->deleted_count && info->deleted_count != l->deleted_count)
        rc = lsi_section_corrupt(lsi_frame_find(l->frame, LIVE_COUNTS), 8, err, "as many deleted as the manifest says");
    if (rc) lsi_live_release(l);
    else *out = l;
    return rc;
}

void lsi_live_retain(lsi_live *l)
{
    __atomic_add_fetch(&l->refs, 1, __ATOMIC_RELAXED);
}

void lsi_live_release(lsi_live *l)
{
    if (!l || __atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL)) return;
    lsi_frame_close(l->frame);
    lsi_free(l->bits);
    lsi_free(l->rows);
    lsi_free(l);
}

static int find(const lsi_live *l, const lsi_section *s, uint64_t offset, uint32_t n, uint32_t number, uint32_t *count,
                ls_error *err)
{
    *count = 0;
    if (!n) return LS_OK;
    const uint8_t *p = l->rows ? l->rows + offset : lsi_section_get(s, offset, 8ull * n, err);
    if (!p) return lsi_read_failed(err);
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lsi_get32(p + 4 * (size_t)middle) < number) low = middle + 1;
        else high = middle;
    }
    if (low == n || lsi_get32(p + 4 * (size_t)low) != number) return LS_OK;
    *count = lsi_get32(p + 4 * ((size_t)n + low));
    if (l->rows || *count - 1 < l->deleted_count) return LS_OK;
    return lsi_section_corrupt(s, offset + 4 * ((uint64_t)n + low), err, "1 to as many documents as are deleted");
}

int lsi_live_term(const lsi_live *l, uint32_t list, lsi_ord ord, uint32_t *count, ls_error *err)
{
    *count = 0;
    if (!l || list >= l->list_count) return LS_OK;
    return find(l, l->lists, l->list_at[list].offset, l->list_at[list].count, ord, count, err);
}

int lsi_live_form(const lsi_live *l, uint32_t entry, uint32_t *count, ls_error *err)
{
    *count = 0;
    return l ? find(l, l->forms, l->forms_at.offset, l->forms_at.count, entry, count, err) : LS_OK;
}

/* ---- writing ---- */

typedef struct sums { /* of the newly deleted documents, and of the old */
    uint64_t lengths[LSI_LISTS_MAX], words;
    uint32_t languages[64]; /* by their byte in the segment */
    uint32_t deleted, fresh;
    uint64_t fresh_words; /* in all fields: what analysing them anew would take */
} sums;

static int add_sums(sums *s, const lsi_segment *seg, lsi_doc doc, bool fresh, ls_error *err)
{
    uint32_t lengths[LSI_TEXT_FIELDS_MAX] = {0};
    uint64_t lists[LSI_LISTS_MAX];
    for (uint32_t t = 0; t + 1 < seg->list_count; t++) {
        int rc = lsi_segment_length(seg, t, doc, &lengths[t], err);
        if (rc) return rc;
        if (fresh) s->fresh_words += lengths[t];
    }
    s->words += lsi_list_lengths(seg->schema, lengths, lists);
    for (uint32_t l = 0; l < seg->list_count; l++) s->lengths[l] += lists[l];
    const uint8_t *p = lsi_section_get(seg->languages, doc, 1, err);
    if (!p) return lsi_read_failed(err);
    if (*p >= seg->language_count) return lsi_section_corrupt(seg->languages, doc, err, "a language that META names");
    s->languages[*p]++;
    s->deleted++;
    s->fresh += fresh;
    return LS_OK;
}

static void put_row(lsi_sink *s, const lsi_tally_row *r)
{
    for (size_t i = 0; i < r->count; i++) lsi_sink_put32(s, (uint32_t)(r->at[i] >> 32));
    for (size_t i = 0; i < r->count; i++) lsi_sink_put32(s, (uint32_t)r->at[i]);
}

static void put_bits(lsi_sink *s, const uint64_t *bits, uint32_t count)
{
    for (uint32_t i = 0; i < count; i += 64) {
        uint32_t left = count - i;
        lsi_sink_put64(s, bits[i / 64] & (left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX));
    }
}

static void put_counts(lsi_sink *s, const lsi_segment *seg, const sums *sum, const lsi_tally *t)
{
    lsi_sink_put32(s, LIVE_LAYOUT);
    lsi_sink_put32(s, seg->doc_count);
    lsi_sink_put32(s, sum->deleted);
    lsi_sink_put32(s, seg->list_count);
    lsi_sink_put32(s, seg->language_count);
    lsi_sink_put32(s, (uint32_t)t->forms.count);
    lsi_sink_put64(s, seg->info.generation);
    lsi_sink_put64(s, sum->words);
    uint64_t offset = 0;
    for (uint32_t l = 0; l < seg->list_count; l++) {
        lsi_sink_put64(s, sum->lengths[l]);
        lsi_sink_put64(s, offset);
        lsi_sink_put32(s, (uint32_t)t->lists[l].count);
        lsi_sink_put32(s, 0);
        offset += 8 * t->lists[l].count;
    }
    for (uint32_t i = 0; i < seg->language_count; i++) lsi_sink_put32(s, sum->languages[i]);
}

static int write_file(lsi_dir *dir, uint64_t generation, const lsi_segment *seg, const sums *sum, const lsi_tally *t,
                      const uint64_t *deleted, bool sync, lsi_segment_info *info, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    lsi_frame_writer *w;
    lsi_name_make(name, LSI_NAME_LIVE, generation);
    int rc = lsi_frame_create(&w, dir, name, LSI_FILE_LIVE, generation, err);
    if (rc) return rc;
    lsi_sink *s[LIVE_FORMS + 1] = {NULL};
    bool have = true;
    for (uint32_t i = LIVE_COUNTS; i <= LIVE_FORMS; i++) have &= (s[i] = lsi_frame_section(w, i, false)) != NULL;
    if (have) {
        put_counts(s[LIVE_COUNTS], seg, sum, t);
        put_bits(s[LIVE_DELETED], deleted, seg->doc_count);
        for (uint32_t l = 0; l < seg->list_count; l++) put_row(s[LIVE_LISTS], &t->lists[l]);
        put_row(s[LIVE_FORMS], &t->forms);
    }
    rc = lsi_frame_finish(w, sync, &info->live_bytes, &info->live_sum, err); /* tells a section that could not be had */
    if (rc) return rc;
    info->live_generation = generation;
    info->deleted_count = sum->deleted;
    return LS_OK;
}

static bool add_old(lsi_tally_row *fresh, const uint8_t *p, uint32_t n)
{
    lsi_tally_row sum = {NULL, 0, 0};
    size_t i = 0;
    bool ok = true;
    for (uint32_t k = 0; ok && k < n; k++) {
        uint32_t number = lsi_get32(p + 4 * (size_t)k), count = lsi_get32(p + 4 * ((size_t)n + k));
        for (; ok && i < fresh->count && fresh->at[i] >> 32 < number; i++)
            ok = lsi_tally_add(&sum, (uint32_t)(fresh->at[i] >> 32), (uint32_t)fresh->at[i]);
        if (i < fresh->count && fresh->at[i] >> 32 == number) count += (uint32_t)fresh->at[i++];
        ok = ok && lsi_tally_add(&sum, number, count);
    }
    for (; ok && i < fresh->count; i++)
        ok = lsi_tally_add(&sum, (uint32_t)(fresh->at[i] >> 32), (uint32_t)fresh->at[i]);
    lsi_free(ok ? fresh->at : sum.at);
    if (ok) *fresh = sum;
    return ok;
}

static int add_old_row(lsi_tally_row *fresh, const lsi_section *s, uint64_t offset, uint32_t n, ls_error *err)
{
    if (!n) return LS_OK;
    const uint8_t *p = lsi_section_get(s, offset, 8ull * n, err);
    if (!p) return lsi_read_failed(err);
    return add_old(fresh, p, n) ? LS_OK : lsi_fail_nomem(err);
}

/* The newly deleted documents' texts analysed anew, and the old file's corrections on top. */
static int tally_fresh(lsi_tally *t, const lsi_segment *seg, const lsi_live *old, const uint64_t *deleted, bool *done,
                       ls_error *err)
{
    size_t words = lsi_bitset_words(seg->doc_count);
    uint64_t *fresh = lsi_malloc(words * 8);
    if (!fresh) return lsi_fail_nomem(err);
    for (size_t i = 0; i < words; i++) fresh[i] = deleted[i] & ~(old ? old->deleted[i] : 0);
    int rc = lsi_tally_words(t, seg, fresh, done, err);
    lsi_free(fresh);
    if (!old || !*done) return rc;
    for (uint32_t l = 0; !rc && l < old->list_count; l++)
        rc = add_old_row(&t->lists[l], old->lists, old->list_at[l].offset, old->list_at[l].count, err);
    if (!rc) rc = add_old_row(&t->forms, old->forms, 0, old->forms_at.count, err);
    return rc;
}

/* Nanoseconds, roughly: a posting passed over costs 5, a term 150, a form 60; a word analysed and looked up 400. */
static bool words_are_quicker(const lsi_segment *seg, const sums *s)
{
    uint64_t scan = 5 * seg->word_sum + 150ull * seg->terms.count + 60ull * seg->forms.count;
    return 400 * s->fresh_words + 20000ull * s->fresh + 50000 < scan;
}

/* All that follows from the deletions. The tally is the caller's to clear, whatever this gives. */
static int correct(sums *s, lsi_tally *t, lsi_live_way way, const lsi_segment *seg, const lsi_live *old,
                   const uint64_t *deleted, ls_error *err)
{
    bool done = false;
    int rc = LS_OK;
    for (uint64_t d = lsi_bitset_next(deleted, 0, seg->doc_count); !rc && d != LSI_BITSET_NONE;
         d = lsi_bitset_next(deleted, d + 1, seg->doc_count))
        rc = add_sums(s, seg, (lsi_doc)d, !lsi_live_is_deleted(old, (lsi_doc)d), err);
    if (!rc && (way == LSI_LIVE_WORDS || (way == LSI_LIVE_CHOOSE && words_are_quicker(seg, s))))
        rc = tally_fresh(t, seg, old, deleted, &done, err);
    if (rc || done) return rc;
    lsi_tally_clear(t);
    return lsi_tally_scan(t, seg, deleted, err);
}

int lsi_live_write_by(lsi_live_way way, lsi_dir *dir, uint64_t generation, const lsi_segment *seg, const lsi_live *old,
                      const uint64_t *deleted, bool sync, lsi_segment_info *info, ls_error *err)
{
    sums s = {.words = 0};
    lsi_tally t = {.forms = {NULL, 0, 0}};
    int rc = correct(&s, &t, way, seg, old, deleted, err);
    if (!rc) rc = write_file(dir, generation, seg, &s, &t, deleted, sync, info, err);
    lsi_tally_clear(&t);
    return rc;
}

/* ---- in memory ---- */

static uint8_t *lay_row(uint8_t *to, const lsi_tally_row *r)
{
    for (size_t i = 0; i < r->count; i++) lsi_set32(to + 4 * i, (uint32_t)(r->at[i] >> 32));
    for (size_t i = 0; i < r->count; i++) lsi_set32(to + 4 * (r->count + i), (uint32_t)r->at[i]);
    return to + 8 * r->count;
}

static int lay_rows(lsi_live *l, const lsi_tally *t, ls_error *err)
{
    size_t n = t->forms.count;
    for (uint32_t i = 0; i < l->list_count; i++) n += t->lists[i].count;
    uint8_t *p = l->rows = lsi_malloc(8 * n + 1);
    if (!p) return lsi_fail_nomem(err);
    for (uint32_t i = 0; i < l->list_count; i++) {
        l->list_at[i].offset = (uint64_t)(p - l->rows);
        l->list_at[i].count = (uint32_t)t->lists[i].count;
        p = lay_row(p, &t->lists[i]);
    }
    l->forms_at.offset = (uint64_t)(p - l->rows);
    l->forms_at.count = (uint32_t)t->forms.count;
    lay_row(p, &t->forms);
    return LS_OK;
}

int lsi_live_overlay(lsi_live **out, const lsi_segment *seg, const lsi_live *old, const uint64_t *deleted,
                     ls_error *err)
{
    sums s = {.words = 0};
    lsi_tally t = {.forms = {NULL, 0, 0}};
    size_t words = lsi_bitset_words(seg->doc_count);
    *out = NULL;
    lsi_live *l = lsi_calloc(1, sizeof *l);
    if (!l) return lsi_fail_nomem(err);
    l->refs = 1;
    l->doc_count = seg->doc_count;
    l->list_count = seg->list_count;
    l->deleted = l->bits = lsi_malloc(8 * words);
    int rc = l->bits ? correct(&s, &t, LSI_LIVE_CHOOSE, seg, old, deleted, err) : lsi_fail_nomem(err);
    if (!rc) rc = lay_rows(l, &t, err);
    lsi_tally_clear(&t);
    if (rc) {
        lsi_live_release(l);
        return rc;
    }
    memcpy(l->bits, deleted, 8 * words);
    l->deleted_count = s.deleted;
    l->word_sum = s.words;
    memcpy(l->length_sum, s.lengths, sizeof l->length_sum);
    for (uint32_t i = 0; i < seg->language_count; i++) l->language_docs[seg->language_numbers[i]] += s.languages[i];
    *out = l;
    return LS_OK;
}

int lsi_live_write(lsi_dir *dir, uint64_t generation, const lsi_segment *seg, const lsi_live *old,
                   const uint64_t *deleted, bool sync, lsi_segment_info *info, ls_error *err)
{
    return lsi_live_write_by(LSI_LIVE_CHOOSE, dir, generation, seg, old, deleted, sync, info, err);
}
