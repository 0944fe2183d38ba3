/* known.h — words that this reader has looked up before: where they stand in each segment. A scratch keeps some, so that
 * no lock is needed; a reader's snapshot never changes, so that they stay true. */
#ifndef LSI_KNOWN_H
#define LSI_KNOWN_H
#include "libsearch/query/resolve.h"

/* Whether the word was kept: then *out is as lsi_resolve_terms would make it, in the arena. */
bool lsi_known_get(const lsi_resolver *r, lsi_word *out, const lsi_qword *w, uint32_t list);
/* Keeps what was found. A word that is too long or stands in too many lists is not kept, nor is one without memory. */
void lsi_known_put(const lsi_resolver *r, const lsi_word *found, uint32_t list);
#endif
