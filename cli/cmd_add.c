/* cmd_add.c — libsearch add: files, directories and standard input into an index.
 *
 * A bad article is told with its file and line, and the rest goes on; what was good is committed. An interrupt stops
 * after the article under way, commits, and then ends the process by the signal, so that a shell sees it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "import/import.h"

#define BUDGET_LEAST (64ull << 20)
#define COMMIT_EVERY 100000

enum { STOP = 1 }; /* told by each_article to im_read: no more */

typedef struct job {
    cli_call *call;
    const char *index;
    ls_writer *w;
    ls_doc *doc;
    const char *shown; /* the file under way, for messages */
    bool lines;        /* messages name a line */
    bool strict, revive;
    bool lost;          /* a commit failed: it was told */
    uint64_t memory_mb; /* 0: as the files ask for */
    uint64_t threads;
    uint64_t commit_every, since_commit, added, bad, bytes_before;
    uint64_t number; /* of the article under way */
    uint64_t told;   /* generation of the last commit that was printed */
    int status;
    cli_progress progress;
    FILE *in;
} job;

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    interrupted = sig;
}

static void tell(const job *j, uint64_t number, bool warning, const char *message)
{
    char place[32] = "";
    if (j->lines) snprintf(place, sizeof place, ":%llu", (unsigned long long)number);
    else if (number > 1) snprintf(place, sizeof place, ": article %llu", (unsigned long long)number);
    if (warning) cli_warn("%s%s: %s", j->shown, place, message);
    else cli_fail("%s%s: %s", j->shown, place, message);
}

static void on_warning(void *ctx, const char *message)
{
    const job *j = ctx;
    tell(j, j->number, true, message);
}

static int commit(job *j)
{
    cli_progress_end(&j->progress);
    j->since_commit = 0;
    uint64_t generation = 0;
    ls_error err = {0};
    int status = ls_commit(j->w, &generation, &err) == LS_OK ? CLI_OK : cli_fail_with(&err, j->index);
    if (status == CLI_OK && generation != j->told) status = cli_committed(j->index, generation);
    j->told = generation; /* one line for each commit: the last may have had nothing left to do */
    if (status != CLI_OK) j->status = status;
    j->lost = status != CLI_OK;
    return status == CLI_OK ? LS_OK : STOP;
}

/* Errors of the article alone; after others nothing more can be written. */
static bool is_of_article(int rc)
{
    return rc == LS_INVALID || rc == LS_SCHEMA || rc == LS_LIMIT;
}

static int bad_article(job *j, uint64_t number, const ls_error *err)
{
    j->bad++;
    j->status = CLI_ERROR;
    tell(j, number, false, err->message[0] ? err->message : ls_strerror(err->code));
    return j->strict || !is_of_article(err->code) ? STOP : LS_OK;
}

static int each_article(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *read_error)
{
    job *j = ctx;
    ls_error err = {0};
    LS_INIT(ls_added, added);
    j->number = number + 1; /* warnings of reading come before the article is handed over */
    if (interrupted) return STOP;
    if (rc != LS_OK) return bad_article(j, number, read_error);
    LS_INIT(ls_add_options, how);
    how.revive = j->revive;
    if (ls_add_with(j->w, doc, &how, &added, &err) != LS_OK) return bad_article(j, number, &err);
    if (added.result == LS_CONFLICT || added.result == LS_STALE || added.result == LS_KILLED) {
        char message[256];
        if (added.result == LS_KILLED)
            snprintf(message, sizeof message, "killed: '%.64s' is withdrawn; --revive takes it back", added.id);
        else
            snprintf(message, sizeof message, "%s: the index has version %lld of '%.64s'", js_result_name(added.result),
                     (long long)added.version, added.id);
        tell(j, number, true, message);
    }
    j->added++;
    j->since_commit++;
    if (j->progress.shown) {
        long at = j->in ? ftell(j->in) : -1;
        cli_progress_show(&j->progress, j->bytes_before + (at > 0 ? (uint64_t)at : 0), j->added);
    }
    return j->since_commit >= j->commit_every ? commit(j) : LS_OK;
}

