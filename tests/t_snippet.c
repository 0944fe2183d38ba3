/* t_snippet.c — passages, highlighting, suggestions, more like this: on small indexes made for it. */
#include "libsearch/libsearch.h"
#include "libsearch/util/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "/tmp/libsearch-t_snippet-XXXXXX";
static ls_reader *reader;

static const struct {
    const char *id, *title, *body, *language;
} articles[] = {
    {"arms", "Kim & Putin <meet> over \"arms\"",
     "The leaders met on Monday. They spoke about arms negotiations, and about food. \"The arms deal is near,\" said "
     "an "
     "official of the U.S. government.\n\nNothing else happened that day. The weather was fine. Birds sang. Nobody "
     "listened to them, for all were busy with other things than birds and weather.\n\nLater, negotiations on an arms "
     "deal went on between Kim Jong-un and Mr. Putin. Sanctions were never mentioned; sanctions are dull.",
     "english"},
    {"cafe",
     "Stra\xc3\x9f"
     "e und Caf\xc3\xa9",
     "Das Caf\xc3\xa9 an der Stra\xc3\x9f"
     "e hat ge\xc3\xb6"
     "ffnet. \xc4\xb0stanbul liegt fern, und die \xef\xac\x81rma "
     "schlie\xc3\x9ft. H\xc3\xa4user stehen leer. \xf0\x9f\x98\x80 Wir sahen viele H\xc3\xa4user.",
     "german"},
    {"moscow", "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0",
     "\xd0\xa8\xd0\xbe\xd0\xb9\xd0\xb3\xd1\x83 \xd0\xbf\xd0\xbe\xd1\x81\xd0\xb5\xd1\x82\xd0\xb8\xd0\xbb "
     "\xd0\x9f\xd1\x85\xd0\xb5\xd0\xbd\xd1\x8c\xd1\x8f\xd0\xbd. "
     "\xd0\x9f\xd0\xb5\xd1\x80\xd0\xb5\xd0\xb3\xd0\xbe\xd0\xb2"
     "\xd0\xbe\xd1\x80\xd1\x8b \xd1\x88\xd0\xbb\xd0\xb8 \xd0\xb4\xd0\xbe\xd0\xbb\xd0\xb3\xd0\xbe.",
     "russian"},
    {"tokyo", "\xe6\x9d\xb1\xe4\xba\xac",
     "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe5\xba\x81\xe3\x81\xaf\xe6\x96\xb0\xe5\xae\xbf\xe3\x81\xab\xe3\x81\x82\xe3"
     "\x82\x8b\xe3\x80\x82\xe4\xba\xac\xe9\x83\xbd\xe3\x81\xaf\xe9\x81\xa0\xe3\x81\x84\xe3\x80\x82",
     "none"},
    {"arabic", "\xd8\xa7\xd9\x84\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\xa9",
     "\xd9\x82\xd8\xa7\xd9\x84 \xd8\xa7\xd9\x84\xd9\x88\xd8\xb2\xd9\x8a\xd8\xb1 \xd8\xa5\xd9\x86 "
     "\xd8\xa7\xd9\x84\xd8\xad\xd8\xb1\xd8\xa8 \xd8\xa7\xd9\x86\xd8\xaa\xd9\x87\xd8\xaa.",
     "arabic"},
    {"boiler", "Trailer",
     "A short story about zebras comes first. It goes on for a while with lions.\n\nRead also: Zebras and tigers in "
     "the "
     "zoo",
     "english"},
    {"zebras", "More about zebras", "Zebras and lions live in Africa. Lions hunt zebras. Zebras run.", "english"},
    {"notitle", NULL, "No title here, but arms and legs.", "english"},
    {"dots", "Trailing", "Wait for the quagga\xe2\x80\xa6\n\nIt came late, and with it words that no passage has room for.",
     "english"},
};

