/* spans.c — owns everything that looks at positions: a word with a choice of forms, phrases, slops, nearness.
 *
 * Two questions are asked of a tree of spans: which document may be next (the words are in it: a leapfrog over the
 * lists), and where in a document it matches (places by rising start; places.c joins them). A place is
 * [start, end], inclusive. What counts as tf:
 *   a word      for each of its terms the weights of the regions of its occurrences, boilerplate 0, at least 1 (in one
 *               field: their number); just what whole lists give where every form counts
 *   a phrase    its start positions outside boilerplate, at least 1
 *   slop, near  the places of its first operand that take part, outside boilerplate, at least 1
 * Fields lie apart in the position space of list 0, so that a place never crosses them. A place belongs to the main
 * field also where it stands in one of its boilerplate lines. It does not know trees of operators. */
#include "libsearch/query/candidates.h"
#include "libsearch/query/places.h"

int lsi_plan_regions(lsi_plan *p, lsi_doc doc, ls_error *err)
{
    if (p->regions_doc == doc) return LS_OK;
    int rc = lsi_segment_regions(p->seg->seg, doc, p->regions, err);
    if (!rc) p->regions_doc = doc;
    return rc;
}

int lsi_plan_region_of(const lsi_plan *p, uint32_t position)
{
    int best = 0;
    for (size_t r = 1; r < p->snap->schema->region_count; r++) {
        if (p->regions[r] <= position && p->regions[r] >= p->regions[best]) best = (int)r;
    }
    return best;
}

static bool in_region(const lsi_plan *p, uint32_t position, int want)
{
    int r = lsi_plan_region_of(p, position);
    if (r == want) return true;
    const ls_schema *s = p->snap->schema;
    return s->main != LSI_FIELD_NONE && want == s->fields[s->main].region && r == (int)s->region_count - 1;
}

int lsi_source_open(const lsi_plan *p, lsi_source *s, const lsi_pick *pick, ls_error *err)
{
    const lsi_segment *seg = p->seg->seg;
    int rc = lsi_cursor_open(&s->c, seg, &pick->list, err);
    if (!rc) rc = lsi_segment_positions(seg, &pick->list, &s->positions, err);
    s->allowed = pick->allowed;
    s->form_count = pick->form_count;
    s->sum_block = UINT32_MAX;
    if (!rc && s->allowed) rc = lsi_segment_form_stream(seg, &pick->list, pick->form_count, &s->forms, err);
    return rc;
}

uint32_t lsi_source_first(lsi_source *s)
{
    const lsi_postings *p = &s->c.p;
    if (s->sum_block != p->block || s->sum_at > s->c.at) {
        s->sum_block = p->block;
        s->sum_at = s->sum = 0;
    }
    for (; s->sum_at < s->c.at; s->sum_at++) s->sum += p->counts[s->sum_at];
    return lsi_get32(p->cum_le + 4 * (size_t)p->block) + s->sum;
}

static int open_word(lsi_plan *p, lsi_span *s, size_t seg, ls_error *err)
{
    const lsi_picks *picks = &s->word.segs[seg];
    s->source_count = 0;
    for (uint32_t i = 0; i < picks->count; i++) {
        if (!picks->at[i].list.df) continue;
        int rc = lsi_source_open(p, &s->sources[s->source_count], &picks->at[i], err);
        if (rc) return rc;
        s->source_count++;
    }
    return LS_OK;
}

