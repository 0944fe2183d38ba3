/* f_dates.c — dates, periods, zones. Input: a line for the date, a line for the period, then the bytes of a TZif file.
 * Held: what is read is printed and read again the same; a period does not end before it begins. */
#include "fuzz/fuzz.h"
#include "libsearch/util/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    ls_error err;
    size_t len;
    int64_t ms, again, first, last;
    int only;
    char out[40];
    lsi_zone *zone = NULL;
    char *date = fuzz_line(&in, &len);
    if (!ls_date_parse(date, len, &ms, &only)) {
        ls_date_format(ms, out, sizeof out);
        if (!ls_date_parse(out, strlen(out), &again, NULL)) FUZZ_CHECK(again / 1000 == ms / 1000);
    }
    free(date);
    char *period = fuzz_line(&in, &len);
    if (!ls_period_parse(period, len, NULL, 1700000000000, &first, &last)) FUZZ_CHECK(first <= last);
    free(period);
    if (!lsi_zone_parse(&zone, in.p, in.n, &err)) {
        for (int64_t t = -5000000000; t < 9000000000; t += 777777777) {
            int32_t off = lsi_zone_offset(zone, t);
            FUZZ_CHECK(off > -200000 && off < 200000);
            lsi_zone_instant(zone, t);
        }
    }
    lsi_zone_free(zone);
    return 0;
}
