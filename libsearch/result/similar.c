/* similar.c — owns the query "more like this document": its words that are frequent in it and rare elsewhere.
 *
 * A word's weight is tf / (tf + 1.2) · idf, tf counted with the fields' weights; the best 25 stand in an OR, without
 * function words, words of boilerplate lines, numbers alone, and words that no other document has. The document itself
 * is left out by exclude_doc. Ignorant of: how the query is run.
 */
#include "libsearch/query/bm25.h"
#include "libsearch/query/fuzzy.h"
#include "libsearch/query/parse.h"
#include "libsearch/query/scratch.h"
#include "libsearch/result/suggest.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <stdlib.h>

#define WORDS_MAX      25u
#define TEXT_BYTES_MAX ((size_t)1 << 20) /* of each value that are looked at */

typedef struct candidate {
    const uint8_t *term, *form;
    uint32_t term_len, form_len;
    uint64_t tf;
    double weight;
} candidate;

typedef struct maker {
    const lsi_snapshot *snap;
    lsi_scratch *scratch;
    lsi_analyzer *an;
    int lang;
    lsi_map terms; /* term → index in list */
    candidate *list;
    size_t count, cap;
} maker;

static int count_word(maker *k, const lsi_token *t, uint64_t weight, ls_error *err)
{
    size_t n;
    const uint8_t *term = lsi_analyzer_term(k->an, k->lang, t->form, t->form_len, &n);
    uint32_t *v = term ? lsi_map_put(&k->terms, term, n) : NULL;
    if (!v) return lsi_fail_nomem(err);
    if (*v == LSI_MAP_NONE) {
        *v = (uint32_t)k->count;
        candidate *grown = lsi_array_grow(k->list, &k->cap, k->count + 1, sizeof *grown);
        if (!grown) return lsi_fail_nomem(err);
        k->list = grown;
        candidate *c = &k->list[k->count];
        *c = (candidate){.term_len = (uint32_t)n, .form_len = t->form_len};
        c->term = lsi_arena_dup(&k->scratch->arena, term, n);
        c->form = lsi_arena_dup(&k->scratch->arena, t->form, t->form_len);
        if (!c->term || !c->form) return lsi_fail_nomem(err);
        k->count++;
    }
    k->list[*v].tf += weight;
    return LS_OK;
}

static int count_value(maker *k, const lsi_doc_value *v, uint64_t weight, ls_error *err)
{
    lsi_token t;
    int more, rc = LS_OK;
    lsi_tokens_begin(k->an, (const uint8_t *)v->text, LSI_MIN(v->len, TEXT_BYTES_MAX), k->lang);
    while (!rc && (more = lsi_tokens_next(k->an, &t)) != 0) {
        if (more < 0) return lsi_fail_nomem(err);
        if (!(t.flags & (LSI_TOK_JOINED | LSI_TOK_BOILERPLATE | LSI_TOK_TAIL))) rc = count_word(k, &t, weight, err);
    }
    return rc;
}

/* A word's weight; 0 where it is not worth asking for. */
static int weigh(maker *k, candidate *c, ls_error *err)
{
    size_t n;
    uint64_t df;
    const uint8_t *folded = lsi_analyzer_fold(k->an, c->form, c->form_len, &n);
    if (!folded) return lsi_fail_nomem(err);
    bool digits = n > 0;
    for (size_t i = 0; i < n; i++)
        digits = digits && folded[i] < 0x80 && !((folded[i] | 32) >= 'a' && (folded[i] | 32) <= 'z');
    if (digits || n < 2 || lsi_lang_is_function_word(k->lang, folded, n)) return LS_OK;
    int rc = lsi_snapshot_df(k->snap, c->term, c->term_len, LSI_LIST_COMBINED, &df, err);
    if (rc || df < 2) return rc;
    c->weight = (double)c->tf / ((double)c->tf + 1.2) * lsi_bm25_idf(k->snap->documents, df);
    return LS_OK;
}

static int by_weight(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->weight > y->weight || x->weight < y->weight) return x->weight > y->weight ? -1 : 1;
    return lsi_bytes_cmp(x->term, x->term_len, y->term, y->term_len);
}

