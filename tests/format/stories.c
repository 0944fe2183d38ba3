/* stories.c — makes an index of what the article model writes, through libsearch.h alone: versions, guids, tombstones,
 * hidden segments with deletions in one. usage: stories INDEX */
#include "libsearch/libsearch.h"
#include <stdio.h>
#include <string.h>

static int64_t at_four(void *ctx) /* 1970-01-01T04:00:00Z, so that what is told does not depend on the day */
{
    (void)ctx;
    return 4 * 3600000;
}

static int add(ls_writer *w, const char *name, const char *body, const char *status, int64_t updated, int64_t embargoed,
               ls_error *err)
{
    ls_doc *d = NULL;
    int rc = ls_doc_new(&d, err);
    if (!rc) rc = ls_doc_set_id(d, name, strlen(name), err);
    if (!rc) rc = ls_doc_add_text(d, "guid", name, strlen(name), err);
    if (!rc) rc = ls_doc_add_text(d, "body", body, strlen(body), err);
    if (!rc && status) rc = ls_doc_add_text(d, "status", status, strlen(status), err);
    if (!rc && updated) rc = ls_doc_add_int(d, "updated", updated, err);
    if (!rc && embargoed) rc = ls_doc_add_int(d, "embargoed", embargoed, err);
    if (!rc) rc = ls_add(w, d, NULL, err);
    ls_doc_free(d);
    return rc;
}

static int kill(ls_writer *w, const char *guid, ls_error *err)
{
    LS_INIT(ls_kill_options, o);
    o.guid = guid;
    o.guid_len = strlen(guid);
    o.reason = "retracted";
    o.reason_len = 9;
    return ls_kill(w, &o, NULL, err);
}

static int make(ls_writer *w, ls_error *err)
{
    int rc = add(w, "a", "The first version", "usable", 5, 0, err);
    if (!rc) rc = add(w, "b", "Another story", NULL, 0, 0, err);
    if (!rc) rc = add(w, "c", "A story to be killed", NULL, 0, 0, err);
    if (!rc) rc = add(w, "h", "Held back for a while", NULL, 0, 8 * 3600000, err);
    if (!rc) rc = add(w, "i", "Held back for good", "withheld", 0, 0, err);
    if (!rc) rc = ls_commit(w, NULL, err);
    if (!rc) rc = add(w, "a", "The second version", NULL, 0, 0, err);
    if (!rc) rc = add(w, "a", "The third version", "corrected", -7, 0, err);
    if (!rc) rc = add(w, "h", "Held back, and changed", NULL, 0, INT64_MAX, err);
    if (!rc) rc = kill(w, "c", err);
    if (!rc) rc = kill(w, "never seen", err);
    return rc ? rc : ls_commit(w, NULL, err);
}

int main(int argc, char **argv)
{
    ls_error err;
    ls_writer *w = NULL;
    if (argc != 2) return 2;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE | LS_WRITER_EXCLUSIVE | LS_WRITER_NO_MERGE;
    o.clock = at_four;
    int rc = ls_writer_open(&w, argv[1], &o, &err);
    if (!rc) rc = make(w, &err);
    if (rc) fprintf(stderr, "stories: %s\n", err.message);
    ls_writer_close(w);
    return rc ? 2 : 0;
}
