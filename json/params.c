/* params.c — the parameters of a search: one table, from which the command line, GET, POST and the manual are made.
 *
 * Owns names, types, ranges and defaults, and the memory of a js_request. Ignorant of what a search is. A parameter is
 * added by one line of the table and one member of js_request. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"

#define LIST_MAX 100 /* values of one list */

typedef struct entry {
    js_param pub;
    size_t member; /* where in js_request */
} entry;

#define AT(member) offsetof(js_request, member)
#define ALL        (JS_FOR_SEARCH | JS_FOR_COMMAND | JS_FOR_EXPORT | JS_FOR_FEED | JS_FOR_BATCH)
#define PAGED      (JS_FOR_SEARCH | JS_FOR_COMMAND)
#define QUERY      (ALL | JS_FOR_SNIPPET)
#define SHOWN      (PAGED | JS_FOR_BATCH | JS_FOR_SNIPPET)
#define FILTER(name, i, what)                                                                                          \
    {{name, JS_LIST, ALL, 0, 512, NULL, NULL, "keep what has this " what " (repeat for one or another)"},              \
     AT(with[i])},                                                                                                     \
    {                                                                                                                  \
        {"not." name, JS_LIST, ALL, 0, 512, NULL, NULL, "leave out what has this " what}, AT(without[i])               \
    }

