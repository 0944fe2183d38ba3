/* fault_queries.c — each form of query, asked for in each way (best, page behind a page, by a date, by a value, all windows,
 * counts, filters, explained, passages, folded without some ids, with words of feedback), alone on a reader that has read nothing yet, while an allocation fails, a look
 * at a section's bytes finds damage, or the caller cancels at the nth time of asking: an error with its name, or the
 * right answer. The ways also agree with each other on how many documents match. The index has what the engines tell
 * apart: segments of one block and of many windows, words in every document and in one, forms, boilerplate, fields of
 * their own, missing dates, deleted documents, fields that came after the first segments; a second index has a schema of its own without title and
 * main field. usage: fault_queries [STRIDE [LOOKS]]: fewer points by so much (3 3; 1 1:
 * the most) */
#include "libsearch/util/simd.h"
#include "tests/fault_util.h"

#define FEW  150  /* documents of the first segment: more than a block of a list */
#define MANY 4500 /* of the second: more than a window */
#define LAST 40

static const char *const news_queries[] = {
    "w1",
    "w77",
    "w400",
    "nowhere",
    "*",
    "w1 w2",
    "w30 w31",
    "w1 w2 NOT w3",
    "w40 NOT (w1 OR w2)",
    "NOT w1",
    "w1 OR w9 OR w30",
    "w60 OR w61 OR w62 OR w63",
    "Running OR w90",
    "(w1 OR w2) (w3 OR w4) w5",
    "w5 (*^0 OR w6 OR w7)",
    "w50 (*^0 OR w51^2)",
    "\"w1 w2\"",
    "\"w1 w2 w3\"",
    "\"w1 w2\" OR \"w3 w4\"",
    "\"w2 w3\" w4",
    "\"w2 w3\" NOT w4",
    "\"w0 w* w1\"",
    "\"run fast\"~",
    "\"w1 w5\"~4",
    "\"w1 w5 w9\"~9",
    "\"w1 w1\"~3",
    "w1 w/4 w2",
    "w1 pre/4 w2",
    "w3 w/s w4",
    "w3 w/p w4",
    "w1 w/5 w2 w/5 w3",
    "(w1 OR w2) w/3 (w4 OR w5)",
    "(w1 OR w2) w/s (w4 OR \"w5 w6\")",
    "w1* w/3 w20",
    "w1*",
    "w*",
    "w?1",
    "*unning",
    "w12~",
    "wq12~2",
    "(w1* OR w2) w3",
    "caps(US)",
    "caps(RUN)",
    "caps(RUN) w1",
    "caps(RUN) w/5 w1",
    "=Running",
    "\"Running\"",
    "running",
    "atleast2(w1)",
    "atleast3(w2 OR w3)",
    "hlead:w1",
    "hlead:(w1 w/3 w2)",
    "hlead:\"w1 w2\"",
    "title:w5",
    "title:\"w5 w6\"",
    "title:w5*",
    "title:w5 w1",
    "body:w5",
    "body:\"w5 w6\"",
    "body:(w1 w/4 w2)",
    "body:w4*",
    "body:caps(RUN)",
    "byline:smith",
    "byline:\"jane smith\"",
    "byline:(jane w/2 smith)",
    "byline:sm*",
    "hlead:byline:smith",
    "captions:w1",
    "captions:w1*",
    "source:daily",
    "source:daily,weekly w1",
    "w1 NOT source:daily",
    "id:d7",
    "published:1970-01",
    "published:1970-02 w1",
    "w1 NOT published:1970-01..1970-02",
    "\"w1 w2\" published:1970-01",
    "urgency:<=3",
    "urgency:4 w1 w2",
    "words:>20",
    "words:<18 w1",
    "syn(w5, w9, capital of w1)",
    "syn(w5, w9) w/4 syn(w1, \"w2 w3\")",
    "w1^0 w2",
    "w1^2.5 \"w2 w3\"^3",
    "hyphen-word",
    "\xe6\x9d\xb1\xe4\xba\xac",
    "\xe6\x9d\xb1",
    "w1 \xe6\x9d\xb1\xe4\xba\xac",
    "source:rare w1",
    "source:rare w1 w2",
    "source:rare (w1 OR w2)",
    "source:rare \"w1 w2\"",
    "source:rare w1*",
    "w1 published:1970-01-03",
    "w1 urgency:>=2 words:>20",
    "note:w1",
    "note:\"w1 w2\"",
    "note:w1* w1",
    "tag:late",
    "tag:late w1",
    "size:>3",
    "w1 NOT size:>3",
    "id:d7,d9,nobody",
    "w2 (w3 OR source:rare)",
    "w2 (w3 OR \"w4 w5\" OR w9*)",
    "w3 NOT \"w1 w2\"",
    "w3 NOT (w1 w2)",
    "title:w5 OR byline:smith",
    "title:(w5 w/3 w6)",
    "hlead:title:w5",
    "hlead:w1* w2",
    "\"w1 w2 w3 w4\"~20",
    "\"(w1 OR w2) w3\"",
    "w1 w/5 w2 NOT w3",
    "NOT (w1 OR w2)",
    "(NOT w1) OR w9",
    "* NOT source:daily",
    "section:all w1",
    "v*",
    "v* w1",
    "v1* w/9 w1",
    "*4? OR w9",
    "title:runn* w1",
    "title:runn*",
    "title:runn* OR w9",
    "body:runn*",
    "runn* w/5 w1",
    "\"runn* fast\"",
    "urgency:>3 size:<5",
    "w1 size:2..4",
    "published:..1970-01-02 w9",
    "w1 w2 published:1970-01-05..",
    "NOT section:all",
    "caps(FORMFUL)",
    "caps(FORMFUL) w1",
    "title:caps(FORMFUL)",
    "title:caps(Formful) w1",
    "body:caps(fORMful)",
    "formful~ w2",
    "\"FORMful w* w1\"~5",
    "(caps(FORMFUL) OR w9) w/4 w1",
    "w5 (*^0 OR \"w6 w7\")",
    "w5 (*^0 OR title:w6)",
    "w5^0 (*^0 OR w6)",
    "w5 (*^0 OR w6^0)",
    "w5 (*^0 OR body:w6) NOT w9",
    "(w1 OR w2^0)",
    "w1^0",
    "w9 NOT (source:daily OR urgency:3)",
    "subject:s5",
    "subject:s5,s7 w1*",
    "w1 AND NOT nowhere",
    "nowhere w1",
    "\"nowhere w1\"",
    "nowhere w/3 w1",
    "\"w1 w2\"^0",
    "w1*^0",
    "hlead:w1*",
    "atleast2(w1*)",
    "hlead:w1^0",
    "\"w1 w2\" (*^0 OR w6)",
    "w1* (*^0 OR w6)",
    "source:daily (*^0 OR w6)",
    "w5 (*^0 OR (w6 w7))",
    "w5 (*^0 OR w6*)",
    "w5 (*^0 OR \"w6 w7\"^0)",
    "w1 NOT (w2 OR w3)",
    "(w1 OR *^0) w2",
    "w2 NOT title:w5",
    "w2 NOT body:w5",
    "w2 NOT running",
    "words:18",
    "NOT words:>5",
    "published:1970-01 OR w9",
    "(published:1970-01 OR urgency:3) w1",
    "NOT id:d7",
    "w1 NOT id:d7",
    "caps(US) OR w9",
    "w77 w/9 w90",
    "w400 w/5 w150",
    "\"w150 w151\"",
    "w150 w151",
    "w150 w300 w1",
    "w300 NOT w150",
    "w500 w200 w201",
    "\"w5 w6\" OR w400*",
    "w12~ w/9 w1",
    "title:w5 NOT w1 NOT \"w2 w3\"",
    "note:caps(FORMFUL)",
    "hlead:captions:w1",
    "captions:\"w1 w2\" OR w9",
    "latish early",
    "latish early sparse",
    "\"early latish\"",
    "\"latish w1\"",
    "latish w/9 w1",
    "sparse w/9 latish",
    "sparse w1",
    "w1 w2 sparse",
    "sparse latish w5",
    "w400 latish w1",
    "early NOT latish",
    "latish OR sparse OR w400",
    "w1 (*^0 OR latish)",
    "w2 (*^0 OR latish) NOT sparse",
    "latish (*^0 OR sparse)",
    "formful~0",
    "formfu?s",
    "formfu?s w1",
    "formfu?s w/9 w1",
    "title:formfu?s",
    "w/3",
};
static const char *const own_queries[] = {"w1",
                                          "head:w5",
                                          "hlead:w1",
                                          "hlead:head:w1",
                                          "\"w1 w2\"",
                                          "w1 w/s w2",
                                          "text:w1*",
                                          "head:w1*",
                                          "head:\"w1 w2\"",
                                          "words:>9",
                                          "size:>3",
                                          "size:>3 w1",
                                          "tag:even w1",
                                          "caps(W1)",
                                          "head:w1 text:w2",
                                          "w1 OR head:w2",
                                          "side:w1",
                                          "side:\"w1 w2\" w3",
                                          "hlead:side:w1",
                                          "atleast2(w1)",
                                          "\"w1 w3\"~5",
                                          "NOT head:w1"};

