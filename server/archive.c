/* archive.c — the one writer and the present snapshot.
 *
 * Writes wait in a bounded queue and are done by one thread: it takes all that waits (a group), applies them, commits
 * once, opens the new snapshot, and only then tells each asker: so an answer stands on a durable commit, is seen by
 * the next search, and a hundred concurrent writes cost one fsync. Where the commit fails the group is rolled back
 * and every asker in it gets the error; a poisoned writer is closed and opened anew.
 * Invariant: a->writer is used by the thread alone once it runs. Ignorant of HTTP. */
#include "server/archive.h"

#include "server/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { GROUP_BYTES = 8 << 20 };

struct sd_archive {
    char *path;
    sd_archive_options o;
    ls_writer *writer;
    ls_doc *doc;
    pthread_t thread;
    bool running;
    sd_touched touched;   /* by what was written since the present snapshot; the thread's */
    pthread_mutex_t lock; /* all below */
    pthread_cond_t wake;
    sd_snapshot *present;
    sd_kept kept;
    sd_write *first, **last;
    size_t waiting;
    bool closing, unhealthy;
};

/* ---- snapshots ----------------------------------------------------------------------------------------------------
 */

sd_snapshot *sd_archive_hold(sd_archive *a)
{
    sd_snapshot *s;
    pthread_mutex_lock(&a->lock);
    s = a->present;
    if (s) atomic_fetch_add(&s->refs, 1);
    pthread_mutex_unlock(&a->lock);
    return s;
}

static int64_t now_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

sd_snapshot *sd_archive_hold_earlier(sd_archive *a, uint64_t generation, bool hidden, const char *const **gone,
                                     size_t *gone_count)
{
    sd_snapshot *s;
    pthread_mutex_lock(&a->lock);
    s = sd_kept_find(&a->kept, generation, hidden, now_ms());
    if (s) {
        atomic_fetch_add(&s->refs, 1);
        *gone = (const char *const *)s->touched;
        *gone_count = s->touched_count;
    }
    pthread_mutex_unlock(&a->lock);
    return s;
}

/* What was written must be known of an earlier snapshot before anybody can ask for it: looked up before the new one is shown,
 * told under the lock that shows it. */
static void present(sd_archive *a, sd_snapshot *s)
{
    sd_snapshot *old = a->present; /* this thread alone changes it */
    int64_t now = now_ms();
    if (old) sd_snapshot_touch(old, &a->touched);
    sd_kept_touch(&a->kept, &a->touched);
    sd_touched_clear(&a->touched);
    pthread_mutex_lock(&a->lock);
    a->present = s;
    if (old && (atomic_load(&old->paged) || atomic_load(&old->refs) > 1)) { /* or an answer of it is being made */
        if (old->generation == s->generation) sd_snapshot_paged(s); /* a cursor of one belongs to the other too */
        sd_kept_add(&a->kept, old, now);
        old = NULL;
    }
    sd_kept_settle(&a->kept, now);
    pthread_mutex_unlock(&a->lock);
    sd_snapshot_drop(old);
}

static int refresh(sd_archive *a, ls_error *err)
{
    ls_reader *r = NULL;
    sd_snapshot *s;
    LS_INIT(ls_reader_options, o);
    o.flags = a->o.no_mmap ? LS_READER_NO_MMAP : 0;
    int rc = a->present ? ls_reader_refresh(&r, a->present->reader, err) : ls_reader_open(&r, a->path, &o, err);
    if (rc == LS_NOTFOUND && a->present) { /* the directory was taken away: nothing that was asked for is not found */
        rc = LS_IO;
        if (err) err->code = rc;
    }
    if (rc || !r) return rc;
    s = sd_snapshot_new(r);
    if (!s) {
        ls_reader_close(r);
        if (err) {
            memset(err, 0, sizeof *err);
            err->code = LS_NOMEM;
            snprintf(err->message, sizeof err->message, "out of memory");
        }
        return LS_NOMEM;
    }
    present(a, s);
    return LS_OK;
}

/* ---- applying -----------------------------------------------------------------------------------------------------
 */

static int fail(ls_error *err, int rc, const char *text)
{
    memset(err, 0, sizeof *err);
    err->code = rc;
    err->offset = UINT64_MAX;
    snprintf(err->message, sizeof err->message, "%s", text);
    return rc;
}

