/* t_model.c — schema and document: names and limits, settings, bytes by the examples of the format, hostile bytes. */
#include "libsearch/index/manifest.h"
#include "libsearch/model/doc.h"
#include "libsearch/model/schema.h"
#include "libsearch/store/names.h"
#include "libsearch/util/alloc.h"
#include "tests/index_util.h"

static ls_error err;

static int add(ls_schema *s, const char *name, ls_type type, int weight, int not_stored)
{
    ls_field f = {sizeof f, name, type, weight, not_stored};
    return lsi_schema_add(s, &f, &err);
}

static void names_and_limits(void **state)
{
    (void)state;
    ls_schema *s;
    char name[80];
    OK(lsi_schema_new(&s, &err));
    static const char *const bad[] = {"", "A", "aB", "1a", "_a", "a-b", "a.b", "\xc3\xa4", "a b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) WANT(add(s, bad[i], LS_TEXT, 1, 0), LS_INVALID);
    memset(name, 'a', sizeof name);
    name[64] = 0;
    WANT(add(s, name, LS_TEXT, 1, 0), LS_INVALID);
    name[63] = 0;
    OK(add(s, name, LS_TEXT, 1, 0));
    assert_int_equal(lsi_schema_find(s, name, 63), 0);
    assert_int_equal(lsi_schema_find(s, name, 62), LSI_FIELD_NONE);
    assert_int_equal(lsi_schema_find(s, "aaaaaaaa", 64), LSI_FIELD_NONE);
    WANT(add(s, name, LS_DATE, 0, 0), LS_EXISTS);
    WANT(add(s, "x", LS_TEXT, 256, 0), LS_INVALID);
    WANT(add(s, "x", LS_TEXT, -1, 0), LS_INVALID);
    WANT(add(s, "x", LS_DATE, 1, 0), LS_INVALID);
    WANT(add(s, "x", (ls_type)6, 0, 0), LS_INVALID);
    WANT(add(s, "x", LS_STORED, 0, 1), LS_INVALID);
    WANT(add(s, NULL, LS_TEXT, 1, 0), LS_INVALID);
    assert_int_equal(lsi_schema_find(s, name, 0), LSI_FIELD_NONE);
    for (int i = 1; i < 16; i++) {
        snprintf(name, sizeof name, "t%d", i);
        OK(add(s, name, LS_TEXT, i % 2, 0));
    }
    WANT(add(s, "t16", LS_TEXT, 1, 0), LS_LIMIT);
    for (int i = 16; i < 64; i++) {
        snprintf(name, sizeof name, "k%d", i);
        OK(add(s, name, LS_KEYWORD, 0, 0));
    }
    WANT(add(s, "more", LS_KEYWORD, 0, 0), LS_LIMIT);
    lsi_schema_free(s);
}

static void news(void **state)
{
    (void)state;
    ls_schema *s, *copy;
    OK(lsi_schema_news(&s, &err));
    assert_int_equal(s->text_count, 5);
    assert_int_equal(s->region_count, 5); /* title, lead, body, captions, boilerplate */
    assert_string_equal(lsi_schema_get(s, "title"), "title");
    assert_string_equal(lsi_schema_get(s, "main"), "body");
    assert_string_equal(lsi_schema_region(s, 2)->name, "body");
    assert_null(lsi_schema_region(s, 4));
    assert_null(lsi_schema_region(s, -1)); /* of fields without a weight there is none */
    assert_string_equal(lsi_schema_text(s, 4)->name, "byline");
    assert_int_equal(lsi_schema_text(s, 4)->region, -1);
    assert_null(lsi_schema_text(s, 5));
    assert_null(lsi_schema_text(s, -1));
    OK(lsi_schema_copy(&copy, s, &err));
    lsi_schema_free(s);
    assert_string_equal(copy->fields[22].pub.name, "extra");
    assert_ptr_equal(copy->fields[22].pub.name, copy->fields[22].name);
    lsi_schema_free(copy);
}

static const struct {
    const char *key, *value;
    int rc;
} settings[] = {
    {"language", "german", LS_OK},
    {"language", "FR", LS_OK},
    {"language", "klingon", LS_INVALID},
    {"k1", "0.9", LS_OK},
    {"k1", "100", LS_OK},
    {"k1", "100.1", LS_INVALID},
    {"k1", "-1", LS_INVALID},
    {"k1", "", LS_INVALID},
    {"k1", "1e3", LS_INVALID},
    {"k1", "1.2.3", LS_INVALID},
    {"k1", "1234567890123456", LS_INVALID},
    {"b", "0", LS_OK},
    {"b", "1", LS_OK},
    {"b", "1.01", LS_INVALID},
    {"b", "nan", LS_INVALID},
    {"b", "0.00000000000000000000000000000000000000000000000000000000000000000000", LS_INVALID},
    {"timezone", "Abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/abcdefghij", LS_INVALID},
    {"timezone", ".x", LS_INVALID},
    {"timezone", "Asia/Tokyo", LS_OK},
    {"timezone", "../etc/passwd", LS_INVALID},
    {"timezone", "/x", LS_INVALID},
    {"timezone", "a/../b", LS_INVALID},
    {"timezone", "", LS_INVALID},
    {"timezone", "a b", LS_INVALID},
    {"title", "title", LS_OK},
    {"title", "byline", LS_INVALID},
    {"main", "nothing", LS_INVALID},
    {"main", "source", LS_INVALID},
    {"copies", "no", LS_OK},
    {"copies", "yes", LS_OK},
    {"copies", "maybe", LS_INVALID},
    {"copies", "", LS_INVALID},
    {"color", "red", LS_INVALID},
};

static void setting(void **state)
{
    (void)state;
    ls_schema *s;
    OK(lsi_schema_news(&s, &err));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        char before[100] = "";
        if (lsi_schema_get(s, settings[i].key))
            snprintf(before, sizeof before, "%s", lsi_schema_get(s, settings[i].key));
        WANT(lsi_schema_set(s, settings[i].key, settings[i].value, &err), settings[i].rc);
        if (settings[i].rc && *before) assert_string_equal(lsi_schema_get(s, settings[i].key), before);
        else if (!settings[i].rc && strcmp(settings[i].value, "FR"))
            assert_string_equal(lsi_schema_get(s, settings[i].key), settings[i].value);
    }
    assert_string_equal(lsi_schema_get(s, "language"), "french");
    OK(lsi_schema_set(s, "k1", "1.2", &err));
    assert_true(s->k1 == 1.2); /* the nearest double */
    OK(lsi_schema_set(s, "b", "0.75", &err));
    assert_true(s->b == 0.75);
    assert_null(lsi_schema_get(s, "color"));
    lsi_schema_free(s);
}

