/* schema.c — a schema of one's own: recipes with a title, steps, tags, minutes; filter by tag, sort by minutes. */
#include <libsearch.h>
#include <stdio.h>
#include <string.h>

static int field(ls_schema *s, const char *name, ls_type type, int weight)
{
    LS_INIT(ls_field, f);
    f.name = name;
    f.type = type;
    f.weight = weight;
    return ls_schema_add(s, &f, NULL);
}

static int add(ls_writer *w, const char *id, const char *title, const char *steps, const char *tag, int minutes)
{
    ls_doc *d;
    if (ls_doc_new(&d, NULL)) return 1;
    int rc = ls_doc_set_id(d, id, strlen(id), NULL) || ls_doc_add_text(d, "title", title, strlen(title), NULL) ||
             ls_doc_add_text(d, "steps", steps, strlen(steps), NULL) ||
             ls_doc_add_text(d, "tag", tag, strlen(tag), NULL) || ls_doc_add_int(d, "minutes", minutes, NULL) ||
             ls_add(w, d, NULL, NULL);
    ls_doc_free(d);
    return rc;
}

static int search(const char *path)
{
    ls_error err;
    ls_reader *r;
    ls_query *q;
    ls_results *found;
    if (ls_reader_open(&r, path, NULL, &err)) return puts(err.message), 1;
    if (ls_query_parse(&q, ls_reader_schema(r), "boiled potatoes", 15, NULL, &err)) return puts(err.message), 1;
    const char *tags[] = {"Soup", "salad"};
    ls_filter by_tag = {"tag", 0, tags, 2, 0, 0}, quick = {"minutes", 0, NULL, 0, INT64_MIN, 45};
    ls_filter both[] = {by_tag, quick};
    const char *facets[] = {"tag"};
    LS_INIT(ls_search_options, o);
    o.sort = LS_BY_FIELD_ASC;
    o.sort_field = "minutes";
    o.filters = both;
    o.filter_count = 2;
    o.facets = facets;
    o.facet_count = 1;
    if (ls_search(&found, r, q, &o, &err)) return puts(err.message), 1;
    const ls_hit *h;
    for (size_t i = 0; (h = ls_results_hit(found, i)); i++)
        printf("%.*s: %lld minutes\n", (int)h->id_len, h->id, (long long)h->sort_value);
    const ls_facet_value *v;
    for (size_t i = 0; (v = ls_results_facet(found, 0, i)); i++)
        printf("%.*s (%llu)\n", (int)v->len, v->value, (unsigned long long)v->count);
    ls_results_free(found);
    ls_query_free(q);
    ls_reader_close(r);
    return 0;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "recipes.index";
    ls_error err;
    ls_schema *s;
    ls_writer *w;
    if (ls_schema_new(&s, &err)) return puts(err.message), 1;
    if (field(s, "title", LS_TEXT, 4) || field(s, "steps", LS_TEXT, 1) || field(s, "tag", LS_KEYWORD, 0) ||
        field(s, "minutes", LS_INTEGER, 0) || ls_schema_set(s, "main", "steps", &err))
        return puts("schema"), 1;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE;
    o.schema = s;
    if (ls_writer_open(&w, path, &o, &err)) return puts(err.message), 1;
    if (add(w, "soup", "Potato soup", "Boil the potatoes with leek.", "soup", 40) ||
        add(w, "salad", "Potato salad", "Let boiled potatoes cool, add oil.", "Salad", 30) ||
        add(w, "gratin", "Gratin", "Boil potatoes, slice, bake with cream.", "oven", 35) ||
        add(w, "stew", "Stew", "Boil the meat for hours, then the potatoes.", "soup", 180) || ls_commit(w, NULL, &err))
        return puts("writing"), 1;
    ls_writer_close(w);
    ls_schema_free(s);
    return search(path);
}
