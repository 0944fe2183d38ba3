/* cmd_salvage.c — libsearch salvage: a new index of what is sound in a damaged one, and a report of what is not.
 *
 * A lost page may cost ten thousand documents, each for the same reason: so damage is counted by its kind (the name of
 * the section, or "document"), and told at the end with the first of each; --verbose tells each as it is found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define KINDS_MAX 64 /* what comes beyond is counted with the last */

typedef struct kind {
    char name[64];
    uint64_t count;
    ls_error first;
} kind;

typedef struct damage {
    kind kinds[KINDS_MAX];
    size_t count;
} damage;

static void print_place(const ls_error *e)
{
    if (*e->file && e->offset != UINT64_MAX) cli_print("%s:%llu: ", e->file, (unsigned long long)e->offset);
    else if (*e->file) cli_print("%s: ", e->file);
}

static void print_fault(void *ctx, const ls_error *e, const char *what)
{
    (void)ctx;
    print_place(e);
    cli_print("%s: %s\n", what, e->message);
}

static void count_fault(void *ctx, const ls_error *e, const char *what)
{
    damage *d = ctx;
    size_t i = 0;
    while (i < d->count && strcmp(d->kinds[i].name, what) != 0) i++;
    if (i == KINDS_MAX) i--;
    if (i == d->count) {
        snprintf(d->kinds[i].name, sizeof d->kinds[i].name, "%s", what);
        d->kinds[i].first = *e;
        d->count++;
    }
    d->kinds[i].count++;
}

static void print_kinds(const damage *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const kind *k = &d->kinds[i];
        print_place(&k->first);
        cli_print("%s: %s", k->name, k->first.message);
        if (k->count > 1) cli_print(" (the first of %llu)", (unsigned long long)k->count);
        cli_print("\n");
    }
}

static void name_lost(const ls_schema *s)
{
    const ls_field *f;
    for (size_t i = 0; s && (f = ls_schema_field(s, i)) != NULL; i++)
        if (f->not_stored) cli_warn("field '%s' was not stored: documents of damaged segments are without it", f->name);
}

static int run(cli_call *c)
{
    LS_INIT(ls_salvage_options, o);
    LS_INIT(ls_salvage_report, report);
    ls_error err = {0};
    ls_schema *schema = NULL;
    ls_reader *r = NULL;
    int status = cli_schema(&schema, cli_value(c, "schema"));
    if (status != CLI_OK) return status;
    o.schema = schema;
    damage *found = calloc(1, sizeof *found);
    if (found == NULL) {
        ls_schema_free(schema);
        return cli_fail("no memory");
    }
    o.fault = cli_has(c, "verbose") ? print_fault : count_fault;
    o.ctx = found;
    int rc = ls_salvage(c->args[0], c->args[1], &o, &report, &err);
    ls_schema_free(schema);
    print_kinds(found);
    free(found);
    if (rc != LS_OK) return cli_fail_with(&err, c->args[0]);
    if ((status = cli_open(&r, c->args[1])) != CLI_OK) return status;
    if (report.faults) name_lost(ls_reader_schema(r));
    ls_reader_close(r);
    cli_print("salvaged documents=%llu lost=%llu in_part=%llu undeleted=%llu segments=%llu segments_lost=%llu "
              "faults=%llu\n",
              (unsigned long long)report.documents, (unsigned long long)report.lost, (unsigned long long)report.in_part,
              (unsigned long long)report.undeleted, (unsigned long long)report.segments,
              (unsigned long long)report.segments_lost, (unsigned long long)report.faults);
    return CLI_OK;
}

static const cli_flag flags[] = {{"schema", "FILE", "fields of INDEX, where those are lost"},
                                 {"verbose", NULL, "a line for each thing damaged and each document lost"},
                                 {NULL, NULL, NULL}};
const cli_command cli_salvage = {.name = "salvage",
                                 .arguments = "INDEX NEW",
                                 .summary = "make a new index of what is sound in a damaged one",
                                 .about =
                                     "INDEX is only read, and may have lost its MANIFEST; NEW must not be there.\n"
                                     "Prints a line for each kind of damage, with the first and how many there were\n"
                                     "(documents lost or kept in part are a kind; --verbose tells each), then\n"
                                     "salvaged documents=N lost=N in_part=N undeleted=N …  Documents of which\n"
                                     "the note of their deletion is lost (undeleted) are back in NEW: look at them.\n",
                                 .flags = flags,
                                 .min = 2,
                                 .max = 2,
                                 .run = run};
