/* feedback.c — owns which words a query gains from the best hits of its search, and what each weighs.
 *
 * The first hits are taken for good ones (pseudo-relevance feedback; Rocchio 1971, in the form that Robertson and Spärck
 * Jones gave to weights): of their telling words (telling.c) the heaviest that the query does not have, each in proportion
 * to its weight. Together they weigh a share of what the query's own words weigh, at most as much, so that these keep at
 * least half. A word's weight here is its boost: how rare it is counts in every score anyway.
 * Invariants: everything that decides is of the snapshot, the hits and the query; nothing of segments.
 * Ignorant of: where the words will stand in the tree (query/feedback.c).
 */
#include "libsearch/result/feedback.h"
#include "libsearch/query/bm25.h"
#include "libsearch/result/telling.h"

#define DOCUMENTS      3u
#define DOCUMENTS_MAX  100u
#define WORDS          25u
#define WEIGHT         .25                /* these three: docs/DECISIONS.md */
#define TEXT_BYTES_MAX ((size_t)64 << 10) /* of each value that are looked at: an article, or the beginning of a book */

/* ---- the query's own words ---------------------------------------------------------------------------------------- */

/* What scoring leaves weigh: their boosts, a phrase for each of its words; of synonyms and hyphenated words the first. */
static double weight_of(const lsi_node *n)
{
    double sum = 0;
    if (n->type == LSI_Q_NOT || n->no_score) return 0;
    if (n->type == LSI_Q_NEAR) return (double)n->boost * (weight_of(n->kids[0]) + weight_of(n->kids[1]));
    if (n->kid_count) {
        uint32_t kids = n->style == LSI_STYLE_SYN || n->style == LSI_STYLE_HYPHEN ? 1 : n->kid_count;
        for (uint32_t i = 0; i < kids; i++) sum += weight_of(n->kids[i]);
        return sum;
    }
    for (uint32_t i = 0; i < n->word_count; i++) sum += n->words[i].function_word ? 0 : (double)n->boost;
    return n->type == LSI_Q_KEYWORD || n->type == LSI_Q_ID ? 0 : sum;
}

static bool has_term(const lsi_node *n, const lsi_telling *t)
{
    for (uint32_t i = 0; i < n->word_count; i++) {
        for (uint32_t k = 0; k < n->words[i].term_count; k++) {
            const lsi_qterm *have = &n->words[i].terms[k];
            if (!lsi_bytes_cmp(have->term, have->len, t->term, t->term_len)) return true;
        }
    }
    for (uint32_t i = 0; i < n->kid_count; i++) {
        if (has_term(n->kids[i], t)) return true;
    }
    return false;
}

/* ---- the words added ---------------------------------------------------------------------------------------------- */

typedef struct chooser {
    const ls_query *q;
    lsi_parser parser; /* reads words as the query's parser will */
    ls_feedback *f;
    size_t words;
} chooser;

/* Whether the word, written by itself, is read as this word and nothing else. */
static bool is_readable(chooser *c, const lsi_telling *t)
{
    lsi_words w;
    if (!lsi_words_read(&c->parser, &w, (const char *)t->form, t->form_len, 0)) return false;
    if (w.count != 1 || w.has_joined || w.one_of_bigrams || w.list[0].function_word) return false;
    return !lsi_bytes_cmp(w.list[0].form, w.list[0].form_len, t->form, t->form_len);
}

static int choose(chooser *c, const lsi_telling *list, size_t count, double weight, ls_error *err)
{
    ls_feedback *f = c->f;
    double sum = 0;
    size_t kept = 0;
    f->words = lsi_arena_alloc(&f->arena, c->words * sizeof *f->words);
    if (!f->words) return lsi_fail_nomem(err);
    for (size_t i = 0; i < count && f->count < c->words; i++) {
        if (has_term(c->q->typed ? c->q->typed : c->q->root, &list[i]) || !is_readable(c, &list[i])) continue;
        const char *word = lsi_arena_dup(&f->arena, list[i].form, list[i].form_len);
        if (!word) return lsi_fail_nomem(err);
        f->words[f->count++] = (ls_feedback_word){word, list[i].weight};
        sum += list[i].weight;
    }
    if (c->parser.rc) return lsi_fail_nomem(err);
    for (size_t i = 0; i < f->count; i++) { /* whole thousandths, never more together than their share */
        uint32_t boost = (uint32_t)(weight * (f->words[i].boost / sum) * LSI_BOOST_ONE);
        f->words[i].boost = (double)LSI_MIN(boost, LSI_BOOST_MAX) / LSI_BOOST_ONE;
        kept += boost ? 1 : 0;
    }
    f->count = kept; /* they fall */
    return LS_OK;
}

static int make(chooser *c, const ls_reader *r, lsi_scratch *s, const ls_results *best, size_t documents, double weight,
                ls_error *err)
{
    uint64_t docs[DOCUMENTS_MAX];
    const lsi_telling *list;
    size_t n = 0, count, seg;
    lsi_doc local;
    int rc = LS_OK;
    for (size_t i = 0; i < documents && i < best->info.count && !rc; i++) {
        rc = lsi_snapshot_locate(r->snap, best->hits[i].doc, &seg, &local, err);
        if (!rc) docs[n++] = best->hits[i].doc;
        else if (rc == LS_NOTFOUND) rc = LS_OK; /* not to be seen any more */
    }
    double own = weight_of(c->q->typed ? c->q->typed : c->q->root);
    if (rc || !n || !(own > 0)) return rc;
    rc = lsi_scratch_analyzer(s, &c->parser.an, err);
    if (!rc) rc = lsi_telling_words(&list, &count, r->snap, s, docs, n, TEXT_BYTES_MAX, err);
    return rc ? rc : choose(c, list, count, weight * own, err);
}

static ls_feedback *new_feedback(void)
{
    lsi_arena arena;
    lsi_arena_init(&arena);
    ls_feedback *f = lsi_arena_zalloc(&arena, sizeof *f);
    if (f) f->arena = arena;
    return f;
}

int lsi_feedback_new(ls_feedback **out, const ls_reader *r, const ls_query *q, const ls_results *best,
                     const ls_feedback_options *o, ls_error *err)
{
    size_t documents = o->documents ? o->documents : DOCUMENTS;
    chooser c = {.q = q, .words = o->words ? o->words : WORDS};
    if (documents > DOCUMENTS_MAX || c.words > LSI_FEEDBACK_WORDS_MAX || !(o->weight >= 0 && o->weight <= 1))
        return lsi_fail(err, LS_INVALID, "feedback: at most %u documents and %u words, a weight from 0 to 1",
                        DOCUMENTS_MAX, LSI_FEEDBACK_WORDS_MAX);
    lsi_scratch *s = NULL;
    ls_query *words = lsi_query_new(); /* its arena is the parser's */
    c.f = new_feedback();
    int rc = words && c.f ? lsi_scratch_take(&s, r, err) : lsi_fail_nomem(err);
    if (!rc) {
        words->default_lang = q->default_lang;
        words->lang = q->lang;
        c.parser = (lsi_parser){.q = words, .s = r->snap->schema, .quiet = true};
        rc = make(&c, r, s, best, documents, o->weight > 0 ? o->weight : WEIGHT, err);
        lsi_scratch_give(s, r);
    }
    lsi_query_free(words);
    if (rc) lsi_feedback_free(c.f);
    else *out = c.f;
    return rc;
}
