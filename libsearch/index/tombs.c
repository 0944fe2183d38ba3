/* tombs.c — owns tombstones: the file tombs-<generation>, and the set from which a writer makes the next one. A commit
 * that changes any writes all of them anew; they are few, and looked up far more often than made. Ignorant of documents.
 *
 * FORMAT (a framed file of kind 4; little-endian)
 *   section 1, index     u32 layout: 1 · u32 tombstones · for each: u64 where it begins in section 2
 *   section 2, records   one behind the other: i64 version, 0: not known · i64 time, ms since 1970 · u32 bytes of the id,
 *                        u32 of the guid, u32 of the reason · id, 0, guid, 0, reason, 0
 *   section 3, ids       hashes (codec/hashes.c) of the ids of those that have one, with their places in section 1
 *   section 4, guids     the same of their guids
 * A tombstone has an id or a guid or both; no two have the same id, or the same guid.
 *
 * Example: guid "g", killed at 5: section 1 is 01000000 01000000 0000000000000000, section 2 is eight zeros,
 * 0500000000000000 00000000 01000000 00000000 · 00 67 00 00, section 3 is empty, section 4 XXH3-64("g") and 00000000.
 *
 * THE SET keeps what was lifted until the next commit, so that a rollback cannot fail: entries of one name form a chain,
 * the newest first, of which at most one is there. */
#include "libsearch/index/tombs.h"
#include "libsearch/codec/read.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"

enum { TOMBS_INDEX = 1, TOMBS_RECORDS = 2, TOMBS_IDS = 3, TOMBS_GUIDS = 4 };
#define TOMBS_LAYOUT 1u
#define HEAD_BYTES   8u
#define RECORD_BYTES 28u

/* ---- reading ---- */

static int read_head(lsi_tombs *t, ls_error *err)
{
    const uint8_t *p = lsi_section_get(t->index, 0, HEAD_BYTES, err);
    if (!p) return lsi_read_failed(err);
    if (lsi_get32(p) > TOMBS_LAYOUT)
        return lsi_fail_at(err, LS_TOO_NEW, lsi_frame_name(t->frame), t->index->file_offset,
                           "tombstones of layout %u, this library reads 1", lsi_get32(p));
    t->count = lsi_get32(p + 4);
    if (lsi_get32(p) != TOMBS_LAYOUT || t->index->bytes != HEAD_BYTES + 8ull * t->count)
        return lsi_section_corrupt(t->index, 0, err, "layout 1 and a place for each tombstone");
    int rc = lsi_hashes_open(&t->names[LSI_TOMB_ID], lsi_frame_find(t->frame, TOMBS_IDS), err);
    return rc ? rc : lsi_hashes_open(&t->names[LSI_TOMB_GUID], lsi_frame_find(t->frame, TOMBS_GUIDS), err);
}

static lsi_tombs *new_tombs(uint64_t generation, char name[LSI_NAME_BYTES], ls_error *err)
{
    lsi_tombs *t = lsi_calloc(1, sizeof *t);
    if (!t) {
        lsi_fail_nomem(err);
        return NULL;
    }
    t->refs = 1;
    t->generation = generation;
    lsi_name_make(name, LSI_NAME_TOMBS, generation);
    return t;
}

int lsi_tombs_open(lsi_tombs **out, lsi_dir *dir, uint64_t generation, uint64_t bytes, uint64_t sum, bool use_mmap,
                   ls_error *err)
{
    char name[LSI_NAME_BYTES];
    *out = NULL;
    if (!generation) return LS_OK;
    lsi_tombs *t = new_tombs(generation, name, err);
    if (!t) return LS_NOMEM;
    int rc = lsi_frame_open(&t->frame, dir, name, LSI_FILE_TOMBS, use_mmap, bytes, sum, err);
    if (!rc) rc = lsi_frame_check_types(t->frame, TOMBS_GUIDS, err);
    if (!rc) {
        t->index = lsi_frame_find(t->frame, TOMBS_INDEX);
        t->records = lsi_frame_find(t->frame, TOMBS_RECORDS);
        rc = read_head(t, err);
    }
    if (rc) lsi_tombs_release(t);
    else *out = t;
    return rc;
}

void lsi_tombs_retain(lsi_tombs *t)
{
    __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
}

void lsi_tombs_release(lsi_tombs *t)
{
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL)) return;
    lsi_frame_close(t->frame);
    lsi_free(t);
}

