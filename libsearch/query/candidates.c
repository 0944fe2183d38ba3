/* candidates.c — owns the finding of documents that hold all the words of a group, block by block of its rarest word.
 *
 * A block's documents are asked for in each other list in turn, the rarer first; those found keep the number of the
 * word's occurrences and where these begin in the streams. So the lists are gone through once and in order, and the
 * positions of what is worth it are read afterwards, in any order (top_span.c takes the most promising first).
 * Invariant: columns of all kids asked so far are equally long. It does not know scores. */
#include "libsearch/query/candidates.h"
#include "libsearch/query/places.h"

#define ROOM       16384u /* entries of a column of all kids together */
#define ROOM_LEAST (2 * LSI_BLOCK_DOCS)

bool lsi_candidates_can(const lsi_span *s)
{
    return s->direct && !s->edges;
}

int lsi_candidates_open(lsi_plan *p, lsi_span *s, ls_error *err)
{
    lsi_arena *a = &p->scratch->arena;
    lsi_candidates *c = s->candidates;
    if (!c) {
        c = lsi_arena_zalloc(a, sizeof *c);
        if (!c) return lsi_fail_nomem(err);
        c->cap = LSI_MAX(ROOM / s->kid_count, ROOM_LEAST);
        c->docs =
            lsi_arena_alloc(a, ((size_t)c->cap * 2 + LSI_BLOCK_DOCS + 3 * (size_t)s->kid_count) * sizeof *c->docs);
        c->first = lsi_arena_alloc(a, (size_t)c->cap * s->kid_count * 2 * sizeof *c->first);
        if (!c->docs || !c->first) return lsi_fail_nomem(err);
        c->most = c->docs + c->cap;
        c->kept = c->most + c->cap;
        c->order = c->kept + LSI_BLOCK_DOCS;
        c->one = c->order + s->kid_count;
        c->count = c->first + (size_t)c->cap * s->kid_count;
        s->candidates = c;
    }
    for (uint32_t i = 0; i < s->kid_count; i++) {
        uint32_t j = i, df = s->kids[i]->sources[0].c.p.list.df;
        for (; j && s->kids[c->order[j - 1]]->sources[0].c.p.list.df > df; j--) c->order[j] = c->order[j - 1];
        c->order[j] = i;
    }
    c->n = 0;
    return LS_OK;
}

/* The lead's documents of one block within [lo, hi), behind the first n: *m of them; *next behind the last. */
static int take_block(lsi_span *s, lsi_doc lo, lsi_doc hi, uint32_t *m, lsi_doc *next, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    lsi_source *lead = &s->kids[c->order[0]]->sources[0];
    lsi_postings *p = &lead->c.p;
    uint32_t *count = c->count + (size_t)c->order[0] * c->cap + c->n, *first = c->first + (count - c->count);
    lsi_doc d;
    int rc = lsi_cursor_seek(&lead->c, lo, &d, err);
    *m = 0;
    *next = hi;
    if (rc || d >= hi) return rc;
    uint32_t i = lead->c.at, e = p->docs[p->n - 1] < hi ? p->n : lsi_postings_lower(p, i, hi);
    rc = lsi_postings_counts(p, err);
    if (rc) return rc;
    uint32_t at = lsi_source_first(lead);
    for (uint32_t j = i; j < e; j++) {
        c->docs[c->n + j - i] = p->docs[j];
        count[j - i] = p->counts[j];
        first[j - i] = at;
        at += p->counts[j];
    }
    *m = e - i;
    *next = p->docs[e - 1] + 1;
    return LS_OK;
}

/* Leaves those of the m newest candidates that kid `k` holds too. */
static int ask(lsi_span *s, uint32_t k, uint32_t *m, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    lsi_source *src = &s->kids[k]->sources[0];
    lsi_postings *p = &src->c.p;
    const uint32_t *docs = c->docs + c->n;
    uint32_t *count = c->count + (size_t)k * c->cap + c->n, *first = c->first + (count - c->count), kept = 0;
    for (uint32_t j = 0; j < *m; j++) {
        lsi_doc d, want = docs[j];
        if (p->ranges && !p->ranges[want >> LSI_RANGE_SHIFT]) continue;
        int rc = lsi_cursor_seek(&src->c, want, &d, err);
        if (rc) return rc;
        if (d == LSI_DOC_END) break;
        if (d != want) continue;
        if (!p->have_counts && (rc = lsi_postings_counts(p, err)) != LS_OK) return rc;
        count[kept] = p->counts[src->c.at];
        first[kept] = lsi_source_first(src);
        c->kept[kept++] = j;
    }
    *m = kept;
    return LS_OK;
}

static void leave(uint32_t *column, const uint32_t *kept, uint32_t m)
{
    for (uint32_t j = 0; j < m; j++) column[j] = column[kept[j]];
}

/* tf is at most the count of a phrase's rarest word; of a slop or near, whose first word's places count, its count. */
static void bound(const lsi_span *s, uint32_t from)
{
    lsi_candidates *c = s->candidates;
    uint32_t kids = s->type == LSI_SPAN_PHRASE ? s->kid_count : 1;
    for (uint32_t i = from; i < c->n; i++) c->most[i] = c->count[i];
    for (uint32_t k = 1; k < kids; k++) {
        const uint32_t *count = c->count + (size_t)k * c->cap;
        for (uint32_t i = from; i < c->n; i++) c->most[i] = LSI_MIN(c->most[i], count[i]);
    }
}

int lsi_candidates_fill(lsi_span *s, lsi_doc lo, lsi_doc hi, lsi_doc *next, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    c->n = 0;
    for (*next = lo; *next < hi && c->n + LSI_BLOCK_DOCS <= c->cap;) {
        uint32_t m = 0;
        int rc = take_block(s, *next, hi, &m, next, err);
        for (uint32_t i = 1; !rc && m && i < s->kid_count; i++) {
            uint32_t had = m;
            rc = ask(s, c->order[i], &m, err);
            if (rc || m == had) continue;
            leave(c->docs + c->n, c->kept, m);
            for (uint32_t j = 0; j < i; j++) {
                size_t column = (size_t)c->order[j] * c->cap + c->n;
                leave(c->first + column, c->kept, m);
                leave(c->count + column, c->kept, m);
            }
        }
        if (rc) return rc;
        c->n += m;
        bound(s, c->n - m);
    }
    return LS_OK;
}

int lsi_candidates_read(lsi_plan *p, lsi_span *s, uint32_t i, ls_error *err)
{
    const lsi_candidates *c = s->candidates;
    if (s->quick) return lsi_phrase_join(p, s, c->first + i, c->count + i, c->cap, err);
    s->found.count = 0;
    for (uint32_t k = 0; k < s->kid_count; k++) { /* the rarest first */
        uint32_t kid = c->order[k];
        size_t at = (size_t)kid * c->cap + i;
        int rc = lsi_span_read_at(p, s->kids[kid], c->docs[i], c->first[at], c->count[at], err);
        if (rc || !s->kids[kid]->found.count) return rc;
    }
    return lsi_span_join(p, s, c->docs[i], err);
}
