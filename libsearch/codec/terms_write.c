/* terms_write.c — owns the dictionary of terms while it is made; the bytes are told in terms.c. The records of the
 * other lists wait in memory until the end (some 8 bytes for each term that has one). */
#include "libsearch/codec/dict.h"
#include "libsearch/codec/keys.h"
#include "libsearch/codec/vint.h"
#include "libsearch/util/alloc.h"

#define PER_BLOCK 16u

typedef struct other_list {
    lsi_buf firsts, offsets, bodies; /* ordinals and offsets of the groups as on disk; the groups */
    uint32_t count;
    lsi_ord last;
    lsi_record_base base;
} other_list;

struct lsi_terms_writer {
    lsi_keys_writer keys;
    lsi_sink *lists_sink;
    lsi_buf first, before;  /* of the block: its first term; the term before this */
    lsi_buf terms, records; /* of the block */
    lsi_buf block;          /* put together */
    lsi_record_base base;
    uint32_t in_block, count;
    other_list *others; /* lists 1… */
    uint32_t list_count;
};

int lsi_terms_writer_new(lsi_terms_writer **out, lsi_sink *index, lsi_sink *blocks, lsi_sink *lists, ls_error *err)
{
    lsi_terms_writer *w = *out = lsi_calloc(1, sizeof *w);
    if (!w) return lsi_fail_nomem(err);
    lsi_keys_writer_init(&w->keys, index, blocks, PER_BLOCK);
    w->lists_sink = lists;
    w->list_count = 1;
    return LS_OK;
}

void lsi_terms_writer_free(lsi_terms_writer *w)
{
    if (!w) return;
    lsi_keys_writer_clear(&w->keys);
    lsi_buf_clear(&w->first);
    lsi_buf_clear(&w->before);
    lsi_buf_clear(&w->terms);
    lsi_buf_clear(&w->records);
    lsi_buf_clear(&w->block);
    for (uint32_t i = 0; i + 1 < w->list_count; i++) {
        lsi_buf_clear(&w->others[i].firsts);
        lsi_buf_clear(&w->others[i].offsets);
        lsi_buf_clear(&w->others[i].bodies);
    }
    lsi_free(w->others);
    lsi_free(w);
}

static int more_lists(lsi_terms_writer *w, uint32_t list_count, ls_error *err)
{
    if (list_count <= w->list_count) return LS_OK;
    other_list *p = lsi_realloc(w->others, (size_t)(list_count - 1) * sizeof *p); /* one a field of text: some tens */
    if (!p) return lsi_fail_nomem(err);
    memset(p + (w->list_count - 1), 0, (list_count - w->list_count) * sizeof *p);
    w->others = p;
    w->list_count = list_count;
    return LS_OK;
}

static int flush_block(lsi_terms_writer *w, ls_error *err)
{
    if (!w->in_block) return LS_OK;
    lsi_buf_reset(&w->block);
    lsi_keys_put_first(&w->block, w->first.data, w->first.len);
    lsi_vint_put(&w->block, w->terms.len);
    lsi_buf_put(&w->block, w->terms.data, w->terms.len);
    lsi_buf_put(&w->block, w->records.data, w->records.len);
    if (w->terms.rc || w->records.rc || w->first.rc || w->before.rc) return lsi_fail_nomem(err);
    int rc = lsi_keys_writer_block(&w->keys, w->first.data, w->first.len, &w->block, w->in_block, err);
    lsi_buf_reset(&w->terms);
    lsi_buf_reset(&w->records);
    memset(&w->base, 0, sizeof w->base);
    w->in_block = 0;
    return rc;
}

static int add_other(other_list *o, lsi_ord ord, const lsi_list *l, ls_error *err)
{
    lsi_ord before = o->last;
    if (o->count % PER_BLOCK == 0) {
        if (o->bodies.len > UINT32_MAX) return lsi_fail(err, LS_LIMIT, "a dictionary of more than 4 GiB");
        lsi_buf_put32(&o->firsts, ord);
        lsi_buf_put32(&o->offsets, (uint32_t)o->bodies.len);
        memset(&o->base, 0, sizeof o->base);
        before = ord - 1;
    }
    lsi_vint_put(&o->bodies, ord - before - 1);
    lsi_record_put(&o->bodies, &o->base, l, 1);
    o->last = ord;
    o->count++;
    return o->firsts.rc || o->offsets.rc || o->bodies.rc ? lsi_fail_nomem(err) : LS_OK;
}

int lsi_terms_writer_add(lsi_terms_writer *w, const uint8_t *term, size_t len, uint32_t form_count,
                         const lsi_list *lists, uint32_t list_count, ls_error *err)
{
    int rc;
    if (w->count && lsi_bytes_cmp(w->before.data, w->before.len, term, len) >= 0)
        return lsi_fail(err, LS_MISUSE, "terms of a dictionary must rise");
    if (w->count >= UINT32_MAX - 1) return lsi_fail(err, LS_LIMIT, "too many terms in a segment");
    if ((rc = more_lists(w, list_count, err))) return rc;
    if (w->in_block == PER_BLOCK && (rc = flush_block(w, err))) return rc;
    if (!w->in_block) {
        lsi_buf_reset(&w->first);
        lsi_buf_put(&w->first, term, len);
    } else {
        lsi_keys_put(&w->terms, w->before.data, w->before.len, term, len);
    }
    lsi_record_put(&w->records, &w->base, &lists[0], form_count);
    for (uint32_t i = 1; i < list_count; i++)
        if (lists[i].df && (rc = add_other(&w->others[i - 1], w->count, &lists[i], err))) return rc;
    lsi_buf_reset(&w->before);
    lsi_buf_put(&w->before, term, len);
    w->in_block++;
    w->count++;
    return w->before.rc ? lsi_fail_nomem(err) : LS_OK; /* now: the next entry resets it */
}

static int put_others(lsi_terms_writer *w, ls_error *err)
{
    uint32_t n = w->list_count - 1;
    uint64_t at = 4 + 12 * (uint64_t)n;
    if (!n) return LS_OK;
    lsi_sink_put32(w->lists_sink, n);
    for (uint32_t i = 0; i < n; i++) {
        other_list *o = &w->others[i];
        if (o->bodies.len > UINT32_MAX) return lsi_fail(err, LS_LIMIT, "a dictionary of more than 4 GiB");
        lsi_buf_put32(&o->offsets, (uint32_t)o->bodies.len);
        if (o->offsets.rc) return lsi_fail_nomem(err);
        lsi_sink_put32(w->lists_sink, o->count);
        lsi_sink_put64(w->lists_sink, at);
        at += o->firsts.len + o->offsets.len + o->bodies.len;
    }
    for (uint32_t i = 0; i < n; i++) {
        const other_list *o = &w->others[i];
        if (o->firsts.len) lsi_sink_put(w->lists_sink, o->firsts.data, o->firsts.len);
        lsi_sink_put(w->lists_sink, o->offsets.data, o->offsets.len);
        if (o->bodies.len) lsi_sink_put(w->lists_sink, o->bodies.data, o->bodies.len);
    }
    return lsi_sink_failed(w->lists_sink, err);
}

int lsi_terms_writer_end(lsi_terms_writer *w, ls_error *err)
{
    int rc = flush_block(w, err);
    if (!rc) rc = lsi_keys_writer_end(&w->keys, w->list_count, err);
    return rc ? rc : put_others(w, err);
}
