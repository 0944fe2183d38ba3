/* flags.c — the arguments of a sub-command by its tables: --flag VALUE, --flag=VALUE, -- ends the flags.
 *
 * The parameters of a search are flags too: snippet_length is --snippet-length, not.source is --not-source, facets may
 * be written --facet. Ignorant of what flags mean. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static int flag_number(const cli_command *c, const char *name, size_t len)
{
    for (int i = 0; c->flags && c->flags[i].name; i++)
        if (strlen(c->flags[i].name) == len && memcmp(c->flags[i].name, name, len) == 0) return i;
    return -1;
}

/* The parameter's name for a flag's: "not-source" → "not.source", "snippet-length" → "snippet_length". */
static void param_name(char *out, size_t cap, const char *flag, size_t len)
{
    size_t n = len < cap ? len : cap - 1;
    memcpy(out, flag, n);
    out[n] = '\0';
    if (strncmp(out, "not-", 4) == 0) out[3] = '.';
    for (char *p = out; *p; p++)
        if (*p == '-') *p = '_';
    if (strcmp(out, "facet") == 0) snprintf(out, cap, "facets");
}

static int unknown_flag(const cli_call *c, const char *arg, const char *param, size_t len)
{
    const js_param *guess = c->command->params ? js_param_guess(param, strlen(param), c->command->params) : NULL;
    if (guess) {
        char name[64];
        snprintf(name, sizeof name, "%s", guess->name);
        for (char *p = name; *p; p++)
            if (*p == '_' || *p == '.') *p = '-';
        return cli_fail("unknown flag '%.*s'; did you mean '--%s'?", (int)len + 2, arg, name);
    }
    return cli_fail("unknown flag '%.60s'; see libsearch %s --help (-- ends the flags%s)", arg, c->command->name,
                    c->command->params & JS_FOR_SHELL ? "; --filter NAME=VALUE is for fields of the schema" : "");
}

/* One flag at argv[i]; *used: how many arguments it took. */
static int take_flag(cli_call *c, int argc, char **argv, int i, int *used)
{
    const char *arg = argv[i], *name = arg + 2, *value = strchr(name, '=');
    size_t len = value ? (size_t)(value - name) : strlen(name);
    char param[64];
    const js_param *p = NULL;
    int flag = arg[1] == '-' ? flag_number(c->command, name, len) : -1;
    param_name(param, sizeof param, name, len);
    if (flag < 0 && arg[1] == '-' && c->command->params && strcmp(param, "q") != 0)
        p = js_param_find(param, strlen(param), c->command->params);
    if (flag < 0 && p == NULL) return unknown_flag(c, arg, param, len);
    bool takes = p ? p->kind != JS_BOOL : c->command->flags[flag].arg != NULL;
    *used = 1;
    if (value) value++;
    if (value && !takes && p == NULL) return cli_fail("--%.*s takes no value", (int)len, name);
    if (takes && value == NULL) {
        if (i + 1 >= argc) return cli_fail("--%.*s: expected a value", (int)len, name);
        value = argv[i + 1];
        *used = 2;
    }
    if (p == NULL) {
        c->values[flag] = value ? value : "";
        return CLI_OK;
    }
    js_problem problem = {0};
    if (value == NULL) value = "1";
    if (js_request_set(&c->request, p->name, strlen(p->name), value, strlen(value), &problem) != LS_OK)
        return cli_fail("--%s", problem.detail);
    return CLI_OK;
}

int cli_parse(cli_call *c, const cli_command *command, int argc, char **argv)
{
    *c = (cli_call){.command = command};
    js_request_init(&c->request, command->params);
    c->args = calloc((size_t)argc + 1, sizeof *c->args);
    if (c->args == NULL) return cli_fail("no memory");
    bool flags = true;
    for (int i = 0; i < argc;) {
        int used = 1, status = CLI_OK;
        if (flags && strcmp(argv[i], "--") == 0) flags = false;
        else if (flags && strcmp(argv[i], "--no-mmap") == 0) cli_read_unmapped();
        else if (flags && argv[i][0] == '-' && argv[i][1] != '\0') status = take_flag(c, argc, argv, i, &used);
        else c->args[c->count++] = argv[i];
        if (status != CLI_OK) return status;
        i += used;
    }
    if (c->count < command->min || (command->max >= 0 && c->count > command->max))
        return cli_fail("expected: libsearch %s %s", command->name, command->arguments);
    return CLI_OK;
}

void cli_call_free(cli_call *c)
{
    free(c->args);
    js_request_clear(&c->request);
}

const char *cli_value(const cli_call *c, const char *flag)
{
    int i = flag_number(c->command, flag, strlen(flag));
    return i < 0 ? NULL : c->values[i];
}

bool cli_has(const cli_call *c, const char *flag)
{
    return cli_value(c, flag) != NULL;
}

bool cli_number(uint64_t *out, const cli_call *c, const char *flag, uint64_t min, uint64_t max, uint64_t fallback)
{
    const char *v = cli_value(c, flag);
    char *end = NULL;
    *out = fallback;
    if (v == NULL) return true;
    errno = 0;
    unsigned long long n = v[0] >= '0' && v[0] <= '9' ? strtoull(v, &end, 10) : 0;
    if (end == NULL || *end != '\0' || errno != 0 || n < min || n > max) {
        cli_fail("--%s: expected a whole number from %llu to %llu, found '%.40s'", flag, (unsigned long long)min,
                 (unsigned long long)max, v);
        return false;
    }
    *out = n;
    return true;
}