/* The example at the head of schema.c and in docs/FORMAT.md. */
static const uint8_t schema_bytes[] = "\x01\x02\x00\xff\x07"
                                      "english\x03UTC\x03"
                                      "1.2\x04"
                                      "0.75\x01\x03\x00\x05title"
                                      "\x04\x00\x00\x09published";

static void schema_encoding(void **state)
{
    (void)state;
    ls_schema *s, *again;
    lsi_buf b;
    size_t n = sizeof schema_bytes - 1;
    OK(lsi_schema_new(&s, &err));
    OK(add(s, "title", LS_TEXT, 3, 0));
    OK(add(s, "published", LS_DATE, 0, 0));
    lsi_buf_init(&b, 0);
    lsi_schema_encode(s, &b);
    assert_int_equal(b.len, n);
    assert_memory_equal(b.data, schema_bytes, n);
    lsi_schema_free(s);
    OK(lsi_schema_decode(&again, b.data, b.data + n, &err));
    assert_int_equal(again->count, 2);
    assert_int_equal(again->title, 0);
    assert_int_equal(again->main, LSI_FIELD_NONE);
    OK(add(again, "body", LS_TEXT, 1, 0)); /* comes too late to be the main field */
    assert_int_equal(again->main, LSI_FIELD_NONE);
    lsi_schema_free(again);
    for (size_t k = 0; k < n; k++) {
        WANT(lsi_schema_decode(&again, b.data, b.data + k, &err), LS_CORRUPT);
        assert_null(again);
    }
    lsi_buf_put8(&b, 0);
    WANT(lsi_schema_decode(&again, b.data, b.data + n + 1, &err), LS_CORRUPT);
    for (size_t k = 0; k < n; k++)
        for (int v = 0; v < 256; v++) { /* never more than its bytes, whatever stands there */
            uint8_t *tight = lsi_malloc(n);
            memcpy(tight, schema_bytes, n);
            tight[k] = (uint8_t)v;
            int rc = lsi_schema_decode(&again, tight, tight + n, &err);
            assert_true(rc == LS_OK || rc == LS_CORRUPT || rc == LS_TOO_NEW);
            lsi_schema_free(again);
            lsi_free(tight);
        }
    lsi_buf_clear(&b);
}

