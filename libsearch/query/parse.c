/* parse.c — owns the reading of a query: the order in which operators bind, and the life of an ls_query.
 *
 *   or    := and (OR and)*                       with MATCH_ANY: item ((OR | nothing) item)*, item := near (AND near)*
 *   and   := near ((AND | nothing) near)*
 *   near  := unary (w/n unary)*                  to the left
 *   unary := (NOT | - | +)* operand
 *   operand := (hlead: | atleastN)* (word | phrase | caps | syn | "(" or ")")
 *
 * Invariants: no text fails; an operator without its operand is left out with a warning; recursion is bounded by the
 * brackets, which lex.c keeps to LSI_QUERY_DEPTH_MAX; time is linear in the text. Ignorant of: the index.
 */
#include "libsearch/query/feedback.h"
#include "libsearch/query/synonyms.h"
#include "libsearch/text/utf8.h"
#include "libsearch/util/alloc.h"
#include <stdarg.h>
#include <stdio.h>

#define WARNINGS_MAX 64u
#define WITHOUT_MAX  512u /* ids that can be left out */

typedef lsi_parse_item item;

/* What a query of a few words needs while it is parsed, so that its own memory holds only what stays. */
typedef struct parse_room {
    lsi_lexeme lexemes[96];
    item stack[16];
    lsi_qword words[8];
} parse_room;

/* ---- warnings, memory ------------------------------------------------------------------------------------------- */

static int warn_v(ls_query *q, const char *code, size_t start, size_t end, const char *fmt, va_list ap)
{
    char text[256];
    if (q->warning_count >= WARNINGS_MAX) return LS_OK;
    if (q->warning_count + 1 == WARNINGS_MAX) {
        code = "limit_warnings";
        start = end = 0;
        snprintf(text, sizeof text, "there are more warnings, which are not told");
    } else {
        int n = vsnprintf(text, sizeof text, fmt, ap);
        size_t len = n < 0 ? 0 : LSI_MIN((size_t)n, sizeof text - 1);
        while (len && !lsi_utf8_valid((const uint8_t *)text, len)) len--; /* cut within a character */
        text[len] = 0;
    }
    ls_warning *grown = lsi_array_grow(q->warnings, &q->warning_cap, q->warning_count + 1, sizeof *grown);
    if (!grown) return LS_NOMEM;
    q->warnings = grown;
    char *message = lsi_arena_dup(&q->arena, text, strlen(text));
    char *name = lsi_arena_dup(&q->arena, code, strlen(code));
    if (!message || !name) return LS_NOMEM;
    q->warnings[q->warning_count++] = (ls_warning){name, message, start, end};
    return LS_OK;
}

void lsi_parse_warn(lsi_parser *p, const char *code, size_t start, size_t end, const char *fmt, ...)
{
    if (p->quiet || p->rc) return;
    va_list ap;
    va_start(ap, fmt);
    p->rc = warn_v(p->q, code, start, end, fmt, ap);
    va_end(ap);
}

void *lsi_parse_alloc(lsi_parser *p, size_t n)
{
    void *m = lsi_arena_zalloc(&p->q->arena, n);
    if (!m) p->rc = LS_NOMEM;
    return m;
}

void *lsi_parse_grow(lsi_parser *p, void *array, size_t *cap, size_t count, size_t elem_bytes)
{
    size_t n = *cap ? *cap * 2 : 4;
    if (count < *cap) return array;
    void *grown = lsi_arena_alloc(&p->q->arena, n * elem_bytes); /* below 4,096 words: no overflow */
    if (!grown) {
        p->rc = LS_NOMEM;
        return NULL;
    }
    if (count) memcpy(grown, array, count * elem_bytes);
    *cap = n;
    return grown;
}

static void push(lsi_parser *p, lsi_node *n, bool plus)
{
    if (!n || p->rc) return;
    item *grown = lsi_parse_grow(p, p->stack, &p->stack_cap, p->stack_len, sizeof *grown);
    if (!grown) return;
    p->stack = grown;
    p->stack[p->stack_len++] = (item){n, plus};
}

