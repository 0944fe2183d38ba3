/* resolve.c — owns the way from a query word to its terms.
 *
 * A word's terms are decided once for the snapshot, never by segment: a document of another language may have stemmed
 * the same spelling otherwise, and its segment must not be the only one to know. Its document frequency is that of its
 * most frequent term, over live documents. It does not know phrases, scores or trees. */
#include "libsearch/query/resolve.h"
#include "libsearch/codec/leap.h"
#include "libsearch/query/known.h"
#include "libsearch/util/alloc.h"

typedef struct term_set { /* distinct terms, their bytes in the arena */
    lsi_qterm *at;
    uint32_t count, cap;
} term_set;

/* Where the first terms of a set stand in one segment. */
typedef struct known_terms {
    lsi_ord ords[4];
    uint32_t count;
} known_terms;

static int set_add(term_set *s, lsi_arena *a, const uint8_t *term, size_t len, ls_error *err)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->at[i].len == len && !memcmp(s->at[i].term, term, len)) return LS_OK;
    }
    if (s->count == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 8;
        lsi_qterm *at = lsi_arena_alloc(a, cap * sizeof *at);
        if (!at) return lsi_fail_nomem(err);
        if (s->count) memcpy(at, s->at, s->count * sizeof *at);
        s->at = at;
        s->cap = cap;
    }
    const uint8_t *copy = lsi_arena_dup(a, term, len);
    if (!copy) return lsi_fail_nomem(err);
    s->at[s->count++] = (lsi_qterm){copy, (uint32_t)len};
    return LS_OK;
}

bool lsi_resolve_is_cjk(const uint8_t *p, size_t len)
{
    uint32_t c = 0;
    if (len == 3 && (p[0] & 0xF0) == 0xE0) {
        c = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return (c >= 0x3005 && c <= 0x3007) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0x31F0 && c <= 0x31FF) ||
               (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) ||
               (c >= 0xF900 && c <= 0xFAFF);
    }
    if (len == 4 && (p[0] & 0xF8) == 0xF0) {
        c = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
        return c >= 0x20000 && c <= 0x323AF;
    }
    return false;
}

int lsi_resolve_poll(const lsi_resolver *r, ls_error *err)
{
    if (r->cancel && r->cancel(r->cancel_ctx)) return lsi_fail(err, LS_CANCELED, "the search was canceled");
    if (r->deadline_us && lsi_io_monotonic_us() > r->deadline_us)
        return lsi_fail(err, LS_TIMEOUT, "the deadline passed while words were looked up");
    return LS_OK;
}

int lsi_resolve_list(const lsi_segment *seg, lsi_ord ord, uint32_t list, lsi_list *out, ls_error *err)
{
    if (list < seg->list_count && list < seg->terms.list_count) return lsi_terms_list(&seg->terms, ord, list, out, err);
    memset(out, 0, sizeof *out);
    return LS_OK;
}

/* Adds the terms of the segment's visible forms with this folded spelling; known: terms that are in the set
 * already. bigrams: forms that go on by one more character count too. */
static int add_form_terms(lsi_resolver *r, term_set *set, const lsi_snapshot_segment *s, const lsi_qword *w,
                          bool bigrams, const known_terms *known, lsi_forms_iter *it, lsi_buf *term, ls_error *err)
{
    it->forms = &s->seg->forms;
    int rc = lsi_forms_iter_find(it, w->folded, w->folded_len, err);
    while (!rc && (rc = lsi_forms_iter_next(it, err)) == 1) {
        const lsi_form *f = &it->at;
        rc = LS_OK;
        if (f->folded_len < w->folded_len || memcmp(f->folded, w->folded, w->folded_len)) break;
        if (f->folded_len > w->folded_len) {
            if (!bigrams) break;
            if (!lsi_resolve_is_cjk(f->folded + w->folded_len, f->folded_len - w->folded_len)) continue;
            if (set->count >= r->budget) {
                r->wanted = set->count + 1;
                break;
            }
        }
        bool have = false;
        for (uint32_t i = 0; i < known->count; i++) have |= known->ords[i] == f->term;
        uint32_t gone = 0;
        if (have) continue;
        rc = lsi_live_form(s->live, it->entry, &gone, err);
        if (!rc && f->df > gone) {
            rc = lsi_terms_get(&s->seg->terms, f->term, term, err);
            if (!rc && term->rc) rc = lsi_fail_nomem(err);
            if (!rc) rc = set_add(set, &r->scratch->arena, term->data, term->len, err);
        }
    }
    return rc < 0 ? rc : LS_OK;
}

