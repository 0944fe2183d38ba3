/* long file: the whole of the public interface, for it is the only header installed */
/* libsearch.h — full-text search in a C program: an inverted index with BM25 ranking, one directory, one header.
 *
 * Promises
 *   - A commit that returned LS_OK survives a crash and a loss of power. A crash leaves the last commit or the one
 *     under way, never a mixture; an index opens without repair.
 *   - A reader sees one commit for as long as it is open, whatever a writer does. Readers and the writer never block
 *     each other, in one process or in many.
 *   - Any bytes are a valid query and a valid text. A query never fails because of what somebody typed.
 *   - Bytes read from disk are verified before they are used: damage is LS_CORRUPT with a file and an offset.
 *   - The library never prints, exits, aborts, reads the environment or touches signals and locale.
 *
 * Caveats
 *   - One writer at a time for an index, held by a kernel lock on its file LOCK (LS_LOCKED to a second one). The lock ends
 *     with its holder, the file stays: never remove it. A writer must not be used in a child made by fork (LS_MISUSE).
 *   - Files are mapped by default: a disk that fails under a mapping raises SIGBUS. LS_READER_NO_MMAP reads instead.
 *   - The index wants a local file system: locks of network file systems are not to be trusted.
 *
 * Rules that hold for every function
 *   - Return values are LS_OK (0) or a negative code. Out-parameters come first and are set to NULL or 0 on failure;
 *     `err` comes last, belongs to the caller and may be NULL. After a failure its message says where and why.
 *   - Strings are UTF-8 with a length in bytes, or NUL-terminated where no length is asked. Invalid bytes in texts are
 *     taken as U+FFFD and counted, never refused. Lengths are bytes, times are milliseconds since 1970 in UTC.
 *   - Structs of options begin with their own size: set it (LS_INIT does), leave the rest zero for the defaults.
 *   - Threads: ls_reader may be used by any number of threads at once. Every other object by one thread at a time.
 *     All functions may be called at once on different objects.
 */
#ifndef LIBSEARCH_H
#define LIBSEARCH_H
#include <stddef.h>
#include <stdint.h>

#define LS_VERSION_MAJOR 0
#define LS_VERSION_MINOR 1
#define LS_VERSION_PATCH 0