static void add_one(ls_writer *w, uint64_t *x, int i)
{
    static const char *const runs[] = {"Running", "RUN", "run", "runs fast", "Run fast"};
    char id[16], body[900], title[100], byline[40], source[16];
    size_t n;
    ls_doc *d;
    snprintf(id, sizeof id, "d%d", i);
    random_text(x, title, sizeof title, 3);
    random_text(x, body, sizeof body, 12 + (size_t)i % 9);
    n = strlen(body);
    n += (size_t)snprintf(body + n, sizeof body - n, i % 3 ? ". " : ".\n\n");
    random_text(x, body + n, sizeof body - n, 10);
    n += strlen(body + n);
    if (i % 4 == 0) n += (size_t)snprintf(body + n, sizeof body - n, " %s w1.", runs[i / 4 % 5]);
    if (i % 50 == 7) n += (size_t)snprintf(body + n, sizeof body - n, " US hyphen-word \xe6\x9d\xb1\xe4\xba\xac.");
    if (i < 2500 && i % 3 == 0) strcat(body, " early w1."); /* in a part of the segment: ranges without it */
    if (i > 2000 && i % 4 == 0) strcat(body, " early latish.");
    if (i % 34 == 5) strcat(body, " sparse early w2."); /* more than a block, and few for a segment */
    n = strlen(body);
    n += (size_t)snprintf(body + n, sizeof body - n, " v%d", i); /* more words than a query may have */
    if (i % 60 == 3) snprintf(body + n, sizeof body - n, "\n\nReporting by w1 w2 w3 run; Editing by w5 w6\n");
    if (i % 9 == 2) { /* more than 64 forms of a word */
        char form[] = "formful";
        for (int k = 0; k < 7; k++) form[k] = (char)(i / 9 >> k & 1 ? form[k] - 32 : form[k]);
        n = strlen(body);
        snprintf(body + n, sizeof body - n, " %s", form);
        if (i % 45 == 2) strcat(body, " formfuls"); /* of the same term, and another spelling */
        if (i % 18 == 2) snprintf(title + strlen(title), sizeof title - strlen(title), " %s", form);
    }
    if (i % 11 == 4) snprintf(title + strlen(title), sizeof title - strlen(title), " %s", i % 2 ? "Running" : "runs");
    snprintf(byline, sizeof byline, "%s Smith", i % 3 ? "Jane" : "John of the");
    snprintf(source, sizeof source, "%s", i % 97 == 1 ? "Rare" : i % 2 ? "Daily" : i % 5 ? "Weekly" : "Monthly");
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    add_value(d, "title", title);
    add_value(d, "body", body);
    add_value(d, "source", source);
    if (i % 6 == 0) add_value(d, "byline", byline);
    add_value(d, "section", "all");
    for (int k = 0; i % 700 == 11 && k < 90; k++) { /* more values than an answer first has room for */
        char value[16];
        snprintf(value, sizeof value, "s%d", k);
        add_value(d, "subjects", value);
    }
    if (i % 7 == 0) add_value(d, "captions", title);
    if (i % 8) OK(ls_doc_add_int(d, "published", 600000LL * i, &err));
    if (i % 5) OK(ls_doc_add_int(d, "urgency", i % 9, &err));
    if (i >= FEW + MANY) { /* these fields are younger than the other segments */
        add_value(d, "note", title);
        add_value(d, "tag", i % 3 ? "late" : "later");
        OK(ls_doc_add_int(d, "size", i % 7, &err));
    }
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

static void add_fields(ls_writer *w)
{
    const ls_field fields[] = {{sizeof *fields, "note", LS_TEXT, 0, 0},
                               {sizeof *fields, "tag", LS_KEYWORD, 0, 0},
                               {sizeof *fields, "size", LS_INTEGER, 0, 0}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) OK(ls_writer_add_field(w, &fields[i], &err));
}

static void build_news(void)
{
    ls_writer *w = open_writer(LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC, 0);
    uint64_t x = 2026;
    for (int i = 0; i < FEW + MANY + LAST; i++) {
        add_one(w, &x, i);
        if (i == FEW - 1 || i == FEW + MANY - 1) OK(ls_commit(w, NULL, &err));
        if (i == FEW + MANY - 1) add_fields(w);
    }
    OK(ls_commit(w, NULL, &err));
    for (int i = 5; i < FEW + MANY; i += 500) {
        char id[16];
        snprintf(id, sizeof id, "d%d", i);
        OK(ls_delete(w, id, strlen(id), &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
}

/* Fields of one's own, none of them title or main. */
static void build_own(void)
{
    const ls_field fields[] = {
        {sizeof *fields, "head", LS_TEXT, 2, 0},      {sizeof *fields, "text", LS_TEXT, 1, 0},
        {sizeof *fields, "side", LS_TEXT, 0, 0},      {sizeof *fields, "source", LS_KEYWORD, 0, 0},
        {sizeof *fields, "tag", LS_KEYWORD, 0, 0},    {sizeof *fields, "subjects", LS_KEYWORD, 0, 0},
        {sizeof *fields, "published", LS_DATE, 0, 0}, {sizeof *fields, "urgency", LS_INTEGER, 0, 0},
        {sizeof *fields, "size", LS_INTEGER, 0, 0}};
    ls_schema *s;
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) OK(ls_schema_add(s, &fields[i], &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, index_path, &o, &err));
    uint64_t x = 7;
    for (int i = 0; i < 2 * FEW; i++) {
        char id[16], text_of[200], side[60];
        ls_doc *d;
        snprintf(id, sizeof id, "d%d", i);
        random_text(&x, text_of, sizeof text_of, 3 + (size_t)i % 15);
        random_text(&x, side, sizeof side, 4);
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_set_id(d, id, strlen(id), &err));
        add_value(d, "head", side);
        add_value(d, "text", text_of);
        if (i % 3 == 0) add_value(d, "side", side);
        add_value(d, "tag", i % 2 ? "odd" : "even");
        OK(ls_doc_add_int(d, "size", i % 7, &err));
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
        if (i == FEW) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_schema_free(s);
}

/* ---- what is called: the present query, in the present way ---- */

static const char *text;
static ls_error *tell = &err;           /* or NULL */
static const ls_query_options *read_as; /* how the text is read; NULL: as it is */
static int by_brute;                    /* every window, where the way does not say it */
static uint64_t cancel_at, asked, doc_count;
static uint64_t total; /* of the last search that said it exactly */
static bool exact;

static int cancel(void *ctx)
{
    (void)ctx;
    return ++asked == cancel_at;
}

static void mix_results(uint64_t *sum, const ls_results *res)
{
    ls_results_info info = ls_results_get(res);
    const ls_facet_value *f;
    const ls_bucket *b;
    for (size_t i = 0; i < info.count; i++) {
        const ls_hit *h = ls_results_hit(res, i);
        mix(sum, &h->doc, sizeof h->doc);
        mix(sum, &h->score, sizeof h->score);
        mix(sum, &h->sort_value, sizeof h->sort_value);
    }
    for (size_t i = 0; (f = ls_results_facet(res, 0, i)); i++) mix(sum, &f->count, sizeof f->count);
    for (size_t i = 0; (b = ls_results_bucket(res, i)); i++) mix(sum, &b->count, sizeof b->count);
    mix(sum, &info.total, sizeof info.total);
    mix(sum, &info.undated_excluded, sizeof info.undated_excluded);
    exact = info.total_is_exact;
    total = info.total;
}

/* A search; where `pages` that of the page behind it as well. */
static int search(ls_reader *r, uint64_t *sum, ls_search_options *o, int pages)
{
    ls_query *q;
    char *cursor = NULL;
    o->timeout_ms = -1;
    o->now = clock_now;
    o->cancel = cancel;
    int rc = ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), read_as, tell);
    for (int i = 0; !rc && i < pages && (!i || cursor); i++) {
        ls_results *res;
        o->cursor = cursor;
        rc = ls_search(&res, r, q, o, tell);
        if (rc) {
            assert_null(res);
            break;
        }
        mix_results(sum, res);
        free(cursor);
        cursor = ls_results_cursor(res) ? strdup(ls_results_cursor(res)) : NULL;
        ls_results_free(res);
    }
    free(cursor);
    ls_query_free(q);
    return rc;
}

static int by_best(ls_reader *r, uint64_t *sum)
{
    LS_INIT(ls_search_options, o);
    o.limit = 4;
    o.total = LS_TOTAL_NONE;
    return search(r, sum, &o, 2);
}

static int with_total(ls_reader *r, uint64_t *sum)
{
    LS_INIT(ls_search_options, o);
    o.exhaustive = by_brute;
    return search(r, sum, &o, 1);
}

static int by_windows(ls_reader *r, uint64_t *sum)
{
    LS_INIT(ls_search_options, o);
    o.exhaustive = 1;
    o.limit = 3;
    o.half_life_days = 3;
    return search(r, sum, &o, 2);
}

static int by_date(ls_reader *r, uint64_t *sum)
{
    LS_INIT(ls_search_options, o);
    o.sort = LS_BY_FIELD_DESC;
    o.sort_field = "published";
    o.limit = 3;
    o.total = LS_TOTAL_NONE;
    return search(r, sum, &o, 2);
}

static int by_value(ls_reader *r, uint64_t *sum)
{
    LS_INIT(ls_search_options, o);
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "source";
    o.limit = 3;
    int rc = search(r, sum, &o, 2);
    o.cursor = NULL;
    o.sort = LS_BY_FIELD_DESC;
    o.sort_field = "subjects";
    return rc ? rc : search(r, sum, &o, 1);
}

static int counted(ls_reader *r, uint64_t *sum)
{
    static const char *const facets[] = {"source", "subjects"};
    LS_INIT(ls_search_options, o);
    o.count_only = 1;
    int rc = search(r, sum, &o, 1);
    o.count_only = 0;
    o.limit = 2;
    o.facets = facets;
    o.facet_count = 2;
    o.histogram = "published";
    if (!rc) rc = search(r, sum, &o, 1);
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "size";
    return rc ? rc : search(r, sum, &o, 1);
}

static int filtered(ls_reader *r, uint64_t *sum)
{
    static const char *const values[] = {"Weekly", "nowhere", "monthly"}, *const daily[] = {"daily"};
    const ls_filter filters[] = {
        {.field = "source", .values = values, .value_count = 3, .from = INT64_MIN, .to = INT64_MAX},
        {.field = "urgency", .from = 7, .to = 8, .exclude = 1},
        {.field = "source", .values = daily, .value_count = 1, .exclude = 1},
        {.field = "published", .from = 600000LL * 100, .to = 600000LL * 4000}};
    LS_INIT(ls_search_options, o);
    o.filters = filters;
    o.filter_count = 4;
    o.limit = 3;
    int rc = search(r, sum, &o, 1);
    o.filters = filters + 3; /* alone: what only lacks a date is counted */
    o.filter_count = 1;
    return rc ? rc : search(r, sum, &o, 1);
}

/* Some documents of each segment, whether they match or not: explained, and shown. */
static int explained(ls_reader *r, uint64_t *sum)
{
    static const uint64_t docs[] = {7, 27, FEW + 4, FEW + 4200, FEW + MANY + 3};
    ls_query *q;
    LS_INIT(ls_search_options, o);
    o.cancel = cancel;
    o.half_life_days = 3;
    o.now = clock_now;
    int rc = ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, tell);
    for (size_t i = 0; !rc && i < sizeof docs / sizeof *docs; i++) {
        ls_explanation *e;
        if ((rc = ls_explain(&e, r, q, &o, docs[i] % doc_count, tell))) assert_null(e);
        for (size_t k = 0; !rc && k < e->count; k++) mix_text(sum, e->nodes[k].text);
        ls_explanation_free(e);
    }
    ls_query_free(q);
    return rc;
}

