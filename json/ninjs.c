/* ninjs.c — what the IPTC's ninjs calls things, in the three shapes it has had, as names that article.c knows.
 *
 *     1.x   "uri" "version":"3" "pubstatus" "versioncreated" "headline" "body_text" "body_html" "subject":[{"name"}]
 *     2.x   the same in lower case, "headlines":[{"role","value"}] "bodies":[{"role","contenttype","value"}] "by"
 *     3.x   the same in camelCase: "pubStatus" "versionCreated" "contentType"
 *
 * A member is renamed only where the proper name is not there. Of several headlines and bodies the main one is taken
 * (role main, then none, then the first; plain text before markup), and where there are more than one, the whole array
 * is kept among what is kept as it came. Source: iptc.org/std/ninjs, the schemas of 1.0 to 3.1. Ignorant of ls_doc. */
#include <stdlib.h>
#include <string.h>

#include "json/inside.h"

/* Of two names for one thing the first in the table. */
static const char *const renamed[][2] = {{"uri", "guid"},
                                         {"pubstatus", "status"},
                                         {"pubStatus", "status"},
                                         {"versioncreated", "updated"},
                                         {"versionCreated", "updated"},
                                         {"by", "byline"},
                                         {"description_text", "lead"},
                                         {"edNote", "ednote"},
                                         {"evolvedfrom", "evolved_from"},
                                         {"evolvedFrom", "evolved_from"},
                                         {"subject", "subjects"},
                                         {"place", "places"},
                                         {"infosource", "source"},
                                         {"infosources", "source"},
                                         {"infoSources", "source"}};

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static bool is_ninjs(const json_t *o)
{
    static const char *const marks[] = {"uri",       "pubstatus", "pubStatus", "versioncreated", "versionCreated",
                                        "headlines", "bodies"};
    const char *name;
    json_t *v;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (json_object_get(o, marks[i])) return true;
    json_object_foreach((json_t *)(uintptr_t)o, name, v)
    {
        if (begins(name, "body_") || begins(name, "headline_")) return true;
    }
    return false;
}

/* Takes a reference to v. */
static int put(json_t *o, const char *name, json_t *v, ls_error *err)
{
    if (v && json_object_set_new(o, name, v) == 0) return LS_OK;
    return js_fail(err, LS_NOMEM, UINT64_MAX, "no memory for the article");
}

static int rename_to(json_t *o, const char *from, const char *to, ls_error *err)
{
    json_t *v = json_object_get(o, from);
    if (v == NULL || json_object_get(o, to)) return LS_OK;
    int rc = put(o, to, json_incref(v), err);
    if (rc == LS_OK) json_object_del(o, from);
    return rc;
}

/* [{"name":"Arms","code":"…"}] as ["Arms"]; what else stands in the objects is kept under `kept`. */
static int names_of(json_t *o, const char *name, const char *kept, ls_error *err)
{
    json_t *v = json_object_get(o, name), *names;
    bool objects = false;
    if (!json_is_array(v)) return LS_OK;
    for (size_t i = 0; i < json_array_size(v); i++) objects = objects || json_is_object(json_array_get(v, i));
    if (!objects) return LS_OK;
    if ((names = json_array()) == NULL) return js_fail(err, LS_NOMEM, UINT64_MAX, "no memory for the article");
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *e = json_array_get(v, i), *s = json_is_object(e) ? json_object_get(e, "name") : e;
        if (json_is_object(e) && !json_is_string(s)) s = json_object_get(e, "literal");
        if (json_is_string(s) && json_array_append(names, (json_t *)(uintptr_t)s) != 0) {
            json_decref(names);
            return js_fail(err, LS_NOMEM, UINT64_MAX, "no memory for the article");
        }
    }
    int rc = json_object_get(o, kept) ? LS_OK : put(o, kept, json_incref(v), err);
    if (rc != LS_OK) {
        json_decref(names);
        return rc;
    }
    return put(o, name, names, err);
}

/* ---- headlines and bodies ---- */

static const char *text_of(const json_t *e, const char *name)
{
    const char *s = json_string_value(json_object_get(e, name));
    return s ? s : "";
}

static bool is_markup(const json_t *e)
{
    const char *type = text_of(e, "contenttype");
    if (*type == '\0') type = text_of(e, "contentType");
    return strstr(type, "html") != NULL || strstr(type, "xml") != NULL;
}

