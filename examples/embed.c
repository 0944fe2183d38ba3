/* embed.c — index two texts, search them, print what was found.   cc embed.c $(pkg-config --cflags --libs libsearch) */
#include <libsearch.h>
#include <stdio.h>
#include <string.h>

static void add(ls_writer *w, const char *id, const char *title, const char *body)
{
    ls_doc *d;
    if (ls_doc_new(&d, NULL)) return;
    ls_doc_set_id(d, id, strlen(id), NULL);
    ls_doc_add_text(d, "title", title, strlen(title), NULL);
    ls_doc_add_text(d, "body", body, strlen(body), NULL);
    ls_add(w, d, NULL, NULL);
    ls_doc_free(d);
}

int main(int argc, char **argv)
{
    const char *text = argc > 2 ? argv[2] : "negotiating arms";
    ls_error err;
    ls_writer *w;
    LS_INIT(ls_writer_options, create);
    create.flags = LS_WRITER_CREATE;
    if (ls_writer_open(&w, argc > 1 ? argv[1] : "example.index", &create, &err)) return puts(err.message), 1;
    add(w, "1", "Arms talks", "Negotiations about arms went on in Geneva.");
    add(w, "2", "Weather", "Rain is expected, the arms of the river rise.");
    if (ls_commit(w, NULL, &err)) return puts(err.message), 1;
    ls_writer_close(w);
    ls_reader *r;
    ls_query *q;
    ls_results *found;
    if (ls_reader_open(&r, argc > 1 ? argv[1] : "example.index", NULL, &err)) return puts(err.message), 1;
    if (ls_query_parse(&q, ls_reader_schema(r), text, strlen(text), NULL, &err)) return puts(err.message), 1;
    if (ls_search(&found, r, q, NULL, &err)) return puts(err.message), 1;
    const ls_hit *h;
    for (size_t i = 0; (h = ls_results_hit(found, i)); i++) printf("%.*s %.3f\n", (int)h->id_len, h->id, (double)h->score);
    ls_results_free(found), ls_query_free(q), ls_reader_close(r);
}
