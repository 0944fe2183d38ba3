/* candidates.c — owns the finding of documents that hold all the words of a group, block by block of its rarest word.
 *
 * A block's documents are asked for in each other list in turn, the rarer first. Where only scores above a bar matter,
 * those whose bound by the rarest word does not pass it go before. Of those that all lists hold, and only of them, it is
 * then found out, list by list, how often the word occurs and where its entries begin in the streams: most blocks need
 * not give their counts, and those that are kept as bits no numbers of documents. So the lists are gone through in
 * order, and the positions of what is worth it are read afterwards, in any order (top_span.c takes the most promising
 * first). Of a phrase that is found out for its two rarest words; few candidates have them side by side, and only those
 * ask the blocks of the others (settle_late).
 * Invariant: columns of all kids asked so far are equally long. It does not know a heap. */
#include "libsearch/query/candidates.h"
#include "libsearch/codec/pack.h"
#include "libsearch/query/places.h"

#define ROOM       16384u /* entries of a column of all kids together */
#define ROOM_LEAST (2 * LSI_BLOCK_DOCS)
#define FEW        16u /* of a block: summed from one to the next */
#define WHOLE      4u  /* entries wanted of each block of a stream: blocks are decoded */
#define EARLY      2u  /* words of a phrase whose counts are known before positions are read */
#define MET        8u  /* of so many candidates one is expected to have them side by side, before any was read */

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
        uint32_t cap = c->cap + LSI_BATCH_SLACK;
        c->docs = lsi_arena_alloc(a, ((size_t)cap * 2 + 3 * (size_t)s->kid_count) * sizeof *c->docs);
        c->first = lsi_arena_alloc(a, (size_t)c->cap * s->kid_count * 2 * sizeof *c->first);
        c->where = lsi_arena_alloc(a, (size_t)c->cap * s->kid_count);
        c->probe = lsi_arena_zalloc(a, sizeof *c->probe);
        if (!c->docs || !c->first || !c->where || !c->probe) return lsi_fail_nomem(err);
        c->most = c->docs + cap;
        c->order = c->most + cap;
        c->one = c->order + s->kid_count;
        c->count = c->first + (size_t)c->cap * s->kid_count;
        if (s->quick && s->kid_count > EARLY) c->late = lsi_arena_alloc(a, s->kid_count * sizeof *c->late);
        if (s->quick && s->kid_count > EARLY && !c->late) return lsi_fail_nomem(err);
        for (uint32_t i = 0; i < LSI_BLOCK_DOCS; i++) c->places[i] = (uint8_t)i;
        c->settled = c->late ? EARLY : s->kid_count;
        c->read = MET;
        c->met = 1;
        s->candidates = c;
    }
    for (uint32_t i = 0; i < s->kid_count; i++) {
        uint32_t j = i, df = s->kids[i]->sources[0].c.p.list.df;
        for (; j && s->kids[c->order[j - 1]]->sources[0].c.p.list.df > df; j--) c->order[j] = c->order[j - 1];
        c->order[j] = i;
    }
    for (uint32_t i = EARLY; c->late && i < s->kid_count; i++) c->late[i].block = UINT32_MAX;
    c->n = 0;
    return LS_OK;
}

/* The lead's documents of one block within [lo, hi), behind the first n: *m of them; *next behind the last. Their other
 * columns wait until it is known which are left (settle_lead). */
static int take_block(lsi_span *s, lsi_doc lo, lsi_doc hi, uint32_t *m, lsi_doc *next, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    lsi_cursor *lead = &s->kids[c->order[0]]->sources[0].c;
    lsi_postings *p = &lead->p;
    lsi_doc d;
    int rc = lsi_cursor_seek(lead, lo, &d, err);
    *m = 0;
    *next = hi;
    if (rc || d >= hi) return rc;
    uint32_t i = lead->at, e = p->docs[p->n - 1] < hi ? p->n : lsi_postings_lower(p, i, hi);
    rc = lsi_postings_counts(p, err);
    if (rc) return rc;
    memcpy(c->docs + c->n, p->docs + i, (e - i) * sizeof *c->docs);
    uint8_t *where = c->where + (size_t)c->order[0] * c->cap + c->n;
    memcpy(where, c->places + i, e - i);
    *m = e - i;
    *next = p->docs[e - 1] + 1;
    return LS_OK;
}

