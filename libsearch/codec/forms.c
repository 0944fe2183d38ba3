/* forms.c — owns the dictionary of forms: an entry for each pair of a form and a term, in the order of the folded
 * spelling, then the form, then the term; 32 a block. Ignorant of how a spelling is folded: a form that is not the
 * folded spelling itself, nor the same with ASCII capitals, is written out.
 *
 * Index section: keys.c, 32 entries a block, extra 0, keyed on the folded spelling. A block is its entries; an entry:
 *   folded   of the block's first entry in full, else front-coded behind the one before (keys.c)
 *   u8       bits 0–1 spelling: 0 as folded, 1 its first letter an ASCII capital, 2 all its ASCII letters capitals,
 *                     3 the form follows, front-coded behind its folded spelling (keys.c)
 *            bits 2–3 number within the term: 0, 1, 2; 3: follows
 *            bits 4–5 term: 0 that of the entry before, 1 the next one, 2: follows (3 is not used)
 *            bits 6–7 documents: 0, 1, 2 for 1, 2, 3; 3: follows
 *   [form] [vint number] [vint of zigzag(term − that of the entry before, 0 before the block's first)] [vint documents]
 *
 * Example, first of a block: folded "us", form "US", term 7, number 1, 40 documents: 02 75 73, E6 (2 | 1<<2 | 2<<4 |
 * 3<<6), 0E (zigzag 7), 28. Then "us" as written, the same term, number 0, 9 documents: 20, C0, 09. */
#include "libsearch/codec/dict.h"
#include "libsearch/codec/keys.h"
#include "libsearch/codec/read.h"
#include "libsearch/codec/vint.h"
#include "libsearch/util/alloc.h"

enum { AS_FOLDED, CAPITALISED, CAPITALS, WRITTEN_OUT };
enum { SAME_TERM, NEXT_TERM, OTHER_TERM };

static uint8_t ascii_capital(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
}

/* ---- reading ---- */

static int damaged(const lsi_forms *f, ls_error *err)
{
    return lsi_section_corrupt(f->blocks, 0, err, "entries of forms in order and within their block");
}

static lsi_keys_head head_of(const lsi_forms *f)
{
    return (lsi_keys_head){f->count, LSI_FORMS_BLOCK, 0,
                           f->count / LSI_FORMS_BLOCK + (f->count % LSI_FORMS_BLOCK != 0)};
}

int lsi_forms_open(lsi_forms *f, const lsi_section *index, const lsi_section *blocks, ls_error *err)
{
    lsi_keys_head h;
    f->index = index;
    f->blocks = blocks;
    f->count = 0;
    int rc = lsi_keys_open(&h, index, LSI_FORMS_BLOCK, err);
    if (!rc) f->count = h.count;
    return rc;
}

void lsi_forms_iter_init(lsi_forms_iter *it, const lsi_forms *f)
{
    memset(it, 0, sizeof *it);
    it->forms = f;
    it->entry = UINT32_MAX; /* before the first */
    lsi_buf_init(&it->folded, 0);
    lsi_buf_init(&it->form, 0);
}

void lsi_forms_iter_clear(lsi_forms_iter *it)
{
    lsi_buf_clear(&it->folded);
    lsi_buf_clear(&it->form);
}

/* The form from its folded spelling; what stands behind it. */
static const uint8_t *get_form(const uint8_t *p, const uint8_t *end, unsigned spelling, lsi_forms_iter *it)
{
    lsi_buf_reset(&it->form);
    lsi_buf_put(&it->form, it->folded.data, it->folded.len);
    if (it->form.rc) return NULL;
    size_t n = it->form.len;
    if (spelling == WRITTEN_OUT) return lsi_keys_next(p, end, &it->form);
    if (spelling == CAPITALISED) n = LSI_MIN(n, 1);
    for (size_t i = 0; i < n && spelling != AS_FOLDED; i++) it->form.data[i] = ascii_capital(it->form.data[i]);
    return p;
}

