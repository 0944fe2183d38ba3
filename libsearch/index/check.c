/* check.c — owns the verification of a whole index: every byte of every file that the last commit names, and every
 * structure in them. Writes nothing, takes no lock; files that the manifest does not name are no fault, for a writer
 * may be making them. Ignorant of what a fault means for the index's use.
 *
 * All files are opened before the first is verified, so that a commit under way cannot take them away: where one is
 * gone already, the manifest is read again (snapshot.c tells the race). What is damaged so far that it does not open is
 * told as a fault, and the rest is verified all the same. */
#include "libsearch/index/maintain.h"
#include "libsearch/index/manifest.h"
#include "libsearch/index/tombs.h"
#include "libsearch/segment/merge.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include <errno.h>
#include <stdio.h>

typedef struct checking {
    ls_fault_fn *fn;
    void *ctx;
    ls_check_report *out;
    lsi_dir *dir;
    lsi_manifest *m;
    lsi_frame *file;
    lsi_segment **segs; /* NULL: does not open */
    lsi_live **lives;
    lsi_tombs *tombs;
} checking;

/* What stands behind a prefix that is there; else all of it. */
static const char *behind(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(text, prefix, n) ? text : text + n;
}

/* The message alone is told: who hears it has file, offset and section beside it. */
static void shorten(void *ctx, const ls_error *e, const char *section)
{
    const checking *c = ctx;
    ls_error told = *e;
    char place[LS_ERROR_FILE_BYTES + 32], name[64];
    snprintf(place, sizeof place, "%s:%llu: ", e->file, (unsigned long long)e->offset);
    const char *text = behind(e->message, place);
    if (text == e->message) {
        snprintf(place, sizeof place, "%s: ", e->file);
        text = behind(text, place);
    }
    snprintf(name, sizeof name, "%s: ", section);
    snprintf(told.message, sizeof told.message, "%s", behind(text, name));
    c->fn(c->ctx, &told, section);
}

static void tell(checking *c, const ls_error *e, const char *what)
{
    c->out->faults++;
    if (c->fn) shorten(c, e, what);
}

static void close_all(checking *c)
{
    for (size_t i = 0; c->m && i < c->m->count; i++) {
        if (c->lives) lsi_live_release(c->lives[i]);
        if (c->segs) lsi_segment_release(c->segs[i]);
    }
    lsi_free(c->segs);
    lsi_free(c->lives);
    lsi_tombs_release(c->tombs);
    c->tombs = NULL;
    lsi_frame_close(c->file);
    lsi_manifest_free(c->m);
    c->segs = NULL;
    c->lives = NULL;
    c->file = NULL;
    c->m = NULL;
}

/* Of the file, not of the moment: an unreadable block is one, too many open files are none. */
static bool is_fault(int rc, const ls_error *why)
{
    return rc == LS_CORRUPT || rc == LS_TOO_NEW || rc == LS_TOO_OLD || rc == LS_NOTFOUND || why->sys_errno == EIO;
}

/* What did not open: a fault that is told, or an error. */
static int judge(checking *c, int rc, const ls_error *why, const char *what, bool last, ls_error *err)
{
    if ((rc == LS_NOTFOUND && !last) || !is_fault(rc, why)) {
        if (err) *err = *why;
        return rc;
    }
    tell(c, why, what);
    return LS_OK;
}

static int open_tombs(checking *c, bool last, ls_error *err)
{
    ls_error why;
    const lsi_manifest *m = c->m;
    int rc = lsi_tombs_open(&c->tombs, c->dir, m->tombs_generation, m->tombs_bytes, m->tombs_sum, false, &why);
    return rc ? judge(c, rc, &why, "tombstones", last, err) : LS_OK;
}

/* Opens what can be opened; LS_NOTFOUND where a file is not there and `last` is false. */
static int open_all(checking *c, bool last, ls_error *err)
{
    c->segs = lsi_calloc(c->m->count, sizeof(lsi_segment *));
    c->lives = lsi_calloc(c->m->count, sizeof(lsi_live *));
    if (!c->segs || !c->lives) return lsi_fail_nomem(err);
    int rc = open_tombs(c, last, err);
    for (size_t i = 0; !rc && i < c->m->count; i++) {
        const lsi_segment_info *x = &c->m->segments[i];
        ls_error why;
        const char *what = "segment";
        rc = lsi_segment_open(&c->segs[i], c->dir, x, c->m->schema, false, &why);
        if (!rc && x->live_generation) {
            what = "live";
            rc = lsi_live_open(&c->lives[i], c->dir, c->segs[i], x, false, &why);
        }
        if (rc) rc = judge(c, rc, &why, what, last, err);
    }
    return rc;
}

static int open_commit(checking *c, ls_error *err)
{
    uint64_t tried = 0;
    for (;;) {
        ls_error why;
        int rc = lsi_manifest_read(&c->m, &c->file, c->dir, &why);
        if (rc == LS_CORRUPT) tell(c, &why, "manifest");
        if (!rc) rc = open_all(c, c->m->generation == tried, &why);
        if (!rc) return LS_OK;
        if (rc != LS_NOTFOUND || !c->m) {
            if (err) *err = why;
            return rc;
        }
        tried = c->m->generation;
        close_all(c);
    }
}

static int verify_all(checking *c, ls_error *err)
{
    ls_fault_fn *fn = c->fn ? shorten : NULL;
    uint64_t n = 0;
    int rc = lsi_frame_verify(c->file, fn, c, &n, err);
    c->out->faults += n;
    n = 0;
    if (c->tombs && (!rc || rc == LS_CORRUPT)) rc = lsi_tombs_verify(c->tombs, fn, c, &n, err);
    c->out->faults += n;
    for (size_t i = 0; i < c->m->count && (!rc || rc == LS_CORRUPT); i++) {
        if (!c->segs[i]) continue;
        c->out->documents += c->m->segments[i].doc_count - c->m->segments[i].deleted_count;
        n = 0;
        rc = lsi_segment_verify(c->segs[i], c->lives[i], fn, c, &n, err);
        c->out->faults += n;
    }
    return rc == LS_CORRUPT ? LS_OK : rc;
}

int lsi_index_check(const char *path, ls_fault_fn *fault, void *ctx, ls_check_report *out, ls_error *err)
{
    checking c = {.fn = fault, .ctx = ctx, .out = out};
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    int rc = lsi_dir_open(&c.dir, path, err);
    if (!rc) rc = open_commit(&c, err);
    if (!rc) {
        out->generation = c.m->generation;
        out->segments = c.m->count;
        rc = verify_all(&c, err);
    }
    close_all(&c);
    lsi_dir_close(c.dir);
    if (!rc && out->faults)
        rc = lsi_fail(err, LS_CORRUPT, "%s: damaged in %llu place%s", path, (unsigned long long)out->faults,
                      out->faults == 1 ? "" : "s");
    return rc;
}
