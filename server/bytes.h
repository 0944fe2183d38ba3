/* bytes.h — growable bytes of the server: append as often as you like, look at `failed` once. */
#ifndef SD_BYTES_H
#define SD_BYTES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define SD_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define SD_PRINTF(f, a)
#endif

typedef struct sd_bytes {
    char *p; /* a NUL always stands behind the last byte once anything was put; NULL before */
    size_t len, cap;
    bool failed; /* memory could not be had: what was put since is missing */
} sd_bytes;

void sd_put(sd_bytes *b, const void *p, size_t n);
void sd_puts(sd_bytes *b, const char *s);
void sd_putc(sd_bytes *b, char c);
void sd_putf(sd_bytes *b, const char *format, ...) SD_PRINTF(2, 3);
/* A JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void sd_put_json(sd_bytes *b, const char *s, size_t n);
/* Text for HTML, in elements and in quoted attributes; invalid UTF-8 becomes U+FFFD. */
void sd_put_html(sd_bytes *b, const char *s, size_t n);
/* A value of a query string: everything but letters, digits and -._~ is percent-encoded. */
void sd_put_url(sd_bytes *b, const char *s, size_t n);
/* Room for n more bytes behind `len` (not counted), or NULL. */
char *sd_reserve(sd_bytes *b, size_t n);
void sd_drop_front(sd_bytes *b, size_t n); /* removes the first n bytes */
void sd_clear(sd_bytes *b);                /* frees; empty and usable again */
const char *sd_cstr(const sd_bytes *b);    /* "" while empty */
/* Length of the valid UTF-8 sequence at p (1 to 4), or 0. */
size_t sd_utf8(const char *p, size_t n);
#endif