static int shown(ls_reader *r, uint64_t *sum)
{
    static const uint64_t docs[] = {7, 63, FEW + 50};
    ls_query *q;
    LS_INIT(ls_snippet_options, o);
    o.all_matches = 1;
    int rc = ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, tell);
    for (size_t i = 0; !rc && i < sizeof docs / sizeof *docs; i++) {
        ls_snippets *s;
        if ((rc = ls_snippets_make(&s, r, q, docs[i] % doc_count, &o, tell))) assert_null(s);
        for (size_t k = 0; !rc && k < s->count; k++) mix_text(sum, s->snippets[k].html);
        if (!rc) mix(sum, s->matches, s->match_count * sizeof *s->matches);
        ls_snippets_free(s);
    }
    ls_query_free(q);
    return rc;
}

/* Folded, the latest versions alone, without some ids that match and some that do not. */
static int left_out(ls_reader *r, uint64_t *sum)
{
    static const char *const ids[] = {"d12", "d27", "nobody", "D7"};
    LS_INIT(ls_query_options, qo);
    LS_INIT(ls_search_options, o);
    qo.without = ids;
    qo.without_count = 4;
    read_as = &qo;
    o.fold = LS_FOLD_STORY;
    o.lead = LS_LEAD_LONGEST;
    o.latest = 1;
    o.limit = 4;
    int rc = search(r, sum, &o, 2);
    qo.without_count = 1;
    o.cursor = NULL;
    o.fold = LS_FOLD_NONE;
    if (!rc) rc = search(r, sum, &o, 1);
    read_as = NULL;
    return rc;
}

