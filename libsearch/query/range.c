/* range.c — owns the reading of numbers, dates and their ranges behind a field's name.
 *
 * 5   5..9   ..9   5..   >5   >=5   <5   <=5   =5      integers
 * 2023-08   2023-08-30..2023-09-11   >2023   since: before: after: with one period      dates
 * Invariant: open ends are INT64_MIN and INT64_MAX; other instants lie in the years 1 to 9999, so that they can be
 * printed and read again. Ignorant of: which documents have the field.
 */
#include "libsearch/model/date.h"
#include "libsearch/query/parse.h"
#include "libsearch/store/io.h"

#define FIRST_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define LAST_MS  INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

typedef struct span { /* what one number or period stands for */
    int64_t first, last;
    lsi_period_kind kind;
} span;

static bool read_integer(const char *s, const char *end, span *out)
{
    bool minus = s < end && *s == '-';
    uint64_t v = 0, max = (uint64_t)INT64_MAX + minus;
    s += minus;
    if (s == end) return false;
    for (; s < end; s++) {
        if (!lsi_is_digit(*s)) return false;
        unsigned digit = (unsigned)(*s - '0');
        if (v > (max - digit) / 10) return false;
        v = v * 10 + digit;
    }
    out->first = out->last = minus ? (v ? -(int64_t)(v - 1) - 1 : 0) : (int64_t)v;
    return true;
}

static int64_t clamp(int64_t ms)
{
    return LSI_MAX(FIRST_MS, LSI_MIN(ms, LAST_MS));
}

static bool read_one(lsi_parser *p, const lsi_lexeme *x, const char *s, const char *end, span *out)
{
    out->kind = LSI_PERIOD_FIXED;
    if (x->kind == LSI_KIND_NUMBER) return read_integer(s, end, out);
    if (!p->now) p->now = lsi_io_now_ms();
    if (lsi_period_parse(s, (size_t)(end - s), p->s->zone, p->now, &out->first, &out->last, &out->kind)) {
        return false;
    }
    if (out->kind != LSI_PERIOD_FIXED) p->q->uses_now = true;
    out->first = clamp(out->first);
    out->last = clamp(out->last);
    return true;
}

static const char *find_dots(const char *s, const char *end)
{
    for (; end - s >= 2; s++) {
        if (s[0] == '.' && s[1] == '.') return s;
    }
    return NULL;
}

static void above(lsi_node *n, const lsi_lexeme *x, int64_t v) /* greater than v */
{
    n->from = x->kind == LSI_KIND_NUMBER ? (v == INT64_MAX ? v : v + 1) : clamp(v + 1);
    if (v == INT64_MAX) n->to = INT64_MIN; /* nothing is */
}

static void below(lsi_node *n, const lsi_lexeme *x, int64_t v)
{
    n->to = x->kind == LSI_KIND_NUMBER ? (v == INT64_MIN ? v : v - 1) : clamp(v - 1);
    if (v == INT64_MIN) n->from = INT64_MAX;
}

/* < <= > >= = before one value. */
static bool read_compared(lsi_parser *p, const lsi_lexeme *x, const char *s, const char *end, lsi_node *n)
{
    char op = *s++;
    span v;
    bool equal = op != '=' && s < end && *s == '=';
    if (!read_one(p, x, s + equal, end, &v)) return false;
    if (op == '=') {
        n->from = v.first;
        n->to = v.last;
    } else if (op == '>') {
        if (equal) n->from = v.first;
        else above(n, x, v.last);
    } else {
        if (equal) n->to = v.last;
        else below(n, x, v.first);
    }
    return true;
}

static bool read_between(lsi_parser *p, const lsi_lexeme *x, const char *s, const char *dots, const char *end,
                         lsi_node *n)
{
    span v;
    if (dots > s) {
        if (!read_one(p, x, s, dots, &v)) return false;
        n->from = v.first;
    }
    if (dots + 2 < end) {
        if (!read_one(p, x, dots + 2, end, &v)) return false;
        n->to = v.last;
    }
    return true;
}

static bool read_range(lsi_parser *p, const lsi_lexeme *x, const char *s, const char *end, lsi_node *n)
{
    const char *dots = find_dots(s, end);
    span v;
    if (s == end) return false;
    if (x->kind == LSI_KIND_NUMBER || x->kind == LSI_KIND_DATE) {
        if (*s == '<' || *s == '>' || *s == '=') return read_compared(p, x, s, end, n);
        if (dots) return read_between(p, x, s, dots, end, n);
    }
    if (!read_one(p, x, s, end, &v)) return false;
    if (x->kind == LSI_KIND_BEFORE) {
        below(n, x, v.first);
    } else if (x->kind == LSI_KIND_AFTER && v.kind != LSI_PERIOD_BACK) {
        above(n, x, v.last);
    } else {
        n->from = v.first; /* since:, and after:7d, which means the same */
        if (x->kind == LSI_KIND_NUMBER || x->kind == LSI_KIND_DATE) n->to = v.last;
    }
    return true;
}

lsi_node *lsi_leaf_range(lsi_parser *p, const lsi_lexeme *x)
{
    const char *s = p->q->text + x->start, *end = p->q->text + x->end;
    lsi_node *n = lsi_node_new(p, LSI_Q_RANGE);
    if (!n) return NULL;
    n->field = x->field;
    n->from = INT64_MIN;
    n->to = INT64_MAX;
    while (s < end && *s == ' ') s++;
    while (end > s && end[-1] == ' ') end--;
    if (!read_range(p, x, s, end, n)) {
        bool number = x->kind == LSI_KIND_NUMBER;
        lsi_parse_warn(p, number ? "bad_number" : "bad_date", x->whole, x->end, "expected %s; it is taken as text",
                       number ? "a number or a range such as 5, >5, 5..9"
                              : "a date or a period such as 2023-08-30, 2023-08, 2023, 7d, 2023-08..2023-10");
        return NULL;
    }
    if (n->from > n->to) {
        lsi_parse_warn(p, "empty_range", x->whole, x->end, "the range ends before it begins, so nothing is in it");
        n->from = INT64_MAX;
        n->to = INT64_MIN;
    }
    return n;
}
