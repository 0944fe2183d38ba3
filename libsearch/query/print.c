/* print.c — owns the normal form of a query: text that is parsed to the same tree again under the same options.
 * Invariant: brackets stand only where the binding order needs them (leaf, NOT, NEAR, AND, OR, tightest first), so that
 * the form nests no deeper than what was written. Ignorant of: how leaves are spelled (leaf.c did that).
 */
#include "libsearch/model/date.h"
#include "libsearch/query/parse.h"
#include <stdio.h>

typedef struct printer {
    lsi_buf out;
    const ls_schema *s;
    bool any, simple;
} printer;

enum { BIND_OR, BIND_AND, BIND_NEAR, BIND_ONE };

static int binding(const lsi_node *n)
{
    if (n->type == LSI_Q_NEAR) return BIND_NEAR;
    if (n->type == LSI_Q_OR && n->style == LSI_STYLE_PLAIN) return BIND_OR;
    if (n->type == LSI_Q_AND) return n->style == LSI_STYLE_ANY ? BIND_OR : BIND_AND;
    return BIND_ONE;
}

static void put_node(printer *p, const lsi_node *n);

static void put_bound(printer *p, const lsi_node *n, int least)
{
    bool brackets = binding(n) < least;
    if (brackets) lsi_buf_puts(&p->out, "(");
    put_node(p, n);
    if (brackets) lsi_buf_puts(&p->out, ")");
}

static void put_boost(printer *p, float boost)
{
    unsigned q = (unsigned)(boost * 1000 + 0.5F);
    char text[24];
    if (q == LSI_BOOST_ONE) return;
    int n = snprintf(text, sizeof text, q % 1000 ? "^%u.%03u" : "^%u", q / 1000, q % 1000);
    while (q % 1000 && text[n - 1] == '0') text[--n] = 0;
    lsi_buf_puts(&p->out, text);
}

static void put_field(printer *p, int field)
{
    if (field == LSI_FIELD_NONE) return;
    lsi_buf_puts(&p->out, field == LSI_FIELD_WORDS ? "words" : p->s->fields[field].name);
    lsi_buf_puts(&p->out, ":");
}

/* A second stands for all of it, so the last instant of one is written as the second. */
static void put_end(printer *p, int64_t v, bool date, bool last)
{
    char text[64];
    if (!date) {
        snprintf(text, sizeof text, "%lld", (long long)v);
    } else {
        int64_t ms = (v % 1000 + 1000) % 1000;
        lsi_date_format(v - ms, text, 32);
        size_t n = strlen(text);
        if (ms != (last ? 999 : 0)) snprintf(text + n - 1, sizeof text - n, ".%03uZ", (unsigned)ms);
    }
    lsi_buf_puts(&p->out, text);
}

static void put_range(printer *p, const lsi_node *n)
{
    bool date = n->field >= 0 && p->s->fields[n->field].pub.type == LS_DATE;
    put_field(p, n->field);
    if (n->from > n->to) {
        lsi_buf_puts(&p->out, date ? "0002..0001" : "1..0");
        return;
    }
    if (!date && n->from == n->to) {
        put_end(p, n->from, false, false);
        return;
    }
    if (n->from != INT64_MIN) put_end(p, n->from, date, false);
    lsi_buf_puts(&p->out, "..");
    if (n->to != INT64_MAX) put_end(p, n->to, date, true);
}

/* -x, or -(x) where x begins with what a sign is not read before. */
static void put_signed(printer *p, const char *sign, const lsi_node *n)
{
    lsi_buf_puts(&p->out, sign);
    size_t from = p->out.len;
    put_bound(p, n, BIND_ONE);
    if (p->out.rc) return;
    const char *s = (const char *)p->out.data + from, *end = (const char *)p->out.data + p->out.len;
    if (lsi_lex_begins_operand(s, end)) return;
    lsi_buf_puts(&p->out, "()"); /* not written again: what holds n may be in this place too, and so on */
    if (p->out.rc) return;
    uint8_t *operand = p->out.data + from;
    memmove(operand + 1, operand, p->out.len - from - 2);
    *operand = '(';
}

static void put_joined(printer *p, const lsi_node *n, const char *between, int least)
{
    for (uint32_t i = 0; i < n->kid_count; i++) {
        if (i) lsi_buf_puts(&p->out, p->simple ? " " : between);
        put_bound(p, n->kids[i], least);
    }
}

/* +a b c -d: the required, the optional (behind an implied ALL), the excluded. */
static void put_any(printer *p, const lsi_node *n)
{
    for (uint32_t i = 0; i < n->kid_count; i++) {
        const lsi_node *kid = n->kids[i];
        if (i) lsi_buf_puts(&p->out, " ");
        if (i < n->plus) {
            put_signed(p, "+", kid);
        } else if (i == n->plus && kid->type == LSI_Q_OR && n->plus) {
            lsi_node rest = *kid;
            rest.kids++;
            rest.kid_count--;
            put_joined(p, &rest, " ", BIND_AND);
        } else {
            if (kid->type == LSI_Q_OR && binding(kid) == BIND_OR) put_joined(p, kid, " ", BIND_AND);
            else put_bound(p, kid, BIND_AND);
        }
    }
}

