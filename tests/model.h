/* model.h — the slow truth for prop_search.c: documents cut by the library's analyzer, queries answered by looking at
 * every word of every live document. It shares with the library the analyzer, the parser, the rounded lengths and the
 * table of K, and nothing else: no lists, no windows, no skipping, its own rounding of scores and its own distances. */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H
#include "libsearch/codec/norms.h"
#include "libsearch/model/doc.h"
#include "libsearch/query/ast.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/map.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MODEL_GAP   8u
#define MODEL_APART 1000 /* the region of boilerplate, whatever fields are added */

typedef struct model_kind { /* a form with its term */
    const uint8_t *form, *folded, *term;
    uint32_t form_len, folded_len, term_len;
    uint64_t df; /* live documents, in any text field */
} model_kind;
typedef struct model_token {
    uint32_t kind, pos;
    int region; /* of list 0; MODEL_APART: boilerplate; 0 in a list of a weight-0 field */
    uint32_t flags;
} model_token;
typedef struct model_doc {
    char id[16];
    bool live;
    model_token *tokens[LSI_LISTS_MAX]; /* [0] the weighted fields; [1 + t] a weight-0 field */
    size_t count[LSI_LISTS_MAX];
    uint64_t length[LSI_LISTS_MAX];
    ls_doc *values;
} model_doc;
typedef struct model {
    const ls_schema *s;
    lsi_analyzer *an;
    lsi_map kind_numbers;
    model_kind *kinds;
    size_t kind_count, kind_cap;
    model_doc *docs;
    size_t count, cap;
    uint64_t live;
    double average[LSI_LISTS_MAX];
} model;
typedef struct model_hit {
    const char *id;
    float score;
    size_t doc;
} model_hit;
typedef struct model_result {
    model_hit *hits;
    size_t count;
} model_result;

typedef struct model_places {
    uint32_t (*at)[2];
    size_t count, cap;
} model_places;
typedef struct model_leaf {
    const lsi_node *node;
    uint8_t *ok[64]; /* for each word: which kinds stand for it */
    size_t words;
    double idf;
    bool none;
} model_leaf;
typedef struct model_run {
    model *m;
    const ls_query *q;
    model_leaf leaves[LSI_QUERY_CLAUSES_MAX];
    size_t leaf_count;
    double maxima, quantum;
    float k[LSI_LISTS_MAX][256];
} model_run;

static void *model_need(void *p)
{
    if (!p) abort();
    return p;
}

/* ---- documents ---- */

static model *model_new(const ls_schema *s)
{
    model *m = model_need(calloc(1, sizeof *m));
    m->s = s;
    if (lsi_analyzer_new(&m->an, NULL)) abort();
    lsi_map_init(&m->kind_numbers);
    return m;
}

static void model_free(model *m)
{
    for (size_t i = 0; i < m->count; i++) {
        for (size_t l = 0; l < LSI_LISTS_MAX; l++) free(m->docs[i].tokens[l]);
        lsi_doc_free(m->docs[i].values);
    }
    for (size_t i = 0; i < m->kind_count; i++) free((void *)(uintptr_t)m->kinds[i].form);
    free(m->kinds);
    free(m->docs);
    lsi_map_clear(&m->kind_numbers);
    lsi_analyzer_free(m->an);
    free(m);
}

static uint32_t model_kind_of(model *m, int lang, const uint8_t *form, uint32_t len)
{
    uint8_t key[3 * LSI_FORM_MAX + 8];
    size_t n = 0, folded_len, term_len;
    memcpy(key, form, len);
    n = len;
    key[n++] = 0;
    const uint8_t *p = lsi_analyzer_fold(m->an, form, len, &folded_len);
    memcpy(key + n, p, LSI_MIN(folded_len, LSI_FORM_MAX));
    n += folded_len;
    key[n++] = 0;
    p = lsi_analyzer_term(m->an, lang, form, len, &term_len);
    memcpy(key + n, p, LSI_MIN(term_len, LSI_FORM_MAX));
    n += term_len;
    uint32_t *v = model_need(lsi_map_put(&m->kind_numbers, key, n));
    if (*v != LSI_MAP_NONE) return *v;
    *v = (uint32_t)m->kind_count;
    if (m->kind_count == m->kind_cap) {
        m->kind_cap = m->kind_cap ? m->kind_cap * 2 : 64;
        m->kinds = model_need(realloc(m->kinds, m->kind_cap * sizeof *m->kinds));
    }
    uint8_t *copy = model_need(malloc(n + 1));
    memcpy(copy, key, n);
    m->kinds[m->kind_count++] = (model_kind){
        copy, copy + len + 1, copy + len + folded_len + 2, len, (uint32_t)folded_len, (uint32_t)term_len, 0};
    return (uint32_t)m->kind_count - 1;
}

