/* index.c — what several sub-commands do with an index: open it, commit and say so, read a schema, parse a query. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static bool unmapped;

void cli_read_unmapped(void)
{
    unmapped = true;
}

int cli_open(ls_reader **out, const char *path)
{
    return cli_open_scoped(out, path, false);
}

int cli_open_scoped(ls_reader **out, const char *path, bool hidden)
{
    ls_error err = {0};
    LS_INIT(ls_stats, s);
    LS_INIT(ls_reader_options, o);
    if (hidden) o.flags |= LS_READER_HIDDEN;
    if (unmapped) o.flags |= LS_READER_NO_MMAP;
    if (ls_reader_open(out, path, &o, &err) != LS_OK) return cli_fail_with(&err, path);
    if (ls_reader_summary(*out, &s, NULL) == LS_OK && s.stale_analyzer)
        cli_warn("%s: made with other tables of words or stemmers; libsearch reindex makes it anew", path);
    return CLI_OK;
}

int cli_open_writer(ls_writer **out, const char *path, unsigned flags, const ls_schema *schema, size_t memory_bytes,
                    unsigned threads)
{
    ls_error err = {0};
    LS_INIT(ls_writer_options, o);
    o.flags = flags;
    o.schema = schema;
    o.memory_bytes = memory_bytes;
    o.threads = threads;
    if (ls_writer_open(out, path, &o, &err) == LS_OK) return CLI_OK;
    if (err.code == LS_LOCKED) return cli_fail("%s: another writer (a server?) holds the index", path);
    return cli_fail_with(&err, path);
}

int cli_committed(const char *path, uint64_t generation)
{
    ls_reader *r = NULL;
    ls_error err = {0};
    LS_INIT(ls_stats, s);
    int rc = ls_reader_open(&r, path, NULL, &err);
    if (rc == LS_OK) rc = ls_reader_summary(r, &s, &err);
    ls_reader_close(r);
    if (rc != LS_OK) return cli_fail_with(&err, path);
    cli_print("committed generation=%llu documents=%llu\n", (unsigned long long)generation,
              (unsigned long long)s.documents);
    fflush(stdout); /* whoever waits for the line may go on */
    return CLI_OK;
}

int cli_commit(ls_writer *w, const char *path)
{
    uint64_t generation = 0;
    ls_error err = {0};
    if (ls_commit(w, &generation, &err) != LS_OK) return cli_fail_with(&err, path);
    return cli_committed(path, generation);
}

/* The whole of a small file: what names it, of at most `most` MB. */
static int read_small(js_text *text, const char *file, const char *what, size_t most)
{
    char piece[4096];
    size_t n;
    ls_error err = {0};
    FILE *f = fopen(file, "rb");
    if (f == NULL) return cli_fail("%s: %s", file, strerror(errno));
    while (text->len <= most << 20 && (n = fread(piece, 1, sizeof piece, f)) > 0) js_put(text, piece, n);
    int status = CLI_OK;
    if (ferror(f)) status = cli_fail("%s: %s", file, strerror(errno));
    else if (text->len > most << 20) status = cli_fail("%s: expected %s of at most %zu MB", file, what, most);
    else if (js_text_rc(text, &err) != LS_OK) status = cli_fail_with(&err, file);
    fclose(f);
    return status;
}

typedef int read_fn(ls_schema **out, const char *text, size_t len, ls_error *err);

static int read_schema(ls_schema **out, const char *file, const char *what, size_t most, read_fn *read)
{
    js_text text = {0};
    ls_error err = {0};
    *out = NULL;
    if (file == NULL) return CLI_OK;
    int status = read_small(&text, file, what, most);
    if (status == CLI_OK && read(out, text.data ? text.data : "", text.len, &err) != LS_OK)
        status = cli_fail_with(&err, file);
    js_text_free(&text);
    return status;
}

int cli_schema(ls_schema **out, const char *file)
{
    return read_schema(out, file, "a schema", 4, js_schema_read);
}

int cli_boilerplate(ls_schema **out, const char *file)
{
    return read_schema(out, file, "lists of boilerplate", 4, js_boilerplate_read);
}

int cli_add_lists(ls_schema *to, const ls_schema *from, ls_error *err)
{
    const char *line, *source;
    int rc = LS_OK;
    for (size_t i = 0; rc == LS_OK && (line = ls_schema_boilerplate(from, i, &source)) != NULL; i++)
        rc = ls_schema_add_boilerplate(to, source, line, err);
    return rc;
}

int cli_set_boilerplate(ls_writer *w, const ls_schema *lists, const char *path)
{
    ls_error err = {0};
    return lists && ls_writer_set_boilerplate(w, lists, &err) != LS_OK ? cli_fail_with(&err, path) : CLI_OK;
}

int cli_synonyms(ls_synonyms **out, const char *file, const ls_schema *s)
{
    js_text text = {0};
    ls_error err = {0};
    const ls_warning *w;
    *out = NULL;
    if (file == NULL) return CLI_OK;
    int status = read_small(&text, file, "synonyms", 4);
    if (status == CLI_OK && ls_synonyms_new(out, s, text.data ? text.data : "", text.len, &err) != LS_OK)
        status = cli_fail_with(&err, file);
    for (size_t i = 0; (w = ls_synonyms_warning(*out, i)) != NULL; i++) cli_warn("%s: %s", file, w->message);
    js_text_free(&text);
    return status;
}

char *cli_join(char **words, int count)
{
    js_text t = {0};
    for (int i = 0; i < count; i++) {
        js_puts(&t, i ? " " : "");
        js_puts(&t, words[i]);
    }
    js_puts(&t, "");
    return js_text_take(&t, NULL);
}