/* ---- the grammar ------------------------------------------------------------------------------------------------ */

static bool begins_operand(lsi_lex_type t)
{
    return t == LSI_LEX_WORD || t == LSI_LEX_PHRASE || t == LSI_LEX_CAPS || t == LSI_LEX_SYN || t == LSI_LEX_OPEN ||
           t == LSI_LEX_NOT || t == LSI_LEX_PLUS || t == LSI_LEX_HLEAD || t == LSI_LEX_ATLEAST;
}

static bool ends_operand(lsi_lex_type t)
{
    return t == LSI_LEX_WORD || t == LSI_LEX_PHRASE || t == LSI_LEX_CAPS || t == LSI_LEX_SYN || t == LSI_LEX_CLOSE;
}

static void warn_stray(lsi_parser *p, const lsi_lexeme *x)
{
    lsi_parse_warn(p, "stray_operator", x->start, x->end, "%.*s has nothing to act on; it is left out",
                   (int)LSI_MIN(x->end - x->start, 32), p->q->text + x->start);
}

/* Steps over AND, OR or a NEAR that has lost an operand. `first` is where its list began. */
static void step_operator(lsi_parser *p, const lsi_lexeme *first)
{
    const lsi_lexeme *x = p->at++;
    if (x == first || !ends_operand(x[-1].type) || !begins_operand(x[1].type)) warn_stray(p, x);
}

static lsi_node *parse_or(lsi_parser *p);

static lsi_node *parse_operand(lsi_parser *p)
{
    uint32_t times = 0;
    bool hlead = false;
    lsi_node *n = NULL;
    for (; p->at->type == LSI_LEX_HLEAD || p->at->type == LSI_LEX_ATLEAST; p->at++) {
        if (p->at->type == LSI_LEX_HLEAD) hlead = true;
        else times = p->at->number;
    }
    const lsi_lexeme *x = p->at;
    if (x->type == LSI_LEX_OPEN) {
        p->at++;
        n = parse_or(p);
        x = p->at;
        if (x->type == LSI_LEX_CLOSE) p->at++;
    } else if (x->type == LSI_LEX_WORD || x->type == LSI_LEX_PHRASE || x->type == LSI_LEX_CAPS ||
               x->type == LSI_LEX_SYN) {
        n = lsi_leaf(p, p->at++);
    } else {
        return NULL;
    }
    lsi_node_boost(n, x->boost);
    if (times) n = lsi_node_atleast(p, times, n);
    if (hlead) n = lsi_node_hlead(p, n);
    return n;
}

static lsi_node *parse_unary(lsi_parser *p, bool *plus)
{
    bool negated = false;
    const lsi_lexeme *sign = p->at;
    *plus = false;
    for (; p->at->type == LSI_LEX_NOT || p->at->type == LSI_LEX_PLUS; p->at++) {
        if (p->at->type == LSI_LEX_NOT) negated = !negated;
        else *plus = true;
    }
    if (p->at > sign && !begins_operand(p->at->type)) {
        warn_stray(p, sign);
        return NULL;
    }
    lsi_node *n = parse_operand(p);
    if (negated) *plus = false;
    return negated ? lsi_node_not(p, n) : n;
}

static lsi_node *parse_near(lsi_parser *p, bool *plus)
{
    bool ignored;
    lsi_node *left = parse_unary(p, plus);
    while (p->at->type == LSI_LEX_NEAR && !p->rc) {
        const lsi_lexeme *x = p->at++;
        if (!begins_operand(p->at->type) || !ends_operand(x[-1].type)) {
            warn_stray(p, x);
            continue;
        }
        lsi_node *right = parse_unary(p, &ignored);
        if (left && right) left = lsi_node_near(p, x, left, right);
        else if (right) left = right;
        *plus = false;
    }
    return left;
}

