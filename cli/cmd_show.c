/* cmd_show.c — libsearch show: whole articles by id. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void print_name(const char *name, const char *s)
{
    if (s == NULL || s[0] == '\0') return;
    cli_print("%s: ", name);
    cli_text(s, strlen(s), false);
    cli_print("\n");
}

static void print_date(const char *name, bool has, int64_t ms)
{
    char date[40];
    if (!has) return;
    ls_date_format(ms, date, sizeof date);
    print_name(name, date);
}

static void print_all(const ls_doc *d, const char *field)
{
    const char *s;
    size_t len;
    for (size_t i = 0; (s = ls_doc_text(d, field, i, &len)) != NULL; i++) print_name(field, s);
}

/* What is a field of the schema and no fact of an article. */
static void print_others(const ls_schema *s, const ls_doc *d)
{
    const ls_field *f;
    int64_t v;
    for (size_t i = 0; (f = js_other_field(s, &i)) != NULL;) {
        if (f->type != LS_INTEGER && f->type != LS_DATE) print_all(d, f->name);
        else if (ls_doc_int(d, f->name, &v) != LS_OK) continue;
        else if (f->type == LS_INTEGER) cli_print("%s: %lld\n", f->name, (long long)v);
        else if (v == INT64_MAX) cli_print("%s: without end\n", f->name);
        else print_date(f->name, true, v);
    }
}

static int print_people(const ls_schema *s, const ls_doc *d, ls_error *err)
{
    js_facts f;
    int rc = js_facts_get(&f, s, d, err);
    if (rc != LS_OK) return rc;
    cli_text(f.title, f.title_len, false);
    cli_print("\n\n");
    print_name("id", f.id);
    print_name("guid", f.guid);
    cli_print("version: %lld\n", (long long)f.version);
    print_name("title_source", f.title_source);
    print_all(d, "byline");
    print_all(d, "source");
    print_all(d, "section");
    print_all(d, "subjects");
    print_all(d, "places");
    print_name("language", f.language);
    print_date("published", f.has_published, f.published);
    print_name("date_source", f.date_source);
    print_date("updated", f.has_updated, f.updated);
    print_name("url", f.url);
    print_name("status", f.status);
    cli_print("words: %llu\n", (unsigned long long)f.words);
    print_others(s, d);
    print_name("extra", ls_doc_text(d, "extra", 0, NULL));
    cli_print("\n");
    cli_text(f.body, f.body_len, true);
    cli_print("\n");
    js_facts_clear(&f);
    return LS_OK;
}

static int show(const cli_call *c, const ls_reader *r, const char *id)
{
    ls_error err = {0};
    ls_doc *d = NULL;
    js_text t = {0};
    int rc = ls_get(&d, r, id, strlen(id), &err);
    if (rc == LS_NOTFOUND || (rc == LS_INVALID && !js_id_valid(id, strlen(id)))) {
        LS_INIT(ls_tombstone, tombstone);
        bool killed = ls_reader_tombstone(r, &tombstone, id, strlen(id), NULL) == LS_OK;
        cli_fail("%.128s: %s", id, killed ? "was withdrawn" : "no document has this id");
        return CLI_NOTHING;
    }
    if (rc == LS_OK && cli_has(c, "versions")) {
        rc = js_write_versions(&t, d, &err);
        js_putc(&t, '\n');
        if (rc == LS_OK) cli_out(t.data, t.len);
    } else if (rc == LS_OK && cli_has(c, "json")) {
        rc = js_write_document(&t, ls_reader_schema(r), d, &err);
        js_putc(&t, '\n');
        if (rc == LS_OK) cli_out(t.data, t.len);
    } else if (rc == LS_OK) {
        rc = print_people(ls_reader_schema(r), d, &err);
    }
    js_text_free(&t);
    ls_doc_free(d);
    return rc == LS_OK ? CLI_OK : cli_fail_with(&err, c->args[0]);
}

static int run(cli_call *c)
{
    ls_reader *r = NULL;
    const char *include = cli_value(c, "include");
    if (include && strcmp(include, "embargoed") != 0) return cli_fail("--include: expected embargoed");
    int status = cli_open_scoped(&r, c->args[0], include != NULL);
    bool missing = false;
    for (int i = 1; i < c->count && status == CLI_OK; i++) {
        if (i > 1 && !cli_has(c, "json") && !cli_has(c, "versions")) cli_print("\n");
        status = show(c, r, c->args[i]);
        missing = missing || status == CLI_NOTHING;
        if (status == CLI_NOTHING) status = CLI_OK;
    }
    ls_reader_close(r);
    return status == CLI_OK && missing ? CLI_NOTHING : status;
}

static const cli_flag flags[] = {{"json", NULL, "the object of /v1/documents/{id}, one a line"},
                                 {"versions", NULL, "the versions that the index has seen, as JSON"},
                                 {"include", "embargoed", "embargoed and withheld articles too"},
                                 {NULL, NULL, NULL}};
const cli_command cli_show = {.name = "show",
                              .arguments = "INDEX ID …",
                              .summary = "print articles: title, facts, body",
                              .flags = flags,
                              .min = 2,
                              .max = -1,
                              .run = run};
