/* t_date.c — dates of articles, periods of queries, time zones: tables of cases, hostile bytes, and the C library's own
 * reading of the zone database as a second opinion. */
#include "libsearch/libsearch.h"
#include "libsearch/model/date.h"
#include "libsearch/util/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static const struct {
    const char *text;
    int64_t ms;
    int date_only;
} good_dates[] = {
    {" \t2023-09-11T08:00:00Z\r\n ", INT64_C(1694419200000), 0},
    {"2023-09-11T08:00:00,5Z", INT64_C(1694419200500), 0},
    {"11 Sept 2023 08:00 GMT", INT64_C(1694419200000), 0},
    {"11-Sep-2023 08:00 GMT", INT64_C(1694419200000), 0},
    {"11 Sep 123 08:00 GMT", INT64_C(1694419200000), 0}, /* three digits: from 1900 on */
    {"1970-01-01T00:00:00Z", 0, 0},
    {"2023-09-11T08:00:00Z", INT64_C(1694419200000), 0},
    {"2023-09-11t08:00:00z", INT64_C(1694419200000), 0},
    {"2023-09-11 08:00:00+00:00", INT64_C(1694419200000), 0},
    {"2023-09-11T10:00:00+02:00", INT64_C(1694419200000), 0},
    {"2023-09-11T02:30:00-05:30", INT64_C(1694419200000), 0},
    {"2023-09-11T08:00:00.125Z", INT64_C(1694419200125), 0},
    {"2023-09-11T08:00:00.1259Z", INT64_C(1694419200125), 0},
    {"2023-09-11T08:00Z", INT64_C(1694419200000), 0},
    {"2016-12-31T23:59:60Z", INT64_C(1483228800000), 0},
    {"2023-09-11", INT64_C(1694390400000), 1},
    {" 2023-09-11\n", INT64_C(1694390400000), 1},
    {"2024-02-29", INT64_C(1709164800000), 1},
    {"0001-01-01", INT64_C(-62135596800000), 1},
    {"9999-12-31T23:59:59Z", INT64_C(253402300799000), 0},
    {"Mon, 11 Sep 2023 08:00:00 GMT", INT64_C(1694419200000), 0},
    {"Mon, 11 Sep 2023 08:00:00 +0000", INT64_C(1694419200000), 0},
    {"mon,11 sep 2023 08:00 +0000", INT64_C(1694419200000), 0},
    {"11 Sep 23 04:00 EDT", INT64_C(1694419200000), 0},
    {"11 September 2023 10:00:00 +0200 (CEST)", INT64_C(1694419200000), 0},
    {"Monday, 11-Sep-23 08:00:00 GMT", INT64_C(1694419200000), 0},
    {"1 Jan 70 00:00:00 UT", 0, 0},
    {"Thu, 1 Jan 1970 00:00:00 Z", 0, 0},
    {"Mon,\r\n\t11 Sep 2023 04:00 -0400", INT64_C(1694419200000), 0},
    {"Mondaymondaymondaymonday, 11 Sep 2023 08:00 GMT", INT64_C(1694419200000), 0}, /* by its first letters */
};

