/* f_sections.c — every decoder of codec/ and of stored documents by itself, on bytes that no checksum guards. Input: a
 * byte that picks the decoder, u16 and u16: where the bytes are cut into up to three sections, u32: a count of documents
 * or entries, then the bytes. Held: no overrun of a section but the 64 bytes that are allowed; refusals are named. */
#include "fuzz/fuzz.h"

#include "libsearch/codec/column.h"
#include "libsearch/codec/dict.h"
#include "libsearch/codec/leap.h"
#include "libsearch/codec/positions.h"
#include "libsearch/codec/stored.h"
#include "libsearch/model/doc.h"
#include "libsearch/segment/meta.h"

static lsi_frame *frame; /* that messages of damage name */

static void open_frame(void)
{
    ls_error err;
    lsi_dir *dir;
    lsi_frame_writer *w;
    uint64_t bytes, sum;
    FUZZ_CHECK(!lsi_dir_open(&dir, fuzz_folder(), &err));
    FUZZ_CHECK(!lsi_frame_create(&w, dir, "sections", LSI_FILE_SEGMENT, 1, &err));
    lsi_sink_put32(lsi_frame_section(w, 1, false), 7);
    FUZZ_CHECK(!lsi_frame_finish(w, false, &bytes, &sum, &err));
    FUZZ_CHECK(!lsi_frame_open(&frame, dir, "sections", LSI_FILE_SEGMENT, true, bytes, sum, &err));
    lsi_dir_close(dir);
}

/* n bytes with just the 64 readable ones behind them that a section promises; all chunks count as verified. */
static lsi_section section_of(const uint8_t *p, size_t n, uint32_t type)
{
    uint8_t *base = malloc(n + LSI_BEHIND);
    size_t chunks = n / LSI_CHUNK_BYTES + 1;
    lsi_section s = {.base = base, .bytes = n, .type = type, .frame = frame, .checked = malloc(chunks)};
    FUZZ_CHECK(base && s.checked);
    memset(base + n, 0xA5, LSI_BEHIND);
    if (n) memcpy(base, p, n);
    memset(s.checked, 1, chunks);
    return s;
}

static void section_free(lsi_section *s)
{
    free((void *)(uintptr_t)s->base);
    free(s->checked);
}

static void columns(const lsi_section *s, ls_error *err)
{
    lsi_column c;
    bool has;
    int64_t v;
    if (lsi_column_open(&c, s, 0, err)) return;
    bool sound = !lsi_column_verify(&c, err);
    for (lsi_doc d = 0; d < c.doc_count && d < 300; d++) {
        int rc = lsi_column_get(&c, d, &has, &v, err);
        if (sound) FUZZ_CHECK(!rc && (!has || (v >= c.min && v <= c.max)));
    }
}

static void keywords(const lsi_section *s, ls_error *err)
{
    lsi_keywords k;
    uint32_t ord, ords[4], n;
    const uint8_t *folded, *written;
    size_t f_len, w_len;
    lsi_doc docs[8];
    if (lsi_keywords_open(&k, s, 0, err)) return;
    if (k.doc_count > 1u << 16) return; /* a segment has a byte at least for each, and says how many: it refuses this */
    lsi_keywords_verify(&k, err);
    lsi_keywords_find(&k, (const uint8_t *)"ap", 2, &ord, err);
    for (uint32_t i = 0; i < k.value_count && i < 50; i++) {
        lsi_keywords_value(&k, i, &folded, &f_len, &written, &w_len, err);
        lsi_keywords_docs(&k, i, 0, k.doc_count, docs, 8, &n, err);
    }
    for (lsi_doc d = 0; d < k.doc_count && d < 50; d++) lsi_keywords_doc(&k, d, ords, 4, &n, err);
}

