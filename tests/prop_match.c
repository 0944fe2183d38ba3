/* prop_match.c — what matches is what is highlighted: random texts and random queries of one leaf or one w/n. A
 * document is found by the search exactly where the highlighter finds a match in its title or its body. prop_match
 * [seed] [count of queries]
 */
#include "libsearch/libsearch.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCS 120

static uint64_t state;
static uint32_t rnd(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 33) % n);
}

/* clang-format off */
static const char *const words[] = {
    "arms", "arm", "Arms", "deal", "deals", "US", "us", "U.S.", "Jong-un", "jongun", "Jong", "un", "covid19",
    "COVID-19", "caf\xc3\xa9", "cafe", "stra\303\237e", "Strasse", "negotiation", "negotiations", "negotiate",
    "Zelensky", "Zelenskyy", "zelenskiy", "the", "of", "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd",
    "\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1", "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0", "AT&T",
    "O\xe2\x80\x99Neill", "shoigu\xe2\x80\x99s", "Shoigu", "a@b.cd", "2023", "co-operate", "cooperate"};
/* clang-format on */
#define WORDS (sizeof words / sizeof words[0])

static size_t make_text(char *out, uint32_t n, bool lines)
{
    static const char *const ends[] = {". ", "! ", "? ", ".\n\n", ", ", "; ", " \"", "\" ", "\n\nRead also: "};
    size_t len = 0;
    for (uint32_t i = 0; i < n; i++) {
        len += (size_t)sprintf(out + len, "%s", words[rnd(WORDS)]);
        uint32_t e = rnd(30);
        len += (size_t)sprintf(out + len, "%s", e < (lines ? 9u : 3u) ? ends[e] : " ");
    }
    return len;
}

static const char *word(void)
{
    return words[rnd(WORDS)];
}

static void make_query(char *out, size_t cap)
{
    static const char *const ops[] = {"w/1", "w/2", "w/5", "pre/1", "pre/3", "w/s", "w/p", "w/300"};
    static const char *const patterns[] = {"neg*",        "zel*y",         "*skyy", "ar?s",
                                           "c*f\xc3\xa9", "\xe4\xba\xac*", "jong*", "co*19"};
    static const char *const capitals[] = {"US", "us", "Arms", "arms", "caf\xc3\xa9", "Shoigu"};
    const char *field = rnd(4) ? "" : rnd(2) ? "title:" : "body:";
    switch (rnd(11)) {
    case 0:
        snprintf(out, cap, "%s%s", field, word());
        return;
    case 1:
        snprintf(out, cap, "%s\"%s\"", field, word());
        return;
    case 2:
        snprintf(out, cap, "%s\"%s %s\"", field, word(), word());
        return;
    case 3:
        snprintf(out, cap, "%s\"%s %s\"~", field, word(), word());
        return;
    case 4:
        snprintf(out, cap, "%s\"%s %s %s\"~%u", field, word(), word(), word(), rnd(5));
        return;
    case 5:
        snprintf(out, cap, "%s%s", field, patterns[rnd(sizeof patterns / sizeof patterns[0])]);
        return;
    case 6:
        snprintf(out, cap, "%s%s~%u", field, word(), 1 + rnd(2));
        return;
    case 7:
        snprintf(out, cap, "%scaps(%s)", field, capitals[rnd(6)]);
        return;
    case 8:
        snprintf(out, cap, "%s %s %s", word(), ops[rnd(8)], word());
        return;
    case 9:
        snprintf(out, cap, "(%s OR \"%s %s\") %s %s", word(), word(), word(), ops[rnd(8)], word());
        return;
    default:
        snprintf(out, cap, "hlead:%s", word());
    }
}

static int build(const char *path)
{
    static char title[4096], body[65536];
    static const char *const languages[] = {"english", "german", "russian", "none"};
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    ls_error err = {0};
    ls_writer_options o = {.size = sizeof o, .flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE};
    if (ls_writer_open(&w, path, &o, &err) || ls_doc_new(&d, &err)) return fprintf(stderr, "%s\n", err.message), 1;
    for (uint32_t i = 0; i < DOCS; i++) {
        char id[16];
        ls_doc_clear(d);
        ls_doc_set_id(d, id, (size_t)sprintf(id, "d%u", i), NULL);
        ls_doc_add_text(d, "title", title, make_text(title, 1 + rnd(8), false), NULL);
        ls_doc_add_text(d, "body", body, make_text(body, rnd(10) ? 10 + rnd(60) : 300, true), NULL);
        ls_doc_set_language(d, languages[rnd(8) < 6 ? 0 : 1 + rnd(3)], NULL);
        if (ls_add(w, d, NULL, &err)) return fprintf(stderr, "%s\n", err.message), 1;
        if (i % 50 == 49 && ls_commit(w, NULL, &err)) return fprintf(stderr, "%s\n", err.message), 1;
        if (i > 10 && rnd(12) == 0) ls_delete(w, id, strlen(id), NULL);
    }
    int rc = ls_commit(w, NULL, &err);
    ls_doc_free(d);
    ls_writer_close(w);
    return rc;
}