/* Whether copies are known goes with the main field, in its flags, and with no other field's. */
static void schema_copies(void **state)
{
    (void)state;
    ls_schema *s, *again;
    lsi_buf b;
    for (int yes = 0; yes < 2; yes++) {
        OK(lsi_schema_new(&s, &err));
        assert_string_equal(lsi_schema_get(s, "copies"), "no");
        OK(add(s, "title", LS_TEXT, 3, 0));
        OK(add(s, "body", LS_TEXT, 1, 1));
        OK(lsi_schema_set(s, "copies", yes ? "yes" : "no", &err));
        lsi_buf_init(&b, 0);
        lsi_schema_encode(s, &b);
        lsi_schema_free(s);
        uint8_t *body = b.data + b.len - 8, *title = body - 9; /* type, weight, flags, the name and its length */
        assert_memory_equal(body, "\x01\x01", 2);
        assert_int_equal(body[2], yes ? 3 : 1);
        OK(lsi_schema_decode(&again, b.data, b.data + b.len, &err));
        assert_string_equal(lsi_schema_get(again, "copies"), yes ? "yes" : "no");
        lsi_schema_free(again);
        title[2] |= 2;
        WANT(lsi_schema_decode(&again, b.data, b.data + b.len, &err), LS_CORRUPT);
        lsi_buf_clear(&b);
    }
    OK(lsi_schema_news(&s, &err));
    assert_string_equal(lsi_schema_get(s, "copies"), "yes");
    lsi_schema_free(s);
}

/* The example at the head of doc.c. */
static const uint8_t doc_bytes[] = "\x01\x02\x00\x09Two words\x01";

static ls_schema *small_schema(void)
{
    ls_schema *s;
    OK(lsi_schema_new(&s, &err));
    OK(add(s, "title", LS_TEXT, 3, 0));
    OK(add(s, "published", LS_DATE, 0, 0));
    OK(add(s, "secret", LS_TEXT, 1, 1));
    return s;
}

static void doc_encoding(void **state)
{
    (void)state;
    ls_schema *s = small_schema();
    ls_doc *d, *e;
    lsi_buf b;
    size_t n = sizeof doc_bytes - 1;
    lsi_buf_init(&b, 0);
    OK(lsi_doc_new(&d, &err));
    OK(lsi_doc_new(&e, &err));
    OK(lsi_doc_set_id(d, "a1", 2, &err));
    memcpy(d->language, "english", 8);
    d->words = 2;
    d->version = 3;
    OK(lsi_doc_add_text(d, "title", "Two words", 9, &err));
    OK(lsi_doc_add_text(d, "secret", "left out", 8, &err));
    OK(lsi_doc_add_int(d, "published", -2, &err));
    OK(lsi_doc_check(d, s, &err));
    lsi_doc_encode(d, s, &b);
    assert_int_equal(b.len, n);
    assert_memory_equal(b.data, doc_bytes, n);
    OK(lsi_doc_decode(e, s, b.data, b.data + n, &err));
    assert_int_equal(e->count, 2);
    assert_string_equal(e->values[0].text, "Two words");
    assert_true(e->values[1].is_int && e->values[1].field_no == 1); /* the number itself stands in a column */
    for (size_t k = 0; k < n; k++) WANT(lsi_doc_decode(e, s, b.data, b.data + k, &err), LS_CORRUPT);
    for (size_t k = 0; k < n; k++)
        for (int v = 0; v < 256; v++) {
            uint8_t *tight = lsi_malloc(n);
            memcpy(tight, doc_bytes, n);
            tight[k] = (uint8_t)v;
            int rc = lsi_doc_decode(e, s, tight, tight + n, &err);
            if (k == 0 && v > 3) assert_int_equal(rc, LS_TOO_NEW); /* a layout of a later library */
            else assert_true(rc == LS_OK || rc == LS_CORRUPT);
            lsi_free(tight);
        }
    lsi_doc_free(d);
    lsi_doc_free(e);
    lsi_schema_free(s);
    lsi_buf_clear(&b);
}