/* Finds out whether the group is words of one list each, in this segment. */
static int open_direct(lsi_plan *p, lsi_span *s, ls_error *err)
{
    s->direct = NULL;
    s->quick = s->type == LSI_SPAN_PHRASE;
    if (s->type == LSI_SPAN_OR) return LS_OK;
    for (uint32_t i = 0; i < s->kid_count; i++) {
        s->quick &= s->kids[i]->region < 0;
        if (s->kids[i]->type == LSI_SPAN_WORD && s->kids[i]->source_count == 1) continue;
        s->quick = false;
        return LS_OK;
    }
    if (!s->direct_room) s->direct_room = lsi_arena_alloc(&p->scratch->arena, s->kid_count * sizeof *s->direct_room);
    if (!s->direct_room) return lsi_fail_nomem(err);
    s->direct = s->direct_room;
    for (uint32_t i = 0; i < s->kid_count; i++) { /* by the segment's own frequencies */
        lsi_cursor *c = &s->kids[i]->sources[0].c;
        uint32_t j = i;
        for (; j && s->direct[j - 1]->p.list.df > c->p.list.df; j--) s->direct[j] = s->direct[j - 1];
        s->direct[j] = c;
    }
    return LS_OK;
}

int lsi_span_open(lsi_plan *p, lsi_span *s, size_t seg, bool *empty, ls_error *err)
{
    bool all = true, none = true, kid;
    if (s->type == LSI_SPAN_WORD) {
        int rc = open_word(p, s, seg, err);
        *empty = s->source_count == 0;
        return rc;
    }
    for (uint32_t i = 0; i < s->kid_count; i++) {
        int rc = lsi_span_open(p, s->kids[i], seg, &kid, err);
        if (rc) return rc;
        all &= !kid;
        none &= kid;
    }
    if (s->edges) {
        int rc = lsi_span_open(p, s->edges, seg, &kid, err);
        if (rc) return rc;
    }
    *empty = s->type == LSI_SPAN_OR ? none : !all;
    if (*empty) return LS_OK;
    int rc = open_direct(p, s, err);
    return rc || !lsi_candidates_can(s) ? rc : lsi_candidates_open(p, s, err);
}

void lsi_span_rewind(lsi_span *s)
{
    for (uint32_t i = 0; i < s->source_count; i++) {
        lsi_cursor_rewind(&s->sources[i].c);
        s->sources[i].sum_block = UINT32_MAX;
    }
    for (uint32_t i = 0; i < s->kid_count; i++) lsi_span_rewind(s->kids[i]);
    if (s->edges) lsi_span_rewind(s->edges);
}

static int next_word(lsi_span *s, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    lsi_doc best = LSI_DOC_END;
    for (uint32_t i = 0; i < s->source_count; i++) {
        lsi_doc d;
        int rc = lsi_cursor_seek(&s->sources[i].c, doc, &d, err);
        if (rc) return rc;
        best = LSI_MIN(best, d);
    }
    *out = best;
    return LS_OK;
}

/* Leapfrog over plain lists: the rarest leads, and leads again after every miss. Where a list has range maxima, an
 * empty range is a miss without a look at the list. */
static int next_direct(lsi_span *s, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    for (;;) {
        int rc = lsi_cursor_seek(s->direct[0], doc, &doc, err);
        if (rc) return rc;
        if (doc == LSI_DOC_END) break;
        uint32_t i = 1;
        for (; i < s->kid_count; i++) {
            const lsi_postings *l = &s->direct[i]->p;
            if (l->ranges && !l->ranges[doc >> LSI_RANGE_SHIFT]) break;
        }
        if (i < s->kid_count) {
            doc = (doc | (LSI_RANGE_DOCS - 1)) + 1;
            continue;
        }
        lsi_doc d = doc;
        for (i = 1; i < s->kid_count && d == doc; i++) {
            rc = lsi_cursor_seek(s->direct[i], doc, &d, err);
            if (rc) return rc;
        }
        if (d == doc) break;
        doc = d;
        if (doc == LSI_DOC_END) break;
    }
    *out = doc;
    return LS_OK;
}

