/* analyze.c — owns the public functions about text alone: ls_analyze, ls_status_of, ls_headline,
 * ls_wrapped, ls_languages.
 *
 * Thin: checks arguments, calls text/, copies the words out into one block that ls_tokens_free frees. */
#include "libsearch/libsearch.h"
#include "libsearch/model/news.h"
#include "libsearch/model/schema.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/text/cutter.h"
#include "libsearch/text/lang.h"
#include "libsearch/text/lines.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/arena.h"

typedef struct answer {
    ls_tokens head; /* first, so that the caller's pointer is this */
    lsi_arena words;
    ls_token *tokens;
    size_t cap;
} answer;

/* The language to stem by: the one named, else the text's own, else the schema's. -1: unknown name. */
static int choose(const ls_schema *s, const char *text, size_t len, const char *language)
{
    if (language) return lsi_lang_find(language, strlen(language));
    return lsi_lang_detect_or((const uint8_t *)text, len, s ? s->lang : LSI_LANG_ENGLISH);
}

static int put_token(answer *a, lsi_analyzer *an, int lang, const lsi_token *t)
{
    size_t n;
    if (a->head.count == a->cap) {
        ls_token *more = lsi_array_grow(a->tokens, &a->cap, a->head.count + 1, sizeof *more);
        if (!more) return LS_NOMEM;
        a->tokens = more;
    }
    char *form = lsi_arena_dup(&a->words, t->form, t->form_len);
    const uint8_t *term = lsi_analyzer_term(an, lang, t->form, t->form_len, &n);
    char *copy = term ? lsi_arena_dup(&a->words, term, n) : NULL;
    if (!form || !copy) return LS_NOMEM;
    a->tokens[a->head.count++] =
        (ls_token){.form = form, .term = copy, .position = t->position, .start = t->start, .end = t->end};
    return LS_OK;
}

void ls_tokens_free(ls_tokens *t)
{
    if (!t) return;
    answer *a = (answer *)t;
    lsi_arena_clear(&a->words);
    lsi_free(a->tokens);
    lsi_free(a);
}

int ls_analyze(ls_tokens **out, const ls_schema *s, const char *text, size_t len, const char *language, ls_error *err)
{
    lsi_analyzer *an = NULL;
    answer *a = NULL;
    lsi_token t;
    int rc, more;
    if (!out) return lsi_fail(err, LS_INVALID, "ls_analyze: out is NULL");
    *out = NULL;
    if (!text && len) return lsi_fail(err, LS_INVALID, "ls_analyze: text is NULL, its length is %zu", len);
    if (!text) text = "";
    int lang = choose(s, text, len, language);
    if (lang < 0) {
        return lsi_fail(err, LS_INVALID, "ls_analyze: expected a language of ls_languages, found \"%.60s\"", language);
    }
    rc = lsi_analyzer_new(&an, err);
    if (rc) return rc;
    a = lsi_calloc(1, sizeof *a);
    rc = a ? LS_OK : lsi_fail_nomem(err);
    if (rc) goto out;
    lsi_arena_init(&a->words);
    a->head.language = lsi_lang_name(lang);
    lsi_lines_of everywhere = {s ? s->lines : NULL, LSI_LINES_EVERYWHERE};
    lsi_tokens_begin_of(an, everywhere, (const uint8_t *)text, len, lang);
    while (!rc && (more = lsi_tokens_next(an, &t)) != 0) {
        rc = more < 0 ? more : put_token(a, an, lang, &t);
    }
    if (rc) {
        rc = lsi_fail_nomem(err);
        goto out;
    }
    a->head.tokens = a->tokens;
    *out = &a->head;
    a = NULL;
out:
    if (a) ls_tokens_free(&a->head);
    lsi_analyzer_free(an);
    return rc;
}

ls_status ls_status_of(const char *text, size_t len, ls_range *word)
{
    return lsi_news_judge(text ? text : "", text ? len : 0, word);
}

int ls_headline(const char *text, size_t len, ls_range *headline, size_t *rest)
{
    ls_range range = {0, 0};
    size_t more = 0;
    bool found = text && lsi_headline((const uint8_t *)text, len, &range.start, &range.end, &more);
    if (headline) *headline = range;
    if (rest) *rest = more;
    return found ? LS_OK : LS_NOTFOUND;
}

int ls_wrapped(const char *text, size_t len)
{
    return text && lsi_layout_wrapped((const uint8_t *)text, len);
}

const char *const *ls_languages(void)
{
    return lsi_lang_names();
}
