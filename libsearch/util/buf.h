/* buf.h — growable bytes with a maximum and a sticky error: write ten times, check once. */
#ifndef LSI_BUF_H
#define LSI_BUF_H
#include "libsearch/util/base.h"

typedef struct lsi_buf {
    uint8_t *data; /* NULL while empty */
    size_t len, cap;
    size_t max; /* 0: no maximum */
    int rc;     /* LS_OK, or the first LS_NOMEM / LS_LIMIT; later puts do nothing */
} lsi_buf;

void lsi_buf_init(lsi_buf *b, size_t max);
void lsi_buf_clear(lsi_buf *b); /* frees; usable again with the same max */
void lsi_buf_reset(lsi_buf *b); /* keeps the memory; clears the error */
/* Room for n more bytes: a pointer to them and len grown by n, or NULL with the error set. */
uint8_t *lsi_buf_grow_slowly(lsi_buf *b, size_t n);
LSI_INLINE uint8_t *lsi_buf_grow(lsi_buf *b, size_t n)
{
    if (LSI_UNLIKELY(n > b->cap - b->len || b->rc || b->max || !b->data)) return lsi_buf_grow_slowly(b, n);
    uint8_t *p = b->data + b->len;
    b->len += n;
    return p;
}
bool lsi_buf_reserve(lsi_buf *b, size_t n); /* capacity for n more, len untouched */
void lsi_buf_put(lsi_buf *b, const void *p, size_t n);
LSI_INLINE void lsi_buf_put8(lsi_buf *b, uint8_t v)
{
    uint8_t *q = lsi_buf_grow(b, 1);
    if (q) *q = v;
}
void lsi_buf_put32(lsi_buf *b, uint32_t v);
void lsi_buf_put64(lsi_buf *b, uint64_t v);
void lsi_buf_puts(lsi_buf *b, const char *s); /* without its NUL */
void lsi_buf_align(lsi_buf *b, size_t to);    /* zero bytes up to a multiple of `to` */
const char *lsi_buf_cstr(lsi_buf *b);         /* adds a NUL behind the data, not counted; "" on error */
#endif
