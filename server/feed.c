/* feed.c — how a list of articles is written as RSS 2.0, Atom and JSON Feed.
 *
 * A story's link is its page in this archive. Its id is its guid where that is an IRI, else that link; so a reader
 * shows a story once, also when it was corrected. Atom wants a date for every entry, and the archive never invents
 * one: a story without any has the time at which the archive began, before which it cannot have been there.
 * Sources: RSS 2.0.11 (rssboard.org), RFC 4287, jsonfeed.org/version/1.1. Ignorant of searching. */
#include "server/feed.h"
#include "server/target.h"
#include "json/utf8.h"

#include <stdio.h>
#include <string.h>

void sd_xml(js_text *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        bool valid;
        size_t n = js_utf8_next(s + i, len - i, &cp, &valid);
        bool allowed = valid && (cp >= 0x20 || cp == '\t' || cp == '\n' || cp == '\r') && cp != 0xFFFE && cp != 0xFFFF;
        if (allowed) js_html(out, s + i, n);
        else js_puts(out, "\xEF\xBF\xBD");
        i += n;
    }
}

static void xml(js_text *out, const char *s)
{
    sd_xml(out, s, strlen(s));
}

static void element(js_text *out, const char *name, const char *s)
{
    if (!s || !*s) return;
    js_printf(out, "<%s>", name);
    xml(out, s);
    js_printf(out, "</%s>\n", name);
}

static void link_of(js_text *out, const sd_feed *f, const sd_feed_item *i)
{
    js_puts(out, f->base);
    js_puts(out, "/article/");
    sd_put_url(out, i->facts.id, i->facts.id_len);
}

/* Whether a guid is an IRI that stands for itself. */
static bool is_iri(const char *guid)
{
    static const char *const schemes[] = {"urn:", "tag:", "https://", "http://"};
    if (!guid || strpbrk(guid, " \t\r\n<>\"{}|\\^`")) return false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (!strncmp(guid, schemes[i], strlen(schemes[i])) && guid[strlen(schemes[i])]) return true;
    return false;
}

static void put_id(js_text *out, const sd_feed *f, const sd_feed_item *i)
{
    if (is_iri(i->facts.guid)) xml(out, i->facts.guid);
    else link_of(out, f, i);
}

