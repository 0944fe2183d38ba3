/* similar.c — what shares text with an article: GET /v1/documents/{id}/similar.
 *
 *     {"id":"…","similar":[{"id","title","source","published","relation","shared","passages":[[start,end]]}]}
 *
 * Passages are ranges of the article asked for, over its whole body. Owns the object; relations are the library's. */
#include "json/inside.h"
#include "json/utf8.h"

typedef struct sight {
    bool (*sees)(void *ctx, const ls_doc *d);
    void *ctx;
} sight;

static void put_one(js_text *out, const ls_similar *s, const js_facts *f)
{
    js_comma(out);
    js_puts(out, "{\"id\":");
    js_string(out, f->id, f->id_len);
    js_key(out, "title");
    js_string(out, f->title, f->title_len);
    js_key(out, "source");
    js_cstring(out, f->source);
    js_key(out, "published");
    if (f->has_published) js_date(out, f->published);
    else js_puts(out, "null");
    js_printf(out, ",\"relation\":\"%s\",\"shared\":%.2f,\"passages\":[", ls_relation_name(s->relation), s->shared);
    for (size_t i = 0; i < s->passage_count; i++) {
        js_comma(out);
        js_range(out, s->passages[i].start, s->passages[i].end);
    }
    js_puts(out, "]}");
}

static int write_one(js_text *out, const ls_reader *r, const ls_similar *s, const sight *who, ls_error *err)
{
    ls_doc *d = NULL;
    js_facts f = {0};
    int rc = js_facts_read(&f, &d, r, s->doc, false, err);
    if (rc == LS_OK && (who->sees == NULL || who->sees(who->ctx, d))) put_one(out, s, &f);
    js_facts_clear(&f);
    ls_doc_free(d);
    return rc;
}

int js_write_similar(js_text *out, const ls_reader *r, const char *id, size_t id_len, size_t limit, int range_unit,
                     bool (*sees)(void *ctx, const ls_doc *d), void *ctx, ls_error *err)
{
    LS_INIT(ls_similar_options, o);
    ls_similar_list *list = NULL;
    const sight who = {sees, ctx};
    uint64_t doc;
    o.limit = limit;
    o.range_unit = range_unit;
    int rc = ls_reader_find(r, id, id_len, &doc, err);
    if (rc == LS_OK) rc = ls_similar_find(&list, r, doc, &o, err);
    if (rc != LS_OK) return rc;
    js_puts(out, "{\"id\":");
    js_string(out, id, id_len);
    js_key(out, "similar");
    js_putc(out, '[');
    for (size_t i = 0; rc == LS_OK && i < list->count; i++) rc = write_one(out, r, &list->items[i], &who, err);
    js_puts(out, "]}");
    ls_similar_free(list);
    return rc == LS_OK ? js_text_rc(out, err) : rc;
}
