/* help.c — --help, the overview and the manual pages, all from the tables of the sub-commands. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "json/utf8.h"

static const cli_flag help_flag = {"help", NULL, "this text"};

/* A parameter of a search as a flag: "snippet_length" → "snippet-length", "facets" → "facet". */
static void param_flag(const js_param *p, cli_flag *out, char *name, size_t name_cap, char *help, size_t help_cap)
{
    static const char *const args[] = {[JS_TEXT] = "TEXT", [JS_LIST] = "VALUE",    [JS_INT] = "N",
                                       [JS_BOOL] = NULL,   [JS_CHOICE] = "CHOICE", [JS_NUMBER] = "NUMBER"};
    snprintf(name, name_cap, "%s", strcmp(p->name, "facets") == 0 ? "facet" : p->name);
    for (char *c = name; *c; c++)
        if (*c == '_' || *c == '.') *c = '-';
    *out = (cli_flag){name, p->kind == JS_CHOICE ? p->choices : args[p->kind], help};
    if (p->fallback && p->kind != JS_BOOL) snprintf(help, help_cap, "%s (default %s)", p->help, p->fallback);
    else snprintf(help, help_cap, "%s", p->help);
}

void cli_each_flag(const cli_command *command, void (*fn)(void *ctx, const cli_flag *flag), void *ctx)
{
    const js_param *p;
    for (const cli_flag *f = command->flags; f && f->name; f++) fn(ctx, f);
    for (size_t i = 0; command->params && (p = js_param_at(i)) != NULL; i++) {
        char name[64], help[256];
        cli_flag f;
        bool own = false;
        if (!(p->uses & command->params) || strcmp(p->name, "q") == 0) continue;
        param_flag(p, &f, name, sizeof name, help, sizeof help);
        for (const cli_flag *o = command->flags; o && o->name; o++) own = own || strcmp(o->name, name) == 0;
        if (!own) fn(ctx, &f);
    }
    fn(ctx, &help_flag);
}

static void print_flag(void *ctx, const cli_flag *f)
{
    char left[64];
    (void)ctx;
    snprintf(left, sizeof left, "--%s%s%s", f->name, f->arg ? " " : "", f->arg ? f->arg : "");
    if (strlen(left) > 28) cli_print("  %s\n  %28s %s\n", left, "", f->help);
    else cli_print("  %-28s %s\n", left, f->help);
}

void cli_help(const cli_command *c)
{
    cli_print("libsearch %s [flags] %s\n%s\n", c->name, c->arguments, c->summary);
    if (c->about) cli_print("\n%s", c->about);
    cli_print("\nFlags:\n");
    cli_each_flag(c, print_flag, NULL);
}

static const char exits[] = "0: done, or something was found. 1: nothing was found. 2: an error, told in one line.\n";

void cli_overview(void)
{
    const cli_command *c;
    cli_print("libsearch COMMAND [flags] INDEX …\nfull-text search over articles\n\nCommands:\n");
    for (size_t i = 0; (c = cli_command_at(i)) != NULL; i++) cli_print("  %-12s %s\n", c->name, c->summary);
    cli_print(
        "\nlibsearch COMMAND --help tells more; libsearch --version the version. With --no-mmap any of them\n"
        "reads files instead of mapping them: a disk that fails is then an error, not a SIGBUS.\nExit status:\n  %s",
        exits);
}

/* ---- manual pages: troff ---- */

/* A character beyond ASCII by its number, as every troff reads it; returns its bytes. */
static size_t roff_character(const char *s)
{
    uint32_t cp;
    bool valid;
    size_t n = js_utf8_next(s, strlen(s), &cp, &valid);
    cli_print("\\[u%04X]", (unsigned)cp);
    return n;
}

/* Text with what troff would take for its own made harmless. */
static void roff(const char *s)
{
    bool line_start = true;
    for (; *s; s++) {
        if (line_start && (*s == '.' || *s == '\'')) cli_print("\\&");
        if (*s == '\\') cli_print("\\e");
        else if (*s == '-') cli_print("\\-");
        else if ((unsigned char)*s >= 0x80) s += roff_character(s) - 1;
        else cli_out(s, 1);
        line_start = *s == '\n';
    }
}

static void roff_flag(void *ctx, const cli_flag *f)
{
    (void)ctx;
    cli_print(".TP\n\\fB\\-\\-");
    roff(f->name);
    cli_print("\\fR");
    if (f->arg) {
        cli_print(" \\fI");
        roff(f->arg);
        cli_print("\\fR");
    }
    cli_print("\n");
    roff(f->help);
    cli_print("\n");
}

static void roff_head(const char *title, const char *name, const char *summary)
{
    cli_print(".\\\" Made by libsearch --manual from the tables of cli/; do not edit.\n.TH ");
    for (const char *c = title; *c; c++) cli_print("%c", toupper((unsigned char)*c));
    cli_print(" 1 \"\" \"libsearch %s\" \"libsearch\"\n.SH NAME\n", ls_version());
    roff(name);
    cli_print(" \\- ");
    roff(summary);
    cli_print("\n.SH SYNOPSIS\n");
}

static void roff_environment(void)
{
    cli_print(".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nno colour, even on a terminal\n.SH EXIT STATUS\n");
    roff(exits);
}

static void manual_overview(void)
{
    const cli_command *c;
    roff_head("libsearch", "libsearch", "full-text search over articles");
    cli_print("\\fBlibsearch\\fR \\fICOMMAND\\fR [flags] \\fIINDEX\\fR ...\n.SH DESCRIPTION\n"
              "An index is one directory, written by one writer at a time and read by any number of readers.\n"
              ".SH COMMANDS\n");
    for (size_t i = 0; (c = cli_command_at(i)) != NULL; i++) {
        cli_print(".TP\n\\fBlibsearch\\-%s\\fR(1)\n", c->name);
        roff(c->summary);
        cli_print("\n");
    }
    cli_print(".SH OPTIONS\n.TP\n\\fB\\-\\-no\\-mmap\\fR\n"
              "of every command: files of an index are read instead of mapped, so that a disk that fails is an error "
              "and not a SIGBUS\n");
    roff_environment();
    cli_print(".SH SEE ALSO\n\\fBlibsearchd\\fR(8)\n");
}

void cli_manual(const cli_command *c)
{
    char name[64];
    if (c == NULL) {
        manual_overview();
        return;
    }
    snprintf(name, sizeof name, "libsearch-%s", c->name);
    roff_head(name, name, c->summary);
    cli_print("\\fBlibsearch %s\\fR [flags] \\fI", c->name);
    roff(c->arguments);
    cli_print("\\fR\n");
    if (c->about) {
        cli_print(".SH DESCRIPTION\n.nf\n");
        roff(c->about);
        cli_print(".fi\n");
    }
    cli_print(".SH OPTIONS\n");
    cli_each_flag(c, roff_flag, NULL);
    roff_environment();
    cli_print(".SH SEE ALSO\n\\fBlibsearch\\fR(1)\n");
}