/* Again, with the words that the best of it have in common, once where each word must be there and once where any may. */
static int fed(ls_reader *r, uint64_t *sum)
{
    LS_INIT(ls_query_options, qo);
    LS_INIT(ls_search_options, o);
    ls_query *q;
    ls_results *best = NULL;
    ls_feedback *words = NULL;
    o.timeout_ms = -1;
    o.now = clock_now;
    o.limit = 4;
    qo.flags = strlen(text) % 2 ? LS_MATCH_ANY : 0;
    int rc = ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), &qo, tell);
    if (!rc) rc = ls_search(&best, r, q, &o, tell);
    if (!rc) rc = ls_feedback_new(&words, r, q, best, NULL, tell);
    for (size_t i = 0; !rc && ls_feedback_at(words, i); i++) mix_text(sum, ls_feedback_at(words, i)->word);
    qo.feedback = words;
    read_as = &qo;
    if (!rc) rc = search(r, sum, &o, 1);
    read_as = NULL;
    ls_feedback_free(words);
    ls_results_free(best);
    ls_query_free(q);
    return rc;
}

static const struct {
    const char *name;
    call_fn *call;
    bool tells; /* how many documents match, but for filters */
} ways[] = {{"best", by_best, false},
            {"total", with_total, true},
            {"windows", by_windows, true},
            {"date", by_date, false},
            {"value", by_value, true},
            {"counted", counted, true},
            {"filtered", filtered, false},
            {"explained", explained, false},
            {"shown", shown, false},
            {"left out", left_out, false},
            {"fed", fed, false}};