#if defined(__GNUC__) || defined(__clang__)
#define LS_API __attribute__((visibility("default")))
#else
#define LS_API
#endif
#ifdef __cplusplus
extern "C" {
#endif

/* Declare and clear a struct of options: LS_INIT(ls_search_options, o); */
#ifdef __cplusplus
#define LS_INIT(type, name)                                                                                            \
    type name = type();                                                                                                \
    name.size = sizeof(type)
#else
#define LS_INIT(type, name) type name = {.size = sizeof(type)}
#endif

/* ---- errors ------------------------------------------------------------------------------------------------- */

enum {
    LS_OK = 0,
    LS_INVALID = -1,         /* an argument is out of its range */
    LS_NOMEM = -2,           /* memory could not be had; nothing changed */
    LS_IO = -3,              /* the system refused to read or write; sys_errno says why */
    LS_NOSPACE = -4,         /* the disk or the quota is full; the last commit stands */
    LS_NOTFOUND = -5,        /* no such index, or no such document */
    LS_EXISTS = -6,          /* it is there already */
    LS_LOCKED = -7,          /* another writer holds the index */
    LS_CORRUPT = -8,         /* a file of the index is damaged; file and offset say where */
    LS_TOO_OLD = -9,         /* a format older than this library reads */
    LS_TOO_NEW = -10,        /* a format newer than this library reads; nothing was touched */
    LS_LIMIT = -11,          /* a limit was exceeded; the message names it and what was found */
    LS_CANCELED = -12,       /* the caller's cancel function said so */
    LS_TIMEOUT = -13,        /* the deadline passed (only where the answer must be complete) */
    LS_COMMIT_UNKNOWN = -14, /* the commit is in place, but whether it survives a crash is not known */
    LS_MISUSE = -15,         /* the call breaks a rule of this header */
    LS_POISONED = -16,       /* an earlier write failed; close the writer and open it anew */
    LS_SCHEMA = -17,         /* a field is unknown or of another type */
    LS_UNSUPPORTED = -18     /* this cannot be done here (a network file system) */
};

#define LS_ERROR_FILE_BYTES 256
typedef struct ls_error {
    int code;        /* LS_OK or a code above */
    int sys_errno;   /* of the refused system call, or 0 */
    uint64_t offset; /* in `file`, or UINT64_MAX */
    char file[LS_ERROR_FILE_BYTES];
    char message[512]; /* one line, without a newline */
} ls_error;

/* "0.1.0". Static. Any thread. */
LS_API const char *ls_version(void);
/* One line for a code; the name is a word such as "corrupt". Static. Any thread. */
LS_API const char *ls_strerror(int code);
LS_API const char *ls_error_name(int code);

/* Memory and log hooks. Set them before any other call and never again (LS_MISUSE is not detected).
 * realloc_fn(ctx, NULL, n) allocates; free_fn is never called with NULL. NULL for `a`: the C library's. */
typedef struct ls_allocator {
    void *(*realloc_fn)(void *ctx, void *p, size_t bytes);
    void (*free_fn)(void *ctx, void *p);
    void *ctx;
} ls_allocator;
enum { LS_LOG_WARNING = 1, LS_LOG_INFO = 2 };
typedef void ls_log_fn(void *ctx, int level, const char *text);
LS_API int ls_set_allocator(const ls_allocator *a);
LS_API void ls_set_log(ls_log_fn *fn, void *ctx);

/* ---- schema: which fields documents have ---------------------------------------------------------------------- */

typedef enum ls_type {
    LS_TEXT = 1,    /* analysed words; searched by bare words where weight > 0, else only as name:word */
    LS_KEYWORD = 2, /* whole values, compared case-folded, returned as written; filter, facet, sort; many a document */
    LS_INTEGER = 3, /* int64; filter, sort */
    LS_DATE = 4,    /* int64 milliseconds since 1970 UTC; filter, sort */
    LS_STORED = 5   /* kept and returned, not searched */
} ls_type;

typedef struct ls_field {
    size_t size;
    const char *name; /* [a-z][a-z0-9_]{0,62}; borrowed for the call, or from the schema */
    ls_type type;
    int weight;     /* text: 1..255 counts that much for bare words; 0: a list of its own only */
    int not_stored; /* 1: the text is searched but not kept (no snippets, no reindex) */
} ls_field;

typedef struct ls_schema ls_schema;
/* An empty schema, or the default one of news articles (title, lead, body, captions, byline, source, section,
 * subjects, places, language, published, updated, embargoed, version, urgency, guid, url, status …).
 * The caller frees it. LS_NOMEM. */
LS_API int ls_schema_new(ls_schema **out, ls_error *err);
LS_API int ls_schema_news(ls_schema **out, ls_error *err);
LS_API void ls_schema_free(ls_schema *s);
/* LS_EXISTS, LS_INVALID (name, weight), LS_LIMIT (64 fields, of which 16 text). */
LS_API int ls_schema_add(ls_schema *s, const ls_field *field, ls_error *err);
/* Settings of the index: "language" (default "english"; any of ls_languages), "k1" ("1.2"), "b" ("0.75"),
 * "timezone" ("UTC"; a name of the zone database, for dates in queries), "title" and "main" (the text fields shown
 * and searched as such; by default those named title and body), "copies" ("yes" or "no": whether copies of a text are
 * known, by its main field, which ls_similar_find and ls_search_options.fold want; yes in the schema of news, else no,
 * for it takes a tenth of the text's size and an eighth of the time of adding). LS_INVALID says what was expected. */
LS_API int ls_schema_set(ls_schema *s, const char *key, const char *value, ls_error *err);
LS_API const char *ls_schema_get(const ls_schema *s, const char *key); /* NULL where unknown; borrowed */
LS_API size_t ls_schema_count(const ls_schema *s);
LS_API const ls_field *ls_schema_field(const ls_schema *s, size_t i); /* borrowed; NULL past the end */
LS_API const ls_field *ls_schema_find(const ls_schema *s, const char *name);
/* Boilerplate: lines such as "Sign up for our newsletter" are found by search, but add nothing to a document's length nor
 * to its score, and stand in no passage; the library knows the commonest by itself. Adds one that texts of a source (of
 * the keyword field so called, its first value, by any spelling; it has to be stored) repeat, or, where source is NULL or
 * "*", the texts of all. A line is a whole one, at the beginning of a paragraph; case, accents and what stands between its
 * words do not count. LS_EXISTS (it is there), LS_INVALID (no word, several lines, no UTF-8), LS_LIMIT (1,024 bytes; 255
 * of the source's name; 8,192 lines and 512 KB in all). */
LS_API int ls_schema_add_boilerplate(ls_schema *s, const char *source, const char *line, ls_error *err);
/* The lines so added, in order; *source (may be NULL): "*" of every source. Borrowed; NULL past the last. */
LS_API const char *ls_schema_boilerplate(const ls_schema *s, size_t i, const char **source);
/* Names of the stemmers that can be used, NULL-terminated ("english", "german", … and "none"). Static. */
LS_API const char *const *ls_languages(void);

/* ---- documents ------------------------------------------------------------------------------------------------ */

typedef struct ls_doc ls_doc;
/* A document to be filled and added; clear it and use it again for the next. The caller frees it. */
LS_API int ls_doc_new(ls_doc **out, ls_error *err);
LS_API void ls_doc_clear(ls_doc *d);
LS_API void ls_doc_free(ls_doc *d);
/* The id under which it is found, replaced and deleted: 1 to 128 bytes of any kind. Without one, ls_add takes that of the
 * document with the same guid, or derives it: from the guid, else from all fields (base32 of their XXH3-128). */
LS_API int ls_doc_set_id(ls_doc *d, const char *id, size_t len, ls_error *err);
/* Add one more value to a field; text is copied. Numbers are of integer and date fields. Names and types are
 * checked by ls_add. */
LS_API int ls_doc_add_text(ls_doc *d, const char *field, const char *text, size_t len, ls_error *err);
LS_API int ls_doc_add_int(ls_doc *d, const char *field, int64_t value, ls_error *err);
/* Stemming language, by Snowball's name or ISO 639-1 code ("german", "de"); NULL or unknown: detected from the text,
 * else the index's. */
LS_API int ls_doc_set_language(ls_doc *d, const char *language, ls_error *err);
/* The version that the input itself carries (> 0). Without one, versions are counted by the index. */
LS_API void ls_doc_set_version(ls_doc *d, int64_t version);

/* Reading a document that came from ls_get or ls_reader_doc. Pointers are borrowed from the document. */
LS_API const char *ls_doc_id(const ls_doc *d, size_t *len);
LS_API const char *ls_doc_text(const ls_doc *d, const char *field, size_t i, size_t *len); /* NULL past the last */
LS_API int ls_doc_is_cut(const ls_doc *d); /* 1: of the main field's texts there may be less (ls_reader_head) */
LS_API int ls_doc_int(const ls_doc *d, const char *field, int64_t *value); /* LS_NOTFOUND where it has none */
LS_API int64_t ls_doc_version(const ls_doc *d);
LS_API const char *ls_doc_language(const ls_doc *d); /* Snowball's name of what stemmed it */
LS_API uint64_t ls_doc_words(const ls_doc *d);       /* words in the weighted text fields, not multiplied by weights */
/* The versions that the index has seen of it, the newest first: 0 is the document itself, then those it replaced (at most
 * 63 are kept). LS_NOTFOUND past the last. status is borrowed from the document, NULL where it had none. */
typedef struct ls_doc_version_info {
    size_t size;
    int64_t version, updated; /* updated: of the field so called; INT64_MIN: none */
    const char *status;
    int current;
} ls_doc_version_info;
LS_API int ls_doc_version_at(const ls_doc *d, size_t i, ls_doc_version_info *out);
/* The values in the order they were added: field name, value (text NULL for numbers). LS_NOTFOUND past the last. */
typedef struct ls_value {
    const char *field, *text;
    size_t len;
    int64_t integer;
} ls_value;
LS_API int ls_doc_value(const ls_doc *d, size_t i, ls_value *out);

/* ---- writing -------------------------------------------------------------------------------------------------- */

enum {
    LS_WRITER_CREATE = 1,    /* make the index where there is none, with options.schema */
    LS_WRITER_EXCLUSIVE = 2, /* with CREATE: LS_EXISTS where there is one */
    LS_WRITER_NO_SYNC = 4,   /* do not wait for the disk: a crash may lose commits, never break the index */
    LS_WRITER_NO_MERGE = 8,  /* no background merges */
    LS_WRITER_FORCE = 16     /* also on a network file system */
};
typedef struct ls_writer_options {
    size_t size;
    unsigned flags;
    const ls_schema *schema;     /* for CREATE; NULL: the news schema */
    size_t memory_bytes;         /* budget of the documents not yet written; 0: 64 MB, or (threads + 1) · 64 MB */
    unsigned threads;            /* that cut and write what is added, the caller's among them; 0 or 1: it alone */
    int64_t (*clock)(void *ctx); /* what time it is, for embargoes and tombstones; NULL: the system's clock */
    void *clock_ctx;
} ls_writer_options;

typedef struct ls_writer ls_writer;
/* Opens an index for writing. LS_LOCKED where another writer holds it, LS_NOTFOUND, LS_TOO_NEW; LS_EXISTS: see EXCLUSIVE,
 * and where an index would have to be made in a directory that holds files of others. */
LS_API int ls_writer_open(ls_writer **out, const char *path, const ls_writer_options *o, ls_error *err);
/* Waits for a merge under way to give up, drops what was not committed, releases the lock. Takes NULL. */
LS_API void ls_writer_close(ls_writer *w);
LS_API const ls_schema *ls_writer_schema(const ls_writer *w); /* borrowed */

typedef enum ls_result {
    LS_CREATED = 1,
    LS_REPLACED,
    LS_UNCHANGED, /* from here on nothing was added */
    LS_STALE,     /* a higher version is there */
    LS_CONFLICT,  /* this version is there, with other content */
    LS_KILLED     /* a tombstone refuses it, or its own status is canceled: it was killed, see ls_kill */
} ls_result;
typedef struct ls_added {
    size_t size;
    ls_result result;
    int64_t version; /* stored under this version; of what is there where nothing was added */
    char id[132];    /* the id, also where it was derived; NUL-terminated */
    size_t id_len;
    uint64_t invalid_bytes; /* bytes that were not UTF-8 */
} ls_added;
/* Adds or replaces a document; visible after ls_commit. It replaces what has its guid (the field "guid"), whatever its
 * id, and what has its id. `added` may be NULL. Fields that mean something to the index, where the schema has them:
 *   guid          the story's name, for good; versions of one guid are one story
 *   version       see ls_doc_set_version; the table of what becomes of a document is in docs/NEWS.md
 *   status        withheld: hidden until a version that is not; canceled, cancelled: this call is an ls_kill
 *   embargoed     a date: hidden before it, by the clock of each query; INT64_MAX: without an end
 *   updated       told with each version by ls_doc_version_at
 * LS_SCHEMA (unknown field, wrong type), LS_LIMIT (larger than the memory budget): this document is refused, the
 * writer and all others are as before. */
LS_API int ls_add(ls_writer *w, const ls_doc *d, ls_added *added, ls_error *err);
typedef struct ls_add_options {
    size_t size;
    int revive; /* 1: a tombstone of its id or guid is lifted */
} ls_add_options;
LS_API int ls_add_with(ls_writer *w, const ls_doc *d, const ls_add_options *o, ls_added *added, ls_error *err);
/* LS_NOTFOUND where no live document has the id. Leaves no tombstone: it may be added again. */
LS_API int ls_delete(ls_writer *w, const char *id, size_t len, ls_error *err);
/* Deletes a story, hidden or not, and keeps a tombstone of its id and guid, for good: whatever comes by that name later
 * is refused. Pending until ls_commit. Of something unknown the tombstone is kept all the same. A second kill of the same
 * changes nothing but what came in between. LS_INVALID (no name, one too long). */
typedef struct ls_kill_options {
    size_t size;
    const char *id; /* either, or both */
    size_t id_len;
    const char *guid;
    size_t guid_len;    /* at most 4,096 */
    int64_t version;    /* 0: not known */
    const char *reason; /* may be NULL */
    size_t reason_len;  /* at most 4,096 */
    int64_t time;       /* 0: now */
} ls_kill_options;
typedef struct ls_killed {
    size_t size;
    int known;    /* 0: nothing had that name */
    char id[132]; /* of what was deleted, else the one given; NUL-terminated */
    size_t id_len;
    int64_t version; /* of what was deleted, else the one given */
} ls_killed;
LS_API int ls_kill(ls_writer *w, const ls_kill_options *o, ls_killed *out, ls_error *err);
/* Makes everything since the last commit durable and visible, as one. *generation may be NULL. */
LS_API int ls_commit(ls_writer *w, uint64_t *generation, ls_error *err);
LS_API int ls_rollback(ls_writer *w, ls_error *err);
/* Merges neighbours until at most `segments` (≥ 1) are left, deletions squeezed out, and commits. */
LS_API int ls_merge(ls_writer *w, size_t segments, ls_error *err);
/* Commits, then rewrites every segment that holds deleted or killed documents, so that their bytes leave the index's
 * directory (not the disk's free blocks, nor files that a reader still has open). *rewritten: segments; may be NULL. */
LS_API int ls_purge(ls_writer *w, uint64_t *rewritten, ls_error *err);
/* Adds a field to the index's schema, from the next commit on; no rebuild. */
LS_API int ls_writer_add_field(ls_writer *w, const ls_field *field, ls_error *err);
/* Takes the lines of boilerplate of `lists` (ls_schema_add_boilerplate; of its fields nothing) instead of the index's own.
 * From the next commit on they stand in no passage; what is added from now on is indexed by them, what was before by those
 * of its time, until it is indexed anew. */
LS_API int ls_writer_set_boilerplate(ls_writer *w, const ls_schema *lists, ls_error *err);

/* ---- reading -------------------------------------------------------------------------------------------------- */

enum {
    LS_READER_NO_MMAP = 1,
    LS_READER_HIDDEN = 2 /* sees embargoed and withheld documents too */
};
typedef struct ls_reader_options {
    size_t size;
    unsigned flags;
    int64_t (*clock)(void *ctx); /* what time it is, for embargoes; any thread may ask; NULL: the system's clock */
    void *clock_ctx;
} ls_reader_options;

typedef struct ls_reader ls_reader;
/* Opens the last commit. LS_NOTFOUND, LS_CORRUPT, LS_TOO_NEW. Writes nothing. */
LS_API int ls_reader_open(ls_reader **out, const char *path, const ls_reader_options *o, ls_error *err);
/* *newer: a reader of the present commit, which shares what is unchanged, or NULL where nothing was committed since
 * (the cost of one stat). The old reader stays open and is closed by its owner. */
LS_API int ls_reader_refresh(ls_reader **newer, ls_reader *r, ls_error *err);
/* The same commit with another scope: flags LS_READER_HIDDEN, or 0. Shares everything; closed by its owner. */
LS_API int ls_reader_view(ls_reader **out, const ls_reader *r, unsigned flags, ls_error *err);
/* Embargoes end by the clock, without a commit: the last that has ended by now (0: none), and in *next (may be
 * NULL) the next that will (INT64_MAX: none). Nothing that is cached of this reader may be used beyond. */
LS_API int64_t ls_reader_epoch(const ls_reader *r, int64_t *next);
/* All results, documents and queries made from it may outlive it, except where said otherwise. Takes NULL. */
LS_API void ls_reader_close(ls_reader *r);
LS_API const ls_schema *ls_reader_schema(const ls_reader *r); /* borrowed from the reader */

typedef struct ls_language_count {
    const char *language; /* static */
    uint64_t documents;
} ls_language_count;
typedef struct ls_stats {
    size_t size;
    /* generation: of the last commit that changed something for those who may not see hidden documents; with
     * LS_READER_HIDDEN of the last commit. The others count what the reader sees. */
    uint64_t generation, documents, deleted, segments, bytes, terms, forms, words;
    uint64_t postings, postings_bytes, positions, positions_bytes, forms_bytes, stored_bytes, dictionary_bytes;
    int64_t created; /* time of the index's first commit */
    size_t language_count;
    ls_language_count languages[40];
    int stale_analyzer; /* 1: made with other tables of words or stemmers: reindex */
} ls_stats;
/* All of them, by a walk through the dictionary: milliseconds for each million of words. */
LS_API int ls_reader_stats(const ls_reader *r, ls_stats *out, ls_error *err);
/* What the reader has at hand, at once: all but postings and positions, which are 0. */
LS_API int ls_reader_summary(const ls_reader *r, ls_stats *out, ls_error *err);
/* Lines that many articles of a source repeat, and that are no boilerplate yet: what a list of ls_schema_add_boilerplate
 * may take in after somebody has looked at them. From the stored texts of the weighted fields but the title, read twice:
 * some 25 seconds for each GB. Sources with the most articles first, of each the commonest line first. */
typedef struct ls_boilerplate_options {
    size_t size;
    uint64_t documents; /* that a line is in, at least; 0: 10 */
    double share;       /* of the source's documents, at least; 0: .01 */
} ls_boilerplate_options;
typedef struct ls_boilerplate_line {
    const char *source; /* as one of its articles writes it; "*": of those that have none */
    const char *line;   /* likewise */
    uint64_t documents, of;
} ls_boilerplate_line;
typedef struct ls_boilerplate ls_boilerplate;
/* The caller frees *out; it needs no reader. */
LS_API int ls_boilerplate_find(ls_boilerplate **out, const ls_reader *r, const ls_boilerplate_options *o,
                               ls_error *err);
LS_API const ls_boilerplate_line *ls_boilerplate_at(const ls_boilerplate *b,
                                                    size_t i); /* borrowed; NULL past the last */
LS_API void ls_boilerplate_free(ls_boilerplate *b);            /* takes NULL */
/* The live document of an id. The caller frees it. LS_NOTFOUND. */
LS_API int ls_get(ls_doc **out, const ls_reader *r, const char *id, size_t len, ls_error *err);
/* Documents are numbered by arrival within a reader. *doc: UINT64_MAX before the first; LS_NOTFOUND after the last. */
LS_API int ls_reader_next(const ls_reader *r, uint64_t *doc, ls_error *err);
LS_API int ls_reader_find(const ls_reader *r, const char *id, size_t len, uint64_t *doc, ls_error *err);
LS_API int ls_reader_doc(ls_doc **out, const ls_reader *r, uint64_t doc, ls_error *err);
/* The same for showing a hit, quicker: of a long main text there may be nothing, or, where the document has no title, its
 * beginning (ls_doc_is_cut). Such a document is refused by ls_add: LS_MISUSE. */
LS_API int ls_reader_head(ls_doc **out, const ls_reader *r, uint64_t doc, ls_error *err);
LS_API int ls_reader_find_guid(const ls_reader *r, const char *guid, size_t len, uint64_t *doc, ls_error *err);
/* The tombstone of an id or a guid, or the i-th of all. Pointers are NUL-terminated and borrowed from the reader; NULL and
 * 0 where unknown. LS_NOTFOUND. */
typedef struct ls_tombstone {
    size_t size;
    const char *id, *guid, *reason;
    int64_t version, time;
    size_t id_len, guid_len, reason_len;
} ls_tombstone;
LS_API int ls_reader_tombstone(const ls_reader *r, ls_tombstone *out, const char *id, size_t len, ls_error *err);
LS_API int ls_reader_tombstone_guid(const ls_reader *r, ls_tombstone *out, const char *guid, size_t len, ls_error *err);
LS_API int ls_reader_tombstone_at(const ls_reader *r, size_t i, ls_tombstone *out, ls_error *err);

/* ---- queries -------------------------------------------------------------------------------------------------- */

enum {
    LS_MATCH_ANY = 1,           /* words are joined by OR instead of AND */
    LS_MODE_SIMPLE = 2,         /* every character is text: no operators */
    LS_SCORE_FUNCTION_WORDS = 4 /* with MATCH_ANY, words such as "the" score like others */
};
/* Words that mean the same: lines of "Kyiv, Kiev" or "United States, US, America"; a line that begins with # is a comment
 * (docs/QUERY.md). Immutable: any number of threads may parse queries with one at once. */
typedef struct ls_synonyms ls_synonyms;
/* From the bytes of such a file, for an index of this schema (whose language stems the words). A line that cannot be used
 * is left out with a warning; LS_LIMIT above 4 MB. The text and the schema need not outlive the call. The caller frees it,
 * but not while a query is being parsed with it. */
LS_API int ls_synonyms_new(ls_synonyms **out, const ls_schema *s, const char *text, size_t len, ls_error *err);
LS_API void ls_synonyms_free(ls_synonyms *s);            /* takes NULL */
LS_API size_t ls_synonyms_count(const ls_synonyms *s);   /* lines in use */
LS_API uint64_t ls_synonyms_stamp(const ls_synonyms *s); /* of the bytes: what was found by others has another stamp */
/* Words that the best of a search have in common, to be put beside the words of its query (pseudo-relevance feedback):
 * made by ls_feedback_new below, immutable, for any number of threads. */
typedef struct ls_feedback ls_feedback;
typedef struct ls_query_options {
    size_t size;
    unsigned flags;
    const char *language; /* further stemming language of the words; NULL: the index's alone */
    int64_t now;          /* for since:7d; 0: the present time */
    /* Words gain those that mean the same, as syn(Kyiv, Kiev) in ls_query_parsed. Borrowed for the call; NULL: none. Of a
     * schema of another language: LS_INVALID. */
    const ls_synonyms *synonyms;
    /* Words added beside those of the text, for the same text and options that they were made for. Where all words must be
     * there they only rank: a b is ls_query_parsed as a b (*^0 OR x^0.4); with MATCH_ANY they are found too. Borrowed for
     * the call; NULL: none. */
    const ls_feedback *feedback;
    /* Ids of documents that are not to be found, at most 512; no part of ls_query_parsed, nor of what a cursor belongs to.
     * So a program that goes on with the commit of an earlier page leaves out what has been deleted since. Borrowed for
     * the call. More: LS_LIMIT. */
    const char *const *without;
    size_t without_count;
} ls_query_options;

typedef struct ls_query ls_query;
/* Understands any bytes (docs/QUERY.md). Fails only by LS_NOMEM and LS_INVALID (a NULL). The caller frees it; it
 * belongs to no reader, and may be used by many threads once made. */
LS_API int ls_query_parse(ls_query **out, const ls_schema *s, const char *text, size_t len, const ls_query_options *o,
                          ls_error *err);
LS_API void ls_query_free(ls_query *q);
/* How it was understood, written so that it would parse to the same again. Borrowed. */
LS_API const char *ls_query_parsed(const ls_query *q);
/* 1 where a date in it was counted from the present time (since:7d, date:today): the same text will mean something
 * else later, so neither the query nor what it found should be kept for long. */
LS_API int ls_query_uses_now(const ls_query *q);
/* What was repaired, cut or ignored. Borrowed; NULL past the last. */
typedef struct ls_warning {
    const char *code;    /* "unbalanced_quote", "unknown_field", "limit_terms" … */
    const char *message; /* one sentence */
    size_t start, end;   /* bytes of the query it is about; 0, 0 for the whole */
} ls_warning;
LS_API const ls_warning *ls_query_warning(const ls_query *q, size_t i);
/* Lines of a file of synonyms that were left out: the message names the line, start and end are bytes of the file.
 * Borrowed; NULL past the last. */
LS_API const ls_warning *ls_synonyms_warning(const ls_synonyms *s, size_t i);
/* What ls_query_options.synonyms added to the query's words, as both are written. Borrowed; NULL past the last. */
typedef struct ls_synonym {
    const char *word;
    const char *const *added;
    size_t added_count;
} ls_synonym;
LS_API const ls_synonym *ls_query_synonym(const ls_query *q, size_t i);

/* ---- searching ------------------------------------------------------------------------------------------------ */

typedef enum ls_sort { LS_BY_RELEVANCE = 0, LS_BY_FIELD_ASC = 1, LS_BY_FIELD_DESC = 2 } ls_sort;
/* Keep documents whose field has one of the values (keywords, folded), or a number from..to inclusive. */
typedef struct ls_filter {
    const char *field;
    int exclude;               /* 1: keep those that do not */
    const char *const *values; /* keywords; NULL: by range */
    size_t value_count;
    int64_t from, to; /* INT64_MIN and INT64_MAX: open */
} ls_filter;
enum { LS_TOTAL_EXACT = 0, LS_TOTAL_NONE = 1 };
enum {
    LS_HISTOGRAM_AUTO = 0,
    LS_HISTOGRAM_DAY = 1,
    LS_HISTOGRAM_WEEK = 2,
    LS_HISTOGRAM_MONTH = 3,
    LS_HISTOGRAM_YEAR = 4
};
enum { LS_FOLD_NONE = 0, LS_FOLD_SIMILAR = 1 /* copies, excerpts, shared text */, LS_FOLD_STORY = 2 /* updates too */ };
enum { LS_LEAD_MATCH = 0 /* the best hit */, LS_LEAD_EARLIEST = 1 /* published first */, LS_LEAD_LONGEST = 2 };
typedef struct ls_search_options {
    size_t size;
    size_t limit;  /* hits wanted; 0: 10 */
    size_t offset; /* hits left out before; limit + offset ≤ 10,000 */
    ls_sort sort;
    const char *sort_field;   /* for BY_FIELD; documents without a value come last, both ways */
    const ls_filter *filters; /* all must hold */
    size_t filter_count;
    const char *cursor;              /* ls_results_cursor of the page before; NULL: the first */
    const char *const *facets;       /* keyword fields to count over all matches */
    size_t facet_count, facet_limit; /* values for each; 0: 10 */
    int total;                       /* LS_TOTAL_NONE: a lower bound will do, which is quicker */
    int count_only;                  /* 1: no hits, only the total and facets */
    int timeout_ms;                  /* 0: 1,000; < 0: none. Past it the hits so far are given and timed_out is set */
    int require_complete;            /* 1: LS_TIMEOUT instead */
    double k1, b;                    /* 0: the index's; b < 0: none */
    double half_life_days;           /* > 0: scores fade with the age of recency_field, by 64 halvings at most */
    const char *recency_field;       /* NULL: "published" */
    int64_t now;                     /* 0: the present time */
    int (*cancel)(void *ctx);        /* asked now and then; not 0 ends the search with LS_CANCELED */
    void *cancel_ctx;
    int exhaustive;             /* 1: evaluate without skipping: same answers, slower; for tests */
    const char *histogram;      /* a date field over which all matches are counted by time; NULL: none */
    int histogram_unit;         /* LS_HISTOGRAM_…; AUTO: by the span of what is found */
    const char *histogram_zone; /* whose days, weeks (from Monday), months, years; NULL: the index's "timezone" */
    /* Copies of a story stand under the best of them (its lead), in the order of hits, never transitively; limit and
     * offset then count leads. Of two texts of which one has fewer than 60 runs of five words and one no date, an
     * excerpt or shared text does not fold: those are pages of a site more than stories. */
    int fold;   /* LS_FOLD_* */
    int lead;   /* LS_LEAD_*: which document of a fold is its hit */
    int latest; /* 1: not those from which another document has evolved by its evolved_from (a field of type keyword),
                   whether the other matches, or is left out by `without`, or not */
    /* With latest: whether the asker may see that other document at all; one that is not for his eyes hides none. It may
     * call what reads. NULL: he may see all that the reader shows. */
    int (*sees)(void *ctx, const ls_doc *d);
    void *sees_ctx;
} ls_search_options;

typedef struct ls_results ls_results;
/* The caller frees the results, which own everything reachable from them. */
LS_API int ls_search(ls_results **out, const ls_reader *r, const ls_query *q, const ls_search_options *o,
                     ls_error *err);
LS_API void ls_results_free(ls_results *res);
typedef struct ls_results_info {
    uint64_t total;
    int total_is_exact;        /* 0: at least so many */
    size_t count;              /* hits held */
    uint64_t undated_excluded; /* matches that only a range on their missing date left out */
    int timed_out;
    double took_ms;
    uint64_t generation;
    uint64_t total_leads;     /* what is left of the total once copies are folded; without folding the total */
    int total_leads_is_exact; /* 0: at least so many: not all matches were looked at */
} ls_results_info;
LS_API ls_results_info ls_results_get(const ls_results *res);
/* Valid until the results are freed; never free or modify it. */
typedef struct ls_hit {
    uint64_t doc; /* for ls_reader_doc and ls_snippets, with the same reader */
    float score;
    int has_sort_value;
    int64_t sort_value; /* by a number or a date */
    const char *id;
    size_t id_len;
} ls_hit;
LS_API const ls_hit *ls_results_hit(const ls_results *res, size_t i); /* NULL past the last */
/* How the texts (the main fields) of two documents stand to each other. In this order: .95 of each in the other, or equal
 * once normalised: COPY; the same source, another date or version, and .40: UPDATE; .80 of each in the other: COPY; .80
 * of one in the other: EXCERPT; .40: SHARED. Shares are those of all runs of five words, boilerplate and lines that recur
 * in the source left out; where not equal, texts of fewer than 20 of them, or dated more than 45 days apart, are not
 * related. Nor are those, by form reports of two days, of which the shorter has under 120 words, dated more than a day
 * apart, with less than .85; EXCERPT and SHARED need 24 different runs that both have. docs/COPIES.md tells why. */
typedef enum ls_relation { LS_COPY = 1, LS_EXCERPT, LS_SHARED, LS_UPDATE } ls_relation;
LS_API const char *ls_relation_name(ls_relation relation); /* "copy", "excerpt", "shared", "update"; static */
typedef struct ls_fold {
    size_t count;         /* documents folded under a hit: they match too */
    double max_shared;    /* the largest share, in either direction */
    ls_relation relation; /* of the document that shares so much */
    const uint64_t *docs; /* in the order of hits; of a story the newest first */
} ls_fold;
/* What is folded under the i-th hit; NULL where nothing is. Valid until the results are freed. */
LS_API const ls_fold *ls_results_fold(const ls_results *res, size_t i);
/* Where the next page begins: URL-safe text, NULL where there is no more. Borrowed. */
LS_API const char *ls_results_cursor(const ls_results *res);
/* The generation (ls_result_info.generation) of the page that gave a cursor: a reader kept from then goes on exactly where
 * it ended, a newer one from the key of its last hit. LS_INVALID where no page gave it. */
LS_API int ls_cursor_generation(uint64_t *generation, const char *cursor, ls_error *err);
/* The words of the query that match nothing in this reader. Borrowed; NULL past the last. */
LS_API const char *ls_results_unmatched(const ls_results *res, size_t i);
/* Caps that bit while searching. Borrowed; NULL past the last. */
LS_API const ls_warning *ls_results_warning(const ls_results *res, size_t i);
typedef struct ls_facet_value {
    const char *value; /* as written in the first document that has it */
    size_t len;
    uint64_t count;
} ls_facet_value;
/* Values of the i-th facet asked for, by falling count, then by value. NULL past the last. */
LS_API const ls_facet_value *ls_results_facet(const ls_results *res, size_t facet, size_t i);
typedef struct ls_bucket {
    int64_t first, last; /* its instants, inclusive */
    uint64_t count;
    const char *date; /* its first day in the zone, "2023-09-01" */
} ls_bucket;
/* Buckets of the histogram that was asked for, in order of time; those without a match are left out. NULL past the
 * last. */
LS_API const ls_bucket *ls_results_bucket(const ls_results *res, size_t i);
LS_API uint64_t ls_results_undated(const ls_results *res); /* matches without a date, in no bucket */
/* The unit of the buckets: the one that AUTO chose, or a longer one than asked for where that would have made over
 * 20,000; AUTO where no histogram was asked for. */
LS_API int ls_results_histogram_unit(const ls_results *res);

/* ---- passages ------------------------------------------------------------------------------------------------- */

enum { LS_RANGES_BYTES = 0, LS_RANGES_CODE_POINTS = 1, LS_RANGES_UTF16 = 2 };
typedef struct ls_snippet_options {
    size_t size;
    size_t count;           /* passages wanted; 0: 2 */
    size_t length;          /* of each in code points, about; 0: 200 */
    const char *pre, *post; /* around a match in html, not escaped; NULL: <mark>, </mark> */
    int range_unit;         /* LS_RANGES_* */
    int all_matches;        /* 1: also `matches` over the whole main field */
    int no_body;            /* 1: only the title */
} ls_snippet_options;
typedef struct ls_range {
    size_t start, end; /* [start, end) */
} ls_range;
typedef struct ls_snippet {
    const char *field;      /* "body" */
    const char *text;       /* valid UTF-8, as stored; "… " where it is cut */
    const char *html;       /* escaped; only the markers are raw */
    const ls_range *ranges; /* of the matches in text */
    size_t range_count;
    ls_range place; /* of the passage in the whole field */
} ls_snippet;
typedef struct ls_snippets {
    const char *title_html; /* the title highlighted; NULL without a title */
    const ls_snippet *snippets;
    size_t count;
    const ls_range *matches;
    size_t match_count;
} ls_snippets;
/* Passages of a document for a query, by the same matching as the search. The caller frees them. */
LS_API int ls_snippets_make(ls_snippets **out, const ls_reader *r, const ls_query *q, uint64_t doc,
                            const ls_snippet_options *o, ls_error *err);
LS_API void ls_snippets_free(ls_snippets *s);
/* The same for the hits of a page: the words of the query are looked up once. By one thread at a time; reader and query
 * must outlive it, the options need not. The caller closes it. */
typedef struct ls_highlighter ls_highlighter;
LS_API int ls_highlighter_open(ls_highlighter **out, const ls_reader *r, const ls_query *q, const ls_snippet_options *o,
                               ls_error *err);
/* d: the document, where the caller has read it already (ls_reader_doc of the same reader), else NULL: it is read. */
LS_API int ls_highlighter_make(ls_snippets **out, ls_highlighter *h, uint64_t doc, const ls_doc *d, ls_error *err);
LS_API void ls_highlighter_close(ls_highlighter *h); /* takes NULL */

/* ---- help with queries ---------------------------------------------------------------------------------------- */

typedef struct ls_suggestion {
    const char *text;
    uint64_t documents;
} ls_suggestion;
typedef struct ls_suggestions {
    const ls_suggestion *completions; /* words and titles that begin so, by falling documents */
    size_t count;
    const char *did_you_mean; /* the text with its unknown words replaced, where that finds something; else NULL */
} ls_suggestions;
/* What the text typed so far may become. The caller frees it. */
LS_API int ls_suggest(ls_suggestions **out, const ls_reader *r, const char *text, size_t len, size_t limit,
                      ls_error *err);
/* The same for a query that is whole, such as one that found nothing: completes nothing, and the last word may be wrong
 * too. The caller frees it. */
LS_API int ls_did_you_mean(ls_suggestions **out, const ls_reader *r, const char *text, size_t len, ls_error *err);
LS_API void ls_suggestions_free(ls_suggestions *s);
/* A query of the document's rarest weighted words, which excludes the document itself. The caller frees it. */
LS_API int ls_more_like(ls_query **out, const ls_reader *r, uint64_t doc, ls_error *err);

/* What the best of a search have in common: the words of its first hits that are frequent in them and rare elsewhere. Parse
 * the query again with them (ls_query_options.feedback) and search: often better where words are few and texts many,
 * worse where the first hits are wrong; never a default. `best`: of a search of this reader for this query, by relevance.
 * The same hits give the same words, however documents lie in segments; only what the reader sees counts. There may be
 * none. The caller frees it. */
typedef struct ls_feedback_options {
    size_t size;
    size_t documents; /* the first so many hits; 0: 3; at most 100 */
    size_t words;     /* 0: 25; at most 100 */
    double weight;    /* of all words added, as a share of what the query's own weigh; 0: .25; at most 1 */
} ls_feedback_options;
LS_API int ls_feedback_new(ls_feedback **out, const ls_reader *r, const ls_query *q, const ls_results *best,
                           const ls_feedback_options *o, ls_error *err);
LS_API void ls_feedback_free(ls_feedback *f); /* takes NULL */
typedef struct ls_feedback_word {
    const char *word; /* as one of the hits writes it */
    double boost;     /* in thousandths, as in word^0.4 */
} ls_feedback_word;
/* The heaviest first. Borrowed; NULL past the last. */
LS_API const ls_feedback_word *ls_feedback_at(const ls_feedback *f, size_t i);

/* ---- copies of a story ---------------------------------------------------------------------------------------- */

typedef struct ls_similar_options {
    size_t size;
    size_t limit;    /* 0: 20 */
    int range_unit;  /* LS_RANGES_* */
    int no_passages; /* 1: relations and shares alone, which opens no text */
} ls_similar_options;
typedef struct ls_similar {
    uint64_t doc;
    ls_relation relation;
    double shared;            /* the larger of the two shares; from .20 on, though only .40 folds */
    const ls_range *passages; /* of the document asked for, in the first value of its main field; rising */
    size_t passage_count;
} ls_similar;
typedef struct ls_similar_list {
    const ls_similar *items; /* by falling share, then by document */
    size_t count;
} ls_similar_list;
/* The documents that share text with one; none where the schema does not say copies. LS_NOTFOUND. The caller frees the list. */
LS_API int ls_similar_find(ls_similar_list **out, const ls_reader *r, uint64_t doc, const ls_similar_options *o,
                           ls_error *err);
LS_API void ls_similar_free(ls_similar_list *list);

/* ---- advanced ------------------------------------------------------------------------------------------------- */

/* The parts of a document's score, a tree in depth-first order; the parts at one depth sum to their parent's value.
 * count is 0 where the document does not match. The caller frees it. */
typedef struct ls_explained {
    int depth;
    double value;
    const char *text;
} ls_explained;
typedef struct ls_explanation {
    const ls_explained *nodes;
    size_t count;
} ls_explanation;
LS_API int ls_explain(ls_explanation **out, const ls_reader *r, const ls_query *q, const ls_search_options *o,
                      uint64_t doc, ls_error *err);
LS_API void ls_explanation_free(ls_explanation *e);

/* Deletes what matches in the last commit and in what was added since. *deleted may be NULL. */
LS_API int ls_delete_query(ls_writer *w, const ls_query *q, uint64_t *deleted, ls_error *err);

/* How a text is cut into words. Those of boilerplate are counted apart; of the schema's lists the one of every source is
 * asked, for a text alone has none. The caller frees it. */
typedef struct ls_token {
    const char *form, *term; /* as written (normalised), as indexed */
    uint32_t position;
    size_t start, end; /* bytes of the text */
} ls_token;
typedef struct ls_tokens {
    const ls_token *tokens;
    size_t count;
    const char *language;
} ls_tokens;
LS_API int ls_analyze(ls_tokens **out, const ls_schema *s, const char *text, size_t len, const char *language,
                      ls_error *err);
LS_API void ls_tokens_free(ls_tokens *t);

/* Verifies every byte and every structure; writes nothing. `fault` is told each one found (err: what and where,
 * section: its name; the place is not in err->message again). LS_CORRUPT where there was any. */
typedef void ls_fault_fn(void *ctx, const ls_error *err, const char *section);
typedef struct ls_check_report {
    size_t size;
    uint64_t generation, documents, segments, faults;
} ls_check_report;
LS_API int ls_check(const char *path, ls_fault_fn *fault, void *ctx, ls_check_report *out, ls_error *err);
/* Copies the last commit into a new directory, durably. LS_EXISTS where `to` is there. */
LS_API int ls_backup(const char *path, const char *to, ls_error *err);

/* A new index of what is sound in a damaged one, also where the manifest is lost: sound segments are copied with all
 * they have, of damaged ones every document that can still be read is added anew. The damaged index is only read.
 * `to` is made at the end, whole and durable, or not at all. */
typedef struct ls_salvage_options {
    size_t size;
    const ls_schema *schema; /* where the index's own is lost; NULL: the news schema, if the segments fit it */
    ls_fault_fn *fault;      /* told what was found damaged, and each document lost or kept in part */
    void *ctx;
    size_t memory_bytes; /* as of a writer; 0: 256 MB */
} ls_salvage_options;
typedef struct ls_salvage_report {
    size_t size;
    uint64_t documents;     /* in the new index */
    uint64_t lost;          /* known to have been there, and not to be had */
    uint64_t in_part;       /* kept, but for an id (derived anew), a version, a language or a number */
    uint64_t undeleted;     /* deleted ones that may be back, for which of them were is lost */
    uint64_t segments;      /* looked at */
    uint64_t segments_lost; /* of them with no document that can be read */
    uint64_t faults;
} ls_salvage_report;
/* LS_EXISTS where `to` is there; LS_NOTFOUND where there is nothing of an index; LS_CORRUPT where the schema is lost and
 * the one given does not fit; LS_TOO_NEW. LS_OK where anything was saved, however little: see the report. */
LS_API int ls_salvage(const char *path, const char *to, const ls_salvage_options *o, ls_salvage_report *out,
                      ls_error *err);

/* What the status of an article says, in any case, with or without "stat:" before it and blanks around it. All but the last
 * two are shown; OTHER is a word that means nothing to the index. *word (may be NULL): where in the text the word stands,
 * without prefix and blanks. Never fails: text may be NULL with len 0. */
typedef enum ls_status {
    LS_STATUS_OTHER = 0,
    LS_STATUS_USABLE,
    LS_STATUS_WITHHELD, /* hidden until a version that is not */
    LS_STATUS_CANCELED  /* a kill, see ls_kill; "cancelled" too */
} ls_status;
LS_API ls_status ls_status_of(const char *text, size_t len, ls_range *word);
/* Whether a text begins with a headline (a first line without a full stop, then a blank line): its range in bytes
 * and where the text goes on. LS_NOTFOUND where it begins with its lead. */
LS_API int ls_headline(const char *text, size_t len, ls_range *headline, size_t *rest);
/* 1 where the lines of a text are broken at a width: a newline before a line that is not indented is then no paragraph's
 * end, for w/p and whoever shows the text. Judged by its first 4 KB. */
LS_API int ls_wrapped(const char *text, size_t len);
/* Dates of articles: RFC 3339, YYYY-MM-DD, RFC 822/5322. LS_INVALID. *date_only may be NULL. */
LS_API int ls_date_parse(const char *text, size_t len, int64_t *ms, int *date_only);
/* RFC 3339 in UTC ("2023-09-11T08:00:00Z"), NUL-terminated; buf of at least 32 bytes. */
LS_API void ls_date_format(int64_t ms, char *buf, size_t cap);
/* The instants that a period stands for in a zone ("2023-08", "2023", "2023-09-11", RFC 3339, "7d" back from now):
 * inclusive first and last millisecond. LS_INVALID. zone NULL: UTC. */
LS_API int ls_period_parse(const char *text, size_t len, const char *zone, int64_t now, int64_t *first, int64_t *last);

#ifdef __cplusplus
}
#endif
#endif
