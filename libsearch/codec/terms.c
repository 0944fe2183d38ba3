/* terms.c — owns the dictionary of terms: 16 a block, their combined lists' records beside them, the records of the
 * other lists apart. Ignorant of stems and fields: a term is bytes, a list a number.
 *
 * Index section: keys.c, 16 terms a block, extra = number of lists. A block:
 *   first term in full (keys.c)
 *   vint   bytes of the other terms, which follow, front-coded (keys.c)
 *   a record (record.c) of list 0 for each term
 * Section of the other lists, little-endian:
 *   u32    number of lists but list 0
 *   then for each:  u32 count of terms that have it, u64 offset of its directory in the section
 *   a directory of g = ⌈count/16⌉ groups:  u32 × g  ordinal of the group's first term
 *                                          u32 × (g+1)  offset of the group from the directory's end; the last: its end
 *   a group: for each term a vint of its ordinal − that of the term before − 1 (of the group's first: 0), and a record.
 *
 * Example: see tests/t_codec.c, test_terms_example. */
#include "libsearch/codec/dict.h"
#include "libsearch/codec/keys.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/vint.h"

#define PER_BLOCK 16u

static int damaged(const lsi_terms *t, ls_error *err, const char *expected)
{
    return lsi_section_corrupt(t->blocks, 0, err, expected);
}

/* Ordinals come from the dictionary of forms, and so from the disk. */
static int beyond(const lsi_terms *t, ls_error *err)
{
    return damaged(t, err, "the term that a form is of");
}

static lsi_keys_head head_of(const lsi_terms *t)
{
    return (lsi_keys_head){t->count, PER_BLOCK, t->list_count, t->count / PER_BLOCK + (t->count % PER_BLOCK != 0)};
}

int lsi_terms_open(lsi_terms *t, const lsi_section *index, const lsi_section *blocks, const lsi_section *lists,
                   ls_error *err)
{
    lsi_keys_head h;
    t->index = index;
    t->blocks = blocks;
    t->lists = lists;
    t->count = t->list_count = 0;
    int rc = lsi_keys_open(&h, index, PER_BLOCK, err);
    if (rc) return rc;
    t->count = h.count;
    t->list_count = h.extra;
    if (t->list_count < 2) return LS_OK;
    const uint8_t *p = lsi_section_get(lists, 0, 4 + 12 * ((uint64_t)t->list_count - 1), err);
    if (!p) return lsi_read_failed(err);
    return lsi_get32(p) == t->list_count - 1 ? LS_OK : lsi_section_corrupt(lists, 0, err, "the number of lists");
}

/* A block in its parts: the first term, the other terms, the records. */
typedef struct block_parts {
    const uint8_t *first;
    size_t first_len;
    const uint8_t *p, *end, *record, *record_end;
    uint32_t n;
} block_parts;

static int get_block(const lsi_terms *t, uint32_t block, block_parts *b, ls_error *err)
{
    lsi_keys_head h = head_of(t);
    const uint8_t *p, *end;
    uint64_t bytes;
    int rc = lsi_keys_block(t->index, t->blocks, &h, block, &p, &end, err);
    if (rc) return rc;
    p = lsi_keys_get_first(p, end, &b->first, &b->first_len);
    p = lsi_vint_get(p, end, &bytes);
    if (!p || bytes > (uint64_t)(end - p)) return damaged(t, err, "a block of terms within its bounds");
    b->p = p;
    b->end = b->record = p + bytes;
    b->record_end = end;
    b->n = LSI_MIN(PER_BLOCK, t->count - block * PER_BLOCK);
    return LS_OK;
}

/* ---- one term ---- */

static size_t common(const uint8_t *a, size_t an, const uint8_t *b, size_t bn)
{
    size_t i = 0, n = LSI_MIN(an, bn);
    while (i < n && a[i] == b[i]) i++;
    return i;
}