/* Whose the articles are that have one of two names, as a key with a filter sees it: it must neither replace nor delete
 * nor kill what it cannot see. To a key without a filter everything is its own. */
typedef enum owner { NOBODYS, OWN, ANOTHERS } owner;

static owner whose(sd_archive *a, const sd_write *w, const char *id, size_t id_len, const char *guid, size_t guid_len)
{
    ls_doc *old = NULL;
    sd_snapshot *s;
    uint64_t doc;
    owner of = NOBODYS;
    if (!w->may) return OWN;
    if (!(s = sd_archive_hold(a))) return ANOTHERS;
    if (id && ls_get(&old, s->hidden, id, id_len, NULL) == LS_OK) of = w->may(w->ctx, old) ? OWN : ANOTHERS;
    ls_doc_free(old);
    old = NULL;
    if (of != ANOTHERS && guid && ls_reader_find_guid(s->hidden, guid, guid_len, &doc, NULL) == LS_OK &&
        ls_reader_doc(&old, s->hidden, doc, NULL) == LS_OK)
        of = w->may(w->ctx, old) ? OWN : ANOTHERS;
    ls_doc_free(old);
    sd_snapshot_drop(s);
    return of;
}

/* An article must pass the filter itself; one that only cancels what it names (a kill in NITF has no source) need not,
 * where the key can see what it kills. */
static bool may_put(sd_archive *a, const sd_write *w, const char *id, size_t id_len, const char *guid, size_t guid_len)
{
    owner of = whose(a, w, id, id_len, guid, guid_len);
    return !w->may || (of != ANOTHERS && (w->may(w->ctx, a->doc) || (w->canceled && of == OWN)));
}

/* An id that the article itself carries must be the one of the path; one derived from its guid gives way. */
static bool other_id(const ls_doc *d, const char *id, size_t id_len)
{
    size_t own_len = 0, guid_len = 0;
    const char *own = ls_doc_id(d, &own_len), *guid = ls_doc_text(d, "guid", 0, &guid_len);
    char hash[32] = "";
    if (!own || !own_len || (own_len == id_len && !memcmp(own, id, id_len))) return false;
    if (guid && guid_len) js_id_hash(hash, guid, guid_len);
    return own_len != strlen(hash) || memcmp(own, hash, own_len) != 0;
}

static bool is_canceled(const ls_doc *d)
{
    size_t len = 0;
    const char *status = ls_doc_text(d, "status", 0, &len);
    return ls_status_of(status, len, NULL) == LS_STATUS_CANCELED;
}

/* A condition is one about the last commit: nothing else of its group has been applied yet. The snapshot is that commit,
 * but where it could not be opened behind it. */
static int check_condition(sd_archive *a, sd_write *w, const char *id, size_t id_len, const char *guid, size_t guid_len,
                           ls_error *err)
{
    js_text article = {0};
    ls_doc *old = NULL;
    uint64_t doc;
    if (!w->holds) return LS_OK;
    int rc = refresh(a, err);
    if (rc) return rc;
    const ls_reader *r = a->present->hidden;
    rc = id && id_len ? ls_get(&old, r, id, id_len, err) : LS_NOTFOUND;
    if (rc == LS_NOTFOUND && guid && !(rc = ls_reader_find_guid(r, guid, guid_len, &doc, err)))
        rc = ls_reader_doc(&old, r, doc, err);
    bool none = rc == LS_NOTFOUND;
    if (rc == LS_OK) rc = js_write_document(&article, ls_reader_schema(r), old, err);
    if (rc == LS_OK || none) {
        w->unmet = !w->holds(w->ctx, none ? NULL : &article);
        rc = w->unmet ? fail(err, LS_INVALID, "a condition of the request does not hold") : LS_OK;
    }
    js_text_free(&article);
    ls_doc_free(old);
    return rc;
}