static int read_stream(job *j, FILE *in, im_kind kind, js_article_options *o, const char *shown)
{
    ls_error err = {0};
    j->shown = shown;
    j->lines = kind == IM_NDJSON;
    j->number = 1;
    j->in = in;
    o->schema = ls_writer_schema(j->w);
    o->warn = on_warning;
    o->warn_ctx = j;
    int rc = im_read(in, kind, j->doc, o, each_article, j, &err);
    j->in = NULL;
    if (rc < 0 && interrupted) return STOP; /* the read was what the signal ended */
    if (rc < 0) {
        j->lines = false;
        return bad_article(j, 0, &err);
    }
    return rc;
}

static int read_file(job *j, const cli_file *f)
{
    im_kind kind = im_kind_of(f->path);
    js_article_options o = {.path = f->relative, .mtime = f->mtime};
    const char *slash = strrchr(f->relative, '/');
    o.file_name = slash ? slash + 1 : f->relative;
    o.has_mtime = cli_has(j->call, "date");
    FILE *in = fopen(f->path, "rb");
    if (in == NULL) {
        cli_fail("%s: %s", f->path, strerror(errno));
        j->status = CLI_ERROR;
        return j->strict ? STOP : LS_OK;
    }
    int rc = read_stream(j, in, kind, &o, f->path);
    fclose(in);
    j->bytes_before += f->bytes;
    cli_progress_show(&j->progress, j->bytes_before, j->added);
    return rc;
}

/* Eight times the largest article, up to a quarter of the machine's memory. */
static size_t budget(const cli_files *files, uint64_t threads)
{
    uint64_t most = 0;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t quarter = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 4 : BUDGET_LEAST;
    for (size_t i = 0; i < files->count; i++)
        if (im_is_single(im_kind_of(files->items[i].path)) && files->items[i].bytes > most)
            most = files->items[i].bytes;
    most = most > UINT64_MAX / 8 ? UINT64_MAX : most * 8;
    if (most > quarter) most = quarter;
    /* As much for each heap as there would be without threads, so that segments are no smaller. */
    uint64_t least = threads > 1 ? (threads + 1) * BUDGET_LEAST : BUDGET_LEAST;
    if (least > quarter) least = quarter;
    if (least > most) most = least;
    return (size_t)(most > BUDGET_LEAST ? most : BUDGET_LEAST);
}

static int read_inputs(job *j, const cli_files *files)
{
    int rc = LS_OK;
    uint64_t total = 0;
    bool input = false;
    for (int i = 1; i < j->call->count; i++) input = input || strcmp(j->call->args[i], "-") == 0;
    for (size_t i = 0; i < files->count; i++) total += files->items[i].bytes;
    cli_progress_begin(&j->progress, input ? 0 : total);
    for (size_t i = 0; i < files->count && rc == LS_OK && !interrupted; i++) rc = read_file(j, &files->items[i]);
    if (input && rc == LS_OK && !interrupted) {
        js_article_options o = {0};
        rc = read_stream(j, stdin, IM_NDJSON, &o, "standard input");
    }
    cli_progress_end(&j->progress);
    return rc;
}

static void catch_signals(void)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = on_signal;
    sigemptyset(&a.sa_mask);
    a.sa_flags = (int)SA_RESETHAND; /* the second one ends the process at once */
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

/* --schema is for an index that is made; one that is there keeps its own, and its lists of boilerplate where --schema has
 * none. */
static int check_schema(const job *j, ls_schema *schema)
{
    js_text asked = {0}, there = {0};
    ls_error err = {0};
    if (schema == NULL) return CLI_OK;
    if (ls_schema_boilerplate(schema, 0, NULL) == NULL && cli_add_lists(schema, ls_writer_schema(j->w), &err) != LS_OK)
        return cli_fail_with(&err, j->index);
    js_write_schema(&asked, schema);
    js_write_schema(&there, ls_writer_schema(j->w));
    bool same = asked.data && there.data && strcmp(asked.data, there.data) == 0;
    js_text_free(&asked);
    js_text_free(&there);
    return same ? CLI_OK : cli_fail("%s: the index has another schema than --schema asks for", j->index);
}

