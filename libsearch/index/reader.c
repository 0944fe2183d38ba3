/* reader.c — owns the reader's handle and the watch by which a refresh sees with one stat whether anything was
 * committed. Ignorant of queries.
 *
 * WHY THE MANIFEST STAYS OPEN. A refresh compares device, inode, size and time of the name MANIFEST with those of the
 * file that the reader opened. Without the open descriptor:
 *   1. Reader A opens commit 7, whose manifest is inode 100, and closes it.
 *   2. The writer commits 8 as inode 101; inode 100 has no name and no descriptor, and is free.
 *   3. The writer commits 9. The file system gives inode 100 again; the size is the same, and the clock of mtime need
 *      not have ticked in between.
 *   4. A stats MANIFEST, sees inode 100, and believes that 7 is still the present commit.
 * With the descriptor held, inode 100 is not free in 2, so that a MANIFEST of inode 100 is commit 7. */
#include "libsearch/index/snapshot.h"
#include "libsearch/index/watch.h"
#include "libsearch/store/names.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"
#include <stdlib.h>

struct lsi_manifest_watch {
    lsi_frame *file;
    lsi_file_id id;
};

int lsi_watch_new(lsi_manifest_watch **out, lsi_frame *file, ls_error *err)
{
    lsi_manifest_watch *w = lsi_calloc(1, sizeof *w);
    *out = NULL;
    int rc = w ? lsi_frame_file_id(file, &w->id, err) : lsi_fail_nomem(err);
    if (rc) {
        lsi_free(w);
        lsi_frame_close(file);
        return rc;
    }
    w->file = file;
    *out = w;
    return LS_OK;
}

void lsi_watch_free(lsi_manifest_watch *w)
{
    if (!w) return;
    lsi_frame_close(w->file);
    lsi_free(w);
}

int lsi_watch_changed(const lsi_manifest_watch *w, lsi_dir *dir, bool *changed, ls_error *err)
{
    lsi_file_id now;
    int rc = lsi_dir_stat(dir, LSI_NAME_MANIFEST, &now, err);
    *changed = !rc && (now.device != w->id.device || now.inode != w->id.inode || now.bytes != w->id.bytes ||
                       now.mtime_ns != w->id.mtime_ns);
    return rc;
}

/* Takes over dir. */
static int open_in(ls_reader **out, lsi_dir *dir, lsi_snapshot *old, bool use_mmap, ls_error *err)
{
    *out = NULL;
    ls_reader *r = lsi_calloc(1, sizeof *r);
    int rc = r ? LS_OK : lsi_fail_nomem(err);
    if (!r) lsi_dir_close(dir);
    else {
        r->dir = dir;
        r->use_mmap = use_mmap;
        rc = lsi_snapshot_open(&r->snap, &r->watch, dir, old, use_mmap, err);
    }
    if (rc) lsi_reader_close(r);
    else *out = r;
    return rc;
}

int lsi_reader_open(ls_reader **out, const char *path, bool use_mmap, ls_error *err)
{
    lsi_dir *dir;
    *out = NULL;
    int rc = lsi_dir_open(&dir, path, err);
    return rc ? rc : open_in(out, dir, NULL, use_mmap, err);
}

int lsi_reader_refresh(ls_reader **newer, const ls_reader *r, ls_error *err)
{
    bool changed;
    *newer = NULL;
    int rc = lsi_watch_changed(r->watch, r->dir, &changed, err);
    if (rc || !changed) return rc;
    lsi_dir_retain(r->dir);
    return open_in(newer, r->dir, r->snap, r->use_mmap, err);
}

void lsi_reader_close(ls_reader *r)
{
    if (!r) return;
    if (r->scratch && r->scratch_free) r->scratch_free(r->scratch);
    lsi_snapshot_release(r->snap);
    lsi_watch_free(r->watch);
    lsi_dir_close(r->dir);
    lsi_free(r);
}

/* ---- statistics ---- */

static uint64_t section_bytes(const lsi_segment *s, const uint32_t *types)
{
    uint64_t n = 0;
    for (; *types; types++) n += lsi_frame_find(s->frame, *types)->bytes;
    return n;
}

/* Postings of all lists, positions of the combined one, deleted documents' too: by a walk over the dictionary. */
static int count_postings(const lsi_segment *s, ls_stats *out, ls_error *err)
{
    lsi_terms_iter it;
    int rc;
    lsi_terms_iter_init(&it, &s->terms);
    while ((rc = lsi_terms_iter_next(&it, err)) == 1) {
        out->postings += it.list.df;
        out->positions += it.list.cf;
    }
    lsi_terms_iter_clear(&it);
    uint64_t others = 0;
    if (!rc) rc = lsi_terms_other_postings(&s->terms, &others, err);
    out->postings += others;
    return rc;
}

static int by_falling_count(const void *a, const void *b)
{
    const ls_language_count *x = a, *y = b;
    if (x->documents != y->documents) return x->documents < y->documents ? 1 : -1;
    return strcmp(x->language, y->language);
}

static void count_languages(const lsi_snapshot *s, ls_stats *out)
{
    ls_language_count all[LSI_COUNTOF(s->language_docs)];
    size_t n = 0;
    for (size_t k = 0; k < LSI_COUNTOF(all) && k < lsi_lang_count(); k++)
        if (s->language_docs[k]) all[n++] = (ls_language_count){lsi_lang_name((int)k), s->language_docs[k]};
    qsort(all, n, sizeof *all, by_falling_count);
    out->language_count = LSI_MIN(n, LSI_COUNTOF(out->languages));
    memcpy(out->languages, all, out->language_count * sizeof *all);
}

int lsi_reader_stats(const ls_reader *r, ls_stats *out, ls_error *err)
{
    static const uint32_t postings[] = {LSI_SEC_FACTS, LSI_SEC_POSTINGS, LSI_SEC_RANGES, 0};
    static const uint32_t positions[] = {LSI_SEC_POSITIONS, 0};
    static const uint32_t forms[] = {LSI_SEC_FORM_STREAM, 0};
    static const uint32_t stored[] = {LSI_SEC_STORED_INDEX, LSI_SEC_STORED, LSI_SEC_STORED_DICT, 0};
    static const uint32_t dictionary[] = {LSI_SEC_TERM_INDEX, LSI_SEC_TERM_BLOCKS, LSI_SEC_TERM_LISTS,
                                          LSI_SEC_FORM_INDEX, LSI_SEC_FORM_BLOCKS, 0};
    const lsi_snapshot *s = r->snap;
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    out->generation = s->generation;
    out->documents = s->documents;
    out->deleted = s->deleted;
    out->segments = s->count;
    out->words = s->word_sum;
    out->created = s->created;
    out->stale_analyzer = s->stale_analyzer;
    count_languages(s, out);
    for (size_t i = 0; i < s->count; i++) {
        const lsi_segment *seg = s->segments[i].seg;
        out->bytes += lsi_frame_bytes(seg->frame);
        if (s->segments[i].live) out->bytes += lsi_frame_bytes(s->segments[i].live->frame);
        out->terms += seg->terms.count;
        out->forms += seg->forms.count;
        out->postings_bytes += section_bytes(seg, postings);
        out->positions_bytes += section_bytes(seg, positions);
        out->forms_bytes += section_bytes(seg, forms);
        out->stored_bytes += section_bytes(seg, stored);
        out->dictionary_bytes += section_bytes(seg, dictionary);
        int rc = count_postings(seg, out, err);
        if (rc) return rc;
    }
    return LS_OK;
}
