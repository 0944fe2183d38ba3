/* salvage.c — owns the making of a new index from what is sound of a damaged one. Only reads the old one, takes no lock
 * of it. Ignorant of how a damaged segment is read (segment/rescue.c).
 *
 * WHAT IS TAKEN FOR THE INDEX
 *   1. MANIFEST, or what stands in for it after a crash (manifest.c), where it is sound. A segment that verifies, with
 *      its live file, is then copied as it is, with all that cannot be made anew (fields that were not stored). Of every
 *      other segment the documents are added anew, behind the copied ones.
 *   2. Else what is left of a manifest: its schema, and its list of segments. Nothing is copied.
 *   3. Else every segment file of the directory by rising generation, with the newest live file that names it, under the
 *      schema of the caller, or the news schema where the segments were written under one like it. Some of these files
 *      may be orphans or have been merged into others: documents then come twice.
 *
 * DOCUMENTS THAT COME TWICE, and old versions that come back because a live file is lost, meet the writer's own rule: a
 * lower version than the one that is there is dropped, an equal document as well. Where two differ and have one
 * version, the later one is taken, for segments come by age.
 *
 * The new index is made beside its name and renamed at the end: half of it never looks like all of it. */
#include "libsearch/index/maintain.h"
#include "libsearch/index/manifest.h"
#include "libsearch/index/tombs.h"
#include "libsearch/index/writer.h"
#include "libsearch/segment/merge.h"
#include "libsearch/segment/rescue.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include <errno.h>
#include <stdlib.h>

#define DEFAULT_MEMORY ((size_t)256 << 20)
#define PART_SUFFIX    ".part"

typedef struct salvage {
    const ls_salvage_options *o;
    ls_salvage_report *out;
    lsi_dir *dir;
    lsi_manifest *m;   /* the commit, or what is left of it; NULL: nothing */
    bool known;        /* m is sound: sums of files, and who is deleted, are right */
    ls_schema *schema; /* owned: of m, or the caller's, or the news schema */
    bool guessed;      /* the last of these: to be held against each segment */
    lsi_segment_info *segments;
    size_t count, cap;
    bool *copied;    /* for each segment */
    uint64_t *lives; /* generations of live files, while the directory is listed */
    size_t live_count, live_cap;
    uint64_t newest_temp, tombs; /* generations; tombs: of what was not copied, the newest; 0: none */
    char *part;                  /* the path of the new index while it is made */
    ls_writer *w;
    ls_doc *d;
} salvage;

static void on_fault(void *ctx, const ls_error *why, const char *what)
{
    salvage *s = ctx;
    s->out->faults++;
    if (s->o->fault) s->o->fault(s->o->ctx, why, what);
}

/* Damage, as opposed to what the machine refuses now: told, and done without. */
static bool is_damage(int rc, const ls_error *why)
{
    return rc == LS_CORRUPT || rc == LS_NOTFOUND || rc == LS_TOO_OLD || (rc == LS_IO && why->sys_errno == EIO);
}

static int give_up(int rc, const ls_error *why, ls_error *err)
{
    if (err) *err = *why;
    return rc;
}

/* ---- what there is ---- */

static int look_at(void *ctx, const char *name)
{
    salvage *s = ctx;
    uint64_t generation;
    lsi_name_kind kind = lsi_name_parse(name, &generation);
    if (kind == LSI_NAME_SEGMENT) {
        if (!LSI_ROOM(s->segments, s->count + 1, s->cap)) return LS_NOMEM;
        s->segments[s->count++] = (lsi_segment_info){.generation = generation};
    } else if (kind == LSI_NAME_LIVE) {
        if (!LSI_ROOM(s->lives, s->live_count + 1, s->live_cap)) return LS_NOMEM;
        s->lives[s->live_count++] = generation;
    } else if (kind == LSI_NAME_TOMBS) {
        s->tombs = LSI_MAX(s->tombs, generation);
    } else if (kind == LSI_NAME_TEMP) {
        s->newest_temp = LSI_MAX(s->newest_temp, generation);
    }
    return LS_OK;
}

