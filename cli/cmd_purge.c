/* cmd_purge.c — libsearch purge: what was deleted or killed leaves the index's files. */
#include <string.h>

#include "cli/cli.h"

static int run(cli_call *c)
{
    ls_writer *w = NULL;
    ls_error err = {0};
    uint64_t rewritten = 0;
    int status = cli_open_writer(&w, c->args[0], 0, NULL, 0, 0);
    if (status == CLI_OK && ls_purge(w, &rewritten, &err) != LS_OK) status = cli_fail_with(&err, c->args[0]);
    if (status == CLI_OK) {
        cli_print("rewritten segments=%llu\n", (unsigned long long)rewritten);
        status = cli_commit(w, c->args[0]);
    }
    ls_writer_close(w);
    return status;
}

static const cli_flag flags[] = {{NULL, NULL, NULL}};
const cli_command cli_purge = {
    .name = "purge",
    .arguments = "INDEX",
    .summary = "take the bytes of deleted and killed articles off the disk",
    .about = "Rewrites every segment that holds such articles. Tombstones stay. Blocks that the\n"
             "file system has freed, backups and what a running reader holds open are beyond it.\n",
    .flags = flags,
    .min = 1,
    .max = 1,
    .run = run};