static const uint8_t *pass_form(const uint8_t *p, const uint8_t *end, size_t folded_len)
{
    size_t shared, n;
    const uint8_t *rest;
    return lsi_keys_get(p, end, folded_len, &shared, &rest, &n);
}

/* The entry at it->p, whose folded spelling is in it->folded; it->p behind it, or NULL where damaged. */
static void get_rest(lsi_forms_iter *it)
{
    const uint8_t *p = it->p, *end = it->end;
    uint64_t v;
    it->rest = p;
    if (!p || p >= end) {
        it->p = NULL;
        return;
    }
    unsigned bits = *p++, number = bits >> 2 & 3, term = bits >> 4 & 3, df = bits >> 6;
    if (!it->lean) p = get_form(p, end, bits & 3, it);
    else if ((bits & 3) == WRITTEN_OUT) p = pass_form(p, end, it->folded.len);
    it->at.number = number;
    if (number == 3) p = lsi_vint_get32(p, end, &it->at.number);
    if (term == OTHER_TERM && (p = lsi_vint_get(p, end, &v))) {
        int64_t t = (int64_t)it->at.term + lsi_unzigzag(v > UINT64_MAX / 4 ? 0 : v);
        if (t < 0 || t >= (int64_t)UINT32_MAX || v > UINT64_MAX / 4) p = NULL;
        else it->at.term = (lsi_ord)t;
    } else if (term == NEXT_TERM) {
        it->at.term++;
    } else if (term > OTHER_TERM) {
        p = NULL;
    }
    it->at.df = df + 1;
    if (df == 3) p = lsi_vint_get32(p, end, &it->at.df);
    it->p = p;
}

static int begin_block(lsi_forms_iter *it, uint32_t block, ls_error *err)
{
    const lsi_forms *f = it->forms;
    lsi_keys_head h = head_of(f);
    const uint8_t *first;
    size_t len;
    int rc = lsi_keys_block(f->index, f->blocks, &h, block, &it->p, &it->end, err);
    if (rc) return rc;
    it->p = lsi_keys_get_first(it->p, it->end, &first, &len);
    if (!it->p) return damaged(f, err);
    lsi_buf_reset(&it->folded);
    lsi_buf_put(&it->folded, first, len);
    it->block = block;
    it->left = LSI_MIN(LSI_FORMS_BLOCK, f->count - block * LSI_FORMS_BLOCK);
    it->at.term = 0;
    return LS_OK;
}

int lsi_forms_iter_next(lsi_forms_iter *it, ls_error *err)
{
    uint32_t next = it->entry + 1; /* UINT32_MAX + 1 is 0 */
    if (next >= it->forms->count) return 0;
    if (it->left == 0) {
        int rc = begin_block(it, next / LSI_FORMS_BLOCK, err);
        if (rc) return rc;
    } else {
        it->p = lsi_keys_next(it->p, it->end, &it->folded);
    }
    get_rest(it);
    if (it->folded.rc || it->form.rc) return lsi_fail_nomem(err);
    if (!it->p) return damaged(it->forms, err); /* spellings are pieces of a block, which has less than 2^32 bytes */
    it->at.folded = it->folded.data;
    it->at.folded_len = (uint32_t)it->folded.len;
    it->at.form = it->lean ? NULL : it->form.data;
    it->at.form_len = (uint32_t)it->form.len;
    it->left--;
    it->entry = next;
    return 1;
}

int lsi_forms_iter_form(lsi_forms_iter *it, ls_error *err)
{
    const uint8_t *p = get_form(it->rest + 1, it->end, *it->rest & 3, it);
    if (it->form.rc) return lsi_fail_nomem(err);
    if (!p) return damaged(it->forms, err);
    it->at.form = it->form.data;
    it->at.form_len = (uint32_t)it->form.len;
    return LS_OK;
}

