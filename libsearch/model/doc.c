/* doc.c — owns a document's values while it is built or after it was read, and its stored bytes.
 * Invariants: every text is valid UTF-8 (repaired when it is added) and NUL-terminated; names and texts live in the
 * document's arena; values keep the order in which they were added. Ignorant of what the fields mean.
 *
 * STORED BYTES  (varint: 7 bits a byte, the lowest first, the eighth bit set on all but the last; at most 10 bytes)
 *   u8 1, layout · varint number of values, and for each: varint field number, and where the field is of text, keyword
 *   or stored: varint bytes, bytes. A number (integer, date) is not here: its field's column has it. Nor are id,
 *   language, version and words, which a segment keeps in arrays of their own.
 * Values of fields that are not stored are left out. A document that replaced others begins with layout 2, and behind the
 * values come: varint number of versions, 1 to 63, and for each, the newest first: varint version · u8 1 where it was
 * updated, else 0 · then i64 when, ms since 1970 · varint bytes, bytes of its status (0 where it had none).
 * Where the main field has MAIN_FROM bytes of text or more, a document begins with layout 3 · varint the main field's
 * number. Then all is the same, but that a text of the main field gives its length alone, that the number of versions is
 * always there (0 to 63), and that the texts of the main field stand behind everything, in their order: a hit is shown
 * from what is before them.
 * Example: title (field 0) "Two words", published (field 1) -2:
 *   01 02 00 09 54 77 6f 20 77 6f 72 64 73 01
 *
 * CONTENT is a chain of XXH3-128 digests (in their canonical order), so that equal documents give the same whatever the
 * schema: it begins with 16 zero bytes; each value makes it the digest of (digest so far, u8 1 for a number or 0, u64
 * XXH3-64 of the name, u64 bytes of the text or the number, digest of the text); the last is over (digest so far, the
 * language's name). The hash is its first 8 bytes, a derived id its 16 bytes in base32. */
#include "libsearch/model/doc.h"
#include "libsearch/text/analyzer.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/err.h"
#include <assert.h>
#include <xxhash.h>

#define LAYOUT           1 /* without versions */
#define LAYOUT_VERSIONS  2
#define LAYOUT_BEHIND    3  /* the main field's texts behind the rest */
#define STATUS_BYTES_MAX 64 /* of a version that was replaced; a longer one is cut */
#define MAIN_FROM        768u
#define LEAD_BYTES       256u /* of the main text in a head without a title: what shows such a document begins with it */

/* ---- building ---- */

int lsi_doc_new(ls_doc **out, ls_error *err)
{
    *out = lsi_calloc(1, sizeof **out);
    if (!*out) return lsi_fail_nomem(err);
    lsi_arena_init(&(*out)->arena);
    return LS_OK;
}

void lsi_doc_clear(ls_doc *d)
{
    lsi_arena_reset(&d->arena);
    d->count = d->id_len = 0;
    d->id[0] = d->language[0] = 0;
    d->version = 0;
    d->words = d->invalid_bytes = 0;
    d->history = NULL;
    d->history_count = 0;
}

void lsi_doc_free(ls_doc *d)
{
    if (!d) return;
    lsi_arena_clear(&d->arena);
    lsi_free(d->values);
    lsi_free(d);
}

int lsi_doc_set_id(ls_doc *d, const char *id, size_t len, ls_error *err)
{
    if (!len || len > LSI_ID_MAX)
        return lsi_fail(err, LS_INVALID, "an id of %zu bytes; 1 to %d expected", len, LSI_ID_MAX);
    memcpy(d->id, id, len);
    d->id[len] = 0;
    d->id_len = len;
    return LS_OK;
}

/* Room for one more value with the field's name copied; the count is raised by the caller. */
static lsi_doc_value *next_value(ls_doc *d, const char *field)
{
    lsi_doc_value *v = lsi_array_grow(d->values, &d->cap, d->count + 1, sizeof *v);
    if (!v) return NULL;
    d->values = v;
    v += d->count;
    memset(v, 0, sizeof *v);
    v->field_no = -1;
    if (d->count && !strcmp(v[-1].field, field)) v->field = v[-1].field;
    else v->field = lsi_arena_dup(&d->arena, field, strlen(field));
    return v->field ? v : NULL;
}

static const char *copy_text(ls_doc *d, const char *text, size_t len, size_t *out_len)
{
    const uint8_t *p = (const uint8_t *)text;
    *out_len = len;
    if (lsi_utf8_valid(p, len)) return lsi_arena_dup(&d->arena, text, len);
    lsi_buf b;
    lsi_buf_init(&b, 0);
    uint64_t invalid = lsi_utf8_repair(p, len, &b);
    const char *copy = b.rc ? NULL : lsi_arena_dup(&d->arena, b.data, b.len);
    *out_len = b.len;
    lsi_buf_clear(&b);
    if (copy) d->invalid_bytes += invalid;
    return copy;
}

