/* merge_docs.c — owns the merging of what belongs to documents: their numbers, lengths, stored bytes, ids, columns. */
#include "libsearch/codec/read.h"
#include "libsearch/segment/merging.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include <stdlib.h>

#define DOCS_PIECE 1024u

/* ---- numbers and lengths ---- */

static int number_documents(lsi_merge *m)
{
    lsi_doc next = 0;
    for (size_t i = 0; i < m->count; i++) {
        lsi_merge_source *s = &m->sources[i];
        s->docs = lsi_malloc(s->seg->doc_count * sizeof *s->docs);
        if (!s->docs) return lsi_fail_nomem(m->err);
        for (lsi_doc d = 0; d < s->seg->doc_count; d++) {
            bool dead = lsi_live_is_deleted(s->live, d);
            if (!dead && next >= LSI_SEGMENT_DOCS_MAX)
                return lsi_fail(m->err, LS_LIMIT, "a segment has %u documents at most", LSI_SEGMENT_DOCS_MAX);
            s->docs[d] = dead ? LSI_DOC_END : next++;
        }
    }
    m->plan.doc_count = next;
    return next ? LS_OK : lsi_fail(m->err, LS_NOTFOUND, "no live document is left to merge");
}

static int take_norms(lsi_merge *m, const lsi_merge_source *s)
{
    for (uint32_t l = 0; l < s->seg->list_count; l++) {
        const uint8_t *norms = lsi_segment_norms(s->seg, l, m->err);
        uint8_t *to = m->norms + (size_t)l * m->plan.doc_count;
        if (!norms && s->seg->norms_offset[l] != LSI_OFFSET_NONE) return lsi_read_failed(m->err);
        for (lsi_doc d = 0; norms && d < s->seg->doc_count; d++)
            if (s->docs[d] != LSI_DOC_END) to[s->docs[d]] = norms[d];
        m->plan.length_sum[l] += s->seg->length_sum[l] - (s->live ? s->live->length_sum[l] : 0);
    }
    m->plan.word_sum += s->seg->word_sum - (s->live ? s->live->word_sum : 0);
    return LS_OK;
}

int lsi_merge_plan_documents(lsi_merge *m)
{
    int rc = number_documents(m);
    if (rc) return rc;
    size_t lists = 1 + m->schema->text_count;
    m->norms = lsi_calloc(lists, m->plan.doc_count);
    m->languages = lsi_malloc(m->plan.doc_count);
    if (!m->norms || !m->languages) return lsi_fail_nomem(m->err);
    for (size_t l = 0; l < lists; l++) m->plan.norms[l] = m->norms + l * m->plan.doc_count;
    m->plan.languages = m->languages;
    for (size_t i = 0; !rc && i < m->count; i++) {
        const lsi_merge_source *s = &m->sources[i];
        rc = take_norms(m, s);
        for (lsi_doc d = 0; !rc && d < s->seg->doc_count; d++) {
            int lang = 0;
            if (s->docs[d] == LSI_DOC_END) continue;
            rc = lsi_segment_doc_language(s->seg, d, &lang, m->err);
            m->languages[s->docs[d]] = (uint8_t)lang;
        }
    }
    return rc;
}

/* ---- documents ---- */

static int take_guids(lsi_merge *m, const lsi_merge_source *s)
{
    const lsi_hashes *guids = &s->seg->guids;
    uint64_t hash = 0;
    lsi_doc doc = 0;
    for (uint32_t i = 0; i < guids->count; i++) {
        int rc = lsi_hashes_get(guids, i, &hash, &doc, m->err);
        if (!rc && doc >= s->seg->doc_count)
            rc = lsi_section_corrupt(guids->section, 0, m->err, "documents of the segment");
        if (rc) return rc;
        if (s->docs[doc] != LSI_DOC_END) lsi_build_guid(m->b, s->docs[doc], hash);
    }
    return lsi_build_rc(m->b);
}

