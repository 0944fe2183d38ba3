/* cmd_delete.c — libsearch delete: articles by id or by query. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static int delete_ids(const cli_call *c, ls_writer *w, uint64_t *deleted)
{
    for (int i = 1; i < c->count; i++) {
        ls_error err = {0};
        const char *id = c->args[i];
        int rc = ls_delete(w, id, strlen(id), &err);
        if (rc == LS_OK) (*deleted)++;
        else if (rc == LS_NOTFOUND || !js_id_valid(id, strlen(id))) cli_fail("%.128s: no document has this id", id);
        else return cli_fail_with(&err, c->args[0]);
    }
    return CLI_OK;
}

static int delete_query(const cli_call *c, ls_writer *w, const char *text, uint64_t *deleted)
{
    ls_query *q = NULL;
    ls_error err = {0};
    int rc = ls_query_parse(&q, ls_writer_schema(w), text, strlen(text), NULL, &err);
    if (rc == LS_OK) rc = ls_delete_query(w, q, deleted, &err);
    ls_query_free(q);
    return rc == LS_OK ? CLI_OK : cli_fail_with(&err, c->args[0]);
}

static int run(cli_call *c)
{
    ls_writer *w = NULL;
    uint64_t deleted = 0;
    const char *query = cli_value(c, "query");
    if ((query != NULL) == (c->count > 1)) return cli_fail("expected either ids or --query");
    int status = cli_open_writer(&w, c->args[0], 0, NULL, 0, 0);
    if (status == CLI_OK) status = query ? delete_query(c, w, query, &deleted) : delete_ids(c, w, &deleted);
    if (status == CLI_OK && deleted == 0) status = CLI_NOTHING;
    else if (status == CLI_OK) status = cli_commit(w, c->args[0]);
    ls_writer_close(w);
    return status;
}

static const cli_flag flags[] = {{"query", "QUERY", "delete everything that this query finds"}, {NULL, NULL, NULL}};
const cli_command cli_delete = {.name = "delete",
                                .arguments = "INDEX ID … | INDEX --query QUERY",
                                .summary = "delete articles by id or by query",
                                .about = "Nothing bars a deleted article from being added again. The exit status is 1\n"
                                         "where only unknown ids were named.\n",
                                .flags = flags,
                                .min = 1,
                                .max = -1,
                                .run = run};
