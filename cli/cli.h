/* cli.h — what the sub-commands of `libsearch` share: their table, their flags, output and errors.
 *
 * One file a sub-command, each with one `const cli_command`; main.c lists them. Help, completion and the manual pages
 * are made from these tables, so that they cannot differ from what is parsed. */
#ifndef LIBSEARCH_CLI_H
#define LIBSEARCH_CLI_H
#include <stdbool.h>
#include <stdint.h>

#include "json/json.h"

/* Exit status of every sub-command. */
enum { CLI_OK = 0, CLI_NOTHING = 1, CLI_ERROR = 2 };

typedef struct cli_flag {
    const char *name; /* without the dashes; NULL ends a table */
    const char *arg;  /* name of its value; NULL: none is taken */
    const char *help;
} cli_flag;

#define CLI_FLAGS_MAX 12
struct cli_call;
typedef struct cli_command {
    const char *name;
    const char *arguments; /* "INDEX QUERY" */
    const char *summary;   /* one line, lower case, no full stop */
    const char *about;     /* further sentences; lines of at most 78 characters */
    const cli_flag *flags; /* up to CLI_FLAGS_MAX */
    unsigned params;       /* JS_FOR_…: the parameters of a search are flags too; 0: none */
    int min, max;          /* arguments; max -1: any number */
    int (*run)(struct cli_call *c);
} cli_command;

typedef struct cli_call {
    const cli_command *command;
    char **args; /* what is no flag, NULL-terminated */
    int count;
    const char *values[CLI_FLAGS_MAX]; /* of the flags; "" for those without a value; NULL: not given */
    js_request request;                /* filled where command->params */
} cli_call;

/* The sub-commands, each in cmd_NAME.c. */
extern const cli_command cli_init, cli_add, cli_search, cli_show, cli_similar, cli_suggest, cli_export, cli_kill,
    cli_delete, cli_stats, cli_check, cli_merge, cli_purge, cli_backup, cli_reindex, cli_salvage, cli_completion;

/* main.c */
const cli_command *cli_command_at(size_t i); /* NULL past the last */
const cli_command *cli_command_find(const char *name);

/* flags.c: fills c from the arguments behind the sub-command's name. CLI_OK; CLI_ERROR was told on stderr. */
int cli_parse(cli_call *c, const cli_command *command, int argc, char **argv);
void cli_call_free(cli_call *c);
bool cli_has(const cli_call *c, const char *flag);
const char *cli_value(const cli_call *c, const char *flag); /* NULL where not given */
/* A whole number from min to max; `fallback` where not given. False: told on stderr. */
bool cli_number(uint64_t *out, const cli_call *c, const char *flag, uint64_t min, uint64_t max, uint64_t fallback);

/* help.c */
void cli_help(const cli_command *command); /* on stdout */
void cli_overview(void);
void cli_manual(const cli_command *command); /* troff; NULL: of libsearch itself */
/* Calls fn for every flag of a command, those of the parameters of a search included. */
void cli_each_flag(const cli_command *command, void (*fn)(void *ctx, const cli_flag *flag), void *ctx);

/* out.c: stdout with one look at errors at the end, and stderr */
void cli_out(const char *s, size_t len);
void cli_print(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;
/* Text of an article: control characters, which a terminal would obey, become U+FFFD; \n and \t stay where `lines`. */
void cli_text(const char *s, size_t len, bool lines);
bool cli_closed(void);      /* nobody reads any more: stop quietly */
int cli_finish(int status); /* flushes; CLI_ERROR where stdout could not be written, other than a closed pipe */
bool cli_colour(void);      /* stdout is a terminal, and NO_COLOR is not set */
/* "libsearch: …" on stderr, one line; returns CLI_ERROR. */
int cli_fail(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;
int cli_fail_with(const ls_error *err, const char *what); /* what: "INDEX", a path; NULL: none */
void cli_warn(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;

/* index.c: what several sub-commands do with an index */
void cli_read_unmapped(void); /* --no-mmap, of every sub-command: indexes opened from now on are read */
int cli_open(ls_reader **out, const char *path);                     /* CLI_OK, or told */
int cli_open_scoped(ls_reader **out, const char *path, bool hidden); /* hidden: embargoed and withheld articles too */
int cli_open_writer(ls_writer **out, const char *path, unsigned flags, const ls_schema *schema, size_t memory_bytes,
                    unsigned threads);
int cli_commit(ls_writer *w, const char *path);           /* and prints committed generation=G documents=N */
int cli_committed(const char *path, uint64_t generation); /* prints that line */
int cli_schema(ls_schema **out, const char *file);        /* of --schema FILE; NULL: *out is NULL */
int cli_boilerplate(ls_schema **out, const char *file);   /* the lists of --boilerplate FILE; NULL: *out is NULL */
int cli_add_lists(ls_schema *to, const ls_schema *from, ls_error *err); /* from's lists behind to's own */
/* Gives the index those lists instead of its own; NULL: it keeps them. */
int cli_set_boilerplate(ls_writer *w, const ls_schema *lists, const char *path);
/* Of --synonyms FILE, for an index of this schema; lines that cannot be used are told. NULL: *out is NULL. */
int cli_synonyms(ls_synonyms **out, const char *file, const ls_schema *s);
char *cli_join(char **words, int count); /* with blanks; free() it */

/* walk.c: the files under a path */
typedef struct cli_file {
    char *path;     /* as opened */
    char *relative; /* to the directory given; the file's name for a file */
    int64_t mtime;  /* ms */
    uint64_t bytes;
} cli_file;
typedef struct cli_files {
    cli_file *items;
    size_t count, cap;
    size_t failed; /* told on stderr: missing, unreadable */
} cli_files;
/* Adds a file, or those of a directory in byte order of their paths. Kinds that are not read are named on stderr; they
 * are a failure only where the file itself was given. CLI_ERROR: no memory. */
int cli_walk(cli_files *files, const char *path);
void cli_files_free(cli_files *files);

/* progress.c: a bar on stderr where that is a terminal, else nothing */
typedef struct cli_progress {
    bool shown;
    uint64_t total; /* bytes; 0: not known */
    int64_t last_ms;
} cli_progress;
void cli_progress_begin(cli_progress *p, uint64_t total);
void cli_progress_show(cli_progress *p, uint64_t done, uint64_t documents);
void cli_progress_end(cli_progress *p);
#endif
