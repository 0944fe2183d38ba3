/* t_help.c — what helps with a query, by rows over an index written by hand: completions and titles of each kind of ending,
 * what was meant, "more like this" and added words across languages and scripts, explanations longer than their room. */
#include "libsearch/query/bm25.h"
#include "libsearch/query/resolve.h"
#include "tests/story_util.h"
#include <math.h>

static ls_reader *r;

static void put(ls_writer *w, const char *id, const char *title, size_t title_len, const char *body,
                const char *language)
{
    ls_doc *d;
    OK(ls_doc_new(&d, &err));
    OK(ls_doc_set_id(d, id, strlen(id), &err));
    OK(ls_doc_set_language(d, language, &err));
    if (title) OK(ls_doc_add_text(d, "title", title, title_len, &err));
    add_value(d, "body", body);
    OK(ls_add(w, d, NULL, &err));
    ls_doc_free(d);
}

static int begin(void **state)
{
    static const char *const texts[][3] = {
        {"a1", "Budget talks begin",
         "The budget talks began in Kyiv, said O'Brien of R&D in a well-known caf\xc3\xa9."},
        {"a2", "Budget talks end", "The budget talks ended in Kyiv, said O'Brien of R&D in a well-known caf\xc3\xa9."},
        {"a3", "Budget talks begin", "Budgets grow. Planets plan, a planter plants under_score."},
        {"a4", "Budget talks resume", "Ministers resumed. Planets again, ministers again."},
        {"a5", "Budget talks fail", "Ministers failed, and planets wandered. The harbour was shut."},
        {"a6", "Harbour news", "The harbour opened. Nothing but the harbour, well-known."},
        {"a7", NULL, "The and of."},
        {"a8", NULL, "Ministerial ministries met; a ministerialist did not."},
        {"b1", "\xe6\x9d\xb1\xe4\xba\xac",
         "\xe6\x9d\xb1 harbour \xe6\x9d\xb1 quayside 1984 \xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd"},
        {"b2", "\xe6\x9d\xb1", "\xe6\x9d\xb1 harbour quayside 1984 \xe6\x9d\xb1\xe4\xba\xac"}};
    if (folder_begin(state)) return -1;
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put(w, texts[i][0], texts[i][1], texts[i][1] ? strlen(texts[i][1]) : 0, texts[i][2], "english");
        if (i == 4) OK(ls_commit(w, NULL, &err));
    }
    put(w, "c1", "Budget\0hidden", 13, "budget", "english");
    put(w, "g1", "Stadt", 5, "H\xc3\xa4user und H\xc3\xa4user, G\xc3\xa4rten.", "german");
    put(w, "g2", "Land", 4, "Ein Haus, ein Garten, eine Wiese.", "german");
    put(w, "g3", "Meer", 4, "Kein Haus weit und breit.", "german");
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    r = reader(0);
    return 0;
}

static int end(void **state)
{
    ls_reader_close(r);
    return folder_end(state);
}

static uint64_t doc_of(const char *id)
{
    uint64_t doc;
    OK(ls_reader_find(r, id, strlen(id), &doc, &err));
    return doc;
}

/* ---- completions ---- */