int lsi_doc_add_text(ls_doc *d, const char *field, const char *text, size_t len, ls_error *err)
{
    lsi_doc_value *v = next_value(d, field);
    if (v) v->text = copy_text(d, text, len, &v->len);
    if (!v || !v->text) return lsi_fail_nomem(err);
    d->count++;
    return LS_OK;
}

int lsi_doc_add_int(ls_doc *d, const char *field, int64_t number, ls_error *err)
{
    lsi_doc_value *v = next_value(d, field);
    if (!v) return lsi_fail_nomem(err);
    v->is_int = true;
    v->integer = number;
    d->count++;
    return LS_OK;
}

static bool is_number(const lsi_schema_field *f)
{
    return f->pub.type == LS_INTEGER || f->pub.type == LS_DATE;
}

int lsi_doc_check(ls_doc *d, const ls_schema *s, ls_error *err)
{
    uint64_t seen = 0; /* number fields that have their one value */
    for (size_t i = 0; i < d->count; i++) {
        lsi_doc_value *v = &d->values[i];
        int no = lsi_schema_find(s, v->field, strlen(v->field));
        if (no == LSI_FIELD_NONE) return lsi_fail(err, LS_SCHEMA, "field \"%.80s\" is not in the schema", v->field);
        if (v->cut) return lsi_fail(err, LS_MISUSE, "field %s: only its beginning was read", v->field);
        if (is_number(&s->fields[no]) != v->is_int)
            return lsi_fail(err, LS_SCHEMA, "field %s: %s expected, %s given", v->field,
                            v->is_int ? "text" : "a number", v->is_int ? "a number" : "text");
        if (v->is_int && seen >> no & 1)
            return lsi_fail(err, LS_SCHEMA, "field %s: one number a document expected, a second given", v->field);
        if (v->is_int) seen |= (uint64_t)1 << no;
        v->field_no = no;
    }
    return LS_OK;
}

/* ---- stored bytes ---- */

static void put_varint(lsi_buf *b, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = 0;
    for (; v >= 128; v >>= 7) bytes[n++] = (uint8_t)(v | 128);
    bytes[n++] = (uint8_t)v;
    lsi_buf_put(b, bytes, n);
}

static bool take_varint(const uint8_t **p, const uint8_t *end, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; *p < end; shift += 7) {
        uint8_t c = *(*p)++;
        if (shift == 63 && c > 1) return false; /* so that 63 is the last */
        v |= (uint64_t)(c & 127) << shift;
        if (c < 128) {
            *out = v;
            return true;
        }
    }
    return false;
}

/* A varint length and so many bytes behind it. */
static bool take_bytes(const uint8_t **p, const uint8_t *end, const uint8_t **bytes, size_t *len)
{
    uint64_t n;
    if (!take_varint(p, end, &n) || n > (uint64_t)(end - *p)) return false;
    *bytes = *p;
    *len = (size_t)n;
    *p += n;
    return true;
}

static bool is_kept(const lsi_doc_value *v, const ls_schema *s)
{
    assert(v->field_no >= 0); /* lsi_doc_check found it */
    return !s->fields[v->field_no].pub.not_stored;
}

static void put_history(const ls_doc *d, lsi_buf *out)
{
    size_t n = LSI_MIN(d->history_count, (size_t)LSI_HISTORY_MAX);
    put_varint(out, n);
    for (size_t i = 0; i < n; i++) {
        const lsi_doc_version *v = &d->history[i];
        size_t len = v->status ? strlen(v->status) : 0;
        if (len > STATUS_BYTES_MAX) /* at a character's beginning */
            for (len = STATUS_BYTES_MAX; len && ((uint8_t)v->status[len] & 0xc0) == 0x80; len--) {
            }
        put_varint(out, (uint64_t)v->version);
        lsi_buf_put8(out, v->updated != INT64_MIN);
        if (v->updated != INT64_MIN) lsi_buf_put64(out, (uint64_t)v->updated);
        put_varint(out, len);
        if (len) lsi_buf_put(out, v->status, len);
    }
}

static bool is_main(const lsi_doc_value *v, const ls_schema *s)
{
    return s->main != LSI_FIELD_NONE && s->main != s->title && v->field_no == s->main;
}

static void put_values(const ls_doc *d, const ls_schema *s, bool behind, lsi_buf *out)
{
    for (size_t i = 0; i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        if (!is_kept(v, s)) continue;
        put_varint(out, (uint64_t)v->field_no);
        if (v->is_int) continue;
        put_varint(out, v->len);
        if (!behind || !is_main(v, s)) lsi_buf_put(out, v->text, v->len);
    }
}

