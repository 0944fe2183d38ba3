/* threads.c — readers that search while a writer adds and commits: each answer belongs to one commit, none waits. */
#include <libsearch.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char *path;
static atomic_bool done;

/* Takes up each new commit; the number of documents never falls. */
static void *search(void *arg)
{
    ls_error err;
    ls_reader *r;
    uint64_t seen = 0, searches = 0;
    if (ls_reader_open(&r, path, NULL, &err)) return puts(err.message), arg;
    for (int last = 0; !last;) {
        last = atomic_load(&done);
        ls_reader *newer;
        if (ls_reader_refresh(&newer, r, &err)) return puts(err.message), arg;
        if (newer) {
            ls_reader_close(r);
            r = newer;
        }
        ls_query *q;
        ls_results *found;
        if (ls_query_parse(&q, ls_reader_schema(r), "story", 5, NULL, &err)) return puts(err.message), arg;
        if (ls_search(&found, r, q, NULL, &err)) return puts(err.message), arg;
        uint64_t total = ls_results_get(found).total;
        ls_results_free(found);
        ls_query_free(q);
        if (total < seen) return puts("a document was lost"), arg;
        seen = total;
        searches++;
    }
    ls_reader_close(r);
    return seen == 500 && searches ? NULL : (puts("not all were seen"), arg);
}

static int write_all(void)
{
    ls_error err;
    ls_writer *w;
    ls_doc *d;
    LS_INIT(ls_writer_options, o);
    o.flags = LS_WRITER_CREATE | LS_WRITER_NO_SYNC;
    if (ls_writer_open(&w, path, &o, &err) || ls_commit(w, NULL, &err)) return puts(err.message), 1;
    pthread_t readers[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&readers[i], NULL, search, &done)) return puts("no thread"), 1;
    if (ls_doc_new(&d, &err)) return puts(err.message), 1;
    for (int i = 0; i < 500; i++) {
        char id[16];
        int n = snprintf(id, sizeof id, "%d", i);
        ls_doc_clear(d);
        ls_doc_set_id(d, id, (size_t)n, NULL);
        ls_doc_add_text(d, "body", "one more story", 14, NULL);
        if (ls_add(w, d, NULL, &err) || (i % 10 == 9 && ls_commit(w, NULL, &err))) return puts(err.message), 1;
    }
    atomic_store(&done, 1);
    int failed = 0;
    for (int i = 0; i < 2; i++) {
        void *bad;
        pthread_join(readers[i], &bad);
        failed |= bad != NULL;
    }
    ls_doc_free(d);
    ls_writer_close(w);
    return failed;
}

int main(int argc, char **argv)
{
    path = argc > 1 ? argv[1] : "example.index";
    int rc = write_all();
    puts(rc ? "failed" : "500 documents, each commit seen whole");
    return rc;
}