static const char *const bad_dates[] = {"",
                                        "x",
                                        "2023",
                                        "2023-09",
                                        "2023-13-01",
                                        "2023-00-01",
                                        "2023-02-29",
                                        "2023-02-00",
                                        "2023-09-11T08:00:00Zx",
                                        "\x01",
                                        " \t ",
                                        "2023-09-11\x01",
                                        "11 Septemberseptember 2023 08:00 GMT",
                                        "11 Sep 2023) 08:00 GMT",
                                        "11 Sep 2023 08:00 (GMT)",
                                        "2023-04-31",
                                        "0000-01-01",
                                        "2023-9-1",
                                        "2023-09-11T24:00:00Z",
                                        "2023-09-11T08:60:00Z",
                                        "2023-09-11T08:00:61Z",
                                        "2023-09-11T08:00:00",
                                        "2023-09-11T08:00:00+24:00",
                                        "2023-09-11T",
                                        "2023-09-11Z",
                                        "2023-09-11T08:00:00.Z",
                                        "11 Foo 2023 08:00 GMT",
                                        "11 Sep 2023",
                                        "11 Sep 2023 08:00 XYZ",
                                        "32 Sep 2023 08:00 GMT",
                                        "Foo, 11 Sep 2023 08:00 GMT",
                                        "11 Sep 2023 08:00 GMT x",
                                        "20230911",
                                        "99999999999999999999-01-01",
                                        "today",
                                        "11 Sep 2023 08:00 J",
                                        "2023-09-11T0x:00:00Z",
                                        "2023-09-11T08-00:00Z",
                                        "2023-09-11T08:0x:00Z",
                                        "2023-09-11T08:00:0xZ",
                                        "2023-09-11T08:00:00.12x",
                                        "2023-09-11T08:00:00.1",
                                        "2023-09-11T08:00:00+0x:00",
                                        "2023-09-11T08:00:00+02:x0",
                                        "2023-09-11T08:00:00+02:60",
                                        "2023-09-11T08:00:00+2",
                                        "2023-09-11T08:00:00-",
                                        "11 Septembe 2023 08:00 GMT",
                                        "11 Septemberr 2023 08:00 GMT",
                                        "11 Se 2023 08:00 GMT",
                                        "Sep, 11 Sep 2023 08:00 GMT",
                                        "Mo, 11 Sep 2023 08:00 GMT",
                                        "11Sep 2023 08:00 GMT",
                                        "111 Sep 2023 08:00 GMT",
                                        "11 Sep2023 08:00 GMT",
                                        "11 Sep 3 08:00 GMT",
                                        "11 Sep 20233 08:00 GMT",
                                        "11 Sep 2023T08:00 GMT",
                                        "11 Sep 2023 8 GMT",
                                        "11 Sep 2023 888:00 GMT",
                                        "11 Sep 2023 08:0 GMT",
                                        "11 Sep 2023 08:00:0 GMT",
                                        "11 Sep 2023 08:00GMT",
                                        "11 Sep 2023 08:00 ",
                                        "11 Sep 2023 08:00 +2x00",
                                        "11 Sep 2023 25:00 GMT",
                                        "(only) (this)"};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(good_dates); i++) {
        int64_t ms = -1;
        int only = -1;
        int rc = lsi_date_parse(good_dates[i].text, strlen(good_dates[i].text), &ms, &only);
        if (rc || ms != good_dates[i].ms || only != good_dates[i].date_only) {
            fail_msg("'%s': rc %d, %lld, date_only %d", good_dates[i].text, rc, (long long)ms, only);
        }
    }
    for (size_t i = 0; i < LSI_COUNTOF(bad_dates); i++) {
        int64_t ms;
        if (lsi_date_parse(bad_dates[i], strlen(bad_dates[i]), &ms, NULL) != LS_INVALID) {
            fail_msg("'%s' was read as a date", bad_dates[i]);
        }
    }
    char padded[130];
    int64_t ms;
    memset(padded, ' ', sizeof padded);
    memcpy(padded, "2023-09-11", 10);
    assert_int_equal(lsi_date_parse(padded, 128, &ms, NULL), LS_OK);
    assert_int_equal(lsi_date_parse(padded, 129, &ms, NULL), LS_INVALID);
}

static void test_format(void **state)
{
    (void)state;
    char buf[32];
    lsi_date_format(INT64_C(1694419200000), buf, sizeof buf);
    assert_string_equal(buf, "2023-09-11T08:00:00Z");
    lsi_date_format(-1, buf, sizeof buf);
    assert_string_equal(buf, "1969-12-31T23:59:59.999Z");
    lsi_date_format(INT64_C(-62135596800000), buf, sizeof buf);
    assert_string_equal(buf, "0001-01-01T00:00:00Z");
    lsi_date_format(INT64_MIN, buf, sizeof buf); /* must fit, whatever comes */
    assert_string_equal(buf, "-292275055-05-16T16:47:04.192Z");
    lsi_date_format(INT64_MAX, buf, sizeof buf);
    assert_string_equal(buf, "292278994-08-17T07:12:55.807Z");
    for (int64_t ms = INT64_C(-62135596800000); ms < INT64_C(253402300799999); ms += INT64_C(7777777777777)) {
        int64_t back;
        lsi_date_format(ms, buf, sizeof buf);
        assert_int_equal(lsi_date_parse(buf, strlen(buf), &back, NULL), LS_OK);
        assert_true(back == ms);
    }
}

