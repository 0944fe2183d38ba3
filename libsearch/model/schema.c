/* schema.c — owns the list of fields of an index, its settings, and their bytes in the manifest.
 * Invariants: a field's number, type and weight never change; fields are only added, at the end; the title and main
 * fields are fixed once the index has been written, for the main field has no posting list of its own.
 * Ignorant of what becomes of the fields, of where time zones are kept, and of lists of boilerplate (boilerplate.c).
 *
 * BYTES  (numbers little-endian; a string is a length byte and its bytes)
 *   u8 1, layout · u8 fields · u8 title, u8 main: field number or 255 · strings: language, timezone, k1, b
 *   for each field: u8 type (ls_type) · u8 weight · u8 flags: 1 not stored · string name
 * Example: the fields title (text, 3) and published (date), settings by default:
 *   01 02 00 ff  07 "english" 03 "UTC" 03 "1.2" 04 "0.75"  01 03 00 05 "title"  04 00 00 09 "published" */
#include "libsearch/model/schema.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/text/lines.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/err.h"
#include "libsearch/util/zone.h"
#include <assert.h>

#define LAYOUT        1
#define NO_FIELD_BYTE 255
enum { FLAG_NOT_STORED = 1, FLAG_COPIES = 2 /* of the main field: by it copies are known */ };

static const struct {
    const char *name;
    ls_type type;
    int weight;
} news[] = {
    {"title", LS_TEXT, 3},           {"lead", LS_TEXT, 1},        {"body", LS_TEXT, 1},
    {"captions", LS_TEXT, 1},        {"byline", LS_TEXT, 0},      {"source", LS_KEYWORD, 0},
    {"section", LS_KEYWORD, 0},      {"subjects", LS_KEYWORD, 0}, {"places", LS_KEYWORD, 0},
    {"language", LS_KEYWORD, 0},     {"published", LS_DATE, 0},   {"updated", LS_DATE, 0},
    {"embargoed", LS_DATE, 0},       {"version", LS_INTEGER, 0},  {"urgency", LS_INTEGER, 0},
    {"guid", LS_STORED, 0},          {"url", LS_STORED, 0},       {"status", LS_STORED, 0},
    {"evolved_from", LS_KEYWORD, 0}, {"ednote", LS_STORED, 0},    {"title_source", LS_STORED, 0},
    {"date_source", LS_STORED, 0},   {"extra", LS_STORED, 0},
};

/* ---- making ---- */

int lsi_schema_new(ls_schema **out, ls_error *err)
{
    *out = NULL;
    ls_schema *s = lsi_calloc(1, sizeof *s);
    if (!s) return lsi_fail_nomem(err);
    s->title = s->main = LSI_FIELD_NONE;
    s->region_count = 1;
    s->k1 = 1.2;
    s->b = 0.75;
    memcpy(s->language, "english", 8);
    s->lang = lsi_lang_find(s->language, 7);
    memcpy(s->timezone, "UTC", 4);
    memcpy(s->k1_text, "1.2", 4);
    memcpy(s->b_text, "0.75", 5);
    *out = s;
    return LS_OK;
}

int lsi_schema_news(ls_schema **out, ls_error *err)
{
    int rc = lsi_schema_new(out, err);
    if (rc) return rc;
    for (size_t i = 0; i < LSI_COUNTOF(news); i++) {
        ls_field f = {sizeof f, news[i].name, news[i].type, news[i].weight, 0};
        rc = lsi_schema_add(*out, &f, err);
        assert(!rc); /* it allocates nothing, and the table is ours */
    }
    (*out)->copies = true;
    return rc;
}

void lsi_schema_free(ls_schema *s)
{
    if (!s) return;
    for (size_t i = 0; i < LSI_SPARE_ANALYZERS; i++) lsi_analyzer_free(s->spare[i]);
    lsi_zone_free(s->zone);
    lsi_lines_release(s->lines);
    lsi_free(s);
}

int lsi_schema_copy(ls_schema **out, const ls_schema *s, ls_error *err)
{
    *out = NULL;
    ls_schema *c = lsi_malloc(sizeof *c);
    if (!c) return lsi_fail_nomem(err);
    memcpy(c, s, offsetof(ls_schema, spare)); /* other threads may be at the spare analyzers */
    memset(c->spare, 0, sizeof c->spare);
    c->zone = NULL;
    lsi_lines_retain(c->lines);
    for (size_t i = 0; i < c->count; i++) c->fields[i].pub.name = c->fields[i].name;
    *out = c;
    return LS_OK;
}

