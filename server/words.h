/* words.h — the synonyms that searches use at present: read from --synonyms, read anew at SIGHUP. */
#ifndef SD_WORDS_H
#define SD_WORDS_H
#include "server/exchange.h"

typedef struct sd_words sd_words;
/* Reads a file for an index of this schema; its faulty lines go to the log. NULL with one line in why. */
sd_words *sd_words_load(const char *path, const ls_schema *s, char *why, size_t why_bytes);
sd_words *sd_words_hold(sd_words *w); /* both take NULL; any thread */
void sd_words_drop(sd_words *w);
/* Those of an exchange, held until it ends, so that its answer, its ETag and its place in the cache are of one set.
 * NULL: none. */
const ls_synonyms *sd_exchange_synonyms(sd_exchange *x);
uint64_t sd_exchange_synonyms_stamp(sd_exchange *x); /* 0: none */
#endif
