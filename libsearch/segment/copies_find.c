/* copies_find.c — owns the way from new documents to their relations: candidates by kept shingles, then the exact shares
 * of the best of them.
 *
 * For each new text, in the order of its first documents: its kept shingles are looked up in the segments and among the
 * new texts before it. What three of them lead to is a candidate, or one where the shorter text has fewer than 60; a
 * shingle of more than 100 texts leads nowhere, nor does one in a line that recurs among its source's documents. The
 * CHECKED candidates with most shingles in common are compared, and the 64 that share most are kept. So a text costs a
 * bounded number of comparisons whatever the index holds, and equal texts cost one look in all: only the first of them
 * is looked at. */
#include "libsearch/segment/copies.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/bitset.h"
#include <stdlib.h>

#define CHECKED 128u

typedef struct candidate {
    uint64_t text;
    size_t seg;
    lsi_doc doc;
    uint32_t common, count;
    uint64_t both; /* different shingles that both texts have */
    uint16_t share, back;
} candidate;

typedef struct place { /* where a shingle stands */
    uint32_t seg;
    lsi_doc doc;
} place;

typedef struct finder {
    lsi_copies *c;
    lsi_comparer *cmp;
    lsi_segment *const *segs;
    size_t count;
    lsi_shingle_cursor *cursors; /* of each segment */
    uint64_t *hot;               /* bits of entries: whose shingle stands elsewhere too */
    size_t *by_doc, *starts;     /* entries of each document */
    place *places;
    size_t place_count, place_cap;
    candidate *list;
    size_t list_count, list_cap;
    uint64_t *texts; /* scratch */
    size_t text_cap;
    lsi_copy_sets *sets;
    lsi_copy_text mine, theirs; /* scratch */
    ls_error *err;
} finder;

/* ---- which shingles are worth a look ---- */

static int mark_hot(finder *f)
{
    const lsi_copies *c = f->c;
    for (size_t i = 1; i < c->entry_count; i++) {
        if (lsi_shingle_mark(c->entries[i]) != lsi_shingle_mark(c->entries[i - 1])) continue;
        lsi_bitset_set(f->hot, i);
        lsi_bitset_set(f->hot, i - 1);
    }
    for (size_t s = 0; s < f->count; s++) {
        lsi_shingle_cursor *at = &f->cursors[s];
        uint64_t entry = 0;
        for (size_t i = 0; i < c->entry_count && at->at < at->x->entries; i++) {
            uint32_t mark = lsi_shingle_mark(c->entries[i]);
            int rc = lsi_shingle_seek(at, mark, f->err);
            if (!rc && at->at < at->x->entries) rc = lsi_shingle_get(at, &entry, f->err);
            if (rc) return rc;
            if (at->at < at->x->entries && lsi_shingle_mark(entry) == mark) lsi_bitset_set(f->hot, i);
        }
    }
    return LS_OK;
}

static int index_entries(finder *f)
{
    const lsi_copies *c = f->c;
    f->hot = lsi_calloc(lsi_bitset_words(c->entry_count), 8);
    f->by_doc = lsi_malloc(c->entry_count * sizeof *f->by_doc);
    f->starts = lsi_calloc((size_t)c->doc_count + 2, sizeof *f->starts);
    if (!f->hot || !f->by_doc || !f->starts) return lsi_fail_nomem(f->err);
    for (size_t i = 0; i < c->entry_count; i++) f->starts[lsi_shingle_doc(c->entries[i]) + 2]++;
    for (size_t d = 2; d < (size_t)c->doc_count + 2; d++) f->starts[d] += f->starts[d - 1];
    for (size_t i = 0; i < c->entry_count; i++) f->by_doc[f->starts[lsi_shingle_doc(c->entries[i]) + 1]++] = i;
    return mark_hot(f);
}

/* ---- candidates ---- */