int lsi_merge_write_documents(lsi_merge *m)
{
    lsi_buf stored;
    int rc = LS_OK;
    lsi_buf_init(&stored, 0);
    for (size_t i = 0; !rc && i < m->count; i++) {
        const lsi_merge_source *s = &m->sources[i];
        for (lsi_doc d = 0; !rc && d < s->seg->doc_count; d++) {
            const uint8_t *id;
            size_t id_len;
            uint64_t hash = 0;
            if (s->docs[d] == LSI_DOC_END) continue;
            lsi_buf_reset(&stored);
            rc = lsi_stored_get(s->seg->stored, d, &stored, m->err);
            if (!rc) rc = lsi_ids_get(&s->seg->ids, d, &id, &id_len, m->err);
            if (!rc) rc = lsi_segment_doc_hash(s->seg, d, &hash, m->err);
            if (!rc) lsi_build_doc(m->b, id, id_len, hash, stored.data, stored.len);
            if (!rc) rc = lsi_build_rc(m->b);
            if (!rc) rc = lsi_merge_step(m);
        }
    }
    lsi_buf_clear(&stored);
    for (size_t i = 0; !rc && i < m->count; i++) rc = take_guids(m, &m->sources[i]);
    return rc;
}

/* ---- columns ---- */

typedef struct column {
    int64_t *values;
    uint64_t *present;
    int64_t block[LSI_COLUMN_BLOCK];
    uint64_t block_present[LSI_COLUMN_BLOCK / 64];
    bool any;
} column;

static void column_reset(const lsi_merge *m, column *c)
{
    memset(c->values, 0, m->plan.doc_count * sizeof *c->values);
    memset(c->present, 0, lsi_bitset_words(m->plan.doc_count) * 8);
    c->any = false;
}

static int take_column(lsi_merge *m, const lsi_merge_source *s, const lsi_column *from, column *c)
{
    int rc = LS_OK;
    for (uint32_t b = 0; from->section && !rc && b < from->block_count; b++) {
        uint32_t n;
        rc = lsi_column_block(from, b, c->block, c->block_present, &n, m->err);
        for (uint32_t i = 0; !rc && i < n; i++) {
            lsi_doc to = s->docs[b * LSI_COLUMN_BLOCK + i];
            if (to == LSI_DOC_END || !lsi_bitset_test(c->block_present, i)) continue;
            c->values[to] = c->block[i];
            lsi_bitset_set(c->present, to);
            c->any = true;
        }
    }
    return rc ? rc : lsi_merge_step(m);
}

/* The column that a source has for what the merged segment calls so; NULL where it has none. */
static const lsi_column *source_column(const lsi_merge *m, const lsi_segment *seg, lsi_build_column_kind kind,
                                       uint32_t no)
{
    uint32_t last = seg->region_count - 1;
    switch (kind) {
    case LSI_BUILD_REGION: /* the last region is the boilerplate's, then as now */
        if (no + 1 == m->schema->region_count) return &seg->regions[last];
        return no < last ? &seg->regions[no] : NULL;
    case LSI_BUILD_LENGTH:
        return no + 1 < seg->list_count ? &seg->lengths[no] : NULL;
    case LSI_BUILD_FIELD:
        return no < seg->field_count ? &seg->columns[no] : NULL;
    default:
        return &seg->versions;
    }
}

static int merge_column(lsi_merge *m, lsi_build_column_kind kind, uint32_t no, column *c)
{
    int rc = LS_OK;
    column_reset(m, c);
    for (size_t i = 0; !rc && i < m->count; i++) {
        const lsi_column *from = source_column(m, m->sources[i].seg, kind, no);
        if (from) rc = take_column(m, &m->sources[i], from, c);
    }
    /* Lengths and versions have a value for every document. */
    bool whole = kind == LSI_BUILD_LENGTH || kind == LSI_BUILD_VERSION;
    bool wanted = kind == LSI_BUILD_LENGTH ? m->plan.length_sum[1 + no] > 0 : whole || c->any;
    if (!rc && wanted) lsi_build_column(m->b, kind, no, c->values, whole ? NULL : c->present);
    return rc ? rc : lsi_build_rc(m->b);
}

/* ---- keywords ---- */

typedef struct keywords {
    lsi_keyword_pair *pairs;
    size_t count, cap;
    lsi_doc docs[DOCS_PIECE];
} keywords;