/* A long main text stands behind the rest: the bytes by hand, cut at every place, damaged at every byte. */
static void document_behind(void **state)
{
    (void)state;
    static const char begin[] = "\x03\x01\x04\x01\x80\x06\x00\x01T\x01\x03\x02\x01\x04\x00\x02ok";
    ls_schema *s;
    ls_doc *d, *e;
    lsi_buf b;
    char body[771];
    lsi_buf_init(&b, 0);
    OK(lsi_schema_new(&s, &err));
    OK(add(s, "title", LS_TEXT, 3, 0));
    OK(add(s, "body", LS_TEXT, 1, 0));
    OK(add(s, "published", LS_DATE, 0, 0));
    OK(add(s, "secret", LS_TEXT, 1, 1));
    OK(lsi_doc_new(&d, &err));
    OK(lsi_doc_new(&e, &err));
    OK(lsi_doc_add_text(d, "secret", "not kept", 8, &err));
    for (size_t i = 0; i < sizeof body; i++) body[i] = (i & 1) ? '\xa9' : '\xc3'; /* é */
    OK(lsi_doc_add_text(d, "body", body, 768, &err));
    OK(lsi_doc_add_text(d, "title", "T", 1, &err));
    OK(lsi_doc_add_text(d, "body", "abc", 3, &err));
    OK(lsi_doc_add_int(d, "published", 5, &err));
    lsi_doc_version was = {4, INT64_MIN, "ok"};
    d->history = &was;
    d->history_count = 1;
    OK(lsi_doc_check(d, s, &err));
    lsi_doc_encode(d, s, &b);
    const size_t front = sizeof begin - 1;
    assert_int_equal(b.len, front + 768 + 3);
    assert_memory_equal(b.data, begin, front);
    assert_memory_equal(b.data + front, body, 768);
    assert_int_equal(lsi_doc_head(s, b.data, b.len), front);
    for (size_t n = 0; n <= b.len; n++) {
        int rc = lsi_doc_decode_head(e, s, b.data, b.data + n, &err);
        assert_int_equal(rc, n < front ? LS_CORRUPT : LS_OK);
        WANT(lsi_doc_decode(e, s, b.data, b.data + n, &err), n < b.len ? LS_CORRUPT : LS_OK);
        if (rc) continue;
        OK(lsi_doc_decode_head(e, s, b.data, b.data + n, &err));
        assert_int_equal(e->count, 4);
        assert_int_equal(e->values[0].len, LSI_MIN((n - front) & ~(size_t)1, (size_t)768));
        assert_int_equal(e->values[0].cut, n - front < 768);
        assert_int_equal(e->values[2].len, n - front < 768 ? 0 : n - front - 768);
        assert_int_equal(lsi_doc_is_cut(e), n < b.len);
        assert_string_equal(e->values[1].text, "T");
        assert_string_equal(e->history[0].status, "ok");
        if (n < b.len) WANT(lsi_doc_check(e, s, &err), LS_MISUSE);
    }
    for (size_t k = 0; k < front; k++)
        for (int v = 0; v < 256; v++) {
            uint8_t *tight = lsi_malloc(b.len);
            memcpy(tight, b.data, b.len);
            tight[k] = (uint8_t)v;
            int rc = lsi_doc_decode(e, s, tight, tight + b.len, &err);
            assert_true(rc == LS_OK || rc == LS_CORRUPT || rc == LS_TOO_NEW);
            rc = lsi_doc_decode_head(e, s, tight, tight + b.len, &err);
            assert_true(rc == LS_OK || rc == LS_CORRUPT || rc == LS_TOO_NEW);
            assert_true(lsi_doc_head(s, tight, b.len) <= b.len);
            lsi_free(tight);
        }
    lsi_doc_free(d);
    lsi_doc_free(e);
    lsi_schema_free(s);
    lsi_buf_clear(&b);
}

