/* corpus.c — a directory of articles into a new index, by import/. Owns only the walk. */
#include "server/corpus.h"
#include "import/import.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH = 32, PATH_BYTES = 4096 };

typedef struct walk {
    ls_writer *w;
    ls_doc *doc;
    void (*say)(const char *format, ...);
    uint64_t added;
    const char *root;
    const char *file; /* the one being read */
    ls_error *err;
} walk;

static int add_one(void *ctx, uint64_t number, ls_doc *doc, int rc, const ls_error *why)
{
    walk *k = ctx;
    ls_error err = {0};
    if (doc) {
        rc = ls_add(k->w, doc, NULL, &err);
        why = &err;
    }
    if (rc == LS_OK) k->added++;
    else k->say("%s:%llu: %s", k->file, (unsigned long long)number, why->message);
    if (rc == LS_OK || rc == LS_INVALID || rc == LS_SCHEMA || rc == LS_LIMIT) return 0;
    if (k->err) *k->err = *why;
    return rc;
}

static int add_file(walk *k, const char *path, const char *relative)
{
    im_kind kind = im_kind_of_found(path);
    js_article_options o = {0};
    ls_error err = {0};
    FILE *in;
    int rc;
    if (kind == IM_OTHER) return 0; /* a README beside the articles is nobody's mistake */
    in = fopen(path, "rb");
    if (!in) {
        k->say("%s: %s", path, strerror(errno));
        return 0;
    }
    k->file = path;
    o.schema = ls_writer_schema(k->w);
    if (im_is_single(kind)) {
        const char *slash = strrchr(relative, '/');
        o.path = relative;
        o.file_name = slash ? slash + 1 : relative;
    }
    rc = im_read(in, kind, k->doc, &o, add_one, k, &err);
    fclose(in);
    if (rc != LS_IO && rc != LS_LIMIT) return rc;
    k->say("%s: %s", path, err.message); /* this file only */
    return 0;
}

/* The paths of all plain files below `dir`, relative to the root; links to directories are not followed. */
typedef struct names {
    char **items;
    size_t count;
} names;

static bool put_name(names *n, const char *s)
{
    char **more = realloc(n->items, (n->count + 1) * sizeof *more);
    if (!more) return false;
    n->items = more;
    more[n->count] = malloc(strlen(s) + 1);
    if (!more[n->count]) return false;
    memcpy(more[n->count++], s, strlen(s) + 1);
    return true;
}

static bool collect(walk *k, names *out, const char *relative, int depth)
{
    char path[PATH_BYTES], below[PATH_BYTES];
    struct dirent *e;
    DIR *d;
    bool ok = true;
    if (snprintf(path, sizeof path, "%s%s%s", k->root, *relative ? "/" : "", relative) >= PATH_BYTES || depth > DEPTH)
        return k->say("%s: too deep, left out", relative), true;
    d = opendir(path);
    if (!d) return k->say("%s: %s", path, strerror(errno)), true;
    while (ok && (e = readdir(d))) {
        struct stat st;
        int n = snprintf(below, sizeof below, "%s%s%s", relative, *relative ? "/" : "", e->d_name);
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || n >= PATH_BYTES) continue;
        if (snprintf(path, sizeof path, "%s/%s", k->root, below) >= PATH_BYTES || lstat(path, &st)) continue;
        if (S_ISDIR(st.st_mode)) ok = collect(k, out, below, depth + 1);
        else if (S_ISREG(st.st_mode) || (S_ISLNK(st.st_mode) && !stat(path, &st) && S_ISREG(st.st_mode)))
            ok = put_name(out, below);
    }
    closedir(d);
    return ok;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int sd_corpus_add(ls_writer *w, const char *dir, void (*say)(const char *format, ...), uint64_t *added, ls_error *err)
{
    walk k = {w, NULL, say, 0, dir, NULL, err};
    names n = {0};
    char path[PATH_BYTES];
    int rc = ls_doc_new(&k.doc, err);
    size_t i;
    if (!rc && !collect(&k, &n, "", 0)) {
        rc = err->code = LS_NOMEM;
        snprintf(err->message, sizeof err->message, "out of memory");
    }
    if (n.count) qsort(n.items, n.count, sizeof *n.items, by_bytes);
    for (i = 0; !rc && i < n.count; i++)
        if (snprintf(path, sizeof path, "%s/%s", dir, n.items[i]) < PATH_BYTES) rc = add_file(&k, path, n.items[i]);
    for (i = 0; i < n.count; i++) free(n.items[i]);
    free(n.items);
    ls_doc_free(k.doc);
    *added = k.added;
    return rc;
}
