/* recurring.h — lines that the texts of a source repeat and no list of boilerplate has yet. */
#ifndef LSI_RECURRING_H
#define LSI_RECURRING_H
#include "libsearch/index/snapshot.h"

/* o: of this library's size. */
int lsi_boilerplate_find(ls_boilerplate **out, const lsi_snapshot *snap, const ls_boilerplate_options *o,
                         ls_error *err);
const ls_boilerplate_line *lsi_boilerplate_at(const ls_boilerplate *b, size_t i); /* NULL past the last */
void lsi_boilerplate_free(ls_boilerplate *b);                                     /* takes NULL */
#endif
