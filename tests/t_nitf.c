/* t_nitf.c — import/nitf.c: what becomes of a document, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h wants the five above */
#include <cmocka.h>
#include <libxml/parser.h>

#include "import/import.h"
#include "import/nitf.h"

static void becomes(const char *nitf, const char *json)
{
    js_text out = {0};
    ls_error err = {0};
    if (im_nitf_json(&out, nitf, strlen(nitf), &err) != LS_OK) fail_msg("%s: %s", nitf, err.message);
    assert_string_equal(out.data, json);
    js_text_free(&out);
}

static void refused_bytes(const char *nitf, size_t len, int code, const char *message)
{
    js_text out = {0};
    ls_error err = {0};
    int rc = im_nitf_json(&out, nitf, len, &err);
    if (rc != code || !strstr(err.message, message)) fail_msg("%.200s: %d %s", nitf, rc, err.message);
    assert_int_equal(err.code, rc);
    js_text_free(&out);
}

static void refused(const char *nitf, const char *message)
{
    refused_bytes(nitf, strlen(nitf), LS_INVALID, message);
}

#define DOC(docdata, head, content)                                                                                    \
    "<?xml version=\"1.0\"?>\n<nitf><head>" docdata "</head><body><body.head>" head                                    \
    "</body.head><body.content>" content "</body.content></body></nitf>"

static void a_whole_document(void **state)
{
    (void)state;
    becomes("<?xml version='1.0' encoding='ISO-8859-1'?>\n"
            "<!DOCTYPE nitf SYSTEM 'nitf-3-6.dtd'>\n"
            "<nitf xmlns='http://iptc.org/std/NITF/2006-10-18/'><head><title>Slug</title>\n"
            "<docdata management-status='usable'><doc-id regsrc='X' id-string='urn:x:1'/><urgency ed-urg='4'/>"
            "<date.issue norm='20230911T080000+0200'/><date.expire norm='20330911'/>"
            "<doc.copyright holder='No &quot;one&quot;'/><du-key version='0003' key='k'/>"
            "<key-list><keyword key='arms'/><keyword/><keyword key='a&lt;&amp;b'/></key-list></docdata>"
            "<pubdata name='The \"Paper\"' position.section='World'/></head>"
            "<body><body.head><hedline><hl1>A  <em>bold</em>\n headline &amp; \xe9</hl1><hl2>Below</hl2></hedline>"
            "<byline>By <person>Ann</person></byline><byline> </byline><byline>Bob</byline>"
            "<dateline><location>Berlin</location></dateline><abstract><p>The lead.</p></abstract></body.head>"
            "<body.content><block><p> One <em>a</em> <b>b</b>.</p><media><media-caption>No</media-caption></media>"
            "<p/><p>Two<br/>lines<![CDATA[ <x>&amp;]]>.</p><hl2>Middle</hl2></block><!-- no --><table><tr><td>1</td>"
            "<td>2</td></tr><tr><td>3</td></tr></table>tail</body.content></body></nitf>",
            "{\"guid\":\"urn:x:1\",\"version\":3,\"urgency\":4,\"published\":\"2023-09-11T08:00:00+02:00\","
            "\"status\":\"usable\",\"expires\":\"2033-09-11\",\"subjects\":[\"arms\",\"a<&b\"],"
            "\"source\":\"The \\\"Paper\\\"\",\"section\":\"World\",\"title\":\"A bold headline & \xc3\xa9\","
            "\"byline\":\"By Ann, Bob\",\"dateline\":\"Berlin\",\"lead\":\"The lead.\","
            "\"body\":\"One a b.\\n\\nTwo lines <x>&amp;.\\n\\nMiddle\\n\\n1 2\\n\\n3\\n\\ntail\"}");
    becomes("<nitf/>", "{}");
    becomes("<nitf><head><title>Only</title></head></nitf>", "{\"title\":\"Only\"}");
}