static const struct {
    const char *typed, *offered; /* joined by " | ", titles behind words */
} completions[] = {
    {"bud", "Budget:6 | Budgets:1 | Budget talks begin:2 | Budget talks end:1 | Budget talks resume:1"},
    {"-bud", "-Budget:6 | -Budgets:1"},
    {"--bud", "--Budget:6 | --Budgets:1"},
    {"\xe2\x80\x9c"
     "bud",
     "\xe2\x80\x9c"
     "Budget:6 | \xe2\x80\x9c"
     "Budgets:1"},
    {"\xc2\xab"
     "bud",
     "\xc2\xab"
     "Budget:6 | \xc2\xab"
     "Budgets:1"},
    {"a\xe2\x80\x9d"
     "bud",
     "a\xe2\x80\x9d"
     "Budget:6 | a\xe2\x80\x9d"
     "Budgets:1"},
    {"kyiv\xe2\x80\xa0"
     "bud",
     "kyiv\xe2\x80\xa0"
     "Budget:6 | kyiv\xe2\x80\xa0"
     "Budgets:1"},
    {"\xe2\x82\xac"
     "bud",
     ""},
    {"title:bud", "title:Budget:6 | title:Budgets:1"},
    {"R&", "R&D:2"},
    {"O'B", "O'Brien:2"},
    {"O\xe2\x80\x99"
     "B",
     "O'Brien:2"},
    {"under_", "under_score:1"},
    {"bud.", ""},
    {" ", ""},
    {"", ""},
    {"-", ""},
    {"well-kn", ""},
    {"budget talks", "budget talks:5 | Budget talks begin:2 | Budget talks end:1 | Budget talks resume:1"},
    {"budget talks b", "budget talks Budget:6 | budget talks begin:2 | budget talks Budgets:1 | budget talks began:1 | "
                       "budget talks breit:1 | budget talks but:1"},
    {"talks talks budget", "talks talks Budget:6 | talks talks Budgets:1"},
    {"hidden bud", "hidden Budget:6 | hidden Budgets:1"},
    {"b", "Budget:6 | begin:2 | Budgets:1 | began:1 | breit:1 | but:1"},
    {"harbour", "harbour:4 | Harbour news:1"},
    {"\xe6\x9d\xb1", "\xe6\x9d\xb1:2 | \xe6\x9d\xb1\xe4\xba\xac:2 | \xe6\x9d\xb1:1 | \xe6\x9d\xb1\xe4\xba\xac:1"},
    {"plan", "Planets:3 | plan:1 | planter:1 | plants:1"},
    {"bud*", ""},
    {"minister", "Ministers:2 | Ministerial:1 | ministerialist:1"},
    {"\xcc\x81", ""}, /* an accent of nothing */
    {"haus", "Haus:2 | H\xc3\xa4user:1"},
    {"zzz", ""},
    {"(bud", "(Budget:6 | (Budgets:1"},
    {"1984", "1984:2"},
    {"budget OR har", "budget OR harbour:4"},
    {"NOT har", "NOT harbour:4"}};

static void completing(void **state)
{
    (void)state;
    bool fine = true;
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        char line[1000] = "";
        ls_suggestions *s;
        OK(ls_suggest(&s, r, completions[i].typed, strlen(completions[i].typed), 10, &err));
        for (size_t k = 0; k < s->count; k++) {
            size_t n = strlen(line);
            snprintf(line + n, sizeof line - n, "%s%s:%d", k ? " | " : "", s->completions[k].text,
                     (int)s->completions[k].documents);
        }
        if (strcmp(line, completions[i].offered)) {
            print_error("%s: %s\n", completions[i].typed, line);
            fine = false;
        }
        ls_suggestions_free(s);
    }
    assert_true(fine);
}

static const struct {
    const char *text, *meant; /* NULL: nothing */
} meanings[] = {{"budgat", "Budget"},
                {"budgat talkz", "Budget talks"},
                {"\"budgat talks\"", "\"Budget talks\""},
                {"\"budgat talks\"~4", "\"Budget talks\"~4"},
                {"budgat NOT talkz", "Budget NOT talkz"},
                {"NOT budgat", NULL},
                {"well-knwon", "well-known"},
                {"syn(budgat, talkz)", "syn(Budget, talkz)"},
                {"xq", NULL},
                {"budg3t", NULL},
                {"budgat planits ministars harbuor talkz", "Budget Planets Ministers harbour talks"},
                {"budgat planits ministars harbuor talkz kyvi", NULL},
                {"zzzzzzzz", NULL},
                {"budgat zzzzzzzz", NULL},
                {"Budgat", "Budget"},
                {"title:budgat", "title:Budget"},
                {"budget", NULL},
                {"", NULL},
                {"planter plnats", "planter plants"},
                {"caf\xc3\xa8z", "caf\xc3\xa9"},
                {"budgat w/5 talkz", "Budget w/5 talks"},
                {"budgat*", NULL},
                {"budgat~", NULL},
                {"+budgat talks", "+Budget talks"},
                {"plants plantz", "plants plants"},
                {"harbour\xe6\x9d\xb2", NULL},
                {"byline:budgat", NULL},
                {"ministres^2", "Ministers^2"},
                {"undre_score", "under_score"}};

