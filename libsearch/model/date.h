/* date.h — dates of articles and periods of queries, as milliseconds since 1970 in UTC. The proleptic Gregorian
 * calendar, years 1 to 9999 in what is read. */
#ifndef LSI_DATE_H
#define LSI_DATE_H
#include "libsearch/util/zone.h"

typedef struct lsi_civil { /* a local calendar date and time */
    int64_t year;
    unsigned month, day, hour, minute, second; /* from 1, from 1, 0.. */
} lsi_civil;

int64_t lsi_days_of_civil(int64_t year, unsigned month, unsigned day); /* days since 1970-01-01 */
void lsi_civil_of_seconds(int64_t seconds, lsi_civil *out);
unsigned lsi_days_in_month(int64_t year, unsigned month);

/* ls_date_parse and ls_date_format. */
int lsi_date_parse(const char *text, size_t len, int64_t *ms, int *date_only);
void lsi_date_format(int64_t ms, char *buf, size_t cap);
typedef enum lsi_period_kind {
    LSI_PERIOD_FIXED, /* the same whenever it is asked for */
    LSI_PERIOD_DAY,   /* today, yesterday */
    LSI_PERIOD_BACK   /* counted back from now: 7d */
} lsi_period_kind;
/* ls_period_parse in a zone (NULL: UTC). *kind may be NULL. LS_INVALID. */
int lsi_period_parse(const char *text, size_t len, const lsi_zone *zone, int64_t now, int64_t *first, int64_t *last,
                     lsi_period_kind *kind);
#endif