typedef struct model_adding {
    model *m;
    model_doc *d;
    int lang;
    uint64_t next, apart_next;
    model_token *apart; /* boilerplate, that comes behind the rest */
    size_t apart_count;
} model_adding;

static void model_put(model_doc *d, size_t list, model_token t)
{
    if ((d->count[list] & (d->count[list] - 1)) == 0)
        d->tokens[list] = model_need(realloc(d->tokens[list], (d->count[list] ? 2 * d->count[list] : 1) * sizeof t));
    d->tokens[list][d->count[list]++] = t;
}

/* Words of one field: its length. */
static uint64_t model_add_field(model_adding *a, int field, size_t list, int region)
{
    uint64_t words = 0;
    const ls_doc *v = a->d->values;
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->values[i].field, a->m->s->fields[field].name) || !v->values[i].len) continue;
        uint64_t base = a->next ? a->next + MODEL_GAP : 0, apart = a->apart_next ? a->apart_next + MODEL_GAP : 0;
        lsi_token t;
        lsi_tokens_begin(a->m->an, (const uint8_t *)v->values[i].text, v->values[i].len, a->lang);
        while (lsi_tokens_next(a->m->an, &t) > 0) {
            uint8_t form[LSI_FORM_MAX + 1];
            memcpy(form, t.form, t.form_len);
            model_token mt = {model_kind_of(a->m, a->lang, form, t.form_len), (uint32_t)base + t.position, region,
                              t.flags};
            if (t.flags & LSI_TOK_BOILERPLATE) {
                mt.pos = (uint32_t)apart + t.position;
                a->apart = model_need(realloc(a->apart, (a->apart_count + 1) * sizeof mt));
                a->apart[a->apart_count++] = mt;
                if ((uint64_t)mt.pos + 1 > a->apart_next) a->apart_next = (uint64_t)mt.pos + 1;
                continue;
            }
            if ((uint64_t)mt.pos + 1 > a->next) a->next = (uint64_t)mt.pos + 1;
            model_put(a->d, list, mt);
            if (!(t.flags & LSI_TOK_JOINED)) words++;
        }
    }
    return words;
}

static void model_add_apart(model_adding *a, size_t list, int region)
{
    uint64_t base = a->next ? a->next + MODEL_GAP : 0;
    for (size_t i = 0; i < a->apart_count; i++) {
        a->apart[i].pos += (uint32_t)base;
        a->apart[i].region = region;
        a->apart[i].flags = LSI_TOK_BOILERPLATE;
        model_put(a->d, list, a->apart[i]);
    }
    a->apart_count = 0;
    a->next = a->apart_next = 0;
}

static void model_delete(model *m, const char *id)
{
    for (size_t i = 0; i < m->count; i++) {
        if (!strcmp(m->docs[i].id, id)) m->docs[i].live = false;
    }
}