static void meaning(void **state)
{
    (void)state;
    bool fine = true;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        ls_suggestions *s;
        OK(ls_did_you_mean(&s, r, meanings[i].text, strlen(meanings[i].text), &err));
        const char *a = s->did_you_mean ? s->did_you_mean : "-", *b = meanings[i].meant ? meanings[i].meant : "-";
        if (strcmp(a, b)) {
            print_error("%s: %s, expected %s\n", meanings[i].text, a, b);
            fine = false;
        }
        assert_int_equal(s->count, 0);
        ls_suggestions_free(s);
    }
    assert_true(fine);
}

/* ---- more like this, added words ---- */

static ls_results *find(const ls_query *q)
{
    ls_results *res;
    LS_INIT(ls_search_options, o);
    o.limit = 20;
    OK(ls_search(&res, r, q, &o, &err));
    return res;
}

static bool has_hit(const ls_results *res, const char *id)
{
    const ls_hit *h;
    for (size_t i = 0; (h = ls_results_hit(res, i)); i++)
        if (h->id_len == strlen(id) && !memcmp(h->id, id, h->id_len)) return true;
    return false;
}

static void alike(void **state)
{
    (void)state;
    ls_query *q;
    OK(ls_more_like(&q, r, doc_of("g1"), &err)); /* by the stems of its language: Häuser is Haus */
    ls_results *res = find(q);
    assert_true(has_hit(res, "g2") && has_hit(res, "g3") && !has_hit(res, "g1"));
    ls_results_free(res);
    ls_query_free(q);
    OK(ls_more_like(&q, r, doc_of("b1"), &err)); /* of Japanese as well */
    res = find(q);
    assert_true(has_hit(res, "b2") && !has_hit(res, "b1"));
    ls_results_free(res);
    ls_query_free(q);
    OK(ls_more_like(&q, r, doc_of("a7"), &err)); /* nothing in it tells what it is about */
    res = find(q);
    assert_int_equal(ls_results_get(res).total, 0);
    ls_results_free(res);
    ls_query_free(q);
    WANT(ls_more_like(&q, r, 1000, &err), LS_NOTFOUND);
    assert_null(q);
}

static size_t words_for(const char *text, const char *unwanted, const char *wanted)
{
    ls_query *q;
    ls_feedback *f;
    const ls_feedback_word *x;
    size_t n = 0;
    bool seen = false;
    OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
    ls_results *res = find(q);
    OK(ls_feedback_new(&f, r, q, res, NULL, &err));
    for (; (x = ls_feedback_at(f, n)); n++) {
        assert_string_not_equal(x->word, unwanted);
        seen |= !strcmp(x->word, wanted);
    }
    assert_true(seen || !*wanted);
    ls_feedback_free(f);
    ls_results_free(res);
    ls_query_free(q);
    return n;
}

static void adding(void **state)
{
    (void)state;
    assert_true(words_for("quayside", "\xe6\x9d\xb1", "harbour") >
                0); /* one letter of a script cut into pairs is no word */
    assert_true(words_for("planets", "the", "Ministers") > 0);
    assert_int_equal(words_for("planets^0", "the", ""), 0); /* what weighs nothing has no share to give */
    assert_int_equal(words_for("nowhere", "the", ""), 0);
}

