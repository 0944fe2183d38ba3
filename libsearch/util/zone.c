/* zone.c — owns the transitions of one time zone and the rule that goes on behind them.
 *
 * Invariants: at[] rises strictly; offset[i] holds from at[i] to at[i + 1]; before at[0] it is `before`. Behind the
 * last transition the rule of the footer holds, where there is one. Every number was checked when it was read.
 * Ignorant of: files, names of zones, calendars of more than a year's rules, leap seconds.
 *
 * Bytes (RFC 8536, everything big-endian):
 *   header, 44 bytes: "TZif", version (0, '2', '3', '4'), 15 unused, six u32: isutcnt isstdcnt leapcnt timecnt typecnt
 *   charcnt. Then timecnt times (4 bytes, 8 in the second block), timecnt u8 types, typecnt × (i32 seconds east of UTC,
 *   u8 daylight, u8 abbreviation), charcnt bytes of abbreviations, leapcnt × (time, i32), isstdcnt, isutcnt bytes.
 *   From version 2 on a second header and block with times of 8 bytes follow, and a footer: newline, a rule in the
 *   form of POSIX's TZ, newline.
 * Example: the footer "\nCET-1CEST,M3.5.0,M10.5.0/3\n" says one hour east of UTC, two from the last Sunday of March
 * 02:00 to the last Sunday of October 03:00 of the clock that is then in force.
 */
#include "libsearch/util/zone.h"
#include "libsearch/util/alloc.h"

#define DAY_S        86400
#define HEADER_BYTES 44u
#define REACH_S      ((int64_t)26 * 3600 + 1) /* further than any clock is from UTC */
/* Instants are kept within ± 2^59 s: sums below cannot overflow. */
#define FAR_S ((int64_t)1 << 59)

typedef struct rule_day { /* when a clock changes within a year */
    char kind;            /* 'M' month.week.day, 'J' day 1..365 without Feb 29, '0' day 0..365 */
    int month, week, day;
    int32_t time_s; /* local, by the clock in force until then */
} rule_day;

struct lsi_zone {
    int64_t *at;
    int32_t *offset;
    size_t count;
    int32_t before;
    bool has_rule, has_dst;
    int32_t std_s, dst_s;
    rule_day dst_from, dst_to;
};

/* ---- the footer's rule ------------------------------------------------------------------------------------------ */

typedef struct cursor {
    const uint8_t *p, *end;
    bool bad;
} cursor;

static bool take(cursor *c, char ch)
{
    if (c->p == c->end || *c->p != (uint8_t)ch) return false;
    c->p++;
    return true;
}

static int32_t take_number(cursor *c, int32_t max)
{
    int32_t v = 0;
    const uint8_t *from = c->p;
    for (; c->p < c->end && lsi_is_digit(*c->p) && c->p - from < 4; c->p++) v = v * 10 + (*c->p - '0');
    if (c->p == from || v > max) c->bad = true;
    return v;
}

/* [+-]hh[:mm[:ss]] as seconds. */
static int32_t take_time(cursor *c, int32_t max_hours)
{
    bool minus = take(c, '-');
    if (!minus) take(c, '+');
    int32_t s = take_number(c, max_hours) * 3600;
    if (take(c, ':')) {
        s += take_number(c, 59) * 60;
        if (take(c, ':')) s += take_number(c, 59);
    }
    return minus ? -s : s;
}

static void take_name(cursor *c)
{
    const uint8_t *from = c->p;
    if (take(c, '<')) {
        while (c->p < c->end && *c->p != '>') c->p++;
        if (!take(c, '>')) c->bad = true;
        return;
    }
    while (c->p < c->end && lsi_is_alpha(*c->p)) c->p++;
    if (c->p - from < 3) c->bad = true;
}

static void take_day(cursor *c, rule_day *r)
{
    r->kind = '0';
    if (take(c, 'M')) {
        r->kind = 'M';
        r->month = take_number(c, 12);
        if (!take(c, '.')) c->bad = true;
        r->week = take_number(c, 5);
        if (!take(c, '.')) c->bad = true;
        r->day = take_number(c, 6);
        if (!r->month || !r->week) c->bad = true;
    } else if (take(c, 'J')) {
        r->kind = 'J';
        r->day = take_number(c, 365);
        if (!r->day) c->bad = true;
    } else {
        r->day = take_number(c, 365);
    }
    r->time_s = take(c, '/') ? take_time(c, 167) : 7200;
}