static bool add_pairs(keywords *k, const lsi_merge_source *s, lsi_keyword_pair pair, uint32_t n)
{
    if (k->count + n > k->cap) {
        lsi_keyword_pair *p = lsi_array_grow(k->pairs, &k->cap, k->count + n, sizeof *p);
        if (!p) return false;
        k->pairs = p;
    }
    for (uint32_t i = 0; i < n; i++) {
        pair.doc = s->docs[k->docs[i]];
        if (pair.doc != LSI_DOC_END) k->pairs[k->count++] = pair;
    }
    return true;
}

static int take_value(lsi_merge *m, const lsi_merge_source *s, const lsi_keywords *from, uint32_t ord, keywords *k)
{
    size_t folded_len, written_len;
    lsi_keyword_pair pair;
    int rc = lsi_keywords_value(from, ord, &pair.folded, &folded_len, &pair.written, &written_len, m->err);
    if (rc) return rc;
    pair.folded_len = (uint32_t)folded_len;
    pair.written_len = (uint32_t)written_len;
    uint32_t n = DOCS_PIECE;
    for (lsi_doc at = 0; n == DOCS_PIECE && at < s->seg->doc_count;) {
        rc = lsi_keywords_docs(from, ord, at, s->seg->doc_count, k->docs, DOCS_PIECE, &n, m->err);
        if (rc) return rc;
        n = LSI_MIN(n, DOCS_PIECE);
        if (!add_pairs(k, s, pair, n)) return lsi_fail_nomem(m->err);
        if (n) at = k->docs[n - 1] + 1;
    }
    return lsi_merge_step(m);
}

static int by_keyword(const void *a, const void *b)
{
    const lsi_keyword_pair *x = a, *y = b;
    int c = lsi_bytes_cmp(x->folded, x->folded_len, y->folded, y->folded_len);
    return c ? c : x->doc < y->doc ? -1 : x->doc > y->doc;
}

static int merge_keywords(lsi_merge *m, uint32_t field, keywords *k)
{
    int rc = LS_OK;
    k->count = 0;
    for (size_t i = 0; !rc && i < m->count; i++) {
        const lsi_segment *seg = m->sources[i].seg;
        if (field >= seg->field_count || !seg->keywords[field].section) continue;
        for (uint32_t o = 0; !rc && o < seg->keywords[field].value_count; o++)
            rc = take_value(m, &m->sources[i], &seg->keywords[field], o, k);
    }
    if (rc || !k->count) return rc;
    qsort(k->pairs, k->count, sizeof *k->pairs, by_keyword);
    lsi_build_keywords(m->b, field, k->pairs, k->count);
    return lsi_build_rc(m->b);
}

static int merge_all(lsi_merge *m, column *c, keywords *k)
{
    int rc = LS_OK;
    for (uint32_t r = 1; !rc && r < m->schema->region_count; r++) rc = merge_column(m, LSI_BUILD_REGION, r, c);
    for (uint32_t t = 0; !rc && t < m->schema->text_count; t++) rc = merge_column(m, LSI_BUILD_LENGTH, t, c);
    for (uint32_t f = 0; !rc && f < m->schema->count; f++) {
        ls_type type = m->schema->fields[f].pub.type;
        if (type == LS_INTEGER || type == LS_DATE) rc = merge_column(m, LSI_BUILD_FIELD, f, c);
        else if (type == LS_KEYWORD) rc = merge_keywords(m, f, k);
    }
    return rc ? rc : merge_column(m, LSI_BUILD_VERSION, 0, c);
}

int lsi_merge_write_columns(lsi_merge *m)
{
    column *c = lsi_calloc(1, sizeof *c);
    keywords *k = lsi_calloc(1, sizeof *k);
    int rc = c && k ? LS_OK : lsi_fail_nomem(m->err);
    if (!rc) {
        c->values = lsi_malloc(m->plan.doc_count * sizeof *c->values);
        c->present = lsi_malloc(lsi_bitset_words(m->plan.doc_count) * 8);
        rc = c->values && c->present ? merge_all(m, c, k) : lsi_fail_nomem(m->err);
    }
    if (c) lsi_free(c->values);
    if (c) lsi_free(c->present);
    if (k) lsi_free(k->pairs);
    lsi_free(c);
    lsi_free(k);
    return rc;
}
