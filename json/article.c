/* article.c — articles in: one JSON object, an array of them, or a plain text, into an ls_doc.
 *
 * Owns the names of members: aliases, the id, what is derived and therefore ignored when an export comes back in.
 * Values are take.c's. Ids: a given id verbatim; else, where there is a guid, the library's; else the hash of the
 * relative path; else the library's, of the content. The hash is XXH3-128, its 16 bytes big-endian, in base32 (RFC 4648, lower case, no '=').
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "json/take.h"
#include "json/utf8.h"

static const char *const aliases[][2] = {
    {"date", "published"}, {"pubDate", "published"}, {"datePublished", "published"}, {"headline", "title"},
    {"text", "body"},      {"content", "body"},      {"author", "byline"},           {"lang", "language"},
    {"title", "title"},    {"body", "body"}}; /* the last two for a schema that calls its title and body otherwise */

/* Members of an answer that are made from others. */
static const char *const derived[] = {"paragraphs", "words"};

bool js_id_valid(const char *id, size_t len)
{
    if (len < 1 || len > 128) return false;
    for (size_t i = 0; i < len; i++) {
        char c = id[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '~' || c == '-';
        if (!ok) return false;
    }
    return true;
}

void js_id_hash(char *out, const void *bytes, size_t len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    XXH128_canonical_t c;
    XXH128_canonicalFromHash(&c, XXH3_128bits(bytes, len));
    unsigned bits = 0, have = 0;
    size_t n = 0;
    for (size_t i = 0; i < sizeof c.digest; i++) {
        bits = bits << 8 | c.digest[i];
        for (have += 8; have >= 5; have -= 5) out[n++] = letters[bits >> (have - 5) & 31];
    }
    out[n++] = letters[bits << (5 - have) & 31]; /* 128 = 25 × 5 + 3 */
    out[n] = '\0';
}

static int set_hashed_id(js_take *t, const char *s, size_t len)
{
    char id[32];
    js_id_hash(id, s, len);
    return ls_doc_set_id(t->doc, id, strlen(id), t->err);
}

static int take_id(js_take *t, const json_t *object)
{
    const json_t *id = json_object_get(object, "id"), *guid = json_object_get(object, "guid");
    if (id && !json_is_null(id) && !(json_is_string(id) && json_string_length(id) == 0)) {
        if (!json_is_string(id))
            return js_fail(t->err, LS_INVALID, UINT64_MAX, "id: expected a string, found %s", js_type_name(id));
        if (!js_id_valid(json_string_value(id), json_string_length(id)))
            return js_fail(t->err, LS_INVALID, UINT64_MAX,
                           "id: expected 1 to 128 characters of A-Z a-z 0-9 . _ ~ -, found '%.60s'",
                           json_string_value(id));
        return ls_doc_set_id(t->doc, json_string_value(id), json_string_length(id), t->err);
    }
    if (guid && !json_is_null(guid) && !json_is_string(guid))
        return js_fail(t->err, LS_INVALID, UINT64_MAX, "guid: expected a string, found %s", js_type_name(guid));
    if (guid && json_string_length(guid) > 0) /* ls_add knows whether the story is there by another id */
        return js_take_has(t, "guid", LS_STORED) || js_take_has(t, "guid", LS_KEYWORD)
                   ? LS_OK
                   : set_hashed_id(t, json_string_value(guid), json_string_length(guid));
    return t->o->path ? set_hashed_id(t, t->o->path, strlen(t->o->path)) : LS_OK;
}

static int take_version(js_take *t, const json_t *v)
{
    const char *s = json_string_value(v);
    int64_t n = json_is_integer(v) ? json_integer_value(v) : 0;
    if (json_is_null(v) || (s && *s == '\0')) return LS_OK;
    if (s && strspn(s, "0123456789") == strlen(s) && strlen(s) <= 18) n = strtoll(s, NULL, 10); /* ninjs 1 and 2 */
    if (n < 1)
        return js_fail(t->err, LS_INVALID, UINT64_MAX, "version: expected an integer from 1, found %s%.40s",
                       json_is_integer(v) ? "a smaller one"
                       : s                ? ""
                                          : js_type_name(v),
                       s ? s : "");
    ls_doc_set_version(t->doc, n);
    return LS_OK;
}

/* "en-US" stems as "en". */
static int take_language(js_take *t, const json_t *v)
{
    char code[32];
    if (!json_is_string(v)) return LS_OK; /* js_take_member says what is wrong with it */
    snprintf(code, sizeof code, "%s", json_string_value(v));
    code[strcspn(code, "-_")] = '\0';
    return code[0] ? ls_doc_set_language(t->doc, code, t->err) : LS_OK;
}

/* It stems the text whether or not the schema keeps it. */
static bool says_language(const json_t *object, const char *name)
{
    return strcmp(name, "language") == 0 || (strcmp(name, "lang") == 0 && !json_object_get(object, "language"));
}

static int take_extra_object(js_take *t, const json_t *v)
{
    if (json_is_null(v)) return LS_OK;
    if (!json_is_object(v))
        return js_fail(t->err, LS_INVALID, UINT64_MAX, "extra: expected an object, found %s", js_type_name(v));
    const char *key;
    json_t *member;
    int rc = LS_OK;
    json_object_foreach((json_t *)(uintptr_t)v, key, member)
    {
        if (rc == LS_OK) rc = js_take_extra(t, key, member);
    }
    if (json_object_size(v) > 0) t->fields++;
    return rc;
}

/* The field that a member's name means: its own, or its alias where the proper name is not given too. */
static const ls_field *field_of(const js_take *t, const json_t *object, const char *name)
{
    const ls_field *f = ls_schema_find(t->o->schema, name);
    for (size_t i = 0; f == NULL && i < sizeof aliases / sizeof aliases[0]; i++) {
        if (strcmp(aliases[i][0], name) != 0) continue;
        const char *proper = aliases[i][1];
        if (strcmp(proper, "title") == 0 && t->title) proper = t->title;
        if (strcmp(proper, "body") == 0 && t->main) proper = t->main;
        if (json_object_get(object, proper)) return NULL;
        for (size_t j = 0; j < i; j++) /* of two aliases of one name the first in the table */
            if (strcmp(aliases[j][1], aliases[i][1]) == 0 && json_object_get(object, aliases[j][0])) return NULL;
        f = ls_schema_find(t->o->schema, proper);
    }
    return f;
}

static bool is_derived(const js_take *t, const char *name)
{
    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++)
        if (strcmp(derived[i], name) == 0) return ls_schema_find(t->o->schema, name) == NULL;
    return strcmp(name, "title_source") == 0 || strcmp(name, "date_source") == 0;
}