/* Of n documents at these places of a block whose counts - 1 are c->less: how often the word occurs, and where its
 * entries begin in the streams. */
static void entries(lsi_candidates *c, const lsi_postings *p, uint32_t block, const uint8_t *where, uint32_t n,
                    uint32_t *count, uint32_t *first)
{
    uint32_t before = lsi_get32(p->cum_le + 4 * (size_t)block);
    for (uint32_t i = 0; i < n; i++) count[i] = c->less[where[i]] + 1;
    if (n < FEW) {
        for (uint32_t i = 0, at = 0; i < n; at = where[i++]) {
            before += lsi_pack_sum(c->less + at, where[i] - at);
            first[i] = before + where[i];
        }
        return;
    }
    uint32_t all = where[n - 1] + 1u;
    memcpy(c->sums, c->less, all * sizeof *c->sums);
    lsi_pack_gaps(c->sums, all, before);
    for (uint32_t i = 0; i < n; i++) first[i] = c->sums[where[i]] - count[i];
}

/* The counts of the newest m, of which the rarest word's block is decoded. */
static int settle_lead(lsi_span *s, uint32_t m, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    const lsi_postings *p = &s->kids[c->order[0]]->sources[0].c.p;
    size_t at = (size_t)c->order[0] * c->cap + c->n;
    uint32_t n;
    int rc = lsi_postings_less(p, p->block, c->less, &n, err);
    if (!rc) entries(c, p, p->block, c->where + at, m, c->count + at, c->first + at);
    return rc;
}

/* The counts of all candidates, by the blocks of another word. */
static int settle(lsi_span *s, uint32_t k, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    const lsi_postings *p = &s->kids[k]->sources[0].c.p;
    size_t at = (size_t)k * c->cap;
    uint32_t n, block = 0;
    for (uint32_t i = 0, e; i < c->n; i = e) {
        const uint8_t *bits = NULL;
        lsi_doc first;
        if (p->block_count > 1) block = lsi_postings_seek_block(p, block, c->docs[i]);
        lsi_doc last = lsi_postings_last(p, block);
        for (e = i + 1; e < c->n && c->docs[e] <= last;) e++;
        int rc = lsi_postings_as_bits(p, block, &bits, &first, err);
        if (!rc && bits) rc = lsi_postings_ranks(p, block, bits, first, c->docs + i, e - i, c->where + at + i, err);
        if (!rc) rc = lsi_postings_less(p, block, c->less, &n, err);
        if (rc) return rc;
        entries(c, p, block, c->where + at + i, e - i, c->count + at + i, c->first + at + i);
    }
    return LS_OK;
}

/* The counts of one candidate, of the i-th word in order. */
static int settle_late(lsi_span *s, uint32_t i, uint32_t candidate, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    lsi_late *l = &c->late[i];
    const lsi_postings *p = &s->kids[c->order[i]]->sources[0].c.p;
    const uint8_t *bits = NULL;
    size_t at = (size_t)c->order[i] * c->cap + candidate;
    lsi_doc doc = c->docs[candidate], first;
    uint32_t n, block = 0;
    if (l->block != UINT32_MAX && (!l->block || lsi_postings_last(p, l->block - 1) < doc)) block = l->block;
    if (p->block_count > 1) block = lsi_postings_seek_block(p, block, doc);
    int rc = lsi_postings_as_bits(p, block, &bits, &first, err);
    if (!rc && bits) rc = lsi_postings_ranks(p, block, bits, first, &doc, 1, c->where + at, err);
    if (!rc && block != l->block) {
        l->block = UINT32_MAX;
        rc = lsi_postings_less(p, block, l->less, &n, err);
        if (rc) return rc;
        l->block = block;
        l->at = UINT32_MAX;
    }
    if (rc) return rc;
    uint32_t where = c->where[at];
    if (where < l->at) {
        l->at = 0;
        l->before = lsi_get32(p->cum_le + 4 * (size_t)block);
    }
    l->before += lsi_pack_sum(l->less + l->at, where - l->at) + (where - l->at);
    l->at = where;
    c->first[at] = l->before;
    c->count[at] = l->less[where] + 1;
    return LS_OK;
}