/* What was found and may not be seen any more gives no words. */
static void gone(void **state)
{
    (void)state;
    ls_query *q;
    ls_feedback *f;
    int64_t t0 = clock_now;
    index_clean(NULL);
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    added_by(w, (story){.id = "e1", .body = "embargo secretive words", .embargoed = t0 - 5000});
    added_by(w, (story){.id = "e2", .body = "embargo secretive words", .embargoed = t0 - 5000});
    added_by(w, (story){.id = "e3", .body = "embargo open letters"});
    added_by(w, (story){.id = "e4", .body = "open letters"});
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *old = r;
    r = reader(0);
    OK(ls_query_parse(&q, ls_reader_schema(r), "embargo", 7, NULL, &err));
    ls_results *res = find(q);
    assert_int_equal(ls_results_get(res).total, 3);
    for (int hidden = 0; hidden < 2; hidden++) {
        bool secret = false;
        clock_now = hidden ? t0 - 9000 : t0;
        OK(ls_feedback_new(&f, r, q, res, NULL, &err));
        for (size_t i = 0; ls_feedback_at(f, i); i++) secret |= !strcmp(ls_feedback_at(f, i)->word, "secretive");
        assert_int_equal(secret, !hidden);
        ls_feedback_free(f);
    }
    clock_now = t0;
    ls_results_free(res);
    ls_query_free(q);
    ls_reader_close(r);
    r = old;
}

/* ---- explanations ---- */

/* What is asked for is told as far as there is room, and never more. */
static void explaining(void **state)
{
    (void)state;
    char body[3000] = "", text[3200], value[80];
    const char *values[12];
    char long_values[12][80];
    size_t n = 0;
    index_clean(NULL);
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    for (int i = 0; i < 28; i++)
        n += (size_t)snprintf(body + n, sizeof body - n, "%sextraordinary%c%c", i ? " " : "", 'a' + i % 26,
                              'a' + i / 26);
    snprintf(value, sizeof value, "source of a name that is as long as names may well be %d", 3);
    added_by(w, (story){.id = "x", .body = body, .source = value});
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *old = r;
    r = reader(0);
    for (size_t i = 0; i < 12; i++) {
        snprintf(long_values[i], sizeof long_values[i], "source of a name that is as long as names may well be %zu", i);
        values[i] = long_values[i];
    }
    const ls_filter filters[] = {{.field = "source", .values = values, .value_count = 12}};
    static const char *const forms[] = {"\"%s\"", "\"%s\"~99", "(%.300s) w/50 (extraordinaryaa OR \"%s\")"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        ls_query *q;
        ls_explanation *e;
        LS_INIT(ls_search_options, o);
        char some[400];
        size_t at = 0;
        for (int k = 0; k < 20; k++)
            at += (size_t)snprintf(some + at, sizeof some - at, "%sextraordinary%c%c", k ? " OR " : "", 'a' + k % 26,
                                   'a');
        if (i < 2) snprintf(text, sizeof text, forms[i], body);
        else snprintf(text, sizeof text, forms[i], some, body);
        o.filters = filters;
        o.filter_count = 1;
        OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
        OK(ls_explain(&e, r, q, &o, 0, &err));
        assert_true(e->count > 2);
        bool told = false, filtered = false;
        for (size_t k = 0; k < e->count; k++) {
            assert_true(strlen(e->nodes[k].text) < 600);
            told |= strstr(e->nodes[k].text, "extraordinaryaa extraordinaryba") != NULL;
            filtered |= strstr(e->nodes[k].text, "filter \"source of a name") != NULL;
        }
        assert_true(told && filtered);
        ls_explanation_free(e);
        ls_query_free(q);
    }
    ls_reader_close(r);
    r = old;
}

/* ---- what schemas and values make of it ---- */