static void model_add(model *m, const ls_doc *d)
{
    model_delete(m, d->id);
    if (m->count == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 64;
        m->docs = model_need(realloc(m->docs, m->cap * sizeof *m->docs));
    }
    model_doc *x = &m->docs[m->count++];
    memset(x, 0, sizeof *x);
    snprintf(x->id, sizeof x->id, "%.15s", d->id);
    x->live = true;
    if (lsi_doc_new(&x->values, NULL)) abort();
    for (size_t i = 0; i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        if (v->is_int ? lsi_doc_add_int(x->values, v->field, v->integer, NULL)
                      : lsi_doc_add_text(x->values, v->field, v->text, v->len, NULL))
            abort();
    }
    model_adding a = {m, x, lsi_lang_find(d->language, strlen(d->language)), 0, 0, NULL, 0};
    for (size_t r = 0; r + 1 < m->s->region_count; r++) {
        const lsi_schema_field *f = lsi_schema_region(m->s, (int)r);
        uint64_t n = model_add_field(&a, (int)(f - m->s->fields), 0, (int)r);
        x->length[1 + f->text_no] = n;
        x->length[0] += n * (uint64_t)f->pub.weight;
    }
    model_add_apart(&a, 0, MODEL_APART);
    for (size_t t = 0; t < m->s->text_count; t++) {
        const lsi_schema_field *f = lsi_schema_text(m->s, (int)t);
        if (f->pub.weight) continue;
        x->length[1 + t] = model_add_field(&a, (int)(f - m->s->fields), 1 + t, 0);
        model_add_apart(&a, 1 + t, 0);
    }
    free(a.apart);
}

/* Statistics over what is live. */
static void model_prepare(model *m)
{
    uint64_t sums[LSI_LISTS_MAX] = {0};
    size_t *seen = model_need(calloc(m->kind_count + 1, sizeof *seen));
    m->live = 0;
    for (size_t k = 0; k < m->kind_count; k++) m->kinds[k].df = 0;
    for (size_t i = 0; i < m->count; i++) {
        const model_doc *d = &m->docs[i];
        if (!d->live) continue;
        m->live++;
        for (size_t l = 0; l < LSI_LISTS_MAX; l++) {
            sums[l] += d->length[l];
            for (size_t t = 0; t < d->count[l]; t++) {
                uint32_t k = d->tokens[l][t].kind;
                if (seen[k] != i + 1) m->kinds[k].df++;
                seen[k] = i + 1;
            }
        }
    }
    for (size_t l = 0; l < LSI_LISTS_MAX; l++) {
        m->average[l] = m->live ? (double)sums[l] / (double)m->live : 1;
        if (m->average[l] < 1) m->average[l] = 1;
    }
    free(seen);
}

/* ---- which words a query word stands for ---- */

static bool model_same(const uint8_t *a, uint32_t an, const uint8_t *b, uint32_t bn)
{
    return an == bn && !memcmp(a, b, an);
}

static uint32_t model_points(const uint8_t *p, uint32_t len, uint32_t *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < len;) {
        uint32_t more = p[i] >= 0xF0   ? 3
                        : p[i] >= 0xE0 ? 2
                        : p[i] >= 0xC0 ? 1
                                       : 0,
                 c = more ? p[i] & (0x3Fu >> more) : p[i];
        for (i++; more; more--) c = c << 6 | (p[i++] & 0x3F);
        out[n++] = c;
    }
    return n;
}

static bool model_is_cjk(const uint8_t *p, uint32_t len)
{
    uint32_t c[LSI_FORM_MAX];
    return len && len <= 4 && model_points(p, len, c) == 1 &&
           ((c[0] >= 0x3040 && c[0] <= 0x30FF) || (c[0] >= 0x3400 && c[0] <= 0x9FFF) ||
            (c[0] >= 0xAC00 && c[0] <= 0xD7A3));
}

