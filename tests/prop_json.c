/* prop_json.c — the quick reader of JSON against jansson: on texts made by a grammar, then damaged. What the quick one
 * reads jansson must read, into an equal tree whose members come in the same order; and what is plain it must read.
 *   prop_json [TEXTS [SEED]]   default 20000 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"

static uint64_t state;
static unsigned any(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 20) % n;
}

#define PICK(list) ((list)[any(sizeof(list) / sizeof(list)[0])])

static void put_blanks(js_text *t)
{
    static const char *const blanks[] = {"", "", "", "", " ", "\n", "\t ", "\r\n", "  "};
    js_puts(t, PICK(blanks));
}

static void put_string(js_text *t, bool plain)
{
    static const char *const easy[] = {"a",       "word",   "longer than eight bytes",
                                       "é",       "日本語", "😀",
                                       "\\n",     "\\\"",   "\\\\",
                                       "\\/",     "\\t",    "\\u00e9",
                                       "\\u65E5", " ",      "\x7f"};
    static const char *const odd[] = {
        "\\ud83d\\ude00", "\\ud800",      "\\u0000",  "\\u12",    "\\x",     "\\",  "\n", "\x01",
        "\xff",           "\xed\xa0\x80", "\xc0\xaf", "\xe6\x97", "\\uDC00", "\\u", "\""};
    js_putc(t, '"');
    for (unsigned n = any(any(8) ? 4 : 60); n; n--) js_puts(t, plain || any(40) ? PICK(easy) : PICK(odd));
    js_putc(t, '"');
}

static void put_name(js_text *t, bool plain)
{
    static const char *const names[] = {"id", "title", "body", "", "é", "a name", "\\u0069d", "id\\u0000", "\\n"};
    static unsigned count;
    if (plain || any(12)) js_printf(t, "\"%s%u\"", names[any(6)], count++ % 97);
    else js_printf(t, "\"%s\"", PICK(names));
}

static void put_number(js_text *t, bool plain)
{
    static const char *const easy[] = {"0", "1", "-1", "120", "999999999999999999", "-999999999999999999"};
    static const char *const odd[] = {
        "-0", "01", "1.5", "1e3", "-",     "9223372036854775807", "9223372036854775808", "1E2", "+1",
        ".5", "1.", "-a",  "00",  "1e400", "-9223372036854775808"};
    js_puts(t, plain || any(4) ? PICK(easy) : PICK(odd));
}

static void put_value(js_text *t, unsigned depth, bool plain)
{
    static const char *const words[] = {"true", "false", "null"}, *const odd[] = {"tru", "nul", "TRUE", "NaN", ""};
    unsigned kind = any(depth ? 8 : 6);
    put_blanks(t);
    if (kind < 3) put_string(t, plain);
    else if (kind == 3) put_number(t, plain);
    else if (kind < 6) js_puts(t, plain || any(20) ? PICK(words) : PICK(odd));
    else {
        js_putc(t, kind == 6 ? '{' : '[');
        for (unsigned i = 0, n = any(5); i < n; i++) {
            if (i) js_putc(t, ',');
            put_blanks(t);
            if (kind == 6) {
                put_name(t, plain);
                put_blanks(t);
                js_putc(t, ':');
            }
            put_value(t, depth - 1, plain);
        }
        put_blanks(t);
        js_putc(t, kind == 6 ? '}' : ']');
    }
    put_blanks(t);
}

static void damage(js_text *t)
{
    static const char signs[] = "\"\\{}[]:,0123e-.tfn \n\x80\xc3\x01u";
    for (unsigned n = any(4); n && t->len; n--) {
        size_t at = any((unsigned)t->len);
        switch (any(3)) {
        case 0:
            t->data[at] = signs[any(sizeof signs)];
            break;
        case 1:
            t->len = at;
            break;
        default:
            memmove(t->data + at, t->data + at + 1, t->len - at - 1);
            t->len--;
        }
    }
}

static bool same_order(const json_t *a, const json_t *b)
{
    json_t *x = (json_t *)(uintptr_t)a, *y = (json_t *)(uintptr_t)b;
    if (json_is_array(a))
        for (size_t i = 0; i < json_array_size(a); i++)
            if (!same_order(json_array_get(a, i), json_array_get(b, i))) return false;
    if (!json_is_object(a)) return true;
    void *i = json_object_iter(x), *k = json_object_iter(y);
    for (; i && k; i = json_object_iter_next(x, i), k = json_object_iter_next(y, k)) {
        size_t n = json_object_iter_key_len(i);
        if (n != json_object_iter_key_len(k) || memcmp(json_object_iter_key(i), json_object_iter_key(k), n) != 0)
            return false;
        if (!same_order(json_object_iter_value(i), json_object_iter_value(k))) return false;
    }
    return !i && !k;
}

static unsigned quick, slow;

/* must: the quick one may not leave it to jansson. */
static bool agree(const char *s, size_t len, bool must)
{
    json_error_t e;
    char *exact = malloc(len + 1); /* so that a sanitizer sees what is read behind the end */
    if (!exact) return false;
    if (len) memcpy(exact, s, len);
    json_t *a = js_parse_quickly(exact, len);
    json_t *b = json_loadb(exact, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
    bool good = a ? b && json_equal(a, b) && same_order(a, b) : !must;
    quick += a != NULL;
    slow += !a && b;
    if (!good)
        printf("prop_json: quick %s, jansson %s: %.*s\n", a ? "reads" : "leaves", b ? "reads" : e.text, (int)len, s);
    json_decref(a);
    json_decref(b);
    free(exact);
    return good;
}

/* Brackets up to what is allowed, and one more. */
static bool try_depths(void)
{
    bool good = true;
    for (unsigned depth = JS_DEPTH_MAX - 1; depth <= JS_DEPTH_MAX + 1; depth++) {
        js_text t = {0};
        json_t *tree;
        for (unsigned i = 0; i < depth; i++) js_putc(&t, '[');
        for (unsigned i = 0; i < depth; i++) js_putc(&t, ']');
        good &= agree(t.data, t.len, depth <= JS_DEPTH_MAX);
        int rc = js_parse(&tree, t.data, t.len, NULL);
        good &= rc == (depth <= JS_DEPTH_MAX ? LS_OK : LS_LIMIT);
        json_decref(tree);
        js_text_free(&t);
    }
    if (!good) printf("prop_json: depths\n");
    return good;
}

int main(int argc, char **argv)
{
    unsigned texts = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20000;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 20260301;
    js_text t = {0};
    bool good = state != 0 && try_depths();
    for (unsigned i = 0; good && i < texts; i++) {
        bool plain = i % 2;
        js_text_reset(&t);
        js_putc(&t, '[');
        put_value(&t, 4, plain);
        js_putc(&t, ']');
        good = agree(t.data + (any(8) ? 0 : 1), t.len - 1, false); /* not whole, or no array */
        if (good) good = agree(t.data, t.len, plain);
        damage(&t);
        if (good) good = agree(t.data, t.len, false);
    }
    js_text_free(&t);
    printf("prop_json: %u texts read quickly, %u by jansson alone%s\n", quick, slow, good ? "" : ": WRONG");
    return good && quick > texts / 2 && slow > texts / 100 ? 0 : 1;
}
