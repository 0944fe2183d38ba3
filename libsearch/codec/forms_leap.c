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

static lsi_keys_head head_of(const lsi_forms *f)
{
    return (lsi_keys_head){f->count, LSI_FORMS_BLOCK, 0,
                           f->count / LSI_FORMS_BLOCK + (f->count % LSI_FORMS_BLOCK != 0)};
}

/* What stands behind a folded spelling of `len` bytes; the term is told by its distance, so it is kept up. NULL where
 * damaged. */
static const uint8_t *pass_slowly(const uint8_t *p, const uint8_t *end, size_t len, lsi_ord *term)
{
    const uint8_t *rest;
    size_t shared, n;
    uint32_t ignored;
    uint64_t v;
    if (p >= end) return NULL;
    unsigned bits = *p++, spelling = bits & 3, number = bits >> 2 & 3, how = bits >> 4 & 3, df = bits >> 6;
    if (spelling == 3) p = lsi_keys_get(p, end, len, &shared, &rest, &n);
    if (number == 3) p = lsi_vint_get32(p, end, &ignored);
    if (how == 2) {
        p = lsi_vint_get(p, end, &v);
        int64_t t = p && v <= UINT64_MAX / 4 ? (int64_t)*term + lsi_unzigzag(v) : -1;
        if (t < 0 || t >= (int64_t)UINT32_MAX) return NULL;
        *term = (lsi_ord)t;
    } else if (how == 3) {
        return NULL;
    }
    *term += how == 1;
    if (df == 3) p = lsi_vint_get32(p, end, &ignored);
    return p;
}

/* The same for the entries that most are: neither form nor number written out, so that at most two numbers follow, the
 * first perhaps the term's, within 8 bytes. Which of them do nobody can guess, so that no branch asks. */
LSI_INLINE const uint8_t *pass(const uint8_t *p, const uint8_t *end, size_t len, lsi_ord *term)
{
    if (LSI_UNLIKELY(end - p < 9)) return pass_slowly(p, end, len, term);
    const unsigned bits = *p;
    const uint64_t w = lsi_get64(p + 1), ends = ~w & UINT64_C(0x8080808080808080), behind = ends & (ends - 1);
    const bool has_term = (bits & 0x30) == 0x20, has_df = bits >= 0xC0;
    /* The first number ends within 4 bytes, and the second within the 8. */
    if (LSI_UNLIKELY((bits & 3) == 3 || (bits & 12) == 12 || (bits & 0x30) == 0x30 || !(uint32_t)ends || !behind))
        return pass_slowly(p, end, len, term);
    const uint64_t last = has_term && has_df ? behind : ends;
    const size_t bytes = has_term || has_df ? (size_t)(lsi_ctz64(last) >> 3) + 1 : 0;
    const uint64_t v = w & (ends ^ (ends - 1)); /* the bytes of the first number */
    const uint64_t zigzag = (v & 0x7F) | (v >> 1 & 0x3F80) | (v >> 2 & 0x1FC000) | (v >> 3 & 0xFE00000);
    const int64_t t = (int64_t)*term + ((bits & 0x30) == 0x10) + (has_term ? lsi_unzigzag(zigzag) : 0);
    if (t < 0 || t >= (int64_t)UINT32_MAX) return NULL;
    *term = (lsi_ord)t;
    return p + 1 + bytes;
}

static size_t common(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    size_t n = 0;
    while (n < a_len && n < b_len && a[n] == b[n]) n++;
    return n;
}

/* Within the block, behind a spelling of before_len bytes that is smaller than the one sought and shares `same` bytes
 * with it. Spellings that are passed need not be made: what the next may share with one is the beginning of the one
 * sought. */