/* The same for kids of any kind. */
static int next_all(lsi_plan *p, lsi_span *s, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    for (uint32_t i = 0; i < s->kid_count;) {
        lsi_doc d;
        int rc = lsi_span_next(p, s->kids[s->order[i]], doc, &d, err);
        if (rc) return rc;
        if (d > doc) {
            doc = d;
            if (d == LSI_DOC_END) break;
            i = i ? 0 : 1;
        } else {
            i++;
        }
    }
    *out = doc;
    return LS_OK;
}

int lsi_span_next(lsi_plan *p, lsi_span *s, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    if (s->type == LSI_SPAN_WORD) return next_word(s, doc, out, err);
    if (s->type != LSI_SPAN_OR) return s->direct ? next_direct(s, doc, out, err) : next_all(p, s, doc, out, err);
    *out = LSI_DOC_END;
    for (uint32_t i = 0; i < s->kid_count; i++) {
        lsi_doc d;
        int rc = lsi_span_next(p, s->kids[i], doc, &d, err);
        if (rc) return rc;
        *out = LSI_MIN(*out, d);
    }
    return LS_OK;
}

int lsi_span_may(lsi_plan *p, lsi_span *s, lsi_doc doc, lsi_doc *out, ls_error *err)
{
    return s->direct ? lsi_cursor_seek(s->direct[0], doc, out, err) : lsi_span_next(p, s, doc, out, err);
}

/* The allowed positions among n entries of a source, behind those that `to` holds already. */
static int read_entries(lsi_plan *p, lsi_source *s, uint32_t first, uint32_t n, lsi_places *to, ls_error *err)
{
    uint32_t from = to->count;
    int rc = lsi_places_reserve(to, &p->scratch->arena, (size_t)from + n, err);
    if (!rc) rc = lsi_positions_read(&s->positions, first, n, to->start + from, err);
    if (rc) return rc;
    uint32_t kept = from + n;
    if (s->allowed) { /* `end` serves for the form numbers until the ends are set below */
        rc = lsi_stream_read(&s->forms, first, n, to->end + from, err);
        if (rc) return rc;
        kept = from;
        for (uint32_t i = from; i < from + n; i++) {
            uint32_t form = to->end[i];
            if (form < s->form_count && s->allowed[form >> 6] >> (form & 63) & 1) to->start[kept++] = to->start[i];
        }
    }
    to->count = kept;
    return LS_OK;
}

/* The same of its present document. */
static int read_source(lsi_plan *p, lsi_source *s, lsi_places *to, ls_error *err)
{
    int rc = lsi_postings_counts(&s->c.p, err);
    return rc ? rc : read_entries(p, s, lsi_source_first(s), s->c.p.counts[s->c.at], to, err);
}

/* Leaves places of the region asked for, each once. */
static int settle_word(lsi_plan *p, const lsi_span *s, lsi_doc doc, lsi_places *f, ls_error *err)
{
    uint32_t kept = 0;
    if (s->region >= 0 && f->count) {
        int rc = lsi_plan_regions(p, doc, err);
        if (rc) return rc;
    }
    for (uint32_t i = 0; i < f->count; i++) {
        if (kept && f->start[i] == f->start[kept - 1]) continue; /* joined words may share a place */
        if (s->region >= 0 && !in_region(p, f->start[i], s->region)) continue;
        f->start[kept] = f->end[kept] = f->start[i];
        kept++;
    }
    f->count = kept;
    return LS_OK;
}

static int read_word(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err)
{
    lsi_places *f = &s->found;
    uint32_t used = 0;
    f->count = 0;
    for (uint32_t i = 0; i < s->source_count; i++) {
        lsi_doc d;
        int rc = lsi_cursor_seek(&s->sources[i].c, doc, &d, err);
        if (!rc && d == doc) {
            rc = read_source(p, &s->sources[i], f, err);
            used++;
        }
        if (rc) return rc;
    }
    if (used > 1) lsi_places_sort_words(f);
    return settle_word(p, s, doc, f, err);
}

