/* cmd_stats.c — libsearch stats: what an index holds. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void line(const char *name, uint64_t v)
{
    cli_print("%s: %llu\n", name, (unsigned long long)v);
}

static void print_language(void *ctx, const char *code, size_t len, uint64_t documents)
{
    (void)ctx;
    cli_print(" ");
    cli_text(code, len, false);
    cli_print("=%llu", (unsigned long long)documents);
}

static int print_people(const cli_call *c, const ls_reader *r)
{
    LS_INIT(ls_stats, s);
    ls_error err = {0};
    char date[40];
    bool sizes = cli_has(c, "sizes");
    int rc = sizes ? ls_reader_stats(r, &s, &err) : ls_reader_summary(r, &s, &err);
    if (rc != LS_OK) return cli_fail_with(&err, c->args[0]);
    line("generation", s.generation);
    line("documents", s.documents);
    line("segments", s.segments);
    line("bytes", s.bytes);
    line("terms", s.terms);
    line("forms", s.forms);
    ls_date_format(s.created, date, sizeof date);
    cli_print("created: %s\n", date);
    cli_print("languages:");
    if (js_languages(r, print_language, NULL, &err) != LS_OK) return cli_fail_with(&err, c->args[0]);
    cli_print("\n");
    if (!sizes) return CLI_OK;
    line("deleted", s.deleted);
    line("words", s.words);
    line("postings", s.postings);
    line("postings_bytes", s.postings_bytes);
    line("positions", s.positions);
    line("positions_bytes", s.positions_bytes);
    line("forms_bytes", s.forms_bytes);
    line("dictionary_bytes", s.dictionary_bytes);
    line("stored_bytes", s.stored_bytes);
    return CLI_OK;
}

static int print_json(const cli_call *c, const ls_reader *r, bool schema)
{
    js_text t = {0};
    ls_error err = {0};
    int rc = LS_OK;
    if (schema) js_write_schema(&t, ls_reader_schema(r));
    else rc = js_write_stats(&t, r, &err);
    js_putc(&t, '\n');
    if (rc == LS_OK) rc = js_text_rc(&t, &err);
    if (rc == LS_OK) cli_out(t.data, t.len);
    js_text_free(&t);
    return rc == LS_OK ? CLI_OK : cli_fail_with(&err, c->args[0]);
}

/* The index's own lists, and the lines found behind them: what --boilerplate of other sub-commands reads. */
static int print_lists(const cli_call *c, const ls_reader *r, const ls_boilerplate *found)
{
    js_text t = {0};
    ls_schema *lists = NULL;
    ls_error err = {0};
    const ls_boilerplate_line *b;
    int rc = ls_schema_new(&lists, &err);
    if (rc == LS_OK) rc = cli_add_lists(lists, ls_reader_schema(r), &err);
    for (size_t i = 0; rc == LS_OK && (b = ls_boilerplate_at(found, i)) != NULL; i++)
        rc = ls_schema_add_boilerplate(lists, b->source, b->line, &err);
    if (rc == LS_OK) js_write_boilerplate(&t, lists);
    js_putc(&t, '\n');
    if (rc == LS_OK) rc = js_text_rc(&t, &err);
    if (rc == LS_OK) cli_out(t.data, t.len);
    js_text_free(&t);
    ls_schema_free(lists);
    return rc == LS_OK ? CLI_OK : cli_fail_with(&err, c->args[0]);
}

static void print_lines(const ls_boilerplate *found)
{
    const ls_boilerplate_line *b, *last = NULL;
    for (size_t i = 0; (b = ls_boilerplate_at(found, i)) != NULL; last = b, i++) {
        if (!last || strcmp(last->source, b->source) != 0) {
            cli_text(b->source, strlen(b->source), false);
            cli_print(" (%llu articles)\n", (unsigned long long)b->of);
        }
        cli_print("%8llu %5.1f%%  ", (unsigned long long)b->documents, 100 * (double)b->documents / (double)b->of);
        cli_text(b->line, strlen(b->line), false);
        cli_print("\n");
    }
}

static int print_boilerplate(const cli_call *c, const ls_reader *r)
{
    ls_boilerplate *found = NULL;
    ls_error err = {0};
    if (ls_boilerplate_find(&found, r, NULL, &err) != LS_OK) return cli_fail_with(&err, c->args[0]);
    int status = CLI_OK;
    if (cli_has(c, "json")) status = print_lists(c, r, found);
    else print_lines(found);
    ls_boilerplate_free(found);
    return status;
}

static int run(cli_call *c)
{
    ls_reader *r = NULL;
    int status = cli_open(&r, c->args[0]);
    if (status == CLI_OK) {
        if (cli_has(c, "boilerplate")) status = print_boilerplate(c, r);
        else if (cli_has(c, "json") || cli_has(c, "schema")) status = print_json(c, r, cli_has(c, "schema"));
        else status = print_people(c, r);
    }
    ls_reader_close(r);
    return status;
}

static const cli_flag flags[] = {{"json", NULL, "the object of /v1/stats"},
                                 {"sizes", NULL, "also the size of each structure"},
                                 {"schema", NULL, "the schema instead, as JSON for --schema"},
                                 {"boilerplate", NULL, "lines that articles of a source repeat instead"},
                                 {NULL, NULL, NULL}};
const cli_command cli_stats = {
    .name = "stats",
    .arguments = "INDEX",
    .summary = "documents, sizes, languages of an index",
    .about = "With --boilerplate: whole lines that ten articles of a source or more, and one in\n"
             "a hundred, repeat, and that are no boilerplate yet. Look at them: headings recur too.\n"
             "With --json as well the lists of INDEX with those lines added, to be edited and\n"
             "given to add or reindex as --boilerplate FILE, or put into a schema.\n",
    .flags = flags,
    .min = 1,
    .max = 1,
    .run = run};
