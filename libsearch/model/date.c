/* date.c — owns the reading and writing of dates and periods. Invariant: what is read lies in the years 1 to 9999, so
 * milliseconds never overflow. Ignorant of: where a time zone comes from, what the dates are of.
 *
 * Grammars: RFC 3339 date-time, ISO 8601 YYYY-MM-DD, RFC 5322 date-time with RFC 822's obsolete years and zones.
 * Calendar: days are counted in eras of 400 years (146,097 days) that begin on March 1st, so that the leap day is the
 * last of its year.
 */
#include "libsearch/model/date.h"

#include "libsearch/libsearch.h"
#include <assert.h>
#include <stdio.h>

#define DAY_S INT64_C(86400)

/* ---- the calendar ----------------------------------------------------------------------------------------------- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

unsigned lsi_days_in_month(int64_t year, unsigned month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (unsigned)(leap && month == 2);
}

int64_t lsi_days_of_civil(int64_t year, unsigned month, unsigned day)
{
    unsigned m = month < 3 ? month + 9 : month - 3; /* months since March */
    int64_t y = month < 3 ? year - 1 : year;
    int64_t era = floor_div(y, 400), of_era = y - era * 400;
    int64_t days = of_era * 365 + of_era / 4 - of_era / 100 + (153 * (int64_t)m + 2) / 5 + day - 1;
    return era * 146097 + days - 719468; /* 1970-01-01 is day 719,468 since 0000-03-01 */
}

void lsi_civil_of_seconds(int64_t seconds, lsi_civil *out)
{
    int64_t days = floor_div(seconds, DAY_S), rest = seconds - days * DAY_S;
    int64_t z = days + 719468, era = floor_div(z, 146097), d = z - era * 146097;
    int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t of_year = d - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    out->day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
    out->month = (unsigned)(m < 10 ? m + 3 : m - 9);
    out->year = era * 400 + y + (out->month < 3);
    out->hour = (unsigned)(rest / 3600);
    out->minute = (unsigned)(rest / 60 % 60);
    out->second = (unsigned)(rest % 60);
}

static int64_t seconds_of(const lsi_civil *c)
{
    return lsi_days_of_civil(c->year, c->month, c->day) * DAY_S + c->hour * 3600 + c->minute * 60 + c->second;
}

static bool civil_ok(const lsi_civil *c) /* a leap second is taken, as the first of the next minute */
{
    assert(c->year <= 9999); /* four digits, by each reader */
    return c->year >= 1 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= lsi_days_in_month(c->year, c->month) && c->hour < 24 && c->minute < 60 && c->second <= 60;
}

/* ---- small readers: each takes what it knows from the front, or says no ------------------------------------------ */

typedef struct cursor {
    const char *p, *end;
} cursor;

static bool at_end(const cursor *c)
{
    return c->p == c->end;
}

static bool take(cursor *c, char ch)
{
    if (at_end(c) || *c->p != ch) return false;
    c->p++;
    return true;
}

/* Between min and max digits (max ≤ 9), no digit behind them. */
static bool take_digits(cursor *c, int min, int max, unsigned *out)
{
    const char *from = c->p;
    unsigned v = 0;
    for (; !at_end(c) && lsi_is_digit(*c->p) && c->p - from < max; c->p++) v = v * 10 + (unsigned)(*c->p - '0');
    *out = v;
    return c->p - from >= min && (at_end(c) || !lsi_is_digit(*c->p));
}

static bool take_two(cursor *c, unsigned *out) /* exactly two, whatever follows */
{
    if (c->end - c->p < 2 || !lsi_is_digit(c->p[0]) || !lsi_is_digit(c->p[1])) return false;
    *out = (unsigned)(c->p[0] - '0') * 10 + (unsigned)(c->p[1] - '0');
    c->p += 2;
    return true;
}