static int text_of(const finder *f, size_t seg, lsi_doc doc, uint64_t *text, uint32_t *count)
{
    if (seg < f->count) return lsi_shingles_doc(&f->segs[seg]->shingles, doc, text, count, f->err);
    *text = f->c->texts[doc];
    *count = f->c->counts[doc];
    return LS_OK;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Whether the places from `from` on are of more than 100 texts. The same text may stand in several segments. */
static int too_common(finder *f, size_t from, bool *yes)
{
    size_t n = f->place_count - from, different = 0;
    uint32_t count;
    *yes = false;
    if (n <= LSI_COPIES_GROUPS) return LS_OK;
    if (!LSI_ROOM(f->texts, n, f->text_cap)) return lsi_fail_nomem(f->err);
    for (size_t i = 0; i < n; i++) {
        int rc = text_of(f, f->places[from + i].seg, f->places[from + i].doc, &f->texts[i], &count);
        if (rc) return rc;
    }
    qsort(f->texts, n, sizeof *f->texts, by_number);
    for (size_t i = 0; i < n; i++) different += !i || f->texts[i] != f->texts[i - 1];
    *yes = different > LSI_COPIES_GROUPS;
    return LS_OK;
}

/* No look at the shingle of an entry leads anywhere. */
static void leave_shingle(finder *f, size_t entry_no)
{
    const lsi_copies *c = f->c;
    const uint32_t mark = lsi_shingle_mark(c->entries[entry_no]);
    size_t i = lsi_copies_seek(c, lsi_shingle_entry(c->entries[entry_no], 0));
    for (; i < c->entry_count && lsi_shingle_mark(c->entries[i]) == mark; i++) lsi_bitset_unset(f->hot, i);
}

static bool add_place(finder *f, size_t seg, lsi_doc doc)
{
    if (!LSI_ROOM(f->places, f->place_count + 1, f->place_cap)) return false;
    f->places[f->place_count++] = (place){(uint32_t)seg, doc};
    return true;
}

/* The places of an entry's shingle; no more of one segment than tell that it is too common. */
static int gather(finder *f, size_t entry_no)
{
    const lsi_copies *c = f->c;
    const uint32_t mark = lsi_shingle_mark(c->entries[entry_no]);
    uint64_t entry;
    size_t from = entry_no, n = 0;
    for (; from && entry_no - from <= LSI_COPIES_GROUPS && lsi_shingle_mark(c->entries[from - 1]) == mark; from--) {
    }
    for (; from < c->entry_count && lsi_shingle_mark(c->entries[from]) == mark && n <= LSI_COPIES_GROUPS; from++, n++)
        if (!add_place(f, f->count, lsi_shingle_doc(c->entries[from]))) return lsi_fail_nomem(f->err);
    for (size_t s = 0; s < f->count; s++) {
        lsi_shingle_cursor *at = &f->cursors[s];
        int rc = lsi_shingle_seek(at, mark, f->err);
        for (n = 0; !rc && at->at < at->x->entries && n <= LSI_COPIES_GROUPS; at->at++, n++) {
            rc = lsi_shingle_get(at, &entry, f->err);
            if (rc || lsi_shingle_mark(entry) != mark) break;
            if (!add_place(f, s, lsi_shingle_doc(entry))) rc = lsi_fail_nomem(f->err);
        }
        if (rc) return rc;
    }
    return LS_OK;
}

/* All places that a document's shingles lead to, one for each shingle; in f->places. */
static int gather_all(finder *f, lsi_doc doc)
{
    lsi_copy_source source;
    f->place_count = 0;
    int rc = lsi_comparer_source(f->cmp, f->count, doc, &source, f->err);
    for (size_t i = f->starts[doc]; !rc && i < f->starts[doc + 1]; i++) {
        size_t no = f->by_doc[i], from = f->place_count;
        bool leave = false;
        if (!lsi_bitset_test(f->hot, no)) continue;
        rc = gather(f, no);
        if (!rc) rc = too_common(f, from, &leave);
        if (leave) leave_shingle(f, no);
        else if (!rc && f->place_count - from >= LSI_COPIES_LINE) /* fewer texts have it at all */
            rc = lsi_comparer_recurs(f->cmp, f->c->entries[no], &source, &leave, f->err);
        if (leave) f->place_count = from;
    }
    return rc;
}

static int by_place(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->seg != y->seg) return x->seg < y->seg ? -1 : 1;
    return x->doc < y->doc ? -1 : x->doc > y->doc;
}

/* Most in common first, then the earliest. */
static int by_common(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->common != y->common) return x->common > y->common ? -1 : 1;
    if (x->seg != y->seg) return x->seg < y->seg ? -1 : 1;
    return x->doc < y->doc ? -1 : x->doc > y->doc;
}

