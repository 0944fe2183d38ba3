/* cmd_reindex.c — libsearch reindex: an index made anew from the stored fields of another, for other tables of words
 * or another schema. Fields that were not stored cannot be had back, and are named. Where it fails, nothing of the new
 * index stays behind that would stand in the way of another try. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static void name_lost(const ls_schema *s)
{
    const ls_field *f;
    for (size_t i = 0; (f = ls_schema_field(s, i)) != NULL; i++)
        if (f->not_stored) cli_warn("field '%s' was not stored, and is empty in the new index", f->name);
}

static int copy_all(ls_writer *w, const ls_reader *r, uint64_t total, const char *path)
{
    uint64_t doc = UINT64_MAX, count = 0;
    ls_error err = {0};
    cli_progress progress;
    int rc;
    cli_progress_begin(&progress, total);
    while ((rc = ls_reader_next(r, &doc, &err)) == LS_OK) {
        ls_doc *d = NULL;
        rc = ls_reader_doc(&d, r, doc, &err);
        if (rc == LS_OK) rc = ls_add(w, d, NULL, &err);
        ls_doc_free(d);
        if (rc != LS_OK) break;
        count++;
        cli_progress_show(&progress, count, count);
    }
    cli_progress_end(&progress);
    return rc == LS_NOTFOUND ? CLI_OK : cli_fail_with(&err, path);
}

/* What was withdrawn stays so. */
static int copy_tombstones(ls_writer *w, const ls_reader *r, const char *path)
{
    LS_INIT(ls_tombstone, t);
    ls_error err = {0};
    int rc;
    for (size_t i = 0; (rc = ls_reader_tombstone_at(r, i, &t, &err)) == LS_OK; i++) {
        LS_INIT(ls_kill_options, o);
        o.id = t.id;
        o.id_len = t.id_len;
        o.guid = t.guid;
        o.guid_len = t.guid_len;
        o.version = t.version;
        o.reason = t.reason;
        o.reason_len = t.reason_len;
        o.time = t.time;
        if ((rc = ls_kill(w, &o, NULL, &err)) != LS_OK) break;
    }
    return rc == LS_NOTFOUND ? CLI_OK : cli_fail_with(&err, path);
}

/* The names that the format gives to files of an index (docs/FORMAT.md 2); others in the directory are somebody else's. */
static bool is_of_index(const char *name)
{
    const char *dash = strchr(name, '-');
    if (!strncmp(name, "MANIFEST", 8) || !strcmp(name, "LOCK")) return true;
    return dash && strlen(dash) == 17 && strspn(dash + 1, "0123456789abcdef") == 16;
}

/* The index that this run has made: nobody else's, for making it was exclusive. The directory goes too where it is empty. */
static void remove_made(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        if (is_of_index(e->d_name)) unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
    rmdir(path);
}

/* *kept: the new index is there, or may be. */
static int commit(ls_writer *w, const char *path, bool *kept)
{
    uint64_t generation = 0;
    ls_error err = {0};
    int rc = ls_commit(w, &generation, &err);
    *kept = rc == LS_OK || rc == LS_COMMIT_UNKNOWN;
    return rc == LS_OK ? cli_committed(path, generation) : cli_fail_with(&err, path);
}

static int run(cli_call *c)
{
    bool kept = false;
    ls_reader *r = NULL;
    ls_writer *w = NULL;
    ls_schema *schema = NULL, *lists = NULL;
    ls_error err = {0};
    LS_INIT(ls_stats, stats);
    int status = cli_open_scoped(&r, c->args[0], true);
    if (status == CLI_OK) status = cli_schema(&schema, cli_value(c, "schema"));
    if (status == CLI_OK) status = cli_boilerplate(&lists, cli_value(c, "boilerplate"));
    if (status == CLI_OK && ls_reader_stats(r, &stats, &err) != LS_OK) status = cli_fail_with(&err, c->args[0]);
    if (status == CLI_OK) {
        name_lost(ls_reader_schema(r));
        status = cli_open_writer(&w, c->args[1], LS_WRITER_CREATE | LS_WRITER_EXCLUSIVE,
                                 schema ? schema : ls_reader_schema(r), 0, 0);
    }
    if (status == CLI_OK) status = cli_set_boilerplate(w, lists, c->args[1]);
    if (status == CLI_OK) status = copy_all(w, r, stats.documents, c->args[0]);
    if (status == CLI_OK) status = copy_tombstones(w, r, c->args[0]);
    if (status == CLI_OK) status = commit(w, c->args[1], &kept);
    ls_writer_close(w);
    if (w && !kept) remove_made(c->args[1]);
    ls_reader_close(r);
    ls_schema_free(schema);
    ls_schema_free(lists);
    return status;
}

static const cli_flag flags[] = {
    {"schema", "FILE", "other fields (default: those of INDEX)"},
    {"boilerplate", "FILE", "other lists of boilerplate lines (default: those of the schema; see libsearch stats)"},
    {NULL, NULL, NULL}};
const cli_command cli_reindex = {.name = "reindex",
                                 .arguments = "INDEX NEW",
                                 .summary = "make an index anew from the stored fields",
                                 .about = "NEW must not be there. Fields that were not stored are named on stderr.\n",
                                 .flags = flags,
                                 .min = 2,
                                 .max = 2,
                                 .run = run};
