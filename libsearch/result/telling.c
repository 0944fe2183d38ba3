/* telling.c — owns the choice of the words that tell what documents are about, for more like this and for feedback.
 *
 * A word's weight is the sum over the documents of tf / (tf + 1.2), tf counted with the fields' weights, times its idf in
 * the snapshot. Left out are function words, words of boilerplate lines, numbers alone, and words that no other document
 * has. Equal weights stand in the order of the terms' bytes, so that every segmentation gives the same.
 * Ignorant of: what is done with the words.
 */
#include "libsearch/result/telling.h"
#include "libsearch/query/bm25.h"
#include "libsearch/query/fuzzy.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"
#include <assert.h>
#include <stdlib.h>

typedef struct teller {
    const lsi_snapshot *snap;
    lsi_scratch *scratch;
    lsi_analyzer *an;
    size_t text_bytes;
    int lang; /* of the document under way */
    lsi_lines_of listed;
    lsi_map terms; /* term → index in list */
    lsi_telling *list;
    size_t count, cap;
} teller;

static int count_word(teller *k, const lsi_token *t, uint64_t weight, ls_error *err)
{
    size_t n;
    const uint8_t *term = lsi_analyzer_term_again(k->an, k->lang, t->form, t->form_len, &n);
    uint32_t *v = term ? lsi_map_put(&k->terms, term, n) : NULL;
    if (!v) return lsi_fail_nomem(err);
    if (*v == LSI_MAP_NONE) {
        lsi_telling *grown = lsi_array_grow(k->list, &k->cap, k->count + 1, sizeof *grown);
        if (!grown) return lsi_fail_nomem(err);
        k->list = grown;
        lsi_telling *c = &k->list[k->count];
        *c = (lsi_telling){.term_len = (uint32_t)n, .form_len = t->form_len, .lang = k->lang};
        c->term = lsi_arena_dup(&k->scratch->arena, term, n);
        c->form = lsi_arena_dup(&k->scratch->arena, t->form, t->form_len);
        if (!c->term || !c->form) return lsi_fail_nomem(err);
        *v = (uint32_t)k->count++;
    }
    k->list[*v].tf += weight;
    return LS_OK;
}

static int count_value(teller *k, const lsi_doc_value *v, uint64_t weight, ls_error *err)
{
    lsi_token t;
    int more, rc = LS_OK;
    lsi_tokens_begin_of(k->an, k->listed, (const uint8_t *)v->text, LSI_MIN(v->len, k->text_bytes), k->lang);
    while (!rc && (more = lsi_tokens_next(k->an, &t)) != 0) {
        if (more < 0) return lsi_fail_nomem(err);
        if (!(t.flags & (LSI_TOK_JOINED | LSI_TOK_BOILERPLATE | LSI_TOK_TAIL))) rc = count_word(k, &t, weight, err);
    }
    return rc;
}

static int count_doc(teller *k, uint64_t doc, ls_doc *d, ls_error *err)
{
    size_t seg;
    lsi_doc local;
    lsi_doc_clear(d);
    int rc = lsi_snapshot_locate(k->snap, doc, &seg, &local, err);
    if (!rc) rc = lsi_segment_doc(k->snap->segments[seg].seg, local, d, err);
    if (!rc) rc = lsi_segment_doc_language(k->snap->segments[seg].seg, local, &k->lang, err);
    if (!rc) rc = lsi_schema_lines_of(&k->listed, k->snap->schema, d, k->an, err);
    for (size_t i = 0; !rc && i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        int f = lsi_schema_find(k->snap->schema, v->field, strlen(v->field));
        assert(f >= 0); /* the document was read by this schema */
        const ls_field *field = &k->snap->schema->fields[f].pub;
        if (field->type == LS_TEXT && field->weight > 0) rc = count_value(k, v, (uint64_t)field->weight, err);
    }
    for (size_t i = 0; !rc && i < k->count; i++) {
        lsi_telling *c = &k->list[i];
        c->sum += (double)c->tf / ((double)c->tf + 1.2);
        c->tf = 0;
    }
    return rc;
}

static int weigh(teller *k, lsi_telling *c, ls_error *err)
{
    size_t n;
    uint64_t df;
    const uint8_t *folded = lsi_analyzer_fold(k->an, c->form, c->form_len, &n);
    if (!folded) return lsi_fail_nomem(err);
    bool digits = n > 0;
    for (size_t i = 0; i < n; i++) digits = digits && folded[i] < 0x80 && !lsi_is_alpha(folded[i]);
    if (digits || n < 2 || lsi_lang_is_function_word(c->lang, folded, n)) return LS_OK;
    int rc = lsi_snapshot_df(k->snap, c->term, c->term_len, LSI_LIST_COMBINED, &df, err);
    if (rc || df < 2) return rc;
    c->weight = c->sum * lsi_bm25_idf(k->snap->documents, df);
    return LS_OK;
}

static int by_weight(const void *a, const void *b)
{
    const lsi_telling *x = a, *y = b;
    if (x->weight > y->weight || x->weight < y->weight) return x->weight > y->weight ? -1 : 1;
    return lsi_bytes_cmp(x->term, x->term_len, y->term, y->term_len);
}

static int choose(const lsi_telling **list, size_t *count, teller *k, ls_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->count; i++) {
        int rc = weigh(k, &k->list[i], err);
        if (rc) return rc;
        if (k->list[i].weight > 0) k->list[kept++] = k->list[i];
    }
    if (kept > 1) qsort(k->list, kept, sizeof *k->list, by_weight);
    *list = lsi_arena_dup(&k->scratch->arena, k->list, kept * sizeof *k->list);
    if (!*list) return lsi_fail_nomem(err);
    *count = kept;
    return LS_OK;
}

int lsi_telling_words(const lsi_telling **list, size_t *count, const lsi_snapshot *snap, lsi_scratch *s,
                      const uint64_t *docs, size_t doc_count, size_t text_bytes, ls_error *err)
{
    teller k = {.snap = snap, .scratch = s, .text_bytes = text_bytes};
    ls_doc *d = NULL;
    *count = 0;
    lsi_map_init(&k.terms);
    int rc = lsi_doc_new(&d, err);
    if (!rc) rc = lsi_scratch_analyzer(s, &k.an, err);
    for (size_t i = 0; !rc && i < doc_count; i++) rc = count_doc(&k, docs[i], d, err);
    if (!rc) rc = choose(list, count, &k, err);
    lsi_doc_free(d);
    lsi_free(k.list);
    lsi_map_clear(&k.terms);
    return rc;
}