static lsi_node *pop_group(lsi_parser *p, lsi_node_type type, size_t base)
{
    size_t n = p->stack_len - base;
    if (n == 1 && !p->rc) return p->stack[p->stack_len = base].node;
    lsi_node **kids = lsi_parse_alloc(p, (n + 1) * sizeof(lsi_node *));
    for (size_t i = 0; kids && i < n; i++) kids[i] = p->stack[base + i].node;
    p->stack_len = base;
    return kids && !p->rc ? lsi_node_group(p, type, kids, n) : NULL;
}

static lsi_node *parse_and(lsi_parser *p, const lsi_lexeme *first)
{
    size_t base = p->stack_len;
    bool plus;
    while (p->at->type != LSI_LEX_END && p->at->type != LSI_LEX_CLOSE && p->at->type != LSI_LEX_OR && !p->rc) {
        if (p->at->type == LSI_LEX_AND || p->at->type == LSI_LEX_NEAR) step_operator(p, first);
        else push(p, parse_near(p, &plus), false);
    }
    return pop_group(p, LSI_Q_AND, base);
}

/* MATCH_ANY: near (AND near)*. */
static lsi_node *parse_item(lsi_parser *p, const lsi_lexeme *first, bool *plus)
{
    size_t base = p->stack_len;
    bool ignored;
    push(p, parse_near(p, plus), false);
    while (p->at->type == LSI_LEX_AND && !p->rc) {
        step_operator(p, first);
        if (!begins_operand(p->at->type)) continue;
        push(p, parse_near(p, &ignored), false);
        *plus = false;
    }
    return pop_group(p, LSI_Q_AND, base);
}

/* The items of a MATCH_ANY list by their signs. */
static lsi_node *pop_any(lsi_parser *p, size_t base)
{
    size_t n = p->stack_len - base, required = 0, optional = 0, excluded = 0;
    p->stack_len = base;
    if (n == 1) return p->stack[base].node;
    lsi_node **lists = lsi_parse_alloc(p, (3 * n + 1) * sizeof(lsi_node *));
    if (!lists) return NULL;
    for (size_t i = 0; i < n; i++) {
        const item *x = &p->stack[base + i];
        if (x->plus) lists[required++] = x->node;
        else if (x->node->type == LSI_Q_NOT) lists[2 * n + excluded++] = x->node;
        else lists[n + optional++] = x->node;
    }
    return lsi_node_any(p, lists, required, lists + n, optional, lists + 2 * n, excluded);
}

static lsi_node *parse_any(lsi_parser *p)
{
    const lsi_lexeme *first = p->at;
    size_t base = p->stack_len;
    while (p->at->type != LSI_LEX_END && p->at->type != LSI_LEX_CLOSE && !p->rc) {
        if (!begins_operand(p->at->type)) {
            step_operator(p, first);
            continue;
        }
        bool plus = false;
        lsi_node *n = parse_item(p, first, &plus);
        push(p, n, plus);
    }
    return p->rc ? NULL : pop_any(p, base);
}