/* Leaves those of the m newest candidates that are in kept; `asked` kids were asked, the lead among them. */
static void leave(lsi_candidates *c, uint32_t asked, uint32_t m)
{
    const uint32_t *kept = c->kept;
    uint32_t *docs = c->docs + c->n, *most = c->most + c->n;
    for (uint32_t j = 0; j < m; j++) {
        docs[j] = docs[kept[j]];
        most[j] = most[kept[j]];
    }
    for (uint32_t i = 0; i < asked; i++) {
        uint8_t *where = c->where + (size_t)c->order[i] * c->cap + c->n;
        for (uint32_t j = 0; j < m; j++) where[j] = where[kept[j]];
    }
}

/* Asks the kid that comes after `asked` others (0: what was asked for is the caller's), and leaves those of the m newest
 * candidates that it holds too. */
static int ask(lsi_span *s, uint32_t asked, uint32_t *m, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    uint32_t k = c->order[asked], kept = 0;
    uint8_t *where = c->where + (size_t)k * c->cap + c->n;
    for (uint32_t j = 0; j < *m;) {
        const lsi_probe *b = c->probe;
        int rc = lsi_probe_block(c->probe, &s->kids[k]->sources[0].c, c->docs + c->n, j, *m, &j, err);
        if (rc) return rc;
        memcpy(c->kept + kept, b->which, b->n * sizeof *c->kept);
        if (!b->as_bits) memcpy(where + kept, b->where, b->n);
        kept += b->n;
    }
    if (kept < *m) leave(c, asked, kept);
    *m = kept;
    return LS_OK;
}

/* tf is at most the count of a phrase's rarest word; of a slop or near, whose first word's places count, its count. */
static bool bounds(const lsi_span *s, uint32_t k)
{
    return s->type == LSI_SPAN_PHRASE || !k;
}

/* Of the m newest, the rarest word's: its block is decoded. */
static void bound_lead(const lsi_span *s, uint32_t m)
{
    lsi_candidates *c = s->candidates;
    uint32_t k = c->order[0], *most = c->most + c->n;
    if (!bounds(s, k)) memset(most, 0x7f, m * sizeof *most);
    else memcpy(most, s->kids[k]->sources[0].c.p.counts + c->where[(size_t)k * c->cap + c->n], m * sizeof *most);
}

static void bound_all(const lsi_span *s, uint32_t k)
{
    const lsi_candidates *c = s->candidates;
    const uint32_t *count = c->count + (size_t)k * c->cap;
    for (uint32_t i = 0; bounds(s, k) && i < c->n; i++) c->most[i] = LSI_MIN(c->most[i], count[i]);
}

/* Leaves those of the m newest candidates whose bound passes the bar. */
static uint32_t pass(lsi_candidates *c, const lsi_bar *bar, uint32_t m)
{
    const lsi_op *op = bar->op;
    uint32_t left = 0;
    bar->batch->scores(c->scores, c->most + c->n, c->docs + c->n, m, op->norms, op->k, op->w, bar->magic);
    for (uint32_t j = 0; j < m; j++) {
        c->kept[left] = j;
        left += c->scores[j] > bar->cut ? 1 : 0;
    }
    if (left < m) leave(c, 1, left);
    return left;
}

/* Leaves those of the m newest candidates, the lead's, that keep the query's conditions. */
static int sift(lsi_candidates *c, lsi_filter *f, uint32_t *m, ls_error *err)
{
    uint32_t left = 0;
    for (uint32_t j = 0; j < *m; j++) {
        bool yes;
        int rc = lsi_filter_has(f, c->docs[c->n + j], &yes, err);
        if (rc) return rc;
        c->kept[left] = j;
        left += yes;
    }
    if (left < *m) leave(c, 1, left);
    *m = left;
    return LS_OK;
}