/* The record at a place of its section; *bytes: how long it is. */
static int read_record(const lsi_tombs *t, uint64_t at, lsi_tomb *out, uint64_t *bytes, ls_error *err)
{
    const uint8_t *p = lsi_section_get(t->records, at, RECORD_BYTES, err);
    memset(out, 0, sizeof *out);
    if (!p) return lsi_read_failed(err);
    out->version = (int64_t)lsi_get64(p);
    out->time = (int64_t)lsi_get64(p + 8);
    out->id_len = lsi_get32(p + 16);
    out->guid_len = lsi_get32(p + 20);
    out->reason_len = lsi_get32(p + 24);
    uint64_t texts = (uint64_t)out->id_len + out->guid_len + out->reason_len + 3;
    if (!(p = lsi_section_get(t->records, at + RECORD_BYTES, texts, err))) return lsi_read_failed(err);
    out->id = (const char *)p;
    out->guid = out->id + out->id_len + 1;
    out->reason = out->guid + out->guid_len + 1;
    *bytes = RECORD_BYTES + texts;
    if (out->guid[-1] || out->reason[-1] || out->reason[out->reason_len])
        return lsi_section_corrupt(t->records, at, err, "a zero byte behind each text");
    return LS_OK;
}

int lsi_tombs_at(const lsi_tombs *t, size_t i, lsi_tomb *out, ls_error *err)
{
    uint64_t bytes;
    memset(out, 0, sizeof *out);
    if (!t || i >= t->count) return lsi_fail(err, LS_NOTFOUND, "there is no such tombstone");
    const uint8_t *p = lsi_section_get(t->index, HEAD_BYTES + 8 * i, 8, err);
    return p ? read_record(t, lsi_get64(p), out, &bytes, err) : lsi_read_failed(err);
}

static bool has_name(const lsi_tomb *t, lsi_tomb_key key, const char *name, size_t len)
{
    const char *have = key == LSI_TOMB_ID ? t->id : t->guid;
    return len && len == (key == LSI_TOMB_ID ? t->id_len : t->guid_len) && !memcmp(have, name, len);
}

int lsi_tombs_find(const lsi_tombs *t, lsi_tomb_key key, const char *name, size_t len, lsi_tomb *out, ls_error *err)
{
    uint32_t from = 0, to = 0, number;
    uint64_t hash;
    int rc = t && len ? lsi_hashes_find(&t->names[key], lsi_hash64(name, len), &from, &to, err) : LS_OK;
    for (; !rc && from < to; from++) {
        rc = lsi_hashes_get(&t->names[key], from, &hash, &number, err);
        if (!rc && number >= t->count)
            rc = lsi_section_corrupt(t->names[key].section, 0, err, "numbers of tombstones that are there");
        if (!rc) rc = lsi_tombs_at(t, number, out, err);
        if (!rc && has_name(out, key, name, len)) return LS_OK;
    }
    memset(out, 0, sizeof *out);
    return rc ? rc : lsi_fail(err, LS_NOTFOUND, "no tombstone has this name");
}

/* Each record lies behind the one before, and is found by what names it has. */
static int verify_records(const lsi_tombs *t, ls_error *err)
{
    uint64_t end = 0;
    uint32_t named[2] = {0, 0};
    for (uint32_t i = 0; i < t->count; i++) {
        lsi_tomb x, found;
        int rc = lsi_tombs_at(t, i, &x, err);
        if (rc) return rc;
        const uint8_t *p = lsi_section_get(t->index, HEAD_BYTES + 8ull * i, 8, err);
        if (!p) return lsi_read_failed(err);
        if (lsi_get64(p) != end || (!x.id_len && !x.guid_len))
            return lsi_section_corrupt(t->index, HEAD_BYTES + 8ull * i, err, "tombstones one behind the other");
        end += (uint64_t)RECORD_BYTES + x.id_len + x.guid_len + x.reason_len + 3;
        named[LSI_TOMB_ID] += x.id_len > 0;
        named[LSI_TOMB_GUID] += x.guid_len > 0;
        if (x.id_len) rc = lsi_tombs_find(t, LSI_TOMB_ID, x.id, x.id_len, &found, err);
        if (!rc && x.guid_len) rc = lsi_tombs_find(t, LSI_TOMB_GUID, x.guid, x.guid_len, &found, err);
        if (rc == LS_NOTFOUND) return lsi_section_corrupt(t->names[0].section, 0, err, "hashes of every name");
        if (rc) return rc;
    }
    if (end != t->records->bytes)
        return lsi_section_corrupt(t->records, end, err, "tombstones that fill their section");
    for (int k = 0; k < 2; k++)
        if (t->names[k].count != named[k])
            return lsi_section_corrupt(t->names[k].section, 0, err, "a hash for each name, and no more");
    return LS_OK;
}