/* The letters at the front, in lower case. */
static size_t take_letters(cursor *c, char *word, size_t cap)
{
    size_t n = 0;
    for (; !at_end(c) && lsi_is_alpha(*c->p); c->p++) {
        if (n + 1 < cap) word[n] = (char)(*c->p | 32);
        n++;
    }
    word[LSI_MIN(n, cap - 1)] = 0;
    return n;
}

static unsigned month_of(const char *word, size_t n)
{
    static const char names[] = "january   february  march     april     may       june      "
                                "july      august    september october   november  december  ";
    if (n < 3 || n > 9) return 0;
    for (unsigned m = 0; m < 12; m++) {
        const char *name = names + m * 10;
        bool whole = name[n] == ' ';
        if (memcmp(name, word, n) == 0 && (n == 3 || whole || (m == 8 && n == 4))) return m + 1;
    }
    return 0;
}

/* [+-]hh:mm or [+-]hhmm as seconds. */
static bool take_offset(cursor *c, int64_t *seconds)
{
    bool minus = take(c, '-');
    unsigned h, m;
    if ((!minus && !take(c, '+')) || !take_two(c, &h)) return false;
    take(c, ':');
    if (!take_two(c, &m) || h > 23 || m > 59) return false;
    *seconds = (int64_t)(h * 3600 + m * 60) * (minus ? -1 : 1);
    return true;
}

/* .fraction of a second, cut at milliseconds; `has` tells whether there was one. */
static bool take_fraction(cursor *c, unsigned *ms, bool *has)
{
    *ms = 0;
    *has = take(c, '.') || take(c, ',');
    if (!*has) return true;
    unsigned scale = 100;
    if (at_end(c) || !lsi_is_digit(*c->p)) return false;
    for (; !at_end(c) && lsi_is_digit(*c->p); c->p++, scale /= 10) *ms += scale * (unsigned)(*c->p - '0');
    return true;
}

/* ---- ISO ----------------------------------------------------------------------------------------------------------
 */

typedef enum unit { YEAR, MONTH, DAY, MINUTE, SECOND, MILLISECOND } unit;
typedef struct iso {
    lsi_civil civil;
    unsigned ms;
    unit unit; /* the smallest that was written */
    bool has_offset;
    int64_t offset_s;
} iso;

/* YYYY[-MM[-DD[(T| )hh:mm[:ss[.fff]][Z|±hh:mm]]]], all of it. */
static bool read_iso(cursor c, iso *out)
{
    unsigned year;
    memset(out, 0, sizeof *out);
    out->civil.month = out->civil.day = 1;
    if (!take_digits(&c, 4, 4, &year)) return false;
    out->civil.year = year;
    out->unit = YEAR;
    if (at_end(&c)) return civil_ok(&out->civil);
    if (!take(&c, '-') || !take_digits(&c, 2, 2, &out->civil.month)) return false;
    out->unit = MONTH;
    if (at_end(&c)) return civil_ok(&out->civil);
    if (!take(&c, '-') || !take_digits(&c, 2, 2, &out->civil.day)) return false;
    out->unit = DAY;
    if (at_end(&c)) return civil_ok(&out->civil);
    if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' ')) return false;
    if (!take_digits(&c, 2, 2, &out->civil.hour) || !take(&c, ':') || !take_digits(&c, 2, 2, &out->civil.minute)) {
        return false;
    }
    out->unit = MINUTE;
    if (take(&c, ':')) {
        bool fraction;
        if (!take_digits(&c, 2, 2, &out->civil.second) || !take_fraction(&c, &out->ms, &fraction)) return false;
        out->unit = fraction ? MILLISECOND : SECOND;
    }
    if (take(&c, 'Z') || take(&c, 'z')) out->has_offset = true;
    else if (!at_end(&c)) {
        if (!take_offset(&c, &out->offset_s)) return false;
        out->has_offset = true;
    }
    return at_end(&c) && civil_ok(&out->civil);
}

/* ---- RFC 5322 -----------------------------------------------------------------------------------------------------
 */

