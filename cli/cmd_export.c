/* cmd_export.c — libsearch export: everything that a query finds, as NDJSON or CSV, in the order of the search. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* The newest commit there is, to know what was killed while the export runs. */
typedef struct latest {
    ls_reader *first, *now; /* now: NULL as long as nothing was committed behind the first */
} latest;

static bool killed(void *ctx, const ls_doc *d)
{
    latest *l = ctx;
    ls_reader *newer = NULL;
    if (ls_reader_refresh(&newer, l->now ? l->now : l->first, NULL) == LS_OK && newer) {
        ls_reader_close(l->now);
        l->now = newer;
    }
    return l->now && js_is_killed(l->now, d);
}

static int write_all(const cli_call *c, ls_reader *r)
{
    latest l = {r, NULL};
    js_export *e = NULL;
    js_problem p = {0};
    js_text t = {0};
    ls_error err = {0};
    bool more = true;
    if (js_export_open(&e, &c->request, r, c->request.format, &p) != LS_OK) return cli_fail("%s", p.detail);
    int status = CLI_OK;
    js_export_watch(e, killed, &l);
    while (status == CLI_OK && more && !cli_closed()) {
        js_text_reset(&t);
        if (js_export_next(e, &t, &more, &err) != LS_OK) status = cli_fail_with(&err, c->args[0]);
        else if (t.len > 0) cli_out(t.data, t.len);
    }
    if (status == CLI_OK && js_export_count(e) == 0) status = CLI_NOTHING;
    js_text_free(&t);
    js_export_close(e);
    ls_reader_close(l.now);
    return status;
}

static int run(cli_call *c)
{
    ls_reader *r = NULL;
    js_problem p = {0};
    ls_synonyms *synonyms = NULL;
    char *text = cli_join(c->args + 1, c->count - 1);
    if (text == NULL) return cli_fail("no memory");
    int status = cli_open_scoped(&r, c->args[0], c->request.hidden);
    if (status == CLI_OK) status = cli_synonyms(&synonyms, cli_value(c, "synonyms"), ls_reader_schema(r));
    c->request.synonyms = synonyms;
    if (status == CLI_OK && js_request_set(&c->request, "q", 1, text, strlen(text), &p) != LS_OK)
        status = cli_fail("%s", p.detail);
    if (status == CLI_OK) status = write_all(c, r);
    ls_synonyms_free(synonyms);
    ls_reader_close(r);
    free(text);
    return status;
}

static const cli_flag flags[] = {{"synonyms", "FILE", "words that mean the same, a line each: Kyiv, Kiev"},
                                 {NULL, NULL, NULL}};
const cli_command cli_export = {.name = "export",
                                .arguments = "INDEX [QUERY]",
                                .summary = "write everything found, as NDJSON or CSV",
                                .about =
                                    "Without a query every article. A line of NDJSON is the object of\n"
                                    "/v1/documents/{id} and can be given to libsearch add again. In CSV, cells that\n"
                                    "a spreadsheet would compute (= + - @ first) get a ' in front.\n",
                                .flags = flags,
                                .params = JS_FOR_EXPORT | JS_FOR_SHELL,
                                .min = 1,
                                .max = -1,
                                .run = run};