static int put_one(sd_archive *a, sd_write *w, const char *text, size_t len, const char *id, size_t id_len,
                   ls_added *added, ls_error *err)
{
    LS_INIT(ls_add_options, how);
    js_article_options o = {0};
    const char *own, *guid;
    size_t own_len = 0, guid_len = 0;
    int rc;
    o.schema = ls_writer_schema(a->writer);
    memset(added, 0, sizeof *added);
    added->size = sizeof *added;
    rc = js_article_read(a->doc, text, len, &o, err);
    if (rc) return rc;
    if (id && other_id(a->doc, id, id_len)) return fail(err, LS_INVALID, "the article's id is not the id of the path");
    if (id && (rc = ls_doc_set_id(a->doc, id, id_len, err))) return rc;
    own = ls_doc_id(a->doc, &own_len);
    guid = ls_doc_text(a->doc, "guid", 0, &guid_len);
    w->canceled = is_canceled(a->doc);
    if (!may_put(a, w, own, own_len, guid, guid_len))
        return fail(err, LS_NOTFOUND, "the key does not allow this document");
    /* of a path's id whatever stands there; else of the story that would be replaced */
    if ((rc = check_condition(a, w, own, own_len, id ? NULL : guid, guid_len, err))) return rc;
    how.revive = w->revive;
    rc = ls_add_with(a->writer, a->doc, &how, added, err);
    if (!rc && (added->result == LS_REPLACED || added->result == LS_KILLED))
        sd_touched_add(&a->touched, added->id, strlen(added->id), guid, guid_len);
    return rc;
}

static int take_error(sd_write *w, const ls_error *err)
{
    w->err = *err;
    return err->code;
}

