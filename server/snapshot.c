/* snapshot.c — a commit as the server holds it, and the earlier ones that cursors go on with.
 *
 * A snapshot is counted: the archive holds the present one, each exchange that uses it one; the last closes the reader.
 * Who turns pages is to find on the second what stood behind the first when that was made, whatever was committed in
 * between. So a snapshot whose answers have a cursor is kept when a newer one takes its place: for two minutes after its
 * last page, and sixteen at most. What has been replaced or taken away since is remembered by id with each of them; the
 * asker looks up which of these can still be seen in the present snapshot, and leaves out the others. Where they become
 * too many to be told apart it is kept no longer, and the cursor goes on in the present snapshot, which the answer says.
 * Ignorant of writes and of HTTP; locks are archive.c's. */
#include "server/snapshot.h"

#include <stdlib.h>
#include <string.h>

sd_snapshot *sd_snapshot_new(ls_reader *r)
{
    sd_snapshot *s = calloc(1, sizeof *s);
    LS_INIT(ls_stats, stats);
    ls_error err;
    if (!s) return NULL;
    s->touched = calloc(SD_TOUCHED_MAX, sizeof *s->touched);
    if (!s->touched || ls_reader_view(&s->hidden, r, LS_READER_HIDDEN, &err)) {
        free(s->touched);
        free(s);
        return NULL;
    }
    s->reader = r;
    atomic_init(&s->refs, 1);
    atomic_init(&s->paged, 0);
    if (ls_reader_summary(r, &stats, &err) == LS_OK) {
        s->generation = stats.generation;
        s->documents = stats.documents;
    }
    if (ls_reader_summary(s->hidden, &stats, &err) == LS_OK) s->commit = stats.generation;
    return s;
}

void sd_snapshot_drop(sd_snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1) return;
    ls_reader_close(s->hidden);
    ls_reader_close(s->reader);
    for (size_t i = 0; i < s->known; i++) free(s->touched[i]);
    free(s->touched);
    free(s);
}

void sd_snapshot_paged(sd_snapshot *s)
{
    atomic_store_explicit(&s->paged, 1, memory_order_relaxed);
}

const ls_reader *sd_snapshot_reader(const sd_snapshot *s)
{
    return s->reader;
}
const ls_reader *sd_snapshot_hidden(const sd_snapshot *s)
{
    return s->hidden;
}
uint64_t sd_snapshot_generation(const sd_snapshot *s)
{
    return s->generation;
}
uint64_t sd_snapshot_commit(const sd_snapshot *s)
{
    return s->commit;
}
uint64_t sd_snapshot_documents(const sd_snapshot *s)
{
    return s->documents;
}

/* ---- what was written --------------------------------------------------------------------------------------------- */

static char *copy_of(const char *s, size_t len)
{
    char *copy = s && len ? malloc(len + 1) : NULL;
    if (!copy) return NULL;
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

void sd_touched_add(sd_touched *t, const char *id, size_t id_len, const char *guid, size_t guid_len)
{
    char **names = t->names + 2 * t->count;
    if (t->many || t->count == SD_TOUCHED_MAX) {
        t->many = true;
        return;
    }
    names[0] = copy_of(id, id_len);
    names[1] = copy_of(guid, guid_len);
    t->count++;
    if ((id_len && !names[0]) || (guid_len && !names[1])) t->many = true; /* no memory: none is told apart */
}

void sd_touched_clear(sd_touched *t)
{
    for (size_t i = 0; i < 2 * t->count; i++) free(t->names[i]);
    t->count = 0;
    t->many = false;
}

/* False where there is no room or no memory for it. */
static bool touch(sd_snapshot *s, const char *id, size_t len)
{
    for (size_t i = 0; i < s->known; i++)
        if (!strcmp(s->touched[i], id)) return true;
    if (s->known == SD_TOUCHED_MAX || !(s->touched[s->known] = copy_of(id, len))) return false;
    s->known++;
    return true;
}

static bool touch_guid(sd_snapshot *s, const char *guid)
{
    ls_doc *d = NULL;
    uint64_t doc;
    size_t len;
    if (ls_reader_find_guid(s->hidden, guid, strlen(guid), &doc, NULL) != LS_OK) return true;
    bool ok = ls_reader_head(&d, s->hidden, doc, NULL) == LS_OK;
    const char *id = ok ? ls_doc_id(d, &len) : NULL;
    ok = id && touch(s, id, len);
    ls_doc_free(d);
    return ok;
}

void sd_snapshot_touch(sd_snapshot *s, const sd_touched *t)
{
    bool ok = !t->many && !s->lost;
    for (size_t i = 0; ok && i < t->count; i++) {
        const char *id = t->names[2 * i], *guid = t->names[2 * i + 1];
        uint64_t doc;
        if (id && ls_reader_find(s->hidden, id, strlen(id), &doc, NULL) == LS_OK) ok = touch(s, id, strlen(id));
        if (ok && guid) ok = touch_guid(s, guid);
    }
    s->lost = !ok;
}

void sd_kept_touch(sd_kept *k, const sd_touched *t)
{
    for (size_t i = 0; i < k->count; i++) sd_snapshot_touch(k->at[i], t);
}

/* ---- what is kept ------------------------------------------------------------------------------------------------- */

static void leave(sd_kept *k, size_t i)
{
    sd_snapshot_drop(k->at[i]);
    k->count--;
    memmove(k->at + i, k->at + i + 1, (k->count - i) * sizeof *k->at);
}

void sd_kept_add(sd_kept *k, sd_snapshot *s, int64_t now)
{
    size_t oldest = 0;
    for (size_t i = 1; i < k->count; i++)
        if (k->at[i]->until < k->at[oldest]->until) oldest = i;
    if (k->count == SD_KEPT_MAX) leave(k, oldest);
    s->until = now + SD_KEPT_MS;
    k->at[k->count++] = s;
}

void sd_kept_settle(sd_kept *k, int64_t now)
{
    for (size_t i = k->count; i-- > 0;) {
        k->at[i]->touched_count = k->at[i]->known;
        if (k->at[i]->lost || k->at[i]->until <= now) leave(k, i);
    }
}

sd_snapshot *sd_kept_find(sd_kept *k, uint64_t generation, bool hidden, int64_t now)
{
    for (size_t i = k->count; i-- > 0;) {
        sd_snapshot *s = k->at[i];
        if ((hidden ? s->commit : s->generation) != generation || s->until <= now) continue;
        s->until = now + SD_KEPT_MS;
        return s;
    }
    return NULL;
}

void sd_kept_clear(sd_kept *k)
{
    while (k->count) leave(k, k->count - 1);
}