static int by_generation(const void *a, const void *b)
{
    const lsi_segment_info *x = a, *y = b;
    return x->generation < y->generation ? -1 : x->generation > y->generation;
}

/* The segments of the directory by age, each with the newest live file of its own. */
static int list_files(salvage *s, ls_error *err)
{
    int rc = lsi_dir_list(s->dir, look_at, s, err);
    if (rc == LS_NOMEM) lsi_fail_nomem(err);
    if (rc) return rc;
    if (s->count) qsort(s->segments, s->count, sizeof *s->segments, by_generation);
    for (size_t i = 0; i < s->live_count; i++) {
        uint64_t of = 0;
        ls_error why;
        rc = lsi_rescue_live_of(&of, s->dir, s->lives[i], &why);
        if (rc && !is_damage(rc, &why)) return give_up(rc, &why, err);
        if (rc) on_fault(s, &why, "live");
        for (size_t k = 0; k < s->count; k++)
            if (s->segments[k].generation == of)
                s->segments[k].live_generation = LSI_MAX(s->segments[k].live_generation, s->lives[i]);
    }
    return LS_OK;
}

static int rescue_manifest(salvage *s, const char *name, bool may_list, ls_error *err)
{
    ls_error why;
    bool listed;
    if (s->m) return LS_OK;
    int rc = lsi_manifest_rescue(&s->m, &listed, s->dir, name, &why);
    if (rc && !is_damage(rc, &why)) return give_up(rc, &why, err);
    if (rc || !listed || !may_list) return LS_OK;
    lsi_segment_info *list = lsi_calloc(s->m->count, sizeof *list);
    if (!list) return lsi_fail_nomem(err);
    if (s->m->count) memcpy(list, s->m->segments, s->m->count * sizeof *list);
    lsi_free(s->segments);
    s->segments = list;
    s->count = s->cap = s->m->count;
    return LS_OK;
}

/* Cases 2 and 3 of the head comment. A manifest on its way to its name tells the schema, not what was committed. */
static int find_rest(salvage *s, ls_error *err)
{
    char temp[LSI_NAME_BYTES];
    int rc = list_files(s, err);
    if (!rc && !s->count)
        return lsi_fail(err, LS_NOTFOUND, "%s: there is nothing of an index here", lsi_dir_path(s->dir));
    lsi_name_make(temp, LSI_NAME_TEMP, s->newest_temp);
    if (!rc) rc = rescue_manifest(s, LSI_NAME_MANIFEST, true, err);
    if (!rc) rc = rescue_manifest(s, LSI_NAME_DURABLE, true, err);
    if (!rc && s->newest_temp) rc = rescue_manifest(s, temp, false, err);
    if (rc) return rc;
    if (s->m) return lsi_schema_copy(&s->schema, s->m->schema, err);
    s->guessed = true;
    return s->o->schema ? lsi_schema_copy(&s->schema, s->o->schema, err) : lsi_schema_news(&s->schema, err);
}

static int find_all(salvage *s, ls_error *err)
{
    ls_error why;
    int rc = lsi_manifest_read(&s->m, NULL, s->dir, &why);
    if (rc && !is_damage(rc, &why)) return give_up(rc, &why, err);
    if (rc) {
        on_fault(s, &why, "manifest");
        rc = find_rest(s, err);
    } else {
        s->known = true;
        s->segments = lsi_calloc(s->m->count, sizeof *s->segments);
        if (!s->segments) return lsi_fail_nomem(err);
        s->count = s->m->count;
        if (s->count) memcpy(s->segments, s->m->segments, s->count * sizeof *s->segments);
        rc = lsi_schema_copy(&s->schema, s->m->schema, err);
    }
    s->out->segments = s->count;
    s->copied = rc ? NULL : lsi_calloc(s->count, sizeof *s->copied);
    return rc || s->copied ? rc : lsi_fail_nomem(err);
}

/* ---- what is copied ---- */