/* Looks for a term behind the block's first, which is smaller, without making the terms: `same` is how many bytes the
 * present one shares with it. One that shares more bytes with the one before than that is smaller too; one that shares
 * fewer is larger. *at: its place in the block, 0 where it is not there. */
static int scan(const lsi_terms *t, const block_parts *b, const uint8_t *term, size_t len, uint32_t *at, ls_error *err)
{
    size_t same = common(b->first, b->first_len, term, len), before_len = b->first_len;
    const uint8_t *p = b->p;
    *at = 0;
    for (uint32_t i = 1; i < b->n; i++) {
        size_t shared, n, more;
        const uint8_t *rest;
        p = lsi_keys_get(p, b->end, before_len, &shared, &rest, &n);
        if (!p) return damaged(t, err, "front-coded terms");
        before_len = shared + n;
        if (shared > same) continue;
        if (shared < same) return LS_OK;
        more = common(rest, n, term + same, len - same);
        if (more == n && same + more == len) {
            *at = i;
            return LS_OK;
        }
        if (same + more == len || (more < n && rest[more] > term[same + more])) return LS_OK;
        same += more;
    }
    return LS_OK;
}

int lsi_terms_find(const lsi_terms *t, const uint8_t *term, size_t len, lsi_ord *ord, ls_error *err)
{
    lsi_keys_head h = head_of(t);
    block_parts b;
    uint32_t block, at;
    *ord = LSI_ORD_NONE;
    int rc = lsi_keys_search(t->index, t->blocks, &h, term, len, true, &block, err);
    if (rc || !block) return rc;
    block--;
    if ((rc = get_block(t, block, &b, err))) return rc;
    if (b.first_len == len && !(len && memcmp(b.first, term, len))) {
        *ord = block * PER_BLOCK;
        return LS_OK;
    }
    if ((rc = scan(t, &b, term, len, &at, err))) return rc;
    if (at) *ord = block * PER_BLOCK + at;
    return LS_OK;
}

int lsi_terms_get(const lsi_terms *t, lsi_ord ord, lsi_buf *term, ls_error *err)
{
    block_parts b;
    if (ord >= t->count) return beyond(t, err);
    int rc = get_block(t, ord / PER_BLOCK, &b, err);
    if (rc) return rc;
    lsi_buf_reset(term);
    lsi_buf_put(term, b.first, b.first_len);
    for (uint32_t i = 0; i < ord % PER_BLOCK; i++) {
        b.p = lsi_keys_next(b.p, b.end, term);
        if (!b.p) return term->rc ? lsi_fail_nomem(err) : damaged(t, err, "front-coded terms");
    }
    return term->rc ? lsi_fail_nomem(err) : LS_OK;
}

/* ---- records ---- */

int lsi_terms_run_get(lsi_terms_run *r, lsi_ord ord, lsi_list *out, uint32_t *form_count, ls_error *err)
{
    const lsi_terms *t = r->terms;
    if (ord >= t->count) return beyond(t, err);
    if (!r->left || ord < r->next || ord - r->next >= r->left) { /* in another block */
        block_parts b;
        int rc = get_block(t, ord / PER_BLOCK, &b, err);
        if (rc) return rc;
        *r = (lsi_terms_run){t, ord - ord % PER_BLOCK, b.n, b.record, b.record_end, {0}};
    }
    for (; r->next < ord && r->record; r->next++, r->left--)
        r->record = lsi_record_skip(r->record, r->record_end, &r->base);
    if (r->record) r->record = lsi_record_get(r->record, r->record_end, &r->base, out, form_count);
    if (!r->record) {
        r->left = 0;
        return damaged(t, err, "records of lists");
    }
    r->next++;
    r->left--;
    return LS_OK;
}

static int record0(const lsi_terms *t, lsi_ord ord, lsi_list *l, uint32_t *form_count, ls_error *err)
{
    lsi_terms_run r = {.terms = t};
    return lsi_terms_run_get(&r, ord, l, form_count, err);
}

typedef struct directory { /* of one of the other lists */
    uint32_t count, groups;
    const uint8_t *first_le, *offset_le;
    uint64_t bodies; /* offset of the groups in the section */
} directory;