int lsi_candidates_fill(lsi_span *s, lsi_doc lo, lsi_doc hi, const lsi_bar *bar, lsi_doc *next, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    uint32_t most = bar ? LSI_MIN(bar->want, c->cap - LSI_BLOCK_DOCS + 1) : c->cap - LSI_BLOCK_DOCS + 1;
    c->n = 0;
    for (*next = lo; *next < hi && c->n < most;) {
        uint32_t m = 0;
        int rc = take_block(s, *next, hi, &m, next, err);
        if (!rc && m) bound_lead(s, m);
        if (!rc && bar && bar->filter) rc = sift(c, bar->filter, &m, err);
        if (!rc && bar && bar->cut > 0) m = pass(c, bar, m);
        for (uint32_t i = 1; !rc && m && i < s->kid_count; i++) rc = ask(s, i, &m, err);
        if (!rc && m) rc = settle_lead(s, m, err);
        if (rc) return rc;
        c->n += m;
    }
    for (uint32_t i = 1; i < c->settled; i++) {
        int rc = settle(s, c->order[i], err);
        if (rc) return rc;
        bound_all(s, c->order[i]);
    }
    return LS_OK;
}

int lsi_candidates_among(lsi_span *s, lsi_doc lo, const uint64_t *within, uint32_t *from, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    uint32_t m = 0, at = *from;
    c->n = 0;
    for (; m < LSI_BLOCK_DOCS && at < LSI_WINDOW_DOCS; at = (at | 63) + 1) {
        uint64_t x = within[at >> 6] >> (at & 63) << (at & 63);
        for (; x && m < LSI_BLOCK_DOCS; x &= x - 1) c->docs[m++] = lo + (at & ~63u) + lsi_ctz64(x);
        if (!x) continue;
        at = (at & ~63u) + lsi_ctz64(x);
        break;
    }
    *from = at;
    for (uint32_t i = 0; m && i < s->kid_count; i++) {
        int rc = ask(s, i, &m, err);
        if (rc) return rc;
    }
    c->n = m;
    for (uint32_t i = 0; m && i < c->settled; i++) {
        int rc = settle(s, c->order[i], err);
        if (rc) return rc;
    }
    return LS_OK;
}

void lsi_candidates_expect(lsi_span *s, uint32_t from, uint32_t to, uint32_t n)
{
    const lsi_candidates *c = s->candidates;
    const lsi_list *lead = &s->kids[c->order[0]]->sources[0].c.p.list;
    const uint32_t *first = c->first + (size_t)c->order[0] * c->cap;
    uint64_t part = from < to ? first[to - 1] - first[from] : 0; /* of the lead's stream */
    for (uint32_t i = 0; i < s->kid_count && from < to; i++) {
        uint32_t k = c->order[i];
        lsi_source *src = &s->kids[k]->sources[0];
        const lsi_list *list = &src->c.p.list;
        uint64_t wanted = n * list->cf / list->df, entries;
        first = c->first + (size_t)k * c->cap;
        if (i < c->settled) {
            entries = first[to - 1] - first[from];
        } else { /* the same part of this stream */
            entries = part * list->cf / lead->cf;
            wanted = wanted * c->met / c->read;
        }
        src->positions.whole = wanted >= (entries / LSI_BLOCK_DOCS + 1) * WHOLE;
    }
}

int lsi_candidates_read(lsi_plan *p, lsi_span *s, uint32_t i, ls_error *err)
{
    lsi_candidates *c = s->candidates;
    if (s->quick) {
        int rc = lsi_phrase_join(p, s, c->first + i, c->count + i, c->cap, 0, c->settled, err);
        c->read++;
        c->met += !rc && s->found.count;
        for (uint32_t k = c->settled; !rc && k < s->kid_count && s->found.count; k++) {
            rc = settle_late(s, k, i, err);
            if (!rc) rc = lsi_phrase_join(p, s, c->first + i, c->count + i, c->cap, k, k + 1, err);
        }
        return rc ? rc : lsi_phrase_end(p, s, c->first + i, c->count + i, c->cap, err);
    }
    s->found.count = 0;
    for (uint32_t k = 0; k < s->kid_count; k++) { /* the rarest first */
        uint32_t kid = c->order[k];
        size_t at = (size_t)kid * c->cap + i;
        int rc = lsi_span_read_at(p, s->kids[kid], c->docs[i], c->first[at], c->count[at], err);
        if (rc || !s->kids[kid]->found.count) return rc;
    }
    return lsi_span_join(p, s, c->docs[i], err);
}