static int is_sound(salvage *s, const lsi_segment_info *x, bool *sound, ls_error *err)
{
    lsi_segment *seg = NULL;
    lsi_live *live = NULL;
    ls_error why;
    uint64_t faults = 0;
    *sound = false;
    int rc = lsi_segment_open(&seg, s->dir, x, s->schema, false, &why);
    const char *what = rc ? "segment" : "live";
    if (!rc) rc = lsi_live_open(&live, s->dir, seg, x, false, &why);
    bool opened = !rc;
    if (!rc) rc = lsi_segment_verify(seg, live, on_fault, s, &faults, &why);
    lsi_live_release(live);
    lsi_segment_release(seg);
    if (rc && !is_damage(rc, &why)) return give_up(rc, &why, err);
    if (rc && !opened) on_fault(s, &why, what);
    *sound = !rc && !faults;
    return LS_OK;
}

/* The tombstones' file goes along where it is sound. */
static int judge_tombs(salvage *s, lsi_manifest *m, ls_error *err)
{
    lsi_tombs *t = NULL;
    ls_error why;
    uint64_t faults = 0;
    int rc = lsi_tombs_open(&t, s->dir, m->tombs_generation, m->tombs_bytes, m->tombs_sum, false, &why);
    bool opened = !rc;
    if (t) rc = lsi_tombs_verify(t, on_fault, s, &faults, &why);
    lsi_tombs_release(t);
    if (rc && !is_damage(rc, &why)) return give_up(rc, &why, err);
    if (!rc && !faults) return LS_OK;
    if (!opened) on_fault(s, &why, "tombstones");
    s->tombs = m->tombs_generation;
    m->tombs_generation = m->tombs_bytes = m->tombs_sum = 0;
    return LS_OK;
}

/* Case 1: the sound segments under a manifest of their own. */
static int copy_sound(salvage *s, lsi_dir *to, ls_error *err)
{
    lsi_manifest *m = NULL;
    int rc = lsi_manifest_copy(&m, s->m, err);
    if (!rc && !(m->segments = lsi_calloc(s->count, sizeof *m->segments))) rc = lsi_fail_nomem(err);
    for (size_t i = 0; !rc && i < s->count; i++) {
        rc = is_sound(s, &s->segments[i], &s->copied[i], err);
        if (rc || !s->copied[i]) continue;
        m->segments[m->count++] = s->segments[i];
        s->out->documents += s->segments[i].doc_count - s->segments[i].deleted_count;
    }
    if (!rc) rc = judge_tombs(s, m, err);
    if (!rc) rc = lsi_io_random(m->uuid, sizeof m->uuid, err);
    if (!rc) rc = lsi_index_copy(s->dir, to, m, err);
    lsi_manifest_free(m);
    return rc;
}

/* ---- what is added anew ---- */

static void document_lost(salvage *s, uint64_t generation, lsi_doc doc, const ls_error *why)
{
    ls_error e = *why;
    lsi_fail_at(&e, why->code, *why->file ? why->file : lsi_dir_path(s->dir), why->offset,
                "document %u of segment %016llx is lost: %.300s", doc, (unsigned long long)generation, why->message);
    s->out->lost++;
    on_fault(s, &e, "document");
}

static void document_in_part(salvage *s, uint64_t generation, lsi_doc doc, unsigned lost, const char *id)
{
    ls_error e;
    lsi_fail(&e, LS_CORRUPT, "document %u of segment %016llx (now %.128s) is kept without its%s%s%s%s", doc,
             (unsigned long long)generation, id, lost & LSI_LOST_ID ? " id" : "",
             lost & LSI_LOST_VERSION ? " version" : "", lost & LSI_LOST_LANGUAGE ? " language" : "",
             lost & LSI_LOST_NUMBER ? " number" : "");
    s->out->in_part++;
    on_fault(s, &e, "document");
}

