/* t_document.c — a document's stored bytes that lie, its characters and statuses where they are cut, no memory for it. */
#include "libsearch/model/doc.h"
#include "libsearch/model/news.h"
#include "libsearch/model/schema.h"
#include "libsearch/util/alloc.h"
#include "tests/index_util.h"

static ls_error err;

static int add(ls_schema *s, const char *name, ls_type type, int weight, int not_stored)
{
    ls_field f = {sizeof f, name, type, weight, not_stored};
    return lsi_schema_add(s, &f, &err);
}

static ls_schema *small_schema(void)
{
    ls_schema *s;
    OK(lsi_schema_new(&s, &err));
    OK(add(s, "title", LS_TEXT, 3, 0));
    OK(add(s, "published", LS_DATE, 0, 0));
    OK(add(s, "secret", LS_TEXT, 1, 1));
    return s;
}

/* Of a main text of characters of one to four bytes a head has whole ones, as many as there are. */
static void whole_characters(void **state)
{
    (void)state;
    static const char four[] = "a\xc3\xa9\xe6\x9d\xb1\xf0\x9f\x98\x80"; /* 1, 2, 3, 4 bytes */
    ls_schema *s;
    ls_doc *d, *e;
    lsi_buf b;
    char body[900];
    size_t whole = 0;
    lsi_buf_init(&b, 0);
    OK(lsi_schema_new(&s, &err));
    OK(add(s, "body", LS_TEXT, 1, 0));
    OK(lsi_doc_new(&d, &err));
    OK(lsi_doc_new(&e, &err));
    for (size_t i = 0; i < sizeof body; i++) body[i] = four[i % 10];
    OK(lsi_doc_add_text(d, "body", body, sizeof body, &err));
    OK(lsi_doc_check(d, s, &err));
    lsi_doc_encode(d, s, &b);
    size_t front = b.len - sizeof body;
    for (size_t n = 0; n <= sizeof body; n++) {
        if (n == sizeof body || (body[n] & 0xc0) != 0x80) whole = n;
        OK(lsi_doc_decode_head(e, s, b.data, b.data + front + n, &err));
        assert_int_equal(e->values[0].len, whole);
        assert_memory_equal(e->values[0].text, body, whole);
    }
    lsi_doc_free(d);
    lsi_doc_free(e);
    lsi_schema_free(s);
    lsi_buf_clear(&b);
}

/* A title that is the main field as well stands where titles do, for a head has to have it. */
static void title_is_main(void **state)
{
    (void)state;
    ls_schema *s;
    ls_doc *d;
    lsi_buf b;
    char text[2000];
    memset(text, 'x', sizeof text);
    OK(lsi_schema_new(&s, &err));
    OK(add(s, "title", LS_TEXT, 1, 0));
    OK(lsi_schema_set(s, "main", "title", &err));
    OK(lsi_doc_new(&d, &err));
    OK(lsi_doc_add_text(d, "title", text, sizeof text, &err));
    OK(lsi_doc_check(d, s, &err));
    lsi_buf_init(&b, 0);
    lsi_doc_encode(d, s, &b);
    assert_memory_equal(b.data, "\x01\x01\x00\xd0\x0fx", 6);
    assert_int_equal(lsi_doc_head(s, b.data, b.len), 0);
    lsi_doc_free(d);
    lsi_schema_free(s);
    lsi_buf_clear(&b);
}