static bool name_ok(const char *name)
{
    size_t n = 0;
    for (; name[n]; n++) {
        char c = name[n];
        bool letter = c >= 'a' && c <= 'z';
        if (n > 62 || (!letter && (!n || (c != '_' && !lsi_is_digit(c))))) return false;
    }
    return n > 0;
}

static int check_field(const ls_schema *s, const ls_field *f, ls_error *err)
{
    if (!f->name || !name_ok(f->name))
        return lsi_fail(err, LS_INVALID, "field name \"%.80s\": [a-z][a-z0-9_]*, at most 63 letters expected",
                        f->name ? f->name : "");
    if (f->type < LS_TEXT || f->type > LS_STORED)
        return lsi_fail(err, LS_INVALID, "field %s: type %d is none of ls_type", f->name, (int)f->type);
    if (f->weight < 0 || f->weight > (f->type == LS_TEXT ? 255 : 0))
        return lsi_fail(err, LS_INVALID, "field %s: weight %d; 0 to 255 expected of text, 0 of others", f->name,
                        f->weight);
    if (f->not_stored && f->type == LS_STORED)
        return lsi_fail(err, LS_INVALID, "field %s: a stored field that is not stored keeps nothing", f->name);
    if (lsi_schema_find(s, f->name, strlen(f->name)) != LSI_FIELD_NONE)
        return lsi_fail(err, LS_EXISTS, "field %s: is in the schema already", f->name);
    if (s->count == LSI_FIELDS_MAX)
        return lsi_fail(err, LS_LIMIT, "field %s: a schema has at most %d fields", f->name, LSI_FIELDS_MAX);
    if (f->type == LS_TEXT && s->text_count == LSI_TEXT_FIELDS_MAX)
        return lsi_fail(err, LS_LIMIT, "field %s: a schema has at most %d text fields", f->name, LSI_TEXT_FIELDS_MAX);
    return LS_OK;
}

int lsi_schema_add(ls_schema *s, const ls_field *field, ls_error *err)
{
    ls_field f = {0};
    memcpy(&f, field, LSI_MIN(field->size, sizeof f)); /* a caller of an older header has a shorter one */
    int rc = check_field(s, &f, err);
    if (rc) return rc;
    int no = (int)s->count++;
    lsi_schema_field *to = &s->fields[no];
    memset(to, 0, sizeof *to);
    memcpy(to->name, f.name, strlen(f.name) + 1);
    to->pub = f;
    to->pub.size = sizeof f;
    to->pub.name = to->name;
    to->pub.not_stored = f.not_stored != 0;
    to->text_no = f.type == LS_TEXT ? (int)s->text_count++ : -1;
    to->region = f.type == LS_TEXT && f.weight ? (int)s->region_count++ - 1 : -1;
    if (to->region >= 0 && !s->title_fixed && !strcmp(f.name, "title")) s->title = no;
    if (to->region >= 0 && !s->main_fixed && !strcmp(f.name, "body")) s->main = no;
    return LS_OK;
}

/* ---- looking up ---- */

int lsi_schema_find(const ls_schema *s, const char *name, size_t len)
{
    for (size_t i = 0; i < s->count; i++)
        if (len && s->fields[i].name[0] == name[0] && !strncmp(s->fields[i].name, name, len) &&
            !s->fields[i].name[LSI_MIN(len, (size_t)63)])
            return (int)i;
    return LSI_FIELD_NONE;
}

const lsi_schema_field *lsi_schema_text(const ls_schema *s, int text_no)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i].text_no == text_no && text_no >= 0) return &s->fields[i];
    return NULL;
}

const lsi_schema_field *lsi_schema_region(const ls_schema *s, int region)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i].region == region && region >= 0) return &s->fields[i];
    return NULL;
}

/* ---- settings ---- */

/* "1.2": at most 15 digits, so that mantissa and power of ten are exact and their quotient is the nearest double.
 * Not strtod, which obeys the locale. */