static int add_one(salvage *s, ls_added *added, ls_error *err)
{
    int rc = lsi_writer_add(s->w, s->d, false, added, err);
    if (rc || added->result != LS_CONFLICT) return rc;
    s->d->version = 0; /* the later one of two with one version */
    return lsi_writer_add(s->w, s->d, false, added, err);
}

static int add_document(salvage *s, lsi_rescue *r, uint64_t generation, lsi_doc doc, ls_error *err)
{
    ls_error why;
    unsigned lost = 0;
    ls_added added = {.size = sizeof added};
    lsi_error_clear(&why);
    int rc = lsi_rescue_doc(r, doc, s->d, &lost, &why);
    if (rc && !is_damage(rc, &why)) return give_up(rc, &why, err);
    if (!rc) rc = add_one(s, &added, &why);
    if (rc && rc != LS_LIMIT && rc != LS_SCHEMA && !is_damage(rc, &why)) return give_up(rc, &why, err);
    if (rc) document_lost(s, generation, doc, &why);
    else if (lost) document_in_part(s, generation, doc, lost, added.id);
    if (!rc && added.result == LS_CREATED) s->out->documents++;
    return LS_OK;
}

/* The schema that was guessed has to be like the one that the segment was written under: field numbers are all that
 * its documents know. */
static int check_guess(const salvage *s, const lsi_rescue *r, uint64_t generation, ls_error *err)
{
    if (!s->guessed || lsi_rescue_fits(r, s->schema)) return LS_OK;
    return lsi_fail(err, LS_CORRUPT, "%s: the schema is lost, and segment %016llx was not written under %s",
                    lsi_dir_path(s->dir), (unsigned long long)generation,
                    s->o->schema ? "the one given" : "the news schema: give the one it had");
}

/* Without a walk through them: their number may be what is damaged. */
static void rest_lost(salvage *s, const lsi_rescue *r, uint64_t generation, lsi_doc from)
{
    ls_error e;
    uint32_t n = lsi_rescue_live_from(r, from);
    if (!n) return;
    lsi_fail(&e, LS_CORRUPT, "%s: documents %u to %u of segment %016llx are lost: they have no place in its file",
             lsi_dir_path(s->dir), from, lsi_rescue_count(r) - 1, (unsigned long long)generation);
    s->out->lost += n;
    on_fault(s, &e, "document");
}

static int add_segment(salvage *s, const lsi_segment_info *x, ls_error *err)
{
    lsi_rescue *r;
    ls_error why;
    int rc = lsi_rescue_open(&r, s->dir, x, s->schema, on_fault, s, &why);
    if (rc && !is_damage(rc, &why)) return give_up(rc, &why, err);
    if (rc) {
        on_fault(s, &why, "segment");
        s->out->segments_lost++;
        s->out->lost += x->doc_count - x->deleted_count;
        return LS_OK;
    }
    rc = check_guess(s, r, x->generation, err);
    if (!rc && x->live_generation && (rc = lsi_rescue_live(r, s->dir, x->live_generation, &why))) {
        if (!is_damage(rc, &why)) rc = give_up(rc, &why, err);
        else {
            on_fault(s, &why, "live");
            s->out->undeleted += x->deleted_count;
            rc = LS_OK;
        }
    }
    for (lsi_doc doc = 0; !rc && doc < lsi_rescue_reach(r); doc++)
        if (!lsi_rescue_is_deleted(r, doc)) rc = add_document(s, r, x->generation, doc, err);
    if (!rc) rest_lost(s, r, x->generation, lsi_rescue_reach(r));
    lsi_rescue_close(r);
    return rc;
}