static lsi_node *parse_or(lsi_parser *p)
{
    if (p->q->flags & LS_MATCH_ANY) return parse_any(p);
    const lsi_lexeme *first = p->at;
    size_t base = p->stack_len;
    while (p->at->type != LSI_LEX_END && p->at->type != LSI_LEX_CLOSE && !p->rc) {
        if (p->at->type == LSI_LEX_OR) step_operator(p, first);
        else push(p, parse_and(p, first), false);
    }
    return p->rc ? NULL : pop_group(p, LSI_Q_OR, base);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* Cut at the limit, invalid bytes replaced, control characters made blanks. */
static int take_text(lsi_parser *p, const char *text, size_t len, bool *repaired_text)
{
    size_t given = len;
    ls_query *q = p->q;
    lsi_buf b;
    lsi_buf_init(&b, 0);
    if (len > LSI_QUERY_BYTES_MAX) {
        len = LSI_QUERY_BYTES_MAX;
        for (int back = 0; back < 3 && ((uint8_t)text[len] & 0xC0) == 0x80; back++) len--;
    }
    const uint8_t *from = (const uint8_t *)text;
    uint64_t invalid = 0;
    size_t repaired = len;
    if (!lsi_utf8_valid(from, len)) {
        invalid = lsi_utf8_repair(from, len, &b);
        from = b.data;
        repaired = b.len;
    }
    size_t n = repaired;
    if (n > LSI_QUERY_BYTES_MAX) {
        for (n = LSI_QUERY_BYTES_MAX; n && (from[n] & 0xC0) == 0x80;) n--;
    }
    char *copy = b.rc ? NULL : lsi_arena_dup(&q->arena, from, n);
    bool cut = len < given || n < repaired;
    lsi_buf_clear(&b);
    if (!copy) return LS_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if ((uint8_t)copy[i] < 0x20 || copy[i] == 0x7F) copy[i] = ' ';
    }
    q->text = copy;
    q->text_len = n;
    if (cut) {
        lsi_parse_warn(p, "limit_text", n, n, "a query has at most %u bytes; the rest is left out",
                       LSI_QUERY_BYTES_MAX);
    }
    *repaired_text = invalid != 0;
    if (invalid) lsi_parse_warn(p, "invalid_utf8", 0, 0, "bytes that are not UTF-8 are taken as U+FFFD");
    return p->rc;
}

/* Warnings are about the caller's bytes: of a text that was repaired, each invalid byte stands for the three of U+FFFD. */
static void place_warnings(ls_query *q, const char *text, size_t len)
{
    for (size_t i = 0; i < 2 * q->warning_count; i++) {
        size_t *place = i & 1 ? &q->warnings[i / 2].end : &q->warnings[i / 2].start, at = 0;
        unsigned bytes;
        for (size_t there = 0; at < len && there < *place; at += bytes) {
            bool bad = lsi_utf8_get((const uint8_t *)text, len, at, &bytes) == LSI_UTF8_BAD && bytes == 1;
            there += bad ? 3 : bytes;
        }
        *place = at;
    }
}

static bool is_blank(const ls_query *q)
{
    const char *s = q->text, *end = q->text + q->text_len;
    for (size_t n; s < end; s += n) {
        n = lsi_lex_space(s, end);
        if (!n) return false;
    }
    return true;
}

/* root without the documents that have the ids: beside it, in no spelling and no hash. */
static lsi_node *leave_out(lsi_parser *p, lsi_node *root)
{
    lsi_node *ids[WITHOUT_MAX];
    for (size_t i = 0; i < p->without_count; i++) {
        lsi_qword *w = lsi_parse_alloc(p, sizeof *w);
        ids[i] = w ? lsi_node_new(p, LSI_Q_ID) : NULL;
        if (!ids[i]) return NULL;
        *w = (lsi_qword){.form = lsi_arena_dup(&p->q->arena, p->without[i], strlen(p->without[i])),
                         .form_len = (uint32_t)strlen(p->without[i])};
        if (!w->form) return NULL;
        ids[i]->field = LSI_FIELD_NONE;
        ids[i]->words = w;
        ids[i]->word_count = 1;
        ids[i]->spelling = "";
    }
    lsi_node *any = p->without_count > 1 ? lsi_node_group(p, LSI_Q_OR, ids, p->without_count) : ids[0];
    lsi_node *kids[2] = {root, any ? lsi_node_not(p, any) : NULL};
    return kids[1] ? lsi_node_group(p, LSI_Q_AND, kids, 2) : NULL;
}

static int finish(lsi_parser *p)
{
    ls_query *q = p->q;
    int rc = lsi_query_print(q, p->s);
    if (rc || !p->without_count || q->root->type == LSI_Q_NOTHING) return rc;
    if (!q->typed) q->typed = q->root;
    q->root = leave_out(p, q->root);
    return q->root ? LS_OK : LS_NOMEM;
}

