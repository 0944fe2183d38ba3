/* shared.c — owns the list of what shares text with one document: read from the relations, best first; and the passages
 * in common, for which both texts are cut again. A passage is a run of words each of which lies in a shingle that the
 * other text has too; of equal texts all is one passage. Ignorant of folding. */
#include "libsearch/query/scratch.h"
#include "libsearch/result/relations.h"
#include "libsearch/result/snippet.h"
#include "libsearch/segment/copies.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

#define DOCS_MAX 65536u

typedef struct similar_list { /* what the caller holds, and its memory */
    ls_similar_list pub;
    lsi_arena arena;
} similar_list;

typedef struct finder {
    const lsi_snapshot *snap;
    const ls_similar_options *o;
    similar_list *out;
    ls_similar *items;
    size_t count, cap;
    uint64_t *docs; /* of the text in hand */
    size_t doc_cap;
    lsi_copy_facts mine;
    lsi_segment **segs;
    lsi_comparer *cmp;
    lsi_copy_text text, other;
    ls_error *err;
} finder;

void lsi_similar_free(ls_similar_list *list)
{
    if (!list) return;
    similar_list *l = (similar_list *)list;
    lsi_arena_clear(&l->arena);
    lsi_free(l);
}

/* ---- relations ---- */

static int add_text(finder *f, const lsi_related *r)
{
    size_t count = 0;
    int rc = lsi_relations_docs(f->snap, r->text, &f->docs, &count, &f->doc_cap, DOCS_MAX, f->err);
    for (size_t i = 0; !rc && i < count; i++) {
        lsi_copy_facts theirs;
        if (f->docs[i] == f->mine.doc) continue;
        rc = lsi_relations_facts(f->snap, f->docs[i], &theirs, f->err);
        int relation = rc ? 0 : lsi_relations_judge(&f->mine, &theirs, r);
        if (!relation) continue;
        if (!LSI_ROOM(f->items, f->count + 1, f->cap)) return lsi_fail_nomem(f->err);
        f->items[f->count++] = (ls_similar){.doc = f->docs[i],
                                            .relation = (ls_relation)relation,
                                            .shared = (double)LSI_MAX(r->share, r->back) / LSI_SHARE_ONE};
    }
    return rc;
}

static int by_share(const void *a, const void *b)
{
    const ls_similar *x = a, *y = b;
    if (x->shared > y->shared || x->shared < y->shared) return x->shared > y->shared ? -1 : 1;
    return x->doc < y->doc ? -1 : x->doc > y->doc;
}

static int list_relations(finder *f)
{
    lsi_related same = {f->mine.text, LSI_SHARE_ONE, LSI_SHARE_ONE, LSI_SHINGLES_SO}, *texts;
    size_t n;
    int rc = lsi_relations_texts(f->snap, f->mine.text, LSI_COPIES_SHARE, &f->out->arena, &texts, &n, f->err);
    if (!rc && f->mine.text) rc = add_text(f, &same);
    for (size_t i = 0; !rc && i < n; i++) rc = add_text(f, &texts[i]);
    if (rc) return rc;
    if (f->count > 1) qsort(f->items, f->count, sizeof *f->items, by_share);
    f->count = LSI_MIN(f->count, f->o->limit ? f->o->limit : 20);
    ls_similar *kept = lsi_arena_alloc(&f->out->arena, (f->count + 1) * sizeof *kept);
    if (!kept) return lsi_fail_nomem(f->err);
    if (f->count) memcpy(kept, f->items, f->count * sizeof *kept);
    f->out->pub = (ls_similar_list){kept, f->count};
    lsi_free(f->items);
    f->items = kept;
    f->cap = 0; /* the arena's now */
    return LS_OK;
}

/* ---- passages ---- */

static bool has_shingle(const lsi_copy_text *t, uint64_t shingle)
{
    size_t lo = 0, hi = t->set_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->set[mid] < shingle) lo = mid + 1;
        else hi = mid;
    }
    return lo < t->set_count && t->set[lo] == shingle;
}

