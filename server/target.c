/* target.c — paths and arguments of a request. Owns percent-decoding: done once, after splitting, so that an encoded
 * "/", "&" or "=" never splits anything. Relies on the porter for whole %XX and no %00; ignorant of names. */
#include "server/target.h"

#include <stdlib.h>
#include <string.h>

static int hex(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

size_t sd_target_decode(char *s, size_t n, bool form)
{
    size_t i, w = 0;
    for (i = 0; i < n; i++) {
        if (s[i] == '%' && i + 2 < n) {
            s[w++] = (char)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
            i += 2;
        } else {
            s[w++] = form && s[i] == '+' ? ' ' : s[i];
        }
    }
    s[w] = 0;
    return w;
}

static void take_arg(sd_target *t, char *p, size_t n)
{
    sd_arg *a = &t->args[t->arg_count];
    char *eq = memchr(p, '=', n);
    size_t name_len = eq ? (size_t)(eq - p) : n;
    if (!n) return; /* "a=b&&c" */
    a->name = p;
    a->value = eq ? eq + 1 : p + n;
    a->value_len = eq ? sd_target_decode(eq + 1, n - name_len - 1, true) : 0;
    if (eq) *eq = 0;
    a->name_len = sd_target_decode(p, name_len, true);
    t->arg_count++;
}

static size_t count_parts(const char *raw, size_t n)
{
    size_t count = 1, i;
    for (i = 0; i < n; i++) count += raw[i] == '&';
    return count;
}

bool sd_target_parse_into(sd_target *t, const char *raw, size_t n, char *memory, size_t memory_bytes, sd_arg *args,
                          size_t args_max)
{
    char *p, *end, *next;
    memset(t, 0, sizeof *t);
    if (n + 2 > memory_bytes || count_parts(raw, n) > args_max) return false;
    memcpy(memory, raw, n);
    memory[n] = memory[n + 1] = 0;
    t->path = memory;
    t->args = args;
    p = strchr(memory, '?');
    if (!p) return true;
    *p++ = 0;
    for (end = memory + n; p < end; p = next + 1) {
        next = memchr(p, '&', (size_t)(end - p));
        if (!next) next = end;
        *next = 0; /* take_arg writes a NUL behind each decoded part, at or before this one */
        take_arg(t, p, (size_t)(next - p));
    }
    return true;
}

bool sd_target_parse(sd_target *t, const char *raw)
{
    size_t n = strlen(raw), count = count_parts(raw, n);
    char *memory = malloc(n + 2);
    sd_arg *args = calloc(count, sizeof *args);
    if (!memory || !args || !sd_target_parse_into(t, raw, n, memory, n + 2, args, count)) {
        free(memory);
        free(args);
        memset(t, 0, sizeof *t);
        return false;
    }
    t->memory = memory;
    return true;
}

void sd_target_clear(sd_target *t)
{
    if (t->memory) free(t->args); /* else both are the caller's */
    free(t->memory);
    memset(t, 0, sizeof *t);
}

const sd_arg *sd_target_get(const sd_target *t, const char *name)
{
    size_t i;
    for (i = 0; i < t->arg_count; i++)
        if (!strcmp(t->args[i].name, name)) return &t->args[i];
    return NULL;
}

void sd_put_url(js_text *out, const char *s, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t i;
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain) {
            js_putc(out, (char)c);
        } else {
            char e[3] = {'%', digits[c >> 4], digits[c & 15]};
            js_put(out, e, 3);
        }
    }
}
