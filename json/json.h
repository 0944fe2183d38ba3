/* json.h — JSON of articles (in) and of answers (out), shared by the command line, the server and import/.
 *
 * The one folder that knows jansson; nothing of jansson stands in this header. It sees libsearch.h and nothing else
 * of the library. What goes out is written straight into a growable text (js_text), without a tree in between.
 *
 * Names: js_ for everything. Strings are UTF-8 with a length, or NUL-terminated where no length is asked.
 * Functions that can fail return LS_OK or a negative ls_ code and fill an ls_error (why) or a js_problem (what an HTTP
 * client is told; the command line prints its detail). Threads: as in libsearch.h, an object by one thread at a time;
 * a reader by many.
 */
#ifndef LIBSEARCH_JSON_H
#define LIBSEARCH_JSON_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libsearch/libsearch.h"

/* ---- text.c: a growable text with a sticky error ---------------------------------------------------------------- */

/* Write as often as you like and look at `failed` once (1: no memory, what was written is not whole).
 * JS_TEXT_INIT or zeroes; js_text_free gives the bytes back; js_text_take hands them over (free() them). */
typedef struct js_text {
    char *data; /* len bytes, and a NUL behind once anything was written */
    size_t len, cap;
    bool failed;
} js_text;

void js_text_free(js_text *t);
void js_text_reset(js_text *t);              /* empty again; memory and error: kept, cleared */
char *js_text_take(js_text *t, size_t *len); /* NULL where failed or never written */
void js_put(js_text *t, const char *s, size_t len);
void js_puts(js_text *t, const char *s);
void js_putc(js_text *t, char c);
void js_printf(js_text *t, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
/* LS_OK, or LS_NOMEM with a message in err: the usual last line of a writer. */
int js_text_rc(const js_text *t, ls_error *err);

/* JSON values. Strings: " and \ and control characters escaped, invalid UTF-8 written as U+FFFD, nothing else
 * changed (an answer must not be pasted into a <script> as it is). s NULL: null. */
void js_string(js_text *t, const char *s, size_t len);
void js_cstring(js_text *t, const char *s);
void js_int(js_text *t, int64_t v);
void js_uint(js_text *t, uint64_t v);
void js_range(js_text *t, uint64_t start, uint64_t end); /* [start,end] */
void js_number(js_text *t, double v); /* the shortest digits that read back to the same double; null if not finite */
void js_score(js_text *t, float v);   /* the same for a float */
void js_date(js_text *t, int64_t ms); /* RFC 3339 in quotes */
/* Members: a comma unless the object or array has just been opened, then "name": — name is ours, not escaped. */
void js_key(js_text *t, const char *name);
void js_comma(js_text *t); /* in an array: a comma unless it has just been opened */
/* & < > " ' as entities, invalid UTF-8 as U+FFFD: for text and attributes of HTML and XML. */
void js_html(js_text *t, const char *s, size_t len);
void js_html_string(js_text *t, const char *s, size_t len); /* the same as a JSON string */

/* ---- problem.c: what goes wrong, as RFC 9457 --------------------------------------------------------------------- */

typedef struct js_problem {
    int status;         /* HTTP status; 0: no problem */
    const char *code;   /* "invalid_parameter"; static; the type is /problems/ and the code with dashes */
    const char *title;  /* static */
    char detail[640];   /* one sentence about this occurrence */
    char parameter[96]; /* the parameter or member at fault; empty: none */
} js_problem;

/* The codes and their status: bad_request 400, invalid_parameter 400, invalid_json 400, unauthorized 401, forbidden
 * 403, not_found 404, method_not_allowed 405, conflict 409, gone 410, precondition_failed 412, too_large 413,
 * uri_too_long 414, unsupported_media_type 415, misdirected 421, invalid_document 422, too_many_requests 429,
 * headers_too_large 431, internal 500, busy 503, locked 503, deadline 504, no_space 507.
 * An unknown code is internal. Always returns LS_INVALID, so that it may be returned. */
int js_problem_set(js_problem *p, const char *code, const char *parameter, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;
/* From an error of the library: LS_NOTFOUND 404, LS_LOCKED 503, LS_LIMIT 413, LS_SCHEMA 422, LS_INVALID 400, LS_TIMEOUT
 * 504, LS_NOSPACE 507, LS_CANCELED 503, others 500 (whose detail keeps the message: it names files of the index, so a
 * public server may want its own words there). Returns e->code. */
int js_problem_from(js_problem *p, const ls_error *e);
/* {"type","title","status","code","detail","errors":[{"parameter"}]} */
void js_write_problem(js_text *out, const js_problem *p);

/* ---- params.c: the parameters of a search, one table ------------------------------------------------------------- */

/* Where a parameter may stand (one bit is given to the functions below). */
enum {
    JS_FOR_SEARCH = 1,   /* GET and POST /v1/search, libsearch search, the page */
    JS_FOR_SNIPPET = 2,  /* /v1/documents/{id}/snippet */
    JS_FOR_EXPORT = 4,   /* /v1/export, libsearch export */
    JS_FOR_SUGGEST = 8,  /* /v1/suggest */
    JS_FOR_COMMAND = 16, /* libsearch search: as JS_FOR_SEARCH, with a higher limit */
    JS_FOR_FEED = 32,    /* /feed.rss, /feed.atom, /feed.json */
    JS_FOR_BATCH = 64,   /* POST /v1/batch: what all its queries have in common */
    JS_FOR_SHELL = 128   /* further flags of libsearch search and export */
};
typedef enum js_kind { JS_TEXT, JS_LIST, JS_INT, JS_BOOL, JS_CHOICE, JS_NUMBER } js_kind;
typedef struct js_param {
    const char *name; /* "limit"; filters exist as "source" and "not.source" */
    js_kind kind;
    unsigned uses;        /* JS_FOR_… */
    int64_t min, max;     /* JS_INT, JS_NUMBER: range; JS_TEXT, JS_LIST: at most max bytes a value */
    const char *fallback; /* the default as text; NULL: none */
    const char *choices;  /* JS_CHOICE: "all|any" */
    const char *help;     /* one line, for --help, the man page and openapi.yaml */
} js_param;
/* The table, sorted as it should be shown; NULL past the last. Static. */
const js_param *js_param_at(size_t i);
/* NULL where unknown, or unknown for these uses. */
const js_param *js_param_find(const char *name, size_t len, unsigned uses);
/* What an unknown name was likely meant to be, among these uses; NULL where nothing is near. */
const js_param *js_param_guess(const char *name, size_t len, unsigned uses);

#define JS_FILTERS 6                  /* source section byline subject place language */
const char *js_filter_name(size_t i); /* "source" … of the parameter, NULL past the last */
/* Of the field: "source", "subjects" …; in a schema without "subjects" "subject", if it has that. s NULL: the former. */
const char *js_filter_field(const ls_schema *s, size_t i);
typedef struct js_list {
    char **items; /* NUL-terminated, owned */
    size_t count;
} js_list;
typedef enum js_format { JS_NDJSON, JS_CSV } js_format;

/* A search as asked for. Filled by js_request_set (any number of times), then js_request_ready, then read-only:
 * the server may look at every member (for the form of the page, for links to the next page, for an ETag). */
typedef struct js_request {
    unsigned uses;
    /* The caller's, before the first js_request_set: fields of it that the table has no name for are parameters too
     * (js_own_is). Borrowed; NULL: only the table's are. */
    const ls_schema *schema;
    char *q; /* NULL: not given. Absent or empty: every document */
    size_t q_len;
    bool has_q;
    char *sort; /* as given: relevance newest oldest FIELD:asc FIELD:desc; NULL: relevance */
    js_list with[JS_FILTERS], without[JS_FILTERS]; /* in the order of JS_FILTERS above */
    js_list own_names, own_values;                 /* of the schema's fields, in pairs: "not.tag", "x" */
    js_list filters;                               /* of the command line: NAME=VALUE, for js_request_ready */
    char *from, *to, *tz, *cursor;
    js_list facets, fields;
    int64_t limit, offset, snippets, snippet_length, facet_limit, timeout_ms;
    double half_life; /* days; 0: none */
    char *highlight_pre, *highlight_post;
    bool explain, require_complete, any, simple, score_function_words;
    bool hidden;    /* include=embargoed: embargoed and withheld articles too; the caller finds the reader that may */
    bool limited;   /* by the caller: who asks may see some articles only; words of the others are not told */
    int range_unit; /* LS_RANGES_* */
    int fold, lead; /* LS_FOLD_*, LS_LEAD_* */
    bool latest;
    js_format format; /* of an export */
    bool opensearch;  /* form of suggestions */
    int histogram;    /* LS_HISTOGRAM_…; -1: none */
    uint64_t seen;    /* which parameters were given; private */
    /* set by js_request_ready */
    int64_t from_ms, to_ms; /* INT64_MIN, INT64_MAX: open */
    ls_sort order;
    const char *order_field; /* borrowed from sort or static */
    char order_name[64];
    ls_filter *own_filters; /* owned; with values of own_sorted */
    const char **own_sorted;
    size_t own_filter_count;
    bool ready;
    bool feedback;               /* expand=feedback */
    bool no_synonyms;            /* synonyms=off */
    const ls_synonyms *synonyms; /* the caller's; borrowed until the request is cleared. NULL: none */
    const char *const *unwanted; /* by the caller, borrowed: ids that are not to be found (ls_query_options) */
    size_t unwanted_count;
    /* by the caller: of a limited asker, whether he may see a document (ls_search_options.sees) */
    int (*sees)(void *ctx, const ls_doc *d);
    void *sees_ctx;
    /* for the caller: asked now and then while searching; not 0 cancels */
    int (*cancel)(void *ctx);
    void *cancel_ctx;
} js_request;

/* All defaults. Never fails; clear frees what js_request_set copied. */
void js_request_init(js_request *q, unsigned uses);
void js_request_clear(js_request *q);
/* One parameter, value copied. Lists (filters) grow with each call; facets and fields also split at commas; others are
 * refused the second time. An unknown name is invalid_parameter with its likely meaning. NULs and a bad range are
 * refused too. */
int js_request_set(js_request *q, const char *name, size_t name_len, const char *value, size_t value_len,
                   js_problem *p);
/* The same from a JSON object (POST /v1/search): {"q":"…","source":["A","B"],"limit":5,"explain":true}. */
int js_request_set_json(js_request *q, const char *text, size_t len, js_problem *p);
/* Whether a name is a parameter by a field of the schema: NAME and not.NAME of a keyword field, NAME, from.NAME and to.NAME of
 * a number or date field, unless the table has it, or has the field under another name (subjects). */
bool js_own_is(const ls_schema *s, const char *name, size_t len);
/* Checks what concerns several parameters or the schema: offset + limit, from ≤ to, fields of sort and facets. */
int js_request_ready(js_request *q, const ls_schema *s, js_problem *p);

/* ---- find.c: running a request ------------------------------------------------------------------------------------
 */

typedef struct js_found {
    ls_query *query;    /* as typed: for parsed, warnings, snippets */
    ls_query *searched; /* what was searched where that differs (a filter by byline); else NULL */
    ls_results *results;
    ls_highlighter *highlighter; /* of the hits' passages; made when first wanted */
    ls_feedback *feedback;       /* the words that both queries gained by expand=feedback; else NULL */
    bool no_time;                /* none were gained, for the deadline passed */
} js_found;
/* The query of a request alone. The caller frees it. */
/* further: a stemming language beside the index's, such as that of the document shown; NULL: that of the filter, where the
 * search is of one language. One without a stemmer is left out. */
int js_request_query(ls_query **out, const js_request *q, const ls_schema *s, const char *further, ls_error *err);
/* Searches. For the page too, which wants the results and not their JSON. p may tell invalid_parameter (a bad cursor).
 */
int js_find(js_found *out, const js_request *q, const ls_reader *r, js_problem *p);
void js_found_clear(js_found *f);

/* ---- answers: one function each, shared by --json and the server ----------------------------------------------------
 */

/* The object of /v1/search. */
int js_write_search(js_text *out, const js_request *q, const ls_reader *r, js_found *f, ls_error *err);
/* One hit of it (one line of --ndjson). */
int js_write_hit(js_text *out, const js_request *q, const ls_reader *r, js_found *f, const ls_hit *hit, ls_error *err);
/* The score of a hit, its parts indented by their depth, as lines for people. */
int js_write_explanation(js_text *out, const js_request *q, const ls_reader *r, const ls_hit *hit, ls_error *err);
/* js_find and js_write_search in one call. */
int js_search(js_text *out, const js_request *q, const ls_reader *r, js_problem *p);
/* GET /v1/documents/{id}; also one line of an export. */
int js_write_document(js_text *out, const ls_schema *s, const ls_doc *d, ls_error *err);
/* GET …/{id}/similar: what shares text with it. sees (may be NULL): whether the asker may see a document. LS_NOTFOUND. */
int js_write_similar(js_text *out, const ls_reader *r, const char *id, size_t id_len, size_t limit, int range_unit,
                     bool (*sees)(void *ctx, const ls_doc *d), void *ctx, ls_error *err);
/* GET …/{id}/versions: those that the index has seen, the newest first. */
int js_write_versions(js_text *out, const ls_doc *d, ls_error *err);
/* GET …/{id}/snippet. LS_NOTFOUND. */
int js_write_snippet(js_text *out, const js_request *q, const ls_reader *r, const char *id, size_t id_len,
                     js_problem *p);
/* GET /v1/suggest; opensearch: ["typed",["completion",…]], what browsers take (application/x-suggestions+json). */
int js_write_suggest(js_text *out, const ls_reader *r, const char *text, size_t len, size_t limit, bool opensearch,
                     ls_error *err);
/* The languages that articles are in, the most frequent first: as the field "language" says where there is one, else
 * those whose stemmers read them (which Japanese has none of). */
typedef void js_language_fn(void *ctx, const char *code, size_t len, uint64_t documents);
int js_languages(const ls_reader *r, js_language_fn *each, void *ctx, ls_error *err);
/* GET /v1/stats */
int js_write_stats(js_text *out, const ls_reader *r, ls_error *err);
/* GET /v1/analyze; starts and ends in range_unit (LS_RANGES_*). */
int js_write_analyze(js_text *out, const ls_schema *s, const char *text, size_t len, const char *language,
                     int range_unit, ls_error *err);
/* {"ok","generation","documents","segments","faults":[…]} by calling ls_check; *ok tells whether there was no fault.
 * Fails only where nothing could be looked at (no such index). */
int js_write_check(js_text *out, const char *path, bool *ok, ls_error *err);
/* PUT, DELETE, POST of one: {"id","result","version","committed":true,"generation"}. result: "created", "deleted" … */
void js_write_written(js_text *out, const char *id, size_t id_len, const char *result, int64_t version,
                      uint64_t generation);
/* What a kill says: {"reason":"…","version":3}, both optional; the reason becomes out. */
int js_kill_read(js_text *out, int64_t *version, const char *text, size_t len, js_problem *p);
/* POST of NDJSON, one line of its answer: {"line","id","result","version","error"}. error NULL: null; with an error
 * the result is "error" and id may be NULL. */
void js_write_added(js_text *out, uint64_t line, const char *id, size_t id_len, const char *result, int64_t version,
                    const char *error);
const char *js_result_name(ls_result r); /* "created" … */

/* The facts that a card, a feed or a list line shows of a document; shared with the page so that title and date are
 * the same everywhere. Pointers are borrowed from the document, except title_text (js_facts_clear). */
typedef struct js_facts {
    const char *id;
    size_t id_len;
    const char *title; /* the title field, or the beginning of the lead; without both, of another text, or the id */
    size_t title_len;
    const char *title_source;                                      /* "given" "line" "lead" */
    const char *guid, *url, *source, *section, *byline, *language; /* NULL: unknown; language as written or ISO 639-1 */
    const char *status, *date_source;
    bool has_published, has_updated;
    int64_t published, updated;
    int64_t version;
    uint64_t words;
    const char *body; /* of the main field; "" where it has none */
    size_t body_len;
    char *title_text; /* owned */
    bool unsure;      /* the document was cut (ls_reader_head), and its title may be another: read it whole */
} js_facts;
/* The next field of the schema, from *at on, that is neither among the facts nor title, lead and body; NULL at the end. */
const ls_field *js_other_field(const ls_schema *s, size_t *at);
int js_facts_get(js_facts *out, const ls_schema *s, const ls_doc *d, ls_error *err);
void js_facts_clear(js_facts *f);
/* The facts of a hit with its document, the caller's. Unless it is to be whole, its main text is read only where the
 * title is made of it. */
int js_facts_read(js_facts *out, ls_doc **d, const ls_reader *r, uint64_t doc, bool whole, ls_error *err);
/* "english" → "en"; what is no name of a stemmer as it is. Static or the argument. */
const char *js_language_code(const char *language);
/* The next paragraph of a body: a run of lines without a blank one where the body has blank lines, or lines broken at a
 * width (then also without an indented one), else a line. *at goes from 0 upwards; false past the last. What kind of
 * lines there are is judged by the first 4 KB. */
bool js_paragraph(const char *body, size_t len, size_t *at, const char **paragraph, size_t *paragraph_len);

/* ---- batch.c: many queries in one request --------------------------------------------------------------------------
 */

typedef struct js_batch js_batch;
#define JS_BATCH_MAX 1000 /* queries of one batch */
/* {"queries":["…","…"],"limit":3,…}: the other members are parameters that all queries share. The content is copied.
 * s: as js_request.schema; may be NULL. */
int js_batch_open(js_batch **out, const ls_schema *s, const char *text, size_t len, js_problem *p);
/* The parameters that all share, before the first js_batch_next: to be limited by a key's filter, to be cancelled. */
js_request *js_batch_request(js_batch *b);
/* Checks these parameters; the reader must stay open. */
int js_batch_begin(js_batch *b, const ls_reader *r, js_problem *p);
/* Appends the answer of the next query to {"results":[{"query","total","hits":[…],"error"}]}; *more: false behind the
 * last. A query that fails is told in its `error`, and the others go on. */
int js_batch_next(js_batch *b, js_text *out, bool *more, ls_error *err);
void js_batch_close(js_batch *b); /* takes NULL */

/* ---- export.c: everything found, in pieces ------------------------------------------------------------------------
 */

typedef struct js_export js_export;
/* The request may be cleared afterwards; the reader must stay open. Limit and offset are not looked at. */
int js_export_open(js_export **out, const js_request *q, const ls_reader *r, js_format format, js_problem *p);
/* Asked before each document is written, whether it was killed since the export began; it is then left out. NULL: none
 * is. */
typedef bool js_killed_fn(void *ctx, const ls_doc *d);
void js_export_watch(js_export *e, js_killed_fn *killed, void *ctx);
/* Whether a reader knows a tombstone of the document's id or guid. */
bool js_is_killed(const ls_reader *r, const ls_doc *d);
/* Appends the next documents (some tens) to out. *more: false at the end. */
int js_export_next(js_export *e, js_text *out, bool *more, ls_error *err);
uint64_t js_export_count(const js_export *e); /* documents written so far */
void js_export_close(js_export *e);
/* A cell of CSV by RFC 4180; what a spreadsheet would take for a formula (= + - @ tab CR first) gets a ' in front. */
void js_csv_cell(js_text *out, const char *s, size_t len);

/* ---- article.c: articles in ----------------------------------------------------------------------------------------
 */

/* Told of what was repaired or kept otherwise: a date that is none, bytes that are not UTF-8. One line, no newline. */
typedef void js_warn_fn(void *ctx, const char *message);
typedef struct js_article_options {
    const ls_schema *schema;
    const char *path;      /* relative path that gives the id where neither id nor guid does; NULL: content gives it */
    const char *file_name; /* whose date is taken where the input has none; NULL: none is looked for */
    bool has_mtime;
    int64_t mtime; /* the file's time in ms, with --date mtime */
    js_warn_fn *warn;
    void *warn_ctx;
} js_article_options;
/* One JSON object into a document (cleared first). LS_INVALID: err->message says what was expected and, for broken
 * JSON, "line L column C"; err->offset is the byte. LS_LIMIT: nested deeper than 64. A member that the schema does not
 * have is kept in the field `extra` as JSON, where the schema has one. */
int js_article_read(ls_doc *doc, const char *text, size_t len, const js_article_options *o, ls_error *err);
/* The same for plain text: a headline line becomes the title, the rest the body. */
int js_article_text(ls_doc *doc, const char *text, size_t len, const js_article_options *o, ls_error *err);
/* An array of objects, or one object: each is given to `each`, with its number from 1. What `each` returns, if not 0,
 * ends the walk and is returned. A bad element is told by rc and err to `each` with doc NULL. */
typedef int js_each_fn(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *err);
int js_articles_read(ls_doc *doc, const char *text, size_t len, const js_article_options *o, js_each_fn *each,
                     void *ctx, ls_error *err);
/* Whether it may be an id: 1–128 of A–Z a–z 0–9 . _ ~ - */
bool js_id_valid(const char *id, size_t len);
/* base32 (a–z 2–7, 26 letters) of the XXH3-128 of bytes; out of at least 27. */
void js_id_hash(char *out, const void *bytes, size_t len);

/* ---- schema.c: a schema of one's own
 * --------------------------------------------------------------------------------- */

/* {"language":"english","fields":{"title":{"type":"text","weight":3},…}} The caller frees *out. */
int js_schema_read(ls_schema **out, const char *text, size_t len, ls_error *err);
/* {"boilerplate":{"SOURCE":["LINE",…],"*":[…]}}, whatever stands beside it: a schema of these lists and no field. */
int js_boilerplate_read(ls_schema **out, const char *text, size_t len, ls_error *err);
void js_write_boilerplate(js_text *out, const ls_schema *s); /* such an object */
void js_write_schema(js_text *out, const ls_schema *s);

#endif