/* ---- each point of each ---- */

enum { MEMORY, LOOKS, UNSAID, CANCEL, KINDS }; /* UNSAID: looks, and nobody asks why */
static const char *const kinds[] = {"memory", "looks", "looks unsaid", "cancel"};
static uint64_t taken[KINDS], refused[KINDS];

static void fail_kind(int kind, uint64_t n)
{
    lsi_alloc_fail_at(kind == MEMORY ? n : 0, false);
    lsi_section_fail_at(kind == LOOKS || kind == UNSAID ? n : 0);
    tell = kind == UNSAID ? NULL : &err;
    cancel_at = kind == CANCEL ? n : 0;
    asked = 0;
}

static uint64_t made(int kind)
{
    uint64_t allocations = lsi_alloc_fail_at(0, false), seen = lsi_section_fail_at(0), polls = asked;
    cancel_at = 0;
    tell = &err;
    return kind == MEMORY ? allocations : kind == CANCEL ? polls : seen;
}

/* On a cold reader, with the nth point failing. */
static int run(int kind, call_fn *call, uint64_t n, uint64_t *sum, uint64_t *all)
{
    ls_reader *r;
    OK(open_cold(&r, 0));
    *sum = 1;
    memset(&err, 0, sizeof err);
    fail_kind(kind, n);
    int rc = call(r, sum);
    *all = made(kind);
    ls_reader_close(r);
    return rc;
}

