/* places.h — lists of places in one document, joined into phrases, slops and neighbours. Private to spans.c. */
#ifndef LSI_PLACES_H
#define LSI_PLACES_H
#include "libsearch/query/spans.h"

int lsi_places_reserve(lsi_places *f, lsi_arena *a, size_t count, ls_error *err); /* room for count in all */
void lsi_places_sort_words(lsi_places *f);                                        /* start[] alone, rising */
/* From the kids' found into s->found. */
int lsi_places_union(lsi_plan *p, lsi_span *s, ls_error *err);
int lsi_places_phrase(lsi_plan *p, lsi_span *s, ls_error *err);
int lsi_places_slop(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err);
int lsi_places_near(lsi_plan *p, lsi_span *s, lsi_doc doc, ls_error *err);
#endif
