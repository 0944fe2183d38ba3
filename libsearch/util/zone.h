/* zone.h — a time zone: how far local clocks are from UTC at each instant. From the bytes of a TZif file; reads no
 * file, knows no names and never looks at the TZ variable. Immutable once made: any number of threads. */
#ifndef LSI_ZONE_H
#define LSI_ZONE_H
#include "libsearch/util/base.h"
#include "libsearch/util/err.h"

typedef struct lsi_zone lsi_zone;
/* TZif of version 1 to 4 (RFC 8536). LS_CORRUPT with the offset; LS_UNSUPPORTED where it counts leap seconds. */
int lsi_zone_parse(lsi_zone **out, const uint8_t *p, size_t n, ls_error *err);
void lsi_zone_free(lsi_zone *z); /* takes NULL */
/* Seconds east of UTC at an instant (seconds since 1970). z NULL: UTC. */
int32_t lsi_zone_offset(const lsi_zone *z, int64_t unix_s);
/* The first instant at which local clocks show `local_s` (seconds since 1970 on the local clock) or more: where a
 * clock change skips that time, the change itself; where it comes twice, the first of them. */
int64_t lsi_zone_instant(const lsi_zone *z, int64_t local_s);
#endif
