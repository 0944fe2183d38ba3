/* forms_leap.c — owns the quick moves through the dictionary of forms, whose bytes are told in forms.c: entries are
 * passed by their lengths alone, whole blocks by the index.
 *
 * A front-coded entry tells how many bytes it shares with the one before. While that is at least n, a run that begins
 * with n known bytes goes on; and where a key differs from one sought behind their first m common bytes, one that shares
 * more than m with it differs there too. Invariant: it->folded is right in as many bytes as the next entry shares.
 * Example, n = 2: hour, 3|se, 5|s, 1|um: behind "hour" two entries are passed, "hum" is next. Ignorant of: forms. */
#include "libsearch/codec/keys.h"
#include "libsearch/codec/leap.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/vint.h"

#define INDEX_HEAD_BYTES 16u
#define PREFIX_MAX       64u

static int damaged(const lsi_forms *f, ls_error *err)
{
    return lsi_section_corrupt(f->blocks, 0, err, "entries of forms in order and within their block");
}

static int head_of(const lsi_forms *f, lsi_keys_head *h, ls_error *err)
{
    const uint8_t *p = lsi_section_get(f->index, 0, INDEX_HEAD_BYTES, err);
    if (!p) return lsi_read_failed(err);
    *h = (lsi_keys_head){.count = f->count, .per_block = lsi_get32(p + 4)};
    if (!h->per_block) return damaged(f, err);
    h->blocks = h->count / h->per_block + (h->count % h->per_block != 0);
    return LS_OK;
}

/* Passes what stands behind a folded spelling of `len` bytes; the term is told by its distance, so it is kept up. */
static bool pass(lsi_forms_iter *it, const uint8_t *p, size_t len)
{
    const uint8_t *rest, *end = it->end;
    size_t shared, n;
    uint32_t ignored;
    uint64_t v;
    if (!p || p >= end) return false;
    unsigned bits = *p++, spelling = bits & 3, number = bits >> 2 & 3, term = bits >> 4 & 3, df = bits >> 6;
    if (spelling == 3) p = lsi_keys_get(p, end, len, &shared, &rest, &n);
    if (number == 3) p = lsi_vint_get32(p, end, &ignored);
    if (term == 2) {
        p = lsi_vint_get(p, end, &v);
        int64_t t = p && v <= UINT64_MAX / 4 ? (int64_t)it->at.term + lsi_unzigzag(v) : -1;
        if (t < 0 || t >= (int64_t)UINT32_MAX) return false;
        it->at.term = (lsi_ord)t;
    } else if (term == 3) {
        return false;
    }
    it->at.term += term == 1;
    if (df == 3) p = lsi_vint_get32(p, end, &ignored);
    it->p = p;
    it->entry++;
    it->left--;
    return p != NULL;
}

/* Gives the first entry of a block. */
static int begin(lsi_forms_iter *it, const lsi_keys_head *h, uint32_t block, ls_error *err)
{
    it->entry = block * h->per_block - 1; /* the one before, mod 2^32 */
    it->left = 0;
    int rc = lsi_forms_iter_next(it, err);
    return rc == 1 ? LS_OK : rc ? rc : damaged(it->forms, err);
}

static size_t common(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    size_t n = 0;
    while (n < a_len && n < b_len && a[n] == b[n]) n++;
    return n;
}

int lsi_forms_iter_find(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err)
{
    const lsi_forms *f = it->forms;
    lsi_keys_head h;
    uint32_t before = 0; /* blocks that begin below */
    it->left = 0;
    it->entry = UINT32_MAX;
    if (!f->count) return LS_OK;
    int rc = head_of(f, &h, err);
    if (!rc) rc = lsi_keys_search(f->index, f->blocks, &h, folded, len, false, &before, err);
    if (!rc && before) rc = begin(it, &h, before - 1, err);
    if (rc || !before) return rc;
    size_t same = common(it->folded.data, it->folded.len, folded, len);
    while (it->left) {
        size_t shared, n;
        const uint8_t *rest, *p = lsi_keys_get(it->p, it->end, it->folded.len, &shared, &rest, &n);
        if (!p) return damaged(f, err);
        if (shared < same) return LS_OK;
        if (shared == same) {
            size_t more = common(rest, n, folded + same, len - same);
            same += more;
            if (same == len || (more < n && rest[more] > folded[same])) return LS_OK;
        }
        it->folded.len = shared;
        lsi_buf_put(&it->folded, rest, n);
        if (it->folded.rc) return lsi_fail_nomem(err);
        if (!pass(it, p, it->folded.len)) return damaged(f, err);
    }
    return LS_OK;
}

/* To the last block that begins below everything behind the run, where that is a later one. */
static int leap_blocks(lsi_forms_iter *it, size_t n, ls_error *err)
{
    const lsi_forms *f = it->forms;
    lsi_keys_head h;
    uint8_t next[PREFIX_MAX];
    uint32_t before, block = it->block + 1;
    int rc = head_of(f, &h, err);
    if (rc || block >= h.blocks) return rc;
    const uint8_t *key = lsi_section_get(f->index, INDEX_HEAD_BYTES + 8 * (uint64_t)block, 8, err);
    if (!key) return lsi_read_failed(err);
    memcpy(next, it->folded.data, n);
    for (size_t i = 0; i < LSI_MIN(n, 8u); i++) { /* a big-endian number kept little-endian */
        if (key[7 - i] != next[i]) return LS_OK;
    }
    while (n && next[n - 1] == 0xFF) n--;
    if (!n) return LS_OK;
    next[n - 1]++;
    rc = lsi_keys_search(f->index, f->blocks, &h, next, n, false, &before, err);
    return rc || before <= block ? rc : begin(it, &h, before - 1, err);
}

int lsi_forms_iter_leap(lsi_forms_iter *it, size_t n, ls_error *err)
{
    if (!n || n > it->folded.len || n > PREFIX_MAX) return LS_OK;
    int rc = leap_blocks(it, n, err);
    size_t before = it->folded.len;
    while (!rc && it->left) {
        size_t shared, len;
        const uint8_t *rest, *p = lsi_keys_get(it->p, it->end, before, &shared, &rest, &len);
        if (!p) return damaged(it->forms, err);
        if (shared < n) return LS_OK;
        before = shared + len;
        if (!pass(it, p, before)) return damaged(it->forms, err);
    }
    return rc;
}