void lsi_doc_encode(const ls_doc *d, const ls_schema *s, lsi_buf *out)
{
    uint64_t kept = 0, main_bytes = 0;
    for (size_t i = 0; i < d->count; i++) {
        kept += is_kept(&d->values[i], s);
        if (is_kept(&d->values[i], s) && is_main(&d->values[i], s)) main_bytes += d->values[i].len;
    }
    bool behind = main_bytes >= MAIN_FROM;
    lsi_buf_put8(out, behind ? LAYOUT_BEHIND : d->history_count ? LAYOUT_VERSIONS : LAYOUT);
    if (behind) put_varint(out, (uint64_t)s->main);
    put_varint(out, kept);
    put_values(d, s, behind, out);
    if (behind || d->history_count) put_history(d, out);
    for (size_t i = 0; behind && i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        if (is_kept(v, s) && is_main(v, s)) lsi_buf_put(out, v->text, v->len);
    }
}

static int damaged(ls_error *err)
{
    return lsi_fail(err, LS_CORRUPT, "a stored document's bytes are damaged");
}

/* behind: the number of the field whose texts come later, UINT64_MAX: none. */
static int decode_value(ls_doc *d, const ls_schema *s, uint64_t behind, const uint8_t **p, const uint8_t *end,
                        ls_error *err)
{
    uint64_t no, len;
    const uint8_t *text;
    if (!take_varint(p, end, &no) || no >= s->count) return damaged(err);
    lsi_doc_value *v = next_value(d, s->fields[no].name);
    if (!v) return lsi_fail_nomem(err);
    v->field_no = (int)no;
    v->is_int = is_number(&s->fields[no]);
    if (!v->is_int && no == behind) {
        if (!take_varint(p, end, &len) || len > SIZE_MAX - 1) return damaged(err);
        v->len = (size_t)len;
        v->text = "";
    } else if (!v->is_int) {
        if (!take_bytes(p, end, &text, &v->len)) return damaged(err);
        v->text = lsi_arena_dup(&d->arena, text, v->len);
        if (!v->text) return lsi_fail_nomem(err);
    }
    d->count++;
    return LS_OK;
}

/* How many of the n bytes at the beginning of a text are whole characters. */
static size_t whole_characters(const uint8_t *p, size_t n)
{
    size_t at = n;
    while (at && n - at < 3 && (p[at - 1] & 0xC0) == 0x80) at--;
    if (!at) return 0;
    const uint8_t lead = p[at - 1];
    const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return at - 1 + bytes <= n ? n : at - 1;
}

/* The texts that stand behind everything; of a head what there is of them, to the end of a character. */
static int decode_behind(ls_doc *d, uint64_t behind, bool whole, const uint8_t **p, const uint8_t *end, ls_error *err)
{
    for (size_t i = 0; i < d->count; i++) {
        lsi_doc_value *v = &d->values[i];
        size_t have = (size_t)(end - *p);
        if (v->is_int || (uint64_t)v->field_no != behind) continue;
        if (v->len > have) {
            if (whole) return damaged(err);
            v->cut = true;
            v->len = whole_characters(*p, have);
        }
        v->text = lsi_arena_dup(&d->arena, *p, v->len);
        if (!v->text) return lsi_fail_nomem(err);
        *p += v->cut ? have : v->len;
    }
    return LS_OK;
}

static int decode_history(ls_doc *d, uint64_t least, const uint8_t **p, const uint8_t *end, ls_error *err)
{
    uint64_t n, version;
    size_t len;
    const uint8_t *status;
    if (!take_varint(p, end, &n) || n < least || n > LSI_HISTORY_MAX) return damaged(err);
    if (!n) return LS_OK;
    lsi_doc_version *list = lsi_arena_alloc(&d->arena, (size_t)n * sizeof *list);
    if (!list) return lsi_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        if (!take_varint(p, end, &version) || *p == end || **p > 1) return damaged(err);
        bool updated = *(*p)++;
        if (updated && end - *p < 8) return damaged(err);
        list[i] = (lsi_doc_version){(int64_t)version, updated ? (int64_t)lsi_get64(*p) : INT64_MIN, NULL};
        if (updated) *p += 8;
        if (!take_bytes(p, end, &status, &len)) return damaged(err);
        if (len && !(list[i].status = lsi_arena_dup(&d->arena, status, len))) return lsi_fail_nomem(err);
    }
    d->history = list;
    d->history_count = (size_t)n;
    return LS_OK;
}

