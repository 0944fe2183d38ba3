/* writer.h — the one writer of an index: documents in memory, segments with their pending deletions, commits, merges.
 * The public ls_writer_*, ls_add … of api/ call the functions below. */
#ifndef LSI_WRITER_H
#define LSI_WRITER_H
#include "libsearch/index/snapshot.h"

int lsi_writer_open(ls_writer **out, const char *path, const ls_writer_options *o, ls_error *err);
void lsi_writer_close(ls_writer *w); /* takes NULL */
const ls_schema *lsi_writer_schema(const ls_writer *w);
int lsi_writer_add(ls_writer *w, const ls_doc *d, bool revive, ls_added *added, ls_error *err);
int lsi_writer_kill(ls_writer *w, const ls_kill_options *o, ls_killed *out, ls_error *err);
int lsi_writer_delete(ls_writer *w, const uint8_t *id, size_t len, ls_error *err);
int lsi_writer_commit(ls_writer *w, uint64_t *generation, ls_error *err);
int lsi_writer_rollback(ls_writer *w, ls_error *err);
int lsi_writer_merge(ls_writer *w, size_t segments, ls_error *err);
int lsi_writer_purge(ls_writer *w, uint64_t *rewritten, ls_error *err);
int lsi_writer_add_field(ls_writer *w, const ls_field *f, ls_error *err);
int lsi_writer_take_lines(ls_writer *w, const ls_schema *from, ls_error *err); /* its lists of boilerplate */

/* What a commit would make now: documents in memory are written to a segment first. Released by the caller, before the
 * writer is closed. */
int lsi_writer_snapshot(ls_writer *w, lsi_snapshot **out, ls_error *err);
/* Deletes documents found in such a snapshot (a bit set for each of its segments), before anything else is done with the
 * writer: all, or on failure none. */
int lsi_writer_delete_many(ls_writer *w, const lsi_snapshot *snap, uint64_t *const *bits, uint64_t *deleted,
                           ls_error *err);
#endif