/* Optimal string alignment, by the whole table. */
static uint32_t model_distance(const uint8_t *a, uint32_t an, const uint8_t *b, uint32_t bn)
{
    static uint32_t d[LSI_FORM_MAX + 2][LSI_FORM_MAX + 2], x[LSI_FORM_MAX + 1], y[LSI_FORM_MAX + 1];
    uint32_t n = model_points(a, an, x), m = model_points(b, bn, y);
    for (uint32_t i = 0; i <= n; i++) d[i][0] = i;
    for (uint32_t j = 0; j <= m; j++) d[0][j] = j;
    for (uint32_t i = 1; i <= n; i++) {
        for (uint32_t j = 1; j <= m; j++) {
            d[i][j] =
                LSI_MIN(LSI_MIN(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (x[i - 1] != y[j - 1] ? 1u : 0u));
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
                d[i][j] = LSI_MIN(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

static bool model_digits(const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (isdigit(p[i])) return true;
    }
    return false;
}

static bool model_like(const uint32_t *p, uint32_t pn, const uint32_t *t, uint32_t tn)
{
    if (!pn) return !tn;
    if (*p == '*') return model_like(p + 1, pn - 1, t, tn) || (tn && model_like(p, pn, t + 1, tn - 1));
    return tn && (*p == '?' || *p == *t) && model_like(p + 1, pn - 1, t + 1, tn - 1);
}

static bool model_by_form(const lsi_node *n, const lsi_qword *w, const model_kind *k)
{
    uint32_t a[LSI_FORM_MAX + 1], b[LSI_FORM_MAX + 1];
    bool same = model_same(k->folded, k->folded_len, w->folded, w->folded_len);
    switch (n->type) {
    case LSI_Q_CAPS:
        return model_same(k->form, k->form_len, w->form, w->form_len);
    case LSI_Q_PREFIX:
        return k->folded_len >= w->folded_len && !memcmp(k->folded, w->folded, w->folded_len);
    case LSI_Q_WILDCARD:
        return model_like(a, model_points(w->folded, w->folded_len, a), b, model_points(k->folded, k->folded_len, b));
    case LSI_Q_FUZZY:
        if (same) return true;
        return !model_digits(w->folded, w->folded_len) && !model_digits(k->folded, k->folded_len) &&
               model_distance(w->folded, w->folded_len, k->folded, k->folded_len) <= n->distance;
    default:
        return same;
    }
}

/* Kinds whose term is one of the word's. */
static void model_by_terms(const model *m, const lsi_qword *w, uint8_t *ok)
{
    bool cjk = model_is_cjk(w->folded, w->folded_len);
    for (size_t i = 0; i < m->kind_count; i++) {
        const model_kind *k = &m->kinds[i];
        for (uint32_t t = 0; t < w->term_count; t++)
            ok[i] |= model_same(k->term, k->term_len, w->terms[t].term, w->terms[t].len);
        bool spelled =
            k->df && (model_same(k->folded, k->folded_len, w->folded, w->folded_len) ||
                      (cjk && k->folded_len > w->folded_len && !memcmp(k->folded, w->folded, w->folded_len) &&
                       model_is_cjk(k->folded + w->folded_len, k->folded_len - w->folded_len)));
        for (size_t j = 0; spelled && j < m->kind_count; j++)
            ok[j] |= model_same(k->term, k->term_len, m->kinds[j].term, m->kinds[j].term_len);
    }
}

/* Words that a node looks at in a document: where they stand. */
static size_t model_list(const model *m, int field)
{
    return field != LSI_FIELD_NONE && !m->s->fields[field].pub.weight ? 1 + (size_t)m->s->fields[field].text_no : 0;
}
static bool model_in_field(const model *m, int field, const model_token *t)
{
    if (field == LSI_FIELD_NONE || !m->s->fields[field].pub.weight) return true;
    return t->region == m->s->fields[field].region || (field == m->s->main && t->region == MODEL_APART);
}

/* Largest live document frequency of the terms that ok stands for. In the main field: of all fields together. */
static uint64_t model_df(const model *m, const uint8_t *ok, int field)
{
    uint64_t best = 0;
    if (field == m->s->main) field = LSI_FIELD_NONE;
    size_t list = model_list(m, field);
    for (size_t i = 0; i < m->kind_count; i++) {
        bool first = ok[i];
        for (size_t j = 0; first && j < i; j++)
            first =
                !(ok[j] && model_same(m->kinds[i].term, m->kinds[i].term_len, m->kinds[j].term, m->kinds[j].term_len));
        if (!first) continue;
        uint64_t df = 0;
        for (size_t d = 0; d < m->count; d++) {
            const model_doc *x = &m->docs[d];
            for (size_t t = 0; x->live && t < x->count[list]; t++) {
                const model_token *tok = &x->tokens[list][t];
                const model_kind *k = &m->kinds[tok->kind];
                if (!model_in_field(m, field, tok) ||
                    !model_same(k->term, k->term_len, m->kinds[i].term, m->kinds[i].term_len))
                    continue;
                df++;
                break;
            }
        }
        best = LSI_MAX(best, df);
    }
    return best;
}
#include "tests/model_search.h"
#endif
