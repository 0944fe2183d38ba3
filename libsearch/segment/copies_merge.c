/* copies_merge.c — owns the merging of shingles and relations: texts by their documents' new numbers, rows of texts that
 * are still there, entries in one pass over all sources.
 *
 * An entry names the first document of its text. Where that one is gone but another has the text, the entry becomes
 * that one's; where two sources have it, the first's. Rows stay as long as a document of either text does: their number
 * is bounded by the texts', and they are held at once, as 12 bytes a document are; entries are not. */
#include "libsearch/codec/read.h"
#include "libsearch/segment/copies.h"
#include "libsearch/segment/merging.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

typedef struct source {        /* where its entries are read */
    lsi_shingle_cursor cursor; /* behind the entry in hand */
    uint64_t entry;
    bool left;
} source;

typedef struct joining {
    lsi_merge *m;
    lsi_copies c;
    source *sources;
    lsi_doc *docs; /* of the shingle in hand */
    size_t doc_count, doc_cap;
} joining;

static int take_texts(joining *j, bool *any)
{
    for (size_t i = 0; i < j->m->count; i++) {
        const lsi_merge_source *s = &j->m->sources[i];
        for (lsi_doc d = 0; d < s->seg->doc_count; d++) {
            uint32_t count;
            lsi_doc to = s->docs[d];
            if (to == LSI_DOC_END) continue;
            int rc = lsi_shingles_doc(&s->seg->shingles, d, &j->c.texts[to], &count, j->m->err);
            if (rc) return rc;
            j->c.counts[to] = (uint8_t)count;
            *any |= j->c.texts[to] != 0;
        }
    }
    return *any ? lsi_copies_group(&j->c, j->m->err) : LS_OK;
}

/* The first document that has a text now; LSI_DOC_END: none. */
static lsi_doc find_text(const lsi_copies *c, uint64_t text)
{
    uint32_t lo = 0, hi = c->doc_count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->texts[c->order[mid]] < text) lo = mid + 1;
        else hi = mid;
    }
    return text && lo < c->doc_count && c->texts[c->order[lo]] == text ? c->order[lo] : LSI_DOC_END;
}

static int take_rows(joining *j)
{
    lsi_copies *c = &j->c;
    for (size_t i = 0; i < j->m->count; i++) {
        const lsi_shingles *x = &j->m->sources[i].seg->shingles;
        for (uint64_t r = 0; r < x->rows; r++) {
            lsi_relation_row row;
            int rc = lsi_shingles_row(x, r, &row, j->m->err);
            if (rc) return rc;
            if (find_text(c, row.text) == LSI_DOC_END && find_text(c, row.other) == LSI_DOC_END) continue;
            if (!LSI_ROOM(c->rows, c->row_count + 1, c->row_cap)) return lsi_fail_nomem(j->m->err);
            c->rows[c->row_count++] = row;
        }
    }
    lsi_copies_sort(c);
    return lsi_merge_step(j->m);
}

/* ---- entries ---- */

static int read_entry(joining *j, source *s)
{
    s->left = s->cursor.at < s->cursor.x->entries;
    if (!s->left) return LS_OK;
    int rc = lsi_shingle_get(&s->cursor, &s->entry, j->m->err);
    s->cursor.at++;
    return rc;
}

/* Takes the documents of the shingle `mark` from a source, by their new numbers. */
static int take_shingle(joining *j, size_t no, uint64_t mark)
{
    source *s = &j->sources[no];
    const lsi_merge_source *from = &j->m->sources[no];
    while (s->left && lsi_shingle_mark(s->entry) == mark) {
        lsi_doc doc = lsi_shingle_doc(s->entry);
        uint64_t text;
        int rc = LS_OK;
        lsi_doc to = from->docs[doc];
        if (to == LSI_DOC_END) {
            rc = lsi_shingles_doc(s->cursor.x, doc, &text, NULL, j->m->err);
            if (!rc) to = find_text(&j->c, text);
        } else {
            to = j->c.first[to];
        }
        if (!rc && !LSI_ROOM(j->docs, j->doc_count + 1, j->doc_cap)) rc = lsi_fail_nomem(j->m->err);
        if (!rc && to != LSI_DOC_END) j->docs[j->doc_count++] = to;
        if (!rc) rc = read_entry(j, s);
        if (rc) return rc;
    }
    return LS_OK;
}

static int by_doc(const void *a, const void *b)
{
    lsi_doc x = *(const lsi_doc *)a, y = *(const lsi_doc *)b;
    return x < y ? -1 : x > y;
}

static int join_entries(joining *j)
{
    int rc = LS_OK;
    for (size_t i = 0; !rc && i < j->m->count; i++) {
        lsi_shingle_cursor_init(&j->sources[i].cursor, &j->m->sources[i].seg->shingles);
        rc = read_entry(j, &j->sources[i]);
    }
    while (!rc) {
        uint64_t mark = UINT64_MAX;
        for (size_t i = 0; i < j->m->count; i++)
            if (j->sources[i].left) mark = LSI_MIN(mark, lsi_shingle_mark(j->sources[i].entry));
        if (mark == UINT64_MAX) break;
        j->doc_count = 0;
        for (size_t i = 0; !rc && i < j->m->count; i++) rc = take_shingle(j, i, mark);
        if (j->doc_count > 1) qsort(j->docs, j->doc_count, sizeof *j->docs, by_doc);
        for (size_t i = 0; i < j->doc_count; i++) lsi_build_shingle(j->m->b, mark << LSI_SHINGLE_DOC_BITS | j->docs[i]);
        if (!rc) rc = lsi_merge_step(j->m);
    }
    return rc;
}

int lsi_merge_write_copies(lsi_merge *m)
{
    joining j = {.m = m};
    bool any = false;
    int rc = lsi_copies_init(&j.c, m->plan.doc_count, m->err);
    if (!rc && !(j.sources = lsi_calloc(m->count, sizeof *j.sources))) rc = lsi_fail_nomem(m->err);
    if (!rc) rc = take_texts(&j, &any);
    if (!rc && any) rc = take_rows(&j);
    if (!rc && any) {
        lsi_build_copies(m->b, &j.c);
        rc = join_entries(&j);
        lsi_build_copies_end(m->b);
    }
    lsi_copies_clear(&j.c);
    lsi_free(j.sources);
    lsi_free(j.docs);
    return rc ? rc : lsi_build_rc(m->b);
}