static void dates(void **state)
{
    static const char *const cases[][2] = {{"20230911", "2023-09-11"},
                                           {"20230911T0800", "2023-09-11T08:00:00"},
                                           {"20230911T080001Z", "2023-09-11T08:00:01Z"},
                                           {"20230911T080001-0530", "2023-09-11T08:00:01-05:30"},
                                           {"20230911T080001-05:30", "2023-09-11T08:00:01-05:30"},
                                           {"2023-09-11T08:00:01Z", "2023-09-11T08:00:01Z"},
                                           {"20230911T080001 and more", "20230911T080001 and more"},
                                           {"202309111", "202309111"},
                                           {"2023", "2023"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char in[256], out[256];
        snprintf(in, sizeof in, "<nitf><head><docdata><date.issue norm='%s'/></docdata></head></nitf>", cases[i][0]);
        snprintf(out, sizeof out, "{\"published\":\"%s\"}", cases[i][1]);
        becomes(in, out);
    }
}

static void management(void **state)
{
    (void)state;
    becomes(DOC("<docdata management-status='embargoed'><date.release norm='20990101T000000Z'/></docdata>", "", ""),
            "{\"embargoed\":\"2099-01-01T00:00:00Z\"}");
    becomes(DOC("<docdata><date.release norm='20990101'/></docdata>", "", ""), "{\"embargoed\":\"2099-01-01\"}");
    becomes(DOC("<docdata management-status='embargoed'/>", "", "<p>x</p>"), "{\"embargoed\":\"\",\"body\":\"x\"}");
    becomes(DOC("<docdata management-status='withheld'/>", "", "x"), "{\"status\":\"withheld\",\"body\":\"x\"}");
    becomes(DOC("<docdata management-status='canceled' management-doc-idref='urn:x:1'><doc-id id-string='urn:x:2'/>"
                "</docdata>",
                "", "<p>why</p>"),
            "{\"guid\":\"urn:x:1\",\"status\":\"canceled\"}");
    becomes(DOC("<docdata management-doc-idref='urn:x:1' management-idref-status='canceled'/>", "", ""),
            "{\"guid\":\"urn:x:1\",\"status\":\"canceled\"}");
    becomes(DOC("<docdata management-status='canceled'><doc-id id-string='urn:x:2'/></docdata>", "", ""),
            "{\"guid\":\"urn:x:2\",\"status\":\"canceled\"}");
    becomes(DOC("<docdata management-status=' stat:Cancelled'><doc-id id-string='urn:x:2'/></docdata>", "", ""),
            "{\"guid\":\"urn:x:2\",\"status\":\"canceled\"}"); /* in whatever spelling */
    becomes(DOC("<docdata management-status='usable' management-doc-idref='urn:x:1'/>", "", "x"),
            "{\"status\":\"usable\",\"body\":\"x\"}");
    refused(DOC("<docdata management-status='canceled'/>", "", ""), "line 2: canceled, but not which");
    refused(DOC("<docdata management-status='usable' management-doc-idref='u' management-idref-status='canceled'/>", "",
                ""),
            "line 2: a document that cancels another");
}

static void hostile(void **state)
{
    (void)state;
    refused("<!DOCTYPE nitf [<!ENTITY a \"ha\">\n<!ENTITY b \"&a;&a;&a;\">]><nitf>&b;</nitf>",
            "line 1: declares an entity");
    refused("<!DOCTYPE nitf [\n<!ENTITY x SYSTEM \"file:///etc/passwd\">]><nitf><body><body.content>&x;"
            "</body.content></body></nitf>",
            "line 2: declares an entity");
    refused("<!DOCTYPE nitf [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/x\"> %p;]><nitf/>", "declares an entity");
    refused(
        "<!DOCTYPE nitf [<!ENTITY a \"x\">]><nitf><head><docdata><doc-id id-string=\"&a;\"/></docdata></head></nitf>",
        "declares an entity");
    refused("<!DOCTYPE nitf SYSTEM 'no-such.dtd'>\n<nitf><body><body.content>a&nbsp;b</body.content></body></nitf>",
            "line 2: an entity that XML does not know: &nbsp");
    refused("<!DOCTYPE nitf SYSTEM 'no-such.dtd'>\n<nitf><head><docdata><doc-id id-string='a&nbsp;b'/></docdata></head>"
            "</nitf>",
            "line 2: an entity that XML does not know: &nbsp");
    refused("<nitf>&nbsp;</nitf>", "line 1: an entity that XML does not know: &nbsp");
    refused("", "line 1: expected NITF");
    refused("not XML", "line 1: expected NITF");
    refused("{\"body\":\"x\"}", "expected NITF");
    refused("<nitf>\n<body>", "line 2: expected NITF");
    refused("<nitf/>\n<nitf/>", "line 2: expected NITF");
    refused("<html/>", "line 1: expected <nitf>, found <html");
    refused("<nitf a='1' a='2'/>", "expected NITF");
    refused("<nitf>\xff\xfe</nitf>", "expected NITF");
    refused_bytes("<nitf>\0</nitf>", 14, LS_INVALID, "expected NITF");
    js_text deep = {0};
    js_puts(&deep, "<nitf><body><body.content>");
    for (int i = 0; i < 100000; i++) js_puts(&deep, "<p>");
    refused(deep.data, "expected NITF: Excessive depth");
    js_text_free(&deep);
}

/* Every beginning of a document is refused, and no end of it is read beyond. */
static void cut_everywhere(void **state)
{
    static const char whole[] = DOC("<docdata><doc-id id-string='a&amp;b'/></docdata>",
                                    "<hedline><hl1>T</hl1></hedline>", "<p>One.</p><![CDATA[x]]>");
    (void)state;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char *part = malloc(n ? n : 1);
        assert_non_null(part);
        memcpy(part, whole, n);
        refused_bytes(part, n, LS_INVALID, "expected NITF");
        free(part);
    }
    becomes(whole, "{\"guid\":\"a&b\",\"title\":\"T\",\"body\":\"One.\\n\\nx\"}");
}

