/* document.c — what is shown of a document: its facts, its paragraphs, and the whole of it as JSON.
 *
 * Owns the members of /v1/documents/{id} and what a title is where the article has none. The news members are always
 * there, null where unknown; fields of a schema of one's own follow under their names. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"
#include "json/utf8.h"

#define TITLE_CODE_POINTS 100  /* of a title made from the lead */
#define JUDGED_BYTES      4096 /* of a body, for whether its paragraphs are parted by blank lines */

static const char *const codes[][2] = {
    {"arabic", "ar"},     {"armenian", "hy"}, {"basque", "eu"},     {"catalan", "ca"},    {"danish", "da"},
    {"dutch", "nl"},      {"english", "en"},  {"esperanto", "eo"},  {"estonian", "et"},   {"finnish", "fi"},
    {"french", "fr"},     {"german", "de"},   {"greek", "el"},      {"hindi", "hi"},      {"hungarian", "hu"},
    {"indonesian", "id"}, {"irish", "ga"},    {"italian", "it"},    {"lithuanian", "lt"}, {"nepali", "ne"},
    {"norwegian", "no"},  {"polish", "pl"},   {"portuguese", "pt"}, {"romanian", "ro"},   {"russian", "ru"},
    {"serbian", "sr"},    {"spanish", "es"},  {"swedish", "sv"},    {"tamil", "ta"},      {"turkish", "tr"},
    {"yiddish", "yi"}};

const char *js_language_code(const char *language)
{
    for (size_t i = 0; language && i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(codes[i][0], language) == 0) return codes[i][1];
    return language;
}

/* ---- paragraphs ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* End of the line that begins at i (the \n, or len); *blank: nothing stands in it. */
static size_t line_end(const char *s, size_t len, size_t i, bool *blank)
{
    const char *nl = memchr(s + i, '\n', len - i);
    size_t end = nl ? (size_t)(nl - s) : len;
    while (i < end && is_blank(s[i])) i++;
    *blank = i == end;
    return end;
}

static bool has_blank_lines(const char *s, size_t len)
{
    bool blank, text = false;
    if (len > JUDGED_BYTES) len = JUDGED_BYTES;
    for (size_t i = 0; i < len;) {
        size_t end = line_end(s, len, i, &blank);
        if (blank && text && end < len) return true;
        if (!blank) text = true;
        i = end + 1;
    }
    return false;
}

/* In a text broken at a width, a line that is indented begins a paragraph, as it does for w/p. */
static bool is_indented(const char *s, size_t len, size_t i)
{
    return len - i > 1 && is_blank(s[i]) && is_blank(s[i + 1]);
}

bool js_paragraph(const char *body, size_t len, size_t *at, const char **paragraph, size_t *paragraph_len)
{
    bool blank = true, wrapped = ls_wrapped(body, len), runs = wrapped || has_blank_lines(body, len);
    size_t i = *at, start = len, end = len;
    for (; i < len && blank; i = end + 1) {
        start = i;
        end = line_end(body, len, i, &blank);
    }
    if (blank || start >= len) return false;
    while (runs && i < len) {
        size_t next = line_end(body, len, i, &blank);
        if (blank || (wrapped && is_indented(body, len, i))) break;
        end = next;
        i = next + 1;
    }
    *at = i;
    while (start < end && is_blank(body[start])) start++;
    while (end > start && is_blank(body[end - 1])) end--;
    *paragraph = body + start;
    *paragraph_len = end - start;
    return true;
}

/* ---- facts ---- */

static const char *text_of(const ls_doc *d, const char *field)
{
    return ls_doc_text(d, field, 0, NULL);
}

/* For a document without title, lead and body, as a schema of one's own may have them: the text that weighs most, of
 * equal ones the first; where it has no text, its id, for what is shown must have something to be called by. */
