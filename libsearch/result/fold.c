/* fold.c — owns a page of hits on which copies of a story stand under its lead, and superseded articles not at all.
 *
 * The rule: go through all matches in the order of hits; a document related to one that has become a lead before it is
 * folded under the first such lead, else it becomes a lead itself. Whether a document is a lead thus depends on those
 * alone that it is related to, on those these are related to, and so on. So neither all matches nor earlier pages are
 * looked at, but
 *   1. the best hits behind the cursor, a few more than the page shows (the window);
 *   2. whatever the window's texts are related to, by as many steps as there are, wherever it ranks (the circle);
 *   3. of the circle what matches the query, with its place in the order of hits: the plan run on these documents only;
 *   4. the rule, on window and circle together.
 * Page 7 by cursor and page 7 by offset are thus the same. Where the window has too few leads for the page it is made
 * larger, up to WINDOW_MAX; a page may then be short, and the cursor goes on behind the window. A circle of more than
 * CIRCLE_TEXTS texts or CIRCLE_DOCS documents is cut: what lies beyond is not folded.
 *
 * A text has at most one lead, for equal texts always fold; so a document is held against as many leads as its text has
 * relations. Ignorant of how matches are found. */
#include "libsearch/query/ops.h"
#include "libsearch/query/scratch.h"
#include "libsearch/result/hits.h"
#include "libsearch/result/relations.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <stdlib.h>

#define WINDOW_MAX    65536u
#define CIRCLE_TEXTS  4096u
#define CIRCLE_DOCS   65536u
#define STUB_SHINGLES 60u /* texts of fewer are stubs where they are undated */
#define NOBODY        SIZE_MAX

typedef struct text_node {
    uint64_t text;
    lsi_related *related;
    size_t related_count, lead; /* lead: place in the order, or NOBODY */
} text_node;

typedef struct entry { /* a match, in the order of hits */
    lsi_top top;
    lsi_copy_facts facts;
    size_t lead;     /* the place of its lead: its own where it is one; NOBODY: superseded */
    uint16_t shared; /* with its lead */
    uint8_t relation;
    bool in_window;
} entry;

typedef struct folding {
    lsi_search *s;
    ls_results *res;
    lsi_arena *a;    /* the search's */
    lsi_map numbers; /* text → index in texts */
    text_node *texts;
    size_t text_count, text_cap;
    uint64_t *window; /* documents, rising */
    size_t window_count;
    uint64_t *circle; /* documents outside the window, rising */
    size_t circle_count, circle_cap;
    entry *entries;
    size_t entry_count;
    size_t *leads; /* entries of the window that are leads */
    size_t lead_count;
    ls_error *err;
} folding;

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool in_window(const folding *f, uint64_t doc)
{
    return bsearch(&doc, f->window, f->window_count, sizeof doc, by_number) != NULL;
}

/* ---- 1: the window, and its texts ---- */

static int text_of(const folding *f, uint64_t doc, uint64_t *text)
{
    size_t seg;
    lsi_doc local;
    int rc = lsi_snapshot_locate(f->s->snap, doc, &seg, &local, f->err);
    if (rc) return rc;
    return lsi_shingles_doc(&f->s->snap->segments[seg].seg->shingles, local, text, NULL, f->err);
}

static int add_text(folding *f, uint64_t text)
{
    if (!text || f->text_count >= CIRCLE_TEXTS + f->window_count) return LS_OK;
    uint32_t *no = lsi_map_put(&f->numbers, &text, sizeof text);
    if (!no || !LSI_ROOM(f->texts, f->text_count + 1, f->text_cap)) return lsi_fail_nomem(f->err);
    if (*no != LSI_MAP_NONE) return LS_OK;
    *no = (uint32_t)f->text_count;
    f->texts[f->text_count++] = (text_node){.text = text, .lead = NOBODY};
    return LS_OK;
}

static text_node *find_text(folding *f, uint64_t text)
{
    uint32_t no = text ? lsi_map_get(&f->numbers, &text, sizeof text) : LSI_MAP_NONE;
    return no == LSI_MAP_NONE ? NULL : &f->texts[no];
}