static uint64_t hash_of(const char *field, const char *a, const char *b, int64_t version)
{
    ls_doc *d;
    OK(lsi_doc_new(&d, &err));
    OK(lsi_doc_add_text(d, field, a, strlen(a), &err));
    OK(lsi_doc_add_text(d, field, b, strlen(b), &err));
    d->version = version;
    uint64_t h = lsi_doc_hash(d);
    lsi_doc_free(d);
    return h;
}

static void content(void **state)
{
    (void)state;
    assert_true(hash_of("f", "ab", "c", 1) == hash_of("f", "ab", "c", 2)); /* the version does not count */
    assert_true(hash_of("f", "ab", "c", 1) != hash_of("f", "a", "bc", 1));
    assert_true(hash_of("f", "ab", "c", 1) != hash_of("g", "ab", "c", 1));
    assert_true(hash_of("f", "ab", "c", 1) != hash_of("f", "c", "ab", 1));
    ls_doc *d;
    char id[27], other[27];
    OK(lsi_doc_new(&d, &err));
    OK(lsi_doc_add_int(d, "n", 5, &err));
    lsi_doc_derive_id(d, id);
    assert_int_equal(strlen(id), 26);
    assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz234567"), 26);
    OK(lsi_doc_set_id(d, "x", 1, &err));
    lsi_doc_derive_id(d, other);
    assert_string_equal(id, other); /* from the fields alone */
    OK(lsi_doc_add_int(d, "m", 5, &err));
    lsi_doc_derive_id(d, other);
    assert_string_not_equal(id, other);
    lsi_id_derive("", 0, id);
    assert_string_equal(id, "tgvanuybi6mnqyabymsendkjp4"); /* XXH3-128 of nothing, 99aa06d3014798d86001c324468d497f */
    lsi_doc_free(d);
}

static void checking(void **state)
{
    (void)state;
    ls_schema *s = small_schema();
    ls_doc *d;
    OK(lsi_doc_new(&d, &err));
    OK(lsi_doc_add_int(d, "published", 1, &err));
    OK(lsi_doc_check(d, s, &err));
    assert_int_equal(d->values[0].field_no, 1);
    OK(lsi_doc_add_int(d, "published", 2, &err));
    WANT(lsi_doc_check(d, s, &err), LS_SCHEMA); /* one number a document */
    lsi_doc_clear(d);
    OK(lsi_doc_add_text(d, "title", "a\0b\xff\xfe", 5, &err));
    assert_int_equal(d->invalid_bytes, 2);
    assert_int_equal(d->values[0].len, 9);
    assert_memory_equal(d->values[0].text, "a\0b\xef\xbf\xbd\xef\xbf\xbd", 10);
    WANT(lsi_doc_set_id(d, "x", 0, &err), LS_INVALID);
    char long_id[129] = {0};
    OK(lsi_doc_set_id(d, long_id, 128, &err));
    WANT(lsi_doc_set_id(d, long_id, 129, &err), LS_INVALID);
    lsi_doc_free(d);
    lsi_schema_free(s);
}

/* The manifest of docs/FORMAT.md: its sections' bytes, and what is read of them. */
static const uint8_t segment_bytes[64] = {7,    0, 0, 0, 0,    0, 0, 0, 0, 0x10, 0, 0, 0,    0,    0, 0, 0xef, 0xcd,
                                          0xab, 0, 0, 0, 0,    0, 3, 0, 0, 0,    1, 0, 0,    0,    8, 0, 0,    0,
                                          0,    0, 0, 0, 0x80, 1, 0, 0, 0, 0,    0, 0, 0x45, 0x23, 1, 0};

