/* relations.c — owns the reading of relations: a document's text, the texts related to it in any segment, their
 * documents, and what the relation of two documents is called. Never opens a text.
 *
 * In this order (the larger share counts where one number is asked for):
 *   equal texts, or .95 of each in the other           copy
 *   the same source, other dates or versions, ≥ .40    update
 *   .80 of each in the other                           copy
 *   .80 of one in the other                            excerpt
 *   else                                               shared
 * Texts that are not equal are related where they are of one language, and within 45 days where both documents are
 * dated.
 *
 * Two kinds of texts look alike and are not (docs/COPIES.md has the measurements):
 *   a page of a site's furniture shares its neighbours' titles: excerpt and shared need STUB_COMMON shingles in common
 *   a report by a form differs in its figures alone: what is under 120 words and sent more than a day after or before
 *   the other is another day's report, unless they are alike by .85 */
#include "libsearch/result/relations.h"
#include "libsearch/codec/read.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

#define DAY           INT64_C(86400000)
#define SHARE(x)      ((uint32_t)((x)*65535.0))
#define STUB_COMMON   24u
#define FORM_SHINGLES 116u /* of 120 words */

/* The lowest folded value of a keyword field. */
static int first_keyword(const lsi_snapshot *s, const lsi_segment *g, const char *name, lsi_doc doc, const uint8_t **p,
                         size_t *len, ls_error *err)
{
    int field = lsi_schema_find(s->schema, name, strlen(name));
    uint32_t ord, n = 0;
    const uint8_t *written;
    size_t written_len;
    *len = 0;
    if (field < 0 || (uint32_t)field >= g->field_count || !g->keywords[field].section) return LS_OK;
    int rc = lsi_keywords_doc(&g->keywords[field], doc, &ord, 1, &n, err);
    if (rc || !n) return rc;
    return lsi_keywords_value(&g->keywords[field], ord, p, len, &written, &written_len, err);
}

int lsi_relations_facts(const lsi_snapshot *s, uint64_t doc, lsi_copy_facts *out, ls_error *err)
{
    size_t seg;
    lsi_doc local;
    bool has = false;
    int lang;
    memset(out, 0, sizeof *out);
    out->doc = doc;
    int rc = lsi_snapshot_locate(s, doc, &seg, &local, err);
    if (rc) return rc;
    const lsi_segment *g = s->segments[seg].seg;
    int published = lsi_schema_find(s->schema, "published", 9);
    rc = lsi_shingles_doc(&g->shingles, local, &out->text, &out->shingles, err);
    if (!rc && published >= 0 && (uint32_t)published < g->field_count && g->columns[published].section)
        rc = lsi_column_get(&g->columns[published], local, &out->dated, &out->published, err);
    if (!rc && g->versions.section) rc = lsi_column_get(&g->versions, local, &has, &out->version, err);
    if (!rc) rc = first_keyword(s, g, "source", local, &out->source, &out->source_len, err);
    if (!rc) rc = first_keyword(s, g, "language", local, &out->language, &out->language_len, err);
    if (!rc && !out->language_len && !(rc = lsi_segment_doc_language(g, local, &lang, err))) {
        out->language = (const uint8_t *)lsi_lang_code(lang);
        out->language_len = strlen(lsi_lang_code(lang));
    }
    for (size_t i = 0; i < out->language_len; i++)
        if (out->language[i] == '-' || out->language[i] == '_') out->language_len = i;
    return rc;
}

/* ---- texts ---- */

static int by_text(const void *a, const void *b)
{
    const lsi_related *x = a, *y = b;
    if (x->text != y->text) return x->text < y->text ? -1 : 1;
    uint32_t s = (uint32_t)x->share + x->back, t = (uint32_t)y->share + y->back;
    return s < t ? -1 : s > t; /* see lsi_copies_sort: the one that left out more */
}

int lsi_relations_texts(const lsi_snapshot *s, uint64_t text, uint16_t least, lsi_arena *a, lsi_related **out,
                        size_t *count, ls_error *err)
{
    uint64_t from, to, rows = 0;
    *out = NULL;
    *count = 0;
    for (size_t i = 0; i < s->count; i++) {
        int rc = lsi_shingles_rows(&s->segments[i].seg->shingles, text, &from, &to, err);
        if (rc) return rc;
        rows += to - from;
    }
    if (!rows) return LS_OK;
    lsi_related *list = lsi_arena_alloc(a, rows * sizeof *list);
    if (!list) return lsi_fail_nomem(err);
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        const lsi_shingles *x = &s->segments[i].seg->shingles;
        int rc = lsi_shingles_rows(x, text, &from, &to, err);
        for (; !rc && from < to && n < rows; from++) {
            lsi_relation_row row;
            rc = lsi_shingles_row(x, from, &row, err);
            if (!rc && LSI_MAX(row.share, row.back) >= least)
                list[n++] = (lsi_related){row.other, row.share, row.back, row.common};
        }
        if (rc) return rc;
    }
    if (n > 1) qsort(list, n, sizeof *list, by_text);
    for (size_t i = 0; i < n; i++)
        if (!kept || list[kept - 1].text != list[i].text) list[kept++] = list[i];
    *out = list;
    *count = kept;
    return LS_OK;
}

int lsi_relations_docs(const lsi_snapshot *s, uint64_t text, uint64_t **docs, size_t *count, size_t *cap, size_t most,
                       ls_error *err)
{
    for (size_t i = 0; i < s->count; i++) {
        const lsi_snapshot_segment *g = &s->segments[i];
        uint32_t from, to;
        lsi_doc doc;
        int rc = lsi_shingles_text(&g->seg->shingles, text, &from, &to, err);
        for (; !rc && from < to && *count < most; from++) {
            rc = lsi_shingles_order(&g->seg->shingles, from, &doc, err);
            if (rc || lsi_live_is_deleted(g->live, doc)) continue;
            if (!LSI_ROOM(*docs, *count + 1, *cap)) return lsi_fail_nomem(err);
            (*docs)[(*count)++] = g->base + doc;
        }
        if (rc) return rc;
    }
    return LS_OK;
}

/* ---- names ---- */

static bool apart(const lsi_copy_facts *a, const lsi_copy_facts *b, int64_t most)
{
    int64_t x;
    if (!a->dated || !b->dated) return false;
    return __builtin_sub_overflow(a->published, b->published, &x) || x > most || x < -most;
}

int lsi_relations_judge(const lsi_copy_facts *a, const lsi_copy_facts *b, const lsi_related *r)
{
    uint32_t larger = LSI_MAX(r->share, r->back), smaller = LSI_MIN(r->share, r->back);
    if (a->text == b->text) return LS_COPY;
    if (apart(a, b, 45 * DAY)) return 0;
    if (lsi_bytes_cmp(a->language, a->language_len, b->language, b->language_len))
        return 0; /* translations have names and lists in common */
    if (smaller >= SHARE(.95)) return LS_COPY;
    if (larger < SHARE(.85) && LSI_MIN(a->shingles, b->shingles) < FORM_SHINGLES && apart(a, b, DAY)) return 0;
    bool later = apart(a, b, 0) || a->version != b->version;
    bool same = a->source_len && !lsi_bytes_cmp(a->source, a->source_len, b->source, b->source_len);
    if (same && later && larger >= LSI_RELATIONS_FOLD) return LS_UPDATE;
    if (smaller >= SHARE(.80)) return LS_COPY;
    if (r->common < STUB_COMMON) return 0;
    return larger >= SHARE(.80) ? LS_EXCERPT : LS_SHARED;
}