static int list_candidates(finder *f, lsi_doc doc)
{
    f->list_count = 0;
    if (f->place_count > 1) qsort(f->places, f->place_count, sizeof *f->places, by_place);
    for (size_t i = 0, next; i < f->place_count; i = next) {
        candidate k = {.seg = f->places[i].seg, .doc = f->places[i].doc};
        for (next = i; next < f->place_count && !by_place(&f->places[i], &f->places[next]); next++) k.common++;
        if (k.seg == f->count && k.doc >= doc) continue; /* that one looks for this one */
        int rc = text_of(f, k.seg, k.doc, &k.text, &k.count);
        if (rc) return rc;
        uint32_t shorter = LSI_MIN(k.count, (uint32_t)f->c->counts[doc]);
        if (k.text == f->c->texts[doc] || shorter < LSI_COPIES_LEAST || (k.common < 3 && shorter >= LSI_COPIES_SHORT))
            continue;
        if (!LSI_ROOM(f->list, f->list_count + 1, f->list_cap)) return lsi_fail_nomem(f->err);
        f->list[f->list_count++] = k;
    }
    if (f->list_count > 1) qsort(f->list, f->list_count, sizeof *f->list, by_common);
    return LS_OK;
}

/* ---- relations ---- */

static int by_share(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    uint16_t s = LSI_MAX(x->share, x->back), t = LSI_MAX(y->share, y->back);
    if (s != t) return s > t ? -1 : 1;
    return by_common(a, b);
}

/* Compares the best of the list and leaves what is related. */
static int compare(finder *f, lsi_doc doc)
{
    size_t kept = 0, looked = 0;
    lsi_copy_set mine, theirs;
    lsi_copy_sets_trim(f->sets);
    int rc = f->list_count ? lsi_copy_sets_get(f->sets, f->count, doc, &f->mine, &mine, f->err) : LS_OK;
    for (size_t i = 0; !rc && i < f->list_count && looked < CHECKED; i++) {
        candidate k = f->list[i];
        bool again = false; /* the same text in another segment */
        for (size_t j = 0; j < kept && !again; j++) again = f->list[j].text == k.text;
        if (again) continue;
        looked++;
        rc = lsi_copy_sets_get(f->sets, k.seg, k.doc, &f->theirs, &theirs, f->err);
        if (rc) break;
        k.both = lsi_copy_common(&mine, &theirs);
        k.share = lsi_copy_share(k.both, &mine);
        k.back = lsi_copy_share(k.both, &theirs);
        if (LSI_MAX(k.share, k.back) >= LSI_COPIES_SHARE) f->list[kept++] = k;
    }
    f->list_count = kept;
    if (!rc && kept > LSI_COPIES_ROWS) {
        qsort(f->list, kept, sizeof *f->list, by_share);
        f->list_count = LSI_COPIES_ROWS;
    }
    return rc;
}

static int find_all(finder *f)
{
    lsi_copies *c = f->c;
    int rc = index_entries(f);
    for (lsi_doc d = 0; !rc && d < c->doc_count; d++) {
        if (c->first[d] != d || c->counts[d] < LSI_COPIES_LEAST) continue;
        rc = gather_all(f, d);
        if (!rc) rc = list_candidates(f, d);
        if (!rc) rc = compare(f, d);
        for (size_t i = 0; !rc && i < f->list_count; i++) {
            const candidate *k = &f->list[i];
            uint8_t both = (uint8_t)LSI_MIN(k->both, (uint64_t)LSI_SHINGLES_SO);
            rc = lsi_copies_add(c, &(lsi_relation_row){c->texts[d], k->text, k->share, k->back, both}, f->err);
        }
    }
    if (!rc) lsi_copies_sort(c);
    return rc;
}

int lsi_copies_find(lsi_copies *c, lsi_comparer *cmp, lsi_segment *const *segs, size_t count, ls_error *err)
{
    finder f = {.c = c, .cmp = cmp, .segs = segs, .count = count, .err = err};
    int rc = lsi_copy_sets_new(&f.sets, cmp, err);
    if (!rc && !(f.cursors = lsi_malloc(count * sizeof *f.cursors))) rc = lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < count; i++) lsi_shingle_cursor_init(&f.cursors[i], &segs[i]->shingles);
    if (!rc) rc = find_all(&f);
    lsi_free(f.cursors);
    lsi_free(f.hot);
    lsi_free(f.by_doc);
    lsi_free(f.starts);
    lsi_free(f.places);
    lsi_free(f.list);
    lsi_free(f.texts);
    lsi_copy_sets_free(f.sets);
    lsi_copy_text_clear(&f.mine);
    lsi_copy_text_clear(&f.theirs);
    return rc;
}
