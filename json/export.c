/* export.c — everything a request finds, in its order, as NDJSON or CSV, some documents at a time.
 *
 * Pages through the search by its cursor, so that no export costs more memory than one page of hits. Because the
 * reader sees one commit, what is exported is what was there when the export began. */
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"

#define PAGE  10000 /* hits of one search; each page costs a search */
#define PIECE 64    /* documents written by one call */

struct js_export {
    const ls_reader *r;
    js_format format;
    js_request request; /* owned copy */
    js_found found;     /* the page under way */
    size_t next;        /* hit of it */
    uint64_t count;
    bool begun;
    js_killed_fn *killed; /* may be NULL */
    void *killed_ctx;
};

static int copy_text(char **to, const char *from, size_t len)
{
    *to = NULL;
    if (from == NULL) return LS_OK;
    if ((*to = malloc(len + 1)) == NULL) return LS_NOMEM;
    memcpy(*to, from, len);
    (*to)[len] = '\0';
    return LS_OK;
}

static int copy_list(js_list *to, const js_list *from)
{
    *to = (js_list){0};
    if (from->count == 0) return LS_OK;
    if ((to->items = calloc(from->count, sizeof *to->items)) == NULL) return LS_NOMEM;
    for (; to->count < from->count; to->count++) {
        const char *s = from->items[to->count];
        if (copy_text(&to->items[to->count], s, strlen(s)) != LS_OK) return LS_NOMEM;
    }
    return LS_OK;
}

static int copy_string(char **to, const char *from)
{
    return copy_text(to, from, from ? strlen(from) : 0);
}

/* What says which documents and in which order; the rest of a request is for the page. */
static int copy_request(js_request *to, const js_request *from)
{
    js_request_init(to, from->uses);
    int rc = copy_text(&to->q, from->q, from->q_len);
    to->q_len = from->q_len;
    to->has_q = from->has_q;
    for (size_t i = 0; rc == LS_OK && i < JS_FILTERS; i++) {
        rc = copy_list(&to->with[i], &from->with[i]);
        if (rc == LS_OK) rc = copy_list(&to->without[i], &from->without[i]);
    }
    if (rc == LS_OK) rc = copy_list(&to->own_names, &from->own_names);
    if (rc == LS_OK) rc = copy_list(&to->own_values, &from->own_values);
    if (rc == LS_OK) rc = copy_list(&to->filters, &from->filters);
    if (rc == LS_OK) rc = copy_string(&to->sort, from->sort);
    if (rc == LS_OK) rc = copy_string(&to->from, from->from);
    if (rc == LS_OK) rc = copy_string(&to->to, from->to);
    if (rc == LS_OK) rc = copy_string(&to->tz, from->tz);
    to->half_life = from->half_life;
    to->any = from->any;
    to->simple = from->simple;
    to->score_function_words = from->score_function_words;
    to->synonyms = from->synonyms;
    to->no_synonyms = from->no_synonyms;
    to->feedback = from->feedback;
    to->latest = from->latest;
    to->sees = from->sees;
    to->sees_ctx = from->sees_ctx;
    to->cancel = from->cancel;
    to->cancel_ctx = from->cancel_ctx;
    to->limit = PAGE;
    to->timeout_ms = -1;
    to->require_complete = true; /* an export that leaves out silently is worse than none */
    return rc;
}

int js_export_open(js_export **out, const js_request *q, const ls_reader *r, js_format format, js_problem *p)
{
    js_export *e = calloc(1, sizeof *e);
    *out = NULL;
    if (e == NULL || copy_request(&e->request, q) != LS_OK) {
        js_export_close(e);
        js_problem_set(p, "busy", NULL, "no memory for the export");
        return LS_NOMEM;
    }
    e->r = r;
    e->format = format;
    int rc = js_request_ready(&e->request, ls_reader_schema(r), p);
    if (rc == LS_OK) rc = js_find(&e->found, &e->request, r, p);
    if (rc != LS_OK) {
        js_export_close(e);
        return rc;
    }
    *out = e;
    return LS_OK;
}

void js_export_close(js_export *e)
{
    if (e == NULL) return;
    js_found_clear(&e->found);
    js_request_clear(&e->request);
    free(e);
}

void js_export_watch(js_export *e, js_killed_fn *killed, void *ctx)
{
    e->killed = killed;
    e->killed_ctx = ctx;
}

