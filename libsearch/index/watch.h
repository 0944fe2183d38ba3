/* watch.h — the manifest file of a snapshot, held open, so that one stat tells whether there is a newer commit. */
#ifndef LSI_WATCH_H
#define LSI_WATCH_H
#include "libsearch/store/frame.h"

typedef struct lsi_manifest_watch lsi_manifest_watch;
int lsi_watch_new(lsi_manifest_watch **out, lsi_frame *file, ls_error *err); /* takes over file, also on failure */
void lsi_watch_retain(lsi_manifest_watch *w);
void lsi_watch_free(lsi_manifest_watch *w);                                                     /* takes NULL */
int lsi_watch_changed(const lsi_manifest_watch *w, lsi_dir *dir, bool *changed, ls_error *err); /* one fstatat */
#endif
