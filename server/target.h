/* target.h — the target of a request, taken apart: decoded path and arguments. */
#ifndef SD_TARGET_H
#define SD_TARGET_H
#include "server/head.h"

typedef struct sd_arg {
    const char *name, *value; /* decoded, NUL-terminated; "a" without "=" has the value "" */
    size_t name_len, value_len;
} sd_arg;

typedef struct sd_target {
    char *memory;
    const char *path; /* still encoded, without the query; NUL-terminated */
    sd_arg *args;     /* in their order */
    size_t arg_count;
} sd_target;

/* Of a target that passed the porter: "/path?a=b&c". False without memory. */
bool sd_target_parse(sd_target *t, const char *raw);
/* The same in memory of the caller's, which outlives t and is not cleared; false where it is too small. */
bool sd_target_parse_into(sd_target *t, const char *raw, size_t n, char *memory, size_t memory_bytes, sd_arg *args,
                          size_t args_max);
void sd_target_clear(sd_target *t);
const sd_arg *sd_target_get(const sd_target *t, const char *name); /* the first; NULL: none */
/* Decodes %XX in place (and + where `form`); returns the new length. */
size_t sd_target_decode(char *s, size_t n, bool form);
/* Appends s percent-encoded: everything but letters, digits and -._~ */
void sd_put_url(js_text *out, const char *s, size_t n);
#endif
