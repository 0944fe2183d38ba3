/* cmd_backup.c — libsearch backup: a copy of the last commit, also while a writer is at work. */
#include "cli/cli.h"

static int run(cli_call *c)
{
    ls_error err = {0};
    if (ls_backup(c->args[0], c->args[1], &err) != LS_OK) return cli_fail_with(&err, c->args[0]);
    return CLI_OK;
}

const cli_command cli_backup = {.name = "backup",
                                .arguments = "INDEX DIR",
                                .summary = "copy the last commit into a new directory",
                                .about = "Also while a writer is at work. DIR must not be there.\n",
                                .min = 2,
                                .max = 2,
                                .run = run};
