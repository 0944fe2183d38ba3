/* cmd_suggest.c — libsearch suggest: what the text typed so far may become. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static void print_people(const ls_suggestions *s)
{
    for (size_t i = 0; i < s->count; i++) {
        cli_text(s->completions[i].text, strlen(s->completions[i].text), false);
        cli_print(": %llu\n", (unsigned long long)s->completions[i].documents);
    }
    if (s->did_you_mean == NULL) return;
    cli_print("did_you_mean: ");
    cli_text(s->did_you_mean, strlen(s->did_you_mean), false);
    cli_print("\n");
}

static int run(cli_call *c)
{
    ls_reader *r = NULL;
    ls_suggestions *s = NULL;
    ls_error err = {0};
    js_text t = {0};
    char *text = cli_join(c->args + 1, c->count - 1);
    if (text == NULL) return cli_fail("no memory");
    int status = cli_open(&r, c->args[0]);
    size_t limit = (size_t)c->request.limit;
    if (status == CLI_OK && ls_suggest(&s, r, text, strlen(text), limit, &err) != LS_OK)
        status = cli_fail_with(&err, c->args[0]);
    if (status == CLI_OK && (cli_has(c, "json") || c->request.opensearch)) {
        if (js_write_suggest(&t, r, text, strlen(text), limit, c->request.opensearch, &err) != LS_OK)
            status = cli_fail_with(&err, c->args[0]);
        else cli_out(t.data, t.len), cli_out("\n", 1);
    } else if (status == CLI_OK) {
        print_people(s);
    }
    if (status == CLI_OK && s->count == 0 && s->did_you_mean == NULL) status = CLI_NOTHING;
    ls_suggestions_free(s);
    js_text_free(&t);
    ls_reader_close(r);
    free(text);
    return status;
}

static const cli_flag flags[] = {{"json", NULL, "the object of /v1/suggest"}, {NULL, NULL, NULL}};
const cli_command cli_suggest = {.name = "suggest",
                                 .arguments = "INDEX TEXT",
                                 .summary = "words and titles that begin so, and did-you-mean",
                                 .about = "Prints a line for each completion, with the number of its articles.\n",
                                 .flags = flags,
                                 .params = JS_FOR_SUGGEST,
                                 .min = 2,
                                 .max = -1,
                                 .run = run};
