/* cmd_search.c — libsearch search: ranked results with snippets for people, JSON for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const char bold[] = "\033[1m", match[] = "\033[1;33m", dim[] = "\033[2m", plain[] = "\033[0m";

static void style(bool colour, const char *code)
{
    if (colour) cli_print("%s", code);
}

static void print_fact(const char *s, bool *first)
{
    if (s == NULL || s[0] == '\0') return;
    cli_print("%s", *first ? "   " : " · ");
    *first = false;
    cli_text(s, strlen(s), false);
}

static void print_facts(const js_facts *f, float score)
{
    char date[40] = "", words[40], points[40];
    bool first = true;
    if (f->has_published) ls_date_format(f->published, date, sizeof date);
    if (f->has_published) date[10] = '\0'; /* the day */
    snprintf(words, sizeof words, "%llu words", (unsigned long long)f->words);
    snprintf(points, sizeof points, "score %.3f", (double)score);
    print_fact(f->id, &first);
    print_fact(f->source, &first);
    print_fact(f->section, &first);
    print_fact(f->byline, &first);
    print_fact(date, &first);
    print_fact(words, &first);
    print_fact(points, &first);
    cli_print("\n");
}

/* Ranges are asked for in bytes. */
static void print_snippet(const ls_snippet *s, bool colour)
{
    size_t at = 0, len = strlen(s->text);
    cli_print("   ");
    for (size_t i = 0; i < s->range_count; i++) {
        cli_text(s->text + at, s->ranges[i].start - at, false);
        style(colour, match);
        cli_text(s->text + s->ranges[i].start, s->ranges[i].end - s->ranges[i].start, false);
        style(colour, plain);
        at = s->ranges[i].end;
    }
    cli_text(s->text + at, len - at, false);
    cli_print("\n");
}

static int print_explanation(const cli_call *c, const ls_reader *r, const ls_hit *hit)
{
    js_text t = {0};
    ls_error err = {0};
    int rc = js_write_explanation(&t, &c->request, r, hit, &err);
    if (rc == LS_OK && t.len > 0) cli_out(t.data, t.len);
    js_text_free(&t);
    return rc == LS_OK ? CLI_OK : cli_fail_with(&err, NULL);
}

static int print_hit(const cli_call *c, const ls_reader *r, js_found *f, const ls_hit *hit, size_t number)
{
    ls_error err = {0};
    ls_doc *d = NULL;
    ls_snippets *s = NULL;
    js_facts facts = {0};
    LS_INIT(ls_snippet_options, o);
    bool colour = cli_colour();
    o.count = (size_t)c->request.snippets;
    o.no_body = c->request.snippets == 0;
    o.length = (size_t)c->request.snippet_length;
    o.range_unit = LS_RANGES_BYTES;
    int rc = js_facts_read(&facts, &d, r, hit->doc, !o.no_body, &err);
    if (rc == LS_OK && !f->highlighter) rc = ls_highlighter_open(&f->highlighter, r, f->query, &o, &err);
    if (rc == LS_OK) rc = ls_highlighter_make(&s, f->highlighter, hit->doc, d, &err);
    if (rc == LS_OK) {
        cli_print("%zu. ", number);
        style(colour, bold);
        cli_text(facts.title, facts.title_len, false);
        style(colour, plain);
        cli_print("\n");
        style(colour, dim);
        print_facts(&facts, hit->score);
        style(colour, plain);
        for (size_t i = 0; i < s->count; i++) print_snippet(&s->snippets[i], colour);
        const ls_fold *fold = ls_results_fold(f->results, (size_t)(hit - ls_results_hit(f->results, 0)));
        if (fold)
            cli_print("   %zu similar, up to %.0f %% shared (%s)\n", fold->count, fold->max_shared * 100,
                      ls_relation_name(fold->relation));
    }
    js_facts_clear(&facts);
    ls_snippets_free(s);
    ls_doc_free(d);
    if (rc != LS_OK) return cli_fail_with(&err, NULL);
    return c->request.explain ? print_explanation(c, r, hit) : CLI_OK;
}