/* The smaller, the nearer to what an article's text is. */
static int rank(const json_t *e)
{
    const char *role = text_of(e, "role");
    return (strcmp(role, "main") == 0 ? 0 : *role == '\0' ? 2 : 4) + is_markup(e);
}

static int put_text(json_t *o, const char *name, const json_t *value, bool markup, ls_error *err)
{
    js_text t = {0};
    if (!markup) return put(o, name, json_incref((json_t *)(uintptr_t)value), err);
    js_markup_text(&t, json_string_value(value), json_string_length(value));
    int rc = js_text_rc(&t, err);
    if (rc == LS_OK) rc = put(o, name, json_stringn(t.data ? t.data : "", t.len), err);
    js_text_free(&t);
    return rc;
}

/* The best of an array of {"role","contentType","value"} becomes `to`. */
static int choose(json_t *o, const char *from, const char *to, ls_error *err)
{
    const json_t *list = json_object_get(o, from), *best = NULL;
    if (!json_is_array(list) || json_object_get(o, to)) return LS_OK;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);
        if (json_is_string(json_object_get(e, "value")) && (best == NULL || rank(e) < rank(best))) best = e;
    }
    if (best == NULL) return LS_OK;
    int rc = put_text(o, to, json_object_get(best, "value"), is_markup(best), err);
    if (rc == LS_OK && json_array_size(list) == 1) json_object_del(o, from);
    return rc;
}

/* "body_text" before "body_xhtml", "body_html" and the others, in the order they came. */
static int choose_named(json_t *o, const char *prefix, const char *to, ls_error *err)
{
    const char *name, *best = NULL;
    json_t *v;
    char chosen[64] = "";
    if (json_object_get(o, to)) return LS_OK;
    json_object_foreach(o, name, v)
    {
        if (!begins(name, prefix) || !json_is_string(v) || strlen(name) >= sizeof chosen) continue;
        bool plain = strcmp(name + strlen(prefix), "text") == 0;
        if (best == NULL || plain) best = name;
    }
    if (best == NULL) return LS_OK;
    memcpy(chosen, best, strlen(best) + 1);
    v = json_object_get(o, chosen);
    int rc = put_text(o, to, v, strstr(chosen, "html") || strstr(chosen, "xml"), err);
    if (rc == LS_OK) json_object_del(o, chosen);
    return rc;
}

/* The first version's time is when the story was published; a story that tells only its version's has no other. */
static int date(json_t *o, ls_error *err)
{
    static const char *const given[] = {"published", "date", "pubDate", "datePublished"}, *const from[] = {
                                                                                              "firstcreated",
                                                                                              "firstCreated",
                                                                                              "contentcreated",
                                                                                              "contentCreated"};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (json_object_get(o, given[i])) return LS_OK;
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++)
        if (json_object_get(o, from[i])) return rename_to(o, from[i], "published", err);
    json_t *updated = json_object_get(o, "updated");
    return updated ? put(o, "published", json_incref(updated), err) : LS_OK;
}

int js_ninjs_rename(json_t *o, ls_error *err)
{
    int rc = LS_OK;
    if (!json_is_object(o) || !is_ninjs(o)) return LS_OK;
    for (size_t i = 0; rc == LS_OK && i < sizeof renamed / sizeof renamed[0]; i++)
        rc = rename_to(o, renamed[i][0], renamed[i][1], err);
    if (rc == LS_OK) rc = choose(o, "headlines", json_object_get(o, "title") ? "title" : "headline", err);
    if (rc == LS_OK && !json_object_get(o, "title")) rc = choose_named(o, "headline_", "headline", err);
    if (rc == LS_OK) rc = choose(o, "bodies", "body", err);
    if (rc == LS_OK) rc = choose_named(o, "body_", "body", err);
    if (rc == LS_OK) rc = choose(o, "descriptions", "lead", err);
    if (rc == LS_OK) rc = names_of(o, "subjects", "ninjs_subjects", err);
    if (rc == LS_OK) rc = names_of(o, "places", "ninjs_places", err);
    if (rc == LS_OK) rc = names_of(o, "source", "ninjs_sources", err);
    return rc == LS_OK ? date(o, err) : rc;
}
