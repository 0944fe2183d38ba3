/* main.c — the table of sub-commands, and which of them is meant. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const cli_command *const commands[] = {&cli_init,    &cli_add,       &cli_search, &cli_show,   &cli_similar,
                                              &cli_suggest, &cli_export,    &cli_kill,   &cli_delete, &cli_stats,
                                              &cli_check,   &cli_merge,     &cli_purge,  &cli_backup, &cli_reindex,
                                              &cli_salvage, &cli_completion};

const cli_command *cli_command_at(size_t i)
{
    return i < sizeof commands / sizeof commands[0] ? commands[i] : NULL;
}

const cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

/* libsearch help [SUB], libsearch --help, and --manual [SUB], from which man/ is made. */
static int help(int argc, char **argv, bool manual)
{
    const cli_command *c = argc > 2 ? cli_command_find(argv[2]) : NULL;
    if (argc > 2 && c == NULL) return cli_fail("unknown command '%.40s'; see libsearch --help", argv[2]);
    if (manual) cli_manual(c);
    else if (c) cli_help(c);
    else cli_overview();
    return cli_finish(CLI_OK);
}

int main(int argc, char **argv)
{
    cli_call call;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is seen where it is written to, and ends the output quietly */
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error like a full disk */
    if (argc < 2) {
        cli_overview();
        cli_finish(CLI_OK);
        return cli_fail("expected a command");
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return help(argc, argv, false);
    if (strcmp(name, "--manual") == 0) return help(argc, argv, true);
    if (strcmp(name, "--version") == 0) {
        cli_print("libsearch %s\n", ls_version());
        return cli_finish(CLI_OK);
    }
    const cli_command *command = cli_command_find(name);
    if (command == NULL) return cli_fail("unknown command '%.40s'; see libsearch --help", name);
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0) continue;
        cli_help(command);
        return cli_finish(CLI_OK);
    }
    int status = cli_parse(&call, command, argc - 2, argv + 2);
    if (status == CLI_OK) status = command->run(&call);
    cli_call_free(&call);
    return cli_finish(status);
}