/* All of the first points, then fewer and fewer: what a walk does first it does again and again. */
static uint64_t after(uint64_t n, uint64_t thin)
{
    return n + 1 + (n > 24 / thin ? n * thin / 12 : 0);
}

static void each_point(int kind, const char *way, call_fn *call, uint64_t right)
{
    static const int codes[] = {LS_NOMEM, LS_CORRUPT, LS_CORRUPT, LS_CANCELED};
    uint64_t sum, all, seen, thin = kind == LOOKS ? looks : kind == UNSAID ? 4 * looks : stride;
    OK(run(kind, call, UINT64_MAX, &sum, &all));
    assert_int_equal(sum, right);
    for (uint64_t n = 1; n <= all; n = after(n, thin)) {
        int rc = run(kind, call, n, &sum, &seen);
        bool told =
            rc == codes[kind] && (kind == UNSAID || (err.code == rc && *err.message)) && (kind != LOOKS || *err.file);
        if (rc ? !told : sum != right)
            print_error("%s, %s: %s at %d: %d, %s\n", text, way, kinds[kind], (int)n, rc,
                        rc ? err.message : "another answer");
        assert_true(rc ? told : sum == right);
        if (kind == CANCEL) assert_int_equal(rc, LS_CANCELED);
        taken[kind]++;
        refused[kind] += rc != 0;
    }
}