static void terms(const lsi_section *s, ls_error *err)
{
    lsi_terms t;
    lsi_terms_iter it;
    lsi_ord ord;
    lsi_list l;
    lsi_buf b;
    uint32_t forms;
    if (lsi_terms_open(&t, &s[0], &s[1], &s[2], err)) return;
    bool sound = !lsi_terms_verify(&t, err);
    lsi_buf_init(&b, 0);
    lsi_terms_find(&t, (const uint8_t *)"arm", 3, &ord, err);
    for (lsi_ord i = 0; i < t.count && i < 60; i++) {
        int rc = lsi_terms_get(&t, i, &b, err);
        if (sound) FUZZ_CHECK(!rc && !lsi_terms_find(&t, b.data, b.len, &ord, err) && ord == i);
        for (uint32_t k = 0; k < t.list_count && k < 4; k++) lsi_terms_list(&t, i, k, &l, err);
        lsi_terms_form_count(&t, i, &forms, err);
    }
    lsi_terms_iter_init(&it, &t);
    for (int i = 0; i < 2000 && lsi_terms_iter_next(&it, err) == 1; i++) {
    }
    lsi_terms_iter_clear(&it);
    lsi_buf_clear(&b);
}

static void forms(const lsi_section *s, ls_error *err)
{
    lsi_forms f;
    lsi_forms_iter it;
    if (lsi_forms_open(&f, &s[0], &s[1], err)) return;
    lsi_forms_verify(&f, 1000, err);
    for (int seek = 0; seek < 2; seek++) {
        lsi_forms_iter_init(&it, &f);
        if (!seek || !lsi_forms_iter_seek(&it, (const uint8_t *)"ka", 2, err))
            for (int i = 0; i < 2000 && lsi_forms_iter_next(&it, err) == 1; i++) {
            }
        lsi_forms_iter_clear(&it);
    }
    lsi_forms_iter_init(&it, &f); /* by leaps: to what lies a letter behind each */
    it.lean = true;
    int rc = lsi_forms_iter_find(&it, (const uint8_t *)"k", 1, err);
    for (int i = 0; !rc && i < 2000 && lsi_forms_iter_next(&it, err) == 1; i++) {
        uint8_t next[24];
        size_t n = LSI_MIN(it.at.folded_len, sizeof next);
        if (!n) continue;
        memcpy(next, it.at.folded, n);
        next[n - 1] = (uint8_t)(next[n - 1] + 1);
        rc = lsi_forms_iter_forward(&it, next, n, err);
    }
    lsi_forms_iter_clear(&it);
}

static void postings(const lsi_section *s, uint32_t count, fuzz_in *record, ls_error *err)
{
    lsi_postings_sections at = {&s[0], &s[1], &s[2], 1 + count % LSI_SEGMENT_DOCS_MAX};
    lsi_record_base base = {0};
    lsi_list l;
    lsi_postings p;
    uint32_t form_count;
    if (!lsi_record_get(record->p, record->p + record->n, &base, &l, &form_count)) return;
    lsi_record_base skipped = {0};
    FUZZ_CHECK(lsi_record_skip(record->p, record->p + record->n, &skipped));
    lsi_postings_verify(&at, &l, NULL, err);
    if (lsi_postings_open(&p, &at, &l, err)) return;
    for (uint32_t b = 0; b < p.block_count && b < 20; b++) {
        if (lsi_postings_block(&p, b, err)) continue;
        for (uint32_t i = 1; i < p.n; i++) FUZZ_CHECK(p.docs[i] > p.docs[i - 1] && p.docs[i] < at.doc_count);
        if (!lsi_postings_counts(&p, err)) lsi_postings_stream(&p, p.n - 1);
        lsi_postings_tf(&p, err);
        lsi_postings_lower(&p, 0, p.docs[p.n / 2]);
    }
    lsi_postings_seek_block(&p, 0, count / 2);
}

static void streams(const lsi_section *s, uint32_t count, ls_error *err)
{
    lsi_stream st;
    uint32_t out[64];
    count %= 100000;
    bool sound = !lsi_stream_verify(s, 0, count, err);
    if (lsi_stream_open(&st, s, 0, count, err)) return;
    for (uint64_t at = 0; at < count && at < 3000; at += 61) {
        uint32_t n = (uint32_t)LSI_MIN(count - at, 64u);
        int rc = lsi_stream_read(&st, at, n, out, err);
        if (sound) FUZZ_CHECK(!rc);
        lsi_positions_read(&st, at, n, out, err);
    }
}