static int get_directory(const lsi_terms *t, uint32_t list, directory *d, ls_error *err)
{
    const uint8_t *p = lsi_section_get(t->lists, 4 + 12 * ((uint64_t)list - 1), 12, err);
    if (!p) return lsi_read_failed(err);
    uint64_t at = lsi_get64(p + 4), bytes;
    d->count = lsi_get32(p);
    d->groups = d->count / PER_BLOCK + (d->count % PER_BLOCK != 0);
    bytes = 8 * (uint64_t)d->groups + 4;
    if (!(p = lsi_section_get(t->lists, at, bytes, err))) return lsi_read_failed(err);
    d->first_le = p;
    d->offset_le = p + 4 * (size_t)d->groups;
    d->bodies = at + bytes;
    return LS_OK;
}

static int get_group(const lsi_terms *t, const directory *d, uint32_t g, const uint8_t **p, const uint8_t **end,
                     ls_error *err)
{
    uint32_t from = lsi_get32(d->offset_le + 4 * (size_t)g), to = lsi_get32(d->offset_le + 4 * (size_t)g + 4);
    if (from >= to) return lsi_section_corrupt(t->lists, d->bodies, err, "rising offsets of groups");
    if (!(*p = lsi_section_get(t->lists, d->bodies + from, to - from, err))) return lsi_read_failed(err);
    *end = *p + (to - from);
    return LS_OK;
}

static int record_of_list(const lsi_terms *t, lsi_ord ord, uint32_t list, lsi_list *out, ls_error *err)
{
    directory d;
    lsi_list l;
    lsi_record_base base = {0};
    const uint8_t *p, *end;
    int rc = get_directory(t, list, &d, err);
    if (rc) return rc;
    uint32_t lo = 0, hi = d.groups; /* groups that begin at or before ord */
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (lsi_get32(d.first_le + 4 * (size_t)mid) <= ord) lo = mid + 1;
        else hi = mid;
    }
    if (!lo) return LS_OK;
    if ((rc = get_group(t, &d, --lo, &p, &end, err))) return rc;
    uint64_t at = (uint64_t)lsi_get32(d.first_le + 4 * (size_t)lo) - 1;
    for (uint32_t i = 0, n = LSI_MIN(PER_BLOCK, d.count - lo * PER_BLOCK); i < n && (i == 0 || at < ord); i++) {
        uint32_t gap, forms;
        p = lsi_vint_get32(p, end, &gap);
        if (p) p = lsi_record_get(p, end, &base, &l, &forms);
        if (!p) return lsi_section_corrupt(t->lists, d.bodies, err, "records of lists");
        at += (uint64_t)gap + 1;
        if (at == ord) *out = l;
    }
    return LS_OK;
}

static void no_list(lsi_list *l)
{
    memset(l, 0, sizeof *l);
    l->positions_offset = l->forms_offset = LSI_OFFSET_NONE;
}

int lsi_terms_list(const lsi_terms *t, lsi_ord ord, uint32_t list, lsi_list *out, ls_error *err)
{
    uint32_t forms;
    no_list(out);
    if (!list) return record0(t, ord, out, &forms, err);
    return list < t->list_count ? record_of_list(t, ord, list, out, err) : LS_OK;
}

int lsi_terms_form_count(const lsi_terms *t, lsi_ord ord, uint32_t *out, ls_error *err)
{
    lsi_list l;
    return record0(t, ord, &l, out, err);
}

/* ---- all in order ---- */

void lsi_terms_iter_init(lsi_terms_iter *it, const lsi_terms *t)
{
    memset(it, 0, sizeof *it);
    it->terms = t;
    it->ord = LSI_ORD_NONE;
    lsi_buf_init(&it->term, 0);
}

void lsi_terms_iter_clear(lsi_terms_iter *it)
{
    lsi_buf_clear(&it->term);
}

