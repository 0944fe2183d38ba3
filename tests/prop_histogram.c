/* prop_histogram.c — random documents with and without dates, in three segments with deletions: the buckets of a
 * search must be those that the C library's own clock of a zone makes of the same dates, in every unit.
 *
 *     prop_histogram [documents] [seed] */
#define _GNU_SOURCE /* timegm */
#include "libsearch/libsearch.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;
static uint64_t rnd(void) /* splitmix64 */
{
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static ls_error err;
#define CHECK(call)                                                                                                    \
    do {                                                                                                               \
        int rc_ = (call);                                                                                              \
        if (rc_) {                                                                                                     \
            fprintf(stderr, "%s:%d: %s: %d %s\n", __FILE__, __LINE__, #call, rc_, err.message);                        \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)
#define NEED(truth, ...)                                                                                               \
    do {                                                                                                               \
        if (!(truth)) {                                                                                                \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                            \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fprintf(stderr, "\n");                                                                                     \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

typedef struct fact {
    bool live, dated, odd; /* odd: found by the second query */
    int64_t ms;
} fact;
static fact *facts;
static size_t fact_count;
static char dir[300];

static void build(int64_t from, int64_t span)
{
    ls_schema *s = NULL;
    ls_writer *w = NULL;
    ls_doc *d = NULL;
    LS_INIT(ls_writer_options, o);
    char id[24];
    const ls_field fields[] = {{sizeof *fields, "body", LS_TEXT, 1, 0}, {sizeof *fields, "day", LS_DATE, 0, 0}};
    CHECK(ls_schema_new(&s, &err));
    for (size_t i = 0; i < 2; i++) CHECK(ls_schema_add(s, &fields[i], &err));
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE | LS_WRITER_NO_SYNC;
    o.schema = s;
    CHECK(ls_writer_open(&w, dir, &o, &err));
    CHECK(ls_doc_new(&d, &err));
    for (size_t i = 0; i < fact_count; i++) {
        fact *f = &facts[i];
        *f = (fact){true, rnd() % 6 != 0, rnd() % 2 == 0, from + (int64_t)(rnd() % (uint64_t)span)};
        ls_doc_clear(d);
        int n = snprintf(id, sizeof id, "d%zu", i);
        CHECK(ls_doc_set_id(d, id, (size_t)n, &err));
        CHECK(ls_doc_set_language(d, "english", &err));
        CHECK(ls_doc_add_text(d, "body", f->odd ? "all odd" : "all", f->odd ? 7 : 3, &err));
        if (f->dated) CHECK(ls_doc_add_int(d, "day", f->ms, &err));
        CHECK(ls_add(w, d, NULL, &err));
        if (i % (fact_count / 3 + 1) == fact_count / 3) CHECK(ls_commit(w, NULL, &err));
    }
    for (size_t i = 0; i < fact_count; i += 7) {
        int n = snprintf(id, sizeof id, "d%zu", i);
        CHECK(ls_delete(w, id, (size_t)n, &err));
        facts[i].live = false;
    }
    CHECK(ls_commit(w, NULL, &err));
    ls_doc_free(d);
    ls_writer_close(w);
    ls_schema_free(s);
}

/* The first day of the bucket that an instant lies in, by the C library, as YYYY-MM-DD. */
static void first_day(int unit, int64_t ms, char out[12])
{
    time_t t = (time_t)(ms / 1000 - (ms % 1000 < 0));
    struct tm tm;
    localtime_r(&t, &tm);
    tm.tm_hour = 12; /* the day alone counts from here on */
    tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = 0;
    if (unit == LS_HISTOGRAM_WEEK) tm.tm_mday -= (tm.tm_wday + 6) % 7;
    if (unit >= LS_HISTOGRAM_MONTH) tm.tm_mday = 1;
    if (unit == LS_HISTOGRAM_YEAR) tm.tm_mon = 0;
    time_t noon = timegm(&tm);
    gmtime_r(&noon, &tm);
    strftime(out, 12, "%Y-%m-%d", &tm);
}

static void compare(const ls_reader *r, bool odd, int unit, const char *zone)
{
    ls_query *q = NULL;
    ls_results *res = NULL;
    LS_INIT(ls_search_options, o);
    const ls_bucket *b;
    uint64_t undated = 0, dated = 0, told = 0;
    o.limit = 1 + rnd() % 3;
    o.count_only = rnd() % 2 == 0;
    o.histogram = "day";
    o.histogram_unit = unit;
    o.histogram_zone = zone;
    CHECK(ls_query_parse(&q, ls_reader_schema(r), odd ? "odd" : "all", 3, NULL, &err));
    CHECK(ls_search(&res, r, q, &o, &err));
    unit = ls_results_histogram_unit(res);
    NEED(unit >= LS_HISTOGRAM_DAY && unit <= LS_HISTOGRAM_YEAR, "unit %d", unit);
    for (size_t i = 0; (b = ls_results_bucket(res, i)) != NULL; i++) {
        const ls_bucket *before = i ? ls_results_bucket(res, i - 1) : NULL;
        uint64_t count = 0;
        char day[12];
        for (size_t k = 0; k < fact_count; k++) {
            if (!facts[k].live || !facts[k].dated || (odd && !facts[k].odd)) continue;
            first_day(unit, facts[k].ms, day);
            bool in = strcmp(day, b->date) == 0;
            NEED(in == (facts[k].ms >= b->first && facts[k].ms <= b->last), "%s unit %d: %lld lies in %s, not in %s",
                 zone, unit, (long long)facts[k].ms, day, b->date);
            count += in;
        }
        NEED(count == b->count && count, "%s unit %d %s: %llu, not %llu", zone, unit, b->date,
             (unsigned long long)b->count, (unsigned long long)count);
        NEED(!before || before->last < b->first, "buckets %zu and %zu overlap", i - 1, i);
        told += count;
    }
    for (size_t k = 0; k < fact_count; k++) {
        if (!facts[k].live || (odd && !facts[k].odd)) continue;
        if (facts[k].dated) dated++;
        else undated++;
    }
    NEED(told == dated && ls_results_undated(res) == undated, "dated %llu of %llu, undated %llu of %llu",
         (unsigned long long)told, (unsigned long long)dated, (unsigned long long)ls_results_undated(res),
         (unsigned long long)undated);
    NEED(ls_results_get(res).total == dated + undated, "the total is another");
    ls_results_free(res);
    ls_query_free(q);
}

int main(int argc, char **argv)
{
    /* The last two change their clocks at midnight, and by half an hour. */
    static const char *const zones[] = {"UTC", "America/New_York", "Pacific/Auckland", "America/Havana",
                                        "Australia/Lord_Howe"};
    fact_count = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 300;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (!fact_count || !(facts = calloc(fact_count, sizeof *facts))) return 2;
    printf("prop_histogram: %zu documents, seed %llu\n", fact_count, (unsigned long long)state);
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/prop_histogram.%d", tmp ? tmp : "/tmp", (int)getpid());
    /* a few days (hours around one change of clocks), a year, a lifetime before and after 1970 */
    static const int64_t froms[] = {1667000000000, 1650000000000, -1500000000000},
                         spans[] = {40ll * 86400000, 400ll * 86400000, 36500ll * 86400000};
    for (size_t k = 0; k < 3; k++) {
        char cmd[400];
        ls_reader *r = NULL;
        snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
        if (system(cmd)) return 2;
        build(froms[k], spans[k]);
        CHECK(ls_reader_open(&r, dir, NULL, &err));
        for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
            setenv("TZ", zones[z], 1);
            tzset();
            for (int unit = LS_HISTOGRAM_AUTO; unit <= LS_HISTOGRAM_YEAR; unit++) {
                compare(r, false, unit, zones[z]);
                compare(r, true, unit, zones[z]);
            }
        }
        ls_reader_close(r);
        if (system(cmd)) return 2;
    }
    free(facts);
    printf("ok\n");
    return 0;
}