static void test_calendar(void **state)
{
    (void)state;
    int64_t days = lsi_days_of_civil(1, 1, 1);
    for (int64_t y = 1; y <= 2400; y++) {
        for (unsigned m = 1; m <= 12; m++) {
            for (unsigned d = 1; d <= lsi_days_in_month(y, m); d++, days++) {
                lsi_civil c;
                lsi_civil_of_seconds(days * 86400 + 86399, &c);
                if (lsi_days_of_civil(y, m, d) != days || c.year != y || c.month != m || c.day != d || c.hour != 23) {
                    fail_msg("%lld-%u-%u", (long long)y, m, d);
                }
            }
        }
    }
    assert_true(lsi_days_of_civil(1970, 1, 1) == 0);
    assert_true(lsi_days_of_civil(2000, 3, 1) == 11017);
}

/* ---- zones ------------------------------------------------------------------------------------------------------- */

static void put_be(lsi_buf *b, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) lsi_buf_put8(b, (uint8_t)(v >> (8 * i)));
}

static void put_header(lsi_buf *b, char version, uint32_t times, uint32_t types)
{
    lsi_buf_puts(b, "TZif");
    lsi_buf_put8(b, (uint8_t)version);
    for (int i = 0; i < 15; i++) lsi_buf_put8(b, 0);
    uint32_t counts[6] = {0, 0, 0, times, types, 4};
    for (int i = 0; i < 6; i++) put_be(b, counts[i], 4);
}

/* A zone of one offset before `at` and one from it on; a footer where it is not NULL. */
static void put_zone(lsi_buf *b, int32_t before, int64_t at, int32_t from, const char *footer)
{
    for (int block = 0; block < (footer ? 2 : 1); block++) {
        put_header(b, footer ? '2' : 0, 1, 2);
        put_be(b, (uint64_t)at, block ? 8 : 4);
        lsi_buf_put8(b, 1);
        put_be(b, (uint32_t)before, 4);
        put_be(b, 0, 2);
        put_be(b, (uint32_t)from, 4);
        put_be(b, 0, 2);
        lsi_buf_put(b, "ABC", 4);
    }
    if (footer) lsi_buf_puts(b, footer);
}

static lsi_zone *make_zone(int32_t before, int64_t at, int32_t from, const char *footer)
{
    lsi_buf b;
    lsi_zone *z = NULL;
    ls_error err = {0};
    lsi_buf_init(&b, 0);
    put_zone(&b, before, at, from, footer);
    if (lsi_zone_parse(&z, b.data, b.len, &err)) fail_msg("%s: %s", footer, err.message);
    lsi_buf_clear(&b);
    return z;
}