int lsi_forms_iter_seek(lsi_forms_iter *it, const uint8_t *folded, size_t len, ls_error *err)
{
    const lsi_forms *f = it->forms;
    lsi_keys_head h = head_of(f);
    uint32_t block;
    it->left = 0;
    it->entry = UINT32_MAX;
    int rc = lsi_keys_search(f->index, f->blocks, &h, folded, len, false, &block, err);
    if (rc) return rc;
    if (block) it->entry = --block * LSI_FORMS_BLOCK - 1; /* the one before the block's first, mod 2^32 */
    for (;;) { /* looks at the folded spelling of the next entry without taking it */
        uint32_t next = it->entry + 1;
        int order;
        if (next >= f->count) return LS_OK;
        if (it->left == 0) {
            if ((rc = begin_block(it, next / LSI_FORMS_BLOCK, err))) return rc;
            if (it->folded.rc) return lsi_fail_nomem(err);
            order = lsi_bytes_cmp(it->folded.data, it->folded.len, folded, len);
            it->left = 0; /* next begins the block anew */
        } else {
            size_t shared, n;
            const uint8_t *rest;
            if (!lsi_keys_get(it->p, it->end, it->folded.len, &shared, &rest, &n)) return damaged(f, err);
            size_t same = LSI_MIN(shared, len);
            order = lsi_bytes_cmp(it->folded.data, same, folded, same);
            if (!order) order = lsi_bytes_cmp(rest, n, folded + same, len - same);
        }
        if (order >= 0) return LS_OK;
        if ((rc = lsi_forms_iter_next(it, err)) < 0) return rc;
    }
}

int lsi_forms_verify(const lsi_forms *f, uint32_t term_count, ls_error *err)
{
    lsi_keys_head h = head_of(f);
    lsi_forms_iter it;
    lsi_buf folded, form;
    lsi_ord term = 0;
    lsi_forms_iter_init(&it, f);
    lsi_buf_init(&folded, 0);
    lsi_buf_init(&form, 0);
    int rc = lsi_keys_verify(f->index, f->blocks, &h, err), more = 1;
    while (!rc && (more = lsi_forms_iter_next(&it, err)) > 0) {
        int order = it.entry ? lsi_bytes_cmp(folded.data, folded.len, it.folded.data, it.folded.len) : -1;
        if (!order) order = lsi_bytes_cmp(form.data, form.len, it.form.data, it.form.len);
        if (order > 0 || (!order && term >= it.at.term) || it.at.term >= term_count || (!it.left && it.p != it.end))
            rc = damaged(f, err);
        lsi_buf_reset(&folded);
        lsi_buf_put(&folded, it.folded.data, it.folded.len);
        lsi_buf_reset(&form);
        lsi_buf_put(&form, it.form.data, it.form.len);
        term = it.at.term;
        if (!rc && (folded.rc || form.rc)) rc = lsi_fail_nomem(err);
    }
    if (!rc && more < 0) rc = more;
    lsi_buf_clear(&folded);
    lsi_buf_clear(&form);
    lsi_forms_iter_clear(&it);
    return rc;
}

/* ---- writing ---- */

struct lsi_forms_writer {
    lsi_keys_writer keys;
    lsi_buf first, folded, form; /* first folded of the block; the entry before */
    lsi_buf block;
    lsi_ord term;
    uint32_t in_block, count;
};

int lsi_forms_writer_new(lsi_forms_writer **out, lsi_sink *index, lsi_sink *blocks, ls_error *err)
{
    lsi_forms_writer *w = *out = lsi_calloc(1, sizeof *w);
    if (!w) return lsi_fail_nomem(err);
    lsi_keys_writer_init(&w->keys, index, blocks, LSI_FORMS_BLOCK);
    return LS_OK;
}

void lsi_forms_writer_free(lsi_forms_writer *w)
{
    if (!w) return;
    lsi_keys_writer_clear(&w->keys);
    lsi_buf_clear(&w->first);
    lsi_buf_clear(&w->folded);
    lsi_buf_clear(&w->form);
    lsi_buf_clear(&w->block);
    lsi_free(w);
}