static bool parse_rule(lsi_zone *z, const uint8_t *p, const uint8_t *end)
{
    cursor c = {p, end, false};
    take_name(&c);
    z->std_s = -take_time(&c, 24);
    if (c.p < c.end && !c.bad) {
        take_name(&c);
        z->has_dst = true;
        z->dst_s = z->std_s + 3600;
        if (c.p < c.end && *c.p != ',') z->dst_s = -take_time(&c, 24);
        if (!take(&c, ',')) c.bad = true;
        take_day(&c, &z->dst_from);
        if (!take(&c, ',')) c.bad = true;
        take_day(&c, &z->dst_to);
    }
    z->has_rule = !c.bad && c.p == c.end;
    return z->has_rule;
}

static bool is_leap(int64_t y)
{
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/* Days from 1970-01-01 to January 1st of a year, by counting the leap days before it. */
static int64_t days_to_year(int64_t y)
{
    int64_t b = y - 1 + 400000000; /* a multiple of 400 keeps the divisions positive */
    int64_t leaps = b / 4 - b / 100 + b / 400;
    int64_t b70 = 1969 + 400000000;
    return 365 * (y - 1970) + leaps - (b70 / 4 - b70 / 100 + b70 / 400);
}

/* Days since 1970 of a rule's day in a year. */
static int64_t rule_days(const rule_day *r, int64_t year)
{
    static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t first = days_to_year(year);
    bool leap = is_leap(year);
    if (r->kind == '0') return first + r->day;
    if (r->kind == 'J') return first + r->day - 1 + (leap && r->day >= 60);
    int days = 0;
    for (int m = 0; m < r->month - 1; m++) {
        first += month_days[m] + (leap && m == 1);
    }
    days = month_days[r->month - 1] + (leap && r->month == 2);
    int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    int day = (r->day - weekday + 7) % 7 + 7 * (r->week - 1);
    while (day >= days) day -= 7;
    return first + day;
}

/* Offset at t by the rule, and the instant (> t) until which it holds at least. */
static int32_t rule_offset(const lsi_zone *z, int64_t t, int64_t *until)
{
    *until = INT64_MAX;
    if (!z->has_dst) return z->std_s;
    int64_t year = 1970 + (t + z->std_s) / 31556952 - 1, last = INT64_MIN;
    int32_t offset = z->std_s;
    for (int64_t y = year - 1; y <= year + 3; y++) {
        int64_t on = rule_days(&z->dst_from, y) * DAY_S + z->dst_from.time_s - z->std_s;
        int64_t off = rule_days(&z->dst_to, y) * DAY_S + z->dst_to.time_s - z->dst_s;
        if (on <= t && on >= last) {
            last = on;
            offset = z->dst_s;
        }
        if (off <= t && off >= last && off != on) {
            last = off;
            offset = z->std_s;
        }
        if (on > t && on < *until) *until = on;
        if (off > t && off < *until) *until = off;
    }
    return offset;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be_time(const uint8_t *p, size_t width)
{
    if (width == 4) return (int32_t)be32(p);
    uint64_t v = (uint64_t)be32(p) << 32 | be32(p + 4);
    int64_t t;
    memcpy(&t, &v, sizeof t);
    return t;
}

typedef struct block { /* one data block: where its parts lie */
    uint32_t isut, isstd, leap, time, type, chars;
    uint8_t version;
    size_t width, bytes; /* of a time; of header and data */
} block;

static int fail(ls_error *err, size_t at, const char *expected)
{
    return lsi_fail_at(err, LS_CORRUPT, "time zone", at, "expected %s", expected);
}

static int read_block(block *b, const uint8_t *p, size_t n, size_t at, size_t width, ls_error *err)
{
    if (!lsi_range_ok(at, HEADER_BYTES, n) || memcmp(p + at, "TZif", 4) != 0) {
        return fail(err, at, "a header that begins with TZif");
    }
    const uint8_t *h = p + at;
    *b = (block){.isut = be32(h + 20),
                 .isstd = be32(h + 24),
                 .leap = be32(h + 28),
                 .time = be32(h + 32),
                 .type = be32(h + 36),
                 .chars = be32(h + 40),
                 .version = h[4],
                 .width = width};
    if (!b->type || b->type > 256 || !b->chars || (b->isut && b->isut != b->type) ||
        (b->isstd && b->isstd != b->type)) {
        return fail(err, at + 20, "counts that fit each other");
    }
    uint64_t bytes = HEADER_BYTES + (uint64_t)b->time * (width + 1) + (uint64_t)b->type * 6 + b->chars +
                     (uint64_t)b->leap * (width + 4) + b->isstd + b->isut;
    if (!lsi_range_ok(at, bytes, n)) return fail(err, n, "as many bytes as the header counts");
    b->bytes = (size_t)bytes;
    return LS_OK;
}

static int read_data(lsi_zone *z, const block *b, const uint8_t *p, size_t at, ls_error *err)
{
    const uint8_t *times = p + at + HEADER_BYTES, *index = times + (size_t)b->time * b->width;
    const uint8_t *types = index + b->time;
    if (b->leap) return lsi_fail(err, LS_UNSUPPORTED, "the time zone counts leap seconds, which dates here do not");
    for (size_t i = 0; i < b->type; i++) {
        int32_t s = (int32_t)be32(types + 6 * i);
        if (s < -89999 || s > 93599) return fail(err, (size_t)(types - p) + 6 * i, "an offset of about a day at most");
    }
    z->before = (int32_t)be32(types);
    z->at = lsi_calloc((size_t)b->time + 1, sizeof *z->at);
    z->offset = lsi_calloc((size_t)b->time + 1, sizeof *z->offset);
    if (!z->at || !z->offset) return lsi_fail_nomem(err);
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < b->time; i++) {
        int64_t t = be_time(times + i * b->width, b->width);
        if (i && t <= last) return fail(err, (size_t)(times - p) + i * b->width, "rising transitions");
        if (index[i] >= b->type) return fail(err, (size_t)(index - p) + i, "the number of a type");
        last = t;
        if (t > FAR_S) break;
        int32_t s = (int32_t)be32(types + 6 * (size_t)index[i]);
        if (t < -FAR_S) {
            z->before = s;
            continue;
        }
        z->at[z->count] = t;
        z->offset[z->count++] = s;
    }
    return LS_OK;
}

static int read_footer(lsi_zone *z, const uint8_t *p, size_t n, size_t at, ls_error *err)
{
    if (at >= n || p[at] != '\n') return fail(err, at, "a footer behind a newline");
    const uint8_t *end = memchr(p + at + 1, '\n', n - at - 1);
    if (!end) return fail(err, n, "a newline behind the footer");
    if (end == p + at + 1) return LS_OK; /* no rule: the last transition goes on */
    if (!parse_rule(z, p + at + 1, end)) return fail(err, at + 1, "a rule such as CET-1CEST,M3.5.0,M10.5.0/3");
    return LS_OK;
}

int lsi_zone_parse(lsi_zone **out, const uint8_t *p, size_t n, ls_error *err)
{
    *out = NULL;
    block b;
    size_t at = 0;
    int rc = read_block(&b, p, n, 0, 4, err);
    if (rc) return rc;
    if (b.version) {
        at = b.bytes;
        rc = read_block(&b, p, n, at, 8, err);
        if (rc) return rc;
    }
    lsi_zone *z = lsi_calloc(1, sizeof *z);
    if (!z) return lsi_fail_nomem(err);
    rc = read_data(z, &b, p, at, err);
    if (!rc && b.version) rc = read_footer(z, p, n, at + b.bytes, err);
    if (rc) {
        lsi_zone_free(z);
        return rc;
    }
    *out = z;
    return LS_OK;
}

void lsi_zone_free(lsi_zone *z)
{
    if (!z) return;
    lsi_free(z->at);
    lsi_free(z->offset);
    lsi_free(z);
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

/* The offset in force at t and the instant until which it holds at least. */
static int32_t span(const lsi_zone *z, int64_t t, int64_t *until)
{
    size_t lo = 0, hi = z->count; /* transitions at or before t */
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (z->at[mid] <= t) lo = mid + 1;
        else hi = mid;
    }
    if (lo < z->count) {
        *until = z->at[lo];
        return lo ? z->offset[lo - 1] : z->before;
    }
    if (z->has_rule) return rule_offset(z, t, until);
    *until = INT64_MAX;
    return lo ? z->offset[lo - 1] : z->before;
}

static int64_t clamp(int64_t t)
{
    return LSI_MAX(-FAR_S, LSI_MIN(t, FAR_S));
}

int32_t lsi_zone_offset(const lsi_zone *z, int64_t unix_s)
{
    int64_t until;
    return z ? span(z, clamp(unix_s), &until) : 0;
}

int64_t lsi_zone_instant(const lsi_zone *z, int64_t local_s)
{
    if (!z) return local_s;
    int64_t local = clamp(local_s), t = local - REACH_S;
    for (;;) { /* each step goes to the next change of clocks; within REACH_S of local one span must hold it */
        int64_t until, candidate;
        int32_t offset = span(z, t, &until);
        candidate = LSI_MAX(t, local - offset);
        if (candidate < until) return candidate;
        t = until;
    }
}