int lsi_terms_iter_next(lsi_terms_iter *it, ls_error *err)
{
    const lsi_terms *t = it->terms;
    uint32_t next = it->ord + 1; /* LSI_ORD_NONE + 1 is 0 */
    if (next >= t->count) return 0;
    if (next % PER_BLOCK == 0) {
        block_parts b;
        int rc = get_block(t, next / PER_BLOCK, &b, err);
        if (rc) return rc;
        lsi_buf_reset(&it->term);
        lsi_buf_put(&it->term, b.first, b.first_len);
        it->p = b.p;
        it->end = b.end;
        it->left = b.n;
        it->record = b.record;
        it->record_end = b.record_end;
        memset(&it->base, 0, sizeof it->base);
    } else {
        it->p = lsi_keys_next(it->p, it->end, &it->term);
        if (!it->p && !it->term.rc) return damaged(t, err, "front-coded terms");
    }
    if (it->term.rc) return lsi_fail_nomem(err);
    it->record = lsi_record_get(it->record, it->record_end, &it->base, &it->list, &it->form_count);
    if (!it->record) return damaged(t, err, "records of lists");
    it->left--;
    it->ord = next;
    return 1;
}

/* ---- checking ---- */

/* Every record of one of the other lists; *postings: their documents, all together, are added. */
static int walk_list(const lsi_terms *t, uint32_t list, uint64_t *postings, ls_error *err)
{
    directory d;
    uint64_t at, next = 0;
    int rc = get_directory(t, list, &d, err);
    for (uint32_t g = 0; !rc && g < d.groups; g++) {
        const uint8_t *p, *end;
        lsi_record_base base = {0};
        if ((rc = get_group(t, &d, g, &p, &end, err))) return rc;
        at = lsi_get32(d.first_le + 4 * (size_t)g);
        for (uint32_t i = 0, n = LSI_MIN(PER_BLOCK, d.count - g * PER_BLOCK); i < n; i++) {
            lsi_list l;
            uint32_t gap = 0, forms;
            p = lsi_vint_get32(p, end, &gap);
            if (p) p = lsi_record_get(p, end, &base, &l, &forms);
            if (i) at += (uint64_t)(p ? gap : 0) + 1;
            if (!p || (!i && gap) || at < next || at >= t->count || !l.df)
                return lsi_section_corrupt(t->lists, d.bodies, err, "records of rising ordinals");
            next = at + 1;
            *postings += l.df;
        }
        if (p != end) return lsi_section_corrupt(t->lists, d.bodies, err, "groups that are filled by their records");
    }
    return rc;
}

int lsi_terms_other_postings(const lsi_terms *t, uint64_t *postings, ls_error *err)
{
    int rc = LS_OK;
    *postings = 0;
    for (uint32_t l = 1; !rc && l < t->list_count; l++) rc = walk_list(t, l, postings, err);
    return rc;
}

int lsi_terms_verify(const lsi_terms *t, ls_error *err)
{
    lsi_keys_head h = head_of(t);
    lsi_terms_iter it;
    lsi_buf before;
    lsi_terms_iter_init(&it, t);
    lsi_buf_init(&before, 0);
    int rc = lsi_keys_verify(t->index, t->blocks, &h, err), more = 1;
    while (!rc && (more = lsi_terms_iter_next(&it, err)) > 0) {
        if (it.ord && lsi_bytes_cmp(before.data, before.len, it.term.data, it.term.len) >= 0)
            rc = damaged(t, err, "rising terms");
        if (!it.left && (it.p != it.end || it.record != it.record_end))
            rc = damaged(t, err, "blocks that are filled by their terms");
        lsi_buf_reset(&before);
        lsi_buf_put(&before, it.term.data, it.term.len);
        if (!rc && before.rc) rc = lsi_fail_nomem(err);
    }
    if (!rc && more < 0) rc = more;
    uint64_t postings;
    if (!rc) rc = lsi_terms_other_postings(t, &postings, err);
    lsi_buf_clear(&before);
    lsi_terms_iter_clear(&it);
    return rc;
}
