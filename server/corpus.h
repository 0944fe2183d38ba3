/* corpus.h — fills a new index from a directory of articles. */
#ifndef SD_CORPUS_H
#define SD_CORPUS_H
#include "json/json.h"

/* Adds every .txt, .json, .ndjson and .jsonl below dir, in byte order of the paths; ids as `libsearch add` gives them.
 * What is wrong with one file or line is told by `say`, and the rest goes on. */
int sd_corpus_add(ls_writer *w, const char *dir, void (*say)(const char *format, ...), uint64_t *added, ls_error *err);
#endif