static const entry table[] = {
    {{"q", JS_TEXT, (QUERY & ~(unsigned)JS_FOR_BATCH) | JS_FOR_SUGGEST, 0, 65536, NULL, NULL, "the query"}, AT(q)},
    {{"sort", JS_TEXT, ALL, 0, 80, "relevance", NULL, "relevance, newest, oldest, FIELD:asc or FIELD:desc"}, AT(sort)},
    FILTER("source", 0, "source"),
    FILTER("section", 1, "section"),
    FILTER("byline", 2, "byline"),
    FILTER("subject", 3, "subject"),
    FILTER("place", 4, "place"),
    FILTER("language", 5, "language"),
    {{"filter", JS_LIST, JS_FOR_SHELL, 0, 640, NULL, NULL,
      "NAME=VALUE: keep what has this in a field of the schema; also not.NAME, from.NAME, to.NAME"},
     AT(filters)},
    {{"from", JS_TEXT, ALL, 0, 64, NULL, NULL, "published then or later: a date or RFC 3339"}, AT(from)},
    {{"to", JS_TEXT, ALL, 0, 64, NULL, NULL, "published then or earlier, inclusive"}, AT(to)},
    {{"tz", JS_TEXT, ALL, 0, 64, NULL, NULL, "time zone of from and to (default: the index's)"}, AT(tz)},
    {{"limit", JS_INT, JS_FOR_SEARCH | JS_FOR_FEED, 0, 100, "20", NULL, "hits wanted"}, AT(limit)},
    {{"limit", JS_INT, JS_FOR_BATCH, 0, 100, "3", NULL, "hits wanted of each query"}, AT(limit)},
    {{"limit", JS_INT, JS_FOR_COMMAND, 0, 10000, "20", NULL, "hits wanted"}, AT(limit)},
    {{"limit", JS_INT, JS_FOR_SUGGEST, 1, 100, "10", NULL, "completions wanted"}, AT(limit)},
    {{"offset", JS_INT, PAGED, 0, 10000, "0", NULL, "hits left out before; use cursor to go far"}, AT(offset)},
    {{"cursor", JS_TEXT, PAGED, 0, 4096, NULL, NULL, "next_cursor of the page before"}, AT(cursor)},
    {{"fold", JS_CHOICE, PAGED, 0, 0, "none", "none|similar|story", "copies stand under one hit; story: updates too"},
     AT(fold)},
    {{"lead", JS_CHOICE, PAGED, 0, 0, "match", "match|earliest|longest", "which of the copies is the hit"}, AT(lead)},
    {{"latest", JS_BOOL, ALL, 0, 0, "0", NULL, "of stories that evolved from each other only the latest"}, AT(latest)},
    {{"facets", JS_LIST, PAGED, 0, 64, NULL, NULL, "fields whose values are counted"}, AT(facets)},
    {{"histogram", JS_CHOICE, PAGED, 0, 0, "none", "none|auto|day|week|month|year",
      "how many were published when, by this unit"},
     AT(histogram)},
    {{"facet_limit", JS_INT, PAGED, 1, 1000, "10", NULL, "values of each facet"}, AT(facet_limit)},
    {{"snippets", JS_INT, SHOWN, 0, 10, "2", NULL, "passages of each hit"}, AT(snippets)},
    {{"snippet_length", JS_INT, SHOWN, 20, 2000, "200", NULL, "length of a passage in characters"}, AT(snippet_length)},
    {{"highlight_pre", JS_TEXT, SHOWN, 0, 64, "<mark>", NULL, "before a match, not escaped"}, AT(highlight_pre)},
    {{"highlight_post", JS_TEXT, SHOWN, 0, 64, "</mark>", NULL, "behind a match, not escaped"}, AT(highlight_post)},
    {{"range_unit", JS_CHOICE, SHOWN, 0, 0, "codepoint", "byte|codepoint|utf16", "unit of ranges"}, AT(range_unit)},
    {{"fields", JS_LIST, PAGED | JS_FOR_BATCH, 0, 64, NULL, NULL,
      "members wanted of each hit, any stored field among them (default: all)"},
     AT(fields)},
    {{"explain", JS_BOOL, PAGED, 0, 0, "0", NULL, "the parts of each score"}, AT(explain)},
    {{"timeout_ms", JS_INT, JS_FOR_COMMAND, 1, 600000, NULL, NULL, "deadline of the search (default: none)"},
     AT(timeout_ms)},
    {{"timeout_ms", JS_INT, JS_FOR_SEARCH | JS_FOR_BATCH | JS_FOR_FEED, 1, 60000, "1000", NULL,
      "deadline of the search"},
     AT(timeout_ms)},
    {{"require_complete", JS_BOOL, PAGED, 0, 0, "0", NULL, "an error rather than part of an answer"},
     AT(require_complete)},
    {{"match", JS_CHOICE, QUERY, 0, 0, "all", "all|any", "all words, or any of them"}, AT(any)},
    {{"mode", JS_CHOICE, QUERY, 0, 0, "standard", "standard|simple", "simple: no operators"}, AT(simple)},
    {{"function_words", JS_CHOICE, QUERY, 0, 0, "ignore", "ignore|score", "with match=any, whether they score"},
     AT(score_function_words)},
    {{"synonyms", JS_CHOICE, QUERY & ~(unsigned)JS_FOR_COMMAND, 0, 0, "on", "on|off",
      "whether words gain the synonyms of the server's file"},
     AT(no_synonyms)},
    {{"expand", JS_CHOICE, ALL, 0, 0, "none", "none|feedback",
      "feedback: words that the best hits have in common count too"},
     AT(feedback)},
    {{"half_life", JS_NUMBER, ALL, 0, 36500, "0", NULL, "days in which a score halves; 0: never"}, AT(half_life)},
    {{"include", JS_CHOICE, ALL | JS_FOR_SNIPPET, 0, 0, NULL, "embargoed",
      "embargoed and withheld articles too, for who may see them"},
     AT(hidden)},
    {{"format", JS_CHOICE, JS_FOR_EXPORT, 0, 0, "ndjson", "ndjson|csv", "form of the export"}, AT(format)},
    {{"format", JS_CHOICE, JS_FOR_SUGGEST, 0, 0, "json", "json|opensearch", "opensearch: what browsers understand"},
     AT(opensearch)},
};
#define TABLE_COUNT (sizeof table / sizeof table[0])
_Static_assert(TABLE_COUNT <= 64, "js_request.seen has 64 bits");

static const char *const filter_names[] = {"source", "section", "byline", "subject", "place", "language"};
static const char *const filter_fields[] = {"source", "section", "byline", "subjects", "places", "language"};

const char *js_filter_name(size_t i)
{
    return i < JS_FILTERS ? filter_names[i] : NULL;
}

const char *js_filter_field(const ls_schema *s, size_t i)
{
    if (i >= JS_FILTERS) return NULL;
    bool own = s && !ls_schema_find(s, filter_fields[i]) && ls_schema_find(s, filter_names[i]);
    return own ? filter_names[i] : filter_fields[i];
}

const js_param *js_param_at(size_t i)
{
    return i < TABLE_COUNT ? &table[i].pub : NULL;
}

