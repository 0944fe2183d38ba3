/* date.c — the public door of dates and periods: checks arguments, finds the time zone, calls down. */
#include "libsearch/model/date.h"
#include "libsearch/index/snapshot.h"
#include "libsearch/libsearch.h"

int ls_date_parse(const char *text, size_t len, int64_t *ms, int *date_only)
{
    int64_t ignored;
    if (!text && len) return LS_INVALID;
    return lsi_date_parse(text, len, ms ? ms : &ignored, date_only);
}

void ls_date_format(int64_t ms, char *buf, size_t cap)
{
    if (buf && cap) lsi_date_format(ms, buf, cap);
}

/* A schema is what knows how to find a zone's rules; this one has nothing else. */
static int schema_of_zone(ls_schema **out, const char *zone)
{
    int rc = lsi_schema_new(out, NULL);
    if (!rc) rc = lsi_schema_set(*out, "timezone", zone, NULL);
    if (!rc) rc = lsi_index_load_zone(*out, NULL);
    return rc;
}

int ls_period_parse(const char *text, size_t len, const char *zone, int64_t now, int64_t *first, int64_t *last)
{
    int64_t ignored[2];
    ls_schema *s = NULL;
    int rc = LS_OK;
    if (first) *first = 0;
    if (last) *last = 0;
    if (!text && len) return LS_INVALID;
    if (zone && strcmp(zone, "UTC") != 0) rc = schema_of_zone(&s, zone);
    if (!rc) {
        rc = lsi_period_parse(text, len, s ? s->zone : NULL, now, first ? first : &ignored[0],
                              last ? last : &ignored[1], NULL);
    }
    lsi_schema_free(s);
    return rc;
}