/* Bytes that lie, of the schema title, published, secret: each is refused by both readers, and has no head beyond them. */
static const struct {
    const char *bytes;
    size_t len;
    const char *why;
} lies[] = {
    {"", 0, "nothing"},
    {"\x00", 1, "no layout"},
    {"\x01", 1, "no count"},
    {"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "a count of 2^64 - 1"},
    {"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, "a count of 65 bits"},
    {"\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 13, "a count that does not end"},
    {"\x01\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, "a text of 2^64 - 1 bytes"},
    {"\x01\x01\x03", 3, "a field that is not there"},
    {"\x02\x00\x00", 3, "versions, and none of them"},
    {"\x02\x00\x40", 3, "more versions than are kept"},
    {"\x02\x00\x01\x05", 4, "a version cut short"},
    {"\x02\x00\x01\x05\x02\x00", 6, "a flag that is none"},
    {"\x02\x00\x01\x05\x01\x00\x00\x00\x00\x00\x00\x00", 12, "a time of seven bytes"},
    {"\x02\x00\x01\x05\x00\x02o", 7, "a status cut short"},
    {"\x03", 1, "no field that stands behind"},
    {"\x03\x03\x00\x00", 4, "one that is not there"},
    {"\x03\x00", 2, "no count"},
    {"\x03\x00\x01\x00", 4, "no length"},
    {"\x03\x00\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 15, "a length of 2^64 - 1"},
    {"\x03\x00\x01\x02\x05x", 6, "a text of another field cut short"},
};

static void lying(void **state)
{
    (void)state;
    ls_schema *s = small_schema();
    ls_doc *d;
    OK(lsi_doc_new(&d, &err));
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        uint8_t *tight = lsi_malloc(lies[i].len);
        memcpy(tight, lies[i].bytes, lies[i].len);
        int rc = lsi_doc_decode(d, s, tight, tight + lies[i].len, &err);
        int head = lsi_doc_decode_head(d, s, tight, tight + lies[i].len, &err);
        if (rc != LS_CORRUPT || head != LS_CORRUPT) print_error("%s was taken\n", lies[i].why);
        assert_true(rc == LS_CORRUPT && head == LS_CORRUPT);
        assert_true(lsi_doc_head(s, tight, lies[i].len) <= lies[i].len);
        lsi_free(tight);
    }
    lsi_doc_free(d);
    lsi_schema_free(s);
}

/* A status of more than 64 bytes is cut where a character begins; one that is none, which only damage brings, goes. */
static void long_status(void **state)
{
    (void)state;
    ls_schema *s = small_schema();
    ls_doc *d;
    char text[100];
    static const struct {
        char first, second;
        size_t kept;
    } rows[] = {{'x', 'x', 64}, {'\xc3', '\xa9', 64}, {'\xa9', '\xc3', 63}, {'\x80', '\x80', 0}};
    OK(lsi_doc_new(&d, &err));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lsi_buf b;
        lsi_buf_init(&b, 0);
        for (size_t k = 0; k < sizeof text - 1; k++) text[k] = k & 1 ? rows[i].second : rows[i].first;
        text[sizeof text - 1] = 0;
        lsi_doc_version was = {4, INT64_MIN, text};
        lsi_doc_clear(d);
        d->history = &was;
        d->history_count = 1;
        lsi_doc_encode(d, s, &b);
        d->history_count = 0;
        assert_int_equal(b.data[5], rows[i].kept);
        assert_int_equal(b.len, 6 + rows[i].kept);
        lsi_buf_clear(&b);
    }
    lsi_doc_free(d);
    lsi_schema_free(s);
}

/* Every allocation fails once while a document is filled and read back: no memory, and it has what it had. */
static void no_memory(void **state)
{
    (void)state;
    uint64_t refused = 0;
    for (uint64_t n = 1, done = 0; !done; n++) {
        ls_schema *s;
        ls_doc *d, *e = NULL;
        lsi_buf b;
        char broken[600];
        memset(broken, 0xff, sizeof broken);
        lsi_buf_init(&b, 0);
        OK(lsi_schema_new(&s, &err));
        OK(add(s, "body", LS_TEXT, 1, 0));
        OK(lsi_doc_new(&d, &err));
        lsi_alloc_fail_at(n, false);
        int rc = lsi_doc_add_text(d, "body", broken, sizeof broken, &err);
        assert_int_equal(d->invalid_bytes, rc ? 0 : sizeof broken);
        assert_int_equal(d->count, rc ? 0 : 1);
        uint64_t so_far = lsi_alloc_fail_at(0, false);
        done = so_far < n;
        lsi_doc_version was = {4, 5, "stat:usable"};
        if (!rc) {
            d->history = &was;
            d->history_count = 1;
            OK(lsi_doc_check(d, s, &err));
            lsi_doc_encode(d, s, &b);
            lsi_alloc_fail_at(done ? n - so_far : 0, false);
            rc = lsi_doc_new(&e, &err);
            if (!rc) rc = lsi_doc_decode(e, s, b.data, b.data + b.len, &err);
            if (!rc) assert_int_equal(e->history_count, 1);
            if (done) done = lsi_alloc_fail_at(0, false) < n - so_far;
        }
        WANT(rc, done ? LS_OK : LS_NOMEM);
        refused += rc != LS_OK;
        lsi_doc_free(d);
        lsi_doc_free(e);
        lsi_schema_free(s);
        lsi_buf_clear(&b);
    }
    assert_true(refused > 5);
}

/* Statuses, in any case, with their prefix and blanks; what is nearly one is none. */
static void statuses(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        bool canceled, withheld;
    } rows[] = {{"canceled", true, false},   {" STAT:Cancelled\r\n", true, false},
                {"withheld", false, true},   {"\tstat:WITHHELD ", false, true},
                {"withheldx", false, false}, {"withheld x", false, false},
                {"stat:", false, false},     {"canceled.", false, false},
                {"usable", false, false},    {"", false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ls_doc *d;
        size_t len;
        OK(lsi_doc_new(&d, &err));
        OK(lsi_doc_add_int(d, "status", 1, &err));
        OK(lsi_doc_add_text(d, "guid", "", 0, &err)); /* empty: not there */
        OK(lsi_doc_add_text(d, "status", rows[i].status, strlen(rows[i].status), &err));
        assert_int_equal(lsi_news_is_canceled(d), rows[i].canceled);
        assert_int_equal(lsi_news_release(d) == LSI_RELEASE_NEVER, rows[i].withheld);
        assert_null(lsi_news_guid(d, &len));
        OK(lsi_doc_add_text(d, "guid", "g", 1, &err));
        assert_string_equal(lsi_news_guid(d, &len), "g");
        lsi_doc_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_characters), cmocka_unit_test(title_is_main), cmocka_unit_test(lying),
        cmocka_unit_test(long_status),      cmocka_unit_test(no_memory),     cmocka_unit_test(statuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