bool js_is_killed(const ls_reader *r, const ls_doc *d)
{
    LS_INIT(ls_tombstone, t);
    size_t len = 0;
    const char *id = ls_doc_id(d, &len), *guid;
    if (ls_reader_tombstone(r, &t, id, len, NULL) == LS_OK) return true;
    guid = ls_doc_text(d, "guid", 0, &len);
    return guid && ls_reader_tombstone_guid(r, &t, guid, len, NULL) == LS_OK;
}

uint64_t js_export_count(const js_export *e)
{
    return e->count;
}

/* The page behind the one under way; *more false where there is none. A page may be without a hit and yet have one
 * behind it: where all that was looked at for it is superseded. */
static int next_page(js_export *e, bool *more, ls_error *err)
{
    js_problem p = {0};
    const char *cursor = ls_results_cursor(e->found.results);
    *more = false;
    if (cursor == NULL) return LS_OK;
    char *copy = NULL;
    if (copy_string(&copy, cursor) != LS_OK) return js_fail(err, LS_NOMEM, UINT64_MAX, "no memory for the export");
    free(e->request.cursor);
    e->request.cursor = copy;
    js_found_clear(&e->found);
    int rc = js_find(&e->found, &e->request, e->r, &p);
    if (rc != LS_OK) return js_fail(err, rc, UINT64_MAX, "%s", p.detail);
    e->next = 0;
    *more = true;
    return LS_OK;
}

/* ---- CSV ---- */

/* What begins so would be computed by a spreadsheet that opens the file: = + - @, also of full width, and blanks that it
 * leaves out. */
static bool is_formula(const char *s, size_t len)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        size_t n = strlen(begins[i]);
        if (len >= n && !memcmp(s, begins[i], n)) return true;
    }
    return false;
}

void js_csv_cell(js_text *out, const char *s, size_t len)
{
    if (s == NULL || len == 0) return;
    bool formula = is_formula(s, len), quote = false;
    for (size_t i = 0; i < len && !quote; i++) quote = strchr(",\"\r\n", s[i]) != NULL && s[i] != '\0';
    if (quote) js_putc(out, '"');
    if (formula) js_putc(out, '\'');
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '"') js_putc(out, '"');
        js_putc(out, s[i]);
    }
    if (quote) js_putc(out, '"');
}

static void cell(js_text *out, const char *s)
{
    js_putc(out, ',');
    js_csv_cell(out, s, s ? strlen(s) : 0);
}

static void put_row(js_text *out, const ls_hit *hit, const js_facts *f)
{
    char date[40] = "";
    if (f->has_published) ls_date_format(f->published, date, sizeof date);
    js_csv_cell(out, f->id, f->id_len);
    js_putc(out, ',');
    js_csv_cell(out, f->title, f->title_len);
    cell(out, f->source);
    cell(out, f->section);
    cell(out, f->byline);
    cell(out, date);
    cell(out, f->url);
    js_putc(out, ',');
    js_score(out, hit->score);
    js_printf(out, ",%llu\r\n", (unsigned long long)f->words);
}

static int put_one(js_export *e, js_text *out, const ls_hit *hit, ls_error *err)
{
    bool csv = e->format == JS_CSV;
    js_facts f = {0};
    ls_doc *d = NULL;
    int rc = csv ? js_facts_read(&f, &d, e->r, hit->doc, false, err) : ls_reader_doc(&d, e->r, hit->doc, err);
    if (rc == LS_OK && (!e->killed || !e->killed(e->killed_ctx, d))) {
        e->count++;
        if (csv) put_row(out, hit, &f);
        else rc = js_write_document(out, ls_reader_schema(e->r), d, err);
        if (!csv) js_putc(out, '\n');
    }
    js_facts_clear(&f);
    ls_doc_free(d);
    return rc;
}

int js_export_next(js_export *e, js_text *out, bool *more, ls_error *err)
{
    int rc = LS_OK;
    const ls_hit *hit;
    *more = true;
    if (!e->begun && e->format == JS_CSV) js_puts(out, "id,title,source,section,byline,published,url,score,words\r\n");
    e->begun = true;
    for (size_t i = 0; rc == LS_OK && *more && i < PIECE; i++) {
        if ((hit = ls_results_hit(e->found.results, e->next)) == NULL) {
            rc = next_page(e, more, err);
            continue;
        }
        rc = put_one(e, out, hit, err);
        e->next++;
    }
    if (rc == LS_OK) rc = js_text_rc(out, err);
    if (rc != LS_OK) *more = false;
    return rc;
}