static const char *nearest_to_title(const js_facts *f, const ls_schema *s, const ls_doc *d, size_t *len)
{
    const char *best = f->id, *text;
    const ls_field *field;
    int weight = 0;
    size_t n;
    *len = f->id_len;
    for (size_t i = 0; (field = ls_schema_field(s, i)) != NULL; i++) {
        if (field->type != LS_TEXT || field->weight <= weight || !(text = ls_doc_text(d, field->name, 0, &n))) continue;
        best = text;
        weight = field->weight;
        *len = n;
    }
    return best ? best : "";
}

/* The beginning of the lead, cut at a word, in one line. */
static int title_from_lead(js_facts *f, const ls_schema *s, const ls_doc *d, ls_error *err)
{
    size_t len = 0, at = 0;
    const char *lead = ls_doc_text(d, "lead", 0, &len);
    if (lead == NULL && !js_paragraph(f->body, f->body_len, &at, &lead, &len)) lead = nearest_to_title(f, s, d, &len);
    size_t cut = js_utf8_prefix(lead, len, TITLE_CODE_POINTS);
    bool whole = cut == len;
    f->unsure = whole && ls_doc_is_cut(d);
    size_t word = cut;
    while (!whole && word > 0 && lead[word] != ' ' && lead[word] != '\n') word--;
    if (!whole && word > 0) cut = word;
    while (cut > 0 && (is_blank(lead[cut - 1]) || lead[cut - 1] == '\n')) cut--;
    js_text t = {0};
    js_put(&t, lead, cut);
    for (size_t i = 0; i < t.len; i++)
        if (t.data[i] == '\n' || t.data[i] == '\r') t.data[i] = ' ';
    js_puts(&t, whole ? "" : " …");
    int rc = js_text_rc(&t, err);
    f->title_text = js_text_take(&t, &f->title_len);
    f->title = f->title_text ? f->title_text : "";
    return rc;
}

/* The facts that are the first text of a field of that name. */
#define FACT(name)                                                                                                     \
    {                                                                                                                  \
#name, sizeof #name - 1, offsetof(js_facts, name)                                                              \
    }
static const struct {
    const char *field;
    size_t len, at;
} named[] = {FACT(guid),     FACT(url),    FACT(source),      FACT(section),     FACT(byline),
             FACT(language), FACT(status), FACT(date_source), FACT(title_source)};

/* One pass over the values instead of a search for each fact. */
static void take_named(js_facts *f, const ls_doc *d)
{
    ls_value v;
    for (size_t i = 0; ls_doc_value(d, i, &v) == LS_OK; i++) {
        const size_t len = v.text ? strlen(v.field) : 0;
        for (size_t k = 0; len && k < sizeof named / sizeof named[0]; k++) {
            if (named[k].len != len || memcmp(named[k].field, v.field, len) != 0) continue;
            const char **fact = (const char **)(void *)((char *)f + named[k].at);
            if (*fact == NULL) *fact = v.text;
            break;
        }
    }
}

int js_facts_get(js_facts *out, const ls_schema *s, const ls_doc *d, ls_error *err)
{
    js_facts f = {0};
    const char *title = ls_schema_get(s, "title"), *main = ls_schema_get(s, "main"), *written;
    take_named(&f, d);
    f.id = ls_doc_id(d, &f.id_len);
    f.body = main ? ls_doc_text(d, main, 0, &f.body_len) : NULL;
    if (f.body == NULL) f.body = "";
    written = ls_doc_language(d);
    if (f.language == NULL && written && strcmp(written, "none") != 0 && written[0])
        f.language = js_language_code(written);
    if (f.status == NULL) f.status = "usable";
    f.has_published = ls_doc_int(d, "published", &f.published) == LS_OK;
    f.has_updated = ls_doc_int(d, "updated", &f.updated) == LS_OK;
    if (f.date_source == NULL) f.date_source = f.has_published ? "metadata" : "unknown";
    f.version = ls_doc_version(d);
    f.words = ls_doc_words(d);
    f.title = title ? ls_doc_text(d, title, 0, &f.title_len) : NULL;
    int rc = LS_OK;
    if (f.title == NULL) {
        f.title_source = "lead";
        rc = title_from_lead(&f, s, d, err);
    } else if (f.title_source == NULL) {
        f.title_source = "given";
    }
    *out = f;
    if (rc != LS_OK) js_facts_clear(out);
    return rc;
}