static const entry *find(const char *name, size_t len, unsigned uses)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const js_param *p = &table[i].pub;
        if ((p->uses & uses) && strlen(p->name) == len && memcmp(p->name, name, len) == 0) return &table[i];
    }
    return NULL;
}

const js_param *js_param_find(const char *name, size_t len, unsigned uses)
{
    const entry *e = find(name, len, uses);
    return e ? &e->pub : NULL;
}

/* ---- did you mean ---- */

#define GUESS_MAX JS_EDITS_MAX

/* Classic dynamic programme. */
size_t js_edits(const char *a, size_t n, const char *b, size_t m)
{
    size_t d[GUESS_MAX + 1][GUESS_MAX + 1];
    for (size_t i = 0; i <= n; i++) d[i][0] = i;
    for (size_t j = 0; j <= m; j++) d[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

/* Names that other search engines give to the same thing. */
static const char *const synonyms[][2] = {{"query", "q"},
                                          {"search", "q"},
                                          {"text", "q"},
                                          {"term", "q"},
                                          {"size", "limit"},
                                          {"count", "limit"},
                                          {"rows", "limit"},
                                          {"per_page", "limit"},
                                          {"hits", "limit"},
                                          {"start", "offset"},
                                          {"skip", "offset"},
                                          {"page", "offset"},
                                          {"order", "sort"},
                                          {"author", "byline"},
                                          {"lang", "language"},
                                          {"since", "from"},
                                          {"after", "from"},
                                          {"until", "to"},
                                          {"before", "to"},
                                          {"timezone", "tz"},
                                          {"operator", "match"},
                                          {"facet", "facets"},
                                          {"timeout", "timeout_ms"},
                                          {"highlight", "snippets"},
                                          {"recency", "half_life"},
                                          {"dates", "histogram"},
                                          {"interval", "histogram"}};

/* The only parameter that begins so: lim for limit. */
static const js_param *guess_beginning(const char *name, size_t len, unsigned uses)
{
    const js_param *only = NULL;
    for (size_t i = 0; len >= 2 && i < TABLE_COUNT; i++) {
        const js_param *d = &table[i].pub;
        if (!(d->uses & uses) || strncmp(d->name, name, len) != 0) continue;
        if (only) return NULL;
        only = d;
    }
    return only;
}

const js_param *js_param_guess(const char *name, size_t len, unsigned uses)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++)
        if (strlen(synonyms[i][0]) == len && memcmp(synonyms[i][0], name, len) == 0)
            return js_param_find(synonyms[i][1], strlen(synonyms[i][1]), uses);
    if (len > GUESS_MAX) return NULL;
    const js_param *best = guess_beginning(name, len, uses);
    if (best) return best;
    size_t least = len <= 3 ? 2 : 3; /* fewer edits than this */
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const js_param *p = &table[i].pub;
        size_t n = strlen(p->name);
        if (!(p->uses & uses) || n > GUESS_MAX || n <= 1) continue;
        size_t d = js_edits(name, len, p->name, n);
        if (d < least) {
            least = d;
            best = p;
        }
    }
    return best;
}

/* ---- a request's memory ---- */

void js_list_free(js_list *l)
{
    for (size_t i = 0; i < l->count; i++) free(l->items[i]);
    free(l->items);
    *l = (js_list){0};
}

void js_request_init(js_request *q, unsigned uses)
{
    *q = (js_request){.uses = uses,
                      .limit = uses == JS_FOR_SUGGEST ? 10
                               : uses == JS_FOR_BATCH ? 3
                                                      : 20,
                      .snippets = 2,
                      .snippet_length = 200,
                      .facet_limit = 10,
                      .timeout_ms = uses & JS_FOR_COMMAND ? -1 : 1000,
                      .range_unit = LS_RANGES_CODE_POINTS,
                      .histogram = -1,
                      .from_ms = INT64_MIN,
                      .to_ms = INT64_MAX};
}

void js_request_clear(js_request *q)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (table[i].pub.kind == JS_TEXT) {
            char **s = (char **)((char *)q + table[i].member);
            free(*s);
            *s = NULL;
        } else if (table[i].pub.kind == JS_LIST) {
            js_list_free((js_list *)((char *)q + table[i].member));
        }
    }
    js_own_clear(q);
    js_request_init(q, q->uses);
}

