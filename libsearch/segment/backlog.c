/* backlog.c — owns copies of documents between their arrival and their inversion, so that who adds them has its answer
 * while other threads cut them.
 *
 * A document is one block of an arena: its values, then their texts, each with a NUL behind it. Names of fields are the
 * schema's, which outlives the writer's documents.
 * Invariant: what was added is never changed but for the mark of a deleted one, and that only by who adds, before any
 * other thread has the backlog. Ignorant of words. */
#include "libsearch/segment/backlog.h"
#include "libsearch/util/alloc.h"

typedef struct waiting_value {
    const char *text; /* NULL: a number */
    int64_t number;   /* or the length of the text */
    int field_no;
} waiting_value;

struct lsi_waiting {
    const waiting_value *values;
    const lsi_doc_version *history;
    const char *id, *language; /* language NULL: to be found out */
    uint64_t hash, invalid_bytes;
    int64_t version;
    size_t count;
    uint8_t id_len, history_count;
    bool dead;
};
_Static_assert(LSI_ID_MAX <= UINT8_MAX && LSI_HISTORY_MAX <= UINT8_MAX, "both are kept in a byte");

void lsi_backlog_init(lsi_backlog *b)
{
    memset(b, 0, sizeof *b);
    lsi_arena_init(&b->bytes);
}

void lsi_backlog_clear(lsi_backlog *b)
{
    lsi_arena_clear(&b->bytes);
    lsi_free(b->docs);
    lsi_backlog_init(b);
}

size_t lsi_backlog_bytes(const lsi_backlog *b)
{
    return b->bytes.bytes + b->cap * sizeof *b->docs;
}

/* ---- copying ---- */

/* *text: the bytes of all texts. */
static const waiting_value *copy_values(lsi_backlog *b, const ls_doc *d, size_t *text)
{
    size_t values, bytes;
    *text = 0;
    if (!lsi_mul_size(d->count, sizeof(waiting_value), &values)) return NULL;
    for (size_t i = 0; i < d->count; i++)
        if (!lsi_add_size(*text, d->values[i].is_int ? 0 : d->values[i].len, text)) return NULL;
    if (!lsi_add_size(values, *text, &bytes) || !lsi_add_size(bytes, d->count, &bytes)) return NULL;
    waiting_value *v = lsi_arena_alloc(&b->bytes, bytes);
    char *at = v ? (char *)v + values : NULL;
    for (size_t i = 0; v && i < d->count; i++) {
        const lsi_doc_value *from = &d->values[i];
        v[i] = (waiting_value){NULL, from->integer, from->field_no};
        if (from->is_int) continue;
        v[i] = (waiting_value){at, (int64_t)from->len, from->field_no};
        if (from->len) memcpy(at, from->text, from->len);
        at[from->len] = 0;
        at += from->len + 1;
    }
    return v;
}

static const lsi_doc_version *copy_history(lsi_arena *a, const lsi_doc_version *from, size_t n)
{
    lsi_doc_version *h = lsi_arena_alloc(a, n * sizeof *h);
    for (size_t i = 0; h && i < n; i++) {
        h[i] = from[i];
        if (h[i].status && !(h[i].status = lsi_arena_dup(a, h[i].status, strlen(h[i].status)))) return NULL;
    }
    return h;
}

int lsi_backlog_add(lsi_backlog *b, const ls_doc *d, uint64_t content_hash, lsi_doc *doc, ls_error *err)
{
    size_t text;
    if (b->count >= LSI_SEGMENT_DOCS_MAX)
        return lsi_fail(err, LS_LIMIT, "a segment has %u documents at most", LSI_SEGMENT_DOCS_MAX);
    lsi_waiting w = {.hash = content_hash,
                     .invalid_bytes = d->invalid_bytes,
                     .version = d->version,
                     .count = d->count,
                     .id_len = (uint8_t)d->id_len,
                     .history_count = (uint8_t)LSI_MIN(d->history_count, (size_t)LSI_HISTORY_MAX)};
    w.values = copy_values(b, d, &text);
    w.id = lsi_arena_dup(&b->bytes, d->id, d->id_len);
    if (w.history_count) w.history = copy_history(&b->bytes, d->history, w.history_count);
    if (d->language[0]) w.language = lsi_arena_dup(&b->bytes, d->language, strlen(d->language));
    if (!w.values || !w.id || (w.history_count && !w.history) || (d->language[0] && !w.language) ||
        !LSI_ROOM(b->docs, b->count + 1, b->cap))
        return lsi_fail_nomem(err);
    *doc = (lsi_doc)b->count;
    b->docs[b->count++] = w;
    b->text_bytes += text;
    return LS_OK;
}