static void put_near(printer *p, const lsi_node *n)
{
    static const char *const letters[] = {[LSI_SCOPE_SENTENCE] = "s", [LSI_SCOPE_PARAGRAPH] = "p"};
    char number[16];
    bool boosted = n->boost < 1 || n->boost > 1;
    if (boosted) lsi_buf_puts(&p->out, "(");
    put_bound(p, n->kids[0], BIND_NEAR);
    lsi_buf_puts(&p->out, n->ordered ? " pre/" : " w/");
    snprintf(number, sizeof number, "%u ", n->distance);
    if (n->scope == LSI_SCOPE_WORDS) {
        lsi_buf_puts(&p->out, number);
    } else {
        lsi_buf_puts(&p->out, letters[n->scope]);
        lsi_buf_puts(&p->out, " ");
    }
    put_bound(p, n->kids[1], BIND_ONE);
    if (boosted) {
        lsi_buf_puts(&p->out, ")");
        put_boost(p, n->boost);
    }
}

static void put_call(printer *p, const lsi_node *n)
{
    char name[24];
    bool atleast = n->type == LSI_Q_ATLEAST, near = n->kids[0]->type == LSI_Q_NEAR;
    snprintf(name, sizeof name, "atleast%u", n->distance);
    lsi_buf_puts(&p->out, atleast ? name : "hlead:");
    if (atleast || near) lsi_buf_puts(&p->out, "(");
    put_node(p, n->kids[0]);
    if (atleast || near) lsi_buf_puts(&p->out, ")");
}

/* syn(what was typed, another, …). Every character being text, nothing can be written so: only what was typed. */
static void put_synonyms(printer *p, const lsi_node *n)
{
    const lsi_node *typed = n->kids[0];
    if (p->simple) {
        put_node(p, typed);
        return;
    }
    put_field(p, n->field);
    lsi_buf_puts(&p->out, "syn(");
    lsi_buf_puts(&p->out, n->spelling);
    lsi_buf_puts(&p->out, ")");
    while (typed->kid_count) typed = typed->kids[0];
    put_boost(p, typed->boost);
}

static void put_node(printer *p, const lsi_node *n)
{
    switch (n->type) {
    case LSI_Q_NOTHING:
        return;
    case LSI_Q_AND:
        if (n->style == LSI_STYLE_ANY) put_any(p, n);
        else put_joined(p, n, p->any ? " AND " : " ", BIND_NEAR);
        return;
    case LSI_Q_OR:
        if (n->style == LSI_STYLE_HYPHEN) {
            put_field(p, n->field);
            lsi_buf_puts(&p->out, n->spelling);
            put_boost(p, n->kids[0]->boost);
            return;
        }
        if (n->style == LSI_STYLE_SYN) {
            put_synonyms(p, n);
            return;
        }
        put_joined(p, n, " OR ", BIND_AND);
        return;
    case LSI_Q_NOT:
        put_signed(p, "-", n->kids[0]);
        return;
    case LSI_Q_NEAR:
        put_near(p, n);
        return;
    case LSI_Q_ATLEAST:
    case LSI_Q_HLEAD:
        put_call(p, n);
        return;
    case LSI_Q_RANGE:
        put_range(p, n);
        return;
    case LSI_Q_ID:
        lsi_buf_puts(&p->out, "id:");
        break;
    default:
        put_field(p, n->field);
        break;
    }
    lsi_buf_puts(&p->out, n->spelling);
    put_boost(p, n->boost);
}

int lsi_query_print(ls_query *q, const ls_schema *s)
{
    const lsi_node *n = q->root;
    bool word = (n->type == LSI_Q_WORD || n->type == LSI_Q_PHRASE) && n->field == LSI_FIELD_NONE;
    if (word && !(n->boost < 1 || n->boost > 1)) { /* most queries */
        q->parsed = n->spelling;
        return LS_OK;
    }
    printer p = {.s = s, .any = (q->flags & LS_MATCH_ANY) != 0, .simple = (q->flags & LS_MODE_SIMPLE) != 0};
    lsi_buf_init(&p.out, 0);
    lsi_buf_reserve(&p.out, 256); /* most others */
    /* without operators what joins added words cannot be written */
    put_node(&p, p.simple && q->typed ? q->typed : q->root);
    int rc = p.out.rc;
    if (!rc) {
        q->parsed = lsi_arena_dup(&q->arena, p.out.data, p.out.len);
        if (!q->parsed) rc = LS_NOMEM;
    }
    lsi_buf_clear(&p.out);
    return rc;
}