static ls_reader *small_index(const char *title, const char *main)
{
    const ls_field fields[] = {{sizeof *fields, "title", LS_TEXT, title ? 1 : 0, 0},
                               {sizeof *fields, "body", LS_TEXT, 1, 0},
                               {sizeof *fields, "source", LS_KEYWORD, 0, 0},
                               {sizeof *fields, "evolved_from", LS_STORED, 0, 0}};
    ls_schema *s;
    ls_writer *w;
    ls_doc *d;
    LS_INIT(ls_writer_options, o);
    index_clean(NULL);
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 4; i++) OK(ls_schema_add(s, &fields[i], &err));
    if (main) OK(ls_schema_set(s, "main", main, &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, index_path, &o, &err));
    for (int i = 0; i < 4; i++) {
        static const char *const sources[] = {"", "AP", " ", "ap"};
        OK(ls_doc_new(&d, &err));
        add_value(d, "title", i % 2 ? "Budget at last" : "Budget delayed");
        add_value(d, "body", "talks of the budget, and more of them");
        if (i != 3) add_value(d, "source", sources[i]);
        add_value(d, "evolved_from", "x");
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_schema_free(s);
    return reader(0);
}

static void schemas(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) { /* a title; one that is the main field; none */
        ls_reader *small = small_index(kind < 2 ? "title" : NULL, kind == 1 ? "title" : NULL);
        ls_suggestions *s;
        OK(ls_suggest(&s, small, "budget", 6, 10, &err));
        assert_int_equal(s->count, kind < 2 ? 3 : 1);
        assert_string_equal(s->completions[0].text, "budget");
        if (kind < 2) assert_string_equal(s->completions[1].text, "Budget delayed");
        ls_suggestions_free(s);
        OK(ls_suggest(&s, small, "budget", 6, 1, &err));
        assert_int_equal(s->count, 1);
        ls_suggestions_free(s);
        OK(ls_suggest(&s, small, "budget", 6, 100000, &err)); /* as many as there may be */
        assert_int_equal(s->count, kind < 2 ? 3 : 1);
        ls_suggestions_free(s);
        ls_reader_close(small);
    }
}

/* A value of nothing but blanks is one, counted and sorted first; an empty one is none. */
static void empty_values(void **state)
{
    (void)state;
    static const char *const names[] = {"source", NULL};
    ls_reader *small = small_index("title", NULL);
    ls_query *q;
    ls_results *res;
    LS_INIT(ls_search_options, o);
    OK(ls_query_parse(&q, ls_reader_schema(small), "budget", 6, NULL, &err));
    o.facets = names;
    o.facet_count = 1;
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "source";
    o.latest = 1; /* by a field that is no keyword: everything is the latest */
    OK(ls_search(&res, small, q, &o, &err));
    assert_int_equal(ls_results_get(res).total_leads, 4);
    assert_int_equal(ls_results_hit(res, 0)->doc, 2);
    assert_int_equal(ls_results_hit(res, 1)->doc, 1);
    assert_int_equal(ls_results_hit(res, 3)->doc, 3); /* without a value: last */
    const ls_facet_value *v = ls_results_facet(res, 0, 0);
    uint64_t sum = 0;
    bool empty = false;
    for (size_t i = 0; (v = ls_results_facet(res, 0, i)); i++) {
        sum += v->count;
        empty |= strspn(v->value, " ") == v->len;
    }
    assert_true(empty && sum == 2);
    ls_results_free(res);
    o.facet_count = 2; /* the second has no name */
    WANT(ls_search(&res, small, q, &o, &err), LS_INVALID);
    ls_query_free(q);
    ls_reader_close(small);
}