static bool blank(const char *p, size_t n)
{
    while (n && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r')) n--;
    return n == 0;
}

/* Each line by itself: a bad one is told and the rest goes on. Only what concerns the writer itself ends it. */
static int put_lines(sd_archive *a, sd_write *w)
{
    const char *p = w->text, *end = w->text + w->len, *eol;
    uint64_t line = w->first_line;
    for (; p < end; p = eol + 1, line++) {
        ls_added added = {0};
        ls_error err = {0};
        int rc;
        eol = memchr(p, '\n', (size_t)(end - p));
        if (!eol) eol = end;
        w->lines++;
        if (blank(p, (size_t)(eol - p))) continue;
        rc = put_one(a, w, p, (size_t)(eol - p), NULL, 0, &added, &err);
        if (rc == LS_OK)
            js_write_added(&w->out, line, added.id, added.id_len, js_result_name(added.result), added.version, NULL);
        else if (rc == LS_INVALID || rc == LS_SCHEMA || rc == LS_LIMIT || rc == LS_NOTFOUND)
            js_write_added(&w->out, line, NULL, 0, "error", 0, err.message);
        else return take_error(w, &err);
        if (w->out.data && w->out.len && w->out.data[w->out.len - 1] != '\n') js_putc(&w->out, '\n');
    }
    return js_text_rc(&w->out, &w->err);
}

/* The version that is about to be deleted, for the answer; 0 where it came within this very group. */
static void note_version(sd_archive *a, sd_write *w)
{
    sd_snapshot *s = sd_archive_hold(a);
    ls_doc *old = NULL;
    if (s && ls_get(&old, s->hidden, w->id, w->id_len, NULL) == LS_OK) w->added.version = ls_doc_version(old);
    ls_doc_free(old);
    sd_snapshot_drop(s);
}

/* Also of what is not known: it must win over a later arrival. */
static int kill_one(sd_archive *a, sd_write *w)
{
    LS_INIT(ls_kill_options, o);
    LS_INIT(ls_killed, killed);
    sd_touched_add(&a->touched, w->id, w->id_len, NULL, 0);
    o.id = w->id;
    o.id_len = w->id_len;
    o.reason = w->reason;
    o.reason_len = w->reason_len;
    o.version = w->version;
    int rc = ls_kill(a->writer, &o, &killed, &w->err);
    w->added.result = LS_KILLED;
    w->added.version = killed.version;
    return rc;
}

static int apply(sd_archive *a, sd_write *w)
{
    memset(&w->err, 0, sizeof w->err);
    switch (w->kind) {
    case SD_WRITE_PUT:
        return put_one(a, w, w->text, w->len, w->id, w->id_len, &w->added, &w->err);
    case SD_WRITE_LINES:
        return put_lines(a, w);
    case SD_WRITE_DELETE:
        if (whose(a, w, w->id, w->id_len, NULL, 0) != OWN) return fail(&w->err, LS_NOTFOUND, "no document has this id");
        if (check_condition(a, w, w->id, w->id_len, NULL, 0, &w->err)) return w->err.code;
        note_version(a, w);
        sd_touched_add(&a->touched, w->id, w->id_len, NULL, 0);
        return ls_delete(a->writer, w->id, w->id_len, &w->err);
    case SD_WRITE_KILL:
        if (whose(a, w, w->id, w->id_len, NULL, 0) != OWN) return fail(&w->err, LS_NOTFOUND, "no document has this id");
        if (check_condition(a, w, w->id, w->id_len, NULL, 0, &w->err)) return w->err.code;
        return kill_one(a, w);
    case SD_WRITE_COMMIT:
        return LS_OK;
    case SD_WRITE_PURGE:
        return ls_purge(a->writer, NULL, &w->err);
    case SD_WRITE_MERGE:
        return ls_merge(a->writer, w->segments, &w->err);
    }
    return LS_MISUSE;
}

static void reopen(sd_archive *a)
{
    LS_INIT(ls_writer_options, o);
    o.memory_bytes = a->o.memory_bytes;
    if (a->o.no_sync) o.flags |= LS_WRITER_NO_SYNC;
    if (ls_writer_open(&a->writer, a->path, &o, NULL)) a->writer = NULL;
}

/* After a failed commit nothing of the group may linger in the writer, and a poisoned one is of no more use. */
static void recover(sd_archive *a)
{
    if (ls_rollback(a->writer, NULL) == LS_OK) return;
    ls_writer_close(a->writer);
    a->writer = NULL;
    reopen(a);
}

static void do_group(sd_archive *a, sd_write *group)
{
    ls_error err = {0};
    uint64_t generation = 0;
    sd_write *w, *next;
    int rc;
    if (!a->writer) reopen(a);
    for (w = group; w; w = w->next)
        w->rc = a->writer ? apply(a, w) : fail(&w->err, LS_POISONED, "the index cannot be written at the moment");
    rc = a->writer ? ls_commit(a->writer, &generation, &err) : LS_OK;
    if (rc == LS_OK && a->writer) rc = refresh(a, &err);
    else if (a->writer) recover(a);
    pthread_mutex_lock(&a->lock);
    for (w = group; w; w = w->next)
        if (w->kind == SD_WRITE_PURGE) sd_kept_clear(&a->kept); /* their files hold what is to leave the disk */
    a->unhealthy = rc != LS_OK || !a->writer;
    pthread_mutex_unlock(&a->lock);
    for (w = group; w; w = next) {
        next = w->next; /* w is the asker's again once done is called */
        w->generation = generation;
        if (rc && (w->rc == LS_OK || w->kind == SD_WRITE_LINES)) {
            w->rc = rc;
            w->err = err;
        }
        w->done(w);
    }
}

/* ---- the thread ---------------------------------------------------------------------------------------------------
 */

/* Waits for something to write. While idle it looks once a second whether a merge in the background has made a newer
 * commit: the present snapshot would keep the merged files on the disk. */
static void wait_for_work(sd_archive *a)
{
    struct timespec until;
    while (!a->first && !a->closing) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        if (!pthread_cond_timedwait(&a->wake, &a->lock, &until)) continue;
        pthread_mutex_unlock(&a->lock);
        (void)refresh(a, NULL); /* the old snapshot stays good */
        pthread_mutex_lock(&a->lock);
        sd_kept_settle(&a->kept, now_ms());
    }
}

/* The oldest writes, as many as make a sensible commit; in their order. NULL: closing, and nothing is left. */
static sd_write *take_group(sd_archive *a)
{
    sd_write *group, **end = &group;
    size_t bytes = 0;
    pthread_mutex_lock(&a->lock);
    wait_for_work(a);
    while (a->first && bytes < GROUP_BYTES && !(a->first->holds && end != &group)) {
        *end = a->first;
        bytes += a->first->len + 1;
        a->waiting--;
        end = &a->first->next;
        a->first = a->first->next;
    }
    if (!a->first) a->last = &a->first;
    *end = NULL;
    pthread_mutex_unlock(&a->lock);
    return group;
}

static void *run(void *arg)
{
    sd_archive *a = arg;
    sd_write *group;
    while ((group = take_group(a))) do_group(a, group);
    return NULL;
}

