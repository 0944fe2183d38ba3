/* boilerplate.c — owns the lists of boilerplate lines of a schema: whose texts they are for, and their bytes.
 *
 * A document's texts are cut by the list of its source, the first value of the keyword field so called, and by that of
 * every source; where that field is missing or not stored, by the latter alone: whoever reads a text again must come to
 * the same lines. Copies of a schema share their lists, which are copied when one is changed.
 *
 * BYTES  (section 4 of the manifest; numbers little-endian)
 *   u8 1, layout · u16 sources · of each: u8 bytes, its name · u32 lines · of each: u16 number of the source, from 1 on
 *   (0: every source) · u16 bytes, the line. As they came; each source has a line, and comes before the next with its first.
 * Example: the line "Read on" of every source, and "Ad" of "AP":
 *   01 01 00 02 "AP" 02 00 00 00  00 00 07 00 "Read on"  01 00 02 00 "Ad"
 * Ignorant of how lines are compared (text/lines.c). */
#include "libsearch/model/doc.h"
#include "libsearch/model/schema.h"
#include "libsearch/text/lines.h"
#include "libsearch/util/alloc.h"
#include "libsearch/util/err.h"

#define LAYOUT 1

static int add_line(ls_schema *s, const char *source, size_t source_len, const char *line, size_t len, ls_error *err)
{
    struct lsi_analyzer *a;
    int rc = lsi_schema_take_analyzer(s, &a, err);
    if (rc) return rc;
    rc = lsi_lines_own(&s->lines, s->lines, a, err);
    if (!rc) rc = lsi_lines_add(s->lines, a, source, source_len, line, len, err);
    lsi_schema_give_analyzer(s, a);
    return rc;
}

int lsi_schema_add_line(ls_schema *s, const char *source, const char *line, ls_error *err)
{
    if (!source || !strcmp(source, "*")) source = "";
    else if (!*source) return lsi_fail(err, LS_INVALID, "boilerplate: the name of a source expected, or \"*\"");
    return add_line(s, source, strlen(source), line, strlen(line), err);
}

const char *lsi_schema_line(const ls_schema *s, size_t i, const char **source)
{
    uint32_t number;
    const char *line = i < lsi_lines_count(s->lines) ? lsi_lines_at(s->lines, i, source, &number) : NULL;
    if (!line || !**source) *source = line ? "*" : NULL;
    return line;
}

void lsi_schema_take_lines(ls_schema *s, const ls_schema *from)
{
    lsi_lines_retain(from->lines);
    lsi_lines_release(s->lines);
    s->lines = from->lines;
}

const lsi_doc_value *lsi_schema_source(const ls_schema *s, const ls_doc *d)
{
    int no = lsi_schema_find(s, "source", 6);
    if (no < 0 || s->fields[no].pub.type != LS_KEYWORD || s->fields[no].pub.not_stored) return NULL;
    for (size_t i = 0; i < d->count; i++) {
        const lsi_doc_value *v = &d->values[i];
        if (!v->is_int && !strcmp(v->field, "source")) return v;
    }
    return NULL;
}

int lsi_schema_lines_of(struct lsi_lines_of *out, const ls_schema *s, const ls_doc *d, struct lsi_analyzer *a,
                        ls_error *err)
{
    *out = (lsi_lines_of){s->lines, LSI_LINES_EVERYWHERE};
    const lsi_doc_value *v = s->lines ? lsi_schema_source(s, d) : NULL;
    return v ? lsi_lines_source(s->lines, a, v->text, v->len, &out->source, err) : LS_OK;
}

/* ---- bytes ---- */

static void put16(lsi_buf *b, size_t v)
{
    lsi_buf_put8(b, (uint8_t)v);
    lsi_buf_put8(b, (uint8_t)(v >> 8));
}

void lsi_schema_encode_lines(const ls_schema *s, lsi_buf *b)
{
    const lsi_lines *l = s->lines;
    size_t n = lsi_lines_count(l);
    if (!n) return;
    lsi_buf_put8(b, LAYOUT);
    put16(b, lsi_lines_source_count(l));
    for (size_t i = 1; i <= lsi_lines_source_count(l); i++) {
        const char *name = lsi_lines_source_at(l, i);
        lsi_buf_put8(b, (uint8_t)strlen(name));
        lsi_buf_puts(b, name);
    }
    lsi_buf_put32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        const char *source;
        uint32_t number;
        const char *line = lsi_lines_at(l, i, &source, &number);
        put16(b, number);
        put16(b, strlen(line));
        lsi_buf_puts(b, line);
    }
}

typedef struct names { /* of sources; borrowed from the bytes */
    const uint8_t *at[LSI_LINES_MAX];
    uint8_t len[LSI_LINES_MAX];
    size_t count;
} names;

/* Passes over the names; NULL where they do not end. */
static const uint8_t *take_names(names *n, const uint8_t *p, const uint8_t *end)
{
    if (end - p < 3) return NULL;
    n->count = lsi_get16(p + 1);
    p += 3;
    if (n->count > LSI_LINES_MAX) return NULL;
    for (size_t i = 0; i < n->count; i++) {
        if (p >= end || !*p || end - p - 1 < *p) return NULL;
        n->len[i] = *p;
        n->at[i] = p + 1;
        p += 1 + *p;
    }
    return p;
}

static int decode_lines(ls_schema *s, const names *n, const uint8_t *p, const uint8_t *end, ls_error *err)
{
    size_t known = 0;
    if (!p || end - p < 4) return LS_CORRUPT;
    uint32_t count = lsi_get32(p);
    p += 4;
    if (!count) return LS_CORRUPT;
    for (uint32_t i = 0; i < count; i++) {
        if (end - p < 4) return LS_CORRUPT;
        size_t source = lsi_get16(p), len = lsi_get16(p + 2);
        p += 4;
        if ((size_t)(end - p) < len || source > known + 1 || source > n->count) return LS_CORRUPT;
        int rc = add_line(s, source ? (const char *)n->at[source - 1] : "", source ? n->len[source - 1] : 0,
                          (const char *)p, len, err);
        if (rc) return rc == LS_NOMEM ? rc : LS_CORRUPT;
        known = LSI_MAX(known, source);
        if (lsi_lines_source_count(s->lines) != known) return LS_CORRUPT; /* one name twice */
        p += len;
    }
    return p == end && known == n->count ? LS_OK : LS_CORRUPT;
}

int lsi_schema_decode_lines(ls_schema *s, const uint8_t *p, const uint8_t *end, ls_error *err)
{
    if (p<end && * p> LAYOUT)
        return lsi_fail(err, LS_TOO_NEW, "lists of boilerplate of layout %u, this library reads %d", *p, LAYOUT);
    names *n = lsi_malloc(sizeof *n);
    if (!n) return lsi_fail_nomem(err);
    int rc = p < end && *p == LAYOUT ? decode_lines(s, n, take_names(n, p, end), end, err) : LS_CORRUPT;
    if (rc == LS_CORRUPT) lsi_fail(err, rc, "the lists of boilerplate are damaged");
    lsi_free(n);
    return rc;
}