static void print_expanded(const js_found *f)
{
    const ls_feedback_word *w;
    js_text t = {0};
    for (size_t i = 0; (w = ls_feedback_at(f->feedback, i)) != NULL; i++) js_printf(&t, "%s%s", i ? ", " : "", w->word);
    if (t.data) cli_warn("the best have in common: %s", t.data);
    if (f->no_time) cli_warn("the deadline passed before words could be added");
    js_text_free(&t);
}

static void print_warnings(js_found *f)
{
    const ls_warning *w;
    const ls_synonym *s;
    const char *word;
    for (size_t i = 0; (s = ls_query_synonym(f->query, i)) != NULL; i++) {
        js_text t = {0};
        for (size_t k = 0; k < s->added_count; k++) js_printf(&t, "%s%s", k ? ", " : "", s->added[k]);
        cli_warn("'%s' also finds %s", s->word, t.data ? t.data : "");
        js_text_free(&t);
    }
    print_expanded(f);
    for (size_t i = 0; (w = ls_query_warning(f->query, i)) != NULL; i++) cli_warn("%s", w->message);
    for (size_t i = 0; (w = ls_results_warning(f->results, i)) != NULL; i++) cli_warn("%s", w->message);
    for (size_t i = 0; (word = ls_results_unmatched(f->results, i)) != NULL; i++)
        cli_warn("'%s' is in no document", word);
}

static void print_facets(const cli_call *c, js_found *f)
{
    const ls_facet_value *v;
    for (size_t i = 0; i < c->request.facets.count; i++) {
        cli_print("%s:\n", c->request.facets.items[i]);
        for (size_t j = 0; (v = ls_results_facet(f->results, i, j)) != NULL; j++) {
            cli_print("  ");
            cli_text(v->value, v->len, false);
            cli_print(" %llu\n", (unsigned long long)v->count);
        }
    }
}

static void print_histogram(const js_found *f)
{
    const ls_bucket *b;
    if (ls_results_histogram_unit(f->results) == LS_HISTOGRAM_AUTO) return;
    cli_print("published:\n");
    for (size_t i = 0; (b = ls_results_bucket(f->results, i)) != NULL; i++)
        cli_print("  %s %llu\n", b->date, (unsigned long long)b->count);
    cli_print("  undated %llu\n", (unsigned long long)ls_results_undated(f->results));
}

/* Nothing was found: what was likely meant, and that some of the words may do. */
static void print_ways_out(const cli_call *c, const ls_reader *r, js_found *f)
{
    ls_suggestions *s = NULL;
    if (ls_did_you_mean(&s, r, c->request.q, c->request.q_len, NULL) == LS_OK && s->did_you_mean) {
        cli_print("did you mean: ");
        cli_text(s->did_you_mean, strlen(s->did_you_mean), false);
        cli_print("\n");
    }
    ls_suggestions_free(s);
    if (!c->request.any && strchr(ls_query_parsed(f->query), ' '))
        cli_print("--match any finds articles with any of the words\n");
}

static void print_end(const cli_call *c, const ls_reader *r, js_found *f)
{
    ls_results_info info = ls_results_get(f->results);
    print_facets(c, f);
    print_histogram(f);
    cli_print("%s%llu document%s", info.total_is_exact ? "" : "at least ", (unsigned long long)info.total,
              info.total == 1 ? "" : "s");
    if (c->request.fold || c->request.latest)
        cli_print(", %s%llu without their copies", info.total_leads_is_exact ? "" : "at least ",
                  (unsigned long long)info.total_leads);
    if (info.count > 0 && info.count < (c->request.fold || c->request.latest ? info.total_leads : info.total))
        cli_print(", %llu to %llu shown", (unsigned long long)c->request.offset + 1,
                  (unsigned long long)c->request.offset + info.count);
    cli_print("%s\n", info.timed_out ? " (the deadline passed: not all was searched)" : "");
    if (info.undated_excluded > 0)
        cli_print("%llu without a date left out\n", (unsigned long long)info.undated_excluded);
    if (info.total == 0 && c->request.q_len > 0) print_ways_out(c, r, f);
}