int lsi_span_read_at(lsi_plan *p, lsi_span *s, lsi_doc doc, uint32_t first, uint32_t count, ls_error *err)
{
    s->found.count = 0;
    int rc = read_entries(p, &s->sources[0], first, count, &s->found, err);
    return rc ? rc : settle_word(p, s, doc, &s->found, err);
}

int lsi_span_join(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err)
{
    switch (s->type) {
    case LSI_SPAN_OR:
        return lsi_places_union(p, s, err);
    case LSI_SPAN_PHRASE:
        return lsi_places_phrase(p, s, err);
    case LSI_SPAN_SLOP:
        return lsi_places_slop(p, s, doc, err);
    default:
        return lsi_places_near(p, s, doc, err);
    }
}

int lsi_span_read(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err)
{
    if (s->type == LSI_SPAN_WORD) return read_word(p, s, doc, err);
    if (s->quick) return lsi_phrase_read(p, s, doc, err);
    s->found.count = 0;
    for (uint32_t i = 0; i < s->kid_count; i++) {
        lsi_span *kid = s->kids[s->order[i]];
        int rc = lsi_span_read(p, kid, doc, err);
        if (rc) return rc;
        if (!kid->found.count && s->type != LSI_SPAN_OR) return LS_OK;
    }
    if (s->edges) {
        lsi_doc d;
        int rc = lsi_span_next(p, s->edges, doc, &d, err);
        if (!rc && d == doc) rc = lsi_span_read(p, s->edges, doc, err);
        if (!rc && d != doc) s->edges->found.count = 0;
        if (rc) return rc;
    }
    return lsi_span_join(p, s, doc, err);
}

int lsi_span_holds(lsi_plan *p, lsi_span *s, lsi_doc doc, bool *yes, ls_error *err)
{
    int rc = lsi_span_read(p, s, doc, err);
    *yes = !rc && s->found.count > 0;
    return rc;
}

/* A place in the title, or among the first words of the main field. */
static int in_head(lsi_plan *p, const lsi_span *s, lsi_doc doc, bool *yes, ls_error *err)
{
    const ls_schema *schema = p->snap->schema;
    const lsi_places *f = &s->found;
    *yes = false;
    if (s->list != LSI_LIST_COMBINED) { /* a field apart: its own first words */
        *yes = f->end[0] < LSI_HLEAD_WORDS;
        return LS_OK;
    }
    int rc = lsi_plan_regions(p, doc, err);
    int title = schema->title == LSI_FIELD_NONE ? -1 : schema->fields[schema->title].region;
    int main = schema->main == LSI_FIELD_NONE ? -1 : schema->fields[schema->main].region;
    for (uint32_t i = 0; !rc && !*yes && i < f->count; i++) {
        int r = lsi_plan_region_of(p, f->start[i]);
        *yes = r == title || (r == main && f->end[i] - p->regions[r] < LSI_HLEAD_WORDS);
    }
    return rc;
}

/* Sum of what places weigh: of a word its region's weight, in one field and of anything else 1; boilerplate 0. */
static uint32_t weigh_places(const lsi_plan *p, const lsi_span *s, const lsi_places *f)
{
    const ls_schema *schema = p->snap->schema;
    bool weighted = s->type == LSI_SPAN_WORD && s->region < 0;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        int r = lsi_plan_region_of(p, f->start[i]);
        if (r == (int)schema->region_count - 1) continue; /* boilerplate */
        sum += weighted ? (uint64_t)lsi_schema_region(schema, r)->pub.weight : 1;
    }
    return sum > INT32_MAX ? INT32_MAX : sum ? (uint32_t)sum : 1;
}