static int build(lsi_parser *p, const char *text, size_t len, bool unknown_language, ls_error *err)
{
    ls_query *q = p->q;
    int rc = lsi_schema_take_analyzer(p->s, &p->an, err);
    if (rc) return rc;
    bool repaired;
    if (take_text(p, text, len, &repaired)) return LS_NOMEM;
    if (unknown_language) {
        lsi_parse_warn(p, "unknown_language", 0, 0, "there is no stemmer for this language; the index's alone is used");
    }
    p->at = lsi_lex(p, q->text, q->text_len);
    lsi_node *root = p->at ? parse_or(p) : NULL;
    root = lsi_syn_apply(p, root);
    if (!root && !p->rc) {
        if (!is_blank(q)) lsi_parse_warn(p, "no_words", 0, 0, "nothing in the query can be searched for");
        root = lsi_node_new(p, LSI_Q_NOTHING);
    }
    root = lsi_feedback_apply(p, root);
    if (p->rc) return p->rc;
    if ((q->flags & LS_MATCH_ANY) && !(q->flags & LS_SCORE_FUNCTION_WORDS)) lsi_node_silence(root);
    q->root = root;
    if (repaired) place_warnings(q, text, len);
    return finish(p);
}

ls_query *lsi_query_new(void)
{
    lsi_arena arena;
    lsi_arena_init(&arena);
    ls_query *q = lsi_arena_zalloc(&arena, sizeof *q);
    if (!q) return NULL;
    q->arena = arena;
    q->exclude_doc = UINT64_MAX;
    return q;
}

int lsi_query_parse(ls_query **out, const ls_schema *s, const char *text, size_t len, const ls_query_options *o,
                    int64_t now, ls_error *err)
{
    *out = NULL;
    parse_room room; /* nothing of it is read before it is written */
    ls_query *q = lsi_query_new();
    if (!q) return lsi_fail_nomem(err);
    q->flags = o ? o->flags : 0;
    q->default_lang = s->lang;
    bool asked = o && o->language && o->language[0];
    q->lang = asked ? lsi_lang_find(o->language, strlen(o->language)) : -1;
    bool unknown = asked && q->lang < 0;
    if (q->lang == q->default_lang) q->lang = -1;
    lsi_parser p = {.q = q,
                    .s = s,
                    .now = now,
                    .synonyms = o ? o->synonyms : NULL,
                    .feedback = o ? o->feedback : NULL,
                    .without = o ? o->without : NULL,
                    .without_count = o ? o->without_count : 0,
                    .stack = room.stack,
                    .stack_cap = LSI_COUNTOF(room.stack),
                    .words = room.words,
                    .word_cap = LSI_COUNTOF(room.words),
                    .lexemes = room.lexemes,
                    .lexeme_cap = LSI_COUNTOF(room.lexemes)};
    if (p.without_count > WITHOUT_MAX) {
        lsi_query_free(q);
        return lsi_fail(err, LS_LIMIT, "at most %u ids can be left out, found %zu", WITHOUT_MAX, p.without_count);
    }
    if (p.synonyms && p.synonyms->lang != q->default_lang) {
        lsi_query_free(q);
        return lsi_fail(err, LS_INVALID, "the synonyms were made for an index of another language");
    }
    int rc = build(&p, text, len, unknown, err);
    lsi_schema_give_analyzer(s, p.an);
    if (rc) {
        lsi_query_free(q);
        return lsi_fail(err, rc, "the query could not be parsed: %s", lsi_strerror(rc));
    }
    *out = q;
    return LS_OK;
}

void lsi_query_free(ls_query *q)
{
    if (!q) return;
    lsi_arena arena = q->arena;
    lsi_free(q->warnings);
    lsi_arena_clear(&arena);
}