int lsi_tombs_verify(lsi_tombs *t, ls_fault_fn *fault, void *ctx, uint64_t *faults, ls_error *err)
{
    int rc = lsi_frame_verify(t->frame, fault, ctx, faults, err);
    if (rc || *faults) return rc;
    ls_error found;
    lsi_error_clear(&found);
    rc = verify_records(t, &found);
    for (int k = 0; !rc && k < 2; k++) rc = lsi_hashes_verify(&t->names[k], t->count, &found);
    if (rc == LS_CORRUPT) ++*faults;
    if (rc == LS_CORRUPT && fault) fault(ctx, &found, "tombstones");
    if (rc && err) *err = found;
    return rc;
}

/* ---- what can be read of a damaged file ---- */

int lsi_tombs_open_damaged(lsi_tombs **out, lsi_dir *dir, uint64_t generation, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    lsi_tombs *t = *out = new_tombs(generation, name, err);
    if (!t) return LS_NOMEM;
    int rc = lsi_frame_open_damaged(&t->frame, dir, name, LSI_FILE_TOMBS, err);
    if (!rc) {
        t->index = lsi_frame_find(t->frame, TOMBS_INDEX);
        t->records = lsi_frame_find(t->frame, TOMBS_RECORDS);
        t->count = t->index->bytes >= HEAD_BYTES ? (uint32_t)LSI_MIN(t->index->bytes / 8 - 1, UINT32_MAX) : UINT32_MAX;
        return LS_OK;
    }
    lsi_tombs_release(t);
    *out = NULL;
    return rc;
}

int lsi_tombs_rescue(const lsi_tombs *t, lsi_tomb_walk *w, lsi_tomb *out, ls_error *err)
{
    uint64_t bytes, at = w->at, end = t->records->bytes;
    const uint8_t *p = NULL;
    if (w->next == t->count || (t->count == UINT32_MAX && at >= end))
        return lsi_fail(err, LS_NOTFOUND, "there are no more tombstones");
    if (t->count != UINT32_MAX) p = lsi_section_get(t->index, HEAD_BYTES + 8ull * w->next, 8, NULL);
    if (p) at = lsi_get64(p);
    w->next++;
    w->at = end;
    if (at >= end) return lsi_section_corrupt(t->records, end, err, "a tombstone, whose place is lost");
    int rc = read_record(t, at, out, &bytes, err);
    if (!rc) w->at = at + bytes;
    return rc;
}

/* ---- the set ---- */

void lsi_tomb_set_init(lsi_tomb_set *s)
{
    memset(s, 0, sizeof *s);
    for (int k = 0; k < 2; k++) lsi_map_init(&s->names[k]);
    lsi_arena_init(&s->texts);
}

void lsi_tomb_set_clear(lsi_tomb_set *s)
{
    for (int k = 0; k < 2; k++) lsi_map_clear(&s->names[k]);
    lsi_arena_clear(&s->texts);
    lsi_free(s->entries);
    memset(s, 0, sizeof *s);
}

lsi_tomb_entry *lsi_tomb_set_find(lsi_tomb_set *s, lsi_tomb_key key, const char *name, size_t len)
{
    uint32_t n = len ? lsi_map_get(&s->names[key], name, len) : LSI_MAP_NONE;
    while (n != LSI_MAP_NONE && !s->entries[n].there) n = s->entries[n].before[key];
    return n == LSI_MAP_NONE ? NULL : &s->entries[n];
}

int lsi_tomb_set_add(lsi_tomb_set *s, const lsi_tomb *t, ls_error *err)
{
    if (s->count >= LSI_MAP_NONE - 1) return lsi_fail(err, LS_LIMIT, "there are 2^32 tombstones already");
    if (!LSI_ROOM(s->entries, s->count + 1, s->cap)) return lsi_fail_nomem(err);
    lsi_tomb_entry *e = &s->entries[s->count];
    uint32_t *slots[2] = {NULL, NULL};
    *e = (lsi_tomb_entry){.t = *t, .there = true, .before = {LSI_MAP_NONE, LSI_MAP_NONE}};
    e->t.id = lsi_arena_dup(&s->texts, t->id_len ? t->id : "", t->id_len);
    e->t.guid = lsi_arena_dup(&s->texts, t->guid_len ? t->guid : "", t->guid_len);
    e->t.reason = lsi_arena_dup(&s->texts, t->reason_len ? t->reason : "", t->reason_len);
    if (!e->t.id || !e->t.guid || !e->t.reason) return lsi_fail_nomem(err);
    if (t->id_len && !(slots[LSI_TOMB_ID] = lsi_map_put(&s->names[LSI_TOMB_ID], t->id, t->id_len)))
        return lsi_fail_nomem(err);
    if (t->guid_len && !(slots[LSI_TOMB_GUID] = lsi_map_put(&s->names[LSI_TOMB_GUID], t->guid, t->guid_len)))
        return lsi_fail_nomem(err); /* the id's slot may be new: it has no number, which is none */
    for (int k = 0; k < 2; k++) {
        if (!slots[k]) continue;
        e->before[k] = *slots[k];
        *slots[k] = (uint32_t)s->count;
    }
    s->count++;
    s->changed = true;
    return LS_OK;
}