void js_facts_clear(js_facts *f)
{
    free(f->title_text);
    *f = (js_facts){0};
}

int js_facts_read(js_facts *out, ls_doc **d, const ls_reader *r, uint64_t doc, bool whole, ls_error *err)
{
    *out = (js_facts){0};
    int rc = whole ? ls_reader_doc(d, r, doc, err) : ls_reader_head(d, r, doc, err);
    if (rc == LS_OK) rc = js_facts_get(out, ls_reader_schema(r), *d, err);
    if (rc != LS_OK || !out->unsure) return rc;
    js_facts_clear(out);
    ls_doc_free(*d);
    *d = NULL;
    return js_facts_read(out, d, r, doc, true, err);
}

/* ---- the document as JSON ---- */

/* Values of a field: null, one, or an array where there are several or `always` asks for one. */
static void put_texts(js_text *out, const ls_doc *d, const char *field, bool always)
{
    size_t len, second;
    const char *s = ls_doc_text(d, field, 0, &len);
    if (!always && (s == NULL || ls_doc_text(d, field, 1, &second) == NULL)) {
        js_string(out, s, s ? len : 0);
        return;
    }
    js_putc(out, '[');
    for (size_t i = 0; (s = ls_doc_text(d, field, i, &len)) != NULL; i++) {
        js_comma(out);
        js_string(out, s, len);
    }
    js_putc(out, ']');
}

static void put_time(js_text *out, const char *name, const ls_doc *d)
{
    int64_t ms;
    js_key(out, name);
    if (ls_doc_int(d, name, &ms) == LS_OK) js_date(out, ms);
    else js_puts(out, "null");
}

static void put_paragraphs(js_text *out, const js_facts *f)
{
    const char *p;
    size_t n, at = 0;
    js_key(out, "paragraphs");
    js_putc(out, '[');
    while (js_paragraph(f->body, f->body_len, &at, &p, &n)) {
        js_comma(out);
        js_string(out, p, n);
    }
    js_putc(out, ']');
}

/* Kept as JSON by article.c. A program may have put anything there: what is no object is shown as one with a text. */
static void put_extra(js_text *out, const ls_doc *d)
{
    size_t len;
    json_t *tree = NULL;
    const char *s = ls_doc_text(d, "extra", 0, &len);
    js_key(out, "extra");
    if (s == NULL) {
        js_puts(out, "{}");
    } else if (js_parse(&tree, s, len, NULL) == LS_OK && json_is_object(tree)) {
        js_put(out, s, len);
    } else {
        js_puts(out, "{\"text\":");
        js_string(out, s, len);
        js_putc(out, '}');
    }
    json_decref(tree);
}

/* Members that js_write_document always writes. */
static const char *const fixed[] = {"guid",    "version",  "title_source", "lead",     "byline",    "source",
                                    "section", "subjects", "places",       "language", "published", "date_source",
                                    "updated", "url",      "status",       "extra",    "id",        "paragraphs",
                                    "words",   "title",    "body"};

static bool is_fixed(const char *name)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(fixed[i], name) == 0) return true;
    return false;
}

const ls_field *js_other_field(const ls_schema *s, size_t *at)
{
    const char *title = ls_schema_get(s, "title"), *main = ls_schema_get(s, "main");
    const ls_field *f;
    while ((f = ls_schema_field(s, (*at)++)) != NULL)
        if (!is_fixed(f->name) && !(title && strcmp(f->name, title) == 0) && !(main && strcmp(f->name, main) == 0))
            return f;
    return NULL;
}