static void too_long(void **state)
{
    char *large = malloc((size_t)IM_NITF_MAX + 1);
    (void)state;
    assert_non_null(large);
    memset(large, ' ', (size_t)IM_NITF_MAX + 1);
    refused_bytes(large, (size_t)IM_NITF_MAX + 1, LS_LIMIT, "64 MB");
    free(large);
}

/* ---- memory: libxml2's own, of which each call fails once ---- */

static long calls, fails_at = -1;

static bool refuses(void)
{
    return calls++ == fails_at;
}
static void *take(size_t n)
{
    return refuses() ? NULL : malloc(n);
}
static void *take_more(void *p, size_t n)
{
    return refuses() ? NULL : realloc(p, n);
}
static char *take_copy(const char *s)
{
    return refuses() ? NULL : strdup(s);
}

/* A document that is read with something missing would be worse than none: an embargo, a piece of text. */
static void no_memory(void **state)
{
    static const char in[] = "<?xml version='1.0' encoding='ISO-8859-1'?>\n<!DOCTYPE nitf SYSTEM 'x.dtd'>" DOC(
        "<docdata management-status='embargoed'><doc-id id-string='a&amp;b'/><date.release norm='20990911'/></docdata>",
        "<hedline><hl1>T \xe9</hl1></hedline>", "<p>One &lt; <em>two</em>.</p><![CDATA[x]]>");
    const char *from = strstr(in + 5, "<?xml"); /* DOC has a declaration of its own */
    js_text whole = {0};
    (void)state;
    assert_non_null(from);
    assert_int_equal(im_nitf_json(&whole, from, strlen(from), NULL),
                     LS_INVALID); /* no encoding told: it is not UTF-8 */
    js_text_reset(&whole);
    static char told[sizeof in];
    snprintf(told, sizeof told, "%.*s%s", (int)(from - in), in, strstr(from, "<nitf"));
    assert_int_equal(im_nitf_json(&whole, told, strlen(told), NULL), LS_OK);
    calls = 0;
    js_text again = {0};
    assert_int_equal(im_nitf_json(&again, told, strlen(told), NULL), LS_OK);
    long all = calls;
    js_text_free(&again);
    assert_true(all > 50);
    for (long i = 0; i < all; i++) {
        js_text out = {0};
        ls_error err = {0};
        calls = 0;
        fails_at = i;
        int rc = im_nitf_json(&out, told, strlen(told), &err);
        fails_at = -1;
        if (rc == LS_OK) assert_string_equal(out.data, whole.data);
        else if (rc != LS_NOMEM) fail_msg("call %ld: %d %s", i, rc, err.message);
        js_text_free(&out);
    }
    js_text_free(&whole);
}

static int each(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *err)
{
    int64_t until = 0;
    assert_int_equal(number, 1);
    if (rc != LS_OK) {
        assert_null(doc);
        assert_non_null(strstr(err->message, "line 1"));
    } else {
        assert_string_equal(ls_doc_text(doc, "guid", 0, NULL), "urn:x:1");
        assert_string_equal(ls_doc_text(doc, "title", 0, NULL), "T");
        assert_int_equal(ls_doc_int(doc, "embargoed", &until), LS_OK);
        assert_true(until == INT64_C(4070908800000));
    }
    *(int *)ctx += rc == LS_OK ? 1 : 100;
    return 0;
}

static void files(void **state)
{
    static const char *const contents[] = {
        DOC("<docdata><doc-id id-string='urn:x:1'/><date.release norm='20990101T000000Z'/></docdata>",
            "<hedline><hl1>T</hl1></hedline>", "<p>x</p>"),
        "<rss/>"};
    ls_schema *s = NULL;
    ls_doc *d = NULL;
    int seen = 0;
    (void)state;
    assert_int_equal(im_kind_of("a.xml"), IM_NITF);
    assert_int_equal(im_kind_of("a.NITF"), IM_NITF);
    assert_int_equal(ls_schema_news(&s, NULL), LS_OK);
    assert_int_equal(ls_doc_new(&d, NULL), LS_OK);
    js_article_options o = {.schema = s, .path = "x/a.xml", .file_name = "a.xml"};
    for (size_t i = 0; i < 2; i++) {
        FILE *in = tmpfile();
        assert_non_null(in);
        assert_int_equal(fwrite(contents[i], 1, strlen(contents[i]), in), strlen(contents[i]));
        rewind(in);
        assert_int_equal(im_read(in, IM_NITF, d, &o, each, &seen, NULL), LS_OK);
        fclose(in);
    }
    assert_int_equal(seen, 101);
    ls_doc_free(d);
    ls_schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_document), cmocka_unit_test(dates),          cmocka_unit_test(management),
        cmocka_unit_test(hostile),          cmocka_unit_test(cut_everywhere), cmocka_unit_test(too_long),
        cmocka_unit_test(no_memory),        cmocka_unit_test(files),
    };
    xmlMemSetup(free, take, take_more, take_copy); /* before anything of libxml2 is called */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
