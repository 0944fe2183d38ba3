/* quick.c — the quick way from JSON to jansson's tree: what articles are made of, read in one pass.
 *
 * jansson takes each byte through four calls, a hundred instructions in all; here eight bytes of a string are looked at
 * at once. Whatever is not plain (a number with a fraction, a surrogate, a name with an escape or twice, any error) is
 * not judged here: NULL, and parse.c asks jansson, whose messages are the ones that users see.
 *
 * Invariant: what is read here, json_loadb reads with JSON_REJECT_DUPLICATES and JSON_ALLOW_NUL into an equal tree
 * (tests/prop_json.c). Ignorant of articles. Grammar: RFC 8259. */
#include <string.h>

#include "json/inside.h"
#include "json/utf8.h"

#define DIGITS_MAX 18u /* any number of so many digits is an integer of 64 bits */

typedef struct reader {
    const char *at, *end;
    js_text spelled; /* a string with escapes, spelled out */
    unsigned depth;
} reader;

static json_t *read_value(reader *r);

static void pass_blanks(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) r->at++;
}

/* Blanks, then this sign. */
static bool take_sign(reader *r, char sign)
{
    pass_blanks(r);
    if (r->at == r->end || *r->at != sign) return false;
    r->at++;
    return true;
}

/* ---- strings ---- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool is_plain(unsigned char c)
{
    return c != '"' && c != '\\' && c >= ' ';
}

/* The first byte that ends a string, escapes or is forbidden in it; or end. *any: the bits of all before it, and maybe
 * of some behind. */
static const char *plain_end(const char *p, const char *end, uint64_t *any)
{
    for (uint64_t w; end - p >= (ptrdiff_t)sizeof w; p += sizeof w) {
        memcpy(&w, p, sizeof w);
        uint64_t quote = w ^ EACH('"'), slash = w ^ EACH('\\');
        *any |= w;
        /* The highest bit of a byte: it was 0 (quote, slash) or below a blank. Those behind the first may err. */
        uint64_t found = ((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) | ((w - EACH(' ')) & ~w);
        if (found & EACH(0x80)) break;
    }
    for (; p < end && is_plain((unsigned char)*p); p++) *any |= (unsigned char)*p;
    return p;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool spell_code_point(js_text *out, const char *hex)
{
    unsigned cp = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = hex_digit(hex[i]);
        if (digit < 0) return false;
        cp = cp << 4 | (unsigned)digit;
    }
    if (cp == 0 || (cp & 0xF800) == 0xD800) return false; /* for jansson to judge */
    char utf8[3];
    size_t n = 0;
    if (cp < 0x80) {
        utf8[n++] = (char)cp;
    } else if (cp < 0x800) {
        utf8[n++] = (char)(0xC0 | cp >> 6);
        utf8[n++] = (char)(0x80 | (cp & 0x3F));
    } else {
        utf8[n++] = (char)(0xE0 | cp >> 12);
        utf8[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
        utf8[n++] = (char)(0x80 | (cp & 0x3F));
    }
    js_put(out, utf8, n);
    return true;
}

/* An escape, from its backslash on. */
static bool take_escape(reader *r)
{
    static const char signs[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (r->end - r->at < 2) return false;
    char sign = r->at[1];
    r->at += 2;
    if (sign == 'u') {
        if (r->end - r->at < 4 || !spell_code_point(&r->spelled, r->at)) return false;
        r->at += 4;
        return true;
    }
    const char *known = sign ? strchr(signs, sign) : NULL;
    if (known) js_putc(&r->spelled, meant[known - signs]);
    return known != NULL;
}

/* The string behind its opening quote: from the text where it has no escapes, else from r->spelled. */
static bool read_string(reader *r, const char **s, size_t *len)
{
    uint64_t any = 0;
    const char *from = r->at;
    r->at = plain_end(from, r->end, &any);
    *s = from;
    *len = (size_t)(r->at - from);
    if (r->at < r->end && *r->at == '\\') {
        js_text_reset(&r->spelled);
        while (r->at < r->end && *r->at == '\\') {
            js_put(&r->spelled, from, (size_t)(r->at - from));
            if (!take_escape(r)) return false;
            from = r->at;
            r->at = plain_end(from, r->end, &any);
        }
        js_put(&r->spelled, from, (size_t)(r->at - from));
        if (r->spelled.failed) return false;
        *s = r->spelled.data;
        *len = r->spelled.len;
    }
    if (r->at == r->end || *r->at != '"') return false;
    r->at++;
    return !(any & EACH(0x80)) || js_utf8_invalid(*s, *len) == 0;
}

/* ---- values ---- */

static json_t *read_number(reader *r)
{
    bool minus = *r->at == '-';
    json_int_t n = 0;
    const char *first = r->at += minus;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        if ((size_t)(r->at - first) < DIGITS_MAX) n = n * 10 + (*r->at - '0');
    size_t digits = (size_t)(r->at - first);
    if (digits < 1 || digits > DIGITS_MAX || (*first == '0' && (digits > 1 || minus))) return NULL;
    if (r->at < r->end && (*r->at == '.' || *r->at == 'e' || *r->at == 'E')) return NULL;
    return json_integer(minus ? -n : n);
}

static json_t *read_word(reader *r, const char *word, json_t *value)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0) return NULL;
    r->at += n;
    return value;
}

/* A member, its name without escapes, so that it is still there when its value has been read. */
static bool read_member(reader *r, json_t *object)
{
    const char *name;
    size_t len;
    if (!take_sign(r, '"')) return false;
    const char *first = r->at;
    if (!read_string(r, &name, &len) || name != first || !take_sign(r, ':')) return false;
    if (json_object_getn(object, name, len)) return false;
    pass_blanks(r);
    json_t *v = read_value(r);
    return v && json_object_setn_new_nocheck(object, name, len, v) == 0;
}

static bool read_element(reader *r, json_t *array)
{
    pass_blanks(r);
    json_t *v = read_value(r);
    return v && json_array_append_new(array, v) == 0;
}

/* What stands between brackets, behind the first of them. */
static json_t *read_all(reader *r, json_t *into, bool (*one)(reader *, json_t *), char last)
{
    bool good = ++r->depth <= JS_DEPTH_MAX && into;
    if (good && !take_sign(r, last)) {
        do good = one(r, into);
        while (good && take_sign(r, ','));
        good = good && take_sign(r, last);
    }
    r->depth--;
    if (good) return into;
    json_decref(into);
    return NULL;
}

static json_t *read_value(reader *r)
{
    const char *s;
    size_t len;
    if (r->at == r->end) return NULL;
    switch (*r->at) {
    case '"':
        r->at++;
        return read_string(r, &s, &len) ? json_stringn_nocheck(s, len) : NULL;
    case '{':
        r->at++;
        return read_all(r, json_object(), read_member, '}');
    case '[':
        r->at++;
        return read_all(r, json_array(), read_element, ']');
    case 't':
        return read_word(r, "true", json_true());
    case 'f':
        return read_word(r, "false", json_false());
    case 'n':
        return read_word(r, "null", json_null());
    default:
        return read_number(r);
    }
}

json_t *js_parse_quickly(const char *text, size_t len)
{
    reader r = {.at = text, .end = text + len};
    pass_blanks(&r);
    json_t *tree = r.at < r.end && (*r.at == '{' || *r.at == '[') ? read_value(&r) : NULL;
    pass_blanks(&r);
    if (tree && r.at < r.end) {
        json_decref(tree);
        tree = NULL;
    }
    js_text_free(&r.spelled);
    return tree;
}