static int scan_block(lsi_forms_iter *it, size_t before_len, size_t same, const uint8_t *folded, size_t len,
                      ls_error *err)
{
    const uint8_t *p = it->p, *end = it->end;
    lsi_ord term = it->at.term;
    uint32_t left = it->left;
    size_t shared = 0;
    for (; left; left--) {
        const uint8_t *rest, *q;
        size_t n = 0;
        if (LSI_LIKELY(end - p > 16 && *p < 0xF0 && (*p & 15) < 15 && (size_t)(*p >> 4) <= before_len)) {
            shared = *p >> 4; /* as a rule: see keys.c */
            n = *p & 15;
            rest = p + 1;
            q = rest + n;
        } else {
            q = lsi_keys_get(p, end, before_len, &shared, &rest, &n);
            if (!q) return damaged(it->forms, err);
        }
        if (shared < same) break;
        if (shared == same) {
            size_t more = common(rest, n, folded + same, len - same);
            if (same + more == len || (more < n && rest[more] > folded[same + more])) break;
            same += more;
        }
        before_len = shared + n;
        p = pass(q, end, before_len, &term);
        if (!p) return damaged(it->forms, err);
    }
    it->entry += it->left - left;
    it->left = left;
    it->p = p;
    it->at.term = term;
    lsi_buf_reset(&it->folded);
    if (left) lsi_buf_put(&it->folded, folded, shared);
    return it->folded.rc ? lsi_fail_nomem(err) : LS_OK;
}

/* The same from the beginning of a block. */
static int enter_block(lsi_forms_iter *it, const lsi_keys_head *h, uint32_t block, const uint8_t *folded, size_t len,
                       ls_error *err)
{
    const lsi_forms *f = it->forms;
    const uint8_t *first;
    size_t n, same;
    it->left = 0;
    it->entry = block * h->per_block - 1; /* the one before, mod 2^32 */
    int rc = lsi_keys_block(f->index, f->blocks, h, block, &it->p, &it->end, err);
    if (rc) return rc;
    const uint8_t *p = lsi_keys_get_first(it->p, it->end, &first, &n);
    if (!p) return damaged(f, err);
    same = common(first, n, folded, len);
    if (same == len || (same < n && first[same] > folded[same])) return LS_OK; /* next begins the block */
    it->at.term = 0;
    if (!(it->p = pass(p, it->end, n, &it->at.term))) return damaged(f, err);
    it->block = block;
    it->entry++;
    it->left = LSI_MIN(h->per_block, h->count - block * h->per_block) - 1;
    return scan_block(it, n, same, folded, len, err);
}

int lsi_forms_iter_find(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err)
{
    const lsi_forms *f = it->forms;
    const lsi_keys_head h = head_of(f);
    uint32_t before = 0; /* blocks that begin below */
    it->left = 0;
    it->entry = UINT32_MAX;
    if (!f->count) return LS_OK;
    int rc = lsi_keys_search(f->index, f->blocks, &h, folded, len, false, &before, err);
    return rc || !before ? rc : enter_block(it, &h, before - 1, folded, len, err);
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
    const lsi_keys_head h = head_of(f);
    uint64_t want = 0;
    uint32_t block = it->block;
    size_t same = common(it->folded.data, it->folded.len, folded, len);
    if (same == len || (same < it->folded.len && it->folded.data[same] > folded[same])) return LS_OK;
    const uint8_t *keys_le = lsi_section_get(f->index, INDEX_HEAD_BYTES, 8 * (uint64_t)h.blocks, err);
    if (!keys_le) return lsi_read_failed(err);
    for (size_t i = 0; i < 8; i++) want = want << 8 | (i < len ? folded[i] : 0);
    block = last_below(keys_le, block + 1, h.blocks, want);
    if (block + 1 < h.blocks && lsi_get64(keys_le + 8 * (size_t)(block + 1)) == want) { /* told apart by the rest */
        uint32_t before;
        int rc = lsi_keys_search(f->index, f->blocks, &h, folded, len, false, &before, err);
        if (rc) return rc;
        if (before > block + 1) block = before - 1;
    }
    if (block > it->block) return enter_block(it, &h, block, folded, len, err);
    return scan_block(it, it->folded.len, same, folded, len, err);
}