static void fail_queries(const char *const *queries, size_t count)
{
    memset(taken, 0, sizeof taken);
    memset(refused, 0, sizeof refused);
    for (size_t i = 0; i < count; i++) {
        uint64_t told = UINT64_MAX, right, brute, all;
        text = queries[i];
        OK(run(KINDS, with_total, 0, &right, &all));
        by_brute = 1;
        OK(run(KINDS, with_total, 0, &brute, &all));
        by_brute = 0;
        if (brute != right) print_error("%s: other hits by every window\n", text);
        lsi_simd_limit(LSI_SIMD_SCALAR);
        OK(run(KINDS, with_total, 0, &told, &all));
        lsi_simd_limit(LSI_SIMD_LEVELS);
        if (told != right) print_error("%s: other hits without vectors\n", text);
        assert_int_equal(told, right);
        told = UINT64_MAX;
        assert_int_equal(brute, right);
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
            if (looks > 1 && (i + k) % 4) continue;
            OK(run(KINDS, ways[k].call, 0, &right, &all));
            if (ways[k].tells && exact) {
                if (told == UINT64_MAX) told = total;
                assert_int_equal(total, told);
            }
            for (int kind = 0; kind < KINDS; kind++) each_point(kind, ways[k].name, ways[k].call, right);
        }
    }
    for (int kind = 0; kind < KINDS; kind++)
        print_message("%s: %d points, %d errors\n", kinds[kind], (int)taken[kind], (int)refused[kind]);
}

static void of_news(void **state)
{
    (void)state;
    build_news();
    doc_count = FEW + MANY + LAST;
    fail_queries(news_queries, sizeof news_queries / sizeof *news_queries);
}

static void of_own_schema(void **state)
{
    (void)state;
    build_own();
    doc_count = 2 * FEW;
    fail_queries(own_queries, sizeof own_queries / sizeof *own_queries);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(of_news, index_clean),
                                       cmocka_unit_test_teardown(of_own_schema, index_clean)};
    take_arguments(argc, argv);
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