static bool same_ranges(const ls_range *a, const ls_range *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].start != b[i].start || a[i].end != b[i].end) return false;
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_snippets(const ls_snippets *a, const ls_snippets *b)
{
    if (a->count != b->count || a->match_count != b->match_count || !same_text(a->title_html, b->title_html) ||
        !same_ranges(a->matches, b->matches, a->match_count))
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const ls_snippet *x = &a->snippets[i], *y = &b->snippets[i];
        if (!same_text(x->field, y->field) || !same_text(x->text, y->text) || !same_text(x->html, y->html) ||
            x->range_count != y->range_count || !same_ranges(x->ranges, y->ranges, x->range_count) ||
            !same_ranges(&x->place, &y->place, 1))
            return false;
    }
    return true;
}

/* 1 where the document has a mark, 0 where not, negative on failure, also where a highlighter that has read other
 * documents before says anything else than one of its own. */
static int has_mark(const ls_reader *r, const ls_query *q, ls_highlighter *h, uint64_t doc)
{
    ls_snippets *s = NULL, *again = NULL;
    ls_doc *d = NULL;
    ls_error err = {0};
    ls_snippet_options o = {.size = sizeof o, .all_matches = 1};
    if (ls_snippets_make(&s, r, q, doc, &o, &err)) return fprintf(stderr, "%s\n", err.message), -1;
    int yes = s->match_count || (s->title_html && strstr(s->title_html, "<mark>"));
    if (doc % 2 && ls_reader_doc(&d, r, doc, &err)) yes = -1;
    if (ls_highlighter_make(&again, h, doc, d, &err) || !same_snippets(s, again)) {
        fprintf(stderr, "document %u: a highlighter says otherwise %s\n", (unsigned)doc, err.message);
        yes = -1;
    }
    ls_snippets_free(s);
    ls_snippets_free(again);
    ls_doc_free(d);
    return yes;
}

static int check(const ls_reader *r, const char *text, uint64_t *found)
{
    ls_query *q = NULL;
    ls_results *res = NULL;
    ls_error err = {0};
    static char hit[DOCS + 1];
    int bad = 0;
    ls_highlighter *h = NULL;
    ls_snippet_options o = {.size = sizeof o, .all_matches = 1};
    ls_search_options so = {.size = sizeof so, .limit = DOCS};
    if (ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err) || ls_search(&res, r, q, &so, &err) ||
        ls_highlighter_open(&h, r, q, &o, &err)) {
        return fprintf(stderr, "%s\n", err.message), 1;
    }
    memset(hit, 0, sizeof hit);
    for (size_t i = 0; ls_results_hit(res, i); i++) hit[ls_results_hit(res, i)->doc] = 1;
    for (uint64_t doc = UINT64_MAX; ls_reader_next(r, &doc, NULL) == LS_OK;) {
        int marked = has_mark(r, q, h, doc);
        *found += (uint64_t)hit[doc];
        if (marked == hit[doc]) continue;
        ls_doc *d = NULL;
        bad++;
        ls_reader_doc(&d, r, doc, NULL);
        printf("FAILED: %s (%s): %s, but %s\n  title: %s\n  body: %.1500s\n", text, ls_query_parsed(q),
               hit[doc] ? "found" : "not found", marked ? "highlighted" : "not highlighted",
               d ? ls_doc_text(d, "title", 0, NULL) : "", d ? ls_doc_text(d, "body", 0, NULL) : "");
        ls_doc_free(d);
        break;
    }
    ls_highlighter_close(h);
    ls_results_free(res);
    ls_query_free(q);
    return bad;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 4, found = 0;
    uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 200;
    char path[] = "/tmp/libsearch-prop_match-XXXXXX", command[64], text[512];
    int bad = 0;
    ls_reader *r = NULL;
    state = seed * 2654435761u + 88172645463325252u;
    printf("prop_match: seed %llu, %u queries over %u documents\n", (unsigned long long)seed, count, DOCS);
    if (!mkdtemp(path) || build(path) || ls_reader_open(&r, path, NULL, NULL)) return 2;
    for (uint32_t i = 0; i < count && bad < 5; i++) {
        make_query(text, sizeof text);
        bad += check(r, text, &found);
    }
    ls_reader_close(r);
    snprintf(command, sizeof command, "rm -rf %s", path);
    if (system(command)) return 2;
    printf("prop_match: %d failed; %llu documents found and highlighted\n", bad, (unsigned long long)found);
    return bad || !found;
}
