/* copies_flush.c — owns the shingles of documents in memory, and what becomes of them in the segment they are written
 * to: numbered anew, of each text once, with the relations found. Ignorant of words and postings. */
#include "libsearch/segment/build.h"
#include "libsearch/segment/copies.h"
#include "libsearch/segment/memdocs.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/map.h"

/* ---- while documents come ---- */

LSI_INLINE bool add_shingle(lsi_memseg *m, lsi_doc doc, const uint8_t *form, size_t len)
{
    uint64_t shingle, word = lsi_shingle_word(m->shingler, m->analyzer, form, len);
    if (!word) return false;
    if (!lsi_shingle_add(m->shingler, word, &shingle) || LSI_LIKELY(!lsi_shingle_kept(shingle))) return true;
    if (!LSI_ROOM(m->kept, m->kept_count + 1, m->kept_cap)) return false;
    m->kept[m->kept_count++] = lsi_shingle_entry(shingle, doc);
    return true;
}

bool lsi_memseg_shingle(lsi_memseg *m, lsi_doc doc, const uint8_t *form, size_t len)
{
    return add_shingle(m, doc, form, len);
}

bool lsi_memseg_shingles(lsi_memseg *m, lsi_doc doc, const lsi_plain_word *words, uint32_t n)
{
    const uint8_t *text = m->shingler->wide;
    for (uint32_t i = 0; i < n; i++)
        if (LSI_UNLIKELY(!add_shingle(m, doc, text + words[i].start, words[i].len))) return false;
    return true;
}

int lsi_memseg_beside(lsi_memseg *m, lsi_segment *const *segs, size_t count, size_t more, ls_error *err)
{
    lsi_memseg_forget_beside(m);
    m->beside = lsi_malloc((count + more) * sizeof(lsi_segment *));
    if (!m->beside) return lsi_fail_nomem(err);
    m->beside_cap = count + more;
    for (size_t i = 0; i < count; i++) lsi_memseg_also_beside(m, segs[i]);
    return LS_OK;
}

void lsi_memseg_also_beside(lsi_memseg *m, lsi_segment *seg)
{
    if (m->beside_count == m->beside_cap) return;
    lsi_segment_retain(seg);
    m->beside[m->beside_count++] = seg;
}

void lsi_memseg_before_copies(lsi_memseg *m, void (*call)(void *ctx), void *ctx)
{
    m->before_copies = call;
    m->before_copies_ctx = ctx;
}

void lsi_memseg_forget_beside(lsi_memseg *m)
{
    for (size_t i = 0; i < m->beside_count; i++) lsi_segment_release(m->beside[i]);
    lsi_free(m->beside);
    m->beside = NULL;
    m->beside_count = m->beside_cap = 0;
}

/* ---- when they are written ---- */

typedef struct flushing {
    lsi_memseg *m;
    const lsi_doc *new_number;
    lsi_doc *old_number;
    lsi_copy_source *sources; /* of new numbers */
    lsi_copies c;
} flushing;

static int read_document(void *ctx, lsi_doc doc, ls_doc *d, int *lang, ls_error *err)
{
    const flushing *f = ctx;
    const lsi_memdoc *md = &f->m->docs[f->old_number[doc]];
    *lang = md->lang;
    return lsi_doc_decode(d, f->m->schema, md->stored, md->stored + md->stored_bytes, err);
}

static void take_sources(flushing *f)
{
    const ls_schema *s = f->m->schema;
    int no = lsi_schema_find(s, "source", 6);
    if (no == LSI_FIELD_NONE || s->fields[no].pub.type != LS_KEYWORD) return;
    const lsi_memfield *mf = &f->m->fields[no];
    for (size_t i = 0; i < mf->count; i++) { /* the lowest value, as the column's first ordinal is */
        lsi_doc n = f->new_number[mf->values[i].doc];
        const lsi_memspelling *sp = &mf->spellings[mf->values[i].value];
        if (n == LSI_DOC_END || !sp->folded_len) continue;
        lsi_copy_source *to = &f->sources[n];
        if (to->len && lsi_bytes_cmp(to->bytes, to->len, sp->folded, sp->folded_len) <= 0) continue;
        *to = (lsi_copy_source){sp->folded, sp->folded_len, lsi_hash64(sp->folded, sp->folded_len)};
    }
}

/* Entries of first documents, by their new numbers, sorted, each once. */
static int take_entries(flushing *f, ls_error *err)
{
    const lsi_memseg *m = f->m;
    lsi_copies *c = &f->c;
    size_t n = 0;
    c->entries = lsi_malloc(m->kept_count * sizeof *c->entries);
    uint64_t *tmp = lsi_malloc(m->kept_count * sizeof *tmp);
    if (!c->entries || !tmp) {
        lsi_free(tmp);
        return lsi_fail_nomem(err);
    }
    for (size_t i = 0; i < m->kept_count; i++) {
        lsi_doc doc = f->new_number[lsi_shingle_doc(m->kept[i])];
        if (doc != LSI_DOC_END && c->first[doc] == doc) c->entries[n++] = lsi_shingle_entry(m->kept[i], doc);
    }
    lsi_copies_radix(c->entries, tmp, n);
    lsi_free(tmp);
    for (size_t i = 0; i < n; i++)
        if (!i || c->entries[i] != c->entries[c->entry_count - 1]) c->entries[c->entry_count++] = c->entries[i];
    return lsi_copies_index(c, err);
}

static int find_relations(flushing *f, ls_error *err)
{
    lsi_copy_memory memory = {&f->c, f->sources, read_document, f};
    lsi_comparer *cmp = NULL;
    take_sources(f);
    int rc = lsi_comparer_new(&cmp, f->m->beside, f->m->beside_count, f->m->schema, &memory, err);
    if (!rc) rc = lsi_copies_find(&f->c, cmp, f->m->beside, f->m->beside_count, err);
    lsi_comparer_free(cmp);
    return rc;
}

int lsi_memseg_write_copies(lsi_memseg *m, lsi_builder *b, const lsi_doc *new_number, ls_error *err)
{
    flushing f = {.m = m, .new_number = new_number};
    uint32_t docs = lsi_memseg_live_count(m);
    bool any = false;
    if (m->before_copies) m->before_copies(m->before_copies_ctx);
    int rc = lsi_copies_init(&f.c, docs, err);
    f.sources = lsi_calloc(docs, sizeof *f.sources);
    f.old_number = lsi_malloc(docs * sizeof *f.old_number);
    if (!rc && (!f.sources || !f.old_number)) rc = lsi_fail_nomem(err);
    for (lsi_doc d = 0; !rc && d < m->count; d++) {
        if (new_number[d] == LSI_DOC_END) continue;
        f.old_number[new_number[d]] = d;
        f.c.texts[new_number[d]] = m->docs[d].text;
        f.c.counts[new_number[d]] = m->docs[d].shingles;
        any |= m->docs[d].text != 0;
    }
    if (!rc && any) rc = lsi_copies_group(&f.c, err);
    if (!rc && any) rc = take_entries(&f, err);
    if (!rc && any) rc = find_relations(&f, err);
    if (!rc && any) {
        lsi_build_copies(b, &f.c);
        for (size_t i = 0; i < f.c.entry_count; i++) lsi_build_shingle(b, f.c.entries[i]);
        lsi_build_copies_end(b);
    }
    lsi_copies_clear(&f.c);
    lsi_free(f.sources);
    lsi_free(f.old_number);
    return rc ? rc : lsi_build_rc(b);
}