static void add_articles(ls_writer *w)
{
    ls_doc *d = NULL;
    ls_error err = {0};
    assert_int_equal(ls_doc_new(&d, &err), LS_OK);
    for (size_t i = 0; i < sizeof articles / sizeof articles[0]; i++) {
        ls_doc_clear(d);
        assert_int_equal(ls_doc_set_id(d, articles[i].id, strlen(articles[i].id), &err), LS_OK);
        if (articles[i].title) {
            assert_int_equal(ls_doc_add_text(d, "title", articles[i].title, strlen(articles[i].title), &err), LS_OK);
        }
        assert_int_equal(ls_doc_add_text(d, "body", articles[i].body, strlen(articles[i].body), &err), LS_OK);
        assert_int_equal(ls_doc_set_language(d, articles[i].language, &err), LS_OK);
        if (ls_add(w, d, NULL, &err)) fail_msg("%s: %s", articles[i].id, err.message);
        if (i == 3) assert_int_equal(ls_commit(w, NULL, &err), LS_OK); /* two segments */
    }
    ls_doc_free(d);
    assert_int_equal(ls_commit(w, NULL, &err), LS_OK);
}

static int setup(void **state)
{
    (void)state;
    ls_writer *w = NULL;
    ls_error err = {0};
    ls_writer_options o = {.size = sizeof o, .flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE};
    if (!mkdtemp(folder)) return -1;
    if (ls_writer_open(&w, folder, &o, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    add_articles(w);
    ls_writer_close(w);
    return ls_reader_open(&reader, folder, NULL, &err);
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    ls_reader_close(reader);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static ls_query *parse(const char *text)
{
    ls_query *q = NULL;
    ls_error err = {0};
    if (ls_query_parse(&q, ls_reader_schema(reader), text, strlen(text), NULL, &err)) fail_msg("%s", err.message);
    return q;
}

static ls_snippets *make(const char *id, const char *text, const ls_snippet_options *o)
{
    uint64_t doc;
    ls_snippets *s = NULL;
    ls_error err = {0};
    ls_query *q = parse(text);
    assert_int_equal(ls_reader_find(reader, id, strlen(id), &doc, &err), LS_OK);
    if (ls_snippets_make(&s, reader, q, doc, o, &err)) fail_msg("%s: %s", text, err.message);
    ls_query_free(q);
    return s;
}

/* ---- what is highlighted: [ and ] for the marks of the first passages, joined by | ------------------------------- */

static const struct {
    const char *id, *query, *expected; /* all matches of the body, as text joined by | */
} marked[] = {
    {"arms", "arms", "arms|arms|arms"},
    {"arms", "arm", "arms|arms|arms"},
    {"arms", "\"arms deal\"", "arms deal|arms deal"},
    {"arms", "\"arm deal\"", ""},
    {"arms", "\"arm deal\"~", "arms deal|arms deal"},
    {"arms", "\"deal arms\"~0", "arms|deal|arms|deal"},
    {"arms", "\"negotiations deal\"~2", ""},
    {"arms", "\"negotiations deal\"~3", "negotiations|deal"},
    {"arms", "negotiation w/4 deal", "negotiations|deal"},
    {"arms", "negotiation w/3 deal", ""},
    {"arms", "deal pre/4 negotiation", ""},
    {"arms", "negotiation w/s food", "negotiations|food"},
    {"arms", "negotiation w/s near", ""},
    {"arms", "weather w/p birds", "weather|Birds|birds|weather"},
    {"arms", "negotiation w/5 arms w/5 deal", "negotiations|arms|deal|negotiations|arms|deal"},
    {"arms", "negot*", "negotiations|negotiations"},
    {"arms", "w?ather", "weather|weather"},
    {"arms", "sanktions~", "Sanctions|sanctions"},
    {"arms", "caps(Sanctions)", "Sanctions"},
    {"arms", "caps(US)", "U.S."},
    {"arms", "us", "U.S."},
    {"arms", "Jong-un", "Jong-un"},
    {"arms", "jongun", "Jong-un"},
    {"arms", "\"Kim Jong un\"", "Kim Jong-un"},
    {"arms", "arms -birds", "arms|arms|arms"},
    {"arms", "NOT zebra", ""},
    {"arms", "title:kim", ""},
    {"arms", "body:kim", "Kim"},
    {"arms", "hlead:sanctions", ""},
    {"arms", "hlead:food", "food"},
    {"arms", "words:>3", ""},
    {"arms", "zebra OR food", "food"},
    {"cafe", "cafe", "Caf\xc3\xa9"},
    {"cafe",
     "stra\xc3\x9f"
     "e",
     "Stra\xc3\x9f"
     "e"},
    {"cafe", "STRASSE",
     "Stra\xc3\x9f"
     "e"},
    {"cafe", "istanbul", "\xc4\xb0stanbul"},
    {"cafe", "firma", "\xef\xac\x81rma"},
    {"cafe", "H\xc3\xa4user", "H\xc3\xa4user|H\xc3\xa4user"},
    {"cafe", "hauser", "H\xc3\xa4user|H\xc3\xa4user"},
    {"moscow", "\xd0\xa8\xd0\x9e\xd0\x99\xd0\x93\xd0\xa3", "\xd0\xa8\xd0\xbe\xd0\xb9\xd0\xb3\xd1\x83"},
    {"tokyo", "\xe4\xba\xac\xe9\x83\xbd", "\xe4\xba\xac\xe9\x83\xbd|\xe4\xba\xac\xe9\x83\xbd"},
    {"tokyo", "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd"},
    {"arabic", "\xd8\xa7\xd9\x84\xd8\xad\xd8\xb1\xd8\xa8", "\xd8\xa7\xd9\x84\xd8\xad\xd8\xb1\xd8\xa8"},
    {"boiler", "zebras", "zebras|Zebras"},
};

static const char *body_of(const char *id)
{
    for (size_t i = 0; i < sizeof articles / sizeof articles[0]; i++) {
        if (strcmp(articles[i].id, id) == 0) return articles[i].body;
    }
    return "";
}

static void test_marked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof marked / sizeof marked[0]; i++) {
        char got[512] = "";
        const char *body = body_of(marked[i].id);
        ls_snippet_options o = {.size = sizeof o, .all_matches = 1};
        ls_snippets *s = make(marked[i].id, marked[i].query, &o);
        for (size_t k = 0; k < s->match_count; k++) {
            size_t n = strlen(got);
            snprintf(got + n, sizeof got - n, "%s%.*s", k ? "|" : "", (int)(s->matches[k].end - s->matches[k].start),
                     body + s->matches[k].start);
        }
        if (strcmp(got, marked[i].expected) != 0) {
            fail_msg("%s in %s: '%s', expected '%s'", marked[i].query, marked[i].id, got, marked[i].expected);
        }
        ls_snippets_free(s);
    }
}

static void test_title(void **state)
{
    (void)state;
    ls_snippets *s = make("arms", "arms kim deal", NULL);
    assert_string_equal(s->title_html, "<mark>Kim</mark> &amp; Putin &lt;meet&gt; over &quot;<mark>arms</mark>&quot;");
    ls_snippets_free(s);
    ls_snippet_options o = {.size = sizeof o, .no_body = 1, .pre = "<b class=\"m\">", .post = "</b>"};
    s = make("arms", "title:kim", &o);
    assert_string_equal(s->title_html, "<b class=\"m\">Kim</b> &amp; Putin &lt;meet&gt; over &quot;arms&quot;");
    assert_int_equal(s->count, 0);
    ls_snippets_free(s);
    s = make("notitle", "arms", NULL);
    assert_null(s->title_html);
    assert_int_equal(s->count, 1);
    assert_string_equal(s->snippets[0].html, "No title here, but <mark>arms</mark> and legs.");
    ls_snippets_free(s);
}

/* The text without markers, unescaped, is text; the ranges are where the markers stood. */
static void check_snippet(const ls_snippet *s)
{
    char plain[4096];
    size_t n = 0, r = 0;
    for (const char *p = s->html; *p;) {
        static const char *const entities[][2] = {
            {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
        if (strncmp(p, "<mark>", 6) == 0) {
            assert_true(r < s->range_count);
            assert_int_equal(s->ranges[r].start, n);
            p += 6;
            continue;
        }
        if (strncmp(p, "</mark>", 7) == 0) {
            assert_int_equal(s->ranges[r++].end, n);
            p += 7;
            continue;
        }
        size_t e = 0;
        while (e < 5 && strncmp(p, entities[e][0], strlen(entities[e][0])) != 0) e++;
        assert_true(*p != '<' && *p != '>' && (*p != '&' || e < 5));
        plain[n++] = e < 5 ? entities[e][1][0] : *p;
        p += e < 5 ? strlen(entities[e][0]) : 1;
    }
    plain[n] = 0;
    assert_string_equal(plain, s->text);
    assert_int_equal(r, s->range_count);
}

static void test_passages(void **state)
{
    (void)state;
    ls_snippet_options o = {.size = sizeof o, .count = 2, .length = 60};
    ls_snippets *s = make("arms", "sanctions food", &o);
    assert_int_equal(s->count, 2);
    assert_true(s->snippets[0].place.end <= s->snippets[1].place.start);
    assert_non_null(strstr(s->snippets[0].html, "<mark>food</mark>"));
    assert_non_null(strstr(s->snippets[1].html, "<mark>sanctions</mark>"));
    for (size_t i = 0; i < s->count; i++) {
        check_snippet(&s->snippets[i]);
        assert_string_equal(s->snippets[i].field, "body");
        assert_true(strlen(s->snippets[i].text) <= 60 + 10);
    }
    ls_snippets_free(s);

    o.count = 1; /* the phrase is better than the words apart */
    s = make("arms", "\"negotiations on an arms deal\"", &o);
    assert_int_equal(s->count, 1);
    assert_non_null(strstr(s->snippets[0].html, "<mark>negotiations on an arms deal</mark>"));
    check_snippet(&s->snippets[0]);
    ls_snippets_free(s);

    s = make("arms", "NOT zebra", &o); /* no positive word: the beginning, without marks */
    assert_int_equal(s->count, 1);
    assert_int_equal(s->snippets[0].range_count, 0);
    assert_string_equal(s->snippets[0].text, "The leaders met on Monday. \xe2\x80\xa6");
    ls_snippets_free(s);

    o.length = 24; /* it says by itself that it goes on */
    s = make("dots", "quagga", &o);
    assert_string_equal(s->snippets[0].text, "Wait for the quagga\xe2\x80\xa6");
    ls_snippets_free(s);
    s = make("boiler", "zebras", NULL); /* boilerplate is found, but never shown */
    assert_int_equal(s->count, 1);
    assert_null(strstr(s->snippets[0].text, "Read also"));
    assert_null(strstr(s->snippets[0].text, "tigers"));
    ls_snippets_free(s);
    s = make("boiler", "tigers", NULL);
    assert_int_equal(s->count, 1);
    assert_null(strstr(s->snippets[0].text, "tigers"));
    ls_snippets_free(s);
}

static uint64_t seed = 20230911;
static uint32_t rnd(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 33) % n);
}

static bool is_utf8(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    while (*p) {
        int more = *p < 0x80                 ? 0
                   : *p >= 0xC2 && *p < 0xE0 ? 1
                   : *p >= 0xE0 && *p < 0xF0 ? 2
                   : *p >= 0xF0 && *p < 0xF5 ? 3
                                             : -1;
        if (more < 0) return false;
        for (p++; more; more--, p++) {
            if ((*p & 0xC0) != 0x80) return false;
        }
    }
    return true;
}

/* Texts of any bytes, long words, markup, scripts without spaces: everything given out is valid and escaped. */
static void test_hostile(void **state)
{
    static const char *const parts[] = {"zebra",
                                        "<mark>",
                                        "</mark>",
                                        "&amp;",
                                        "\"",
                                        "'",
                                        "<script>",
                                        "\xe6\x9d\xb1\xe4\xba\xac",
                                        "\xf0\x9f\x98\x80",
                                        "\n\n",
                                        ". ",
                                        " ",
                                        " ",
                                        "\xff",
                                        "\xc3",
                                        "e\xcc\x81",
                                        "\xef\xac\x81",
                                        "Zebra-crossing",
                                        "Read also: zebra\n",
                                        "\xe2\x80\x9d",
                                        "\xe2\x80\xa8",
                                        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                                        "deal"};
    static const char *const queries[] = {
        "zebra", "\"zebra deal\"~5", "zebra w/3 deal", "\xe4\xba\xac", "z*", "zebar~ OR zebra-crossing", "*"};
    (void)state;
    char path[] = "/tmp/libsearch-t_snippet2-XXXXXX", command[128];
    static char text[200000];
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    ls_reader *saved = reader;
    ls_error err = {0};
    ls_writer_options wo = {.size = sizeof wo, .flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC | LS_WRITER_NO_MERGE};
    assert_non_null(mkdtemp(path));
    assert_int_equal(ls_writer_open(&w, path, &wo, &err), LS_OK);
    assert_int_equal(ls_doc_new(&d, &err), LS_OK);
    for (int i = 0; i < 60; i++) {
        char id[16];
        size_t n = 0, target = i == 0 ? 190000 : rnd(3000);
        while (n < target) {
            const char *part = parts[rnd(sizeof parts / sizeof parts[0])];
            if (rnd(40) == 0) text[n++] = (char)rnd(256);
            memcpy(text + n, part, strlen(part));
            n += strlen(part);
            if (rnd(3)) text[n++] = ' ';
        }
        ls_doc_clear(d);
        snprintf(id, sizeof id, "%d", i);
        ls_doc_set_id(d, id, strlen(id), NULL);
        ls_doc_add_text(d, "title", text, n < 100 ? n : 100, NULL);
        ls_doc_add_text(d, "body", text, n, NULL);
        if (ls_add(w, d, NULL, &err)) fail_msg("%s", err.message);
    }
    assert_int_equal(ls_commit(w, NULL, &err), LS_OK);
    ls_writer_close(w);
    ls_doc_free(d);
    assert_int_equal(ls_reader_open(&reader, path, NULL, &err), LS_OK);
    size_t made = 0;
    for (int i = 0; i < 60; i++) {
        for (size_t k = 0; k < sizeof queries / sizeof queries[0]; k++) {
            char id[16];
            snprintf(id, sizeof id, "%d", i);
            ls_snippet_options o = {.size = sizeof o, .count = 1 + rnd(5), .length = 1 + rnd(300), .all_matches = 1};
            ls_snippets *s = make(id, queries[k], &o);
            if (s->title_html) assert_true(is_utf8(s->title_html));
            for (size_t j = 0; j < s->count; j++, made++) {
                assert_true(is_utf8(s->snippets[j].text) && is_utf8(s->snippets[j].html));
                assert_true(!j || s->snippets[j - 1].place.end <= s->snippets[j].place.start);
                if (strlen(s->snippets[j].html) < 4000) check_snippet(&s->snippets[j]);
            }
            for (size_t j = 1; j < s->match_count; j++) assert_true(s->matches[j - 1].end <= s->matches[j].start);
            ls_snippets_free(s);
        }
    }
    ls_reader_close(reader);
    reader = saved;
    snprintf(command, sizeof command, "rm -rf %s", path);
    assert_int_equal(system(command), 0);
    printf("passages of hostile texts: %zu\n", made);
    assert_true(made > 300);
}

static void test_units(void **state)
{
    (void)state;
    ls_snippet_options o = {.size = sizeof o, .count = 1, .length = 1000, .all_matches = 1};
    size_t expected[3][2];
    const char *body = body_of("cafe"), *last = strstr(strstr(body, "H\xc3\xa4user") + 1, "H\xc3\xa4user");
    expected[0][0] = (size_t)(last - body);
    expected[0][1] = expected[0][0] + 7;
    size_t points = 0, units = 0;
    for (const char *p = body; p < last; p++) {
        if (((unsigned char)*p & 0xC0) == 0x80) continue;
        points++;
        units += (unsigned char)*p >= 0xF0 ? 2 : 1;
    }
    expected[1][0] = points;
    expected[1][1] = points + 6;
    expected[2][0] = units;
    expected[2][1] = units + 6;
    assert_int_equal(units, points + 1);
    for (int unit = 0; unit < 3; unit++) {
        o.range_unit = unit;
        ls_snippets *s = make("cafe", "h\xc3\xa4user", &o);
        assert_int_equal(s->match_count, 2);
        assert_int_equal(s->matches[1].start, expected[unit][0]);
        assert_int_equal(s->matches[1].end, expected[unit][1]);
        assert_int_equal(s->snippets[0].ranges[1].start, expected[unit][0]);
        assert_int_equal(s->snippets[0].ranges[1].end, expected[unit][1]);
        ls_snippets_free(s);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    ls_snippets *s = (ls_snippets *)(void *)folder;
    ls_error err;
    ls_query *q = parse("arms");
    ls_snippet_options o = {.size = sizeof o, .range_unit = 7};
    assert_int_equal(ls_snippets_make(NULL, reader, q, 0, NULL, &err), LS_INVALID);
    assert_int_equal(ls_snippets_make(&s, NULL, q, 0, NULL, &err), LS_INVALID);
    assert_null(s);
    assert_int_equal(ls_snippets_make(&s, reader, NULL, 0, NULL, &err), LS_INVALID);
    assert_int_equal(ls_snippets_make(&s, reader, q, 0, &o, &err), LS_INVALID);
    assert_int_equal(ls_snippets_make(&s, reader, q, 99999, NULL, &err), LS_NOTFOUND);
    o = (ls_snippet_options){.size = 0};
    assert_int_equal(ls_snippets_make(&s, reader, q, 0, &o, &err), LS_INVALID);
    ls_snippets_free(NULL);
    ls_query_free(q);
}

/* ---- suggestions ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *completions, *did_you_mean; /* text=documents, joined by | */
} suggested[] = {
    {"negot", "negotiations=1", NULL},
    {"arms sanct", "arms sanctions=1", NULL},
    {"zeb", "zebras=2", NULL},
    {"title:zeb", "title:zebras=2", NULL},
    {"\"arms dea", "\"arms deal=1", NULL},
    {"Kim \xe2\x80\x9cneg", "Kim \xe2\x80\x9cnegotiations=1", NULL},
    {"hau", "H\xc3\xa4user=1", NULL},
    {"stra",
     "Stra\xc3\x9f"
     "e=1|Stra\xc3\x9f"
     "e und Caf\xc3\xa9=1",
     NULL},
    {"more ab", "more about=3|More about zebras=1", NULL},
    {"Kim Jong-u", "", NULL},
    {"arms -bir", "arms -birds=1", NULL},
    {"sanctoins", "", "sanctions"},
    {"arms sanctoins -birds", "arms sanctoins -birds=1", NULL},
    {"arms sanctoins -zebras", "arms sanctoins -zebras=2", "arms sanctions -zebras"},
    {"\"arms daels\"", "", NULL},
    {"xqzvkw", "", NULL},
    {"arms ", "", NULL},
    {"", "", NULL},
    {"( \xff", "", NULL},
};

static void test_suggest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof suggested / sizeof suggested[0]; i++) {
        char got[512] = "";
        ls_suggestions *s = NULL;
        ls_error err = {0};
        if (ls_suggest(&s, reader, suggested[i].text, strlen(suggested[i].text), 5, &err)) fail_msg("%s", err.message);
        for (size_t k = 0; k < s->count; k++) {
            size_t n = strlen(got);
            snprintf(got + n, sizeof got - n, "%s%s=%d", k ? "|" : "", s->completions[k].text,
                     (int)s->completions[k].documents);
        }
        const char *mean = s->did_you_mean ? s->did_you_mean : "-", *want = suggested[i].did_you_mean;
        if (strcmp(got, suggested[i].completions) != 0 || strcmp(mean, want ? want : "-") != 0) {
            fail_msg("'%s': %s (%s), expected %s (%s)", suggested[i].text, got, mean, suggested[i].completions,
                     want ? want : "-");
        }
        ls_suggestions_free(s);
    }
    ls_suggestions *s = NULL;
    ls_error err = {0};
    assert_int_equal(ls_did_you_mean(&s, reader, "arms sanctio", 12, &err), LS_OK); /* whole: no word is unfinished */
    assert_int_equal(s->count, 0);
    assert_string_equal(s->did_you_mean, "arms sanctions");
    ls_suggestions_free(s);
    assert_int_equal(ls_did_you_mean(NULL, reader, "a", 1, &err), LS_INVALID);
    assert_int_equal(ls_suggest(&s, reader, "a", 1, 2, &err), LS_OK); /* the limit holds */
    assert_int_equal(s->count, 2);
    assert_true(s->completions[0].documents >= s->completions[1].documents);
    ls_suggestions_free(s);
    assert_int_equal(ls_suggest(NULL, reader, "a", 1, 2, &err), LS_INVALID);
    assert_int_equal(ls_suggest(&s, NULL, "a", 1, 2, &err), LS_INVALID);
    ls_suggestions_free(NULL);
}