static void manifest_example(void **state)
{
    (void)state;
    lsi_dir *dir;
    lsi_frame *f;
    bool renamed;
    lsi_segment_info info = {.generation = 7,
                             .bytes = 4096,
                             .sum = 0xabcdef,
                             .doc_count = 3,
                             .live_generation = 8,
                             .live_bytes = 384,
                             .live_sum = 0x12345,
                             .deleted_count = 1};
    lsi_manifest_record record = {77, {0}};
    lsi_manifest m = {.generation = 9, .public_generation = 9, .created = 1700000000000, .segments = &info, .count = 1};
    lsi_manifest *again, *copy;
    OK(lsi_dir_create(&dir, index_path, &err));
    OK(lsi_schema_decode(&m.schema, schema_bytes, schema_bytes + sizeof schema_bytes - 1, &err));
    lsi_buf_init(&record.bytes, 0);
    lsi_buf_puts(&record.bytes, "of a later version");
    m.records = &record;
    m.record_count = 1;
    OK(lsi_manifest_write(&m, dir, true, &renamed, &err));
    assert_true(renamed);
    OK(lsi_manifest_read(&again, &f, dir, &err));
    const lsi_section *s = lsi_frame_find(f, LSI_MAN_SEGMENTS);
    assert_int_equal(s->bytes, 64);
    assert_memory_equal(lsi_section_get(s, 0, 64, &err), segment_bytes, 64);
    s = lsi_frame_find(f, LSI_MAN_SCHEMA);
    assert_int_equal(s->bytes, sizeof schema_bytes - 1);
    assert_memory_equal(lsi_section_get(s, 0, s->bytes, &err), schema_bytes, s->bytes);
    assert_int_equal(lsi_frame_find(f, LSI_MAN_HEAD)->bytes, 88);
    assert_memory_equal(&again->segments[0], &info, sizeof info);
    assert_int_equal(again->created, 1700000000000);
    OK(lsi_manifest_copy(&copy, again, &err)); /* what this library does not know is carried along */
    assert_int_equal(copy->record_count, 1);
    assert_int_equal(copy->records[0].type, 77);
    assert_int_equal(copy->records[0].bytes.len, 18);
    lsi_manifest_free(copy);
    lsi_manifest_free(again);
    lsi_frame_close(f);

    static const struct { /* claims that cannot be */
        size_t at;
        uint32_t value;
    } claims[] = {{0, 0}, {0, 9}, {8, 0}, {24, 0}, {24, UINT32_MAX}, {28, 4}, {32, 0}, {32, 9}, {40, 0}, {60, 1}};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        uint8_t bytes[64], head[88] = {9, [80] = 9};
        uint64_t n, sum;
        lsi_frame_writer *w;
        memcpy(bytes, segment_bytes, 64);
        lsi_set32(bytes + claims[i].at, claims[i].value);
        lsi_dir_unlink(dir, LSI_NAME_MANIFEST, NULL);
        OK(lsi_frame_create(&w, dir, LSI_NAME_MANIFEST, LSI_FILE_MANIFEST, 9, &err));
        lsi_sink_put(lsi_frame_section(w, LSI_MAN_HEAD, false), head, sizeof head);
        lsi_sink_put(lsi_frame_section(w, LSI_MAN_SCHEMA, false), schema_bytes, sizeof schema_bytes - 1);
        lsi_sink_put(lsi_frame_section(w, LSI_MAN_SEGMENTS, false), bytes, sizeof bytes);
        OK(lsi_frame_finish(w, false, &n, &sum, &err));
        WANT(lsi_manifest_read(&again, NULL, dir, &err), LS_CORRUPT);
        assert_null(again);
    }
    lsi_buf_clear(&record.bytes);
    lsi_schema_free(m.schema);
    lsi_dir_close(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_limits), cmocka_unit_test(news),
        cmocka_unit_test(setting),          cmocka_unit_test(schema_encoding),
        cmocka_unit_test(schema_copies),    cmocka_unit_test(doc_encoding),
        cmocka_unit_test(document_behind),  cmocka_unit_test(content),
        cmocka_unit_test(checking),         cmocka_unit_test_teardown(manifest_example, index_clean),
    };
    return cmocka_run_group_tests(tests, folder_begin, folder_end);
}