/* Blanks and (comments); false where nothing was there. */
static bool skip_blanks(cursor *c)
{
    const char *from = c->p;
    int depth = 0;
    for (; !at_end(c); c->p++) {
        if (*c->p == '(') depth++;
        else if (*c->p == ')' && depth) depth--;
        else if (!depth && *c->p != ' ' && *c->p != '\t' && *c->p != '\r' && *c->p != '\n') break;
    }
    return c->p > from;
}

static bool take_zone_name(cursor *c, int64_t *offset_s)
{
    static const struct {
        char name[4];
        int hours;
    } zones[] = {{"ut", 0},   {"utc", 0},  {"gmt", 0},  {"est", -5}, {"edt", -4}, {"cst", -6},
                 {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};
    char word[8];
    size_t n = take_letters(c, word, sizeof word);
    *offset_s = 0;
    if (n == 1) return word[0] != 'j'; /* military letters: their signs were never agreed on, so UTC */
    for (size_t i = 0; i < LSI_COUNTOF(zones); i++) {
        if (strcmp(word, zones[i].name) == 0) {
            *offset_s = zones[i].hours * 3600;
            return true;
        }
    }
    return false;
}

static bool take_year(cursor *c, int64_t *year)
{
    const char *from = c->p;
    unsigned y;
    if (!take_digits(c, 2, 4, &y)) return false;
    *year = y;
    if (c->p - from == 2) *year += y < 50 ? 2000 : 1900;
    if (c->p - from == 3) *year += 1900;
    return true;
}

static bool is_weekday(const char *word, size_t n)
{
    static const char names[] = "sunmontuewedthufrisat";
    if (n < 3) return false;
    for (size_t i = 0; i < 7; i++) {
        if (memcmp(names + 3 * i, word, 3) == 0) return true;
    }
    return false;
}

/* [Mon,] 11 Sep 2023 08:00[:00] (GMT | ±hhmm) */
static bool read_mail_date(cursor c, int64_t *ms)
{
    char word[16];
    lsi_civil t = {0};
    int64_t offset_s = 0;
    skip_blanks(&c);
    size_t n = take_letters(&c, word, sizeof word);
    if (n) {
        if (!is_weekday(word, n)) return false;
        skip_blanks(&c);
        take(&c, ',');
        skip_blanks(&c);
    }
    if (!take_digits(&c, 1, 2, &t.day) || (!skip_blanks(&c) && !take(&c, '-'))) return false;
    n = take_letters(&c, word, sizeof word);
    t.month = month_of(word, n);
    if (!t.month || (!skip_blanks(&c) && !take(&c, '-')) || !take_year(&c, &t.year) || !skip_blanks(&c)) return false;
    if (!take_digits(&c, 1, 2, &t.hour) || !take(&c, ':') || !take_digits(&c, 2, 2, &t.minute)) return false;
    if (take(&c, ':') && !take_digits(&c, 2, 2, &t.second)) return false;
    if (!skip_blanks(&c) || at_end(&c)) return false;
    bool numeric = *c.p == '+' || *c.p == '-';
    if (!(numeric ? take_offset(&c, &offset_s) : take_zone_name(&c, &offset_s))) return false;
    skip_blanks(&c);
    if (!at_end(&c) || !civil_ok(&t)) return false;
    *ms = (seconds_of(&t) - offset_s) * 1000;
    return true;
}

/* ---- dates --------------------------------------------------------------------------------------------------------
 */

static cursor trimmed(const char *text, size_t len)
{
    cursor c = {text, text + len};
    while (c.p < c.end && (*c.p == ' ' || (*c.p >= '\t' && *c.p <= '\r'))) c.p++;
    while (c.p < c.end && (c.end[-1] == ' ' || (c.end[-1] >= '\t' && c.end[-1] <= '\r'))) c.end--;
    return c;
}

int lsi_date_parse(const char *text, size_t len, int64_t *ms, int *date_only)
{
    *ms = 0;
    if (date_only) *date_only = 0;
    if (!len || len > 128) return LS_INVALID;
    cursor c = trimmed(text, len);
    iso t;
    if (read_iso(c, &t)) {
        if (t.unit < DAY || (t.unit > DAY && !t.has_offset)) return LS_INVALID;
        if (date_only) *date_only = t.unit == DAY;
        *ms = (seconds_of(&t.civil) - t.offset_s) * 1000 + t.ms;
        return LS_OK;
    }
    return read_mail_date(c, ms) ? LS_OK : LS_INVALID;
}

void lsi_date_format(int64_t ms, char *buf, size_t cap)
{
    lsi_civil t;
    int64_t s = floor_div(ms, 1000);
    unsigned rest = (unsigned)((ms % 1000 + 1000) % 1000); /* ms - s * 1000 would overflow at INT64_MIN */
    lsi_civil_of_seconds(s, &t);
    char tail[8] = "Z";
    if (rest) snprintf(tail, sizeof tail, ".%03uZ", rest % 1000);
    snprintf(buf, cap, "%s%04lld-%02u-%02uT%02u:%02u:%02u%s", t.year < 0 ? "-" : "",
             (long long)(t.year < 0 ? -t.year : t.year), t.month, t.day, t.hour, t.minute, t.second, tail);
}

/* ---- dates as people write them ------------------------------------------------------------------------------------
 */

static void skip_spaces(cursor *c)
{
    while (take(c, ' ') || take(c, ',')) continue;
}

/* 30 Aug 2023, Aug 30, 2023, August 2023: English names, the order is told by them. */
static bool read_named(cursor c, iso *out)
{
    char word[16];
    unsigned year;
    memset(out, 0, sizeof *out);
    out->unit = DAY;
    bool day_first = !at_end(&c) && lsi_is_digit(*c.p);
    if (day_first && !take_digits(&c, 1, 2, &out->civil.day)) return false;
    skip_spaces(&c);
    size_t n = take_letters(&c, word, sizeof word);
    out->civil.month = month_of(word, n);
    if (!out->civil.month) return false;
    take(&c, '.');
    skip_spaces(&c);
    if (!day_first) {
        cursor day = c;
        if (take_digits(&day, 1, 2, &out->civil.day)) {
            c = day;
            skip_spaces(&c);
        } else {
            out->unit = MONTH;
            out->civil.day = 1;
        }
    }
    if (!take_digits(&c, 4, 4, &year)) return false;
    out->civil.year = year;
    return at_end(&c) && civil_ok(&out->civil);
}

/* 30.8.2023, 2023/08/30, 2023-8-30, 2023-8. Days and months with a slash between are told apart in no country: they are not
 * taken. */
static bool read_marked(cursor c, iso *out)
{
    unsigned year;
    memset(out, 0, sizeof *out);
    out->unit = DAY;
    cursor y = c;
    if (take_digits(&y, 4, 4, &year) && y.p < y.end && (*y.p == '/' || *y.p == '-')) {
        char sign = *y.p++;
        if (!take_digits(&y, 1, 2, &out->civil.month)) return false;
        out->civil.day = 1;
        if (at_end(&y)) out->unit = MONTH;
        else if (!take(&y, sign) || !take_digits(&y, 1, 2, &out->civil.day)) return false;
        c = y;
    } else {
        if (!take_digits(&c, 1, 2, &out->civil.day) || !take(&c, '.') || !take_digits(&c, 1, 2, &out->civil.month) ||
            !take(&c, '.') || !take_digits(&c, 4, 4, &year)) {
            return false;
        }
    }
    out->civil.year = year;
    return at_end(&c) && civil_ok(&out->civil);
}

/* ---- periods ------------------------------------------------------------------------------------------------------
 */

/* The period that begins at a local time and lasts until another. */
static void between(const lsi_zone *zone, const lsi_civil *from, const lsi_civil *until, int64_t *first, int64_t *last)
{
    *first = lsi_zone_instant(zone, seconds_of(from)) * 1000;
    *last = lsi_zone_instant(zone, seconds_of(until)) * 1000 - 1;
}

static void days_from(const lsi_zone *zone, int64_t day, int64_t *first, int64_t *last)
{
    *first = lsi_zone_instant(zone, day * DAY_S) * 1000;
    *last = lsi_zone_instant(zone, (day + 1) * DAY_S) * 1000 - 1;
}

static void iso_period(const iso *t, const lsi_zone *zone, int64_t *first, int64_t *last)
{
    lsi_civil next = t->civil;
    if (t->unit == YEAR) {
        next.year++;
        between(zone, &t->civil, &next, first, last);
    } else if (t->unit == MONTH) {
        next.year += next.month == 12;
        next.month = next.month % 12 + 1;
        between(zone, &t->civil, &next, first, last);
    } else if (t->unit == DAY) {
        days_from(zone, lsi_days_of_civil(t->civil.year, t->civil.month, t->civil.day), first, last);
    } else {
        static const int64_t length_ms[] = {[MINUTE] = 60000, [SECOND] = 1000, [MILLISECOND] = 1};
        int64_t local = seconds_of(&t->civil);
        *first = (t->has_offset ? local - t->offset_s : lsi_zone_instant(zone, local)) * 1000 + t->ms;
        *last = *first + length_ms[t->unit] - 1;
    }
}

/* The same hour and minute on the local clock, so many days, weeks, months or years ago. */
static bool back_from_now(cursor c, const lsi_zone *zone, int64_t now, int64_t *first)
{
    unsigned n;
    if (!take_digits(&c, 1, 5, &n) || c.end - c.p != 1) return false;
    char what = (char)(*c.p | 32);
    int64_t now_s = floor_div(now, 1000), local = now_s + lsi_zone_offset(zone, now_s);
    if (what == 'd' || what == 'w') {
        local -= (int64_t)n * (what == 'w' ? 7 : 1) * DAY_S;
    } else if (what == 'm' || what == 'y') {
        lsi_civil t;
        lsi_civil_of_seconds(local, &t);
        int64_t months = t.year * 12 + (t.month - 1) - (int64_t)n * (what == 'y' ? 12 : 1);
        t.year = floor_div(months, 12);
        t.month = (unsigned)(months - t.year * 12) + 1;
        t.day = LSI_MIN(t.day, lsi_days_in_month(t.year, t.month));
        local = seconds_of(&t);
    } else {
        return false;
    }
    *first = lsi_zone_instant(zone, local) * 1000 + (now - now_s * 1000);
    return true;
}

int lsi_period_parse(const char *text, size_t len, const lsi_zone *zone, int64_t now, int64_t *first, int64_t *last,
                     lsi_period_kind *kind)
{
    *first = *last = 0;
    if (kind) *kind = LSI_PERIOD_FIXED;
    if (!len || len > 64) return LS_INVALID;
    cursor c = trimmed(text, len);
    now = LSI_MAX(INT64_C(-62135596800000), LSI_MIN(now, INT64_C(253402300799999))); /* the years 1 to 9999 */
    iso t;
    if (read_iso(c, &t) || read_marked(c, &t) || read_named(c, &t)) {
        iso_period(&t, zone, first, last);
        return LS_OK;
    }
    if (back_from_now(c, zone, now, first)) {
        *last = now;
        if (kind) *kind = LSI_PERIOD_BACK;
        return LS_OK;
    }
    char word[16];
    take_letters(&c, word, sizeof word);
    bool yesterday = strcmp(word, "yesterday") == 0;
    if (!at_end(&c) || (!yesterday && strcmp(word, "today") != 0)) return LS_INVALID;
    if (kind) *kind = LSI_PERIOD_DAY;
    int64_t now_s = floor_div(now, 1000);
    days_from(zone, floor_div(now_s + lsi_zone_offset(zone, now_s), DAY_S) - yesterday, first, last);
    return LS_OK;
}
