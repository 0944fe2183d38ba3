/* maintain.h — looking after an index from outside: verifying all of it, copying it, saving what is sound of a damaged
 * one. None takes the writer's lock. */
#ifndef LSI_MAINTAIN_H
#define LSI_MAINTAIN_H
#include "libsearch/libsearch.h"

int lsi_index_check(const char *path, ls_fault_fn *fault, void *ctx, ls_check_report *out, ls_error *err);
int lsi_index_backup(const char *path, const char *to, ls_error *err);
int lsi_index_salvage(const char *path, const char *to, const ls_salvage_options *o, ls_salvage_report *out,
                      ls_error *err);
#endif