static int gather(maker *k, const ls_doc *d, ls_error *err)
{
    int rc = LS_OK;
    for (size_t i = 0; !rc && i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        int f = lsi_schema_find(k->snap->schema, v->field, strlen(v->field));
        if (f < 0 || v->is_int || !v->text) continue;
        const ls_field *field = &k->snap->schema->fields[f].pub;
        if (field->type == LS_TEXT && field->weight > 0) rc = count_value(k, v, (uint64_t)field->weight, err);
    }
    for (size_t i = 0; !rc && i < k->count; i++) rc = weigh(k, &k->list[i], err);
    if (!rc && k->count > 1) qsort(k->list, k->count, sizeof *k->list, by_weight);
    return rc;
}

/* ---- the query --------------------------------------------------------------------------------------------------- */

/* The word as a leaf in the query's arena; the parser makes its folded spelling and its own stem. */
static lsi_node *leaf(lsi_parser *p, const candidate *c)
{
    lsi_words w;
    const char *form = lsi_arena_dup(&p->q->arena, c->form, c->form_len);
    if (!form) p->rc = LS_NOMEM;
    if (!form || !lsi_words_read(p, &w, form, c->form_len, 0) || w.count != 1) return NULL;
    lsi_qword *word = &w.list[0];
    bool known = false;
    for (uint32_t i = 0; i < word->term_count; i++) {
        known = known || lsi_bytes_cmp(word->terms[i].term, word->terms[i].len, c->term, c->term_len) == 0;
    }
    if (!known && word->term_count < LSI_COUNTOF(word->terms)) {
        const uint8_t *term = lsi_arena_dup(&p->q->arena, c->term, c->term_len);
        if (!term) p->rc = LS_NOMEM;
        else word->terms[word->term_count++] = (lsi_qterm){term, c->term_len};
    }
    word->start = word->end = 0;
    lsi_node *n = lsi_node_new(p, LSI_Q_WORD);
    if (!n) return NULL;
    n->words = word;
    n->word_count = 1;
    n->spelling = form;
    return n;
}

static int build(maker *k, ls_query *q, ls_error *err)
{
    lsi_parser p = {.q = q, .s = k->snap->schema, .an = k->an, .quiet = true};
    lsi_node *kids[WORDS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < k->count && n < WORDS_MAX && k->list[i].weight > 0 && !p.rc; i++) {
        kids[n] = leaf(&p, &k->list[i]);
        if (kids[n]) n++;
    }
    q->root = p.rc ? NULL : n ? lsi_node_group(&p, LSI_Q_OR, kids, n) : lsi_node_new(&p, LSI_Q_NOTHING);
    int rc = p.rc;
    if (!rc && !q->root) rc = LS_NOMEM;
    if (!rc) rc = lsi_query_print(q, k->snap->schema);
    if (rc) return lsi_fail(err, rc, "the query could not be made: %s", lsi_strerror(rc));
    q->text = q->parsed;
    q->text_len = strlen(q->parsed);
    return LS_OK;
}

static int make(maker *k, ls_query *q, ls_doc *d, uint64_t doc, ls_error *err)
{
    size_t seg;
    lsi_doc local;
    int rc = lsi_snapshot_locate(k->snap, doc, &seg, &local, err);
    if (!rc) rc = lsi_segment_doc(k->snap->segments[seg].seg, local, d, err);
    if (!rc) rc = lsi_segment_doc_language(k->snap->segments[seg].seg, local, &k->lang, err);
    if (!rc) rc = lsi_scratch_analyzer(k->scratch, &k->an, err);
    if (!rc) rc = gather(k, d, err);
    return rc ? rc : build(k, q, err);
}

int lsi_more_like(ls_query **out, const ls_reader *r, uint64_t doc, ls_error *err)
{
    maker k = {.snap = r->snap};
    ls_doc *d = NULL;
    const char *language = r->snap->schema->language;
    *out = NULL;
    ls_query *q = lsi_query_new();
    if (!q) return lsi_fail_nomem(err);
    lsi_map_init(&k.terms);
    q->exclude_doc = doc;
    q->default_lang = lsi_lang_find(language, strlen(language));
    if (q->default_lang < 0) q->default_lang = 0;
    q->lang = -1;
    int rc = lsi_doc_new(&d, err);
    if (!rc) rc = lsi_scratch_take(&k.scratch, r, err);
    if (!rc) {
        rc = make(&k, q, d, doc, err);
        lsi_scratch_give(k.scratch, r);
    }
    lsi_doc_free(d);
    lsi_free(k.list);
    lsi_map_clear(&k.terms);
    if (rc) {
        lsi_query_free(q);
        return rc;
    }
    *out = q;
    return LS_OK;
}
