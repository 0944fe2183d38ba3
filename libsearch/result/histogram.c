/* histogram.c — owns the counting of matches by time: days, weeks, months or years of the clocks of a zone.
 *
 * While matches go by, days are counted: a day is the number of local midnights since 1970-01-01, kept in pages of
 * 1,024 days that are made when first met, so that an archive of any age costs what it has. When all are counted, the
 * days are added up to buckets of the unit asked for, or of the unit that the span of what was found makes sensible.
 * A bucket's instants are those at which local clocks pass its first and its last midnight, so a day on which clocks
 * change has 23 or 25 hours. Weeks begin on Monday (ISO 8601). Only buckets with a match are given.
 *
 * Invariant: instants outside the years 1 to 9999 count on the first or last day of these. Ignorant of what a match is
 * and of how buckets are shown. */
#include "libsearch/model/date.h"
#include "libsearch/result/hits.h"
#include <stdio.h>

#define DAY_S       86400
#define FIRST_DAY   (-719162) /* 0001-01-01 */
#define LAST_DAY    2932896   /* 9999-12-31 */
#define PAGE_DAYS   1024
#define PAGES       ((LAST_DAY - FIRST_DAY) / PAGE_DAYS + 1)
#define BUCKETS_MAX 20000 /* where a unit would make more, the next longer one is taken */

