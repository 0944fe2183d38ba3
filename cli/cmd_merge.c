/* cmd_merge.c — libsearch merge: fewer segments, deletions squeezed out. */
#include "cli/cli.h"

static int run(cli_call *c)
{
    ls_writer *w = NULL;
    ls_error err = {0};
    uint64_t segments;
    if (!cli_number(&segments, c, "segments", 1, 1000, 1)) return CLI_ERROR;
    int status = cli_open_writer(&w, c->args[0], LS_WRITER_NO_MERGE, NULL, 0, 0);
    if (status == CLI_OK && ls_merge(w, (size_t)segments, &err) != LS_OK) status = cli_fail_with(&err, c->args[0]);
    if (status == CLI_OK) { /* ls_merge commits; the line tells the generation it made */
        ls_reader *r = NULL;
        LS_INIT(ls_stats, s);
        status = cli_open(&r, c->args[0]);
        if (status == CLI_OK && ls_reader_summary(r, &s, &err) != LS_OK) status = cli_fail_with(&err, c->args[0]);
        ls_reader_close(r);
        if (status == CLI_OK) status = cli_committed(c->args[0], s.generation);
    }
    ls_writer_close(w);
    return status;
}

static const cli_flag flags[] = {{"segments", "N", "how many may be left (default 1)"}, {NULL, NULL, NULL}};
const cli_command cli_merge = {.name = "merge",
                               .arguments = "INDEX",
                               .summary = "merge segments, and squeeze deleted articles out",
                               .flags = flags,
                               .min = 1,
                               .max = 1,
                               .run = run};