static char *copy(const char *s, size_t len)
{
    char *c = malloc(len + 1);
    if (c == NULL) return NULL;
    if (len > 0) memcpy(c, s, len);
    c[len] = '\0';
    return c;
}

static int no_memory(js_problem *p)
{
    js_problem_set(p, "busy", NULL, "no memory for the request");
    return LS_NOMEM;
}

static bool list_has(const js_list *l, const char *s, size_t len)
{
    for (size_t i = 0; i < l->count; i++)
        if (strlen(l->items[i]) == len && memcmp(l->items[i], s, len) == 0) return true;
    return false;
}

int js_list_add(js_list *l, const char *s, size_t len, js_problem *p)
{
    char **items = realloc(l->items, (l->count + 1) * sizeof *items);
    if (items == NULL) return no_memory(p);
    l->items = items;
    if ((items[l->count] = copy(s, len)) == NULL) return no_memory(p);
    l->count++;
    return LS_OK;
}

/* ---- one value by its kind ---- */

static int set_list(js_list *l, const js_param *d, const char *v, size_t len, js_problem *p)
{
    bool split = strcmp(d->name, "facets") == 0 || strcmp(d->name, "fields") == 0;
    for (size_t i = 0; i <= len;) {
        const char *comma = split ? memchr(v + i, ',', len - i) : NULL;
        size_t n = comma ? (size_t)(comma - (v + i)) : len - i;
        if (n > (size_t)d->max)
            return js_problem_set(p, "invalid_parameter", d->name, "%s: a value may have at most %lld bytes", d->name,
                                  (long long)d->max);
        if (l->count >= LIST_MAX)
            return js_problem_set(p, "invalid_parameter", d->name, "%s: at most %d values", d->name, LIST_MAX);
        /* an empty value, as of an empty form field, is none; a second time says nothing new */
        int rc = n > 0 && !list_has(l, v + i, n) ? js_list_add(l, v + i, n, p) : LS_OK;
        if (rc != LS_OK) return rc;
        i += n + 1;
    }
    return LS_OK;
}

static int set_int(int64_t *out, const js_param *d, const char *v, size_t len, js_problem *p)
{
    int64_t n = 0;
    bool ok = len > 0 && len <= 9;
    for (size_t i = 0; ok && i < len; i++) {
        ok = v[i] >= '0' && v[i] <= '9';
        n = n * 10 + (v[i] - '0');
    }
    if (!ok || n < d->min || n > d->max)
        return js_problem_set(p, "invalid_parameter", d->name, "%s: expected a whole number from %lld to %lld%s",
                              d->name, (long long)d->min, (long long)d->max,
                              strcmp(d->name, "offset") == 0 ? "; to go further, use cursor" : "");
    *out = n;
    return LS_OK;
}

static int set_number(double *out, const js_param *d, const char *v, size_t len, js_problem *p)
{
    char buf[32] = "";
    char *end = NULL;
    double n = -1;
    if (len > 0 && len < sizeof buf && strspn(v, "0123456789.") >= len) {
        memcpy(buf, v, len);
        n = strtod(buf, &end);
    }
    if (end == NULL || *end != '\0' || n < (double)d->min || n > (double)d->max)
        return js_problem_set(p, "invalid_parameter", d->name, "%s: expected a number from %lld to %lld", d->name,
                              (long long)d->min, (long long)d->max);
    *out = n;
    return LS_OK;
}

static bool is(const char *v, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(v, word, len) == 0;
}

static int set_bool(bool *out, const js_param *d, const char *v, size_t len, js_problem *p)
{
    if (is(v, len, "1") || is(v, len, "true")) *out = true;
    else if (is(v, len, "0") || is(v, len, "false")) *out = false;
    else return js_problem_set(p, "invalid_parameter", d->name, "%s: expected 1, 0, true or false", d->name);
    return LS_OK;
}

/* Number of the choice v in "a|b|c"; -1 where it is none. */
static int choice_of(const char *choices, const char *v, size_t len)
{
    for (int i = 0;; i++) {
        size_t n = strcspn(choices, "|");
        if (n == len && memcmp(choices, v, len) == 0) return i;
        if (choices[n] == '\0') return -1;
        choices += n + 1;
    }
}

