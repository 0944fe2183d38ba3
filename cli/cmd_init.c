/* cmd_init.c — libsearch init: an empty index. */
#include "cli/cli.h"

static int run(cli_call *c)
{
    ls_schema *schema = NULL;
    ls_writer *w = NULL;
    int status = cli_schema(&schema, cli_value(c, "schema"));
    if (status == CLI_OK)
        status = cli_open_writer(&w, c->args[0], LS_WRITER_CREATE | LS_WRITER_EXCLUSIVE, schema, 0, 0);
    if (status == CLI_OK) status = cli_commit(w, c->args[0]);
    ls_writer_close(w);
    ls_schema_free(schema);
    return status;
}

static const cli_flag flags[] = {{"schema", "FILE", "fields of one's own, as JSON (default: those of news articles)"},
                                 {NULL, NULL, NULL}};
const cli_command cli_init = {
    .name = "init",
    .arguments = "INDEX",
    .summary = "make an empty index",
    .about = "Makes the directory INDEX; an error where there is an index already.\n"
             "A schema looks like this (types: text, keyword, integer, date, stored):\n"
             "  {\"language\":\"english\",\"fields\":{\"title\":{\"type\":\"text\",\"weight\":3},\n"
             "   \"body\":{\"type\":\"text\"},\"source\":{\"type\":\"keyword\"},\"published\":{\"type\":\"date\"}},\n"
             "   \"boilerplate\":{\"*\":[\"Read on\"],\"The Daily Example\":[\"Sign up here\"]}}\n"
             "Boilerplate: whole lines that articles of a source, or of every one (*), repeat.\n"
             "They are found, but count nothing and are never shown (see libsearch stats).\n",
    .flags = flags,
    .min = 1,
    .max = 1,
    .run = run};