static lsi_zone *berlin(void)
{
    return make_zone(3208, -100000000, 3600, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
}

static void test_zone(void **state)
{
    (void)state;
    lsi_zone *z = make_zone(-100, 1000, 7200, NULL); /* version 1: no rule */
    assert_int_equal(lsi_zone_offset(z, 999), -100);
    assert_int_equal(lsi_zone_offset(z, 1000), 7200);
    assert_int_equal(lsi_zone_offset(z, INT64_MAX), 7200);
    assert_int_equal(lsi_zone_offset(z, INT64_MIN), -100);
    assert_true(lsi_zone_instant(z, 899) == 999);
    assert_true(lsi_zone_instant(z, 900) == 1000); /* skipped: the change itself */
    assert_true(lsi_zone_instant(z, 8200) == 1000);
    assert_true(lsi_zone_instant(z, 8201) == 1001);
    lsi_zone_free(z);

    z = berlin();
    assert_int_equal(lsi_zone_offset(z, 1679792399), 3600); /* 2023-03-26T00:59:59Z */
    assert_int_equal(lsi_zone_offset(z, 1679792400), 7200);
    assert_int_equal(lsi_zone_offset(z, 1698541199), 7200); /* 2023-10-29T00:59:59Z */
    assert_int_equal(lsi_zone_offset(z, 1698541200), 3600);
    assert_true(lsi_zone_instant(z, 1679796000) == 1679792400);        /* 02:00 does not exist */
    assert_true(lsi_zone_instant(z, 1679798000) == 1679792400);        /* 02:33 neither */
    assert_true(lsi_zone_instant(z, 1698546600) == 1698546600 - 7200); /* 02:30 comes twice: the first */
    lsi_zone_free(z);

    z = make_zone(0, 1000, 0, "\nXXX3EDT4,0/0,J365/23\n"); /* daylight time all the year (RFC 8536, section 3.3.1) */
    assert_int_equal(lsi_zone_offset(z, 1700000000), -4 * 3600);
    assert_int_equal(lsi_zone_offset(z, 1704085200), -4 * 3600);
    lsi_zone_free(z);
    z = make_zone(0, 1000, 0, "\n<-03>3\n");
    assert_int_equal(lsi_zone_offset(z, 1700000000), -3 * 3600);
    lsi_zone_free(z);
    z = make_zone(0, 1000, 7200, "\n\n"); /* an empty rule */
    assert_int_equal(lsi_zone_offset(z, 1700000000), 7200);
    lsi_zone_free(z);
    assert_int_equal(lsi_zone_offset(NULL, 5), 0);
    assert_true(lsi_zone_instant(NULL, 5) == 5);
}

static void test_zone_refused(void **state)
{
    static const char *const footers[] = {"",
                                          "CET-1\n",
                                          "\nCET-1",
                                          "\nCE-1\n",
                                          "\nCET\n",
                                          "\nCET-1CEST\n",
                                          "\nCET-1CEST,M3.5.0\n",
                                          "\nCET-1CEST,M13.5.0,M10.5.0\n",
                                          "\nCET-1CEST,M3.6.0,M10.5.0\n",
                                          "\nCET-1CEST,M3.5.7,M10.5.0\n",
                                          "\nCET-1CEST,J0,J366\n",
                                          "\nCET-1CEST,J1,J2x\n",
                                          "\nCET-25\n",
                                          "\n<CET-1\n"};
    (void)state;
    for (size_t i = 0; i < LSI_COUNTOF(footers); i++) {
        lsi_buf b;
        lsi_zone *z = (lsi_zone *)&b;
        ls_error err;
        lsi_buf_init(&b, 0);
        put_zone(&b, 0, 1000, 3600, footers[i]);
        if (lsi_zone_parse(&z, b.data, b.len, &err) != LS_CORRUPT || z) fail_msg("'%s' was taken", footers[i]);
        assert_true(err.message[0] && err.offset <= b.len);
        lsi_buf_clear(&b);
    }
}

/* Every byte of a zone changed, every length cut: an error or a zone that answers; the sanitizers watch. */
static void test_zone_hostile(void **state)
{
    (void)state;
    lsi_buf b;
    uint64_t answered = 0, refused = 0;
    lsi_buf_init(&b, 0);
    put_zone(&b, 3600, 1000, 7200, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    static const uint8_t changes[] = {0x01, 0x80, 0xFF, 0x10, 0x3A};
    for (size_t i = 0; i < b.len; i++) {
        for (size_t c = 0; c <= LSI_COUNTOF(changes); c++) {
            lsi_zone *z = NULL;
            size_t n = c == LSI_COUNTOF(changes) ? i : b.len;
            uint8_t *copy = malloc(n ? n : 1), old = b.data[i];
            assert_non_null(copy);
            if (c < LSI_COUNTOF(changes)) b.data[i] ^= changes[c];
            memcpy(copy, b.data, n);
            b.data[i] = old;
            if (lsi_zone_parse(&z, copy, n, NULL)) {
                assert_null(z);
                refused++;
            } else {
                for (int64_t t = -4000000000; t < 8000000000; t += 777777777) {
                    int64_t at = lsi_zone_instant(z, t);
                    assert_true(at + lsi_zone_offset(z, at) >= t);
                }
                answered++;
            }
            lsi_zone_free(z);
            free(copy);
        }
    }
    lsi_buf_clear(&b);
    assert_true(refused > 500 && answered > 50);
    printf("hostile zones: %llu refused, %llu answered\n", (unsigned long long)refused, (unsigned long long)answered);
}

/* The zone database of this machine, where it has one: the same offsets as the C library's. */
static void test_zone_against_libc(void **state)
{
    static const char *const names[] = {"Europe/Berlin",  "America/New_York",    "America/Sao_Paulo",
                                        "Asia/Kolkata",   "Australia/Lord_Howe", "Africa/Casablanca",
                                        "Europe/Dublin",  "Asia/Tehran",         "Pacific/Apia",
                                        "America/Havana", "Asia/Gaza",           "Africa/Monrovia"};
    (void)state;
    size_t compared = 0, zones = 0;
    for (size_t i = 0; i < LSI_COUNTOF(names); i++) {
        char path[128];
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", names[i]);
        FILE *f = fopen(path, "rb");
        if (!f) continue;
        static uint8_t bytes[1 << 16];
        size_t n = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        lsi_zone *z = NULL;
        ls_error err = {0};
        if (lsi_zone_parse(&z, bytes, n, &err)) fail_msg("%s: %s", names[i], err.message);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t t = -5000000000; t < 20000000000; t += 86400 * 5 + 12345) {
            time_t now = (time_t)t;
            struct tm tm;
            localtime_r(&now, &tm);
            int64_t local =
                lsi_days_of_civil(tm.tm_year + 1900, (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday) * 86400 +
                tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
            if (local - t != lsi_zone_offset(z, t)) {
                fail_msg("%s at %lld: %lld, but %d", names[i], (long long)t, (long long)(local - t),
                         lsi_zone_offset(z, t));
            }
            int64_t first = lsi_zone_instant(z, local);
            assert_true(first <= t && first + lsi_zone_offset(z, first) >= local);
            compared++;
        }
        zones++;
        lsi_zone_free(z);
    }
    printf("zones of this machine: %zu, instants compared: %zu\n", zones, compared);
    if (!zones) skip();
}

/* ---- periods ------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *text, *first, *last; /* in Berlin; now is 2023-09-11T08:00:00.500Z, 10:00 on its clocks */
} periods[] = {
    {"2023", "2022-12-31T23:00:00Z", "2023-12-31T22:59:59.999Z"},
    {"2023-08", "2023-07-31T22:00:00Z", "2023-08-31T21:59:59.999Z"},
    {"2023-12", "2023-11-30T23:00:00Z", "2023-12-31T22:59:59.999Z"},
    {"2023-08-30", "2023-08-29T22:00:00Z", "2023-08-30T21:59:59.999Z"},
    {"2023-03-26", "2023-03-25T23:00:00Z", "2023-03-26T21:59:59.999Z"}, /* 23 hours */
    {"2023-10-29", "2023-10-28T22:00:00Z", "2023-10-29T22:59:59.999Z"}, /* 25 hours */
    {"2023-08-30T10:00", "2023-08-30T08:00:00Z", "2023-08-30T08:00:59.999Z"},
    {"2023-08-30T10:00Z", "2023-08-30T10:00:00Z", "2023-08-30T10:00:59.999Z"},
    {"2023-08-30T10:00:05Z", "2023-08-30T10:00:05Z", "2023-08-30T10:00:05.999Z"},
    {"2023-08-30T10:00:05.250+02:00", "2023-08-30T08:00:05.250Z", "2023-08-30T08:00:05.250Z"},
    {"30.8.2023", "2023-08-29T22:00:00Z", "2023-08-30T21:59:59.999Z"},
    {"2023/08/30", "2023-08-29T22:00:00Z", "2023-08-30T21:59:59.999Z"},
    {"2023-8-30", "2023-08-29T22:00:00Z", "2023-08-30T21:59:59.999Z"},
    {"2023-8", "2023-07-31T22:00:00Z", "2023-08-31T21:59:59.999Z"},
    {"2023/8", "2023-07-31T22:00:00Z", "2023-08-31T21:59:59.999Z"},
    {"30 Aug 2023", "2023-08-29T22:00:00Z", "2023-08-30T21:59:59.999Z"},
    {"Aug. 30, 2023", "2023-08-29T22:00:00Z", "2023-08-30T21:59:59.999Z"},
    {"August 2023", "2023-07-31T22:00:00Z", "2023-08-31T21:59:59.999Z"},
    {"today", "2023-09-10T22:00:00Z", "2023-09-11T21:59:59.999Z"},
    {"Yesterday", "2023-09-09T22:00:00Z", "2023-09-10T21:59:59.999Z"},
    {"7d", "2023-09-04T08:00:00.500Z", "2023-09-11T08:00:00.500Z"},
    {"0d", "2023-09-11T08:00:00.500Z", "2023-09-11T08:00:00.500Z"},
    {"2w", "2023-08-28T08:00:00.500Z", "2023-09-11T08:00:00.500Z"},
    {"3m", "2023-06-11T08:00:00.500Z", "2023-09-11T08:00:00.500Z"},
    {"8M", "2023-01-11T09:00:00.500Z", "2023-09-11T08:00:00.500Z"}, /* 10:00 in winter is an hour later in UTC */
    {"1y", "2022-09-11T08:00:00.500Z", "2023-09-11T08:00:00.500Z"},
};
static const char *const bad_periods[] = {"",
                                          "x",
                                          "202",
                                          "20233",
                                          "2023-",
                                          "2023-13",
                                          "2023-8-",
                                          "7",
                                          "7x",
                                          "d",
                                          "-7d",
                                          "7dd",
                                          "todayx",
                                          "123456d",
                                          "2023-02-30",
                                          "2023-08..2023-09",
                                          "tomorrow",
                                          "8/30/2023",
                                          "31.4.2023",
                                          "30 Foo 2023",
                                          "Aug 2023 x",
                                          "Augu 2023",
                                          "30 Aug",
                                          "0000",
                                          "  ",
                                          "30.8 2023",
                                          "30.8.23",
                                          "30 Feb 2023",
                                          "30 Aug 2023x",
                                          "123 Aug 2023",
                                          "30.x.2023",
                                          "30.8.2023x"};

static void test_periods(void **state)
{
    (void)state;
    lsi_zone *z = berlin();
    int64_t now = INT64_C(1694419200500), first, last;
    for (size_t i = 0; i < LSI_COUNTOF(periods); i++) {
        char a[32], b[32];
        lsi_period_kind kind;
        int rc = lsi_period_parse(periods[i].text, strlen(periods[i].text), z, now, &first, &last, &kind);
        lsi_date_format(first, a, sizeof a);
        lsi_date_format(last, b, sizeof b);
        if (rc || strcmp(a, periods[i].first) || strcmp(b, periods[i].last)) {
            fail_msg("'%s': rc %d, %s .. %s", periods[i].text, rc, a, b);
        }
        size_t n = strlen(periods[i].text);
        bool day = strchr("tY", periods[i].text[0]) != NULL;
        bool back = n <= 2 && strchr("dwmyM", periods[i].text[n - 1]) != NULL;
        assert_int_equal(kind, day ? LSI_PERIOD_DAY : back ? LSI_PERIOD_BACK : LSI_PERIOD_FIXED);
    }
    for (size_t i = 0; i < LSI_COUNTOF(bad_periods); i++) {
        if (lsi_period_parse(bad_periods[i], strlen(bad_periods[i]), z, now, &first, &last, NULL) != LS_INVALID) {
            fail_msg("'%s' was read as a period", bad_periods[i]);
        }
    }
    assert_int_equal(lsi_period_parse("99999y", 6, z, INT64_MAX, &first, &last, NULL), LS_OK);
    assert_true(first < last);
    char text[32]; /* a clock that is out of the calendar stands at its end */
    assert_int_equal(lsi_period_parse("today", 5, NULL, INT64_MAX, &first, &last, NULL), LS_OK);
    lsi_date_format(last, text, sizeof text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    assert_int_equal(lsi_period_parse("today", 5, NULL, INT64_MIN, &first, &last, NULL), LS_OK);
    lsi_date_format(first, text, sizeof text);
    assert_string_equal(text, "0001-01-01T00:00:00Z");
    lsi_zone_free(z);
    /* March 31st, a month and a year back from a leap day */
    assert_int_equal(lsi_period_parse("1m", 2, NULL, INT64_C(1711843200000), &first, &last, NULL), LS_OK);
    assert_true(first == INT64_C(1709164800000)); /* 2024-02-29 */
    assert_int_equal(lsi_period_parse("1y", 2, NULL, INT64_C(1709164800000), &first, &last, NULL), LS_OK);
    assert_true(first == INT64_C(1677542400000)); /* 2023-02-28 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_zone),
        cmocka_unit_test(test_zone_refused),
        cmocka_unit_test(test_zone_hostile),
        cmocka_unit_test(test_zone_against_libc),
        cmocka_unit_test(test_periods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
