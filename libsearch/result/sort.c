/* sort.c — owns the order of hits: by score, by a number or keyword column, both ways; ties by document; documents
 * without a value last in both. Scores may fade with age: score · 2^(-max(0, now - value) / half-life), undated ones
 * count as one half-life old. Keys are turned so that the larger is the better. A keyword field with several values
 * sorts by the first of them going up, by the last going down. */
#include "libsearch/codec/bits.h"
#include "libsearch/query/ops.h"
#include "libsearch/result/hits.h"
#include <math.h>
#include <stddef.h>

#define FEW 128u /* matches of a window whose values are looked up one by one: a block is 4,096 of them */

int lsi_search_options_read(ls_search_options *out, const ls_search_options *o, ls_error *err)
{
    memset(out, 0, sizeof *out);
    out->size = sizeof *out;
    if (!o) return LS_OK;
    if (o->size < offsetof(ls_search_options, limit) + sizeof o->limit)
        return lsi_fail(err, LS_INVALID, "ls_search_options.size is %zu: set it, as LS_INIT does", o->size);
    if (o->size > sizeof *out) {
        const uint8_t *tail = (const uint8_t *)o;
        for (size_t i = sizeof *out; i < o->size; i++) {
            if (tail[i])
                return lsi_fail(err, LS_INVALID, "ls_search_options has a field that this library does not know");
        }
    }
    memcpy(out, o, LSI_MIN(o->size, sizeof *out));
    out->size = sizeof *out;
    return LS_OK;
}

static int number_field(int *out, const ls_schema *s, const char *name, const char *what, bool text_too, bool *text,
                        ls_error *err)
{
    int no = lsi_schema_find(s, name, strlen(name));
    if (no == LSI_FIELD_NONE) return lsi_fail(err, LS_SCHEMA, "%s: there is no field \"%.63s\"", what, name);
    ls_type type = s->fields[no].pub.type;
    *text = type == LS_KEYWORD;
    if (type != LS_INTEGER && type != LS_DATE && !(text_too && type == LS_KEYWORD))
        return lsi_fail(err, LS_SCHEMA, "%s: the field \"%.63s\" is no number%s", what, name,
                        text_too ? ", date or keyword" : " or date");
    *out = no;
    return LS_OK;
}

int lsi_order_read(lsi_order *out, const ls_schema *s, const ls_search_options *o, ls_error *err)
{
    bool ignored;
    int rc = LS_OK;
    memset(out, 0, sizeof *out);
    out->sort = o->sort;
    out->field = out->recency_field = LSI_FIELD_NONE;
    out->now = o->now;
    if (o->sort != LS_BY_RELEVANCE && o->sort != LS_BY_FIELD_ASC && o->sort != LS_BY_FIELD_DESC)
        return lsi_fail(err, LS_INVALID, "sort: %d is none of LS_BY_…", (int)o->sort);
    if (o->sort != LS_BY_RELEVANCE) {
        if (!o->sort_field) return lsi_fail(err, LS_INVALID, "sort by a field without its name");
        out->falling = o->sort == LS_BY_FIELD_DESC;
        rc = number_field(&out->field, s, o->sort_field, "sort", true, &out->text, err);
    }
    if (rc || o->half_life_days == 0) return rc;
    if (!(o->half_life_days > 0) || !isfinite(o->half_life_days))
        return lsi_fail(err, LS_INVALID, "half_life_days: above 0 and finite is expected");
    out->half_life_ms = o->half_life_days * 86400000.0;
    return number_field(&out->recency_field, s, o->recency_field ? o->recency_field : "published", "recency", false,
                        &ignored, err);
}

int lsi_order_open(lsi_search *s, ls_error *err)
{
    lsi_arena *a = &s->scratch->arena;
    if (s->order.text || s->o.facet_count) {
        s->ord_cap = 64;
        s->ords = lsi_arena_alloc(a, s->ord_cap * sizeof *s->ords);
        if (!s->ords) return lsi_fail_nomem(err);
    }
    if (s->order.field != LSI_FIELD_NONE && !s->order.text) {
        s->keys = lsi_arena_alloc(a, LSI_WINDOW_DOCS * sizeof *s->keys);
        s->has_keys = lsi_arena_alloc(a, (LSI_WINDOW_WORDS + 1) * sizeof *s->has_keys);
        if (!s->keys || !s->has_keys) return lsi_fail_nomem(err);
    }
    if (s->order.half_life_ms > 0) {
        s->ages = lsi_arena_alloc(a, LSI_WINDOW_DOCS * sizeof *s->ages);
        s->has_ages = lsi_arena_alloc(a, (LSI_WINDOW_WORDS + 1) * sizeof *s->has_ages);
        if (!s->ages || !s->has_ages) return lsi_fail_nomem(err);
    }
    return LS_OK;
}

float lsi_order_fade(const lsi_order *o, float score, bool has, int64_t value)
{
    enum { OLDEST = 64 }; /* beyond it age does not count: a float would end at 0, and all of them be alike */
    double age = 1;       /* in half-lives */
    if (has) age = value < o->now ? ((double)o->now - (double)value) / o->half_life_ms : 0;
    return (float)((double)score * exp2(-(age < OLDEST ? age : OLDEST)));
}

/* A column's values of the window that begins at lo; none where the segment has none. */
static int load(const lsi_segment *seg, int field, lsi_doc lo, int64_t *values, uint64_t *has, ls_error *err)
{
    uint32_t n;
    memset(has, 0, LSI_WINDOW_WORDS * sizeof *has);
    if ((uint32_t)field >= seg->field_count || !seg->columns[field].section) return LS_OK;
    return lsi_column_block(&seg->columns[field], lo / LSI_COLUMN_BLOCK, values, has, &n, err);
}

