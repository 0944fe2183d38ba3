/* cmd_similar.c — libsearch similar: the articles that share text with one. */
#include <string.h>

#include "cli/cli.h"

static int print_one(const ls_reader *r, const ls_similar *s, ls_error *err)
{
    ls_doc *d = NULL;
    js_facts f = {0};
    int rc = js_facts_read(&f, &d, r, s->doc, false, err);
    if (rc == LS_OK) {
        cli_print("%3.0f %% %-8s ", s->shared * 100, ls_relation_name(s->relation));
        cli_text(f.id, f.id_len, false);
        cli_print(" ");
        cli_text(f.title, f.title_len, false);
        if (f.source) {
            cli_print(" · ");
            cli_text(f.source, strlen(f.source), false);
        }
        cli_print("\n");
    }
    js_facts_clear(&f);
    ls_doc_free(d);
    return rc;
}

static int print_people(const ls_reader *r, const ls_similar_list *list, ls_error *err)
{
    int rc = LS_OK;
    for (size_t i = 0; rc == LS_OK && i < list->count; i++) rc = print_one(r, &list->items[i], err);
    return rc;
}

static int similar(const cli_call *c, const ls_reader *r, const char *id, size_t limit)
{
    LS_INIT(ls_similar_options, o);
    ls_similar_list *list = NULL;
    ls_error err = {0};
    js_text t = {0};
    uint64_t doc;
    size_t count = 0;
    o.limit = limit;
    o.no_passages = 1;
    int rc = ls_reader_find(r, id, strlen(id), &doc, &err);
    if (rc == LS_NOTFOUND || (rc == LS_INVALID && !js_id_valid(id, strlen(id)))) {
        cli_fail("%.128s: no document has this id", id);
        return CLI_NOTHING;
    }
    if (rc == LS_OK) rc = ls_similar_find(&list, r, doc, &o, &err);
    if (rc == LS_OK) count = list->count;
    if (rc == LS_OK && cli_has(c, "json")) {
        rc = js_write_similar(&t, r, id, strlen(id), limit, LS_RANGES_CODE_POINTS, NULL, NULL, &err);
        js_putc(&t, '\n');
        if (rc == LS_OK) cli_out(t.data, t.len);
    } else if (rc == LS_OK) {
        rc = print_people(r, list, &err);
    }
    js_text_free(&t);
    ls_similar_free(list);
    if (rc != LS_OK) return cli_fail_with(&err, c->args[0]);
    return count ? CLI_OK : CLI_NOTHING;
}

static int run(cli_call *c)
{
    ls_reader *r = NULL;
    uint64_t limit;
    if (!cli_number(&limit, c, "limit", 1, 1000, 20)) return CLI_ERROR;
    int status = cli_open(&r, c->args[0]);
    if (status == CLI_OK) status = similar(c, r, c->args[1], (size_t)limit);
    ls_reader_close(r);
    return status;
}

static const cli_flag flags[] = {{"json", NULL, "the object of /v1/documents/{id}/similar"},
                                 {"limit", "N", "articles wanted (default 20)"},
                                 {NULL, NULL, NULL}};
const cli_command cli_similar = {.name = "similar",
                                 .arguments = "INDEX ID",
                                 .summary = "articles that share text with one",
                                 .about =
                                     "A line for each: how much of the one that shares more stands in the other, what\n"
                                     "it is (copy, excerpt, shared, update), id and title. The exit status is 1 where\n"
                                     "there is none.\n",
                                 .flags = flags,
                                 .min = 2,
                                 .max = 2,
                                 .run = run};