/* "Mon, 11 Sep 2023 08:00:00 GMT" (RFC 822 with the years of RFC 1123). */
static void rfc822(js_text *out, int64_t ms)
{
    static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day = ms / 86400000 - (ms % 86400000 < 0);
    int64_t weekday = (day % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int y = 0, m = 0, d = 0, hour = 0, minute = 0, second = 0;
    char iso[40];
    ls_date_format(ms, iso, sizeof iso);
    if (sscanf(iso, "%d-%d-%dT%d:%d:%d", &y, &m, &d, &hour, &minute, &second) != 6 || m < 1 || m > 12) return;
    js_printf(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * weekday, d, months + 3 * (m - 1), y, hour,
              minute, second);
}

/* When the story was last changed as far as is known; false: not known. */
static bool changed(const sd_feed_item *i, int64_t *ms)
{
    const js_facts *f = &i->facts;
    if (f->has_updated) *ms = f->updated;
    else if (f->has_published) *ms = f->published;
    return f->has_updated || f->has_published;
}

static int64_t newest(const sd_feed *f)
{
    int64_t best = f->born, ms = best;
    for (size_t i = 0; i < f->count; i++)
        if (changed(&f->items[i], &ms) && ms > best) best = ms;
    return best;
}

static void subjects(js_text *out, const sd_feed_item *i, const char *before, const char *behind)
{
    const char *s;
    size_t n;
    for (size_t k = 0; (s = ls_doc_text(i->doc, "subjects", k, &n)) != NULL; k++) {
        js_puts(out, before);
        sd_xml(out, s, n);
        js_puts(out, behind);
    }
}

/* ---- RSS ---- */

static void rss_item(js_text *out, const sd_feed *f, const sd_feed_item *i)
{
    js_puts(out, "<item>\n<title>");
    sd_xml(out, i->facts.title, i->facts.title_len);
    js_puts(out, "</title>\n<link>");
    link_of(out, f, i);
    js_printf(out, "</link>\n<guid isPermaLink=\"%s\">", is_iri(i->facts.guid) ? "false" : "true");
    put_id(out, f, i);
    js_puts(out, "</guid>\n");
    if (i->facts.has_published) {
        js_puts(out, "<pubDate>");
        rfc822(out, i->facts.published);
        js_puts(out, "</pubDate>\n");
    }
    element(out, "dc:creator", i->facts.byline);
    element(out, "dc:publisher", i->facts.source);
    element(out, "category", i->facts.section);
    subjects(out, i, "<category>", "</category>\n");
    js_puts(out, "<description>");
    sd_xml(out, i->summary.data ? i->summary.data : "", i->summary.len);
    js_puts(out, "</description>\n</item>\n");
}

static void rss(js_text *out, const sd_feed *f)
{
    js_puts(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
            "xmlns:atom=\"http://www.w3.org/2005/Atom\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n");
    element(out, "title", f->title);
    element(out, "link", f->page);
    js_puts(out, "<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"");
    xml(out, f->self);
    js_puts(out, "\"/>\n<description>A search of the archive</description>\n<lastBuildDate>");
    rfc822(out, newest(f));
    js_puts(out, "</lastBuildDate>\n");
    for (size_t i = 0; i < f->count; i++) rss_item(out, f, &f->items[i]);
    js_puts(out, "</channel>\n</rss>\n");
}

/* ---- Atom ---- */

static void atom_date(js_text *out, const char *name, int64_t ms)
{
    char date[40];
    ls_date_format(ms, date, sizeof date);
    js_printf(out, "<%s>%s</%s>\n", name, date, name);
}

static void atom_category(js_text *out, const char *s)
{
    if (!s) return;
    js_puts(out, "<category term=\"");
    xml(out, s);
    js_puts(out, "\"/>\n");
}

static void atom_entry(js_text *out, const sd_feed *f, const sd_feed_item *i)
{
    int64_t ms = f->born;
    (void)changed(i, &ms);
    js_puts(out, "<entry>\n<id>");
    put_id(out, f, i);
    js_puts(out, "</id>\n<title>");
    sd_xml(out, i->facts.title, i->facts.title_len);
    js_puts(out, "</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"");
    link_of(out, f, i);
    js_puts(out, "\"/>\n");
    if (i->facts.has_published) atom_date(out, "published", i->facts.published);
    atom_date(out, "updated", ms);
    if (i->facts.byline || i->facts.source) {
        js_puts(out, "<author>");
        element(out, "name", i->facts.byline ? i->facts.byline : i->facts.source);
        js_puts(out, "</author>\n");
    }
    atom_category(out, i->facts.section);
    subjects(out, i, "<category term=\"", "\"/>\n");
    js_puts(out, "<summary>");
    sd_xml(out, i->summary.data ? i->summary.data : "", i->summary.len);
    js_puts(out, "</summary>\n</entry>\n");
}

static void atom(js_text *out, const sd_feed *f)
{
    js_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
    element(out, "id", f->self);
    element(out, "title", f->title);
    atom_date(out, "updated", newest(f));
    js_puts(out, "<author><name>Archive</name></author>\n<link rel=\"self\" type=\"application/atom+xml\" href=\"");
    xml(out, f->self);
    js_puts(out, "\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"");
    xml(out, f->page);
    js_puts(out, "\"/>\n");
    for (size_t i = 0; i < f->count; i++) atom_entry(out, f, &f->items[i]);
    js_puts(out, "</feed>\n");
}

/* ---- JSON Feed ---- */

static void text(js_text *out, const char *name, const char *s)
{
    if (!s || !*s) return;
    js_key(out, name);
    js_cstring(out, s);
}

static void json_tags(js_text *out, const sd_feed_item *i)
{
    const char *s;
    size_t n;
    if (!i->facts.section && !ls_doc_text(i->doc, "subjects", 0, &n)) return;
    js_key(out, "tags");
    js_putc(out, '[');
    if (i->facts.section) js_cstring(out, i->facts.section);
    for (size_t k = 0; (s = ls_doc_text(i->doc, "subjects", k, &n)) != NULL; k++) {
        js_comma(out);
        js_string(out, s, n);
    }
    js_putc(out, ']');
}

static void json_item(js_text *out, const sd_feed *f, const sd_feed_item *i)
{
    const js_facts *facts = &i->facts;
    js_text url = {0};
    link_of(&url, f, i);
    if (url.failed) out->failed = true;
    js_puts(out, "{\"id\":");
    js_cstring(out, is_iri(facts->guid) ? facts->guid : url.data ? url.data : "");
    text(out, "url", url.data);
    js_text_free(&url);
    js_key(out, "title");
    js_string(out, facts->title, facts->title_len);
    js_key(out, "content_text");
    js_string(out, i->summary.data ? i->summary.data : "", i->summary.len);
    text(out, "external_url", facts->url);
    if (facts->has_published) {
        js_key(out, "date_published");
        js_date(out, facts->published);
    }
    if (facts->has_updated) {
        js_key(out, "date_modified");
        js_date(out, facts->updated);
    }
    if (facts->byline || facts->source) {
        js_key(out, "authors");
        js_puts(out, "[{\"name\":");
        js_cstring(out, facts->byline ? facts->byline : facts->source);
        js_puts(out, "}]");
    }
    json_tags(out, i);
    text(out, "language", facts->language);
    js_putc(out, '}');
}

static void json(js_text *out, const sd_feed *f)
{
    js_puts(out, "{\"version\":\"https://jsonfeed.org/version/1.1\"");
    text(out, "title", f->title);
    text(out, "home_page_url", f->page);
    text(out, "feed_url", f->self);
    js_key(out, "items");
    js_putc(out, '[');
    for (size_t i = 0; i < f->count; i++) {
        js_comma(out);
        json_item(out, f, &f->items[i]);
    }
    js_puts(out, "]}\n");
}

void sd_feed_write(js_text *out, const sd_feed *f, sd_feed_form form)
{
    if (form == SD_FEED_RSS) rss(out, f);
    else if (form == SD_FEED_ATOM) atom(out, f);
    else json(out, f);
}

const char *sd_feed_type(sd_feed_form form)
{
    return form == SD_FEED_RSS    ? "application/rss+xml; charset=utf-8"
           : form == SD_FEED_ATOM ? "application/atom+xml; charset=utf-8"
                                  : "application/feed+json";
}