static int keyword_key(lsi_search *s, const lsi_segment *seg, lsi_doc doc, lsi_top *t, ls_error *err)
{
    uint32_t n = 0;
    t->has = false;
    if ((uint32_t)s->order.field >= seg->field_count || !seg->keywords[s->order.field].section) return LS_OK;
    const lsi_keywords *k = &seg->keywords[s->order.field];
    int rc = lsi_keywords_doc(k, doc, s->ords, s->ord_cap, &n, err);
    if (!rc && n > s->ord_cap) {
        s->ords = lsi_arena_alloc(&s->scratch->arena, n * sizeof *s->ords);
        if (!s->ords) return lsi_fail_nomem(err);
        s->ord_cap = n;
        rc = lsi_keywords_doc(k, doc, s->ords, s->ord_cap, &n, err);
    }
    if (rc || !n) return rc;
    const uint8_t *folded, *written;
    size_t len, written_len;
    rc = lsi_keywords_value(k, s->ords[s->order.falling ? n - 1 : 0], &folded, &len, &written, &written_len, err);
    if (rc) return rc;
    t->has = true;
    t->text = len ? folded : (const uint8_t *)"";
    t->text_len = (uint32_t)len;
    return LS_OK;
}

static void push(lsi_search *s, const lsi_top *t)
{
    if (s->has_after && lsi_heap_order(&s->heap, &s->after, t) >= 0) return; /* on a page before */
    lsi_heap_push(&s->heap, t);
}

/* One match, by its number. */
static void push_number(lsi_search *s, uint64_t doc, bool has, int64_t value)
{
    const lsi_heap *h = &s->heap;
    lsi_top t = {.doc = doc, .has = has, .key = has ? lsi_exec_column_key(value, s->order.falling) : 0};
    bool late = h->count == h->cap && h->at[0].has && (!has || t.key < h->at[0].key);
    if (!late) push(s, &t);
}

/* The same where few of a window match. */
static int look_up_number(lsi_search *s, const lsi_snapshot_segment *ss, lsi_doc doc, ls_error *err)
{
    int rc = LS_OK, field = s->order.field;
    bool has = false;
    int64_t value = 0;
    if ((uint32_t)field < ss->seg->field_count && ss->seg->columns[field].section)
        rc = lsi_column_get(&ss->seg->columns[field], doc, &has, &value, err);
    if (!rc) push_number(s, ss->base + doc, has, value);
    return rc;
}

/* By a number. Of a falling order the last documents come first: dates rise with arrival, as a rule, and then only the
 * first few enter the heap. */
static int window_by_number(lsi_search *s, size_t seg_no, lsi_doc lo, const uint64_t *bits, ls_error *err)
{
    const lsi_snapshot_segment *ss = &s->snap->segments[seg_no];
    const lsi_order *o = &s->order;
    bool few = lsi_window_count(bits) < FEW;
    int rc = few ? LS_OK : load(ss->seg, o->field, lo, s->keys, s->has_keys, err);
    for (uint32_t i = 0; !rc && i < LSI_WINDOW_WORDS; i++) {
        uint32_t w = o->falling ? LSI_WINDOW_WORDS - 1 - i : i;
        for (uint64_t x = bits[w]; !rc && x;) {
            uint32_t b = o->falling ? lsi_bits64(x) - 1 : lsi_ctz64(x), d = w * 64 + b;
            x &= ~(1ull << b);
            if (few) rc = look_up_number(s, ss, lo + d, err);
            else push_number(s, ss->base + lo + d, s->has_keys[w] >> b & 1, s->keys[d]);
        }
    }
    return rc;
}

int lsi_order_docs(lsi_search *s, size_t seg_no, const lsi_doc *docs, uint32_t n, ls_error *err)
{
    const lsi_snapshot_segment *ss = &s->snap->segments[seg_no];
    int rc = LS_OK;
    for (uint32_t i = 0; !rc && i < n; i++) rc = look_up_number(s, ss, docs[s->order.falling ? n - 1 - i : i], err);
    return rc;
}

int lsi_order_window(lsi_search *s, size_t seg_no, lsi_doc lo, lsi_doc hi, const uint64_t *bits, const float *scores,
                     ls_error *err)
{
    const lsi_snapshot_segment *ss = &s->snap->segments[seg_no];
    const lsi_order *o = &s->order;
    int rc = LS_OK;
    (void)hi;
    if (s->keys) return window_by_number(s, seg_no, lo, bits, err);
    if (s->ages) rc = load(ss->seg, o->recency_field, lo, s->ages, s->has_ages, err);
    for (uint32_t w = 0; !rc && w < LSI_WINDOW_WORDS; w++) {
        for (uint64_t x = bits[w]; !rc && x; x &= x - 1) {
            uint32_t b = lsi_ctz64(x), d = w * 64 + b;
            lsi_top t = {.doc = ss->base + lo + d, .score = scores ? scores[d] : 0, .has = true};
            if (s->ages) t.score = lsi_order_fade(o, t.score, s->has_ages[w] >> b & 1, s->ages[d]);
            if (o->text) {
                rc = keyword_key(s, ss->seg, lo + d, &t, err);
            } else {
                t.key = lsi_heap_key(t.score);
                if (s->heap.count == s->heap.cap && s->heap.cap && t.key <= s->heap.at[0].key) continue;
            }
            if (!rc) push(s, &t);
        }
    }
    return rc;
}