/* What one term of a word adds to its tf in a document that its cursor stands at. */
static int source_tf(lsi_plan *p, lsi_span *s, lsi_source *src, lsi_doc doc, uint32_t *tf, ls_error *err)
{
    lsi_postings *at = &src->c.p;
    s->found.count = 0;
    int rc = read_source(p, src, &s->found, err);
    if (!rc) rc = settle_word(p, s, doc, &s->found, err);
    if (rc || !s->found.count) return rc;
    if (s->list == LSI_LIST_COMBINED) {
        *tf += weigh_places(p, s, &s->found);
        return LS_OK;
    }
    /* A field apart does not tell where its boilerplate is; its list's tf does without it. */
    if (s->found.count == at->counts[src->c.at]) {
        rc = lsi_postings_tf(at, err);
        *tf += rc ? 0 : at->tf[src->c.at];
    } else {
        *tf += s->found.count;
    }
    return rc;
}

static bool has_boilerplate(const lsi_plan *p)
{
    const lsi_column *c = &p->seg->seg->regions[p->seg->seg->region_count - 1];
    return c->section && c->present;
}

/* tf of what was found (see the head of this file). */
static int scored_tf(lsi_plan *p, lsi_span *s, lsi_doc doc, uint32_t *tf, ls_error *err)
{
    int rc = LS_OK;
    bool combined = s->list == LSI_LIST_COMBINED;
    *tf = s->found.count;
    if (combined && s->type != LSI_SPAN_WORD && !has_boilerplate(p)) return LS_OK;
    if (combined) rc = lsi_plan_regions(p, doc, err);
    if (rc || (s->type != LSI_SPAN_WORD && !combined)) return rc;
    if (combined && (s->type != LSI_SPAN_WORD || s->source_count == 1)) {
        *tf = weigh_places(p, s, &s->found);
        return LS_OK;
    }
    *tf = 0;
    for (uint32_t i = 0; !rc && i < s->source_count; i++) {
        lsi_doc d;
        rc = lsi_cursor_seek(&s->sources[i].c, doc, &d, err);
        if (!rc && d == doc) rc = source_tf(p, s, &s->sources[i], doc, tf, err);
    }
    return rc;
}

/* Whether an allowed form is in the document at all, by the form streams alone. */
static int any_allowed(lsi_span *s, lsi_doc doc, bool *yes, ls_error *err)
{
    uint32_t forms[64];
    *yes = false;
    for (uint32_t i = 0; i < s->source_count && !*yes; i++) {
        lsi_source *src = &s->sources[i];
        lsi_doc d;
        int rc = lsi_cursor_seek(&src->c, doc, &d, err);
        if (!rc && d == doc) rc = lsi_postings_counts(&src->c.p, err);
        if (rc) return rc;
        if (d != doc) continue;
        if (!src->allowed) *yes = true;
        uint32_t n = src->c.p.counts[src->c.at], first = *yes ? 0 : lsi_source_first(src);
        for (uint32_t done = 0; !*yes && done < n;) {
            uint32_t k = LSI_MIN(n - done, (uint32_t)LSI_COUNTOF(forms));
            rc = lsi_stream_read(&src->forms, (uint64_t)first + done, k, forms, err);
            if (rc) return rc;
            for (uint32_t j = 0; j < k; j++)
                *yes |= forms[j] < src->form_count && (src->allowed[forms[j] >> 6] >> (forms[j] & 63) & 1);
            done += k;
        }
    }
    return LS_OK;
}

int lsi_span_score(lsi_plan *p, lsi_op *op, lsi_doc doc, bool scored, float *score, bool *yes, ls_error *err)
{
    lsi_span *s = op->span;
    if (s->type == LSI_SPAN_WORD && s->region < 0 && !scored && !op->hlead && op->at_least < 2)
        return any_allowed(s, doc, yes, err);
    int rc = lsi_span_read(p, s, doc, err);
    return rc ? rc : lsi_span_settle(p, op, doc, scored, score, yes, err);
}