static int take_window(folding *f)
{
    const lsi_heap *h = &f->s->heap;
    f->window_count = h->count;
    f->window = lsi_arena_alloc(f->a, (h->count + 1) * sizeof *f->window);
    if (!f->window) return lsi_fail_nomem(f->err);
    for (size_t i = 0; i < h->count; i++) f->window[i] = h->at[i].doc;
    if (h->count > 1) qsort(f->window, h->count, sizeof *f->window, by_number);
    int rc = LS_OK;
    for (size_t i = 0; !rc && f->s->o.fold && i < h->count; i++) {
        uint64_t text;
        rc = text_of(f, f->window[i], &text);
        if (!rc) rc = add_text(f, text);
    }
    return rc;
}

/* ---- 2: the circle ---- */

static int take_circle(folding *f)
{
    const lsi_snapshot *snap = f->s->snap;
    int rc = LS_OK;
    for (size_t i = 0; !rc && i < f->text_count; i++) { /* grows while it is walked */
        lsi_related *list;
        size_t n, before = f->circle_count;
        uint64_t text = f->texts[i].text;
        rc = lsi_relations_texts(snap, text, LSI_RELATIONS_FOLD, f->a, &list, &n, f->err);
        if (!rc) rc = lsi_relations_docs(snap, text, &f->circle, &f->circle_count, &f->circle_cap, CIRCLE_DOCS, f->err);
        if (rc) break;
        size_t kept = before;
        for (size_t k = before; k < f->circle_count; k++)
            if (!in_window(f, f->circle[k])) f->circle[kept++] = f->circle[k];
        f->circle_count = kept;
        f->texts[i].related = list;
        f->texts[i].related_count = n;
        for (size_t k = 0; !rc && k < n; k++) rc = add_text(f, list[k].text);
    }
    if (f->circle_count > 1) qsort(f->circle, f->circle_count, sizeof *f->circle, by_number);
    return rc;
}

/* ---- 3: what of it matches ---- */

static int on_window(void *ctx, size_t seg, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                     ls_error *err)
{
    return lsi_order_window(ctx, seg, lo, hi, bits, scores, err);
}

/* Both together in s->heap, in order. */
static int match_circle(folding *f)
{
    lsi_search *s = f->s;
    lsi_heap window = s->heap;
    size_t room = window.count + f->circle_count;
    lsi_top *memory = lsi_arena_alloc(f->a, (lsi_heap_room(room) + 1) * sizeof *memory);
    if (!memory) return lsi_fail_nomem(f->err);
    lsi_heap_init(&s->heap, memory, room, window.text, window.text_falling);
    for (size_t i = 0; i < window.count; i++) lsi_heap_push(&s->heap, &window.at[i]);
    lsi_exec_sink sink = {.ctx = s, .scores = s->o.sort == LS_BY_RELEVANCE, .window = on_window};
    bool behind = s->has_after;
    s->has_after = false; /* leads of earlier pages count */
    int rc = f->circle_count ? lsi_exec_docs(&s->plan, f->circle, f->circle_count, &sink, f->err) : LS_OK;
    s->has_after = behind;
    lsi_heap_sort(&s->heap, NULL);
    return rc;
}

/* ---- 4: the rule ---- */

/* Short pages without a date are those of a site's furniture: what parts of them have in common is not news. */
static bool is_stub(const lsi_copy_facts *a, const lsi_copy_facts *b)
{
    return (!a->dated || !b->dated) && LSI_MIN(a->shingles, b->shingles) < STUB_SHINGLES;
}

static bool folds_under(const folding *f, int relation, const lsi_copy_facts *a, const lsi_copy_facts *b)
{
    if (relation == LS_UPDATE) return f->s->o.fold == LS_FOLD_STORY;
    return relation == LS_COPY || (relation && !is_stub(a, b));
}

/* Under which lead an entry falls: the first in the order of hits. */
static void find_lead(folding *f, size_t no, text_node *t)
{
    entry *e = &f->entries[no];
    lsi_related same = {t->text, LSI_SHARE_ONE, LSI_SHARE_ONE, LSI_SHINGLES_SO};
    for (size_t i = 0; i <= t->related_count; i++) {
        const lsi_related *r = i < t->related_count ? &t->related[i] : &same;
        const text_node *other = find_text(f, r->text);
        if (!other || other->lead >= e->lead) continue;
        const lsi_copy_facts *lead = &f->entries[other->lead].facts;
        int relation = lsi_relations_judge(&e->facts, lead, r);
        if (!folds_under(f, relation, &e->facts, lead)) continue;
        e->lead = other->lead;
        e->relation = (uint8_t)relation;
        e->shared = LSI_MAX(r->share, r->back);
    }
}

static int is_superseded(folding *f, uint64_t doc, bool *yes);