static bool parse_decimal(const char *text, double *out)
{
    double mantissa = 0, power = 1;
    int digits = 0;
    bool point = false;
    for (const char *p = text; *p; p++) {
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (!lsi_is_digit(*p) || ++digits > 15) return false;
        mantissa = mantissa * 10 + (*p - '0');
        if (point) power *= 10;
    }
    *out = mantissa / power;
    return digits > 0;
}

static int set_number(double *to, char *text, size_t cap, const char *key, const char *value, double largest,
                      ls_error *err)
{
    double v;
    if (strlen(value) >= cap || !parse_decimal(value, &v) || v > largest)
        return lsi_fail(err, LS_INVALID, "%s=%.40s: a number from 0 to %g expected", key, value, largest);
    *to = v;
    memcpy(text, value, strlen(value) + 1);
    return LS_OK;
}

static int set_language(ls_schema *s, const char *value, ls_error *err)
{
    int lang = lsi_lang_find(value, strlen(value));
    if (lang < 0)
        return lsi_fail(err, LS_INVALID, "language=%.40s: one of ls_languages() expected, such as \"english\"", value);
    const char *name = lsi_lang_name(lang);
    size_t n = strlen(name);
    assert(n < sizeof s->language);
    memcpy(s->language, name, n + 1);
    s->lang = lang;
    return LS_OK;
}

/* A name of the zone database is a relative path that goes nowhere else: "Europe/Berlin". */
static bool zone_ok(const char *name)
{
    size_t n = strlen(name);
    if (!n || n > 63 || name[0] == '/' || name[0] == '.') return false;
    for (size_t i = 0; i < n; i++) {
        if (!lsi_is_alnum(name[i]) && !strchr("_+-/.", name[i])) return false;
        if (name[i] == '.' && name[i + 1] == '.') return false;
    }
    return true;
}

static int set_text_field(const ls_schema *s, int *to, bool *fixed, const char *key, const char *value, ls_error *err)
{
    int no = lsi_schema_find(s, value, strlen(value));
    if (no == LSI_FIELD_NONE || s->fields[no].region < 0)
        return lsi_fail(err, LS_INVALID, "%s=%.64s: a text field of the schema with a weight expected", key, value);
    *to = no;
    *fixed = true;
    return LS_OK;
}

int lsi_schema_set(ls_schema *s, const char *key, const char *value, ls_error *err)
{
    if (!strcmp(key, "language")) return set_language(s, value, err);
    if (!strcmp(key, "k1")) return set_number(&s->k1, s->k1_text, sizeof s->k1_text, key, value, 100, err);
    if (!strcmp(key, "b")) return set_number(&s->b, s->b_text, sizeof s->b_text, key, value, 1, err);
    if (!strcmp(key, "title")) return set_text_field(s, &s->title, &s->title_fixed, key, value, err);
    if (!strcmp(key, "main")) return set_text_field(s, &s->main, &s->main_fixed, key, value, err);
    if (!strcmp(key, "copies")) {
        if (strcmp(value, "yes") && strcmp(value, "no"))
            return lsi_fail(err, LS_INVALID, "copies=%.64s: yes or no expected", value);
        s->copies = *value == 'y';
        return LS_OK;
    }
    if (!strcmp(key, "timezone")) {
        if (!zone_ok(value))
            return lsi_fail(err, LS_INVALID, "timezone=%.64s: a name such as \"Europe/Berlin\" expected", value);
        memcpy(s->timezone, value, strlen(value) + 1);
        return LS_OK;
    }
    return lsi_fail(err, LS_INVALID, "%.64s: one of language, k1, b, timezone, title, main, copies expected", key);
}

const char *lsi_schema_get(const ls_schema *s, const char *key)
{
    if (!strcmp(key, "language")) return s->language;
    if (!strcmp(key, "k1")) return s->k1_text;
    if (!strcmp(key, "b")) return s->b_text;
    if (!strcmp(key, "timezone")) return s->timezone;
    if (!strcmp(key, "copies")) return s->copies ? "yes" : "no";
    if (!strcmp(key, "title")) return s->title >= 0 ? s->fields[s->title].name : NULL;
    if (!strcmp(key, "main")) return s->main >= 0 ? s->fields[s->main].name : NULL;
    return NULL;
}

/* ---- bytes ---- */