static int flush_block(lsi_forms_writer *w, ls_error *err)
{
    if (!w->in_block) return LS_OK;
    if (w->first.rc || w->folded.rc || w->form.rc) return lsi_fail_nomem(err);
    int rc = lsi_keys_writer_block(&w->keys, w->first.data, w->first.len, &w->block, w->in_block, err);
    lsi_buf_reset(&w->block);
    w->in_block = 0;
    return rc;
}

static unsigned spelling_of(const lsi_form *f)
{
    bool same = true, first = true, all = true;
    if (f->form_len != f->folded_len) return WRITTEN_OUT;
    for (uint32_t i = 0; i < f->form_len; i++) {
        uint8_t capital = ascii_capital(f->folded[i]);
        same &= f->form[i] == f->folded[i];
        first &= f->form[i] == (i ? f->folded[i] : capital);
        all &= f->form[i] == capital;
    }
    return same ? AS_FOLDED : first ? CAPITALISED : all ? CAPITALS : WRITTEN_OUT;
}

static void put_entry(lsi_forms_writer *w, const lsi_form *f)
{
    unsigned spelling = spelling_of(f);
    unsigned term = f->term == w->term ? SAME_TERM : f->term == w->term + 1 ? NEXT_TERM : OTHER_TERM;
    unsigned number = LSI_MIN(f->number, 3), df = f->df >= 1 && f->df <= 3 ? f->df - 1 : 3;
    if (!w->in_block) lsi_keys_put_first(&w->block, f->folded, f->folded_len);
    else lsi_keys_put(&w->block, w->folded.data, w->folded.len, f->folded, f->folded_len);
    lsi_buf_put8(&w->block, (uint8_t)(spelling | number << 2 | term << 4 | df << 6));
    if (spelling == WRITTEN_OUT) lsi_keys_put(&w->block, f->folded, f->folded_len, f->form, f->form_len);
    if (number == 3) lsi_vint_put(&w->block, f->number);
    if (term == OTHER_TERM) lsi_vint_put(&w->block, lsi_zigzag((int64_t)f->term - (int64_t)w->term));
    if (df == 3) lsi_vint_put(&w->block, f->df);
}

int lsi_forms_writer_add(lsi_forms_writer *w, const lsi_form *f, ls_error *err)
{
    int order = w->count ? lsi_bytes_cmp(w->folded.data, w->folded.len, f->folded, f->folded_len) : -1;
    if (!order) order = lsi_bytes_cmp(w->form.data, w->form.len, f->form, f->form_len);
    if (order > 0 || (!order && w->term >= f->term)) return lsi_fail(err, LS_MISUSE, "forms of a dictionary must rise");
    if (w->count >= UINT32_MAX - 1) return lsi_fail(err, LS_LIMIT, "too many forms in a segment");
    if (w->in_block == LSI_FORMS_BLOCK) {
        int rc = flush_block(w, err);
        if (rc) return rc;
    }
    if (!w->in_block) {
        lsi_buf_reset(&w->first);
        lsi_buf_put(&w->first, f->folded, f->folded_len);
        w->term = 0;
    }
    put_entry(w, f);
    lsi_buf_reset(&w->folded);
    lsi_buf_put(&w->folded, f->folded, f->folded_len);
    lsi_buf_reset(&w->form);
    lsi_buf_put(&w->form, f->form, f->form_len);
    w->term = f->term;
    w->in_block++;
    w->count++;
    return w->folded.rc || w->form.rc ? lsi_fail_nomem(err) : LS_OK; /* now: the next entry resets them */
}

int lsi_forms_writer_end(lsi_forms_writer *w, ls_error *err)
{
    int rc = flush_block(w, err);
    return rc ? rc : lsi_keys_writer_end(&w->keys, 0, err);
}