static int apply_rule(folding *f)
{
    const lsi_heap *h = &f->s->heap;
    f->entry_count = h->count;
    f->lead_count = 0;
    f->entries = lsi_arena_zalloc(f->a, (h->count + 1) * sizeof *f->entries);
    f->leads = lsi_arena_alloc(f->a, (h->count + 1) * sizeof *f->leads);
    if (!f->entries || !f->leads) return lsi_fail_nomem(f->err);
    for (size_t i = 0; i < h->count; i++) {
        entry *e = &f->entries[i];
        bool gone = false;
        e->top = h->at[i];
        e->in_window = in_window(f, e->top.doc);
        e->lead = i;
        int rc = f->s->o.latest ? is_superseded(f, e->top.doc, &gone) : LS_OK;
        if (!rc && !gone && f->s->o.fold) rc = text_of(f, e->top.doc, &e->facts.text);
        if (rc) return rc;
        if (gone) e->lead = NOBODY;
        text_node *t = gone ? NULL : find_text(f, e->facts.text);
        if (t && (t->related_count || t->lead != NOBODY || f->s->o.lead || f->s->o.fold == LS_FOLD_STORY)) {
            if ((rc = lsi_relations_facts(f->s->snap, e->top.doc, &e->facts, f->err))) return rc;
            find_lead(f, i, t);
        }
        if (t && e->lead == i) t->lead = i;
        if (e->lead == i && e->in_window) f->leads[f->lead_count++] = i;
    }
    return LS_OK;
}

/* ---- chains ---- */

/* Whether the asker may see a document of a segment. */
static int may_see(folding *f, const lsi_snapshot_segment *g, lsi_doc doc, bool *yes)
{
    const ls_search_options *o = &f->s->o;
    ls_doc *d = NULL;
    *yes = true;
    if (!o->sees) return LS_OK;
    int rc = lsi_doc_new(&d, f->err);
    if (!rc) rc = lsi_segment_doc(g->seg, doc, d, f->err);
    if (!rc) *yes = o->sees(o->sees_ctx, d) != 0;
    lsi_doc_free(d);
    return rc;
}

/* Whether a document of this snapshot other than `self`, of segment `home`, has `name` in the field evolved_from. */
static int is_named(folding *f, int field, size_t home, lsi_doc self, const char *name, size_t len, bool *yes)
{
    lsi_analyzer *an;
    size_t n;
    int rc = lsi_scratch_analyzer(f->s->scratch, &an, f->err);
    if (rc) return rc;
    const uint8_t *folded = lsi_analyzer_keyword(an, (const uint8_t *)name, len, &n);
    if (!folded) return lsi_fail_nomem(f->err);
    for (size_t i = 0; !*yes && i < f->s->snap->count; i++) {
        const lsi_snapshot_segment *g = &f->s->snap->segments[i];
        uint32_t ord = LSI_ORD_NONE, count = 0;
        lsi_doc docs[64];
        if ((uint32_t)field >= g->seg->field_count || !g->seg->keywords[field].section) continue;
        const lsi_keywords *k = &g->seg->keywords[field];
        if ((rc = lsi_keywords_find(k, folded, n, &ord, f->err))) return rc;
        for (lsi_doc from = 0; ord != LSI_ORD_NONE && !*yes && from < g->seg->doc_count;) {
            rc = lsi_keywords_docs(k, ord, from, g->seg->doc_count, docs, LSI_COUNTOF(docs), &count, f->err);
            if (rc || !count) break;
            count = LSI_MIN(count, (uint32_t)LSI_COUNTOF(docs));
            for (uint32_t d = 0; !rc && !*yes && d < count; d++)
                if (!(i == home && docs[d] == self) && !lsi_live_is_deleted(g->live, docs[d]))
                    rc = may_see(f, g, docs[d], yes);
            from = docs[count - 1] + 1;
        }
        if (rc) return rc;
    }
    return LS_OK;
}