/* Killed stories stay killed: the tombstones that can still be read are set anew, before anything is added. */
static int bury(salvage *s, ls_error *err)
{
    lsi_tombs *t;
    lsi_tomb x;
    lsi_tomb_walk walk = {0, 0};
    ls_error why;
    int rc = lsi_tombs_open_damaged(&t, s->dir, s->tombs, &why);
    while (!rc) {
        ls_killed killed;
        rc = lsi_tombs_rescue(t, &walk, &x, &why);
        ls_kill_options o = {.size = sizeof o,
                             .id = x.id,
                             .guid = x.guid,
                             .reason = x.reason,
                             .version = x.version,
                             .id_len = x.id_len,
                             .guid_len = x.guid_len,
                             .reason_len = x.reason_len,
                             .time = x.time};
        if (!rc) rc = lsi_writer_kill(s->w, &o, &killed, &why);
        if (rc == LS_CORRUPT || rc == LS_INVALID || (rc == LS_IO && why.sys_errno == EIO)) {
            on_fault(s, &why, "tombstones"); /* invalid: names that no kill can have had */
            rc = LS_OK;
        }
    }
    if (!t && is_damage(rc, &why)) on_fault(s, &why, "tombstones");
    bool over = rc == LS_NOTFOUND || (!t && is_damage(rc, &why));
    lsi_tombs_release(t);
    return over ? LS_OK : give_up(rc, &why, err);
}

static int add_rest(salvage *s, ls_error *err)
{
    ls_writer_options o = {.size = sizeof o,
                           .flags = LS_WRITER_CREATE | LS_WRITER_NO_MERGE,
                           .schema = s->schema,
                           .memory_bytes = s->o->memory_bytes ? s->o->memory_bytes : DEFAULT_MEMORY};
    int rc = lsi_doc_new(&s->d, err);
    if (!rc) rc = lsi_writer_open(&s->w, s->part, &o, err);
    if (!rc && s->tombs) rc = bury(s, err);
    for (size_t i = 0; !rc && i < s->count; i++)
        if (!s->copied[i]) rc = add_segment(s, &s->segments[i], err);
    return rc ? rc : lsi_writer_commit(s->w, NULL, err);
}

/* ---- the whole ---- */

static int unlink_one(void *ctx, const char *name)
{
    lsi_dir_unlink(ctx, name, NULL);
    return LS_OK;
}

static int make_new(salvage *s, const char *to, ls_error *err)
{
    lsi_dir *part = NULL;
    int rc = lsi_dir_create_new(&part, s->part, err);
    if (rc) return rc; /* somebody else's */
    if (s->known) rc = copy_sound(s, part, err);
    if (!rc) rc = add_rest(s, err);
    lsi_writer_close(s->w);
    if (rc == LS_COMMIT_UNKNOWN) { /* a commit of what has no name yet: nothing is in place */
        rc = LS_IO;
        if (err) err->code = rc;
    }
    if (!rc) rc = lsi_dir_move(s->part, to, err);
    if (rc && rc != LS_COMMIT_UNKNOWN) {
        lsi_dir_list(part, unlink_one, part, NULL);
        lsi_dir_remove(s->part, NULL);
    }
    lsi_dir_close(part);
    return rc;
}

int lsi_index_salvage(const char *path, const char *to, const ls_salvage_options *o, ls_salvage_report *out,
                      ls_error *err)
{
    salvage s = {.o = o, .out = out};
    lsi_dir *there;
    size_t n = strlen(to);
    *out = (ls_salvage_report){.size = sizeof *out};
    if (!lsi_dir_open(&there, to, NULL)) {
        lsi_dir_close(there);
        return lsi_fail(err, LS_EXISTS, "%s: is there already", to);
    }
    while (n > 1 && to[n - 1] == '/') n--;
    s.part = lsi_calloc(n + sizeof PART_SUFFIX, 1);
    if (!s.part) return lsi_fail_nomem(err);
    memcpy(s.part, to, n);
    memcpy(s.part + n, PART_SUFFIX, sizeof PART_SUFFIX);
    int rc = lsi_dir_open(&s.dir, path, err);
    if (!rc) rc = find_all(&s, err);
    if (!rc) rc = make_new(&s, to, err);
    lsi_doc_free(s.d);
    lsi_schema_free(s.schema);
    lsi_manifest_free(s.m);
    lsi_free(s.segments);
    lsi_free(s.copied);
    lsi_free(s.lives);
    lsi_free(s.part);
    lsi_dir_close(s.dir);
    return rc;
}
