/* leap.h — moving through the dictionary of forms without reading what lies between. */
#ifndef LSI_LEAP_H
#define LSI_LEAP_H
#include "libsearch/codec/dict.h"

/* What lsi_forms_iter_seek does, without making the forms that it passes. */
int lsi_forms_iter_find(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err);
/* Behind an entry given by next: passes entries whose folded spelling begins with the first n bytes of its own. Some
 * of them may be left. */
int lsi_forms_iter_leap(lsi_forms_iter *it, size_t n, ls_error *err);
#endif