void lsi_backlog_delete(lsi_backlog *b, lsi_doc doc)
{
    b->docs[doc].dead = true;
}

/* ---- reading ---- */

const uint8_t *lsi_backlog_id(const lsi_backlog *b, lsi_doc doc, size_t *len)
{
    *len = b->docs[doc].id_len;
    return (const uint8_t *)b->docs[doc].id;
}

int lsi_backlog_doc(const lsi_backlog *b, const ls_schema *s, lsi_doc doc, ls_doc *d, ls_error *err)
{
    const lsi_waiting *w = &b->docs[doc];
    int rc = LS_OK;
    lsi_doc_clear(d);
    for (size_t i = 0; !rc && i < w->count; i++) {
        const waiting_value *v = &w->values[i];
        const lsi_schema_field *f = &s->fields[v->field_no];
        if (f->pub.not_stored) continue;
        rc = v->text ? lsi_doc_add_text(d, f->name, v->text, (size_t)v->number, err)
                     : lsi_doc_add_int(d, f->name, v->number, err);
        if (!rc) d->values[d->count - 1].field_no = v->field_no;
    }
    if (!rc && w->history_count) {
        d->history = copy_history(&d->arena, w->history, w->history_count);
        d->history_count = w->history_count;
        if (!d->history) rc = lsi_fail_nomem(err);
    }
    memcpy(d->id, w->id, (size_t)w->id_len + 1);
    d->id_len = w->id_len;
    d->version = w->version;
    return rc;
}

/* ---- cutting ---- */

static void lend(const lsi_waiting *w, const ls_schema *s, lsi_doc_value *values, ls_doc *d)
{
    for (size_t i = 0; i < w->count; i++) {
        const waiting_value *v = &w->values[i];
        values[i] = (lsi_doc_value){.field = s->fields[v->field_no].name, .field_no = v->field_no};
        values[i].text = v->text;
        values[i].is_int = !v->text;
        values[i].integer = v->text ? 0 : v->number;
        values[i].len = v->text ? (size_t)v->number : 0;
    }
    d->values = values;
    d->count = w->count;
    memcpy(d->id, w->id, (size_t)w->id_len + 1);
    d->id_len = w->id_len;
    d->language[0] = 0;
    if (w->language) memcpy(d->language, w->language, strlen(w->language) + 1);
    d->version = w->version;
    d->history = w->history;
    d->history_count = w->history_count;
    d->invalid_bytes = w->invalid_bytes;
}

int lsi_backlog_cut(const lsi_backlog *b, const ls_schema *s, lsi_memseg *m, ls_error *err)
{
    ls_doc d;
    lsi_doc_value *values = NULL;
    size_t cap = 0;
    int rc = LS_OK;
    memset(&d, 0, sizeof d);
    for (size_t i = 0; !rc && i < b->count; i++) {
        const lsi_waiting *w = &b->docs[i];
        lsi_doc doc;
        if (w->dead) {
            rc = lsi_memseg_skip(m, err);
        } else if (!LSI_ROOM(values, w->count, cap)) {
            rc = lsi_fail_nomem(err);
        } else {
            lend(w, s, values, &d);
            rc = lsi_memseg_add(m, &d, w->hash, SIZE_MAX, &doc, NULL,
                                err); /* that it is not too large was told before */
        }
    }
    lsi_free(values);
    return rc;
}