int lsi_span_settle(lsi_plan *p, lsi_op *op, lsi_doc doc, bool scored, float *score, bool *yes, ls_error *err)
{
    lsi_span *s = op->span;
    int rc = LS_OK;
    *yes = s->found.count && s->found.count >= op->at_least;
    if (!*yes) return LS_OK;
    if (op->hlead) rc = in_head(p, s, doc, yes, err);
    if (rc || !*yes || !scored) return rc;
    if (op->constant) {
        *score = lsi_bm25_round(op->w, p->magic);
        return LS_OK;
    }
    uint32_t tf;
    rc = scored_tf(p, s, doc, &tf, err);
    if (rc) return rc;
    op->last_tf = tf;
    *score = lsi_bm25_score(op->w, tf, op->k[op->norms[doc]], p->magic);
    return LS_OK;
}

/* A group of plain words: candidates first, then positions. few: they are found among what is asked for. */
static int window_candidates(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, bool few,
                             uint64_t *bits, float *scores, ls_error *err)
{
    lsi_span *s = op->span;
    for (lsi_doc at = lo; at < hi;) {
        uint32_t from = at - lo;
        int rc = few ? lsi_candidates_among(s, lo, within, &from, err) : lsi_candidates_fill(s, at, hi, NULL, &at, err);
        if (few) at = lo + from;
        if (!rc) lsi_candidates_expect(s, 0, s->candidates->n, within && !few ? 0 : s->candidates->n);
        for (uint32_t j = 0; !rc && j < s->candidates->n; j++) {
            lsi_doc d = s->candidates->docs[j];
            uint32_t i = d - lo;
            float score = 0;
            bool yes;
            if (within && !(within[i >> 6] >> (i & 63) & 1)) continue;
            rc = lsi_candidates_read(p, s, j, err);
            if (!rc) rc = lsi_span_settle(p, op, d, scores && op->scores, &score, &yes, err);
            if (rc || !yes) continue;
            bits[i >> 6] |= 1ull << (i & 63);
            if (scores) scores[i] = score;
        }
        if (!rc) rc = lsi_op_poll(p, err);
        if (rc) return rc;
    }
    return LS_OK;
}

/* Whether fewer documents are asked for than the rarest word has there: then it is better to ask for them. */
static bool few(const lsi_plan *p, const lsi_span *s, const uint64_t *within)
{
    uint64_t have = (uint64_t)s->direct[0]->p.list.df * LSI_WINDOW_DOCS / p->seg->seg->doc_count;
    return within && lsi_window_count(within) < have;
}

int lsi_span_window(lsi_plan *p, lsi_op *op, lsi_doc lo, lsi_doc hi, const uint64_t *within, uint64_t *bits,
                    float *scores, ls_error *err)
{
    lsi_doc doc = lo;
    memset(bits, 0, LSI_WINDOW_WORDS * sizeof *bits);
    if (lsi_candidates_can(op->span))
        return window_candidates(p, op, lo, hi, within, few(p, op->span, within), bits, scores, err);
    while (doc < hi) {
        if (within) { /* leap to the next document asked for */
            uint32_t w = (doc - lo) >> 6;
            uint64_t x = within[w] & (~0ull << ((doc - lo) & 63));
            while (!x && ++w < LSI_WINDOW_WORDS) x = within[w];
            if (!x) break;
            doc = lo + w * 64 + lsi_ctz64(x);
        }
        lsi_doc d;
        bool yes = true;
        int rc = lsi_span_next(p, op->span, doc, &d, err);
        if (rc) return rc;
        if (d >= hi) break;
        uint32_t i = d - lo;
        if (!within || within[i >> 6] >> (i & 63) & 1) {
            float score = 0;
            rc = lsi_span_score(p, op, d, scores && op->scores, &score, &yes, err);
            if (rc) return rc;
            if (yes) bits[i >> 6] |= 1ull << (i & 63);
            if (yes && scores) scores[i] = score;
            if ((++p->steps & 255) == 0 && (rc = lsi_op_poll(p, err)) != LS_OK) return rc;
        }
        doc = d + 1;
    }
    return LS_OK;
}
