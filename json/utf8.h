/* utf8.h — one step through UTF-8 text, and counting in the units that answers speak of. */
#ifndef LIBSEARCH_JSON_UTF8_H
#define LIBSEARCH_JSON_UTF8_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JS_REPLACEMENT 0xFFFDu

/* Bytes of the next code point of s (len > 0). *valid is false where they are no UTF-8: then they are the longest
 * beginning of a sequence that could have been one (Unicode's "maximal subpart"), at least one byte. */
size_t js_utf8_next(const char *s, size_t len, uint32_t *code_point, bool *valid);
/* Bytes that are not UTF-8. */
size_t js_utf8_invalid(const char *s, size_t len);
/* Code points, or UTF-16 units, or bytes of valid text, by LS_RANGES_*. An invalid sequence counts as U+FFFD. */
size_t js_utf8_units(const char *s, size_t len, int range_unit);
/* Bytes of the longest beginning that has at most n code points. */
size_t js_utf8_prefix(const char *s, size_t len, size_t n);
#endif