static void stored(const lsi_section *s, uint32_t count, ls_error *err)
{
    lsi_stored *st;
    lsi_buf b;
    uint64_t len;
    count %= 5000;
    if (lsi_stored_open(&st, &s[0], &s[1], &s[2], count, err)) return;
    bool sound = !lsi_stored_verify(st, err);
    for (lsi_doc d = 0; d < count && d < 20; d++) {
        lsi_buf_init(&b, 0);
        int rc = lsi_stored_get(st, d, &b, err);
        if (sound) FUZZ_CHECK(!rc && !lsi_stored_length(st, d, &len, err) && len == b.len);
        lsi_stored_range(st, d, 5, 70, &b, err);
        bool whole;
        lsi_buf_reset(&b);
        rc = lsi_stored_head(st, d, &b, &whole, err);
        if (sound) FUZZ_CHECK(!rc && b.len <= len);
        lsi_buf_clear(&b);
    }
    lsi_stored_close(st);
}

static void ids(const lsi_section *s, uint32_t count, ls_error *err)
{
    lsi_ids x;
    lsi_doc doc;
    const uint8_t *id;
    size_t len;
    if (lsi_ids_open(&x, &s[0], &s[1], count % 5000, err)) return;
    bool sound = !lsi_ids_verify(&x, err);
    lsi_ids_find(&x, (const uint8_t *)"d7", 2, &doc, err);
    for (lsi_doc d = 0; d < x.doc_count && d < 200; d++) {
        int rc = lsi_ids_get(&x, d, &id, &len, err);
        if (sound) FUZZ_CHECK(!rc && !lsi_ids_find(&x, id, len, &doc, err) && doc != LSI_DOC_END && doc >= d);
    }
}

static void documents(const uint8_t *p, size_t n, ls_error *err)
{
    static ls_schema *schema;
    ls_schema *s = NULL;
    ls_doc *d;
    if (!schema) FUZZ_CHECK(!lsi_schema_news(&schema, err));
    FUZZ_CHECK(!lsi_doc_new(&d, err));
    if (!lsi_doc_decode(d, schema, p, p + n, err)) {
        size_t head = lsi_doc_head(schema, p, n);
        FUZZ_CHECK(head <= n && (!head || !lsi_doc_decode_head(d, schema, p, p + head, err)));
    }
    lsi_doc_decode_head(d, schema, p, p + n, err);
    lsi_doc_free(d);
    if (!lsi_schema_decode(&s, p, p + n, err)) {
        lsi_buf b;
        lsi_buf_init(&b, 0);
        lsi_schema_encode(s, &b);
        FUZZ_CHECK(b.len == n && !memcmp(b.data, p, n));
        lsi_buf_clear(&b);
    }
    lsi_schema_free(s);
    FUZZ_CHECK(!lsi_schema_new(&s, err));
    if (!lsi_schema_decode_lines(s, p, p + n, err)) {
        lsi_buf b;
        lsi_buf_init(&b, 0);
        lsi_schema_encode_lines(s, &b);
        FUZZ_CHECK(b.len == n && !memcmp(b.data, p, n));
        lsi_buf_clear(&b);
    }
    lsi_schema_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_in in = {p, n};
    ls_error err;
    lsi_section s[3];
    lsi_meta meta;
    lsi_error_clear(&err);
    if (!frame) open_frame();
    uint8_t which = fuzz_u8(&in);
    size_t a = fuzz_u16(&in), b = fuzz_u16(&in);
    uint32_t count = fuzz_u32(&in);
    a = LSI_MIN(a, in.n);
    b = LSI_MIN(b, in.n - a);
    s[0] = section_of(in.p, a, 1);
    s[1] = section_of(in.p + a, b, 2);
    s[2] = section_of(in.p + a + b, in.n - a - b, 3);
    fuzz_in first = {s[0].base, (size_t)s[0].bytes};
    switch (which % 10) {
    case 0:
        columns(&s[2], &err);
        break;
    case 1:
        keywords(&s[2], &err);
        break;
    case 2:
        terms(s, &err);
        break;
    case 3:
        forms(s, &err);
        break;
    case 4:
        postings(s, count, &first, &err);
        break;
    case 5:
        streams(&s[2], count, &err);
        break;
    case 6:
        stored(s, count, &err);
        break;
    case 7:
        ids(s, count, &err);
        break;
    case 8:
        lsi_meta_read(&meta, &s[2], &err);
        break;
    default:
        documents(s[2].base, (size_t)s[2].bytes, &err);
    }
    for (int i = 0; i < 3; i++) section_free(&s[i]);
    return 0;
}