struct lsi_histogram_run {
    int field, unit;
    ls_schema *own_zone;  /* holds the zone that the search asked for; NULL: the index's */
    const lsi_zone *zone; /* NULL: UTC */
    uint64_t **pages;     /* PAGES of them, NULL until met */
    int64_t *values;      /* of one window */
    uint64_t *has;
    int64_t first, last; /* days met; first > last: none */
    uint64_t undated;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int load_zone(struct lsi_histogram_run *h, const ls_schema *schema, const char *name, ls_error *err)
{
    h->zone = schema->zone;
    if (!name) return LS_OK;
    int rc = lsi_schema_new(&h->own_zone, err);
    if (!rc) rc = lsi_schema_set(h->own_zone, "timezone", name, err);
    if (!rc) rc = lsi_index_load_zone(h->own_zone, err);
    if (!rc) h->zone = h->own_zone->zone;
    return rc;
}

int lsi_histogram_open(lsi_search *s, ls_error *err)
{
    const ls_schema *schema = s->snap->schema;
    lsi_arena *a = &s->scratch->arena;
    if (!s->o.histogram) return LS_OK;
    if (s->o.histogram_unit < LS_HISTOGRAM_AUTO || s->o.histogram_unit > LS_HISTOGRAM_YEAR)
        return lsi_fail(err, LS_INVALID, "histogram_unit: %d is none of LS_HISTOGRAM_…", s->o.histogram_unit);
    int no = lsi_schema_find(schema, s->o.histogram, strlen(s->o.histogram));
    if (no == LSI_FIELD_NONE || schema->fields[no].pub.type != LS_DATE)
        return lsi_fail(err, LS_SCHEMA, "histogram: \"%.63s\" is no date field", s->o.histogram);
    struct lsi_histogram_run *h = lsi_arena_zalloc(a, sizeof *h);
    if (!h) return lsi_fail_nomem(err);
    h->field = no;
    h->unit = s->o.histogram_unit;
    h->first = INT64_MAX;
    h->last = INT64_MIN;
    h->pages = lsi_arena_zalloc(a, PAGES * sizeof *h->pages);
    h->values = lsi_arena_alloc(a, LSI_WINDOW_DOCS * sizeof *h->values);
    h->has = lsi_arena_alloc(a, (LSI_WINDOW_WORDS + 1) * sizeof *h->has);
    if (!h->pages || !h->values || !h->has) return lsi_fail_nomem(err);
    s->histogram = h; /* from here on closed by lsi_histogram_close */
    return load_zone(h, schema, s->o.histogram_zone, err);
}

void lsi_histogram_close(lsi_search *s)
{
    if (s->histogram) lsi_schema_free(s->histogram->own_zone);
    s->histogram = NULL;
}

/* ---- counting ---- */

static int count_one(lsi_search *s, struct lsi_histogram_run *h, int64_t ms, ls_error *err)
{
    int64_t at = floor_div(ms, 1000), day = floor_div(at + lsi_zone_offset(h->zone, at), DAY_S);
    day = LSI_MAX(FIRST_DAY, LSI_MIN(day, LAST_DAY));
    uint64_t **page = &h->pages[(day - FIRST_DAY) / PAGE_DAYS];
    if (!*page) *page = lsi_arena_zalloc(&s->scratch->arena, PAGE_DAYS * sizeof **page);
    if (!*page) return lsi_fail_nomem(err);
    (*page)[(day - FIRST_DAY) % PAGE_DAYS]++;
    h->first = LSI_MIN(h->first, day);
    h->last = LSI_MAX(h->last, day);
    return LS_OK;
}

int lsi_histogram_window(lsi_search *s, size_t seg_no, lsi_doc lo, const uint64_t *bits, ls_error *err)
{
    struct lsi_histogram_run *h = s->histogram;
    const lsi_segment *seg = s->snap->segments[seg_no].seg;
    uint32_t n;
    int rc = LS_OK;
    memset(h->has, 0, LSI_WINDOW_WORDS * sizeof *h->has);
    if ((uint32_t)h->field < seg->field_count && seg->columns[h->field].section)
        rc = lsi_column_block(&seg->columns[h->field], lo / LSI_COLUMN_BLOCK, h->values, h->has, &n, err);
    for (uint32_t w = 0; !rc && w < LSI_WINDOW_WORDS; w++) {
        h->undated += lsi_popcount64(bits[w] & ~h->has[w]);
        for (uint64_t x = bits[w] & h->has[w]; !rc && x; x &= x - 1)
            rc = count_one(s, h, h->values[w * 64 + lsi_ctz64(x)], err);
    }
    return rc;
}

/* ---- buckets ---- */

/* The first day of the bucket that a day lies in, and of the one behind it. */
static void bucket_of(int unit, int64_t day, int64_t *first, int64_t *next)
{
    lsi_civil c;
    *first = day;
    *next = day + 1;
    if (unit == LS_HISTOGRAM_WEEK) { /* 1970-01-01 was a Thursday */
        *first = floor_div(day + 3, 7) * 7 - 3;
        *next = *first + 7;
    }
    if (unit != LS_HISTOGRAM_MONTH && unit != LS_HISTOGRAM_YEAR) return;
    lsi_civil_of_seconds(day * DAY_S, &c);
    bool year = unit == LS_HISTOGRAM_YEAR, december = c.month == 12;
    *first = lsi_days_of_civil(c.year, year ? 1 : c.month, 1);
    *next = lsi_days_of_civil(c.year + (year || december), year || december ? 1 : c.month + 1, 1);
}

/* What makes neither one bar nor a forest of them. */
static int sensible_unit(const struct lsi_histogram_run *h)
{
    int64_t days = h->last - h->first + 1;
    if (days <= 62) return LS_HISTOGRAM_DAY;
    if (days <= 366) return LS_HISTOGRAM_WEEK;
    return days <= 3653 ? LS_HISTOGRAM_MONTH : LS_HISTOGRAM_YEAR;
}

static uint64_t count_of(const struct lsi_histogram_run *h, int64_t day)
{
    const uint64_t *page = h->pages[(day - FIRST_DAY) / PAGE_DAYS];
    return page ? page[(day - FIRST_DAY) % PAGE_DAYS] : 0;
}

/* Adds the days up into out[cap] (cap 0: only counts); the number of buckets. */
static size_t add_up(const struct lsi_histogram_run *h, int unit, ls_bucket *out, size_t cap, char (*dates)[12])
{
    size_t n = 0;
    int64_t first, next;
    for (int64_t day = h->first; day <= h->last; day = next) {
        uint64_t count = 0;
        bucket_of(unit, day, &first, &next);
        for (; day <= h->last && day < next; day++) count += count_of(h, day);
        if (count && n < cap) {
            lsi_civil c;
            lsi_civil_of_seconds(first * DAY_S, &c);
            snprintf(dates[n], sizeof dates[n], "%04d-%02u-%02u", (int)LSI_MAX(-999, LSI_MIN(c.year, 9999)),
                     c.month % 100, c.day % 100);
            out[n] = (ls_bucket){lsi_zone_instant(h->zone, first * DAY_S) * 1000,
                                 lsi_zone_instant(h->zone, next * DAY_S) * 1000 - 1, count, dates[n]};
        }
        n += count > 0;
    }
    return n;
}

int lsi_histogram_finish(lsi_search *s, ls_results *res, ls_error *err)
{
    struct lsi_histogram_run *h = s->histogram;
    if (!h) return LS_OK;
    res->undated = h->undated;
    res->histogram_unit = h->unit;
    if (h->unit == LS_HISTOGRAM_AUTO) res->histogram_unit = h->first > h->last ? LS_HISTOGRAM_DAY : sensible_unit(h);
    if (h->first > h->last) return LS_OK;
    size_t n = add_up(h, res->histogram_unit, NULL, 0, NULL);
    while (n > BUCKETS_MAX && res->histogram_unit < LS_HISTOGRAM_YEAR)
        n = add_up(h, ++res->histogram_unit, NULL, 0, NULL);
    char(*dates)[12] = lsi_arena_alloc(&res->arena, n * sizeof *dates);
    res->buckets = lsi_arena_alloc(&res->arena, n * sizeof *res->buckets);
    if (!dates || !res->buckets) return lsi_fail_nomem(err);
    res->bucket_count = add_up(h, res->histogram_unit, res->buckets, n, dates);
    return LS_OK;
}