/* Tokens of the next page that none gave: too long, of another version, cut. */
static void tokens(void **state)
{
    (void)state;
    ls_query *q;
    ls_results *res;
    LS_INIT(ls_search_options, o);
    char text[9000], good[2000];
    OK(ls_query_parse(&q, ls_reader_schema(r), "budget", 6, NULL, &err));
    o.limit = 2;
    OK(ls_search(&res, r, q, &o, &err));
    assert_non_null(ls_results_cursor(res));
    snprintf(good, sizeof good, "%s", ls_results_cursor(res));
    ls_results_free(res);
    o.cursor = text;
    memset(text, 'A', sizeof text);
    static const size_t lengths[] = {0, 1, 50, 100, 500, 4000, 8999};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        text[lengths[i]] = 0;
        if (lengths[i]) WANT(ls_search(&res, r, q, &o, &err), LS_INVALID);
        text[lengths[i]] = 'A';
    }
    for (size_t n = 1; n < strlen(good); n++) {
        memcpy(text, good, n);
        text[n] = 0;
        WANT(ls_search(&res, r, q, &o, &err), LS_INVALID);
    }
    snprintf(text, sizeof text, "%s", good);
    OK(ls_search(&res, r, q, &o, &err));
    ls_results_free(res);
    text[1] = '*'; /* no letter of a token */
    WANT(ls_search(&res, r, q, &o, &err), LS_INVALID);
    ls_query_free(q);
}