static void put_string(lsi_buf *b, const char *text)
{
    lsi_buf_put8(b, (uint8_t)strlen(text));
    lsi_buf_puts(b, text);
}

void lsi_schema_encode(const ls_schema *s, lsi_buf *b)
{
    lsi_buf_put8(b, LAYOUT);
    lsi_buf_put8(b, (uint8_t)s->count);
    lsi_buf_put8(b, (uint8_t)(s->title >= 0 ? s->title : NO_FIELD_BYTE));
    lsi_buf_put8(b, (uint8_t)(s->main >= 0 ? s->main : NO_FIELD_BYTE));
    put_string(b, s->language);
    put_string(b, s->timezone);
    put_string(b, s->k1_text);
    put_string(b, s->b_text);
    for (size_t i = 0; i < s->count; i++) {
        const ls_field *f = &s->fields[i].pub;
        lsi_buf_put8(b, (uint8_t)f->type);
        lsi_buf_put8(b, (uint8_t)f->weight);
        lsi_buf_put8(
            b, (uint8_t)((f->not_stored ? FLAG_NOT_STORED : 0) | (s->copies && (int)i == s->main ? FLAG_COPIES : 0)));
        put_string(b, f->name);
    }
}

/* Takes a string of at most 63 bytes without a NUL. */
static bool take_string(const uint8_t **p, const uint8_t *end, char out[64])
{
    size_t n = *p < end ? **p : 64;
    if (n > 63 || (size_t)(end - *p) < n + 1 || memchr(*p + 1, 0, n)) return false;
    memcpy(out, *p + 1, n);
    out[n] = 0;
    *p += n + 1;
    return true;
}

static int decode_field(ls_schema *s, const uint8_t **p, const uint8_t *end, unsigned main_field)
{
    char name[64];
    if (end - *p < 3) return LS_CORRUPT;
    const uint8_t *h = *p;
    *p += 3;
    unsigned known = s->count == main_field ? FLAG_NOT_STORED | FLAG_COPIES : FLAG_NOT_STORED;
    if (h[2] & ~known || !take_string(p, end, name)) return LS_CORRUPT;
    s->copies |= (h[2] & FLAG_COPIES) != 0;
    ls_field f = {sizeof f, name, (ls_type)h[0], h[1], h[2] & FLAG_NOT_STORED};
    return lsi_schema_add(s, &f, NULL);
}

static int decode(ls_schema *s, const uint8_t *p, const uint8_t *end, ls_error *err)
{
    static const char *const keys[] = {"language", "timezone", "k1", "b"};
    char text[64];
    if (end - p < 4) return LS_CORRUPT;
    if (p[0] > LAYOUT) return lsi_fail(err, LS_TOO_NEW, "schema of layout %u, this library reads %d", p[0], LAYOUT);
    unsigned count = p[1], title = p[2], main_field = p[3];
    p += 4;
    for (size_t i = 0; i < LSI_COUNTOF(keys); i++)
        if (!take_string(&p, end, text) || lsi_schema_set(s, keys[i], text, NULL)) return LS_CORRUPT;
    for (unsigned i = 0; i < count; i++)
        if (decode_field(s, &p, end, main_field)) return LS_CORRUPT;
    s->title = s->main = LSI_FIELD_NONE;
    if (title != NO_FIELD_BYTE && (title >= count || s->fields[title].region < 0)) return LS_CORRUPT;
    if (main_field != NO_FIELD_BYTE && (main_field >= count || s->fields[main_field].region < 0)) return LS_CORRUPT;
    if (title != NO_FIELD_BYTE) s->title = (int)title;
    if (main_field != NO_FIELD_BYTE) s->main = (int)main_field;
    s->title_fixed = s->main_fixed = true;
    return p == end ? LS_OK : LS_CORRUPT;
}

int lsi_schema_decode(ls_schema **out, const uint8_t *p, const uint8_t *end, ls_error *err)
{
    int rc = lsi_schema_new(out, err);
    if (rc) return rc;
    rc = decode(*out, p, end, err);
    if (rc == LS_CORRUPT) lsi_fail(err, rc, "the schema's bytes are damaged");
    if (rc) {
        lsi_schema_free(*out);
        *out = NULL;
    }
    return rc;
}