void js_put_field(js_text *out, const ls_doc *d, const ls_field *f)
{
    int64_t v;
    if (strcmp(f->name, "extra") == 0) {
        put_extra(out, d);
        return;
    }
    js_key(out, f->name);
    if (f->type != LS_INTEGER && f->type != LS_DATE)
        put_texts(out, d, f->name, strcmp(f->name, "subjects") == 0 || strcmp(f->name, "places") == 0);
    else if (ls_doc_int(d, f->name, &v) != LS_OK) js_puts(out, "null");
    else if (f->type == LS_DATE && v == INT64_MAX) js_puts(out, "\"\""); /* an embargo without an end */
    else if (f->type == LS_DATE) js_date(out, v);
    else js_int(out, v);
}

static void put_others(js_text *out, const ls_schema *s, const ls_doc *d)
{
    const ls_field *f;
    int64_t v;
    for (size_t i = 0; (f = js_other_field(s, &i)) != NULL;) {
        bool number = f->type == LS_INTEGER || f->type == LS_DATE;
        if (number ? ls_doc_int(d, f->name, &v) == LS_OK : ls_doc_text(d, f->name, 0, NULL) != NULL)
            js_put_field(out, d, f);
    }
}

static void put_lead(js_text *out, const js_facts *f, const ls_doc *d)
{
    size_t len, at = 0;
    const char *lead = ls_doc_text(d, "lead", 0, &len);
    if (lead == NULL && !js_paragraph(f->body, f->body_len, &at, &lead, &len)) lead = NULL;
    js_key(out, "lead");
    js_string(out, lead, lead ? len : 0);
}

static void put_text_fields(js_text *out, const ls_doc *d, const js_facts *f)
{
    static const char *const one[] = {"byline", "source", "section"}, *const many[] = {"subjects", "places"};
    for (size_t i = 0; i < 3; i++) {
        js_key(out, one[i]);
        put_texts(out, d, one[i], false);
    }
    for (size_t i = 0; i < 2; i++) {
        js_key(out, many[i]);
        put_texts(out, d, many[i], true);
    }
    js_key(out, "language");
    js_cstring(out, f->language);
}

int js_write_versions(js_text *out, const ls_doc *d, ls_error *err)
{
    LS_INIT(ls_doc_version_info, v);
    js_puts(out, "{\"guid\":");
    js_cstring(out, text_of(d, "guid"));
    js_key(out, "versions");
    js_putc(out, '[');
    for (size_t i = 0; ls_doc_version_at(d, i, &v) == LS_OK; i++) {
        js_comma(out);
        js_puts(out, "{\"version\":");
        js_int(out, v.version);
        js_key(out, "updated");
        if (v.updated == INT64_MIN) js_puts(out, "null");
        else js_date(out, v.updated);
        js_key(out, "status");
        js_cstring(out, v.status ? v.status : "usable");
        js_puts(out, v.current ? ",\"current\":true}" : ",\"current\":false}");
    }
    js_puts(out, "]}");
    return js_text_rc(out, err);
}

int js_write_document(js_text *out, const ls_schema *s, const ls_doc *d, ls_error *err)
{
    js_facts f;
    int rc = js_facts_get(&f, s, d, err);
    if (rc != LS_OK) return rc;
    js_puts(out, "{\"id\":");
    js_string(out, f.id, f.id_len);
    js_key(out, "guid");
    js_cstring(out, f.guid);
    js_key(out, "version");
    js_int(out, f.version);
    js_key(out, "title");
    js_string(out, f.title, f.title_len);
    js_key(out, "title_source");
    js_cstring(out, f.title_source);
    put_lead(out, &f, d);
    js_key(out, "body");
    js_string(out, f.body, f.body_len);
    put_paragraphs(out, &f);
    put_text_fields(out, d, &f);
    put_time(out, "published", d);
    js_key(out, "date_source");
    js_cstring(out, f.date_source);
    put_time(out, "updated", d);
    js_key(out, "url");
    js_cstring(out, f.url);
    js_key(out, "status");
    js_cstring(out, f.status);
    js_key(out, "words");
    js_uint(out, f.words);
    put_others(out, s, d);
    put_extra(out, d);
    js_putc(out, '}');
    js_facts_clear(&f);
    return js_text_rc(out, err);
}
