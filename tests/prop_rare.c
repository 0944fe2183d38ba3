/* prop_rare.c — prop_rare [QUERIES [SEED]]: rare words among many documents, where windows are wide, lists lead, and
 * blocks of a column are visited by their values: what is found, in which order, and how much of it, is what the plain
 * engine says. Words stand in every so manieth document, or crowd together in one stretch of them; some documents are
 * deleted, some have no date, and dates rise with arrival but for each thirtieth. */
#include "tests/ok.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOCS  140000u /* so many that a word of 4,500 in a row is rare: more than a batch of candidates */
#define WORDS 12u
#define DAY   86400000ll

static ls_error err;
static uint64_t state;
static unsigned queries = 400;

static uint32_t draw(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % n);
}

/* "qbb*" is a word of few documents with one of many that come late. */
static const char *const NAME[WORDS] = {"qccx", "qbbx", "qddx", "qffx",  "qggx", "qhhx",
                                        "qjjx", "qkkx", "qmmx", "qbbkx", "qllx", "qnnx"};
/* One in so many documents of [from, to) holds the word. */
static const struct {
    uint32_t every, from, to;
} SPREAD[WORDS] = {{9000, 0, DOCS},   {2500, 0, DOCS},  {700, 0, DOCS},    {400, 5000, 66000}, {160, 0, DOCS},
                   {90, 0, DOCS},     {50, 0, DOCS},    {40, 30000, DOCS}, {3, 0, DOCS},       {1, 98304, 98304 + 4500},
                   {2, 15000, 24000}, {1, 49100, 49200}};

static void build(const char *dir)
{
    ls_schema *s = NULL;
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    LS_INIT(ls_writer_options, o);
    const ls_field fields[] = {{sizeof *fields, "body", LS_TEXT, 1, 0},
                               {sizeof *fields, "source", LS_KEYWORD, 0, 0},
                               {sizeof *fields, "published", LS_DATE, 0, 0}};
    OK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 3; i++) OK(ls_schema_add(s, &fields[i], &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    OK(ls_writer_open(&w, dir, &o, &err));
    OK(ls_doc_new(&d, &err));
    for (uint32_t i = 0; i < DOCS; i++) {
        char id[16], text[400];
        size_t len = (size_t)snprintf(text, sizeof text, "%s", i % 5 ? "some text" : "text");
        for (uint32_t k = 0; k < WORDS; k++) {
            if (i < SPREAD[k].from || i >= SPREAD[k].to || draw(SPREAD[k].every)) continue;
            for (uint32_t again = 1 + draw(3); again; again--)
                len += (size_t)snprintf(text + len, sizeof text - len, " %s", NAME[k]);
        }
        ls_doc_clear(d);
        OK(ls_doc_set_id(d, id, (size_t)snprintf(id, sizeof id, "r%u", i), &err));
        OK(ls_doc_set_language(d, "english", &err));
        OK(ls_doc_add_text(d, "body", text, len, &err));
        OK(ls_doc_add_text(d, "source", i % 3 ? "AP" : "dpa", i % 3 ? 2 : 3, &err));
        if (i % 50) OK(ls_doc_add_int(d, "published", (i % 30 ? i : draw(DOCS)) / 7 * DAY, &err));
        OK(ls_add(w, d, NULL, &err));
        if (i == 138000) OK(ls_commit(w, NULL, &err));
    }
    OK(ls_commit(w, NULL, &err));
    for (uint32_t i = 0; i < 300; i++) {
        char id[16];
        OK(ls_delete(w, id, (size_t)snprintf(id, sizeof id, "r%u", i * 466 + draw(466)), &err));
    }
    OK(ls_commit(w, NULL, &err));
    ls_doc_free(d);
    ls_writer_close(w);
    ls_schema_free(s);
}

static void make_query(char *text, size_t cap)
{
    static const char *const JOIN[] = {" OR ", " OR ", " OR ", " AND ", " AND ", " NOT "};
    static const char *const EXPANDED[] = {"q*", "qd*", "qjj*", "qbb*", "qm*", "qbbx~2", "qkkx~2", "qllx~1"};
    size_t len = 0, words = 1 + draw(4);
    const char *join = JOIN[draw(6)];
    for (size_t i = 0; i < words; i++) {
        len += (size_t)snprintf(text + len, cap - len, "%s%s", i ? join : "", NAME[draw(WORDS)]);
    }
    if (draw(5) == 0) len = (size_t)snprintf(text, cap, "%s", EXPANDED[draw(8)]);
    if (draw(5) == 0) snprintf(text + len, cap - len, " source:dpa");
}

/* The answer as text: how many, and each hit with its score. */
static void answer(char *out, size_t cap, const ls_reader *r, const ls_query *q, const ls_search_options *o)
{
    ls_results *res = NULL;
    OK(ls_search(&res, r, q, o, &err));
    ls_results_info a = ls_results_get(res);
    size_t len = (size_t)snprintf(out, cap, "%llu:", o->total == LS_TOTAL_EXACT ? (unsigned long long)a.total : 0);
    for (size_t i = 0; i < a.count && len < cap; i++) {
        const ls_hit *h = ls_results_hit(res, i);
        len += (size_t)snprintf(out + len, cap - len, " %.*s/%a", (int)h->id_len, h->id, (double)h->score);
    }
    ls_results_free(res);
}

static void test_rare(void **unused)
{
    static char plain[60000], quick[60000];
    char dir[] = "/tmp/prop_rare.XXXXXX", command[64];
    ls_reader *r = NULL;
    uint64_t found = 0;
    (void)unused;
    assert_non_null(mkdtemp(dir));
    build(dir);
    OK(ls_reader_open(&r, dir, NULL, &err));
    for (unsigned i = 0; i < queries; i++) {
        char text[200];
        ls_query *q = NULL;
        LS_INIT(ls_search_options, o);
        make_query(text, sizeof text);
        bool late = i % 50 == 0; /* more are wanted than the first documents have */
        if (late) snprintf(text, sizeof text, "qbb*");
        OK(ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err));
        o.timeout_ms = -1;
        o.limit = draw(3) ? 1 + draw(20) : draw(1500);
        o.total = draw(2) ? LS_TOTAL_EXACT : LS_TOTAL_NONE;
        o.sort = draw(3) ? LS_BY_RELEVANCE : draw(3) ? LS_BY_FIELD_DESC : LS_BY_FIELD_ASC;
        if (late) o.limit = 300 + draw(250), o.total = LS_TOTAL_NONE, o.sort = LS_BY_RELEVANCE;
        if (o.sort != LS_BY_RELEVANCE) o.sort_field = "published";
        o.exhaustive = 1;
        answer(plain, sizeof plain, r, q, &o);
        o.exhaustive = 0;
        answer(quick, sizeof quick, r, q, &o);
        if (strcmp(plain, quick))
            fail_msg("\"%s\", limit %zu, total %d, sort %d:\n%.300s\n%.300s", text, o.limit, (int)o.total, (int)o.sort,
                     plain, quick);
        for (const char *p = plain; (p = strchr(p, '/')) != NULL; p++) found++;
        ls_query_free(q);
    }
    ls_reader_close(r);
    printf("prop_rare: %u queries, %llu hits, all equal\n", queries, (unsigned long long)found);
    assert_true(found > queries);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rare)};
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (argc > 1) queries = (unsigned)strtoul(argv[1], NULL, 10);
    printf("prop_rare: seed %llu\n", (unsigned long long)seed);
    state = seed;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