/* Choices are kept as bool where there are two of them, as a number otherwise. */
static int set_choice(js_request *q, const entry *e, const char *v, size_t len, js_problem *p)
{
    static const int units[] = {LS_RANGES_BYTES, LS_RANGES_CODE_POINTS, LS_RANGES_UTF16};
    const js_param *d = &e->pub;
    int n = choice_of(d->choices, v, len);
    if (n < 0) {
        char list[64];
        snprintf(list, sizeof list, "%s", d->choices);
        for (char *c = list; *c; c++)
            if (*c == '|') *c = '/';
        return js_problem_set(p, "invalid_parameter", d->name, "%s: expected %s", d->name, list);
    }
    if (e->member == AT(range_unit)) q->range_unit = units[n];
    else if (e->member == AT(hidden)) q->hidden = true;
    else if (e->member == AT(fold)) q->fold = n;
    else if (e->member == AT(lead)) q->lead = n;
    else if (e->member == AT(histogram)) q->histogram = n - 1;
    else if (e->member == AT(format)) q->format = n == 0 ? JS_NDJSON : JS_CSV;
    else *(bool *)((char *)q + e->member) = n == 1;
    return LS_OK;
}

static int set_text(js_request *q, const entry *e, const char *v, size_t len, js_problem *p)
{
    const js_param *d = &e->pub;
    if (len > (size_t)d->max)
        return js_problem_set(p, "invalid_parameter", d->name, "%s: at most %lld bytes, found %zu", d->name,
                              (long long)d->max, len);
    bool query = e->member == AT(q);
    if (len == 0 && !query && e->member != AT(highlight_pre) && e->member != AT(highlight_post))
        return LS_OK; /* an empty field of a form */
    char **s = (char **)((char *)q + e->member);
    if ((*s = copy(v, len)) == NULL) return no_memory(p);
    if (query) {
        q->q_len = len;
        q->has_q = true;
    }
    return LS_OK;
}

static int unknown(const js_request *q, const char *name, size_t len, js_problem *p)
{
    char shown[64], near[72], there[400];
    size_t n = len < sizeof shown ? len : sizeof shown - 1;
    memcpy(shown, name, n);
    shown[n] = '\0';
    const js_param *guess = js_param_guess(name, len, q->uses);
    const char *own = guess ? guess->name : q->uses & ALL ? js_own_guess(near, q->schema, name, len) : NULL;
    if (own)
        return js_problem_set(p, "invalid_parameter", shown, "unknown parameter '%s'; did you mean '%s'?", shown, own);
    bool elsewhere = js_param_find(name, len, ~0u) != NULL; /* what the index has is no help then */
    if (!elsewhere && (q->uses & ALL) && js_own_names(there, sizeof there, q->schema))
        return js_problem_set(p, "invalid_parameter", shown,
                              "unknown parameter '%s'; of this index's own fields there are %s", shown, there);
    return js_problem_set(p, "invalid_parameter", shown, "unknown parameter '%s'%s", shown,
                          elsewhere ? " in this request" : "");
}

int js_request_set(js_request *q, const char *name, size_t name_len, const char *value, size_t value_len, js_problem *p)
{
    const entry *e = find(name, name_len, q->uses);
    if (value == NULL) value = ""; /* a name without = */
    if (e == NULL && (q->uses & ALL) && js_own_is(q->schema, name, name_len))
        return js_own_set(q, name, name_len, value, value_len, p);
    if (e == NULL) return unknown(q, name, name_len, p);
    const js_param *d = &e->pub;
    uint64_t bit = (uint64_t)1 << (size_t)(e - table);
    if ((q->seen & bit) && d->kind != JS_LIST)
        return js_problem_set(p, "invalid_parameter", d->name, "%s: given twice", d->name);
    if (memchr(value, '\0', value_len) && e->member != AT(q))
        return js_problem_set(p, "invalid_parameter", d->name, "%s: a NUL character", d->name);
    q->seen |= bit;
    void *member = (char *)q + e->member;
    switch (d->kind) {
    case JS_TEXT:
        return set_text(q, e, value, value_len, p);
    case JS_LIST:
        return set_list(member, d, value, value_len, p);
    case JS_INT:
        return set_int(member, d, value, value_len, p);
    case JS_BOOL:
        return set_bool(member, d, value, value_len, p);
    case JS_NUMBER:
        return set_number(member, d, value, value_len, p);
    case JS_CHOICE:
        break;
    }
    return set_choice(q, e, value, value_len, p);
}