/* A member that every answer has, without what would be worth keeping: where no field takes it, an export that comes back
 * in must not gain it as something extra. */
static bool says_nothing(const js_take *t, const json_t *object, const char *name, const json_t *v)
{
    if (strcmp(name, "lead") == 0) return json_object_get(object, "paragraphs") != NULL;
    if (json_is_array(v) && json_array_size(v) == 0)
        return strcmp(name, "subjects") == 0 || strcmp(name, "places") == 0;
    const char *s = json_string_value(v), *language = js_language_code(ls_doc_language(t->doc));
    if (s == NULL) return false;
    if (strcmp(name, "status") == 0) return strcmp(s, "usable") == 0;
    return strcmp(name, "language") == 0 && language && strcmp(s, language) == 0;
}

static int take_any(js_take *t, const json_t *object, const char *name, const json_t *v, bool title_is_lead)
{
    if (strcmp(name, "id") == 0 || is_derived(t, name)) return LS_OK;
    if (strcmp(name, "version") == 0) return take_version(t, v);
    if (strcmp(name, "extra") == 0) return take_extra_object(t, v);
    const ls_field *f = field_of(t, object, name);
    if (title_is_lead && strcmp(f ? f->name : name, f && t->title ? t->title : "title") == 0) return LS_OK;
    int rc = says_language(object, name) ? take_language(t, v) : LS_OK;
    if (rc == LS_OK && f == NULL && says_nothing(t, object, name, v)) return LS_OK;
    return rc == LS_OK ? js_take_member(t, name, f, v) : rc;
}

/* A member that must be one of some words; NULL where it is none of them. */
static const char *word_of(const json_t *object, const char *name, const char *const *words)
{
    const char *v = json_string_value(json_object_get(object, name));
    for (; v && *words; words++)
        if (strcmp(*words, v) == 0) return *words;
    return NULL;
}

static void begin(js_take *t, ls_doc *doc, const js_article_options *o, ls_error *err)
{
    *t = (js_take){.doc = doc, .o = o, .err = err};
    ls_doc_clear(doc);
    t->title = ls_schema_get(o->schema, "title");
    t->main = ls_schema_get(o->schema, "main");
    if (t->title && ls_schema_find(o->schema, t->title) == NULL) t->title = NULL;
    if (t->main && ls_schema_find(o->schema, t->main) == NULL) t->main = NULL;
}

static void end(js_take *t)
{
    js_text_free(&t->body);
    json_decref(t->extra);
}

