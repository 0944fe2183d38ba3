/* forms_leap.c — owns the quick moves through the dictionary of forms, whose bytes are told in forms.c: entries are
 * passed by their lengths alone, whole blocks by the index.
 *
 * A front-coded entry tells how many bytes it shares with the one before. Where a key differs from one sought behind
 * their first m common bytes, one that shares more than m with it differs there too.
 * Invariant: it->folded is right in as many bytes as the next entry shares.
 * Example: hour, 3|se, 5|s, 1|um, sought "hub": "hour" shares 1 byte with it, so that the next two are passed by their
 * lengths; "hum" shares 1 with "hour" as well, is looked at, and is larger. Ignorant of: forms. */
#include "libsearch/codec/keys.h"
#include "libsearch/codec/leap.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/vint.h"

#define INDEX_HEAD_BYTES 16u

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

/* Within the block, from the present spelling on. */
static int scan_block(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err)
{
    size_t same = common(it->folded.data, it->folded.len, folded, len);
    if (same == len || (same < it->folded.len && it->folded.data[same] > folded[same])) return LS_OK;
    while (it->left) {
        size_t shared, n;
        const uint8_t *rest, *p = lsi_keys_get(it->p, it->end, it->folded.len, &shared, &rest, &n);
        if (!p) return damaged(it->forms, err);
        if (shared < same) return LS_OK;
        if (shared == same) {
            size_t more = common(rest, n, folded + same, len - same);
            same += more;
            if (same == len || (more < n && rest[more] > folded[same])) return LS_OK;
        }
        it->folded.len = shared;
        lsi_buf_put(&it->folded, rest, n);
        if (it->folded.rc) return lsi_fail_nomem(err);
        if (!pass(it, p, it->folded.len)) return damaged(it->forms, err);
    }
    return LS_OK;
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
    return scan_block(it, folded, len, err);
}

/* The keys of the index beginning with block `from`, as numbers: which is the last < want; from - 1 where none is. */
static uint32_t last_below(const uint8_t *keys_le, uint32_t from, uint32_t blocks, uint64_t want)
{
    uint32_t step = 1, lo = from, hi;
    while (lo < blocks && lsi_get64(keys_le + 8 * (size_t)lo) < want) {
        from = lo + 1;
        lo = blocks - lo > step ? lo + step : blocks;
        step *= 2;
    }
    for (hi = lo, lo = from; lo < hi;) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (lsi_get64(keys_le + 8 * (size_t)mid) < want) lo = mid + 1;
        else hi = mid;
    }
    return lo - 1;
}

int lsi_forms_iter_forward(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err)
{
    const lsi_forms *f = it->forms;
    lsi_keys_head h;
    uint64_t want = 0;
    uint32_t block = it->block;
    int rc = head_of(f, &h, err);
    if (rc || block + 1 >= h.blocks) return rc ? rc : scan_block(it, folded, len, err);
    const uint8_t *keys_le = lsi_section_get(f->index, INDEX_HEAD_BYTES, 8 * (uint64_t)h.blocks, err);
    if (!keys_le) return lsi_read_failed(err);
    for (size_t i = 0; i < 8; i++) want = want << 8 | (i < len ? folded[i] : 0);
    block = last_below(keys_le, block + 1, h.blocks, want);
    if (block + 1 < h.blocks && lsi_get64(keys_le + 8 * (size_t)(block + 1)) == want) { /* told apart by the rest */
        uint32_t before;
        rc = lsi_keys_search(f->index, f->blocks, &h, folded, len, false, &before, err);
        if (rc) return rc;
        block = LSI_MAX(block, before ? before - 1 : 0);
    }
    if (block > it->block && (rc = begin(it, &h, block, err)) != LS_OK) return rc;
    return scan_block(it, folded, len, err);
}