static void test_more_like(void **state)
{
    (void)state;
    uint64_t doc;
    ls_query *q = NULL, *again;
    ls_results *res = NULL;
    ls_error err = {0};
    assert_int_equal(ls_reader_find(reader, "zebras", 6, &doc, &err), LS_OK);
    assert_int_equal(ls_more_like(&q, reader, doc, &err), LS_OK);
    assert_non_null(strstr(ls_query_parsed(q), "ebras"));
    assert_null(strstr(ls_query_parsed(q), "Africa")); /* no other document has it */
    again = parse(ls_query_parsed(q));
    assert_string_equal(ls_query_parsed(again), ls_query_parsed(q));
    ls_query_free(again);
    if (ls_search(&res, reader, q, NULL, &err)) fail_msg("%s", err.message);
    assert_true(ls_results_get(res).count >= 1);
    assert_string_equal(ls_results_hit(res, 0)->id, "boiler");
    for (size_t i = 0; i < ls_results_get(res).count; i++) {
        assert_string_not_equal(ls_results_hit(res, i)->id, "zebras");
    }
    ls_results_free(res);
    ls_query_free(q);
    assert_int_equal(ls_more_like(&q, reader, 99999, &err), LS_NOTFOUND);
    assert_null(q);
    assert_int_equal(ls_more_like(NULL, reader, doc, &err), LS_INVALID);
}

