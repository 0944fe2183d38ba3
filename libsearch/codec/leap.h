/* leap.h — moving through the dictionary of forms without reading what lies between. */
#ifndef LSI_LEAP_H
#define LSI_LEAP_H
#include "libsearch/codec/dict.h"

/* What lsi_forms_iter_seek does, without making the forms that it passes. */
int lsi_forms_iter_find(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err);
/* The same, forward only: behind an entry given by next, which is smaller (else nothing moves). Quick where the one
 * sought is near. */
int lsi_forms_iter_forward(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err);
#endif