static int open_and_read(job *j, const cli_files *files, ls_schema *schema, const ls_schema *lists)
{
    ls_error err = {0};
    int status =
        cli_open_writer(&j->w, j->index, LS_WRITER_CREATE, schema,
                        j->memory_mb ? (size_t)j->memory_mb << 20 : budget(files, j->threads), (unsigned)j->threads);
    if (status == CLI_OK) status = check_schema(j, schema);
    if (status == CLI_OK) status = cli_set_boilerplate(j->w, lists, j->index);
    if (status != CLI_OK) return status;
    if (ls_doc_new(&j->doc, &err) != LS_OK) return cli_fail_with(&err, NULL);
    catch_signals();
    read_inputs(j, files);
    /* also where nothing was added: the index then exists, and the line tells so */
    if (!j->lost) commit(j);
    return j->status;
}

static int run(cli_call *c)
{
    job j = {.call = c, .index = c->args[0], .strict = cli_has(c, "strict"), .revive = cli_has(c, "revive")};
    cli_files files = {0};
    ls_schema *schema = NULL, *lists = NULL;
    const char *date = cli_value(c, "date");
    if (c->count < 2 && !cli_has(c, "boilerplate")) return cli_fail("add: expected INDEX FILE|DIR|- …");
    if (date && strcmp(date, "mtime") != 0) return cli_fail("--date: expected mtime, found '%.40s'", date);
    if (!cli_number(&j.commit_every, c, "commit-every", 1, UINT32_MAX, COMMIT_EVERY)) return CLI_ERROR;
    if (!cli_number(&j.memory_mb, c, "memory", 1, SIZE_MAX >> 20, 0)) return CLI_ERROR;
    if (!cli_number(&j.threads, c, "threads", 1, 64, 1)) return CLI_ERROR;
    int status = cli_schema(&schema, cli_value(c, "schema"));
    if (status == CLI_OK) status = cli_boilerplate(&lists, cli_value(c, "boilerplate"));
    for (int i = 1; i < c->count && status == CLI_OK; i++)
        if (strcmp(c->args[i], "-") != 0) status = cli_walk(&files, c->args[i]);
    if (status == CLI_OK && files.failed > 0) {
        j.status = CLI_ERROR; /* each was told; the others are still read, unless told to be strict */
        bool nothing = !files.count && files.failed == (size_t)c->count - 1;
        if (j.strict || nothing) status = CLI_ERROR; /* nothing to read: a mistyped name makes no index */
    }
    if (status == CLI_OK) status = open_and_read(&j, &files, schema, lists);
    ls_writer_close(j.w);
    ls_doc_free(j.doc);
    ls_schema_free(schema);
    ls_schema_free(lists);
    cli_files_free(&files);
    if (interrupted) {
        cli_fail("interrupted; what was added before is committed");
        cli_finish(status);
        raise((int)interrupted);
    }
    return status;
}

static const cli_flag flags[] = {
    {"schema", "FILE", "fields of one's own where the index is made (see libsearch init)"},
    {"boilerplate", "FILE", "lists of boilerplate lines instead of the index's own (see libsearch stats)"},
    {"commit-every", "N", "commit after each N articles (default 100000)"},
    {"date", "mtime", "articles without a date get the time of their file"},
    {"memory", "MB", "budget for what is not yet written (default 64, more with threads or for a large file)"},
    {"revive", NULL, "take back what was withdrawn by libsearch kill"},
    {"threads", "N", "cut articles and write segments on N threads; reading goes on in one of them (default 1)"},
    {"strict", NULL, "stop at the first bad article"},
    {NULL, NULL, NULL}};
const cli_command cli_add = {.name = "add",
                             .arguments = "INDEX FILE|DIR|- …",
                             .summary = "add articles; makes the index where there is none",
                             .about = "Reads plain text (.txt), JSON (.json: an object, or an array of them),\n"
                                      "NDJSON (.ndjson, .jsonl, or - for standard input) and NITF (.nitf, .xml:\n"
                                      "one article a file). A directory is read with all below it, in byte order of "
                                      "the paths; other files are named on stderr.\n"
                                      "An article with the id of another replaces it. A bad one is told with its\n"
                                      "line, the rest goes on, and the exit status is 2. After each commit:\n"
                                      "  committed generation=G documents=N\n"
                                      "With --boilerplate no file need be given; articles that are there already\n"
                                      "stay indexed as they are (see libsearch reindex).\n",
                             .flags = flags,
                             .min = 1,
                             .max = -1,
                             .run = run};