void lsi_tomb_set_lift(lsi_tomb_set *s, lsi_tomb_entry *e)
{
    e->there = false;
    s->changed = true;
}

void lsi_tomb_set_commit(lsi_tomb_set *s)
{
    for (size_t i = 0; i < s->count; i++) s->entries[i].was_there = s->entries[i].there;
    s->changed = false;
}

void lsi_tomb_set_rollback(lsi_tomb_set *s)
{
    for (size_t i = 0; i < s->count; i++) s->entries[i].there = s->entries[i].was_there;
    s->changed = false;
}

int lsi_tomb_set_load(lsi_tomb_set *s, const lsi_tombs *t, ls_error *err)
{
    int rc = LS_OK;
    for (size_t i = 0; !rc && t && i < t->count; i++) {
        lsi_tomb x;
        rc = lsi_tombs_at(t, i, &x, err);
        if (!rc) rc = lsi_tomb_set_add(s, &x, err);
    }
    lsi_tomb_set_commit(s);
    return rc;
}

/* ---- writing ---- */

static void put_record(lsi_sink *s, const lsi_tomb *t)
{
    lsi_sink_put64(s, (uint64_t)t->version);
    lsi_sink_put64(s, (uint64_t)t->time);
    lsi_sink_put32(s, t->id_len);
    lsi_sink_put32(s, t->guid_len);
    lsi_sink_put32(s, t->reason_len);
    lsi_sink_put(s, t->id, (size_t)t->id_len + 1);
    lsi_sink_put(s, t->guid, (size_t)t->guid_len + 1);
    lsi_sink_put(s, t->reason, (size_t)t->reason_len + 1);
}

static void put_all(const lsi_tomb_set *s, uint32_t count, lsi_sink **to, lsi_hash_pair *pairs)
{
    lsi_sink_put32(to[TOMBS_INDEX], TOMBS_LAYOUT);
    lsi_sink_put32(to[TOMBS_INDEX], count);
    for (size_t i = 0; i < s->count; i++) {
        if (!s->entries[i].there) continue;
        lsi_sink_put64(to[TOMBS_INDEX], lsi_sink_at(to[TOMBS_RECORDS]));
        put_record(to[TOMBS_RECORDS], &s->entries[i].t);
    }
    for (int k = 0; k < 2; k++) {
        size_t n = 0;
        uint32_t number = 0;
        for (size_t i = 0; i < s->count; i++) {
            const lsi_tomb *t = &s->entries[i].t;
            const char *name = k == LSI_TOMB_ID ? t->id : t->guid;
            size_t len = k == LSI_TOMB_ID ? t->id_len : t->guid_len;
            if (!s->entries[i].there) continue;
            if (len) pairs[n++] = (lsi_hash_pair){lsi_hash64(name, len), number};
            number++;
        }
        lsi_hashes_write(to[k == LSI_TOMB_ID ? TOMBS_IDS : TOMBS_GUIDS], pairs, n);
    }
}

int lsi_tomb_set_write(const lsi_tomb_set *s, lsi_dir *dir, uint64_t generation, bool sync, uint64_t *bytes,
                       uint64_t *sum, ls_error *err)
{
    char name[LSI_NAME_BYTES];
    lsi_frame_writer *w;
    lsi_sink *to[TOMBS_GUIDS + 1] = {NULL};
    uint32_t count = 0;
    bool have = true;
    *bytes = *sum = 0;
    for (size_t i = 0; i < s->count; i++) count += s->entries[i].there;
    if (!count) return LS_OK;
    lsi_hash_pair *pairs = lsi_calloc(count, sizeof *pairs);
    if (!pairs) return lsi_fail_nomem(err);
    lsi_name_make(name, LSI_NAME_TOMBS, generation);
    int rc = lsi_frame_create(&w, dir, name, LSI_FILE_TOMBS, generation, err);
    if (!rc) {
        for (uint32_t i = TOMBS_INDEX; i <= TOMBS_GUIDS; i++) have &= (to[i] = lsi_frame_section(w, i, false)) != NULL;
        if (have) put_all(s, count, to, pairs);
        rc = lsi_frame_finish(w, sync, bytes, sum, err); /* tells a section that could not be had */
    }
    lsi_free(pairs);
    return rc;
}