/* Copies in the regions of one language are copies, translations are none; nor are texts ages apart. */
static void related(void **state)
{
    (void)state;
    static const struct {
        const char *language;
        int64_t published;
    } docs[] = {{"en-GB", 0}, {"en_US", 86400000}, {"en", -86400000},   {"de", 0},
                {NULL, 0},    {"en", INT64_MAX},   {"en-AU", INT64_MIN}};
    enum { DOCS = sizeof docs / sizeof *docs };
    index_clean(NULL);
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    for (int i = 0; i < DOCS; i++) {
        char id[8], body[2000];
        uint64_t x = 99;
        ls_doc *d;
        snprintf(id, sizeof id, "d%d", i);
        random_text(&x, body, sizeof body, 200);
        snprintf(body + strlen(body), sizeof body - strlen(body), " end%d", i);
        OK(ls_doc_new(&d, &err));
        OK(ls_doc_set_id(d, id, strlen(id), &err));
        OK(ls_doc_set_language(d, "english", &err));
        add_value(d, "body", body);
        if (docs[i].language) add_value(d, "language", docs[i].language);
        OK(ls_doc_add_int(d, "published", docs[i].published, &err));
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *own = reader(0);
    for (int i = 0; i < DOCS; i++) {
        char id[8];
        uint64_t doc;
        ls_similar_list *list;
        snprintf(id, sizeof id, "d%d", i);
        OK(ls_reader_find(own, id, strlen(id), &doc, &err));
        OK(ls_similar_find(&list, own, doc, NULL, &err));
        assert_int_equal(list->count, i < 3 || i == 4 ? 3 : 0); /* without a field, by what the text was read as */
        for (size_t k = 0; k < list->count; k++) assert_int_equal(list->items[k].relation, LS_COPY);
        ls_similar_free(list);
    }
    WANT(ls_similar_find(&(ls_similar_list *){NULL}, own, 1000, NULL, &err), LS_NOTFOUND);
    ls_reader_close(own);
}

/* A word of more letters than are compared is told, not searched by likeness. */
static void long_words(void **state)
{
    (void)state;
    char word[300], text[320];
    index_clean(NULL);
    static const size_t lengths[] = {59, 62, 63, 64, 120, 200, 256};
    ls_writer *w = clocked_writer(LS_WRITER_CREATE | LS_WRITER_NO_SYNC, 0);
    for (size_t i = 0; i < 7; i++) {
        memset(word, 'q', lengths[i]);
        word[lengths[i]] = 0;
        snprintf(text, sizeof text, "some %s words", word);
        OK(add_doc(w, NULL, text, 0, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_reader *own = reader(0);
    for (size_t i = 0; i < 7; i++)
        for (int again = 0; again < 3; again++) { /* what is known of a word from the search before is the same */
            ls_query *q;
            ls_suggestions *s;
            memset(word, 'q', lengths[i]);
            word[lengths[i]] = 0;
            assert_int_equal(total_of(own, word), 1);
            snprintf(text, sizeof text, "%s~", word);
            OK(ls_query_parse(&q, ls_reader_schema(own), text, strlen(text), NULL, &err));
            const ls_warning *x = ls_query_warning(q, 0);
            assert_int_equal(x != NULL, lengths[i] > 63);
            if (x) assert_string_equal(x->code, "fuzzy_word");
            assert_int_equal(total_of(own, text), lengths[i] == 62 || lengths[i] == 63 ? 3 - (lengths[i] == 62) : 1);
            ls_query_free(q);
            word[lengths[i] / 2] = 'k';
            OK(ls_did_you_mean(&s, own, word, strlen(word), &err));
            assert_int_equal(s->did_you_mean != NULL, lengths[i] <= 63);
            ls_suggestions_free(s);
        }
    ls_reader_close(own);
}

/* What a date without a field is about, where no field has one of the two names and that type; queries at their limits. */
static void other_dates(void **state)
{
    (void)state;
    const ls_field fields[] = {{sizeof *fields, "body", LS_TEXT, 1, 0},
                               {sizeof *fields, "date", LS_KEYWORD, 0, 0},
                               {sizeof *fields, "when", LS_DATE, 0, 0}};
    static const struct {
        const char *text;
        int found;
    } rows[] = {{"after:1970-01-02", 2},
                {"before:1970-01-02", 1},
                {"since:1970-01-03", 2},
                {"date:x", 1},
                {"w1 after:1970-01-03", 1}};
    ls_schema *s;
    ls_writer *w;
    LS_INIT(ls_writer_options, o);
    index_clean(NULL);
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 3; i++) OK(ls_schema_add(s, &fields[i], &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, index_path, &o, &err));
    for (int i = 0; i < 4; i++) {
        ls_doc *d;
        OK(ls_doc_new(&d, &err));
        add_value(d, "body", "w1 w2");
        add_value(d, "date", i ? "y" : "x");
        OK(ls_doc_add_int(d, "when", i * INT64_C(86400000), &err));
        OK(ls_add(w, d, NULL, &err));
        ls_doc_free(d);
    }
    OK(ls_commit(w, NULL, &err));
    ls_writer_close(w);
    ls_schema_free(s);
    ls_reader *own = reader(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t n = total_of(own, rows[i].text);
        if (n != (uint64_t)rows[i].found) print_error("%s: %d\n", rows[i].text, (int)n);
        assert_int_equal(n, rows[i].found);
    }
    static const char *const behind[] = {"",    "when:1970", "date:x",     "\"w1 w2\"", "w*",
                                         "w1~", "*",         "(w1 OR w2)", "caps(W1)",  "since:1d"};
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) { /* 1,024 words, and one thing more */
        char text[4096];
        ls_query *q;
        const ls_warning *x;
        bool told = false;
        for (int k = 0; k < 1024; k++) memcpy(text + 2 * k, k % 2 ? "a " : "b ", 2);
        snprintf(text + 2048, sizeof text - 2048, "%s", behind[i]);
        OK(ls_query_parse(&q, ls_reader_schema(own), text, strlen(text), NULL, &err));
        for (size_t k = 0; (x = ls_query_warning(q, k)); k++) told |= !strcmp(x->code, "limit_clauses");
        if (told != (*behind[i] != 0)) print_error("%s\n", behind[i]);
        assert_int_equal(told, *behind[i] != 0);
        ls_query_free(q);
    }
    char pattern[600]; /* and a pattern longer than one may be */
    ls_query *q;
    memset(pattern, 'a', sizeof pattern);
    pattern[sizeof pattern - 2] = '*';
    pattern[sizeof pattern - 1] = 0;
    OK(ls_query_parse(&q, ls_reader_schema(own), pattern, strlen(pattern), NULL, &err));
    assert_non_null(ls_query_warning(q, 0));
    ls_query_free(q);
    for (int k = 0; k < 40; k++)
        memcpy(pattern + 4 * k, "\xef\xb7\xba*", 4); /* one that is longer folded: 33 bytes for 3 */
    pattern[160] = 0;
    OK(ls_query_parse(&q, ls_reader_schema(own), pattern, strlen(pattern), NULL, &err));
    assert_non_null(ls_query_warning(q, 0));
    assert_string_equal(ls_query_warning(q, 0)->code, "limit_pattern");
    ls_query_free(q);
    memset(pattern, 'a', 70);
    memcpy(pattern + 70, ":w1", 4); /* and a name that no field may have */
    OK(ls_query_parse(&q, ls_reader_schema(own), pattern, strlen(pattern), NULL, &err));
    assert_non_null(ls_query_warning(q, 0));
    assert_string_equal(ls_query_warning(q, 0)->code, "unknown_field");
    ls_query_free(q);
    ls_reader_close(own);
}

/* ---- arithmetic of the same ---- */

static void numbers(void **state)
{
    (void)state;
    assert_true(lsi_bm25_idf(5, 9) == lsi_bm25_idf(5, 5)); /* never below that of a word in all */
    assert_true(lsi_bm25_idf(5, 5) > 0);
    assert_true(lsi_bm25_magic(1e300) == (float)ldexp(1, 100) && lsi_bm25_magic(1e-300) == (float)ldexp(1, -100));
    assert_true(lsi_bm25_magic(0) == 1.0f && lsi_bm25_magic(-1) == 1.0f);
}

static void scripts(void **state)
{
    (void)state;
    static const struct {
        const char *c;
        bool cjk;
    } rows[] = {{"\xe3\x80\x84", false},
                {"\xe3\x80\x85", true},
                {"\xe3\x80\x87", true},
                {"\xe3\x80\x88", false},
                {"\xe3\x80\xbf", false},
                {"\xe3\x81\x80", true},
                {"\xe3\x83\xbf", true},
                {"\xe3\x84\x80", false},
                {"\xe3\x87\xaf", false},
                {"\xe3\x87\xb0", true},
                {"\xe3\x87\xbf", true},
                {"\xe3\x88\x80", false},
                {"\xe3\x8f\xbf", false},
                {"\xe3\x90\x80", true},
                {"\xe4\xb6\xbf", true},
                {"\xe4\xb7\x80", false},
                {"\xe4\xb7\xbf", false},
                {"\xe4\xb8\x80", true},
                {"\xe9\xbf\xbf", true},
                {"\xea\x80\x80", false},
                {"\xea\xaf\xbf", false},
                {"\xea\xb0\x80", true},
                {"\xed\x9e\xa3", true},
                {"\xed\x9e\xa4", false},
                {"\xef\xa3\xbf", false},
                {"\xef\xa4\x80", true},
                {"\xef\xab\xbf", true},
                {"\xef\xac\x80", false},
                {"\xf0\x9f\xbf\xbf", false},
                {"\xf0\xa0\x80\x80", true},
                {"\xf0\xb2\x8e\xaf", true},
                {"\xf0\xb2\x8e\xb0", false},
                {"abc", false},
                {"abcd", false},
                {"a", false},
                {"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool cjk = lsi_resolve_is_cjk((const uint8_t *)rows[i].c, strlen(rows[i].c));
        if (cjk != rows[i].cjk) print_error("%s\n", rows[i].c);
        assert_int_equal(cjk, rows[i].cjk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completing),   cmocka_unit_test(meaning),    cmocka_unit_test(alike),
        cmocka_unit_test(adding),       cmocka_unit_test(numbers),    cmocka_unit_test(scripts),
        cmocka_unit_test(gone),         cmocka_unit_test(explaining), cmocka_unit_test(schemas),
        cmocka_unit_test(empty_values), cmocka_unit_test(tokens),     cmocka_unit_test(related),
        cmocka_unit_test(long_words),   cmocka_unit_test(other_dates)};
    return cmocka_run_group_tests(tests, begin, end);
}