/* Fills picks and document frequency from the set of terms. */
static int pick_terms(lsi_resolver *r, lsi_word *out, const term_set *set, const known_terms *known, uint32_t list,
                      ls_error *err)
{
    lsi_arena *a = &r->scratch->arena;
    uint64_t *df = lsi_arena_zalloc(a, (set->count + 1) * sizeof *df);
    if (!df) return lsi_fail_nomem(err);
    for (size_t s = 0; s < r->snap->count; s++) {
        const lsi_snapshot_segment *ss = &r->snap->segments[s];
        lsi_picks *picks = &out->segs[s];
        picks->at = lsi_arena_alloc(a, (set->count + 1) * sizeof *picks->at);
        if (!picks->at) return lsi_fail_nomem(err);
        for (uint32_t t = 0; t < set->count; t++) {
            lsi_pick *p = &picks->at[picks->count];
            uint32_t gone = 0;
            int rc = LS_OK;
            if (t < known[s].count) p->ord = known[s].ords[t];
            else rc = lsi_terms_find(&ss->seg->terms, set->at[t].term, set->at[t].len, &p->ord, err);
            if (rc) return rc;
            if (p->ord == LSI_ORD_NONE) continue;
            rc = lsi_resolve_list(ss->seg, p->ord, list, &p->list, err);
            if (!rc && p->list.df) rc = lsi_live_term(ss->live, list, p->ord, &gone, err);
            if (rc) return rc;
            if (p->list.df <= gone) continue;
            p->allowed = NULL;
            p->form_count = 0;
            df[t] += p->list.df - gone;
            picks->count++;
        }
    }
    for (uint32_t t = 0; t < set->count; t++) out->df = LSI_MAX(out->df, df[t]);
    return LS_OK;
}

int lsi_resolve_terms(lsi_resolver *r, lsi_word *out, const lsi_qword *w, uint32_t list, ls_error *err)
{
    lsi_arena *a = &r->scratch->arena;
    term_set set = {NULL, 0, 0};
    lsi_forms_iter it;
    lsi_buf term;
    bool bigrams = lsi_resolve_is_cjk(w->folded, w->folded_len); /* these depend on what the query may still expand */
    int rc = LS_OK;
    r->wanted = 0;
    if (!bigrams && lsi_known_get(r, out, w, list)) return LS_OK;
    lsi_buf_init(&term, 0);
    lsi_forms_iter_init(&it, NULL);
    memset(out, 0, sizeof *out);
    out->from = w;
    out->segs = lsi_arena_zalloc(a, (r->snap->count + 1) * sizeof *out->segs);
    known_terms *known = lsi_arena_alloc(a, (r->snap->count + 1) * sizeof *known);
    if (!out->segs || !known) return lsi_fail_nomem(err);
    for (uint32_t t = 0; !rc && t < w->term_count; t++) rc = set_add(&set, a, w->terms[t].term, w->terms[t].len, err);
    for (size_t s = 0; !rc && s < r->snap->count; s++) {
        const lsi_snapshot_segment *ss = &r->snap->segments[s];
        known_terms *k = &known[s];
        k->count = LSI_MIN(set.count, (uint32_t)LSI_COUNTOF(k->ords));
        for (uint32_t t = 0; !rc && t < k->count; t++)
            rc = lsi_terms_find(&ss->seg->terms, set.at[t].term, set.at[t].len, &k->ords[t], err);
        if (rc || !w->folded_len) continue;
        rc = add_form_terms(r, &set, ss, w, bigrams, k, &it, &term, err);
        if (!rc && bigrams) rc = lsi_resolve_poll(r, err);
    }
    out->terms = set.at;
    out->term_count = set.count;
    if (!rc) rc = pick_terms(r, out, &set, known, list, err);
    if (!rc && !bigrams) lsi_known_put(r, out, list);
    lsi_forms_iter_clear(&it);
    lsi_buf_clear(&term);
    return rc;
}