static int is_superseded(folding *f, uint64_t doc, bool *yes)
{
    const lsi_snapshot *snap = f->s->snap;
    int field = lsi_schema_find(snap->schema, "evolved_from", 12);
    size_t seg, len;
    lsi_doc local;
    const uint8_t *id;
    ls_doc *d = NULL;
    *yes = false;
    if (field == LSI_FIELD_NONE || snap->schema->fields[field].pub.type != LS_KEYWORD) return LS_OK;
    bool any = false; /* a segment that knows of any chain */
    for (size_t i = 0; i < snap->count; i++)
        any |= (uint32_t)field < snap->segments[i].seg->field_count && snap->segments[i].seg->keywords[field].section;
    if (!any) return LS_OK;
    int rc = lsi_snapshot_locate(snap, doc, &seg, &local, f->err);
    if (!rc) rc = lsi_ids_get(&snap->segments[seg].seg->ids, local, &id, &len, f->err);
    if (!rc) rc = is_named(f, field, seg, local, (const char *)id, len, yes);
    if (!rc && !*yes) rc = lsi_doc_new(&d, f->err);
    if (!rc && !*yes) rc = lsi_segment_doc(snap->segments[seg].seg, local, d, f->err);
    for (size_t i = 0; !rc && d && !*yes && i < d->count; i++)
        if (!d->values[i].is_int && !strcmp(d->values[i].field, "guid"))
            rc = is_named(f, field, seg, local, d->values[i].text, d->values[i].len, yes);
    if (d) lsi_doc_free(d);
    return rc;
}

/* ---- the page ---- */

/* Words of the main field. */
static int length_of(const folding *f, uint64_t doc, uint32_t *words)
{
    const lsi_snapshot *snap = f->s->snap;
    size_t seg;
    lsi_doc local;
    *words = 0;
    int rc = lsi_snapshot_locate(snap, doc, &seg, &local, f->err);
    if (rc || snap->schema->main < 0) return rc;
    uint32_t no = (uint32_t)snap->schema->fields[snap->schema->main].text_no;
    if (no + 1 >= snap->segments[seg].seg->list_count) return LS_OK;
    return lsi_segment_length(snap->segments[seg].seg, no, local, words, f->err);
}

/* The entry that heads a fold: its lead, or the first published of all, or the longest. */
static int find_head(const folding *f, size_t lead, const size_t *folded, size_t count, size_t *head)
{
    uint32_t longest, words;
    *head = lead;
    int rc = f->s->o.lead == LS_LEAD_LONGEST ? length_of(f, f->entries[lead].top.doc, &longest) : LS_OK;
    for (size_t i = 0; !rc && f->s->o.lead && i < count; i++) {
        const lsi_copy_facts *x = &f->entries[folded[i]].facts, *y = &f->entries[*head].facts;
        if (f->s->o.lead == LS_LEAD_EARLIEST) {
            if (x->dated && (!y->dated || x->published < y->published)) *head = folded[i];
            continue;
        }
        rc = length_of(f, x->doc, &words);
        if (rc || words <= longest) continue;
        longest = words;
        *head = folded[i];
    }
    return rc;
}

static bool is_newer(const lsi_copy_facts *a, const lsi_copy_facts *b)
{
    if (a->dated != b->dated) return a->dated;
    return a->dated && a->published > b->published;
}

/* Newest first, undated ones last, else as they stand: runs merged upwards, for a fold may have very many. */
static int sort_story(const folding *f, size_t *list, size_t count)
{
    size_t *from = list, *to = lsi_arena_alloc(f->a, (count + 1) * sizeof *to);
    if (!to) return lsi_fail_nomem(f->err);
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t at = 0; at < count; at += 2 * run) {
            size_t mid = LSI_MIN(at + run, count), end = LSI_MIN(mid + run, count), a = at, b = mid;
            for (size_t i = at; i < end; i++) {
                bool second = b < end && (a == mid || is_newer(&f->entries[from[b]].facts, &f->entries[from[a]].facts));
                to[i] = second ? from[b++] : from[a++];
            }
        }
        size_t *was = from;
        from = to;
        to = was;
    }
    if (from != list) memcpy(list, from, count * sizeof *list);
    return LS_OK;
}

static int show(folding *f, size_t lead, size_t *folded, size_t count, size_t hit_no)
{
    ls_results *res = f->res;
    ls_fold *fold = &res->folds[hit_no];
    size_t head, n = 0;
    int rc = find_head(f, lead, folded, count, &head);
    if (!rc) rc = lsi_search_hit(f->s, res, &f->entries[head].top, &res->hits[hit_no], f->err);
    if (rc || !count) return rc;
    uint64_t *docs = lsi_arena_alloc(&res->arena, count * sizeof *docs);
    if (!docs) return lsi_fail_nomem(f->err);
    uint16_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const entry *e = &f->entries[folded[i]];
        if (e->shared > most) {
            most = e->shared;
            fold->relation = (ls_relation)e->relation;
        }
        if (folded[i] == head) folded[i] = lead; /* the lead takes its place */
    }
    if (f->s->o.fold == LS_FOLD_STORY && (rc = sort_story(f, folded, count))) return rc;
    for (size_t i = 0; i < count; i++) docs[n++] = f->entries[folded[i]].top.doc;
    fold->count = count;
    fold->max_shared = (double)most / LSI_SHARE_ONE;
    fold->docs = docs;
    return LS_OK;
}