static int take_object(ls_doc *doc, json_t *object, const js_article_options *o, ls_error *err)
{
    static const char *const title_sources[] = {"given", "line", "lead", NULL};
    static const char *const date_sources[] = {"metadata", "filename", "mtime", NULL};
    js_take t;
    const char *name;
    json_t *v;
    begin(&t, doc, o, err);
    if (!json_is_object(object))
        return js_fail(err, LS_INVALID, UINT64_MAX, "expected an object, found %s", js_type_name(object));
    int rc = js_ninjs_rename(object, err);
    const char *title_source = word_of(object, "title_source", title_sources);
    bool title_is_lead = title_source && strcmp(title_source, "lead") == 0;
    if (rc == LS_OK) rc = take_id(&t, object);
    json_object_foreach(object, name, v)
    {
        if (rc == LS_OK) rc = take_any(&t, object, name, v, title_is_lead);
    }
    if (rc == LS_OK) rc = js_take_finish(&t, title_source, word_of(object, "date_source", date_sources));
    end(&t);
    return rc;
}

/* ---- text to be mended first: JSON must be UTF-8 for jansson ---- */

/* *out: text with U+FFFD for what is not UTF-8, in `room`, or the text itself where nothing was wrong. */
static int mend(const char **out, size_t *out_len, js_text *room, const char *text, size_t len,
                const js_article_options *o, ls_error *err)
{
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    *out = text;
    *out_len = len;
    size_t bad = js_utf8_invalid(text, len);
    if (bad == 0) return LS_OK;
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        bool valid;
        size_t n = js_utf8_next(text + i, len - i, &cp, &valid);
        if (valid) js_put(room, text + i, n);
        else js_puts(room, "\xEF\xBF\xBD");
        i += n;
    }
    js_take t = {.o = o};
    js_take_warn(&t, "%zu bytes are not UTF-8 and were read as U+FFFD", bad);
    *out = room->data;
    *out_len = room->len;
    return js_text_rc(room, err);
}

int js_article_read(ls_doc *doc, const char *text, size_t len, const js_article_options *o, ls_error *err)
{
    js_text room = {0};
    json_t *tree = NULL;
    int rc = mend(&text, &len, &room, text, len, o, err);
    if (rc == LS_OK) rc = js_parse(&tree, text, len, err);
    if (rc == LS_OK) rc = take_object(doc, tree, o, err);
    json_decref(tree);
    js_text_free(&room);
    return rc;
}

int js_articles_read(ls_doc *doc, const char *text, size_t len, const js_article_options *o, js_each_fn *each,
                     void *ctx, ls_error *err)
{
    js_text room = {0};
    json_t *tree = NULL;
    int rc = mend(&text, &len, &room, text, len, o, err);
    if (rc == LS_OK) rc = js_parse(&tree, text, len, err);
    if (rc != LS_OK) goto out;
    bool many = json_is_array(tree);
    js_article_options each_options = *o;
    if (many) { /* one file cannot name several, nor date them */
        each_options.path = each_options.file_name = NULL;
        each_options.has_mtime = false;
    }
    size_t count = many ? json_array_size(tree) : 1;
    for (size_t i = 0; rc == LS_OK && i < count; i++) {
        ls_error e = {0};
        int one = take_object(doc, many ? json_array_get(tree, i) : tree, &each_options, &e);
        rc = each(ctx, i + 1, one == LS_OK ? doc : NULL, one, &e);
    }
out:
    json_decref(tree);
    js_text_free(&room);
    return rc;
}

/* ---- plain text ---- */

int js_article_text(ls_doc *doc, const char *text, size_t len, const js_article_options *o, ls_error *err)
{
    js_take t;
    if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return js_fail(err, LS_INVALID, 0, "expected UTF-8, found the byte order mark of UTF-16");
    begin(&t, doc, o, err);
    if (t.main == NULL) return js_fail(err, LS_SCHEMA, UINT64_MAX, "the schema has no main text field");
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    /* line ends as \n, so that headlines and paragraphs are told alike for files of every system */
    for (size_t i = 0; i < len;) {
        const char *cr = memchr(text + i, '\r', len - i);
        size_t n = cr ? (size_t)(cr - (text + i)) : len - i;
        js_put(&t.body, text + i, n);
        i += n;
        if (i < len) {
            js_putc(&t.body, '\n');
            i += i + 1 < len && text[i + 1] == '\n' ? 2 : 1;
        }
    }
    size_t bad = js_utf8_invalid(text, len);
    if (bad > 0) js_take_warn(&t, "%zu bytes are not UTF-8 and were read as U+FFFD", bad);
    for (size_t i = 0; i < t.body.len && t.fields == 0; i++) t.fields = !strchr(" \t\n\r\f\v", t.body.data[i]);
    int rc = js_text_rc(&t.body, err);
    if (rc == LS_OK && o->path) rc = set_hashed_id(&t, o->path, strlen(o->path));
    if (rc == LS_OK) rc = js_take_finish(&t, NULL, NULL);
    end(&t);
    return rc;
}