/* Every allocation fails once: LS_NOMEM, nothing lost (the sanitizers watch), then it works. */
static void test_no_memory(void **state)
{
    (void)state;
    ls_error err = {0};
    uint64_t doc, tries = 0;
    ls_query *q = parse("arms w/5 deal OR \"arms deal\"~2 OR neg* OR sanktions~ OR caps(US)");
    assert_int_equal(ls_reader_find(reader, "arms", 4, &doc, &err), LS_OK);
    for (int what = 0; what < 4; what++) {
        int rc = LS_NOMEM;
        for (uint64_t n = 1; rc; n++, tries++) {
            ls_snippet_options o = {.size = sizeof o, .all_matches = 1};
            ls_snippets *s = NULL;
            ls_suggestions *g = NULL;
            ls_query *m = NULL;
            lsi_alloc_fail_at(n, false);
            if (what == 0) rc = ls_snippets_make(&s, reader, q, doc, &o, &err);
            else if (what == 1) rc = ls_suggest(&g, reader, "sanctoins de", 12, 5, &err);
            else if (what == 2) rc = ls_did_you_mean(&g, reader, "sanctoins", 9, &err);
            else rc = ls_more_like(&m, reader, doc, &err);
            lsi_alloc_fail_at(0, false);
            if (rc) assert_int_equal(rc, LS_NOMEM);
            if (rc) assert_true(!s && !g && !m);
            ls_snippets_free(s);
            ls_suggestions_free(g);
            ls_query_free(m);
        }
    }
    ls_query_free(q);
    printf("allocations failed in turn: %llu\n", (unsigned long long)tries);
    assert_true(tries > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marked),  cmocka_unit_test(test_title),     cmocka_unit_test(test_passages),
        cmocka_unit_test(test_units),   cmocka_unit_test(test_hostile),   cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_suggest), cmocka_unit_test(test_more_like), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
