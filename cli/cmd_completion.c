/* cmd_completion.c — libsearch completion: the completions of a shell, made from the tables of the sub-commands. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void print_names(void)
{
    const cli_command *c;
    for (size_t i = 0; (c = cli_command_at(i)) != NULL; i++) cli_print("%s%s", i ? " " : "", c->name);
}

static void print_flag_name(void *ctx, const cli_flag *f)
{
    bool *first = ctx;
    cli_print("%s--%s", *first ? "" : " ", f->name);
    *first = false;
}

static void bash(void)
{
    const cli_command *c;
    cli_print("_libsearch() {\n    local cur=${COMP_WORDS[COMP_CWORD]}\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
              "        COMPREPLY=($(compgen -W '");
    print_names();
    cli_print("' -- \"$cur\"))\n        return\n    fi\n    local flags=\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; (c = cli_command_at(i)) != NULL; i++) {
        bool first = true;
        cli_print("    %s) flags='", c->name);
        cli_each_flag(c, print_flag_name, &first);
        cli_print("' ;;\n");
    }
    cli_print("    esac\n    case $cur in\n    -*) COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\")) ;;\n"
              "    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n    esac\n}\n"
              "complete -o filenames -F _libsearch libsearch\n");
}

/* Help in single quotes of a shell: without quotes, and without what zsh's _arguments takes for its own. */
static void print_help(const char *s)
{
    for (; *s; s++)
        if (!strchr("'[]:\\", *s)) cli_out(s, 1);
}

static void zsh_flag(void *ctx, const cli_flag *f)
{
    (void)ctx;
    cli_print(" \\\n            '--%s%s[", f->name, f->arg ? "=" : "");
    print_help(f->help);
    cli_print("]%s%s%s'", f->arg ? ":" : "",
              f->arg && !strchr(f->arg, '|') ? f->arg
              : f->arg                       ? "choice"
                                             : "",
              f->arg ? ":_files" : "");
}

static void zsh(void)
{
    const cli_command *c;
    cli_print("#compdef libsearch\n_libsearch() {\n    if (( CURRENT == 2 )); then\n        compadd ");
    print_names();
    cli_print("\n        return\n    fi\n    local command=$words[2]\n    words=(\"${(@)words[2,-1]}\")\n"
              "    (( CURRENT-- ))\n    case $command in\n");
    for (size_t i = 0; (c = cli_command_at(i)) != NULL; i++) {
        cli_print("    %s)\n        _arguments", c->name);
        cli_each_flag(c, zsh_flag, NULL);
        cli_print(" \\\n            '*:argument:_files' ;;\n");
    }
    cli_print("    esac\n}\n_libsearch \"$@\"\n");
}

static void fish_flag(void *ctx, const cli_flag *f)
{
    const cli_command *c = ctx;
    cli_print("complete -c libsearch -n '__fish_seen_subcommand_from %s' -l %s%s -d '", c->name, f->name,
              f->arg ? " -r" : "");
    print_help(f->help);
    cli_print("'\n");
}

static void fish(void)
{
    const cli_command *c;
    for (size_t i = 0; (c = cli_command_at(i)) != NULL; i++) {
        cli_print("complete -c libsearch -n __fish_use_subcommand -f -a %s -d '", c->name);
        print_help(c->summary);
        cli_print("'\n");
    }
    for (size_t i = 0; (c = cli_command_at(i)) != NULL; i++) {
        union {
            const void *in;
            void *out;
        } ctx = {c}; /* fish_flag only reads it */
        cli_each_flag(c, fish_flag, ctx.out);
    }
}

static int run(cli_call *c)
{
    if (strcmp(c->args[0], "bash") == 0) bash();
    else if (strcmp(c->args[0], "zsh") == 0) zsh();
    else if (strcmp(c->args[0], "fish") == 0) fish();
    else return cli_fail("expected bash, zsh or fish, found '%.40s'", c->args[0]);
    return CLI_OK;
}

const cli_command cli_completion = {.name = "completion",
                                    .arguments = "bash|zsh|fish",
                                    .summary = "print the completions for a shell",
                                    .about = "bash: source <(libsearch completion bash)\n",
                                    .min = 1,
                                    .max = 1,
                                    .run = run};