static int decode(ls_doc *d, const ls_schema *s, bool whole, const uint8_t *p, const uint8_t *end, ls_error *err)
{
    uint64_t count, behind = UINT64_MAX;
    int rc = LS_OK;
    lsi_doc_clear(d);
    if (p == end) return damaged(err);
    unsigned layout = *p++;
    if (layout > LAYOUT_BEHIND)
        return lsi_fail(err, LS_TOO_NEW, "a stored document of layout %u, this library reads %d", layout,
                        LAYOUT_BEHIND);
    if (!layout || (!whole && layout != LAYOUT_BEHIND)) return damaged(err);
    if (layout == LAYOUT_BEHIND && (!take_varint(&p, end, &behind) || behind >= s->count)) return damaged(err);
    if (!take_varint(&p, end, &count)) return damaged(err);
    for (; count && !rc; count--) /* ends early where count lies: each value takes a byte at least */
        rc = decode_value(d, s, behind, &p, end, err);
    if (!rc && layout != LAYOUT) rc = decode_history(d, layout == LAYOUT_VERSIONS, &p, end, err);
    if (!rc && layout == LAYOUT_BEHIND) rc = decode_behind(d, behind, whole, &p, end, err);
    if (rc) return rc;
    return p == end || !whole ? LS_OK : damaged(err);
}

int lsi_doc_decode(ls_doc *d, const ls_schema *s, const uint8_t *p, const uint8_t *end, ls_error *err)
{
    return decode(d, s, true, p, end, err);
}

int lsi_doc_decode_head(ls_doc *d, const ls_schema *s, const uint8_t *p, const uint8_t *end, ls_error *err)
{
    return decode(d, s, false, p, end, err);
}

bool lsi_doc_is_cut(const ls_doc *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->values[i].cut) return true;
    return false;
}

size_t lsi_doc_head(const ls_schema *s, const uint8_t *p, size_t len)
{
    const uint8_t *end = p + len, *text;
    uint64_t behind, count, no, n, first = 0, sum = 0;
    size_t text_len;
    bool title = false;
    if (!len || *p++ != LAYOUT_BEHIND || !take_varint(&p, end, &behind) || !take_varint(&p, end, &count)) return 0;
    for (; count; count--) {
        if (!take_varint(&p, end, &no) || no >= s->count) return 0;
        if (is_number(&s->fields[no])) continue;
        title = title || (int)no == s->title;
        if (no != behind) {
            if (!take_bytes(&p, end, &text, &text_len)) return 0;
        } else {
            if (!take_varint(&p, end, &n) || n > len - sum) return 0;
            if (!first) first = n;
            sum += n;
        }
    }
    return len - (size_t)sum + (title ? 0 : (size_t)LSI_MIN(first, (uint64_t)LEAD_BYTES));
}

/* ---- content ---- */

static void digest_of(const void *p, size_t n, uint8_t out[16])
{
    XXH128_canonical_t c;
    XXH128_canonicalFromHash(&c, XXH3_128bits(p, n));
    memcpy(out, c.digest, 16);
}

/* No streaming state of xxhash is used: its size changes between releases, and it would not come from our heap. */
static void content_digest(const ls_doc *d, uint8_t out[16])
{
    uint8_t link[16 + 1 + 8 + 8 + 16], last[16 + sizeof d->language];
    memset(out, 0, 16);
    for (size_t i = 0; i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        memcpy(link, out, 16);
        link[16] = v->is_int;
        lsi_set64(link + 17, XXH3_64bits(v->field, strlen(v->field)));
        lsi_set64(link + 25, v->is_int ? (uint64_t)v->integer : v->len);
        digest_of(v->is_int ? "" : v->text, v->is_int ? 0 : v->len, link + 33);
        digest_of(link, sizeof link, out);
    }
    size_t n = strlen(d->language);
    memcpy(last, out, 16);
    memcpy(last + 16, d->language, n);
    digest_of(last, 16 + n, out);
}

uint64_t lsi_doc_hash(const ls_doc *d)
{
    uint8_t digest[16];
    content_digest(d, digest);
    return lsi_get64(digest);
}

static void base32(const uint8_t digest[16], char *buf)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned bits = 0, have = 0;
    char *to = buf;
    for (size_t i = 0; i < 16; i++) {
        bits = bits << 8 | digest[i];
        for (have += 8; have >= 5; have -= 5) *to++ = letters[bits >> (have - 5) & 31];
    }
    *to++ = letters[bits << (5 - have) & 31]; /* 128 bits are 25 letters and 3 bits */
    *to = 0;
}

void lsi_doc_derive_id(const ls_doc *d, char buf[27])
{
    uint8_t digest[16];
    content_digest(d, digest);
    base32(digest, buf);
}

void lsi_id_derive(const void *p, size_t n, char *buf)
{
    uint8_t digest[16];
    digest_of(p, n, digest);
    base32(digest, buf);
}
