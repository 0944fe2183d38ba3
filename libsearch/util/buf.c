/* buf.c — owns the memory of lsi_buf. Invariant: after an error nothing is written and len does not move. */
#include "libsearch/util/buf.h"
#include "libsearch/util/alloc.h"

void lsi_buf_init(lsi_buf *b, size_t max)
{
    memset(b, 0, sizeof *b);
    b->max = max;
}

void lsi_buf_clear(lsi_buf *b)
{
    lsi_free(b->data);
    lsi_buf_init(b, b->max);
}

void lsi_buf_reset(lsi_buf *b)
{
    b->len = 0;
    b->rc = LS_OK;
}

bool lsi_buf_reserve(lsi_buf *b, size_t n)
{
    size_t need;
    if (b->rc) return false;
    if (!lsi_add_size(b->len, n, &need) || (b->max && need > b->max)) {
        b->rc = LS_LIMIT;
        return false;
    }
    if (need <= b->cap && b->data) return true;
    size_t cap = b->cap;
    uint8_t *p = lsi_array_grow(b->data, &cap, need < 64 ? 64 : need, 1);
    if (!p) {
        b->rc = LS_NOMEM;
        return false;
    }
    b->data = p;
    b->cap = cap;
    return true;
}

uint8_t *lsi_buf_grow_slowly(lsi_buf *b, size_t n)
{
    if (!lsi_buf_reserve(b, n)) return NULL;
    uint8_t *p = b->data + b->len;
    b->len += n;
    return p;
}

void lsi_buf_put(lsi_buf *b, const void *p, size_t n)
{
    uint8_t *q = lsi_buf_grow(b, n);
    if (q && n) memcpy(q, p, n);
}

void lsi_buf_put32(lsi_buf *b, uint32_t v)
{
    uint8_t *q = lsi_buf_grow(b, 4);
    if (q) lsi_set32(q, v);
}

void lsi_buf_put64(lsi_buf *b, uint64_t v)
{
    uint8_t *q = lsi_buf_grow(b, 8);
    if (q) lsi_set64(q, v);
}

void lsi_buf_puts(lsi_buf *b, const char *s)
{
    lsi_buf_put(b, s, strlen(s));
}

void lsi_buf_align(lsi_buf *b, size_t to)
{
    size_t over = b->len % to;
    uint8_t *q = over ? lsi_buf_grow(b, to - over) : NULL;
    if (q) memset(q, 0, to - over);
}

const char *lsi_buf_cstr(lsi_buf *b)
{
    if (!lsi_buf_reserve(b, 1)) return "";
    b->data[b->len] = 0;
    return (const char *)b->data;
}
