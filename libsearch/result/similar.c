/* similar.c — owns the query "more like this document": an OR of the 25 words that tell most of what it is about
 * (telling.c), each as heavy as its idf makes it. The document itself is left out by exclude_doc. Ignorant of: how the
 * query is run.
 */
#include "libsearch/query/parse.h"
#include "libsearch/result/suggest.h"
#include "libsearch/result/telling.h"
#include <assert.h>

#define WORDS_MAX      25u
#define TEXT_BYTES_MAX ((size_t)1 << 20) /* of each value that are looked at */

/* The word as a leaf in the query's arena; the parser makes its folded spelling and its own stem. */
static lsi_node *leaf(lsi_parser *p, const lsi_telling *c)
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
    if (!known) { /* its document is of another language */
        assert(word->term_count < LSI_COUNTOF(word->terms));
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

static int build(lsi_parser *p, const lsi_telling *list, size_t count, ls_error *err)
{
    lsi_node *kids[WORDS_MAX];
    ls_query *q = p->q;
    size_t n = 0;
    for (size_t i = 0; i < count && n < WORDS_MAX && !p->rc; i++) {
        kids[n] = leaf(p, &list[i]);
        if (kids[n]) n++;
    }
    q->root = p->rc ? NULL : n ? lsi_node_group(p, LSI_Q_OR, kids, n) : lsi_node_new(p, LSI_Q_NOTHING);
    int rc = q->root ? lsi_query_print(q, p->s) : LS_NOMEM;
    if (rc) return lsi_fail(err, rc, "the query could not be made: %s", lsi_strerror(rc));
    q->text = q->parsed;
    q->text_len = strlen(q->parsed);
    return LS_OK;
}

static int make(ls_query *q, const ls_reader *r, lsi_scratch *s, ls_error *err)
{
    lsi_parser p = {.q = q, .s = r->snap->schema, .quiet = true};
    const lsi_telling *list;
    size_t count;
    int rc = lsi_scratch_analyzer(s, &p.an, err);
    if (!rc) rc = lsi_telling_words(&list, &count, r->snap, s, &q->exclude_doc, 1, TEXT_BYTES_MAX, err);
    return rc ? rc : build(&p, list, count, err);
}

int lsi_more_like(ls_query **out, const ls_reader *r, uint64_t doc, ls_error *err)
{
    lsi_scratch *s = NULL;
    *out = NULL;
    ls_query *q = lsi_query_new();
    if (!q) return lsi_fail_nomem(err);
    q->exclude_doc = doc;
    q->default_lang = r->snap->schema->lang;
    q->lang = -1;
    int rc = lsi_scratch_take(&s, r, err);
    if (!rc) {
        rc = make(q, r, s, err);
        lsi_scratch_give(s, r);
    }
    if (rc) {
        lsi_query_free(q);
        return rc;
    }
    *out = q;
    return LS_OK;
}