static int print_people(const cli_call *c, const ls_reader *r, js_found *f)
{
    const ls_hit *hit;
    int status = CLI_OK;
    print_warnings(f);
    for (size_t i = 0; status == CLI_OK && !cli_closed() && (hit = ls_results_hit(f->results, i)) != NULL; i++)
        status = print_hit(c, r, f, hit, (size_t)c->request.offset + i + 1);
    if (status == CLI_OK) print_end(c, r, f);
    return status;
}

static int print_json(const cli_call *c, const ls_reader *r, js_found *f, bool lines)
{
    js_text t = {0};
    ls_error err = {0};
    const ls_hit *hit;
    int rc = LS_OK;
    if (!lines) {
        rc = js_write_search(&t, &c->request, r, f, &err);
        js_putc(&t, '\n');
    }
    for (size_t i = 0; lines && rc == LS_OK && !cli_closed() && (hit = ls_results_hit(f->results, i)) != NULL; i++) {
        js_text_reset(&t);
        rc = js_write_hit(&t, &c->request, r, f, hit, &err);
        js_putc(&t, '\n');
        if (rc == LS_OK) cli_out(t.data, t.len);
    }
    if (!lines && rc == LS_OK && !t.failed) cli_out(t.data, t.len);
    js_text_free(&t);
    return rc == LS_OK ? CLI_OK : cli_fail_with(&err, NULL);
}

static int run(cli_call *c)
{
    ls_reader *r = NULL;
    js_found f = {0};
    js_problem p = {0};
    ls_synonyms *synonyms = NULL;
    char *text = cli_join(c->args + 1, c->count - 1);
    if (text == NULL) return cli_fail("no memory");
    int status = cli_open_scoped(&r, c->args[0], c->request.hidden);
    if (status == CLI_OK) status = cli_synonyms(&synonyms, cli_value(c, "synonyms"), ls_reader_schema(r));
    c->request.synonyms = synonyms;
    if (status == CLI_OK &&
        (js_request_set(&c->request, "q", 1, text, strlen(text), &p) != LS_OK ||
         js_request_ready(&c->request, ls_reader_schema(r), &p) != LS_OK || js_find(&f, &c->request, r, &p) != LS_OK))
        status = cli_fail("%s", p.detail);
    if (status == CLI_OK && (cli_has(c, "json") || cli_has(c, "ndjson")))
        status = print_json(c, r, &f, cli_has(c, "ndjson"));
    else if (status == CLI_OK) status = print_people(c, r, &f);
    if (status == CLI_OK && ls_results_get(f.results).total == 0) status = CLI_NOTHING;
    js_found_clear(&f);
    ls_synonyms_free(synonyms);
    ls_reader_close(r);
    free(text);
    return status;
}

static const cli_flag flags[] = {{"json", NULL, "the object of /v1/search"},
                                 {"ndjson", NULL, "one hit a line, as JSON"},
                                 {"synonyms", "FILE", "words that mean the same, a line each: Kyiv, Kiev"},
                                 {NULL, NULL, NULL}};
const cli_command cli_search = {.name = "search",
                                .arguments = "INDEX QUERY",
                                .summary = "find articles, the best first, with passages",
                                .about =
                                    "QUERY is all that stands behind INDEX: words (all must be there), \"phrases\",\n"
                                    "AND OR NOT and ( ), a w/5 b, prefix*, fuzzy~, title:x, date:2023-08. An empty\n"
                                    "one finds every article. -- before a query that begins with a dash.\n",
                                .flags = flags,
                                .params = JS_FOR_COMMAND | JS_FOR_SHELL,
                                .min = 2,
                                .max = -1,
                                .run = run};