bool sd_archive_submit(sd_archive *a, sd_write *w, bool must)
{
    bool ok;
    w->next = NULL;
    pthread_mutex_lock(&a->lock);
    ok = a->running && !a->closing && (must || a->waiting < a->o.queue);
    if (ok) {
        *a->last = w;
        a->last = &w->next;
        a->waiting++;
        pthread_cond_signal(&a->wake);
    }
    pthread_mutex_unlock(&a->lock);
    return ok;
}

size_t sd_archive_waiting(sd_archive *a)
{
    size_t n;
    pthread_mutex_lock(&a->lock);
    n = a->waiting;
    pthread_mutex_unlock(&a->lock);
    return n;
}

bool sd_archive_healthy(sd_archive *a)
{
    bool ok;
    pthread_mutex_lock(&a->lock);
    ok = !a->unhealthy && a->present;
    pthread_mutex_unlock(&a->lock);
    return ok;
}

/* ---- opening and closing ------------------------------------------------------------------------------------------
 */

/* Whether there is something at the path that a new index would have to live among. */
static bool occupied(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    bool some = !d && errno == ENOTDIR;
    while (d && !some && (e = readdir(d))) some = strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    if (d) closedir(d);
    return some;
}

static int open_writer(sd_archive *a, bool *created, ls_error *err)
{
    LS_INIT(ls_writer_options, o);
    char text[512];
    int rc;
    o.memory_bytes = a->o.memory_bytes;
    if (a->o.no_sync) o.flags |= LS_WRITER_NO_SYNC;
    *created = false;
    rc = ls_writer_open(&a->writer, a->path, &o, err);
    if (rc != LS_NOTFOUND) return rc;
    snprintf(text, sizeof text, "%.400s: no index, and not an empty directory that could become one", a->path);
    if (occupied(a->path)) return fail(err, LS_NOTFOUND, text);
    o.flags |= LS_WRITER_CREATE | LS_WRITER_EXCLUSIVE;
    *created = true;
    return ls_writer_open(&a->writer, a->path, &o, err);
}

int sd_archive_open(sd_archive **out, const sd_archive_options *o, bool *created, ls_error *err)
{
    sd_archive *a = calloc(1, sizeof *a);
    int rc;
    *out = NULL;
    *created = false;
    if (!a) return fail(err, LS_NOMEM, "out of memory");
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->wake, NULL);
    a->last = &a->first;
    a->o = *o;
    a->path = malloc(strlen(o->path) + 1);
    rc = a->path ? ls_doc_new(&a->doc, err) : fail(err, LS_NOMEM, "out of memory");
    if (!rc) {
        memcpy(a->path, o->path, strlen(o->path) + 1);
        rc = open_writer(a, created, err);
    }
    if (rc) {
        sd_archive_close(a);
        return rc;
    }
    *out = a;
    return LS_OK;
}

ls_writer *sd_archive_writer(sd_archive *a)
{
    return a->writer;
}
bool sd_archive_empty(const sd_archive *a)
{
    LS_INIT(ls_stats, stats);
    ls_reader *r = NULL;
    bool empty = ls_reader_open(&r, a->path, NULL, NULL) == LS_OK && ls_reader_summary(r, &stats, NULL) == LS_OK &&
                 stats.segments == 0;
    ls_reader_close(r);
    return empty;
}

const char *sd_archive_path(const sd_archive *a)
{
    return a->path;
}

int sd_archive_begin(sd_archive *a, ls_error *err)
{
    uint64_t generation;
    int rc = ls_commit(a->writer, &generation, err);
    if (!rc) rc = refresh(a, err);
    if (rc) return rc;
    a->running = !pthread_create(&a->thread, NULL, run, a);
    return a->running ? LS_OK : fail(err, LS_IO, "cannot start the writer's thread");
}

void sd_archive_close(sd_archive *a)
{
    if (!a) return;
    pthread_mutex_lock(&a->lock);
    a->closing = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    if (a->running) pthread_join(a->thread, NULL);
    sd_snapshot_drop(a->present);
    sd_kept_clear(&a->kept);
    sd_touched_clear(&a->touched);
    ls_writer_close(a->writer);
    ls_doc_free(a->doc);
    pthread_cond_destroy(&a->wake);
    pthread_mutex_destroy(&a->lock);
    free(a->path);
    free(a);
}