/* Hits `from` to `from` + n of the leads, with what is folded under them. */
static int show_page(folding *f, size_t from, size_t n)
{
    ls_results *res = f->res;
    size_t *starts = lsi_arena_zalloc(f->a, (f->entry_count + 2) * sizeof *starts);
    size_t *folded = lsi_arena_alloc(f->a, (f->entry_count + 1) * sizeof *folded);
    res->hits = lsi_arena_alloc(&res->arena, (n + 1) * sizeof *res->hits);
    res->folds = lsi_arena_zalloc(&res->arena, (n + 1) * sizeof *res->folds);
    if (!starts || !folded || !res->hits || !res->folds) return lsi_fail_nomem(f->err);
    for (size_t i = 0; i < f->entry_count; i++) /* by lead, in order: counted, then filled in */
        if (f->entries[i].lead != NOBODY && f->entries[i].lead != i) starts[f->entries[i].lead + 1]++;
    for (size_t i = 0; i < f->entry_count; i++) starts[i + 1] += starts[i];
    size_t total = starts[f->entry_count];
    for (size_t i = f->entry_count; i-- > 0;)
        if (f->entries[i].lead != NOBODY && f->entries[i].lead != i) folded[--starts[f->entries[i].lead + 1]] = i;
    int rc = LS_OK;
    for (size_t i = 0; !rc && i < n; i++) {
        size_t lead = f->leads[from + i], begin = starts[lead + 1];
        size_t end = lead + 1 < f->entry_count ? starts[lead + 2] : total;
        rc = show(f, lead, folded + begin, end - begin, i);
    }
    res->info.count = n;
    return rc;
}

/* The page from the window in s->heap; *enough: it has the leads that it needs. */
static int try_window(folding *f, bool whole, bool last_try, bool *enough)
{
    lsi_search *s = f->s;
    lsi_heap_settle(&s->heap);
    lsi_map_init(&f->numbers);
    f->text_count = f->circle_count = 0;
    int rc = take_window(f);
    if (!rc && s->o.fold) rc = take_circle(f);
    if (!rc) rc = match_circle(f);
    if (!rc) rc = apply_rule(f);
    lsi_map_clear(&f->numbers);
    if (rc) return rc;
    size_t from = LSI_MIN(s->offset, f->lead_count), n = LSI_MIN(f->lead_count - from, s->limit);
    bool more = f->lead_count > s->offset + s->limit;
    *enough = whole || more || last_try;
    if (!*enough) return LS_OK;
    rc = show_page(f, from, n);
    if (rc || (whole && !more)) return rc;
    const lsi_top *last = NULL; /* the page goes on behind the last lead shown; a short one behind the window */
    if (more) last = &f->entries[f->leads[from + n - 1]].top;
    for (size_t i = f->entry_count; !last && i-- > 0;)
        if (f->entries[i].in_window) last = &f->entries[i].top;
    if (!last) return LS_OK;
    f->res->cursor = lsi_cursor_write(s, last, &f->res->arena);
    return f->res->cursor ? LS_OK : lsi_fail_nomem(f->err);
}

int lsi_fold_page(lsi_search *s, ls_results *res, bool whole, ls_error *err)
{
    folding f = {.s = s, .res = res, .a = &s->scratch->arena, .err = err};
    size_t want = s->heap.cap;
    bool enough = false;
    int rc = LS_OK;
    for (;;) {
        bool last_try = want >= WINDOW_MAX || want >= s->snap->documents;
        rc = try_window(&f, whole, last_try, &enough);
        if (rc || enough) break;
        want = LSI_MIN(want * 4, (size_t)WINDOW_MAX);
        if ((rc = lsi_search_again(s, want, &whole, err))) break;
    }
    res->info.total_leads = f.lead_count;
    res->info.total_leads_is_exact = whole && !s->has_after && !res->info.timed_out;
    lsi_free(f.texts);
    lsi_free(f.circle);
    return rc;
}