/* Ranges of words in common; all of them where the texts are `equal`. */
static int find_passages(finder *f, ls_similar *s, bool equal, const lsi_doc_value *v)
{
    const lsi_copy_text *t = &f->text;
    ls_range *r = lsi_arena_alloc(&f->out->arena, (t->count + 1) * sizeof *r);
    if (!r) return lsi_fail_nomem(f->err);
    size_t n = 0, covered = 0, last = SIZE_MAX; /* covered: words before it lie in a shingle in common */
    for (size_t i = 0; i < t->count && !t->words[i].value; i++) {
        for (size_t k = i; !equal && k < t->count && k < i + LSI_SHINGLE_WORDS && !t->words[k].value; k++)
            if (t->words[k].ends && !t->words[k].left_out && k + 1 >= covered && k + 1 - LSI_SHINGLE_WORDS <= i &&
                has_shingle(&f->other, t->words[k].shingle))
                covered = k + 1;
        if (!equal && i >= covered) continue;
        if (n && last + 1 == i) r[n - 1].end = t->words[i].end;
        else r[n++] = (ls_range){t->words[i].start, t->words[i].end};
        last = i;
    }
    lsi_ranges_convert((const uint8_t *)v->text, v->len, r, n, f->o->range_unit);
    s->passages = r;
    s->passage_count = n;
    return LS_OK;
}

static const lsi_doc_value *main_value(const finder *f, const ls_doc *d)
{
    const char *name = f->snap->schema->fields[f->snap->schema->main].name; /* without it nothing is a copy */
    for (size_t i = 0; i < d->count; i++)
        if (!strcmp(d->values[i].field, name)) return &d->values[i];
    return NULL;
}

static int cut(finder *f, uint64_t doc, lsi_copy_text *t)
{
    size_t seg;
    lsi_doc local;
    int rc = lsi_snapshot_locate(f->snap, doc, &seg, &local, f->err);
    return rc ? rc : lsi_comparer_text(f->cmp, seg, local, t, f->err);
}

static int list_passages(finder *f)
{
    size_t seg;
    lsi_doc local;
    ls_doc *d = NULL;
    f->segs = lsi_malloc(f->snap->count * sizeof(lsi_segment *));
    if (!f->segs) return lsi_fail_nomem(f->err);
    for (size_t i = 0; i < f->snap->count; i++) f->segs[i] = f->snap->segments[i].seg;
    int rc = lsi_comparer_new(&f->cmp, f->segs, f->snap->count, f->snap->schema, NULL, f->err);
    if (!rc) rc = cut(f, f->mine.doc, &f->text);
    if (!rc) rc = lsi_doc_new(&d, f->err);
    if (!rc) rc = lsi_snapshot_locate(f->snap, f->mine.doc, &seg, &local, f->err);
    if (!rc) rc = lsi_segment_doc(f->segs[seg], local, d, f->err);
    const lsi_doc_value *v = rc ? NULL : main_value(f, d);
    for (size_t i = 0; !rc && v && i < f->count; i++) {
        lsi_copy_facts theirs;
        rc = lsi_relations_facts(f->snap, f->items[i].doc, &theirs, f->err);
        bool equal = !rc && theirs.text == f->mine.text;
        if (!rc && !equal) rc = cut(f, f->items[i].doc, &f->other);
        if (!rc) rc = find_passages(f, &f->items[i], equal, v);
    }
    if (d) lsi_doc_free(d);
    return rc;
}

int lsi_similar_find(ls_similar_list **out, const ls_reader *r, uint64_t doc, const ls_similar_options *o,
                     ls_error *err)
{
    finder f = {.snap = r->snap, .o = o, .err = err};
    *out = NULL;
    if (!(f.out = lsi_calloc(1, sizeof *f.out))) return lsi_fail_nomem(err);
    lsi_arena_init(&f.out->arena);
    int rc = lsi_relations_facts(f.snap, doc, &f.mine, err);
    if (!rc) rc = list_relations(&f);
    if (!rc && f.count && !o->no_passages) rc = list_passages(&f);
    if (f.cap) lsi_free(f.items);
    lsi_free(f.docs);
    lsi_free(f.segs);
    lsi_comparer_free(f.cmp);
    lsi_copy_text_clear(&f.text);
    lsi_copy_text_clear(&f.other);
    if (rc) lsi_similar_free(&f.out->pub);
    else *out = &f.out->pub;
    return rc;
}
