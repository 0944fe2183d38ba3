/* cmd_check.c — libsearch check: verifies every byte and every structure of an index, and writes nothing. */
#include <stdio.h>

#include "cli/cli.h"

static void print_fault(void *ctx, const ls_error *e, const char *section)
{
    (void)ctx;
    cli_print("%s:", e->file);
    if (e->offset != UINT64_MAX) cli_print("%llu:", (unsigned long long)e->offset);
    cli_print(" %s: %s\n", section, e->message);
}

static int check_json(const char *path)
{
    js_text t = {0};
    ls_error err = {0};
    bool ok = false;
    int rc = js_write_check(&t, path, &ok, &err);
    js_putc(&t, '\n');
    if (rc == LS_OK && !t.failed) cli_out(t.data, t.len);
    js_text_free(&t);
    if (rc != LS_OK) return cli_fail_with(&err, path);
    return ok ? CLI_OK : CLI_ERROR;
}

static int run(cli_call *c)
{
    LS_INIT(ls_check_report, report);
    ls_error err = {0};
    if (cli_has(c, "json")) return check_json(c->args[0]);
    if (ls_check(c->args[0], print_fault, NULL, &report, &err) != LS_OK) return cli_fail_with(&err, c->args[0]);
    cli_print("ok generation=%llu documents=%llu segments=%llu\n", (unsigned long long)report.generation,
              (unsigned long long)report.documents, (unsigned long long)report.segments);
    return CLI_OK;
}

static const cli_flag flags[] = {{"json", NULL, "the report as one object"}, {NULL, NULL, NULL}};
const cli_command cli_check = {.name = "check",
                               .arguments = "INDEX",
                               .summary = "verify every byte of an index",
                               .about =
                                   "Writes nothing. Prints  ok generation=G documents=N segments=S  or a line for\n"
                                   "each fault,  FILE:OFFSET: SECTION: text  (and exits with 2).\n",
                               .flags = flags,
                               .min = 1,
                               .max = 1,
                               .run = run};
