/* grow.c — adds fields to an index that has segments already, and an article that uses them, through libsearch.h alone:
 * its older segments then know fewer fields, lists and regions than the manifest. usage: grow INDEX */
#include "libsearch/libsearch.h"
#include <stdio.h>
#include <string.h>

static int fail(const ls_error *err)
{
    fprintf(stderr, "grow: %s\n", err->message);
    return 2;
}

static int add_fields(ls_writer *w, ls_error *err)
{
    LS_INIT(ls_field, lead);
    lead.name = "lead";
    lead.type = LS_TEXT;
    lead.weight = 2;
    LS_INIT(ls_field, desk);
    desk.name = "desk";
    desk.type = LS_KEYWORD;
    int rc = ls_writer_add_field(w, &lead, err);
    if (!rc) rc = ls_writer_add_field(w, &desk, err);
    return rc ? rc : ls_commit(w, NULL, err);
}

static int add_article(ls_writer *w, ls_error *err)
{
    static const char *const values[][2] = {{"title", "Arms talks"},
                                            {"lead", "The arms talks in Seoul begin today."},
                                            {"body", "The talks begin. They are about arms.\n\nRead also: Trade talks"},
                                            {"desk", "World"}};
    ls_doc *d = NULL;
    int rc = ls_doc_new(&d, err);
    if (!rc) rc = ls_doc_set_id(d, "grown", 5, err);
    for (size_t i = 0; !rc && i < sizeof values / sizeof *values; i++)
        rc = ls_doc_add_text(d, values[i][0], values[i][1], strlen(values[i][1]), err);
    if (!rc) rc = ls_add(w, d, NULL, err);
    ls_doc_free(d);
    return rc ? rc : ls_commit(w, NULL, err);
}

int main(int argc, char **argv)
{
    ls_error err;
    ls_writer *w = NULL;
    if (argc != 2) return 2;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_NO_MERGE;
    if (ls_writer_open(&w, argv[1], &o, &err)) return fail(&err);
    int rc = add_fields(w, &err);
    if (!rc) rc = add_article(w, &err);
    if (rc) fail(&err);
    ls_writer_close(w);
    return rc ? 2 : 0;
}
